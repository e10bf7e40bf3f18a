//! Labelled parties against the lists in use: those that should be found, those that should pass.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use interdict_engine::{Engine, Party, Policy, Score, Scratch, Snapshot};
use interdict_lists::Mapping;
use interdict_model::{Entity, Kind, Name, NameQuality, Sourced};
use interdict_store::Output;
use rayon::prelude::*;

use super::figures::{self, Labelled, percent, score_text, three};
use super::report::{self, Report, Table};
use super::samples::{Sample, around};
use super::{Fields, basis, file_name, file_names, print_table, write_file};
use crate::command::{LOWEST_THRESHOLD, PlaceArgs, PolicyArgs};
use crate::exit::{Exit, Failure, print_note};
use crate::rows::{self, BadRow};
use crate::style;

/// Shares of wrongly flagged rows that recall is given for.
const FLAGGED: [f64; 4] = [0.005, 0.003, 0.001, 0.0002];

/// Which parties.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict evaluate lists --positives un.csv --negatives clean.csv --scores scores.csv
  interdict evaluate lists --positives un.csv --negatives clean.csv --fields all --scores scores.csv --report report.html

The files have a header and the columns full_name, and if there are any first_name, middle_name,
last_name, gender, date_of_birth, place_of_birth, nationality. The scores are one line a row: file,
row, the best score, and the list and reference of the best listing; a score below 0.3 is written as 0.")]
pub struct ListsArgs {
    /// Files of parties that should be found
    #[arg(long, value_name = "FILE", num_args = 1..)]
    positives: Vec<PathBuf>,
    /// Files of parties that should pass
    #[arg(long, value_name = "FILE", num_args = 1..)]
    negatives: Vec<PathBuf>,
    /// What is used of each party
    #[arg(long, value_enum, default_value = "name")]
    fields: Fields,
    /// What the parties are, where a row does not say
    #[arg(long, default_value = "person")]
    kind: String,
    /// Where to write the scores
    #[arg(long, value_name = "FILE")]
    scores: PathBuf,
    /// Where to write the report, a page of HTML
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Threads [default: all cores]
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    #[command(flatten)]
    policy: PolicyArgs,
}

/// A row's best listing.
pub struct Answer {
    /// Its score and position; none if nothing reached the floor.
    pub best: Option<interdict_engine::Best>,
    /// Time it took.
    pub nanos: u64,
}

/// A file of parties and what became of each.
pub struct Scored {
    file: PathBuf,
    truth: bool,
    rows: Vec<(String, Result<Answer, String>)>,
}

/// Reads a file of labelled parties.
pub fn read(path: &Path, fields: Fields, kind: Kind) -> Result<Vec<Result<Party, BadRow>>, Failure> {
    let source = rows::open(&path.display().to_string(), &Mapping::default())?;
    let mut parties: Vec<Result<Party, BadRow>> = source.rows.collect();
    for party in parties.iter_mut().flatten() {
        if fields == Fields::Name {
            let name = party.entity.caption().to_owned();
            let mut entity = Entity::default();
            entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "full_name"));
            party.entity = entity;
        }
        if party.entity.kind == Kind::Unknown {
            party.entity.kind = kind;
        }
    }
    Ok(parties)
}

/// Screens parties over all cores and times each.
pub fn answers(engine: &Engine, parties: &[Result<Party, BadRow>]) -> Vec<(String, Result<Answer, String>)> {
    let one = |scratch: &mut Scratch, row: &Result<Party, BadRow>| match row {
        Err(bad) => (bad.place.clone(), Err(bad.reason.clone())),
        Ok(party) => {
            let start = Instant::now();
            let best = engine.best(&party.entity, scratch);
            let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            (party.place.clone(), best.map(|best| Answer { best, nanos }).map_err(|error| error.to_string()))
        }
    };
    parties.par_iter().map_init(Scratch::default, one).collect()
}

/// A policy that returns what is below the threshold too, down to where the index still answers.
pub fn lowered(policy: &Policy) -> Policy {
    Policy { threshold: Score::from_share(LOWEST_THRESHOLD), ..policy.clone() }
}

/// The files and how they are used.
pub struct Labels<'a> {
    /// Those that should be found.
    pub positives: &'a [PathBuf],
    /// Those that should pass.
    pub negatives: &'a [PathBuf],
    /// What is used of each party.
    pub fields: Fields,
    /// What the parties are, where a row does not say.
    pub kind: Kind,
}

/// What was measured.
pub struct Measured {
    /// The rows with their scores.
    pub rows: Vec<Labelled>,
    /// What it rests on, and how fast it was.
    pub facts: Vec<(String, String)>,
    /// Figures by file and by share of negatives.
    pub tables: Vec<Table>,
    /// Samples around the threshold.
    pub samples: Vec<Table>,
    /// Rows that could not be screened.
    pub not_done: u64,
    files: Vec<Scored>,
}

