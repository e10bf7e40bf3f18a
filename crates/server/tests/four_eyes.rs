//! Two persons (R14): who is one person, who may approve, and what happens when many come at once.
//!
//! Each attempt of one person to be two is refused and counted; after each of them the version is still in quarantine.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use interdict_ledger::{Entry, Event};
use interdict_server::{FourEyes, Settings};
use interdict_state::{NewKey, NewProposal, Role, Stage, State};
use interdict_store::Home;
use jiff::Timestamp;
use serde_json::{Value, json};
use service::{Answer, LIST, Service, import};

/// Somebody with a key.
struct Person {
    id: String,
    bearer: String,
}

impl Person {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{}", answer.text());
        let (id, token) = (answer.json()["id"].clone(), answer.json()["token"].clone());
        Self { id: id.as_str().unwrap().to_owned(), bearer: format!("Bearer {}", token.as_str().unwrap()) }
    }
}

struct Desk {
    service: Service,
    doubted: String,
}

fn rows(count: u32) -> String {
    let rows = (0..count).map(|n| format!("W-{n},Orsolya Vanderploeg {n},person\n"));
    format!("id,name,type\n{}", rows.collect::<String>())
}

fn four_eyes(words: &str) -> impl FnOnce(&mut Settings) {
    let words = words.to_owned();
    move |settings| settings.four_eyes = FourEyes::parse(words.split(',')).unwrap()
}

impl Desk {
    /// With a ledger, and a version in quarantine.
    fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        import(folder.path(), "own", LIST);
        import(folder.path(), "watch", &rows(40));
        let home = Home::at(folder.path());
        home.ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
        let mut desk = Self { service: Service::over(folder, change), doubted: String::new() };
        let keeper = desk.person(None, &[Role::ListAdmin]);
        let headers = [("Authorization", keeper.bearer.as_str()), ("Content-Type", "text/csv")];
        let sent = desk.service.ask("POST", "/v1/imports?list=watch&name=w.csv", &headers, rows(30).as_bytes());
        assert_eq!((sent.status, sent.code().as_str()), (409, "doubted"), "{}", sent.text());
        let held = desk.service.ask("GET", "/v1/quarantine", &headers[..1], b"").json();
        held["versions"][0]["content"].as_str().unwrap().clone_into(&mut desk.doubted);
        desk
    }

    fn state(&self) -> &State {
        self.service.app.state()
    }

    fn person(&self, holder: Option<&str>, roles: &[Role]) -> Person {
        let (name, holder) = ("test".to_owned(), holder.map(str::to_owned));
        let new = NewKey { name, roles: roles.to_vec(), holder, ..NewKey::default() };
        let (key, token) = self.state().add_key(&new, 1_000).unwrap();
        Person { id: key.id, bearer: format!("Bearer {}", token.reveal()) }
    }

    fn keeper(&self, holder: &str) -> Person {
        self.person(Some(holder), &[Role::ListAdmin])
    }

    fn ask(&self, by: &Person, method: &str, path: &str, body: &Value) -> Answer {
        let mut headers = vec![("Content-Type", "application/json")];
        if !by.bearer.is_empty() {
            headers.push(("Authorization", by.bearer.as_str()));
        }
        let body = if method == "GET" { String::new() } else { body.to_string() };
        self.service.ask(method, path, &headers, body.as_bytes())
    }

    /// A key that somebody makes over HTTP.
    fn made(&self, by: &Person, holder: Option<&str>) -> Person {
        let mut body = json!({"name": "made", "roles": ["list_admin", "policy_admin"]});
        if let Some(holder) = holder {
            body["holder"] = json!(holder);
        }
        Person::of(&self.ask(by, "POST", "/v1/keys", &body))
    }

    fn accept(&self, by: &Person) -> Answer {
        let body = json!({"version": &self.doubted[..8], "reason": "confirmed by telephone"});
        self.ask(by, "POST", "/v1/lists/watch/accept", &body)
    }

    fn proposed(&self, by: &Person) -> Value {
        let answer = self.accept(by);
        assert_eq!(answer.status, 202, "{}", answer.text());
        assert_eq!(answer.header("location"), answer.json()["address"].as_str());
        answer.json()
    }

    fn approve(&self, by: &Person, proposal: &Value) -> Answer {
        let path = format!("{}/approval", proposal["address"].as_str().unwrap());
        self.ask(by, "POST", &path, &json!({"digest": proposal["digest"]}))
    }

    fn refuse(&self, by: &Person, proposal: &Value) -> Answer {
        let path = format!("{}/refusal", proposal["address"].as_str().unwrap());
        self.ask(by, "POST", &path, &json!({"reason": "not today"}))
    }

    fn stands(&self, proposal: &Value) -> String {
        let id = proposal["id"].as_str().unwrap();
        let now = Timestamp::now().as_second();
        self.state().proposal(id, now).unwrap().unwrap().stage.word().to_owned()
    }

    /// Whether the version that nobody else approved is still put aside.
    fn is_put_aside(&self) -> bool {
        !Home::at(self.service.folder.path()).quarantined(Some("watch")).unwrap().is_empty()
    }

    fn acts(&mut self) -> Vec<String> {
        self.service.end();
        let log = Home::at(self.service.folder.path()).ledger().open().unwrap();
        let entries = log.entries_between(0, log.size()).unwrap().into_iter();
        let acts = entries.filter_map(|(_, bytes)| match Entry::parse(&bytes).unwrap().event {
            Event::Administration { act, by, on, note } => Some(format!("{} by {by} on {on}: {note}", act.word())),
            _ => None,
        });
        acts.collect()
    }
}

