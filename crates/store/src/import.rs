//! Publishers' files become lists in use: read, stored, indexed, and only then current.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use interdict_engine::{Coverage, OwnName, Policy, coverage};
use interdict_lists::{FileSet, Mapping, Options, Refusal, SourceFile, group, read};
use interdict_model::{Digest, ListId, ListVersion, PartialDate};
use jiff::Timestamp;

use crate::content::{Receipt, Writer};
use crate::home::{Home, InUse, Indexed};
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
    /// When the files were received. The caller reads the clock.
    pub received: Option<Timestamp>,
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
    /// Names of the lists read now that were looked for in it and lead to their listing.
    pub own_names: u64,
    /// Names of them that screening cannot take, with the reason.
    pub not_compared: Vec<(ListId, OwnName)>,
    /// Listings that were not looked for because time was up.
    pub not_reached: u64,
    /// Time to look for them.
    pub own_names_took: Duration,
}

struct Stage {
    folder: PathBuf,
    manifest: Manifest,
    rows: Vec<(String, u64, u64)>,
    took: Duration,
}

impl Home {
    /// Reads files and puts the lists they hold in use. A file that is refused changes nothing; the
    /// others are loaded. A version whose listings are not found by their own names is refused.
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
        // What a crash left behind. Nobody else is at work here: the lock is held.
        let _ = fs::remove_dir_all(&staging);
        let (mut report, mut stages) = (Report::default(), Vec::new());
        self.read(import, &staging, &mut stages, &mut report.refused)?;
        if !stages.is_empty() {
            self.put_in_use(stages, policy, &mut report)?;
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

    fn put_in_use(&self, stages: Vec<Stage>, policy: &Policy, report: &mut Report) -> Result<(), StoreError> {
        let start = Instant::now();
        let in_use = self.current()?.lists;
        let mut lists = in_use.clone();
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
                let old = before.iter().find(|old| old.list == version.list && old.digest != version.digest);
                let held = lists.iter().find(|in_use| in_use.list == version.list);
                // Another reading of the same files is no other version.
                let previous = held.and_then(|held| if old.is_some() { Some(held.content) } else { held.previous });
                lists.retain(|in_use| in_use.list != version.list);
                lists.push(InUse { list: version.list.clone(), content: *content, previous });
                Place::Current { replaces: old.cloned() }
            } else {
                let behind = stages.get(chosen).map_or_else(|| version.clone(), |s| s.manifest.version.clone());
                Place::Kept { behind }
            };
            let (manifest, rows) = (stage.manifest.clone(), stage.rows.clone());
            report.imported.push(Imported { manifest, rows, place, took: stage.took });
        }
        let indexed = loop {
            let indexed = self.indexed(&lists)?;
            report.index_took = start.elapsed().saturating_sub(report.own_names_took);
            let Some(indexed) = indexed else { break None };
            if !self.refuse_uncovered(&indexed, &in_use, &mut lists, policy, report)? {
                break Some(indexed);
            }
        };
        if let Some(Indexed { snapshot, bytes }) = &indexed {
            (report.listings, report.names, report.index_bytes) = (snapshot.listings(), snapshot.names(), *bytes);
        }
        self.use_lists(lists, indexed.as_ref())
    }

    /// Looks for each listing of the new versions by its own names. A version with a name that does
    /// not lead back is refused, and the one it would replace stays; whether any was.
    fn refuse_uncovered(
        &self,
        indexed: &Indexed,
        in_use: &[InUse],
        lists: &mut Vec<InUse>,
        policy: &Policy,
        report: &mut Report,
    ) -> Result<bool, StoreError> {
        let start = Instant::now();
        let is_new = |list: &InUse| report.imported.iter().any(|imported| imported.is_of(list));
        let new: Vec<ListId> = lists.iter().filter(|list| is_new(list)).map(|list| list.list.clone()).collect();
        let begun = Instant::now();
        let coverage = coverage(&indexed.snapshot, policy, &new, &|| begun.elapsed() < OWN_NAMES_WITHIN)?;
        report.not_reached = coverage.iter().map(|list| list.not_reached).sum();
        report.own_names = coverage.iter().map(|list| list.found).sum();
        let not_compared = |list: &Coverage| {
            let names = list.not_compared.iter().cloned();
            names.map(|name| (list.list.clone(), name)).collect::<Vec<_>>()
        };
        report.not_compared = coverage.iter().flat_map(not_compared).collect();
        report.own_names_took = report.own_names_took.saturating_add(start.elapsed());
        let mut refused = false;
        for uncovered in coverage.iter().filter(|list| !list.is_whole()) {
            refused = true;
            lists.retain(|list| list.list != uncovered.list);
            lists.extend(in_use.iter().filter(|list| list.list == uncovered.list).cloned());
            let files = report.imported.iter().filter(|imported| imported.manifest.version.list == uncovered.list);
            let file = files.flat_map(|imported| &imported.manifest.files).map(|file| file.name.clone()).next();
            report.imported.retain(|imported| imported.manifest.version.list != uncovered.list);
            report.refused.push(not_covered(file.unwrap_or_default(), uncovered));
        }
        Ok(refused)
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
                received: manifest.received,
            };
            self.read(&import, &staging, &mut stages, &mut report.refused)?;
        }
        if !stages.is_empty() {
            self.put_in_use(stages, &Policy::default(), &mut report)?;
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
    fn is_of(&self, list: &InUse) -> bool {
        self.manifest.version.list == list.list && self.manifest.content == list.content
    }
}

