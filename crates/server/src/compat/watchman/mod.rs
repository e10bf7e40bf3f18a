//! The interface of Moov Watchman v2: `/v2/search`, `/v2/listinfo`, `/ping`.
//!
//! Promises: the shapes of its public OpenAPI; a parameter that nobody reads is refused, as Watchman does, and so is a
//! value that cannot be read, which Watchman passes over; see `docs/migrating.md` for every difference.
//!
//! Not here: ingesting and exporting files, Senzing forms; both are refused by name.

mod entity;
mod query;

use axum::Json;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use interdict_engine::{Engine, LOWEST_THRESHOLD, NotDone, Policy, Score, Scratch, SnapshotError, VERSION};
use interdict_lists::dataset::dataset_of;
use interdict_model::ListId;
use serde_json::{Map, Value, json};

use super::params::Params;
use super::sync::beside;
use super::{Compat, on_record};
use query::Asked;

/// The routes.
pub fn router(compat: Compat) -> Router {
    Router::new()
        .route("/v2/search", get(search))
        .route("/v2/listinfo", get(list_info))
        .route("/ping", get(ping))
        .with_state(compat)
}

/// Why a request is not answered: `{"error": …}`.
struct Refused(StatusCode, String);

impl Refused {
    fn bad(why: impl std::fmt::Display) -> Self {
        Self(StatusCode::BAD_REQUEST, format!("problem reading v2 search request: {why}"))
    }

    fn broken(why: String) -> Self {
        Self(StatusCode::INTERNAL_SERVER_ERROR, format!("problem with v2 search: {why}"))
    }

    fn not_ready(why: String) -> Self {
        Self(StatusCode::SERVICE_UNAVAILABLE, why)
    }
}

impl From<SnapshotError> for Refused {
    fn from(error: SnapshotError) -> Self {
        match error {
            SnapshotError::Index(NotDone::NothingToScreen) => Self::bad(error),
            SnapshotError::Index(NotDone::TooLarge(_)) => Self(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()),
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
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

/// What a list is called by clients of Watchman.
fn name_of(list: &str) -> &str {
    dataset_of(list).and_then(|dataset| dataset.watchman).unwrap_or(list)
}

async fn ping() -> &'static str {
    "PONG"
}

async fn search(State(compat): State<Compat>, RawQuery(query): RawQuery) -> Result<Response, Refused> {
    beside(
        move || {
            let answer = found(&compat, &Params::of(&query.unwrap_or_default()))?;
            let (body, mut headers) = on_record(&answer).map_err(Refused::broken)?;
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok((headers, body).into_response())
        },
        Refused::broken,
    )
    .await
}

fn found(compat: &Compat, params: &Params) -> Result<Value, Refused> {
    let asked = Asked::of(params).map_err(Refused::bad)?;
    let snapshot = compat.snapshot().map_err(Refused::not_ready)?;
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
        limit: if asked.source_id.is_some() { usize::MAX } else { asked.limit },
        ..Policy::default()
    };
    let engine = Engine::new(snapshot, policy, only);
    let (hits, _) = engine.matched(&asked.entity, &mut Scratch::default())?;
    let is_asked_for = |listing: &interdict_model::Listing| {
        asked.source_id.as_deref().is_none_or(|id| listing.record == id || listing.quoted() == id)
    };
    let mut entities = Vec::new();
    for hit in hits.iter().filter(|hit| is_asked_for(&hit.listing)).take(asked.limit) {
        let version = engine.snapshot().version_of(hit.hit.ordinal);
        entities.push(entity::found(hit, version, &asked));
    }
    Ok(json!({ "query": entity::of_query(&asked), "entities": entities }))
}

async fn list_info(State(compat): State<Compat>) -> Result<Response, Refused> {
    let snapshot = beside(
        {
            let compat = compat.clone();
            move || compat.snapshot().map_err(Refused::not_ready)
        },
        Refused::broken,
    )
    .await?;
    let mut lists = Map::new();
    let mut hashes = Map::new();
    for version in snapshot.versions() {
        let name = name_of(&version.list.0).to_owned();
        lists.insert(name.clone(), version.listings.into());
        hashes.insert(name, version.digest.to_string().into());
    }
    let since = compat.since(&snapshot).to_string();
    let answer = json!({
        "lists": lists, "listHashes": hashes, "startedAt": since, "endedAt": since, "version": format!("v{VERSION}"),
    });
    Ok(Json(answer).into_response())
}
