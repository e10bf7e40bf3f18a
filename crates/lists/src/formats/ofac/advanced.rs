//! OFAC's lists in the advanced sanctions data model (ADVANCED XML), which refers from each part
//! of the file to the others.
//!
//! Promises: every DistinctParty is a listing or a rejection; a reference that resolves to nothing
//! is kept as the number it is, or counted where a number would say nothing. The file is read
//! twice: first what parties refer to, then the parties, so that memory holds references and no
//! parties.

mod references;

use interdict_model::{ListId, NameQuality};

use self::references::{Entry, Location, ROOT, References, collect, compose, groups, kind, period};
use super::fact::{self, Fact, Meaning};
use super::{Draft, alias_quality, remarks};
use crate::account::Account;
use crate::parts::{self, AddressParts};
use crate::xml::{Node, Tree, XmlReader, excerpt};
use crate::{Refusal, SourceFile};

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let references = collect(file, account)?;
    let is_sdn = |entry: &Entry| entry.list.contains("SDN") && !entry.list.contains("Non-SDN");
    let mut entries = references.entries.values().flatten().peekable();
    if account.list.0 == "ofac-sdn" && entries.peek().is_some() && !entries.any(is_sdn) {
        account.list = ListId("ofac-cons".to_owned());
    }
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut record = 0_u64;
    while let Some(path) = xml.next()? {
        match path.strip_prefix(ROOT).unwrap_or("") {
            "" | "DistinctParties" => {}
            "DistinctParties/DistinctParty" => {
                record += 1;
                xml.subtree(&mut tree)?;
                party(tree.root(), record, &references, account);
            }
            _ => xml.skip()?,
        }
    }
    Ok(())
}

fn party(node: Node<'_>, record: u64, references: &References, account: &mut Account<'_>) {
    let place = format!("record {record}, line {}", node.line());
    let Some(id) = node.attribute("FixedRef") else {
        return account.reject(place, "no FixedRef", None);
    };
    let Some(first) = node.child("Profile") else {
        return account.reject(place, format!("party {id}: no Profile"), None);
    };
    let sub_type = first.attribute("PartySubTypeID").unwrap_or("");
    let Some(kind) = kind(references, sub_type) else {
        return account.reject(place, format!("party {id}: unknown PartySubTypeID `{}`", excerpt(sub_type)), None);
    };
    let mut draft = Draft::new(account.blank(id, place, kind));
    for comment in node.all("Comment") {
        remarks::read(&mut draft, comment.text());
    }
    for profile in node.all("Profile") {
        for child in profile.children() {
            match child.name() {
                "Comment" => parts::remark(&mut draft.listing.entity, child.text(), "Profile/Comment"),
                "Identity" => identity(&mut draft, child, references),
                "Feature" => feature(&mut draft, child, references, account),
                "ExternalReference" => {
                    let text = child.some_text("ExRefValue").unwrap_or(child.child_text("DirectURL"));
                    parts::property(&mut draft.listing.entity, "ExternalReference", text, "Profile/ExternalReference");
                }
                "SanctionsEntryReference" => {}
                other => account.unknown(&format!("Profile/{other}")),
            }
        }
        let profile_id = profile.attribute("ID").unwrap_or("");
        for entry in references.entries.get(profile_id).into_iter().flatten() {
            entry.programmes.iter().for_each(|p| draft.programme(p));
            entry.measures.iter().for_each(|m| draft.measure(m.clone()));
            entry.bases.iter().for_each(|b| draft.basis(b));
            draft.listed_on = draft.listed_on.into_iter().chain(entry.listed_on).min();
            parts::property(&mut draft.listing.entity, "List", &entry.list, "SanctionsEntry/ListID");
            for note in &entry.notes {
                parts::remark(&mut draft.listing.entity, note, "SanctionsEntry/Comment");
            }
        }
        for relation in references.relations.get(profile_id).into_iter().flatten() {
            let (name, record) = references
                .captions
                .get(&relation.to)
                .cloned()
                .unwrap_or_else(|| (relation.to.clone(), relation.to.clone()));
            draft.link(&relation.word, &name, Some(&record), "ProfileRelationship");
        }
    }
    draft.listing.entity.names.sort_by_key(|n| n.value.quality != NameQuality::Primary);
    account.listing(draft.finish("SanctionsEntry/SanctionsMeasure"));
}

