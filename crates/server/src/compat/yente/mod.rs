//! The interface of OpenSanctions yente: `/match`, `/search`, `/entities`, `/catalog`, `/algorithms`, `/reconcile`.
//!
//! Promises: what a client of yente sends is understood or refused in yente's form; see `docs/migrating.md` for
//! every difference.
//!
//! Not here: manifests and delta files as sources (`fetch`).

mod catalog;
mod entities;
mod entity;
mod error;
mod explanation;
mod filter;
mod matching;
mod reconcile;
mod search;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::book::Book;
use super::params::Params;
use super::sync::beside;
use super::{Compat, on_record};
use error::Refused;

/// Largest body of a request: a hundred queries of 40 KiB each.
const LARGEST_BODY: usize = 4 << 20;

/// How many queries a response answers.
const BATCH_SIZE: HeaderName = HeaderName::from_static("x-batch-size");

/// The routes.
pub fn router(compat: Compat) -> Router {
    Router::new()
        .route("/match/{dataset}", post(matched))
        .route("/search/{dataset}", get(searched))
        .route("/entities/{id}", get(entity))
        .route("/entities/{id}/adjacent", get(adjacent))
        .route("/entities/{id}/adjacent/{property}", get(adjacent_property))
        .route("/catalog", get(catalogue))
        .route("/manifest", get(catalogue))
        .route("/algorithms", get(algorithms))
        .route("/healthz", get(health))
        .route("/readyz", get(ready))
        .route("/updatez", post(update))
        .route("/reconcile/{dataset}", get(reconcile_manifest).post(reconcile))
        .route("/reconcile/{dataset}/suggest/{what}", get(suggest))
        .route("/reconcile/{dataset}/extend/property", get(extend))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(compat)
}

type Answer = Result<Response, Refused>;

fn json_of(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// An answer that rests on a screening: put on record before it is shown.
fn recorded(value: &Value, count: usize) -> Answer {
    let (body, mut headers) = on_record(value).map_err(Refused::Broken)?;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(BATCH_SIZE, HeaderValue::from(count));
    Ok((headers, body).into_response())
}

async fn matched(
    State(compat): State<Compat>,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Answer {
    beside(
        move || {
            let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
            let params = Params::of(&query.unwrap_or_default());
            let (answer, count) = matching::answer(snapshot, &dataset, &params, &body)?;
            recorded(&answer, count)
        },
        Refused::Broken,
    )
    .await
}

async fn searched(State(compat): State<Compat>, Path(dataset): Path<String>, RawQuery(query): RawQuery) -> Answer {
    beside(
        move || {
            let book = compat.book().map_err(Refused::NotReady)?;
            let found = search::answer(&book, &dataset, &Params::of(&query.unwrap_or_default()))?;
            Ok(json_of(&found))
        },
        Refused::Broken,
    )
    .await
}

/// What is answered from the listings by id and word, and from the query string.
async fn from_book(
    compat: Compat,
    query: Option<String>,
    answer: impl FnOnce(&Book, &Params) -> Result<Value, Refused> + Send + 'static,
) -> Answer {
    beside(
        move || {
            let book = compat.book().map_err(Refused::NotReady)?;
            Ok(json_of(&answer(&book, &Params::of(&query.unwrap_or_default()))?))
        },
        Refused::Broken,
    )
    .await
}

async fn entity(State(compat): State<Compat>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer {
    from_book(compat, query, move |book, params| entities::one(book, &id, params)).await
}

async fn adjacent(State(compat): State<Compat>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer {
    from_book(compat, query, move |book, params| entities::all(book, &id, params)).await
}

async fn adjacent_property(
    State(compat): State<Compat>,
    Path((id, property)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    from_book(compat, query, move |book, params| entities::property(book, &id, &property, params)).await
}

async fn catalogue(State(compat): State<Compat>, headers: HeaderMap) -> Answer {
    let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
    let tag = catalog::tag(&snapshot);
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let holds = asked.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*");
    let mut response =
        if holds { StatusCode::NOT_MODIFIED.into_response() } else { json_of(&catalog::datasets(&snapshot)) };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    Ok(response)
}

async fn algorithms() -> Response {
    json_of(&catalog::algorithms())
}

async fn health() -> Response {
    json_of(&json!({ "status": "ok" }))
}

async fn ready(State(compat): State<Compat>) -> Answer {
    let opened = beside(move || compat.snapshot().map(|_| ()), |reason| reason).await;
    opened.map_err(|_| Refused::NotReady("Index not ready.".to_owned()))?;
    Ok(json_of(&json!({ "status": "ok" })))
}

/// Lists come into use by themselves once they are imported: an update has nothing left to do.
async fn update(State(compat): State<Compat>, RawQuery(query): RawQuery) -> Answer {
    let params = Params::of(&query.unwrap_or_default());
    let given = params.one("token").unwrap_or_default();
    let is_right = compat.update_token.as_deref().is_some_and(|token| {
        use subtle::ConstantTimeEq;
        bool::from(token.as_bytes().ct_eq(given.as_bytes()))
    });
    if !is_right {
        return Err(Refused::Forbidden("Invalid token."));
    }
    beside(
        move || {
            compat.book().map_err(Refused::NotReady)?;
            Ok(json_of(&json!({ "status": "ok" })))
        },
        Refused::Broken,
    )
    .await
}

async fn reconcile_manifest(
    State(compat): State<Compat>,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok()).unwrap_or("http");
    let base = format!("{}://{host}", if scheme == "https" { "https" } else { "http" });
    Ok(json_of(&reconcile::manifest(&snapshot, &dataset, &base, query.as_deref().unwrap_or_default())?))
}

async fn reconcile(
    State(compat): State<Compat>,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Answer {
    beside(
        move || {
            let params = Params::of(&query.unwrap_or_default());
            let form = Params::of(&String::from_utf8_lossy(&body));
            if let Some(asked) = form.one("extend").filter(|asked| !asked.trim().is_empty()) {
                let book = compat.book().map_err(Refused::NotReady)?;
                let (answer, count) = reconcile::extend(&book, asked)?;
                return recorded(&answer, count);
            }
            let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
            let (answer, count) =
                reconcile::queries(snapshot, &dataset, &params, form.one("queries").unwrap_or_default())?;
            recorded(&answer, count)
        },
        Refused::Broken,
    )
    .await
}

async fn suggest(
    State(compat): State<Compat>,
    Path((dataset, what)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    from_book(compat, query, move |book, params| reconcile::suggest(book, &dataset, &what, params)).await
}

async fn extend(State(compat): State<Compat>, Path(dataset): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
    Ok(json_of(&reconcile::properties(&snapshot, &dataset, &Params::of(&query.unwrap_or_default()))?))
}
