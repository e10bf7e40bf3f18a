//! `interdict screen`: one party from the command line, or the parties of a file.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use interdict_engine::{Engine, Outcome, Party, Recorded, Scratch, Screening, Tree};
use interdict_ledger::leaf_hash;
use interdict_lists::Mapping;
use interdict_model::{Digest, ListVersion};
use rayon::prelude::*;
use serde::Serialize;

use crate::command::{PlaceArgs, PolicyArgs, WhenArgs};
use crate::exit::{Exit, Failure, print_error, print_note};
use crate::party::PartyArgs;
use crate::past;
use crate::record::{Answer, Kind, Pending, RecordArgs, Recorder, Recording};
use crate::render::{self, Format, Row, Sink};
use crate::rows::{self, BadRow};
use crate::style::{self, BOLD, CLEAR, DIM, ERROR, HIT};

/// Rows screened at a time: enough to keep all cores busy, few enough to keep memory flat.
const CHUNK: usize = 2048;

/// What to screen.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict screen \"Kim Jong Un\" --born 1984-01-08 --country kp
  interdict screen --imo 7937317
  interdict screen customers.csv --map Kunde=name --map Geb=born --format csv --out hits.csv
  cat parties.jsonl | interdict screen - --format jsonl
  interdict screen customers.csv --as-of 2018-01-26
  interdict screen \"Kim Jong Un\" --as-of 2025-11-18 --known-at 2025-11-18T09:30:00Z
  interdict screen \"Kim Jong Un\" --receipt kim.receipt.json

Files: CSV (comma, semicolon, tab or bar), JSON lines or a JSON array with one object a party, or
FollowTheMoney. Columns are found by their names (name, first_name, last_name, alias, kind, born,
nationality, country, gender, passport, imo, lei, bic, wallet, address …); --map names the others.

Exit codes: 0 done and clear, 1 a hit, 2 something could not be done")]
pub struct ScreenArgs {
    /// A name; or a file of parties (.csv .tsv .json .jsonl .ndjson .ftm, or any that exists); or - for standard input
    #[arg(value_name = "NAME|FILE|-")]
    what: Option<String>,
    #[command(flatten)]
    party: PartyArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    when: WhenArgs,
    #[command(flatten)]
    record: RecordArgs,
    /// A file's column that holds one of our fields
    #[arg(long, value_name = "COLUMN=FIELD", help_heading = "Files")]
    map: Vec<String>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    format: Format,
    /// Write to a file, which appears when it is whole
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
    /// Show the whole evidence of each hit in a file, not its summary
    #[arg(short, long, help_heading = "Output")]
    evidence: bool,
}

/// Whether an argument means a file rather than a name.
fn is_file(what: &str) -> bool {
    let extension = Path::new(what).extension().and_then(|extension| extension.to_str()).unwrap_or("");
    what == "-"
        || ["csv", "tsv", "json", "jsonl", "ndjson", "ftm"].contains(&extension.to_ascii_lowercase().as_str())
        || Path::new(what).is_file()
}

/// Columns of a file: our field to its column.
pub fn mapping(map: &[String]) -> Result<Mapping, Failure> {
    let mut mapping = Mapping::default();
    for text in map {
        let Some((column, field)) = text.rsplit_once('=') else {
            return Err(Failure::hint(
                format!("--map: `{text}` has no `=`"),
                "write it as COLUMN=FIELD, as in Kunde=name",
            ));
        };
        // `=person=kind` gives every row the value after the first sign.
        mapping.0.insert(field.trim().to_owned(), column.to_owned());
    }
    Ok(mapping)
}

/// Screens.
pub fn run(args: &ScreenArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    match args.what.as_deref() {
        Some(what) if is_file(what) => {
            if !args.party.is_empty() {
                let hint =
                    "what is known of each party stands in its row; --map '=kp=nationality' gives every row a value";
                return Err(Failure::hint(
                    format!("{what} is a file, and a party's details are given beside it"),
                    hint,
                ));
            }
            file(what, args, place)
        }
        None if args.party.is_empty() => Err(Failure::hint(
            "nothing to screen",
            "give a name, a file, - for standard input, or an identifier such as --imo",
        )),
        name => one(name, args, place),
    }
}

