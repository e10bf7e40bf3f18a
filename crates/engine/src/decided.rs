//! A decision as it is shown and as it was asked for: one form for the command line, the service and
//! the tools for agents, so that one record means one answer whoever gave it.
//!
//! Promises: the same fields in the same order from all of them; what is not there is left out, never empty.
//!
//! Not here: deciding (`measures`), screening the parties (`listed`), the ledger (`store`).

use std::sync::Arc;

use interdict_measures::Verdict;
use interdict_measures::report::Report;
use interdict_model::Digest;
use serde::{Deserialize, Serialize};

use crate::ScreenedParty;
use crate::past::Past;

/// The answer to one record.
#[derive(Clone, Serialize)]
pub struct Decided {
    /// Where the record stands.
    pub place: String,
    /// The user's id of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The decision; none for a record that could not be read.
    #[serde(flatten)]
    pub report: Option<Report>,
    /// What could not be read; such a record is not decided.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub problems: Vec<String>,
    /// Hits of screening, as evidence.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub screening: Vec<ScreenedParty>,
    /// The time in the past whose lists the parties were compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past: Option<Arc<Past>>,
    /// Fields that are no facts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aside: Vec<String>,
    /// The verdict on the other day, if it differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<Also>,
}

/// A verdict on another day.
#[derive(Clone, Serialize)]
pub struct Also {
    /// The day.
    pub on: String,
    /// The verdict then.
    pub verdict: Verdict,
    /// The articles it rests on.
    pub by: Vec<String>,
}

impl Decided {
    /// Nothing decided yet for the record at a place.
    pub fn at(place: &str) -> Self {
        Self {
            place: place.to_owned(),
            id: None,
            report: None,
            problems: Vec::new(),
            screening: Vec::new(),
            past: None,
            aside: Vec::new(),
            also: None,
        }
    }
}

/// What was asked: all that a decision depends on besides law and lists.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Where the record stood.
    pub place: String,
    /// Its fields.
    pub record: Vec<(String, String)>,
    /// What holds for every record.
    pub given: Vec<(String, String)>,
    /// The other day.
    pub also_on: Option<String>,
    /// Whether other rules were explained.
    pub explain: bool,
    /// Whether parties were screened.
    pub screened: bool,
    /// Caps and the hashes of their reports.
    pub accounts: Vec<(String, Digest)>,
}
