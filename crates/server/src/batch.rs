//! Many parties: one JSON object a line in, one a line out, in the same order, as they come.
//!
//! Promises: memory does not grow with the batch: a slow reader of answers slows the reading of
//! questions; all rows are answered from one snapshot; each line that holds something gets an
//! answer with a status; the last line is a summary, and without it the batch is not whole.
//!
//! Not here: cutting lines (`batch/lines`), answering rows (`batch/part`), the threads that compare (`pool`).

mod held;
mod lines;
mod part;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use interdict_engine::Tree;
use serde::Serialize;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;

use crate::app::App;
use crate::pool::Lane;
use crate::problem::{Fault, Problems};
use crate::question::BatchTerms;
use crate::trace::{self, Moment};
use crate::{door, register, shape};
use held::Held;
use lines::{Cutter, bytes_of};
use part::{Common, Part, Summary, Under};

/// Rows compared at a time: enough to make little of the hand-over, few enough that a single
/// request never waits long behind them.
const ROWS: usize = 64;

/// Parts whose answers are not taken yet, for each thread that compares: enough to compare while the disk makes others
/// durable. What they hold in memory is bounded by bytes (`held`).
const AHEAD: usize = 24;

/// The most bytes of lines in one part, so that long lines do not add up.
const PART_BYTES: usize = 1 << 20;

/// Where answers go.
type Out = mpsc::Sender<Result<Bytes, &'static str>>;

/// The last line.
#[derive(Serialize)]
struct Last<'a> {
    summary: &'a Summary,
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
    let permit = Arc::clone(&app.batches).try_acquire_owned().map_err(|_| app.turned_away())?;
    let (parts, answered) = mpsc::channel(app.settings.workers.saturating_mul(AHEAD).max(1));
    let (out, body) = mpsc::channel::<Result<Bytes, &'static str>>(2);
    let given_up = Arc::new(AtomicBool::new(false));
    let gives_up = Arc::clone(&given_up);
    let common = Arc::new(Common { app, loaded, engine, basis: OnceLock::new() });
    tokio::spawn(read(Arc::clone(&common), request.into_body().into_data_stream(), parts));
    let (trace, begun) = (trace::current(), Moment::now());
    tokio::spawn(async move {
        write(common, answered, out, &gives_up, permit).await;
        // The request has its answer when the first row comes; this is how long all of them took.
        if let Some(trace) = trace {
            trace.inside("batch", begun, false);
        }
    });
    // What was given up must not end as if it were whole.
    let cut = std::iter::once_with(move || given_up.load(Ordering::Relaxed));
    let cut = cut.filter(|given_up| *given_up).map(|_| Err("its answers were not taken"));
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(body).chain(tokio_stream::iter(cut))));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}

/// Reads lines and hands them over; waits when enough are under way.
async fn read(common: Arc<Common>, mut body: BodyDataStream, parts: mpsc::Sender<Under>) {
    let held = Held::new(common.app.settings.workers);
    let mut cutter = Cutter::default();
    let mut lines = Vec::new();
    let mut row = 1u64;
    loop {
        let piece = tokio::time::timeout(common.app.settings.piece, body.next()).await;
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
            let (first, own) = (row, Arc::clone(&common));
            row = row.saturating_add(some.len() as u64);
            let holds = held.begin().await;
            let work = move |scratch: &mut _| Part::of(&own, first, &some, scratch).holding(holds);
            let Ok(part) = common.app.pool.run(Lane::Batch, work) else {
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

/// Writes answers in the order of their questions, and the summary.
async fn write(
    common: Arc<Common>,
    mut parts: mpsc::Receiver<Under>,
    out: Out,
    given_up: &AtomicBool,
    _permit: OwnedSemaphorePermit,
) {
    let mut summary = Summary {
        snapshot: Some(common.engine.snapshot().digest()),
        policy: Some(common.engine.policy_digest()),
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
        common.app.metrics.batch(part.tally.hit, part.tally.clear, part.tally.not_done);
        part.records.into_iter().for_each(|record| records.push(record));
        if !handed_over(&common, &out, part.out.into(), given_up).await {
            return;
        }
    }
    summary.records = Some(records.root());
    let mut last = serde_json::to_vec(&Last { summary: &summary }).unwrap_or_default();
    last.push(b'\n');
    handed_over(&common, &out, last.into(), given_up).await;
}

/// Hands answers to whoever takes them. Who takes nothing any more would keep others from having a batch done.
async fn handed_over(common: &Common, out: &Out, answers: Bytes, given_up: &AtomicBool) -> bool {
    match tokio::time::timeout(common.app.settings.piece, out.send(Ok(answers))).await {
        Ok(sent) => sent.is_ok(),
        Err(_) => {
            tracing::warn!("a batch is given up: its answers are not taken");
            given_up.store(true, Ordering::Relaxed);
            false
        }
    }
}
