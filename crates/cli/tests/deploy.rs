//! What is shipped for running the service in production starts it: the commands of the units and of the container are taken by the
//! binary, and systemd finds no fault with the units.

#![allow(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use common::Home;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy")
}

/// The value of a setting that stands once.
fn setting(text: &str, name: &str) -> String {
    let mut values = text.lines().filter_map(|line| line.strip_prefix(name));
    let value = values.next().unwrap_or_default().to_owned();
    assert!(!value.is_empty() && values.next().is_none(), "{name}");
    value
}

#[test]
fn the_commands_of_units_and_container_are_taken() {
    let home = Home::with_un();
    let unit = fs::read_to_string(deploy().join("interdict.service")).unwrap();
    let command = setting(&unit, "ExecStart=");
    let unit: Vec<&str> = command.split(' ').skip(1).collect();
    let file = fs::read_to_string(deploy().join("Dockerfile")).unwrap();
    assert_eq!(setting(&file, "ENTRYPOINT "), r#"["interdict"]"#);
    let command: Vec<String> = serde_json::from_str(&setting(&file, "CMD ")).unwrap();
    let container: Vec<&str> = command.iter().map(String::as_str).collect();
    for arguments in [unit, container] {
        assert_eq!(arguments[0], "serve", "{arguments:?}");
        let run = home.run(&[arguments.as_slice(), &["--check"]].concat());
        assert!(run.code == Some(0) && run.out.contains("un-sc"), "{arguments:?}: {}{}", run.out, run.err);
    }
    let lists = fs::read_to_string(deploy().join("interdict-lists.service")).unwrap();
    let command = setting(&lists, "ExecStart=");
    let help = home.run(&[command.split(' ').skip(1).collect::<Vec<_>>().as_slice(), &["--help"]].concat());
    assert!(help.out.contains("Fetch the publications"), "{}{}", help.out, help.err);
}

#[test]
fn systemd_finds_no_fault_with_the_units() {
    let folder = tempfile::tempdir().unwrap();
    let units = ["interdict.service", "interdict-lists.service", "interdict-lists.timer"];
    let paths = units.map(|name| {
        let text = fs::read_to_string(deploy().join(name)).unwrap();
        let path = folder.path().join(name);
        fs::write(&path, text.replace("/usr/local/bin/interdict", env!("CARGO_BIN_EXE_interdict"))).unwrap();
        path
    });
    let faults = || {
        let run = Command::new("systemd-analyze").args(["verify", "--man=no"]).args(&paths).output().ok()?;
        let said = String::from_utf8_lossy(&run.stderr);
        // It may find fault with units of the machine, too.
        Some(said.lines().filter(|line| line.contains("interdict")).map(str::to_owned).collect::<Vec<_>>())
    };
    let Some(found) = faults() else {
        eprintln!("skipped: no systemd-analyze on this machine");
        return;
    };
    assert!(found.is_empty(), "{found:?}");
    let broken = fs::read_to_string(&paths[0]).unwrap().replace("ProtectSystem=", "ProtectSistem=");
    fs::write(&paths[0], broken).unwrap();
    assert!(faults().unwrap().iter().any(|line| line.contains("ProtectSistem")), "it looks at what it is given");
}
