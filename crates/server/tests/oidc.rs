//! Signing in with an identity provider: the way there and back, sessions, roles, writes, signing out, the ledger.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod provider;
mod service;

use interdict_ledger::Entry;
use interdict_model::Digest;
use interdict_state::{Ending, NewSession, Role};
use interdict_store::Home;
use interdict_store::ledger::{LogFiles, verify};
use jiff::Timestamp;
use provider::{API, Browser, CLIENT, Pair, Provider, now};
use serde_json::json;
use service::{LIST, Service, import};

#[test]
fn people_sign_in_and_may_what_their_group_may() {
    for pair in [Pair::rsa(), Pair::p256(), Pair::ed25519()] {
        let provider = Provider::start(pair);
        let service = provider.service(|_| {});
        let mut browser = Browser::default();
        assert_eq!(browser.get(&service, "/v1/me").status, 401);
        let back = browser.away(&service, "?return_to=/v1/status%3Fa%3D1");
        let home = browser.get(&service, &back);
        assert_eq!(home.status, 303, "{}", home.text());
        assert_eq!(home.header("location").unwrap(), format!("http://{}/v1/status?a=1", service.address));
        assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["interdict_session"], "that of the sign-in is gone");
        let me = browser.get(&service, "/v1/me").json();
        assert_eq!((me["way"].as_str(), me["name"].as_str()), (Some("session"), Some("Dana Quillfeather")));
        assert_eq!(me["roles"], json!(["analyst"]), "the other group gives nothing");
        assert!(me["id"].as_str().unwrap().starts_with("oidc-") && !me.to_string().contains("u-4711"), "{me}");
        assert_eq!(browser.get(&service, "/v1/status").status, 200);
        assert_eq!(browser.get(&service, "/v1/keys").status, 403);
        // the number of the person stays the same; the session does not
        let before = browser.cookie();
        browser.sign_in(&service);
        assert_ne!(browser.cookie(), before);
        assert_eq!(browser.get(&service, "/v1/me").json()["id"], me["id"]);
        assert_eq!(service.app.state().sessions().unwrap().len(), 1, "the former session ended");
    }
}

#[test]
fn who_has_no_role_gets_nothing() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|_| {});
    for groups in [
        json!([]),
        json!("other"),
        json!(null),
        json!({"sanctions": true}),
        json!([["sanctions"]]),
        json!(["Sanctions"]),
    ] {
        provider.change(|inner| inner.person["groups"] = groups.clone());
        let mut browser = Browser::default();
        let answer = browser.sign_in(&service);
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{groups}");
        assert!(browser.cookies.is_empty() && service.app.state().sessions().unwrap().is_empty(), "{groups}");
    }
    // a claim of claims, as some providers have it; one text as a whole
    let nested = provider.service(|oidc| oidc.roles_claim = vec!["realm".to_owned(), "roles".to_owned()]);
    provider
        .change(|inner| inner.person = json!({"sub": "u", "realm": {"roles": ["admins"]}, "groups": ["sanctions"]}));
    let mut browser = Browser::default();
    assert_eq!(browser.sign_in(&nested).status, 303);
    assert_eq!(browser.get(&nested, "/v1/me").json()["roles"], json!(["policy_admin"]));
}

