//! Where answers go on record before they are given.
//!
//! Not here: the ledger itself (`store`).

use interdict_engine::Engine;
use interdict_measures::Law;
use interdict_model::Digest;

/// Which question an answer is to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// Is this party listed?
    Screening,
    /// Is this lawful?
    Decision,
}

/// An answer about to be given.
pub struct Given<'a> {
    /// Which question it is to.
    pub question: Question,
    /// What was asked, as JSON, so that it can be asked again.
    pub input: Vec<u8>,
    /// The record of the answer.
    pub record: Digest,
    /// Its outcome in a word.
    pub outcome: &'static str,
    /// The lists and the policy it rests on; none if nobody was screened.
    pub engine: Option<&'a Engine>,
    /// The law it rests on.
    pub law: Option<&'a Law>,
}

/// Puts answers on record.
pub trait Register: Send + Sync + 'static {
    /// Puts an answer on record and gives the number of its entry; none where no ledger is kept.
    ///
    /// # Errors
    /// When it could not be recorded; then it is not given.
    fn enter(&self, given: &Given<'_>) -> Result<Option<u64>, String>;
}

/// Keeps nothing: for a home without a ledger.
pub struct Unregistered;

impl Register for Unregistered {
    fn enter(&self, _given: &Given<'_>) -> Result<Option<u64>, String> {
        Ok(None)
    }
}
