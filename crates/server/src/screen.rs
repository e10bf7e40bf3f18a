//! One party: screened, or compared with one listing.
//!
//! Not here: reading the question (`question`), many parties (`batch`), comparing (`engine`).

use std::sync::Arc;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use interdict_engine::{Comparison, Engine, Outcome, Recorded, Screening, SnapshotError};
use interdict_ledger::leaf_hash;
use interdict_model::{Entity, ListId, ListVersion};
use interdict_store::ledger::{Answer, Kind};
use serde::Serialize;

use crate::access::Caller;
use crate::app::App;
use crate::once::{Written, once};
use crate::problem::{ENTRY_HEADER, Fault, Problems};
use crate::question::{self, ExplainQuestion, ScreenQuestion};
use crate::undone::Call;
use crate::{door, register, shape, undone};

/// One party's answer with the lists behind it: as `interdict screen --format json` writes it.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    screening: &'a Recorded<Screening>,
    threshold: f64,
    lists: Vec<&'a ListVersion>,
}

/// Bytes of JSON as a response.
pub(crate) fn json(bytes: Vec<u8>) -> Response {
    let mut response = bytes.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A value as JSON.
pub(crate) fn bytes(value: &impl Serialize) -> Result<Vec<u8>, Fault> {
    serde_json::to_vec(value).map_err(|error| Fault::Internal(format!("output: {error}")))
}

/// A value on record.
pub(crate) fn recorded<T: Serialize>(value: T) -> Result<Recorded<T>, Fault> {
    Recorded::new(value).map_err(|error| Fault::Internal(format!("record: {error}")))
}

/// The word for an outcome.
pub(crate) fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Clear => "clear",
        Outcome::Hit => "hit",
    }
}

/// An answer about to be recorded.
pub(crate) fn answer(party: &Entity, recorded: &Recorded<Screening>, reference: String) -> Result<Answer, Fault> {
    Ok(Answer { input: bytes(party)?, record: recorded.record(), outcome: word(recorded.value().outcome), reference })
}

/// Screen one party
///
/// The answer is the same, field by field, as that of `interdict screen --format json`.
#[utoipa::path(post, path = "/v1/screen", tag = "screening", request_body = ScreenQuestion,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again, with its entry in the ledger, for a day")),
    responses((status = 200, description = "hit or clear", body = shape::ScreeningAnswer), Problems))]
pub(crate) async fn screen(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Fault> {
    let (headers, body) = door::json_body(&app, request).await?;
    let this = [b"POST /v1/screen".as_slice(), &body];
    once(&app, &caller.id, &headers, &this, || screened(&app, body.clone())).await
}

async fn screened(app: &Arc<App>, body: Bytes) -> Result<Written, Fault> {
    let loaded = app.lists();
    let own = Arc::clone(app);
    let (kind, route) = (Kind::Screening, "POST /v1/screen");
    let call = Call { kind, route, body: body.clone(), loaded: Arc::clone(&loaded) };
    let work = move |scratch: &mut _| {
        let asked: ScreenQuestion = question::json(&body)?;
        let engine = asked.engine(&loaded)?;
        let party = undone::party(&own, &loaded, &engine, &asked.party)?;
        let screening = engine.screen(&party, scratch).map_err(|error| {
            let reason = error.to_string();
            undone::not_done(&own, &loaded, (kind, Some(&engine), None), bytes(&party), &reason, error.into())
        })?;
        let recorded = recorded(screening)?;
        let lists = engine.snapshot().versions().collect();
        let whole = Whole { screening: &recorded, threshold: engine.policy().threshold.share(), lists };
        let pending = match (&own.register, &loaded.ground) {
            (Some(register), Some(ground)) => {
                let answers = [answer(&party, &recorded, String::new())?];
                Some(register.submit(kind, ground, Some(&engine), None, &answers)?)
            }
            (Some(_) | None, _) => None,
        };
        Ok((recorded.value().outcome, bytes(&whole)?, pending))
    };
    let answered = app.answered(call, work).await;
    let (outcome, mut bytes, pending) = answered.inspect_err(|_| app.metrics.not_done(1))?;
    if let Some(pending) = pending {
        register::mark(&mut bytes, register::settled(pending).await?);
    }
    app.metrics.screened(outcome == Outcome::Hit);
    Ok(Written::json(StatusCode::OK, bytes))
}

/// What a comparison was asked, for the record.
#[derive(Serialize)]
struct Compared<'a> {
    party: &'a Entity,
    list: &'a str,
    reference: &'a str,
}

fn compared(engine: &Engine, asked: &ExplainQuestion, party: &Entity) -> Result<Compares, SnapshotError> {
    let ordinals = engine.snapshot().find(&ListId(asked.list.clone()), &asked.reference)?;
    ordinals.into_iter().map(|ordinal| Ok(recorded(engine.explain(party, ordinal)?))).collect()
}

/// Each listing with that reference.
type Compares = Vec<Result<Recorded<Comparison>, Fault>>;

/// Compare one party with one listing, hit or not
///
/// Lists that use one reference for several records give several comparisons.
#[utoipa::path(post, path = "/v1/explain", tag = "screening", request_body = ExplainQuestion,
    responses((status = 200, description = "each listing with that reference", body = Vec<shape::ComparisonAnswer>), Problems))]
pub(crate) async fn explain(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    let (_, body) = door::json_body(&app, request).await?;
    let loaded = app.lists();
    let own = Arc::clone(&app);
    let (kind, route) = (Kind::Screening, "POST /v1/explain");
    let call = Call { kind, route, body: body.clone(), loaded: Arc::clone(&loaded) };
    let work = move |_: &mut _| {
        let asked: ExplainQuestion = question::json(&body)?;
        let engine = asked.engine(&loaded)?;
        let party = undone::party(&own, &loaded, &engine, &asked.party)?;
        let input = bytes(&Compared { party: &party, list: &asked.list, reference: &asked.reference })?;
        let comparisons = compared(&engine, &asked, &party).map_err(|error| {
            let (reason, of) = (error.to_string(), (kind, Some(&*engine), None));
            undone::not_done(&own, &loaded, of, Ok(input.clone()), &reason, error.into())
        })?;
        let answer = bytes(&comparisons.into_iter().collect::<Result<Vec<_>, _>>()?)?;
        let pending = match (&own.register, &loaded.ground) {
            (Some(register), Some(ground)) => {
                let record = leaf_hash(&answer);
                let on_record = Answer { input, record, outcome: "compared", reference: String::new() };
                Some(register.submit(kind, ground, Some(&engine), None, &[on_record])?)
            }
            (Some(_) | None, _) => None,
        };
        Ok((answer, pending))
    };
    let (bytes, pending) = app.answered(call, work).await?;
    let mut response = json(bytes);
    if let Some(pending) = pending {
        let entry = register::settled(pending).await?;
        response.headers_mut().insert(ENTRY_HEADER, HeaderValue::from(entry));
    }
    Ok(response)
}
