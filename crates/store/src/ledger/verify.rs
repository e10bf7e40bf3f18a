//! Checks a log from its files alone and names what is wrong with it.
//!
//! Promises: every byte of every file is covered: entries by their hashes, hashes by the root, the
//! root by the signature, the beginnings of tiles by the tiles; whoever holds an older checkpoint
//! or receipt finds every rewriting that the holder of the key could sign anew.
//!
//! Not here: making the files (`fold`), keys that are to be trusted (the caller).

use std::collections::BTreeSet;
use std::fs;

use interdict_ledger::note::Note;
use interdict_ledger::tile::{Level, WIDTH, hashes, tiles};
use interdict_ledger::{Checkpoint, Entry, Event, Tile, Tree, VerifierKey, leaf_hash, merkle};
use interdict_model::Digest;

use super::files::LogFiles;
use super::finding::{Verified, Wrong};
use super::strangers::strangers;
use crate::StoreError;

/// Checks a log with a key, and with checkpoints that were signed by it and seen elsewhere.
///
/// # Errors
/// When there is no log in the folder. What is wrong with a log is a finding, not an error.
pub fn verify(files: &LogFiles, key: &VerifierKey, seen: &[(String, Checkpoint)]) -> Result<Verified, StoreError> {
    let mut out = Verified { origin: key.name().to_owned(), ..Verified::default() };
    match files.key() {
        Ok(beside) if beside == *key => {}
        Ok(beside) => out.find(Wrong::Forked, "key.pub", None, format!("it is `{beside}`, not the key of this log")),
        Err(StoreError::NoLedger(_)) => out.find(Wrong::Removed, "key.pub", None, "it is missing"),
        Err(error) => out.find(Wrong::Altered, "key.pub", None, first_line(&error)),
    }
    if fs::read_to_string(files.folder().join("key.pub")).is_ok_and(|text| text != format!("{key}\n")) {
        let is_named = out.findings.iter().any(|finding| finding.place == "key.pub");
        if !is_named {
            out.find(Wrong::Altered, "key.pub", None, "it is not written as it was");
        }
    }
    let Some(head) = head(files, key, &mut out)? else { return Ok(out) };
    (out.entries, out.root) = (head.size, Some(head.root));
    let mut walk = Walk::new(files, &head, seen);
    walk.run(&mut out);
    strangers(files, head.size, &mut out);
    for (label, checkpoint) in seen.iter().filter(|(_, checkpoint)| checkpoint.size > head.size) {
        let what = format!("it was signed for {} entries, the log has {}", checkpoint.size, head.size);
        out.find(Wrong::RolledBack, label.as_str(), Some(head.size), what);
    }
    Ok(out)
}

fn first_line(error: &impl ToString) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// The checkpoint; if its signature does not fit, as far as it can be read.
fn head(files: &LogFiles, key: &VerifierKey, out: &mut Verified) -> Result<Option<Checkpoint>, StoreError> {
    let path = files.folder().join("checkpoint");
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(_) if files.folder().join("tile").is_dir() => {
            out.find(Wrong::Removed, "checkpoint", None, "it is missing: nothing says how long the log is");
            return Ok(None);
        }
        Err(_) => return Err(StoreError::NoLedger(files.folder().to_owned())),
    };
    let text = String::from_utf8_lossy(&bytes);
    match Checkpoint::open(&text, key) {
        Ok(head) => Ok(Some(head)),
        Err(error) => {
            let wrong = match error {
                interdict_ledger::LedgerError::UnknownSigner { .. } => Wrong::Forked,
                _ => Wrong::Altered,
            };
            out.find(wrong, "checkpoint", None, first_line(&error));
            let unsigned = Note::parse(&text).ok().and_then(|note| Checkpoint::parse(note.unchecked()).ok());
            // A size that no file bears out would have us look for tiles without end.
            Ok(unsigned.filter(|head| tiles(head.size).next().is_none_or(|first| files.path(first).exists())))
        }
    }
}

