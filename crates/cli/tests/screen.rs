//! `interdict screen` and `explain` as a user meets them: answers, exit codes, files good and bad.

mod common;

use common::{Home, root};

#[test]
fn one_party_against_the_starter_list() {
    let home = Home::new();
    for (args, code, says) in [
        (vec!["screen", "Kim Jong Un", "--born", "1984-01-08", "--country", "kp"], 1, "OFAC 20157"),
        (vec!["screen", "김정은"], 1, "OFAC 20157"),
        (vec!["screen", "--imo", "7937317"], 1, "Chong Chon Gang"),
        (vec!["screen", "Another Name", "--kind", "vessel", "--imo", "IMO 7937317"], 1, "Chong Chon Gang"),
        (vec!["screen", "Gudrun Sigurbjornsdottir"], 0, "clear"),
        (vec!["screen"], 2, ""),
        (vec!["screen", "???"], 2, ""),
        (vec!["screen", "Anna", "--born", "yesterday"], 2, ""),
        (vec!["screen", "Anna", "--country", "Atlantis"], 2, ""),
        (vec!["screen", "Anna", "--list", "un-sc"], 2, ""),
        (vec!["screen", "Anna", "--threshold", "0.1"], 2, ""),
        (vec!["screen", "missing.csv"], 2, ""),
    ] {
        let run = home.run(&args);
        assert_eq!(run.code, Some(code), "{args:?}\n{}{}", run.out, run.err);
        assert!(run.out.contains(says), "{args:?}\n{}", run.out);
        if code == 2 {
            assert!(run.err.contains("error:") && run.out.is_empty(), "{args:?}\n{}", run.err);
        } else {
            assert!(run.err.contains("not for production"), "says that it is the starter list: {}", run.err);
        }
    }
}

#[test]
fn the_examples_of_the_readme() {
    let home = Home::new();
    let file = root().join("examples/counterparties.csv");
    let run = home.run(&["screen", file.to_str().unwrap()]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    assert!(run.out.contains("30 rows: ") && run.out.contains("0 not done"), "{}", run.out);
    for found in ["C-001", "C-007", "C-012", "C-013", "C-030"] {
        assert!(run.out.contains(found), "{found} is a hit: {}", run.out);
    }
    for clear in ["C-002", "C-004", "C-021", "C-025"] {
        assert!(!run.out.contains(clear), "{clear} is clear: {}", run.out);
    }
}

#[test]
fn a_quote_that_is_never_closed_hides_nobody() {
    let home = Home::new();
    let file = home.file("parties.csv", b"id,name\n1,\"Anna Example\n2,Kim Jong Un\n3,Bo Example\n");
    let run = home.run(&["screen", &file, "--format", "jsonl"]);
    assert_eq!(run.code, Some(2), "{}{}", run.out, run.err);
    let rows: Vec<_> = run.json_lines().iter().map(|row| (row["place"].clone(), row["status"].clone())).collect();
    assert_eq!(rows.len(), 3, "{}", run.out);
    assert_eq!((rows[0].0.as_str(), rows[0].1.as_str()), (Some("line 2"), Some("not_done")), "{}", run.out);
    assert_eq!((rows[1].0.as_str(), rows[1].1.as_str()), (Some("line 3"), Some("hit")), "{}", run.out);

    let file = home.file("shipments.csv", b"id,hs_code,notes\n1,2701,\"x\n2,2701,y\n");
    let run = home.run(&["check", &file, "--law", "un", "--no-screening"]);
    assert_eq!(run.code, Some(2), "{}{}", run.out, run.err);
    assert!(run.err.contains(":2: a quote is not closed"), "{}", run.err);
}

#[test]
fn every_row_has_an_answer_in_its_order() {
    let home = Home::with_un();
    let file = home.file(
        "p.csv",
        "id,full name,dob\n1,Orsolya Vanderploeg,1971-09-11\n2,,\n3,Bo\0b,\n4,Gudrun Sigurbjornsdottir,\n".as_bytes(),
    );
    let run = home.run(&["screen", &file, "--format", "jsonl"]);
    assert_eq!(run.code, Some(2), "a row was left out: {}", run.err);
    let rows = run.json_lines();
    let statuses: Vec<&str> = rows.iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["hit", "not_done", "not_done", "clear"]);
    assert_eq!(rows[2]["place"], "line 4");
    assert!(rows[2]["error"].as_str().unwrap().contains("NUL"), "{}", rows[2]);
    assert!(run.err.contains("not done is not clear"), "{}", run.err);
    let hit = &rows[0]["screening"]["hits"][0];
    assert_eq!((hit["list"].as_str(), hit["reference"].as_str()), (Some("un-sc"), Some("ZZi.001")));
    for id in ["snapshot", "policy", "record"] {
        assert_eq!(rows[0]["screening"][id].as_str().map(str::len), Some(64), "{id}");
    }
    assert_eq!(hit["published"], "2031-02-03");
}

