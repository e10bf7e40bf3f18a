//! What fetching leaves on disk: the starts of files under way, and what servers said of whole ones.
//!
//! Promises: one update at a time; what a server said is remembered durably, and only as the caller
//! asks; a start of a file is named by its address and says what it is the start of.
//!
//! Not here: connections (`fetch`), whether what came is used (`import`).

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;

use interdict_model::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Home, StoreError, durable};

/// What is remembered of a file that was fetched and is in use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Remembered {
    /// Hash of the address: another address has to be asked afresh.
    pub address: Digest,
    /// `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
    /// Hash of the file's bytes.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: u64,
    /// The version that the source's manifest gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// When the server last said that this is its present version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked: Option<Timestamp>,
}

/// What is remembered of all sources: by list, then by name of the file.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Sources {
    layout: u32,
    /// Lists, with their files.
    pub lists: BTreeMap<String, BTreeMap<String, Remembered>>,
}

/// The layout of `sources.json` that this version reads and writes.
const LAYOUT: u32 = 1;

/// The start of a file, while it comes.
#[derive(Debug)]
pub struct Download {
    part: PathBuf,
    note: PathBuf,
    file: Option<File>,
    length: u64,
}

impl Home {
    /// Keeps other updates out until it is dropped. None if one is under way.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn lock_updates(&self) -> Result<Option<File>, StoreError> {
        durable::private_folder(self.root())?;
        let path = self.root().join("update.lock");
        let file = durable::private_file(&path).map_err(StoreError::io(&path))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(StoreError::io(&path)(error)),
        }
    }

    /// The user's sources as written. None if there are none.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn user_sources(&self) -> Result<Option<String>, StoreError> {
        let path = self.root().join("sources.toml");
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(&path)(error)),
        }
    }

    /// What is remembered of sources. A file that cannot be understood is as none: it only saves
    /// transfers.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn sources(&self) -> Result<Sources, StoreError> {
        let path = self.root().join("sources.json");
        match fs::read(&path) {
            Ok(json) => {
                let sources: Sources = serde_json::from_slice(&json).unwrap_or_default();
                Ok(if sources.layout == LAYOUT { sources } else { Sources::default() })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sources::default()),
            Err(error) => Err(StoreError::io(&path)(error)),
        }
    }

    /// Remembers what is known of sources.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remember(&self, sources: &Sources) -> Result<(), StoreError> {
        let path = self.root().join("sources.json");
        let sources = Sources { layout: LAYOUT, lists: sources.lists.clone() };
        let json = serde_json::to_vec_pretty(&sources).map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path, &[&json])
    }

    /// The start of the file at an address, if there is one, or an empty one.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn download(&self, address: &str) -> Result<Download, StoreError> {
        let folder = self.root().join("downloads");
        durable::private_folder(&folder)?;
        let name = Digest::of(address.as_bytes()).to_string();
        let (part, note) = (folder.join(format!("{name}.part")), folder.join(format!("{name}.note")));
        let length = fs::metadata(&part).map_or(0, |meta| meta.len());
        Ok(Download { part, note, file: None, length })
    }
}

impl Download {
    /// Bytes kept.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The note they were begun with.
    pub fn note(&self) -> Option<String> {
        fs::read_to_string(&self.note).ok()
    }

    /// Drops what is kept, and begins again with a note.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(&mut self, note: &str) -> io::Result<()> {
        // The old note must not stand beside new bytes, nor the new one beside old bytes.
        self.discard()?;
        self.file = Some(durable::private_file(&self.part)?);
        durable::private_file(&self.note)?.write_all(note.as_bytes())
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut file = match self.file.take() {
            Some(file) => file,
            None => durable::private_options().append(true).create(true).open(&self.part)?,
        };
        file.write_all(bytes)?;
        self.length = self.length.saturating_add(bytes.len() as u64);
        self.file = Some(file);
        Ok(())
    }

    /// Gives what is kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut file = File::open(&self.part)?;
        file.seek(SeekFrom::Start(0))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Drops what is kept.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn discard(&mut self) -> io::Result<()> {
        self.file = None;
        self.length = 0;
        for path in [&self.note, &self.part] {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_found_again_and_dropped_whole() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let mut download = home.download("https://host.example/a").unwrap();
        assert_eq!((download.length(), download.note()), (0, None));
        download.begin("first").unwrap();
        download.append(b"ab").unwrap();
        drop(download);
        let mut download = home.download("https://host.example/a").unwrap();
        assert_eq!((download.length(), download.note().as_deref()), (2, Some("first")));
        download.append(b"cd").unwrap();
        assert_eq!((download.bytes().unwrap().as_slice(), download.length()), (b"abcd".as_slice(), 4));
        assert_eq!(home.download("https://host.example/b").unwrap().length(), 0);
        download.begin("second").unwrap();
        assert_eq!((download.length(), download.bytes().unwrap().len()), (0, 0));
        download.discard().unwrap();
        download.discard().unwrap();
        assert_eq!(fs::read_dir(folder.path().join("downloads")).unwrap().count(), 0);
    }

    #[test]
    fn sources_are_remembered_and_one_update_runs_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let mut sources = home.sources().unwrap();
        assert!(sources.lists.is_empty());
        let digest = Digest::of(b"x");
        let file = Remembered {
            address: digest,
            etag: Some("\"1\"".to_owned()),
            last_modified: None,
            digest,
            bytes: 1,
            version: Some("20310101-a".into()),
            checked: None,
        };
        sources.lists.entry("un-sc".to_owned()).or_default().insert("a.xml".to_owned(), file);
        home.remember(&sources).unwrap();
        assert_eq!(home.sources().unwrap().lists, sources.lists);
        fs::write(folder.path().join("sources.json"), "{").unwrap();
        assert!(home.sources().unwrap().lists.is_empty(), "it only saves transfers");
        let lock = home.lock_updates().unwrap();
        assert!(lock.is_some() && home.lock_updates().unwrap().is_none());
        drop(lock);
        assert!(home.lock_updates().unwrap().is_some());
    }
}
