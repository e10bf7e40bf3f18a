//! Work that commands do, and that the service has done when it is asked: whoever starts the service brings it.
//!
//! Promises: the service opens no connection of its own; what is done is what the command would do.
//!
//! Not here: the work itself (`cli`), who may ask for it (`access`).

use std::fmt;

use interdict_store::Home;
use serde_json::Value;

/// What can be had done. Each call blocks until it is done; failures are words for people, with their `hint:`.
pub trait Errands: fmt::Debug + Send + Sync {
    /// Fetches what is new of some lists, or of all sources, and puts it in use: as `interdict lists update --json`.
    ///
    /// # Errors
    /// When nothing could be done at all.
    fn update(&self, home: &Home, lists: &[String]) -> Result<Value, String>;
}
