//! How the service is: alive, ready, and with what.
//!
//! Not here: counters (`metrics`), loading lists (`lists`).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use interdict_engine::VERSION;
use interdict_model::{Digest, ListVersion};
use jiff::tz::TimeZone;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::{App, now};
use crate::lists::{Loaded, SelfHit};
use crate::metrics::{Gauges, ListGauge};
use crate::problem::{Fault, Problems};
use crate::screen::{bytes, json};
use crate::shape;

/// Alive.
#[derive(Serialize, ToSchema)]
struct Alive {
    status: &'static str,
}

/// Whether the process answers at all
#[utoipa::path(get, path = "/healthz", tag = "service",
    responses((status = 200, description = "it does", body = Alive), Problems), security(()))]
pub(crate) async fn alive() -> Result<Response, Fault> {
    Ok(json(bytes(&Alive { status: "ok" })?))
}

/// Whether the service may be asked.
#[derive(Serialize, ToSchema)]
pub(crate) struct Ready {
    /// `ok` or `not ready`: what clients of yente look for.
    status: &'static str,
    ready: bool,
    /// Why not.
    reasons: Vec<String>,
}

/// The day on which a list was published, in seconds since 1970.
fn published_at(version: &ListVersion) -> Option<i64> {
    Some(version.published?.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second())
}

/// Days since a list was published.
fn age_days(version: &ListVersion, now: i64) -> Option<i64> {
    Some(now.saturating_sub(published_at(version)?) / 86_400)
}

fn reasons(app: &App, loaded: &Loaded) -> Vec<String> {
    let mut reasons = Vec::new();
    if app.is_ending() {
        reasons.push("the service is ending".to_owned());
    }
    if app.pulse.stopped().is_some() {
        // Why is for those who may see the status.
        reasons.push("the state cannot be reached: keys and sessions cannot be looked up".to_owned());
    }
    if loaded.snapshot.is_starter() {
        reasons.push("only the starter list is loaded: import lists with `interdict lists import`".to_owned());
    }
    if let Some(first) = loaded.self_hit.missed.first() {
        let missed = loaded.self_hit.missed.len();
        reasons.push(format!(
            "{missed} of {} listings are not found by their own name, as {first}",
            loaded.self_hit.tested
        ));
    }
    if let Some(most) = app.settings.max_age_days {
        for version in loaded.snapshot.versions() {
            match age_days(version, now()) {
                Some(age) if age <= i64::from(most) => {}
                Some(age) => reasons.push(format!("{} was published {age} days ago, {most} are allowed", version.list)),
                None => reasons.push(format!("{} says no day of publication", version.list)),
            }
        }
    }
    reasons
}

/// Whether the service may be asked: lists are loaded, find themselves, and are not too old, and the state is reached
#[utoipa::path(get, path = "/readyz", tag = "service",
    responses((status = 200, description = "it may", body = Ready), (status = 503, description = "it may not", body = Ready), Problems),
    security(()))]
pub(crate) async fn ready(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let reasons = reasons(&app, &app.lists());
    let ready = reasons.is_empty();
    let (code, status) = if ready { (StatusCode::OK, "ok") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready") };
    Ok((code, json(bytes(&Ready { status, ready, reasons })?)).into_response())
}

/// The service in detail.
#[derive(Serialize, ToSchema)]
struct Status<'a> {
    version: &'static str,
    ready: bool,
    /// Why not.
    reasons: Vec<String>,
    /// Seconds since 1970.
    started_at: i64,
    /// When the lists were loaded.
    lists_loaded_at: i64,
    /// Why newer lists are not in use, if there are any.
    reload_error: Option<String>,
    #[schema(value_type = String)]
    snapshot: Digest,
    /// Whether only the built-in starter list is there, which clears nobody.
    starter: bool,
    listings: u32,
    names: u32,
    /// Records that could not be loaded and are not compared.
    left_out: u64,
    /// Hash of the law.
    #[schema(value_type = String)]
    law: Digest,
    #[schema(value_type = Object)]
    self_hit: &'a SelfHit,
    lists: Vec<ListStatus<'a>>,
    /// Requests that wait for a thread.
    waiting: usize,
    /// Threads that compare.
    workers: usize,
    /// What needs two persons: acceptances, rollbacks, allowances, keys.
    four_eyes: Vec<&'static str>,
    /// sqlite or postgresql.
    state: &'static str,
    /// Why keys and sessions cannot be looked up.
    state_error: Option<String>,
    /// What somebody should look after, though it keeps nobody from asking.
    warnings: Vec<String>,
}

/// A list in detail.
#[derive(Serialize, ToSchema)]
struct ListStatus<'a> {
    #[serde(flatten)]
    #[schema(value_type = shape::VersionAnswer)]
    version: &'a ListVersion,
    /// Days since it was published.
    age_days: Option<i64>,
}

/// The service in detail: lists and their versions, what was left out, the self-test
#[utoipa::path(get, path = "/v1/status", tag = "service",
    responses((status = 200, description = "as it is now", body = Status), Problems))]
pub(crate) async fn status(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let loaded = app.lists();
    let snapshot = &loaded.snapshot;
    let reasons = reasons(&app, &loaded);
    let now = now();
    let of = |version| ListStatus { version, age_days: age_days(version, now) };
    Ok(json(bytes(&Status {
        version: VERSION,
        ready: reasons.is_empty(),
        reasons,
        started_at: app.started_at,
        lists_loaded_at: loaded.loaded_at,
        reload_error: app.lists.failed(),
        snapshot: snapshot.digest(),
        starter: snapshot.is_starter(),
        listings: snapshot.listings(),
        names: snapshot.names(),
        left_out: snapshot.left_out(),
        law: app.book.law.version,
        self_hit: &loaded.self_hit,
        lists: snapshot.versions().map(of).collect(),
        waiting: app.pool.waiting(),
        workers: app.settings.workers,
        four_eyes: app.settings.four_eyes.words(),
        state: if app.state.is_shared() { "postgresql" } else { "sqlite" },
        state_error: app.pulse.stopped(),
        warnings: app.settings.home.open_to_others().into_iter().collect(),
    })?))
}

fn gauge(version: &ListVersion) -> ListGauge<'_> {
    ListGauge {
        name: &version.list.0,
        listings: version.listings,
        rejections: version.rejections,
        published_at: published_at(version),
    }
}

/// Counters in the OpenMetrics text format
#[utoipa::path(get, path = "/metrics", tag = "service",
    responses((status = 200, description = "counters", body = String, content_type = "application/openmetrics-text"), Problems))]
pub(crate) async fn metrics(State(app): State<Arc<App>>) -> Response {
    let loaded = app.lists();
    let lists = loaded.snapshot.versions().map(gauge).collect();
    let text = app.metrics.text(&Gauges {
        ready: reasons(&app, &loaded).is_empty(),
        waiting: app.pool.waiting(),
        traces: app.tracer.as_ref().map(|tracer| tracer.counts()),
        unfolded_bytes: app.register.as_ref().map(crate::register::Register::unfolded_bytes),
        listings: loaded.snapshot.listings(),
        loaded_at: loaded.loaded_at,
        started_at: app.started_at,
        reload_failed: app.lists.failed().is_some(),
        state_reached: app.pulse.stopped().is_none(),
        lists,
    });
    let mut response = text.into_response();
    let kind = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}
