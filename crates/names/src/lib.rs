//! Text of names: normalise, tokenise, romanise, compare.
//!
//! Promises: everything is a function of the text and of tables that are part of the build; time
//! is linear in the length of a name (quadratic in that of a word, which is bounded).
//!
//! Not here: parties and listings, scores of names, thresholds (`screening`).

pub mod analyse;
pub mod costs;
pub mod fold;
mod lexicon;
pub mod likeness;
mod lookalike;
pub mod phonetic;
pub mod romanise;
pub mod script;
pub mod similar;
pub mod tables;
pub mod tokenise;
