//! What can go wrong on disk.

use std::io;
use std::path::{Path, PathBuf};

/// Why the store could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A file or folder could not be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The platform names no folder for a program's files.
    #[error("no folder for program data on this platform\nhint: set INTERDICT_HOME to one")]
    NoHome,
    /// A stored file does not hold what it should.
    #[error("{}: {reason}\nhint: {hint}", path.display())]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// No such list is loaded.
    #[error("no list `{list}` is loaded\nhint: {hint}")]
    NoSuchList {
        /// As asked for.
        list: String,
        /// What is there.
        hint: String,
    },
    /// No such version of a list, or several.
    #[error("{reason}\nhint: {hint}")]
    NoSuchVersion {
        /// What was asked for.
        reason: String,
        /// What is there.
        hint: String,
    },
    /// The folder holds no ledger.
    #[error("{}: no ledger\nhint: begin one with `interdict ledger init`", .0.display())]
    NoLedger(PathBuf),
    /// The ledger could not be used as asked.
    #[error(transparent)]
    Ledger(#[from] interdict_ledger::LedgerError),
    /// What a ledger's writer cannot go on from.
    #[error("ledger: {reason}\nhint: {hint}")]
    LedgerStopped {
        /// Why.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// An id of a list that cannot be one.
    #[error("`{0}` cannot be the name of a list\nhint: use lower-case letters, digits and hyphens, as in `watch-2`")]
    BadListId(String),
    /// A place that cannot be used for what was asked.
    #[error("{}: {reason}\nhint: {hint}", path.display())]
    Refused {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// The snapshot cannot be used.
    #[error(transparent)]
    Snapshot(#[from] interdict_engine::SnapshotError),
}

impl StoreError {
    pub(crate) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            reason: reason.into(),
            hint: "import the list again; the publisher's files are kept under `raw`".to_owned(),
        }
    }
}
