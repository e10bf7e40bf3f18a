//! `interdict ledger verify`: from the files alone.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use interdict_store::ledger::{Verified, verify};
use serde::Serialize;

use super::{KeyArgs, checkpoints, files};
use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure, print_note};
use crate::render::{self, Format, Sink};
use crate::style::{self, BOLD, CLEAR, DIM, ERROR, clean};

/// Findings shown in a table: whoever needs all of a log that is broken throughout takes JSON.
const MOST_SHOWN: usize = 50;

/// What to check.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict ledger verify
  interdict ledger verify copy-of-ledger --key example.com/log+0123abcd+AWV4…
  interdict ledger verify --seen last-year.checkpoint --seen kim.receipt.json --format json

Whoever holds the private key can write the whole log anew. --seen finds that: keep checkpoints and
receipts where the ledger's keeper cannot reach them.

Exit codes: 0 all holds, 1 something is wrong, 2 it could not be looked at")]
pub struct VerifyArgs {
    /// Folder of the log, or of a home [default: this home's, with all that is committed]
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
    /// A checkpoint or receipt kept elsewhere, which the log must continue
    #[arg(long, value_name = "FILE")]
    seen: Vec<PathBuf>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Shown<'a> {
    holds: bool,
    key: String,
    key_was_given: bool,
    #[serde(flatten)]
    verified: &'a Verified,
}

/// Checks.
pub fn run(args: &VerifyArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let files = files(args.folder.as_ref(), place)?;
    let (key, key_was_given) = args.key.key(&files)?;
    let mut seen = Vec::new();
    for path in &args.seen {
        seen.extend(checkpoints(path, &key)?);
    }
    let verified = match &args.folder {
        Some(_) => verify(&files, &key, &seen)?,
        // A service that runs goes on, and writes no tiles meanwhile.
        None => place.home()?.ledger().open()?.still(|files| verify(files, &key, &seen))??,
    };
    let holds = verified.findings.is_empty();
    let mut out = Sink::open(None, args.format)?;
    match args.format {
        Format::Table => table(&mut out, &verified, seen.len())?,
        Format::Json | Format::Jsonl => {
            let shown = Shown { holds, key: key.to_string(), key_was_given, verified: &verified };
            writeln!(out, "{}", render::json::text(&shown, args.format == Format::Json)?)?;
        }
        Format::Csv => return Err(Failure::hint("a check has no CSV form", "use table, json or jsonl")),
    }
    out.finish()?;
    if !key_was_given {
        print_note(&format!(
            "the key was read beside the log, which proves little to others\nhint: --key '{key}', if that is the one you were given"
        ));
    }
    Ok(if holds { Exit::Clear } else { Exit::Hit })
}

fn table(out: &mut impl Write, verified: &Verified, seen: usize) -> Result<(), Failure> {
    let entries = style::count(verified.entries, "entry", "entries");
    let origin = clean(&verified.origin);
    if verified.findings.is_empty() {
        writeln!(out, "{CLEAR}holds{CLEAR:#}: {BOLD}{origin}{BOLD:#}, {entries}")?;
        let kinds: Vec<String> = verified.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        writeln!(out, "  {}", kinds.join(", "))?;
        if seen > 0 {
            writeln!(
                out,
                "  continues {}",
                style::count(seen as u64, "checkpoint seen before", "checkpoints seen before")
            )?;
        }
    } else {
        let findings = style::count(verified.findings.len() as u64, "thing is wrong", "things are wrong");
        writeln!(out, "{ERROR}does not hold{ERROR:#}: {BOLD}{origin}{BOLD:#}, {entries}; {findings}")?;
        for finding in verified.findings.iter().take(MOST_SHOWN) {
            let entry = finding.entry.map_or_else(String::new, |entry| format!(" entry {entry}"));
            let (wrong, place) = (finding.wrong, clean(&finding.place));
            writeln!(out, "  {ERROR}{wrong}{ERROR:#}{entry} in {place}: {}", clean(&finding.what))?;
        }
        let more = verified.findings.len().saturating_sub(MOST_SHOWN);
        if more > 0 {
            writeln!(out, "  … and {} more (see them with --format json)", style::grouped(more as u64))?;
        }
    }
    if let Some(root) = verified.root {
        writeln!(out, "  {DIM}root {root}{DIM:#}")?;
    }
    Ok(())
}
