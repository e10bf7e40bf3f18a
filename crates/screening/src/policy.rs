//! What counts as a hit: the threshold, the kinds of evidence a user wants, and the user's words.
//!
//! Promises: `standard` is what the engine does when nobody asks for anything else; every setting
//! is part of the policy's hash; a setting can lower a score or leave it, never hide evidence from
//! the bounds of retrieval.
//!
//! Not here: what evidence weighs (`record`, `name_score`), reading files (`cli`).

use std::fmt;
use std::sync::Arc;

use interdict_model::Kind;
use serde::{Serialize, Serializer};

use crate::Score;
use crate::hit::Attribute;

mod file;
mod words;

pub use file::{BadPolicy, Form, PolicyFile};
pub use words::Words;

/// The lowest threshold: below it almost every pair of names resembles a little, and the index
/// would have to return the list.
pub const LOWEST_THRESHOLD: f64 = 0.3;

/// What a weak alias says. Publishers warn that such names match too broadly.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeakAliases {
    /// Compared like other names and held at nine tenths.
    #[default]
    Scored,
    /// The same, and only if a date, a country or an identifier agrees too; else the listing's
    /// other names decide.
    Supporting,
    /// Not compared.
    Ignored,
}

impl WeakAliases {
    /// The word for it, as in a policy file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Scored => "scored",
            Self::Supporting => "supporting",
            Self::Ignored => "ignored",
        }
    }
}

/// An attribute that neither raises nor lowers a score: `country`, or `vessel.country` for
/// listings of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ignored {
    /// Listings of this kind only; none means all.
    pub kind: Option<Kind>,
    /// What is left out.
    pub attribute: Attribute,
}

/// Attributes that can be left out. Identifiers decide and numbers are part of names: they cannot.
const IGNORABLE: [(&str, Attribute); 5] = [
    ("born", Attribute::Born),
    ("country", Attribute::Country),
    ("gender", Attribute::Gender),
    ("birth_place", Attribute::BirthPlace),
    ("address", Attribute::Address),
];

impl Ignored {
    /// Reads `country` or `vessel.country`; the error says what would do.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, name) = match text.split_once('.') {
            Some((kind, name)) => {
                let known = Kind::ALL.into_iter().find(|known| known.word() == kind);
                let words = || Kind::ALL.map(Kind::word).join(", ");
                (Some(known.ok_or_else(|| format!("no kind `{kind}`; kinds are {}", words()))?), name)
            }
            None => (None, text),
        };
        let attribute = IGNORABLE.into_iter().find(|(word, _)| *word == name).map(|(_, attribute)| attribute);
        let words = || IGNORABLE.map(|(word, _)| word).join(", ");
        let refused = || match name {
            "identifier" | "number" | "descent" | "kind" => {
                format!("`{name}` always counts; what can be ignored is {}", words())
            }
            _ => format!("no attribute `{name}`; what can be ignored is {}", words()),
        };
        Ok(Self { kind, attribute: attribute.ok_or_else(refused)? })
    }
}

impl fmt::Display for Ignored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.kind {
            write!(f, "{}.", kind.word())?;
        }
        let word = IGNORABLE.into_iter().find(|(_, attribute)| *attribute == self.attribute);
        f.write_str(word.map_or("", |(word, _)| word))
    }
}

impl Serialize for Ignored {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The settings of a screening. Part of every result by its hash.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Policy {
    /// Its name, for people.
    pub name: String,
    /// Raised by its owner with every change, for people; the hash tells versions apart anyway.
    pub version: u32,
    /// Listings at or above it are hits.
    pub threshold: Score,
    /// At most so many hits are returned, best first; the count of all is always given.
    pub limit: usize,
    /// What weak aliases say.
    pub weak_aliases: WeakAliases,
    /// What neither raises nor lowers a score.
    pub ignore: Vec<Ignored>,
    /// The user's equivalents and stop words, in the hash by their own.
    pub words: Option<Arc<Words>>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            name: "standard".into(),
            version: 1,
            threshold: Score(7_000),
            limit: 100,
            weak_aliases: WeakAliases::Scored,
            ignore: Vec::new(),
            words: None,
        }
    }
}

impl Policy {
    /// The policies that need no file, each with what it is for. Why each is set so: `docs/policies.md`.
    pub fn built_in() -> Vec<(Self, &'static str)> {
        let named = |name: &str, threshold| Self { name: name.into(), threshold: Score(threshold), ..Self::default() };
        let flags = Ignored { kind: Some(Kind::Vessel), attribute: Attribute::Country };
        let supporting = |policy| Self { weak_aliases: WeakAliases::Supporting, ..policy };
        vec![
            (Self::default(), "what is used when no policy is named"),
            (named("onboarding", 6_000), "new customers, with dates and countries at hand"),
            (supporting(named("payments", 7_000)), "names and little else, an answer at once"),
            (Self { ignore: vec![flags], ..named("trade", 6_500) }, "ships and companies; a ship's flag changes"),
            (supporting(named("strict", 8_500)), "few and sure hits; misses more"),
            (named("broad", 5_500), "many hits, for investigations and look-backs"),
        ]
    }

    /// The built-in policy of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::built_in().into_iter().map(|(policy, _)| policy).find(|policy| policy.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Ignored, Policy};

    #[test]
    fn what_can_be_ignored() {
        for (text, says) in [
            ("country", Ok("country")),
            ("vessel.country", Ok("vessel.country")),
            ("born", Ok("born")),
            ("identifier", Err("always counts")),
            ("vessel.number", Err("always counts")),
            ("boat.country", Err("no kind `boat`")),
            ("countries", Err("no attribute `countries`")),
            ("", Err("no attribute ``")),
        ] {
            match (Ignored::parse(text), says) {
                (Ok(ignored), Ok(same)) => assert_eq!(ignored.to_string(), same),
                (Err(reason), Err(part)) => assert!(reason.contains(part), "{text}: {reason}"),
                (got, expected) => panic!("{text}: {got:?}, expected {expected:?}"),
            }
        }
    }

    #[test]
    fn built_in_policies_have_names_of_their_own() {
        for (policy, _) in Policy::built_in() {
            assert_eq!(Policy::named(&policy.name), Some(policy));
        }
        assert_eq!(Policy::named("standard"), Some(Policy::default()));
        assert_eq!(Policy::named("lenient"), None);
    }
}
