//! What became of each list, as a table or JSON.
//!
//! Not here: fetching (`fetch`), importing (`store`).

use std::io::Write;
use std::time::Duration;

use interdict_fetch::{Source, shown};
use interdict_model::{Digest, ListVersion};
use interdict_store::RawFile;
use serde_json::{Value, json};

use super::gather::{Piece, Reason, Way};
use crate::exit::{Exit, Failure, print_error, print_note};
use crate::render;
use crate::style::{self, BOLD, CLEAR, DIM, clean};

/// What became of a list.
pub enum Outcome {
    /// Not decided yet.
    Waiting,
    /// The version in use is the present one.
    Unchanged { how: &'static str },
    /// It is in use, and was not before.
    New,
    /// It is in use, in place of another version.
    Updated { replaces: Box<ListVersion>, added: u64, removed: u64, changed: u64 },
    /// It is stored behind a newer one.
    Kept { behind: Option<Box<ListVersion>> },
    /// It came, and is doubted.
    Quarantined { doubts: Vec<(&'static str, String)>, serving: &'static str, hint: String },
    /// It came, and is not used.
    Refused { reason: String, hint: String },
    /// It did not come.
    Failed { reason: String, hint: String },
}

impl Outcome {
    /// A failure.
    pub fn failed((reason, hint): Reason) -> Self {
        Self::Failed { reason, hint }
    }

    /// Whether what came is what is in use.
    pub fn is_served(&self) -> bool {
        match self {
            Self::Unchanged { .. } | Self::New | Self::Updated { .. } => true,
            Self::Waiting
            | Self::Kept { .. }
            | Self::Quarantined { .. }
            | Self::Refused { .. }
            | Self::Failed { .. } => false,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Unchanged { .. } => "unchanged",
            Self::New => "new",
            Self::Updated { .. } => "updated",
            Self::Kept { .. } => "stored",
            Self::Quarantined { .. } => "quarantined",
            Self::Refused { .. } => "refused",
            Self::Failed { .. } => "failed",
        }
    }

    /// What is wrong, and the remedy.
    fn trouble(&self) -> Option<(String, &str)> {
        match self {
            Self::Refused { reason, hint } | Self::Failed { reason, hint } => Some((reason.clone(), hint)),
            Self::Quarantined { doubts, serving, hint } => {
                let mut text = (*serving).to_owned();
                for (kind, doubt) in doubts {
                    text.push_str(&format!("\n{kind}: {doubt}"));
                }
                Some((text, hint))
            }
            Self::Waiting | Self::Unchanged { .. } | Self::New | Self::Updated { .. } | Self::Kept { .. } => None,
        }
    }
}

/// A file that was fetched or carried in.
pub struct Carried {
    name: String,
    address: Option<String>,
    digest: Digest,
    bytes: u64,
    received: u64,
    resumed_at: u64,
    attempts: u32,
    is_vouched: bool,
    way: Way,
}

impl Carried {
    /// As fetched.
    pub fn of(piece: &Piece) -> Self {
        Self {
            name: piece.file.name.clone(),
            address: Some(shown(&piece.file.url)),
            digest: piece.digest,
            bytes: piece.size,
            received: piece.received,
            resumed_at: piece.resumed_at,
            attempts: piece.attempts,
            is_vouched: piece.is_vouched,
            way: piece.way.clone(),
        }
    }

    /// As imported.
    pub fn raw(file: &RawFile) -> Self {
        let (name, digest, bytes) = (file.name.clone(), file.digest, file.bytes);
        let way = Way::Whole;
        Self { name, address: None, digest, bytes, received: 0, resumed_at: 0, attempts: 0, is_vouched: true, way }
    }
}

/// What became of one list.
pub struct Line {
    list: String,
    publisher: String,
    /// What became of it.
    pub outcome: Outcome,
    /// The version it is about.
    pub version: Option<ListVersion>,
    /// Its files.
    pub files: Vec<Carried>,
    took: Duration,
}

impl Line {
    /// Of a source.
    pub fn of(source: &Source, took: Duration) -> Self {
        let (list, publisher) = (source.list.clone(), source.publisher.clone());
        Self { list, publisher, outcome: Outcome::Waiting, version: None, files: Vec::new(), took }
    }

    /// Of a catalogue that could not be had.
    pub fn lost(catalogue: String, reason: Reason) -> Self {
        Self { publisher: catalogue, outcome: Outcome::failed(reason), ..Self::by_hand("", Duration::ZERO) }
    }

    /// Of files carried in.
    pub fn by_hand(list: &str, took: Duration) -> Self {
        let publisher = "carried in".to_owned();
        Self { list: list.to_owned(), publisher, outcome: Outcome::Waiting, version: None, files: Vec::new(), took }
    }

    fn json(&self) -> Value {
        let file = |file: &Carried| {
            let mut value = json!({
                "name": file.name, "address": file.address, "digest": file.digest, "bytes": file.bytes,
                "received": file.received, "resumed_at": file.resumed_at, "attempts": file.attempts,
                "end_is_certain": file.is_vouched,
            });
            match &file.way {
                Way::Whole => {}
                Way::Deltas { files, added, changed, removed } => {
                    value["deltas"] = json!({"files": files, "added": added, "changed": changed, "removed": removed});
                }
                Way::Instead { reason } => value["no_deltas"] = json!(reason),
            }
            value
        };
        let mut value = json!({
            "list": self.list,
            "publisher": self.publisher,
            "outcome": self.outcome.word(),
            "version": self.version,
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
            "milliseconds": self.took.as_secs_f64() * 1000.0,
        });
        match &self.outcome {
            Outcome::Updated { replaces, added, removed, changed } => {
                value["replaces"] = json!(replaces);
                value["changes"] = json!({"added": added, "removed": removed, "changed": changed});
            }
            Outcome::Unchanged { how } => value["how"] = json!(how),
            Outcome::Kept { behind } => value["behind"] = json!(behind),
            Outcome::Quarantined { doubts, serving, hint } => {
                let doubt = |(kind, doubt): &(&str, String)| json!({"kind": kind, "doubt": doubt});
                value["doubts"] = doubts.iter().map(doubt).collect();
                value["serving"] = json!(serving);
                value["hint"] = json!(hint);
            }
            Outcome::Refused { reason, hint } | Outcome::Failed { reason, hint } => {
                value["reason"] = json!(reason);
                value["hint"] = json!(hint);
            }
            Outcome::Waiting | Outcome::New => {}
        }
        value
    }

    fn row(&self) -> Vec<String> {
        let version = self.version.as_ref();
        let date = |version: &ListVersion| version.published.map_or_else(|| "no date".to_owned(), |d| d.to_string());
        let what = match &self.outcome {
            Outcome::Updated { replaces, added, removed, changed } => format!(
                "{} added, {} removed, {} changed since {}",
                style::grouped(*added),
                style::grouped(*removed),
                style::grouped(*changed),
                date(replaces)
            ),
            Outcome::Unchanged { how } => (*how).to_owned(),
            Outcome::Kept { behind: Some(behind) } => format!("behind {}", date(behind)),
            Outcome::Kept { behind: None } => String::new(),
            Outcome::Quarantined { doubts, .. } => {
                let kinds: std::collections::BTreeSet<&str> = doubts.iter().map(|(kind, _)| *kind).collect();
                kinds.into_iter().collect::<Vec<_>>().join(", ")
            }
            Outcome::New => "in use".to_owned(),
            Outcome::Waiting | Outcome::Refused { .. } | Outcome::Failed { .. } => "see below".to_owned(),
        };
        let received: u64 = self.files.iter().map(|file| file.received).sum();
        vec![
            if self.list.is_empty() { "?".to_owned() } else { clean(&self.list) },
            self.outcome.word().to_owned(),
            version.map_or_else(String::new, date),
            version.map_or_else(String::new, |version| style::grouped(version.listings)),
            if received == 0 { String::new() } else { format!("{} kB", style::grouped(received.div_ceil(1000))) },
            what,
        ]
    }
}

fn are_whole(lines: &[Line]) -> bool {
    lines.iter().all(|line| line.outcome.trouble().is_none())
}

/// What became of all lists, in JSON.
pub fn json(lines: &[Line]) -> Value {
    json!({"ok": are_whole(lines), "lists": lines.iter().map(Line::json).collect::<Vec<_>>()})
}

/// Prints what became of all lists.
pub fn show(lines: &[Line], as_json: bool) -> Result<Exit, Failure> {
    let exit = if are_whole(lines) { Exit::Clear } else { Exit::NotDone };
    let mut out = anstream::stdout().lock();
    if as_json {
        writeln!(out, "{}", render::json::text(&json(lines), true)?)?;
        return Ok(exit);
    }
    let mut rows = vec![["list", "", "published", "listings", "fetched", ""].map(str::to_owned).to_vec()];
    rows.extend(lines.iter().map(Line::row));
    for (i, line) in style::aligned(&rows, &[3, 4]).into_iter().enumerate() {
        if i == 0 { writeln!(out, "{BOLD}{line}{BOLD:#}")? } else { writeln!(out, "{line}")? }
    }
    drop(out);
    for line in lines {
        for file in &line.files {
            if let Way::Instead { reason } = &file.way {
                print_note(&format!("{}: the whole file was fetched, not its delta files: {reason}", line.list));
            }
        }
        for file in line.files.iter().filter(|file| !file.is_vouched && line.outcome.is_served()) {
            let text = "the server does not say how long it is, so that a cut would not be seen";
            print_note(&format!("{}: {}: {text}", line.list, file.name));
        }
        if let Some((reason, hint)) = line.outcome.trouble() {
            let list = if line.list.is_empty() { String::new() } else { format!("{}: ", line.list) };
            let hint = if hint.is_empty() { String::new() } else { format!("\nhint: {hint}") };
            print_error(&format!("{list}{}: {reason}{hint}", line.outcome.word()));
        }
    }
    Ok(exit)
}

/// Prints whether there is something new.
pub fn show_check(
    answers: &[(Source, Result<bool, Reason>)],
    lost: Vec<(String, Reason)>,
    json: bool,
) -> Result<Exit, Failure> {
    let exit = answers.iter().map(|(_, answer)| match answer {
        Ok(false) => Exit::Clear,
        Ok(true) => Exit::Hit,
        Err(_) => Exit::NotDone,
    });
    let exit = exit.max().unwrap_or(Exit::Clear);
    let exit = if lost.is_empty() { exit } else { Exit::NotDone };
    let word = |answer: &Result<bool, Reason>| match answer {
        Ok(false) => "unchanged",
        Ok(true) => "newer",
        Err(_) => "failed",
    };
    let mut out = anstream::stdout().lock();
    if json {
        let line = |(source, answer): &(Source, Result<bool, Reason>)| {
            let mut value = json!({"list": source.list, "publisher": source.publisher, "outcome": word(answer)});
            if let Err((reason, hint)) = answer {
                value["reason"] = json!(reason);
                value["hint"] = json!(hint);
            }
            value
        };
        let lost = lost.into_iter().map(|(catalogue, reason)| Line::lost(catalogue, reason).json());
        let lines = answers.iter().map(line).chain(lost).collect::<Vec<_>>();
        let value = json!({"ok": exit != Exit::NotDone, "lists": lines});
        writeln!(out, "{}", render::json::text(&value, true)?)?;
        return Ok(exit);
    }
    let row = |(source, answer): &(Source, Result<bool, Reason>)| {
        vec![clean(&source.list), word(answer).to_owned(), clean(&source.publisher)]
    };
    for line in style::aligned(&answers.iter().map(row).collect::<Vec<_>>(), &[]) {
        writeln!(out, "{line}")?;
    }
    match exit {
        Exit::Clear => writeln!(out, "{CLEAR}nothing new{CLEAR:#}")?,
        Exit::Hit => writeln!(out, "{DIM}fetch what is new with `interdict lists update`{DIM:#}")?,
        Exit::NotDone => {}
    }
    drop(out);
    for (source, answer) in answers {
        if let Err((reason, hint)) = answer {
            print_error(&format!("{}: {reason}\nhint: {hint}", source.list));
        }
    }
    for (_, (reason, hint)) in lost {
        print_error(&format!("{reason}\nhint: {hint}"));
    }
    Ok(exit)
}
