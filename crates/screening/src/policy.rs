//! What counts as a hit: the threshold and the kinds of evidence a user wants, with a version.

use serde::{Deserialize, Serialize};

use crate::Score;

/// The settings of a screening. Part of every result by its hash.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// Its name, for people.
    pub name: String,
    /// Listings at or above it are hits.
    pub threshold: Score,
    /// At most so many hits are returned, best first; the count of all is always given.
    pub limit: usize,
}

impl Default for Policy {
    fn default() -> Self {
        Self { name: "standard".into(), threshold: Score(7_000), limit: 100 }
    }
}
