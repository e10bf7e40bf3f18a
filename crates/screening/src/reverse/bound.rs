//! What a party's name can score at most against a listing, without laying them side by side.
//!
//! Promises: never below the score that a screening of the party would give.
//!
//! Not here: which parties are looked at (`reverse`).

use interdict_names::analyse::Class;
use interdict_names::likeness::INITIAL;
use interdict_names::similar::FULL;

use super::{Asking, Query, Reverse, Scratch};
use crate::hit::Attribute;
use crate::index::{Row, class};
use crate::name_score::{Left, at_most, calibrated};
use crate::record::{EVEN, MOST_WITHOUT_DATE, Said, factor, moved};

impl Reverse<'_> {
    /// Whether a row's party can reach the threshold, by a bound of its name score and what its
    /// record does to the odds.
    pub(super) fn reaches(&self, query: &Query<'_>, asking: &Asking<'_>, row: u32, scratch: &mut Scratch) -> bool {
        let Some(meta) = self.parties.rows.get(row as usize) else { return false };
        if meta.sort() != query.sort as u8 || !asking.kinds.allow(meta.kind()) {
            return false;
        }
        let score = calibrated(self.bound(query, row, meta, scratch));
        // nothing multiplies the odds more than the same day and the same country
        let most = if asking.counts[0] { EVEN * 32 } else { MOST_WITHOUT_DATE };
        if moved(score, most) * 10_000 < asking.least {
            return false;
        }
        let party = self.parties.listing_of_row(row);
        let genders = self.parties.listings.get(party as usize).map_or(0, |p| p.genders);
        let own = Said { dates: self.parties.dates(party), countries: self.parties.countries(party), genders };
        let counts = |attribute| match attribute {
            Attribute::Born => asking.counts[0],
            Attribute::Country => asking.counts[1],
            Attribute::Gender => asking.counts[2],
            Attribute::BirthPlace
            | Attribute::Address
            | Attribute::Identifier
            | Attribute::Kind
            | Attribute::Number
            | Attribute::Descent => true,
        };
        moved(score, factor(own, asking.said, counts)) * 10_000 >= asking.least
    }

    /// An upper bound of a row's name score, from its terms alone.
    fn bound(&self, query: &Query<'_>, row: u32, meta: &Row, scratch: &mut Scratch) -> i64 {
        let (mut agreed, mut explained, mut party_left) = (0_i64, 0_u64, 0_i64);
        let terms = self.parties.terms_of(meta);
        let windows = query.windows.of(row);
        for (i, &term) in terms.iter().enumerate() {
            let (low, high) = self.weigh(term, scratch);
            let mut next = scratch.heads.get(term as usize).copied().unwrap_or(0);
            if next == 0 {
                let in_window = windows.iter().any(|w| (w.at..w.at + w.span).contains(&i));
                party_left += if in_window { 0 } else { i64::from(low) };
                continue;
            }
            let mut most = 0;
            while next != 0 {
                let entry = &scratch.entries[next as usize - 1];
                explained |= ((1 << entry.span) - 1) << entry.at;
                most = most.max(i64::from(entry.weight.min(high)) * i64::from(entry.share));
                next = entry.next;
            }
            agreed += most;
        }
        for window in windows {
            explained |= 1 << window.word;
            agreed += i64::from(query.tokens[window.word].weight) * i64::from(FULL);
        }
        let mut listed_left = 0;
        for (j, token) in query.tokens.iter().enumerate() {
            if token.class == Class::Initial {
                let (most, cover) = self.bound_of_initial(query.terms[j], token.weight, terms, scratch);
                agreed += most;
                party_left -= cover;
                listed_left += if most == 0 { i64::from(token.weight) } else { 0 };
            } else if explained & (1 << j) == 0 {
                listed_left += i64::from(token.weight);
            }
        }
        at_most(agreed, Left { party: party_left, listed: listed_left })
    }

    /// The most that one of the listing's initials can agree in a row, and the most of the row that it can cover.
    fn bound_of_initial(&self, initial: u32, weight: u16, terms: &[u32], scratch: &mut Scratch) -> (i64, i64) {
        let bits = self.lists.terms.get(initial as usize).map_or(0, |t| t.initials);
        let (mut most, mut cover) = (0, 0);
        for &term in terms {
            let Some(meta) = self.parties.terms.get(term as usize) else { continue };
            let is_initial = class(meta.class) == Class::Initial;
            if is_initial || meta.initials & bits != 0 {
                let high = self.weigh(term, scratch).1;
                let share = if is_initial { FULL } else { INITIAL };
                most = most.max(i64::from(weight.min(high)) * i64::from(share));
                cover = cover.max(i64::from(high));
            }
        }
        (most, cover)
    }
}
