//! `interdict evaluate`: the scores that are written, row for row.

mod common;

use common::Home;

#[test]
fn pairs_keep_their_columns_and_gain_a_score() {
    let home = Home::new();
    let pairs = "case,schema,name1,name2,is_match,quality\n\
        a,Person,Orsolya Vanderploeg,Orsolya Vanderploeg,true,STRONG\n\
        b,Company,\"Quill, Ltd\",Feather GmbH,false,STRONG\n\
        c,Unicorn,Anna,Anna,true,WEAK\n";
    let file = home.file("pairs.csv", pairs.as_bytes());
    let run = home.run(&["evaluate", "pairs", &file, "--scores", "scores.csv", "--report", "report.html"]);
    assert_eq!(run.code, Some(2), "a pair could not be scored: {}", run.err);
    let scores = std::fs::read_to_string(home.path("scores.csv")).unwrap();
    let rows: Vec<&str> = scores.lines().collect();
    assert_eq!(rows[0], "case,schema,name1,name2,is_match,quality,score");
    assert_eq!(rows[1], "a,Person,Orsolya Vanderploeg,Orsolya Vanderploeg,true,STRONG,1.0000");
    assert!(rows[2].starts_with("b,Company,\"Quill, Ltd\",Feather GmbH,false,STRONG,0."), "{}", rows[2]);
    assert!(rows[3].ends_with(",WEAK,"), "{}", rows[3]);
    let report = std::fs::read_to_string(home.path("report.html")).unwrap();
    assert!(report.contains("<svg") && !report.contains("<script") && !report.contains("http://localhost"));
    assert!(run.out.contains("by quality"), "{}", run.out);
}

#[test]
fn pairs_of_records_as_json() {
    let home = Home::new();
    let entity = |name: &str, born: &str| {
        format!(r#"{{"id":"x","schema":"Person","properties":{{"name":["{name}"],"birthDate":["{born}"]}}}}"#)
    };
    let (a, b) = (entity("Orsolya Vanderploeg", "1971-09-11"), entity("Orsolya Vanderploeg", "1931-01-02"));
    let pair = |left: &str, right: &str, judgement: &str| {
        format!(r#"{{"left":{left},"right":{right},"judgement":"{judgement}"}}"#)
    };
    let (same, other) = (pair(&a, &a, "positive"), pair(&a, &b, "negative"));
    for (name, text) in [("p.jsonl", format!("{same}\n{other}\n")), ("p.json", format!("[{same},{other}]"))] {
        let file = home.file(name, text.as_bytes());
        let run = home.run(&["evaluate", "pairs", &file, "--scores", "s.csv"]);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
        let scores = std::fs::read_to_string(home.path("s.csv")).unwrap();
        let score =
            |line: usize| -> f64 { scores.lines().nth(line).unwrap().rsplit(',').next().unwrap().parse().unwrap() };
        assert!(score(1) > score(2), "{scores}");
    }
}

#[test]
fn lists_aliases_and_the_reference() {
    let home = Home::with_un();
    let head = "full_name,first_name,middle_name,last_name,gender,date_of_birth,place_of_birth,nationality\n";
    let listed = home.file("listed.csv", format!("{head}Orsolia Vanderploeg,,,,female,1971-09-11,,is\n").as_bytes());
    let clean = home.file(
        "clean.csv",
        format!("{head}Gudrun Sigurbjornsdottir,,,,,1950,,\nAnna Maria Keller,,,,,,,de\n").as_bytes(),
    );
    for fields in ["name", "all"] {
        let args = [
            "evaluate",
            "lists",
            "--positives",
            &listed,
            "--negatives",
            &clean,
            "--fields",
            fields,
            "--scores",
            "s.csv",
        ];
        let run = home.run(&args);
        assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
        let scores = std::fs::read_to_string(home.path("s.csv")).unwrap();
        let rows: Vec<&str> = scores.lines().collect();
        assert_eq!((rows[0], rows.len()), ("file,row,score,list,reference", 4));
        assert!(rows[1].starts_with("listed.csv,1,0.9") || rows[1].starts_with("listed.csv,1,1."), "{}", rows[1]);
        assert!(rows[1].ends_with(",un-sc,ZZi.001"), "{}", rows[1]);
        assert!(rows[3].starts_with("clean.csv,2,0."), "{}", rows[3]);
        assert!(run.out.contains("0.5 %") && run.out.contains("rows/s"), "{}", run.out);
    }
    let run = home.run(&["evaluate", "aliases", "--negatives", &clean]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("aliases         1\n"), "{}", run.out);
    let run = home.run(&["evaluate", "reference", &listed, &clean, "--threshold", "0.4"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("different   0"), "{}", run.out);
}
