//! Starts `interdict serve` over a home and speaks HTTP to it with a key.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use serde_json::Value;

use crate::common::Home;

/// A service that ends with the test.
pub struct Spoken {
    child: Child,
    address: String,
    token: String,
}

impl Drop for Spoken {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Spoken {
    /// Starts it, and waits until it listens.
    pub fn start(home: &Home, args: &[&str], token: &str) -> Self {
        let all = [&["serve", "--listen", "127.0.0.1:0", "--log", "off"], args].concat();
        let mut child = home.command(&all).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let said = lines.find_map(|line| line.unwrap().split_once("listening on http://").map(|(_, at)| at.to_owned()));
        let address = said.unwrap().split(';').next().unwrap().to_owned();
        // What it says later must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address, token: token.to_owned() }
    }

    /// Ends it as a service manager does, and waits.
    pub fn end(mut self) {
        let id = self.child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }

    /// The same service, asked with another key.
    pub fn with(&self, token: &str) -> With<'_> {
        With(self, token.to_owned())
    }

    /// Status and body of an answer.
    pub fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
        self.asked(&self.token, method, path, (kind, ""), body)
    }

    fn asked(&self, token: &str, method: &str, path: &str, (kind, more): (&str, &str), body: &[u8]) -> (u16, String) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: {kind}\r\n\
             Accept: application/json, text/event-stream\r\n{more}Content-Length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            return (status, whole(body));
        }
        (status, body.to_owned())
    }

    /// The same in JSON.
    pub fn json(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        read(self.ask(method, path, "application/json", body.as_bytes()))
    }
}

/// A service asked with a key.
pub struct With<'a>(&'a Spoken, String);

impl With<'_> {
    /// Status and body of an answer.
    pub fn ask(&self, method: &str, path: &str, kind: &str, body: &[u8]) -> (u16, String) {
        self.0.asked(&self.1, method, path, (kind, ""), body)
    }

    /// The same in JSON.
    pub fn json(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        read(self.ask(method, path, "application/json", body.as_bytes()))
    }

    /// The same once, by an idempotency key.
    pub fn once(&self, key: &str, path: &str, body: &str) -> (u16, Value) {
        let more = format!("Idempotency-Key: {key}\r\n");
        read(self.0.asked(&self.1, "POST", path, ("application/json", &more), body.as_bytes()))
    }

    /// Lines of JSON.
    pub fn lines(&self, path: &str) -> Vec<Value> {
        let (status, text) = self.ask("GET", path, "application/json", b"");
        assert_eq!(status, 200, "{path}: {text}");
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn read((status, text): (u16, String)) -> (u16, Value) {
    (status, serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}")))
}

/// A body that came in chunks; it must have its end.
fn whole(body: &str) -> String {
    let (mut rest, mut out) = (body, String::new());
    loop {
        let (size, after) = rest.split_once("\r\n").expect("a body that broke off");
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return out;
        }
        out.push_str(&after[..size]);
        rest = &after[size + 2..];
    }
}
