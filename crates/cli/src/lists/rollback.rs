//! `interdict lists rollback`: another version of a list is put in use.

use std::io::Write;

use clap::Args;
use interdict_store::{Home, StoredVersion};
use serde_json::json;

use super::history;
use crate::exit::{Exit, Failure};
use crate::render;
use crate::style::{self, CLEAR, DIM, clean};

/// What to put in use.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists rollback un-sc
  interdict lists rollback un-sc 2025-11-15 --reason \"names of the new file are damaged\"

The version in use until now is set aside: the next update does not bring it back by itself. To use it
again, name it in another rollback, or `interdict lists accept` it.")]
pub struct RollbackArgs {
    /// The list
    list: String,
    /// The start of the version's hash or its content's, or its date [default: the version before]
    version: Option<String>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Rolls back.
pub fn run(home: &Home, args: &RollbackArgs, json: bool) -> Result<Exit, Failure> {
    let at = Some(jiff::Timestamp::now());
    let done = home.rollback(&args.list, args.version.as_deref(), args.reason.as_deref(), at)?;
    let mut out = anstream::stdout().lock();
    let snapshot = done.indexed.as_ref().map(|indexed| &indexed.snapshot);
    if json {
        let value = json!({
            "in_use": done.to.to_json(),
            "set_aside": done.from.as_ref().map(StoredVersion::to_json),
            "snapshot": snapshot.map(|snapshot| snapshot.digest()),
        });
        writeln!(out, "{}", render::json::text(&value, true)?)?;
        return Ok(Exit::Clear);
    }
    let label = |stored: &StoredVersion| format!("{} {}", history::published(stored), stored.version().digest.short());
    let (list, to) = (clean(&done.to.version().list.0), label(&done.to));
    let from = done.from.as_ref().map_or_else(String::new, |from| format!(", set aside: {}", label(from)));
    writeln!(out, "{CLEAR}in use{CLEAR:#}: {list} {to}{from}")?;
    if let Some(snapshot) = snapshot {
        let listings = style::count(snapshot.listings().into(), "listing", "listings");
        writeln!(out, "{DIM}{listings} in {}{DIM:#}", style::count(snapshot.versions().len() as u64, "list", "lists"))?;
    }
    Ok(Exit::Clear)
}
