//! Retention is a class of each entry: shown, set by who records, and applied by a command when the duty to keep has ended.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod spoken;

use common::Home;
use interdict_ledger::entry::{Answered, Basis, Retention};
use interdict_ledger::{Entry, Event};
use interdict_model::Digest;
use interdict_store::ledger::{Draft, Tie, new_salt};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};
use spoken::Spoken;

/// A ledger with entries of some years ago, each of a class.
fn aged(entries: &[(&str, i64, Retention)]) -> Home {
    let home = Home::new();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.com/log"]).code, Some(0));
    let mut log = interdict_store::Home::at(home.path("home")).ledger().open().unwrap();
    let (engine, lists) = ("0".to_owned(), Vec::new());
    let basis =
        Basis { engine, snapshot: None, as_of: None, known_at: None, lists, starter: false, policy: None, law: None };
    let basis = log.basis(basis, Timestamp::now()).unwrap();
    for (who, years, retention) in entries {
        let salt = new_salt().unwrap();
        let record = Digest::of(b"answer");
        let (subject, input, answer) = (salt.subject(), salt.input(b"{}"), salt.answer(record));
        let outcome = "clear".to_owned();
        let event = Event::Screening(Answered { subject, input, answer, outcome, basis });
        // A day more than the years, so that no leap day decides.
        let at = Timestamp::now().to_zoned(TimeZone::UTC).checked_sub(years.years().days(1)).unwrap().timestamp();
        let tie = Some(Tie { salt, record, reference: (*who).to_owned() });
        log.commit(&[Draft { entry: Entry { at, retention: *retention, event }, tie }]).unwrap();
    }
    home
}

const AGED: [(&str, i64, Retention); 5] = [
    ("c-five-old", 5, Retention::FiveYears),
    ("c-five-new", 4, Retention::FiveYears),
    ("c-ten-old", 10, Retention::TenYears),
    ("c-ten-new", 9, Retention::TenYears),
    ("c-asked", 20, Retention::Erasable),
];

#[test]
fn what_need_not_be_kept_any_more_is_erased_and_nothing_else() {
    let home = aged(&AGED);
    let size = || home.run(&["ledger", "show", "--from", "0", "--format", "jsonl"]).out.lines().count();
    let before = size();
    let run = home.run(&["ledger", "erase", "--expired", "--dry-run", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let said: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(said, json!({"erased": {"five_years": 1, "ten_years": 1}, "dry_run": true}));
    assert!(size() == before && home.run(&["ledger", "show"]).out.contains("[c-ten-old]"), "nothing was erased");
    let run = home.run(&["ledger", "erase", "--expired"]);
    assert!(run.code == Some(0) && run.out.contains("2 entries") && run.out.contains("five_years  1"), "{}", run.out);
    let shown = home.run(&["ledger", "show"]).out;
    for (who, ..) in AGED {
        assert_eq!(shown.contains(&format!("[{who}]")), !who.ends_with("-old"), "{who}: {shown}");
    }
    assert_eq!(shown.matches("(link erased)").count(), 2, "{shown}");
    assert_eq!(home.run(&["ledger", "verify"]).code, Some(0));
    // Once more there is nothing to do, and nothing is recorded.
    let size_then = size();
    let run = home.run(&["ledger", "erase", "--expired"]);
    assert!(run.code == Some(0) && run.out.contains("no link has expired") && size() == size_then, "{}", run.out);
    let last: Value =
        home.run(&["ledger", "show", "--kind", "erasure", "--format", "jsonl"]).json_lines().pop().unwrap();
    assert_eq!(
        (&last["reason"], last["subjects"].as_array().unwrap().len()),
        (&json!("the duty to keep has ended"), 2)
    );
}

#[test]
fn the_class_is_shown_and_asked_for() {
    let home = aged(&AGED);
    let shown = home.run(&["ledger", "show"]).out;
    for class in ["ten_years", "five_years", "erasable"] {
        assert!(shown.lines().any(|line| line.contains(class) && line.contains("screening")), "{class}: {shown}");
    }
    for (class, count) in [("five-years", 2), ("erasable", 1)] {
        let of = home.run(&["ledger", "show", "--retention", class, "--format", "jsonl"]).json_lines();
        assert_eq!(of.len(), count, "{class}");
        assert!(of.iter().all(|entry| entry["retention"] == class.replace('-', "_")), "{of:?}");
    }
}

#[test]
fn what_is_asked_wrongly_is_refused_with_what_to_do() {
    let home = aged(&AGED[..1]);
    for (args, said) in [
        (&["ledger", "erase"][..], "SUBJECT"),
        (&["ledger", "erase", "c-five-old"], "--reason"),
        (&["ledger", "erase", "c-five-old", "--reason", "x", "--expired"], "cannot be used with"),
        (&["ledger", "erase", "--expired", "--despite-retention"], "cannot be used with"),
        (&["ledger", "erase", "--expired", "--format", "csv"], "hint:"),
        (&["ledger", "show", "--retention", "forever"], "five-years"),
        (&["screen", "Anna", "--retention", "2-years"], "ten-years"),
        (&["serve", "--retention", "never"], "erasable"),
        (&["mcp", "--retention", "never"], "erasable"),
    ] {
        let run = home.run(args);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args:?}: {}", run.err);
        assert!(run.err.contains(said), "{args:?}: {}", run.err);
    }
    let run = home.run(&["ledger", "erase", "c-five-old", "--reason", "x", "--dry-run"]);
    assert!(run.code == Some(0) && run.out.contains("would be erased"), "{}{}", run.out, run.err);
    assert!(home.run(&["ledger", "show"]).out.contains("[c-five-old]"), "nothing was erased");
}

#[test]
fn the_service_records_in_the_class_that_it_was_given() {
    let home = Home::new();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.com/log"]).code, Some(0));
    let key = home.run(&["keys", "new", "test", "--role", "analyst"]).out.trim().to_owned();
    for (args, class) in [(&[][..], "ten_years"), (&["--retention", "five-years"], "five_years")] {
        let service = Spoken::start(&home, args, &key);
        let (status, answer) = service.json("POST", "/v1/screen", r#"{"party": {"name": "Yun Ho-jin"}}"#);
        assert_eq!(status, 200, "{answer}");
        let (_, receipt) = service.json("GET", &format!("/v1/receipts/{}", answer["recording"]["entry"]), "");
        assert_eq!(receipt["answer"]["entry"]["retention"], class);
        service.end();
    }
}
