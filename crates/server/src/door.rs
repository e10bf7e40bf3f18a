//! What every request passes: who is there and what it may, an id, a count, a line in the log.
//!
//! Promises: a route that nobody wrote into the table stays shut; the log holds method, route,
//! status, time and the key's id, never an address with its values, a name or a token.
//!
//! Not here: the table of rights (`access`), making keys (`keys`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use interdict_state::Token;

use crate::Dialect;
use crate::access::{Caller, Need, Right, need};
use crate::app::{App, now};
use crate::compat::yente::cors;
use crate::oidc::{self, Way};
use crate::page;
use crate::problem::Fault;
use crate::redact;
use crate::trace::{self, Trace};

/// How long the body of a single request may take to arrive.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// The largest body in another interface: a hundred queries of 40 KiB each.
const MOST_GUEST_BYTES: usize = 4 << 20;

/// What every answer tells a browser: not to guess its kind, run anything in it, frame it, show it to other sites, or pass its address on.
const FOR_BROWSERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

static NUMBER: AtomicU64 = AtomicU64::new(1);

/// The door.
pub(crate) async fn door(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:x}-{number:x}", app.started_at);
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or("-", MatchedPath::as_str);
    let method = request.method().clone();
    let trace = app.tracer.as_ref().and_then(|tracer| tracer.begin(request.headers()));
    let called = (request.uri(), request.headers());
    let admitted = admit(&app, &method, path.as_ref().map(MatchedPath::as_str), called).await;
    if let Err(fault) = &admitted {
        app.refusals.count(fault);
    }
    let who = admitted.as_ref().map_or_else(|_| "-".to_owned(), |(caller, _)| caller.id.clone());
    let mut response = match admitted {
        Ok((caller, way)) => {
            request.extensions_mut().insert(way);
            let asked = request.uri().path().to_owned();
            let declared = path.as_ref().map_or_else(|| asked.clone(), |path| path.as_str().to_owned());
            request.extensions_mut().insert(caller.clone());
            let is_write = writes(&method, declared.as_str(), request.headers());
            let answer = trace::within(trace.clone(), next.run(request));
            let response = if is_write { app.writes.finished(answer).await } else { answer.await };
            // What has no route here and no other interface says that there is nothing, and of nobody.
            let is_nowhere = path.is_none() && app.settings.compat.is_none();
            if is_nowhere { response } else { redact::veil(&app, caller, &declared, &asked, response).await }
        }
        Err(fault) => fault.into_response(),
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&id) {
        headers.insert("x-request-id", id);
    }
    for (name, value) in FOR_BROWSERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if app.settings.tls.is_some() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let took = begun.elapsed();
    let status = response.status().as_u16();
    app.metrics.request(route, status, took);
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    let in_trace = trace.as_ref().map(Trace::hex);
    tracing::info!(id, method = named(&method), route, status, micros, key = who, trace = in_trace, "request");
    if let Some(trace) = trace {
        trace.end(named(&method), route, status, micros);
    }
    response
}

/// Whether a request changes something, or must be done once: it is then done to its end, though nobody waits any more.
fn writes(method: &Method, path: &str, headers: &HeaderMap) -> bool {
    if headers.contains_key("idempotency-key") {
        return true;
    }
    match need(method.as_str(), path) {
        Some(Need::Right(Right::Screen | Right::Check | Right::UseTools)) | None => false,
        // Where a sign-in ends a session begins.
        Some(Need::Nothing) => path == "/auth/callback" || path == "/auth/backchannel-logout",
        Some(Need::Setup | Need::Somebody | Need::Session | Need::Right(_)) => {
            ![Method::GET, Method::HEAD].contains(method)
        }
    }
}

/// A method by its name, if it has one that is known: another is a word of the caller's.
fn named(method: &Method) -> &str {
    let known =
        [&Method::GET, &Method::HEAD, &Method::POST, &Method::PUT, &Method::DELETE, &Method::PATCH, &Method::OPTIONS];
    if known.contains(&method) { method.as_str() } else { "_OTHER" }
}

/// Who is there, if it may pass.
async fn admit(
    app: &Arc<App>,
    method: &Method,
    path: Option<&str>,
    called: (&Uri, &HeaderMap),
) -> Result<(Caller, Way), Fault> {
    let anonymous = || (Caller { id: "anonymous".to_owned(), roles: app.settings.anonymous.clone() }, Way::Anonymous);
    // What has no route tells nobody anything but that it is not there.
    let Some(path) = path else { return Ok(anonymous()) };
    let need = match need(method.as_str(), path) {
        Some(Need::Nothing | Need::Setup) => return Ok(anonymous()),
        Some(need @ (Need::Somebody | Need::Session | Need::Right(_))) => need,
        None if crate::access::ROUTES.iter().any(|(_, known, _)| *known == path) => {
            return Err(Fault::MethodNotAllowed);
        }
        None => return Err(Fault::Forbidden("nobody may use this address".to_owned())),
    };
    holder(app, need, method, called).await
}

