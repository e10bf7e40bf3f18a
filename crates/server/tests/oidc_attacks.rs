//! Attacks on signing in: forged and borrowed tokens, codes and answers, and what the provider says of itself.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod provider;
mod service;

use provider::{Browser, CLIENT, Pair, Provider, now};
use serde_json::{Value, json};
use service::Service;

/// What is changed of a token, and the words of the refusal.
type Forged = (&'static str, fn(&mut Value, &mut Value), &'static str);

const ALGORITHM: &str = "not signed with RS256";

/// What no token may be, whatever it is for.
const FORGED: [Forged; 15] = [
    ("not signed", |head, _| head["alg"] = json!("none"), ALGORITHM),
    ("signed with the public key", |head, _| head["alg"] = json!("HS256"), ALGORITHM),
    ("another algorithm", |head, _| head["alg"] = json!("RS512"), ALGORITHM),
    ("an algorithm of another key", |head, _| head["alg"] = json!("EdDSA"), "the provider does not have"),
    ("an unknown key", |head, _| head["kid"] = json!("k9"), "the provider does not have"),
    ("an extension", |head, _| head["crit"] = json!(["exp"]), "extension"),
    ("another issuer", |_, claims| claims["iss"] = json!("https://evil.example"), "another issuer"),
    ("no issuer", |_, claims| drop(claims.as_object_mut().unwrap().remove("iss")), "another issuer"),
    ("another audience", |_, claims| claims["aud"] = json!("another"), "another audience"),
    ("no audience", |_, claims| drop(claims.as_object_mut().unwrap().remove("aud")), "another audience"),
    ("expired", |_, claims| claims["exp"] = json!(now() - 61), "expired"),
    ("without an end", |_, claims| drop(claims.as_object_mut().unwrap().remove("exp")), "when it ends"),
    ("not yet", |_, claims| claims["nbf"] = json!(now() + 120), "of the future"),
    ("a time that is none", |_, claims| claims["exp"] = json!("later"), "no number"),
    ("of nobody", |_, claims| claims["sub"] = json!(""), "for whom it is"),
];

/// What the token of a sign-in may not be.
const OF_SIGN_IN: [Forged; 8] = [
    ("another nonce", |_, claims| claims["nonce"] = json!("n"), "nonce"),
    ("no nonce", |_, claims| drop(claims.as_object_mut().unwrap().remove("nonce")), "nonce"),
    ("several audiences, no party", |_, claims| claims["aud"] = json!([CLIENT, "other"]), "another party"),
    ("another party", |_, claims| claims["azp"] = json!("other"), "another party"),
    ("a party that is none", |_, claims| claims["azp"] = json!(7), "another party"),
    ("made before the sign-in", |_, claims| claims["iat"] = json!(now() - 120), "older than the sign-in"),
    ("made in the future", |_, claims| claims["iat"] = json!(now() + 120), "of the future"),
    ("made at no time", |_, claims| drop(claims.as_object_mut().unwrap().remove("iat")), "when it was made"),
];

/// What an access token may not be.
const OF_BEARER: [Forged; 5] = [
    ("the token of a sign-in", |_, claims| claims["aud"] = json!(CLIENT), "another audience"),
    ("with a nonce", |_, claims| claims["nonce"] = json!("n"), "that of a sign-in"),
    ("bound to a key", |_, claims| claims["cnf"] = json!({"jkt": "x"}), "bound to a key"),
    ("a token of signing out", |head, _| head["typ"] = json!("logout+jwt"), "opens nothing"),
    ("of the future", |_, claims| claims["iat"] = json!(now() + 120), "of the future"),
];

fn me(service: &Service, token: &str) -> service::Answer {
    service.ask("GET", "/v1/me", &[("Authorization", &format!("Bearer {token}"))], b"")
}

#[test]
fn a_forged_token_signs_nobody_in() {
    let provider = Provider::start(Pair::rsa());
    let service = provider.service(|_| {});
    for (what, twist, says) in FORGED.iter().chain(&OF_SIGN_IN) {
        provider.twist(*twist);
        let mut browser = Browser::default();
        let answer = browser.sign_in(&service);
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains(says), "{what}: {}", answer.text());
        assert!(browser.cookies.is_empty(), "{what}");
        std::thread::sleep(std::time::Duration::from_millis(60));
    }
    assert!(service.app.state().sessions().unwrap().is_empty());
    // at the edges it counts
    provider.twist(|_, claims| {
        claims["aud"] = json!([CLIENT, "other"]);
        claims["azp"] = json!(CLIENT);
        claims["exp"] = json!(now() as f64 + 0.5);
        claims["nbf"] = json!(now() + 30);
    });
    assert_eq!(Browser::default().sign_in(&service).status, 303);
}

