//! Monitored parties over HTTP: sent in as files, shown by pages, kept no longer.
//!
//! Not here: reading rows (`cli`), how parties are kept (`store`).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use interdict_engine::monitor::Kept;
use interdict_model::{Digest, Entity};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::access::Caller;
use crate::app::App;
use crate::curate::import::{mapping, receive};
use crate::curate::terms;
use crate::door;
use crate::once::{Written, once};
use crate::problem::{Fault, Problems};
use crate::question;
use crate::screen::{bytes, json};

/// Parties in an answer, unless more are asked for.
const PAGE: u32 = 100;

/// The most parties in an answer.
const MOST: u32 = 10_000;

/// Which parties to show.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PartiesTerms {
    /// Parties to pass over, in the order of their ids: `next` of the page before.
    #[serde(default)]
    from: u32,
    /// The most to show, to 10,000.
    limit: Option<u32>,
    /// Only those that are a hit.
    #[serde(default)]
    hits: bool,
}

/// A party.
#[derive(Serialize, ToSchema)]
struct PartyShown {
    /// Your own id.
    id: String,
    #[schema(value_type = Object)]
    party: Entity,
    /// Listings that are a hit since the last run, best first.
    #[schema(value_type = Vec<Object>)]
    hits: Vec<Kept>,
}

/// A page of parties.
#[derive(Default, Serialize, ToSchema)]
struct PartiesAnswer {
    /// How many are kept.
    kept: u32,
    parties: Vec<PartyShown>,
    /// Where to go on; none at the end.
    next: Option<u32>,
}

/// Parties that are kept, with the listings that are a hit
#[utoipa::path(get, path = "/v1/monitor/parties", tag = "monitor", params(PartiesTerms),
    responses((status = 200, description = "by id", body = PartiesAnswer), Problems))]
pub(crate) async fn list(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    let terms: PartiesTerms = terms(request.uri())?;
    let answer = app.look(move |home| {
        let monitor = home.monitor();
        let state = monitor.state()?;
        let Some(parties) = state.parties else { return Ok(PartiesAnswer::default()) };
        let stored = monitor.stored_parties(parties)?;
        let hits = state.last.as_ref().map(|last| monitor.hits(last.run)).transpose()?.unwrap_or_default();
        let mut of_party: BTreeMap<String, Vec<Kept>> = BTreeMap::new();
        hits.into_iter().for_each(|kept| of_party.entry(kept.party.clone()).or_default().push(kept));
        let mut answer = PartiesAnswer { kept: stored.count(), ..PartiesAnswer::default() };
        let limit = terms.limit.unwrap_or(PAGE).min(MOST) as usize;
        for number in terms.from..stored.count() {
            if answer.parties.len() >= limit {
                answer.next = Some(number);
                break;
            }
            let watched = stored.watched(number).map_err(|reason| Fault::Internal(format!("party: {reason}")))?;
            let mut hits = of_party.remove(&watched.id).unwrap_or_default();
            if terms.hits && hits.is_empty() {
                continue;
            }
            hits.sort_by_key(|kept| std::cmp::Reverse(kept.hit.score));
            answer.parties.push(PartyShown { id: watched.id, party: watched.entity, hits });
        }
        Ok(answer)
    });
    Ok(json(bytes(&answer.await?)?))
}

/// How to read the parties.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct KeepTerms {
    /// Name of the file, by which refused rows are spoken of.
    name: Option<String>,
    /// Columns that hold our fields: `Kundennummer=id,Kunde=name`.
    map: Option<String>,
    /// These are all there are: others are kept no longer.
    #[serde(default)]
    whole: bool,
}

/// What became of parties.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
struct KeptAnswer {
    added: u64,
    replaced: u64,
    same: u64,
    removed: u64,
    /// Parties that are **not** kept, each with its place and the reason.
    #[schema(value_type = Vec<Object>)]
    refused: Vec<Value>,
    /// How many are kept now.
    kept: u64,
}

/// Keep parties, each by your own id
///
/// CSV with a header, one JSON object a line, a JSON array, or FollowTheMoney; told by content. A party that is kept already is
/// replaced. Look at `refused`: whoever stands there is not watched. If none could be kept, it is a problem (`422`).
#[utoipa::path(post, path = "/v1/monitor/parties", tag = "monitor", params(KeepTerms,
        ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    request_body(content = String, content_type = "application/x-ndjson", description = "parties; or multipart/form-data with several files"),
    responses((status = 200, description = "what became of them", body = KeptAnswer), Problems))]
pub(crate) async fn keep(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Fault> {
    let terms: KeepTerms = terms(request.uri())?;
    let said = request.uri().query().unwrap_or_default().to_owned();
    let mapping = mapping(terms.map.as_deref())?;
    let (parts, body) = request.into_parts();
    let upload = receive(&app, terms.name.as_deref(), &parts.headers, body).await?;
    let files = upload.files();
    let digested = files.clone();
    let digest = move || digested.iter().map(|(_, path)| std::fs::read(path).map(|bytes| Digest::of(&bytes))).collect();
    let digests: Result<Vec<Digest>, std::io::Error> =
        tokio::task::spawn_blocking(digest).await.map_err(|error| Fault::Internal(format!("upload: {error}")))?;
    let digests = digests.map_err(|error| {
        tracing::error!(reason = error.to_string(), "upload");
        Fault::Unavailable("the service's files cannot be read or written".to_owned())
    })?;
    let mut what: Vec<&[u8]> = vec![b"POST /v1/monitor/parties", said.as_bytes()];
    what.extend(digests.iter().map(|digest| digest.0.as_slice()));
    let write = || async {
        let kept = app.watched(move |errands, home| {
            let kept = errands.keep(home, &files, &mapping, terms.whole);
            drop(upload);
            kept
        });
        Ok(Written::json(StatusCode::OK, bytes(&kept.await?)?))
    };
    once(&app, &caller.id, &parts.headers, &what, write).await
}

/// Whom to keep no longer.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeaveQuestion {
    /// Your own ids.
    #[schema(example = json!(["C-1001"]))]
    ids: Vec<String>,
}

/// Whom it was told of.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
struct LeftAnswer {
    removed: u64,
    kept: u64,
    /// Ids of nobody who was kept.
    unknown: Vec<String>,
}

/// Keep parties no longer
///
/// The next run tells of each of their hits that it is gone.
#[utoipa::path(post, path = "/v1/monitor/parties/removals", tag = "monitor", request_body = LeaveQuestion,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 200, description = "how many", body = LeftAnswer), Problems))]
pub(crate) async fn leave(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Fault> {
    let (headers, body) = door::json_body(&app, request).await?;
    let asked: LeaveQuestion = question::json(&body)?;
    let write = || async {
        let left = app.watched(move |errands, home| errands.leave(home, &asked.ids)).await?;
        Ok(Written::json(StatusCode::OK, bytes(&left)?))
    };
    once(&app, &caller.id, &headers, &[b"POST /v1/monitor/parties/removals", &body], write).await
}
