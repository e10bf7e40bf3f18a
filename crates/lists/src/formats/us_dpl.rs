//! The Denied Persons List of the Bureau of Industry and Security: a table separated by tabs.
//!
//! Promises: every row is a listing or a rejection. The list has no numbers of its own: the record
//! is a hash of name, address and effective date, the same in every edition that holds the row.

use std::collections::HashMap;

use interdict_model::{Designation, Digest, Kind, NameQuality, Sourced};

use crate::account::Account;
use crate::dates::{Order, day};
use crate::formats::has_width;
use crate::parts::{self, AddressParts};
use crate::table::{Encoding, Table};
use crate::{Refusal, SourceFile};

const COLUMNS: [&str; 12] = [
    "Name",
    "Street_Address",
    "City",
    "State",
    "Country",
    "Postal_Code",
    "Effective_Date",
    "Expiration_Date",
    "Standard_Order",
    "Last_Update",
    "Action",
    "FR_Citation",
];

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut table = Table::open(file, b'\t', Encoding::Utf8OrCp1252);
    table.read_header()?;
    let width = table.header().len();
    let columns = COLUMNS.map(|name| table.column(name));
    for unknown in table.header().to_vec().iter().filter(|c| !COLUMNS.contains(&c.as_str())) {
        account.unknown(unknown);
    }
    let mut seen: HashMap<String, u32> = HashMap::new();
    while let Some(row) = table.next()? {
        let place = format!("line {}", row.line);
        if !has_width(file, row, width, &place, account)? {
            continue;
        }
        let [name, street, city, state, country, postal, effective, expires, standard, updated, action, citation] =
            columns.map(|c| c.map_or("", |c| row.get(c)));
        let mut record = Digest::of_parts([name, street, city, country, effective].map(str::as_bytes)).short();
        let count = seen.entry(record.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            record.push_str(&format!("-{count}"));
        }
        let mut listing = account.blank(record, place, Kind::Unknown);
        let entity = &mut listing.entity;
        parts::alias(entity, name, NameQuality::Primary, "", "Name");
        let address = AddressParts { street, city, region: state, postal_code: postal, country, note: "" };
        parts::address(entity, address, "Street_Address..Postal_Code");
        parts::property(entity, "Expiration_Date", expires, "Expiration_Date");
        parts::property(entity, "Standard_Order", standard, "Standard_Order");
        parts::remark(entity, action, "Action");
        let designation = Designation {
            programme: "Denied Persons List".to_owned(),
            basis: Some(citation.to_owned()).filter(|c| !c.is_empty()),
            authority: Some("Bureau of Industry and Security".to_owned()),
            measures: vec!["denial of export privileges".to_owned()],
            listed_on: day(effective, Order::MonthFirst),
            amended_on: day(updated, Order::MonthFirst).into_iter().collect(),
            ended_on: None,
        };
        listing.designations.push(Sourced::new(designation, "Effective_Date"));
        account.listing(listing);
    }
    Ok(())
}
