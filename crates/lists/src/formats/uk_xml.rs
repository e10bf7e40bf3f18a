//! The UK Sanctions List in XML.
//!
//! Promises: each Designation is a listing or a rejection; UniqueID is record and reference.

use interdict_model::{Designation, Gender, IdentifierKind, Link, Listing, NameQuality, Sourced};

use super::eu::Block;
use super::uk;
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts;
use crate::xml::{Node, Tree, XmlReader};
use crate::{Refusal, SourceFile};

/// An element whose children are the block's values, by name in lower case.
struct Children<'t>(Node<'t>);

impl Block for Children<'_> {
    fn get(&self, key: &'static str) -> &str {
        self.0.children().find(|child| child.name().eq_ignore_ascii_case(key)).map_or("", |child| child.text())
    }

    fn field(&self, key: &'static str) -> String {
        let child = self.0.children().find(|child| child.name().eq_ignore_ascii_case(key));
        format!("{}/{}", self.0.name(), child.map_or(key, |child| child.name()))
    }
}

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut record = 0_u64;
    while let Some(path) = xml.next()? {
        match path {
            "/Designations" => {}
            "/Designations/DateGenerated" => {
                xml.subtree(&mut tree)?;
                account.published = day(tree.root().text(), Order::DayFirst);
            }
            "/Designations/Designation" => {
                record += 1;
                xml.subtree(&mut tree)?;
                designation(tree.root(), record, account);
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

fn designation(node: Node<'_>, record: u64, account: &mut Account<'_>) {
    let place = format!("record {record}, line {}", node.line());
    let Some(id) = node.some_text("UniqueID") else {
        return account.reject(place, "no UniqueID", None);
    };
    let word = node.child_text("IndividualEntityShip");
    let Some(kind) = uk::kind(word) else {
        return account.reject(format!("{place}, {id}"), format!("unknown subject `{word}`"), None);
    };
    let mut listing = account.blank(id, place, kind);
    listing.reference = Some(id.to_owned());
    fill(node, &mut listing, account);
    account.listing(listing);
}

fn fill(node: Node<'_>, listing: &mut Listing, account: &mut Account<'_>) {
    let mut act = Designation::default();
    let entity = &mut listing.entity;
    for child in node.children() {
        let text = child.text();
        match child.name() {
            "UniqueID" | "IndividualEntityShip" => {}
            "LastUpdated" => act.amended_on.extend(day(text, Order::DayFirst)),
            "DateDesignated" => act.listed_on = day(text, Order::DayFirst),
            "OFSIGroupID" | "UNReferenceNumber" => parts::property(entity, child.name(), text, child.name().to_owned()),
            "RegimeName" => act.programme = text.to_owned(),
            "DesignationSource" => act.authority = Some(text.to_owned()).filter(|t| !t.is_empty()),
            "SanctionsImposed" => {
                act.measures = text.split('|').map(|m| m.trim().to_owned()).filter(|m| !m.is_empty()).collect();
            }
            // The same measures again, as yes and no.
            "SanctionsImposedIndicators" => {}
            "OtherInformation" => {
                parts::remark(entity, text, "OtherInformation");
                uk::imo_numbers(entity, text, "OtherInformation");
            }
            "UKStatementofReasons" => parts::remark(entity, text, "UKStatementofReasons"),
            "Names" => child.all("Name").for_each(|name| uk::name(entity, &Children(name))),
            "NonLatinNames" => {
                for name in child.children() {
                    let text = name.child_text("NameNonLatinScript");
                    let text = if text.is_empty() { name.text() } else { text };
                    parts::alias(
                        entity,
                        text,
                        NameQuality::Strong,
                        name.child_text("NonLatinScriptType"),
                        "NonLatinName/NameNonLatinScript",
                    );
                }
            }
            "Titles" => each(child, |t, f| parts::title(entity, t, f)),
            "Addresses" => child.all("Address").for_each(|address| uk::address(entity, &Children(address))),
            "PhoneNumbers" => each(child, |t, f| parts::identifier(entity, IdentifierKind::Phone, t, "", "", f)),
            "EmailAddresses" => each(child, |t, f| parts::identifier(entity, IdentifierKind::Email, t, "", "", f)),
            "Websites" => each(child, |t, f| parts::identifier(entity, IdentifierKind::Website, t, "", "", f)),
            "IndividualDetails" | "EntityDetails" | "ShipDetails" => {
                for group in child.children().flat_map(|subject| subject.children()) {
                    detail(group, entity, &mut listing.links, account);
                }
            }
            other => {
                if !child.is_blank() {
                    account.unknown(other);
                }
            }
        }
    }
    listing.designations.push(Sourced::new(act, "RegimeName"));
}

// <DOBs><DOB>…</DOB></DOBs>: every child of a group, by its text.
fn each(group: Node<'_>, mut put: impl FnMut(&str, String)) {
    for child in group.children() {
        put(child.text(), format!("{}/{}", group.name(), child.name()));
    }
}

fn detail(
    group: Node<'_>,
    entity: &mut interdict_model::Entity,
    links: &mut Vec<Sourced<Link>>,
    account: &mut Account<'_>,
) {
    use IdentifierKind as I;
    let mut link = |relation: &str| {
        each(group, |t, f| {
            if !t.is_empty() {
                links.push(Sourced::new(Link { relation: relation.to_owned(), name: t.to_owned(), record: None }, f));
            }
        });
    };
    match group.name() {
        "DOBs" => each(group, |t, f| parts::birth(entity, t, Order::DayFirst, f)),
        "BirthDetails" => {
            for place in group.children() {
                let (town, country) = (place.child_text("TownOfBirth"), place.child_text("CountryOfBirth"));
                uk::birth_places(entity, town, country, "BirthDetails/Location");
            }
        }
        "Nationalities" => each(group, |t, f| uk::nationalities(entity, t, &f)),
        "PassportDetails" => {
            for passport in group.children() {
                let (number, about) =
                    (passport.child_text("PassportNumber"), passport.child_text("PassportAdditionalInformation"));
                uk::document(entity, I::Passport, number, about, "Passport/PassportNumber");
            }
        }
        "NationalIdentifierDetails" => {
            for id in group.children() {
                let number = id.child_text("NationalIdentifierNumber");
                let about = id.child_text("NationalIdentifierAdditionalInformation");
                uk::document(entity, I::NationalId, number, about, "NationalIdentifier/NationalIdentifierNumber");
            }
        }
        "Positions" => each(group, |t, f| parts::title(entity, t, f)),
        "Genders" => each(group, |t, f| entity.genders.extend(Gender::parse(t).map(|g| Sourced::new(g, f)))),
        "BusinessRegistrationNumbers" => each(group, |t, f| uk::document(entity, I::Registration, t, "", &f)),
        "TypeOfEntities" => each(group, |t, f| parts::property(entity, "type of entity", t, f)),
        "ParentCompanies" => link("Parent company"),
        "Subsidiaries" => link("Subsidiary"),
        "CurrentOwnerOperators" => link("Current owner or operator"),
        "PreviousOwnerOperators" => link("Previous owner or operator"),
        "IMONumbers" => each(group, |t, f| parts::identifier(entity, I::Imo, t, "", "", f)),
        "CurrentBelievedFlagOfShips" => each(group, |t, f| uk::nationalities(entity, t, &f)),
        "PreviousFlags" => each(group, |t, f| parts::other_country(entity, uk::country_text(t), f)),
        "YearBuilts" => each(group, |t, f| parts::birth(entity, t, Order::DayFirst, f)),
        "TypeOfShips" | "TonnageOfShips" | "LengthOfShips" | "HullIdentificationNumbers" => {
            each(group, |t, f| parts::property(entity, group.name().trim_end_matches('s'), t, f));
        }
        other => {
            if !group.is_blank() {
                account.unknown(other);
            }
        }
    }
}
