//! A screening or a decision that is sent again under its idempotency key is the same one: one answer, one entry.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use interdict_state::Role;
use interdict_store::Home;
use interdict_store::ledger::{LogFiles, verify};
use jiff::Timestamp;
use serde_json::json;
use service::{Answer, LIST, Service, import};

fn send(service: &Service, path: &str, token: &str, name: &str, body: &str) -> Answer {
    let headers = [("X-API-Key", token), ("Idempotency-Key", name), ("Content-Type", "application/json")];
    service.ask("POST", path, &headers, body.as_bytes())
}

#[test]
fn the_same_request_has_the_same_answer_and_the_same_entry() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    let mut service = Service::over(folder, |_| {});
    let (own, other) = (service.token(&[Role::Machine]), service.token(&[Role::Machine]));
    let party = json!({"party": {"name": "Orsolya Vanderploeg"}}).to_string();
    let facts = json!({"facts": {"activity": "goods", "seller": "Quill"}, "on": "2018-01-05"}).to_string();
    for (path, body, altered) in [
        ("/v1/screen", &party, party.replace("Orsolya", "Ansgar")),
        ("/v1/check", &facts, facts.replace("Quill", "Mill")),
    ] {
        let first = send(&service, path, own.reveal(), path, body);
        assert_eq!(first.status, 200, "{}", first.text());
        assert!(first.header("idempotency-replayed").is_none());
        // Other lists come into use meanwhile: the answer that was given stays the answer.
        import(service.folder.path(), "own", &format!("{LIST}Q-9,{path} Dogberry,person,,\n"));
        service.app.refresh();
        let again = send(&service, path, own.reveal(), path, body);
        assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
        assert_eq!(again.text(), first.text());
        assert_eq!(again.json()["recording"]["entry"], first.json()["recording"]["entry"]);
        let conflict = send(&service, path, own.reveal(), path, &altered);
        assert_eq!((conflict.status, conflict.code().as_str()), (409, "conflict"), "{}", conflict.text());
        // Another caller's key is another key.
        let of_other = send(&service, path, other.reveal(), path, body);
        assert!(of_other.status == 200 && of_other.header("idempotency-replayed").is_none());
        assert_ne!(of_other.json()["recording"]["entry"], first.json()["recording"]["entry"]);
    }
    let elsewhere = send(&service, "/v1/check", own.reveal(), "/v1/screen", &party);
    assert_eq!(elsewhere.status, 409, "one key is for one request, also of another route");
    service.end();
    let files = LogFiles::at(service.folder.path().join("ledger"));
    let verified = verify(&files, &files.key().unwrap(), &[]).unwrap();
    assert_eq!((verified.kinds["screening"], verified.kinds["decision"]), (2, 2), "{:?}", verified.kinds);
}

#[test]
fn what_was_not_done_may_be_mended_under_the_same_key() {
    let service = Service::open();
    let token = service.token(&[Role::Machine]);
    let bad = send(&service, "/v1/screen", token.reveal(), "k", r#"{"party": {"name": "---"}}"#);
    assert_eq!((bad.status, bad.code().as_str()), (422, "not_done"));
    let good = send(&service, "/v1/screen", token.reveal(), "k", r#"{"party": {"name": "Ansgar Thistlewood"}}"#);
    assert_eq!((good.status, good.json()["outcome"].as_str()), (200, Some("hit")), "{}", good.text());
    let long = "x".repeat(256);
    for name in ["", &long] {
        assert_eq!(send(&service, "/v1/screen", token.reveal(), name, "{}").status, 400, "{name:?}");
    }
}

#[test]
fn those_who_come_together_get_one_answer() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    let service = Service::over(folder, |_| {});
    let token = service.token(&[Role::Machine]);
    let party = json!({"party": {"name": "Orsolya Vanderploeg"}}).to_string();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let ask = || send(&service, "/v1/screen", token.reveal(), "together", &party);
        let clients: Vec<_> = (0..12).map(|_| scope.spawn(ask)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let done: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert!(!done.is_empty());
    assert!(done.iter().all(|answer| answer.body == done[0].body), "one answer");
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.code() == "conflict"));
    assert_eq!(send(&service, "/v1/screen", token.reveal(), "together", &party).body, done[0].body);
}
