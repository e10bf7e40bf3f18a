//! Datasets: which lists a name stands for, and what a list is called.
//!
//! Promises: our ids, the names of others and the collections of a manifest are understood; a name that is not known is
//! refused, and so is a collection of which a list is missing; what stands for everything takes in everything.
//!
//! Not here: the names of others (`lists::dataset`), where collections come from (`store::collections`).

use interdict_engine::Snapshot;
use interdict_lists::dataset::{DATASETS, dataset_of};
use interdict_model::{ListId, ListVersion};
use interdict_store::{Collection, Collections};

/// Names that stand for every list that is loaded.
pub(super) const EVERYTHING: [&str; 3] = ["default", "all", "sanctions"];

/// What a list is called by clients of yente.
pub(super) fn name_of(list: &str) -> &str {
    dataset_of(list).map_or(list, |dataset| dataset.open_sanctions)
}

/// The title of a list.
pub(super) fn title_of(list: &str) -> &str {
    dataset_of(list).map_or(list, |dataset| dataset.title)
}

/// Whether a list is a publisher's, whose listings are sanctioned, and not one of the user's own.
pub(super) fn is_published(version: &ListVersion) -> bool {
    dataset_of(&version.list.0).is_some() || version.format != "own-csv" && version.format != "own-json"
}

/// Whether a name is that of a list somewhere, loaded or not.
fn is_known(name: &str) -> bool {
    DATASETS.iter().any(|dataset| dataset.open_sanctions == name || dataset.list == name)
}

/// Why a name stands for no lists.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum NoLists {
    /// Nobody knows it.
    Unknown(String),
    /// A collection holds a list that is not loaded: without it nobody is cleared.
    Missing {
        /// The collection.
        collection: String,
        /// The list.
        list: String,
    },
}

/// The lists among which a name is looked up.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    snapshot: &'a Snapshot,
    collections: &'a Collections,
    then: &'a [ListId],
}

impl<'a> Scope<'a> {
    /// Those of a snapshot.
    pub(super) fn of(snapshot: &'a Snapshot, collections: &'a Collections) -> Self {
        Self { snapshot, collections, then: &[] }
    }

    /// For a question that is asked again: the lists that its answer rested on, whatever names stand for now.
    pub(super) fn again(snapshot: &'a Snapshot, collections: &'a Collections, then: &'a [ListId]) -> Self {
        Self { snapshot, collections, then }
    }

    /// The snapshot.
    pub(super) fn snapshot(self) -> &'a Snapshot {
        self.snapshot
    }

    /// The collections.
    pub(super) fn collections(self) -> &'a Collections {
        self.collections
    }

    fn all(self) -> impl Iterator<Item = &'a ListId> {
        self.snapshot.versions().map(|version| &version.list)
    }

    /// The lists of a list's name, as we or as others write it.
    fn named(self, name: &str) -> Option<Vec<ListId>> {
        let found: Vec<ListId> =
            self.all().filter(|list| list.0 == name || name_of(&list.0) == name).cloned().collect();
        if !found.is_empty() {
            return Some(found);
        }
        // Our ids have no `_`, which the names of a manifest's data sets have; a list that is called just so comes first.
        let as_id = name.replace('_', "-");
        self.all().find(|list| list.0 == as_id).map(|list| vec![list.clone()])
    }

    /// The lists of a collection.
    ///
    /// # Errors
    /// The first that is not loaded.
    pub(super) fn held(self, collection: &Collection) -> Result<Vec<ListId>, NoLists> {
        let mut lists: Vec<ListId> = Vec::new();
        for name in &collection.lists {
            let found = self
                .named(name)
                .ok_or_else(|| NoLists::Missing { collection: collection.name.clone(), list: name.clone() })?;
            lists.extend(found);
        }
        lists.sort_unstable();
        lists.dedup();
        Ok(lists)
    }

    /// The collection of a name, unless something else is called so.
    pub(super) fn collection(self, name: &str) -> Option<&'a Collection> {
        if self.named(name).is_some() || EVERYTHING.contains(&name) {
            return None;
        }
        self.collections.collections.iter().find(|collection| collection.name == name)
    }

    /// The lists a dataset's name stands for: a list, everything, or a collection.
    ///
    /// # Errors
    /// When it stands for none, or not all of them are loaded.
    pub(super) fn lists(self, name: &str) -> Result<Vec<ListId>, NoLists> {
        if let Some(found) = self.named(name) {
            return Ok(found);
        }
        // A collection of that name is not asked: it could leave out a list of one's own, and clear somebody.
        if EVERYTHING.contains(&name) {
            return Ok(self.all().cloned().collect());
        }
        match self.collection(name) {
            Some(collection) => self.held(collection),
            None => Err(NoLists::Unknown(name.to_owned())),
        }
    }

    /// The title of a list: its publisher's, or that of a manifest.
    pub(super) fn title_of(self, list: &'a str) -> &'a str {
        match dataset_of(list) {
            Some(dataset) => dataset.title,
            None => self.collections.titles.get(list).map_or(list, String::as_str),
        }
    }

    /// The lists to compare with: those of the scope that are included, without those excluded.
    ///
    /// # Errors
    /// The first name that stands for no list.
    pub(super) fn narrowed(self, dataset: &str, include: &[&str], exclude: &[&str]) -> Result<Vec<ListId>, NoLists> {
        if !self.then.is_empty() {
            return Ok(self.then.to_vec());
        }
        let mut lists = self.lists(dataset)?;
        if !include.is_empty() {
            let mut included = Vec::new();
            for name in include {
                included.extend(self.lists(name)?);
            }
            lists.retain(|list| included.contains(list));
        }
        for name in exclude {
            // Leaving out what is not there leaves nothing out, but a typing error must not widen the answer.
            match self.lists(name) {
                Ok(excluded) => lists.retain(|list| !excluded.contains(list)),
                Err(NoLists::Unknown(_)) if is_known(name) => {}
                Err(error @ (NoLists::Unknown(_) | NoLists::Missing { .. })) => return Err(error),
            }
        }
        Ok(lists)
    }
}
