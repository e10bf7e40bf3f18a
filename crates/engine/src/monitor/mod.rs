//! Re-screening: what a change of lists, parties or policy means for the parties a user keeps.
//!
//! Promises: the events are those that screening every party twice and comparing gives, found
//! without screening every party: from the listings that differ and the words whose weight moved,
//! back to the parties they may concern, who are then scored by the one scoring path.
//!
//! Not here: files, dates of today (`store`, `cli`), the index turned round (`screening::reverse`).

mod allow;
mod compare;
mod event;
mod kept_policy;
mod pairing;
mod rescreen;
mod standing;

use std::sync::{Mutex, OnceLock, PoisonError};

use interdict_model::Entity;
use interdict_screening::{Index, IndexBuilder, NotDone, reverse};
use serde::{Deserialize, Serialize};

pub use allow::{Allowed, digest_of_listing, digest_of_party, hold_back};
pub use event::{Cause, Event, EventKind, Kept, PartyRef, Side, What};
pub use interdict_screening::screenable;
pub use kept_policy::KeptPolicy;
pub use rescreen::{Looked, Rescreened};
pub use standing::after;

use crate::{IndexBytes, SnapshotError};

/// A party that a user keeps.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Watched {
    /// The user's own id of it.
    pub id: String,
    /// Who it is.
    pub entity: Entity,
}

impl Watched {
    /// As events show it.
    pub fn shown(&self) -> PartyRef {
        PartyRef { id: self.id.clone(), name: self.entity.caption().to_owned() }
    }
}

/// Where a monitored party's record comes from.
pub trait PartySource: Send + Sync {
    /// The party at a place of the index.
    ///
    /// # Errors
    /// What stands in the way, in words.
    fn party(&self, number: u32) -> Result<Watched, String>;
}

/// Parties and the index over them.
pub struct Parties {
    pub(crate) index: Index<IndexBytes>,
    source: Box<dyn PartySource>,
    /// Working memory of earlier questions: it grows with the parties and is not asked for anew.
    memory: Mutex<Vec<reverse::Scratch>>,
    letters: OnceLock<reverse::Letters>,
}

impl Parties {
    /// Opens an index over parties.
    ///
    /// # Errors
    /// When the bytes are no index of this version.
    pub fn new(index: IndexBytes, source: Box<dyn PartySource>) -> Result<Self, NotDone> {
        Ok(Self { index: Index::open(index)?, source, memory: Mutex::default(), letters: OnceLock::new() })
    }

    /// Parties held in memory.
    ///
    /// # Errors
    /// When the index that is built cannot be opened.
    pub fn in_memory(parties: Vec<Watched>) -> Result<Self, NotDone> {
        let mut builder = IndexBuilder::of_parties();
        parties.iter().for_each(|party| builder.add_entity(&party.entity));
        Self::new(IndexBytes::new(builder.finish()), Box::new(Held(parties)))
    }

    /// The letters their words are written in, worked out once.
    pub(crate) fn letters(&self) -> Result<&reverse::Letters, NotDone> {
        if let Some(known) = self.letters.get() {
            return Ok(known);
        }
        let letters = reverse::Letters::of(&self.index)?;
        Ok(self.letters.get_or_init(|| letters))
    }

    /// Does something with working memory, which is kept for the next.
    pub(crate) fn with_memory<T>(&self, work: impl FnOnce(&mut reverse::Scratch) -> T) -> T {
        let kept = self.memory.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut memory = kept.unwrap_or_default();
        let done = work(&mut memory);
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        done
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        self.index.listings()
    }

    /// The party of a number.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn party(&self, number: u32) -> Result<Watched, SnapshotError> {
        self.source.party(number).map_err(|reason| SnapshotError::UnreadableParty { number, reason })
    }
}

struct Held(Vec<Watched>);

impl PartySource for Held {
    fn party(&self, number: u32) -> Result<Watched, String> {
        self.0.get(number as usize).cloned().ok_or_else(|| "no such party in memory".to_owned())
    }
}
