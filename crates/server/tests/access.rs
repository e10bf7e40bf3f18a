//! Who gets what: every route with every role and every bad token (R13), rates, idempotency, setup.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use interdict_server::access::{Need, ROUTES, Right, allows};
use interdict_state::{NewKey, Role, Token};
use serde_json::Value;
use service::{Answer, Service};

/// A request that a route would answer, if it let it in.
fn address(path: &str) -> String {
    path.replace("{*page}", "un/2397/5").replace("{list}", "own").replace("{*reference}", "Q-1").replace("{id}", "none")
        + if path.ends_with("/diff") { "?from=2017-08-04&to=2018-01-05" } else { "" }
}

fn ask(service: &Service, method: &str, path: &str, header: Option<(&str, &str)>) -> Answer {
    let mut headers = vec![("Content-Type", "application/json")];
    headers.extend(header);
    service.ask(method, &address(path), &headers, if method == "POST" { b"{}" } else { b"" })
}

fn is_refused(answer: &Answer) -> bool {
    [401, 403].contains(&answer.status)
}

#[test]
fn every_route_of_the_description_is_in_the_table_and_none_else() {
    let doc = serde_json::to_value(interdict_server::openapi()).unwrap();
    let mut described = Vec::new();
    for (path, item) in doc["paths"].as_object().unwrap() {
        described.extend(item.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    let mut written: Vec<_> =
        ROUTES.iter().map(|(method, path, _)| ((*method).to_owned(), path.replace("{*", "{"))).collect();
    described.sort();
    written.sort();
    assert_eq!(described, written);
}

#[test]
fn every_route_with_every_role() {
    let service = Service::with(|_| {});
    let mut attempts = 0;
    for role in Role::ALL {
        let token = service.token(&[role]);
        let bearer = format!("Bearer {}", token.reveal());
        for (method, path, need) in ROUTES {
            let may = match need {
                Need::Nothing | Need::Somebody => true,
                // A key is no session.
                Need::Setup | Need::Session => false,
                Need::Right(right) => allows(role, right),
            };
            for header in [("Authorization", bearer.as_str()), ("X-API-Key", token.reveal())] {
                let answer = ask(&service, method, path, Some(header));
                attempts += 1;
                assert_eq!(!is_refused(&answer), may, "{role} {method} {path}: {} {}", answer.status, answer.text());
                assert!(answer.status != 500, "{role} {method} {path}: {}", answer.text());
            }
        }
    }
    assert_eq!(attempts, Role::ALL.len() * ROUTES.len() * 2);
}

#[test]
fn every_route_with_every_bad_token() {
    let service = Service::with(|_| {});
    let state = service.app.state();
    let good = service.token(&Role::ALL);
    let expired =
        NewKey { name: "old".to_owned(), roles: Role::ALL.to_vec(), expires_at: Some(2_000), ..NewKey::default() };
    let expired = state.add_key(&expired, 1_000).unwrap().1;
    let revoked = service.token(&Role::ALL);
    let id = state.key_of(revoked.hash()).unwrap().unwrap().id;
    state.revoke(&id, 1_100).unwrap();
    let good = good.reveal();
    let bearer = |text: &str| ("Authorization".to_owned(), format!("Bearer {text}"));
    let altered: String = good.chars().rev().collect();
    let flipped = format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { 'B' } else { 'A' });
    let mut bad: Vec<Option<(String, String)>> = vec![None];
    for text in [
        String::new(),
        "itd_".to_owned(),
        flipped,
        altered,
        good[..good.len() - 1].to_owned(),
        format!("{good}A"),
        good.to_uppercase(),
        format!("{good} {good}"),
        format!("' OR 1=1 --{good}"),
        "eyJhbGciOiJub25lIn0.eyJyb2xlIjoiYWRtaW4ifQ.".to_owned(),
        Token::random().unwrap().reveal().to_owned(),
        expired.reveal().to_owned(),
        revoked.reveal().to_owned(),
        good.repeat(100),
    ] {
        bad.push(Some(bearer(&text)));
        if !text.is_empty() {
            bad.push(Some(("X-API-Key".to_owned(), text)));
        }
    }
    bad.push(Some(("Authorization".to_owned(), format!("Basic {good}"))));
    bad.push(Some(("Authorization".to_owned(), good.to_owned())));
    bad.push(Some(("Cookie".to_owned(), format!("key={good}"))));
    bad.push(Some(("X-Role".to_owned(), "policy_admin".to_owned())));
    let mut attempts = 0;
    for header in &bad {
        for (method, path, need) in ROUTES {
            let header = header.as_ref().map(|(name, value)| (name.as_str(), value.as_str()));
            let answer = ask(&service, method, path, header);
            attempts += 1;
            match need {
                Need::Nothing => assert!(!is_refused(&answer), "{method} {path}"),
                Need::Setup | Need::Session | Need::Somebody | Need::Right(_) => {
                    assert_eq!(answer.status, 401, "{method} {path} {header:?}: {}", answer.text());
                    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
                }
            }
            assert!(!answer.text().contains(good), "no answer holds the token");
        }
        // in the address it is not even looked for
        let answer = service.get(&format!("/v1/status?token={good}&api_key={good}"));
        assert_eq!(answer.status, 401);
    }
    assert!(attempts > 500, "{attempts}");
    // tricks with the address end nowhere or at the same door
    for path in [
        "//v1/status",
        "/v1/./status",
        "/v1//status",
        "/V1/STATUS",
        "/v1/status/",
        "/healthz/../v1/status",
        "/v1%2fstatus",
    ] {
        let status = service.get(path).status;
        assert!([400, 401, 404].contains(&status), "{path}: {status}");
    }
}

#[test]
fn a_revoked_key_ends_at_once_and_a_rate_is_kept() {
    let service = Service::with(|_| {});
    let admin = format!("Bearer {}", service.token(&[Role::PolicyAdmin]).reveal());
    let made = service.ask(
        "POST",
        "/v1/keys",
        &[("Authorization", &admin), ("Content-Type", "application/json")],
        br#"{"name": "payments", "roles": ["machine"], "rate": 2, "days": 1}"#,
    );
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let key = format!("Bearer {}", made["token"].as_str().unwrap());
    let status = || service.ask("GET", "/v1/status", &[("Authorization", &key)], b"").status;
    let first: Vec<u16> = (0..5).map(|_| status()).collect();
    assert!(first[0] == 200 && first.contains(&429), "{first:?}");
    let slow = service.ask("GET", "/v1/status", &[("Authorization", &key)], b"");
    assert!(slow.status == 200 || slow.header("retry-after").is_some());
    let path = format!("/v1/keys/{}", made["id"].as_str().unwrap());
    assert_eq!(service.ask("DELETE", &path, &[("Authorization", &admin)], b"").json()["standing"], "revoked");
    assert_eq!(status(), 401);
    let all = service.ask("GET", "/v1/keys", &[("Authorization", &admin)], b"");
    assert!(!all.text().contains("itd_"), "tokens are not listed");
    let used: Vec<Value> = all.json().as_array().unwrap().iter().map(|key| key["used_at"].clone()).collect();
    assert!(used.iter().all(|at| at.is_i64()), "{used:?}");
}

#[test]
fn a_write_is_done_once() {
    let service = Service::with(|_| {});
    let admin = format!("Bearer {}", service.token(&[Role::PolicyAdmin]).reveal());
    let send = |name: &str, body: &str| {
        let headers =
            [("Authorization", admin.as_str()), ("Idempotency-Key", name), ("Content-Type", "application/json")];
        service.ask("POST", "/v1/keys", &headers, body.as_bytes())
    };
    let body = r#"{"name": "one", "roles": ["viewer"]}"#;
    let (first, second) = (send("a", body), send("a", body));
    assert_eq!((first.status, second.status), (201, 201), "{}", second.text());
    assert_eq!(first.json()["id"], second.json()["id"]);
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert!(first.json()["token"].is_string() && second.json().get("token").is_none());
    let other = send("a", r#"{"name": "two", "roles": ["viewer"]}"#);
    assert_eq!((other.status, other.code().as_str()), (409, "conflict"));
    assert_eq!(send("b", r#"{"name": "", "roles": ["viewer"]}"#).status, 400);
    assert_eq!(send("b", body).status, 201, "a write that failed can be tried again");
    assert_eq!(send(&"x".repeat(256), body).status, 400);
    assert_eq!(service.app.state().keys().unwrap().len(), 3);
}

#[test]
fn the_setup_token_makes_the_first_key_and_no_second() {
    let service = Service::with(|_| {});
    let setup = service.app.state().new_setup(1_000).unwrap().unwrap();
    let send = |token: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        service.ask("POST", "/v1/setup", &[("Authorization", &bearer)], body.as_bytes())
    };
    let body = r#"{"name": "me", "roles": ["policy_admin"]}"#;
    assert_eq!(send(Token::random().unwrap().reveal(), body).status, 401);
    assert_eq!(send(setup.reveal(), r#"{"name": "me", "roles": ["king"]}"#).status, 400, "and it is not used up");
    let made = send(setup.reveal(), body);
    assert_eq!(made.status, 201, "{}", made.text());
    assert_eq!(send(setup.reveal(), body).status, 401);
    let key = format!("Bearer {}", made.json()["token"].as_str().unwrap());
    assert_eq!(service.ask("GET", "/v1/keys", &[("Authorization", &key)], b"").status, 200);
    // the setup token itself is no key
    let bearer = format!("Bearer {}", setup.reveal());
    assert_eq!(service.ask("GET", "/v1/status", &[("Authorization", &bearer)], b"").status, 401);
}

#[test]
fn without_a_key_it_is_what_was_said_at_the_start() {
    let service = Service::with(|settings| settings.anonymous = vec![Role::Machine]);
    assert_eq!(service.post("/v1/screen", r#"{"party": {"name": "Ann Other"}}"#).status, 200);
    let answer = service.get("/v1/keys");
    assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"));
    assert!(allows(Role::Machine, Right::Screen));
}
