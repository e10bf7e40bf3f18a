//! Many parties: one JSON object a line in, one a line out, in the same order, as they come.
//!
//! Promises: memory does not grow with the batch: a slow reader of answers slows the reading of
//! questions; all rows are answered from one snapshot; each line that holds something gets an
//! answer with a status; the last line is a summary, and without it the batch is not whole.
//!
//! Not here: reading one party (`question`), the threads that compare (`pool`).

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use interdict_engine::{Engine, Outcome, Recorded, Scratch, Screening, Tree};
use interdict_lists::{Mapping, party_of_json};
use interdict_model::{Digest, Unique};
use interdict_store::ledger::{Answer, Kind};
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use crate::app::App;
use crate::lists::Loaded;
use crate::pool::Lane;
use crate::problem::{Fault, Problems};
use crate::question::BatchTerms;
use crate::register::Pending;
use crate::trace::{self, Moment};
use crate::{door, register, screen, shape};

/// Rows compared at a time: enough to make little of the hand-over, few enough that a single
/// request never waits long behind them.
const ROWS: usize = 64;

/// Parts under way for each thread that compares.
const AHEAD: usize = 4;

/// The most bytes of a line, as in files of the command line.
const LONGEST_LINE: usize = 4 << 20;

/// The most bytes of lines in one part, so that long lines do not add up.
const PART_BYTES: usize = 1 << 20;

/// A batch whose next piece does not come within this is given up.
const PIECE_WITHIN: Duration = Duration::from_secs(60);

/// A line of the batch, or why it is none.
enum Line {
    Whole(Bytes),
    TooLong,
}

/// Cuts a body into lines, bounded.
#[derive(Default)]
struct Cutter {
    rest: Vec<u8>,
    skipping: bool,
    number: u64,
}

impl Cutter {
    /// Takes a piece and gives the lines that end in it, with their numbers.
    fn push(&mut self, piece: &[u8], lines: &mut Vec<(u64, Line)>) {
        let mut pieces = piece.split(|byte| *byte == b'\n');
        // The first ends the line that was begun; what follows the last line end is begun.
        let mut held = pieces.next();
        for next in pieces {
            self.add(held.unwrap_or_default());
            self.end(lines);
            held = Some(next);
        }
        self.add(held.unwrap_or_default());
    }

    fn add(&mut self, part: &[u8]) {
        if self.skipping || self.rest.len().saturating_add(part.len()) > LONGEST_LINE {
            self.skipping = true;
            self.rest = Vec::new();
        } else {
            self.rest.extend_from_slice(part);
        }
    }

    fn end(&mut self, lines: &mut Vec<(u64, Line)>) {
        self.number = self.number.saturating_add(1);
        let line = std::mem::take(&mut self.rest);
        if std::mem::take(&mut self.skipping) {
            lines.push((self.number, Line::TooLong));
        } else if !line.trim_ascii().is_empty() {
            lines.push((self.number, Line::Whole(line.into())));
        }
    }
}

/// The answer to a row: as `interdict screen --format jsonl` writes it.
#[derive(Serialize)]
struct Row<'a> {
    row: u64,
    place: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    screening: Option<&'a Recorded<Screening>>,
}

/// What became of some rows.
#[derive(Clone, Default, Serialize)]
struct Summary {
    rows: u64,
    hit: u64,
    clear: u64,
    not_done: u64,
    hits: u64,
    /// Root of the Merkle tree over the records of the rows, in their order.
    #[serde(skip_serializing_if = "Option::is_none")]
    records: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snapshot: Option<Digest>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy: Option<Digest>,
}

/// The last line.
#[derive(Serialize)]
struct Last<'a> {
    summary: &'a Summary,
}

/// Some rows, answered.
#[derive(Default)]
struct Part {
    /// Whether answers go on record.
    is_kept: bool,
    out: Vec<u8>,
    /// Where each row ends in `out`, and whether it is recorded.
    ends: Vec<(usize, bool)>,
    tally: Summary,
    records: Vec<Digest>,
    answers: Vec<Answer>,
    pending: Option<Result<Pending, Fault>>,
}

impl Part {
    fn of(
        app: &App,
        loaded: &Loaded,
        engine: &Engine,
        first_row: u64,
        lines: &[(u64, Line)],
        scratch: &mut Scratch,
    ) -> Self {
        let ground = loaded.ground.as_ref();
        let mut part = Self { is_kept: app.register.is_some() && ground.is_some(), ..Self::default() };
        for (row, (number, line)) in (first_row..).zip(lines) {
            part.row(row, *number, line, engine, scratch);
        }
        if let (Some(register), Some(ground), false) = (&app.register, ground, part.answers.is_empty()) {
            part.pending = Some(register.submit(Kind::Screening, ground, Some(engine), None, &part.answers));
        }
        part
    }

