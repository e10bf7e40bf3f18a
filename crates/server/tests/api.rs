//! The API as its callers meet it: answers, problems, streams, the description.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::collections::BTreeSet;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use interdict_state::Role;
use serde_json::{Value, json};
use service::{LIST, Service, import};

#[test]
fn one_party_is_screened_and_explained() {
    let service = Service::open();
    let hit = service.post("/v1/screen", r#"{"party": {"name": "Orsolya Vanderploeg", "born": "1961"}}"#);
    assert_eq!(hit.status, 200, "{}", hit.text());
    let answer = hit.json();
    assert_eq!((&answer["outcome"], &answer["hits"][0]["record"]), (&json!("hit"), &json!("Q-1")));
    assert_eq!(answer["lists"][0]["list"], "own");
    assert_eq!(hit.header("content-type"), Some("application/json"));
    assert!(hit.header("x-request-id").is_some());
    let clear =
        service.post("/v1/screen", r#"{"party": {"name": "Nobody Atall"}, "threshold": 0.9, "lists": ["own"]}"#);
    assert_eq!(clear.json()["outcome"], "clear", "{}", clear.text());
    assert_eq!(clear.json()["threshold"], 0.9);

    let body = r#"{"party": {"name": "Orsolya Quill"}, "list": "own", "reference": "Q-1"}"#;
    let explained = service.post("/v1/explain", body).json();
    assert_eq!((explained.as_array().map(Vec::len), &explained[0]["listing"]["record"]), (Some(1), &json!("Q-1")));
    // JSON has one kind of numbers
    let limited = |limit: &str| {
        service.post("/v1/screen", &format!(r#"{{"party": {{"name": "Orsolya Quill"}}, "limit": {limit}}}"#))
    };
    assert_eq!((limited("1.0").status, limited("1e1").status), (200, 200), "{}", limited("1.0").text());
    assert_eq!(limited("1.0").json()["policy"], limited("1").json()["policy"]);
    assert_eq!(service.get("/v1/listings/own/Q-1").json()["listings"][0]["record"], "Q-1");
    assert_eq!(service.get("/v1/lists").json()["listings"], 3);
    assert_eq!(service.get("/v1/policies").json()[0]["name"], "standard");
}

#[test]
fn what_cannot_be_answered_is_a_problem_with_a_code() {
    let service = Service::open();
    let long = format!(r#"{{"party": {{"name": "{}"}}}}"#, "a".repeat(2 << 20));
    for (path, body, status, code) in [
        ("/v1/screen", "", 400, "bad_request"),
        ("/v1/screen", "{", 400, "bad_request"),
        ("/v1/screen", r#"{"name": "A"}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {"name": "A"}, "treshold": 0.9}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {"name": "Ann"}, "threshold": 0.1}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {"name": "Ann", "name": "Bo"}}"#, 400, "bad_request"),
        ("/v1/check", r#"{"facts": {"hs": "2701", "hs": "0101"}}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {"name": "Ann"}, "limit": 0}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {"name": "Ann"}, "limit": 1.5}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {"name": "Ann"}, "limit": 4294967296.0}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {"name": "Ann"}, "limit": "5"}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {"name": "Ann"}, "policy": "lax"}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {"name": "Ann"}, "lists": ["un-sc"]}"#, 400, "bad_request"),
        ("/v1/screen", r#"{"party": {}}"#, 422, "not_done"),
        ("/v1/screen", r#"{"party": 7}"#, 422, "not_done"),
        ("/v1/screen", &long, 413, "too_large"),
        ("/v1/screen/batch?threshold=x", "{}", 400, "bad_request"),
        ("/v1/screen/batch?name=Ann", "{}", 400, "bad_request"),
        ("/v1/explain", r#"{"party": {"name": "Ann"}, "list": "own", "reference": "Q-9"}"#, 404, "not_found"),
        ("/v1/check", r#"{"facts": {"hs": [["x"]]}}"#, 400, "bad_request"),
        ("/v1/check", r#"{"facts": {"date": "31.2.2018"}}"#, 422, "not_done"),
        ("/v1/nothing", "", 404, "not_found"),
        ("/v1/lists", "", 405, "method_not_allowed"),
    ] {
        let answer = service.post(path, body);
        let shown = &body[..body.len().min(80)];
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path} {shown}: {}", answer.text());
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{path} {shown}");
        assert!(!problem["detail"].as_str().unwrap().is_empty() && problem.get("outcome").is_none(), "{path} {shown}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{path} {shown}");
    }
    let answer = service.ask("POST", "/v1/screen", &[("Content-Type", "text/xml")], b"<a/>");
    assert_eq!((answer.status, answer.code().as_str()), (415, "unsupported_media"));
    for path in ["/v1/listings/own/Q-9", "/v1/listings/none/x", "/v1/listings/%ff/x", "/v1/law/pages/no/such"] {
        let answer = service.get(path);
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.text());
        assert!(answer.code() == "not_found" || answer.code() == "bad_request", "{path}");
    }
}

#[test]
fn a_batch_streams_in_order_and_ends_with_a_summary() {
    let service = Service::open();
    let mut body = String::new();
    for n in 0..500 {
        match n % 5 {
            0 => body.push_str(&format!("{{\"id\": \"{n}\", \"name\": \"Orsolya Vanderploeg\"}}\n")),
            1 => body.push('\n'),
            2 => body.push_str("nonsense\n"),
            _ => body.push_str(&format!("{{\"id\": \"{n}\", \"name\": \"Somebody Else\"}}\r\n")),
        }
    }
    let answer =
        service.ask("POST", "/v1/screen/batch?lists=own", &[("Content-Type", "application/x-ndjson")], body.as_bytes());
    assert_eq!((answer.status, answer.whole), (200, true));
    let text = answer.text();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 401);
    for (n, line) in lines[..400].iter().enumerate() {
        assert_eq!(line["row"], n + 1);
        let of = line["place"].as_str().unwrap().trim_start_matches("line ").parse::<usize>().unwrap() - 1;
        let status = ["hit", "", "not_done", "clear", "clear"][of % 5];
        assert_eq!(line["status"], status, "{line}");
        if status == "not_done" {
            assert!(line["error"].is_string() && line.get("screening").is_none());
        } else {
            assert_eq!(line["id"], of.to_string());
        }
    }
    let summary = &lines[400]["summary"];
    assert_eq!([&summary["rows"], &summary["hit"], &summary["clear"], &summary["not_done"]], [400, 100, 200, 100]);
    assert_eq!(summary["records"].as_str().map(str::len), Some(64));
}

#[test]
fn a_batch_that_breaks_off_does_not_look_whole() {
    let service = Service::open();
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = "POST /v1/screen/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{\"name\": \"Orsolya Vanderploeg\"}\n{\"na";
    stream.write_all(head.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let answer = service::read(&mut std::io::BufReader::new(stream));
    assert!(!answer.whole && !answer.text().contains("summary"), "{}", answer.text());
}

#[test]
fn lists_are_replaced_while_it_runs() {
    let service = Service::open();
    let party = r#"{"party": {"name": "Wilhelmina Dogberry"}}"#;
    assert_eq!(service.post("/v1/screen", party).json()["outcome"], "clear");
    import(service.folder.path(), "own", &format!("{LIST}Q-4,Wilhelmina Dogberry,person,,\n"));
    let until = Instant::now() + Duration::from_secs(60);
    while service.post("/v1/screen", party).json()["outcome"] != "hit" {
        assert!(Instant::now() < until, "the new list is not in use");
        std::thread::sleep(Duration::from_millis(20));
    }
    // a home folder that has lost its lists does not clear everybody
    std::fs::remove_file(service.folder.path().join("current.json")).unwrap();
    while service.get("/v1/status").json()["reload_error"].is_null() {
        assert!(Instant::now() < until, "nobody noticed");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(service.post("/v1/screen", party).json()["outcome"], "hit");
}

#[test]
fn it_says_whether_it_may_be_asked() {
    let service = Service::open();
    assert_eq!(service.get("/healthz").json()["status"], "ok");
    assert_eq!((service.get("/readyz").status, &service.get("/readyz").json()["ready"]), (200, &json!(true)));
    let status = service.get("/v1/status").json();
    assert_eq!(
        (&status["listings"], &status["self_hit"]["tested"], &status["starter"]),
        (&json!(3), &json!(3), &json!(false))
    );
    service.post("/v1/screen", r#"{"party": {"name": "Orsolya Vanderploeg"}}"#);
    let metrics = service.get("/metrics").text();
    assert!(
        metrics.contains("interdict_screened_total{outcome=\"hit\"} 1") && metrics.ends_with("# EOF\n"),
        "{metrics}"
    );
    assert!(!metrics.contains("Vanderploeg"));
    assert_is_openmetrics(&metrics);

    // the starter list finds, but it clears nobody: not ready, and each answer says so
    let starter = Service::over(tempfile::tempdir().unwrap(), |settings| {
        settings.anonymous = interdict_state::Role::ALL.to_vec();
    });
    let ready = starter.get("/readyz");
    assert_eq!(ready.status, 503);
    assert!(ready.json()["reasons"][0].as_str().unwrap().contains("starter list"), "{}", ready.text());
    assert_eq!(starter.post("/v1/screen", r#"{"party": {"name": "Nobody"}}"#).json()["starter"], true);

    // too old, or of unknown age
    let old = Service::with(|settings| settings.max_age_days = Some(3));
    assert!(old.get("/readyz").json()["reasons"][0].as_str().unwrap().contains("no day of publication"));
}

#[test]
fn the_law_is_served() {
    let service = Service::open();
    let pages = service.get("/v1/law/pages?below=un/&on=2018-01-05").json();
    let id = pages[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(service.get(&format!("/v1/law/pages/{id}")).json()["id"], id.as_str());
    for path in ["/v1/law/terms", "/v1/law/coverage", "/v1/law/caps", "/v1/law/diff?from=2017-08-04&to=2018-01-05"] {
        let answer = service.get(path);
        assert!(answer.status == 200 && !answer.json().as_array().unwrap().is_empty(), "{path}: {}", answer.text());
    }
    let body = r#"{"facts": {"activity": "goods", "hs": "2701", "origin": "kp", "from": "kp", "seller": "Mine", "seller_country": "kp"},
        "on": "2018-01-05", "law": ["un"]}"#;
    let decided = service.post("/v1/check", body);
    assert_eq!(decided.json()["verdict"], "prohibited", "{}", decided.text());
}

/// Every answer has the fields that the description says, and no others.
#[test]
fn the_description_describes_the_answers() {
    let service = Service::open();
    let described = service.get("/openapi.json");
    let doc = described.json();
    assert_eq!(doc["openapi"], "3.1.0");
    let schema = |name: &str| {
        let of = &doc["components"]["schemas"][name];
        assert!(of.is_object(), "no schema {name}");
        let names = |fields: &Value| -> BTreeSet<String> {
            fields.as_object().map(|fields| fields.keys().cloned().collect()).unwrap_or_default()
        };
        let required: BTreeSet<String> =
            of["required"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        (names(&of["properties"]), required)
    };
    let party = r#"{"party": {"name": "Orsolya Vanderploeg"}}"#;
    let screened = service.post("/v1/screen", party).json();
    let explained =
        service.post("/v1/explain", r#"{"party": {"name": "Ann"}, "list": "own", "reference": "Q-1"}"#).json();
    let decided = service.post("/v1/check", r#"{"facts": {"activity": "goods"}, "on": "2018-01-05"}"#).json();
    for (name, value) in [
        ("ScreeningAnswer", &screened),
        ("HitAnswer", &screened["hits"][0]),
        ("VersionAnswer", &screened["lists"][0]),
        ("ComparisonAnswer", &explained[0]),
        ("CheckAnswer", &decided),
        ("ListsAnswer", &service.get("/v1/lists").json()),
        ("Status", &service.get("/v1/status").json()),
        ("Problem", &service.post("/v1/screen", "").json()),
    ] {
        let (known, required) = schema(name);
        let found: BTreeSet<String> =
            value.as_object().unwrap_or_else(|| panic!("{name}: {value}")).keys().cloned().collect();
        assert!(
            found.is_subset(&known),
            "{name}: {:?} are not described",
            found.difference(&known).collect::<Vec<_>>()
        );
        assert!(
            required.is_subset(&found),
            "{name}: {:?} are missing",
            required.difference(&found).collect::<Vec<_>>()
        );
    }
    for (path, item) in doc["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            for status in ["400", "401", "403", "404", "413", "415", "422", "429", "500", "503"] {
                assert!(responses.contains_key(status), "{method} {path} does not declare {status}");
            }
            assert!(operation["summary"].is_string(), "{method} {path} has no summary");
        }
    }
}

#[test]
fn a_batch_whose_answers_nobody_takes_is_given_up_and_makes_room() {
    let service = Service::with(|settings| {
        settings.anonymous = Role::ALL.to_vec();
        settings.batches = 1;
        settings.piece = Duration::from_millis(500);
    });
    let rows = "{\"name\": \"Orsolya Vanderploeg\"}\n".repeat(40_000);
    let mut stream = TcpStream::connect(service.address).unwrap();
    let head = format!("POST /v1/screen/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", rows.len());
    let mut sender = stream.try_clone().unwrap();
    let sent = std::thread::spawn(move || {
        drop(sender.write_all(head.as_bytes()).and_then(|()| sender.write_all(rows.as_bytes())))
    });
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut begins = [0; 12];
    std::io::Read::read_exact(&mut stream, &mut begins).unwrap();
    assert_eq!(&begins, b"HTTP/1.1 200");
    let other = "{\"name\": \"Somebody Else\"}\n";
    assert_eq!(service.post("/v1/screen/batch", other).status, 503, "there is room for one");
    let begun = Instant::now();
    // nobody reads: after a while there is room for another
    while service.post("/v1/screen/batch", other).status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(60), "the batch keeps its place for good");
        std::thread::sleep(Duration::from_millis(50));
    }
    // And its connection goes, though it still takes nothing.
    let ours = stream.local_addr().unwrap().port();
    while cfg!(target_os = "linux") && is_established(service.address.port(), ours) {
        assert!(begun.elapsed() < Duration::from_secs(60), "its connection stays for good");
        std::thread::sleep(Duration::from_millis(50));
    }
    let mut all = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut all);
    let _ = sent.join();
    // Whatever of it arrives has no end.
    let text = String::from_utf8_lossy(&all);
    assert!(!text.contains("{\"summary\"") && !text.ends_with("0\r\n\r\n"), "it looks whole");
}

/// Whether the system has a connection from one port of this machine to the other, as the end at `from` sees it.
fn is_established(from: u16, to: u16) -> bool {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let ends = (format!(":{from:04X}"), format!(":{to:04X}"));
    table.lines().skip(1).any(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        fields[1].ends_with(&ends.0) && fields[2].ends_with(&ends.1) && fields[3] == "01"
    })
}

/// What OpenMetrics 1.0 asks of a text, as far as we write it: each family once, with its type and meaning before its numbers, all of
/// them together; a unit where the name has one; counters that end in `_total`; classes of a histogram that grow up to its count; one end.
fn assert_is_openmetrics(text: &str) {
    let body = text.strip_suffix("# EOF\n").unwrap();
    let mut seen = std::collections::BTreeSet::new();
    for family in body.split("# TYPE ").skip(1) {
        let mut lines = family.lines();
        let (name, sort) = lines.next().unwrap().split_once(' ').unwrap();
        assert!(seen.insert(name), "{name} twice");
        if let Some(unit) = ["seconds", "bytes"].into_iter().find(|unit| name.ends_with(&format!("_{unit}"))) {
            assert_eq!(lines.next().unwrap(), format!("# UNIT {name} {unit}"));
        }
        let help = lines.next().unwrap().strip_prefix(&format!("# HELP {name} ")).unwrap_or_else(|| panic!("{family}"));
        assert!(help.len() > 5, "{family}");
        let mut last: Option<(String, f64)> = None;
        for line in lines {
            let (sample, value) = line.rsplit_once(' ').unwrap();
            let value: f64 = value.parse().unwrap();
            let suffix = sample.split('{').next().unwrap().strip_prefix(name).unwrap_or_else(|| panic!("{line}"));
            let allowed: &[&str] = match sort {
                "counter" => &["_total"],
                "gauge" => &[""],
                "info" => &["_info"],
                "histogram" => &["_bucket", "_count", "_sum"],
                other => panic!("{other}"),
            };
            assert!(allowed.contains(&suffix) && value >= 0.0, "{line}");
            let Some((labels, _)) = sample.split_once("le=\"").filter(|_| suffix == "_bucket") else {
                if let Some((_, top)) = last.take() {
                    assert_eq!((suffix, value), ("_count", top), "{line}");
                }
                continue;
            };
            let before = last.replace((labels.to_owned(), value));
            assert!(before.is_none_or(|(same, less)| same == labels && less <= value), "{line}");
        }
    }
    assert!(seen.len() >= 14 && body.starts_with("# TYPE "), "{seen:?}");
}
