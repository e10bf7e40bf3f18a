//! From a listing to the parties it may concern: the index turned round.
//!
//! The parties stand in the index ([`IndexBuilder::of_parties`](crate::IndexBuilder::of_parties)), a
//! listing asks. Scores are those of a party that asks the lists, so every bound here is one of
//! [`crate::name_score`] with the sides exchanged: the ratio's denominator multiplied out,
//!
//! ```text
//!   score ≥ T  ⇒  Σ g(e) ≥ need,   g = c·(s − T) + T·LISTED·r,   need = T·LISTED·Wr
//! ```
//!
//! with what the party leaves unmatched left out. Words weigh what the lists of the listing say, so
//! the same parties can be asked by any snapshot.
//!
//! Promises: every party that would score at or above the policy's threshold against the listing is
//! named; some that would not are named too, and the caller scores them.
//!
//! Not here: the score itself (`search`), what changed and what to tell (`engine`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use interdict_model::Kind;
use interdict_names::analyse::{Class, Sort};
use interdict_names::likeness::{INITIAL, TokenView};
use interdict_names::similar::FULL;

use crate::edges::{Weighted, single};
use crate::expand::{Marks, Seen};
use crate::hit::Attribute;
use crate::index::{Index, NotDone, Row, View, class, sort};
use crate::matching::ONE;
use crate::name_score::least_ratio;
use crate::own::Own;
use crate::pass::Kinds;
use crate::plan::{LIST, Reading, Scale, Word, plan};
use crate::policy::{Policy, WeakAliases};
use crate::record::{EVEN, Factor, MOST_OF_OTHER_DATE, MOST_WITHOUT_DATE, Said, floor};
use crate::tally::Tally;

mod bound;
mod joins;
mod shift;
mod words;

pub use shift::{is_shifted, parties_shifted};

use joins::{JOINED_CAP, Together, Windows};
use words::{Known, Meant};

/// Working memory of one thread.
#[derive(Default)]
pub struct Scratch {
    marks: Marks,
    known: Known,
    heads: Vec<u32>,
    entries: Vec<Entry>,
    touched: Vec<u32>,
    tally: Tally,
    rows: Seen,
    parties: Seen,
}

/// A term of a party that is like some of the listing's words.
struct Entry {
    at: u8,
    span: u8,
    weight: u16,
    share: u16,
    next: u32,
}

/// Parties, lists and a policy, ready to tell whom a listing concerns.
pub struct Reverse<'a> {
    parties: View<'a>,
    lists: View<'a>,
    own: Own,
    own_lists: Own,
    policy: &'a Policy,
    letters: Vec<char>,
    /// Tells what was worked out for one from what was for another.
    id: u64,
}

static MADE: AtomicU64 = AtomicU64::new(1);

/// One form of one name of the listing.
struct Query<'a> {
    sort: Sort,
    terms: &'a [u32],
    tokens: Vec<Weighted>,
    words: Vec<Arc<Meant>>,
    together: Vec<Together>,
    windows: Windows,
    total: i64,
}

/// The listing that asks.
struct Asking<'a> {
    kinds: Kinds,
    said: Said<'a>,
    least: i64,
    counts: [bool; 3],
}

impl<'a> Reverse<'a> {
    /// Parties of one index against the lists of another.
    ///
    /// # Errors
    /// When an index cannot be used.
    pub fn new<P: AsRef<[u8]>, L: AsRef<[u8]>>(
        parties: &'a Index<P>,
        lists: &'a Index<L>,
        policy: &'a Policy,
    ) -> Result<Self, NotDone> {
        let (parties, lists) = (parties.view()?, lists.view()?);
        let (own, own_lists) = (Own::of(&parties, policy.words.as_ref()), Own::of(&lists, policy.words.as_ref()));
        let id = MADE.fetch_add(1, Ordering::Relaxed);
        Ok(Self { own, own_lists, policy, letters: joins::letters(&parties), parties, lists, id })
    }

