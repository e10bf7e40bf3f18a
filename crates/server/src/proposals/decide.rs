//! Approving and refusing what somebody else proposed.
//!
//! Promises: the approver is another person, has the right itself, and says by its digest what it approves; whoever proposed it has
//! the right still; it is done once, whoever comes at the same time, on whatever instance; what broke off between the approval and
//! its end is not done again by itself, and says so.
//!
//! Not here: who is another person (`person`), what is done (`question`).

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use interdict_ledger::entry::Act;
use interdict_model::Digest;
use interdict_state::{Proposal, Stage};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::question::{Question, What};
use super::shown::{ProposalAnswer, find, named};
use super::{By, is_whole, person};
use crate::access::Caller;
use crate::app::{App, now};
use crate::door;
use crate::oidc::Way;
use crate::once::{Claim, Written, once, once_kept};
use crate::problem::{Fault, Problems};
use crate::question;
use crate::redact;
use crate::screen::bytes;

/// The longest reason: it is for people.
const LONGEST_REASON: usize = 2_000;

/// What is approved.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ApproveQuestion {
    /// The `digest` of the proposal, as it was shown to you.
    digest: String,
}

/// Why not.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefuseQuestion {
    /// For the record.
    #[schema(example = "the publisher says that the file is damaged")]
    reason: String,
}

fn not_waiting(proposal: &Proposal) -> Fault {
    let hint = match proposal.stage {
        Stage::Taken => {
            "it was approved, and is under way or was cut off: look whether it was done, then propose it anew"
        }
        Stage::Waiting
        | Stage::Done
        | Stage::Refused
        | Stage::Withdrawn
        | Stage::Expired
        | Stage::Lapsed
        | Stage::Failed => "propose it anew, if it is to be done",
    };
    Fault::Conflict(format!("the proposal is {}, and no longer waits\nhint: {hint}", proposal.stage.word()))
}

/// That somebody was first.
async fn too_late(app: &Arc<App>, caller: &Caller, id: &str) -> Fault {
    match find(app, caller, id).await {
        Ok((now, _)) if now.stage != Stage::Waiting => not_waiting(&now),
        Ok(_) => Fault::Conflict("the proposal cannot be decided now\nhint: GET it, and decide again".to_owned()),
        Err(fault) => fault,
    }
}

/// An answer of a route about parties is covered as that route's.
fn as_route(what: What, result: Result<Response, Fault>) -> Response {
    let response = result.unwrap_or_else(IntoResponse::into_response);
    match what {
        What::Allowance => redact::as_of("/v1/monitor/allowances", response),
        What::Acceptance | What::Rollback | What::Key => response,
    }
}

/// Approve what another person proposed: it is done now
///
/// The answer is that of the route that was asked. Neither the person that proposed it nor whoever may be the same one can approve it.
#[utoipa::path(post, path = "/v1/proposals/{id}/approval", tag = "proposals", request_body = ApproveQuestion,
    params(("id" = String, Path, description = "the id of the proposal"),
           ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 200, description = "it is done; the answer of the route", body = Object),
              (status = 201, description = "it is done; the answer of the route", body = Object), Problems))]
