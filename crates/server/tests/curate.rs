//! Lists kept over HTTP: sent in, doubted, accepted, put back; by one administrator at a time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use interdict_lists::Mapping;
use interdict_server::{Allowance, Errands, Undone};
use interdict_state::Role;
use interdict_store::Home;
use serde_json::{Value, json};
use service::{Answer, Service, ask};

/// A list of so many invented parties, of a day.
fn list(count: u32, more: &str) -> String {
    let given = ["Orsolya", "Ansgar", "Wilhelmina", "Teodric", "Marlowe", "Isolde", "Bertrand", "Philippa"];
    let family = ["Vanderploeg", "Thistlewood", "Dogberry", "Mbekilovic", "Okonkwo", "Quillfeather", "Ravenhall"];
    let mut text = "id,name,type\n".to_owned();
    for n in 0..count {
        let (a, b) = (given[n as usize % given.len()], family[(n / 8) as usize % family.len()]);
        text.push_str(&format!("Q-{n},{a} {b},person\n"));
    }
    text + more
}

struct Desk {
    service: Service,
    bearer: String,
}

impl Desk {
    fn with(change: impl FnOnce(&mut interdict_server::Settings)) -> Self {
        let service = Service::with(|settings| {
            settings.anonymous = vec![Role::Machine];
            change(settings);
        });
        let bearer = format!("Bearer {}", service.token(&[Role::ListAdmin]).reveal());
        Self { service, bearer }
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut all = vec![("Authorization", self.bearer.as_str())];
        all.extend(headers);
        self.service.ask(method, path, &all, body)
    }

    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    fn post(&self, path: &str, body: &Value) -> Answer {
        self.ask("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    fn import(&self, text: &str) -> Answer {
        self.ask("POST", "/v1/imports?list=watch&name=watch.csv", &[("Content-Type", "text/csv")], text.as_bytes())
    }

    fn outcome(&self, name: &str) -> String {
        let body = json!({"party": {"name": name}}).to_string();
        self.service.post("/v1/screen", &body).json()["outcome"].as_str().unwrap().to_owned()
    }
}

#[test]
fn a_list_is_sent_in_doubted_accepted_and_put_back() {
    let desk = Desk::with(|_| {});
    assert_eq!(desk.outcome("Cornelius Featherstonehaugh"), "clear");
    let made = desk.import(&list(40, "Q-x,Cornelius Featherstonehaugh,person\n"));
    assert_eq!(made.status, 201, "{}", made.text());
    let report = made.json();
    assert_eq!(
        (&report["imported"][0]["state"], &report["imported"][0]["version"]["listings"]),
        (&json!("in_use"), &json!(41))
    );
    assert_eq!(desk.outcome("Cornelius Featherstonehaugh"), "hit", "with the answer it is in use");

    // a quarter of it is gone: the version in use stays
    let doubted = desk.import(&list(30, ""));
    assert_eq!((doubted.status, doubted.code().as_str()), (409, "doubted"), "{}", doubted.text());
    assert_eq!(doubted.header("content-type"), Some("application/problem+json"));
    let report = doubted.json()["report"].clone();
    assert_eq!(report["imported"][0]["doubts"][0]["kind"], "shrunk", "{report}");
    assert_eq!(desk.outcome("Cornelius Featherstonehaugh"), "hit");
    let held = desk.get("/v1/quarantine").json();
    assert_eq!(held["versions"][0]["doubts"][0]["kind"], "shrunk", "{held}");
    let digest = held["versions"][0]["version"]["digest"].as_str().unwrap().to_owned();

    let accept = |reason: &str| desk.post("/v1/lists/watch/accept", &json!({"version": digest, "reason": reason}));
    assert_eq!(accept(" ").status, 400);
    let accepted = accept("confirmed by telephone");
    assert_eq!(accepted.status, 200, "{}", accepted.text());
    assert_eq!(accepted.json()["accepted"][0]["reason"], "confirmed by telephone");
    assert_eq!(desk.outcome("Cornelius Featherstonehaugh"), "clear");
    assert_eq!(accept("again").code(), "conflict", "it is in use");

    let diff = desk.get("/v1/lists/watch/diff?limit=4");
    assert_eq!((diff.status, diff.header("content-type")), (200, Some("application/x-ndjson")));
    let lines: Vec<Value> = diff.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = &lines.last().unwrap()["summary"];
    assert_eq!((lines.len(), &summary["removed"], &summary["next"]), (5, &json!(11), &json!(4)));
    let mut records: Vec<String> = lines[..4].iter().map(|line| line["record"].to_string()).collect();
    let rest = desk.get("/v1/lists/watch/diff?from=4").text();
    let rest: Vec<Value> = rest.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rest.last().unwrap()["summary"]["next"].is_null());
    records.extend(rest[..7].iter().map(|line| line["record"].to_string()));
    records.sort();
    records.dedup();
    assert_eq!(records.len(), 11, "the pages hold each change once");

