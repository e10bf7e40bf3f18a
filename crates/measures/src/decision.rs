//! What the law says about one case: per jurisdiction and overall, with articles and what is lacking.
//!
//! Promises: the overall verdict is the strictest of those that bind; a jurisdiction that may bind
//! and would not permit leaves it undetermined; every finding names its rule.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::truth::Truth;

/// The answer, from mildest to strictest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Nothing in force forbids it.
    Permitted,
    /// Lawful if the licence, notice or proof named is there.
    Conditional,
    /// Depends on facts that are missing.
    Undetermined,
    /// Forbidden.
    Prohibited,
}

impl Verdict {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Permitted => "permitted",
            Self::Conditional => "conditional",
            Self::Undetermined => "undetermined",
            Self::Prohibited => "prohibited",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Permitted, Self::Conditional, Self::Undetermined, Self::Prohibited]
            .into_iter()
            .find(|v| v.as_str() == text)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What one rule says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// Position of the rule in the law.
    pub rule: usize,
    /// Its answer.
    pub verdict: Verdict,
    /// Whether its page binds; otherwise it asks or reminds.
    pub decides: bool,
    /// The exception that gave it, if one did: name.
    pub by: Option<Arc<str>>,
    /// Conditions still to be met: terms.
    pub on: Vec<Arc<str>>,
    /// Facts missing: terms.
    pub lacking: Vec<Arc<str>>,
}

/// What one jurisdiction says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Position of the jurisdiction in the law.
    pub jurisdiction: usize,
    /// Whether it binds.
    pub binds: Truth,
    /// The strictest of its findings that bind.
    pub verdict: Verdict,
    /// Rules that apply, may apply, or would but for an exception, in order.
    pub findings: Vec<Finding>,
    /// Facts missing to know whether it binds.
    pub lacking: Vec<Arc<str>>,
}

/// What the law says about one case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// The whole answer.
    pub verdict: Verdict,
    /// By jurisdiction, those that do not bind left out.
    pub answers: Vec<Answer>,
}

impl Decision {
    /// Draws the whole from the answers.
    pub fn of(answers: Vec<Answer>) -> Self {
        let each = answers.iter().map(|answer| match (answer.binds, answer.verdict) {
            (Truth::No, _) => Verdict::Permitted,
            (Truth::Unknown, Verdict::Conditional | Verdict::Prohibited) => Verdict::Undetermined,
            (Truth::Unknown | Truth::Yes, verdict) => verdict,
        });
        Self { verdict: each.max().unwrap_or(Verdict::Permitted), answers }
    }

    /// Facts missing, each once, in the order in which they matter: first those of undetermined findings.
    pub fn lacking(&self) -> Vec<&str> {
        let mut out: Vec<&str> = Vec::new();
        for answer in &self.answers {
            let open = answer.findings.iter().filter(|f| f.decides && f.verdict == Verdict::Undetermined);
            for term in answer.lacking.iter().chain(open.flat_map(|f| &f.lacking)) {
                if !out.contains(&&**term) {
                    out.push(term);
                }
            }
        }
        out
    }

    /// Findings with this verdict, with their jurisdiction.
    pub fn findings(&self) -> impl Iterator<Item = (&Answer, &Finding)> {
        self.answers.iter().flat_map(|answer| answer.findings.iter().map(move |finding| (answer, finding)))
    }
}
