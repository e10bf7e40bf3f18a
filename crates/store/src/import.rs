//! Publishers' files become lists in use: read, stored, indexed, and only then current.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use interdict_lists::{FileSet, Mapping, Options, Refusal, SourceFile, group, read};
use interdict_model::{Digest, ListId, ListVersion, PartialDate};

use crate::content::Writer;
use crate::home::{Home, InUse};
use crate::{Content, Manifest, RawFile, StoreError, durable};

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
}

/// What became of a version that was read.
#[derive(Clone, Debug)]
pub enum Place {
    /// It is in use.
    Current {
        /// The version it takes the place of, if it is another one.
        replaces: Option<ListVersion>,
    },
    /// It is stored, but another version of the same command is newer.
    Kept {
        /// That version.
        behind: ListVersion,
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
}

struct Stage {
    folder: PathBuf,
    manifest: Manifest,
    rows: Vec<(String, u64, u64)>,
    took: Duration,
}

impl Home {
    /// Reads files and puts the lists they hold in use. A file that is refused changes nothing; the
    /// others are loaded.
    ///
    /// # Errors
    /// When the store cannot be written; then the old state stands.
    pub fn import(&self, import: &Import) -> Result<Report, StoreError> {
        if let Some(list) = &import.list {
            check_id(list)?;
        }
        let _lock = self.lock()?;
        let staging = self.root().join("staging");
        // What a crash left behind. Nobody else is at work here: the lock is held.
        let _ = fs::remove_dir_all(&staging);
        let (mut report, mut stages) = (Report::default(), Vec::new());
        self.read(import, &staging, &mut stages, &mut report.refused)?;
        if !stages.is_empty() {
            self.put_in_use(stages, &mut report)?;
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
        if reading.listings == 0 {
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
            let name = file.name.to_owned();
            files.push(RawFile { name, role: role.word().to_owned(), digest, bytes: file.bytes.len() as u64 });
        }
        let manifest = writer.finish(&reading, version, files, import.mapping.clone())?;
        let rows = reading.rows.iter().map(|rows| (rows.role.word().to_owned(), rows.rows, rows.attached)).collect();
        Ok(Ok(Stage { folder: folder.to_owned(), manifest, rows, took: start.elapsed() }))
    }

    /// Keeps a publisher's file, byte for byte, under its hash.
    fn keep_raw(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        let path = self.root().join("raw").join(format!("{digest}.gz"));
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

    fn put_in_use(&self, stages: Vec<Stage>, report: &mut Report) -> Result<(), StoreError> {
        let start = Instant::now();
        let mut lists = self.current()?.lists;
        let before: Vec<ListVersion> = self.contents()?.into_iter().map(|content| content.manifest.version).collect();
        // Of several versions of a list in one command the newest goes into use; of equally new ones
        // the larger, as samples and excerpts carry the date of the whole; of equals, the last.
        let mut newest: BTreeMap<ListId, usize> = BTreeMap::new();
        for (number, stage) in stages.iter().enumerate() {
            let version = &stage.manifest.version;
            let best = newest.entry(version.list.clone()).or_insert(number);
            let rank = |version: &ListVersion| (version.published, version.listings);
            if stages.get(*best).is_some_and(|other| rank(&other.manifest.version) <= rank(version)) {
                *best = number;
            }
        }
        for (number, stage) in stages.iter().enumerate() {
            let Manifest { version, content, .. } = &stage.manifest;
            let place = self.folder(&version.list, *content);
            if Content::open(&place).is_err() {
                let _ = fs::remove_dir_all(&place);
                durable::sync_folder(&stage.folder)?;
                durable::rename(&stage.folder, &place)?;
            }
            let chosen = newest.get(&version.list).copied().unwrap_or(number);
            let place = if chosen == number {
                lists.retain(|in_use| in_use.list != version.list);
                lists.push(InUse { list: version.list.clone(), content: *content });
                let old = before.iter().find(|old| old.list == version.list && old.digest != version.digest);
                Place::Current { replaces: old.cloned() }
            } else {
                let behind = stages.get(chosen).map_or_else(|| version.clone(), |s| s.manifest.version.clone());
                Place::Kept { behind }
            };
            let (manifest, rows) = (stage.manifest.clone(), stage.rows.clone());
            report.imported.push(Imported { manifest, rows, place, took: stage.took });
        }
        (report.listings, report.names, report.index_bytes) = self.use_lists(lists)?;
        report.index_took = start.elapsed();
        Ok(())
    }

    /// Reads every list in use again from the publishers' files that were kept, and builds the index.
    ///
    /// # Errors
    /// When a kept file is missing or damaged.
    pub fn rebuild(&self) -> Result<Report, StoreError> {
        let _lock = self.lock()?;
        let staging = self.root().join("staging");
        let _ = fs::remove_dir_all(&staging);
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
            };
            self.read(&import, &staging, &mut stages, &mut report.refused)?;
        }
        if !stages.is_empty() {
            self.put_in_use(stages, &mut report)?;
        }
        let _ = fs::remove_dir_all(&staging);
        Ok(report)
    }

    /// A publisher's file as it was imported.
    ///
    /// # Errors
    /// When it is missing, or its bytes are no longer those of its hash.
    pub fn raw(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.root().join("raw").join(format!("{digest}.gz"));
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

/// A list's id is also a folder's name.
fn check_id(list: &ListId) -> Result<(), StoreError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if list.0.is_empty() || list.0.len() > 60 || list.0.starts_with('-') || !list.0.chars().all(fits) {
        return Err(StoreError::BadListId(list.0.clone()));
    }
    Ok(())
}
