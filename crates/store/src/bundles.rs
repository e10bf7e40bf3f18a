//! What is kept for bundles: keys, and which bundle was used last.
//!
//! Not here: what a bundle is (`fetch`).

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use crate::{Home, StoreError, durable};

impl Home {
    /// When the newest bundle that was used was made, by the public key it was signed with.
    ///
    /// # Errors
    /// When the file that says so is there and cannot be read: without it an old bundle could pass.
    pub fn last_bundles(&self) -> Result<BTreeMap<String, Timestamp>, StoreError> {
        let path = self.root().join("bundles.json");
        match fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json).map_err(|error| StoreError::Damaged {
                path: path.clone(),
                reason: error.to_string(),
                hint: "if no older bundle can be about, remove the file".to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(BTreeMap::new()),
            Err(error) => Err(StoreError::io(&path)(error)),
        }
    }

    /// Remembers that a bundle of a key was used.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remember_bundle(&self, key: &str, created: Timestamp) -> Result<(), StoreError> {
        let path = self.root().join("bundles.json");
        let mut last = self.last_bundles()?;
        let newest = last.get(key).map_or(created, |other| created.max(*other));
        last.insert(key.to_owned(), newest);
        let json = serde_json::to_vec_pretty(&last).map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path, &[&json])
    }
}

/// Writes a secret where nothing stands yet, for its owner's eyes only where the platform can say so.
///
/// # Errors
/// When something stands there, or it cannot be written.
pub fn write_secret(path: &Path, text: &str) -> Result<(), StoreError> {
    let opened = durable::private_options().create_new(true).open(path);
    let mut file = opened.map_err(StoreError::io(path))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(StoreError::io(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_bundle_of_a_key_is_remembered_whatever_comes_after() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let at = |day: u32| format!("2031-01-{day:02}T00:00:00Z").parse::<Timestamp>().unwrap();
        home.remember_bundle("a", at(2)).unwrap();
        home.remember_bundle("a", at(1)).unwrap();
        home.remember_bundle("b", at(1)).unwrap();
        let last = home.last_bundles().unwrap();
        assert_eq!((last["a"], last["b"]), (at(2), at(1)));
        fs::write(folder.path().join("bundles.json"), "{").unwrap();
        assert!(home.last_bundles().unwrap_err().to_string().contains("hint: "));
    }

    #[test]
    fn a_secret_is_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        write_secret(&path, "one").unwrap();
        assert!(write_secret(&path, "two").is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
