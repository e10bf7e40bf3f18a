//! Learns what it costs to write one letter for another, or to leave one out, from the aliases of
//! official lists, and prints the table that `costs` reads.
//!
//! Input: the stored listings of an interdict home (`lists/*/*/listings.jsonl`), given as files or
//! folders. Two names of one listing that share a word are taken for variants: of the words that
//! remain, those within the edits of `similar`, or with its sound key, are aligned. Each pair of
//! words counts once, however often it occurs, so that frequent names do not drown the others.
//! Letters are counted along the cheapest alignment, costs are made of the counts, and that is
//! repeated; they are −log odds against chance, 64 for what is as rare as the median pair of letters.
//! The table in use plays no part, so the same lists give the same table.
//!
//! Run: `cargo run --release -p interdict-names --example learn_edits -- HOME > crates/names/data/edit_costs.tsv`

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::{Path, PathBuf};

use interdict_names::costs::{self, Place, is_vowel, kind};
use interdict_names::fold::fold;
use interdict_names::similar::{is_near, osa, same_sound};
use serde_json::Value;

/// Rounds of aligning and counting; the costs stand still after the third.
const ROUNDS: usize = 5;

/// Names of one listing that are compared with each other.
const MOST_NAMES: usize = 40;

/// A cost rests on at least so many pairs of words; below, the plain cost by kind of letter stands.
const LEAST_SEEN: f64 = 12.0;

/// A vowel in the place of a consonant is more often a misaligned pair than a custom.
const LEAST_UNLIKE: f64 = 50.0;

/// No letter says more than this against two words: what is never seen costs as much.
const MOST: f64 = EDIT * 1.25;

/// How far costs below an edit are drawn apart: odds say how much rarer a custom is than no change at all, and that
/// the words differ is counted once by the score of the name, not again by each letter.
const SPREAD: f64 = 1.2;

const EDIT: f64 = costs::EDIT as f64;

/// Costs of one round.
struct Costs {
    replace: [[f64; 26]; 26],
    gap: BTreeMap<Place, f64>,
}

#[derive(Default)]
struct Counts {
    pairs: BTreeMap<(u8, u8), f64>,
    gaps: BTreeMap<Place, f64>,
    places: BTreeMap<Place, f64>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = Vec::new();
    for argument in std::env::args().skip(1) {
        find(Path::new(&argument), &mut files)?;
    }
    if files.is_empty() {
        return Err("no listings.jsonl below the folders given".into());
    }
    let words = variants(&files)?;
    let different = words.iter().filter(|(a, b)| a != b).count();
    let mut costs = Costs { replace: [[EDIT; 26]; 26], gap: BTreeMap::new() };
    (0..26).for_each(|i| costs.replace[i][i] = 0.0);
    let mut counts = Counts::default();
    for _ in 0..ROUNDS {
        counts = Counts::default();
        words.iter().for_each(|(a, b)| count(a.as_bytes(), b.as_bytes(), &costs, &mut counts));
        costs = learned(&counts);
    }
    println!(
        "# Made by examples/learn_edits.rs from {different} pairs of words that names of one listing write differently."
    );
    println!("# letters or place\tcost in 1/64 of an edit\tpairs of words seen");
    rows(&costs, &counts).into_iter().for_each(|(cost, what, seen)| println!("{what}\t{cost:.0}\t{seen:.0}"));
    Ok(())
}

fn find(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            std::fs::read_dir(path)?.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>()?;
        entries.sort();
        for entry in entries.iter().filter(|e| e.is_dir() || e.ends_with("listings.jsonl")) {
            find(entry, files)?;
        }
    } else {
        files.push(path.to_owned());
    }
    Ok(())
}

/// Pairs of words that two names of one listing write differently, and words they write alike.
fn variants(files: &[PathBuf]) -> Result<BTreeSet<(String, String)>, Box<dyn Error>> {
    let mut pairs = BTreeSet::new();
    for file in files {
        for line in std::fs::read_to_string(file)?.lines() {
            let listing: Value = serde_json::from_str(line)?;
            let names = listing["entity"]["names"].as_array().map_or(&[][..], Vec::as_slice);
            let vouched = names.iter().map(|n| &n["value"]).filter(|n| n["quality"] != "weak");
            let mut names: Vec<BTreeSet<String>> =
                vouched.filter_map(|n| n["full"].as_str()).map(words).filter(|w| !w.is_empty()).collect();
            names.dedup();
            names.truncate(MOST_NAMES);
            for (i, one) in names.iter().enumerate() {
                for other in &names[i + 1..] {
                    pair_up(one, other, &mut pairs);
                }
            }
        }
    }
    Ok(pairs)
}

fn words(name: &str) -> BTreeSet<String> {
    let letters = |word: &&str| word.len() > 2 && word.len() <= 20 && word.bytes().all(|b| b.is_ascii_lowercase());
    fold(name).split(|c: char| !c.is_alphanumeric()).filter(letters).map(str::to_owned).collect()
}

fn pair_up(one: &BTreeSet<String>, other: &BTreeSet<String>, pairs: &mut BTreeSet<(String, String)>) {
    let same: Vec<&String> = one.intersection(other).collect();
    if same.is_empty() {
        return;
    }
    pairs.extend(same.iter().map(|word| ((*word).clone(), (*word).clone())));
    let mut left: Vec<&String> = other.difference(one).collect();
    for word in one.difference(other) {
        let near =
            |its: &&&String| is_near(word.as_bytes(), its.as_bytes()) || same_sound(word.as_bytes(), its.as_bytes());
        let nearest = left.iter().filter(near).min_by_key(|its| osa(word.as_bytes(), its.as_bytes())).copied();
        if let Some(its) = nearest {
            left.retain(|word| *word != its);
            pairs.insert((word.min(its).clone(), word.max(its).clone()));
        }
    }
}

