//! The salts: what ties an entry to a person, kept apart from the log so that it can be erased.
//!
//! Promises: a salt is durable before its entry leaves the journal; erasing removes it from every
//! file that held it. What a disk keeps of a file that was overwritten is beyond this program: see
//! docs/ledger.md.
//!
//! Not here: the log, in which no salt ever stands.
//!
//! ```text
//! salts/<first>-<end>.salts    for entries first .. end, replaced as a whole
//! ```

use std::collections::HashSet;
use std::fs::{self, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};

use interdict_ledger::entry::Retention;
use interdict_ledger::{Salt, Subject};
use interdict_model::Digest;

use super::frame::Reader;
use crate::{StoreError, durable};

const MAGIC: &[u8; 8] = b"INTDSLT1";

/// Files below this size are joined with what comes next, so that single screenings do not leave
/// a file each.
const SMALL: u64 = 1 << 20;

/// What is kept of one entry about a person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SaltRecord {
    /// Number of the entry.
    pub index: u64,
    /// Its time in milliseconds since 1970.
    pub at_ms: i64,
    /// How long it must be kept.
    pub retention: Retention,
    /// The salt.
    pub salt: Salt,
    /// The record of the answer, which the entry holds salted.
    pub record: Digest,
    /// The user's own id of the person; empty if there is none.
    pub reference: String,
}

impl SaltRecord {
    fn is_of(&self, subject: &str) -> bool {
        (!self.reference.is_empty() && self.reference == subject) || self.salt.subject().to_string() == subject
    }
}

/// The folder of salts.
#[derive(Clone, Debug)]
pub(super) struct Salts(PathBuf);

struct Segment {
    first: u64,
    end: u64,
    path: PathBuf,
}

fn damaged(segment: &Segment) -> StoreError {
    StoreError::Damaged {
        path: segment.path.clone(),
        reason: "it does not hold salts as they were written".to_owned(),
        hint: "restore it from a copy; without it, entries can be proven but not tied to a person".to_owned(),
    }
}

