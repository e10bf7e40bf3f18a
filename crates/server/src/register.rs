//! Puts answers on record in the home's ledger before they are shown, and gives receipts.
//!
//! Promises: where a home has a ledger, an answer that could not be recorded is not shown; requests
//! that come together are made durable together; a request that began before a swap of lists rests
//! on the lists it was answered from.
//!
//! Not here: the log itself (`store`), replaying (`cli`).

use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use interdict_engine::Engine;
use interdict_ledger::entry::{Act, Basis, LawUsed, PERSON, PolicyUsed, Retention};
use interdict_ledger::receipt::{Opening, Receipt};
use interdict_ledger::{Entry, Event, Subject};
use interdict_measures::Law;
use interdict_model::Digest;
use interdict_store::ledger::{Answer, Binder, Circumstances, Committed, Committer, Draft, Kind, Tie, new_salt};
use interdict_store::{Home, StoreError};
use jiff::Timestamp;
use tokio::sync::oneshot;

use crate::app::App;
use crate::oidc;
use crate::problem::{Fault, Problems};
use crate::screen::{bytes, json};
use crate::trace::{self, Moment};

/// Bases remembered; each threshold that a caller asks for is one.
const MOST_BASES: usize = 10_000;

/// Answers on their way to the disk.
pub(crate) type Pending = oneshot::Receiver<Result<Committed, StoreError>>;

/// Snapshots whose grounds are remembered: a request may end on lists that were replaced meanwhile.
const GROUNDS: usize = 16;

/// The ledger, open.
pub(crate) struct Register {
    committer: Committer,
    /// How long what ties entries to persons must be kept.
    retention: Retention,
    bases: Mutex<HashMap<Digest, Digest>>,
    grounds: Mutex<VecDeque<Basis>>,
}

/// What is said when something could not be recorded.
pub(crate) fn failed(error: impl std::fmt::Display) -> Fault {
    tracing::error!(reason = error.to_string(), "ledger");
    Fault::Unavailable("the answer could not be recorded, so it is not shown".to_owned())
}

/// What answers rest on besides their policy and the law, taken when the lists were opened.
pub(crate) fn ground(home: &Home, engine: &Engine) -> Result<Option<Basis>, StoreError> {
    if home.ledger().exists() { home.basis(Some(engine), None).map(Some) } else { Ok(None) }
}

impl Register {
    /// The ledger of a home; none if it has none.
    pub(crate) fn open(home: &Home, retention: Retention) -> Result<Option<Self>, StoreError> {
        let place = home.ledger();
        if !place.exists() {
            return Ok(None);
        }
        let committer = Committer::start(place.open()?)?;
        Ok(Some(Self { committer, retention, bases: Mutex::default(), grounds: Mutex::default() }))
    }

    /// Says which lists came into use.
    pub(crate) fn lists(&self, ground: Basis) -> Result<(), StoreError> {
        let kept = ground.clone();
        self.committer.ask(move |log| log.rests_on(ground, Timestamp::now()))?.map(drop)?;
        let mut grounds = self.grounds.lock().unwrap_or_else(PoisonError::into_inner);
        grounds.retain(|ground| ground.snapshot != kept.snapshot);
        grounds.truncate(GROUNDS - 1);
        grounds.push_front(kept);
        Ok(())
    }

    /// What answers of an engine rest on, for those who hold nothing else of the lists.
    pub(crate) fn ground_of(&self, engine: &Engine) -> Result<Basis, Fault> {
        let snapshot = engine.snapshot().digest();
        let grounds = self.grounds.lock().unwrap_or_else(PoisonError::into_inner);
        let found = grounds.iter().find(|ground| ground.snapshot == Some(snapshot));
        found.cloned().ok_or_else(|| failed("the lists of an answer are not on record"))
    }

    /// Bytes of entries that are durable and not in the files that others check yet.
    pub(crate) fn unfolded_bytes(&self) -> u64 {
        self.committer.unfolded_bytes()
    }

    /// Puts all of it into the files that others check. Blocks.
    pub(crate) fn close(&self) {
        // What fails here stands in the journal and is folded at the next start.
        if let Err(error) = self.committer.ask(interdict_store::ledger::Log::fold).and_then(|folded| folded) {
            tracing::error!(reason = error.to_string(), "the ledger's files are behind its journal");
        }
    }

