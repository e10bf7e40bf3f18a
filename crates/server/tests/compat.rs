//! The other interfaces beside our own: at their addresses, for those who may screen, over the same lists.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::sync::Arc;
use std::time::Duration;

use interdict_ledger::{Entry, Receipt};
use interdict_server::Dialect;
use interdict_state::Role;
use interdict_store::Home;
use interdict_store::ledger::{LogFiles, verify};
use jiff::Timestamp;
use serde_json::json;
use service::{Answer, Service, import};

#[test]
fn yente_is_spoken_to_those_who_may_screen() {
    let asked = json!({"queries": {"q": {"schema": "Person", "properties": {"name": ["Orsolya Vanderploeg"]}}}});
    let service = Service::with(|settings| {
        settings.anonymous = vec![Role::Machine];
        settings.compat = Some(Dialect::Yente);
    });
    let own = service.post("/v1/screen", &json!({"party": {"name": "Orsolya Vanderploeg"}}).to_string());
    assert_eq!(own.json()["outcome"], "hit");
    let answer = service.post("/match/default", &asked.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["responses"]["q"]["results"][0]["caption"], "Orsolya Vanderploeg");
    assert_eq!(service.get("/catalog").status, 200);
    assert_eq!(service.get("/nowhere").status, 404);
    // new lists are in use in both at once
    import(service.folder.path(), "own", &format!("{}Q-4,Wilhelmina Dogberry,person,,\n", service::LIST));
    service.app.refresh();
    let asked = json!({"queries": {"q": {"schema": "Person", "properties": {"name": ["Wilhelmina Dogberry"]}}}});
    let answer = service.post("/match/default", &asked.to_string());
    assert_eq!(answer.json()["responses"]["q"]["total"]["value"], 1, "{}", answer.text());

    for path in ["/healthz", "/readyz"] {
        assert_eq!(service.get(path).json()["status"], "ok", "{path}: what yente's clients look for");
    }

    let shut = Service::with(|settings| settings.compat = Some(Dialect::Yente));
    // A client of yente writes its key so.
    let key = format!("ApiKey {}", shut.token(&[Role::Machine]).reveal());
    assert_eq!(shut.ask("GET", "/catalog", &[("Authorization", &key)], b"").status, 200);
    let reader = format!("ApiKey {}", shut.token(&[Role::ListAdmin]).reveal());
    assert_eq!(shut.ask("GET", "/catalog", &[("Authorization", &reader)], b"").status, 403);
    for path in ["/catalog", "/match/default", "/nowhere"] {
        assert_eq!(shut.get(path).status, 401, "{path}");
    }
}

#[test]
fn watchman_is_spoken_and_neither_is_unless_asked_for() {
    let service = Service::with(|settings| {
        settings.anonymous = vec![Role::Machine];
        settings.compat = Some(Dialect::Watchman);
    });
    let answer = service.get("/v2/search?name=Orsolya+Vanderploeg&type=person");
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json()["entities"][0]["name"], "Orsolya Vanderploeg", "{}", answer.text());
    let reader = Service::with(|settings| {
        settings.anonymous = vec![Role::ListAdmin];
        settings.compat = Some(Dialect::Watchman);
    });
    assert_eq!(reader.get("/v2/listinfo").status, 403);
    let without = Service::with(|settings| settings.anonymous = vec![Role::Machine]);
    assert_eq!(without.get("/v2/search?name=Orsolya").status, 404);
}

