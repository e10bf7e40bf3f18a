//! The service on PostgreSQL (R1, R2): the service or the database is killed at random, the database is gone, hangs, is full
//! or has no connection left. Nothing acknowledged is lost, nothing reads as clear, and it goes on by itself.
//!
//! `SERVE_PG_KILLS` sets how many kills; `docs/benchmarks/postgres.sh` does 200.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod served;

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, RwLock};
use std::time::{Duration, Instant};

use common::Home;
use interdict_testkit::postgres::Cluster;
use served::{Answer, Served, ask};

const PARTY: &str = r#"{"party": {"name": "Somebody Else"}}"#;
const KEY: &str = r#"{"name": "a key", "roles": ["viewer"]}"#;

/// A home whose state is in a database, and a key.
struct Shared {
    home: Home,
    address: String,
    authorization: String,
}

impl Shared {
    fn new(address: &str) -> Self {
        let home = Home::new();
        let file = home.file("own.csv", b"id,name,type\nQ-1,Orsolya Vanderploeg,person\n");
        let run = home.run(&["lists", "import", &file, "--as", "own"]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        let run = home.run(&["keys", "--database", address, "new", "all", "--role", "policy_admin,analyst"]);
        assert_eq!(run.code, Some(0), "{}", run.err);
        let authorization = format!("Bearer {}", run.out.trim());
        Self { home, address: address.to_owned(), authorization }
    }

    fn command(&self, more: &[&str]) -> Command {
        let mut command = self.home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "off"]);
        command.args(["--database", &self.address]).args(more);
        command
    }

    fn serve(&self) -> Served {
        Served::start(self.command(&[]))
    }

    fn ask(&self, served: &Served, method: &str, path: &str, body: &str) -> Answer {
        let begun = Instant::now();
        let answer = served.ask(method, path, &[("Authorization", &self.authorization)], body);
        assert!(begun.elapsed() < Duration::from_secs(9), "{method} {path} took {:?}", begun.elapsed());
        answer
    }
}

fn ready(served: &Served) -> bool {
    served.ask("GET", "/readyz", &[], "").status == 200
}

fn wait(what: &str, is_so: impl Fn() -> bool) -> Duration {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
    begun.elapsed()
}

/// A problem that one may come back with, and that clears nobody.
fn refused(answer: &Answer, at: &str) {
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("unavailable")), "{at}: {answer:?}");
    assert!(!answer.body.contains("clear\"") && !answer.body.contains("outcome"), "{at}: {answer:?}");
}

/// What is answered while the database cannot be reached.
fn fails_closed(shared: &Shared, served: &Served, open: &Served, at: &str) {
    wait("not ready", || !ready(served) && !ready(open));
    let why = served.ask("GET", "/readyz", &[], "");
    assert!(why.body.contains("the state cannot be reached") && !why.body.contains("interdict@"), "{at}: {why:?}");
    assert_eq!(served.ask("GET", "/healthz", &[], "").status, 200, "{at}: it is alive");
    // a key is believed for two seconds, and not longer
    std::thread::sleep(Duration::from_millis(2_100));
    for (method, path, body) in [
        ("POST", "/v1/screen", PARTY),
        ("POST", "/v1/screen/batch", "{\"name\": \"Somebody Else\"}\n"),
        ("POST", "/v1/keys", KEY),
        ("GET", "/v1/keys", ""),
        ("GET", "/v1/status", ""),
    ] {
        refused(&shared.ask(served, method, path, body), &format!("{at}: {path}"));
    }
    // who needs no key needs no database, but for what is to be done once
    assert_eq!(open.ask("POST", "/v1/screen", &[], PARTY).json()["outcome"], "clear", "{at}");
    refused(&open.ask("POST", "/v1/screen", &[("Idempotency-Key", at)], PARTY), at);
    let status = open.ask("GET", "/v1/status", &[], "").json();
    assert!(status["ready"] == false && status["state_error"].as_str().unwrap().starts_with("postgresql"), "{status}");
    assert!(open.ask("GET", "/metrics", &[], "").body.contains("interdict_state_reached 0\n"));
}

fn goes_on(shared: &Shared, served: &Served, open: &Served, at: &str) {
    let took = wait("ready again", || ready(served) && ready(open));
    assert_eq!(shared.ask(served, "POST", "/v1/screen", PARTY).status, 200, "{at}");
    assert_eq!(shared.ask(served, "POST", "/v1/keys", KEY).status, 201, "{at}");
    assert_eq!(open.ask("POST", "/v1/screen", &[("Idempotency-Key", at)], PARTY).status, 200, "{at}");
    eprintln!("{at}: ready {took:.1?} after the database was");
}

