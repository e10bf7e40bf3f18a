//! Labelled pairs: names with a schema, or whole records.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use interdict_engine::{Policy, Score, pair};
use interdict_lists::{Mapping, party_of_json};
use interdict_model::{Entity, Kind, Name, NameQuality, Sourced};
use serde_json::Value;

use super::figures::{self, Labelled, percent, score_text, three};
use super::report::{self, Report, Table};
use super::samples::{Sample, around};
use super::{file_name, print_table, write_file};
use crate::exit::{Exit, Failure, print_note};
use crate::style;

/// Columns whose values the figures are told apart by, where a file has them.
const GROUPS: [&str; 4] = ["quality", "category", "case_group", "schema"];

/// Which pairs.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict evaluate pairs name_pairs.csv --scores scores.csv
  interdict evaluate pairs records.jsonl --scores scores.csv --report report.html

A CSV has the columns schema, name1, name2, is_match and any others (quality, category …). JSON is an
array or one object a line: {\"left\": {…}, \"right\": {…}, \"judgement\": \"positive\" or \"negative\"}
with FollowTheMoney entities. The scores are the input's columns and `score`.")]
pub struct PairsArgs {
    /// The file of pairs
    file: PathBuf,
    /// Where to write the scores
    #[arg(long, value_name = "FILE")]
    scores: PathBuf,
    /// Where to write the report, a page of HTML
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Threshold that the figures are given for [default: that of the policy]
    #[arg(long)]
    threshold: Option<f64>,
}

struct Pair {
    cells: Vec<String>,
    entities: Result<(Entity, Entity), String>,
    /// None if the label is neither: it is scored and counts in no figure.
    truth: Option<bool>,
}

struct Pairs {
    header: Vec<String>,
    rows: Vec<Pair>,
}

/// What was measured.
pub struct Measured {
    /// The rows with their scores.
    pub rows: Vec<Labelled>,
    /// What it rests on, and how fast it was.
    pub facts: Vec<(String, String)>,
    /// Figures by group.
    pub tables: Vec<Table>,
    /// Samples around the threshold.
    pub samples: Vec<Table>,
    /// Pairs that could not be scored.
    pub not_done: u64,
}

/// Scores the pairs.
pub fn run(args: &PairsArgs) -> Result<Exit, Failure> {
    let threshold = args.threshold.map_or(Policy::default().threshold, Score::from_share).0;
    let Measured { rows, facts, mut tables, samples, not_done } = measure(&args.file, Some(&args.scores), threshold)?;
    print(&rows, threshold, &facts, &tables)?;
    tables.extend(samples);
    if let Some(path) = &args.report {
        let title = format!("Pairs of {}", file_name(&args.file));
        write_file(path, Report { title, facts, rows: &rows, threshold, tables }.html().as_bytes())?;
    }
    Ok(if not_done == 0 { Exit::Clear } else { Exit::NotDone })
}

/// Scores the pairs of a file.
pub fn measure(file: &Path, scores: Option<&Path>, threshold: u16) -> Result<Measured, Failure> {
    let failed = |reason: String| Failure::new(format!("{}: {reason}", file.display()));
    let bytes = std::fs::read(file).map_err(|error| failed(error.to_string()))?;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let pairs = match text.trim_ascii_start().first() {
        None => return Err(failed("the file is empty".to_owned())),
        Some(b'{' | b'[') => from_json(text).map_err(failed)?,
        Some(_) => from_csv(text).map_err(failed)?,
    };
    // Every score is wanted, also those that are no hit.
    let policy = Policy { threshold: Score(0), ..Policy::default() };
    let mut out = csv::Writer::from_writer(Vec::new());
    let mut samples = Vec::new();
    out.write_record(pairs.header.iter().map(String::as_str).chain(["score"]))?;
    let columns: Vec<(&str, usize)> =
        GROUPS.iter().filter_map(|group| Some((*group, pairs.header.iter().position(|h| h == group)?))).collect();
    let (mut rows, mut not_done, mut unlabelled, mut nanos) = (Vec::new(), 0u64, 0u64, Vec::new());
    for (number, pair) in pairs.rows.iter().enumerate() {
        let start = Instant::now();
        let score = match &pair.entities {
            Ok((left, right)) => {
                pair::compare(left, right, &policy).map(|hit| hit.score.0).map_err(|error| error.to_string())
            }
            Err(reason) => Err(reason.clone()),
        };
        nanos.push(u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX));
        let score = match score {
            Ok(score) => Some(score),
            Err(reason) => {
                not_done += 1;
                print_note(&format!("pair {}: not scored: {}", number + 1, reason.lines().next().unwrap_or("")));
                None
            }
        };
        if let (Some(score), Ok((left, right))) = (score, &pair.entities) {
            let (party, listed) = (left.caption().to_owned(), right.caption().to_owned());
            samples.push(Sample { score, right: pair.truth, party, listed });
        }
        let text = score.map_or_else(String::new, score_text);
        out.write_record(pair.cells.iter().map(String::as_str).chain([text.as_str()]))?;
        match pair.truth {
            Some(truth) => {
                let groups = columns.iter().map(|(_, at)| pair.cells.get(*at).cloned().unwrap_or_default()).collect();
                rows.push(Labelled { truth, score, groups });
            }
            None => unlabelled += 1,
        }
    }
    let written = out.into_inner().map_err(|error| failed(error.to_string()))?;
    if let Some(path) = scores {
        write_file(path, &written)?;
    }
    nanos.sort_unstable();
    let tables: Vec<Table> = columns
        .iter()
        .enumerate()
        .map(|(column, (name, _))| Table { title: format!("by {name}"), rows: by_group(&rows, column, threshold) })
        .collect();
    let facts = facts(file, &rows, &nanos, not_done, unlabelled);
    Ok(Measured { rows, facts, tables, samples: around(&samples, threshold), not_done })
}

