//! `GET /entities/{id}` and what hangs on it.
//!
//! Not here: entities as JSON (`entity`), finding them by word (`search`).

use serde_json::{Map, Value, json};

use super::entity::{adjacent, flat, nested};
use super::error::Refused;
use super::filter::{is_set, number};
use super::search::{MOST_OFFSET, MOST_PAGE, PAGE};
use crate::compat::book::Book;
use crate::compat::params::Params;

/// Properties of entities in FollowTheMoney that lead to other entities, as far as listings have them.
const ADJACENT: [&str; 14] = [
    "sanctions",
    "addressEntity",
    "ownershipAsset",
    "ownershipOwner",
    "directorshipOrganization",
    "directorshipDirector",
    "membershipOrganization",
    "membershipMember",
    "familyRelative",
    "familyPerson",
    "associations",
    "associates",
    "unknownLinkFrom",
    "unknownLinkTo",
];

/// One entity.
pub(super) fn one(book: &Book, id: &str, params: &Params) -> Result<Value, Refused> {
    let is_nested = is_set(params, "nested", true)?;
    let ordinal = locate(book, id, "")?;
    let listing = book.snapshot().listing(ordinal)?;
    let version = book.snapshot().version_of(ordinal).ok_or_else(|| missing(id))?;
    Ok(if is_nested { nested(&listing, version, book) } else { flat(&listing, version) }.into())
}

/// An entity and pages of what hangs on it, by property.
pub(super) fn all(book: &Book, id: &str, params: &Params) -> Result<Value, Refused> {
    let (limit, offset) = page(params)?;
    let ordinal = locate(book, id, "/adjacent")?;
    let listing = book.snapshot().listing(ordinal)?;
    let version = book.snapshot().version_of(ordinal).ok_or_else(|| missing(id))?;
    let mut pages = Map::new();
    for (property, others) in adjacent(&listing, version, book) {
        pages.insert(property, paged(others, limit, offset));
    }
    Ok(json!({ "entity": flat(&listing, version), "adjacent": pages }))
}

/// A page of what hangs on an entity under one property.
pub(super) fn property(book: &Book, id: &str, property: &str, params: &Params) -> Result<Value, Refused> {
    let (limit, offset) = page(params)?;
    let ordinal = locate(book, id, &format!("/adjacent/{property}"))?;
    if !ADJACENT.contains(&property) {
        return Err(Refused::Missing(format!("Property not found: {property}")));
    }
    let listing = book.snapshot().listing(ordinal)?;
    let version = book.snapshot().version_of(ordinal).ok_or_else(|| missing(id))?;
    let found = adjacent(&listing, version, book).into_iter().find(|(name, _)| name == property);
    Ok(paged(found.map(|(_, others)| others).unwrap_or_default(), limit, offset))
}

/// The listing of an id; another id of it is answered with the way to its own.
pub(super) fn locate(book: &Book, id: &str, rest: &str) -> Result<u32, Refused> {
    if let Some(ordinal) = book.find(id) {
        return Ok(ordinal);
    }
    match book.find_other(id) {
        Some(row) => {
            let own: String = url::form_urlencoded::byte_serialize(row.id.as_bytes()).collect();
            Err(Refused::Elsewhere(format!("/entities/{}{rest}", own.replace('+', "%20"))))
        }
        None => Err(missing(id)),
    }
}

fn missing(_id: &str) -> Refused {
    Refused::Missing("No such entity!".to_owned())
}

fn page(params: &Params) -> Result<(usize, usize), Refused> {
    Ok((number(params, "limit", PAGE, MOST_PAGE)?, number(params, "offset", 0, MOST_OFFSET)?))
}

fn paged(others: Vec<Value>, limit: usize, offset: usize) -> Value {
    let total = others.len();
    let results: Vec<Value> = others.into_iter().skip(offset).take(limit).collect();
    json!({ "results": results, "total": { "value": total, "relation": "eq" }, "limit": limit, "offset": offset })
}
