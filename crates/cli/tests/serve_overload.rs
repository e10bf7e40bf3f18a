//! Memory stays flat while the service is asked for more than it can do: single requests, batches whose answers are taken
//! slowly, connections that say nothing; with a ledger. And connections that are kept for nothing shut nobody out for good.
//!
//! `SERVE_OVERLOAD_SECONDS` sets how long; docs/reliability.md has a run of minutes.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod served;

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::Home;
use served::{Served, ask};

const SECONDS: u64 = 15;

/// Those who ask for one party each, without a pause.
const CLIENTS: usize = 64;

/// Those who send a batch and read a little of it from time to time.
const SLOW: usize = 8;

/// Connections that say nothing, opened again when they are closed.
const SILENT: usize = 200;

/// What the allocator and buffers of connections may still take after the first third: 250 bytes kept of each request of
/// twenty seconds would be more.
const SLACK_KIB: u64 = 12 << 10;

/// What the service has with a list of one entry, and as much again for what may vary with the machine.
const MOST_KIB: u64 = 64 << 10;

/// What a ledger may add: entries that are not in tiles, of two journals of 16 MiB, and what they need on their way there.
const LEDGER_KIB: u64 = 48 << 10;

const PARTY: &str = r#"{"party": {"name": "Somebody Else"}}"#;

/// What is allocated, in KiB: pages of lists that are mapped are the system's to take back.
fn anonymous(pid: u32) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

fn home(with_ledger: bool) -> Home {
    let home = Home::new();
    let file = home.file("own.csv", b"id,name,type\nQ-1,Orsolya Vanderploeg,person\n");
    for args in [&["lists", "import", &file, "--as", "own"][..], &["ledger", "init"]] {
        if args[0] == "lists" || with_ledger {
            let run = home.run(args);
            assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
        }
    }
    home
}

fn serve(home: &Home, more: &[&str]) -> Served {
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "off", "--anonymous", "machine"]);
    command.args(more);
    Served::start(command)
}

/// A batch whose answers are taken a little at a time.
fn slowly(address: &str, over: &AtomicBool) {
    let rows = "{\"name\": \"Orsolya Vanderploeg\"}\n".repeat(20_000);
    while !over.load(Ordering::Relaxed) {
        let Ok(mut stream) = TcpStream::connect(address) else { continue };
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        stream.set_write_timeout(Some(Duration::from_secs(1))).unwrap();
        let head =
            format!("POST /v1/screen/batch HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", rows.len());
        let mut sender = stream.try_clone().unwrap();
        std::thread::scope(|threads| {
            threads.spawn(|| {
                // It is held up, and given up at the end.
                for piece in [head.as_bytes()].into_iter().chain(rows.as_bytes().chunks(4096)) {
                    while !over.load(Ordering::Relaxed)
                        && sender.write_all(piece).is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock)
                    {
                    }
                    if over.load(Ordering::Relaxed) {
                        return;
                    }
                }
            });
            let mut some = [0; 4096];
            while !over.load(Ordering::Relaxed) {
                match stream.read(&mut some) {
                    Ok(0) => break,
                    // Slower than even a busy machine compares: answers wait, and soon as many as may.
                    Ok(_) | Err(_) => std::thread::sleep(Duration::from_millis(100)),
                }
            }
            let _ = stream.shutdown(std::net::Shutdown::Both);
        });
    }
}

