//! The vocabulary: which facts a rule may ask for, of which type, and how to ask for them.
//!
//! Promises: a term that the vocabulary does not declare is refused wherever it stands; a value
//! is read as its term's type or refused with the reason.
//!
//! Not here: the terms themselves; they are lines of `law/terms.tsv`, so that a new regime can
//! add the facts it needs without code.

use interdict_model::Country;
use jiff::civil::Date;
use rustc_hash::FxHashMap;

use crate::Problem;
use crate::hs::{EDITIONS, HsCode};
use crate::value::{Amount, Value};

/// What a term's values are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Type {
    /// Yes or no.
    Bool,
    /// A day.
    Date,
    /// An exact number that is not negative, in a unit.
    Number(String),
    /// One of the words listed; an empty list admits any word.
    Word(Vec<String>),
    /// Some of the words listed.
    Words(Vec<String>),
    /// A country code.
    Country,
    /// Some country codes.
    Countries,
    /// A goods code.
    Hs,
    /// An edition of the Harmonized System.
    Edition,
}

/// One term.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// Its name, as rules and inputs write it.
    pub name: String,
    /// The type of its values.
    pub of: Type,
    /// The question that brings the fact in.
    pub question: String,
    /// Where it is declared.
    pub place: String,
}

/// All terms, in a fixed order; the position is the term's slot in facts prepared for deciding.
#[derive(Clone, Default, Debug)]
pub struct Terms {
    list: Vec<Term>,
    by_name: FxHashMap<String, usize>,
}

impl Terms {
    /// Reads lines of `term <tab> type <tab> values or unit <tab> question`; `#` starts a comment.
    pub fn parse(place: &str, text: &str) -> (Self, Vec<Problem>) {
        let (mut terms, mut problems) = (Self::default(), Vec::new());
        for (n, line) in text.lines().enumerate() {
            let place = format!("{place}:{}", n + 1);
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
            let [name, of, values, question] = fields[..] else {
                problems
                    .push(Problem::new(place, format!("{} fields, not term, type, values, question", fields.len())));
                continue;
            };
            let words = || values.split_whitespace().map(str::to_owned).collect();
            let of = match of {
                "bool" => Type::Bool,
                "date" => Type::Date,
                "number" => Type::Number(values.to_owned()),
                "word" => Type::Word(words()),
                "words" => Type::Words(words()),
                "country" => Type::Country,
                "countries" => Type::Countries,
                "hs" => Type::Hs,
                "edition" => Type::Edition,
                other => {
                    problems.push(
                        Problem::new(place, format!("unknown type `{other}`"))
                            .hint("bool, date, number, word, words, country, countries, hs or edition"),
                    );
                    continue;
                }
            };
            let term = Term { name: name.to_owned(), of, question: question.to_owned(), place };
            if let Err(problem) = terms.add(term) {
                problems.push(problem);
            }
        }
        (terms, problems)
    }

    /// Adds a term, or says where its name is taken.
    pub fn add(&mut self, term: Term) -> Result<(), Problem> {
        if let Some(&slot) = self.by_name.get(&term.name) {
            let first = self.list.get(slot).map_or("", |t| t.place.as_str());
            return Err(Problem::new(term.place, format!("term `{}` is declared twice: first at {first}", term.name)));
        }
        self.by_name.insert(term.name.clone(), self.list.len());
        self.list.push(term);
        Ok(())
    }

    /// The slot of a term.
    pub fn slot(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// A term by name.
    pub fn get(&self, name: &str) -> Option<&Term> {
        self.list.get(self.slot(name)?)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Term> {
        self.list.iter()
    }

    /// The nearest name, for a hint.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        let close =
            |t: &&Term| t.name.contains(name) || name.contains(t.name.as_str()) || t.name.get(..4) == name.get(..4);
        self.list.iter().find(close).map(|t| t.name.as_str())
    }
}

impl Term {
    /// Reads a value of this term from text.
    pub fn read(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        match &self.of {
            Type::Bool => match text.to_ascii_lowercase().as_str() {
                "yes" | "true" | "1" | "y" => Ok(Value::Bool(true)),
                "no" | "false" | "0" | "n" => Ok(Value::Bool(false)),
                _ => Err(format!("`{text}` is not yes or no")),
            },
            Type::Date => day(text).map(Value::Date).ok_or_else(|| format!("`{text}` is not a day like 2018-01-05")),
            Type::Number(unit) => {
                let bare = text.strip_suffix(unit.as_str()).unwrap_or(text);
                let number = Amount::parse(bare).ok_or_else(|| format!("`{text}` is not a number in {unit}"))?;
                if number.is_negative() {
                    return Err(format!("`{text}` is negative"));
                }
                Ok(Value::Number(number))
            }
            Type::Word(words) => word(text, words).map(Value::Word),
            Type::Words(words) => set(text, |one| word(one, words)),
            Type::Country => country(text).map(Value::Word),
            Type::Countries => set(text, country),
            Type::Hs => HsCode::parse(text).map(Value::Hs),
            Type::Edition => {
                let lower = text.to_ascii_lowercase();
                let full = if lower.starts_with("hs") { lower } else { format!("hs{lower}") };
                if EDITIONS.contains(&full.as_str()) {
                    Ok(Value::Word(full))
                } else {
                    Err(format!("unknown edition `{text}`: one of {}", EDITIONS.join(", ")))
                }
            }
        }
    }
}

// `none` is the empty set: known to be nobody and nowhere. `?` among the words: there may be more.
fn set(text: &str, read: impl Fn(&str) -> Result<String, String>) -> Result<Value, String> {
    let parts = || text.split(['+', ';', '|']).map(str::trim).filter(|one| !one.is_empty());
    let mut words = parts().filter(|one| !matches!(*one, "none" | "?")).map(read).collect::<Result<Vec<_>, _>>()?;
    words.sort();
    words.dedup();
    if parts().next().is_none() {
        return Err("the set is empty: write `none` if nobody is in it".to_owned());
    }
    Ok(if parts().any(|one| one == "?") { Value::AtLeast(words) } else { Value::Words(words) })
}

fn word(text: &str, words: &[String]) -> Result<String, String> {
    let lower = text.to_ascii_lowercase();
    if lower.is_empty() || lower.chars().any(char::is_control) {
        return Err("the value is empty or holds control characters".to_owned());
    }
    if words.is_empty() || words.contains(&lower) {
        return Ok(lower);
    }
    Err(format!("`{text}` is not one of {}", words.join(", ")))
}

fn country(text: &str) -> Result<String, String> {
    Country::parse(text).map(|c| c.code().to_owned()).ok_or_else(|| format!("`{text}` names no country we know"))
}

/// A day as `2018-01-05`, and nothing else.
pub fn day(text: &str) -> Option<Date> {
    let well_formed = text.len() == 10
        && text.bytes().enumerate().all(|(i, b)| if i == 4 || i == 7 { b == b'-' } else { b.is_ascii_digit() });
    if !well_formed {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<i16>().ok());
    let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
    if !(1900..2200).contains(&year) {
        return None;
    }
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
