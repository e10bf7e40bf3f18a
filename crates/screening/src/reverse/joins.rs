//! Words that one side writes as one and the other apart.
//!
//! Promises: every row of a party that writes a listing's word as two or three, within the one edit
//! that is allowed, is found; so is every word of a party that is several of the listing's.
//!
//! Not here: what such an agreement is worth (`edges`).

use std::collections::BTreeSet;
use std::sync::Arc;

use interdict_names::analyse::{Sort, UNIT};
use interdict_names::similar::{FULL, MAX_LETTERS, joined_similarity};
use rustc_hash::FxHashMap;

use super::{Reverse, Scratch, seen};
use crate::edges::{MAX_JOINED, Weighted, joins};
use crate::expand::exactly;
use crate::index::{View, class};

/// The most that words written together weigh, as `edges::joined` has it.
pub const JOINED_CAP: u16 = UNIT * 3 / 2;

/// Words written together are a little less sure than the same word, as `edges::joined` has it.
const JOINED_SHARE: u16 = (FULL as u32 * 98 / 100) as u16;

/// The fewest letters that an edit is allowed in.
const EDITED_LETTERS: usize = 6;

/// Neighbouring words of the listing that parties write as one.
pub struct Together {
    /// The first of the listing's words.
    pub at: usize,
    /// How many.
    pub span: usize,
    /// What they weigh together.
    pub weight: u16,
    /// How surely they agree.
    pub share: u16,
    /// The parties' words.
    pub terms: Vec<u32>,
}

/// Neighbouring words of a party that are one of the listing's.
#[derive(Clone, Copy)]
pub struct Window {
    /// The listing's word.
    pub word: usize,
    /// The first of the party's words.
    pub at: usize,
    /// How many.
    pub span: usize,
}

/// The rows that have such words.
#[derive(Default)]
pub struct Windows(FxHashMap<u32, Vec<Window>>);

impl Windows {
    /// The rows.
    pub fn rows(&self) -> impl Iterator<Item = u32> + '_ {
        self.0.keys().copied()
    }

    /// The windows of a row.
    pub fn of(&self, row: u32) -> &[Window] {
        self.0.get(&row).map_or(&[], Vec::as_slice)
    }
}

/// The letters that words of the parties are written in where they can be written together.
pub fn letters(parties: &View<'_>) -> Vec<char> {
    let mut ascii = [false; 128];
    let mut others = BTreeSet::new();
    for term in 0..parties.terms.len() as u32 {
        let spelt = parties.spelt(term).unwrap_or(&[]);
        for &byte in spelt {
            if let Some(seen) = ascii.get_mut(usize::from(byte)) {
                *seen = true;
            }
        }
        if !spelt.is_ascii() {
            others.extend(std::str::from_utf8(spelt).unwrap_or("").chars().filter(|c| !c.is_ascii()));
        }
    }
    let ascii = (0..128_u8).filter(|&byte| ascii[usize::from(byte)]).map(char::from);
    ascii.chain(others).collect()
}

/// Every text within one edit of a word, itself first: a letter more, less, other, or two exchanged.
fn within_one_edit(word: &str, letters: &[char], mut with: impl FnMut(&str)) {
    with(word);
    if word.len() + 1 < EDITED_LETTERS || word.len() > MAX_LETTERS + 1 {
        return;
    }
    // a letter of several bytes is more than one edit away from one of a single byte
    let fits = |c: &&char| !word.is_ascii() || c.is_ascii();
    let of: Vec<char> = word.chars().collect();
    let mut text = String::new();
    let mut put = |parts: [&[char]; 3]| {
        text.clear();
        parts.iter().for_each(|part| text.extend(part.iter()));
        with(&text);
    };
    for i in 0..=of.len() {
        let (before, after) = of.split_at(i);
        for c in letters.iter().filter(fits) {
            put([before, std::slice::from_ref(c), after]);
            if let Some((_, rest)) = after.split_first() {
                put([before, std::slice::from_ref(c), rest]);
            }
        }
        if let Some((first, rest)) = after.split_first() {
            put([before, &[], rest]);
            if let Some((second, rest)) = rest.split_first() {
                put([before, &[*second, *first], rest]);
            }
        }
    }
}

