//! Words that are known: legal forms, titles, particles, generic words, numbers, places, short
//! forms, names that stand for one another, and how common a word is.
//!
//! Promises: the tables are part of the build, written by us, read once on first use; a look-up is
//! one or a few hash probes on folded words; a word in no table is simply not known. `Additions`
//! takes a user's own equivalents and stop words, with an error that names the line.
//!
//! Not here: which sort of name a table applies to and what a word then weighs (`analyse`).

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::fold::fold;
use crate::similar::{MAX_LETTERS, is_near, osa, similarity, sound_key};

mod equivalence;
mod number;
mod user;

pub use equivalence::{Equivalent, Strength, equivalence, equivalents};
pub use number::{number_value, roman_value};
pub use user::{Additions, BadLine};

/// A legal form found at the start of a row of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LegalForm {
    /// `llc`, `ltd`, `plc`, `jsc`, `corp`, `co`, `partnership`, `foundation`, `trust`, `association`,
    /// `cooperative`, `state_enterprise`, `branch`, `sole`, `freezone`, `holding`, `group`, `bank`,
    /// `institute`, `fund` or `ngo`.
    pub class: &'static str,
    /// Words it takes up.
    pub words: usize,
    /// False for one or two Latin letters (`as`, `co`, `pt`), which are also words and initials:
    /// they are a legal form only at the edge of a name.
    pub is_sure: bool,
}

/// A word many organisations carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generic {
    /// The English word it stands for: `bank` for `banque`, `銀行`.
    pub canonical: &'static str,
    /// Whether it tells next to nothing (`group`) or the line of business (`bank`).
    pub weight: GenericWeight,
}

/// How little a generic word identifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GenericWeight {
    /// Next to nothing: company, group, international.
    Low,
    /// The line of business: bank, shipping.
    Medium,
}

/// Phrases of several words, the longest first, behind their first word.
type Phrases = FxHashMap<String, Vec<(Vec<String>, &'static str)>>;

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'))
}

/// Folds a word of a table as names are folded: marks and case gone, apostrophes and dots too.
fn key(word: &str) -> String {
    let mut folded = fold(word);
    folded.retain(|c| !matches!(c, '.' | '\'' | '"' | '(' | ')'));
    folded
}

fn add_phrase(phrases: &mut Phrases, phrase: &str, separator: char, value: &'static str) {
    let folded = key(phrase);
    let mut words = folded.split([separator, ' ', '-']).filter(|w| !w.is_empty());
    if let Some(first) = words.next() {
        let rest: Vec<String> = words.map(str::to_string).collect();
        let row = phrases.entry(first.to_string()).or_default();
        if !row.iter().any(|(known, _)| *known == rest) {
            row.push((rest, value));
        }
    }
}

fn longest_first(phrases: &mut Phrases) {
    for row in phrases.values_mut() {
        row.sort_by_key(|(rest, _)| std::cmp::Reverse(rest.len()));
    }
}

fn find<T: AsRef<str>>(phrases: &Phrases, words: &[T]) -> Option<(usize, &'static str)> {
    let (first, after) = words.split_first()?;
    for (rest, value) in phrases.get(first.as_ref())? {
        if after.len() >= rest.len() && rest.iter().zip(after).all(|(a, b)| a == b.as_ref()) {
            return Some((rest.len() + 1, value));
        }
    }
    None
}

fn legal_forms() -> &'static Phrases {
    static TABLE: OnceLock<Phrases> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut phrases = Phrases::default();
        for line in lines(include_str!("../data/legal_forms.tsv")) {
            if let Some((class, spellings)) = line.split_once('\t') {
                for spelling in spellings.split('|') {
                    add_phrase(&mut phrases, spelling, ' ', class);
                }
            }
        }
        longest_first(&mut phrases);
        phrases
    })
}

