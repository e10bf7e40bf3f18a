//! Law as data: pages become rules, rules decide cases, with the paragraph that decides.
//!
//! Promises: same pages, same facts, same decision; what is not known is `undetermined` and named,
//! never a default; two rules that decide differently without saying how they relate do not load.
//!
//! Not here: any regime, country, date or goods code (`law/` has them); screening of parties;
//! reading input files (`cli`).

pub mod account;
mod assemble;
pub mod case;
mod check;
pub mod coverage;
pub mod decision;
pub mod diff;
mod embedded;
pub mod eval;
pub mod expr;
pub mod facts;
pub mod hs;
pub mod input;
pub mod law;
pub mod lint;
pub mod page;
mod parse;
pub mod picture;
mod place;
pub mod reference;
pub mod report;
pub mod statement;
pub mod term;
pub mod timeline;
pub mod truth;
pub mod units;
pub mod value;

pub use decision::{Answer, Decision, Finding, Verdict};
pub use eval::decide;
pub use facts::FactSet;
pub use law::Law;
pub use truth::Truth;
pub use value::{Amount, Value};

/// The files of the law built in: path below `law/`, and text.
pub fn embedded_files() -> Vec<(String, String)> {
    embedded::FILES.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
}

/// Something wrong in a page, a table or an input: where, what, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}{}", hint.as_ref().map(|h| format!("\n  hint: {h}")).unwrap_or_default())]
pub struct Problem {
    /// File and line.
    pub place: String,
    /// What does not fit.
    pub why: String,
    /// The remedy.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem at a place.
    pub fn new(place: impl Into<String>, why: impl Into<String>) -> Self {
        Self { place: place.into(), why: why.into(), hint: None }
    }

    /// The same, with a remedy.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}
