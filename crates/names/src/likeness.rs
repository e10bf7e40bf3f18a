//! How alike two tokens are: spelling, romanisation, nickname, initial, legal form.
//!
//! Promises: symmetric; every likeness above 0 belongs to a relation that an index can list for
//! a given token: equal spellings, [`similar`](crate::similar), a table of equivalents, a first
//! letter, a legal form.
//!
//! Not here: several tokens written as one, scores of whole names (`screening`).

use crate::analyse::{Class, Token};
use crate::lexicon;
use crate::romanise::MAX_FORMS;
use crate::script::Script;
use crate::similar::{FULL, LEAST, native_similarity, similarity};
use crate::tables::Additions;

/// By which relation two tokens are alike.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Relation {
    /// The same letters.
    Equal,
    /// Another romanisation or established spelling.
    Spelling,
    /// The same name in another language.
    Language,
    /// A nickname.
    Nickname,
    /// A few letters differ.
    Near,
    /// An initial and a name.
    Initial,
    /// Two legal forms.
    LegalForm,
    /// A word and the initials of several.
    Acronym,
}

/// A likeness and its relation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Likeness {
    /// 1 to [`FULL`].
    pub share: u16,
    /// Why.
    pub relation: Relation,
}

/// Two legal forms that differ: worth something, as they are often mistaken for one another.
const OTHER_LEGAL_FORM: u16 = 614;

/// A romanisation that equals the other side's spelling.
const ROMANISED: u16 = 993;

/// An initial and a name that begins with it.
pub const INITIAL: u16 = 870;

/// Equal romanisations of unlike words of one script, as of two Chinese characters that sound alike.
const HOMOPHONE: u16 = 819;

/// A token as likeness sees it, wherever its letters are stored.
#[derive(Clone, Copy, Debug)]
pub struct TokenView<'a> {
    /// Folded, in its own script, or canonical.
    pub text: &'a str,
    spellings: [&'a str; MAX_FORMS],
    count: usize,
    /// Its script.
    pub script: Script,
    /// What it is.
    pub class: Class,
}

impl<'a> TokenView<'a> {
    /// A view of a token by its parts; spellings beyond [`MAX_FORMS`] are left out.
    pub fn new(text: &'a str, spellings: impl IntoIterator<Item = &'a str>, script: Script, class: Class) -> Self {
        let mut view = Self { text, spellings: [""; MAX_FORMS], count: 0, script, class };
        for (slot, spelling) in view.spellings.iter_mut().zip(spellings) {
            *slot = spelling;
            view.count += 1;
        }
        view
    }

    /// Its spellings in Latin letters.
    pub fn latin(&self) -> &[&'a str] {
        &self.spellings[..self.count]
    }

    /// All its spellings: in its own script, or canonical, and in Latin letters.
    pub fn spellings(&self) -> impl Iterator<Item = &'a str> {
        let native = Some(self.text).filter(|text| !self.latin().contains(text));
        native.into_iter().chain(self.spellings.into_iter().take(self.count))
    }
}

impl<'a> From<&'a Token> for TokenView<'a> {
    fn from(token: &'a Token) -> Self {
        Self::new(&token.text, token.latin.iter().map(String::as_str), token.script, token.class)
    }
}

/// Two well-known names that are close and not equivalent, in 1/1024.
const TWO_NAMES: u16 = 720;

fn scaled(share: u16, by: u16) -> u16 {
    // both at most 1024: the product fits 32 bits, the quotient 16
    (u32::from(share) * u32::from(by) / u32::from(FULL)) as u16
}

