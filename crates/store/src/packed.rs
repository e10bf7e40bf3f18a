//! Versions that are not in use, compressed; one that is needed again opens as it is or is unpacked.
//!
//! Promises: the packed form is written and made durable before a plain file goes, and is never
//! removed, so that at any moment at least one of the two is whole; a reader that finds the plain
//! file gone finds the packed one.
//!
//! Not here: the publishers' own files, which are compressed when they arrive (`import`).

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::map::Mapped;
use crate::{StoreError, durable};

/// The files of a version that grow with the list.
const FILES: [&str; 3] = ["listings.jsonl", "offsets.bin", "rejections.jsonl"];

/// Listings shrink to a tenth; higher levels gain a fifth of that and take five times as long.
const LEVEL: i32 = 6;

/// Bytes of a stored file: mapped where it lies plain, in memory where it is packed.
#[derive(Debug)]
pub(crate) enum Bytes {
    Mapped(Mapped),
    Held(Vec<u8>),
}

impl AsRef<[u8]> for Bytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Mapped(mapped) => mapped.as_ref(),
            Self::Held(bytes) => bytes,
        }
    }
}

fn packed(plain: &Path) -> PathBuf {
    let mut name = plain.as_os_str().to_owned();
    name.push(".zst");
    PathBuf::from(name)
}

/// A file of a version, whichever form it has.
pub(crate) fn open(plain: &Path) -> Result<Bytes, StoreError> {
    match Mapped::open(plain) {
        Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
            let from = packed(plain);
            match unpacked(&from) {
                // Neither form: the plain name is the one that a person looks for.
                Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    Err(StoreError::io(plain)(source))
                }
                other => other.map(Bytes::Held),
            }
        }
        other => other.map(Bytes::Mapped),
    }
}

fn unpacked(from: &Path) -> Result<Vec<u8>, StoreError> {
    let file = File::open(from).map_err(StoreError::io(from))?;
    zstd::stream::decode_all(file).map_err(|error| StoreError::damaged(from, error.to_string()))
}

/// Packs what lies plain in a version's folder. Only under the lock, for versions that are not in use.
pub(crate) fn pack(folder: &Path) -> Result<(), StoreError> {
    durable::sweep(folder, "");
    let plain: Vec<PathBuf> = FILES.iter().map(|name| folder.join(name)).filter(|path| path.exists()).collect();
    for path in &plain {
        let place = packed(path);
        if !place.exists() {
            let bytes = fs::read(path).map_err(StoreError::io(path))?;
            durable::write(&place, &[&compressed(&bytes).map_err(StoreError::io(&place))?])?;
        }
    }
    for path in &plain {
        // A reader may have it open where open files cannot be removed; the next import tries again.
        let _ = fs::remove_file(path);
    }
    Ok(())
}

fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = zstd::stream::write::Encoder::new(Vec::with_capacity(bytes.len() / 8), LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Lays the files of a version plain again, so that they can be mapped. The packed form stays. Only
/// under the lock.
pub(crate) fn unpack(folder: &Path) -> Result<(), StoreError> {
    durable::sweep(folder, "");
    for path in FILES.iter().map(|name| folder.join(name)).filter(|path| !path.exists()) {
        durable::write(&path, &[&unpacked(&packed(&path))?])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(text: &[u8]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in FILES {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn either_form_reads_the_same_and_a_pack_cut_short_loses_nothing() {
        let text = b"{\"a\":1}\n".repeat(500);
        let folder = folder_with(&text);
        let path = folder.path().join(FILES[0]);
        let read = || open(&path).unwrap().as_ref().to_vec();
        assert_eq!(read(), text);
        // A crash after one packed file was written and before any plain one went.
        durable::write(&packed(&path), &[&compressed(&text).unwrap()]).unwrap();
        assert_eq!(read(), text);
        // A crash after one plain file went.
        fs::remove_file(&path).unwrap();
        assert_eq!(read(), text);
        pack(folder.path()).unwrap();
        assert!(FILES.iter().all(|name| !folder.path().join(name).exists()));
        assert_eq!(read(), text);
        assert!(fs::metadata(packed(&path)).unwrap().len() < 200);
        unpack(folder.path()).unwrap();
        assert!(FILES.iter().all(|name| fs::read(folder.path().join(name)).unwrap() == text));
        assert!(packed(&path).exists(), "kept, so that the next packing has nothing to write");
    }

    #[test]
    fn a_damaged_pack_is_an_error_and_a_missing_file_is_named() {
        let folder = folder_with(b"text");
        let path = folder.path().join(FILES[0]);
        pack(folder.path()).unwrap();
        let mut bytes = fs::read(packed(&path)).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::write(packed(&path), bytes).unwrap();
        assert!(matches!(open(&path), Err(StoreError::Damaged { .. })));
        fs::remove_file(packed(&path)).unwrap();
        let error = open(&path).unwrap_err().to_string();
        assert!(error.contains("listings.jsonl:") && !error.contains(".zst"), "{error}");
    }
}
