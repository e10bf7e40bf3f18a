//! `interdict ledger receipt`: the receipt of an entry, made again from the log.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use interdict_ledger::receipt::Opening;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};
use crate::render::{self, Format, Sink};

/// Which.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict ledger receipt 1234
  interdict ledger receipt 1234 --closed --out receipt.json

What was asked is not kept: to replay such a receipt, bring the party with --party. --closed leaves
the salt out as well: it proves the entry and says nothing about anyone.")]
pub struct ReceiptArgs {
    /// Number of the entry
    entry: u64,
    /// Leave out the salt
    #[arg(long)]
    closed: bool,
    /// Write to a file
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Writes it.
pub fn run(args: &ReceiptArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let log = place.home()?.ledger().open()?;
    let tie = if args.closed { None } else { log.tie_of(args.entry)? };
    let opening = tie.map(|tie| Opening { salt: tie.salt, input: None, record: tie.record });
    let receipt = log.receipt(args.entry, opening)?;
    let mut out = Sink::open(args.out.as_deref(), Format::Json)?;
    writeln!(out, "{}", render::json::text(&receipt, true)?)?;
    out.finish()?;
    Ok(Exit::Clear)
}
