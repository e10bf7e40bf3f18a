//! Publishers' files that were refused as a whole: kept to one side for a person to look at.
//!
//! Promises: only files that were recognised as a publisher's are kept, never one of the user's own
//! that was named by mistake; the newest few are, each with its reason; nothing reads lists from here.
//!
//! Not here: versions that were read and doubted (`quarantine`).

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use interdict_lists::{Format, Refusal, SourceFile, recognise};
use interdict_model::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::content::without_folder;
use crate::{Home, Import, StoreError, durable};

/// Files that are kept: enough for a bad week, and no store of its own.
const KEPT: usize = 20;

/// A publisher's file of which nothing was loaded.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct RefusedFile {
    /// Its name when it was imported, without its folder.
    pub name: String,
    /// The format it was recognised as.
    pub format: String,
    /// Hash of its bytes.
    pub digest: Digest,
    /// Its bytes.
    pub bytes: u64,
    /// Where in it, and why.
    pub reason: String,
    /// When it was received.
    pub at: Option<Timestamp>,
}

impl Home {
    fn refused_folder(&self) -> PathBuf {
        // No list's name begins so.
        self.root().join("quarantine").join(".refused")
    }

    /// Keeps what was refused. What cannot be kept was reported all the same.
    pub(crate) fn keep_refused(&self, import: &Import, refused: &[Refusal]) {
        for refusal in refused {
            let file = import.files.iter().find(|(name, _)| *name == refusal.file);
            let Some((name, bytes)) = file else { continue };
            let Ok((format, _)) = recognise(&SourceFile { name, bytes }) else { continue };
            if format.list() == Format::OwnCsv.list() {
                continue;
            }
            let place = if refusal.place.is_empty() { String::new() } else { format!("{}: ", refusal.place) };
            let file = RefusedFile {
                name: without_folder(name).to_owned(),
                format: format.name().to_owned(),
                digest: Digest::of(bytes),
                bytes: bytes.len() as u64,
                reason: format!("{place}{}", refusal.reason),
                at: import.received,
            };
            let _ = self.write_refused(&file, bytes);
        }
        self.forget_refused();
    }

    fn write_refused(&self, file: &RefusedFile, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.refused_path(&file.digest);
        let mut packed = GzEncoder::new(Vec::with_capacity(bytes.len() / 6), Compression::fast());
        packed.write_all(bytes).map_err(StoreError::io(&path))?;
        let packed = packed.finish().map_err(StoreError::io(&path))?;
        durable::write(&path, &[&packed])?;
        let json = serde_json::to_vec_pretty(file).map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path.with_extension("json"), &[&json])
    }

    fn forget_refused(&self) {
        let Ok(files) = self.refused() else { return };
        for file in files.iter().rev().skip(KEPT) {
            let path = self.refused_path(&file.digest);
            let _ = fs::remove_file(path.with_extension("json"));
            let _ = fs::remove_file(path);
        }
    }

    /// Where a refused file lies, gzipped.
    pub fn refused_path(&self, digest: &Digest) -> PathBuf {
        self.refused_folder().join(format!("{digest}.gz"))
    }

    /// The publishers' files that were refused lately, the newest last.
    ///
    /// # Errors
    /// When the folder or a note in it cannot be read.
    pub fn refused(&self) -> Result<Vec<RefusedFile>, StoreError> {
        let mut files = Vec::new();
        for path in crate::versions::files(&self.refused_folder())? {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            let json = fs::read(&path).map_err(StoreError::io(&path))?;
            let file: RefusedFile =
                serde_json::from_slice(&json).map_err(|error| StoreError::damaged(&path, error.to_string()))?;
            files.push(file);
        }
        files.sort_by_key(|file| (file.at, file.digest));
        Ok(files)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publishers_broken_file_is_kept_and_a_users_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let broken = |n: usize| {
            let text = format!("<CONSOLIDATED_LIST dateGenerated=\"2031-02-03\"><INDIVIDUALS><INDIVIDUAL>{n} & co");
            let files = vec![("un.xml".to_owned(), text.into_bytes())];
            let received = Some(Timestamp::from_second(1_900_000_000 + n as i64).unwrap());
            Import { files, received, ..Import::default() }
        };
        let report = home.import(&broken(0)).unwrap();
        assert_eq!((report.imported.len(), report.refused.len()), (0, 1));
        let kept = home.refused().unwrap();
        assert_eq!((kept.len(), kept[0].format.as_str()), (1, "un-consolidated-xml"));
        assert!(kept[0].reason.contains("line 1") && home.refused_path(&kept[0].digest).exists(), "{kept:?}");
        let mine = Import { files: vec![("mine.csv".to_owned(), b"name\n".to_vec())], ..Import::default() };
        assert_eq!(home.import(&mine).unwrap().refused.len(), 1);
        assert_eq!(home.refused().unwrap().len(), 1, "the user's own file is not copied");
        for n in 1..=KEPT {
            home.import(&broken(n)).unwrap();
        }
        let left = home.refused().unwrap();
        assert_eq!((left.len(), left.contains(&kept[0])), (KEPT, false), "the oldest goes");
        assert!(!home.refused_path(&kept[0].digest).exists());
        assert!(home.versions(None).unwrap().is_empty() && !home.has_quarantined());
    }
}