/// One party's answer with the lists behind it.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    screening: &'a Recorded<interdict_engine::Screening>,
    threshold: f64,
    lists: Vec<&'a ListVersion>,
    /// Its entry, where the home has a ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    ledger: Option<Recording>,
}

fn one(name: Option<&str>, args: &ScreenArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    if !args.map.is_empty() {
        return Err(Failure::hint("--map is for the columns of a file", "leave it out"));
    }
    let party = args.party.party(name)?;
    let engine = args.policy.engine(args.when.snapshot(place)?)?;
    let recorder = Recorder::open(&place.home()?, &args.record, Kind::Screening)?;
    let recorded = Recorded::new(engine.screen(&party.entity, &mut Scratch::default())?)?;
    let entry = match recorder {
        None => None,
        Some(mut recorder) => {
            recorder.rests_on(Some(&engine), None)?;
            let answer = answer(&party, &Ok(recorded.clone()), true)?;
            let pending = recorder.submit(vec![answer])?;
            let entry = recorder.settle(pending)?;
            recorder.finish()?;
            Some(entry)
        }
    };
    let mut out = Sink::open(args.out.as_deref(), args.format)?;
    match args.format {
        Format::Table => {
            render::table::screening(&mut out, recorded.value())?;
            writeln!(out, "\n{DIM}{}{DIM:#}", basis(&engine))?;
            past::print(&mut out, &engine)?;
            let entry = entry.map_or_else(String::new, |entry| format!(", entry {entry} of the ledger"));
            writeln!(out, "{DIM}record {}{entry}{DIM:#}", recorded.record())?;
        }
        Format::Json | Format::Jsonl => {
            let lists = engine.snapshot().versions().collect();
            let threshold = engine.policy().threshold.share();
            let ledger = entry.map(|entry| Recording { entry });
            let whole = Whole { screening: &recorded, threshold, lists, ledger };
            writeln!(out, "{}", render::json::text(&whole, args.format == Format::Json)?)?;
        }
        Format::Csv => {
            let mut csv = csv::Writer::from_writer(&mut out);
            render::csv::header(&mut csv)?;
            let row = Row { number: 1, place: String::new(), id: None, entry, answer: Ok(recorded.clone()) };
            render::csv::row(&mut csv, &row)?;
            csv.flush()?;
        }
    }
    out.finish()?;
    Ok(match recorded.value().outcome {
        Outcome::Clear => Exit::Clear,
        Outcome::Hit => Exit::Hit,
    })
}

/// What an answer rests on, in one line.
fn basis(engine: &Engine) -> String {
    let snapshot = engine.snapshot();
    let asked = engine.lists();
    let listings: u64 = asked.iter().map(|version| version.listings).sum();
    let lists: Vec<String> = asked
        .iter()
        .map(|version| {
            let published = version.published.map_or_else(|| "undated".to_owned(), |date| date.to_string());
            format!("{} {published}", version.list)
        })
        .collect();
    let left_out = match snapshot.left_out() {
        0 => String::new(),
        count => format!(", {} left out (see `interdict lists rejections`)", style::count(count, "record", "records")),
    };
    let policy = engine.policy();
    format!(
        "compared with {} in {}{left_out}; threshold {}, policy {} {}",
        style::count(listings, "listing", "listings"),
        style::fit(&lists.join(", "), 200),
        policy.threshold,
        style::clean(&policy.name),
        engine.policy_digest().short(),
    )
}

/// What became of the rows of a file.
#[derive(Default, Serialize)]
struct Summary {
    rows: u64,
    hit: u64,
    clear: u64,
    not_done: u64,
    hits: u64,
    seconds: f64,
    /// Root of the Merkle tree over the records of the rows, in their order.
    records: Option<Digest>,
}

struct Batch<'a> {
    engine: &'a Engine,
    format: Format,
    whole: bool,
    out: Sink,
    recorder: Option<Recorder>,
    /// Answers that are on their way to the ledger while the next rows are screened.
    waiting: Option<(Vec<Row>, Pending)>,
    records: Tree,
    summary: Summary,
}

