//! Delta files of FollowTheMoney lists: lines that add, change or take away entities.
//!
//! Promises: what comes out is the file at hand with these entities in the places the publisher gives them, byte for
//! byte as they were written; a line that does not fit the file at hand (an addition that is there, a change or removal
//! that is not) ends it: then the file is not the one that the lines were written for.
//!
//! Not here: fetching them and their order (`fetch`), reading entities (`formats::ftm`).

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

/// What a chain of delta files came to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The file.
    pub bytes: Vec<u8>,
    /// Entities that were added.
    pub added: u64,
    /// Changed.
    pub changed: u64,
    /// Taken away.
    pub removed: u64,
}

/// The operation of a line, and its entity as it is written.
fn parts(line: &str) -> Result<(String, &str), String> {
    let broken = || "no line of a delta file: `{\"op\": …, \"entity\": {…}}`".to_owned();
    let (mut op, mut entity) = (None, None);
    let mut rest = line.trim().strip_prefix('{').ok_or_else(broken)?;
    loop {
        let (key, after) = value::<String>(rest)?;
        rest = after.trim_start().strip_prefix(':').ok_or_else(broken)?.trim_start();
        let (_, after) = value::<IgnoredAny>(rest)?;
        let text = rest.get(..rest.len().saturating_sub(after.len())).unwrap_or_default();
        let slot = match key.as_str() {
            "op" => &mut op,
            "entity" => &mut entity,
            _ => &mut None,
        };
        if slot.replace(text).is_some() {
            return Err(format!("`{key}` stands there twice"));
        }
        rest = after.trim_start();
        match rest.strip_prefix(',') {
            Some(next) => rest = next,
            None if rest == "}" => break,
            None => return Err(broken()),
        }
    }
    let op = serde_json::from_str(op.ok_or_else(broken)?).map_err(|_| broken())?;
    Ok((op, entity.ok_or_else(broken)?))
}

/// The first JSON value of a text, and what follows it.
fn value<T: DeserializeOwned>(text: &str) -> Result<(T, &str), String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<T>();
    match values.next() {
        Some(Ok(value)) => Ok((value, text.get(values.byte_offset()..).unwrap_or_default())),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("it ends in the middle".to_owned()),
    }
}

/// Entities of the file at hand, and of the lines: those in the order they are written in, or in the order of their ids.
struct Entities<'a> {
    /// Text of each, none if it is taken away.
    held: Vec<Option<&'a str>>,
    at: HashMap<String, usize>,
    ids: Vec<String>,
    is_sorted: bool,
}

/// Applies delta files to a file of entities, one a line.
///
/// # Errors
/// Why they do not fit it, or cannot be read; with the number of the file and its line.
pub fn apply(base: &[u8], deltas: &[Vec<u8>]) -> Result<Applied, String> {
    let own = text(base).map_err(|reason| format!("the file at hand: {reason}"))?;
    let mut entities = Entities::of(own)?;
    let (mut added, mut changed, mut removed) = (0u64, 0u64, 0u64);
    for (file, bytes) in deltas.iter().enumerate() {
        let place = |line: usize| format!("delta file {}, line {}", file.saturating_add(1), line.saturating_add(1));
        let lines = text(bytes).map_err(|reason| format!("delta file {}: {reason}", file.saturating_add(1)))?;
        for (number, line) in lines.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let (op, entity) = parts(line).map_err(|reason| format!("{}: {reason}", place(number)))?;
            let id = id_of(entity).map_err(|reason| format!("{}: {reason}", place(number)))?;
            let count = match op.as_str() {
                "ADD" => &mut added,
                "MOD" => &mut changed,
                "DEL" => &mut removed,
                other => return Err(format!("{}: `{other}` is none of ADD, MOD and DEL", place(number))),
            };
            *count = count.saturating_add(1);
            entities.put(&op, id, entity).map_err(|reason| format!("{}: {reason}", place(number)))?;
        }
    }
    Ok(Applied { bytes: entities.written(), added, changed, removed })
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "no text in UTF-8, as JSON lines are".to_owned())
}

fn id_of(entity: &str) -> Result<String, String> {
    #[derive(Deserialize)]
    struct Id<'a> {
        #[serde(borrow)]
        id: std::borrow::Cow<'a, str>,
    }
    let found: Id<'_> = serde_json::from_str(entity).map_err(|error| format!("no entity with an id: {error}"))?;
    Ok(found.id.into_owned())
}

