//! The interface of Moov Watchman v2: `/v2/search`, `/v2/listinfo`, `/v2/data/refresh`, `/ping`.
//!
//! Promises: the shapes of its public OpenAPI; a parameter that nobody reads is refused, as Watchman does, and so is a
//! value that cannot be read, which Watchman passes over; see `docs/migrating.md` for every difference.
//!
//! Not here: ingesting and exporting files, Senzing forms; both are refused by name.

mod entity;
mod query;
mod refresh;

use std::sync::Arc;

use axum::Json;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use interdict_engine::{Engine, LOWEST_THRESHOLD, NotDone, Policy, Score, Scratch, Snapshot, SnapshotError, VERSION};
use interdict_lists::dataset::dataset_of;
use interdict_model::ListId;
use serde_json::{Map, Value, json};

use super::hall::{ENTRY_HEADER, Kept, Late};
use super::params::Params;
use super::replay::Replayed;
use super::{Compat, on_record};
use crate::register::Pending;
use query::Asked;
use refresh::Looks;

/// The routes.
pub fn router(compat: Compat) -> Router {
    Router::new()
        .route("/v2/search", get(search))
        .route("/v2/listinfo", get(list_info))
        .route("/ping", get(ping))
        .route("/v2/ingest/{file_type}", any(not_served))
        .route("/v2/export/{file_type}", any(not_served))
        .fallback(nothing_here)
        .with_state(compat.clone())
        .route("/v2/data/refresh", get(refresh::status).post(refresh::begin).with_state((compat, Looks::default())))
}

/// Why a request is not answered: `{"error": …}`, and the number of its entry in the ledger if it is on record.
#[derive(Debug)]
struct Refused(StatusCode, String, Option<u64>);

impl From<Late> for Refused {
    fn from(late: Late) -> Self {
        match &late {
            Late::Full | Late::TimedOut => Self(StatusCode::SERVICE_UNAVAILABLE, late.words(), None),
            Late::Broken(reason) => Self::broken(reason.clone()),
        }
    }
}

impl Refused {
    fn bad(why: impl std::fmt::Display) -> Self {
        Self(StatusCode::BAD_REQUEST, format!("problem reading v2 search request: {why}"), None)
    }

    fn broken(why: String) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, format!("problem with v2 search: {why}"), None)
    }

    fn not_ready(why: String) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, why, None)
    }

    fn on_record(self, entry: Option<u64>) -> Self {
        Self(self.0, self.1, entry)
    }
}

impl From<SnapshotError> for Refused {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Index(NotDone::NothingToScreen) => Self::bad(error),
            SnapshotError::Index(NotDone::TooLarge(_)) => Self(StatusCode::PAYLOAD_TOO_LARGE, error.to_string(), None),
            SnapshotError::Mismatch { .. }
            | SnapshotError::Unreadable { .. }
            | SnapshotError::UnreadableParty { .. }
            | SnapshotError::NoSuchListing { .. }
            | SnapshotError::Index(NotDone::BadIndex(_) | NotDone::NoListing(_)) => Self::broken(error.to_string()),
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = (self.0, Json(json!({ "error": self.1 }))).into_response();
        if self.0 == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if let Some(entry) = self.2 {
            response.headers_mut().insert(ENTRY_HEADER, HeaderValue::from(entry));
        }
        response
    }
}

/// What a list is called by clients of Watchman.
fn name_of(list: &str) -> &str {
    dataset_of(list).and_then(|dataset| dataset.watchman).unwrap_or(list)
}

/// What Watchman does and this service leaves to its own commands.
async fn not_served() -> Refused {
    let why = "not served here: lists are fetched with `interdict lists update`, and files of one's own read with \
               `interdict lists import`";
    Refused(StatusCode::NOT_FOUND, why.to_owned(), None)
}

async fn nothing_here() -> Refused {
    Refused(
        StatusCode::NOT_FOUND,
        "nothing is at this address: /v2/search, /v2/listinfo, /v2/data/refresh and /ping are".to_owned(),
        None,
    )
}

async fn ping() -> &'static str {
    "PONG"
}

