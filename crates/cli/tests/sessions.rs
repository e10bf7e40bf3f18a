//! Who is signed in, seen and ended on the command line, also beside a service that runs.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use common::Home;
use interdict_model::Digest;
use interdict_state::{NewSession, Role, State};
use jiff::Timestamp;
use serde_json::{Value, json};

fn begin(home: &Home, who: &str, name: &str, ends_in: i64) -> String {
    let state = State::sqlite(&home.path("home/state.db")).unwrap();
    let now = Timestamp::now().as_second();
    let new = NewSession {
        who: who.to_owned(),
        realm: Digest::of(b"provider"),
        name: name.to_owned(),
        roles: vec![Role::Analyst, Role::Viewer],
        ends_at: now + ends_in,
        mark: Some(Digest::of(b"s1")),
    };
    state.begin_session(&new, now).unwrap().0.id
}

fn listed(home: &Home, more: &[&str]) -> Vec<Value> {
    let run = home.run(&[&["sessions", "list", "--format", "json"], more].concat());
    assert_eq!(run.code, Some(0), "{}", run.err);
    serde_json::from_str::<Value>(&run.out).unwrap().as_array().unwrap().clone()
}

#[test]
fn sessions_are_seen_and_ended() {
    let home = Home::new();
    let run = home.run(&["ledger", "init", "--origin", "test.example/log"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(home.run(&["sessions", "list"]).out.contains("nobody is signed in"));
    let one = begin(&home, "oidc-1", "Dana \u{1b}[31mQuillfeather", 600);
    let (two, three) = (begin(&home, "oidc-1", "Dana", 600), begin(&home, "oidc-2", "Ansgar", 600));
    begin(&home, "oidc-3", "over", 0);
    let all = listed(&home, &[]);
    assert_eq!(all.len(), 3, "one whose time is over is not shown: {all:?}");
    assert!(all.iter().all(|session| session.get("hash").is_none() && session.get("realm").is_none()));
    assert_eq!(listed(&home, &["--who", "oidc-2"])[0]["roles"], json!(["viewer", "analyst"]));
    let run = home.run(&["sessions", "list"]);
    assert!(run.out.contains(&one) && run.out.contains("Ansgar") && !run.out.contains('\u{1b}'), "{}", run.out);
    // what is to end must be said, and must be there
    for args in [
        &["sessions", "end"][..],
        &["sessions", "end", "--all", "--who", "oidc-1"],
        &["sessions", "end", &one, "--all"],
    ] {
        assert_eq!(home.run(args).code, Some(2), "{args:?}");
    }
    assert_eq!(listed(&home, &[]).len(), 3);
    let run = home.run(&["sessions", "end", &one, "session-none"]);
    assert!(run.code == Some(2) && run.out.contains(&one) && run.err.contains("`session-none`"), "{}", run.err);
    assert!(run.err.contains("hint: "), "{}", run.err);
    let run = home.run(&["sessions", "end", "--who", "oidc-1", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&run.out).unwrap()["ended"][0]["id"], json!(two));
    let run = home.run(&["sessions", "end", "--all"]);
    assert!(run.code == Some(0) && run.out.contains(&three), "{}{}", run.out, run.err);
    assert_eq!(listed(&home, &[]).len(), 0);
    // each end of another is on record
    let run = home.run(&["ledger", "verify"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let run = home.run(&["ledger", "show", "--from", "0", "--format", "jsonl", "--kind", "administration"]);
    let ends: Vec<Value> = run
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|entry| entry.to_string().contains("session_ended"))
        .collect();
    assert!(
        ends.len() == 4 && ends.iter().all(|entry| entry.to_string().contains("command line")),
        "{}{}",
        run.out,
        run.err
    );
}
