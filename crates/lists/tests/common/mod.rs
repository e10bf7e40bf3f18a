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
