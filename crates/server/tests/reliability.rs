//! What must not happen under stress: a failed or mixed answer while lists are swapped (R8), a
//! hostile name that clears (R19), memory or waiting without bound (overload), work lost at the end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use interdict_state::Role;
use interdict_store::Home;
use serde_json::{Value, json};
use service::{LIST, Service, ask, import};

/// Swaps under load; each answer must be wholly of one version.
const SWAPS: u32 = 100;

const PARTY: &str = r#"{"party": {"name": "Wilhelmina Dogberry"}}"#;

/// The list with an entry whose record tells the version.
fn version(n: u32) -> String {
    format!("{LIST}V-{n},Wilhelmina Dogberry,person,,\n")
}

#[test]
fn a_hundred_swaps_fail_no_request_and_mix_no_answer() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", &version(0));
    let service = Service::over(folder, |settings| settings.anonymous = vec![Role::Machine]);
    let ended = Arc::new(AtomicBool::new(false));
    let asked = Arc::new(AtomicU64::new(0));
    // from the hash of the list's files to the record that only that version has
    let seen: Arc<Mutex<HashMap<String, String>>> = Arc::default();
    let clients: Vec<_> = (0..3)
        .map(|n| {
            let (ended, asked, seen, address) =
                (Arc::clone(&ended), Arc::clone(&asked), Arc::clone(&seen), service.address);
            std::thread::spawn(move || {
                while !ended.load(Ordering::Relaxed) {
                    let answers: Vec<Value> = if n == 0 {
                        let body = r#"{"name": "Wilhelmina Dogberry"}"#.to_owned() + "\n";
                        let batch = ask(address, "POST", "/v1/screen/batch", &[], body.repeat(200).as_bytes());
                        assert!(batch.status == 200 && batch.whole, "{}", batch.text());
                        let lines: Vec<Value> =
                            batch.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
                        assert_eq!(lines.last().unwrap()["summary"]["hit"], 200);
                        let rows: Vec<Value> = lines[..200].iter().map(|line| line["screening"].clone()).collect();
                        assert!(
                            rows.iter().all(|row| row["snapshot"] == rows[0]["snapshot"]),
                            "a batch is of one snapshot"
                        );
                        rows
                    } else {
                        let answer = ask(address, "POST", "/v1/screen", &[], PARTY.as_bytes());
                        assert_eq!(answer.status, 200, "{}", answer.text());
                        assert_eq!(answer.json()["lists"][0]["digest"], answer.json()["hits"][0]["version"]);
                        vec![answer.json()]
                    };
                    for answer in answers {
                        asked.fetch_add(1, Ordering::Relaxed);
                        let hit = &answer["hits"][0];
                        let text = |value: &Value| value.as_str().unwrap().to_owned();
                        let (version, record) = (text(&hit["version"]), text(&hit["record"]));
                        let known = seen.lock().unwrap().entry(version).or_insert_with(|| record.clone()).clone();
                        assert_eq!(known, record, "one version has one record");
                    }
                }
            })
        })
        .collect();
    let mut swaps = 0;
    let mut now = service.app.lists().snapshot.digest();
    for n in 1..=SWAPS {
        import(service.folder.path(), "own", &version(n));
        let until = Instant::now() + Duration::from_secs(60);
        while service.app.lists().snapshot.digest() == now {
            assert!(Instant::now() < until, "swap {n} did not happen");
            std::thread::sleep(Duration::from_millis(5));
        }
        now = service.app.lists().snapshot.digest();
        swaps += 1;
    }
    ended.store(true, Ordering::Relaxed);
    clients.into_iter().for_each(|client| client.join().unwrap());
    let (asked, versions) = (asked.load(Ordering::Relaxed), seen.lock().unwrap().len());
    eprintln!("{swaps} swaps, {asked} parties, 0 failed, 0 mixed, {versions} versions seen in answers");
    assert!(swaps == SWAPS && versions > 10 && asked > 100, "{swaps} {versions} {asked}");
}

#[test]
fn hostile_names_get_a_defined_answer_and_are_never_cleared() {
    let service = Service::open();
    let million = "a".repeat(1_000_000);
    let tokens = vec!["ab"; 10_000].join(" ");
    let marks = "\u{301}\u{302}\u{489}".repeat(3_000);
    let combinations =
        (0..400).map(|n| format!("{}{}", ["mo", "ha", "al", "ab"][n % 4], n % 7)).collect::<Vec<_>>().join(" ");
    for (what, name) in [
        ("a million letters", million.as_str()),
        ("ten thousand words", tokens.as_str()),
        ("nothing but marks", marks.as_str()),
        ("combinations", combinations.as_str()),
        ("zero-width only", "\u{200d}\u{200b}\u{feff}"),
        ("control characters only", "\u{1}\u{2}\u{7f}"),
    ] {
        let began = Instant::now();
        let answer = service.post("/v1/screen", &json!({"party": {"name": name}}).to_string());
        eprintln!("{what}: {} in {:.1?}", answer.status, began.elapsed());
        assert!(answer.status == 422 || answer.status == 400, "{what}: {} {}", answer.status, answer.text());
        assert!(answer.json().get("outcome").is_none(), "{what} reads as an answer");
    }
    // who hides a listed name behind characters that nobody sees is not cleared
    for name in [
        "Or\u{200d}sol\u{200b}ya Van\u{feff}derploeg",
        "\u{202e}Orsolya\u{202c} Vanderploeg",
        "O\u{301}r\u{301}s\u{301}o\u{301}l\u{301}y\u{301}a\u{301} V\u{301}anderploeg",
        "Ｏｒｓｏｌｙａ Ｖａｎｄｅｒｐｌｏｅｇ",
        "Ors\u{43e}lya Vanderpl\u{43e}eg",
    ] {
        let answer = service.post("/v1/screen", &json!({"party": {"name": name}}).to_string());
        assert!(answer.json()["outcome"] == "hit" || answer.status == 422, "{name:?}: {}", answer.text());
    }
    // many names of one party
    let names: Vec<String> = (0..5_000).map(|n| format!("Orsolya {n}")).collect();
    let answer = service.post("/v1/screen", &json!({"party": {"name": "Orsolya", "alias": names}}).to_string());
    assert_eq!(answer.status, 422, "{}", answer.text());
}

