//! Makes a variant of a name: as typists, clerks, scanners and other transliterations write it.
//!
//! Promises: depends on the name, the kind of entity and the numbers drawn alone; a variant always
//! differs from the name; a name that a variation cannot be applied to gives none.
//!
//! Not here: choosing the names and measuring (`variants`).

use interdict_model::Kind;
use interdict_names::fold::fold;

use super::random::Random;

/// A way in which a written name departs from the listed one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, clap::ValueEnum)]
pub enum Variation {
    /// Another letter in the place of one
    Substitute,
    /// A letter too many
    Insert,
    /// A letter missing
    Delete,
    /// Two neighbouring letters swapped
    Swap,
    /// Words in another order
    Order,
    /// Two words written as one
    Joined,
    /// A word written as two
    Split,
    /// Another transliteration: y for i, kh for h, ou for u
    Transliteration,
    /// A double letter single, a single one doubled
    Doubled,
    /// The last letters cut, as by a short field
    Cut,
    /// The legal form left out
    FormMissing,
    /// Another legal form
    FormChanged,
    /// A title before the name
    Title,
    /// A further name or word
    Added,
    /// A middle word left out
    Missing,
    /// Misread by a scanner: 0 for O, 1 for l, m for rn
    Ocr,
    /// Marks left out: é as e
    Marks,
    /// Upper and lower case
    Case,
    /// Hyphens, commas, apostrophes
    Punctuation,
}

use Variation as V;

impl Variation {
    /// Every variation, in the order of the tables.
    pub const ALL: [Self; 19] = [
        V::Substitute,
        V::Insert,
        V::Delete,
        V::Swap,
        V::Order,
        V::Joined,
        V::Split,
        V::Transliteration,
        V::Doubled,
        V::Cut,
        V::FormMissing,
        V::FormChanged,
        V::Title,
        V::Added,
        V::Missing,
        V::Ocr,
        V::Marks,
        V::Case,
        V::Punctuation,
    ];

    /// The word for it, as the tables and files write it.
    pub fn word(self) -> &'static str {
        match self {
            V::Substitute => "letter replaced",
            V::Insert => "letter added",
            V::Delete => "letter missing",
            V::Swap => "letters swapped",
            V::Order => "order of words",
            V::Joined => "words joined",
            V::Split => "word split",
            V::Transliteration => "transliteration",
            V::Doubled => "doubled letter",
            V::Cut => "end cut off",
            V::FormMissing => "legal form missing",
            V::FormChanged => "legal form changed",
            V::Title => "title added",
            V::Added => "word added",
            V::Missing => "middle word missing",
            V::Ocr => "scanner",
            V::Marks => "marks removed",
            V::Case => "case",
            V::Punctuation => "punctuation",
        }
    }

    /// A variant of a name.
    pub fn of(self, name: &str, kind: Kind, random: &mut Random) -> Option<String> {
        let words: Vec<&str> = name.split_whitespace().collect();
        let varied = match self {
            V::Substitute => letter(name, random, |letters, at, random| {
                let other = like(random_letter(random), letters[at]);
                letters[at] = other;
            }),
            V::Insert => letter(name, random, |letters, at, random| {
                let other = like(random_letter(random), letters[at]);
                letters.insert(at + 1, other);
            }),
            V::Delete => letter(name, random, |letters, at, _| {
                letters.remove(at);
            }),
            V::Swap => letter(name, random, |letters, at, _| {
                // The first letter of a name is the last that is mistyped; the pair lies after it where it can.
                if letters.get(at + 1).is_some_and(char::is_ascii_alphabetic) {
                    letters.swap(at, at + 1);
                }
            }),
            V::Order => order(&words, random),
            V::Joined => joined(&words, "", random),
            V::Split => split(name, random),
            V::Transliteration => replaced(name, &TRANSLITERATIONS, random),
            V::Doubled => doubled(name, random),
            V::Cut => cut(name, random),
            V::FormMissing => form(&words, kind).map(|at| without(&words, at)),
            V::FormChanged => form(&words, kind).and_then(|at| {
                let other = random.one_of(&FORMS)?;
                Some(with(&words, at, other))
            }),
            V::Title if kind == Kind::Person => random.one_of(&TITLES).map(|title| format!("{title} {name}")),
            V::Title => None,
            V::Added => added(&words, kind, random),
            V::Missing if words.len() >= 3 => Some(without(&words, 1 + random.below(words.len() - 2))),
            V::Missing => None,
            V::Ocr => replaced(name, &MISREAD, random),
            V::Marks => Some(unmarked(name)),
            V::Case => Some(other_case(name, random)),
            V::Punctuation => punctuation(name, &words, random),
        };
        varied.filter(|varied| varied != name && !varied.trim().is_empty())
    }
}

