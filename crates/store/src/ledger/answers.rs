//! What is asked of an open log: bases, entries, receipts, and the erasure of what ties entries to persons.
//!
//! Not here: writing (`log`), checking files alone (`verify`).

use interdict_ledger::entry::{Act, Basis, Retention};
use interdict_ledger::receipt::{FORMAT, Opening, Proven};
use interdict_ledger::{Entry, Event, Receipt, leaf_hash, proof};
use interdict_model::Digest;
use jiff::Timestamp;

use super::files::{Joined, Remembered, missing};
use super::log::{Committed, Draft, Log};
use super::salts::SaltRecord;
use super::sheaf::Sheaf;
use crate::{StoreError, durable};

impl Log {
    /// Appends what answers rest on, unless it is on record, and before it the lists that came into
    /// use with it; gives its leaf hash.
    ///
    /// # Errors
    /// As [`Log::commit`].
    pub fn rests_on(&mut self, basis: Basis, at: Timestamp) -> Result<Digest, StoreError> {
        // Lists of a time in the past are in use for that question alone.
        let is_present = basis.as_of.is_none() && basis.known_at.is_none();
        if basis.snapshot.is_some() && is_present {
            let lists: Vec<(String, Digest)> =
                basis.lists.iter().map(|used| (used.list.clone(), used.content)).collect();
            self.lists_in_use(&lists, at)?;
        }
        self.basis(basis, at)
    }

    /// Appends what someone did to the service itself.
    ///
    /// # Errors
    /// As [`Log::commit`].
    pub fn act(&mut self, act: Act, by: &str, on: &str, note: &str, at: Timestamp) -> Result<Committed, StoreError> {
        let (by, on, note) = (by.to_owned(), on.to_owned(), note.to_owned());
        let event = Event::Administration { act, by, on, note };
        self.commit(&[Draft { entry: Entry { at, retention: Retention::TenYears, event }, tie: None }])
    }

    /// Appends what answers rest on, unless it is on record; gives its leaf hash.
    ///
    /// # Errors
    /// As [`Log::commit`].
    pub fn basis(&mut self, basis: Basis, at: Timestamp) -> Result<Digest, StoreError> {
        let known = self.bases.iter().find(|(leaf, index)| {
            let found = self.entry(**index).ok().filter(|entry| entry.leaf().ok() == Some(**leaf));
            found.is_some_and(|entry| matches!(entry.event, Event::Basis(found) if found == basis))
        });
        if let Some((leaf, _)) = known {
            return Ok(*leaf);
        }
        let entry = Entry { at, retention: Retention::TenYears, event: Event::Basis(basis) };
        let leaf = entry.leaf()?;
        let committed = self.commit(&[Draft { entry, tie: None }])?;
        self.bases.insert(leaf, committed.first);
        let mut bases: Vec<(Digest, u64)> = self.bases.iter().map(|(leaf, index)| (*leaf, *index)).collect();
        bases.sort_by_key(|(_, index)| *index);
        // Only to find them again: without it a basis is looked for in the log, or recorded once more.
        if let Ok(json) = serde_json::to_vec(&bases) {
            let _ = durable::write(&self.place.private.join("bases.json"), &[&json]);
        }
        Ok(leaf)
    }

    /// An entry.
    ///
    /// # Errors
    /// When there is none of this number, or it is damaged.
    pub fn entry(&self, index: u64) -> Result<Entry, StoreError> {
        let entries = self.entries_between(index, index.saturating_add(1))?;
        let none = || StoreError::LedgerStopped {
            reason: format!("no entry {index}: the ledger has {}", self.size()),
            hint: "entries are numbered from 0; `interdict ledger show` lists them".to_owned(),
        };
        Ok(Entry::parse(&entries.first().ok_or_else(none)?.1)?)
    }

    /// Entries `from .. to`, as far as there are.
    ///
    /// # Errors
    /// When a bundle is damaged.
    pub fn entries_between(&self, from: u64, to: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let mut entries = self.files.entries(self.folded, from, to)?;
        let mut start = self.folded;
        for sheaf in self.unfolded() {
            let end = start.saturating_add(sheaf.len() as u64);
            for index in from.max(start)..to.min(end) {
                let place = usize::try_from(index.saturating_sub(start)).ok();
                entries.extend(place.and_then(|place| Some((index, sheaf.entry(place)?.to_vec()))));
            }
            start = end;
        }
        Ok(entries)
    }

    /// The receipt of an entry: its proof and that of its basis, up to the latest checkpoint.
    ///
    /// # Errors
    /// When it records no answer, or files are damaged.
    pub fn receipt(&self, index: u64, opening: Option<Opening>) -> Result<Receipt, StoreError> {
        let receipts = self.receipts(vec![(index, opening)])?;
        receipts.into_iter().next().ok_or_else(|| StoreError::LedgerStopped {
            reason: format!("no receipt of entry {index}"),
            hint: "`interdict ledger show` lists the entries".to_owned(),
        })
    }

