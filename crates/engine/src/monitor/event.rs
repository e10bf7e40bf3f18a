//! What is told of a party and a listing.
//!
//! Not here: how events are found (`rescreen`), where they are kept (`store`).

use interdict_model::{Designation, Digest, Kind, ListId};
use interdict_screening::{Evidence, Score};
use serde::{Deserialize, Serialize};

use super::Allowed;
use crate::{Engine, Found, VERSION};

/// What became of a pair of party and listing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A hit that was none.
    New,
    /// A hit that says something else now.
    Changed,
    /// A hit no more: delisted, corrected, or no longer like the party.
    Gone,
    /// A hit that was on the allow-list and no longer is.
    Reopened,
}

impl EventKind {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Changed => "changed",
            Self::Gone => "gone",
            Self::Reopened => "reopened",
        }
    }
}

/// Why it came to that.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The listing was added, removed or changed.
    Listing,
    /// Other listings changed how common a word is.
    Words,
    /// The party was added, removed or changed.
    Party,
    /// Another policy or version of the engine.
    Policy,
    /// An entry of the allow-list ended.
    Allowance,
}

impl Cause {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Listing => "listing",
            Self::Words => "words",
            Self::Party => "party",
            Self::Policy => "policy",
            Self::Allowance => "allowance",
        }
    }
}

/// What differs in a hit that changed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// The score.
    Score,
    /// The evidence: names, words, dates, countries, identifiers.
    Evidence,
    /// How much a word counts, and nothing else of the evidence.
    Weights,
    /// The acts behind the listing: programme, basis, measures, dates of listing.
    Programme,
    /// Its caption, kind or reference.
    Listing,
}

impl What {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Score => "score",
            Self::Evidence => "evidence",
            Self::Weights => "weights",
            Self::Programme => "programme",
            Self::Listing => "listing",
        }
    }
}

/// Whom an event is about.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PartyRef {
    /// The user's own id.
    pub id: String,
    /// Its first name.
    pub name: String,
}

/// A hit as it stood under one snapshot and policy.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Side {
    /// The score.
    pub score: Score,
    /// Hash of the version of the list.
    pub version: Digest,
    /// The publisher's date of that version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Hash of the snapshot.
    pub snapshot: Digest,
    /// Hash of the policy.
    pub policy: Digest,
    /// Version of the engine.
    pub engine: String,
    /// The acts behind it.
    pub designations: Vec<Designation>,
    /// What the score was computed from.
    pub evidence: Evidence,
}

impl Side {
    pub(crate) fn of(engine: &Engine, found: &Found) -> Self {
        Self {
            score: found.score,
            version: found.version,
            published: found.published.clone(),
            snapshot: engine.snapshot().digest(),
            policy: engine.policy_digest(),
            engine: VERSION.to_owned(),
            designations: found.designations.clone(),
            evidence: found.evidence.clone(),
        }
    }
}

/// A hit that stands: kept from run to run, so that another policy or engine can be compared with it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// The user's id of the party.
    pub party: String,
    /// The list.
    pub list: ListId,
    /// The listing across versions of its list: its record, or what it says where there is none.
    pub key: String,
    /// The record in the publisher's numbering.
    pub record: String,
    /// The reference that people quote.
    pub reference: String,
    /// Its primary name.
    pub caption: String,
    /// What it is.
    pub kind: Kind,
    /// The hit.
    pub hit: Side,
}

impl Kept {
    /// The listing as `<list>:<record>`.
    pub fn listing(&self) -> String {
        format!("{}:{}", self.list, self.record)
    }
}

/// What is told of a party and a listing.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Event {
    /// What became of it.
    pub event: EventKind,
    /// Why.
    pub cause: Cause,
    /// What differs, if it changed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub what: Vec<What>,
    /// Whether a person should look: not if the hit is on the allow-list, and not if only the
    /// commonness of a word moved a hit that stays one.
    pub alert: bool,
    /// Whom it is about.
    pub party: PartyRef,
    /// The list.
    pub list: ListId,
    /// The listing across versions of its list.
    pub listing: String,
    /// The reference that people quote.
    pub reference: String,
    /// Its primary name.
    pub caption: String,
    /// The hit as it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Side>,
    /// The hit as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Side>,
    /// What is kept of the hit, for the next run.
    #[serde(skip)]
    pub kept: Option<Box<Kept>>,
    /// The entry of the allow-list that holds it back, or that ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Allowed>,
    /// Why that entry no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reopened: Option<String>,
}
