//! Whether a new version of a list may take the place of the one in use, and what speaks against it.
//!
//! Promises: every doubt says what was seen and what was expected; a version without doubts is not
//! empty, not older, has kept its entries, is laid out as before and is found by known names; the
//! same two versions and settings give the same doubts.
//!
//! Not here: where versions are kept and what becomes of a doubted one (`store`), the names that
//! must still be found (`canary`), whether all own names are (`coverage`).

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use interdict_model::ListVersion;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::canary::{Canary, CanaryOf};

/// When a difference becomes a doubt. Percentages are of the version in use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Guard {
    /// Entries that may go at once. The UN took 9 % off in the seventeen months to March 2020, and
    /// never so much between two publications.
    pub shrunk_percent: u64,
    /// Listings below which a list may do as it likes: each entry of a short one is a large share.
    pub exempt_below: u64,
    /// Listings in which a field may turn up that is not understood.
    pub unknown_percent: u64,
    /// Share of a field's listings that must still have it.
    pub filled_percent: u64,
    /// Points that the share of rejected records may rise by.
    pub rejected_points: u64,
    /// Long-standing listings whose names must still be found.
    pub canaries: usize,
    /// Of these, that may be missed: a listing may be renamed.
    pub missed_percent: u64,
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            shrunk_percent: 10,
            exempt_below: 20,
            unknown_percent: 10,
            filled_percent: 50,
            rejected_points: 5,
            canaries: 100,
            missed_percent: 10,
        }
    }
}

/// The kinds of doubt, as a person names them to put one aside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoubtKind {
    /// No listing at all.
    Empty,
    /// Published before the version in use.
    Older,
    /// Entries are gone.
    Shrunk,
    /// Laid out in another way.
    Drift,
    /// Known names are not found.
    Canaries,
    /// Own names are not found.
    Names,
    /// It was taken out of use before.
    RolledBack,
}

impl DoubtKind {
    /// Every kind.
    pub const ALL: [Self; 7] =
        [Self::Empty, Self::Older, Self::Shrunk, Self::Drift, Self::Canaries, Self::Names, Self::RolledBack];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Older => "older",
            Self::Shrunk => "shrunk",
            Self::Drift => "drift",
            Self::Canaries => "canaries",
            Self::Names => "names",
            Self::RolledBack => "rolled-back",
        }
    }

    /// Whether a person may put it aside. An empty list would make everybody clear.
    pub fn may_be_accepted(self) -> bool {
        match self {
            Self::Empty => false,
            Self::Older | Self::Shrunk | Self::Drift | Self::Canaries | Self::Names | Self::RolledBack => true,
        }
    }
}

/// What speaks against a version.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "doubt", rename_all = "kebab-case")]
pub enum Doubt {
    /// It has no listing.
    Empty {
        /// Its records, all rejected.
        records: u64,
    },
    /// It was published before the version in use.
    Older {
        /// Its date.
        published: Date,
        /// The date of the version in use.
        in_use: Date,
    },
    /// Entries of the version in use are not in it.
    Shrunk {
        /// Entries that are gone.
        gone: u64,
        /// Entries of the version in use.
        of: u64,
        /// Its own listings.
        listings: u64,
    },
    /// Something new in many listings is not understood.
    Unknown {
        /// Fields with the times each is filled.
        fields: BTreeMap<String, u64>,
        /// Its listings.
        listings: u64,
    },
    /// A field that many listings had is gone.
    Faded {
        /// The field.
        field: String,
        /// Listings that had it, of the version in use.
        before: u64,
        /// Listings that have it.
        after: u64,
    },
    /// More records do not fit than before.
    Rejected {
        /// Records that do not fit.
        rejections: u64,
        /// All records.
        records: u64,
        /// Records that did not fit, of the version in use.
        before: u64,
    },
    /// Names that must be found are not.
    Canaries {
        /// The first of those that are missed.
        missed: Vec<Canary>,
        /// All that are missed.
        count: u64,
        /// Names that were looked for.
        of: u64,
    },
    /// Its own names do not lead to it, so screening would miss them.
    Names {
        /// Names that do not.
        missed: u64,
        /// All names.
        names: u64,
        /// The first of them, each with its reason.
        quoted: Vec<String>,
    },
    /// It was taken out of use by `rollback`.
    RolledBack {
        /// When.
        at: Option<Timestamp>,
        /// Why, in the user's words.
        reason: Option<String>,
    },
}