#[test]
fn too_much_is_turned_away_in_the_words_of_either() {
    for dialect in [Dialect::Yente, Dialect::Watchman] {
        let service = Service::with(|settings| {
            settings.anonymous = vec![Role::Machine];
            settings.compat = Some(dialect);
            settings.workers = 1;
            settings.queue = 1;
        });
        let names: Vec<String> = (0..60).map(|n| format!("Orsolya Vanderploeg of House {n}")).collect();
        let example = json!({"schema": "Person", "properties": {"name": names}});
        let queries: serde_json::Map<_, _> = (0..10).map(|n| (n.to_string(), example.clone())).collect();
        let body = json!({ "queries": queries }).to_string();
        let others: String = names.iter().map(|name| format!("&altNames={}", name.replace(' ', "+"))).collect();
        let path = format!("/v2/search?type=person&name=Orsolya+Vanderploeg{others}");
        let counts: Vec<(u16, u16)> = std::thread::scope(|scope| {
            let ask_all = || {
                let mut counts = (0, 0);
                for _ in 0..8 {
                    let answer = match dialect {
                        Dialect::Yente => service.post("/match/default", &body),
                        Dialect::Watchman => service.get(&path),
                    };
                    let member = if dialect == Dialect::Yente { "detail" } else { "error" };
                    match answer.status {
                        200 => counts.0 += 1,
                        503 => {
                            counts.1 += 1;
                            assert_eq!(answer.header("retry-after"), Some("1"));
                            assert!(answer.json()[member].as_str().unwrap().contains("nobody was screened"));
                            assert!(!answer.text().contains("results") && !answer.text().contains("entities"));
                        }
                        other => panic!("{dialect:?}: {other} {}", answer.text()),
                    }
                }
                counts
            };
            let clients: Vec<_> = (0..16).map(|_| scope.spawn(ask_all)).collect();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        let (answered, turned) = counts.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        eprintln!("{dialect:?}: {answered} answered, {turned} turned away");
        assert!(answered > 0 && turned > 0, "{dialect:?}: {answered} {turned}");
    }
}

/// A service in another interface over a home that keeps a ledger.
fn with_ledger(dialect: Dialect, change: impl FnOnce(&mut interdict_server::Settings)) -> Service {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", service::LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    Service::over(folder, |settings| {
        settings.anonymous = vec![Role::Machine];
        settings.compat = Some(dialect);
        change(settings);
    })
}

/// The entries of a service's ledger that are screenings: their outcomes.
fn outcomes(mut service: Service) -> Vec<String> {
    service.end();
    let files = LogFiles::at(service.folder.path().join("ledger"));
    let verified = verify(&files, &files.key().unwrap(), &[]).unwrap();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    let log = Home::at(service.folder.path()).ledger().open().unwrap();
    let entries = log.entries_between(0, log.size()).unwrap().into_iter();
    let entries = entries.map(|(_, bytes)| Entry::parse(&bytes).unwrap().event);
    entries.filter_map(|event| event.answered().map(|answered| answered.outcome.clone())).collect()
}

#[test]
fn a_time_out_is_no_answer_and_is_on_record() {
    let asked = json!({"queries": {"q": {"schema": "Person", "properties": {"name": ["Orsolya Vanderploeg"]}}}});
    for dialect in [Dialect::Yente, Dialect::Watchman] {
        let service = with_ledger(dialect, |settings| settings.deadline = Duration::ZERO);
        let answer = match dialect {
            Dialect::Yente => service.post("/match/default", &asked.to_string()),
            Dialect::Watchman => service.get("/v2/search?name=Orsolya+Vanderploeg"),
        };
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.text());
        assert!(answer.text().contains("nobody is cleared"), "{}", answer.text());
        assert_eq!(named(&service, &answer), "timed_out", "{dialect:?}");
        assert_eq!(outcomes(service), ["timed_out"], "{dialect:?}");
    }
}

/// The outcome on record of the entry that a problem names in its header.
fn named(service: &Service, answer: &Answer) -> String {
    let entry = answer.header("interdict-entry").unwrap_or_else(|| panic!("no entry named: {}", answer.text()));
    let receipt = service.get(&format!("/v1/receipts/{entry}"));
    assert_eq!(receipt.status, 200, "{}", receipt.text());
    let receipt = Receipt::parse(&receipt.body).unwrap();
    receipt.check(&LogFiles::at(service.folder.path().join("ledger")).key().unwrap()).unwrap();
    receipt.answer.entry.event.answered().unwrap().outcome.clone()
}

