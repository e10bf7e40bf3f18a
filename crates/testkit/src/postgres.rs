//! A PostgreSQL server of a test's own, which can be killed, stopped, held and started again.
//!
//! Promises: it is gone when the test process is, however that ends; where PostgreSQL is not installed the test says
//! `skipped: …`, unless `INTERDICT_NEED_POSTGRES` is set, which makes that a failure.
//!
//! Not here: connecting to it (tests bring a client), keeping anything.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests: it stops where it cannot go on")]

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// A new database of a server that all tests of a process share; none where PostgreSQL is not installed.
pub fn database() -> Option<String> {
    static SHARED: OnceLock<Option<Mutex<Cluster>>> = OnceLock::new();
    let shared = SHARED.get_or_init(|| Cluster::start(&["max_connections=200", "fsync=off"]).map(Mutex::new));
    let cluster = shared.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
    Some(cluster.database())
}

/// PostgreSQL refuses to run as root: then it runs as nobody.
const NOBODY: u32 = 65_534;

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A server with databases of its own.
pub struct Cluster {
    bin: PathBuf,
    folder: PathBuf,
    data: PathBuf,
    port: u16,
    settings: Vec<String>,
    server: Option<Child>,
    /// When this end is closed, by us or by the end of the process, another process cleans up.
    keeper: Option<(Child, ChildStdin)>,
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The folder of the server's programs.
fn bin() -> Option<PathBuf> {
    let on_path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let mut folders: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .map(|versions| versions.flatten().map(|version| version.path().join("bin")).collect())
        .unwrap_or_default();
    folders.sort();
    folders.reverse();
    folders.extend(on_path.unwrap_or_default());
    folders.into_iter().find(|folder| ["initdb", "postgres", "psql"].iter().all(|name| folder.join(name).exists()))
}

impl Cluster {
    /// A server in a scratch folder, with settings as `max_connections=5`.
    pub fn start(settings: &[&str]) -> Option<Self> {
        Self::at(None, settings)
    }

