//! `interdict monitor` as a user meets it: parties kept, changes told, policies replayed, false positives allowed.

mod common;

use common::{Home, Run};
use serde_json::Value;

const PARTIES: &str = "id,name,dob,country
C-1,Orsolya Vanderploeg,1971-09-11,
C-2,Gudrun Sigurbjornsdottir,,
C-3,Teodric Mbekilovic,,
C-4,,,
,Bo Quill,,
C-6,???,,
C-3,Another Name,,
";

fn list(rows: &str) -> Vec<u8> {
    format!("id,name,born,programme\n{rows}").into_bytes()
}

fn import(home: &Home, rows: &str) {
    let file = home.file("own.csv", &list(rows));
    let run =
        home.run(&["lists", "import", &file, "--as", "own", "--accept", "shrunk,canaries,older", "--reason", "a test"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

/// Kind, party, listing, alert.
type Shown = (String, String, String, bool);

fn told(home: &Home, args: &[&str]) -> (Option<i32>, Vec<Shown>) {
    let args: Vec<&str> = args.iter().copied().chain(["--format", "jsonl"]).collect();
    let run = home.run(&args);
    assert_ne!(run.code, Some(2), "{args:?}: {}", run.err);
    let text = |event: &Value, at: &str| event.pointer(at).and_then(Value::as_str).unwrap_or("").to_owned();
    let events = run.json_lines();
    let row = |e: &Value| (text(e, "/event"), text(e, "/party/id"), text(e, "/listing"), e["alert"] == true);
    (run.code, events.iter().map(row).collect())
}

fn event(kind: &str, party: &str, listing: &str, alert: bool) -> Shown {
    (kind.to_owned(), party.to_owned(), listing.to_owned(), alert)
}

fn with_parties(home: &Home) -> Run {
    let file = home.file("parties.csv", PARTIES.as_bytes());
    home.run(&["monitor", "add", &file])
}

#[test]
fn parties_without_an_id_or_a_usable_name_are_refused_with_their_line() {
    let home = Home::new();
    let run = with_parties(&home);
    assert_eq!(run.code, Some(2), "{}{}", run.out, run.err);
    for (line, reason) in
        [("line 5", ""), ("line 6", "no id"), ("line 7", "no name with letters"), ("line 8", "stands for another")]
    {
        assert!(run.err.lines().any(|l| l.contains(line) && l.contains(reason)), "{line} {reason}: {}", run.err);
    }
    assert!(run.out.contains("3 parties kept") && run.out.contains("4 refused"), "{}", run.out);
    // no list, no run: the starter list is no ground for monitoring
    let run = home.run(&["monitor", "run"]);
    assert!(run.code == Some(2) && run.err.contains("no list is in use"), "{}", run.err);
    let run = Home::new().run(&["monitor", "run"]);
    assert!(run.code == Some(2) && run.err.contains("hint:") && run.err.contains("monitor add"), "{}", run.err);
}

#[test]
fn a_change_of_lists_is_told_once() {
    let home = Home::new();
    with_parties(&home);
    import(&home, "1,Orsolya Vanderploeg,1971-09-11,A\n2,Nobody Here,,A\n3,Filler Person,,A\n");
    let first = told(&home, &["monitor", "run"]);
    assert_eq!(first, (Some(1), vec![event("new", "C-1", "own:1", true)]));
    assert_eq!(told(&home, &["monitor", "run"]), (Some(0), vec![]), "nothing changed");

    import(
        &home,
        "1,Orsolya Vanderploeg,1971-09-11,B\n2,Nobody Here,,A\n3,Filler Person,,A\n4,Theodric Mbekilovic,,C\n",
    );
    let (code, events) = told(&home, &["monitor", "run"]);
    assert_eq!(code, Some(1));
    assert_eq!(events, [event("changed", "C-1", "own:1", true), event("new", "C-3", "own:4", true)]);
    let shown = home.run(&["monitor", "events", "--party", "C-1", "--json"]).json_lines();
    assert_eq!((&shown[0]["what"][0], &shown[0]["cause"]), (&Value::from("programme"), &Value::from("listing")));
    for id in ["/record", "/before/version", "/after/version", "/before/snapshot", "/after/policy"] {
        assert_eq!(shown[0].pointer(id).and_then(Value::as_str).map(str::len), Some(64), "{id}: {}", shown[0]);
    }
    assert_ne!(shown[0].pointer("/before/version"), shown[0].pointer("/after/version"));

    import(&home, "2,Nobody Here,,A\n3,Filler Person,,A\n4,Theodric Mbekilovic,,C\n5,Other Filler,,A\n");
    assert_eq!(told(&home, &["monitor", "run"]), (Some(1), vec![event("gone", "C-1", "own:1", true)]));
    let hits = home.run(&["monitor", "list", "--json"]).json_lines();
    assert_eq!((hits.len(), hits[0]["id"].as_str()), (1, Some("C-3")));
}

#[test]
fn parties_that_come_go_and_change_are_told() {
    let home = Home::new();
    with_parties(&home);
    import(&home, "1,Orsolya Vanderploeg,1971-09-11,A\n2,Bo Quillfeather,,A\n");
    told(&home, &["monitor", "run"]);
    let more = home.file(
        "more.jsonl",
        "{\"id\":\"C-9\",\"name\":\"Bo Quillfeather\"}\n{\"id\":\"C-1\",\"name\":\"Orsolya Smith\"}\n".as_bytes(),
    );
    assert_eq!(home.run(&["monitor", "add", &more]).code, Some(0));
    let (_, events) = told(&home, &["monitor", "run"]);
    assert_eq!(events, [event("gone", "C-1", "own:1", true), event("new", "C-9", "own:2", true)]);
    assert_eq!(home.run(&["monitor", "remove", "C-9"]).code, Some(0));
    assert_eq!(told(&home, &["monitor", "run"]).1, [event("gone", "C-9", "own:2", true)]);
    assert_eq!(home.run(&["monitor", "remove", "C-9"]).code, Some(2), "it is not kept");
    // the file is all there is
    let run = home.run(&["monitor", "add", &more, "--whole", "--json"]);
    let summary: Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.out));
    assert_eq!((&summary["kept"], &summary["removed"]), (&Value::from(2), &Value::from(2)));
}

#[test]
fn another_policy_is_told_before_it_is_switched_on() {
    let home = Home::new();
    with_parties(&home);
    import(&home, "1,Orsolya Vanderplo,,A\n2,Nobody Here,,A\n");
    let (_, first) = told(&home, &["monitor", "run"]);
    assert_eq!(first, [event("new", "C-1", "own:1", true)]);
    let run = home.run(&["monitor", "run", "--threshold", "0.99"]);
    assert!(run.code == Some(2) && run.err.contains("monitor replay"), "{}", run.err);
    for (apply, again) in [(false, true), (true, true), (false, false)] {
        let args: Vec<&str> =
            ["monitor", "replay", "--threshold", "0.99"].into_iter().chain(apply.then_some("--apply")).collect();
        let (code, events) = told(&home, &args);
        let expected = if again { vec![event("gone", "C-1", "own:1", true)] } else { vec![] };
        assert_eq!((code, events), (Some(i32::from(again)), expected), "{args:?}");
    }
    assert_eq!(told(&home, &["monitor", "run"]), (Some(0), vec![]), "the policy stays switched on");
    let status = home.run(&["monitor", "status", "--json"]);
    let status: Value = serde_json::from_str(&status.out).unwrap_or_else(|e| panic!("{e}: {}", status.out));
    assert_eq!(
        (&status["last"]["run"], &status["last"]["hits"], &status["stale"]),
        (&Value::from(3), &Value::from(0), &Value::from(false))
    );
}

#[test]
fn a_false_positive_is_held_back_until_something_changes() {
    let home = Home::new();
    with_parties(&home);
    import(&home, "1,Orsolya Vanderploeg,,A\n2,Nobody Here,,A\n3,Filler Person,,A\n");
    told(&home, &["monitor", "run"]);
    let allow =
        ["monitor", "allow", "C-1", "own:1", "--reason", "her sister", "--author", "jk", "--until", "2099-12-31"];
    for (wrong, says) in [
        (
            vec!["monitor", "allow", "C-1", "own:1", "--reason", " ", "--author", "jk", "--until", "2099-12-31"],
            "--reason is empty",
        ),
        (vec!["monitor", "allow", "C-1", "own:1", "--reason", "r", "--author", "jk", "--until", "2001-12-31"], "past"),
        (
            vec!["monitor", "allow", "C-2", "own:1", "--reason", "r", "--author", "jk", "--until", "2099-12-31"],
            "is no hit",
        ),
        (
            vec!["monitor", "allow", "C-8", "own:1", "--reason", "r", "--author", "jk", "--until", "2099-12-31"],
            "is not kept",
        ),
        (vec!["monitor", "allow", "C-1", "own:1"], "--reason"),
    ] {
        let run = home.run(&wrong);
        assert!(run.code == Some(2) && run.err.contains(says), "{wrong:?}: {}", run.err);
    }
    assert_eq!(home.run(&allow).code, Some(0));
    assert_eq!(told(&home, &["monitor", "run"]), (Some(0), vec![]), "a hit that stands is not told again");
    // the programme is material: the entry ends, and the event is an alert
    import(&home, "1,Orsolya Vanderploeg,,B\n2,Nobody Here,,A\n3,Filler Person,,A\n");
    assert_eq!(told(&home, &["monitor", "run"]), (Some(1), vec![event("changed", "C-1", "own:1", true)]));
    // allowed again; another listing's change moves nothing
    assert_eq!(home.run(&allow).code, Some(0));
    import(&home, "1,Orsolya Vanderploeg,,B\n2,Nobody There,,A\n3,Filler Person,,A\n");
    assert_eq!(told(&home, &["monitor", "run"]), (Some(0), vec![]));
    // its day passes: the hit is opened again, once
    let late = ["monitor", "run", "--today", "2100-01-01"];
    assert_eq!(told(&home, &late), (Some(1), vec![event("reopened", "C-1", "own:1", true)]));
    assert_eq!(told(&home, &late), (Some(0), vec![]));
    let shown = home.run(&["monitor", "allow"]);
    assert!(
        shown.out.contains("the listing changed") && shown.out.contains("it held until 2099-12-31"),
        "{}",
        shown.out
    );
}

#[test]
fn what_is_allowed_is_recorded_and_alerts_nobody() {
    let home = Home::new();
    with_parties(&home);
    import(&home, "1,Orsolya Vanderplo,,A\n2,Gudrun Sigurbjornsdotir,,A\n3,Filler Person,,A\n");
    assert_eq!(told(&home, &["monitor", "run"]).1.len(), 2);
    let allow = ["monitor", "allow", "C-1", "own:1", "--reason", "sister", "--author", "jk", "--until", "2099-12-31"];
    assert_eq!(home.run(&allow).code, Some(0));
    // other entries with her name make it weigh less: both hits move, and neither is for a person to look at
    let common: String = (10..40).map(|n| format!("{n},Orsolya Sigurbjornsdotir,,A\n")).collect();
    import(&home, &format!("1,Orsolya Vanderplo,,A\n2,Gudrun Sigurbjornsdotir,,A\n3,Filler Person,,A\n{common}"));
    let (_, events) = told(&home, &["monitor", "run"]);
    let moved: Vec<&Shown> = events.iter().filter(|(kind, _, _, _)| kind != "new").collect();
    assert!(
        moved.iter().any(|(_, party, listing, alert)| party == "C-1" && listing == "own:1" && !alert),
        "{events:?}"
    );
    let shown = home.run(&["monitor", "events", "--party", "C-1", "--json"]).json_lines();
    let held = shown.iter().find(|event| event["listing"] == "own:1").unwrap();
    assert_eq!((&held["cause"], &held["allowed"]["author"]), (&Value::from("words"), &Value::from("jk")));
    // another policy ends both hits: the event of the allowed pair is recorded and held back, the other is not
    let (_, events) = told(&home, &["monitor", "replay", "--threshold", "0.99", "--apply"]);
    assert!(events.contains(&event("gone", "C-2", "own:2", true)), "{events:?}");
    let shown = home.run(&["monitor", "events", "--json"]).json_lines();
    let of = |party: &str, listing: &str| {
        let event = shown.iter().find(|event| event["party"]["id"] == party && event["listing"] == listing).unwrap();
        (event["event"].clone(), event["alert"].clone(), event["allowed"]["reason"].clone())
    };
    assert_eq!(of("C-1", "own:1"), ("gone".into(), false.into(), "sister".into()));
    assert_eq!(of("C-2", "own:2"), ("gone".into(), true.into(), Value::Null));
    let alerts = home.run(&["monitor", "events", "--alerts", "--json"]).json_lines();
    assert!(alerts.iter().all(|event| event["listing"] != "own:1") && !alerts.is_empty(), "{alerts:?}");
}

#[test]
fn what_was_allowed_is_opened_again_when_the_party_changes_or_its_day_passes() {
    let home = Home::new();
    with_parties(&home);
    import(&home, "1,Orsolya Vanderploeg,,A\n2,Gudrun Sigurbjornsdottir,,A\n3,Filler Person,,A\n");
    told(&home, &["monitor", "run"]);
    for party in ["C-1 own:1", "C-2 own:2"] {
        let (party, listing) = party.split_once(' ').unwrap();
        let allow = ["--reason", "r", "--author", "jk", "--until", "2099-12-31"];
        assert_eq!(home.run(&[&["monitor", "allow", party, listing][..], &allow].concat()).code, Some(0));
    }
    // the same hit, of a party that says something else
    let more = home.file("more.csv", b"id,name,email\nC-1,Orsolya Vanderploeg,o@example.com\n");
    assert_eq!(home.run(&["monitor", "add", &more]).code, Some(0));
    let more =
        home.file("more.jsonl", b"{\"id\":\"C-1\",\"name\":\"Orsolya Vanderploeg\",\"address\":\"Elm Street 1\"}\n");
    assert_eq!(home.run(&["monitor", "add", &more]).code, Some(0));
    let (code, events) = told(&home, &["monitor", "run"]);
    assert_eq!(code, Some(1));
    let [(kind, party, listing, true)] = events.as_slice() else { panic!("{events:?}") };
    assert!(["changed", "reopened"].contains(&kind.as_str()) && party == "C-1" && listing == "own:1", "{events:?}");
    let shown = home.run(&["monitor", "events", "--json"]).json_lines();
    assert_eq!(shown[0]["reopened"], "the party changed");
    // the other by its day alone
    let (code, events) = told(&home, &["monitor", "run", "--today", "2100-01-01"]);
    assert_eq!((code, events), (Some(1), vec![event("reopened", "C-2", "own:2", true)]));
    let shown = home.run(&["monitor", "events", "--json"]).json_lines();
    assert_eq!((&shown[0]["cause"], &shown[0]["reopened"]), (&"allowance".into(), &"it held until 2099-12-31".into()));
    assert_eq!(told(&home, &["monitor", "run", "--today", "2100-01-01"]), (Some(0), vec![]));
}
