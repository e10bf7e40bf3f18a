//! Canada's autonomous sanctions list (SEMA and others) in XML, in its three vocabularies.
//!
//! Promises: each record is a listing or a rejection. The list has no numbers of its own: regime,
//! schedule and item make the record, as the regulations cite it.
//!
//! The country of a record is the regime's, not the person's: it is the programme and no nationality.

use std::collections::HashMap;

use interdict_model::{Designation, IdentifierKind, Kind, Name, NamePart, NameQuality, Sourced};

use super::alias_text;
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts;
use crate::xml::{Node, Tree, XmlReader};
use crate::{Refusal, SourceFile};

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut number = 0_u64;
    let mut seen: HashMap<String, u32> = HashMap::new();
    while let Some(path) = xml.next()? {
        match path {
            "/data-set" => {}
            "/data-set/record" => {
                number += 1;
                xml.subtree(&mut tree)?;
                record(tree.root(), number, &mut seen, account);
            }
            other => {
                let other = other.trim_start_matches('/').to_owned();
                account.unknown(&other);
                xml.skip()?;
            }
        }
    }
    Ok(())
}

#[derive(Default)]
struct Fields<'t> {
    regime: &'t str,
    last: &'t str,
    given: &'t str,
    entity: &'t str,
    title: &'t str,
    imo: &'t str,
    born: &'t str,
    aliases: &'t str,
    schedule: &'t str,
    item: &'t str,
    listed: &'t str,
}

fn record(node: Node<'_>, number: u64, seen: &mut HashMap<String, u32>, account: &mut Account<'_>) {
    let mut f = Fields::default();
    for child in node.children() {
        let text = child.text();
        // 2026 joins the English and the French name: `Country-Pays`.
        match child.name().split('-').next().unwrap_or("") {
            "Country" => f.regime = text,
            "LastName" => f.last = text,
            "GivenName" => f.given = text,
            "Entity" | "EntityOrShip" => f.entity = text,
            "Title" | "TitleOrShip" | "TitleOrShipType" => f.title = text,
            "ShipIMONumber" => f.imo = text,
            "DateOfBirth" | "DateOfBirthOrShipBuildDate" => f.born = text,
            "Aliases" => f.aliases = text,
            "Schedule" => f.schedule = text,
            "Item" => f.item = text,
            "DateOfListing" => f.listed = text,
            _ => {
                if !child.is_blank() {
                    account.unknown(child.name());
                }
            }
        }
    }
    let place = format!("record {number}, line {}", node.line());
    if f.regime.is_empty() || f.item.is_empty() {
        return account.reject(place, "no Country or no Item: the record cannot be cited", None);
    }
    // The English name, before the slash.
    let regime = f.regime.split(" /").next().unwrap_or(f.regime).trim();
    let schedule =
        if f.schedule.is_empty() || f.schedule == "N/A" { String::new() } else { format!(", schedule {}", f.schedule) };
    let mut id = format!("{regime}{schedule}, item {}", f.item);
    let times = seen.entry(id.clone()).or_default();
    *times += 1;
    if *times > 1 {
        id = format!("{id} ({times})");
    }
    let is_person = !f.last.is_empty() || !f.given.is_empty();
    let kind = match (is_person, f.imo.is_empty()) {
        (true, _) => Kind::Person,
        (false, false) => Kind::Vessel,
        (false, true) => Kind::Organization,
    };
    let mut listing = account.blank(id.clone(), place, kind);
    listing.reference = Some(id);
    let entity = &mut listing.entity;
    if is_person {
        let pieces = [(NamePart::Given, f.given), (NamePart::Family, f.last)];
        let found: Vec<_> = pieces.iter().filter(|(_, t)| !t.is_empty()).map(|(p, t)| (*p, (*t).to_owned())).collect();
        let full = found.iter().map(|(_, t)| t.as_str()).collect::<Vec<_>>().join(" ");
        parts::name(entity, Name { parts: found, ..Name::new(full, NameQuality::Primary) }, "GivenName LastName");
        parts::title(entity, f.title, "Title");
    } else {
        parts::property(entity, if kind == Kind::Vessel { "ship type" } else { "title" }, f.title, "TitleOrShipType");
    }
    parts::name(
        entity,
        Name::new(f.entity, if is_person { NameQuality::Strong } else { NameQuality::Primary }),
        "EntityOrShip",
    );
    for alias in alias_text(f.aliases) {
        aliases(entity, &alias);
    }
    for born in f.born.split(" or ").flat_map(|text| text.split(" OR ")) {
        parts::birth(entity, born, Order::DayFirst, "DateOfBirthOrShipBuildDate");
    }
    parts::identifier(entity, IdentifierKind::Imo, f.imo, "", "", "ShipIMONumber");
    let act = Designation {
        programme: regime.to_owned(),
        basis: Some(format!("{}{schedule}, item {}", regime, f.item)),
        listed_on: day(f.listed, Order::DayFirst),
        ..Designation::default()
    };
    listing.designations.push(Sourced::new(act, "Country"));
    account.listing(listing);
}

// `Russian: Открытое … or ОАО …`: the language before a colon, spellings between "or" or a spaced slash.
fn aliases(entity: &mut interdict_model::Entity, text: &str) {
    let (language, text) = match text.split_once(": ") {
        Some((word, rest)) if !word.contains(' ') && word.chars().all(char::is_alphabetic) => (word, rest),
        Some(_) | None => ("", text),
    };
    for one in text.split(" or ").flat_map(|part| part.split(" / ")) {
        let name = Name {
            language: Some(language.to_lowercase()).filter(|l| !l.is_empty()),
            ..Name::new(one, NameQuality::Strong)
        };
        parts::name(entity, name, "Aliases");
    }
}