#[test]
fn groups_may_stand_beside_the_token() {
    let provider = Provider::start(Pair::ed25519());
    let userinfo = format!("{}/userinfo", provider.issuer);
    provider.change(|inner| {
        inner.about = json!({"userinfo_endpoint": userinfo});
        inner.person = json!({"sub": "u-1"});
    });
    let service = provider.service(|_| {});
    let sign_in = |says: &str| {
        let mut browser = Browser::default();
        let answer = browser.sign_in(&service);
        assert!(answer.text().contains(says), "{says}: {}", answer.text());
        (answer.status, browser)
    };
    for (said, status, says) in [
        (json!({"sub": "u-1", "groups": ["sanctions"], "name": "Dana"}), 303, ""),
        (json!({"sub": "u-1", "groups": ["other"]}), 403, "no role here"),
        (json!({"sub": "u-1"}), 403, "no role here"),
        // it is not signed: it counts for the person of the token alone
        (json!({"sub": "u-2", "groups": ["sanctions"]}), 401, "is of another"),
        (json!({"groups": ["sanctions"]}), 401, "is of another"),
        (json!(["sanctions"]), 403, "no role here"),
        (json!(null), 403, "no role here"),
    ] {
        provider.change(|inner| inner.userinfo = said.clone());
        assert_eq!(sign_in(says).0, status, "{said}");
    }
    provider.change(|inner| inner.userinfo = json!({"sub": "u-1", "groups": ["admins"], "name": "Dana"}));
    let me = sign_in("").1.get(&service, "/v1/me").json();
    assert_eq!((me["name"].as_str(), &me["roles"]), (Some("Dana"), &json!(["policy_admin"])));
    // where the token says which groups there are, that counts and nobody else is asked
    let asked = provider.asked("/userinfo");
    provider.change(|inner| inner.person = json!({"sub": "u-1", "groups": []}));
    assert_eq!((sign_in("no role here").0, provider.asked("/userinfo")), (403, asked));
    // so many groups that the provider says only that there are some: said so, and no role
    provider.change(|inner| {
        inner.person = json!({"sub": "u-1", "_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": "https://x.example"}}});
        inner.userinfo = json!({"sub": "u-1"});
    });
    assert_eq!(sign_in("left them out").0, 403);
    // the access token is that of the sign-in
    provider.change(|inner| inner.person = json!({"sub": "u-1", "groups": ["sanctions"]}));
    let half = |of, bytes: usize| provider::b64(&ring::digest::digest(of, b"opaque").as_ref()[..bytes]);
    for (hash, status) in [
        (json!(half(&ring::digest::SHA512, 32)), 303),
        (json!(half(&ring::digest::SHA256, 16)), 401),
        (json!(""), 401),
        (json!(7), 401),
    ] {
        provider.change(|inner| inner.person["at_hash"] = hash.clone());
        assert_eq!(sign_in("").0, status, "{hash}");
    }
    // an endpoint that is away is no refusal
    provider.change(|inner| {
        inner.person = json!({"sub": "u-1"});
        inner.about = json!({"userinfo_endpoint": "http://127.0.0.1:1/userinfo"});
    });
    let fresh = provider.service(|_| {});
    assert_eq!(Browser::default().sign_in(&fresh).status, 503);
}

#[test]
fn an_address_of_mail_gives_roles_only_if_the_provider_looked_at_it() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|oidc| {
        oidc.roles_claim = vec!["email".to_owned()];
        oidc.roles = vec![("dana@bank.example".to_owned(), vec![Role::Analyst])];
    });
    for (verified, status) in [(json!(true), 303), (json!(false), 403), (json!("true"), 403), (json!(null), 403)] {
        let person = json!({"sub": "u-1", "email": "dana@bank.example", "email_verified": verified});
        provider.change(|inner| inner.person = person);
        assert_eq!(Browser::default().sign_in(&service).status, status, "{verified}");
    }
}

#[test]
fn a_session_writes_from_our_own_pages_only() {
    let provider = Provider::start(Pair::ed25519());
    provider.change(|inner| inner.person["groups"] = json!(["admins"]));
    let service = provider.service(|_| {});
    let (mut browser, mut other) = (Browser::default(), Browser::default());
    browser.sign_in(&service);
    other.sign_in(&service);
    let csrf = browser.get(&service, "/v1/me").json()["csrf"].as_str().unwrap().to_owned();
    let of_other = other.get(&service, "/v1/me").json()["csrf"].as_str().unwrap().to_owned();
    assert_ne!(csrf, of_other);
    let origin = format!("http://{}", service.address);
    let json = ("Content-Type", "application/json");
    let body = br#"{"name": "x", "roles": ["viewer"]}"#;
    let refused: [&[(&str, &str)]; 9] = [
        &[],
        &[("Origin", &origin)],
        &[("X-CSRF-Token", &csrf)],
        &[("X-CSRF-Token", &csrf), ("Origin", "null")],
        &[("X-CSRF-Token", &csrf), ("Origin", "https://evil.example")],
        &[("X-CSRF-Token", &csrf), ("Origin", "http://127.0.0.1:1")],
        &[("X-CSRF-Token", &of_other), ("Origin", &origin)],
        &[("X-CSRF-Token", ""), ("Origin", &origin)],
        &[("X-CSRF-Token", &csrf), ("Origin", &origin), ("Origin", "https://evil.example")],
    ];
    for headers in refused {
        let headers = [&[json], headers].concat();
        let answer = browser.ask(&service, "POST", "/v1/keys", &headers, body);
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{headers:?}");
    }
    assert!(service.app.state().keys().unwrap().is_empty(), "nothing was written");
    let ours = [json, ("X-CSRF-Token", csrf.as_str()), ("Origin", origin.as_str())];
    let made = browser.ask(&service, "POST", "/v1/keys", &ours, body);
    assert_eq!(made.status, 201, "{}", made.text());
    // a key needs none of it, and has no session to end
    let bearer = format!("Bearer {}", service.token(&[Role::PolicyAdmin]).reveal());
    assert_eq!(service.ask("POST", "/v1/keys", &[json, ("Authorization", &bearer)], body).status, 201);
    assert_eq!(service.ask("POST", "/auth/logout", &[("Authorization", &bearer)], b"").status, 403);
    assert_eq!(service.ask("GET", "/v1/me", &[("Authorization", &bearer)], b"").json()["way"], "key");
}

