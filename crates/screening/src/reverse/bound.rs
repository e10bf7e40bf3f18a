//! What a party's name can score at most against a listing, without laying them side by side.
//!
//! Promises: never below the score that a screening of the party would give.
//!
//! Not here: which parties are looked at (`reverse`).

use interdict_names::analyse::Class;
use interdict_names::likeness::INITIAL;
use interdict_names::similar::FULL;

use super::query::{Ask, Askings, Query};
use super::{Asking, Reverse, Scratch};
use crate::expand::touch;
use crate::hit::Attribute;
use crate::index::{Row, class};
use crate::name_score::{Left, at_most, calibrated};
use crate::record::{EVEN, MOST_WITHOUT_DATE, Said, factor, moved};

/// Rows that are looked at together: as many as leave what they touch in the nearest cache.
const LOOKED_AT_ONCE: usize = 256;

/// No score is that low.
const NONE: i64 = -1;

impl Reverse<'_> {
    /// Looks at rows: finds the parties that can reach the threshold, by a bound of their name's score and what
    /// their record does to the odds. Memory is asked for many rows before any is waited for.
    pub(super) fn look(
        &self,
        query: &Query<'_>,
        asking: &Askings<'_>,
        rows: &[u32],
        scratch: &mut Scratch,
        found: &mut Vec<u32>,
    ) {
        let (mut looked, mut passed) = (std::mem::take(&mut scratch.looked), std::mem::take(&mut scratch.passed));
        let sort = query.asks.first().map_or(u8::MAX, |ask| ask.sort as u8);
        let side = |ask: &Ask<'_>| asking.get(ask.side).and_then(Option::as_ref);
        for rows in rows.chunks(LOOKED_AT_ONCE) {
            touch(rows.iter().map(|&row| self.parties.rows.get(row as usize).map_or(0, |meta| meta.name)));
            looked.clear();
            let metas = rows.iter().filter_map(|&row| Some((row, *self.parties.rows.get(row as usize)?)));
            let concerns = |ask: &Ask<'_>, kind| side(ask).is_some_and(|asking| asking.kinds.allow(kind));
            looked
                .extend(metas.filter(|(_, meta)| {
                    meta.sort() == sort && query.asks.iter().any(|ask| concerns(ask, meta.kind()))
                }));
            touch(looked.iter().map(|(_, meta)| self.parties.terms_of(meta).first().copied().unwrap_or(0)));
            let heads = &scratch.heads;
            let terms = looked.iter().flat_map(|(_, meta)| self.parties.terms_of(meta));
            touch(terms.map(|&term| heads.get(term as usize).copied().unwrap_or(0)));
            passed.clear();
            for (row, meta) in &looked {
                let mut scores = [NONE; 2];
                for (k, (ask, slot)) in query.asks.iter().zip(&mut scores).enumerate() {
                    let Some(asking) = side(ask).filter(|asking| asking.kinds.allow(meta.kind())) else { continue };
                    let score = calibrated(self.bound(query, k, *row, meta, scratch));
                    // nothing multiplies the odds more than the same day and the same country
                    let most = if asking.counts[0] { EVEN * 32 } else { MOST_WITHOUT_DATE };
                    if moved(score, most) * 10_000 >= asking.least {
                        *slot = score;
                    }
                }
                if scores != [NONE; 2] {
                    passed.push((*row, scores));
                }
            }
            touch(passed.iter().map(|(row, _)| self.parties.listing_of_row(*row)));
            for (row, scores) in &passed {
                let party = self.parties.listing_of_row(*row);
                let reaches = |(ask, &score): (&Ask<'_>, &i64)| {
                    score > NONE && side(ask).is_some_and(|asking| self.reaches(asking, party, score))
                };
                if !scratch.parties.has(party) && query.asks.iter().zip(scores).any(reaches) {
                    scratch.parties.first(party);
                    found.push(party);
                }
            }
        }
        (scratch.looked, scratch.passed) = (looked, passed);
    }

    /// Whether a party with a name of that score at most can reach the threshold.
    fn reaches(&self, asking: &Asking<'_>, party: u32, score: i64) -> bool {
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

    /// An upper bound of a row's name score for one of those that ask, from its terms alone.
    fn bound(&self, query: &Query<'_>, k: usize, row: u32, meta: &Row, scratch: &mut Scratch) -> i64 {
        let Some(ask) = query.asks.get(k) else { return 0 };
        let (mut agreed, mut explained, mut party_left) = (0_i64, 0_u64, 0_i64);
        let terms = self.parties.terms_of(meta);
        let windows = query.windows.of(row);
        for (i, &term) in terms.iter().enumerate() {
            let (low, high) = self.weigh(ask.side, term, scratch);
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
                most = most.max(i64::from(entry.weights[k].min(high)) * i64::from(entry.share));
                next = entry.next;
            }
            agreed += most;
        }
        for window in windows {
            explained |= 1 << window.word;
            agreed += i64::from(ask.tokens[window.word].weight) * i64::from(FULL);
        }
        let mut listed_left = 0;
        for (j, token) in ask.tokens.iter().enumerate() {
            if token.class == Class::Initial {
                let (most, cover) = self.bound_of_initial(ask, j, terms, scratch);
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
    fn bound_of_initial(&self, ask: &Ask<'_>, j: usize, terms: &[u32], scratch: &mut Scratch) -> (i64, i64) {
        let listed = self.sides.get(ask.side).and_then(|side| side.lists.terms.get(*ask.terms.get(j)? as usize));
        let (bits, weight) = (listed.map_or(0, |t| t.initials), ask.tokens[j].weight);
        let (mut most, mut cover) = (0, 0);
        for &term in terms {
            let Some(meta) = self.parties.terms.get(term as usize) else { continue };
            let is_initial = class(meta.class) == Class::Initial;
            if is_initial || meta.initials & bits != 0 {
                let high = self.weigh(ask.side, term, scratch).1;
                let share = if is_initial { FULL } else { INITIAL };
                most = most.max(i64::from(weight.min(high)) * i64::from(share));
                cover = cover.max(i64::from(high));
            }
        }
        (most, cover)
    }
}