/// Pairs of spellings, either of which is written for the other. Ours, from how the lists' own
/// aliases differ.
const TRANSLITERATIONS: [(&str, &str); 30] = [
    ("y", "i"),
    ("i", "y"),
    ("kh", "h"),
    ("kh", "ch"),
    ("ou", "u"),
    ("u", "ou"),
    ("oo", "u"),
    ("ph", "f"),
    ("sh", "sch"),
    ("sch", "sh"),
    ("ch", "tch"),
    ("zh", "j"),
    ("j", "dj"),
    ("dj", "j"),
    ("ts", "tz"),
    ("ks", "x"),
    ("x", "ks"),
    ("w", "v"),
    ("v", "w"),
    ("ee", "i"),
    ("aa", "a"),
    ("q", "k"),
    ("k", "q"),
    ("gh", "g"),
    ("th", "t"),
    ("iy", "y"),
    ("ei", "ey"),
    ("ey", "ei"),
    ("e", "i"),
    ("o", "u"),
];

/// What scanners take for one another.
const MISREAD: [(&str, &str); 11] = [
    ("o", "0"),
    ("l", "1"),
    ("i", "1"),
    ("i", "l"),
    ("rn", "m"),
    ("m", "rn"),
    ("s", "5"),
    ("b", "8"),
    ("cl", "d"),
    ("vv", "w"),
    ("e", "c"),
];

/// Legal forms that are left out and exchanged.
const FORMS: [&str; 16] = [
    "LLC", "LTD", "LIMITED", "INC", "CORP", "CO", "GMBH", "AG", "SA", "SARL", "OOO", "JSC", "PJSC", "PLC", "FZE", "SRL",
];

const TITLES: [&str; 8] = ["Dr", "Mr", "Sheikh", "General", "Prof.", "Haji", "Eng.", "Colonel"];

const NAMES: [&str; 10] = ["Ali", "Maria", "Ivan", "Lee", "Peter", "Omar", "Anna", "Jose", "Hassan", "Chol"];

const WORDS: [&str; 8] =
    ["Group", "International", "Trading", "Global", "Holding", "Industries", "Services", "Company"];

/// Letters of a word that mistakes are made in: shorter words are rarely mistyped unseen.
const LONG_ENOUGH: usize = 4;

fn random_letter(random: &mut Random) -> char {
    char::from(b'a' + u8::try_from(random.below(26)).unwrap_or(0))
}

/// A letter in the case of another.
fn like(letter: char, other: char) -> char {
    if other.is_uppercase() { letter.to_ascii_uppercase() } else { letter }
}

/// Changes a name at one letter, not the first, of one of its longer words.
fn letter(name: &str, random: &mut Random, change: impl Fn(&mut Vec<char>, usize, &mut Random)) -> Option<String> {
    let mut letters: Vec<char> = name.chars().collect();
    let mut places = Vec::new();
    let mut start = 0;
    for run in letters.split(|c| !c.is_ascii_alphabetic()) {
        if run.len() >= LONG_ENOUGH {
            places.extend(start + 1..start + run.len());
        }
        start += run.len() + 1;
    }
    let at = *random.one_of(&places)?;
    change(&mut letters, at, random);
    Some(letters.into_iter().collect())
}

