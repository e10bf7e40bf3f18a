//! `GET /search/{dataset}`: listings by words, with filters and facets.
//!
//! Promises: every word must stand in the listing unless it is said otherwise; the order is that of weight, then
//! of ids, so that pages neither overlap nor leave out.
//!
//! Not here: screening. A search has no score, and what it does not find is not clear.

use std::collections::BTreeMap;

use interdict_model::Country;
use interdict_model::ftm::schema_of;
use serde_json::{Map, Value, json};

use super::entity::flat;
use super::error::Refused;
use super::filter::{Filters, is_set, kinds_of, number};
use crate::compat::book::{Book, Row, words};
use crate::compat::params::Params;
use crate::compat::scope::{Scope, name_of, title_of};

/// Results of a page: yente's default and bound.
pub(super) const PAGE: usize = 10;
pub(super) const MOST_PAGE: usize = 500;
/// Where pages end: yente's bound.
pub(super) const MOST_OFFSET: usize = 9_499;
/// Values of a facet.
const FACET_VALUES: usize = 300;

const FACETS: [(&str, &str); 6] = [
    ("datasets", "Data sources"),
    ("schema", "Entity types"),
    ("countries", "Countries"),
    ("identifiers", "Identifiers"),
    ("topics", "Topics"),
    ("genders", "Genders"),
];

/// A listing and how well it fits the words.
type Ranked = (f64, u32);

/// Answers a request.
pub(super) fn answer(book: &Book, scope: Scope, dataset: &str, params: &Params) -> Result<Value, Refused> {
    let limit = number(params, "limit", PAGE, MOST_PAGE)?;
    let offset = number(params, "offset", 0, MOST_OFFSET)?;
    let schema = params.one("schema").unwrap_or("Thing");
    let kinds = kinds_of(schema).ok_or_else(|| Refused::Bad(format!("Invalid schema: {schema}")))?;
    let filters = Filters::of(scope, dataset, params)?;
    let names: Vec<&str> = filters.lists.iter().map(|list| name_of(&list.0)).collect();
    let fuzzy = is_set(params, "fuzzy", false)?;
    is_set(params, "simple", false)?;
    let any = match params.one("filter_op") {
        None | Some("OR") => true,
        Some("AND") => false,
        Some(_) => return Err(Refused::query("filter_op", "OR or AND")),
    };
    let fields = Fields::of(params, any)?;
    let wanted = match params.one("target") {
        None => true,
        Some(_) => is_set(params, "target", true)?,
    };
    let mut found: Vec<Ranked> = Vec::new();
    for (rank, ordinal) in ranked(book, params.one("q").unwrap_or_default(), fuzzy)? {
        let Some(row) = book.row(ordinal) else { continue };
        // Every listing is a target.
        let fits = wanted
            && kinds.contains(&row.kind)
            && names.contains(&row.dataset.as_str())
            && filters.pass_row(row.kind, &row.topics, row.changed_on)
            && fields.pass(book, ordinal, row)?;
        if fits {
            found.push((rank, ordinal));
        }
    }
    sort(book, &mut found, &params.all("sort"))?;
    let facets = facets(book, &found, &params.all("facets"))?;
    let mut results = Vec::new();
    for (_, ordinal) in found.iter().skip(offset).take(limit) {
        let listing = book.snapshot().listing(*ordinal)?;
        if let Some(version) = book.snapshot().version_of(*ordinal) {
            results.push(Value::Object(flat(&listing, version)));
        }
    }
    Ok(json!({
        "results": results,
        "facets": facets,
        "total": { "value": found.len(), "relation": "eq" },
        "limit": limit,
        "offset": offset,
    }))
}

