//! Two persons (R14), all at once: approvals, withdrawals and repeats on one instance and on two, and what each act does.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use interdict_lists::Mapping;
use interdict_model::Digest;
use interdict_server::{Allowance, Errands, FourEyes, Undone};
use interdict_state::{NewKey, Role};
use interdict_store::Home;
use serde_json::{Value, json};
use service::{Answer, Service};

const KEY: &str = r#"{"name": "payments", "roles": ["machine"], "holder": "Pat"}"#;

fn serving(change: impl FnOnce(&mut interdict_server::Settings)) -> Service {
    Service::with(|settings| {
        settings.four_eyes = FourEyes::parse(["all"]).unwrap();
        change(settings);
    })
}

/// The bearer of a key of somebody.
fn of(service: &Service, holder: &str) -> String {
    let roles = vec![Role::PolicyAdmin, Role::ListAdmin, Role::Reviewer];
    let new = NewKey { name: "test".to_owned(), roles, holder: Some(holder.to_owned()), ..NewKey::default() };
    format!("Bearer {}", service.app.state().add_key(&new, 1_000).unwrap().1.reveal())
}

fn ask(service: &Service, bearer: &str, path: &str, name: &str, body: &str) -> Answer {
    let mut headers = vec![("Authorization", bearer), ("Content-Type", "application/json")];
    if !name.is_empty() {
        headers.push(("Idempotency-Key", name));
    }
    service.ask("POST", path, &headers, body.as_bytes())
}

/// Where a proposal is approved, and with what.
fn approval(proposal: &Answer) -> (String, String) {
    assert_eq!(proposal.status, 202, "{}", proposal.text());
    let proposal = proposal.json();
    (format!("{}/approval", proposal["address"].as_str().unwrap()), json!({"digest": proposal["digest"]}).to_string())
}

fn made(service: &Service) -> usize {
    service.app.state().keys().unwrap().iter().filter(|key| key.name == "payments").count()
}

/// Another instance over the same state.
fn beside(service: &Service) -> Service {
    Service::over(tempfile::tempdir().unwrap(), |settings| {
        settings.home = Home::at(service.folder.path());
        settings.database.clone_from(&service.database);
        settings.four_eyes = FourEyes::parse(["all"]).unwrap();
    })
}

