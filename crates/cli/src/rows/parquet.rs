//! Rows of a Parquet file, whose columns are those of a table, or FollowTheMoney in nested columns.
//!
//! Not here: reading the format (`interdict_parquet`).

use std::fs::File;

use interdict_engine::Party;
use interdict_lists::{Mapping, party_of_json};
use interdict_server::Unread;
use serde_json::Value;

use super::{BadRow, Counter, Rows};
use crate::exit::Failure;

/// Opens a file; `bytes` and the counter tell how far it is read.
pub fn open(path: &str, file: File, mapping: Mapping, counter: Counter) -> Result<Rows, Failure> {
    let bytes = file.metadata().map_or(0, |meta| meta.len());
    let rows = interdict_parquet::open(file).map_err(|reason| match reason.contains("\nhint: ") {
        true => Failure::new(format!("{path}: {reason}")),
        false => Failure::hint(format!("{path}: {reason}"), "write it again, or give CSV or JSON lines"),
    })?;
    let total = rows.total();
    if total == 0 {
        return Err(Failure::hint(format!("{path}: the file has no rows"), "it needs a row at least"));
    }
    Ok(Box::new(rows.map(move |(number, row)| {
        counter.set(bytes.saturating_mul(number).checked_div(total).unwrap_or(0));
        let place = format!("row {number}");
        let bad = |reason: String, unread: Unread| BadRow::new(place.clone(), reason, unread);
        let row = row.map_err(|reason| bad(reason, Unread::Place(place.clone())))?;
        let row = Value::Object(row);
        let party = party_of_json(&row, &mapping);
        let party = party.map_err(|reason| bad(reason, Unread::Mapped { party: row, map: mapping.0.clone() }))?;
        Ok(Party { place, id: party.id, entity: party.entity })
    })))
}
