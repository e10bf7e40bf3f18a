//! What needs two persons: as `--four-eyes` says it.
//!
//! Promises: a word that is not known is refused, so that a misspelt one is not "nothing"; what another setting would let
//! through by the back door is asked for as well.
//!
//! Not here: asking for it (`asked`), the flag (`cli`).

use std::collections::BTreeSet;

use super::What;

/// What needs two persons.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FourEyes(BTreeSet<What>);

/// A word that is not known.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "`{0}` is nothing that two persons can be asked for\nhint: one or more of acceptances, rollbacks, allowances, keys; or all, or off"
)]
pub struct FourEyesError(String);

impl FourEyes {
    /// Reads words: some of `acceptances`, `rollbacks`, `allowances`, `keys`; or `all`, or `off`, alone.
    ///
    /// # Errors
    /// When a word is not known, or `off` stands beside others.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Self, FourEyesError> {
        let words: Vec<&str> = words.into_iter().map(str::trim).collect();
        let mut found = BTreeSet::new();
        for word in &words {
            match *word {
                "all" => found.extend(What::ALL),
                "off" if words.len() == 1 => {}
                word => {
                    let what = What::ALL.into_iter().find(|what| what.plural() == word);
                    found.insert(what.ok_or_else(|| FourEyesError(word.to_owned()))?);
                }
            }
        }
        if found.contains(&What::Rollback) {
            // Accepting a version that is kept is a way back too.
            found.insert(What::Acceptance);
        }
        Ok(Self(found))
    }

    /// Whether something needs two persons.
    pub(crate) fn asks_of(&self, what: What) -> bool {
        self.0.contains(&what)
    }

    /// What needs two persons, in words.
    pub fn words(&self) -> Vec<&'static str> {
        self.0.iter().map(|what| what.plural()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_and_others_are_refused() {
        let words = |text: &str| FourEyes::parse(text.split(',')).map(|found| found.words().join(","));
        for (text, expected) in [
            ("off", ""),
            ("all", "acceptances,rollbacks,allowances,keys"),
            ("keys,acceptances", "acceptances,keys"),
            ("rollbacks", "acceptances,rollbacks"),
            (" allowances , keys", "allowances,keys"),
        ] {
            assert_eq!(words(text).as_deref(), Ok(expected), "{text}");
        }
        for text in ["", "none", "off,keys", "acceptance", "ALL", "all,key"] {
            assert!(words(text).is_err_and(|error| error.to_string().contains("hint: ")), "{text}");
        }
        assert_eq!(FourEyes::parse([]), Ok(FourEyes::default()));
    }
}
