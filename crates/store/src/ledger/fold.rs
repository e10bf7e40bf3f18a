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
use interdict_ledger::{Tile, bundle, merkle};
use interdict_model::Digest;

use super::files::LogFiles;
use crate::{StoreError, durable};

/// Files that are made durable at once. A disk that takes milliseconds for one takes hardly longer
/// for eight.
const SYNCS: usize = 8;

/// Writes the tiles of a log that grows from `old` to `old + entries` entries.
pub(super) fn write_tiles(
    files: &LogFiles,
    old: u64,
    entries: &[Vec<u8>],
    leaves: &[Digest],
) -> Result<(), StoreError> {
    let size = old.saturating_add(entries.len() as u64);
    remove_strays(files, old, size)?;
    let mut written = Vec::new();
    write_bundles(files, old, size, entries, &mut written)?;
    let mut fresh: Vec<Digest> = leaves.to_vec();
    let mut start = old;
    for level in 0u8..8 {
        let mut above = Vec::new();
        let first_tile = start / WIDTH;
        let mut row = stored_hashes(files, Level::Hashes(level), start)?;
        row.extend(fresh.iter());
        for (index, chunk) in (first_tile..).zip(row.chunks(256)) {
            let tile = Tile { level: Level::Hashes(level), index, width: u16::try_from(chunk.len()).unwrap_or(256) };
            let bytes: Vec<u8> = chunk.iter().flat_map(|hash| hash.0).collect();
            write_one(&files.path(tile), &bytes, &mut written)?;
            if tile.is_full() {
                above.push(merkle::perfect(chunk.to_vec()));
            }
        }
        // Full tiles before the first one touched are in the level above already.
        (fresh, start) = (above, first_tile);
        if fresh.is_empty() {
            break;
        }
    }
    sync_all(&written)
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
    entries: &[Vec<u8>],
    written: &mut Vec<PathBuf>,
) -> Result<(), StoreError> {
    let mut rest = entries;
    let mut index = old / WIDTH;
    let mut bytes = match u16::try_from(old % WIDTH).unwrap_or(0) {
        0 => Vec::new(),
        width => {
            let tile = Tile { level: Level::Entries, index, width };
            files.tile(tile).ok_or_else(|| files.damaged(tile, "it is missing or too short"))?
        }
    };
    let mut room = WIDTH.saturating_sub(old % WIDTH);
    while !rest.is_empty() {
        let (now, later) = rest.split_at(rest.len().min(usize::try_from(room).unwrap_or(0)));
        for entry in now {
            bundle::push(&mut bytes, entry)?;
        }
        let Some(tile) = Tile::at(Level::Entries, index, size) else { break };
        write_one(&files.path(tile), &bytes, written)?;
        (rest, index, room) = (later, index.saturating_add(1), WIDTH);
        bytes.clear();
    }
    Ok(())
}

fn write_one(path: &Path, bytes: &[u8], written: &mut Vec<PathBuf>) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(StoreError::io(folder))?;
    }
    // Written in place: before the next checkpoint nobody asks for it, and what a crash leaves torn
    // is written again.
    let mut file = File::create(path).map_err(StoreError::io(path))?;
    file.write_all(bytes).map_err(StoreError::io(path))?;
    written.push(path.to_owned());
    Ok(())
}

/// Makes files and the folders that lead to them durable.
fn sync_all(written: &[PathBuf]) -> Result<(), StoreError> {
    let mut folders = BTreeSet::new();
    for path in written {
        // Up to the log's own folder: five levels hold every number there is.
        folders.extend(path.ancestors().skip(1).take(8).map(Path::to_owned).filter(|f| f.iter().any(|p| p == "tile")));
    }
    let all: Vec<(bool, &PathBuf)> =
        written.iter().map(|path| (false, path)).chain(folders.iter().map(|folder| (true, folder))).collect();
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), StoreError> {
        while let Some((is_folder, path)) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
            if *is_folder {
                durable::sync_folder(path)?;
            } else {
                File::open(path).and_then(|file| file.sync_all()).map_err(StoreError::io(path))?;
            }
        }
        Ok(())
    };
    if all.len() < 2 * SYNCS {
        return work();
    }
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..SYNCS).map(|_| scope.spawn(work)).collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| {
                Err(StoreError::LedgerStopped {
                    reason: "writing tiles ended unexpectedly".to_owned(),
                    hint: "open the ledger again; nothing acknowledged is lost".to_owned(),
                })
            })
        })
    })
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
