//! Names for load tests: the real ones there are, grown to any number by a seeded generator.
//!
//! Growth keeps the shape of real lists: most names are new combinations of tokens that exist,
//! and the vocabulary grows by tokens crossed from two others of the same script (`mohanov`), by
//! slips of one letter, exchanged neighbours and words written together. Large numbers of names
//! over a small vocabulary would be easy for an index that works on the vocabulary.

use std::collections::HashSet;
use std::io::Read;

use interdict_model::Kind;
use interdict_names::script::Script;
use interdict_testkit::real_data;

/// Shares of 1,000 grown names that carry something new.
const CROSSED: u64 = 200;
const SLIPPED: u64 = 60;
const EXCHANGED: u64 = 30;
const MERGED: u64 = 20;

/// A generator of numbers (SplitMix64): the same on every machine.
pub struct Seeded(pub u64);

impl Seeded {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    fn happens(&mut self, of_1000: u64) -> bool {
        (self.below(1000) as u64) < of_1000
    }
}

/// The names of the data folder's `bulk` collection that are on no list and among no queries.
pub fn bulk(queries: &HashSet<String>) -> Vec<(String, Kind)> {
    let Some(path) = real_data("bulk/DERIVED_loadtest_names.tsv.gz") else { return Vec::new() };
    let mut text = String::new();
    let packed = std::fs::read(path).unwrap_or_default();
    if flate2::read::MultiGzDecoder::new(packed.as_slice()).read_to_string(&mut text).is_err() {
        return Vec::new();
    }
    let row = |line: &str| {
        let mut fields = line.trim_start_matches('\u{feff}').split('\t');
        let (name, _script, kind) = (fields.next()?, fields.next()?, fields.next()?);
        let kind = match kind {
            "person" => Kind::Person,
            "company" => Kind::Organization,
            // the lists themselves are read from their own files
            _ => return None,
        };
        (!queries.contains(name)).then(|| (name.to_owned(), kind))
    };
    text.lines().filter_map(row).collect()
}

/// Adds names until there are `count`.
pub fn grow(names: &mut Vec<(String, Kind)>, count: usize, seed: u64) {
    let mut seeded = Seeded(seed);
    let base: Vec<(Vec<String>, Kind)> =
        names.iter().map(|(name, kind)| (name.split_whitespace().map(str::to_owned).collect(), *kind)).collect();
    let mut tries = 0;
    while names.len() < count && tries < 4 * count {
        tries += 1;
        let (one, kind) = &base[seeded.below(base.len())];
        let (other, its_kind) = &base[seeded.below(base.len())];
        if one.is_empty() || other.is_empty() || kind != its_kind {
            continue;
        }
        let mut tokens = one.clone();
        let at = seeded.below(tokens.len());
        let from = &other[seeded.below(other.len())];
        if Script::dominant(&tokens[at]) != Script::dominant(from) {
            continue;
        }
        if seeded.happens(CROSSED) {
            tokens[at] = crossed(&tokens[at], from);
        } else {
            tokens[at].clone_from(from);
        }
        if seeded.happens(SLIPPED + EXCHANGED + MERGED) {
            perturb(&mut tokens, &mut seeded);
        }
        names.push((tokens.join(" "), *kind));
    }
}

/// The first half of one word and the second of another.
fn crossed(one: &str, other: &str) -> String {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    one[..one.len().div_ceil(2)].iter().chain(&other[other.len() / 2..]).collect()
}

/// One change as a typist makes it: a letter wrong, two exchanged, two words written together.
pub fn perturb(tokens: &mut Vec<String>, seeded: &mut Seeded) {
    let at = seeded.below(tokens.len());
    let mut letters: Vec<char> = tokens[at].chars().collect();
    let kind = seeded.below((SLIPPED + EXCHANGED + MERGED) as usize) as u64;
    if kind < SLIPPED {
        let (i, from) = (seeded.below(letters.len()), seeded.below(letters.len()));
        letters[i] = if seeded.happens(500) { letters[from] } else { 'e' };
        tokens[at] = letters.into_iter().collect();
    } else if kind < SLIPPED + EXCHANGED && letters.len() > 2 {
        let i = 1 + seeded.below(letters.len() - 2);
        letters.swap(i, i + 1);
        tokens[at] = letters.into_iter().collect();
    } else if at + 1 < tokens.len() {
        let next = tokens.remove(at + 1);
        tokens[at].push_str(&next);
    }
}

/// Different words of all names, case aside.
pub fn vocabulary(names: &[(String, Kind)]) -> usize {
    let words = names.iter().flat_map(|(name, _)| name.split_whitespace());
    words.map(str::to_lowercase).collect::<HashSet<_>>().len()
}
