//! Publishers' files are read and stored to one side, before they get their place.
//!
//! Promises: a file that is refused changes nothing; the publishers' bytes are kept.
//!
//! Not here: which version is used and which is not (`placing`).

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use interdict_engine::{Doubt, DoubtKind, OwnName, Policy};
use interdict_lists::{FileSet, Mapping, Options, Refusal, SourceFile, group, read};
use interdict_model::{Digest, ListId, ListVersion, PartialDate};
use jiff::Timestamp;

use crate::content::{Receipt, Writer, without_folder};
use crate::home::Home;
use crate::placing::{Stage, Terms};
use crate::rollback::Freshness;
use crate::{Manifest, RawFile, StoreError, durable};

/// What to import and how.
#[derive(Clone, Debug, Default)]
pub struct Import {
    /// Files, each with the name it is spoken of by.
    pub files: Vec<(String, Vec<u8>)>,
    /// The list's id, if not the publisher's.
    pub list: Option<ListId>,
    /// Columns of an internal list: our field to its column.
    pub mapping: BTreeMap<String, String>,
    /// The publisher's date, for files that carry none.
    pub published: Option<PartialDate>,
    /// When the files were received. The caller reads the clock.
    pub received: Option<Timestamp>,
    /// Doubts that the user puts aside.
    pub accept: Vec<DoubtKind>,
    /// Why.
    pub reason: Option<String>,
    /// Keep the versions without using any: for what was published before.
    pub keep: bool,
}

/// What became of a version that was read.
#[derive(Clone, Debug)]
pub enum Place {
    /// It is in use.
    Current {
        /// The version it takes the place of, if it is another one.
        replaces: Option<ListVersion>,
    },
    /// It is stored and not used.
    Kept {
        /// The version used instead, if any: a newer one of the same command, or the one in use.
        behind: Option<ListVersion>,
    },
    /// It is doubted and not used.
    Quarantined {
        /// What speaks against it.
        doubts: Vec<Doubt>,
        /// The version that keeps serving, if any.
        in_use: Option<ListVersion>,
    },
}

/// A set of files that was read.
#[derive(Clone, Debug)]
pub struct Imported {
    /// What is known of it.
    pub manifest: Manifest,
    /// Rows of each file of a set: role, rows, rows that went into listings.
    pub rows: Vec<(String, u64, u64)>,
    /// In use or not.
    pub place: Place,
    /// Time to recognise, parse and write what was read.
    pub took: Duration,
}

/// What an import did.
#[derive(Debug, Default)]
pub struct Report {
    /// Sets that were read, in the order of the files.
    pub imported: Vec<Imported>,
    /// Files and sets of which nothing was loaded, and why.
    pub refused: Vec<Refusal>,
    /// Listings in the index over all lists in use.
    pub listings: u32,
    /// Names in it.
    pub names: u32,
    /// Its bytes.
    pub index_bytes: u64,
    /// Time to build and store it.
    pub index_took: Duration,
    /// Names of the lists read now that were looked for in it and lead to their listing.
    pub own_names: u64,
    /// Names of them that screening cannot take, with the reason.
    pub not_compared: Vec<(ListId, OwnName)>,
    /// Listings that were not looked for because time was up.
    pub not_reached: u64,
    /// Time to look for them.
    pub own_names_took: Duration,
}

impl Home {
    /// Reads files and puts the lists they hold in use. A file that is refused changes nothing; the
    /// others are loaded. A version that the guard doubts, or whose listings are not found by their own
    /// names, is quarantined.
    ///
    /// # Errors
    /// When the store cannot be written; then the old state stands.
    pub fn import(&self, import: &Import) -> Result<Report, StoreError> {
        self.import_under(import, &Policy::default())
    }

    /// The same; under `policy` each listing must be found by its own names.
    fn import_under(&self, import: &Import, policy: &Policy) -> Result<Report, StoreError> {
        if let Some(list) = &import.list {
            check_id(list)?;
        }
        let _lock = self.lock()?;
        let staging = self.root().join("staging");
        let (mut report, mut stages) = (Report::default(), Vec::new());
        self.read(import, &staging, &mut stages, &mut report.refused)?;
        self.keep_refused(import, &report.refused);
        if !stages.is_empty() {
            let terms = Terms {
                policy,
                accept: &import.accept,
                reason: import.reason.as_deref(),
                at: import.received,
                keep: import.keep,
                guarded: true,
                freshness: Freshness::Any,
            };
            self.put_in_use(stages, &terms, &mut report)?;
        }
        let _ = fs::remove_dir_all(&staging);
        Ok(report)
    }

