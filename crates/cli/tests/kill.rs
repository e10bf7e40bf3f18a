//! The program is killed at random points of imports, rollbacks and acceptances; what is left is one whole version.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use common::{Home, UN};
use interdict_testkit::Seeded;
use serde_json::Value;

/// Kills; each at another point of an import, a rollback or an acceptance.
const KILLS: u32 = 210;

/// A version and whom only it lists.
struct Version {
    date: &'static str,
    name: &'static str,
    other: &'static str,
}

const OLD: Version = Version { date: "2031-02-03", name: "Orsolya Vanderploeg", other: "Gwenllian Quenneville" };
const NEW: Version = Version { date: "2031-03-04", name: "Gwenllian Quenneville", other: "Orsolya Vanderploeg" };

/// The version that is in use, after everything was found to agree with it.
fn whole(home: &Home, at: &str) -> &'static str {
    let lists = home.run(&["lists", "--json"]);
    assert_eq!(lists.code, Some(0), "{at}: {}", lists.err);
    let lists: Value = serde_json::from_str(&lists.out).unwrap();
    let un = lists.as_array().unwrap().iter().find(|list| list["version"]["list"] == "un-sc").unwrap();
    let date = un["version"]["published"].as_str().unwrap();
    let version = [OLD, NEW].into_iter().find(|version| version.date == date).unwrap_or_else(|| panic!("{at}: {date}"));
    assert_eq!(lists.as_array().unwrap().len(), 2, "{at}: the other list stays");
    for (name, code) in [(version.name, 1), (version.other, 0)] {
        let run = home.run(&["screen", name, "--format", "json", "--threshold", "0.9"]);
        assert_eq!(run.code, Some(code), "{at}: {name} in {date}: {}{}", run.out, run.err);
        let answer: Value = serde_json::from_str(&run.out).unwrap();
        let versions: Vec<&Value> = answer["lists"].as_array().unwrap().iter().map(|list| &list["digest"]).collect();
        let shown: Vec<&Value> = lists.as_array().unwrap().iter().map(|list| &list["version"]["digest"]).collect();
        assert_eq!(versions, shown, "{at}");
    }
    version.date
}

fn walk(folder: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, each) } else { each(&path) }
    }
}

