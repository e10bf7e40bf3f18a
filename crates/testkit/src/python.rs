//! Python with published packages, for tests against programs written by others.
//!
//! Promises: without Python or a way to its packages it says `skipped: …`.
//!
//! Not here: what the packages are asked.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The program of a new environment below `folder` with these packages, or none where they cannot be had, which it says.
pub fn python(folder: &Path, packages: &[&str]) -> Option<PathBuf> {
    let run = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
    let venv = folder.join("venv");
    let python = venv.join("bin/python");
    let is_there = run(Command::new("python3").args(["-m", "venv"]).arg(&venv))
        && run(Command::new(&python)
            .args(["-m", "pip", "install", "-q", "--disable-pip-version-check"])
            .args(packages));
    if !is_there {
        let packages = packages.join(", ");
        eprintln!("skipped: {packages} cannot be installed here (no python3, no venv, or no way to PyPI)");
    }
    is_there.then_some(python)
}
