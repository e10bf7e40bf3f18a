//! The interface of OpenSanctions yente: `/match`, `/search`, `/entities`, `/catalog`, `/algorithms`, `/reconcile`.
//!
//! Promises: what a client of yente sends is understood or refused in yente's form; see `docs/migrating.md` for
//! every difference.
//!
//! Not here: manifests and delta files as sources (`fetch`).

mod catalog;
pub(crate) mod cors;
mod entities;
mod entity;
mod error;
mod explanation;
mod filter;
mod matching;
mod preview;
mod reconcile;
mod search;
mod suggest;

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use interdict_engine::{Scratch, Snapshot};
use interdict_model::ListId;
use interdict_store::Collections;
use serde_json::{Value, json};

use super::book::Book;
use super::params::{Params, without};
use super::replay::Replayed;
use super::scope::Scope;
use super::{Compat, on_record};
use error::Refused;
use matching::Screened;

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
        .route("/reconcile/{dataset}", get(reconcile_get).post(reconcile))
        .route("/reconcile/{dataset}/suggest/{what}", get(suggest))
        .route("/reconcile/{dataset}/extend/property", get(extend))
        .route("/reconcile/{dataset}/preview/{id}", get(preview))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(compat)
}

type Answer = Result<Response, Refused>;

fn json_of(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

/// An answer that rests on screenings: shown once it is on record. One that was given up is on record too.
async fn recorded(compat: &Compat, screened: Result<Screened, Refused>, call: Value) -> Answer {
    match screened {
        Ok(screened) => {
            let entries = Compat::settled(screened.pending, screened.count).await?;
            shown(&screened.value, screened.count, entries)
        }
        Err(refused @ (Refused::TimedOut(_) | Refused::Broken(_))) => {
            let is_late = matches!(refused, Refused::TimedOut(_));
            Err(refused.on_record(compat.enter_given_up(call, is_late).await?))
        }
        Err(refused) => Err(refused),
    }
}

fn shown(value: &Value, count: usize, entries: Option<String>) -> Answer {
    let (body, mut headers) = on_record(value, entries).map_err(Refused::Broken)?;
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
    let query = query.unwrap_or_default();
    let call = json!({ "interface": "yente", "dataset": dataset, "query": query, "body": text(&body) });
    let own = compat.clone();
    let work = move |scratch: &mut Scratch| matching::answer(&own, &dataset, &query, &body, scratch);
    recorded(&compat, compat.run(work).await, call).await
}

fn text(body: &Bytes) -> String {
    String::from_utf8_lossy(body).into_owned()
}

/// The answer to a query of `/match` once more.
pub(super) fn again(
    snapshot: &Arc<Snapshot>,
    only: &[ListId],
    dataset: &str,
    query: &str,
    example: &Value,
    scratch: &mut Scratch,
) -> Result<Replayed, String> {
    let none = Collections::default();
    replayed(matching::again(snapshot, Scope::again(snapshot, &none, only), dataset, query, example, scratch))
}

/// The answer to a query of `/reconcile` once more.
pub(super) fn reconciled_again(
    snapshot: &Arc<Snapshot>,
    only: &[ListId],
    dataset: &str,
    query: &str,
    example: &Value,
    scratch: &mut Scratch,
) -> Result<Replayed, String> {
    let none = Collections::default();
    replayed(reconcile::again(snapshot, Scope::again(snapshot, &none, only), dataset, query, example, scratch))
}

fn replayed(answer: Result<(Value, bool), Refused>) -> Result<Replayed, String> {
    match answer {
        Ok((answer, _)) => Ok(Ok(answer)),
        Err(refused) => match refused.not_done() {
            Some(reason) => Ok(Err(reason.to_owned())),
            None => Err(format!("it cannot be asked again: {refused:?}")),
        },
    }
}

async fn searched(State(compat): State<Compat>, Path(dataset): Path<String>, RawQuery(query): RawQuery) -> Answer {
    from_book(compat, query, move |book, scope, params| search::answer(book, scope, &dataset, params)).await
}

/// What is answered from the listings by id and word, and from the query string.
async fn from_book(
    compat: Compat,
    query: Option<String>,
    answer: impl FnOnce(&Book, Scope, &Params) -> Result<Value, Refused> + Send + 'static,
) -> Answer {
    let own = compat.clone();
    let work = move |_: &mut Scratch| {
        let collections = own.collections();
        let book = own.book().map_err(Refused::NotReady)?;
        let scope = Scope::of(book.snapshot(), &collections);
        Ok(json_of(&answer(&book, scope, &Params::of(&query.unwrap_or_default()))?))
    };
    compat.run(work).await
}

async fn entity(State(compat): State<Compat>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer {
    from_book(compat, query, move |book, _, params| entities::one(book, &id, params)).await
}

async fn adjacent(State(compat): State<Compat>, Path(id): Path<String>, RawQuery(query): RawQuery) -> Answer {
    from_book(compat, query, move |book, _, params| entities::all(book, &id, params)).await
}

async fn adjacent_property(
    State(compat): State<Compat>,
    Path((id, property)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    from_book(compat, query, move |book, _, params| entities::property(book, &id, &property, params)).await
}

async fn catalogue(State(compat): State<Compat>, headers: HeaderMap) -> Answer {
    let collections = compat.collections();
    let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
    let scope = Scope::of(&snapshot, &collections);
    let tag = catalog::tag(scope);
    let asked = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let holds = asked.split(',').any(|one| one.trim().trim_start_matches("W/") == tag || one.trim() == "*");
    let mut response =
        if holds { StatusCode::NOT_MODIFIED.into_response() } else { json_of(&catalog::datasets(scope)) };
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
    let own = compat.clone();
    let opened = compat.run(move |_: &mut Scratch| own.snapshot().map(|_| ()).map_err(Refused::NotReady)).await;
    opened.map_err(|_| Refused::NotReady("Index not ready.".to_owned()))?;
    Ok(json_of(&json!({ "status": "ok" })))
}

/// Looks for new lists: at once and in the background, or with `sync=true` before it answers.
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
    let waits = params.one("sync").is_some_and(|sync| matches!(sync, "true" | "True" | "1" | "on" | "yes"));
    let own = compat.clone();
    let under_way = tokio::task::spawn_blocking(move || own.look());
    if waits {
        match under_way.await {
            Ok(Ok(())) => {}
            Ok(Err(reason)) => return Err(Refused::NotReady(reason)),
            Err(error) => return Err(Refused::Broken(format!("could not be done: {error}"))),
        }
    }
    Ok(json_of(&json!({ "status": "ok" })))
}

/// The manifest, or answers to what stands in the query string as `queries` or `extend`.
async fn reconcile_get(
    State(compat): State<Compat>,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let query = query.unwrap_or_default();
    let params = Params::of(&query);
    if params.one("callback").is_some() {
        return Err(Refused::Bad("callback: JSONP is not served; read answers with CORS".to_owned()));
    }
    let asked = Asked::of(&params);
    if asked.is_any() {
        // What is asked is no setting: those are what goes with it.
        let rest = without(&query, &["queries", "extend"]);
        drop(params);
        return reconciled(compat, dataset, rest, asked).await;
    }
    drop(params);
    let collections = compat.collections();
    let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or("localhost");
    let scheme = headers.get("x-forwarded-proto").and_then(|scheme| scheme.to_str().ok()).unwrap_or("http");
    let base = format!("{}://{host}", if scheme == "https" { "https" } else { "http" });
    Ok(json_of(&reconcile::manifest(Scope::of(&snapshot, &collections), &dataset, &base, &query)?))
}

/// What a client of the reconciliation protocol asks: values of entities, or who somebody is.
struct Asked {
    queries: Option<String>,
    extend: Option<String>,
}

impl Asked {
    fn of(form: &Params) -> Self {
        let given = |name: &str| form.one(name).filter(|text| !text.trim().is_empty()).map(str::to_owned);
        Self { queries: given("queries"), extend: given("extend") }
    }

    fn is_any(&self) -> bool {
        self.queries.is_some() || self.extend.is_some()
    }
}

async fn reconcile(
    State(compat): State<Compat>,
    Path(dataset): Path<String>,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Answer {
    let asked = Asked::of(&Params::of(&text(&body)));
    reconciled(compat, dataset, query.unwrap_or_default(), asked).await
}

async fn reconciled(compat: Compat, dataset: String, query: String, asked: Asked) -> Answer {
    let own = compat.clone();
    if let Some(asked) = asked.extend {
        let work = move |_: &mut Scratch| {
            let book = own.book().map_err(Refused::NotReady)?;
            let (answer, count) = reconcile::extend(&book, &asked)?;
            shown(&answer, count, None)
        };
        return compat.run(work).await;
    }
    let Some(queries) = asked.queries else {
        return Err(Refused::Bad("neither `queries` nor `extend` is given, as a form".to_owned()));
    };
    let call = json!({ "interface": "yente-reconcile", "dataset": dataset, "query": query, "body": queries });
    let work = move |scratch: &mut Scratch| reconcile::queries(&own, &dataset, &query, &queries, scratch);
    recorded(&compat, compat.run(work).await, call).await
}

async fn preview(State(compat): State<Compat>, Path((dataset, id)): Path<(String, String)>) -> Answer {
    let own = compat.clone();
    let work = move |_: &mut Scratch| {
        let collections = own.collections();
        let book = own.book().map_err(Refused::NotReady)?;
        let lists = Scope::of(book.snapshot(), &collections).lists(&dataset)?;
        Ok((preview::headers(), preview::page(&book, &lists, &id)?).into_response())
    };
    compat.run(work).await
}

async fn suggest(
    State(compat): State<Compat>,
    Path((dataset, what)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Answer {
    from_book(compat, query, move |book, scope, params| suggest::suggest(book, &scope.lists(&dataset)?, &what, params))
        .await
}

async fn extend(State(compat): State<Compat>, Path(dataset): Path<String>, RawQuery(query): RawQuery) -> Answer {
    let collections = compat.collections();
    let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
    let scope = Scope::of(&snapshot, &collections);
    Ok(json_of(&reconcile::properties(scope, &dataset, &Params::of(&query.unwrap_or_default()))?))
}
