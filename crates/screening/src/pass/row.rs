//! One row against one form of the party's name: bounded from its terms, laid out, kept if it is the listing's best.
//!
//! Promises: the bound is never below the score.
//!
//! Not here: which rows are looked at (`pass`), the arithmetic of scores (`name_score`).

use interdict_model::NameQuality;
use interdict_names::analyse::Class;
use interdict_names::likeness::{INITIAL, Likeness, Relation};
use interdict_names::similar::FULL;

use super::Pass;
use super::scratch::{Best, Entry, Scratch, keep};
use crate::edges::{Likenesses, MAX_JOINED, Weighted, edges};
use crate::index::{NotDone, Row, View, class};
use crate::matching::{Edge, Layout, lay_out};
use crate::name_score::{Left, at_most, calibrated, name_score};
use crate::policy::WeakAliases;
use crate::query::QueryForm;

/// Work of a pair of words that is laid out, and of a step of the search for the best layout.
const PAIR: u64 = 80;
const STEP: u64 = 15;

/// A weak alias that agrees is supporting evidence: its score is held at nine tenths.
const WEAK_ALIAS: (i64, i64) = (9, 10);

/// Two names in one run-on script that only sound alike: the letters differ, and letters are
/// what the name is. Equal sounds may be two writings of one name.
const SOUNDS_ALIKE: (i64, i64) = (60, 100);
const SOUNDS_EQUAL: (i64, i64) = (85, 100);

impl Pass<'_> {
    /// Whether a row is a name of the sort and of a kind that the party's may be.
    pub(super) fn concerns(&self, meta: &Row) -> bool {
        meta.sort() == self.form.sort as u8 && self.kinds.allow(meta.kind())
    }

    /// Lays a row out and keeps it if it is the listing's best.
    pub(super) fn compare(&self, row: u32, scratch: &mut Scratch) -> Result<(), NotDone> {
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
    pub(super) fn bound(&self, row: u32, meta: &Row, scratch: &Scratch) -> i64 {
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
