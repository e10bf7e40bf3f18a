//! Why bytes are not what a ledger holds.

use interdict_model::Digest;

/// What is wrong with a note, a checkpoint, a bundle, an entry, a proof or a receipt.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum LedgerError {
    /// A key's text or bytes.
    #[error("key: {0}\nhint: a public key reads NAME+0123abcd+BASE64, as `interdict ledger init` prints it")]
    BadKey(String),
    /// A signed note.
    #[error("signed note: {0}")]
    BadNote(String),
    /// A note that no known key signed.
    #[error("signed by {found}, not by `{wanted}`\nhint: give the key of this ledger with --key")]
    UnknownSigner {
        /// Who signed it.
        found: String,
        /// Whose signature was looked for.
        wanted: String,
    },
    /// A signature that names a known key and is not of it.
    #[error("the signature of `{0}` does not fit the text: one of them was altered")]
    BadSignature(String),
    /// The text of a checkpoint.
    #[error("checkpoint: {0}")]
    BadCheckpoint(String),
    /// A bundle of entries.
    #[error("entries: {0}")]
    BadBundle(String),
    /// An entry's bytes.
    #[error("entry: {0}")]
    BadEntry(String),
    /// The path of a tile.
    #[error("`{0}` is not the path of a tile")]
    BadPath(String),
    /// A proof that does not lead to the root.
    #[error("proof: {0}")]
    BadProof(String),
    /// A hash that a proof needs is not there.
    #[error("no hash of height {height}, number {index}: a tile is missing or too short")]
    MissingNode {
        /// Height above the leaves.
        height: u32,
        /// Number at that height.
        index: u64,
    },
    /// A receipt.
    #[error("receipt: {0}")]
    BadReceipt(String),
    /// Two trees of one log that cannot both be true.
    #[error("fork: at {size} entries one tree is {one}, another {other}")]
    Fork {
        /// Their size.
        size: u64,
        /// A root.
        one: Digest,
        /// The other.
        other: Digest,
    },
}
