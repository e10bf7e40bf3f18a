//! The members of an answer that say nothing of a person go through as they are written: only the others are read.
//!
//! Promises: what comes out is what reading all of it would give (`walk`), and what is not an answer of that form is read whole;
//! a member passes unread by its name alone, from the same table.
//!
//! Not here: covering what is read (`walk`), the table (`words`).

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::walk::Veil;
use super::words::PLAIN;

/// An answer, or the one inside a row of a batch.
struct Sieved<'a>(Vec<(String, Piece<'a>)>);

enum Piece<'a> {
    /// Says nothing of a person.
    Unread(&'a RawValue),
    Read(Value),
    /// Stands around parties and listings as the whole does.
    Inner(Sieved<'a>),
}

/// The answer inside a row of a batch.
const INNER: &str = "screening";

impl<'de: 'a, 'a> Deserialize<'de> for Sieved<'a> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Sieved<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an answer")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members: Vec<(String, Piece<'de>)> = Vec::with_capacity(16);
                while let Some(name) = map.next_key::<String>()? {
                    // An event is no such answer; of two members with one name, whoever reads it takes one.
                    if name == "event" || members.iter().any(|(known, _)| *known == name) {
                        return Err(A::Error::custom("to be read whole"));
                    }
                    let piece = if name == INNER {
                        Piece::Inner(map.next_value()?)
                    } else if PLAIN.contains(&name.as_str()) {
                        Piece::Unread(map.next_value()?)
                    } else {
                        Piece::Read(map.next_value()?)
                    };
                    members.push((name, piece));
                }
                Ok(Sieved(members))
            }
        }
        from.deserialize_map(Members)
    }
}

impl Serialize for Sieved<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        for (name, piece) in &self.0 {
            match piece {
                Piece::Unread(text) => map.serialize_entry(name, text)?,
                Piece::Read(value) => map.serialize_entry(name, value)?,
                Piece::Inner(inner) => map.serialize_entry(name, inner)?,
            }
        }
        map.end()
    }
}

impl Sieved<'_> {
    fn cover(&mut self, veil: &mut Veil<'_>) {
        self.0.retain_mut(|(name, piece)| match piece {
            Piece::Unread(_) => true,
            Piece::Read(value) => veil.outer_member(name, value),
            Piece::Inner(inner) => {
                inner.cover(veil);
                true
            }
        });
    }
}

/// An answer of ours, covered; none if it has another form and is to be read whole.
pub(super) fn covered(bytes: &[u8], veil: &mut Veil<'_>) -> Option<Result<Vec<u8>, serde_json::Error>> {
    let mut answer: Sieved<'_> = serde_json::from_slice(bytes).ok()?;
    let kind = answer.0.iter().find(|(name, _)| name == "type");
    // A problem does not say what was masked: its texts do.
    if kind.is_some_and(|(_, piece)| matches!(piece, Piece::Unread(text) if text.get().starts_with("\"urn:"))) {
        return None;
    }
    answer.cover(veil);
    if let Some(masked) = veil.names_of_masked() {
        answer.0.retain(|(name, _)| name != "masked");
        answer.0.push(("masked".to_owned(), Piece::Read(masked)));
    }
    Some(serde_json::to_vec(&answer))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::policy::{Redaction, Subject};
    use super::*;

    /// Answers, and whether they are read in part.
    const ANSWERS: [(&str, bool); 12] = [
        (
            r#"{"record":"ab","outcome":"clear","party":{"kind":"person","names":[{"value":{"full":"PARTY"}}],"new":"PARTY"},"hits_total":0,"hits":[],"threshold":0.7,"lists":[{"list":"un-sc","records":1}]}"#,
            true,
        ),
        (
            r#"{"party":{"names":["PARTY"]},"hits":[{"list":"un-sc","entity":{"names":["LISTED"],"births":["1950"]},"evidence":{"name":{"party":"PARTY","listed":"LISTED","score":1}},"score":0.9},{"list":"own","entity":{"names":["OWN"]}}],"new":{"a":["PARTY",1,null,true]}}"#,
            true,
        ),
        (
            r#"{"row":1,"place":"line 1","id":"PARTY","status":"hit","screening":{"record":"ab","party":{"names":["PARTY"]},"hits":[{"list":"own","reference":"OWN","entity":{"names":["OWN"]}}],"lists":[1,2]}}"#,
            true,
        ),
        (r#"{"row":2,"place":"line 2","status":"not_done","error":"`PARTY` is no date"}"#, true),
        (r#"{"row":2,"screening":null}"#, false),
        (r#"{"summary":{"rows":2},"masked":["x"]}"#, true),
        (r#"{"outcome":"clear","hits":[]}"#, true),
        (r#"{"type":"urn:interdict:problem:bad_request","title":"no","status":400,"detail":"`PARTY`"}"#, false),
        (r#"{"event":{"id":1},"party":{"names":["PARTY"]},"list":"own"}"#, false),
        (r#"{"outcome":"clear","party":"PARTY","outcome":"hit"}"#, false),
        (r#"[{"party":{"names":["PARTY"]}}]"#, false),
        (r#""PARTY""#, false),
    ];

    #[test]
    fn what_is_read_in_part_is_covered_as_what_is_read_whole() {
        let published = BTreeSet::from(["un-sc".to_owned()]);
        for text in [
            "[machine.party]\nall = \"mask\"\n",
            "[machine.party]\nall = \"hide\"\n[machine.listing]\nall = \"mask\"\n[machine.internal]\nall = \"hide\"\n",
            "[machine.party]\nnames = \"mask\"\nother = \"hide\"\n[machine.internal]\nnames = \"hide\"\n",
            "[machine.party]\ndocuments = \"mask\"\n",
        ] {
            let sight = Redaction::parse(text).unwrap().sight(&[interdict_state::Role::Machine]);
            for (answer, in_part) in ANSWERS {
                let mut whole: Value = serde_json::from_str(answer).unwrap();
                Veil::new(&sight, &Subject::ALL, &published).answer(&mut whole, true);
                let sieved = covered(answer.as_bytes(), &mut Veil::new(&sight, &Subject::ALL, &published));
                assert_eq!(sieved.is_some(), in_part, "{answer}");
                if let Some(sieved) = sieved {
                    assert_eq!(String::from_utf8(sieved.unwrap()).unwrap(), whole.to_string(), "{text}{answer}");
                }
            }
        }
    }

    #[test]
    fn whatever_passes_unread_would_pass_read() {
        let sight = Redaction::parse(
            "[machine.party]\nall = \"hide\"\n[machine.listing]\nall = \"hide\"\n[machine.internal]\nall = \"hide\"\n",
        );
        let sight = sight.unwrap().sight(&[interdict_state::Role::Machine]);
        let published = BTreeSet::new();
        let mut veil = Veil::new(&sight, &Subject::ALL, &published);
        for name in PLAIN {
            for kept in [
                serde_json::json!("a"),
                serde_json::json!(1),
                serde_json::json!({"names": ["a"]}),
                serde_json::json!([["a"]]),
            ] {
                let mut value = kept.clone();
                assert!(veil.outer_member(name, &mut value) && value == kept, "{name}: {kept}");
            }
        }
        assert!(!PLAIN.contains(&INNER));
    }
}
