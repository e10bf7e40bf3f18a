//! `interdict ledger init`: a key and an empty log.

use std::io::Write;

use clap::Args;
use jiff::Timestamp;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};
use crate::style::{BOLD, CLEAR, DIM};

/// How to begin.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict ledger init
  interdict ledger init --origin example.com/screening")]
pub struct InitArgs {
    /// The log's name, for good: an address of yours without a scheme [default: one made at random]
    #[arg(long, value_name = "NAME")]
    origin: Option<String>,
}

/// Begins.
pub fn run(args: &InitArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let ledger = place.home()?.ledger();
    let origin = match &args.origin {
        Some(origin) => origin.clone(),
        None => {
            let salt = interdict_store::ledger::new_salts(1)?;
            let name = salt.first().map(|salt| salt.subject().to_string()).unwrap_or_default();
            format!("interdict.invalid/{}", name.get(..16).unwrap_or("log"))
        }
    };
    let key = ledger.init(&origin, Timestamp::now())?;
    let mut out = anstream::stdout().lock();
    writeln!(out, "{CLEAR}begun{CLEAR:#}: {BOLD}{origin}{BOLD:#} in {}", ledger.public().display())?;
    writeln!(out, "key    {key}")?;
    writeln!(out, "{DIM}Give the key to whoever shall check the log, by another way than the log itself.{DIM:#}")?;
    writeln!(
        out,
        "{DIM}Every screening, decision and monitored event of this home is now on record before it is shown.{DIM:#}"
    )?;
    Ok(Exit::Clear)
}
