//! A policy as it is kept from run to run: whole, whatever becomes of the file it came from.
//!
//! Promises: reading it back gives a policy of the same hash.
//!
//! Not here: policies as their owners write them (`screening`).

use std::sync::Arc;

use interdict_screening::{Ignored, Policy, Score, WeakAliases, Words};
use serde::{Deserialize, Serialize};

/// Every setting, and the text of the user's words.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct KeptPolicy {
    name: String,
    version: u32,
    threshold: Score,
    limit: usize,
    weak_aliases: WeakAliases,
    ignore: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words: Option<String>,
}

impl KeptPolicy {
    /// Of a policy.
    pub fn of(policy: &Policy) -> Self {
        Self {
            name: policy.name.clone(),
            version: policy.version,
            threshold: policy.threshold,
            limit: policy.limit,
            weak_aliases: policy.weak_aliases,
            ignore: policy.ignore.iter().map(ToString::to_string).collect(),
            words: policy.words.as_ref().map(|words| words.text().to_owned()),
        }
    }

    /// The policy.
    ///
    /// # Errors
    /// When this version does not know one of its settings.
    pub fn policy(&self) -> Result<Policy, String> {
        let words = self.words.as_deref().map(Words::parse).transpose().map_err(|bad| bad.to_string())?;
        Ok(Policy {
            name: self.name.clone(),
            version: self.version,
            threshold: self.threshold,
            limit: self.limit,
            weak_aliases: self.weak_aliases,
            ignore: self.ignore.iter().map(|text| Ignored::parse(text)).collect::<Result<_, _>>()?,
            words: words.map(Arc::new),
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its threshold.
    pub fn threshold(&self) -> Score {
        self.threshold
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy_digest;

    #[test]
    fn the_same_policy_comes_back() {
        let words = Words::parse("stop\ttrading house\n").unwrap();
        let mut all: Vec<Policy> = Policy::built_in().into_iter().map(|(policy, _)| policy).collect();
        all.push(Policy { words: Some(Arc::new(words)), name: "own".to_owned(), ..Policy::default() });
        for policy in all {
            let json = serde_json::to_string(&KeptPolicy::of(&policy)).unwrap();
            let back = serde_json::from_str::<KeptPolicy>(&json).unwrap().policy().unwrap();
            assert_eq!(policy_digest(&back, &[]), policy_digest(&policy, &[]), "{json}");
        }
    }
}
