//! Whatever is done to the files of a log, the check finds it and names the place.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as tests do")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use common::{ORIGIN, at, drafts, log_of};
use interdict_ledger::checkpoint::Checkpoint;
use interdict_ledger::tile::{Level, hashes};
use interdict_ledger::{SignerKey, Tile, Tree, VerifierKey, bundle, leaf_hash};
use interdict_model::Digest;
use interdict_store::ledger::{Finding, LogFiles, Place, Wrong, verify};

/// Two full bundles and one of 88: a full tile, a partial one and a level above.
const SIZE: usize = 600;

struct Copy {
    _folder: tempfile::TempDir,
    files: LogFiles,
    key: VerifierKey,
    place: Place,
}

fn log() -> Copy {
    log_with(SIZE)
}

fn log_with(size: usize) -> Copy {
    let folder = tempfile::tempdir().unwrap();
    let (place, log) = log_of(folder.path(), size);
    assert_eq!(verify(log.files(), log.key(), &[]).unwrap().findings, []);
    Copy { files: LogFiles::at(place.public()), key: log.key().clone(), place, _folder: folder }
}

impl Copy {
    fn findings(&self, seen: &[(String, Checkpoint)]) -> Vec<Finding> {
        verify(&self.files, &self.key, seen).unwrap().findings
    }

    fn path(&self, name: &str) -> PathBuf {
        self.files.folder().join(name)
    }

    /// What is found while a file holds other bytes.
    fn with(&self, name: &str, bytes: &[u8]) -> Vec<Finding> {
        let path = self.path(name);
        let before = fs::read(&path).ok();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        let found = self.findings(&[]);
        match before {
            Some(before) => fs::write(&path, before).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        found
    }
}

fn all(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { all(&path) } else { vec![path] }).collect()
}

#[test]
fn every_flipped_bit_is_found_in_its_file() {
    let log = log_with(300);
    let mut mutants = BTreeMap::new();
    for path in all(log.files.folder()) {
        let name = path.strip_prefix(log.files.folder()).unwrap().to_string_lossy().replace('\\', "/");
        let bytes = fs::read(&path).unwrap();
        // Every byte of small files; of large ones every 211th, which is prime to all lengths in them.
        let step = if bytes.len() < 400 { 1 } else { 211 };
        for at in (0..bytes.len()).step_by(step) {
            let mut altered = bytes.clone();
            altered[at] ^= 1 << (at % 8);
            let found = log.with(&name, &altered);
            let is_named = found.iter().any(|finding| finding.place == name);
            // A checkpoint that names another size makes other files stand out too.
            assert!(is_named, "{name} byte {at}: {found:?}");
            if name.starts_with("tile/entries") || name.starts_with("tile/0") {
                let first = Tile::parse(&name).unwrap().index * 256;
                let entry = found.iter().find_map(|finding| finding.entry).unwrap();
                assert!(entry >= first && entry < first + 256, "{name} byte {at}: {found:?}");
            }
            *mutants.entry(name.clone()).or_insert(0) += 1;
        }
    }
    assert_eq!(mutants.len(), 7, "{mutants:?}");
    let count: i32 = mutants.values().sum();
    assert!(count > 800, "{mutants:?}");
    println!("{count} mutants, all found: {mutants:?}");
}

#[test]
fn an_altered_entry_and_an_altered_hash_are_told_apart() {
    let log = log();
    for index in [0u64, 5, 255, 256, 511, 512, 599] {
        let tile = Tile::at(Level::Entries, index / 256, SIZE as u64).unwrap();
        let bytes = fs::read(log.files.path(tile)).unwrap();
        let mut entries: Vec<Vec<u8>> = bundle::entries(&bytes).unwrap().iter().map(|entry| entry.to_vec()).collect();
        let own = (index % 256) as usize;
        let last = entries[own].len() - 3;
        entries[own][last] ^= 1;
        let found = log.with(&tile.path(), &joined(&entries));
        assert_eq!(shape(&found), [(Wrong::Altered, tile.path(), Some(index))], "{found:?}");
        let tile = Tile { level: Level::Hashes(0), ..tile };
        let mut bytes = fs::read(log.files.path(tile)).unwrap();
        bytes[own * 32] ^= 1;
        let found = log.with(&tile.path(), &bytes);
        assert!(shape(&found).contains(&(Wrong::Altered, tile.path(), Some(index))), "{found:?}");
        assert!(found.iter().all(|finding| !finding.place.contains("entries")), "{found:?}");
    }
}

fn joined(entries: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    entries.iter().for_each(|entry| bundle::push(&mut bytes, entry).unwrap());
    bytes
}

