//! `/reconcile/{dataset}`: the W3C reconciliation protocol 0.2, for OpenRefine.
//!
//! Promises: results are those of `/match` without a cutoff of the caller's, down to the lowest threshold there is.
//!
//! Not here: comparing (`matching`), suggestions (`suggest`), previews (`preview`), other origins (`cors`).

use std::sync::Arc;

use interdict_engine::{Scratch, Snapshot, VERSION};
use interdict_model::{Country, Unique};
use serde_json::{Map, Value, json};

use super::entities::locate;
use super::entity::flat;
use super::error::Refused;
use super::filter::{Filters, number};
use super::matching::{Desk, MOST_QUERIES, Screened, THRESHOLD, algorithm, kept_of, party};
use super::search::MOST_PAGE;
use crate::compat::Compat;
use crate::compat::book::Book;
use crate::compat::params::Params;
use crate::compat::scope::Scope;

/// Results for a query: the protocol's default and yente's bound.
const RESULTS: u64 = 5;
const MOST_RESULTS: u64 = 500;

/// Schemas: id, plural, label.
pub(super) const TYPES: [(&str, &str, &str); 8] = [
    ("Person", "People", "Person"),
    ("Organization", "Organizations", "Organization"),
    ("Company", "Companies", "Company"),
    ("LegalEntity", "Legal entities", "Legal entity"),
    ("Vessel", "Vessels", "Vessel"),
    ("Airplane", "Airplanes", "Airplane"),
    ("CryptoWallet", "Cryptocurrency wallets", "Cryptocurrency wallet"),
    ("Security", "Securities", "Security"),
];

/// Properties that take part in screening: schema, name, label.
pub(super) const PROPERTIES: [(&str, &str, &str); 29] = [
    ("Thing", "name", "Name"),
    ("Thing", "alias", "Other name"),
    ("Thing", "previousName", "Previous name"),
    ("Thing", "weakAlias", "Weak alias"),
    ("Thing", "country", "Country"),
    ("Thing", "address", "Address"),
    ("Thing", "topics", "Topics"),
    ("Thing", "programId", "Program ID"),
    ("Thing", "notes", "Notes"),
    ("Person", "firstName", "First name"),
    ("Person", "lastName", "Last name"),
    ("Person", "birthDate", "Birth date"),
    ("Person", "birthPlace", "Place of birth"),
    ("Person", "nationality", "Nationality"),
    ("Person", "gender", "Gender"),
    ("Person", "passportNumber", "Passport number"),
    ("LegalEntity", "idNumber", "ID number"),
    ("LegalEntity", "taxNumber", "Tax number"),
    ("LegalEntity", "registrationNumber", "Registration number"),
    ("LegalEntity", "leiCode", "LEI"),
    ("LegalEntity", "innCode", "INN"),
    ("LegalEntity", "ogrnCode", "OGRN"),
    ("LegalEntity", "jurisdiction", "Jurisdiction"),
    ("LegalEntity", "swiftBic", "SWIFT/BIC"),
    ("LegalEntity", "incorporationDate", "Incorporation date"),
    ("Vessel", "imoNumber", "IMO number"),
    ("Vessel", "mmsi", "MMSI"),
    ("Vessel", "flag", "Flag"),
    ("CryptoWallet", "publicKey", "Address"),
];

pub(super) fn type_of(id: &str) -> Value {
    let found = TYPES.iter().find(|(schema, ..)| *schema == id);
    let (name, description) = found.map_or((id, id), |(_, plural, label)| (*plural, *label));
    json!({ "id": id, "name": name, "description": description })
}

pub(super) fn property_of((schema, name, label): &(&str, &str, &str)) -> Value {
    json!({ "id": format!("{schema}:{name}"), "name": label })
}

/// What people call a property.
pub(super) fn label_of(property: &str) -> Option<&'static str> {
    PROPERTIES.iter().find(|(_, name, _)| *name == property).map(|(.., label)| *label)
}

fn title(scope: Scope, dataset: &str) -> Result<String, Refused> {
    let lists = scope.lists(dataset)?;
    Ok(match (&lists[..], scope.collection(dataset)) {
        (_, Some(collection)) => collection.title.clone(),
        ([list], None) => scope.title_of(&list.0).to_owned(),
        (_, None) => "All lists that are loaded".to_owned(),
    })
}

