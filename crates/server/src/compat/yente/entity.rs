//! A listing as an entity of FollowTheMoney, the way yente hands it out.
//!
//! Promises: values come from the listing alone; each property's values are distinct; designations are
//! `Sanction` entities, links the edge entities their publisher states.
//!
//! Not here: reading FollowTheMoney (`model`), finding listings (`book`).

use interdict_model::ftm::{self, FtmEntity, schema_of};
use interdict_model::{Address, Designation, Entity, Link, ListVersion, Listing, Sourced};
use jiff::civil::Date;
use serde_json::{Map, Value, json};

use crate::compat::book::{Book, days_of, id_of, other_ids, topics_of};
use crate::compat::scope::name_of;

/// Edge schemas: the property of the side that is another, the schema, the side that is the subject, and
/// the subject's property under which the edge hangs.
const EDGES: [(&str, &str, &str, &str); 12] = [
    ("owner", "Ownership", "asset", "ownershipAsset"),
    ("asset", "Ownership", "owner", "ownershipOwner"),
    ("director", "Directorship", "organization", "directorshipOrganization"),
    ("organization", "Directorship", "director", "directorshipDirector"),
    ("member", "Membership", "organization", "membershipOrganization"),
    ("organization", "Membership", "member", "membershipMember"),
    ("person", "Family", "relative", "familyRelative"),
    ("relative", "Family", "person", "familyPerson"),
    ("person", "Associate", "associate", "associations"),
    ("associate", "Associate", "person", "associates"),
    ("subject", "UnknownLink", "object", "unknownLinkFrom"),
    ("object", "UnknownLink", "subject", "unknownLinkTo"),
];

/// A listing with plain properties.
pub(super) fn flat(listing: &Listing, version: &ListVersion) -> Map<String, Value> {
    let id = id_of(listing, version);
    let mut entity = listing.entity.clone();
    if version.format != "ftm-json" {
        forget_fields(&mut entity);
    }
    let found = FtmEntity { id: Some(id.clone()), entity, designations: Vec::new(), ..FtmEntity::default() };
    let written = ftm::write(&found);
    let mut properties = written.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    // Properties that we write under their own heading.
    properties.shift_remove("topics");
    for (property, values) in &mut properties {
        if let Value::Array(values) = values {
            if property == "notes" {
                values.retain(|value| !value.as_str().is_some_and(|text| text.starts_with("topics: ")));
            }
            let mut seen = Vec::new();
            values.retain(|value| {
                let is_new = !seen.contains(value);
                if is_new {
                    seen.push(value.clone());
                }
                is_new
            });
        }
    }
    let mut put = |property: &str, values: Vec<String>| {
        let mut values: Vec<Value> = values.into_iter().filter(|text| !text.is_empty()).map(Value::from).collect();
        values.dedup();
        if !values.is_empty() {
            properties.insert(property.to_owned(), Value::Array(values));
        }
    };
    put("topics", topics_of(listing, version));
    put("programId", listing.designations.iter().map(|designation| designation.value.programme.clone()).collect());
    outer(listing, version, &id, schema_of(listing.entity.kind), listing.entity.caption(), properties)
}

/// A publisher's field may be called as a property of FollowTheMoney is and mean another: only what was read from
/// FollowTheMoney goes back to the property it came from.
fn forget_fields(entity: &mut Entity) {
    let Entity {
        kind: _,
        names,
        births,
        deaths,
        birth_places,
        nationalities,
        countries,
        unread_countries,
        identifiers,
        addresses,
        genders,
        titles,
        properties,
        remarks,
    } = entity;
    fn forget<T>(values: &mut [Sourced<T>]) {
        values.iter_mut().for_each(|value| value.field = "".into());
    }
    forget(names);
    forget(births);
    forget(deaths);
    forget(birth_places);
    forget(nationalities);
    forget(countries);
    forget(unread_countries);
    forget(identifiers);
    forget(addresses);
    forget(genders);
    forget(titles);
    forget(properties);
    forget(remarks);
}

/// A listing with its sanctions, addresses and links inside.
pub(super) fn nested(listing: &Listing, version: &ListVersion, book: &Book) -> Map<String, Value> {
    let mut entity = flat(listing, version);
    let adjacent = adjacent(listing, version, book);
    if let Some(Value::Object(properties)) = entity.get_mut("properties") {
        for (property, others) in adjacent {
            properties.insert(property, Value::Array(others));
        }
    }
    entity
}