#[test]
fn one_proposes_and_another_approves() {
    let mut desk = Desk::with(four_eyes("acceptances"));
    let (dana, bo) = (desk.keeper("Dana Quill"), desk.keeper("Bo Mill"));
    let proposal = desk.proposed(&dana);
    assert!(desk.is_put_aside() && desk.stands(&proposal) == "waiting");
    assert_eq!((&proposal["act"], &proposal["means"]), (&json!("acceptance"), &json!({"content": desk.doubted})));
    assert_eq!((&proposal["request"], &proposal["proposer"]), (&json!("POST /v1/lists/watch/accept"), &json!(dana.id)));
    assert_eq!(proposal["question"]["reason"], "confirmed by telephone");
    assert_eq!(proposal["ends_at"].as_i64().unwrap() - proposal["proposed_at"].as_i64().unwrap(), 7 * 86_400);
    assert!(proposal["waits_for"].as_str().unwrap().contains("another person with the role list_admin"), "{proposal}");
    let address = proposal["address"].as_str().unwrap();
    assert_eq!(desk.ask(&bo, "GET", address, &json!(null)).json(), proposal, "the other is shown the same");
    let waiting = desk.ask(&bo, "GET", "/v1/proposals?status=waiting", &json!(null)).json();
    assert_eq!(waiting, json!([proposal]));
    assert_eq!(desk.ask(&bo, "GET", "/v1/proposals?status=done", &json!(null)).json(), json!([]));
    assert_eq!(desk.ask(&bo, "GET", "/v1/proposals?status=open", &json!(null)).status, 400);

    let done = desk.approve(&bo, &proposal);
    assert_eq!(done.status, 200, "{}", done.text());
    assert_eq!(done.json()["accepted"][0]["reason"], "confirmed by telephone", "the answer of the route");
    assert!(!desk.is_put_aside());
    let ended = desk.ask(&dana, "GET", address, &json!(null)).json();
    assert_eq!((&ended["status"], &ended["decider"]), (&json!("done"), &json!(bo.id)));
    assert!(ended["decided_at"].is_i64() && ended.get("waits_for").is_none(), "{ended}");
    assert_eq!(desk.approve(&bo, &proposal).code(), "conflict", "it is done once");
    assert_eq!(desk.accept(&dana).code(), "conflict", "what is in use already cannot be proposed");
    // ending a list's version the other way does not need two here; making a key neither
    let status = desk.ask(&bo, "GET", "/v1/status", &json!(null)).json();
    assert_eq!(status["four_eyes"], json!(["acceptances"]));
    let acts = desk.acts();
    let (id, digest) = (proposal["id"].as_str().unwrap(), proposal["digest"].as_str().unwrap());
    let expected = [
        format!("proposal_made by {} on {id}: acceptance {digest}", dana.id),
        format!("proposal_approved by {} on {id}: acceptance {digest}", bo.id),
        format!("list_accepted by {} on watch {}: {id}", dana.id, desk.doubted),
    ];
    assert_eq!(acts[acts.len() - 3..], expected, "both names, and what it was");
}

