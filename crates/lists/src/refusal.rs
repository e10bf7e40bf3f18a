//! Why a file as a whole cannot be used.

use std::fmt;

/// A file that is refused: nothing of its set may be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Refusal {
    /// The file, as the caller named it.
    pub file: String,
    /// Line, byte or element path; empty if it is the file as a whole.
    pub place: String,
    /// What is wrong, with the reader's value in backticks.
    pub reason: String,
    /// What to do about it, if we know.
    pub hint: Option<String>,
}

impl Refusal {
    /// A refusal at a place (`line 12`, or empty for the whole file).
    pub fn new(file: impl Into<String>, place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { file: file.into(), place: place.into(), reason: reason.into(), hint: None }
    }

    /// The same, with a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if !self.place.is_empty() {
            write!(f, ", {}", self.place)?;
        }
        write!(f, ": {}", self.reason)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}
