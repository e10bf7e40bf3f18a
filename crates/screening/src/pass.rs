//! One form of one name of the party against the index: reads lists, tallies rows, looks at those
//! that can reach the threshold and keeps the best of each listing.
//!
//! Promises: every row at or above what is asked for is laid out; work is counted as it is done,
//! and a party that needs more than [`MOST_WORK`] is an error.
//!
//! Not here: which lists are read (`plan`), bounds and scores (`name_score`), records (`record`).

use std::ops::Range;

use interdict_model::{Kind, NameQuality, PartialDate};
use interdict_names::analyse::Class;
use interdict_names::likeness::{INITIAL, Likeness, Relation};
use interdict_names::similar::FULL;
use rustc_hash::FxHashMap;

use crate::edges::{Likenesses, MAX_JOINED, Weighted, edges, joined};
use crate::expand::{Marks, Seen, touch};
use crate::index::{NotDone, Row, View, class};
use crate::matching::{Edge, Layout, Search, lay_out};
use crate::name_score::{Left, at_most, best_case, calibrated, least_ratio, name_score};
use crate::own::Own;
use crate::plan::{Plan, Scale, Word, plan};
use crate::policy::WeakAliases;
use crate::query::{Cache, QueryForm};
use crate::record::{EVEN, MOST_OF_OTHER_DATE, Record, floor};
use crate::tally::Tally;

/// Work that one party may need, in about nanoseconds of a quiet core: half of the 50 ms that no
/// party may take, as machines are seldom quiet. Ordinary parties need some ten thousand.
pub const MOST_WORK: u64 = 25_000_000;

/// Work of a row that is looked at.
const ROW: u64 = 30;

/// Work of a pair of words that is laid out, and of a step of the search for the best layout.
const PAIR: u64 = 80;
const STEP: u64 = 15;

/// A weak alias that agrees is supporting evidence: its score is held at nine tenths.
const WEAK_ALIAS: (i64, i64) = (9, 10);

/// Two names in one run-on script that only sound alike: the letters differ, and letters are
/// what the name is. Equal sounds may be two writings of one name.
const SOUNDS_ALIKE: (i64, i64) = (60, 100);
const SOUNDS_EQUAL: (i64, i64) = (85, 100);

/// Working memory of one thread; reused between parties.
#[derive(Default)]
pub struct Scratch {
    pub(crate) cache: Cache,
    pub(crate) marks: Marks,
    heads: Vec<u32>,
    entries: Vec<Entry>,
    touched: Vec<u32>,
    tally: Tally,
    rows: Seen,
    passed: Vec<u32>,
    search: Search,
    edges: Vec<Edge>,
    listed: Vec<Weighted>,
    pub(crate) best: FxHashMap<u32, Best>,
    /// The best among names that are not weak aliases; kept only where a policy asks for it.
    pub(crate) best_strong: FxHashMap<u32, Best>,
    work: Work,
}

/// What was done for the party so far, and the most there may be.
#[derive(Clone, Copy, Default)]
struct Work {
    done: u64,
    most: u64,
}

impl Work {
    fn spend(&mut self, work: u64) -> Result<(), NotDone> {
        self.done = self.done.saturating_add(work);
        if self.done > self.most {
            return Err(NotDone::TooLarge("too many names are too like it to tell apart".into()));
        }
        Ok(())
    }
}

/// A term's likeness to some of the party's tokens.
#[derive(Clone, Copy)]
struct Entry {
    at: u8,
    span: u8,
    /// Weight of those tokens together.
    weight: u16,
    likeness: Likeness,
    next: u32,
}

