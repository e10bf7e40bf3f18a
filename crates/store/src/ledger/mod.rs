//! The ledger on disk: a log that others can check from its files, and what is kept apart from it.
//!
//! ```text
//! <home>/ledger/                 for everyone: the log of c2sp.org/tlog-tiles
//!   checkpoint                   signed: origin, size, root
//!   key.pub                      the key that signs it
//!   tile/<level>/<number>        hashes, 256 a tile
//!   tile/entries/<number>        entries, 256 a bundle
//! <home>/ledger-private/         for the service alone
//!   key                          the private key
//!   journal, journal.2           commits that are not in tiles yet
//!   salts/                       what ties entries to persons, until it is erased
//!   bases.json                   where bases stand; can be lost
//!   lock, fold.lock
//! ```
//!
//! Not here: formats and proofs (`interdict-ledger`).

mod answers;
mod committer;
mod files;
mod finding;
mod fold;
mod folding;
mod frame;
mod journal;
mod journals;
mod log;
pub(crate) mod question;
mod salts;
mod sheaf;
mod state;
mod strangers;
mod verify;

use std::fs;
use std::path::{Path, PathBuf};

use interdict_ledger::entry::Retention;
use interdict_ledger::{Checkpoint, Entry, Event, Salt, SignerKey, Tree, VerifierKey};
use jiff::Timestamp;

pub use committer::{Committer, Ticket};
pub use files::LogFiles;
pub use finding::{Finding, Verified, Wrong};
pub use log::{Committed, Draft, Log, Tie};
pub use question::{Answer, Binder, Circumstances, Kind, drafts};
pub use salts::SaltRecord;
pub use sheaf::Sheaf;
pub use verify::verify;

use crate::{Home, StoreError, durable};

/// The two folders of a ledger.
#[derive(Clone, Debug)]
pub struct Place {
    public: PathBuf,
    private: PathBuf,
}

impl Home {
    /// Where this home's ledger stands, whether there is one or not.
    pub fn ledger(&self) -> Place {
        Place { public: self.root().join("ledger"), private: self.root().join("ledger-private") }
    }
}

impl Place {
    /// The folder that others read.
    pub fn public(&self) -> &Path {
        &self.public
    }

    /// The folder that never leaves the service, but in copies of the whole home.
    pub(crate) fn private(&self) -> &Path {
        &self.private
    }

    /// Whether a ledger was begun here. One that lost a folder counts: it must not be taken for none.
    pub fn exists(&self) -> bool {
        self.private.join("key").exists() || self.public.join("checkpoint").exists()
    }

    /// Begins a ledger with a new key.
    ///
    /// # Errors
    /// When there is one, the name cannot be one, or the folders cannot be written.
    pub fn init(&self, origin: &str, at: Timestamp) -> Result<VerifierKey, StoreError> {
        // An empty log without a key is what a crash left of an earlier beginning.
        let is_begun = fs::read_to_string(self.public.join("checkpoint"));
        let is_begun = is_begun.is_ok_and(|note| note.lines().nth(1) != Some("0"));
        if is_begun || self.private.join("key").exists() {
            return Err(StoreError::LedgerStopped {
                reason: format!("{} holds one already", self.public.display()),
                hint: "use it, or begin another with another --home".to_owned(),
            });
        }
        let key = SignerKey::from_seed(origin, &random()?)?;
        durable::private_folder(&self.private)?;
        private(&self.private, 0o700)?;
        let head = Checkpoint { origin: origin.to_owned(), size: 0, root: Tree::default().root() };
        self.publish("key.pub", format!("{}\n", key.public()).as_bytes())?;
        self.publish("checkpoint", head.sign(&key).as_bytes())?;
        // The key comes last: without it there is no ledger, and beginning again is safe.
        let path = self.private.join("key");
        let beside = self.private.join("key.new");
        durable::write(&beside, &[format!("{}\n", key.secret()).as_bytes()])?;
        private(&beside, 0o600)?;
        durable::rename(&beside, &path)?;
        let event = Event::Opened { origin: origin.to_owned(), key: key.public().to_string() };
        let entry = Entry { at, retention: Retention::TenYears, event };
        let mut log = self.open()?;
        log.commit(&[Draft { entry, tie: None }])?;
        log.fold()?;
        Ok(key.public().clone())
    }

    /// Puts a file among those that others read.
    fn publish(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        durable::rename(&self.prepare(name, bytes)?, &self.public.join(name))
    }

    /// Writes a file that is to be put there. It stands on the other side: a crash leaves nothing among what others
    /// read that is not of the log.
    fn prepare(&self, name: &str, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let beside = self.private.join(format!("{name}.new"));
        durable::write(&beside, &[bytes])?;
        Ok(beside)
    }

    /// Opens the ledger to write to it.
    ///
    /// # Errors
    /// When there is none, or its files do not belong together.
    pub fn open(&self) -> Result<Log, StoreError> {
        Log::open(self.clone())
    }
}

#[cfg(unix)]
fn private(path: &Path, mode: u32) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(StoreError::io(path))
}

#[cfg(not(unix))]
fn private(_: &Path, _: u32) -> Result<(), StoreError> {
    Ok(())
}

fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    fill(&mut bytes)?;
    Ok(bytes)
}

fn fill(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| StoreError::LedgerStopped {
        reason: format!("no randomness from the system: {error}"),
        hint: "salts and keys cannot be made without it".to_owned(),
    })
}

/// A new salt.
///
/// # Errors
/// When the system gives no randomness.
pub fn new_salt() -> Result<Salt, StoreError> {
    random().map(Salt)
}

/// New salts.
///
/// # Errors
/// When the system gives no randomness.
pub fn new_salts(count: usize) -> Result<Vec<Salt>, StoreError> {
    let mut bytes = vec![0; count.saturating_mul(32)];
    fill(&mut bytes)?;
    Ok(bytes.as_chunks::<32>().0.iter().map(|salt| Salt(*salt)).collect())
}
