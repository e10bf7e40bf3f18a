//! The journal: what was committed and is not in tiles yet, one frame a commit.
//!
//! Promises: a frame is whole or it is not there; what stands behind the last whole frame was never
//! acknowledged and is cut off; a frame that is damaged in front of a whole one is an error, because
//! a crash cannot do that.
//!
//! Not here: what a commit means (`log`), putting entries into tiles (`fold`).

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use interdict_ledger::Salt;
use interdict_ledger::entry::Retention;
use interdict_model::Digest;

use super::salts::SaltRecord;
use super::sheaf::Sheaf;
use crate::StoreError;

/// What a frame begins with.
const MAGIC: &[u8; 4] = b"ILJ2";

/// What frames of earlier versions begin with: they are still read.
const FIRST_MAGIC: &[u8; 4] = b"ILJ1";

/// Bytes before a frame's body: magic, length, SHA-256.
const HEAD: usize = 40;

/// The largest body. A commit is a few thousand entries of at most 64 KiB; this bounds what a
/// damaged length can make us read.
const LARGEST_BODY: u32 = 512 << 20;

/// What was committed at once.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Frame {
    /// Number of its first entry.
    pub(super) first: u64,
    /// The signed checkpoint after it.
    pub(super) note: String,
    /// Its entries, and what ties them to persons.
    pub(super) sheaf: Sheaf,
}

impl Frame {
    /// All of the body but the entries and salts, which stand behind it.
    fn head(&self) -> Vec<u8> {
        let mut head = self.first.to_le_bytes().to_vec();
        put(&mut head, self.note.as_bytes());
        for length in [self.sheaf.len(), self.sheaf.bundle().len(), self.sheaf.tie_bytes().len()] {
            head.extend((length as u32).to_le_bytes());
        }
        head
    }

    /// Over all of it. Of the entries, over their leaf hashes, which must be computed anyway.
    fn hash(head: &[u8], sheaf: &Sheaf) -> Digest {
        let mut leaves = Vec::with_capacity(sheaf.len().saturating_mul(32));
        sheaf.leaves().iter().for_each(|leaf| leaves.extend(leaf.0));
        Digest::of_parts([head, &leaves, sheaf.tie_bytes()])
    }

    fn read(body: &[u8], hash: Digest) -> Option<Self> {
        let mut rest = Reader(body);
        let first = rest.u64()?;
        let note = rest.bytes()?;
        let (count, bundle, ties) = (rest.u32()?, rest.u32()?, rest.u32()?);
        let head = body.get(..body.len().checked_sub(rest.0.len())?)?;
        let (bundle, ties_on) = rest.0.split_at_checked(usize::try_from(bundle).ok()?)?;
        let ties = Some(ties_on).filter(|on| on.len() == ties as usize)?;
        let sheaf = Sheaf::read(count, bundle, ties).filter(|sheaf| Self::hash(head, sheaf) == hash)?;
        Some(Self { first, note: String::from_utf8(note.to_vec()).ok()?, sheaf })
    }

    /// A body of an earlier version: each entry and salt by itself, one hash over the bytes.
    fn read_first(body: &[u8], hash: Digest) -> Option<Self> {
        let mut rest = Some(Reader(body)).filter(|_| Digest::of(body) == hash)?;
        let first = rest.u64()?;
        let note = String::from_utf8(rest.bytes()?.to_vec()).ok()?;
        let (count, mut bundle) = (rest.u32()?, Vec::new());
        for _ in 0..count {
            interdict_ledger::bundle::push(&mut bundle, rest.bytes()?).ok()?;
        }
        let salts = rest.u32()?;
        let sheaf = Sheaf::read(count, &bundle, rest.0)?;
        (sheaf.ties().count() == salts as usize).then_some(Self { first, note, sheaf })
    }

    /// The number after its last entry.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.sheaf.len() as u64)
    }
}

fn put(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u32).to_le_bytes());
    out.extend(bytes);
}

/// Takes numbers and byte strings off the front.
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.u32()?).ok()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }
}

impl SaltRecord {
    pub(super) fn put(&self, out: &mut Vec<u8>) {
        Self::write(out, self.index, self.at_ms, self.retention, &self.salt, self.record, &self.reference);
    }