/// The best name of a listing so far.
#[derive(Clone, Copy)]
pub(crate) struct Best {
    pub(crate) score: i64,
    pub(crate) form: usize,
    pub(crate) row: u32,
}

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
    fn same_years(&self, view: &View<'_>, record: &Record) -> Vec<u32> {
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

impl Scratch {
    /// Forgets the last party. Looking at everything is asked for by tests and by `explain`, which
    /// take the time it takes.
    pub(crate) fn begin(&mut self, reach: Reach) {
        self.best.clear();
        self.best_strong.clear();
        let most = if reach == Reach::Planned { MOST_WORK } else { u64::MAX };
        self.work = Work { done: 0, most };
    }

    /// Files a form's expansions by term, once.
    fn load(&mut self, view: &View<'_>, form: &QueryForm) {
        if !self.touched.is_empty() {
            return;
        }
        if self.heads.len() < view.terms.len() {
            self.heads.resize(view.terms.len(), 0);
        }
        for (i, likes) in form.singles.iter().enumerate() {
            for like in &likes.likes {
                self.file(like.term, i, &form.tokens[i..=i], like.likeness);
            }
        }
        for (i, n, likes) in &form.joined {
            for like in likes {
                self.file(like.term, *i, &form.tokens[*i..i + n], like.likeness);
            }
        }
    }

    fn file(&mut self, term: u32, at: usize, tokens: &[Weighted], likeness: Likeness) {
        if let Some(head) = self.heads.get_mut(term as usize) {
            if *head == 0 {
                self.touched.push(term);
            }
            // at most MAX_TOKENS and MAX_JOINED: they fit a byte
            let weight = tokens.iter().fold(0_u16, |sum, t| sum.saturating_add(t.weight));
            self.entries.push(Entry { at: at as u8, span: tokens.len() as u8, weight, likeness, next: *head });
            *head = self.entries.len() as u32;
        }
    }

    fn unload(&mut self) {
        for &term in &self.touched {
            self.heads[term as usize] = 0;
        }
        self.touched.clear();
        self.entries.clear();
    }
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

    /// Whether a row is a name of the sort and of a kind that the party's may be.
    fn concerns(&self, meta: &Row) -> bool {
        meta.sort() == self.form.sort as u8 && self.kinds.allow(meta.kind())
    }

    /// Lays a row out and keeps it if it is the listing's best.
    fn compare(&self, row: u32, scratch: &mut Scratch) -> Result<(), NotDone> {
        let Some(meta) = self.view.rows.get(row as usize) else { return Ok(()) };
        let name = self.view.names.get(meta.name as usize);
        let is_weak = name.is_some_and(|n| n.quality == NameQuality::Weak as u32);
        if is_weak && self.weak_aliases == WeakAliases::Ignored {
            return Ok(());
        }
        scratch.work.spend(PAIR * (self.form.tokens.len() * self.view.terms_of_row(row).len()) as u64)?;
        let layout = self.lay_out(row, scratch);
        let mut score = name_score(&layout, &scratch.edges, &self.form.tokens, &scratch.listed);
        if is_weak {
            score = score * WEAK_ALIAS.0 / WEAK_ALIAS.1;
        }
        let form = &self.form.form;
        let same_script = meta.run_on() != 0 && form.run_on.is_some_and(|s| s as u8 + 1 == meta.run_on());
        if same_script && (form.is_reading || meta.is_reading()) {
            let equal = layout.party_left == 0 && layout.listed_left == 0 && all_equal(&layout, &scratch.edges);
            let part = if equal { SOUNDS_EQUAL } else { SOUNDS_ALIKE };
            score = score * part.0 / part.1;
        }
        let listing = name.map_or(u32::MAX, |n| n.listing);
        let best = Best { score: calibrated(score), form: self.index, row };
        keep(&mut scratch.best, listing, best);
        if self.weak_aliases == WeakAliases::Supporting && !is_weak {
            keep(&mut scratch.best_strong, listing, best);
        }
        Ok(())
    }

    /// An upper bound of a row's name score, from its terms alone.
    fn bound(&self, row: u32, meta: &Row, scratch: &Scratch) -> i64 {
        let mut agreed = 0_i64;
        let mut explained = 0_u64;
        let mut listed_left = self.own.row_weight(self.view, row, meta);
        for &term in self.view.terms_of(meta) {
            let mut next = scratch.heads.get(term as usize).copied().unwrap_or(0);
            if next == 0 {
                continue;
            }
            let weight = self.own.weighted(self.view, term).map_or(0, |t| i64::from(t.weight));
            listed_left -= weight;
            let mut most = 0;
            while next != 0 {
                let entry = scratch.entries[next as usize - 1];
                let (at, span) = (usize::from(entry.at), usize::from(entry.span));
                explained |= ((1 << span) - 1) << at;
                most = most.max(i64::from(entry.weight).min(weight) * i64::from(entry.likeness.share));
                next = entry.next;
            }
            agreed += most;
        }
        let mut party_left = 0;
        for (i, token) in self.form.tokens.iter().enumerate() {
            let weight = i64::from(token.weight);
            if token.class == Class::Initial {
                let (most, cover) = self.bound_of_initial(i, weight, meta);
                agreed += most;
                listed_left -= cover;
                party_left += if most == 0 { weight } else { 0 };
            } else if explained & (1 << i) == 0 {
                party_left += weight;
            }
        }
        at_most(agreed, Left { party: party_left, listed: listed_left })
    }

    /// The most that one of the party's initials can agree in a row, and the most of the row that it can cover.
    fn bound_of_initial(&self, i: usize, weight: i64, meta: &Row) -> (i64, i64) {
        let (mut most, mut cover) = (0, 0);
        for &term in self.view.terms_of(meta) {
            let Some(term_meta) = self.view.terms.get(term as usize) else { continue };
            let is_initial = class(term_meta.class) == Class::Initial;
            if is_initial || term_meta.initials & self.form.initials[i] != 0 {
                let listed = self.own.weighted(self.view, term).map_or(0, |t| i64::from(t.weight));
                let share = if is_initial { FULL } else { INITIAL };
                most = most.max(weight.min(listed) * i64::from(share));
                cover = cover.max(listed);
            }
        }
        (most, cover)
    }

    /// Lays a row out; its edges and words stay in the working memory.
    pub(crate) fn lay_out(&self, row: u32, scratch: &mut Scratch) -> Layout {
        scratch.load(self.view, self.form);
        let terms = self.view.terms_of_row(row);
        scratch.listed.clear();
        scratch.listed.extend(terms.iter().filter_map(|&t| self.own.weighted(self.view, t)));
        let mut found = std::mem::take(&mut scratch.edges);
        let source =
            FromTerms { view: self.view, form: self.form, terms, heads: &scratch.heads, entries: &scratch.entries };
        let several = edges(&self.form.tokens, &scratch.listed, &source, &mut found);
        let total = |side: &[Weighted]| side.iter().map(|t| i64::from(t.weight)).sum();
        let twins = if several { Vec::new() } else { twins(terms) };
        let sums = (total(&self.form.tokens), total(&scratch.listed));
        let before = scratch.search.total_steps;
        let layout = lay_out(&found, sums.0, sums.1, &twins, &mut scratch.search);
        scratch.work.done += STEP * (scratch.search.total_steps - before);
        scratch.edges = found;
        layout
    }

    /// Lays a row out for the analyst.
    pub(crate) fn shown(&self, row: u32, scratch: &mut Scratch) -> (Layout, Vec<Edge>) {
        let layout = self.lay_out(row, scratch);
        scratch.unload();
        (layout, scratch.edges.clone())
    }
}

/// The likenesses of a row's terms, from the party's expansions.
struct FromTerms<'a> {
    view: &'a View<'a>,
    form: &'a QueryForm,
    terms: &'a [u32],
    heads: &'a [u32],
    entries: &'a [Entry],
}

