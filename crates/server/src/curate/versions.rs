//! Versions of lists: which there are, what differs between two, the way back, what is in quarantine.
//!
//! Not here: new files (`import`), how a version is put in use (`store`).

use std::sync::Arc;

use axum::Extension;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use interdict_ledger::entry::Act;
use interdict_lists::{Change, changes};
use interdict_model::{ListVersion, Listing};
use interdict_store::{Home, Standing, StoredVersion};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::{IntoParams, ToSchema};

use super::terms;
use crate::access::Caller;
use crate::app::App;
use crate::door;
use crate::oidc::Way;
use crate::once::Written;
use crate::problem::{Fault, Problems};
use crate::proposals::shown::ProposalAnswer;
use crate::proposals::{By, What, asked};
use crate::question::{self, short};
use crate::screen::{bytes, json as response};
use crate::shape;

/// Changes in an answer, unless more are asked for.
const PAGE: usize = 1_000;

/// The most changes in an answer.
const MOST: usize = 100_000;

/// The longest reason: it is for people.
const LONGEST_REASON: usize = 2_000;

type ListPath = Result<Path<String>, PathRejection>;

fn list_of(path: ListPath) -> Result<String, Fault> {
    path.map(|Path(list)| list).map_err(|_| Fault::BadRequest("the address is not UTF-8 text".to_owned()))
}

/// Every version of a list, in use, kept and in quarantine
#[utoipa::path(get, path = "/v1/lists/{list}/history", tag = "lists",
    params(("list" = String, Path, description = "the list", example = "un-sc")),
    responses((status = 200, description = "by date of publication and receipt", body = Vec<shape::StoredAnswer>), Problems))]
pub(crate) async fn history(State(app): State<Arc<App>>, path: ListPath) -> Result<Response, Fault> {
    let list = list_of(path)?;
    let all = app.read(move |home| Ok(home.versions(Some(&list))?)).await?;
    Ok(response(bytes(&all.iter().map(StoredVersion::to_json).collect::<Vec<_>>())?))
}

/// Which versions to compare.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct DiffTerms {
    /// The earlier version: the start of a hash, a date of publication, `current` or `previous`, which is the default.
    before: Option<String>,
    /// The later version; `current` is the default.
    after: Option<String>,
    /// Changes to pass over: `next` of the summary before.
    #[serde(default)]
    from: usize,
    /// The most changes to show, to 100,000; 0 for the counts alone.
    limit: Option<usize>,
}

/// The last line.
#[derive(Default, Serialize)]
struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<ListVersion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<ListVersion>,
    added: u64,
    removed: u64,
    changed: u64,
    from: usize,
    shown: usize,
    /// Where to go on; none at the end.
    next: Option<usize>,
}

fn side(home: &Home, list: &str, which: &str) -> Result<(ListVersion, Vec<Listing>), Fault> {
    let content = home.version(list, which)?.open()?;
    let listings = content.listings().collect::<Result<Vec<_>, _>>();
    let listings = listings.map_err(|reason| Fault::Unavailable(format!("{list} {which}: {reason}")))?;
    Ok((content.manifest.version, listings))
}

fn differing(home: &Home, list: &str, terms: &DiffTerms) -> Result<Vec<u8>, Fault> {
    let (before, old) = side(home, list, terms.before.as_deref().unwrap_or("previous"))?;
    let (after, new) = side(home, list, terms.after.as_deref().unwrap_or("current"))?;
    let changes: Vec<Change> = changes(old, new);
    let mut summary = Summary { before: Some(before), after: Some(after), from: terms.from, ..Summary::default() };
    for change in &changes {
        let count = match change.word() {
            "added" => &mut summary.added,
            "removed" => &mut summary.removed,
            _ => &mut summary.changed,
        };
        *count = count.saturating_add(1);
    }
    let limit = terms.limit.unwrap_or(PAGE).min(MOST);
    let mut out = Vec::new();
    for change in changes.iter().skip(terms.from).take(limit) {
        out.append(&mut bytes(change)?);
        out.push(b'\n');
        summary.shown = summary.shown.saturating_add(1);
    }
    let end = terms.from.saturating_add(summary.shown);
    summary.next = (end < changes.len()).then_some(end);
    out.append(&mut bytes(&json!({ "summary": summary }))?);
    out.push(b'\n');
    Ok(out)
}

/// What differs between two versions of a list, field by field
///
/// One change a line, as `interdict lists diff --json` writes it; the last line is `{"summary": …}` with the counts of all
/// changes and, if there are more, `next`.
#[utoipa::path(get, path = "/v1/lists/{list}/diff", tag = "lists",
    params(DiffTerms, ("list" = String, Path, description = "the list", example = "un-sc")),
    responses((status = 200, description = "one change a line", body = shape::ChangeLine, content_type = "application/x-ndjson"), Problems))]
