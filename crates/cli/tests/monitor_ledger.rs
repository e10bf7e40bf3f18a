//! What `interdict monitor` puts into the ledger: runs, events, the allow-list, policies; once, and before it shows them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::path::Path;

use common::Home;
use interdict_testkit::http::{Server, respond};
use serde_json::Value;

fn import(home: &Home, rows: &str) {
    let file = home.file("own.csv", format!("id,name,programme\n{rows}").as_bytes());
    let accept = ["--accept", "shrunk,canaries,older", "--reason", "a test"];
    let run = home.run(&[&["lists", "import", &file, "--as", "own"][..], &accept].concat());
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

/// A home with a ledger, a list and three parties, two of them listed.
fn home() -> Home {
    let home = Home::new();
    let run = home.run(&["ledger", "init", "--origin", "example.com/log"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    import(&home, "1,Orsolya Vanderploeg,A\n2,Gudrun Sigurbjornsdottir,A\n3,Filler Person,A\n");
    let parties = b"id,name\nC-1,Orsolya Vanderploeg\nC-2,Gudrun Sigurbjornsdottir\nC-3,Teodric Mbekilovic\n";
    let parties = home.file("parties.csv", parties);
    assert_eq!(home.run(&["monitor", "add", &parties]).code, Some(0));
    home
}

/// Kind and what it says, of all entries or of those about a party.
fn entries(home: &Home, more: &[&str]) -> Vec<(String, String)> {
    let run = home.run(&[&["ledger", "show", "--from", "0", "--format", "jsonl"], more].concat());
    assert_eq!(run.code, Some(0), "{}", run.err);
    let text = |entry: &Value, at: &str| entry[at].as_str().unwrap_or_default().to_owned();
    run.json_lines().iter().map(|entry| (text(entry, "kind"), text(entry, "outcome"))).collect()
}

fn outcomes(home: &Home, more: &[&str]) -> Vec<String> {
    let all = entries(home, more).into_iter();
    all.filter(|(kind, _)| kind == "monitoring").map(|(_, outcome)| outcome).collect()
}

fn holds(home: &Home) {
    let run = home.run(&["ledger", "verify"]);
    assert!(run.code == Some(0) && run.out.contains("holds"), "{}{}", run.out, run.err);
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, each) } else { each(&path, &std::fs::read(&path).unwrap()) }
    }
}

#[test]
fn runs_events_and_allowances_are_on_record_without_a_name() {
    let home = home();
    let run = home.run(&["monitor", "run"]);
    assert!(run.code == Some(1) && run.out.contains("of the ledger"), "{}{}", run.out, run.err);
    assert_eq!(outcomes(&home, &[]), ["run", "new", "new"]);
    let kinds: Vec<String> = entries(&home, &[]).into_iter().map(|(kind, _)| kind).collect();
    let first = ["opened", "list_change", "basis", "policy_change", "monitoring", "monitoring", "monitoring"];
    assert_eq!(kinds, first);
    // nothing changed: that it was looked at is on record too
    assert_eq!(home.run(&["monitor", "run"]).code, Some(0));
    assert_eq!(outcomes(&home, &[]), ["run", "new", "new", "run"]);
    let until = ["--reason", "her sister", "--author", "jk", "--until", "2099-12-31"];
    assert_eq!(home.run(&[&["monitor", "allow", "C-1", "own:1"][..], &until].concat()).code, Some(0));
    let back = ["--withdraw", "--reason", "doubted", "--author", "jk"];
    assert_eq!(home.run(&[&["monitor", "allow", "C-1", "own:1"][..], &back].concat()).code, Some(0));
    import(&home, "1,Orsolya Vanderploeg,B\n2,Somebody Else,A\n3,Filler Person,A\n");
    assert_eq!(home.run(&["monitor", "run"]).code, Some(1));
    let all = ["run", "new", "new", "run", "allowed", "withdrawn", "run", "changed", "gone"];
    assert_eq!(outcomes(&home, &[]), all);
    assert_eq!(outcomes(&home, &["--about", "C-1"]), ["new", "allowed", "withdrawn", "changed"]);
    assert_eq!(entries(&home, &[]).iter().filter(|(kind, _)| kind == "list_change").count(), 2);
    // another policy, before and after it is switched on
    assert!(home.run(&["monitor", "replay", "--threshold", "0.99"]).code.is_some());
    assert_eq!(entries(&home, &[]).iter().filter(|(kind, _)| kind == "policy_change").count(), 1);
    home.run(&["monitor", "replay", "--threshold", "0.99", "--apply"]);
    assert_eq!(entries(&home, &[]).iter().filter(|(kind, _)| kind == "policy_change").count(), 2);
    holds(&home);
    walk(&home.path("home/ledger"), &mut |path, bytes| {
        let text = String::from_utf8_lossy(bytes);
        for secret in ["Orsolya", "Vanderploeg", "Gudrun", "C-1", "sister", "jk\""] {
            assert!(!text.contains(secret), "{}: {secret}", path.display());
        }
    });
}

