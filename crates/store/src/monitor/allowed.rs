//! The allow-list on disk.
//!
//! Promises: what a run ended on the list counts from the moment the run does, whatever crashes between.
//!
//! Not here: when an entry ends (`interdict_engine::monitor`).

use std::fs;

use interdict_engine::monitor::Allowed;

use super::{Monitor, json};
use crate::{StoreError, durable};

const NAME: &str = "allowed.json";

impl Monitor {
    fn left_by(&self, run: u64) -> String {
        format!("allowed-{run}.json")
    }

    /// The allow-list, entries that ended included.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn allowed(&self) -> Result<Vec<Allowed>, StoreError> {
        let left = match self.state()?.last {
            Some(last) => json(&self.root.join(self.left_by(last.run)))?,
            None => None,
        };
        match left {
            Some(allowed) => Ok(allowed),
            None => Ok(json(&self.root.join(NAME))?.unwrap_or_default()),
        }
    }

    /// Writes the allow-list as a run leaves it, before the run counts.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_allowed_of(&self, run: u64, allowed: &[Allowed]) -> Result<(), StoreError> {
        self.write_json(&self.left_by(run), &allowed)
    }

    /// Replaces the allow-list. The lock is held.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_allowed(&self, allowed: &[Allowed]) -> Result<(), StoreError> {
        self.settle_allowed()?;
        self.write_json(NAME, &allowed)
    }

    /// Puts the list that the last run left in its place; one of a run that never counted is nothing.
    /// The lock is held.
    ///
    /// # Errors
    /// When it cannot be read or renamed.
    pub fn settle_allowed(&self) -> Result<(), StoreError> {
        if let Some(last) = self.state()?.last {
            let left = self.root.join(self.left_by(last.run));
            if left.exists() {
                durable::rename(&left, &self.root.join(NAME))?;
            }
        }
        for entry in fs::read_dir(&self.root).into_iter().flatten().flatten() {
            let name = entry.file_name();
            if name.to_string_lossy().starts_with("allowed-") {
                let _ = fs::remove_file(entry.path());
            }
        }
        Ok(())
    }
}
