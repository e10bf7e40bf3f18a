//! All terms of the index that are like a token: the work that is done per word, not per name.
//!
//! Promises: every term whose likeness to the token is above 0 is listed, except by initial,
//! which callers tell from the first letters (a list of half the vocabulary would be of no use).
//!
//! Not here: which lists of rows are read (`plan`), scores (`search`).

use interdict_names::analyse::{Class, Sort};
use interdict_names::likeness::{Likeness, Relation, TokenView, equivalents_of};
use interdict_names::similar::{is_near, joined_similarity, sound_key};

use crate::edges::Weighted;
use crate::index::{Signature, View, class};
use crate::neighbours::{neighbours, neighbours_within};
use crate::own::Own;

/// A term that is like a token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Like {
    /// The term.
    pub term: u32,
    /// How alike.
    pub likeness: Likeness,
    /// What the term weighs.
    pub weight: u16,
    /// [`Class`] of the term, by number.
    pub class: u8,
    /// Where the rows that carry it lie among all postings.
    pub rows_from: u32,
    /// Where they end.
    pub rows_to: u32,
}

impl Like {
    /// The term's class and weight.
    pub fn weighted(&self) -> Weighted {
        Weighted { class: class(self.class), weight: self.weight }
    }

    /// How many rows carry it.
    pub fn rows(&self) -> u32 {
        self.rows_to.saturating_sub(self.rows_from)
    }
}

/// A term with what is asked of it in every name.
fn like(view: &View<'_>, own: &Own, term: u32, likeness: Likeness) -> Like {
    let weighted = own.weighted(view, term);
    let posting = view.posting(term);
    Like {
        term,
        likeness,
        weight: weighted.map_or(0, |t| t.weight),
        class: weighted.map_or(0, |t| t.class as u8),
        rows_from: posting.start,
        rows_to: posting.end,
    }
}

/// Marks what was seen, and forgets all at once.
#[derive(Default)]
pub struct Seen {
    stamps: Vec<u32>,
    now: u32,
}

impl Seen {
    /// Forgets, and makes room for `size` items.
    pub fn clear(&mut self, size: usize) {
        if self.stamps.len() < size || self.now == u32::MAX {
            self.stamps.clear();
            self.stamps.resize(size, 0);
            self.now = 0;
        }
        self.now += 1;
    }

    /// Whether an item is seen for the first time.
    #[inline]
    pub fn first(&mut self, item: u32) -> bool {
        match self.stamps.get_mut(item as usize) {
            Some(stamp) if *stamp != self.now => {
                *stamp = self.now;
                true
            }
            Some(_) | None => false,
        }
    }
}

/// Marks of spellings and of terms.
#[derive(Default)]
pub struct Marks {
    spellings: Seen,
    terms: Seen,
    hashes: Vec<u32>,
    near: Vec<u32>,
}

/// Lists the terms of a sort that are like a token.
pub fn expand(view: &View<'_>, own: &Own, sort: Sort, token: &TokenView<'_>, marks: &mut Marks, out: &mut Vec<Like>) {
    marks.spellings.clear(view.spelling_count());
    marks.terms.clear(view.terms.len());
    let mut consider = |term: u32, marks: &mut Marks| {
        let of_sort = view.terms.get(term as usize).is_some_and(|t| t.sort == sort as u8);
        if of_sort
            && marks.terms.first(term)
            && let Some(likeness) = own.likeness(token, &view.token(term))
        {
            out.push(like(view, own, term, likeness));
        }
    };
    if token.class == Class::LegalForm {
        for &term in view.legal_forms() {
            consider(term, marks);
        }
        return;
    }
    // A name and a listed initial: the initial is a term of one letter.
    if !matches!(token.class, Class::Initial | Class::Number) {
        for spelling in token.latin() {
            let letter = spelling.get(..1).unwrap_or("");
            exactly(view, letter, |term| {
                if view.terms.get(term as usize).is_some_and(|t| class(t.class) == Class::Initial) {
                    consider(term, marks);
                }
            });
        }
    }
    let mut buckets = Vec::with_capacity(64);
    let native = (!token.latin().contains(&token.text)).then_some(token.text);
    for &spelling in token.latin().iter().chain(native.iter()) {
        marks.spellings.clear(view.spelling_count());
        let letters = spelling.as_bytes();
        let is_latin = spelling.is_ascii();
        let signature = Signature::of(letters);
        let (mut hashes, mut found) = (std::mem::take(&mut marks.hashes), std::mem::take(&mut marks.near));
        hashes.clear();
        found.clear();
        neighbours(spelling, |hash| hashes.push(hash));
        view.near_any(&hashes, &mut buckets, &mut found);
        for &near in &found {
            // other scripts are compared letter by letter, by `likeness`
            if is_latin && !view.may_be_near(near, signature) {
                continue;
            }
            if marks.spellings.first(near) && (!is_latin || is_near(letters, view.letters(near))) {
                view.terms_spelt(near).iter().for_each(|&term| consider(term, marks));
            }
        }
        (marks.hashes, marks.near) = (hashes, found);
        let key = sound_key(spelling);
        if !key.is_empty() {
            for &sounding in view.sounding(&key) {
                view.terms_spelt(sounding).iter().for_each(|&term| consider(term, marks));
            }
        }
        for equivalent in equivalents_of(spelling) {
            exactly(view, equivalent, |term| consider(term, marks));
        }
        for equivalent in own.equivalents(spelling) {
            exactly(view, equivalent, |term| consider(term, marks));
        }
    }
}

/// Lists the terms that are like several of the party's words written as one.
pub fn expand_joined(view: &View<'_>, own: &Own, sort: Sort, word: &str, marks: &mut Marks, out: &mut Vec<Like>) {
    marks.spellings.clear(view.spelling_count());
    marks.terms.clear(view.terms.len());
    let mut consider = |term: u32, marks: &mut Marks| {
        let of_sort = view.terms.get(term as usize).is_some_and(|t| t.sort == sort as u8);
        if of_sort && marks.terms.first(term) {
            let share =
                view.token(term).latin().iter().map(|spelling| joined_similarity(word, spelling)).max().unwrap_or(0);
            if share > 0 {
                out.push(like(view, own, term, Likeness { share, relation: Relation::Near }));
            }
        }
    };
    let signature = Signature::of(word.as_bytes());
    neighbours_within(word, 1, |hash| {
        for near in view.near(hash) {
            if view.may_be_near(near, signature)
                && marks.spellings.first(near)
                && is_near(word.as_bytes(), view.letters(near))
            {
                view.terms_spelt(near).iter().for_each(|&term| consider(term, marks));
            }
        }
    });
}

/// The terms that have a spelling.
pub fn exactly(view: &View<'_>, spelling: &str, mut with: impl FnMut(u32)) {
    let mut found = None;
    // A word is a neighbour of itself, with no letter left out: the last hash that is given.
    let mut whole = 0;
    neighbours(spelling, |hash| whole = hash);
    for id in view.near(whole) {
        if view.spelling(id) == spelling {
            found = Some(id);
            break;
        }
    }
    if let Some(id) = found {
        view.terms_spelt(id).iter().for_each(|&term| with(term));
    }
}
