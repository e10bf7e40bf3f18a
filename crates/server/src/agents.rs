//! The tools for agents at `/mcp`: the Model Context Protocol over HTTP, for those whose key allows the tool.
//!
//! Promises: deny by default: a call of a tool passes only with the right that the tool needs, and what was looked at is
//! what is called; a page of another origin and a name that was not allowed are refused; no more calls run than
//! were set, each within the deadline; an answer is in the ledger, where one is kept, before it is given.
//!
//! Not here: the tools and the protocol (`mcp`), the same on standard input and output (`cli`).

use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use interdict_mcp::{Given, HttpService, Question, Register, Source, Tools, http_service};
use interdict_model::Unique;
use interdict_store::ledger::{Answer, Kind};
use serde_json::Value;
use tokio::sync::Semaphore;

use crate::access::{Caller, Right};
use crate::app::App;
use crate::door;
use crate::problem::{Fault, Problems};
use crate::question::short;
use crate::redact;
use crate::screen::bytes;

/// Calls under way for each thread that compares: a tool may wait for the ledger while another compares.
const CALLS_FOR_EACH_WORKER: usize = 4;

/// Names by which the machine itself is called.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The tools of a service.
pub(crate) struct Agents {
    service: HttpService,
    turns: Arc<Semaphore>,
}

/// The service's ledger, for the tools.
struct Entered(Arc<App>);

impl Register for Entered {
    fn enter(&self, given: &Given<'_>) -> Result<Option<u64>, String> {
        let Some(register) = &self.0.register else { return Ok(None) };
        let loaded = self.0.lists();
        let ground = match (given.engine, &loaded.ground) {
            (Some(engine), _) => register.ground_of(engine).map_err(|fault| fault.to_string())?,
            // A decision for which nobody was screened rests on no lists.
            (None, Some(ground)) => ground.clone(),
            (None, None) => return Ok(None),
        };
        let kind = match given.question {
            Question::Screening => Kind::Screening,
            Question::Decision => Kind::Decision,
        };
        let (input, record, outcome) = (given.input.clone(), given.record, given.outcome);
        let answer = Answer { input, record, outcome, reference: String::new() };
        let committed = register.enter(kind, &ground, given.engine, given.law, answer);
        committed
            .map(|committed| Some(committed.first))
            .map_err(|_| "the answer could not be recorded, so it is not shown".to_owned())
    }
}

impl Agents {
    pub(crate) fn over(app: &Arc<App>, source: Arc<dyn Source>) -> Self {
        let tools = Tools::new(source, Arc::clone(&app.book.law)).recorded_in(Arc::new(Entered(Arc::clone(app))));
        let mut hosts: Vec<String> = app.settings.hosts.clone();
        if !hosts.is_empty() {
            hosts.extend(LOOPBACK.map(str::to_owned));
        }
        let turns = Arc::new(Semaphore::new(app.settings.workers.max(1).saturating_mul(CALLS_FOR_EACH_WORKER)));
        Self { service: http_service(tools, &hosts), turns }
    }
}

/// The right that a message needs beyond being there at all.
fn needed(message: &Value) -> Result<Option<Right>, Fault> {
    let bad = |text: &str| Fault::BadRequest(format!("{text}\nhint: send one JSON-RPC message, as tools/list"));
    let message = message.as_object().ok_or_else(|| bad("the body is no JSON-RPC message"))?;
    let method = message.get("method").and_then(Value::as_str);
    let method = method.ok_or_else(|| bad("the message has no method"))?;
    if method != "tools/call" {
        return Ok(None);
    }
    let tool = message.get("params").and_then(|params| params.get("name")).and_then(Value::as_str);
    match tool.unwrap_or_default() {
        "screen" | "explain" => Ok(Some(Right::Screen)),
        "check" => Ok(Some(Right::Check)),
        "law" => Ok(Some(Right::ReadLaw)),
        other => Err(bad(&format!("no tool `{}`: there are screen, explain, check, law", short(other)))),
    }
}

/// Tools for agents, over the Model Context Protocol
///
/// One JSON-RPC message in, one JSON answer out, without sessions. The tools are `screen`, `explain`, `check` and `law`; each
/// takes the right of its route. `Accept` must name `application/json` and `text/event-stream`.
#[utoipa::path(post, path = "/mcp", tag = "agents",
    request_body(content = Object, description = "a JSON-RPC message, as `{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}`"),
    responses((status = 200, description = "the JSON-RPC answer", body = Object),
        (status = 202, description = "a notification was taken"),
        (status = 406, description = "Accept does not name both kinds"), Problems))]
pub(crate) async fn call(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(agents): Extension<Arc<Agents>>,
    request: Request,
) -> Result<Response, Fault> {
    door::must_be_json(request.headers(), &["application/json"])?;
    let (mut parts, body) = request.into_parts();
    let body = door::body(&app, body).await?;
    // A key that stands twice could be one to us and another to the protocol.
    let Unique(message) = serde_json::from_slice(&body)
        .map_err(|_| Fault::BadRequest("the body is not JSON, or a key stands in it twice".to_owned()))?;
    let right = needed(&message)?;
    if let Some(right) = right {
        caller.must(right)?;
    }
    let body = Bytes::from(bytes(&message)?);
    parts.headers.remove(header::CONTENT_LENGTH);
    let deadline = Instant::now() + app.settings.deadline;
    let turn = Arc::clone(&agents.turns).try_acquire_owned().map_err(|_| Fault::Overloaded)?;
    let answered = tokio::spawn(async move {
        let response = agents.service.handle(Request::from_parts(parts, Body::from(body))).await;
        // A call that was given up still takes its turn until it ends.
        drop(turn);
        response
    });
    let response = match tokio::time::timeout_at(deadline.into(), answered).await {
        Ok(Ok(response)) if Instant::now() < deadline => response.map(Body::new),
        Ok(Err(error)) => return Err(Fault::Internal(format!("agents: {error}"))),
        Ok(Ok(_)) | Err(_) => return Err(Fault::TimedOut),
    };
    if response.status() == StatusCode::FORBIDDEN {
        return Err(Fault::Forbidden(
            "the request comes from a page of another origin, or calls the service by a name that it does not know\n\
             hint: name it with --host when the service is started; pages of others are never served"
                .to_owned(),
        ));
    }
    match right {
        // The law and the list of tools are of nobody.
        None | Some(Right::ReadLaw) => Ok(redact::of_nobody(response)),
        Some(_) => Ok(response),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_tool_needs_the_right_of_its_route_and_no_other_is_called() {
        let call = |tool: Value| needed(&json!({"method": "tools/call", "params": {"name": tool}}));
        assert_eq!(call(json!("screen")), Ok(Some(Right::Screen)));
        assert_eq!(call(json!("explain")), Ok(Some(Right::Screen)));
        assert_eq!(call(json!("check")), Ok(Some(Right::Check)));
        assert_eq!(call(json!("law")), Ok(Some(Right::ReadLaw)));
        for odd in [json!("Screen"), json!(""), json!(null), json!(["screen"])] {
            assert!(call(odd.clone()).is_err(), "{odd}");
        }
        assert_eq!(needed(&json!({"method": "tools/list"})), Ok(None));
        for odd in [json!([{"method": "tools/call"}]), json!({}), json!("tools/call"), json!({"method": 7})] {
            assert!(needed(&odd).is_err(), "{odd}");
        }
    }
}