fn identity(draft: &mut Draft, node: Node<'_>, references: &References) {
    // The model allows identities that the party only pretends to have.
    let pretended = node.attribute("False") == Some("true");
    let groups = groups(node);
    for alias in node.all("Alias") {
        let word = match references.text("AliasType", alias.attribute("AliasTypeID")).as_str() {
            "Name" | "1403" => String::new(),
            // The ids that OFAC uses, for layout samples without reference sets.
            "1400" => "A.K.A.".to_owned(),
            "1401" => "F.K.A.".to_owned(),
            "1402" => "N.K.A.".to_owned(),
            word => word.to_owned(),
        };
        let primary = alias.attribute("Primary") == Some("true") && !pretended;
        let weak = alias.attribute("LowQuality") == Some("true");
        for (i, named) in alias.all("DocumentedName").enumerate() {
            let mut name = compose(named, &groups, draft.listing.entity.kind, references);
            name.quality = match (primary, i) {
                (true, 0) => NameQuality::Primary,
                (true, _) => NameQuality::Strong,
                (false, _) => alias_quality(&word, weak),
            };
            name.label = Some(word.clone()).filter(|w| !w.is_empty());
            parts::name(&mut draft.listing.entity, name, "Alias/DocumentedName");
        }
    }
    let documents = node.attribute("ID").and_then(|id| references.documents.get(id));
    for document in documents.into_iter().flatten() {
        let fact = Fact {
            label: &document.label,
            value: &document.number,
            country: &document.country,
            issued: &document.issued,
            expires: &document.expires,
            note: &document.note,
        };
        fact::put(draft, fact::meaning(&document.label), fact, "IDRegDocument");
    }
}

fn feature(draft: &mut Draft, node: Node<'_>, references: &References, account: &mut Account<'_>) {
    const FIELD: &str = "Feature";
    let label = references.text("FeatureType", node.attribute("FeatureTypeID"));
    let meaning = fact::meaning(&label);
    for version in node.all("FeatureVersion") {
        let date = version.child("DatePeriod").and_then(period);
        if let (Some(Meaning::Birth), Some(date)) = (meaning, date) {
            parts::birth_date(&mut draft.listing.entity, date, FIELD);
            continue;
        }
        let mut said = false;
        for detail in version.all("VersionDetail") {
            let by_reference =
                detail.attribute("DetailReferenceID").and_then(|id| references.value("DetailReference", id));
            let value = Some(detail.text()).filter(|t| !t.is_empty()).or(by_reference.map(|v| v.text.as_str()));
            if let Some(value) = value {
                fact::put(draft, meaning, Fact { label: &label, value, ..Fact::default() }, FIELD);
                said = true;
            }
        }
        for place in version.all("VersionLocation") {
            let location = place.attribute("LocationID").and_then(|id| references.locations.get(id));
            match location {
                Some(location) => {
                    at(draft, meaning, &label, location);
                    said = true;
                }
                None => account.unknown("VersionLocation of a Location that is not in the file"),
            }
        }
        if let (false, Some(date)) = (said, date) {
            fact::put(draft, meaning, Fact { label: &label, value: &date.to_string(), ..Fact::default() }, FIELD);
        }
        parts::remark(&mut draft.listing.entity, version.child_text("Comment"), "FeatureVersion/Comment");
    }
}

/// A feature that is a place: nationality, flag, place of birth, address.
fn at(draft: &mut Draft, meaning: Option<Meaning>, label: &str, location: &Location) {
    const FIELD: &str = "Feature/VersionLocation";
    let whole = location.whole.join(", ");
    let stated = location.countries.first().map_or("", String::as_str);
    let country = if stated.is_empty() { whole.as_str() } else { stated };
    let street = location.street.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join(", ");
    match meaning {
        Some(Meaning::Nationality | Meaning::Flag | Meaning::FormerFlag) => {
            let fact = Fact { label, value: country, ..Fact::default() };
            fact::put(draft, meaning, fact, FIELD);
        }
        Some(Meaning::BirthPlace) => {
            let texts = [whole.as_str(), &street, &location.city, &location.region, &location.postal_code, stated];
            let line = texts.iter().filter(|t| !t.is_empty()).copied().collect::<Vec<_>>().join(", ");
            parts::birth_place(&mut draft.listing.entity, &line, stated, FIELD);
        }
        Some(_) | None => {
            let street =
                [whole.as_str(), street.as_str()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
            let address = AddressParts {
                street: &street,
                city: &location.city,
                region: &location.region,
                postal_code: &location.postal_code,
                country: stated,
                note: &location.notes.join("; "),
            };
            parts::address(&mut draft.listing.entity, address, FIELD);
        }
    }
}
