//! From a party to its hits.
//!
//! For each form of each name: the terms like its words, a plan of which lists of rows to read,
//! a bound on every row found, an exact layout of those that pass; then for each listing its best
//! name, moved by dates, countries, gender and identifiers.
//!
//! Promises: the same hits and scores as [`Index::screen_exhaustive`], which looks at every row;
//! bounded work, beyond which the answer is an error.
//!
//! Not here: bounds (`plan`, `name_score`), words for the analyst (`words`).

use interdict_model::{Entity, Kind, NameQuality};
use interdict_names::analyse::{Class, UNIT};
use interdict_names::likeness::{Likeness, Relation};
use rustc_hash::FxHashMap;

use crate::edges::{Likenesses, MAX_JOINED, Weighted, edges};
use crate::expand::{Marks, Seen};
use crate::hit::{Attribute, Hit, Score, Verdict};
use crate::index::{Index, NotDone, Row, View, class};
use crate::matching::{Edge, Layout, ONE, Search, lay_out};
use crate::name_score::{Left, at_most, calibrated, least_ratio, name_score};
use crate::own::Own;
use crate::plan::{NOTHING, Word, plan};
use crate::policy::{Policy, WeakAliases};
use crate::query::{Cache, MAX_NAMES, QueryForm, prepare};
use crate::record::{EVEN, Finding, MOST_OF_DATE, Record, floor};
use crate::words::{hit, passed_over};

/// Pairs of words that the layouts of one party may hold: about 50 ms of work. Ordinary parties
/// need some thousand.
const MAX_PAIRS: u64 = 500_000;

/// A weak alias that agrees is supporting evidence: its score is held at nine tenths.
const WEAK_ALIAS: (i64, i64) = (9, 10);

/// Two names in one run-on script that only sound alike: the letters differ, and letters are
/// what the name is. Equal sounds may be two writings of one name.
const SOUNDS_ALIKE: (i64, i64) = (60, 100);
const SOUNDS_EQUAL: (i64, i64) = (85, 100);

/// Working memory of one thread; reused between parties.
#[derive(Default)]
pub struct Scratch {
    cache: Cache,
    marks: Marks,
    heads: Vec<u32>,
    entries: Vec<Entry>,
    touched: Vec<u32>,
    rows: Seen,
    search: Search,
    edges: Vec<Edge>,
    best: FxHashMap<u32, Best>,
    /// The best among names that are not weak aliases; kept only where a policy asks for it.
    best_strong: FxHashMap<u32, Best>,
    /// Pairs of words laid out for the party so far, and the most there may be.
    pairs: u64,
    most_pairs: u64,
}

/// A term's likeness to some of the party's tokens.
#[derive(Clone, Copy)]
struct Entry {
    at: u8,
    span: u8,
    likeness: Likeness,
    next: u32,
}

/// The best name of a listing so far.
#[derive(Clone, Copy)]
struct Best {
    score: i64,
    form: usize,
    row: u32,
}

