//! The ledger on disk: what is committed is there, in the files that the specification names.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as tests do")]

mod common;

use common::{ORIGIN, at, basis, begun, drafts, log_of};
use interdict_ledger::checkpoint::Checkpoint;
use interdict_ledger::receipt::Opening;
use interdict_ledger::tile::{Level, hashes, tiles};
use interdict_ledger::{Receipt, Tree, leaf_hash, merkle};
use interdict_model::Digest;
use interdict_store::Home;
use interdict_store::ledger::{Committer, LogFiles, Wrong, verify};

#[test]
fn tiles_are_the_same_whatever_is_put_into_them_at_once() {
    // Steps that end below, on and above the borders of tiles.
    for steps in [&[1000][..], &[1, 1, 252, 1, 1, 1], &[254, 1, 255, 256, 257], &[700, 3, 65_536]] {
        let folder = tempfile::tempdir().unwrap();
        let place = begun(folder.path());
        let mut log = place.open().unwrap();
        let basis = log.basis(basis(), at(0)).unwrap();
        for (n, count) in steps.iter().enumerate() {
            log.commit(&drafts(basis, &format!("step {n}"), *count)).unwrap();
            if n % 2 == 0 {
                log.fold().unwrap();
            }
        }
        log.fold().unwrap();
        let files = LogFiles::at(place.public());
        let entries = files.entries(log.size(), 0, log.size()).unwrap();
        assert_eq!(entries.len(), steps.iter().sum::<usize>() + 2);
        let leaves: Vec<Digest> = entries.iter().map(|(_, entry)| leaf_hash(entry)).collect();
        let mut tree = Tree::default();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        assert_eq!(files.head(log.key()).unwrap().root, tree.root());
        // Each tile of hashes against its definition in the specification.
        let mut rows = vec![leaves];
        for level in 1..4 {
            let below: &Vec<Digest> = &rows[level - 1];
            rows.push(below.chunks_exact(256).map(|full| merkle::perfect(full.to_vec())).collect());
        }
        for tile in tiles(log.size()) {
            let bytes = std::fs::read(files.path(tile)).unwrap();
            if let Level::Hashes(level) = tile.level {
                let row = &rows[usize::from(level)];
                let from = tile.index as usize * 256;
                assert_eq!(hashes(&bytes), row[from..from + usize::from(tile.width)], "{}", tile.path());
            }
        }
        let verified = verify(&files, log.key(), &[]).unwrap();
        assert_eq!(verified.findings, []);
        assert_eq!(verified.kinds["screening"], steps.iter().sum::<usize>() as u64);
    }
}

#[test]
fn what_is_committed_survives_without_being_in_tiles() {
    let folder = tempfile::tempdir().unwrap();
    let place = begun(folder.path());
    let (basis, committed) = {
        let mut log = place.open().unwrap();
        let basis = log.basis(basis(), at(0)).unwrap();
        (basis, log.commit(&drafts(basis, "a", 300)).unwrap())
    };
    assert_eq!((committed.first, committed.size), (2, 302));
    let mut log = place.open().unwrap();
    assert_eq!((log.size(), log.checkpoint()), (302, committed.checkpoint.as_str()));
    assert_eq!(LogFiles::at(place.public()).head(log.key()).unwrap().size, 1);
    assert_eq!(log.basis(common::basis(), at(9)).unwrap(), basis, "recorded twice");
    log.fold().unwrap();
    assert_eq!(place.open().unwrap().size(), 302);
    assert_eq!(LogFiles::at(place.public()).note().unwrap(), committed.checkpoint);
}

#[test]
fn two_writers_continue_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let place = begun(folder.path());
    let (mut one, mut other) = (place.open().unwrap(), place.open().unwrap());
    let basis = one.basis(basis(), at(0)).unwrap();
    let mut next = 2;
    for round in 0..40 {
        let count = 1 + round % 3;
        let log = if round % 2 == 0 { &mut one } else { &mut other };
        let committed = log.commit(&drafts(basis, "round", count)).unwrap();
        assert_eq!(committed.first, next);
        next += count as u64;
        if round % 7 == 0 {
            log.fold().unwrap();
        }
    }
    other.fold().unwrap();
    assert_eq!(verify(&LogFiles::at(place.public()), one.key(), &[]).unwrap().findings, []);
    assert_eq!(one.commit(&[]).unwrap().size, next);
}