    let back = desk.post("/v1/lists/watch/rollback", &json!({"reason": "it was a mistake"}));
    assert_eq!(back.status, 200, "{}", back.text());
    assert_eq!(
        (&back.json()["in_use"]["version"]["listings"], &back.json()["set_aside"]["version"]["digest"]),
        (&json!(41), &json!(digest))
    );
    assert_eq!(desk.outcome("Cornelius Featherstonehaugh"), "hit");
    let again = desk.post("/v1/lists/watch/rollback", &json!({"version": "current"}));
    assert_eq!((again.status, again.code().as_str()), (409, "conflict"));
    let history = desk.get("/v1/lists/watch/history").json();
    let standings: Vec<_> = history.as_array().unwrap().iter().map(|one| one["standing"].as_str().unwrap()).collect();
    assert_eq!(standings.iter().filter(|standing| **standing == "in_use").count(), 1, "{standings:?}");
    assert_eq!(history.as_array().unwrap().len(), 2);
    for (path, body) in [
        ("/v1/lists/none/rollback", json!({})),
        ("/v1/lists/watch/rollback", json!({"version": "2001-01-01"})),
        ("/v1/lists/watch/accept", json!({"version": "2001-01-01", "reason": "x"})),
    ] {
        assert_eq!(desk.post(path, &body).status, 404, "{path}");
    }
    assert_eq!(desk.get("/v1/lists/none/history").status, 404);
    assert!(
        !desk.service.folder.path().join("uploads").read_dir().unwrap().any(|_| true),
        "nothing is left of uploads"
    );
}

