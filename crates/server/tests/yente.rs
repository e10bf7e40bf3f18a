//! The drop-in for yente, as its clients see it: over HTTP, on a real port.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::net::SocketAddr;
use std::sync::LazyLock;

use common::{Reply, get, send, serve, starter_list};
use interdict_server::compat::yente;
use serde_json::{Value, json};

static AT: LazyLock<SocketAddr> = LazyLock::new(|| serve(yente::router(starter_list().with_update_token("let-me"))));

fn matched(query: &str, body: &Value) -> Reply {
    // As yente, without a content type.
    send(*AT, "POST", &format!("/match/{query}"), &[], &body.to_string())
}

fn yun() -> Value {
    json!({"queries": {"q": {"schema": "Person", "properties":
        {"name": ["Yun Ho-jin"], "birthDate": "1944", "nationality": ["kp"], "shoeSize": ["44"]}}}})
}

#[test]
fn matches_by_example() {
    let reply = matched("default", &yun());
    assert_eq!((reply.status, reply.header("x-batch-size")), (200, Some("1")), "{}", reply.body);
    assert_eq!(reply.header("interdict-record").map(str::len), Some(64));
    let answer = reply.json();
    assert_eq!(answer["limit"], 5);
    let of_q = &answer["responses"]["q"];
    assert_eq!(of_q["status"], 200);
    assert_eq!(of_q["query"]["properties"]["birthDate"], json!(["1944"]), "one value is a list of one");
    assert_eq!(of_q["total"], json!({"value": 1, "relation": "eq"}));
    let first = &of_q["results"][0];
    assert_eq!((&first["id"], &first["caption"]), (&json!("starter:KPi.001"), &json!("Yun Ho-jin")));
    assert_eq!((&first["schema"], &first["match"], &first["target"]), (&json!("Person"), &json!(true), &json!(true)));
    assert!(first["score"].as_f64().unwrap() >= 0.7 && first["score"].as_f64().unwrap() <= 1.0);
    assert_eq!(first["properties"]["nationality"], json!(["kp"]));
    assert_eq!(first["properties"]["topics"], json!(["sanction"]));
    assert_eq!(first["datasets"], json!(["starter"]));
    let name = &first["explanations"]["name_match"];
    assert_eq!((&name["query"], &name["candidate"]), (&json!("Yun Ho-jin"), &json!("Yun Ho-jin")));
    assert!(first["explanations"]["country_match"]["score"].is_number(), "{first}");
}

#[test]
fn parameters_narrow_the_answer() {
    let count = |query: &str| {
        let reply = matched(query, &yun());
        assert_eq!(reply.status, 200, "{query}: {}", reply.body);
        reply.json()["responses"]["q"]["results"].as_array().unwrap().len()
    };
    assert_eq!(count("starter"), 1);
    assert_eq!(count("default?exclude_entity_ids=starter:KPi.001"), 0);
    assert_eq!(count("default?exclude_schema=Person"), 0);
    assert_eq!(count("default?topics=sanction&topics=role.pep"), 1);
    assert_eq!(count("default?topics=role.pep"), 0);
    assert_eq!(count("default?changed_since=1990-01-01"), 1);
    assert_eq!(count("default?changed_since=2030-01-01T00:00"), 0);
    assert_eq!(count("default?include_dataset=starter"), 1);
    assert_eq!(count("default?exclude_dataset=starter"), 0);
    assert_eq!(count("default?algorithm=logic-v2&limit=1&unknown=ignored"), 1);
    // The threshold says what is a match, the cutoff what is shown.
    let loose = matched(
        "default?threshold=0.99&cutoff=0.5",
        &json!({"queries": {"q": {"schema": "Person",
        "properties": {"name": "Yun Ho Jim"}}}}),
    );
    let first = loose.json()["responses"]["q"].clone();
    assert_eq!(first["results"][0]["match"], false, "{first}");
    assert_eq!(first["total"]["value"], 0, "{first}");
}

#[test]
fn a_score_at_the_threshold_is_a_match() {
    let score = matched("default", &yun()).json()["responses"]["q"]["results"][0]["score"].as_f64().unwrap();
    let at = matched(&format!("default?threshold={score}&cutoff={score}"), &yun()).json();
    assert_eq!(at["responses"]["q"]["results"][0]["match"], true);
    let above = score + 0.0001;
    if above <= 1.0 {
        let none = matched(&format!("default?threshold={above}&cutoff={above}"), &yun()).json();
        assert_eq!(none["responses"]["q"]["results"], json!([]));
    }
}

