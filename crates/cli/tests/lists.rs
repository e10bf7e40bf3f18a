//! `interdict lists`: what is loaded, what is refused, and that a crash or a bad file changes nothing.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod common;

use std::time::Duration;

use common::{Home, Run, UN};

/// The newest version with one entry of three.
fn newer_excerpt() -> String {
    let text = UN.replace("2031-02-03", "2031-05-06");
    let (head, rest) = text.split_once("    <INDIVIDUAL>").unwrap();
    let (first, _) = rest.split_once("    </INDIVIDUAL>").unwrap();
    format!("{head}    <INDIVIDUAL>{first}    </INDIVIDUAL>\n  </INDIVIDUALS>\n  <ENTITIES/>\n</CONSOLIDATED_LIST>\n")
}

fn hits(home: &Home, name: &str) -> Run {
    home.run(&["screen", name])
}

#[test]
fn an_imported_list_is_shown_and_screened() {
    let home = Home::with_un();
    let run = home.run(&["lists"]);
    assert!(run.out.contains("un-sc") && run.out.contains("2031-02-03"), "{}", run.out);
    let run = home.run(&["lists", "show", "un-sc", "ZZi.001"]);
    for text in ["ORSOLYA VANDERPLOEG", "Orsolia Van der Ploeg", "1971-09-11", "Iceland", "ALIAS_NAME"] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    assert_eq!(home.run(&["lists", "show", "un-sc"]).out.lines().count(), 3);
    assert_eq!(hits(&home, "Orsolya Vanderploeg").code, Some(1));
    assert_eq!(hits(&home, "Quillfeather and Sons Dredging").code, Some(1));
    assert_eq!(hits(&home, "Kim Jong Un").code, Some(0), "the starter list is no longer used");
}

#[test]
fn a_broken_list_is_refused_and_changes_nothing() {
    let home = Home::with_un();
    let before = hits(&home, "Orsolya Vanderploeg").out;
    let cut = &UN[..UN.len() / 2];
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>\
        <CONSOLIDATED_LIST><INDIVIDUALS><INDIVIDUAL><DATAID>&b;</DATAID></INDIVIDUAL></INDIVIDUALS></CONSOLIDATED_LIST>";
    let ampersand = UN.replace("&amp;", "&");
    for (name, content) in [
        ("cut.xml", cut.as_bytes()),
        ("empty.xml", b"".as_slice()),
        ("page.html", b"<!doctype html><html><body>Not found</body></html>"),
        ("bomb.xml", bomb.as_bytes()),
        ("ampersand.xml", ampersand.as_bytes()),
        ("noise.bin", b"\0\x01\x02\x03nothing"),
    ] {
        let file = home.file(name, content);
        let run = home.run(&["lists", "import", &file]);
        assert_eq!(run.code, Some(2), "{name}: {}{}", run.out, run.err);
        assert!(run.err.contains("refused") && run.err.contains(name), "{name}: {}", run.err);
        assert_eq!(hits(&home, "Orsolya Vanderploeg").out, before, "{name}");
    }
    let good = home.file("list.csv", b"name\nSomebody Invented\n");
    let bad = home.file("bad.xml", cut.as_bytes());
    let run = home.run(&["lists", "import", &good, &bad, "--json"]);
    assert_eq!(run.code, Some(2), "one of two was refused");
    let report: serde_json::Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!((report["imported"].as_array().unwrap().len(), report["refused"].as_array().unwrap().len()), (1, 1));
    assert_eq!(hits(&home, "Somebody Invented").code, Some(1), "the other is loaded");
}

#[test]
fn a_newer_version_takes_the_place_of_the_older() {
    let home = Home::with_un();
    let newer = UN.replace("2031-02-03", "2031-03-04").replace("ORSOLYA", "GWENLLIAN");
    let older = UN.replace("2031-02-03", "2030-01-02").replace("ORSOLYA", "ELFRIEDA");
    let (newer, older) = (home.file("b.xml", newer.as_bytes()), home.file("c.xml", older.as_bytes()));
    let run = home.run(&["lists", "import", &newer, &older]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("replaces 2031-02-03") && run.out.contains("behind 2031-03-04"), "{}", run.out);
    assert!(home.run(&["lists", "show", "un-sc", "ZZi.001"]).out.contains("GWENLLIAN"));
    let excerpt = newer_excerpt();
    let excerpt = home.file("d.xml", excerpt.as_bytes());
    let run = home.run(&["lists", "import", &older, &excerpt]);
    assert!(run.out.contains("is it an excerpt?"), "{}", run.out);
    // Alone, an older version is more often a slip than a wish: it is used when that is said.
    let run = home.run(&["lists", "import", &older]);
    assert!(run.code == Some(2) && run.err.contains("published 2030-01-02, before the one in use"), "{}", run.err);
    assert!(!home.run(&["lists", "show", "un-sc", "ZZi.001"]).out.contains("ELFRIEDA"));
    let run = home.run(&["lists", "import", &older, "--accept", "older", "--reason", "a test"]);
    assert!(
        run.code == Some(0) && run.out.contains("used all the same: published 2030-01-02"),
        "{}{}",
        run.out,
        run.err
    );
    assert!(home.run(&["lists", "show", "un-sc", "ZZi.001"]).out.contains("ELFRIEDA"));
}

