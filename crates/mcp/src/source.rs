//! Where the lists of an answer come from.
//!
//! Not here: importing lists (`store`).

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use interdict_engine::Snapshot;
use interdict_store::Home;

/// Gives the snapshot in use at this moment.
pub trait Source: Send + Sync + 'static {
    /// The snapshot.
    ///
    /// # Errors
    /// What stands in the way, in words, with a `hint:` where there is a remedy.
    fn snapshot(&self) -> Result<Arc<Snapshot>, String>;
}

/// The lists of a store. They are opened once, and again when others come into use.
pub struct Stored {
    home: Home,
    held: Mutex<Option<(Stamp, Arc<Snapshot>)>>,
}

/// When `current.json` was written and how long it is; none while nothing is imported.
type Stamp = Option<(SystemTime, u64)>;

impl Stored {
    /// Over a store.
    pub fn new(home: Home) -> Self {
        Self { home, held: Mutex::new(None) }
    }

    fn stamp(&self) -> Stamp {
        let meta = fs::metadata(self.home.root().join("current.json")).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    }
}

impl Source for Stored {
    fn snapshot(&self) -> Result<Arc<Snapshot>, String> {
        // Taken before the lists are opened: a change in between is seen by the next request.
        let stamp = self.stamp();
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, snapshot)) = held.as_ref()
            && *of == stamp
        {
            return Ok(Arc::clone(snapshot));
        }
        let snapshot = Arc::new(self.home.snapshot().map_err(|error| error.to_string())?);
        *held = Some((stamp, Arc::clone(&snapshot)));
        Ok(snapshot)
    }
}