    fn row(&mut self, row: u64, number: u64, line: &Line, engine: &Engine, scratch: &mut Scratch) {
        let mut id = None;
        let (is_kept, answers) = (self.is_kept, &mut self.answers);
        let mut screen = || {
            let bytes = match line {
                Line::Whole(bytes) => bytes,
                Line::TooLong => return Err(format!("a line of more than {} MiB", LONGEST_LINE >> 20)),
            };
            let text = std::str::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())?;
            let Unique(value) = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
            let party = party_of_json(&value, &Mapping::default())?;
            id = party.id;
            let screening = engine.screen(&party.entity, scratch).map_err(|error| error.to_string())?;
            let recorded = Recorded::new(screening).map_err(|error| error.to_string())?;
            if is_kept {
                let reference = id.clone().unwrap_or_default();
                let answer = screen::answer(&party.entity, &recorded, reference).map_err(|fault| fault.to_string())?;
                answers.push(answer);
            }
            Ok::<_, String>(recorded)
        };
        let answer = screen();
        let add = |count: &mut u64, more: u64| *count = count.saturating_add(more);
        add(&mut self.tally.rows, 1);
        let status = match &answer {
            Ok(recorded) => {
                self.records.push(recorded.record());
                add(&mut self.tally.hits, recorded.value().hits_total as u64);
                match recorded.value().outcome {
                    Outcome::Clear => {
                        add(&mut self.tally.clear, 1);
                        "clear"
                    }
                    Outcome::Hit => {
                        add(&mut self.tally.hit, 1);
                        "hit"
                    }
                }
            }
            Err(_) => {
                add(&mut self.tally.not_done, 1);
                "not_done"
            }
        };
        let (screening, error) = match &answer {
            Ok(screening) => (Some(screening), None),
            Err(reason) => (None, Some(reason.clone())),
        };
        let row = Row { row, place: format!("line {number}"), id, status, error, screening };
        // Values of ours always have a JSON form, and memory does not fail to be written.
        let _ = serde_json::to_writer(&mut self.out, &row);
        self.ends.push((self.out.len(), answer.is_ok()));
        self.out.push(b'\n');
    }

    /// The rows with their numbers in the ledger.
    fn marked(&self, first: u64) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.out.len().saturating_mul(2));
        let (mut from, mut entry) = (0usize, first);
        for (end, is_recorded) in &self.ends {
            let mut row = self.out.get(from..*end).unwrap_or_default().to_vec();
            if *is_recorded {
                register::mark(&mut row, entry);
                entry = entry.saturating_add(1);
            }
            out.append(&mut row);
            out.push(b'\n');
            from = end.saturating_add(1);
        }
        out
    }
}

/// Screen many parties
///
/// One party a line in (as in `/v1/screen`, without its envelope), one answer a line out, in order, streamed. The
/// last line is `{"summary": …}`; an answer without it was cut short. Read answers while you send: a client
/// that does not is held up, as nothing is kept in memory.
#[utoipa::path(post, path = "/v1/screen/batch", tag = "screening", params(BatchTerms),
    request_body(content = String, content_type = "application/x-ndjson", description = "one party a line"),
    responses((status = 200, description = "one answer a line", body = shape::BatchRow, content_type = "application/x-ndjson"), Problems))]
