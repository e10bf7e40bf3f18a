//! `POST /match/{dataset}`: parties by example, each with the listings at or above the threshold.
//!
//! Promises: a listing that scores at or above the cutoff is among the results, up to the limit; a query that
//! cannot be screened fails the request, so that nobody reads it as clear; each query is an entry of the ledger.
//!
//! Not here: the entities of results (`entity`), their features (`explanation`).

use std::sync::Arc;

use interdict_engine::{Engine, LOWEST_THRESHOLD, Matched, Policy, Score, Scratch, Snapshot};
use interdict_model::{Entity, Unique, ftm};
use serde_json::{Map, Value, json};

use super::entity::flat;
use super::error::Refused;
use super::explanation;
use super::filter::{Filters, number, share};
use crate::compat::Compat;
use crate::compat::hall::Kept;
use crate::compat::params::Params;
use crate::compat::scope::Scope;
use crate::register::Pending;

/// Queries of one request: yente's bound.
pub(super) const MOST_QUERIES: usize = 100;
/// Results for a query: yente's default and bound.
const RESULTS: usize = 5;
const MOST_RESULTS: usize = 500;
/// Score from which a result is a match: yente's default.
pub(super) const THRESHOLD: f64 = 0.7;

/// A limit that never bites: the most that a policy's file can say.
pub(super) const ALL: usize = usize::MAX >> 1;

/// The name of the one algorithm there is.
pub(super) const ALGORITHM: &str = "interdict";
/// Names of algorithms that clients of yente have in their settings: answered by the one there is.
const KNOWN_ALGORITHMS: [&str; 9] = [
    "best",
    ALGORITHM,
    "logic-v2",
    "logic-v1",
    "ofac",
    "name-based",
    "name-qualified",
    "name-matcher",
    "regression-v1",
];

/// Refuses algorithms that nobody has.
pub(super) fn algorithm(params: &Params) -> Result<(), Refused> {
    match params.one("algorithm") {
        Some(name) if !KNOWN_ALGORITHMS.contains(&name) => Err(Refused::Bad(format!("Unknown algorithm: {name}"))),
        Some(_) | None => Ok(()),
    }
}

/// The answer to a request that screened parties.
pub(super) struct Screened {
    /// The body of the response.
    pub(super) value: Value,
    /// How many queries it answers.
    pub(super) count: usize,
    /// Its way into the ledger.
    pub(super) pending: Option<Pending>,
}

/// A desk as the query string of a request to `/match` asks for it, and the limit of its results.
fn desk(snapshot: &Arc<Snapshot>, scope: Scope, dataset: &str, params: &Params) -> Result<(Desk, usize), Refused> {
    let limit = number(params, "limit", RESULTS, MOST_RESULTS)?;
    let threshold = share(params, "threshold", THRESHOLD)?;
    let cutoff = share(params, "cutoff", THRESHOLD)?.min(threshold);
    algorithm(params)?;
    let filters = Filters::of(scope, dataset, params)?;
    Ok((Desk::over(Arc::clone(snapshot), filters, limit, threshold, cutoff), limit))
}

/// Answers a request.
pub(super) fn answer(
    compat: &Compat,
    dataset: &str,
    query: &str,
    body: &[u8],
    scratch: &mut Scratch,
) -> Result<Screened, Refused> {
    let collections = compat.collections();
    let snapshot = compat.snapshot().map_err(Refused::NotReady)?;
    let (desk, limit) = desk(&snapshot, Scope::of(&snapshot, &collections), dataset, &Params::of(query))?;
    let Unique(body) = serde_json::from_slice(body)
        .map_err(|error| Refused::Parameter("body", "json".to_owned(), format!("JSON decode error: {error}")))?;
    settings(&body)?;
    let Some(queries) = body.get("queries").and_then(Value::as_object) else {
        return Err(Refused::Parameter("body", "queries".to_owned(), "Field required".to_owned()));
    };
    if queries.len() > MOST_QUERIES {
        return Err(Refused::Bad(format!("Too many queries in one batch (limit: {MOST_QUERIES})")));
    }
    let mut responses = Map::new();
    let mut kept = Vec::new();
    for (key, example) in queries.iter().filter(|(_, example)| !example.is_null()) {
        let input = json!({ "interface": "yente", "dataset": dataset, "query": query, "example": example });
        let response = kept_of(compat, &desk, input, &mut kept, |desk| desk.respond(example, scratch))?;
        responses.insert(key.clone(), response);
    }
    if responses.is_empty() {
        return Err(Refused::Bad("No queries provided.".to_owned()));
    }
    let count = responses.len();
    let pending = compat.enter(&desk.engine, &kept)?;
    Ok(Screened { value: json!({ "responses": responses, "limit": limit }), count, pending })
}

/// Has a desk answer a question, and keeps it for the ledger. A party that could not be screened is on record before the
/// request is refused.
pub(super) fn kept_of(
    compat: &Compat,
    desk: &Desk,
    input: Value,
    kept: &mut Vec<Kept>,
    respond: impl FnOnce(&Desk) -> Result<(Value, bool), Refused>,
) -> Result<Value, Refused> {
    match respond(desk) {
        Ok((response, is_hit)) => {
            let id = input.pointer("/example/id").and_then(Value::as_str).map(str::to_owned);
            let one = Kept::answered(input, &response, is_hit).map_err(Refused::Broken)?;
            kept.push(Kept { reference: id.unwrap_or_default(), ..one });
            Ok(response)
        }
        Err(refused) => {
            let entry = match refused.not_done() {
                Some(reason) => compat.enter_not_done(&desk.engine, Kept::not_done(input, reason))?,
                None => None,
            };
            Err(refused.on_record(entry))
        }
    }
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
    desk(snapshot, scope, dataset, &Params::of(query))?.0.respond(example, scratch)
}

