//! A home is copied while the service writes to it, restored elsewhere, and goes on (R18).

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod served;

use std::sync::atomic::{AtomicBool, Ordering};

use common::{Home, Run};
use serde_json::Value;
use served::{Served, ask};

const PARTY: &str = r#"{"party": {"name": "Orsolya Vanderploeg"}}"#;

fn serve(home: &Home, at: &str) -> Served {
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "off"]);
    command.env("INTERDICT_HOME", home.path(at));
    Served::start(command)
}

fn run(home: &Home, at: &str, args: &[&str]) -> Run {
    let root = home.path(at);
    home.run(&[&["--home", root.to_str().unwrap()], args].concat())
}

fn ok(run: Run) -> String {
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    run.out
}

#[test]
fn a_copy_made_under_load_is_restored_elsewhere_and_goes_on() {
    let home = Home::new();
    let file = home.file("own.csv", b"id,name,type\nQ-1,Orsolya Vanderploeg,person\n");
    ok(home.run(&["lists", "import", &file, "--as", "own"]));
    ok(home.run(&["ledger", "init"]));
    let token = ok(home.run(&["keys", "new", "all", "--role", "policy_admin,analyst"])).trim().to_owned();
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str())];
    let mut served = serve(&home, "home");
    // more than a tile, so that full tiles are there to be copied beside those that still change
    let rows = "{\"name\": \"Somebody Else\"}\n".repeat(600);
    assert!(served.ask("POST", "/v1/screen/batch", &headers, &rows).body.contains("summary"));
    let before = served.ask("POST", "/v1/screen", &headers, PARTY).json();
    let entry = before["recording"]["entry"].as_u64().unwrap();
    let early = served.ask("GET", &format!("/v1/receipts/{entry}"), &headers, "").body;
    let early = home.file("early.receipt.json", early.as_bytes());
    let copy = home.path("copy");
    let copy = copy.to_str().unwrap();
    let stop = AtomicBool::new(false);
    let made = std::thread::scope(|threads| {
        let (address, headers, stop) = (served.address.clone(), &headers, &stop);
        let writer = threads.spawn(move || {
            let mut answered = 0;
            while !stop.load(Ordering::Relaxed) {
                let answer = ask(&address, "POST", "/v1/screen", headers, PARTY).unwrap();
                assert_eq!(answer.status, 200, "the service answers meanwhile: {answer:?}");
                answered += 1;
            }
            answered
        });
        let made = ok(home.run(&["backup", copy, "--format", "json"]));
        stop.store(true, Ordering::Relaxed);
        assert!(writer.join().unwrap() > 0);
        made
    });
    let made: Value = serde_json::from_str(&made).unwrap();
    assert!(made["entries"].as_u64().unwrap() > entry && made["has_state"] == true, "{made}");
    let twice = home.run(&["backup", copy]);
    assert!(twice.code == Some(2) && twice.err.contains("there already"), "{}", twice.err);

    // what is answered after the copy is not in it
    let after = served.ask("POST", "/v1/screen", &headers, PARTY).json();
    let after = after["recording"]["entry"].as_u64().unwrap();
    let receipt = served.ask("GET", &format!("/v1/receipts/{after}"), &headers, "").body;
    let receipt = home.file("after.receipt.json", receipt.as_bytes());
    served.kill();

    let older = run(&home, "new", &["restore", copy, "--seen", &receipt]);
    assert_eq!(older.code, Some(1), "the copy is older than what was seen: {}{}", older.out, older.err);
    assert!(older.err.contains("does not continue") && !home.path("new").exists(), "{}", older.err);
    let restored = run(&home, "new", &["restore", copy]);
    assert!(restored.code == Some(0) && restored.err.contains("kept elsewhere"), "{}{}", restored.out, restored.err);
    let again = run(&home, "new", &["restore", copy]);
    assert!(again.code == Some(2) && again.err.contains("not empty"), "{}", again.err);

    // the log holds, the keys open, the lists answer, and it goes on where it was
    ok(run(&home, "new", &["ledger", "verify"]));
    let served = serve(&home, "new");
    let same = served.ask("GET", &format!("/v1/receipts/{entry}"), &headers, "");
    assert_eq!(same.status, 200, "{same:?}");
    let next = served.ask("POST", "/v1/screen", &headers, PARTY).json();
    assert_eq!(next["record"], before["record"], "the same answer from the same lists");
    assert!(next["recording"]["entry"].as_u64().unwrap() >= made["entries"].as_u64().unwrap());
    drop(served);
    ok(run(&home, "new", &["ledger", "verify", "--seen", &early]));
    ok(run(&home, "new", &["ledger", "prove", &early]));
    // it goes on beyond the size that was seen of the other: then it is a fork, and it is found
    let forked = run(&home, "new", &["ledger", "verify", "--seen", &receipt]);
    assert_eq!(forked.code, Some(1), "{}{}", forked.out, forked.err);
}

#[test]
fn a_copy_that_was_altered_is_not_restored() {
    let home = Home::with_un();
    ok(home.run(&["ledger", "init"]));
    let _ = home.run(&["screen", "Orsolya Vanderploeg"]);
    let copy = home.path("copy");
    ok(home.run(&["backup", copy.to_str().unwrap()]));
    let mut files = Vec::new();
    let mut folders = vec![copy.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    assert!(files.len() > 12, "{files:?}");
    let copy = copy.to_str().unwrap();
    for path in &files {
        let bytes = std::fs::read(path).unwrap();
        let mut other = bytes.clone();
        match other.last_mut() {
            Some(last) => *last ^= 1,
            None => other.push(b'x'),
        }
        for damage in [Some(other), None] {
            match damage {
                Some(other) => std::fs::write(path, other).unwrap(),
                None => std::fs::remove_file(path).unwrap(),
            }
            let done = run(&home, "new", &["restore", copy]);
            assert_ne!(done.code, Some(0), "{}: {}", path.display(), done.out);
            assert!(done.err.contains("hint:") && !home.path("new").exists(), "{}: {}", path.display(), done.err);
        }
        std::fs::write(path, &bytes).unwrap();
    }
    let stranger = home.path("copy/lists/stranger");
    std::fs::write(&stranger, "x").unwrap();
    assert!(run(&home, "new", &["restore", copy]).err.contains("does not belong"));
    std::fs::remove_file(stranger).unwrap();
    ok(run(&home, "new", &["restore", copy]));
    assert_eq!(run(&home, "new", &["screen", "Orsolya Vanderploeg"]).code, Some(1));
}