#[test]
fn one_person_is_never_two() {
    let desk = Desk::with(|settings| {
        four_eyes("acceptances")(settings);
        settings.anonymous = Role::ALL.to_vec();
    });
    let root = desk.person(Some("Rita Root"), &[Role::PolicyAdmin, Role::ListAdmin]);
    let (dana, bo) = (desk.keeper("Dana Quill"), desk.keeper("Bo Mill"));
    let both = [Role::PolicyAdmin, Role::ListAdmin];
    let (ann, cy) = (desk.person(Some("Ann Maker"), &both), desk.person(Some("Cy Keeper"), &both));
    let of_ann = desk.made(&ann, Some("Somebody Else"));
    let of_ann_too = desk.made(&ann, Some("Another One"));
    let of_that = desk.made(&of_ann, Some("Yet Another"));
    let of_ann_unnamed = desk.made(&ann, None);
    let of_root = desk.made(&root, Some("Ann Maker"));
    let anonymous = Person { id: "anonymous".to_owned(), bearer: String::new() };
    let unnamed = desk.person(None, &both);
    let mut attempts = 0;
    let mut bypasses = Vec::new();
    for (what, proposer, approver) in [
        ("the same key", &dana, &dana),
        ("two keys of one holder", &dana, &desk.keeper("Dana Quill")),
        ("… in other letters", &dana, &desk.keeper(" QUILL,  Dána ")),
        ("… as a rotated key", &dana, &desk.keeper("dana quill")),
        ("a holder that is the key's id", &dana, &desk.keeper(&dana.id)),
        ("a key that the proposer made", &ann, &of_ann),
        ("a key that the approver made", &of_ann, &ann),
        ("a key that the proposer made and that names nobody", &ann, &of_ann_unnamed),
        ("keys that one made both", &of_ann, &of_ann_too),
        ("a key of a key that the proposer made", &ann, &of_that),
        ("keys that one made, one behind the other", &of_that, &of_ann_too),
        ("a key that another made for the proposer", &ann, &of_root),
        ("the other way round", &of_root, &ann),
        ("a key that names nobody", &dana, &unnamed),
        ("nobody by name", &dana, &anonymous),
    ] {
        let proposal = desk.proposed(proposer);
        let answer = desk.approve(approver, &proposal);
        attempts += 1;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{what}: {}", answer.text());
        assert!(answer.json()["hint"].is_string(), "{what}: {}", answer.text());
        if !desk.is_put_aside() || desk.stands(&proposal) != "waiting" {
            bypasses.push(what);
        }
    }
    // who is not known does not propose either, so that nobody approves as the other what they proposed as nobody
    for (what, proposer) in [("a key that names nobody", &unnamed), ("nobody by name", &anonymous)] {
        let answer = desk.accept(proposer);
        attempts += 1;
        assert_eq!((answer.status, answer.code().as_str()), (403, "forbidden"), "{what}: {}", answer.text());
        assert!(answer.text().contains("--holder"), "{what}: {}", answer.text());
        if !desk.is_put_aside() {
            bypasses.push(what);
        }
    }
    // what is approved must be what was read, by one who may
    let (first, second) = (desk.proposed(&dana), desk.proposed(&dana));
    let path = format!("{}/approval", first["address"].as_str().unwrap());
    for (body, by, status) in [
        (json!({"digest": second["digest"]}), &bo, 409),
        (json!({"digest": desk.doubted}), &bo, 409),
        (json!({"digest": "36a3"}), &bo, 400),
        (json!({}), &bo, 400),
        (json!({"digest": first["digest"], "version": "1"}), &bo, 400),
        (json!({"digest": first["digest"]}), &desk.person(Some("A Viewer"), &[Role::Viewer]), 403),
        (json!({"digest": first["digest"]}), &desk.person(Some("A Reviewer"), &[Role::Reviewer]), 403),
        (json!({"digest": first["digest"]}), &desk.person(Some("An Auditor"), &[Role::Auditor]), 403),
        (json!({"digest": first["digest"]}), &desk.person(Some("A Keeper"), &[Role::PolicyAdmin]), 403),
    ] {
        let answer = desk.ask(by, "POST", &path, &body);
        attempts += 1;
        assert_eq!(answer.status, status, "{body}: {}", answer.text());
        if !desk.is_put_aside() || desk.stands(&first) != "waiting" {
            bypasses.push("digest");
        }
    }
    assert!(bypasses.is_empty() && attempts == 26, "{attempts} attempts, {bypasses:?}");
    // the honest ways: whom nothing ties together
    for (proposer, approver) in [(&of_ann, &cy), (&ann, &bo)] {
        let proposal = desk.proposed(proposer);
        assert_eq!(desk.approve(approver, &proposal).status, 200);
        assert!(!desk.is_put_aside());
        let back = desk.ask(&bo, "POST", "/v1/lists/watch/rollback", &json!({"reason": "for the next"}));
        assert_eq!(back.status, 200, "{}", back.text());
    }
}

