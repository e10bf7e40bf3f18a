//! `interdict evaluate coverage`, `variants`, `migrate` and `report`: what a validator is handed.

mod common;

use common::Home;

#[test]
fn every_listing_is_found_by_its_own_names() {
    let home = Home::with_un();
    let run = home.run(&["evaluate", "coverage"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let line = run.out.lines().find(|line| line.trim_start().starts_with("un-sc")).unwrap_or_default();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells, ["un-sc", "3", "0", "4", "4", "0", "0", "100.00", "%"], "{}", run.out);
    // A name without letters cannot be screened: said, and no failure.
    let own = home.file("own.csv", b"name\nBo Quill\n--\n");
    let run = home.run(&["lists", "import", &own, "--as", "own"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("`--` is never a hit"), "{}", run.out);
    let run = home.run(&["evaluate", "coverage", "--list", "own"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("own: not compared") && !run.out.contains("un-sc"), "{}", run.out);
}

#[test]
fn variants_are_the_same_for_the_same_seed() {
    let home = Home::with_un();
    let make = |seed: &str, scores: &str| {
        let args = ["evaluate", "variants", "--seed", seed, "--scores", scores, "--report", "variants.html"];
        let run = home.run(&args);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
        (run.out, std::fs::read_to_string(home.path(scores)).unwrap())
    };
    let (out, first) = make("1", "a.csv");
    assert_eq!(make("1", "b.csv").1, first);
    assert_ne!(make("2", "c.csv").1, first);
    assert!(out.contains("letters swapped") && out.contains("recall organization"), "{out}");
    assert!(first.starts_with("variation,kind,list,reference,listed,variant,score,found\n"), "{first}");
    assert!(first.lines().any(|line| line.contains("title added,person,un-sc,ZZi.00") && line.ends_with(",true")));
    let page = std::fs::read_to_string(home.path("variants.html")).unwrap();
    assert!(page.contains("<svg") && page.contains("just above the line of 0.70") && !page.contains("src="));
    let run = home.run(&["evaluate", "variants", "--kinds", "vessel"]);
    assert!(run.code == Some(2) && run.err.contains("no listing of these kinds"), "{}", run.err);
    let run = home.run(&["evaluate", "variants", "--kinds", "unicorn"]);
    assert!(run.code == Some(2) && run.err.contains("one of person"), "{}", run.err);
}

#[test]
fn past_alerts_are_compared_row_by_row() {
    let home = Home::with_un();
    let alerts = home.file(
        "alerts.csv",
        b"Party,Born,Listed Name,Reference,Score,Disposition\n\
          Orsolya Vanderploeg,1971-09-11,ORSOLYA VANDERPLOEG,,97,true match\n\
          Orsolya Vanderploeg,1971-09-11,TEODRIC MBEKILOVIC,,71,false positive\n\
          Bo Quill,,,ZZi.002,70,false positive\n\
          Anna Keller,,Anna Kellerova,,80,false positive\n\
          Teodric Mbekilovic,,Orsolya Vanderploeg,,75,\n\
          Anna Keller,31 June,Anna Kellerova,,80,open\n",
    );
    let run = home.run(&["evaluate", "migrate", &alerts, "--out", "compared.csv"]);
    assert_eq!(run.code, Some(2), "a row could not be compared: {}{}", run.out, run.err);
    assert!(run.err.contains("line 7") && run.err.contains("`31 June`"), "{}", run.err);
    let compared = std::fs::read_to_string(home.path("compared.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(compared.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(header[6..], ["outcome", "our_score", "our_list", "our_reference", "our_name", "why"]);
    let rows: Vec<Vec<String>> = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    let outcomes: Vec<(&str, &str, &str)> = rows.iter().map(|row| (&*row[0], &*row[6], &*row[9])).collect();
    assert_eq!(
        outcomes,
        [
            ("Orsolya Vanderploeg", "same", "ZZi.001"),
            ("Orsolya Vanderploeg", "other", "ZZi.001"),
            ("Bo Quill", "none", "ZZi.002"),
            ("Anna Keller", "not_listed", ""),
            ("Teodric Mbekilovic", "other", "ZZi.002"),
            ("Teodric Mbekilovic", "additional", "ZZi.002"),
            ("Anna Keller", "not_done", ""),
        ]
    );
    assert!(rows[2][11].contains("below 0.70"), "{:?}", rows[2]);
    assert!(rows[3][11].contains("on no list in use; the two names score"), "{:?}", rows[3]);
    let line = run.out.lines().find(|line| line.contains("false positive")).unwrap_or_default();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["false", "positive", "3", "0", "1", "1", "1", "0"]);
    let run = home.run(&["evaluate", "migrate", &home.file("no.csv", b"who,listed\nA,B\n")]);
    assert!(run.code == Some(2) && run.err.contains("no column `party`"), "{}", run.err);
    let run = home.run(&["evaluate", "migrate", &home.file("no.csv", b"who,listed\nA,B\n"), "--map", "who=party"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

#[test]
fn one_page_holds_the_whole_validation() {
    let home = Home::with_un();
    let clean = home.file("clean.csv", b"full_name\nGudrun <b>Sigurbjornsdottir\nTeodric Mbekilov\n");
    let listed = home.file("listed.csv", b"full_name\nOrsolia Vanderploeg\n");
    let pairs = home.file("pairs.csv", b"schema,name1,name2,is_match\nPerson,Anna Keller,Ana Keller,true\n");
    let args = ["evaluate", "report", "--out", "v.html", "--date", "2031-02-03", "--negatives", &clean];
    let run = home.run(&[&args[..], &["--positives", &listed, "--pairs", &pairs]].concat());
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let page = std::fs::read_to_string(home.path("v.html")).unwrap();
    for text in [
        "2031-02-03",
        "list un-sc",
        "policy",
        "Coverage",
        "Variants",
        "Aliases left out",
        "just below the line",
        "Reliability",
    ] {
        assert!(page.contains(text), "{text}");
    }
    for text in ["<script", "src=", "href=", "<b>", "Not measured"] {
        assert!(!page.contains(text), "{text}");
    }
    let folder = home.path("").display().to_string();
    assert!(!page.contains(&folder), "folders are nobody's business");
    let run = home.run(&["evaluate", "report", "--out", "w.html"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    let page = std::fs::read_to_string(home.path("w.html")).unwrap();
    assert_eq!(page.matches("Not measured").count(), 2);
    let run = home.run(&["evaluate", "report", "--out", "w.html", "--date", "soon"]);
    assert!(run.code == Some(2) && run.err.contains("`soon` is no day"), "{}", run.err);
}
