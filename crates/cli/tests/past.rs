//! Questions about the past: what was in force on a day, and what had been received by a moment.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use common::Home;
use interdict_testkit::real_data;
use serde_json::Value;

/// An entry of an invented list: number, name, day of listing.
type Entry = (u32, &'static str, Option<&'static str>);

const ORSOLYA: Entry = (1, "ORSOLYA VANDERPLOEG", Some("2030-05-06"));
const TEODRIC: Entry = (2, "TEODRIC MBEKILOVIC", Some("2031-03-10"));
const GWENLLIAN: Entry = (3, "GWENLLIAN QUENNEVILLE", Some("2031-04-20"));
const UNDATED: Entry = (4, "CASSIMIR WEXELBRUNN", None);
/// Listed long ago, taken off, and put back with its first date.
const BACK: Entry = (5, "DRAGOSLAV ZHUMAGULOV", Some("2029-01-02"));

fn list(date: &str, entries: &[Entry]) -> String {
    let mut text = format!("<CONSOLIDATED_LIST dateGenerated=\"{date}T04:05:06.000-05:00\">\n<INDIVIDUALS>\n");
    for (n, name, listed) in entries {
        let listed = listed.map_or_else(String::new, |day| format!("<LISTED_ON>{day}</LISTED_ON>"));
        text.push_str(&format!(
            "<INDIVIDUAL><DATAID>{n}</DATAID><VERSIONNUM>1</VERSIONNUM><FIRST_NAME>{name}</FIRST_NAME>\
             <UN_LIST_TYPE>Invented</UN_LIST_TYPE><REFERENCE_NUMBER>ZZi.{n:03}</REFERENCE_NUMBER>{listed}\
             <SORT_KEY/><SORT_KEY_LAST_MOD/></INDIVIDUAL>\n"
        ));
    }
    text.push_str("</INDIVIDUALS>\n<ENTITIES/>\n</CONSOLIDATED_LIST>\n");
    text
}

/// 2031-02-03 with one entry, 2031-05-06 with four more; in use since it came.
fn home() -> Home {
    let home = Home::new();
    for (date, entries) in
        [("2031-02-03", vec![ORSOLYA]), ("2031-05-06", vec![ORSOLYA, TEODRIC, GWENLLIAN, UNDATED, BACK])]
    {
        let file = home.file(&format!("{date}.xml"), list(date, &entries).as_bytes());
        assert_eq!(home.run(&["lists", "import", &file]).code, Some(0));
    }
    home
}

fn ask(home: &Home, name: &str, when: &[&str]) -> (Option<i32>, Value) {
    let args: Vec<&str> =
        ["screen", name, "--format", "json", "--threshold", "0.9"].iter().chain(when).copied().collect();
    let run = home.run(&args);
    let answer = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{args:?}: {e}: {}{}", run.out, run.err));
    (run.code, answer)
}

