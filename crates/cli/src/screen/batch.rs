//! The parties of a file, a chunk at a time: screened over all cores, recorded, written in order.
//!
//! Promises: where there is a ledger, the answers of a chunk are written when they are durable, while
//! the next one is screened; rows in are rows out.
//!
//! Not here: reading rows (`rows`), forms of output (`render`).

use std::io::Write;
use std::time::Duration;

use interdict_engine::{Engine, Outcome, Party, Recorded, Scratch, Screening, Tree};
use interdict_ledger::leaf_hash;
use interdict_model::Digest;
use interdict_server::Unread;
use rayon::prelude::*;
use serde::Serialize;

use super::basis;
use crate::exit::{Failure, print_note};
use crate::past;
use crate::record::{Answer, Pending, Recorder};
use crate::render::{self, Format, Row, Sink};
use crate::rows::BadRow;
use crate::style::{self, BOLD, CLEAR, DIM, ERROR, HIT};

/// What became of the rows of a file.
#[derive(Default, Serialize)]
pub(super) struct Summary {
    pub(super) rows: u64,
    pub(super) hit: u64,
    pub(super) clear: u64,
    pub(super) not_done: u64,
    pub(super) hits: u64,
    pub(super) seconds: f64,
    /// Root of the Merkle tree over the records of the rows, in their order.
    pub(super) records: Option<Digest>,
}

/// A file that is being screened.
pub(super) struct Batch<'a> {
    pub(super) engine: &'a Engine,
    pub(super) format: Format,
    pub(super) whole: bool,
    pub(super) out: Sink,
    pub(super) recorder: Option<Recorder>,
    /// Answers that are on their way to the ledger while the next rows are screened.
    pub(super) waiting: Option<(Vec<Row>, Pending)>,
    pub(super) records: Tree,
    pub(super) summary: Summary,
}

/// An answer as the ledger takes it. What could not be screened is on record as such.
pub(super) fn answer(
    party: &Party,
    screened: &Result<Recorded<Screening>, String>,
    unread: Option<Unread>,
) -> Result<Answer, Failure> {
    let (record, outcome) = match screened {
        Ok(recorded) => (recorded.record(), outcome(recorded.value().outcome)),
        Err(reason) => (leaf_hash(reason.as_bytes()), "not_done"),
    };
    let reference = party.id.clone().unwrap_or_default();
    let input = match unread {
        None => serde_json::to_vec(&party.entity)?,
        Some(unread) => unread.question()?,
    };
    Ok(Answer { input, record, outcome, reference })
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Clear => "clear",
        Outcome::Hit => "hit",
    }
}

