//! The log that is written: commits, durable before they are acknowledged.
//!
//! Promises: an acknowledged commit is on disk and stays there through a crash at any point; one
//! that failed leaves nothing that counts; several processes may write to one log, one at a time.
//!
//! Not here: files that others read (`files`), checking them (`verify`), threads (`committer`).

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};

use interdict_ledger::{Checkpoint, Entry, Salt, SignerKey, Tree, VerifierKey};
use interdict_model::Digest;

use super::files::LogFiles;
use super::journal::{Frame, Journal};
use super::salts::Salts;
use super::sheaf::Sheaf;
use super::state::{Held, State, turn};
use super::{Place, fold};
use crate::StoreError;

/// Bytes of the journal from which entries are put into tiles: a few tenths of a second of a batch.
const FOLD_FROM: u64 = 16 << 20;

/// Bytes of the journal from which nothing more is taken while entries cannot be put into tiles.
const STOP_AT: u64 = 512 << 20;

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
    journal: Journal,
    /// Commits by any process since the log began to be counted; others raise it.
    turn: u64,
    /// Entries that are in tiles.
    pub(super) folded: u64,
    tree: Tree,
    pub(super) note: String,
    /// Entries that are not in tiles.
    pub(super) fresh: Sheaf,
    /// Hashes of the tiles that they fill.
    full: Vec<Digest>,
    pub(super) bases: HashMap<Digest, u64>,
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
        let path = place.private.join("lock");
        let lock = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let lock = lock.map_err(StoreError::io(&path))?;
        let _held = Held::of(&lock, &place)?;
        let files = LogFiles::at(&place.public);
        let state = State::read(&place, &files, key.public())?;
        let bases = fs::read(place.private.join("bases.json")).ok();
        let bases: Vec<(Digest, u64)> = bases.and_then(|json| serde_json::from_slice(&json).ok()).unwrap_or_default();
        let turn = turn(&lock).map_err(StoreError::io(&path))?;
        let State { journal, folded, tree, note, fresh, full } = state;
        let salts = Salts::at(place.private.join("salts"));
        let bases = bases.into_iter().collect();
        Ok(Self { place, files, salts, key, lock, journal, turn, folded, tree, note, fresh, full, bases })
    }

    /// The public key.
    pub fn key(&self) -> &VerifierKey {
        self.key.public()
    }

    /// How many entries there are.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The latest signed checkpoint.
    pub fn checkpoint(&self) -> &str {
        &self.note
    }

    /// The files that others read.
    pub fn files(&self) -> &LogFiles {
        &self.files
    }

    /// Takes up what other processes committed, if any did. The lock is held.
    fn catch_up(&mut self) -> Result<(), StoreError> {
        let now = turn(&self.lock).map_err(StoreError::io(&self.place.private))?;
        if now != self.turn || self.journal.is_broken() {
            let State { journal, folded, tree, note, fresh, full } =
                State::read(&self.place, &self.files, self.key.public())?;
            self.journal = journal;
            (self.folded, self.tree, self.note) = (folded, tree, note);
            (self.fresh, self.full) = (fresh, full);
            self.turn = now;
        }
        Ok(())
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
        let _held = Held::of(&self.lock, &self.place)?;
        self.catch_up()?;
        if self.journal.length() > STOP_AT {
            self.fold_held()?;
        }
        let first = self.tree.size();
        if !sheaf.is_empty() {
            sheaf.move_by(first);
            let mut tree = self.tree.clone();
            let full: Vec<Digest> = sheaf.leaves().iter().filter_map(|leaf| tree.push_full(*leaf)).collect();
            let head = Checkpoint { origin: self.key().name().to_owned(), size: tree.size(), root: tree.root() };
            let frame = Frame { first, note: head.sign(&self.key), sheaf };
            self.journal.append(&frame)?;
            self.note = frame.note;
            self.fresh.join(&frame.sheaf);
            self.full.extend(full);
            self.tree = tree;
            self.next_turn();
        }
        let done = Committed { first, size: self.tree.size(), checkpoint: self.note.clone() };
        if self.journal.length() > FOLD_FROM {
            // They are durable in the journal. If the tiles cannot be written now, the next commit tries again.
            let _ = self.fold_held();
        }
        Ok(done)
    }

    /// Puts all entries into tiles and publishes the checkpoint.
    ///
    /// # Errors
    /// When files cannot be written; the entries stay in the journal.
    pub fn fold(&mut self) -> Result<(), StoreError> {
        let _held = Held::of(&self.lock, &self.place)?;
        self.catch_up()?;
        self.fold_held()
    }

    /// Puts all entries into tiles and then does something with the files, while nobody writes to them; it is given
    /// the checkpoint that covers all of them.
    ///
    /// # Errors
    /// As [`Log::fold`], and those of what is done.
    pub(crate) fn at_rest<T>(&mut self, work: impl FnOnce(&str) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let _held = Held::of(&self.lock, &self.place)?;
        self.catch_up()?;
        self.fold_held()?;
        work(&self.note)
    }

    fn fold_held(&mut self) -> Result<(), StoreError> {
        let size = self.tree.size();
        if size > self.folded {
            fold::write_tiles(&self.files, self.folded, &self.fresh, &self.full)?;
            self.salts.keep(self.folded, size, self.fresh.tie_bytes())?;
            self.place.publish("checkpoint", self.note.as_bytes())?;
            fold::remove_beginnings(&self.files, self.folded, size);
            self.folded = size;
            self.fresh.clear();
            self.full.clear();
        }
        if self.journal.length() > 0 {
            self.next_turn();
            self.journal.clear()?;
        }
        Ok(())
    }
}
