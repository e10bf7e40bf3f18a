//! OFAC's enhanced XML of the Sanctions List Service.
//!
//! Promises: every entity is a listing or a rejection; names keep their scripts; relationships
//! keep the other side's record.

use interdict_model::{ListId, Name, NamePart, NameQuality, PartialDate};
use jiff::civil::Date;

use super::fact::{self, Fact, Meaning};
use super::{Draft, alias_quality, kind_of, remarks};
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts::{self, AddressParts};
use crate::xml::{Node, Tree, XmlReader, excerpt};
use crate::{Refusal, SourceFile};

/// Entities that are looked at to tell which of OFAC's lists a file holds.
const LOOK: usize = 50;

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    if account.list.0 == "ofac-sdn" && !holds_sdn(file) {
        account.list = ListId("ofac-cons".to_owned());
    }
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut record = 0_u64;
    while let Some(path) = xml.next()? {
        match path {
            "/sanctionsData" | "/sanctionsData/publicationInfo" | "/sanctionsData/entities" => {}
            "/sanctionsData/publicationInfo/dataAsOf" => {
                xml.subtree(&mut tree)?;
                account.published = day(tree.root().text().get(..10).unwrap_or(""), Order::MonthFirst);
            }
            // Filters say what was asked for; reference values and feature types repeat what each entity spells out.
            "/sanctionsData/publicationInfo/filters"
            | "/sanctionsData/referenceValues"
            | "/sanctionsData/featureTypes" => xml.skip()?,
            "/sanctionsData/entities/entity" => {
                record += 1;
                xml.subtree(&mut tree)?;
                entity(tree.root(), record, account);
            }
            other => {
                let field = other.trim_start_matches('/').to_owned();
                account.unknown(&field);
                xml.skip()?;
            }
        }
    }
    Ok(())
}

/// Whether any of the first entities stands on the SDN list, or none says where it stands.
fn holds_sdn(file: &SourceFile<'_>) -> bool {
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let (mut seen, mut stated) = (0, false);
    // A fault is for the reading to report, with its place.
    while let Ok(Some(path)) = xml.next() {
        if path != "/sanctionsData/entities/entity" {
            continue;
        }
        if seen >= LOOK || xml.subtree(&mut tree).is_err() {
            break;
        }
        seen += 1;
        for list in tree.root().child("sanctionsLists").into_iter().flat_map(|l| l.children()) {
            stated = true;
            if list.text() == "SDN List" {
                return true;
            }
        }
    }
    !stated
}

fn entity(node: Node<'_>, record: u64, account: &mut Account<'_>) {
    let place = format!("record {record}, line {}", node.line());
    let Some(id) = node.attribute("id") else {
        return account.reject(place, "no id", None);
    };
    let word = node.child("generalInfo").map_or("", |g| g.child_text("entityType"));
    let Some(kind) = kind_of(word).filter(|_| !word.is_empty()) else {
        return account.reject(place, format!("entity {id}: unknown entityType `{}`", excerpt(word)), None);
    };
    let mut draft = Draft::new(account.blank(id, place, kind));
    for group in node.children() {
        let items = || group.children();
        match group.name() {
            "generalInfo" => general(&mut draft, group, account),
            "sanctionsLists" => {
                for list in items() {
                    let date = list.attribute("datePublished").and_then(|d| day(d, Order::MonthFirst));
                    draft.listed_on = earliest(draft.listed_on, date);
                    parts::property(
                        &mut draft.listing.entity,
                        "sanctionsList",
                        list.text(),
                        "sanctionsLists/sanctionsList",
                    );
                }
            }
            "sanctionsPrograms" => items().for_each(|p| draft.programme(p.text())),
            "sanctionsTypes" => items().for_each(|t| draft.measure(t.text().to_owned())),
            "legalAuthorities" => items().for_each(|l| draft.basis(l.text())),
            "names" => items().for_each(|n| name(&mut draft, n)),
            "addresses" => items().for_each(|a| address(&mut draft, a)),
            "features" => items().for_each(|f| feature(&mut draft, f)),
            "identityDocuments" => items().for_each(|d| document(&mut draft, d)),
            "relationships" => items().for_each(|r| {
                let other = r.child("relatedEntity");
                let record = other.and_then(|o| o.attribute("entityId"));
                draft.link(r.child_text("type"), other.map_or("", |o| o.text()), record, "relationships/relationship");
            }),
            other => {
                if !group.is_blank() {
                    account.unknown(&format!("entity/{other}"));
                }
            }
        }
    }
    // A main name stands first, wherever the publisher put it.
    draft.listing.entity.names.sort_by_key(|n| n.value.quality != NameQuality::Primary);
    account.listing(draft.finish("sanctionsPrograms/sanctionsProgram"));
}

fn earliest(a: Option<Date>, b: Option<Date>) -> Option<Date> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

fn general(draft: &mut Draft, node: Node<'_>, account: &mut Account<'_>) {
    for child in node.children() {
        match child.name() {
            "identityId" | "entityType" => {}
            "title" => parts::title(&mut draft.listing.entity, child.text(), "generalInfo/title"),
            "remarks" => remarks::read(draft, child.text()),
            other => account.unknown(&format!("generalInfo/{other}")),
        }
    }
}

