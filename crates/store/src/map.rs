//! Memory-mapping of the store's own files: the one place with `unsafe`.
//!
//! Why it is sound: a mapping is a `&[u8]` that must not change while it is borrowed. Only files
//! below the store's home are mapped, and those are written under another name, made durable and
//! renamed into place whole; no code here opens them for writing afterwards. Replacing or removing
//! such a file unlinks its name and leaves the mapped content as it is. What remains is another
//! program that edits files in the user's private folder, which no file format defends against;
//! the publishers' own files, which other programs do write, are read into memory instead.

#![allow(unsafe_code)]

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;

use crate::StoreError;

/// A file of the store, mapped read-only from an offset on.
#[derive(Debug)]
pub(crate) struct Mapped {
    // An empty file cannot be mapped on every platform.
    map: Option<Mmap>,
    from: usize,
}

impl Mapped {
    pub(crate) fn open(path: &Path) -> Result<Self, StoreError> {
        let file = File::open(path).map_err(StoreError::io(path))?;
        if file.metadata().map_err(StoreError::io(path))?.len() == 0 {
            return Ok(Self { map: None, from: 0 });
        }
        // SAFETY: the file is one of the store's own and is never written again: see the module's header.
        let map = unsafe { Mmap::map(&file) }.map_err(StoreError::io(path))?;
        Ok(Self { map: Some(map), from: 0 })
    }

    /// The same, without the first bytes.
    pub(crate) fn skip(self, from: usize) -> Self {
        Self { from, ..self }
    }
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self.map.as_deref().and_then(|map| map.get(self.from..)).unwrap_or_default()
    }
}
