//! OFAC's classic `sdnList` in XML, under either of its two namespaces.
//!
//! Promises: every sdnEntry is a listing or a rejection; the count that the file declares is
//! checked, and a file that holds another number of entries is refused.

use interdict_model::{IdentifierKind, NameQuality};

use super::fact::{self, Fact};
use super::{Draft, alias_quality, kind_of, remarks};
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts::{self, AddressParts};
use crate::xml::{Node, Tree, XmlReader, excerpt};
use crate::{Refusal, SourceFile};

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut record = 0_u64;
    let mut declared = None;
    while let Some(path) = xml.next()? {
        match path {
            "/sdnList" => {}
            "/sdnList/publshInformation" => {
                xml.subtree(&mut tree)?;
                account.published = day(tree.root().child_text("Publish_Date"), Order::MonthFirst);
                declared = tree.root().some_text("Record_Count").map(str::to_owned);
            }
            "/sdnList/sdnEntry" => {
                record += 1;
                xml.subtree(&mut tree)?;
                entry(tree.root(), record, account);
            }
            other => {
                let field = other.trim_start_matches('/').to_owned();
                account.unknown(&field);
                xml.skip()?;
            }
        }
    }
    if let Some(declared) = declared.filter(|d| d.parse() != Ok(record)) {
        let reason = format!("the file declares `{}` records and holds {record}", excerpt(&declared));
        return Err(Refusal::new(file.name, "in /sdnList/publshInformation/Record_Count", reason)
            .hint("get the file again from its publisher"));
    }
    Ok(())
}

fn entry(node: Node<'_>, record: u64, account: &mut Account<'_>) {
    let place = format!("record {record}, line {}", node.line());
    let Some(uid) = node.some_text("uid") else {
        return account.reject(place, "no uid", None);
    };
    let Some(kind) = kind_of(node.child_text("sdnType")) else {
        let reason = format!("uid {uid}: unknown sdnType `{}`", excerpt(node.child_text("sdnType")));
        return account.reject(place, reason, None);
    };
    let mut draft = Draft::new(account.blank(uid, place, kind));
    draft.name(&full_name(node), NameQuality::Primary, "", "lastName, firstName");
    for child in node.children() {
        let items = || child.children();
        match child.name() {
            "uid" | "sdnType" | "lastName" | "firstName" => {}
            "programList" => items().for_each(|p| draft.programme(p.text())),
            "title" => parts::title(&mut draft.listing.entity, child.text(), "title"),
            "remarks" => remarks::read(&mut draft, child.text()),
            "akaList" => {
                for aka in items() {
                    let word = aka.child_text("type");
                    let quality = alias_quality(word, aka.child_text("category") == "weak");
                    draft.name(&full_name(aka), quality, word, "akaList/aka");
                }
            }
            "addressList" => items().for_each(|a| address(&mut draft, a)),
            "idList" => items().for_each(|id| document(&mut draft, id)),
            "nationalityList" => {
                items().for_each(|n| {
                    parts::nationality(&mut draft.listing.entity, n.child_text("country"), "nationalityList")
                });
            }
            "citizenshipList" => {
                items().for_each(|n| {
                    parts::nationality(&mut draft.listing.entity, n.child_text("country"), "citizenshipList")
                });
            }
            "dateOfBirthList" => items().for_each(|d| {
                parts::birth(
                    &mut draft.listing.entity,
                    d.child_text("dateOfBirth"),
                    Order::DayFirst,
                    "dateOfBirthList",
                );
            }),
            "placeOfBirthList" => items().for_each(|p| {
                parts::birth_place(&mut draft.listing.entity, p.child_text("placeOfBirth"), "", "placeOfBirthList");
            }),
            "vesselInfo" => vessel(&mut draft, child, account),
            other => {
                if !child.is_blank() {
                    account.unknown(&format!("sdnEntry/{other}"));
                }
            }
        }
    }
    account.listing(draft.finish("programList/program"));
}

/// `LAST, First`, as the tables write it.
fn full_name(node: Node<'_>) -> String {
    let (last, first) = (node.child_text("lastName"), node.child_text("firstName"));
    match (last.is_empty(), first.is_empty()) {
        (_, true) => last.to_owned(),
        (true, false) => first.to_owned(),
        (false, false) => format!("{last}, {first}"),
    }
}

fn address(draft: &mut Draft, node: Node<'_>) {
    let street = ["address1", "address2", "address3"].map(|name| node.child_text(name));
    let street = street.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    let parts = AddressParts {
        street: &street,
        city: node.child_text("city"),
        region: node.child_text("stateOrProvince"),
        postal_code: node.child_text("postalCode"),
        country: node.child_text("country"),
        note: "",
    };
    parts::address(&mut draft.listing.entity, parts, "addressList/address");
}

fn document(draft: &mut Draft, node: Node<'_>) {
    let label = node.child_text("idType");
    let fact = Fact {
        label,
        value: node.child_text("idNumber"),
        country: node.child_text("idCountry"),
        issued: node.child_text("issueDate"),
        expires: node.child_text("expirationDate"),
        note: "",
    };
    fact::put(draft, fact::meaning(label), fact, "idList/id");
}

fn vessel(draft: &mut Draft, node: Node<'_>, account: &mut Account<'_>) {
    for child in node.children() {
        let text = child.text();
        let entity = &mut draft.listing.entity;
        match child.name() {
            "callSign" => parts::identifier(entity, IdentifierKind::CallSign, text, "", "", "vesselInfo/callSign"),
            "vesselFlag" => {
                let flag = Fact { label: "vesselFlag", value: text, ..Fact::default() };
                fact::put(draft, Some(fact::Meaning::Flag), flag, "vesselInfo/vesselFlag");
            }
            name @ ("vesselType" | "vesselOwner" | "tonnage" | "grossRegisteredTonnage") => {
                parts::property(entity, name, text, format!("vesselInfo/{name}"));
            }
            other => account.unknown(&format!("vesselInfo/{other}")),
        }
    }
}
