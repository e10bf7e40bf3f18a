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
use crate::own::stopped;

/// What one word of a listing means among the parties.
pub struct Meant {
    /// The terms like it.
    pub likes: Vec<Like>,
}

/// What was worked out for one [`Reverse`].
#[derive(Default)]
pub struct Known {
    of: u64,
    meant: FxHashMap<u32, Arc<Meant>>,
    pub(super) windows: FxHashMap<u32, Arc<[(u32, Window)]>>,
    weights: Vec<(u16, u16)>,
}

/// Words kept at most; then all are forgotten.
const KEPT: usize = 40_000;

/// No weight yet.
const UNKNOWN: (u16, u16) = (u16::MAX, 0);

impl Known {
    /// Forgets what belongs to another.
    pub fn belong_to(&mut self, of: u64, terms: usize) {
        if self.of != of {
            *self = Self { of, weights: std::mem::take(&mut self.weights), ..Self::default() };
            self.weights.clear();
            self.weights.resize(terms, UNKNOWN);
        }
        if self.meant.len() > KEPT {
            self.meant.clear();
            self.windows.clear();
        }
    }
}

/// What a word of a party weighs in lists: least and most.
pub fn weight_in(lists: &View<'_>, term: &Term, text: &str) -> (u16, u16) {
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
    pub(super) fn meant(&self, term: u32, sort: Sort, scratch: &mut Scratch) -> Arc<Meant> {
        if let Some(known) = scratch.known.meant.get(&term) {
            return Arc::clone(known);
        }
        let mut likes = Vec::new();
        expand(&self.parties, &self.own, sort, &seen(&self.lists, term), &mut scratch.marks, &mut likes);
        let meant = Arc::new(Meant { likes });
        scratch.known.meant.insert(term, Arc::clone(&meant));
        meant
    }

    /// What a term of the parties weighs in the lists: least and most.
    #[inline]
    pub(super) fn weigh(&self, term: u32, scratch: &mut Scratch) -> (u16, u16) {
        let known = scratch.known.weights.get(term as usize).copied().unwrap_or(UNKNOWN);
        if known != UNKNOWN {
            return known;
        }
        let Some(meta) = self.parties.terms.get(term as usize) else { return (0, 0) };
        let (low, high) = weight_in(&self.lists, meta, seen(&self.parties, term).text);
        let is_stopped = self.own.is_stop_word(&seen(&self.parties, term));
        let held = |weight| if is_stopped { stopped(Weighted { class: Class::Name, weight }).weight } else { weight };
        let weights = (held(low), held(high));
        if let Some(slot) = scratch.known.weights.get_mut(term as usize) {
            *slot = weights;
        }
        weights
    }
}
