//! Where a client goes and where it does not: redirects, private addresses, proxies, secrets.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod common;

use std::io::Write;

use common::{XML, at, client, fails, fetch, fetch_with, request, settings};
use interdict_fetch::{Client, InMemory, Proxy, Request, Url};
use interdict_testkit::http::{Server, respond};

#[test]
fn redirects_are_followed_and_end() {
    let server = Server::start(|asked, _, stream| {
        let to = |stream: &mut _, place: &str| respond(stream, "302 Found", &[("Location", place)], b"");
        let step: Option<u32> = asked.path.strip_prefix("/step/").and_then(|step| step.parse().ok());
        match (asked.path.as_str(), step) {
            ("/a", _) => to(stream, "b?x=1"),
            ("/b?x=1", _) | (_, Some(0)) => respond(stream, "200 OK", &[], XML),
            (_, Some(step)) => to(stream, &format!("/step/{}", step - 1)),
            ("/self", _) => to(stream, "/self"),
            ("/ping", _) => to(stream, "/pong"),
            ("/pong", _) => to(stream, "/ping"),
            ("/file", _) => to(stream, "file:///etc/hosts"),
            _ => respond(stream, "301 Moved Permanently", &[], b""),
        }
    });
    let client = client(|_| {});
    assert_eq!(fetch(&client, &at(&server, "/a")).unwrap().from, at(&server, "/b?x=1"));
    assert_eq!(fetch(&client, &at(&server, "/step/5")).unwrap().bytes, XML);
    fails(&client, &at(&server, "/step/6"), "more than 5 redirects");
    fails(&client, &at(&server, "/ping"), "more than 5 redirects");
    fails(&client, &at(&server, "/self"), "a redirect to itself");
    fails(&client, &at(&server, "/file"), "`file:` is no way to fetch a file");
    fails(&client, &at(&server, "/nowhere"), "does not say where to");
}

#[test]
fn private_addresses_are_refused_by_number_by_name_and_after_a_redirect() {
    let server = Server::start(|_, _, stream| respond(stream, "200 OK", &[], XML));
    let guarded = client(|settings| settings.allow_private = false);
    fails(&guarded, &at(&server, "/"), "`127.0.0.1` is a loopback address");
    for host in ["2130706433", "0x7f.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1"] {
        let url = Url::parse(&format!("http://{host}:{}/", server.port())).unwrap();
        fails(&guarded, &url, " address");
    }
    // A name is looked up, and the address found is what is checked and connected to.
    let named = Url::parse(&format!("http://localhost:{}/", server.port())).unwrap();
    fails(&guarded, &named, "`localhost` leads to ");
    assert_eq!(server.asked().len(), 0, "nothing was connected to");
    fails(&client(|settings| settings.allow_http = false), &at(&server, "/"), "`http:` is not protected on its way");
    assert_eq!(server.asked().len(), 0);
}

#[test]
fn a_proxy_carries_the_request_and_a_redirect_into_the_network_behind_it_is_refused() {
    // Stands for the proxy and for what lies behind it: CONNECT opens a way, and it speaks plainly there.
    let server = Server::start(|asked, _, stream| {
        if !asked.path.starts_with("lists.example:80") {
            respond(stream, "403 Forbidden", &[], b"");
            return;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
        let mut inner = [0; 2048];
        let count = std::io::Read::read(stream, &mut inner).unwrap_or(0);
        let inner = String::from_utf8_lossy(&inner[..count]).into_owned();
        if inner.starts_with("GET /in ") {
            respond(stream, "302 Found", &[("Location", "http://192.168.0.1/admin")], b"");
        } else if inner.starts_with("GET /name ") {
            respond(stream, "302 Found", &[("Location", "http://localhost/admin")], b"");
        } else {
            respond(stream, "200 OK", &[], XML);
        }
    });
    let proxied = client(|settings| {
        // The proxy itself stands on a private address, as proxies do.
        settings.allow_private = false;
        settings.proxy = Proxy::At(format!("http://127.0.0.1:{}", server.port()));
    });
    let url = |path: &str| Url::parse(&format!("http://lists.example{path}")).unwrap();
    assert_eq!(fetch(&proxied, &url("/a")).unwrap().bytes, XML);
    fails(&proxied, &url("/in"), "`192.168.0.1` is a private address");
    fails(&proxied, &url("/name"), "`localhost` is a name of the local machine");
    assert!(server.asked().iter().all(|asked| asked.path == "lists.example:80"), "{:?}", server.asked());
    let mut wrong = settings();
    wrong.proxy = Proxy::At("not a proxy".to_owned());
    assert!(Client::new(wrong).unwrap_err().contains("hint: "));
}

#[test]
fn a_secret_goes_to_its_origin_and_no_further() {
    let other = Server::start(|_, _, stream| respond(stream, "200 OK", &[], XML));
    let place = at(&other, "/elsewhere").to_string();
    let server = Server::start(move |asked, _, stream| match asked.path.as_str() {
        "/first" => respond(stream, "302 Found", &[("Location", "/second")], b""),
        _ => respond(stream, "302 Found", &[("Location", &place)], b""),
    });
    let url = at(&server, "/first");
    let secret = Request { authorization: Some("Token abc"), ..request(&url) };
    fetch_with(&client(|_| {}), &secret, &mut InMemory::default()).unwrap();
    let sent: Vec<bool> = server.asked().iter().map(|asked| asked.header("authorization").is_some()).collect();
    assert_eq!((sent, other.asked()[0].header("authorization")), (vec![true, true], None));
}

#[test]
fn nobody_there_is_said_with_a_remedy() {
    let client = client(|settings| settings.limits.attempts = 2);
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    fails(&client, &Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap(), "efused");
    fails(&client, &Url::parse("http://no-such-host.invalid/").unwrap(), "http://no-such-host.invalid/: ");
}
