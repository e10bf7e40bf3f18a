//! Finds in free text what tells where a party is: spellings of places, endings of addresses.
//!
//! Promises: what is found is known; that nothing is found clears nothing; a field that says otherwise
//! does not undo it.
//!
//! Not here: the words (`law/places.tsv`); names of parties (`screening`).

use std::collections::BTreeMap;

use crate::Problem;
use crate::facts::FactSet;
use crate::law::Law;
use crate::term::Type;
use crate::value::Value;

/// Longest text that is searched; what is beyond is free text no field of a shipment holds.
const LONGEST: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    Word,
    Start,
    Ending,
}

#[derive(Clone, Debug)]
struct Row {
    how: How,
    words: String,
    term: String,
    value: String,
}

/// The words that tell, from `places.tsv` of the law.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places(Vec<Row>);

impl Places {
    /// Reads the table.
    pub(crate) fn of(law: &Law) -> Result<Self, Problem> {
        let mut rows = Vec::new();
        for (n, line) in law.tables.get("places.tsv").map_or("", String::as_str).lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let wrong = |why: String| Problem::new(format!("places.tsv:{}", n + 1), why);
            let fields: Vec<&str> = line.split('\t').collect();
            let [how, words, term, value] = fields[..] else {
                return Err(wrong("a row is: word, start or ending; words; term; value".to_owned()));
            };
            let how = match how {
                "word" => How::Word,
                "start" => How::Start,
                "ending" => How::Ending,
                other => return Err(wrong(format!("`{other}` is not word, start or ending"))),
            };
            let known = law.terms.get(term).ok_or_else(|| wrong(format!("unknown term `{term}`")))?;
            known.read(value).map_err(wrong)?;
            let words = if how == How::Word { simple(words) } else { words.to_lowercase() };
            rows.push(Row { how, words, term: term.to_owned(), value: value.to_owned() });
        }
        Ok(Self(rows))
    }

    /// Terms and values that a text tells.
    pub(crate) fn find(&self, text: &str) -> Vec<(String, String)> {
        let text: String = text.chars().take(LONGEST).collect();
        let (plain, lower) = (format!(" {} ", simple(&text)), text.to_lowercase());
        let parts = || lower.split(|c: char| c.is_whitespace() || ",;<>()[]\"'".contains(c));
        let tells = |row: &&Row| match row.how {
            // Scripts that write without blanks: the words may stand inside others.
            How::Word if !row.words.is_ascii() && !row.words.contains(' ') => plain.contains(row.words.as_str()),
            How::Word => plain.contains(&format!(" {} ", row.words)),
            How::Start => parts().any(|part| part.starts_with(row.words.as_str())),
            How::Ending => parts().any(|part| part.trim_end_matches(['.', '/']).ends_with(row.words.as_str())),
        };
        self.0.iter().filter(tells).map(|row| (row.term.clone(), row.value.clone())).collect()
    }

    /// Adds what was found: to sets as known members, to other terms as a value given once more.
    pub(crate) fn add(&self, law: &Law, found: &[(String, String)], facts: &mut FactSet) {
        let mut sets: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (term, value) in found {
            let Some(known) = law.terms.get(term) else { continue };
            match (&known.of, known.read(value)) {
                (Type::Words(_) | Type::Countries, Ok(Value::Words(words))) => {
                    sets.entry(term).or_default().extend(words)
                }
                (_, Ok(value)) => facts.put(term, value),
                (_, Err(_)) => {}
            }
        }
        for (term, mut words) in sets {
            // A field that was filled in is kept beside it: both are true of the party.
            let complete = match facts.get(term) {
                Some(Value::Words(given)) => {
                    words.extend(given.clone());
                    true
                }
                Some(Value::AtLeast(given)) => {
                    words.extend(given.clone());
                    false
                }
                _ => false,
            };
            words.sort();
            words.dedup();
            facts.replace(term, if complete { Value::Words(words) } else { Value::AtLeast(words) });
        }
    }
}

/// Lower case, without letter marks, everything but letters and digits as single blanks.
fn simple(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;
    let mut out = String::with_capacity(text.len());
    for c in text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c)).flat_map(char::to_lowercase) {
        match c {
            c if c.is_alphanumeric() => out.push(c),
            _ if out.ends_with(' ') || out.is_empty() => {}
            _ => out.push(' '),
        }
    }
    out.trim_end().nfc().collect()
}