/// Counts along the cheapest alignment.
fn count(a: &[u8], b: &[u8], costs: &Costs, counts: &mut Counts) {
    let gap = |word: &[u8], i: usize| costs.gap.get(&Place::of(word, i)).copied().unwrap_or(EDIT);
    let replace = |x: u8, y: u8| costs.replace[usize::from(x - b'a')][usize::from(y - b'a')];
    let width = b.len() + 1;
    let mut least = vec![f64::MAX; (a.len() + 1) * width];
    least[0] = 0.0;
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            let from = least[i * width + j];
            let mut reach = |i: usize, j: usize, cost: f64| {
                let cell = &mut least[i * width + j];
                *cell = cell.min(from + cost);
            };
            if i < a.len() && j < b.len() {
                reach(i + 1, j + 1, replace(a[i], b[j]));
            }
            if i < a.len() {
                reach(i + 1, j, gap(a, i));
            }
            if j < b.len() {
                reach(i, j + 1, gap(b, j));
            }
        }
    }
    for word in [a, b] {
        (0..word.len()).for_each(|i| *counts.places.entry(Place::of(word, i)).or_default() += 1.0);
    }
    let (mut i, mut j) = (a.len(), b.len());
    let mut left_out = |word: &[u8], at: usize| {
        *counts.gaps.entry(Place::of(word, at)).or_default() += 1.0;
    };
    while i > 0 || j > 0 {
        let here = least[i * width + j];
        let came = |from: f64, cost: f64| (here - from - cost).abs() < 1e-9;
        if i > 0 && j > 0 && came(least[(i - 1) * width + j - 1], replace(a[i - 1], b[j - 1])) {
            (i, j) = (i - 1, j - 1);
            *counts.pairs.entry((a[i].min(b[j]), a[i].max(b[j]))).or_default() += 1.0;
        } else if i > 0 && came(least[(i - 1) * width + j], gap(a, i - 1)) {
            i -= 1;
            left_out(a, i);
        } else {
            j -= 1;
            left_out(b, j);
        }
    }
}

/// Costs from counts.
fn learned(counts: &Counts) -> Costs {
    let total: f64 = counts.pairs.values().sum();
    let mut letters = [1.0_f64; 26];
    for ((a, b), n) in &counts.pairs {
        letters[usize::from(a - b'a')] += n / 2.0;
        letters[usize::from(b - b'a')] += n / 2.0;
    }
    let seen = |a: u8, b: u8| counts.pairs.get(&(a.min(b), a.max(b))).copied().unwrap_or(0.0);
    let share = |a: u8| letters[usize::from(a - b'a')] / total;
    let odds = |a: u8, b: u8| {
        let chance = share(a) * share(b) * if a == b { 1.0 } else { 2.0 };
        // one pair is what chance alone may bring
        ((seen(a, b) + 1.0) / total / chance).ln()
    };
    let raw = |a: u8, b: u8| (odds(a, a) + odds(b, b)) / 2.0 - odds(a, b);
    let mut all: Vec<f64> = Vec::new();
    for a in b'a'..=b'z' {
        all.extend((a + 1..=b'z').filter(|b| seen(a, *b) > 0.0).map(|b| raw(a, b)));
    }
    all.sort_by(f64::total_cmp);
    let unit = all.get(all.len() / 2).copied().unwrap_or(1.0).max(0.1);
    let mut replace = [[0.0; 26]; 26];
    for a in b'a'..=b'z' {
        for b in b'a'..=b'z' {
            let cost = if a == b { 0.0 } else { (raw(a, b) / unit * EDIT).max(1.0) };
            replace[usize::from(a - b'a')][usize::from(b - b'a')] = cost;
        }
    }
    // a consonant left out within a word costs an edit; the other places in proportion
    let loss = |place: Place| {
        let of = counts.places.get(&place).copied().unwrap_or(0.0);
        let lost = counts.gaps.get(&place).copied().unwrap_or(0.0);
        -((lost + 1.0) / (of + 2.0)).ln()
    };
    let whole = loss(Place::Consonant).max(0.1);
    let gap = counts.places.keys().map(|place| (*place, loss(*place) / whole * EDIT)).collect();
    Costs { replace, gap }
}

/// The rows of the table, the cheapest first.
fn rows(costs: &Costs, counts: &Counts) -> Vec<(f64, String, f64)> {
    let mut rows = Vec::new();
    for (&(a, b), &seen) in &counts.pairs {
        let least = if is_vowel(a) == is_vowel(b) { LEAST_SEEN } else { LEAST_UNLIKE };
        if a != b && seen >= least {
            let cost = costs.replace[usize::from(kind(a))][usize::from(kind(b))];
            rows.push((cost, [a, b].map(char::from).iter().collect(), seen));
        }
    }
    for (place, cost) in &costs.gap {
        let seen = counts.gaps.get(place).copied().unwrap_or(0.0);
        if seen >= LEAST_SEEN {
            rows.push((*cost, place.name().to_owned(), seen));
        }
    }
    for row in &mut rows {
        row.0 = (EDIT - (EDIT - row.0) * SPREAD).clamp(1.0, MOST);
    }
    rows.sort_by(|x, y| x.0.total_cmp(&y.0).then_with(|| x.1.cmp(&y.1)));
    rows
}