#[test]
fn a_problem_names_its_entry_and_one_that_is_not_on_record_names_none() {
    let long = "x".repeat(3_000);
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let service = with_ledger(Dialect::Yente, |_| {});
    for name in ["---", &long] {
        let example = json!({"schema": "Person", "properties": {"name": [name]}});
        let found = json!({"schema": "Person", "properties": {"name": ["Orsolya Vanderploeg"]}});
        let matched = service.post("/match/default", &json!({"queries": {"a": found, "q": example}}).to_string());
        let form = format!("queries={}", json!({"q": {"query": name}}));
        let reconciled = service.ask("POST", "/reconcile/default", &kind, form.as_bytes());
        for answer in [matched, reconciled] {
            assert_eq!(answer.status, if name == "---" { 400 } else { 413 }, "{}", answer.text());
            assert!(answer.json()["detail"].is_string(), "the body is yente's: {}", answer.text());
            assert_eq!(named(&service, &answer), "not_done");
        }
    }
    for (path, body, status) in [
        ("/match/nowhere", json!({"queries": {"q": {"schema": "Person", "properties": {"name": ["A B"]}}}}), 404),
        ("/match/default", json!({"queries": {}}), 400),
        ("/match/default", json!({"asked": 1}), 422),
    ] {
        let answer = service.post(path, &body.to_string());
        assert_eq!((answer.status, answer.header("interdict-entry")), (status, None), "{}", answer.text());
    }
    assert_eq!(outcomes(service), ["not_done"; 4]);

    let service = with_ledger(Dialect::Watchman, |_| {});
    for name in ["---", &long] {
        let answer = service.get(&format!("/v2/search?name={name}"));
        assert_eq!(answer.status, if name == "---" { 400 } else { 413 }, "{}", answer.text());
        assert!(answer.json()["error"].is_string(), "the body is Watchman's: {}", answer.text());
        assert_eq!(named(&service, &answer), "not_done");
    }
    let answer = service.ask("GET", "/v2/search?name=Orsolya+Vanderploeg", &[("Accept", "senzing/json")], b"");
    assert_eq!((answer.status, answer.header("interdict-entry")), (400, None), "another form: {}", answer.text());
    let answer = service.get("/v2/search?name=A&odd=1");
    assert_eq!((answer.status, answer.header("interdict-entry")), (400, None));
    assert_eq!(outcomes(service), ["not_done"; 2]);
}

#[test]
fn refresh_of_watchman_takes_imported_lists_into_use_and_says_how_it_ended() {
    let service = Service::with(|settings| {
        settings.anonymous = vec![Role::Machine];
        settings.compat = Some(Dialect::Watchman);
        settings.watch = Duration::from_secs(3_600);
    });
    let status = |service: &Service| service.get("/v2/data/refresh").json();
    let first = status(&service);
    assert_eq!((&first["state"], &first["trigger"]), (&json!("succeeded"), &json!("startup")), "{first}");
    let look = || {
        let asked = service.post("/v2/data/refresh", "");
        assert_eq!((asked.status, &asked.json()["state"]), (202, &json!("running")), "{}", asked.text());
        loop {
            match status(&service) {
                shown if shown["state"] == "running" => std::thread::sleep(Duration::from_millis(10)),
                shown => break shown,
            }
        }
    };
    import(service.folder.path(), "own", &format!("{}Q-4,Wilhelmina Dogberry,person,,\n", service::LIST));
    let path = "/v2/search?name=Wilhelmina+Dogberry&minMatch=0.9";
    assert_eq!(service.get(path).json()["entities"], json!([]));
    let done = look();
    assert_eq!((&done["state"], &done["trigger"]), (&json!("succeeded"), &json!("manual")), "{done}");
    assert_eq!(service.get(path).json()["entities"][0]["name"], "Wilhelmina Dogberry");
    std::fs::write(service.folder.path().join("current.json"), "{").unwrap();
    let failed = look();
    assert_eq!(failed["state"], "failed", "{failed}");
    assert!(failed["lastError"].as_str().is_some_and(|reason| reason.contains("current.json")), "{failed}");
    assert_eq!(service.get(path).json()["entities"][0]["name"], "Wilhelmina Dogberry", "the former lists answer");

    let reader = Service::with(|settings| {
        settings.anonymous = vec![Role::ListAdmin];
        settings.compat = Some(Dialect::Watchman);
    });
    assert_eq!(reader.post("/v2/data/refresh", "").status, 403);
}

