//! The parties that are kept: one line each, by id, with the index over them.
//!
//! Promises: the same parties have the same digest, whatever the order in which they were added;
//! files are never changed once their folder has its name; an index of another version is built again.
//!
//! Not here: reading files of parties (`cli`).

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::Path;

use interdict_engine::monitor::{Parties, PartySource, Watched};
use interdict_engine::{IndexBuilder, IndexBytes};
use interdict_model::Digest;

use super::{Monitor, damaged};
use crate::map::Mapped;
use crate::{StoreError, durable};

/// Parties by id, while they are added and removed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Roll(BTreeMap<String, Box<str>>);

/// What became of a party that was put on the roll.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Put {
    /// It was not there.
    Added,
    /// It says something else than before.
    Replaced,
    /// It was there as it is.
    Same,
}

impl Roll {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Whether a party is there.
    pub fn holds(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// Puts a party on the roll; whether it is new, and whether it says something else than before.
    ///
    /// # Errors
    /// When it has no JSON form.
    pub fn put(&mut self, party: &Watched) -> Result<Put, serde_json::Error> {
        let line = serde_json::to_string(party)?.into_boxed_str();
        Ok(match self.0.insert(party.id.clone(), line.clone()) {
            None => Put::Added,
            Some(old) if old == line => Put::Same,
            Some(_) => Put::Replaced,
        })
    }

    /// Takes a party off; whether it was there.
    pub fn take(&mut self, id: &str) -> bool {
        self.0.remove(id).is_some()
    }

    /// Keeps the parties that fit.
    pub fn retain(&mut self, fits: impl Fn(&str) -> bool) {
        self.0.retain(|id, _| fits(id));
    }
}

/// Parties on disk.
#[derive(Debug)]
pub struct MonitoredParties {
    lines: Mapped,
    offsets: Mapped,
}

/// A party as it was, and as it is; none where it was not or is not kept.
pub type ChangedParty = (Option<Watched>, Option<Watched>);

impl MonitoredParties {
    fn open(folder: &Path) -> Result<Self, StoreError> {
        let lines = Mapped::open(&folder.join("parties.jsonl"))?;
        let offsets = Mapped::open(&folder.join("offsets.bin"))?;
        let all = Self { lines, offsets };
        if all.offset(all.count()) != Some(all.lines.as_ref().len()) {
            return Err(damaged(folder, "the stored parties are not those that were written".to_owned()));
        }
        Ok(all)
    }

    /// How many there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.offsets.as_ref().len() / 8).unwrap_or(u32::MAX).saturating_sub(1)
    }

    fn offset(&self, number: u32) -> Option<usize> {
        let at = (number as usize).checked_mul(8)?;
        let bytes = self.offsets.as_ref().get(at..at.checked_add(8)?)?;
        usize::try_from(u64::from_le_bytes(bytes.try_into().ok()?)).ok()
    }

    fn line(&self, number: u32) -> Option<&[u8]> {
        self.lines.as_ref().get(self.offset(number)?..self.offset(number.checked_add(1)?)?)
    }

    /// The party of a number; they lie by id.
    ///
    /// # Errors
    /// When there is none, or it cannot be read.
    pub fn watched(&self, number: u32) -> Result<Watched, String> {
        let line = self.line(number).ok_or_else(|| format!("there is no party {number}"))?;
        serde_json::from_slice(line).map_err(|error| error.to_string())
    }

    /// The party of an id, if it is kept.
    ///
    /// # Errors
    /// When a party cannot be read.
    pub fn find(&self, id: &str) -> Result<Option<Watched>, String> {
        let (mut low, mut high) = (0, self.count());
        while low < high {
            let middle = low.midpoint(high);
            let party = self.watched(middle)?;
            match party.id.as_str().cmp(id) {
                Ordering::Equal => return Ok(Some(party)),
                Ordering::Less => low = middle.saturating_add(1),
                Ordering::Greater => high = middle,
            }
        }
        Ok(None)
    }

