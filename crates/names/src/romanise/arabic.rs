//! Arabic letters: whole names from the table, compounds from their parts, the rest by the learned
//! letter costs, since vowels are not written.

use super::Forms;
use super::lexicon::Lexicon;
use crate::fold::fold;
use crate::phonetic;
use crate::script::Script;

static NAMES: Lexicon = Lexicon::new(include_str!("../../data/arabic.tsv"));

/// Endings of Persian and Turkish family names that join their stem, with usual spellings.
const ENDINGS: &[(&str, &[&str])] = &[
    ("زاده", &["zadeh", "zada"]),
    ("زادگان", &["zadegan"]),
    ("نژاد", &["nejad", "nezhad"]),
    ("نيا", &["nia", "niya"]),
    ("پور", &["pour", "pur"]),
    ("فر", &["far"]),
    ("يان", &["ian", "yan"]),
    ("وند", &["vand"]),
    ("دوست", &["doust", "dust"]),
    ("خواه", &["khah"]),
    ("آبادي", &["abadi"]),
    ("ابادي", &["abadi"]),
    ("اوغلو", &["oglu"]),
    ("اوغلي", &["oghli", "oglu"]),
    ("الله", &["ullah", "allah", "ollah"]),
    ("الدين", &["uddin", "eddine", " al din"]),
    ("زيي", &["zai"]),
    ("زي", &["zai"]),
    ("علي", &["ali"]),
    ("رضا", &["reza"]),
];

pub(super) fn forms(token: &str, forms: &mut Forms<'_>) {
    let word = fold(token);
    if listed(&word, "", forms) {
        return;
    }
    if compound(&word, forms) {
        return;
    }
    spell(token, &word, forms);
}

/// Pushes the table forms of a word behind a prefix; false if the table lacks the word.
fn listed(word: &str, prefix: &str, forms: &mut Forms<'_>) -> bool {
    let Some(found) = NAMES.get(word) else { return false };
    for form in found {
        forms.push(&format!("{prefix}{}", form.replace('_', " ")));
    }
    true
}

fn compound(word: &str, forms: &mut Forms<'_>) -> bool {
    if let Some(rest) = word.strip_prefix("عبدال").filter(|r| r.chars().nth(1).is_some()) {
        let names = readings(rest, 2);
        for (before, after) in [("abdul", ""), ("abd al ", ""), ("abdel", ""), ("abdol", "")] {
            for name in names.iter().take(if before == "abdul" { 2 } else { 1 }) {
                forms.push(&format!("{before}{name}{after}"));
            }
        }
        if let Some(first) = names.first().and_then(|n| n.chars().next()).filter(|c| matches!(c, 'r' | 's' | 'n' | 'z'))
        {
            forms.push(&format!("abdu{first}{}", names.first().map_or("", |n| n)));
        }
        return true;
    }
    if let Some(rest) = word.strip_prefix("ال").filter(|r| r.chars().nth(1).is_some()) {
        for name in readings(rest, 4) {
            forms.push(&format!("al {name}"));
        }
        return true;
    }
    if let Some(rest) = word.strip_prefix("ابو").filter(|r| NAMES.get(r.strip_prefix("ال").unwrap_or(r)).is_some())
    {
        let article = if rest.starts_with("ال") { "al " } else { "" };
        for name in readings(rest.strip_prefix("ال").unwrap_or(rest), 2) {
            forms.push(&format!("abu {article}{name}"));
            forms.push(&format!("abu{name}"));
        }
        return true;
    }
    for (ending, spellings) in ENDINGS {
        let Some(stem) = word.strip_suffix(ending).filter(|s| s.chars().nth(1).is_some()) else { continue };
        if NAMES.get(stem).is_none() && !matches!(*ending, "زاده" | "نژاد" | "پور" | "يان" | "الله" | "الدين")
        {
            continue;
        }
        let stems = readings(stem, 3);
        for spelling in *spellings {
            for stem in &stems {
                forms.push(&format!("{stem}{spelling}"));
            }
        }
        return true;
    }
    // the adjective of a name: Tamimi, Husseini
    if let Some(stem) = word.strip_suffix('ي').filter(|s| NAMES.get(s).is_some()) {
        for name in readings(stem, 3) {
            forms.push(&format!("{}i", name.trim_end_matches(['a', 'e', 'i'])));
        }
        return true;
    }
    false
}

/// The best readings of a part of a word.
fn readings(word: &str, limit: usize) -> Vec<String> {
    if let Some(found) = NAMES.get(word) {
        return found.take(limit).map(|f| f.replace('_', " ")).collect();
    }
    if let Some(stem) = word.strip_suffix('ي')
        && let Some(found) = NAMES.get(stem)
    {
        return found
            .take(limit)
            .map(|f| format!("{}i", f.replace('_', " ").trim_end_matches(['a', 'e', 'i'])))
            .collect();
    }
    let mut learned = phonetic::biased_beam(Script::Arabic, word, limit, against_european);
    if learned.is_empty() {
        learned.push(by_rule(word));
    }
    learned
}