/// One pass over entries and the hashes of level 0, then the levels above.
struct Walk<'a> {
    files: &'a LogFiles,
    head: &'a Checkpoint,
    seen: Vec<&'a (String, Checkpoint)>,
    /// The tree over the hashes that stand in tiles, and the one over the entries' own.
    by_tiles: Tree,
    by_entries: Tree,
    /// Roots of the full tiles of level 0.
    full: Vec<Digest>,
    bases: BTreeSet<Digest>,
    /// Entries could not be read: a basis that is not found may be among them.
    has_holes: bool,
    doubts: Vec<Doubt>,
}

/// An entry and a hash that do not belong together.
struct Doubt {
    tile: u64,
    at: u64,
    /// Where the hash stands that the entry has.
    fits: Option<u64>,
    /// Whether the level above bears out the hashes, or the entries.
    hashes_hold: bool,
    entries_hold: bool,
}

impl<'a> Walk<'a> {
    fn new(files: &'a LogFiles, head: &'a Checkpoint, seen: &'a [(String, Checkpoint)]) -> Self {
        let mut seen: Vec<_> = seen.iter().collect();
        seen.sort_by_key(|(_, checkpoint)| checkpoint.size);
        Self {
            files,
            head,
            seen,
            by_tiles: Tree::default(),
            by_entries: Tree::default(),
            full: Vec::new(),
            bases: BTreeSet::new(),
            has_holes: false,
            doubts: Vec::new(),
        }
    }

    fn run(&mut self, out: &mut Verified) {
        let mut index = 0;
        let mut missing = 0u32;
        while let Some(tile) = Tile::at(Level::Hashes(0), index, self.head.size) {
            missing = if self.tile(tile, out) { 0 } else { missing.saturating_add(1) };
            if missing == 16 {
                let first = tile.index.saturating_mul(WIDTH);
                out.find(Wrong::Removed, tile.path(), Some(first), "and so on: nothing more is there to be checked");
                break;
            }
            index = index.saturating_add(1);
        }
        self.settle(out);
        self.levels(out);
    }

    /// Checks one bundle against its hashes; false if neither is there.
    fn tile(&mut self, tile: Tile, out: &mut Verified) -> bool {
        let first = tile.index.saturating_mul(WIDTH);
        let last = first.saturating_add(u64::from(tile.width)).saturating_sub(1);
        let bundle = Tile { level: Level::Entries, ..tile };
        let stored = fs::read(self.files.path(tile)).ok();
        let entries = fs::read(self.files.path(bundle)).ok();
        let width = usize::from(tile.width);
        let named = |what: &str| format!("{what} of entries {first} to {last} {}", "are missing");
        let stored = match stored {
            None => {
                out.find(Wrong::Removed, tile.path(), Some(first), named("the hashes"));
                None
            }
            Some(bytes) if bytes.len() != width.saturating_mul(32) => {
                let wrong = if bytes.len() < width.saturating_mul(32) { Wrong::Removed } else { Wrong::Added };
                let what = format!("it has {} bytes, not {width} hashes of 32", bytes.len());
                out.find(wrong, tile.path(), Some(first), what);
                None
            }
            Some(bytes) => Some(hashes(&bytes)),
        };
        let own = entries.as_ref().map(|bytes| self.entries(bundle, bytes, stored.as_deref(), out));
        if own.is_none() {
            out.find(Wrong::Removed, bundle.path(), Some(first), format!("entries {first} to {last} are missing"));
        }
        // A side that is unusable borrows from the other, so that the rest can still be judged.
        let own = own.flatten();
        self.has_holes |= own.is_none();
        let (by_tiles, by_entries) = match (&stored, &own) {
            (None, None) => return false,
            (Some(one), None) | (None, Some(one)) => (one.clone(), one.clone()),
            (Some(stored), Some(own)) => (stored.clone(), own.clone()),
        };
        if let (Some(stored), Some(own)) = (&stored, &own) {
            self.compare(tile, stored, own);
        }
        if tile.is_full() {
            self.full.push(merkle::perfect(by_tiles.clone()));
        }
        for (hash, own) in by_tiles.iter().zip(&by_entries) {
            self.by_tiles.push(*hash);
            self.by_entries.push(*own);
            self.compare_seen(out);
        }
        true
    }

