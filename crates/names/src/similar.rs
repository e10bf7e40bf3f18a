//! How similar two words are: the one measure of spelling that scores use.
//!
//! A weighted edit distance in which the slips and spelling customs of real names are cheap
//! (`y` for `i`, a doubled letter, a dropped `h`: learned, see `costs`). It is defined for
//! pairs that an index can enumerate: within [`max_edits`] plain edits (optimal string alignment:
//! insert, delete, replace, swap neighbours), or with the same [`sound_key`]. All other pairs are
//! 0, so an index that enumerates these two relations finds every pair above 0.
//!
//! Promises: symmetric; 1 only for equal words; integers throughout, the same on every machine;
//! time is the product of the lengths, which are bounded by [`MAX_LETTERS`].
//!
//! Not here: nicknames and other languages (`tables`), several words written as one (`screening`).

use crate::costs::{COSTS, EDIT, SWAP, kind};

/// Similarity of equal words; all similarities are in 1/[`FULL`].
pub const FULL: u16 = 1024;

/// Letters of a word that are compared; longer words must be equal in what follows.
pub const MAX_LETTERS: usize = 40;

/// Below this a likeness is chance: it counts as none.
pub const LEAST: u16 = 600;

/// Plain edits allowed between words, by the length of the shorter.
/// Source: 2 edits in 5 letters join unrelated names (`karim`, `kamil`); measured on the labelled pairs.
pub fn max_edits(shorter: usize) -> usize {
    match shorter {
        0..=2 => 0,
        3..=5 => 1,
        _ => 2,
    }
}

