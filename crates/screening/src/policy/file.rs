//! A policy as its owner writes it: TOML or JSON.
//!
//! Promises: a key we do not know, a value out of range or a missing name is an error with its
//! line; what is not written is as in `standard`.
//!
//! Not here: opening files, and the words that a policy file points to (`cli`).

use std::fmt;

use serde::{Deserialize, Deserializer, de};

use super::{Ignored, LOWEST_THRESHOLD, Policy, WeakAliases};
use crate::Score;

/// In which notation a policy is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form {
    /// TOML.
    Toml,
    /// JSON.
    Json,
}

/// A policy as written, and the file of words it asks for.
#[derive(Clone, PartialEq, Debug)]
pub struct PolicyFile {
    /// The policy, without words.
    pub policy: Policy,
    /// Where the words are, as written: relative to the policy's own file.
    pub words: Option<String>,
}

/// Why a policy cannot be used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BadPolicy {
    /// The line at fault, from 1; none if it is the policy as a whole.
    pub line: Option<usize>,
    /// What is wrong.
    pub reason: String,
}

impl fmt::Display for BadPolicy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl std::error::Error for BadPolicy {}

/// The keys of a policy.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(deserialize_with = "name")]
    name: String,
    #[serde(default = "first", deserialize_with = "version")]
    version: u32,
    #[serde(default, deserialize_with = "threshold")]
    threshold: Option<Score>,
    #[serde(default, deserialize_with = "limit")]
    limit: Option<usize>,
    #[serde(default, deserialize_with = "weak_aliases")]
    weak_aliases: WeakAliases,
    #[serde(default)]
    ignore: Vec<WrittenIgnored>,
    words: Option<String>,
}

fn first() -> u32 {
    1
}

fn name<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let name = String::deserialize(from)?;
    if name.trim().is_empty() {
        return Err(de::Error::custom("the name is empty"));
    }
    if Policy::named(&name).is_some() {
        return Err(de::Error::custom(format!("name `{name}` is that of a built-in policy; choose another")));
    }
    Ok(name)
}

fn version<'de, D: Deserializer<'de>>(from: D) -> Result<u32, D::Error> {
    let number = i64::deserialize(from)?;
    let version = u32::try_from(number).ok().filter(|version| *version > 0);
    version.ok_or_else(|| de::Error::custom(format!("version `{number}` is not a whole number from 1")))
}

fn threshold<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Score>, D::Error> {
    let share = f64::deserialize(from)?;
    if !(LOWEST_THRESHOLD..=1.0).contains(&share) {
        return Err(de::Error::custom(format!("threshold `{share}` is not from {LOWEST_THRESHOLD} to 1")));
    }
    Ok(Some(Score::from_share(share)))
}

fn limit<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    let number = i64::deserialize(from)?;
    match usize::try_from(number) {
        Ok(limit) if limit > 0 => Ok(Some(limit)),
        Ok(_) | Err(_) => Err(de::Error::custom(format!("limit `{number}` is not a whole number from 1"))),
    }
}

fn weak_aliases<'de, D: Deserializer<'de>>(from: D) -> Result<WeakAliases, D::Error> {
    const ALL: [WeakAliases; 3] = [WeakAliases::Scored, WeakAliases::Supporting, WeakAliases::Ignored];
    let word = String::deserialize(from)?;
    let found = ALL.into_iter().find(|w| w.word() == word);
    found.ok_or_else(|| {
        de::Error::custom(format!("weak_aliases `{word}` is none of {}", ALL.map(WeakAliases::word).join(", ")))
    })
}

struct WrittenIgnored(Ignored);

impl<'de> Deserialize<'de> for WrittenIgnored {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Ignored::parse(&text).map(Self).map_err(|reason| de::Error::custom(format!("ignore: {reason}")))
    }
}