impl Doubt {
    /// Its kind.
    pub fn kind(&self) -> DoubtKind {
        match self {
            Self::Empty { .. } => DoubtKind::Empty,
            Self::Older { .. } => DoubtKind::Older,
            Self::Shrunk { .. } => DoubtKind::Shrunk,
            Self::Unknown { .. } | Self::Faded { .. } | Self::Rejected { .. } => DoubtKind::Drift,
            Self::Canaries { .. } => DoubtKind::Canaries,
            Self::Names { .. } => DoubtKind::Names,
            Self::RolledBack { .. } => DoubtKind::RolledBack,
        }
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { records } => write!(f, "no listing: none of {records} records could be read"),
            Self::Older { published, in_use } => write!(f, "published {published}, before the one in use of {in_use}"),
            Self::Shrunk { gone, of, listings } => {
                write!(f, "{gone} of {of} entries are gone, {listings} remain or are new; is the file whole?")
            }
            Self::Unknown { fields, listings } => {
                let fields: Vec<String> =
                    fields.iter().take(5).map(|(name, times)| format!("`{name}` {times} times")).collect();
                write!(f, "fields that are new and not understood, among {listings} listings: {}", fields.join(", "))
            }
            Self::Faded { field, before, after } => {
                write!(f, "{field}: {after} listings have any, {before} had before; did the layout change?")
            }
            Self::Rejected { rejections, records, before } => {
                write!(
                    f,
                    "{rejections} of {records} records do not fit, {before} did not before; did the layout change?"
                )
            }
            Self::Canaries { missed, count, of } => {
                let names: Vec<String> = missed.iter().map(Canary::to_string).collect();
                write!(f, "{count} of {of} names that must be found are not: {}", names.join(", "))
            }
            Self::Names { missed, names, quoted } => {
                let quoted = quoted.join(", ");
                write!(
                    f,
                    "{missed} of {names} names do not lead to their own listing, so screening would miss them: {quoted}"
                )
            }
            Self::RolledBack { at, reason } => {
                f.write_str("it was taken out of use by a rollback")?;
                at.iter().try_for_each(|at| write!(f, " at {}", at.strftime("%Y-%m-%d %H:%MZ")))?;
                reason.iter().try_for_each(|reason| write!(f, ": {reason}"))
            }
        }
    }
}

/// What the guard looks at in a version.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The version.
    pub version: &'a ListVersion,
    /// The publisher's numbers of its listings.
    pub records: &'a HashSet<String>,
    /// Fields that are filled and not understood, with counts.
    pub unknown: &'a BTreeMap<String, u64>,
    /// Listings that say something of a field, by the field.
    pub filled: &'a BTreeMap<String, u64>,
}

/// Listings that must have had a field before its going is told.
const FILLED_BEFORE: u64 = 20;

/// What speaks against putting `after` in the place of `before`.
pub fn doubts(guard: &Guard, before: &Seen<'_>, after: &Seen<'_>) -> Vec<Doubt> {
    let (old, new) = (before.version, after.version);
    if new.listings == 0 {
        return vec![Doubt::Empty { records: new.records }];
    }
    let mut doubts = Vec::new();
    if let (Some(published), Some(in_use)) = (new.published, old.published)
        && published < in_use
    {
        doubts.push(Doubt::Older { published, in_use });
    }
    if old.listings < guard.exempt_below {
        return doubts;
    }
    let gone = before.records.difference(after.records).count() as u64;
    if exceeds(gone, old.listings, guard.shrunk_percent) {
        doubts.push(Doubt::Shrunk { gone, of: old.listings, listings: new.listings });
    }
    // Another format of the same list has other fields, and none of them is news.
    if old.format == new.format {
        let news = after.unknown.iter().filter(|(name, _)| !before.unknown.contains_key(*name));
        let many = news.filter(|(_, times)| exceeds(**times, new.listings, guard.unknown_percent));
        let fields: BTreeMap<String, u64> = many.map(|(name, times)| (name.clone(), *times)).collect();
        if !fields.is_empty() {
            doubts.push(Doubt::Unknown { fields, listings: new.listings });
        }
    }
    for (field, had) in before.filled.iter().filter(|(_, had)| **had >= FILLED_BEFORE) {
        let has = after.filled.get(field).copied().unwrap_or(0);
        // has/new < share * had/old, in whole numbers
        let (left, right) = (share(has, old.listings, 100), share(*had, new.listings, guard.filled_percent));
        if left < right {
            doubts.push(Doubt::Faded { field: field.clone(), before: *had, after: has });
        }
    }
    let (left, right) = (share(new.rejections, old.records, 100), share(old.rejections, new.records, 100));
    if left > right.saturating_add(share(old.records, new.records, guard.rejected_points)) {
        doubts.push(Doubt::Rejected { rejections: new.rejections, records: new.records, before: old.rejections });
    }
    doubts
}

fn exceeds(part: u64, whole: u64, percent: u64) -> bool {
    share(part, 1, 100) > share(whole, 1, percent)
}

/// A product that does not overflow: counts are 64 bits wide.
fn share(a: u64, b: u64, percent: u64) -> u128 {
    u128::from(a).saturating_mul(u128::from(b)).saturating_mul(u128::from(percent))
}

/// Canaries that a doubt quotes.
const QUOTED: usize = 5;

/// What it says of a version that canaries are missed: any of the user's own, or too many of the list's.
pub fn canary_doubt(guard: &Guard, looked_for: &[Canary], missed: Vec<Canary>) -> Option<Doubt> {
    let own = |canary: &&Canary| matches!(canary.of, CanaryOf::User);
    let listed = looked_for.len().saturating_sub(looked_for.iter().filter(own).count()) as u64;
    let missed_own = missed.iter().filter(own).count();
    let missed_listed = missed.len().saturating_sub(missed_own) as u64;
    if missed_own == 0 && !exceeds(missed_listed, listed, guard.missed_percent) {
        return None;
    }
    let count = missed.len() as u64;
    Some(Doubt::Canaries { missed: missed.into_iter().take(QUOTED).collect(), count, of: looked_for.len() as u64 })
}

#[cfg(test)]
mod tests;