    /// The parties, by their place in their index, that may reach the threshold against a listing.
    ///
    /// # Errors
    /// When there is no such listing.
    pub fn parties_like(&self, listing: u32, scratch: &mut Scratch) -> Result<Vec<u32>, NotDone> {
        let Some(row) = self.lists.listings.get(listing as usize) else { return Err(NotDone::NoListing(listing)) };
        let kind = Kind::ALL.get(usize::from(row.kind)).copied().unwrap_or_default();
        let counts = |attribute| {
            let concerns = |of: Option<Kind>| of.is_none_or(|of| of == kind);
            !self.policy.ignore.iter().any(|i| i.attribute == attribute && concerns(i.kind))
        };
        let asking = Asking {
            kinds: Kinds::of(kind),
            said: Said {
                dates: self.lists.dates(listing),
                countries: self.lists.countries(listing),
                genders: row.genders,
            },
            least: i64::from(self.policy.threshold.0) * ONE,
            counts: [Attribute::Born, Attribute::Country, Attribute::Gender].map(counts),
        };
        scratch.known.belong_to(self.id, self.parties.terms.len());
        scratch.parties.clear(self.parties.listings.len());
        let mut found = Vec::new();
        self.by_identifier(listing, scratch, &mut found);
        let rows = self.lists.rows_of_listing(listing);
        for at in rows.clone() {
            let terms = self.lists.terms_of_row(at);
            let Some(meta) = self.lists.rows.get(at as usize) else { continue };
            let is_twin = |other: u32| {
                self.lists.rows.get(other as usize).is_some_and(|r| r.sort() == meta.sort())
                    && self.lists.terms_of_row(other) == terms
            };
            if terms.is_empty() || (rows.start..at).any(is_twin) || self.is_left_out(meta) {
                continue;
            }
            let query = self.query(meta, terms, scratch);
            self.run(&query, &asking, scratch, &mut found);
        }
        found.sort_unstable();
        Ok(found)
    }

    fn is_left_out(&self, meta: &Row) -> bool {
        let weak = interdict_model::NameQuality::Weak as u32;
        self.policy.weak_aliases == WeakAliases::Ignored
            && self.lists.names.get(meta.name as usize).is_some_and(|name| name.quality == weak)
            // a twin of better quality is not looked at again
            && !self.lists.rows_of_listing(self.lists.names[meta.name as usize].listing).any(|other| {
                let row = self.lists.rows.get(other as usize);
                row.is_some_and(|row| {
                    row.sort() == meta.sort()
                        && self.lists.terms_of(row) == self.lists.terms_of(meta)
                        && self.lists.names.get(row.name as usize).is_some_and(|name| name.quality != weak)
                })
            })
    }

    fn by_identifier(&self, listing: u32, scratch: &mut Scratch, found: &mut Vec<u32>) {
        for row in self.lists.identifiers(listing) {
            let read = |json: &[u8]| serde_json::from_slice::<interdict_model::Identifier>(json).ok();
            let Some(listed) = read(self.lists.identifier_json(row)) else { continue };
            for own in self.parties.identifiers_like(&listed.key) {
                let agrees = read(self.parties.identifier_json(own)).is_some_and(|own| own.agrees_with(&listed));
                if agrees && scratch.parties.first(own.listing) {
                    found.push(own.listing);
                }
            }
        }
    }

