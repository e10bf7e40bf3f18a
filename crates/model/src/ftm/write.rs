//! An entity as FollowTheMoney JSON.

use serde_json::{Map, Value};

use super::FtmEntity;
use super::property::{Slot, default_property, slot};
use crate::{Gender, Kind, Name, PartialDate, Sourced};

/// Writes one entity. Values read from FollowTheMoney go back to their properties, others to the
/// property of their kind; `rest` goes in as it is. FollowTheMoney has no "circa" and no spans:
/// a circa date is written as the date, a span as its first and last year.
pub fn write(found: &FtmEntity) -> Value {
    let mut out = Map::new();
    if let Some(id) = &found.id {
        out.insert("id".to_owned(), id.clone().into());
    }
    out.insert("schema".to_owned(), schema(found).into());
    let mut page = Page { kind: found.entity.kind, rest: &found.rest, properties: Map::new() };
    page.entity(found);
    let mut properties = page.properties;
    for (property, values) in &found.rest {
        properties.insert(property.clone(), values.clone());
    }
    out.insert("properties".to_owned(), properties.into());
    out.extend(found.outer.iter().map(|(key, value)| (key.clone(), value.clone())));
    out.into()
}

fn schema(found: &FtmEntity) -> &str {
    if !found.schema.is_empty() {
        return &found.schema;
    }
    schema_of(found.entity.kind)
}

/// The schema that stands for a kind.
pub fn schema_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Person => "Person",
        Kind::Organization => "Organization",
        Kind::Vessel => "Vessel",
        Kind::Aircraft => "Airplane",
        Kind::Wallet => "CryptoWallet",
        Kind::Security => "Security",
        Kind::Unknown => "LegalEntity",
    }
}

struct Page<'a> {
    kind: Kind,
    rest: &'a Map<String, Value>,
    properties: Map<String, Value>,
}

impl Page<'_> {
    fn put(&mut self, field: &str, wanted: Slot, text: &str) {
        // Nested and attached values stand in `rest` already.
        if field.split_once('/').is_some_and(|(property, _)| self.rest.contains_key(property)) {
            return;
        }
        let property = match slot(self.kind, field) {
            Some((property, _)) => property,
            None if field.contains('/') && super::attach::is_attached(field) => return,
            None => default_property(self.kind, wanted),
        };
        let values = self.properties.entry(property).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(values) = values {
            values.push(text.into());
        }
    }

    fn date(&mut self, field: &str, wanted: Slot, date: &PartialDate) {
        let text = date.to_string();
        let text = text.trim_start_matches('~');
        match text.split_once('/') {
            Some((first, last)) => [first, last].into_iter().for_each(|part| self.put(field, wanted, part)),
            None => self.put(field, wanted, text),
        }
    }

    fn entity(&mut self, found: &FtmEntity) {
        let entity = &found.entity;
        let built = "firstName lastName";
        for name in entity.names.iter().filter(|name| name.field != built) {
            self.put(&name.field, Slot::Name(name.value.quality), &name.value.full);
        }
        // Parts read from FollowTheMoney stand in `rest`: a name does not say which property held them.
        let foreign = |name: &&Sourced<Name>| name.field != built && slot(self.kind, &name.field).is_none();
        let structured = entity.names.iter().filter(foreign).find(|name| !name.value.parts.is_empty());
        for (part, text) in structured.map_or(&[][..], |name| &name.value.parts) {
            self.put("", Slot::Part(*part), text);
        }
        entity.births.iter().for_each(|d| self.date(&d.field, Slot::Birth, &d.value));
        entity.deaths.iter().for_each(|d| self.date(&d.field, Slot::Death, &d.value));
        entity.birth_places.iter().for_each(|p| self.put(&p.field, Slot::BirthPlace, &p.value.text));
        entity.nationalities.iter().for_each(|c| self.put(&c.field, Slot::Nationality, c.value.code()));
        entity.countries.iter().for_each(|c| self.put(&c.field, Slot::Country, c.value.code()));
        entity.unread_countries.iter().for_each(|c| self.put(&c.field, Slot::Country, &c.value));
        for gender in &entity.genders {
            let word = match gender.value {
                Gender::Female => "female",
                Gender::Male => "male",
                Gender::Other => "other",
            };
            self.put(&gender.field, Slot::Gender, word);
        }
        entity.titles.iter().for_each(|t| self.put(&t.field, Slot::Title, &t.value));
        entity.remarks.iter().for_each(|r| self.put(&r.field, Slot::Remark, &r.value));
        entity.addresses.iter().for_each(|a| self.put(&a.field, Slot::Address, &a.value.full));
        for id in &entity.identifiers {
            self.put(&id.field, Slot::Identifier(id.value.kind), &id.value.value);
        }
        for designation in &found.designations {
            self.put(&designation.field, Slot::Programme, &designation.value.programme);
        }
        for property in &entity.properties {
            let (name, text) = &property.value;
            match slot(self.kind, &property.field) {
                Some(_) => self.put(&property.field, Slot::Property, text),
                None => self.put("", Slot::Property, &format!("{name}: {text}")),
            }
        }
    }
}