/// Who holds a key or a session, or nobody by name, if that is enough.
async fn holder(
    app: &Arc<App>,
    need: Need,
    method: &Method,
    (uri, headers): (&Uri, &HeaderMap),
) -> Result<(Caller, Way), Fault> {
    let (caller, way) = if let Some(caller) = oidc::of_bearer(app, headers).await? {
        (caller, Way::Bearer)
    } else if let Some(token) = token(headers)? {
        (of_token(app, token).await?, Way::Key)
    } else if let Some(signed_in) = oidc::of_cookie(app, method, headers).await? {
        signed_in
    } else if app.settings.anonymous.is_empty() {
        return Err(Fault::Unauthenticated(
            "no key was given\nhint: send `Authorization: Bearer TOKEN`; `interdict keys new` makes one",
        ));
    } else {
        // Only there may pages of this computer come, as OpenRefine's.
        let is_for_pages = app.settings.compat == Some(Dialect::Yente) && cors::is_open(uri.path());
        let is_near = is_for_pages
            && (cors::origin(headers).is_some_and(|origin| cors::is_local(&origin))
                || cors::is_frame(method, uri.path(), headers));
        page::not_from_elsewhere(&app.settings.hosts, uri, headers, is_near)?;
        (Caller { id: "anonymous".to_owned(), roles: app.settings.anonymous.clone() }, Way::Anonymous)
    };
    match (need, &way) {
        (Need::Right(right), _) => caller.must(right)?,
        (Need::Session, Way::Key | Way::Bearer | Way::Anonymous) => {
            return Err(Fault::Forbidden(
                "there is no session to end\nhint: a key ends with `interdict keys revoke`".to_owned(),
            ));
        }
        // Whom no configured role knows is nobody.
        (Need::Somebody, _) if caller.roles.is_empty() => {
            return Err(Fault::Forbidden(
                "the token gives no role here\nhint: `[oidc] roles` in serve.toml gives them".to_owned(),
            ));
        }
        (Need::Session, Way::Session(..)) | (Need::Somebody | Need::Nothing | Need::Setup, _) => {}
    }
    Ok((caller, way))
}

/// The door of another interface: all of it is for those who may screen, but for what has a token of its own.
pub(crate) async fn guest(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let is_yente = app.settings.compat == Some(Dialect::Yente);
    if !is_yente || !cors::is_open(request.uri().path()) {
        return guided(&app, request, next).await.0;
    }
    if let Some(response) = cors::preflight(request.method(), request.headers()) {
        return redact::of_nobody(response);
    }
    let origin = cors::origin(request.headers());
    let (mut response, has_key) = guided(&app, request, next).await;
    cors::open(&mut response, origin, has_key);
    response
}

/// The answer to a guest, and whether it showed a key.
async fn guided(app: &Arc<App>, request: Request, next: Next) -> (Response, bool) {
    let is_update = app.settings.compat == Some(Dialect::Yente) && request.uri().path() == "/updatez";
    let mut has_key = false;
    let called = (request.uri(), request.headers());
    // Whoever showed nothing where nothing is asked for is a page that may not read why.
    let shows_none = !app.settings.anonymous.is_empty() && matches!(token(request.headers()), Ok(None));
    let caller = match holder(app, Need::Right(Right::Screen), request.method(), called).await {
        Ok((caller, way)) => {
            has_key = matches!(way, Way::Key | Way::Bearer);
            Some(caller)
        }
        Err(_) if is_update => None,
        // Nobody stands in it, and a page must be able to tell why it was refused.
        Err(fault) => return (redact::of_nobody(fault.into_response()), !shows_none),
    };
    let (parts, whole) = request.into_parts();
    let response = match bounded(whole, MOST_GUEST_BYTES).await {
        Ok(bytes) => {
            let mut response = next.run(Request::from_parts(parts, Body::from(bytes))).await;
            // The outer door, which knows nobody here, covers what this caller does not see.
            if let Some(caller) = caller {
                response.extensions_mut().insert(caller);
            }
            response
        }
        Err(fault) => redact::of_nobody(fault.into_response()),
    };
    (response, has_key)
}

