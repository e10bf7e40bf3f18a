//! Signing in with a provider of identities written by others: npm's `oidc-provider`, certified by the OpenID Foundation, with its
//! own pages, against the binary, over HTTP and HTTPS. Skips, loudly, where there is no node or no way to npm.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod outside;

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use common::Home;
use outside::{Outside, SECRET, Served, certificates, free_port, scratch};
use serde_json::{Value, json};

/// The version that the test was written for; another major one has other settings.
const PACKAGE: &str = "oidc-provider@8";

/// Holds the provider's package for all tests of this binary; none where it cannot be had.
fn package() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = FOLDER.get_or_init(|| {
        let folder = scratch("oidc-provider-8")?;
        if folder.join("node_modules/oidc-provider/package.json").exists() {
            return Some(folder);
        }
        let install = ["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", PACKAGE];
        let done = Command::new("npm").args(install).current_dir(&folder).output();
        done.is_ok_and(|output| output.status.success()).then_some(folder)
    });
    if made.is_none() {
        eprintln!("skipped: {PACKAGE} cannot be installed here (no node, no npm, or no way to its registry)");
    }
    made.as_deref()
}

/// What is said to the service of the provider: as arguments.
fn arguments(outside: &Outside, more: &[&str]) -> Vec<String> {
    let mut args = vec!["--listen".to_owned(), outside.service.split_once("://").unwrap().1.to_owned()];
    for (name, value) in [
        ("--oidc-issuer", outside.issuer.as_str()),
        ("--oidc-client-id", "interdict"),
        ("--oidc-roles-claim", "realm_access,roles"),
        ("--oidc-role", "CN=sanctions,OU=bank=analyst;admins=policy_admin,viewer"),
    ] {
        args.extend([name.to_owned(), value.to_owned()]);
    }
    args.extend(more.iter().map(|&word| word.to_owned()));
    args
}

const GROUPS: &str = r#"{"dana": ["CN=sanctions,OU=bank", "other"], "sam": ["other"], "boss": ["admins"]}"#;

fn groups() -> Value {
    serde_json::from_str(GROUPS).unwrap()
}

/// Signs in, with and without a role; again without a page; out here; out there; after new keys.
fn whole_way(outside: &mut Outside) {
    let page = outside.sign_in("one", "dana");
    let seen = page.0["seen"].to_string();
    assert_eq!(page.status(), 200, "{seen} {}", page.0["body"]);
    assert!(seen.contains("200 /interaction/"), "through the provider's own pages: {seen}");
    let me = page.json();
    assert_eq!((me["name"].as_str(), &me["roles"]), (Some("Dr dana"), &json!(["analyst"])), "{me}");
    let name = if outside.service.starts_with("https") { "__Host-interdict_session" } else { "interdict_session" };
    assert_eq!(page.0["cookies"], json!([name]));
    // who has no role is told so and gets nothing
    let page = outside.sign_in("two", "sam");
    assert_eq!((page.status(), page.json()["code"].as_str()), (403, Some("forbidden")), "{}", page.0["body"]);
    assert_eq!(outside.me("two").status(), 401);
    // whoever is signed in at the provider sees no page of it again
    let page = outside.sign_in("one", "nobody is asked");
    assert!(page.status() == 200 && !page.0["seen"].to_string().contains("interaction"), "{}", page.0["seen"]);
    // out here, and on to the provider, which ends its own and sends the browser back
    let csrf = outside.me("one").json()["csrf"].as_str().unwrap().to_owned();
    let headers = json!({"x-csrf-token": csrf, "origin": outside.service});
    let ended = outside.ask("one", "POST", "/auth/logout", &headers, "").json();
    assert_eq!((ended["ended"].as_u64(), outside.me("one").status()), (Some(1), 401), "{ended}");
    let page = outside.walk("one", ended["provider"].as_str().unwrap(), "");
    assert!(
        page.status() == 200 && page.0["url"].as_str().unwrap().starts_with(&format!("{}/healthz", outside.service)),
        "{}",
        page.0
    );
    let page = outside.sign_in("one", "dana");
    assert!(
        page.status() == 200 && page.0["seen"].to_string().contains("interaction"),
        "asked again: {}",
        page.0["seen"]
    );
    // out there: the provider tells the service, and the session has ended
    outside.sign_in("three", "dana");
    assert_eq!((outside.me("one").status(), outside.me("three").status()), (200, 200));
    let end = format!("{}/session/end?client_id=interdict", outside.issuer);
    assert_eq!(outside.walk("three", &end, "").status(), 200);
    let begun = Instant::now();
    while outside.me("three").status() == 200 {
        assert!(begun.elapsed() < Duration::from_secs(10), "the provider said that somebody signed out");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(outside.me("three").status(), 401);
    // new keys: known after ten seconds at the latest
    outside.tell(&json!({"do": "rotate"}));
    let begun = Instant::now();
    loop {
        let page = outside.sign_in("four", "boss");
        if page.status() == 200 {
            assert_eq!(page.json()["roles"], json!(["viewer", "policy_admin"]));
            break;
        }
        assert!(page.0["body"].to_string().contains("a key that the provider does not have"), "{}", page.0["body"]);
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", page.0["body"]);
        std::thread::sleep(Duration::from_millis(500));
    }
    let sessions = outside.ask("four", "GET", "/v1/sessions", &json!({}), "").json();
    assert!(
        sessions.as_array().unwrap().iter().any(|session| session["current"] == true && session["name"] == "Dr boss")
    );
}

fn check(home: &Home, args: &[String], secret: &str) -> (Option<i32>, Value, String) {
    let mut command = home.command(&["serve", "--check=json"]);
    let output = command.args(args).env("INTERDICT_OIDC_CLIENT_SECRET", secret).output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), serde_json::from_slice(&output.stdout).unwrap_or_default(), err)
}

