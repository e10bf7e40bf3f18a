//! Datasets: which lists a name stands for, and what a list is called.
//!
//! Promises: our ids and the names of others are both understood; a name that is not known is refused.
//!
//! Not here: the names of others (`lists::dataset`).

use interdict_engine::Snapshot;
use interdict_lists::dataset::{DATASETS, dataset_of};
use interdict_model::{ListId, ListVersion};

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

/// The lists a dataset's name stands for, as we or as others write it; none if no list or collection of that name is loaded.
pub(super) fn lists_of(snapshot: &Snapshot, name: &str) -> Option<Vec<ListId>> {
    let all = || snapshot.versions().map(|version| version.list.clone());
    let found: Vec<ListId> = all().filter(|list| list.0 == name || name_of(&list.0) == name).collect();
    if !found.is_empty() {
        return Some(found);
    }
    // Our ids have no `_`, which the names of a manifest's data sets have; a list that is called just so comes first.
    let as_id = name.replace('_', "-");
    if let Some(list) = all().find(|list| list.0 == as_id) {
        return Some(vec![list]);
    }
    EVERYTHING.contains(&name).then(|| all().collect())
}

/// Whether a name is that of a list somewhere, loaded or not.
pub(super) fn is_known(name: &str) -> bool {
    DATASETS.iter().any(|dataset| dataset.open_sanctions == name || dataset.list == name)
}

/// The lists to compare with: those of the scope that are included, without those excluded.
///
/// # Errors
/// The first name that stands for no list.
pub(super) fn narrowed(
    snapshot: &Snapshot,
    dataset: &str,
    include: &[&str],
    exclude: &[&str],
) -> Result<Vec<ListId>, String> {
    let mut lists = lists_of(snapshot, dataset).ok_or_else(|| dataset.to_owned())?;
    if !include.is_empty() {
        let mut included = Vec::new();
        for name in include {
            included.extend(lists_of(snapshot, name).ok_or_else(|| (*name).to_owned())?);
        }
        lists.retain(|list| included.contains(list));
    }
    for name in exclude {
        // Leaving out what is not there leaves nothing out, but a typing error must not widen the answer.
        match lists_of(snapshot, name) {
            Some(excluded) => lists.retain(|list| !excluded.contains(list)),
            None if is_known(name) => {}
            None => return Err((*name).to_owned()),
        }
    }
    Ok(lists)
}
