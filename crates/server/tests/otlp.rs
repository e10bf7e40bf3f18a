//! Traces: a collector on a port gets what a request waited for, a dead one costs nobody anything, nothing of persons leaves.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use interdict_server::Traces;
use interdict_state::Role;
use interdict_store::Home;
use jiff::Timestamp;
use service::{LIST, Service, import};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00f067aa0ba902b7";

/// Heads and bodies that a collector got.
type Got = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

/// A collector that answers with a status.
fn collector(status: &'static str) -> (SocketAddr, Got) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = listener.local_addr().unwrap();
    let got = Got::default();
    let kept = Arc::clone(&got);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            loop {
                let (mut head, mut length, mut line) = (String::new(), 0, String::new());
                while reader.read_line(&mut line).unwrap_or(0) > 2 {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    head.push_str(&line);
                    line.clear();
                }
                if head.is_empty() {
                    break;
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                kept.lock().unwrap().push((head, body));
                write!(reader.get_mut(), "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n").unwrap();
            }
        }
    });
    (at, got)
}

/// Names of fields by number, the least that is needed to find one's way: a message's fields in their order.
fn fields(bytes: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut at = 0;
    let varint = |at: &mut usize| {
        let (mut number, mut shift) = (0u64, 0);
        loop {
            let byte = bytes[*at];
            *at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte < 0x80 {
                return number;
            }
        }
    };
    let mut out = Vec::new();
    while at < bytes.len() {
        let key = varint(&mut at);
        let value = match key & 7 {
            0 => varint(&mut at).to_le_bytes().to_vec(),
            1 => {
                at += 8;
                bytes[at - 8..at].to_vec()
            }
            2 => {
                let length = usize::try_from(varint(&mut at)).unwrap();
                at += length;
                bytes[at - length..at].to_vec()
            }
            other => panic!("wire type {other}"),
        };
        out.push((key >> 3, value));
    }
    out
}

fn only(fields: &[(u64, Vec<u8>)], number: u64) -> Vec<u8> {
    fields.iter().find(|(field, _)| *field == number).map(|(_, value)| value.clone()).unwrap_or_default()
}

/// Spans by name: trace, span, parent, begin and end.
struct Seen {
    trace: Vec<u8>,
    id: Vec<u8>,
    parent: Vec<u8>,
    begun: u64,
    ended: u64,
}

