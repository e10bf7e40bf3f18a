//! Entries bound together as bytes, with their hashes and what ties them to persons.
//!
//! Promises: entries stand as a bundle holds them and salts as their files do, so that both are copied, and
//! not written anew, on their way from whoever made them to the journal, the tiles and the files of salts.
//!
//! Not here: what an entry says (`interdict-ledger`), making them durable (`log`).

use interdict_ledger::entry::Retention;
use interdict_ledger::{Entry, LedgerError, Salt, bundle, leaf_hash};
use interdict_model::Digest;

use super::frame::Reader;
use super::log::Draft;
use super::salts::SaltRecord;
use crate::StoreError;

/// Some entries that stand in the log one after another.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sheaf {
    /// The entries as a bundle.
    bundle: Vec<u8>,
    /// Where each ends in it.
    ends: Vec<usize>,
    leaves: Vec<Digest>,
    /// Records of salts, one after another; each begins with the number of its entry, here or in the log.
    ties: Vec<u8>,
    /// Where each begins.
    starts: Vec<usize>,
}

/// Bytes of an entry about a person in a bundle, about.
const ENTRY: usize = 416;

/// Bytes of what ties it to a person without an id of one's own, and some for that.
const TIE: usize = 104;

/// The most room that is kept between commits: about that of the most entries of one.
const MOST_ROOM: usize = 2 << 20;

impl Sheaf {
    /// One without entries.
    pub(super) const fn none() -> Self {
        Self { bundle: Vec::new(), ends: Vec::new(), leaves: Vec::new(), ties: Vec::new(), starts: Vec::new() }
    }

    /// Makes room for so many entries about persons.
    pub(super) fn reserve(&mut self, entries: usize) {
        self.bundle.reserve(entries.saturating_mul(ENTRY));
        self.ends.reserve(entries);
        self.leaves.reserve(entries);
        self.ties.reserve(entries.saturating_mul(TIE));
        self.starts.reserve(entries);
    }

    /// Its room without what is in it, if that is not too much to keep.
    pub(super) fn emptied(mut self) -> Self {
        if self.bundle.capacity() > MOST_ROOM {
            return Self::default();
        }
        self.bundle.clear();
        self.ends.clear();
        self.leaves.clear();
        self.ties.clear();
        self.starts.clear();
        self
    }

    /// Binds entries.
    ///
    /// # Errors
    /// When one is longer than a bundle holds.
    pub fn of(drafts: &[Draft]) -> Result<Self, StoreError> {
        let mut sheaf = Self::default();
        for draft in drafts {
            sheaf.add(&draft.entry.bytes()?)?;
            if let Some(tie) = &draft.tie {
                let Entry { at, retention, .. } = draft.entry;
                sheaf.tie(at.as_millisecond(), retention, &tie.salt, tie.record, &tie.reference);
            }
        }
        Ok(sheaf)
    }

    /// Reads a bundle of so many entries, and salts.
    pub(super) fn read(count: u32, bundle: &[u8], ties: &[u8]) -> Option<Self> {
        let mut sheaf = Self { bundle: bundle.to_vec(), ties: ties.to_vec(), ..Self::default() };
        for entry in bundle::entries(bundle).ok()? {
            sheaf.leaves.push(leaf_hash(entry));
            let end = sheaf.ends.last().copied().unwrap_or(0).checked_add(entry.len())?.checked_add(2)?;
            sheaf.ends.push(end);
        }
        let mut rest = Reader(ties);
        while !rest.0.is_empty() {
            sheaf.starts.push(ties.len().checked_sub(rest.0.len())?);
            SaltRecord::take(&mut rest)?;
        }
        (u32::try_from(sheaf.ends.len()).ok()? == count).then_some(sheaf)
    }

    /// Adds an entry that was made in place: `write` puts its bytes at the end of what it is given.
    pub(super) fn write(
        &mut self,
        write: impl FnOnce(&mut Vec<u8>) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let start = self.bundle.len();
        self.bundle.extend([0; 2]);
        let written = write(&mut self.bundle).and_then(|()| {
            let entry = self.bundle.get(start.saturating_add(2)..).unwrap_or_default();
            let length = bundle::length(entry.len())?;
            self.leaves.push(leaf_hash(entry));
            Ok(length)
        });
        match written {
            Ok(length) => {
                if let Some(place) = self.bundle.get_mut(start..start.saturating_add(2)) {
                    place.copy_from_slice(&length);
                }
                self.ends.push(self.bundle.len());
                Ok(())
            }
            Err(error) => {
                self.bundle.truncate(start);
                Err(error)
            }
        }
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, entry: &[u8]) -> Result<(), LedgerError> {
        self.write(|out| {
            out.extend_from_slice(entry);
            Ok(())
        })
    }

    /// Adds what ties the last entry to a person.
    pub(super) fn tie(&mut self, at_ms: i64, retention: Retention, salt: &Salt, record: Digest, reference: &str) {
        self.starts.push(self.ties.len());
        let number = self.ends.len().saturating_sub(1) as u64;
        SaltRecord::write(&mut self.ties, number, at_ms, retention, salt, record, reference);
    }

    /// How many entries.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// An entry's bytes.
    pub fn entry(&self, number: usize) -> Option<&[u8]> {
        self.part(number, number.checked_add(1)?)?.get(2..)
    }

    /// The bundle of entries `from .. to`.
    pub(super) fn part(&self, from: usize, to: usize) -> Option<&[u8]> {
        let end = |count: usize| if count == 0 { Some(0) } else { self.ends.get(count - 1).copied() };
        self.bundle.get(end(from)?..end(to)?)
    }

    /// The entries as a bundle.
    pub(super) fn bundle(&self) -> &[u8] {
        &self.bundle
    }

    /// Their hashes.
    pub fn leaves(&self) -> &[Digest] {
        &self.leaves
    }

    /// What ties them to persons.
    pub fn ties(&self) -> impl Iterator<Item = SaltRecord> {
        self.starts.iter().filter_map(|start| SaltRecord::take(&mut Reader(self.ties.get(*start..)?)))
    }

    /// The same as bytes.
    pub(super) fn tie_bytes(&self) -> &[u8] {
        &self.ties
    }

    /// Adds a number to those that ties have: entries come to stand behind others.
    pub(super) fn move_by(&mut self, by: u64) {
        for start in &self.starts {
            if let Some(place) = self.ties.get_mut(*start..).and_then(<[u8]>::first_chunk_mut::<8>) {
                *place = u64::from_le_bytes(*place).saturating_add(by).to_le_bytes();
            }
        }
    }

    /// Adds another, whose ties have the right numbers.
    pub(super) fn join(&mut self, other: &Self) {
        let (entries, ties) = (self.bundle.len(), self.ties.len());
        self.bundle.extend_from_slice(&other.bundle);
        self.ends.extend(other.ends.iter().map(|end| end.saturating_add(entries)));
        self.leaves.extend_from_slice(&other.leaves);
        self.ties.extend_from_slice(&other.ties);
        self.starts.extend(other.starts.iter().map(|start| start.saturating_add(ties)));
    }

    /// Adds the entries of another behind its own.
    pub fn append(&mut self, mut other: Self) {
        if self.is_empty() && self.bundle.capacity() < other.bundle.len() {
            *self = other;
        } else {
            other.move_by(self.len() as u64);
            self.join(&other);
        }
    }
}
