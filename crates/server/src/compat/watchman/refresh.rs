//! `/v2/data/refresh`: has the service look for lists that were imported, and tells how the last look ended.
//!
//! Promises: one look at a time; what it looks at is the home folder, never the network; lists that cannot be used are
//! `failed`, and the former ones go on answering.
//!
//! Not here: fetching lists (`interdict lists update`), taking them into use (`lists`).

use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Refused;
use crate::compat::Compat;
use crate::compat::hall::Late;

/// The last look that a client asked for.
#[derive(Clone, Default)]
pub(super) struct Looks(Arc<Mutex<Option<Look>>>);

#[derive(Clone)]
struct Look {
    started: Timestamp,
    ended: Option<(Timestamp, Result<(), String>)>,
}

impl Looks {
    fn last(&self) -> Option<Look> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins one, unless one is under way.
    fn begin(&self) -> Option<Look> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if held.as_ref().is_some_and(|look| look.ended.is_none()) {
            return None;
        }
        let look = Look { started: Timestamp::now(), ended: None };
        *held = Some(look.clone());
        Some(look)
    }

    fn end(&self, result: Result<(), String>) {
        if let Some(look) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            look.ended = Some((Timestamp::now(), result));
        }
    }
}

/// How the last look ended: one that was asked for, or the one that brought the lists that are in use.
pub(super) async fn status(State((compat, looks)): State<(Compat, Looks)>) -> Result<Response, Refused> {
    let seen = tokio::task::spawn_blocking(move || {
        // The look first: lists that come into use after it was seen are not older than they are told to be.
        let last = looks.last();
        let (since, is_first) = compat.since().map_err(Refused::not_ready)?;
        let look = last.filter(|look| look.ended.as_ref().is_none_or(|(ended, _)| *ended >= since));
        Ok::<Value, Refused>(match look {
            Some(look) => shown(&look, "manual"),
            None => {
                let ended = Some((since, compat.failed().map_or(Ok(()), Err)));
                shown(&Look { started: since, ended }, if is_first { "startup" } else { "scheduled" })
            }
        })
    });
    let value: Value = seen.await.map_err(|error| Late::Broken(format!("could not be done: {error}")))??;
    Ok(Json(value).into_response())
}

/// Has the service look, in the background.
pub(super) async fn begin(State((compat, looks)): State<(Compat, Looks)>) -> Response {
    let Some(look) = looks.begin() else {
        let running = looks.last().map_or(Value::Null, |look| shown(&look, "manual"));
        return (StatusCode::CONFLICT, Json(running)).into_response();
    };
    tokio::task::spawn_blocking(move || looks.end(compat.look()));
    (StatusCode::ACCEPTED, Json(shown(&look, "manual"))).into_response()
}

fn shown(look: &Look, trigger: &str) -> Value {
    let started = look.started.to_string();
    match &look.ended {
        None => json!({ "state": "running", "trigger": trigger, "startedAt": started }),
        Some((ended, result)) => {
            let millis = ended.as_millisecond().saturating_sub(look.started.as_millisecond()).max(0);
            let mut out = json!({
                "state": if result.is_ok() { "succeeded" } else { "failed" },
                "trigger": trigger,
                "startedAt": started,
                "finishedAt": ended.to_string(),
                "duration": format!("{millis}ms"),
            });
            if let (Err(reason), Some(out)) = (result, out.as_object_mut()) {
                out.insert("lastError".to_owned(), reason.as_str().into());
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_look_at_a_time_and_a_failure_says_why() {
        let looks = Looks::default();
        let first = looks.begin().unwrap();
        assert!(looks.begin().is_none(), "one is under way");
        assert_eq!(shown(&first, "manual")["state"], "running");
        looks.end(Err("the index is cut".to_owned()));
        let last = shown(&looks.last().unwrap(), "manual");
        assert_eq!((&last["state"], &last["lastError"]), (&json!("failed"), &json!("the index is cut")));
        assert!(looks.begin().is_some());
        looks.end(Ok(()));
        assert_eq!(shown(&looks.last().unwrap(), "manual")["state"], "succeeded");
    }
}
