//! Accounts for every record of a set: a listing or a named rejection.

use std::collections::{BTreeMap, HashSet};

use interdict_model::{ListId, Listing, NameQuality, Rejection};
use jiff::civil::Date;

use crate::{Role, RoleRows};

/// Distinct unknown fields kept by name; a hostile file has no more to say than this.
const UNKNOWN_FIELDS: usize = 1000;

/// Rejections kept; a file with more of them is not the list it seems to be, and is refused.
pub(crate) const REJECTIONS: usize = 100_000;

/// Takes what a reader finds and keeps the counts.
pub(crate) struct Account<'a> {
    out: &'a mut dyn FnMut(Listing),
    /// The list that listings belong to.
    pub(crate) list: ListId,
    /// The publisher's date, once found.
    pub(crate) published: Option<Date>,
    /// Things the user should know about the file as a whole.
    pub(crate) notes: Vec<String>,
    /// Rows by role, for sets of several files.
    pub(crate) rows: Vec<RoleRows>,
    pub(crate) listings: u64,
    /// Records handed out: the one thing that grows with the file.
    seen: HashSet<String>,
    pub(crate) rejections: Vec<Rejection>,
    /// Whether there were more rejections than are kept.
    pub(crate) overflowed: bool,
    pub(crate) unknown: BTreeMap<String, u64>,
}

impl<'a> Account<'a> {
    pub(crate) fn new(list: ListId, out: &'a mut dyn FnMut(Listing)) -> Self {
        Self {
            out,
            list,
            published: None,
            notes: Vec::new(),
            rows: Vec::new(),
            listings: 0,
            seen: HashSet::new(),
            rejections: Vec::new(),
            overflowed: false,
            unknown: BTreeMap::new(),
        }
    }

    /// An empty listing of this list, for a record at a place.
    pub(crate) fn blank(
        &self,
        record: impl Into<String>,
        place: impl Into<String>,
        kind: interdict_model::Kind,
    ) -> Listing {
        Listing {
            list: self.list.clone(),
            record: record.into(),
            place: place.into(),
            reference: None,
            entity: interdict_model::Entity::of(kind),
            designations: Vec::new(),
            links: Vec::new(),
        }
    }

    /// One record became a listing. A listing without any name or identifier says nothing and is rejected.
    pub(crate) fn listing(&mut self, mut listing: Listing) {
        if listing.entity.names.is_empty() && listing.entity.identifiers.is_empty() {
            let place = format!("{}, record {}", listing.place, listing.record);
            return self.reject(place, "no name and no identifier", None);
        }
        // Two listings of one id could not be told apart in a hit or a change.
        if !self.seen.insert(listing.record.clone()) {
            let reason = format!("record `{}` comes twice; the first is kept", listing.record);
            return self.reject(listing.place, reason, None);
        }
        // Primary names first, whatever the order of the rows.
        listing.entity.names.sort_by_key(|name| name.value.quality != NameQuality::Primary);
        self.listings += 1;
        (self.out)(listing);
    }

    /// One record did not.
    pub(crate) fn reject(&mut self, place: impl Into<String>, reason: impl Into<String>, hint: Option<&str>) {
        if self.rejections.len() >= REJECTIONS {
            self.overflowed = true;
            return;
        }
        self.rejections.push(Rejection { place: place.into(), reason: reason.into(), hint: hint.map(str::to_owned) });
    }

    /// An element, attribute or column that this reader does not know.
    pub(crate) fn unknown(&mut self, field: &str) {
        if let Some(count) = self.unknown.get_mut(field) {
            *count += 1;
        } else if self.unknown.len() < UNKNOWN_FIELDS {
            self.unknown.insert(field.chars().take(200).collect(), 1);
        }
    }

    /// Rows of one file of a set: how many there are, and how many were attached to a listing's record.
    pub(crate) fn role_rows(&mut self, role: Role, rows: u64, attached: u64) {
        self.rows.push(RoleRows { role, rows, attached });
    }
}
