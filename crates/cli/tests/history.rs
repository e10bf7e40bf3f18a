//! Versions of a list over time: kept, shown, compared.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod common;

use common::{Home, UN};
use serde_json::Value;

/// A home with three versions, the last in use; the second lacks an entry and renames another.
fn with_versions() -> Home {
    let home = Home::with_un();
    let (head, rest) = UN.split_once("    <INDIVIDUAL>\n      <DATAID>2<").unwrap();
    let (_, rest) = rest.split_once("    </INDIVIDUAL>\n").unwrap();
    let second = format!("{head}{rest}").replace("2031-02-03", "2031-03-04").replace("1971-09-11", "1972-09-11");
    let third = second.replace("2031-03-04", "2031-04-05");
    for (name, text) in [("2.xml", second), ("3.xml", third)] {
        let file = home.file(name, text.as_bytes());
        let run = home.run(&["lists", "import", &file]);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    }
    home
}

fn history(home: &Home) -> Vec<Value> {
    serde_json::from_str(&home.run(&["lists", "history", "--json"]).out).unwrap()
}

#[test]
fn every_version_stays_listed_and_the_unused_ones_are_packed() {
    let home = with_versions();
    let versions = history(&home);
    let of = |key: &str| versions.iter().map(|one| one[key].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(of("standing"), ["kept", "kept", "in_use"]);
    let dates: Vec<&Value> = versions.iter().map(|one| &one["version"]["published"]).collect();
    assert_eq!(dates, ["2031-02-03", "2031-03-04", "2031-04-05"]);
    let received = of("received");
    assert!(received.is_sorted() && received[0].ends_with('Z'), "{received:?}");
    for one in &versions {
        let folder = home.path("home/lists/un-sc").join(one["content"].as_str().unwrap());
        let (plain, packed) = (folder.join("listings.jsonl").exists(), folder.join("listings.jsonl.zst").exists());
        let in_use = one["standing"] == "in_use";
        assert_eq!((plain, packed), (in_use, !in_use));
    }
    let run = home.run(&["lists", "history", "un-sc"]);
    assert!(
        run.out.contains("2031-03-04") && run.out.contains("kept") && run.out.contains("3 versions"),
        "{}",
        run.out
    );
    // The same files again are the same version, received when they first came.
    let run = home.run(&["lists", "import", home.path("3.xml").to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert_eq!(history(&home), versions);
    assert_eq!(home.run(&["lists", "history", "no-such"]).code, Some(2));
}

#[test]
fn differences_are_told_field_by_field() {
    let home = with_versions();
    let run = home.run(&["lists", "diff", "un-sc", "2031-02-03", "current"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    for text in ["- ZZi.002", "~ ZZi.001", "- 1971-09-11", "+ 1972-09-11", "0 added, 1 removed, 1 changed of 3"] {
        assert!(run.out.contains(text), "{text}: {}", run.out);
    }
    let lines = home.run(&["lists", "diff", "un-sc", "2031-02-03", "2031-03-04", "--json"]).json_lines();
    let words: Vec<(&str, &str)> =
        lines.iter().map(|line| (line["record"].as_str().unwrap(), line["change"].as_str().unwrap())).collect();
    assert_eq!(words, [("1", "changed"), ("2", "removed")]);
    assert_eq!(lines[0]["fields"][0]["field"], "births");
    // A new date on the same entries is no change.
    let run = home.run(&["lists", "diff", "un-sc"]);
    assert!(run.out.contains("0 added, 0 removed, 0 changed"), "{}", run.out);
    assert!(home.run(&["lists", "diff", "un-sc", "--json"]).out.is_empty());
    // Files need no store.
    let (first, second) = (home.path("un.xml"), home.path("2.xml"));
    let run = home.run(&["lists", "diff", "--files", first.to_str().unwrap(), second.to_str().unwrap(), "--summary"]);
    assert!(run.out.contains("0 added, 1 removed, 1 changed") && !run.out.contains("ZZi"), "{}", run.out);
}

#[test]
fn a_version_that_is_not_there_is_an_error_with_those_that_are() {
    let home = with_versions();
    for which in ["2030-01-01", "abcdef0123", "ab", "latest"] {
        let run = home.run(&["lists", "diff", "un-sc", which, "current"]);
        assert_eq!(run.code, Some(2), "{which}: {}", run.out);
        assert!(run.err.contains(which) && run.err.contains("hint: versions of un-sc: 2031-04-05"), "{}", run.err);
    }
    assert_eq!(home.run(&["lists", "diff", "--files", home.path("un.xml").to_str().unwrap()]).code, Some(2));
    let own = home.file("own.csv", b"name\nSomebody Invented\n");
    let run = home.run(&["lists", "diff", "--files", &own, home.path("un.xml").to_str().unwrap()]);
    assert!(run.code == Some(2) && run.err.contains("different lists"), "{}", run.err);
}

#[test]
fn where_a_file_lay_is_not_kept() {
    let home = with_versions();
    let broken = home.file("broken.xml", b"<CONSOLIDATED_LIST dateGenerated=\"2031-01-01T00:00:00\"><INDIVIDUALS>");
    assert_eq!(home.run(&["lists", "import", &broken]).code, Some(2));
    for command in [["lists", "history", "--json"], ["lists", "quarantine", "--json"]] {
        let run = home.run(&command);
        assert!(
            run.out.contains(".xml\"")
                && !run.out.contains(&broken)
                && !run.out.contains(home.path("un.xml").to_str().unwrap()),
            "{command:?}: {}",
            run.out
        );
    }
}
