//! Australia's consolidated list (DFAT) as CSV.
//!
//! Promises: the rows of one reference (`12`, `12a`, `12b`: the name and its aliases) make one
//! listing. Written to the published column names; no complete file was at hand to test it on.
//! Memory: rows of one reference may stand anywhere, so the listings are held until the end.

use interdict_model::{Designation, IdentifierKind, Kind, Name, NameQuality, Sourced};

use super::has_width;
use super::uk::{self, Joined};
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts::{self, AddressParts};
use crate::table::{Encoding, Row, Table};
use crate::{Refusal, Role, SourceFile};

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut table = Table::open(file, b',', Encoding::Utf8OrCp1252);
    table.read_header()?;
    let header: Vec<String> = table.header().iter().map(|h| h.to_ascii_lowercase()).collect();
    let column = |name: &str| header.iter().position(|h| h == name);
    let Some(reference_at) = column("reference") else {
        return Err(table.refuse("no column `Reference`"));
    };
    let mut joined = Joined::default();
    let (mut rows, mut attached) = (0_u64, 0_u64);
    while let Some(row) = table.next()? {
        rows += 1;
        let place = format!("line {}", row.line);
        if !has_width(file, row, header.len(), &place, account)? {
            continue;
        }
        let number: String = row.get(reference_at).chars().take_while(char::is_ascii_digit).collect();
        if number.is_empty() {
            account.reject(place, format!("reference `{}` has no number", row.get(reference_at)), None);
            continue;
        }
        let get = |name: &str| column(name).map_or("", |i| row.get(i));
        let kind = match get("type").to_ascii_lowercase().as_str() {
            "individual" => Kind::Person,
            "entity" => Kind::Organization,
            "vessel" => Kind::Vessel,
            "" => Kind::Unknown,
            other => {
                account.reject(place, format!("unknown type `{other}`"), None);
                continue;
            }
        };
        attached += 1;
        let listing = joined.listing(&number, || account.blank(number.clone(), place, kind));
        listing.reference = Some(number);
        fill(listing, &get, row, &header);
    }
    account.role_rows(Role::Main, rows, attached);
    joined.finish(account);
    Ok(())
}

fn fill<'r>(listing: &mut interdict_model::Listing, get: &dyn Fn(&str) -> &'r str, row: Row<'_>, header: &[String]) {
    let entity = &mut listing.entity;
    let named = get("name type");
    let quality = match named.to_ascii_lowercase().as_str() {
        "primary name" => NameQuality::Primary,
        "former name" | "fka" | "formerly known as" => NameQuality::Former,
        "" if entity.names.is_empty() => NameQuality::Primary,
        _ => NameQuality::Strong,
    };
    let label = Some(named.to_owned()).filter(|l| !l.is_empty());
    parts::name(
        entity,
        Name { label, ..Name::new(get("name of individual or entity"), quality) },
        "Name of Individual or Entity",
    );
    for piece in uk::pieces(get("date of birth")).into_iter().flat_map(|p| p.split([';'])) {
        parts::birth(entity, piece, Order::DayFirst, "Date of Birth");
    }
    for piece in uk::pieces(get("place of birth")) {
        parts::birth_place(entity, piece, "", "Place of Birth");
    }
    uk::nationalities(entity, get("citizenship"), "Citizenship");
    for piece in uk::pieces(get("address")) {
        let address = AddressParts { street: piece, ..AddressParts::default() };
        if !entity.addresses.iter().take(parts::COMPARED).any(|a| a.value.full == piece) {
            parts::address(entity, address, "Address");
        }
    }
    uk::remark_once(entity, get("additional information"), "Additional Information".to_owned());
    uk::remark_once(entity, get("listing information"), "Listing Information".to_owned());
    uk::imo_numbers(entity, get("additional information"), "Additional Information");
    parts::identifier(entity, IdentifierKind::Imo, get("imo number"), "", "", "IMO Number");
    let known = [
        "reference",
        "name of individual or entity",
        "type",
        "name type",
        "alias strength",
        "date of birth",
        "place of birth",
        "citizenship",
        "address",
        "additional information",
        "listing information",
        "imo number",
        "committees",
        "control date",
    ];
    for (i, name) in header.iter().enumerate().filter(|(_, name)| !known.contains(&name.as_str())) {
        let value = row.get(i);
        if !entity.properties.iter().take(parts::COMPARED).any(|p| p.value.1 == value) {
            parts::property(entity, name, value, name.clone());
        }
    }
    let programme = get("committees");
    if !programme.is_empty()
        && !listing.designations.iter().take(parts::COMPARED).any(|d| d.value.programme == programme)
    {
        let act = Designation {
            programme: programme.to_owned(),
            authority: Some("DFAT".to_owned()),
            listed_on: day(get("control date"), Order::DayFirst),
            ..Designation::default()
        };
        listing.designations.push(Sourced::new(act, "Committees"));
    }
}
