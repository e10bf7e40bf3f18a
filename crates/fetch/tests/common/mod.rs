//! Clients that reach the loopback.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::time::Duration;

use interdict_fetch::{Client, Limits, Proxy, Settings, Url};
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