#[test]
fn files_of_every_form() {
    let home = Home::with_un();
    let ftm = r#"{"id":"a","schema":"Person","properties":{"name":["Orsolya Vanderploeg"]}}"#;
    let flat = r#"{"name":"Orsolya Vanderploeg","kind":"person"}"#;
    for (name, text) in [
        ("semicolon.csv", "Name;Geburt\nOrsolya Vanderploeg;1971\n".to_owned()),
        ("tab.tsv", "\u{feff}first_name\tlast_name\nOrsolya\tVanderploeg\n".to_owned()),
        ("lines.jsonl", format!("{ftm}\n{flat}\n")),
        ("array.json", format!("[\n{ftm},\n{flat}]")),
        ("no_extension", "name\nOrsolya Vanderploeg\n".to_owned()),
    ] {
        let file = home.file(name, text.as_bytes());
        let run = home.run(&["screen", &file]);
        assert_eq!(run.code, Some(1), "{name}: {}{}", run.out, run.err);
        let run = home.run_with(&["screen", "-"], text.as_bytes());
        assert_eq!(run.code, Some(1), "{name} on standard input: {}{}", run.out, run.err);
    }
    let file = home.file("mapped.csv", b"Kunde;Geb\nOrsolya Vanderploeg;1971\n");
    assert_eq!(home.run(&["screen", &file]).code, Some(2), "no column holds a name");
    assert_eq!(home.run(&["screen", &file, "--map", "Kunde=name", "--map", "Geb=born"]).code, Some(1));
}

#[test]
fn broken_files_end_soon_and_say_why() {
    let home = Home::with_un();
    let huge = format!("name,born\n\"{}", "x".repeat(50 << 20));
    let long = format!("name\n{}\nOrsolya Vanderploeg\n", "y".repeat(100_000));
    let marks = format!("name\n{}\nOrsolya Vanderploeg\n", "e\u{301}".repeat(300));
    for (name, content, code, says) in [
        ("empty.csv", Vec::new(), 2, "empty"),
        ("header.csv", b"name,born\n".to_vec(), 2, "no rows"),
        ("none.json", b"[]".to_vec(), 2, "no rows"),
        ("utf16.csv", vec![0xff, 0xfe, b'n', 0], 2, "UTF-16"),
        ("latin1.csv", b"name\nJos\xe9\nOrsolya Vanderploeg\n".to_vec(), 2, "UTF-8"),
        ("huge.csv", huge.into_bytes(), 2, "4 MiB"),
        ("long.csv", long.into_bytes(), 2, "100000 characters"),
        ("marks.csv", marks.into_bytes(), 1, "Vanderploeg"),
        ("cut.json", b"[{\"name\": \"Orsolya Vanderploeg\"}, {\"name\"".to_vec(), 2, "cut short"),
        ("wide.csv", b"name\nAnna,1970,more\n".to_vec(), 2, "3 fields"),
    ] {
        let file = home.file(name, &content);
        let start = std::time::Instant::now();
        let run = home.run(&["screen", &file]);
        assert_eq!(run.code, Some(code), "{name}: {}{}", run.out, run.err);
        assert!(format!("{}{}", run.out, run.err).contains(says), "{name}: {}{}", run.out, run.err);
        assert!(start.elapsed().as_secs() < 20, "{name} took {:?}", start.elapsed());
    }
}

