//! Monitoring over HTTP: parties sent in, runs, events, the allow-list; who may, once, and on record.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod spoken;

use common::Home;
use serde_json::{Value, json};
use spoken::Spoken;

fn import(home: &Home, rows: &str) {
    let file = home.file("own.csv", format!("id,name,programme\n{rows}").as_bytes());
    let accept = ["--accept", "shrunk,canaries,older", "--reason", "a test"];
    let run = home.run(&[&["lists", "import", &file, "--as", "own"][..], &accept].concat());
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

fn key(home: &Home, role: &str) -> String {
    home.run(&["keys", "new", role, "--role", role]).out.trim().to_owned()
}

/// What events say: kind, party, listing, alert.
fn told(lines: &[Value]) -> Vec<(String, String, String, bool)> {
    let text = |line: &Value, at: &str| line.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    let row =
        |line: &Value| (text(line, "/event"), text(line, "/party/id"), text(line, "/listing"), line["alert"] == true);
    lines.iter().filter(|line| line.get("summary").is_none()).map(row).collect()
}

#[test]
fn parties_runs_events_and_the_allow_list() {
    let home = Home::new();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.com/log"]).code, Some(0));
    import(&home, "1,Orsolya Vanderploeg,A\n2,Gudrun Sigurbjornsdottir,A\n3,Filler Person,A\n");
    let keys = ["machine", "analyst", "reviewer", "viewer"].map(|role| key(&home, role));
    let service = Spoken::start(&home, &[], &keys[0]);
    let [machine, analyst, reviewer, viewer] = [0, 1, 2, 3].map(|n| service.with(&keys[n]));

    let (status, none) = machine.json("POST", "/v1/monitor/runs", "{}");
    assert_eq!((status, &none["code"]), (422, &json!("not_done")), "nobody is kept: {none}");
    let parties = "{\"id\": \"C-1\", \"name\": \"Orsolya Vanderploeg\"}\n{\"id\": \"C-2\", \"name\": \"Gudrun Sigurbjornsdottir\"}\n\
        nonsense\n{\"name\": \"Bo Quill\"}\n";
    let (status, text) =
        machine.ask("POST", "/v1/monitor/parties?name=a.jsonl", "application/x-ndjson", parties.as_bytes());
    let kept: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((status, &kept["added"], &kept["kept"]), (200, &json!(2), &json!(2)), "{text}");
    assert_eq!(
        kept["refused"].as_array().unwrap().iter().map(|r| &r["place"]).collect::<Vec<_>>(),
        ["a.jsonl, line 3", "a.jsonl, line 4"]
    );
    let table = "Nr;Kunde\nC-3;Teodric Mbekilovic\n";
    let (status, text) = machine.ask("POST", "/v1/monitor/parties?map=Nr=id,Kunde=name", "text/csv", table.as_bytes());
    assert_eq!(status, 200, "{text}");
    let (status, bad) = machine.json("POST", "/v1/monitor/parties", r#"{"name": "Nobody With Anid"}"#);
    assert_eq!(status, 422, "{bad}");
    assert!(!bad.to_string().contains("uploads") && bad["hint"].is_string(), "{bad}");

    assert_eq!(analyst.json("GET", "/v1/monitor", "").1["stale"], true);
    let (status, run) = machine.once("run-1", "/v1/monitor/runs", "{}");
    assert_eq!((status, &run["run"], &run["new"], &run["alerts"]), (201, &json!(1), &json!(2), &json!(2)), "{run}");
    assert_eq!(machine.once("run-1", "/v1/monitor/runs", "{}"), (201, run.clone()), "twice is once");
    assert_eq!(
        run["entries"][1].as_u64().unwrap() - run["entries"][0].as_u64().unwrap(),
        2,
        "a run and two events: {run}"
    );
    let status = analyst.json("GET", "/v1/monitor", "").1;
    assert_eq!(
        (&status["stale"], &status["parties"], &status["last"]["run"]),
        (&json!(false), &json!(3), &json!(1)),
        "{status}"
    );
    let lines = analyst.lines("/v1/monitor/events");
    let event =
        |kind: &str, party: &str, listing: &str, alert| (kind.to_owned(), party.to_owned(), listing.to_owned(), alert);
    assert_eq!(told(&lines), [event("new", "C-1", "own:1", true), event("new", "C-2", "own:2", true)]);
    assert_eq!(lines.last().unwrap()["summary"], json!({"events": 2, "last_run": 1}));
    assert_eq!(lines[..2], home.run(&["monitor", "events", "--json"]).json_lines(), "as the command shows them");

    // pages hold each party once
    let (mut ids, mut from) = (Vec::new(), Some(0));
    while let Some(at) = from {
        let page = analyst.json("GET", &format!("/v1/monitor/parties?from={at}&limit=2"), "").1;
        ids.extend(page["parties"].as_array().unwrap().iter().map(|party| party["id"].as_str().unwrap().to_owned()));
        from = page["next"].as_u64();
    }
    assert_eq!(ids, ["C-1", "C-2", "C-3"]);
    let hits = analyst.json("GET", "/v1/monitor/parties?hits=true", "").1;
    assert_eq!(
        (hits["parties"].as_array().unwrap().len(), &hits["parties"][0]["hits"][0]["list"]),
        (2, &json!("own")),
        "{hits}"
    );

    // a reviewer says that a hit is none; nobody else may, and nobody for another
    let allow = |listing: &str, until: &str| {
        json!({"party": "C-1", "listing": listing, "reason": "another date of birth", "until": until}).to_string()
    };
    let good = allow("own:1", "2999-12-31");
    for who in [&machine, &analyst, &viewer] {
        assert_eq!(who.json("POST", "/v1/monitor/allowances", &good).0, 403);
    }
    for (body, status) in [
        (allow("own:1", "soon"), 400),
        (allow("own:1", "2001-01-01"), 422),
        (allow("own:3", "2999-12-31"), 422),
        (allow("own", "2999-12-31"), 422),
        (good.replace("another date of birth", " "), 400),
        (good.replace('}', ", \"author\": \"x\"}"), 400),
    ] {
        let (got, answer) = reviewer.json("POST", "/v1/monitor/allowances", &body);
        assert_eq!(got, status, "{body}: {answer}");
        assert!(answer["hint"].is_string(), "{answer}");
    }
    let (status, entry) = reviewer.once("a", "/v1/monitor/allowances", &good);
    assert!(status == 201 && entry["author"].as_str().unwrap().starts_with("key-"), "{entry}");
    assert_eq!(reviewer.once("a", "/v1/monitor/allowances", &good).1, entry);
    assert_eq!(analyst.json("GET", "/v1/monitor/allowances", "").1, json!([entry]));

    import(
        &home,
        "1,Orsolya Vanderploeg,A\n2,Filler Two,A\n3,Filler Person,A\n4,Teodric Mbekilovic,A\n5,Ansgar Vanderploeg,A\n",
    );
    let changed = machine.json("POST", "/v1/monitor/runs", "").1;
    assert_eq!((&changed["run"], &changed["events"]), (&json!(2), &json!(3)), "{changed}");
    let events = told(&analyst.lines("/v1/monitor/events?since=2"));
    assert!(
        events.contains(&event("new", "C-3", "own:4", true)) && events.contains(&event("gone", "C-2", "own:2", true)),
        "{events:?}"
    );
    assert_eq!(told(&analyst.lines("/v1/monitor/events?since=1")).len(), 5);
    let alerts = told(&analyst.lines("/v1/monitor/events?since=1&alerts=true"));
    assert!(alerts.len() == 4 && alerts.iter().all(|event| event.3), "{alerts:?}");
    assert_eq!(analyst.json("GET", "/v1/monitor/events?run=9", "").0, 404);

    let (status, left) = machine.json("POST", "/v1/monitor/parties/removals", r#"{"ids": ["C-3", "C-9"]}"#);
    assert_eq!((status, &left["removed"], &left["unknown"]), (200, &json!(1), &json!(["C-9"])), "{left}");
    assert_eq!(told(&analyst.lines("/v1/monitor/events")).len(), 3, "the last run, until there is another");
    for path in ["/v1/monitor", "/v1/monitor/parties", "/v1/monitor/events", "/v1/monitor/allowances"] {
        assert_eq!(viewer.json("GET", path, "").0, 403, "{path}");
    }
    assert_eq!(analyst.json("POST", "/v1/monitor/runs", "{}").0, 403);
    // a file of the machine is no policy
    let (status, policy) = machine.json("POST", "/v1/monitor/runs", r#"{"policy": "/etc/passwd"}"#);
    assert_eq!((status, &policy["code"]), (400, &json!("bad_request")), "{policy}");

    let verified = home.run(&["ledger", "verify"]);
    assert!(verified.code == Some(0) && verified.out.contains("holds"), "{}{}", verified.out, verified.err);
    let entries = home.run(&["ledger", "show", "--from", "0", "--format", "jsonl"]).json_lines();
    let outcomes: Vec<&str> = entries.iter().filter_map(|entry| entry["outcome"].as_str()).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "run").count(), 2, "{outcomes:?}");
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == "allowed").count(), 1, "{outcomes:?}");
}