#[test]
fn receipts_of_events_are_proven_and_asked_again() {
    let home = home();
    let file = home.path("one.jsonl");
    let file = file.to_str().unwrap();
    assert_eq!(home.run(&["monitor", "run", "--receipt", file]).code, Some(1));
    import(&home, "1,Orsolya Vanderploeg,B\n2,Somebody Else,A\n3,Filler Person,A\n");
    let second = home.path("two.jsonl");
    let second = second.to_str().unwrap();
    assert_eq!(home.run(&["monitor", "run", "--receipt", second]).code, Some(1));
    // other lists are in use by now: each is asked of its own
    let mut same = Vec::new();
    for file in [file, second] {
        let receipts = std::fs::read_to_string(file).unwrap();
        assert_eq!(receipts.lines().count(), 3, "the run and two events");
        let proven = home.run(&["ledger", "prove", file, "--format", "jsonl"]);
        assert_eq!(proven.code, Some(0), "{}", proven.err);
        for (number, line) in receipts.lines().enumerate() {
            let one = home.file("one.receipt", line.as_bytes());
            let again = home.run(&["replay", &one, "--format", "json"]);
            if number == 0 {
                assert!(again.code == Some(2) && again.err.contains("`run` is nothing"), "{}", again.err);
                continue;
            }
            assert_eq!(again.code, Some(0), "{}{}", again.out, again.err);
            let again: Value = serde_json::from_str(&again.out).unwrap();
            same.push((again["outcome"].as_str().unwrap().to_owned(), again["same"] == true));
        }
    }
    let all = [("new", true), ("new", true), ("changed", true), ("gone", true)];
    assert_eq!(same, all.map(|(outcome, same)| (outcome.to_owned(), same)));
    // a receipt of which a letter was altered proves nothing
    let text = std::fs::read_to_string(second).unwrap();
    let altered = home.file("altered.jsonl", text.replacen("Vanderploeg", "Vanderplueg", 1).as_bytes());
    assert_eq!(home.run(&["ledger", "prove", &altered]).code, Some(1));
    // and a home without a ledger gives none
    let bare = Home::with_un();
    let parties = bare.file("parties.csv", b"id,name\nC-1,Orsolya Vanderploeg\n");
    assert_eq!(bare.run(&["monitor", "add", &parties]).code, Some(0));
    let refused = bare.run(&["monitor", "run", "--receipt", "r.jsonl"]);
    assert!(refused.code == Some(2) && refused.err.contains("no ledger\nhint: "), "{}", refused.err);
}

