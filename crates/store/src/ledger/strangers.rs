//! Files in a log's folder that its checkpoint does not speak of.
//!
//! Not here: what is wrong within files (`verify`).

use std::fs;
use std::path::Path;

use interdict_ledger::Tile;
use interdict_ledger::tile::{Level, WIDTH};

use super::files::LogFiles;
use super::finding::{Verified, Wrong};

/// Files that the log does not have, and beginnings of tiles that are not of the tile.
pub(super) fn strangers(files: &LogFiles, size: u64, out: &mut Verified) {
    let mut found = Vec::new();
    list(files.folder(), "", &mut found);
    for path in found {
        if path == "checkpoint" || path == "key.pub" {
            continue;
        }
        let Ok(tile) = Tile::parse(&path) else {
            out.find(Wrong::Added, path, None, "it is no file of a log");
            continue;
        };
        let first = match tile.level {
            Level::Entries => tile.index.saturating_mul(WIDTH),
            Level::Hashes(level) => tile.index.saturating_mul(WIDTH.saturating_pow(u32::from(level).saturating_add(1))),
        };
        match Tile::at(tile.level, tile.index, size) {
            Some(now) if now.width == tile.width => {}
            Some(now) if now.width > tile.width => {
                let begins = fs::read(files.path(now)).ok().zip(fs::read(files.path(tile)).ok());
                if begins.is_some_and(|(now, begun)| !now.starts_with(&begun) || !is_width(tile, &begun)) {
                    out.find(Wrong::Altered, path, Some(first), "it is not the beginning of the tile");
                }
            }
            Some(_) | None => {
                let what =
                    format!("it reaches beyond the {size} entries that were signed: the checkpoint is an older one");
                out.find(Wrong::RolledBack, path, Some(size.max(first)), what);
            }
        }
    }
}

fn is_width(tile: Tile, bytes: &[u8]) -> bool {
    let width = usize::from(tile.width);
    match tile.level {
        Level::Hashes(_) => bytes.len() == width.saturating_mul(32),
        Level::Entries => interdict_ledger::bundle::entries(bytes).is_ok_and(|entries| entries.len() == width),
    }
}

fn list(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    let mut names: Vec<_> = fs::read_dir(folder).into_iter().flatten().flatten().collect();
    names.sort_by_key(fs::DirEntry::file_name);
    for entry in names {
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            list(&entry.path(), &format!("{path}/"), found);
        } else {
            found.push(path);
        }
    }
}