pub(crate) async fn diff(State(app): State<Arc<App>>, path: ListPath, request: Request) -> Result<Response, Fault> {
    let list = list_of(path)?;
    let terms: DiffTerms = terms(request.uri())?;
    let lines = app.read(move |home| differing(home, &list, &terms)).await?;
    Ok(ndjson(lines))
}

/// Lines of JSON as a response.
pub(crate) fn ndjson(lines: Vec<u8>) -> Response {
    let mut response = lines.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    response
}

/// What was doubted or refused.
#[derive(Serialize, ToSchema)]
struct Quarantine {
    /// Versions that were read and are doubted, each with its doubts.
    #[schema(value_type = Vec<Object>)]
    versions: Vec<Value>,
    /// Publishers' files of which nothing could be read, the last few.
    #[schema(value_type = Vec<Object>)]
    refused: Vec<interdict_store::RefusedFile>,
}

/// Versions that were doubted and are not used, and files that were refused
#[utoipa::path(get, path = "/v1/quarantine", tag = "lists",
    responses((status = 200, description = "with what speaks against each", body = Quarantine), Problems))]
pub(crate) async fn quarantine(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let found = app.read(|home| {
        let versions = home.quarantined(None)?.iter().map(StoredVersion::doubted_json).collect::<Result<_, _>>()?;
        Ok(Quarantine { versions, refused: home.refused()? })
    });
    Ok(response(bytes(&found.await?)?))
}

fn reason(text: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().count() > LONGEST_REASON {
        return Err(Fault::BadRequest(format!(
            "reason: longer than {LONGEST_REASON} characters\nhint: say it shorter"
        )));
    }
    Ok(Some(text.to_owned()))
}

/// A list and the content of its version, for the record.
fn on(list: &str, stored: &Value) -> String {
    format!("{list} {}", stored["content"].as_str().unwrap_or_default())
}

/// Which version to go back to.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RollbackQuestion {
    /// The start of the version's hash or its content's, or its date; the version before, if none is named.
    #[schema(example = "2025-11-15")]
    #[serde(default)]
    version: Option<String>,
    /// Why, for the record.
    #[serde(default)]
    reason: Option<String>,
}

/// Another version is in use.
#[derive(Serialize, ToSchema)]
struct RollbackAnswer {
    #[schema(value_type = shape::StoredAnswer)]
    in_use: Value,
    #[schema(value_type = Option<shape::StoredAnswer>)]
    set_aside: Option<Value>,
    /// Hash of the lists in use now.
    snapshot: String,
}

/// The version that is gone back to, if it can be.
fn target(home: &Home, list: &str, which: &str) -> Result<StoredVersion, Fault> {
    let target = home.version(list, which)?;
    let named = target.version().digest.short();
    match target.standing {
        Standing::Kept => {}
        Standing::InUse => {
            return Err(Fault::Conflict(format!("{list} {named} is in use already\nhint: name another version")));
        }
        Standing::Quarantined => {
            let hint = format!("POST /v1/lists/{list}/accept uses it after all");
            return Err(Fault::Conflict(format!("{list} {named} is in quarantine\nhint: {hint}")));
        }
    }
    Ok(target)
}

fn go_back(home: &Home, list: &str, which: &str, why: Option<&str>) -> Result<RollbackAnswer, Fault> {
    let content = target(home, list, which)?.manifest.content.to_string();
    let done = home.rollback(list, Some(&content), why, Some(Timestamp::now()))?;
    Ok(RollbackAnswer {
        in_use: done.to.to_json(),
        set_aside: done.from.as_ref().map(StoredVersion::to_json),
        snapshot: done.indexed.map(|indexed| indexed.snapshot.digest().to_string()).unwrap_or_default(),
    })
}

impl RollbackQuestion {
    fn which(&self) -> &str {
        self.version.as_deref().unwrap_or("previous")
    }
}

/// Which version a list would go back to; nothing is done.
pub(crate) async fn may_roll_back(app: &Arc<App>, list: &str, asked: &RollbackQuestion) -> Result<Value, Fault> {
    reason(asked.reason.as_deref())?;
    let (list, which) = (list.to_owned(), asked.which().to_owned());
    let found = app.read(move |home| target(home, &list, &which)).await?;
    Ok(json!({ "content": found.manifest.content }))
}