    fn leaf(&self, basis: Basis) -> Result<Digest, Fault> {
        let key = Digest::of(&bytes(&basis)?);
        if let Some(leaf) = self.bases.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(*leaf);
        }
        let leaf =
            self.committer.ask(move |log| log.basis(basis, Timestamp::now())).map_err(failed)?.map_err(failed)?;
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        if bases.len() >= MOST_BASES {
            bases.clear();
        }
        bases.insert(key, leaf);
        Ok(leaf)
    }

    /// Hands answers over that rest on an engine, a law, or both.
    pub(crate) fn submit(
        &self,
        kind: Kind,
        ground: &Basis,
        engine: Option<&Engine>,
        law: Option<&Law>,
        answers: &[Answer],
    ) -> Result<Pending, Fault> {
        self.bound(kind, ground, engine, law, answers).map(|binder| self.hand_over(binder))
    }

    fn bound(
        &self,
        kind: Kind,
        ground: &Basis,
        engine: Option<&Engine>,
        law: Option<&Law>,
        answers: &[Answer],
    ) -> Result<Binder, Fault> {
        let mut binder = self.binder(kind, ground, engine, law, &OnceLock::new())?;
        for answer in answers {
            binder.add(&answer.input, answer.record, answer.outcome, &answer.reference).map_err(failed)?;
        }
        Ok(binder)
    }

    /// What binds answers together that rest on an engine, a law, or both; `known` remembers what that is in the log.
    pub(crate) fn binder(
        &self,
        kind: Kind,
        ground: &Basis,
        engine: Option<&Engine>,
        law: Option<&Law>,
        known: &OnceLock<Digest>,
    ) -> Result<Binder, Fault> {
        let basis = match known.get() {
            Some(basis) => *basis,
            None => {
                let basis = self.rests_on(ground, engine, law)?;
                *known.get_or_init(|| basis)
            }
        };
        Binder::new(Circumstances { kind, basis, at: Timestamp::now(), retention: self.retention }).map_err(failed)
    }

    /// The leaf hash of what answers rest on.
    fn rests_on(&self, ground: &Basis, engine: Option<&Engine>, law: Option<&Law>) -> Result<Digest, Fault> {
        let law = law.map(|law| LawUsed { digest: law.version, pages: law.pages.len() as u64 });
        let basis = match engine {
            Some(engine) => Basis {
                policy: Some(PolicyUsed {
                    name: engine.policy().name.clone(),
                    digest: engine.policy_digest(),
                    settings: String::from_utf8_lossy(&bytes(engine.policy())?).into_owned(),
                    only: engine.only().iter().map(|list| list.0.clone()).collect(),
                }),
                law,
                ..ground.clone()
            },
            None => Basis { snapshot: None, lists: Vec::new(), starter: false, policy: None, law, ..ground.clone() },
        };
        self.leaf(basis)
    }

    /// Hands over what was bound together. It is durable when it is settled.
    pub(crate) fn hand_over(&self, binder: Binder) -> Pending {
        let (done, pending) = oneshot::channel();
        let tell = move |result| {
            // Whoever asked may have gone.
            let _ = done.send(result);
        };
        self.committer.submit_then(binder.done(), tell);
        pending
    }

    /// Puts on record what someone did to the service itself. Blocks.
    pub(crate) fn act(&self, act: Act, by: &str, on: &str, note: &str) -> Result<(), Fault> {
        let (on, note) = (on.to_owned(), note.to_owned());
        let draft = if oidc::is_person(by) {
            // That two acts are of one person is said by what is kept apart, until it is erased.
            self.by_person(by, |by| Event::Administration { act, by: format!("{PERSON}{by}"), on, note })
        } else {
            let event = Event::Administration { act, by: by.to_owned(), on, note };
            Ok(Draft { entry: Entry { at: Timestamp::now(), retention: self.retention, event }, tie: None })
        };
        draft.and_then(|draft| self.put(&[draft])).map(drop).map_err(failed)
    }

    /// An entry of what a person did, under a salted number of its own; `who` is empty where nobody became known.
    pub(crate) fn by_person(&self, who: &str, event: impl FnOnce(Subject) -> Event) -> Result<Draft, StoreError> {
        let salt = new_salt()?;
        let entry = Entry { at: Timestamp::now(), retention: self.retention, event: event(salt.subject()) };
        let tie = Tie { salt, record: Digest::of(who.as_bytes()), reference: who.to_owned() };
        Ok(Draft { entry, tie: Some(tie) })
    }

    /// Puts entries on record that are no answers, and waits until that is durable. Blocks.
    pub(crate) fn put(&self, drafts: &[Draft]) -> Result<Committed, StoreError> {
        self.committer.submit(drafts).wait()
    }

    fn receipt(&self, entry: u64) -> Result<Receipt, Fault> {
        let receipt = self.committer.ask(move |log| {
            let tie = log.tie_of(entry)?;
            // Erased, the receipt still proves that there was an answer, and no longer whose.
            let opening = tie.map(|tie| Opening { salt: tie.salt, input: None, record: tie.record });
            log.receipt(entry, opening)
        });
        receipt.map_err(|error| Fault::Internal(error.to_string()))?.map_err(|error| match error {
            StoreError::LedgerStopped { .. } => Fault::NotFound(error.to_string()),
            other => Fault::Internal(other.to_string()),
        })
    }
}

