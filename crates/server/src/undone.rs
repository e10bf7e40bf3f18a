//! Questions that get no answer: put on record before that is said.
//!
//! Promises: where a ledger is kept, a party that could not be read or screened, a record that could not be decided, a call
//! that was given up in time and one that broke each have an entry, which the problem names; no thread that compares waits
//! for the disk; what could not be read can be read again, for `interdict replay`.
//!
//! Not here: calls that were turned away because too much waits, which are summed up (`refusals`); the words of problems
//! (`problem`).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use interdict_engine::{Engine, Scratch};
use interdict_ledger::leaf_hash;
use interdict_lists::{Columns, Mapping, Party, party_of_json};
use interdict_measures::Law;
use interdict_model::{Digest, Entity, Unique};
use interdict_store::ledger::{Answer, Kind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::App;
use crate::lists::Loaded;
use crate::problem::Fault;
use crate::register::{self, Pending};
use crate::screen::bytes;

/// The outcome on record of a question that could not be answered.
pub(crate) const NOT_DONE: &str = "not_done";

/// The outcome on record of a question that was given up.
pub(crate) const TIMED_OUT: &str = "timed_out";

/// The outcome on record of a question at which something of ours broke.
pub(crate) const FAILED: &str = "failed";

/// Why a question gets no answer, with its entry on the way to the disk.
pub(crate) struct Refused {
    fault: Fault,
    pending: Option<Pending>,
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { fault, pending: None }
    }
}

impl Refused {
    /// The problem, once it is on record.
    async fn told(self) -> Fault {
        match self.pending {
            None => self.fault,
            Some(pending) => match register::settled(pending).await {
                Ok(entry) => self.fault.on_record(entry),
                Err(unrecorded) => unrecorded,
            },
        }
    }
}

/// A call as it came, for the record of those that are given up.
pub(crate) struct Call {
    pub(crate) kind: Kind,
    pub(crate) route: &'static str,
    pub(crate) body: Bytes,
    pub(crate) loaded: Arc<Loaded>,
}

/// What could not be read as a party.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unread {
    /// The `party` of a request.
    Party(Value),
    /// A line of a batch.
    Line(String),
    /// The hash of a line that is no text.
    NoText(Digest),
    /// A line of more bytes than are read.
    LongerThan(usize),
    /// An object of a file whose columns were named.
    Mapped {
        /// The object.
        party: Value,
        /// Columns by field.
        map: BTreeMap<String, String>,
    },
    /// A row of a table.
    Row {
        /// Its header.
        header: Vec<String>,
        /// Its fields.
        cells: Vec<String>,
        /// Columns by field.
        map: BTreeMap<String, String>,
    },
    /// Where a row began of which no fields could be cut out.
    Place(String),
}

/// The same as it is put on record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    unread: Unread,
}

impl Unread {
    pub(crate) fn input(self) -> Result<Vec<u8>, Fault> {
        bytes(&Input { unread: self })
    }

    /// The same as it is put on record.
    ///
    /// # Errors
    /// When memory fails to be written, which it does not.
    pub fn question(self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&Input { unread: self })
    }
}

/// A line of a batch as a party, or why it is none.
pub(crate) fn line(text: &str) -> Result<Party, String> {
    let Unique(value) = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    party_of_json(&value, &Mapping::default())
}

/// The record of a party that could not be read, read again; none if the question is of another kind.
///
/// # Errors
/// When it cannot be read again, or is read now: in words.
pub fn unread_again(input: &Value) -> Result<Option<Digest>, String> {
    let Ok(Input { unread }) = serde_json::from_value(input.clone()) else { return Ok(None) };
    let read = match &unread {
        Unread::Party(value) => party_of_json(value, &Mapping::default()),
        Unread::Line(text) => line(text),
        Unread::Mapped { party, map } => party_of_json(party, &Mapping(map.clone())),
        Unread::Row { header, cells, map } => {
            Columns::new(header, &Mapping(map.clone())).and_then(|columns| columns.read(cells))
        }
        Unread::NoText(_) | Unread::LongerThan(_) | Unread::Place(_) => {
            return Err("its line was no text, or too long: there is nothing to ask again".to_owned());
        }
    };
    match read {
        Err(reason) => Ok(Some(leaf_hash(reason.as_bytes()))),
        Ok(_) => Err("the party could not be read then, and can be now".to_owned()),
    }
}

/// Whether it is on record that a row could not be read, and not what stood in it.
pub fn is_unread_for_good(input: &Value) -> bool {
    let read = |input: &Value| serde_json::from_value::<Input>(input.clone()).ok();
    match read(input).map(|input| input.unread) {
        Some(Unread::NoText(_) | Unread::LongerThan(_) | Unread::Place(_)) => true,
        Some(Unread::Party(_) | Unread::Line(_) | Unread::Mapped { .. } | Unread::Row { .. }) | None => false,
    }
}