/// A word of a legal form in the table's spelling, if `word` is long and nearly one
/// (`aktiengeselschaft`, `ogranichennoi`); the word itself if not.
pub fn legal_word(word: &str) -> &str {
    static TABLE: OnceLock<FxHashMap<String, Vec<&'static str>>> = OnceLock::new();
    if word.len() < LONG_WORD || word.len() > MAX_LETTERS || !word.is_ascii() {
        return word;
    }
    let table = TABLE.get_or_init(|| {
        let mut by_sound: FxHashMap<String, Vec<&'static str>> = FxHashMap::default();
        for (first, rows) in legal_forms() {
            for part in rows.iter().flat_map(|(rest, _)| rest).chain([first]) {
                if part.len() >= LONG_WORD && part.is_ascii() {
                    let row = by_sound.entry(sound_key(part)).or_default();
                    if !row.contains(&part.as_str()) {
                        row.push(part);
                    }
                }
            }
        }
        by_sound.values_mut().for_each(|row| row.sort_unstable());
        by_sound
    });
    if let Some(row) = table.get(&sound_key(word)) {
        if row.contains(&word) {
            return word;
        }
        let alike = row.iter().map(|known| (similarity(word, known), *known));
        if let Some((_, known)) =
            alike.filter(|(share, _)| *share >= NEARLY).max_by_key(|(share, known)| (*share, std::cmp::Reverse(*known)))
        {
            return known;
        }
    }
    // a letter too many or too few among the consonants: the few words that every company carries
    let slip = |form: &&&str| word.len().abs_diff(form.len()) <= 1 && is_near(word.as_bytes(), form.as_bytes());
    let one = |form: &&&str| osa(word.as_bytes(), form.as_bytes()) == 1;
    COMMON_FORMS.iter().filter(slip).find(one).map_or(word, |form| form)
}

/// Long words of legal forms in which a slip is worth looking for whatever its sound.
const COMMON_FORMS: [&str; 8] = [
    "company",
    "limited",
    "corporation",
    "incorporated",
    "companies",
    "aktiengesellschaft",
    "gesellschaft",
    "sociedad",
];

/// Letters from which a slip in a word of a legal form is told from another word.
const LONG_WORD: usize = 7;

/// Similarity of a slip, in 1/1024.
const NEARLY: u16 = 880;

/// The longest legal form that the words start with, as folded words (`sp z oo`, `ооо`).
pub fn legal_form<T: AsRef<str>>(words: &[T]) -> Option<LegalForm> {
    let (used, class) = find(legal_forms(), words)?;
    let short = used == 1 && words.first().is_some_and(|w| w.as_ref().len() <= 2 && w.as_ref().is_ascii());
    Some(LegalForm { class, words: used, is_sure: !short })
}

/// Cuts a legal form off a word written without blanks: `華為技術` and `ltd` of `華為技術有限公司`.
pub fn cut_legal_form(word: &str) -> Option<(&str, &'static str)> {
    if word.is_ascii() {
        return None;
    }
    let phrases = legal_forms();
    let class = |part: &str| phrases.get(part)?.iter().find(|(rest, _)| rest.is_empty()).map(|(_, class)| *class);
    // from both ends, the longest form first; something must be left
    for (at, _) in word.char_indices().skip(1).take(8) {
        if let Some((stem, form)) = word.split_at_checked(at).filter(|(_, form)| form.chars().nth(1).is_some())
            && let Some(class) = class(form)
        {
            return Some((stem, class));
        }
    }
    let ends: Vec<usize> = word.char_indices().map(|(at, _)| at).filter(|at| *at > 0).collect();
    for at in ends.iter().copied() {
        if let Some((stem, form)) = word.split_at_checked(at).filter(|(_, form)| form.chars().nth(1).is_some())
            && let Some(class) = class(form)
        {
            return Some((stem, class));
        }
    }
    for at in ends.into_iter().rev() {
        if let Some((form, stem)) = word.split_at_checked(at).filter(|(form, _)| form.chars().nth(1).is_some())
            && let Some(class) = class(form)
        {
            return Some((stem, class));
        }
    }
    None
}

