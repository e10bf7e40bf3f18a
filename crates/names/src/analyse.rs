//! Turns a name into weighted, tagged tokens: what matching compares.
//!
//! A name has one or more *forms*: readings of the same name as a row of tokens. Most have one;
//! run-on scripts (Han, Hangul) have their native letters and one form per romanised division
//! into words. A token has one or more *spellings*: its folded letters and, for other scripts,
//! its romanisations. Two names are as similar as their most similar forms.
//!
//! Promises: depends on the text and the sort of name alone; at most [`MAX_TOKENS`] tokens a form
//! and [`MAX_FORMS`] forms; a name that is longer is reported, never cut in silence.
//!
//! Not here: how similar two tokens are (`similar`), how names score (`screening`).

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::lexicon;
use crate::romanise::{company_words as divided_company, han_name, hangul_name, romanise};
use crate::script::Script;
use crate::tokenise::{Word, words};

/// Longest form in tokens. The longest listed name we have seen has 37 words.
pub const MAX_TOKENS: usize = 48;

/// Most readings of one name.
pub const MAX_FORMS: usize = 6;

/// Longest name in bytes that is analysed.
pub const MAX_BYTES: usize = 2_000;

/// Weight of a rare word of a name: the unit in which weights are given.
pub const UNIT: u16 = 256;

/// What sort of thing a name names; decides which tables apply.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Sort {
    /// A natural person: titles, particles, initials, patronymics.
    Person,
    /// A company or organisation: legal forms, generic words, numbers in words.
    Organization,
    /// A ship or aircraft: prefixes such as `MV`, numbers.
    Object,
}

/// What a token is in its name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// A word that identifies.
    Name,
    /// A single letter that stands for a name.
    Initial,
    /// `al`, `von`, `de`, and in companies `of`, `the`, `and`.
    Particle,
    /// `Dr`, `Sheikh`, `General`, `MV`.
    Title,
    /// `LLC`, `JSC`, as a class of legal form.
    LegalForm,
    /// A word many companies carry: `trading`, `bank`.
    Generic,
    /// A country, city or an adjective of one.
    Place,
    /// A number, in digits whatever it was written in.
    Number,
    /// The initials of a company's words, which others write in its place.
    Acronym,
    /// `bin`, `ibn`, `oglu`: what follows or precedes is the father's name.
    Patronymic,
}

/// One token of a form.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Token {
    /// Folded, in its own script; a legal form, place or number in its canonical spelling.
    pub text: String,
    /// Spellings in Latin letters: the text itself, or romanisations, best first.
    pub latin: Vec<String>,
    /// Its script; that which it was read from, for a word of a [`Form`] that was.
    pub script: Script,
    /// What it is.
    pub class: Class,
    /// How much it identifies; [`UNIT`] is a rare word.
    pub weight: u16,
}

/// One reading of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Form {
    /// Its tokens in order.
    pub tokens: Vec<Token>,
    /// The run-on script that the name is written in, if it is.
    pub run_on: Option<Script>,
    /// Whether it was romanised from that script as a whole.
    pub is_reading: bool,
}

/// Why a name cannot be analysed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TooLong {
    /// More than [`MAX_BYTES`] bytes.
    Bytes(usize),
    /// More than [`MAX_TOKENS`] words.
    Words(usize),
}

impl std::fmt::Display for TooLong {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bytes(n) => write!(f, "a name of {n} bytes; the longest we compare has {MAX_BYTES}"),
            Self::Words(n) => write!(f, "a name of {n} words; the longest we compare has {MAX_TOKENS}"),
        }
    }
}

/// The forms of a name; empty if it has no letter or digit.
pub fn analyse(name: &str, sort: Sort) -> Result<Vec<Form>, TooLong> {
    if name.len() > MAX_BYTES {
        return Err(TooLong::Bytes(name.len()));
    }
    let words = words(name);
    if words.len() > MAX_TOKENS {
        return Err(TooLong::Words(words.len()));
    }
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let words = match sort {
        Sort::Person => person_words(words),
        Sort::Organization | Sort::Object => company_words(words),
    };
    let mut forms = Vec::new();
    let run_on = run_on(&words, sort);
    if let Some(script) = run_on {
        for reading in readings(&words, script, sort) {
            let mut tokens: Vec<Token> = tag(reading.into_iter().map(latin_word).collect(), sort);
            // likeness is stricter with what was read from a script in which many words sound alike
            tokens.iter_mut().filter(|t| t.script == Script::Latin).for_each(|t| t.script = script);
            forms.push(Form { tokens, run_on, is_reading: true });
            if forms.len() + 3 == MAX_FORMS {
                break;
            }
        }
    }
    let written = Form { tokens: tag(words.clone(), sort), run_on, is_reading: false };
    if sort == Sort::Organization {
        forms.extend(acronyms(&written.tokens, &words));
    }
    forms.insert(0, written);
    for form in &forms {
        if form.tokens.len() > MAX_TOKENS {
            return Err(TooLong::Words(form.tokens.len()));
        }
    }
    Ok(forms)
}

