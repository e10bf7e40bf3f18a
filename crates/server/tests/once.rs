//! A screening or a decision that is sent again under its idempotency key is the same one: one answer, one entry.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod service;

use std::io::Write as _;
use std::net::TcpStream;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use interdict_lists::Mapping;
use interdict_model::Digest;
use interdict_server::{Allowance, Errands, Undone};
use interdict_state::{Begun, Role};
use interdict_store::Home;
use interdict_store::ledger::{LogFiles, verify};
use jiff::Timestamp;
use serde_json::{Value, json};
use service::{Answer, LIST, Service, import};

fn send(service: &Service, path: &str, token: &str, name: &str, body: &str) -> Answer {
    let headers = [("X-API-Key", token), ("Idempotency-Key", name), ("Content-Type", "application/json")];
    service.ask("POST", path, &headers, body.as_bytes())
}

#[test]
fn the_same_request_has_the_same_answer_and_the_same_entry() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    let mut service = Service::over(folder, |_| {});
    let (own, other) = (service.token(&[Role::Machine]), service.token(&[Role::Machine]));
    let party = json!({"party": {"name": "Orsolya Vanderploeg"}}).to_string();
    let facts = json!({"facts": {"activity": "goods", "seller": "Quill"}, "on": "2018-01-05"}).to_string();
    for (path, body, altered) in [
        ("/v1/screen", &party, party.replace("Orsolya", "Ansgar")),
        ("/v1/check", &facts, facts.replace("Quill", "Mill")),
    ] {
        let first = send(&service, path, own.reveal(), path, body);
        assert_eq!(first.status, 200, "{}", first.text());
        assert!(first.header("idempotency-replayed").is_none());
        // Other lists come into use meanwhile: the answer that was given stays the answer.
        import(service.folder.path(), "own", &format!("{LIST}Q-9,{path} Dogberry,person,,\n"));
        service.app.refresh();
        let again = send(&service, path, own.reveal(), path, body);
        assert_eq!((again.status, again.header("idempotency-replayed")), (200, Some("true")));
        assert_eq!(again.text(), first.text());
        assert_eq!(again.json()["recording"]["entry"], first.json()["recording"]["entry"]);
        let conflict = send(&service, path, own.reveal(), path, &altered);
        assert_eq!((conflict.status, conflict.code().as_str()), (409, "conflict"), "{}", conflict.text());
        // Another caller's key is another key.
        let of_other = send(&service, path, other.reveal(), path, body);
        assert!(of_other.status == 200 && of_other.header("idempotency-replayed").is_none());
        assert_ne!(of_other.json()["recording"]["entry"], first.json()["recording"]["entry"]);
    }
    let elsewhere = send(&service, "/v1/check", own.reveal(), "/v1/screen", &party);
    assert_eq!(elsewhere.status, 409, "one key is for one request, also of another route");
    service.end();
    let files = LogFiles::at(service.folder.path().join("ledger"));
    let verified = verify(&files, &files.key().unwrap(), &[]).unwrap();
    assert_eq!((verified.kinds["screening"], verified.kinds["decision"]), (2, 2), "{:?}", verified.kinds);
}