#[test]
fn a_day_in_the_past_is_answered_from_what_was_published_by_then() {
    let home = home();
    let present = home.run(&["screen", "Teodric Mbekilovic"]).out;
    for (day, who, expected, why) in [
        ("2031-05-06", TEODRIC, 1, "on the day of publication"),
        ("2031-06-01", UNDATED, 1, "long after"),
        ("2031-05-05", TEODRIC, 1, "the later version says it was listed in March"),
        ("2031-05-05", GWENLLIAN, 1, "and this one in April"),
        ("2031-04-19", GWENLLIAN, 0, "the day before it was listed"),
        ("2031-03-09", TEODRIC, 0, "the day before it was listed"),
        ("2031-05-05", UNDATED, 0, "not in the version of then, and nobody says when it came"),
        ("2031-05-05", BACK, 0, "it was not on the version of then, whatever its first date"),
        ("2031-02-03", ORSOLYA, 1, "on the day of publication"),
    ] {
        let (code, answer) = ask(&home, who.1, &["--as-of", day]);
        assert_eq!(code, Some(expected), "{day} {}: {why}: {answer}", who.1);
        assert_eq!(answer["past"]["as_of"], day);
        assert!(answer["past"].get("known_at").is_none());
    }
    let (_, answer) = ask(&home, GWENLLIAN.1, &["--as-of", "2031-05-05"]);
    let lists = answer["past"]["lists"].as_array().unwrap();
    let basis: Vec<(&str, &str, u64)> = lists
        .iter()
        .map(|list| {
            (list["basis"].as_str().unwrap(), list["published"].as_str().unwrap(), list["listings"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(basis, [("in_force", "2031-02-03", 1), ("listed_since", "2031-05-06", 2)]);
    assert_eq!(lists[1]["not_known"], 2, "one undated, one that came back");
    assert_eq!(answer["hits"][0]["version"], lists[1]["version"], "a hit names the version it stands in");
    assert_eq!(answer["hits"][0]["then"], "listed");
    assert_eq!(home.run(&["screen", "Teodric Mbekilovic"]).out, present, "the present is as it was");
}

#[test]
fn where_only_a_later_version_is_kept_it_is_reconstructed_and_said() {
    let home = home();
    for (who, expected) in [(BACK, 1), (UNDATED, 1), (ORSOLYA, 0), (TEODRIC, 0)] {
        // The version of May alone: a home that never had the other.
        let other = Home::new();
        let file = other.file("may.xml", std::fs::read(home.path("2031-05-06.xml")).unwrap().as_slice());
        assert_eq!(other.run(&["lists", "import", &file]).code, Some(0));
        let (code, answer) = ask(&other, who.1, &["--as-of", "2030-05-05"]);
        assert_eq!(code, Some(expected), "{}: {answer}", who.1);
        let list = &answer["past"]["lists"][0];
        assert_eq!(
            (&list["basis"], list["left_out"].as_u64(), list["undated"].as_u64()),
            (&Value::from("reconstructed"), Some(3), Some(1))
        );
        if expected == 1 {
            assert_eq!(answer["hits"][0]["then"], if who == UNDATED { "not_known" } else { "listed" });
        }
        let run = other.run(&["screen", who.1, "--as-of", "2030-05-05"]);
        for part in
            ["reconstructed without 3 entries listed later", "1 entry without a date of listing kept", "put back"]
        {
            assert!(run.out.contains(part), "{part}: {}", run.out);
        }
        assert_eq!(run.out.contains("it does not say when it was listed"), who == UNDATED, "{}", run.out);
    }
}

#[test]
fn a_day_before_all_entries_clears_nobody() {
    let home = Home::new();
    let file = home.file("late.xml", list("2031-05-06", &[ORSOLYA, TEODRIC]).as_bytes());
    let run = home.run(&["lists", "import", &file]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let run = home.run(&["screen", "Anna Example", "--as-of", "1945-01-01"]);
    assert_eq!((run.code, run.out.as_str()), (Some(2), ""), "{}", run.err);
    assert!(run.err.contains("listed by then") && run.err.contains("hint:"), "{}", run.err);
}

#[test]
fn what_was_known_is_another_question_than_what_was_in_force() {
    let home = home();
    let versions: Vec<Value> = serde_json::from_str(&home.run(&["lists", "history", "--json"]).out).unwrap();
    let received = |at: usize| versions[at]["received"].as_str().unwrap().to_owned();
    let (first, second) = (received(0), received(1));
    // By the moment when only the first had come, nobody could know of the others.
    let (code, answer) = ask(&home, TEODRIC.1, &["--known-at", &first]);
    assert_eq!((code, &answer["past"]["lists"][0]["basis"]), (Some(0), &Value::from("newest_received")));
    assert_eq!(answer["past"]["known_at"], first);
    assert!(answer["past"].get("as_of").is_none());
    assert_eq!(ask(&home, TEODRIC.1, &["--known-at", &second]).0, Some(1));
    // Both: in force in April as it was known at the first moment, and as it is known now.
    let (code, answer) = ask(&home, TEODRIC.1, &["--as-of", "2031-04-01", "--known-at", &first]);
    assert_eq!(code, Some(0), "{answer}");
    assert_eq!(
        (&answer["past"]["as_of"], &answer["past"]["known_at"]),
        (&Value::from("2031-04-01"), &Value::from(first.clone()))
    );
    assert_eq!(ask(&home, TEODRIC.1, &["--as-of", "2031-04-01", "--known-at", &second]).0, Some(1));
    assert_ne!(
        ask(&home, ORSOLYA.1, &["--as-of", "2031-05-06"]).1["record"],
        ask(&home, ORSOLYA.1, &["--known-at", &second]).1["record"],
        "the question is part of the record"
    );
    let run = home.run(&["screen", "Anybody", "--known-at", "2001-01-01"]);
    assert!(
        run.code == Some(2) && run.err.contains("received by 2001-01-01T23:59:59") && run.err.contains("hint:"),
        "{}",
        run.err
    );
    // A list that came later is not compared, and that is said.
    let own = home.file("own.csv", b"name\nBo Quill\n");
    assert_eq!(home.run(&["lists", "import", &own, "--as", "own"]).code, Some(0));
    let run = home.run(&["screen", "Bo Quill", "--known-at", &second]);
    assert!(run.code == Some(0) && run.out.contains("own: no version is known to have been received"), "{}", run.out);
    let run = home.run(&["screen", "Bo Quill", "--as-of", "2031-04-01"]);
    assert!(run.code == Some(1) && run.out.contains("no kept version carries a date"), "{}", run.out);
}

#[test]
fn a_file_of_parties_doubted_versions_and_wrong_dates() {
    let home = home();
    let parties = home.file("parties.csv", b"name\nTeodric Mbekilovic\nGwenllian Quenneville\n");
    let run = home.run(&["screen", &parties, "--as-of", "2031-04-01", "--format", "jsonl"]);
    let statuses: Vec<Value> = run.json_lines().iter().map(|line| line["status"].clone()).collect();
    assert_eq!(statuses, ["hit", "clear"]);
    assert!(run.err.contains("lists in force on 2031-04-01") && run.err.contains("1 entry more"), "{}", run.err);
    // A doubted version and one that was rolled back from stand for nothing.
    let damaged = list("2031-06-07", &[(9, "ELFRIEDA TORVIKSEN", Some("2031-06-01")), ORSOLYA]);
    let file = home.file("6.xml", damaged.as_bytes());
    assert_eq!(home.run(&["lists", "import", &file]).code, Some(0));
    assert_eq!(ask(&home, "Elfrieda Torviksen", &["--as-of", "2031-06-30"]).0, Some(1));
    assert_eq!(home.run(&["lists", "rollback", "un-sc"]).code, Some(0));
    assert_eq!(ask(&home, "Elfrieda Torviksen", &["--as-of", "2031-06-30"]).0, Some(0));
    for bad in [["--as-of", "26.01.2018"], ["--known-at", "noon"]] {
        let run = home.run(&["screen", "Anybody", bad[0], bad[1]]);
        assert!(run.code == Some(2) && run.err.contains(", as 20"), "{}", run.err);
    }
    let run = Home::new().run(&["screen", "Anybody", "--as-of", "2018-01-26"]);
    assert!(run.code == Some(2) && run.err.contains("no list is in use"), "{}", run.err);
    let indexes = std::fs::read_dir(home.path("home/index")).unwrap().count();
    assert!(indexes <= 10, "the index in use and four of the past, each with its note: {indexes}");
}

#[test]
fn a_comparison_is_with_the_listing_as_it_stood() {
    let home = home();
    let explain = |name: &str, listing: &str, when: &[&str]| {
        let args = ["explain", name, "--listing", listing, "--format", "json", "--threshold", "0.9"];
        home.run(&[&args[..], when].concat())
    };
    let then = explain(TEODRIC.1, "un-sc:ZZi.002", &["--as-of", "2031-05-05"]);
    assert_eq!(then.code, Some(1), "{}", then.err);
    let answer: Value = serde_json::from_str(&then.out).unwrap();
    assert_eq!((&answer["past"]["as_of"], &answer["hit"]["then"]), (&"2031-05-05".into(), &"listed".into()));
    let now: Value = serde_json::from_str(&explain(TEODRIC.1, "un-sc:ZZi.002", &[]).out).unwrap();
    assert!(now.get("past").is_none() && now["record"] != answer["record"]);
    let before = explain(TEODRIC.1, "un-sc:ZZi.002", &["--as-of", "2031-03-09"]);
    assert!(before.code == Some(2) && before.err.contains("not on the lists of that time"), "{}", before.err);
    let table = home.run(&["explain", ORSOLYA.1, "--listing", "un-sc:ZZi.001", "--known-at", "2099-01-01"]);
    assert!(table.code == Some(1) && table.out.contains("received by 2099-01-01"), "{}{}", table.out, table.err);
}

/// A shipment to somebody, decided with the lists of a time.
fn decided(home: &Home, buyer: &str, when: &[&str]) -> (Option<i32>, Value) {
    let buyer = format!("buyer={buyer}");
    let args = ["check", "--on", "2031-06-01", "--law", "un", "activity=goods", "hs=1001", "from=de", &buyer];
    let run = home.run(&[&args[..], &["--format", "json"], when].concat());
    let answer = serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}{}", run.out, run.err));
    (run.code, answer)
}

#[test]
fn a_decision_takes_the_parties_to_the_lists_of_then() {
    let home = home();
    let listed = |answer: &Value| answer["screening"][0]["listed_by"] == serde_json::json!(["un"]);
    let (_, now) = decided(&home, TEODRIC.1, &[]);
    assert!(listed(&now) && now.get("past").is_none(), "{now}");
    let (_, then) = decided(&home, TEODRIC.1, &["--as-of", "2031-05-05"]);
    assert!(listed(&then) && then["past"]["as_of"] == "2031-05-05", "{then}");
    assert_ne!(now["record"], then["record"]);
    let (_, before) = decided(&home, TEODRIC.1, &["--as-of", "2031-02-03"]);
    assert!(!listed(&before) && before["screening"][0].get("hit").is_none(), "{before}");
    // an entry that does not say when it was listed is for a person to judge, and clears nobody
    let other = Home::new();
    let file = other.file("may.xml", std::fs::read(home.path("2031-05-06.xml")).unwrap().as_slice());
    assert_eq!(other.run(&["lists", "import", &file]).code, Some(0));
    let (code, unsure) = decided(&other, UNDATED.1, &["--as-of", "2030-05-05"]);
    assert!(!listed(&unsure) && unsure["screening"][0]["review"] == true && code == Some(1), "{unsure}");
    let lacks = |answer: &Value| answer["lacking"].to_string().contains("listed_by");
    let (_, sure) = decided(&home, "Somebody Else", &["--as-of", "2031-05-06"]);
    let (_, unsure) = decided(&other, "Somebody Else", &["--as-of", "2030-05-05"]);
    assert!(lacks(&unsure), "a reconstruction clears nobody: {unsure}");
    let facts = |answer: &Value| answer["screening"].to_string();
    assert_eq!(facts(&sure), facts(&unsure));
    let refused = home.run(&["check", "--no-screening", "--as-of", "2031-05-05", "activity=goods"]);
    assert_eq!(refused.code, Some(2), "{}", refused.err);
    // on record and asked again
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.com/log"]).code, Some(0));
    let args = ["check", "--on", "2031-06-01", "--law", "un", "activity=goods", "hs=1001", "buyer=Teodric Mbekilovic"];
    let receipt = home.path("r.json");
    let more = ["--as-of", "2031-05-05", "--receipt", receipt.to_str().unwrap()];
    assert_ne!(home.run(&[&args[..], &more].concat()).code, Some(2));
    let again = home.run(&["replay", receipt.to_str().unwrap()]);
    assert!(again.code == Some(0) && again.out.contains("the same answer"), "{}{}", again.out, again.err);
}

/// The UN's Iran entries: off the list from January 2016, back in September 2025 with their first dates.
#[test]
fn the_un_list_of_other_years() {
    let Some(folder) = real_data("un") else { return };
    let home = Home::new();
    let file = |date: &str| folder.join(format!("{date}_un_consolidated.xml")).to_str().unwrap().to_owned();
    let files = ["2018-06-07", "2025-09-03", "2025-11-15", "2026-02-27"].map(file);
    let mut args = vec!["lists", "import"];
    args.extend(files.iter().map(String::as_str));
    assert_eq!(home.run(&args).code, Some(0));
    for (day, expected) in [("2025-09-03", 0), ("2025-09-20", 0), ("2025-11-15", 1), ("2026-03-01", 1)] {
        let (code, answer) = ask(&home, "Mohammad Eslami", &["--as-of", day]);
        assert_eq!(code, Some(expected), "{day}: {}", answer["past"]);
    }
    let (_, answer) = ask(&home, "Mohammad Eslami", &["--as-of", "2025-09-20"]);
    assert_eq!(answer["past"]["lists"][1]["not_known"], 121, "when they came back between the versions is not known");
    let (_, answer) = ask(&home, "Yun Ho Chin", &["--as-of", "2018-01-26"]);
    let list = &answer["past"]["lists"][0];
    assert_eq!((&list["basis"], list["left_out"].as_u64()), (&Value::from("reconstructed"), Some(38)));
}