    pub(super) fn write(
        out: &mut Vec<u8>,
        index: u64,
        at_ms: i64,
        retention: Retention,
        salt: &Salt,
        record: Digest,
        reference: &str,
    ) {
        out.extend_from_slice(&index.to_le_bytes());
        out.extend_from_slice(&at_ms.to_le_bytes());
        out.push(match retention {
            Retention::Erasable => 0,
            Retention::FiveYears => 5,
            Retention::TenYears => 10,
        });
        out.extend_from_slice(&salt.0);
        out.extend_from_slice(&record.0);
        put(out, reference.as_bytes());
    }

    pub(super) fn take(rest: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            index: rest.u64()?,
            at_ms: i64::from_le_bytes(rest.take()?),
            retention: match rest.take::<1>()? {
                [0] => Retention::Erasable,
                [5] => Retention::FiveYears,
                [10] => Retention::TenYears,
                [_] => return None,
            },
            salt: Salt(rest.take()?),
            record: Digest(rest.take()?),
            reference: String::from_utf8(rest.bytes()?.to_vec()).ok()?,
        })
    }
}

fn is_magic(four: &[u8; 4]) -> bool {
    four == MAGIC || four == FIRST_MAGIC
}

/// The frame at the start of some bytes, and how long it is.
fn frame(bytes: &[u8]) -> Option<(Frame, usize)> {
    let mut rest = Reader(bytes);
    let magic = rest.take::<4>().filter(is_magic)?;
    let length = rest.u32().filter(|length| *length <= LARGEST_BODY)?;
    let hash = Digest(rest.take()?);
    let body = rest.0.get(..usize::try_from(length).ok()?)?;
    let frame = if magic == *MAGIC { Frame::read(body, hash) } else { Frame::read_first(body, hash) }?;
    Some((frame, HEAD.saturating_add(body.len())))
}

/// The open journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    /// Bytes of whole frames.
    length: u64,
    /// A sync failed: what is on disk is not known until it is read again.
    broken: bool,
}

impl Journal {
    /// Opens or creates it and reads its frames; what was never acknowledged is cut off.
    pub(super) fn open(path: &Path) -> Result<(Self, Vec<Frame>), StoreError> {
        let io = || StoreError::io(path);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(io())?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(io())?;
        let mut frames = Vec::new();
        let mut length = 0usize;
        while let Some((whole, size)) = bytes.get(length..).and_then(frame) {
            frames.push(whole);
            length = length.saturating_add(size);
        }
        let torn = bytes.get(length..).unwrap_or_default();
        // A commit begins only after the one before is whole: nothing whole can follow what is torn.
        let begins = |four: &[u8]| four.first_chunk().is_some_and(is_magic);
        let later = torn.windows(4).enumerate().skip(1).filter(|(_, four)| begins(four));
        if later.into_iter().any(|(at, _)| torn.get(at..).and_then(frame).is_some()) {
            return Err(StoreError::Damaged {
                path: path.to_owned(),
                reason: format!("the frame at byte {length} is damaged, and whole ones follow it"),
                hint: "no crash does that: restore the ledger's folders from a copy and keep this one as evidence"
                    .to_owned(),
            });
        }
        let journal = Self { path: path.to_owned(), file, length: length as u64, broken: false };
        if !torn.is_empty() {
            journal.cut()?;
        }
        Ok((journal, frames))
    }

