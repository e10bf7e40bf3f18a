//! A word of any script in Latin letters, the way passports, newspapers and sanctions lists spell it.
//!
//! Promises: at most `MAX_FORMS` forms, the usual one first, each of `a-z`, digits and single inner
//! blanks, no two alike, always the same for the same token; time linear in the token. A form with
//! blanks is several tokens (`xi jinping` for a name written without blanks, `al tamimi` for an
//! article written in one word).
//!
//! Not here: cutting a text into words (`tokenise`), how close two spellings are (`phonetic`).

use unicode_normalization::UnicodeNormalization;

use crate::fold::{fold, is_invisible};
use crate::script::Script;

mod arabic;
mod company;
mod cyrillic;
mod european;
mod han;
mod hangul;
mod hebrew;
mod indic;
mod kana;
mod korean_cyrillic;
mod lexicon;
mod southeast;

pub use company::company_words;
pub use han::han_name;
pub use hangul::hangul_name;

/// More spellings than this of one word cost more than they find: the edit distance of the
/// comparison bridges the rest.
pub const MAX_FORMS: usize = 6;

/// Longer words are no names; they get one form by the plain letter table, so that time and
/// memory stay linear.
const LONG_TOKEN: usize = 48;

/// Appends the romanised forms of one token, best first. A token of Latin letters gives its
/// folded form; one without letters (or of letters nobody can transcribe) may give none.
pub fn romanise(token: &str, out: &mut Vec<String>) {
    let mut forms = Forms { out, start: 0 };
    forms.start = forms.out.len();
    let script = Script::dominant(token);
    if token.chars().nth(LONG_TOKEN).is_some() {
        forms.push(&any_ascii::any_ascii(&fold(token)).to_ascii_lowercase());
        return;
    }
    match script {
        Script::Latin | Script::Common => forms.push(&fold(token)),
        Script::Cyrillic => cyrillic::forms(&prepare(token), &mut forms),
        Script::Greek => european::greek(&fold(token), &mut forms),
        Script::Armenian => european::armenian(&prepare(token), &mut forms),
        Script::Georgian => european::georgian(&prepare(token), &mut forms),
        Script::Arabic => arabic::forms(&prepare(token), &mut forms),
        Script::Hebrew => hebrew::forms(&fold(token), &mut forms),
        Script::Han => han::forms(&prepare(token), &mut forms),
        Script::Hangul => hangul::forms(&prepare(token), &mut forms),
        Script::Hiragana | Script::Katakana => kana::forms(&prepare(token), &mut forms),
        Script::Thai | Script::Lao | Script::Khmer | Script::Burmese => {
            southeast::forms(script, &prepare(token), &mut forms);
        }
        Script::Devanagari
        | Script::Bengali
        | Script::Gurmukhi
        | Script::Gujarati
        | Script::Oriya
        | Script::Tamil
        | Script::Telugu
        | Script::Kannada
        | Script::Malayalam
        | Script::Sinhala => indic::forms(script, &prepare(token), &mut forms),
        Script::Ethiopic => european::ethiopic(&prepare(token), &mut forms),
        Script::Other => {}
    }
    if forms.is_empty() {
        forms.push(&any_ascii::any_ascii(token).to_ascii_lowercase());
    }
}

/// The forms of one token as they are collected.
struct Forms<'a> {
    out: &'a mut Vec<String>,
    start: usize,
}

impl Forms<'_> {
    fn is_empty(&self) -> bool {
        self.out.len() == self.start
    }

    fn is_full(&self) -> bool {
        self.out.len().saturating_sub(self.start) >= MAX_FORMS
    }

    /// Adds a form unless it is empty, known, or one too many.
    fn push(&mut self, form: &str) {
        if self.is_full() {
            return;
        }
        let mut clean = String::with_capacity(form.len());
        for c in form.chars() {
            if c.is_ascii_lowercase() || c.is_ascii_digit() {
                clean.push(c);
            } else if c == ' ' && !clean.is_empty() && !clean.ends_with(' ') {
                clean.push(' ');
            }
        }
        clean.truncate(clean.trim_end().len());
        if !clean.is_empty() && !self.out[self.start..].contains(&clean) {
            self.out.push(clean);
        }
    }
}

/// Composed, lower-case, without invisible characters and without the marks `Common` to all
/// scripts; letters are kept as written.
fn prepare(token: &str) -> String {
    token.nfkc().flat_map(char::to_lowercase).filter(|c| !is_invisible(*c) && !is_stray_mark(*c)).collect()
}

fn is_stray_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}')
}

/// Every combination of one alternative per unit, the first alternatives first: combinations are
/// ordered by the sum of the ranks they use, so that one deviation comes before two.
fn combine(units: &[Vec<&str>], limit: usize) -> Vec<String> {
    let mut beam: Vec<(usize, String)> = vec![(0, String::new())];
    for unit in units {
        let mut next = Vec::with_capacity(beam.len().saturating_mul(unit.len().max(1)));
        for (rank, text) in &beam {
            for (i, alternative) in unit.iter().enumerate() {
                next.push((rank + i, format!("{text}{alternative}")));
            }
            if unit.is_empty() {
                next.push((*rank, text.clone()));
            }
        }
        // stable: among equals the order of the alternatives stands
        next.sort_by_key(|(rank, _)| *rank);
        next.truncate(limit);
        beam = next;
    }
    beam.into_iter().map(|(_, text)| text).collect()
}
