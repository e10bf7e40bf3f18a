//! Monitored parties on disk: who is kept, at which lists they were last screened, what was told.
//!
//! Promises: parties and hits are written whole before the one file that names them is replaced, so
//! that a crash leaves the run before; a run that is done again tells the same.
//!
//! Not here: what a change means (`interdict_engine::monitor`).
//!
//! ```text
//! <home>/monitor/state.json                   who is kept, and the last run
//! <home>/monitor/parties/<digest>/            parties.jsonl by id, offsets.bin, parties.idx
//! <home>/monitor/hits/<run>.jsonl             the hits that stand after a run
//! <home>/monitor/events/<run>.jsonl           what a run told
//! <home>/monitor/allowed.json                 the allow-list; allowed-<run>.json as a run left it
//! <home>/monitor/recording.json               how far the last run is in the ledger
//! <home>/monitor/deliveries/                  what receivers of events have taken
//! ```

mod allowed;
mod deliveries;
mod parties;
mod recording;

use std::fs::{self, File};
use std::io::{BufRead, BufReader, ErrorKind};
use std::path::{Path, PathBuf};

use interdict_engine::Snapshot;
use interdict_engine::monitor::{Kept, KeptPolicy};
use interdict_model::{Digest, ListId};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

pub use deliveries::{Deliveries, Standing, Waiting};
pub use parties::{MonitoredParties, Put, Roll};
pub use recording::Recording;

use crate::stored::Part;
use crate::{Content, Home, StoreError, durable};

/// The layout of `state.json` that this version reads and writes.
const LAYOUT: u32 = 1;

/// A content of a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListContent {
    /// The list.
    pub list: ListId,
    /// Its content.
    pub content: Digest,
}

/// A run that was made.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct LastRun {
    /// Its number, from 1.
    pub run: u64,
    /// When it was made.
    pub at: Timestamp,
    /// The parties that were screened.
    pub parties: Digest,
    /// How many.
    pub count: u64,
    /// The lists.
    pub lists: Vec<ListContent>,
    /// The snapshot.
    pub snapshot: Digest,
    /// The policy.
    pub policy: KeptPolicy,
    /// The lists asked for; none means all.
    pub only: Vec<ListId>,
    /// The policy's hash.
    pub policy_digest: Digest,
    /// The version of the engine.
    pub engine: String,
    /// The hits that stand after it.
    pub hits: u64,
    /// What it told.
    pub events: u64,
}

/// Who is kept, and the last run.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct State {
    layout: u32,
    /// The parties that are kept; none if nobody ever was.
    pub parties: Option<Digest>,
    /// The last run, if there was one.
    pub last: Option<LastRun>,
}

/// The folder of monitored parties.
#[derive(Clone, Debug)]
pub struct Monitor {
    root: PathBuf,
}

impl Home {
    /// The monitored parties of this home.
    pub fn monitor(&self) -> Monitor {
        Monitor { root: self.root().join("monitor") }
    }

    /// Which content of each list is in use.
    ///
    /// # Errors
    /// When that cannot be read.
    pub fn contents_in_use(&self) -> Result<Vec<ListContent>, StoreError> {
        let lists = self.current()?.lists.into_iter();
        let mut lists: Vec<ListContent> =
            lists.map(|one| ListContent { list: one.list, content: one.content }).collect();
        lists.sort_by(|a, b| a.list.cmp(&b.list));
        Ok(lists)
    }

    /// The snapshot of some contents, in use or not, ordered by list.
    ///
    /// # Errors
    /// When a content is no longer on disk, or damaged.
    pub fn snapshot_of_contents(&self, lists: &[ListContent]) -> Result<Snapshot, StoreError> {
        let open = |one: &ListContent| Content::open(&self.folder(&one.list, one.content)).map(Part::whole);
        self.snapshot_of(lists.iter().map(open).collect::<Result<_, _>>()?, &self.current()?)
    }
}