fn name(draft: &mut Draft, node: Node<'_>) {
    let primary = node.child_text("isPrimary") == "true";
    let word = node.child_text("aliasType");
    let weak = node.child_text("isLowQuality") == "true";
    for translation in node.child("translations").into_iter().flat_map(|t| t.all("translation")) {
        let script = translation.child_text("script");
        let first = translation.child_text("isPrimary") == "true";
        let quality = match (primary, first) {
            (true, true) => NameQuality::Primary,
            // The main name in another script.
            (true, false) => NameQuality::Strong,
            (false, _) => alias_quality(word, weak),
        };
        let mut name = Name::new(translation.child_text("formattedFullName"), quality);
        name.label = Some(word.to_owned()).filter(|w| !w.is_empty());
        name.language = Some(script.to_owned()).filter(|s| !s.is_empty() && s != "Latin");
        for part in translation.child("nameParts").into_iter().flat_map(|p| p.all("namePart")) {
            if let Some(kind) = name_part(part.child_text("type")) {
                name.parts.push((kind, part.child_text("value").to_owned()));
            }
        }
        parts::name(&mut draft.listing.entity, name, "names/name/formattedFullName");
    }
}

/// OFAC's words for the parts of a name; none for the whole name of an entity, ship or aircraft.
pub(super) fn name_part(word: &str) -> Option<NamePart> {
    Some(match word {
        "Last Name" => NamePart::Family,
        "First Name" => NamePart::Given,
        "Middle Name" => NamePart::Middle,
        "Patronymic" => NamePart::Patronymic,
        "Matronymic" => NamePart::Matronymic,
        "Maiden Name" => NamePart::Family,
        "Suffix" => NamePart::Suffix,
        _ => return None,
    })
}

fn address(draft: &mut Draft, node: Node<'_>) {
    let country = node.child_text("country");
    let mut translations: Vec<Node<'_>> =
        node.child("translations").into_iter().flat_map(|t| t.all("translation")).collect();
    if translations.is_empty() {
        // Only the country is known, or nothing: an empty address stands for "none".
        let address = AddressParts { country, ..AddressParts::default() };
        return parts::address(&mut draft.listing.entity, address, "addresses/address");
    }
    for translation in translations.drain(..) {
        let text = |words: &[&str]| {
            let parts = translation.child("addressParts").into_iter().flat_map(|p| p.all("addressPart"));
            let found = parts.filter(|p| words.contains(&p.child_text("type"))).map(|p| p.child_text("value"));
            found.collect::<Vec<_>>().join(", ")
        };
        let street = text(&["ADDRESS1", "ADDRESS2", "ADDRESS3"]);
        let (city, region) = (text(&["CITY"]), text(&["STATE/PROVINCE", "REGION"]));
        let postal_code = text(&["POSTAL CODE"]);
        let address = AddressParts {
            street: &street,
            city: &city,
            region: &region,
            postal_code: &postal_code,
            country,
            note: "",
        };
        parts::address(&mut draft.listing.entity, address, "addresses/address");
    }
}

fn feature(draft: &mut Draft, node: Node<'_>) {
    const FIELD: &str = "features/feature";
    let label = node.child_text("type");
    let value = node.child_text("value");
    let meaning = fact::meaning(label);
    if meaning == Some(Meaning::Birth)
        && let Some(date) = node.child("valueDate").and_then(date)
    {
        return parts::birth_date(&mut draft.listing.entity, date, FIELD);
    }
    fact::put(draft, meaning, Fact { label, value, ..Fact::default() }, FIELD);
}

/// A period whose start and end are themselves periods: the outer ends are what is known.
fn date(node: Node<'_>) -> Option<PartialDate> {
    let at = |name| PartialDate::parse(node.child_text(name));
    let start = at("fromDateBegin")?;
    let end = at("toDateEnd").or_else(|| at("toDateBegin")).or_else(|| at("fromDateEnd")).unwrap_or(start);
    let date = PartialDate::span(start, end);
    Some(if node.child_text("isApproximate") == "true" { date.circa() } else { date })
}

fn document(draft: &mut Draft, node: Node<'_>) {
    let label = node.child_text("type");
    let text = |name| node.child(name).and_then(date).map(|d| d.to_string()).unwrap_or_default();
    let (issued, expires) = (text("issueDate"), text("expirationDate"));
    let (name, caption) = (node.child_text("name"), draft.listing.entity.caption().to_owned());
    let mut notes = Vec::new();
    if !name.is_empty() && name != caption {
        notes.push(format!("in the name of {name}"));
    }
    if node.child_text("isValid") == "false" {
        notes.push("stated as not valid".to_owned());
    }
    if let Some(place) = node.some_text("issuingLocation") {
        notes.push(format!("issued in {place}"));
    }
    let features = node.child("idFeatures").into_iter().flat_map(|f| f.children());
    notes.extend(features.map(|f| f.text().to_owned()));
    let fact = Fact {
        label,
        value: node.child_text("documentNumber"),
        country: node.child_text("issuingCountry"),
        issued: &issued,
        expires: &expires,
        note: &notes.join("; "),
    };
    fact::put(draft, fact::meaning(label), fact, "identityDocuments/identityDocument");
}
