//! What a receiver of events has taken, so that the rest is sent again and nothing is forgotten.
//!
//! Promises: an event counts as taken only after [`Deliveries::taken`]; what a crash cut off is sent
//! again, with the same id; one process delivers to a receiver at a time; a receiver is on the books
//! before the run whose events it shall have.
//!
//! Not here: sending (`fetch`), which receivers there are (`cli`).
//!
//! ```text
//! <home>/monitor/deliveries/<receiver>.json   the first run that is not wholly taken, and how it went
//! <home>/monitor/deliveries/<receiver>.taken  one line an event of that run and later ones: run, id
//! ```

use std::collections::HashSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Monitor, json};
use crate::{StoreError, durable};

/// The layout that this version reads and writes.
const LAYOUT: u32 = 1;

/// How it stands with a receiver.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Standing {
    layout: u32,
    /// The first run of which it has not all events.
    pub from: u64,
    /// When it last took an event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_taken: Option<Timestamp>,
    /// Why the last delivery did not go through to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
    /// When that was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble_at: Option<Timestamp>,
    /// It asked not to be called before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
}

/// An event that a receiver has not taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// Its run.
    pub run: u64,
    /// Its id: the same in every attempt.
    pub id: String,
    /// The event as it was recorded.
    pub line: String,
}

/// The books of one receiver, held until they are dropped.
#[derive(Debug)]
pub struct Deliveries {
    _lock: File,
    state: PathBuf,
    log: PathBuf,
    file: Option<File>,
    taken: HashSet<String>,
    /// How it stands.
    pub standing: Standing,
}

/// The id under which an event is sent: made of the hash under which it is on record, so that it is the
/// same whoever sends it and whenever.
fn id_of(line: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Recorded {
        record: String,
    }
    let recorded: Recorded = serde_json::from_str(line).ok()?;
    Some(format!("evt_{}", recorded.record.get(..32)?))
}

fn damaged(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Damaged {
        path: path.to_owned(),
        reason: reason.into(),
        hint: "remove it: the receiver is then sent the last run's events again, under the same ids".to_owned(),
    }
}

impl Monitor {
    /// The books of a receiver, which other processes wait for. One that is new begins with a run.
    ///
    /// # Errors
    /// When they cannot be read or written.
    pub fn deliveries(&self, receiver: &str, begins: u64) -> Result<Deliveries, StoreError> {
        let folder = self.root.join("deliveries");
        durable::private_folder(&folder)?;
        let path = folder.join(format!("{receiver}.lock"));
        let lock = durable::private_file(&path).map_err(StoreError::io(&path))?;
        lock.lock().map_err(StoreError::io(&path))?;
        let (state, log) = (folder.join(format!("{receiver}.json")), folder.join(format!("{receiver}.taken")));
        let known = self.standing(receiver)?;
        let is_new = known.is_none();
        let standing = known.unwrap_or(Standing {
            layout: LAYOUT,
            from: begins.max(1),
            last_taken: None,
            trouble: None,
            trouble_at: None,
            not_before: None,
        });
        let taken = taken(&log)?.into_iter().map(|(_, id)| id).collect();
        let books = Deliveries { _lock: lock, state, log, file: None, taken, standing };
        if is_new {
            books.write()?;
        }
        Ok(books)
    }

    /// How it stands with a receiver; none if it was never heard of.
    ///
    /// # Errors
    /// When its books are there and cannot be read.
    pub fn standing(&self, receiver: &str) -> Result<Option<Standing>, StoreError> {
        let path = self.root.join("deliveries").join(format!("{receiver}.json"));
        let standing: Option<Standing> = json(&path).map_err(|error| damaged(&path, error.to_string()))?;
        match standing {
            Some(standing) if standing.layout != LAYOUT => {
                Err(damaged(&path, format!("layout {} is not the {LAYOUT} that this version reads", standing.layout)))
            }
            other => Ok(other),
        }
    }

