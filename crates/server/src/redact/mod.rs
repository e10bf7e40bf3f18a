//! What of persons a caller sees: the one place through which every answer passes on its way out.
//!
//! Promises: deny by default: a member of an answer that nobody has classed is masked for whoever does not see all; an answer
//! that cannot be taken apart is not shown; texts of problems, which may quote what was asked, are masked with it; the record
//! stays the hash of the whole answer, and the answer says what was masked. Who sees all pays nothing.
//!
//! Not here: which role sees what (`policy`), the forms of answers (`walk`), logs, which hold nothing of persons (`door`).

mod agent;
mod policy;
mod sieve;
mod walk;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use interdict_engine::Snapshot;
use interdict_lists::dataset::dataset_of;
pub use policy::{Redaction, RedactionError};
use serde_json::Value;
use tokio_stream::StreamExt as _;

use crate::access::Caller;
use crate::app::App;
use crate::problem::Fault;
use policy::{Sight, Subject};
use walk::Veil;

/// The header that says which fields the caller does not see.
const HEADER: &str = "interdict-masked";

/// The largest answer that is taken apart: an explanation of the longest listing has some 100 KB.
const LARGEST: usize = 64 << 20;

/// Routes at which no persons stand but the caller: the law, versions, keys, the service itself, catalogues of other interfaces. What
/// ends with a slash stands for all that begins so.
const NOBODY: [&str; 28] = [
    "/auth/",
    "/healthz",
    "/readyz",
    "/openapi.json",
    "/metrics",
    "/v1/status",
    "/v1/law/",
    "/v1/lists",
    "/v1/lists/{list}/history",
    "/v1/policies",
    "/v1/monitor",
    "/v1/receipts/",
    // Their handlers cover what is of a party: see [`proposal`] and [`as_of`].
    "/v1/proposals",
    "/v1/proposals/",
    "/v1/setup",
    "/v1/keys",
    "/v1/me",
    "/v1/me/",
    "/v1/sessions",
    "/v1/sessions/",
    "/v1/keys/",
    "/catalog",
    "/manifest",
    "/algorithms",
    "/updatez",
    "/v2/listinfo",
    "/v2/data/refresh",
    "/ping",
];

/// Routes at which persons of lists stand and no parties.
const LISTED: [&str; 8] = [
    "/v1/listings/",
    "/v1/lists/{list}/diff",
    "/v1/lists/{list}/rollback",
    "/v1/lists/{list}/accept",
    "/v1/imports",
    "/v1/updates",
    "/v1/updates/",
    "/v1/quarantine",
];

/// The names of lists that their publishers show to everybody.
pub(crate) fn published(snapshot: &Snapshot) -> BTreeSet<String> {
    let lists = snapshot.versions().filter(|version| !version.format.starts_with("own-"));
    // Other interfaces have other names for them.
    let named = |list: &str| [Some(list.to_owned()), dataset_of(list).map(|of| of.open_sanctions.to_owned())];
    lists.flat_map(|version| named(&version.list.0)).flatten().collect()
}

/// Whose fields may stand in the answer of a route. A route that nobody has classed is taken to show everybody's.
fn subjects(route: &str, path: &str, published: &BTreeSet<String>) -> &'static [Subject] {
    let is_of = |known: &&str| if known.ends_with('/') { route.starts_with(*known) } else { route == *known };
    if NOBODY.iter().any(&is_of) {
        return &[];
    }
    if !LISTED.iter().any(is_of) {
        return &Subject::ALL;
    }
    // Where the address names the list, it is known whose it is.
    let list = path.strip_prefix("/v1/listings/").or_else(|| path.strip_prefix("/v1/lists/"));
    match list.and_then(|rest| rest.split('/').next()) {
        Some(list) if published.contains(list) => &[Subject::Listing],
        Some(_) | None => &[Subject::Listing, Subject::Internal],
    }
}

/// Says of an answer that nobody stands in it, whoever gets it: the door's own words.
pub(crate) fn of_nobody(mut response: Response) -> Response {
    response.extensions_mut().insert(OfNobody);
    response
}

#[derive(Clone, Copy)]
struct OfNobody;

/// Says of an answer that it is that of another route.
pub(crate) fn as_of(route: &'static str, mut response: Response) -> Response {
    response.extensions_mut().insert(AsOf(route));
    response
}

#[derive(Clone, Copy)]
struct AsOf(&'static str);

/// Covers what a proposal says of a party, for a caller who does not see all of parties. Only an allowance is about one.
pub(crate) fn proposal(app: &App, caller: &Caller, proposal: &mut Value) {
    let sight = app.settings.redact.sight(&caller.roles);
    let is_of_party = proposal.get("act").is_none_or(|act| act == "allowance");
    if sight.is_full(&[Subject::Party]) || !is_of_party {
        return;
    }
    let Some(members) = proposal.as_object_mut() else { return };
    for member in ["question", "means", "reason"] {
        if let Some(value) = members.get_mut(member) {
            walk::mask(value);
        }
    }
    let masked = sight.masked(&[Subject::Party]).split(", ").map(Value::from).collect();
    members.insert("masked".to_owned(), masked);
}

/// Lets through of an answer what its caller may see. `route` is as it is declared, `path` as it was asked.
pub(crate) async fn veil(app: &App, caller: Caller, route: &str, path: &str, mut response: Response) -> Response {
    if response.extensions_mut().remove::<OfNobody>().is_some() {
        return response;
    }
    // Who came in by another door is known there.
    let caller = response.extensions_mut().remove::<Caller>().unwrap_or(caller);
    let sight = app.settings.redact.sight(&caller.roles);
    if sight.is_full(&Subject::ALL) {
        return response;
    }
    let published = Arc::clone(&app.lists().published);
    let route = response.extensions_mut().remove::<AsOf>().map_or(route, |as_of| as_of.0);
    let subjects = subjects(route, path, &published);
    if sight.is_full(subjects) {
        return response;
    }
    let form = match route {
        AGENTS => Form::Agents,
        route if route.starts_with("/v1/") => Form::Ours,
        _ => Form::Others,
    };
    covered(Cover { sight, subjects, published, form }, response).await
}

/// What is needed to cover an answer.
#[derive(Clone)]
struct Cover {
    sight: Sight,
    subjects: &'static [Subject],
    /// Lists that everybody can read elsewhere; all others are one's own.
    published: Arc<BTreeSet<String>>,
    form: Form,
}

/// Where tools for agents answer.
const AGENTS: &str = "/mcp";

/// What an answer looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Ours, which says what was masked.
    Ours,
    /// That of another service.
    Others,
    /// Ours within the protocol of agents.
    Agents,
}

