//! Questions about the past: the date whose lists are meant, and the moment of knowledge.
//!
//! Promises: the two are never mixed, as one asks what was in force and the other what was at hand;
//! each list of an answer says which version it rests on and what of that time cannot be known.
//!
//! Not here: which versions are kept and chosen (`store`).

use interdict_model::{Digest, ListId, Listing};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a question about the past is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct When {
    /// The date whose lists are meant: those in force then, as we know it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<Date>,
    /// The moment of knowledge: only versions received by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known_at: Option<Timestamp>,
}

/// What an answer about the past rests on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Past {
    /// The question.
    #[serde(flatten)]
    pub when: When,
    /// The versions compared with, and why these.
    pub lists: Vec<PastList>,
    /// Lists in use now of which no version had been received by then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_received: Vec<ListId>,
}

/// A version that an answer about the past rests on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PastList {
    /// The list.
    pub list: ListId,
    /// Hash of the version.
    pub version: Digest,
    /// When it was published, if the files say.
    pub published: Option<Date>,
    /// When it was first received, if that was recorded.
    pub received: Option<Timestamp>,
    /// Its listings that are compared.
    pub listings: u64,
    /// Why it stands here.
    #[serde(flatten)]
    pub basis: Basis,
}

/// Why a version stands for its list at a time in the past.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "basis", rename_all = "snake_case")]
pub enum Basis {
    /// The newest that was published by the date.
    InForce,
    /// The version published next, of which only those new entries are taken that it says were listed
    /// between the version in force and the date.
    ListedSince {
        /// New entries that do not say when they came, or name a day when they were not on the list, as
        /// entries do that come back: whether they were listed by then cannot be known. Not taken.
        not_known: u64,
    },
    /// Only later versions are kept: this one without the entries listed after the date. What was taken
    /// off before it was published cannot be known, nor what its entries said then, nor whether one was
    /// off the list in between.
    Reconstructed {
        /// Entries listed later, left out.
        left_out: u64,
        /// Entries without a date of listing, kept: whether they were listed by then cannot be known.
        undated: u64,
    },
    /// No kept version carries a date of publication: as if it were a later one.
    NoDate {
        /// Entries listed later, left out.
        left_out: u64,
        /// Entries without a date of listing, kept.
        undated: u64,
    },
    /// The newest that had been received.
    NewestReceived,
}

/// Whether a listing was listed on a date, by what it says itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// An act that lists it is dated on or before the date.
    Listed,
    /// Every act that lists it is dated after the date.
    Later,
    /// It does not say.
    NotKnown,
}

impl Then {
    /// Of a listing, on a date.
    pub fn of(listing: &Listing, date: Date) -> Self {
        let mut acts = listing.designations.iter().map(|act| act.value.listed_on).peekable();
        if acts.peek().is_none() {
            return Self::NotKnown;
        }
        let mut undated = false;
        for act in acts {
            match act {
                Some(day) if day <= date => return Self::Listed,
                Some(_) => {}
                None => undated = true,
            }
        }
        if undated { Self::NotKnown } else { Self::Later }
    }
}

impl Past {
    /// Whether no hit on a list means that a party was not on it then: not where entries were left out, or
    /// taken, without knowing whether they were listed by then.
    pub fn can_clear(&self, list: &ListId) -> bool {
        let mut of_list = self.lists.iter().filter(|one| one.list == *list).peekable();
        let knows = |one: &PastList| match one.basis {
            Basis::InForce | Basis::NewestReceived | Basis::ListedSince { not_known: 0 } => true,
            Basis::ListedSince { .. } | Basis::Reconstructed { .. } | Basis::NoDate { .. } => false,
        };
        of_list.peek().is_some() && of_list.all(knows)
    }

    /// What a listing of a version says of itself at the date asked for, where the version alone does
    /// not say it.
    pub fn then(&self, version: &Digest, listing: &Listing) -> Option<Then> {
        let date = self.when.as_of?;
        match self.lists.iter().find(|list| list.version == *version)?.basis {
            Basis::InForce | Basis::NewestReceived => None,
            Basis::ListedSince { .. } | Basis::Reconstructed { .. } | Basis::NoDate { .. } => {
                Some(Then::of(listing, date))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use interdict_model::{Designation, Entity, Kind, Sourced};
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_listing_says_when_it_was_listed_or_does_not() {
        let listing = |days: &[Option<Date>]| Listing {
            list: ListId("own".to_owned()),
            record: "1".to_owned(),
            place: "record 1".to_owned(),
            reference: None,
            entity: Entity::of(Kind::Person),
            designations: days
                .iter()
                .map(|day| Sourced::new(Designation { listed_on: *day, ..Designation::default() }, "act"))
                .collect(),
            links: Vec::new(),
        };
        let (early, day, late) = (date(2018, 1, 25), date(2018, 1, 26), date(2018, 1, 27));
        for (days, expected) in [
            (vec![Some(early)], Then::Listed),
            (vec![Some(day)], Then::Listed),
            (vec![Some(late)], Then::Later),
            (vec![Some(late), Some(early)], Then::Listed),
            (vec![Some(late), None], Then::NotKnown),
            (vec![None], Then::NotKnown),
            (vec![], Then::NotKnown),
        ] {
            assert_eq!(Then::of(&listing(&days), day), expected, "{days:?}");
        }
    }

    #[test]
    fn a_list_clears_only_where_it_is_known_who_was_on_it() {
        let list = ListId("own".to_owned());
        let one = |basis: Basis| PastList {
            list: list.clone(),
            version: Digest::of(b"version"),
            published: None,
            received: None,
            listings: 1,
            basis,
        };
        let past = |bases: &[Basis]| Past {
            when: When::default(),
            lists: bases.iter().map(|basis| one(*basis)).collect(),
            not_received: Vec::new(),
        };
        let since = |not_known: u64| Basis::ListedSince { not_known };
        for (bases, expected) in [
            (vec![Basis::InForce], true),
            (vec![Basis::NewestReceived], true),
            (vec![Basis::InForce, since(0)], true),
            (vec![Basis::InForce, since(1)], false),
            (vec![Basis::Reconstructed { left_out: 0, undated: 0 }], false),
            (vec![Basis::NoDate { left_out: 0, undated: 0 }], false),
            (vec![], false),
        ] {
            assert_eq!(past(&bases).can_clear(&list), expected, "{bases:?}");
            assert!(!past(&bases).can_clear(&ListId("other".to_owned())));
        }
    }
}