impl Salts {
    pub(super) fn at(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// Its files in order. A crash while two were joined leaves the parts beside the whole: the
    /// longer one counts.
    fn segments(&self) -> Result<Vec<Segment>, StoreError> {
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(StoreError::io(&self.0)(error)),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = entry.map_err(StoreError::io(&self.0))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".salts"));
            let numbers = name.and_then(|name| name.split_once('-'));
            let numbers = numbers.and_then(|(first, end)| Some((first.parse().ok()?, end.parse().ok()?)));
            if let Some((first, end)) = numbers {
                found.push(Segment { first, end, path });
            }
        }
        found.sort_by_key(|segment| (segment.first, std::cmp::Reverse(segment.end)));
        let mut reached = 0;
        found.retain(|segment| {
            let counts = segment.end > reached;
            reached = reached.max(segment.end);
            counts
        });
        Ok(found)
    }

    fn body(segment: &Segment) -> Result<Vec<u8>, StoreError> {
        let mut bytes = fs::read(&segment.path).map_err(StoreError::io(&segment.path))?;
        let damaged = || damaged(segment);
        let (hash, body) = bytes.strip_prefix(MAGIC).and_then(<[u8]>::split_first_chunk::<32>).ok_or_else(damaged)?;
        if Digest::of(body) != Digest(*hash) {
            return Err(damaged());
        }
        bytes.drain(..MAGIC.len().saturating_add(32));
        Ok(bytes)
    }

    fn read(segment: &Segment) -> Result<Vec<SaltRecord>, StoreError> {
        let body = Self::body(segment)?;
        let mut rest = Reader(&body);
        let mut records = Vec::new();
        while !rest.0.is_empty() {
            records.push(SaltRecord::take(&mut rest).ok_or_else(|| damaged(segment))?);
        }
        Ok(records)
    }

    fn write(&self, first: u64, end: u64, body: &[u8]) -> Result<PathBuf, StoreError> {
        let path = self.0.join(format!("{first}-{end}.salts"));
        durable::write(&path, &[MAGIC, &Digest::of(body).0, body])?;
        Ok(path)
    }

    /// Keeps the salts of entries `first .. end`. Doing it again after a crash changes nothing.
    pub(super) fn keep(&self, first: u64, end: u64, records: &[u8]) -> Result<(), StoreError> {
        let segments = self.segments()?;
        let size = |segment: &Segment| fs::metadata(&segment.path).map_or(u64::MAX, |meta| meta.len());
        match segments.last() {
            Some(last) if last.end >= end => Ok(()),
            Some(last) if last.end == first && size(last) < SMALL => {
                let mut joined = Self::body(last)?;
                joined.extend_from_slice(records);
                self.write(last.first, end, &joined)?;
                let _ = fs::remove_file(&last.path);
                Ok(())
            }
            Some(_) | None if records.is_empty() => Ok(()),
            Some(_) | None => self.write(first, end, records).map(drop),
        }
    }

    /// What is kept of an entry.
    pub(super) fn of_entry(&self, index: u64) -> Result<Option<SaltRecord>, StoreError> {
        for segment in self.segments()?.iter().filter(|segment| segment.first <= index && index < segment.end) {
            if let Some(record) = Self::read(segment)?.into_iter().find(|record| record.index == index) {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// What is kept of a person: by the user's own id, or by the number in the log.
    pub(super) fn of_subject(&self, subject: &str) -> Result<Vec<SaltRecord>, StoreError> {
        self.of_those(&|record| record.is_of(subject))
    }

    /// What is kept of those for whom something holds.
    pub(super) fn of_those(&self, holds: &dyn Fn(&SaltRecord) -> bool) -> Result<Vec<SaltRecord>, StoreError> {
        let mut found = Vec::new();
        for segment in self.segments()? {
            found.extend(Self::read(&segment)?.into_iter().filter(|record| holds(record)));
        }
        Ok(found)
    }

    /// Erases the salts of some subjects.
    pub(super) fn erase(&self, subjects: &HashSet<Subject>) -> Result<(), StoreError> {
        for segment in self.segments()? {
            let records = Self::read(&segment)?;
            let kept: Vec<SaltRecord> =
                records.iter().filter(|record| !subjects.contains(&record.salt.subject())).cloned().collect();
            if kept.len() != records.len() {
                // A rename alone leaves the old blocks as they are: a second name keeps the old file
                // within reach, so that it can be zeroed once the new one stands in its place.
                let old = self.0.join("erased.tmp");
                let _ = fs::remove_file(&old);
                fs::hard_link(&segment.path, &old).map_err(StoreError::io(&old))?;
                self.write(segment.first, segment.end, &bytes(&kept))?;
                zero(&old).map_err(StoreError::io(&old))?;
            }
        }
        Ok(())
    }
}

fn bytes(records: &[SaltRecord]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(records.len().saturating_mul(96));
    records.iter().for_each(|record| record.put(&mut bytes));
    bytes
}

fn zero(path: &Path) -> std::io::Result<()> {
    let length = fs::metadata(path)?.len();
    let mut file = OpenOptions::new().write(true).open(path)?;
    std::io::copy(&mut std::io::repeat(0).take(length), &mut file)?;
    file.sync_all()?;
    fs::remove_file(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(index: u64, reference: &str) -> SaltRecord {
        let salt = Salt([u8::try_from(index).unwrap(); 32]);
        let reference = reference.to_owned();
        SaltRecord { index, at_ms: 1, retention: Retention::Erasable, salt, record: Digest::of(b"r"), reference }
    }

    #[test]
    fn what_is_erased_is_in_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let salts = Salts::at(folder.path().join("salts"));
        let all = [record(1, "a"), record(2, "b"), record(5, ""), record(6, "a")];
        salts.keep(0, 3, &bytes(&all[..2])).unwrap();
        salts.keep(0, 3, &bytes(&all[..2])).unwrap();
        salts.keep(3, 5, &bytes(&[])).unwrap();
        salts.keep(5, 7, &bytes(&all[2..])).unwrap();
        assert_eq!(salts.of_subject("a").unwrap(), [all[0].clone(), all[3].clone()]);
        assert_eq!(salts.of_subject("").unwrap(), []);
        assert_eq!(salts.of_subject(&all[2].salt.subject().to_string()).unwrap(), [all[2].clone()]);
        assert_eq!(salts.of_entry(2).unwrap(), Some(all[1].clone()));
        let subjects: HashSet<Subject> = salts.of_subject("a").unwrap().iter().map(|r| r.salt.subject()).collect();
        // A second name of the old file shows that its blocks were overwritten too.
        let before: Vec<_> = fs::read_dir(&salts.0).unwrap().map(|entry| entry.unwrap().path()).collect();
        for (i, path) in before.iter().enumerate() {
            fs::hard_link(path, folder.path().join(i.to_string())).unwrap();
        }
        salts.erase(&subjects).unwrap();
        assert_eq!(salts.of_subject("a").unwrap(), []);
        assert_eq!(salts.of_entry(2).unwrap(), Some(all[1].clone()));
        let old: Vec<u8> =
            (0..before.len()).flat_map(|i| fs::read(folder.path().join(i.to_string())).unwrap()).collect();
        assert!(!old.is_empty() && old.iter().all(|byte| *byte == 0));
    }
}
