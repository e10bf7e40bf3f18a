//! `/reconcile` as a client of the reconciliation protocol 0.2 meets it: what its manifest promises is there, and pages of
//! other origins read what they may.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use interdict_server::Dialect;
use interdict_state::Role;
use serde_json::{Value, json};
use service::{Answer, Service, import};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn service(anonymous: bool) -> Service {
    Service::with(|settings| {
        settings.anonymous = if anonymous { vec![Role::Machine] } else { Vec::new() };
        settings.compat = Some(Dialect::Yente);
    })
}

fn escaped(value: &Value) -> String {
    value.to_string().bytes().map(|byte| format!("%{byte:02x}")).collect()
}

fn origin(answer: &Answer) -> Option<&str> {
    answer.header("access-control-allow-origin")
}

#[test]
fn what_the_manifest_names_is_there() {
    let service = service(true);
    let manifest = service.get("/reconcile/own?limit_by=key").json();
    let base = manifest["suggest"]["entity"]["service_url"].as_str().unwrap().to_owned();
    let at = |address: &str| {
        address.split_once("://").unwrap().1.split_once('/').map(|(_, path)| format!("/{path}")).unwrap()
    };
    let root = at(&base);
    assert_eq!(root, "/reconcile/own");
    let found =
        service.get(&format!("{root}{}&prefix=orso", manifest["suggest"]["entity"]["service_path"].as_str().unwrap()));
    let first = found.json()["result"][0].clone();
    assert_eq!((&first["name"], &first["notable"][0]["id"]), (&json!("Orsolya Vanderploeg"), &json!("Person")));
    let id = first["id"].as_str().unwrap().to_owned();
    let by_id = service.get(&format!("{root}/suggest/entity?prefix={}", id.replace(':', "%3A"))).json();
    assert_eq!(by_id["result"][0]["id"], json!(id), "an entity's own id finds it");
    for what in ["type", "property", "entity"] {
        let path = manifest["suggest"][what]["service_path"].as_str().unwrap();
        let all = |cursor: usize| {
            let answer = service.get(&format!("{root}{path}&prefix=&cursor={cursor}"));
            let answer =
                if what == "entity" { service.get(&format!("{root}{path}&prefix=o&cursor={cursor}")) } else { answer };
            assert_eq!(answer.status, 200, "{}", answer.text());
            answer.json()["result"].as_array().unwrap().clone()
        };
        let (from_the_start, from_the_second) = (all(0), all(1));
        assert!(!from_the_start.is_empty(), "{what}");
        assert_eq!(from_the_start.get(1), from_the_second.first(), "{what}: `cursor` goes on");
        assert!(from_the_start.iter().all(|one| one["id"].is_string() && one["name"].is_string()), "{what}");
        assert!(from_the_start.iter().all(|one| !one.as_object().unwrap().values().any(Value::is_null)), "{what}");
    }
    assert_eq!(service.get(&format!("{root}/suggest/entity?prefix=o&cursor=x")).status, 422);
    let proposed = manifest["extend"]["propose_properties"]["service_path"].as_str().unwrap();
    let proposed = service.get(&format!("{root}{proposed}&type=Person")).json();
    assert!(proposed["properties"].as_array().unwrap().iter().any(|one| one["id"] == "Person:birthDate"), "{proposed}");
    let preview = at(manifest["preview"]["url"].as_str().unwrap()).replace("{{id}}", &id.replace(':', "%3A"));
    let page = service.get(&preview);
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")), "{}", page.text());
    assert!(page.text().contains("<h1>Orsolya Vanderploeg</h1>"), "{}", page.text());
    assert!(page.header("content-security-policy").unwrap().contains("default-src 'none'"));
    assert_eq!(service.get("/reconcile/own/preview/nobody").status, 404);
    assert_eq!(service.get("/reconcile/nowhere/preview/nobody").status, 404);
}

#[test]
fn a_preview_shows_what_a_list_says_as_text() {
    let service = service(true);
    import(
        service.folder.path(),
        "own",
        &format!("{}Q-9,<img src=x onerror=alert(1)> Dogberry,person,,\n", service::LIST),
    );
    service.app.refresh();
    let page = service.get("/reconcile/own/preview/own%3AQ-9");
    assert_eq!(page.status, 200, "{}", page.text());
    assert!(!page.text().contains("<img") && page.text().contains("&lt;img src=x"), "{}", page.text());
}

