//! One form of one name of the party against the index: reads lists, tallies rows, looks at those
//! that can reach the threshold and keeps the best of each listing.
//!
//! Promises: every row at or above what is asked for is laid out; work is counted as it is done,
//! and a party that needs more than [`scratch::MOST_WORK`] is an error.
//!
//! Not here: which lists are read (`plan`), bounds and scores (`name_score`), records (`record`).

mod listings;
mod row;
mod scratch;

use std::ops::Range;

use interdict_model::PartialDate;
use interdict_names::analyse::Class;
use interdict_names::likeness::INITIAL;
use interdict_names::similar::FULL;

pub(crate) use listings::{Kinds, Listings, Reach};
pub use row::relation;
pub(crate) use scratch::Best;
pub use scratch::Scratch;

use crate::edges::joined;
use crate::expand::touch;
use crate::index::{NotDone, Row, View};
use crate::name_score::{best_case, least_ratio};
use crate::own::Own;
use crate::plan::{Plan, Scale, Word, plan};
use crate::policy::WeakAliases;
use crate::query::QueryForm;
use crate::record::{EVEN, MOST_OF_OTHER_DATE, Record, floor};

/// Work of a row that is looked at.
const ROW: u64 = 30;

/// One form of one name against the index.
pub(crate) struct Pass<'a> {
    pub(crate) view: &'a View<'a>,
    pub(crate) own: &'a Own,
    pub(crate) weak_aliases: WeakAliases,
    pub(crate) form: &'a QueryForm,
    pub(crate) index: usize,
    pub(crate) kinds: Kinds,
    pub(crate) threshold: i64,
    pub(crate) record: &'a Record,
    pub(crate) listings: &'a Listings,
}

