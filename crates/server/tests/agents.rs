//! The tools for agents at `/mcp` of the running service: who may call which, from where, and what is on record.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::io::BufReader;
use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use interdict_ledger::Receipt;
use interdict_server::Settings;
use interdict_state::Role;
use interdict_store::Home;
use jiff::Timestamp;
use serde_json::{Value, json};
use service::{Answer, LIST, Service, import, read};

fn with_ledger(change: impl FnOnce(&mut Settings)) -> Service {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    Service::over(folder, change)
}

/// A message as it is, called by a name, with a key, from a page.
fn send(service: &Service, host: &str, more: &[(&str, &str)], body: &str) -> Answer {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let more: String = more.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    write!(
        stream,
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-06-18\r\n{more}\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    read(&mut BufReader::new(stream))
}

fn message(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string()
}

fn tool(name: &str, arguments: &Value) -> String {
    message("tools/call", &json!({"name": name, "arguments": arguments}))
}

fn calls() -> [(&'static str, String); 4] {
    [
        ("screen", tool("screen", &json!({"party": {"name": "Orsolya Vanderploeg"}}))),
        ("explain", tool("explain", &json!({"party": {"name": "Orsolya"}, "list": "own", "reference": "Q-1"}))),
        ("check", tool("check", &json!({"facts": {"activity": "goods", "seller": "Quill", "date": "2018-01-05"}}))),
        ("law", tool("law", &json!({"what": "terms"}))),
    ]
}

#[test]
fn an_agent_with_a_key_screens_and_it_is_on_record() {
    let service = with_ledger(|_| {});
    let bearer = format!("Bearer {}", service.token(&[Role::Analyst]).reveal());
    let key = [("Authorization", bearer.as_str())];
    let client =
        json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}});
    let hello = send(&service, "127.0.0.1", &key, &message("initialize", &client));
    assert_eq!(hello.status, 200, "{}", hello.text());
    assert_eq!(hello.json()["result"]["serverInfo"]["name"], "interdict");
    assert!(hello.header("mcp-session-id").is_none(), "no session is kept");
    let noted = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    assert_eq!(send(&service, "127.0.0.1", &key, &noted).status, 202);
    let tools = send(&service, "127.0.0.1", &key, &message("tools/list", &json!({}))).json();
    let names: Vec<&str> =
        tools["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["screen", "explain", "check", "law"]);

    let answers = calls().map(|(name, call)| {
        let answer = send(&service, "localhost", &key, &call);
        assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        let result = answer.json()["result"].clone();
        assert_ne!(result["isError"], true, "{name}: {result}");
        result["structuredContent"].clone()
    });
    assert_eq!(answers[0]["outcome"], "hit");
    for (n, kind) in [(0, "screening"), (1, "screening"), (2, "decision")] {
        let entry = answers[n]["ledger"]["entry"].as_u64().unwrap();
        let receipt = service.ask("GET", &format!("/v1/receipts/{entry}"), &key, b"");
        let receipt = Receipt::parse(&receipt.body).unwrap();
        assert_eq!(receipt.answer.entry.event.kind(), kind);
        if n != 1 {
            assert_eq!(receipt.opening.unwrap().record.to_string(), answers[n]["record"].as_str().unwrap());
        }
    }
    // What cannot be read, screened or decided is an error of the tool, which reads as no answer, and is on record too.
    let long = "x".repeat(3_000);
    for (name, arguments, kind) in [
        ("screen", json!({"party": {}}), "screening"),
        ("screen", json!({"party": {"name": long}}), "screening"),
        ("explain", json!({"party": {"name": "A", "born": ["when?"]}, "list": "own", "reference": "Q-1"}), "screening"),
        ("explain", json!({"party": {"name": long}, "list": "own", "reference": "Q-1"}), "screening"),
        ("check", json!({"facts": {"date": "31.2.2018"}}), "decision"),
        ("check", json!({"facts": {"activity": "goods", "seller": long, "date": "2018-01-05"}}), "decision"),
    ] {
        let wrong = send(&service, "localhost", &key, &tool(name, &arguments)).json();
        assert_eq!(wrong["result"]["isError"], true, "{wrong}");
        let entry = wrong["result"]["structuredContent"]["ledger"]["entry"].as_u64();
        let entry = entry.unwrap_or_else(|| panic!("{name} {arguments}: {wrong}"));
        let receipt = service.ask("GET", &format!("/v1/receipts/{entry}"), &key, b"");
        let event = Receipt::parse(&receipt.body).unwrap().answer.entry.event;
        assert_eq!((event.kind(), event.answered().unwrap().outcome.as_str()), (kind, "not_done"));
    }
    // What asks about nobody is not.
    for (name, arguments) in
        [("screen", json!({"party": {"name": "A"}, "threshold": 7})), ("screen", json!({"parties": 1}))]
    {
        let wrong = send(&service, "localhost", &key, &tool(name, &arguments)).json();
        assert!(wrong["result"]["isError"] == true && wrong["result"].get("structuredContent").is_none(), "{wrong}");
    }
}

