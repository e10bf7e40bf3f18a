//! The service against requests that a published tool (schemathesis) makes from its description, a few hundred with a fixed seed:
//! none is a fault, each answer is declared, most of what is allowed is taken, the ledger holds. Skips, loudly, where there is
//! no Python or no way to PyPI. `docs/benchmarks/generated.py` alone runs as many as one likes.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::process::Command;

/// The release that the counts were made with: another makes other requests.
const TOOL: &str = "schemathesis==4.32.5";

#[test]
fn generated_requests_meet_no_fault_and_most_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let Some(python) = interdict_testkit::python(folder.path(), &[TOOL]) else { return };
    let done = Command::new(&python)
        .arg(common::root().join("docs/benchmarks/generated.py"))
        .args(["--interdict", env!("CARGO_BIN_EXE_interdict"), "--examples", "8", "--phases", "examples,fuzzing"])
        .args(["--seed", "1", "--taken", "0.6"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    let counted = said.lines().find(|line| line.contains(" cases on ")).unwrap_or_else(|| panic!("{said}"));
    let cases: u32 = counted.split(' ').next().unwrap().parse().unwrap();
    assert!(cases >= 300, "{counted}");
    eprintln!("{counted}");
}
