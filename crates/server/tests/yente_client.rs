//! The public client of yente from PyPI, run against the drop-in. Skips, loudly, where there is no Python or no way
//! to PyPI.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{get, serve, starter_list};
use interdict_server::compat::yente;

/// The version whose calls the script makes.
const CLIENT: &str = "yente-client==0.2.0";

#[test]
fn the_client_of_yente_works_by_changing_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let venv = folder.path().join("venv");
    let run = |command: &mut Command| command.output().ok().filter(|output| output.status.success());
    let python = venv.join("bin/python");
    let ready = run(Command::new("python3").args(["-m", "venv"]).arg(&venv)).and_then(|_| {
        run(Command::new(&python).args(["-m", "pip", "install", "-q", "--disable-pip-version-check", CLIENT]))
    });
    if ready.is_none() {
        eprintln!("skipped: {CLIENT} cannot be installed here (no python3, no venv, or no way to PyPI)");
        return;
    }
    let at = serve(yente::router(starter_list()));
    let ship = get(at, "/search/default?schema=Vessel&limit=1").json();
    let number =
        ship["results"][0]["properties"]["imoNumber"][0].as_str().unwrap().trim_start_matches("IMO").to_owned();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/run_yente.py");
    let output = Command::new(&python).arg(script).arg(format!("http://{at}")).arg(number).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert_eq!(output.stdout.iter().filter(|byte| **byte == b'\n').count(), 7, "{text}");
}
