//! Where a drop-in's work is done and where its answers go on record: within the service, or alone.
//!
//! Promises: within the service the work waits in the queue that all comparisons wait in, and ends with its deadline;
//! what was given up is never an answer; where a ledger is kept, an answer is in it before it is shown.
//!
//! Not here: the queue (`pool`), the ledger (`register`), the words of each interface.

use std::pin::Pin;

use interdict_engine::{Engine, Policy, Scratch};
use interdict_ledger::leaf_hash;
use interdict_model::Digest;
use interdict_store::ledger::Answer;
use serde_json::Value;
use tokio::sync::oneshot;

use super::Compat;
use crate::register::{self, Pending};
use crate::undone::{FAILED, TIMED_OUT};

/// The header that holds the numbers of the entries in the ledger: `17`, or `17-19` for several parties.
pub const ENTRY_HEADER: &str = "interdict-entry";

/// Work for a thread that compares.
pub(crate) type Job = Box<dyn FnOnce(&mut Scratch) + Send>;

/// Work that is waited for.
pub(crate) type Waiting = Pin<Box<dyn Future<Output = Result<(), Late>> + Send>>;

/// Why work was not done; none of it is "no match".
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Late {
    /// Too much waits.
    Full,
    /// The deadline passed.
    TimedOut,
    /// It broke, or could not be recorded.
    Broken(String),
}

impl Late {
    /// In words for clients.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Full => "more requests wait than can be answered in time; nobody was screened".to_owned(),
            Self::TimedOut => "the request was not answered in time; nobody is cleared".to_owned(),
            Self::Broken(reason) => reason.clone(),
        }
    }
}

/// Where work is done.
pub(crate) trait Hall: Send + Sync + 'static {
    /// Has it done.
    fn run(&self, job: Job) -> Waiting;

    /// Hands answers over to the ledger; none where no ledger is kept.
    fn enter(&self, engine: &Engine, answers: &[Answer]) -> Result<Option<Pending>, String>;
}

/// Without a service around it: on threads of the runtime, nothing kept.
pub(crate) struct Alone;

impl Hall for Alone {
    fn run(&self, job: Job) -> Waiting {
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || job(&mut Scratch::default())).await;
            done.map_err(|error| Late::Broken(format!("could not be done: {error}")))
        })
    }

    fn enter(&self, _engine: &Engine, _answers: &[Answer]) -> Result<Option<Pending>, String> {
        Ok(None)
    }
}

/// One question and its answer, about to be recorded.
pub(super) struct Kept {
    /// What was asked, so that it can be asked again.
    pub(super) input: Value,
    /// The record of the answer.
    pub(super) record: Digest,
    /// `hit`, `clear`, `not_done`, `timed_out`, `failed`.
    pub(super) outcome: &'static str,
    /// The client's own id.
    pub(super) reference: String,
}

impl Kept {
    /// A question whose answer is a hit or clear.
    pub(super) fn answered(input: Value, answer: &Value, is_hit: bool) -> Result<Self, String> {
        let outcome = if is_hit { "hit" } else { "clear" };
        Ok(Self { input, record: record_of(answer)?, outcome, reference: String::new() })
    }

    /// A question that was not answered, and why.
    pub(super) fn not_done(input: Value, reason: &str) -> Self {
        Self { input, record: leaf_hash(reason.as_bytes()), outcome: "not_done", reference: String::new() }
    }

    fn answer(&self) -> Answer {
        let input = self.input.to_string().into_bytes();
        Answer { input, record: self.record, outcome: self.outcome, reference: self.reference.clone() }
    }
}

/// The record of an answer in another form: the hash of its JSON.
pub(super) fn record_of(answer: &Value) -> Result<Digest, String> {
    let recorded = interdict_engine::Recorded::new(answer);
    recorded.map(|recorded| recorded.record()).map_err(|error| format!("the answer has no JSON form: {error}"))
}

impl Compat {
    /// Has a thread that compares do something.
    pub(super) async fn run<T, E>(
        &self,
        work: impl FnOnce(&mut Scratch) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Late> + Send + 'static,
    {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move |scratch| {
            let _ = done.send(work(scratch));
        });
        self.hall.run(job).await?;
        answer.await.map_err(|_| Late::Broken("could not be done".to_owned()))?
    }

    /// Hands answers over.
    pub(super) fn enter(&self, engine: &Engine, kept: &[Kept]) -> Result<Option<Pending>, Late> {
        if kept.is_empty() {
            return Ok(None);
        }
        let answers: Vec<Answer> = kept.iter().map(Kept::answer).collect();
        self.hall.enter(engine, &answers).map_err(Late::Broken)
    }

    /// Puts on record that a question was not answered, and waits until that is durable; gives the number of its entry.
    pub(super) fn enter_not_done(&self, engine: &Engine, kept: Kept) -> Result<Option<u64>, Late> {
        match self.enter(engine, &[kept])? {
            Some(pending) => register::settled_here(pending).map(Some).map_err(|fault| Late::Broken(fault.to_string())),
            None => Ok(None),
        }
    }

    /// Puts on record that a call was given up, or that something broke at it: what it asked was not answered.
    pub(super) async fn enter_given_up(&self, call: Value, is_late: bool) -> Result<Option<u64>, Late> {
        let own = self.clone();
        let entered = tokio::task::spawn_blocking(move || {
            let engine = Engine::new(own.snapshot().map_err(Late::Broken)?, Policy::default(), Vec::new());
            let (outcome, record) = if is_late {
                (TIMED_OUT, leaf_hash(Late::TimedOut.words().as_bytes()))
            } else {
                (FAILED, leaf_hash(FAILED.as_bytes()))
            };
            own.enter_not_done(&engine, Kept { input: call, record, outcome, reference: String::new() })
        });
        entered.await.map_err(|error| Late::Broken(error.to_string()))?
    }

    /// Waits until so many answers are durable; gives the numbers of their entries.
    pub(super) async fn settled(pending: Option<Pending>, count: usize) -> Result<Option<String>, Late> {
        let Some(pending) = pending else { return Ok(None) };
        let first = register::settled(pending).await.map_err(|fault| Late::Broken(fault.to_string()))?;
        let last = first.saturating_add((count as u64).saturating_sub(1));
        Ok(Some(if last == first { first.to_string() } else { format!("{first}-{last}") }))
    }
}
