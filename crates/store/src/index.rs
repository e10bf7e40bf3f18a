//! The stored index: a header that says to which snapshot it belongs, then its bytes.

use std::fs;
use std::path::{Path, PathBuf};

use interdict_engine::{IndexBuilder, IndexBytes};
use interdict_model::Digest;

use crate::map::Mapped;
use crate::stored::Part;
use crate::{Content, StoreError, durable};

const MAGIC: &[u8; 8] = b"INTDIDX1";

/// Header bytes: a multiple of the widest alignment that the index may want.
const HEADER: usize = 128;

pub(crate) fn path(home: &Path, snapshot: Digest) -> PathBuf {
    home.join("index").join(format!("{snapshot}.idx"))
}

fn header(snapshot: Digest, body: &[u8]) -> Vec<u8> {
    let mut header = Vec::with_capacity(HEADER);
    header.extend(MAGIC);
    header.extend((body.len() as u64).to_le_bytes());
    header.extend(snapshot.0);
    header.extend(Digest::of(body).0);
    let version = interdict_engine::VERSION.as_bytes();
    header.extend(&version[..version.len().min(HEADER - 80)]);
    header.resize(HEADER, 0);
    header
}

/// An index and what it could not take.
pub(crate) struct Built {
    pub(crate) body: Vec<u8>,
    /// Names that are not compared, by position of their listing, with the reason.
    pub(crate) unindexed: Vec<(u32, String)>,
}

/// Builds the index over versions of lists, one after another.
pub(crate) fn build(parts: &[Part]) -> Result<Built, StoreError> {
    let mut builder = IndexBuilder::default();
    for part in parts {
        for listing in part.listings() {
            builder.add(&listing.map_err(|reason| StoreError::damaged(&content_path(&part.content), reason))?);
        }
    }
    let unindexed = builder.left_out().to_vec();
    Ok(Built { body: builder.finish(), unindexed })
}

fn content_path(content: &Content) -> PathBuf {
    PathBuf::from(format!("{} {}", content.manifest.version.list, content.manifest.content.short()))
}

/// Writes an index beside those of other snapshots: the one in use stays until this one is.
pub(crate) fn write(home: &Path, snapshot: Digest, built: &Built) -> Result<(), StoreError> {
    let path = path(home, snapshot);
    let beside = path.with_extension("left-out.json");
    let json = serde_json::to_vec(&built.unindexed).map_err(|error| StoreError::io(&beside)(error.into()))?;
    durable::write(&beside, &[&json])?;
    durable::write(&path, &[&header(snapshot, &built.body), &built.body])
}

/// Removes the indexes of other snapshots than this one.
pub(crate) fn keep_only(home: &Path, snapshot: Option<Digest>) {
    let kept = snapshot.map(|snapshot| path(home, snapshot));
    let kept = kept.map(|path| [path.with_extension("left-out.json"), path]).unwrap_or_default();
    for entry in fs::read_dir(home.join("index")).into_iter().flatten().flatten() {
        if !kept.contains(&entry.path()) {
            // A reader may still have it open where open files cannot be removed; the next import tries again.
            let _ = fs::remove_file(entry.path());
        }
    }
}

/// Opens the index of a snapshot; none if there is none that this version wrote for it.
///
/// The hash of the body is not computed here, which would take longer than the screening: the
/// index checks its own structure, and `interdict lists rebuild` writes it anew.
pub(crate) fn open(home: &Path, snapshot: Digest) -> Option<(IndexBytes, Vec<(u32, String)>)> {
    let path = path(home, snapshot);
    let unindexed = serde_json::from_slice(&fs::read(path.with_extension("left-out.json")).ok()?).ok()?;
    let mapped = Mapped::open(&path).ok()?;
    let bytes = mapped.as_ref();
    let length = (bytes.len() as u64).checked_sub(HEADER as u64)?;
    let version = interdict_engine::VERSION.as_bytes();
    let fits = bytes.get(..8)? == MAGIC
        && bytes.get(8..16)? == length.to_le_bytes()
        && bytes.get(16..48)? == snapshot.0
        && bytes.get(80..HEADER)?.starts_with(version);
    fits.then(|| (IndexBytes::new(mapped.skip(HEADER)), unindexed))
}