impl App {
    /// Puts on record what someone did to the service itself, where a ledger is kept.
    pub(crate) async fn act(
        self: &Arc<Self>,
        act: Act,
        by: &str,
        on: impl Into<String>,
        note: impl Into<String>,
    ) -> Result<(), Fault> {
        if self.register.is_none() {
            return Ok(());
        }
        let (app, by, on, note) = (Arc::clone(self), by.to_owned(), on.into(), note.into());
        let done = tokio::task::spawn_blocking(move || {
            app.register.as_ref().map_or(Ok(()), |register| register.act(act, &by, &on, &note))
        });
        done.await.map_err(|error| Fault::Internal(format!("ledger: {error}")))?
    }
}

/// Waits until answers are durable; gives the number of the first.
pub(crate) async fn settled(pending: Pending) -> Result<u64, Fault> {
    let begun = Moment::now();
    let waited = pending.await;
    if let Some(trace) = trace::current() {
        trace.inside("ledger", begun, !matches!(waited, Ok(Ok(_))));
    }
    told(waited)
}

/// The same on a thread that may block.
pub(crate) fn settled_here(pending: Pending) -> Result<u64, Fault> {
    told(pending.blocking_recv())
}

fn told(result: Result<Result<Committed, StoreError>, oneshot::error::RecvError>) -> Result<u64, Fault> {
    match result {
        Ok(Ok(committed)) => Ok(committed.first),
        Ok(Err(error)) => Err(failed(error)),
        Err(_) => Err(failed("its writer has ended")),
    }
}

/// Writes into an answer, which is an object, where it stands in the ledger.
pub(crate) fn mark(answer: &mut Vec<u8>, entry: u64) {
    if answer.pop() == Some(b'}') {
        // Memory does not fail to be written.
        let _ = write!(answer, ",\"recording\":{{\"entry\":{entry}}}}}");
    }
}

/// The receipt of an answer, by the number of its entry
///
/// It proves that the answer is in the log, up to the latest checkpoint; `interdict ledger prove` checks it,
/// `interdict replay` asks again, with the party.
#[utoipa::path(get, path = "/v1/receipts/{entry}", tag = "ledger",
    params(("entry" = u64, Path, description = "as `recording.entry` of the answer says")),
    responses((status = 200, description = "the receipt", body = Object), Problems))]
pub(crate) async fn receipt(
    State(app): State<Arc<App>>,
    path: Result<Path<u64>, PathRejection>,
) -> Result<Response, Fault> {
    let bad = |_| Fault::BadRequest("the number of an entry is a whole number".to_owned());
    let Path(entry) = path.map_err(bad)?;
    let own = Arc::clone(&app);
    let asked = tokio::task::spawn_blocking(move || match &own.register {
        Some(register) => register.receipt(entry),
        None => Err(Fault::NotFound(
            "no ledger is kept here\nhint: `interdict ledger init`, then start the service again".to_owned(),
        )),
    });
    let receipt = asked.await.map_err(|error| Fault::Internal(error.to_string()))??;
    Ok(json(bytes(&receipt)?))
}