/// An answer as the ledger takes it. What could not be screened is on record as such.
fn answer(party: &Party, screened: &Result<Recorded<Screening>, String>, is_read: bool) -> Result<Answer, Failure> {
    let (record, outcome) = match screened {
        Ok(recorded) => (recorded.record(), outcome(recorded.value().outcome)),
        Err(reason) => (leaf_hash(reason.as_bytes()), "not_done"),
    };
    let reference = party.id.clone().unwrap_or_default();
    // Of a row that could not be read there is no party to ask about again.
    let input = if is_read { serde_json::to_vec(&party.entity)? } else { b"null".to_vec() };
    Ok(Answer { input, record, outcome, reference })
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Clear => "clear",
        Outcome::Hit => "hit",
    }
}

impl Batch<'_> {
    /// Screens a chunk and writes the answers of the one before, in order; without a ledger, its own.
    fn answer(&mut self, chunk: &mut Vec<Result<Party, BadRow>>) -> Result<(), Failure> {
        let mut parties = Vec::with_capacity(chunk.len());
        let mut bad = Vec::with_capacity(chunk.len());
        for row in chunk.drain(..) {
            let (party, reason) = match row {
                Ok(party) => (party, None),
                Err(bad) => (Party { place: bad.place, ..Party::default() }, Some(bad.reason)),
            };
            parties.push(party);
            bad.push(reason);
        }
        let (engine, keeps) = (self.engine, self.recorder.is_some());
        type Done = (Result<Recorded<Screening>, String>, Option<Answer>);
        let one = |scratch: &mut Scratch, (party, bad): (&Party, Option<String>)| -> Result<Done, Failure> {
            let is_read = bad.is_none();
            let screened = match bad {
                Some(reason) => Err(reason),
                None => match engine.screen(&party.entity, scratch) {
                    Ok(screening) => Ok(Recorded::new(screening)?),
                    Err(error) => Err(error.to_string()),
                },
            };
            let answer = if keeps { Some(answer(party, &screened, is_read)?) } else { None };
            Ok((screened, answer))
        };
        let done: Vec<Result<Done, Failure>> = parties.par_iter().zip(bad).map_init(Scratch::default, one).collect();
        let mut rows = Vec::with_capacity(done.len());
        let mut answers = Vec::with_capacity(if keeps { done.len() } else { 0 });
        for (party, done) in parties.into_iter().zip(done) {
            let (screened, recorded) = done?;
            self.summary.rows = self.summary.rows.saturating_add(1);
            answers.extend(recorded);
            let number = self.summary.rows;
            rows.push(Row { number, place: party.place, id: party.id, entry: None, answer: screened });
        }
        let Some(recorder) = &self.recorder else {
            return rows.into_iter().try_for_each(|row| self.write(row));
        };
        let pending = recorder.submit(answers)?;
        let before = self.waiting.replace((rows, pending));
        self.show(before)
    }

    /// Waits until answers are durable, then writes them.
    fn show(&mut self, waiting: Option<(Vec<Row>, Pending)>) -> Result<(), Failure> {
        let (Some((rows, pending)), Some(recorder)) = (waiting, &mut self.recorder) else { return Ok(()) };
        let first = recorder.settle(pending)?;
        (first..).zip(rows).try_for_each(|(entry, row)| self.write(Row { entry: Some(entry), ..row }))
    }

    fn write(&mut self, row: Row) -> Result<(), Failure> {
        let summary = &mut self.summary;
        match &row.answer {
            Ok(recorded) => {
                self.records.push(recorded.record());
                summary.hits = summary.hits.saturating_add(recorded.value().hits_total as u64);
                let count = match recorded.value().outcome {
                    Outcome::Hit => &mut summary.hit,
                    Outcome::Clear => &mut summary.clear,
                };
                *count = count.saturating_add(1);
            }
            Err(reason) => {
                summary.not_done = summary.not_done.saturating_add(1);
                if self.format != Format::Table {
                    let reason = reason.lines().next().unwrap_or("");
                    print_note(&format!("{}: not screened: {reason}", row.place));
                }
            }
        }
        match self.format {
            Format::Table => render::table::row(&mut self.out, &row, self.whole),
            Format::Jsonl => {
                render::json::row(&mut self.out, &row)?;
                Ok(self.out.write_all(b"\n")?)
            }
            Format::Json => {
                self.out.write_all(if row.number == 1 { b"[\n" } else { b",\n" })?;
                render::json::row(&mut self.out, &row)
            }
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(&mut self.out);
                if row.number == 1 {
                    render::csv::header(&mut csv)?;
                }
                render::csv::row(&mut csv, &row)?;
                Ok(csv.flush()?)
            }
        }
    }
}

