//! Some rows of a batch: read, screened, put on record, and written as they will be shown.
//!
//! Promises: each row has a status and an answer or a reason, and where a ledger is kept an entry, whatever its status; what is
//! shown of a screening are the bytes that its record is the hash of.
//!
//! Not here: the order of parts (`batch`), the log (`register`).

use std::io::Write;
use std::sync::OnceLock;

use interdict_engine::{Engine, Outcome, Recorded, Scratch, Screening};
use interdict_ledger::leaf_hash;
use interdict_lists::Party;
use interdict_model::Digest;
use interdict_store::ledger::{Binder, Kind};
use serde::Serialize;
use tokio::sync::oneshot;

use super::held::Holds;
use super::lines::{LONGEST_LINE, Line};
use crate::app::App;
use crate::lists::Loaded;
use crate::problem::Fault;
use crate::register::Pending;
use crate::undone::Unread;
use crate::{register, screen, undone};

/// What all parts of a batch have in common.
pub(super) struct Common {
    pub(super) app: std::sync::Arc<App>,
    pub(super) loaded: std::sync::Arc<Loaded>,
    pub(super) engine: std::sync::Arc<Engine>,
    /// What the answers rest on, once one of them was recorded.
    pub(super) basis: OnceLock<Digest>,
}

/// A row: as `interdict screen --format jsonl` writes it.
#[derive(Serialize)]
struct Row<'a> {
    row: u64,
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screening: Option<&'a Recorded<Screening>>,
}

/// What became of some rows.
#[derive(Clone, Default, Serialize)]
pub(super) struct Summary {
    pub(super) rows: u64,
    pub(super) hit: u64,
    pub(super) clear: u64,
    pub(super) not_done: u64,
    pub(super) hits: u64,
    /// Root of the Merkle tree over the records of the rows, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) records: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) snapshot: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<Digest>,
}

/// Some rows, answered.
#[derive(Default)]
pub(super) struct Part {
    pub(super) out: Vec<u8>,
    /// Where each row ends in `out`; empty where nothing is recorded.
    ends: Vec<usize>,
    pub(super) tally: Summary,
    pub(super) records: Vec<Digest>,
    pub(super) pending: Option<Result<Pending, Fault>>,
    /// Until its answers are taken.
    holds: Option<Holds>,
}

/// Bytes of an answer without hits, about.
const ROW_BYTES: usize = 640;

impl Part {
    /// Answers some rows.
    pub(super) fn of(common: &Common, first_row: u64, lines: &[(u64, Line)], scratch: &mut Scratch) -> Self {
        let mut part = Self { out: Vec::with_capacity(lines.len().saturating_mul(ROW_BYTES)), ..Self::default() };
        let kept = match (&common.app.register, &common.loaded.ground) {
            (Some(register), Some(ground)) => {
                let engine = Some(&*common.engine);
                let binder = register.binder(Kind::Screening, ground, engine, None, &common.basis);
                Some((register, binder))
            }
            (Some(_) | None, _) => None,
        };
        let (register, mut binder) = match kept {
            None => (None, None),
            Some((register, Ok(binder))) => (Some(register), Some(binder.with_room(lines.len()))),
            Some((_, Err(fault))) => {
                // What cannot be recorded is not shown: there is no need to screen it.
                part.pending = Some(Err(fault));
                return part;
            }
        };
        for (row, (number, line)) in (first_row..).zip(lines) {
            if let Err(fault) = part.row((row, *number), line, common, binder.as_mut(), scratch) {
                part.pending = Some(Err(fault));
                return part;
            }
        }
        if let (Some(register), Some(binder)) = (register, binder) {
            part.pending = Some(Ok(register.hand_over(binder)));
        }
        part
    }

