//! Chinese characters: a name may be Chinese, Japanese, Korean or a foreign name spelt by sound;
//! nothing in the token says which, so each plausible reading is one form.

use std::sync::OnceLock;

use pinyin::{ToPinyin, ToPinyinMulti};
use rustc_hash::FxHashMap;

use super::lexicon::{FOREIGN, Lexicon};
use super::{Forms, MAX_FORMS};
use crate::phonetic;
use crate::script::Script;

static FAMILY: Lexicon = Lexicon::new(include_str!("../../data/kanji_family.tsv"));
static GIVEN: Lexicon = Lexicon::new(include_str!("../../data/kanji_given.tsv"));

/// Longest Chinese personal name written as one token: two-character family and given name.
const LONGEST_NAME: usize = 4;

/// Longer runs are sentences: one reading, so that time stays linear.
const LONGEST_RUN: usize = 16;

struct Surname {
    pinyin: &'static str,
    others: &'static str,
    korean: &'static str,
}

struct Reading {
    cantonese: &'static str,
    korean: &'static str,
}

fn surnames() -> &'static FxHashMap<&'static str, Surname> {
    static MAP: OnceLock<FxHashMap<&'static str, Surname>> = OnceLock::new();
    MAP.get_or_init(|| {
        let mut map = FxHashMap::default();
        for line in include_str!("../../data/han_surnames.tsv").lines().filter(|l| !l.starts_with('#')) {
            let mut fields = line.split('\t');
            let (Some(written), Some(pinyin)) = (fields.next(), fields.next()) else { continue };
            let others = fields.next().unwrap_or_default();
            let korean = fields.next().unwrap_or_default();
            for chars in written.split(' ') {
                map.entry(chars).or_insert(Surname { pinyin, others, korean });
            }
        }
        map
    })
}

fn readings() -> &'static FxHashMap<char, Reading> {
    static MAP: OnceLock<FxHashMap<char, Reading>> = OnceLock::new();
    MAP.get_or_init(|| {
        let mut map = FxHashMap::default();
        for line in include_str!("../../data/han_readings.tsv").lines().filter(|l| !l.starts_with('#')) {
            let mut fields = line.split('\t');
            let (Some(written), Some(cantonese), Some(korean)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            for c in written.chars().filter(|c| *c != ' ') {
                map.entry(c).or_insert(Reading { cantonese, korean });
            }
        }
        map
    })
}

pub(super) fn forms(token: &str, forms: &mut Forms<'_>) {
    let alternatives = han_name(token);
    if alternatives.is_empty() {
        forms.push(&pinyin(token));
    }
    for tokens in alternatives {
        forms.push(&tokens.join(" "));
    }
}

/// The plausible readings of a run of characters as romanised tokens, best first: Japanese if both
/// halves are known Japanese names, Mandarin, foreign name by sound, Hong Kong, Taiwan, Korean.
pub fn han_name(token: &str) -> Vec<Vec<String>> {
    let chars: Vec<char> = token.chars().filter(|c| Script::of(*c) == Script::Han).collect();
    let mut out: Vec<Vec<String>> = Vec::new();
    let mut add = |tokens: Vec<String>| {
        let tokens: Vec<String> = tokens.into_iter().filter(|t| !t.is_empty()).collect();
        if !tokens.is_empty() && out.len() < MAX_FORMS && !out.contains(&tokens) {
            out.push(tokens);
        }
    };
    let text: String = chars.iter().collect();
    if chars.len() > LONGEST_RUN {
        add(vec![pinyin(&text)]);
        return out;
    }
    for form in FOREIGN.get(&text).into_iter().flatten() {
        add(vec![form.to_string()]);
    }
    for tokens in japanese(&text) {
        add(tokens);
    }
    let split = surname_split(&text).filter(|_| chars.len() <= LONGEST_NAME);
    let foreign = by_sound(&text, chars.len());
    // four characters with a one-character family name are rarely Chinese
    let looks_chinese = split.is_some_and(|(family, given)| given.chars().count() <= 2 && !family.is_empty());
    if !looks_chinese && let Some(best) = foreign.first() {
        add(vec![best.clone()]);
    }
    if let Some((family, given)) = split
        && let Some(name) = surnames().get(family)
    {
        let korean = korean(name, given);
        let is_korean_first = matches!(family, "金" | "朴" | "崔" | "權" | "裴" | "具" | "玄" | "卞" | "表");
        if is_korean_first {
            for tokens in korean.iter().take(2) {
                add(tokens.clone());
            }
        }
        let given_pinyin = pinyin(given);
        add(vec![name.pinyin.to_string(), given_pinyin.clone()]);
        if given.is_empty() {
            // a family name alone: its other spellings are all there is to say
            for other in name.others.split(' ').chain(name.korean.split(' ').take(1)).filter(|o| !o.is_empty()) {
                add(vec![other.replace('_', " ")]);
            }
        }
        if let Some(tokens) = cantonese(name, given) {
            add(tokens);
        }
        if let Some(other) = name.others.split(' ').next().filter(|o| !o.is_empty()) {
            add(vec![other.replace('_', " "), wade_giles(given)]);
        }
        add(vec![wade_giles_syllable(name.pinyin), wade_giles(given)]);
        if !is_korean_first {
            for tokens in korean.into_iter().take(1) {
                add(tokens);
            }
        }
        for other in name.others.split(' ').skip(1).filter(|o| !o.is_empty()) {
            add(vec![other.replace('_', " "), given_pinyin.clone()]);
        }
    } else {
        add(vec![pinyin(&text)]);
    }
    for form in foreign.into_iter().take(2) {
        add(vec![form]);
    }
    if chars.len() == 1 {
        // a given name alone has the common reading, not that of the family name
        add(vec![pinyin(&text)]);
    }
    out
}

