//! The folder that holds everything, and what is current in it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use interdict_engine::{IndexBytes, Snapshot, SnapshotError, starter};
use interdict_model::{Digest, ListId};
use serde::{Deserialize, Serialize};

use crate::rollback::{Freshness, SetAside};
use crate::stored::{Part, Stored};
use crate::versions::folders;
use crate::{Content, Manifest, StoreError, durable, index, packed};

/// The layout of `current.json` that this version reads and writes.
const LAYOUT: u32 = 1;

/// Which content of a list is in use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct InUse {
    pub(crate) list: ListId,
    pub(crate) content: Digest,
    /// The content of another version that was in use before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) previous: Option<Digest>,
    /// Versions that a rollback took out of use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) set_aside: Vec<SetAside>,
}

impl InUse {
    /// A version, with nothing before it.
    pub(crate) fn of(manifest: &Manifest) -> Self {
        let (list, content) = (manifest.version.list.clone(), manifest.content);
        Self { list, content, previous: None, set_aside: Vec::new() }
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Current {
    layout: u32,
    /// Ordered by list, so that the same lists are the same snapshot whatever the order of import.
    pub(crate) lists: Vec<InUse>,
}

/// A store's home folder. Nothing is created before something is imported.
#[derive(Clone, Debug)]
pub struct Home {
    root: PathBuf,
}

impl Home {
    /// The store in a folder.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The store in the platform's folder for the user's program data.
    ///
    /// # Errors
    /// When the platform has none.
    pub fn of_user() -> Result<Self, StoreError> {
        let folders = directories::ProjectDirs::from("", "", "interdict").ok_or(StoreError::NoHome)?;
        Ok(Self::at(folders.data_dir()))
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where the service's setup token waits for its owner, if it was not shown on a terminal.
    pub fn setup_token(&self) -> PathBuf {
        self.root.join("setup-token")
    }

    pub(crate) fn folder(&self, list: &ListId, content: Digest) -> PathBuf {
        self.root.join("lists").join(&list.0).join(content.to_string())
    }

    pub(crate) fn current(&self) -> Result<Current, StoreError> {
        let path = self.root.join("current.json");
        let json = match fs::read(&path) {
            Ok(json) => json,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Current { layout: LAYOUT, lists: Vec::new() });
            }
            Err(error) => return Err(StoreError::io(&path)(error)),
        };
        let current: Current =
            serde_json::from_slice(&json).map_err(|error| StoreError::damaged(&path, error.to_string()))?;
        if current.layout != LAYOUT {
            return Err(StoreError::Damaged {
                path,
                reason: format!("layout {} is not the {LAYOUT} that this version reads", current.layout),
                hint: "use the version of interdict that wrote it, or another INTERDICT_HOME".to_owned(),
            });
        }
        Ok(current)
    }

    pub(crate) fn write_current(&self, mut lists: Vec<InUse>) -> Result<(), StoreError> {
        lists.sort_by(|a, b| a.list.cmp(&b.list));
        let path = self.root.join("current.json");
        let json = serde_json::to_vec_pretty(&Current { layout: LAYOUT, lists })
            .map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path, &[&json])
    }

    /// Keeps other imports out until it is dropped; the system releases it when the process dies.
    /// What one that died left unfinished is swept away.
    pub(crate) fn lock(&self) -> Result<File, StoreError> {
        durable::private_folder(&self.root)?;
        let path = self.root.join("lock");
        let file = durable::private_file(&path).map_err(StoreError::io(&path))?;
        file.lock().map_err(StoreError::io(&path))?;
        // What a kill left behind. Nobody else is at work here: the lock is held.
        let _ = fs::remove_dir_all(self.root.join("staging"));
        durable::sweep(&self.root, "current.json.");
        durable::sweep(&self.root.join("raw"), "");
        Ok(file)
    }

    /// The versions in use, ordered by list. Empty if nothing has been imported.
    ///
    /// # Errors
    /// When stored files are missing or damaged.
    pub fn contents(&self) -> Result<Vec<Content>, StoreError> {
        self.open_all(&self.current()?.lists)
    }

    pub(crate) fn open_all(&self, lists: &[InUse]) -> Result<Vec<Content>, StoreError> {
        let mut lists: Vec<&InUse> = lists.iter().collect();
        lists.sort_by(|a, b| a.list.cmp(&b.list));
        lists.iter().map(|list| Content::open(&self.folder(&list.list, list.content))).collect()
    }

    /// One list in use.
    ///
    /// # Errors
    /// When it is not loaded.
    pub fn content(&self, list: &str) -> Result<Content, StoreError> {
        let lists = self.current()?.lists;
        match lists.iter().find(|in_use| in_use.list.0 == list) {
            Some(in_use) => Content::open(&self.folder(&in_use.list, in_use.content)),
            None => Err(no_such_list(list, &lists)),
        }
    }

