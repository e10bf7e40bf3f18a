//! What all requests share, and the routes over it.
//!
//! Not here: what a route answers (its own module), sockets (`serve`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use axum::middleware;
use axum::{Extension, Router};
use interdict_engine::{Engine, Scratch, Snapshot};
use interdict_measures::{Law, Problem, input::Fields};
use interdict_state::{State, StateError};
use interdict_store::ledger::{Answer, Kind};
use interdict_store::{Collections, StoreError};
use tokio::sync::Semaphore;

use crate::access::Keyring;
use crate::agents::Agents;
use crate::asks::Asks;
use crate::compat::hall::{Hall, Job, Late, Waiting};
use crate::compat::{Compat, Source, Updates, watchman, yente};
use crate::curate::Curator;
use crate::lists::{Lists, Loaded};
use crate::metrics::Metrics;
use crate::monitor::Watch;
use crate::oidc::Oidc;
use crate::pool::{Lane, Pool};
use crate::problem::Fault;
use crate::pulse::Pulse;
use crate::refusals::Refusals;
use crate::register::{Pending, Register};
use crate::trace::{self, Moment, Tracer};
use crate::writes::Writes;
use crate::{Dialect, Settings, doc, door};

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The lists cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The state cannot be opened.
    #[error(transparent)]
    State(#[from] StateError),
    /// The law does not load.
    #[error("the law does not load: {0}\nhint: `interdict law check` shows all problems")]
    Law(String),
    /// A socket, a thread, a certificate.
    #[error("{place}: {reason}\nhint: {hint}")]
    System {
        /// Which.
        place: String,
        /// The system's words.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
}

/// The law, with what reads its input.
pub(crate) struct Book {
    pub(crate) law: Arc<Law>,
    pub(crate) fields: Fields,
}

impl Book {
    fn open() -> Result<Self, AppError> {
        let first = |problems: Vec<Problem>| {
            AppError::Law(problems.first().map_or_else(|| "no reason".to_owned(), ToString::to_string))
        };
        let law = Law::embedded().map_err(first)?;
        let fields = Fields::of(&law).map_err(|problem| first(vec![problem]))?;
        Ok(Self { law: Arc::new(law), fields })
    }
}

/// The lists that the service has in use, for another interface.
struct InUse(Arc<App>);

impl Source for InUse {
    fn snapshot(&self) -> Result<Arc<Snapshot>, String> {
        Ok(Arc::clone(&self.0.lists().snapshot))
    }
}

impl Updates for InUse {
    fn look(&self) {
        self.0.refresh();
    }

    fn failed(&self) -> Option<String> {
        self.0.lists.failed()
    }

    fn collections(&self) -> Arc<Collections> {
        Arc::clone(&self.0.lists().collections)
    }
}

/// The service's threads and ledger, for another interface.
struct Within(Arc<App>);

impl Hall for Within {
    fn run(&self, job: Job) -> Waiting {
        let app = Arc::clone(&self.0);
        Box::pin(async move {
            let work = move |scratch: &mut Scratch| {
                job(scratch);
                Ok(())
            };
            app.compare(work).await.map_err(|fault| match fault {
                Fault::Overloaded => Late::Full,
                Fault::TimedOut => Late::TimedOut,
                other => Late::Broken(other.to_string()),
            })
        })
    }

    fn enter(&self, engine: &Engine, answers: &[Answer]) -> Result<Option<Pending>, String> {
        let Some(register) = &self.0.register else { return Ok(None) };
        let ground = register.ground_of(engine).map_err(|fault| fault.to_string())?;
        let pending = register.submit(Kind::Screening, &ground, Some(engine), None, answers);
        pending.map(Some).map_err(|fault| fault.to_string())
    }
}

/// What all requests share.
pub struct App {
    pub(crate) settings: Settings,
    pub(crate) lists: Lists,
    pub(crate) register: Option<Register>,
    pub(crate) pool: Pool,
    pub(crate) book: Book,
    pub(crate) state: Arc<State>,
    pub(crate) asks: Asks,
    pub(crate) pulse: Pulse,
    pub(crate) keys: Keyring,
    pub(crate) oidc: Option<Oidc>,
    pub(crate) metrics: Metrics,
    pub(crate) batches: Arc<Semaphore>,
    pub(crate) curator: Curator,
    pub(crate) watch: Watch,
    pub(crate) writes: Writes,
    pub(crate) refusals: Refusals,
    pub(crate) tracer: Option<Arc<Tracer>>,
    pub(crate) ending: AtomicBool,
    pub(crate) started_at: i64,
}

/// The time, in seconds since 1970. Nothing that decides a hit reads it.
pub(crate) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

impl App {
    /// Opens lists, law and state.
    ///
    /// # Errors
    /// When one of them cannot be opened.
    pub fn open(settings: Settings) -> Result<Arc<Self>, AppError> {
        let state = match &settings.database {
            Some(address) => State::postgres(address)?,
            None => State::sqlite(&settings.home.root().join("state.db"))?,
        };
        // What a service that was killed was being sent.
        if let Err(error) = settings.home.sweep_uploads() {
            tracing::warn!(
                reason = error.to_string(),
                "what was being sent to a service that was killed is still there"
            );
        }
        let now = now();
        let register = Register::open(&settings.home, settings.retention)?;
        let lists = Lists::open(settings.home.clone(), now)?;
        if let (Some(register), Some(ground)) = (&register, &lists.current().ground) {
            register.lists(ground.clone())?;
        }
        let oidc = settings.oidc.clone().map(|oidc| Oidc::open(oidc, &state, settings.rate)).transpose()?;
        let threads = |error: std::io::Error| AppError::System {
            place: "threads".to_owned(),
            reason: error.to_string(),
            hint: "give fewer with --workers",
        };
        Ok(Arc::new(Self {
            lists,
            register,
            pool: Pool::start(settings.workers, settings.queue).map_err(&threads)?,
            tracer: settings.traces.clone().map(Tracer::start).transpose().map_err(&threads)?,
            book: Book::open()?,
            state: Arc::new(state),
            asks: Asks::new(settings.queue),
            pulse: Pulse::default(),
            oidc,
            keys: Keyring::new(settings.rate),
            metrics: Metrics::default(),
            batches: Arc::new(Semaphore::new(settings.batches)),
            curator: Curator::default(),
            watch: Watch::default(),
            writes: Writes::default(),
            refusals: Refusals::default(),
            ending: AtomicBool::new(false),
            started_at: now,
            settings,
        }))
    }

    /// The lists in use now. Hold them for the whole of a request.
    pub fn lists(&self) -> Arc<Loaded> {
        self.lists.current()
    }

    /// The state: keys, idempotency.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Looks for new lists at once; the service does so by itself all the time.
    pub fn refresh(&self) -> bool {
        // That lists come into use is on record before anything is answered from them.
        let changed = self.lists.refresh(now(), |loaded| match (&self.register, &loaded.ground) {
            (Some(register), Some(ground)) => register.lists(ground.clone()),
            (Some(_) | None, _) => Ok(()),
        });
        if changed {
            self.metrics.swapped();
        }
        changed
    }

    /// All routes, behind the door that asks who is there.
    pub fn router(self: &Arc<Self>) -> Router {
        let (router, _) = doc::routes().split_for_parts();
        let router = match self.settings.compat {
            None => router.fallback(door::nothing_here),
            Some(dialect) => router.fallback_service(self.dialect(dialect)),
        };
        router
            .method_not_allowed_fallback(door::no_such_method)
            .layer(Extension(Arc::new(Agents::over(self, Arc::new(InUse(Arc::clone(self)))))))
            .layer(middleware::from_fn_with_state(Arc::clone(self), door::door))
            .with_state(Arc::clone(self))
    }

    /// The routes of another interface, each for those who may screen.
    fn dialect(self: &Arc<Self>, dialect: Dialect) -> Router {
        let compat = Compat::new(Arc::new(InUse(Arc::clone(self))))
            .within(Arc::new(Within(Arc::clone(self))))
            .with_updates(Arc::new(InUse(Arc::clone(self))))
            .with_update_token(self.settings.update_token.as_deref().unwrap_or_default());
        let router = match dialect {
            Dialect::Yente => yente::router(compat),
            Dialect::Watchman => watchman::router(compat),
        };
        router.layer(middleware::from_fn_with_state(Arc::clone(self), door::guest))
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Has a thread compare something, within the deadline.
    pub(crate) async fn compare<T: Send + 'static, E: From<Fault> + Send + 'static>(
        &self,
        work: impl FnOnce(&mut Scratch) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let deadline = Instant::now() + self.settings.deadline;
        let (trace, waiting) = (trace::current(), Moment::now());
        let work = move |scratch: &mut Scratch| {
            let Some(trace) = trace else { return work(scratch) };
            trace.inside("queue", waiting, false);
            let begun = Moment::now();
            let done = work(scratch);
            trace.inside("compare", begun, done.is_err());
            done
        };
        let answer = self.pool.run(Lane::Single(deadline), work).map_err(|_| self.turned_away())?;
        match tokio::time::timeout_at(deadline.into(), answer).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) if Instant::now() < deadline => Err(Fault::Internal("a comparison panicked".to_owned()).into()),
            Ok(Err(_)) | Err(_) => Err(Fault::TimedOut.into()),
        }
    }

    /// That too much waits; counted, so that it is on record soon.
    pub(crate) fn turned_away(&self) -> Fault {
        self.refusals.count(&Fault::Overloaded);
        Fault::Overloaded
    }

    /// Has a thread that may block ask the state.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&State) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, Fault> {
        if self.state.is_shared() && self.pulse.stopped().is_some() {
            // Known already: nobody waits to be told.
            return Err(Fault::Unavailable("the service's state cannot be reached".to_owned()));
        }
        self.asks.ask(Arc::clone(&self.state), self.settings.deadline, ask).await
    }
}
