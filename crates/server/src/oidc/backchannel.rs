//! The provider says by itself that somebody signed out there: OpenID Connect Back-Channel Logout 1.0.
//!
//! Promises: a token is checked as the standard's section 2.6 says, and taken once; the sessions that it means have ended, on
//! every instance, when it is answered; a sign-in of the same session of the provider that was under way does not outlive it.
//!
//! Not here: what the token must say (`claims`), which sessions are meant (`state`).

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use interdict_model::Digest;
use interdict_state::{Ending, Session, StateError};
use serde::Serialize;
use url::form_urlencoded;
use utoipa::ToSchema;

use super::{claims, login};
use crate::app::{App, now};
use crate::door;
use crate::problem::{Fault, Problems};

/// Who ended them, on record.
const BY: &str = "identity provider";

/// What the provider sends.
#[derive(Serialize, ToSchema)]
struct LogoutForm {
    /// A signed token that says who signed out.
    logout_token: String,
}

/// What is remembered of a session of the provider that ended.
pub(super) fn answer_of(mark: Digest) -> Digest {
    Digest::of_parts([b"ended".as_slice(), &mark.0])
}

/// The token of a form: it stands there once.
fn token(body: &[u8]) -> Result<String, Fault> {
    let mut given = form_urlencoded::parse(body).filter(|(name, _)| name == "logout_token");
    match (given.next(), given.next()) {
        (Some((_, token)), None) => Ok(token.into_owned()),
        (None, _) | (Some(_), Some(_)) => Err(Fault::BadRequest(
            "the form must have `logout_token`, once\nhint: the identity provider sends it".to_owned(),
        )),
    }
}

/// Ends what the provider means; none if this token was taken already.
fn end(
    state: &interdict_state::State,
    taken: Digest,
    gone: Option<Digest>,
    ending: &Ending,
    now: i64,
) -> Result<Option<Vec<Session>>, StateError> {
    if !state.take_answer(taken, now)? {
        return Ok(None);
    }
    // First it is remembered, then ended: a sign-in that comes between sees it and ends itself.
    let ended = gone.map_or(Ok(true), |gone| state.take_answer(gone, now)).and_then(|_| {
        let ended = state.end_sessions(ending)?;
        state.shut_out(ending, &ended, now)?;
        Ok(ended)
    });
    if ended.is_err() {
        // The provider may send it again.
        state.give_answer_back(taken)?;
    }
    ended.map(Some)
}

/// Sign-out at the identity provider, told by it
#[utoipa::path(post, path = "/auth/backchannel-logout", tag = "sign-in", security(()),
    request_body(content = LogoutForm, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "the sessions that are meant have ended"), Problems))]
pub(crate) async fn logout(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    let oidc = login::configured(&app)?;
    door::must_be_json(request.headers(), &["application/x-www-form-urlencoded"])?;
    let body = door::body(&app, request.into_body()).await?;
    // The standard has 400 for whatever is wrong with the token.
    let wrong = |text: &'static str| {
        tracing::warn!(reason = text, "sign-out by the identity provider refused");
        Fault::BadRequest(text.to_owned())
    };
    let token = oidc.provider.verified(&token(&body)?).await.map_err(|fault| match fault {
        Fault::Unauthenticated(text) => wrong(text),
        other => other,
    })?;
    let now = now();
    let gone = claims::of_logout(&token.said, token.kind.as_deref(), &oidc.settings, now)
        .map_err(|refused| wrong(refused.0))?;
    let taken = Digest::of(oidc.derive("logout token", &[gone.token.as_bytes()]).as_bytes());
    let mark = gone.sid.map(|sid| oidc.mark(&sid));
    let ending = Ending::Provider { realm: oidc.realm, who: gone.subject.map(|subject| oidc.who(&subject)), mark };
    let ended = app.ask(move |state| end(state, taken, mark.map(answer_of), &ending, now)).await?;
    let ended = ended.ok_or_else(|| wrong("the token was taken already"))?;
    tracing::info!(ended = ended.len(), "signed out by the identity provider");
    app.recorded_ends(BY, &ended).await?;
    Ok(StatusCode::OK.into_response())
}
