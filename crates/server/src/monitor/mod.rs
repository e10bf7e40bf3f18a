//! Monitoring over HTTP: whom to watch, runs, what they told, false positives that a person confirmed.
//!
//! Promises: an event is on record before it is shown; one change at a time, the next is told to come again; ids
//! and names of parties stand in bodies and never in addresses.
//!
//! Not here: what a change of lists means (`engine`), the work itself (whoever starts the service brings it: `errands`).

pub(crate) mod allowances;
pub(crate) mod events;
pub(crate) mod parties;

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use interdict_engine::Policy;
use interdict_store::Home;
use interdict_store::monitor::LastRun;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::App;
use crate::curate::updates::not_brought;
use crate::door;
use crate::errands::{Errands, Undone};
use crate::once::{Written, once};
use crate::problem::{Fault, Problems};
use crate::question::{self, short};
use crate::screen::{bytes, json};

/// What keeps changes of what is monitored apart.
pub(crate) struct Watch(Arc<Semaphore>);

impl Default for Watch {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(1)))
    }
}

impl Watch {
    fn turn(&self) -> Result<OwnedSemaphorePermit, Fault> {
        let text = "monitoring is at work for another request\nhint: ask again in a moment";
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| Fault::Conflict(text.to_owned()))
    }
}

impl From<Undone> for Fault {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Asked(text) => Self::NotDone(text),
            Undone::Ours(reason) => {
                tracing::error!(reason, "monitoring");
                Self::Unavailable("the service's files cannot be read or written".to_owned())
            }
        }
    }
}

impl App {
    fn errands(&self) -> Result<Arc<dyn Errands>, Fault> {
        self.settings.errands.clone().ok_or_else(not_brought)
    }

    /// Changes what is monitored while nobody else does. What was begun is ended, whether somebody waits or not.
    pub(crate) async fn watched<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&dyn Errands, &Home) -> Result<T, Undone> + Send + 'static,
    ) -> Result<T, Fault> {
        let (errands, turn) = (self.errands()?, self.watch.turn()?);
        let home = self.settings.home.clone();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&*errands, &home)
        });
        Ok(done.await.map_err(|error| Fault::Internal(format!("monitoring: {error}")))??)
    }

    /// Reads what is monitored, once all of it is on record.
    pub(crate) async fn look<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Home) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let errands = self.errands()?;
        self.read(move |home| {
            errands.settle(home)?;
            work(home)
        })
        .await
    }
}

/// How it stands with monitoring: as `interdict monitor status --json` says it.
#[derive(Serialize, ToSchema)]
struct MonitorAnswer {
    /// Parties kept now.
    parties: u32,
    /// Hash of them.
    #[schema(value_type = Option<String>)]
    parties_digest: Option<interdict_model::Digest>,
    /// The last run: lists, policy, engine.
    #[schema(value_type = Option<Object>)]
    last: Option<LastRun>,
    /// Whether parties or lists changed since the last run.
    stale: bool,
    /// Entries of the allow-list that hold.
    allowed: usize,
}

/// Who is kept, and what the last run rests on
#[utoipa::path(get, path = "/v1/monitor", tag = "monitor",
    responses((status = 200, description = "as it stands", body = MonitorAnswer), Problems))]
pub(crate) async fn status(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let answer = app.look(|home| {
        let monitor = home.monitor();
        let state = monitor.state()?;
        let stored = state.parties.map(|parties| monitor.stored_parties(parties)).transpose()?;
        let lists = home.contents_in_use()?;
        let is_fresh = |last: &LastRun| last.lists == lists && Some(last.parties) == state.parties;
        Ok(MonitorAnswer {
            parties: stored.map_or(0, |stored| stored.count()),
            parties_digest: state.parties,
            stale: !state.last.as_ref().is_some_and(is_fresh),
            allowed: monitor.allowed()?.iter().filter(|entry| entry.ended.is_none()).count(),
            last: state.last,
        })
    });
    Ok(json(bytes(&answer.await?)?))
}

/// How to run.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunQuestion {
    /// A built-in policy, for the first run; later ones keep it (`interdict monitor replay` switches).
    #[schema(example = "standard")]
    #[serde(default)]
    policy: Option<String>,
}

/// A run.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
struct RunAnswer {
    /// Its number; `GET /v1/monitor/events?run=` has its events.
    run: u64,
    parties: u64,
    events: u64,
    /// Events that a person should look at.
    alerts: u64,
    new: u64,
    changed: u64,
    gone: u64,
    reopened: u64,
    snapshot: String,
    policy: String,
    /// The first and last entry of the ledger, where one is kept.
    entries: Option<Vec<u64>>,
    /// What became of the events at each receiver of `webhooks.toml`.
    #[schema(value_type = Vec<Object>)]
    delivered: Vec<Value>,
}

/// Tell what changed since the last run
///
/// The first run screens everybody; later ones whom a change may concern. Events are on record, then sent to the receivers of
/// `webhooks.toml`, and kept.
#[utoipa::path(post, path = "/v1/monitor/runs", tag = "monitor", request_body = RunQuestion,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 201, description = "the run was made", body = RunAnswer), Problems))]
pub(crate) async fn run(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Fault> {
    let (headers, body) = door::json_body(&app, request).await?;
    let asked = if body.is_empty() { RunQuestion::default() } else { question::json::<RunQuestion>(&body)? };
    // The command takes a file as well; from here it must not.
    if let Some(name) = asked.policy.as_ref().filter(|name| Policy::named(name).is_none()) {
        let hint = "/v1/policies has those that are built in";
        return Err(Fault::BadRequest(format!("policy: no policy `{}`\nhint: {hint}", short(name))));
    }
    let write = || async {
        let made = app.watched(move |errands, home| errands.run(home, asked.policy)).await?;
        Ok(Written::json(StatusCode::CREATED, bytes(&made)?))
    };
    once(&app, &caller.id, &headers, &[b"POST /v1/monitor/runs", &body], write).await
}
