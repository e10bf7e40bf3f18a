//! The law as shipped: it loads, and every case on its pages comes out as written.

use std::path::Path;

use interdict_measures::{Law, lint};

#[test]
fn every_case_of_every_page_comes_out() {
    let law = Law::embedded().unwrap_or_else(|problems| panic!("{}", join(&problems)));
    let failures = lint::failures(&law, "");
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), law.cases.len(), join(&failures));
    println!(
        "{} pages, {} rules, {} caps, {} cases",
        law.pages.len(),
        law.rules.len(),
        law.caps.len(),
        law.cases.len()
    );
}

#[test]
fn the_folder_and_the_program_hold_the_same_law() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../law");
    let files = files(Path::new(folder)).unwrap();
    let loaded = Law::load(files.into_iter().filter(|(path, _)| !path.ends_with("README.md")).collect()).unwrap();
    let embedded = Law::embedded().unwrap();
    assert_eq!(loaded.pages, embedded.pages, "the folder passes every check, and the program holds the same");
    assert_eq!(loaded.rules, embedded.rules);
}

fn join(problems: &[interdict_measures::Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_coverage_table_has_no_gap() {
    let law = Law::embedded().unwrap_or_else(|problems| panic!("{}", join(&problems)));
    let (rows, problems) = interdict_measures::coverage::table(&law);
    assert!(problems.is_empty(), "{}", join(&problems));
    for act in ["1695", "1718", "1874", "2087", "2094", "2270", "2321", "2356", "2371", "2375", "2397", "2664"] {
        assert!(rows.iter().any(|row| row.act == act), "no rows of {act}");
    }
}

/// Reads every page and table below a folder: path below it, and text.
fn files(folder: &Path) -> std::io::Result<Vec<(String, String)>> {
    let mut out = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next)? {
            let path = entry?.path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|ext| ext == "md" || ext == "tsv") {
                let below = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
                out.push((below, std::fs::read_to_string(&path)?));
            }
        }
    }
    Ok(out)
}