#[test]
fn what_cannot_be_recorded_is_not_shown() {
    let home = home();
    let key = home.path("home/ledger-private/key");
    std::fs::rename(&key, home.path("key")).unwrap();
    let run = home.run(&["monitor", "run", "--format", "jsonl"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{}", run.err);
    std::fs::rename(home.path("key"), &key).unwrap();
    let run = home.run(&["monitor", "run", "--format", "jsonl"]);
    assert_eq!((run.code, run.json_lines().len()), (Some(1), 2), "told now: {}", run.err);
}

#[test]
fn what_a_crash_kept_out_is_put_on_record_once() {
    let home = home();
    assert_eq!(home.run(&["monitor", "run"]).code, Some(1));
    let note = home.path("home/monitor/recording.json");
    let done = std::fs::read_to_string(&note).unwrap();
    let whole = entries(&home, &[]);
    // it died after the entries and before the note
    std::fs::write(&note, done.replace("\"is_done\": true", "\"is_done\": false")).unwrap();
    assert_eq!(home.run(&["monitor", "events"]).code, Some(0));
    assert_eq!(entries(&home, &[]), whole, "nothing twice");
    assert_eq!(std::fs::read_to_string(&note).unwrap(), done);
    // it died before the entries: they are looked for from the end of the log, where none are
    let late = done.replace("\"is_done\": true", "\"is_done\": false");
    let late = late.replace("\"from\": 2", &format!("\"from\": {}", whole.len()));
    assert_ne!(late, done);
    std::fs::write(&note, &late).unwrap();
    import(&home, "1,Orsolya Vanderploeg,B\n2,Somebody Else,A\n3,Filler Person,A\n");
    assert_eq!(home.run(&["monitor", "status"]).code, Some(0));
    let mut expected: Vec<String> = outcomes(&home, &[]).into_iter().take(3).collect();
    expected.extend(expected.clone());
    assert_eq!(outcomes(&home, &[]), expected, "though other lists are in use now");
    holds(&home);
}

/// Lists that changed, by content before and after.
fn list_changes(home: &Home) -> Vec<(Option<String>, Option<String>)> {
    let run = home.run(&["ledger", "show", "--from", "0", "--kind", "list_change", "--format", "jsonl"]);
    let text = |entry: &Value, at: &str| entry[at].as_str().map(str::to_owned);
    run.json_lines().iter().map(|entry| (text(entry, "from"), text(entry, "to"))).collect()
}

#[test]
fn every_way_to_change_a_list_is_on_record() {
    let home = Home::new();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.com/log"]).code, Some(0));
    let version = |date: &str| common::UN.replace("2031-02-03", date);
    let dates = ["2031-02-03", "2031-03-04", "2031-04-05"];
    let files = dates.map(|date| home.file(&format!("{date}.xml"), version(date).as_bytes()));
    let server = Server::start({
        let text = version(dates[1]);
        move |_, _, stream| respond(stream, "200 OK", &[], text.as_bytes())
    });
    let url = server.url("/un.xml");
    let (reason, way) = (["--reason", "a test"], ["--no-proxy", "--allow-http", "--allow-private"]);
    let update = [&["lists", "update", "--source", url.as_str(), "--as", "un-sc"][..], &way].concat();
    let accept = [&["lists", "accept", "un-sc", dates[1]][..], &reason].concat();
    let steps: [(&str, &[&str]); 6] = [
        ("import", &["lists", "import", &files[0]]),
        ("update", &update),
        ("rollback", &["lists", "rollback", "un-sc"]),
        ("accept", &accept),
        ("import, later", &["lists", "import", &files[2]]),
        ("remove", &["lists", "remove", "un-sc"]),
    ];
    let mut before: Option<String> = None;
    for (number, (what, args)) in steps.iter().enumerate() {
        let run = home.run(args);
        assert_eq!(run.code, Some(0), "{what}: {}{}", run.out, run.err);
        let changes = list_changes(&home);
        // with no list left, the next answer says so
        let expected = if *what == "remove" { number } else { number + 1 };
        assert_eq!(changes.len(), expected, "{what}: {changes:?}");
        let (from, to) = changes.last().unwrap();
        if *what != "remove" {
            assert_eq!((from, to.is_some()), (&before, true), "{what}");
            before.clone_from(to);
        }
    }
    assert_eq!(home.run(&["screen", "Nobody Known"]).code, Some(0));
    let changes = list_changes(&home);
    assert!(changes.iter().any(|(from, to)| *from == before && to.is_none()), "taken out: {changes:?}");
    holds(&home);
}
