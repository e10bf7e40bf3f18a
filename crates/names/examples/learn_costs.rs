//! Learns letter costs between scripts from pairs of words and writes `data/translit_costs.tsv`.
//!
//! Input: files `wd_<script>_64.tsv` of `latin<TAB>native letters apart<TAB>count`, read from
//! `$INTERDICT_DATA/labelled/transliteration_wikidata` or from the folder given as first argument;
//! second argument: where to write. Expectation maximisation over alignments in which one or two
//! native letters face up to five Latin ones. Only sums over all pairs are written, those below a
//! threshold dropped.
//!
//! Run: `cargo run --release -p interdict-names --example learn_costs -- FOLDER OUTPUT`

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use interdict_names::fold::fold;
use interdict_names::phonetic::{mandarin, model_key, units};
use interdict_names::script::Script;
use rustc_hash::FxHashMap;

/// Rounds of expectation maximisation; later ones change the ranking by less than 0.1 %.
const ROUNDS: usize = 7;

/// Pairs whose alignment is much worse than usual are wrong labels (another name of the person);
/// this share is left out after the third round.
const WRONG_LABELS: f64 = 0.06;

/// Pairs of one script that are used.
const MOST_PAIRS: usize = 50_000;

/// Entries written for one script and the least weight of an entry.
const MOST_ENTRIES: usize = 2_600;
const LEAST_WEIGHT: f64 = 2.2;

struct Pair {
    latin: Vec<u8>,
    native: Vec<char>,
    weight: f64,
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = match arguments.next() {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var("INTERDICT_DATA").unwrap_or_else(|_| "../shared/data".into()))
            .join("labelled/transliteration_wikidata"),
    };
    let output =
        arguments.next().unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/data/translit_costs.tsv").into());
    let mut text = String::from(
        "# Learned letter costs; made by `cargo run --release -p interdict-names --example learn_costs`\n\
         # from labels of persons in Wikidata (CC0): sums over all word pairs, no word among them.\n\
         # script, native letters, then Latin letters (`-` for none) with the count as 4 log2; `latin`\n\
         # lines: two letters, then the cost of each third letter and of the end in quarters of a bit.\n",
    );
    let mut trigrams = vec![0.0_f64; 27 * 27 * 27];
    for (name, script) in [
        ("arabic", Script::Arabic),
        ("chinese", Script::Han),
        ("hebrew", Script::Hebrew),
        ("katakana", Script::Katakana),
        ("korean", Script::Hangul),
        ("russian", Script::Cyrillic),
    ] {
        let pairs = read(&folder.join(format!("wd_{name}_64.tsv")), script)?;
        for pair in &pairs {
            count_trigrams(&pair.latin, &mut trigrams);
        }
        let counts = learn(pairs, script == Script::Han, name);
        if script == Script::Han {
            // what a rare character may be is learned from those read alike
            write_counts(&mut text, "pinyin", by_reading(&counts), 2_500)?;
        }
        let most = if script == Script::Han { 7_000 } else { MOST_ENTRIES };
        write_counts(&mut text, model_key(script).unwrap_or(name), readable(counts), most)?;
    }
    write_trigrams(&mut text, &trigrams)?;
    std::fs::write(&output, text)?;
    Ok(())
}

fn read(path: &Path, script: Script) -> Result<Vec<Pair>, Box<dyn Error>> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    let mut pairs = Vec::new();
    for line in text.lines() {
        let mut fields = line.split('\t');
        let (Some(latin), Some(native), Some(count)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let native: String = native.split(' ').collect();
        let latin: Vec<u8> = fold(latin).bytes().filter(u8::is_ascii_lowercase).collect();
        let native = units(script, &native.to_lowercase());
        if !(2..=18).contains(&latin.len()) || native.len() > 30 || native.len() < 4 {
            continue;
        }
        let weight = count.trim().parse::<f64>().unwrap_or(1.0);
        // frequent names teach more, but not in proportion
        pairs.push(Pair { latin, native, weight: 1.0 + weight.ln() });
    }
    // a fixed stride keeps the run reproducible and the sample even
    let stride = pairs.len().div_ceil(MOST_PAIRS).max(1);
    Ok(pairs.into_iter().step_by(stride).collect())
}

