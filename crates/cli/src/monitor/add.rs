//! `interdict monitor add` and `remove`: who is kept.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use interdict_engine::monitor::{Watched, screenable};
use interdict_lists::Mapping;
use interdict_store::Home;
use interdict_store::monitor::{Put, Roll};
use serde::Serialize;

use crate::exit::{Exit, Failure, print_note};
use crate::file;
use crate::render;
use crate::rows;
use crate::screen::{mapping, progress};
use crate::style::{self, BOLD, DIM, ERROR};

/// Whom to keep.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor add customers.csv
  interdict monitor add kunden.csv --map Kundennummer=id --map Kunde=name --whole
  cat fleet.jsonl | interdict monitor add -

Files: CSV (comma, semicolon, tab or bar), JSON lines or a JSON array with one object a party, Parquet, or
FollowTheMoney; each party with your own id (a column `id`, or --map COLUMN=id). A party that is
already kept under its id is replaced. A party without an id, or without a name or identifier that
can be screened, is refused with its line, and the others are kept.

Exit codes: 0 all kept, 2 some refused")]
pub struct AddArgs {
    /// Files of parties, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// A file's column that holds one of our fields
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// The files are all there is: parties that are not in them are kept no longer
    #[arg(long)]
    whole: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What became of parties that were given.
#[derive(Default, Serialize)]
pub struct Summary {
    added: u64,
    replaced: u64,
    same: u64,
    removed: u64,
    refused: Vec<Refused>,
    kept: u64,
}

/// A party that is not kept.
#[derive(Serialize)]
pub struct Refused {
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    reason: String,
}

/// Adds.
pub fn add(args: &AddArgs, home: &Home) -> Result<Exit, Failure> {
    let files: Vec<(String, String)> = args.files.iter().map(|path| (path.clone(), path.clone())).collect();
    let say = |refused: &Refused| {
        if !args.json {
            print_note(&format!("{}: not kept: {}", refused.place, first_line(&refused.reason)));
        }
    };
    let summary = keep(home, &files, &mapping(&args.map)?, args.whole, &say)?;
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", render::json::text(&summary, true)?)?;
    } else {
        let Summary { added, replaced, same, removed, refused, kept } = &summary;
        writeln!(
            out,
            "{BOLD}{} kept{BOLD:#}: {} added, {} replaced, {} as before, {} removed, {ERROR}{} refused{ERROR:#}",
            style::count(*kept, "party", "parties"),
            style::grouped(*added),
            style::grouped(*replaced),
            style::grouped(*same),
            style::grouped(*removed),
            style::grouped(refused.len() as u64),
        )?;
        writeln!(out, "{DIM}`interdict monitor run` screens them{DIM:#}")?;
    }
    Ok(if summary.refused.is_empty() { Exit::Clear } else { Exit::NotDone })
}

/// Keeps the parties of files, each with the name it is spoken of by and where it lies.
pub fn keep(
    home: &Home,
    files: &[(String, String)],
    mapping: &Mapping,
    whole: bool,
    say: &dyn Fn(&Refused),
) -> Result<Summary, Failure> {
    let monitor = home.monitor();
    let _lock = monitor.lock()?;
    let mut state = monitor.state()?;
    let mut roll = monitor.roll(state.parties)?;
    let (mut summary, mut named) = (Summary::default(), Roll::default());
    for (name, path) in files {
        let source = rows::open(path, mapping)?;
        let bar = progress(source.bytes);
        for row in source.rows {
            bar.set_position(source.read.get());
            if let Err(refused) = take(name, row, &mut roll, &mut named, &mut summary)? {
                bar.suspend(|| say(&refused));
                summary.refused.push(refused);
            }
        }
        bar.finish_and_clear();
    }
    if whole {
        let before = roll.count();
        roll.retain(|id| named.holds(id));
        summary.removed = before.saturating_sub(roll.count()) as u64;
    }
    summary.kept = roll.count() as u64;
    if named.count() == 0 {
        let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
        let text = format!("no party could be kept of {}", names.join(", "));
        return Err(Failure::hint(text, "each party needs your own id, and a name or an identifier"));
    }
    state.parties = Some(monitor.write_roll(&roll)?);
    monitor.write_state(&state)?;
    Ok(summary)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or("")
}