#[test]
fn without_its_database_it_fails_closed_and_comes_back() {
    let Some(mut cluster) = Cluster::start(&["max_connections=8"]) else { return };
    let shared = Shared::new(&cluster.database());
    let (served, open) = (shared.serve(), Served::start(shared.command(&["--anonymous", "machine,viewer"])));
    wait("ready", || ready(&served) && ready(&open));
    cluster.stop();
    fails_closed(&shared, &served, &open, "stopped");
    // a service that starts now says why it does not
    let run = shared.command(&[]).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.code() == Some(2) && said.contains("postgresql") && said.contains("hint:"), "{said}");
    cluster.run();
    goes_on(&shared, &served, &open, "stopped");
    cluster.kill();
    fails_closed(&shared, &served, &open, "killed");
    cluster.run();
    goes_on(&shared, &served, &open, "killed");

    let held = cluster.hold();
    // many who ask while nothing is known yet: each has an answer, none waits for good
    std::thread::scope(|threads| {
        for _ in 0..64 {
            threads.spawn(|| {
                let answer = shared.ask(&served, "GET", "/v1/keys", "");
                assert!([200, 503].contains(&answer.status), "{answer:?}");
            });
        }
    });
    fails_closed(&shared, &served, &open, "held");
    drop(held);
    goes_on(&shared, &served, &open, "held");

    // no connection is left: who has one keeps it, who starts now says why it does not
    let address = cluster.address("postgres");
    let hog = |_| Command::new("psql").args(["-Xq", &address]).stdin(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut hogs: Vec<_> = (0..8).map(|n| hog(n).unwrap()).collect();
    wait("no connection is left", || {
        let one = shared.home.run(&["keys", "--database", &shared.address, "list"]);
        one.code == Some(2) && one.err.contains("too many clients") && one.err.contains("hint:")
    });
    assert_eq!(shared.ask(&served, "POST", "/v1/keys", KEY).status, 201, "who is connected stays so");
    for one in &mut hogs {
        one.kill().unwrap();
        one.wait().unwrap();
    }
    wait("room", || shared.home.run(&["keys", "--database", &shared.address, "list"]).code == Some(0));
}

/// A file system of its own, in memory; none without the right to mount one.
struct Mounted(PathBuf);

impl Mounted {
    fn at(path: PathBuf, options: &str) -> Option<Self> {
        std::fs::create_dir_all(&path).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "none"]).arg(&path).output();
        done.is_ok_and(|done| done.status.success()).then_some(Self(path))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_of_the_database_loses_nothing_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    // The server runs as another user, who has to get there.
    let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let Some(disk) = Mounted::at(folder.path().join("disk"), "size=96m") else {
        eprintln!("skipped: this user may not mount a file system");
        return;
    };
    let Some(mut cluster) = Cluster::at(Some(&disk.0), &["shared_buffers=8MB"]) else { return };
    let shared = Shared::new(&cluster.database());
    let served = shared.serve();
    let filler = disk.0.join("filler");
    let mut held = Vec::new();
    for round in 0..2 {
        let mut file = std::fs::File::create(&filler).unwrap();
        while std::io::Write::write(&mut file, &[7; 4096]).is_ok_and(|written| written > 0) {}
        // What a log segment still has room for is acknowledged; a row as long as this is soon too much.
        let long = format!(r#"{{"name": "{}", "roles": ["viewer"]}}"#, "k".repeat(190));
        let begun = Instant::now();
        loop {
            let answer = shared.ask(&served, "POST", "/v1/keys", &long);
            if answer.status != 201 {
                assert_eq!(answer.status, 503, "{answer:?}");
                break;
            }
            held.push(answer.json()["token"].as_str().unwrap().to_owned());
            // The log is filled from another side too, else this takes thousands of keys.
            if held.len() % 10 == 0 {
                let fill = "CREATE TABLE IF NOT EXISTS big (t TEXT); INSERT INTO big SELECT repeat('x', 2000) FROM generate_series(1, 2000)";
                // It fails when the disk is full, which is what it is for.
                drop(cluster.try_sql("postgres", fill));
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "the disk is never full");
        }
        drop(file);
        std::fs::remove_file(&filler).unwrap();
        cluster.kill();
        cluster.run();
        wait("ready again", || ready(&served));
        assert!(held.len() > round);
        for token in &held {
            let answer = served.ask("GET", "/v1/status", &[("Authorization", &format!("Bearer {token}"))], "");
            assert_eq!(answer.status, 200, "round {round}: an acknowledged key is lost");
        }
    }
    eprintln!("{} keys acknowledged on a disk that was full twice, none lost", held.len());
}

#[derive(Default)]
struct Acknowledged {
    keys: Vec<(String, String, String)>,
    screened: u64,
    refused: u64,
}