async fn of_token(app: &Arc<App>, token: Token) -> Result<Caller, Fault> {
    let now = now();
    if let Some(known) = app.keys.known(token.hash(), now) {
        return known;
    }
    let asked = Arc::clone(app);
    app.ask(move |state| asked.keys.ask(state, &token, now)).await?
}

/// The token of a request, in its header.
pub(crate) fn token(headers: &HeaderMap) -> Result<Option<Token>, Fault> {
    const BAD: Fault = Fault::Unauthenticated("what was given cannot be a key");
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let bearer = match (given.next(), given.next()) {
        (None, _) => None,
        (Some(_), Some(_)) => return Err(BAD),
        (Some(value), None) => {
            let text = value.to_str().map_err(|_| BAD)?;
            let (scheme, token) = text.split_once(' ').ok_or(BAD)?;
            // `ApiKey` is how clients of yente write it.
            if !["bearer", "apikey"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
                return Err(BAD);
            }
            Some(token.trim())
        }
    };
    let mut given = headers.get_all("x-api-key").iter();
    let plain = match (given.next(), given.next()) {
        (None, _) => None,
        (Some(_), Some(_)) => return Err(BAD),
        (Some(value), None) => Some(value.to_str().map_err(|_| BAD)?),
    };
    match bearer.or(plain) {
        None => Ok(None),
        Some(text) => Token::presented(text).map(Some).ok_or(BAD),
    }
}

/// The body of a request, whole, within bounds of size and time.
pub(crate) async fn body(app: &App, body: Body) -> Result<Bytes, Fault> {
    bounded(body, app.settings.body_bytes).await
}

/// The headers and the body of a request that must be JSON.
pub(crate) async fn json_body(app: &App, request: Request) -> Result<(HeaderMap, Bytes), Fault> {
    must_be_json(request.headers(), &["application/json"])?;
    let (parts, body) = request.into_parts();
    Ok((parts.headers, self::body(app, body).await?))
}

async fn bounded(body: Body, most: usize) -> Result<Bytes, Fault> {
    let read = axum::body::to_bytes(body, most);
    match tokio::time::timeout(BODY_WITHIN, read).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) => {
            let mut source = std::error::Error::source(&error);
            while let Some(inner) = source {
                if inner.to_string().contains("length limit") {
                    let hint = "screen many parties with /v1/screen/batch";
                    return Err(Fault::TooLarge(format!("a body of more than {most} bytes\nhint: {hint}")));
                }
                source = inner.source();
            }
            Err(Fault::BadRequest("the body broke off".to_owned()))
        }
        Err(_) => Err(Fault::TooSlow(format!("the body was not there within {} s", BODY_WITHIN.as_secs()))),
    }
}

/// Whether a body is said to be JSON, or nothing is said. What is packed or in other letters than UTF-8 is not read: names
/// that are misread would be cleared.
pub(crate) fn must_be_json(headers: &HeaderMap, kinds: &[&str]) -> Result<(), Fault> {
    let refused =
        |what: &str, hint: &str| Err(Fault::UnsupportedMedia(format!("the body is {what}\nhint: send {hint}")));
    let is_plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    if !headers.get_all(header::CONTENT_ENCODING).iter().all(is_plain) {
        return refused("packed, which is not read here", "it as it is, without Content-Encoding");
    }
    let mut given = headers.get_all(header::CONTENT_TYPE).iter();
    let kind = match (given.next(), given.next()) {
        (None, _) => return Ok(()),
        (Some(_), Some(_)) => return refused("said to be of two kinds", "one Content-Type"),
        (Some(kind), None) => kind.to_str().unwrap_or("").to_ascii_lowercase(),
    };
    let (kind, parameters) = kind.split_once(';').unwrap_or((&kind, ""));
    if !kinds.contains(&kind.trim()) {
        return refused("not of the kind that is read here", &kinds.join(" or "));
    }
    let letters = parameters.split(';').filter_map(|one| one.trim().strip_prefix("charset="));
    if letters.map(|name| name.trim_matches('"')).all(|name| matches!(name, "utf-8" | "utf8" | "us-ascii")) {
        Ok(())
    } else {
        refused("in letters that are not read here", "UTF-8")
    }
}

/// What is said where there is nothing.
pub(crate) async fn nothing_here() -> Fault {
    Fault::NotFound("there is nothing at this address\nhint: /openapi.json lists what there is".to_owned())
}

/// What is said where there is something else.
pub(crate) async fn no_such_method() -> Fault {
    Fault::MethodNotAllowed
}