/// Splits a table of `value<TAB>word word …` into a map from folded word to value; the first value
/// of a word stands.
fn word_map(text: &'static str) -> FxHashMap<String, &'static str> {
    let mut map = FxHashMap::default();
    for line in lines(text) {
        if let Some((value, words)) = line.split_once('\t') {
            for word in words.split(' ').filter(|w| !w.is_empty()) {
                map.entry(key(word)).or_insert(value);
            }
        }
    }
    map
}

/// What sort of title a folded word is: `civil`, `honorific`, `religious`, `academic`, `military`,
/// `political`, `noble`, `generation` (Jr), `nautical` (MV) or `alias` (aka).
pub fn title(word: &str) -> Option<&'static str> {
    static TABLE: OnceLock<FxHashMap<String, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| word_map(include_str!("../data/titles.tsv"))).get(word).copied()
}

/// Whether a folded word is a title of any sort.
pub fn is_title(word: &str) -> bool {
    title(word).is_some()
}

/// What sort of particle a folded word is: `article` (al), `patronymic` (bin), `kunya` (abu),
/// `nobiliary` (von), `connective` (and) or `name` (din).
pub fn particle(word: &str) -> Option<&'static str> {
    static TABLE: OnceLock<FxHashMap<String, &'static str>> = OnceLock::new();
    TABLE.get_or_init(|| word_map(include_str!("../data/particles.tsv"))).get(word).copied()
}

/// The full word of a folded short form in organisation names: `intl` is `international`. British
/// spellings become American ones: `organisation`, `centre`.
pub fn abbreviation(word: &str) -> Option<&'static str> {
    static TABLE: OnceLock<FxHashMap<String, &'static str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut map = FxHashMap::default();
        for line in lines(include_str!("../data/abbreviations.tsv")) {
            if let Some((short, long)) = line.split_once('\t') {
                map.entry(key(short)).or_insert(long);
            }
        }
        map
    });
    table.get(word).copied()
}

/// The American spelling of a British word by rule; None if the word is already American.
pub fn american(word: &str) -> Option<String> {
    const ENDINGS: &[(&str, &str)] = &[
        ("isation", "ization"),
        ("isations", "izations"),
        ("ising", "izing"),
        ("ised", "ized"),
        ("yse", "yze"),
        ("ogue", "og"),
        ("bour", "bor"),
        ("bours", "bors"),
        ("lour", "lor"),
        ("lours", "lors"),
        ("vour", "vor"),
        ("mour", "mor"),
        ("nour", "nor"),
        ("centre", "center"),
        ("centres", "centers"),
        ("metre", "meter"),
        ("theatre", "theater"),
        ("fibre", "fiber"),
        ("fibres", "fibers"),
        ("defence", "defense"),
        ("programme", "program"),
        ("programmes", "programs"),
        ("jewellery", "jewelry"),
        ("aluminium", "aluminum"),
        ("travellers", "travelers"),
        ("tyre", "tire"),
        ("tyres", "tires"),
        ("cheque", "check"),
        ("grey", "gray"),
        ("plough", "plow"),
        ("paediatric", "pediatric"),
        ("aeroplane", "airplane"),
    ];
    if !word.is_ascii() || word.len() < 4 {
        return None;
    }
    ENDINGS.iter().find_map(|(british, american)| {
        let stem = word.strip_suffix(british)?;
        // `four`, `tour`, `harbour` and names such as Seymour keep to words of some length
        (stem.len() >= 2 || stem.is_empty()).then(|| format!("{stem}{american}"))
    })
}

/// The generic word a folded word stands for, in any of the languages of the table.
pub fn generic(word: &str) -> Option<Generic> {
    static TABLE: OnceLock<FxHashMap<String, Generic>> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut map = FxHashMap::default();
        for line in lines(include_str!("../data/generic.tsv")) {
            let mut fields = line.split('\t');
            let (Some(weight), Some(canonical), Some(forms)) = (fields.next(), fields.next(), fields.next()) else {
                continue;
            };
            let weight = if weight == "low" { GenericWeight::Low } else { GenericWeight::Medium };
            for form in std::iter::once(canonical).chain(forms.split(' ')).filter(|f| !f.is_empty()) {
                map.entry(key(form)).or_insert(Generic { canonical, weight });
            }
        }
        map
    });
    table.get(word).copied()
}