/// Screens the files.
pub fn run(args: &ListsArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    if args.positives.is_empty() && args.negatives.is_empty() {
        return Err(Failure::hint("nothing to screen", "give --positives FILE… or --negatives FILE…"));
    }
    if let Some(threads) = args.threads {
        // Fails only if a pool stands already, and then the figures would be of another number.
        let built = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
        built.map_err(|error| Failure::new(format!("--threads: {error}")))?;
    }
    let kind =
        Kind::parse(&args.kind).ok_or_else(|| Failure::new(format!("--kind: `{}` is no kind of party", args.kind)))?;
    let snapshot = place.snapshot()?;
    let policy = args.policy.policy()?;
    let threshold = policy.threshold.0;
    let engine = Engine::new(Arc::clone(&snapshot), policy, args.policy.only(&snapshot)?);
    let labels = Labels { positives: &args.positives, negatives: &args.negatives, fields: args.fields, kind };
    let measured = Measured::of(&labels, &engine, &snapshot)?;
    write_scores(args, &engine, &measured.files)?;
    let Measured { rows, facts, mut tables, samples, not_done, files: _ } = measured;
    let mut out = anstream::stdout().lock();
    for (name, value) in &facts {
        writeln!(out, "{name:<16}{}", style::clean(value))?;
    }
    print_table(&mut out, "by threshold", &report::by_threshold(&rows, threshold))?;
    for table in &tables {
        print_table(&mut out, &table.title, &table.rows)?;
    }
    drop(out);
    tables.extend(samples);
    if let Some(path) = &args.report {
        let title = "Labelled parties against the lists".to_owned();
        write_file(path, Report { title, facts, rows: &rows, threshold, tables }.html().as_bytes())?;
    }
    Ok(if not_done == 0 { Exit::Clear } else { Exit::NotDone })
}

impl Measured {
    /// Screens the files, below the engine's threshold too.
    pub fn of(labels: &Labels<'_>, engine: &Engine, snapshot: &Arc<Snapshot>) -> Result<Self, Failure> {
        let only = || engine.lists().iter().map(|version| version.list.clone()).collect::<Vec<_>>();
        let low = Engine::new(Arc::clone(snapshot), lowered(engine.policy()), only());
        let (mut files, mut seconds, mut parties) = (Vec::new(), 0.0, Vec::new());
        let mut samples = Vec::new();
        let labelled =
            labels.positives.iter().map(|path| (path, true)).chain(labels.negatives.iter().map(|path| (path, false)));
        for (path, truth) in labelled {
            let given = read(path, labels.fields, labels.kind)?;
            let start = Instant::now();
            let rows = answers(&low, &given);
            seconds += start.elapsed().as_secs_f64();
            for (party, (_, answer)) in given.iter().zip(&rows) {
                samples.extend(sample(truth, party, answer, snapshot)?);
            }
            parties.extend(given);
            files.push(Scored { file: path.clone(), truth, rows });
        }
        let rows = labelled_rows(&files);
        let not_done: u64 = rows.iter().filter(|row| row.score.is_none()).count() as u64;
        for file in &files {
            for (place, row) in &file.rows {
                if let Err(reason) = row {
                    let reason = reason.lines().next().unwrap_or("");
                    print_note(&format!("{}, {place}: not screened: {reason}", file.file.display()));
                }
            }
        }
        let threshold = engine.policy().threshold;
        let mut facts = vec![
            ("positives".to_owned(), file_names(labels.positives)),
            ("negatives".to_owned(), file_names(labels.negatives)),
            ("fields".to_owned(), format!("{:?}", labels.fields).to_lowercase()),
        ];
        facts.extend(speed("at 0.30", &nanos(&files), seconds));
        facts.extend(screening_speed(&parties, engine));
        facts.push(("not screened".to_owned(), not_done.to_string()));
        facts.extend(basis(engine));
        let tables = vec![
            Table { title: format!("by file, at {:.2}", threshold.share()), rows: by_file(&files, threshold.0) },
            Table { title: "at a share of negatives flagged".to_owned(), rows: by_share(&files, &rows) },
        ];
        Ok(Self { rows, facts, tables, samples: around(&samples, threshold.0), not_done, files })
    }
}

/// A row and its best listing.
fn sample(
    truth: bool,
    party: &Result<Party, BadRow>,
    answer: &Result<Answer, String>,
    snapshot: &Snapshot,
) -> Result<Option<Sample>, Failure> {
    let (Ok(party), Ok(Answer { best: Some(best), .. })) = (party, answer) else { return Ok(None) };
    let listing = snapshot.listing(best.ordinal)?;
    let listed = format!("{} ({} {})", listing.entity.caption(), listing.list, listing.quoted());
    Ok(Some(Sample { score: best.score.0, right: Some(truth), party: party.entity.caption().to_owned(), listed }))
}