impl<'a> Entities<'a> {
    fn of(text: &'a str) -> Result<Self, String> {
        let mut out = Self { held: Vec::new(), at: HashMap::new(), ids: Vec::new(), is_sorted: true };
        for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            let place = || format!("the file at hand, line {}", number.saturating_add(1));
            let id = id_of(line).map_err(|reason| format!("{}: {reason}", place()))?;
            if out.ids.last().is_some_and(|last| *last > id) {
                out.is_sorted = false;
            }
            if out.at.insert(id.clone(), out.held.len()).is_some() {
                return Err(format!("{}: a second entity `{id}`", place()));
            }
            out.held.push(Some(line));
            out.ids.push(id);
        }
        Ok(out)
    }

    fn put(&mut self, op: &str, id: String, entity: &'a str) -> Result<(), String> {
        let known = self.at.get(&id).copied();
        let slot = known.and_then(|at| self.held.get_mut(at));
        match (op, slot) {
            ("ADD", Some(slot @ None)) | ("MOD", Some(slot @ Some(_))) => *slot = Some(entity),
            ("DEL", Some(slot @ Some(_))) => *slot = None,
            ("ADD", None) => {
                self.at.insert(id.clone(), self.held.len());
                self.held.push(Some(entity));
                self.ids.push(id);
            }
            ("ADD", Some(Some(_))) => return Err(format!("it adds `{id}`, which is there")),
            _ => return Err(format!("it changes or takes away `{id}`, which is not there")),
        }
        Ok(())
    }

    /// The file: additions where the order of ids puts them if the file is in that order, else at its end.
    fn written(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let mut put = |entity: &Option<&str>| {
            if let Some(entity) = entity {
                out.extend_from_slice(entity.as_bytes());
                out.push(b'\n');
            }
        };
        if self.is_sorted {
            let all: BTreeMap<&String, &Option<&str>> = self.ids.iter().zip(&self.held).collect();
            all.values().for_each(|entity| put(entity));
        } else {
            self.held.iter().for_each(put);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entity(id: &str, name: &str) -> String {
        format!("{{\"id\":\"{id}\",\"schema\":\"Person\",\"properties\":{{\"name\":[\"{name}\"]}}}}")
    }

    fn file(entities: &[(&str, &str)]) -> Vec<u8> {
        entities.iter().flat_map(|(id, name)| (entity(id, name) + "\n").into_bytes()).collect()
    }

    fn delta(lines: &[(&str, &str, &str)]) -> Vec<u8> {
        let line =
            |(op, id, name): &(&str, &str, &str)| format!("{{\"op\":\"{op}\",\"entity\":{}}}\n", entity(id, name));
        lines.iter().flat_map(|of| line(of).into_bytes()).collect()
    }

    #[test]
    fn a_chain_leads_to_the_publishers_file_byte_for_byte() {
        let base = file(&[("b", "Bo"), ("d", "Dee"), ("f", "Fay")]);
        let first = delta(&[("ADD", "c", "Cy"), ("MOD", "d", "Deedee"), ("DEL", "f", "")]);
        let second = delta(&[("ADD", "a", "Al"), ("ADD", "f", "Fay again"), ("DEL", "c", "")]);
        let applied = apply(&base, &[first, Vec::new(), second]).unwrap();
        let wanted = file(&[("a", "Al"), ("b", "Bo"), ("d", "Deedee"), ("f", "Fay again")]);
        assert_eq!(String::from_utf8(applied.bytes).unwrap(), String::from_utf8(wanted).unwrap());
        assert_eq!((applied.added, applied.changed, applied.removed), (3, 1, 2));
    }

    #[test]
    fn a_file_in_another_order_keeps_it() {
        let base = file(&[("z", "Zed"), ("b", "Bo")]);
        let applied = apply(&base, &[delta(&[("ADD", "a", "Al"), ("MOD", "z", "Zoe")])]).unwrap();
        assert_eq!(applied.bytes, file(&[("z", "Zoe"), ("b", "Bo"), ("a", "Al")]));
    }

    #[test]
    fn lines_that_do_not_fit_end_it_with_their_place() {
        let base = file(&[("b", "Bo")]);
        for (lines, part) in [
            (delta(&[("ADD", "b", "Bo")]), "delta file 1, line 1: it adds `b`, which is there"),
            (delta(&[("ADD", "c", "Cy"), ("MOD", "x", "X")]), "line 2: it changes or takes away `x`"),
            (delta(&[("DEL", "x", "")]), "`x`, which is not there"),
            (delta(&[("DEL", "b", ""), ("DEL", "b", "")]), "line 2: it changes or takes away `b`"),
            (delta(&[("PUT", "b", "")]), "`PUT` is none of"),
            (b"{\"op\":\"DEL\",\"op\":\"ADD\",\"entity\":{\"id\":\"b\"}}".to_vec(), "`op` stands there twice"),
            (b"{\"op\":\"DEL\"}".to_vec(), "no line of a delta file"),
            (b"{\"op\":\"ADD\",\"entity\":{\"name\":1}}".to_vec(), "no entity with an id"),
            (b"{\"op\":\"ADD\",\"entity\":{\"id\":\"c\"".to_vec(), "line 1: EOF"),
            (b"<html>".to_vec(), "line 1"),
            (b"\xff".to_vec(), "no text in UTF-8"),
        ] {
            let error = apply(&base, &[lines]).unwrap_err();
            assert!(error.contains(part), "{part}: {error}");
        }
        assert!(apply(b"\x1f\x8b\x08", &[]).unwrap_err().contains("the file at hand"));
        assert!(apply(&file(&[("b", "Bo"), ("b", "Bo")]), &[]).unwrap_err().contains("a second entity `b`"));
    }
}
