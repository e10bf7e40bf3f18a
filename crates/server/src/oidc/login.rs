//! The two steps of a sign-in: away to the provider, and back with its answer.
//!
//! Promises: the answer counts only in the browser that asked, within [`WITHIN_S`], once; after it people land at an address
//! of this service and nowhere else; a sign-in that counts is in the ledger before the browser learns of it.
//!
//! Not here: what the provider is asked (`provider`), what its token must say (`claims`).

use std::collections::HashMap;
use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use interdict_model::Digest;
use interdict_state::{Ending, NewSession, Token};
use subtle::ConstantTimeEq as _;
use url::{Url, form_urlencoded};

use super::cookie::Cookie;
use super::provider::code;
use super::{Oidc, Refused, backchannel, claims};
use crate::app::{App, now};
use crate::problem::{Fault, Problems};

/// Where people land who did not say where.
const LANDING: &str = "/v1/me";

/// Seconds that somebody may take at the provider.
const WITHIN_S: i64 = 600;

/// Characters of a query, and of an address to return to.
const LONGEST: usize = 8 << 10;
const LONGEST_PLACE: usize = 1 << 10;

const OTHER_BROWSER: Refused =
    Refused("this sign-in was not begun in this browser, or too long ago\nhint: begin again at /auth/login");

/// The fields of a query; one that stands twice is refused.
fn fields(query: Option<String>) -> Result<HashMap<String, String>, Fault> {
    let query = query.unwrap_or_default();
    let mut fields = HashMap::new();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        if query.len() > LONGEST || fields.insert(key.into_owned(), value.into_owned()).is_some() {
            return Err(Fault::BadRequest("the address is too long, or has a field twice".to_owned()));
        }
    }
    Ok(fields)
}

/// An address of this service, whole, or a refusal.
fn place(origin: &str, text: &str) -> Result<Url, Fault> {
    let refused = || Fault::BadRequest("return_to: not an address of this service\nhint: a path, as /v1/me".to_owned());
    let plain = text.len() <= LONGEST_PLACE && text.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'\\');
    if !plain || !text.starts_with('/') || text.starts_with("//") {
        return Err(refused());
    }
    let home = Url::parse(origin).map_err(|_| refused())?;
    let url = home.join(text).map_err(|_| refused())?;
    let is_ours = url.origin() == home.origin() && url.username().is_empty() && !url.path().starts_with("/auth/");
    if is_ours { Ok(url) } else { Err(refused()) }
}

/// A sign-in under way, as the browser keeps it.
struct Begun {
    secret: String,
    at: i64,
    place: String,
}

impl Begun {
    fn seal(&self, oidc: &Oidc) -> String {
        let body = format!("{}.{}.{}", self.secret, self.at, URL_SAFE_NO_PAD.encode(&self.place));
        format!("{body}.{}", oidc.derive("sign-in cookie", &[body.as_bytes()]))
    }

    fn open(oidc: &Oidc, text: &str, now: i64) -> Option<Self> {
        let (body, seal) = text.rsplit_once('.')?;
        let own = oidc.derive("sign-in cookie", &[body.as_bytes()]);
        if !bool::from(own.as_bytes().ct_eq(seal.as_bytes())) {
            return None;
        }
        let mut parts = body.split('.');
        let (secret, at, place) = (parts.next()?.to_owned(), parts.next()?.parse::<i64>().ok()?, parts.next()?);
        let place = String::from_utf8(URL_SAFE_NO_PAD.decode(place).ok()?).ok()?;
        let in_time = at <= now.saturating_add(1) && now < at.saturating_add(WITHIN_S);
        in_time.then_some(Self { secret, at, place })
    }

    /// The state, the nonce or the verifier: none can be computed from another.
    fn number(&self, oidc: &Oidc, what: &str) -> String {
        oidc.derive(what, &[self.secret.as_bytes()])
    }
}

pub(super) fn configured(app: &App) -> Result<&Oidc, Fault> {
    let none = "sign-in is not set up here\nhint: `[oidc]` in serve.toml; see docs/signing-in.md";
    app.oidc.as_ref().ok_or_else(|| Fault::NotFound(none.to_owned()))
}

fn redirect(to: &str, cookies: &[Option<HeaderValue>]) -> Result<Response, Fault> {
    let to = HeaderValue::from_str(to).map_err(|_| Fault::Internal("an address that is no header".to_owned()))?;
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    headers.insert(header::LOCATION, to);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    for cookie in cookies.iter().flatten() {
        headers.append(header::SET_COOKIE, cookie.clone());
    }
    Ok(response)
}

