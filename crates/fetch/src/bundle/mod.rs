//! Bundles: the publishers' files of several lists in one file, signed, for places without a network.
//!
//! A bundle is a gzipped tar. Its first entry, `manifest.note`, is a signed note (c2sp.org/signed-note)
//! that names every other entry with its size and SHA-256.
//!
//! Promises: nothing of a bundle is given out before its manifest's signature has been checked; a
//! file that is changed, missing, extra or twice there is named; no path of a bundle reaches a disk.
//!
//! Not here: keeping keys and files (`store`), reading lists (`lists`), whether a bundle is older than
//! one that was used (`cli`).

mod open;
mod write;

pub use interdict_ledger::{SignerKey, VerifierKey};
pub use open::{Bundle, BundleError, Fault, is_bundle, open};
pub use write::write;

use std::collections::BTreeMap;

use interdict_model::Digest;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The entry that names and signs the others.
const MANIFEST: &str = "manifest.note";

/// The first line of a manifest, so that no other note signed by the same key can pass for one.
const HEADER: &str = "interdict bundle of lists, layout 1\n";

/// Bytes of a manifest. One of a thousand lists has half a megabyte.
const LARGEST_MANIFEST: u64 = 16 << 20;

/// What a bundle holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleManifest {
    /// When it was made.
    pub created: Timestamp,
    /// Its lists.
    pub lists: Vec<BundledList>,
}

/// One list of a bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledList {
    /// The list.
    pub list: String,
    /// The publisher's date.
    pub published: Option<Date>,
    /// Hash of the version.
    pub version: Digest,
    /// Its format, by name.
    pub format: String,
    /// Columns of an internal list: our field to its column.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mapping: BTreeMap<String, String>,
    /// Its files.
    pub files: Vec<BundledFile>,
}

/// One file of a bundle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundledFile {
    /// The entry that holds it.
    pub path: String,
    /// What it is within its set.
    pub role: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
    /// Its bytes.
    pub bytes: u64,
    /// Where it came from, without secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// When it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fetched: Option<Timestamp>,
}

impl BundleManifest {
    /// All files, with their lists.
    pub fn files(&self) -> impl Iterator<Item = (&BundledList, &BundledFile)> {
        self.lists.iter().flat_map(|list| list.files.iter().map(move |file| (list, file)))
    }
}
