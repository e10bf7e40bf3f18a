//! What a word is in a name and how much it identifies: the tables, as analysis asks for them.
//!
//! Promises: depends on the tables alone, which are part of the build; a word in no table is a
//! rare name.
//!
//! Not here: the tables themselves (`tables`), cutting names into words (`tokenise`).

use crate::analyse::{Class, Sort, UNIT};
use crate::likeness::Relation;
use crate::script::Script;
use crate::similar::FULL;
use crate::tables;
use crate::tokenise::Word;

/// Spellings of Arabic `ʿabd al-`, servant of the, before one of the names of God.
const SERVANT: [&str; 14] = [
    "abdul", "abdel", "abdal", "abdoul", "abdool", "abdol", "abdur", "abdus", "abdour", "abdil", "abdu", "abd",
    "ebdul", "abdelal",
];

/// Spellings of `al-din`, of the religion, after a first word.
const RELIGION: [&str; 7] = ["din", "deen", "dine", "eddine", "uddin", "aldin", "edin"];

/// Spellings of the Arabic article.
const ARTICLE: [&str; 12] = ["al", "el", "ul", "ud", "ur", "us", "ad", "ar", "as", "az", "ed", "at"];

pub(crate) fn is_servant(word: &str) -> bool {
    SERVANT.contains(&word)
}

pub(crate) fn is_article(word: &str) -> bool {
    ARTICLE.contains(&word)
}

pub(crate) fn is_religion(word: &str) -> bool {
    RELIGION.contains(&word)
}

/// What follows a glued `abdul`: `aziz` of `abdulaziz`. Not of `abdullah`, one word to everybody.
pub(crate) fn after_servant(word: &str) -> Option<&str> {
    for prefix in ["abdul", "abdel", "abdal", "abdoul", "abdool", "abdol"] {
        if let Some(rest) = word.strip_prefix(prefix) {
            return (rest.len() >= 4 && !rest.starts_with("la")).then_some(rest);
        }
    }
    // the article's l takes the sound of the letter that follows: abdurrahman, abdussalam
    for (prefix, letter) in [("abdur", 'r'), ("abdus", 's'), ("abder", 'r'), ("abdes", 's'), ("abdour", 'r')] {
        if let Some(rest) = word.strip_prefix(prefix)
            && rest.starts_with(letter)
            && rest.len() >= 4
        {
            return Some(rest);
        }
    }
    None
}

/// What precedes a glued `uddin`: `saif` of `saifuddin`, `seif` of `seifeddine`.
pub(crate) fn before_religion(word: &str) -> Option<&str> {
    for suffix in ["uddin", "eddine", "eddin", "aldin", "uddeen", "oddin", "ouddine"] {
        if let Some(first) = word.strip_suffix(suffix)
            && first.len() >= 3
        {
            return Some(first);
        }
    }
    None
}

/// Weights of words that identify little, in 1/256 of a rare word.
/// Source: ratios chosen by leave-one-alias-out over the OFAC and UN lists; see `docs/benchmarks.md`.
mod weigh {
    use crate::analyse::UNIT;

    pub(super) const LEGAL_FORM: u16 = UNIT / 8;
    pub(super) const PARTICLE: u16 = UNIT / 8;
    pub(super) const CONNECTIVE: u16 = UNIT / 16;
    pub(super) const KUNYA: u16 = UNIT * 3 / 10;
    pub(super) const TITLE: u16 = UNIT / 5;
    pub(super) const HONORIFIC: u16 = UNIT * 3 / 10;
    pub(super) const RANK: u16 = UNIT * 11 / 20;
    pub(super) const INITIAL: u16 = UNIT * 2 / 5;
    pub(super) const LOW: u16 = UNIT / 6;
    pub(super) const MEDIUM: u16 = UNIT / 4;
    pub(super) const PLACE: u16 = UNIT * 11 / 20;
    /// Taken off a name for each step of its frequency in the world (a factor of two).
    pub(super) const PER_STEP: u16 = 13;
    /// The same in a company's name, where a person's name identifies more.
    pub(super) const PER_STEP_IN_COMPANY: u16 = 6;
}

