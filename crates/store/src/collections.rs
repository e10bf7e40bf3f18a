//! Names for several lists at once, and titles of lists, as a manifest of another service declared them.
//!
//! Promises: the file is replaced whole; one that cannot be read is an error, as a name that stands for fewer lists than
//! it should would clear somebody.
//!
//! Not here: reading manifests (`fetch`), what a name stands for among the lists that are loaded (`server`).

use std::collections::BTreeMap;
use std::{fs, io};

use serde::{Deserialize, Serialize};

use crate::{Home, StoreError, durable};

/// The file.
pub(crate) const FILE: &str = "collections.json";

/// What manifests call lists.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collections {
    /// Titles of lists, by id.
    pub titles: BTreeMap<String, String>,
    /// Names for several lists.
    pub collections: Vec<Collection>,
}

/// A name for several lists.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collection {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The lists, by id or by the name that others have for them.
    pub lists: Vec<String>,
}

impl Home {
    /// What the manifest that was used last calls lists.
    ///
    /// # Errors
    /// When the file that says so is there and cannot be read.
    pub fn collections(&self) -> Result<Collections, StoreError> {
        let path = self.root().join(FILE);
        match fs::read(&path) {
            Ok(json) => serde_json::from_slice(&json).map_err(|error| StoreError::Damaged {
                path: path.clone(),
                reason: error.to_string(),
                hint: "remove the file, and update with the manifest again".to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Collections::default()),
            Err(error) => Err(StoreError::io(&path)(error)),
        }
    }

    /// Remembers what a manifest calls lists. A file that says the same stays as it is.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remember_collections(&self, collections: &Collections) -> Result<(), StoreError> {
        if self.collections().is_ok_and(|held| held == *collections) {
            return Ok(());
        }
        let path = self.root().join(FILE);
        let json = serde_json::to_vec_pretty(collections).map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path, &[&json])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_manifest_calls_lists_is_kept_and_a_damaged_file_is_no_empty_one() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        assert_eq!(home.collections().unwrap(), Collections::default());
        let lists = vec!["own".to_owned(), "us_ofac_sdn".to_owned()];
        let full = Collection { name: "full".to_owned(), title: "Everything".to_owned(), lists };
        let titles = BTreeMap::from([("own".to_owned(), "Customers".to_owned())]);
        let kept = Collections { titles, collections: vec![full] };
        home.remember_collections(&kept).unwrap();
        assert_eq!(home.collections().unwrap(), kept);
        fs::write(folder.path().join(FILE), "{").unwrap();
        assert!(home.collections().unwrap_err().to_string().contains("hint: "));
        home.remember_collections(&kept).unwrap();
        assert_eq!(home.collections().unwrap(), kept, "the next update mends it");
    }
}