/// What the service can do.
pub(super) fn manifest(scope: Scope, dataset: &str, base: &str, query: &str) -> Result<Value, Refused> {
    let title = title(scope, dataset)?;
    let service = format!("{base}/reconcile/{dataset}");
    let on = if query.is_empty() { String::new() } else { format!("?{query}") };
    let suggest = |what: &str| json!({ "service_url": service, "service_path": format!("/suggest/{what}{on}") });
    let space = "https://www.opensanctions.org/reference/#schema";
    Ok(json!({
        "versions": ["0.2"],
        "name": format!("{title} (Interdict)"),
        "identifierSpace": space,
        "schemaSpace": space,
        "documentation": "https://reconciliation-api.github.io/specs/0.2/",
        "serviceVersion": VERSION,
        "batchSize": 3,
        "view": { "url": format!("{base}/entities/{{{{id}}}}") },
        "preview": { "url": format!("{service}/preview/{{{{id}}}}{on}"), "width": 430, "height": 600 },
        "suggest": { "entity": suggest("entity"), "type": suggest("type"), "property": suggest("property") },
        "extend": {
            "propose_properties": { "service_url": service, "service_path": format!("/extend/property{on}") },
            "property_settings": settings(),
            "propose_settings": settings(),
        },
        "defaultTypes": TYPES.iter().map(|(id, ..)| type_of(id)).collect::<Vec<_>>(),
    }))
}

fn settings() -> Value {
    json!([
        {
            "name": "limit", "label": "Limit", "type": "number", "default": 0,
            "help_text": "Most values for a row, 0 for all.",
        },
        {
            "name": "render", "label": "Value rendering", "type": "select", "default": "caption",
            "choices": [{ "value": "caption", "name": "For people" }, { "value": "raw", "name": "For machines" }],
            "help_text": "North Korea or kp.",
        },
    ])
}

/// Answers queries.
pub(super) fn queries(
    compat: &Compat,
    dataset: &str,
    query: &str,
    text: &str,
    scratch: &mut Scratch,
) -> Result<Screened, Refused> {
    let collections = compat.collections();
    let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
    let scope = Scope::of(&snapshot, &collections);
    let params = Params::of(query);
    algorithm(&params)?;
    let Unique(asked) = serde_json::from_str(text).map_err(|error| Refused::Bad(format!("queries: {error}")))?;
    let asked = asked.as_object().ok_or_else(|| Refused::Bad("queries: not an object".to_owned()))?;
    if asked.len() > MOST_QUERIES {
        return Err(Refused::Bad(format!("Too many queries in one batch (limit: {MOST_QUERIES})")));
    }
    let mut out = Map::new();
    let mut kept = Vec::new();
    let mut pending = None;
    let mut last = None;
    for (key, one) in asked {
        let desk = desk(&snapshot, scope, dataset, &params, one)?;
        let input = json!({ "interface": "yente-reconcile", "dataset": dataset, "query": query, "example": one });
        let result = kept_of(compat, &desk, input, &mut kept, |desk| respond(desk, one, scratch))?;
        out.insert(key.clone(), result);
        last = Some(desk);
    }
    // All desks of a request rest on the same: only how many results are shown differs.
    if let Some(desk) = last {
        pending = compat.enter(desk.engine(), &kept)?;
    }
    let count = out.len();
    Ok(Screened { value: out.into(), count, pending })
}

fn desk(
    snapshot: &Arc<Snapshot>,
    scope: Scope,
    dataset: &str,
    params: &Params,
    query: &Value,
) -> Result<Desk, Refused> {
    let limit = query.get("limit").and_then(Value::as_u64).unwrap_or(RESULTS).clamp(1, MOST_RESULTS);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let filters = Filters::of(scope, dataset, params)?;
    Ok(Desk::over(Arc::clone(snapshot), filters, limit, THRESHOLD, 0.0))
}

fn respond(desk: &Desk, query: &Value, scratch: &mut Scratch) -> Result<(Value, bool), Refused> {
    let (entity, _) = party(&example(query))?;
    let (results, total) = desk.results(&entity, scratch)?;
    let result: Vec<Value> = results.iter().map(scored).collect();
    Ok((json!({ "result": result }), total > 0))
}

/// The answer to one query once more.
pub(super) fn again(
    snapshot: &Arc<Snapshot>,
    scope: Scope,
    dataset: &str,
    query: &str,
    example: &Value,
    scratch: &mut Scratch,
) -> Result<(Value, bool), Refused> {
    respond(&desk(snapshot, scope, dataset, &Params::of(query), example)?, example, scratch)
}

