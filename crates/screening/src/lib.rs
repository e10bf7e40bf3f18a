//! Turns a party and a snapshot of lists into hits, each with the evidence that explains its score.
//!
//! Promises: every listing that scores at or above the threshold is returned, whatever the order
//! of the snapshot; the score is computed from the evidence and from nothing else; work per
//! party is bounded, and a party that needs more is answered with an error, never with "clear".
//!
//! Not here: reading lists (`lists`), text of names (`names`), storing an index (`store`).

pub mod compare;
pub mod edges;
mod expand;
mod flat;
pub mod hit;
pub mod index;
pub mod matching;
pub mod name_score;
mod neighbours;
mod own;
mod pass;
mod plan;
pub mod policy;
mod query;
mod rarity;
mod record;
pub mod reference;
pub mod reverse;
mod search;
mod tally;
mod words;

pub use compare::compare;
pub use hit::{Attribute, AttributeEvidence, Evidence, Hit, NameEvidence, Relation, Score, TokenEvidence, Verdict};
pub use index::{Index, IndexBuilder, NotDone};
pub use pass::Scratch;
pub use policy::{BadPolicy, Ignored, LOWEST_THRESHOLD, Policy, PolicyFile, WeakAliases, Words};
pub use query::screenable;