/// Listings that hold the words, with their weight; all of them when there are no words.
pub(super) fn ranked(book: &Book, q: &str, fuzzy: bool) -> Result<Vec<Ranked>, Refused> {
    let query = Words::of(q)?;
    if query.must.is_empty() && query.not.is_empty() {
        return Ok(book.rows().map(|(ordinal, _)| (0.0, ordinal)).collect());
    }
    let count = book.rows().count() as f64;
    let holding = |word: &str| {
        let near: Vec<&str> = if fuzzy { book.near(word).collect() } else { Vec::new() };
        // A word that few listings hold says more.
        let rarity = (count / (1.0 + book.frequency(word) as f64)).ln().max(0.1);
        let found = book.holding(near.into_iter().chain(std::iter::once(word)));
        found.into_iter().map(|(ordinal, weight)| (ordinal, f64::from(weight) * rarity)).collect::<BTreeMap<u32, f64>>()
    };
    let mut found: Option<BTreeMap<u32, f64>> = None;
    for group in &query.must {
        let mut any: BTreeMap<u32, f64> = BTreeMap::new();
        for word in group {
            for (ordinal, rank) in holding(word) {
                *any.entry(ordinal).or_default() += rank;
            }
        }
        found = Some(match found {
            None => any,
            Some(held) => {
                held.into_iter().filter_map(|(ordinal, rank)| Some((ordinal, rank + any.get(&ordinal)?))).collect()
            }
        });
    }
    let mut found = found.unwrap_or_else(|| book.rows().map(|(ordinal, _)| (ordinal, 0.0)).collect());
    for word in &query.not {
        for ordinal in holding(word).keys() {
            found.remove(ordinal);
        }
    }
    Ok(found.into_iter().map(|(ordinal, rank)| (rank, ordinal)).collect())
}

/// A query: groups of which each must be met by one of its words, and words that must not stand there.
#[derive(Debug, Default, PartialEq, Eq)]
struct Words {
    must: Vec<Vec<String>>,
    not: Vec<String>,
}

impl Words {
    /// Reads words, `"phrases"`, `AND`, `OR`, `NOT`, `+must`, `-not`.
    fn of(text: &str) -> Result<Self, Refused> {
        let mut out = Self::default();
        let (mut or, mut not) = (false, false);
        for piece in text.replace(['"', '(', ')'], " ").split_whitespace() {
            match piece {
                "AND" | "&&" => continue,
                "OR" | "||" => {
                    or = true;
                    continue;
                }
                "NOT" => {
                    not = true;
                    continue;
                }
                _ => {}
            }
            let (bare, is_not) = match piece.strip_prefix('-') {
                Some(rest) if !rest.is_empty() => (rest, true),
                Some(_) | None => (piece.trim_start_matches('+'), not),
            };
            let field = bare.split_once(':').map(|(field, _)| field);
            if field.is_some_and(|field| field.len() > 2 && field.bytes().all(|b| b.is_ascii_alphabetic() || b == b'.'))
            {
                return Err(Refused::Bad(format!("Invalid query: `{bare}` names a field; use `filter` for that")));
            }
            for (n, word) in words(bare).into_iter().enumerate() {
                match out.must.last_mut() {
                    _ if is_not => out.not.push(word),
                    Some(group) if or && n == 0 => group.push(word),
                    Some(_) | None => out.must.push(vec![word]),
                }
            }
            (or, not) = (false, false);
        }
        Ok(out)
    }
}

/// Filters by field: `countries`, `datasets`, `topics` and `filter=field:value`.
struct Fields {
    groups: Vec<(String, Vec<String>)>,
    any: bool,
}

impl Fields {
    fn of(params: &Params, any: bool) -> Result<Self, Refused> {
        let mut groups: Vec<(String, Vec<String>)> = Vec::new();
        let mut put = |field: &str, value: &str| match groups.iter_mut().find(|(name, _)| name == field) {
            Some((_, values)) => values.push(value.to_owned()),
            None => groups.push((field.to_owned(), vec![value.to_owned()])),
        };
        for field in ["countries", "datasets"] {
            params.all(field).into_iter().for_each(|value| put(field, value));
        }
        for text in params.all("filter") {
            let Some((field, value)) = text.split_once(':') else {
                return Err(Refused::Bad(format!("Invalid filter: {text}")));
            };
            put(field, value);
        }
        Ok(Self { groups, any })
    }

