//! Proposals as they are shown: what, by whom, until when, how it stands, and for whom it waits.
//!
//! Promises: each is shown to those who may read what it would change; what it says of a party is covered as elsewhere.
//!
//! Not here: deciding (`decide`), what a role sees of parties (`redact`).

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use interdict_state::{Proposal, Stage};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::question::What;
use crate::access::{Caller, allows};
use crate::app::{App, now};
use crate::curate::terms;
use crate::problem::{Fault, Problems};
use crate::question::short;
use crate::redact;
use crate::screen::{bytes, json};

/// A proposal.
#[derive(Serialize, ToSchema)]
pub(crate) struct ProposalAnswer {
    #[schema(example = "proposal-0123456789abcdef")]
    id: String,
    /// Where it is shown.
    address: String,
    /// acceptance, rollback, allowance or key.
    act: &'static str,
    /// The request that is to be done.
    #[schema(example = "POST /v1/lists/un-sc/accept")]
    request: String,
    /// What was sent with it.
    #[schema(value_type = Object)]
    question: Value,
    /// What that meant: the content of the version, the digests of the party and the listing.
    #[schema(value_type = Object)]
    means: Value,
    /// Whoever approves it sends this.
    digest: String,
    /// The key or the person that proposed it.
    proposer: String,
    /// Seconds since 1970.
    proposed_at: i64,
    /// When it can no longer be approved.
    ends_at: i64,
    /// waiting, done, refused, withdrawn, expired, lapsed (its proposer may no longer do so), failed, or taken: approved, and not known
    /// to be done.
    status: &'static str,
    /// For whom, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    waits_for: Option<String>,
    /// The key or the person that decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    decider: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    decided_at: Option<i64>,
    /// Why it was refused, withdrawn, or failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

fn read(text: &str) -> Result<Value, Fault> {
    serde_json::from_str(text).map_err(|error| Fault::Internal(format!("proposals: {error}")))
}

impl ProposalAnswer {
    pub(super) fn of(of: Proposal) -> Result<Self, Fault> {
        let what = What::parse(&of.act)?;
        let mut means = read(&of.pinned)?;
        if let Some(members) = means.as_object_mut() {
            members.remove("salt");
        }
        let address = format!("/v1/proposals/{}", of.id);
        let able = interdict_state::Role::ALL.iter().filter(|role| allows(**role, what.right()));
        let able: Vec<&str> = able.map(|role| role.word()).collect();
        let waits_for =
            format!("another person with the role {}: POST {address}/approval or {address}/refusal", able.join(" or "));
        Ok(Self {
            act: what.word(),
            request: what.route(&of.place),
            question: read(&of.question)?,
            means,
            digest: of.digest.to_string(),
            proposer: of.proposer,
            proposed_at: of.proposed_at,
            ends_at: of.ends_at,
            status: of.stage.word(),
            waits_for: (of.stage == Stage::Waiting).then_some(waits_for),
            decider: of.decider,
            decided_at: of.decided_at,
            reason: of.reason,
            id: of.id,
            address,
        })
    }

    /// As its caller may see it.
    pub(super) fn covered(self, app: &App, caller: &Caller) -> Result<Value, Fault> {
        let value = serde_json::to_value(self);
        let mut value = value.map_err(|error| Fault::Internal(format!("output: {error}")))?;
        redact::proposal(app, caller, &mut value);
        Ok(value)
    }
}

/// The id in an address.
pub(super) fn named(path: Result<Path<String>, PathRejection>) -> Result<String, Fault> {
    path.map(|Path(id)| id).map_err(|_| Fault::BadRequest("the address is not UTF-8 text".to_owned()))
}

/// A proposal that the caller may see.
pub(super) async fn find(app: &Arc<App>, caller: &Caller, id: &str) -> Result<(Proposal, What), Fault> {
    let none = || Fault::NotFound(format!("no proposal `{}`\nhint: /v1/proposals lists them", short(id)));
    let (asked, now) = (id.to_owned(), now());
    let found = app.ask(move |state| state.proposal(&asked, now)).await?.ok_or_else(none)?;
    let what = What::parse(&found.act)?;
    if what.is_shown_to(caller) { Ok((found, what)) } else { Err(none()) }
}

/// Which proposals.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposalTerms {
    /// Only those that stand so: waiting, taken, done, refused, withdrawn, expired, lapsed or failed.
    status: Option<String>,
}

/// What was proposed and waits for a second person, or did
///
/// Those that one may read of: of lists, of the allow-list, of keys. Kept for a year.
#[utoipa::path(get, path = "/v1/proposals", tag = "proposals", params(ProposalTerms),
    responses((status = 200, description = "in the order in which they were made", body = Vec<ProposalAnswer>), Problems))]
pub(crate) async fn all(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Fault> {
    let asked: ProposalTerms = terms(request.uri())?;
    let stage = asked.status.as_deref().map(|word| {
        let words = Stage::ALL.map(Stage::word).join(", ");
        Stage::parse(word)
            .ok_or_else(|| Fault::BadRequest(format!("status: no `{}`\nhint: one of {words}", short(word))))
    });
    let (stage, now) = (stage.transpose()?, now());
    let mut shown = Vec::new();
    for proposal in app.ask(move |state| state.proposals(now)).await? {
        let is_asked = stage.is_none_or(|stage| proposal.stage == stage);
        if is_asked && What::parse(&proposal.act)?.is_shown_to(&caller) {
            shown.push(ProposalAnswer::of(proposal)?.covered(&app, &caller)?);
        }
    }
    Ok(json(bytes(&shown)?))
}

/// One proposal, with the digest that whoever approves it sends
#[utoipa::path(get, path = "/v1/proposals/{id}", tag = "proposals",
    params(("id" = String, Path, description = "the id of the proposal")),
    responses((status = 200, description = "as it stands", body = ProposalAnswer), Problems))]
pub(crate) async fn one(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    path: Result<Path<String>, PathRejection>,
) -> Result<Response, Fault> {
    let (found, _) = find(&app, &caller, &named(path)?).await?;
    Ok(json(bytes(&ProposalAnswer::of(found)?.covered(&app, &caller)?)?))
}
