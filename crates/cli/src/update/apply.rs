//! What was fetched becomes versions in use, and what became of each list is told.
//!
//! Promises: a file at a list's official address is used only if it is of that list; servers are
//! remembered only for files that are in use, so that what was refused is fetched again.
//!
//! Not here: fetching (`gather`), checking and swapping versions (`store`).

use std::collections::BTreeMap;

use interdict_fetch::Source;
use interdict_lists::{SourceFile, changes, recognise};
use interdict_model::{Digest, ListId, ListVersion};
use interdict_store::{Home, Import, Manifest, Place, Remembered, Report};
use jiff::Timestamp;

use super::gather::{Gathered, Piece, Reason, State, address};
use super::outcome::{Carried, Line, Outcome};
use crate::exit::Failure;

/// Puts what was fetched in use.
pub fn all(home: &Home, state: &State, gathered: Vec<Gathered>) -> Result<Vec<Line>, Failure> {
    let now = Timestamp::now();
    let mut lines = Vec::with_capacity(gathered.len());
    // The official files are read in one go, so that the index is built once.
    let mut together = Import { received: Some(now), ..Import::default() };
    let mut alone = Vec::new();
    let mut waiting: Vec<(usize, Source, Vec<Piece>)> = Vec::new();
    for Gathered { source, result, took } in gathered {
        let mut line = Line::of(&source, took);
        let number = lines.len();
        match result.and_then(|pieces| ready(home, state, &source, pieces)) {
            Err(failed) => line.outcome = Outcome::failed(failed),
            Ok(Ready { pieces, outcome: Some(outcome), .. }) => {
                line.files = pieces.iter().map(Carried::of).collect();
                line.version = state.in_use.get(&source.list).map(|manifest| manifest.version.clone());
                line.outcome = outcome;
                waiting.push((number, source, pieces));
            }
            Ok(Ready { pieces, files, outcome: None }) => {
                line.files = pieces.iter().map(Carried::of).collect();
                if source.official {
                    together.files.extend(files);
                } else {
                    let map: Vec<String> =
                        source.map.iter().map(|(column, field)| format!("{column}={field}")).collect();
                    let mapping = crate::screen::mapping(&map)?.0;
                    let list = Some(ListId(source.list.clone()));
                    alone.push(Import { files, list, mapping, received: Some(now), ..Import::default() });
                }
                waiting.push((number, source, pieces));
            }
        }
        lines.push(line);
    }
    let mut reports = Vec::new();
    for import in std::iter::once(together).chain(alone).filter(|import| !import.files.is_empty()) {
        reports.push(home.import(&import)?);
    }
    let mut remembered = state.remembered.clone();
    for (number, source, pieces) in waiting {
        let Some(line) = lines.get_mut(number) else { continue };
        if matches!(line.outcome, Outcome::Waiting) {
            (line.outcome, line.version) = became(home, &source.list, &reports)?;
        }
        // Whatever became of it, it came whole: it is not gone on from.
        for piece in &pieces {
            if piece.bytes.is_some() {
                let _ = home.download(piece.file.url.as_str())?.discard();
            }
        }
        if line.outcome.is_served() {
            let files = pieces.iter().map(|piece| (piece.file.name.clone(), remember(piece, now)));
            remembered.lists.insert(source.list, files.collect());
        }
    }
    home.remember(&remembered)?;
    Ok(lines)
}

fn remember(piece: &Piece, now: Timestamp) -> Remembered {
    Remembered {
        address: address(&piece.file.url),
        etag: piece.validators.etag.clone(),
        last_modified: piece.validators.last_modified.clone(),
        digest: piece.digest,
        bytes: piece.size,
        version: piece.version.clone(),
        checked: Some(now),
    }
}

/// A source that came: its files to import, or what is already decided.
struct Ready {
    pieces: Vec<Piece>,
    files: Vec<(String, Vec<u8>)>,
    outcome: Option<Outcome>,
}

