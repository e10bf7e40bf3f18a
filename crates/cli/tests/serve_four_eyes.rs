//! Two persons with the program itself: the flag, its variable, holders of keys, and an allowance for the sides that were looked at.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod spoken;

use common::Home;
use serde_json::{Value, json};
use spoken::Spoken;

fn import(home: &Home, rows: &str) {
    let file = home.file("own.csv", format!("id,name,programme\n{rows}").as_bytes());
    let run = home.run(&["lists", "import", &file, "--as", "own"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

fn key(home: &Home, holder: &str, role: &str) -> String {
    home.run(&["keys", "new", "desk", "--role", role, "--holder", holder]).out.trim().to_owned()
}

#[test]
fn the_flag_its_variable_and_what_it_does_not_know() {
    let home = Home::new();
    let two = |args: &[&str], variable: Option<&str>| {
        let mut command = home.command(&[&["serve", "--check=json"], args].concat());
        command.env_remove("INTERDICT_FOUR_EYES");
        if let Some(words) = variable {
            command.env("INTERDICT_FOUR_EYES", words);
        }
        let output = command.output().unwrap();
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        (output.status.code(), shown["four_eyes"].clone(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let all = json!(["acceptances", "rollbacks", "allowances", "keys"]);
    for (args, variable, expected) in [
        (&[][..], None, json!([])),
        (&["--four-eyes", "keys,allowances"][..], None, json!(["allowances", "keys"])),
        (&[][..], Some("all"), all),
        (&["--four-eyes", "off"][..], Some("all"), json!([])),
        (&["--four-eyes", "rollbacks"][..], None, json!(["acceptances", "rollbacks"])),
    ] {
        let (code, shown, said) = two(args, variable);
        assert_eq!((code, shown), (Some(0), expected), "{args:?} {variable:?}: {said}");
    }
    for (args, variable) in [(&["--four-eyes", "lists"][..], None), (&[][..], Some("on"))] {
        let (code, _, said) = two(args, variable);
        assert!(code == Some(2) && said.contains("hint: one or more of acceptances"), "{said}");
    }
    let table = home.run(&["serve", "--check", "--four-eyes", "keys"]);
    assert!(
        table.out.lines().any(|line| line.starts_with("two persons for") && line.ends_with("keys")),
        "{}",
        table.out
    );
}

#[test]
fn an_allowance_takes_two_and_the_sides_that_they_looked_at() {
    let home = Home::new();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.com/log"]).code, Some(0));
    import(&home, "1,Orsolya Vanderploeg,A\n2,Gudrun Sigurbjornsdottir,A\n3,Filler Person,A\n");
    let (dana, bo) = (key(&home, "Dana Quill", "reviewer"), key(&home, "Bo Mill", "reviewer"));
    let listed = home.run(&["keys", "list"]).out;
    assert!(listed.contains("holder") && listed.contains("Dana Quill"), "{listed}");
    let listed: Value = serde_json::from_str(&home.run(&["keys", "list", "--format", "json"]).out).unwrap();
    assert!(listed.as_array().unwrap().iter().all(|key| key["made_by"] == json!([])), "{listed}");
    let service = Spoken::start(&home, &["--four-eyes", "allowances"], &dana);
    let (dana, bo) = (service.with(&dana), service.with(&bo));
    assert_eq!(dana.json("GET", "/v1/status", "").1["four_eyes"], json!(["allowances"]));
    let keep = |born: &str| {
        let party = json!({"id": "C-1", "name": "Orsolya Vanderploeg", "born": born}).to_string();
        assert_eq!(dana.json("POST", "/v1/monitor/parties", &party).0, 200);
        assert_eq!(dana.json("POST", "/v1/monitor/runs", "").0, 201);
    };
    keep("1961-02-03");
    let pair =
        json!({"party": "C-1", "listing": "own:1", "reason": "she is another", "until": "2999-12-31"}).to_string();
    let unknown = pair.replace("own:1", "own:3");
    assert_eq!(dana.json("POST", "/v1/monitor/allowances", &unknown).0, 422, "what is no hit is not proposed");
    let propose = || {
        let (status, proposal) = dana.json("POST", "/v1/monitor/allowances", &pair);
        assert_eq!(status, 202, "{proposal}");
        (
            format!("{}/approval", proposal["address"].as_str().unwrap()),
            json!({"digest": proposal["digest"]}).to_string(),
        )
    };
    let (path, body) = propose();
    let none = || assert_eq!(dana.json("GET", "/v1/monitor/allowances", "").1, json!([]), "nothing holds");
    assert_eq!(dana.json("POST", &path, &body).0, 403);
    none();
    // the party says something else by now
    keep("1961-02-04");
    let (status, problem) = bo.json("POST", &path, &body);
    assert!(status == 422 && problem["detail"].as_str().unwrap().contains("something else"), "{problem}");
    none();
    let (path, body) = propose();
    let (status, entry) = bo.json("POST", &path, &body);
    assert_eq!(status, 201, "{entry}");
    assert_eq!(dana.json("GET", "/v1/monitor/allowances", "").1, json!([entry]));
    service.end();
    let entries = home.run(&["ledger", "show", "--from", "0", "--format", "jsonl"]).json_lines();
    let count = |act: &str| entries.iter().filter(|entry| entry["act"] == act).count();
    assert_eq!([count("proposal_made"), count("proposal_approved")], [2, 2]);
    assert_eq!(entries.iter().filter(|entry| entry["outcome"] == "allowed").count(), 1);
    let verified = home.run(&["ledger", "verify"]);
    assert!(verified.code == Some(0) && verified.out.contains("holds"), "{}{}", verified.out, verified.err);
    // on the machine itself nobody is asked
    let run = home.run(&["monitor", "allow", "C-1", "own:1", "--withdraw", "--reason", "doubted", "--author", "jk"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
}