async fn search(
    State(compat): State<Compat>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Refused> {
    let asked = headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    if let Some(form) = asked.flat_map(|value| value.split(',')).find(|form| form.trim().starts_with("senzing")) {
        return Err(Refused::bad(format!("Accept: `{}` is not written here, only application/json", form.trim())));
    }
    let query = query.unwrap_or_default();
    let call = json!({ "interface": "watchman", "query": query });
    let own = compat.clone();
    // The reason of a refusal must tell a time-out from a full queue.
    let work = move |scratch: &mut Scratch| Ok::<_, Late>(answer(&own, &query, scratch));
    let (refused, is_late) = match compat.run(work).await {
        Ok(Ok(done)) => return shown(done).await,
        Ok(Err(refused)) => (refused, false),
        Err(late) => {
            let is_late = late == Late::TimedOut;
            (Refused::from(late), is_late)
        }
    };
    let is_broken = refused.0 == StatusCode::INTERNAL_SERVER_ERROR;
    Err(if is_late || is_broken { refused.on_record(compat.enter_given_up(call, is_late).await?) } else { refused })
}

/// An answer, once it is on record.
async fn shown(done: (Value, Option<Pending>)) -> Result<Response, Refused> {
    let entries = Compat::settled(done.1, 1).await?;
    let (body, mut headers) = on_record(&done.0, entries).map_err(Refused::broken)?;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok((headers, body).into_response())
}

/// Answers, and hands the answer over to the ledger.
fn answer(compat: &Compat, query: &str, scratch: &mut Scratch) -> Result<(Value, Option<Pending>), Refused> {
    let snapshot = compat.snapshot().map_err(Refused::not_ready)?;
    let (asked, engine) = asked(snapshot, query)?;
    let input = json!({ "interface": "watchman", "query": query });
    match found(&engine, &asked, scratch) {
        Ok((value, is_hit)) => {
            let kept = Kept::answered(input, &value, is_hit).map_err(Refused::broken)?;
            Ok((value, compat.enter(&engine, &[kept])?))
        }
        Err(error) => {
            let entry = if is_not_done(&error) {
                compat.enter_not_done(&engine, Kept::not_done(input, &error.to_string()))?
            } else {
                None
            };
            Err(Refused::from(error).on_record(entry))
        }
    }
}

/// Whether it says that the party could not be screened.
fn is_not_done(error: &SnapshotError) -> bool {
    match error {
        SnapshotError::Index(NotDone::NothingToScreen | NotDone::TooLarge(_)) => true,
        SnapshotError::Mismatch { .. }
        | SnapshotError::Unreadable { .. }
        | SnapshotError::UnreadableParty { .. }
        | SnapshotError::NoSuchListing { .. }
        | SnapshotError::Index(NotDone::BadIndex(_) | NotDone::NoListing(_)) => false,
    }
}

/// The answer to a request once more.
pub(super) fn again(snapshot: &Arc<Snapshot>, query: &str, scratch: &mut Scratch) -> Result<Replayed, String> {
    let (asked, engine) = asked(Arc::clone(snapshot), query).map_err(|refused| refused.1)?;
    match found(&engine, &asked, scratch) {
        Ok((value, _)) => Ok(Ok(value)),
        Err(error) if is_not_done(&error) => Ok(Err(error.to_string())),
        Err(error) => Err(error.to_string()),
    }
}

/// What a request asks, and the engine it asks for.
fn asked(snapshot: Arc<Snapshot>, query: &str) -> Result<(Asked, Engine), Refused> {
    let asked = Asked::of(&Params::of(query)).map_err(Refused::bad)?;
    let only = match &asked.source {
        None => Vec::new(),
        Some(source) => {
            let all = snapshot.versions().map(|version| version.list.clone());
            let lists: Vec<ListId> = all.filter(|list| list.0 == *source || name_of(&list.0) == source).collect();
            if lists.is_empty() {
                let loaded: Vec<&str> = snapshot.versions().map(|version| name_of(&version.list.0)).collect();
                let loaded = loaded.join(", ");
                return Err(Refused::bad(format!("source: no list `{source}` is loaded; there are {loaded}")));
            }
            lists
        }
    };
    let policy = Policy {
        threshold: Score::from_share(asked.min_match.max(LOWEST_THRESHOLD)),
        // The most that a policy's file can say.
        limit: if asked.source_id.is_some() { usize::MAX >> 1 } else { asked.limit },
        ..Policy::default()
    };
    Ok((asked, Engine::new(snapshot, policy, only)))
}

fn found(engine: &Engine, asked: &Asked, scratch: &mut Scratch) -> Result<(Value, bool), SnapshotError> {
    let (hits, _) = engine.matched(&asked.entity, scratch)?;
    let is_asked_for = |listing: &interdict_model::Listing| {
        asked.source_id.as_deref().is_none_or(|id| listing.record == id || listing.quoted() == id)
    };
    let mut entities = Vec::new();
    for hit in hits.iter().filter(|hit| is_asked_for(&hit.listing)).take(asked.limit) {
        let version = engine.snapshot().version_of(hit.hit.ordinal);
        entities.push(entity::found(hit, version, asked));
    }
    let is_hit = !entities.is_empty();
    Ok((json!({ "query": entity::of_query(asked), "entities": entities }), is_hit))
}

async fn list_info(State(compat): State<Compat>) -> Result<Response, Refused> {
    let own = compat.clone();
    let seen = move |_: &mut Scratch| {
        own.snapshot().and_then(|snapshot| Ok((snapshot, own.since()?.0))).map_err(Refused::not_ready)
    };
    let (snapshot, since) = compat.run(seen).await?;
    let mut lists = Map::new();
    let mut hashes = Map::new();
    for version in snapshot.versions() {
        let name = name_of(&version.list.0).to_owned();
        lists.insert(name.clone(), version.listings.into());
        hashes.insert(name, version.digest.to_string().into());
    }
    let since = since.to_string();
    let answer = json!({
        "lists": lists, "listHashes": hashes, "startedAt": since, "endedAt": since, "version": format!("v{VERSION}"),
    });
    Ok(Json(answer).into_response())
}
