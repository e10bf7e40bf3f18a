//! Internal lists in our own CSV and JSON: columns by name or mapped, see [`crate::columns`].
//!
//! Promises: each row or object is a listing or a rejection; the row's own number is the record,
//! or its line if it has none.

use interdict_model::ListId;
use serde_json::Value;

use super::has_width;
use crate::account::Account;
use crate::columns::{Columns, Party, party_of_json};
use crate::json;
use crate::table::{Encoding, Table};
use crate::{Options, Refusal, Role, SourceFile};

pub(crate) fn csv(file: &SourceFile<'_>, options: &Options, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut table = Table::open(file, delimiter(file), Encoding::Utf8OrCp1252);
    table.read_header()?;
    let columns = match Columns::new(table.header(), &options.mapping) {
        Ok(columns) => columns,
        Err(reason) => return Err(table.refuse(reason)),
    };
    let has = |name: &str| table.column(name).is_some();
    if options.list.is_none() && has("schema") && has("dataset") && has("birth_date") {
        // The simple table of FollowTheMoney targets.
        account.list = ListId("ftm".to_owned());
    }
    let width = table.header().len();
    let mut rows = 0_u64;
    while let Some(row) = table.next()? {
        rows += 1;
        let place = format!("line {}", row.line);
        if !row.terminated && !has_width(file, row, width, &place, account)? {
            continue;
        }
        let cells: Vec<&str> = row.iter().collect();
        match columns.read(&cells) {
            Ok(party) => put(party, place, account),
            Err(reason) => account.reject(place, reason, None),
        }
    }
    account.role_rows(Role::Main, rows, account.listings);
    Ok(())
}

pub(crate) fn json(file: &SourceFile<'_>, options: &Options, account: &mut Account<'_>) -> Result<(), Refusal> {
    json::each(file, &mut |place, value| {
        let party = value.and_then(|value: Value| party_of_json(&value, &options.mapping));
        match party {
            Ok(party) => put(party, place.to_owned(), account),
            Err(reason) => account.reject(place, reason, None),
        }
    })
}

fn put(party: Party, place: String, account: &mut Account<'_>) {
    let record = party.id.clone().unwrap_or_else(|| place.clone());
    let mut listing = account.blank(record, place, party.entity.kind);
    listing.reference = party.reference.or(party.id);
    listing.entity = party.entity;
    listing.designations = party.designations;
    listing.links = party.links;
    account.listing(listing);
}

/// The byte that separates most fields of the first line.
pub(crate) fn delimiter(file: &SourceFile<'_>) -> u8 {
    let head = file.head(64 << 10).unwrap_or_default();
    let line = head.split(|b| *b == b'\n').next().unwrap_or(&[]);
    let count = |byte: u8| line.iter().filter(|b| **b == byte).count();
    [b'\t', b';'].into_iter().find(|d| count(*d) > count(b',')).unwrap_or(b',')
}
