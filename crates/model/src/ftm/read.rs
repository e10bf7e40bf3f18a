//! One JSON object as an entity.

use serde_json::{Map, Value};

use super::property::{Slot, slot};
use super::{FtmEntity, attach, each, write};
use crate::{
    Address, Country, Designation, Entity, Gender, Identifier, Kind, Name, NamePart, NameQuality, PartialDate, Place,
    Sourced,
};

/// Reads one entity. Properties may be lists or single strings; nested entities are read too.
///
/// # Errors
/// If it is no object, has no `schema` or its `properties` are no object; the text says which.
pub fn read(value: &Value) -> Result<FtmEntity, String> {
    let Value::Object(object) = value else { return Err("not a JSON object".to_owned()) };
    let schema = object.get("schema").and_then(Value::as_str).ok_or("no `schema`")?;
    let properties = match object.get("properties") {
        Some(Value::Object(properties)) => properties,
        Some(_) => return Err("`properties` is not an object".to_owned()),
        None => return Err("no `properties`".to_owned()),
    };
    let id = object.get("id").and_then(Value::as_str).map(str::to_owned);
    let is_outer = |key: &str| !(matches!(key, "schema" | "properties") || key == "id" && id.is_some());
    let outer = object.iter().filter(|(key, _)| is_outer(key)).map(|(k, v)| (k.clone(), v.clone())).collect();
    let mut found = FtmEntity { id, schema: schema.to_owned(), outer, ..FtmEntity::default() };
    let Some(kind) = found.kind() else {
        found.rest = properties.clone();
        return Ok(found);
    };
    found.entity = Entity::of(kind);
    for (property, values) in properties {
        let Some((property, slot)) = slot(kind, property) else { continue };
        for text in each(values).filter_map(Value::as_str).map(str::trim).filter(|text| !text.is_empty()) {
            place(&mut found, property, slot, text);
        }
    }
    let caption = object.get("caption").and_then(Value::as_str);
    rank_names(&mut found.entity.names, caption);
    structure_names(&mut found.entity, properties);
    label_wallets(&mut found.entity, properties);
    // Whatever writing would not give back stays as it came.
    let mut bare = FtmEntity { rest: Map::new(), ..found.clone() };
    bare.outer.clear();
    let written = write(&bare);
    for (property, values) in properties {
        if written.get("properties").and_then(|p| p.get(property)) != Some(values) {
            found.rest.insert(property.clone(), values.clone());
        }
    }
    for (property, values) in properties {
        for nested in each(values).filter(|value| value.is_object()) {
            attach(&mut found, property, nested, &|_| None);
        }
    }
    Ok(found)
}

fn place(found: &mut FtmEntity, property: &'static str, slot: Slot, text: &str) {
    let entity = &mut found.entity;
    match slot {
        Slot::Name(quality) => {
            let mut name = Name::new(text, quality);
            if property == "abbreviation" {
                name.label = Some(property.to_owned());
            }
            entity.names.push(Sourced::new(name, property));
        }
        // Parts are joined to their names when all are known.
        Slot::Part(_) => {}
        Slot::Birth => entity.births.extend(date(text).map(|date| Sourced::new(date, property))),
        Slot::Death => entity.deaths.extend(date(text).map(|date| Sourced::new(date, property))),
        Slot::BirthPlace | Slot::BirthCountry => {
            let place = Place { text: text.to_owned(), country: Country::parse(text) };
            entity.birth_places.push(Sourced::new(place, property));
        }
        Slot::Nationality => match Country::parse(text) {
            Some(country) => entity.nationalities.push(Sourced::new(country, property)),
            None => entity.unread_countries.push(Sourced::new(text.to_owned(), property)),
        },
        Slot::Country => match Country::parse(text) {
            Some(country) => entity.countries.push(Sourced::new(country, property)),
            None => entity.unread_countries.push(Sourced::new(text.to_owned(), property)),
        },
        Slot::Gender => entity.genders.extend(Gender::parse(text).map(|gender| Sourced::new(gender, property))),
        Slot::Title => entity.titles.push(Sourced::new(text.to_owned(), property)),
        Slot::Remark => entity.remarks.push(Sourced::new(text.to_owned(), property)),
        Slot::Address => {
            let address = Address { full: text.to_owned(), ..Address::default() };
            entity.addresses.push(Sourced::new(address, property));
        }
        Slot::Identifier(kind) => {
            let id = Identifier::new(kind, text).labelled(property).checked_for(entity.kind);
            entity.identifiers.push(Sourced::new(id, property));
        }
        Slot::Programme => {
            let designation = Designation { programme: text.to_owned(), ..Designation::default() };
            found.designations.push(Sourced::new(designation, property));
        }
        Slot::Property => entity.properties.push(Sourced::new((property.to_owned(), text.to_owned()), property)),
    }
}

/// A date, or the date of a time.
pub(super) fn date(text: &str) -> Option<PartialDate> {
    PartialDate::parse(text).or_else(|| PartialDate::parse(text.split_once('T')?.0))
}

// One name is the primary one: the caption if the publisher gives it, else the first.
fn rank_names(names: &mut [Sourced<Name>], caption: Option<&str>) {
    let is_name = |name: &Sourced<Name>| name.field == "name";
    let first = names.iter().position(|n| is_name(n) && Some(n.value.full.as_str()) == caption);
    let first = first.or_else(|| names.iter().position(is_name));
    for (i, name) in names.iter_mut().enumerate() {
        if name.field == "name" && Some(i) != first {
            name.value.quality = NameQuality::Strong;
        }
    }
}

// Parts belong to a name that holds them all; without any name they make one.
fn structure_names(entity: &mut Entity, properties: &Map<String, Value>) {
    let mut parts = Vec::new();
    for property in ["firstName", "secondName", "middleName", "fatherName", "lastName", "nameSuffix"] {
        let mut texts = properties.get(property).into_iter().flat_map(each).filter_map(Value::as_str);
        let (text, more) = (texts.next(), texts.next().is_some());
        // Two given names may be spellings of one name or names of two scripts: which goes where is unknown.
        if let (Some(text), false, Some((_, Slot::Part(part)))) = (text, more, slot(entity.kind, property)) {
            parts.push((part, text.trim().to_owned()));
        }
    }
    parts.retain(|(_, text)| !text.is_empty());
    let has = |part: NamePart| parts.iter().any(|(p, _)| *p == part);
    let enough = has(NamePart::Family) || (has(NamePart::Given) && entity.names.is_empty());
    if !enough {
        return;
    }
    if entity.names.is_empty() {
        let full = parts.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join(" ");
        let name = Name { parts, ..Name::new(full, NameQuality::Primary) };
        entity.names.push(Sourced::new(name, "firstName lastName"));
        return;
    }
    for name in &mut entity.names {
        let full = name.value.full.to_lowercase();
        if parts.iter().all(|(_, text)| full.contains(&text.to_lowercase())) {
            name.value.parts.clone_from(&parts);
        }
    }
}

fn label_wallets(entity: &mut Entity, properties: &Map<String, Value>) {
    if entity.kind != Kind::Wallet {
        return;
    }
    let mut currencies = properties.get("currency").into_iter().flat_map(each).filter_map(Value::as_str);
    if let (Some(currency), None) = (currencies.next(), currencies.next()) {
        for id in entity.identifiers.iter_mut().filter(|id| id.field == "publicKey") {
            id.value.label = Some(currency.to_owned());
        }
    }
}
