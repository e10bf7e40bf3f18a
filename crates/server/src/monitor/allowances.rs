//! The allow-list over HTTP: false positives that a reviewer confirmed.
//!
//! Promises: the author of an entry is whoever holds the key, and nobody can say otherwise; a change is on record before it counts.
//!
//! Not here: when an entry ends (`engine`).

use std::sync::Arc;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use interdict_model::Digest;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json as value};
use utoipa::ToSchema;

use crate::access::Caller;
use crate::app::App;
use crate::door;
use crate::errands::{Allowance, Sides};
use crate::oidc::Way;
use crate::once::{Written, once};
use crate::problem::{Fault, Problems};
use crate::proposals::shown::ProposalAnswer;
use crate::proposals::{By, What, asked};
use crate::question::{self, short};
use crate::screen::{bytes, json};

/// The longest reason: it is for people.
const LONGEST_REASON: usize = 2_000;

/// A false positive.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AllowQuestion {
    /// Your own id of the party.
    #[schema(example = "C-1001")]
    party: String,
    /// The listing: its list and reference.
    #[schema(example = "un-sc:KPi.001")]
    listing: String,
    /// Why it is not a match.
    #[schema(example = "another date of birth")]
    reason: String,
    /// The last day it holds.
    #[schema(example = "2027-12-31")]
    until: String,
}

/// An entry that is to end.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawQuestion {
    /// Your own id of the party.
    #[schema(example = "C-1001")]
    party: String,
    /// The listing: its list and reference.
    #[schema(example = "un-sc:KPi.001")]
    listing: String,
    /// Why it no longer holds.
    #[schema(example = "the date of birth was misread")]
    reason: String,
}

/// An entry of the allow-list.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a form for the description")]
struct AllowedAnswer {
    party: String,
    listing: String,
    reason: String,
    /// The key of whoever said so.
    author: String,
    since: String,
    until: String,
    party_digest: String,
    listing_digest: String,
    /// Why it ended, if it did.
    ended: Option<String>,
}

fn reason(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_REASON {
        let hint = "an entry without a reason cannot be defended";
        return Err(Fault::BadRequest(format!("reason: not 1 to {LONGEST_REASON} characters\nhint: {hint}")));
    }
    Ok(text.to_owned())
}

/// The allow-list, entries that ended included
#[utoipa::path(get, path = "/v1/monitor/allowances", tag = "monitor",
    responses((status = 200, description = "in the order in which they were made", body = Vec<AllowedAnswer>), Problems))]
pub(crate) async fn all(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let allowed = app.look(|home| Ok(home.monitor().allowed()?)).await?;
    Ok(json(bytes(&allowed)?))
}

impl AllowQuestion {
    /// Reads one with a reason and a day.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Fault> {
        let read: Self = question::json(body)?;
        read.last_day()?;
        Ok(Self { reason: reason(&read.reason)?, ..read })
    }

    fn last_day(&self) -> Result<Date, Fault> {
        self.until.parse().map_err(|_| {
            Fault::BadRequest(format!("until: `{}` is no day\nhint: write it as 2027-12-31", short(&self.until)))
        })
    }

    fn wanted(&self, author: &str) -> Result<Allowance, Fault> {
        Ok(Allowance {
            reason: self.reason.clone(),
            author: author.to_owned(),
            party: self.party.clone(),
            listing: self.listing.clone(),
            until: Some(self.last_day()?),
            withdraw: false,
            sides: None,
            tried: false,
        })
    }
}

/// What both sides of an entry would be; nothing is done.
pub(crate) async fn may_allow(app: &Arc<App>, asked: &AllowQuestion, author: &str) -> Result<Value, Fault> {
    let wanted = Allowance { tried: true, ..asked.wanted(author)? };
    let entry = app.watched(move |errands, home| errands.allow(home, &wanted)).await?;
    Ok(value!({ "party_digest": entry["party_digest"], "listing_digest": entry["listing_digest"] }))
}

/// Makes an entry, for the sides that it was proposed for if it was proposed.
pub(crate) async fn do_allow(app: &Arc<App>, asked: &AllowQuestion, pinned: &Value, by: &By) -> Result<Written, Fault> {
    let side = |name: &str| pinned.get(name).and_then(Value::as_str).and_then(|text| text.parse::<Digest>().ok());
    let sides = side("party_digest").zip(side("listing_digest")).map(|(party, listing)| Sides { party, listing });
    if by.proposal.is_some() && sides.is_none() {
        return Err(Fault::Internal("a proposal does not say what it is for".to_owned()));
    }
    let wanted = Allowance { sides, ..asked.wanted(&by.id)? };
    let entry = app.watched(move |errands, home| errands.allow(home, &wanted)).await?;
    Ok(Written::json(StatusCode::CREATED, bytes(&entry)?))
}

/// Put a false positive on the allow-list
///
/// For one party and one listing that is a hit since the last run. It ends after its day, or when either side says something else. Where two persons
/// are needed it is proposed, for both sides as they are then.
#[utoipa::path(post, path = "/v1/monitor/allowances", tag = "monitor", request_body = AllowQuestion,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 201, description = "it holds", body = AllowedAnswer),
              (status = 202, description = "two persons are needed: it waits for another", body = ProposalAnswer), Problems))]
pub(crate) async fn allow(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(way): Extension<Way>,
    request: Request,
) -> Result<Response, Fault> {
    let (headers, body) = door::json_body(&app, request).await?;
    asked(&app, (&caller, &way), &headers, What::Allowance, "", &body).await
}

/// End an entry of the allow-list
///
/// It lets nothing through, so one person suffices.
#[utoipa::path(post, path = "/v1/monitor/allowances/withdrawals", tag = "monitor", request_body = WithdrawQuestion,
    params(("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 200, description = "it ended", body = AllowedAnswer), Problems))]
pub(crate) async fn withdraw(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Response, Fault> {
    let (headers, body) = door::json_body(&app, request).await?;
    let asked: WithdrawQuestion = question::json(&body)?;
    let wanted = Allowance {
        reason: reason(&asked.reason)?,
        author: caller.id.clone(),
        party: asked.party,
        listing: asked.listing,
        until: None,
        withdraw: true,
        sides: None,
        tried: false,
    };
    let write = || async {
        let entry = app.watched(move |errands, home| errands.allow(home, &wanted)).await?;
        Ok(Written::json(StatusCode::OK, bytes(&entry)?))
    };
    once(&app, &caller.id, &headers, &[b"POST /v1/monitor/allowances/withdrawals", &body], write).await
}