#[test]
fn a_forged_token_opens_nothing() {
    let provider = Provider::start(Pair::rsa());
    let service = provider.service(|_| {});
    for (what, twist, says) in FORGED.iter().chain(&OF_BEARER) {
        let answer = me(&service, &provider.access(twist));
        assert_eq!(answer.status, 401, "{what}: {}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains(says), "{what}: {}", answer.text());
    }
    let good = provider.access(|_, _| {});
    assert_eq!(me(&service, &good).status, 200);
    let parts: Vec<&str> = good.split('.').collect();
    let other = provider.access(|_, claims| claims["groups"] = json!(["admins"]));
    let stranger = Pair::p256().token(&json!({"alg": "ES256", "kid": "k1"}), "{}");
    let payload = other.split('.').nth(1).unwrap();
    let claims = format!(
        r#"{{"iss": "{}", "aud": "{}", "sub": "a", "exp": {}, "groups": ["payments"], "groups": ["admins"]}}"#,
        provider.issuer,
        provider::API,
        now() + 60
    );
    let twice = provider.inner.lock().unwrap().pair.token(&json!({"alg": "RS256", "kid": "k1"}), &claims);
    let flipped = if parts[2].starts_with('A') { 'B' } else { 'A' };
    for bad in [
        format!("{}.{payload}.{}", parts[0], parts[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}.{flipped}{}", parts[0], parts[1], &parts[2][1..]),
        format!("{}.{}.{}", parts[1], parts[0], parts[2]),
        format!("{good}="),
        "..".to_owned(),
        "a.b.c".to_owned(),
        format!("{good}.{good}"),
        good.repeat(40),
        stranger,
        twice,
    ] {
        assert_eq!(me(&service, &bad).status, 401, "{}", bad.chars().take(200).collect::<String>());
    }
}

#[test]
fn an_answer_counts_in_its_browser_once() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|_| {});
    let refused = |browser: &mut Browser, path: &str, says: &str| {
        let answer = browser.get(&service, path);
        assert_eq!(answer.status, 401, "{path}: {}", answer.text());
        assert!(answer.json()["detail"].as_str().unwrap().contains(says), "{path}: {}", answer.text());
    };
    let state = |back: &str| back.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    // the state of another sign-in, none, or in another browser: the answer of an attacker is not taken for one's own
    let (mut mine, mut theirs) = (Browser::default(), Browser::default());
    let (back, other) = (mine.away(&service, ""), theirs.away(&service, ""));
    let begun = "not begun in this browser";
    refused(&mut mine, &other, begun);
    refused(&mut mine, &back.replace(&state(&back), "x"), begun);
    refused(&mut mine, "/auth/callback?code=code-1", begun);
    refused(&mut Browser::default(), &back, begun);
    // a cookie that was made up or changed
    let sealed = mine.cookies["interdict_sign_in"].clone();
    for forged in
        ["x".to_owned(), "a.1.b.c".to_owned(), sealed.replacen('.', ".1", 1), sealed[..sealed.len() - 1].to_owned()]
    {
        let mut forger = Browser::default();
        forger.cookies.insert("interdict_sign_in".to_owned(), forged);
        refused(&mut forger, &back, begun);
    }
    let asked = provider.asked("/token");
    assert_eq!(asked, 0, "no code was given to the provider so far");
    // the code of another sign-in: the verifier does not fit
    let code = |back: &str| back.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    refused(&mut mine, &back.replace(&code(&back), &code(&other)), "does not accept the code");
    refused(&mut theirs, &other, "does not accept the code");
    // a callback that is sent again: with the cookie of before it was taken
    let mut browser = Browser::default();
    let back = browser.away(&service, "");
    let mut copy = browser.clone();
    assert_eq!(browser.get(&service, &back).status, 303);
    refused(&mut copy, &back, "taken already");
    refused(&mut browser, &back, begun);
    // a code that was used: another sign-in of the same browser cannot use it again
    let again = browser.away(&service, "");
    refused(&mut browser, &again.replace(&code(&again), &code(&back)), "does not accept the code");
    // the provider says no, and what it says goes no further
    let back = browser.away(&service, "");
    let denied = format!("/auth/callback?error=access_denied&error_description=%3Cscript%3E&state={}", state(&back));
    let answer = browser.get(&service, &denied);
    assert_eq!(answer.status, 401);
    assert!(!answer.text().contains("script"), "{}", answer.text());
    // a field twice; no code
    let back = browser.away(&service, "");
    assert_eq!(browser.get(&service, &format!("{back}&state=x")).status, 400);
    refused(&mut browser, &format!("/auth/callback?state={}", state(&back)), "no code");
}

#[test]
fn a_planted_session_is_not_the_one_that_is_signed_in() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|_| {});
    let mut attacker = Browser::default();
    attacker.sign_in(&service);
    // the victim's browser has the attacker's cookie when it signs in
    let mut victim = attacker.clone();
    provider.change(|inner| inner.person["sub"] = json!("victim"));
    assert_eq!(victim.sign_in(&service).status, 303);
    assert_ne!(victim.cookie(), attacker.cookie());
    assert_eq!(victim.get(&service, "/v1/me").status, 200);
    assert_eq!(attacker.get(&service, "/v1/me").status, 401, "the planted session ended");
    let mut made_up = Browser::default();
    made_up.cookies.insert("interdict_session".to_owned(), format!("itd_{}", "A".repeat(43)));
    assert_eq!(made_up.sign_in(&service).status, 303);
    assert!(!made_up.cookie().contains("AAAA"));
}