fn latin_word(text: String) -> Word {
    Word { text, script: Script::Latin, dotted: false }
}

/// The run-on script of a name whose words are not divided, if it is written in one. A person's
/// name that is divided is read word by word like any other.
fn run_on(words: &[Word], sort: Sort) -> Option<Script> {
    if sort == Sort::Person && words.len() > 1 {
        return None;
    }
    words.iter().map(|w| w.script).find(|s| matches!(s, Script::Han | Script::Hangul))
}

/// Romanised readings of a name in a run-on script, as rows of words.
fn readings(words: &[Word], script: Script, sort: Sort) -> Vec<Vec<String>> {
    let divided = |text: &str| match script {
        Script::Han => han_name(text),
        _ => hangul_name(text),
    };
    if let (Sort::Person, [word]) = (sort, words) {
        return divided(&word.text);
    }
    // Companies and mixed names: each word's best romanisation, in place.
    let mut row = Vec::new();
    for word in words {
        let is_form = lexicon::phrase(std::slice::from_ref(word), true).is_some_and(|p| p.class == Class::LegalForm);
        if is_form || word.script == Script::Latin || word.script == Script::Common {
            row.push(word.text.clone());
            continue;
        }
        let known = divided_company(&word.text);
        if !known.is_empty() {
            row.extend(known);
            continue;
        }
        let mut spellings = Vec::new();
        romanise(&word.text, &mut spellings);
        if let Some(best) = spellings.first() {
            row.extend(best.split(' ').map(str::to_owned));
        }
    }
    vec![row]
}

/// Words of a person's name: initials apart, `abdul` and `al` cut off what they are glued to.
fn person_words(words: Vec<Word>) -> Vec<Word> {
    let mut out = Vec::with_capacity(words.len() + 2);
    for word in words {
        let initials = word.dotted && word.text.chars().count() <= 3;
        if initials || (word.script == Script::Latin && lexicon::is_initials(&word.text)) {
            out.extend(word.text.chars().map(|c| Word { text: c.into(), script: word.script, dotted: false }));
            continue;
        }
        if word.script == Script::Latin {
            if let Some(rest) = lexicon::after_servant(&word.text) {
                let rest = latin_word(rest.to_owned());
                out.push(latin_word("abdul".into()));
                out.push(rest);
                continue;
            }
            if let Some(first) = lexicon::before_religion(&word.text) {
                let first = latin_word(first.to_owned());
                out.push(first);
                out.push(latin_word("din".into()));
                continue;
            }
        }
        if word.script == Script::Arabic {
            // the article is written onto its word
            if let Some(rest) = word.text.strip_prefix("ال").filter(|rest| rest.chars().count() >= 3) {
                let rest = Word { text: rest.to_owned(), script: Script::Arabic, dotted: false };
                out.push(latin_word("al".into()));
                out.push(rest);
                continue;
            }
        }
        out.push(word);
    }
    // `abd al aziz`, `abd ul aziz` are `abdul aziz`; `saif al din`, `saif ud din` are `saif din`.
    let mut i = 0;
    while i + 1 < out.len() {
        if lexicon::is_servant(&out[i].text) {
            out[i].text = "abdul".into();
            if lexicon::is_article(&out[i + 1].text) && i + 2 < out.len() {
                out.remove(i + 1);
            }
        } else if lexicon::is_article(&out[i].text) && lexicon::is_religion(&out[i + 1].text) {
            out[i + 1].text = "din".into();
            out.remove(i);
        }
        i += 1;
    }
    out
}

/// Words of a company's name: lone letters in a row are one word (`A B C Company`).
fn company_words(words: Vec<Word>) -> Vec<Word> {
    let mut out: Vec<Word> = Vec::with_capacity(words.len());
    let mut letters = false;
    for word in words {
        let single = word.text.chars().count() == 1
            && word.text.chars().all(char::is_alphabetic)
            && word.script == Script::Latin;
        match out.last_mut() {
            Some(last) if single && letters => last.text.push_str(&word.text),
            Some(_) | None => match lexicon::without_legal_form(&word.text).filter(|_| word.script != Script::Latin) {
                Some((first, second)) => {
                    for text in [first, second] {
                        out.push(Word { text: text.to_owned(), script: word.script, dotted: false });
                    }
                }
                None => out.push(word),
            },
        }
        letters = single;
    }
    out
}