/// How little a folded word identifies an organisation; None if it is not generic.
pub fn generic_weight(word: &str) -> Option<GenericWeight> {
    generic(word).map(|g| g.weight)
}

/// The place that the words start with: how many words it takes and its canonical word, a country
/// code for countries and their adjectives (`ru` for Russian, rossii), the English name of a city.
pub fn place<T: AsRef<str>>(words: &[T]) -> Option<(usize, &'static str)> {
    static TABLE: OnceLock<Phrases> = OnceLock::new();
    let table = TABLE.get_or_init(|| {
        let mut phrases = Phrases::default();
        for line in lines(include_str!("../data/places.tsv")) {
            if let Some((canonical, names)) = line.split_once('\t') {
                if canonical.len() > 2 {
                    add_phrase(&mut phrases, canonical, ' ', canonical);
                }
                for name in names.split(' ') {
                    add_phrase(&mut phrases, name, '_', canonical);
                }
            }
        }
        longest_first(&mut phrases);
        phrases
    });
    find(table, words)
}

/// How common a folded Latin word is in names the world over, in steps of about two: 0 for a word
/// not in the table (rare), up to 12 for `mohammed`, `maria`, `wang`.
pub fn frequency(word: &str) -> u8 {
    static TABLE: OnceLock<FxHashMap<String, &'static str>> = OnceLock::new();
    let table = TABLE.get_or_init(|| word_map(include_str!("../data/frequency.tsv")));
    table.get(word).and_then(|bucket| bucket.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Option<(&'static str, usize)> {
        let words: Vec<&str> = text.split(' ').collect();
        legal_form(&words).map(|f| (f.class, f.words))
    }

    #[test]
    fn legal_forms_longest_first() {
        assert_eq!(form("limited liability company"), Some(("llc", 3)));
        assert_eq!(form("limited"), Some(("ltd", 1)));
        assert_eq!(form("sp z oo"), Some(("llc", 3)));
        assert_eq!(form("ооо"), Some(("llc", 1)));
        assert_eq!(form("public joint stock company rosneft"), Some(("jsc", 4)));
        assert_eq!(form("gmbh and co kg"), Some(("partnership", 4)));
        assert_eq!(form("gazprom"), None);
        assert_eq!(legal_form(&["as"]).map(|f| f.is_sure), Some(false));
        assert_eq!(legal_form::<&str>(&[]), None);
    }

    #[test]
    fn forms_are_cut_off_run_on_words() {
        assert_eq!(cut_legal_form("华为技术有限公司"), Some(("华为技术", "ltd")));
        assert_eq!(cut_legal_form("中国石油股份有限公司"), Some(("中国石油", "jsc")));
        assert_eq!(cut_legal_form("株式会社日立"), Some(("日立", "jsc")));
        assert_eq!(cut_legal_form("주식회사삼성"), Some(("삼성", "jsc")));
        assert_eq!(cut_legal_form("日立"), None);
        assert_eq!(cut_legal_form("gmbh"), None);
    }

    #[test]
    fn words_of_each_table() {
        assert_eq!(title("sheikh"), Some("religious"));
        assert_eq!(title("mv"), Some("nautical"));
        assert_eq!(particle("bin"), Some("patronymic"));
        assert_eq!(particle("von"), Some("nobiliary"));
        assert_eq!(abbreviation("intl"), Some("international"));
        assert_eq!(american("organisation").as_deref(), Some("organization"));
        assert_eq!(american("labour").as_deref(), Some("labor"));
        assert_eq!(american("four"), None);
        assert_eq!(generic("銀行").map(|g| g.canonical), Some("bank"));
        assert_eq!(generic_weight("trading"), Some(GenericWeight::Low));
        assert_eq!(place(&["rossii"]), Some((1, "ru")));
        assert_eq!(place(&["hong", "kong", "bank"]), Some((2, "hk")));
        assert_eq!(place(&["saint", "petersburg"]), Some((2, "saint petersburg")));
        assert_eq!(place(&["acme"]), None);
        assert!(frequency("maria") > frequency("zebulon"));
    }
}