#[test]
fn a_session_ends() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|_| {});
    let state = service.app.state();
    let origin = format!("http://{}", service.address);
    let out = |browser: &mut Browser, body: &[u8]| {
        let csrf = browser.get(&service, "/v1/me").json()["csrf"].as_str().unwrap().to_owned();
        browser.ask(&service, "POST", "/auth/logout", &[("X-CSRF-Token", &csrf), ("Origin", &origin)], body)
    };
    let (mut one, mut two, mut three) = (Browser::default(), Browser::default(), Browser::default());
    one.sign_in(&service);
    two.sign_in(&service);
    three.sign_in(&service);
    assert_eq!(state.sessions().unwrap().len(), 3);
    // signed out, the cookie opens nothing, at once
    let ended = out(&mut one, b"").json();
    assert_eq!((ended["ended"].as_u64(), one.get(&service, "/v1/me").status), (Some(1), 401));
    assert_eq!(ended["provider"], format!("{}/end?client_id={CLIENT}", provider.issuer));
    assert_eq!(out(&mut two, br#"{"everywhere": true}"#).json()["ended"], 2);
    assert_eq!((two.get(&service, "/v1/me").status, three.get(&service, "/v1/me").status), (401, 401));
    // taken back by others, at once
    one.sign_in(&service);
    assert_eq!(one.get(&service, "/v1/me").status, 200);
    state.end_sessions(&Ending::One(state.sessions().unwrap()[0].id.clone())).unwrap();
    assert_eq!(one.get(&service, "/v1/me").status, 401);
    // by time: over, idle, of another provider; the one that is right opens
    let realm = Digest::of_parts([provider.issuer.as_bytes(), CLIENT.as_bytes()]);
    let new = |realm, ends_at| NewSession {
        who: "oidc-x".to_owned(),
        realm,
        name: String::new(),
        roles: vec![Role::Analyst],
        ends_at,
        mark: None,
    };
    for (new, begun_at, status) in [
        (new(realm, now() + 600), now(), 200),
        (new(realm, now() - 1), now() - 600, 401),
        (new(realm, now() + 600), now() - 1801, 401),
        (new(Digest::of(b"another"), now() + 600), now(), 401),
    ] {
        let (_, token) = state.begin_session(&new, begun_at).unwrap();
        let cookie = format!("interdict_session={}", token.reveal());
        assert_eq!(service.ask("GET", "/v1/me", &[("Cookie", &cookie)], b"").status, status, "{new:?}");
        // the token of a session is no key
        let bearer = format!("Bearer {}", token.reveal());
        assert_eq!(service.ask("GET", "/v1/me", &[("Authorization", &bearer)], b"").status, 401);
        let twice = format!("{cookie}; {cookie}");
        assert_eq!(service.ask("GET", "/v1/me", &[("Cookie", &twice)], b"").status, 401, "a cookie that stands twice");
    }
}

#[test]
fn instances_share_sessions_with_their_state_and_no_others() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|_| {});
    let beside = |change: &dyn Fn(&mut interdict_server::OidcSettings)| {
        let mut oidc = provider.settings();
        change(&mut oidc);
        Service::over(tempfile::tempdir().unwrap(), |settings| {
            settings.home = Home::at(service.folder.path());
            settings.database.clone_from(&service.database);
            settings.oidc = Some(oidc);
        })
    };
    let (second, other_client, stranger) =
        (beside(&|_| {}), beside(&|oidc| oidc.client_id = "other".to_owned()), provider.service(|_| {}));
    let mut browser = Browser::default();
    browser.sign_in(&service);
    assert_eq!(browser.clone().get(&second, "/v1/me").status, 200, "the same state");
    assert_eq!(browser.clone().get(&other_client, "/v1/me").status, 401, "another client");
    assert_eq!(browser.clone().get(&stranger, "/v1/me").status, 401, "another state");
    // a sign-in that another service began does not end here, whatever its cookie holds
    let mut browser = Browser::default();
    let back = browser.away(&service, "");
    assert_eq!(browser.clone().get(&stranger, &back).status, 401);
    assert_eq!(browser.get(&service, &back).status, 303);
    // taken here, an answer is not taken there
    let mut browser = Browser::default();
    let back = browser.away(&service, "");
    let mut copy = browser.clone();
    assert_eq!(browser.get(&service, &back).status, 303);
    assert_eq!(copy.get(&second, &back).status, 401);
}