/// The likenesses of a row's terms, from the party's expansions.
struct FromTerms<'a> {
    view: &'a View<'a>,
    form: &'a QueryForm,
    terms: &'a [u32],
    heads: &'a [u32],
    entries: &'a [Entry],
    initials: u32,
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
            if term.initials & self.initials == 0 && !matches!(class(term.class), Class::Initial) {
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

impl<B: AsRef<[u8]>> Index<B> {
    /// Screens one party: all listings at or above the policy's threshold, best first.
    pub fn screen(&self, party: &Entity, policy: &Policy, scratch: &mut Scratch) -> Result<Vec<Hit>, NotDone> {
        Ok(self.run(party, policy, scratch, Reach::Planned, &|_| true)?.0)
    }

    /// The same among the listings asked for, and how many there are beyond the policy's limit too.
    pub fn screen_among(
        &self,
        party: &Entity,
        policy: &Policy,
        scratch: &mut Scratch,
        asked: &dyn Fn(u32) -> bool,
    ) -> Result<(Vec<Hit>, usize), NotDone> {
        self.run(party, policy, scratch, Reach::Planned, asked)
    }

    /// The same by looking at every row of the index: slow, the judge of [`Index::screen`].
    pub fn screen_exhaustive(
        &self,
        party: &Entity,
        policy: &Policy,
        scratch: &mut Scratch,
    ) -> Result<Vec<Hit>, NotDone> {
        Ok(self.run(party, policy, scratch, Reach::Everything, &|_| true)?.0)
    }

    /// Compares one party with one listing, hit or not.
    pub fn explain(&self, party: &Entity, ordinal: u32, policy: &Policy) -> Result<Hit, NotDone> {
        let view = self.view()?;
        if ordinal as usize >= view.listings.len() {
            return Err(NotDone::NoListing(ordinal));
        }
        let policy = Policy { threshold: Score(0), ..policy.clone() };
        let (hits, _) = self.run(party, &policy, &mut Scratch::default(), Reach::Listing(ordinal), &|_| true)?;
        hits.into_iter().next().ok_or(NotDone::NoListing(ordinal))
    }

    fn run(
        &self,
        party: &Entity,
        policy: &Policy,
        scratch: &mut Scratch,
        reach: Reach,
        asked: &dyn Fn(u32) -> bool,
    ) -> Result<(Vec<Hit>, usize), NotDone> {
        let view = self.view()?;
        if party.names.len() > MAX_NAMES {
            return Err(NotDone::TooLarge(format!("{} names; the most we compare is {MAX_NAMES}", party.names.len())));
        }
        let own = scratch.cache.belong_to(&view, policy.words.as_ref());
        let own = own.as_ref();
        let forms = prepare(&view, own, party, &mut scratch.cache, &mut scratch.marks)
            .map_err(|e| NotDone::TooLarge(e.to_string()))?;
        let record = Record::of(party, policy);
        if forms.is_empty() && record.identifiers().is_empty() {
            return Err(NotDone::NothingToScreen);
        }
        let threshold = i64::from(policy.threshold.0) * ONE / 10_000;
        let listings =
            Listings { born: candidates_by_birth(&view, &record), by_identifier: by_identifier(&view, &record) };
        scratch.best.clear();
        scratch.best_strong.clear();
        scratch.pairs = 0;
        // looking at everything is asked for by tests and by `explain`, which take the time it takes
        scratch.most_pairs = if reach == Reach::Planned { MAX_PAIRS } else { u64::MAX };
        let kinds = Kinds::of(party.kind);
        for (f, form) in forms.iter().enumerate() {
            let pass = Pass {
                view: &view,
                own,
                weak_aliases: policy.weak_aliases,
                form,
                index: f,
                kinds,
                threshold,
                record: &record,
                listings: &listings,
            };
            pass.run(scratch, reach)?;
        }
        let mut found: Vec<Candidate> = Vec::new();
        let mut consider = |listing: u32, best: Option<Best>| {
            let kind = view.listings.get(listing as usize).map_or(u8::MAX, |l| l.kind);
            if !kinds.allow(kind) && !listings.by_identifier.contains(&listing) && !matches!(reach, Reach::Listing(_)) {
                return;
            }
            let scored = |best: Option<Best>| record.score(&view, listing, best.map_or(0, |b| b.score));
            let (mut score, mut findings) = scored(best);
            let mut kept = best;
            let mut passed_over = None;
            let needs_support = policy.weak_aliases == WeakAliases::Supporting;
            if needs_support && best.is_some_and(|b| is_weak(&view, b.row)) && !supported(&findings) {
                passed_over = best;
                kept = scratch.best_strong.get(&listing).copied();
                (score, findings) = scored(kept);
            }
            if score * 10_000 >= i64::from(policy.threshold.0) * ONE {
                found.push(Candidate { listing, score, best: kept, passed_over, findings });
            }
        };
        for (&listing, &best) in &scratch.best {
            consider(listing, Some(best));
        }
        match reach {
            Reach::Listing(listing) if !scratch.best.contains_key(&listing) => consider(listing, None),
            Reach::Planned | Reach::Everything | Reach::Listing(_) => {
                for &listing in &listings.by_identifier {
                    if !scratch.best.contains_key(&listing) && reach.includes(listing) {
                        consider(listing, None);
                    }
                }
            }
        }
        // before the limit: a hit on another list must not push out one that was asked for
        found.retain(|candidate| asked(candidate.listing));
        let total = found.len();
        found.sort_by(|a, b| b.score.cmp(&a.score).then(a.listing.cmp(&b.listing)));
        found.truncate(policy.limit);
        let hits = found.into_iter().map(|Candidate { listing, score, best, passed_over: passed, findings }| {
            let layout = best.and_then(|best| {
                let form = forms.get(best.form)?;
                let pass = Pass {
                    view: &view,
                    own,
                    weak_aliases: policy.weak_aliases,
                    form,
                    index: best.form,
                    kinds,
                    threshold,
                    record: &record,
                    listings: &listings,
                };
                scratch.load(&view, form);
                let laid = pass.lay_out(best.row, scratch);
                scratch.unload();
                Some((form, best.row, laid, best.score))
            });
            let name = layout.as_ref().map(|(f, r, (l, e), s)| (*f, *r, l, e.as_slice(), *s));
            let mut hit = hit(&view, own, party, listing, score, name, findings);
            if let Some(passed) = passed {
                let alias = view.rows.get(passed.row as usize).and_then(|r| view.names.get(r.name as usize));
                passed_over(&mut hit, alias.map_or("", |name| view.name_text(name)), passed.score);
            }
            hit
        });
        Ok((hits.collect(), total))
    }
}

/// A listing at or above the threshold, before it is put into words.
struct Candidate {
    listing: u32,
    score: i64,
    best: Option<Best>,
    /// A weak alias that is more like the party and found no support.
    passed_over: Option<Best>,
    findings: Vec<Finding>,
}

/// Whether a row is of a weak alias.
fn is_weak(view: &View<'_>, row: u32) -> bool {
    let name = view.rows.get(row as usize).and_then(|r| view.names.get(r.name as usize));
    name.is_some_and(|n| n.quality == NameQuality::Weak as u32)
}

/// Whether something that tells people apart agrees. Half the world shares a gender.
fn supported(findings: &[Finding]) -> bool {
    let tells = |attribute| match attribute {
        Attribute::Born | Attribute::Country | Attribute::Identifier => true,
        Attribute::Gender | Attribute::BirthPlace | Attribute::Address | Attribute::Kind | Attribute::Number => false,
    };
    findings.iter().any(|f| f.verdict == Verdict::Agrees && tells(f.attribute))
}

/// How far a search looks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    Planned,
    Everything,
    Listing(u32),
}