    /// Leaf hashes of a bundle's entries; none if it does not hold as many as it should.
    fn entries(
        &mut self,
        bundle: Tile,
        bytes: &[u8],
        stored: Option<&[Digest]>,
        out: &mut Verified,
    ) -> Option<Vec<Digest>> {
        let first = bundle.index.saturating_mul(WIDTH);
        let (mut entries, mut rest) = (Vec::new(), bytes);
        while let Some((length, after)) = rest.split_first_chunk::<2>() {
            let Some((entry, after)) = after.split_at_checked(usize::from(u16::from_be_bytes(*length))) else { break };
            entries.push(entry);
            rest = after;
        }
        let own: Vec<Digest> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        if rest.is_empty() && own.len() == usize::from(bundle.width) {
            for (index, (entry, leaf)) in (first..).zip(entries.iter().zip(&own)) {
                // A changed entry is named with its hash; one that fits its hash must also be an entry.
                if stored.is_none_or(|stored| stored.get((index - first) as usize) == Some(leaf)) {
                    self.read(bundle, index, entry, *leaf, out);
                } else {
                    self.has_holes = true;
                }
            }
            return Some(own);
        }
        let place = bundle.path();
        let stored = stored.unwrap_or_default();
        let at = own.iter().zip(stored).take_while(|(own, stored)| own == stored).count();
        let index = Some(first.saturating_add(at as u64));
        let (found, wanted) = (own.len(), usize::from(bundle.width));
        let next = stored.get(at.saturating_add(1));
        if next.is_some() && own.get(at) == next {
            out.find(Wrong::Removed, place, index, "it was taken out: the next one stands in its place");
        } else if own.get(at.saturating_add(1)).is_some_and(|own| Some(own) == stored.get(at)) {
            out.find(Wrong::Added, place, index, "an entry was put in that was not recorded");
        } else if found < wanted && at == found && rest.is_empty() {
            out.find(Wrong::Removed, place, index, format!("the bundle ends here, with {found} entries of {wanted}"));
        } else if at == wanted {
            out.find(Wrong::Added, place, index, "bytes follow the last entry");
        } else {
            out.find(Wrong::Altered, place, index, "from here on the bundle cannot be read as it was written");
        }
        None
    }

    fn read(&mut self, bundle: Tile, index: u64, bytes: &[u8], leaf: Digest, out: &mut Verified) {
        let entry = match Entry::parse(bytes) {
            Ok(entry) => entry,
            Err(error) => return out.find(Wrong::Added, bundle.path(), Some(index), first_line(&error)),
        };
        let count = out.kinds.entry(entry.event.kind().to_owned()).or_default();
        *count = count.saturating_add(1);
        let basis = entry.event.answered().map(|answered| answered.basis);
        if basis.is_some_and(|basis| !self.has_holes && !self.bases.contains(&basis)) {
            out.find(Wrong::Removed, bundle.path(), Some(index), "what it rests on is not recorded before it");
        }
        match &entry.event {
            Event::Basis(_) => {
                self.bases.insert(leaf);
            }
            Event::Opened { origin, .. } if index > 0 || *origin != self.head.origin => {
                out.find(Wrong::Forked, bundle.path(), Some(index), format!("here begins a log `{origin}`"));
            }
            Event::Opened { .. }
            | Event::Screening(_)
            | Event::Decision(_)
            | Event::Monitoring(_)
            | Event::ListChange { .. }
            | Event::PolicyChange { .. }
            | Event::SignIn { .. }
            | Event::Administration { .. }
            | Event::SignOut { .. }
            | Event::Erasure { .. } => {}
        }
    }

    fn compare(&mut self, tile: Tile, stored: &[Digest], own: &[Digest]) {
        if stored == own {
            return;
        }
        let above = Tile::at(Level::Hashes(1), tile.index / WIDTH, self.head.size);
        let above = above.filter(|_| tile.is_full()).and_then(|above| fs::read(self.files.path(above)).ok());
        let judge = above.and_then(|bytes| hashes(&bytes).get((tile.index % WIDTH) as usize).copied());
        let holds = |side: &[Digest]| judge.is_some_and(|judge| judge == merkle::perfect(side.to_vec()));
        let (hashes_hold, entries_hold) = (holds(stored), holds(own));
        let first = tile.index.saturating_mul(WIDTH);
        for (at, (hash, own)) in (first..).zip(stored.iter().zip(own)) {
            if hash != own {
                let fits = (first..).zip(stored).find(|(_, hash)| *hash == own).map(|(fits, _)| fits);
                self.doubts.push(Doubt { tile: tile.index, at, fits, hashes_hold, entries_hold });
            }
        }
    }

