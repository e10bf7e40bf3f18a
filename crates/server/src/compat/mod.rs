//! Drop-ins: the interfaces of other screening services over our engine, so that their clients work by
//! changing the address.
//!
//! Promises: the shapes are theirs, the scores are ours, computed by the one path there is; a hit at the
//! threshold is never left out; what could not be done is an error, never an empty result; a request is
//! answered wholly from one snapshot; every screening is on record, its hash in the header `interdict-record`.
//!
//! Not here: who may call, limits, our own interface (the rest of `server`).

mod book;
pub(crate) mod hall;
mod params;
mod replay;
mod scope;
pub mod watchman;
pub mod yente;

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderValue};
use interdict_engine::{Recorded, Snapshot};
pub use interdict_mcp::{Source, Stored};
use interdict_model::Digest;
use interdict_store::Collections;
use jiff::Timestamp;
use serde::Serialize;

use book::Book;
pub use hall::ENTRY_HEADER;
use hall::{Alone, Hall};
pub use replay::again;

/// The header that holds the hash under which an answer is on record.
pub const RECORD_HEADER: &str = "interdict-record";

/// What brings new lists into use.
pub(crate) trait Updates: Send + Sync + 'static {
    /// Looks for them.
    fn look(&self);

    /// Why the newest lists are not in use, if they are not.
    fn failed(&self) -> Option<String>;

    /// What manifests call lists.
    fn collections(&self) -> Arc<Collections>;
}

/// What a drop-in answers from.
#[derive(Clone)]
pub struct Compat {
    source: Arc<dyn Source>,
    hall: Arc<dyn Hall>,
    book: Arc<Mutex<Option<Arc<Book>>>>,
    since: Arc<Mutex<Option<(Digest, Timestamp, bool)>>>,
    update_token: Option<Arc<str>>,
    updates: Option<Arc<dyn Updates>>,
}

impl Compat {
    /// Over a source of lists.
    pub fn new(source: Arc<dyn Source>) -> Self {
        let hall = Arc::new(Alone);
        Self { source, hall, book: Arc::default(), since: Arc::default(), update_token: None, updates: None }
    }

    /// The same, with its work done and recorded by a service.
    pub(crate) fn within(self, hall: Arc<dyn Hall>) -> Self {
        Self { hall, ..self }
    }

    /// The same, with what brings new lists into use.
    pub(crate) fn with_updates(self, updates: Arc<dyn Updates>) -> Self {
        Self { updates: Some(updates), ..self }
    }

    /// With the token that `/updatez` asks for; without one it refuses everyone.
    #[must_use]
    pub fn with_update_token(mut self, token: &str) -> Self {
        self.update_token = (!token.is_empty()).then(|| token.into());
        self
    }

    fn snapshot(&self) -> Result<Arc<Snapshot>, String> {
        self.source.snapshot()
    }

    /// Looks for new lists, and makes ready what is answered from them.
    fn look(&self) -> Result<(), String> {
        if let Some(updates) = &self.updates {
            updates.look();
            self.failed().map_or(Ok(()), Err)?;
        }
        // They are in use from now on, not from the first question about them.
        self.book()?;
        self.since().map(drop)
    }

    /// What manifests call lists. Taken before the snapshot, so that a list that is gone is missed and not passed over.
    fn collections(&self) -> Arc<Collections> {
        self.updates.as_ref().map(|updates| updates.collections()).unwrap_or_default()
    }

    /// Why the newest lists are not in use, if they are not.
    fn failed(&self) -> Option<String> {
        self.updates.as_ref().and_then(|updates| updates.failed())
    }

    /// When the lists in use were first answered from, and whether they are the first of all.
    fn since(&self) -> Result<(Timestamp, bool), String> {
        let mut held = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        // Asked under the lock: whoever has seen former lists must not put them back here.
        let digest = self.snapshot()?.digest();
        match *held {
            Some((known, since, is_first)) if known == digest => Ok((since, is_first)),
            Some(_) | None => {
                let (now, is_first) = (Timestamp::now(), held.is_none());
                *held = Some((digest, now, is_first));
                Ok((now, is_first))
            }
        }
    }

    /// The listings of the snapshot by id and by word: made once for each snapshot.
    fn book(&self) -> Result<Arc<Book>, String> {
        let snapshot = self.snapshot()?;
        let mut held = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(book) = held.as_ref().filter(|book| book.snapshot().digest() == snapshot.digest()) {
            return Ok(Arc::clone(book));
        }
        let book = Arc::new(Book::of(snapshot)?);
        *held = Some(Arc::clone(&book));
        Ok(book)
    }
}

/// Puts an answer on record: its JSON, and the headers that name the record and its entries in the ledger.
fn on_record(answer: &impl Serialize, entries: Option<String>) -> Result<(Vec<u8>, HeaderMap), String> {
    let failed = |error: serde_json::Error| format!("the answer has no JSON form: {error}");
    let body = serde_json::to_vec(answer).map_err(failed)?;
    let recorded = Recorded::new(answer).map_err(failed)?;
    let mut headers = HeaderMap::new();
    if let Ok(hash) = HeaderValue::from_str(&recorded.record().to_string()) {
        headers.insert(RECORD_HEADER, hash);
    }
    if let Some(entries) = entries.and_then(|entries| HeaderValue::from_str(&entries).ok()) {
        headers.insert(ENTRY_HEADER, entries);
    }
    Ok((body, headers))
}
