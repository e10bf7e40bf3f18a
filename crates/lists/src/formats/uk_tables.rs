//! The UK Sanctions List as a set of tables: subjects, and beside them names, dates, countries, numbers.
//!
//! Promises: each subject is a listing; rows of the other tables that name no subject are
//! rejections.
//! Memory: rows of one subject may stand anywhere, so the listings are held until the end.

use interdict_model::{Designation, IdentifierKind, Name, PartialDate, Sourced};

use super::has_width;
use super::uk::{self, Joined};
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts;
use crate::table::{Encoding, Row, Table};
use crate::{FileSet, Refusal, Role};

const DATES: &str = "dates of birth of these tables are shown and not compared: most contradict the UN's; take the publisher's own file";

/// The table that a header belongs to.
pub(crate) fn role(has: &dyn Fn(&[&str]) -> bool) -> Option<Role> {
    Some(match () {
        () if has(&["unique_id", "subject_type"]) => Role::Main,
        () if has(&["unique_id", "full_name", "name_type"]) => Role::Aliases,
        () if has(&["unique_id", "year", "month", "day", "precision"]) => Role::Births,
        () if has(&["unique_id", "country_type", "raw_value"]) => Role::Countries,
        () if has(&["unique_id", "identifier_type", "raw_value"]) => Role::Identifiers,
        () => return None,
    })
}

pub(crate) fn read(set: &FileSet<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut joined = Joined::default();
    for (role, file) in &set.files {
        let mut table = Table::open(file, b',', Encoding::Utf8);
        table.read_header()?;
        let width = table.header().len();
        let header = table.header().to_vec();
        let column = |name: &str| header.iter().position(|h| h == name);
        let Some(id_at) = column("unique_id") else {
            return Err(table.refuse("no column `unique_id`"));
        };
        let (mut rows, mut attached) = (0_u64, 0_u64);
        while let Some(row) = table.next()? {
            rows += 1;
            let place =
                if *role == Role::Main { format!("line {}", row.line) } else { format!("{role} line {}", row.line) };
            if !has_width(file, row, width, &place, account)? {
                continue;
            }
            let id = row.get(id_at);
            let get = |name: &str| column(name).map_or("", |i| row.get(i));
            if *role == Role::Main {
                subject(&mut joined, account, id, place, &get);
                attached += 1;
                continue;
            }
            let Some(listing) = joined.known(id) else {
                account.reject(place, format!("subject `{id}` is not in the main file"), None);
                continue;
            };
            attached += 1;
            let entity = &mut listing.entity;
            match role {
                Role::Main | Role::Addresses | Role::Comments => {}
                Role::Aliases => name(entity, &get),
                Role::Births => birth(entity, &get, row),
                Role::Countries => country(entity, &get),
                Role::Identifiers => number(entity, &get),
            }
        }
        account.role_rows(*role, rows, attached);
    }
    if set.files.iter().any(|(role, _)| *role == Role::Births) {
        account.notes.push(DATES.to_owned());
    }
    joined.finish(account);
    Ok(())
}

fn subject<'r>(joined: &mut Joined, account: &mut Account<'_>, id: &str, place: String, get: &dyn Fn(&str) -> &'r str) {
    let Some(kind) = uk::kind(get("subject_type")) else {
        return account.reject(format!("{place}, {id}"), format!("unknown subject `{}`", get("subject_type")), None);
    };
    if joined.known(id).is_some() || id.is_empty() {
        return account.reject(place, format!("subject `{id}` comes twice or is empty"), None);
    }
    let listing = joined.listing(id, || account.blank(id, place, kind));
    listing.reference = Some(id.to_owned());
    for key in ["un_reference_number", "ofsi_group_id"] {
        parts::property(&mut listing.entity, key, get(key), key.to_owned());
    }
    let act = Designation {
        // The tables have no regime; the letters of the reference are its code.
        programme: id.chars().take_while(char::is_ascii_alphabetic).collect(),
        listed_on: day(get("date_designated"), Order::DayFirst),
        amended_on: day(get("last_updated"), Order::DayFirst).into_iter().collect(),
        ..Designation::default()
    };
    listing.designations.push(Sourced::new(act, "unique_id"));
}

