//! What each role sees of persons: every field, in every answer that holds persons, for every role.
//!
//! Each look for a planted value is paired with the same look at what a role sees in full: a route that did not pass through the
//! redaction would give that answer, and the look finds the value there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use interdict_ledger::Receipt;
use interdict_server::{Dialect, Redaction};
use interdict_state::Role;
use interdict_store::Home;
use jiff::Timestamp;
use serde_json::{Value, json};
use service::{Answer, Service, import};

const ALL: [Role; 3] = [Role::Analyst, Role::Reviewer, Role::Machine];

/// Fields with what is planted of each in the party and in the listing, as words that stand nowhere else.
const PARTY: [(&str, &[&str]); 7] = [
    ("names", &["zebulonn", "quastenbergh"]),
    ("dates", &["1961-02-03", "02-03"]),
    ("documents", &["xz9988776"]),
    ("addresses", &["plumtree", "oxmoor"]),
    ("countries", &["\"wf\"", "wallis"]),
    ("contacts", &["planted@party.example", "5550199"]),
    ("other", &["remarkable", "cust-77"]),
];
const LISTED: [(&str, &[&str]); 6] = [
    ("names", &["zebulun", "quastenberg "]),
    ("dates", &["\"1961\""]),
    ("documents", &["ab1122334"]),
    ("addresses", &["larchwood"]),
    ("contacts", &["planted@list.example"]),
    ("other", &["noteworthy"]),
];

const LIST: &str = "id,name,type,born,tax_number,address,email,remark\n\
    L-1,Zebulun Quastenberg Elder,person,1961,AB1122334,\"9 Larchwood Lane, Alofi\",planted@list.example,noteworthy note\n";

fn party() -> Value {
    json!({"name": "Zebulonn Quastenbergh Elder", "kind": "person", "born": "1961-02-03", "country": "wf", "nationality": "wf",
        "passport": "XZ9988776", "address": "17 Plumtree Crossing", "birth_place": "Oxmoor", "email": "planted@party.example",
        "phone": "+44 20 5550199", "remark": "remarkable remark"})
}

/// Whether a planted word stands in an answer: anywhere in its bytes, in whatever case.
fn holds(answer: &Answer, word: &str) -> bool {
    let mut text = answer.text().to_lowercase().replace("quastenberg elder", "quastenberg  elder");
    text.push_str(&format!("{:?}", answer.headers).to_lowercase());
    // A packed form of evidence is searched as well.
    for packed in text.split('"').filter(|part| part.len() > 200) {
        assert!(!packed.starts_with("eyj"), "packed evidence is to be masked: {packed}");
    }
    text.contains(word)
}

struct Asked {
    what: &'static str,
    method: &'static str,
    path: &'static str,
    body: String,
}

/// A call of a tool for agents.
fn tool(what: &'static str, name: &str, arguments: &Value) -> Asked {
    let call =
        json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": {"name": name, "arguments": arguments}});
    Asked { what, method: "POST", path: "/mcp", body: call.to_string() }
}

/// The same party as an agent writes it: it has no remarks and no id.
fn agents_party() -> Value {
    json!({"name": "Zebulonn Quastenbergh Elder", "kind": "person", "born": ["1961-02-03"], "countries": ["wf"], "residence": ["wf"],
        "birth_place": "Oxmoor", "addresses": ["17 Plumtree Crossing"], "identifiers": [
        {"kind": "passport", "value": "XZ9988776"}, {"kind": "email", "value": "planted@party.example"},
        {"kind": "phone", "value": "+44 20 5550199"}]})
}