#[test]
fn of_sixteen_who_approve_on_two_instances_one_does_it() {
    let service = serving(|_| {});
    let second = beside(&service);
    let dana = of(&service, "Dana Quill");
    let others: Vec<String> = (0..16).map(|n| of(&service, &format!("Approver {n}"))).collect();
    for round in 1..=3 {
        let (path, body) = approval(&ask(&service, &dana, "/v1/keys", "", KEY));
        let answers: Vec<Answer> = std::thread::scope(|scope| {
            let (path, body, services) = (&path, &body, [&service, &second]);
            let clients: Vec<_> = (others.iter().enumerate())
                .map(|(n, bearer)| scope.spawn(move || ask(services[n % 2], bearer, path, "", body)))
                .collect();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        let done = answers.iter().filter(|answer| answer.status == 201).count();
        let late = answers.iter().filter(|answer| answer.status == 409).count();
        assert_eq!((done, late), (1, 15), "{:?}", answers.iter().map(Answer::text).collect::<Vec<_>>());
        assert_eq!(made(&service), round);
    }
}

#[test]
fn an_approval_and_a_withdrawal_at_once_do_not_both_count() {
    let service = serving(|_| {});
    let (dana, bo) = (of(&service, "Dana Quill"), of(&service, "Bo Mill"));
    for _ in 0..12 {
        let before = made(&service);
        let (path, body) = approval(&ask(&service, &dana, "/v1/keys", "", KEY));
        let refusal = path.replace("/approval", "/refusal");
        let (approved, withdrawn) = std::thread::scope(|scope| {
            let approve = scope.spawn(|| ask(&service, &bo, &path, "", &body));
            let withdraw = scope.spawn(|| ask(&service, &dana, &refusal, "", r#"{"reason": "changed my mind"}"#));
            (approve.join().unwrap(), withdraw.join().unwrap())
        });
        let done = made(&service) - before;
        match (approved.status, withdrawn.status) {
            (201, 409) => assert_eq!(done, 1),
            (409, 200) => assert_eq!(done, 0),
            other => panic!("{other:?}: {} {}", approved.text(), withdrawn.text()),
        }
    }
}

#[test]
fn what_is_sent_again_is_proposed_and_approved_once() {
    let service = serving(|_| {});
    let (dana, bo) = (of(&service, "Dana Quill"), of(&service, "Bo Mill"));
    let (first, again) = (ask(&service, &dana, "/v1/keys", "a", KEY), ask(&service, &dana, "/v1/keys", "a", KEY));
    assert_eq!((again.status, again.header("idempotency-replayed")), (202, Some("true")), "{}", again.text());
    assert_eq!((first.body.clone(), first.header("location")), (again.body.clone(), again.header("location")));
    assert!(first.header("location").is_some_and(|to| to.starts_with("/v1/proposals/proposal-")));
    for bad in [r#"{"name": "", "roles": ["viewer"]}"#, r#"{"name": "x", "roles": ["king"]}"#, "{"] {
        assert_eq!(
            ask(&service, &dana, "/v1/keys", "", bad).status,
            400,
            "{bad}: it is validated before it is proposed"
        );
    }
    let (path, body) = approval(&first);
    let approved = ask(&service, &bo, &path, "b", &body);
    assert_eq!(approved.status, 201, "{}", approved.text());
    let key = approved.json();
    assert!(key["token"].is_string() && key["holder"] == "Pat", "{key}");
    assert_eq!(key["made_by"].as_array().unwrap().len(), 2, "both made it: {key}");
    let again = ask(&service, &bo, &path, "b", &body);
    assert_eq!((again.status, &again.json()["id"], again.json().get("token")), (201, &key["id"], None));
    assert_eq!(ask(&service, &bo, &path, "c", &body).status, 409);
    assert_eq!(made(&service), 1);
    // the key opens something, and stands for nobody but those who made it
    let pat = format!("Bearer {}", key["token"].as_str().unwrap());
    assert_eq!(service.ask("GET", "/v1/status", &[("Authorization", &pat)], b"").status, 200);
}

/// A home of which somebody says what both sides are.
#[derive(Debug)]
struct Sides(Mutex<(u8, Vec<Allowance>)>);

impl Errands for Sides {
    fn update(&self, _: &Home, _: &[String], _: &mut dyn FnMut()) -> Result<Value, Undone> {
        unreachable!()
    }

    fn settle(&self, _: &Home) -> Result<(), Undone> {
        Ok(())
    }

    fn keep(&self, _: &Home, _: &[(String, PathBuf)], _: &Mapping, _: bool) -> Result<Value, Undone> {
        unreachable!()
    }

    fn leave(&self, _: &Home, _: &[String]) -> Result<Value, Undone> {
        unreachable!()
    }

    fn run(&self, _: &Home, _: Option<String>) -> Result<Value, Undone> {
        unreachable!()
    }

    fn allow(&self, _: &Home, asked: &Allowance) -> Result<Value, Undone> {
        let mut kept = self.0.lock().unwrap();
        let now = Digest::of(&[kept.0]);
        if asked.sides.is_some_and(|sides| sides.party != now || sides.listing != now) {
            return Err(Undone::Asked("something else\nhint: propose it anew".to_owned()));
        }
        if !asked.tried {
            kept.1.push(asked.clone());
        }
        Ok(json!({"party": asked.party, "author": asked.author, "party_digest": now, "listing_digest": now}))
    }
}

#[test]
fn an_allowance_is_for_the_sides_that_were_looked_at_and_its_party_is_covered() {
    let errands = Arc::new(Sides(Mutex::new((1, Vec::new()))));
    let brought = Arc::clone(&errands);
    let service = serving(|settings| settings.errands = Some(brought));
    let (dana, bo) = (of(&service, "Dana Quill"), of(&service, "Bo Mill"));
    let allow =
        json!({"party": "C-1001", "listing": "own:Q-1", "reason": "zebulon", "until": "2199-12-31"}).to_string();
    let path = "/v1/monitor/allowances";
    let (approve, body) = approval(&ask(&service, &dana, path, "", &allow));
    assert!(errands.0.lock().unwrap().1.is_empty(), "nothing is done yet");
    // who may not see parties sees that there is a proposal
    let auditor = format!("Bearer {}", service.token(&[Role::Auditor]).reveal());
    let get = |by: &str, path: &str| service.ask("GET", path, &[("Authorization", by)], b"");
    for shown in [get(&auditor, "/v1/proposals"), get(&auditor, approve.trim_end_matches("/approval"))] {
        assert!(shown.status == 200 && shown.text().contains("\"act\":\"allowance\""), "{}", shown.text());
        assert!(!shown.text().contains("C-1001") && !shown.text().contains("zebulon"), "{}", shown.text());
        assert!(shown.text().contains("\"masked\""), "{}", shown.text());
    }
    let shown = get(&bo, "/v1/proposals");
    assert!(shown.text().contains("C-1001") && shown.text().contains("zebulon"), "{}", shown.text());
    for role in [Role::ListAdmin, Role::PolicyAdmin] {
        let other = format!("Bearer {}", service.token(&[role]).reveal());
        assert_eq!(get(&other, "/v1/proposals").json(), json!([]), "{role}: it is not theirs to read");
        assert_eq!(get(&other, approve.trim_end_matches("/approval")).status, 404);
    }
    // the listing says something else meanwhile: what was looked at is not what would be allowed
    errands.0.lock().unwrap().0 = 2;
    let answer = ask(&service, &bo, &approve, "", &body);
    assert_eq!((answer.status, answer.code().as_str()), (422, "not_done"), "{}", answer.text());
    let failed = get(&bo, approve.trim_end_matches("/approval")).json();
    assert_eq!((&failed["status"], &failed["reason"]), (&json!("failed"), &json!("not_done")));
    assert_eq!(ask(&service, &bo, &approve, "", &body).status, 409, "and it is not done later");
    let (approve, body) = approval(&ask(&service, &dana, path, "", &allow));
    let answer = ask(&service, &bo, &approve, "", &body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let kept = errands.0.lock().unwrap().1.clone();
    assert_eq!((kept.len(), kept[0].party.as_str(), kept[0].reason.as_str()), (1, "C-1001", "zebulon"));
    assert!(kept[0].author.starts_with("key-") && answer.json()["author"] == kept[0].author.as_str());
    // taking an entry away lets nothing through: one suffices
    let withdraw = json!({"party": "C-1001", "listing": "own:Q-1", "reason": "misread"}).to_string();
    assert_eq!(ask(&service, &dana, "/v1/monitor/allowances/withdrawals", "", &withdraw).status, 200);
}

#[test]
fn a_rollback_goes_to_the_version_that_was_meant() {
    let service = serving(|_| {});
    let (dana, bo) = (of(&service, "Dana Quill"), of(&service, "Bo Mill"));
    let list = |n: u32| format!("id,name,type\nQ-1,Orsolya Vanderploeg,person\nQ-9,Teodric Dogberry {n},person\n");
    for n in 1..=2 {
        service::import(service.folder.path(), "watch", &list(n));
    }
    service.app.refresh();
    let home = Home::at(service.folder.path());
    let meant = home.version("watch", "previous").unwrap().manifest.content;
    let proposal = ask(&service, &dana, "/v1/lists/watch/rollback", "", r#"{"reason": "it was a mistake"}"#);
    let (path, body) = approval(&proposal);
    assert_eq!(proposal.json()["means"]["content"], meant.to_string());
    // `previous` is another one by now
    service::import(service.folder.path(), "watch", &list(3));
    assert_ne!(home.version("watch", "previous").unwrap().manifest.content, meant);
    let done = ask(&service, &bo, &path, "", &body);
    assert_eq!((done.status, &done.json()["in_use"]["content"]), (200, &json!(meant)), "{}", done.text());
    assert_eq!(ask(&service, &dana, "/v1/lists/watch/rollback", "", r#"{"version": "current"}"#).status, 409);
    assert_eq!(ask(&service, &dana, "/v1/lists/none/rollback", "", "{}").status, 404);
}