impl Monitor {
    /// Keeps other runs out until it is dropped; the system releases it when the process dies.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn lock(&self) -> Result<File, StoreError> {
        durable::private_folder(&self.root)?;
        let path = self.root.join("lock");
        let file = durable::private_file(&path).map_err(StoreError::io(&path))?;
        file.lock().map_err(StoreError::io(&path))?;
        self.settle_allowed()?;
        Ok(file)
    }

    /// Who is kept, and the last run.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn state(&self) -> Result<State, StoreError> {
        let path = self.root.join("state.json");
        let state: State = json(&path)?.unwrap_or(State { layout: LAYOUT, parties: None, last: None });
        if state.layout != LAYOUT {
            return Err(StoreError::Damaged {
                path,
                reason: format!("layout {} is not the {LAYOUT} that this version reads", state.layout),
                hint: "use the version of interdict that wrote it".to_owned(),
            });
        }
        Ok(state)
    }

    /// Replaces the state: the last step of a change.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_state(&self, state: &State) -> Result<(), StoreError> {
        self.write_json("state.json", state)?;
        self.forget_unused(state);
        Ok(())
    }

    /// Removes parties and hits that no state names. What cannot be removed is tried again next time.
    fn forget_unused(&self, state: &State) {
        let last = state.last.as_ref();
        let kept: Vec<String> =
            state.parties.iter().chain(last.map(|last| &last.parties)).map(ToString::to_string).collect();
        for entry in fs::read_dir(self.root.join("parties")).into_iter().flatten().flatten() {
            if !kept.iter().any(|kept| entry.file_name() == kept.as_str()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let hits = last.map(|last| format!("{}.jsonl", last.run)).unwrap_or_default();
        for entry in fs::read_dir(self.root.join("hits")).into_iter().flatten().flatten() {
            if entry.file_name() != hits.as_str() {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), StoreError> {
        let path = self.root.join(name);
        let text = serde_json::to_vec_pretty(value).map_err(|error| StoreError::io(&path)(error.into()))?;
        durable::write(&path, &[&text])
    }

    /// The hits that stood after a run.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub fn hits(&self, run: u64) -> Result<Vec<Kept>, StoreError> {
        let path = self.root.join("hits").join(format!("{run}.jsonl"));
        lines(&path)?.into_iter().map(|line| read(&path, &line)).collect()
    }

    /// Writes the hits that stand after a run.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn write_hits(&self, run: u64, hits: &[Kept]) -> Result<(), StoreError> {
        let path = self.root.join("hits").join(format!("{run}.jsonl"));
        let mut bytes = Vec::new();
        for hit in hits {
            serde_json::to_writer(&mut bytes, hit).map_err(|error| StoreError::io(&path)(error.into()))?;
            bytes.push(b'\n');
        }
        durable::write(&path, &[&bytes])
    }

    /// What a run told, a line each as it was shown.
    ///
    /// # Errors
    /// When the file is there and cannot be read.
    pub fn events(&self, run: u64) -> Result<Vec<String>, StoreError> {
        let path = self.events_path(run);
        if path.exists() { lines(&path) } else { Ok(Vec::new()) }
    }

    /// Where the events of a run lie.
    pub fn events_path(&self, run: u64) -> PathBuf {
        self.root.join("events").join(format!("{run}.jsonl"))
    }

    /// Writes what a run tells.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_events(&self, run: u64, events: &[String]) -> Result<(), StoreError> {
        let mut text = events.join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        durable::write(&self.events_path(run), &[text.as_bytes()])
    }
}

fn json<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StoreError> {
    match fs::read(path) {
        Ok(json) => serde_json::from_slice(&json).map(Some).map_err(|error| damaged(path, error.to_string())),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io(path)(error)),
    }
}

fn lines(path: &Path) -> Result<Vec<String>, StoreError> {
    let file = File::open(path).map_err(StoreError::io(path))?;
    BufReader::new(file).lines().collect::<Result<_, _>>().map_err(StoreError::io(path))
}

fn read<T: DeserializeOwned>(path: &Path, line: &str) -> Result<T, StoreError> {
    serde_json::from_str(line).map_err(|error| damaged(path, error.to_string()))
}

fn damaged(path: &Path, reason: String) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        reason,
        hint: "remove the folder `monitor` and add the files of parties again".to_owned(),
    }
}
