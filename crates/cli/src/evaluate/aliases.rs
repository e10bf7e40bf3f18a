//! Leave one alias out: each strong alias of a listed person or organisation is taken out of its
//! listing and looked for. The lists' own evidence of how names vary.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use interdict_engine::{Engine, Policy, Score, Snapshot, pair};
use interdict_model::{Entity, Kind, NameQuality};
use interdict_names::fold::fold;
use interdict_store::Output;
use rayon::prelude::*;

use super::figures::{self, Labelled, score_text, three};
use super::lists::{answers, lowered, read};
use super::report::Table;
use super::samples::{Sample, around};
use super::{Fields, basis, file_name, print_table};
use crate::command::{PlaceArgs, PolicyArgs};
use crate::exit::{Exit, Failure};
use crate::style;

/// Which aliases.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict evaluate aliases --list un-sc
  interdict evaluate aliases --negatives clean.csv --fields all --scores scores.csv

With --negatives, recall is given at the thresholds that flag 0.5 % and 0.1 % of them.")]
pub struct AliasesArgs {
    /// Files of parties that should pass: they set the thresholds
    #[arg(long, value_name = "FILE", num_args = 1..)]
    negatives: Vec<PathBuf>,
    /// What is used: the alias alone, or the listing's dates and countries too
    #[arg(long, value_enum, default_value = "name")]
    fields: Fields,
    /// Where to write the scores
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
}

/// An alias, where it was taken from, and how well it is found there.
struct Left {
    kind: Kind,
    list: String,
    reference: String,
    alias: String,
    score: Result<u16, String>,
}

/// Two names that are one for this purpose: the same words in any order, marks and case aside.
fn key(name: &str) -> Vec<String> {
    let folded = fold(name);
    let mut words: Vec<String> =
        folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    words.sort_unstable();
    words
}

/// The queries of one listing: each strong alias, and the listing without it.
fn queries(listed: &Entity, fields: Fields) -> Vec<(String, Entity, Entity)> {
    let strong = |quality| matches!(quality, NameQuality::Primary | NameQuality::Strong);
    let keys: Vec<Vec<String>> = listed.names.iter().map(|name| key(&name.value.full)).collect();
    let mut out = Vec::new();
    let mut seen: Vec<&Vec<String>> = Vec::new();
    for (name, own) in listed.names.iter().zip(&keys) {
        if name.value.quality != NameQuality::Strong || own.is_empty() || seen.contains(&own) {
            continue;
        }
        seen.push(own);
        let mut rest = listed.clone();
        rest.names =
            listed.names.iter().zip(&keys).filter(|(_, other)| *other != own).map(|(name, _)| name.clone()).collect();
        // What is left must still be a name that the publisher vouches for.
        if !rest.names.iter().any(|name| strong(name.value.quality)) {
            continue;
        }
        let mut query = Entity::of(listed.kind);
        query.names.push(name.clone());
        if fields == Fields::All {
            query.births.clone_from(&listed.births);
            query.nationalities.clone_from(&listed.nationalities);
        }
        out.push((name.value.full.clone(), query, rest));
    }
    out
}

/// What was measured.
pub struct Measured {
    left: Vec<Left>,
    rows: Vec<Labelled>,
}

/// Looks for the aliases.
pub fn run(args: &AliasesArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let snapshot = place.snapshot()?;
    let engine = Engine::new(Arc::clone(&snapshot), args.policy.policy()?, args.policy.only(&snapshot)?);
    let measured = Measured::of(&engine, &snapshot, &args.negatives, args.fields)?;
    if let Some(path) = &args.scores {
        let mut out = csv::Writer::from_writer(Output::create(path)?);
        out.write_record(["list", "reference", "kind", "alias", "score"])?;
        for left in &measured.left {
            let score = left.score.as_ref().map_or_else(|_| String::new(), |score| score_text(*score));
            out.write_record([&left.list, &left.reference, left.kind.word(), &left.alias, &score])?;
        }
        out.into_inner().map_err(|error| Failure::new(error.to_string()))?.finish()?;
    }
    print(args, &engine, &measured)?;
    Ok(if measured.is_whole() { Exit::Clear } else { Exit::NotDone })
}