#[test]
fn too_much_is_turned_away_and_nothing_else_fails() {
    let service = Service::with(|settings| {
        settings.anonymous = vec![Role::Machine];
        settings.workers = 1;
        settings.queue = 2;
        settings.batches = 1;
    });
    let names: Vec<String> = (0..60).map(|n| format!("Orsolya Vanderploeg of House {n}")).collect();
    let body = Arc::new(json!({"party": {"name": "Orsolya Vanderploeg", "alias": names}}).to_string());
    let clients: Vec<_> = (0..24)
        .map(|_| {
            let (body, address) = (Arc::clone(&body), service.address);
            std::thread::spawn(move || {
                let mut counts = HashMap::new();
                for _ in 0..8 {
                    let answer = ask(address, "POST", "/v1/screen", &[], body.as_bytes());
                    if answer.status == 503 {
                        assert_eq!((answer.code().as_str(), answer.header("retry-after")), ("overloaded", Some("1")));
                        assert!(answer.json().get("outcome").is_none());
                    } else {
                        assert_eq!(answer.json()["outcome"], "hit", "{}", answer.text());
                    }
                    *counts.entry(answer.status).or_insert(0) += 1;
                }
                counts
            })
        })
        .collect();
    let mut counts: HashMap<u16, u32> = HashMap::new();
    for client in clients {
        for (status, count) in client.join().unwrap() {
            *counts.entry(status).or_default() += count;
        }
    }
    eprintln!("24 clients on one thread and a queue of 2: {counts:?}");
    assert!(counts[&200] > 0 && counts[&503] > 0 && counts.len() == 2, "{counts:?}");
    assert_eq!(service.post("/v1/screen", PARTY).status, 200, "and afterwards it answers");
}

#[test]
fn time_out_is_not_clear() {
    let service = Service::with(|settings| {
        settings.anonymous = vec![Role::Machine];
        settings.deadline = Duration::ZERO;
    });
    let answer = service.post("/v1/screen", PARTY);
    assert_eq!((answer.status, answer.code().as_str()), (503, "timed_out"));
    assert!(answer.text().contains("not cleared"), "{}", answer.text());
}

#[test]
fn at_the_end_what_is_under_way_is_finished() {
    let mut service = Service::open();
    let address = service.address;
    let body = r#"{"name": "Orsolya Vanderploeg"}"#.to_owned() + "\n";
    let begun = Instant::now();
    let client =
        std::thread::spawn(move || ask(address, "POST", "/v1/screen/batch", &[], body.repeat(2_000).as_bytes()));
    std::thread::sleep(Duration::from_millis(50));
    service.end();
    let batch = client.join().unwrap();
    assert!(batch.whole && batch.text().lines().last().unwrap().contains("\"rows\":2000"), "{:?}", begun.elapsed());
    assert!(std::net::TcpStream::connect(address).is_err(), "nobody listens any more");
}

/// R17: the stored index is opened, not built, and nothing is fetched.
#[test]
fn it_starts_again_from_what_is_stored() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", &version(0));
    let digest = Home::at(folder.path()).snapshot().unwrap().digest();
    let path = folder.path().to_owned();
    for _ in 0..2 {
        let mut settings = interdict_server::Settings::new(Home::at(&path));
        settings.anonymous = vec![Role::Machine];
        let began = Instant::now();
        let app = interdict_server::App::open(settings).unwrap();
        assert_eq!(app.lists().snapshot.digest(), digest);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

/// R16: how many threads compare changes nothing of an answer.
#[test]
fn any_number_of_threads_gives_the_same_records() {
    let rows: String = (0..600)
        .map(|n| {
            format!("{{\"name\": \"{} {n}\"}}\n", ["Orsolya Vanderploeg", "Quill Trading", "Somebody Else"][n % 3])
        })
        .collect();
    let of = |workers: usize| {
        let service = Service::with(|settings| {
            settings.anonymous = vec![Role::Machine];
            settings.workers = workers;
        });
        let batch = ask(service.address, "POST", "/v1/screen/batch", &[], rows.as_bytes());
        assert!(batch.status == 200 && batch.whole, "{}", batch.text());
        let lines: Vec<Value> = batch.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let records = lines.iter().map(|line| line["screening"]["record"].clone()).collect::<Vec<_>>();
        (lines.last().unwrap()["summary"].clone(), records)
    };
    let one = of(1);
    assert!(one.0["rows"] == 600 && one.0["hit"].as_u64() > Some(0) && one.0["clear"].as_u64() > Some(0), "{}", one.0);
    assert!(one.0["records"].is_string() && one.1[0].is_string());
    for workers in [2, 16] {
        assert_eq!(of(workers), one, "{workers} threads");
    }
}