/// Sign in: send the browser to the identity provider
#[utoipa::path(get, path = "/auth/login", tag = "sign-in", security(()),
    params(("return_to" = Option<String>, Query, description = "path of this service where to land afterwards")),
    responses((status = 303, description = "to the provider, with a cookie that ties its answer to this browser"), Problems))]
pub(crate) async fn login(State(app): State<Arc<App>>, RawQuery(query): RawQuery) -> Result<Response, Fault> {
    let oidc = configured(&app)?;
    let origin = oidc.origin()?;
    let fields = fields(query)?;
    let to = fields.get("return_to").map_or(LANDING, String::as_str);
    place(origin, to)?;
    let known = oidc.provider.known().await?;
    let begun = Begun { secret: Token::random()?.reveal().to_owned(), at: now(), place: to.to_owned() };
    let verifier = begun.number(oidc, "verifier");
    let mut url = known.meta.authorize.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &oidc.settings.client_id)
        .append_pair("redirect_uri", &format!("{origin}/auth/callback"))
        .append_pair("scope", &oidc.settings.scopes.join(" "))
        .append_pair("state", &begun.number(oidc, "state"))
        .append_pair("nonce", &begun.number(oidc, "nonce"))
        .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(Digest::of(verifier.as_bytes()).0))
        .append_pair("code_challenge_method", "S256");
    redirect(url.as_str(), &[Cookie::SignIn.set(oidc, &begun.seal(oidc), WITHIN_S)])
}

/// The provider's answer to a sign-in
#[utoipa::path(get, path = "/auth/callback", tag = "sign-in", security(()),
    params(("code" = Option<String>, Query, description = "the provider's code"),
           ("state" = Option<String>, Query, description = "as it was sent to the provider"),
           ("iss" = Option<String>, Query, description = "the provider (RFC 9207)"),
           ("error" = Option<String>, Query, description = "why the provider refuses")),
    responses((status = 303, description = "to where the sign-in was begun, with the cookie of a session"), Problems))]
pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let oidc = configured(&app)?;
    oidc.callbacks.check().map_err(|_| Fault::TooManyRequests)?;
    let fields = fields(query)?;
    let now = now();
    let cookie = Cookie::SignIn.of(oidc, &headers)?;
    let begun = cookie.and_then(|text| Begun::open(oidc, &text, now)).ok_or(OTHER_BROWSER)?;
    let (given, own) = (fields.get("state").map_or("", String::as_str), begun.number(oidc, "state"));
    if !bool::from(given.as_bytes().ct_eq(own.as_bytes())) {
        return Err(OTHER_BROWSER.into());
    }
    // From here on the answer is used up, whatever comes of it.
    let answer = Digest::of(own.as_bytes());
    if !app.ask(move |state| state.take_answer(answer, now)).await? {
        return Err(Refused("this answer was taken already\nhint: begin again at /auth/login").into());
    }
    match finish(&app, oidc, &headers, &fields, &begun).await {
        Ok(response) => Ok(response),
        Err(fault) => {
            if matches!(fault, Fault::Unauthenticated(_) | Fault::Forbidden(_)) {
                tracing::warn!(reason = fault.to_string(), "sign-in refused");
            }
            let mut response = fault.into_response();
            if let Some(gone) = Cookie::SignIn.set(oidc, "", 0) {
                response.headers_mut().append(header::SET_COOKIE, gone);
            }
            Ok(response)
        }
    }
}

/// Who came back, by the provider's token.
async fn person(
    oidc: &Oidc,
    fields: &HashMap<String, String>,
    begun: &Begun,
    now: i64,
) -> Result<claims::Person, Fault> {
    let known = oidc.provider.known().await?;
    match fields.get("iss") {
        Some(issuer) if *issuer != oidc.settings.issuer => {
            return Err(Refused("the answer is of another issuer").into());
        }
        None if known.meta.names_itself => return Err(Refused("the answer does not name its issuer").into()),
        Some(_) | None => {}
    }
    if let Some(error) = fields.get("error") {
        tracing::warn!(code = code(error), "the identity provider refuses");
        return Err(Refused("the identity provider did not sign you in").into());
    }
    let given = fields.get("code").filter(|given| !given.is_empty()).ok_or(Refused("the answer has no code"))?;
    let redirect = format!("{}/auth/callback", oidc.origin()?);
    let given = oidc.provider.exchange(&known, given, &begun.number(oidc, "verifier"), &redirect).await?;
    let token = oidc.provider.verified(&given.person).await?;
    let mut person = claims::of_sign_in(&token.said, &oidc.settings, &begun.number(oidc, "nonce"), begun.at, now)?;
    if let Some(access) = given.access {
        claims::is_of(&token, &access)?;
        // Many providers say groups here and leave tokens small.
        if claims::value(&token.said, &oidc.settings).is_none()
            && let Some(more) = oidc.provider.userinfo(&known, &access).await?
        {
            person.learn(&more, &oidc.settings)?;
        }
    }
    Ok(person)
}

