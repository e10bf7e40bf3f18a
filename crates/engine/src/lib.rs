//! The façade: plain values in, plain values out. What `cli`, `server` and bindings call.
//!
//! Promises: an answer depends on the party, the snapshot, the policy and the engine's version and
//! on nothing else, and names all four by hash; what could not be compared is an error, never
//! "clear"; a batch answers in the order of its questions.
//!
//! Not here: files, clocks, arguments, terminals (`store`, `cli`), how names compare (`screening`).

mod batch;
pub mod canary;
mod comparison;
mod coverage;
mod decided;
pub mod guard;
mod listed;
mod matched;
pub mod monitor;
pub mod pair;
pub mod past;
mod screening;
mod snapshot;
pub mod starter;

pub use batch::Party;
pub use comparison::Comparison;
pub use coverage::{Coverage, OwnName, coverage};
pub use decided::{Also, Asked, Decided};
pub use guard::{Doubt, DoubtKind, Guard};
pub use interdict_ledger::{Recorded, Tree};
pub use interdict_model as model;
pub use interdict_screening::{
    Attribute, AttributeEvidence, Evidence, Hit, Ignored, IndexBuilder, LOWEST_THRESHOLD, NameEvidence, NotDone,
    Policy, PolicyFile, Relation, Score, Scratch, TokenEvidence, Verdict, WeakAliases, Words, policy,
};
pub use listed::{ListedBy, ScreenedParty};
pub use matched::Matched;
pub use screening::{Best, Engine, Found, Outcome, Screening, policy_digest};
pub use snapshot::{IndexBytes, ListingSource, Snapshot, SnapshotError};

/// The version that stands in every answer.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
