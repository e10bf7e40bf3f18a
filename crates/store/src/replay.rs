//! A snapshot as it was: from the stored contents of lists that are named by their hashes.
//!
//! Promises: what is opened is what was named, or it is an error that says which content is gone.
//!
//! Not here: asking again (`cli`).

use std::sync::Arc;

use interdict_engine::past::{PastList, When};
use interdict_engine::{IndexBytes, Snapshot, starter};
use interdict_ledger::entry::{Basis, ListUsed};
use interdict_model::{Digest, ListId};

use crate::stored::{Part, Stored};
use crate::{Content, Home, StoreError, index};

impl Home {
    /// The lists of a snapshot with the hashes by which it can be opened again.
    ///
    /// # Errors
    /// When other lists came into use since it was opened.
    pub fn lists_of(&self, snapshot: &Snapshot) -> Result<Vec<ListUsed>, StoreError> {
        let used = |content: Digest, version: &interdict_model::ListVersion| ListUsed {
            list: version.list.0.clone(),
            version: version.digest,
            content,
            published: version.published.map(|date| date.to_string()),
            listings: version.listings,
        };
        if snapshot.is_starter() {
            return Ok(snapshot.versions().map(|version| used(version.digest, version)).collect());
        }
        if let Some(past) = snapshot.past() {
            let contents = self.contents_of_past(past)?;
            let row = |(list, content): (&PastList, Digest)| ListUsed {
                list: list.list.0.clone(),
                version: list.version,
                content,
                published: list.published.map(|date| date.to_string()),
                listings: list.listings,
            };
            return Ok(past.lists.iter().zip(contents).map(row).collect());
        }
        let lists = self.current()?.lists;
        let of = Snapshot::digest_of(lists.iter().map(|list| (&list.list, &list.content)));
        if of != snapshot.digest() {
            return Err(StoreError::LedgerStopped {
                reason: "other lists came into use while this was starting".to_owned(),
                hint: "run it again".to_owned(),
            });
        }
        let content = |version: &interdict_model::ListVersion| {
            lists.iter().find(|list| list.list == version.list).map_or(version.digest, |list| list.content)
        };
        Ok(snapshot.versions().map(|version| used(content(version), version)).collect())
    }

    /// The snapshot that an answer rests on.
    ///
    /// # Errors
    /// When one of its lists' contents is no longer stored, or is damaged.
    pub fn snapshot_of_basis(&self, basis: &Basis) -> Result<Snapshot, StoreError> {
        let wanted = basis.snapshot;
        let gone = |reason: String| StoreError::LedgerStopped {
            reason,
            hint: "import the same files again: `interdict lists history` shows what is kept".to_owned(),
        };
        if basis.starter {
            let snapshot = starter::snapshot()?;
            return match wanted {
                Some(wanted) if wanted == snapshot.digest() => Ok(snapshot),
                Some(_) | None => Err(gone("this version has another starter list".to_owned())),
            };
        }
        let is_past = basis.as_of.is_some() || basis.known_at.is_some();
        let current = if is_past { None } else { self.snapshot().ok() };
        if let Some(snapshot) = current.filter(|snapshot| Some(snapshot.digest()) == wanted) {
            return Ok(snapshot);
        }
        let mut parts = Vec::with_capacity(basis.lists.len());
        for used in &basis.lists {
            let list = ListId(used.list.clone());
            let folder = self.folder(&list, used.content);
            if !folder.join("manifest.json").is_file() {
                let published = used.published.as_deref().unwrap_or("undated");
                return Err(gone(format!(
                    "list `{}` {published}, content {}, is no longer stored",
                    used.list,
                    used.content.short()
                )));
            }
            parts.push(Part::whole(Content::open(&folder)?));
        }
        if is_past {
            return self.past_snapshot_of(basis, gone);
        }
        let contents = parts.iter().map(|part| (&part.content.manifest.version.list, &part.content.manifest.content));
        let digest = Snapshot::digest_of(contents);
        if Some(digest) != wanted {
            return Err(gone("the stored contents are not those that were named".to_owned()));
        }
        let built = index::build(&parts)?;
        let versions = parts.iter().map(Part::version).collect();
        let source = Box::new(Stored::over(Arc::new(parts)));
        Ok(Snapshot::new(digest, versions, IndexBytes::new(built.body), source, built.unindexed)?)
    }

    /// A snapshot of the past, from no other versions than those that were named.
    fn past_snapshot_of(&self, basis: &Basis, gone: impl Fn(String) -> StoreError) -> Result<Snapshot, StoreError> {
        let unread = |what: &str| gone(format!("its {what} cannot be read"));
        let as_of = basis.as_of.as_deref().map(str::parse).transpose().map_err(|_| unread("day"))?;
        let known_at = basis.known_at.as_deref().map(str::parse).transpose().map_err(|_| unread("moment"))?;
        let named = |content: &Digest| basis.lists.iter().any(|used| used.content == *content);
        let snapshot = self.snapshot_among(When { as_of, known_at }, named)?;
        if Some(snapshot.digest()) == basis.snapshot {
            return Ok(snapshot);
        }
        Err(gone("the versions kept now give other lists for that time than those that were compared".to_owned()))
    }
}