    /// The snapshot of the lists in use, or of the starter list if nothing has been imported.
    ///
    /// # Errors
    /// When stored files are missing or damaged.
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let contents = self.contents()?;
        if contents.is_empty() {
            return Ok(starter::snapshot()?);
        }
        let digest = digest_of(&contents);
        let parts: Arc<Vec<Part>> = Arc::new(contents.into_iter().map(Part::whole).collect());
        let over = |(bytes, unindexed): (IndexBytes, Vec<(u32, String)>)| {
            let versions = parts.iter().map(Part::version).collect();
            Snapshot::new(digest, versions, bytes, Box::new(Stored::over(Arc::clone(&parts))), unindexed)
        };
        if let Some(stored) = index::open(&self.root, digest) {
            match over(stored) {
                // Written by this version's number but another build: the lists are the truth, the index is not.
                Err(SnapshotError::Index(_) | SnapshotError::Mismatch { .. }) => {}
                other => return Ok(other?),
            }
        }
        let built = index::build(&parts)?;
        // A home that cannot be written still answers, from memory.
        let written = index::write(&self.root, digest, &built).ok().and_then(|()| index::open(&self.root, digest));
        Ok(over(written.unwrap_or_else(|| (IndexBytes::new(built.body), built.unindexed)))?)
    }

    /// Takes a list out of use. What was imported of it stays on disk.
    ///
    /// # Errors
    /// When it is not loaded, or the store cannot be written.
    pub fn remove(&self, list: &str) -> Result<(), StoreError> {
        let _lock = self.lock()?;
        let mut lists = self.current()?.lists;
        let before = lists.len();
        lists.retain(|in_use| in_use.list.0 != list);
        if lists.len() == before {
            return Err(no_such_list(list, &lists));
        }
        let indexed = self.indexed(&lists, Freshness::Any)?;
        self.use_lists(lists, indexed.as_ref())
    }

    /// Builds and stores the index over lists, which are not in use yet, or takes the one that is
    /// stored. None if there are no lists.
    pub(crate) fn indexed(&self, lists: &[InUse], freshness: Freshness) -> Result<Option<Indexed>, StoreError> {
        self.unpack_all(lists)?;
        let contents = self.open_all(lists)?;
        if contents.is_empty() {
            return Ok(None);
        }
        let digest = digest_of(&contents);
        let parts: Arc<Vec<Part>> = Arc::new(contents.into_iter().map(Part::whole).collect());
        let over = |(index, unindexed): (IndexBytes, Vec<(u32, String)>)| {
            let bytes = index.as_ref().len() as u64;
            let versions = parts.iter().map(Part::version).collect();
            let source = Box::new(Stored::over(Arc::clone(&parts)));
            let snapshot = Arc::new(Snapshot::new(digest, versions, index, source, unindexed)?);
            Ok(Indexed { snapshot, bytes })
        };
        let stored = if freshness == Freshness::Any { index::open(&self.root, digest) } else { None };
        match stored.map(over) {
            Some(Ok(indexed)) => return Ok(Some(indexed)),
            // Written by another build: built again below.
            Some(Err(SnapshotError::Index(_) | SnapshotError::Mismatch { .. })) | None => {}
            Some(Err(error)) => return Err(error.into()),
        }
        index::write(&self.root, digest, &index::build(&parts)?)?;
        let stored = index::open(&self.root, digest)
            .ok_or_else(|| StoreError::damaged(&index::path(&self.root, digest), "cannot be read back"))?;
        Ok(Some(over(stored)?))
    }

    /// Puts lists in use whose index is stored.
    pub(crate) fn use_lists(&self, lists: Vec<InUse>, indexed: Option<&Indexed>) -> Result<(), StoreError> {
        self.write_current(lists.clone())?;
        index::keep_only(&self.root, indexed.map(|indexed| indexed.snapshot.digest()));
        self.pack_unused(&lists);
        Ok(())
    }

    /// Packs every version that is not in use, without reading what they are: there may be thousands.
    /// What fails is left plain, which loses nothing, and the next import tries again.
    fn pack_unused(&self, in_use: &[InUse]) {
        let used: Vec<PathBuf> = in_use.iter().map(|list| self.folder(&list.list, list.content)).collect();
        for root in ["lists", "quarantine"] {
            let lists = folders(&self.root.join(root)).unwrap_or_default();
            let versions = lists.iter().flat_map(|list| folders(list).unwrap_or_default());
            for folder in versions.filter(|folder| !used.contains(folder)) {
                let _ = packed::pack(&folder);
            }
        }
    }

    /// Makes sure that versions about to be used lie plain, so that they are mapped and not read.
    fn unpack_all(&self, lists: &[InUse]) -> Result<(), StoreError> {
        lists.iter().try_for_each(|list| packed::unpack(&self.folder(&list.list, list.content)))
    }

    pub(crate) fn raw_path(&self, digest: &Digest) -> PathBuf {
        self.root.join("raw").join(format!("{digest}.gz"))
    }
}

/// Lists with their stored index, in use or about to be.
pub struct Indexed {
    /// The lists.
    pub snapshot: Arc<Snapshot>,
    /// Bytes of the index.
    pub bytes: u64,
}

pub(crate) fn digest_of(contents: &[Content]) -> Digest {
    Snapshot::digest_of(contents.iter().map(|content| (&content.manifest.version.list, &content.manifest.content)))
}

pub(crate) fn no_such_list(list: &str, lists: &[InUse]) -> StoreError {
    let names: Vec<&str> = lists.iter().map(|in_use| in_use.list.0.as_str()).collect();
    let hint = if names.is_empty() {
        "none is: load one with `interdict lists import FILE…`".to_owned()
    } else {
        format!("lists in use: {}", names.join(", "))
    };
    StoreError::NoSuchList { list: list.to_owned(), hint }
}