/// Goes back to a version, or to the content that was meant when it was proposed.
pub(crate) async fn do_roll_back(
    app: &Arc<App>,
    list: &str,
    asked: &RollbackQuestion,
    content: Option<&str>,
    by: &By,
) -> Result<Written, Fault> {
    let why = reason(asked.reason.as_deref())?;
    let (named, which) = (list.to_owned(), content.unwrap_or(asked.which()).to_owned());
    let done = app.curate(move |home| go_back(home, &named, &which, why.as_deref())).await?;
    app.act(Act::ListRolledBack, &by.id, on(list, &done.in_use), by.note()).await?;
    Ok(Written::json(StatusCode::OK, bytes(&done)?))
}

/// Put the version before in use again, or any that is kept
///
/// The version in use until now is set aside: an update does not bring it back by itself. Where two persons are needed it is proposed.
#[utoipa::path(post, path = "/v1/lists/{list}/rollback", tag = "lists", request_body = RollbackQuestion,
    params(("list" = String, Path, description = "the list", example = "un-sc"),
           ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 200, description = "it is in use", body = RollbackAnswer),
              (status = 202, description = "two persons are needed: it waits for another", body = ProposalAnswer), Problems))]
pub(crate) async fn rollback(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(way): Extension<Way>,
    path: ListPath,
    request: Request,
) -> Result<Response, Fault> {
    let list = list_of(path)?;
    let (headers, body) = door::json_body(&app, request).await?;
    asked(&app, (&caller, &way), &headers, What::Rollback, &list, &body).await
}

/// Which doubted version to use after all.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcceptQuestion {
    /// The start of the version's hash or its content's, or its date of publication.
    #[schema(example = "36a3ef82")]
    version: String,
    /// Why, for the record.
    #[schema(example = "confirmed with the publisher by phone")]
    reason: String,
}

impl AcceptQuestion {
    /// Reads one with a reason.
    pub(crate) fn read(body: &[u8]) -> Result<Self, Fault> {
        let read: Self = question::json(body)?;
        let why = reason(Some(&read.reason))?.ok_or_else(|| {
            let hint = "an acceptance without a reason cannot be defended";
            Fault::BadRequest(format!("reason: it is empty\nhint: {hint}"))
        })?;
        Ok(Self { reason: why, ..read })
    }
}

fn in_use_already(list: &str, which: &str) -> Fault {
    Fault::Conflict(format!("{list} {} is in use already\nhint: nothing is to be accepted", short(which)))
}

/// Which version would be used after all; nothing is done.
pub(crate) async fn may_accept(app: &Arc<App>, list: &str, asked: &AcceptQuestion) -> Result<Value, Fault> {
    let (list, which) = (list.to_owned(), asked.version.clone());
    let found = app.read(move |home| match home.version(&list, &which)? {
        found if found.standing == Standing::InUse => Err(in_use_already(&list, &which)),
        found => Ok(found),
    });
    Ok(json!({ "content": found.await?.manifest.content }))
}

/// Uses a version after all, or the content that was meant when it was proposed.
pub(crate) async fn do_accept(
    app: &Arc<App>,
    list: &str,
    asked: &AcceptQuestion,
    content: Option<&str>,
    by: &By,
) -> Result<Written, Fault> {
    let (named, which) = (list.to_owned(), content.unwrap_or(&asked.version).to_owned());
    let why = asked.reason.clone();
    let accepted = move |home: &Home| match home.version(&named, &which) {
        Ok(found) if found.standing == Standing::InUse => Err(in_use_already(&named, &which)),
        Ok(_) | Err(_) => Ok(home.accept(&named, &which, &why, Some(Timestamp::now()))?.0),
    };
    let stored = app.curate(accepted).await?;
    app.act(Act::ListAccepted, &by.id, on(list, &stored.to_json()), by.note()).await?;
    Ok(Written::json(StatusCode::OK, bytes(&stored.to_json())?))
}

/// Put a doubted version in use after all
///
/// The acceptance, its reason and what it put aside stand in the version's record. An empty version is never accepted. Where two persons
/// are needed it is proposed.
#[utoipa::path(post, path = "/v1/lists/{list}/accept", tag = "lists", request_body = AcceptQuestion,
    params(("list" = String, Path, description = "the list", example = "un-sc"),
           ("Idempotency-Key" = Option<String>, Header, description = "the same key gives the first answer again")),
    responses((status = 200, description = "it is in use", body = shape::StoredAnswer),
              (status = 202, description = "two persons are needed: it waits for another", body = ProposalAnswer), Problems))]
pub(crate) async fn accept(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Extension(way): Extension<Way>,
    path: ListPath,
    request: Request,
) -> Result<Response, Fault> {
    let list = list_of(path)?;
    let (headers, body) = door::json_body(&app, request).await?;
    asked(&app, (&caller, &way), &headers, What::Acceptance, &list, &body).await
}
