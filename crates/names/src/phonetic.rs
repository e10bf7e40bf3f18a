//! Sound across scripts: what a word in another script may be in Latin letters, how well a Latin
//! word fits it, and a consonant key that spellings of one name share.
//!
//! Promises: deterministic; time linear in the native token for `beam`, proportional to the
//! product of the lengths for `cross_script_similarity`, both cut off at `LONGEST` letters;
//! without a learned table the results are empty, never wrong.
//!
//! The learned table holds, for each native letter or pair of letters, the Latin letters it was
//! aligned with and how often (logarithms of counts summed over a hundred thousand word pairs).
//! `examples/learn_costs.rs` makes it; no word can be read back from it.
//!
//! `beam` is what an index uses: a few best Latin forms per native token, compared by edit
//! distance like any other token. `cross_script_similarity` uses the same costs on one given pair;
//! it cannot be enumerated and is for explaining and re-ranking only.
//!
//! Not here: tables of whole names (`romanise`).

use crate::fold::fold;
use crate::script::Script;

mod beam;
mod costs;

pub use beam::beam;
pub(crate) use beam::biased_beam;
pub use costs::mandarin;

/// Letters of a token that are looked at; names are shorter.
const LONGEST: usize = 40;

/// Bits for a letter of either side that nothing explains.
const UNEXPLAINED: f32 = 9.0;

/// The same for a letter that is often not heard.
const UNHEARD: f32 = 5.0;

/// The same for the second of a doubled letter.
const DOUBLED: f32 = 2.0;

/// Bits added for a vowel that should be another.
const OTHER_VOWEL: f32 = 3.0;

/// The key of a script's lines in the table.
pub fn model_key(script: Script) -> Option<&'static str> {
    match script {
        Script::Cyrillic => Some("cyrillic"),
        Script::Arabic => Some("arabic"),
        Script::Hebrew => Some("hebrew"),
        Script::Han => Some("han"),
        Script::Hangul => Some("hangul"),
        Script::Katakana | Script::Hiragana => Some("kana"),
        Script::Latin
        | Script::Greek
        | Script::Armenian
        | Script::Georgian
        | Script::Thai
        | Script::Devanagari
        | Script::Bengali
        | Script::Gurmukhi
        | Script::Gujarati
        | Script::Oriya
        | Script::Tamil
        | Script::Telugu
        | Script::Kannada
        | Script::Malayalam
        | Script::Sinhala
        | Script::Ethiopic
        | Script::Khmer
        | Script::Burmese
        | Script::Lao
        | Script::Other
        | Script::Common => None,
    }
}

/// The letters of a native token as the costs know them, between word borders `^` and `$`:
/// Korean syllables as jamo, hiragana as katakana, Arabic letter variants unified.
pub fn units(script: Script, token: &str) -> Vec<char> {
    let mut out = vec!['^'];
    for c in token.chars().take(LONGEST) {
        match script {
            Script::Hangul => match hangul_parts(c) {
                Some(parts) => out.extend(parts.into_iter().flatten()),
                None => out.push(c),
            },
            Script::Hiragana | Script::Katakana => out.push(match u32::from(c) {
                code @ 0x3041..=0x3096 => char::from_u32(code + 0x60).unwrap_or(c),
                _ => c,
            }),
            Script::Arabic => match c {
                'ـ' | '\u{64b}'..='\u{652}' | '\u{670}' => {}
                'أ' | 'إ' | 'ٱ' => out.push('ا'),
                'ی' | 'ے' | 'ې' => out.push('ي'),
                'ک' | 'ڪ' => out.push('ك'),
                'ہ' | 'ھ' => out.push('ه'),
                other => out.push(other),
            },
            _ => out.push(c),
        }
    }
    out.push('$');
    out
}

fn hangul_parts(c: char) -> Option<[Option<char>; 3]> {
    let index = u32::from(c).checked_sub(0xAC00).filter(|i| *i < 11_172)?;
    let coda = index % 28;
    Some([
        char::from_u32(0x1100 + index / 588),
        char::from_u32(0x1161 + index % 588 / 28),
        if coda == 0 { None } else { char::from_u32(0x11A7 + coda) },
    ])
}

/// How well a Latin word fits a native token, from 0 to 1, by the cheapest alignment of their
/// letters; for scripts without learned costs, and where better, by the edit distance to the
/// romanised forms.
pub fn cross_script_similarity(latin: &str, native: &str) -> f32 {
    let mut forms = Vec::new();
    crate::romanise::romanise(native, &mut forms);
    similarity_to_forms(&fold(latin), native, &forms)
}

/// `cross_script_similarity` of a folded Latin word with a native token whose romanised forms are
/// at hand.
pub fn similarity_to_forms(latin: &str, native: &str, forms: &[String]) -> f32 {
    let best = forms.iter().map(|form| edit_similarity(latin, form)).fold(0.0, f32::max);
    match alignment_bits(Script::dominant(native), latin, native) {
        // a chance likeness to one form of several says less than the costs, an equal form more
        Some(bits) if best < SAME_FORM => similarity_of(bits),
        Some(_) | None => best,
    }
}

/// Likeness to a romanised form from which it decides.
const SAME_FORM: f32 = 0.85;

/// Bits per letter at which an alignment is worth nothing.
const WORTHLESS: f32 = 12.0;

fn similarity_of(bits: f32) -> f32 {
    (1.0 - bits / WORTHLESS).clamp(0.0, 1.0)
}