    /// Bytes of whole frames.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Whether it must be opened again before anything is added.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    fn cut(&self) -> Result<(), StoreError> {
        self.file.set_len(self.length).and_then(|()| self.file.sync_data()).map_err(StoreError::io(&self.path))
    }

    /// Adds a frame and makes it durable. After an error nothing of it counts.
    pub(super) fn append(&mut self, frame: &Frame) -> Result<(), StoreError> {
        let (head, sheaf) = (frame.head(), &frame.sheaf);
        let parts = [head.as_slice(), sheaf.bundle(), sheaf.tie_bytes()];
        let size = parts.iter().map(|part| part.len()).sum::<usize>();
        let length = u32::try_from(size).ok().filter(|length| *length <= LARGEST_BODY);
        let length = length.ok_or_else(|| StoreError::LedgerStopped {
            reason: format!("{size} bytes at once, more than {LARGEST_BODY}"),
            hint: "commit fewer entries at a time".to_owned(),
        })?;
        let mut start = Vec::with_capacity(head.len().saturating_add(HEAD));
        start.extend(MAGIC);
        start.extend(length.to_le_bytes());
        start.extend(Frame::hash(&head, sheaf).0);
        start.extend_from_slice(&head);
        let written = self.file.seek(SeekFrom::Start(self.length)).and_then(|_| {
            self.file.write_all(&start)?;
            self.file.write_all(sheaf.bundle())?;
            self.file.write_all(sheaf.tie_bytes())
        });
        if let Err(error) = written {
            // The disk is full, most likely. If the torn end cannot be cut either, opening again does it.
            self.broken = self.cut().is_err();
            return Err(StoreError::io(&self.path)(error));
        }
        if let Err(error) = self.file.sync_data() {
            // After a failed sync the system may say "done" to the next one and have lost the pages.
            self.broken = true;
            return Err(StoreError::io(&self.path)(error));
        }
        self.length = self.length.saturating_add((HEAD + size) as u64);
        Ok(())
    }

    /// Empties it, when all of it is in tiles.
    pub(super) fn clear(&mut self) -> Result<(), StoreError> {
        self.length = 0;
        let cut = self.cut();
        self.broken = cut.is_err();
        cut
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(first: u64) -> Frame {
        let mut sheaf = Sheaf::default();
        sheaf.add(b"one").unwrap();
        sheaf.tie(-5, Retention::FiveYears, &Salt([4; 32]), Digest::of(b"r"), "customer ä");
        sheaf.add(b"").unwrap();
        sheaf.move_by(first);
        Frame { first, note: "note\n".to_owned(), sheaf }
    }

    /// As version 0.1 wrote it before entries were kept as bundles.
    fn as_before(frame: &Frame) -> Vec<u8> {
        let mut body = frame.first.to_le_bytes().to_vec();
        put(&mut body, frame.note.as_bytes());
        body.extend((frame.sheaf.len() as u32).to_le_bytes());
        (0..frame.sheaf.len()).for_each(|n| put(&mut body, frame.sheaf.entry(n).unwrap()));
        body.extend((frame.sheaf.ties().count() as u32).to_le_bytes());
        frame.sheaf.ties().for_each(|tie| tie.put(&mut body));
        [FIRST_MAGIC.as_slice(), &(body.len() as u32).to_le_bytes(), &Digest::of(&body).0, &body].concat()
    }

    #[test]
    fn frames_of_earlier_versions_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let before = [as_before(&some(0)), as_before(&some(2))].concat();
        std::fs::write(&path, &before).unwrap();
        let (mut journal, frames) = Journal::open(&path).unwrap();
        assert_eq!(frames, [some(0), some(2)]);
        let tie = frames[1].sheaf.ties().next().unwrap();
        assert_eq!((tie.index, tie.at_ms, tie.reference.as_str()), (2, -5, "customer ä"));
        journal.append(&some(4)).unwrap();
        assert_eq!(Journal::open(&path).unwrap().1, [some(0), some(2), some(4)]);
        let whole = std::fs::read(&path).unwrap();
        for at in 0..before.len() {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            assert!(Journal::open(&path).is_err(), "{at}");
        }
    }

    #[test]
    fn a_journal_cut_anywhere_keeps_its_whole_frames() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, none) = Journal::open(&path).unwrap();
        assert!(none.is_empty());
        let mut ends = vec![0];
        for first in [0, 2, 4] {
            journal.append(&some(first)).unwrap();
            ends.push(journal.length());
        }
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(bytes.len() as u64, ends[3]);
        for cut in 0..=bytes.len() {
            std::fs::write(&path, &bytes[..cut]).unwrap();
            let (journal, frames) = Journal::open(&path).unwrap();
            let whole = ends.iter().filter(|end| **end <= cut as u64).count() - 1;
            assert_eq!(frames, [some(0), some(2), some(4)][..whole], "cut at {cut}");
            assert_eq!(std::fs::metadata(&path).unwrap().len(), journal.length());
        }
        // A later commit takes the place of what was torn.
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        let (mut journal, _) = Journal::open(&path).unwrap();
        journal.append(&some(9)).unwrap();
        assert_eq!(Journal::open(&path).unwrap().1, [some(0), some(2), some(9)]);
    }

    #[test]
    fn damage_in_front_of_a_whole_frame_is_no_torn_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path).unwrap();
        journal.append(&some(0)).unwrap();
        let end = usize::try_from(journal.length()).unwrap();
        journal.append(&some(2)).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        for at in 0..end {
            let mut altered = bytes.clone();
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            let error = Journal::open(&path).unwrap_err().to_string();
            assert!(error.contains("the frame at byte 0 is damaged"), "{at}: {error}");
            assert_eq!(std::fs::read(&path).unwrap(), altered, "it was changed");
        }
    }
}
