//! The state that cannot be written, at each step: a setup token is not used up, who only reads is not shut out.
//!
//! Triggers of the database refuse single statements, as a disk does that is full at that moment.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::path::Path;

use interdict_ledger::{Entry, Event};
use interdict_state::{Role, Token};
use interdict_store::Home;
use jiff::Timestamp;
use rusqlite::Connection;
use serde_json::Value;
use service::{Answer, LIST, Service, import};

const KEY: &str = r#"{"name": "first", "roles": ["policy_admin", "viewer"]}"#;

fn database(service: &Service) -> Connection {
    Connection::open(service.folder.path().join("state.db")).unwrap()
}

/// While it stands, a statement fails.
fn refuse(database: &Connection, statement: &str) {
    let sql =
        format!("CREATE TRIGGER refused BEFORE {statement} BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END");
    database.execute_batch(&sql).unwrap();
}

fn allow(database: &Connection) {
    database.execute_batch("DROP TRIGGER refused").unwrap();
}

fn set_up(service: &Service, token: &Token) -> Answer {
    let bearer = format!("Bearer {}", token.reveal());
    service.ask("POST", "/v1/setup", &[("Authorization", &bearer)], KEY.as_bytes())
}

/// Whether a key that was made opens anything.
fn opens(service: &Service, made: &Answer) -> bool {
    let bearer = format!("Bearer {}", made.json()["token"].as_str().unwrap());
    service.ask("GET", "/v1/keys", &[("Authorization", &bearer)], b"").status == 200
}

#[test]
fn a_setup_token_is_not_used_up_when_the_key_cannot_be_written() {
    for statement in ["INSERT ON keys", "DELETE ON setup"] {
        let service = Service::with(|_| {});
        let token = service.app.state().new_setup(1_000).unwrap().unwrap();
        let database = database(&service);
        refuse(&database, statement);
        for _ in 0..2 {
            let answer = set_up(&service, &token);
            assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{statement}: {}", answer.text());
            assert!(!answer.text().contains("itd_"), "{statement}: no token is shown");
        }
        let valid = service.app.state().keys().unwrap().into_iter().filter(|key| key.revoked_at.is_none()).count();
        assert_eq!(valid, 0, "{statement}: what was made and not shown opens nothing");
        allow(&database);
        let made = set_up(&service, &token);
        assert_eq!(made.status, 201, "{statement}: {}", made.text());
        assert!(opens(&service, &made));
        assert_eq!(set_up(&service, &token).status, 401, "{statement}: now it is used up");
    }
}

/// Makes the ledger's next commit fail: others seem to have written, and its journal cannot be read.
fn break_ledger(home: &Path) -> impl FnOnce() {
    let private = home.join("ledger-private");
    let (journal, aside) = (private.join("journal"), private.join("journal.aside"));
    let mut turn = std::fs::read(private.join("lock")).unwrap();
    turn.resize(8, 0);
    let next = u64::from_le_bytes(turn.try_into().unwrap()) + 1;
    std::fs::write(private.join("lock"), next.to_le_bytes()).unwrap();
    std::fs::rename(&journal, &aside).unwrap();
    std::fs::create_dir(&journal).unwrap();
    move || {
        std::fs::remove_dir(&journal).unwrap();
        std::fs::rename(&aside, &journal).unwrap();
    }
}

#[test]
fn a_setup_token_is_not_used_up_when_it_cannot_be_recorded() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    let home = Home::at(folder.path());
    home.ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    let mut service = Service::over(folder, |_| {});
    let token = service.app.state().new_setup(1_000).unwrap().unwrap();
    let mend = break_ledger(home.root());
    let answer = set_up(&service, &token);
    assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{}", answer.text());
    mend();
    let made = set_up(&service, &token);
    assert_eq!(made.status, 201, "{}", made.text());
    assert!(opens(&service, &made));
    assert_eq!(set_up(&service, &token).status, 401);
    service.end();
    let log = home.ledger().open().unwrap();
    let entries = log.entries_between(0, log.size()).unwrap().into_iter();
    let acts = entries.filter_map(|(_, bytes)| match Entry::parse(&bytes).unwrap().event {
        Event::Administration { act, by, .. } => Some(format!("{} by {by}", act.word())),
        _ => None,
    });
    assert_eq!(acts.collect::<Vec<_>>(), ["set_up by setup token"]);
}

#[test]
fn the_last_use_of_a_key_is_not_noted_and_nobody_is_shut_out() {
    let service = Service::with(|_| {});
    let token = service.token(&[Role::PolicyAdmin, Role::Machine]);
    let bearer = format!("Bearer {}", token.reveal());
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let database = database(&service);
    refuse(&database, "UPDATE OF used_at ON keys");
    let used = || -> Value { service.ask("GET", "/v1/keys", &headers, b"").json()[0]["used_at"].clone() };
    assert_eq!(used(), Value::Null, "it is answered, and its use is not noted");
    let party = br#"{"party": {"name": "Orsolya Vanderploeg"}}"#;
    assert_eq!(service.ask("POST", "/v1/screen", &headers, party).json()["outcome"], "hit");
    allow(&database);
    // Once it is asked for again it is noted.
    std::thread::sleep(interdict_server::access::FRESH + std::time::Duration::from_millis(200));
    assert_eq!(service.ask("GET", "/v1/status", &headers, b"").status, 200);
    assert!(used().as_i64().unwrap() > 1_000_000_000, "{}", used());
}

#[test]
fn a_key_and_its_answer_are_kept_both_or_none() {
    for statement in ["INSERT ON keys", "UPDATE ON once"] {
        let service = Service::with(|_| {});
        let token = service.token(&[Role::PolicyAdmin]);
        let database = database(&service);
        let send = || {
            let bearer = format!("Bearer {}", token.reveal());
            let headers = [
                ("Authorization", bearer.as_str()),
                ("Content-Type", "application/json"),
                ("Idempotency-Key", "key-1"),
            ];
            service.ask("POST", "/v1/keys", &headers, KEY.as_bytes())
        };
        let named = || service.app.state().keys().unwrap().into_iter().filter(|key| key.name == "first").count();
        refuse(&database, statement);
        let answer = send();
        assert_eq!((answer.status, answer.code().as_str()), (503, "unavailable"), "{statement}: {}", answer.text());
        assert_eq!(named(), 0, "{statement}: no key is made that nobody was shown");
        allow(&database);
        let made = send();
        assert_eq!(made.status, 201, "{statement}: {}", made.text());
        assert!(opens(&service, &made), "{statement}");
        let again = send();
        assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")));
        assert!(!again.text().contains("itd_") && again.json()["id"] == made.json()["id"]);
        assert_eq!(named(), 1, "{statement}: once");
    }
}