fn facts(file: &Path, rows: &[Labelled], nanos: &[u64], not_done: u64, unlabelled: u64) -> Vec<(String, String)> {
    let matches = rows.iter().filter(|row| row.truth).count() as u64;
    let total: u64 = nanos.iter().sum();
    let per_pair = |nanos: Option<u64>| format!("{:.1} µs", nanos.unwrap_or(0) as f64 / 1000.0);
    let best = figures::best(rows).map_or_else(
        || "–".to_owned(),
        |(threshold, counts)| format!("{} (F1 {})", score_text(threshold), three(counts.f1())),
    );
    vec![
        ("file".to_owned(), file_name(file)),
        ("engine".to_owned(), interdict_engine::VERSION.to_owned()),
        ("pairs".to_owned(), format!("{}, of them {matches} matches", rows.len())),
        ("not scored".to_owned(), not_done.to_string()),
        ("without a label".to_owned(), unlabelled.to_string()),
        ("threshold with the best F1".to_owned(), best),
        ("time a pair, mean".to_owned(), per_pair(Some(total / (nanos.len() as u64).max(1)))),
        ("time a pair, p99".to_owned(), per_pair(figures::percentile(nanos, 0.99))),
    ]
}

fn print(rows: &[Labelled], threshold: u16, facts: &[(String, String)], tables: &[Table]) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    for (name, value) in facts {
        writeln!(out, "{name:<28}{}", style::clean(value))?;
    }
    print_table(&mut out, "by threshold", &report::by_threshold(rows, threshold))?;
    for table in tables {
        print_table(&mut out, &table.title, &table.rows)?;
    }
    print_table(&mut out, "reliability", &report::reliability(rows))
}

