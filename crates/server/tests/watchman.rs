//! The drop-in for Watchman, as its clients see it: over HTTP, on a real port, held against its public OpenAPI.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod service;

use std::net::SocketAddr;
use std::sync::LazyLock;

use common::{get, serve, starter_list};
use interdict_server::Dialect;
use interdict_server::compat::watchman;
use interdict_state::Role;
use interdict_store::Home;
use serde_json::{Value, json};
use service::Service;

static AT: LazyLock<SocketAddr> = LazyLock::new(|| serve(watchman::router(starter_list())));

#[test]
fn finds_people_ships_and_banks() {
    let reply = get(*AT, "/v2/search?type=person&name=Yun+Ho-jin&birthDate=1944&limit=3&minMatch=0.7&requestID=r1");
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(reply.header("interdict-record").map(str::len), Some(64));
    let answer = reply.json();
    assert_eq!(answer["query"]["person"]["birthDate"], "1944-01-01T00:00:00Z");
    let first = &answer["entities"][0];
    assert_eq!((&first["name"], &first["sourceID"]), (&json!("Yun Ho-jin"), &json!("KPi.001")));
    assert_eq!((&first["entityType"], &first["business"]), (&json!("person"), &Value::Null));
    assert!(first["match"].as_f64().unwrap() >= 0.7, "{first}");
    assert_eq!(first["details"]["finalScore"], first["match"]);
    assert_eq!(first["details"]["pieces"][0]["pieceType"], "name");
    assert!(first["debug"].is_null());

    // An identifier alone finds its ship, whatever the name.
    let ship = get(*AT, "/v2/search?type=vessel&imoNumber=7937317&limit=1").json();
    let vessel = &ship["entities"][0];
    assert_eq!((&vessel["name"], &vessel["vessel"]["flag"]), (&json!("Chong Chon Gang"), &json!("KP")), "{ship}");
    let bank = get(*AT, "/v2/search?name=Tanchon+Commercial+Bank&source=starter&debug=0.5").json();
    assert_eq!(bank["entities"][0]["entityType"], "business", "{bank}");
    assert!(bank["entities"][0]["debug"].as_str().unwrap().len() > 20);
    let as_organization = get(*AT, "/v2/search?name=Tanchon+Commercial+Bank&type=organization").json();
    assert_eq!(as_organization["entities"][0]["entityType"], "organization");
    assert!(as_organization["entities"][0]["organization"]["name"].is_string());
    let id = bank["entities"][0]["sourceID"].as_str().unwrap();
    let one = get(*AT, &format!("/v2/search?name=Tanchon+Commercial+Bank&sourceID={id}")).json();
    assert_eq!(one["entities"].as_array().unwrap().len(), 1);
    let clear = get(*AT, "/v2/search?type=person&name=Josefine+Musterfrau&minMatch=0.7").json();
    assert_eq!(clear["entities"], json!([]));
}

#[test]
fn what_cannot_be_read_is_refused() {
    for (query, wrong) in [
        ("name=A&shoeSize=44", "shoeSize"),
        ("name=A&birthDate=1944", "birthDate"),
        ("name=A&type=robot", "robot"),
        ("name=A&type=person&birthDate=soon", "soon"),
        ("name=A&source=moon", "moon"),
        ("name=A&minMatch=high", "high"),
        // Nothing to screen is not an empty answer.
        ("", "no name with letters"),
        ("name=%20", "no name with letters"),
        ("type=person&name=-", "no name with letters"),
    ] {
        let reply = get(*AT, &format!("/v2/search?{query}"));
        assert_eq!(reply.status, 400, "{query}: {}", reply.body);
        assert!(reply.json()["error"].as_str().unwrap().contains(wrong), "{query}: {}", reply.body);
    }
}