    /// The events of a receiver that it has not taken, of runs up to the last.
    ///
    /// # Errors
    /// When events cannot be read.
    pub fn waiting(
        &self,
        books: &Deliveries,
        last: u64,
        wants: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Waiting>, StoreError> {
        self.not_taken(books.standing.from, &books.taken, last, wants)
    }

    /// How many wait for a receiver, as its books stand; nobody is kept from writing to them. None if it was
    /// never heard of.
    ///
    /// # Errors
    /// When its books or events cannot be read.
    pub fn count_waiting(
        &self,
        receiver: &str,
        last: u64,
        wants: &dyn Fn(&str) -> bool,
    ) -> Result<Option<u64>, StoreError> {
        let Some(standing) = self.standing(receiver)? else { return Ok(None) };
        let log = self.root.join("deliveries").join(format!("{receiver}.taken"));
        let taken = taken(&log)?.into_iter().map(|(_, id)| id).collect();
        Ok(Some(self.not_taken(standing.from, &taken, last, wants)?.len() as u64))
    }

    fn not_taken(
        &self,
        from: u64,
        taken: &HashSet<String>,
        last: u64,
        wants: &dyn Fn(&str) -> bool,
    ) -> Result<Vec<Waiting>, StoreError> {
        let mut waiting = Vec::new();
        for run in from..=last {
            for line in self.events(run)? {
                let path = self.events_path(run);
                let id = id_of(&line).ok_or_else(|| damaged(&path, "a line is no event with its record"))?;
                if wants(&line) && !taken.contains(&id) {
                    waiting.push(Waiting { run, id, line });
                }
            }
        }
        Ok(waiting)
    }
}

/// Lines of a log as far as they are whole.
fn taken(path: &Path) -> Result<Vec<(u64, String)>, StoreError> {
    let text = match fs::read(path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| damaged(path, "it is no text"))?,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io(path)(error)),
    };
    // a crash leaves a line without its end: that event is sent again
    let whole = text.rfind('\n').map_or("", |end| text.get(..end).unwrap_or_default());
    let read = |line: &str| line.split_once(' ').and_then(|(run, id)| Some((run.parse().ok()?, id.to_owned())));
    whole.lines().map(|line| read(line).ok_or_else(|| damaged(path, format!("`{line}` is no run and id")))).collect()
}

impl Deliveries {
    fn write(&self) -> Result<(), StoreError> {
        let text =
            serde_json::to_vec_pretty(&self.standing).map_err(|error| StoreError::io(&self.state)(error.into()))?;
        durable::write(&self.state, &[&text])
    }

