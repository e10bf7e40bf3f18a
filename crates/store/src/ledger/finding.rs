//! What a check of a log finds.
//!
//! Not here: finding it (`verify`).

use std::collections::BTreeMap;
use std::fmt;

use interdict_model::Digest;
use serde::Serialize;

/// What was done to the log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Wrong {
    /// Bytes are not those that were recorded.
    Altered,
    /// Something that was recorded is gone.
    Removed,
    /// Something stands where something else was recorded.
    Reordered,
    /// Something is there that was not recorded.
    Added,
    /// The log is shorter than it was.
    RolledBack,
    /// The log is not the one that was signed or seen before.
    Forked,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Altered => "altered",
            Self::Removed => "removed",
            Self::Reordered => "reordered",
            Self::Added => "added",
            Self::RolledBack => "rolled back",
            Self::Forked => "forked",
        })
    }
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    /// What was done.
    pub wrong: Wrong,
    /// The file.
    pub place: String,
    /// The entry, where it can be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// In words.
    pub what: String,
}

/// The outcome of a check.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Verified {
    /// The log's name.
    pub origin: String,
    /// Entries that the checkpoint covers.
    pub entries: u64,
    /// The root that was signed.
    pub root: Option<Digest>,
    /// How many entries of each kind.
    pub kinds: BTreeMap<String, u64>,
    /// What is wrong; empty if nothing is.
    pub findings: Vec<Finding>,
}

impl Verified {
    pub(super) fn find(&mut self, wrong: Wrong, place: impl Into<String>, entry: Option<u64>, what: impl Into<String>) {
        self.findings.push(Finding { wrong, place: place.into(), entry, what: what.into() });
    }
}