#[test]
fn says_what_is_loaded() {
    assert_eq!(get(*AT, "/ping").body, "PONG");
    let info = get(*AT, "/v2/listinfo").json();
    assert!(info["lists"]["starter"].as_u64().unwrap() > 50, "{info}");
    assert_eq!(info["listHashes"]["starter"].as_str().unwrap().len(), 64);
    assert!(info["startedAt"].as_str().unwrap().ends_with('Z'));
    assert_eq!(get(*AT, "/v2/listinfo").json()["endedAt"], info["endedAt"]);
}

/// Fields of each schema of Watchman's public OpenAPI (docs/api.yaml, v2), with the type of each.
const SCHEMAS: &str = include_str!("clients/watchman_schemas.tsv");

#[test]
fn answers_have_the_shape_of_the_public_open_api() {
    for query in [
        "type=person&name=Yun+Ho-jin&debug=true",
        "name=Tanchon+Commercial+Bank",
        "type=vessel&name=Chong+Chon+Gang&flag=kp",
        "type=organization&name=Tanchon+Commercial+Bank",
    ] {
        let answer = get(*AT, &format!("/v2/search?{query}")).json();
        fits("SearchResponse", &answer, query);
        assert!(!answer["entities"].as_array().unwrap().is_empty(), "{query} finds nobody");
    }
    fits("ListInfoResponse", &get(*AT, "/v2/listinfo").json(), "listinfo");
    fits("ErrorResponse", &get(*AT, "/v2/search?name=A&odd=1").json(), "error");
}

#[test]
fn the_service_answers_in_the_shape_of_the_public_open_api() {
    let folder = tempfile::tempdir().unwrap();
    Home::at(folder.path()).ledger().init("test.example/log", jiff::Timestamp::UNIX_EPOCH).unwrap();
    let service = Service::over(folder, |settings| settings.compat = Some(Dialect::Watchman));
    let token = service.token(&[Role::Machine]);
    let key = [("X-API-Key", token.reveal())];
    for (path, schema, status) in [
        ("/v2/search?type=person&name=Yun+Ho-jin&debug=true", "SearchResponse", 200),
        ("/v2/search?type=vessel&name=Chong+Chon+Gang&flag=kp", "SearchResponse", 200),
        ("/v2/listinfo", "ListInfoResponse", 200),
        ("/v2/search?name=A&odd=1", "ErrorResponse", 400),
        ("/v2/search?name=---", "ErrorResponse", 400),
    ] {
        let answer = service.ask("GET", path, &key, b"");
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        fits(schema, &answer.json(), path);
    }
    assert_eq!(service.ask("GET", "/ping", &key, b"").text(), "PONG");
}

/// Whether a value has the fields of a schema and no other, each of its type or null.
fn fits(schema: &str, value: &Value, place: &str) {
    let fields: Vec<(&str, &str)> = SCHEMAS
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| match line.split('\t').collect::<Vec<_>>()[..] {
            [of, field, kind] if of == schema => Some((field, kind)),
            _ => None,
        })
        .collect();
    assert!(!fields.is_empty(), "no schema {schema}");
    for (field, held) in value.as_object().unwrap_or_else(|| panic!("{place}: no object: {value}")) {
        let place = format!("{place}/{field}");
        let Some((_, kind)) = fields.iter().find(|(known, _)| known == field) else {
            panic!("{place} is not in {schema}");
        };
        check(kind, held, &place);
    }
}

fn check(kind: &str, value: &Value, place: &str) {
    match (kind, value) {
        (_, Value::Null) => {}
        ("string", Value::String(_)) | ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => {}
        ("integer", Value::Number(number)) => assert!(number.is_i64() || number.is_u64(), "{place}: {number}"),
        ("time", Value::String(text)) => {
            assert!(text.parse::<jiff::Timestamp>().is_ok(), "{place}: `{text}` is no moment");
        }
        ("object", Value::Object(_)) => {}
        (kind, Value::Array(values)) if kind.ends_with("[]") => {
            values.iter().for_each(|value| check(kind.trim_end_matches("[]"), value, place));
        }
        (kind, Value::Object(_)) => fits(kind, value, place),
        (kind, value) => panic!("{place}: {value} is no {kind}"),
    }
}