/// Time for the check at import. All publishers' lists together, 40,000 names, take a tenth of it on
/// two cores; a list of thousands of almost equal names would take hours.
const OWN_NAMES_WITHIN: Duration = Duration::from_secs(30);

/// Names that a refusal quotes: enough to see what they have in common.
const QUOTED: usize = 5;

fn not_covered(file: String, list: &Coverage) -> Refusal {
    let quoted: Vec<String> = list
        .missed
        .iter()
        .take(QUOTED)
        .map(|own| format!("{} `{}` ({})", own.reference, own.name.chars().take(80).collect::<String>(), own.reason))
        .collect();
    let (missed, names) = (list.missed.len(), list.names);
    let reason = format!(
        "{}: {missed} of {names} names do not lead to their own listing, so screening would miss them: {}",
        list.list,
        quoted.join(", ")
    );
    let hint = "the version in use stays; correct these names if the list is yours, else report them with the file";
    Refusal::new(file, "", reason).hint(hint)
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
    fn a_version_that_does_not_find_itself_is_refused_and_the_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        // No score reaches it: every name is missed.
        let unreachable = Policy { threshold: Score(10_001), ..Policy::default() };
        let report = home.import_under(&files("name\nOrsolya Vanderploeg\n"), &unreachable).unwrap();
        assert_eq!((report.imported.len(), report.refused.len()), (0, 1));
        assert!(home.contents().unwrap().is_empty(), "nothing was in use, and nothing is");

        let report = home.import(&files("name\nOrsolya Vanderploeg\n")).unwrap();
        assert_eq!((report.imported.len(), report.own_names), (1, 1));
        let before = home.snapshot().unwrap().digest();
        let report = home.import_under(&files("name\nTeodric Mbekilovic\n-\nBo Quill\n"), &unreachable).unwrap();
        assert_eq!((report.imported.len(), report.refused.len()), (0, 1));
        let text = report.refused[0].to_string();
        for part in ["own.csv: own: 2 of ", "`Teodric Mbekilovic` (scores 1.0000", "`Bo Quill`", "hint: "] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert_eq!((home.snapshot().unwrap().digest(), report.listings), (before, 1));
        assert_eq!(fs::read_dir(folder.path().join("index")).unwrap().count(), 2, "one index and its note");
    }
}