#[test]
fn what_cannot_be_done_is_refused_as_yente_does() {
    let person = |properties: Value| json!({"queries": {"q": {"schema": "Person", "properties": properties}}});
    let many: Value = (0..101)
        .map(|n| (n.to_string(), json!({"schema": "Person", "properties": {"name": "A"}})))
        .collect::<serde_json::Map<_, _>>()
        .into();
    for (query, body, status, detail) in [
        ("nothing", yun(), 404, "No such dataset."),
        ("default?algorithm=dice", yun(), 400, "Unknown algorithm: dice"),
        ("default", json!({"queries": {}}), 400, "No queries provided."),
        ("default", json!({"queries": {"q": null}}), 400, "No queries provided."),
        ("default", json!({"queries": {"q": {"schema": "Dragon", "properties": {}}}}), 400, "Dragon"),
        ("default", json!({"queries": many}), 400, "Too many queries in one batch (limit: 100)"),
        (
            "default",
            json!({"queries": {"q": yun()["queries"]["q"]}, "config": {"nm_number_mismatch": 0.4}}),
            400,
            "nm_number_mismatch",
        ),
        (
            "default",
            json!({"queries": {"q": yun()["queries"]["q"]}, "weights": {"name_match": 1.0}}),
            400,
            "name_match",
        ),
        // A party of whom nothing can be compared is never an empty answer.
        ("default", person(json!({})), 400, "no name with letters"),
        ("default", person(json!({"name": ["", "  "]})), 400, "no name with letters"),
        ("default", person(json!({"name": ["—"]})), 400, "no name with letters"),
        ("default?limit=501", yun(), 422, "limit"),
        ("default?limit=x", yun(), 422, "limit"),
        ("default?threshold=nan", yun(), 422, "threshold"),
        ("default?changed_since=yesterday", yun(), 422, "changed_since"),
        ("default", json!({}), 422, "queries"),
        ("default?include_dataset=nothing", yun(), 404, "No such dataset."),
        ("default?exclude_dataset=nothing", yun(), 404, "No such dataset."),
    ] {
        let reply = matched(query, &body);
        assert_eq!(reply.status, status, "{query} {body}: {}", reply.body);
        assert!(reply.json()["detail"].to_string().contains(detail), "{query}: {}", reply.body);
    }
    assert_eq!(send(*AT, "POST", "/match/default", &[], "{").status, 422);
}

#[test]
fn searches_by_words() {
    let found = get(*AT, "/search/default?q=tanchon+bank&limit=3");
    assert_eq!(found.status, 200, "{}", found.body);
    let answer = found.json();
    assert!(answer["total"]["value"].as_u64().unwrap() >= 1, "{answer}");
    assert!(answer["results"][0]["caption"].as_str().unwrap().contains("Tanchon"), "{answer}");
    assert_eq!(answer["facets"]["datasets"]["values"][0]["name"], "starter", "{answer}");
    assert_eq!(get(*AT, "/search/default?q=tamchon&fuzzy=true").json()["total"], answer["total"]);
    assert_eq!(get(*AT, "/search/default?q=tamchon").json()["total"]["value"], 0);
    let all = get(*AT, "/search/default").json();
    let people = get(*AT, "/search/default?schema=Person&facets=schema").json();
    let count = |answer: &Value| answer["total"]["value"].as_u64().unwrap();
    assert!(count(&people) > 10 && count(&people) < count(&all), "{people}");
    assert_eq!(
        people["facets"]["schema"]["values"],
        json!([{"name": "Person", "label": "Person", "count": count(&people)}])
    );
    // Pages neither overlap nor leave out.
    let mut seen = Vec::new();
    for offset in (0..count(&all)).step_by(20) {
        let page = get(*AT, &format!("/search/default?limit=20&offset={offset}&sort=caption:desc")).json();
        seen.extend(page["results"].as_array().unwrap().iter().map(|one| one["id"].clone().to_string()));
    }
    let total = seen.len();
    seen.sort();
    seen.dedup();
    assert_eq!((seen.len() as u64, total), (count(&all), seen.len()));
    let kp = get(*AT, "/search/default?countries=kp&filter=schema:Vessel").json();
    assert!(count(&kp) > 0 && kp["results"].as_array().unwrap().iter().all(|one| one["schema"] == "Vessel"));
    let number = kp["results"][0]["properties"]["imoNumber"][0].as_str().unwrap();
    let by_number = get(*AT, &format!("/search/default?filter=properties.imoNumber:{number}")).json();
    assert_eq!(by_number["results"][0]["id"], kp["results"][0]["id"]);
    for (path, status) in [
        ("/search/nothing?q=a", 404),
        ("/search/default?schema=Dragon", 400),
        ("/search/default?sort=shoe:asc", 400),
        ("/search/default?filter=shoe:44", 400),
        ("/search/default?q=name:kim", 400),
        ("/search/default?facets=shoe", 422),
        ("/search/default?offset=9500", 422),
    ] {
        assert_eq!(get(*AT, path).status, status, "{path}");
    }
}

