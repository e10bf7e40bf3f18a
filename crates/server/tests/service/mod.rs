//! Starts the service in this process over a home of its own, and speaks HTTP to it over a socket.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use interdict_engine::DoubtKind;
use interdict_model::ListId;
use interdict_server::{App, Running, Settings};
use interdict_state::{NewKey, Role, Token};
use interdict_store::{Home, Import};
use serde_json::Value;

/// An internal list of invented parties.
pub const LIST: &str = "id,name,type,born,country\n\
    Q-1,Orsolya Vanderploeg,person,1961-02-03,hu\n\
    Q-2,Bartholomew Quill Trading,organization,,\n\
    Q-3,Ansgar Thistlewood,person,1950,\n";

/// A service that runs.
pub struct Service {
    pub folder: tempfile::TempDir,
    pub app: Arc<App>,
    pub address: SocketAddr,
    /// Its database, if it has one beyond its home.
    pub database: Option<String>,
    running: Option<Running>,
    runtime: tokio::runtime::Runtime,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Whether the body ended as HTTP says that bodies end.
    pub whole: bool,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A database of its own where the tests of `on_postgres.rs` are run; none for the state in the home folder.
#[cfg(unix)]
fn database() -> Option<String> {
    if module_path!().starts_with("on_postgres::") { interdict_testkit::postgres::database() } else { None }
}

#[cfg(not(unix))]
fn database() -> Option<String> {
    None
}

/// Puts a list of one's own into a home folder.
pub fn import(home: &Path, name: &str, text: &str) {
    let import = Import {
        files: vec![(format!("{name}.csv"), text.as_bytes().to_vec())],
        list: Some(ListId(name.to_owned())),
        accept: DoubtKind::ALL.to_vec(),
        reason: Some("a test".to_owned()),
        ..Import::default()
    };
    let report = Home::at(home).import(&import).unwrap();
    assert!(report.refused.is_empty() && report.imported.len() == 1, "{:?}", report.refused);
}

impl Service {
    /// With the invented list, and settings changed.
    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        import(folder.path(), "own", LIST);
        Self::over(folder, change)
    }

    /// Over a home folder.
    pub fn over(folder: tempfile::TempDir, change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = Settings::new(Home::at(folder.path()));
        settings.listen = SocketAddr::from(([127, 0, 0, 1], 0));
        settings.watch = Duration::from_millis(20);
        // Tests run unoptimised beside others.
        settings.deadline = Duration::from_secs(60);
        settings.database = database();
        change(&mut settings);
        let database = settings.database.clone();
        let app = App::open(settings).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let running = runtime.block_on(interdict_server::start(Arc::clone(&app))).unwrap();
        Self { folder, app, address: running.address, database, running: Some(running), runtime }
    }

    /// Open to a machine without a key.
    pub fn open() -> Self {
        Self::with(|settings| settings.anonymous = Role::ALL.to_vec())
    }

    /// The largest body of a single request.
    pub fn app_body_bytes(&self) -> usize {
        Settings::new(Home::at(self.folder.path())).body_bytes
    }

    /// A key's token.
    pub fn token(&self, roles: &[Role]) -> Token {
        let new = NewKey { name: "test".to_owned(), roles: roles.to_vec(), ..NewKey::default() };
        self.app.state().add_key(&new, 1_000).unwrap().1
    }

    /// Asks.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        ask(self.address, method, path, headers, body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], b"")
    }

    pub fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &[("Content-Type", "application/json")], body.as_bytes())
    }

    /// Ends it and waits until it has.
    pub fn end(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.end()).unwrap();
        }
    }
}

/// One request on a connection of its own.
pub fn ask(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(120))).unwrap();
    let mut head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    let mut sender = stream.try_clone().unwrap();
    let body = body.to_vec();
    // Who only reads after all is sent is held up by a service that streams.
    let sent = std::thread::spawn(move || {
        let _ = sender.write_all(&body);
    });
    let answer = read(&mut BufReader::new(stream));
    let _ = sent.join();
    answer
}

/// Reads an answer.
pub fn read(reader: &mut impl BufRead) -> Answer {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status =
        line.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or_else(|| panic!("no status: {line:?}"));
    let mut headers = Vec::new();
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let find = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let mut body = Vec::new();
    let mut whole = true;
    if find("transfer-encoding").is_some() {
        loop {
            line.clear();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                whole = false;
                break;
            }
            let size = usize::from_str_radix(line.trim(), 16).unwrap();
            let mut chunk = vec![0; size + 2];
            if reader.read_exact(&mut chunk).is_err() {
                whole = false;
                break;
            }
            body.extend_from_slice(&chunk[..size]);
            if size == 0 {
                break;
            }
        }
    } else {
        let size = find("content-length").and_then(|size| size.parse().ok()).unwrap_or(0);
        body.resize(size, 0);
        whole = reader.read_exact(&mut body).is_ok();
    }
    Answer { status, headers, body, whole }
}