/// Every request whose answer holds persons, and some that go wrong and quote them.
fn requests() -> Vec<Asked> {
    let with = |mut party: Value, key: &str, value: Value| {
        party[key] = value;
        party
    };
    let row = |value: Value| value.to_string();
    let asked = |what, path, body| Asked { what, method: "POST", path, body };
    let lines = [
        row(with(party(), "id", json!("cust-77"))),
        row(json!({"name": ["Zebulonn Quastenbergh", 7, {}], "born": "1961-02-03"})),
        "{\"schema\": \"Zebulonn\", \"properties\": {}}".to_owned(),
        "\"Zebulonn Quastenbergh\"".to_owned(),
    ];
    vec![
        asked("screen", "/v1/screen", row(json!({"party": party(), "threshold": 0.3}))),
        asked("explain", "/v1/explain", row(json!({"party": party(), "list": "own", "reference": "L-1"}))),
        asked("batch", "/v1/screen/batch?threshold=0.3", lines.join("\n") + "\n"),
        asked(
            "check",
            "/v1/check",
            row(json!({"facts": {"activity": "goods", "hs": "2701", "parties": [
            {"role": "buyer", "name": "Zebulonn Quastenbergh Elder", "country": "wf"}]}, "on": "2018-01-05"})),
        ),
        asked("bad screen", "/v1/screen", row(json!({"party": party(), "policy": "Zebulonn Quastenbergh"}))),
        asked("bad lists", "/v1/screen", row(json!({"party": party(), "lists": ["Quastenbergh"]}))),
        asked("bad field", "/v1/screen", row(json!({"party": party(), "Zebulonn": 1}))),
        asked("bad type", "/v1/screen", row(json!({"party": party(), "threshold": "Quastenbergh"}))),
        asked("bad party", "/v1/screen", row(json!({"party": {"schema": "Zebulonn", "properties": {}}}))),
        asked("bad explain", "/v1/explain", row(json!({"party": party(), "list": "own", "reference": "Zebulonn"}))),
        asked("bad check", "/v1/check", row(json!({"facts": {"date": "Quastenbergh"}}))),
        asked("bad facts", "/v1/check", row(json!({"facts": {"Zebulonn": {"Quastenbergh": 1}}}))),
        tool("tool screen", "screen", &json!({"party": agents_party(), "threshold": 0.3})),
        tool("tool explain", "explain", &json!({"party": agents_party(), "list": "own", "reference": "L-1"})),
        tool(
            "tool check",
            "check",
            &json!({"facts": {"activity": "goods", "hs": "2701", "buyer": "Zebulonn Quastenbergh Elder",
            "buyer_country": "wf", "date": "2018-01-05"}}),
        ),
        tool("tool bad list", "screen", &json!({"party": agents_party(), "lists": ["Quastenbergh"]})),
        tool("tool bad field", "screen", &json!({"party": with(agents_party(), "Zebulonn", json!(1))})),
        tool("tool bad kind", "screen", &json!({"party": with(agents_party(), "kind", json!("Zebulonn"))})),
        tool(
            "tool bad reference",
            "explain",
            &json!({"party": agents_party(), "list": "own", "reference": "Zebulonn"}),
        ),
        tool("tool bad facts", "check", &json!({"facts": {"date": "Quastenbergh"}})),
    ]
}

fn ask(service: &Service, role: Role, asked: &Asked) -> Answer {
    let key = format!("Bearer {}", service.token(&[role]).reveal());
    let headers = [
        ("Authorization", key.as_str()),
        ("Content-Type", "application/json"),
        ("Accept", "application/json, text/event-stream"),
    ];
    service.ask(asked.method, asked.path, &headers, asked.body.as_bytes())
}

fn service(redact: &str, dialect: Option<Dialect>) -> Service {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Service::over(folder, |settings| {
        settings.redact = Redaction::parse(redact).unwrap();
        settings.compat = dialect;
        settings.hosts = vec!["test".to_owned()];
    })
}

fn settings(roles: &[Role], subject: &str, field: &str, level: &str) -> String {
    roles.iter().map(|role| format!("[{role}.{subject}]\n{field} = \"{level}\"\n")).collect()
}

