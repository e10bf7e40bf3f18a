//! `interdict backup` and `interdict restore`: a copy of a whole home, and the way back from it.
//!
//! Promises: a copy that is restored is checked first, file by file, and its ledger as `interdict ledger verify`
//! checks it; what was answered after the copy was made is said to be missing, where it is known.
//!
//! Not here: copying (`store`), copies of a PostgreSQL database (`pg_dump`).

use std::io::{self, Write as _};
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use interdict_state::State;
use interdict_store::Backup;
use interdict_store::ledger::{LogFiles, verify};
use jiff::Timestamp;
use serde::Serialize;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure, print_note};
use crate::ledger::{KeyArgs, checkpoints};
use crate::render;
use crate::style::{BOLD, DIM};

/// Where to copy to.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict backup /mnt/copies/2031-05-06
  interdict restore /mnt/copies/2031-05-06 --home /srv/interdict
  interdict --home /srv/interdict ledger verify

The service may run meanwhile. The copy has lists, settings, monitored parties, keys (as hashes) and the ledger with its private
key and salts: keep it as you keep the home. A database of PostgreSQL is not in it: use pg_dump.

Exit codes: 0 done, 2 not done")]
pub struct BackupArgs {
    /// A folder that does not exist yet
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: BackupFormat,
}

/// What to restore.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict restore /mnt/copies/2031-05-06 --home /srv/interdict
  interdict restore /mnt/copies/2031-05-06 --home /srv/interdict --seen last.receipt.json

The home must be empty. With --seen, a receipt or checkpoint kept elsewhere, it is found whether the copy is older than
what was answered: then nothing is restored, unless you accept the loss.

Exit codes: 0 restored and the ledger holds, 1 the ledger does not hold or is older than what was seen: not restored, 2 not done")]
pub struct RestoreArgs {
    /// The folder that `interdict backup` made
    #[arg(value_name = "FOLDER")]
    from: PathBuf,
    #[command(flatten)]
    key: KeyArgs,
    /// A checkpoint or receipt kept elsewhere, which the copy's ledger must continue
    #[arg(long, value_name = "FILE")]
    seen: Vec<PathBuf>,
    /// Restore although the ledger does not hold what was seen: those entries are lost, and the log will fork there
    #[arg(long)]
    accept_loss: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: BackupFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum BackupFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

#[derive(Serialize)]
struct Shown<'a> {
    folder: String,
    made_at: Timestamp,
    files: usize,
    bytes: u64,
    has_state: bool,
    /// Entries of the ledger; none where no ledger is kept.
    entries: Option<u64>,
    checkpoint: Option<&'a str>,
}

fn show(backup: &Backup, folder: String, done: &str, format: BackupFormat) -> Result<(), Failure> {
    // The second line of a checkpoint is the number of entries.
    let checkpoint = backup.checkpoint.as_deref();
    let entries = checkpoint.and_then(|note| note.lines().nth(1)).and_then(|size| size.parse().ok());
    let (files, bytes) = (backup.files(), backup.bytes());
    let mut out = anstream::AutoStream::auto(io::stdout()).lock();
    match format {
        BackupFormat::Json => {
            let (made_at, has_state) = (backup.made_at, backup.has_state);
            let shown = Shown { folder, made_at, files, bytes, has_state, entries, checkpoint };
            writeln!(out, "{}", render::json::text(&shown, true)?)?;
        }
        BackupFormat::Table => {
            writeln!(out, "{done} {BOLD}{folder}{BOLD:#}: {files} files, {bytes} bytes, of {}", backup.made_at)?;
            let ledger = entries.map_or_else(|| "no ledger".to_owned(), |size| format!("ledger of {size} entries"));
            let state = if backup.has_state { "keys of the service" } else { "no keys of a service" };
            writeln!(out, "  {DIM}{ledger}; {state}{DIM:#}")?;
        }
    }
    Ok(())
}

/// Copies.
pub fn backup(args: &BackupArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let home = place.home()?;
    let state = home.root().join("state.db");
    let made = home.backup::<Failure>(&args.to, Timestamp::now(), |to| {
        if !state.exists() {
            return Ok(false);
        }
        State::copy_sqlite(&state, to)?;
        Ok(true)
    })?;
    show(&made, args.to.display().to_string(), "copied to", args.format)?;
    if !made.has_state {
        print_note("no state.db in the home\nhint: if the service uses PostgreSQL, copy that with pg_dump");
    }
    Ok(Exit::Clear)
}

/// Restores.
pub fn restore(args: &RestoreArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let home = place.home()?;
    let made = Backup::open(&args.from)?;
    if made.checkpoint.is_some() {
        let files = LogFiles::at(args.from.join("ledger"));
        let (key, _) = args.key.key(&files)?;
        let mut seen = Vec::new();
        for path in &args.seen {
            seen.extend(checkpoints(path, &key)?);
        }
        let alone = verify(&files, &key, &[])?;
        if let Some(first) = alone.findings.first() {
            let (wrong, at, what) = (first.wrong, &first.place, &first.what);
            print_note(&format!(
                "the ledger of the copy does not hold: {wrong} in {at}: {what}\nhint: use another copy"
            ));
            return Ok(Exit::Hit);
        }
        let with = verify(&files, &key, &seen)?;
        if let Some(first) = with.findings.first() {
            let (at, what) = (&first.place, &first.what);
            let text = format!("the copy's ledger does not continue {at}: {what}");
            if !args.accept_loss {
                print_note(&format!("{text}\nhint: use a later copy, or --accept-loss: what is missing stays missing"));
                return Ok(Exit::Hit);
            }
            print_note(&text);
        }
    } else if !args.seen.is_empty() {
        return Err(Failure::hint("--seen: the copy has no ledger", "use a copy of the home that keeps it"));
    }
    let made = home.restore(&args.from)?;
    show(&made, home.root().display().to_string(), "restored", args.format)?;
    if made.checkpoint.is_some() && args.seen.is_empty() {
        print_note(
            "whatever was answered after the copy was made is not in this ledger\nhint: compare with a receipt or checkpoint kept elsewhere: interdict ledger verify --seen FILE",
        );
    }
    Ok(Exit::Clear)
}
