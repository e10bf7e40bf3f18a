//! Every version of a list that was imported: in use, kept, or quarantined.
//!
//! Promises: a version that was read stays listed, whatever took its place; a version is named by
//! the start of its hash, by its date, or as `current` and `previous`; a name that fits several is
//! an error with all of them.
//!
//! Not here: how a version gets its place (`import`, `rollback`), what differs (`lists::change`).

use std::fs;
use std::path::{Path, PathBuf};

use interdict_model::{Digest, ListVersion, PartialDate};

use crate::home::{Current, Home, no_such_list};
use crate::{Content, Manifest, StoreError};

/// Where a version stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Standing {
    /// Screening uses it.
    InUse,
    /// It is kept, and another version of its list is in use, or none.
    Kept,
    /// It was doubted and is not used.
    Quarantined,
}

impl Standing {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::InUse => "in use",
            Self::Kept => "kept",
            Self::Quarantined => "quarantined",
        }
    }
}

/// A version on disk.
#[derive(Clone, Debug)]
pub struct StoredVersion {
    /// What is known of it.
    pub manifest: Manifest,
    /// Where it stands.
    pub standing: Standing,
    /// Whether a rollback took it out of use, and nothing put it back since.
    pub rolled_back: bool,
    /// Bytes of what was read from it, as they lie on disk.
    pub bytes: u64,
    /// Bytes of the publisher's files, as they lie on disk.
    pub raw_bytes: u64,
    pub(crate) folder: PathBuf,
}

impl StoredVersion {
    /// Opens it, packed or not.
    ///
    /// # Errors
    /// When its files are missing or damaged.
    pub fn open(&self) -> Result<Content, StoreError> {
        Content::open(&self.folder)
    }

    /// The list's version.
    pub fn version(&self) -> &ListVersion {
        &self.manifest.version
    }
}

impl Home {
    /// Every version of one list, or of all: by list, then by date of publication, receipt and reading.
    ///
    /// # Errors
    /// When a folder cannot be read, or the list was never imported.
    pub fn versions(&self, list: Option<&str>) -> Result<Vec<StoredVersion>, StoreError> {
        let current = self.current()?;
        let mut found = Vec::new();
        for (root, doubted) in [("lists", false), ("quarantine", true)] {
            for folder in folders(&self.root().join(root))? {
                if list.is_none_or(|list| folder.file_name().is_some_and(|name| name == list)) {
                    self.versions_in(&folder, doubted, &current, &mut found)?;
                }
            }
        }
        if let (Some(list), true) = (list, found.is_empty()) {
            return Err(no_such_list(list, &current.lists));
        }
        let key = |stored: &StoredVersion| {
            let Manifest { version, received, content, .. } = &stored.manifest;
            (version.list.clone(), version.published, *received, *content)
        };
        found.sort_by_key(key);
        Ok(found)
    }

    fn versions_in(
        &self,
        folder: &Path,
        doubted: bool,
        current: &Current,
        found: &mut Vec<StoredVersion>,
    ) -> Result<(), StoreError> {
        for folder in folders(folder)? {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            // Written under another name and renamed when whole: whatever has no hash for a name is none of ours.
            let Ok(content) = name.parse::<Digest>() else { continue };
            let manifest = Manifest::read(&folder)?;
            let held = current.lists.iter().find(|one| one.list == manifest.version.list);
            let in_use = held.is_some_and(|held| held.content == content);
            let aside = held.map(|held| held.set_aside.as_slice()).unwrap_or_default();
            let rolled_back = aside.iter().any(|aside| aside.version == manifest.version.digest);
            let standing = match (doubted, in_use) {
                (true, _) => Standing::Quarantined,
                (false, true) => Standing::InUse,
                (false, false) => Standing::Kept,
            };
            let raw = |file: &crate::RawFile| size(&self.raw_path(&file.digest));
            let raw_bytes = manifest.files.iter().map(raw).sum();
            let bytes = files(&folder)?.iter().map(|path| size(path)).sum();
            found.push(StoredVersion { manifest, standing, rolled_back, bytes, raw_bytes, folder });
        }
        Ok(())
    }

