//! `interdict ledger`: begin the log, check it, prove and show what stands in it, erase persons from it.
//!
//! Not here: putting answers into it (`record`), answering again (`replay`), the log itself (`store`).

mod erase;
mod init;
mod prove;
mod receipt;
mod show;
mod verify;

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use interdict_ledger::{Checkpoint, Receipt, VerifierKey};
use interdict_store::ledger::LogFiles;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};
use crate::file;

/// Largest receipt or checkpoint that is read, in bytes: a receipt is a few KiB, its party 64 KiB at most.
const MOST_BYTES: u64 = 4 << 20;

/// What to do with the ledger.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict ledger init
  interdict screen \"Kim Jong Un\" --receipt kim.receipt.json
  interdict ledger prove kim.receipt.json
  interdict ledger verify --seen kim.receipt.json
  interdict replay kim.receipt.json

Where a home has a ledger, every screening, decision and monitored event is on record before it is shown.

Exit codes: 0 all holds, 1 something does not, 2 it could not be looked at")]
pub struct LedgerCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Begin a ledger: a key and an empty log
    Init(init::InitArgs),
    /// Check a log from its files alone, and name what is wrong
    Verify(verify::VerifyArgs),
    /// Check a receipt, and that the log still holds what it says
    Prove(prove::ProveArgs),
    /// Show entries
    Show(show::ShowArgs),
    /// Write the receipt of an entry again
    Receipt(receipt::ReceiptArgs),
    /// Erase what ties entries to a person
    Erase(erase::EraseArgs),
}

/// Answers.
pub fn run(command: &LedgerCommand, place: &PlaceArgs) -> Result<Exit, Failure> {
    match &command.what {
        What::Init(args) => init::run(args, place),
        What::Verify(args) => verify::run(args, place),
        What::Prove(args) => prove::run(args, place),
        What::Show(args) => show::run(args, place),
        What::Receipt(args) => receipt::run(args, place),
        What::Erase(args) => erase::run(args, place),
    }
}

/// Whose signature is wanted.
#[derive(Args, Clone, Debug)]
pub struct KeyArgs {
    /// The log's public key, or a file that holds it [default: key.pub beside the log]
    #[arg(long, value_name = "KEY|FILE")]
    key: Option<String>,
}

impl KeyArgs {
    /// The key, and whether it was given rather than found beside what it is to vouch for.
    pub fn key(&self, files: &LogFiles) -> Result<(VerifierKey, bool), Failure> {
        let Some(key) = &self.key else { return Ok((files.key()?, false)) };
        let path = Path::new(key);
        // A key has a plus sign between its parts; what has none, or is there, is the name of a file.
        let text = if path.is_file() || !key.contains('+') { file::text(path, MOST_BYTES)? } else { key.clone() };
        text.trim().parse().map(|key| (key, true)).map_err(|error| Failure::new(format!("--key: {error}")))
    }
}

/// The receipts of a file: one, or one a line, read one after another.
pub fn receipts(path: &Path) -> Result<Box<dyn Iterator<Item = Result<Receipt, Failure>>>, Failure> {
    let place = path.display().to_string();
    let mut file = File::open(path).map_err(|error| file::failed(path, &error))?;
    // What is read to see whether it is one receipt is not read again: a pipe gives it once.
    let mut start = Vec::new();
    file.by_ref().take(MOST_BYTES).read_to_end(&mut start).map_err(|error| file::failed(path, &error))?;
    if let Ok(one) = Receipt::parse(&start) {
        return Ok(Box::new(std::iter::once(Ok(one))));
    }
    let mut lines = BufReader::new(Cursor::new(start).chain(file));
    let mut number = 0u64;
    let mut next = move || -> Result<Option<Receipt>, Failure> {
        let mut line = Vec::new();
        loop {
            line.clear();
            number = number.saturating_add(1);
            let failed = |reason: String| Failure::new(format!("{place}, line {number}: {reason}"));
            let read = lines.by_ref().take(MOST_BYTES).read_until(b'\n', &mut line);
            match read.map_err(|error| failed(error.to_string()))? {
                0 if number == 1 => {
                    let hint = "`--receipt FILE` of `interdict screen` and `interdict check` writes one";
                    return Err(Failure::hint(format!("{place}: no receipt"), hint));
                }
                0 => return Ok(None),
                _ if line.trim_ascii().is_empty() => {}
                _ if line.len() as u64 == MOST_BYTES => {
                    let text = format!("{place}, line {number}: longer than {MOST_BYTES} bytes, the most that is read");
                    return Err(Failure::hint(text, "is it the file that was meant?"));
                }
                _ => {
                    return Receipt::parse(&line).map(Some).map_err(|error| match error.to_string() {
                        known if known.contains("\nhint: ") => failed(known),
                        other => Failure::hint(failed(other).text(), "it was altered, or another version wrote it"),
                    });
                }
            }
        }
    };
    let mut is_over = false;
    Ok(Box::new(std::iter::from_fn(move || {
        if is_over {
            return None;
        }
        let receipt = next().transpose();
        is_over = receipt.as_ref().is_none_or(Result::is_err);
        receipt
    })))
}

/// Checkpoints that a file holds: of receipts, or a signed one as it stands.
pub fn checkpoints(path: &Path, key: &VerifierKey) -> Result<Vec<(String, Checkpoint)>, Failure> {
    let label = path.display().to_string();
    let failed = |error: interdict_ledger::LedgerError| Failure::new(format!("{label}: {error}"));
    let is_signed = |text: String| Checkpoint::open(&text, key).ok();
    if let Some(head) = file::text(path, MOST_BYTES).ok().and_then(is_signed) {
        return Ok(vec![(label, head)]);
    }
    let mut seen: Vec<(String, Checkpoint)> = Vec::new();
    for receipt in receipts(path)? {
        let head = receipt?.check(key).map_err(failed)?;
        // Receipts of one commit share their checkpoint.
        if seen.last().is_none_or(|(_, last)| *last != head) {
            seen.push((label.clone(), head));
        }
    }
    Ok(seen)
}

/// The log's files: in a folder, or those of this home with all that is committed in tiles.
fn files(folder: Option<&PathBuf>, place: &PlaceArgs) -> Result<LogFiles, Failure> {
    let Some(folder) = folder else {
        let ledger = place.home()?.ledger();
        ledger.open()?.fold()?;
        return Ok(LogFiles::at(ledger.public()));
    };
    let inner = folder.join("ledger");
    let is_home = !folder.join("checkpoint").exists() && inner.join("checkpoint").exists();
    Ok(LogFiles::at(if is_home { inner } else { folder.clone() }))
}