type Counts = FxHashMap<(u64, u64), f64>;

/// One or two native letters as one number.
fn native_key(letters: &[char]) -> u64 {
    letters.iter().fold(0, |key, c| key << 21 | u64::from(u32::from(*c)))
}

fn latin_key(letters: &[u8]) -> u64 {
    letters.iter().fold(1, |key, b| key << 8 | u64::from(*b))
}

fn learn(mut pairs: Vec<Pair>, syllables: bool, name: &str) -> Counts {
    let longest = if syllables { 6 } else { 4 };
    let mut model: Counts = Counts::default();
    for round in 0..ROUNDS {
        let total: f64 = model.values().sum::<f64>().max(1.0);
        let mut next = Counts::default();
        let mut likelihoods = Vec::with_capacity(pairs.len());
        for pair in &pairs {
            likelihoods.push(expect(pair, longest, &model, total, round == 0, &mut next));
        }
        model = next;
        // rare chains only slow the rounds down
        model.retain(|_, n| *n > 0.02);
        if round == 2 {
            let mut sorted = likelihoods.clone();
            sorted.sort_by(f64::total_cmp);
            let cut = sorted[(sorted.len() as f64 * WRONG_LABELS) as usize];
            let mut keep = likelihoods.iter();
            pairs.retain(|_| keep.next().is_none_or(|l| *l >= cut));
        }
        let mean = likelihoods.iter().sum::<f64>() / likelihoods.len().max(1) as f64;
        eprintln!("{name}: round {round}, {} pairs, {} chunks, {mean:.3} nats a letter", pairs.len(), model.len());
    }
    model
}

/// Adds the expected chunk counts of one pair; returns its log-likelihood per letter.
fn expect(pair: &Pair, longest: usize, model: &Counts, total: f64, uniform: bool, next: &mut Counts) -> f64 {
    let (n, m) = (pair.native.len(), pair.latin.len());
    let width = m + 1;
    let mut edges: Vec<(usize, usize, (u64, u64), f64)> = Vec::new();
    for i in 0..n {
        for j in 0..=m {
            // two characters together are too many to learn
            for length in 1..=(if longest > 4 { 1 } else { 2 }) {
                if i + length > n {
                    continue;
                }
                let native = &pair.native[i..i + length];
                let key = native_key(native);
                let border = native.iter().filter(|c| matches!(c, '^' | '$')).count();
                for latin in 0..=(longest.min(m - j)) {
                    // a border alone may only hide silent letters at the end
                    if native == ['^'] && latin > 0 || native == ['$'] && latin > 2 || border == 2 {
                        continue;
                    }
                    let chunk = (key, latin_key(&pair.latin[j..j + latin]));
                    let p = if uniform {
                        // start near the diagonal, short chunks first
                        let slope = (i as f64 + length as f64) / n as f64 - (j + latin) as f64 / m as f64;
                        0.05_f64.powi(length as i32)
                            * 0.4_f64.powf((latin as f64 - 1.0).abs())
                            * (-6.0 * slope.abs()).exp()
                    } else {
                        model.get(&chunk).copied().unwrap_or(0.0) / total
                    };
                    if p > 0.0 {
                        edges.push((i * width + j, (i + length) * width + j + latin, chunk, p));
                    }
                }
            }
        }
    }
    // edges are generated in order of their start, which is a topological order but for
    // chunks without Latin letters, and those move to a later row
    let size = (n + 1) * width;
    let mut forward = vec![0.0_f64; size];
    forward[0] = 1.0;
    for (from, to, _, p) in &edges {
        forward[*to] += forward[*from] * p;
    }
    let mut backward = vec![0.0_f64; size];
    backward[size - 1] = 1.0;
    for (from, to, _, p) in edges.iter().rev() {
        backward[*from] += backward[*to] * p;
    }
    let all = forward[size - 1];
    if all <= 0.0 {
        return -20.0;
    }
    for (from, to, chunk, p) in edges {
        let share = forward[from] * p * backward[to] / all;
        if share > 1e-4 {
            *next.entry(chunk).or_default() += share * pair.weight;
        }
    }
    all.ln() / (n + m) as f64
}

