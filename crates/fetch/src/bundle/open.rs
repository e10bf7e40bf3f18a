//! Opens a bundle: its signature first, then every file against the manifest.
//!
//! Not here: putting what it holds in use (`store`).

use std::collections::BTreeMap;
use std::io::{self, Read};

use flate2::read::MultiGzDecoder;
use interdict_ledger::LedgerError;
use interdict_ledger::note::Note;
use interdict_model::Digest;

use super::{BundleManifest, BundledFile, HEADER, LARGEST_MANIFEST, MANIFEST, VerifierKey};

/// A bundle whose signature and files were checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    /// What it holds.
    pub manifest: BundleManifest,
    /// Its files by path.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// What is wrong with one file of a bundle.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// Its bytes are not those that were signed.
    #[error("{path}: changed: {found}")]
    Changed {
        /// The file.
        path: String,
        /// How it differs.
        found: String,
    },
    /// It is named and not there.
    #[error("{0}: missing")]
    Missing(String),
    /// It is there and not named.
    #[error("{0}: extra, the manifest does not name it")]
    Extra(String),
    /// It is there more than once.
    #[error("{0}: there twice")]
    Twice(String),
}

/// Why a bundle cannot be trusted.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It cannot be read.
    #[error(
        "not a bundle, or cut short: {0}\nhint: carry it over again; make one with `interdict lists bundle create`"
    )]
    Unreadable(io::Error),
    /// Its manifest is not signed by the key, or is none.
    #[error("the manifest cannot be trusted: {0}")]
    Manifest(#[from] LedgerError),
    /// The manifest is signed, and not one this version reads.
    #[error("the manifest is signed, and cannot be read: {0}\nhint: it may be of a newer version of interdict")]
    Layout(String),
    /// Files are not as they were signed.
    #[error("{}\nhint: the bundle was altered or damaged on its way; carry it over again", lines(.0))]
    Faults(Vec<Fault>),
    /// More than may be held.
    #[error("it holds {bytes} bytes, more than the limit of {limit}\nhint: make several bundles of fewer lists")]
    TooLarge {
        /// By its manifest.
        bytes: u64,
        /// What may be.
        limit: u64,
    },
}

fn lines(faults: &[Fault]) -> String {
    faults.iter().map(Fault::to_string).collect::<Vec<_>>().join("\n")
}

/// Whether bytes look like a bundle: a gzipped tar that begins with a manifest.
pub fn is_bundle(bytes: &[u8]) -> bool {
    let mut name = [0; MANIFEST.len()];
    bytes.starts_with(&[0x1f, 0x8b])
        && MultiGzDecoder::new(bytes).read_exact(&mut name).is_ok()
        && name == *MANIFEST.as_bytes()
}

/// Opens a bundle of at most `limit` bytes, which must be signed by `key`.
///
/// # Errors
/// When it cannot be read, is not signed by the key, or a file is not as it was signed.
pub fn open(input: impl Read, key: &VerifierKey, limit: u64) -> Result<Bundle, BundleError> {
    // What is extra is unpacked to be named; that ends as well.
    let most = limit.saturating_add(2 * LARGEST_MANIFEST);
    let mut archive = tar::Archive::new(MultiGzDecoder::new(input).take(most));
    // Raw: extensions of the format, which are read into memory whole, are entries that nobody named.
    let mut entries = archive.entries().map_err(BundleError::Unreadable)?.raw(true);
    let first = entries.next().ok_or_else(|| unreadable("it is empty"))?.map_err(BundleError::Unreadable)?;
    let manifest = manifest(first, key)?;
    let total = manifest.files().fold(0u64, |total, (_, file)| total.saturating_add(file.bytes));
    if total > limit {
        return Err(BundleError::TooLarge { bytes: total, limit });
    }
    let mut expected: BTreeMap<&str, &BundledFile> = BTreeMap::new();
    let mut faults = Vec::new();
    for (_, file) in manifest.files() {
        if expected.insert(&file.path, file).is_some() {
            faults.push(Fault::Twice(file.path.clone()));
        }
    }
    let mut files = BTreeMap::new();
    for entry in entries {
        let mut entry = entry.map_err(BundleError::Unreadable)?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let Some(file) = expected.get(path.as_str()) else {
            faults.push(Fault::Extra(path));
            if faults.len() >= MOST_FAULTS {
                break;
            }
            continue;
        };
        if files.contains_key(&path) {
            faults.push(Fault::Twice(path));
            continue;
        }
        let is_file = entry.header().entry_type().is_file();
        let found = if !is_file {
            Some("it is no file".to_owned())
        } else if entry.size() != file.bytes {
            Some(format!("{} bytes, not {}", entry.size(), file.bytes))
        } else {
            None
        };
        let mut bytes = Vec::new();
        if found.is_none() {
            entry.by_ref().take(file.bytes).read_to_end(&mut bytes).map_err(BundleError::Unreadable)?;
        }
        let hash = Digest::of(&bytes);
        let found = found.or_else(|| (hash != file.sha256).then(|| format!("its SHA-256 is {hash}")));
        if let Some(found) = found {
            faults.push(Fault::Changed { path: path.clone(), found });
        }
        files.insert(path, bytes);
    }
    let missing = expected.keys().filter(|path| !files.contains_key(**path));
    faults.extend(missing.map(|path| Fault::Missing((*path).to_owned())));
    faults.truncate(MOST_FAULTS);
    if !faults.is_empty() {
        return Err(BundleError::Faults(faults));
    }
    nothing_behind(archive.into_inner())?;
    Ok(Bundle { manifest, files })
}

/// Faults that are named; a bundle with more is none.
const MOST_FAULTS: usize = 100;

fn unreadable(reason: &str) -> BundleError {
    BundleError::Unreadable(io::Error::new(io::ErrorKind::InvalidData, reason))
}

fn manifest(mut first: tar::Entry<'_, impl Read>, key: &VerifierKey) -> Result<BundleManifest, BundleError> {
    if *first.path_bytes() != *MANIFEST.as_bytes() || !first.header().entry_type().is_file() {
        return Err(unreadable("it does not begin with its manifest"));
    }
    if first.size() > LARGEST_MANIFEST {
        return Err(unreadable("its manifest is too large"));
    }
    let mut note = String::new();
    first.by_ref().take(LARGEST_MANIFEST).read_to_string(&mut note).map_err(BundleError::Unreadable)?;
    let text = Note::parse(&note)?.verify(key)?;
    let json = text
        .strip_prefix(HEADER)
        .ok_or_else(|| BundleError::Layout(format!("it begins with `{}`", text.lines().next().unwrap_or_default())))?;
    serde_json::from_str(json).map_err(|error| BundleError::Layout(error.to_string()))
}

/// What follows the end of the archive is padding, and nothing else.
fn nothing_behind(mut rest: impl Read) -> Result<(), BundleError> {
    let mut buffer = [0; 8192];
    let mut seen = 0u64;
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => {
                seen = seen.saturating_add(count as u64);
                let zeros = buffer.get(..count).is_some_and(|bytes| bytes.iter().all(|byte| *byte == 0));
                // Tar pads to 10 KiB.
                if !zeros || seen > 1 << 20 {
                    return Err(BundleError::Faults(vec![Fault::Extra("bytes behind the end".to_owned())]));
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(BundleError::Unreadable(error)),
        }
    }
}
