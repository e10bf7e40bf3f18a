//! The tools for agents at `/mcp`: the Model Context Protocol over HTTP, for those whose key allows the tool.
//!
//! Promises: deny by default: a call of a tool passes only with the right that the tool needs, and what was looked at is
//! what is called; a page of another origin and a name that was not allowed are refused; calls wait in the queue that all
//! comparisons wait in, each within the deadline, and one that was turned away, given up or not recorded is a problem as on
//! any route; an answer is in the ledger, where one is kept, before it is given.
//!
//! Not here: the tools and the protocol (`mcp`), the same on standard input and output (`cli`).

use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::Response;
use interdict_engine::Scratch;
use interdict_mcp::{Entering, Given, Hall, Job, Question, Register, Source, Tools, Waiting, http_service};
use interdict_model::Unique;
use interdict_store::ledger::{Answer, Kind};
use serde_json::Value;

use crate::access::{Caller, Right};
use crate::app::App;
use crate::door;
use crate::problem::{Fault, Problem, Problems};
use crate::question::short;
use crate::redact;
use crate::register::{self, Pending};
use crate::screen::bytes;
use crate::trace::{self, Trace};
use crate::undone::Call;

/// Names by which the machine itself is called.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// The tools of a service.
pub(crate) struct Agents {
    tools: Tools,
    hosts: Vec<String>,
}

/// One call within the service: its queue, its ledger, and what went wrong with either.
struct Turn {
    app: Arc<App>,
    trace: Option<Trace>,
    fault: Arc<Mutex<Option<Fault>>>,
}

/// Keeps a fault for the answer over HTTP; gives it in words for the protocol.
fn noted(place: &Mutex<Option<Fault>>, fault: Fault) -> String {
    let text = fault.to_string();
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    text
}

impl Hall for Turn {
    fn run(&self, job: Job) -> Waiting {
        let (app, trace, place) = (Arc::clone(&self.app), self.trace.clone(), Arc::clone(&self.fault));
        Box::pin(async move {
            let work = move |scratch: &mut Scratch| {
                job(scratch);
                Ok::<_, Fault>(())
            };
            trace::within(trace, app.compare(work)).await.map_err(|fault| noted(&place, fault))
        })
    }
}

impl Turn {
    fn handed(&self, register: &register::Register, given: &Given<'_>) -> Result<Option<Pending>, Fault> {
        let loaded = self.app.lists();
        let ground = match (given.engine, &loaded.ground) {
            (Some(engine), _) => register.ground_of(engine)?,
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
        register.submit(kind, &ground, given.engine, given.law, &[answer]).map(Some)
    }
}

impl Register for Turn {
    fn enter(&self, given: &Given<'_>) -> Result<Entering, String> {
        let Some(register) = &self.app.register else { return Ok(Box::pin(async { Ok(None) })) };
        let pending = self.handed(register, given).map_err(|fault| noted(&self.fault, fault))?;
        let (trace, place) = (self.trace.clone(), Arc::clone(&self.fault));
        Ok(Box::pin(async move {
            let Some(pending) = pending else { return Ok(None) };
            let entry = trace::within(trace, register::settled(pending)).await;
            entry.map(Some).map_err(|fault| noted(&place, fault))
        }))
    }
}

impl Agents {
    pub(crate) fn over(app: &Arc<App>, source: Arc<dyn Source>) -> Self {
        let mut hosts: Vec<String> = app.settings.hosts.clone();
        if !hosts.is_empty() {
            hosts.extend(LOOPBACK.map(str::to_owned));
        }
        Self { tools: Tools::new(source, Arc::clone(&app.book.law)), hosts }
    }

    /// The protocol's answer, or what went wrong on the way to it.
    async fn answer(&self, app: &Arc<App>, request: Request) -> Result<Response, Fault> {
        let fault = Arc::default();
        let turn = Arc::new(Turn { app: Arc::clone(app), trace: trace::current(), fault: Arc::clone(&fault) });
        let tools = self.tools.clone().recorded_in(Arc::clone(&turn) as Arc<dyn Register>).worked_in(turn);
        let response = http_service(tools, &self.hosts).handle(request).await.map(Body::new);
        let fault = fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        fault.map_or(Ok(response), Err)
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
        (status = 406, description = "Accept does not name both kinds", body = Problem, content_type = "application/problem+json"), Problems))]
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
    let request = Request::from_parts(parts, Body::from(body.clone()));
    let response = match agents.answer(&app, request).await {
        Ok(response) => response,
        Err(fault @ (Fault::TimedOut | Fault::Internal(_))) => {
            let kind = match right {
                Some(Right::Screen) => Kind::Screening,
                Some(Right::Check) => Kind::Decision,
                // The law is of nobody, and needs no record.
                Some(_) | None => return Err(fault),
            };
            let call = Call { kind, route: "POST /mcp", body, loaded: app.lists() };
            return Err(app.given_up(call, fault).await);
        }
        Err(fault) => return Err(fault),
    };
    if response.status() == StatusCode::FORBIDDEN {
        return Err(Fault::Forbidden(
            "the request comes from a page of another origin, or calls the service by a name that it does not know\n\
             hint: name it with --host when the service is started; pages of others are never served"
                .to_owned(),
        ));
    }
    // What the protocol's library says in words of its own is said as any other problem is.
    let hint = "send one JSON-RPC message, as tools/list";
    match response.status() {
        status if status.is_success() => {}
        StatusCode::NOT_ACCEPTABLE => {
            return Err(Fault::NotAcceptable(
                "Accept does not name both kinds\nhint: send Accept: application/json, text/event-stream".to_owned(),
            ));
        }
        status if status.is_client_error() => {
            return Err(Fault::BadRequest(format!("the body is no message of the protocol\nhint: {hint}")));
        }
        status => return Err(Fault::Internal(format!("agents: the protocol's library answers {status}"))),
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
