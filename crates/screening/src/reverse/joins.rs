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

use super::query::Ask;
use super::words::RowWindows;
use super::{Reverse, Scratch, seen};
use crate::edges::{MAX_JOINED, joins};
use crate::expand::exactly;
use crate::index::{Index, NotDone, class};
use crate::neighbours::{Growing, hash};

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
#[derive(Clone, Default, Debug)]
pub struct Letters(Vec<char>);

impl Letters {
    /// Of an index of parties: worked out once, for all that are asked of it.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub fn of<P: AsRef<[u8]>>(parties: &Index<P>) -> Result<Self, NotDone> {
        let parties = parties.view()?;
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
        Ok(Self(ascii.chain(others).collect()))
    }
}

/// The hash of every text within one edit of a word, itself first: a letter more, less, other, or two exchanged.
fn within_one_edit(word: &str, letters: &[char], mut with: impl FnMut(u32)) {
    with(hash(word.as_bytes()));
    if word.len() + 1 < EDITED_LETTERS || word.len() > MAX_LETTERS + 1 {
        return;
    }
    // a letter of several bytes is more than one edit away from one of a single byte
    let fits = |c: &&char| !word.is_ascii() || c.is_ascii();
    let mut before = Growing::new();
    for (i, first) in word.char_indices().map(|(i, c)| (i, Some(c))).chain([(word.len(), None)]) {
        let after = &word.as_bytes()[i..];
        let rest = after.get(first.map_or(0, char::len_utf8)..).unwrap_or(&[]);
        for c in letters.iter().filter(fits) {
            let put = before.with_all(c.encode_utf8(&mut [0; 4]).as_bytes());
            with(put.with_all(after).done());
            if first.is_some() {
                with(put.with_all(rest).done());
            }
        }
        let Some(first) = first else { break };
        let own = &after[..first.len_utf8()];
        with(before.with_all(rest).done());
        if let Some(second) = std::str::from_utf8(rest).ok().and_then(|rest| rest.chars().next()) {
            let (second, rest) = rest.split_at(second.len_utf8());
            with(before.with_all(second).with_all(own).with_all(rest).done());
        }
        before = before.with_all(own);
    }
}

impl Reverse<'_> {
    /// The listing's neighbouring words that parties write as one.
    pub(super) fn together(&self, ask: &Ask<'_>) -> Vec<Together> {
        let mut out = Vec::new();
        for span in 2..=MAX_JOINED {
            for (at, _) in ask.tokens.windows(span).enumerate().filter(|(_, g)| g.iter().all(|t| joins(t.class))) {
                let terms = ask.terms.get(at..at + span).unwrap_or(&[]);
                let Some(word) = self.written(ask.side, terms) else { continue };
                let mut found = Vec::new();
                exactly(&self.parties, &word, |term| {
                    let fits = self.parties.terms.get(term as usize);
                    let fits = fits.is_some_and(|t| t.sort == ask.sort as u8 && joins(class(t.class)));
                    if fits && seen(&self.parties, term).latin().contains(&word.as_str()) {
                        found.push(term);
                    }
                });
                if !found.is_empty() {
                    out.push(Together { at, span, share: JOINED_SHARE, terms: found });
                }
            }
        }
        out
    }

    /// The listing's terms as one word, if they are in Latin letters.
    fn written(&self, side: usize, terms: &[u32]) -> Option<String> {
        let mut word = String::new();
        for &term in terms {
            word.push_str(std::str::from_utf8(self.sides.get(side)?.lists.spelt(term)?).ok()?);
        }
        Some(word)
    }

    /// The rows of parties that write one of the listing's words as several.
    pub(super) fn windows(&self, ask: &Ask<'_>, scratch: &mut Scratch) -> Windows {
        let mut all = Windows::default();
        for (word, &term) in ask.terms.iter().enumerate() {
            if !ask.tokens.get(word).is_some_and(|t| joins(t.class)) {
                continue;
            }
            let known = match scratch.known.windows.get(&(ask.side, term)) {
                Some(known) => Arc::clone(known),
                None => {
                    let found: RowWindows = self.windows_of(ask.side, term, ask.sort, scratch).into();
                    scratch.known.windows.insert((ask.side, term), Arc::clone(&found));
                    found
                }
            };
            for &(row, window) in known.iter() {
                all.0.entry(row).or_default().push(Window { word, ..window });
            }
        }
        all
    }

    fn windows_of(&self, side: usize, term: u32, sort: Sort, scratch: &mut Scratch) -> Vec<(u32, Window)> {
        let Some(of) = self.sides.get(side) else { return Vec::new() };
        let token = seen(&of.lists, term);
        let mut rows = Vec::new();
        scratch.hashes.clear();
        for spelling in token.latin() {
            within_one_edit(spelling, &self.letters.0, |hash| scratch.hashes.push(hash));
        }
        // one edit is often another too
        scratch.hashes.sort_unstable();
        scratch.hashes.dedup();
        self.parties.rows_joined_any(&scratch.hashes, &mut rows);
        rows.sort_unstable();
        rows.dedup();
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