#[test]
fn no_field_of_the_party_gets_through_on_any_route_for_any_role() {
    let open = service("", None);
    let full: Vec<(Asked, String)> = requests()
        .into_iter()
        .map(|asked| {
            let answer = ask(&open, Role::Machine, &asked);
            assert!(answer.header("interdict-masked").is_none());
            (asked, answer.text().to_lowercase())
        })
        .collect();
    // What is looked for is there to be found: a route past the redaction would show it.
    let found = |word: &str| full.iter().filter(|(_, text)| text.contains(word)).count();
    for (field, words) in PARTY {
        let seen = words.iter().map(|word| found(word)).max();
        assert!(seen > Some(2), "{field}: {words:?} stands in {seen:?} answers");
    }
    for (asked, text) in &full {
        assert!(text.contains("zebulonn") || text.contains("quastenbergh"), "{} quotes nobody: {text}", asked.what);
    }
    let mut looks = 0;
    for (level, field) in PARTY.iter().flat_map(|(field, _)| [("mask", *field), ("hide", *field)]) {
        let masked = service(&settings(&ALL, "party", field, level), None);
        let words = PARTY.iter().find(|(of, _)| *of == field).unwrap().1;
        for role in ALL {
            for (asked, full) in &full {
                let answer = ask(&masked, role, asked);
                for word in words {
                    looks += 1;
                    assert!(
                        !holds(&answer, word),
                        "{role} {} {level} {field}: `{word}` in {}",
                        asked.what,
                        answer.text()
                    );
                }
                assert!(answer.header("interdict-masked").unwrap().contains(&format!("party.{field}")));
                // What is not masked is there as before, where it is a field by itself.
                if asked.what == "screen" {
                    let (other, words) = PARTY.iter().find(|(of, _)| *of != field).unwrap();
                    assert!(holds(&answer, words[0]), "{other} is not masked: {}", answer.text());
                    let body = answer.json();
                    assert_eq!(
                        body["record"],
                        serde_json::from_str::<Value>(full).unwrap()["record"],
                        "of the whole answer"
                    );
                    assert_eq!(body["outcome"], "hit");
                }
                if asked.what.starts_with("tool ") {
                    // It is still a message of the protocol, and its text says what its structured answer says.
                    let (body, full) = (answer.json(), serde_json::from_str::<Value>(full).unwrap());
                    let (result, full) = (&body["result"], &full["result"]);
                    assert_eq!((&body["jsonrpc"], &body["id"]), (&json!("2.0"), &json!(7)), "{body}");
                    assert_eq!(result["isError"], full["iserror"], "{}: {body}", asked.what);
                    if result["isError"] == false {
                        let text: Value = serde_json::from_str(result["content"][0]["text"].as_str().unwrap()).unwrap();
                        assert_eq!(text, result["structuredContent"], "{}", asked.what);
                        assert_eq!(text["record"], full["structuredcontent"]["record"], "{}", asked.what);
                        assert!(!text["masked"].as_array().is_none_or(Vec::is_empty) || field == "other", "{text}");
                    } else {
                        assert!(result["content"][0]["text"].as_str().unwrap().starts_with("masked: "), "{body}");
                    }
                }
            }
        }
    }
    assert!(looks > 1_500, "{looks}");
}

fn listing(reads: &[Asked]) -> &Asked {
    reads.iter().find(|asked| asked.what == "listing").unwrap()
}

#[test]
fn no_field_of_a_list_of_ones_own_gets_through() {
    let mut reads = requests();
    reads.retain(|asked| ["screen", "explain", "batch", "tool screen", "tool explain"].contains(&asked.what));
    reads.push(Asked { what: "listing", method: "GET", path: "/v1/listings/own/L-1", body: String::new() });
    reads.push(Asked { what: "diff", method: "GET", path: "/v1/lists/own/diff?before=current", body: String::new() });
    let open = service("", None);
    let role = |asked: &Asked| if asked.method == "GET" { Role::ListAdmin } else { Role::Analyst };
    let full: Vec<String> = reads.iter().map(|asked| ask(&open, role(asked), asked).text().to_lowercase()).collect();
    for (field, words) in LISTED {
        let seen = full.iter().filter(|text| words.iter().any(|word| text.contains(word))).count();
        assert!(seen > 0, "{field}: {words:?} stands nowhere");
        let masked = service(&settings(&[Role::ListAdmin, Role::Analyst], "internal", field, "mask"), None);
        for asked in &reads {
            let answer = ask(&masked, role(asked), asked);
            for word in words {
                assert!(!holds(&answer, word), "{} {field}: `{word}` in {}", asked.what, answer.text());
            }
        }
    }
    // By default a viewer and an auditor see that there is a listing, and not whose; a published one they see.
    for role in [Role::Viewer, Role::Auditor, Role::PolicyAdmin] {
        let answer = ask(&open, role, listing(&reads));
        assert_eq!((answer.status, &answer.json()["listings"][0]["record"]), (200, &json!("L-1")), "{}", answer.text());
        for (_, words) in LISTED {
            words.iter().for_each(|word| assert!(!holds(&answer, word), "{role}: {}", answer.text()));
        }
        assert!(answer.json()["masked"].as_array().unwrap().contains(&json!("internal.names")), "{}", answer.text());
    }
    let starter = Service::over(tempfile::tempdir().unwrap(), |_| {});
    let published = Asked { what: "", method: "GET", path: "/v1/listings/starter/KPi.001", body: String::new() };
    let answer = ask(&starter, Role::Viewer, &published);
    assert!(answer.text().contains("Yun Ho-jin") && answer.header("interdict-masked").is_none(), "{}", answer.text());
    let shut = Service::over(tempfile::tempdir().unwrap(), |settings| {
        settings.redact = Redaction::parse("[viewer.listing]\nnames = \"hide\"").unwrap();
    });
    let answer = ask(&shut, Role::Viewer, &published);
    assert!(!answer.text().contains("Ho-jin") && answer.text().contains("KPi.001"), "{}", answer.text());
}

