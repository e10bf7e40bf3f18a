//! `GET /catalog` and `/algorithms`: which lists are loaded, and how they are compared.

use interdict_engine::VERSION;
use interdict_lists::dataset::dataset_of;
use interdict_model::Digest;
use serde_json::{Map, Value, json};

use super::entity::moment;
use super::explanation::FEATURES;
use super::matching::ALGORITHM;
use crate::compat::scope::{EVERYTHING, Scope, name_of};

/// The lists of a snapshot as datasets, and the collections that hold several or all of them.
pub(super) fn datasets(scope: Scope) -> Value {
    let snapshot = scope.snapshot();
    let mut all = Vec::new();
    let mut names = Vec::new();
    for version in snapshot.versions() {
        let list = version.list.0.as_str();
        let known = dataset_of(list);
        names.push(name_of(list).to_owned());
        let published = version.published.map(moment);
        all.push(json!({
            "name": name_of(list),
            "title": scope.title_of(list),
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
    let declared = &scope.collections().collections;
    let declared = declared.iter().filter(|one| scope.collection(&one.name).is_some_and(|found| found == *one));
    let mut outdated: Vec<&str> = Vec::new();
    for collection in declared {
        let lists = scope.held(collection);
        let children: Vec<&str> = match &lists {
            Ok(lists) => lists.iter().map(|list| name_of(&list.0)).collect(),
            Err(_) => {
                outdated.push(&collection.name);
                collection.lists.iter().map(|list| name_of(list)).collect()
            }
        };
        let listings = snapshot.versions().filter(|version| children.contains(&name_of(&version.list.0)));
        all.push(json!({
            "name": collection.name,
            "title": collection.title,
            "load": false,
            "version": snapshot.digest().to_string(),
            "index_version": snapshot.digest().to_string(),
            "index_current": lists.is_ok(),
            "entity_count": listings.map(|version| version.listings).sum::<u64>(),
            "resources": [],
            "children": children,
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
    json!({ "datasets": all, "current": names, "outdated": outdated, "index_stale": !outdated.is_empty() })
}

/// The strong tag of a catalogue: the lists, their versions, and what they are called.
pub(super) fn tag(scope: Scope) -> String {
    let text = format!("{}:{VERSION}:{:?}", scope.snapshot().digest(), scope.collections());
    format!("\"{}\"", Digest::of(text.as_bytes()))
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
