//! Puts committed entries into tiles, then publishes their checkpoint.
//!
//! Promises: tiles that the published checkpoint needs are never written again before the next
//! checkpoint is durable; a crash at any point leaves the old checkpoint with all its tiles, and doing
//! it again writes the same bytes.
//!
//! Not here: what is committed (`log`), checking (`verify`).

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use interdict_ledger::tile::{Level, WIDTH, hashes};
use interdict_ledger::{Tile, merkle};
use interdict_model::Digest;

use super::files::LogFiles;
use super::sheaf::Sheaf;
use crate::{StoreError, durable};

/// Files that are made durable at once when someone waits for it, or when tiles are far behind. A disk that takes
/// milliseconds for one takes hardly longer for eight.
pub(super) const SYNCS: usize = 8;

/// The same while commits go on, whose syncs wait behind them.
pub(super) const FEW_SYNCS: usize = 1;

/// Files that are held open until they are made durable together.
const OPEN: usize = 256;

/// Writes the tiles of a log that grows from `old` to `old + entries` entries.
///
/// `full` are the hashes of the tiles of entries that become full by it, as the tree had to compute them; `syncs` says
/// how many files are made durable at once.
pub(super) fn write_tiles(
    files: &LogFiles,
    old: u64,
    entries: &Sheaf,
    full: &[Digest],
    syncs: usize,
) -> Result<(), StoreError> {
    let size = old.saturating_add(entries.len() as u64);
    remove_strays(files, old, size)?;
    let mut written = Written { files: Vec::new(), folders: BTreeSet::new(), syncs };
    write_bundles(files, old, size, entries, &mut written)?;
    let mut fresh = entries.leaves().to_vec();
    let mut start = old;
    for level in 0u8..8 {
        let mut above = Vec::new();
        let first_tile = start / WIDTH;
        let mut row = stored_hashes(files, Level::Hashes(level), start)?;
        row.extend(fresh.iter());
        for (index, chunk) in (first_tile..).zip(row.chunks(256)) {
            let tile = Tile { level: Level::Hashes(level), index, width: u16::try_from(chunk.len()).unwrap_or(256) };
            let bytes: Vec<u8> = chunk.iter().flat_map(|hash| hash.0).collect();
            written.add(files.path(tile), &[&bytes])?;
            if tile.is_full() && level > 0 {
                above.push(merkle::perfect(chunk.to_vec()));
            }
        }
        if level == 0 {
            above.extend_from_slice(full);
        }
        // Full tiles before the first one touched are in the level above already.
        (fresh, start) = (above, first_tile);
        if fresh.is_empty() {
            break;
        }
    }
    written.sync()
}

/// The hashes of the tile that is not full yet in a log that reaches `count` at a level.
fn stored_hashes(files: &LogFiles, level: Level, count: u64) -> Result<Vec<Digest>, StoreError> {
    let width = u16::try_from(count % WIDTH).unwrap_or(0);
    if width == 0 {
        return Ok(Vec::new());
    }
    let tile = Tile { level, index: count / WIDTH, width };
    let bytes = files.tile(tile).ok_or_else(|| files.damaged(tile, "it is missing or too short"))?;
    let hashes = hashes(&bytes);
    if hashes.len() != usize::from(width) || !bytes.len().is_multiple_of(32) {
        return Err(files.damaged(tile, &format!("it holds {} bytes, not {width} hashes", bytes.len())));
    }
    Ok(hashes)
}

fn write_bundles(
    files: &LogFiles,
    old: u64,
    size: u64,
    entries: &Sheaf,
    written: &mut Written,
) -> Result<(), StoreError> {
    let mut index = old / WIDTH;
    let begun = match u16::try_from(old % WIDTH).unwrap_or(0) {
        0 => Vec::new(),
        width => {
            let tile = Tile { level: Level::Entries, index, width };
            files.tile(tile).ok_or_else(|| files.damaged(tile, "it is missing or too short"))?
        }
    };
    let mut begun = begun.as_slice();
    let (mut from, mut room) = (0usize, WIDTH.saturating_sub(old % WIDTH));
    while from < entries.len() {
        let to = from.saturating_add(usize::try_from(room).unwrap_or(0)).min(entries.len());
        let (Some(tile), Some(part)) = (Tile::at(Level::Entries, index, size), entries.part(from, to)) else { break };
        written.add(files.path(tile), &[begun, part])?;
        (from, index, room, begun) = (to, index.saturating_add(1), WIDTH, &[]);
    }
    Ok(())
}

