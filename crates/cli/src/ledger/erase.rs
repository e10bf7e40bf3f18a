//! `interdict ledger erase`: what ties entries to a person is erased; the entries stay.
//!
//! Promises: nothing is erased while a duty to keep runs, unless that is said and recorded; an erasure is on record before it is done.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use interdict_store::ledger::SaltRecord;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::Serialize;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};
use crate::render::{self, Format, Sink};
use crate::style::{self, CLEAR, DIM, clean};

/// Why, where the time alone is the reason.
const ENDED: &str = "the duty to keep has ended";

/// Whom.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict ledger erase customer-17 --reason \"request of 2031-05-06\"
  interdict ledger erase 0f3a9c… --reason \"court order\" --despite-retention
  interdict ledger erase --expired --dry-run
  interdict ledger erase --expired

Erasure is refused while a duty to keep runs, as --retention of the screening set it. --expired erases the links of
all entries whose duty has ended: of the class ten_years after ten years, of five_years after five. Those of the class
erasable stay until they are asked for one by one. What was given away, as receipts, output and copies of the home, is
not reached.

Exit codes: 0 erased, or nothing has expired, 2 refused or nothing to erase")]
pub struct EraseArgs {
    /// Your id of the person, or its number in the log
    #[arg(required_unless_present = "expired", requires = "reason")]
    subject: Option<String>,
    /// Erase the links of all entries whose duty to keep has ended
    #[arg(long, conflicts_with_all = ["subject", "despite_retention"])]
    expired: bool,
    /// Say what would be erased, and erase nothing
    #[arg(long)]
    dry_run: bool,
    /// Why, for the record. It cannot be erased: do not name the person here
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Erase although it must still be kept
    #[arg(long)]
    despite_retention: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// What was erased.
#[derive(Serialize)]
struct Erased {
    /// How many entries nothing ties to a person any more, by class.
    erased: BTreeMap<&'static str, u64>,
    /// Whether it was only looked at.
    dry_run: bool,
    /// The entry that records it.
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
}

/// The day until which a tie must be kept; none if no duty runs any more.
fn kept_until(tie: &SaltRecord, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let failed = |error: jiff::Error| Failure::new(format!("entry {}: its time is out of range: {error}", tie.index));
    let at = Timestamp::from_millisecond(tie.at_ms).map_err(failed)?.to_zoned(TimeZone::UTC);
    let until = at.checked_add(tie.retention.years().years()).map_err(failed)?.timestamp();
    Ok(Some(until).filter(|until| *until > now))
}

/// Whether a duty to keep ran and has ended.
fn is_expired(tie: &SaltRecord, now: Timestamp) -> bool {
    // One whose time is out of range is kept.
    tie.retention.years() > 0 && kept_until(tie, now).is_ok_and(|until| until.is_none())
}

/// Erases.
pub fn run(args: &EraseArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    if args.format == Format::Csv {
        return Err(Failure::hint("an erasure has no CSV form", "use table, json or jsonl"));
    }
    let mut log = place.home()?.ledger().open()?;
    let now = Timestamp::now();
    let ties = match &args.subject {
        None => log.ties_where(&|tie| is_expired(tie, now))?,
        Some(subject) => of_subject(args, log.ties_of(subject)?, subject, now)?,
    };
    let mut erased = BTreeMap::new();
    for tie in &ties {
        let count: &mut u64 = erased.entry(tie.retention.word()).or_default();
        *count = count.saturating_add(1);
    }
    let reason = args.reason.as_deref().unwrap_or(ENDED);
    let reason = if args.despite_retention { format!("despite retention: {reason}") } else { reason.to_owned() };
    let entry = if args.dry_run || ties.is_empty() { None } else { Some(log.erase(&ties, &reason, now)?.first) };
    let (whom, dry_run) = (args.subject.as_deref(), args.dry_run);
    show(args.format, whom, &Erased { erased, dry_run, entry })?;
    Ok(Exit::Clear)
}

/// The links of one person, if they may be erased.
fn of_subject(
    args: &EraseArgs,
    ties: Vec<SaltRecord>,
    subject: &str,
    now: Timestamp,
) -> Result<Vec<SaltRecord>, Failure> {
    if ties.is_empty() {
        let hint = "give the id that stood in the party's row, or a subject as `interdict ledger show` prints it";
        return Err(Failure::hint(format!("nothing ties an entry to `{subject}`"), hint));
    }
    for tie in &ties {
        if let Some(until) = kept_until(tie, now)?.filter(|_| !args.despite_retention) {
            let day = until.to_zoned(TimeZone::UTC).date();
            let why = tie.retention.reason();
            return Err(Failure::hint(
                format!("entry {} must be kept until {day}: {why}; nothing was erased", tie.index),
                "if the duty does not apply, say so with --despite-retention; it is recorded with the reason",
            ));
        }
    }
    Ok(ties)
}

fn show(format: Format, whom: Option<&str>, done: &Erased) -> Result<(), Failure> {
    let mut out = Sink::open(None, format)?;
    let count: u64 = done.erased.values().sum();
    let entries = style::count(count, "entry", "entries");
    match (format, whom) {
        (Format::Json | Format::Jsonl, _) => writeln!(out, "{}", render::json::text(done, format == Format::Json)?)?,
        (Format::Table | Format::Csv, Some(whom)) if done.dry_run => {
            writeln!(out, "{CLEAR}would be erased{CLEAR:#}: what ties {entries} to `{}`", clean(whom))?;
        }
        (Format::Table | Format::Csv, Some(whom)) => {
            writeln!(out, "{CLEAR}erased{CLEAR:#}: nothing ties {entries} to `{}` any more", clean(whom))?;
        }
        (Format::Table | Format::Csv, None) if count == 0 => writeln!(out, "no link has expired")?,
        (Format::Table | Format::Csv, None) => {
            let head = if done.dry_run { "would be erased" } else { "erased" };
            writeln!(out, "{CLEAR}{head}{CLEAR:#}: what ties {entries} to persons")?;
            for (class, count) in &done.erased {
                writeln!(out, "  {class:<10}  {}", style::grouped(*count))?;
            }
        }
    }
    if let (Format::Table, Some(entry)) = (format, done.entry) {
        writeln!(out, "{DIM}recorded as entry {entry}{DIM:#}")?;
    }
    out.finish()
}