/// Similarity of two folded Latin words, 0 to [`FULL`].
pub fn similarity(a: &str, b: &str) -> u16 {
    if a == b {
        return FULL;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() > MAX_LETTERS || b.len() > MAX_LETTERS || a.is_empty() || b.is_empty() {
        return 0;
    }
    if !is_near(a, b) && !same_sound(a, b) {
        return 0;
    }
    share(weighted(a, b), a.len().max(b.len()))
}

/// Whether two words are within the plain edits allowed for their lengths.
pub fn is_near(a: &[u8], b: &[u8]) -> bool {
    let allowed = max_edits(a.len().min(b.len()));
    a.len().max(b.len()) <= MAX_LETTERS && edits_within(a, b, allowed)
}

/// Similarity of several words written as one with one word: at most one plain edit, as more
/// would join words that have nothing to do with each other.
pub fn joined_similarity(a: &str, b: &str) -> u16 {
    if a == b {
        return FULL;
    }
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() > MAX_LETTERS || b.len() > MAX_LETTERS || a.len().min(b.len()) < 6 || !edits_within(a, b, 1) {
        return 0;
    }
    share(weighted(a, b), a.len().max(b.len()))
}

/// Similarity of two words of one script that is not Latin: plain edits on letters. With
/// `syllables`, a letter is a syllable or a word, as in Han and Hangul, and counts double.
pub fn native_similarity(a: &str, b: &str, syllables: bool) -> u16 {
    if a == b {
        return FULL;
    }
    let (a, b): (Vec<u32>, Vec<u32>) = (a.chars().map(u32::from).collect(), b.chars().map(u32::from).collect());
    if a.len() > MAX_LETTERS || b.len() > MAX_LETTERS {
        return 0;
    }
    let shorter = a.len().min(b.len());
    let allowed = max_edits(if syllables { shorter / 2 } else { shorter });
    if a.len().abs_diff(b.len()) > allowed {
        return 0;
    }
    let edits = osa(&a, &b);
    if edits > allowed {
        return 0;
    }
    share(u32::try_from(edits).unwrap_or(u32::MAX).saturating_mul(EDIT), a.len().max(b.len()))
}

fn share(cost: u32, longer: usize) -> u16 {
    let longer = u32::try_from(longer).unwrap_or(u32::MAX).max(1);
    // A slip in a short word says more: the loss is 1.1 times the share of letters touched.
    let loss = cost.saturating_mul(u32::from(FULL) * 11 / 10) / (longer * EDIT);
    let left = u32::from(FULL).saturating_sub(loss.max(1));
    let left = u16::try_from(left).unwrap_or(0);
    if left < LEAST { 0 } else { left }
}

/// Plain edit distance with swaps of neighbours (optimal string alignment) of words up to [`MAX_LETTERS`].
pub fn osa<T: PartialEq>(a: &[T], b: &[T]) -> usize {
    debug_assert!(a.len() <= MAX_LETTERS && b.len() <= MAX_LETTERS);
    let mut rows = [[0_usize; MAX_LETTERS + 1]; 3];
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for (i, x) in a.iter().enumerate() {
        let (above, row, before) = (i % 3, (i + 1) % 3, (i + 2) % 3);
        rows[row][0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let mut best = (rows[above][j] + usize::from(x != y)).min(rows[above][j + 1] + 1).min(rows[row][j] + 1);
            if i > 0 && j > 0 && a[i - 1] == *y && *x == b[j - 1] {
                best = best.min(rows[before][j - 1] + 1);
            }
            rows[row][j + 1] = best;
        }
    }
    rows[a.len() % 3][b.len()]
}

/// Whether two words are at most `allowed` plain edits apart.
fn edits_within(a: &[u8], b: &[u8], allowed: usize) -> bool {
    if a.len().abs_diff(b.len()) > allowed {
        return false;
    }
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (&a[..a.len() - suffix], &b[..b.len() - suffix]);
    if a.is_empty() || b.is_empty() {
        return a.len().max(b.len()) <= allowed;
    }
    match allowed {
        0 => false,
        // with equal ends cut off, one edit is one letter for another, or two exchanged
        1 => (a.len() == 1 && b.len() == 1) || (a.len() == 2 && b.len() == 2 && a[0] == b[1] && a[1] == b[0]),
        _ => osa(a, b) <= allowed,
    }
}

/// The weighted edit distance, in 1/64 of an edit.
pub fn weighted(a: &[u8], b: &[u8]) -> u32 {
    debug_assert!(a.len() <= MAX_LETTERS && b.len() <= MAX_LETTERS);
    let mut rows = [[0_u32; MAX_LETTERS + 1]; 3];
    let [mut before, mut above, mut row] = rows.each_mut();
    let mut gaps = [0_u32; MAX_LETTERS];
    let mut kinds = [0_u8; MAX_LETTERS];
    for (j, (slot, letter)) in gaps.iter_mut().zip(&mut kinds).enumerate().take(b.len()) {
        *slot = COSTS.gap(b, j);
        *letter = kind(b[j]);
        above[j + 1] = above[j] + *slot;
    }
    for (i, &x) in a.iter().enumerate() {
        let lost = COSTS.gap(a, i);
        let costs = COSTS.replacing(kind(x));
        let earlier = i.checked_sub(1).map(|at| a[at]);
        row[0] = above[0] + lost;
        for (j, &y) in b.iter().enumerate() {
            let replaced = if x == y { 0 } else { u32::from(costs[usize::from(kinds[j])]) };
            let mut best = (above[j] + replaced).min(above[j + 1] + lost).min(row[j] + gaps[j]);
            if x != y && j > 0 && earlier == Some(y) && x == b[j - 1] {
                best = best.min(before[j - 1] + SWAP);
            }
            row[j + 1] = best;
        }
        (before, above, row) = (above, row, before);
    }
    above[b.len()]
}

/// Whether two words have the same consonants under the customs of romanisation.
pub fn same_sound(a: &[u8], b: &[u8]) -> bool {
    let (mut x, mut y) = ([0; MAX_LETTERS], [0; MAX_LETTERS]);
    let (x, y) = (sound_of(a, &mut x), sound_of(b, &mut y));
    !x.is_empty() && x == y
}

/// The consonants of a word under the customs of romanisation, with a mark for a leading vowel:
/// words with the same key are compared whatever their plain edit distance. Empty for words that
/// are too short or too long to have one.
pub fn sound_key(word: &str) -> String {
    let mut key = [0; MAX_LETTERS];
    String::from_utf8_lossy(sound_of(word.as_bytes(), &mut key)).into_owned()
}

fn sound_of<'a>(word: &[u8], key: &'a mut [u8; MAX_LETTERS]) -> &'a [u8] {
    if word.len() > MAX_LETTERS || word.len() < 2 {
        return &[];
    }
    let mut n = 0;
    let mut last = 0;
    for (i, &letter) in word.iter().enumerate() {
        let after = word.get(i + 1).copied().unwrap_or(b' ');
        let sound = match letter {
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' if i == 0 => b'a',
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y' => {
                last = 0;
                continue;
            }
            b'h' if i == 0 => b'h',
            b'h' => continue,
            b'p' if after == b'h' => b'v',
            b'b' | b'p' => b'b',
            b'v' | b'w' | b'f' => b'v',
            b'd' if after == b'j' || after == b'z' => continue,
            b't' if after == b'c' || after == b's' || after == b'z' => continue,
            b'd' | b't' => b't',
            b'q' | b'k' => b'k',
            b'c' if after == b'h' => b'c',
            b'c' if matches!(after, b'e' | b'i' | b'y') => b's',
            b'c' => b'k',
            b's' if after == b'h' => b'c',
            b's' | b'z' => b's',
            b'j' => b'g',
            other if other.is_ascii_alphanumeric() => other,
            _ => return &[],
        };
        if sound != last {
            key[n] = sound;
            n += 1;
        }
        last = sound;
    }
    // one consonant is no key: half the short names of the world share it
    if n < 2 { &[] } else { &key[..n] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_as_a_reader_does() {
        // each pair is more alike than the next
        let falling = [
            ("sergei", "sergey"),
            ("ovsyannikov", "ovsianikov"),
            ("mohammed", "muhammad"),
            ("husayn", "hossein"),
            ("putin", "pulin"),
            ("karim", "kamil"),
        ];
        let scores: Vec<u16> = falling.iter().map(|(a, b)| similarity(a, b)).collect();
        assert!(scores.is_sorted_by(|a, b| a > b), "{scores:?}");
        assert_eq!(similarity("ri", "li"), 0);
    }

    #[test]
    fn is_symmetric_and_one_only_for_equals() {
        let words =
            ["ali", "aliyev", "aliev", "mohammad", "mahmoud", "ahmed", "hamid", "x", "", "yusuf", "youssef", "jozef"];
        for a in words {
            for b in words {
                assert_eq!(similarity(a, b), similarity(b, a), "{a} {b}");
                assert_eq!(similarity(a, b) == FULL, a == b, "{a} {b}");
            }
        }
    }

    #[test]
    fn counts_swaps_once() {
        assert_eq!(osa(b"sanctoin", b"sanction"), 1);
        assert_eq!(osa(b"abc", b""), 3);
        assert_eq!(osa(b"kitten", b"sitting"), 3);
    }
}
