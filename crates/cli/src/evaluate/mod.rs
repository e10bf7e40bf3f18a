//! `interdict evaluate`: accuracy and speed on labelled data, as figures, scores and a report.
//!
//! Promises: the scores written are those the figures are computed from, one for each row; rows
//! that could not be scored are counted and said.
//!
//! Not here: the data, which stays with whoever has it.

mod aliases;
mod coverage;
mod figures;
mod lists;
mod migrate;
mod page;
mod pairs;
mod random;
mod reference;
mod report;
mod samples;
mod validation;
mod variants;
mod vary;

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use interdict_engine::Engine;
use interdict_store::Output;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};
use crate::style::{self, BOLD};

/// What to measure.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict evaluate pairs name_pairs.csv --scores scores.csv --report report.html
  interdict evaluate lists --positives listed.csv --negatives clean.csv --fields name --scores scores.csv
  interdict evaluate aliases --list un-sc --negatives clean.csv
  interdict evaluate variants --list un-sc --report variants.html
  interdict evaluate coverage
  interdict evaluate migrate alerts.csv --out compared.csv
  interdict evaluate report --out validation.html --negatives clean.csv
  interdict evaluate reference clean.csv")]
pub struct EvaluateArgs {
    #[command(subcommand)]
    command: EvaluateCommand,
}

#[derive(Subcommand, Debug)]
enum EvaluateCommand {
    /// Score labelled pairs of names or records
    Pairs(pairs::PairsArgs),
    /// Screen labelled parties against the lists in use
    Lists(lists::ListsArgs),
    /// Take each strong alias out of the lists and look for it
    Aliases(aliases::AliasesArgs),
    /// Make variants of listed names and look for them
    Variants(variants::VariantsArgs),
    /// Check that every listing is found by each of its own names
    Coverage(coverage::CoverageArgs),
    /// Compare past alerts of another engine with ours
    Migrate(migrate::MigrateArgs),
    /// Write one report of all of it, to be handed in
    Report(validation::ReportArgs),
    /// Compare the index with scoring every listing
    Reference(reference::ReferenceArgs),
}

/// Measures.
pub fn run(args: &EvaluateArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    match &args.command {
        EvaluateCommand::Pairs(args) => pairs::run(args),
        EvaluateCommand::Lists(args) => lists::run(args, place),
        EvaluateCommand::Aliases(args) => aliases::run(args, place),
        EvaluateCommand::Variants(args) => variants::run(args, place),
        EvaluateCommand::Coverage(args) => coverage::run(args, place),
        EvaluateCommand::Migrate(args) => migrate::run(args, place),
        EvaluateCommand::Report(args) => validation::run(args, place),
        EvaluateCommand::Reference(args) => reference::run(args, place),
    }
}

/// Which columns of labelled parties are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Fields {
    /// The name alone
    Name,
    /// Everything that is given
    All,
}

/// Prints a table with a heading.
fn print_table(out: &mut impl Write, title: &str, rows: &[Vec<String>]) -> Result<(), Failure> {
    writeln!(out, "\n{BOLD}{title}{BOLD:#}")?;
    let columns = rows.first().map_or(0, Vec::len);
    let right: Vec<usize> = (1..columns).collect();
    for line in style::aligned(rows, &right) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}

/// Writes a file that appears when it is whole.
fn write_file(path: &Path, content: &[u8]) -> Result<(), Failure> {
    let mut out = Output::create(path)?;
    out.write_all(content)?;
    Ok(out.finish()?)
}

/// A file's name without its folders: reports are handed on, and folders are nobody's business.
fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

fn file_names(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| file_name(path)).collect::<Vec<_>>().join(", ")
}

/// What an engine's figures rest on, for a report.
fn basis(engine: &Engine) -> Vec<(String, String)> {
    let mut facts = vec![
        ("engine".to_owned(), interdict_engine::VERSION.to_owned()),
        ("policy".to_owned(), format!("{} {}", engine.policy().name, engine.policy_digest().short())),
        ("snapshot".to_owned(), engine.snapshot().digest().to_string()),
    ];
    for version in engine.lists() {
        let published = version.published.map_or_else(|| "no date".to_owned(), |date| date.to_string());
        let listings = style::count(version.listings, "listing", "listings");
        facts.push((format!("list {}", version.list), format!("{published}, {listings}, {}", version.digest.short())));
    }
    facts
}
