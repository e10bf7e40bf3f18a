//! Who is signed in, and ending sessions: for those who look after them, and for each person its own.
//!
//! Promises: what is shown opens something now; of a person it shows the number, the name that the provider gives and the
//! roles, and never a token; who ended a session of another is on record, and so is each end.
//!
//! Not here: signing out of one's own session (`session`), the provider's word (`backchannel`), the command line (`cli`).

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use interdict_state::{Ending, Session, StateError};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::Way;
use super::session::is_open;
use crate::access::Caller;
use crate::app::{App, now};
use crate::once::{Written, once};
use crate::problem::{Fault, Problems};
use crate::question::short;
use crate::screen::{bytes, json};

/// A session as it is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionAnswer {
    #[schema(example = "session-0123456789abcdef")]
    id: String,
    /// The number of the person, the same in all sessions.
    #[schema(example = "oidc-0123456789abcdef")]
    who: String,
    /// What the provider calls the person; may be empty.
    name: String,
    roles: Vec<&'static str>,
    /// Seconds since 1970.
    created_at: i64,
    /// When it was last used, to the minute.
    used_at: i64,
    /// When it ends by itself.
    ends_at: i64,
    /// When it ends if nobody uses it.
    idle_at: i64,
    /// Whether it is the one with which this was asked.
    current: bool,
}

/// Sessions that ended.
#[derive(Serialize, ToSchema)]
struct Ended {
    /// Their ids.
    ended: Vec<String>,
}

/// The sessions that open something now.
async fn open(app: &Arc<App>, way: &Way, who: Option<&str>) -> Result<Vec<SessionAnswer>, Fault> {
    let Some(oidc) = &app.oidc else { return Ok(Vec::new()) };
    let (idle, now) = (oidc.idle(), now());
    let current = match way {
        Way::Session(session, _) => Some(session.id.as_str()),
        Way::Anonymous | Way::Key | Way::Bearer => None,
    };
    let sessions = app.ask(interdict_state::State::sessions).await?.into_iter();
    let open = sessions.filter(|session| session.realm == oidc.realm && is_open(session, idle, now));
    Ok(open
        .filter(|session| who.is_none_or(|who| session.who == who))
        .map(|session| SessionAnswer {
            current: current == Some(session.id.as_str()),
            roles: session.roles.iter().map(|role| role.word()).collect(),
            created_at: session.created_at,
            used_at: session.used_at,
            ends_at: session.ends_at,
            idle_at: session.used_at.saturating_add(idle).min(session.ends_at),
            id: session.id,
            who: session.who,
            name: session.name,
        })
        .collect())
}

fn ids(ended: Vec<Session>) -> Result<Written, Fault> {
    let ended = ended.into_iter().map(|session| session.id).collect();
    Ok(Written::json(StatusCode::OK, bytes(&Ended { ended })?))
}

fn none(id: &str, hint: &str) -> Fault {
    Fault::NotFound(format!("no session `{}`\nhint: {hint} lists them", short(id)))
}

fn named(path: Result<Path<String>, PathRejection>) -> Result<String, Fault> {
    path.map(|Path(id)| id).map_err(|_| Fault::BadRequest("the address is not UTF-8 text".to_owned()))
}

/// Who is signed in
#[utoipa::path(get, path = "/v1/sessions", tag = "sign-in",
    responses((status = 200, description = "open sessions in the order in which they began", body = Vec<SessionAnswer>), Problems))]
pub(crate) async fn all(State(app): State<Arc<App>>, Extension(way): Extension<Way>) -> Result<Response, Fault> {
    Ok(json(bytes(&open(&app, &way, None).await?)?))
}

/// Ends sessions of others; what these persons proposed and nobody approved lapses.
fn shut_out(state: &interdict_state::State, ending: &Ending, now: i64) -> Result<Vec<Session>, StateError> {
    let ended = state.end_sessions(ending)?;
    state.shut_out(ending, &ended, now)?;
    Ok(ended)
}

/// End a session
#[utoipa::path(delete, path = "/v1/sessions/{id}", tag = "sign-in",
    params(("id" = String, Path, description = "the id of the session"),
           ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 200, description = "it opens nothing any more", body = Ended), Problems))]
pub(crate) async fn end_one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Fault> {
    let id = named(path)?;
    let write = || async {
        let ending = Ending::One(id.clone());
        let ended = app.ask(move |state| shut_out(state, &ending, now())).await?;
        if ended.is_empty() {
            return Err(none(&id, "/v1/sessions"));
        }
        app.recorded_ends(&caller.id, &ended).await?;
        ids(ended)
    };
    once(&app, &caller.id, request.headers(), &[b"DELETE /v1/sessions", id.as_bytes()], write).await
}

/// Whose sessions are to end: of one person, or, said in so many words, all.
fn whose(query: Option<&str>) -> Result<Ending, Fault> {
    let fields: Vec<_> = form_urlencoded::parse(query.unwrap_or_default().as_bytes()).collect();
    match fields.as_slice() {
        [(name, who)] if name == "who" && !who.is_empty() => Ok(Ending::Of(who.clone().into_owned())),
        [(name, word)] if name == "all" && word == "true" => Ok(Ending::All),
        _ => Err(Fault::BadRequest(
            "whose sessions are to end must be said\nhint: ?who=oidc-… for those of a person, ?all=true for everybody's".to_owned(),
        )),
    }
}

/// End all sessions of a person, or everybody's
///
/// Exactly one of `who` and `all` is given, once.
#[utoipa::path(delete, path = "/v1/sessions", tag = "sign-in",
    params(("who" = Option<String>, Query, description = "the number of the person; not beside `all`"),
           ("all" = Option<bool>, Query, description = "true: everybody's, one's own too; not beside `who`"),
           ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 200, description = "they open nothing any more", body = Ended), Problems))]
pub(crate) async fn end_many(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Response, Fault> {
    let ending = whose(query.as_deref())?;
    let query = query.unwrap_or_default();
    let write = || async {
        let ended = app.ask(move |state| shut_out(state, &ending, now())).await?;
        app.recorded_ends(&caller.id, &ended).await?;
        ids(ended)
    };
    once(&app, &caller.id, request.headers(), &[b"DELETE /v1/sessions?", query.as_bytes()], write).await
}

/// Where else you are signed in
#[utoipa::path(get, path = "/v1/me/sessions", tag = "sign-in",
    responses((status = 200, description = "your open sessions", body = Vec<SessionAnswer>), Problems))]
pub(crate) async fn own(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(way): Extension<Way>,
) -> Result<Response, Fault> {
    Ok(json(bytes(&open(&app, &way, Some(&caller.id)).await?)?))
}

/// End a session of your own
#[utoipa::path(delete, path = "/v1/me/sessions/{id}", tag = "sign-in",
    params(("id" = String, Path, description = "the id of the session"),
           ("X-CSRF-Token" = String, Header, description = "the `csrf` of /v1/me")),
    responses((status = 200, description = "it opens nothing any more", body = Ended), Problems))]
pub(crate) async fn end_own(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Fault> {
    let id = named(path)?;
    // That of another is not told from one that is not there.
    let ending = Ending::OneOf { id: id.clone(), who: caller.id.clone() };
    let ended = app.ask(move |state| state.end_sessions(&ending)).await?;
    if ended.is_empty() {
        return Err(none(&id, "/v1/me/sessions"));
    }
    app.recorded_sign_out(caller.id).await?;
    Ok(json(ids(ended)?.shown))
}
