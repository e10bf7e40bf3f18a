//! `interdict lists diff`: what differs between two versions of a list, or two files.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use interdict_lists::{Change, ChangeKind, Options, SourceFile, changes, group, read};
use interdict_model::{ListVersion, Listing};
use interdict_store::{Home, StoredVersion};

use crate::exit::{Exit, Failure};
use crate::render;
use crate::style::{self, BOLD, CLEAR, DIM, ERROR, NOTE, clean};

/// What to compare.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists diff un-sc
  interdict lists diff un-sc 2025-09-03 2025-11-15
  interdict lists diff ofac-sdn 36a3ef82 current --json
  interdict lists diff --files 2025-11-15.xml 2025-11-20.xml
  interdict lists diff --files monday/ tuesday/ --summary

Versions: the start of a hash, a date of publication, `current`, `previous` (see `interdict lists history`).
A date of amendment alone is no change. With --json each change is one line.")]
pub struct DiffArgs {
    /// The list
    #[arg(required_unless_present = "files", conflicts_with = "files")]
    list: Option<String>,
    /// The earlier version
    #[arg(default_value = "previous")]
    before: String,
    /// The later version
    #[arg(default_value = "current")]
    after: String,
    /// Compare two files, or two folders with the files of a list
    #[arg(long, num_args = 2, value_names = ["FILE|DIR", "FILE|DIR"])]
    files: Vec<PathBuf>,
    /// Print the counts only
    #[arg(long)]
    summary: bool,
}

/// One side of a comparison.
struct Side {
    version: ListVersion,
    listings: Vec<Listing>,
}

/// Compares and prints.
pub fn run(home: &Home, args: &DiffArgs, json: bool) -> Result<Exit, Failure> {
    let (before, after) = match (args.files.as_slice(), &args.list) {
        ([before, after], _) => (of_files(before)?, of_files(after)?),
        (_, Some(list)) => {
            (of_version(&home.version(list, &args.before)?)?, of_version(&home.version(list, &args.after)?)?)
        }
        (_, None) => return Err(Failure::hint("nothing to compare", "name a list, or two files with --files")),
    };
    if before.version.list != after.version.list {
        let text = format!("{} and {} are different lists", before.version.list, after.version.list);
        return Err(Failure::hint(text, "compare two versions of one list"));
    }
    let unnumbered = before.version.format != after.version.format;
    let (old, new) = (before.version, after.version);
    let changes = changes(before.listings, after.listings);
    let mut out = anstream::stdout().lock();
    if json && !args.summary {
        for change in &changes {
            writeln!(out, "{}", render::json::text(change, false)?)?;
        }
        return Ok(Exit::Clear);
    }
    if json {
        let summary = serde_json::json!({"before": old, "after": new, "changes": counts(&changes)});
        writeln!(out, "{}", render::json::text(&summary, true)?)?;
        return Ok(Exit::Clear);
    }
    writeln!(out, "{BOLD}{}{BOLD:#}  {} → {}", clean(&old.list.0), label(&old), label(&new))?;
    if unnumbered {
        writeln!(
            out,
            "{NOTE}note:{NOTE:#} read as {} and as {}, which say different things of an entry",
            old.format, new.format
        )?;
    }
    if !args.summary {
        changes.iter().try_for_each(|change| print(&mut out, change))?;
    }
    let count = |word| counts(&changes).get(word).copied().unwrap_or(0);
    let (added, removed, changed) = (count("added"), count("removed"), count("changed"));
    writeln!(
        out,
        "{CLEAR}{} added{CLEAR:#}, {ERROR}{} removed{ERROR:#}, {NOTE}{} changed{NOTE:#} of {}",
        style::grouped(added),
        style::grouped(removed),
        style::grouped(changed),
        style::count(old.listings, "listing", "listings"),
    )?;
    Ok(Exit::Clear)
}

fn counts(changes: &[Change]) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::from([("added", 0u64), ("removed", 0), ("changed", 0)]);
    for change in changes {
        let count = counts.entry(change.word()).or_default();
        *count = count.saturating_add(1);
    }
    counts
}

fn label(version: &ListVersion) -> String {
    let date = version.published.map_or_else(|| "undated".to_owned(), |date| date.to_string());
    format!("{date} {} ({})", version.digest.short(), style::grouped(version.listings))
}

fn of_version(stored: &StoredVersion) -> Result<Side, Failure> {
    let content = stored.open()?;
    let listings = content.listings().collect::<Result<Vec<_>, _>>().map_err(Failure::new)?;
    Ok(Side { version: content.manifest.version, listings })
}

/// What one list's files hold, without a store.
fn of_files(path: &Path) -> Result<Side, Failure> {
    let mut files = Vec::new();
    super::collect(path, &mut files)?;
    let sources: Vec<SourceFile<'_>> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let options = Options::default();
    let (sets, refused) = group(&sources, &options);
    if let Some(refusal) = refused.first() {
        return Err(Failure::new(refusal.to_string()));
    }
    let [set] = sets.as_slice() else {
        let text = format!("{}: {} lists, and one is compared with one", path.display(), sets.len());
        return Err(Failure::hint(text, "name the files of one list, or a folder that holds nothing else"));
    };
    let mut listings = Vec::new();
    let reading =
        read(set, &options, &mut |listing| listings.push(listing)).map_err(|r| Failure::new(r.to_string()))?;
    Ok(Side { version: reading.version(), listings })
}

/// Values of a field that are printed; the JSON has all.
const VALUES: usize = 6;

fn print(out: &mut impl Write, change: &Change) -> Result<(), Failure> {
    let (sign, style, listing) = match &change.kind {
        ChangeKind::Added { after } => ('+', CLEAR, after),
        ChangeKind::Removed { before } => ('-', ERROR, before),
        ChangeKind::Changed { after, .. } => ('~', NOTE, after),
    };
    let (kind, caption) = (listing.entity.kind.word(), style::fit(listing.entity.caption(), 90));
    writeln!(out, "{style}{sign} {:<14}{style:#} {kind:<12} {caption}", clean(listing.quoted()))?;
    for field in change.fields() {
        let name = field.field.replace('_', " ");
        let values = field.gone.iter().map(|value| ('-', value)).chain(field.new.iter().map(|value| ('+', value)));
        for (sign, value) in values.clone().take(VALUES) {
            writeln!(out, "    {DIM}{name:<14}{DIM:#} {sign} {}", style::fit(value, 120))?;
        }
        let more = values.count().saturating_sub(VALUES);
        if more > 0 {
            writeln!(out, "    {DIM}{name:<14} {more} more{DIM:#}")?;
        }
    }
    Ok(())
}