/// The family name at the start and the rest; two-character family names first.
fn surname_split(text: &str) -> Option<(&str, &str)> {
    for length in [4, 2, 1] {
        let end = text.char_indices().nth(length).map_or(text.len(), |(i, _)| i);
        if text.chars().nth(length.saturating_sub(1)).is_some()
            && let Some((family, given)) = text.split_at_checked(end)
            && surnames().contains_key(family)
        {
            return Some((family, given));
        }
    }
    None
}

fn japanese(text: &str) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    if let Some(found) = FAMILY.get(text) {
        // one character may as well be a Chinese family name
        if text.chars().count() > 1 {
            out.extend(found.take(2).map(|f| vec![f.to_string()]));
        }
    }
    if text.chars().count() > 1
        && let Some(found) = GIVEN.get(text)
    {
        out.extend(found.take(2).map(|f| vec![f.to_string()]));
    }
    for (at, _) in text.char_indices().skip(1) {
        let Some((family, given)) = text.split_at_checked(at) else { continue };
        if let (Some(families), Some(givens)) = (FAMILY.get(family), GIVEN.get(given)) {
            // 林明 is more likely Chinese than Japanese: short splits do not come first
            if text.chars().count() < 3 && surnames().contains_key(family) {
                continue;
            }
            for f in families.take(1) {
                out.extend(givens.clone().take(2).map(|g| vec![f.to_string(), g.to_string()]));
            }
        }
    }
    out.truncate(3);
    out
}

/// The Mandarin reading of each character, joined.
fn pinyin(text: &str) -> String {
    text.chars().map(syllable).collect()
}

fn syllable(c: char) -> String {
    match c.to_pinyin() {
        Some(reading) => clean(reading.plain()),
        None => match c.to_pinyin_multi().and_then(|m| m.into_iter().next()) {
            Some(reading) => clean(reading.plain()),
            None => any_ascii::any_ascii_char(c).to_ascii_lowercase(),
        },
    }
}

fn clean(reading: &str) -> String {
    // passports before 2012 wrote `lv`, later ones `lyu`; lists mostly write `lu`
    reading.replace(['ü', 'v'], "u")
}

fn cantonese(name: &Surname, given: &str) -> Option<Vec<String>> {
    let family = name.others.split(' ').next().filter(|o| !o.is_empty())?;
    let given: Option<Vec<&str>> =
        given.chars().map(|c| readings().get(&c).and_then(|r| r.cantonese.split(' ').next())).collect();
    given.map(|syllables| vec![family.replace('_', " "), syllables.concat()])
}

fn korean(name: &Surname, given: &str) -> Vec<Vec<String>> {
    let syllables: Option<Vec<&str>> = given.chars().map(|c| readings().get(&c).map(|r| r.korean)).collect();
    let Some(syllables) = syllables.filter(|s| !s.is_empty()) else { return Vec::new() };
    let Some(family) = name.korean.split(' ').next().filter(|k| !k.is_empty()) else { return Vec::new() };
    [0, 1]
        .into_iter()
        .map(|rank| {
            let given: String = syllables
                .iter()
                .map(|s| s.split(' ').nth(rank).or_else(|| s.split(' ').next()).unwrap_or_default())
                .collect();
            vec![family.to_string(), given]
        })
        .collect()
}

/// Taiwan's spelling of given names.
fn wade_giles(given: &str) -> String {
    given.chars().map(|c| wade_giles_syllable(&syllable(c))).collect()
}

fn wade_giles_syllable(pinyin: &str) -> String {
    const INITIALS: &[(&str, &str)] = &[
        ("zh", "ch"),
        ("ch", "ch"),
        ("sh", "sh"),
        ("b", "p"),
        ("p", "p"),
        ("d", "t"),
        ("t", "t"),
        ("g", "k"),
        ("k", "k"),
        ("j", "ch"),
        ("q", "ch"),
        ("x", "hs"),
        ("z", "ts"),
        ("c", "ts"),
        ("r", "j"),
    ];
    let (initial, rest) = INITIALS
        .iter()
        .find_map(|(from, to)| pinyin.strip_prefix(from).map(|rest| (*to, rest)))
        .unwrap_or(("", pinyin));
    let rest = match rest {
        "ong" => "ung",
        "ian" => "ien",
        "ie" => "ieh",
        "ue" => "ueh",
        "uo" if matches!(initial, "k" | "") => "uo",
        "uo" => "o",
        "ui" if initial == "k" => "uei",
        "e" if matches!(initial, "k" | "h") => "o",
        "i" if matches!(pinyin, "zhi" | "chi" | "shi" | "ri") => "ih",
        "i" if matches!(pinyin, "zi" | "ci" | "si") => "u",
        "yi" => "i",
        "yan" => "yen",
        "ye" => "yeh",
        "you" => "yu",
        "he" => "ho",
        "luo" => "lo",
        "lian" => "lien",
        "mian" => "mien",
        "nian" => "nien",
        "long" => "lung",
        "hong" => "hung",
        "song" => "sung",
        "yong" => "yung",
        other => other,
    };
    format!("{initial}{rest}")
}

/// Characters as the sounds of a foreign name.
fn by_sound(text: &str, length: usize) -> Vec<String> {
    if length < 2 { Vec::new() } else { phonetic::beam(Script::Han, text, 2) }
}
