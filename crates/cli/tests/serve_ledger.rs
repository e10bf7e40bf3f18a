//! What `interdict serve` puts on record: answers and what could not be answered, each asked again; keys, lists, refusals.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod spoken;

use common::Home;
use serde_json::{Value, json};
use spoken::Spoken;

fn home() -> Home {
    let home = Home::new();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.com/log"]).code, Some(0));
    let file = home.file("own.csv", b"id,name\n1,Orsolya Vanderploeg\n2,Gudrun Sigurbjornsdottir\n");
    let run = home.run(&["lists", "import", &file, "--as", "own"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    home
}

fn key(home: &Home, roles: &str) -> String {
    let run = home.run(&["keys", "new", "test", "--role", roles]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    run.out.trim().to_owned()
}

#[test]
fn every_kind_of_receipt_is_asked_again_and_says_the_same() {
    let home = home();
    let token = key(&home, "analyst");
    let service = Spoken::start(&home, &[], &token);
    let post = |path: &str, body: Value, status: u16| {
        let (got, answer) = service.json("POST", path, &body.to_string());
        assert_eq!(got, status, "{path} {body}: {answer}");
        answer
    };
    // what each receipt is asked again with, in the order of the entries
    let mut brought: Vec<(&str, &str, Value)> = Vec::new();
    let hit = post("/v1/screen", json!({"party": {"name": "Orsolya Vanderploeg"}}), 200);
    brought.push(("screening", "hit", hit.clone()));
    let clear = post("/v1/screen", json!({"party": {"name": "Nobody Atall"}, "threshold": 0.9}), 200);
    brought.push(("screening", "clear", clear));
    post("/v1/screen", json!({"party": {"name": "???"}}), 422);
    let nobody = hit["party"].to_string().replace("Orsolya Vanderploeg", "???");
    brought.push(("screening", "not_done", serde_json::from_str(&nobody).unwrap()));
    let rows = b"{\"id\": \"r\", \"name\": \"Gudrun Sigurbjornsdottir\"}\n";
    let (status, rows) = service.ask("POST", "/v1/screen/batch", "application/x-ndjson", rows);
    assert_eq!(status, 200);
    brought.push(("screening", "hit", serde_json::from_str(rows.lines().next().unwrap()).unwrap()));
    let asked = json!({"party": {"name": "Orsolya Quill"}, "list": "own", "reference": "1"});
    let compared = post("/v1/explain", asked, 200);
    let question = json!({"party": compared[0]["party"], "list": "own", "reference": "1"});
    brought.push(("screening", "compared", question));
    let facts = json!({"id": "S-7", "activity": "goods", "hs": "2701", "origin": "kp", "from": "kp", "seller": "Orsolya Vanderploeg"});
    let decided = post("/v1/check", json!({"facts": facts, "on": "2018-01-05"}), 200);
    assert_eq!(decided["id"], "S-7", "{decided}");
    let verdict = decided["verdict"].as_str().unwrap().to_owned();
    brought.push(("decision", &verdict, decided.clone()));
    post("/v1/check", json!({"facts": {"id": "S-8", "date": "31.2.2018"}}), 422);
    let mut undecided = decided["asked"].clone();
    undecided["record"] = json!([["id", "S-8"], ["date", "31.2.2018"]]);
    brought.push(("decision", "not_done", undecided));
    // what could not be read is brought as it was sent: a party, a line
    let unread = json!({"party": {"name": ["A", 7, {}], "born": "1961"}});
    post("/v1/screen", unread.clone(), 422);
    brought.push(("screening", "not_done", unread.clone()));
    post("/v1/explain", json!({"party": unread["party"], "list": "own", "reference": "1"}), 422);
    brought.push(("screening", "not_done", unread["party"].clone()));
    let (status, rows) = service.ask("POST", "/v1/screen/batch", "application/x-ndjson", b" {\"name\":[{}]}\r\n");
    assert!(status == 200 && rows.contains("\"recording\""), "{rows}");
    brought.push(("screening", "not_done", json!({"name": [{}]})));
    // one that was read and could not be compared
    let long = "x".repeat(3_000);
    post("/v1/explain", json!({"party": {"name": "???"}, "list": "own", "reference": "1"}), 422);
    let party = compared[0]["party"].to_string().replace("Orsolya Quill", "???");
    let party: Value = serde_json::from_str(&party).unwrap();
    brought.push(("screening", "not_done", json!({"party": party, "list": "own", "reference": "1"})));
    post("/v1/check", json!({"facts": {"activity": "goods", "seller": long}, "on": "2018-01-05"}), 422);
    let mut unscreened = decided["asked"].clone();
    unscreened["record"] = json!([["activity", "goods"], ["seller", long], ["date", "2018-01-05"]]);
    brought.push(("decision", "not_done", unscreened));
    // the same by agents
    let tool = |name: &str, arguments: Value| {
        let call = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
        let result = post("/mcp", call, 200)["result"].clone();
        result["structuredContent"].clone()
    };
    let hit = tool("screen", json!({"party": {"name": "Orsolya Vanderploeg"}}));
    brought.push(("screening", "hit", hit.clone()));
    let compared = tool("explain", json!({"party": {"name": "Orsolya Quill"}, "list": "own", "reference": "1"}));
    let question = json!({"party": compared["comparisons"][0]["party"], "list": "own", "reference": "1"});
    brought.push(("screening", "compared", question));
    let unread = json!({"party": {"name": "A", "born": ["when?"]}});
    assert!(tool("screen", unread.clone())["ledger"]["entry"].is_u64());
    brought.push(("screening", "not_done", unread.clone()));
    tool("explain", json!({"party": unread["party"], "list": "own", "reference": "1"}));
    brought.push(("screening", "not_done", unread["party"].clone()));
    tool("check", json!({"facts": {"activity": "goods", "hs": "2701", "date": "2018-01-05"}}));
    let asked = |record: Value| {
        let mut asked = decided["asked"].clone();
        asked["record"] = record;
        asked
    };
    let record = json!([["activity", "goods"], ["date", "2018-01-05"], ["hs", "2701"]]);
    brought.push(("decision", "undetermined", asked(record)));
    tool("check", json!({"facts": {"date": "31.2.2018"}}));
    brought.push(("decision", "not_done", asked(json!([["date", "31.2.2018"]]))));

    let size = home.run(&["ledger", "show", "--from", "0", "--format", "jsonl"]).json_lines().len();
    let receipts: Vec<Value> = (0..size)
        .map(|entry| service.json("GET", &format!("/v1/receipts/{entry}"), ""))
        .filter(|(status, _)| *status == 200)
        .map(|(_, receipt)| receipt)
        .collect();
    assert_eq!(receipts.len(), brought.len(), "{receipts:?}");
    for (receipt, (kind, outcome, document)) in receipts.iter().zip(&brought) {
        let entry = &receipt["answer"]["entry"];
        assert_eq!((&entry["kind"], &entry["outcome"]), (&json!(kind), &json!(outcome)), "{entry}");
        assert!(!receipt.to_string().contains("Orsolya"), "a receipt names nobody");
        let (receipt, asked) = (receipt.to_string(), document.to_string());
        let (receipt, document) = (home.file("r.json", receipt.as_bytes()), home.file("asked.json", asked.as_bytes()));
        let run = home.run(&["replay", &receipt, "--party", &document]);
        assert_eq!(run.code, Some(0), "{kind} {outcome} {asked:.300}: {}{}", run.out, run.err);
        assert!(run.out.contains("the same answer, to the byte"), "{kind} {outcome}: {}", run.out);
        let other = home.file("other.json", b"{\"name\": \"Somebody Else\"}");
        let run = home.run(&["replay", &receipt, "--party", &other]);
        assert!(
            run.code == Some(2) && run.err.contains("not what was asked"),
            "{kind} {outcome}: {}{}",
            run.out,
            run.err
        );
        let proven = home.run(&["ledger", "prove", &receipt]);
        assert_eq!(proven.code, Some(0), "{kind} {outcome}: {}{}", proven.out, proven.err);
    }
}

#[test]
fn what_was_given_up_is_on_record_and_has_no_answer_to_compare() {
    let home = home();
    let token = key(&home, "analyst");
    let service = Spoken::start(&home, &["--deadline", "1", "--workers", "1"], &token);
    // A party with many names takes about a millisecond and more in a build for tests: one of many is given up.
    let names: Vec<String> = (0..60).map(|n| format!("Orsolya Vanderploeg of House {n}")).collect();
    let asked = json!({"party": {"name": "Orsolya Vanderploeg", "alias": names}}).to_string();
    let problem = (0..1_000).map(|_| service.json("POST", "/v1/screen", &asked)).find_map(|(status, answer)| {
        assert!(status == 200 || status == 503, "{status}: {answer}");
        (status == 503).then_some(answer)
    });
    let problem = problem.expect("none of a thousand took longer than a millisecond");
    assert_eq!(problem["code"], "timed_out", "{problem}");
    let entry = problem["recording"]["entry"].to_string();
    let (status, receipt) = service.json("GET", &format!("/v1/receipts/{entry}"), "");
    assert_eq!(status, 200, "{receipt}");
    let receipt = home.file("r.json", receipt.to_string().as_bytes());
    let run = home.run(&["replay", &receipt]);
    assert!(run.code == Some(2) && run.err.contains("given up in time"), "{}{}", run.out, run.err);
    assert!(!run.out.contains("the same answer"), "{}", run.out);
}

#[test]
fn keys_lists_and_refusals_are_on_record() {
    let home = home();
    let token = key(&home, "policy_admin,list_admin,auditor");
    let service = Spoken::start(&home, &[], &token);
    let (status, made) = service.json("POST", "/v1/keys", r#"{"name": "Dana Quillfeather", "roles": ["viewer"]}"#);
    assert_eq!(status, 201, "{made}");
    let id = made["id"].as_str().unwrap();
    for _ in 0..5 {
        assert_eq!(service.with("itd_nonsense").json("GET", "/v1/status", "").0, 401);
    }
    assert_eq!(service.with(made["token"].as_str().unwrap()).json("GET", "/v1/keys", "").0, 403);
    assert_eq!(service.json("DELETE", &format!("/v1/keys/{id}"), "").0, 200);
    let list = "id,name\n1,Orsolya Vanderploeg\n2,Gudrun Sigurbjornsdottir\n3,Ansgar Thistlewood\n";
    assert_eq!(service.ask("POST", "/v1/imports?list=own", "text/csv", list.as_bytes()).0, 201);
    let back = r#"{"reason": "Dana Quillfeather said so"}"#;
    assert_eq!(service.json("POST", "/v1/lists/own/rollback", back).0, 200);
    service.end();

    let run = home.run(&["ledger", "show", "--from", "0", "--format", "jsonl", "--kind", "administration"]);
    let entries = run.json_lines();
    let text = |entry: &Value, at: &str| entry[at].as_str().unwrap_or_default().to_owned();
    let acts: Vec<String> = entries.iter().map(|entry| text(entry, "act")).collect();
    for (act, count) in [("key_made", 2), ("key_revoked", 1), ("lists_imported", 1), ("list_rolled_back", 1)] {
        assert_eq!(acts.iter().filter(|known| *known == act).count(), count, "{act}: {acts:?}");
    }
    assert_eq!(
        (text(&entries[0], "by"), text(&entries[0], "note")),
        ("command line".into(), "list_admin,policy_admin,auditor".into())
    );
    let by_key = entries.iter().find(|entry| entry["act"] == "key_revoked").unwrap();
    assert!(text(by_key, "by").starts_with("key-") && text(by_key, "on") == id, "{by_key}");
    // summaries, not a flood, and none of them lost
    let refused: Vec<String> =
        entries.iter().filter(|entry| entry["act"] == "requests_refused").map(|entry| text(entry, "note")).collect();
    let sum = |what: &str| -> u64 {
        let count =
            |note: &String| note.split(", ").find_map(|part| part.strip_suffix(what)?.trim().parse::<u64>().ok());
        refused.iter().filter_map(count).sum()
    };
    assert_eq!((sum("unauthenticated"), sum("forbidden")), (5, 1), "{refused:?}");
    assert!(refused.len() <= 2, "{refused:?}");
    let whole = home.run(&["ledger", "show", "--from", "0", "--format", "jsonl"]).out;
    assert!(!whole.contains("Quillfeather") && !whole.contains("itd_"), "no name and no token is in the log");
    let verified = home.run(&["ledger", "verify"]);
    assert!(verified.code == Some(0) && verified.out.contains("holds"), "{}{}", verified.out, verified.err);
}
