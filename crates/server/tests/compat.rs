//! The other interfaces beside our own: at their addresses, for those who may screen, over the same lists.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use interdict_server::Dialect;
use interdict_state::Role;
use serde_json::json;
use service::{Service, import};

#[test]
fn yente_is_spoken_to_those_who_may_screen() {
    let asked = json!({"queries": {"q": {"schema": "Person", "properties": {"name": ["Orsolya Vanderploeg"]}}}});
    let service = Service::with(|settings| {
        settings.anonymous = vec![Role::Machine];
        settings.compat = Some(Dialect::Yente);
    });
    let own = service.post("/v1/screen", &json!({"party": {"name": "Orsolya Vanderploeg"}}).to_string());
    assert_eq!(own.json()["outcome"], "hit");
    let answer = service.post("/match/default", &asked.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["responses"]["q"]["results"][0]["caption"], "Orsolya Vanderploeg");
    assert_eq!(service.get("/catalog").status, 200);
    assert_eq!(service.get("/nowhere").status, 404);
    // new lists are in use in both at once
    import(service.folder.path(), "own", &format!("{}Q-4,Wilhelmina Dogberry,person,,\n", service::LIST));
    service.app.refresh();
    let asked = json!({"queries": {"q": {"schema": "Person", "properties": {"name": ["Wilhelmina Dogberry"]}}}});
    let answer = service.post("/match/default", &asked.to_string());
    assert_eq!(answer.json()["responses"]["q"]["total"]["value"], 1, "{}", answer.text());

    for path in ["/healthz", "/readyz"] {
        assert_eq!(service.get(path).json()["status"], "ok", "{path}: what yente's clients look for");
    }

    let shut = Service::with(|settings| settings.compat = Some(Dialect::Yente));
    // A client of yente writes its key so.
    let key = format!("ApiKey {}", shut.token(&[Role::Machine]).reveal());
    assert_eq!(shut.ask("GET", "/catalog", &[("Authorization", &key)], b"").status, 200);
    let reader = format!("ApiKey {}", shut.token(&[Role::ListAdmin]).reveal());
    assert_eq!(shut.ask("GET", "/catalog", &[("Authorization", &reader)], b"").status, 403);
    for path in ["/catalog", "/match/default", "/nowhere"] {
        assert_eq!(shut.get(path).status, 401, "{path}");
    }
}

#[test]
fn watchman_is_spoken_and_neither_is_unless_asked_for() {
    let service = Service::with(|settings| {
        settings.anonymous = vec![Role::Machine];
        settings.compat = Some(Dialect::Watchman);
    });
    let answer = service.get("/v2/search?name=Orsolya+Vanderploeg&type=person");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["entities"][0]["name"], "Orsolya Vanderploeg", "{}", answer.text());
    let reader = Service::with(|settings| {
        settings.anonymous = vec![Role::ListAdmin];
        settings.compat = Some(Dialect::Watchman);
    });
    assert_eq!(reader.get("/v2/listinfo").status, 403);
    let without = Service::with(|settings| settings.anonymous = vec![Role::Machine]);
    assert_eq!(without.get("/v2/search?name=Orsolya").status, 404);
}
