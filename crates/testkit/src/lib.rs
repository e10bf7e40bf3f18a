//! What the tests of several crates share: where real data lies, scratch homes, case files, numbers from a seed, a PostgreSQL server, Python.
//!
//! Promises: a test that needs real data and finds none says `skipped: …` and passes.
//!
//! Not here: anything that ships.

pub mod http;
pub mod postgres;
mod python;
mod seeded;
pub mod webhook;

use std::path::{Path, PathBuf};

pub use python::python;
pub use seeded::Seeded;

/// The folder of real lists and labelled sets, if this machine has one: `INTERDICT_DATA`, or
/// `shared/data` beside the checkout. Says what is skipped if it has not.
pub fn real_data(what: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let folder = std::env::var_os("INTERDICT_DATA").map_or(beside, PathBuf::from);
    let path = folder.join(what);
    if path.exists() {
        return Some(path);
    }
    eprintln!("skipped: {what} is not on this machine (set INTERDICT_DATA to the data folder)");
    None
}

/// Rows of a case file: fields separated by tabs, `#` starts a comment line, each with its line number.
pub fn cases(text: &str) -> impl Iterator<Item = (usize, Vec<&str>)> {
    let rows = text.lines().enumerate().map(|(i, line)| (i + 1, line.trim_end()));
    rows.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(number, line)| (number, line.split('\t').map(str::trim).collect()))
}