impl Reach {
    fn includes(self, listing: u32) -> bool {
        match self {
            Self::Planned | Self::Everything => true,
            Self::Listing(only) => only == listing,
        }
    }
}

/// Listings that are looked at whatever their names.
struct Listings {
    born: Vec<u32>,
    by_identifier: Vec<u32>,
}

/// Listings whose dates can agree with the party's so closely that it raises their score: found
/// by date, so that the bar is not lowered for all others.
fn candidates_by_birth(view: &View<'_>, record: &Record) -> Vec<u32> {
    let mut out = Vec::new();
    for born in record.births() {
        let (from, to) = born.widened();
        if born.is_day() {
            out.extend_from_slice(view.born_on(born.earliest()));
        } else {
            (from.year()..=to.year()).for_each(|year| out.extend_from_slice(view.born_on_days_of(year)));
        }
        (from.year()..=to.year()).for_each(|year| out.extend_from_slice(view.born_about(year)));
    }
    out.sort_unstable();
    out.dedup();
    out
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
struct Kinds(u32);

impl Kinds {
    fn of(party: Kind) -> Self {
        Self(Kind::ALL.iter().filter(|k| party.can_be(**k)).fold(0, |bits, k| bits | 1 << *k as u8))
    }

    fn allow(self, kind: u8) -> bool {
        self.0 & 1_u32.checked_shl(u32::from(kind)).unwrap_or(0) != 0
    }
}

/// One form of one name against the index.
struct Pass<'a> {
    view: &'a View<'a>,
    own: &'a Own,
    weak_aliases: WeakAliases,
    form: &'a QueryForm,
    index: usize,
    kinds: Kinds,
    threshold: i64,
    record: &'a Record,
    listings: &'a Listings,
}

