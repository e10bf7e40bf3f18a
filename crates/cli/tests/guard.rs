//! Versions that are doubted: quarantined with their reason, while the previous one keeps serving.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use common::{Home, Run};
use interdict_testkit::real_data;
use serde_json::Value;

const GIVEN: [&str; 8] = ["ORSOLYA", "TEODRIC", "GWENLLIAN", "ELFRIEDA", "ANSELMA", "BARNABY", "CASSIMIR", "DRAGOSLAV"];
const FAMILY: [&str; 6] = ["VANDERPLOEG", "MBEKILOVIC", "QUILLFEATHER", "WEXELBRUNN", "TORVIKSEN", "ZHUMAGULOV"];

/// A list of some of 48 invented persons, of a date.
fn list(date: &str, who: impl Iterator<Item = usize>) -> String {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CONSOLIDATED_LIST dateGenerated=\"{date}T04:05:06.000-05:00\">\n<INDIVIDUALS>\n"
    );
    for n in who {
        let (given, family) = (GIVEN[n % GIVEN.len()], FAMILY[n / GIVEN.len() % FAMILY.len()]);
        text.push_str(&format!(
            "<INDIVIDUAL><DATAID>{n}</DATAID><VERSIONNUM>1</VERSIONNUM><FIRST_NAME>{given}</FIRST_NAME>\
             <SECOND_NAME>{family}</SECOND_NAME><UN_LIST_TYPE>Invented</UN_LIST_TYPE>\
             <REFERENCE_NUMBER>ZZi.{n:03}</REFERENCE_NUMBER><LISTED_ON>2030-05-06</LISTED_ON>\
             <INDIVIDUAL_DATE_OF_BIRTH><TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1971-09-11</DATE></INDIVIDUAL_DATE_OF_BIRTH>\
             <SORT_KEY/><SORT_KEY_LAST_MOD/></INDIVIDUAL>\n"
        ));
    }
    text.push_str("</INDIVIDUALS>\n<ENTITIES/>\n</CONSOLIDATED_LIST>\n");
    text
}

fn import(home: &Home, name: &str, text: &str, more: &[&str]) -> Run {
    let file = home.file(name, text.as_bytes());
    let args: Vec<&str> = ["lists", "import", file.as_str()].iter().chain(more).copied().collect();
    home.run(&args)
}

