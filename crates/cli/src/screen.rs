//! `interdict screen`: one party from the command line, or the parties of a file.

mod batch;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use interdict_engine::{Engine, Outcome, Recorded, Scratch, Tree};
use interdict_lists::Mapping;
use interdict_model::ListVersion;
use serde::Serialize;

use crate::command::{PlaceArgs, PolicyArgs, WhenArgs};
use crate::exit::{Exit, Failure, print_error};
use crate::party::PartyArgs;
use crate::past;
use crate::record::{Kind, RecordArgs, Recorder, Recording};
use crate::render::{self, Format, Row, Sink};
use crate::rows;
use crate::style::{self, DIM};
use batch::{Batch, Summary, answer, print_summary};

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

Files: CSV (comma, semicolon, tab or bar), JSON lines or a JSON array with one object a party, Parquet, or
FollowTheMoney. Columns are found by their names (name, first_name, last_name, alias, kind, born,
nationality, country, gender, passport, imo, lei, bic, wallet, address …); --map names the others.

Exit codes: 0 done and clear, 1 a hit, 2 something could not be done")]
pub struct ScreenArgs {
    /// A name; or a file of parties (.csv .tsv .json .jsonl .ndjson .ftm .parquet, or any that exists); or - for standard input
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
        || ["csv", "tsv", "json", "jsonl", "ndjson", "ftm", "parquet"]
            .contains(&extension.to_ascii_lowercase().as_str())
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
    let screened = match engine.screen(&party.entity, &mut Scratch::default()) {
        Ok(screening) => Ok(Recorded::new(screening)?),
        Err(error) => Err(error.to_string()),
    };
    let entry = match recorder {
        None => None,
        Some(mut recorder) => {
            recorder.rests_on(Some(&engine), None)?;
            let answer = answer(&party, &screened, None)?;
            let pending = recorder.submit(vec![answer])?;
            let entry = recorder.settle(pending)?;
            recorder.finish()?;
            Some(entry)
        }
    };
    let recorded = screened.map_err(Failure::new)?;
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
