//! Files on their way in: written to one side as they come, so that memory does not hold what may not be whole.
//!
//! Promises: what was begun and not taken is removed; nothing of it is ever used as it lies there.
//!
//! Not here: reading them as lists (`import`), limits of size and time (`server`).

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use crate::{Home, StoreError, durable};

/// What a process that was killed left is removed by the next upload after this time.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(24 * 3600);

static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Files of one upload; removed when it is dropped.
#[derive(Debug)]
pub struct Upload {
    folder: PathBuf,
    names: Vec<String>,
    open: Option<(PathBuf, File)>,
}

impl Home {
    /// Begins an upload.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn upload(&self) -> Result<Upload, StoreError> {
        let all = self.root().join("uploads");
        let is_old = |entry: &fs::DirEntry| {
            let touched = entry.metadata().and_then(|meta| meta.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
            touched.elapsed().is_ok_and(|age| age > FORGOTTEN_AFTER)
        };
        for entry in fs::read_dir(&all).into_iter().flatten().flatten().filter(is_old) {
            let _ = fs::remove_dir_all(entry.path());
        }
        let folder = all.join(format!("{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        // A process of the same number may have left one.
        let _ = fs::remove_dir_all(&folder);
        durable::private_folder(&folder)?;
        Ok(Upload { folder, names: Vec::new(), open: None })
    }
}

impl Upload {
    /// Begins the next file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&mut self, name: &str) -> Result<(), StoreError> {
        let path = self.path(self.names.len());
        self.open = Some((path.clone(), File::create(&path).map_err(StoreError::io(&path))?));
        self.names.push(name.to_owned());
        Ok(())
    }

    fn path(&self, number: usize) -> PathBuf {
        self.folder.join(number.to_string())
    }

    /// How many files were begun.
    pub fn count(&self) -> usize {
        self.names.len()
    }

    /// Goes on with the file that was begun last.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        match &mut self.open {
            Some((path, file)) => file.write_all(bytes).map_err(StoreError::io(path)),
            None => Ok(()),
        }
    }

    /// Reads all files, in the order in which they came.
    ///
    /// # Errors
    /// When one cannot be read.
    pub fn take(mut self) -> Result<Vec<(String, Vec<u8>)>, StoreError> {
        self.open = None;
        let names = std::mem::take(&mut self.names);
        let read = |(number, name): (usize, String)| {
            let path = self.path(number);
            Ok((name, fs::read(&path).map_err(StoreError::io(&path))?))
        };
        names.into_iter().enumerate().map(read).collect()
    }

    /// Where a file lies, for those who read it piece by piece.
    pub fn files(&self) -> Vec<(String, PathBuf)> {
        self.names.iter().enumerate().map(|(number, name)| (name.clone(), self.path(number))).collect()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_begun_is_gone_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let mut upload = home.upload().unwrap();
        for (name, parts) in [("a.csv", ["x", "y"]), ("b.csv", ["", "z"])] {
            upload.begin(name).unwrap();
            parts.iter().for_each(|part| upload.append(part.as_bytes()).unwrap());
        }
        let mut other = home.upload().unwrap();
        other.begin("c").unwrap();
        let left = || fs::read_dir(folder.path().join("uploads")).unwrap().count();
        assert_eq!((upload.count(), left()), (2, 2));
        assert_eq!(upload.take().unwrap(), [("a.csv".into(), b"xy".to_vec()), ("b.csv".into(), b"z".to_vec())]);
        assert_eq!(left(), 1);
        drop(other);
        assert_eq!(left(), 0);
    }
}
