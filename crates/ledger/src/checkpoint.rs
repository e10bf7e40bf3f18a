//! Checkpoints of c2sp.org/tlog-checkpoint: which log, how many entries, which root.
//!
//! Not here: signatures (`note`), checking that trees continue one another (`proof`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interdict_model::Digest;

use crate::LedgerError;
use crate::note::{Note, SignerKey, VerifierKey};

/// The head of a log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    /// The log's name, which is its key's too.
    pub origin: String,
    /// How many entries.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }
}

impl Checkpoint {
    /// Reads the text of a note. Our logs write no extension lines, and what they say would not be
    /// covered by any check here, so a text that has some is refused.
    ///
    /// # Errors
    /// When it is not exactly three lines of the right form.
    pub fn parse(text: &str) -> Result<Self, LedgerError> {
        let bad = |reason: &str| LedgerError::BadCheckpoint(reason.to_owned());
        let lines: Vec<&str> =
            text.strip_suffix('\n').ok_or_else(|| bad("the last line has no end"))?.split('\n').collect();
        let [origin, size, root] = lines.as_slice() else {
            return Err(bad("it has not exactly the lines origin, size, root"));
        };
        let bytes: Vec<u8> = STANDARD.decode(root).map_err(|_| bad("the root is no base64"))?;
        let root = Digest(bytes.try_into().map_err(|_| bad("the root has not 32 bytes"))?);
        let size = size.parse().map_err(|_| bad("the size is no number"))?;
        let checkpoint = Self { origin: (*origin).to_owned(), size, root };
        if origin.is_empty() || checkpoint.to_string() != text {
            return Err(bad("it is not written as the format says"));
        }
        Ok(checkpoint)
    }

    /// The signed note.
    pub fn sign(&self, key: &SignerKey) -> String {
        key.sign(&self.to_string())
    }

    /// Reads a signed note and checks that the log's key signed it.
    ///
    /// # Errors
    /// When it is no checkpoint, is of another log, or its signature does not fit.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, LedgerError> {
        let checkpoint = Self::parse(Note::parse(note)?.verify(key)?)?;
        if checkpoint.origin != key.name() {
            let reason = format!("it is of the log `{}`, the key of `{}`", checkpoint.origin, key.name());
            return Err(LedgerError::BadCheckpoint(reason));
        }
        Ok(checkpoint)
    }
}
