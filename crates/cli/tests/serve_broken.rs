//! The disk breaks under a running service (R2): it becomes read-only, or takes what is written and cannot keep it (EIO).
//! Nothing reads as clear and nothing acknowledged is lost. And the service starts where there is no network (R17).
//!
//! Wants the right to mount; says so where it is missing.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

mod common;
mod served;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use common::Home;
use served::{Answer, Served};

const PARTY: &str = r#"{"party": {"name": "Somebody Else"}}"#;

fn done(program: &str, args: &[&str]) -> bool {
    Command::new(program).args(args).output().is_ok_and(|done| done.status.success())
}

/// What is mounted, and is not any more when the test ends.
struct Mounted(PathBuf);

impl Mounted {
    fn new(path: &Path, args: &[&str]) -> Option<Self> {
        std::fs::create_dir_all(path).unwrap();
        let path_text = path.to_str().unwrap();
        done("mount", &[args, &[path_text]].concat()).then(|| Self(path.to_owned()))
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        done("umount", &["-l", self.0.to_str().unwrap()]);
    }
}

/// A list, a ledger and a key in a home folder on the disk that breaks.
fn fill(home: &Home, root: &Path) -> String {
    let file = home.file("own.csv", b"id,name,type\nQ-1,Orsolya Vanderploeg,person\n");
    let run = |args: &[&str]| {
        let done = home.command(args).env("INTERDICT_HOME", root).output().unwrap();
        assert!(done.status.success(), "{args:?}: {done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    run(&["lists", "import", &file, "--as", "own"]);
    run(&["ledger", "init"]);
    format!("Bearer {}", run(&["keys", "new", "all", "--role", "policy_admin,analyst"]).trim())
}

fn serve(home: &Home, root: &Path) -> Served {
    let mut command = home.command(&["serve", "--listen", "127.0.0.1:0", "--log", "off"]);
    command.env("INTERDICT_HOME", root);
    Served::start(command)
}

fn post(served: &Served, authorization: &str, path: &str, body: &str) -> Answer {
    served.ask("POST", path, &[("Authorization", authorization)], body)
}

fn refused(answer: &Answer) {
    assert_eq!((answer.status, answer.json()["code"].as_str()), (503, Some("unavailable")), "{answer:?}");
    assert!(!answer.body.contains("outcome"), "{answer:?}");
}

fn entry(answer: &Answer) -> u64 {
    answer.json()["recording"]["entry"].as_u64().unwrap_or_else(|| panic!("{answer:?}"))
}

/// Every acknowledged entry has its receipt, and the files alone verify.
fn all_holds(home: &Home, root: &Path, served: &Served, authorization: &str, acknowledged: &[u64]) {
    for entry in acknowledged {
        let receipt = served.ask("GET", &format!("/v1/receipts/{entry}"), &[("Authorization", authorization)], "");
        assert_eq!(receipt.status, 200, "entry {entry} is lost: {receipt:?}");
    }
    let run = home.command(&["ledger", "verify"]).env("INTERDICT_HOME", root).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stdout));
}

/// A file system with a journal in a file, on a small disk of its own.
struct Disk {
    below: Mounted,
    image: String,
    root: PathBuf,
    mounted: Option<Mounted>,
}

const OPTIONS: &str = "loop,errors=remount-ro";

impl Disk {
    fn new(home: &Home) -> Option<Self> {
        let below = Mounted::new(&home.path("below"), &["-t", "tmpfs", "-o", "size=48m", "none"]);
        let of = |below: Mounted| {
            let image = below.0.join("image");
            std::fs::File::create(&image).unwrap().set_len(256 << 20).unwrap();
            let image = image.to_str().unwrap().to_owned();
            let made = done("mkfs.ext4", &["-q", "-F", "-E", "lazy_itable_init=1,nodiscard", "-J", "size=4", &image]);
            let root = home.path("disk");
            let mounted = Mounted::new(&root, &["-o", OPTIONS, &image]).filter(|_| made)?;
            Some(Self { below, image, root, mounted: Some(mounted) })
        };
        let disk = below.and_then(of);
        if disk.is_none() {
            eprintln!("skipped: this user may not mount a file system in a file");
        }
        disk
    }

