//! The validation report: coverage, variants, aliases, labelled parties and pairs on one page.
//!
//! Promises: one page that stands alone and names the engine, the policy, the list versions and the
//! day; parts without data say that they were not measured.
//!
//! Not here: how each part is measured.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use interdict_model::{Kind, PartialDate};

use super::page::{Page, Section};
use super::report::Report;
use super::{Fields, aliases, basis, coverage, lists, pairs, variants, write_file};
use crate::command::{PlaceArgs, PolicyArgs};
use crate::exit::{Exit, Failure};

/// What goes into the report.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict evaluate report --out validation.html
  interdict evaluate report --out validation.html --negatives clean.csv --positives listed.csv --pairs pairs.csv
  interdict evaluate report --out validation.html --list un-sc --date 2031-02-03

One page, with its pictures, that can be handed in. Coverage, variants and aliases need the lists in
use alone; --positives and --negatives add recall, false positives, ROC and reliability on parties of
yours, --pairs on labelled pairs.")]
pub struct ReportArgs {
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Files of parties that should be found
    #[arg(long, value_name = "FILE", num_args = 1..)]
    positives: Vec<PathBuf>,
    /// Files of parties that should pass
    #[arg(long, value_name = "FILE", num_args = 1..)]
    negatives: Vec<PathBuf>,
    /// A file of labelled pairs
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
    /// What is used of each party
    #[arg(long, value_enum, default_value = "name")]
    fields: Fields,
    /// Variants for each variation and kind of listing
    #[arg(long, value_name = "N", default_value_t = 500)]
    per_kind: usize,
    /// Which of the possible variants
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// The day that stands on the report [default: today]
    #[arg(long, value_name = "DATE")]
    date: Option<String>,
    #[command(flatten)]
    policy: PolicyArgs,
}

/// Measures everything and writes the page.
pub fn run(args: &ReportArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let date = match &args.date {
        None => jiff::Zoned::now().date().to_string(),
        Some(text) => PartialDate::parse(text)
            .filter(PartialDate::is_day)
            .ok_or_else(|| Failure::hint(format!("--date: `{text}` is no day"), "write it as 2031-02-03"))?
            .to_string(),
    };
    let snapshot = place.snapshot()?;
    let engine = args.policy.engine(Arc::clone(&snapshot))?;
    let threshold = engine.policy().threshold.0;
    let mut facts = vec![("date".to_owned(), date)];
    facts.extend(basis(&engine));
    facts.push(("threshold".to_owned(), engine.policy().threshold.to_string()));
    if snapshot.is_starter() {
        facts.push(("note".to_owned(), interdict_engine::starter::WARNING.to_owned()));
    }
    let mut whole = true;

    let covered = coverage::Measured::of(&engine, &snapshot)?;
    whole &= covered.is_whole();
    let mut sections = vec![section("Coverage", COVERAGE, covered.tables())];

    let kinds = [Kind::Person, Kind::Organization];
    let drawing = variants::Drawing { kinds: &kinds, per_kind: args.per_kind, seed: args.seed };
    let varied = variants::Measured::of(&engine, &snapshot, &drawing)?;
    whole &= varied.not_done() == 0;
    sections.push(varied.section());

    let left = aliases::Measured::of(&engine, &snapshot, &args.negatives, args.fields)?;
    whole &= left.is_whole();
    let tables = std::iter::once(left.table(threshold)).chain(left.samples(threshold)).collect();
    sections.push(section("Aliases left out one at a time", ALIASES, tables));

    let title = "Labelled parties";
    if args.positives.is_empty() && args.negatives.is_empty() {
        sections.push(section(title, "Not measured: no files of parties were given.", Vec::new()));
    } else {
        let labels = lists::Labels {
            positives: &args.positives,
            negatives: &args.negatives,
            fields: args.fields,
            kind: Kind::Person,
        };
        let mut measured = lists::Measured::of(&labels, &engine, &snapshot)?;
        whole &= measured.not_done == 0;
        measured.tables.append(&mut measured.samples);
        sections.push(labelled(title, PARTIES, measured.rows, measured.facts, measured.tables, threshold));
    }

    let title = "Labelled pairs";
    match &args.pairs {
        None => sections.push(section(title, "Not measured: no file of pairs was given.", Vec::new())),
        Some(file) => {
            let mut measured = pairs::measure(file, None, threshold)?;
            whole &= measured.not_done == 0;
            measured.tables.append(&mut measured.samples);
            sections.push(labelled(title, PAIRS, measured.rows, measured.facts, measured.tables, threshold));
        }
    }
    let page = Page { title: "Validation of name screening".to_owned(), facts, sections };
    write_file(&args.out, page.html().as_bytes())?;
    Ok(if whole { Exit::Clear } else { Exit::NotDone })
}

const COVERAGE: &str = "Each listing is screened by each of its primary, strong and former names alone and must be found. \
                        Names that are too long or have no letters cannot be screened and are named.";

const ALIASES: &str = "Each strong alias is taken out of its listing, with every name that is the same but for order, \
                       marks and case, and compared with what is left: the lists' own evidence of how names vary.";

const PARTIES: &str = "Parties that should be found and parties that should pass, each against the lists in use; the score \
                       of a party is that of its best listing, and 0 below 0.30.";

const PAIRS: &str = "Pairs of names or records, each with the judgement of whoever labelled it.";

fn section(title: &str, text: &str, tables: Vec<super::report::Table>) -> Section {
    Section { title: title.to_owned(), text: vec![text.to_owned()], tables, ..Section::default() }
}

/// A part with curves.
fn labelled(
    title: &str,
    text: &str,
    rows: Vec<super::figures::Labelled>,
    facts: Vec<(String, String)>,
    tables: Vec<super::report::Table>,
    threshold: u16,
) -> Section {
    let body = Report { title: String::new(), facts: Vec::new(), rows: &rows, threshold, tables }.body();
    Section { facts, body, ..section(title, text, Vec::new()) }
}
