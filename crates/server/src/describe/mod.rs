//! Says in the API's description what the handlers check themselves: forms of parties, words of the law, lengths, days.
//!
//! Promises: what is said here is what the code reads, or a part of it; words that the code knows (policies, roles, terms,
//! countries) are asked of the code; a place that is not in the description is named by [`Notes::missed`], and a test fails.
//!
//! Not here: the routes and what is made from their types (`doc`), examples (`describe/example`).

pub(crate) mod example;
mod form;
mod link;
mod party;
mod tool;

use interdict_engine::Policy;
use interdict_state::Role;
use serde_json::{Map, Value, json};

/// The largest number that a member of 64 bits takes.
const MOST_64: u64 = u64::MAX;

/// The largest number that a member of 32 bits takes.
const MOST_32: u32 = u32::MAX;

/// What routes are about.
const TAGS: [(&str, &str); 10] = [
    ("screening", "parties against the lists in use"),
    ("law", "what the law lets pass, and its pages"),
    ("agents", "tools for agents, over the Model Context Protocol"),
    ("lists", "lists in use, their versions, changes of them, policies"),
    ("monitor", "parties that are kept, and what changes for them"),
    ("ledger", "receipts of answers"),
    ("sign-in", "people, by their identity provider"),
    ("proposals", "what waits for a second person"),
    ("keys", "keys of programs"),
    ("service", "how the service is"),
];

/// A description that is added to.
pub(super) struct Notes {
    doc: Value,
    missed: Vec<String>,
}

/// A description with all that is said here, and the places that were not found in it.
pub(crate) fn refined(doc: Value) -> (Value, Vec<String>) {
    let mut notes = Notes { doc, missed: Vec::new() };
    notes.doc["servers"] = json!([{"url": "/", "description": "the service that gives this description"}]);
    notes.doc["tags"] = TAGS.iter().map(|(name, what)| json!({"name": name, "description": what})).collect();
    party::add(&mut notes);
    form::add(&mut notes);
    tool::add(&mut notes);
    link::add(&mut notes);
    bound_numbers(&mut notes.doc);
    example::add(&mut notes);
    notes.describe();
    (notes.doc, notes.missed)
}

/// Built-in policies, by name.
fn policies() -> Vec<String> {
    Policy::built_in().into_iter().map(|(policy, _)| policy.name).collect()
}

/// Roles, by name.
fn roles() -> Vec<&'static str> {
    Role::ALL.iter().map(|role| role.word()).collect()
}

impl Notes {
    fn object(&mut self, at: &str) -> Option<&mut Map<String, Value>> {
        let found = self.doc.pointer_mut(at).and_then(Value::as_object_mut);
        if found.is_none() {
            self.missed.push(at.to_owned());
        }
        found
    }

    /// Adds members to what stands at a place; those of the same name are replaced.
    fn merge(&mut self, at: &str, more: Value) {
        if let (Some(there), Value::Object(more)) = (self.object(at), more) {
            there.extend(more);
        }
    }

    /// Adds a schema by its name.
    fn component(&mut self, name: &str, schema: Value) {
        self.merge("/components/schemas", json!({ name: schema }));
    }

    /// Says more of a member of a schema.
    fn member(&mut self, schema: &str, member: &str, more: Value) {
        self.merge(&format!("/components/schemas/{schema}/properties/{member}"), more);
    }

    /// Says what a member is, in place of what its type says; its words stay.
    fn retype(&mut self, schema: &str, member: &str, of: Value) {
        if let Some(there) = self.object(&format!("/components/schemas/{schema}/properties/{member}")) {
            there.retain(|key, _| key == "description" || key == "example");
        }
        self.member(schema, member, of);
    }

    /// Says what is sent to a route, by the kind of body.
    fn body(&mut self, path: &str, content: Value) {
        let at = format!("/paths/{}/post/requestBody", escaped(path));
        self.merge(&at, json!({ "content": content }));
    }

    /// Operations that are told in one sentence get what their answer is as well.
    fn describe(&mut self) {
        let Some(paths) = self.object("/paths") else { return };
        for operation in paths.values_mut().filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
            let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
            let answers = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
            let first = answers.filter(|(status, _)| status.starts_with(['2', '3'])).map(|(_, one)| one).next();
            let answer = text(first.and_then(|one| one.get("description")));
            let Some(of) = operation.as_object_mut() else { continue };
            if !of.contains_key("description") {
                let summary = text(of.get("summary"));
                of.insert("description".to_owned(), json!(format!("{summary}. The answer: {answer}.")));
            }
        }
    }

    /// Says more of parameters: `say` is asked for each, with its route and name.
    fn parameters(&mut self, say: impl Fn(&str, &str) -> Option<Value>) {
        let Some(paths) = self.object("/paths") else { return };
        for (path, item) in paths {
            let operations = item.as_object_mut().into_iter().flat_map(Map::values_mut);
            let all = operations.filter_map(|one| one.get_mut("parameters")?.as_array_mut()).flatten();
            for parameter in all {
                let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                if let (Some(Value::Object(more)), Some(schema)) = (say(path, &name), parameter.get_mut("schema")) {
                    match schema.as_object_mut() {
                        Some(schema) => schema.extend(more),
                        None => *schema = Value::Object(more),
                    }
                }
            }
        }
    }
}

/// A name as a pointer writes it (RFC 6901).
fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Whole numbers that are not negative end where their type does, which OpenAPI's formats do not say.
fn bound_numbers(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(bound_numbers),
        Value::Object(members) => {
            let is = |text: &str| match members.get("type") {
                Some(Value::Array(types)) => types.iter().any(|one| one == text),
                Some(one) => one == text,
                None => false,
            };
            let starts = members.get("minimum").and_then(Value::as_u64).is_some();
            if is("integer") && starts && !members.contains_key("maximum") {
                let most = if members.get("format").is_some_and(|format| format == "int32") {
                    json!(MOST_32)
                } else {
                    json!(MOST_64)
                };
                members.insert("maximum".to_owned(), most);
                // `int32` and `int64` of OpenAPI have a sign.
                members.remove("format");
            }
            members.values_mut().for_each(bound_numbers);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_that_is_spoken_of_is_in_the_description() {
        let made = serde_json::to_value(crate::doc::made()).unwrap();
        let (doc, missed) = refined(made);
        assert!(missed.is_empty(), "{missed:#?}");
        assert_eq!(doc["components"]["schemas"]["ScreenQuestion"]["properties"]["limit"]["maximum"], MOST_32);
        let (_, missed) = refined(json!({"paths": {}, "components": {"schemas": {}}}));
        assert!(missed.len() > 10, "what is missing is named: {missed:?}");
    }
}
