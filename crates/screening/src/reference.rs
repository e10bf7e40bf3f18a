//! The plain version: compares every name with every name, straight from the letters. Slow,
//! obvious, and the judge in tests.

use std::sync::Arc;

use interdict_names::analyse::{Form, Token};
use interdict_names::likeness::Likeness;
use interdict_names::similar::joined_similarity;

use crate::edges::{Likenesses, Weighted, edges};
use crate::matching::{Layout, Search, lay_out};
use crate::name_score::name_score;
use crate::own::Own;
use crate::policy::Words;

/// Two forms laid side by side.
pub struct Compared {
    /// Score in 1/65,536.
    pub score: i64,
    /// How they were laid out.
    pub layout: Layout,
    /// The edges that the layout chose from.
    pub edges: Vec<crate::matching::Edge>,
}

struct FromLetters<'a> {
    own: &'a Own,
    party: &'a [Token],
    listed: &'a [Token],
}

/// Tokens written as one word, as they are spelt, if they are in Latin letters.
pub fn written_together(tokens: &[Token]) -> Option<String> {
    let mut word = String::new();
    for token in tokens {
        if !token.text.is_ascii() {
            return None;
        }
        word.push_str(token.latin.first()?);
    }
    Some(word)
}

impl Likenesses for FromLetters<'_> {
    fn single(&self, i: usize, j: usize) -> Option<Likeness> {
        self.own.likeness(&(&self.party[i]).into(), &(&self.listed[j]).into())
    }

    fn party_joined(&self, i: usize, n: usize, j: usize) -> Option<Likeness> {
        let word = written_together(&self.party[i..i + n])?;
        let share = self.listed[j].latin.iter().map(|spelling| joined_similarity(&word, spelling)).max()?;
        let relation = interdict_names::likeness::Relation::Near;
        (share > 0).then_some(Likeness { share, relation })
    }

    fn listed_joined(&self, i: usize, j: usize, n: usize) -> bool {
        let word = written_together(&self.listed[j..j + n]);
        word.is_some_and(|word| self.party[i].latin.contains(&word))
    }
}

/// Compares two forms under a user's words.
pub fn compare_forms(party: &Form, listed: &Form, words: Option<&Arc<Words>>) -> Compared {
    let own = &Own::without_index(words);
    let q: Vec<Weighted> = party.tokens.iter().map(|t| own.weighted_token(t)).collect();
    let r: Vec<Weighted> = listed.tokens.iter().map(|t| own.weighted_token(t)).collect();
    let total = |side: &[Weighted]| side.iter().map(|t| i64::from(t.weight)).sum();
    let mut found = Vec::new();
    let several = edges(&q, &r, &FromLetters { own, party: &party.tokens, listed: &listed.tokens }, &mut found);
    let twins = if several { Vec::new() } else { twins(&listed.tokens) };
    let layout = lay_out(&found, total(&q), total(&r), &twins, &mut Search::default());
    Compared { score: name_score(&layout, &found, &q, &r), layout, edges: found }
}

fn twins(tokens: &[Token]) -> Vec<u8> {
    (0..tokens.len())
        .map(|j| (0..j).rev().find(|&k| tokens[k] == tokens[j]).and_then(|k| u8::try_from(k).ok()).unwrap_or(u8::MAX))
        .collect()
}
