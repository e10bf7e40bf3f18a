//! The EU's consolidated list as published until 2017: `global.xml`.
//!
//! Promises: each ENTITY is a listing or a rejection, `Id` its record. The layout has no
//! reference numbers and does not tell strong from weak names.

use interdict_model::{Designation, Kind, Sourced};

use super::document;
use super::eu;
use crate::account::Account;
use crate::dates::{Order, day, partial};
use crate::parts::{self, AddressParts};
use crate::xml::{Node, Tree, XmlReader};
use crate::{Refusal, SourceFile};

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut record = 0_u64;
    while let Some(path) = xml.next()? {
        match path {
            "/WHOLE" => account.published = day(xml.attribute("Date").unwrap_or(""), Order::DayFirst),
            "/WHOLE/ENTITY" => {
                record += 1;
                xml.subtree(&mut tree)?;
                entity(tree.root(), record, account);
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

/// A NAME element seen as a name block of the present layout.
struct OldName<'t>(Node<'t>);

impl eu::Block for OldName<'_> {
    fn get(&self, key: &'static str) -> &str {
        match key {
            "firstName" => self.0.child_text("FIRSTNAME"),
            "middleName" => self.0.child_text("MIDDLENAME"),
            "lastName" => self.0.child_text("LASTNAME"),
            "wholeName" => self.0.child_text("WHOLENAME"),
            "gender" => self.0.child_text("GENDER"),
            "title" => self.0.child_text("TITLE"),
            "function" => self.0.child_text("FUNCTION"),
            "nameLanguage" => self.0.child_text("LANGUAGE"),
            _ => "",
        }
    }

    fn field(&self, key: &'static str) -> String {
        format!("NAME/{}", key.to_ascii_uppercase())
    }
}

fn entity(node: Node<'_>, record: u64, account: &mut Account<'_>) {
    let place = format!("record {record}, line {}", node.line());
    let get = |name: &str| node.attribute(name).unwrap_or("");
    let Some(id) = node.attribute("Id") else {
        return account.reject(place, "no Id", None);
    };
    let kind = match (eu::kind(get("Type"), ""), get("Type")) {
        (Some(kind), _) => kind,
        (None, "") => Kind::Unknown,
        (None, other) => return account.reject(format!("{place}, {id}"), format!("unknown Type `{other}`"), None),
    };
    let mut listing = account.blank(id, place, kind);
    let entity = &mut listing.entity;
    parts::remark(entity, get("remark"), "ENTITY/@remark");
    parts::property(entity, "publication", get("pdf_link"), "ENTITY/@pdf_link");
    let act = Designation {
        programme: get("programme").to_owned(),
        basis: node.attribute("legal_basis").map(str::to_owned),
        // The date of the act now in force, which may only amend an older listing.
        amended_on: day(get("reg_date"), Order::DayFirst).into_iter().collect(),
        ..Designation::default()
    };
    listing.designations.push(Sourced::new(act, "ENTITY/@legal_basis"));
    for child in node.children() {
        let text = |name| child.child_text(name);
        match child.name() {
            "NAME" => eu::name(entity, &OldName(child)),
            "BIRTH" => {
                let (place, country) = (text("PLACE"), text("COUNTRY"));
                birth(entity, text("DATE"));
                let full = [place, country].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
                parts::birth_place(entity, &full, country, "BIRTH/PLACE");
            }
            "CITIZEN" => parts::nationality(entity, text("COUNTRY"), "CITIZEN/COUNTRY"),
            "PASSPORT" => passport(entity, text("NUMBER"), text("COUNTRY")),
            "ADDRESS" => {
                let street: Vec<&str> =
                    [text("STREET"), text("NUMBER")].into_iter().filter(|t| !t.is_empty()).collect();
                let address = AddressParts {
                    street: &street.join(" "),
                    city: text("CITY"),
                    postal_code: text("ZIPCODE"),
                    country: text("COUNTRY"),
                    note: text("OTHER"),
                    ..AddressParts::default()
                };
                parts::address(entity, address, "ADDRESS");
            }
            other => account.unknown(other),
        }
    }
    account.listing(listing);
}

// `1958 - 1963 (approximative)`
fn birth(entity: &mut interdict_model::Entity, text: &str) {
    let circa = text.strip_suffix("(approximative)").and_then(|head| partial(head, Order::DayFirst));
    match circa {
        Some(date) => parts::birth_date(entity, date.circa(), "BIRTH/DATE"),
        None => parts::birth(entity, text, Order::DayFirst, "BIRTH/DATE"),
    }
}

// `AD001095 (passport-National passport) ((passport))`: the type stands behind the number.
fn passport(entity: &mut interdict_model::Entity, text: &str, country: &str) {
    let text = parts::one_line(text);
    let (number, words) = text.split_once('(').unwrap_or((&text, "passport"));
    let words = words.trim_end_matches([')', ' ']);
    parts::identifier(entity, document::kind(words), number, words, country, "PASSPORT/NUMBER");
    if words != "passport" {
        parts::property(entity, "document", &text, "PASSPORT/NUMBER");
    }
}