#[test]
fn hands_out_entities_and_what_hangs_on_them() {
    let entity = get(*AT, "/entities/starter:KPi.001");
    assert_eq!(entity.status, 200, "{}", entity.body);
    let entity = entity.json();
    assert_eq!(entity["properties"]["sanctions"][0]["schema"], "Sanction", "{entity}");
    assert_eq!(entity["properties"]["sanctions"][0]["properties"]["entity"], json!(["starter:KPi.001"]));
    let flat = get(*AT, "/entities/starter%3AKPi.001?nested=false").json();
    assert!(flat["properties"]["sanctions"].is_null(), "{flat}");
    let all = get(*AT, "/entities/starter:KPi.001/adjacent?limit=1").json();
    assert_eq!((&all["entity"]["id"], &all["adjacent"]["sanctions"]["limit"]), (&json!("starter:KPi.001"), &json!(1)));
    let one = get(*AT, "/entities/starter:KPi.001/adjacent/sanctions").json();
    assert_eq!(one["results"], entity["properties"]["sanctions"]);
    assert_eq!(get(*AT, "/entities/starter:KPi.001/adjacent/ownershipOwner").json()["total"]["value"], 0);
    for path in ["/entities/nobody", "/entities/starter:KPi.001/adjacent/name", "/entities/nobody/adjacent"] {
        let missing = get(*AT, path);
        assert_eq!(missing.status, 404, "{path}");
        assert!(missing.json()["detail"].is_string(), "{path}");
    }
}

#[test]
fn says_what_is_loaded() {
    let catalogue = get(*AT, "/catalog");
    let tag = catalogue.header("etag").unwrap().to_owned();
    assert_eq!(catalogue.header("cache-control"), Some("public, max-age=300"));
    let shown = catalogue.json();
    assert_eq!((&shown["current"], &shown["index_stale"]), (&json!(["starter"]), &json!(false)));
    assert!(shown["datasets"].as_array().unwrap().iter().any(|one| one["name"] == "default"), "{shown}");
    let again = send(*AT, "GET", "/catalog", &[&format!("If-None-Match: {tag}")], "");
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert_eq!(send(*AT, "GET", "/catalog", &["If-None-Match: \"other\""], "").status, 200);
    let algorithms = get(*AT, "/algorithms").json();
    assert_eq!(algorithms["best"], algorithms["algorithms"][0]["name"]);
    assert_eq!(get(*AT, "/healthz").json(), json!({"status": "ok"}));
    assert_eq!(get(*AT, "/readyz").json(), json!({"status": "ok"}));
    assert_eq!(send(*AT, "POST", "/updatez", &[], "").status, 403);
    assert_eq!(send(*AT, "POST", "/updatez?token=let-you", &[], "").status, 403);
    assert_eq!(send(*AT, "POST", "/updatez?token=let-me", &[], "").json(), json!({"status": "ok"}));
}

#[test]
fn reconciles_for_open_refine() {
    let manifest = get(*AT, "/reconcile/default?api_key=x").json();
    assert_eq!(manifest["versions"], json!(["0.2"]));
    assert_eq!(manifest["suggest"]["entity"]["service_path"], "/suggest/entity?api_key=x");
    let form = |name: &str, value: &Value| {
        let text = value.to_string();
        let body = url_form(name, &text);
        send(*AT, "POST", "/reconcile/default", &["Content-Type: application/x-www-form-urlencoded"], &body)
    };
    let queries = json!({
        "a": {"query": "Yun Ho-jin", "type": "Person", "properties": [{"pid": "Person:birthDate", "v": "1944"}]},
        "b": {"query": "Josefine Musterfrau", "type": ["Person", "Thing"], "limit": 2},
    });
    let answer = form("queries", &queries);
    assert_eq!((answer.status, answer.header("x-batch-size")), (200, Some("2")), "{}", answer.body);
    let first = answer.json()["a"]["result"][0].clone();
    assert_eq!((&first["id"], &first["match"]), (&json!("starter:KPi.001"), &json!(true)));
    assert_eq!(first["type"][0]["id"], "Person");
    assert!(answer.json()["b"]["result"].as_array().unwrap().iter().all(|one| one["match"] == false));
    let extended = form(
        "extend",
        &json!({"ids": ["starter:KPi.001", "nobody"], "properties":
        [{"id": "nationality"}, {"id": "name", "settings": {"limit": 1, "render": "raw"}}]}),
    );
    assert_eq!(
        extended.json()["rows"]["starter:KPi.001"]["nationality"],
        json!([{"str": "North Korea"}]),
        "{}",
        extended.body
    );
    assert_eq!(extended.json()["rows"]["nobody"], json!({}));
    let entities = get(*AT, "/reconcile/default/suggest/entity?prefix=yun+h").json();
    assert_eq!(entities["result"][0]["name"], "Yun Ho-jin", "{entities}");
    assert_eq!(get(*AT, "/reconcile/default/suggest/type?prefix=pers").json()["result"][0]["id"], "Person");
    assert_eq!(
        get(*AT, "/reconcile/default/suggest/property?prefix=birth").json()["result"][0]["id"],
        "Person:birthDate"
    );
    assert!(
        get(*AT, "/reconcile/default/extend/property?type=Vessel").json()["properties"]
            .to_string()
            .contains("imoNumber")
    );
    for (name, body) in [("queries", "{"), ("extend", "{")] {
        let reply = send(*AT, "POST", "/reconcile/default", &[], &url_form(name, body));
        assert_eq!(reply.status, 400, "{}", reply.body);
    }
}

fn url_form(name: &str, text: &str) -> String {
    let escaped: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{name}={escaped}")
}
