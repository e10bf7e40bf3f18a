//! How spellings, rows and listings are filed: buckets of hashes, and the marks that tell most of those apart that share one.
//!
//! Promises: a mark may let a stranger through, never keep out what was filed under its hash.
//!
//! Not here: the buckets themselves (`flat`).

use interdict_names::similar::max_edits;

/// A word's length and letters in few bits: tells most words that are not near from those that may be.
#[derive(Clone, Copy)]
pub struct Signature(pub(super) u32);

/// The bits that hold a word's length; the others stand for its letters.
const LENGTH: u32 = (1 << 6) - 1;

impl Signature {
    /// Of a word's bytes.
    pub fn of(word: &[u8]) -> Self {
        let bit = |letter: u8| match letter {
            b'a'..=b'y' => 1_u32 << (letter - b'a' + 6),
            _ => 1 << 31,
        };
        let letters = word.iter().fold(0, |bits, &letter| bits | bit(letter));
        Self(letters | (word.len() as u32).min(LENGTH))
    }

    /// False only for words further apart than the edits allowed: each edit changes at most two
    /// letters, of one side each, and the length by one.
    #[inline]
    pub(super) fn may_be_near(self, other: Self) -> bool {
        let (a, b) = (self.0 & LENGTH, other.0 & LENGTH);
        let allowed = max_edits(a.min(b) as usize) as u32;
        a.abs_diff(b) <= allowed && ((self.0 ^ other.0) & !LENGTH).count_ones() <= 2 * allowed
    }
}

/// Hash of a term and a year, for dates that name the day or for the others.
pub fn term_year(term: u32, year: i16, days: bool) -> u32 {
    let year = u32::from(year.unsigned_abs()) << 1 | u32::from(days);
    let mixed = (u64::from(term) << 16 ^ u64::from(year)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as u32
}

/// Row numbers with what is left of 32 bits as a mark of the hash that they are filed under.
#[derive(Clone, Copy)]
pub(super) struct RowPrint {
    rows: u32,
}

impl RowPrint {
    pub(super) fn over(rows: usize) -> Self {
        let bits = usize::BITS - rows.leading_zeros();
        Self { rows: if bits >= 32 { u32::MAX } else { (1 << bits) - 1 } }
    }

    pub(super) fn marked(self, hash: u32, row: u32) -> u32 {
        hash & !self.rows | row
    }

    pub(super) fn row(self, hash: u32, entry: u32) -> Option<u32> {
        ((entry ^ hash) & !self.rows == 0).then_some(entry & self.rows)
    }
}

/// The bits of an entry of the deletion neighbourhood that hold the spelling; the others hold
/// [`fingerprint`], so that most of those that share a bucket by chance cost no look at letters.
pub(super) const SPELLING: u32 = (1 << 24) - 1;

/// The highest bits of a hash, of which the lowest choose the bucket.
pub(super) fn fingerprint(hash: u32) -> u32 {
    hash & !SPELLING
}

/// The bit of a word's first letter, 0 if it is none of `a`–`z`.
pub fn initial_bit(word: &str) -> u32 {
    match word.bytes().next() {
        Some(letter @ b'a'..=b'z') => 1 << (letter - b'a'),
        _ => 0,
    }
}

/// Buckets of years: lists name no year outside 1800 to 2199.
pub(super) const YEARS: usize = 400;

pub(super) fn year_bucket(year: i16) -> u32 {
    u32::try_from(i32::from(year) - 1800).unwrap_or(0).min(YEARS as u32 - 1)
}

pub(super) fn bucket_count(items: usize) -> usize {
    items.max(16).next_power_of_two()
}

pub(super) fn reduce(pairs: &[(u32, u32)], buckets: usize) -> Vec<(u32, u32)> {
    pairs.iter().map(|&(hash, item)| (hash & (buckets as u32 - 1), item)).collect()
}

pub(super) fn mask(buckets: usize) -> u32 {
    (buckets as u32).saturating_sub(1)
}