#[test]
fn files_of_a_form_are_read_together_and_bad_ones_are_refused_whole() {
    let desk = Desk::with(|settings| settings.upload_bytes = 100_000);
    let form = |parts: &[(&str, &str)]| {
        let mut body = String::new();
        for (name, text) in parts {
            body.push_str(&format!(
                "--cut\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n"
            ));
        }
        body + "--cut--\r\n"
    };
    let kind = ("Content-Type", "multipart/form-data; boundary=cut");
    let sdn = "36,\"VANDERPLOEG, Orsolya\",\"individual\",\"CUBA\",-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,-0- ,\"DOB 03 Feb 1961.\"\r\n";
    let alt = "36,12,\"aka\",\"FEATHERSTONEHAUGH, Cornelia\",-0- \r\n";
    let body = form(&[("C:\\in\\sdn.csv", sdn), ("alt.csv", alt)]);
    let made = desk.ask("POST", "/v1/imports?published=2031-02-03", &[kind], body.as_bytes());
    assert_eq!(made.status, 201, "{}", made.text());
    let imported = &made.json()["imported"][0];
    assert_eq!((&imported["version"]["list"], &imported["files"][0]["name"]), (&json!("ofac-sdn"), &json!("sdn.csv")));
    assert_eq!(desk.outcome("Cornelia Featherstonehaugh"), "hit", "an alias of the second file");

    let before = desk.get("/v1/lists").json()["snapshot"].clone();
    let large = "x".repeat(100_001);
    let unnamed = "--cut\r\nContent-Disposition: form-data; name=\"list\"\r\n\r\nwatch\r\n--cut--\r\n".to_owned();
    for (path, kind, body, status, code) in [
        ("/v1/imports", "text/csv", String::new(), 400, "bad_request"),
        ("/v1/imports", "application/xml", "<nothing/>".to_owned(), 422, "refused"),
        ("/v1/imports?list=watch", "text/csv", "id,born\n1,1970\n".to_owned(), 422, "refused"),
        ("/v1/imports?list=Not%20a%20name", "text/csv", list(3, ""), 400, "bad_request"),
        ("/v1/imports?list=watch&publised=2031-01-01", "text/csv", list(3, ""), 400, "bad_request"),
        ("/v1/imports?list=watch&published=soon", "text/csv", list(3, ""), 400, "bad_request"),
        ("/v1/imports?list=watch", "text/csv", large, 413, "too_large"),
        ("/v1/imports", "multipart/form-data", "x".to_owned(), 400, "bad_request"),
        ("/v1/imports", "multipart/form-data; boundary=cut", "--cut\r\nnonsense".to_owned(), 400, "bad_request"),
        ("/v1/imports", "multipart/form-data; boundary=cut", "--cut--\r\n".to_owned(), 400, "bad_request"),
        ("/v1/imports", "multipart/form-data; boundary=cut", unnamed, 400, "bad_request"),
    ] {
        let answer = desk.ask("POST", path, &[("Content-Type", kind)], body.as_bytes());
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{path} {kind}: {}", answer.text());
        assert!(answer.json()["hint"].is_string(), "{path} {kind}: {}", answer.text());
    }
    assert_eq!(desk.get("/v1/lists").json()["snapshot"], before, "and nothing changed");
    let left = desk.service.folder.path().join("uploads").read_dir().unwrap().count();
    assert_eq!(left, 0, "nothing is left of what was refused");
}

#[test]
fn a_write_with_a_key_is_done_once() {
    let desk = Desk::with(|_| {});
    let send = |key: &str, text: &str| {
        let headers = [("Content-Type", "text/csv"), ("Idempotency-Key", key)];
        desk.ask("POST", "/v1/imports?list=watch", &headers, text.as_bytes())
    };
    let (first, second) = (send("a", &list(25, "")), send("a", &list(25, "")));
    assert_eq!((first.status, second.status), (201, 201), "{}", second.text());
    assert_eq!((second.header("idempotency-replayed"), first.json()), (Some("true"), second.json()));
    assert_eq!(send("a", &list(26, "")).code(), "conflict", "another file under the same key");
    assert_eq!(send("b", &list(26, "")).status, 201);
    let roll = |key: &str| {
        let headers = [("Content-Type", "application/json"), ("Idempotency-Key", key)];
        desk.ask("POST", "/v1/lists/watch/rollback", &headers, b"{}")
    };
    assert_eq!((roll("c").status, roll("c").status), (200, 200));
    let history = desk.get("/v1/lists/watch/history").json();
    let used = history.as_array().unwrap().iter().find(|one| one["standing"] == "in_use").unwrap();
    assert_eq!(used["version"]["listings"], 25, "twice is once: back, and not forth again");
}

/// An update that waits until the test lets it go on.
#[derive(Debug)]
struct Waits {
    fetched: Mutex<Receiver<()>>,
    has_turn: AtomicBool,
    go: Mutex<Receiver<Result<Value, String>>>,
    asked: Mutex<Vec<Vec<String>>>,
}

