//! `interdict ledger prove`: a receipt is checked, and that the log as it is now still holds it.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use interdict_ledger::{Checkpoint, Receipt, leaf_hash, proof};
use interdict_model::Digest;
use interdict_store::ledger::LogFiles;
use serde::Serialize;

use super::{KeyArgs, files, receipts};
use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};
use crate::render::{self, Format, Sink};
use crate::style::{BOLD, CLEAR, DIM, ERROR, clean};

/// What to prove.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict ledger prove kim.receipt.json
  interdict ledger prove kim.receipt.json --log copy-of-ledger --format json
  interdict ledger prove kim.receipt.json --key example.com/log+0123abcd+AWV4… --alone

Exit codes: 0 proven, 1 the receipt or the log does not hold, 2 it could not be looked at")]
pub struct ProveArgs {
    /// The receipt, or a file with one a line
    #[arg(value_name = "RECEIPT")]
    receipt: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
    /// Folder of the log [default: this home's]
    #[arg(long, value_name = "DIR")]
    log: Option<PathBuf>,
    /// Check the receipt with the key alone, without a log
    #[arg(long, requires = "key", conflicts_with = "log")]
    alone: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Shown<'a> {
    proven: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    entry: u64,
    leaf: Digest,
    checkpoint_size: u64,
    /// Hashes by which the log now continues the one of the receipt (RFC 9162, 2.1.4).
    #[serde(skip_serializing_if = "Option::is_none")]
    consistency: Option<&'a Continued>,
    answer: &'a interdict_ledger::Entry,
    basis: Option<&'a interdict_ledger::entry::Basis>,
}

#[derive(Clone, Serialize)]
struct Continued {
    size: u64,
    root: Digest,
    proof: Vec<Digest>,
}

/// That the log begins with the tree of a checkpoint.
fn continued(files: &LogFiles, now: &Checkpoint, then: &Checkpoint) -> Result<Continued, String> {
    if then.size > now.size {
        return Err(format!("the log was rolled back: it has {} entries, the receipt's had {}", now.size, then.size));
    }
    let nodes = files.nodes(now.size);
    let first_line = |error: interdict_ledger::LedgerError| error.to_string();
    let proof = proof::consistency(&nodes, then.size, now.size).map_err(first_line)?;
    proof::check_consistency(then.size, then.root, now.size, now.root, &proof)
        .map_err(|error| format!("the log does not continue the receipt's: {error}"))?;
    Ok(Continued { size: now.size, root: now.root, proof })
}

/// Proves.
pub fn run(args: &ProveArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let files = if args.alone { LogFiles::at("") } else { files(args.log.as_ref(), place)? };
    let (key, _) = args.key.key(&files)?;
    let now = if args.alone { None } else { Some(files.head(&key)?) };
    let mut out = Sink::open(None, args.format)?;
    let mut exit = Exit::Clear;
    // Receipts of one commit share their checkpoint, so that one consistency proof does for all.
    let mut last: Option<(Checkpoint, Continued)> = None;
    for receipt in receipts(&args.receipt)? {
        let receipt = receipt?;
        let outcome = receipt.check(&key).map_err(|error| error.to_string()).and_then(|then| {
            let Some(now) = &now else { return Ok((then, None)) };
            let known = last.as_ref().filter(|(known, _)| *known == then).map(|(_, continued)| continued.clone());
            let continued = known.map_or_else(|| continued(&files, now, &then), Ok)?;
            last = Some((then.clone(), continued.clone()));
            Ok((then, Some(continued)))
        });
        if outcome.is_err() {
            exit = Exit::Hit;
        }
        show(&mut out, args.format, &receipt, &outcome)?;
    }
    out.finish()?;
    Ok(exit)
}

type Outcome = Result<(Checkpoint, Option<Continued>), String>;

fn show(out: &mut impl Write, format: Format, receipt: &Receipt, outcome: &Outcome) -> Result<(), Failure> {
    let (index, entry) = (receipt.answer.index, &receipt.answer.entry);
    let leaf = leaf_hash(&entry.bytes().map_err(|error| Failure::new(error.to_string()))?);
    match format {
        Format::Json | Format::Jsonl => {
            let shown = Shown {
                proven: outcome.is_ok(),
                reason: outcome.as_ref().err().cloned(),
                entry: index,
                leaf,
                checkpoint_size: outcome.as_ref().map_or(0, |(then, _)| then.size),
                consistency: outcome.as_ref().ok().and_then(|(_, continued)| continued.as_ref()),
                answer: entry,
                basis: receipt.basis(),
            };
            writeln!(out, "{}", render::json::text(&shown, format == Format::Json)?)?;
        }
        Format::Csv => return Err(Failure::hint("a proof has no CSV form", "use table, json or jsonl")),
        Format::Table => {
            match outcome {
                Ok((then, continued)) => {
                    writeln!(out, "{CLEAR}proven{CLEAR:#}: entry {BOLD}{index}{BOLD:#} of {}", clean(&then.origin))?;
                    let now =
                        continued.as_ref().map_or_else(String::new, |now| format!("; the log now has {}", now.size));
                    writeln!(out, "  in the log of {} entries that was signed{now}", then.size)?;
                }
                Err(reason) => {
                    writeln!(out, "{ERROR}not proven{ERROR:#}: entry {BOLD}{index}{BOLD:#}")?;
                    for line in reason.lines() {
                        writeln!(out, "  {}", clean(line))?;
                    }
                }
            }
            if let Some(answered) = entry.event.answered() {
                writeln!(out, "  {} {} {}", entry.at, entry.event.kind(), clean(&answered.outcome))?;
            }
            if let Some(basis) = receipt.basis() {
                for used in &basis.lists {
                    let published = used.published.as_deref().unwrap_or("undated");
                    writeln!(out, "  list   {} {} {}", clean(&used.list), clean(published), used.version.short())?;
                }
                if let Some(policy) = &basis.policy {
                    writeln!(out, "  policy {} {}", clean(&policy.name), policy.digest.short())?;
                }
                if let Some(law) = &basis.law {
                    writeln!(out, "  law    {} in {} pages", law.digest.short(), law.pages)?;
                }
                writeln!(out, "  engine {}", clean(&basis.engine))?;
            }
            writeln!(out, "  {DIM}leaf {leaf}{DIM:#}")?;
        }
    }
    Ok(())
}