fn with_list() -> Home {
    let home = Home::new();
    let run = import(&home, "1.xml", &list("2031-02-03", 0..40), &[]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    home
}

fn in_use(home: &Home) -> Value {
    let lists: Value = serde_json::from_str(&home.run(&["lists", "--json"]).out).unwrap();
    lists[0]["version"]["published"].clone()
}

fn history(home: &Home) -> Vec<(String, String)> {
    let versions: Vec<Value> = serde_json::from_str(&home.run(&["lists", "history", "--json"]).out).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("none").to_owned();
    versions.iter().map(|one| (text(&one["version"]["published"]), text(&one["standing"]))).collect()
}

#[test]
fn what_is_doubted_is_quarantined_and_the_previous_version_serves() {
    let renamed =
        list("2031-05-06", 0..40).replace("ORSOLYA", "XX").replace("TEODRIC", "YY").replace("MBEKILOVIC", "ZZ");
    let undated = list("2031-05-06", 0..40).replace("INDIVIDUAL_DATE_OF_BIRTH", "BIRTH_OF_INDIVIDUAL");
    for (kind, text, said) in [
        ("empty", list("2031-05-06", 0..0), "no listing"),
        ("older", list("2031-02-02", 0..40), "published 2031-02-02, before the one in use of 2031-02-03"),
        ("shrunk", list("2031-05-06", 0..35), "5 of 40 entries are gone"),
        ("shrunk", list("2031-05-06", 5..45), "5 of 40 entries are gone"),
        ("drift", undated, "`"),
        ("canaries", renamed, "names that must be found are not"),
    ] {
        let home = with_list();
        let before = home.run(&["screen", "Orsolya Vanderploeg"]).out;
        let run = import(&home, "2.xml", &text, &[]);
        assert_eq!(run.code, Some(2), "{kind}: {}{}", run.out, run.err);
        assert!(run.out.contains(&format!("quarantined: {kind}")), "{kind}: {}", run.out);
        for part in [said, "is quarantined, the version in use stays", "error:"] {
            assert!(run.err.contains(part), "{kind}: {part}: {}", run.err);
        }
        assert_eq!(run.err.contains("hint: `interdict lists accept un-sc "), kind != "empty", "{}", run.err);
        assert_eq!(home.run(&["screen", "Orsolya Vanderploeg"]).out, before, "{kind}");
        assert_eq!(in_use(&home), "2031-02-03", "{kind}");
        assert!(history(&home).iter().any(|(_, standing)| standing == "quarantined"), "{kind}");

        let held: Vec<Value> = serde_json::from_str(&home.run(&["lists", "quarantine", "--json"]).out).unwrap();
        assert_eq!((held.len(), &held[0]["doubts"][0]["kind"]), (1, &Value::from(kind)));
        assert!(home.run(&["lists"]).out.contains("were doubted"), "{kind}");
        // The same again is the same, and is held back again.
        assert_eq!(import(&home, "2.xml", &text, &[]).code, Some(2));
        let version = &held[0]["version"]["digest"].as_str().unwrap()[..12];
        assert_eq!(home.run(&["lists", "accept", "un-sc", version]).code, Some(2), "a reason is asked for");
        let run = home.run(&["lists", "accept", "un-sc", version, "--reason", "seen with the publisher", "--json"]);
        if kind == "empty" {
            assert!(run.code == Some(2) && run.err.contains("never used"), "{}", run.err);
            assert!(import(&home, "2.xml", &text, &["--accept", "empty"]).err.contains("one of older, shrunk"));
            continue;
        }
        assert_eq!(run.code, Some(0), "{kind}: {}", run.err);
        let accepted: Value = serde_json::from_str(&run.out).unwrap();
        assert_eq!(accepted["accepted"][0]["reason"], "seen with the publisher");
        assert_eq!(in_use(&home), held[0]["version"]["published"]);
        assert!(home.run(&["lists", "quarantine"]).out.contains("nothing is in quarantine"));
        assert_eq!(home.run(&["lists", "rebuild"]).code, Some(0), "what was accepted is read again");
    }
}

#[test]
fn doubts_are_put_aside_by_kind_and_only_those_that_are_named() {
    let home = with_list();
    let text = list("2031-02-02", 0..35);
    let run = import(&home, "2.xml", &text, &["--accept", "older"]);
    assert!(run.code == Some(2) && run.err.contains("shrunk: "), "{}", run.err);
    assert_eq!(in_use(&home), "2031-02-03");
    let run = import(&home, "2.xml", &text, &["--accept", "older,shrunk", "--reason", "a look back", "--json"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    let report: Value = serde_json::from_str(&run.out).unwrap();
    let accepted = &report["imported"][0]["accepted"][0];
    assert_eq!((&accepted["reason"], accepted["doubts"].as_array().unwrap().len()), (&Value::from("a look back"), 2));
    assert_eq!(
        history(&home),
        [("2031-02-02".to_owned(), "in_use".to_owned()), ("2031-02-03".to_owned(), "kept".to_owned())]
    );
}

#[test]
fn versions_are_kept_without_being_used() {
    let home = with_list();
    let run = import(&home, "2.xml", &list("2030-01-02", 0..3), &["--keep"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("kept, not in use: behind 2031-02-03"), "{}", run.out);
    assert_eq!((in_use(&home), history(&home).len()), (Value::from("2031-02-03"), 2));
    assert_eq!(import(&home, "3.xml", &list("2030-01-03", 0..0), &["--keep"]).code, Some(2), "not an empty one");
}

#[test]
fn the_users_own_canaries_and_settings() {
    let home = with_list();
    std::fs::write(home.path("home/canaries.tsv"), "un-sc\tGwenllian Zhumagulov\tperson\n").unwrap();
    // 42 is the first of that name; it was not on the list, and must be from now on.
    let run = import(&home, "2.xml", &list("2031-03-04", 0..41), &[]);
    assert!(run.code == Some(2) && run.err.contains("`Gwenllian Zhumagulov` (yours)"), "{}", run.err);
    let run = import(&home, "2.xml", &list("2031-03-05", 0..43), &[]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    std::fs::write(home.path("home/guard.toml"), "shrunk_percent = 1\n").unwrap();
    let run = import(&home, "3.xml", &list("2031-03-06", 1..43), &[]);
    assert!(run.code == Some(2) && run.err.contains("1 of 43 entries"), "{}", run.err);
    std::fs::write(home.path("home/guard.toml"), "shrunk = 1\n").unwrap();
    let run = import(&home, "3.xml", &list("2031-03-07", 0..43), &[]);
    assert!(run.code == Some(2) && run.err.contains("guard.toml") && run.err.contains("hint:"), "{}", run.err);
    assert_eq!(in_use(&home), "2031-03-05");
}

#[test]
fn a_rollback_holds_against_the_next_update() {
    let home = with_list();
    assert_eq!(home.run(&["lists", "rollback", "un-sc"]).code, Some(2), "there is no version before");
    let second = list("2031-03-04", 0..42);
    assert_eq!(import(&home, "2.xml", &second, &[]).code, Some(0));
    let hit = |home: &Home| home.run(&["screen", "Teodric Zhumagulov", "--threshold", "0.95"]).code;
    assert_eq!(hit(&home), Some(1));
    let run = home.run(&["lists", "rollback", "un-sc", "--reason", "damaged names"]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    assert!(run.out.contains("un-sc 2031-02-03") && run.out.contains("set aside: 2031-03-04"), "{}", run.out);
    assert_eq!((in_use(&home), hit(&home)), (Value::from("2031-02-03"), Some(0)));
    let run = import(&home, "2.xml", &second, &[]);
    assert!(
        run.code == Some(2) && run.err.contains("taken out of use by a rollback") && run.err.contains("damaged names")
    );
    // A newer one is news; the one that was rolled back from is still not trusted.
    assert_eq!(import(&home, "3.xml", &list("2031-04-05", 0..41), &[]).code, Some(0));
    assert_eq!(import(&home, "2.xml", &second, &["--accept", "older"]).code, Some(2));
    let run = home.run(&["lists", "rollback", "un-sc", "2031-03-04", "--json"]);
    let done: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(done["set_aside"]["version"]["published"], "2031-04-05");
    assert_eq!((in_use(&home), hit(&home)), (Value::from("2031-03-04"), Some(1)));
    assert!(home.run(&["lists", "rollback", "un-sc", "2031-03-04"]).err.contains("in use already"));
    // Out of use, a list comes back by name.
    assert_eq!(home.run(&["lists", "remove", "un-sc"]).code, Some(0));
    assert_eq!(home.run(&["lists", "rollback", "un-sc", "2031-02-03"]).code, Some(0));
    assert_eq!(in_use(&home), "2031-02-03");
}

/// What the UN published in turn is never doubted; cut to its first half, or without dates of birth, it is.
#[test]
fn the_un_versions_in_turn_are_not_doubted() {
    let Some(folder) = real_data("un") else { return };
    let home = Home::new();
    let path = |date: &str| folder.join(format!("{date}_un_consolidated.xml"));
    for date in ["2025-04-19", "2025-09-03", "2025-11-15", "2025-11-20"] {
        let run = home.run(&["lists", "import", path(date).to_str().unwrap()]);
        assert_eq!(run.code, Some(0), "{date}: {}", run.err);
    }
    let text = std::fs::read_to_string(path("2026-02-27")).unwrap();
    let (individuals, entities) = text.split_once("</INDIVIDUALS>").unwrap();
    let at = individuals.match_indices("<INDIVIDUAL>").nth(360).unwrap().0;
    let cut = format!("{}</INDIVIDUALS>{entities}", &individuals[..at]);
    for (text, kind) in [(cut, "shrunk"), (text.replace("INDIVIDUAL_DATE_OF_BIRTH", "DATE_OF_BIRTH"), "drift")] {
        let run = import(&home, "bad.xml", &text, &[]);
        assert!(
            run.code == Some(2) && run.out.contains(&format!("quarantined: {kind}")),
            "{kind}: {}{}",
            run.out,
            run.err
        );
    }
    let run = home.run(&["lists", "import", path("2026-02-27").to_str().unwrap()]);
    assert_eq!(run.code, Some(0), "{}", run.err);
}