fn order(words: &[&str], random: &mut Random) -> Option<String> {
    let mut words: Vec<&str> =
        words.iter().map(|word| word.trim_matches(',')).filter(|word| !word.is_empty()).collect();
    if words.len() < 2 {
        return None;
    }
    if random.below(2) == 0 {
        words.reverse()
    } else {
        words.rotate_right(1)
    }
    Some(words.join(" "))
}

/// Two neighbouring words with something else than a blank between them.
fn joined(words: &[&str], with: &str, random: &mut Random) -> Option<String> {
    let at = random.below(words.len().checked_sub(1)?);
    let (before, after) = words.split_at_checked(at + 1)?;
    Some(format!("{}{with}{}", before.join(" "), after.join(" ")))
}

fn split(name: &str, random: &mut Random) -> Option<String> {
    let mut letters: Vec<char> = name.chars().collect();
    let inside = |at: &usize| (at - 3..at + 3).all(|i| letters.get(i).is_some_and(|c| c.is_alphabetic()));
    let places: Vec<usize> = (3..letters.len()).filter(inside).collect();
    letters.insert(*random.one_of(&places)?, ' ');
    Some(letters.into_iter().collect())
}

/// One of some spellings in the place of its other, in the case of what it replaces.
fn replaced(name: &str, pairs: &[(&str, &str)], random: &mut Random) -> Option<String> {
    let lower = name.to_ascii_lowercase();
    let mut places: Vec<(usize, &str, &str)> = Vec::new();
    for (from, to) in pairs {
        places.extend(lower.match_indices(from).map(|(at, _)| (at, *from, *to)));
    }
    let (at, from, to) = *random.one_of(&places)?;
    let (before, rest) = name.split_at_checked(at)?;
    let (found, after) = rest.split_at_checked(from.len())?;
    let upper = found.chars().all(|c| c.is_ascii_uppercase());
    let to = if upper { to.to_ascii_uppercase() } else { to.to_owned() };
    Some(format!("{before}{to}{after}"))
}

fn doubled(name: &str, random: &mut Random) -> Option<String> {
    let mut letters: Vec<char> = name.chars().collect();
    let same = |at: &usize| {
        letters[at - 1].is_ascii_alphabetic()
            && letters.get(*at).is_some_and(|c| c.eq_ignore_ascii_case(&letters[at - 1]))
    };
    let doubles: Vec<usize> = (1..letters.len()).filter(same).collect();
    if let Some(at) = random.one_of(&doubles) {
        letters.remove(*at);
    } else {
        let usual = |at: &usize| "lmnrstdkpfz".contains(letters[*at].to_ascii_lowercase());
        let singles: Vec<usize> = (1..letters.len()).filter(usual).collect();
        let at = *random.one_of(&singles)?;
        letters.insert(at, letters[at]);
    }
    Some(letters.into_iter().collect())
}

fn cut(name: &str, random: &mut Random) -> Option<String> {
    let letters: Vec<char> = name.trim_end().chars().collect();
    let last = letters.iter().rev().take_while(|c| c.is_alphabetic()).count();
    // Enough of the last word is left to be read as its beginning.
    let most = last.checked_sub(LONG_ENOUGH)?.min(3);
    let keep = letters.len().checked_sub(1 + random.below(most.max(1)))?;
    (most > 0).then(|| letters.into_iter().take(keep).collect())
}

/// Where an organisation's legal form stands: its last or first word.
fn form(words: &[&str], kind: Kind) -> Option<usize> {
    if kind != Kind::Organization || words.len() < 2 {
        return None;
    }
    let is_form = |at: &usize| {
        let word: String = words[*at].chars().filter(|c| c.is_alphanumeric()).collect();
        FORMS.contains(&word.to_ascii_uppercase().as_str())
    };
    [words.len() - 1, 0].into_iter().find(is_form)
}

