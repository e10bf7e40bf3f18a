//! What a listing's words mean among the parties' words, and what those weigh in the lists.
//!
//! Promises: every term of the parties that is like a word is among what it means; a party's word
//! weighs in a snapshot what a screening of that party would say, or lies between two bounds.
//!
//! Not here: words written as one (`joins`).

use std::sync::Arc;

use interdict_names::analyse::{Class, Sort};
use rustc_hash::FxHashMap;

use super::joins::Window;
use super::{Reverse, Scratch, seen};
use crate::edges::Weighted;
use crate::expand::{Like, exactly, expand};
use crate::index::{Term, View, class};
use crate::own::{Own, stopped};

/// What one word of a listing means among the parties.
pub struct Meant {
    /// The terms like it.
    pub likes: Vec<Like>,
}

/// What was worked out for one [`Reverse`]; words are told apart by their side and term.
#[derive(Default)]
pub struct Known {
    of: u64,
    meant: FxHashMap<(usize, u32), Arc<Meant>>,
    pub(super) windows: FxHashMap<(usize, u32), RowWindows>,
    weights: [Vec<(u16, u16)>; 2],
}

/// Rows with the words of theirs that are one of the lists'.
pub type RowWindows = Arc<[(u32, Window)]>;

/// Words kept at most; then all are forgotten.
const KEPT: usize = 40_000;

/// No weight yet.
const UNKNOWN: (u16, u16) = (u16::MAX, 0);

impl Known {
    /// Forgets what belongs to another; makes room for the weights of so many terms on so many sides.
    pub fn belong_to(&mut self, of: u64, sides: usize, terms: usize) {
        if self.of != of {
            *self = Self { of, weights: std::mem::take(&mut self.weights), ..Self::default() };
            for weights in self.weights.iter_mut().take(sides) {
                weights.clear();
                weights.resize(terms, UNKNOWN);
            }
        }
        if self.meant.len() > KEPT {
            self.meant.clear();
            self.windows.clear();
        }
    }
}

/// What a word of a party weighs in lists: least and most.
fn weight_in(lists: &View<'_>, term: &Term, text: &str) -> (u16, u16) {
    if class(term.class) != Class::Name {
        return (term.weight, term.weight);
    }
    let (mut low, mut high) = UNKNOWN;
    exactly(lists, text, |listed| {
        let Some(other) = lists.terms.get(listed as usize) else { return };
        // a screening takes the first of them; which one that is does not matter between bounds
        if other.sort == term.sort && other.class == term.class && seen(lists, listed).text == text {
            (low, high) = (low.min(other.weight), high.max(other.weight));
        }
    });
    if low > high { (term.weight, term.weight) } else { (low, high) }
}

impl Reverse<'_> {
    /// The terms of the parties that are like a word of the lists.
    pub(super) fn meant(&self, side: usize, term: u32, sort: Sort, scratch: &mut Scratch) -> Arc<Meant> {
        if let Some(known) = scratch.known.meant.get(&(side, term)) {
            return Arc::clone(known);
        }
        let mut likes = Vec::new();
        if let Some(of) = self.sides.get(side) {
            expand(&self.parties, &self.own, sort, &seen(&of.lists, term), &mut scratch.marks, &mut likes);
        }
        let meant = Arc::new(Meant { likes });
        scratch.known.meant.insert((side, term), Arc::clone(&meant));
        meant
    }

    /// Works out what every word of the parties weighs, which is worth it if many listings ask: from the
    /// words of the lists, as they are fewer.
    pub fn weigh_all(&mut self) {
        let parties = self.parties;
        let alone: Vec<(u16, u16)> = parties.terms.iter().map(|term| (term.weight, term.weight)).collect();
        for side in &self.sides {
            let mut weights = alone.clone();
            let mut listed = vec![false; weights.len()];
            for (term, meta) in (0..).zip(side.lists.terms).filter(|(_, meta)| class(meta.class) == Class::Name) {
                let text = seen(&side.lists, term).text;
                exactly(&parties, text, |own| {
                    let fits =
                        parties.terms.get(own as usize).is_some_and(|t| t.sort == meta.sort && t.class == meta.class);
                    let (Some(weight), Some(listed)) = (weights.get_mut(own as usize), listed.get_mut(own as usize))
                    else {
                        return;
                    };
                    if fits && seen(&parties, own).text == text {
                        let (low, high) = if *listed { *weight } else { UNKNOWN };
                        (*weight, *listed) = ((low.min(meta.weight), high.max(meta.weight)), true);
                    }
                });
            }
            for (term, weight) in (0..).zip(&mut weights).filter(|(term, _)| self.own.is_stopped(*term)) {
                *weight = held(&self.own, term, *weight);
            }
            self.weights.push(weights);
        }
    }

    /// What a term of the parties weighs in the lists of a side: least and most.
    #[inline]
    pub(super) fn weigh(&self, side: usize, term: u32, scratch: &mut Scratch) -> (u16, u16) {
        if let Some(weights) = self.weights.get(side) {
            return weights.get(term as usize).copied().unwrap_or((0, 0));
        }
        let known = scratch.known.weights.get(side).and_then(|weights| weights.get(term as usize));
        let known = known.copied().unwrap_or(UNKNOWN);
        if known != UNKNOWN {
            return known;
        }
        let (Some(meta), Some(of)) = (self.parties.terms.get(term as usize), self.sides.get(side)) else {
            return (0, 0);
        };
        let weights = held(&self.own, term, weight_in(&of.lists, meta, seen(&self.parties, term).text));
        if let Some(slot) = scratch.known.weights.get_mut(side).and_then(|all| all.get_mut(term as usize)) {
            *slot = weights;
        }
        weights
    }
}

/// Weights as a user's stop words leave them.
fn held(own: &Own, term: u32, (low, high): (u16, u16)) -> (u16, u16) {
    let held = |weight| stopped(Weighted { class: Class::Name, weight }).weight;
    if own.is_stopped(term) { (held(low), held(high)) } else { (low, high) }
}
