//! Another version of a list is put in use: back to the one before, or to any that is kept.
//!
//! Promises: the index is built and durable before `current.json` is replaced, which is one rename,
//! so that a crash leaves the one version or the other; a version that was rolled back from does not
//! come back with the next update unless a person accepts it.
//!
//! Not here: new files (`import`), doubted versions (`quarantine`).

use interdict_model::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::home::{Home, InUse, Indexed};
use crate::{Manifest, Standing, StoreError, StoredVersion};

/// A version that a rollback took out of use.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SetAside {
    /// The hash of its files.
    pub(crate) version: Digest,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
}

/// What a rollback did.
pub struct RolledBack {
    /// The version in use now.
    pub to: StoredVersion,
    /// The version that was in use, if the list was.
    pub from: Option<StoredVersion>,
    /// The snapshot in use now.
    pub indexed: Option<Indexed>,
}

impl Home {
    /// Puts a kept version of a list in use: the one before the present one, or `which`.
    ///
    /// # Errors
    /// When there is no such version, it is in use or in quarantine, or the store cannot be written;
    /// then the version in use stays.
    pub fn rollback(
        &self,
        list: &str,
        which: Option<&str>,
        reason: Option<&str>,
        at: Option<Timestamp>,
    ) -> Result<RolledBack, StoreError> {
        let _lock = self.lock()?;
        let target = self.version(list, which.unwrap_or("previous"))?;
        let not = |reason: String, hint: String| Err(StoreError::NoSuchVersion { reason, hint });
        let named = target.manifest.content.short();
        match target.standing {
            Standing::Kept => {}
            Standing::InUse => {
                let hint = format!("`interdict lists history {list}` shows the others");
                return not(format!("{list}: {named} is in use already"), hint);
            }
            Standing::Quarantined => {
                let hint = format!("`interdict lists accept {list} {named} --reason …` uses it after all");
                return not(format!("{list}: {named} is in quarantine"), hint);
            }
        }
        let from = self.versions(Some(list))?.into_iter().find(|stored| stored.standing == Standing::InUse);
        let aside = from.as_ref().filter(|from| from.version().digest != target.version().digest);
        let aside =
            aside.map(|from| SetAside { version: from.version().digest, at, reason: reason.map(str::to_owned) });
        let indexed = self.switch(&target.manifest, aside)?;
        Ok(RolledBack { to: StoredVersion { standing: Standing::InUse, ..target }, from, indexed })
    }

    /// Builds the index with a version in the place of its list's present one, and puts it in use.
    pub(crate) fn switch(&self, to: &Manifest, aside: Option<SetAside>) -> Result<Option<Indexed>, StoreError> {
        let mut lists = self.current()?.lists;
        let at = lists.iter().position(|one| one.list == to.version.list);
        let mut new = InUse::of(to);
        if let Some(old) = at.map(|at| lists.swap_remove(at)) {
            new.previous = Some(old.content);
            new.set_aside = old.set_aside;
        }
        new.set_aside.extend(aside);
        new.set_aside.retain(|aside| aside.version != to.version.digest);
        lists.push(new);
        let indexed = self.indexed(&lists, Freshness::Any)?;
        self.use_lists(lists, indexed.as_ref())?;
        Ok(indexed)
    }
}

/// Whether an index that is stored already may be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Freshness {
    /// A stored one that opens.
    Any,
    /// Built anew, whatever is stored.
    New,
}
