//! The examples in the description are what the program says: each is asked again, of a home that is made the same way, and
//! compared but for times, random ids and hashes. `UPDATE=1` writes them anew.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod served;

use common::Home;
use serde_json::{Map, Value, json};
use served::Served;

/// Members whose values are of the moment: times, hashes, random ids, versions of the program, the machine.
const OF_THE_MOMENT: [&str; 51] = [
    "accepted",
    "at",
    "author",
    "before",
    "began_at",
    "bytes",
    "checkpoint",
    "content",
    "created_at",
    "digest",
    "engine",
    "ended",
    "expires_at",
    "files",
    "id",
    "index_bytes",
    "key",
    "address",
    "law",
    "leaf",
    "listing_digest",
    "lists_loaded_at",
    "name_digest",
    "note",
    "parties_digest",
    "party_digest",
    "policy",
    "proof",
    "raw_bytes",
    "reader",
    "received",
    "record",
    "records",
    "reload_error",
    "salt",
    "since",
    "snapshot",
    "started_at",
    "token",
    "used_at",
    "version",
    "workers",
    "entry",
    "hash",
    "proposer",
    "decider",
    "proposed_at",
    "ends_at",
    "decided_at",
    "waits_for",
    "made_by",
];

/// What is sent: method, path as described, address, kind of body, body, kind of answer.
type Ask = (&'static str, &'static str, String, &'static str, String, &'static str);

fn asks(doubted: &str) -> Vec<Ask> {
    let get =
        |path: &'static str, address: &str| ("GET", path, address.to_owned(), "", String::new(), "application/json");
    let lines = |path: &'static str, address: &str| {
        ("GET", path, address.to_owned(), "", String::new(), "application/x-ndjson")
    };
    let post = |path: &'static str, address: &str, body: Value| {
        ("POST", path, address.to_owned(), "application/json", body.to_string(), "application/json")
    };
    let same = |path: &'static str, body: Value| {
        ("POST", path, path.to_owned(), "application/json", body.to_string(), "application/json")
    };
    let ndjson = |path: &'static str, body: &str, answer: &'static str| {
        ("POST", path, path.to_owned(), "application/x-ndjson", body.to_owned(), answer)
    };
    vec![
        same(
            "/v1/screen",
            json!({"party": {"name": "Orsolya Vanderploeg", "born": "1961-02-03", "country": "hu"}, "policy": "standard", "limit": 10}),
        ),
        ndjson(
            "/v1/screen/batch",
            "{\"id\": \"C-1001\", \"name\": \"Orsolya Vanderploeg\"}\n{\"id\": \"C-1002\", \"name\": \"Nobody Atall\"}\n",
            "application/x-ndjson",
        ),
        same(
            "/v1/explain",
            json!({"party": {"name": "Orsolya Quill", "born": "1975"}, "list": "own", "reference": "Q-1"}),
        ),
        same(
            "/v1/check",
            json!({"facts": {"activity": "goods", "hs": "2701", "origin": "kp", "from": "kp", "seller": "Sample Mine", "seller_country": "kp"}, "on": "2018-01-05"}),
        ),
        same(
            "/mcp",
            json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "screen", "arguments": {"party": {"name": "Orsolya Vanderploeg"}}}}),
        ),
        get("/v1/law/pages", "/v1/law/pages?below=un/2397&on=2018-01-05"),
        get("/v1/law/pages/{page}", "/v1/law/pages/un/2397/5"),
        get("/v1/law/terms", "/v1/law/terms"),
        get("/v1/law/coverage", "/v1/law/coverage"),
        get("/v1/law/diff", "/v1/law/diff?from=2017-08-04&to=2018-01-05"),
        get("/v1/law/caps", "/v1/law/caps"),
        get("/v1/lists", "/v1/lists"),
        get("/v1/listings/{list}/{reference}", "/v1/listings/own/Q-1"),
        get("/v1/policies", "/v1/policies"),
        get("/v1/lists/{list}/history", "/v1/lists/own/history"),
        lines("/v1/lists/{list}/diff", "/v1/lists/own/diff"),
        get("/v1/quarantine", "/v1/quarantine"),
        (
            "POST",
            "/v1/imports",
            "/v1/imports?name=own.csv&list=own".to_owned(),
            "application/octet-stream",
            list(41),
            "application/json",
        ),
        post("/v1/lists/{list}/rollback", "/v1/lists/own/rollback", json!({"reason": "names are damaged"})),
        post(
            "/v1/lists/{list}/accept",
            "/v1/lists/own/accept",
            json!({"version": doubted, "reason": "confirmed with the publisher by phone"}),
        ),
        ndjson(
            "/v1/monitor/parties",
            "{\"id\": \"C-1001\", \"name\": \"Orsolya Vanderploeg 1\", \"born\": \"1961-02-03\"}\n{\"id\": \"C-1002\", \"name\": \"Nobody Atall\"}\n",
            "application/json",
        ),
        same("/v1/monitor/runs", json!({})),
        get("/v1/monitor", "/v1/monitor"),
        get("/v1/monitor/parties", "/v1/monitor/parties?hits=true"),
        lines("/v1/monitor/events", "/v1/monitor/events?run=1"),
        same(
            "/v1/monitor/allowances",
            json!({"party": "C-1001", "listing": "own:Q-1", "reason": "another date of birth", "until": "2199-12-31"}),
        ),
        get("/v1/monitor/allowances", "/v1/monitor/allowances"),
        same(
            "/v1/monitor/allowances/withdrawals",
            json!({"party": "C-1001", "listing": "own:Q-1", "reason": "the date of birth was misread"}),
        ),
        same("/v1/monitor/parties/removals", json!({"ids": ["C-1002"]})),
        get("/v1/receipts/{entry}", "/v1/receipts/ENTRY"),
        get("/v1/me", "/v1/me"),
        same("/v1/keys", json!({"name": "payments", "roles": ["machine"], "rate": 50})),
        get("/v1/keys", "/v1/keys"),
        get("/v1/status", "/v1/status"),
        get("/healthz", "/healthz"),
        get("/readyz", "/readyz"),
    ]
}

