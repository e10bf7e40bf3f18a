//! Data sets of a manifest: what is at hand already, files of this computer, and delta files.
//!
//! Promises: delta files lead from the version in use to the newest, or the whole file is fetched and it is said why;
//! what they lead to has the checksum that the catalogue names, unless the user trusts them without.
//!
//! Not here: which delta files lead there (`fetch::deltas`), what they do (`lists::delta`), whole files (`gather`).

use interdict_fetch::deltas::chain;
use interdict_fetch::{
    Answer, CatalogEntry, Client, Expected, Given, InMemory, Request, Source, Url, Validators, shown,
};
use interdict_lists::delta::{Applied, apply};
use interdict_model::Digest;
use interdict_store::{Home, Remembered};

use super::Deltas;
use super::gather::{Piece, Reason, State, Way, reason};
use super::manifest::file;

/// What comes first.
pub enum Step {
    /// The file is at hand.
    Done(Box<Piece>),
    /// It is fetched whole; so, and for this reason.
    Whole(Way),
}

fn entry(given: &Given) -> Result<&CatalogEntry, Reason> {
    given.entry.as_ref().map_err(|error| (error.reason.clone(), error.hint.clone()))
}

/// The file at hand. From another address it counts only if a checksum tells in the end whether it is the right one.
fn at_hand<'a>(state: &'a State, source: &Source, entry: &CatalogEntry) -> Option<&'a Remembered> {
    let is_told = entry.sha1.as_ref().is_some_and(|sha1| sha1.len() == 40) && state.deltas != Deltas::Trusted;
    match state.known(&source.list, &entry.file) {
        None if is_told => state.held(&source.list, &entry.file),
        known => known,
    }
}

/// Whether there is something new, as far as that can be told without asking a server.
pub fn is_newer(state: &State, source: &Source, given: &Given) -> Result<Option<bool>, Reason> {
    let entry = entry(given)?;
    let known = at_hand(state, source, entry);
    if entry.file.url.scheme() == "file" {
        let bytes = local(&entry.file.url, state.most)?;
        return Ok(Some(known.is_none_or(|known| known.digest != Digest::of(&bytes))));
    }
    let (Some(newest), Some(held)) = (&entry.version, known.and_then(|known| known.version.as_ref())) else {
        return Ok(None);
    };
    Ok(Some(newest != held))
}

/// What is at hand, or what delta files make of it.
pub fn first(home: &Home, client: &Client, state: &State, source: &Source, given: &Given) -> Result<Step, Reason> {
    let entry = entry(given)?;
    if entry.file.url.scheme() == "file" {
        let bytes = local(&entry.file.url, state.most)?;
        if let Some(why) = entry.refuses(&bytes) {
            return Err((
                format!("{}: {why}", shown(&entry.file.url)),
                "correct the catalogue, or the file".to_owned(),
            ));
        }
        return Ok(Step::Done(Box::new(piece(entry, Some(bytes), 0, Way::Whole))));
    }
    let Some(known) = at_hand(state, source, entry) else { return Ok(Step::Whole(Way::Whole)) };
    let (Some(newest), Some(held)) = (&entry.version, &known.version) else { return Ok(Step::Whole(Way::Whole)) };
    if newest == held {
        let is_moved = state.known(&source.list, &entry.file).is_none();
        let is_other = || {
            Ok::<bool, Reason>(match home.raw(&known.digest) {
                Ok(bytes) => entry.refuses(&bytes).is_some(),
                Err(error) => return Err((error.to_string(), "try again with --fresh".to_owned())),
            })
        };
        if is_moved && is_other()? {
            return Ok(Step::Whole(Way::Whole));
        }
        let same = Piece { digest: known.digest, size: known.bytes, ..piece(entry, None, 0, Way::Whole) };
        let validators = super::gather::validators(known);
        return Ok(Step::Done(Box::new(Piece { validators, attempts: 0, ..same })));
    }
    let (Some(index), Deltas::Checked | Deltas::Trusted) = (&given.delta, state.deltas) else {
        return Ok(Step::Whole(Way::Whole));
    };
    Ok(match by_deltas(&Task { home, client, state, given, entry, known }, index, held, newest) {
        Ok((applied, files, received)) => {
            let Applied { bytes, added, changed, removed } = applied;
            Step::Done(Box::new(piece(entry, Some(bytes), received, Way::Deltas { files, added, changed, removed })))
        }
        Err(reason) => Step::Whole(Way::Instead { reason }),
    })
}

struct Task<'a> {
    home: &'a Home,
    client: &'a Client,
    state: &'a State,
    given: &'a Given,
    entry: &'a CatalogEntry,
    known: &'a Remembered,
}

/// What delta files come to, how many they were, and their bytes.
fn by_deltas(task: &Task<'_>, index: &Url, held: &str, newest: &str) -> Result<(Applied, u64, u64), String> {
    let mut received = 0u64;
    let listed = task.fetched(index, &mut received)?;
    let chain = chain(&listed, &task.given.origin, held, newest)?;
    let is_checked = task.state.deltas == Deltas::Checked;
    // Else the index may be behind, and nothing would tell.
    if is_checked && !chain.ends_at_target && task.entry.sha1.is_none() {
        return Err(format!("the index does not name `{newest}`"));
    }
    let mut files = Vec::with_capacity(chain.files.len());
    for url in &chain.files {
        files.push(task.fetched(url, &mut received)?);
        if received > task.state.most {
            return Err("together they are larger than one file may be".to_owned());
        }
    }
    let base = task.home.raw(&task.known.digest).map_err(|error| error.to_string())?;
    let applied = apply(&base, &files)?;
    if applied.bytes.len() as u64 > task.state.most {
        return Err("they lead to more bytes than a file may have".to_owned());
    }
    if is_checked && let Some(why) = task.entry.refuses(&applied.bytes) {
        return Err(format!("they lead to another file than the catalogue's: {why}"));
    }
    Ok((applied, chain.files.len() as u64, received))
}

impl Task<'_> {
    fn fetched(&self, url: &Url, received: &mut u64) -> Result<Vec<u8>, String> {
        if url.scheme() == "file" {
            return local(url, self.state.most).map_err(|(reason, _)| reason);
        }
        let request =
            Request { url, known: None, authorization: self.given.authorization(url), expected: Expected::Json };
        let answer = self.client.fetch(&request, &mut InMemory::default(), &|_| {});
        match answer.map_err(|error| reason(&error).0)? {
            Answer::Fetched(fetched) => {
                *received = received.saturating_add(fetched.received);
                Ok(fetched.bytes)
            }
            Answer::Unchanged => Err(format!("{}: it is told to be unchanged", shown(url))),
        }
    }
}

fn local(url: &Url, most: u64) -> Result<Vec<u8>, Reason> {
    let named = |reason: String| format!("{}: {reason}", shown(url));
    let path = url.to_file_path().map_err(|()| (named("it is no path".to_owned()), "correct it".to_owned()))?;
    file(&path, most).map_err(|(reason, hint)| (named(reason), hint))
}

fn piece(entry: &CatalogEntry, bytes: Option<Vec<u8>>, received: u64, way: Way) -> Piece {
    Piece {
        file: entry.file.clone(),
        digest: Digest::of(bytes.as_deref().unwrap_or_default()),
        size: bytes.as_ref().map_or(0, |bytes| bytes.len() as u64),
        bytes,
        validators: Validators::default(),
        received,
        resumed_at: 0,
        attempts: 1,
        is_vouched: true,
        version: entry.version.clone(),
        way,
    }
}