#[test]
fn over_tls_cookies_are_of_this_host_alone() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|oidc| oidc.public_url = Some("https://desk.example".to_owned()));
    let answer = service.get("/auth/login");
    let cookie = answer.header("set-cookie").unwrap();
    for part in ["__Host-interdict_sign_in=", "; Secure", "; HttpOnly", "; SameSite=Lax", "; Path=/;"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let to = answer.header("location").unwrap();
    assert!(to.contains("redirect_uri=https%3A%2F%2Fdesk.example%2Fauth%2Fcallback"), "{to}");
}

#[test]
fn programs_use_tokens_of_the_provider() {
    let provider = Provider::start(Pair::rsa());
    let service = provider.service(|_| {});
    let me = |token: &str| service.ask("GET", "/v1/me", &[("Authorization", &format!("Bearer {token}"))], b"");
    let answer = me(&provider.access(|_, _| {}));
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!((answer.json()["way"].as_str(), answer.json()["roles"][0].as_str()), (Some("bearer"), Some("machine")));
    let bearer = format!("Bearer {}", provider.access(|_, claims| claims["aud"] = json!(["x", API])));
    let json = ("Content-Type", "application/json");
    let body = br#"{"party": {"name": "Orsolya Vanderploeg"}}"#;
    let screened = service.ask("POST", "/v1/screen", &[json, ("Authorization", &bearer)], body);
    assert_eq!(screened.json()["outcome"], "hit");
    assert_eq!(me(&provider.access(|_, claims| claims["groups"] = json!([]))).status, 403, "no role");
    // where no audience is configured no token is taken
    let closed = provider.service(|oidc| oidc.audience = None);
    assert_eq!(closed.ask("GET", "/v1/me", &[("Authorization", &bearer)], b"").status, 401);
    // the provider goes away: what is known of it is enough
    provider.change(|inner| inner.is_away = true);
    assert_eq!(me(&provider.access(|_, _| {})).status, 200);
    let unknown = provider.service(|_| {});
    let away = unknown.get("/auth/login");
    assert_eq!((away.status, away.code().as_str()), (503, "unavailable"));
    assert!(away.header("retry-after").is_some() && unknown.get("/readyz").status == 200);
}

#[test]
fn signing_in_and_out_is_on_record_and_names_nobody() {
    let provider = Provider::start(Pair::ed25519());
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    let home = Home::at(folder.path());
    home.ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    let oidc = provider.settings();
    let mut service = Service::over(folder, |settings| settings.oidc = Some(oidc));
    let mut browser = Browser::default();
    browser.sign_in(&service);
    let me = browser.get(&service, "/v1/me").json();
    let (who, csrf) = (me["id"].as_str().unwrap().to_owned(), me["csrf"].as_str().unwrap().to_owned());
    let origin = format!("http://{}", service.address);
    browser.ask(&service, "POST", "/auth/logout", &[("X-CSRF-Token", &csrf), ("Origin", &origin)], b"");
    provider.change(|inner| inner.person["groups"] = json!([]));
    assert_eq!(browser.sign_in(&service).status, 403);
    provider.twist(|_, claims| claims["aud"] = json!("another"));
    assert_eq!(browser.sign_in(&service).status, 401);
    service.end();
    let files = LogFiles::at(home.root().join("ledger"));
    let verified = verify(&files, &files.key().unwrap(), &[]).unwrap();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    assert_eq!((verified.kinds["sign_in"], verified.kinds["sign_out"]), (3, 1), "{:?}", verified.kinds);
    let log = home.ledger().open().unwrap();
    let mut found = Vec::new();
    for (index, bytes) in log.entries_between(0, log.size()).unwrap() {
        let text = String::from_utf8(bytes.clone()).unwrap();
        for secret in ["u-4711", "Quillfeather", who.as_str(), &provider.issuer] {
            assert!(!text.contains(secret), "{text}");
        }
        if let interdict_ledger::Event::SignIn { accepted, by, .. } = Entry::parse(&bytes).unwrap().event {
            let tie = log.tie_of(index).unwrap().unwrap();
            assert_eq!(tie.salt.subject(), by);
            found.push((accepted, tie.reference));
        }
    }
    assert_eq!(found, [(true, who.clone()), (false, who), (false, String::new())]);
}
