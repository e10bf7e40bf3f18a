//! Names of a manifest for lists: in the catalogue of yente's interface, in its addresses, and on record.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::collections::BTreeMap;

use interdict_server::Dialect;
use interdict_state::Role;
use interdict_store::{Collection, Collections, Home};
use serde_json::{Value, json};
use service::{Answer, LIST, Service, import};

const OTHER: &str = "id,name,type,born,country\nW-1,Wilhelmina Dogberry,person,,\n";

fn named(name: &str, lists: &[&str]) -> Collection {
    let lists = lists.iter().map(|list| (*list).to_owned()).collect();
    Collection { name: name.to_owned(), title: format!("The {name}"), lists }
}

fn remember(service: &Service, collections: Vec<Collection>) {
    let titles = BTreeMap::from([("own".to_owned(), "Customers nobody wants".to_owned())]);
    Home::at(service.folder.path()).remember_collections(&Collections { titles, collections }).unwrap();
    service.app.refresh();
}

fn service() -> Service {
    let folder = tempfile::tempdir().unwrap();
    for (list, text) in [("own", LIST), ("watch-two", OTHER), ("third", "id,name,type\nT-1,Ambrose Fennimore,person\n")]
    {
        import(folder.path(), list, text);
    }
    Service::over(folder, |settings| {
        settings.anonymous = vec![Role::Machine];
        settings.compat = Some(Dialect::Yente);
    })
}

fn matched(service: &Service, path: &str) -> Answer {
    let person = |name: &str| json!({"schema": "Person", "properties": {"name": [name]}});
    let queries = json!({"a": person("Orsolya Vanderploeg"), "b": person("Wilhelmina Dogberry"), "c": person("Ambrose Fennimore")});
    service.post(path, &json!({ "queries": queries }).to_string())
}

/// Which of the three are found.
fn found(service: &Service, path: &str) -> String {
    let answer = matched(service, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    let answer = answer.json();
    let hit = |key: &&str| answer["responses"][key]["total"]["value"] == 1;
    ["a", "b", "c"].iter().filter(|key| hit(key)).copied().collect()
}

#[test]
fn a_collection_is_asked_for_by_its_name_wherever_a_dataset_is() {
    let service = service();
    assert_eq!(matched(&service, "/match/full").status, 404, "nobody has declared it");
    let before = service.get("/catalog");
    remember(&service, vec![named("full", &["own", "watch-two"]), named("two", &["watch_two"])]);
    assert_eq!(found(&service, "/match/full"), "ab");
    assert_eq!(found(&service, "/match/two"), "b");
    assert_eq!(found(&service, "/match/default"), "abc");
    assert_eq!(found(&service, "/match/default?include_dataset=full"), "ab");
    assert_eq!(found(&service, "/match/default?exclude_dataset=full"), "c");
    assert_eq!(found(&service, "/match/full?exclude_dataset=two"), "a");
    let searched = |dataset: &str, word: &str| {
        service.get(&format!("/search/{dataset}?q={word}")).json()["total"]["value"].clone()
    };
    assert_eq!((searched("full", "dogberry"), searched("full", "fennimore")), (json!(1), json!(0)));
    let manifest = service.get("/reconcile/full").json();
    assert_eq!(manifest["name"], "The full (Interdict)");
    let suggested =
        |name: &str| service.get(&format!("/reconcile/full/suggest/entity?prefix={name}")).json()["result"].clone();
    assert_eq!((suggested("dogb")[0]["name"].as_str(), suggested("fenni")), (Some("Wilhelmina Dogberry"), json!([])));

    let after = service.get("/catalog");
    assert_ne!(before.header("etag"), after.header("etag"), "clients must ask again");
    let catalog = after.json();
    let of = |name: &str| -> Value {
        catalog["datasets"].as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap_or_default()
    };
    assert_eq!(of("own")["title"], "Customers nobody wants");
    let full = of("full");
    assert_eq!((&full["title"], &full["children"]), (&json!("The full"), &json!(["own", "watch-two"])), "{catalog}");
    assert_eq!(
        (&full["load"], &full["entity_count"], &full["index_current"]),
        (&json!(false), &json!(4), &json!(true))
    );
    assert_eq!((&catalog["outdated"], &catalog["index_stale"]), (&json!([]), &json!(false)));
}

#[test]
fn a_collection_of_which_a_list_is_missing_clears_nobody() {
    let service = service();
    remember(&service, vec![named("full", &["own", "us_ofac_sdn"]), named("two", &["watch-two"])]);
    for path in ["/match/full", "/match/default?include_dataset=full", "/match/default?exclude_dataset=full"] {
        let answer = matched(&service, path);
        assert_eq!(answer.status, 503, "{path}: {}", answer.text());
        let detail = answer.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("`full` holds `us_ofac_sdn`") && detail.contains("nobody is cleared"), "{detail}");
    }
    assert_eq!(found(&service, "/match/two"), "b", "others are asked as ever");
    let catalog = service.get("/catalog").json();
    assert_eq!((&catalog["outdated"], &catalog["index_stale"]), (&json!(["full"]), &json!(true)));
    remember(&service, vec![named("full", &["own"])]);
    assert_eq!(found(&service, "/match/full"), "a");
}

#[test]
fn a_collection_takes_no_name_that_stands_for_more() {
    let service = service();
    remember(&service, vec![named("default", &["own"]), named("sanctions", &["own"]), named("third", &["own"])]);
    assert_eq!(found(&service, "/match/default"), "abc", "everything stays everything");
    assert_eq!(found(&service, "/match/sanctions"), "abc");
    assert_eq!(found(&service, "/match/third"), "c", "a list comes first");
    let catalog = service.get("/catalog").json();
    let named: Vec<&str> =
        catalog["datasets"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let count = |name: &str| named.iter().filter(|one| **one == name).count();
    assert_eq!((count("default"), count("third")), (1, 1), "{named:?}");
}
