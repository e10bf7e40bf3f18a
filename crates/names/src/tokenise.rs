//! Cuts a folded name into words.
//!
//! Promises: linear time; letters and digits of one script that touch stay together; dotted
//! abbreviations (`S.A.S.`, `d.o.o.`) are one word; apostrophes vanish (`Qa'ida`); everything else
//! that is not a letter or digit separates. Nothing is dropped but punctuation.
//!
//! Not here: what a word is (`analyse`).

use crate::fold::fold;
use crate::lookalike::unmasked;
use crate::script::Script;

/// One word of a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    /// Folded text.
    pub text: String,
    /// Script of its letters; `Common` for digits alone.
    pub script: Script,
    /// Written with dots between single letters.
    pub dotted: bool,
}

/// The words of a name, in order.
pub fn words(name: &str) -> Vec<Word> {
    let folded = unmasked(fold(name));
    let mut out: Vec<Word> = Vec::new();
    let mut current = Word { text: String::new(), script: Script::Common, dotted: false };
    // Letters since the last full stop or start of the word: a dotted abbreviation has one between stops.
    let mut since_stop = 0;
    let mut chars = folded.chars().peekable();
    while let Some(c) = chars.next() {
        if is_apostrophe(c) {
            continue;
        }
        if c == '.' && since_stop == 1 && is_latin_like(current.script) {
            let short = current.dotted || current.text.chars().count() == 1;
            let goes_on = chars.peek().is_some_and(|next| next.is_alphabetic());
            if short && (goes_on || current.dotted) {
                current.dotted = true;
                since_stop = 0;
                continue;
            }
        }
        if !is_word_char(c) {
            finish(&mut current, &mut out);
            since_stop = 0;
            if c == '&' {
                out.push(Word { text: "and".into(), script: Script::Latin, dotted: false });
            }
            continue;
        }
        let script = match Script::of(c) {
            // marks and digits belong to the word they stand in
            Script::Common => current.script,
            Script::Hiragana => Script::Katakana,
            other => other,
        };
        let breaks = script != current.script && current.script != Script::Common && !current.text.is_empty();
        // `S.A.Smith`: the abbreviation ends where a longer word begins.
        let leaves_abbreviation = current.dotted && since_stop == 1;
        if breaks {
            finish(&mut current, &mut out);
            since_stop = 0;
        } else if leaves_abbreviation {
            let last = current.text.pop();
            finish(&mut current, &mut out);
            current.text.extend(last);
            since_stop = 1;
        }
        if script != Script::Common {
            current.script = script;
        }
        current.text.push(c);
        since_stop += 1;
    }
    finish(&mut current, &mut out);
    out
}

fn finish(current: &mut Word, out: &mut Vec<Word>) {
    if !current.text.is_empty() {
        let text = std::mem::take(&mut current.text);
        out.push(Word { text, script: current.script, dotted: current.dotted });
    }
    current.script = Script::Common;
    current.dotted = false;
}

fn is_latin_like(script: Script) -> bool {
    matches!(script, Script::Latin | Script::Cyrillic | Script::Greek | Script::Common)
}

fn is_word_char(c: char) -> bool {
    c.is_alphanumeric()
        || matches!(c, '\u{0900}'..='\u{109F}' | '\u{1780}'..='\u{17DD}' | 'ー') && !matches!(c, '।' | '॥')
}

fn is_apostrophe(c: char) -> bool {
    matches!(
        c,
        '\'' | '’'
            | '‘'
            | '`'
            | '´'
            | 'ʼ'
            | 'ʻ'
            | 'ʽ'
            | 'ʾ'
            | 'ʿ'
            | 'ˈ'
            | '′'
            | '＇'
            | '״'
            | '׳'
            | '"'
            | '“'
            | '”'
            | '„'
    ) && !matches!(c, '"' | '“' | '”' | '„')
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn cuts_as_a_reader_does() {
        for (name, expected) in [
            ("SIS d.o.o.", "sis doo"),
            ("S.A.S. Trading", "sas trading"),
            ("J. Smith", "j smith"),
            ("J.C. Juncker", "jc juncker"),
            ("J.-C. Juncker", "j c juncker"),
            ("S.A.Smith", "sa smith"),
            ("A.B.C. Company", "abc company"),
            ("Amazon.com, Inc.", "amazon com inc"),
            ("Al-Qa'ida (AQ)", "al qaida aq"),
            ("AT&T Inc.", "at and t inc"),
            ("习近平 Xi", "习近平 xi"),
            ("バラク・オバマ", "バラク オバマ"),
            ("ООО \"АЯС 2000\"", "ооо аяс 2000"),
            ("Kоzlоv", "kozlov"),
            ("TOО Кама", "too кама"),
            ("  ", ""),
            ("Ünal Öz-Çelik", "unal oz celik"),
        ] {
            let got: Vec<_> = words(name).into_iter().map(|w| w.text).collect();
            assert_eq!(got.join(" "), expected, "{name}");
        }
    }
}