    /// Who is in one of two sets and not the same in the other: as they were, and as they are.
    ///
    /// # Errors
    /// When a party cannot be read.
    pub fn differing(&self, after: &Self) -> Result<Vec<ChangedParty>, String> {
        let (mut a, mut b) = (0, 0);
        let mut found = Vec::new();
        while a < self.count() || b < after.count() {
            if self.line(a).is_some() && self.line(a) == after.line(b) {
                (a, b) = (a.saturating_add(1), b.saturating_add(1));
                continue;
            }
            let old = if a < self.count() { Some(self.watched(a)?) } else { None };
            let new = if b < after.count() { Some(after.watched(b)?) } else { None };
            let order = match (&old, &new) {
                (Some(old), Some(new)) => old.id.cmp(&new.id),
                (Some(_), None) => Ordering::Less,
                (None, _) => Ordering::Greater,
            };
            let (old, new) = match order {
                Ordering::Less => (old, None),
                Ordering::Equal => (old, new),
                Ordering::Greater => (None, new),
            };
            a = a.saturating_add(u32::from(old.is_some()));
            b = b.saturating_add(u32::from(new.is_some()));
            found.push((old, new));
        }
        Ok(found)
    }
}

impl PartySource for MonitoredParties {
    fn party(&self, number: u32) -> Result<Watched, String> {
        self.watched(number)
    }
}

impl Monitor {
    fn folder(&self, parties: Digest) -> std::path::PathBuf {
        self.root.join("parties").join(parties.to_string())
    }

    /// The roll to change: that of some parties, or an empty one.
    ///
    /// # Errors
    /// When the stored parties are missing or damaged.
    pub fn roll(&self, parties: Option<Digest>) -> Result<Roll, StoreError> {
        let mut roll = Roll::default();
        let Some(parties) = parties else { return Ok(roll) };
        let folder = self.folder(parties);
        let stored = MonitoredParties::open(&folder)?;
        for number in 0..stored.count() {
            let party = stored.watched(number).map_err(|reason| damaged(&folder, reason))?;
            roll.put(&party).map_err(|error| damaged(&folder, error.to_string()))?;
        }
        Ok(roll)
    }

    /// Writes a roll with its index, if it is not there; its digest.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_roll(&self, roll: &Roll) -> Result<Digest, StoreError> {
        let mut lines = Vec::new();
        let mut offsets = 0_u64.to_le_bytes().to_vec();
        for line in roll.0.values() {
            lines.extend(line.as_bytes());
            lines.push(b'\n');
            offsets.extend((lines.len() as u64).to_le_bytes());
        }
        let digest = Digest::of(&lines);
        let folder = self.folder(digest);
        if MonitoredParties::open(&folder).is_ok() {
            return Ok(digest);
        }
        durable::write(&folder.join("offsets.bin"), &[&offsets])?;
        durable::write(&folder.join("parties.jsonl"), &[&lines])?;
        self.parties(digest)?;
        Ok(digest)
    }

    /// Parties as they were added, without their index.
    ///
    /// # Errors
    /// When they are missing or damaged.
    pub fn stored_parties(&self, parties: Digest) -> Result<MonitoredParties, StoreError> {
        MonitoredParties::open(&self.folder(parties))
    }

    /// Parties with their index, which is built if there is none of this version.
    ///
    /// # Errors
    /// When they are missing or damaged.
    pub fn parties(&self, parties: Digest) -> Result<Parties, StoreError> {
        let folder = self.folder(parties);
        let path = folder.join(format!("parties-{}.idx", interdict_engine::VERSION));
        if let Ok(mapped) = Mapped::open(&path) {
            let stored = MonitoredParties::open(&folder)?;
            let count = stored.count();
            match Parties::new(IndexBytes::new(mapped), Box::new(stored)) {
                Ok(known) if known.count() == count => return Ok(known),
                // Written by another build: the lines are the truth, the index is not.
                Ok(_) | Err(_) => {}
            }
        }
        let stored = MonitoredParties::open(&folder)?;
        let mut builder = IndexBuilder::of_parties();
        for number in 0..stored.count() {
            let party = stored.watched(number).map_err(|reason| damaged(&folder, reason))?;
            builder.add_entity(&party.entity);
        }
        let bytes = builder.finish();
        durable::write(&path, &[&bytes])?;
        let bytes = IndexBytes::new(Mapped::open(&path)?);
        Parties::new(bytes, Box::new(stored)).map_err(|error| damaged(&path, error.to_string()))
    }
}