/// Figures at the threshold for each value of a column.
fn by_group(rows: &[Labelled], column: usize, threshold: u16) -> Vec<Vec<String>> {
    let value = |row: &Labelled| row.groups.get(column).cloned().unwrap_or_default();
    let mut groups: Vec<String> = rows.iter().map(value).collect();
    groups.sort_unstable();
    groups.dedup();
    let head =
        ["", "pairs", "right", "precision", "recall", "F1", "false positives", "mean of matches", "mean of others"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    for group in groups {
        let within: Vec<&Labelled> = rows.iter().filter(|row| value(row) == group).collect();
        let counts = figures::at(within.iter().copied(), threshold);
        let right = counts.found + counts.passed;
        let mean = |truth: bool| {
            let scores: Vec<f64> = within
                .iter()
                .filter(|row| row.truth == truth)
                .map(|row| f64::from(row.score.unwrap_or(0)) / 10_000.0)
                .collect();
            (!scores.is_empty()).then(|| scores.iter().sum::<f64>() / scores.len() as f64)
        };
        table.push(vec![
            if group.is_empty() { "(none)".to_owned() } else { style::fit(&group, 40) },
            within.len().to_string(),
            right.to_string(),
            three(counts.precision()),
            three(counts.recall()),
            three(counts.f1()),
            percent(counts.false_positives()),
            three(mean(true)),
            three(mean(false)),
        ]);
    }
    table
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "positive" | "match" => Some(true),
        "false" | "0" | "no" | "negative" => Some(false),
        _ => None,
    }
}

fn from_csv(text: &[u8]) -> Result<Pairs, String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
    let header: Vec<String> = reader.headers().map_err(|error| error.to_string())?.iter().map(str::to_owned).collect();
    let column = |name: &str| {
        let at = header.iter().position(|h| h == name);
        at.ok_or_else(|| format!("line 1: no column `{name}`\nhint: the columns are schema, name1, name2, is_match"))
    };
    let (schema, name1, name2, is_match) = (column("schema")?, column("name1")?, column("name2")?, column("is_match")?);
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
        cells.resize(header.len(), String::new());
        let cell = |at: usize| cells.get(at).map_or("", String::as_str);
        let kind = interdict_model::ftm::kind_of(cell(schema)).or_else(|| Kind::parse(cell(schema)));
        let entities = match kind {
            Some(kind) => Ok((named(kind, cell(name1)), named(kind, cell(name2)))),
            None => Err(format!("unknown schema `{}`", cell(schema))),
        };
        let truth = truth(cell(is_match));
        rows.push(Pair { entities, truth, cells });
    }
    Ok(Pairs { header, rows })
}

fn named(kind: Kind, name: &str) -> Entity {
    let mut entity = Entity::of(kind);
    entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "name"));
    entity
}

fn from_json(text: &[u8]) -> Result<Pairs, String> {
    let values: Vec<Value> = if text.trim_ascii_start().starts_with(b"[") {
        serde_json::from_slice(text).map_err(|error| error.to_string())?
    } else {
        let mut values = Vec::new();
        for (number, line) in BufReader::new(text).lines().enumerate() {
            let line = line.map_err(|error| error.to_string())?;
            if !line.trim().is_empty() {
                values.push(serde_json::from_str(&line).map_err(|error| format!("line {}: {error}", number + 1))?);
            }
        }
        values
    };
    let header = ["left_id", "right_id", "schema", "name1", "name2", "judgement"].map(str::to_owned).to_vec();
    let mut rows = Vec::new();
    for value in &values {
        let side = |name: &str| match value.get(name) {
            Some(side) => {
                party_of_json(side, &Mapping::default()).map(|party| party.entity).map_err(|e| format!("{name}: {e}"))
            }
            None => Err(format!("no `{name}`")),
        };
        let text = |side: &str, key: &str| {
            value.get(side).and_then(|side| side.get(key)).and_then(Value::as_str).unwrap_or("").to_owned()
        };
        let judgement = value.get("judgement").and_then(Value::as_str).unwrap_or("");
        let (left, right) = (side("left"), side("right"));
        let caption = |side: &Result<Entity, String>| side.as_ref().map_or("", |entity| entity.caption()).to_owned();
        let cells = vec![
            text("left", "id"),
            text("right", "id"),
            text("left", "schema"),
            caption(&left),
            caption(&right),
            judgement.to_owned(),
        ];
        let entities = left.and_then(|left| Ok((left, right?)));
        rows.push(Pair { cells, entities, truth: truth(judgement) });
    }
    Ok(Pairs { header, rows })
}