/// Tags words, and puts the canonical word for what has one.
fn tag(words: Vec<Word>, sort: Sort) -> Vec<Token> {
    let mut out = Vec::with_capacity(words.len());
    let mut i = 0;
    while let Some(word) = words.get(i) {
        let rest = &words[i..];
        let phrase = match sort {
            Sort::Person => None,
            Sort::Organization => lexicon::phrase(rest, i == 0),
            Sort::Object => lexicon::number(&[&word.text]),
        };
        let Some(phrase) = phrase else {
            out.push(token(word, sort));
            i += 1;
            continue;
        };
        let written = || rest[..phrase.words].iter().map(|w| w.text.as_str()).collect::<String>();
        let latin = match phrase.class {
            // a place misspelt is still near to one, and a legal form is glued to names
            Class::Place | Class::LegalForm => written(),
            Class::Name
            | Class::Initial
            | Class::Particle
            | Class::Patronymic
            | Class::Title
            | Class::Generic
            | Class::Number
            | Class::Acronym => phrase.text.clone(),
        };
        let script = Script::Common;
        out.push(Token { latin: vec![latin], text: phrase.text, script, class: phrase.class, weight: phrase.weight });
        i += phrase.words;
    }
    out
}

/// The forms in which three to eight words are their initials, with the legal forms left standing
/// and, if the last of them is one, with its initial too (`CNOOC` for `… Oil Corporation`).
fn acronyms(tokens: &[Token], words: &[Word]) -> Vec<Form> {
    let counts = |t: &&Token| matches!(t.class, Class::Name | Class::Generic | Class::Place | Class::Title);
    let counted: Vec<&Token> = tokens.iter().filter(counts).collect();
    if !(3..=8).contains(&counted.len()) || counted.iter().any(|t| t.latin.is_empty()) {
        return Vec::new();
    }
    // the initial of the word as written: `department`, not of its canonical `ministry`
    let initials: String = counted.iter().filter_map(|t| t.latin.first()?.chars().next()).collect();
    let form = |text: String, legal: bool| {
        let mut short =
            vec![Token { latin: vec![text.clone()], text, script: Script::Latin, class: Class::Acronym, weight: UNIT }];
        if legal {
            short.extend(tokens.iter().filter(|t| t.class == Class::LegalForm).cloned());
        }
        Form { tokens: short, run_on: None, is_reading: false }
    };
    let mut out = vec![form(initials.clone(), true)];
    let ends_in_form = tokens.last().is_some_and(|t| t.class == Class::LegalForm);
    if let Some(last) = words.last().filter(|w| ends_in_form && w.text.len() >= 5 && w.text.is_ascii()) {
        out.push(form(initials + last.text.get(..1).unwrap_or(""), false));
    }
    out
}

thread_local! {
    /// Romanisations of words seen before: they cost a hundred times what a look-up does, and
    /// names repeat.
    static SPELLINGS: RefCell<FxHashMap<String, Rc<[String]>>> = RefCell::default();
}

/// Words that are remembered, at most; then all are forgotten.
const REMEMBERED: usize = 30_000;

/// The romanisations of a word that is one token.
fn spellings(word: &str) -> Rc<[String]> {
    if let Some(known) = SPELLINGS.with_borrow(|all| all.get(word).cloned()) {
        return known;
    }
    let mut latin = Vec::new();
    romanise(word, &mut latin);
    // several words for one: compare it as one, without the article
    for spelling in &mut latin {
        if let Some(rest) = spelling.strip_prefix("al ") {
            *spelling = rest.to_owned();
        }
        spelling.retain(|c| c != ' ');
    }
    latin.dedup();
    let latin: Rc<[String]> = latin.into();
    SPELLINGS.with_borrow_mut(|all| {
        if all.len() >= REMEMBERED {
            all.clear();
        }
        all.insert(word.to_owned(), Rc::clone(&latin));
    });
    latin
}

fn token(word: &Word, sort: Sort) -> Token {
    let mut text: Cow<'_, str> = Cow::Borrowed(&word.text);
    let mut latin = Vec::new();
    if word.script == Script::Latin || word.script == Script::Common {
        latin.push(word.text.clone());
    } else {
        latin.extend(spellings(&word.text).iter().cloned());
    }
    if sort == Sort::Organization {
        let canonical =
            latin.iter().find_map(|spelling| lexicon::canonical(spelling)).or_else(|| lexicon::canonical(&word.text));
        if let Some(canonical) = canonical {
            text = Cow::Owned(canonical);
        }
    }
    let tagged = match (sort, latin.first()) {
        (Sort::Organization, _) if word.script == Script::Latin || text != word.text => text.as_ref(),
        (_, Some(best)) => best,
        (_, None) => text.as_ref(),
    };
    let (class, weight) = lexicon::class_and_weight(tagged, word, sort);
    Token { text: text.into_owned(), latin, script: word.script, class, weight }
}
