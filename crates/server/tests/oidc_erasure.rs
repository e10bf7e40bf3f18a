//! What people do to the service is on record under salted numbers: an auditor finds who did it, until the link is erased.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod provider;
mod service;

use std::path::Path;

use interdict_ledger::{Entry, Event, Subject};
use interdict_store::Home;
use interdict_store::ledger::{LogFiles, verify};
use jiff::Timestamp;
use provider::{Browser, Pair, Provider};
use serde_json::json;
use service::{LIST, Service, import};

/// Whether bytes stand in any file below a folder.
fn holds(folder: &Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        if path.is_dir() {
            return holds(&path, bytes);
        }
        std::fs::read(&path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

#[test]
fn who_did_it_is_found_until_it_is_erased_and_then_nowhere() {
    let provider = Provider::start(Pair::ed25519());
    provider.change(|inner| inner.person["groups"] = json!(["admins"]));
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    let home = Home::at(folder.path());
    home.ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    let oidc = provider.settings();
    let mut service = Service::over(folder, |settings| settings.oidc = Some(oidc));
    let mut browser = Browser::default();
    browser.sign_in(&service);
    let me = browser.get(&service, "/v1/me").json();
    let (who, csrf) = (me["id"].as_str().unwrap().to_owned(), me["csrf"].as_str().unwrap().to_owned());
    let origin = format!("http://{}", service.address);
    let ours = [("Content-Type", "application/json"), ("X-CSRF-Token", csrf.as_str()), ("Origin", origin.as_str())];
    let made = browser.ask(&service, "POST", "/v1/keys", &ours, br#"{"name": "x", "roles": ["viewer"]}"#);
    assert_eq!(made.status, 201, "{}", made.text());
    let address = format!("/v1/keys/{}", made.json()["id"].as_str().unwrap());
    assert_eq!(browser.ask(&service, "DELETE", &address, &ours, b"").status, 200);
    service.end();

    let (public, private) = (home.root().join("ledger"), home.root().join("ledger-private"));
    assert!(!holds(&public, who.as_bytes()), "the log that may be published says nothing of the person");
    assert!(holds(&private, who.as_bytes()), "what is kept apart does, or this look finds nothing");
    let acts = |log: &interdict_store::ledger::Log| -> Vec<(u64, String, Option<Subject>)> {
        let entries = log.entries_between(0, log.size()).unwrap().into_iter();
        let entries = entries.map(|(index, bytes)| (index, Entry::parse(&bytes).unwrap().event));
        let acts = entries.filter_map(|(index, event)| match &event {
            Event::Administration { by, .. } => Some((index, by.clone(), event.subject())),
            _ => None,
        });
        acts.collect()
    };
    let mut log = home.ledger().open().unwrap();
    let before = acts(&log);
    assert_eq!(before.len(), 2, "{before:?}");
    assert!(before.iter().all(|(_, by, subject)| by.starts_with("person ") && subject.is_some()), "{before:?}");
    assert_ne!(before[0].2, before[1].2, "that both are of one person is not to be seen");
    // whoever holds what is kept apart finds all of a person: sign-in and both acts
    let ties = log.ties_of(&who).unwrap();
    assert_eq!(ties.len(), 3);
    assert!(before.iter().all(|(index, ..)| log.tie_of(*index).unwrap().unwrap().reference == who));
    let salts: Vec<[u8; 32]> = ties.iter().map(|tie| tie.salt.0).collect();
    assert!(salts.iter().all(|salt| holds(&private, salt)), "they are where this look finds them");

    log.erase(&ties, "asked for", Timestamp::now()).unwrap();
    assert!(log.ties_of(&who).unwrap().is_empty());
    assert!(before.iter().all(|(index, ..)| log.tie_of(*index).unwrap().is_none()));
    drop(log);
    for folder in [&public, &private] {
        assert!(!holds(folder, who.as_bytes()), "{}", folder.display());
        assert!(!salts.iter().any(|salt| holds(folder, salt)), "{}", folder.display());
    }
    let files = LogFiles::at(&public);
    let verified = verify(&files, &files.key().unwrap(), &[]).unwrap();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    assert_eq!(acts(&home.ledger().open().unwrap()), before, "the entries stay as they were");
}
