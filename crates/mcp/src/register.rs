//! Where answers go on record before they are given, and questions that get none before that is said.
//!
//! Not here: the ledger itself (`store`).

use std::pin::Pin;

use interdict_engine::{Engine, Recorded};
use interdict_ledger::leaf_hash;
use interdict_measures::Law;
use interdict_model::Digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answers::no_json;
use crate::party::Party;

/// Which question an answer is to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Question {
    /// Is this party listed?
    Screening,
    /// Is this lawful?
    Decision,
}

/// An answer about to be given, or why there is none.
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

/// An entry on its way to the disk: its number once it is there, none where no ledger is kept.
pub type Entering = Pin<Box<dyn Future<Output = Result<Option<u64>, String>> + Send>>;

/// Puts answers on record.
pub trait Register: Send + Sync + 'static {
    /// Hands an answer over.
    ///
    /// # Errors
    /// When it could not be recorded; then it is not given. So when what it gives ends in an error.
    fn enter(&self, given: &Given<'_>) -> Result<Entering, String>;
}

/// Keeps nothing: for a home without a ledger.
pub struct Unregistered;

impl Register for Unregistered {
    fn enter(&self, _given: &Given<'_>) -> Result<Entering, String> {
        Ok(Box::pin(async { Ok(None) }))
    }
}

/// An answer, or why there is none, with its entry on the way to the disk.
pub(crate) struct Told {
    told: Result<Value, String>,
    entering: Option<Entering>,
}

impl Told {
    /// What says nothing of anybody.
    pub(crate) fn of_nobody(value: Value) -> Self {
        Self { told: Ok(value), entering: None }
    }

    /// Waits until it is on record; gives the answer or the reason, with the number of its entry.
    pub(crate) async fn settled(self) -> Result<(Result<Value, String>, Option<u64>), String> {
        let entry = match self.entering {
            Some(entering) => entering.await?,
            None => None,
        };
        Ok(match (self.told, entry) {
            (Ok(Value::Object(mut answer)), Some(entry)) => {
                answer.insert("ledger".to_owned(), json!({ "entry": entry }));
                (Ok(answer.into()), Some(entry))
            }
            (told, entry) => (told, entry),
        })
    }
}

/// Enters an answer, and only then shows it.
pub(crate) fn entered<T: Serialize>(
    register: &dyn Register,
    given: &Given<'_>,
    recorded: &Recorded<T>,
) -> Result<Told, String> {
    Ok(Told { entering: Some(register.enter(given)?), told: Ok(serde_json::to_value(recorded).map_err(no_json)?) })
}

/// Enters comparisons, each of which has a record of its own.
pub(crate) fn compared<T: Serialize>(
    register: &dyn Register,
    given: &Given<'_>,
    comparisons: &[Recorded<T>],
) -> Result<Told, String> {
    Ok(Told { entering: Some(register.enter(given)?), told: Ok(json!({ "comparisons": comparisons })) })
}

/// Enters a question that gets no answer, with the record that it has.
pub(crate) fn refused(register: &dyn Register, given: &Given<'_>, reason: String) -> Result<Told, String> {
    Ok(Told { entering: Some(register.enter(given)?), told: Err(reason) })
}

/// Enters a question that gets no answer, by its reason, which `interdict replay` finds again.
pub(crate) fn not_done(register: &dyn Register, given: Given<'_>, reason: String) -> Result<Told, String> {
    let given = Given { record: leaf_hash(reason.as_bytes()), outcome: NOT_DONE, ..given };
    refused(register, &given, reason)
}

/// The outcome on record of a question that could not be answered.
pub(crate) const NOT_DONE: &str = "not_done";

/// What could not be read as a party, as it is put on record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    unread: Unread,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Unread {
    /// The `party` of a call.
    Agent(Value),
}

/// What is put on record of a party that could not be read.
pub(crate) fn unread(party: &Value) -> Result<Vec<u8>, String> {
    serde_json::to_vec(&Input { unread: Unread::Agent(party.clone()) }).map_err(no_json)
}

/// How a party that is brought, or the call it stood in, may have been asked about, where it could not be read.
pub fn unread_forms(brought: &Value) -> Vec<Value> {
    let parts = ["/party", "/arguments/party", "/params/arguments/party"];
    let parties = parts.iter().filter_map(|part| brought.pointer(part)).chain([brought]);
    parties.filter_map(|party| serde_json::to_value(Input { unread: Unread::Agent(party.clone()) }).ok()).collect()
}

/// The record of a party that could not be read, read again; none if the question is of another kind.
///
/// # Errors
/// When it is read now, in words.
pub fn unread_again(input: &Value) -> Result<Option<Digest>, String> {
    let Ok(Input { unread: Unread::Agent(party) }) = serde_json::from_value(input.clone()) else { return Ok(None) };
    let party: Party = serde_json::from_value(party).map_err(|error| error.to_string())?;
    match party.entity() {
        Err(reason) => Ok(Some(leaf_hash(reason.as_bytes()))),
        Ok(_) => Err("the party could not be read then, and can be now".to_owned()),
    }
}