/// Makes keys under idempotency keys and screens, through whichever instance it is told, until it is over.
fn write(
    client: u64,
    address: &RwLock<String>,
    authorization: &str,
    over: &AtomicBool,
    held: &Mutex<Acknowledged>,
    done: &AtomicU64,
) {
    let own = ("Authorization", authorization);
    for n in 0.. {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let to = address.read().unwrap().clone();
        let name = format!("client {client} key {n}");
        // What was not acknowledged is sent again, to whoever answers now.
        if let Some(answer) =
            ask(&to, "POST", "/v1/keys", &[own, ("Idempotency-Key", &name)], KEY).filter(|answer| answer.whole)
        {
            match answer.status {
                201 => {
                    let made = answer.json();
                    let text = |field: &str| made[field].as_str().unwrap().to_owned();
                    held.lock().unwrap().keys.push((name, text("id"), text("token")));
                    done.fetch_add(1, Ordering::Relaxed);
                }
                503 => held.lock().unwrap().refused += 1,
                _ => panic!("{answer:?}"),
            }
        }
        if let Some(answer) = ask(&to, "POST", "/v1/screen", &[own], PARTY).filter(|answer| answer.whole) {
            match answer.status {
                200 => {
                    assert_eq!(answer.json()["outcome"], "clear");
                    held.lock().unwrap().screened += 1;
                }
                503 => {
                    assert!(!answer.body.contains("outcome"), "{answer:?}");
                    held.lock().unwrap().refused += 1;
                    std::thread::sleep(Duration::from_millis(5));
                }
                _ => panic!("{answer:?}"),
            }
        }
    }
}

/// Each acknowledged key opens both instances, and its idempotency key gives it again on the other one.
fn look(shared: &Shared, instances: [&Served; 2], keys: &[(String, String, String)]) {
    for (at, (name, id, token)) in keys.iter().enumerate() {
        let served = instances[at % 2];
        let bearer = format!("Bearer {token}");
        let status = served.ask("GET", "/v1/status", &[("Authorization", &bearer)], "");
        assert_eq!(status.status, 200, "{id} is lost: {status:?}");
        let again = [("Authorization", shared.authorization.as_str()), ("Idempotency-Key", name.as_str())];
        let again = instances[(at + 1) % 2].ask("POST", "/v1/keys", &again, KEY);
        assert_eq!((again.status, again.json()["id"].as_str()), (201, Some(id.as_str())), "{name} was done twice");
    }
}

#[test]
fn nothing_acknowledged_is_lost_when_an_instance_or_the_database_is_killed() {
    let kills: u32 = std::env::var("SERVE_PG_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(12);
    let Some(mut cluster) = Cluster::start(&[]) else { return };
    let shared = Shared::new(&cluster.database());
    let (mut first, mut second) = (shared.serve(), shared.serve());
    let mut all = Acknowledged::default();
    let (mut of_service, mut of_database, mut random) = (0, 0, 2031u64);
    for round in 0..kills {
        let (address, over) = (RwLock::new(first.address.clone()), AtomicBool::new(false));
        let (held, done) = (Mutex::new(Acknowledged::default()), AtomicU64::new(0));
        std::thread::scope(|threads| {
            for client in 0..3 {
                let (address, over, held, done) = (&address, &over, &held, &done);
                let authorization = shared.authorization.as_str();
                threads.spawn(move || write(u64::from(round) * 10 + client, address, authorization, over, held, done));
            }
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let after = 3 + (random >> 33) % 40;
            wait("acknowledged", || done.load(Ordering::Relaxed) >= after);
            if round % 2 == 0 {
                // the other instance takes over, on the same state
                first.kill();
                address.write().unwrap().clone_from(&second.address);
                of_service += 1;
            } else {
                cluster.kill();
                std::thread::sleep(Duration::from_millis((random >> 40) % 700));
                cluster.run();
                of_database += 1;
            }
            let so_far = done.load(Ordering::Relaxed);
            wait("acknowledged again", || done.load(Ordering::Relaxed) > so_far + 3);
            over.store(true, Ordering::Relaxed);
        });
        if round % 2 == 0 {
            first = std::mem::replace(&mut second, shared.serve());
        }
        let new = held.into_inner().unwrap();
        wait("ready", || ready(&first) && ready(&second));
        look(&shared, [&first, &second], &new.keys[new.keys.len().saturating_sub(40)..]);
        all.keys.extend(new.keys);
        all.screened += new.screened;
        all.refused += new.refused;
    }
    let last = all.keys.len().saturating_sub(300);
    look(&shared, [&first, &second], &all.keys[last..]);
    println!(
        "{of_service} kills of an instance, {of_database} of PostgreSQL: {} keys and {} screenings acknowledged, {} refused, none lost",
        all.keys.len(),
        all.screened,
        all.refused
    );
}