    /// Reads the sets of files of an import to one side.
    fn read(
        &self,
        import: &Import,
        staging: &Path,
        stages: &mut Vec<Stage>,
        refused: &mut Vec<Refusal>,
    ) -> Result<(), StoreError> {
        let files: Vec<SourceFile<'_>> = import.files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
        let options = Options { list: import.list.clone(), mapping: Mapping(import.mapping.clone()) };
        let (sets, not_grouped) = group(&files, &options);
        refused.extend(not_grouped);
        for set in &sets {
            let folder = staging.join(stages.len().to_string());
            match self.stage(set, &options, import, &folder)? {
                Ok(stage) => stages.push(stage),
                Err(refusal) => {
                    // The next set is read into the same folder.
                    let _ = fs::remove_dir_all(&folder);
                    refused.push(refusal);
                }
            }
        }
        Ok(())
    }

    fn stage(
        &self,
        set: &FileSet<'_>,
        options: &Options,
        import: &Import,
        folder: &Path,
    ) -> Result<Result<Stage, Refusal>, StoreError> {
        let start = Instant::now();
        let mut writer = Writer::create(folder)?;
        let reading = match read(set, options, &mut |listing| writer.add(&listing)) {
            Ok(reading) => reading,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // Where a list is in use, an empty version of it is kept to one side for a person to see.
        if reading.listings == 0 && !self.current()?.lists.iter().any(|held| held.list == reading.list) {
            let reason = format!("read as {}, but no record of it became a listing", reading.format);
            let first = reading.rejections.first().map(|r| format!("{}: {}", r.place, r.reason));
            let refusal = Refusal::new(set.name(), "", reason);
            return Ok(Err(match first {
                Some(first) => refusal.hint(format!("the first reason is: {first}")),
                None => refusal,
            }));
        }
        if let Err(StoreError::BadListId(id)) = check_id(&reading.list) {
            return Ok(Err(Refusal::new(set.name(), "", format!("`{id}` cannot be the name of a list"))));
        }
        let mut version = reading.version();
        if let (None, Some(date)) = (version.published, import.published) {
            version.published = Some(date.earliest());
        }
        let mut files = Vec::with_capacity(set.files.len());
        for (role, file) in &set.files {
            let digest = self.keep_raw(file.bytes)?;
            let name = without_folder(file.name).to_owned();
            files.push(RawFile { name, role: role.word().to_owned(), digest, bytes: file.bytes.len() as u64 });
        }
        let receipt =
            Receipt { mapping: import.mapping.clone(), received: self.first_received(&version).or(import.received) };
        let manifest = writer.finish(&reading, version, files, receipt)?;
        let rows = reading.rows.iter().map(|rows| (rows.role.word().to_owned(), rows.rows, rows.attached)).collect();
        Ok(Ok(Stage { folder: folder.to_owned(), manifest, rows, took: start.elapsed() }))
    }

    /// When these files came for the first time, if they came before. What cannot be read of other
    /// versions stands in no import's way.
    fn first_received(&self, version: &ListVersion) -> Option<Timestamp> {
        let known = self.versions(Some(&version.list.0)).unwrap_or_default();
        let same = known.into_iter().filter(|stored| stored.version().digest == version.digest);
        same.filter_map(|stored| stored.manifest.received).min()
    }

    /// Keeps a publisher's file, byte for byte, under its hash.
    fn keep_raw(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        let path = self.raw_path(&digest);
        if path.exists() {
            return Ok(digest);
        }
        // Level 1: a list shrinks to a tenth either way, and import time is felt.
        let mut packed = GzEncoder::new(Vec::with_capacity(bytes.len() / 6), Compression::fast());
        packed.write_all(bytes).map_err(StoreError::io(&path))?;
        let packed = packed.finish().map_err(StoreError::io(&path))?;
        durable::write(&path, &[&packed])?;
        Ok(digest)
    }

    /// Reads every list in use again from the publishers' files that were kept, and builds the index.
    ///
    /// # Errors
    /// When a kept file is missing or damaged.
    pub fn rebuild(&self) -> Result<Report, StoreError> {
        let _lock = self.lock()?;
        let staging = self.root().join("staging");
        let (mut report, mut stages) = (Report::default(), Vec::new());
        for manifest in self.contents()?.into_iter().map(|content| content.manifest) {
            let mut files = Vec::with_capacity(manifest.files.len());
            for file in &manifest.files {
                files.push((file.name.clone(), self.raw(&file.digest)?));
            }
            let import = Import {
                files,
                list: Some(manifest.version.list.clone()),
                mapping: manifest.mapping.clone(),
                published: manifest.version.published.map(PartialDate::day),
                received: manifest.received,
                ..Import::default()
            };
            self.read(&import, &staging, &mut stages, &mut report.refused)?;
        }
        if !stages.is_empty() {
            let terms = Terms {
                policy: &Policy::default(),
                accept: &[],
                reason: None,
                at: None,
                keep: false,
                // The files are those in use: what was doubted of them was accepted.
                guarded: false,
                freshness: Freshness::New,
            };
            self.put_in_use(stages, &terms, &mut report)?;
        }
        let _ = fs::remove_dir_all(&staging);
        Ok(report)
    }

    /// A publisher's file as it was imported.
    ///
    /// # Errors
    /// When it is missing, or its bytes are no longer those of its hash.
    pub fn raw(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.raw_path(digest);
        let file = File::open(&path).map_err(StoreError::io(&path))?;
        let mut bytes = Vec::new();
        let mut unpacked = flate2::read::GzDecoder::new(file);
        std::io::Read::read_to_end(&mut unpacked, &mut bytes).map_err(StoreError::io(&path))?;
        if Digest::of(&bytes) != *digest {
            return Err(StoreError::damaged(&path, "the kept file does not have the hash it is named by"));
        }
        Ok(bytes)
    }
}

impl Imported {
    pub(crate) fn is_current(&self) -> bool {
        match self.place {
            Place::Current { .. } => true,
            Place::Kept { .. } | Place::Quarantined { .. } => false,
        }
    }
}

/// A list's id is also a folder's name.
fn check_id(list: &ListId) -> Result<(), StoreError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if list.0.is_empty() || list.0.len() > 60 || list.0.starts_with('-') || !list.0.chars().all(fits) {
        return Err(StoreError::BadListId(list.0.clone()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use interdict_engine::Score;

    fn files(text: &str) -> Import {
        let files = vec![("own.csv".to_owned(), text.as_bytes().to_vec())];
        Import { files, list: Some(ListId("own".to_owned())), ..Import::default() }
    }

    #[test]
    fn a_version_that_does_not_find_itself_is_quarantined_and_the_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        // No score reaches it: every name is missed.
        let unreachable = Policy { threshold: Score(10_001), ..Policy::default() };
        let report = home.import_under(&files("name\nOrsolya Vanderploeg\n"), &unreachable).unwrap();
        assert!(matches!(report.imported[0].place, Place::Quarantined { in_use: None, .. }), "{report:?}");
        assert!(home.contents().unwrap().is_empty(), "nothing was in use, and nothing is");

        let report = home.import(&files("name\nOrsolya Vanderploeg\n")).unwrap();
        assert_eq!((report.imported.len(), report.own_names), (1, 1));
        let before = home.snapshot().unwrap().digest();
        let report = home.import_under(&files("name\nTeodric Mbekilovic\n-\nBo Quill\n"), &unreachable).unwrap();
        let Place::Quarantined { doubts, in_use: Some(_) } = &report.imported[0].place else { panic!("{report:?}") };
        let text = doubts[0].to_string();
        for part in ["2 of ", "`Teodric Mbekilovic` (scores 1.0000", "`Bo Quill`"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!(home.quarantined(Some("own")).unwrap()[0].reason().unwrap().unwrap().doubts, *doubts);
        assert_eq!((home.snapshot().unwrap().digest(), report.listings), (before, 1));
        assert_eq!(fs::read_dir(folder.path().join("index")).unwrap().count(), 2, "one index and its note");
    }
}