impl Scratch {
    /// Files a form's expansions by term.
    fn load(&mut self, view: &View<'_>, form: &QueryForm) {
        if self.heads.len() < view.terms.len() {
            self.heads.resize(view.terms.len(), 0);
        }
        for (i, likes) in form.singles.iter().enumerate() {
            for like in likes.iter() {
                self.file(like.term, i, 1, like.likeness);
            }
        }
        for (i, n, likes) in &form.joined {
            for like in likes {
                self.file(like.term, *i, *n, like.likeness);
            }
        }
    }

    fn file(&mut self, term: u32, at: usize, span: usize, likeness: Likeness) {
        if let Some(head) = self.heads.get_mut(term as usize) {
            if *head == 0 {
                self.touched.push(term);
            }
            // at most MAX_TOKENS and MAX_JOINED: they fit a byte
            self.entries.push(Entry { at: at as u8, span: span as u8, likeness, next: *head });
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
    fn run(&self, scratch: &mut Scratch, reach: Reach) -> Result<(), NotDone> {
        scratch.load(self.view, self.form);
        let done = match reach {
            Reach::Planned => self.planned(scratch),
            Reach::Everything => self.all_rows(scratch, 0, |_| true),
            Reach::Listing(only) => self.all_rows(scratch, 0, |listing| listing == only),
        };
        scratch.unload();
        done
    }

    fn planned(&self, scratch: &mut Scratch) -> Result<(), NotDone> {
        let least = least_ratio(floor(self.threshold, self.record.most_without_date()));
        let words: Vec<Word> = self
            .form
            .tokens
            .iter()
            .zip(&self.form.singles)
            .map(|(token, likes)| Word { weight: i64::from(token.weight), cost: self.cost(token.class, likes) })
            .collect();
        scratch.rows.clear(self.view.rows.len());
        let plan = plan(&words, least);
        if !plan.suffices {
            self.all_rows(scratch, least, |_| true)?;
        }
        for (likes, &from) in self.form.singles.iter().zip(&plan.least) {
            if from == NOTHING || !plan.suffices {
                continue;
            }
            for like in likes.iter().filter(|l| l.likeness.share >= from) {
                for &row in self.view.rows_of(like.term) {
                    if scratch.rows.first(row) {
                        self.row(row, least, false, scratch)?;
                    }
                }
            }
        }
        for (_, _, likes) in &self.form.joined {
            for like in likes {
                for &row in self.view.rows_of(like.term) {
                    if scratch.rows.first(row) {
                        self.row(row, least, false, scratch)?;
                    }
                }
            }
        }
        // rows that write one of the party's words as several: their bound knows nothing of it
        for token in &self.form.form.tokens {
            for spelling in &token.latin {
                for &row in self.view.rows_joined(spelling) {
                    self.row(row, least, true, scratch)?;
                }
            }
        }
        // listings whose date may lift them: every name of theirs, under a lower bar
        if !self.listings.born.is_empty() {
            let lower = least_ratio(floor(self.threshold, self.record.most_without_date() * MOST_OF_DATE / EVEN));
            for &listing in &self.listings.born {
                for row in self.view.rows_of_listing(listing) {
                    self.row(row, lower, false, scratch)?;
                }
            }
        }
        for &listing in &self.listings.by_identifier {
            for row in self.view.rows_of_listing(listing) {
                self.row(row, 0, true, scratch)?;
            }
        }
        Ok(())
    }

    fn cost(&self, class: Class, likes: &[crate::expand::Like]) -> Option<u64> {
        match class {
            Class::Initial | Class::LegalForm => None,
            Class::Name
            | Class::Particle
            | Class::Title
            | Class::Generic
            | Class::Place
            | Class::Number
            | Class::Acronym => Some(likes.iter().map(|l| self.view.rows_of(l.term).len() as u64).sum()),
        }
    }

    fn all_rows(&self, scratch: &mut Scratch, least: i64, wanted: impl Fn(u32) -> bool) -> Result<(), NotDone> {
        for row in 0..self.view.rows.len() as u32 {
            let listing = self.view.listing_of_row(row);
            if wanted(listing) {
                self.row(row, least, least == 0, scratch)?;
            }
        }
        Ok(())
    }

    /// Looks at a row: bounds it, lays it out, keeps it if it is the listing's best.
    fn row(&self, row: u32, least: i64, surely: bool, scratch: &mut Scratch) -> Result<(), NotDone> {
        let Some(meta) = self.view.rows.get(row as usize) else { return Ok(()) };
        if meta.sort != self.form.sort as u8 || !(self.kinds.allow(meta.kind) || surely) {
            return Ok(());
        }
        let is_weak = self.view.names.get(meta.name as usize).is_some_and(|n| n.quality == NameQuality::Weak as u32);
        if is_weak && self.weak_aliases == WeakAliases::Ignored {
            return Ok(());
        }
        if !surely && self.bound(row, meta, scratch) < least {
            return Ok(());
        }
        scratch.pairs += (self.form.tokens.len() * self.view.terms_of_row(row).len()) as u64;
        if scratch.pairs > scratch.most_pairs {
            return Err(NotDone::TooLarge("too many names are too like it to tell apart".into()));
        }
        let (layout, found) = self.lay_out(row, scratch);
        let listed = self.listed(row);
        let mut score = name_score(&layout, &found, &self.form.tokens, &listed);
        scratch.edges = found;
        let name = self.view.names.get(meta.name as usize);
        if is_weak {
            score = score * WEAK_ALIAS.0 / WEAK_ALIAS.1;
        }
        let form = &self.form.form;
        let same_script = meta.run_on != 0 && form.run_on.is_some_and(|s| s as u8 + 1 == meta.run_on);
        if same_script && (form.is_reading || meta.is_reading == 1) {
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
        for &term in self.view.terms_of_row(row) {
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
                let own: i64 = self.form.tokens[at..at + span].iter().map(|t| i64::from(t.weight)).sum();
                most = most.max(own.min(weight) * i64::from(entry.likeness.share));
                next = entry.next;
            }
            agreed += most;
        }
        let mut party_left = 0;
        for (i, token) in self.form.tokens.iter().enumerate() {
            let weight = i64::from(token.weight);
            if token.class == Class::Initial {
                // an initial may agree with any row: taken as if it did
                agreed += weight * 1024;
                listed_left -= i64::from(UNIT);
            } else if explained & (1 << i) == 0 {
                party_left += weight;
            }
        }
        at_most(agreed, Left { party: party_left, listed: listed_left })
    }

    fn listed(&self, row: u32) -> Vec<Weighted> {
        self.view.terms_of_row(row).iter().filter_map(|&t| self.own.weighted(self.view, t)).collect()
    }

    fn lay_out(&self, row: u32, scratch: &mut Scratch) -> (Layout, Vec<Edge>) {
        let terms = self.view.terms_of_row(row);
        let listed = self.listed(row);
        let mut found = std::mem::take(&mut scratch.edges);
        let initials = self
            .form
            .form
            .tokens
            .iter()
            .filter(|t| t.class == Class::Initial)
            .flat_map(|t| &t.latin)
            .fold(0, |bits, latin| bits | crate::index::initial_bit(latin));
        let source = FromTerms {
            view: self.view,
            form: self.form,
            terms,
            heads: &scratch.heads,
            entries: &scratch.entries,
            initials,
        };
        let several = edges(&self.form.tokens, &listed, &source, &mut found);
        let total = |side: &[Weighted]| side.iter().map(|t| i64::from(t.weight)).sum();
        let twins = if several { Vec::new() } else { twins(terms) };
        let layout = lay_out(&found, total(&self.form.tokens), total(&listed), &twins, &mut scratch.search);
        (layout, found)
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