pub(crate) async fn batch(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    door::must_be_json(request.headers(), &["application/x-ndjson", "application/jsonl", "application/json"])?;
    let terms = Query::<BatchTerms>::try_from_uri(request.uri())
        .map_err(|error| Fault::BadRequest(format!("the address: {}", crate::question::short(&error.body_text()))))?;
    let loaded = app.lists();
    let engine = terms.0.engine(&loaded)?;
    let permit = Arc::clone(&app.batches).try_acquire_owned().map_err(|_| Fault::Overloaded)?;
    let (parts, answered) = mpsc::channel(app.settings.workers.saturating_mul(AHEAD).max(1));
    let (out, body) = mpsc::channel::<Result<Bytes, &'static str>>(2);
    tokio::spawn(read(Arc::clone(&app), request.into_body().into_data_stream(), loaded, Arc::clone(&engine), parts));
    let (trace, begun) = (trace::current(), Moment::now());
    tokio::spawn(async move {
        write(app, engine, answered, out, permit).await;
        // The request has its answer when the first row comes; this is how long all of them took.
        if let Some(trace) = trace {
            trace.inside("batch", begun, false);
        }
    });
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(body)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

/// A part under way, or why no more come.
type Under = Result<oneshot::Receiver<Part>, &'static str>;

/// Reads lines and hands them over; waits when enough are under way.
async fn read(
    app: Arc<App>,
    mut body: BodyDataStream,
    loaded: Arc<Loaded>,
    engine: Arc<Engine>,
    parts: mpsc::Sender<Under>,
) {
    let mut cutter = Cutter::default();
    let mut lines = Vec::new();
    let mut row = 1u64;
    loop {
        let piece = tokio::time::timeout(PIECE_WITHIN, body.next()).await;
        let ended = match piece {
            Ok(Some(Ok(piece))) => {
                cutter.push(&piece, &mut lines);
                false
            }
            Ok(None) => {
                cutter.end(&mut lines);
                true
            }
            Ok(Some(Err(_))) | Err(_) => {
                // A batch that breaks off must not look whole: no summary follows.
                let _ = parts.send(Err("the body broke off")).await;
                return;
            }
        };
        while lines.len() >= ROWS || (!lines.is_empty() && (ended || bytes_of(&lines) >= PART_BYTES)) {
            let rest = lines.split_off(lines.len().min(ROWS));
            let some = std::mem::replace(&mut lines, rest);
            let (first, engine, loaded, own) = (row, Arc::clone(&engine), Arc::clone(&loaded), Arc::clone(&app));
            row = row.saturating_add(some.len() as u64);
            let work = move |scratch: &mut _| Part::of(&own, &loaded, &engine, first, &some, scratch);
            let Ok(part) = app.pool.run(Lane::Batch, work) else {
                return;
            };
            if parts.send(Ok(part)).await.is_err() {
                return;
            }
        }
        if ended {
            return;
        }
    }
}

fn bytes_of(lines: &[(u64, Line)]) -> usize {
    let bytes = |line: &Line| match line {
        Line::Whole(bytes) => bytes.len(),
        Line::TooLong => 0,
    };
    lines.iter().map(|(_, line)| bytes(line)).sum()
}

/// Writes answers in the order of their questions, and the summary.
async fn write(
    app: Arc<App>,
    engine: Arc<Engine>,
    mut parts: mpsc::Receiver<Under>,
    out: mpsc::Sender<Result<Bytes, &'static str>>,
    _permit: OwnedSemaphorePermit,
) {
    let mut summary = Summary {
        snapshot: Some(engine.snapshot().digest()),
        policy: Some(engine.policy_digest()),
        ..Summary::default()
    };
    let mut records = Tree::default();
    while let Some(under) = parts.recv().await {
        let part = match under {
            Ok(part) => part.await.map_err(|_| "a comparison failed"),
            Err(reason) => Err(reason),
        };
        let part = match part {
            Ok(mut part) => match part.pending.take() {
                None => Ok(part),
                Some(Ok(pending)) => match register::settled(pending).await {
                    Ok(first) => {
                        part.out = part.marked(first);
                        Ok(part)
                    }
                    Err(_) => Err("not recorded, so not shown"),
                },
                Some(Err(_)) => Err("not recorded, so not shown"),
            },
            Err(reason) => Err(reason),
        };
        let part = match part {
            Ok(part) => part,
            Err(reason) => {
                tracing::warn!(reason, rows = summary.rows, "a batch broke off");
                let _ = out.send(Err(reason)).await;
                return;
            }
        };
        for (total, more) in [
            (&mut summary.rows, part.tally.rows),
            (&mut summary.hit, part.tally.hit),
            (&mut summary.clear, part.tally.clear),
            (&mut summary.not_done, part.tally.not_done),
            (&mut summary.hits, part.tally.hits),
        ] {
            *total = total.saturating_add(more);
        }
        app.metrics.batch(part.tally.hit, part.tally.clear, part.tally.not_done);
        part.records.into_iter().for_each(|record| records.push(record));
        if out.send(Ok(part.out.into())).await.is_err() {
            return;
        }
    }
    summary.records = Some(records.root());
    let mut last = serde_json::to_vec(&Last { summary: &summary }).unwrap_or_default();
    last.push(b'\n');
    let _ = out.send(Ok(last.into())).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_wherever_the_pieces_end() {
        let text = b"{\"name\": \"A\"}\n\n  \n{\"name\": \"B\"}\r\nlast";
        for size in 1..text.len() {
            let mut cutter = Cutter::default();
            let mut lines = Vec::new();
            text.chunks(size).for_each(|piece| cutter.push(piece, &mut lines));
            cutter.end(&mut lines);
            let numbers: Vec<u64> = lines.iter().map(|(number, _)| *number).collect();
            assert_eq!(numbers, [1, 4, 5], "pieces of {size}");
        }
    }

    #[test]
    fn a_line_without_end_takes_no_memory() {
        let mut cutter = Cutter::default();
        let mut lines = Vec::new();
        for _ in 0..100 {
            cutter.push(&[b'x'; 1 << 20], &mut lines);
            assert!(cutter.rest.capacity() <= 2 * LONGEST_LINE);
        }
        cutter.push(b"\n{\"name\": \"A\"}\n", &mut lines);
        assert!(matches!(lines[..], [(1, Line::TooLong), (2, Line::Whole(_))]));
    }
}