fn ready(home: &Home, state: &State, source: &Source, mut pieces: Vec<Piece>) -> Result<Ready, Reason> {
    let decided = |pieces, outcome| Ok(Ready { pieces, files: Vec::new(), outcome: Some(outcome) });
    if pieces.iter().all(|piece| piece.bytes.is_none()) {
        let is_by_version = source.given.is_some() && pieces.iter().all(|piece| piece.attempts == 0);
        let how = if is_by_version { "same version" } else { "not modified" };
        return decided(pieces, Outcome::Unchanged { how });
    }
    let in_use = state.in_use.get(&source.list);
    if in_use.is_some_and(|manifest| is_same(manifest, pieces.iter().map(|piece| piece.digest))) {
        return decided(pieces, Outcome::Unchanged { how: "same bytes" });
    }
    let mut files = Vec::with_capacity(pieces.len());
    for piece in &mut pieces {
        let bytes = match piece.bytes.as_mut() {
            // Its bytes go on; that it came stays known.
            Some(bytes) => std::mem::take(bytes),
            // Another file of the set has changed: the unchanged one is at hand.
            None => {
                home.raw(&piece.digest).map_err(|error| (error.to_string(), "try again with --fresh".to_owned()))?
            }
        };
        let name = format!("{}/{}", source.list, piece.file.name);
        if source.official
            && let Ok((format, _)) = recognise(&SourceFile { name: &name, bytes: &bytes })
            && format.list() != source.list
        {
            let reason = format!("what came is of the list {} ({format})", format.list());
            let hint = "the publisher may have moved the file: see its page, and `interdict lists sources`";
            return decided(pieces, Outcome::Refused { reason, hint: hint.to_owned() });
        }
        files.push((name, bytes));
    }
    Ok(Ready { pieces, files, outcome: None })
}

/// Whether a version was read from these very files.
fn is_same(manifest: &Manifest, digests: impl Iterator<Item = Digest>) -> bool {
    let mut new: Vec<Digest> = digests.collect();
    let mut used: Vec<Digest> = manifest.files.iter().map(|file| file.digest).collect();
    new.sort_unstable();
    used.sort_unstable();
    new == used
}

/// What became of a list in the imports.
fn became(home: &Home, list: &str, reports: &[Report]) -> Result<(Outcome, Option<ListVersion>), Failure> {
    let mut refused = None;
    for report in reports {
        if let Some(imported) = report.imported.iter().find(|imported| imported.manifest.version.list.0 == list) {
            let version = &imported.manifest.version;
            return Ok((placed(home, version, &imported.place)?, Some(version.clone())));
        }
        let prefix = format!("{list}/");
        refused = refused.or_else(|| report.refused.iter().find(|refusal| refusal.file.starts_with(&prefix)));
    }
    let outcome = match refused {
        Some(refusal) => {
            let place = if refusal.place.is_empty() { String::new() } else { format!(", {}", refusal.place) };
            let hint = refusal.hint.clone().unwrap_or_default();
            Outcome::Refused { reason: format!("{}{place}: {}", refusal.file, refusal.reason), hint }
        }
        None => Outcome::failed(("nothing was read of it".to_owned(), "report this with the file".to_owned())),
    };
    Ok((outcome, None))
}

/// What became of a version, with its changes if it took another's place.
pub fn placed(home: &Home, version: &ListVersion, place: &Place) -> Result<Outcome, Failure> {
    Ok(match place {
        Place::Current { replaces: None } => Outcome::New,
        Place::Current { replaces: Some(old) } => {
            let mut counts = BTreeMap::new();
            for change in changes(listings(home, old)?, listings(home, version)?) {
                let count: &mut u64 = counts.entry(change.word()).or_default();
                *count = count.saturating_add(1);
            }
            let of = |word| counts.get(word).copied().unwrap_or(0);
            let (added, removed, changed) = (of("added"), of("removed"), of("changed"));
            Outcome::Updated { replaces: Box::new(old.clone()), added, removed, changed }
        }
        Place::Kept { behind } => Outcome::Kept { behind: behind.clone().map(Box::new) },
        Place::Quarantined { doubts, in_use } => {
            let serving = if in_use.is_some() { "the version in use stays" } else { "none of the list is in use" };
            let (list, named) = (&version.list, version.digest.short());
            let may = doubts.iter().all(|doubt| doubt.kind().may_be_accepted());
            let hint = format!("`interdict lists accept {list} {named} --reason …` uses it after all");
            Outcome::Quarantined {
                doubts: doubts.iter().map(|doubt| (doubt.kind().word(), doubt.to_string())).collect(),
                serving,
                hint: if may { hint } else { "get the file again, or report it to the publisher".to_owned() },
            }
        }
    })
}

fn listings(home: &Home, version: &ListVersion) -> Result<Vec<interdict_model::Listing>, Failure> {
    let stored = home.version(&version.list.0, &version.digest.to_string())?;
    stored.open()?.listings().collect::<Result<_, _>>().map_err(Failure::new)
}
