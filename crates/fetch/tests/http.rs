//! Fetching from a server that does what servers do: slow, cut, moved, packed, wrong and without end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::cell::RefCell;
use std::io::Write;
use std::thread;
use std::time::{Duration, Instant};

use common::{XML, at, client, fails, fetch, fetch_with, request};
use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use interdict_fetch::{Answer, Event, InMemory, Partial, Request, Validators};
use interdict_testkit::http::{Server, head, respond};

/// A list of a size that needs several reads.
fn long() -> Vec<u8> {
    let mut text = b"<list>".to_vec();
    for i in 0..20_000 {
        text.extend(format!("<entry><uid>{i}</uid><name>Orsolya Vanderploeg {i}</name></entry>\n").into_bytes());
    }
    text.extend(b"</list>");
    text
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_file_comes_with_what_to_ask_with_and_is_not_fetched_twice() {
    let server = Server::start(|asked, _, stream| {
        let fresh = asked.header("if-none-match") == Some("\"v1\"");
        if fresh {
            respond(stream, "304 Not Modified", &[("ETag", "\"v1\"")], b"");
        } else {
            let date = ("Last-Modified", "Thu, 20 Nov 2025 10:00:00 GMT");
            respond(stream, "200 OK", &[("ETag", "\"v1\""), date, ("Content-Type", "text/xml")], XML);
        }
    });
    let (client, url) = (client(|_| {}), at(&server, "/a.xml"));
    let fetched = fetch(&client, &url).unwrap();
    assert_eq!((fetched.bytes.as_slice(), fetched.received, fetched.attempts), (XML, XML.len() as u64, 1));
    assert_eq!(fetched.validators.etag.as_deref(), Some("\"v1\""));
    let known = Request { known: Some(&fetched.validators), ..request(&url) };
    assert_eq!(client.fetch(&known, &mut InMemory::default(), &|_| {}).unwrap(), Answer::Unchanged);
    assert!(!client.is_newer(&known).unwrap());
    let old = Validators { etag: Some("\"v0\"".to_owned()), last_modified: None };
    assert!(client.is_newer(&Request { known: Some(&old), ..request(&url) }).unwrap());
    let asked = server.asked();
    assert_eq!(asked[0].header("user-agent"), Some("interdict-test/1"), "OFAC answers 403 to those without");
    assert_eq!(asked[0].header("if-none-match"), None);
    assert_eq!(asked[1].header("if-modified-since"), Some("Thu, 20 Nov 2025 10:00:00 GMT"));
}

#[test]
fn not_modified_to_a_question_that_was_not_asked_is_an_error() {
    let server = Server::start(|_, _, stream| respond(stream, "304 Not Modified", &[], b""));
    fails(&client(|_| {}), &at(&server, "/"), "`304 Not Modified`");
}

#[test]
fn a_slow_server_is_waited_for_and_a_silent_one_is_not() {
    let server = Server::start(|asked, _, stream| {
        head(stream, "200 OK", &[("Content-Length", &XML.len().to_string())]);
        for (i, byte) in XML.iter().enumerate() {
            if asked.path == "/silent" && i == 30 {
                thread::sleep(Duration::from_secs(20));
            }
            let _ = stream.write_all(&[*byte]);
            thread::sleep(Duration::from_millis(2));
        }
    });
    let patient = client(|settings| settings.limits.idle = Duration::from_secs(5));
    assert_eq!(fetch(&patient, &at(&server, "/slow")).unwrap().bytes, XML);
    let start = Instant::now();
    let quick = client(|settings| {
        settings.limits.idle = Duration::from_millis(200);
        settings.limits.attempts = 2;
    });
    fails(&quick, &at(&server, "/silent"), "no byte came for too long");
    assert_eq!(server.asked().iter().filter(|asked| asked.path == "/silent").count(), 2, "tried twice");
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_drip_without_end_meets_the_time_for_one_file() {
    let server = Server::start(|_, _, stream| {
        head(stream, "200 OK", &[]);
        let _ = stream.write_all(b"<list>");
        for _ in 0..500 {
            if stream.write_all(b" ").is_err() {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    });
    let start = Instant::now();
    let client = client(|settings| settings.limits.total = Duration::from_millis(600));
    fails(&client, &at(&server, "/"), "time for one file");
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    assert_eq!(server.asked().len(), 1, "time is not tried again");
}

#[test]
fn an_endless_answer_is_cut_at_the_limit_whether_it_says_its_length_or_not() {
    let server = Server::start(|asked, _, stream| {
        let announced = [("Content-Length", "99999999999")];
        head(stream, "200 OK", if asked.path == "/announced" { &announced } else { &[] });
        let _ = stream.write_all(b"<list>");
        while stream.write_all(&[b' '; 4096]).is_ok() {}
    });
    let client = client(|settings| settings.limits.bytes = 1 << 20);
    for path in ["/announced", "/unannounced"] {
        fails(&client, &at(&server, path), "more than 1048576 bytes");
    }
    let mut partial = InMemory::default();
    let url = at(&server, "/unannounced");
    fetch_with(&client, &request(&url), &mut partial).unwrap_err();
    assert_eq!(partial.length(), 0, "what is too large is not kept");
}

#[test]
fn a_cut_transfer_goes_on_where_it_ended() {
    let whole = long();
    let body = whole.clone();
    let server = Server::start(move |asked, number, stream| {
        let tag = ("ETag", "\"v7\"");
        let Some(range) = asked.header("range") else {
            head(stream, "200 OK", &[tag, ("Content-Length", &body.len().to_string())]);
            let _ = stream.write_all(&body[..body.len() / 3]);
            return;
        };
        assert_eq!(asked.header("if-range"), Some("\"v7\""));
        let at: usize = range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap();
        let span = format!("bytes {at}-{}/{}", body.len() - 1, body.len());
        let rest = &body[at..];
        head(
            stream,
            "206 Partial Content",
            &[tag, ("Content-Range", &span), ("Content-Length", &rest.len().to_string())],
        );
        // The second one is cut as well.
        let _ = stream.write_all(if number == 2 { &rest[..rest.len() / 2] } else { rest });
    });
    let (client, url) = (client(|_| {}), at(&server, "/big.xml"));
    let again = RefCell::new(Vec::new());
    let watch = |event: Event<'_>| {
        if let Event::Again { reason, .. } = event {
            again.borrow_mut().push(reason.reason());
        }
    };
    let Answer::Fetched(fetched) = client.fetch(&request(&url), &mut InMemory::default(), &watch).unwrap() else {
        panic!("unchanged")
    };
    assert_eq!((fetched.bytes == whole, fetched.attempts), (true, 3));
    assert!(fetched.resumed_at >= whole.len() as u64 / 2, "{}", fetched.resumed_at);
    assert!(fetched.received < whole.len() as u64 / 2 + 70_000, "the last one brought the rest alone");
    assert_eq!(again.borrow().len(), 2, "{:?}", again.borrow());
}

#[test]
fn a_file_whose_end_nobody_vouches_for_is_said_to_be_so() {
    let server = Server::start(|asked, _, stream| match asked.path.as_str() {
        "/length" => respond(stream, "200 OK", &[], XML),
        "/chunked" => {
            head(stream, "200 OK", &[("Transfer-Encoding", "chunked")]);
            let _ = write!(stream, "{:x}\r\n", XML.len());
            let _ = stream.write_all(XML);
            let _ = stream.write_all(b"\r\n0\r\n\r\n");
        }
        "/cut" => {
            head(stream, "200 OK", &[("Transfer-Encoding", "chunked")]);
            let _ = write!(stream, "{:x}\r\n", XML.len());
            let _ = stream.write_all(&XML[..10]);
        }
        "/packed" => {
            head(stream, "200 OK", &[("Content-Encoding", "gzip")]);
            let _ = stream.write_all(&gz(XML));
        }
        _ => {
            head(stream, "200 OK", &[]);
            let _ = stream.write_all(XML);
        }
    });
    let client = client(|settings| settings.limits.attempts = 1);
    for (path, vouched) in [("/length", true), ("/chunked", true), ("/packed", true), ("/open", false)] {
        let fetched = fetch(&client, &at(&server, path)).unwrap();
        assert_eq!((fetched.bytes.as_slice(), fetched.is_vouched), (XML, vouched), "{path}");
    }
    fails(&client, &at(&server, "/cut"), "cut");
}

#[test]
fn a_file_that_changed_meanwhile_or_cannot_be_named_is_fetched_from_its_start() {
    for (tag, date, conditional) in [
        (Some("\"v1\""), None, true),
        (None, Some("Thu, 20 Nov 2025 10:00:00 GMT"), true),
        (Some("W/\"v1\""), None, false),
        (None, None, false),
    ] {
        let server = Server::start(move |_, number, stream| {
            let mut headers = Vec::new();
            headers.extend(tag.map(|tag| ("ETag", tag)));
            headers.extend(date.map(|date| ("Last-Modified", date)));
            let length = XML.len().to_string();
            headers.push(("Content-Length", &length));
            head(stream, "200 OK", &headers);
            // Another file by the second time: a server then answers a range with all of it.
            let _ = stream.write_all(if number == 1 { b"<?xml version=\"1.0\"?><OLD" } else { XML });
        });
        let fetched = fetch(&client(|_| {}), &at(&server, "/")).unwrap();
        assert_eq!((fetched.bytes.as_slice(), fetched.resumed_at), (XML, 0), "{tag:?} {date:?}");
        assert_eq!(server.asked()[1].header("range").is_some(), conditional, "{tag:?} {date:?}");
    }
}

#[test]
fn a_range_that_does_not_fit_is_not_glued_on() {
    let server = Server::start(|asked, _, stream| match asked.header("range") {
        None if asked.path == "/first" => {
            head(stream, "200 OK", &[("ETag", "\"v\""), ("Content-Length", "75")]);
            let _ = stream.write_all(&XML[..20]);
        }
        None => respond(stream, "200 OK", &[("ETag", "\"v\"")], XML),
        Some(_) => respond(stream, "206 Partial Content", &[("Content-Range", "bytes 5-74/75")], &XML[5..]),
    });
    let once = client(|settings| settings.limits.attempts = 1);
    let mut partial = InMemory::default();
    let url = at(&server, "/first");
    fetch_with(&once, &request(&url), &mut partial).unwrap_err();
    assert_eq!(partial.length(), 20);
    let error = fetch_with(&once, &request(&url), &mut partial).unwrap_err();
    assert!(error.to_string().contains("416"), "{error}");
    assert_eq!(partial.length(), 0, "so that the next begins again");
}

#[test]
fn what_is_packed_for_the_way_is_unpacked_and_bounded() {
    let whole = long();
    let packed = gz(&whole);
    let mut zlib = ZlibEncoder::new(Vec::new(), Compression::fast());
    zlib.write_all(&whole).unwrap();
    let zlib = zlib.finish().unwrap();
    let bomb = gz(&[b"<list>".as_slice(), &vec![b' '; 40 << 20]].concat());
    assert!(bomb.len() < 1 << 20, "{} bytes unpack to 40 MiB", bomb.len());
    let cut = packed[..packed.len() / 2].to_vec();
    let server = Server::start(move |asked, _, stream| match asked.path.as_str() {
        "/gzip" => respond(stream, "200 OK", &[("Content-Encoding", "gzip")], &packed),
        "/deflate" => respond(stream, "200 OK", &[("Content-Encoding", "deflate")], &zlib),
        "/bomb" => respond(stream, "200 OK", &[("Content-Encoding", "gzip")], &bomb),
        // A file that is packed itself, with no encoding of the way.
        "/file.gz" => respond(stream, "200 OK", &[("Content-Type", "application/gzip")], &bomb),
        "/cut" => respond(stream, "200 OK", &[("Content-Encoding", "gzip")], &cut),
        _ => respond(stream, "200 OK", &[("Content-Encoding", "br")], &packed),
    });
    let client = client(|settings| settings.limits.bytes = 8 << 20);
    let whole = long();
    for path in ["/gzip", "/deflate"] {
        let fetched = fetch(&client, &at(&server, path)).unwrap();
        assert!(fetched.bytes == whole && fetched.received < whole.len() as u64 / 4, "{path}");
    }
    for path in ["/bomb", "/file.gz"] {
        fails(&client, &at(&server, path), "unpacks to more than 8388608 bytes");
    }
    fails(&client, &at(&server, "/cut"), "cannot be unpacked");
    fails(&client, &at(&server, "/br"), "packed as `br`, which was not asked for");
}

#[test]
fn a_page_where_a_list_should_be_is_refused_and_not_read_to_its_end() {
    let server = Server::start(|asked, _, stream| match asked.path.as_str() {
        "/page" => {
            head(stream, "200 OK", &[("Content-Type", "text/html")]);
            let _ = stream.write_all(b"<!doctype html><title>We have moved</title>");
            while stream.write_all(&[b' '; 4096]).is_ok() {}
        }
        "/packed" => respond(stream, "200 OK", &[("Content-Encoding", "gzip")], &gz(b"<html><body>Sorry")),
        "/json" => respond(stream, "200 OK", &[], b"{\"error\":\"maintenance\"}"),
        _ => respond(stream, "200 OK", &[], b""),
    });
    let client = client(|_| {});
    fails(&client, &at(&server, "/page"), "a web page came where XML was expected (`Content-Type: text/html`)");
    fails(&client, &at(&server, "/packed"), "a web page came where XML was expected");
    fails(&client, &at(&server, "/json"), "JSON came where XML was expected");
    fails(&client, &at(&server, "/empty"), "nothing came where XML was expected");
    assert_eq!(server.asked().len(), 4, "the same question has the same answer");
}

#[test]
fn a_server_in_trouble_is_asked_again_as_it_wishes_and_not_for_ever() {
    let server = Server::start(|asked, number, stream| match asked.path.as_str() {
        "/recovers" if number < 3 => respond(stream, "503 Service Unavailable", &[], b"busy"),
        "/recovers" => respond(stream, "200 OK", &[], XML),
        "/closed" => respond(stream, "429 Too Many Requests", &[("Retry-After", "3600")], b""),
        "/gone" => respond(stream, "404 Not Found", &[], b"<html>"),
        _ => respond(stream, "500 Internal Server Error", &[], b""),
    });
    let client = client(|_| {});
    assert_eq!(fetch(&client, &at(&server, "/recovers")).unwrap().attempts, 3);
    let one = Server::start(|_, number, stream| match number {
        1 => respond(stream, "429 Too Many Requests", &[("Retry-After", "1")], b""),
        _ => respond(stream, "200 OK", &[], XML),
    });
    let start = Instant::now();
    assert_eq!(fetch(&client, &at(&one, "/")).unwrap().attempts, 2);
    assert!(start.elapsed() >= Duration::from_secs(1), "it waits as asked");
    fails(&client, &at(&server, "/closed"), "asks to come back in 3600 s");
    fails(&client, &at(&server, "/gone"), "`404 Not Found`");
    fails(&client, &at(&server, "/broken"), "`500 Internal Server Error`");
    let count = |path: &str| server.asked().iter().filter(|asked| asked.path == path).count();
    assert_eq!((count("/closed"), count("/gone"), count("/broken")), (1, 1, 4));
}
