//! Keys over HTTP: the first one with the setup token, then with a key that may.
//!
//! Not here: who may (`access`), keys on the command line (`cli`).

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use interdict_ledger::entry::Act;
use interdict_state::{Kept, Key, KeyStanding, NewKey, Role, TokenHash};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::{App, now};
use crate::door;
use crate::oidc::Way;
use crate::once::{Written, once};
use crate::problem::{Fault, Problems};
use crate::proposals::shown::ProposalAnswer;
use crate::proposals::{By, What, asked};
use crate::question::{self, short, whole};
use crate::screen::{bytes, json};

/// Who makes the first key, in the ledger's words.
const SETUP_TOKEN: &str = "setup token";

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeyQuestion {
    /// Who will hold it.
    #[schema(example = "payments")]
    name: String,
    /// What it may do: viewer, analyst, reviewer, list_admin, policy_admin, auditor, machine.
    #[schema(example = json!(["machine"]))]
    roles: Vec<String>,
    /// Days after which it ends; none means never.
    #[serde(default, deserialize_with = "whole")]
    days: Option<u32>,
    /// Requests a second; none means the service's own limit.
    #[serde(default, deserialize_with = "whole")]
    rate: Option<u32>,
    /// The person that holds it, by the same name in all keys of that person: who has none is nobody where two persons are needed.
    #[schema(example = "Dana Quill")]
    #[serde(default)]
    holder: Option<String>,
}

impl KeyQuestion {
    /// Reads what can be made.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Fault> {
        let read: Self = question::json(body)?;
        let now = now();
        read.new_key(now)?.check(now)?;
        Ok(read)
    }

    fn new_key(&self, now: i64) -> Result<NewKey, Fault> {
        let role = |text: &String| {
            Role::parse(text).ok_or_else(|| {
                Fault::BadRequest(format!("roles: no role `{}`\nhint: one of {}", short(text), Role::words()))
            })
        };
        let roles = self.roles.iter().map(role).collect::<Result<Vec<_>, _>>()?;
        let expires_at = self.days.map(|days| now.saturating_add(i64::from(days).saturating_mul(86_400)));
        let holder = self.holder.clone();
        Ok(NewKey { name: self.name.clone(), roles, rate: self.rate, expires_at, holder, made_by: Vec::new() })
    }
}

/// A key as it is shown.
#[derive(Serialize, ToSchema)]
pub(crate) struct KeyAnswer {
    id: String,
    name: String,
    roles: Vec<&'static str>,
    rate: Option<u32>,
    /// Seconds since 1970.
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
    /// When it was last used, to the minute.
    used_at: Option<i64>,
    /// The person that holds it, if that was said.
    holder: Option<String>,
    /// The keys or persons that made it over HTTP; none for one made on the machine itself or with the setup token.
    made_by: Vec<String>,
    /// valid, expired or revoked.
    standing: &'static str,
    /// The secret: shown once, when the key is made.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl KeyAnswer {
    fn of(key: Key, now: i64) -> Self {
        let standing = match key.standing(now) {
            KeyStanding::Valid => "valid",
            KeyStanding::Expired => "expired",
            KeyStanding::Revoked => "revoked",
        };
        Self {
            roles: key.roles.iter().map(|role| role.word()).collect(),
            id: key.id,
            name: key.name,
            rate: key.rate,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
            used_at: key.used_at,
            holder: key.holder,
            made_by: key.made_by,
            standing,
            token: None,
        }
    }
}

/// A key that was made: what is shown, and its id.
struct Made {
    written: Written,
    key: Key,
    hash: TokenHash,
    id: String,
    /// Words of its roles.
    roles: String,
}

/// Draws a key; it opens nothing before it is kept.
fn drawn(asked: &KeyQuestion, by: &[String]) -> Result<Made, Fault> {
    let now = now();
    let new = NewKey { made_by: by.to_vec(), ..asked.new_key(now)? };
    let (key, token) = interdict_state::State::draw_key(&new, now)?;
    let roles: Vec<&str> = key.roles.iter().map(|role| role.word()).collect();
    let roles = roles.join(",");
    let answer = KeyAnswer::of(key.clone(), now);
    let kept = bytes(&answer)?;
    let shown = bytes(&KeyAnswer { token: Some(token.reveal().to_owned()), ..answer })?;
    let written = Written { status: StatusCode::CREATED, shown, kept: Some(kept), is_kept: false };
    Ok(Made { written, id: key.id.clone(), hash: token.hash(), key, roles })
}

/// Keeps a key, and with it the answer under the caller's idempotency key.
async fn keep(app: &Arc<App>, made: &Made, answer: Option<Kept>) -> Result<(), Fault> {
    let (key, hash) = (made.key.clone(), made.hash);
    match app.ask(move |state| state.keep_key(&key, hash, answer.as_ref())).await? {
        true => Ok(()),
        // It took so long that somebody else was let try.
        false => Err(Fault::Conflict("the same request is under way\nhint: ask again in a moment".to_owned())),
    }
}

async fn made(app: &Arc<App>, asked: &KeyQuestion) -> Result<Made, Fault> {
    let made = drawn(asked, &[])?;
    keep(app, &made, None).await?;
    Ok(made)
}

/// Puts a key on record before its token is shown; one that cannot be is taken back.
async fn recorded(app: &Arc<App>, act: Act, by: &str, made: &Made) -> Result<(), Fault> {
    let Err(fault) = app.act(act, by, made.id.clone(), made.roles.clone()).await else { return Ok(()) };
    let id = made.id.clone();
    app.ask(move |state| state.revoke(&id, now())).await?;
    app.keys.forget();
    Err(fault)
}