    fn row(
        &mut self,
        (row, number): (u64, u64),
        line: &Line,
        common: &Common,
        binder: Option<&mut Binder>,
        scratch: &mut Scratch,
    ) -> Result<(), Fault> {
        let keeps = binder.is_some();
        let mut id = None;
        let answer = read(line).map_err(|(reason, _)| reason).and_then(|Party { id: own, entity, .. }| {
            id = own;
            let screening = common.engine.screen_own(entity, scratch).map_err(|error| error.to_string())?;
            Recorded::written(screening, Screening::write_json).map_err(|error| error.to_string())
        });
        if let Some(binder) = binder {
            let reference = id.as_deref().unwrap_or_default();
            let added = match &answer {
                Ok((recorded, party)) => {
                    let input = recorded.canonical().get(party.clone()).unwrap_or_default();
                    binder.add(input, recorded.record(), screen::word(recorded.value().outcome), reference)
                }
                Err(reason) => {
                    // Rare: it is read again, so that nothing is kept of all the others for it.
                    let input = match read(line) {
                        Ok(Party { entity, .. }) => screen::bytes(&entity)?,
                        Err((_, unread)) => unread.input()?,
                    };
                    binder.add(&input, leaf_hash(reason.as_bytes()), undone::NOT_DONE, reference)
                }
            };
            added.map_err(register::failed)?;
        }
        let answer = answer.map(|(recorded, _)| recorded);
        let add = |count: &mut u64, more: u64| *count = count.saturating_add(more);
        add(&mut self.tally.rows, 1);
        match &answer {
            Ok(recorded) => {
                self.records.push(recorded.record());
                add(&mut self.tally.hits, recorded.value().hits_total as u64);
                match recorded.value().outcome {
                    Outcome::Clear => add(&mut self.tally.clear, 1),
                    Outcome::Hit => add(&mut self.tally.hit, 1),
                }
                answered(&mut self.out, row, number, id.as_deref(), recorded);
            }
            Err(reason) => {
                add(&mut self.tally.not_done, 1);
                let (place, status) = (format!("line {number}"), "not_done");
                let row = Row { row, place, id: id.as_deref(), status, error: Some(reason), screening: None };
                // Values of ours always have a JSON form, and memory does not fail to be written.
                let _ = serde_json::to_writer(&mut self.out, &row);
            }
        }
        if keeps {
            self.ends.push(self.out.len());
        }
        self.out.push(b'\n');
        Ok(())
    }

    /// Counts what it holds in memory.
    pub(super) fn holding(mut self, mut holds: Holds) -> Self {
        holds.answered(self.out.capacity());
        self.holds = Some(holds);
        self
    }

    /// The rows with their numbers in the ledger.
    pub(super) fn marked(&self, first: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.out.len().saturating_add(self.ends.len().saturating_mul(48)));
        let mut from = 0usize;
        for (entry, end) in (first..).zip(&self.ends) {
            out.extend_from_slice(self.out.get(from..*end).unwrap_or_default());
            register::mark(&mut out, entry);
            out.push(b'\n');
            from = end.saturating_add(1);
        }
        out
    }
}

fn read(line: &Line) -> Result<Party, (String, Unread)> {
    let bytes = match line {
        Line::Whole(bytes) => bytes,
        Line::TooLong => {
            let reason = format!("a line of more than {} MiB", LONGEST_LINE >> 20);
            return Err((reason, Unread::LongerThan(LONGEST_LINE)));
        }
    };
    let Ok(text) = std::str::from_utf8(bytes) else {
        return Err(("not UTF-8 text".to_owned(), Unread::NoText(Digest::of(bytes))));
    };
    let text = text.trim();
    undone::line(text).map_err(|reason| (reason, Unread::Line(text.to_owned())))
}

/// Writes a row with its answer: the bytes of the record, which are not made again.
fn answered(out: &mut Vec<u8>, row: u64, number: u64, id: Option<&str>, recorded: &Recorded<Screening>) {
    // Memory does not fail to be written.
    let _ = write!(out, r#"{{"row":{row},"place":"line {number}""#);
    if let Some(id) = id {
        out.extend_from_slice(br#","id":"#);
        let _ = serde_json::to_writer(&mut *out, id);
    }
    out.extend_from_slice(br#","status":""#);
    out.extend_from_slice(screen::word(recorded.value().outcome).as_bytes());
    out.extend_from_slice(br#"","screening":"#);
    recorded.write(out);
    out.push(b'}');
}

/// A part under way, or why no more come.
pub(super) type Under = Result<oneshot::Receiver<Part>, &'static str>;

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use interdict_engine::{Policy, starter};
    use interdict_lists::{Mapping, party_of_json};

    use super::*;

    #[test]
    fn a_row_is_what_its_type_says() {
        let snapshot = Arc::new(starter::snapshot().unwrap());
        let engine = Engine::new(snapshot, Policy::default(), Vec::new());
        for (text, id) in [
            (r#"{"name": "Kim Jong Un"}"#, None),
            (r#"{"id": "a\"b\u0001ä", "name": "Ola \"Q\" \\ Nordmann, \",\"hits_total\":1"}"#, Some("a\"b\u{1}ä")),
        ] {
            let party = party_of_json(&serde_json::from_str(text).unwrap(), &Mapping::default()).unwrap();
            assert_eq!(party.id.as_deref(), id);
            let screening = engine.screen_own(party.entity, &mut Scratch::default()).unwrap();
            let recorded = Recorded::new(screening).unwrap();
            let mut out = Vec::new();
            answered(&mut out, 7, 9, id, &recorded);
            let status = screen::word(recorded.value().outcome);
            let place = "line 9".to_owned();
            let row = Row { row: 7, place, id, status, error: None, screening: Some(&recorded) };
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(&row).unwrap());
        }
    }
}
