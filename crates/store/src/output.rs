//! A result file that appears whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::{StoreError, durable};

/// A file being written beside its place; [`Output::finish`] puts it there.
#[derive(Debug)]
pub struct Output {
    path: PathBuf,
    temporary: PathBuf,
    file: Option<BufWriter<File>>,
}

impl Output {
    /// Starts a file; nothing stands at `path` until it is finished.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn create(path: &Path) -> Result<Self, StoreError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let temporary = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
        let file = File::create(&temporary).map_err(StoreError::io(path))?;
        Ok(Self { path: path.to_owned(), temporary, file: Some(BufWriter::with_capacity(1 << 16, file)) })
    }

    /// Makes it durable and puts it in its place.
    ///
    /// # Errors
    /// When it cannot be written to the end.
    pub fn finish(mut self) -> Result<(), StoreError> {
        if let Some(writer) = self.file.take() {
            let file = writer.into_inner().map_err(|error| StoreError::io(&self.path)(error.into_error()))?;
            file.sync_all().map_err(StoreError::io(&self.path))?;
            durable::rename(&self.temporary, &self.path)?;
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.as_mut().map_or(Ok(0), |file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_mut().map_or(Ok(()), BufWriter::flush)
    }
}

impl Drop for Output {
    // An unfinished result is not left behind to be mistaken for a whole one.
    fn drop(&mut self) {
        if self.file.take().is_some() {
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}
