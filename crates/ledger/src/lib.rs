//! What was answered, as bytes that can be hashed, chained and checked later.
//!
//! Promises: what `cli` and `server` show is a [`Recorded`] value, and its `record` is the hash of
//! exactly the bytes that the value serialises to; hashes of leaves and trees are those of
//! RFC 6962, so that any verifier of transparency logs can check them.
//!
//! Not here: writing entries to disk (`store`), checkpoints and signatures.

pub mod merkle;
pub mod recorded;

pub use merkle::{Tree, leaf_hash};
pub use recorded::Recorded;
