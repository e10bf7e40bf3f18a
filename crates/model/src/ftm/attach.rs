//! Entities that say something about another: addresses, sanctions, documents, links.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::read::date;
use super::{FtmEntity, each};
use crate::{Address, Country, Designation, Identifier, IdentifierKind, Link, Sourced};

/// Fields of attached values begin with the property that nests them, as `sanctions/program`.
const NESTING: [&str; 6] =
    ["addressEntity", "sanctions", "sanctionEntities", "identification", "passports", "identificiation"];

/// Properties that name the two sides of a link, by schema.
const SIDES: [(&str, &str, &str); 6] = [
    ("Ownership", "owner", "asset"),
    ("Directorship", "director", "organization"),
    ("Membership", "member", "organization"),
    ("Family", "person", "relative"),
    ("Associate", "person", "associate"),
    ("UnknownLink", "subject", "object"),
];

pub(super) fn is_attached(field: &str) -> bool {
    field.split('/').next().is_some_and(|first| NESTING.contains(&first))
}

/// Attaches what `other` says to `subject`: an Address, Sanction, Identification, Passport, or a
/// link to a further party. `property` is where it hangs, `caption` finds the name behind an id.
/// False if the schema says nothing that we attach, or not about this subject.
pub fn attach(
    subject: &mut FtmEntity,
    property: &str,
    other: &Value,
    caption: &dyn Fn(&str) -> Option<String>,
) -> bool {
    let (Some(schema), Some(Value::Object(properties))) =
        (other.get("schema").and_then(Value::as_str), other.get("properties"))
    else {
        return false;
    };
    match schema {
        "Address" => {
            let found = address(properties);
            let some = !found.full.is_empty() || found.country.is_some();
            if some {
                subject.entity.addresses.push(Sourced::new(found, format!("{property}/full")));
            }
            some
        }
        "Sanction" => {
            let found = designation(properties);
            subject.designations.push(Sourced::new(found, format!("{property}/program")));
            true
        }
        "Identification" | "Passport" => {
            let Some(number) = first(properties, "number") else { return false };
            let label = first(properties, "type");
            let is_passport = schema == "Passport" || label.is_some_and(|l| l.to_lowercase().contains("passport"));
            let kind = if is_passport { IdentifierKind::Passport } else { IdentifierKind::OtherDocument };
            let id = Identifier::new(kind, number).issued_by(first(properties, "country").and_then(Country::parse));
            let id = id.labelled(label.unwrap_or(schema));
            subject.entity.identifiers.push(Sourced::new(id, format!("{property}/number")));
            true
        }
        _ => link(subject, property, schema, properties, caption),
    }
}

fn texts<'a>(properties: &'a Map<String, Value>, property: &str) -> impl Iterator<Item = &'a str> {
    properties
        .get(property)
        .into_iter()
        .flat_map(each)
        .filter_map(Value::as_str)
        .map(str::trim)
        .filter(|t| !t.is_empty())
}

fn first<'a>(properties: &'a Map<String, Value>, property: &str) -> Option<&'a str> {
    texts(properties, property).next()
}

fn address(properties: &Map<String, Value>) -> Address {
    let get = |property: &str| first(properties, property).map(str::to_owned);
    let mut found = Address {
        full: get("full").unwrap_or_default(),
        street: get("street"),
        city: get("city"),
        region: get("region").or_else(|| get("state")),
        postal_code: get("postalCode"),
        country: first(properties, "country").and_then(Country::parse),
        note: get("remarks").or_else(|| get("summary")),
    };
    if found.full.is_empty() {
        let country = found.country.map(|country| country.name().to_owned());
        let parts = [&found.street, &found.city, &found.region, &found.postal_code, &country];
        found.full = parts.into_iter().flatten().cloned().collect::<Vec<_>>().join(", ");
    }
    found
}

fn designation(properties: &Map<String, Value>) -> Designation {
    let join = |property: &str| {
        let all: Vec<_> = texts(properties, property).collect();
        (!all.is_empty()).then(|| all.join("; "))
    };
    let day = |property: &str| first(properties, property).and_then(date).map(|d| d.earliest());
    let mut amended_on: Vec<Date> = texts(properties, "modifiedAt").filter_map(date).map(|d| d.earliest()).collect();
    amended_on.sort_unstable();
    Designation {
        programme: join("program").or_else(|| join("programId")).unwrap_or_default(),
        basis: join("reason").or_else(|| join("legalBasis")).or_else(|| join("unscId")),
        authority: join("authority"),
        measures: texts(properties, "provisions").map(str::to_owned).collect(),
        listed_on: day("listingDate").or_else(|| day("startDate")),
        amended_on,
        ended_on: day("endDate"),
    }
}

fn link(
    subject: &mut FtmEntity,
    property: &str,
    schema: &str,
    properties: &Map<String, Value>,
    caption: &dyn Fn(&str) -> Option<String>,
) -> bool {
    let Some((_, from, to)) = SIDES.iter().find(|(name, _, _)| *name == schema) else { return false };
    let mut found = false;
    for side in [*from, *to] {
        for other in properties.get(side).into_iter().flat_map(each) {
            let (id, name) = match other {
                Value::String(id) => (Some(id.as_str()), caption(id)),
                Value::Object(object) => {
                    let named = object.get("properties").and_then(Value::as_object).and_then(|p| first(p, "name"));
                    let name = object.get("caption").and_then(Value::as_str).or(named);
                    (object.get("id").and_then(Value::as_str), name.map(str::to_owned))
                }
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => continue,
            };
            // The side that is the subject itself says nothing new.
            if id.is_some() && id == subject.id.as_deref() || (id.is_none() && name.is_none()) {
                continue;
            }
            let role = first(properties, "role").or_else(|| first(properties, "relationship"));
            let relation =
                role.map_or_else(|| format!("{schema} ({side})"), |role| format!("{schema} ({side}): {role}"));
            let name = name.or_else(|| id.map(str::to_owned)).unwrap_or_default();
            let link = Link { relation, name, record: id.map(str::to_owned) };
            subject.links.push(Sourced::new(link, format!("{property}/{side}")));
            found = true;
        }
    }
    found
}
