//! Examples of requests and answers: what the program said when it was asked, in `examples.json`.
//!
//! Promises: each is a real answer to the request beside it; `cli/tests/serve_examples.rs` asks again and compares, and writes
//! them with `UPDATE=1`; long lists and texts are cut, which `…` says.
//!
//! Not here: asking (that test).

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Notes, escaped};

/// The file.
const EXAMPLES: &str = include_str!("examples.json");

/// A request and its answer.
#[derive(Deserialize)]
struct Example {
    method: String,
    /// As in the description.
    path: String,
    /// The kind of what is sent; empty if nothing is.
    #[serde(default)]
    sent_as: String,
    #[serde(default)]
    sent: Value,
    status: u16,
    #[serde(default)]
    answered_as: String,
    #[serde(default)]
    answer: Value,
}

pub(super) fn add(notes: &mut Notes) {
    let examples: Vec<Example> = match serde_json::from_str(EXAMPLES) {
        Ok(examples) => examples,
        Err(error) => {
            notes.missed.push(format!("examples.json: {error}"));
            return;
        }
    };
    for example in examples {
        let at = format!("/paths/{}/{}", escaped(&example.path), example.method.to_lowercase());
        if !example.sent_as.is_empty() {
            let place = format!("{at}/requestBody/content/{}", escaped(&example.sent_as));
            notes.merge(&place, json!({"example": example.sent}));
        }
        if !example.answered_as.is_empty() {
            let place = format!("{at}/responses/{}/content/{}", example.status, escaped(&example.answered_as));
            // Of lines the schema describes one.
            let first = example.answer.as_str().and_then(|text| serde_json::from_str(text.lines().next()?).ok());
            notes.merge(&place, json!({"example": first.unwrap_or(example.answer)}));
        }
    }
}
