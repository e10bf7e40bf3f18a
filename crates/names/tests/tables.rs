//! The word tables judged by a case file.

use interdict_names::tables::{
    Strength, abbreviation, american, equivalence, frequency, generic, legal_form, number_value, particle, place, title,
};

fn answer(table: &str, text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    match table {
        "legal_form" => legal_form(&words).map(|f| format!("{} {}", f.class, f.words)),
        "title" => title(text).map(str::to_string),
        "particle" => particle(text).map(str::to_string),
        "generic" => generic(text).map(|g| g.canonical.to_string()),
        "number" => number_value(&words).map(|(used, value)| format!("{used} {value}")),
        "place" => place(&words).map(|(used, canonical)| format!("{used} {canonical}")),
        "abbreviation" => abbreviation(text).map(str::to_string),
        "american" => american(text),
        "equivalence" => equivalence(words[0], words[1]).map(|s| match s {
            Strength::Spelling => "spelling".to_string(),
            Strength::Language => "language".to_string(),
            Strength::Nickname => "nickname".to_string(),
        }),
        // said by the failing line: no table has this name
        _ => None,
    }
}

#[test]
fn the_case_file() {
    let mut failures = Vec::new();
    for (number, line) in include_str!("cases/words.tsv").lines().enumerate().filter(|(_, l)| !l.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields.len(), 4, "cases/words.tsv:{}: four fields", number + 1);
        let got = answer(fields[0], fields[1]).unwrap_or_else(|| "-".to_string());
        if got != fields[2] {
            failures.push(format!(
                "cases/words.tsv:{}  {} `{}`: expected {}, got {got} ({})",
                number + 1,
                fields[0],
                fields[1],
                fields[2],
                fields[3]
            ));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn common_names_are_more_frequent_than_rare_ones() {
    assert!(frequency("mohammed") > frequency("petrov"));
    assert!(frequency("petrov") > frequency("qaani"));
    assert_eq!(frequency("zzyzx"), 0);
}
