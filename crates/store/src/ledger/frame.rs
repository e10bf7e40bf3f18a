//! One commit as it stands in a journal: entries, salts, signed checkpoint.
//!
//! Promises: bytes are a frame only if nothing of them was altered; frames of earlier versions are read.
//!
//! Not here: the files that frames stand in (`journal`), what a commit means (`log`).

use interdict_ledger::Salt;
use interdict_ledger::entry::Retention;
use interdict_model::Digest;

use super::salts::SaltRecord;
use super::sheaf::Sheaf;
use crate::StoreError;

/// What a frame begins with.
const MAGIC: &[u8; 4] = b"ILJ2";

/// What frames of earlier versions begin with: they are still read.
pub(super) const FIRST_MAGIC: &[u8; 4] = b"ILJ1";

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

    /// All that stands before the entries and salts, and how long the frame is with them.
    pub(super) fn start(&self) -> Result<(Vec<u8>, u64), StoreError> {
        let head = self.head();
        let size = [head.len(), self.sheaf.bundle().len(), self.sheaf.tie_bytes().len()].iter().sum::<usize>();
        let length = u32::try_from(size).ok().filter(|length| *length <= LARGEST_BODY);
        let length = length.ok_or_else(|| StoreError::LedgerStopped {
            reason: format!("{size} bytes at once, more than {LARGEST_BODY}"),
            hint: "commit fewer entries at a time".to_owned(),
        })?;
        let mut start = Vec::with_capacity(head.len().saturating_add(HEAD));
        start.extend(MAGIC);
        start.extend(length.to_le_bytes());
        start.extend(Self::hash(&head, &self.sheaf).0);
        start.extend_from_slice(&head);
        Ok((start, (HEAD as u64).saturating_add(u64::from(length))))
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

pub(super) fn put(out: &mut Vec<u8>, bytes: &[u8]) {
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

pub(super) fn is_magic(four: &[u8; 4]) -> bool {
    four == MAGIC || four == FIRST_MAGIC
}

/// The frame at the start of some bytes, and how long it is.
pub(super) fn frame(bytes: &[u8]) -> Option<(Frame, usize)> {
    let mut rest = Reader(bytes);
    let magic = rest.take::<4>().filter(is_magic)?;
    let length = rest.u32().filter(|length| *length <= LARGEST_BODY)?;
    let hash = Digest(rest.take()?);
    let body = rest.0.get(..usize::try_from(length).ok()?)?;
    let frame = if magic == *MAGIC { Frame::read(body, hash) } else { Frame::read_first(body, hash) }?;
    Some((frame, HEAD.saturating_add(body.len())))
}