/// The likeness of two tokens; none if they have nothing in common that counts.
pub fn likeness(a: &TokenView<'_>, b: &TokenView<'_>) -> Option<Likeness> {
    let found = |share: u16, relation| (share > 0).then_some(Likeness { share, relation });
    match (a.class, b.class) {
        (Class::Number, _) | (_, Class::Number) => {
            return if a.text == b.text { found(FULL, Relation::Equal) } else { None };
        }
        (Class::LegalForm, Class::LegalForm) => {
            let same = a.text == b.text;
            return if same { found(FULL, Relation::Equal) } else { found(OTHER_LEGAL_FORM, Relation::LegalForm) };
        }
        (Class::LegalForm, _) | (_, Class::LegalForm) => return None,
        // two acronyms that are equal say nothing of the words behind them
        (Class::Acronym, Class::Name) | (Class::Name, Class::Acronym) => {
            return if a.text == b.text { found(acronym(a.text), Relation::Acronym) } else { None };
        }
        (Class::Acronym, _) | (_, Class::Acronym) => return None,
        (Class::Initial, Class::Initial) => {
            return if shares_initial(a, b) { found(FULL, Relation::Equal) } else { None };
        }
        (Class::Initial, _) | (_, Class::Initial) => {
            return if shares_initial(a, b) { found(INITIAL, Relation::Initial) } else { None };
        }
        (
            Class::Name | Class::Particle | Class::Patronymic | Class::Title | Class::Generic | Class::Place,
            Class::Name | Class::Particle | Class::Patronymic | Class::Title | Class::Generic | Class::Place,
        ) => {}
    }
    if a.text == b.text {
        return found(FULL, Relation::Equal);
    }
    let same_script = a.script == b.script && a.script != Script::Latin && a.script != Script::Common;
    let mut best = if same_script && !a.text.is_ascii() && !b.text.is_ascii() {
        found(native_similarity(a.text, b.text, least_near(a.script) > 0), Relation::Near)
    } else {
        None
    };
    let strictness = least_near(a.script).max(least_near(b.script));
    let romanised = equal_when_romanised(a.script).min(equal_when_romanised(b.script));
    for &x in a.latin() {
        for &y in b.latin() {
            let (mut share, mut relation) = if x == y {
                (romanised, Relation::Spelling)
            } else {
                (similarity(x, y).min(ROMANISED), Relation::Near)
            };
            if relation == Relation::Near && share > 0 && lexicon::are_both_known(x, y) {
                // `maria` and `mario` are two names, not one and a slip
                share = scaled(share, TWO_NAMES);
                share = if share < LEAST { 0 } else { share };
            }
            if let Some((strength, kind)) = lexicon::equivalent(x, y)
                && strength > share
            {
                (share, relation) = (strength, kind);
            }
            if same_script {
                share = share.min(HOMOPHONE);
            }
            // two words of one syllabic script were compared in their own letters above
            if relation == Relation::Near && (share < strictness || (same_script && strictness > 0)) {
                continue;
            }
            if share > best.map_or(0, |b| b.share) {
                best = found(share, relation);
            }
        }
    }
    best
}

/// The same with a user's equivalents, which hold for words in any script.
pub fn likeness_with(own: &Additions, a: &TokenView<'_>, b: &TokenView<'_>) -> Option<Likeness> {
    let known = likeness(a, b);
    let is_word = |class| {
        matches!(
            class,
            Class::Name | Class::Particle | Class::Patronymic | Class::Title | Class::Generic | Class::Place
        )
    };
    if !is_word(a.class) || !is_word(b.class) {
        return known;
    }
    let mut best = known;
    for x in a.spellings() {
        for y in b.spellings() {
            if let Some((share, relation)) = own.equivalence(x, y).map(lexicon::of_strength)
                && share > best.map_or(0, |b| b.share)
            {
                best = Some(Likeness { share, relation });
            }
        }
    }
    best
}

/// All words that a table makes equivalents of a Latin word.
pub fn equivalents_of(word: &str) -> impl Iterator<Item = &'static str> {
    lexicon::equivalents_of(word)
}

/// How surely a word is the acronym it equals: three letters are shared by thousands of companies,
/// so they never suffice alone.
fn acronym(text: &str) -> u16 {
    match text.len() {
        0..=3 => 660,
        4 => 780,
        _ => 860,
    }
}

/// The likeness of equal romanisations: many Chinese words share a syllable, fewer Korean ones.
fn equal_when_romanised(script: Script) -> u16 {
    match script {
        Script::Han => 900,
        Script::Hangul => 940,
        _ => ROMANISED,
    }
}

/// The least likeness of two spellings that are not equal. Syllables of Chinese and Korean are few
/// and close to each other: one letter off is another syllable, not a slip.
fn least_near(script: Script) -> u16 {
    match script {
        Script::Han => 940,
        Script::Hangul => 920,
        _ => 0,
    }
}

fn shares_initial(a: &TokenView<'_>, b: &TokenView<'_>) -> bool {
    a.latin().iter().any(|x| {
        let first = x.bytes().next();
        first.is_some() && b.latin().iter().any(|y| y.bytes().next() == first)
    })
}
