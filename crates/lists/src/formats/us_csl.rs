//! The US Consolidated Screening List in CSV: fourteen lists of Treasury, Commerce and State.
//!
//! Promises: every row is a listing or a rejection; the list a row comes from is its authority.

use std::collections::HashMap;

use interdict_model::{Designation, Digest, IdentifierKind, Kind, NameQuality, Sourced};

use crate::account::Account;
use crate::dates::{Order, day};
use crate::formats::has_width;
use crate::formats::ofac::fact::{self, Fact, Meaning};
use crate::formats::ofac::{Draft, kind_of};
use crate::parts::{self, AddressParts};
use crate::table::{Encoding, Row, Table};
use crate::xml::excerpt;
use crate::{Refusal, SourceFile};

/// The columns we read; others are counted as unknown.
const COLUMNS: [&str; 29] = [
    "_id",
    "source",
    "entity_number",
    "type",
    "programs",
    "name",
    "title",
    "addresses",
    "federal_register_notice",
    "start_date",
    "end_date",
    "standard_order",
    "license_requirement",
    "license_policy",
    "call_sign",
    "vessel_type",
    "gross_tonnage",
    "gross_registered_tonnage",
    "vessel_flag",
    "vessel_owner",
    "remarks",
    "source_list_url",
    "alt_names",
    "citizenships",
    "dates_of_birth",
    "nationalities",
    "places_of_birth",
    "source_information_url",
    "ids",
];

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut table = Table::open(file, b',', Encoding::Utf8);
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
        let get = |name: &str| {
            let column = COLUMNS.iter().position(|c| *c == name).and_then(|i| columns.get(i).copied().flatten());
            column.map_or("", |c| row.get(c))
        };
        let word = get("type");
        let kind = if word.is_empty() { Some(Kind::Unknown) } else { kind_of(word) };
        let Some(kind) = kind else {
            account.reject(place, format!("unknown type `{}`", excerpt(word)), None);
            continue;
        };
        let mut record = record(get("source"), get("_id"), &row);
        let times = seen.entry(record.clone()).or_insert(0_u32);
        *times += 1;
        if *times > 1 {
            record.push_str(&format!("-{times}"));
        }
        let draft = draft(Draft::new(account.blank(record, place, kind)), &get);
        account.listing(finish(draft, &get));
    }
    Ok(())
}

/// The source's short name and the publisher's id: an entity on two lists has one id and two rows.
/// Older editions have no id: a hash of the row stands for it.
fn record(source: &str, id: &str, row: &Row<'_>) -> String {
    let list = source.split_once('(').and_then(|(_, rest)| rest.split_once([')', ' '])).map_or("CSL", |(list, _)| list);
    if id.is_empty() {
        format!("{list}-{}", Digest::of_parts(row.iter().map(str::as_bytes)).short())
    } else {
        format!("{list}-{id}")
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split("; ").map(str::trim).filter(|t| !t.is_empty())
}

fn draft<'r>(mut draft: Draft, get: &impl Fn(&str) -> &'r str) -> Draft {
    draft.name(get("name"), NameQuality::Primary, "", "name");
    for name in list(get("alt_names")) {
        let name = name.strip_prefix("and ").unwrap_or(name);
        draft.name(name, NameQuality::Strong, "", "alt_names");
    }
    list(get("addresses")).for_each(|a| address(&mut draft, a));
    list(get("ids")).for_each(|id| document(&mut draft, id));
    let entity = &mut draft.listing.entity;
    parts::title(entity, get("title"), "title");
    list(get("nationalities")).for_each(|c| parts::nationality(entity, c, "nationalities"));
    list(get("citizenships")).for_each(|c| parts::nationality(entity, c, "citizenships"));
    list(get("dates_of_birth")).for_each(|d| parts::birth(entity, d, Order::MonthFirst, "dates_of_birth"));
    list(get("places_of_birth")).for_each(|p| parts::birth_place(entity, p, "", "places_of_birth"));
    parts::identifier(entity, IdentifierKind::CallSign, get("call_sign"), "", "", "call_sign");
    for column in [
        "vessel_type",
        "gross_tonnage",
        "gross_registered_tonnage",
        "vessel_owner",
        "standard_order",
        "end_date",
        "license_requirement",
        "license_policy",
        "source_list_url",
    ] {
        parts::property(entity, column, get(column), column.to_owned());
    }
    fact::put(
        &mut draft,
        Some(Meaning::Flag),
        Fact { label: "vessel_flag", value: get("vessel_flag"), ..Fact::default() },
        "vessel_flag",
    );
    let remarks = get("remarks");
    parts::remark(&mut draft.listing.entity, remarks, "remarks");
    for link in remarks.split("(Linked To: ").skip(1) {
        // What follows the link's own bracket is the next clause; names have brackets of their own.
        let link = link.trim_end_matches([' ', ';']);
        draft.link("Linked To", link.strip_suffix(')').unwrap_or(link), None, "remarks");
    }
    draft
}

/// `19 Luysi Chalovskoy St., Borisov, 222512, BY`: the last part is a country's code.
fn address(draft: &mut Draft, text: &str) {
    let is_code = |t: &str| t.len() == 2 && t.bytes().all(|b| b.is_ascii_uppercase());
    let (street, country) = match text.rsplit_once(", ") {
        Some((street, country)) if is_code(country) => (street, country),
        _ if is_code(text) => ("", text),
        _ => (text, ""),
    };
    let address = AddressParts { street, country, ..AddressParts::default() };
    parts::address(&mut draft.listing.entity, address, "addresses");
}

/// `CY, C146742, Registration Number`: country, if any, value, label.
fn document(draft: &mut Draft, text: &str) {
    let Some((rest, label)) = text.rsplit_once(", ") else {
        return parts::property(&mut draft.listing.entity, "ids", text, "ids");
    };
    let (country, value) = match rest.split_once(", ") {
        Some((country, value)) if country.len() == 2 && country.bytes().all(|b| b.is_ascii_uppercase()) => {
            (country, value)
        }
        _ => ("", rest),
    };
    fact::put(draft, fact::meaning(label), Fact { label, value, country, ..Fact::default() }, "ids");
}

fn finish<'r>(mut draft: Draft, get: &impl Fn(&str) -> &'r str) -> interdict_model::Listing {
    let notice = get("federal_register_notice");
    let mut programmes: Vec<&str> = list(get("programs")).collect();
    if programmes.is_empty() {
        programmes.push("");
    }
    for programme in programmes {
        let designation = Designation {
            programme: programme.to_owned(),
            basis: Some(notice.to_owned()).filter(|n| !n.is_empty()),
            authority: Some(get("source").to_owned()).filter(|s| !s.is_empty()),
            measures: draft.measures.clone(),
            listed_on: day(get("start_date"), Order::MonthFirst),
            ..Designation::default()
        };
        draft.listing.designations.push(Sourced::new(designation, "programs"));
    }
    draft.listing.reference = Some(get("entity_number").to_owned()).filter(|n| !n.is_empty());
    draft.listing
}