#[test]
fn what_was_not_done_may_be_mended_under_the_same_key() {
    let service = Service::open();
    let token = service.token(&[Role::Machine]);
    let bad = send(&service, "/v1/screen", token.reveal(), "k", r#"{"party": {"name": "---"}}"#);
    assert_eq!((bad.status, bad.code().as_str()), (422, "not_done"));
    let good = send(&service, "/v1/screen", token.reveal(), "k", r#"{"party": {"name": "Ansgar Thistlewood"}}"#);
    assert_eq!((good.status, good.json()["outcome"].as_str()), (200, Some("hit")), "{}", good.text());
    let long = "x".repeat(256);
    for name in ["", &long] {
        assert_eq!(send(&service, "/v1/screen", token.reveal(), name, "{}").status, 400, "{name:?}");
    }
}

#[test]
fn those_who_come_together_get_one_answer() {
    let folder = tempfile::tempdir().unwrap();
    import(folder.path(), "own", LIST);
    Home::at(folder.path()).ledger().init("test.example/log", Timestamp::UNIX_EPOCH).unwrap();
    let service = Service::over(folder, |_| {});
    let token = service.token(&[Role::Machine]);
    let party = json!({"party": {"name": "Orsolya Vanderploeg"}}).to_string();
    let answers: Vec<Answer> = std::thread::scope(|scope| {
        let ask = || send(&service, "/v1/screen", token.reveal(), "together", &party);
        let clients: Vec<_> = (0..12).map(|_| scope.spawn(ask)).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    let done: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert!(!done.is_empty());
    assert!(done.iter().all(|answer| answer.body == done[0].body), "one answer");
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.code() == "conflict"));
    assert_eq!(send(&service, "/v1/screen", token.reveal(), "together", &party).body, done[0].body);
}

/// Runs that wait until they are told to go on, and are counted.
#[derive(Debug)]
struct Slow {
    begun: Mutex<Sender<()>>,
    go: Mutex<Receiver<()>>,
    runs: Arc<AtomicUsize>,
}

impl Errands for Slow {
    fn update(&self, _: &Home, _: &[String], _: &mut dyn FnMut()) -> Result<Value, Undone> {
        Err(Undone::Asked("not here".to_owned()))
    }

    fn settle(&self, _: &Home) -> Result<(), Undone> {
        Ok(())
    }

    fn keep(&self, _: &Home, _: &[(String, PathBuf)], _: &Mapping, _: bool) -> Result<Value, Undone> {
        Err(Undone::Asked("not here".to_owned()))
    }

    fn leave(&self, _: &Home, _: &[String]) -> Result<Value, Undone> {
        Err(Undone::Asked("not here".to_owned()))
    }

    fn run(&self, _: &Home, _: Option<String>) -> Result<Value, Undone> {
        self.begun.lock().unwrap().send(()).unwrap();
        self.go.lock().unwrap().recv().unwrap();
        let number = self.runs.fetch_add(1, Ordering::SeqCst) + 1;
        Ok(json!({"number": number}))
    }

    fn allow(&self, _: &Home, _: &Allowance) -> Result<Value, Undone> {
        Err(Undone::Asked("not here".to_owned()))
    }
}

/// A service whose runs are slow; what tells that one began, what lets one go on, how many ended.
fn slow() -> (Service, Receiver<()>, Sender<()>, Arc<AtomicUsize>) {
    let ((tell, begun), (go, wait)) = (channel(), channel());
    let runs = Arc::new(AtomicUsize::new(0));
    let errands = Slow { begun: Mutex::new(tell), go: Mutex::new(wait), runs: Arc::clone(&runs) };
    let service = Service::with(|settings| settings.errands = Some(Arc::new(errands)));
    (service, begun, go, runs)
}

/// Sends a run under a key, and goes once it is being made.
fn goes(service: &Service, token: &str, begun: &Receiver<()>) {
    let mut stream = TcpStream::connect(service.address).unwrap();
    let head =
        format!("POST /v1/monitor/runs HTTP/1.1\r\nHost: localhost\r\nX-API-Key: {token}\r\nIdempotency-Key: gone");
    stream
        .write_all(format!("{head}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}").as_bytes())
        .unwrap();
    begun.recv().unwrap();
    drop(stream);
    // The service sees that nobody is there any more, before the run ends.
    std::thread::sleep(Duration::from_millis(300));
}

#[test]
fn a_write_whose_caller_went_is_done_to_its_end_and_once() {
    let (service, begun, go, runs) = slow();
    let token = service.token(&[Role::Reviewer]);
    goes(&service, token.reveal(), &begun);
    // Whoever asks again meanwhile is told that it is under way, and another request is another.
    let early = send(&service, "/v1/monitor/runs", token.reveal(), "gone", "{}");
    assert_eq!((early.status, early.code().as_str()), (409, "conflict"), "{}", early.text());
    // Two may go on: where the first answer was lost, the second request would be a second run.
    go.send(()).unwrap();
    go.send(()).unwrap();
    let again = loop {
        let again = send(&service, "/v1/monitor/runs", token.reveal(), "gone", "{}");
        if again.status != 409 {
            break again;
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    assert_eq!((again.status, again.header("idempotency-replayed")), (201, Some("true")), "{}", again.text());
    assert_eq!((again.json()["number"].as_u64(), runs.load(Ordering::SeqCst)), (Some(1), 1), "it was done once");
}

#[test]
fn the_end_of_the_service_waits_for_a_write_whose_caller_went() {
    let (mut service, begun, go, runs) = slow();
    let token = service.token(&[Role::Reviewer]);
    goes(&service, token.reveal(), &begun);
    let later = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        go.send(()).unwrap();
    });
    service.end();
    later.join().unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 1, "it ended before the service did");
    let kept = service.app.state().keys().unwrap();
    let request = Digest::of_parts([b"POST /v1/monitor/runs".as_slice(), b"{}"]);
    let begun = service.app.state().begin_once(&kept[0].id, "gone", request, Timestamp::now().as_second()).unwrap();
    assert!(matches!(begun, Begun::Answered { status: 201, .. }), "its answer was kept: {begun:?}");
}