/// A query as an example entity.
fn example(query: &Value) -> Value {
    let schema = match query.get("type") {
        Some(Value::String(schema)) => schema.as_str(),
        Some(Value::Array(schemas)) => schemas.first().and_then(Value::as_str).unwrap_or("Thing"),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => "Thing",
    };
    let mut properties: Map<String, Value> = Map::new();
    let mut put = |property: &str, value: &Value| {
        let held = properties.entry(property).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(held) = held {
            match value {
                Value::Array(values) => held.extend(values.iter().cloned()),
                // A cell that was reconciled already comes with its id and name.
                Value::Object(cell) => held.extend(cell.get("name").or(cell.get("id")).cloned()),
                Value::Null => {}
                Value::Bool(_) | Value::Number(_) | Value::String(_) => held.push(value.clone()),
            }
        }
    };
    if let Some(text) = query.get("query") {
        put("name", text);
    }
    for property in query.get("properties").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(pid), Some(value)) = (property.get("pid").and_then(Value::as_str), property.get("v")) {
            put(pid.rsplit(':').next().unwrap_or(pid), value);
        }
    }
    json!({ "schema": schema, "properties": properties })
}

fn scored(entity: &Value) -> Value {
    let schema = entity.get("schema").and_then(Value::as_str).unwrap_or("Thing");
    json!({
        "id": entity.get("id"),
        "name": entity.get("caption"),
        "description": type_of(schema).get("description"),
        "type": [type_of(schema)],
        "score": entity.get("score"),
        "match": entity.get("match"),
    })
}

/// Values of entities by their ids.
pub(super) fn extend(book: &Book, text: &str) -> Result<(Value, usize), Refused> {
    let cannot = || Refused::Bad("Cannot decode extension request".to_owned());
    let asked: Value = serde_json::from_str(text).map_err(|_| cannot())?;
    let ids: Vec<&str> =
        asked.get("ids").and_then(Value::as_array).ok_or_else(cannot)?.iter().filter_map(Value::as_str).collect();
    let properties = asked.get("properties").and_then(Value::as_array).ok_or_else(cannot)?;
    if ids.len() > MOST_QUERIES {
        return Err(Refused::Bad(format!("Too many queries in one batch (limit: {MOST_QUERIES})")));
    }
    let mut metas: Vec<Value> = Vec::new();
    let mut rows = Map::new();
    for id in &ids {
        let mut row = Map::new();
        match locate(book, id, "") {
            Ok(ordinal) => {
                let listing = book.snapshot().listing(ordinal)?;
                let entity = book.snapshot().version_of(ordinal).map(|version| flat(&listing, version));
                let entity = entity.unwrap_or_default();
                for property in properties {
                    let Some(name) = property.get("id").and_then(Value::as_str) else { return Err(cannot()) };
                    let bare = name.rsplit(':').next().unwrap_or(name);
                    let Some(known) = PROPERTIES.iter().find(|(_, property, _)| *property == bare) else { continue };
                    if !metas.iter().any(|meta| meta.get("id").and_then(Value::as_str) == Some(name)) {
                        metas.push(json!({ "id": name, "name": known.2 }));
                    }
                    row.insert(name.to_owned(), values(&entity, bare, property.get("settings")));
                }
            }
            Err(Refused::Elsewhere(_)) => {
                return Err(Refused::Bad("Please specify the canonical entity ID, not a referent".to_owned()));
            }
            Err(Refused::Missing(_)) => {}
            Err(other) => return Err(other),
        }
        rows.insert((*id).to_owned(), row.into());
    }
    let count = rows.len();
    Ok((json!({ "meta": metas, "rows": rows }), count))
}

fn values(entity: &Map<String, Value>, property: &str, settings: Option<&Value>) -> Value {
    let setting = |name: &str| settings.and_then(|settings| settings.get(name));
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let limit = setting("limit").and_then(number).filter(|limit| *limit > 0);
    let is_raw = setting("render").and_then(Value::as_str) == Some("raw");
    let is_country = ["country", "nationality", "jurisdiction", "flag"].contains(&property);
    let held = entity.get("properties").and_then(|all| all.get(property)).and_then(Value::as_array);
    let texts = held.into_iter().flatten().filter_map(Value::as_str);
    let texts = texts.take(limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX)));
    let shown = texts.map(|text| {
        let name = Country::parse(text).filter(|_| is_country && !is_raw).map(|country| country.name());
        json!({ "str": name.unwrap_or(text) })
    });
    Value::Array(shown.collect())
}

/// Properties that can be added for a type.
pub(super) fn properties(scope: Scope, dataset: &str, params: &Params) -> Result<Value, Refused> {
    scope.lists(dataset)?;
    let limit = number(params, "limit", PROPERTIES.len(), MOST_PAGE)?;
    let of = params.one("type").unwrap_or("Thing");
    let fits = |schema: &str| match (schema, of) {
        ("Thing", _) | (_, "Thing") => true,
        ("LegalEntity", "Person" | "Organization" | "Company" | "LegalEntity") => true,
        (schema, of) => schema == of,
    };
    let found: Vec<Value> =
        PROPERTIES.iter().filter(|(schema, ..)| fits(schema)).take(limit).map(property_of).collect();
    Ok(json!({ "type": of, "limit": limit, "properties": found }))
}
