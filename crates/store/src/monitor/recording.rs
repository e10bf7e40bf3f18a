//! How far a run is in the ledger.
//!
//! Promises: with what is noted before the run counts, a crash at any moment leaves enough to put every
//! event on record exactly once.
//!
//! Not here: what is put on record (`cli`), the log (`ledger`).

use interdict_engine::Engine;
use interdict_ledger::entry::{Basis, ListUsed, Retention};
use interdict_model::Digest;
use serde::{Deserialize, Serialize};

use super::{ListContent, Monitor, json};
use crate::ledger::question;
use crate::{Home, StoreError};

/// A run that is put on record.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Recording {
    /// The run.
    pub run: u64,
    /// How many entries the log had before.
    pub from: u64,
    /// The policy before it, if the run switches to another: its hash, or none for the first.
    pub policy_before: Option<Option<Digest>>,
    /// How long the links to persons must be kept.
    pub retention: Retention,
    /// Whether all of it is on record.
    pub is_done: bool,
}

impl Monitor {
    /// The last recording; none where there was no ledger.
    ///
    /// # Errors
    /// When the note is there and cannot be read.
    pub fn recording(&self) -> Result<Option<Recording>, StoreError> {
        json(&self.root.join("recording.json"))
    }

    /// Notes how far it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_recording(&self, recording: &Recording) -> Result<(), StoreError> {
        self.write_json("recording.json", recording)
    }
}

impl Home {
    /// What the events of an engine rest on, whether its lists are in use or not.
    pub fn basis_over(&self, engine: &Engine, lists: &[ListContent]) -> Basis {
        let used = engine.snapshot().versions().map(|version| ListUsed {
            list: version.list.0.clone(),
            version: version.digest,
            content: lists.iter().find(|one| one.list == version.list).map_or(version.digest, |one| one.content),
            published: version.published.map(|date| date.to_string()),
            listings: version.listings,
        });
        question::basis(Some(engine), used.collect(), None)
    }
}