#[test]
fn other_interfaces_pass_through_the_same_place() {
    let example = json!({"schema": "Person", "properties": {"name": ["Zebulonn Quastenbergh Elder"], "birthDate": ["1961-02-03"],
        "nationality": ["wf"], "passportNumber": ["XZ9988776"], "address": ["17 Plumtree Crossing"], "notes": ["remarkable"],
        "email": ["planted@party.example"]}});
    let matched = json!({"queries": {"q": example}}).to_string();
    let bad = json!({"queries": {"q": {"schema": "Quastenbergh"}}}).to_string();
    let yente = [
        Asked { what: "match", method: "POST", path: "/match/default?threshold=0.3", body: matched },
        Asked { what: "bad match", method: "POST", path: "/match/default", body: bad },
    ];
    let watchman = [
        Asked {
            what: "search",
            method: "GET",
            path: "/v2/search?name=Zebulonn+Quastenbergh+Elder&type=person&minMatch=0.3&birthDate=1961-02-03&debug=true",
            body: String::new(),
        },
        Asked { what: "bad", method: "GET", path: "/v2/search?name=A&source=Quastenbergh", body: String::new() },
    ];
    for (dialect, asked) in [(Dialect::Yente, yente), (Dialect::Watchman, watchman)] {
        let open = service("", Some(dialect));
        for asked in &asked {
            let answer = ask(&open, Role::Machine, asked);
            assert!(answer.text().to_lowercase().contains("quastenbergh"), "{}: {}", asked.what, answer.text());
        }
        for (field, words) in PARTY {
            let masked = service(&settings(&[Role::Machine], "party", field, "mask"), Some(dialect));
            for asked in &asked {
                let answer = ask(&masked, Role::Machine, asked);
                for word in words {
                    assert!(!holds(&answer, word), "{} {field}: `{word}` in {}", asked.what, answer.text());
                }
            }
        }
        let masked = service(&settings(&[Role::Machine], "internal", "all", "mask"), Some(dialect));
        let answer = ask(&masked, Role::Machine, &asked[0]);
        for (_, words) in LISTED {
            words.iter().for_each(|word| assert!(!holds(&answer, word), "`{word}`: {}", answer.text()));
        }
        assert!(answer.text().contains("score") || answer.text().contains("match"), "{}", answer.text());
    }
}

#[test]
fn a_masked_answer_has_its_receipt_and_says_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    let service = Service::over(folder, |settings| {
        settings.redact = Redaction::parse("[machine.party]\nall = \"mask\"").unwrap();
    });
    let answer = ask(&service, Role::Machine, &requests()[0]).json();
    assert_eq!(answer["party"]["names"][0]["value"]["full"], "***", "the form stays: {answer}");
    let masked = answer["masked"].as_array().unwrap();
    assert!(masked.contains(&json!("party.names")) && !masked.contains(&json!("internal.names")), "{masked:?}");
    let key = format!("Bearer {}", service.token(&[Role::Auditor]).reveal());
    let entry = &answer["recording"]["entry"];
    let receipt = service.ask("GET", &format!("/v1/receipts/{entry}"), &[("Authorization", &key)], b"");
    let receipt = Receipt::parse(&receipt.body).unwrap();
    assert_eq!(receipt.opening.unwrap().record.to_string(), answer["record"].as_str().unwrap());
    // A problem keeps its code.
    let bad = ask(&service, Role::Machine, &requests()[4]);
    assert_eq!((bad.status, bad.code().as_str()), (400, "bad_request"));
    assert!(bad.json()["detail"].as_str().unwrap().starts_with("masked: "), "{}", bad.text());
    assert_eq!(bad.header("content-type"), Some("application/problem+json"));
}