#[test]
fn rights_that_end_between_the_steps_end_it() {
    let desk = Desk::with(four_eyes("acceptances"));
    let (dana, bo) = (desk.keeper("Dana Quill"), desk.keeper("Bo Mill"));
    // the approver's key is taken back on another instance, and this one believes it for a moment
    let proposal = desk.proposed(&dana);
    assert_eq!(desk.ask(&bo, "GET", "/v1/proposals", &json!(null)).status, 200);
    desk.state().revoke(&bo.id, 1_100).unwrap();
    assert_eq!(desk.approve(&bo, &proposal).status, 401);
    let bo = desk.keeper("Bo Mill");
    // the proposer's is
    desk.state().revoke(&dana.id, 1_100).unwrap();
    let answer = desk.approve(&bo, &proposal);
    assert!(answer.status == 409 && answer.text().contains("was revoked"), "{}", answer.text());
    assert_eq!((desk.stands(&proposal).as_str(), desk.is_put_aside()), ("lapsed", true));
    let shown = desk.ask(&bo, "GET", proposal["address"].as_str().unwrap(), &json!(null)).json();
    assert_eq!(shown["reason"], "the key that proposed it was revoked");
    // its role is taken
    if desk.service.database.is_none() {
        let dana = desk.keeper("Dana Quill");
        let proposal = desk.proposed(&dana);
        let database = rusqlite::Connection::open(desk.service.folder.path().join("state.db")).unwrap();
        let changed = database.execute("UPDATE keys SET roles = 'viewer' WHERE id = ?1", [&dana.id]).unwrap();
        let answer = desk.approve(&bo, &proposal);
        assert!(changed == 1 && answer.status == 409 && answer.text().contains("no longer has"), "{}", answer.text());
        assert_eq!((desk.stands(&proposal).as_str(), desk.is_put_aside()), ("lapsed", true));
        // what was kept is altered
        let proposal = desk.proposed(&desk.keeper("Dana Quill"));
        let swap = "UPDATE proposals SET question = replace(question, 'telephone', 'nobody') WHERE id = ?1";
        assert_eq!(database.execute(swap, [proposal["id"].as_str().unwrap()]).unwrap(), 1);
        assert_eq!(desk.approve(&bo, &proposal).status, 500);
        assert!(desk.is_put_aside());
    }
    // nobody came in time; it was cut off while it was done: nobody does it again
    let now = Timestamp::now().as_second();
    let old = desk.proposed(&desk.keeper("Dana Quill"));
    let kept = desk.state().proposal(old["id"].as_str().unwrap(), now).unwrap().unwrap();
    let new = NewProposal {
        id: State::proposal_id().unwrap(),
        act: kept.act,
        place: kept.place,
        question: kept.question,
        pinned: kept.pinned,
        digest: kept.digest,
        proposer: kept.proposer,
        marks: kept.marks,
        proposed_at: now - 8 * 86_400,
    };
    let expired = desk.state().propose(&new).unwrap();
    assert!(desk.state().take_proposal(&kept.id, kept.digest, &bo.id, now).unwrap());
    for (id, stage) in [(expired.id, "expired"), (kept.id, "taken")] {
        let proposal = json!({"id": id, "address": format!("/v1/proposals/{id}"), "digest": kept.digest});
        for answer in [desk.approve(&bo, &proposal), desk.refuse(&bo, &proposal)] {
            assert!(answer.status == 409 && answer.text().contains(stage), "{stage}: {}", answer.text());
        }
        assert_eq!((desk.stands(&proposal).as_str(), desk.is_put_aside()), (stage, true));
    }
}

#[test]
fn a_proposal_is_withdrawn_by_its_person_and_refused_by_another() {
    let mut desk = Desk::with(four_eyes("acceptances"));
    let (dana, bo) = (desk.keeper("Dana Quill"), desk.keeper("Bo Mill"));
    let unnamed = desk.person(None, &[Role::ListAdmin]);
    for (by, stage) in
        [(&dana, "withdrawn"), (&desk.keeper("dana quill"), "withdrawn"), (&bo, "refused"), (&unnamed, "refused")]
    {
        let proposal = desk.proposed(&dana);
        let path = format!("{}/refusal", proposal["address"].as_str().unwrap());
        assert_eq!(desk.ask(by, "POST", &path, &json!({"reason": " "})).status, 400);
        let answer = desk.refuse(by, &proposal);
        assert_eq!((answer.status, answer.json()["status"].as_str()), (200, Some(stage)), "{}", answer.text());
        assert_eq!((&answer.json()["reason"], &answer.json()["decider"]), (&json!("not today"), &json!(by.id)));
        assert_eq!([desk.approve(&bo, &proposal).status, desk.refuse(&bo, &proposal).status], [409, 409]);
        assert!(desk.is_put_aside());
    }
    let none = json!({"id": "proposal-none", "address": "/v1/proposals/proposal-none", "digest": desk.doubted});
    assert_eq!([desk.approve(&bo, &none).status, desk.refuse(&bo, &none).status], [404, 404]);
    let acts = desk.acts();
    let count = |word: &str| acts.iter().filter(|act| act.starts_with(word)).count();
    assert_eq!([count("proposal_made"), count("proposal_withdrawn"), count("proposal_refused")], [4, 2, 2]);
    assert!(!acts.iter().any(|act| act.contains("not today") || act.contains("telephone")), "no words of persons");
    assert_eq!(Stage::parse("withdrawn"), Some(Stage::Withdrawn));
}
