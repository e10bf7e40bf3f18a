//! Clients that reach the loopback.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::time::Duration;

use interdict_fetch::{
    Answer, Client, Expected, FetchError, Fetched, InMemory, Limits, Partial, Proxy, Request, Settings, Url,
};
use interdict_testkit::http::Server;

/// An address on a server.
pub fn at(server: &Server, path: &str) -> Url {
    Url::parse(&server.url(path)).unwrap()
}

/// Settings that reach the loopback, and wait for nothing.
pub fn settings() -> Settings {
    Settings {
        limits: Limits { pause: Duration::from_millis(5), ..Limits::default() },
        allow_http: true,
        allow_private: true,
        proxy: Proxy::Direct,
        authorities: None,
        user_agent: "interdict-test/1".to_owned(),
    }
}

/// A client with these settings, changed.
pub fn client(change: impl FnOnce(&mut Settings)) -> Client {
    let mut settings = settings();
    change(&mut settings);
    Client::new(settings).unwrap()
}

/// A small list.
pub const XML: &[u8] = b"<?xml version=\"1.0\"?><sdnList><sdnEntry><uid>1</uid></sdnEntry></sdnList>";

/// A question for XML.
pub fn request(url: &Url) -> Request<'_> {
    Request { url, known: None, authorization: None, expected: Expected::Xml }
}

/// Fetches.
pub fn fetch(client: &Client, url: &Url) -> Result<Fetched, FetchError> {
    fetch_with(client, &request(url), &mut InMemory::default())
}

/// Fetches through what is kept.
pub fn fetch_with(client: &Client, request: &Request<'_>, partial: &mut dyn Partial) -> Result<Fetched, FetchError> {
    match client.fetch(request, partial, &|_| {})? {
        Answer::Fetched(fetched) => Ok(*fetched),
        Answer::Unchanged => panic!("unchanged, though nothing was known"),
    }
}

/// Fetching fails with a reason that holds a part, and a remedy.
pub fn fails(client: &Client, url: &Url, part: &str) {
    let error = fetch(client, url).unwrap_err().to_string();
    assert!(error.contains(part) && error.contains("\nhint: "), "`{part}` is not in: {error}");
}