#[test]
fn answers_are_in_the_ledger_before_they_are_shown() {
    let person = |name: &str| json!({"schema": "Person", "properties": {"name": [name]}});
    let asked = json!({"queries": {"a": person("Orsolya Vanderploeg"), "b": person("Nobody Known")}});
    let service = with_ledger(Dialect::Yente, |_| {});
    let answer = service.post("/match/default", &asked.to_string());
    assert_eq!(answer.status, 200, "{}", answer.text());
    let entries = answer.header("interdict-entry").unwrap().to_owned();
    let (first, last) = entries.split_once('-').unwrap();
    assert_eq!(first.parse::<u64>().unwrap() + 1, last.parse::<u64>().unwrap(), "one entry for each party");
    let receipt = Receipt::parse(&service.get(&format!("/v1/receipts/{first}")).body).unwrap();
    let opening = receipt.opening.as_ref().unwrap();
    let answered = receipt.answer.entry.event.answered().unwrap();
    // The receipt is of this question and of this part of the answer, and of no other.
    let input =
        json!({"interface": "yente", "dataset": "default", "query": "", "example": person("Orsolya Vanderploeg")});
    let other = json!({"interface": "yente", "dataset": "default", "query": "", "example": person("Nobody Known")});
    assert!(opening.fits(answered.input, &input).is_ok() && opening.fits(answered.input, &other).is_err());
    let shown = interdict_engine::Recorded::new(&answer.json()["responses"]["a"]).unwrap().record();
    assert_eq!(opening.record, shown);
    let snapshot = Arc::new(Home::at(service.folder.path()).snapshot().unwrap());
    assert_eq!(
        interdict_server::compat::again(&snapshot, &[], &input).unwrap(),
        Some(shown),
        "asked again, to the byte"
    );

    let refused = service.post("/match/default", &json!({"queries": {"q": person("---")}}).to_string());
    assert_eq!(refused.status, 400, "{}", refused.text());
    let form = format!("queries={}", json!({"q0": {"query": "Orsolya Vanderploeg"}}));
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    let reconciled = service.ask("POST", "/reconcile/default", &kind, form.as_bytes());
    assert_eq!(reconciled.json()["q0"]["result"][0]["name"], "Orsolya Vanderploeg", "{}", reconciled.text());
    assert!(reconciled.header("interdict-entry").is_some());
    assert_eq!(outcomes(service), ["hit", "clear", "not_done", "hit"]);

    let service = with_ledger(Dialect::Watchman, |_| {});
    let found = service.get("/v2/search?name=Orsolya+Vanderploeg&minMatch=0.7");
    assert!(found.header("interdict-entry").is_some(), "{:?}", found.headers);
    let none = service.get("/v2/search?name=Nobody+Known&minMatch=0.7");
    assert_eq!(none.json()["entities"], json!([]));
    assert_eq!(service.get("/v2/search?name=---").status, 400);
    assert_eq!(outcomes(service), ["hit", "clear", "not_done"]);
}

#[test]
fn updatez_takes_its_own_token_and_nothing_else() {
    let service = Service::with(|settings| {
        settings.compat = Some(Dialect::Yente);
        settings.update_token = Some("s3cret-of-the-cron-job".to_owned());
        settings.watch = Duration::from_secs(3_600);
    });
    let key = service.token(&Role::ALL);
    let bearer = format!("Bearer {}", key.reveal());
    for path in ["/updatez", "/updatez?token=", "/updatez?token=s3cret", "/updatez?token=S3cret-of-the-cron-job"] {
        let answer = service.ask("POST", path, &[("Authorization", &bearer)], b"");
        assert_eq!((answer.status, answer.json()["detail"].as_str()), (403, Some("Invalid token.")), "{path}");
    }
    import(service.folder.path(), "own", &format!("{}Q-4,Wilhelmina Dogberry,person,,\n", service::LIST));
    let before = service.app.lists().snapshot.digest();
    let answer = service.ask("POST", "/updatez?token=s3cret-of-the-cron-job&sync=true", &[], b"");
    assert_eq!((answer.status, answer.json()), (200, json!({"status": "ok"})), "{}", answer.text());
    assert_ne!(service.app.lists().snapshot.digest(), before, "the new lists are in use when it answers");

    let without = Service::with(|settings| settings.compat = Some(Dialect::Yente));
    assert_eq!(without.ask("POST", "/updatez?token=", &[], b"").status, 403);
}
