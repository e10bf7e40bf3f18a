//! What runs told, over HTTP: one event a line, as it was recorded.
//!
//! Promises: memory holds the events of one run; the last line is a summary, and without it the answer was cut short.
//!
//! Not here: making events (`engine`), sending them (`cli`, `fetch`).

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use interdict_store::monitor::Monitor;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

use crate::app::App;
use crate::curate::terms;
use crate::problem::{Fault, Problems};
use crate::shape;

/// Bytes that go out in one piece.
const PIECE: usize = 1 << 16;

/// Which events to show.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsTerms {
    /// Of a run and those after it: one more than `last_run` of the summary before.
    since: Option<u64>,
    /// Of one run; without it and `since`, of the last.
    run: Option<u64>,
    /// Only what a person should look at.
    #[serde(default)]
    alerts: bool,
}

/// What of an event is looked at here.
#[derive(Deserialize)]
struct Head {
    alert: bool,
}

fn send(
    monitor: &Monitor,
    runs: std::ops::RangeInclusive<u64>,
    alerts: bool,
    last: u64,
    out: &mpsc::Sender<Result<Bytes, String>>,
) -> Result<(), String> {
    let (mut count, mut piece) = (0_u64, Vec::with_capacity(PIECE));
    let gone = |_| "the client has gone".to_owned();
    for run in runs {
        for line in monitor.events(run).map_err(|error| error.to_string())? {
            let head: Head = serde_json::from_str(&line).map_err(|error| format!("an event of run {run}: {error}"))?;
            if alerts && !head.alert {
                continue;
            }
            count = count.saturating_add(1);
            piece.extend_from_slice(line.as_bytes());
            piece.push(b'\n');
            if piece.len() >= PIECE {
                out.blocking_send(Ok(std::mem::take(&mut piece).into())).map_err(gone)?;
            }
        }
    }
    let summary = json!({"summary": {"events": count, "last_run": last}});
    piece.extend_from_slice(summary.to_string().as_bytes());
    piece.push(b'\n');
    out.blocking_send(Ok(piece.into())).map_err(gone)
}

/// What runs told, one event a line
///
/// The last line is `{"summary": {"events": …, "last_run": …}}`; an answer without it was cut short. Ask with `since` one more
/// than `last_run` for what comes later.
#[utoipa::path(get, path = "/v1/monitor/events", tag = "monitor", params(EventsTerms),
    responses((status = 200, description = "one event a line", body = shape::EventLine, content_type = "application/x-ndjson"), Problems))]
pub(crate) async fn events(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    let terms: EventsTerms = terms(request.uri())?;
    if terms.run.is_some() && terms.since.is_some() {
        return Err(Fault::BadRequest("run and since are both given\nhint: give one of them".to_owned()));
    }
    let last = app.look(|home| Ok(home.monitor().state()?.last.map_or(0, |last| last.run))).await?;
    let runs = match (terms.run, terms.since) {
        (Some(run), _) if run == 0 || run > last => {
            return Err(Fault::NotFound(format!("there is no run {run}\nhint: the last is {last}")));
        }
        (Some(run), _) => run..=run,
        (None, Some(since)) => since.max(1)..=last,
        (None, None) => last.max(1)..=last,
    };
    let (out, lines) = mpsc::channel::<Result<Bytes, String>>(2);
    let monitor = app.settings.home.monitor();
    tokio::task::spawn_blocking(move || {
        if let Err(reason) = send(&monitor, runs, terms.alerts, last, &out) {
            tracing::warn!(reason, "events broke off");
            let _ = out.blocking_send(Err(reason));
        }
    });
    let mut response = Response::new(Body::from_stream(ReceiverStream::new(lines)));
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    Ok(response)
}
