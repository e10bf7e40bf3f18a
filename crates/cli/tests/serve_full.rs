//! Writes of the service fail (R2): a full disk, a file that may not grow, a folder that is read-only, a locked database.
//! Nothing reads as clear, nothing acknowledged is lost, and it goes on by itself when the cause is gone.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod served;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use common::Home;
use serde_json::Value;
use served::{Answer, Served};

const PARTY: &str = r#"{"party": {"name": "Somebody Else"}}"#;
const KEY: &str = r#"{"name": "a key", "roles": ["viewer"]}"#;

/// A home with a list, a ledger and a key.
struct Kept {
    home: Home,
    root: PathBuf,
    token: String,
}

impl Kept {
    fn at(home: Home, root: PathBuf) -> Self {
        let file = home.file("own.csv", b"id,name,type\nQ-1,Orsolya Vanderploeg,person\n");
        let run = |args: &[&str]| {
            let done = home.command(args).env("INTERDICT_HOME", &root).output().unwrap();
            assert!(done.status.success(), "{args:?}: {done:?}");
            String::from_utf8(done.stdout).unwrap()
        };
        run(&["lists", "import", &file, "--as", "own"]);
        run(&["ledger", "init"]);
        let token = run(&["keys", "new", "all", "--role", "policy_admin,analyst"]).trim().to_owned();
        Self { home, root, token }
    }

    fn serve(&self) -> Served {
        let binary = env!("CARGO_BIN_EXE_interdict");
        let mut command = Command::new("sh");
        // The signal would end the service before it can see the error.
        let script = format!("trap '' XFSZ; exec {binary} serve --listen 127.0.0.1:0 --log off");
        command.args(["-c", &script]).env("INTERDICT_HOME", &self.root);
        Served::start(command)
    }

    fn ask(&self, served: &Served, method: &str, path: &str, body: &str) -> Answer {
        served.ask(method, path, &[("Authorization", &format!("Bearer {}", self.token))], body)
    }

    /// The ledger holds, and has at least this entry.
    fn verify(&self, at_least: u64) {
        let run =
            self.home.command(&["ledger", "verify", "--format", "json"]).env("INTERDICT_HOME", &self.root).output();
        let run = run.unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
        let shown: Value = serde_json::from_slice(&run.stdout).unwrap();
        assert!(shown["entries"].as_u64().unwrap() > at_least, "{shown}");
    }
}

fn entry(answer: &Answer) -> u64 {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["recording"]["entry"].as_u64().unwrap()
}

/// A problem that one may come back with, and that clears nobody.
fn refused(answer: &Answer, at: &str) {
    assert_eq!(answer.status, 503, "{at}: {answer:?}");
    let problem = answer.json();
    assert_eq!(problem["code"], "unavailable", "{at}: {problem}");
    assert!(!answer.body.contains("clear\"") && !answer.body.contains("outcome"), "{at}: {problem}");
}

