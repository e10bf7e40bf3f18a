//! Writes a bundle.
//!
//! Not here: which files go in (`cli`).

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::{BundleManifest, BundledFile, HEADER, MANIFEST, SignerKey};

/// Writes a bundle: the signed manifest, then each file as `bytes_of` gives it. The same manifest, files and
/// key give the same bytes.
///
/// # Errors
/// When a file cannot be given, or is not what the manifest says, or the bundle cannot be written.
pub fn write<W: Write>(
    out: W,
    manifest: &BundleManifest,
    key: &SignerKey,
    bytes_of: &mut dyn FnMut(&BundledFile) -> io::Result<Vec<u8>>,
) -> io::Result<W> {
    let json = serde_json::to_string_pretty(manifest)?;
    let note = key.sign(&format!("{HEADER}{json}\n"));
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::default()));
    append(&mut tar, MANIFEST, note.as_bytes())?;
    for (_, file) in manifest.files() {
        let bytes = bytes_of(file)?;
        if interdict_model::Digest::of(&bytes) != file.sha256 {
            return Err(io::Error::other(format!("{} is not what its hash says", file.path)));
        }
        append(&mut tar, &file.path, &bytes)?;
    }
    tar.into_inner()?.finish()
}

/// Bytes of a path, so that no extension of the format is needed for it.
const LONGEST_PATH: usize = 99;

fn append<W: Write>(tar: &mut tar::Builder<W>, path: &str, bytes: &[u8]) -> io::Result<()> {
    if path.len() > LONGEST_PATH {
        return Err(io::Error::other(format!("{path}: longer than {LONGEST_PATH} bytes")));
    }
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_entry_type(tar::EntryType::Regular);
    tar.append_data(&mut header, path, bytes)
}
