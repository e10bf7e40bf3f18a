//! Files on their way in: written to one side as they come, so that memory does not hold what may not be whole.
//!
//! Promises: what was begun and not taken is removed, also what a killed process left; nothing of it is ever used as it
//! lies there.
//!
//! Not here: reading them as lists (`import`), limits of size and time (`server`).

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::{Home, StoreError, durable};

/// Held as long as an upload lives: the system releases it when the process dies.
const LOCK: &str = "lock";

static NUMBER: AtomicU64 = AtomicU64::new(1);

/// Files of one upload; removed when it is dropped.
#[derive(Debug)]
pub struct Upload {
    folder: PathBuf,
    names: Vec<String>,
    open: Option<(PathBuf, File)>,
    lock: Option<File>,
}

impl Home {
    /// Begins an upload.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn upload(&self) -> Result<Upload, StoreError> {
        let all = self.root().join("uploads");
        durable::private_folder(&all)?;
        // Nobody sweeps between the folder and its lock.
        let _turn = self.swept()?;
        let folder = all.join(format!("{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed)));
        // A process of the same number may have left one.
        let _ = fs::remove_dir_all(&folder);
        durable::private_folder(&folder)?;
        let path = folder.join(LOCK);
        let lock = durable::private_file(&path).map_err(StoreError::io(&path))?;
        lock.lock().map_err(StoreError::io(&path))?;
        Ok(Upload { folder, names: Vec::new(), open: None, lock: Some(lock) })
    }

    /// Removes what uploads of processes that died left. Those under way, also of other processes, stay.
    ///
    /// # Errors
    /// When the folder is there and cannot be written.
    pub fn sweep_uploads(&self) -> Result<(), StoreError> {
        let all = self.root().join("uploads");
        if all.exists() { self.swept().map(drop) } else { Ok(()) }
    }

    /// Removes what nobody holds any more; whoever begins an upload waits until what is given is dropped.
    fn swept(&self) -> Result<File, StoreError> {
        let (all, path) = (self.root().join("uploads"), self.root().join("uploads.lock"));
        let turn = durable::private_file(&path).map_err(StoreError::io(&path))?;
        turn.lock().map_err(StoreError::io(&path))?;
        for entry in fs::read_dir(&all).map_err(StoreError::io(&all))?.flatten() {
            // One without a lock is of a process that died before it had one, or of an earlier version.
            let held = File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_err());
            if !held {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        Ok(turn)
    }
}

impl Upload {
    /// Begins the next file.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn begin(&mut self, name: &str) -> Result<(), StoreError> {
        let path = self.path(self.names.len());
        self.open = Some((path.clone(), durable::private_file(&path).map_err(StoreError::io(&path))?));
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
        // Some platforms remove nothing that is open.
        (self.open, self.lock) = (None, None);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn names(home: &Path) -> Vec<String> {
        let entries = fs::read_dir(home.join("uploads")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_dead_processes_left_goes_and_what_is_under_way_stays() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        home.sweep_uploads().unwrap();
        let mut living = home.upload().unwrap();
        living.begin("a.csv").unwrap();
        living.append(b"x").unwrap();
        let leave = |name: &str, file: &str| {
            let left = folder.path().join("uploads").join(name);
            fs::create_dir(&left).unwrap();
            fs::write(left.join(file), "y").unwrap();
        };
        // cut before it had a lock; cut later
        leave("1-1", "0");
        leave("1-2", LOCK);
        assert_eq!(names(folder.path()).len(), 3);
        home.sweep_uploads().unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        leave("1-3", LOCK);
        let next = home.upload().unwrap();
        assert_eq!(names(folder.path()).len(), 2, "the living one and the next");
        drop(next);
        assert_eq!(living.take().unwrap(), [("a.csv".into(), b"x".to_vec())]);
    }

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
        let left = || names(folder.path()).len();
        assert_eq!((upload.count(), left()), (2, 2));
        assert_eq!(upload.take().unwrap(), [("a.csv".into(), b"xy".to_vec()), ("b.csv".into(), b"z".to_vec())]);
        assert_eq!(left(), 1);
        drop(other);
        assert_eq!(left(), 0);
    }
}