/// Bits per letter of the cheapest alignment, both directions averaged. None without learned costs.
pub fn alignment_bits(script: Script, latin: &str, native: &str) -> Option<f32> {
    let model = costs::model(script)?;
    let units = units(script, native);
    let latin: Vec<u8> = latin.bytes().filter(u8::is_ascii_lowercase).take(LONGEST).collect();
    let width = latin.len() + 1;
    let mut costs = vec![f32::INFINITY; (units.len() + 1) * width];
    costs[0] = 0.0;
    for i in 0..=units.len() {
        for length in 1..=2 {
            let Some(chunk) = units.get(i..i + length) else { continue };
            let renderings = model.renderings(script, chunk);
            for j in 0..width {
                let here = costs[i * width + j];
                if !here.is_finite() {
                    continue;
                }
                for rendering in renderings.iter() {
                    if let Some(vowels) = fit(rendering.latin.as_bytes(), &latin[j..]) {
                        let to = &mut costs[(i + length) * width + j + rendering.latin.len()];
                        *to = to.min(here + vowels + (rendering.forward + rendering.backward) / 2.0);
                    }
                }
            }
        }
        for j in 0..width {
            let here = costs[i * width + j];
            if j + 1 < width {
                let to = &mut costs[i * width + j + 1];
                *to = to.min(here + unexplained(&latin, j));
            }
            if i < units.len() {
                let to = &mut costs[(i + 1) * width + j];
                *to = to.min(here + UNEXPLAINED);
            }
        }
    }
    let letters = (units.len().saturating_sub(2) + latin.len()).max(1) as f32 / 2.0;
    costs.last().map(|bits| bits / letters)
}

/// Bits by which a rendering misses the start of the rest of a word: other vowels in its places.
fn fit(rendering: &[u8], rest: &[u8]) -> Option<f32> {
    let start = rest.get(..rendering.len())?;
    let mut bits = 0.0;
    for (a, b) in rendering.iter().zip(start) {
        if a != b {
            if !(is_vowel(*a) && is_vowel(*b)) {
                return None;
            }
            bits += OTHER_VOWEL;
        }
    }
    Some(bits)
}

fn is_vowel(b: u8) -> bool {
    matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Bits of a Latin letter that no native letter explains.
fn unexplained(latin: &[u8], j: usize) -> f32 {
    let Some(letter) = latin.get(j) else { return UNEXPLAINED };
    if j.checked_sub(1).and_then(|p| latin.get(p)) == Some(letter) {
        DOUBLED
    } else if is_vowel(*letter) || matches!(letter, b'h' | b'w') {
        UNHEARD
    } else {
        UNEXPLAINED
    }
}

/// One minus the edit distance (adjacent swaps count once) over the longer length.
fn edit_similarity(a: &str, b: &str) -> f32 {
    let a: Vec<u8> = a.bytes().take(LONGEST).collect();
    let b: Vec<u8> = b.bytes().take(LONGEST).collect();
    let longest = a.len().max(b.len());
    if longest == 0 {
        return 0.0;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (last[j] + usize::from(x != y)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    let distance = last.last().copied().unwrap_or(longest);
    1.0 - distance as f32 / longest as f32
}

/// The consonant key of a Latin word: vowels, h, w and y are dropped, letters that some script
/// does not tell apart share one, doubles count once. Equal keys are weak evidence of equal names.
pub fn skeleton(word: &str) -> String {
    let letters: Vec<u8> = word.bytes().take(LONGEST).map(|b| b.to_ascii_lowercase()).collect();
    let mut out = String::new();
    let mut i = 0;
    while let Some(&c) = letters.get(i) {
        let next = letters.get(i + 1).copied();
        let (class, used): (&str, usize) = match (c, next) {
            (b'p', Some(b'h')) => ("f", 2),
            (b's', Some(b'c')) if letters.get(i + 2) == Some(&b'h') => ("s", 3),
            (b'c' | b's' | b'z', Some(b'h' | b'z')) | (b't', Some(b's' | b'z' | b'c')) => ("s", 2),
            (b'k' | b'g', Some(b'h')) => ("k", 2),
            (b't' | b'd', Some(b'h')) => ("t", 2),
            (b'd', Some(b'j' | b'z')) => ("s", 2),
            (b'c', Some(b'e' | b'i' | b'y')) => ("s", 1),
            (b'n', Some(b'g')) => ("n", 2),
            (b'b' | b'p', _) => ("p", 1),
            (b'f' | b'v', _) => ("f", 1),
            (b'd' | b't', _) => ("t", 1),
            (b'c' | b'k' | b'q' | b'g', _) => ("k", 1),
            (b'x', _) => ("ks", 1),
            (b's' | b'z' | b'j', _) => ("s", 1),
            (b'l' | b'r', _) => ("l", 1),
            (b'm', _) => ("m", 1),
            (b'n', _) => ("n", 1),
            _ => ("", 1),
        };
        if !class.is_empty() && !out.ends_with(class) {
            out.push_str(class);
        }
        i += used;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{edit_similarity, skeleton};

    #[test]
    fn spellings_share_a_key() {
        for (a, b) in [
            ("muhammad", "mohamed"),
            ("hussein", "husayn"),
            ("netanyahu", "ntnyhu"),
            ("albright", "oruburaito"),
            ("philip", "filip"),
            ("jorge", "shorsh"),
        ] {
            let (x, y) = (skeleton(a), skeleton(b));
            assert_eq!(x == y, !matches!(a, "albright" | "jorge"), "{a} {x} / {b} {y}");
        }
    }

    #[test]
    fn edits() {
        assert_eq!(edit_similarity("abcd", "abdc"), 0.75);
        assert_eq!(edit_similarity("", ""), 0.0);
    }
}