/// Files that are written and not durable yet.
struct Written {
    files: Vec<(PathBuf, File)>,
    folders: BTreeSet<PathBuf>,
    syncs: usize,
}

impl Written {
    /// Writes a file.
    fn add(&mut self, path: PathBuf, parts: &[&[u8]]) -> Result<(), StoreError> {
        if let Some(folder) = path.parent().filter(|folder| !self.folders.contains(*folder)) {
            durable::private_folder(folder)?;
            // Up to the log's own folder: five levels hold every number there is.
            let all = path.ancestors().skip(1).take(8).filter(|folder| folder.iter().any(|part| part == "tile"));
            self.folders.extend(all.map(Path::to_owned));
        }
        // Written in place: before the next checkpoint nobody asks for it, and what a crash leaves torn
        // is written again.
        let mut file = durable::private_file(&path).map_err(StoreError::io(&path))?;
        for part in parts {
            file.write_all(part).map_err(StoreError::io(&path))?;
        }
        self.files.push((path, file));
        if self.files.len() >= OPEN { self.sync_files() } else { Ok(()) }
    }

    /// Makes all of them and the folders that lead to them durable.
    fn sync(mut self) -> Result<(), StoreError> {
        self.sync_files()?;
        self.folders.iter().try_for_each(|folder| durable::sync_folder(folder))
    }

    fn sync_files(&mut self) -> Result<(), StoreError> {
        let next = AtomicUsize::new(0);
        let work = || -> Result<(), StoreError> {
            while let Some((path, file)) = self.files.get(next.fetch_add(1, Ordering::Relaxed)) {
                file.sync_all().map_err(StoreError::io(path))?;
            }
            Ok(())
        };
        if self.syncs == 1 || self.files.len() < self.syncs.saturating_mul(2) {
            work()?;
        } else {
            std::thread::scope(|scope| {
                let threads: Vec<_> = (0..self.syncs).map(|_| scope.spawn(work)).collect();
                threads.into_iter().try_for_each(|thread| {
                    thread.join().unwrap_or_else(|_| {
                        Err(StoreError::LedgerStopped {
                            reason: "writing tiles ended unexpectedly".to_owned(),
                            hint: "open the ledger again; nothing acknowledged is lost".to_owned(),
                        })
                    })
                })
            })?;
        }
        self.files.clear();
        Ok(())
    }
}

/// Removes what folding that was cut short left: beginnings of tiles that no checkpoint speaks of.
fn remove_strays(files: &LogFiles, old: u64, size: u64) -> Result<(), StoreError> {
    for level in [Level::Entries].into_iter().chain((0u8..8).map(Level::Hashes)) {
        let count = at_level(level, old);
        for index in count / WIDTH.. {
            let Some(tile) = Tile::at(level, index, size) else { break };
            // In the tile that was not full, all up to its width was published at some time.
            let known = if index == count / WIDTH { count % WIDTH } else { 0 };
            let folder = beginnings(files, tile);
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let width = entry.file_name().to_str().and_then(|name| name.parse::<u64>().ok());
                if width.is_none_or(|width| width > known) {
                    fs::remove_file(entry.path()).map_err(StoreError::io(&folder))?;
                }
            }
        }
    }
    Ok(())
}

/// How many hashes or entries a log of a size has at a level.
fn at_level(level: Level, size: u64) -> u64 {
    match level {
        Level::Entries => size,
        Level::Hashes(level) => size.checked_shr(u32::from(level) * 8).unwrap_or(0),
    }
}

/// The folder of a tile's beginnings.
fn beginnings(files: &LogFiles, tile: Tile) -> PathBuf {
    let mut folder = files.path(Tile { width: 256, ..tile }).into_os_string();
    folder.push(".p");
    PathBuf::from(folder)
}

/// Removes the beginnings of tiles that are full now; they may go as soon as the full tile is there.
pub(super) fn remove_beginnings(files: &LogFiles, old: u64, size: u64) {
    for level in [Level::Entries].into_iter().chain((0u8..8).map(Level::Hashes)) {
        if let Some(tile) = Tile::at(level, at_level(level, old) / WIDTH, size).filter(Tile::is_full) {
            // What cannot be removed is harmless: it is a beginning of the full tile.
            let _ = fs::remove_dir_all(beginnings(files, tile));
        }
    }
}