    fn pass(&self, book: &Book, ordinal: u32, row: &Row) -> Result<bool, Refused> {
        for (field, values) in &self.groups {
            let held = held(book, ordinal, row, field)?;
            let meets = |value: &String| held.iter().any(|one| one.eq_ignore_ascii_case(value));
            let fits = if self.any { values.iter().any(meets) } else { values.iter().all(meets) };
            if !fits {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// What a listing holds under a field.
fn held(book: &Book, ordinal: u32, row: &Row, field: &str) -> Result<Vec<String>, Refused> {
    Ok(match field {
        "countries" => row.countries.iter().map(|country| country.code().to_owned()).collect(),
        "datasets" => vec![row.dataset.clone()],
        "schema" => vec![schema_of(row.kind).to_owned()],
        "topics" => row.topics.clone(),
        "identifiers" => row.identifiers.clone(),
        "genders" => row.genders.iter().map(|gender| word(*gender).to_owned()).collect(),
        _ => {
            let Some(property) = field.strip_prefix("properties.") else {
                return Err(Refused::Bad(format!("Invalid filter: no field {field}")));
            };
            let listing = book.snapshot().listing(ordinal)?;
            let version = book.snapshot().version_of(ordinal);
            let entity = version.map(|version| flat(&listing, version)).unwrap_or_default();
            let values = entity.get("properties").and_then(|all| all.get(property)).and_then(Value::as_array);
            values.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
        }
    })
}

fn word(gender: interdict_model::Gender) -> &'static str {
    use interdict_model::Gender;
    match gender {
        Gender::Female => "female",
        Gender::Male => "male",
        Gender::Other => "other",
    }
}

fn sort(book: &Book, found: &mut [Ranked], asked: &[&str]) -> Result<(), Refused> {
    let mut keys = Vec::new();
    for text in asked {
        let (field, order) = text.split_once(':').unwrap_or((text, "asc"));
        let falls = match order {
            "asc" => false,
            "desc" => true,
            _ => return Err(Refused::Bad(format!("Invalid sort: {text}"))),
        };
        if !["id", "entity_id", "caption", "schema", "first_seen", "last_seen", "last_change", "_score"]
            .contains(&field)
        {
            return Err(Refused::Bad(format!("Invalid sort: {text}")));
        }
        keys.push((field, falls));
    }
    let key = |ordinal: u32, field: &str| {
        let row = book.row(ordinal);
        let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
        match field {
            "caption" => row.map(|row| row.caption.clone()),
            "schema" => row.map(|row| schema_of(row.kind).to_owned()),
            "first_seen" => row.map(|row| day(row.listed_on)),
            "last_change" | "last_seen" => row.map(|row| day(row.changed_on)),
            _ => row.map(|row| row.id.clone()),
        }
    };
    found.sort_by(|a, b| {
        let by_keys = keys.iter().map(|(field, falls)| {
            let order = if *field == "_score" { a.0.total_cmp(&b.0) } else { key(a.1, field).cmp(&key(b.1, field)) };
            if *falls { order.reverse() } else { order }
        });
        let first = by_keys.into_iter().find(|order| order.is_ne());
        first.unwrap_or_else(|| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)))
    });
    Ok(())
}

fn facets(book: &Book, found: &[Ranked], asked: &[&str]) -> Result<Value, Refused> {
    let asked = if asked.is_empty() { &["countries", "topics", "datasets"][..] } else { asked };
    let mut out = Map::new();
    for name in asked {
        let Some((_, label)) = FACETS.iter().find(|(facet, _)| facet == name) else {
            return Err(Refused::query("facets", format!("no facet {name}")));
        };
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for (_, ordinal) in found {
            let Some(row) = book.row(*ordinal) else { continue };
            for value in held(book, *ordinal, row, name)? {
                *counts.entry(value).or_default() += 1;
            }
        }
        let mut counts: Vec<(String, u64)> = counts.into_iter().collect();
        counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let values: Vec<Value> = counts
            .into_iter()
            .take(FACET_VALUES)
            .map(|(value, count)| json!({ "name": value, "label": in_words(book, name, &value), "count": count }))
            .collect();
        out.insert((*name).to_owned(), json!({ "label": label, "values": values }));
    }
    Ok(out.into())
}

fn in_words(book: &Book, facet: &str, value: &str) -> String {
    match facet {
        "countries" => Country::parse(value).map_or(value, |country| country.name()).to_owned(),
        "datasets" => {
            let lists = book.snapshot().versions().map(|version| version.list.0.as_str());
            lists.into_iter().find(|list| name_of(list) == value).map_or(value, title_of).to_owned()
        }
        _ => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_words_and_what_joins_them() {
        let read = |text: &str| Words::of(text).unwrap();
        let group = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(read("Korea  Bánk").must, [group(&["korea"]), group(&["bank"])]);
        assert_eq!(read("korea OR china bank").must, [group(&["korea", "china"]), group(&["bank"])]);
        assert_eq!(read("\"kim jong\" -un NOT il").not, group(&["un", "il"]));
        assert!(Words::of("properties.name:x").is_err());
    }
}
