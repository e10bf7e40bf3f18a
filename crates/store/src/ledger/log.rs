//! The log that is written: commits, durable before they are acknowledged.
//!
//! Promises: an acknowledged commit is on disk and stays there through a crash at any point; one
//! that failed leaves nothing that counts; several processes may write to one log, one at a time.
//!
//! Not here: files that others read (`files`), checking them (`verify`), threads (`committer`).

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::mem::take;
use std::sync::Arc;

use interdict_ledger::{Checkpoint, Entry, Salt, SignerKey, Tree, VerifierKey};
use interdict_model::Digest;

use super::files::LogFiles;
use super::folding::{self, Folded, Folding, Into};
use super::frame::Frame;
use super::journals::Journals;
use super::salts::Salts;
use super::sheaf::Sheaf;
use super::state::{self, Held, Part, State, turn};
use super::{Place, fold};
use crate::StoreError;

/// Bytes of the journal from which entries are put into tiles. They are held in memory until they are there, so this is
/// what a ledger adds to a service that is asked for more than it can do. Writing tiles costs a hundred syncs, which commits
/// feel: with 4 MiB that was one request in fifty at 2,500 a second.
const FOLD_FROM: u64 = 16 << 20;

/// Bytes that the journal grows by before that is tried again after an error.
const FOLD_AGAIN: u64 = 1 << 20;

/// Bytes of the journals from which nothing more is taken while entries cannot be put into tiles. From a quarter of it in
/// the newest on, a commit waits for tiles that are being written: the disk is slower than who commits.
const STOP_AT: u64 = 128 << 20;

/// An entry to be committed.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The entry.
    pub entry: Entry,
    /// What ties it to a person; none for entries that are about nobody.
    pub tie: Option<Tie>,
}

/// What is kept apart from the log.
#[derive(Clone, Debug)]
pub struct Tie {
    /// The entry's salt.
    pub salt: Salt,
    /// The record of the answer.
    pub record: Digest,
    /// The user's own id of the person; empty if there is none.
    pub reference: String,
}

/// What was acknowledged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Committed {
    /// Number of the first entry.
    pub first: u64,
    /// How many entries the log has now.
    pub size: u64,
    /// The signed checkpoint that covers them.
    pub checkpoint: String,
}

/// An open log.
#[derive(Debug)]
pub struct Log {
    pub(super) place: Place,
    pub(super) files: LogFiles,
    pub(super) salts: Salts,
    key: SignerKey,
    lock: File,
    /// The lock of whoever writes tiles.
    tiles: File,
    journals: Journals,
    /// Commits by any process since the log began to be counted; others raise it.
    turn: u64,
    /// Entries that are in tiles.
    pub(super) folded: u64,
    tree: Tree,
    pub(super) note: String,
    /// Entries on their way into tiles: those that stand in the journal that is not written to.
    pub(super) folding: Option<Folding>,
    /// Entries behind them.
    pub(super) fresh: Sheaf,
    /// Hashes of the tiles that those fill.
    full: Vec<Digest>,
    pub(super) bases: HashMap<Digest, u64>,
    fold_from: u64,
    stop_at: u64,
    /// Empty, with the room of an earlier commit: growing anew costs the next one more than copying.
    pub(super) spare: Sheaf,
}

