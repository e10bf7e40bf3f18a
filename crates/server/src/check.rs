//! Whether a shipment, service, call, account or contract is lawful, on which day, under whose law.
//!
//! Promises: a record with a field that cannot be read is not decided; parties are screened against
//! the lists in use, and what screening leaves open stays unknown.
//!
//! Not here: deciding (`measures`), screening the parties (`engine`), the form of question and answer (`engine`).

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use interdict_engine::{Asked, Decided, ListedBy, Recorded};
use interdict_measures::report;
use interdict_measures::{decide, term};
use interdict_model::Digest;
use interdict_model::unique_object;
use interdict_store::ledger::{self, Kind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::App;
use crate::lists::Loaded;
use crate::once::{Written, once};
use crate::problem::{Fault, Problems};
use crate::question::{self, short};
use crate::register::Pending;
use crate::screen::{bytes, recorded};
use crate::undone::{Call, Refused};
use crate::{door, register, shape, undone};

/// What to decide.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckQuestion {
    /// Facts by their terms (`/v1/law/terms`) or other names; sets as arrays; `parties` as objects with role, name, country.
    #[schema(value_type = Object, example = json!({"activity": "goods", "hs": "2701", "origin": "kp", "from": "kp", "seller": "Mine", "seller_country": "kp"}))]
    #[serde(deserialize_with = "unique_object")]
    facts: Map<String, Value>,
    /// The day on which it happens.
    #[schema(example = "2018-01-05")]
    #[serde(default)]
    on: Option<String>,
    /// Whose law to ask, as un, us; none means whoever's binds.
    #[serde(default)]
    law: Option<Vec<String>>,
    /// Say also why other rules do not apply.
    #[serde(default)]
    explain: bool,
    /// Screen the parties.
    #[serde(default = "yes")]
    screen: bool,
}

fn yes() -> bool {
    true
}

/// Where the facts stand, in the ledger's words.
const PLACE: &str = "facts";

/// The answer with the lists that parties were screened against.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    answer: &'a Recorded<Decided>,
    snapshot: Digest,
    /// The question as it was read: `interdict replay --party` takes it from here.
    asked: &'a Asked,
}

fn bad(text: String, hint: &str) -> Fault {
    Fault::BadRequest(format!("{text}\nhint: {hint}"))
}

fn text(name: &str, value: &Value) -> Result<String, Fault> {
    match value {
        Value::Null => Ok(String::new()),
        Value::Bool(yes) => Ok(if *yes { "yes" } else { "no" }.to_owned()),
        Value::Number(number) => Ok(number.to_string()),
        Value::String(text) => Ok(text.clone()),
        Value::Array(_) | Value::Object(_) => Err(bad(
            format!("facts: `{}` holds a value inside a value", short(name)),
            "give a text, number or set of them",
        )),
    }
}

/// Facts as names and texts; `{"role": "buyer", "name": …}` becomes `buyer_1_name`.
fn record(facts: &Map<String, Value>) -> Result<Vec<(String, String)>, Fault> {
    let mut out = Vec::new();
    for (name, value) in facts {
        match value {
            Value::Array(parties) if name == "parties" => {
                for (n, party) in parties.iter().enumerate() {
                    let hint = "a party is an object with role, name, country";
                    let party =
                        party.as_object().ok_or_else(|| bad(format!("facts: party {} is no object", n + 1), hint))?;
                    let role = party.get("role").and_then(Value::as_str);
                    let role = role
                        .ok_or_else(|| bad(format!("facts: party {} has no role", n + 1), "buyer, seller, vessel …"))?;
                    let role = role.replace(' ', "_");
                    for (field, value) in party.iter().filter(|(field, _)| *field != "role") {
                        out.push((format!("{role}_{}_{field}", n + 1), text(field, value)?));
                    }
                }
            }
            Value::Array(values) if values.is_empty() => out.push((name.clone(), "none".to_owned())),
            Value::Array(values) => {
                let texts = values.iter().map(|value| text(name, value)).collect::<Result<Vec<_>, _>>()?;
                out.push((name.clone(), texts.join("+")));
            }
            other => out.push((name.clone(), text(name, other)?)),
        }
    }
    Ok(out)
}