/// Every path that writes is refused, those that only read are not; the cause ends, and all goes on.
fn refuses_and_goes_on(kept: &Kept, served: &Served, at: &str, mend: impl FnOnce()) {
    // A basis that is not on record yet, one that is, the law, a key with and without idempotency, a batch.
    for (path, body) in [
        ("/v1/screen", PARTY),
        ("/v1/screen", r#"{"party": {"name": "Somebody Else"}, "threshold": 0.81}"#),
        ("/v1/check", r#"{"facts": {"activity": "goods", "seller": "Quill"}, "on": "2018-01-05"}"#),
        ("/v1/keys", KEY),
    ] {
        for _ in 0..3 {
            refused(&kept.ask(served, "POST", path, body), &format!("{at}: {path}"));
        }
    }
    let once = [("Authorization", format!("Bearer {}", kept.token)), ("Idempotency-Key", at.to_owned())];
    let once: Vec<(&str, &str)> = once.iter().map(|(name, value)| (*name, value.as_str())).collect();
    refused(&served.ask("POST", "/v1/keys", &once, KEY), &format!("{at}: idempotent"));
    let batch = kept.ask(served, "POST", "/v1/screen/batch", "{\"name\": \"Somebody Else\"}\n");
    assert!(!batch.whole && !batch.body.contains("summary") && !batch.body.contains("clear"), "{at}: {batch:?}");
    for path in ["/healthz", "/v1/status", "/v1/lists", "/v1/law/pages", "/v1/keys"] {
        assert_eq!(kept.ask(served, "GET", path, "").status, 200, "{at}: {path} only reads");
    }
    mend();
    let begun = Instant::now();
    while kept.ask(served, "POST", "/v1/screen", PARTY).status != 200 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{at}: it does not go on");
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(served.ask("POST", "/v1/keys", &once, KEY).status, 201, "{at}: what failed can be done");
    assert_eq!(
        kept.ask(served, "POST", "/v1/check", r#"{"facts": {"activity": "goods"}, "on": "2018-01-05"}"#).status,
        200
    );
}

/// Entries before and after hold, one after another, also from the files alone.
fn all_holds(kept: &Kept, served: &Served, acknowledged: &[u64], at: &str) {
    let last = entry(&kept.ask(served, "POST", "/v1/screen", PARTY));
    for entry in acknowledged.iter().chain([&last]) {
        let receipt = kept.ask(served, "GET", &format!("/v1/receipts/{entry}"), "");
        assert_eq!(receipt.status, 200, "{at}: entry {entry} is lost: {receipt:?}");
    }
    kept.verify(last);
}

fn limit(served: &Served, soft: &str) -> bool {
    let pid = served.child.id().to_string();
    let done = Command::new("prlimit").args(["--pid", &pid, &format!("--fsize={soft}:unlimited")]).status();
    done.is_ok_and(|status| status.success())
}

#[test]
fn a_file_that_may_not_grow_is_refused_and_outlived() {
    let home = Home::new();
    let root = home.path("home");
    let kept = Kept::at(home, root);
    let served = kept.serve();
    if !limit(&served, "unlimited") {
        eprintln!("skipped: no prlimit on this machine");
        return;
    }
    let mut acknowledged: Vec<u64> = Vec::new();
    for round in 0..4 {
        acknowledged.extend((0..5).map(|_| entry(&kept.ask(&served, "POST", "/v1/screen", PARTY))));
        // nothing may be written from here on, or something that is less than one entry
        let bytes = ["0", "1", "100", "300"][round];
        assert!(limit(&served, bytes));
        let at = format!("no file above {bytes} bytes");
        refuses_and_goes_on(&kept, &served, &at, || assert!(limit(&served, "unlimited")));
        all_holds(&kept, &served, &acknowledged, &at);
    }
}

/// Fills a disk with one file.
fn fill(filler: &Path) {
    let mut file = std::fs::File::create(filler).unwrap();
    while std::io::Write::write(&mut file, &[7; 512]).is_ok_and(|written| written > 0) {}
}

/// A file system of its own, in memory; none without the right to mount one.
struct Mounted(PathBuf);

impl Mounted {
    fn at(path: &Path, options: &str) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(path).output();
        done.is_ok_and(|done| done.status.success()).then(|| Self(path.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_is_refused_and_outlived() {
    let home = Home::new();
    let root = home.path("disk");
    let Some(_mounted) = Mounted::at(&root, "size=24m") else {
        eprintln!("skipped: this user may not mount a file system");
        return;
    };
    let kept = Kept::at(home, root.clone());
    let served = kept.serve();
    let mut acknowledged = Vec::new();
    for round in 0..3 {
        acknowledged.extend((0..5).map(|_| entry(&kept.ask(&served, "POST", "/v1/screen", PARTY))));
        let filler = root.join("filler");
        fill(&filler);
        // The last pages of files that are there take a little more, which is acknowledged as before.
        let begun = Instant::now();
        for path in ["/v1/screen", "/v1/keys"] {
            let body = if path == "/v1/keys" { KEY } else { PARTY };
            loop {
                let answer = kept.ask(&served, "POST", path, body);
                match answer.status {
                    200 => acknowledged.push(entry(&answer)),
                    201 => {}
                    _ => break,
                }
                assert!(begun.elapsed() < Duration::from_secs(60), "the disk is never full");
            }
        }
        refuses_and_goes_on(&kept, &served, &format!("full disk, round {round}"), || {
            std::fs::remove_file(&filler).unwrap();
        });
        all_holds(&kept, &served, &acknowledged, "full disk");
    }
    // killed while it is full, it starts again and nothing is lost
    let mut served = served;
    let filler = root.join("filler");
    fill(&filler);
    let _ = kept.ask(&served, "POST", "/v1/screen", PARTY);
    served.kill();
    std::fs::remove_file(&filler).unwrap();
    let served = kept.serve();
    all_holds(&kept, &served, &acknowledged, "killed while the disk was full");
}

#[test]
fn a_read_only_home_is_said_at_the_start() {
    let home = Home::new();
    let root = home.path("disk");
    let Some(mounted) = Mounted::at(&root, "size=24m") else {
        eprintln!("skipped: this user may not mount a file system");
        return;
    };
    let kept = Kept::at(home, root);
    let done = Command::new("mount").args(["-o", "remount,ro"]).arg(&mounted.0).status();
    if !done.is_ok_and(|status| status.success()) {
        eprintln!("skipped: the file system cannot be made read-only");
        return;
    }
    let run =
        kept.home.command(&["serve", "--listen", "127.0.0.1:0"]).env("INTERDICT_HOME", &kept.root).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(2), "{said}");
    assert!(said.contains("state.db") && said.contains("\"hint\":"), "{said}");
}

#[test]
fn a_database_that_another_process_holds_refuses_keys_and_nothing_else() {
    let home = Home::new();
    let root = home.path("home");
    let kept = Kept::at(home, root.clone());
    let served = kept.serve();
    assert_eq!(kept.ask(&served, "POST", "/v1/keys", KEY).status, 201);
    let other = rusqlite::Connection::open(root.join("state.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; DELETE FROM once;").unwrap();
    refused(&kept.ask(&served, "POST", "/v1/keys", KEY), "a locked database");
    entry(&kept.ask(&served, "POST", "/v1/screen", PARTY));
    assert_eq!(kept.ask(&served, "GET", "/v1/keys", "").status, 200);
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(kept.ask(&served, "POST", "/v1/keys", KEY).status, 201);
}