#[test]
fn a_kill_at_any_point_of_an_import_or_a_rollback_leaves_one_whole_version() {
    let home = Home::with_un();
    let own = home.file("own.csv", b"name\nSomebody Invented\n");
    assert_eq!(home.run(&["lists", "import", &own]).code, Some(0));
    let new = UN.replace("2031-02-03", NEW.date).replace("ORSOLYA", "GWENLLIAN").replace("VANDERPLOEG", "QUENNEVILLE");
    let new = new.replace("Orsolia Van der Ploeg", "Gwenlian Quennevil");
    let file = home.file("new.xml", new.as_bytes());
    let forth = ["lists", "import", file.as_str(), "--accept", "rolled-back"];
    let accept = ["lists", "accept", "un-sc", NEW.date, "--reason", "a test"];
    let back = ["lists", "rollback", "un-sc", OLD.date];

    // How long each takes when it is left alone.
    let timed = |args: &[&str]| {
        let start = Instant::now();
        let run = home.run(args);
        assert_eq!(run.code, Some(0), "{}", run.err);
        start.elapsed()
    };
    let (mut forth_takes, mut back_takes) = (timed(&forth), timed(&back));
    let mut accept_takes = timed(&accept);
    timed(&back);
    assert_eq!(whole(&home, "at first"), OLD.date);

    let mut seeded = Seeded(2031);
    let (mut in_use, mut kills, mut ended) = (OLD.date, 0u32, 0u32);
    // Kills that came after the swap, forth and back.
    let mut after = [0u32; 2];
    while kills < KILLS {
        let is_old = in_use == OLD.date;
        let (args, takes) = match (is_old, seeded.share() < 0.3) {
            (true, true) => (accept.as_slice(), &mut accept_takes),
            (true, false) => (forth.as_slice(), &mut forth_takes),
            (false, _) => (back.as_slice(), &mut back_takes),
        };
        let start = Instant::now();
        let mut child = home.command(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Half of them anywhere, half near the end, where the swap and what follows it are.
        let share = if seeded.share() < 0.5 { seeded.share() } else { 0.75 + seeded.share() / 4.0 };
        std::thread::sleep(takes.mul_f64(share));
        let has_ended = child.try_wait().unwrap().is_some();
        if has_ended {
            // Quicker than it was: the next kills come earlier, and slowly later again.
            *takes = start.elapsed().max(Duration::from_millis(1));
            ended += 1;
            assert!(ended < 10 * KILLS, "nothing is ever killed");
        } else {
            child.kill().unwrap();
            *takes = takes.mul_f64(1.01);
            kills += 1;
        }
        child.wait().unwrap();
        let now = whole(&home, &format!("kill {kills} of {args:?}"));
        if has_ended {
            assert_ne!(now, in_use, "it ended and changed nothing: {args:?}");
        } else if now != in_use {
            after[usize::from(is_old)] += 1;
        }
        in_use = now;
    }
    println!("{kills} kills, {after:?} of them after the swap; {ended} ended before");
    assert!(after.iter().sum::<u32>() > 0, "no kill ever came after the swap");

    // Whatever was left lying about stands in nobody's way.
    let date = if in_use == OLD.date { home.run(&forth) } else { home.run(&back) };
    assert_eq!(date.code, Some(0), "{}", date.err);
    assert_ne!(whole(&home, "at last"), in_use);
    let mut unfinished = Vec::new();
    walk(&home.path("home"), &mut |path| {
        unfinished.extend(path.extension().is_some_and(|end| end == "tmp").then(|| path.to_owned()));
    });
    assert!(unfinished.is_empty(), "something unfinished is left: {unfinished:?}");
    let left: Vec<_> =
        std::fs::read_dir(home.path("home/index")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "one index and its note: {left:?}");
    let versions: Value = serde_json::from_str(&home.run(&["lists", "history", "un-sc", "--json"]).out).unwrap();
    assert_eq!(versions.as_array().unwrap().len(), 2, "each version once: {versions}");
}

/// Every answer given while versions are swapped rests on one of them.
#[test]
fn screening_goes_on_while_versions_are_swapped() {
    let home = Home::with_un();
    let new = UN.replace("2031-02-03", NEW.date).replace("ORSOLYA", "GWENLLIAN").replace("VANDERPLOEG", "QUENNEVILLE");
    let file = home.file("new.xml", new.replace("Orsolia Van der Ploeg", "Gwenlian Quennevil").as_bytes());
    let done = std::sync::atomic::AtomicBool::new(false);
    let answers = std::thread::scope(|threads| {
        let reader = threads.spawn(|| {
            let mut answers = Vec::new();
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                answers.push(home.run(&["screen", OLD.name, "--format", "json", "--threshold", "0.9"]));
            }
            answers
        });
        for _ in 0..12 {
            let run = home.run(&["lists", "import", &file, "--accept", "rolled-back"]);
            assert_eq!(run.code, Some(0), "{}", run.err);
            let run = home.run(&["lists", "rollback", "un-sc"]);
            assert_eq!(run.code, Some(0), "{}", run.err);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        reader.join().unwrap()
    });
    let mut seen = [0u32; 2];
    for run in &answers {
        let answer: Value = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}", run.err));
        let is_old = answer["lists"][0]["published"] == OLD.date;
        assert_eq!(run.code, Some(i32::from(is_old)), "{}", run.out);
        seen[usize::from(is_old)] += 1;
    }
    assert!(seen[0] > 0 && seen[1] > 0, "both versions were seen: {seen:?}");
}
