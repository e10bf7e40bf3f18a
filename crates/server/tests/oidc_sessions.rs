//! Ending sessions: told by the provider (Back-Channel Logout 1.0), by those who look after them, by the person itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod provider;
mod service;

use interdict_server::OidcSettings;
use interdict_state::Role;
use interdict_store::Home;
use interdict_store::ledger::{LogFiles, verify};
use jiff::Timestamp;
use provider::{Browser, CLIENT, Pair, Provider, now};
use serde_json::{Value, json};
use service::{Answer, LIST, Service, import};

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// Tells the service that somebody signed out.
fn tell(service: &Service, token: &str) -> Answer {
    let body = format!("logout_token={token}");
    service.ask("POST", "/auth/backchannel-logout", &[FORM], body.as_bytes())
}

/// Another instance over the same state.
fn beside(service: &Service, oidc: OidcSettings) -> Service {
    Service::over(tempfile::tempdir().unwrap(), |settings| {
        settings.home = Home::at(service.folder.path());
        settings.database.clone_from(&service.database);
        settings.oidc = Some(oidc);
    })
}

/// A browser in which a person is signed in, with a session of the provider.
fn signed_in(provider: &Provider, service: &Service, subject: &str, sid: Option<&str>) -> Browser {
    provider.change(|inner| {
        inner.person = json!({"sub": subject, "name": "Dana Quillfeather", "groups": ["sanctions"]});
        if let Some(sid) = sid {
            inner.person["sid"] = json!(sid);
        }
    });
    let mut browser = Browser::default();
    assert_eq!(browser.sign_in(service).status, 303);
    assert_eq!(browser.get(service, "/v1/me").status, 200);
    browser
}

#[test]
fn the_provider_ends_sessions_on_every_instance_at_once() {
    for pair in [Pair::rsa(), Pair::p256(), Pair::ed25519()] {
        let provider = Provider::start(pair);
        let service = provider.service(|_| {});
        let second = beside(&service, provider.settings());
        let is_in = |browser: &Browser, of: &Service| browser.clone().get(of, "/v1/me").status == 200;
        let (one, two) = (
            signed_in(&provider, &service, "u-4711", Some("s1")),
            signed_in(&provider, &service, "u-4711", Some("s2")),
        );
        let other = signed_in(&provider, &service, "u-4712", Some("s3"));
        let unmarked = signed_in(&provider, &service, "u-4713", None);
        for browser in [&one, &two, &other, &unmarked] {
            assert!(is_in(browser, &service) && is_in(browser, &second));
        }
        // of one session of the provider: that one, told to either instance
        let answer = tell(&second, &provider.logout(|_, claims| claims["sid"] = json!("s1")));
        assert_eq!((answer.status, answer.text().as_str()), (200, ""), "{}", answer.text());
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert!(!is_in(&one, &service) && !is_in(&one, &second), "at once, on both");
        assert!(is_in(&two, &service) && is_in(&other, &service));
        // of a session alone, without its person; of nobody who is here: that is no error
        let only = |sid: &'static str| {
            move |_: &mut Value, claims: &mut Value| {
                claims["sid"] = json!(sid);
                claims.as_object_mut().unwrap().remove("sub");
            }
        };
        assert_eq!(tell(&service, &provider.logout(only("s9"))).status, 200);
        assert!(is_in(&two, &service) && is_in(&unmarked, &service));
        assert_eq!(tell(&service, &provider.logout(only("s2"))).status, 200);
        assert!(!is_in(&two, &second) && is_in(&other, &second));
        // of a person: all; one whose provider named no session of its own is ended by that of the person
        assert_eq!(tell(&service, &provider.logout(|_, claims| claims["sub"] = json!("u-4712"))).status, 200);
        let of_session =
            |_: &mut Value, claims: &mut Value| (claims["sub"], claims["sid"]) = (json!("u-4713"), json!("s4"));
        assert_eq!(tell(&service, &provider.logout(of_session)).status, 200);
        assert!(!is_in(&other, &service) && !is_in(&unmarked, &service));
        assert!(service.app.state().sessions().unwrap().is_empty());
        // and in again
        signed_in(&provider, &service, "u-4711", Some("s5"));
    }
}