fn list(rows: u32) -> String {
    let rows = (1..=rows).map(|n| format!("Q-{n},Orsolya Vanderploeg {n},person,1961-02-03,hu\n"));
    format!("id,name,type,born,country\n{}", rows.collect::<String>())
}

/// A value as an example: long lists end after two, long texts after some words.
fn cut(value: Value) -> Value {
    match value {
        Value::Array(values) => values.into_iter().take(2).map(cut).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, cut(value))).collect::<Map<_, _>>().into()
        }
        Value::String(text) if text.chars().count() > 300 => {
            Value::String(text.chars().take(299).chain(['…']).collect())
        }
        other => other,
    }
}

/// The same, without what is of the moment; its kind stays.
fn lasting(value: &Value) -> Value {
    match value {
        Value::Array(values) => values.iter().map(lasting).collect(),
        Value::Object(members) => {
            let of = |(name, value): (&String, &Value)| {
                let kind = match value {
                    _ if !OF_THE_MOMENT.contains(&name.as_str()) && !name.ends_with("milliseconds") => {
                        return (name.clone(), lasting(value));
                    }
                    Value::Null => "nothing",
                    Value::Bool(_) => "yes or no",
                    Value::Number(_) => "number",
                    Value::String(_) => "text",
                    Value::Array(_) => "list",
                    Value::Object(_) => "object",
                };
                (name.clone(), json!(kind))
            };
            members.iter().map(of).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// Lines of JSON, or JSON inside text (what tools for agents answer), as values.
fn opened(kind: &str, text: &str) -> Value {
    if kind == "application/x-ndjson" {
        let lines: Vec<&str> = text.lines().collect();
        let last = lines.len().saturating_sub(1);
        // The first lines and the summary.
        let some = lines.iter().enumerate().filter(|(n, _)| *n < 2 || *n == last).map(|(_, line)| *line);
        return json!(some.map(|line| line.to_owned() + "\n").collect::<String>());
    }
    cut(serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

fn comparable(example: &Value) -> Value {
    let mut of = example.clone();
    for member in ["sent", "answer"] {
        if let Some(text) = example[member].as_str() {
            let lines =
                text.lines().map(|line| serde_json::from_str(line).map_or(json!(line), |value| lasting(&value)));
            of[member] = lines.collect();
        } else {
            of[member] = lasting(&example[member]);
        }
    }
    // Keys of one second stand in the order of their ids, which are chance.
    if let ("/v1/keys", Some(keys)) = (example["path"].as_str().unwrap_or_default(), of["answer"].as_array_mut()) {
        keys.sort_by_key(|key| key["name"].to_string());
    }
    // The text of a tool's answer is JSON, cut somewhere.
    if example["path"] == "/mcp" {
        of["answer"] = json!(example["answer"]["result"].is_object());
    }
    of
}

/// A request and its answer, as they are kept.
fn example(
    home: &Home,
    (method, path, kind, sent): (&str, &str, &str, &str),
    answered_as: &str,
    answer: &served::Answer,
) -> Value {
    let sent = match kind {
        "application/json" => serde_json::from_str(sent).unwrap(),
        _ => json!(sent.lines().take(4).map(|line| line.to_owned() + "\n").collect::<String>()),
    };
    // Files that a command imported are called as they were there.
    let said = answer.body.replace(&format!("{}/", home.path("").display().to_string().trim_end_matches('/')), "");
    let mut example = json!({"method": method, "path": path, "status": answer.status, "answered_as": answered_as,
        "answer": opened(answered_as, &said)});
    if !kind.is_empty() {
        example["sent_as"] = json!(kind);
        example["sent"] = sent;
    }
    if example["answer"].get("token").is_some() {
        example["answer"]["token"] = json!("itd_shown-once");
    }
    example
}

/// What needs two persons: proposed by one, shown, approved by another, and refused.
fn of_two(home: &Home) -> Vec<Value> {
    let [one, other] = ["Dana Quill", "Bo Mill"].map(|holder| {
        let token = home.run(&["keys", "new", holder, "--role", "policy_admin", "--holder", holder]).out;
        format!("Bearer {}", token.trim())
    });
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--log", "off", "--four-eyes", "all"];
    let served = Served::start(home.command(&arguments));
    let mut made = Vec::new();
    let mut ask = |by: &str, method: &str, path: &str, id: &str, sent: Value| {
        let (kind, sent) = if sent.is_null() { ("", String::new()) } else { ("application/json", sent.to_string()) };
        let address = path.replace("{id}", id);
        let answer = served::ask_as(&served.address, method, &address, kind, &[("Authorization", by)], &sent).unwrap();
        assert!(answer.status < 300, "{method} {address}: {answer:?}");
        made.push(example(home, (method, path, kind, &sent), "application/json", &answer));
        answer.json()
    };
    let key = json!({"name": "payments", "roles": ["machine"], "holder": "Dana Quill"});
    let (first, second) = (ask(&one, "POST", "/v1/keys", "", key.clone()), ask(&one, "POST", "/v1/keys", "", key));
    let [first_id, second_id] = [&first, &second].map(|proposal| proposal["id"].as_str().unwrap());
    ask(&other, "GET", "/v1/proposals", "", Value::Null);
    ask(&other, "GET", "/v1/proposals/{id}", first_id, Value::Null);
    ask(&other, "POST", "/v1/proposals/{id}/approval", first_id, json!({"digest": first["digest"]}));
    let why = json!({"reason": "payments has a key already"});
    ask(&other, "POST", "/v1/proposals/{id}/refusal", second_id, why);
    made
}

#[test]
fn the_examples_are_what_the_program_says() {
    let home = Home::new();
    for (rows, name) in [(38, "1.csv"), (40, "2.csv"), (3, "3.csv")] {
        let file = home.file(name, list(rows).as_bytes());
        home.run(&["lists", "import", &file, "--as", "own"]);
    }
    assert_eq!(home.run(&["ledger", "init"]).code, Some(0));
    let roles = "viewer,analyst,reviewer,auditor,list_admin,policy_admin,machine";
    let token = home.run(&["keys", "new", "all", "--role", roles]).out.trim().to_owned();
    let served = Served::start(home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "off", "--host", "test"]));
    let bearer = format!("Bearer {token}");
    let ask = |method: &str, address: &str, kind: &str, body: &str| {
        let headers = [("Authorization", bearer.as_str()), ("Accept", "application/json, text/event-stream")];
        served::ask_as(&served.address, method, address, kind, &headers, body).unwrap()
    };
    let doubted =
        ask("GET", "/v1/quarantine", "", "").json()["versions"][0]["content"].as_str().unwrap()[..8].to_owned();
    let (mut made, mut entry) = (Vec::new(), json!(null));
    for (method, path, address, kind, sent, answered_as) in asks(&doubted) {
        let answer = ask(method, &address.replace("ENTRY", &entry.to_string()), kind, &sent);
        assert!(answer.status < 300, "{method} {address}: {answer:?}");
        if path == "/v1/screen" {
            entry = answer.json()["recording"]["entry"].clone();
        }
        made.push(example(&home, (method, path, kind, &sent), answered_as, &answer));
    }
    drop(served);
    made.extend(of_two(&home));
    let file = common::root().join("crates/server/src/describe/examples.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
        return;
    }
    let kept: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(kept.len(), made.len(), "{} is stale: run this test with UPDATE=1", file.display());
    for (kept, made) in kept.iter().zip(&made) {
        let (was, is) = (comparable(kept), comparable(made));
        let stale = format!("the example of {} {} is stale: run this test with UPDATE=1", made["method"], made["path"]);
        assert_eq!(was, is, "{stale}");
    }
}