fn answer(app: &App, loaded: &Loaded, asked: &CheckQuestion) -> Result<(Vec<u8>, Option<Pending>), Refused> {
    let book = &app.book;
    let law = &book.law;
    let mut record = record(&asked.facts)?;
    if let Some(on) = &asked.on {
        term::day(on).ok_or_else(|| bad(format!("on: `{}` is no day", short(on)), "write it as 2018-01-05"))?;
        record.push(("date".to_owned(), on.clone()));
    }
    if let Some(ids) = asked.law.as_ref().filter(|ids| !ids.is_empty()) {
        if let Some(unknown) = ids.iter().find(|id| !law.jurisdictions.iter().any(|j| j.id == **id)) {
            let known: Vec<&str> = law.jurisdictions.iter().map(|j| j.id.as_str()).collect();
            return Err(bad(format!("law: no jurisdiction `{}`", short(unknown)), &known.join(", ")).into());
        }
        record.push(("law".to_owned(), ids.join("+")));
    }
    let is_id = |name: &str| name.trim().eq_ignore_ascii_case("id");
    let id = record.iter().find(|(name, _)| is_id(name)).map(|(_, text)| text.clone());
    let facts = record.iter().filter(|(name, _)| !is_id(name)).map(|(name, text)| (name.as_str(), text.as_str()));
    let mut input = book.fields.read(law, PLACE, facts);
    let question = Asked {
        place: PLACE.to_owned(),
        record: record.clone(),
        given: Vec::new(),
        also_on: None,
        explain: asked.explain,
        screened: asked.screen,
        accounts: Vec::new(),
    };
    let reference = id.clone().unwrap_or_default();
    if let Some(problem) = input.problems.first() {
        let fault = Fault::NotDone(problem.to_string());
        let problems = input.problems.iter().map(ToString::to_string).collect();
        let undecided = recorded(Decided { id, problems, aside: input.aside, ..Decided::at(PLACE) })?;
        let outcome = undone::NOT_DONE;
        let answer = ledger::Answer { input: bytes(&question)?, record: undecided.record(), outcome, reference };
        return Err(undone::undone(app, loaded, (Kind::Decision, None, Some(law)), answer, fault));
    }
    let screening = if asked.screen {
        ListedBy::of(law).screen(&loaded.engine, &mut input).map_err(|error| {
            let (reason, of) = (error.to_string(), (Kind::Decision, Some(&*loaded.engine), Some(&**law)));
            undone::not_done(app, loaded, of, bytes(&question), &reason, error.into())
        })?
    } else {
        Vec::new()
    };
    let decision = decide(law, &input.facts);
    let report = report::write(law, &input.facts, &decision, asked.explain);
    let is_screened = !screening.is_empty();
    let recorded = recorded(Decided { id, report: Some(report), screening, aside: input.aside, ..Decided::at(PLACE) })?;
    let pending = match (&app.register, &loaded.ground) {
        (Some(register), Some(ground)) => {
            let outcome = decision.verdict.as_str();
            let answer = ledger::Answer { input: bytes(&question)?, record: recorded.record(), outcome, reference };
            let engine = is_screened.then_some(&*loaded.engine);
            Some(register.submit(Kind::Decision, ground, engine, Some(law), &[answer])?)
        }
        (Some(_) | None, _) => None,
    };
    let asked = &question;
    Ok((bytes(&Whole { answer: &recorded, snapshot: loaded.snapshot.digest(), asked })?, pending))
}

/// Decide whether something is lawful
///
/// A fact that is not given is unknown: it neither forbids nor clears, and the answer names it.
#[utoipa::path(post, path = "/v1/check", tag = "law", request_body = CheckQuestion,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again, with its entry in the ledger, for a day")),
    responses((status = 200, description = "the decision with its articles", body = shape::CheckAnswer), Problems))]
pub(crate) async fn check(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Fault> {
    let (headers, body) = door::json_body(&app, request).await?;
    let this = [b"POST /v1/check".as_slice(), &body];
    once(&app, &caller.id, &headers, &this, || checked(&app, body.clone())).await
}

async fn checked(app: &Arc<App>, body: Bytes) -> Result<Written, Fault> {
    let (loaded, own) = (app.lists(), Arc::clone(app));
    let (kind, route) = (Kind::Decision, "POST /v1/check");
    let call = Call { kind, route, body: body.clone(), loaded: Arc::clone(&loaded) };
    let work = move |_: &mut _| answer(&own, &loaded, &question::json(&body)?);
    let (mut bytes, pending) = app.answered(call, work).await?;
    if let Some(pending) = pending {
        register::mark(&mut bytes, register::settled(pending).await?);
    }
    Ok(Written::json(StatusCode::OK, bytes))
}