fn shape(found: &[Finding]) -> Vec<(Wrong, String, Option<u64>)> {
    found.iter().map(|finding| (finding.wrong, finding.place.clone(), finding.entry)).collect()
}

#[test]
fn entries_that_are_swapped_taken_out_or_put_in_are_named() {
    let log = log();
    for (number, index) in [(0u64, 7u64), (0, 254), (1, 300), (2, 513), (2, 598)] {
        let tile = Tile::at(Level::Entries, number, SIZE as u64).unwrap();
        let name = tile.path();
        let bytes = fs::read(log.files.path(tile)).unwrap();
        let entries: Vec<Vec<u8>> = bundle::entries(&bytes).unwrap().iter().map(|entry| entry.to_vec()).collect();
        let own = (index % 256) as usize;
        let mut swapped = entries.clone();
        swapped.swap(own, own + 1);
        let found = shape(&log.with(&name, &joined(&swapped)));
        let both = [(Wrong::Reordered, name.clone(), Some(index)), (Wrong::Reordered, name.clone(), Some(index + 1))];
        assert_eq!(found, both);
        let mut removed = entries.clone();
        removed.remove(own);
        assert_eq!(shape(&log.with(&name, &joined(&removed))), [(Wrong::Removed, name.clone(), Some(index))]);
        let mut added = entries.clone();
        added.insert(own, b"{}".to_vec());
        assert_eq!(shape(&log.with(&name, &joined(&added))), [(Wrong::Added, name.clone(), Some(index))]);
        let mut longer = entries.clone();
        longer.push(b"{}".to_vec());
        let end = number * 256 + entries.len() as u64;
        assert_eq!(shape(&log.with(&name, &joined(&longer))), [(Wrong::Added, name.clone(), Some(end))]);
        let shorter = &entries[..entries.len() - 1];
        assert_eq!(shape(&log.with(&name, &joined(shorter))), [(Wrong::Removed, name.clone(), Some(end - 1))]);
        // Cut anywhere, also within an entry.
        for cut in [0, 1, bytes.len() / 3, bytes.len() - 1] {
            let found = log.with(&name, &bytes[..cut]);
            assert!(found.iter().any(|finding| finding.place == name && finding.entry.is_some()), "{cut}: {found:?}");
        }
    }
}

#[test]
fn files_that_are_gone_or_too_many_are_named() {
    let log = log();
    for path in all(log.files.folder()) {
        let name = path.strip_prefix(log.files.folder()).unwrap().to_string_lossy().replace('\\', "/");
        let bytes = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let found = log.findings(&[]);
        // A beginning of a tile that is there whole may go, as the specification says.
        assert!(found.iter().any(|f| f.place == name && f.wrong == Wrong::Removed), "{name}: {found:?}");
        fs::write(&path, bytes).unwrap();
    }
    for (name, wrong) in [
        ("tile/entries/003.p/1", Wrong::RolledBack),
        ("tile/0/003", Wrong::RolledBack),
        ("tile/entries/002.p/89", Wrong::RolledBack),
        ("tile/entries/001.p/3", Wrong::Altered),
        ("tile/0/000.p/3", Wrong::Altered),
        ("tile/entries/notes.txt", Wrong::Added),
        ("checkpoint.old", Wrong::Added),
    ] {
        let found = log.with(name, b"\0\x01x");
        assert!(found.iter().any(|f| f.place == name && f.wrong == wrong), "{name}: {found:?}");
    }
    assert_eq!(log.findings(&[]), []);
}

#[test]
fn a_rolled_back_checkpoint_and_a_rolled_back_log_are_found() {
    let log = log();
    let old_note = log.files.note().unwrap();
    let old = log.files.head(&log.key).unwrap();
    let backup = tempfile::tempdir().unwrap();
    copy(log.files.folder(), backup.path());
    let mut writer = log.place.open().unwrap();
    writer.commit(&drafts(Digest::of(b""), "later", 1)).unwrap();
    writer.fold().unwrap();
    let new = log.files.head(&log.key).unwrap();
    // The checkpoint alone: the tiles know better.
    let found = log.with("checkpoint", old_note.as_bytes());
    assert!(found.iter().any(|finding| finding.wrong == Wrong::RolledBack), "{found:?}");
    // All files: only what was given out before knows better.
    let seen = [("receipt.json".to_owned(), new)];
    let rolled = LogFiles::at(backup.path());
    assert_eq!(verify(&rolled, &log.key, &[]).unwrap().findings, []);
    let found = verify(&rolled, &log.key, &seen).unwrap().findings;
    assert_eq!(shape(&found), [(Wrong::RolledBack, "receipt.json".to_owned(), Some(SIZE as u64))]);
    // And the other way round, the longer log continues the older checkpoint.
    let found = log.findings(&[("old".to_owned(), old)]);
    assert!(found.iter().all(|finding| finding.wrong == Wrong::Removed), "{found:?}");
}

