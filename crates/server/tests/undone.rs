//! Questions that get no answer: each is on record before that is said, and the problem names its entry; those that were turned
//! away because too much waited are summed up.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::time::Duration;

use interdict_ledger::entry::Act;
use interdict_ledger::{Entry, Event, Receipt};
use interdict_server::Settings;
use interdict_state::Role;
use interdict_store::Home;
use interdict_store::ledger::{LogFiles, verify};
use jiff::Timestamp;
use serde_json::{Value, json};
use service::{Answer, LIST, Service, import};

fn with_ledger(change: impl FnOnce(&mut Settings)) -> Service {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    Service::over(folder, |settings| {
        settings.anonymous = Role::ALL.to_vec();
        change(settings);
    })
}

/// All entries, once the service has ended and its log was found to hold.
fn entries(service: &mut Service) -> Vec<Event> {
    service.end();
    let files = LogFiles::at(service.folder.path().join("ledger"));
    let verified = verify(&files, &files.key().unwrap(), &[]).unwrap();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    let log = Home::at(service.folder.path()).ledger().open().unwrap();
    let entries = log.entries_between(0, log.size()).unwrap().into_iter();
    entries.map(|(_, bytes)| Entry::parse(&bytes).unwrap().event).collect()
}

/// Kind and outcome of the entry that a problem names, in its body and in its header.
fn named(service: &Service, answer: &Answer) -> (String, String) {
    let entry = answer.json()["recording"]["entry"].as_u64().unwrap_or_else(|| panic!("{}", answer.text()));
    assert_eq!(answer.header("interdict-entry"), Some(entry.to_string().as_str()));
    of_entry(service, entry)
}

fn of_entry(service: &Service, entry: u64) -> (String, String) {
    let receipt = service.get(&format!("/v1/receipts/{entry}"));
    assert_eq!(receipt.status, 200, "{}", receipt.text());
    let receipt = Receipt::parse(&receipt.body).unwrap();
    receipt.check(&LogFiles::at(service.folder.path().join("ledger")).key().unwrap()).unwrap();
    let event = receipt.answer.entry.event;
    (event.kind().to_owned(), event.answered().unwrap().outcome.clone())
}

const PARTY: &str = r#"{"party": {"name": "Orsolya Vanderploeg"}}"#;
const EXPLAIN: &str = r#"{"party": {"name": "Orsolya Vanderploeg"}, "list": "own", "reference": "Q-1"}"#;
const FACTS: &str = r#"{"facts": {"activity": "goods", "seller": "Quill"}, "on": "2018-01-05"}"#;

#[test]
fn a_call_that_is_given_up_is_on_record_on_every_route() {
    let mut service = with_ledger(|settings| settings.deadline = Duration::ZERO);
    for (path, body, kind) in
        [("/v1/screen", PARTY, "screening"), ("/v1/explain", EXPLAIN, "screening"), ("/v1/check", FACTS, "decision")]
    {
        let answer = service.post(path, body);
        assert_eq!((answer.status, answer.code().as_str()), (503, "timed_out"), "{path}");
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert_eq!(named(&service, &answer), (kind.to_owned(), "timed_out".to_owned()), "{path}");
    }
    // What it may do once is on record once for each try.
    let key = [("Content-Type", "application/json"), ("Idempotency-Key", "one")];
    let tries = [0, 1].map(|_| service.ask("POST", "/v1/screen", &key, PARTY.as_bytes()));
    assert_ne!(tries[0].json()["recording"], tries[1].json()["recording"]);
    assert_eq!(entries(&mut service).iter().filter(|event| event.answered().is_some()).count(), 5);
}