fn spell(token: &str, word: &str, forms: &mut Forms<'_>) {
    for form in phonetic::biased_beam(Script::Arabic, token, 3, against_european) {
        forms.push(&form);
    }
    for form in phonetic::beam(Script::Arabic, token, 2) {
        forms.push(&form);
    }
    forms.push(&by_rule(word));
}

/// Bits against renderings that only European names have: the costs were learned from names of
/// the whole world, most of them foreign to Arabic (`v` for ف, `c` for ك, clusters at the start).
fn against_european(chunk: &[char], latin: &str, next: Option<char>) -> f32 {
    let mut rest = latin.as_bytes();
    for c in chunk.iter().filter(|c| !matches!(c, '^' | '$')) {
        while let [b'a' | b'e' | b'i' | b'o' | b'u', after @ ..] = rest {
            rest = after;
        }
        let sounds = own_sounds(*c);
        match sounds.iter().find_map(|sound| rest.strip_prefix(sound.as_bytes())) {
            Some(after) => rest = after,
            // a doubled consonant is written once in Arabic
            None => return EUROPEAN,
        }
        if let ([first, after @ ..], Some(sound)) = (rest, sounds.first())
            && sound.as_bytes() == [*first]
        {
            rest = after;
        }
    }
    if rest.iter().any(|b| !matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y' | b'w' | b'h')) {
        return EUROPEAN;
    }
    let open = latin.ends_with(['a', 'e', 'i', 'o', 'u']) || matches!(next, None | Some('ا' | 'و' | 'ي' | 'ى' | '$'));
    if open { 0.0 } else { CLUSTER }
}

/// About the difference between a usual and a rare rendering.
const EUROPEAN: f32 = 4.0;

/// Two consonants in a row are less usual than a vowel between that is not written.
const CLUSTER: f32 = 1.5;

/// The consonants an Arabic or Persian letter stands for in names of these languages; the empty
/// one for letters that may be a vowel.
fn own_sounds(c: char) -> &'static [&'static str] {
    match c {
        'ب' => &["b"],
        'پ' => &["p"],
        'ت' | 'ط' => &["t"],
        'ث' => &["th"],
        'ج' => &["j"],
        'چ' => &["ch"],
        'ح' => &["h"],
        'خ' => &["kh"],
        'د' | 'ض' => &["d"],
        'ذ' => &["dh"],
        'ر' => &["r"],
        'ز' => &["z"],
        'ژ' => &["zh"],
        'س' | 'ص' => &["s"],
        'ش' => &["sh"],
        'ظ' => &["z", "dh"],
        'غ' => &["gh"],
        'ف' => &["f"],
        'ق' => &["q"],
        'ك' => &["k"],
        'گ' => &["g"],
        'ل' => &["l"],
        'م' => &["m"],
        'ن' => &["n"],
        'ه' | 'ة' => &["h", ""],
        'و' => &["w", ""],
        'ي' | 'ى' => &["y", ""],
        _ => &[""],
    }
}

/// Consonants with `a` between, long vowels as written: a guess that keeps the skeleton.
fn by_rule(word: &str) -> String {
    let letters: Vec<char> = word.chars().collect();
    let mut out = String::new();
    for (i, c) in letters.iter().enumerate() {
        let first = i == 0;
        let last = i + 1 == letters.len();
        let vowel_before = out.ends_with(['a', 'i', 'u', 'o', 'e']);
        let piece = match c {
            'ا' | 'ع' => "a",
            'ب' => "b",
            'پ' => "p",
            'ت' | 'ط' => "t",
            'ث' => "th",
            'ج' => "j",
            'چ' => "ch",
            'ح' | 'ه' if last => "h",
            'ح' | 'ه' => "h",
            'خ' => "kh",
            'د' | 'ض' => "d",
            'ذ' => "dh",
            'ر' => "r",
            'ز' | 'ظ' => "z",
            'ژ' => "zh",
            'س' | 'ص' => "s",
            'ش' => "sh",
            'غ' => "gh",
            'ف' => "f",
            'ق' => "q",
            'ك' => "k",
            'گ' => "g",
            'ل' => "l",
            'م' => "m",
            'ن' => "n",
            'و' if first => "w",
            'و' if vowel_before => "w",
            'و' => "u",
            'ي' if first || vowel_before => "y",
            'ي' => "i",
            _ => "",
        };
        let consonant = piece.starts_with(|p: char| !matches!(p, 'a' | 'i' | 'u'));
        // before the last letter of a cluster, as in CaCaC
        if consonant && !first && !vowel_before && !out.is_empty() && !piece.is_empty() {
            out.push('a');
        }
        if !(piece == "a" && out.ends_with('a')) {
            out.push_str(piece);
        }
    }
    out
}
