//! What of an answer another route takes: receipts of entries, listings of hits, keys, updates, events of a run.
//!
//! Not here: the routes.

use serde_json::{Value, json};

use super::{Notes, escaped};

/// Route, status of its answer, name of the link, operation it leads to, parameters with where they stand in the answer.
type Link = (&'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const LINKS: [Link; 10] = [
    ("/v1/screen", "200", "receipt", "get_v1_receipts_entry", &[("entry", "$response.body#/recording/entry")]),
    (
        "/v1/screen",
        "200",
        "listing",
        "get_v1_listings_list_reference",
        &[("list", "$response.body#/hits/0/list"), ("reference", "$response.body#/hits/0/reference")],
    ),
    ("/v1/check", "200", "receipt", "get_v1_receipts_entry", &[("entry", "$response.body#/recording/entry")]),
    ("/v1/keys", "201", "revoke", "delete_v1_keys_id", &[("id", "$response.body#/id")]),
    ("/v1/updates", "202", "stands", "get_v1_updates_id", &[("id", "$response.body#/id")]),
    ("/v1/monitor/runs", "201", "events", "get_v1_monitor_events", &[("run", "$response.body#/run")]),
    (
        "/v1/imports",
        "201",
        "history",
        "get_v1_lists_list_history",
        &[("list", "$response.body#/imported/0/version/list")],
    ),
    (
        "/v1/lists/{list}/accept",
        "200",
        "difference",
        "get_v1_lists_list_diff",
        &[("list", "$response.body#/version/list")],
    ),
    (
        "/v1/lists/{list}/rollback",
        "200",
        "history",
        "get_v1_lists_list_history",
        &[("list", "$response.body#/in_use/version/list")],
    ),
    ("/v1/screen", "200", "history", "get_v1_lists_list_history", &[("list", "$response.body#/lists/0/list")]),
];

pub(super) fn add(notes: &mut Notes) {
    for (path, status, name, operation, parameters) in LINKS {
        let at = format!("/paths/{}/post/responses/{status}", escaped(path));
        let parameters: serde_json::Map<String, Value> =
            parameters.iter().map(|(name, from)| ((*name).to_owned(), json!(from))).collect();
        let link = json!({"operationId": operation, "parameters": parameters});
        if let Some(response) = notes.object(&at) {
            let links = response.entry("links").or_insert_with(|| json!({}));
            if let Some(links) = links.as_object_mut() {
                links.insert(name.to_owned(), link);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_link_leads_to_an_operation_and_its_parameters() {
        let doc = crate::openapi();
        let operations: Vec<&Value> =
            doc["paths"].as_object().unwrap().values().flat_map(|item| item.as_object().unwrap().values()).collect();
        for (path, _, name, operation, parameters) in LINKS {
            let found = operations.iter().find(|one| one["operationId"] == operation);
            let found = found.unwrap_or_else(|| panic!("{path} {name}: no {operation}"));
            let known: BTreeSet<&str> =
                found["parameters"].as_array().unwrap().iter().filter_map(|one| one["name"].as_str()).collect();
            assert!(parameters.iter().all(|(parameter, _)| known.contains(parameter)), "{path} {name}: {known:?}");
        }
    }
}
