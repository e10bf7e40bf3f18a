//! `interdict check`, `law` and `cap` as a user meets them; the walk through the article runs as written.

mod common;

use common::{Home, root};

#[test]
fn the_walk_through_the_article_prints_what_it_says() {
    let home = Home::new();
    let text = std::fs::read_to_string(root().join("examples/2018-01-05.md")).unwrap();
    let mut runs = 0;
    let mut out = String::new();
    let mut command = String::new();
    let mut inside = false;
    for (n, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if let (true, Some(rest)) = (inside, line.strip_prefix("$ interdict ")) {
            command = rest.to_owned();
            let args: Vec<String> = rest.split_whitespace().map(at_root).collect();
            let run = home.run(&args.iter().map(String::as_str).collect::<Vec<_>>());
            out = format!("{}{}", run.out, run.err);
            runs += 1;
        } else if inside && !line.trim().is_empty() {
            let said = out.replace(&format!("{}/", root().display()), "");
            assert!(
                said.contains(line.trim()),
                "line {}: `{}` is not in the output of\n  interdict {command}\n{said}",
                n + 1,
                line.trim()
            );
        }
    }
    assert!(runs >= 15, "{runs} commands");
}

// Files are named from the root of the repository.
fn at_root(word: &str) -> String {
    if word.starts_with("examples/") { root().join(word).display().to_string() } else { word.to_owned() }
}

#[test]
fn exit_codes_fail_safe() {
    let home = Home::new();
    let base = ["check", "--on", "2018-01-05", "--law", "un", "--no-screening"];
    for (more, code, says) in [
        (
            vec!["activity=goods", "hs=2701", "origin=kp", "from=kp", "seller_country=kp", "loading_port=other"],
            1,
            "prohibited",
        ),
        (vec!["activity=fishing-rights", "from_party=kr"], 0, "permitted"),
        (vec!["activity=fishing-rights"], 1, "undetermined"),
        (vec!["activity=goods", "hs=7701"], 2, "there is no chapter 77"),
        (vec!["activity=goods", "origin=Atlantis"], 2, "names no country"),
        (vec!["activity=goods", "origin=kr", "country_of_origin=kp", "hs=2701"], 1, "given as `kr` and as `kp`"),
        (vec!["missing.csv"], 2, ""),
    ] {
        let args: Vec<&str> = base.iter().copied().chain(more.iter().copied()).collect();
        let run = home.run(&args);
        assert_eq!(run.code, Some(code), "{more:?}\n{}{}", run.out, run.err);
        assert!(run.out.contains(says), "{more:?}\n{}", run.out);
    }
    for args in [
        vec!["check", "--law", "xx", "activity=goods"],
        vec!["check"],
        vec!["check", "--on", "x", "--also-on", "2018-02-30", "activity=goods"],
        vec!["cap", "nothing"],
        vec!["law", "show", "un/0"],
        vec!["law", "diff", "2018-01-05", "soon"],
    ] {
        let run = home.run(&args);
        assert_eq!(run.code, Some(2), "{args:?}\n{}{}", run.out, run.err);
    }
}

#[test]
fn a_listed_party_decides_too() {
    let home = Home::new();
    let run = home.run(&[
        "check",
        "--on",
        "2018-01-05",
        "--law",
        "us",
        "--format",
        "jsonl",
        "activity=goods",
        "hs=4901",
        "hs_edition=HS2017",
        "from=us",
        "origin=us",
        "seller=Book Shop",
        "seller_country=us",
        "to=cn",
        "buyer=Kim Jong Un",
        "buyer_country=cn",
    ]);
    assert_eq!(run.code, Some(1), "{}{}", run.out, run.err);
    assert!(run.out.contains("\"listed_by\":[\"us\"]") && run.out.contains("\"prohibited\""), "{}", run.out);
}

#[test]
fn json_csv_and_tables_are_read() {
    let home = Home::new();
    let folder = std::env::temp_dir().join(format!("interdict-check-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let json = folder.join("one.json");
    std::fs::write(&json, r#"[{"id":"A1","date":"2018-01-05","activity":"goods","hs":"2701","origin":"KP","from":"KP","parties":[{"role":"seller","name":"Mine","country":"KP"}],"loading_port":"other"},{"activity":["goods"]},7]"#).unwrap();
    let run = home.run(&["check", json.to_str().unwrap(), "--law", "un", "--no-screening"]);
    assert!(run.out.contains("id A1") && run.out.contains("un/2371/8#coal"), "{}", run.out);
    assert!(run.code == Some(2) && run.err.contains("record 3"), "{}", run.err);
    for (name, end) in [("unix.csv", "\n"), ("windows.csv", "\r\n")] {
        let table = folder.join(name);
        let text = ["activity,hs,origin", "goods,2701,kp", "goods,7701,kp"].join(end) + end;
        std::fs::write(&table, text).unwrap();
        let run = home.run(&["check", table.to_str().unwrap(), "--law", "un", "--no-screening", "--on", "2018-01-05"]);
        assert!(run.out.contains(&format!("{name}:3: `hs`")), "{name}: the line is the file's own\n{}", run.out);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_law_is_shown_checked_and_covered() {
    let home = Home::new();
    for (args, says) in [
        (vec!["law", "pages", "un/2397"], "S/RES/2397 (2017), paragraph 5"),
        (vec!["law", "show", "un/2397/5"], "room in refined-2018"),
        (vec!["law", "terms"], "livelihood"),
        (vec!["law", "coverage"], "with the reason why none"),
        (vec!["law", "check"], "0 problems, 0 failures"),
        (vec!["cap"], "500000 bbl"),
    ] {
        let run = home.run(&args);
        assert_eq!(run.code, Some(0), "{args:?}\n{}{}", run.out, run.err);
        assert!(run.out.contains(says), "{args:?}\n{}", run.out);
    }
}