#[test]
fn nobody_is_led_elsewhere() {
    let provider = Provider::start(Pair::ed25519());
    let service = provider.service(|_| {});
    for to in [
        "https://evil.example",
        "//evil.example",
        "/%5Cevil.example",
        "%2F%2Fevil.example",
        "javascript:x",
        "/auth/login",
    ] {
        let answer = service.get(&format!("/auth/login?return_to={to}"));
        assert_eq!((answer.status, answer.header("location")), (400, None), "{to}");
    }
    let mut browser = Browser::default();
    let back = browser.away(&service, "?return_to=/.//evil.example");
    let home = browser.get(&service, &back);
    assert_eq!(home.header("location").unwrap(), format!("http://{}//evil.example", service.address));
    // the secret is in no address
    let asked = provider.server.asked();
    assert!(asked.iter().all(|asked| !asked.path.contains("s3cret") && !asked.path.contains("verifier")));
}

#[test]
fn another_provider_is_not_taken_for_ours() {
    let provider = Provider::start(Pair::ed25519());
    let evil = Provider::start(Pair::ed25519());
    let service = provider.service(|_| {});
    // an answer that names another issuer, before its code is given away
    let mut browser = Browser::default();
    let back = browser.away(&service, "");
    let mine: String = url::form_urlencoded::byte_serialize(provider.issuer.as_bytes()).collect();
    let theirs: String = url::form_urlencoded::byte_serialize(evil.issuer.as_bytes()).collect();
    let answer = browser.get(&service, &back.replace(&mine, &theirs));
    assert!(answer.status == 401 && answer.text().contains("another issuer"), "{}", answer.text());
    assert_eq!(provider.asked("/token"), 0, "the code went nowhere");
    // one that must name itself and does not
    provider.change(|inner| inner.about = json!({"authorization_response_iss_parameter_supported": true}));
    let strict = provider.service(|_| {});
    let back = browser.away(&strict, "");
    let answer = browser.get(&strict, back.split("&iss=").next().unwrap());
    assert!(answer.status == 401 && answer.text().contains("does not name its issuer"), "{}", answer.text());
    // a token signed by another, or a description that is wrong: nothing is begun
    assert_eq!(me(&service, &evil.access(|_, _| {})).status, 401);
    for about in [
        json!({"issuer": evil.issuer}),
        json!({"issuer": format!("{}/", provider.issuer)}),
        json!({"token_endpoint": "http://evil.example/token"}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"jwks_uri": null}),
        json!({"code_challenge_methods_supported": ["plain"]}),
    ] {
        provider.change(|inner| inner.about = about.clone());
        let answer = provider.service(|_| {}).get("/auth/login");
        assert_eq!((answer.status, answer.header("location")), (503, None), "{about}: {}", answer.text());
    }
    // a secret that is wrong, and one that goes into the form where the provider wants that
    provider.change(|inner| inner.about = json!({"token_endpoint_auth_methods_supported": ["client_secret_post"]}));
    assert_eq!(Browser::default().sign_in(&provider.service(|_| {})).status, 303);
    let wrong = provider.service(|oidc| oidc.client_secret = None);
    assert_eq!(Browser::default().sign_in(&wrong).status, 401);
}

#[test]
fn keys_are_renewed_and_forged_tokens_do_not_make_us_ask() {
    let provider = Provider::start(Pair::p256());
    let service = provider.service(|_| {});
    let old = provider.access(|_, _| {});
    assert_eq!(me(&service, &old).status, 200);
    provider.change(|inner| (inner.pair, inner.id) = (Pair::ed25519(), "k2".to_owned()));
    assert_eq!(me(&service, &provider.access(|_, _| {})).status, 200, "a new key is looked for");
    assert_eq!(me(&service, &old).status, 401, "the old one is gone");
    // in a service that asks again after an hour, tokens with made-up keys ask once
    let patient = provider.service(|oidc| oidc.keys_again = std::time::Duration::from_secs(3600));
    let before = provider.asked("/keys");
    for i in 0..20 {
        assert_eq!(me(&patient, &provider.access(|head, _| head["kid"] = json!(format!("x{i}")))).status, 401);
    }
    assert_eq!(provider.asked("/keys") - before, 1);
    // keys that are old are read again, so that one that was taken out ends
    let brief = provider.service(|oidc| oidc.keys_fresh = std::time::Duration::from_millis(50));
    let old = provider.access(|_, _| {});
    assert_eq!(me(&brief, &old).status, 200);
    provider.change(|inner| (inner.pair, inner.id) = (Pair::ed25519(), "k3".to_owned()));
    std::thread::sleep(std::time::Duration::from_millis(60));
    assert_eq!(me(&brief, &old).status, 401);
}
