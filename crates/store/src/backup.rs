//! A copy of a whole home while a service writes to it, and the way back from it.
//!
//! Promises: the copy of the ledger ends at one signed checkpoint and holds all that was acknowledged before it
//! was made; every list that this ledger speaks of is in the copy; every file stands in a manifest with its hash,
//! and what does not agree with it is not restored; a copy that was cut short has no manifest and is none.
//!
//! Not here: the service's database (the caller copies it by its own means), when to make copies, where to keep them.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use interdict_model::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::ledger::Place;
use crate::{Home, StoreError, durable};

/// The layout of the manifest that this version reads and writes.
const LAYOUT: u32 = 1;

/// The file that makes a folder a whole copy.
const MANIFEST: &str = "backup.json";

/// What is not copied with the lists: it is copied by itself, or it is under way and of no use elsewhere.
const APART: [&str; 9] =
    ["ledger", "ledger-private", "monitor", "staging", "downloads", "uploads", "uploads.lock", "lock", "setup-token"];

/// A file of a copy.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Copied {
    path: String,
    bytes: u64,
    sha256: Digest,
}

/// What a copy holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Backup {
    layout: u32,
    /// When it was made.
    pub made_at: Timestamp,
    /// The engine that made it.
    pub engine: String,
    /// The ledger's signed checkpoint; none where no ledger is kept. Kept elsewhere it shows what was lost since.
    pub checkpoint: Option<String>,
    /// Whether the service's database is in it.
    pub has_state: bool,
    files: Vec<Copied>,
}

impl Backup {
    /// How many files.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// How many bytes.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.bytes))
    }

    /// Reads the manifest of a copy.
    ///
    /// # Errors
    /// When there is none, or it is of another layout.
    pub fn open(from: &Path) -> Result<Self, StoreError> {
        let path = from.join(MANIFEST);
        let json = match fs::read(&path) {
            Ok(json) => json,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(refused(from, "it is no copy, or one that was cut short", "`interdict backup` makes one"));
            }
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        let found: Self = serde_json::from_slice(&json).map_err(|error| damaged(&path, &error.to_string()))?;
        if found.layout != LAYOUT {
            return Err(damaged(&path, &format!("layout {} is not the {LAYOUT} of this version", found.layout)));
        }
        Ok(found)
    }
}

fn refused(path: &Path, reason: &str, hint: &str) -> StoreError {
    StoreError::Refused { path: path.to_owned(), reason: reason.to_owned(), hint: hint.to_owned() }
}

fn damaged(path: &Path, reason: &str) -> StoreError {
    StoreError::Damaged { path: path.to_owned(), reason: reason.to_owned(), hint: "use another copy".to_owned() }
}

impl Home {
    /// Copies this home into a new folder; `state` copies the service's database to the path it is given, and says
    /// whether there was one.
    ///
    /// # Errors
    /// When the folder is there already, or something cannot be read or written.
    pub fn backup<E: From<StoreError>>(
        &self,
        to: &Path,
        at: Timestamp,
        state: impl FnOnce(&Path) -> Result<bool, E>,
    ) -> Result<Backup, E> {
        if !self.root().is_dir() {
            // A copy of nothing would pass for one of the home that was meant.
            return Err(refused(
                self.root(),
                "there is no home here",
                "is --home or INTERDICT_HOME the one that was meant?",
            )
            .into());
        }
        if to.exists() {
            return Err(refused(to, "it is there already", "give the name of a new folder for each copy").into());
        }
        let mut name = to.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let beside = to.with_file_name(name);
        if beside.exists() {
            fs::remove_dir_all(&beside).map_err(StoreError::io(&beside))?;
        }
        durable::private_folder(&beside)?;
        owner_only(&beside)?;
        // The ledger first: lists that come into use after it do no harm, lists that it speaks of must be there.
        let place = self.ledger();
        let checkpoint = if place.exists() { Some(copy_ledger(&place, self.root(), &beside)?) } else { None };
        {
            let _held = self.lock()?;
            let root = self.root();
            for entry in fs::read_dir(root).map_err(StoreError::io(root))? {
                let name = entry.map_err(StoreError::io(root))?.file_name();
                let text = name.to_string_lossy();
                if !APART.contains(&&*text) && !text.starts_with("state.db") && !is_unfinished(&text) {
                    copy(&root.join(&name), &beside.join(&name))?;
                }
            }
        }
        if self.root().join("monitor").exists() {
            let _held = self.monitor().lock()?;
            copy(&self.root().join("monitor"), &beside.join("monitor"))?;
        }
        let has_state = state(&beside.join("state.db"))?;
        let mut files = Vec::new();
        list(&beside, &beside, &mut files)?;
        let engine = interdict_engine::VERSION.to_owned();
        let made = Backup { layout: LAYOUT, made_at: at, engine, checkpoint, has_state, files };
        let path = beside.join(MANIFEST);
        let json = serde_json::to_vec_pretty(&made).map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path, &[&json])?;
        durable::rename(&beside, to)?;
        Ok(made)
    }

    /// Puts a copy in the place of this home, which must not hold anything.
    ///
    /// # Errors
    /// When the home holds something, or a file of the copy is not as it was.
    pub fn restore(&self, from: &Path) -> Result<Backup, StoreError> {
        let made = Backup::open(from)?;
        let root = self.root();
        if fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some()) {
            return Err(refused(root, "it is not empty", "restore into a new home: --home FOLDER"));
        }
        let mut found = Vec::new();
        list(from, from, &mut found)?;
        found.retain(|file| file.path != MANIFEST);
        if let Some(other) = made.files.iter().find(|file| !found.contains(file)) {
            return Err(damaged(&from.join(&other.path), "it is missing, or not as it was when the copy was made"));
        }
        if let Some(other) = found.iter().find(|file| !made.files.contains(file)) {
            return Err(damaged(&from.join(&other.path), "it does not belong to the copy"));
        }
        let mut name = root.file_name().unwrap_or_default().to_owned();
        name.push(".partial");
        let beside = root.with_file_name(name);
        if beside.exists() {
            fs::remove_dir_all(&beside).map_err(StoreError::io(&beside))?;
        }
        copy(from, &beside)?;
        let manifest = beside.join(MANIFEST);
        fs::remove_file(&manifest).map_err(StoreError::io(&manifest))?;
        owner_only(&beside)?;
        if root.exists() {
            fs::remove_dir(root).map_err(StoreError::io(root))?;
        }
        durable::rename(&beside, root)?;
        Ok(made)
    }
}

