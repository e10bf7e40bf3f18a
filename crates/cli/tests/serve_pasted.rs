//! What a newcomer pastes works: the setup command that `serve` says, and each command of the documentation.
//!
//! Also: what it says is a log of JSON lines, and what it keeps of persons is for its owner alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use common::{Home, UN};
use serde_json::Value;

/// A service and the lines that it writes to standard error.
struct Service {
    child: Child,
    lines: Receiver<String>,
    address: String,
    said: Vec<Value>,
}

impl Service {
    fn start(home: &Home) -> Self {
        let args = ["serve", "--listen", "127.0.0.1:0", "--no-proxy", "--allow-http", "--allow-private"];
        let mut child = home.command(&args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut service = Self { child, lines, address: String::new(), said: Vec::new() };
        let line = service.wait_for("listening on http://");
        let at = line["message"].as_str().unwrap().split_once("http://").unwrap().1;
        at.split(';').next().unwrap().clone_into(&mut service.address);
        service
    }

    /// The first line with these words. Every line before it is JSON.
    fn wait_for(&mut self, words: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{words}: not said"));
            let line: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
            self.said.push(line.clone());
            if line["message"].as_str().unwrap().contains(words) {
                return line;
            }
        }
    }

    /// Ends it as a service manager does; all that it said.
    fn end(mut self) -> Vec<Value> {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
        while let Ok(line) = self.lines.recv_timeout(Duration::from_secs(10)) {
            self.said.push(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}")));
        }
        std::mem::take(&mut self.said)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs commands as pasted into a shell, in the folder of the home; a request that is refused ends them.
fn paste(home: &Home, commands: &str) -> String {
    let folder = Path::new(env!("CARGO_BIN_EXE_interdict")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let script =
        format!("set -eu\ncurl() {{ command curl -sS --noproxy '*' --fail-with-body \"$@\"; echo; }}\n{commands}");
    let run = Command::new("bash")
        .args(["-c", &script])
        .current_dir(home.path("."))
        .env("INTERDICT_HOME", home.path("home"))
        .env("PATH", path)
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{commands}\n{out}\n{err}");
    out.into_owned()
}

fn there_is_curl() -> bool {
    let found = ["curl", "bash"].iter().all(|name| Command::new(name).arg("--version").output().is_ok());
    if !found {
        eprintln!("skipped: no curl and bash");
    }
    found
}

/// The blocks of a page that hold a request, without the line that starts the service.
fn blocks(page: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(page);
    let text = fs::read_to_string(path).unwrap();
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let lines =
        |block: &str| block.lines().filter(|line| !line.starts_with("interdict serve")).collect::<Vec<_>>().join("\n");
    blocks.filter(|block| block.contains("curl ")).map(lines).collect()
}

#[test]
fn the_setup_command_that_is_said_makes_the_first_key() {
    if !there_is_curl() {
        return;
    }
    let home = Home::new();
    let mut service = Service::start(&home);
    let note = service.wait_for("setup token");
    let file = home.path("home/setup-token");
    let setup = fs::read_to_string(&file).unwrap();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&file).unwrap()) & 0o777, 0o600);
    let hint = note["hint"].as_str().unwrap();
    let command = &hint[hint.find("curl").unwrap()..hint.find("; or run").unwrap()];
    let key: Value = serde_json::from_str(&paste(&home, command)).unwrap();
    let token = key["token"].as_str().unwrap().to_owned();
    assert!(setup.starts_with("itd_") && token.starts_with("itd_"), "{key}");
    assert!(!file.exists(), "it was used");
    let said = service.end();
    assert!(said.iter().any(|line| line["route"] == "/v1/setup" && line["status"] == 201), "{said:?}");
    let log = format!("{said:?}");
    assert!(!log.contains(&token) && !log.contains(&setup), "no token is in the log");
}

#[test]
fn every_request_of_the_documentation_is_taken_as_pasted() {
    if !there_is_curl() {
        return;
    }
    let home = Home::new();
    let dated = |day: &str| UN.replace("2031-02-03", day).replace("ZZi.001", "KPi.001");
    let old = home.file("old.xml", dated("2025-09-03").as_bytes());
    home.file("consolidated.xml", dated("2026-02-27").as_bytes());
    let ofac = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lists/tests/fixtures/ofac");
    for name in ["sdn.csv", "alt.csv", "add.csv"] {
        home.file(name, &fs::read(ofac.join(name)).unwrap());
    }
    home.file("customers.csv", b"Kundennummer;Kunde\nC-1001;Orsolya Vanderploeg\n");
    let run = home.run(&["lists", "import", &old]);
    assert_eq!(run.code, Some(0), "{}", run.err);
    // nobody listens at port 9 (discard)
    home.file("home/sources.toml", b"[[source]]\nlist = \"un-sc\"\nurl = \"http://127.0.0.1:9/un.xml\"\n");
    let mut service = Service::start(&home);
    let mut requests = 0;
    for block in ["api.md", "mcp.md"].into_iter().flat_map(blocks) {
        requests += block.matches("curl ").count();
        paste(&home, &block.replace("127.0.0.1:8080", &service.address));
    }
    assert!(requests >= 11, "{requests} requests");
    // What the update says to people is a line of the log too.
    service.wait_for("127.0.0.1:9/un.xml");
    let said = service.end();
    let lost: Vec<_> = said.iter().filter(|line| line["status"].as_u64().is_some_and(|status| status >= 400)).collect();
    assert!(lost.is_empty(), "{lost:?}");
    #[cfg(unix)]
    for folder in ["monitor", "uploads"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(home.path("home").join(folder)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{folder}: {mode:o}");
    }
}
