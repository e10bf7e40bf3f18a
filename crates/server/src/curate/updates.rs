//! Updates that were asked for: begun, under way, ended.
//!
//! Promises: whoever asks is answered at once, and finds out later what became of it; one update at a time; others may
//! change lists while it fetches, and wait only while it puts in use what came. The last fifty are in memory only: after
//! another start nothing is known of them, and what they did is in the ledger and the history of each list.
//!
//! Not here: fetching (whoever starts the service brings it: `errands`).

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use interdict_ledger::entry::Act;
use interdict_store::standing_back;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::{App, now};
use crate::door;
use crate::errands::Undone;
use crate::once::{Written, once};
use crate::problem::{Fault, Problems};
use crate::question::{self, short};
use crate::screen::{bytes, json};

/// Updates that are remembered.
const REMEMBERED: usize = 50;

/// Which lists to update.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UpdateQuestion {
    /// Lists with a source (`interdict lists sources`); none means all.
    #[schema(example = json!(["un-sc"]))]
    #[serde(default)]
    lists: Vec<String>,
}

/// How it stands with an update.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// It goes on.
    UnderWay,
    /// All lists are as their publishers have them.
    Done,
    /// Some list could not be fetched, read or trusted; `result` says which.
    Incomplete,
    /// Nothing could be done.
    Failed,
}

/// An update.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct UpdateAnswer {
    id: String,
    /// Where to ask how it stands.
    address: String,
    status: Stage,
    /// Seconds since 1970.
    began_at: i64,
    ended_at: Option<i64>,
    /// What became of each list, as `interdict lists update --json` says it.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// Why nothing could be done.
    problem: Option<String>,
}

/// The updates of late.
#[derive(Default)]
pub(crate) struct Updates {
    all: Mutex<VecDeque<UpdateAnswer>>,
    number: AtomicU64,
}

impl Updates {
    fn begin(&self, started_at: i64) -> UpdateAnswer {
        let id = format!("{started_at:x}-{}", self.number.fetch_add(1, Ordering::Relaxed).saturating_add(1));
        let update = UpdateAnswer {
            address: format!("/v1/updates/{id}"),
            id,
            status: Stage::UnderWay,
            began_at: now(),
            ended_at: None,
            result: None,
            problem: None,
        };
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.push_front(update.clone());
        all.truncate(REMEMBERED);
        update
    }

    fn end(&self, id: &str, ended: Result<Value, String>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(update) = all.iter_mut().find(|update| update.id == id) else { return };
        update.ended_at = Some(now());
        match ended {
            Ok(result) => {
                let is_whole = result.get("ok").and_then(Value::as_bool) == Some(true);
                update.status = if is_whole { Stage::Done } else { Stage::Incomplete };
                update.result = Some(result);
            }
            Err(reason) => {
                update.status = Stage::Failed;
                update.problem = Some(reason);
            }
        }
    }

    fn find(&self, id: &str) -> Option<UpdateAnswer> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().find(|update| update.id == id).cloned()
    }
}

/// What is said where the service was started without the work that commands do.
pub(crate) fn not_brought() -> Fault {
    Fault::Unavailable("this service was started without it\nhint: `interdict serve` has it".to_owned())
}

fn start(app: &Arc<App>, by: String, lists: Vec<String>) -> Result<UpdateAnswer, Fault> {
    let errands = app.settings.errands.clone().ok_or_else(not_brought)?;
    let turn = app.curator.update()?;
    let update = app.curator.updates.begin(app.started_at);
    let (app, id) = (Arc::clone(app), update.id.clone());
    tokio::spawn(async move {
        let own = Arc::clone(&app);
        let runtime = tokio::runtime::Handle::current();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let mut held = None;
            let changes = Arc::clone(&own.curator.turn);
            // Nobody closes it; whoever has it ends by themselves.
            let mut wait = || held = runtime.block_on(Arc::clone(&changes).acquire_owned()).ok();
            let update = || errands.update(&own.settings.home, &lists, &mut wait);
            let done = standing_back(update).map_err(|undone| match undone {
                Undone::Asked(reason) => reason,
                Undone::Ours(reason) => {
                    tracing::error!(reason, "an update");
                    "the service's files cannot be read or written; the log says why".to_owned()
                }
            });
            // What came before a failure may be in use.
            let taken = own.take_into_use().map_err(|fault| fault.to_string());
            drop(held);
            done.and_then(|result| taken.map(|()| result))
        });
        let done = done.await.unwrap_or_else(|error| Err(format!("the update broke off: {error}")));
        if let Err(reason) = &done {
            tracing::warn!(reason, "an update failed");
        }
        let outcome = |list: &Value| {
            let word = |name: &str| list[name].as_str().unwrap_or_default().to_owned();
            format!("{} {}", word("list"), word("outcome"))
        };
        let lists = done.as_ref().ok().and_then(|result| result["lists"].as_array());
        let on = lists.map(|lists| lists.iter().map(outcome).collect::<Vec<_>>().join("; ")).unwrap_or_default();
        let note = if done.is_err() { "failed" } else { "" };
        // It is done, so it is told; what is not on record stands in the log.
        if let Err(fault) = app.act(Act::ListsUpdated, &by, on, note).await {
            tracing::error!(reason = fault.to_string(), "an update is not on record");
        }
        app.curator.updates.end(&id, done);
    });
    Ok(update)
}

/// Have lists updated from their publishers
///
/// It is begun and goes on by itself; ask at `address` what became of it.
#[utoipa::path(post, path = "/v1/updates", tag = "lists", request_body = UpdateQuestion,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 202, description = "it is under way", body = UpdateAnswer), Problems))]
pub(crate) async fn begin(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Fault> {
    let (headers, body) = door::json_body(&app, request).await?;
    let asked = if body.is_empty() { UpdateQuestion::default() } else { question::json(&body)? };
    let write =
        || async { Ok(Written::json(StatusCode::ACCEPTED, bytes(&start(&app, caller.id.clone(), asked.lists)?)?)) };
    once(&app, &caller.id, &headers, &[b"POST /v1/updates", &body], write).await
}

/// How it stands with an update
///
/// The last fifty are remembered, until the service is started again.
#[utoipa::path(get, path = "/v1/updates/{id}", tag = "lists",
    params(("id" = String, Path, description = "as the answer to POST /v1/updates says")),
    responses((status = 200, description = "as it stands", body = UpdateAnswer), Problems))]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Fault> {
    let Path(id) = path.map_err(|_| Fault::BadRequest("the address is not UTF-8 text".to_owned()))?;
    let none = || Fault::NotFound(format!("no update `{}`\nhint: begin one with POST /v1/updates", short(&id)));
    Ok(json(bytes(&app.curator.updates.find(&id).ok_or_else(none)?)?))
}
