//! One JSON object as a party: FollowTheMoney, our own model, or a flat object whose keys are columns.
//!
//! Not here: what a column means (`slot`), what becomes of its values (`page`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use interdict_model::{Entity, ftm};
use serde_json::{Map, Value};

use super::page::Page;
use super::slot::{Slot, slot_of};
use super::{Columns, MOST_COLUMNS, Party, names, nobody, too_many, trimmed};
use crate::parts;
use crate::read::Mapping;

/// Reads one JSON object as a party: see [`party_of_json`].
///
/// # Errors
/// As [`party_of_json`].
pub fn entity_of_json(value: &Value, mapping: &Mapping) -> Result<Entity, String> {
    Ok(party_of_json(value, mapping)?.entity)
}

/// Reads one JSON object: FollowTheMoney (`schema` and `properties`), our own model (`names` as
/// objects with `value`, or a listing's `entity`), or a flat object whose keys are columns.
///
/// # Errors
/// If it is none of these, or has neither name nor identifier.
pub fn party_of_json(value: &Value, mapping: &Mapping) -> Result<Party, String> {
    let Value::Object(object) = value else { return Err("not a JSON object".to_owned()) };
    let party = if object.contains_key("schema") && object.contains_key("properties") {
        of_ftm(value)?
    } else if object.get("entity").is_some_and(Value::is_object) {
        of_model(object)?
    } else if is_model(object) {
        let entity = serde_json::from_value(value.clone()).map_err(|e| format!("not our model: {e}"))?;
        Party { entity, ..Party::default() }
    } else {
        return of_flat(object, mapping);
    };
    if party.entity.names.is_empty() && party.entity.identifiers.is_empty() {
        return Err("neither a name nor an identifier".to_owned());
    }
    Ok(party)
}

fn is_model(object: &Map<String, Value>) -> bool {
    let sourced = |key: &str| matches!(object.get(key), Some(Value::Array(values)) if values.iter().all(|v| v.get("value").is_some()) && !values.is_empty());
    sourced("names") || sourced("identifiers")
}

fn of_ftm(value: &Value) -> Result<Party, String> {
    let found = ftm::read(value)?;
    if found.kind().is_none() {
        return Err(format!("schema `{}` is nobody that can be listed or screened", found.schema));
    }
    let mut entity = found.entity;
    for (property, rest) in &found.rest {
        for text in rest.as_array().map_or(std::slice::from_ref(rest), Vec::as_slice).iter().filter_map(Value::as_str) {
            parts::property(&mut entity, property, text, property.clone());
        }
    }
    Ok(Party { id: found.id, reference: None, entity, designations: found.designations, links: found.links })
}

fn of_model(object: &Map<String, Value>) -> Result<Party, String> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    let part = |key: &str| object.get(key).cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    let wrong = |e: serde_json::Error| format!("not our model: {e}");
    Ok(Party {
        id: text("record").or_else(|| text("id")),
        reference: text("reference"),
        entity: serde_json::from_value(part("entity")).map_err(wrong)?,
        designations: serde_json::from_value(part("designations")).map_err(wrong)?,
        links: serde_json::from_value(part("links")).map_err(wrong)?,
    })
}

/// Where no column is mapped, each means what its name says: nothing is made ready for further rows.
fn of_named(object: &Map<String, Value>) -> Result<Party, String> {
    if object.len() > MOST_COLUMNS {
        return Err(too_many(object.len()));
    }
    let headers = object.keys().map(|header| trimmed(header));
    let slots: Vec<Option<Slot>> = headers.clone().map(slot_of).collect();
    if !slots.iter().any(names) {
        return Err(nobody(&headers.collect::<Vec<_>>()));
    }
    // All of them before the first is read: which reason is given does not hang on the order of columns.
    let cells: Vec<Vec<Cow<'_, str>>> = object
        .iter()
        .map(|(header, value)| texts(value).map_err(|reason| format!("`{}`: {reason}", trimmed(header))))
        .collect::<Result<_, _>>()?;
    let mut page = Page::new(None);
    for ((header, slot), values) in headers.zip(slots).zip(&cells) {
        for value in values {
            page.put(header, slot, value, values.len() == 1)?;
        }
    }
    page.finish()
}

fn of_flat(object: &Map<String, Value>, mapping: &Mapping) -> Result<Party, String> {
    if mapping.0.is_empty() {
        return of_named(object);
    }
    let headers: Vec<&str> = object.keys().map(String::as_str).collect();
    // One object may lack keys that others have: a mapping to an absent key says nothing here.
    let here = |column: &String| column.starts_with('=') || headers.iter().any(|h| h.eq_ignore_ascii_case(column));
    let mapping = Mapping(
        mapping.0.iter().filter(|(_, c)| here(c)).map(|(f, c)| (f.clone(), c.clone())).collect::<BTreeMap<_, _>>(),
    );
    let columns = Columns::new(&headers, &mapping)?;
    let mut cells = Vec::new();
    for ((header, slot), value) in columns.slots.iter().zip(object.values()) {
        let values = texts(value).map_err(|reason| format!("`{header}`: {reason}"))?;
        cells.push((header.as_str(), *slot, values.into_iter().map(Cow::into_owned).collect()));
    }
    columns.party(cells.into_iter())
}

fn texts(value: &Value) -> Result<Vec<Cow<'_, str>>, String> {
    Ok(match value {
        Value::Null => Vec::new(),
        Value::Bool(b) => vec![b.to_string().into()],
        Value::Number(n) => vec![n.to_string().into()],
        Value::String(text) => vec![text.into()],
        Value::Array(values) => {
            let mut all = Vec::new();
            for value in values {
                all.extend(texts(value)?);
            }
            all
        }
        Value::Object(object) => match object.get("name").or_else(|| object.get("value")) {
            Some(Value::String(text)) => vec![text.into()],
            Some(_) | None => return Err("an object where a text is expected".to_owned()),
        },
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_is_read_as_a_table_of_one_row() {
        // A mapping that says nothing here asks for the columns of a table.
        let asks = Mapping([("died".to_owned(), "no such column".to_owned())].into_iter().collect());
        for object in [
            json!({"name": "Anna", "Customer ID": 17, "\u{feff}born ": "1970", "country": "de; fr", "Segment": true}),
            json!({"name": ["Anna", "Ania"], "aliases": ["A; B", null], "address": {"name": "Main St"}, "gender": null}),
            json!({"first_name": "Anna", "last_name": "Example", "inn": "7707083893", "dob": "03/04/1965"}),
            json!({"segment": "retail"}),
            json!({}),
            json!({"name": "x".repeat(2001), "address": {"street": "an object"}}),
            json!({"name": "", "lei": " "}),
        ] {
            let object = object.as_object().unwrap();
            assert_eq!(of_flat(object, &Mapping::default()), of_flat(object, &asks), "{object:?}");
        }
        let wide: Map<String, Value> = (0..=MOST_COLUMNS).map(|n| (format!("c{n}"), json!("x"))).collect();
        assert_eq!(of_flat(&wide, &Mapping::default()), of_flat(&wide, &asks));
    }
}
