//! Checks a folder of law and runs its cases: `cargo run -p interdict-measures --example lint -- law`.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "law".to_owned());
    let only = std::env::args().nth(2).unwrap_or_default();
    match interdict_measures::lint::folder(Path::new(&folder), &only) {
        Ok(report) => {
            println!("{report}");
            if report.is_clean() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
