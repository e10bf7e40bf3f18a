//! The tools for agents over HTTP, on a real port.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use common::{Fixed, Reply, send, serve};
use interdict_engine::starter;
use interdict_measures::Law;
use interdict_server::compat::agents;
use serde_json::{Value, json};

static AT: LazyLock<SocketAddr> = LazyLock::new(|| {
    let source = Arc::new(Fixed(Arc::new(starter::snapshot().unwrap())));
    serve(agents::router(source, Arc::new(Law::embedded().unwrap()), &[]))
});

fn ask(method: &str, params: &Value, more: &[&str]) -> Reply {
    let mut headers = vec![
        "Content-Type: application/json",
        "Accept: application/json, text/event-stream",
        "MCP-Protocol-Version: 2025-06-18",
    ];
    headers.extend(more);
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).to_string();
    send(*AT, "POST", "/mcp", &headers, &body)
}

#[test]
fn answers_without_sessions() {
    let hello = ask(
        "initialize",
        &json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}),
        &[],
    );
    assert_eq!(hello.status, 200, "{}", hello.body);
    assert_eq!(hello.json()["result"]["serverInfo"]["name"], "interdict");
    assert!(hello.header("mcp-session-id").is_none());
    let tools = ask("tools/list", &json!({}), &[]).json();
    assert_eq!(tools["result"]["tools"].as_array().unwrap().len(), 4, "{tools}");
    let found =
        ask("tools/call", &json!({"name": "screen", "arguments": {"party": {"name": "Yun Ho-jin"}}}), &[]).json();
    assert_eq!(found["result"]["structuredContent"]["outcome"], "hit", "{found}");
    let wrong = ask("tools/call", &json!({"name": "screen", "arguments": {"party": {}}}), &[]).json();
    assert_eq!(wrong["result"]["isError"], true, "{wrong}");
}

#[test]
fn pages_of_other_origins_and_other_hosts_are_refused() {
    let call = json!({"name": "law", "arguments": {"what": "terms"}});
    assert_eq!(ask("tools/call", &call, &["Origin: https://evil.example"]).status, 403);
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).to_string();
    let host = send_as("evil.example", &body);
    assert!(host.starts_with("HTTP/1.1 403"), "{host}");
}

/// The same, called by another name: a page that has its own name point to this machine.
fn send_as(host: &str, body: &str) -> String {
    use std::io::{Read, Write};
    let mut stream = std::net::TcpStream::connect(*AT).unwrap();
    write!(
        stream,
        "POST /mcp HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    all
}