/// Connections of which each says nothing, or half of a request.
fn silently(address: &str, over: &AtomicBool, closed: &AtomicU64) {
    let open = |n: usize| {
        let mut stream = TcpStream::connect(address).ok()?;
        stream.set_nonblocking(true).unwrap();
        if n.is_multiple_of(2) {
            let _ = stream.write_all(b"POST /v1/screen HTTP/1.1\r\nHost: lo");
        }
        Some(stream)
    };
    let mut all: Vec<Option<TcpStream>> = (0..SILENT).map(open).collect();
    while !over.load(Ordering::Relaxed) {
        for (n, held) in all.iter_mut().enumerate() {
            let is_closed = held.as_mut().is_none_or(|stream| match stream.read(&mut [0; 256]) {
                Ok(read) => read == 0,
                Err(error) => error.kind() != std::io::ErrorKind::WouldBlock,
            });
            if is_closed {
                closed.fetch_add(1, Ordering::Relaxed);
                *held = open(n);
            }
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn stays_flat(with_ledger: bool) {
    let seconds = std::env::var("SERVE_OVERLOAD_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS);
    let home = home(with_ledger);
    let served = serve(&home, &["--workers", "1", "--queue", "8"]);
    let names: Vec<String> = (0..40).map(|n| format!("\"Orsolya Vanderploeg of House {n}\"")).collect();
    let body = format!(r#"{{"party": {{"name": "Orsolya Vanderploeg", "alias": [{}]}}}}"#, names.join(","));
    let (over, closed, counts) = (AtomicBool::new(false), AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    let (address, pid) = (served.address.as_str(), served.child.id());
    let mut seen = Vec::new();
    std::thread::scope(|threads| {
        for _ in 0..CLIENTS {
            threads.spawn(|| {
                let mut own = BTreeMap::new();
                while !over.load(Ordering::Relaxed) {
                    let answer = ask(address, "POST", "/v1/screen", &[], &body).unwrap();
                    let code = if answer.status == 200 { "hit".to_owned() } else { answer.json()["code"].to_string() };
                    assert!(answer.status == 503 || answer.json()["outcome"] == "hit", "{answer:?}");
                    *own.entry((answer.status, code)).or_insert(0u64) += 1;
                }
                for (what, count) in own {
                    *counts.lock().unwrap().entry(what).or_insert(0) += count;
                }
            });
        }
        for _ in 0..SLOW {
            threads.spawn(|| slowly(address, &over));
        }
        threads.spawn(|| silently(address, &over, &closed));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(seconds) {
            std::thread::sleep(Duration::from_millis(100));
            seen.push(anonymous(pid));
        }
        over.store(true, Ordering::Relaxed);
    });
    let counts = counts.into_inner().unwrap();
    // The first third fills caches and buffers; after it nothing may grow.
    let third = seen.len() / 3;
    let most = |part: &[u64]| part.iter().max().copied().unwrap_or(0);
    let (middle, last) = (most(&seen[third..2 * third]), most(&seen[2 * third..]));
    println!(
        "overload, ledger {with_ledger}, {seconds} s, {CLIENTS} clients, {SLOW} slow batches, {SILENT} silent connections ({} closed): \
         allocated {middle} KiB at the most in the middle third, {last} in the last; {counts:?}",
        closed.load(Ordering::Relaxed)
    );
    let ten: Vec<u64> = seen.chunks(seen.len().div_ceil(10).max(1)).map(most).collect();
    println!("the most in each tenth of the time: {ten:?} KiB");
    if with_ledger {
        let metrics = served.ask("GET", "/metrics", &[], "").body;
        let bytes = metrics.lines().find_map(|line| line.strip_prefix("interdict_ledger_unfolded_bytes "));
        println!("bytes of the ledger that are not in tiles: {}", bytes.unwrap());
    }
    assert!(last <= middle + SLACK_KIB, "it grows: {middle} KiB, then {last}");
    let bound = if with_ledger { MOST_KIB + LEDGER_KIB } else { MOST_KIB };
    assert!(last < bound, "{last} KiB");
    let status = |status: u16| counts.iter().filter(|((of, _), _)| *of == status).map(|(_, count)| count).sum::<u64>();
    assert!(status(200) > 0 && status(503) > 0 && counts.len() <= 3, "{counts:?}");
    assert!(closed.load(Ordering::Relaxed) > 0, "who says nothing is hung up on");
    assert_eq!(served.ask("POST", "/v1/screen", &[], PARTY).status, 200, "and afterwards it answers");
    if with_ledger {
        let run = home.run(&["ledger", "verify"]);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    }
}

#[test]
fn memory_is_flat_under_overload() {
    stays_flat(false);
}

#[test]
fn memory_is_flat_under_overload_with_a_ledger() {
    stays_flat(true);
}

/// More connections than the system lets the service have: it lives, and answers when those that say nothing are closed.
#[test]
fn connections_beyond_the_limit_shut_nobody_out_for_good() {
    let home = home(false);
    let served = serve(&home, &[]);
    let pid = served.child.id().to_string();
    if !Command::new("prlimit").args(["--pid", &pid, "--nofile=100"]).status().is_ok_and(|status| status.success()) {
        eprintln!("skipped: no prlimit on this machine");
        return;
    }
    let held: Vec<TcpStream> = (0..300).filter_map(|_| TcpStream::connect(&served.address).ok()).collect();
    assert!(held.len() > 200);
    let begun = Instant::now();
    let answer = served.ask("POST", "/v1/screen", &[], PARTY);
    assert_eq!(answer.status, 200);
    println!("{} connections that say nothing, 100 files allowed: answered after {:.1?}", held.len(), begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(50));
    drop(held);
    let begun = Instant::now();
    assert_eq!(served.ask("POST", "/v1/screen", &[], PARTY).status, 200);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
