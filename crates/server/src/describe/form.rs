//! Members and parameters that handlers check: words, lengths, days, ids.
//!
//! Not here: parties (`describe/party`), tools for agents (`describe/tool`).

use interdict_measures::Law;
use interdict_measures::term::Type;
use interdict_model::Country;
use interdict_state::Stage;
use serde_json::{Map, Value, json};

use super::{Notes, policies, roles};
use crate::proposals::What;

/// The id of a list is a folder's name too (`store`).
const LIST: &str = "^[a-z0-9][a-z0-9-]{0,59}$";

/// The same, several with commas between them.
const LISTS: &str = "^[a-z0-9][a-z0-9-]{0,59}(,[a-z0-9][a-z0-9-]{0,59}){0,99}$";

/// A key that headers carry: visible letters, spaces inside only (`once`).
const ONCE: &str = "^[!-~]([ -~]{0,253}[!-~])?$";

/// Columns that hold fields (`curate::import`).
const MAP: &str = "^[^,=]+=[a-z_]+(,[^,=]+=[a-z_]+)*$";

/// The name of a key or of who holds it: one line.
const NAME: &str = "^[^\\u0000-\\u001f\\u007f-\\u009f\\s][^\\u0000-\\u001f\\u007f-\\u009f]*$";

/// Something that is not blank.
const WORDS: &str = "\\S";

/// A day and nothing else, of the years that the law is asked about (`measures`); the ends of months are left to the reader.
const DAY: &str = "^(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$";

/// A path of the service's own.
const PATH: &str = "^/([A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*)?$";

fn day() -> Value {
    json!({"type": "string", "format": "date", "pattern": DAY})
}

fn one_of(words: impl Iterator<Item = String>) -> Value {
    json!({"type": "string", "enum": words.collect::<Vec<_>>()})
}

