//! What was answered, as bytes that can be hashed, chained and checked later.
//!
//! Promises: what `cli` and `server` show is a [`Recorded`] value, and its `record` is the hash of
//! exactly the bytes that the value serialises to; logs are those of c2sp.org/tlog-tiles and
//! c2sp.org/signed-note over the trees of RFC 6962, so that any verifier of transparency logs can
//! check them; nothing here reads a clock, a file or randomness.
//!
//! Not here: writing entries to disk and finding what was altered there (`store`).

pub mod bundle;
pub mod checkpoint;
pub mod entry;
mod error;
pub mod form;
pub mod merkle;
pub mod note;
pub mod proof;
pub mod receipt;
pub mod recorded;
pub mod subject;
pub mod tile;

pub use checkpoint::Checkpoint;
pub use entry::{Entry, Event};
pub use error::LedgerError;
pub use form::AnswerForm;
pub use merkle::{Tree, leaf_hash};
pub use note::{SignerKey, VerifierKey};
pub use receipt::Receipt;
pub use recorded::Recorded;
pub use subject::{Salt, Subject};
pub use tile::Tile;
