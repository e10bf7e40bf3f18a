//! The Swiss consolidated list (SECO) in XML.
//!
//! Promises: each target is a listing or a rejection; `ssid` is the record. Spelling variants of
//! name parts become names; targets whose last modification took them off the list are kept, with
//! the end of their designation.
//! Memory: the file is read twice, because places stand behind the targets that name them; places
//! and programmes are held between.

use std::collections::HashMap;

use interdict_model::{
    Designation, Entity, Gender, IdentifierKind, Kind, Link, Listing, Name, NamePart, NameQuality, PartialDate, Sourced,
};
use jiff::civil::Date;

use super::{document, uk};
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts::{self, AddressParts};
use crate::xml::{Node, Tree, XmlReader};
use crate::{Refusal, SourceFile};

#[derive(Default)]
struct Tables {
    places: HashMap<String, PlaceText>,
    /// Of each sanctions set: programme and set in words.
    sets: HashMap<String, (String, String)>,
}

#[derive(Default)]
struct PlaceText {
    location: String,
    area: String,
    country: String,
    code: String,
}

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut tables = Tables::default();
    let mut tree = Tree::default();
    let mut xml = XmlReader::open(file);
    while let Some(path) = xml.next()? {
        match path {
            "/swiss-sanctions-list" => account.published = day(xml.attribute("date").unwrap_or(""), Order::DayFirst),
            "/swiss-sanctions-list/sanctions-program" => {
                xml.subtree(&mut tree)?;
                programme(tree.root(), &mut tables);
            }
            "/swiss-sanctions-list/place" => {
                xml.subtree(&mut tree)?;
                place(tree.root(), &mut tables);
            }
            "/swiss-sanctions-list/target" => xml.skip()?,
            other => {
                let other = other.trim_start_matches('/').to_owned();
                account.unknown(&other);
                xml.skip()?;
            }
        }
    }
    let mut xml = XmlReader::open(file);
    let mut record = 0_u64;
    while let Some(path) = xml.next()? {
        match path {
            "/swiss-sanctions-list" => {}
            "/swiss-sanctions-list/target" => {
                record += 1;
                xml.subtree(&mut tree)?;
                target(tree.root(), record, &tables, account);
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn programme(node: Node<'_>, tables: &mut Tables) {
    let english = |name: &'static str| {
        let all = || node.all(name);
        all().find(|n| n.attribute("lang") == Some("eng")).or(all().next()).map_or("", |n| n.text())
    };
    let (key, name) = (english("program-key"), english("program-name"));
    let programme = if key.is_empty() { name } else { key };
    for set in node.all("sanctions-set") {
        let Some(id) = set.attribute("ssid") else { continue };
        let is_english = set.attribute("lang").is_none_or(|lang| lang == "eng");
        let words = format!("{name}: {}", parts::one_line(set.text()));
        if is_english || !tables.sets.contains_key(id) {
            tables.sets.insert(id.to_owned(), (programme.to_owned(), words));
        }
    }
}

fn place(node: Node<'_>, tables: &mut Tables) {
    let Some(id) = node.attribute("ssid") else { return };
    let country = node.child("country");
    let found = PlaceText {
        location: node.child_text("location").to_owned(),
        area: node.child_text("area").to_owned(),
        country: country.map_or("", |c| c.text()).to_owned(),
        code: country.and_then(|c| c.attribute("iso-code")).unwrap_or("").to_owned(),
    };
    tables.places.insert(id.to_owned(), found);
}

fn target(node: Node<'_>, record: u64, tables: &Tables, account: &mut Account<'_>) {
    let place = format!("record {record}, line {}", node.line());
    let Some(id) = node.attribute("ssid") else {
        return account.reject(place, "no ssid", None);
    };
    let subject = node.children().find(|c| matches!(c.name(), "individual" | "entity" | "object"));
    let Some(subject) = subject else {
        return account.reject(format!("{place}, {id}"), "neither individual, entity nor object", None);
    };
    let kind = match (subject.name(), subject.attribute("object-type").unwrap_or("")) {
        ("individual", _) => Kind::Person,
        ("entity", _) => Kind::Organization,
        (_, "vessel") => Kind::Vessel,
        (_, "aircraft") => Kind::Aircraft,
        _ => Kind::Unknown,
    };
    let mut listing = account.blank(id, place, kind);
    listing.reference = Some(id.to_owned());
    let entity = &mut listing.entity;
    if let Some(kind) = subject.attribute("object-type") {
        parts::property(entity, "object type", kind, "object/@object-type");
    }
    entity.genders.extend(subject.attribute("sex").and_then(Gender::parse).map(|g| Sourced::new(g, "individual/@sex")));
    for child in subject.children() {
        match child.name() {
            "identity" => identity(child, entity, tables, account),
            "justification" => parts::remark(entity, child.text(), "justification"),
            "other-information" => {
                parts::remark(entity, child.text(), "other-information");
                uk::imo_numbers(entity, child.text(), "other-information");
            }
            "relation" => {
                let record = child.attribute("target-id").map(str::to_owned);
                let relation = child.attribute("relation-type").unwrap_or("related to").to_owned();
                let name = child.child_text("remark").to_owned();
                listing.links.push(Sourced::new(Link { relation, name, record }, "relation"));
            }
            "generic-attribute" => {
                let name = child.attribute("name").unwrap_or("attribute");
                parts::property(entity, name, child.text(), format!("generic-attribute/{name}"));
            }
            other => unknown(child, other, account),
        }
    }
    if let Some(foreign) = node.some_text("foreign-identifier") {
        parts::property(entity, "foreign identifier", foreign, "foreign-identifier");
    }
    designations(node, &mut listing, tables, account);
    account.listing(listing);
}

fn unknown(node: Node<'_>, name: &str, account: &mut Account<'_>) {
    if !node.is_blank() {
        account.unknown(name);
    }
}

fn designations(node: Node<'_>, listing: &mut Listing, tables: &Tables, account: &mut Account<'_>) {
    let (mut listed_on, mut amended_on, mut last): (Option<Date>, Vec<Date>, Option<(Date, bool)>) =
        (None, Vec::new(), None);
    for child in node.children() {
        match child.name() {
            "individual" | "entity" | "object" | "sanctions-set-id" | "foreign-identifier" => {}
            "generic-attribute" => parts::property(
                &mut listing.entity,
                child.attribute("name").unwrap_or("attribute"),
                child.text(),
                "generic-attribute",
            ),
            "modification" => {
                let dates = ["effective-date", "enactment-date", "publication-date"];
                let Some(date) = dates.iter().find_map(|d| child.attribute(d)).and_then(|t| day(t, Order::DayFirst))
                else {
                    continue;
                };
                let off = child.attribute("modification-type") == Some("de-listed");
                match child.attribute("modification-type").unwrap_or("") {
                    "listed" => listed_on = Some(listed_on.map_or(date, |first: Date| first.min(date))),
                    "amended" => amended_on.push(date),
                    _ => {}
                }
                // On the same day the list says the last state first.
                if last.is_none_or(|(known, _)| date > known) {
                    last = Some((date, off));
                }
            }
            other => unknown(child, other, account),
        }
    }
    amended_on.sort_unstable();
    amended_on.dedup();
    let ended_on = last.filter(|(_, off)| *off).map(|(date, _)| date);
    for set in node.all("sanctions-set-id") {
        let (programme, basis) = match tables.sets.get(set.text()) {
            Some((programme, basis)) => (programme.clone(), Some(basis.clone())),
            None => (format!("sanctions set {}", set.text()), None),
        };
        let act = Designation {
            programme,
            basis,
            authority: Some("SECO".to_owned()),
            listed_on,
            amended_on: amended_on.clone(),
            ended_on,
            ..Designation::default()
        };
        listing.designations.push(Sourced::new(act, "sanctions-set-id"));
    }
}

fn identity(node: Node<'_>, entity: &mut Entity, tables: &Tables, account: &mut Account<'_>) {
    let main = node.attribute("main") == Some("true");
    for child in node.children() {
        let at = child.attribute("place-id").and_then(|id| tables.places.get(id));
        match child.name() {
            "name" => name(child, main, entity),
            "day-month-year" => birth(child, entity),
            "nationality" => {
                let country = child.child("country").unwrap_or(child);
                let text = country.attribute("iso-code").unwrap_or(country.text());
                uk::nationalities(entity, text, "nationality/country");
            }
            "place-of-birth" => {
                if let Some(at) = at {
                    let texts = [at.location.as_str(), &at.area, &at.country];
                    let text = texts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
                    parts::birth_place(
                        entity,
                        &text,
                        if at.code.is_empty() { &at.country } else { &at.code },
                        "place-of-birth",
                    );
                }
                parts::remark(entity, child.child_text("remark"), "place-of-birth/remark");
            }
            "address" => {
                let none = PlaceText::default();
                let at = at.unwrap_or(&none);
                let texts = ["c-o", "address-details", "p-o-box"].map(|name| child.child_text(name));
                let street = texts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
                let address = AddressParts {
                    street: &street,
                    city: &at.location,
                    region: &at.area,
                    postal_code: child.child_text("zip-code"),
                    country: if at.country.is_empty() { &at.code } else { &at.country },
                    note: child.child_text("remark"),
                };
                parts::address(entity, address, "address");
            }
            "identification-document" => {
                let words = child.attribute("document-type").unwrap_or("");
                let issuer = child.child("issuer");
                let country = issuer.map_or("", |i| i.attribute("code").unwrap_or(i.text()));
                let kind = match words {
                    "passport" | "diplomatic-passport" | "service-passport" => IdentifierKind::Passport,
                    "id-card" | "identity-card" => IdentifierKind::NationalId,
                    "driver-license" | "driving-license" => IdentifierKind::DrivingLicence,
                    other => document::kind(&other.replace('-', " ")),
                };
                parts::identifier(
                    entity,
                    kind,
                    child.child_text("number"),
                    words,
                    country,
                    "identification-document/number",
                );
                let texts = ["date-of-issue", "expiry-date", "place-of-issue", "remark"];
                for name in texts {
                    parts::property(
                        entity,
                        &format!("{words} {name}"),
                        child.child_text(name),
                        format!("identification-document/{name}"),
                    );
                }
            }
            other => unknown(child, other, account),
        }
    }
}

fn birth(node: Node<'_>, entity: &mut Entity) {
    let number = |name| node.attribute(name).and_then(|t| t.parse::<i16>().ok());
    let small = |name| number(name).and_then(|n| i8::try_from(n).ok());
    let gregorian = node.attribute("calendar").is_none_or(|c| c.eq_ignore_ascii_case("gregorian"));
    let date = match (number("year"), small("month"), small("day")) {
        _ if !gregorian => None,
        (Some(y), Some(m), Some(d)) => PartialDate::ymd(y, m, d),
        (Some(y), Some(m), None) => PartialDate::month(y, m),
        (Some(y), None, _) => PartialDate::year(y),
        (None, ..) => None,
    };
    let (from, to) = (number("year-from").or(number("from-year")), number("year-to").or(number("to-year")));
    let date = date.or_else(|| PartialDate::years(from?, to?));
    match date {
        Some(date) => parts::birth_date(entity, date, "day-month-year"),
        None => {
            let text = node
                .attributes()
                .filter(|(k, _)| *k != "ssid")
                .map(|(k, v)| format!("{k} {v}"))
                .collect::<Vec<_>>()
                .join(", ");
            parts::property(entity, "date not understood", &text, "day-month-year");
        }
    }
}

struct Part<'t> {
    kind: Option<NamePart>,
    value: &'t str,
    /// Script and spelling.
    variants: Vec<(&'t str, &'t str)>,
}

fn name(node: Node<'_>, main: bool, entity: &mut Entity) {
    let mut parts_of: Vec<(u32, Part<'_>)> = Vec::new();
    for part in node.all("name-part") {
        let order = part.attribute("order").and_then(|o| o.parse().ok()).unwrap_or(u32::MAX);
        let kind = match part.attribute("name-part-type").unwrap_or("") {
            "given-name" => Some(NamePart::Given),
            "further-given-name" => Some(NamePart::Middle),
            "father-name" | "grand-father-name" => Some(NamePart::Patronymic),
            "family-name" | "tribal-name" => Some(NamePart::Family),
            "maiden-name" => Some(NamePart::Matronymic),
            "title" => Some(NamePart::Title),
            "suffix" => Some(NamePart::Suffix),
            _ => None,
        };
        let variants =
            part.all("spelling-variant").map(|v| (v.attribute("script").unwrap_or("LATN"), v.text())).collect();
        parts_of.push((order, Part { kind, value: part.child_text("value"), variants }));
    }
    parts_of.sort_by_key(|(order, _)| *order);
    let all: Vec<Part<'_>> = parts_of.into_iter().map(|(_, part)| part).collect();
    let words = node.attribute("name-type").unwrap_or("");
    let low = node.attribute("quality") == Some("low");
    let quality = match words {
        "primary-name" if main && entity.names.iter().all(|n| n.value.quality != NameQuality::Primary) => {
            NameQuality::Primary
        }
        "formerly-known-as" => NameQuality::Former,
        _ if low => NameQuality::Weak,
        _ => NameQuality::Strong,
    };
    let build = |pieces: Vec<(Option<NamePart>, &str)>, quality: NameQuality, label: &str| {
        let full = pieces.iter().map(|(_, t)| *t).filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
        let parts = pieces
            .iter()
            .filter_map(|(kind, t)| kind.map(|k| (k, (*t).to_owned())))
            .filter(|(_, t)| !t.is_empty())
            .collect();
        let label = Some(label.to_owned()).filter(|l| !l.is_empty());
        // Variants are in languages of their own.
        let language = (label.as_deref() == Some(words)).then(|| node.attribute("lang").map(str::to_owned)).flatten();
        Name { full, parts, quality, label, language }
    };
    parts::name(entity, build(all.iter().map(|p| (p.kind, p.value)).collect(), quality, words), "name/name-part/value");
    // The n-th variants of a script belong together; a part without one keeps its Latin spelling
    // among Latin variants, and is left out of another script.
    let mut scripts: Vec<&str> = all.iter().flat_map(|p| p.variants.iter().map(|(s, _)| *s)).collect();
    scripts.sort_unstable();
    scripts.dedup();
    for script in scripts {
        let of = |part: &Part<'_>| part.variants.iter().filter(|(s, _)| *s == script).count();
        for n in 0..all.iter().map(of).max().unwrap_or(0) {
            let pick = |part: &Part<'_>| {
                let variant = part.variants.iter().filter(|(s, _)| *s == script).nth(n).map(|(_, t)| *t);
                variant.or((script == "LATN").then_some(part.value)).map(str::to_owned)
            };
            let picked: Vec<(Option<NamePart>, Option<String>)> = all.iter().map(|p| (p.kind, pick(p))).collect();
            let pieces = picked.iter().filter_map(|(kind, t)| t.as_deref().map(|t| (*kind, t))).collect();
            let quality = if low { NameQuality::Weak } else { NameQuality::Strong };
            parts::name(entity, build(pieces, quality, "spelling variant"), "name/name-part/spelling-variant");
        }
    }
}
