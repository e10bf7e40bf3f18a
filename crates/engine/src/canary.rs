//! Names that a version of a list must find: the user's own, and those of long-standing listings.
//!
//! Promises: each is screened as a party would be, against its list alone; a listing that is no
//! longer on the list is not looked for, as publishers do take entries off.
//!
//! Not here: how many may be missed (`guard`).

use std::fmt;
use std::sync::Arc;

use interdict_model::{Entity, Kind, ListId, Listing, Name, NameQuality, Sourced};
use interdict_screening::{NotDone, Policy, Scratch};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Engine, Snapshot, SnapshotError};

/// Who asks for a name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CanaryOf {
    /// The user: some listing must be hit.
    User,
    /// A listing of the version in use: the listing with this record must be hit.
    Listing {
        /// Its record.
        record: String,
    },
}

/// A name that must be found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Canary {
    /// The name.
    pub name: String,
    /// Person, organisation, vessel …
    #[serde(default)]
    pub kind: Kind,
    /// Who asks for it.
    pub of: CanaryOf,
}

impl fmt::Display for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name: String = self.name.chars().take(80).collect();
        match &self.of {
            CanaryOf::User => write!(f, "`{name}` (yours)"),
            CanaryOf::Listing { record } => write!(f, "`{name}` ({record})"),
        }
    }
}

/// Candidates that are looked at for each canary: those listed longest are taken.
pub const CANDIDATES: usize = 4;

/// The primary names of the longest-standing of some listings, at most `count`, of which `still` says
/// that they are listed.
pub fn long_standing(listings: Vec<Listing>, count: usize, still: &dyn Fn(&str) -> bool) -> Vec<Canary> {
    let since =
        |listing: &Listing| -> Option<Date> { listing.designations.iter().filter_map(|act| act.value.listed_on).min() };
    let mut listings: Vec<Listing> = listings.into_iter().filter(|listing| still(&listing.record)).collect();
    // Undated ones last; a stable sort keeps the order of the file among equals.
    listings.sort_by_key(|listing| (since(listing).is_none(), since(listing)));
    let canary = |listing: Listing| {
        let name = listing.entity.names.iter().find(|name| name.value.quality != NameQuality::Weak)?;
        let name = name.value.full.clone();
        Some(Canary { name, kind: listing.entity.kind, of: CanaryOf::Listing { record: listing.record } })
    };
    listings.into_iter().filter_map(canary).take(count).collect()
}

/// The canaries of a list that are not hit.
///
/// # Errors
/// When a listing cannot be read, or the index cannot be used.
pub fn missed(
    snapshot: &Arc<Snapshot>,
    policy: &Policy,
    list: &ListId,
    canaries: &[Canary],
) -> Result<Vec<Canary>, SnapshotError> {
    let policy = Policy { limit: usize::MAX, ..policy.clone() };
    let engine = Engine::new(Arc::clone(snapshot), policy, vec![list.clone()]);
    let mut scratch = Scratch::default();
    let mut missed = Vec::new();
    for canary in canaries {
        let mut party = Entity::of(canary.kind);
        party.names.push(Sourced::new(Name::new(canary.name.clone(), NameQuality::Primary), "canary"));
        let hits = match engine.scores(&party, &mut scratch) {
            Ok(hits) => hits,
            // A name that cannot be compared, as one without a letter, was not found before either.
            Err(NotDone::NothingToScreen | NotDone::TooLarge(_)) => match canary.of {
                CanaryOf::User => Vec::new(),
                CanaryOf::Listing { .. } => continue,
            },
            Err(error @ (NotDone::BadIndex(_) | NotDone::NoListing(_))) => return Err(error.into()),
        };
        let found = match &canary.of {
            CanaryOf::User => !hits.is_empty(),
            CanaryOf::Listing { record } => is_among(snapshot, &hits, record)?,
        };
        if !found {
            missed.push(canary.clone());
        }
    }
    Ok(missed)
}

fn is_among(snapshot: &Snapshot, hits: &[(u32, u16)], record: &str) -> Result<bool, SnapshotError> {
    for (ordinal, _) in hits {
        if snapshot.listing(*ordinal)?.record == record {
            return Ok(true);
        }
    }
    Ok(false)
}