/// A run of words that is one token in company names.
pub(crate) struct Phrase {
    /// How many words it takes.
    pub words: usize,
    /// What it is.
    pub class: Class,
    /// Its canonical spelling.
    pub text: String,
    /// How much it identifies.
    pub weight: u16,
}

/// The legal form, number or place that a company's words start with. `first` and `last` say
/// whether the words stand at an edge of the name, where short legal forms are meant as such.
pub(crate) fn phrase(words: &[Word], first: bool) -> Option<Phrase> {
    let texts: Vec<&str> = words.iter().map(|w| w.text.as_str()).collect();
    if let Some(place) = texts.first().filter(|t| t.starts_with('@')) {
        return Some(Phrase { words: 1, class: Class::Place, text: (*place).to_owned(), weight: weigh::PLACE });
    }
    // before legal forms: `Fund II` carries a number, though `i.i.` is a form somewhere
    if let Some(number) = number(&texts) {
        return Some(number);
    }
    let spelt: Vec<&str> = words.iter().map(|w| tables::legal_word(&w.text)).collect();
    if let Some(form) = tables::legal_form(&spelt) {
        let at_edge = first || form.words == words.len();
        if form.is_sure || at_edge {
            let text = format!("#{}", form.class);
            return Some(Phrase { words: form.words, class: Class::LegalForm, text, weight: weigh::LEGAL_FORM });
        }
    }
    let (used, canonical) = tables::place(&texts)?;
    Some(Phrase { words: used, class: Class::Place, text: format!("@{canonical}"), weight: weigh::PLACE })
}

/// The number that words start with.
pub(crate) fn number(texts: &[&str]) -> Option<Phrase> {
    let (mut used, mut value) = tables::number_value(texts)?;
    // `forty 4`: tens in words, ones in digits
    if (20..100).contains(&value)
        && value % 10 == 0
        && !texts[0].starts_with(|c: char| c.is_ascii_digit())
        && let Some((more, ones)) =
            texts.get(used..).and_then(tables::number_value).filter(|(_, ones)| (1..10).contains(ones))
    {
        (used, value) = (used + more, value + ones);
    }
    Some(Phrase { words: used, class: Class::Number, text: value.to_string(), weight: UNIT })
}

/// Cuts a legal form off a word in a script without blanks: the words in their order.
pub(crate) fn without_legal_form(word: &str) -> Option<(&str, &str)> {
    let (stem, _) = tables::cut_legal_form(word)?;
    match word.strip_prefix(stem) {
        Some(form) => Some((stem, form)),
        None => Some((word.strip_suffix(stem)?, stem)),
    }
}

/// Whether a short word without vowels is a person's initials written together.
pub(crate) fn is_initials(word: &str) -> bool {
    (2..=3).contains(&word.len())
        && word.bytes().all(|b| b.is_ascii_lowercase() && !matches!(b, b'a' | b'e' | b'i' | b'o' | b'u' | b'y'))
        && tables::frequency(word) == 0
        && tables::particle(word).is_none()
        && tables::title(word).is_none()
        && tables::equivalents(word).is_empty()
}

/// The canonical word for a company's word: long for short, American for British, English for a
/// generic word of another language.
pub(crate) fn canonical(word: &str) -> Option<String> {
    if let Some(long) = tables::abbreviation(word) {
        return Some(tables::generic(long).map_or(long, |g| g.canonical).to_owned());
    }
    if let Some(generic) = tables::generic(word) {
        return Some(generic.canonical.to_owned());
    }
    tables::american(word)
}