#[test]
fn what_cannot_be_read_or_screened_is_on_record_and_the_problem_names_its_entry() {
    let long = "x".repeat(3_000);
    let service = with_ledger(|_| {});
    let not_done = |kind: &str| (kind.to_owned(), "not_done".to_owned());
    for party in
        [json!({"name": ["A", 7, {}]}), json!({}), json!("Orsolya"), json!({"name": "???"}), json!({"name": long})]
    {
        let screened = service.post("/v1/screen", &json!({"party": party}).to_string());
        let explained = json!({"party": party, "list": "own", "reference": "Q-1"});
        let explained = service.post("/v1/explain", &explained.to_string());
        for answer in [screened, explained] {
            assert_eq!((answer.status, answer.code().as_str()), (422, "not_done"), "{}", answer.text());
            assert_eq!(named(&service, &answer), not_done("screening"));
        }
    }
    for facts in [json!({"date": "31.2.2018"}), json!({"activity": "goods", "seller": long, "date": "2018-01-05"})] {
        let answer = service.post("/v1/check", &json!({"facts": facts}).to_string());
        assert_eq!((answer.status, answer.code().as_str()), (422, "not_done"), "{}", answer.text());
        assert_eq!(named(&service, &answer), not_done("decision"));
    }
    // What asks about nobody has no entry.
    for (path, body) in [("/v1/screen", "no JSON"), ("/v1/screen", r#"{"party": {"name": "A"}, "policy": "none"}"#)] {
        let answer = service.post(path, body);
        assert!(answer.status == 400 && answer.json().get("recording").is_none(), "{}", answer.text());
    }
    let none = service.post("/v1/explain", &EXPLAIN.replace("Q-1", "Q-99"));
    assert!(none.status == 404 && none.json().get("recording").is_none(), "{}", none.text());
}

#[test]
fn every_row_of_a_batch_is_on_record_whatever_its_status() {
    let service = with_ledger(|_| {});
    let rows: [&[u8]; 7] = [
        br#"{"id": "a", "name": "Orsolya Vanderploeg"}"#,
        br#"{"name": ["A", 7, {}]}"#,
        b"no JSON",
        br#"{"id": "d", "name": "???"}"#,
        b"{\"name\": \"\xff\"}",
        br#"{"name": "A", "name": "B"}"#,
        br#"{"name": "Nobody Atall"}"#,
    ];
    let answer = service.ask("POST", "/v1/screen/batch", &[], &rows.join(&b'\n'));
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let expected = ["hit", "not_done", "not_done", "not_done", "not_done", "not_done", "clear"];
    assert_eq!(lines.len(), expected.len() + 1, "{}", answer.text());
    let first = lines[0]["recording"]["entry"].as_u64().unwrap();
    for (n, (line, outcome)) in lines.iter().zip(expected).enumerate() {
        assert_eq!(line["status"], outcome, "{line}");
        assert_eq!(line["recording"]["entry"].as_u64(), Some(first + n as u64), "{line}");
        assert_eq!(of_entry(&service, first + n as u64), ("screening".to_owned(), outcome.to_owned()));
    }
    // A batch of which nothing can be read is on record too.
    let answer = service.ask("POST", "/v1/screen/batch", &[], b"nothing\n");
    assert!(answer.text().starts_with('{') && answer.text().contains("\"recording\""), "{}", answer.text());
}

#[test]
fn those_turned_away_are_counted_into_few_entries_and_none_is_lost() {
    let mut service = with_ledger(|settings| (settings.queue, settings.batches) = (0, 0));
    let began = Timestamp::now().as_second();
    let mut sent = 0;
    for _ in 0..40 {
        for (path, body) in
            [("/v1/screen", PARTY), ("/v1/explain", EXPLAIN), ("/v1/check", FACTS), ("/v1/screen/batch", "{}")]
        {
            let answer = service.post(path, body);
            assert_eq!((answer.status, answer.code().as_str()), (503, "overloaded"), "{path}: {}", answer.text());
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert!(answer.json().get("recording").is_none(), "it has no entry of its own");
            sent += 1;
        }
    }
    let all = entries(&mut service);
    // The service has ended by now, so no entry is younger.
    let seconds = usize::try_from(Timestamp::now().as_second() - began + 1).unwrap();
    let notes: Vec<String> = all
        .into_iter()
        .filter_map(|event| match event {
            Event::Administration { act: Act::RequestsTurnedAway, note, .. } => Some(note),
            _ => None,
        })
        .collect();
    let counted: u64 = notes.iter().map(|note| note.split(' ').next().unwrap().parse::<u64>().unwrap()).sum();
    assert_eq!(counted, sent, "{notes:?}");
    // One in each second of the clock, begun ones too, and one at the end.
    assert!(notes.len() <= seconds + 1, "{} entries in {seconds} s", notes.len());
}

#[test]
fn without_a_ledger_no_entry_is_named() {
    let service = Service::with(|settings| {
        settings.anonymous = Role::ALL.to_vec();
        settings.deadline = Duration::ZERO;
    });
    let answer = service.post("/v1/screen", PARTY);
    assert_eq!((answer.status, answer.header("interdict-entry")), (503, None), "{}", answer.text());
    assert!(answer.json().get("recording").is_none());
}