/// Puts the party of a row on the roll, or says why not.
fn take(
    path: &str,
    row: Result<interdict_engine::Party, rows::BadRow>,
    roll: &mut Roll,
    named: &mut Roll,
    summary: &mut Summary,
) -> Result<Result<(), Refused>, Failure> {
    let at = |place: &str| format!("{path}, {place}");
    let party = match row {
        Ok(party) => party,
        Err(bad) => return Ok(Err(Refused { place: at(&bad.place), id: None, reason: bad.reason })),
    };
    let refused = |id: Option<String>, reason: String| Ok(Err(Refused { place: at(&party.place), id, reason }));
    let Some(id) = party.id.clone().map(|id| id.trim().to_owned()).filter(|id| !id.is_empty()) else {
        return refused(None, "the party has no id\nhint: name its column, as in --map Customer=id".to_owned());
    };
    if let Err(error) = screenable(&party.entity) {
        return refused(Some(id), error.to_string());
    }
    let watched = Watched { id: id.clone(), entity: party.entity };
    match named.put(&watched)? {
        Put::Added => {}
        Put::Same => return Ok(Ok(())),
        Put::Replaced => {
            return refused(Some(id.clone()), format!("the id `{id}` stands for another party in another row"));
        }
    }
    let count = match roll.put(&watched)? {
        Put::Added => &mut summary.added,
        Put::Replaced => &mut summary.replaced,
        Put::Same => &mut summary.same,
    };
    *count = count.saturating_add(1);
    Ok(Ok(()))
}

/// The most bytes of a file of ids: millions of them.
const MOST_IDS: u64 = 256 << 20;

/// Whom to keep no longer.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor remove C-1001 C-1002
  interdict monitor remove --file left.txt

The next run tells of each hit of theirs that it is gone.")]
pub struct RemoveArgs {
    /// Your ids of the parties
    #[arg(required_unless_present = "file", value_name = "ID")]
    ids: Vec<String>,
    /// A file with one id a line
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Removes.
pub fn remove(args: &RemoveArgs, home: &Home) -> Result<Exit, Failure> {
    let mut ids = args.ids.clone();
    if let Some(path) = &args.file {
        let text = file::text(path, MOST_IDS)?;
        ids.extend(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned));
    }
    let left = leave(home, &ids)?;
    left.unknown.iter().for_each(|id| print_note(&format!("`{id}` is not kept")));
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "{} removed, {} kept",
        style::count(left.removed, "party", "parties"),
        style::count(left.kept, "party", "parties")
    )?;
    Ok(if left.unknown.is_empty() { Exit::Clear } else { Exit::NotDone })
}

/// What became of ids that were to be kept no longer.
#[derive(Default, Serialize)]
pub struct Left {
    removed: u64,
    kept: u64,
    /// Ids of nobody who was kept.
    unknown: Vec<String>,
}

/// Keeps parties no longer.
pub fn leave(home: &Home, ids: &[String]) -> Result<Left, Failure> {
    let monitor = home.monitor();
    let _lock = monitor.lock()?;
    let mut state = monitor.state()?;
    let mut roll = monitor.roll(state.parties)?;
    let mut left = Left::default();
    for id in ids {
        if roll.take(id) {
            left.removed = left.removed.saturating_add(1);
        } else {
            left.unknown.push(id.clone());
        }
    }
    left.kept = roll.count() as u64;
    state.parties = Some(monitor.write_roll(&roll)?);
    monitor.write_state(&state)?;
    Ok(left)
}
