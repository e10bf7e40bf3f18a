//! Measures cross-script similarity on the test half of the transliteration pairs.
//!
//! For each native word the true Latin partner is ranked among 1,000 other Latin words of the
//! same file drawn at random with a fixed seed; printed is the share ranked first, for
//! `cross_script_similarity`'s alignment (of all words, and of the plausible ones: the pairs come from
//! labels of one person, and some face a family name with a given name), and how often a romanised
//! form is the partner or within one or two edits of it.
//!
//! Run: `cargo run --release -p interdict-names --example rank_translit -- FOLDER [WORDS PER FILE]`

use std::error::Error;
use std::path::PathBuf;

use interdict_names::fold::fold;
use interdict_names::phonetic::{alignment_bits, cross_script_similarity};
use interdict_names::romanise::romanise;
use interdict_names::script::Script;

/// Bits a letter from which a pair is taken for two names of one person.
const OTHER_NAME: f32 = 6.5;

/// Latin words each partner competes with.
const CANDIDATES: usize = 1_000;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = match arguments.next() {
        Some(folder) => PathBuf::from(folder),
        None => PathBuf::from(std::env::var("INTERDICT_DATA").unwrap_or_else(|_| "../shared/data".into()))
            .join("labelled/transliteration_wikidata"),
    };
    let most: usize = arguments.next().map_or(Ok(1_000), |n| n.parse())?;
    println!("script    words  alignment  plausible  similarity  same form  1 edit  2 edits");
    for name in ["russian", "katakana", "korean", "chinese", "arabic", "hebrew", "japanese"] {
        let path = folder.join(format!("wd_{name}_16.tsv"));
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        measure(name, &text, most);
    }
    Ok(())
}

fn measure(name: &str, text: &str, most: usize) {
    let pairs: Vec<(String, String)> = text
        .lines()
        .filter_map(|line| {
            let mut fields = line.split('\t');
            let latin: String = fold(fields.next()?).chars().filter(char::is_ascii_lowercase).collect();
            let native: String = fields.next()?.split(' ').collect::<String>().to_lowercase();
            (latin.len() > 1).then_some((latin, native))
        })
        .collect();
    let stride = (pairs.len() / most.max(1)).max(1);
    let mut seed = 20_180_105_u64;
    let (mut words, mut by_alignment, mut by_similarity) = (0_u32, 0_u32, 0_u32);
    let (mut plausible, mut first_plausible) = (0_u32, 0_u32);
    let mut within = [0_u32; 3];
    for (latin, native) in pairs.iter().step_by(stride) {
        words += 1;
        let script = Script::dominant(native);
        let mut forms = Vec::new();
        romanise(native, &mut forms);
        let nearest = forms.iter().map(|f| distance(&f.replace(' ', ""), latin)).min().unwrap_or(9);
        for slot in within.iter_mut().skip(nearest) {
            *slot += 1;
        }
        let bits = alignment_bits(script, latin, native);
        let similarity = cross_script_similarity(latin, native);
        let (mut first_by_alignment, mut first_by_similarity) = (bits.is_some(), true);
        for _ in 0..CANDIDATES {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let other = &pairs[(seed >> 33) as usize % pairs.len()].0;
            if other == latin {
                continue;
            }
            if let (Some(own), Some(its)) = (bits, alignment_bits(script, other, native)) {
                first_by_alignment &= its > own;
            }
            // the romanised forms once for the word, not once for each candidate
            first_by_similarity &= interdict_names::phonetic::similarity_to_forms(other, native, &forms) <= similarity;
        }
        if bits.is_some_and(|b| b <= OTHER_NAME) {
            plausible += 1;
            first_plausible += u32::from(first_by_alignment);
        }
        by_alignment += u32::from(first_by_alignment);
        by_similarity += u32::from(first_by_similarity);
    }
    let percent = |n: u32| 100.0 * f64::from(n) / f64::from(words.max(1));
    println!(
        "{name:<9} {words:>5}  {:>8.1}%  {:>8.1}%  {:>9.1}%  {:>8.1}%  {:>5.1}%  {:>6.1}%",
        percent(by_alignment),
        100.0 * f64::from(first_plausible) / f64::from(plausible.max(1)),
        percent(by_similarity),
        percent(within[0]),
        percent(within[1]),
        percent(within[2])
    );
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    row.last().copied().unwrap_or(0)
}