fn without(words: &[&str], at: usize) -> String {
    let rest: Vec<&str> = words.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, word)| *word).collect();
    rest.join(" ").trim_end_matches(',').to_owned()
}

fn with(words: &[&str], at: usize, other: &str) -> String {
    let words: Vec<&str> = words.iter().enumerate().map(|(i, word)| if i == at { other } else { word }).collect();
    words.join(" ")
}

fn added(words: &[&str], kind: Kind, random: &mut Random) -> Option<String> {
    let mut words = words.to_vec();
    let (at, word) = match kind {
        Kind::Person => (1, random.one_of(&NAMES)?),
        Kind::Organization => (form(&words, kind).filter(|at| *at > 0).unwrap_or(words.len()), random.one_of(&WORDS)?),
        Kind::Vessel | Kind::Aircraft | Kind::Wallet | Kind::Security | Kind::Unknown => return None,
    };
    words.insert(at.min(words.len()), word);
    Some(words.join(" "))
}

fn unmarked(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars() {
        let plain = if c.is_ascii() { String::new() } else { fold(c.encode_utf8(&mut [0; 4])) };
        if plain.is_empty() || !plain.chars().all(|c| c.is_ascii_alphabetic()) {
            out.push(c);
        } else if c.is_uppercase() {
            out.push_str(&plain.to_ascii_uppercase());
        } else {
            out.push_str(&plain);
        }
    }
    out
}

fn other_case(name: &str, random: &mut Random) -> String {
    let (upper, lower) = (name.to_uppercase(), name.to_lowercase());
    match (upper == name, random.below(2)) {
        (true, _) | (false, 0) => lower,
        (false, _) => upper,
    }
}

fn punctuation(name: &str, words: &[&str], random: &mut Random) -> Option<String> {
    let marks = ['-', '\'', '’', '`', '.', ',', '/', '(', ')', '"'];
    if name.contains(marks) {
        return Some(name.replace(marks, " ").split_whitespace().collect::<Vec<_>>().join(" "));
    }
    joined(words, if random.below(2) == 0 { "-" } else { ", " }, random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_variation_does_what_it_says() {
        let cases = include_str!("../../tests/fixtures/variations.tsv");
        let mut seen = Vec::new();
        for (number, line) in cases.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [word, kind, name, expected] = cells[..] else { panic!("line {}: {line}", number + 1) };
            let variation = Variation::ALL.into_iter().find(|v| v.word() == word).expect(word);
            let kind = Kind::parse(kind).expect(kind);
            let made: Vec<Option<String>> =
                (0..3000).map(|draw| variation.of(name, kind, &mut Random::new(1, &[draw]))).collect();
            if expected == "-" {
                assert!(made.iter().all(Option::is_none), "line {}: {made:?}", number + 1);
            } else {
                let hit = made.iter().flatten().any(|variant| variant == expected);
                assert!(hit, "line {}: `{expected}` is not among {:?}", number + 1, &made[..10]);
            }
            assert!(made.iter().flatten().all(|variant| variant != name), "line {}", number + 1);
            seen.push(variation);
        }
        assert!(Variation::ALL.iter().all(|variation| seen.contains(variation)), "a variation has no case");
    }

    #[test]
    fn names_of_any_script_and_length_are_taken() {
        let names =
            ["", " ", "a", "김정은", "ПЕТРОВ Иван", "é", "ß-", "İstanbul Ltd", "\u{202e}x", "A B C D", "محمد علي"];
        for (name, variation) in names.iter().flat_map(|name| Variation::ALL.map(|variation| (name, variation))) {
            for draw in 0..50 {
                for kind in Kind::ALL {
                    let made = variation.of(name, kind, &mut Random::new(9, &[draw]));
                    assert_ne!(made.as_deref(), Some(*name), "{variation:?}");
                }
            }
        }
    }
}