fn spans(got: &Got) -> BTreeMap<String, Seen> {
    let mut out = BTreeMap::new();
    for (_, body) in got.lock().unwrap().iter() {
        let resource = only(&fields(body), 1);
        let scope = only(&fields(&resource), 2);
        for (_, span) in fields(&scope).into_iter().filter(|(field, _)| *field == 2) {
            let of = fields(&span);
            let time = |number| u64::from_le_bytes(only(&of, number).try_into().unwrap());
            let name = String::from_utf8(only(&of, 5)).unwrap();
            let seen =
                Seen { trace: only(&of, 1), id: only(&of, 2), parent: only(&of, 4), begun: time(7), ended: time(8) };
            out.insert(name, seen);
        }
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn traced(at: &str, key: &str) -> Service {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    Service::over(folder, |settings| {
        settings.anonymous = Role::ALL.to_vec();
        let env = |name: &str| (name == "OTEL_EXPORTER_OTLP_HEADERS").then(|| format!("api-key={key}"));
        settings.traces = Traces::of(Some(at), env).unwrap();
    })
}

fn metric(service: &Service, name: &str) -> u64 {
    let text = service.get("/metrics").text();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}: {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

fn until(what: &str, is: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !is() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_collector_gets_what_a_request_waited_for_and_nothing_of_persons() {
    let (at, got) = collector("200 OK");
    let mut service = traced(&format!("http://{at}"), "planted-key");
    let parent = format!("00-{TRACE}-{PARENT}-01");
    let headers = [("traceparent", parent.as_str()), ("Content-Type", "application/json")];
    let body = br#"{"party": {"name": "Orsolya Vanderploeg", "passport": "XZ9988776"}}"#;
    assert_eq!(service.ask("POST", "/v1/screen?Vanderploeg", &headers, body).status, 200);
    service.post(
        "/v1/explain",
        r#"{"party": {"name": "Orsolya Vanderploeg"}, "list": "own", "reference": "Vanderploeg"}"#,
    );
    service.ask("POST", "/v1/screen/batch", &[], b"{\"name\": \"Orsolya Vanderploeg\"}\n");
    service.get("/v1/listings/own/Vanderploeg");
    service.get("/Vanderploeg");
    let refused = format!("00-{TRACE}-{PARENT}-00");
    service.ask("GET", "/v1/policies", &[("traceparent", &refused)], b"");
    service.end();
    let seen = spans(&got);
    let names: Vec<&str> = seen.keys().map(String::as_str).collect();
    let request = &seen["POST /v1/screen"];
    assert_eq!(
        (hex(&request.trace).as_str(), hex(&request.parent).as_str()),
        (TRACE, PARENT),
        "the caller's trace goes on"
    );
    for name in ["GET /v1/listings/{list}/{*reference}", "POST /v1/screen/batch", "POST /v1/explain", "GET -", "batch"]
    {
        assert!(seen.contains_key(name), "no {name} in {names:?}");
    }
    assert!(!seen.contains_key("GET /v1/policies"), "its caller does not want it recorded: {names:?}");
    // Spans of one name are many; those of the first request are found by its trace.
    let mut inside = Vec::new();
    for (head, body) in got.lock().unwrap().iter() {
        assert!(
            head.starts_with("POST /v1/traces ") && head.to_ascii_lowercase().contains("api-key: planted-key"),
            "{head}"
        );
        assert!(head.to_ascii_lowercase().contains("content-type: application/x-protobuf"), "{head}");
        let text = String::from_utf8_lossy(body).to_lowercase();
        for word in ["orsolya", "vanderploeg", "xz9988776", "planted-key"] {
            assert!(!text.contains(word), "`{word}` left the service: {text}");
        }
        let scope = only(&fields(&only(&fields(body), 1)), 2);
        for (_, span) in fields(&scope).into_iter().filter(|(field, _)| *field == 2) {
            let of = fields(&span);
            if only(&of, 4) == request.id {
                inside.push(String::from_utf8(only(&of, 5)).unwrap());
            }
        }
    }
    inside.sort();
    assert_eq!(inside, ["compare", "ledger", "queue"]);
    for name in ["queue", "compare", "ledger"] {
        let span = &seen[name];
        assert!(span.begun > 1_600_000_000_000_000_000 && span.begun <= span.ended, "{name}");
    }
    judged(&got);
}

/// The published package of the protocol reads what was sent. Skips, loudly, where there is no Python or no way to PyPI.
fn judged(got: &Got) {
    const PACKAGE: &str = "opentelemetry-proto";
    const SCRIPT: &str = "import sys
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as R
r = R(); r.ParseFromString(sys.stdin.buffer.read())
rs = r.resource_spans[0]
print('resource', sorted((a.key, a.value.string_value) for a in rs.resource.attributes))
for s in rs.scope_spans[0].spans:
    print('span', s.name, s.kind, len(s.trace_id), len(s.span_id), s.end_time_unix_nano >= s.start_time_unix_nano > 0,
          [(a.key, a.value.string_value or a.value.int_value) for a in s.attributes])
";
    let folder = tempfile::tempdir().unwrap();
    let Some(python) = interdict_testkit::python(folder.path(), &[PACKAGE]) else { return };
    let mut text = String::new();
    for (_, body) in got.lock().unwrap().iter() {
        let mut child = Command::new(&python)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(body).unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        text.push_str(&String::from_utf8_lossy(&output.stdout));
    }
    assert!(text.contains("('service.name', 'interdict')"), "{text}");
    // SPAN_KIND_SERVER is 2, SPAN_KIND_INTERNAL is 1.
    assert!(text.contains("span POST /v1/screen 2 16 8 True [('http.request.method', 'POST'), ('http.route', '/v1/screen'), ('http.response.status_code', 200)"), "{text}");
    assert!(text.contains("span queue 1 16 8 True []"), "{text}");
}

#[test]
fn a_dead_collector_costs_nobody_anything_and_is_counted() {
    // Nobody listens at the port of a listener that is gone; the other takes connections and never answers.
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    for at in [gone, silent.local_addr().unwrap()] {
        let mut service = traced(&format!("http://{at}"), "planted-key");
        let begun = Instant::now();
        for _ in 0..1_500 {
            let answer = service.get("/healthz");
            assert_eq!(answer.status, 200);
        }
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(60), "{took:?} for requests that need none of it");
        for _ in 0..400 {
            assert_eq!(service.post("/v1/screen", r#"{"party": {"name": "Orsolya Vanderploeg"}}"#).status, 200);
        }
        until("nothing was dropped or given up", || {
            metric(&service, "interdict_trace_spans_total{outcome=\"dropped\"}")
                + metric(&service, "interdict_trace_spans_total{outcome=\"failed\"}")
                > 0
        });
        assert_eq!(metric(&service, "interdict_trace_spans_total{outcome=\"sent\"}"), 0);
        let begun = Instant::now();
        service.end();
        assert!(begun.elapsed() < Duration::from_secs(15), "the end waits for no collector: {:?}", begun.elapsed());
    }
}

#[test]
fn without_an_address_there_is_no_trace_and_no_count() {
    let service = Service::open();
    assert!(!service.get("/metrics").text().contains("interdict_trace_spans"));
    // One that refuses is asked once for each part, and counted.
    let (at, got) = collector("400 Bad Request");
    let service = traced(&format!("http://{at}"), "k");
    service.get("/healthz");
    until("it is not counted", || metric(&service, "interdict_trace_spans_total{outcome=\"failed\"}") > 0);
    assert!(!got.lock().unwrap().is_empty());
}
