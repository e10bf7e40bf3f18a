//! What waits to be put into tiles is bounded, however fast entries come and however slow the disk is: it is held in memory.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as tests do")]

mod common;

use std::sync::atomic::{AtomicU64, Ordering};

use common::{at, basis, begun, drafts};
use interdict_store::ledger::{LogFiles, verify};

const FOLD_FROM: u64 = 10_000;
const STOP_AT: u64 = 400_000;

/// Commits this many entries so many times; gives the most bytes that waited, and those of one commit.
fn most(log: &mut interdict_store::ledger::Log, seen: &AtomicU64) -> (u64, u64) {
    let basis = log.basis(basis(), at(0)).unwrap();
    let some = drafts(basis, "entries about somebody", 100);
    let before = log.unfolded_bytes();
    log.commit(&some).unwrap();
    let one = log.unfolded_bytes() - before;
    let mut most = 0;
    for _ in 0..100 {
        log.commit(&some).unwrap();
        most = most.max(log.unfolded_bytes());
        seen.store(most, Ordering::Relaxed);
    }
    (most, one)
}

#[test]
fn commits_wait_for_tiles_before_much_waits() {
    let folder = tempfile::tempdir().unwrap();
    let place = begun(folder.path());
    let mut log = place.open().unwrap();
    log.bounds(FOLD_FROM, STOP_AT);
    let (most, one) = most(&mut log, &AtomicU64::new(0));
    println!("{most} bytes waited at the most, a commit has {one}");
    // Two journals, each of which gets no more than one commit beyond a quarter.
    assert!(most <= 2 * (STOP_AT / 4 + one), "{most}, of which {one} are a commit");
    log.fold().unwrap();
    assert_eq!(log.unfolded_bytes(), 0);
    let verified = verify(&LogFiles::at(place.public()), log.key(), &[]).unwrap();
    assert_eq!((verified.findings.len(), verified.kinds["screening"]), (0, 10_100));
}

#[test]
fn where_tiles_cannot_be_written_nothing_more_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let place = begun(folder.path());
    let (mut log, mut other) = (place.open().unwrap(), place.open().unwrap());
    log.bounds(FOLD_FROM, STOP_AT);
    let seen = AtomicU64::new(0);
    let (most, one) = std::thread::scope(|threads| {
        // Whoever looks at the log at rest holds up whoever writes tiles.
        let committed = other
            .still(|_| {
                let committing = threads.spawn(|| most(&mut log, &seen));
                while seen.load(Ordering::Relaxed) <= STOP_AT {
                    assert!(!committing.is_finished(), "it took all and was not held up");
                    std::thread::yield_now();
                }
                committing
            })
            .unwrap();
        committed.join().unwrap()
    });
    assert!(most > STOP_AT && most <= STOP_AT + one, "{most}, of which {one} are a commit");
    log.fold().unwrap();
    assert_eq!(verify(&LogFiles::at(place.public()), log.key(), &[]).unwrap().kinds["screening"], 10_100);
}
