//! A second, independent verifier agrees: Go's `golang.org/x/mod/sumdb/{note,tlog}`, whose authors
//! wrote the formats down. Without Go or the module, says what was skipped.

mod common;

use std::path::Path;
use std::process::Command;

use common::log_of;
use interdict_ledger::proof;
use interdict_model::Digest;

fn verifier(program: &Path) -> Option<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/verifier");
    // The module is fetched once, through Go's own proxy; its hash stands in go.sum.
    let built =
        Command::new("go").args(["build", "-buildvcs=false", "-o"]).arg(program).arg(".").current_dir(source).output();
    match built {
        Ok(output) if output.status.success() => Some(()),
        Ok(output) => {
            let reason = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(!reason.contains("main.go"), "the verifier does not compile: {reason}");
            eprintln!("skipped: the Go verifier cannot be built here: {reason}");
            None
        }
        Err(error) => {
            eprintln!("skipped: no Go toolchain: {error}");
            None
        }
    }
}

#[test]
fn go_reads_our_logs_and_refuses_altered_ones() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("verifier");
    if verifier(&program).is_none() {
        return;
    }
    for size in [3, 256, 257, 700] {
        let home = tempfile::tempdir().unwrap();
        let (place, log) = log_of(home.path(), size);
        let run = || Command::new(&program).arg(place.public()).arg(log.key().to_string()).output().unwrap();
        let output = run();
        let text = String::from_utf8(output.stdout).unwrap();
        let root = log.files().head(log.key()).unwrap().root;
        assert!(output.status.success() && text.ends_with(&format!("ok {size} {root}\n")), "{text}");
        // Its proofs are ours, hash by hash.
        let nodes = log.files().nodes(size as u64);
        let mut proofs = 0;
        for line in text.lines().filter(|line| !line.starts_with("ok")) {
            let mut words = line.split(' ');
            let (kind, number) = (words.next().unwrap(), words.next().unwrap().parse().unwrap());
            let theirs: Vec<Digest> = words.map(|hash| hash.parse().unwrap()).collect();
            let ours = match kind {
                "inclusion" => proof::inclusion(&nodes, number, size as u64).unwrap(),
                "consistency" => proof::consistency(&nodes, number, size as u64).unwrap(),
                other => panic!("{other}"),
            };
            assert_eq!(ours, theirs, "{kind} {number} of {size}");
            proofs += 1;
        }
        assert!(proofs >= 4, "{text}");
        let path = place.public().join(if size < 256 { "tile/entries/000.p/3" } else { "tile/entries/000" });
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[40] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert!(!run().status.success(), "it accepted an altered entry");
    }
}
