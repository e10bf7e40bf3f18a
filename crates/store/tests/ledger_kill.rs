//! Kills a writer with SIGKILL at random moments and looks at what it had acknowledged; lets writes fail.
//!
//! Run with `child HOME FOLD SEED` it is the writer; otherwise the test. `LEDGER_KILLS` sets how many times.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as tests do")]

mod common;

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use common::{at, basis, begun, drafts};
use interdict_ledger::leaf_hash;
use interdict_store::Home;
use interdict_store::ledger::verify;
use interdict_testkit::Seeded;

const KILLS: u32 = 1000;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some("child") => return child(Path::new(&args[1]), args[2].parse().unwrap(), args[3].parse().unwrap()),
        // What the harness of the toolchain asks of each test binary.
        Some("--list") => {
            println!("kills: test\nfull_disk: test");
            return ExitCode::SUCCESS;
        }
        Some(_) | None => {}
    }
    if cfg!(unix) {
        kills();
        full_disk();
    }
    ExitCode::SUCCESS
}

/// Commits, and says so after each. Ends when a commit fails.
fn child(home: &Path, fold: u64, seed: u64) -> ExitCode {
    let mut random = Seeded(seed);
    let mut log = Home::at(home).ledger().open().unwrap();
    // Some writers fold behind their commits all the time, some only when they say so.
    log.bounds([0, 5_000, 40_000, 16 << 20][random.below(4) as usize], 128 << 20);
    let basis = log.basis(basis(), at(0)).unwrap();
    let mut out = std::io::stdout().lock();
    for n in 0u64.. {
        let sent = drafts(basis, &format!("{seed} {n}"), 1 + random.below(40) as usize);
        match log.commit(&sent) {
            Ok(committed) => {
                let leaves: Vec<String> = sent.iter().map(|draft| draft.entry.leaf().unwrap().to_string()).collect();
                writeln!(out, "{} {}", committed.first, leaves.join(" ")).unwrap();
                out.flush().unwrap();
            }
            Err(error) => {
                writeln!(out, "error {}", error.to_string().replace('\n', " ")).unwrap();
                return ExitCode::from(3);
            }
        }
        let folded = if random.below(fold) == 0 { log.fold() } else { Ok(()) };
        if let Err(error) = folded {
            writeln!(out, "error {}", error.to_string().replace('\n', " ")).unwrap();
            return ExitCode::from(4);
        }
    }
    ExitCode::SUCCESS
}

fn start(home: &Path, fold: u64, seed: u64) -> Child {
    let program = std::env::current_exe().unwrap();
    let args = ["child".to_owned(), home.display().to_string(), fold.to_string(), seed.to_string()];
    Command::new(program).args(args).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap()
}

/// Memory, if the system has it as a folder: a kill leaves the page cache alone, so that it tests
/// no less there and comes to more commits.
fn scratch() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
    made.unwrap()
}

/// Acknowledged entries with their hashes; a line that the kill cut short acknowledged nothing.
fn acknowledged(text: &str) -> Vec<(u64, Vec<String>)> {
    let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
    let lines = whole.lines().filter(|line| !line.starts_with("error"));
    lines
        .map(|line| {
            let mut words = line.split(' ');
            (words.next().unwrap().parse().unwrap(), words.map(str::to_owned).collect())
        })
        .collect()
}

/// Every acknowledged entry is there, and so is its salt.
fn look(home: &Path, acknowledged: &[(u64, Vec<String>)]) -> u64 {
    let log = Home::at(home).ledger().open().unwrap();
    let mut found = 0;
    for (first, leaves) in acknowledged {
        let entries = log.entries_between(*first, *first + leaves.len() as u64).unwrap();
        assert_eq!(entries.len(), leaves.len(), "entries from {first} are lost");
        for ((index, entry), leaf) in entries.iter().zip(leaves) {
            assert_eq!(leaf_hash(entry).to_string(), *leaf, "entry {index} is another");
            found += 1;
        }
    }
    if let Some((first, leaves)) = acknowledged.last() {
        for index in *first..*first + leaves.len() as u64 {
            assert!(log.tie_of(index).unwrap().is_some(), "the salt of entry {index} is lost");
        }
    }
    found
}

