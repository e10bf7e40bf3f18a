//! `/reconcile/{dataset}/suggest/…`: entities, types and properties that begin with what somebody types.
//!
//! Promises: an entity's own id finds it; `cursor` goes on where the last answer ended.
//!
//! Not here: queries (`reconcile`), search by words (`search`).

use std::collections::HashMap;

use interdict_model::ListId;
use interdict_model::ftm::schema_of;
use serde_json::{Value, json};

use super::error::Refused;
use super::filter::number;
use super::reconcile::{PROPERTIES, TYPES, property_of, type_of};
use super::search::{MOST_OFFSET, MOST_PAGE, PAGE};
use crate::compat::book::{Book, words};
use crate::compat::params::Params;
use crate::compat::scope::name_of;

/// Suggestions of types and properties.
const SUGGESTIONS: usize = 5;

/// Entities, types or properties that begin with a text.
pub(super) fn suggest(book: &Book, lists: &[ListId], what: &str, params: &Params) -> Result<Value, Refused> {
    let prefix = params.one("prefix").unwrap_or_default();
    let after = number(params, "cursor", 0, MOST_OFFSET)?;
    let lower = prefix.to_lowercase();
    let begins = |text: &str| text.to_lowercase().starts_with(&lower);
    let result: Vec<Value> = match what {
        "entity" => {
            let limit = number(params, "limit", PAGE, MOST_PAGE)?;
            let names: Vec<&str> = lists.iter().map(|list| name_of(&list.0)).collect();
            let rows = beginning(book, prefix).into_iter().filter_map(|ordinal| book.row(ordinal));
            let rows = rows.filter(|row| names.contains(&row.dataset.as_str())).skip(after).take(limit);
            rows.map(|row| {
                let schema = schema_of(row.kind);
                // The protocol has the type under `notable`, yente under `type`.
                let types = json!([type_of(schema)]);
                json!({ "id": row.id, "name": row.caption, "description": schema, "type": types, "notable": types })
            })
            .collect()
        }
        "type" => {
            let found = TYPES.iter().filter(|(id, plural, label)| begins(id) || begins(plural) || begins(label));
            found.skip(after).take(SUGGESTIONS).map(|(id, ..)| type_of(id)).collect()
        }
        "property" => {
            let found = PROPERTIES
                .iter()
                .filter(|(schema, name, label)| begins(name) || begins(label) || begins(&format!("{schema}:{name}")));
            found.skip(after).take(SUGGESTIONS).map(property_of).collect()
        }
        other => return Err(Refused::Missing(format!("no suggestions of `{other}`"))),
    };
    Ok(json!({ "code": "/api/status/ok", "status": "200 OK", "prefix": prefix, "result": result }))
}

/// The listing of an id, and those that hold every word, the last one as the beginning of a word; best first.
fn beginning(book: &Book, prefix: &str) -> Vec<u32> {
    let own = book.find(prefix.trim());
    let mut all = words(prefix);
    let Some(last) = all.pop() else { return own.into_iter().collect() };
    let mut found: HashMap<u32, u32> =
        book.holding(book.beginning(&last)).into_iter().map(|(ordinal, weight)| (ordinal, weight.into())).collect();
    for word in &all {
        let holding = book.holding(std::iter::once(word.as_str()));
        found.retain(|ordinal, rank| {
            let held = holding.get(ordinal);
            *rank += held.map_or(0, |weight| u32::from(*weight));
            held.is_some()
        });
    }
    if let Some(own) = own {
        found.remove(&own);
    }
    let mut found: Vec<(u32, u32)> = found.into_iter().collect();
    found.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    own.into_iter().chain(found.into_iter().map(|(ordinal, _)| ordinal)).collect()
}