fn decode(key: u64) -> String {
    let (high, low) = ((key >> 21) as u32, (key & 0x1F_FFFF) as u32);
    [high, low].into_iter().filter(|c| *c != 0).filter_map(char::from_u32).collect()
}

fn decode_latin(key: u64) -> String {
    let letters: String = key
        .to_be_bytes()
        .into_iter()
        .skip_while(|b| *b == 0)
        .skip(1)
        .filter(u8::is_ascii_lowercase)
        .map(char::from)
        .collect();
    if letters.is_empty() { "-".into() } else { letters }
}

fn readable(counts: Counts) -> FxHashMap<(String, String), f64> {
    counts.into_iter().map(|((native, latin), n)| ((decode(native), decode_latin(latin)), n)).collect()
}

fn by_reading(counts: &Counts) -> FxHashMap<(String, String), f64> {
    let mut sums: FxHashMap<(String, String), f64> = FxHashMap::default();
    for ((native, latin), n) in counts {
        let native = decode(*native);
        let mut letters = native.chars();
        if let (Some(c), None) = (letters.next(), letters.next())
            && let Some(reading) = mandarin(c)
        {
            *sums.entry((reading, decode_latin(*latin))).or_default() += n;
        }
    }
    sums
}

fn write_counts(
    text: &mut String,
    key: &str,
    counts: FxHashMap<(String, String), f64>,
    most: usize,
) -> Result<(), Box<dyn Error>> {
    let mut entries: Vec<((String, String), f64)> = counts.into_iter().filter(|(_, n)| *n >= LEAST_WEIGHT).collect();
    entries.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    entries.truncate(most);
    let mut chunks: BTreeMap<String, Vec<(String, f64)>> = BTreeMap::new();
    for ((native, latin), n) in entries {
        chunks.entry(native).or_default().push((latin, n));
    }
    for (native, latins) in chunks {
        write!(text, "{key}\t{native}\t")?;
        for (i, (latin, n)) in latins.iter().enumerate() {
            let space = if i == 0 { "" } else { " " };
            write!(text, "{space}{latin}:{}", (4.0 * n.log2()).round())?;
        }
        text.push('\n');
    }
    Ok(())
}

fn letter(b: Option<&u8>) -> usize {
    b.map_or(26, |b| usize::from(b - b'a'))
}

fn count_trigrams(word: &[u8], trigrams: &mut [f64]) {
    for i in 0..=word.len() {
        let at = |back: usize| i.checked_sub(back).and_then(|k| word.get(k));
        trigrams[letter(at(2)) * 729 + letter(at(1)) * 27 + letter(word.get(i))] += 1.0;
    }
}

fn write_trigrams(text: &mut String, trigrams: &[f64]) -> Result<(), Box<dyn Error>> {
    let name = |i: usize| if i == 26 { '_' } else { char::from(b'a' + i as u8) };
    // a pair seldom seen falls back on how often the third letter follows the second
    let mut pairs = vec![0.0; 27 * 27];
    for (i, n) in trigrams.iter().enumerate() {
        pairs[i % 729] += n;
    }
    for before in 0..729 {
        let row = &trigrams[before * 27..before * 27 + 27];
        let last = (before % 27) * 27;
        let pair_total: f64 = pairs[last..last + 27].iter().sum::<f64>() + 13.5;
        let total: f64 = row.iter().sum();
        write!(text, "latin\t{}{}\t", name(before / 27), name(before % 27))?;
        for (i, n) in row.iter().enumerate() {
            let back_off = (pairs[last + i] + 0.5) / pair_total;
            let p = (n + 8.0 * back_off) / (total + 8.0);
            let quarter = (-p.log2() * 4.0).round().clamp(0.0, 80.0) as u8;
            text.push(char::from(b'!' + quarter));
        }
        text.push('\n');
    }
    Ok(())
}
