//! Hebrew letters: whole names from the table, the rest by the learned letter costs.

use super::Forms;
use super::lexicon::Lexicon;
use crate::phonetic;
use crate::script::Script;

static NAMES: Lexicon = Lexicon::new(include_str!("../../data/hebrew.tsv"));

pub(super) fn forms(word: &str, forms: &mut Forms<'_>) {
    if let Some(found) = NAMES.get(word) {
        for form in found {
            forms.push(form);
        }
        return;
    }
    // "the", "and the" joined to a name that the table knows
    if let Some(found) = word.strip_prefix('ה').filter(|r| r.chars().nth(2).is_some()).and_then(|r| NAMES.get(r)) {
        for form in found {
            forms.push(&format!("ha{form}"));
        }
    }
    for form in phonetic::beam(Script::Hebrew, word, 4) {
        forms.push(&form);
    }
    forms.push(&by_rule(word));
}

/// Consonants with `a` between, vowel letters as written.
fn by_rule(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut out = String::new();
    let mut i = 0;
    while let Some(&c) = letters.get(i) {
        let first = i == 0;
        let next = letters.get(i + 1).copied();
        let last = next.is_none();
        let vowel_before = out.ends_with(['a', 'e', 'i', 'o', 'u']);
        let mut used = 1;
        let piece = match c {
            'א' | 'ע' => "a",
            'ב' if first => "b",
            'ב' => "v",
            'ג' if next == Some('\'') => {
                used = 2;
                "j"
            }
            'ג' => "g",
            'ד' => "d",
            'ה' if last => "a",
            'ה' => "h",
            'ו' if next == Some('ו') => {
                used = 2;
                "v"
            }
            'ו' if first || vowel_before => "v",
            'ו' => "o",
            'ז' if next == Some('\'') => {
                used = 2;
                "zh"
            }
            'ז' => "z",
            'ח' => "h",
            'ט' | 'ת' => "t",
            'י' if first || vowel_before => "y",
            'י' => "i",
            'כ' | 'ק' => "k",
            'ך' => "ch",
            'ל' => "l",
            'מ' | 'ם' => "m",
            'נ' | 'ן' => "n",
            'ס' => "s",
            'פ' if first => "p",
            'פ' | 'ף' => "f",
            'צ' | 'ץ' if next == Some('\'') => {
                used = 2;
                "ch"
            }
            'צ' | 'ץ' => "tz",
            'ר' => "r",
            'ש' => "sh",
            _ => "",
        };
        let consonant = piece.starts_with(|p: char| !matches!(p, 'a' | 'e' | 'i' | 'o' | 'u'));
        if consonant && !first && !vowel_before && !out.is_empty() {
            out.push('a');
        }
        if !(piece == "a" && out.ends_with('a')) {
            out.push_str(piece);
        }
        i += used;
    }
    out
}
