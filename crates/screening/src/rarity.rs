//! How much less a word identifies when many listings carry it.
//!
//! Promises: depends on the count of listings in steps of doubling, so that a score does not
//! move with every update of a list.
//!
//! Not here: how common a word is in the world (`names`).

use interdict_names::analyse::UNIT;

/// Taken off for every doubling of the listings that carry a word, in 1/256 of a rare word.
/// Source: leave-one-alias-out over the OFAC and UN lists; see `docs/benchmarks.md`.
const PER_DOUBLING: u32 = 16;

/// No name weighs less, however common.
const LEAST: u16 = UNIT * 30 / 100;

/// The weight of a word that `listings` listings carry.
pub fn weight(alone: u16, listings: usize) -> u16 {
    let doublings = listings.max(1).ilog2();
    let off = u16::try_from(doublings * PER_DOUBLING).unwrap_or(u16::MAX);
    alone.saturating_sub(off).max(LEAST.min(alone))
}