#[test]
fn a_sign_in_under_way_does_not_outlive_the_end_of_its_session() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|_| {});
    provider.change(|inner| inner.person["sid"] = json!("s1"));
    let mut browser = Browser::default();
    let back = browser.away(&service, "");
    assert_eq!(tell(&service, &provider.logout(|_, claims| claims["sid"] = json!("s1"))).status, 200);
    let answer = browser.get(&service, &back);
    assert!(answer.status == 401 && answer.text().contains("ended meanwhile"), "{}", answer.text());
    assert!(service.app.state().sessions().unwrap().is_empty() && browser.cookies.is_empty());
}

/// What is changed of a token of signing out, and the words of the refusal.
type Forged = (&'static str, fn(&mut Value, &mut Value), &'static str);

fn without(claims: &mut Value, name: &str) {
    claims.as_object_mut().unwrap().remove(name);
}

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

const FORGED: [Forged; 29] = [
    ("not signed", |head, _| head["alg"] = json!("none"), "not signed with"),
    ("signed with the public key", |head, _| head["alg"] = json!("HS256"), "not signed with"),
    ("another algorithm", |head, _| head["alg"] = json!("EdDSA"), "does not have"),
    ("an unknown key", |head, _| head["kid"] = json!("k9"), "does not have"),
    ("an extension", |head, _| head["crit"] = json!(["exp"]), "extension"),
    ("an access token", |head, _| head["typ"] = json!("at+jwt"), "another kind"),
    ("a kind of its own", |head, _| head["typ"] = json!("secevent+jwt"), "another kind"),
    ("another issuer", |_, claims| claims["iss"] = json!("https://evil.example"), "another issuer"),
    ("no issuer", |_, claims| without(claims, "iss"), "another issuer"),
    ("another client", |_, claims| claims["aud"] = json!("another"), "another audience"),
    ("no client", |_, claims| without(claims, "aud"), "another audience"),
    ("expired", |_, claims| claims["exp"] = json!(now() - 61), "expired"),
    ("without an end", |_, claims| without(claims, "exp"), "when it ends"),
    ("made in the future", |_, claims| claims["iat"] = json!(now() + 120), "of the future"),
    ("made at no time", |_, claims| without(claims, "iat"), "when it was made"),
    (
        "old, and made to last",
        |_, claims| (claims["iat"], claims["exp"]) = (json!(now() - 1801), json!(now() + 9_999)),
        "too old",
    ),
    ("the token of a sign-in", |_, claims| claims["nonce"] = json!("n"), "that of a sign-in"),
    ("a nonce that is none", |_, claims| claims["nonce"] = json!(null), "that of a sign-in"),
    ("no event", |_, claims| without(claims, "events"), "that somebody signed out"),
    ("another event", |_, claims| claims["events"] = json!({"urn:other": {}}), "that somebody signed out"),
    ("an event that is none", |_, claims| claims["events"] = json!({EVENT: true}), "that somebody signed out"),
    ("events as a list", |_, claims| claims["events"] = json!([EVENT]), "that somebody signed out"),
    ("without a name", |_, claims| without(claims, "jti"), "no name of its own"),
    ("an empty name", |_, claims| claims["jti"] = json!(""), "name is none"),
    ("a name that is a number", |_, claims| claims["jti"] = json!(7), "name is none"),
    ("of nobody", |_, claims| without(claims, "sub"), "neither who"),
    ("of somebody without a name", |_, claims| claims["sub"] = json!(""), "a person that is none"),
    ("of a session that is none", |_, claims| claims["sid"] = json!(["s1"]), "a session that is none"),
    ("of a session of great length", |_, claims| claims["sid"] = json!("s".repeat(256)), "a session that is none"),
];