    /// Receipts of many entries; hashes that several proofs share are computed once.
    ///
    /// # Errors
    /// As [`Log::receipt`].
    pub fn receipts(&self, wanted: Vec<(u64, Option<Opening>)>) -> Result<Vec<Receipt>, StoreError> {
        let joined = Joined {
            stored: self.files.nodes(self.folded),
            start: self.folded,
            leaves: self.unfolded().map(Sheaf::leaves),
        };
        let nodes = Remembered::new(joined);
        let prove = |entry: Entry, index: u64| {
            let proof = proof::inclusion(&nodes, index, self.size()).map_err(|error| missing(&self.files, error))?;
            Ok::<_, StoreError>(Proven { entry, index, proof })
        };
        let mut bases: Vec<(Digest, Proven)> = Vec::new();
        let mut receipts = Vec::with_capacity(wanted.len());
        for (index, opening) in wanted {
            let entry = self.entry(index)?;
            let Some(answered) = entry.event.answered() else {
                return Err(StoreError::LedgerStopped {
                    reason: format!("entry {index} is of the kind `{}`, which has no receipt", entry.event.kind()),
                    hint: "receipts are of screenings, decisions and monitoring; `interdict ledger show` lists them"
                        .to_owned(),
                });
            };
            let known = bases.iter().find(|(leaf, _)| *leaf == answered.basis);
            let basis = match known {
                Some((_, basis)) => basis.clone(),
                None => {
                    let at = self.find_basis(answered.basis, index)?;
                    let basis = prove(self.entry(at)?, at)?;
                    bases.push((answered.basis, basis.clone()));
                    basis
                }
            };
            let answer = prove(entry, index)?;
            receipts.push(Receipt { format: FORMAT.to_owned(), answer, basis, checkpoint: self.note.clone(), opening });
        }
        Ok(receipts)
    }

    /// Records which lists are in use, if that changed since it was last recorded. No answer may
    /// rest on a list whose coming into use is not on record.
    ///
    /// # Errors
    /// As [`Log::commit`].
    pub fn lists_in_use(&mut self, lists: &[(String, Digest)], at: Timestamp) -> Result<(), StoreError> {
        let path = self.place.private.join("lists.json");
        // Without the note every list counts as new once more, which is true at the time it says.
        let before = std::fs::read(&path).ok().and_then(|json| serde_json::from_slice(&json).ok());
        let before: Vec<(String, Digest)> = before.unwrap_or_default();
        let of = |lists: &[(String, Digest)], id: &str| lists.iter().find(|(list, _)| list == id).map(|(_, to)| *to);
        let mut names: Vec<&String> = before.iter().chain(lists).map(|(list, _)| list).collect();
        names.sort();
        names.dedup();
        let changes = names.into_iter().map(|list| (list, of(&before, list), of(lists, list)));
        let drafts: Vec<Draft> = changes
            .filter(|(_, from, to)| from != to)
            .map(|(list, from, to)| {
                let event = Event::ListChange { list: list.clone(), from, to };
                Draft { entry: Entry { at, retention: Retention::TenYears, event }, tie: None }
            })
            .collect();
        if drafts.is_empty() {
            return Ok(());
        }
        self.commit(&drafts)?;
        let json = serde_json::to_vec(lists).map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path, &[&json])
    }

    /// The number of a basis: as noted, or the last one of this hash before an entry.
    fn find_basis(&self, leaf: Digest, before: u64) -> Result<u64, StoreError> {
        let noted = self.bases.get(&leaf).copied();
        if let Some(index) = noted.filter(|index| self.entry(*index).is_ok_and(|e| e.leaf().ok() == Some(leaf))) {
            return Ok(index);
        }
        let mut to = before;
        while to > 0 {
            let from = to.saturating_sub(4096);
            let entries = self.entries_between(from, to)?;
            if let Some((index, _)) = entries.iter().rev().find(|(_, entry)| leaf_hash(entry) == leaf) {
                return Ok(*index);
            }
            to = from;
        }
        Err(StoreError::LedgerStopped {
            reason: format!("the basis of entry {before} is not in the log"),
            hint: "`interdict ledger verify` names what is wrong".to_owned(),
        })
    }

    /// What is kept of an entry, if it was not erased.
    ///
    /// # Errors
    /// When salts cannot be read.
    pub fn tie_of(&self, index: u64) -> Result<Option<SaltRecord>, StoreError> {
        let fresh = self.unfolded().into_iter().flat_map(Sheaf::ties).find(|tie| tie.index == index);
        match fresh {
            Some(tie) => Ok(Some(tie)),
            None => self.salts.of_entry(index),
        }
    }

    /// What is kept of a person: by the user's own id, or by the number in the log.
    ///
    /// # Errors
    /// When files cannot be written or read.
    pub fn ties_of(&mut self, subject: &str) -> Result<Vec<SaltRecord>, StoreError> {
        self.fold()?;
        self.salts.of_subject(subject)
    }

    /// What is kept of those for whom something holds, as that a duty to keep has ended.
    ///
    /// # Errors
    /// When files cannot be written or read.
    pub fn ties_where(&mut self, holds: &dyn Fn(&SaltRecord) -> bool) -> Result<Vec<SaltRecord>, StoreError> {
        self.fold()?;
        self.salts.of_those(holds)
    }

    /// Records an erasure and then erases what ties these entries to a person.
    ///
    /// # Errors
    /// When it could not be recorded, and then nothing is erased; or not be erased: do it again.
    pub fn erase(&mut self, ties: &[SaltRecord], reason: &str, at: Timestamp) -> Result<Committed, StoreError> {
        let subjects: Vec<_> = ties.iter().map(|tie| tie.salt.subject()).collect();
        let drafts: Vec<Draft> = subjects
            .chunks(1000)
            .map(|subjects| {
                let event = Event::Erasure { subjects: subjects.to_vec(), reason: reason.to_owned() };
                Draft { entry: Entry { at, retention: Retention::TenYears, event }, tie: None }
            })
            .collect();
        let committed = self.commit(&drafts)?;
        self.fold()?;
        self.salts.erase(&subjects.into_iter().collect())?;
        Ok(committed)
    }
}