    /// Notes that an event was taken.
    ///
    /// # Errors
    /// When it cannot be written: the event will be sent again.
    pub fn taken(&mut self, event: &Waiting, at: Timestamp) -> Result<(), StoreError> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                // whole lines only, so that the next does not continue a torn one
                let lines = taken(&self.log)?;
                let text: String = lines.iter().map(|(run, id)| format!("{run} {id}\n")).collect();
                durable::write(&self.log, &[text.as_bytes()])?;
                OpenOptions::new().append(true).open(&self.log).map_err(StoreError::io(&self.log))?
            }
        };
        let file = self.file.insert(file);
        file.write_all(format!("{} {}\n", event.run, event.id).as_bytes()).map_err(StoreError::io(&self.log))?;
        self.taken.insert(event.id.clone());
        self.standing.last_taken = Some(at);
        Ok(())
    }

    /// Closes the books after a delivery: `left` is the first run of which an event is left, `last` the
    /// last one there is; `trouble` why it ended, and when the receiver may be called again.
    ///
    /// # Errors
    /// When they cannot be written: events that were taken are sent again, under the same ids.
    pub fn close(
        mut self,
        left: Option<u64>,
        last: u64,
        trouble: Option<(String, Option<Timestamp>)>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(file) = self.file.take() {
            file.sync_all().map_err(StoreError::io(&self.log))?;
        }
        self.standing.from = left.unwrap_or(last.saturating_add(1)).max(self.standing.from);
        self.standing.trouble_at = trouble.as_ref().map(|_| at);
        (self.standing.trouble, self.standing.not_before) =
            trouble.map_or((None, None), |(reason, until)| (Some(reason), until));
        self.write()?;
        let lines = taken(&self.log)?;
        let kept: Vec<_> = lines.iter().filter(|(run, _)| *run >= self.standing.from).collect();
        if kept.len() < lines.len() {
            let text: String = kept.iter().map(|(run, id)| format!("{run} {id}\n")).collect();
            durable::write(&self.log, &[text.as_bytes()])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Home;

    fn line(record: char) -> String {
        format!(r#"{{"record":"{}","event":"new"}}"#, record.to_string().repeat(64))
    }

    fn records(waiting: &[Waiting]) -> String {
        waiting.iter().filter_map(|waiting| waiting.id.chars().last()).collect()
    }

    #[test]
    fn what_was_not_taken_waits_through_crashes() {
        let folder = tempfile::tempdir().unwrap();
        let monitor = Home::at(folder.path()).monitor();
        let at = Timestamp::UNIX_EPOCH;
        monitor.write_events(1, &[line('0')]).unwrap();
        monitor.write_events(2, &[line('a'), line('b')]).unwrap();
        monitor.write_events(3, &[line('c')]).unwrap();
        let all = |_: &str| true;
        assert_eq!(monitor.standing("desk").unwrap(), None);
        let mut books = monitor.deliveries("desk", 2).unwrap();
        let waiting = monitor.waiting(&books, 3, &all).unwrap();
        assert_eq!((records(&waiting), waiting[0].id.len()), ("abc".to_owned(), 36));
        assert_eq!(records(&monitor.waiting(&books, 3, &|line| line.contains("bb")).unwrap()), "b");
        books.taken(&waiting[1], at).unwrap();
        // the process dies, in the middle of a line
        drop(books);
        let log = folder.path().join("monitor/deliveries/desk.taken");
        let text = fs::read_to_string(&log).unwrap();
        fs::write(&log, format!("{text}2 evt_aaaaaa")).unwrap();
        let mut books = monitor.deliveries("desk", 9).unwrap();
        let waiting = monitor.waiting(&books, 3, &all).unwrap();
        assert_eq!(records(&waiting), "ac");
        assert_eq!(monitor.count_waiting("desk", 3, &all).unwrap(), Some(2), "while the books are held");
        assert_eq!(monitor.count_waiting("nobody", 3, &all).unwrap(), None);
        books.taken(&waiting[0], at).unwrap();
        assert_eq!(fs::read_to_string(&log).unwrap().lines().count(), 2);
        books.close(Some(3), 3, Some(("dead".to_owned(), Some(at))), at).unwrap();
        let standing = monitor.standing("desk").unwrap().unwrap();
        assert_eq!((standing.from, standing.trouble.as_deref(), standing.not_before), (3, Some("dead"), Some(at)));
        assert_eq!(fs::read_to_string(&log).unwrap(), "", "runs that are wholly taken need no lines");
        let mut books = monitor.deliveries("desk", 9).unwrap();
        let waiting = monitor.waiting(&books, 3, &all).unwrap();
        assert_eq!(records(&waiting), "c");
        books.taken(&waiting[0], at).unwrap();
        books.close(None, 3, None, at).unwrap();
        let standing = monitor.standing("desk").unwrap().unwrap();
        assert_eq!((standing.from, standing.trouble), (4, None));
    }

    #[test]
    fn damaged_books_are_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let monitor = Home::at(folder.path()).monitor();
        drop(monitor.deliveries("desk", 1).unwrap());
        let books = folder.path().join("monitor/deliveries");
        fs::write(books.join("desk.taken"), "nonsense\n").unwrap();
        assert!(monitor.deliveries("desk", 1).unwrap_err().to_string().contains("hint: remove it"));
        fs::write(books.join("desk.taken"), "").unwrap();
        fs::write(books.join("desk.json"), "{").unwrap();
        assert!(monitor.deliveries("desk", 1).unwrap_err().to_string().contains("hint: remove it"));
    }
}