impl Pass<'_> {
    pub(crate) fn run(&self, scratch: &mut Scratch, reach: Reach) -> Result<(), NotDone> {
        let done = match reach {
            Reach::Planned => self.planned(scratch),
            Reach::Everything => self.all_rows(scratch),
            Reach::Listing(only) => self.rows_of(only, 0, true, scratch),
            Reach::Named => self.listings.named.iter().try_for_each(|&only| self.rows_of(only, 0, true, scratch)),
        };
        scratch.unload();
        done
    }

    fn planned(&self, scratch: &mut Scratch) -> Result<(), NotDone> {
        let least = least_ratio(floor(self.threshold, self.record.most_without_date()));
        let total = self.form.tokens.iter().map(|t| i64::from(t.weight)).sum();
        let scale = Scale::new(least, total);
        let words: Vec<Word> = (0..self.form.tokens.len()).map(|i| self.word(i, &scale)).collect();
        let plan = plan(&words, &scale, self.view.rows.len());
        if !plan.suffices {
            self.by_initials(total, least, scratch)?;
        }
        self.listed_words(&words, &plan, &scale, least, scratch)?;
        // rows that write one of the party's words as several: their bound knows nothing of it
        scratch.rows.clear(self.view.rows.len());
        for token in &self.form.form.tokens {
            for spelling in &token.latin {
                for row in self.view.rows_joined(spelling) {
                    if scratch.rows.first(row) {
                        self.row(row, least, true, scratch)?;
                    }
                }
            }
        }
        if !self.record.births().is_empty() {
            self.born(&words, total, scratch)?;
        }
        for &listing in &self.listings.by_identifier {
            self.rows_of(listing, 0, true, scratch)?;
        }
        Ok(())
    }

    /// Looks at what a date may lift over the threshold: the listings of the same day, and those of
    /// the same years that share a word with the party. The bar is not lowered for all others.
    fn born(&self, words: &[Word], total: i64, scratch: &mut Scratch) -> Result<(), NotDone> {
        for &listing in self.listings.same_day.iter().chain(self.view.long_spans) {
            self.lifted(listing, self.view.rows_of_listing(listing), scratch)?;
        }
        // a listing that shares no listed word agrees in initials at most
        let unlisted: i64 = words.iter().map(|w| w.unlisted.1).sum();
        let covered: i64 = words.iter().filter(|w| w.unlisted.1 > 0).map(|w| w.weight).sum();
        if best_case(unlisted, total - covered) >= self.lifted_by(MOST_OF_OTHER_DATE) {
            return self
                .listings
                .same_years(self.view, self.record)
                .iter()
                .try_for_each(|&listing| self.lifted(listing, self.view.rows_of_listing(listing), scratch));
        }
        let all_are_days = self.record.births().iter().all(PartialDate::is_day);
        let likes = self.form.singles.iter().flat_map(|expansion| &expansion.likes);
        let joined = self.form.joined.iter().flat_map(|(_, _, likes)| likes);
        scratch.rows.clear(self.view.rows.len());
        let mut found = std::mem::take(&mut scratch.passed);
        found.clear();
        // two days that are not the same speak against each other
        let kinds = if all_are_days { &[false][..] } else { &[false, true] };
        for like in likes.chain(joined).filter(|like| like.rows() > 0) {
            for &year in &self.listings.years {
                for &days in kinds {
                    found.extend(self.view.born_with(like.term, year, days));
                }
            }
        }
        found.retain(|&row| scratch.rows.first(row));
        touch(found.iter().map(|&row| self.view.listing_of_row(row)));
        let years = self.listings.years.len() as u64;
        let likes: usize = self.form.singles.iter().map(|expansion| expansion.likes.len()).sum();
        let done = scratch.work.spend(ROW * (years * likes as u64 + found.len() as u64)).and_then(|()| {
            found.iter().try_for_each(|&row| self.lifted(self.view.listing_of_row(row), row..row + 1, scratch))
        });
        scratch.passed = found;
        done
    }

    /// The ratio that suffices if a date multiplies the odds by so much.
    fn lifted_by(&self, lift: i64) -> i64 {
        least_ratio(floor(self.threshold, self.record.most_without_date() * lift / EVEN))
    }

    /// Looks at rows of a listing under the bar that its date allows.
    fn lifted(&self, listing: u32, mut rows: Range<u32>, scratch: &mut Scratch) -> Result<(), NotDone> {
        let lift = self.record.lift_of_date(self.view, listing);
        if lift <= EVEN {
            return Ok(());
        }
        let bar = self.lifted_by(lift);
        rows.try_for_each(|row| self.row(row, bar, false, scratch))
    }

    /// What the lists of a word can give.
    fn word(&self, i: usize, scale: &Scale) -> Word {
        let token = self.form.tokens[i];
        let readings = self.form.singles[i].readings(token, scale);
        // the party's initials agree with any name that begins so, and no list holds those; lists hold initials
        let unlisted = if token.class == Class::Initial {
            (scale.gain(token.weight, INITIAL, token.weight), i64::from(token.weight) * i64::from(INITIAL))
        } else {
            (0, 0)
        };
        Word { weight: i64::from(token.weight), readings, unlisted }
    }

    /// Reads lists and looks at the rows that reach the bar.
    fn listed_words(
        &self,
        words: &[Word],
        plan: &Plan,
        scale: &Scale,
        least: i64,
        scratch: &mut Scratch,
    ) -> Result<(), NotDone> {
        // what is read, and what it adds: listed first, so that memory answers for many lists at once
        let mut reads: Vec<(&[u32], u8)> = Vec::with_capacity(64);
        for (i, (word, &rest)) in words.iter().zip(&plan.rest).enumerate() {
            let readings = word.readings.iter().take_while(|reading| reading.gain > rest);
            reads.extend(readings.map(|r| (self.view.rows_at(r.from..r.to), plan.adds(scale, i, r.gain))));
        }
        for (at, n, likes) in &self.form.joined {
            let group = &self.form.tokens[*at..at + n];
            reads.extend(likes.iter().map(|like| {
                let edge = joined(*at, group, 0, &[like.weighted()], like.likeness.share, like.likeness.relation);
                let gain = scale.gain(edge.weight, edge.share, edge.party_cover);
                (self.view.rows_at(like.rows_from..like.rows_to), scale.steps(gain))
            }));
        }
        touch(reads.iter().map(|(rows, _)| rows.first().copied().unwrap_or(0)));
        scratch.tally.begin(self.view.rows.len());
        let mut read = 0;
        for (rows, steps) in &reads {
            scratch.tally.add(rows, *steps, plan.bar);
            read += rows.len() as u64;
        }
        for (rows, _) in &reads {
            scratch.tally.forget(rows);
        }
        scratch.work.spend(read * 2)?;
        let reached = scratch.tally.reached();
        let mut passed = std::mem::take(&mut scratch.passed);
        scratch.work.spend(ROW * reached.len() as u64)?;
        if !reached.is_empty() {
            scratch.load(self.view, self.form);
        }
        passed.clear();
        let rows = reached.iter().filter_map(|&row| Some((row, self.view.rows.get(row as usize)?)));
        let rows: Vec<(u32, &Row)> = rows.filter(|(_, meta)| self.concerns(meta)).collect();
        let heads = &scratch.heads;
        touch(rows.iter().map(|(_, meta)| self.view.terms_of(meta).first().copied().unwrap_or(0)));
        touch(
            rows.iter()
                .flat_map(|(_, meta)| self.view.terms_of(meta))
                .map(|&t| heads.get(t as usize).copied().unwrap_or(0)),
        );
        let may_reach = rows.iter().filter(|(row, meta)| self.bound(*row, meta, scratch) >= least);
        passed.extend(may_reach.map(|(row, _)| row));
        scratch.tally.give_back(reached);
        let done = passed.iter().try_for_each(|&row| self.compare(row, scratch));
        scratch.passed = passed;
        done
    }

    fn all_rows(&self, scratch: &mut Scratch) -> Result<(), NotDone> {
        (0..self.view.rows.len() as u32).try_for_each(|row| self.row(row, 0, true, scratch))
    }

    /// Looks at the rows that can reach the ratio by the party's initials alone: no list holds them.
    fn by_initials(&self, total: i64, least: i64, scratch: &mut Scratch) -> Result<(), NotDone> {
        // each initial as if it agreed with a whole word of the same weight; more never says less
        let (mut low, mut high) = (0, total);
        while low < high {
            let middle = (low + high) / 2;
            if best_case(middle * i64::from(FULL), total - middle) >= least {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let mut by_letter = [0_i64; 32];
        let mut letters = 0;
        for (token, &bits) in self.form.tokens.iter().zip(&self.form.initials) {
            if token.class == Class::Initial {
                letters |= bits;
                (0..32).filter(|letter| bits >> letter & 1 == 1).for_each(|l| by_letter[l] += i64::from(token.weight));
            }
        }
        scratch.work.spend(2 * self.view.row_initials.len() as u64)?;
        for (row, &initials) in (0..).zip(self.view.row_initials) {
            let mut shared = initials & letters;
            let mut weight = 0;
            while shared != 0 {
                weight += by_letter[shared.trailing_zeros() as usize];
                shared &= shared - 1;
            }
            if weight >= low && weight > 0 {
                self.row(row, least, false, scratch)?;
            }
        }
        Ok(())
    }

    fn rows_of(&self, listing: u32, least: i64, surely: bool, scratch: &mut Scratch) -> Result<(), NotDone> {
        self.view.rows_of_listing(listing).try_for_each(|row| self.row(row, least, surely, scratch))
    }

    /// Looks at a row: bounds it, lays it out, keeps it if it is the listing's best.
    fn row(&self, row: u32, least: i64, surely: bool, scratch: &mut Scratch) -> Result<(), NotDone> {
        scratch.work.spend(ROW)?;
        let Some(meta) = self.view.rows.get(row as usize) else { return Ok(()) };
        if !(self.concerns(meta) || surely && meta.sort() == self.form.sort as u8) {
            return Ok(());
        }
        scratch.load(self.view, self.form);
        if !surely && self.bound(row, meta, scratch) < least {
            return Ok(());
        }
        self.compare(row, scratch)
    }
}