#[test]
fn an_allowance_is_withdrawn_and_alerts_again() {
    let home = Home::new();
    import(&home, "1,Orsolya Vanderploeg,A\n2,Filler Person,A\n");
    let token = key(&home, "reviewer");
    let service = Spoken::start(&home, &[], &token);
    let reviewer = service.with(&token);
    assert_eq!(reviewer.json("POST", "/v1/monitor/parties", r#"{"id": "C-1", "name": "Orsolya Vanderploeg"}"#).0, 200);
    let pair = json!({"party": "C-1", "listing": "own:1", "reason": "she is the other one"});
    let withdraw = || reviewer.json("POST", "/v1/monitor/allowances/withdrawals", &pair.to_string());
    assert_eq!(withdraw().0, 422, "nobody was screened yet");
    assert_eq!(reviewer.json("POST", "/v1/monitor/runs", "").0, 201);
    let mut good = pair.clone();
    good["until"] = json!("2999-12-31");
    assert_eq!(reviewer.json("POST", "/v1/monitor/allowances", &good.to_string()).0, 201);
    let (status, ended) = withdraw();
    assert_eq!(status, 200, "{ended}");
    assert!(ended["ended"].as_str().unwrap().starts_with("withdrawn by key-"), "{ended}");
    assert_eq!(withdraw().0, 422, "it is not on the list any more");
    assert_eq!(reviewer.json("GET", "/v1/monitor", "").1["allowed"], 0);
}
