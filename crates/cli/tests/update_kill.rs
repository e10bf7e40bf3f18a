//! The program is killed at random points of updates over a slow line; the next one goes on from there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::io::Write;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Home, UN};
use interdict_testkit::http::{Server, head, respond};
use serde_json::Value;

/// Kills; imports themselves are killed at more points in `kill.rs`.
const KILLS: u32 = 40;

/// The list of a day, which it is dated by, and somebody that is listed from that day on.
fn of_day(day: u32) -> String {
    UN.replace("2031-02-03T", &format!("2031-03-{day:02}T"))
        .replace("TEODRIC", &format!("TEODRIC {}", "I".repeat(day as usize)))
}

/// A server that sends in small pieces, and knows ranges.
fn slow(day: &Arc<Mutex<u32>>) -> Server {
    let day = Arc::clone(day);
    Server::start(move |asked, _, stream| {
        let day = *day.lock().unwrap();
        let (body, tag) = (of_day(day).into_bytes(), format!("\"day-{day}\""));
        if asked.header("if-none-match") == Some(&tag) {
            return respond(stream, "304 Not Modified", &[("ETag", &tag)], b"");
        }
        let range = asked.header("range").filter(|_| asked.header("if-range") == Some(&tag));
        let at: usize =
            range.map_or(0, |range| range.trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap());
        let span = format!("bytes {at}-{}/{}", body.len() - 1, body.len());
        let rest = &body[at..];
        let length = rest.len().to_string();
        let mut headers = vec![("ETag", tag.as_str()), ("Content-Length", length.as_str())];
        if range.is_some() {
            headers.push(("Content-Range", &span));
        }
        head(stream, if range.is_some() { "206 Partial Content" } else { "200 OK" }, &headers);
        for piece in rest.chunks(100) {
            if stream.write_all(piece).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    })
}

#[test]
fn a_kill_during_an_update_leaves_one_whole_version_and_the_next_update_goes_on() {
    let day = Arc::new(Mutex::new(1));
    let server = slow(&day);
    let home = Home::new();
    std::fs::create_dir_all(home.path("home")).unwrap();
    let sources = format!("[[source]]\nlist = \"un-sc\"\nurl = \"{}\"\n", server.url("/un.xml"));
    home.file("home/sources.toml", sources.as_bytes());
    let args = ["lists", "update", "un-sc", "--json", "--allow-http", "--allow-private", "--no-proxy"];
    let published = || {
        let run = home.run(&["lists", "--json"]);
        let lists: Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}{}", run.out, run.err));
        lists[0]["version"]["published"].as_str().unwrap().to_owned()
    };
    let start = Instant::now();
    assert_eq!(home.run(&args).code, Some(0));
    let takes = start.elapsed();
    let (mut random, mut ended, mut resumed, mut in_use) = (2031u64, 0, 0u64, 1);
    for kill in 0..KILLS {
        // A new day every fourth time, so that some transfers are of a version that is no more.
        if kill % 4 == 0 {
            *day.lock().unwrap() += 1;
        }
        let now = *day.lock().unwrap();
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (random >> 33) as f64 / (1u64 << 31) as f64;
        let mut child = home.command(&args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(takes.mul_f64(share));
        ended += u32::from(child.try_wait().unwrap().is_some());
        let _ = child.kill();
        child.wait().unwrap();
        let found = published();
        let days = [in_use, now].map(|day| format!("2031-03-{day:02}"));
        assert!(days.contains(&found), "kill {kill}: {found} is none of {days:?}");
        in_use = if found == days[1] { now } else { in_use };
        assert_eq!(home.run(&["screen", "Orsolya Vanderploeg"]).code, Some(1), "kill {kill}");
        if kill % 4 == 3 {
            let run = home.run(&args);
            assert_eq!(run.code, Some(0), "after kill {kill}: {}{}", run.out, run.err);
            let report: Value = serde_json::from_str(&run.out).unwrap();
            resumed += report["lists"][0]["files"][0]["resumed_at"].as_u64().unwrap();
            assert_eq!(published(), format!("2031-03-{now:02}"), "after kill {kill}");
            in_use = now;
        }
    }
    assert!(ended <= KILLS * 3 / 4, "{ended} of {KILLS} had ended before they were killed");
    assert!(resumed > 0, "no update went on where a killed one ended");
}
