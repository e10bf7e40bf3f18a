//! One name that asks: which rows of parties can reach the threshold against it.
//!
//! Promises: every row at or above the threshold of either side that asks is looked at.
//!
//! Not here: the bound of a row (`bound`), dates (`born`), what words mean (`words`, `joins`).

use std::sync::Arc;

use interdict_names::analyse::{Class, Sort};
use interdict_names::likeness::INITIAL;
use interdict_names::similar::FULL;

use super::joins::{JOINED_CAP, Together, Windows};
use super::words::Meant;
use super::{Asking, Entry, Reverse, Scratch};
use crate::edges::{Weighted, single};
use crate::expand::{Like, touch};
use crate::index::class;
use crate::name_score::least_ratio;
use crate::plan::{LIST, Reading, Scale, Word, plan};
use crate::record::{EVEN, Factor, MOST_WITHOUT_DATE, floor};

/// One form of one name of a listing, as one side has it.
pub struct Ask<'a> {
    /// Which side.
    pub side: usize,
    /// Sort of name.
    pub sort: Sort,
    /// Its terms in that side's index.
    pub terms: &'a [u32],
    /// Their classes and weights there.
    pub tokens: Vec<Weighted>,
    /// What they weigh together.
    pub total: i64,
}

/// A name that asks, for one side or for both.
pub struct Query<'a> {
    /// One, or two of the same words.
    pub asks: Vec<Ask<'a>>,
    /// What its words mean among the parties.
    pub words: Vec<Arc<Meant>>,
    /// Its words that parties write as one.
    pub together: Vec<Together>,
    /// The rows that write one of its words as several.
    pub windows: Windows,
}

/// Both sides of what can ask.
pub type Askings<'a> = [Option<Asking<'a>>; 2];

impl Ask<'_> {
    /// What neighbouring words weigh together, as an edge has it.
    pub fn joined_weight(&self, at: usize, span: usize) -> u16 {
        let group = self.tokens.get(at..at + span).unwrap_or(&[]);
        group.iter().fold(0_u16, |sum, t| sum.saturating_add(t.weight))
    }

    /// The most that agrees without standing in a list: an initial agrees with any word that begins so.
    pub fn unlisted(&self, j: usize, scale: &Scale) -> (i64, i64) {
        match self.tokens.get(j) {
            Some(token) if token.class == Class::Initial => {
                let gain = |weight| scale.gain(weight, INITIAL, token.weight);
                (gain(token.weight).max(gain(0)), i64::from(token.weight) * i64::from(INITIAL))
            }
            Some(_) | None => (0, 0),
        }
    }

    /// Whether lists hold every row that can reach a scale's ratio.
    pub fn lists_suffice(&self, scale: &Scale) -> bool {
        let unlisted: Vec<(i64, i64)> = (0..self.tokens.len()).map(|j| self.unlisted(j, scale)).collect();
        let covered: i64 = self.tokens.iter().filter(|t| t.class == Class::Initial).map(|t| i64::from(t.weight)).sum();
        unlisted.iter().map(|u| u.0).sum::<i64>() < scale.need()
            || scale.best_case(unlisted.iter().map(|u| u.1).sum(), self.total - covered) < scale.ratio
    }
}

