//! The log's files as they lie in a folder: tiles, entries, the checkpoint, the public key.
//!
//! Promises: reading needs the folder alone, and works the same for a copy of it; nothing here writes.
//!
//! Not here: writing (`log`), what a check finds (`verify`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use interdict_ledger::proof::Nodes;
use interdict_ledger::tile::{Level, TileNodes, WIDTH};
use interdict_ledger::{Checkpoint, LedgerError, Tile, VerifierKey, bundle};
use interdict_model::Digest;

use crate::StoreError;

/// A folder with a log.
#[derive(Clone, Debug)]
pub struct LogFiles(PathBuf);

impl LogFiles {
    /// The log in a folder.
    pub fn at(folder: impl Into<PathBuf>) -> Self {
        Self(folder.into())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Where a tile stands.
    pub fn path(&self, tile: Tile) -> PathBuf {
        self.0.join(tile.path())
    }

    fn text(&self, name: &str) -> Result<String, StoreError> {
        let path = self.0.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(StoreError::NoLedger(self.0.clone())),
            Err(error) => Err(StoreError::io(&path)(error)),
        }
    }

    /// The public key that stands beside the log.
    ///
    /// # Errors
    /// When it is missing or none.
    pub fn key(&self) -> Result<VerifierKey, StoreError> {
        Ok(self.text("key.pub")?.parse()?)
    }

    /// The signed checkpoint as it stands.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn note(&self) -> Result<String, StoreError> {
        self.text("checkpoint")
    }

    /// The checkpoint, its signature checked.
    ///
    /// # Errors
    /// When it cannot be read, or the key did not sign it.
    pub fn head(&self, key: &VerifierKey) -> Result<Checkpoint, StoreError> {
        Ok(Checkpoint::open(&self.note()?, key)?)
    }

    /// A tile's bytes. A full tile may stand in for one of its beginnings.
    pub fn tile(&self, tile: Tile) -> Option<Vec<u8>> {
        fs::read(self.path(tile)).ok().or_else(|| {
            let full = fs::read(self.path(Tile { width: 256, ..tile })).ok()?;
            match tile.level {
                Level::Hashes(_) => full.get(..usize::from(tile.width).checked_mul(32)?).map(<[u8]>::to_vec),
                Level::Entries => {
                    let entries = bundle::entries(&full).ok()?;
                    let length: usize = entries.get(..usize::from(tile.width))?.iter().map(|e| e.len() + 2).sum();
                    full.get(..length).map(<[u8]>::to_vec)
                }
            }
        })
    }

    /// Entries `from .. to` of a log of a size, as far as it has them.
    ///
    /// # Errors
    /// When a bundle is missing or damaged.
    pub fn entries(&self, size: u64, from: u64, to: u64) -> Result<Vec<(u64, Vec<u8>)>, StoreError> {
        let to = to.min(size);
        let mut out = Vec::new();
        let mut index = from / WIDTH;
        while let Some(tile) = Tile::at(Level::Entries, index, size).filter(|_| index.saturating_mul(WIDTH) < to) {
            let bytes = self.tile(tile).ok_or_else(|| self.damaged(tile, "it is missing or too short"))?;
            let entries = bundle::entries(&bytes).map_err(|error| self.damaged(tile, &error.to_string()))?;
            if entries.len() != usize::from(tile.width) {
                return Err(self.damaged(tile, &format!("it holds {} entries, not {}", entries.len(), tile.width)));
            }
            let numbered = (index.saturating_mul(WIDTH)..).zip(entries);
            out.extend(numbered.filter(|(n, _)| *n >= from && *n < to).map(|(n, entry)| (n, entry.to_vec())));
            index = index.saturating_add(1);
        }
        Ok(out)
    }

    pub(super) fn damaged(&self, tile: Tile, reason: &str) -> StoreError {
        StoreError::Damaged {
            path: self.path(tile),
            reason: reason.to_owned(),
            hint: "`interdict ledger verify` names all that is wrong".to_owned(),
        }
    }

    /// The hashes of a log of a size, each tile read once.
    pub fn nodes(&self, size: u64) -> impl Nodes {
        let seen: RefCell<HashMap<Tile, Option<Vec<u8>>>> = RefCell::default();
        let files = self.clone();
        TileNodes::new(size, move |tile| seen.borrow_mut().entry(tile).or_insert_with(|| files.tile(tile)).clone())
    }
}

/// The hashes of a log whose last entries are in memory.
pub(super) struct Joined<'a, N> {
    /// Those before `start`.
    pub(super) stored: N,
    /// The first entry in memory.
    pub(super) start: u64,
    /// Leaf hashes from there on, in two pieces.
    pub(super) leaves: [&'a [Digest]; 2],
}

impl<N: Nodes> Nodes for Joined<'_, N> {
    fn node(&self, height: u32, index: u64) -> Option<Digest> {
        let first = index.checked_shl(height).filter(|first| first >> height == index)?;
        let end = first.checked_add(1u64.checked_shl(height)?)?;
        if end <= self.start {
            return self.stored.node(height, index);
        }
        if height == 0 {
            let [one, two] = self.leaves;
            let place = usize::try_from(first.checked_sub(self.start)?).ok()?;
            return one.get(place).or_else(|| two.get(place.checked_sub(one.len())?)).copied();
        }
        let left = self.node(height - 1, index.checked_mul(2)?)?;
        let right = self.node(height - 1, index.checked_mul(2)?.checked_add(1)?)?;
        Some(interdict_ledger::merkle::node_hash(&left, &right))
    }
}

/// Hashes that are computed once, however many proofs ask for them.
pub(super) struct Remembered<N> {
    nodes: N,
    seen: RefCell<HashMap<(u32, u64), Option<Digest>>>,
}

impl<N> Remembered<N> {
    pub(super) fn new(nodes: N) -> Self {
        Self { nodes, seen: RefCell::default() }
    }
}

impl<N: Nodes> Nodes for Remembered<N> {
    fn node(&self, height: u32, index: u64) -> Option<Digest> {
        if let Some(known) = self.seen.borrow().get(&(height, index)) {
            return *known;
        }
        let found = self.nodes.node(height, index);
        self.seen.borrow_mut().insert((height, index), found);
        found
    }
}

/// A proof that asks for what is not there.
pub(super) fn missing(files: &LogFiles, error: LedgerError) -> StoreError {
    match error {
        LedgerError::MissingNode { height, index } => StoreError::Damaged {
            path: files.folder().to_owned(),
            reason: format!("no hash of height {height}, number {index}"),
            hint: "`interdict ledger verify` names the tile that is missing".to_owned(),
        },
        other => StoreError::Ledger(other),
    }
}