impl Reverse<'_> {
    /// The listing's neighbouring words that parties write as one word.
    pub(super) fn together(&self, sort: Sort, terms: &[u32], tokens: &[Weighted]) -> Vec<Together> {
        let mut out = Vec::new();
        for span in 2..=MAX_JOINED {
            for (at, group) in tokens.windows(span).enumerate().filter(|(_, g)| g.iter().all(|t| joins(t.class))) {
                let Some(word) = self.written(terms.get(at..at + span).unwrap_or(&[])) else { continue };
                let mut found = Vec::new();
                exactly(&self.parties, &word, |term| {
                    let fits = self.parties.terms.get(term as usize);
                    let fits = fits.is_some_and(|t| t.sort == sort as u8 && joins(class(t.class)));
                    if fits && seen(&self.parties, term).latin().contains(&word.as_str()) {
                        found.push(term);
                    }
                });
                if !found.is_empty() {
                    let weight = group.iter().fold(0_u16, |sum, t| sum.saturating_add(t.weight));
                    out.push(Together { at, span, weight, share: JOINED_SHARE, terms: found });
                }
            }
        }
        out
    }

    /// The listing's terms as one word, if they are in Latin letters.
    fn written(&self, terms: &[u32]) -> Option<String> {
        let mut word = String::new();
        for &term in terms {
            word.push_str(std::str::from_utf8(self.lists.spelt(term)?).ok()?);
        }
        Some(word)
    }

    /// The rows of parties that write one of the listing's words as several.
    pub(super) fn windows(&self, sort: Sort, terms: &[u32], tokens: &[Weighted], scratch: &mut Scratch) -> Windows {
        let mut all = Windows::default();
        for (word, &term) in terms.iter().enumerate().filter(|(j, _)| tokens.get(*j).is_some_and(|t| joins(t.class))) {
            let known = match scratch.known.windows.get(&term) {
                Some(known) => Arc::clone(known),
                None => {
                    let found: Arc<[(u32, Window)]> = self.windows_of(term, sort, scratch).into();
                    scratch.known.windows.insert(term, Arc::clone(&found));
                    found
                }
            };
            for &(row, window) in known.iter() {
                all.0.entry(row).or_default().push(Window { word, ..window });
            }
        }
        all
    }

    fn windows_of(&self, term: u32, sort: Sort, scratch: &mut Scratch) -> Vec<(u32, Window)> {
        let token = seen(&self.lists, term);
        let mut rows = Vec::new();
        scratch.rows.clear(self.parties.rows.len());
        for spelling in token.latin() {
            within_one_edit(spelling, &self.letters, |text| {
                rows.extend(self.parties.rows_joined(text).filter(|&row| scratch.rows.first(row)));
            });
        }
        let mut found = Vec::new();
        for row in rows {
            let Some(meta) = self.parties.rows.get(row as usize).filter(|meta| meta.sort() == sort as u8) else {
                continue;
            };
            let terms = self.parties.terms_of(meta);
            for span in 2..=MAX_JOINED {
                for (at, group) in terms.windows(span).enumerate() {
                    if self.is_word(group, token.latin()) {
                        found.push((row, Window { word: 0, at, span }));
                    }
                }
            }
        }
        found
    }

    /// Whether neighbouring words of a party are, written together, like one of some spellings.
    fn is_word(&self, group: &[u32], spellings: &[&str]) -> bool {
        let mut word = [0_u8; MAX_LETTERS];
        let mut length = 0;
        for &term in group {
            let can = self.parties.terms.get(term as usize).is_some_and(|t| joins(class(t.class)));
            let Some(letters) = self.parties.spelt(term).filter(|_| can) else { return false };
            let Some(slot) = word.get_mut(length..length + letters.len()) else { return false };
            slot.copy_from_slice(letters);
            length += letters.len();
        }
        let word = std::str::from_utf8(&word[..length]).unwrap_or("");
        spellings.iter().any(|spelling| joined_similarity(word, spelling) > 0)
    }
}
