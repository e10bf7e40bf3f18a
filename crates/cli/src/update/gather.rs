//! Fetches the files of all sources, several at a time, and shows how far they are.
//!
//! Not here: what becomes of them (`apply`).

use std::collections::BTreeMap;
use std::io;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use interdict_fetch::{
    Answer, CatalogEntry, Client, Expected, FetchError, InMemory, Partial, Request, Source, SourceFile, Url,
    Validators, look_up, shown,
};
use interdict_model::Digest;
use interdict_store::{Download, Home, Manifest, Remembered, Sources};

use super::bars::Bars;
use super::{Deltas, WayArgs, deltas};
use crate::exit::Failure;

/// Sources fetched at a time: publishers are different hosts, and the wait is theirs.
const AT_A_TIME: usize = 4;

/// What is known before.
pub struct State {
    /// What servers said of files in use.
    pub remembered: Sources,
    /// The versions in use.
    pub in_use: BTreeMap<String, Manifest>,
    fresh: bool,
    /// How far delta files are trusted.
    pub deltas: Deltas,
    /// Most bytes of a file.
    pub most: u64,
}

/// How a file came.
#[derive(Clone, Debug)]
pub enum Way {
    /// In one piece, as it always does.
    Whole,
    /// By delta files, from the version that was in use.
    Deltas { files: u64, added: u64, changed: u64, removed: u64 },
    /// In one piece, as its delta files did not lead to it.
    Instead { reason: String },
}

/// A file as it stands after fetching.
pub struct Piece {
    /// The file.
    pub file: SourceFile,
    /// Its bytes. None if the server says that the version in use is the present one.
    pub bytes: Option<Vec<u8>>,
    /// Hash of its bytes.
    pub digest: Digest,
    /// Its size.
    pub size: u64,
    /// What to ask with next time.
    pub validators: Validators,
    /// Bytes over the wire, in this run.
    pub received: u64,
    /// Bytes that an earlier run had brought.
    pub resumed_at: u64,
    /// Attempts.
    pub attempts: u32,
    /// Its end could be told from a cut.
    pub is_vouched: bool,
    /// The version its manifest gives it.
    pub version: Option<String>,
    /// How it came.
    pub way: Way,
}

/// Why a source has no files, with a remedy.
pub type Reason = (String, String);

/// A source after fetching.
pub struct Gathered {
    /// The source.
    pub source: Source,
    /// Its files, all of them, or why not.
    pub result: Result<Vec<Piece>, Reason>,
    /// How long it took.
    pub took: Duration,
}

impl State {
    /// What a home knows.
    pub fn of(home: &Home, fresh: bool, way: &WayArgs) -> Result<Self, Failure> {
        let in_use = in_use(home)?;
        Ok(Self { remembered: home.sources()?, in_use, fresh, deltas: way.deltas, most: way.most() })
    }

    /// The same with the versions that are in use now.
    pub fn again(self, home: &Home) -> Result<Self, Failure> {
        Ok(Self { in_use: in_use(home)?, ..self })
    }

    /// What to ask a server with: only of a file that is in use as it came from this very address.
    pub fn known(&self, list: &str, file: &SourceFile) -> Option<&Remembered> {
        self.held(list, file).filter(|remembered| remembered.address == address(&file.url))
    }

    /// The same, from wherever it came: publishers write the version into the address.
    pub fn held(&self, list: &str, file: &SourceFile) -> Option<&Remembered> {
        if self.fresh {
            return None;
        }
        let remembered = self.remembered.lists.get(list)?.get(&file.name)?;
        let manifest = self.in_use.get(list)?;
        manifest.files.iter().any(|used| used.digest == remembered.digest).then_some(remembered)
    }
}

fn in_use(home: &Home) -> Result<BTreeMap<String, Manifest>, Failure> {
    let contents = home.contents()?;
    Ok(contents.into_iter().map(|content| (content.manifest.version.list.0.clone(), content.manifest)).collect())
}

/// The hash by which an address is remembered: it may hold a secret.
pub fn address(url: &Url) -> Digest {
    Digest::of(url.as_str().as_bytes())
}

pub fn validators(remembered: &Remembered) -> Validators {
    Validators { etag: remembered.etag.clone(), last_modified: remembered.last_modified.clone() }
}

pub fn reason(error: &FetchError) -> Reason {
    (format!("{}: {}", error.address, error.reason()), error.hint().to_owned())
}

fn authorization(source: &Source) -> Result<Option<String>, Reason> {
    if let Some(given) = &source.given {
        let url = given.entry.iter().map(|entry| &entry.file.url).next();
        return Ok(url.and_then(|url| given.authorization(url)).map(str::to_owned));
    }
    let Some(name) = &source.authorization_env else { return Ok(None) };
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(Some(value)),
        Ok(_) | Err(_) => {
            Err((format!("`{name}` is not set in the environment"), "it holds the source's `Authorization`".to_owned()))
        }
    }
}

/// Asks of each source whether there is something new.
pub fn check(client: &Client, state: &State, sources: &[Source]) -> Vec<(Source, Result<bool, Reason>)> {
    let ask = |source: &Source| {
        if let Some(given) = &source.given
            && let Some(answer) = deltas::is_newer(state, source, given)?
        {
            return Ok(answer);
        }
        let secret = authorization(source)?;
        let (files, _) = files(client, source, secret.as_deref())?;
        for file in &files {
            let Some(known) = state.known(&source.list, file).map(validators) else { return Ok(true) };
            let request = Request {
                url: &file.url,
                known: Some(&known),
                authorization: secret.as_deref(),
                expected: source.expected,
            };
            if client.is_newer(&request).map_err(|error| reason(&error))? {
                return Ok(true);
            }
        }
        Ok(false)
    };
    sources.iter().map(|source| (source.clone(), ask(source))).collect()
}

