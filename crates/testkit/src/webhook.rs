//! A receiver's side of webhooks: checks signatures by its own means, from the standard's text.
//!
//! Not here: the sender's side, of which nothing is used.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::io::Write;
use std::process::{Command, Stdio};

use crate::http::Asked;

/// What a receiver reads of a request: its id and its body, once the signature fits.
///
/// `secret` is a `whsec_…`. The signature is made again by `openssl`, a program of its own.
pub fn trusted(asked: &Asked, secret: &str) -> (String, String) {
    let header = |name: &str| asked.header(name).unwrap_or_else(|| panic!("no {name}: {asked:?}")).to_owned();
    let (id, at) = (header("webhook-id"), header("webhook-timestamp"));
    assert_eq!((asked.method.as_str(), header("content-type").as_str()), ("POST", "application/json"));
    assert!(!id.contains('.') && at.parse::<i64>().is_ok(), "{id} {at}");
    let signed = [format!("{id}.{at}.").as_bytes(), &asked.body].concat();
    let key: Vec<String> = base64(secret.strip_prefix("whsec_").unwrap().as_bytes(), "-d").iter().map(hex).collect();
    let key = format!("hexkey:{}", key.concat());
    let mac = piped("openssl", &["dgst", "-sha256", "-mac", "HMAC", "-macopt", &key, "-binary"], &signed);
    let expected = format!("v1,{}", String::from_utf8(base64(&mac, "-w0")).unwrap());
    let given = header("webhook-signature");
    assert!(given.split(' ').any(|one| one == expected), "{given} is not {expected}");
    (id, String::from_utf8(asked.body.clone()).unwrap())
}

fn hex(byte: &u8) -> String {
    format!("{byte:02x}")
}

fn base64(input: &[u8], how: &str) -> Vec<u8> {
    piped("base64", &[how], input)
}

/// Runs a program on an input; its output.
pub fn piped(program: &str, args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut command = Command::new(program);
    let spawned = command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("{program}: {error}"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
