//! The EU's consolidated financial sanctions file, XML 1.1.
//!
//! Promises: each `sanctionEntity` is a listing or a rejection; `logicalId` is the record,
//! `euReferenceNumber` the reference; every regulation behind it is a designation.

use interdict_model::{Kind, Listing, Sourced};

use super::eu::{self, Block};
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts;
use crate::xml::{Node, Tree, XmlReader};
use crate::{Refusal, SourceFile};

impl Block for Node<'_> {
    fn get(&self, key: &'static str) -> &str {
        match key {
            "remark" | "contactInfo" | "publicationUrl" => self.child_text(key),
            _ => self.attribute(key).unwrap_or(""),
        }
    }

    fn field(&self, key: &'static str) -> String {
        let at = if matches!(key, "remark" | "contactInfo") { "" } else { "@" };
        format!("{}/{at}{key}", self.name())
    }
}

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut record = 0_u64;
    while let Some(path) = xml.next()? {
        match path {
            "/export" => {
                account.published =
                    day(xml.attribute("generationDate").unwrap_or("").get(..10).unwrap_or(""), Order::DayFirst);
            }
            "/export/sanctionEntity" => {
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

fn entity(node: Node<'_>, record: u64, account: &mut Account<'_>) {
    let place = format!("record {record}, line {}", node.line());
    let Some(id) = node.attribute("logicalId") else {
        return account.reject(place, "no logicalId", None);
    };
    let subject = node.child("subjectType");
    let (code, class) = subject
        .map_or(("", ""), |s| (s.attribute("code").unwrap_or(""), s.attribute("classificationCode").unwrap_or("")));
    let kind = match eu::kind(code, class) {
        Some(kind) => kind,
        None if code.is_empty() && class.is_empty() => Kind::Unknown,
        None => return account.reject(format!("{place}, {id}"), format!("unknown subject type `{code}`"), None),
    };
    let listing = account.blank(id, place, kind);
    let listing = fill(node, listing, account);
    account.listing(listing);
}

fn fill(node: Node<'_>, mut listing: Listing, account: &mut Account<'_>) -> Listing {
    let mut listed_on = None;
    for (key, value) in node.attributes() {
        match key {
            "logicalId" => {}
            "euReferenceNumber" => listing.reference = Some(value.trim().to_owned()).filter(|r| !r.is_empty()),
            "designationDate" => listed_on = day(value, Order::DayFirst),
            "unitedNationId" | "designationDetails" => {
                parts::property(&mut listing.entity, key, value, format!("sanctionEntity/@{key}"));
            }
            other => {
                if !value.trim().is_empty() {
                    account.unknown(&format!("sanctionEntity/@{other}"));
                }
            }
        }
    }
    let entity = &mut listing.entity;
    for child in node.children() {
        match child.name() {
            "subjectType" => {}
            "nameAlias" => eu::name(entity, &child),
            "citizenship" => eu::citizenship(entity, &child),
            "birthdate" => eu::birthdate(entity, &child),
            "identification" => eu::identification(entity, &child),
            "address" => {
                eu::address(entity, &child);
                contacts(entity, child);
            }
            "remark" => parts::remark(entity, child.text(), "sanctionEntity/remark"),
            "regulation" => {
                listing.designations.push(Sourced::new(eu::regulation(&child, listed_on), "regulation"));
                parts::property(entity, "publication", child.get("publicationUrl"), "regulation/publicationUrl");
            }
            other => {
                if !child.is_blank() {
                    account.unknown(other);
                }
            }
        }
        for grandchild in child.children() {
            // Which act brought a single value is the publisher's own audit trail.
            let known = ["remark", "regulationSummary", "publicationUrl", "contactInfo"];
            if !known.contains(&grandchild.name()) && !grandchild.is_blank() {
                account.unknown(&format!("{}/{}", child.name(), grandchild.name()));
            }
        }
    }
    eu::numbers_in_remarks(entity);
    listing
}

// <contactInfo key="PHONE" value="…"/> under an address.
fn contacts(entity: &mut interdict_model::Entity, address: Node<'_>) {
    for contact in address.all("contactInfo") {
        let (key, value) =
            (contact.attribute("key").unwrap_or(""), contact.attribute("value").unwrap_or(contact.text()));
        let kind = match key.to_ascii_uppercase().as_str() {
            "PHONE" | "FAX" | "MOBILE" => Some(interdict_model::IdentifierKind::Phone),
            "EMAIL" | "E-MAIL" => Some(interdict_model::IdentifierKind::Email),
            "WEB" | "WEBSITE" | "URL" => Some(interdict_model::IdentifierKind::Website),
            _ => None,
        };
        match kind {
            Some(kind) => parts::identifier(entity, kind, value, key, "", "address/contactInfo"),
            None => parts::property(entity, "contact", value, "address/contactInfo"),
        }
    }
}
