//! Requests that nobody sends by mistake: broken HTTP, two lengths, endless heads, depths, widths, foreign letters, doubled values.
//! Each has a defined answer, none is taken for another request, and the next caller is served.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use service::{Answer, Service, read};

const PARTY: &str = r#"{"party": {"name": "Orsolya Vanderploeg"}}"#;

/// Sends bytes as they are, and gives all that comes back until the other side ends.
fn raw(service: &Service, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    // Who is refused early may find the connection closed while it still sends.
    let _ = stream.write_all(bytes);
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    String::from_utf8_lossy(&all).into_owned()
}

fn statuses(said: &str) -> Vec<u16> {
    let lines = said.lines().filter_map(|line| line.split_once("HTTP/1.1 ").or_else(|| line.split_once("HTTP/1.0 ")));
    lines.filter_map(|(_, rest)| rest.get(..3)?.parse().ok()).collect()
}

fn is_well(service: &Service) {
    let answer = service.post("/v1/screen", PARTY);
    assert_eq!((answer.status, answer.json()["outcome"].as_str()), (200, Some("hit")), "{}", answer.text());
}

fn post(path: &str, headers: &str, body: &str) -> String {
    format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{headers}\r\n{body}")
}

#[test]
fn broken_http_is_refused_and_nothing_hides_behind_it() {
    let service = Service::open();
    let hidden = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    let long = "a".repeat(1 << 20);
    let many: String = (0..5_000).map(|n| format!("x-{n}: 1\r\n")).collect();
    for (what, request, allowed) in [
        ("two lengths", post("/v1/screen", "Content-Length: 4\r\nContent-Length: 46\r\n", PARTY), &[400_u16][..]),
        ("a length that is none", post("/v1/screen", "Content-Length: 4x\r\n", PARTY), &[400]),
        ("a negative length", post("/v1/screen", "Content-Length: -1\r\n", PARTY), &[400]),
        (
            "chunks without a size",
            post("/v1/screen", "Transfer-Encoding: chunked\r\n", &format!("zz\r\n{PARTY}\r\n0\r\n\r\n")),
            &[400],
        ),
        (
            "a chunk size beyond all",
            post("/v1/screen", "Transfer-Encoding: chunked\r\n", "fffffffffffffffff\r\nx"),
            &[400],
        ),
        ("an encoding that is none", post("/v1/screen", "Transfer-Encoding: cow\r\n", PARTY), &[400, 501]),
        ("a head that never ends", format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\nx: {long}{long}"), &[431]),
        ("too many headers", format!("GET /healthz HTTP/1.1\r\nHost: localhost\r\n{many}\r\n"), &[431]),
        ("an address that never ends", format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"), &[414, 431]),
        ("no HTTP", "\u{16}\u{3}\u{1}\u{2}\r\n\r\n".to_owned(), &[400]),
        ("a folded header", "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: 1\r\n 2\r\n\r\n".to_owned(), &[400]),
        ("a space before the colon", "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n".to_owned(), &[400]),
        (
            "a bare line feed in a value",
            "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: 1\u{0}2\r\n\r\n".to_owned(),
            &[400],
        ),
    ] {
        let said = raw(&service, format!("{request}{hidden}").as_bytes());
        let found = statuses(&said);
        // Where the request ends cannot be known, so what follows is nobody's.
        assert!(
            found.len() == 1 && allowed.contains(&found[0]),
            "{what}: {found:?} {}",
            said.get(..300).unwrap_or(&said)
        );
        is_well(&service);
    }
}

#[test]
fn two_ways_to_say_how_long_a_body_is_hide_no_request() {
    let service = Service::open();
    let inner = "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    // By its chunks the body is empty and `inner` a request; by its length `inner` is the body.
    let both = post(
        "/v1/screen",
        &format!("Transfer-Encoding: chunked\r\nContent-Length: {}\r\n", inner.len() + 5),
        &format!("0\r\n\r\n{inner}"),
    );
    let found = statuses(&raw(&service, both.as_bytes()));
    assert!(found.first().is_some_and(|status| *status == 400), "{found:?}");
    assert!(found.len() == 1, "the second is read as a request of its own: {found:?}");
}

#[test]
fn requests_in_one_piece_are_answered_in_their_order() {
    let service = Service::open();
    let mut stream = TcpStream::connect(service.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let bad = r#"{"party": {}}"#;
    let one = |body: &str| post("/v1/screen", &format!("Content-Length: {}\r\n", body.len()), body);
    let all =
        [one(PARTY), one(bad), "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".to_owned(), one(PARTY)].concat();
    stream.write_all(all.as_bytes()).unwrap();
    let mut reader = BufReader::new(stream);
    let answers: Vec<Answer> = (0..4).map(|_| read(&mut reader)).collect();
    assert_eq!(answers.iter().map(|answer| answer.status).collect::<Vec<_>>(), [200, 422, 200, 200]);
    assert_eq!(answers[0].json()["outcome"], "hit");
    assert_eq!(answers[2].json()["status"], "ok");
    assert_eq!(answers[0].body, answers[3].body);
}

#[test]
fn who_asks_first_whether_to_send_is_told() {
    let service = Service::with(|_| {});
    let expect = |authorization: &str| {
        post(
            "/v1/screen",
            &format!("{authorization}Expect: 100-continue\r\nConnection: close\r\nContent-Length: {}\r\n", PARTY.len()),
            "",
        )
    };
    let refused = raw(&service, expect("").as_bytes());
    assert_eq!(statuses(&refused), [401], "nothing of the body is asked for: {refused}");
    let open = Service::open();
    let mut stream = TcpStream::connect(open.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.write_all(expect("").as_bytes()).unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(PARTY.as_bytes()).unwrap();
    assert_eq!(read(&mut BufReader::new(stream)).status, 200);
}

#[test]
fn who_sends_a_letter_at_a_time_is_cut_off() {
    let service = Service::open();
    let begun = Instant::now();
    // The first request, and one on a connection that has had an answer.
    let fresh = TcpStream::connect(service.address).unwrap();
    let mut used = TcpStream::connect(service.address).unwrap();
    used.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
    used.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(read(&mut BufReader::new(used.try_clone().unwrap())).status, 200);
    let slow = |mut stream: TcpStream| {
        std::thread::spawn(move || {
            stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
            for letter in "GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: ".bytes().chain(std::iter::repeat(b'a')) {
                let mut rest = [0; 512];
                let is_over = match stream.read(&mut rest) {
                    Ok(0) => true,
                    Ok(_) => false,
                    Err(error) => {
                        !matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
                    }
                };
                if is_over || stream.write_all(&[letter]).is_err() || begun.elapsed() > Duration::from_secs(50) {
                    break;
                }
            }
            begun.elapsed()
        })
    };
    let (fresh, used) = (slow(fresh), slow(used));
    for (what, took) in [("a fresh connection", fresh.join().unwrap()), ("a used one", used.join().unwrap())] {
        assert!(took < Duration::from_secs(45), "{what} was held open for {took:?}");
    }
    is_well(&service);
}

#[test]
fn depths_and_widths_have_an_answer() {
    let service = Service::open();
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let deep_object = format!("{}1{}", r#"{"name":"#.repeat(5_000), "}".repeat(5_000));
    let wide = |one: &str, n: usize| vec![one; n].join(",");
    let names = (0..30_000).map(|n| format!("\"Orsolya {n}\"")).collect::<Vec<_>>().join(",");
    let fields = (0..40_000).map(|n| format!("\"x{n}\":\"1\"")).collect::<Vec<_>>().join(",");
    for (path, body, allowed) in [
        ("/v1/screen", format!(r#"{{"party": {{"name": {}}}}}"#, deep(100_000)), &[400_u16][..]),
        ("/v1/screen", format!(r#"{{"party": {{"name": {}}}}}"#, deep(100)), &[422]),
        ("/v1/screen", format!(r#"{{"party": {deep_object}}}"#), &[400]),
        ("/v1/screen", deep(400_000), &[400]),
        ("/v1/screen", format!(r#"{{"party": {{"alias": [{names}]}}}}"#), &[200, 422]),
        ("/v1/screen", format!(r#"{{"party": {{"name": "Ann Example", {fields}}}}}"#), &[422]),
        (
            "/v1/screen",
            format!(r#"{{"party": {{"name": "Ann Example"}}, "lists": [{}]}}"#, wide("\"own\"", 50_000)),
            &[400],
        ),
        ("/v1/explain", format!(r#"{{"party": {}, "list": "own", "reference": "Q-1"}}"#, deep(100_000)), &[400]),
        ("/v1/check", format!(r#"{{"facts": {{"hs": {}}}}}"#, deep(100_000)), &[400]),
        ("/v1/check", format!(r#"{{"facts": {{{fields}}}}}"#), &[422]),
        (
            "/v1/check",
            format!(r#"{{"facts": {{"parties": [{}]}}}}"#, wide(r#"{"role":"buyer","name":"Quill"}"#, 20_000)),
            &[422],
        ),
        ("/v1/keys", format!(r#"{{"name": "a", "roles": [{}]}}"#, wide("\"viewer\"", 90_000)), &[201, 400]),
        ("/mcp", deep(100_000), &[400]),
        ("/mcp", format!(r#"[{}]"#, wide(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#, 20_000)), &[400]),
    ] {
        let begun = Instant::now();
        let answer = service.post(path, &body);
        let start = body.get(..60).unwrap_or(&body);
        assert!(
            allowed.contains(&answer.status),
            "{path} {start}: {} {}",
            answer.status,
            answer.text().get(..300).unwrap_or("")
        );
        assert!(begun.elapsed() < Duration::from_secs(20), "{path} {start}: took {:?}", begun.elapsed());
    }
    let lines = format!("{{\"name\": {}}}\n{{\"name\": \"Orsolya Vanderploeg\"}}\n", deep(100_000));
    let batch = service.ask("POST", "/v1/screen/batch", &[("Content-Type", "application/x-ndjson")], lines.as_bytes());
    let said: Vec<String> = batch.text().lines().map(str::to_owned).collect();
    assert!(
        batch.whole && said.len() == 3 && said[0].contains("\"not_done\"") && said[1].contains("\"hit\""),
        "{said:?}"
    );
    is_well(&service);
}

#[test]
fn a_body_that_is_said_to_be_something_else_is_not_read_as_json() {
    let service = Service::open();
    let mut utf16 = vec![0xff, 0xfe];
    PARTY.encode_utf16().for_each(|unit| utf16.extend(unit.to_le_bytes()));
    for (headers, body, allowed) in [
        (&[("Content-Type", "application/json; charset=utf-8")][..], PARTY.as_bytes(), 200),
        (&[("Content-Type", "application/json; Charset=\"UTF-8\"")], PARTY.as_bytes(), 200),
        (&[("Content-Type", "APPLICATION/JSON")], PARTY.as_bytes(), 200),
        (&[("Content-Type", "application/json; charset=utf-16")], &utf16, 415),
        (&[("Content-Type", "application/json")], &utf16, 400),
        // Bytes of one encoding may be letters of another: a name misread would be cleared.
        (&[("Content-Type", "application/json; charset=shift_jis")], PARTY.as_bytes(), 415),
        (&[("Content-Type", "application/json; charset=iso-8859-1")], b"{\"party\": {\"name\": \"Ors\xf3lya\"}}", 415),
        (&[("Content-Type", "application/json")], b"{\"party\": {\"name\": \"Ors\xf3lya\"}}", 400),
        (&[("Content-Type", "text/plain")], PARTY.as_bytes(), 415),
        (&[("Content-Type", "application/x-www-form-urlencoded")], b"party=Orsolya", 415),
        (&[("Content-Type", "application/json"), ("Content-Type", "text/plain")], PARTY.as_bytes(), 415),
        (&[("Content-Type", "application/json"), ("Content-Encoding", "gzip")], PARTY.as_bytes(), 415),
        (&[("Content-Type", "application/json"), ("Content-Encoding", "identity")], PARTY.as_bytes(), 200),
        (&[("Content-Type", "application/json")], b"{\"party\": {\"name\": \"\\ud800\"}}", 400),
        (
            &[("Content-Type", "application/json")],
            b"{\"party\": {\"name\": \"Ann Example\"}, \"threshold\": 1e999}",
            400,
        ),
        (
            &[("Content-Type", "application/json")],
            b"{\"party\": {\"name\": \"Ann Example\"}, \"threshold\": 0.9, \"threshold\": 0.3}",
            400,
        ),
        (&[("Content-Type", "application/json")], b"{\"party\": {\"name\": \"Ann Example\"}} trailing", 400),
    ] {
        let answer = service.ask("POST", "/v1/screen", headers, body);
        assert_eq!(answer.status, allowed, "{headers:?} {}: {}", String::from_utf8_lossy(body), answer.text());
    }
    let nul = service.post("/v1/screen", r#"{"party": {"name": "Orsolya\u0000 Vanderploeg"}}"#);
    assert!(nul.status == 422 || nul.json()["outcome"] == "hit", "{}", nul.text());
}

#[test]
fn what_is_said_twice_is_not_chosen_from() {
    let service = Service::open();
    for path in [
        "/v1/screen/batch?threshold=0.9&threshold=0.3",
        "/v1/screen/batch?threshold=0.9&thre%73hold=0.3",
        "/v1/screen/batch?policy=standard&policy=broad",
    ] {
        let answer =
            service.ask("POST", path, &[("Content-Type", "application/x-ndjson")], b"{\"name\": \"Ann Example\"}\n");
        assert_eq!(answer.status, 400, "{path}: {}", answer.text());
    }
    for path in
        ["/v1/law/pages?on=2018-01-05&on=2017-01-05", "/v1/law/diff?from=2017-08-04&to=2018-01-05&to=2019-01-05"]
    {
        assert_eq!(service.get(path).status, 400, "{path}");
    }
    let twice = [("Content-Type", "application/json"), ("Idempotency-Key", "one"), ("Idempotency-Key", "two")];
    assert_eq!(service.ask("POST", "/v1/screen", &twice, PARTY.as_bytes()).status, 400, "two idempotency keys");
    let closed = Service::with(|_| {});
    let token = closed.token(&[interdict_state::Role::Viewer]);
    let keys = [("X-API-Key", token.reveal()), ("X-API-Key", "itd_other")];
    assert_eq!(closed.ask("GET", "/v1/lists", &keys[..1], b"").status, 200);
    assert_eq!(closed.ask("GET", "/v1/lists", &keys, b"").status, 401, "two keys");
}

#[test]
fn addresses_with_tricks_find_nothing_else() {
    let service = Service::open();
    for (path, allowed) in [
        ("/v1/keys/%00", &[404_u16][..]),
        ("/v1/keys/%ff", &[400]),
        ("/v1/keys/%c0%af", &[400]),
        ("/v1/keys/a%2fb", &[404]),
        ("/v1/lists/%2e%2e/history", &[404]),
        ("/v1/lists/..%2f..%2fetc%2fpasswd/history", &[404]),
        ("/v1/lists/own%00/history", &[404]),
        ("/v1/lists/own/diff?before=../../../etc/passwd", &[404]),
        ("/v1/listings/own/%00", &[404]),
        ("/v1/listings/own/../../keys", &[404]),
        ("/v1/listings/..%2f..%2f/x", &[404]),
        ("/v1/law/pages/..%2f..%2fCargo.toml", &[404]),
        ("/v1/law/pages/un/2397/5%00", &[404]),
        ("/v1/receipts/18446744073709551616", &[400]),
        ("/v1/receipts/-1", &[400]),
        ("/v1//lists", &[404]),
        ("/v1/lists/", &[404]),
        ("/V1/lists", &[404]),
        ("//v1/lists", &[404]),
        ("/v1/lists;a=b", &[404]),
        ("http://elsewhere.example/v1/lists", &[403]),
        ("http://localhost/v1/lists", &[200]),
    ] {
        let method = if path.starts_with("/v1/keys/") { "DELETE" } else { "GET" };
        let answer = service.ask(method, path, &[], b"");
        assert!(allowed.contains(&answer.status), "{path}: {} {}", answer.status, answer.text());
        assert!(!answer.text().contains("root:"), "{path}: {}", answer.text());
    }
    for odd in ["/v1/li sts", "v1/lists", "*", "/v1/lists\u{7f}", "/\u{e9}"] {
        let answered =
            raw(&service, format!("GET {odd} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes());
        let found = statuses(&answered);
        assert!(found.iter().all(|status| (400..500).contains(status)) && found.len() == 1, "{odd}: {found:?}");
    }
    is_well(&service);
}

#[test]
fn a_body_that_is_too_large_or_never_comes_is_refused_in_time() {
    let service = Service::open();
    let limit = service.app_body_bytes();
    let at = |bytes: usize| {
        let frame = r#"{"party": {"name": "Orsolya Vanderploeg", "remark": ""}}"#.len();
        format!(r#"{{"party": {{"name": "Orsolya Vanderploeg", "remark": "{}"}}}}"#, "x".repeat(bytes - frame))
    };
    assert_ne!(service.post("/v1/screen", &at(limit)).status, 413, "at the limit");
    assert_eq!(service.post("/v1/screen", &at(limit + 1)).status, 413, "beyond it");
    let mut chunked = post("/v1/screen", "Connection: close\r\nTransfer-Encoding: chunked\r\n", "");
    let piece = format!("10000\r\n{}\r\n", "x".repeat(1 << 16));
    (0..=limit >> 16).for_each(|_| chunked.push_str(&piece));
    assert_eq!(statuses(&raw(&service, chunked.as_bytes())), [413], "in pieces");
    let begun = Instant::now();
    let promised = post("/v1/screen", "Connection: close\r\nContent-Length: 99999999999\r\n", "{");
    let found = statuses(&raw(&service, promised.as_bytes()));
    assert!(
        matches!(found[..], [413 | 408]) && begun.elapsed() < Duration::from_secs(20),
        "{found:?} {:?}",
        begun.elapsed()
    );
    let never = post("/v1/screen", "Connection: close\r\nContent-Length: 46\r\n", "{");
    assert_eq!(statuses(&raw(&service, never.as_bytes())), [408]);
    is_well(&service);
}
