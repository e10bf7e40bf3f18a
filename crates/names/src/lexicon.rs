//! What a word is in a name and how much it identifies: the tables, as analysis asks for them.
//!
//! Promises: depends on the tables alone, which are part of the build; a word in no table is a
//! rare name.
//!
//! Not here: the tables themselves (`tables`), cutting names into words (`tokenise`).

use crate::analyse::{Class, Sort, UNIT};
use crate::likeness::Relation;
use crate::tokenise::Word;
use crate::script::Script;

/// Spellings of Arabic `ʿabd al-`, servant of the, before one of the names of God.
const SERVANT: [&str; 14] =
    ["abdul", "abdel", "abdal", "abdoul", "abdool", "abdol", "abdur", "abdus", "abdour", "abdil", "abdu", "abd", "ebdul", "abdelal"];

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
        if let Some(rest) = word.strip_prefix(prefix) {
            if rest.starts_with(letter) && rest.len() >= 4 {
                return Some(rest);
            }
        }
    }
    None
}

/// What precedes a glued `uddin`: `saif` of `saifuddin`, `seif` of `seifeddine`.
pub(crate) fn before_religion(word: &str) -> Option<&str> {
    for suffix in ["uddin", "eddine", "eddin", "aldin", "uddeen", "oddin", "ouddine"] {
        if let Some(first) = word.strip_suffix(suffix) {
            if first.len() >= 3 {
                return Some(first);
            }
        }
    }
    None
}

pub(crate) fn weight_of_legal_form() -> u16 {
    UNIT / 8
}

pub(crate) fn legal_form(_words: &[Word]) -> Option<(usize, &'static str)> {
    None
}

pub(crate) fn number(words: &[Word]) -> Option<(usize, u64)> {
    let digits = &words.first()?.text;
    if digits.len() < 9 && digits.bytes().all(|b| b.is_ascii_digit()) {
        return digits.parse().ok().map(|n| (1, n));
    }
    None
}

pub(crate) fn abbreviated(_word: &str) -> Option<&'static str> {
    None
}

pub(crate) fn class_and_weight(latin: &str, word: &Word, sort: Sort) -> (Class, u16) {
    let single = word.text.chars().count() == 1 && matches!(word.script, Script::Latin | Script::Cyrillic | Script::Greek);
    match sort {
        Sort::Person if single => (Class::Initial, UNIT * 2 / 5),
        Sort::Person if ["al", "el", "bin", "ibn", "ben", "de", "von", "van"].contains(&latin) => (Class::Particle, UNIT / 8),
        Sort::Person | Sort::Organization | Sort::Object => (Class::Name, UNIT),
    }
}

/// How two Latin words are the same name by table, and how surely.
pub(crate) fn equivalent(_a: &str, _b: &str) -> Option<(u16, Relation)> {
    None
}

/// All words that are equivalents of a Latin word.
pub(crate) fn equivalents_of(_word: &str) -> impl Iterator<Item = &'static str> {
    std::iter::empty()
}
