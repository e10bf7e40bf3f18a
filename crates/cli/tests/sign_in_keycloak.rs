//! Signing in with Keycloak: its own pages, its own tokens, its administrators' sign-outs and new keys, against the binary. Wants an unpacked
//! Keycloak in `INTERDICT_KEYCLOAK`, Java and node; `docs/benchmarks/keycloak.sh` gets it. Skips, loudly, without them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod outside;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::Home;
use outside::{Outside, SECRET, Served, free_port, scratch};
use serde_json::{Value, json};

const API: &str = "https://api.screening.example";

/// A realm with two clients, three people and a group, as an administrator would set it up.
fn realm(service: &str) -> Value {
    let mapper = |name: &str, kind: &str, config: &Value| json!({"name": name, "protocol": "openid-connect", "protocolMapper": kind, "config": config});
    let person = |name: &str, groups: Value| {
        json!({"username": name, "enabled": true, "email": format!("{name}@bank.example"), "emailVerified": true, "firstName": "Dr",
            "lastName": name, "groups": groups, "credentials": [{"type": "password", "value": "any", "temporary": false}]})
    };
    let groups =
        json!({"claim.name": "groups", "full.path": "false", "id.token.claim": "true", "access.token.claim": "true"});
    let hard = json!({"claim.name": "groups", "claim.value": "[\"payments\"]", "jsonType.label": "JSON", "access.token.claim": "true"});
    json!({
        "realm": "bank", "enabled": true, "sslRequired": "none",
        "groups": [{"name": "sanctions"}, {"name": "admins"}],
        "users": [person("dana", json!(["/sanctions"])), person("sam", json!([])), person("boss", json!(["/admins"]))],
        "clients": [
            {"clientId": "interdict", "secret": SECRET, "protocol": "openid-connect", "publicClient": false, "standardFlowEnabled": true,
             "redirectUris": [format!("{service}/auth/callback")],
             "attributes": {"backchannel.logout.url": format!("{service}/auth/backchannel-logout"),
                "backchannel.logout.session.required": "true", "post.logout.redirect.uris": format!("{service}/healthz"),
                "pkce.code.challenge.method": "S256"},
             "frontchannelLogout": false,
             "protocolMappers": [mapper("groups", "oidc-group-membership-mapper", &groups)]},
            {"clientId": "payments", "secret": SECRET, "protocol": "openid-connect", "publicClient": false, "standardFlowEnabled": false,
             "serviceAccountsEnabled": true,
             "protocolMappers": [
                mapper("audience", "oidc-audience-mapper", &json!({"included.custom.audience": API, "access.token.claim": "true"})),
                mapper("groups", "oidc-hardcoded-claim-mapper", &hard)]},
        ],
    })
}

struct Keycloak(Child);

