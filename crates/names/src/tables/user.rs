//! A user's own equivalents and stop words, read from text.

use std::fmt;

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Strength, key};

/// Most lines of a user's file: more is not a list of exceptions any longer.
const MOST_LINES: usize = 100_000;

/// Equivalents and stop words that a user adds to the tables.
#[derive(Clone, Debug, Default)]
pub struct Additions {
    equivalents: FxHashMap<String, Vec<(String, Strength)>>,
    stop_words: FxHashSet<String>,
}

/// A line of a user's file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: usize,
    /// The text at fault.
    pub text: String,
    /// What to do about it.
    pub hint: &'static str,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: cannot read `{}`\nhint: {}", self.line, self.text, self.hint)
    }
}

impl std::error::Error for BadLine {}

impl Additions {
    /// Reads lines of `spelling|language|nickname<TAB>name name …` and `stop<TAB>word word …`;
    /// empty lines and lines from `#` on are ignored.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        let mut additions = Self::default();
        for (i, line) in text.lines().enumerate() {
            let bad = |hint| BadLine { line: i + 1, text: line.chars().take(60).collect(), hint };
            if i >= MOST_LINES {
                return Err(bad("keep the file below 100,000 lines"));
            }
            let content = line.split('#').next().unwrap_or_default().trim();
            if content.is_empty() {
                continue;
            }
            let Some((kind, words)) = content.split_once('\t') else {
                return Err(bad("write a kind, a tab, then words"));
            };
            let words: Vec<String> = words.split_whitespace().map(key).filter(|w| !w.is_empty()).collect();
            let strength = match kind.trim() {
                "stop" => {
                    additions.stop_words.extend(words);
                    continue;
                }
                "spelling" => Strength::Spelling,
                "language" => Strength::Language,
                "nickname" => Strength::Nickname,
                _ => return Err(bad("the kind is one of spelling, language, nickname, stop")),
            };
            if words.len() < 2 {
                return Err(bad("an equivalence needs two names or more"));
            }
            additions.add(&words, strength);
        }
        Ok(additions)
    }

    fn add(&mut self, words: &[String], strength: Strength) {
        for a in words {
            let others = self.equivalents.entry(a.clone()).or_default();
            for b in words.iter().filter(|b| *b != a) {
                match others.iter_mut().find(|(known, _)| known == b) {
                    Some(known) => known.1 = known.1.max(strength),
                    None => others.push((b.clone(), strength)),
                }
            }
        }
    }

    /// The user's equivalents of a folded word.
    pub fn equivalents(&self, word: &str) -> &[(String, Strength)] {
        self.equivalents.get(word).map_or(&[], Vec::as_slice)
    }

    /// How two folded words stand for one another, if the user says so.
    pub fn equivalence(&self, a: &str, b: &str) -> Option<Strength> {
        self.equivalents(a).iter().find(|(other, _)| other == b).map(|(_, strength)| *strength)
    }

    /// The words that the user says do not identify, in no order.
    pub fn stop_words(&self) -> impl Iterator<Item = &str> {
        self.stop_words.iter().map(String::as_str)
    }

    /// Whether the user says a folded word does not identify.
    pub fn is_stop_word(&self, word: &str) -> bool {
        self.stop_words.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::{Additions, Strength};

    #[test]
    fn reads_and_refuses() {
        let additions = Additions::parse("# ours\nnickname\tTheodore Téddy\nstop\tAcme # ours\n\n").unwrap();
        assert_eq!(additions.equivalents("teddy"), [("theodore".to_string(), Strength::Nickname)]);
        assert!(additions.is_stop_word("acme"));
        assert!(!additions.is_stop_word("theodore"));
        let bad = Additions::parse("stop\tx\nalias\ta b").unwrap_err();
        assert_eq!(bad.line, 2);
        assert!(bad.to_string().contains("`alias\ta b`"));
        assert_eq!(Additions::parse("spelling\tone").unwrap_err().line, 1);
    }
}
