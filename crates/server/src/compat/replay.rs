//! Asks a question of a drop-in again, for `interdict replay`.
//!
//! Promises: the question goes the same way as then, so that a single byte of difference shows.
//!
//! Not here: opening the lists and the policy of then (`cli`).

use std::sync::Arc;

use interdict_engine::{Scratch, Snapshot};
use interdict_ledger::leaf_hash;
use interdict_model::{Digest, ListId};
use serde_json::Value;

use super::hall::record_of;
use super::{watchman, yente};

/// An answer, or why there was none.
pub(super) type Replayed = Result<Value, String>;

/// Whether a question on record is one of a drop-in.
pub(super) fn interface(input: &Value) -> Option<&str> {
    input.get("interface").and_then(Value::as_str)
}

/// The record of the answer to a question that was asked in another interface; none if it was asked in ours. `only` are the
/// lists that the answer is on record to rest on: what a collection stands for may be another now.
///
/// # Errors
/// When the question cannot be asked again, in words.
pub fn again(snapshot: &Arc<Snapshot>, only: &[ListId], input: &Value) -> Result<Option<Digest>, String> {
    let Some(interface) = interface(input) else { return Ok(None) };
    let text = |name: &str| input.get(name).and_then(Value::as_str).unwrap_or_default();
    let (dataset, query) = (text("dataset"), text("query"));
    let example = input.get("example").unwrap_or(&Value::Null);
    let mut scratch = Scratch::default();
    let replayed = match interface {
        "yente" => yente::again(snapshot, only, dataset, query, example, &mut scratch)?,
        "yente-reconcile" => yente::reconciled_again(snapshot, only, dataset, query, example, &mut scratch)?,
        "watchman" => watchman::again(snapshot, query, &mut scratch)?,
        other => return Err(format!("the question was asked in the interface `{other}`, which this version lacks")),
    };
    Ok(Some(match replayed {
        Ok(answer) => record_of(&answer)?,
        Err(reason) => leaf_hash(reason.as_bytes()),
    }))
}