#[test]
fn a_preview_may_stand_in_a_frame_of_a_page_of_this_computer() {
    let service = service(true);
    let frame = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Mode", "navigate")];
    let page = service.ask("GET", "/reconcile/own/preview/own%3AQ-1", &frame, b"");
    assert_eq!(page.status, 200, "{}", page.text());
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("frame-ancestors http://127.0.0.1:* http://localhost:*"), "{policy}");
    // Nothing else comes that way, and a preview comes no other way.
    for (path, headers) in [
        ("/reconcile/own", &frame[..]),
        ("/search/default?q=Orsolya", &frame),
        ("/reconcile/own/preview/own%3AQ-1", &frame[..1]),
        ("/reconcile/own/preview/own%3AQ-1", &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Dest", "script")]),
    ] {
        assert_eq!(service.ask("GET", path, headers, b"").status, 403, "{path} {headers:?}");
    }
}

#[test]
fn queries_are_taken_in_the_address_too_and_jsonp_is_refused() {
    let service = service(true);
    let queries = json!({"q0": {"query": "Orsolya Vanderploeg", "limit": 1}, "q1": {"query": "Nobody Known"},
        "q2": {"properties": [{"pid": "Thing:name", "v": {"id": "own:Q-1", "name": "Orsolya Vanderploeg"}}]}});
    let form = format!("queries={}", escaped(&queries));
    let posted = service.ask("POST", "/reconcile/own?topics=poi", &[FORM], form.as_bytes());
    let got = service.get(&format!("/reconcile/own?{form}&topics=poi"));
    assert_eq!((posted.status, got.status), (200, 200), "{}", got.text());
    assert_eq!(posted.body, got.body, "one answer, however it is asked for");
    assert_eq!(got.json()["q0"]["result"], json!([]), "what stands beside the queries counts");
    let got = service.get(&format!("/reconcile/own?{form}")).json();
    for query in ["q0", "q2"] {
        let first = &got[query]["result"][0];
        assert_eq!((&first["name"], &first["match"]), (&json!("Orsolya Vanderploeg"), &json!(true)), "{got}");
        assert!(first["id"].is_string() && first["score"].is_number() && first["type"][0]["id"] == "Person", "{got}");
    }
    let extend = json!({"ids": ["own:Q-1"], "properties": [{"id": "Thing:name"}]});
    let extended = service.get(&format!("/reconcile/own?extend={}", escaped(&extend))).json();
    assert_eq!(extended["rows"]["own:Q-1"]["Thing:name"], json!([{"str": "Orsolya Vanderploeg"}]), "{extended}");
    for path in [format!("/reconcile/own?callback=jQuery1&{form}"), "/reconcile/own?callback=jQuery1".to_owned()] {
        let refused = service.get(&path);
        assert_eq!(refused.status, 400, "{}", refused.text());
        assert!(refused.json()["detail"].as_str().unwrap().contains("JSONP"), "{}", refused.text());
    }
    assert_eq!(service.ask("POST", "/reconcile/own", &[FORM], b"").status, 400);
}

#[test]
fn pages_of_this_computer_read_without_a_key_and_others_with_one() {
    let open = service(true);
    let (near, far) = (("Origin", "http://127.0.0.1:3333"), ("Origin", "https://evil.example"));
    for path in ["/reconcile/own", "/reconcile/own/suggest/entity?prefix=o", "/reconcile/own/extend/property"] {
        assert_eq!(origin(&open.ask("GET", path, &[near], b"")), Some(near.1), "{path}");
        let other = open.ask("GET", path, &[far], b"");
        assert_eq!((origin(&other), other.header("vary")), (None, Some("Origin")), "{path}");
        assert_eq!(origin(&open.get(path)), None, "{path}: no page asks");
    }
    assert_eq!(origin(&open.ask("GET", "/catalog", &[near], b"")), None, "only the protocol that wants it");

    let shut = service(false);
    let token = shut.token(&[Role::Machine]);
    let key = ("X-API-Key", token.reveal());
    let answer = shut.ask("GET", "/reconcile/own", &[far, key], b"");
    assert_eq!((answer.status, origin(&answer)), (200, Some(far.1)));
    assert_eq!(answer.header("access-control-allow-credentials"), None, "cookies open nothing");
    let refused = shut.ask("GET", "/reconcile/own", &[far], b"");
    assert_eq!((refused.status, origin(&refused)), (401, Some(far.1)), "a page can tell why");
    // A browser asks beforehand, without the key.
    let asks = [far, ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "x-api-key")];
    let told = shut.ask("OPTIONS", "/reconcile/own", &asks, b"");
    assert_eq!((told.status, origin(&told)), (204, Some(far.1)), "{}", told.text());
    assert!(told.header("access-control-allow-headers").unwrap().contains("x-api-key"));
    assert!(told.header("access-control-allow-methods").unwrap().contains("POST"));
    assert_eq!(shut.ask("OPTIONS", "/reconcile/own", &[far], b"").status, 401, "not a browser's question");
    assert_eq!(shut.ask("OPTIONS", "/match/own", &asks, b"").status, 401, "only there");
}
