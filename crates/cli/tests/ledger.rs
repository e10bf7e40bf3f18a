//! Answers on record: receipts, proofs, replay, erasure, as a user does them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use common::{Home, UN};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// A home with the invented list and a ledger; its public key.
fn begun() -> (Home, String) {
    let home = Home::with_un();
    let run = home.run(&["ledger", "init", "--origin", "example.org/test"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let key = run.out.lines().find_map(|line| line.strip_prefix("key    ")).unwrap().to_owned();
    (home, key)
}

/// A name that the invented list holds.
fn listed() -> String {
    let first = UN.split("<FIRST_NAME>").nth(1).unwrap().split('<').next().unwrap();
    let second = UN.split("<SECOND_NAME>").nth(1).map_or("", |rest| rest.split('<').next().unwrap());
    format!("{first} {second}").trim().to_owned()
}

#[test]
fn a_screening_is_on_record_proven_and_replayed_to_the_byte() {
    let (home, key) = begun();
    let run = home.run(&["screen", &listed(), "--receipt", "r.json", "--format", "json"]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    let answer = json(&run.out);
    let entry = answer["ledger"]["entry"].as_u64().unwrap();
    let receipt = json(&std::fs::read_to_string(home.path("r.json")).unwrap());
    assert_eq!(receipt["answer"]["index"], entry);
    assert_eq!(receipt["opening"]["record"], answer["record"]);
    let entry_text = receipt["answer"]["entry"].to_string();
    assert!(!entry_text.contains(&listed()), "a name stands in the log: {entry_text}");
    let basis = &receipt["basis"]["entry"];
    assert_eq!(basis["policy"]["digest"], answer["policy"]);
    assert_eq!(basis["snapshot"], answer["snapshot"]);
    assert_eq!(basis["lists"][0]["version"], answer["lists"][0]["digest"]);
    let run = home.run(&["ledger", "prove", "r.json", "--key", &key, "--format", "json"]);
    assert_eq!((run.code, json(&run.out)["proven"].as_bool()), (Some(0), Some(true)), "{}", run.err);
    assert_eq!(home.run(&["ledger", "prove", "r.json", "--key", &key, "--alone"]).code, Some(0));
    let run = home.run(&["replay", "r.json"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("the same answer, to the byte: hit"), "{}", run.out);
    let run = home.run(&["ledger", "verify", "--key", &key, "--seen", "r.json"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("1 screening"), "{}", run.out);
    // Any other key proves nothing.
    let other = Home::new();
    let run = other.run(&["ledger", "init"]);
    let stranger = run.out.lines().find_map(|line| line.strip_prefix("key    ")).unwrap();
    assert_eq!(home.run(&["ledger", "prove", "r.json", "--key", stranger, "--alone"]).code, Some(1));
}

#[test]
fn replay_asks_the_lists_of_then_and_says_when_they_are_gone() {
    let (home, _) = begun();
    assert_eq!(home.run(&["screen", &listed(), "--receipt", "r.json"]).code, Some(1));
    // Another version comes into use, without the listing.
    let other = UN.replacen(listed().split(' ').next().unwrap(), "Somebody", 40);
    let file = home.file("un2.xml", other.as_bytes());
    let run = home.run(&["lists", "import", &file]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    // The change is on record before anyone asks.
    let shown = home.run(&["ledger", "show", "--kind", "list_change", "--format", "json"]);
    assert_eq!(json(&shown.out).as_array().unwrap().len(), 2, "{}", shown.out);
    let run = home.run(&["screen", &listed(), "--receipt", "r2.json", "--format", "json"]);
    let (then, now) = (home.run(&["replay", "r.json"]), home.run(&["replay", "r2.json"]));
    assert_eq!((then.code, now.code), (Some(0), Some(0)), "{}{}{}", then.out, then.err, now.err);
    assert!(then.out.contains("hit"), "{}{}", then.out, run.out);
    let shown = home.run(&["ledger", "show", "--kind", "list_change", "--format", "json"]);
    assert_eq!(json(&shown.out).as_array().unwrap().len(), 2, "{}", shown.out);
    // What the receipt rests on is taken away.
    let receipt = json(&std::fs::read_to_string(home.path("r.json")).unwrap());
    let used = &receipt["basis"]["entry"]["lists"][0];
    let folder = home.path("home").join("lists").join(used["list"].as_str().unwrap());
    std::fs::remove_dir_all(folder.join(used["content"].as_str().unwrap())).unwrap();
    let run = home.run(&["replay", "r.json"]);
    assert_eq!(run.code, Some(2), "{}", run.out);
    assert!(run.err.contains("is no longer stored") && run.err.contains("hint:"), "{}", run.err);
}

#[test]
fn a_receipt_that_was_altered_is_refused_everywhere() {
    let (home, _) = begun();
    home.run(&["screen", "Nobody Known", "--receipt", "r.json"]);
    let text = std::fs::read_to_string(home.path("r.json")).unwrap();
    assert_eq!(home.run(&["replay", "r.json"]).code, Some(0));
    for (from, to) in [("\"clear\"", "\"hit\""), ("Nobody", "Anybody"), ("\"engine\":\"", "\"engine\":\"9")] {
        let altered = text.replacen(from, to, 1);
        assert_ne!(altered, text);
        home.file("altered.json", altered.as_bytes());
        assert_eq!(home.run(&["ledger", "prove", "altered.json"]).code, Some(1), "{from}");
        assert_eq!(home.run(&["replay", "altered.json"]).code, Some(2), "{from}");
    }
}

#[test]
fn a_sealed_receipt_wants_the_party_and_no_other() {
    let (home, _) = begun();
    let run = home.run(&["screen", &listed(), "--receipt", "r.json", "--sealed", "--format", "json"]);
    home.file("answer.json", run.out.as_bytes());
    assert!(!std::fs::read_to_string(home.path("r.json")).unwrap().contains(&listed()));
    let run = home.run(&["replay", "r.json"]);
    assert!(run.code == Some(2) && run.err.contains("--party"), "{}", run.err);
    assert_eq!(home.run(&["replay", "r.json", "--party", "answer.json"]).code, Some(0));
    let other = home.run(&["screen", "Nobody Known", "--format", "json"]);
    home.file("other.json", other.out.as_bytes());
    let run = home.run(&["replay", "r.json", "--party", "other.json"]);
    assert!(run.code == Some(2) && run.err.contains("not what was asked"), "{}", run.err);
}

#[test]
fn every_row_of_a_file_is_on_record_in_order() {
    let (home, key) = begun();
    let mut rows = String::from("id,name,born\n");
    for n in 0..5000 {
        rows.push_str(&format!("c{n},Person Number {n},{}\n", if n == 7 { "not a date" } else { "1980" }));
    }
    rows.push_str(&format!("last,{},\n", listed()));
    let file = home.file("rows.csv", rows.as_bytes());
    let run = home.run(&["screen", &file, "--format", "jsonl", "--receipt", "rows.receipts"]);
    let lines: Vec<Value> = run.out.lines().map(json).collect();
    assert_eq!(lines.len(), 5001, "{}", run.err);
    let receipts = std::fs::read_to_string(home.path("rows.receipts")).unwrap();
    for (n, (line, receipt)) in lines.iter().zip(receipts.lines().map(json)).enumerate() {
        assert_eq!(line["row"], n as u64 + 1);
        assert_eq!(line["entry"], receipt["answer"]["index"]);
        assert_eq!(line["status"], receipt["answer"]["entry"]["outcome"], "{line}");
        if line["status"] != "not_done" {
            assert_eq!(line["screening"]["record"], receipt["opening"]["record"]);
        }
    }
    // The same file without a ledger gives the same answers.
    let plain = Home::with_un();
    let file = plain.file("rows.csv", rows.as_bytes());
    let run = plain.run(&["screen", &file, "--format", "jsonl"]);
    for (with, without) in lines.iter().zip(run.out.lines().map(json)) {
        assert_eq!(with["screening"], without["screening"]);
        assert_eq!(without.get("entry"), None);
    }
    assert_eq!(home.run(&["ledger", "prove", "rows.receipts", "--key", &key]).code, Some(0));
    assert_eq!(home.run(&["replay", "rows.receipts", "--format", "jsonl"]).code, Some(0));
    let run = home.run(&["ledger", "verify", "--key", &key, "--format", "json"]);
    assert_eq!((run.code, json(&run.out)["kinds"]["screening"].as_u64()), (Some(0), Some(5001)), "{}", run.out);
}

#[test]
fn a_decision_is_on_record_and_replayed() {
    let (home, _) = begun();
    let facts = ["activity=goods", "hs=2701", "origin=kp", "from=kp", "seller=Mine", "seller_country=kp"];
    let mut args = vec!["check", "--on", "2018-01-05", "--law", "un", "--explain", "--receipt", "d.json"];
    args.extend(facts);
    let run = home.run(&args);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    let receipt = json(&std::fs::read_to_string(home.path("d.json")).unwrap());
    assert_eq!(receipt["answer"]["entry"]["kind"], "decision");
    assert!(receipt["basis"]["entry"]["law"]["pages"].as_u64().unwrap() > 100);
    let run = home.run(&["replay", "d.json"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("prohibited"), "{}", run.out);
    // Another law is said, not asked.
    let folder = home.path("law");
    std::fs::create_dir_all(&folder).unwrap();
    let run = home.run(&["replay", "d.json", "--law-folder", folder.to_str().unwrap()]);
    assert_eq!(run.code, Some(2), "{}", run.out);
}

#[test]
fn erasure_waits_for_the_duty_to_keep_and_leaves_proofs_whole() {
    let (home, key) = begun();
    let file = home.file("rows.csv", b"id,name\nc1,Anna One\nc2,Boris Two\n");
    assert_eq!(home.run(&["screen", &file, "--receipt", "rows.receipts"]).code, Some(0));
    let run = home.run(&["ledger", "erase", "c1", "--reason", "asked for"]);
    assert!(run.code == Some(2) && run.err.contains("31 CFR 501.601"), "{}", run.err);
    let run = home.run(&["ledger", "erase", "c1", "--reason", "asked for", "--despite-retention"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let shown = home.run(&["ledger", "show"]).out;
    assert!(shown.contains("(link erased)") && shown.contains("[c2]") && !shown.contains("c1]"), "{shown}");
    assert_eq!(home.run(&["ledger", "erase", "c1", "--reason", "again"]).code, Some(2));
    assert_eq!(home.run(&["ledger", "show", "--about", "c2", "--format", "jsonl"]).out.lines().count(), 1);
    let run = home.run(&["ledger", "verify", "--key", &key, "--seen", "rows.receipts"]);
    assert_eq!(run.code, Some(0), "{}", run.out);
    // What may go when asked for goes at once.
    let file = home.file("more.csv", b"id,name\nc3,Clara Three\n");
    home.run(&["screen", &file, "--retention", "erasable"]);
    assert_eq!(home.run(&["ledger", "erase", "c3", "--reason", "asked for"]).code, Some(0));
}

#[test]
fn a_receipt_can_be_made_again() {
    let (home, key) = begun();
    let run = home.run(&["screen", &listed(), "--format", "json"]);
    home.file("answer.json", run.out.as_bytes());
    let entry = json(&run.out)["ledger"]["entry"].to_string();
    home.run(&["screen", "Nobody Known"]);
    assert_eq!(home.run(&["ledger", "receipt", &entry, "--out", "again.json"]).code, Some(0));
    assert_eq!(home.run(&["ledger", "prove", "again.json", "--key", &key, "--alone"]).code, Some(0));
    assert_eq!(home.run(&["replay", "again.json", "--party", "answer.json"]).code, Some(0));
    assert_eq!(home.run(&["ledger", "receipt", &entry, "--closed", "--out", "closed.json"]).code, Some(0));
    assert!(json(&std::fs::read_to_string(home.path("closed.json")).unwrap()).get("opening").is_none());
    assert_eq!(home.run(&["replay", "closed.json"]).code, Some(2));
}

#[test]
fn nothing_is_shown_that_could_not_be_recorded() {
    let (home, key) = begun();
    // The journal becomes a folder: no commit can be written.
    let private = home.path("home").join("ledger-private");
    std::fs::remove_file(private.join("journal")).unwrap();
    std::fs::create_dir(private.join("journal")).unwrap();
    let file = home.file("rows.csv", b"name\nAnna One\n");
    for args in [&["screen", "Kim"][..], &["screen", &file], &["check", "--on", "2018-01-05", "activity=goods"]] {
        let run = home.run(args);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(run.err.contains("journal"), "{}", run.err);
    }
    // A ledger that lost its private folder is not taken for none.
    std::fs::remove_dir_all(&private).unwrap();
    let run = home.run(&["screen", "Kim"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""));
    let public = home.path("home").join("ledger");
    assert_eq!(home.run(&["ledger", "verify", public.to_str().unwrap(), "--key", &key]).code, Some(0));
}

#[test]
fn what_is_wrong_is_named_and_every_refusal_says_what_to_do() {
    let (home, key) = begun();
    home.run(&["screen", &listed()]);
    assert_eq!(home.run(&["ledger", "verify"]).code, Some(0));
    let copy = home.path("home").join("ledger");
    let bundle = copy.join("tile/entries/000.p/4");
    let mut bytes = std::fs::read(&bundle).unwrap();
    let at = bytes.len() - 90;
    bytes[at] ^= 1;
    std::fs::write(&bundle, bytes).unwrap();
    let run = home.run(&["ledger", "verify", copy.to_str().unwrap(), "--key", &key]);
    assert_eq!(run.code, Some(1), "{}", run.out);
    assert!(run.out.contains("altered entry 3 in tile/entries/000.p/4"), "{}", run.out);
    let none = Home::new();
    for args in [
        &["ledger", "verify"][..],
        &["ledger", "show"],
        &["screen", "Kim", "--receipt", "r.json"],
        &["ledger", "verify", "nowhere", "--key", &key],
        &["ledger", "prove", "r.json"],
        &["replay", "r.json"],
        &["ledger", "verify", "--key", "nonsense"],
    ] {
        let run = none.run(args);
        assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{args:?}");
        assert!(run.err.contains("error:"), "{args:?}: {}", run.err);
    }
    assert!(none.run(&["ledger", "show"]).err.contains("interdict ledger init"));
}

#[test]
fn an_answer_about_the_past_is_replayed_although_more_is_known_since() {
    let (home, _) = begun();
    let date = UN.split("dateGenerated=\"").nth(1).unwrap()[..10].to_owned();
    let run = home.run(&["screen", &listed(), "--as-of", &date, "--receipt", "r.json"]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    let receipt = json(&std::fs::read_to_string(home.path("r.json")).unwrap());
    assert_eq!(receipt["basis"]["entry"]["as_of"], date);
    // A later version, from which the same question would take other entries.
    let file = home.file("un2.xml", UN.replace(&date, "2035-01-01").replace("1971-09-11", "1972-09-11").as_bytes());
    let run = home.run(&["lists", "import", &file]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let run = home.run(&["replay", "r.json"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}
