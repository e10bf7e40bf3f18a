//! `interdict ledger erase`: what ties entries to a person is erased; the entries stay.

use std::io::Write;

use clap::Args;
use interdict_store::ledger::SaltRecord;
use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};
use crate::style::{self, CLEAR, DIM, clean};

/// Whom.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict ledger erase customer-17 --reason \"request of 2031-05-06\"
  interdict ledger erase 0f3a9c… --reason \"court order\" --despite-retention

Erasure is refused while a duty to keep runs, as --retention of the screening set it. What was given
away, as receipts, output and copies of the home, is not reached.

Exit codes: 0 erased, 2 refused or nothing to erase")]
pub struct EraseArgs {
    /// Your id of the person, or its number in the log
    subject: String,
    /// Why, for the record. It cannot be erased: do not name the person here
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Erase although it must still be kept
    #[arg(long)]
    despite_retention: bool,
}

/// The day until which a tie must be kept; none if no duty runs any more.
fn kept_until(tie: &SaltRecord, now: Timestamp) -> Result<Option<Timestamp>, Failure> {
    let failed = |error: jiff::Error| Failure::new(format!("entry {}: its time is out of range: {error}", tie.index));
    let at = Timestamp::from_millisecond(tie.at_ms).map_err(failed)?.to_zoned(TimeZone::UTC);
    let until = at.checked_add(tie.retention.years().years()).map_err(failed)?.timestamp();
    Ok(Some(until).filter(|until| *until > now))
}

/// Erases.
pub fn run(args: &EraseArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let mut log = place.home()?.ledger().open()?;
    let ties = log.ties_of(&args.subject)?;
    let now = Timestamp::now();
    if ties.is_empty() {
        let hint = "give the id that stood in the party's row, or a subject as `interdict ledger show` prints it";
        return Err(Failure::hint(format!("nothing ties an entry to `{}`", args.subject), hint));
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
    let reason =
        if args.despite_retention { format!("despite retention: {}", args.reason) } else { args.reason.clone() };
    let committed = log.erase(&ties, &reason, now)?;
    let mut out = anstream::stdout().lock();
    let entries = style::count(ties.len() as u64, "entry", "entries");
    writeln!(out, "{CLEAR}erased{CLEAR:#}: nothing ties {entries} to `{}` any more", clean(&args.subject))?;
    writeln!(out, "{DIM}recorded as entry {}{DIM:#}", committed.first)?;
    Ok(Exit::Clear)
}