fn kills() {
    let kills = std::env::var("LEDGER_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let started = Instant::now();
    let (mut commits, mut entries, mut torn) = (0usize, 0u64, 0u32);
    let mut folder = scratch();
    let mut place = begun(folder.path());
    for kill in 0..kills {
        // A new log now and then, so that small sizes and first tiles come up as often as large ones.
        if kill % 50 == 0 {
            folder = scratch();
            place = begun(folder.path());
        }
        let seed = u64::from(kill).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let mut random = Seeded(seed);
        let mut writer = start(folder.path(), 1 + random.below(6), seed);
        let mut out = BufReader::new(writer.stdout.take().unwrap());
        let mut text = String::new();
        out.read_line(&mut text).unwrap();
        std::thread::sleep(Duration::from_micros(random.below(15_000)));
        writer.kill().unwrap();
        out.read_to_string(&mut text).unwrap();
        writer.wait().unwrap();
        let acknowledged = acknowledged(&text);
        assert!(!acknowledged.is_empty() && !text.contains("error"), "kill {kill}: {text}");
        let before = std::fs::metadata(folder.path().join("ledger-private/journal")).unwrap().len();
        commits += acknowledged.len();
        entries += look(folder.path(), &acknowledged);
        let after = std::fs::metadata(folder.path().join("ledger-private/journal")).unwrap().len();
        torn += u32::from(after < before);
        if kill % 10 == 9 {
            let mut log = place.open().unwrap();
            log.fold().unwrap();
            let verified = verify(log.files(), log.key(), &[]).unwrap();
            assert_eq!(verified.findings, [], "kill {kill}");
            assert_eq!(verified.entries, log.size());
        }
    }
    println!(
        "kills: {kills}, {commits} commits with {entries} entries acknowledged, none lost, {torn} torn ends cut, {:.1?}",
        started.elapsed()
    );
}

/// Lets writes fail when a file reaches a size, at every stage of a commit and of folding.
fn full_disk() {
    let mut failed = std::collections::BTreeMap::new();
    for blocks in [1u32, 3, 8, 21, 34, 50, 60, 70, 80, 100, 140, 180] {
        for fold in [1, 1000] {
            let folder = scratch();
            let place = begun(folder.path());
            let program = std::env::current_exe().unwrap();
            // The signal would end the writer before it can see the error.
            let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\"");
            let mut command = Command::new("sh");
            command.args(["-c", &script, "sh"]).arg(program).arg("child").arg(folder.path());
            let output = command.args([fold.to_string(), "77".to_owned()]).output().unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let error = text.lines().last().filter(|line| line.starts_with("error"));
            let code = output.status.code().unwrap_or(101);
            assert!(error.is_some_and(|error| error.contains("ledger")), "{blocks} blocks: {code} {text}");
            *failed.entry(code).or_insert(0) += 1;
            let acknowledged = acknowledged(&format!("{text}\n"));
            look(folder.path(), &acknowledged);
            // Nothing that was refused counts, and the log goes on where it was.
            let mut log = place.open().unwrap();
            let last = acknowledged.last().map_or(2, |(first, leaves)| first + leaves.len() as u64);
            assert_eq!(log.size(), last, "{blocks} blocks");
            let basis = log.basis(basis(), at(0)).unwrap();
            assert_eq!(log.commit(&drafts(basis, "after", 3)).unwrap().first, last);
            log.fold().unwrap();
            assert_eq!(verify(log.files(), log.key(), &[]).unwrap().findings, [], "{blocks} blocks");
        }
    }
    assert!(failed[&3] > 3 && failed[&4] > 3, "commits and folding failed: {failed:?}");
    println!(
        "full disk: {} runs, writes refused in commits {} and folding {}",
        failed.values().sum::<i32>(),
        failed[&3],
        failed[&4]
    );
}
