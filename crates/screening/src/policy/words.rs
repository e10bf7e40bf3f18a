//! A user's equivalents and stop words, as part of a policy.
//!
//! Promises: told apart by the hash of their text; equal texts are equal words.
//!
//! Not here: how the text is read (`names`), what words do to a score (`own`).

use interdict_model::Digest;
use interdict_names::tables::{Additions, BadLine};
use serde::{Serialize, Serializer};

/// A user's words.
#[derive(Clone, Debug)]
pub struct Words {
    digest: Digest,
    text: Box<str>,
    additions: Additions,
}

impl Words {
    /// Reads them; the digest is that of the text, as `sha256sum` gives it for the file.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        // programs that save "UTF-8 with a mark" put it first
        let content = text.strip_prefix('\u{feff}').unwrap_or(text);
        Ok(Self { digest: Digest::of(text.as_bytes()), additions: Additions::parse(content)?, text: text.into() })
    }

    /// The hash of the text.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The text they were read from.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What they say.
    pub fn additions(&self) -> &Additions {
        &self.additions
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.digest == other.digest
    }
}

impl Serialize for Words {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.digest.serialize(serializer)
    }
}
