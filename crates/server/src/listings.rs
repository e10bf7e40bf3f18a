//! Lists in use, their listings, and the policies that are built in.
//!
//! Not here: loading and replacing lists (`lists`).

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::Response;
use interdict_engine::{Policy, policy_digest};
use interdict_model::{Digest, ListId, ListVersion, Listing};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::problem::{Fault, Problems};
use crate::screen::{bytes, json};
use crate::shape;

/// The lists in use.
#[derive(Serialize, ToSchema)]
struct ListsAnswer<'a> {
    /// Hash of all of them.
    #[schema(value_type = String)]
    snapshot: Digest,
    /// Whether only the built-in starter list is there, which clears nobody.
    starter: bool,
    listings: u32,
    names: u32,
    /// Records that could not be loaded, each a named rejection.
    left_out: u64,
    #[schema(value_type = Vec<shape::VersionAnswer>)]
    lists: Vec<&'a ListVersion>,
}

/// The lists in use and their versions
#[utoipa::path(get, path = "/v1/lists", tag = "lists",
    responses((status = 200, description = "lists in the order of their ids", body = ListsAnswer), Problems))]
pub(crate) async fn lists(State(app): State<Arc<App>>) -> Result<Response, Fault> {
    let loaded = app.lists();
    let snapshot = &loaded.snapshot;
    Ok(json(bytes(&ListsAnswer {
        snapshot: snapshot.digest(),
        starter: snapshot.is_starter(),
        listings: snapshot.listings(),
        names: snapshot.names(),
        left_out: snapshot.left_out(),
        lists: snapshot.versions().collect(),
    })?))
}

/// Listings with one reference.
#[derive(Serialize, ToSchema)]
struct ListingsAnswer<'a> {
    #[schema(value_type = String)]
    snapshot: Digest,
    /// The version of the list.
    #[schema(value_type = Option<shape::VersionAnswer>)]
    version: Option<&'a ListVersion>,
    #[schema(value_type = Vec<Object>)]
    listings: Vec<Listing>,
    /// Fields that the key does not see, as `internal.names`; left out where it sees all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    masked: Vec<String>,
}

/// A listing by its list and reference or record
#[utoipa::path(get, path = "/v1/listings/{list}/{*reference}", tag = "lists",
    params(("list" = String, Path, description = "the list", example = "un-sc"),
           ("reference" = String, Path, description = "its reference or record", example = "KPi.001")),
    responses((status = 200, description = "each listing with that reference", body = ListingsAnswer), Problems))]
pub(crate) async fn listing(
    State(app): State<Arc<App>>,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Fault> {
    let Path((list, reference)) = path.map_err(|_| Fault::BadRequest("the address is not UTF-8 text".to_owned()))?;
    let loaded = app.lists();
    // To find a reference all listings of a list may have to be read.
    let answer = app
        .compare(move |_| {
            let snapshot = &loaded.snapshot;
            let ordinals = snapshot.find(&ListId(list), &reference)?;
            let version = ordinals.first().and_then(|ordinal| snapshot.version_of(*ordinal));
            let listings = ordinals.iter().map(|ordinal| snapshot.listing(*ordinal)).collect::<Result<Vec<_>, _>>()?;
            bytes(&ListingsAnswer { snapshot: snapshot.digest(), version, listings, masked: Vec::new() })
        })
        .await?;
    Ok(json(answer))
}

/// A policy as it is shown.
#[derive(Serialize)]
struct PolicyShown {
    #[serde(flatten)]
    policy: Policy,
    purpose: &'static str,
    hash: Digest,
}

/// The policies that are built in
#[utoipa::path(get, path = "/v1/policies", tag = "lists",
    responses((status = 200, description = "what counts as a hit", body = Vec<shape::PolicyAnswer>), Problems))]
pub(crate) async fn policies() -> Result<Response, Fault> {
    let shown = |(policy, purpose)| PolicyShown { hash: policy_digest(&policy, &[]), policy, purpose };
    Ok(json(bytes(&Policy::built_in().into_iter().map(shown).collect::<Vec<_>>())?))
}