fn name<'r>(entity: &mut interdict_model::Entity, get: &dyn Fn(&str) -> &'r str) {
    let full = get("full_name");
    let (named, strength) = (get("name_type"), get("alias_strength"));
    let mut name = Name::new(full, uk::quality(named, strength));
    let label = [named, strength].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    name.label = Some(label).filter(|l| !l.is_empty());
    let middle = ["name_2", "name_3", "name_4", "name_5"]
        .map(get)
        .into_iter()
        .filter(|t| !t.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let (given, family) = (get("name_1"), get("name_6"));
    if entity.kind == interdict_model::Kind::Person && !given.is_empty() && !family.is_empty() {
        use interdict_model::NamePart::{Family, Given, Middle};
        let pieces = [(Given, given), (Middle, middle.as_str()), (Family, family)];
        name.parts = pieces.into_iter().filter(|(_, t)| !t.is_empty()).map(|(p, t)| (p, t.to_owned())).collect();
    }
    parts::name(entity, name, "full_name");
}

/// Dates are shown and never compared: of the 526 people of the tables of May 2026 to whom the UN gives a
/// date as well, 458 have another year here, so that a date would clear the very people who are listed.
fn birth<'r>(entity: &mut interdict_model::Entity, get: &dyn Fn(&str) -> &'r str, row: Row<'_>) {
    let number = |key| get(key).parse::<i16>().ok();
    let small = |key| number(key).and_then(|n| i8::try_from(n).ok());
    let date = match (number("year"), small("month"), small("day")) {
        (Some(y), Some(m), Some(d)) => PartialDate::ymd(y, m, d),
        (Some(y), Some(m), None) => PartialDate::month(y, m),
        (Some(y), None, _) => PartialDate::year(y),
        (None, ..) => None,
    };
    match date {
        Some(date) => parts::property(entity, "date of birth, not compared", &date.to_string(), "year".to_owned()),
        None => {
            let text = row.iter().skip(2).collect::<Vec<_>>().join(" ");
            parts::property(entity, "date not understood", &text, "year");
        }
    }
}

fn country<'r>(entity: &mut interdict_model::Entity, get: &dyn Fn(&str) -> &'r str) {
    let (text, code) = (get("raw_value"), get("iso"));
    // The collector's code stands for a text that we cannot read ourselves.
    let text = if interdict_model::Country::parse(uk::country_text(text)).is_some() || code.is_empty() {
        uk::country_text(text)
    } else {
        code
    };
    match get("country_type") {
        "birth" => parts::birth_place(entity, get("raw_value"), text, "raw_value (birth)"),
        "address" => {
            let known = entity.unread_countries.iter().take(parts::COMPARED).any(|c| c.value == text);
            if !known {
                parts::other_country(entity, text, "raw_value (address)");
            }
        }
        "nationality" | "flag" => uk::nationalities(entity, text, "raw_value (nationality)"),
        other => parts::property(entity, &format!("country ({other})"), get("raw_value"), "raw_value"),
    }
}

fn number<'r>(entity: &mut interdict_model::Entity, get: &dyn Fn(&str) -> &'r str) {
    let kind = match get("identifier_type") {
        "passport" => IdentifierKind::Passport,
        "national" => IdentifierKind::NationalId,
        "business_registration_numbers" => IdentifierKind::Registration,
        "imo" => IdentifierKind::Imo,
        _ => IdentifierKind::Other,
    };
    let about = if get("additional_info").is_empty() { get("identifier_type") } else { get("additional_info") };
    uk::document(entity, kind, get("raw_value"), about, "raw_value");
}
