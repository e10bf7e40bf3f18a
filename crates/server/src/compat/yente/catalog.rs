//! `GET /catalog` and `/algorithms`: which lists are loaded, and how they are compared.

use interdict_engine::{Snapshot, VERSION};
use interdict_lists::dataset::dataset_of;
use interdict_model::Digest;
use serde_json::{Map, Value, json};

use super::entity::moment;
use super::explanation::FEATURES;
use super::matching::ALGORITHM;
use crate::compat::scope::{EVERYTHING, name_of, title_of};

/// The lists of a snapshot as datasets, and the collections that hold all of them.
pub(super) fn datasets(snapshot: &Snapshot) -> Value {
    let mut all = Vec::new();
    let mut names = Vec::new();
    for version in snapshot.versions() {
        let list = version.list.0.as_str();
        let known = dataset_of(list);
        names.push(name_of(list).to_owned());
        let published = version.published.map(moment);
        all.push(json!({
            "name": name_of(list),
            "title": title_of(list),
            "load": true,
            "version": version.digest.to_string(),
            "index_version": snapshot.digest().to_string(),
            "index_current": true,
            "entity_count": version.listings,
            "thing_count": version.listings,
            "updated_at": published,
            "last_export": published,
            "publisher": known.map(|known| json!({
                "name": known.publisher, "official": true, "country": known.country,
            })),
            "resources": [],
            "children": [],
            "namespace": false,
        }));
    }
    for name in EVERYTHING {
        all.push(json!({
            "name": name,
            "title": "All lists that are loaded",
            "load": false,
            "version": snapshot.digest().to_string(),
            "index_version": snapshot.digest().to_string(),
            "index_current": true,
            "entity_count": snapshot.listings(),
            "resources": [],
            "children": names,
            "namespace": false,
        }));
    }
    json!({ "datasets": all, "current": names, "outdated": [], "index_stale": false })
}

/// The strong tag of a catalogue: the lists and their versions.
pub(super) fn tag(snapshot: &Snapshot) -> String {
    format!("\"{}\"", Digest::of(format!("{}:{VERSION}", snapshot.digest()).as_bytes()))
}

/// The one algorithm there is.
pub(super) fn algorithms() -> Value {
    let features: Map<String, Value> =
        FEATURES.iter().map(|(name, what)| ((*name).to_owned(), (*what).into())).collect();
    let described: Map<String, Value> = FEATURES
        .iter()
        .map(|(name, what)| ((*name).to_owned(), json!({ "description": what, "coefficient": 1.0, "url": "" })))
        .collect();
    let description = "One path from evidence to score: names token by token, then what else is known. \
                       Its version is that of the engine.";
    json!({
        "algorithms": [{
            "name": ALGORITHM,
            "description": description,
            "features": described,
            "docs": { "name": ALGORITHM, "description": description, "config": {}, "features": features },
        }],
        "default": ALGORITHM,
        "best": ALGORITHM,
    })
}