impl FromTerms<'_> {
    fn entry(&self, at: usize, span: usize, j: usize) -> Option<Likeness> {
        let mut next = *self.heads.get(*self.terms.get(j)? as usize)?;
        while next != 0 {
            let entry = self.entries[next as usize - 1];
            if usize::from(entry.at) == at && usize::from(entry.span) == span {
                return Some(entry.likeness);
            }
            next = entry.next;
        }
        None
    }
}

impl Likenesses for FromTerms<'_> {
    fn single(&self, i: usize, j: usize) -> Option<Likeness> {
        if self.form.tokens[i].class == Class::Initial {
            // the party's initials have no expansion: the first letters decide
            let term = self.view.terms.get(*self.terms.get(j)? as usize)?;
            if term.initials & self.form.initials[i] == 0 && !matches!(class(term.class), Class::Initial) {
                return None;
            }
            return interdict_names::likeness::likeness(
                &(&self.form.form.tokens[i]).into(),
                &self.view.token(self.terms[j]),
            );
        }
        self.entry(i, 1, j)
    }

    fn party_joined(&self, i: usize, n: usize, j: usize) -> Option<Likeness> {
        self.entry(i, n, j)
    }

    fn listed_joined(&self, i: usize, j: usize, n: usize) -> bool {
        let parts = &self.terms[j..j + n];
        // words in Latin letters begin with the same one, or with none of `a`–`z`
        let first = self.view.terms.get(parts[0] as usize).map_or(0, |t| t.initials);
        if first != 0 && first & self.form.initials[i] == 0 {
            return false;
        }
        let mut spelt: [&[u8]; MAX_JOINED] = [&[]; MAX_JOINED];
        for (slot, &term) in spelt.iter_mut().zip(parts) {
            let Some(letters) = self.view.spelt(term) else { return false };
            *slot = letters;
        }
        let length: usize = spelt.iter().map(|letters| letters.len()).sum();
        self.form.form.tokens[i].latin.iter().any(|word| {
            let mut rest = word.as_bytes();
            let mut starts_with = |letters: &[u8]| rest.strip_prefix(letters).map(|after| rest = after).is_some();
            word.len() == length && spelt.iter().all(|letters| starts_with(letters))
        })
    }
}

/// Whether every word of a layout is equal to its counterpart.
fn all_equal(layout: &Layout, edges: &[Edge]) -> bool {
    layout.chosen.iter().filter_map(|&i| edges.get(usize::from(i))).all(|e| relation(e.tag) == Relation::Equal)
}

/// Keeps the better of two names of a listing; of equal ones the first form and row, whatever the
/// order of reading.
fn keep(all: &mut FxHashMap<u32, Best>, listing: u32, best: Best) {
    let key = |b: &Best| (std::cmp::Reverse(b.score), b.form, b.row);
    let kept = all.entry(listing).or_insert(best);
    if key(&best) < key(kept) {
        *kept = best;
    }
}

fn twins(terms: &[u32]) -> Vec<u8> {
    (0..terms.len())
        .map(|j| (0..j).rev().find(|&k| terms[k] == terms[j]).and_then(|k| u8::try_from(k).ok()).unwrap_or(u8::MAX))
        .collect()
}

/// The relation of an edge, from its tag.
pub fn relation(tag: u8) -> Relation {
    const ALL: [Relation; 8] = [
        Relation::Equal,
        Relation::Spelling,
        Relation::Language,
        Relation::Nickname,
        Relation::Near,
        Relation::Initial,
        Relation::LegalForm,
        Relation::Acronym,
    ];
    ALL.get(usize::from(tag & !crate::edges::JOINED_TAG)).copied().unwrap_or(Relation::Near)
}
