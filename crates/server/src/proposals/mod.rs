//! Two persons for what weakens screening (four-eyes): one proposes with the request it would send anyway, another approves.
//!
//! Promises: what needs two persons and was asked by one is validated wholly, does nothing, and is on record before it is told;
//! what is approved is done by the code of the route, with the question as it was sent and on the versions that it meant.
//!
//! Not here: who is another person (`person`), approving and refusing (`decide`), what is shown (`shown`), how it is
//! kept (`state`). What is done on the machine itself (`interdict lists accept`) asks nobody: whoever owns the disk owns the lists.

pub(crate) mod decide;
mod person;
mod question;
mod settings;
pub(crate) mod shown;

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use interdict_ledger::entry::Act;
use interdict_model::Digest;
use interdict_state::{NewProposal, Proposal, State, Token};
use serde_json::{Value, json};

use crate::access::Caller;
use crate::app::{App, now};
use crate::oidc::Way;
use crate::once::{Claim, Written, once, once_kept};
use crate::problem::Fault;
use crate::redact;
use crate::screen::bytes;

use question::Question;
pub(crate) use question::What;
pub use settings::{FourEyes, FourEyesError};
use shown::ProposalAnswer;

/// On whose word something is done.
pub(crate) struct By {
    /// Whoever asked for it.
    pub(crate) id: String,
    /// The proposal that was approved, if it needed one.
    pub(crate) proposal: Option<String>,
    /// Everybody whose word it took.
    pub(crate) all: Vec<String>,
    /// The idempotency key that it is done under.
    pub(crate) claim: Option<Claim>,
}

impl By {
    fn alone(caller: &Caller, claim: Option<Claim>) -> Self {
        Self { id: caller.id.clone(), proposal: None, all: vec![caller.id.clone()], claim }
    }

    /// What the ledger says besides, of what needs no other words.
    pub(crate) fn note(&self) -> String {
        self.proposal.clone().unwrap_or_default()
    }
}

/// Does what a route asks for, or proposes it where that needs two persons.
pub(crate) async fn asked(
    app: &Arc<App>,
    (caller, way): (&Caller, &Way),
    headers: &HeaderMap,
    what: What,
    place: &str,
    body: &[u8],
) -> Result<Response, Fault> {
    let question = Question::read(what, place, body)?;
    let request = [what.word().as_bytes(), place.as_bytes(), body];
    if !app.settings.four_eyes.asks_of(what) {
        let question = &question;
        let write = |claim| async move { question.done(app, &By::alone(caller, claim), &Value::Null).await };
        return once_kept(app, &caller.id, headers, &request, write).await;
    }
    let write = || propose(app, caller, way, &question, body);
    let response = once(app, &caller.id, headers, &request, write).await?;
    located(app, caller, response).await
}

/// Keeps a proposal, once it is on record.
async fn propose(
    app: &Arc<App>,
    caller: &Caller,
    way: &Way,
    question: &Question,
    body: &[u8],
) -> Result<Written, Fault> {
    let what = question.what();
    let behind = person::known(app, caller, way, "proposes").await?;
    behind.must(what.right())?;
    let mut pinned = question.tried(app, &caller.id).await?;
    // So that the digest in the ledger tells nobody who guesses what was proposed.
    pinned["salt"] = json!(Digest::of(Token::random()?.reveal().as_bytes()).to_string());
    let now = now();
    let mut new = NewProposal {
        id: State::proposal_id()?,
        act: what.word().to_owned(),
        place: question.place().to_owned(),
        question: String::from_utf8_lossy(body).into_owned(),
        pinned: pinned.to_string(),
        digest: Digest::of(b""),
        proposer: caller.id.clone(),
        marks: behind.text(),
        proposed_at: now,
    };
    new.digest = digest_of([&new.id, &new.act, &new.place, &new.question, &new.pinned, &new.proposer, &new.marks]);
    app.act(Act::ProposalMade, &caller.id, new.id.clone(), format!("{} {}", what.word(), new.digest)).await?;
    let proposal = app.ask(move |state| state.propose(&new)).await?;
    Ok(Written::json(StatusCode::ACCEPTED, bytes(&ProposalAnswer::of(proposal)?)?))
}

fn digest_of(parts: [&str; 7]) -> Digest {
    Digest::of_parts(parts.map(str::as_bytes))
}

/// Whether a proposal is as it was when its digest was made.
fn is_whole(of: &Proposal) -> bool {
    digest_of([&of.id, &of.act, &of.place, &of.question, &of.pinned, &of.proposer, &of.marks]) == of.digest
}

/// Says of an answer where its proposal is; what its caller does not see of a party is covered.
async fn located(app: &App, caller: &Caller, response: Response) -> Result<Response, Fault> {
    if response.status() != StatusCode::ACCEPTED {
        return Ok(response);
    }
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await;
    let whole = whole.map_err(|error| Fault::Internal(format!("proposal: {error}")))?;
    let mut value: Value =
        serde_json::from_slice(&whole).map_err(|error| Fault::Internal(format!("proposal: {error}")))?;
    let address = value.get("address").and_then(Value::as_str).unwrap_or_default();
    if let Ok(address) = HeaderValue::from_str(address) {
        parts.headers.insert(header::LOCATION, address);
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    redact::proposal(app, caller, &mut value);
    Ok(redact::of_nobody(Response::from_parts(parts, bytes(&value)?.into())))
}