#[test]
fn entries_go_into_tiles_while_others_are_committed() {
    let folder = tempfile::tempdir().unwrap();
    let place = begun(folder.path());
    let journals = || -> Vec<u8> {
        let read = |name: &str| std::fs::read(folder.path().join("ledger-private").join(name)).unwrap_or_default();
        [read("journal"), read("journal.2")].concat()
    };
    let mut logs = [place.open().unwrap(), place.open().unwrap()];
    logs.iter_mut().for_each(|log| log.bounds(10_000, 128 << 20));
    let basis = logs[0].basis(basis(), at(0)).unwrap();
    let files = LogFiles::at(place.public());
    let (mut all, mut sizes) = (Vec::new(), std::collections::BTreeSet::new());
    for round in 0..100 {
        // One process for a while, then both in turns.
        let log = &mut logs[if round < 50 { 0 } else { round % 2 }];
        let sent = drafts(basis, &format!("round {round}"), 1 + round % 40);
        assert_eq!(log.commit(&sent).unwrap().first, 2 + all.len() as u64);
        all.extend(sent);
        // Whatever is published is whole, and what is not is in memory, wherever it stands.
        let head = files.head(log.key()).unwrap();
        sizes.insert(head.size);
        let number = all.len() * 7 / 8;
        let (entry, tie) = (all[number].entry.clone(), all[number].tie.clone().unwrap());
        assert_eq!(log.entry(2 + number as u64).unwrap(), entry);
        assert_eq!(log.tie_of(2 + number as u64).unwrap().unwrap().salt, tie.salt);
        assert_eq!(log.receipt(2 + number as u64, None).unwrap().check(log.key()).unwrap().size, log.size());
        if round % 25 == 24 {
            let key = log.key().clone();
            let verified = log.still(|files| verify(files, &key, &[])).unwrap().unwrap();
            assert_eq!(verified.findings, [], "round {round}");
        }
    }
    assert!(sizes.len() > 3, "published at {sizes:?}");
    logs[0].fold().unwrap();
    assert_eq!(logs[1].commit(&[]).unwrap().size, 2 + all.len() as u64);
    assert_eq!(verify(&files, logs[0].key(), &[]).unwrap().findings, []);
    // What is in tiles is in no journal any more.
    logs[0].commit(&drafts(basis, "last", 1)).unwrap();
    let left = journals();
    let holds = |salt: &[u8]| left.windows(32).any(|window| window == salt);
    assert!(all.iter().all(|draft| !holds(&draft.tie.as_ref().unwrap().salt.0)));
    drop(logs);
    let log = place.open().unwrap();
    assert_eq!(log.size(), 3 + all.len() as u64);
    for (number, draft) in (2..).zip(&all) {
        assert_eq!(log.tie_of(number).unwrap().unwrap().salt, draft.tie.as_ref().unwrap().salt, "{number}");
    }
}

#[test]
fn a_receipt_is_checked_with_the_key_alone() {
    let folder = tempfile::tempdir().unwrap();
    let place = begun(folder.path());
    let mut log = place.open().unwrap();
    let basis = log.basis(basis(), at(0)).unwrap();
    let sent = drafts(basis, "a", 600);
    let first = log.commit(&sent[..400]).unwrap().first;
    log.fold().unwrap();
    log.commit(&sent[400..]).unwrap();
    for n in [0, 1, 255, 399, 400, 599] {
        let tie = sent[n].tie.clone().unwrap();
        let opening = Opening { salt: tie.salt.clone(), input: Some(serde_json::json!({})), record: tie.record };
        let receipt = log.receipt(first + n as u64, Some(opening)).unwrap();
        assert_eq!(receipt.check(log.key()).unwrap().size, log.size());
        let json = serde_json::to_vec_pretty(&receipt).unwrap();
        assert_eq!(Receipt::parse(&json).unwrap(), receipt);
        assert_eq!(log.tie_of(first + n as u64).unwrap().unwrap().salt, tie.salt);
    }
    assert!(log.receipt(0, None).unwrap_err().to_string().contains("entry 0 is of the kind `opened`"));
    assert!(log.receipt(9999, None).unwrap_err().to_string().contains("no entry 9999"));
}