/// Weights and settings of single features: there are none here, and ignoring them would answer another question.
fn settings(body: &Value) -> Result<(), Refused> {
    for (field, word) in [("weights", "weight"), ("config", "configuration parameter")] {
        match body.get(field) {
            None | Some(Value::Null) => {}
            Some(Value::Object(given)) => {
                if let Some(name) = given.keys().next() {
                    return Err(Refused::Bad(format!("Invalid {word}: {name} for algorithm {ALGORITHM}")));
                }
            }
            Some(_) => return Err(Refused::Parameter("body", field.to_owned(), "an object".to_owned())),
        }
    }
    Ok(())
}

/// An example entity as a party, and as it is echoed.
pub(super) fn party(example: &Value) -> Result<(Entity, Value), Refused> {
    let bad = |why: String| Refused::Bad(format!("Cannot parse example entity: {why}"));
    let Some(schema) = example.get("schema").and_then(Value::as_str) else {
        return Err(Refused::Parameter("body", "schema".to_owned(), "Field required".to_owned()));
    };
    // What anything can be is compared with every kind.
    let known = if schema == "Thing" { "LegalEntity" } else { schema };
    if ftm::kind_of(known).is_none() {
        return Err(bad(format!("Unknown or non-matchable schema: {schema}")));
    }
    let mut properties = Map::new();
    match example.get("properties") {
        None | Some(Value::Null) => {}
        Some(Value::Object(given)) => {
            for (property, values) in given {
                properties.insert(property.clone(), Value::Array(texts(values)));
            }
        }
        Some(_) => return Err(Refused::Parameter("body", "properties".to_owned(), "an object".to_owned())),
    }
    let read = ftm::read(&json!({ "schema": known, "properties": properties })).map_err(bad)?;
    let echo = json!({ "id": example.get("id"), "schema": schema, "properties": properties });
    Ok((read.entity, echo))
}

/// A value or a list of them, as texts; empty ones are absent.
fn texts(values: &Value) -> Vec<Value> {
    let text = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(Value::from(text.as_str())),
        Value::Number(number) => Some(Value::from(number.to_string())),
        Value::Bool(_) | Value::Null | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match values {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            text(values).into_iter().collect()
        }
    }
}

/// An engine set as a request asks.
pub(super) struct Desk {
    engine: Engine,
    filters: Filters,
    limit: usize,
    threshold: Score,
}

impl Desk {
    /// Over a snapshot.
    pub(super) fn over(snapshot: Arc<Snapshot>, filters: Filters, limit: usize, threshold: f64, cutoff: f64) -> Self {
        let floor = cutoff.max(LOWEST_THRESHOLD);
        // What a filter takes away must not stand in the place of a result that passes.
        let all = !filters.is_open() || floor < threshold;
        let policy = Policy {
            threshold: Score::from_share(floor),
            limit: if all { ALL } else { limit.max(1) },
            ..Policy::default()
        };
        let engine = Engine::new(snapshot, policy, filters.lists.clone());
        Self { engine, filters, limit, threshold: Score::from_share(threshold) }
    }

    /// The response to an example, and whether something matches.
    fn respond(&self, example: &Value, scratch: &mut Scratch) -> Result<(Value, bool), Refused> {
        let (entity, echo) = party(example)?;
        let (results, total) = self.results(&entity, scratch)?;
        let response = json!({
            "status": 200,
            "results": results,
            "total": { "value": total, "relation": "eq" },
            "query": echo,
        });
        Ok((response, total > 0))
    }

    /// The engine behind it.
    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Results of a party, best first, and how many match in all.
    pub(super) fn results(&self, party: &Entity, scratch: &mut Scratch) -> Result<(Vec<Value>, usize), Refused> {
        if self.filters.lists.is_empty() {
            return Ok((Vec::new(), 0));
        }
        let (found, total) = self.engine.matched(party, scratch)?;
        let mut results = Vec::new();
        let mut matches = 0_usize;
        for one in found {
            let Some(version) = self.engine.snapshot().version_of(one.hit.ordinal) else { continue };
            if !self.filters.pass(&one.listing, version) {
                continue;
            }
            matches += usize::from(one.hit.score >= self.threshold);
            if results.len() < self.limit {
                results.push(self.scored(&one, flat(&one.listing, version)));
            }
        }
        let counted = self.engine.policy().limit == ALL;
        Ok((results, if counted { matches } else { total }))
    }

    fn scored(&self, one: &Matched, mut entity: Map<String, Value>) -> Value {
        entity.insert("score".to_owned(), json!(one.hit.score));
        entity.insert("match".to_owned(), (one.hit.score >= self.threshold).into());
        entity.insert("explanations".to_owned(), explanation::of(&one.hit.evidence).into());
        Value::Object(entity)
    }
}
