//! Rows that cannot be read are on record with what stood in them, as the service has it, and are read again by `replay`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use common::Home;
use serde_json::{Value, json};

/// Screens a file of which some rows cannot be read; their questions as receipts have them, and what `replay` says.
fn questions(home: &Home, name: &str, bytes: &[u8], more: &[&str]) -> (Vec<Value>, common::Run) {
    let file = home.file(name, bytes);
    let run = home.run(&[&["screen", &file, "--receipt", "r.jsonl", "--format", "jsonl"][..], more].concat());
    assert_eq!(run.code, Some(2), "{}{}", run.out, run.err);
    let rows = run.json_lines();
    let text = std::fs::read_to_string(home.path("r.jsonl")).unwrap();
    let receipts: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut asked = Vec::new();
    for receipt in &receipts {
        let row = rows.iter().find(|row| row["entry"] == receipt["answer"]["index"]).unwrap();
        let entry = &receipt["answer"]["entry"];
        assert_eq!(entry["outcome"], row["status"], "{receipt}");
        if entry["outcome"] == "not_done" {
            asked.push(receipt["opening"]["input"]["unread"].clone());
        }
    }
    (asked, home.run(&["replay", "r.jsonl", "--format", "jsonl"]))
}

#[test]
fn a_row_that_cannot_be_read_is_on_record_with_what_stood_in_it() {
    let home = Home::with_un();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.org/test"]).code, Some(0));
    let lines = b"{\"name\": \"Ann Quill\"}\n {\"name\": \"A\", \"name\": \"B\"} \n{\"name\": [\"A\", 7, {}]}\n{\"name\":\n\xff\xfe\n";
    let (asked, replayed) = questions(&home, "a.jsonl", lines, &[]);
    assert_eq!(
        asked[..3],
        [
            json!({"line": "{\"name\": \"A\", \"name\": \"B\"}"}),
            json!({"line": "{\"name\": [\"A\", 7, {}]}"}),
            json!({"line": "{\"name\":"}),
        ]
    );
    assert!(asked[3]["no_text"].is_string() && asked.len() == 4, "{asked:?}");
    assert_eq!(replayed.code, Some(0), "{}{}", replayed.out, replayed.err);
    assert!(replayed.json_lines().iter().all(|line| line["same"] == true), "{}", replayed.out);
    assert_eq!(replayed.json_lines().len(), 4, "of the line that is no text there is nothing to ask");
    assert!(replayed.err.contains("there is nothing to ask again"), "{}", replayed.err);

    // a line that is brought, where the receipt does not say what was asked
    let sealed = questions(&home, "b.jsonl", b"{\"name\": [7, {}]}\n", &["--sealed"]);
    assert_eq!((sealed.0, sealed.1.code), (vec![Value::Null], Some(2)));
    let line = home.file("line", b"{\"name\": [7, {}]}\n");
    let run = home.run(&["replay", "r.jsonl", "--party", &line]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);

    // tables and objects, whose columns may be named
    let table = b"Nr,Kunde,Geb\n1,Ann Quill,1970\n2,Bo Quill,when?\n3,,1970\n4,\"Cy\n";
    let (asked, replayed) = questions(&home, "c.csv", table, &["--map", "Kunde=name", "--map", "Geb=born"]);
    let map = json!({"born": "Geb", "name": "Kunde"});
    let header = json!(["Nr", "Kunde", "Geb"]);
    assert!(asked.contains(&json!({"row": {"header": header, "cells": ["3", "", "1970"], "map": map}})), "{asked:?}");
    assert_eq!(asked.last().unwrap(), &json!({"place": "line 5"}), "{asked:?}");
    assert_eq!(replayed.code, Some(0), "{}{}", replayed.out, replayed.err);
    let (asked, replayed) = questions(&home, "d.jsonl", b"{\"Kunde\": \"\"}\n", &["--map", "Kunde=name"]);
    assert_eq!(asked, [json!({"mapped": {"party": {"Kunde": ""}, "map": {"name": "Kunde"}}})]);
    assert_eq!(replayed.code, Some(0), "{}{}", replayed.out, replayed.err);
}

#[test]
fn one_party_that_cannot_be_screened_is_on_record_too() {
    let home = Home::with_un();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.org/test"]).code, Some(0));
    let name = "a".repeat(100_000);
    let run = home.run(&["screen", &name, "--receipt", "r.json"]);
    assert_eq!(run.code, Some(2), "{}{}", run.out, run.err);
    let receipt: Value = serde_json::from_str(&std::fs::read_to_string(home.path("r.json")).unwrap()).unwrap();
    assert_eq!(receipt["answer"]["entry"]["outcome"], "not_done", "{receipt}");
    let run = home.run(&["replay", "r.json"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}