pub(crate) async fn approve(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(way): Extension<Way>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Fault> {
    let id = named(path)?;
    let (headers, body) = door::json_body(&app, request).await?;
    let asked: ApproveQuestion = question::json(&body)?;
    let (proposal, what) = find(&app, &caller, &id).await?;
    caller.must(what.right())?;
    let digest: Digest = asked.digest.parse().map_err(|_| {
        Fault::BadRequest("digest: it is none\nhint: send the `digest` that GET of the proposal shows".to_owned())
    })?;
    let write = |claim| approved(&app, &caller, &way, (proposal, what), digest, claim);
    let done = once_kept(&app, &caller.id, &headers, &[b"approval", id.as_bytes(), &body], write).await;
    Ok(as_route(what, done))
}

async fn approved(
    app: &Arc<App>,
    caller: &Caller,
    way: &Way,
    (proposal, what): (Proposal, What),
    digest: Digest,
    claim: Option<Claim>,
) -> Result<Written, Fault> {
    let behind = person::known(app, caller, way, "approves").await.inspect_err(|fault| app.refusals.count(fault))?;
    behind.must(what.right())?;
    if behind.is_one_with(&proposal) {
        let fault = Fault::Forbidden(
            "another person must approve it: whoever proposed it may be the same one\nhint: the same key, the same holder, a holder who \
             is the person signed in, keys of which one made the other or that somebody made both, are one person (docs/api.md)"
                .to_owned(),
        );
        app.refusals.count(&fault);
        return Err(fault);
    }
    if proposal.stage != Stage::Waiting {
        return Err(not_waiting(&proposal));
    }
    if digest != proposal.digest {
        let hint = "GET it, read it, and send its `digest`";
        return Err(Fault::Conflict(format!("the digest is not that of this proposal\nhint: {hint}")));
    }
    if !is_whole(&proposal) {
        return Err(Fault::Internal(format!("{}: it is not what its digest says", proposal.id)));
    }
    let (asked, now) = (proposal.clone(), now());
    if let Some(why) = app.ask(move |state| person::fallen(state, &asked, what.right(), now)).await? {
        let id = proposal.id.clone();
        if app.ask(move |state| state.end_proposal(&id, Stage::Lapsed, None, why, now)).await? {
            app.act(Act::ProposalLapsed, &caller.id, proposal.id, why).await?;
        }
        return Err(Fault::Conflict(format!("{why}: the proposal has lapsed\nhint: propose it anew")));
    }
    // What is begun is ended, whether somebody waits for it or not.
    let (app, caller) = (Arc::clone(app), caller.clone());
    let done = tokio::spawn(async move { carry_out(&app, &caller, &proposal, what, claim).await });
    done.await.map_err(|error| Fault::Internal(format!("proposal: {error}")))?
}

/// Says how a taken proposal ended. What cannot be said leaves it taken, which nobody does again.
async fn settle(app: &Arc<App>, id: &str, to: Stage, reason: Option<&'static str>) {
    let named = id.to_owned();
    if let Err(fault) = app.ask(move |state| state.settle_proposal(&named, to, reason)).await {
        tracing::error!(reason = fault.to_string(), id, "a proposal stays `taken`");
    }
}

async fn carry_out(
    app: &Arc<App>,
    caller: &Caller,
    proposal: &Proposal,
    what: What,
    claim: Option<Claim>,
) -> Result<Written, Fault> {
    let question = Question::read(what, &proposal.place, proposal.question.as_bytes())?;
    let pinned: Value =
        serde_json::from_str(&proposal.pinned).map_err(|error| Fault::Internal(format!("{}: {error}", proposal.id)))?;
    let (id, digest, by, now) = (proposal.id.clone(), proposal.digest, caller.id.clone(), now());
    if !app.ask(move |state| state.take_proposal(&id, digest, &by, now)).await? {
        return Err(too_late(app, caller, &proposal.id).await);
    }
    let note = format!("{} {}", what.word(), proposal.digest);
    if let Err(fault) = app.act(Act::ProposalApproved, &caller.id, proposal.id.clone(), note).await {
        settle(app, &proposal.id, Stage::Waiting, None).await;
        return Err(fault);
    }
    let by = By {
        id: proposal.proposer.clone(),
        proposal: Some(proposal.id.clone()),
        all: vec![proposal.proposer.clone(), caller.id.clone()],
        claim,
    };
    let done = question.done(app, &by, &pinned).await;
    let (to, reason) = match &done {
        Ok(_) => (Stage::Done, None),
        // Something else was under way, so that nothing was begun.
        Err(Fault::Conflict(_) | Fault::Overloaded) => (Stage::Waiting, None),
        Err(fault) => (Stage::Failed, Some(fault.code())),
    };
    settle(app, &proposal.id, to, reason).await;
    done
}

/// Refuse what another person proposed, or take back what you proposed yourself
#[utoipa::path(post, path = "/v1/proposals/{id}/refusal", tag = "proposals", request_body = RefuseQuestion,
    params(("id" = String, Path, description = "the id of the proposal"),
           ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 200, description = "it is refused, or withdrawn", body = ProposalAnswer), Problems))]
pub(crate) async fn refuse(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(way): Extension<Way>,
    path: Result<Path<String>, PathRejection>,
    request: Request,
) -> Result<Response, Fault> {
    let id = named(path)?;
    let (headers, body) = door::json_body(&app, request).await?;
    let asked: RefuseQuestion = question::json(&body)?;
    let why = asked.reason.trim().to_owned();
    if why.is_empty() || why.chars().count() > LONGEST_REASON {
        let hint = "say why, so that whoever proposed it knows";
        return Err(Fault::BadRequest(format!("reason: not 1 to {LONGEST_REASON} characters\nhint: {hint}")));
    }
    let (proposal, what) = find(&app, &caller, &id).await?;
    caller.must(what.right())?;
    let write = || async {
        if proposal.stage != Stage::Waiting {
            return Err(not_waiting(&proposal));
        }
        // It lets nothing through, so that whoever is not known may refuse as well.
        let is_own = match person::known(&app, &caller, &way, "refuses").await {
            Ok(behind) => behind.is_one_with(&proposal),
            Err(Fault::Forbidden(_)) => caller.id == proposal.proposer,
            Err(fault) => return Err(fault),
        };
        let (to, act) =
            if is_own { (Stage::Withdrawn, Act::ProposalWithdrawn) } else { (Stage::Refused, Act::ProposalRefused) };
        let (named, by, now) = (id.clone(), caller.id.clone(), now());
        if !app.ask(move |state| state.end_proposal(&named, to, Some(&by), &why, now)).await? {
            return Err(too_late(&app, &caller, &id).await);
        }
        app.act(act, &caller.id, id.clone(), what.word()).await?;
        let (ended, _) = find(&app, &caller, &id).await?;
        Ok(Written::json(StatusCode::OK, bytes(&ProposalAnswer::of(ended)?.covered(&app, &caller)?)?))
    };
    let request = [b"refusal".as_slice(), id.as_bytes(), &body];
    once(&app, &caller.id, &headers, &request, write).await
}
