//! JSON values of a file one at a time: one a line, in an array, or one after the other.
//!
//! Promises: one value in memory at a time; a line that is no JSON is reported with its place and
//! the rest is read; a file that ends inside a value is refused.

use std::fmt;
use std::io::BufRead;

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde_json::Value;

use crate::file::UNIT_LIMIT;
use crate::{Refusal, SourceFile};

/// Hands each value to `put`, with its place; a line that is no JSON as the reason why.
pub(crate) fn each(file: &SourceFile<'_>, put: &mut dyn FnMut(&str, Result<Value, String>)) -> Result<(), Refusal> {
    let head = file.head(UNIT_LIMIT as usize).unwrap_or_default();
    let first = head.iter().position(|b| !b.is_ascii_whitespace()).map_or(&[][..], |at| &head[at..]);
    if first.starts_with(b"[") {
        return array(file, put);
    }
    let line = first.split(|b| *b == b'\n').next().unwrap_or(&[]);
    // A first line that is a whole object means lines; else the values are printed over several lines.
    if serde_json::from_slice::<Value>(line).is_ok() || !first.starts_with(b"{") {
        return lines(file, put);
    }
    let mut number = 0_u64;
    for value in serde_json::Deserializer::from_reader(file.open()).into_iter::<Value>() {
        number += 1;
        match value {
            Ok(value) => put(&format!("value {number}"), Ok(value)),
            Err(error) => return Err(broken(file, &error)),
        }
    }
    Ok(())
}

fn broken(file: &SourceFile<'_>, error: &serde_json::Error) -> Refusal {
    let cut = if error.is_eof() { ": the file is cut short" } else { "" };
    let text = error.to_string();
    let reason = text.split(" at line").next().unwrap_or(&text);
    Refusal::new(file.name, format!("line {}", error.line()), format!("not well-formed JSON{cut}: {reason}"))
}

fn lines(file: &SourceFile<'_>, put: &mut dyn FnMut(&str, Result<Value, String>)) -> Result<(), Refusal> {
    let mut input = file.open();
    let mut line = Vec::new();
    loop {
        let at = format!("line {}", input.line());
        line.clear();
        input.mark();
        let mut ended = false;
        while !ended {
            let buffer = match input.fill_buf() {
                Ok(buffer) => buffer,
                Err(error) => return Err(Refusal::new(file.name, at, error.to_string())),
            };
            if buffer.is_empty() {
                break;
            }
            let end = buffer.iter().position(|b| *b == b'\n');
            let taken = end.map_or(buffer.len(), |end| end + 1);
            line.extend_from_slice(&buffer[..taken]);
            input.consume(taken);
            ended = end.is_some();
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            if ended {
                continue;
            }
            return Ok(());
        }
        match serde_json::from_slice::<Value>(text) {
            Ok(value) => put(&at, Ok(value)),
            Err(error) if !ended && error.is_eof() => {
                let reason = "the file ends inside a value: it is cut short";
                return Err(Refusal::new(file.name, at, reason).hint("get the file again from its publisher"));
            }
            Err(error) => put(&at, Err(format!("not well-formed JSON: {error}"))),
        }
    }
}

fn array(file: &SourceFile<'_>, put: &mut dyn FnMut(&str, Result<Value, String>)) -> Result<(), Refusal> {
    let mut deserializer = serde_json::Deserializer::from_reader(file.open());
    let result = Items { put }.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    result.map_err(|error| broken(file, &error))
}

struct Items<'p> {
    put: &'p mut dyn FnMut(&str, Result<Value, String>),
}

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of objects")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut number = 0_u64;
        while let Some(value) = items.next_element::<Value>()? {
            number += 1;
            (self.put)(&format!("item {number}"), Ok(value));
        }
        Ok(())
    }
}