impl Batch<'_> {
    /// Screens a chunk and writes the answers of the one before, in order; without a ledger, its own.
    pub(super) fn answer(&mut self, chunk: &mut Vec<Result<Party, BadRow>>) -> Result<(), Failure> {
        let mut parties = Vec::with_capacity(chunk.len());
        let mut bad = Vec::with_capacity(chunk.len());
        for row in chunk.drain(..) {
            let (party, reason) = match row {
                Ok(party) => (party, None),
                Err(bad) => (Party { place: bad.place, ..Party::default() }, Some((bad.reason, *bad.unread))),
            };
            parties.push(party);
            bad.push(reason);
        }
        let (engine, keeps) = (self.engine, self.recorder.is_some());
        type Done = (Result<Recorded<Screening>, String>, Option<Answer>);
        let one = |scratch: &mut Scratch, (party, bad): (&Party, Option<(String, Unread)>)| -> Result<Done, Failure> {
            let (reason, unread) = bad.unzip();
            let screened = match reason {
                Some(reason) => Err(reason),
                None => match engine.screen(&party.entity, scratch) {
                    Ok(screening) => Ok(Recorded::new(screening)?),
                    Err(error) => Err(error.to_string()),
                },
            };
            let answer = if keeps { Some(answer(party, &screened, unread)?) } else { None };
            Ok((screened, answer))
        };
        let done: Vec<Result<Done, Failure>> = parties.par_iter().zip(bad).map_init(Scratch::default, one).collect();
        let mut rows = Vec::with_capacity(done.len());
        let mut answers = Vec::with_capacity(if keeps { done.len() } else { 0 });
        for (party, done) in parties.into_iter().zip(done) {
            let (screened, recorded) = done?;
            self.summary.rows = self.summary.rows.saturating_add(1);
            answers.extend(recorded);
            let number = self.summary.rows;
            rows.push(Row { number, place: party.place, id: party.id, entry: None, answer: screened });
        }
        let Some(recorder) = &self.recorder else {
            return rows.into_iter().try_for_each(|row| self.write(row));
        };
        let pending = recorder.submit(answers)?;
        let before = self.waiting.replace((rows, pending));
        self.show(before)
    }

    /// Waits until answers are durable, then writes them.
    pub(super) fn show(&mut self, waiting: Option<(Vec<Row>, Pending)>) -> Result<(), Failure> {
        let (Some((rows, pending)), Some(recorder)) = (waiting, &mut self.recorder) else { return Ok(()) };
        let first = recorder.settle(pending)?;
        (first..).zip(rows).try_for_each(|(entry, row)| self.write(Row { entry: Some(entry), ..row }))
    }

    fn write(&mut self, row: Row) -> Result<(), Failure> {
        let summary = &mut self.summary;
        match &row.answer {
            Ok(recorded) => {
                self.records.push(recorded.record());
                summary.hits = summary.hits.saturating_add(recorded.value().hits_total as u64);
                let count = match recorded.value().outcome {
                    Outcome::Hit => &mut summary.hit,
                    Outcome::Clear => &mut summary.clear,
                };
                *count = count.saturating_add(1);
            }
            Err(reason) => {
                summary.not_done = summary.not_done.saturating_add(1);
                if self.format != Format::Table {
                    let reason = reason.lines().next().unwrap_or("");
                    print_note(&format!("{}: not screened: {reason}", row.place));
                }
            }
        }
        match self.format {
            Format::Table => render::table::row(&mut self.out, &row, self.whole),
            Format::Jsonl => {
                render::json::row(&mut self.out, &row)?;
                Ok(self.out.write_all(b"\n")?)
            }
            Format::Json => {
                self.out.write_all(if row.number == 1 { b"[\n" } else { b",\n" })?;
                render::json::row(&mut self.out, &row)
            }
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(&mut self.out);
                if row.number == 1 {
                    render::csv::header(&mut csv)?;
                }
                render::csv::row(&mut csv, &row)?;
                Ok(csv.flush()?)
            }
        }
    }
}

/// Says what became of the rows.
pub(super) fn print_summary(out: &mut impl Write, summary: &Summary, engine: &Engine) -> Result<(), Failure> {
    let rate = summary.rows as f64 / summary.seconds.max(1e-6);
    let (hit, clear, not_done) =
        (style::grouped(summary.hit), style::grouped(summary.clear), style::grouped(summary.not_done));
    let rows = style::count(summary.rows, "row", "rows");
    let took = Duration::from_secs_f64(summary.seconds);
    writeln!(
        out,
        "\n{BOLD}{rows}{BOLD:#}: {HIT}{hit} hit{HIT:#}, {CLEAR}{clear} clear{CLEAR:#}, {ERROR}{not_done} not done{ERROR:#}; \
         {} in {took:.1?}, {} rows/s",
        style::count(summary.hits, "hit in all", "hits in all"),
        style::grouped(rate as u64),
    )?;
    if summary.not_done > 0 {
        writeln!(out, "{ERROR}not done is not clear{ERROR:#}: mend those rows and screen them again")?;
    }
    writeln!(out, "{DIM}{}{DIM:#}", basis(engine))?;
    past::print(out, engine)?;
    if let Some(records) = summary.records {
        writeln!(out, "{DIM}records {records}{DIM:#}")?;
    }
    Ok(())
}