#[test]
fn output_runs_nothing() {
    let home = Home::new();
    let list = "name,alias\n=cmd|' /C calc'!A0 Wexelbrunn,\u{1b}]0;owned\u{7}Wexelbrunn\u{202e}\n";
    let list = home.file("l.csv", list.as_bytes());
    assert_eq!(home.run(&["lists", "import", &list, "--as", "watch"]).code, Some(0));
    for format in ["table", "json", "jsonl", "csv"] {
        let run = home.run(&["screen", "Wexelbrunn cmd calc", "--threshold", "0.3", "--format", format]);
        let text = format!("{}{}", run.out, run.err);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{format}: {text:?}");
        assert_eq!(run.code, Some(1), "{format}: {text}");
        if format == "csv" {
            let starts = run
                .out
                .lines()
                .flat_map(|line| line.split(','))
                .filter(|cell| cell.starts_with('=') || cell.starts_with("\"="));
            assert_eq!(starts.count(), 0, "{}", run.out);
        }
    }
    let run = home.run(&["lists", "show", "watch", "--json"]);
    assert!(!run.out.contains(['\u{1b}', '\u{202e}']), "{}", run.out);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let home = Home::new();
    let esc = |env: Option<(&str, &str)>| {
        let mut command = home.command(&["screen", "Kim Jong Un"]);
        command.envs(env);
        String::from_utf8(command.output().unwrap().stdout).unwrap().contains('\u{1b}')
    };
    assert!(!esc(None), "no terminal, no colours");
    assert!(!esc(Some(("NO_COLOR", "1"))));
    assert!(esc(Some(("CLICOLOR_FORCE", "1"))));
}

#[test]
fn the_same_question_has_the_same_answer() {
    let home = Home::with_un();
    let args = ["screen", "Orsolya van der Ploeg", "--format", "json"];
    let (a, b) = (home.run(&args), home.run(&args));
    assert_eq!(a.out, b.out);
    let answer: serde_json::Value = serde_json::from_str(&a.out).unwrap();
    assert_eq!(answer["lists"][0]["list"], "un-sc");
    assert_eq!(answer["starter"], false);
    let other = home.run(&["screen", "Orsolya van der Ploeg", "--format", "json", "--threshold", "0.71"]);
    let other: serde_json::Value = serde_json::from_str(&other.out).unwrap();
    assert_ne!(answer["policy"], other["policy"], "another threshold is another policy");
    assert_eq!(answer["snapshot"], other["snapshot"]);
}

#[test]
fn a_result_file_is_whole_or_not_there() {
    let home = Home::with_un();
    let parties = home.file("p.csv", b"name\nOrsolya Vanderploeg\n");
    let out = home.path("out.csv");
    let run = home.run(&["screen", &parties, "--format", "csv", "--out", out.to_str().unwrap()]);
    assert_eq!(run.code, Some(1), "{}", run.err);
    let text = std::fs::read_to_string(&out).unwrap();
    assert!(text.starts_with("row,place,id,party,status,score,list,reference") && text.lines().count() == 2, "{text}");
    let run = home.run(&["screen", "missing.csv", "--format", "csv", "--out", "never.csv"]);
    assert_eq!(run.code, Some(2));
    assert!(!home.path("never.csv").exists());
    let relative = home.run(&["screen", &parties, "--format", "jsonl", "--out", "here.jsonl"]);
    assert_eq!(relative.code, Some(1), "{}", relative.err);
    assert!(home.path("here.jsonl").exists());
}

#[test]
fn explain_says_why_not() {
    let home = Home::with_un();
    let run = home.run(&["explain", "Orsolya Petrovic", "--born", "1950-01-01", "--listing", "un-sc:ZZi.001"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    for text in ["no hit", "what is missing", "petrovic", "vanderploeg", "1971-09-11"] {
        assert!(run.out.to_lowercase().contains(text), "{text}: {}", run.out);
    }
    assert_eq!(home.run(&["explain", "Orsolya Vanderploeg", "--listing", "un-sc:ZZi.001"]).code, Some(1));
    for listing in ["ZZi.001", "un-sc:ZZi.999", "ofac-sdn:1"] {
        let run = home.run(&["explain", "Anna", "--listing", listing]);
        assert_eq!(run.code, Some(2), "{listing}");
        assert!(run.err.contains("hint:"), "{}", run.err);
    }
}

#[test]
fn every_command_has_examples() {
    let home = Home::new();
    for command in [
        vec!["--help"],
        vec!["screen", "--help"],
        vec!["explain", "--help"],
        vec!["lists", "--help"],
        vec!["lists", "import", "--help"],
        vec!["evaluate", "--help"],
        vec!["evaluate", "pairs", "--help"],
        vec!["evaluate", "lists", "--help"],
        vec!["evaluate", "aliases", "--help"],
        vec!["evaluate", "reference", "--help"],
        vec!["completions", "--help"],
    ] {
        let run = home.run(&command);
        assert!(run.code == Some(0) && run.out.contains("Examples:"), "{command:?}\n{}", run.out);
    }
    assert!(home.run(&["completions", "bash"]).out.contains("interdict"));
    assert!(home.run(&["man"]).out.contains(".TH interdict"));
    assert!(home.run(&["version"]).out.contains("starter"));
}
