//! What the files of a log say when they are read: tiles, checkpoint, journal; and the lock on them.
//!
//! Promises: what is read leads to roots that the log's key signed, or it is an error.
//!
//! Not here: appending (`log`).

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::PathBuf;

use interdict_ledger::{Checkpoint, Tree, VerifierKey};
use interdict_model::Digest;

use super::Place;
use super::files::{LogFiles, missing};
use super::journal::Journal;
use super::sheaf::Sheaf;
use crate::StoreError;

/// A log as its files say.
pub(super) struct State {
    pub(super) journal: Journal,
    pub(super) folded: u64,
    pub(super) tree: Tree,
    pub(super) note: String,
    /// Entries that are not in tiles.
    pub(super) fresh: Sheaf,
    /// Hashes of the tiles that they fill.
    pub(super) full: Vec<Digest>,
}

impl State {
    /// Reads the files of a log; the lock is held.
    pub(super) fn read(place: &Place, files: &LogFiles, key: &VerifierKey) -> Result<Self, StoreError> {
        let note = files.note()?;
        let head = Checkpoint::open(&note, key)?;
        let tree = Tree::resume(&files.nodes(head.size), head.size).map_err(|error| missing(files, error))?;
        let damaged = |path: PathBuf, reason: String| StoreError::Damaged {
            path,
            reason,
            hint: "`interdict ledger verify` names what is wrong; restore the folders from a copy".to_owned(),
        };
        if tree.root() != head.root {
            let reason = format!("the tiles lead to {}, the checkpoint says {}", tree.root(), head.root);
            return Err(damaged(files.folder().to_owned(), reason));
        }
        let path = place.private.join("journal");
        let (journal, frames) = Journal::open(&path)?;
        let mut state = Self { journal, folded: head.size, tree, note, fresh: Sheaf::default(), full: Vec::new() };
        // Frames before the checkpoint are in tiles: the journal was not emptied after them.
        for frame in frames.into_iter().filter(|frame| frame.end() > head.size) {
            if frame.first != state.tree.size() {
                let reason = format!("a commit begins at entry {}, the log ends at {}", frame.first, state.tree.size());
                return Err(damaged(path, reason));
            }
            state.full.extend(frame.sheaf.leaves().iter().filter_map(|leaf| state.tree.push_full(*leaf)));
            let head = Checkpoint::open(&frame.note, key)?;
            if (head.size, head.root) != (state.tree.size(), state.tree.root()) {
                return Err(damaged(path, format!("the commit at entry {} is not what was signed", frame.first)));
            }
            state.note = frame.note;
            state.fresh.join(&frame.sheaf);
        }
        Ok(state)
    }
}

/// The lock, held until it is dropped; the system releases it when the process dies.
pub(super) struct Held(File);

impl Held {
    pub(super) fn of(lock: &File, place: &Place) -> Result<Self, StoreError> {
        let path = place.private.join("lock");
        let lock = lock.try_clone().map_err(StoreError::io(&path))?;
        lock.lock().map_err(StoreError::io(&path))?;
        Ok(Self(lock))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // It fails only if it is not held.
        let _ = self.0.unlock();
    }
}

/// How many changes of the files were counted.
pub(super) fn turn(mut lock: &File) -> std::io::Result<u64> {
    let mut bytes = [0; 8];
    lock.seek(SeekFrom::Start(0))?;
    match lock.read_exact(&mut bytes) {
        Ok(()) => Ok(u64::from_le_bytes(bytes)),
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(0),
        Err(error) => Err(error),
    }
}
