//! A user's equivalents and stop words against an index.
//!
//! Stop words are applied when names are scored, not when the index is built: one index serves
//! every policy. A stop word weighs what a particle does on both sides, and every bound of
//! retrieval is computed from the weights after that, so that nothing is lost by it.
//!
//! Promises: an equivalence is listed by `expand` from either side; whoever compares letters
//! (`reference`) and whoever reads the index say the same.
//!
//! Not here: reading the words (`policy`).

use std::sync::Arc;

use interdict_model::Digest;
use interdict_names::analyse::{Class, Token, UNIT};
use interdict_names::likeness::{Likeness, TokenView, likeness, likeness_with};
use rustc_hash::FxHashSet;

use crate::edges::Weighted;
use crate::expand::exactly;
use crate::index::{Row, View, class};
use crate::policy::Words;

/// What a stop word weighs at most: as much as `al` or `bin`.
const STOP_WORD: u16 = UNIT / 8;

/// The words of one user, as one index knows them.
#[derive(Default)]
pub struct Own {
    index: u64,
    words: Option<Arc<Words>>,
    /// Terms of the index that are stop words.
    stopped: FxHashSet<u32>,
}

impl Own {
    /// Finds the stop words among the terms of an index.
    pub fn of(view: &View<'_>, words: Option<&Arc<Words>>) -> Self {
        let mut own = Self { index: view.id, words: words.cloned(), stopped: FxHashSet::default() };
        let mut stopped = FxHashSet::default();
        for word in words.iter().flat_map(|words| words.additions().stop_words()) {
            exactly(view, word, |term| {
                if own.is_stop_word(&view.token(term)) {
                    stopped.insert(term);
                }
            });
        }
        own.stopped = stopped;
        own
    }

    /// Whether it is of this index and these words.
    pub fn is_of(&self, view: &View<'_>, words: Option<&Arc<Words>>) -> bool {
        let digest = |words: &Arc<Words>| -> Digest { words.digest() };
        self.index == view.id && self.words.as_ref().map(digest) == words.map(digest)
    }

    /// The likeness of two tokens.
    pub fn likeness(&self, a: &TokenView<'_>, b: &TokenView<'_>) -> Option<Likeness> {
        match &self.words {
            Some(words) => likeness_with(words.additions(), a, b),
            None => likeness(a, b),
        }
    }

    /// The user's equivalents of a spelling.
    pub fn equivalents(&self, spelling: &str) -> impl Iterator<Item = &str> {
        let of_user = self.words.as_ref().map_or(&[][..], |words| words.additions().equivalents(spelling));
        of_user.iter().map(|(word, _)| word.as_str())
    }

    /// Whether the user says that a token does not identify: by its own letters or its first
    /// romanisation. Legal forms, numbers and initials are tiny or decide, and stay as they are.
    pub fn is_stop_word(&self, token: &TokenView<'_>) -> bool {
        let Some(words) = &self.words else { return false };
        let can_be = match token.class {
            Class::Name | Class::Particle | Class::Patronymic | Class::Title | Class::Generic | Class::Place => true,
            Class::Initial | Class::LegalForm | Class::Number | Class::Acronym => false,
        };
        let best = token.latin().first().copied().unwrap_or("");
        can_be && (words.additions().is_stop_word(token.text) || words.additions().is_stop_word(best))
    }

    /// Whether a term of the index is a stop word.
    #[inline]
    pub fn is_stopped(&self, term: u32) -> bool {
        !self.stopped.is_empty() && self.stopped.contains(&term)
    }

    /// A term's class and weight.
    #[inline]
    pub fn weighted(&self, view: &View<'_>, term: u32) -> Option<Weighted> {
        let meta = view.terms.get(term as usize)?;
        let weighted = Weighted { class: class(meta.class), weight: meta.weight };
        Some(if self.stopped.contains(&term) { stopped(weighted) } else { weighted })
    }

    /// The weight of a row's terms together.
    #[inline]
    pub fn row_weight(&self, view: &View<'_>, row: u32, meta: &Row) -> i64 {
        if self.stopped.is_empty() {
            return meta.weight();
        }
        view.terms_of_row(row).iter().filter_map(|&t| self.weighted(view, t)).map(|t| i64::from(t.weight)).sum()
    }

    /// A token's class and weight by the tables alone.
    pub fn weighted_token(&self, token: &Token) -> Weighted {
        let weighted = Weighted::from(token);
        if self.is_stop_word(&TokenView::from(token)) { stopped(weighted) } else { weighted }
    }

    /// For comparisons without an index.
    pub fn without_index(words: Option<&Arc<Words>>) -> Self {
        Self { words: words.cloned(), ..Self::default() }
    }
}

/// A word as a stop word: a particle.
pub fn stopped(word: Weighted) -> Weighted {
    Weighted { class: Class::Particle, weight: word.weight.min(STOP_WORD) }
}