/// The files of a source; a catalogue is asked for them.
fn files(
    client: &Client,
    source: &Source,
    secret: Option<&str>,
) -> Result<(Vec<SourceFile>, Option<CatalogEntry>), Reason> {
    if let Some(given) = &source.given {
        let entry = given.entry.clone().map_err(|error| (error.reason, error.hint))?;
        return Ok((vec![entry.file.clone()], Some(entry)));
    }
    let Some(catalog) = &source.catalog else { return Ok((source.files.clone(), None)) };
    let request = Request { url: &catalog.url, known: None, authorization: secret, expected: Expected::Json };
    let answer = client.fetch(&request, &mut InMemory::default(), &|_| {}).map_err(|error| reason(&error))?;
    let Answer::Fetched(fetched) = answer else { return Ok((Vec::new(), None)) };
    let entry = look_up(&fetched.bytes, &fetched.from, catalog.dataset.as_deref()).map_err(|error| {
        let text = error.to_string();
        let (what, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
        (format!("{}: {what}", shown(&catalog.url)), hint.to_owned())
    })?;
    Ok((vec![entry.file.clone()], Some(entry)))
}

/// Fetches all sources, in the order given.
pub fn all(home: &Home, client: &Client, state: &State, sources: Vec<Source>) -> Result<Vec<Gathered>, Failure> {
    let bars = Bars::new();
    let count = sources.len();
    let queue = Mutex::new(sources.into_iter().enumerate());
    let done: Mutex<BTreeMap<usize, Gathered>> = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(count) {
            scope.spawn(|| {
                while let Some((number, source)) = queue.lock().ok().and_then(|mut queue| queue.next()) {
                    let start = Instant::now();
                    let result = one(home, client, state, &source, &bars);
                    let gathered = Gathered { source, result, took: start.elapsed() };
                    if let Ok(mut done) = done.lock() {
                        done.insert(number, gathered);
                    }
                }
            });
        }
    });
    let done = done.into_inner().map_err(|_| Failure::new("fetching ended in the middle"))?;
    if done.len() != count {
        return Err(Failure::new("fetching ended in the middle"));
    }
    Ok(done.into_values().collect())
}

fn one(home: &Home, client: &Client, state: &State, source: &Source, bars: &Bars) -> Result<Vec<Piece>, Reason> {
    let (secret, mut way) = (authorization(source)?, Way::Whole);
    if let Some(given) = &source.given {
        match deltas::first(home, client, state, source, given)? {
            deltas::Step::Done(piece) => return Ok(vec![*piece]),
            deltas::Step::Whole(instead) => way = instead,
        }
    }
    let (files, entry) = files(client, source, secret.as_deref())?;
    let version = source.given.as_ref().and(entry.as_ref()).and_then(|entry| entry.version.clone());
    let mut pieces = Vec::with_capacity(files.len());
    for file in files {
        let known = state.known(&source.list, &file);
        let asked = known.map(validators);
        let request = Request {
            url: &file.url,
            known: asked.as_ref(),
            authorization: secret.as_deref(),
            expected: source.expected,
        };
        let kept = home.download(file.url.as_str());
        let mut kept = Kept(kept.map_err(|error| (error.to_string(), "is the disk full?".to_owned()))?);
        let bar = bars.of(&format!("{} {}", source.list, file.name));
        let answer = client.fetch(&request, &mut kept, &|event| bar.show(&event));
        bar.end();
        let fetched = match (answer.map_err(|error| reason(&error))?, known) {
            (Answer::Fetched(fetched), _) => *fetched,
            (Answer::Unchanged, Some(known)) => {
                pieces.push(Piece {
                    file,
                    bytes: None,
                    digest: known.digest,
                    size: known.bytes,
                    validators: validators(known),
                    received: 0,
                    resumed_at: 0,
                    attempts: 1,
                    is_vouched: true,
                    version: version.clone(),
                    way: way.clone(),
                });
                continue;
            }
            // The client answers so only where it was asked with something known.
            (Answer::Unchanged, None) => {
                return Err((format!("{}: unchanged, though nothing is known of it", shown(&file.url)), String::new()));
            }
        };
        if let Some(why) = entry.as_ref().and_then(|entry| entry.refuses(&fetched.bytes)) {
            let _ = kept.0.discard();
            return Err((format!("{}: {why}", shown(&file.url)), "fetch again; the catalogue may be ahead".to_owned()));
        }
        pieces.push(Piece {
            file,
            digest: Digest::of(&fetched.bytes),
            size: fetched.bytes.len() as u64,
            bytes: Some(fetched.bytes),
            validators: fetched.validators,
            received: fetched.received,
            resumed_at: fetched.resumed_at,
            attempts: fetched.attempts,
            is_vouched: fetched.is_vouched,
            version: version.clone(),
            way: way.clone(),
        });
    }
    Ok(pieces)
}

/// The store's start of a file, as the client writes to it.
struct Kept(Download);

impl Partial for Kept {
    fn length(&self) -> u64 {
        self.0.length()
    }

    fn note(&self) -> Option<String> {
        self.0.note()
    }

    fn begin(&mut self, note: &str) -> io::Result<()> {
        self.0.begin(note)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.append(bytes)
    }

    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        self.0.bytes()
    }

    fn discard(&mut self) -> io::Result<()> {
        self.0.discard()
    }
}
