//! Requests of people who signed in: their session by its cookie, who they are, and signing out.
//!
//! Promises: a session that ended opens nothing, at once and on every instance, for each request asks the state; a session
//! of another provider, client or state opens nothing; a request that writes counts only with the number that
//! `/v1/me` gives and from our own pages, so that another site cannot use a cookie it does not know.
//!
//! Not here: how a session begins (`login`), how it is kept (`state`).

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::Response;
use interdict_state::{Ending, Session, Token};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;
use utoipa::ToSchema;

use super::cookie::Cookie;
use super::{Oidc, Refused};
use crate::access::Caller;
use crate::app::{App, now};
use crate::door;
use crate::problem::{Fault, Problems};
use crate::question;
use crate::screen::{bytes, json};

/// How often the last use of a session is written down, in seconds.
const USE_NOTED_EVERY: i64 = 60;

const ENDED: Refused = Refused("the session has ended\nhint: sign in again at /auth/login");

/// How a caller showed who it is.
#[derive(Clone, Debug)]
pub(crate) enum Way {
    /// Not at all.
    Anonymous,
    /// With a key of ours.
    Key,
    /// With an access token of the provider.
    Bearer,
    /// With the cookie of a session, and the number that its writes must bring.
    Session(Arc<Session>, String),
}

/// Whoever sent the cookie of a session; none without one.
pub(crate) async fn of_cookie(
    app: &Arc<App>,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Option<(Caller, Way)>, Fault> {
    let Some(oidc) = &app.oidc else { return Ok(None) };
    let Some(text) = Cookie::Session.of(oidc, headers)? else { return Ok(None) };
    let token = Token::presented(&text).ok_or(ENDED)?;
    let (hash, now) = (token.hash(), now());
    let (realm, idle) = (oidc.realm, oidc.idle());
    let noted_every = (idle / 4).clamp(1, USE_NOTED_EVERY);
    let found = app.ask(move |state| {
        let found = state.session_of(hash)?.filter(|session| session.realm == realm && is_open(session, idle, now));
        if let Some(session) = found.as_ref().filter(|session| session.used_at + noted_every <= now) {
            // A full disk must not shut out whoever only reads; the session then ends as if nobody used it.
            if let Err(error) = state.session_used(&session.id, now) {
                tracing::warn!(reason = error.to_string(), "the last use of a session is not noted");
            }
        }
        Ok(found)
    });
    let session = Arc::new(found.await?.ok_or(ENDED)?);
    oidc.within_rate(&session.who)?;
    let csrf = oidc.derive("csrf", &[&hash.0.0]);
    if ![Method::GET, Method::HEAD].contains(method) {
        from_our_pages(oidc, headers, &csrf)?;
    }
    let caller = Caller { id: session.who.clone(), roles: session.roles.clone() };
    Ok(Some((caller, Way::Session(session, csrf))))
}

/// Whether a session has not ended by itself.
pub(super) fn is_open(session: &Session, idle: i64, now: i64) -> bool {
    session.ends_at.min(session.used_at.saturating_add(idle)) > now
}

/// Whether a request that writes comes from our own pages: it names our origin and has the session's number.
fn from_our_pages(oidc: &Oidc, headers: &HeaderMap, csrf: &str) -> Result<(), Fault> {
    let one = |name: &str| {
        let mut given = headers.get_all(name).iter();
        given.next().filter(|_| given.next().is_none()).and_then(|value| value.to_str().ok())
    };
    let is_ours = one(header::ORIGIN.as_str()) == Some(oidc.origin()?);
    let given = one("x-csrf-token").unwrap_or_default();
    if is_ours && bool::from(given.as_bytes().ct_eq(csrf.as_bytes())) {
        return Ok(());
    }
    Err(Fault::Forbidden(
        "a session writes from this service's own pages only\nhint: send `Origin`, and `X-CSRF-Token` with the `csrf` of /v1/me; \
         programs use a key"
            .to_owned(),
    ))
}

/// Who the service takes a caller for.
#[derive(Serialize, ToSchema)]
struct Me {
    /// The id of the key, or the number of the person.
    id: String,
    roles: Vec<&'static str>,
    /// anonymous, key, bearer or session.
    #[schema(example = "session")]
    way: &'static str,
    /// What the provider calls the person of a session.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// When the session ends by itself, in seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    ends_at: Option<i64>,
    /// What writes of the session must bring as `X-CSRF-Token`.
    #[serde(skip_serializing_if = "Option::is_none")]
    csrf: Option<String>,
}

/// Who you are to the service, and as what
#[utoipa::path(get, path = "/v1/me", tag = "sign-in",
    responses((status = 200, description = "the caller", body = Me), Problems))]
pub(crate) async fn me(
    Extension(caller): Extension<Caller>,
    Extension(way): Extension<Way>,
) -> Result<Response, Fault> {
    let roles = caller.roles.iter().map(|role| role.word()).collect();
    let of = |way| Me { id: caller.id.clone(), roles, way, name: None, ends_at: None, csrf: None };
    Ok(json(bytes(&match way {
        Way::Anonymous => of("anonymous"),
        Way::Key => of("key"),
        Way::Bearer => of("bearer"),
        Way::Session(session, csrf) => Me {
            name: Some(session.name.clone()).filter(|name| !name.is_empty()),
            ends_at: Some(session.ends_at),
            csrf: Some(csrf),
            ..of("session")
        },
    })?))
}

/// What to end.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LogoutQuestion {
    /// All sessions of the person, not this one alone.
    #[serde(default)]
    everywhere: bool,
}

/// What ended.
#[derive(Serialize, ToSchema)]
struct LoggedOut {
    /// Sessions that ended.
    ended: u64,
    /// Where the browser may go to end the provider's own session.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<String>,
}

/// Sign out: end this session, or all of the person's
#[utoipa::path(post, path = "/auth/logout", tag = "sign-in", request_body = Option<LogoutQuestion>,
    params(("X-CSRF-Token" = String, Header, description = "the `csrf` of /v1/me")),
    responses((status = 200, description = "it opens nothing any more", body = LoggedOut), Problems))]
pub(crate) async fn logout(
    State(app): State<Arc<App>>,
    Extension(way): Extension<Way>,
    request: Request,
) -> Result<Response, Fault> {
    let body = door::body(&app, request.into_body()).await?;
    let asked = if body.is_empty() { LogoutQuestion::default() } else { question::json::<LogoutQuestion>(&body)? };
    let (Some(oidc), Way::Session(session, _)) = (&app.oidc, way) else {
        return Err(Fault::Forbidden("there is no session to end".to_owned()));
    };
    let who = session.who.clone();
    let ending = if asked.everywhere { Ending::Of(who.clone()) } else { Ending::One(session.id.clone()) };
    let ended = app.ask(move |state| state.end_sessions(&ending)).await?.len() as u64;
    tracing::info!(who, ended, "signed out");
    app.recorded_sign_out(who).await?;
    let provider = oidc.provider.known().await.ok().and_then(|known| known.meta.end_session.clone()).map(|mut url| {
        url.query_pairs_mut().append_pair("client_id", &oidc.settings.client_id);
        if let Some(to) = &oidc.settings.after_logout_url {
            url.query_pairs_mut().append_pair("post_logout_redirect_uri", to);
        }
        url.to_string()
    });
    Ok(json(bytes(&LoggedOut { ended, provider })?))
}
