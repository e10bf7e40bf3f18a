//! The home is for its owner alone, and says so when it is not; what is being sent in does not outlive a kill.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod served;

use std::fs;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use common::Home;
use served::Served;

const OWN: &str = "id,name,programme\n1,Orsolya Vanderploeg,A\n2,Gudrun Sigurbjornsdottir,A\n";

/// The command in a shell that lets everybody read what it makes.
fn open_handed(home: &Home, args: &[&str]) -> Command {
    let inner = home.command(args);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 022; exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
    command.env("INTERDICT_HOME", home.path("home")).current_dir(home.path(""));
    command
}

fn run(home: &Home, args: &[&str]) {
    let done = open_handed(home, args).output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.code().is_some_and(|code| code < 2), "{args:?}: {said}");
}

/// What others may read, write or enter, with its rights.
fn exposed(path: &Path, found: &mut Vec<String>, seen: &mut usize) {
    let mode = fs::metadata(path).unwrap().mode() & 0o777;
    *seen += 1;
    if mode & 0o077 != 0 {
        found.push(format!("{mode:04o} {}", path.display()));
    }
    if path.is_dir() {
        fs::read_dir(path).unwrap().for_each(|entry| exposed(&entry.unwrap().path(), found, seen));
    }
}

#[test]
fn everything_in_a_home_is_for_its_owner_alone() {
    let home = Home::new();
    let own = home.file("own.csv", OWN.as_bytes());
    let fewer = home.file("fewer.csv", &OWN.as_bytes()[..42]);
    let parties = home.file("parties.csv", b"id,name\nC-1,Orsolya Vanderploeg\n");
    run(&home, &["ledger", "init", "--origin", "example.com/log"]);
    run(&home, &["lists", "import", &own, "--as", "own"]);
    run(&home, &["lists", "import", &fewer, "--as", "own", "--keep"]);
    run(&home, &["monitor", "add", &parties]);
    run(&home, &["monitor", "run"]);
    run(&home, &["screen", "Orsolya Vanderploeg"]);
    run(&home, &["keys", "new", "me", "--role", "list_admin"]);
    let mut service =
        Served::start(open_handed(&home, &["serve", "--listen", "127.0.0.1:0", "--anonymous", "machine"]));
    let body = r#"{"party": {"name": "Orsolya Vanderploeg"}}"#;
    assert_eq!(service.ask("POST", "/v1/screen", &[], body).status, 200);
    service.kill();
    let (mut found, mut seen) = (Vec::new(), 0);
    exposed(&home.path("home"), &mut found, &mut seen);
    assert!(seen > 40, "{seen} files and folders");
    assert_eq!(found, [""; 0]);

    // a copy and what is restored from it
    let copy = home.path("copy").display().to_string();
    run(&home, &["backup", &copy]);
    exposed(&home.path("copy"), &mut found, &mut seen);
    fs::remove_dir_all(home.path("home")).unwrap();
    run(&home, &["restore", &copy]);
    exposed(&home.path("home"), &mut found, &mut seen);
    assert_eq!(found, [""; 0]);
}

#[test]
fn a_home_that_others_look_into_is_told() {
    let home = Home::new();
    let own = home.file("own.csv", OWN.as_bytes());
    run(&home, &["lists", "import", &own, "--as", "own"]);
    let check = || home.run(&["serve", "--check", "--listen", "127.0.0.1:0"]);
    let status = || {
        let args = ["serve", "--listen", "127.0.0.1:0", "--anonymous", "machine,viewer"];
        Served::start(home.command(&args)).ask("GET", "/v1/status", &[], "").json()["warnings"].clone()
    };
    assert!(!check().err.contains("other users"), "{}", check().err);
    assert_eq!(status(), serde_json::json!([]));
    let folder = home.path("home");
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    let said = check();
    let hint = format!("hint: chmod 700 '{}'", folder.display());
    assert!(said.code == Some(0) && said.err.contains("(mode 0755)") && said.err.contains(&hint), "{}", said.err);
    assert!(status()[0].as_str().unwrap().contains(&hint), "{}", status());
    let mut service = home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "off"]);
    let mut service = service.stderr(std::process::Stdio::piped()).spawn().unwrap();
    std::thread::scope(|scope| {
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(service.stderr.take().unwrap()));
        let told = scope.spawn(move || {
            lines.by_ref().map_while(Result::ok).take_while(|line| !line.contains("listening")).collect::<Vec<_>>()
        });
        let told = told.join().unwrap().join("\n");
        assert!(told.contains("(mode 0755)") && told.contains(&hint), "{told}");
    });
    service.kill().unwrap();
    service.wait().unwrap();
    // the owner shuts it
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
    assert!(!check().err.contains("other users"));
}

#[test]
fn what_was_being_sent_in_does_not_outlive_a_kill() {
    let home = Home::new();
    run(&home, &["lists", "import", &home.file("own.csv", OWN.as_bytes()), "--as", "own"]);
    let token = home.run(&["keys", "new", "me", "--role", "list_admin"]).out.trim().to_owned();
    let start = || Served::start(home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "off"]));
    let mut service = start();
    let mut stream = TcpStream::connect(&service.address).unwrap();
    let head = format!(
        "POST /v1/imports?list=watch&name=watch.csv HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: text/csv\r\nContent-Length: 100000\r\n\r\nid,name\nQ-1,Bo Quill\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let uploads = home.path("home/uploads");
    let left = || {
        let folders = fs::read_dir(&uploads).into_iter().flatten().flatten().filter(|entry| entry.path().is_dir());
        folders
            .flat_map(|folder| fs::read_dir(folder.path()).unwrap().flatten())
            .filter(|file| file.metadata().is_ok_and(|meta| meta.len() > 0))
            .count()
    };
    for _ in 0..600 {
        if left() > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(left(), 1, "a part of the file lies there");
    service.kill();
    assert_eq!(left(), 1, "nobody could remove it");
    let _next = start();
    let names: Vec<_> = fs::read_dir(&uploads).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [""; 0], "the next start did");
}