impl Errands for Waits {
    fn update(&self, _: &Home, lists: &[String], turn: &mut dyn FnMut()) -> Result<Value, Undone> {
        self.asked.lock().unwrap().push(lists.to_vec());
        // as while it fetches
        self.fetched.lock().unwrap().recv().unwrap();
        turn();
        self.has_turn.store(true, Ordering::SeqCst);
        let done = self.go.lock().unwrap().recv().unwrap().map_err(Undone::Asked);
        self.has_turn.store(false, Ordering::SeqCst);
        done
    }

    fn settle(&self, _: &Home) -> Result<(), Undone> {
        unreachable!()
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

    fn allow(&self, _: &Home, _: &Allowance) -> Result<Value, Undone> {
        unreachable!()
    }
}

#[test]
fn an_update_goes_on_by_itself_and_nobody_changes_lists_while_it_does() {
    let (go, waits): (Sender<Result<Value, String>>, _) = channel();
    let (fetch, fetches) = channel();
    let errands = Arc::new(Waits {
        fetched: Mutex::new(fetches),
        has_turn: AtomicBool::new(false),
        go: Mutex::new(waits),
        asked: Mutex::default(),
    });
    let brought = Arc::clone(&errands);
    let desk = Desk::with(move |settings| settings.errands = Some(brought));
    let ended = |answer: &Answer| {
        let address = answer.json()["address"].as_str().unwrap().to_owned();
        let until = Instant::now() + Duration::from_secs(60);
        loop {
            let update = desk.get(&address).json();
            if update["status"] != "under_way" {
                return update;
            }
            assert!(Instant::now() < until, "{update}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    let begun = desk.post("/v1/updates", &json!({"lists": ["un-sc"]}));
    assert_eq!((begun.status, &begun.json()["status"]), (202, &json!("under_way")), "{}", begun.text());
    // while it fetches, others change lists, and nobody else updates
    let other = desk.post("/v1/updates", &json!({}));
    assert_eq!((other.status, other.code().as_str()), (409, "conflict"), "{}", other.text());
    assert!(other.text().contains("an update is under way"), "{}", other.text());
    assert_eq!(desk.import(&list(25, "")).status, 201);
    assert_eq!(desk.import(&list(26, "")).status, 201);
    assert_eq!(desk.post("/v1/lists/watch/rollback", &json!({})).status, 200, "the way back does not wait");
    fetch.send(()).unwrap();
    let until = Instant::now() + Duration::from_secs(60);
    while !errands.has_turn.load(Ordering::SeqCst) {
        assert!(Instant::now() < until, "it never had its turn");
        std::thread::sleep(Duration::from_millis(5));
    }
    for answer in [
        desk.post("/v1/updates", &json!({})),
        desk.import(&list(27, "")),
        desk.post("/v1/lists/watch/rollback", &json!({})),
    ] {
        assert_eq!((answer.status, answer.code().as_str()), (409, "conflict"), "{}", answer.text());
    }
    assert_eq!(desk.outcome("Orsolya Vanderploeg"), "hit", "screening goes on");
    go.send(Ok(json!({"ok": true, "lists": [{"list": "un-sc"}]}))).unwrap();
    let update = ended(&begun);
    assert_eq!((&update["status"], &update["result"]["lists"][0]["list"]), (&json!("done"), &json!("un-sc")));
    for (result, status) in
        [(Ok(json!({"ok": false, "lists": []})), "incomplete"), (Err("no network".to_owned()), "failed")]
    {
        let begun = desk.post("/v1/updates", &json!({}));
        fetch.send(()).unwrap();
        go.send(result).unwrap();
        assert_eq!(ended(&begun)["status"], status);
    }
    assert_eq!(*errands.asked.lock().unwrap(), [vec!["un-sc".to_owned()], vec![], vec![]]);
    assert_eq!(desk.get("/v1/updates/none").status, 404);
    assert_eq!(desk.import(&list(28, "")).status, 201, "the turn was given back");
}

#[test]
fn administrators_at_once_fail_no_screening() {
    let desk = Desk::with(|_| {});
    assert_eq!(desk.import(&list(40, "Q-x,Cornelius Featherstonehaugh,person\n")).status, 201);
    let (ended, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let address = desk.service.address;
    let screener = {
        let (ended, asked) = (Arc::clone(&ended), Arc::clone(&asked));
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                let answer =
                    ask(address, "POST", "/v1/screen", &[], br#"{"party": {"name": "Cornelius Featherstonehaugh"}}"#);
                assert_eq!((answer.status, &answer.json()["outcome"]), (200, &json!("hit")), "{}", answer.text());
                asked.fetch_add(1, Ordering::Relaxed);
            }
        })
    };
    let administrators: Vec<_> = (0..3)
        .map(|who| {
            let bearer = desk.bearer.clone();
            std::thread::spawn(move || {
                let mut statuses = Vec::new();
                for n in 0..4 {
                    let more = format!(
                        "Q-x,Cornelius Featherstonehaugh,person\nW-{who}-{n},Person {who}{n} Invented,person\n"
                    );
                    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "text/csv")];
                    // Who is told to come again comes again.
                    for pause in 0..100 {
                        let body = list(40, &more);
                        let answer = ask(address, "POST", "/v1/imports?list=watch", &headers, body.as_bytes());
                        statuses.push(answer.status);
                        if answer.status == 201 {
                            break;
                        }
                        assert!(["conflict", "overloaded"].contains(&answer.code().as_str()), "{}", answer.text());
                        std::thread::sleep(Duration::from_millis(10 + pause * 5));
                    }
                }
                statuses
            })
        })
        .collect();
    let statuses: Vec<u16> = administrators.into_iter().flat_map(|one| one.join().unwrap()).collect();
    ended.store(true, Ordering::Relaxed);
    screener.join().unwrap();
    let made = statuses.iter().filter(|status| **status == 201).count();
    eprintln!("{made} of {} imports made, {} screened meanwhile", statuses.len(), asked.load(Ordering::Relaxed));
    assert!(made == 12 && asked.load(Ordering::Relaxed) > 3, "{statuses:?}");
    let history = desk.get("/v1/lists/watch/history").json();
    assert_eq!(history.as_array().unwrap().len(), made + 1, "each that was acknowledged is kept");
}

/// Steps of `nice` of the threads that have a name.
#[cfg(target_os = "linux")]
fn niceness(of: &str) -> Vec<i32> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap().flatten();
    // A thread may end meanwhile.
    let texts = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("stat")).ok());
    let of_it = texts.filter(|text| text.split_once('(').is_some_and(|(_, rest)| rest.starts_with(of)));
    of_it.map(|text| text.rsplit_once(") ").unwrap().1.split(' ').nth(16).unwrap().parse().unwrap()).collect()
}

/// R8: whoever screens goes first.
#[cfg(target_os = "linux")]
#[test]
fn whoever_changes_lists_stands_back_for_whoever_screens() {
    let desk = Desk::with(|_| {});
    let (text, ended) = (list(200, ""), AtomicBool::new(false));
    let seen = std::thread::scope(|threads| {
        threads.spawn(|| {
            let made = desk.import(&text);
            ended.store(true, Ordering::Release);
            assert_eq!(made.status, 201, "{}", made.text());
        });
        let mut seen = std::collections::BTreeSet::new();
        while !ended.load(Ordering::Acquire) {
            seen.extend(niceness("stand-back-"));
            std::thread::sleep(Duration::from_millis(1));
        }
        seen
    });
    let usual = niceness("compare-");
    let lower = (usual[0] + 10).min(19);
    assert!(seen.contains(&lower), "{seen:?}; those who compare have {usual:?}");
    assert!(usual.iter().all(|niceness| *niceness < lower || lower == 19), "{usual:?}");
}