/// What hangs on a listing, by property.
pub(super) fn adjacent(listing: &Listing, version: &ListVersion, book: &Book) -> Vec<(String, Vec<Value>)> {
    let id = id_of(listing, version);
    let of = |schema: &str, suffix: &str, n: usize, caption: &str, properties: Map<String, Value>| {
        Value::Object(outer(listing, version, &format!("{id}:{suffix}{n}"), schema, caption, properties))
    };
    let mut out: Vec<(String, Vec<Value>)> = Vec::new();
    let mut put = |property: &str, value: Value| match out.iter_mut().find(|(name, _)| name == property) {
        Some((_, values)) => values.push(value),
        None => out.push((property.to_owned(), vec![value])),
    };
    for (n, designation) in listing.designations.iter().enumerate() {
        let designation = &designation.value;
        put("sanctions", of("Sanction", "sanction-", n, &designation.programme, sanction(&id, designation)));
    }
    for (n, address) in listing.entity.addresses.iter().enumerate() {
        put("addressEntity", of("Address", "address-", n, &address.value.full, place(&address.value)));
    }
    for (n, link) in listing.links.iter().enumerate() {
        let link = &link.value;
        let (other, schema, own, property) = edge(link);
        let mut properties = Map::new();
        properties.insert(own.to_owned(), json!([id]));
        properties.insert(other.to_owned(), json!([other_side(link, listing, version, book)]));
        let role = link.relation.split_once(": ").map_or(link.relation.as_str(), |(_, role)| role);
        properties.insert("role".to_owned(), json!([role]));
        put(property, of(schema, "link-", n, &link.relation, properties));
    }
    out
}

/// Which edge a link is: what FollowTheMoney lists say, else a link of unknown kind.
fn edge(link: &Link) -> (&'static str, &'static str, &'static str, &'static str) {
    let found = EDGES.iter().find(|(other, schema, ..)| link.relation.starts_with(&format!("{schema} ({other})")));
    found.copied().unwrap_or(("object", "UnknownLink", "subject", "unknownLinkTo"))
}

/// The other side of a link: its listing if the list has it, else what the publisher says of it.
fn other_side(link: &Link, listing: &Listing, version: &ListVersion, book: &Book) -> Value {
    let record = link.record.as_deref();
    let ids = record.map(|record| [record.to_owned(), format!("{}:{record}", listing.list)]);
    let ordinal = ids.iter().flatten().find_map(|id| book.find(id));
    if let Some(ordinal) = ordinal
        && let (Ok(other), Some(version)) = (book.snapshot().listing(ordinal), book.snapshot().version_of(ordinal))
    {
        return Value::Object(flat(&other, version));
    }
    let id = format!("{}:{}", listing.list, record.unwrap_or(&link.name));
    let mut properties = Map::new();
    properties.insert("name".to_owned(), json!([link.name]));
    let mut entity = outer(listing, version, &id, "LegalEntity", &link.name, properties);
    // Named by a listing, not listed itself.
    entity.insert("target".to_owned(), false.into());
    Value::Object(entity)
}

fn sanction(entity: &str, designation: &Designation) -> Map<String, Value> {
    let Designation { programme, basis, authority, measures, listed_on, amended_on, ended_on } = designation;
    let mut properties = Map::new();
    let mut put = |property: &str, values: Vec<String>| {
        let values: Vec<Value> = values.into_iter().filter(|text| !text.is_empty()).map(Value::from).collect();
        if !values.is_empty() {
            properties.insert(property.to_owned(), Value::Array(values));
        }
    };
    put("entity", vec![entity.to_owned()]);
    put("program", vec![programme.clone()]);
    put("reason", basis.iter().cloned().collect());
    put("authority", authority.iter().cloned().collect());
    put("provisions", measures.clone());
    put("listingDate", listed_on.iter().map(Date::to_string).collect());
    put("modifiedAt", amended_on.iter().map(Date::to_string).collect());
    put("endDate", ended_on.iter().map(Date::to_string).collect());
    properties
}

fn place(address: &Address) -> Map<String, Value> {
    let Address { full, street, city, region, postal_code, country, note } = address;
    let mut properties = Map::new();
    let country = country.map(|country| country.code().to_owned());
    for (property, value) in [
        ("full", Some(full.clone())),
        ("street", street.clone()),
        ("city", city.clone()),
        ("region", region.clone()),
        ("postalCode", postal_code.clone()),
        ("country", country),
        ("remarks", note.clone()),
    ] {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            properties.insert(property.to_owned(), json!([value]));
        }
    }
    properties
}

/// Midnight of a day, in yente's form.
pub(super) fn moment(day: Date) -> String {
    format!("{day}T00:00:00")
}

fn outer(
    listing: &Listing,
    version: &ListVersion,
    id: &str,
    schema: &str,
    caption: &str,
    properties: Map<String, Value>,
) -> Map<String, Value> {
    let (listed, changed) = days_of(listing);
    let own = id_of(listing, version);
    let referents = if id == own { other_ids(listing, &own) } else { Vec::new() };
    let mut out = Map::new();
    out.insert("id".to_owned(), id.into());
    out.insert("caption".to_owned(), if caption.is_empty() { id.into() } else { caption.into() });
    out.insert("schema".to_owned(), schema.into());
    out.insert("properties".to_owned(), properties.into());
    out.insert("datasets".to_owned(), json!([name_of(&listing.list.0)]));
    out.insert("referents".to_owned(), json!(referents));
    out.insert("target".to_owned(), (id == own).into());
    out.insert("first_seen".to_owned(), json!(listed.map(moment)));
    out.insert("last_seen".to_owned(), json!(version.published.map(moment)));
    out.insert("last_change".to_owned(), json!(changed.or(version.published).map(moment)));
    out
}
