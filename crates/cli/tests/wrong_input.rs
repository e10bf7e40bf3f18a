//! Files that are not what was meant: nothing there, a folder, nothing in it, no text, no end. Each is refused with what to do, in
//! bounded memory, and nothing passes for what it is not.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::process::Command;

use common::Home;

/// Runs it with at most 2 GiB of address space: what reads without end ends there, not with the machine's memory.
fn run(home: &Home, args: &[&str]) -> (Option<i32>, String, String) {
    let inner = home.command(args);
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -v 2097152; exec \"$0\" \"$@\""]).arg(inner.get_program()).args(inner.get_args());
    command.env("INTERDICT_HOME", home.path("home")).current_dir(home.path("")).stdin(std::process::Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A home with a ledger and the receipt `r.json`.
fn begun() -> Home {
    let home = Home::with_un();
    assert_eq!(home.run(&["ledger", "init", "--origin", "example.org/test"]).code, Some(0));
    home.run(&["screen", "Nobody In Particular", "--receipt", "r.json"]);
    assert!(home.path("r.json").is_file());
    home
}

#[test]
fn what_is_no_receipt_key_or_party_is_refused_with_a_hint() {
    let home = begun();
    home.file("empty", b"");
    home.file("bytes", &[0xff, 0xfe, 0, 1, 2, 3]);
    home.file("deep", "[".repeat(100_000).as_bytes());
    home.file("text", b"hello\n");
    std::fs::create_dir(home.path("folder")).unwrap();
    std::os::unix::fs::symlink("loop", home.path("loop")).unwrap();
    // Ten gigabytes that take no room on the disk.
    std::fs::File::create(home.path("sparse")).unwrap().set_len(10 << 30).unwrap();
    for file in
        ["missing", "empty", "bytes", "deep", "text", "folder", "loop", "sparse", "/dev/zero", "/dev/null", "r.json/x"]
    {
        for args in [
            &["ledger", "prove", file][..],
            &["ledger", "verify", "--seen", file],
            &["ledger", "verify", "--key", file],
            &["ledger", "verify", file],
            &["replay", file],
            &["replay", "r.json", "--party", file],
            &["restore", file, "--home", "new"],
            &["monitor", "webhook", "verify", "--key", file, "text"],
            &["serve", "--redact", file, "--listen", "127.0.0.1:0"],
        ] {
            // What an absent file or an empty one says of the settings, and a folder of a log, is their own matter.
            let is_fine = args.contains(&"--redact") && ["empty", "/dev/null"].contains(&file);
            if is_fine {
                continue;
            }
            let (code, out, err) = run(&home, args);
            assert_eq!(code, Some(2), "{args:?}: {out}{err}");
            assert!(err.contains("hint: "), "{args:?}: {err}");
            assert!(!err.contains("panicked"), "{args:?}: {err}");
        }
    }
}

#[test]
fn receipts_come_through_a_pipe_that_is_read_once() {
    let home = begun();
    home.run(&["screen", "Somebody Else", "--receipt", "s.json"]);
    let line = |name: &str| {
        let receipt: serde_json::Value = serde_json::from_slice(&std::fs::read(home.path(name)).unwrap()).unwrap();
        format!("{receipt}\n")
    };
    for (text, many) in [(line("r.json"), 1), (format!("{}\n{}", line("r.json"), line("s.json")), 2)] {
        let run = home.run_with(&["ledger", "prove", "/dev/stdin", "--format", "jsonl"], text.as_bytes());
        assert_eq!((run.code, run.out.lines().count()), (Some(0), many), "{}{}", run.out, run.err);
    }
}

#[test]
fn a_copy_of_nothing_is_not_made() {
    let home = Home::with_un();
    let (code, _, err) = run(&home, &["backup", "copy", "--home", "misspelt"]);
    assert_eq!(code, Some(2), "{err}");
    assert!(err.contains("there is no home here") && err.contains("hint: "), "{err}");
    assert!(!home.path("copy").exists() && !home.path("misspelt").exists());
}

#[test]
fn a_kind_that_is_misspelt_does_not_read_as_nothing_happened() {
    let home = begun();
    let misspelt = home.run(&["ledger", "show", "--kind", "screenings"]);
    assert!(
        misspelt.err.contains("no entry of the kind `screenings`") && misspelt.err.contains("screening"),
        "{}",
        misspelt.err
    );
    let right = home.run(&["ledger", "show", "--kind", "screening"]);
    assert!(right.code == Some(0) && !right.err.contains("no entry"), "{}", right.err);
}