#[test]
fn a_forged_token_signs_nobody_out() {
    let provider = Provider::start(Pair::rsa());
    let evil = Provider::start(Pair::rsa());
    let service = provider.service(|_| {});
    let mut browser = signed_in(&provider, &service, "u-4711", Some("s1"));
    let refused = |what: &str, answer: Answer, says: &str| {
        assert_eq!((answer.status, answer.code().as_str()), (400, "bad_request"), "{what}: {}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains(says), "{what}: {}", answer.text());
    };
    for (what, twist, says) in FORGED {
        refused(what, tell(&service, &provider.logout(twist)), says);
    }
    let good = provider.logout(|_, _| {});
    let parts: Vec<&str> = good.split('.').collect();
    let other = provider.logout(|_, claims| claims["sub"] = json!("u-4712"));
    refused(
        "claims of another",
        tell(&service, &format!("{}.{}.{}", parts[0], other.split('.').nth(1).unwrap(), parts[2])),
        "signature",
    );
    refused("of another provider", tell(&service, &evil.logout(|_, _| {})), "");
    refused(
        "its own access token",
        tell(&service, &provider.access(|_, claims| claims["aud"] = json!(CLIENT))),
        "another kind",
    );
    for body in ["", "logout_token=", "token=x", "logout_token=a.b.c&logout_token=a.b.c"] {
        let answer = service.ask("POST", "/auth/backchannel-logout", &[FORM], body.as_bytes());
        assert_eq!(answer.status, 400, "{body}: {}", answer.text());
    }
    let json = [("Content-Type", "application/json")];
    let body = json!({"logout_token": good}).to_string();
    assert_eq!(service.ask("POST", "/auth/backchannel-logout", &json, body.as_bytes()).status, 415);
    assert_eq!(
        service.get(&format!("/auth/backchannel-logout?logout_token={good}")).status,
        405,
        "never in an address"
    );
    // a token of signing out opens nothing, whatever audience it has
    let api = provider.logout(|head, claims| (head["typ"], claims["aud"]) = (json!("JWT"), json!(provider::API)));
    let bearer = format!("Bearer {api}");
    assert_eq!(service.ask("GET", "/v1/me", &[("Authorization", &bearer)], b"").status, 401);
    assert_eq!(browser.get(&service, "/v1/me").status, 200, "nothing of it has ended the session");
    // at the edges it counts: another kind that is none, several clients, something inside the event
    let edge = provider.logout(|head, claims| {
        head.as_object_mut().unwrap().remove("typ");
        claims["aud"] = json!(["other", CLIENT]);
        claims["exp"] = json!(now() - 30);
        claims["iat"] = json!(now() - 1700);
        claims["events"] = json!({EVENT: {"x": 1}, "urn:other": {}});
    });
    assert_eq!(tell(&service, &edge).status, 200);
    assert_eq!(browser.get(&service, "/v1/me").status, 401);
    // a token that was taken ends no later session, on no instance
    let second = beside(&service, provider.settings());
    assert_eq!(tell(&service, &good).status, 200);
    let mut browser = signed_in(&provider, &service, "u-4711", Some("s2"));
    for instance in [&service, &second] {
        refused("taken", tell(instance, &good), "taken already");
    }
    assert_eq!(browser.get(&service, "/v1/me").status, 200);
    // where no provider is configured there is nobody to tell it
    assert_eq!(tell(&Service::with(|_| {}), &good).status, 404);
}

fn ids_of(answer: &Answer) -> Vec<String> {
    let sessions = answer.json();
    sessions.as_array().unwrap().iter().map(|session| session["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_looks_after_sessions_sees_and_ends_them() {
    let provider = Provider::start(Pair::ed25519());
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    let home = Home::at(folder.path());
    home.ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    let oidc = provider.settings();
    let mut service = Service::over(folder, |settings| settings.oidc = Some(oidc));
    let (mut one, mut two) = (signed_in(&provider, &service, "u-1", None), signed_in(&provider, &service, "u-1", None));
    let (mut three, mut four) =
        (signed_in(&provider, &service, "u-2", Some("s")), signed_in(&provider, &service, "u-3", None));
    let token = |role| format!("Bearer {}", service.token(&[role]).reveal());
    let (admin, auditor) = (token(Role::PolicyAdmin), token(Role::Auditor));
    let ask = |method: &str, path: &str, by: &str| service.ask(method, path, &[("Authorization", by)], b"");
    let all = ask("GET", "/v1/sessions", &auditor);
    let sessions = all.json();
    assert_eq!(sessions.as_array().unwrap().len(), 4, "{}", all.text());
    assert_eq!(
        (sessions[0]["name"].as_str(), sessions[0]["roles"][0].as_str()),
        (Some("Dana Quillfeather"), Some("analyst"))
    );
    let of_one = one.get(&service, "/v1/me").json()["id"].clone();
    let theirs: Vec<&Value> = sessions.as_array().unwrap().iter().filter(|session| session["who"] == of_one).collect();
    assert_eq!(theirs.len(), 2, "the same person, twice");
    assert!(
        sessions[0]["idle_at"].as_i64() < sessions[0]["ends_at"].as_i64() && sessions[0]["current"] == json!(false)
    );
    for secret in ["itd_", "u-1", &one.cookies["interdict_session"]] {
        assert!(!all.text().contains(secret), "{secret}");
    }
    // who may only look ends nothing; what is not said is not taken for all
    let mine = one.get(&service, "/v1/me/sessions").json();
    let here = mine.as_array().unwrap().iter().find(|session| session["current"] == json!(true)).unwrap();
    let id = here["id"].as_str().unwrap().to_owned();
    assert!(ids_of(&all).contains(&id));
    assert_eq!(ask("DELETE", &format!("/v1/sessions/{id}"), &auditor).status, 403);
    for query in ["", "?who=", "?all=false", "?all=true&who=x", "?any=true", "?who=a&who=b"] {
        assert_eq!(ask("DELETE", &format!("/v1/sessions{query}"), &admin).status, 400, "{query}");
    }
    assert_eq!(one.get(&service, "/v1/me").status, 200);
    assert_eq!(ask("DELETE", &format!("/v1/sessions/{id}"), &admin).json()["ended"], json!([id]));
    assert_eq!((one.get(&service, "/v1/me").status, two.get(&service, "/v1/me").status), (401, 200));
    assert_eq!(ask("DELETE", &format!("/v1/sessions/{id}"), &admin).code(), "not_found");
    // the same key gives the first answer again
    let who = of_one.as_str().unwrap();
    let headers = [("Authorization", admin.as_str()), ("Idempotency-Key", "k")];
    let path = format!("/v1/sessions?who={who}");
    let first = service.ask("DELETE", &path, &headers, b"").json();
    assert_eq!((first["ended"].as_array().unwrap().len(), two.get(&service, "/v1/me").status), (1, 401));
    assert_eq!(service.ask("DELETE", &path, &headers, b"").json(), first);
    assert_eq!(tell(&service, &provider.logout(|_, claims| claims["sub"] = json!("u-2"))).status, 200);
    assert_eq!(three.get(&service, "/v1/me").status, 401);
    assert_eq!(ask("DELETE", "/v1/sessions?all=true", &admin).json()["ended"].as_array().unwrap().len(), 1);
    assert_eq!(four.get(&service, "/v1/me").status, 401);
    assert_eq!(ids_of(&ask("GET", "/v1/sessions", &admin)), [""; 0]);
    service.end();
    // on record: who ended which, and each sign-out under a number that names nobody
    let files = LogFiles::at(home.root().join("ledger"));
    let verified = verify(&files, &files.key().unwrap(), &[]).unwrap();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    assert_eq!((verified.kinds["sign_in"], verified.kinds["sign_out"]), (4, 4), "{:?}", verified.kinds);
    let log = home.ledger().open().unwrap();
    let entries: Vec<Value> = log
        .entries_between(0, log.size())
        .unwrap()
        .iter()
        .map(|(_, bytes)| serde_json::from_slice(bytes).unwrap())
        .collect();
    let ended: Vec<(&str, bool)> = entries
        .iter()
        .filter(|entry| entry["act"] == "session_ended")
        .map(|entry| (entry["by"].as_str().unwrap(), entry["on"].as_str().unwrap().starts_with("session-")))
        .collect();
    assert_eq!(ended.len(), 4);
    assert!(ended.iter().all(|(_, of_session)| *of_session));
    assert_eq!(ended.iter().filter(|(by, _)| *by == "identity provider").count(), 1, "{ended:?}");
    assert_eq!(ended.iter().filter(|(by, _)| by.starts_with("key-")).count(), 3, "{ended:?}");
    assert!(!serde_json::to_string(&entries).unwrap().contains("oidc-"), "no number of a person");
}

#[test]
fn a_person_ends_its_own_sessions_and_no_others() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|_| {});
    let (mut here, mut there) =
        (signed_in(&provider, &service, "u-1", None), signed_in(&provider, &service, "u-1", None));
    let mut other = signed_in(&provider, &service, "u-2", None);
    let mine = here.get(&service, "/v1/me/sessions");
    let mut sessions = mine.json().as_array().unwrap().clone();
    sessions.sort_by_key(|session| !session["current"].as_bool().unwrap());
    let ids: Vec<&str> = sessions.iter().map(|session| session["id"].as_str().unwrap()).collect();
    assert_eq!((ids.len(), &sessions[0]["current"], &sessions[1]["current"]), (2, &json!(true), &json!(false)));
    let theirs = ids_of(&other.get(&service, "/v1/me/sessions")).remove(0);
    assert!(!ids.contains(&theirs.as_str()));
    let csrf = here.get(&service, "/v1/me").json()["csrf"].as_str().unwrap().to_owned();
    let origin = format!("http://{}", service.address);
    let ours = [("X-CSRF-Token", csrf.as_str()), ("Origin", origin.as_str())];
    let end = |browser: &mut Browser, id: &str, headers: &[(&str, &str)]| {
        browser.ask(&service, "DELETE", &format!("/v1/me/sessions/{id}"), headers, b"")
    };
    assert_eq!(end(&mut here, ids[1], &[]).status, 403, "from our own pages only");
    assert_eq!(end(&mut here, &theirs, &ours).code(), "not_found");
    assert_eq!(end(&mut here, "session-none", &ours).code(), "not_found");
    assert_eq!((other.get(&service, "/v1/me").status, there.get(&service, "/v1/me").status), (200, 200));
    assert_eq!(end(&mut here, ids[1], &ours).json()["ended"], json!([ids[1]]));
    assert_eq!((there.get(&service, "/v1/me").status, here.get(&service, "/v1/me").status), (401, 200));
    assert_eq!(here.get(&service, "/v1/sessions").status, 403, "an analyst does not see those of others");
    assert_eq!(end(&mut here, ids[0], &ours).status, 200);
    assert_eq!(here.get(&service, "/v1/me").status, 401);
}

#[test]
fn the_provider_sends_the_browser_back_where_that_is_set() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|oidc| oidc.after_logout_url = Some("https://desk.example/bye".to_owned()));
    let mut browser = signed_in(&provider, &service, "u-1", None);
    let csrf = browser.get(&service, "/v1/me").json()["csrf"].as_str().unwrap().to_owned();
    let origin = format!("http://{}", service.address);
    let ours = [("X-CSRF-Token", csrf.as_str()), ("Origin", origin.as_str())];
    let ended = browser.ask(&service, "POST", "/auth/logout", &ours, b"").json();
    let to = "post_logout_redirect_uri=https%3A%2F%2Fdesk.example%2Fbye";
    assert_eq!(ended["provider"], format!("{}/end?client_id={CLIENT}&{to}", provider.issuer));
}
