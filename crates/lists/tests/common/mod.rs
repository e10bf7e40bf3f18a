//! Reads sets of files in tests, from the fixtures beside or from the folder of real lists.
#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::panic, reason = "a test that can not go on has failed")]

use std::path::PathBuf;

use interdict_lists::{FileSet, Options, Reading, Refusal, SourceFile, group, read};
use interdict_model::Listing;

/// A file of our own fixtures.
pub fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The folder of real lists, if it is there; says so if not.
pub fn data() -> Option<PathBuf> {
    let beside = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let folder = std::env::var_os("INTERDICT_DATA").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no real lists at {}; set INTERDICT_DATA", folder.display());
    None
}

/// What became of files given in one command: all must belong to one set.
pub fn import(files: &[(&str, &[u8])]) -> Result<(Reading, Vec<Listing>), Refusal> {
    let sources: Vec<SourceFile<'_>> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let (sets, refusals) = group(&sources, &Options::default());
    if let Some(refusal) = refusals.into_iter().next() {
        return Err(refusal);
    }
    let [set]: [FileSet<'_>; 1] =
        sets.try_into().unwrap_or_else(|sets: Vec<FileSet<'_>>| panic!("{} sets", sets.len()));
    let mut listings = Vec::new();
    let reading = read(&set, &Options::default(), &mut |listing| listings.push(listing))?;
    assert_eq!(reading.records, reading.listings + reading.rejections.len() as u64, "records add up");
    assert_eq!(reading.listings, listings.len() as u64, "each listing is handed out once");
    Ok((reading, listings))
}

/// One file.
pub fn import_one(name: &str, bytes: &[u8]) -> Result<(Reading, Vec<Listing>), Refusal> {
    import(&[(name, bytes)])
}

/// What differs between a text and the expected one of a case: the place and both lines. With `UPDATE` set, the text becomes the expected one.
pub fn differs(case: &str, text: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/expected/{case}.txt"));
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if expected == text {
        return None;
    }
    let line = expected.lines().zip(text.lines()).position(|(a, b)| a != b).unwrap_or(0);
    let at = |text: &str| text.lines().nth(line).unwrap_or("(end)").to_owned();
    Some(format!("{case}.txt:{}\n  expected {}\n  found    {}", line + 1, at(&expected), at(text)))
}

/// Reads a fixture of XML cut at each byte: refused with a reason, or the same listings where only space is missing.
pub fn cut_at_any_byte(name: &str) {
    let whole = fixture(name);
    let expected = import_one(name, &whole).unwrap_or_else(|refusal| panic!("{refusal}")).1;
    let end = whole.trim_ascii_end().len();
    for cut in 0..whole.len() {
        match import_one(name, &whole[..cut]) {
            Ok((_, found)) => {
                assert!(cut >= end, "{name} cut at byte {cut} of {end} was read");
                assert_eq!(found, expected, "{name} cut at byte {cut}");
            }
            Err(refusal) => assert!(!refusal.reason.is_empty(), "{name} cut at byte {cut}"),
        }
    }
}

/// A set of real files with what its publisher counts: names, format, list, date of publication, listings, rejections.
pub type Counted = (&'static [&'static str], &'static str, &'static str, &'static str, u64, u64);

/// Reads real sets and compares with their counts; each reading is shown to `also`. Sets that are absent are skipped.
pub fn counts_hold(sets: &[Counted], also: impl Fn(&[&str], &Reading, &[Listing])) {
    let Some(folder) = data() else { return };
    let mut wrong = Vec::new();
    for (names, format, list, published, listings, rejections) in sets {
        let loaded: Vec<Vec<u8>> =
            names.iter().map(|name| std::fs::read(folder.join(name)).unwrap_or_default()).collect();
        if let Some(at) = loaded.iter().position(Vec::is_empty) {
            println!("skipped: {} is absent", names[at]);
            continue;
        }
        let files: Vec<(&str, &[u8])> =
            names.iter().zip(&loaded).map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        match import(&files) {
            Ok((reading, found)) => {
                let date = reading.published.map_or("-".to_owned(), |d| d.to_string());
                let got = (
                    reading.format.name(),
                    reading.list.0.as_str(),
                    date.as_str(),
                    reading.listings,
                    reading.rejections.len() as u64,
                );
                if got != (*format, *list, *published, *listings, *rejections) {
                    wrong.push(format!("{names:?}: {got:?}"));
                }
                also(names, &reading, &found);
            }
            Err(refusal) => wrong.push(refusal.to_string()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
