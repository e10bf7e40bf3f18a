//! Whom a date may lift: a date multiplies the odds of few parties, which are looked at by their dates.
//!
//! Promises: every row is named that can reach the threshold only because a date agrees.
//!
//! Not here: what a date does to the odds (`record`), rows found by name (`query`).

use super::query::{Ask, Askings, Query, scale};
use super::{Reverse, Scratch};
use crate::index::{date_of, term_year};
use crate::plan::{Scale, Word};
use crate::record::MOST_OF_OTHER_DATE;

/// Looking a word and a year up costs as much as looking at this many rows.
const LOOK_UP: u64 = 2;

/// Of the rows that carry a word, one in so many is of a given year.
const YEARS: u64 = 60;

impl Reverse<'_> {
    /// Rows that a date may lift: of the same day, and of the same years that share a word.
    pub(super) fn born(&self, query: &Query<'_>, asking: &Askings<'_>, scratch: &mut Scratch, rows: &mut Vec<u32>) {
        for (k, ask) in query.asks.iter().enumerate() {
            let Some(said) = asking.get(ask.side).and_then(Option::as_ref) else { continue };
            if !said.counts[0] || said.said.dates.is_empty() {
                continue;
            }
            let dates = said.said.dates.iter().filter_map(date_of);
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
            let lifted = scale(ask, asking, MOST_OF_OTHER_DATE);
            if ask.lists_suffice(&lifted) {
                let kinds = if all_are_days { &[false][..] } else { &[false, true] };
                let terms = self.terms_needed(query, k, &lifted, scratch);
                let mut hashes = std::mem::take(&mut scratch.hashes);
                hashes.clear();
                let of_year = |term: u32, year: i16| kinds.iter().map(move |&days| term_year(term, year, days));
                let of_term = |term: u32| years.iter().flat_map(move |&year| of_year(term, year));
                hashes.extend(terms.into_iter().flat_map(of_term));
                self.parties.born_with_any(&hashes, rows);
                scratch.hashes = hashes;
            } else {
                for &year in &years {
                    parties.extend_from_slice(self.parties.born_about(year));
                    if !all_are_days {
                        parties.extend_from_slice(self.parties.born_on_days_of(year));
                    }
                }
            }
            parties.sort_unstable();
            parties.dedup();
            rows.extend(parties.into_iter().flat_map(|party| self.parties.rows_of_listing(party)));
        }
    }

    /// Terms of which every row that reaches a scale's ratio has one: as in a plan, words whose gains together
    /// do not suffice are left out, the costliest first.
    fn terms_needed(&self, query: &Query<'_>, k: usize, scale: &Scale, scratch: &mut Scratch) -> Vec<u32> {
        let mut terms: Vec<u32> = query.together.iter().flat_map(|group| group.terms.iter().copied()).collect();
        let Some(ask) = query.asks.get(k) else { return terms };
        let words: Vec<Word> = (0..ask.tokens.len()).map(|j| self.word_of(query, ask, j, scale, scratch)).collect();
        let cost = |word: &Word| -> u64 {
            word.readings.iter().map(|r| LOOK_UP + u64::from(r.to.saturating_sub(r.from)) / YEARS).sum()
        };
        let mut order: Vec<(u64, usize)> = words.iter().enumerate().map(|(j, word)| (cost(word), j)).collect();
        order.sort_unstable_by(|a, b| b.cmp(a));
        let mut left_out: i64 = words.iter().map(|word| word.unlisted.0).sum();
        for (_, j) in order {
            let (own, most) = (words[j].unlisted.0, words[j].readings.first().map_or(0, |r| r.gain));
            if left_out - own + most.max(own) < scale.need() {
                left_out += most.max(own) - own;
            } else {
                terms.extend(query.words[j].likes.iter().map(|like| like.term));
            }
        }
        terms
    }

    fn word_of(&self, query: &Query<'_>, ask: &Ask<'_>, j: usize, scale: &Scale, scratch: &mut Scratch) -> Word {
        let likes = query.words[j].likes.iter().filter(|like| like.rows() > 0);
        let readings = likes.map(|like| {
            let gain = self.gain(ask, j, like, scale, self.weigh(ask.side, like.term, scratch));
            crate::plan::Reading { gain, from: like.rows_from, to: like.rows_to, so_far: 0 }
        });
        let mut readings: Vec<_> = readings.collect();
        readings.sort_unstable_by_key(|reading| std::cmp::Reverse(reading.gain));
        Word { weight: i64::from(ask.tokens[j].weight), readings: readings.into(), unlisted: ask.unlisted(j, scale) }
    }
}
