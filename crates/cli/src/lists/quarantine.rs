//! `interdict lists quarantine` and `accept`: versions that were doubted, and putting one in use after all.

use std::io::Write;

use clap::Args;
use interdict_engine::DoubtKind;
use interdict_store::{Home, Imported, Place, StoredVersion};
use serde_json::{Value, json};

use super::history;
use crate::exit::{Exit, Failure, print_error};
use crate::render;
use crate::style::{self, BOLD, CLEAR, DIM, clean};

/// Whose doubted versions to show.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists quarantine
  interdict lists quarantine un-sc --json

A new version is doubted when it is empty, older than the one in use, has lost more than a tenth of its
entries, is laid out in another way, or does not find names that must be found. The previous version
keeps serving. `interdict lists accept` uses one after all. Of publishers' files that could not be read
at all the last few are kept, and shown too. Settings: guard.toml and canaries.tsv in the
home folder (docs/updates.md).")]
pub struct QuarantineArgs {
    /// The list [default: all]
    list: Option<String>,
}

/// Which version to use after all.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists accept un-sc 2031-05-06 --reason \"confirmed with the publisher by phone\"
  interdict lists accept ofac-sdn 36a3ef82 --reason \"the Iraq programme has ended\"")]
pub struct AcceptArgs {
    /// The list
    list: String,
    /// The start of the version's hash or its content's, or its date of publication
    version: String,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Shows what is in quarantine, and why; and the publishers' files that were refused lately.
pub fn run(home: &Home, args: &QuarantineArgs, json: bool) -> Result<Exit, Failure> {
    let versions = home.quarantined(args.list.as_deref())?;
    // Of a file that could not be read it is not known to which list it would have belonged.
    let refused = if args.list.is_none() { home.refused()? } else { Vec::new() };
    let mut out = anstream::stdout().lock();
    if json {
        let mut all: Vec<Value> = versions.iter().map(StoredVersion::doubted_json).collect::<Result<_, _>>()?;
        all.extend(refused.iter().map(|file| json!({"refused": file, "path": home.refused_path(&file.digest)})));
        writeln!(out, "{}", render::json::text(&all, true)?)?;
        return Ok(Exit::Clear);
    }
    if versions.is_empty() && refused.is_empty() {
        writeln!(out, "nothing is in quarantine")?;
    }
    for stored in &versions {
        let version = stored.version();
        writeln!(
            out,
            "{BOLD}{}{BOLD:#}  published {}, received {}, version {}, {}",
            clean(&version.list.0),
            history::published(stored),
            history::received(stored),
            version.digest.short(),
            style::count(version.listings, "listing", "listings"),
        )?;
        if let Some(reason) = stored.reason()? {
            for doubt in &reason.doubts {
                writeln!(out, "  {}: {}", doubt.kind().word(), style::fit(&doubt.to_string(), 400))?;
            }
        }
        let hint = format!("interdict lists accept {} {} --reason …", version.list, version.digest.short());
        writeln!(out, "  {DIM}{hint}{DIM:#}")?;
    }
    for file in &refused {
        let at = file.at.map_or_else(|| "not recorded".to_owned(), history::moment);
        let name = style::fit(&file.name, 80);
        writeln!(out, "{BOLD}{name}{BOLD:#}  refused, received {at}, recognised as {}", clean(&file.format))?;
        writeln!(out, "  {}", style::fit(&file.reason, 300))?;
        writeln!(out, "  {DIM}{}{DIM:#}", home.refused_path(&file.digest).display())?;
    }
    Ok(Exit::Clear)
}

/// Says of each doubted version of an import what speaks against it, and what to do.
pub fn print_doubts(imported: &[Imported]) {
    for one in imported {
        let Place::Quarantined { doubts, in_use } = &one.place else { continue };
        let version = &one.manifest.version;
        let (list, named) = (&version.list, version.digest.short());
        let serving = match in_use {
            Some(_) => "the version in use stays",
            None => "no version of the list is in use",
        };
        let mut text = format!("{list} {named} is quarantined, {serving}");
        for doubt in doubts {
            text.push_str(&format!("\n{}: {doubt}", doubt.kind().word()));
        }
        if doubts.iter().all(|doubt| doubt.kind().may_be_accepted()) {
            text.push_str(&format!("\nhint: `interdict lists accept {list} {named} --reason …` uses it after all"));
        }
        print_error(&text);
    }
}

/// Puts a doubted version in use.
pub fn accept(home: &Home, args: &AcceptArgs, json: bool) -> Result<Exit, Failure> {
    let at = Some(jiff::Timestamp::now());
    let (stored, _) = home.accept(&args.list, &args.version, &args.reason, at)?;
    let mut out = anstream::stdout().lock();
    if json {
        writeln!(out, "{}", render::json::text(&stored.to_json(), true)?)?;
        return Ok(Exit::Clear);
    }
    let version = stored.version();
    let (date, named) = (history::published(&stored), version.digest.short());
    writeln!(out, "{CLEAR}in use{CLEAR:#}: {} {date} {named}; the reason is on record", clean(&version.list.0))?;
    Ok(Exit::Clear)
}

/// Reads the word for a kind of doubt.
pub fn doubt_kind(word: &str) -> Result<DoubtKind, String> {
    let may_be = || DoubtKind::ALL.into_iter().filter(|kind| kind.may_be_accepted());
    let words = || may_be().map(DoubtKind::word).collect::<Vec<_>>().join(", ");
    may_be().find(|kind| kind.word() == word).ok_or_else(|| format!("one of {}", words()))
}
