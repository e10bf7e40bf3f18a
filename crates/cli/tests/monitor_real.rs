//! `interdict monitor` on the publishers' own files: a run tells what screening everybody before and after would tell.
//!
//! Promises: both are asked through the command line, and agree on who is told of which listing, how, and with
//! which scores.
//!
//! Not here: how the events are found (`engine/tests/monitor.rs` compares many pairs, field by field).

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use common::Home;
use interdict_lists::{Options, SourceFile, group, read};
use interdict_model::Listing;
use interdict_testkit::real_data;
use serde_json::{Value, json};

fn listings(path: &Path) -> Vec<Listing> {
    let bytes = std::fs::read(path).unwrap();
    let (sets, _) = group(&[SourceFile { name: "list", bytes: &bytes }], &Options::default());
    let mut all = Vec::new();
    for set in &sets {
        read(set, &Options::default(), &mut |listing| all.push(listing)).unwrap_or_else(|e| panic!("{e}"));
    }
    all
}

/// Some hundreds of parties: people who are not listed, and names of listings as customers write them. Those of
/// listings that are on one side only, or say something else, all of them; of the others a few.
fn parties(before: &[Listing], after: &[Listing], negatives: &Path) -> String {
    let mut rows = Vec::new();
    let text = std::fs::read_to_string(negatives).unwrap();
    for (number, line) in text.lines().enumerate().skip(1).step_by(97).take(120) {
        let fields: Vec<&str> = line.split(',').collect();
        rows.push(json!({ "id": format!("N-{number}"), "name": fields[0], "born": fields[5] }));
    }
    let changed: BTreeSet<String> =
        interdict_lists::changes(before.to_vec(), after.to_vec()).into_iter().map(|change| change.record).collect();
    let mut known = BTreeSet::new();
    for (at, listing) in before.iter().chain(after).enumerate() {
        for (n, name) in listing.entity.names.iter().enumerate() {
            let taken = changed.contains(&listing.record) && n < 3 || n == 0 && at % 25 == 0;
            if !taken || !known.insert(name.value.full.clone()) {
                continue;
            }
            let mut words: Vec<&str> = name.value.full.split_whitespace().collect();
            match (at + n) % 4 {
                0 => words.reverse(),
                1 if words.len() > 2 => drop(words.remove(1)),
                _ => {}
            }
            let born = listing.entity.births.first().filter(|_| at % 3 == 0).map(|born| born.value.to_string());
            let kind = (at % 5 > 0).then_some(listing.entity.kind);
            rows.push(json!({ "id": format!("L-{at}-{n}"), "name": words.join(" "), "born": born, "kind": kind }));
        }
    }
    let lines = rows.into_iter().map(|mut row| {
        if let Some(fields) = row.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        format!("{row}\n")
    });
    lines.collect()
}

/// What a hit says: its score, evidence, acts (a date of amendment alone is no change), caption, kind, reference.
fn said(hit: &Value) -> Value {
    let mut acts = hit["designations"].clone();
    for act in acts.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut) {
        act.remove("amended_on");
    }
    json!([hit["score"], hit["evidence"], acts, hit["caption"], hit["kind"], hit["reference"]])
}

/// Hits of every party by its id and the listing.
type Hits = BTreeMap<(String, String), Value>;

fn screened(home: &Home, file: &str) -> Hits {
    let run = home.run(&["screen", file, "--format", "jsonl"]);
    let mut all = Hits::new();
    for row in run.json_lines() {
        assert_ne!(row["status"], "not_done", "{row}");
        let hits = row["screening"]["hits"].as_array().unwrap();
        assert_eq!(row["screening"]["hits_total"].as_u64(), Some(hits.len() as u64), "a limit hides hits: {row}");
        for hit in hits {
            let text = |at: &str| hit[at].as_str().unwrap().to_owned();
            let listing = format!("{}:{}", text("list"), text("record"));
            all.insert((row["id"].as_str().unwrap().to_owned(), listing), said(hit));
        }
    }
    all
}

/// What a party is told of a listing: the kind of event, and the scores on both sides.
type Told = BTreeMap<(String, String), (String, Value, Value)>;

fn differences(before: &Hits, after: &Hits) -> Told {
    let keys: BTreeSet<&(String, String)> = before.keys().chain(after.keys()).collect();
    let mut told = Told::new();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        let kind = match (old, new) {
            (None, _) => "new",
            (_, None) => "gone",
            (Some(old), Some(new)) if old != new => "changed",
            (Some(_), Some(_)) => continue,
        };
        let score = |hit: Option<&Value>| hit.map_or(Value::Null, |hit| hit[0].clone());
        told.insert(key.clone(), (kind.to_owned(), score(old), score(new)));
    }
    told
}

fn run_tells_the_difference(before: &str, after: &str) {
    let found = [before, after, "labelled/negatives_global.csv"].map(real_data);
    let [Some(before), Some(after), Some(negatives)] = found else { return };
    let home = Home::new();
    let text = parties(&listings(&before), &listings(&after), &negatives);
    let count = text.lines().count();
    assert!(count > 300, "{count} parties");
    let file = home.file("parties.jsonl", text.as_bytes());
    let import = |path: &Path| {
        let accept = ["--accept", "shrunk,canaries,older", "--reason", "a test of two versions"];
        let args: Vec<&str> = ["lists", "import", path.to_str().unwrap()].into_iter().chain(accept).collect();
        let run = home.run(&args);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    };
    import(&before);
    let run = home.run(&["monitor", "add", &file]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let first = home.run(&["monitor", "run", "--format", "jsonl"]);
    let old = screened(&home, &file);
    assert_eq!(first.json_lines().len(), old.len(), "the first run tells every hit: {}", first.err);
    import(&after);
    let run = home.run(&["monitor", "run", "--format", "jsonl"]);
    let mut told = Told::new();
    for event in run.json_lines() {
        let text = |at: &str| event.pointer(at).and_then(Value::as_str).unwrap().to_owned();
        let score = |at: &str| event.pointer(at).cloned().unwrap_or(Value::Null);
        let what = (text("/event"), score("/before/score"), score("/after/score"));
        let twice = told.insert((text("/party/id"), text("/listing")), what);
        assert_eq!(twice, None, "told twice: {event}");
    }
    let expected = differences(&old, &screened(&home, &file));
    assert_eq!(told, expected, "{}", run.err);
    for kind in ["new", "changed", "gone"] {
        assert!(told.values().any(|(told, ..)| told == kind), "no event is `{kind}`: a poor test");
    }
    eprintln!("{count} parties, {} events", told.len());
}

#[test]
fn a_run_between_two_un_versions_tells_what_screening_twice_tells() {
    run_tells_the_difference("un/2018-08-24_un_consolidated.xml", "un/2025-09-03_un_consolidated.xml");
}

#[test]
fn a_run_between_two_ofac_days_tells_what_screening_twice_tells() {
    run_tells_the_difference("ofac/sdn_daily/2022-02-23/sdn.csv", "ofac/sdn_daily/2022-02-25/sdn.csv");
}