impl Drop for Keycloak {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let encoded = |text: &str| -> String {
        let plain = |b: u8| b.is_ascii_alphanumeric();
        text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
    };
    fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

#[test]
fn people_and_programs_of_keycloak() {
    let Some(folder) = std::env::var_os("INTERDICT_KEYCLOAK") else {
        eprintln!("skipped: INTERDICT_KEYCLOAK is not set; docs/benchmarks/keycloak.sh gets Keycloak and sets it");
        return;
    };
    let folder = Path::new(&folder);
    let port = free_port();
    let root = format!("http://127.0.0.1:{port}");
    let issuer = format!("{root}/realms/bank");
    let mut outside = Outside::start(&scratch("keycloak").unwrap(), None, Some(issuer.clone()), &json!({}));
    std::fs::create_dir_all(folder.join("data/import")).unwrap();
    let _ = std::fs::remove_dir_all(folder.join("data/h2"));
    std::fs::write(folder.join("data/import/bank-realm.json"), realm(&outside.service).to_string()).unwrap();
    let log = std::fs::File::create(folder.join("test.log")).unwrap();
    let mut command = Command::new("bash");
    command.arg(folder.join("bin/kc.sh")).args(["start-dev", "--import-realm", "--http-host=127.0.0.1"]);
    command
        .arg(format!("--http-port={port}"))
        .env("KC_BOOTSTRAP_ADMIN_USERNAME", "root")
        .env("KC_BOOTSTRAP_ADMIN_PASSWORD", "root");
    // The script becomes the program, so that ending it ends that.
    let child = command.env("JAVA_OPTS_APPEND", "-Xmx600m").stdout(log).stderr(Stdio::null()).spawn().unwrap();
    let _keycloak = Keycloak(child);

    let home = Home::with_un();
    assert_eq!(home.run(&["ledger", "init", "--origin", "test.example/log"]).code, Some(0));
    let listen = outside.service.split_once("://").unwrap().1.to_owned();
    let after = format!("{}/healthz", outside.service);
    let args: Vec<String> = [
        "--listen",
        &listen,
        "--oidc-issuer",
        &issuer,
        "--oidc-client-id",
        "interdict",
        "--oidc-roles-claim",
        "groups",
        "--oidc-role",
        "sanctions=analyst;admins=policy_admin,viewer;payments=machine",
        "--oidc-audience",
        API,
        "--oidc-after-logout-url",
        &after,
    ]
    .map(str::to_owned)
    .to_vec();
    let check = |secret: &str| {
        let mut command = home.command(&["serve", "--check=json"]);
        let output = command.args(&args).env("INTERDICT_OIDC_CLIENT_SECRET", secret).output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), serde_json::from_slice::<Value>(&output.stdout).unwrap_or_default(), err)
    };
    let begun = Instant::now();
    loop {
        let (code, found, err) = check(SECRET);
        if code == Some(0) {
            assert!(
                found["sign_in"]["warnings"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .all(|text| !text.to_string().contains("sign-outs")),
                "{found}"
            );
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(240), "Keycloak does not start: {err}");
        std::thread::sleep(Duration::from_secs(1));
    }
    let (code, _, err) = check("wrong");
    assert!(code == Some(2) && err.contains("client_secret"), "{err}");

    let served = Served::start(&home, &outside, &args);
    let page = outside.sign_in("one", "dana");
    assert!(
        page.status() == 200 && page.0["seen"].to_string().contains("login-actions"),
        "{} {}",
        page.0["seen"],
        page.0["body"]
    );
    let me = page.json();
    assert_eq!((me["name"].as_str(), &me["roles"]), (Some("Dr dana"), &json!(["analyst"])), "{me}");
    assert_eq!(outside.sign_in("two", "sam").status(), 403);
    // out here and on to Keycloak, which asks, ends its own and sends the browser back
    let csrf = outside.me("one").json()["csrf"].as_str().unwrap().to_owned();
    let headers = json!({"x-csrf-token": csrf, "origin": outside.service});
    let ended = outside.ask("one", "POST", "/auth/logout", &headers, "").json();
    let page = outside.walk("one", ended["provider"].as_str().unwrap(), "");
    assert!(page.0["url"].as_str().unwrap().starts_with(&after), "{}", page.0);
    assert_eq!(outside.me("one").status(), 401);

    // an administrator of Keycloak signs somebody out
    outside.sign_in("three", "dana");
    assert_eq!(outside.me("three").status(), 200);
    let kind = "application/x-www-form-urlencoded";
    let mut token = |realm: &str, fields: &[(&str, &str)]| {
        let url = format!("{root}/realms/{realm}/protocol/openid-connect/token");
        let page = outside.tell(&json!({"do": "ask", "browser": "program", "method": "POST", "url": url,
            "headers": {"content-type": kind}, "body": form(fields)}));
        let said: Value = serde_json::from_str(page["body"].as_str().unwrap()).unwrap();
        format!("Bearer {}", said["access_token"].as_str().unwrap_or_else(|| panic!("{said}")))
    };
    let admin = token(
        "master",
        &[("grant_type", "password"), ("client_id", "admin-cli"), ("username", "root"), ("password", "root")],
    );
    let program =
        token("bank", &[("grant_type", "client_credentials"), ("client_id", "payments"), ("client_secret", SECRET)]);
    let mut administer = |method: &str, path: &str, body: &Value| {
        let url = format!("{root}/admin/realms/{path}");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let page = outside.tell(&json!({"do": "ask", "browser": "admin", "method": method, "url": url,
            "headers": {"authorization": admin, "content-type": "application/json"}, "body": body}));
        assert!(page["status"].as_u64() < Some(300), "{page}");
        serde_json::from_str::<Value>(page["body"].as_str().unwrap()).unwrap_or_default()
    };
    let dana = administer("GET", "bank/users?username=dana", &Value::Null)[0]["id"].as_str().unwrap().to_owned();
    administer("POST", &format!("bank/users/{dana}/logout"), &Value::Null);
    let realm = administer("GET", "bank", &Value::Null)["id"].as_str().unwrap().to_owned();
    let rsa = json!({"name": "newer", "providerId": "rsa-generated", "providerType": "org.keycloak.keys.KeyProvider", "parentId": realm,
        "config": {"priority": ["200"], "enabled": ["true"], "active": ["true"]}});
    administer("POST", "bank/components", &rsa);
    let begun = Instant::now();
    while outside.me("three").status() == 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "Keycloak says that somebody was signed out");
        std::thread::sleep(Duration::from_millis(50));
    }
    // new keys, as above: known after ten seconds at the latest
    let begun = Instant::now();
    while outside.sign_in("four", "boss").status() != 200 {
        assert!(begun.elapsed() < Duration::from_secs(25), "the new key is not known");
        std::thread::sleep(Duration::from_millis(500));
    }
    assert_eq!(outside.me("four").json()["roles"], json!(["viewer", "policy_admin"]));

    // a program with a token of its own; one of a person's sign-in is for nobody here
    let me = outside.ask("program", "GET", "/v1/me", &json!({"authorization": program}), "").json();
    assert_eq!((me["way"].as_str(), &me["roles"]), (Some("bearer"), &json!(["machine"])), "{me}");
    assert_eq!(outside.ask("program", "GET", "/v1/me", &json!({"authorization": admin}), "").status(), 401);
    drop(served);
    let run = home.run(&["ledger", "show", "--from", "0", "--format", "jsonl"]);
    assert!(
        run.out.contains("session_ended") && run.out.contains("identity provider") && !run.out.contains("dana"),
        "{}",
        run.out
    );
    assert_eq!(home.run(&["ledger", "verify"]).code, Some(0));
}