fn copy(from: &Path, to: &Path) {
    for path in all(from) {
        let target = to.join(path.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(path, target).unwrap();
    }
}

/// Writes all files of a log anew, as someone can who holds a key.
fn rewrite(files: &LogFiles, key: &SignerKey, change: impl Fn(u64, Vec<u8>) -> Vec<u8>) {
    let size = SIZE as u64;
    let entries: Vec<Vec<u8>> =
        files.entries(size, 0, size).unwrap().into_iter().map(|(n, entry)| change(n, entry)).collect();
    let leaves: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry)).collect();
    let mut tree = Tree::default();
    leaves.iter().for_each(|leaf| tree.push(*leaf));
    for (n, (entries, leaves)) in entries.chunks(256).zip(leaves.chunks(256)).enumerate() {
        let tile = Tile::at(Level::Entries, n as u64, size).unwrap();
        fs::write(files.path(tile), joined(entries)).unwrap();
        let bytes: Vec<u8> = leaves.iter().flat_map(|leaf| leaf.0).collect();
        assert_eq!(hashes(&bytes).len(), leaves.len());
        fs::write(files.path(Tile { level: Level::Hashes(0), ..tile }), bytes).unwrap();
    }
    let above: Vec<u8> =
        leaves.chunks_exact(256).flat_map(|full| interdict_ledger::merkle::perfect(full.to_vec()).0).collect();
    fs::write(files.path(Tile::at(Level::Hashes(1), 0, size).unwrap()), above).unwrap();
    let head = Checkpoint { origin: ORIGIN.to_owned(), size, root: tree.root() };
    fs::write(files.folder().join("checkpoint"), head.sign(key)).unwrap();
}

#[test]
fn a_log_that_is_rewritten_as_a_whole_is_found() {
    let change = |n: u64, entry: Vec<u8>| {
        let text = String::from_utf8(entry).unwrap();
        if n == 300 {
            text.replace("\"outcome\":\"entry", "\"outcome\":\"ENTRY").into_bytes()
        } else {
            text.into_bytes()
        }
    };
    // With another key of the same name: the signature is of someone else.
    let forked = log();
    let other = SignerKey::from_seed(ORIGIN, &[7; 32]).unwrap();
    rewrite(&forked.files, &other, change);
    let found = forked.findings(&[]);
    assert_eq!(found[0].wrong, Wrong::Forked, "{found:?}");
    assert_eq!(found[0].place, "checkpoint");
    // The same with the public key replaced: the key that the reader holds decides.
    fs::write(forked.path("key.pub"), format!("{}\n", other.public())).unwrap();
    assert!(shape(&forked.findings(&[])).contains(&(Wrong::Forked, "key.pub".to_owned(), None)));
    // With the log's own key: only what was seen before knows better, and says up to where.
    let inside = log();
    let secret = fs::read_to_string(inside.files.folder().join("../ledger-private/key")).unwrap();
    let before = inside.files.head(&inside.key).unwrap();
    let mut early = Tree::default();
    for (_, entry) in inside.files.entries(SIZE as u64, 0, 200).unwrap() {
        early.push(leaf_hash(&entry));
    }
    let early = Checkpoint { origin: ORIGIN.to_owned(), size: 200, root: early.root() };
    rewrite(&inside.files, &SignerKey::parse(&secret).unwrap(), change);
    assert_eq!(inside.findings(&[]), []);
    let seen = [("early".to_owned(), early), ("before".to_owned(), before)];
    assert_eq!(shape(&inside.findings(&seen)), [(Wrong::Forked, "before".to_owned(), Some(599))]);
    // Without the key: hashes and entries agree, the signed root does not.
    let outside = log();
    let note = outside.files.note().unwrap();
    rewrite(&outside.files, &other, change);
    fs::write(outside.path("checkpoint"), note).unwrap();
    let found = outside.findings(&[]);
    assert_eq!(shape(&found), [(Wrong::Forked, "checkpoint".to_owned(), None)]);
    // An honest rewriting changes nothing: the test's own writer is right.
    let same = log();
    let secret = fs::read_to_string(same.files.folder().join("../ledger-private/key")).unwrap();
    let head = same.files.head(&same.key).unwrap();
    rewrite(&same.files, &SignerKey::parse(&secret).unwrap(), |_, entry| entry);
    assert_eq!(same.findings(&[("head".to_owned(), head)]), []);
    let _ = at(0);
}