fn labelled_rows(files: &[Scored]) -> Vec<Labelled> {
    let one = |file: &Scored, row: &Result<Answer, String>| {
        let score = row.as_ref().ok().map(|answer| answer.best.as_ref().map_or(0, |best| best.score.0));
        Labelled { truth: file.truth, score, groups: vec![file_name(&file.file)] }
    };
    files.iter().flat_map(|file| file.rows.iter().map(move |(_, row)| one(file, row))).collect()
}

fn write_scores(args: &ListsArgs, engine: &Engine, files: &[Scored]) -> Result<(), Failure> {
    let mut out = csv::Writer::from_writer(Output::create(&args.scores)?);
    out.write_record(["file", "row", "score", "list", "reference"])?;
    for file in files {
        let name = file_name(&file.file);
        for (number, (_, row)) in file.rows.iter().enumerate() {
            let number = (number + 1).to_string();
            let (score, list, reference) = match row {
                Err(_) => (String::new(), String::new(), String::new()),
                Ok(Answer { best: None, .. }) => (score_text(0), String::new(), String::new()),
                Ok(Answer { best: Some(best), .. }) => {
                    let listing = engine.snapshot().listing(best.ordinal)?;
                    (score_text(best.score.0), listing.list.0.clone(), listing.quoted().to_owned())
                }
            };
            out.write_record([name.as_str(), &number, &score, &list, &reference])?;
        }
    }
    let out = out.into_inner().map_err(|error| Failure::new(format!("{}: {error}", args.scores.display())))?;
    Ok(out.finish()?)
}

fn nanos(files: &[Scored]) -> Vec<u64> {
    files.iter().flat_map(|file| &file.rows).filter_map(|(_, row)| Some(row.as_ref().ok()?.nanos)).collect()
}

/// Rate and times of screening as it is used: at the policy's threshold, with the whole evidence.
fn screening_speed(parties: &[Result<Party, BadRow>], engine: &Engine) -> Vec<(String, String)> {
    let start = Instant::now();
    let answers = answers(engine, parties);
    let seconds = start.elapsed().as_secs_f64();
    let nanos: Vec<u64> = answers.iter().filter_map(|(_, row)| Some(row.as_ref().ok()?.nanos)).collect();
    speed(&format!("at {:.2}", engine.policy().threshold.share()), &nanos, seconds)
}

fn speed(at: &str, nanos: &[u64], seconds: f64) -> Vec<(String, String)> {
    let mut nanos = nanos.to_vec();
    nanos.sort_unstable();
    let micros = |share| format!("{:.1} µs", figures::percentile(&nanos, share).unwrap_or(0) as f64 / 1000.0);
    let rate = style::grouped((nanos.len() as f64 / seconds.max(1e-9)) as u64);
    let (rows, threads) = (style::grouped(nanos.len() as u64), rayon::current_num_threads());
    let times = format!("p50 {}, p99 {}, longest {}", micros(0.5), micros(0.99), micros(1.0));
    vec![(format!("speed {at}"), format!("{rows} rows, {rate} rows/s on {threads} threads; {times}"))]
}

fn by_file(files: &[Scored], threshold: u16) -> Vec<Vec<String>> {
    let head = ["file", "label", "rows", "at or above", "share", "not screened"];
    let mut table = vec![head.map(str::to_owned).to_vec()];
    for file in files {
        let above = |row: &Result<Answer, String>| {
            row.as_ref().is_ok_and(|answer| answer.best.as_ref().is_some_and(|best| best.score.0 >= threshold))
        };
        let flagged = file.rows.iter().filter(|(_, row)| above(row)).count();
        table.push(vec![
            file_name(&file.file),
            if file.truth { "listed" } else { "not listed" }.to_owned(),
            style::grouped(file.rows.len() as u64),
            style::grouped(flagged as u64),
            percent(Some(flagged as f64 / (file.rows.len().max(1) as f64))),
            file.rows.iter().filter(|(_, row)| row.is_err()).count().to_string(),
        ]);
    }
    table
}

/// Recall of each file of positives where a given share of all negatives is flagged.
fn by_share(files: &[Scored], rows: &[Labelled]) -> Vec<Vec<String>> {
    let positives: Vec<String> = files.iter().filter(|file| file.truth).map(|file| file_name(&file.file)).collect();
    let mut head = vec!["negatives flagged".to_owned(), "threshold".to_owned(), "flagged".to_owned()];
    head.extend(positives.iter().map(|name| format!("recall {name}")));
    let mut table = vec![head];
    for share in FLAGGED {
        let Some(threshold) = figures::threshold_flagging(rows, share) else { continue };
        let flagged = figures::at(rows, threshold).flagged;
        let mut row = vec![format!("{} %", share * 100.0), score_text(threshold), flagged.to_string()];
        for name in &positives {
            let within = rows.iter().filter(|row| row.truth && row.groups.first() == Some(name));
            row.push(three(figures::at(within, threshold).recall()));
        }
        table.push(row);
    }
    table
}