    /// What an administrator does: it is taken off, checked and mounted again.
    fn mend(&mut self) {
        self.mounted = None;
        done("e2fsck", &["-fy", &self.image]);
        self.mounted = Some(Mounted::new(&self.root, &["-o", OPTIONS, &self.image]).unwrap());
    }
}

/// The disk breaks while the service runs; what is acknowledged before and after is there when it is mended.
fn breaks(how: impl FnOnce(&Disk), mend: impl FnOnce(&Disk), at: &str) {
    let home = Home::new();
    let Some(mut disk) = Disk::new(&home) else { return };
    let root = disk.root.clone();
    let authorization = fill(&home, &root);
    let mut served = serve(&home, &root);
    let screen = |served: &Served| post(served, &authorization, "/v1/screen", PARTY);
    let mut acknowledged: Vec<u64> = (0..20).map(|_| entry(&screen(&served))).collect();
    how(&disk);
    let (begun, mut refusals, mut keys) = (Instant::now(), 0, 0);
    while refusals < 50 || keys < 10 {
        let answer = screen(&served);
        if answer.status == 200 {
            acknowledged.push(entry(&answer));
        } else {
            refused(&answer);
            refusals += 1;
        }
        let answer = post(&served, &authorization, "/v1/keys", r#"{"name": "a key", "roles": ["viewer"]}"#);
        if answer.status != 201 {
            refused(&answer);
            keys += 1;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{at}: the disk never fails");
    }
    assert_eq!(served.ask("GET", "/healthz", &[], "").status, 200);
    assert_eq!(served.ask("GET", "/v1/lists", &[("Authorization", &authorization)], "").status, 200, "{at}: it reads");
    // What the system still held of it is lost with the mount; what was acknowledged is not.
    served.kill();
    mend(&disk);
    disk.mend();
    let served = serve(&home, &root);
    all_holds(&home, &root, &served, &authorization, &acknowledged);
    assert_eq!(screen(&served).status, 200);
    println!("{at}: {} acknowledged, {} requests refused, none lost", acknowledged.len(), refusals + keys);
}

#[test]
fn a_disk_that_becomes_read_only_refuses_and_loses_nothing_acknowledged() {
    // As the system does by itself when it finds the file system damaged.
    let abort = |disk: &Disk| assert!(done("mount", &["-o", "remount,abort", disk.root.to_str().unwrap()]));
    breaks(abort, |_| {}, "read-only");
}

/// The disk below is full: what the file system takes it cannot keep, and the system answers with EIO.
#[test]
fn a_disk_that_cannot_keep_what_it_takes_loses_nothing_acknowledged() {
    let fill = |disk: &Disk| {
        let mut file = std::fs::File::create(disk.below.0.join("filler")).unwrap();
        while std::io::Write::write(&mut file, &[7; 4096]).is_ok_and(|written| written > 0) {}
    };
    breaks(fill, |disk| std::fs::remove_file(disk.below.0.join("filler")).unwrap(), "EIO");
}

/// R17: where there is no network but loopback, the service starts from what is stored, and answers.
#[test]
fn it_starts_without_a_network() {
    if !done("unshare", &["-n", "true"]) || !done("curl", &["--version"]) {
        eprintln!("skipped: this user may not leave the network, or there is no curl");
        return;
    }
    let home = Home::with_un();
    let binary = env!("CARGO_BIN_EXE_interdict");
    let mut command = Command::new("unshare");
    let script = format!("ip link set lo up; exec {binary} serve --listen 127.0.0.1:0 --anonymous machine --log off");
    command.args(["-n", "sh", "-c", &script]).env("INTERDICT_HOME", home.path("home"));
    let begun = Instant::now();
    let served = Served::start(command);
    let space = format!("--net=/proc/{}/ns/net", served.child.id());
    let asked =
        Command::new("nsenter").args([&space, "curl", "-s", &format!("http://{}/readyz", served.address)]).output();
    let (answer, took) = (String::from_utf8(asked.unwrap().stdout).unwrap(), begun.elapsed());
    assert!(answer.contains("\"ready\":true"), "{answer}");
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert!(std::net::TcpStream::connect(&served.address).is_err(), "it is not in the network of this test");
}