#[test]
fn no_altered_character_of_a_receipt_checks() {
    let folder = tempfile::tempdir().unwrap();
    let place = begun(folder.path());
    let mut log = place.open().unwrap();
    let basis = log.basis(basis(), at(0)).unwrap();
    let sent = drafts(basis, "a", 5);
    log.commit(&sent).unwrap();
    let tie = sent[3].tie.clone().unwrap();
    let opening = Opening { salt: tie.salt, input: Some(serde_json::json!({})), record: tie.record };
    let json = serde_json::to_string(&log.receipt(5, Some(opening)).unwrap()).unwrap();
    let mut checked = 0;
    for at in 0..json.len() {
        for bit in [0, 2, 5] {
            let mut bytes = json.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            checked += 1;
            let accepted = Receipt::parse(text.as_bytes()).and_then(|receipt| receipt.check(log.key()));
            // The case of a hexadecimal digit says nothing; all else does.
            let is_case = text.eq_ignore_ascii_case(&json) && json.as_bytes()[at].is_ascii_hexdigit();
            assert!(accepted.is_err() || is_case, "byte {at} bit {bit}: {text}");
        }
    }
    assert!(checked > 3000);
}

#[test]
fn many_who_wait_share_a_commit_and_each_gets_its_own_number() {
    let folder = tempfile::tempdir().unwrap();
    let place = begun(folder.path());
    let mut log = place.open().unwrap();
    let basis = log.basis(basis(), at(0)).unwrap();
    let committer = Committer::start(log).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let committer = &committer;
            scope.spawn(move || {
                for n in 0..25 {
                    let label = format!("thread {thread} {n}");
                    let sent = drafts(basis, &label, 2);
                    let committed = committer.submit(&sent).wait().unwrap();
                    let entry = committer.ask(move |log| log.entry(committed.first + 1)).unwrap().unwrap();
                    assert_eq!(entry, sent[1].entry);
                }
            });
        }
    });
    let mut log = committer.finish().unwrap();
    assert_eq!(log.size(), 2 + 8 * 25 * 2);
    log.fold().unwrap();
    assert_eq!(verify(log.files(), log.key(), &[]).unwrap().findings, []);
}

#[test]
fn erasing_a_person_erases_the_link_and_leaves_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let (place, mut log) = log_of(folder.path(), 402);
    let before = log.files().head(log.key()).unwrap();
    let ties = log.ties_of("customer 3").unwrap();
    assert_eq!(ties.len(), 80);
    log.erase(&ties, "asked for", at(5)).unwrap();
    assert_eq!(log.ties_of("customer 3").unwrap(), []);
    assert_eq!(log.ties_of("customer 4").unwrap().len(), 80);
    assert_eq!(log.tie_of(ties[0].index).unwrap(), None);
    assert!(log.entry(ties[0].index).is_ok());
    let seen = [("before".to_owned(), before)];
    let verified = verify(&LogFiles::at(place.public()), log.key(), &seen).unwrap();
    assert_eq!(verified.findings, []);
    assert_eq!(verified.kinds["erasure"], 1);
    // No file of the home holds one of the salts any longer.
    let salt = ties[0].salt.0;
    for file in walk(folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(32).any(|window| window == salt), "{}", file.display());
    }
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[test]
fn a_ledger_is_begun_once_and_its_key_stays_private() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    assert!(!home.ledger().exists());
    assert!(home.ledger().open().unwrap_err().to_string().contains("interdict ledger init"));
    assert!(home.ledger().init("two words", at(0)).is_err());
    let key = home.ledger().init(ORIGIN, at(0)).unwrap();
    assert!(home.ledger().exists());
    assert!(home.ledger().init(ORIGIN, at(0)).unwrap_err().to_string().contains("holds one already"));
    assert_eq!(home.ledger().open().unwrap().key(), &key);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &str| std::fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("ledger-private"), mode("ledger-private/key")), (0o700, 0o600));
    }
    for file in walk(home.ledger().public()) {
        assert!(!std::fs::read_to_string(file).unwrap_or_default().contains("PRIVATE"));
    }
    // Half a ledger is not taken for none.
    std::fs::remove_dir_all(folder.path().join("ledger-private")).unwrap();
    assert!(home.ledger().exists());
    assert!(home.ledger().open().is_err());
}

#[test]
fn an_older_checkpoint_finds_a_log_that_was_begun_again() {
    let folder = tempfile::tempdir().unwrap();
    let (_, log) = log_of(folder.path(), 300);
    let head = log.files().head(log.key()).unwrap();
    let other = Checkpoint { root: Digest::of(b"other"), ..head.clone() };
    let longer = Checkpoint { size: 301, ..head.clone() };
    let found = |seen: Checkpoint| {
        let verified = verify(log.files(), log.key(), &[("seen.json".to_owned(), seen)]).unwrap();
        verified.findings.iter().map(|finding| (finding.wrong, finding.entry)).collect::<Vec<_>>()
    };
    assert_eq!(found(head), []);
    assert_eq!(found(other), [(Wrong::Forked, Some(299))]);
    assert_eq!(found(longer), [(Wrong::RolledBack, Some(300))]);
}
