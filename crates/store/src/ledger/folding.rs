//! Entries on their way into tiles, on a thread of its own, while further ones are committed.
//!
//! Promises: the journal they stand in is overwritten only after the checkpoint over their tiles is durable; two
//! processes do not fold at once; whoever folded first, the other finds it and does nothing.
//!
//! Not here: which tiles (`fold`), when it begins (`log`).
//!
//! Two locks, always in this order: `fold.lock` is held by whoever writes tiles, from the first of them until the
//! journal is empty; `lock` by whoever changes what others read the state of the log from.

use std::sync::Arc;
use std::thread::JoinHandle;

use interdict_ledger::VerifierKey;

use super::files::LogFiles;
use super::salts::Salts;
use super::state::{Held, Part, lock};
use super::{Place, fold};
use crate::{StoreError, durable};

/// The lock of whoever writes tiles.
pub(super) const LOCK: &str = "fold.lock";

/// Bytes of entries from which on tiles are behind: several times what is usually put into them at once.
const LATE: usize = 16 << 20;

/// What became of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Folded {
    /// They are in tiles, and their journal is empty.
    All,
    /// Another process folded other entries: all must be read again.
    Otherwise,
}

/// Entries that are being put into tiles.
#[derive(Debug)]
pub(super) struct Folding {
    pub(super) part: Arc<Part>,
    thread: Option<JoinHandle<Result<Folded, StoreError>>>,
    /// Bytes of the newest journal from which it is tried again, after an error.
    pub(super) again_from: u64,
}

/// Where it is done.
pub(super) struct Into {
    pub(super) place: Place,
    pub(super) files: LogFiles,
    pub(super) salts: Salts,
    pub(super) key: VerifierKey,
    /// Number of the first entry.
    pub(super) start: u64,
}

impl Folding {
    /// Entries that wait for it.
    pub(super) fn waiting(part: Part) -> Self {
        Self { part: Arc::new(part), thread: None, again_from: 0 }
    }

    /// Whether a thread is at it.
    pub(super) fn is_under_way(&self) -> bool {
        self.thread.is_some()
    }

    /// Whether a thread was at it and has ended.
    pub(super) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_some_and(JoinHandle::is_finished)
    }

    /// Begins; `wipe` empties the journal that they stand in.
    pub(super) fn begin(&mut self, to: Into, wipe: impl FnOnce() -> Result<(), StoreError> + Send + 'static) {
        let part = Arc::clone(&self.part);
        let thread = std::thread::Builder::new().name("ledger tiles".to_owned());
        // Without a thread it is tried again later: the entries are durable where they are.
        self.thread = thread.spawn(move || run(&to, &part, wipe)).ok();
    }

    /// Waits for the thread.
    pub(super) fn ended(&mut self) -> Option<Result<Folded, StoreError>> {
        let stopped = || StoreError::LedgerStopped {
            reason: "writing tiles ended unexpectedly".to_owned(),
            hint: "open the ledger again; nothing acknowledged is lost".to_owned(),
        };
        self.thread.take().map(|thread| thread.join().unwrap_or_else(|_| Err(stopped())))
    }
}

fn run(to: &Into, part: &Part, wipe: impl FnOnce() -> Result<(), StoreError>) -> Result<Folded, StoreError> {
    let (place, end) = (&to.place, to.start.saturating_add(part.sheaf.len() as u64));
    let _writes = Held::of(&lock(place, LOCK)?, place)?;
    let size = to.files.head(&to.key)?.size;
    if size != to.start {
        return Ok(if size == end { Folded::All } else { Folded::Otherwise });
    }
    // More than fits between two beginnings has waited: the disk is slower than who commits.
    let is_late = part.sheaf.bundle().len() > LATE;
    let syncs = if is_late { fold::SYNCS } else { fold::FEW_SYNCS };
    fold::write_tiles(&to.files, to.start, &part.sheaf, &part.full, syncs)?;
    to.salts.keep(to.start, end, part.sheaf.tie_bytes())?;
    let beside = place.prepare("checkpoint", part.note.as_bytes())?;
    {
        // Whoever reads the state of the log reads the old checkpoint with the journal, or the new one.
        let _reads = Held::of(&lock(place, "lock")?, place)?;
        durable::replace(&beside, &place.public.join("checkpoint"))?;
    }
    durable::sync_folder(&place.public)?;
    fold::remove_beginnings(&to.files, to.start, end);
    wipe()?;
    Ok(Folded::All)
}