impl Cover {
    fn bytes(&self, bytes: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
        let mut veil = Veil::new(&self.sight, self.subjects, &self.published);
        if self.form == Form::Ours
            && let Some(covered) = sieve::covered(bytes, &mut veil)
        {
            return covered;
        }
        let mut value: Value = serde_json::from_slice(bytes)?;
        match self.form {
            // A problem is no message of the protocol.
            Form::Agents if value.get("jsonrpc").is_some() => veil.message(&mut value),
            Form::Ours | Form::Agents => veil.answer(&mut value, true),
            Form::Others => veil.answer(&mut value, false),
        }
        serde_json::to_vec(&value)
    }
}

fn unmaskable() -> Response {
    let text = "this answer has a form from which persons cannot be masked, and the key does not see them in full";
    Fault::Forbidden(format!("{text}\nhint: ask for a key with a role that does; `serve --redact` sets it"))
        .into_response()
}

async fn covered(cover: Cover, response: Response) -> Response {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_owned();
    let names = HeaderValue::from_str(&cover.sight.masked(cover.subjects));
    let (mut parts, body) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    if let Ok(names) = names {
        parts.headers.insert(HEADER, names);
    }
    if kind == "application/x-ndjson" {
        let mut rest = Vec::new();
        let pieces = body.into_data_stream();
        let pieces = pieces.map(move |piece| {
            let piece = piece.map_err(|_| "the answer broke off")?;
            lines(&cover, &mut rest, &piece).map_err(|_| "a line cannot be masked")
        });
        return Response::from_parts(parts, Body::from_stream(pieces));
    }
    let Ok(bytes) = axum::body::to_bytes(body, LARGEST).await else { return unmaskable() };
    if bytes.is_empty() {
        return Response::from_parts(parts, Body::empty());
    }
    if !["application/json", "application/problem+json"].contains(&kind.as_str()) {
        return unmaskable();
    }
    match cover.bytes(&bytes) {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(_) => unmaskable(),
    }
}

/// The lines that end in a piece, covered; what is begun stays in `rest`.
fn lines(cover: &Cover, rest: &mut Vec<u8>, piece: &[u8]) -> Result<Bytes, serde_json::Error> {
    rest.extend_from_slice(piece);
    let Some(end) = rest.iter().rposition(|byte| *byte == b'\n') else { return Ok(Bytes::new()) };
    let begun = rest.split_off(end.saturating_add(1));
    let whole = std::mem::replace(rest, begun);
    let mut out = Vec::with_capacity(whole.len());
    for line in whole.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        out.append(&mut cover.bytes(line)?);
        out.push(b'\n');
    }
    Ok(out.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_classed_is_taken_to_show_everybody() {
        let published = BTreeSet::from(["un-sc".to_owned()]);
        let of = |route: &str, path: &str| subjects(route, path, &published).len();
        for route in ["/v1/screen", "/match/default", "/v1/anything", "/v1/listsx", "/mcp", "/"] {
            assert_eq!(of(route, route), 3, "{route}");
        }
        for route in ["/v1/lists", "/v1/law/pages/{*page}", "/v1/keys/{id}", "/catalog", "/metrics"] {
            assert_eq!(of(route, route), 0, "{route}");
        }
        let listing = "/v1/listings/{list}/{*reference}";
        assert_eq!([of(listing, "/v1/listings/un-sc/KPi.001"), of(listing, "/v1/listings/own/Q-1")], [1, 2]);
        assert_eq!(of("/v1/lists/{list}/diff", "/v1/lists/un-sc/diff"), 1);
    }

    #[test]
    fn lines_are_covered_wherever_the_pieces_end() {
        let redaction = Redaction::parse("[machine.party]\nall = \"mask\"\n").unwrap();
        let sight = redaction.sight(&[interdict_state::Role::Machine]);
        let cover = Cover { sight, subjects: &Subject::ALL, published: Arc::default(), form: Form::Ours };
        let text = b"{\"row\":1,\"error\":\"`Orsolya`\"}\n{\"row\":2,\"id\":\"Orsolya\"}\n";
        for size in 1..text.len() {
            let (mut rest, mut out) = (Vec::new(), Vec::new());
            for piece in text.chunks(size) {
                out.extend_from_slice(&lines(&cover, &mut rest, piece).unwrap());
            }
            let out = String::from_utf8(out).unwrap();
            assert!(out.lines().count() == 2 && !out.contains("Orsolya"), "{size}: {out}");
        }
        assert!(lines(&cover, &mut Vec::new(), b"no JSON\n").is_err(), "what cannot be read is not shown");
    }
}