/// Make the first key, with the setup token that was told at the first start
///
/// A terminal shows it; where the service writes a log, it stands in the file `setup-token` of the home folder.
#[utoipa::path(post, path = "/v1/setup", tag = "keys", request_body = KeyQuestion,
    responses((status = 201, description = "the key, with its token", body = KeyAnswer), Problems))]
pub(crate) async fn setup(State(app): State<Arc<App>>, request: Request) -> Result<Response, Fault> {
    door::must_be_json(request.headers(), &["application/json"])?;
    let token = door::token(request.headers())?
        .ok_or(Fault::Unauthenticated("no setup token was given\nhint: send `Authorization: Bearer TOKEN`"))?;
    let hash = token.hash();
    let wrong = Fault::Unauthenticated(
        "that is not the setup token, or it was used\nhint: `interdict keys new` makes keys on the machine itself",
    );
    if !app.ask(move |state| state.is_setup(hash)).await? {
        return Err(wrong);
    }
    let body = door::body(&app, request.into_body()).await?;
    // What cannot be made must not use the token up.
    let asked = KeyQuestion::read(&body)?;
    // The key first, then its record: if one of them cannot be written, the token can be used again. Of two who come at once only
    // one takes the token, and the other's key is taken back before anybody has seen it.
    let made = made(&app, &asked).await?;
    recorded(&app, Act::SetUp, SETUP_TOKEN, &made).await?;
    let taken = app.ask(move |state| state.take_setup(hash)).await;
    if !matches!(taken, Ok(true)) {
        let id = made.id.clone();
        app.ask(move |state| state.revoke(&id, now())).await?;
        app.act(Act::KeyRevoked, SETUP_TOKEN, made.id, "").await?;
        return Err(taken.err().unwrap_or(wrong));
    }
    let file = app.settings.home.setup_token();
    // It opens nothing any more; that it stays there harms nobody.
    let _ = tokio::task::spawn_blocking(move || std::fs::remove_file(file)).await;
    let mut response = json(made.written.shown);
    *response.status_mut() = made.written.status;
    Ok(response)
}

/// Makes a key that somebody may, and with it the answer under the idempotency key that it is made under.
pub(crate) async fn do_make(app: &Arc<App>, asked: &KeyQuestion, by: &By) -> Result<Written, Fault> {
    let mut made = drawn(asked, &by.all)?;
    let note = match &by.proposal {
        Some(proposal) => format!("{}, {proposal}", made.roles),
        None => made.roles.clone(),
    };
    // On record before it opens anything. What cannot be kept then was put on record as made, and opens nothing.
    app.act(Act::KeyMade, &by.id, made.id.clone(), note).await?;
    let kept = made.written.kept.as_deref().unwrap_or_default();
    let answer = by.claim.as_ref().map(|claim| claim.kept(StatusCode::CREATED, kept));
    made.written.is_kept = answer.is_some();
    keep(app, &made, answer).await?;
    Ok(made.written)
}

/// Make a key
///
/// Its token is in this answer and never again; only its hash is kept. Where two persons are needed it is proposed, and its token is in
/// the answer to whoever approves it.
#[utoipa::path(post, path = "/v1/keys", tag = "keys", request_body = KeyQuestion,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again, without the token")),
    responses((status = 201, description = "the key, with its token", body = KeyAnswer),
              (status = 202, description = "two persons are needed: it waits for another", body = ProposalAnswer), Problems))]
pub(crate) async fn add(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(way): Extension<Way>,
    request: Request,
) -> Result<Response, Fault> {
    let (headers, body) = door::json_body(&app, request).await?;
    asked(&app, (&caller, &way), &headers, What::Key, "", &body).await
}

/// All keys, without their tokens
#[utoipa::path(get, path = "/v1/keys", tag = "keys",
    responses((status = 200, description = "keys in the order in which they were made", body = Vec<KeyAnswer>), Problems))]
pub(crate) async fn all(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let now = now();
    let keys = app.ask(interdict_state::State::keys).await?;
    Ok(json(bytes(&keys.into_iter().map(|key| KeyAnswer::of(key, now)).collect::<Vec<_>>())?))
}

/// A key that was revoked.
#[derive(Serialize, ToSchema)]
struct Revoked<'a> {
    id: &'a str,
    standing: &'static str,
}

/// Take a key back
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "keys",
    params(("id" = String, Path, description = "the id of the key"),
           ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 200, description = "it opens nothing any more", body = Revoked), Problems))]
pub(crate) async fn revoke(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Fault> {
    let Path(id) = path.map_err(|_| Fault::BadRequest("the address is not UTF-8 text".to_owned()))?;
    let write = || async {
        let asked = id.clone();
        let known = app.ask(move |state| state.revoke(&asked, now())).await?;
        app.keys.forget();
        if !known {
            return Err(Fault::NotFound(format!("no key `{}`\nhint: /v1/keys lists them", short(&id))));
        }
        app.act(Act::KeyRevoked, &caller.id, id.clone(), "").await?;
        let body = bytes(&Revoked { id: &id, standing: "revoked" })?;
        Ok(Written::json(StatusCode::OK, body))
    };
    once(&app, &caller.id, request.headers(), &[b"DELETE /v1/keys", id.as_bytes()], write).await
}