impl Log {
    /// Opens a log and takes up what a crash left.
    ///
    /// # Errors
    /// When there is none, or its files do not belong together.
    pub(super) fn open(place: Place) -> Result<Self, StoreError> {
        let key_path = place.private.join("key");
        let secret = match fs::read_to_string(&key_path) {
            Ok(secret) => secret,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(StoreError::NoLedger(place.private));
            }
            Err(error) => return Err(StoreError::io(&key_path)(error)),
        };
        let key = SignerKey::parse(&secret)?;
        let (lock, tiles) = (state::lock(&place, "lock")?, state::lock(&place, folding::LOCK)?);
        let _held = Held::of(&lock, &place)?;
        let files = LogFiles::at(&place.public);
        let State { journals, folded, tree, note, before, fresh } = State::read(&place, &files, key.public())?;
        let bases = fs::read(place.private.join("bases.json")).ok();
        let bases: Vec<(Digest, u64)> = bases.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        let turn = turn(&lock).map_err(StoreError::io(&place.private))?;
        let salts = Salts::at(place.private.join("salts"));
        let bases = bases.into_iter().collect();
        let folding = (!before.sheaf.is_empty()).then(|| Folding::waiting(before));
        let (fresh, full) = (fresh.sheaf, fresh.full);
        let (fold_from, stop_at) = (FOLD_FROM, STOP_AT);
        Ok(Self {
            place,
            files,
            salts,
            key,
            lock,
            tiles,
            journals,
            turn,
            folded,
            tree,
            note,
            folding,
            fresh,
            full,
            bases,
            fold_from,
            stop_at,
            spare: Sheaf::default(),
        })
    }

    /// Sets from how many bytes of a journal on its entries are put into tiles, and from how many in both nothing more
    /// is taken before they are.
    pub fn bounds(&mut self, fold_from: u64, stop_at: u64) {
        (self.fold_from, self.stop_at) = (fold_from, stop_at);
    }

    /// The public key.
    pub fn key(&self) -> &VerifierKey {
        self.key.public()
    }

    /// How many entries there are.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Bytes of the journals that are not in tiles yet. About as much and a fifth more is held in memory.
    pub fn unfolded_bytes(&self) -> u64 {
        self.journals.length()
    }

    /// The latest signed checkpoint.
    pub fn checkpoint(&self) -> &str {
        &self.note
    }

    /// The files that others read.
    pub fn files(&self) -> &LogFiles {
        &self.files
    }

    /// Takes the lock, and up what other processes committed, if any did; if none did, what a commit left that failed is
    /// cut off.
    fn hold(&mut self) -> Result<Held, StoreError> {
        loop {
            let held = Held::of(&self.lock, &self.place)?;
            let now = turn(&self.lock).map_err(StoreError::io(&self.place.private))?;
            if now == self.turn {
                self.journals.mend()?;
                return Ok(held);
            }
            if self.folding.as_ref().is_some_and(Folding::is_under_way) {
                // It wants the lock too.
                drop(held);
                self.settle();
                continue;
            }
            self.read_again()?;
            self.turn = now;
            return Ok(held);
        }
    }

    /// Reads all from the files; the lock is held and nothing is on its way into tiles.
    fn read_again(&mut self) -> Result<(), StoreError> {
        let State { journals, folded, tree, note, before, fresh } =
            State::read(&self.place, &self.files, self.key.public())?;
        self.journals = journals;
        (self.folded, self.tree, self.note) = (folded, tree, note);
        self.folding = (!before.sheaf.is_empty()).then(|| Folding::waiting(before));
        (self.fresh, self.full) = (fresh.sheaf, fresh.full);
        Ok(())
    }

    /// Waits until what is on its way into tiles is there, or is not.
    fn settle(&mut self) {
        let Some(folding) = &mut self.folding else { return };
        match folding.ended() {
            Some(Ok(Folded::All)) => {
                self.folded = self.folded.saturating_add(folding.part.sheaf.len() as u64);
                self.folding = None;
                self.journals.was_wiped();
            }
            // So that all is read again.
            Some(Ok(Folded::Otherwise)) => self.turn = self.turn.wrapping_sub(1),
            // They are durable in the journal. It is tried again when some more has come.
            Some(Err(_)) => folding.again_from = self.journals.newest().saturating_add(FOLD_AGAIN),
            None => {}
        }
    }

    /// Begins to put entries into tiles that wait for it.
    fn fold_behind(&mut self) {
        let Some(folding) = self.folding.as_mut().filter(|folding| !folding.is_under_way()) else { return };
        let (place, files, salts) = (self.place.clone(), self.files.clone(), self.salts.clone());
        let to = Into { place, files, salts, key: self.key.public().clone(), start: self.folded };
        folding.begin(to, self.journals.wiper());
    }

    /// Counts a change of the files, so that other processes read them again.
    fn next_turn(&mut self) {
        self.turn = self.turn.wrapping_add(1);
        let counted = self.lock.seek(SeekFrom::Start(0)).and_then(|_| self.lock.write_all(&self.turn.to_le_bytes()));
        if counted.is_err() {
            // Eight bytes that stand there already; if even that fails, others must not trust their state.
            let _ = self.lock.set_len(0);
        }
    }

    /// Appends entries. When it returns, they are durable.
    ///
    /// # Errors
    /// When they could not be made durable: none of them counts.
    pub fn commit(&mut self, drafts: &[Draft]) -> Result<Committed, StoreError> {
        self.append(Sheaf::of(drafts)?)
    }

    /// Appends entries that are bound together. When it returns, they are durable.
    ///
    /// # Errors
    /// As [`Log::commit`].
    pub fn append(&mut self, mut sheaf: Sheaf) -> Result<Committed, StoreError> {
        if self.journals.length() > self.stop_at {
            self.fold()?;
        }
        let waits = self.journals.newest() > self.stop_at / 4;
        if waits || self.folding.as_ref().is_some_and(Folding::has_ended) {
            self.settle();
        }
        let _held = self.hold()?;
        let first = self.tree.size();
        if !sheaf.is_empty() {
            sheaf.move_by(first);
            let mut tree = self.tree.clone();
            let full: Vec<Digest> = sheaf.leaves().iter().filter_map(|leaf| tree.push_full(*leaf)).collect();
            let head = Checkpoint { origin: self.key().name().to_owned(), size: tree.size(), root: tree.root() };
            let frame = Frame { first, note: head.sign(&self.key), sheaf };
            self.write(&frame)?;
            self.note = frame.note;
            self.fresh.join(&frame.sheaf);
            self.spare = frame.sheaf.emptied();
            self.full.extend(full);
            self.tree = tree;
            self.next_turn();
        }
        let is_due = self.folding.as_ref().is_some_and(|folding| self.journals.newest() >= folding.again_from);
        if is_due {
            self.fold_behind();
        }
        Ok(Committed { first, size: self.tree.size(), checkpoint: self.note.clone() })
    }

    /// Writes a commit to the journal: to the other one when this one is long, and then what stands in this one
    /// can go into tiles.
    fn write(&mut self, frame: &Frame) -> Result<(), StoreError> {
        let is_full = self.folding.is_none() && self.journals.may_change() && self.journals.newest() > self.fold_from;
        // While another process is at tiles, the other journal may be about to be overwritten.
        let alone = if is_full { Held::at_once(&self.tiles) } else { None };
        if alone.is_none() {
            return self.journals.append(frame);
        }
        self.journals.append_to_other(frame)?;
        let part = Part { sheaf: take(&mut self.fresh), full: take(&mut self.full), note: self.note.clone() };
        self.folding = Some(Folding::waiting(part));
        Ok(())
    }

    /// Entries that are not in tiles, in order: those that are on their way there, and those behind them.
    pub(super) fn unfolded(&self) -> [&Sheaf; 2] {
        static NONE: Sheaf = Sheaf::none();
        [self.folding.as_ref().map_or(&NONE, |folding| &folding.part.sheaf), &self.fresh]
    }

    /// Puts all entries into tiles and publishes the checkpoint.
    ///
    /// # Errors
    /// When files cannot be written; the entries stay in the journal.
    pub fn fold(&mut self) -> Result<(), StoreError> {
        self.at_rest(|| Ok(()), |_| Ok(()))
    }

    /// Puts all entries into tiles and then does something with the files, while nobody writes to them; it is given
    /// the checkpoint that covers all of them. What is done `before`, is done while entries are committed, but
    /// nobody writes tiles.
    ///
    /// # Errors
    /// As [`Log::fold`], and those of what is done.
    pub(crate) fn at_rest<T>(
        &mut self,
        before: impl FnOnce() -> Result<(), StoreError>,
        work: impl FnOnce(&str) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.settle();
        let _writes = Held::of(&self.tiles, &self.place)?;
        // Twice: after the first time nothing is among the tiles that a crash left there.
        drop(self.fold_now()?);
        before()?;
        let _held = self.fold_now()?;
        work(&self.note)
    }

    /// Puts all entries into tiles and then does something with the files, while nobody writes to them; commits by
    /// other processes go on.
    ///
    /// # Errors
    /// As [`Log::fold`].
    pub fn still<T>(&mut self, work: impl FnOnce(&LogFiles) -> T) -> Result<T, StoreError> {
        self.settle();
        let _writes = Held::of(&self.tiles, &self.place)?;
        drop(self.fold_now()?);
        Ok(work(&self.files))
    }

    fn fold_now(&mut self) -> Result<Held, StoreError> {
        let held = self.hold()?;
        match self.fold_held() {
            Ok(()) => Ok(held),
            Err(error) => {
                // Which entries stand in which journal is read again before anything is added.
                self.turn = self.turn.wrapping_sub(1);
                Err(error)
            }
        }
    }

    fn fold_held(&mut self) -> Result<(), StoreError> {
        // Another process may have put some into tiles; that is no commit.
        if self.files.head(self.key.public())?.size != self.folded {
            self.read_again()?;
        }
        let size = self.tree.size();
        if let Some(folding) = self.folding.take() {
            // One sheaf, so that one set of tiles is written.
            let Part { mut sheaf, mut full, .. } = Arc::unwrap_or_clone(folding.part);
            sheaf.join(&self.fresh);
            full.append(&mut self.full);
            (self.fresh, self.full) = (sheaf, full);
        }
        if size > self.folded {
            fold::write_tiles(&self.files, self.folded, &self.fresh, &self.full, fold::SYNCS)?;
            self.salts.keep(self.folded, size, self.fresh.tie_bytes())?;
            self.place.publish("checkpoint", self.note.as_bytes())?;
            fold::remove_beginnings(&self.files, self.folded, size);
            self.folded = size;
            // Its room too: after much has waited it is the largest thing in memory.
            (self.fresh, self.full) = (Sheaf::default(), Vec::new());
        }
        if self.journals.length() > 0 {
            self.next_turn();
            self.journals.clear()?;
        }
        Ok(())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.settle();
    }
}
