//! `interdict serve` as its first user meets it: what it prints is enough to get an answer.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Stdio};

use common::Home;

/// A service that ends with the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Does what a printed `curl -H … -H … -d … URL` would do, with its words alone.
fn as_curl_would(command: &str) -> String {
    let quoted = |flag: &str| {
        let parts = command.split(flag).skip(1);
        parts.map(|part| part.split('\'').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let address = command.split("http://").nth(1).unwrap();
    let (host, path) = address.split_once('/').unwrap();
    let path = path.split([';', ' ']).next().unwrap();
    let body = quoted("-d '").pop().unwrap();
    let headers: String = quoted("-H '").iter().map(|header| format!("{header}\r\n")).collect();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(
        stream,
        "POST /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn what_it_prints_leads_to_a_key_and_an_answer() {
    let home = Home::with_un();
    let mut command = home.command(&["serve", "--listen", "0.0.0.0:0", "--log", "off"]);
    let mut service = Service(command.stderr(Stdio::piped()).spawn().unwrap());
    let mut said = Vec::new();
    for line in BufReader::new(service.0.stderr.take().unwrap()).lines() {
        said.push(line.unwrap());
        if said.last().unwrap().contains("/v1/setup") {
            break;
        }
    }
    let hint = said.iter().find(|line| line.contains("/v1/setup")).unwrap();
    let setup = std::fs::read_to_string(home.path("home/setup-token")).unwrap();
    let (before, rest) = hint.split_once("\"Authorization: Bearer $(cat ").unwrap();
    let command = format!("{before}'Authorization: Bearer {setup}'{}", rest.split_once(")\"").unwrap().1);
    let made = as_curl_would(command.split("curl").nth(1).unwrap());
    assert!(made.starts_with("HTTP/1.1 201"), "{hint}\n{made}");

    let token = made.split("\"token\":\"").nth(1).unwrap().split('"').next().unwrap();
    let host = hint.split("http://").nth(1).unwrap().split('/').next().unwrap();
    let help = home.run(&["serve", "--help"]).out;
    let example = help
        .split("curl")
        .nth(1)
        .unwrap()
        .replace("\"Authorization: Bearer $TOKEN\"", &format!("'Authorization: Bearer {token}'"));
    let example = example.replace("127.0.0.1:8080", host).replace("/v1/screen\n", "/v1/screen ");
    let answer = as_curl_would(&example);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"outcome\":"), "{example}\n{answer}");
}

#[test]
fn settings_of_sign_in_that_do_not_fit_are_refused_and_show_no_secret() {
    let home = Home::with_un();
    let file = home.path("other.toml");
    let table = "[oidc]\nissuer = \"https://login.example\"\nclient_id = \"i\"\nroles_claim = \"groups\"\n\
                 roles = { a = \"analyst\" }\n";
    for (text, says) in [
        (table.replace("https:", "http:"), "not protected"),
        (table.replace("\"analyst\"", "\"king\""), "no role `king`"),
        (format!("{table}client_secret_file = \"not-there\"\n"), "not-there"),
        (format!("{table}client_secret = \"hush-hush\"\n"), "client_secret"),
        ("[odic]\n".to_owned(), "odic"),
    ] {
        std::fs::write(&file, &text).unwrap();
        let run = home.run(&["serve", "--listen", "127.0.0.1:0", "--config", file.to_str().unwrap()]);
        assert!(run.code == Some(2) && run.err.contains(says) && run.err.contains("hint: "), "{text}: {}", run.err);
        assert!(run.err.contains("other.toml"), "{}", run.err);
    }
    // beyond loopback it must be said where browsers find the service
    std::fs::write(&file, table).unwrap();
    let run = home.run(&["serve", "--listen", "0.0.0.0:0", "--config", file.to_str().unwrap()]);
    assert!(run.code == Some(2) && run.err.contains("public_url"), "{}", run.err);
    let run = home.run(&["serve", "--config", "/not/there.toml"]);
    assert!(run.code == Some(2) && run.err.contains("/not/there.toml"), "{}", run.err);
}

#[test]
fn single_settings_of_sign_in_count_before_the_file_and_can_be_tried() {
    let home = Home::with_un();
    let run = home.run(&["serve", "--check"]);
    assert!(
        run.code == Some(0) && run.out.contains("not set up") && run.out.contains("un-sc"),
        "{}{}",
        run.out,
        run.err
    );
    let file = home.path("home/serve.toml");
    let table = "[oidc]\nissuer = \"http://127.0.0.1:1/file\"\nclient_id = \"i\"\nroles_claim = \"groups\"\n\
                 roles = { a = \"analyst\" }\n";
    std::fs::write(&file, table).unwrap();
    let tried = |args: &[&str], variable: Option<&str>| {
        let mut command = home.command(&["serve", "--check"]);
        command.args(args).env_remove("INTERDICT_OIDC_CLIENT_SECRET");
        if let Some(issuer) = variable {
            command.env("INTERDICT_OIDC_ISSUER", issuer);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let flag = "http://127.0.0.1:1/flag";
    for (args, variable, says) in [
        (&[][..], None, "127.0.0.1:1/file"),
        (&[], Some("http://127.0.0.1:1/variable"), "127.0.0.1:1/variable"),
        (&["--oidc-issuer", flag], Some("http://127.0.0.1:1/variable"), "127.0.0.1:1/flag"),
        (&["--oidc-issuer", "http://login.example"], None, "not protected"),
        (&["--oidc-role", "analysts"], None, "`analysts` gives no role"),
        (&["--oidc-role", "CN=a,OU=b=king"], None, "no role `king`"),
        (&["--oidc-client-secret-file", "not-there"], None, "not-there"),
        (&["--oidc-after-logout-url", "javascript:x"], None, "after_logout_url"),
        (&["--oidc-session-minutes", "0"], None, "session_minutes"),
        (&["--listen", "0.0.0.0:0"], None, "public_url"),
    ] {
        let (code, err) = tried(args, variable);
        assert!(code == Some(2) && err.contains(says) && err.contains("hint: "), "{args:?} {says}: {err}");
    }
    let (code, err) = tried(&["--oidc-client-secret", "hush"], None);
    assert!(code == Some(2) && err.contains("--oidc-client-secret"), "the secret is no argument: {err}");
    // without a file the arguments are enough, and what is missing is named
    std::fs::remove_file(&file).unwrap();
    let (code, err) = tried(&["--oidc-issuer", flag], None);
    assert!(code == Some(2) && err.contains("client_id: it is missing") && err.contains("--oidc-client-id"), "{err}");
    let all = [
        "--oidc-issuer",
        flag,
        "--oidc-client-id",
        "i",
        "--oidc-roles-claim",
        "groups",
        "--oidc-role",
        "a=analyst;b=viewer",
    ];
    let (code, err) = tried(&all, None);
    assert!(code == Some(2) && err.contains("issuer: ") && err.contains("127.0.0.1:1/flag"), "{err}");
    assert!(!home.path("home/state.db").exists(), "nothing is written");
}
