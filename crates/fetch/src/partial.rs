//! Where bytes go while they come, so that a cut transfer goes on where it ended.
//!
//! Not here: files (`store`); the caller brings the two together.

use std::io;

/// Bytes of one address as they came over the wire, with a note of what they are the start of.
pub trait Partial {
    /// Bytes kept.
    fn length(&self) -> u64;

    /// The note they were begun with. None if there is nothing.
    fn note(&self) -> Option<String>;

    /// Drops what is kept, and begins again with a note.
    ///
    /// # Errors
    /// When it cannot be written.
    fn begin(&mut self, note: &str) -> io::Result<()>;

    /// Adds bytes.
    ///
    /// # Errors
    /// When they cannot be written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Gives what is kept. It stays until it is dropped.
    ///
    /// # Errors
    /// When it cannot be read.
    fn bytes(&mut self) -> io::Result<Vec<u8>>;

    /// Drops what is kept.
    ///
    /// # Errors
    /// When it cannot be removed.
    fn discard(&mut self) -> io::Result<()>;
}

/// Bytes in memory: for small answers, and for tests.
#[derive(Clone, Debug, Default)]
pub struct InMemory {
    note: Option<String>,
    bytes: Vec<u8>,
}

impl Partial for InMemory {
    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn note(&self) -> Option<String> {
        self.note.clone()
    }

    fn begin(&mut self, note: &str) -> io::Result<()> {
        self.bytes.clear();
        self.note = Some(note.to_owned());
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        Ok(self.bytes.clone())
    }

    fn discard(&mut self) -> io::Result<()> {
        *self = Self::default();
        Ok(())
    }
}