#[test]
fn a_tool_opens_to_those_who_may_use_its_route_and_to_nobody_else() {
    let service = Service::with(|_| {});
    for role in Role::ALL {
        let bearer = format!("Bearer {}", service.token(&[role]).reveal());
        for (name, call) in calls() {
            use Role::{Analyst, Auditor, ListAdmin, Machine, PolicyAdmin, Reviewer, Viewer};
            let may = match role {
                Analyst | Reviewer => true,
                Machine => name != "law",
                Viewer | ListAdmin | PolicyAdmin | Auditor => name == "law",
            };
            let answer = send(&service, "127.0.0.1", &[("Authorization", &bearer)], &call);
            assert_eq!(answer.status, if may { 200 } else { 403 }, "{role} {name}: {}", answer.text());
            assert!(
                !may || answer.header("interdict-masked").is_none(),
                "{role} {name}: nothing that it may see is covered"
            );
            assert!(may || answer.code() == "forbidden");
        }
    }
    let (_, screen) = &calls()[0];
    assert_eq!(send(&service, "127.0.0.1", &[], screen).status, 401, "without a key");
    assert_eq!(send(&service, "127.0.0.1", &[("Authorization", "Bearer itd_wrong")], screen).status, 401);
    let viewer = format!("Bearer {}", service.token(&[Role::Viewer]).reveal());
    let key = [("Authorization", viewer.as_str())];
    // What the protocol could read in another way than the door did is not passed on.
    let twice = screen.replacen("\"method\":", "\"method\":\"tools/list\",\"method\":", 1);
    let many = format!("[{screen}]");
    let unknown = tool("screen ", &json!({}));
    for odd in [twice.as_str(), &many, &unknown, "{}", "no json", ""] {
        let answer = send(&service, "127.0.0.1", &key, odd);
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{odd}: {}", answer.text());
    }
    for method in ["GET", "DELETE", "PUT"] {
        assert_eq!(service.ask(method, "/mcp", &key, b"").status, 405, "{method}");
    }
}

#[test]
fn pages_of_other_origins_and_names_that_are_not_ours_are_refused() {
    let service = Service::with(|settings| settings.hosts = vec!["screen.example".to_owned()]);
    let alone = Service::with(|_| {});
    let list = message("tools/list", &json!({}));
    for (service, host, origin, status) in [
        (&service, "screen.example", None, 200),
        (&service, "127.0.0.1", None, 200),
        (&service, "evil.example", None, 403),
        (&service, "screen.example", Some("https://evil.example"), 403),
        (&service, "screen.example", Some("null"), 403),
        (&alone, "localhost", None, 200),
        (&alone, "screen.example", None, 403),
        (&alone, "localhost", Some("http://localhost:3000"), 403),
    ] {
        let bearer = format!("Bearer {}", service.token(&[Role::Analyst]).reveal());
        let mut headers = vec![("Authorization", bearer.as_str())];
        headers.extend(origin.map(|origin| ("Origin", origin)));
        let answer = send(service, host, &headers, &list);
        assert_eq!(answer.status, status, "{host} {origin:?}: {}", answer.text());
        assert!(status == 200 || answer.code() == "forbidden" && answer.text().contains("--host"));
    }
}

#[test]
fn a_time_out_is_no_answer_and_is_on_record() {
    let service = with_ledger(|settings| settings.deadline = Duration::ZERO);
    let bearer = format!("Bearer {}", service.token(&[Role::Analyst]).reveal());
    let key = [("Authorization", bearer.as_str())];
    for (name, call) in calls() {
        let answer = send(&service, "127.0.0.1", &key, &call);
        assert_eq!((answer.status, answer.code().as_str()), (503, "timed_out"), "{name}: {}", answer.text());
        assert_eq!(answer.header("retry-after"), Some("1"));
        let Some(entry) = answer.json()["recording"]["entry"].as_u64() else {
            assert_eq!(name, "law", "the law is of nobody");
            continue;
        };
        let receipt = service.ask("GET", &format!("/v1/receipts/{entry}"), &key, b"");
        let event = Receipt::parse(&receipt.body).unwrap().answer.entry.event;
        assert_eq!(event.answered().unwrap().outcome, "timed_out");
        assert_eq!(event.kind() == "decision", name == "check");
    }
}

#[test]
fn calls_wait_in_the_queue_that_all_comparisons_wait_in() {
    let shut = with_ledger(|settings| settings.queue = 0);
    let bearer = format!("Bearer {}", shut.token(&[Role::Analyst]).reveal());
    for (name, call) in calls() {
        let answer = send(&shut, "127.0.0.1", &[("Authorization", &bearer)], &call);
        assert_eq!((answer.status, answer.code().as_str()), (503, "overloaded"), "{name}: {}", answer.text());
        assert_eq!(answer.header("retry-after"), Some("1"));
        assert!(!answer.text().contains("result"), "{}", answer.text());
    }
    let busy = Service::with(|settings| (settings.workers, settings.queue) = (1, 1));
    let bearer = format!("Bearer {}", busy.token(&[Role::Analyst]).reveal());
    let names: Vec<String> = (0..60).map(|n| format!("Orsolya Vanderploeg of House {n}")).collect();
    let call = tool("screen", &json!({"party": {"name": "Orsolya Vanderploeg", "aliases": names}}));
    let counts: Vec<(u32, u32)> = std::thread::scope(|scope| {
        let ask_all = || {
            (0..8).fold((0, 0), |(answered, turned), _| {
                let answer = send(&busy, "127.0.0.1", &[("Authorization", &bearer)], &call);
                match answer.status {
                    200 => {
                        assert_eq!(answer.json()["result"]["structuredContent"]["outcome"], "hit", "{}", answer.text());
                        (answered + 1, turned)
                    }
                    503 => {
                        assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("overloaded", Some("1")));
                        (answered, turned + 1)
                    }
                    other => panic!("{other}: {}", answer.text()),
                }
            })
        };
        let clients: Vec<_> = (0..12).map(|_| scope.spawn(ask_all)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let (answered, turned) = counts.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    eprintln!("12 agents on one thread and a queue of 1: {answered} answered, {turned} turned away");
    assert!(answered > 0 && turned > 0, "{answered} {turned}");
}