impl PolicyFile {
    /// Reads a policy.
    pub fn parse(text: &str, form: Form) -> Result<Self, BadPolicy> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let written: Written = match form {
            Form::Toml => toml::from_str(text).map_err(|error| {
                // a missing key has the whole file for its place
                let whole = error.message().starts_with("missing field");
                let at = error.span().map(|span| span.start).filter(|_| !whole);
                let line = at.map(|at| text.bytes().take(at).filter(|b| *b == b'\n').count() + 1);
                BadPolicy { line, reason: in_our_words(error.message()) }
            }),
            Form::Json => serde_json::from_str(text).map_err(|error| {
                let full = error.to_string();
                let reason = full.rsplit_once(" at line ").map_or(full.as_str(), |(reason, _)| reason);
                let line = Some(error.line()).filter(|line| *line > 0 && !reason.starts_with("missing field"));
                BadPolicy { line, reason: in_our_words(reason) }
            }),
        }?;
        let standard = Policy::default();
        let policy = Policy {
            name: written.name,
            version: written.version,
            threshold: written.threshold.unwrap_or(standard.threshold),
            limit: written.limit.unwrap_or(standard.limit),
            weak_aliases: written.weak_aliases,
            ignore: written.ignore.into_iter().map(|i| i.0).collect(),
            words: None,
        };
        Ok(Self { policy, words: written.words })
    }
}

/// The parsers speak of fields, policies have keys.
fn in_our_words(reason: &str) -> String {
    let line = reason.lines().next().unwrap_or_default();
    let line = line.replace("unknown field", "unknown key").replace("missing field", "no key");
    line.replace("duplicate field", "key given twice:")
}

#[cfg(test)]
mod tests {
    use super::{Form, PolicyFile};
    use crate::Score;
    use crate::policy::WeakAliases;

    #[test]
    fn both_notations_say_the_same() {
        let toml = "# ours\nname = \"desk\"\nversion = 3\nthreshold = 0.8\nlimit = 5\nweak_aliases = \"supporting\"\n\
                    ignore = [\"gender\", \"vessel.country\"]\nwords = \"our.tsv\"\n";
        let json = r#"{"name": "desk", "version": 3, "threshold": 0.8, "limit": 5, "weak_aliases": "supporting",
                       "ignore": ["gender", "vessel.country"], "words": "our.tsv"}"#;
        let read = PolicyFile::parse(toml, Form::Toml).unwrap();
        assert_eq!(PolicyFile::parse(json, Form::Json).unwrap(), read);
        let policy = &read.policy;
        assert_eq!((policy.version, policy.threshold, policy.limit), (3, Score(8_000), 5));
        assert_eq!(policy.weak_aliases, WeakAliases::Supporting);
        assert_eq!(policy.ignore.iter().map(ToString::to_string).collect::<Vec<_>>(), ["gender", "vessel.country"]);
        assert_eq!(read.words.as_deref(), Some("our.tsv"));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        for (toml, line, says) in [
            ("name = \"a\"\ntreshold = 0.8\n", Some(2), "unknown key `treshold`"),
            ("name = \"a\"\n\nthreshold = 0.29\n", Some(3), "threshold `0.29`"),
            ("name = \"a\"\nthreshold = 1.5\n", Some(2), "threshold `1.5`"),
            ("name = \"a\"\nthreshold = nan\n", Some(2), "threshold `NaN`"),
            ("name = \"a\"\nthreshold = \"high\"\n", Some(2), "expected f64"),
            ("name = \"a\"\nlimit = 0\n", Some(2), "limit `0`"),
            ("name = \"a\"\nversion = -1\n", Some(2), "version `-1`"),
            ("name = \"a\"\nweak_aliases = \"some\"\n", Some(2), "none of scored, supporting, ignored"),
            ("name = \"a\"\nignore = [\"born\",\n \"identifier\"]\n", Some(2), "`identifier` always counts"),
            ("name = \"strict\"\n", Some(1), "built-in"),
            ("threshold = 0.8\n", None, "no key `name`"),
            ("", None, "no key `name`"),
            ("name = \"a\"\nname = \"b\"\n", Some(2), "duplicate key"),
            ("name = \n", Some(1), ""),
        ] {
            let bad = PolicyFile::parse(toml, Form::Toml).unwrap_err();
            assert_eq!(bad.line, line, "{toml}: {bad}");
            assert!(bad.reason.contains(says), "{toml}: {bad}");
        }
        for (json, line, says) in [
            ("{\"name\": \"a\",\n \"treshold\": 0.8}", Some(2), "unknown key `treshold`"),
            ("{\"name\": \"a\",\n \"threshold\": 2}", Some(2), "threshold `2`"),
            ("{}", None, "no key `name`"),
            ("{\"name\": \"a\"", Some(1), ""),
            ("[]", Some(1), ""),
        ] {
            let bad = PolicyFile::parse(json, Form::Json).unwrap_err();
            assert_eq!(bad.line, line, "{json}: {bad}");
            assert!(bad.reason.contains(says), "{json}: {bad}");
        }
    }
}
