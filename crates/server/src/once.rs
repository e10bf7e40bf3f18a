//! Writes and screenings that are done once: `Idempotency-Key` on each of them.
//!
//! Promises: the same key with the same request gives the first answer again; with another request
//! it is a conflict; a write that failed can be tried again. A token is not kept, so that the second
//! answer has none.
//!
//! Not here: where the keys and answers are kept (`state`).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use interdict_model::Digest;
use interdict_state::{Begun, Kept};

use crate::app::{App, now};
use crate::problem::Fault;

/// The longest idempotency key: others take 255 too.
const LONGEST: usize = 255;

/// How often a write that takes long is said to be under way: three times before it would be taken for dead.
const TOLD_EVERY: Duration = Duration::from_secs(20);

/// An answer to a write: what is shown now, and what is kept for those who ask again.
pub(crate) struct Written {
    pub(crate) status: StatusCode,
    pub(crate) shown: Vec<u8>,
    /// None means as it is shown.
    pub(crate) kept: Option<Vec<u8>>,
    /// The write has kept it already.
    pub(crate) is_kept: bool,
}

/// Whose write it is, and the key that it is done under once.
#[derive(Clone)]
pub(crate) struct Claim {
    owner: String,
    name: String,
}

impl Claim {
    /// An answer to the write, to be kept.
    pub(crate) fn kept(&self, status: StatusCode, body: &[u8]) -> Kept {
        let (owner, name) = (self.owner.clone(), self.name.clone());
        Kept { owner, name, status: status.as_u16(), body: String::from_utf8_lossy(body).into_owned() }
    }
}

impl Written {
    /// An answer that may be given again as it is.
    pub(crate) fn json(status: StatusCode, body: Vec<u8>) -> Self {
        Self { status, shown: body, kept: None, is_kept: false }
    }
}

/// Says again and again that a write is under way. It does not end.
async fn kept_alive(app: &Arc<App>, claim: &Claim, digest: Digest) {
    loop {
        tokio::time::sleep(TOLD_EVERY).await;
        let (owner, name) = (claim.owner.clone(), claim.name.clone());
        if let Err(untold) = app.ask(move |state| state.keep_once(&owner, &name, digest, now())).await {
            tracing::warn!(reason = untold.to_string(), "a write under way could not be said to be");
        }
    }
}

fn response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// Does a write once. `request` is everything that makes it this write and no other.
pub(crate) async fn once<F: Future<Output = Result<Written, Fault>>>(
    app: &Arc<App>,
    owner: &str,
    headers: &HeaderMap,
    request: &[&[u8]],
    write: impl FnOnce() -> F,
) -> Result<Response, Fault> {
    once_kept(app, owner, headers, request, |_| write()).await
}

/// The same, for a write that may keep its answer by itself: with what it writes, both or none of them.
pub(crate) async fn once_kept<F: Future<Output = Result<Written, Fault>>>(
    app: &Arc<App>,
    owner: &str,
    headers: &HeaderMap,
    request: &[&[u8]],
    write: impl FnOnce(Option<Claim>) -> F,
) -> Result<Response, Fault> {
    let mut given = headers.get_all("idempotency-key").iter();
    let Some(name) = given.next() else {
        let written = write(None).await?;
        return Ok(response(written.status, written.shown));
    };
    let name = name.to_str().ok().filter(|name| !name.is_empty() && name.len() <= LONGEST);
    let name = name.filter(|_| given.next().is_none()).ok_or_else(|| {
        Fault::BadRequest(format!(
            "Idempotency-Key: not 1 to {LONGEST} plain characters, once\nhint: use a random UUID"
        ))
    })?;
    let (owner, name) = (owner.to_owned(), name.to_owned());
    let digest = Digest::of_parts(request.iter().copied());
    let (asked, named) = (owner.clone(), name.clone());
    match app.ask(move |state| state.begin_once(&asked, &named, digest, now())).await? {
        Begun::New => {}
        Begun::Answered { status, body } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
            let mut response = response(status, body.into_bytes());
            response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
            return Ok(response);
        }
        Begun::UnderWay => {
            return Err(Fault::Conflict("the same request is under way\nhint: ask again in a moment".to_owned()));
        }
        Begun::Other => {
            let hint = "use a new key for a new request";
            return Err(Fault::Conflict(format!("the key was used for another request\nhint: {hint}")));
        }
    }
    let claim = Claim { owner, name };
    let written = tokio::select! {
        written = write(Some(claim.clone())) => written,
        // Whoever works on it for longer than a dead one is given is not dead.
        () = kept_alive(app, &claim, digest) => Err(Fault::Internal("a write was waited for in vain".to_owned())),
    };
    match written {
        Ok(written) => {
            if !written.is_kept {
                let kept = claim.kept(written.status, written.kept.as_deref().unwrap_or(&written.shown));
                app.ask(move |state| state.finish_once(&kept)).await?;
            }
            Ok(response(written.status, written.shown))
        }
        Err(fault) => {
            // Why the write failed says more than that its key stays taken for a minute.
            if let Err(unforgotten) = app.ask(move |state| state.forget_once(&claim.owner, &claim.name)).await {
                tracing::warn!(reason = unforgotten.to_string(), "an idempotency key is not free yet");
            }
            Err(fault)
        }
    }
}