impl Measured {
    /// Takes the aliases out and compares.
    pub fn of(
        engine: &Engine,
        snapshot: &Arc<Snapshot>,
        negatives: &[PathBuf],
        fields: Fields,
    ) -> Result<Self, Failure> {
        let only = engine.lists().iter().map(|version| version.list.clone()).collect();
        let low = Engine::new(Arc::clone(snapshot), lowered(engine.policy()), only);
        let every = Policy { threshold: Score(0), ..engine.policy().clone() };
        let one = |ordinal: u32| -> Result<Vec<Left>, Failure> {
            let listing = snapshot.listing(ordinal)?;
            if !matches!(listing.entity.kind, Kind::Person | Kind::Organization) {
                return Ok(Vec::new());
            }
            let left = queries(&listing.entity, fields).into_iter().map(|(alias, query, rest)| Left {
                kind: listing.entity.kind,
                list: listing.list.0.clone(),
                reference: listing.quoted().to_owned(),
                score: pair::compare(&query, &rest, &every).map(|hit| hit.score.0).map_err(|error| error.to_string()),
                alias,
            });
            Ok(left.collect())
        };
        let ordinals: Vec<u32> = (0..snapshot.listings()).filter(|ordinal| engine.is_asked_for(*ordinal)).collect();
        let left: Vec<Left> =
            ordinals.into_par_iter().map(one).collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect();
        let mut rows: Vec<Labelled> = left
            .iter()
            .map(|left| Labelled {
                truth: true,
                score: left.score.as_ref().ok().copied(),
                groups: vec![left.kind.word().to_owned()],
            })
            .collect();
        for path in negatives {
            for (_, answer) in answers(&low, &read(path, fields, Kind::Person)?) {
                let score = answer.ok().map(|answer| answer.best.map_or(0, |best| best.score.0));
                rows.push(Labelled { truth: false, score, groups: vec![file_name(path)] });
            }
        }
        Ok(Self { left, rows })
    }

    /// Whether every alias could be compared.
    pub fn is_whole(&self) -> bool {
        self.left.iter().all(|left| left.score.is_ok())
    }

    /// Recall at the default threshold, and where little of the negatives is flagged.
    pub fn table(&self, threshold: u16) -> Table {
        let rows = &self.rows;
        let mut thresholds = vec![("default".to_owned(), threshold)];
        for share in [0.005, 0.001] {
            if let Some(at) = figures::threshold_flagging(rows, share) {
                thresholds.push((format!("flags {} % of negatives", share * 100.0), at));
            }
        }
        let mut head = vec!["threshold".to_owned(), String::new(), "negatives flagged".to_owned()];
        let mut kinds: BTreeMap<&str, Vec<&Labelled>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.truth) {
            kinds.entry(row.groups.first().map_or("", String::as_str)).or_default().push(row);
        }
        head.extend(kinds.iter().map(|(kind, rows)| format!("recall {kind} ({})", rows.len())));
        let mut table = vec![head];
        for (name, at) in thresholds {
            let mut row = vec![name, score_text(at), figures::percent(figures::at(rows, at).false_positives())];
            row.extend(kinds.values().map(|rows| three(figures::at(rows.iter().copied(), at).recall())));
            table.push(row);
        }
        Table { title: "aliases found".to_owned(), rows: table }
    }

    /// Samples around the threshold.
    pub fn samples(&self, threshold: u16) -> Vec<Table> {
        let sample = |left: &Left| {
            let listed = format!("{} {}, its other names", left.list, left.reference);
            let score = *left.score.as_ref().ok()?;
            Some(Sample { score, right: Some(true), party: left.alias.clone(), listed })
        };
        around(&self.left.iter().filter_map(sample).collect::<Vec<_>>(), threshold)
    }
}

fn print(args: &AliasesArgs, engine: &Engine, measured: &Measured) -> Result<(), Failure> {
    let left = &measured.left;
    let mut out = anstream::stdout().lock();
    let not_done: Vec<&Left> = left.iter().filter(|left| left.score.is_err()).collect();
    writeln!(out, "{:<16}{}", "aliases", style::grouped(left.len() as u64))?;
    writeln!(out, "{:<16}{}", "not compared", not_done.len())?;
    if let Some(first) = not_done.first() {
        let reason = first.score.as_ref().err().map_or("", |reason| reason.lines().next().unwrap_or(""));
        writeln!(out, "{:<16}{} {}: {}", "", first.list, style::clean(&first.reference), style::clean(reason))?;
    }
    writeln!(out, "{:<16}{}", "fields", format!("{:?}", args.fields).to_lowercase())?;
    for (name, value) in basis(engine) {
        writeln!(out, "{name:<16}{}", style::clean(&value))?;
    }
    let table = measured.table(engine.policy().threshold.0);
    print_table(&mut out, &table.title, &table.rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use interdict_model::{Name, Sourced};

    #[test]
    fn an_alias_is_taken_out_with_its_doubles() {
        let mut entity = Entity::of(Kind::Person);
        for (name, quality) in [
            ("Anna Example", NameQuality::Primary),
            ("EXAMPLE, Anna", NameQuality::Strong),
            ("Hanna Exampel", NameQuality::Strong),
            ("Hanna EXAMPEL", NameQuality::Strong),
            ("Annie", NameQuality::Weak),
        ] {
            entity.names.push(Sourced::new(Name::new(name, quality), "name"));
        }
        let queries = queries(&entity, Fields::Name);
        let rest = |i: usize| queries[i].2.names.iter().map(|name| name.value.full.as_str()).collect::<Vec<_>>();
        assert_eq!(queries.len(), 2);
        assert_eq!(
            (queries[0].0.as_str(), rest(0)),
            ("EXAMPLE, Anna", vec!["Hanna Exampel", "Hanna EXAMPEL", "Annie"])
        );
        assert_eq!((queries[1].0.as_str(), rest(1)), ("Hanna Exampel", vec!["Anna Example", "EXAMPLE, Anna", "Annie"]));
    }
}
