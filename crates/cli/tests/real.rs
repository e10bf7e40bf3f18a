//! The publishers' real files, where they are: counts that match the source, and who is found.

#![allow(clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use common::Home;
use interdict_testkit::real_data;
use serde_json::Value;

fn imported(home: &Home, paths: &[&str]) -> Value {
    let args: Vec<&str> = ["lists", "import", "--json"].into_iter().chain(paths.iter().copied()).collect();
    let run = home.run(&args);
    serde_json::from_str(&run.out).unwrap_or_else(|e| panic!("{e}: {}{}", run.out, run.err))
}

#[test]
fn un_and_ofac_import_and_answer() {
    let (Some(un), Some(ofac)) = (real_data("un/2026-02-27_un_consolidated.xml"), real_data("ofac/2021-07-07")) else {
        return;
    };
    let home = Home::new();
    let report = imported(&home, &[un.to_str().unwrap(), ofac.to_str().unwrap()]);
    let counts = |list: &str| {
        let versions = report["imported"].as_array().unwrap().iter().map(|imported| &imported["version"]);
        let version = versions.into_iter().find(|version| version["list"] == list).unwrap();
        (
            version["records"].as_u64().unwrap(),
            version["listings"].as_u64().unwrap(),
            version["rejections"].as_u64().unwrap(),
        )
    };
    // As counted in the files themselves: INDIVIDUAL and ENTITY elements; rows of sdn.csv before the end mark.
    assert_eq!(counts("un-sc"), (1003, 1003, 0));
    assert_eq!(counts("ofac-sdn"), (8976, 8976, 0));
    assert_eq!(report["refused"].as_array().unwrap().len(), 0);
    for (args, reference) in [
        (vec!["screen", "Yun Ho Chin", "--list", "un-sc"], "KPi.001"),
        (vec!["screen", "Kim Jong Un", "--born", "1984-01-08"], "20157"),
        (vec!["screen", "Somebody Else", "--kind", "vessel", "--imo", "7937317"], "17069"),
    ] {
        let run = home.run(&args);
        assert!(run.code == Some(1) && run.out.contains(reference), "{args:?}\n{}{}", run.out, run.err);
    }
    // The list's own references are found by `explain`, hit or not.
    let run = home.run(&["explain", "Gudrun Sigurbjornsdottir", "--listing", "un-sc:KPi.001"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
}

#[test]
fn the_malformed_file_is_refused_whole() {
    let Some(folder) = real_data("un/malformed") else { return };
    let home = Home::new();
    let report = imported(&home, &[folder.to_str().unwrap()]);
    assert_eq!(report["imported"].as_array().unwrap().len(), 0);
    let refused = &report["refused"][0];
    assert!(refused["place"].as_str().unwrap().starts_with("line "), "{refused}");
    assert!(refused["hint"].as_str().unwrap().contains("&amp;"), "{refused}");
    let run = home.run(&["lists", "quarantine"]);
    assert!(run.out.contains("refused, received 2") && run.out.contains("un-consolidated-xml"), "{}", run.out);
}

#[test]
fn the_index_agrees_with_its_judge_on_real_names() {
    let (Some(un), Some(clean)) =
        (real_data("un/2026-02-27_un_consolidated.xml"), real_data("labelled/negatives_global.csv"))
    else {
        return;
    };
    let home = Home::new();
    imported(&home, &[un.to_str().unwrap()]);
    let run =
        home.run(&["evaluate", "reference", clean.to_str().unwrap(), "--limit-rows", "100", "--threshold", "0.6"]);
    assert_eq!(run.code, Some(0), "{}{}", run.out, run.err);
    assert!(run.out.contains("different   0"), "{}", run.out);
}