fn file(what: &str, args: &ScreenArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let source = rows::open(what, &mapping(&args.map)?)?;
    let engine = args.policy.engine(args.when.snapshot(place)?)?;
    let bar = progress(source.bytes);
    let start = Instant::now();
    let mut recorder = Recorder::open(&place.home()?, &args.record, Kind::Screening)?;
    if let Some(recorder) = &mut recorder {
        recorder.rests_on(Some(&engine), None)?;
    }
    let out = Sink::open(args.out.as_deref(), args.format)?;
    let mut batch = Batch {
        engine: &engine,
        format: args.format,
        whole: args.evidence,
        out,
        recorder,
        waiting: None,
        records: Tree::default(),
        summary: Summary::default(),
    };
    let mut chunk = Vec::with_capacity(CHUNK);
    for row in source.rows {
        chunk.push(row);
        if chunk.len() == CHUNK {
            bar.suspend(|| batch.answer(&mut chunk))?;
            bar.set_position(source.read.get());
            bar.set_message(format!(
                "{} rows, {} hits",
                style::grouped(batch.summary.rows),
                style::grouped(batch.summary.hit)
            ));
        }
    }
    batch.answer(&mut chunk)?;
    let last = batch.waiting.take();
    batch.show(last)?;
    bar.finish_and_clear();
    let Batch { mut out, mut summary, records, recorder, .. } = batch;
    recorder.map_or(Ok(()), Recorder::finish)?;
    summary.seconds = start.elapsed().as_secs_f64();
    summary.records = Some(records.root());
    match args.format {
        Format::Table => {}
        Format::Json => out.write_all(if summary.rows == 0 { b"[]\n" } else { b"\n]\n" })?,
        Format::Jsonl | Format::Csv => {}
    }
    if args.format == Format::Table && args.out.is_none() {
        print_summary(&mut out, &summary, &engine)?;
        out.finish()?;
    } else {
        out.finish()?;
        print_summary(&mut anstream::stderr(), &summary, &engine)?;
    }
    if summary.rows == 0 {
        // A file that lost its rows on the way must not look like a clear one.
        print_error(&format!("{what}: no rows, so nothing was screened\nhint: it needs a row below the header"));
        return Ok(Exit::NotDone);
    }
    Ok(match (summary.not_done, summary.hit) {
        (0, 0) => Exit::Clear,
        (0, _) => Exit::Hit,
        (_, _) => Exit::NotDone,
    })
}

fn print_summary(out: &mut impl Write, summary: &Summary, engine: &Engine) -> Result<(), Failure> {
    let rate = summary.rows as f64 / summary.seconds.max(1e-6);
    let (hit, clear, not_done) =
        (style::grouped(summary.hit), style::grouped(summary.clear), style::grouped(summary.not_done));
    let rows = style::count(summary.rows, "row", "rows");
    let took = Duration::from_secs_f64(summary.seconds);
    writeln!(
        out,
        "\n{BOLD}{rows}{BOLD:#}: {HIT}{hit} hit{HIT:#}, {CLEAR}{clear} clear{CLEAR:#}, {ERROR}{not_done} not done{ERROR:#}; \
         {} in {took:.1?}, {} rows/s",
        style::count(summary.hits, "hit in all", "hits in all"),
        style::grouped(rate as u64),
    )?;
    if summary.not_done > 0 {
        writeln!(out, "{ERROR}not done is not clear{ERROR:#}: mend those rows and screen them again")?;
    }
    writeln!(out, "{DIM}{}{DIM:#}", basis(engine))?;
    past::print(out, engine)?;
    if let Some(records) = summary.records {
        writeln!(out, "{DIM}records {records}{DIM:#}")?;
    }
    Ok(())
}

/// A bar on stderr, drawn on a terminal only.
pub fn progress(bytes: Option<u64>) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = match bytes {
        Some(bytes) => ProgressBar::new(bytes),
        None => ProgressBar::new_spinner(),
    };
    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
    if let Ok(style) = ProgressStyle::with_template("{elapsed_precise} {bar:30} {percent:>3}% {msg}") {
        bar.set_style(style);
    }
    bar
}
