//! Checks a folder of law and runs its cases: `cargo run -p interdict-measures --example lint -- law`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "law".to_owned());
    let only = std::env::args().nth(2).unwrap_or_default();
    match files(Path::new(&folder)) {
        Ok(files) => {
            let report = interdict_measures::lint::lint(files, &only);
            println!("{report}");
            if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(error) => {
            eprintln!("{folder}: {error}");
            ExitCode::from(2)
        }
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