    fn compare_seen(&mut self, out: &mut Verified) {
        let size = self.by_tiles.size();
        while let Some((label, checkpoint)) = self.seen.first().filter(|(_, seen)| seen.size <= size) {
            if checkpoint.size == size && checkpoint.root != self.by_tiles.root() {
                let what = format!(
                    "{size} entries had the root {} when it was signed, they have {} now: one of them is another",
                    checkpoint.root.short(),
                    self.by_tiles.root().short()
                );
                out.find(Wrong::Forked, label.as_str(), size.checked_sub(1), what);
            }
            self.seen.remove(0);
        }
    }

    /// Says of each doubt which side was altered: the one that does not lead to the signed root.
    fn settle(&mut self, out: &mut Verified) {
        let hashes_hold = self.by_tiles.root() == self.head.root;
        let entries_hold = self.by_entries.root() == self.head.root;
        for doubt in std::mem::take(&mut self.doubts) {
            let of = |level| Tile::at(level, doubt.tile, self.head.size).map_or_else(String::new, |tile| tile.path());
            let (bundle, tile) = (of(Level::Entries), of(Level::Hashes(0)));
            match (hashes_hold || doubt.hashes_hold, entries_hold || doubt.entries_hold, doubt.fits) {
                (true, false, Some(other)) => {
                    let what = format!("here stands what was recorded as entry {other}");
                    out.find(Wrong::Reordered, bundle, Some(doubt.at), what);
                }
                (true, false, None) => {
                    out.find(Wrong::Altered, bundle, Some(doubt.at), "its bytes are not those that were recorded");
                }
                (false, true, _) => {
                    out.find(Wrong::Altered, tile, Some(doubt.at), "its hash in the tile is not that of the entry");
                }
                (true, true, _) | (false, false, _) => {
                    out.find(Wrong::Altered, bundle, Some(doubt.at), "entry and hash do not belong together");
                }
            }
        }
        let is_whole = self.by_tiles.size() == self.head.size;
        if is_whole && !hashes_hold && !entries_hold {
            let what = format!(
                "entries and hashes lead to the root {}, signed is {}: they were rewritten, or the checkpoint was",
                self.by_tiles.root().short(),
                self.head.root.short()
            );
            out.find(Wrong::Forked, "checkpoint", None, what);
        }
    }

    /// Checks the levels above against what the level below gives.
    fn levels(&mut self, out: &mut Verified) {
        let mut below = std::mem::take(&mut self.full);
        let holds = self.by_tiles.root() == self.head.root;
        for level in 1u8..8 {
            let mut above = Vec::new();
            for index in 0.. {
                let Some(tile) = Tile::at(Level::Hashes(level), index, self.head.size) else { break };
                let first = usize::try_from(index.saturating_mul(WIDTH)).unwrap_or(usize::MAX);
                let end = first.saturating_add(usize::from(tile.width));
                let Some(wanted) = below.get(first..end) else { break };
                if tile.is_full() {
                    above.push(merkle::perfect(wanted.to_vec()));
                }
                let Ok(bytes) = fs::read(self.files.path(tile)) else {
                    out.find(Wrong::Removed, tile.path(), None, "the hashes are missing");
                    continue;
                };
                let stored = hashes(&bytes);
                if bytes.len() != wanted.len().saturating_mul(32) {
                    out.find(Wrong::Altered, tile.path(), None, format!("it has {} bytes", bytes.len()));
                }
                for (number, (stored, wanted)) in (first..).zip(stored.iter().zip(wanted)) {
                    if stored != wanted {
                        let below = Tile { level: Level::Hashes(level - 1), index: number as u64, width: 256 }.path();
                        let what = if holds {
                            format!("hash {number} is not that of {below}")
                        } else {
                            format!("hash {number} and {below} do not belong together")
                        };
                        let entry = (number as u64).checked_mul(WIDTH.saturating_pow(u32::from(level)));
                        out.find(Wrong::Altered, tile.path(), entry, what);
                    }
                }
            }
            below = above;
        }
    }
}
