//! FollowTheMoney JSON: reads and writes the schemas and properties we support, keeps what we do not.
//!
//! Promises: `write(read(json))` is the same JSON, up to the order of keys; a property we do not
//! map, a value we cannot read and a form we do not write stand in `rest` as they came; a value
//! of the entity names the property it was read from.
//!
//! Not here: which lines of a file belong together (`lists`), names and scores.

mod attach;
mod property;
mod read;
mod write;

use serde_json::{Map, Value};

use crate::{Designation, Entity, Kind, Link, Sourced};

pub use attach::attach;
pub use read::read;
pub use write::{schema_of, write};

/// One FollowTheMoney entity: what we understand of it as our own nouns, and the rest.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FtmEntity {
    /// Its id, if it has one: parties to be screened may not.
    pub id: Option<String>,
    /// Its schema, as `Person`.
    pub schema: String,
    /// What screening uses; empty for schemas that are nobody (`Address`, `Sanction`, `Ownership`, …).
    pub entity: Entity,
    /// Sanctions nested in it or attached to it, and programmes it names.
    pub designations: Vec<Sourced<Designation>>,
    /// Owners, directors, family, associates nested in it or attached to it.
    pub links: Vec<Sourced<Link>>,
    /// Properties that the model does not give back exactly, as they came.
    pub rest: Map<String, Value>,
    /// Everything beside `id`, `schema` and `properties`: caption, datasets, dates seen.
    pub outer: Map<String, Value>,
}

impl FtmEntity {
    /// The kind of entity, or none if the schema is not one that can be listed or screened.
    pub fn kind(&self) -> Option<Kind> {
        kind_of(&self.schema)
    }

    /// The ids of other entities that a property refers to, nested ones included.
    pub fn references<'a>(&'a self, property: &str) -> Vec<&'a str> {
        let id = |value: &'a Value| match value {
            Value::String(text) => Some(text.as_str()),
            Value::Object(object) => object.get("id").and_then(Value::as_str),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) => None,
        };
        self.rest.get(property).into_iter().flat_map(each).filter_map(id).collect()
    }
}

/// The kind a schema stands for; none for schemas that are nobody.
pub fn kind_of(schema: &str) -> Option<Kind> {
    Some(match schema {
        "Person" => Kind::Person,
        "Organization" | "Company" | "PublicBody" | "Asset" => Kind::Organization,
        "LegalEntity" => Kind::Unknown,
        "Vessel" => Kind::Vessel,
        "Airplane" => Kind::Aircraft,
        "CryptoWallet" => Kind::Wallet,
        "Security" => Kind::Security,
        _ => return None,
    })
}

// A property's values: FollowTheMoney writes lists, hand-written files often one value.
fn each(value: &Value) -> std::slice::Iter<'_, Value> {
    match value {
        Value::Array(values) => values.iter(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            std::slice::from_ref(value).iter()
        }
    }
}

#[cfg(test)]
mod tests;
