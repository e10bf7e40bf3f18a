//! Lists flattened by a collector to name, alias, nationality, designation, type and source.
//!
//! Promises: each row is a listing or a rejection. References, dates and numbers were lost by the
//! collector; a row's number is its record, so records of two versions cannot be compared.

use interdict_model::{Designation, Kind, ListId, Name, NameQuality, Sourced};

use super::{alias_text, has_width, uk};
use crate::account::Account;
use crate::parts;
use crate::table::{Encoding, Table};
use crate::{Options, Refusal, Role, SourceFile};

pub(crate) fn read(file: &SourceFile<'_>, options: &Options, account: &mut Account<'_>) -> Result<(), Refusal> {
    if options.list.is_none() {
        account.list = ListId(list(file)?.to_owned());
    }
    let mut table = Table::open(file, b',', Encoding::Utf8OrCp1252);
    table.read_header()?;
    let width = table.header().len();
    let column = |name: &str| table.column(name).unwrap_or(usize::MAX);
    let (name, alias, nationality) = (column("name"), column("alias"), column("nationality"));
    let (role, act, source) = (column("designation"), column("sanction type"), column("source"));
    let mut rows = 0_u64;
    while let Some(row) = table.next()? {
        rows += 1;
        let place = format!("line {}", row.line);
        if !has_width(file, row, width, &place, account)? {
            continue;
        }
        let mut listing = account.blank(place.clone(), place, Kind::Unknown);
        let entity = &mut listing.entity;
        if !parts::is_nothing(row.get(name)) {
            parts::name(entity, Name::new(row.get(name), NameQuality::Primary), "Name");
        }
        for one in alias_text(row.get(alias)) {
            if entity.names.first().is_none_or(|n| n.value.full != one) {
                parts::alias(entity, &one, NameQuality::Strong, "", "Alias");
            }
        }
        uk::nationalities(entity, row.get(nationality), "Nationality");
        match row.get(role) {
            "person" => entity.kind = Kind::Person,
            "enterprise" => entity.kind = Kind::Organization,
            text => parts::title(entity, text, "Designation"),
        }
        // Where a comma of the source broke the columns, the rest of a sentence stands here.
        if row.get(source).len() > "Australia".len() {
            parts::remark(entity, row.get(source), "Source");
        }
        let act = Designation { programme: row.get(act).to_owned(), ..Designation::default() };
        listing.designations.push(Sourced::new(act, "Sanction Type"));
        account.listing(listing);
    }
    account.role_rows(Role::Main, rows, account.listings);
    account
        .notes
        .push("flattened by a collector: no references, dates or numbers; take the publisher's own file".to_owned());
    Ok(())
}

// The collector names the source in the last column.
fn list(file: &SourceFile<'_>) -> Result<&'static str, Refusal> {
    const ROWS: usize = 50;
    let mut table = Table::open(file, b',', Encoding::Utf8OrCp1252);
    table.read_header()?;
    let source = table.column("source").unwrap_or(usize::MAX);
    for _ in 0..ROWS {
        let Some(row) = table.next()? else { break };
        match row.get(source).to_ascii_lowercase().as_str() {
            "europe" => return Ok("eu-flat"),
            "uk" => return Ok("uk-flat"),
            "australia" => return Ok("au-dfat"),
            _ => {}
        }
    }
    Ok("flat")
}
