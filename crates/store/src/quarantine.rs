//! Versions that were doubted: kept to one side with the reason, accepted by a person or left there.
//!
//! Promises: a doubted version never serves; what is kept says why; an acceptance is on record in
//! the version's manifest, with its reason and what it put aside; an empty version is never accepted.
//!
//! Not here: what is doubted (`interdict_engine::guard`), the way back (`rollback`).

use std::fs;
use std::path::{Path, PathBuf};

use interdict_engine::{Doubt, DoubtKind};
use interdict_model::{Digest, ListId, ListVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::home::{Home, Indexed};
use crate::versions::folders;
use crate::{Manifest, Standing, StoreError, StoredVersion, durable, packed};

/// Why a version stands in quarantine.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Reason {
    /// What speaks against it.
    pub doubts: Vec<Doubt>,
    /// When it was doubted.
    pub at: Option<Timestamp>,
    /// The version that kept serving.
    pub in_use: Option<ListVersion>,
}

/// That a person put doubts aside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Acceptance {
    /// What was put aside.
    pub doubts: Vec<Doubt>,
    /// Why, in the person's words.
    pub reason: Option<String>,
    /// When.
    pub at: Option<Timestamp>,
}

const REASON: &str = "reason.json";

impl StoredVersion {
    /// Why it stands in quarantine, or stood there before it was accepted.
    ///
    /// # Errors
    /// When the reason is damaged.
    pub fn reason(&self) -> Result<Option<Reason>, StoreError> {
        let path = self.folder.join(REASON);
        match fs::read(&path) {
            Ok(json) => {
                serde_json::from_slice(&json).map(Some).map_err(|error| StoreError::damaged(&path, error.to_string()))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::io(&path)(error)),
        }
    }
}

impl Home {
    pub(crate) fn quarantine_folder(&self, list: &ListId, content: Digest) -> PathBuf {
        self.root().join("quarantine").join(&list.0).join(content.to_string())
    }

    /// Moves what was read of a version out of the way, with the reason.
    pub(crate) fn quarantine(&self, from: &Path, manifest: &Manifest, reason: &Reason) -> Result<(), StoreError> {
        let path = from.join(REASON);
        let json = serde_json::to_vec_pretty(reason).map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path, &[&json])?;
        let place = self.quarantine_folder(&manifest.version.list, manifest.content);
        // Doubted again: the same content with the reason of today.
        let _ = fs::remove_dir_all(&place);
        durable::sync_folder(from)?;
        durable::rename(from, &place)?;
        // Left plain it is as good; the next import tries again.
        let _ = packed::pack(&place);
        Ok(())
    }

    /// Versions in quarantine, of one list or of all.
    ///
    /// # Errors
    /// When a folder cannot be read.
    pub fn quarantined(&self, list: Option<&str>) -> Result<Vec<StoredVersion>, StoreError> {
        let mut versions = match self.versions(list) {
            // A list may have nothing but doubted versions, or none at all.
            Err(StoreError::NoSuchList { .. }) => Vec::new(),
            other => other?,
        };
        versions.retain(|stored| stored.standing == Standing::Quarantined);
        Ok(versions)
    }

    /// Puts a quarantined version in use after all.
    ///
    /// # Errors
    /// When there is no such version, it is empty, or the store cannot be written; then the version in
    /// use stays.
    pub fn accept(
        &self,
        list: &str,
        which: &str,
        reason: &str,
        at: Option<Timestamp>,
    ) -> Result<(StoredVersion, Option<Indexed>), StoreError> {
        let _lock = self.lock()?;
        // Also a kept one: it was doubted when it came again, or its acceptance was cut short.
        let stored = self.version_among(list, which, &|stored| stored.standing != Standing::InUse)?;
        let reasons = stored.reason()?;
        let doubts = reasons.map(|reason| reason.doubts).unwrap_or_default();
        if stored.version().listings == 0 || doubts.iter().any(|doubt| !doubt.kind().may_be_accepted()) {
            return Err(StoreError::NoSuchVersion {
                reason: format!("{list}: an empty version is never used: everybody would be clear"),
                hint: format!("`interdict lists remove {list}` takes a list out of use"),
            });
        }
        let mut manifest = stored.manifest.clone();
        manifest.accepted.push(Acceptance { doubts, reason: Some(reason.to_owned()), at });
        manifest.write(&stored.folder)?;
        let place = self.folder(&manifest.version.list, manifest.content);
        if stored.standing == Standing::Quarantined {
            let _ = fs::remove_dir_all(&place);
            durable::rename(&stored.folder, &place)?;
        }
        let indexed = self.switch(&manifest, None)?;
        let standing = Standing::InUse;
        Ok((StoredVersion { manifest, standing, folder: place, ..stored }, indexed))
    }

    /// Removes what a version left in quarantine, once it is kept elsewhere.
    pub(crate) fn leave_quarantine(&self, list: &ListId, content: Digest) {
        let _ = fs::remove_dir_all(self.quarantine_folder(list, content));
    }

    /// Whether anything stands in quarantine, without reading it.
    pub fn has_quarantined(&self) -> bool {
        let lists = folders(&self.root().join("quarantine")).unwrap_or_default();
        lists.iter().any(|list| folders(list).is_ok_and(|versions| !versions.is_empty()))
    }
}

/// Doubts that a person did not put aside.
pub(crate) fn standing_doubts(doubts: &[Doubt], accepted: &[DoubtKind]) -> bool {
    doubts.iter().any(|doubt| !doubt.kind().may_be_accepted() || !accepted.contains(&doubt.kind()))
}