/// Copies the ledger up to a checkpoint that is made now. Tiles that are full never change and are copied before
/// anybody has to wait.
fn copy_ledger(place: &Place, root: &Path, to: &Path) -> Result<String, StoreError> {
    let tiles = |path: &Path| path.strip_prefix(place.public()).is_ok_and(|path| path.starts_with("tile"));
    let inner = |path: &Path| to.join(path.strip_prefix(root).unwrap_or(path));
    let copy_full = || {
        walk(&place.public().join("tile"), &mut |path| {
            if tiles(path) && !path.components().any(|part| part.as_os_str().to_string_lossy().ends_with(".p")) {
                copy_file(path, &inner(path))?;
            }
            Ok(())
        })
    };
    place.open()?.at_rest(copy_full, |note| {
        for folder in [place.public(), place.private()] {
            walk(folder, &mut |path| {
                let (to, name) = (inner(path), path.file_name().unwrap_or_default().to_string_lossy());
                if to.exists() || name.ends_with("lock") || is_unfinished(&name) {
                    return Ok(());
                }
                copy_file(path, &to)
            })?;
        }
        let private = inner(place.private());
        owner_only(&private)?;
        Ok(note.to_owned())
    })
}

/// Whether a file is one that a write, or a write that was cut short, has not renamed yet.
fn is_unfinished(name: &str) -> bool {
    name.ends_with(".tmp") || name.ends_with(".new")
}

#[cfg(unix)]
fn owner_only(folder: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(StoreError::io(folder))
}

#[cfg(not(unix))]
fn owner_only(_: &Path) -> Result<(), StoreError> {
    Ok(())
}

/// Every file below a folder, in the order of names; nothing if it is not there.
fn walk(folder: &Path, each: &mut dyn FnMut(&Path) -> Result<(), StoreError>) -> Result<(), StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(StoreError::io(folder)(error)),
    };
    let paths = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<PathBuf>, _>>();
    let mut paths = paths.map_err(StoreError::io(folder))?;
    paths.sort();
    for path in paths {
        if path.is_dir() { walk(&path, each)? } else { each(&path)? }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), StoreError> {
    if let Some(folder) = to.parent() {
        durable::private_folder(folder)?;
    }
    let mut read = File::open(from).map_err(StoreError::io(from))?;
    let mut file = durable::private_file(to).map_err(StoreError::io(to))?;
    std::io::copy(&mut read, &mut file).map_err(StoreError::io(to))?;
    file.sync_all().map_err(StoreError::io(to))
}

/// Copies a file, or a folder with all below it; nothing if it is not there.
fn copy(from: &Path, to: &Path) -> Result<(), StoreError> {
    if from.is_file() {
        return copy_file(from, to);
    }
    walk(from, &mut |path| {
        let name = path.file_name().unwrap_or_default();
        if name == "lock" || is_unfinished(&name.to_string_lossy()) {
            return Ok(());
        }
        copy_file(path, &to.join(path.strip_prefix(from).unwrap_or(path)))
    })
}

/// The files below a folder with their hashes.
fn list(root: &Path, folder: &Path, files: &mut Vec<Copied>) -> Result<(), StoreError> {
    walk(folder, &mut |path| {
        let mut file = File::open(path).map_err(StoreError::io(path))?;
        let mut hasher = Sha256::new();
        let (mut part, mut bytes) = (vec![0; 64 << 10], 0u64);
        loop {
            let read = file.read(&mut part).map_err(StoreError::io(path))?;
            if read == 0 {
                break;
            }
            hasher.update(part.get(..read).unwrap_or_default());
            bytes = bytes.saturating_add(read as u64);
        }
        let path = path.strip_prefix(root).unwrap_or(path);
        let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        files.push(Copied { path: parts.join("/"), bytes, sha256: Digest(hasher.finalize().into()) });
        Ok(())
    })
}
