//! Tiles: which hashes and entries stand in which file, as c2sp.org/tlog-tiles lays them out.
//!
//! Promises: a path is written in one way only and read back to the same tile; the tiles of a size
//! are all that a verifier of that size asks for.
//!
//! Not here: what is in a tile (`bundle`, `proof`), files (`store`).

use interdict_model::Digest;

use crate::LedgerError;
use crate::proof::Nodes;

/// Hashes or entries of a full tile.
pub const WIDTH: u64 = 256;

/// Height of a tile: the level above holds the roots of full tiles.
pub const HEIGHT: u32 = 8;

/// What a tile holds.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Level {
    /// The entries themselves.
    Entries,
    /// Hashes: of entries at level 0, of full tiles of the level below above that.
    Hashes(u8),
}

/// One file of the log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Tile {
    /// What it holds.
    pub level: Level,
    /// Its number at that level.
    pub index: u64,
    /// How many hashes or entries, 1 to 256.
    pub width: u16,
}

impl Tile {
    /// The tile of a number in a log of a size; none if the log does not reach it.
    pub fn at(level: Level, index: u64, size: u64) -> Option<Self> {
        let count = match level {
            Level::Entries => size,
            Level::Hashes(level) => size.checked_shr(u32::from(level) * HEIGHT).unwrap_or(0),
        };
        let rest = count.checked_sub(index.checked_mul(WIDTH)?)?.min(WIDTH);
        if rest == 0 { None } else { Some(Self { level, index, width: u16::try_from(rest).ok()? }) }
    }

    /// Whether it holds all it ever will.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == WIDTH
    }

    /// Its path below the log's folder, with `/` between the parts.
    pub fn path(&self) -> String {
        let mut number = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1000);
            rest /= 1000;
        }
        let level = match self.level {
            Level::Entries => "entries".to_owned(),
            Level::Hashes(level) => level.to_string(),
        };
        let partial = if self.is_full() { String::new() } else { format!(".p/{}", self.width) };
        format!("tile/{level}/{number}{partial}")
    }

    /// The tile of a path.
    ///
    /// # Errors
    /// When it is not exactly as [`Tile::path`] writes it.
    pub fn parse(path: &str) -> Result<Self, LedgerError> {
        let bad = || LedgerError::BadPath(path.to_owned());
        let (level, rest) = path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or_else(bad)?;
        let level = if level == "entries" {
            Level::Entries
        } else {
            Level::Hashes(level.parse().ok().filter(|level| *level < 64).ok_or_else(bad)?)
        };
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().map_err(|_| bad())?),
            None => (rest, 256),
        };
        let mut index = 0u64;
        for part in number.split('/') {
            let digits = part.strip_prefix('x').unwrap_or(part);
            let digits: u64 = digits.parse().map_err(|_| bad())?;
            index = index.checked_mul(1000).and_then(|index| index.checked_add(digits)).ok_or_else(bad)?;
        }
        let tile = Self { level, index, width };
        if width == 0 || width > 256 || tile.path() != path { Err(bad()) } else { Ok(tile) }
    }
}

/// All tiles of a log of a size: entries first, then level by level.
pub fn tiles(size: u64) -> impl Iterator<Item = Tile> {
    let levels = [Level::Entries].into_iter().chain((0..8).map(Level::Hashes));
    levels.flat_map(move |level| (0..).map_while(move |index| Tile::at(level, index, size)))
}

/// The nodes of a log by way of its tiles, read one at a time.
pub struct TileNodes<F> {
    size: u64,
    read: F,
}

impl<F: Fn(Tile) -> Option<Vec<u8>>> TileNodes<F> {
    /// Over a reader of tiles of hashes, in a log of a size.
    pub fn new(size: u64, read: F) -> Self {
        Self { size, read }
    }
}

impl<F: Fn(Tile) -> Option<Vec<u8>>> Nodes for TileNodes<F> {
    fn node(&self, height: u32, index: u64) -> Option<Digest> {
        let (level, above) = (height / HEIGHT, height % HEIGHT);
        let first = index.checked_shl(above).filter(|first| first >> above == index)?;
        let count = 1usize << above;
        let tile = Tile::at(Level::Hashes(u8::try_from(level).ok()?), first / WIDTH, self.size)?;
        let bytes = (self.read)(tile)?;
        let from = usize::try_from(first % WIDTH).ok()?;
        let hashes = hashes(bytes.get(from.checked_mul(32)?..from.checked_add(count)?.checked_mul(32)?)?);
        Some(crate::merkle::perfect(hashes))
    }
}

/// The hashes of a tile's bytes; bytes beyond the last whole hash are left out.
pub fn hashes(bytes: &[u8]) -> Vec<Digest> {
    bytes.as_chunks::<32>().0.iter().map(|bytes| Digest(*bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_the_specification() {
        for (level, index, width, path) in [
            (Level::Hashes(0), 1_234_067, 256, "tile/0/x001/x234/067"),
            (Level::Entries, 0, 256, "tile/entries/000"),
            (Level::Entries, 273, 112, "tile/entries/273.p/112"),
            (Level::Hashes(2), 0, 1, "tile/2/000.p/1"),
            (Level::Hashes(63), 999, 255, "tile/63/999.p/255"),
            (Level::Hashes(1), 1000, 256, "tile/1/x001/000"),
        ] {
            let tile = Tile { level, index, width };
            assert_eq!(tile.path(), path);
            assert_eq!(Tile::parse(path), Ok(tile));
        }
        for path in [
            "tile/0/1",
            "tile/0/0001",
            "tile/00/001",
            "tile/64/001",
            "tile/0/001.p/0",
            "tile/0/001.p/256",
            "tile/0/001.p/01",
            "tile/0/x000/001",
            "tile/0/001/001",
            "tile/0/x001",
            "tile/data/000",
            "/tile/0/000",
            "tile/0/+01",
            "checkpoint",
        ] {
            assert!(Tile::parse(path).is_err(), "{path}");
        }
    }

    #[test]
    fn a_size_has_the_tiles_that_the_specification_counts() {
        // "A tree of size 70,000 will be represented by 273 full level 0 tiles, one partial of width 112,
        // one full level 1 tile, one partial of width 17, and one partial level 2 tile of width 1."
        let of = |size, level| tiles(size).filter(|tile| tile.level == level).map(|t| t.width).collect::<Vec<_>>();
        let zero = of(70_000, Level::Hashes(0));
        assert_eq!((zero.len(), zero[272], zero[273]), (274, 256, 112));
        assert_eq!(of(70_000, Level::Hashes(1)), [256, 17]);
        assert_eq!(of(70_000, Level::Hashes(2)), [1]);
        assert_eq!(of(70_000, Level::Entries), zero);
        assert_eq!(of(256, Level::Hashes(0)), [256]);
        assert_eq!(of(256, Level::Hashes(1)), [1]);
        assert_eq!(tiles(0).count(), 0);
    }
}