    /// A server whose data lie in an empty folder of the test's, as on a disk that gets full.
    pub fn at(data: Option<&Path>, settings: &[&str]) -> Option<Self> {
        let Some(bin) = bin() else {
            assert!(std::env::var_os("INTERDICT_NEED_POSTGRES").is_none(), "PostgreSQL is not on this machine");
            eprintln!("skipped: PostgreSQL is not on this machine (Debian: apt-get install postgresql)");
            return None;
        };
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("interdict-pg-{}-{number}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        let data = data.map_or_else(|| folder.join("db"), Path::to_owned);
        if is_root() {
            std::os::unix::fs::chown(&folder, Some(NOBODY), Some(NOBODY)).unwrap();
            if data.exists() {
                std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = settings.iter().map(|&setting| setting.to_owned()).collect();
        let mut cluster = Self { bin, folder, data, port, settings, server: None, keeper: None };
        cluster.keep();
        let mut make = cluster.program("initdb");
        make.args(["-U", "interdict", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "-D"]).arg(&cluster.data);
        let made = make.output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        cluster.run();
        Some(cluster)
    }

    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.bin.join(name));
        command.current_dir(&self.folder).stdin(Stdio::null()).process_group(0);
        if is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    fn keep(&mut self) {
        let script = r#"read _; kill -9 $(head -1 "$1/postmaster.pid") 2>/dev/null; rm -rf "$2" "$1"/*"#;
        let mut command = Command::new("sh");
        command.args(["-c", script, "keeper"]).arg(&self.data).arg(&self.folder).process_group(0).current_dir("/");
        let mut keeper = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let end = keeper.stdin.take().unwrap();
        self.keeper = Some((keeper, end));
    }

    /// Starts it, also again after it was stopped or killed; waits until it answers.
    pub fn run(&mut self) {
        let begun = Instant::now();
        loop {
            let log = File::options().create(true).append(true).open(self.folder.join("log")).unwrap();
            let mut command = self.program("postgres");
            command.arg("-D").arg(&self.data).args(["-p", &self.port.to_string(), "-k"]).arg(&self.folder);
            command.args(["-c", "listen_addresses=127.0.0.1"]);
            for setting in &self.settings {
                command.args(["-c", setting]);
            }
            let mut server = command.stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
            loop {
                assert!(begun.elapsed() < Duration::from_secs(60), "PostgreSQL does not start: {}", self.log());
                // What a killed one left behind takes a moment to go: then it ends, and is started again.
                if server.try_wait().unwrap().is_some() {
                    break;
                }
                let ready = self
                    .program("pg_isready")
                    .args(["-q", "-h", "127.0.0.1", "-p"])
                    .arg(self.port.to_string())
                    .status();
                if ready.unwrap().success() {
                    self.server = Some(server);
                    return;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// What it logged.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// A file that the server can read and nobody else, as a key: its path as text.
    pub fn file(&self, name: &str, content: &[u8]) -> String {
        use std::os::unix::fs::PermissionsExt as _;
        let path = self.folder.join(name);
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        if is_root() {
            std::os::unix::fs::chown(&path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        path.to_str().unwrap().to_owned()
    }

    /// Settings from the next start on.
    pub fn set(&mut self, settings: &[&str]) {
        self.settings = settings.iter().map(|&setting| setting.to_owned()).collect();
    }

    /// The folder of its data.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// The processes of the server, the first before its children.
    fn processes(&self) -> Vec<String> {
        let Some(server) = &self.server else { return Vec::new() };
        let of = server.id().to_string();
        let output = Command::new("ps").args(["-o", "pid=", "--ppid", &of]).output().unwrap();
        let children =
            String::from_utf8_lossy(&output.stdout).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        [vec![of], children].concat()
    }

    fn signal(&self, signal: &str) {
        let _ = Command::new("kill").arg(signal).args(self.processes()).stderr(Stdio::null()).status();
    }

    /// Kills all its processes at once.
    pub fn kill(&mut self) {
        self.signal("-KILL");
        self.server.take().map(|mut server| server.wait());
    }

    /// Ends it as an administrator would: connections are closed, what is on disk is in order.
    pub fn stop(&mut self) {
        if let Some(server) = &self.server {
            let _ = Command::new("kill").args(["-INT", &server.id().to_string()]).status();
        }
        self.server.take().map(|mut server| server.wait());
    }

    /// Holds all its processes until the guard is dropped: connections stay, nothing answers.
    pub fn hold(&self) -> impl Drop {
        struct Held(Vec<String>);
        impl Drop for Held {
            fn drop(&mut self) {
                let _ = Command::new("kill").arg("-CONT").args(&self.0).stderr(Stdio::null()).status();
            }
        }
        let held = Held(self.processes());
        self.signal("-STOP");
        held
    }

    /// A new database: its address.
    pub fn database(&self) -> String {
        let name = format!("test{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.address(&name)
    }

    /// The address of a database.
    pub fn address(&self, name: &str) -> String {
        format!("postgresql://interdict@127.0.0.1:{}/{name}", self.port)
    }

    /// Runs a statement as an administrator and gives what it printed.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.try_sql(database, sql).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// Runs a statement as an administrator, which may fail; what it printed.
    ///
    /// # Errors
    /// What the server said.
    pub fn try_sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut command = self.program("psql");
        command.args(["-XAtq", "-v", "ON_ERROR_STOP=1", "-U", "interdict", "-p", &self.port.to_string(), "-h"]);
        let done = command.arg(&self.folder).args(["-d", database, "-c", sql]).output().unwrap();
        if !done.status.success() {
            return Err(String::from_utf8_lossy(&done.stderr).into_owned());
        }
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.kill();
        if let Some((mut keeper, end)) = self.keeper.take() {
            drop(end);
            let _ = keeper.wait();
        }
    }
}
