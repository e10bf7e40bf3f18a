//! The log at its loudest: a line for each request, and nothing of persons or secrets, whatever is asked and however it goes wrong.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::io::Write;
use std::sync::{Arc, Mutex};

use interdict_server::access::ROUTES;
use interdict_server::{Dialect, Traces};
use interdict_state::Role;
use interdict_store::Home;
use jiff::Timestamp;
use service::{LIST, Service, import};

/// What was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Bodies that hold planted values: read, misread, broken.
const BODIES: [&str; 9] = [
    r#"{"party": {"name": "Orsolya Vanderploeg", "passport": "XZ9988776", "born": "1961-02-03"}}"#,
    r#"{"party": {"name": "Orsolya Vanderploeg"}, "list": "own", "reference": "Vanderploeg"}"#,
    r#"{"facts": {"activity": "goods", "seller": "Orsolya Vanderploeg", "XZ9988776": "x"}, "on": "2018-01-05"}"#,
    r#"{"name": "Orsolya Vanderploeg", "passport": "XZ9988776"}"#,
    r#"{"name": "Orsolya Vanderploeg", "roles": ["XZ9988776"]}"#,
    r#"{"Vanderploeg": {"#,
    r#""Orsolya Vanderploeg""#,
    r#"{"queries": {"Vanderploeg": {"schema": "Person", "properties": {"name": ["Orsolya Vanderploeg"]}}}}"#,
    r#"{"queries": {"Vanderploeg": {"schema": "XZ9988776"}}}"#,
];

#[test]
fn nothing_of_persons_and_no_secret_is_logged() {
    let log = Log::default();
    let kept = log.clone();
    tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || kept.clone())
        .init();
    // A collector that is not there makes the sender of traces speak as well.
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut secrets = vec!["collector-key".to_owned(), "update-token".to_owned()];
    let mut requests = 0;
    for dialect in [None, Some(Dialect::Yente), Some(Dialect::Watchman)] {
        let folder = tempfile::tempdir().unwrap();
        import(folder.path(), "own", LIST);
        Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
        let mut service = Service::over(folder, |settings| {
            settings.compat = dialect;
            settings.update_token = Some("update-token".to_owned());
            let env = |name: &str| (name == "OTEL_EXPORTER_OTLP_HEADERS").then(|| "api-key=collector-key".to_owned());
            settings.traces = Traces::of(Some(&format!("http://{gone}")), env).unwrap();
        });
        let token = service.token(&Role::ALL).reveal().to_owned();
        let bearer = format!("Bearer {token}");
        let bad = format!("Bearer itd_{}", "Vanderploeg".repeat(4));
        let mut asked: Vec<(&str, String)> = ROUTES
            .iter()
            .map(|(method, path, _)| {
                let path = path.replace("{*page}", "Vanderploeg").replace("{*reference}", "Vanderploeg");
                let path = path.replace("{list}", "own").replace("{id}", "Vanderploeg").replace("{entry}", "1");
                (*method, format!("{path}?name=Vanderploeg&token={token}"))
            })
            .collect();
        for path in
            ["/match/default", "/reconcile/default?queries=Vanderploeg", "/Vanderploeg", "/v1/screen/Vanderploeg"]
        {
            asked.push(("POST", path.to_owned()));
        }
        for path in [
            "/search/default?q=Vanderploeg",
            "/entities/Vanderploeg",
            "/v2/search?name=Vanderploeg",
            "/v2/search?x=Vanderploeg",
        ] {
            asked.push(("GET", path.to_owned()));
        }
        asked.push(("POST", "/updatez?token=update-token".to_owned()));
        asked.push(("VANDERPLOEG", "/v1/screen".to_owned()));
        for (method, path) in &asked {
            let bodies = if *method == "POST" { &BODIES[..] } else { &BODIES[..1] };
            for body in bodies {
                for key in [&bearer, &bad] {
                    let headers = [
                        ("Authorization", key.as_str()),
                        ("Content-Type", "application/json"),
                        ("Idempotency-Key", "Vanderploeg"),
                    ];
                    let answer = service.ask(method, path, &headers, body.as_bytes());
                    assert!(answer.status != 500, "{method} {path} {body}: {}", answer.text());
                    requests += 1;
                }
            }
        }
        // A made key's token is a secret too.
        let made = service.ask(
            "POST",
            "/v1/keys",
            &[("Authorization", &bearer), ("Content-Type", "application/json")],
            br#"{"name": "payments", "roles": ["machine"]}"#,
        );
        secrets.push(made.json()["token"].as_str().unwrap().to_owned());
        secrets.push(token);
        service.end();
    }
    let log = String::from_utf8_lossy(&log.0.lock().unwrap()).to_lowercase();
    let lines = log.lines().filter(|line| line.contains("interdict_server::door") && line.contains("request")).count();
    assert!(lines >= requests && requests > 300, "{lines} lines for {requests} requests");
    assert!(log.contains("the collector of traces"), "the sender spoke");
    let planted = ["orsolya", "vanderploeg", "xz9988776", "1961-02-03"].map(str::to_owned);
    for word in planted.into_iter().chain(secrets.into_iter().map(|secret| secret.to_lowercase())) {
        let line = log.lines().find(|line| line.contains(&word));
        assert!(line.is_none(), "`{word}` is logged: {}", line.unwrap_or_default());
    }
}