#[test]
fn lists_of_ones_own() {
    let home = Home::with_un();
    let file =
        home.file("own.csv", "Kunde;Geb;Nr\nWexelbrunn Trading;;A-1\n;;A-2\nAnselma Tórvik;1990;A-3\n".as_bytes());
    assert_eq!(home.run(&["lists", "import", &file, "--as", "Watch List"]).code, Some(2), "no name for a list");
    let run = home.run(&[
        "lists",
        "import",
        &file,
        "--as",
        "watch",
        "--map",
        "Kunde=name",
        "--map",
        "Geb=born",
        "--map",
        "Nr=id",
    ]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let run = home.run(&["lists", "rejections", "watch"]);
    assert!(run.out.contains("1 record was not loaded"), "{}", run.out);
    let run = hits(&home, "Wexelbrunn Trading");
    assert!(run.code == Some(1) && run.out.contains("watch") && run.out.contains("1 record left out"), "{}", run.out);
    assert_eq!(home.run(&["screen", "Wexelbrunn Trading", "--list", "un-sc"]).code, Some(0));
    let rebuilt = home.run(&["lists", "rebuild"]);
    assert_eq!(rebuilt.code, Some(0), "{}", rebuilt.err);
    assert_eq!(hits(&home, "Wexelbrunn Trading").out, run.out, "read again from the kept file");
    assert_eq!(home.run(&["lists", "remove", "watch"]).code, Some(0));
    assert_eq!(hits(&home, "Wexelbrunn Trading").code, Some(0));
    assert_eq!(home.run(&["lists", "remove", "watch"]).code, Some(2));
}

#[test]
fn a_stale_or_damaged_index_is_built_again() {
    let home = Home::with_un();
    let before = hits(&home, "Orsolya Vanderploeg").out;
    let index = || {
        let mut files = std::fs::read_dir(home.path("home/index")).unwrap().map(|entry| entry.unwrap().path());
        files.find(|path| path.extension().is_some_and(|extension| extension == "idx")).unwrap()
    };
    std::fs::write(index(), b"not an index").unwrap();
    assert_eq!(hits(&home, "Orsolya Vanderploeg").out, before);
    std::fs::remove_file(index()).unwrap();
    assert_eq!(hits(&home, "Orsolya Vanderploeg").out, before);
    // A list that is damaged is not guessed at.
    let manifest = home.path("home/current.json");
    std::fs::write(&manifest, b"{").unwrap();
    let run = hits(&home, "Orsolya Vanderploeg");
    assert_eq!(run.code, Some(2), "{}", run.out);
    assert!(run.err.contains("hint:"), "{}", run.err);
}

/// A list of one's own of so many names.
fn big(count: u64) -> String {
    let mut list = String::from("name,born\n");
    for number in 0..count {
        // Words that differ as names do: the check of a list's own names is slow among almost equal ones.
        let letter = |at: u32| char::from(b'a' + (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (at * 5) & 15) as u8);
        let word = |from: u32| (from..from + 6).map(letter).collect::<String>();
        list.push_str(&format!("{} {},19{:02}\n", word(0), word(6), number % 90 + 10));
    }
    list
}

/// R8: a service may answer on the same machine.
#[cfg(target_os = "linux")]
#[test]
fn an_import_stands_back_for_others() {
    let niceness = |process: &str| -> Option<i32> {
        let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
        text.rsplit_once(") ")?.1.split(' ').nth(16)?.parse().ok()
    };
    let home = Home::new();
    let file = home.file("big.csv", big(2_000).as_bytes());
    let mut import = home.command(&["lists", "import", &file, "--as", "big"]);
    let mut child = import.stdout(std::process::Stdio::null()).spawn().unwrap();
    let (process, mut seen) = (child.id().to_string(), std::collections::BTreeSet::new());
    let status = loop {
        seen.extend(niceness(&process));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    assert!(status.success());
    let usual = niceness("self").unwrap();
    assert!(seen.contains(&(usual + 10).min(19)), "{seen:?}, here {usual}");
}

#[test]
fn a_kill_in_mid_import_leaves_the_old_state() {
    let home = Home::with_un();
    let before = hits(&home, "Orsolya Vanderploeg").out;
    let file = home.file("big.csv", big(20_000).as_bytes());
    for milliseconds in [5, 40, 150, 400] {
        let mut child = home.command(&["lists", "import", &file, "--as", "big"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        let ended = child.try_wait().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        if ended.is_some() {
            break;
        }
        assert_eq!(hits(&home, "Orsolya Vanderploeg").out, before, "after {milliseconds} ms");
    }
    let run = home.run(&["lists", "import", &file, "--as", "big"]);
    assert_eq!(run.code, Some(0), "the next import works: {}", run.err);
    assert_eq!(hits(&home, "Orsolya Vanderploeg").code, Some(1));
    assert!(!home.path("home/staging").exists());
}
