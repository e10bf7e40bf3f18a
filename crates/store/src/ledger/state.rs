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
use super::journals::Journals;
use super::sheaf::Sheaf;
use crate::{StoreError, durable};

/// Entries that are not in tiles, and what the tree over them is.
#[derive(Clone, Debug, Default)]
pub(super) struct Part {
    pub(super) sheaf: Sheaf,
    /// Hashes of the tiles that they fill.
    pub(super) full: Vec<Digest>,
    /// The signed checkpoint after them; none of a part without entries.
    pub(super) note: String,
}

/// A log as its files say.
pub(super) struct State {
    pub(super) journals: Journals,
    pub(super) folded: u64,
    pub(super) tree: Tree,
    pub(super) note: String,
    /// What stands in the journal that is not written to any more.
    pub(super) before: Part,
    /// What stands in the other.
    pub(super) fresh: Part,
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
        // Frames before the checkpoint are in tiles: the journal was not emptied after them.
        let (journals, before, after) = Journals::open(place, head.size)?;
        let (before_part, fresh) = (Part::default(), Part::default());
        let mut state = Self { journals, folded: head.size, tree, note, before: before_part, fresh };
        for (frames, is_before) in [(before, true), (after, false)] {
            let mut part = Part::default();
            for frame in frames {
                let path = || place.private.join("journal");
                if frame.first != state.tree.size() {
                    let reason =
                        format!("a commit begins at entry {}, the log ends at {}", frame.first, state.tree.size());
                    return Err(damaged(path(), reason));
                }
                part.full.extend(frame.sheaf.leaves().iter().filter_map(|leaf| state.tree.push_full(*leaf)));
                let head = Checkpoint::open(&frame.note, key)?;
                if (head.size, head.root) != (state.tree.size(), state.tree.root()) {
                    let reason = format!("the commit at entry {} is not what was signed", frame.first);
                    return Err(damaged(path(), reason));
                }
                state.note.clone_from(&frame.note);
                part.note = frame.note;
                part.sheaf.join(&frame.sheaf);
            }
            if is_before { state.before = part } else { state.fresh = part }
        }
        Ok(state)
    }
}

/// The lock, held until it is dropped; the system releases it when the process dies.
pub(super) struct Held(File);

impl Held {
    /// Waits for it.
    pub(super) fn of(lock: &File, place: &Place) -> Result<Self, StoreError> {
        let lock = lock.try_clone().map_err(StoreError::io(&place.private))?;
        lock.lock().map_err(StoreError::io(&place.private))?;
        Ok(Self(lock))
    }

    /// The lock, if nobody else holds it.
    pub(super) fn at_once(lock: &File) -> Option<Self> {
        let lock = lock.try_clone().ok()?;
        lock.try_lock().ok()?;
        Some(Self(lock))
    }
}

/// Opens the file of a lock.
pub(super) fn lock(place: &Place, name: &str) -> Result<File, StoreError> {
    let path = place.private.join(name);
    let opened = durable::private_options().read(true).create(true).truncate(false).open(&path);
    opened.map_err(StoreError::io(&path))
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
