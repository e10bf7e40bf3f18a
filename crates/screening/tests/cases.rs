//! Names that are one, and names that are two: the case file, line by line.

use interdict_model::{Entity, Kind, Name, NameQuality, Sourced};
use interdict_screening::{Policy, compare};

fn named(kind: &str, name: &str) -> Entity {
    let mut entity = Entity::of(Kind::parse(kind).unwrap_or_default());
    entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "name"));
    entity
}

#[test]
fn names() {
    let policy = Policy::default();
    let mut failures = Vec::new();
    for (number, line) in include_str!("cases/names.tsv").lines().enumerate().filter(|(_, l)| !l.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [_, kind, query, listed, expect, why] = fields[..] else {
            failures.push(format!("cases/names.tsv:{}: six fields are needed", number + 1));
            continue;
        };
        for (party, other) in [(query, listed), (listed, query)] {
            let hit = compare(&named(kind, party), &named(kind, other), &policy);
            let score = hit.as_ref().map_or(0.0, |h| h.score.share());
            let is_hit = score >= policy.threshold.share();
            // a listing may lack what the party has more often than the reverse: `hit` is asked one way
            if is_hit != (expect == "hit") && (party == query || expect != "hit") {
                failures.push(format!("cases/names.tsv:{}  expected {expect}, score {score:.2} ({why})\n  query   {party}\n  listed  {other}", number + 1));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
