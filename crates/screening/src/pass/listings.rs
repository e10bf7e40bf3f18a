//! Which listings a search looks at: how far it reaches, those of the party's dates and identifiers, the kinds it can be.
//!
//! Promises: a listing that a date or an identifier may lift is among them, whatever its names.
//!
//! Not here: looking at them (`row`).

use interdict_model::{Kind, PartialDate};

use crate::index::View;
use crate::record::Record;

/// How far a search looks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    Planned,
    Everything,
    Listing(u32),
    /// Everything of [`Listings::named`].
    Named,
}

impl Reach {
    pub(crate) fn includes(self, listing: u32) -> bool {
        match self {
            Self::Planned | Self::Everything | Self::Named => true,
            Self::Listing(only) => only == listing,
        }
    }
}

/// Listings that are looked at whatever their names, and the years in which the party may be born.
pub(crate) struct Listings {
    /// Born on the party's very day.
    pub(crate) same_day: Vec<u32>,
    pub(crate) years: Vec<i16>,
    pub(crate) by_identifier: Vec<u32>,
    /// Listings that were asked for, under [`Reach::Named`].
    pub(crate) named: Vec<u32>,
}

impl Listings {
    pub(crate) fn of(view: &View<'_>, record: &Record) -> Self {
        let (mut same_day, mut years) = (Vec::new(), Vec::new());
        for born in record.births() {
            if born.is_day() {
                same_day.extend_from_slice(view.born_on(born.earliest()));
            }
            let (from, to) = born.widened();
            years.extend(from.year()..=to.year());
        }
        same_day.sort_unstable();
        same_day.dedup();
        years.sort_unstable();
        years.dedup();
        Self { same_day, years, by_identifier: by_identifier(view, record), named: Vec::new() }
    }

    /// Listings whose dates can agree with the party's, whatever their names.
    pub(super) fn same_years(&self, view: &View<'_>, record: &Record) -> Vec<u32> {
        let mut out = Vec::new();
        let all_are_days = record.births().iter().all(PartialDate::is_day);
        for &year in &self.years {
            out.extend_from_slice(view.born_about(year));
            if !all_are_days {
                out.extend_from_slice(view.born_on_days_of(year));
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }
}

fn by_identifier(view: &View<'_>, record: &Record) -> Vec<u32> {
    let mut out: Vec<u32> = Vec::new();
    for own in record.identifiers() {
        for row in view.identifiers_like(&own.key) {
            let same = serde_json::from_slice(view.identifier_json(row)).is_ok_and(|listed| own.agrees_with(&listed));
            if same {
                out.push(row.listing);
            }
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Kinds of listing a party can be.
#[derive(Clone, Copy)]
pub(crate) struct Kinds(u32);

impl Kinds {
    pub(crate) fn of(party: Kind) -> Self {
        Self(Kind::ALL.iter().filter(|k| party.can_be(**k)).fold(0, |bits, k| bits | 1 << *k as u8))
    }

    pub(crate) fn allow(self, kind: u8) -> bool {
        self.0 & 1_u32.checked_shl(u32::from(kind)).unwrap_or(0) != 0
    }
}