    fn query(&self, meta: &Row, terms: &'a [u32], scratch: &mut Scratch) -> Query<'a> {
        let sort = sort(meta.sort());
        let tokens: Vec<Weighted> = terms
            .iter()
            .map(|&t| self.own_lists.weighted(&self.lists, t).unwrap_or(Weighted { class: Class::Name, weight: 0 }))
            .collect();
        let total = tokens.iter().map(|t| i64::from(t.weight)).sum();
        let words = terms.iter().map(|&term| self.meant(term, sort, scratch)).collect();
        let together = self.together(sort, terms, &tokens);
        let windows = self.windows(sort, terms, &tokens, scratch);
        Query { sort, terms, tokens, words, together, windows, total }
    }

    /// Finds the rows that can reach the threshold against one form of the listing's name.
    fn run(&self, query: &Query<'_>, asking: &Asking<'_>, scratch: &mut Scratch, found: &mut Vec<u32>) {
        self.load(query, scratch);
        scratch.rows.clear(self.parties.rows.len());
        let most = if asking.counts[1] && !asking.said.countries.is_empty() { MOST_WITHOUT_DATE } else { EVEN };
        let ratio = |most: Factor| least_ratio(floor(asking.least / 10_000, most));
        let scale = Scale::of_listing(ratio(most), query.total);
        let words: Vec<Word> = (0..query.tokens.len()).map(|j| self.word(query, j, &scale, scratch)).collect();
        let plan = plan(&words, &scale, self.parties.rows.len());
        let mut look = |row: u32, scratch: &mut Scratch| {
            if scratch.rows.first(row) && self.reaches(query, asking, row, scratch) {
                let party = self.parties.listing_of_row(row);
                if scratch.parties.first(party) {
                    found.push(party);
                }
            }
        };
        if !plan.suffices {
            for row in self.by_initials(query, &scale) {
                look(row, scratch);
            }
        }
        let mut reads: Vec<(&[u32], u8)> = Vec::with_capacity(64);
        for (j, (word, &rest)) in words.iter().zip(&plan.rest).enumerate() {
            let readings = word.readings.iter().take_while(|reading| reading.gain > rest);
            reads.extend(readings.map(|r| (self.parties.rows_at(r.from..r.to), plan.adds(&scale, j, r.gain))));
        }
        for group in &query.together {
            let gain = |weight: u16| scale.gain(weight.min(group.weight).min(JOINED_CAP), group.share, group.weight);
            reads.extend(group.terms.iter().map(|&term| {
                let (low, high) = self.weigh(term, scratch);
                (self.parties.rows_of(term), scale.steps(gain(low).max(gain(high))))
            }));
        }
        scratch.tally.begin(self.parties.rows.len());
        reads.iter().for_each(|(rows, steps)| scratch.tally.add(rows, *steps, plan.bar));
        reads.iter().for_each(|(rows, _)| scratch.tally.forget(rows));
        let reached = scratch.tally.reached();
        reached.iter().for_each(|&row| look(row, scratch));
        scratch.tally.give_back(reached);
        query.windows.rows().for_each(|row| look(row, scratch));
        if asking.counts[0] && !asking.said.dates.is_empty() {
            // a date multiplies the odds of few parties: they are looked at by their dates
            let lifted = Scale::of_listing(ratio(most * MOST_OF_OTHER_DATE / EVEN), query.total);
            for row in self.born(query, asking, &words, &lifted) {
                look(row, scratch);
            }
        }
        self.unload(scratch);
    }

    fn load(&self, query: &Query<'_>, scratch: &mut Scratch) {
        if scratch.heads.len() < self.parties.terms.len() {
            scratch.heads.resize(self.parties.terms.len(), 0);
        }
        for (j, word) in query.words.iter().enumerate() {
            for like in &word.likes {
                scratch.file(like.term, j, 1, query.tokens[j].weight, like.likeness.share);
            }
        }
        for group in &query.together {
            for &term in &group.terms {
                scratch.file(term, group.at, group.span, group.weight.min(JOINED_CAP), group.share);
            }
        }
    }

    fn unload(&self, scratch: &mut Scratch) {
        for &term in &scratch.touched {
            scratch.heads[term as usize] = 0;
        }
        scratch.touched.clear();
        scratch.entries.clear();
    }

    /// What the lists of a word can give, whatever the party's word weighs between its bounds.
    fn word(&self, query: &Query<'_>, j: usize, scale: &Scale, scratch: &mut Scratch) -> Word {
        let token = query.tokens[j];
        let mut readings: Vec<Reading> = Vec::with_capacity(query.words[j].likes.len());
        for like in query.words[j].likes.iter().filter(|like| like.rows() > 0) {
            let (low, high) = self.weigh(like.term, scratch);
            let gain = |weight: u16| {
                let edge = single(0, Weighted { class: class(like.class), weight }, 0, token, like.likeness);
                scale.gain(edge.weight, edge.share, edge.listed_cover)
            };
            let gain = gain(low).max(gain(high));
            if gain > 0 {
                readings.push(Reading { gain, from: like.rows_from, to: like.rows_to, so_far: 0 });
            }
        }
        readings.sort_unstable_by(|a, b| b.gain.cmp(&a.gain).then(a.from.cmp(&b.from)));
        let mut so_far = 0_u32;
        for reading in &mut readings {
            so_far = so_far.saturating_add(reading.to.saturating_sub(reading.from) + LIST);
            reading.so_far = so_far;
        }
        // an initial agrees with any word that begins so, and no list holds those
        let unlisted = if token.class == Class::Initial {
            let gain = scale.gain(token.weight, INITIAL, token.weight).max(scale.gain(0, INITIAL, token.weight));
            (gain, i64::from(token.weight) * i64::from(INITIAL))
        } else {
            (0, 0)
        };
        Word { weight: i64::from(token.weight), readings: readings.into(), unlisted }
    }

    /// Rows that can reach a ratio by the listing's initials alone.
    fn by_initials(&self, query: &Query<'_>, scale: &Scale) -> Vec<u32> {
        let (mut low, mut high) = (0, query.total);
        while low < high {
            let middle = (low + high) / 2;
            if scale.best_case(middle * i64::from(FULL), query.total - middle) >= scale.ratio {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let mut by_letter = [0_i64; 32];
        for (token, &term) in query.tokens.iter().zip(query.terms) {
            let bits = self.lists.terms.get(term as usize).map_or(0, |t| t.initials);
            if token.class == Class::Initial {
                (0..32).filter(|l| bits >> l & 1 == 1).for_each(|l| by_letter[l] += i64::from(token.weight));
            }
        }
        let weight = |initials: u32| (0..32).filter(|l| initials >> l & 1 == 1).map(|l| by_letter[l]).sum::<i64>();
        let rows = (0..).zip(self.parties.row_initials);
        rows.filter(|(_, initials)| (weight(**initials)) >= low.max(1)).map(|(row, _)| row).collect()
    }

    /// Rows that a date may lift: of the same day, and of the same years that share a word.
    fn born(&self, query: &Query<'_>, asking: &Asking<'_>, words: &[Word], lifted: &Scale) -> Vec<u32> {
        let dates = asking.said.dates.iter().filter_map(crate::index::date_of);
        let (mut parties, mut years, mut all_are_days) = (self.parties.long_spans.to_vec(), Vec::new(), true);
        for born in dates {
            if born.is_day() {
                parties.extend_from_slice(self.parties.born_on(born.earliest()));
            }
            all_are_days &= born.is_day();
            let (from, to) = born.widened();
            years.extend(from.year()..=to.year());
        }
        years.sort_unstable();
        years.dedup();
        let kinds = if all_are_days { &[false][..] } else { &[false, true] };
        let unlisted: i64 = words.iter().map(|w| w.unlisted.1).sum();
        let covered: i64 = words.iter().filter(|w| w.unlisted.1 > 0).map(|w| w.weight).sum();
        let mut rows = Vec::new();
        if lifted.best_case(unlisted, query.total - covered) >= lifted.ratio {
            for &year in &years {
                parties.extend_from_slice(self.parties.born_about(year));
                if !all_are_days {
                    parties.extend_from_slice(self.parties.born_on_days_of(year));
                }
            }
        } else {
            let likes = query.words.iter().flat_map(|word| word.likes.iter().map(|like| like.term));
            for term in likes.chain(query.together.iter().flat_map(|group| group.terms.iter().copied())) {
                for &year in &years {
                    kinds.iter().for_each(|&days| rows.extend(self.parties.born_with(term, year, days)));
                }
            }
        }
        parties.sort_unstable();
        parties.dedup();
        rows.extend(parties.into_iter().flat_map(|party| self.parties.rows_of_listing(party)));
        rows
    }
}

impl Scratch {
    fn file(&mut self, term: u32, at: usize, span: usize, weight: u16, share: u16) {
        if let Some(head) = self.heads.get_mut(term as usize) {
            if *head == 0 {
                self.touched.push(term);
            }
            // at most MAX_TOKENS and MAX_JOINED: they fit a byte
            self.entries.push(Entry { at: at as u8, span: span as u8, weight, share, next: *head });
            *head = self.entries.len() as u32;
        }
    }
}

/// A term as likeness sees it.
fn seen<'a>(view: &View<'a>, term: u32) -> TokenView<'a> {
    view.token(term)
}
