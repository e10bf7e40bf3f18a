//! Imports and versions as JSON: the one form in which the command line and the service show them.
//!
//! Promises: whoever reads the output of a command reads the answer of the service with the same program.
//!
//! Not here: tables for people (`cli`), statuses of HTTP (`server`).

use interdict_engine::Doubt;
use interdict_lists::Refusal;
use serde_json::{Value, json};

use crate::{Imported, Place, Report, StoreError, StoredVersion};

/// A doubt with its kind and its words.
fn doubt(doubt: &Doubt) -> Result<Value, serde_json::Error> {
    let mut value = serde_json::to_value(doubt)?;
    value["kind"] = json!(doubt.kind());
    value["text"] = json!(doubt.to_string());
    Ok(value)
}

impl Report {
    /// Whether nothing was refused and nothing doubted.
    pub fn is_whole(&self) -> bool {
        self.refused.is_empty() && !self.has_doubted()
    }

    /// Whether a version was doubted and stands in quarantine.
    pub fn has_doubted(&self) -> bool {
        self.imported.iter().any(|imported| matches!(imported.place, Place::Quarantined { .. }))
    }

    /// What an import did.
    ///
    /// # Errors
    /// When a doubt has no JSON form, which none lacks.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        let refused = |refusal: &Refusal| json!({"file": refusal.file, "place": refusal.place, "reason": refusal.reason, "hint": refusal.hint});
        Ok(json!({
            "imported": self.imported.iter().map(Imported::to_json).collect::<Result<Vec<_>, _>>()?,
            "refused": self.refused.iter().map(refused).collect::<Vec<_>>(),
            "listings": self.listings,
            "names": self.names,
            "index_bytes": self.index_bytes,
            "index_milliseconds": self.index_took.as_secs_f64() * 1000.0,
            "own_names": self.own_names,
            "not_compared": self.not_compared.len(),
            "not_reached": self.not_reached,
            "own_names_milliseconds": self.own_names_took.as_secs_f64() * 1000.0,
        }))
    }
}

impl Imported {
    fn to_json(&self) -> Result<Value, serde_json::Error> {
        let none: &[Doubt] = &[];
        let (state, other, doubts) = match &self.place {
            Place::Current { replaces } => ("in_use", replaces.as_ref(), none),
            Place::Kept { behind } => ("stored", behind.as_ref(), none),
            Place::Quarantined { in_use, doubts } => ("quarantined", in_use.as_ref(), doubts.as_slice()),
        };
        Ok(json!({
            "doubts": doubts.iter().map(doubt).collect::<Result<Vec<_>, _>>()?,
            "accepted": self.manifest.accepted,
            "version": self.manifest.version,
            "content": self.manifest.content,
            "state": state,
            "other": other,
            "files": self.manifest.files,
            "unknown_fields": self.manifest.unknown_fields,
            "notes": self.manifest.notes,
            "rows": self.rows,
            "milliseconds": self.took.as_secs_f64() * 1000.0,
        }))
    }
}

impl StoredVersion {
    /// What is known of a version.
    pub fn to_json(&self) -> Value {
        let manifest = &self.manifest;
        json!({
            "version": manifest.version,
            "content": manifest.content,
            "received": manifest.received,
            "standing": self.standing.word().replace(' ', "_"),
            "rolled_back": self.rolled_back,
            "accepted": manifest.accepted,
            "reader": manifest.reader,
            "files": manifest.files,
            "bytes": self.bytes,
            "raw_bytes": self.raw_bytes,
        })
    }

    /// The same, with what speaks against it.
    ///
    /// # Errors
    /// When the reason is damaged.
    pub fn doubted_json(&self) -> Result<Value, StoreError> {
        let mut json = self.to_json();
        let reason = self.reason()?;
        let doubts = reason.as_ref().map(|reason| reason.doubts.as_slice()).unwrap_or_default();
        let doubts = doubts.iter().map(doubt).collect::<Result<Value, _>>();
        json["doubts"] = doubts.map_err(|error| StoreError::damaged(&self.folder, error.to_string()))?;
        json["at"] = json!(reason.and_then(|reason| reason.at));
        Ok(json)
    }
}