/// What a word is and what it weighs, by its best Latin spelling.
pub(crate) fn class_and_weight(latin: &str, word: &Word, sort: Sort) -> (Class, u16) {
    match sort {
        Sort::Person => person(latin, word),
        Sort::Organization => company(latin),
        Sort::Object => match tables::title(latin) {
            Some("nautical") => (Class::Title, weigh::TITLE),
            Some(_) | None => company(latin),
        },
    }
}

fn person(latin: &str, word: &Word) -> (Class, u16) {
    let single =
        word.text.chars().count() == 1 && matches!(word.script, Script::Latin | Script::Cyrillic | Script::Greek);
    if single {
        return (Class::Initial, weigh::INITIAL);
    }
    match tables::particle(latin) {
        Some("kunya") => return (Class::Particle, weigh::KUNYA),
        Some("patronymic") => return (Class::Patronymic, weigh::PARTICLE),
        Some("connective" | "article" | "nobiliary") => return (Class::Particle, weigh::PARTICLE),
        Some(_) | None => {}
    }
    match tables::title(latin) {
        Some("nautical") | None => (Class::Name, common(latin, weigh::PER_STEP)),
        // `Duque`, `Nieto`, `Prince` are surnames as often as titles
        Some("noble" | "political") => (Class::Title, weigh::RANK),
        Some("generation") if !SUFFIXES.contains(&latin) => (Class::Title, weigh::RANK),
        Some("honorific" | "religious") => (Class::Title, weigh::HONORIFIC),
        Some(_) => (Class::Title, weigh::TITLE),
    }
}

/// Words that can only say which generation.
const SUFFIXES: [&str; 10] = ["jr", "sr", "junior", "senior", "ii", "iii", "iv", "snr", "jnr", "vi"];

fn company(latin: &str) -> (Class, u16) {
    if matches!(tables::particle(latin), Some("connective" | "article" | "nobiliary")) {
        return (Class::Particle, weigh::CONNECTIVE);
    }
    match tables::generic_weight(latin) {
        Some(tables::GenericWeight::Low) => (Class::Generic, weigh::LOW),
        Some(tables::GenericWeight::Medium) => (Class::Generic, weigh::MEDIUM),
        None => (Class::Name, common(latin, weigh::PER_STEP_IN_COMPANY)),
    }
}

/// The weight of a name by how common it is in the world, and how much fits into its letters:
/// words of two or three letters are shared by chance across languages.
fn common(latin: &str, per_step: u16) -> u16 {
    let weight = UNIT - u16::from(tables::frequency(latin)) * per_step;
    match latin.len() {
        0..=3 => weight * 3 / 4,
        4 => weight * 9 / 10,
        _ => weight,
    }
}

/// How two Latin words are the same name by table, and how surely.
pub(crate) fn equivalent(a: &str, b: &str) -> Option<(u16, Relation)> {
    tables::equivalence(a, b).map(of_strength)
}

/// What a strength is worth in 1/1024, and its relation.
pub(crate) fn of_strength(strength: tables::Strength) -> (u16, Relation) {
    (share(strength), relation(strength))
}

/// All words that are equivalents of a Latin word.
pub(crate) fn equivalents_of(word: &str) -> impl Iterator<Item = &'static str> {
    tables::equivalents(word).into_iter().map(|e| e.text)
}

/// Whether two words are both well known, and so rather two names than one name and a slip.
pub(crate) fn are_both_known(a: &str, b: &str) -> bool {
    tables::frequency(a) >= KNOWN && tables::frequency(b) >= KNOWN
}

/// From this step of frequency on, everybody who writes a name knows it.
const KNOWN: u8 = 5;

fn share(strength: tables::Strength) -> u16 {
    // thousandths to 1/1024; at most 972
    (u32::from(strength.permille()) * u32::from(FULL) / 1000) as u16
}

fn relation(strength: tables::Strength) -> Relation {
    match strength {
        tables::Strength::Spelling => Relation::Spelling,
        tables::Strength::Language => Relation::Language,
        tables::Strength::Nickname => Relation::Nickname,
    }
}
