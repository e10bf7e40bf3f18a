//! Countries and territories by ISO 3166-1 code, read from codes and from the names publishers use.
//!
//! Promises: a code or name is read only if the table has it, so every `Country` has a name;
//! a text that may mean two countries (`Korea`, `Congo`, `Virgin Islands`) is not read at all.
//!
//! Not here: regions within a country, and what a jurisdiction's law says.

use std::collections::HashMap;
use std::fmt;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

const TABLE: &str = include_str!("../data/countries.tsv");

/// No name of the table is longer; longer texts are not looked at, whatever their length.
const LONGEST_NAME_BYTES: usize = 200;

/// Words that carry no identity in a country's name, in the languages of the table.
const EMPTY_WORDS: [&str; 16] =
    ["the", "of", "and", "de", "d", "del", "des", "du", "la", "le", "les", "los", "et", "y", "und", "der"];

/// An ISO 3166-1 alpha-2 code, in lower case; also `eu`, `xk` (Kosovo) and codes withdrawn
/// since 1974 that old listings still carry (`su`, `yu`, `dd`, `cs`, `zr`, `bu`, `yd`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Reads an alpha-2 or alpha-3 code or a name, in any case and word order, with or without
    /// accents and "The"; English with demonyms, and other languages where lists use them.
    /// None if the text names no country we know, or more than one: the caller keeps the text.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST_NAME_BYTES {
            return None;
        }
        let table = table();
        if let Ok([a, b]) = <[u8; 2]>::try_from(text.as_bytes()) {
            let code = [a.to_ascii_lowercase(), b.to_ascii_lowercase()];
            if table.names.contains_key(&code) {
                return Some(Self(code));
            }
        }
        table.by_key.get(&key(text)).copied()
    }

    /// The code, as `kp`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    /// The short English name, as `North Korea`.
    pub fn name(&self) -> &'static str {
        table().names.get(&self.0).copied().unwrap_or("unknown country")
    }

    /// The two bytes of the code, for compact storage.
    pub fn bytes(&self) -> [u8; 2] {
        self.0
    }

    /// Every country of the table, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        let mut codes: Vec<_> = table().names.keys().copied().map(Self).collect();
        codes.sort_unstable();
        codes.into_iter()
    }
}

struct Table {
    names: HashMap<[u8; 2], &'static str>,
    by_key: HashMap<String, Country>,
}

fn table() -> &'static Table {
    static TABLE_ONCE: OnceLock<Table> = OnceLock::new();
    TABLE_ONCE.get_or_init(|| {
        let mut names = HashMap::new();
        let mut by_key = HashMap::new();
        for (country, name, text) in rows(TABLE) {
            names.entry(country.0).or_insert(name);
            by_key.insert(key(text), country);
        }
        Table { names, by_key }
    })
}

// One item for each text that names a country: its alpha-3 code, its name, each other name.
fn rows(table: &'static str) -> impl Iterator<Item = (Country, &'static str, &'static str)> {
    table.lines().filter(|line| !line.starts_with('#')).flat_map(|line| {
        let mut fields = line.split('\t');
        let code = fields.next().and_then(|code| <[u8; 2]>::try_from(code.as_bytes()).ok());
        let (alpha3, name, others) = (fields.next(), fields.next().unwrap_or(""), fields.next().unwrap_or(""));
        let texts = alpha3.into_iter().chain([name]).chain(others.split(';')).filter(|text| !text.is_empty());
        code.into_iter().flat_map(move |code| texts.clone().map(move |text| (Country(code), name, text)))
    })
}

// Letters and digits in lower case without marks, `St` as `Saint`, words sorted: "Korea, North"
// and "North Korea" are one key.
fn key(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    if text.is_ascii() {
        // Most texts: nothing to decompose.
        text.chars().for_each(|c| fold(c.to_ascii_lowercase(), &mut folded));
    } else {
        text.nfkd().flat_map(char::to_lowercase).for_each(|c| fold(c, &mut folded));
    }
    let all: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty() && *word != "region").collect();
    let mut words: Vec<&str> = all.iter().copied().filter(|word| !EMPTY_WORDS.contains(word)).collect();
    if words.is_empty() {
        words = all;
    }
    for word in &mut words {
        if *word == "st" {
            *word = "saint";
        }
    }
    words.sort_unstable();
    words.join(" ")
}

fn fold(c: char, folded: &mut String) {
    match c {
        'ı' => folded.push('i'),
        'ß' => folded.push_str("ss"),
        '\'' | '’' | '‘' | 'ʼ' | '.' => {}
        c if c.is_alphanumeric() => folded.push(c),
        c if is_combining_mark(c) => {}
        _ => folded.push(' '),
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no country code")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_names_two_countries() {
        let mut seen: HashMap<String, (Country, &str)> = HashMap::new();
        for (country, _, text) in rows(TABLE) {
            if let Some((other, first)) = seen.insert(key(text), (country, text)) {
                assert_eq!(other, country, "`{text}` and `{first}`");
            }
        }
        assert!(TABLE.lines().filter(|l| !l.starts_with('#')).all(|l| l.split('\t').count() == 4));
        // 249 of ISO 3166-1, xk, eu, nine withdrawn.
        assert_eq!(Country::all().count(), 260);
    }

    #[test]
    fn reads_what_lists_write() {
        for (text, code) in [
            ("kp", "kp"),
            ("PRK", "kp"),
            ("Korea, North", "kp"),
            ("Democratic People's Republic of Korea", "kp"),
            ("DEMOCRATIC PEOPLE’S REPUBLIC OF KOREA", "kp"),
            ("Korea, Democratic People's Republic of", "kp"),
            ("Северная Корея", "kp"),
            ("Republic of Korea", "kr"),
            ("Iran (Islamic Republic of)", "ir"),
            ("The Russian Federation", "ru"),
            ("Cote d'Ivoire", "ci"),
            ("Burma", "mm"),
            ("Congo, Democratic Republic of the", "cd"),
            ("Congo, Republic of the", "cg"),
            ("Region: Crimea", "ua"),
            ("UK", "gb"),
            ("British", "gb"),
            ("el", "gr"),
            ("St. Kitts and Nevis", "kn"),
            ("Saint Vincent & the Grenadines", "vc"),
            ("TÜRKIYE", "tr"),
            ("Türkiye", "tr"),
            ("Nigerien", "ne"),
            ("Kosovo", "xk"),
            ("USSR", "su"),
            ("de", "de"),
            ("la", "la"),
            ("El Salvador", "sv"),
            ("中国", "cn"),
            ("إيران", "ir"),
        ] {
            assert_eq!(Country::parse(text).map(|c| c.code().to_owned()).as_deref(), Some(code), "`{text}`");
        }
        assert_eq!(Country::parse("prk").map(|c| c.name()), Some("North Korea"));
    }

    #[test]
    fn does_not_guess() {
        let long = "x".repeat(1_000_000);
        for text in [
            "",
            " ",
            "Korea",
            "Korean",
            "Congo",
            "Congolese",
            "Dominican",
            "Virgin Islands",
            "zz",
            "xx",
            "00",
            "the",
            "Atlantis",
            "undetermined",
            "Island",
            &long,
        ] {
            assert_eq!(Country::parse(text), None, "`{}`", &text[..text.len().min(20)]);
        }
        assert!(serde_json::from_str::<Country>("\"zz\"").is_err());
    }
}
