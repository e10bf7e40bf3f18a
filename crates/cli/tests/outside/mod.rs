//! A provider of identities outside this program, and a browser that walks through its pages (`providers/idp.mjs`, run by node); the
//! service as its own process.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::io::{BufRead, BufReader, Lines, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::common::Home;

pub const SECRET: &str = "s3cret of the client/+";

/// A folder of this build with the script in it.
pub fn scratch(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&folder).ok()?;
    std::fs::write(folder.join("package.json"), "{\"private\": true, \"type\": \"module\"}").ok()?;
    std::fs::write(folder.join("idp.mjs"), include_str!("../providers/idp.mjs")).ok()?;
    Some(folder)
}

/// The provider, and a browser that walks through its pages.
pub struct Outside {
    child: Child,
    to: ChildStdin,
    from: Lines<BufReader<ChildStdout>>,
    pub issuer: String,
    /// Where the service is to be.
    pub service: String,
}

impl Drop for Outside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Outside {
    /// Starts the script; with an issuer it is the browser alone.
    pub fn start(package: &Path, tls: Option<&Tls>, issuer: Option<String>, more: &Value) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let (port, service) = (free_port(), format!("{scheme}://127.0.0.1:{}", free_port()));
        let is_outside = issuer.is_some();
        let issuer = issuer.unwrap_or_else(|| format!("{scheme}://127.0.0.1:{port}"));
        let mut setup =
            json!({"port": port, "issuer": issuer, "service": service, "secret": SECRET, "browser_only": is_outside});
        if let Some(tls) = tls {
            (setup["cert"], setup["key"], setup["ca"]) = (json!(tls.cert), json!(tls.key), json!(tls.ca));
        }
        setup.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut command = Command::new("node");
        command.arg("idp.mjs").arg(setup.to_string()).current_dir(package);
        if let Some(tls) = tls {
            command.env("NODE_EXTRA_CA_CERTS", &tls.ca);
        }
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()).lines());
        let mut made = Self { child, to, from, issuer, service };
        assert_eq!(made.next()["ready"], true);
        made
    }

    pub fn next(&mut self) -> Value {
        loop {
            let line = self.from.next().unwrap_or_else(|| panic!("the provider ended")).unwrap();
            // The package warns of its own accord.
            let Ok(said) = serde_json::from_str::<Value>(&line) else { continue };
            match said.get("log") {
                Some(log) => eprintln!("provider: {log}"),
                None => return said,
            }
        }
    }

    pub fn tell(&mut self, command: &Value) -> Value {
        writeln!(self.to, "{command}").unwrap();
        let said = self.next();
        said.get("answer").unwrap_or_else(|| panic!("{command}: {said}")).clone()
    }

    /// Walks from an address of the service until a page stands still.
    pub fn walk(&mut self, browser: &str, url: &str, login: &str) -> Page {
        Page(self.tell(&json!({"do": "walk", "browser": browser, "url": url, "login": login})))
    }

    pub fn sign_in(&mut self, browser: &str, login: &str) -> Page {
        let url = format!("{}/auth/login?return_to=/v1/me", self.service);
        self.walk(browser, &url, login)
    }

    pub fn ask(&mut self, browser: &str, method: &str, path: &str, headers: &Value, body: &str) -> Page {
        let url = format!("{}{path}", self.service);
        let command =
            json!({"do": "ask", "browser": browser, "method": method, "url": url, "headers": headers, "body": body});
        Page(self.tell(&command))
    }

    pub fn me(&mut self, browser: &str) -> Page {
        self.ask(browser, "GET", "/v1/me", &json!({}), "")
    }
}

/// A page on which a browser stands.
pub struct Page(pub Value);

impl Page {
    pub fn status(&self) -> u64 {
        self.0["status"].as_u64().unwrap()
    }

    pub fn json(&self) -> Value {
        let body = self.0["body"].as_str().unwrap();
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {}", self.0))
    }
}

/// Certificates for this machine, by an authority of their own.
pub struct Tls {
    pub ca: PathBuf,
    pub cert: PathBuf,
    pub key: PathBuf,
}

pub fn certificates(home: &Home) -> Tls {
    let at = |name: &str| home.path(name);
    let run = |args: &[&str]| {
        let output = Command::new("openssl").args(args).current_dir(home.path("")).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    let new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    run(&[&["req", "-x509", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.pem"][..], &new].concat());
    run(&[&["req", "-subj", "/CN=here", "-keyout", "here.key", "-out", "here.csr"][..], &new[..5]].concat());
    std::fs::write(at("here.ext"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    let sign =
        ["x509", "-req", "-in", "here.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2"];
    run(&[&sign[..], &["-extfile", "here.ext", "-out", "here.pem"]].concat());
    Tls { ca: at("ca.pem"), cert: at("here.pem"), key: at("here.key") }
}

/// The service as its own process.
pub struct Served(pub Child);

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Served {
    pub fn start(home: &Home, outside: &Outside, args: &[String]) -> Self {
        let mut command = home.command(&["serve"]);
        command.args(args).env("INTERDICT_OIDC_CLIENT_SECRET", SECRET);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(|line| eprintln!("service: {line}")));
        let address = outside.service.split_once("://").unwrap().1.to_owned();
        let begun = Instant::now();
        while TcpStream::connect(&address).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(30), "the service does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self(child)
    }
}