/// How a party that is brought may have been asked about, where it could not be read: in a request, or as a line.
pub fn unread_forms(party: &Value, text: &str) -> Vec<Value> {
    let forms = [Unread::Party(party.clone()), Unread::Line(text.trim().to_owned())];
    forms.into_iter().filter_map(|unread| serde_json::to_value(Input { unread }).ok()).collect()
}

/// The party of a request.
pub(crate) fn party(app: &App, loaded: &Loaded, engine: &Engine, value: &Value) -> Result<Entity, Refused> {
    let read = party_of_json(value, &Mapping::default());
    read.map(|party| party.entity).map_err(|reason| {
        let hint = "give a name or an identifier, as {\"name\": \"…\"}";
        let fault = Fault::NotDone(format!("party: {reason}\nhint: {hint}"));
        let input = Unread::Party(value.clone()).input();
        not_done(app, loaded, (Kind::Screening, Some(engine), None), input, &reason, fault)
    })
}

/// A question that could not be answered, by its reason, which `interdict replay` finds again.
pub(crate) fn not_done(
    app: &App,
    loaded: &Loaded,
    of: (Kind, Option<&Engine>, Option<&Law>),
    input: Result<Vec<u8>, Fault>,
    reason: &str,
    fault: Fault,
) -> Refused {
    if !matches!(fault, Fault::NotDone(_)) {
        return fault.into();
    }
    match input {
        Ok(input) => {
            let (record, outcome) = (leaf_hash(reason.as_bytes()), NOT_DONE);
            undone(app, loaded, of, Answer { input, record, outcome, reference: String::new() }, fault)
        }
        Err(fault) => fault.into(),
    }
}

/// Hands a question over that could not be answered.
pub(crate) fn undone(
    app: &App,
    loaded: &Loaded,
    (kind, engine, law): (Kind, Option<&Engine>, Option<&Law>),
    answer: Answer,
    fault: Fault,
) -> Refused {
    let (Some(register), Some(ground)) = (&app.register, &loaded.ground) else { return fault.into() };
    match register.submit(kind, ground, engine, law, &[answer]) {
        Ok(pending) => Refused { fault, pending: Some(pending) },
        Err(unrecorded) => unrecorded.into(),
    }
}

impl App {
    /// Has a thread that compares answer a call; what gets no answer is on record before that is said.
    pub(crate) async fn answered<T: Send + 'static>(
        self: &Arc<Self>,
        call: Call,
        work: impl FnOnce(&mut Scratch) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Fault> {
        match self.compare(work).await {
            Ok(answer) => Ok(answer),
            Err(Refused { fault: fault @ (Fault::TimedOut | Fault::Internal(_)), pending: None }) => {
                Err(self.given_up(call, fault).await)
            }
            Err(refused) => Err(refused.told().await),
        }
    }

    /// Puts a call on record that was given up, or at which something broke; gives what is to be said.
    pub(crate) async fn given_up(self: &Arc<Self>, call: Call, fault: Fault) -> Fault {
        if self.register.is_none() {
            return fault;
        }
        let app = Arc::clone(self);
        // What it rests on may have to be put on record first, which waits for the disk.
        let handed = tokio::task::spawn_blocking(move || {
            let Call { kind, route, body, loaded } = call;
            let input = json!({ "interface": "interdict", "route": route, "body": String::from_utf8_lossy(&body) });
            let of = match kind {
                Kind::Screening | Kind::Monitoring => (kind, Some(&*loaded.engine), None),
                Kind::Decision => (kind, None, Some(&*app.book.law)),
            };
            let record = leaf_hash(fault.code().as_bytes());
            let outcome = if fault == Fault::TimedOut { TIMED_OUT } else { FAILED };
            let input = input.to_string().into_bytes();
            undone(&app, &loaded, of, Answer { input, record, outcome, reference: String::new() }, fault)
        });
        match handed.await {
            Ok(refused) => refused.told().await,
            Err(error) => Fault::Internal(format!("ledger: {error}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_read_is_read_again_for_the_same_reason() {
        let bad = json!({"name": ["A", 7, {}]});
        let text = " {\"name\": \"A\", \"name\": \"B\"}\r\n";
        for (forms, reason) in [
            (unread_forms(&bad, ""), party_of_json(&bad, &Mapping::default()).unwrap_err()),
            (unread_forms(&Value::Null, text).split_off(1), line(text.trim()).unwrap_err()),
        ] {
            assert_eq!(unread_again(&forms[0]), Ok(Some(leaf_hash(reason.as_bytes()))), "{reason}");
        }
        assert_eq!(unread_again(&json!({"names": []})), Ok(None), "a party that was read");
        for now in [json!({"unread": {"party": {"name": "A"}}}), json!({"unread": {"longer_than": 7}})] {
            assert!(unread_again(&now).is_err(), "{now}");
        }
    }
}
