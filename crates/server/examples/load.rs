//! Puts load on a running service over loopback and prints what it bore: requests a second, times, rows a second.
//!
//! Promises: each answer is read and must be a screening; any other status is counted and shown.
//!
//! ```text
//! interdict serve --anonymous machine --log off &
//! cargo run --release -p interdict-server --example load -- 127.0.0.1:8080 closed 8 10   # 8 connections, 10 s
//! cargo run --release -p interdict-server --example load -- 127.0.0.1:8080 open 2500 10  # 2,500 requests a second
//! cargo run --release -p interdict-server --example load -- 127.0.0.1:8080 batch 500000  # rows
//! ```
//!
//! `LOAD_TOKEN` is the token of a key, where one is asked for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a measurement stops where it cannot go on")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const GIVEN: [&str; 16] = [
    "Anna", "Mohammed", "Li", "Olga", "Ivan", "Kim", "Maria", "Ahmed", "Hassan", "Sergei", "Jong", "Fatima", "Peter",
    "Nguyen", "Carlos", "Elena",
];
const PARTS: [&str; 24] = [
    "bar", "ken", "sto", "vic", "mal", "dor", "fen", "gul", "hap", "jor", "kel", "lum", "nor", "pet", "quil", "ros",
    "sam", "tov", "ulm", "ver", "wil", "xan", "yor", "zed",
];

/// An invented party: what a bank's customers look like to the index.
fn party(n: u64) -> String {
    let mut x = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d;
    let mut next = |most: usize| {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        (x % most as u64) as usize
    };
    let given = GIVEN[next(GIVEN.len())];
    let family = format!("{}{}{}", PARTS[next(24)], PARTS[next(24)], ["", "ov", "sen", "man"][next(4)]);
    format!(
        r#"{{"name": "{given} {family}", "born": "{}", "country": "{}"}}"#,
        1940 + next(60),
        ["de", "ru", "cn", "us", "kp", "ir"][next(6)]
    )
}

/// The header that shows the key, if there is one.
fn authorization() -> String {
    std::env::var("LOAD_TOKEN").map_or_else(|_| String::new(), |token| format!("Authorization: Bearer {token}\r\n"))
}

struct Client {
    stream: BufReader<TcpStream>,
    body: Vec<u8>,
    key: String,
}

impl Client {
    fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream), body: Vec::new(), key: authorization() }
    }

    fn ask(&mut self, n: u64) -> u16 {
        let body = format!(r#"{{"party": {}}}"#, party(n));
        let request = format!(
            "POST /v1/screen HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{body}",
            self.key,
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        let status = line.split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
        }
        self.body.resize(length, 0);
        self.stream.read_exact(&mut self.body).unwrap();
        assert!(status != 200 || self.body.starts_with(b"{\"record\""), "no screening");
        status
    }
}

fn report(what: &str, mut times: Vec<u64>, statuses: &BTreeMap<u16, u64>, took: Duration) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize] as f64 / 1e3;
    println!(
        "{what}: {:.0} requests/s over {:.1} s; ms p50 {:.2} p90 {:.2} p99 {:.2} p99.9 {:.2} max {:.2}; statuses {statuses:?}",
        times.len() as f64 / took.as_secs_f64(),
        took.as_secs_f64(),
        at(0.5),
        at(0.9),
        at(0.99),
        at(0.999),
        at(1.0),
    );
}

/// Each connection asks `pace` apart, from its own moment; without a pace as soon as it has its answer. Time
/// counts from when the request was due, so that a stall is not hidden.
fn requests(address: &str, connections: u64, seconds: u64, pace: Option<Duration>) {
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let threads: Vec<_> = (0..connections)
        .map(|c| {
            let address = address.to_owned();
            std::thread::spawn(move || {
                let mut client = Client::new(&address);
                let (mut times, mut statuses) = (Vec::new(), BTreeMap::new());
                let mut due = begun + pace.unwrap_or_default().mul_f64(c as f64 / connections as f64);
                for n in 0u64.. {
                    match pace {
                        Some(pace) => {
                            std::thread::sleep(due.saturating_duration_since(Instant::now()));
                            due += pace;
                        }
                        None => due = Instant::now(),
                    }
                    if Instant::now() >= end {
                        break;
                    }
                    let from = pace.map_or(due, |pace| due - pace);
                    *statuses.entry(client.ask(c << 40 | n)).or_insert(0u64) += 1;
                    times.push(from.elapsed().as_micros() as u64);
                }
                (times, statuses)
            })
        })
        .collect();
    let (mut times, mut statuses) = (Vec::new(), BTreeMap::new());
    for thread in threads {
        let (some, counts) = thread.join().unwrap();
        times.extend(some);
        for (status, count) in counts {
            *statuses.entry(status).or_insert(0) += count;
        }
    }
    let what = pace.map_or_else(|| "as fast as it answers".to_owned(), |_| "at a steady rate".to_owned());
    report(&format!("{what}, {connections} connections"), times, &statuses, begun.elapsed());
}

fn batch(address: &str, rows: u64) {
    let stream = TcpStream::connect(address).unwrap();
    let mut sender = stream.try_clone().unwrap();
    let begun = Instant::now();
    let sent = std::thread::spawn(move || {
        let head = format!(
            "POST /v1/screen/batch HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n",
            authorization()
        );
        sender.write_all(head.as_bytes()).unwrap();
        let mut chunk = String::new();
        for n in 0..rows {
            chunk.push_str(&party(n));
            chunk.push('\n');
            if chunk.len() > 60_000 || n + 1 == rows {
                sender.write_all(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes()).unwrap();
                chunk.clear();
            }
        }
        sender.write_all(b"0\r\n\r\n").unwrap();
    });
    let mut last = Vec::new();
    let mut buffer = vec![0; 1 << 18];
    let mut reader = stream;
    let mut bytes = 0usize;
    loop {
        let read = reader.read(&mut buffer).unwrap();
        if read == 0 {
            break;
        }
        bytes += read;
        last.extend_from_slice(&buffer[..read]);
        let keep = last.len().saturating_sub(1_000);
        last.drain(..keep);
    }
    sent.join().unwrap();
    let took = begun.elapsed().as_secs_f64();
    let text = String::from_utf8_lossy(&last);
    let summary = text.rfind("{\"summary\"").map_or("no summary", |at| text[at..].lines().next().unwrap_or_default());
    println!(
        "batch: {:.0} rows/s, {rows} rows in {took:.1} s, {} MB of answers; {summary}",
        rows as f64 / took,
        bytes >> 20
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize| {
        arguments.get(at).and_then(|text| text.parse::<u64>().ok()).unwrap_or_else(|| panic!("see the head of load.rs"))
    };
    match arguments.get(1).map(String::as_str) {
        Some("closed") => requests(&arguments[0], number(2), number(3), None),
        Some("open") => {
            let connections = 32;
            requests(
                &arguments[0],
                connections,
                number(3),
                Some(Duration::from_secs_f64(connections as f64 / number(2) as f64)),
            );
        }
        Some("batch") => batch(&arguments[0], number(2)),
        _ => panic!("see the head of load.rs"),
    }
}
