//! Which spellings to look at for a given one: deletion neighbourhoods, sound keys, hashes.
//!
//! Two words within `n` plain edits share a string that is left when at most `n` letters are
//! deleted from the first [`PREFIX`] letters of each: every edit, a swap of neighbours included,
//! costs at most one deletion a side, and cutting loses no more than the shift those deletions
//! paid for. Checked against brute force in the tests.
//!
//! Promises: every pair within [`max_edits`](interdict_names::similar::max_edits) shares a bucket.
//!
//! Not here: how similar the pair is (`names`).

use interdict_names::similar::max_edits;

/// Letters that take part.
pub const PREFIX: usize = 8;

/// FNV-1a over letters, finished so that the low bits are good buckets.
#[inline]
fn mix(hash: u64, letter: u32) -> u64 {
    (hash ^ u64::from(letter)).wrapping_mul(0x0100_0000_01b3)
}

#[inline]
fn finish(hash: u64) -> u32 {
    let hash = hash ^ (hash >> 29);
    (hash.wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 32) as u32
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// Hash of a whole text.
#[inline]
pub fn hash(text: &[u8]) -> u32 {
    finish(text.iter().fold(SEED, |hash, &b| mix(hash, u32::from(b))))
}

/// [`hash`] of a text that is put together byte by byte.
#[derive(Clone, Copy)]
pub struct Growing(u64);

impl Growing {
    /// Of no text.
    pub fn new() -> Self {
        Self(SEED)
    }

    /// With a byte more.
    #[inline]
    pub fn with(self, byte: u8) -> Self {
        Self(mix(self.0, u32::from(byte)))
    }

    /// With bytes more.
    #[inline]
    pub fn with_all(self, bytes: &[u8]) -> Self {
        bytes.iter().fold(self, |hash, &byte| hash.with(byte))
    }

    /// The hash.
    #[inline]
    pub fn done(self) -> u32 {
        finish(self.0)
    }
}

/// Calls `with` for the hash of every neighbour of a word; the same hash may come twice.
pub fn neighbours(word: &str, with: impl FnMut(u32)) {
    neighbours_within(word, usize::MAX, with);
}

/// The same for at most `edits` edits.
pub fn neighbours_within(word: &str, edits: usize, mut with: impl FnMut(u32)) {
    let mut letters = [0_u32; PREFIX];
    let mut count = 0;
    let mut length = 0;
    for c in word.chars() {
        if count < PREFIX {
            letters[count] = u32::from(c);
            count += 1;
        }
        length += 1;
    }
    delete(&letters[..count], 0, SEED, max_edits(length).min(edits), &mut with);
}

/// Spells `letters[from..]` with up to `left` letters left out.
fn delete(letters: &[u32], from: usize, hash: u64, left: usize, with: &mut impl FnMut(u32)) {
    let mut hash = hash;
    for i in from..letters.len() {
        if left > 0 && (i == 0 || letters[i] != letters[i - 1] || i == from) {
            delete(letters, i + 1, hash, left - 1, with);
        }
        hash = mix(hash, letters[i]);
    }
    with(finish(hash));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use interdict_names::similar::{max_edits, osa};
    use proptest::prelude::*;

    use super::*;

    fn set(word: &str) -> HashSet<u32> {
        let mut all = HashSet::new();
        neighbours(word, |hash| {
            all.insert(hash);
        });
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn pairs_within_the_allowed_edits_meet(a in "[abc]{1,16}", b in "[abc]{1,16}") {
            let allowed = max_edits(a.len().min(b.len()));
            if osa(a.as_bytes(), b.as_bytes()) <= allowed {
                prop_assert!(!set(&a).is_disjoint(&set(&b)), "{a} {b}");
            }
        }
    }
}
