//! `interdict lists history`: every version that was imported, and where it stands.

use std::io::Write;

use clap::Args;
use interdict_store::{Home, Standing, StoredVersion};
use jiff::Timestamp;
use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::render;
use crate::style::{self, BOLD, CLEAR, DIM, ERROR};

/// Whose versions to show.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists history
  interdict lists history un-sc
  interdict lists history ofac-sdn --json

A version is named by the start of its hash or of its content's hash, by the date it was published, or as
`current` or `previous`, in `lists diff`, `lists rollback` and `lists accept`.")]
pub struct HistoryArgs {
    /// The list [default: all]
    list: Option<String>,
}

/// Shows versions.
pub fn run(home: &Home, args: &HistoryArgs, json: bool) -> Result<Exit, Failure> {
    let versions = home.versions(args.list.as_deref())?;
    let mut out = anstream::stdout().lock();
    if json {
        let versions: Vec<Value> = versions.iter().map(StoredVersion::to_json).collect();
        writeln!(out, "{}", render::json::text(&versions, true)?)?;
        return Ok(Exit::Clear);
    }
    if versions.is_empty() {
        writeln!(out, "no version is kept; load lists with `interdict lists import FILE…`")?;
        return Ok(Exit::Clear);
    }
    let head = ["list", "published", "received", "version", "content", "listings", "on disk", "", "read by"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(versions.iter().map(row));
    for (i, line) in style::aligned(&rows, &[5, 6]).into_iter().enumerate() {
        let standing = i.checked_sub(1).and_then(|at| versions.get(at)).map(|stored| stored.standing);
        match standing {
            None => writeln!(out, "{BOLD}{line}{BOLD:#}")?,
            Some(Standing::InUse) => writeln!(out, "{CLEAR}{line}{CLEAR:#}")?,
            Some(Standing::Kept) => writeln!(out, "{line}")?,
            Some(Standing::Quarantined) => writeln!(out, "{ERROR}{line}{ERROR:#}")?,
        }
    }
    let bytes: u64 = versions.iter().map(|stored| stored.bytes.saturating_add(stored.raw_bytes)).sum();
    let count = style::count(versions.len() as u64, "version", "versions");
    writeln!(out, "{DIM}{count}, {} on disk without the index{DIM:#}", size(bytes))?;
    Ok(Exit::Clear)
}

/// The day of publication, for people.
pub fn published(stored: &StoredVersion) -> String {
    stored.version().published.map_or_else(|| "no date".to_owned(), |date| date.to_string())
}

/// The moment of receipt, for people.
pub fn received(stored: &StoredVersion) -> String {
    stored.manifest.received.map_or_else(|| "not recorded".to_owned(), moment)
}

/// A moment in universal time, to the second.
pub fn moment(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{} MB", style::grouped(bytes.div_ceil(1_000_000))),
    }
}

fn row(stored: &StoredVersion) -> Vec<String> {
    let version = stored.version();
    vec![
        version.list.0.clone(),
        published(stored),
        received(stored),
        version.digest.short(),
        stored.manifest.content.short(),
        style::grouped(version.listings),
        size(stored.bytes.saturating_add(stored.raw_bytes)),
        standing(stored),
        stored.manifest.reader.clone(),
    ]
}

fn standing(stored: &StoredVersion) -> String {
    let word = stored.standing.word();
    let accepted = (!stored.manifest.accepted.is_empty()).then_some("accepted");
    let rolled_back = stored.rolled_back.then_some("rolled back");
    [Some(word), accepted, rolled_back].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
