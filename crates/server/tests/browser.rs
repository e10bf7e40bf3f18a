//! Pages that somebody on the machine has open in a browser, against a service that asks nobody for a key: pages of other sites, and
//! names that were made to lead to loopback (DNS rebinding). And what every answer tells a browser.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::io::{BufReader, Write};
use std::net::TcpStream;

use interdict_server::Dialect;
use interdict_state::Role;
use service::{Answer, Service, read};

const PARTY: &str = r#"{"party": {"name": "Orsolya Vanderploeg"}}"#;

/// A request as it is, called by a name.
fn called(service: &Service, method: &str, path: &str, headers: &str, body: &str) -> Answer {
    let mut stream = TcpStream::connect(service.address).unwrap();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}")
        .unwrap();
    read(&mut BufReader::new(stream))
}

fn screened(service: &Service, headers: &str) -> Answer {
    called(service, "POST", "/v1/screen", headers, PARTY)
}

#[test]
fn a_name_made_to_lead_here_opens_nothing_without_a_key() {
    let service = Service::with(|settings| {
        settings.anonymous = Role::ALL.to_vec();
        settings.hosts = vec!["screening.example".to_owned()];
    });
    for ours in ["localhost", "127.0.0.1:8080", "[::1]:8080", "LOCALHOST", "screening.example:8443"] {
        let answer = screened(&service, &format!("Host: {ours}\r\n"));
        assert_eq!(answer.status, 200, "{ours}: {}", answer.text());
    }
    let token = service.token(&[Role::Machine, Role::PolicyAdmin]);
    let token = token.reveal();
    for other in
        ["attacker.example", "127.0.0.1.nip.io:8080", "localhost.attacker.example", "10.0.0.7:8080", "x@localhost"]
    {
        let host = format!("Host: {other}\r\n");
        let answer = screened(&service, &host);
        assert!(
            answer.status == 403 && answer.text().contains("hint") || answer.status == 400,
            "{other}: {}",
            answer.text()
        );
        assert!(!answer.text().contains("Orsolya"), "{other}");
        for (method, path) in
            [("GET", "/v1/status"), ("GET", "/v1/keys"), ("POST", "/v1/keys"), ("GET", "/v1/me"), ("GET", "/metrics")]
        {
            let answer = called(&service, method, path, &host, "");
            assert!([400, 403].contains(&answer.status), "{method} {path} as {other}: {}", answer.text());
        }
        // What tells nothing of anybody is told by any name, so that probes are.
        assert!([200, 400].contains(&called(&service, "GET", "/healthz", &host, "").status));
        // A page knows no key; whoever has one may come by any name, as through a proxy.
        let with_key = screened(&service, &format!("{host}X-API-Key: {token}\r\n"));
        assert!([200, 400].contains(&with_key.status), "{other}: {}", with_key.text());
    }
    let absolute = called(&service, "GET", "http://attacker.example/v1/status", "Host: localhost\r\n", "");
    assert_eq!(absolute.status, 403, "{}", absolute.text());
}

#[test]
fn a_page_of_another_site_opens_nothing_without_a_key() {
    let service = Service::open();
    let address = service.address;
    for own in [
        String::new(),
        format!("Origin: http://{address}\r\n"),
        format!("Origin: http://{address}\r\nSec-Fetch-Site: same-origin\r\n"),
        "Sec-Fetch-Site: none\r\n".to_owned(),
    ] {
        assert_eq!(screened(&service, &format!("Host: {address}\r\n{own}")).status, 200, "{own}");
    }
    for other in [
        "Origin: http://attacker.example\r\n",
        "Origin: null\r\n",
        "Origin: http://localhost:3000\r\n",
        "Origin: \r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
        "Sec-Fetch-Site: none\r\nSec-Fetch-Site: cross-site\r\n",
    ] {
        // What a form or a script may send without asking first: no kind, or one of text.
        for kind in ["", "Content-Type: application/json\r\n"] {
            let answer = screened(&service, &format!("Host: {address}\r\n{kind}{other}"));
            assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{other}: {}", answer.text());
        }
    }
    // A browser asks first whether it may: it may not, and no answer names who may.
    let asked =
        format!("Host: {address}\r\nOrigin: http://attacker.example\r\nAccess-Control-Request-Method: POST\r\n");
    for path in ["/v1/screen", "/v1/keys", "/healthz"] {
        let answer = called(&service, "OPTIONS", path, &asked, "");
        assert_eq!(answer.status, 405, "{path}: {}", answer.text());
        let allows = answer.headers.iter().any(|(name, _)| name.to_ascii_lowercase().starts_with("access-control-"));
        assert!(!allows, "{path}: {:?}", answer.headers);
    }
}

#[test]
fn another_interface_is_closed_to_pages_too() {
    for dialect in [Dialect::Yente, Dialect::Watchman] {
        let service = Service::with(|settings| {
            settings.anonymous = vec![Role::Machine];
            settings.compat = Some(dialect);
        });
        let path = match dialect {
            Dialect::Yente => "/search/default?q=Orsolya",
            Dialect::Watchman => "/v2/search?name=Orsolya&type=person",
        };
        assert_eq!(called(&service, "GET", path, "Host: localhost\r\n", "").status, 200);
        for page in ["Host: attacker.example\r\n", "Host: localhost\r\nOrigin: http://attacker.example\r\n"] {
            let answer = called(&service, "GET", path, page, "");
            assert_eq!(answer.status, 403, "{page}: {}", answer.text());
        }
    }
}

#[test]
fn every_answer_tells_a_browser_to_keep_it_to_itself() {
    let service = Service::with(|settings| settings.anonymous = vec![Role::Machine]);
    for (method, path, body) in [
        ("GET", "/healthz", ""),
        ("GET", "/readyz", ""),
        ("GET", "/openapi.json", ""),
        ("GET", "/metrics", ""),
        ("POST", "/v1/screen", PARTY),
        ("POST", "/v1/screen", "{"),
        ("POST", "/v1/screen/batch", "{\"name\": \"Orsolya Vanderploeg\"}\n"),
        ("GET", "/v1/keys", ""),
        ("PUT", "/v1/keys", ""),
        ("GET", "/nowhere", ""),
        ("GET", "/auth/login", ""),
        ("GET", "/auth/callback?error=x", ""),
    ] {
        let answer = called(&service, method, path, "Host: localhost\r\n", body);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            let told: Vec<&str> = answer
                .headers
                .iter()
                .filter(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.as_str())
                .collect();
            assert_eq!(told, [value], "{method} {path}: {name}");
        }
        assert!(answer.header("content-encoding").is_none(), "what is secret beside what a caller chose is not packed");
        if !["/openapi.json", "/healthz", "/readyz"].contains(&path) {
            assert_eq!(answer.header("cache-control"), Some("no-store"), "{method} {path}");
        }
    }
}