/// What a term of the law takes.
fn fact(of: &Type) -> Value {
    let countries = || one_of(Country::all().map(|country| country.code().to_owned()));
    let set = |one: Value| json!({"anyOf": [one, {"type": "array", "uniqueItems": true, "items": one}]});
    match of {
        Type::Bool => json!({"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["yes", "no"]}]}),
        Type::Date => day(),
        Type::Number(unit) => json!({"description": format!("in {unit}"), "anyOf": [
            {"type": "integer", "minimum": 0, "maximum": 999_999_999_999_999_999_u64},
            {"type": "string", "pattern": "^[0-9]{1,18}([.][0-9]{1,6})?$"}]}),
        Type::Word(words) if words.is_empty() => json!({"type": "string", "pattern": "^[A-Za-z0-9 .,-]+$"}),
        Type::Word(words) => one_of(words.iter().cloned()),
        Type::Words(words) if words.is_empty() => {
            set(json!({"type": "string", "pattern": "^[A-Za-z0-9 .,-]*[A-Za-z0-9]$"}))
        }
        Type::Words(words) => set(one_of(words.iter().cloned())),
        Type::Country => countries(),
        Type::Countries => set(countries()),
        Type::Hs => json!({"type": "string", "pattern": "^([0-9]{2}){1,5}$", "examples": ["2701", "270112"]}),
        Type::Edition => json!({"type": "string"}),
    }
}

/// The facts that the law asks for; without a law, any.
fn facts(law: Option<&Law>) -> Value {
    let mut properties = Map::new();
    for term in law.iter().flat_map(|law| law.terms.iter()) {
        // Whose law is asked for stands beside the facts, as their day may.
        if term.name != "law" {
            let mut of = fact(&term.of);
            of["title"] = json!(term.question);
            properties.insert(term.name.clone(), of);
        }
    }
    let text = json!({"type": "string"});
    let party = json!({"type": "object", "required": ["role"], "additionalProperties": false, "properties": {
        "role": {"type": "string", "enum": ["buyer", "seller", "supplier", "consignee", "vessel", "carrier", "bank"]},
        "name": text, "country": {"type": "string", "enum": Country::all().map(|c| c.code().to_owned()).collect::<Vec<_>>()},
        "imo": text, "bic": text, "identifier": text}});
    properties.insert("parties".to_owned(), json!({"type": "array", "maxItems": 100, "items": party}));
    json!({"type": "object", "properties": properties, "maxProperties": 500,
        "additionalProperties": {"type": ["string", "boolean", "null"]}})
}

pub(super) fn add(notes: &mut Notes) {
    let mut policies: Vec<Value> = policies().into_iter().map(Value::String).collect();
    let named = policies.clone();
    policies.push(Value::Null);
    let party = json!({"$ref": "#/components/schemas/Party"});
    for question in ["ScreenQuestion", "ExplainQuestion", "RunQuestion"] {
        notes.member(question, "policy", json!({"enum": policies}));
    }
    for question in ["ScreenQuestion", "ExplainQuestion"] {
        notes.retype(question, "party", party.clone());
    }
    let list = json!({"type": "string", "pattern": LIST});
    notes.member("ScreenQuestion", "lists", json!({"items": list, "maxItems": 100}));
    notes.member("ExplainQuestion", "list", list.clone());
    notes.member("ExplainQuestion", "reference", json!({"minLength": 1}));
    notes.member("UpdateQuestion", "lists", json!({"items": list, "maxItems": 100}));

    let law = Law::embedded().ok();
    notes.retype("CheckQuestion", "facts", facts(law.as_ref()));
    notes.retype("CheckQuestion", "on", json!({"anyOf": [day(), {"type": "null"}]}));
    let ids: Vec<&str> = law.iter().flat_map(|law| law.jurisdictions.iter()).map(|one| one.id.as_str()).collect();
    notes.member("CheckQuestion", "law", json!({"items": {"type": "string", "enum": ids}, "uniqueItems": true}));

    for member in ["name", "holder"] {
        notes.member("KeyQuestion", member, json!({"minLength": 1, "maxLength": 200, "pattern": NAME}));
    }
    notes.member(
        "KeyQuestion",
        "roles",
        json!({"items": {"type": "string", "enum": roles()}, "minItems": 1, "maxItems": 7}),
    );
    notes.member("KeyQuestion", "days", json!({"minimum": 1}));
    notes.member("KeyQuestion", "rate", json!({"minimum": 1}));

    let reason = json!({"minLength": 1, "maxLength": 2_000, "pattern": WORDS});
    notes.member("RollbackQuestion", "reason", json!({"maxLength": 2_000}));
    notes.member("AcceptQuestion", "reason", reason.clone());
    notes.member("AcceptQuestion", "version", json!({"minLength": 1}));
    for question in ["AllowQuestion", "WithdrawQuestion"] {
        notes.member(question, "reason", reason.clone());
        notes.member(question, "party", json!({"minLength": 1}));
        notes.member(question, "listing", json!({"pattern": "^[a-z0-9][a-z0-9-]*:.+$"}));
    }
    notes.member("AllowQuestion", "until", day());
    notes.member("RefuseQuestion", "reason", reason);
    notes.member("ApproveQuestion", "digest", json!({"pattern": "^[0-9a-f]{64}$"}));
    let stages = json!({"enum": Stage::ALL.map(Stage::word)});
    notes.member("ProposalAnswer", "status", stages.clone());
    notes.member("ProposalAnswer", "act", json!({"enum": What::ALL.map(What::word)}));

    let days = ["from", "to", "on", "published"];
    notes.parameters(|path, name| match (path, name) {
        (_, "Idempotency-Key") => Some(json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": ONCE})),
        (_, "policy") => Some(json!({"enum": named})),
        (_, "lists") => Some(json!({"pattern": LISTS})),
        (_, "list") => Some(json!({"pattern": LIST})),
        (_, "map") => Some(json!({"pattern": MAP})),
        ("/v1/proposals", "status") => Some(stages.clone()),
        ("/v1/monitor/events", "run") => Some(json!({"minimum": 1})),
        (path, name) if path.starts_with("/v1/law/") && days.contains(&name) => Some(day()),
        (_, "published") => Some(day()),
        ("/v1/sessions", "who") => Some(json!({"minLength": 1})),
        ("/v1/sessions", "all") => Some(json!({"enum": [true]})),
        ("/auth/login", "return_to") => Some(json!({"pattern": PATH, "maxLength": 500})),
        ("/v1/listings/{list}/{reference}" | "/v1/law/pages/{page}" | "/v1/keys/{id}" | "/v1/updates/{id}", _) => {
            Some(json!({"minLength": 1}))
        }
        (_, _) => None,
    });

    let bytes = json!({"schema": {"type": "string", "format": "binary", "minLength": 1}});
    let file = json!({"type": "string", "format": "binary"});
    let form = json!({"schema": {"type": "object", "required": ["file"], "additionalProperties": false,
        "properties": {"file": {"type": "array", "minItems": 1, "maxItems": 32, "items": file}}}});
    notes.body("/v1/imports", json!({"application/octet-stream": bytes, "multipart/form-data": form}));
    let lines = json!({"schema": {"type": "string", "minLength": 1}});
    notes.body(
        "/v1/monitor/parties",
        json!({"application/x-ndjson": lines, "text/csv": lines, "multipart/form-data": form}),
    );
}