async fn finish(
    app: &Arc<App>,
    oidc: &Oidc,
    headers: &HeaderMap,
    fields: &HashMap<String, String>,
    begun: &Begun,
) -> Result<Response, Fault> {
    let now = now();
    let person = match person(oidc, fields, begun, now).await {
        Ok(person) => person,
        Err(fault) => {
            // That the provider was away is no refusal.
            if matches!(fault, Fault::Unauthenticated(_)) {
                app.recorded_sign_in(String::new(), false).await?;
            }
            return Err(fault);
        }
    };
    let who = oidc.who(&person.subject);
    if person.roles.is_empty() {
        app.recorded_sign_in(who, false).await?;
        if person.too_many {
            let hint = "have it send only groups that are assigned to this application, or roles of the application";
            return Err(Fault::Forbidden(format!(
                "you are known, and are in so many groups that the identity provider left them out\nhint: {hint}"
            )));
        }
        let hint = "the one who keeps `[oidc] roles` in serve.toml gives roles to groups of the provider";
        return Err(Fault::Forbidden(format!("you are known, and have no role here\nhint: {hint}")));
    }
    app.recorded_sign_in(who.clone(), true).await?;
    // A session that the browser brought, its own or one that was planted, ends here: the new one has a new token.
    if let Some(former) = Cookie::Session.of(oidc, headers)?.and_then(|text| Token::presented(&text)) {
        app.ask(move |state| match state.session_of(former.hash())? {
            Some(session) => state.end_sessions(&Ending::One(session.id)).map(drop),
            None => Ok(()),
        })
        .await?;
    }
    let lasts = i64::try_from(oidc.settings.session.as_secs()).unwrap_or(i64::MAX);
    let new = NewSession {
        who: who.clone(),
        realm: oidc.realm,
        name: person.name,
        roles: person.roles,
        ends_at: now.saturating_add(lasts),
        mark: person.sid.map(|sid| oidc.mark(&sid)),
    };
    // The provider may have ended its session meanwhile: whichever of the two comes second sees the other.
    let gone = new.mark.map(backchannel::answer_of);
    let begin = move |state: &interdict_state::State| {
        let (session, token) = state.begin_session(&new, now)?;
        let is_gone = gone.map_or(Ok(false), |gone| state.is_answer_taken(gone))?;
        if is_gone {
            state.end_sessions(&Ending::One(session.id))?;
        }
        Ok((!is_gone).then_some(token))
    };
    let token = app.ask(begin).await?.ok_or(Refused("the session at the identity provider has ended meanwhile"))?;
    tracing::info!(who, "signed in");
    let to = place(oidc.origin()?, &begun.place)?;
    redirect(to.as_str(), &[Cookie::Session.set(oidc, token.reveal(), lasts), Cookie::SignIn.set(oidc, "", 0)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        let home = "https://desk.example";
        for (text, to) in [
            ("/v1/me", "https://desk.example/v1/me"),
            ("/alerts?id=7&x=//e.example#a", "https://desk.example/alerts?id=7&x=//e.example#a"),
            // An address that is whole has no second reading.
            ("/.//evil.example", "https://desk.example//evil.example"),
            ("/@evil.example", "https://desk.example/@evil.example"),
        ] {
            assert_eq!(place(home, text).unwrap().as_str(), to, "{text}");
        }
        for text in [
            "",
            "evil",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "/a\nSet-Cookie: x=y",
            "/\t/evil.example",
            " /v1/me",
            "/é",
            "/auth/logout",
            "/v1/../auth/login",
            "/%0d\r\n",
        ] {
            assert!(place(home, text).is_err(), "{text:?}");
        }
        assert!(place(home, &format!("/{}", "a".repeat(LONGEST_PLACE))).is_err());
    }
}