#[test]
fn over_http_with_arguments_and_groups_that_only_userinfo_has() {
    let Some(package) = package() else { return };
    let home = Home::with_un();
    assert_eq!(home.run(&["ledger", "init", "--origin", "test.example/log"]).code, Some(0));
    let setup = json!({"alg": "RS256", "auth": "client_secret_basic", "session_required": true, "thin": true, "groups": groups()});
    let mut outside = Outside::start(package, None, None, &setup);
    let after = format!("{}/healthz", outside.service);
    let args = arguments(&outside, &["--oidc-after-logout-url", &after]);
    // first it is tried: what would be used, and each thing that is wrong by its name
    let (code, found, err) = check(&home, &args, SECRET);
    let sign_in = &found["sign_in"];
    assert_eq!((code, sign_in["client_auth"].as_str()), (Some(0), Some("basic")), "{found} {err}");
    assert_eq!(sign_in["callback"], format!("{}/auth/callback", outside.service));
    assert!(sign_in["keys"][0].as_str().unwrap().starts_with("RS256 "), "{sign_in}");
    let table =
        home.command(&["serve", "--check"]).args(&args).env("INTERDICT_OIDC_CLIENT_SECRET", SECRET).output().unwrap();
    let text = String::from_utf8_lossy(&table.stdout).into_owned();
    assert!(text.contains("/auth/backchannel-logout") && text.contains("/token") && !text.contains(SECRET), "{text}");
    let changed = |from: &str, to: &str| args.iter().map(|arg| arg.replace(from, to)).collect::<Vec<_>>();
    let closed = format!("http://127.0.0.1:{}", free_port());
    let slash = format!("{}/", outside.issuer);
    for (args, secret, says) in [
        (args.clone(), "wrong", "client_secret: the provider does not take the client"),
        (changed("interdict", "stranger"), SECRET, "client_id"),
        (changed(&outside.issuer, &closed), SECRET, "issuer: "),
        (changed(&outside.issuer, &slash), SECRET, "of another issuer"),
        (changed(&outside.issuer, "http://login.example"), SECRET, "not protected"),
        (changed("=analyst", "=king"), SECRET, "no role `king`"),
    ] {
        let (code, found, err) = check(&home, &args, secret);
        assert!(code == Some(2) && err.contains(says) && err.contains("hint: "), "{says}: {found} {err}");
        assert!(!err.contains(SECRET) && !found.to_string().contains(SECRET));
    }
    assert!(!home.path("home/state.db").exists(), "nothing was written");
    let served = Served::start(&home, &outside, &args);
    whole_way(&mut outside);
    assert!(outside.tell(&json!({"do": "asked"}))["/me"].as_u64() > Some(3), "groups come from userinfo");
    drop(served);
    // all of it is on record and the log holds
    let run = home.run(&["ledger", "verify"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let run = home.run(&["ledger", "show", "--from", "0", "--format", "jsonl"]);
    let entries: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = |kind: &str| entries.iter().filter(|entry| entry["kind"] == kind).count();
    assert!(count("sign_in") >= 6 && count("sign_out") == 2, "{} {}", count("sign_in"), count("sign_out"));
    assert!(entries.iter().any(|entry| entry["act"] == "session_ended" && entry["by"] == "identity provider"));
    assert!(!run.out.contains("dana"));
}

#[test]
fn over_https_with_a_file_and_the_secret_in_the_form() {
    let Some(package) = package() else { return };
    let home = Home::with_un();
    let tls = certificates(&home);
    let setup = json!({"alg": "ES256", "auth": "client_secret_post", "session_required": false, "thin": false, "groups": groups()});
    let mut outside = Outside::start(package, Some(&tls), None, &setup);
    let text = format!(
        "[oidc]\nissuer = \"{}\"\nclient_id = \"interdict\"\nclient_auth = \"post\"\nca_file = \"ca.pem\"\nroles_claim = \"groups\"\n\
         after_logout_url = \"{}/healthz\"\n[oidc.roles]\n\"CN=sanctions,OU=bank\" = \"analyst\"\nadmins = [\"policy_admin\", \"viewer\"]\n",
        outside.issuer, outside.service
    );
    let config = home.file("serve.toml", text.as_bytes());
    let file = |path: &Path| path.to_str().unwrap().to_owned();
    let listen = outside.service.split_once("://").unwrap().1.to_owned();
    let mut args = vec!["--listen".to_owned(), listen, "--config".to_owned(), config.clone()];
    args.extend(["--tls-cert".to_owned(), file(&tls.cert), "--tls-key".to_owned(), file(&tls.key)]);
    let (code, found, err) = check(&home, &args, SECRET);
    assert_eq!((code, found["sign_in"]["client_auth"].as_str()), (Some(0), Some("post")), "{found} {err}");
    let _served = Served::start(&home, &outside, &args);
    whole_way(&mut outside);
    assert_eq!(outside.tell(&json!({"do": "asked"}))["/me"], json!(null), "the token had the groups");
    // an authority that nobody knows is not believed, and the remedy is named
    std::fs::write(&config, text.replace("ca_file = \"ca.pem\"\n", "")).unwrap();
    let (code, _, err) = check(&home, &args, SECRET);
    assert!(code == Some(2) && err.contains("ca_file"), "{err}");
}

#[test]
fn as_a_public_client_with_ed25519() {
    let Some(package) = package() else { return };
    let home = Home::with_un();
    let setup = json!({"alg": "EdDSA", "auth": "none", "session_required": true, "thin": false, "groups": groups()});
    let mut outside = Outside::start(package, None, None, &setup);
    let after = format!("{}/healthz", outside.service);
    let args = arguments(&outside, &["--oidc-after-logout-url", &after]);
    let (mut with, mut without) = (home.command(&["serve", "--check=json"]), home.command(&["serve", "--check=json"]));
    let with = with.args(&args).env("INTERDICT_OIDC_CLIENT_SECRET", SECRET).output().unwrap();
    assert_eq!(with.status.code(), Some(2), "a public client has no secret");
    let without = without.args(&args).output().unwrap();
    let found: Value = serde_json::from_slice(&without.stdout).unwrap();
    assert_eq!((without.status.code(), found["sign_in"]["client_auth"].as_str()), (Some(0), Some("none")), "{found}");
    let mut command = home.command(&["serve"]);
    let child = command.args(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let _served = Served(child);
    let begun = Instant::now();
    while TcpStream::connect(outside.service.split_once("://").unwrap().1).is_err() {
        assert!(begun.elapsed() < Duration::from_secs(30), "the service does not listen");
        std::thread::sleep(Duration::from_millis(50));
    }
    whole_way(&mut outside);
}
