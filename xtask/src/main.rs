//! `cargo xtask tidy`: checks of the repository itself, which no compiler makes.
//!
//! Promises: every finding names a file and what to do; nothing is changed.
//!
//! Not here: formatting (`cargo fmt`), lints (`cargo clippy`), tests.

mod files;
mod layers;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Something that is not tidy.
struct Finding {
    place: String,
    text: String,
}

impl Finding {
    fn new(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self { place: place.into(), text: text.into() }
    }
}

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("tidy") => tidy(),
        other => {
            eprintln!("error: unknown task `{}`\nhint: cargo xtask tidy", other.unwrap_or(""));
            ExitCode::from(2)
        }
    }
}

fn tidy() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_owned).unwrap_or_default();
    let all = match files::tracked(&root) {
        Ok(all) => all,
        Err(reason) => {
            eprintln!("error: {reason}");
            return ExitCode::from(2);
        }
    };
    let mut findings = layers::check(&root, &all);
    findings.extend(files::check(&root, &all));
    findings.sort_by(|a, b| a.place.cmp(&b.place));
    for finding in &findings {
        println!("{}: {}", finding.place, finding.text);
    }
    if findings.is_empty() {
        println!("tidy: {} files", all.len());
        return ExitCode::SUCCESS;
    }
    println!("{} findings", findings.len());
    ExitCode::FAILURE
}

fn read(root: &Path, path: &Path) -> Option<String> {
    std::fs::read_to_string(root.join(path)).ok()
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

/// A path as it is written in messages.
fn shown(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// Files under a folder.
fn within<'a>(all: &'a [PathBuf], folder: &str) -> impl Iterator<Item = &'a PathBuf> {
    let folder = PathBuf::from(folder);
    all.iter().filter(move |path| path.starts_with(&folder))
}
