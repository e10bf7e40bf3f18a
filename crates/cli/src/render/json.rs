//! JSON that is safe to print.

use std::fmt::Write as _;
use std::io::Write;

use serde::Serialize;

use super::Row;
use crate::exit::Failure;
use crate::style;

/// A value as JSON on one line, or indented.
pub fn text(value: &impl Serialize, indented: bool) -> Result<String, Failure> {
    let json = if indented { serde_json::to_string_pretty(value)? } else { serde_json::to_string(value)? };
    Ok(escaped(json))
}

// Characters above ASCII stand in strings only, so they can be escaped wherever they are; those of
// ASCII are escaped by the writer.
fn escaped(json: String) -> String {
    let harmful = |c: char| !c.is_ascii() && style::is_unsafe(c) || c == '\u{7f}';
    if !json.contains(harmful) {
        return json;
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if harmful(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                // Writing to a string does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    out
}

/// A row of a file.
#[derive(Serialize)]
struct JsonRow<'a> {
    row: u64,
    place: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screening: Option<&'a interdict_engine::Recorded<interdict_engine::Screening>>,
}

/// Writes the answer to a row of a file on one line.
pub fn row(out: &mut impl Write, row: &Row) -> Result<(), Failure> {
    let (screening, error) = match &row.answer {
        Ok(screening) => (Some(screening), None),
        Err(reason) => (None, Some(reason.as_str())),
    };
    let row = JsonRow {
        row: row.number,
        place: &row.place,
        id: row.id.as_deref(),
        status: super::csv::status(row),
        entry: row.entry,
        error,
        screening,
    };
    out.write_all(text(&row, false)?.as_bytes())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_spelled_out() {
        let json = text(&"a\u{1b}[2J\u{202e}\u{9b}\u{e0041}é", false).unwrap();
        assert_eq!(json, "\"a\\u001b[2J\\u202e\\u009b\\udb40\\udc41é\"");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), "a\u{1b}[2J\u{202e}\u{9b}\u{e0041}é");
    }
}