    /// One version of a list: by `current`, `previous`, the date it was published, or the start of its
    /// hash or of the hash of its content. Of several readings of the same files the one in use is
    /// meant, else the last.
    ///
    /// # Errors
    /// When there is no such version, or several.
    pub fn version(&self, list: &str, which: &str) -> Result<StoredVersion, StoreError> {
        self.version_among(list, which, &|_| true)
    }

    /// The same, among some of the versions.
    pub(crate) fn version_among(
        &self,
        list: &str,
        which: &str,
        may_be: &dyn Fn(&StoredVersion) -> bool,
    ) -> Result<StoredVersion, StoreError> {
        let mut versions = self.versions(Some(list))?;
        versions.retain(may_be);
        let hint = || {
            let known: Vec<String> = versions.iter().rev().take(NAMED).map(label).collect();
            let rest = versions.len().saturating_sub(NAMED);
            let more = if rest == 0 {
                String::new()
            } else {
                format!(" and {rest} more, see `interdict lists history {list}`")
            };
            if known.is_empty() {
                return format!("there is no such version of {list} now; see `interdict lists history {list}`");
            }
            format!("versions of {list}: {}{more}", known.join(", "))
        };
        let none = |reason: String| StoreError::NoSuchVersion { reason, hint: hint() };
        let found: Vec<&StoredVersion> = match which {
            "current" => versions.iter().filter(|stored| stored.standing == Standing::InUse).collect(),
            "previous" => previous(&versions, &self.current()?, list).into_iter().collect(),
            which => match PartialDate::parse(which).filter(PartialDate::is_day) {
                Some(date) => versions.iter().filter(|one| one.version().published == Some(date.earliest())).collect(),
                None if which.len() < SHORTEST => {
                    return Err(none(format!(
                        "`{which}` is too short for the start of a hash: {SHORTEST} digits at least"
                    )));
                }
                None => versions.iter().filter(|stored| is_named(stored, which)).collect(),
            },
        };
        let mut digests: Vec<Digest> = found.iter().map(|stored| stored.version().digest).collect();
        digests.dedup();
        if digests.len() > 1 {
            let all: Vec<String> = found.iter().map(|stored| label(stored)).collect();
            return Err(none(format!("{list}: `{which}` is each of {}", all.join(", "))));
        }
        let best = found.iter().rev().min_by_key(|stored| stored.standing);
        best.map(|stored| (*stored).clone()).ok_or_else(|| none(format!("{list}: no version `{which}`")))
    }
}

/// Digits that name a version at least.
const SHORTEST: usize = 4;

/// Versions that an error names.
const NAMED: usize = 5;

fn is_named(stored: &StoredVersion, start: &str) -> bool {
    let start = start.to_ascii_lowercase();
    [stored.version().digest, stored.manifest.content].iter().any(|digest| digest.to_string().starts_with(&start))
}

fn label(stored: &StoredVersion) -> String {
    let version = stored.version();
    let date = version.published.map_or_else(|| "undated".to_owned(), |date| date.to_string());
    format!("{date} {}", version.digest.short())
}

/// The version that was in use before the present one: as recorded, or the one published before it.
fn previous<'a>(versions: &'a [StoredVersion], current: &Current, list: &str) -> Option<&'a StoredVersion> {
    let in_use = current.lists.iter().find(|one| one.list.0 == list)?;
    let kept = |stored: &&StoredVersion| stored.standing == Standing::Kept;
    let recorded = versions.iter().filter(kept).find(|stored| Some(stored.manifest.content) == in_use.previous);
    if recorded.is_some() {
        return recorded;
    }
    let at = versions.iter().position(|stored| stored.standing == Standing::InUse)?;
    let digest = versions.get(at)?.version().digest;
    versions.iter().take(at).rev().filter(kept).find(|stored| stored.version().digest != digest)
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(folder)(error)),
    };
    let paths: Result<Vec<PathBuf>, std::io::Error> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths.map_err(StoreError::io(folder))?;
    paths.sort();
    Ok(paths)
}

pub(crate) fn folders(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_file()).collect())
}
