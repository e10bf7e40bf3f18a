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

    /// Whether an item was seen.
    #[inline]
    pub fn has(&self, item: u32) -> bool {
        self.stamps.get(item as usize).is_some_and(|stamp| *stamp == self.now)
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
    found: Vec<u32>,
}

/// Lists the terms of a sort that are like a token.
pub fn expand(view: &View<'_>, own: &Own, sort: Sort, token: &TokenView<'_>, marks: &mut Marks, out: &mut Vec<Like>) {
    let mut terms = std::mem::take(&mut marks.found);
    terms.clear();
    candidates(view, own, token, marks, &mut terms);
    marks.terms.clear(view.terms.len());
    terms
        .retain(|&term| view.terms.get(term as usize).is_some_and(|t| t.sort == sort as u8) && marks.terms.first(term));
    touch(terms.iter().map(|&term| view.first_letter(term)));
    for &term in &terms {
        if let Some(likeness) = own.likeness(token, &view.token(term)) {
            out.push(like(view, own, term, likeness));
        }
    }
    marks.found = terms;
}

/// Lists every term that can be like a token, and some that are not; one may come twice.
fn candidates(view: &View<'_>, own: &Own, token: &TokenView<'_>, marks: &mut Marks, out: &mut Vec<u32>) {
    if token.class == Class::LegalForm {
        out.extend(view.legal_forms());
        return;
    }
    // A name and a listed initial: the initial is a term of one letter.
    if !matches!(token.class, Class::Initial | Class::Number) {
        for spelling in token.latin() {
            let is_initial =
                |term: u32| view.terms.get(term as usize).is_some_and(|t| class(t.class) == Class::Initial);
            let letter = spelling.get(..1).unwrap_or("");
            exactly(view, letter, |term| out.extend(is_initial(term).then_some(term)));
        }
    }
    let native = (!token.latin().contains(&token.text)).then_some(token.text);
    for &spelling in token.latin().iter().chain(native.iter()) {
        // other scripts are compared letter by letter, by `likeness`
        near_spellings(view, spelling, usize::MAX, spelling.is_ascii(), marks);
        touch(marks.near.iter().map(|&near| view.terms_spelt(near).first().copied().unwrap_or(0)));
        marks.near.iter().for_each(|&near| out.extend(view.terms_spelt(near)));
        let key = sound_key(spelling);
        if !key.is_empty() {
            view.sounding(&key).iter().for_each(|&sounding| out.extend(view.terms_spelt(sounding)));
        }
        for equivalent in equivalents_of(spelling) {
            exactly(view, equivalent, |term| out.push(term));
        }
        for equivalent in own.equivalents(spelling) {
            exactly(view, equivalent, |term| out.push(term));
        }
    }
}

/// Puts the spellings that share a bucket with a word, or of those the ones within its edits, into `marks.near`.
fn near_spellings(view: &View<'_>, word: &str, edits: usize, compared: bool, marks: &mut Marks) {
    let (letters, signature) = (word.as_bytes(), Signature::of(word.as_bytes()));
    marks.spellings.clear(view.spelling_count());
    marks.hashes.clear();
    marks.near.clear();
    neighbours_within(word, edits, |hash| marks.hashes.push(hash));
    view.near_any(&marks.hashes, &mut marks.near);
    marks.near.retain(|&near| (!compared || view.may_be_near(near, signature)) && marks.spellings.first(near));
    if compared {
        touch(marks.near.iter().map(|&near| u32::from(view.letters(near).first().copied().unwrap_or(0))));
        marks.near.retain(|&near| is_near(letters, view.letters(near)));
    }
}

/// Reads what will be needed soon: memory answers many independent questions at once.
pub fn touch(items: impl Iterator<Item = u32>) {
    std::hint::black_box(items.fold(0, |all, item| all ^ item));
}

/// Lists the terms that are like several of the party's words written as one.
pub fn expand_joined(view: &View<'_>, own: &Own, sort: Sort, word: &str, marks: &mut Marks, out: &mut Vec<Like>) {
    near_spellings(view, word, 1, true, marks);
    if marks.near.is_empty() {
        return;
    }
    marks.terms.clear(view.terms.len());
    for &term in marks.near.iter().flat_map(|&near| view.terms_spelt(near)) {
        let of_sort = view.terms.get(term as usize).is_some_and(|t| t.sort == sort as u8);
        if of_sort && marks.terms.first(term) {
            let share =
                view.token(term).latin().iter().map(|spelling| joined_similarity(word, spelling)).max().unwrap_or(0);
            if share > 0 {
                out.push(like(view, own, term, Likeness { share, relation: Relation::Near }));
            }
        }
    }
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
