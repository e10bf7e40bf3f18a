//! The service is killed at random points while it writes: nothing that it acknowledged is lost (R1).
//!
//! `SERVE_KILLS` sets how many times; `docs/benchmarks/kills.sh` does it a thousand times.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod served;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::Home;
use interdict_ledger::{Receipt, VerifierKey};
use interdict_store::ledger::LogFiles;
use interdict_testkit::Seeded;
use serde_json::Value;
use served::{Served, ask};

const KILLS: usize = 60;

/// What a client holds in its hands.
#[derive(Default)]
struct Acknowledged {
    /// Entries of answers, with the answers' records.
    answers: Vec<(u64, String)>,
    /// Keys: idempotency key, id, token.
    keys: Vec<(String, String, String)>,
}

/// A row, if it is whole and on record.
fn row(line: &str) -> Option<(u64, String)> {
    let row: Value = serde_json::from_str(line).ok()?;
    let entry = row["recording"]["entry"].as_u64()?;
    Some((entry, row["screening"]["record"].as_str()?.to_owned()))
}

fn bearer(token: &str) -> String {
    format!("Bearer {token}")
}

/// Writes in all ways until the service is gone.
fn write(address: &str, token: &str, round: usize, stop: &AtomicBool, held: &Mutex<Acknowledged>, done: &AtomicUsize) {
    let authorization = bearer(token);
    let authorization = ("Authorization", authorization.as_str());
    std::thread::scope(|threads| {
        for client in 0..2 {
            threads.spawn(move || {
                for n in 0.. {
                    let body = format!(r#"{{"party": {{"name": "Orsolya Vanderploeg {round} {client} {n}"}}}}"#);
                    let answer = ask(address, "POST", "/v1/screen", &[authorization], &body);
                    if stop.load(Ordering::Relaxed) && answer.is_none() {
                        return;
                    }
                    let Some(answer) = answer.filter(|answer| answer.whole) else { continue };
                    assert_eq!(answer.status, 200, "{answer:?}");
                    let answer = answer.json();
                    let entry = answer["recording"]["entry"].as_u64().unwrap();
                    held.lock().unwrap().answers.push((entry, answer["record"].as_str().unwrap().to_owned()));
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        threads.spawn(move || {
            let rows: String =
                (0..400).map(|n| format!("{{\"name\": \"Ansgar Thistlewood {round} {n}\"}}\n")).collect();
            loop {
                let answer = ask(address, "POST", "/v1/screen/batch", &[authorization], &rows);
                if stop.load(Ordering::Relaxed) && answer.is_none() {
                    return;
                }
                let Some(answer) = answer else { continue };
                let rows: Vec<_> = answer.body.lines().filter_map(row).collect();
                done.fetch_add(rows.len(), Ordering::Relaxed);
                held.lock().unwrap().answers.extend(rows);
            }
        });
        threads.spawn(move || {
            for n in 0.. {
                let name = format!("round {round} key {n}");
                let headers = [authorization, ("Idempotency-Key", name.as_str())];
                let answer = ask(address, "POST", "/v1/keys", &headers, r#"{"name": "a key", "roles": ["viewer"]}"#);
                if stop.load(Ordering::Relaxed) && answer.is_none() {
                    return;
                }
                let Some(answer) = answer.filter(|answer| answer.whole) else { continue };
                assert_eq!(answer.status, 201, "{answer:?}");
                let made = answer.json();
                let text = |field: &str| made[field].as_str().unwrap().to_owned();
                held.lock().unwrap().keys.push((name, text("id"), text("token")));
                done.fetch_add(1, Ordering::Relaxed);
            }
        });
    });
}

/// Everything that was acknowledged is there.
fn look(served: &Served, token: &str, key: &VerifierKey, held: &Acknowledged, random: &mut Seeded) -> usize {
    let authorization = bearer(token);
    let authorization = ("Authorization", authorization.as_str());
    // All single answers would take longer than all else: the last of them, where loss would be, and some of the others.
    let answers = &held.answers;
    let last = answers.len().saturating_sub(12);
    let some: Vec<usize> =
        if last == 0 { Vec::new() } else { (0..12).map(|_| random.below(last as u64) as usize).collect() };
    let mut looked = 0;
    for (entry, record) in (last..answers.len()).chain(some).map(|at| &answers[at]) {
        let receipt = served.ask("GET", &format!("/v1/receipts/{entry}"), &[authorization], "");
        assert_eq!(receipt.status, 200, "entry {entry} is lost: {receipt:?}");
        let receipt = Receipt::parse(receipt.body.as_bytes()).unwrap();
        receipt.check(key).unwrap();
        assert_eq!(receipt.opening.unwrap().record.to_string(), *record, "entry {entry} is another");
        looked += 1;
    }
    let keys = &held.keys;
    for (name, id, token) in keys.iter().skip(keys.len().saturating_sub(3)) {
        let of_key = bearer(token);
        assert_eq!(served.ask("GET", "/v1/status", &[("Authorization", &of_key)], "").status, 200, "{id} is lost");
        let again = [authorization, ("Idempotency-Key", name.as_str())];
        let again = served.ask("POST", "/v1/keys", &again, r#"{"name": "a key", "roles": ["viewer"]}"#);
        assert_eq!((again.status, again.json()["id"].as_str()), (201, Some(id.as_str())), "{name} was done twice");
        looked += 1;
    }
    looked
}

#[test]
fn nothing_acknowledged_is_lost_when_the_service_is_killed() {
    let kills = std::env::var("SERVE_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let home = Home::new();
    let file = home.file("own.csv", b"id,name,type\nQ-1,Orsolya Vanderploeg,person\nQ-3,Ansgar Thistlewood,person\n");
    for args in [&["lists", "import", &file, "--as", "own"][..], &["ledger", "init"]] {
        let run = home.run(args);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    }
    let token = home.run(&["keys", "new", "all", "--role", "policy_admin,analyst"]).out.trim().to_owned();
    let key = LogFiles::at(home.path("home/ledger")).key().unwrap();
    let mut random = Seeded(2031);
    let (started, mut held, mut looked, mut slowest) = (Instant::now(), Acknowledged::default(), 0, Duration::ZERO);
    for round in 0..kills {
        let begun = Instant::now();
        let mut served = Served::start(home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "error"]));
        slowest = slowest.max(begun.elapsed());
        looked += look(&served, &token, &key, &held, &mut random);
        let (stop, done, new) = (AtomicBool::new(false), AtomicUsize::new(0), Mutex::new(Acknowledged::default()));
        let (address, after) = (served.address.clone(), 1 + random.below(60) as usize);
        let more = Duration::from_micros(random.below(20_000));
        std::thread::scope(|threads| {
            threads.spawn(|| write(&address, &token, round, &stop, &new, &done));
            let begun = Instant::now();
            while done.load(Ordering::Relaxed) < after {
                assert!(begun.elapsed() < Duration::from_secs(120), "round {round}: nothing is acknowledged");
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(more);
            served.child.kill().unwrap();
            stop.store(true, Ordering::Relaxed);
        });
        served.kill();
        let mut new = new.into_inner().unwrap();
        assert!(!new.answers.is_empty() || !new.keys.is_empty());
        held.answers.append(&mut new.answers);
        held.keys.append(&mut new.keys);
        if round % 20 == 19 || round + 1 == kills {
            // every acknowledged entry, from the files alone
            let run = home.run(&["ledger", "verify", "--format", "json"]);
            assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
            let entries: Value = serde_json::from_str(&run.out).unwrap();
            let last = held.answers.iter().map(|(entry, _)| *entry).max().unwrap_or(0);
            assert!(entries["entries"].as_u64().unwrap() > last, "{entries}");
        }
    }
    let served = Served::start(home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "error"]));
    looked += look(&served, &token, &key, &held, &mut random);
    // each entry was given once
    let mut entries: Vec<u64> = held.answers.iter().map(|(entry, _)| *entry).collect();
    entries.sort_unstable();
    entries.dedup();
    assert_eq!(entries.len(), held.answers.len(), "an entry was acknowledged twice");
    println!(
        "kills: {kills}; {} answers and {} keys acknowledged, {looked} looked at one by one, none lost; slowest start {slowest:.2?}; {:.1?}",
        held.answers.len(),
        held.keys.len(),
        started.elapsed()
    );
}