impl<'a> Reverse<'a> {
    pub(super) fn query(&self, first: Ask<'a>, both: Option<Ask<'a>>, scratch: &mut Scratch) -> Query<'a> {
        let words = first.terms.iter().map(|&term| self.meant(first.side, term, first.sort, scratch)).collect();
        let together = self.together(&first);
        let windows = self.windows(&first, scratch);
        Query { asks: [Some(first), both].into_iter().flatten().collect(), words, together, windows }
    }

    /// Finds the parties that can reach the threshold.
    pub(super) fn run(&self, query: &Query<'_>, asking: &Askings<'_>, scratch: &mut Scratch, found: &mut Vec<u32>) {
        self.load(query, scratch);
        let scales: Vec<Scale> = query.asks.iter().map(|ask| scale(ask, asking, EVEN)).collect();
        let Some(scale) = scales.first() else { return };
        let words: Vec<Word> = (0..query.words.len()).map(|j| self.word(query, j, &scales, scratch)).collect();
        let plan = plan(&words, scale, self.parties.rows.len());
        for (ask, scale) in query.asks.iter().zip(&scales) {
            if !ask.lists_suffice(scale) {
                let rows = self.by_initials(ask, scale);
                self.look(query, asking, &rows, scratch, found);
            }
        }
        let mut reads: Vec<(&[u32], u8)> = Vec::with_capacity(64);
        for (j, (word, &rest)) in words.iter().zip(&plan.rest).enumerate() {
            let readings = word.readings.iter().take_while(|reading| reading.gain > rest);
            reads.extend(readings.map(|r| (self.parties.rows_at(r.from..r.to), plan.adds(scale, j, r.gain))));
        }
        for group in &query.together {
            reads.extend(group.terms.iter().map(|&term| {
                let gain = self.most(
                    query,
                    &scales,
                    scratch,
                    |ask, scale, (low, high)| {
                        let total = ask.joined_weight(group.at, group.span);
                        let gain = |weight: u16| scale.gain(weight.min(total).min(JOINED_CAP), group.share, total);
                        gain(low).max(gain(high))
                    },
                    term,
                );
                (self.parties.rows_of(term), scale.steps(gain))
            }));
        }
        touch(reads.iter().map(|(rows, _)| rows.first().copied().unwrap_or(0)));
        scratch.tally.begin(self.parties.rows.len());
        reads.iter().for_each(|(rows, steps)| scratch.tally.add(rows, *steps, plan.bar));
        reads.iter().for_each(|(rows, _)| scratch.tally.forget(rows));
        let reached = scratch.tally.reached();
        self.look(query, asking, &reached, scratch, found);
        scratch.tally.give_back(reached);
        let mut rows = std::mem::take(&mut scratch.rows);
        rows.clear();
        rows.extend(query.windows.rows());
        self.born(query, asking, scratch, &mut rows);
        rows.sort_unstable();
        rows.dedup();
        self.look(query, asking, &rows, scratch, found);
        scratch.rows = rows;
        self.unload(scratch);
    }

    fn load(&self, query: &Query<'_>, scratch: &mut Scratch) {
        if scratch.heads.len() < self.parties.terms.len() {
            scratch.heads.resize(self.parties.terms.len(), 0);
        }
        let weights = |of: &dyn Fn(&Ask<'_>) -> u16| [0, 1].map(|k| query.asks.get(k).map_or(0, of));
        for (j, word) in query.words.iter().enumerate() {
            let weights = weights(&|ask| ask.tokens[j].weight);
            word.likes.iter().for_each(|like| scratch.file(like.term, (j, 1), weights, like.likeness.share));
        }
        for group in &query.together {
            let weights = weights(&|ask| ask.joined_weight(group.at, group.span).min(JOINED_CAP));
            group.terms.iter().for_each(|&term| scratch.file(term, (group.at, group.span), weights, group.share));
        }
    }

    fn unload(&self, scratch: &mut Scratch) {
        for &term in &scratch.touched {
            scratch.heads[term as usize] = 0;
        }
        scratch.touched.clear();
        scratch.entries.clear();
    }

    /// The most that a term of the parties gives any of those that ask, in the first one's scale.
    fn most(
        &self,
        query: &Query<'_>,
        scales: &[Scale],
        scratch: &mut Scratch,
        gain: impl Fn(&Ask<'_>, &Scale, (u16, u16)) -> i64,
        term: u32,
    ) -> i64 {
        let mut most = 0;
        for (ask, scale) in query.asks.iter().zip(scales) {
            let gain = gain(ask, scale, self.weigh(ask.side, term, scratch));
            most = most.max(scales.first().map_or(gain, |first| first.of_other(scale, gain)));
        }
        most
    }

    /// The most that a like term gives, whatever the party's word weighs between its bounds.
    pub(super) fn gain(&self, ask: &Ask<'_>, j: usize, like: &Like, scale: &Scale, weighs: (u16, u16)) -> i64 {
        let gain = |weight: u16| {
            let edge = single(0, Weighted { class: class(like.class), weight }, 0, ask.tokens[j], like.likeness);
            scale.gain(edge.weight, edge.share, edge.listed_cover)
        };
        gain(weighs.0).max(gain(weighs.1))
    }

    /// What the lists of a word can give.
    pub(super) fn word(&self, query: &Query<'_>, j: usize, scales: &[Scale], scratch: &mut Scratch) -> Word {
        let likes = &query.words[j].likes;
        let mut readings: Vec<Reading> = Vec::with_capacity(likes.len());
        for like in likes.iter().filter(|like| like.rows() > 0) {
            let of = |ask: &Ask<'_>, scale: &Scale, weighs| self.gain(ask, j, like, scale, weighs);
            let gain = self.most(query, scales, scratch, of, like.term);
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
        // initials never ask together: the first is the only one
        let first = query.asks.first().zip(scales.first());
        let (weight, unlisted) =
            first.map_or((0, (0, 0)), |(ask, scale)| (i64::from(ask.tokens[j].weight), ask.unlisted(j, scale)));
        Word { weight, readings: readings.into(), unlisted }
    }

    /// Rows that can reach a ratio by the listing's initials alone.
    fn by_initials(&self, ask: &Ask<'_>, scale: &Scale) -> Vec<u32> {
        let (mut low, mut high) = (0, ask.total);
        while low < high {
            let middle = (low + high) / 2;
            if scale.best_case(middle * i64::from(FULL), ask.total - middle) >= scale.ratio {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let mut by_letter = [0_i64; 32];
        for (token, &term) in ask.tokens.iter().zip(ask.terms) {
            let meta = self.sides.get(ask.side).and_then(|side| side.lists.terms.get(term as usize));
            let bits = meta.map_or(0, |t| t.initials);
            if token.class == Class::Initial {
                (0..32).filter(|l| bits >> l & 1 == 1).for_each(|l| by_letter[l] += i64::from(token.weight));
            }
        }
        let weight = |initials: u32| (0..32).filter(|l| initials >> l & 1 == 1).map(|l| by_letter[l]).sum::<i64>();
        let rows = (0..).zip(self.parties.row_initials);
        rows.filter(|(_, initials)| (weight(**initials)) >= low.max(1)).map(|(row, _)| row).collect()
    }
}

/// The scale of a name that asks, where a date multiplies the odds by so much.
pub fn scale(ask: &Ask<'_>, asking: &Askings<'_>, lift: Factor) -> Scale {
    let asking = asking.get(ask.side).and_then(Option::as_ref);
    let most = match asking {
        Some(asking) if asking.counts[1] && !asking.said.countries.is_empty() => MOST_WITHOUT_DATE,
        Some(_) | None => EVEN,
    };
    let least = asking.map_or(0, |asking| asking.least);
    Scale::of_listing(least_ratio(floor(least / 10_000, most * lift / EVEN)), ask.total)
}

impl Scratch {
    fn file(&mut self, term: u32, (at, span): (usize, usize), weights: [u16; 2], share: u16) {
        if let Some(head) = self.heads.get_mut(term as usize) {
            if *head == 0 {
                self.touched.push(term);
            }
            // at most MAX_TOKENS and MAX_JOINED: they fit a byte
            self.entries.push(Entry { at: at as u8, span: span as u8, weights, share, next: *head });
            *head = self.entries.len() as u32;
        }
    }
}
