//! Webhooks against a real server on loopback that answers well, badly, late, elsewhere or not at all.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::net::TcpListener;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use common::client;
use interdict_fetch::webhook::{Delivered, Post, Reach, Secret, Tries, Undelivered};
use interdict_fetch::{Client, Url};
use interdict_testkit::http::{Server, respond};
use interdict_testkit::webhook::trusted;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const BODY: &str = r#"{"type":"monitor.test","data":{"name":"Анна"}}"#;

fn deliver(client: &Client, url: &Url, attempts: u32) -> (Result<Delivered, Undelivered>, Vec<Duration>) {
    let secrets = Secret::parse_all(SECRET).unwrap();
    let post = Post { url, id: "evt_1", body: BODY.as_bytes(), secrets: &secrets };
    let deadline = Instant::now() + Duration::from_secs(30);
    let tries = Tries { attempts, pause: Duration::from_millis(20), deadline };
    let waits = Mutex::new(Vec::new());
    let done = client.deliver(&post, &tries, &|_, wait| waits.lock().unwrap().push(wait));
    (done, waits.into_inner().unwrap())
}

fn to(server: &Server) -> Url {
    common::at(server, "/hook?team=3")
}

/// Says one status after another; the last one stays.
fn says(statuses: &'static [(&'static str, &'static [(&'static str, &'static str)])]) -> Server {
    Server::start(move |_, number, stream| {
        let (status, headers) = statuses[(number - 1).min(statuses.len() - 1)];
        respond(stream, status, headers, b"no  thanks\n");
    })
}

#[test]
fn an_event_arrives_once_with_a_signature_that_others_can_check() {
    let server = says(&[("200 OK", &[])]);
    let (done, waits) = deliver(&client(|_| {}), &to(&server), 4);
    assert_eq!((done.unwrap(), waits.len()), (Delivered { status: 200, attempts: 1 }, 0));
    let asked = server.asked();
    assert_eq!((asked.len(), asked[0].path.as_str()), (1, "/hook?team=3"));
    assert_eq!(trusted(&asked[0], SECRET), ("evt_1".to_owned(), BODY.to_owned()));
}

#[test]
fn trouble_of_the_moment_is_tried_again_with_the_same_id() {
    let server = says(&[("500 Internal Server Error", &[]), ("503 Busy", &[]), ("204 No Content", &[])]);
    let (done, waits) = deliver(&client(|_| {}), &to(&server), 4);
    assert_eq!(done.unwrap(), Delivered { status: 204, attempts: 3 });
    assert!(waits.len() == 2 && waits[1] > waits[0].mul_f64(0.9), "{waits:?}");
    let all: Vec<_> = server.asked().iter().map(|asked| trusted(asked, SECRET)).collect();
    assert_eq!(all, vec![("evt_1".to_owned(), BODY.to_owned()); 3]);
}

#[test]
fn a_receiver_that_names_a_time_is_left_alone_until_then() {
    let server = says(&[("429 Too Many Requests", &[("Retry-After", "1")]), ("200 OK", &[])]);
    let start = Instant::now();
    let (done, waits) = deliver(&client(|_| {}), &to(&server), 4);
    assert_eq!((done.unwrap().attempts, waits), (2, vec![Duration::from_secs(1)]));
    assert!(start.elapsed() >= Duration::from_secs(1));
    // longer than we have: it is told, and not waited for
    let server = says(&[("429 Too Many Requests", &[("Retry-After", "3600")])]);
    let failed = deliver(&client(|_| {}), &to(&server), 4).0.unwrap_err();
    assert_eq!((failed.attempts, failed.retry_after_s(), failed.reach()), (1, Some(3600), Reach::Receiver));
    assert_eq!(server.asked().len(), 1);
}

#[test]
fn attempts_end() {
    let server = says(&[("500 Internal Server Error", &[])]);
    let failed = deliver(&client(|_| {}), &to(&server), 3).0.unwrap_err();
    assert_eq!((failed.attempts, server.asked().len()), (3, 3));
    let text = failed.to_string();
    assert!(text.contains("the receiver answers `500 Internal Server Error`: no thanks\nhint: "), "{text}");
    assert!(text.contains("/hook?team=…: ") && !text.contains("team=3"), "{text}");
}

#[test]
fn what_no_repetition_mends_is_not_repeated() {
    for (status, reach, part) in [
        ("400 Bad Request", Reach::Event, "400 Bad Request"),
        ("401 Unauthorized", Reach::Receiver, "same secret"),
        ("404 Not Found", Reach::Receiver, "404"),
        ("410 Gone", Reach::Receiver, "wants no more"),
    ] {
        let server = Server::start(move |_, _, stream| respond(stream, status, &[], b""));
        let failed = deliver(&client(|_| {}), &to(&server), 4).0.unwrap_err();
        assert_eq!((failed.attempts, failed.reach(), server.asked().len()), (1, reach, 1), "{status}");
        assert!(failed.to_string().contains(part), "{failed}");
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let other = says(&[("200 OK", &[])]);
    let location = other.url("/else");
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let location = location.clone();
        let server = Server::start(move |_, _, stream| respond(stream, status, &[("Location", &location)], b""));
        let failed = deliver(&client(|_| {}), &to(&server), 4).0.unwrap_err();
        assert!(failed.to_string().contains("a redirect is not followed"), "{failed}");
        assert_eq!((failed.attempts, other.asked().len()), (1, 0), "{status}");
    }
}

#[test]
fn a_receiver_that_is_silent_or_dead_costs_a_bounded_time() {
    let silent = Server::start(|_, _, _| std::thread::sleep(Duration::from_secs(10)));
    let quick = client(|settings| settings.limits.total = Duration::from_millis(200));
    let start = Instant::now();
    let failed = deliver(&quick, &to(&silent), 2).0.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert!(failed.attempts == 2 && failed.reason().contains("no answer within"), "{failed}");
    // nobody listens there
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = Url::parse(&format!("http://{}/hook", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let failed = deliver(&client(|_| {}), &url, 3).0.unwrap_err();
    assert_eq!((failed.attempts, failed.reach()), (3, Reach::Receiver), "{failed}");
    // one that answers without end is heard no longer than it has to be
    let endless = Server::start(|_, _, stream| {
        use std::io::Write;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n");
        while stream.write_all(&[b'x'; 4096]).is_ok() {}
    });
    assert_eq!(deliver(&client(|_| {}), &to(&endless), 1).0.unwrap().status, 200);
}

#[test]
fn addresses_of_ones_own_network_and_plain_http_have_to_be_allowed() {
    let server = says(&[("200 OK", &[])]);
    let failed = deliver(&client(|settings| settings.allow_private = false), &to(&server), 4).0.unwrap_err();
    assert!(failed.to_string().contains("`127.0.0.1` is a loopback address"), "{failed}");
    assert!(failed.hint().contains("allow_private"), "{failed}");
    let failed = deliver(&client(|settings| settings.allow_http = false), &to(&server), 4).0.unwrap_err();
    assert!(failed.to_string().contains("not protected") && failed.hint().contains("allow_http"), "{failed}");
    for address in ["http://localhost:9/", "http://169.254.169.254/latest", "http://[::1]:9/", "http://10.1.2.3/"] {
        let url = Url::parse(address).unwrap();
        let failed = deliver(&client(|settings| settings.allow_private = false), &url, 4).0.unwrap_err();
        assert!(failed.hint().contains("allow_private") && failed.attempts == 1, "{address}: {failed}");
    }
    assert_eq!(server.asked().len(), 0);
}
