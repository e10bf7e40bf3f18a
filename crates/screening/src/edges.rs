//! The possible agreements between the tokens of two names.
//!
//! Promises: depends on the tokens alone, through [`Likenesses`]; whoever lists likenesses from
//! an index and whoever compares strings get the same edges.
//!
//! Not here: choosing among edges (`matching`), likeness of two tokens (`names`).

use interdict_names::analyse::{Class, Token, UNIT};
use interdict_names::likeness::{Likeness, Relation};
use interdict_names::similar::FULL;

use crate::matching::Edge;

/// Most tokens that are read as one word.
pub const MAX_JOINED: usize = 3;

/// Words written together are a little less sure than the same word.
const JOINED: u32 = 98;

/// What is known about the likenesses of two names' tokens.
pub trait Likenesses {
    /// Of the party's token `i` and the listing's token `j`.
    fn single(&self, i: usize, j: usize) -> Option<Likeness>;
    /// Of the party's tokens `i..i + n` written as one and the listing's token `j`.
    fn party_joined(&self, i: usize, n: usize, j: usize) -> Option<Likeness>;
    /// Whether the party's token `i` is the listing's tokens `j..j + n` written as one.
    fn listed_joined(&self, i: usize, j: usize, n: usize) -> bool;
}

/// A token as edges need it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weighted {
    /// What it is.
    pub class: Class,
    /// How much it identifies.
    pub weight: u16,
}

impl From<&Token> for Weighted {
    fn from(token: &Token) -> Self {
        Self { class: token.class, weight: token.weight }
    }
}

/// Whether a token can be part of a word that others write in one, or apart.
pub fn joins(class: Class) -> bool {
    match class {
        Class::Name
        | Class::Particle
        | Class::Patronymic
        | Class::Generic
        | Class::Place
        | Class::Title
        | Class::LegalForm => true,
        Class::Initial | Class::Number | Class::Acronym => false,
    }
}

/// Lists the edges, sorted as [`crate::matching::lay_out`] wants them. Returns whether any covers
/// several of the listing's tokens.
pub fn edges(party: &[Weighted], listed: &[Weighted], likenesses: &impl Likenesses, out: &mut Vec<Edge>) -> bool {
    out.clear();
    let mut several = false;
    for (i, q) in party.iter().enumerate() {
        for (j, r) in listed.iter().enumerate() {
            if let Some(likeness) = likenesses.single(i, j) {
                out.push(single(i, *q, j, *r, likeness));
            }
            for n in 2..=MAX_JOINED {
                if let Some(group) = party.get(i..i + n)
                    && joins(r.class)
                    && group.iter().all(|t| joins(t.class))
                    && let Some(likeness) = likenesses.party_joined(i, n, j)
                {
                    out.push(joined(i, group, j, &[*r], likeness.share, likeness.relation));
                }
                if let Some(group) = listed.get(j..j + n)
                    && joins(q.class)
                    && group.iter().all(|t| joins(t.class))
                    && likenesses.listed_joined(i, j, n)
                {
                    out.push(joined(i, &[*q], j, group, FULL, Relation::Equal));
                    several = true;
                }
            }
        }
    }
    several
}

/// The edge of one token each.
pub fn single(i: usize, q: Weighted, j: usize, r: Weighted, likeness: Likeness) -> Edge {
    let lesser = q.weight.min(r.weight);
    let (weight, party_cover, listed_cover) = match likeness.relation {
        // An initial agrees with one name in twenty: it is worth little, and leaves most of a
        // name unexplained. Two initials alone must never reach a threshold.
        Relation::Initial if q.class == Class::Initial => (lesser, q.weight, r.weight * 7 / 10),
        Relation::Initial => (lesser, q.weight * 7 / 10, r.weight),
        Relation::Equal
        | Relation::Spelling
        | Relation::Language
        | Relation::Nickname
        | Relation::Near
        | Relation::Acronym
        | Relation::LegalForm => (lesser, q.weight, r.weight),
    };
    Edge {
        party: 1 << i,
        listed: 1 << j,
        share: likeness.share,
        weight,
        party_cover,
        listed_cover,
        tag: likeness.relation as u8,
    }
}

/// The edge of a group on one side and a token on the other.
pub fn joined(i: usize, party: &[Weighted], j: usize, listed: &[Weighted], share: u16, relation: Relation) -> Edge {
    let total = |group: &[Weighted]| group.iter().map(|t| t.weight).fold(0_u16, u16::saturating_add);
    let mask = |at: usize, n: usize| ((1_u64 << n) - 1) << at;
    let (q, r) = (total(party), total(listed));
    // A word cut in two is two rare words to whoever weighs them: it counts as one.
    let weight = q.min(r).min(UNIT * 3 / 2);
    let share = u16::try_from(u32::from(share) * JOINED / 100).unwrap_or(FULL);
    Edge {
        party: mask(i, party.len()),
        listed: mask(j, listed.len()),
        share,
        weight,
        party_cover: q,
        listed_cover: r,
        tag: JOINED_TAG | relation as u8,
    }
}

/// Set in the tag of an edge that joins words.
pub const JOINED_TAG: u8 = 0x80;
