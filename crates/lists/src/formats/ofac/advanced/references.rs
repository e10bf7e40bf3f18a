//! What parties of the advanced model refer to: reference values, places, documents, entries,
//! relations; and the names, kinds and dates that both passes read.
//!
//! Not here: parties and listings (`advanced`).

use std::collections::{HashMap, HashSet};

use interdict_model::{Country, Kind, Name, NamePart, PartialDate};
use jiff::civil::Date;

use crate::account::Account;
use crate::formats::ofac::enhanced::name_part;
use crate::xml::{Node, Tree, XmlReader, excerpt};
use crate::{Refusal, SourceFile};

pub(super) const ROOT: &str = "/Sanctions/";

/// A value of a reference set: its words, and the code or parent it carries.
#[derive(Clone, Default)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) code: String,
}

#[derive(Default)]
pub(super) struct Location {
    pub(super) countries: Vec<String>,
    pub(super) street: Vec<(String, String)>,
    pub(super) city: String,
    pub(super) region: String,
    pub(super) postal_code: String,
    pub(super) whole: Vec<String>,
    pub(super) notes: Vec<String>,
}

pub(super) struct Document {
    pub(super) label: String,
    pub(super) number: String,
    pub(super) country: String,
    pub(super) issued: String,
    pub(super) expires: String,
    pub(super) note: String,
}

#[derive(Default)]
pub(super) struct Entry {
    pub(super) list: String,
    pub(super) programmes: Vec<String>,
    pub(super) measures: Vec<String>,
    pub(super) bases: Vec<String>,
    pub(super) listed_on: Option<Date>,
    pub(super) notes: Vec<String>,
}

pub(super) struct Relation {
    pub(super) word: String,
    pub(super) to: String,
}

/// Everything parties refer to.
#[derive(Default)]
pub(super) struct References {
    pub(super) values: HashMap<String, HashMap<String, Value>>,
    pub(super) locations: HashMap<String, Location>,
    pub(super) documents: HashMap<String, Vec<Document>>,
    pub(super) entries: HashMap<String, Vec<Entry>>,
    pub(super) relations: HashMap<String, Vec<Relation>>,
    /// Main name and record of a profile, for the other side of relations.
    pub(super) captions: HashMap<String, (String, String)>,
    pub(super) profiles: HashSet<String>,
    pub(super) identities: HashSet<String>,
}

impl References {
    pub(super) fn value(&self, set: &str, id: &str) -> Option<&Value> {
        self.values.get(set)?.get(id)
    }

    /// The words for an id; the id itself if the set does not hold it.
    pub(super) fn text(&self, set: &str, id: Option<&str>) -> String {
        let Some(id) = id else { return String::new() };
        self.value(set, id).map_or_else(|| id.to_owned(), |v| v.text.clone())
    }
}

/// First pass: all but the parties themselves.
pub(super) fn collect(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<References, Refusal> {
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut references = References::default();
    while let Some(path) = xml.next()? {
        let path = path.to_owned();
        if path == "/Sanctions" {
            if let Some(base) = xml.attribute("DeltaBaseVersion") {
                let reason = format!("changes since version `{}`, not a whole list", excerpt(base));
                return Err(xml.refuse(reason).hint("take the full edition, SDN_ADVANCED.XML"));
            }
            continue;
        }
        match path.strip_prefix(ROOT).unwrap_or("") {
            "ReferenceValueSets"
            | "Locations"
            | "IDRegDocuments"
            | "DistinctParties"
            | "ProfileRelationships"
            | "SanctionsEntries" => {}
            "DateOfIssue" => {
                xml.subtree(&mut tree)?;
                account.published = point(tree.root()).filter(PartialDate::is_day).map(|d| d.earliest());
            }
            "Locations/Location" => {
                xml.subtree(&mut tree)?;
                location(tree.root(), &mut references);
            }
            "IDRegDocuments/IDRegDocument" => {
                xml.subtree(&mut tree)?;
                document(tree.root(), &mut references);
            }
            "DistinctParties/DistinctParty" => {
                xml.subtree(&mut tree)?;
                caption(tree.root(), &mut references);
            }
            "ProfileRelationships/ProfileRelationship" => {
                xml.subtree(&mut tree)?;
                relation(tree.root(), &mut references);
            }
            "SanctionsEntries/SanctionsEntry" => {
                xml.subtree(&mut tree)?;
                entry(tree.root(), &mut references);
            }
            "SanctionsEntryLinks" => xml.skip()?,
            other if other.starts_with("ReferenceValueSets/") => {
                xml.subtree(&mut tree)?;
                values(tree.root(), &mut references);
            }
            other => {
                let field = other.to_owned();
                account.unknown(&field);
                xml.skip()?;
            }
        }
    }
    let orphans = [
        (
            "IDRegDocument",
            references
                .documents
                .iter()
                .filter(|(id, _)| !references.identities.contains(*id))
                .map(|(_, d)| d.len())
                .sum(),
        ),
        (
            "SanctionsEntry",
            references.entries.iter().filter(|(id, _)| !references.profiles.contains(*id)).map(|(_, e)| e.len()).sum(),
        ),
        (
            "ProfileRelationship",
            references
                .relations
                .iter()
                .filter(|(id, _)| !references.profiles.contains(*id))
                .map(|(_, r)| r.len())
                .sum(),
        ),
    ];
    for (name, count) in orphans {
        let count: usize = count;
        if count > 0 {
            account.notes.push(format!("{count} x {name} of no party in the file"));
        }
    }
    Ok(references)
}

fn values(set: Node<'_>, references: &mut References) {
    for node in set.children() {
        let code = ["ISO2", "ScriptCode", "PartyTypeID", "LegalBasisShortRef", "CountryID"]
            .iter()
            .find_map(|a| node.attribute(a));
        let Some(id) = node.attribute("ID") else { continue };
        let value = Value { text: node.text().to_owned(), code: code.unwrap_or("").to_owned() };
        references.values.entry(node.name().to_owned()).or_default().insert(id.to_owned(), value);
    }
}

fn country(references: &References, id: Option<&str>) -> String {
    let Some(id) = id else { return String::new() };
    references.value("Country", id).map_or_else(String::new, |v| {
        let by_code = Country::parse(&v.code).filter(|_| !v.code.is_empty());
        by_code.map_or_else(
            || v.text.clone(),
            |c| if Country::parse(&v.text) == Some(c) { v.text.clone() } else { c.code().to_owned() },
        )
    })
}

fn location(node: Node<'_>, references: &mut References) {
    let Some(id) = node.attribute("ID") else { return };
    let mut location = Location::default();
    for child in node.children() {
        match child.name() {
            "LocationCountry" => location.countries.push(country(references, child.attribute("CountryID"))),
            "LocationAreaCode" => {
                let area = child.attribute("AreaCodeID").and_then(|id| references.value("AreaCode", id));
                let found = area.map(|a| country(references, Some(&a.code))).unwrap_or_default();
                if !found.is_empty() && location.countries.is_empty() {
                    location.countries.push(found);
                }
            }
            "LocationPart" => {
                let kind = references.text("LocPartType", child.attribute("LocPartTypeID")).to_ascii_uppercase();
                let mut values: Vec<Node<'_>> = child.all("LocationPartValue").collect();
                values.sort_by_key(|v| v.attribute("Primary") != Some("true"));
                let mut values = values.iter().map(|v| v.child_text("Value").to_owned());
                let value = values.next().unwrap_or_default();
                // The same part in another script.
                location.notes.extend(values);
                match kind.as_str() {
                    "ADDRESS1" | "ADDRESS2" | "ADDRESS3" | "STREET" => location.street.push((kind, value)),
                    "CITY" => location.city = value,
                    "STATE/PROVINCE" | "REGION" => location.region = value,
                    "POSTAL CODE" => location.postal_code = value,
                    // A part of unknown type is the whole place in words: `Venezuela`, `Wonsan, Korea, North`.
                    _ => location.whole.push(value),
                }
            }
            "Comment" => location.notes.extend(Some(child.text().to_owned()).filter(|t| !t.is_empty())),
            // Other parts of a location repeat where it is used.
            _ => {}
        }
    }
    location.street.sort();
    references.locations.insert(id.to_owned(), location);
}

fn document(node: Node<'_>, references: &mut References) {
    let Some(identity) = node.attribute("IdentityID") else { return };
    let mut notes: Vec<String> = Vec::new();
    let (mut issued, mut expires) = (String::new(), String::new());
    for child in node.all("DocumentDate") {
        let kind = references.text("IDRegDocDateType", child.attribute("IDRegDocDateTypeID"));
        let date = child.child("DatePeriod").and_then(period).map(|d| d.to_string()).unwrap_or_default();
        match () {
            () if kind.contains("Issue") => issued = date,
            () if kind.contains("Expir") => expires = date,
            () => notes.push(format!("{kind} {date}")),
        }
    }
    notes.extend(node.some_text("IssuingAuthority").map(|a| format!("issued by {a}")));
    notes.extend(node.some_text("Comment").filter(|c| *c != node.child_text("IDRegistrationNo")).map(str::to_owned));
    let validity = node.attribute("ValidityID").and_then(|id| references.value("Validity", id));
    notes.extend(validity.filter(|v| v.text != "Valid").map(|v| v.text.clone()));
    let document = Document {
        label: references.text("IDRegDocType", node.attribute("IDRegDocTypeID")),
        number: node.child_text("IDRegistrationNo").to_owned(),
        country: country(references, node.attribute("IssuedBy-CountryID")),
        issued,
        expires,
        note: notes.join("; "),
    };
    references.documents.entry(identity.to_owned()).or_default().push(document);
}

fn caption(node: Node<'_>, references: &mut References) {
    let record = node.attribute("FixedRef").unwrap_or("");
    for profile in node.all("Profile") {
        let Some(id) = profile.attribute("ID") else { continue };
        references.profiles.insert(id.to_owned());
        references.identities.extend(profile.all("Identity").filter_map(|i| i.attribute("ID")).map(str::to_owned));
        let kind = kind(references, profile.attribute("PartySubTypeID").unwrap_or("")).unwrap_or_default();
        let primary = |name: &'static str, node: Node<'_>| {
            let first = node.all(name).find(|n| n.attribute("Primary") == Some("true"));
            first.is_some()
        };
        let identity = profile
            .all("Identity")
            .find(|i| i.attribute("Primary") == Some("true"))
            .or_else(|| profile.child("Identity"));
        let alias = identity
            .filter(|i| primary("Alias", *i))
            .and_then(|i| i.all("Alias").find(|a| a.attribute("Primary") == Some("true")));
        let named = alias.and_then(|a| a.child("DocumentedName"));
        if let (Some(identity), Some(named)) = (identity, named) {
            let name = compose(named, &groups(identity), kind, references);
            references.captions.insert(id.to_owned(), (name.full, record.to_owned()));
        }
    }
}

fn relation(node: Node<'_>, references: &mut References) {
    let (Some(from), Some(to)) = (node.attribute("From-ProfileID"), node.attribute("To-ProfileID")) else { return };
    let mut word = references.text("RelationType", node.attribute("RelationTypeID"));
    if node.attribute("Former") == Some("true") {
        word = format!("formerly: {word}");
    }
    references.relations.entry(from.to_owned()).or_default().push(Relation { word, to: to.to_owned() });
}

fn entry(node: Node<'_>, references: &mut References) {
    let Some(profile) = node.attribute("ProfileID") else { return };
    let mut entry = Entry { list: references.text("List", node.attribute("ListID")), ..Entry::default() };
    for child in node.children() {
        match child.name() {
            "EntryEvent" => {
                let date = child.child("Date").and_then(point).filter(PartialDate::is_day).map(|d| d.earliest());
                entry.listed_on = match (entry.listed_on, date) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
                let basis = child.attribute("LegalBasisID").and_then(|id| references.value("LegalBasis", id));
                entry.bases.extend(basis.map(|b| b.text.clone()));
                entry.notes.extend(child.some_text("Comment").map(str::to_owned));
            }
            "SanctionsMeasure" => {
                let kind = references.text("SanctionsType", child.attribute("SanctionsTypeID"));
                let comment = child.child_text("Comment");
                match (kind.as_str(), comment.is_empty()) {
                    // The programme's code stands in the comment of a measure of type "Program".
                    ("Program" | "1", false) => entry.programmes.push(comment.to_owned()),
                    (_, false) => entry.measures.push(format!("{kind}: {comment}")),
                    (_, true) => entry.measures.push(kind),
                }
            }
            "SupportingInfo" => entry.notes.extend(child.some_text("Text").map(str::to_owned)),
            "Comment" | "LimitationsToListing" => {
                entry.notes.extend(Some(child.text().to_owned()).filter(|t| !t.is_empty()))
            }
            // References back to relationships, which are read on their own.
            _ => {}
        }
    }
    references.entries.entry(profile.to_owned()).or_default().push(entry);
}

/// The kind behind a PartySubType. Layout samples leave the reference sets out: then the ids that
/// OFAC has used since 2016 stand (1 vessel, 2 aircraft, 3 entity, 4 individual).
pub(super) fn kind(references: &References, id: &str) -> Option<Kind> {
    let Some(value) = references.value("PartySubType", id) else {
        return match id {
            "1" => Some(Kind::Vessel),
            "2" => Some(Kind::Aircraft),
            "3" => Some(Kind::Organization),
            "4" => Some(Kind::Person),
            _ => None,
        };
    };
    let parent = references.text("PartyType", Some(&value.code));
    let words = [value.text.as_str(), parent.as_str()].map(str::to_ascii_lowercase);
    let is = |word: &str| words.iter().any(|w| w == word);
    match () {
        () if is("vessel") => Some(Kind::Vessel),
        () if is("aircraft") => Some(Kind::Aircraft),
        () if is("individual") || parent == "1" => Some(Kind::Person),
        () if is("entity") || parent == "2" => Some(Kind::Organization),
        () => None,
    }
}

/// The type of each group of name parts of an identity.
pub(super) fn groups(identity: Node<'_>) -> HashMap<&str, &str> {
    let masters = identity.child("NamePartGroups").into_iter().flat_map(|g| g.children());
    let groups = masters.flat_map(|m| m.all("NamePartGroup"));
    groups.filter_map(|g| Some((g.attribute("ID")?, g.attribute("NamePartTypeID")?))).collect()
}

/// Puts a documented name together: `LAST, First` for persons, as OFAC's other formats write it.
pub(super) fn compose(named: Node<'_>, groups: &HashMap<&str, &str>, kind: Kind, references: &References) -> Name {
    let mut name = Name::default();
    let (mut family, mut rest, mut all) = (Vec::new(), Vec::new(), Vec::new());
    for part in named.all("DocumentedNamePart") {
        let Some(value) = part.child("NamePartValue") else { continue };
        let type_id = value.attribute("NamePartGroupID").and_then(|group| groups.get(group)).copied();
        let word = references.text("NamePartType", type_id);
        let text = format!(
            "{}{}{}",
            part.attribute("LeadingChars").unwrap_or(""),
            value.text(),
            part.attribute("TrailingChars").unwrap_or("")
        );
        let script = value.attribute("ScriptID").and_then(|id| references.value("Script", id));
        if let Some(script) = script.filter(|s| s.code != "Latn" && s.text != "Latin") {
            name.language = Some(if script.code.is_empty() { script.text.clone() } else { script.code.clone() });
        }
        match name_part(&word) {
            Some(NamePart::Family) => family.push(text.clone()),
            Some(_) | None => rest.push(text.clone()),
        }
        name.parts.extend(name_part(&word).map(|p| (p, text.clone())));
        all.push(text);
    }
    name.full = if kind == Kind::Person && !family.is_empty() && !rest.is_empty() {
        format!("{}, {}", family.join(" "), rest.join(" "))
    } else {
        all.join(" ")
    };
    name
}

pub(super) fn point(node: Node<'_>) -> Option<PartialDate> {
    let year = node.child_text("Year").parse().ok()?;
    let number = |name| node.child_text(name).parse::<i8>().ok();
    match (number("Month"), number("Day")) {
        (Some(month), Some(day)) => PartialDate::ymd(year, month, day),
        (Some(month), None) => PartialDate::month(year, month),
        (None, _) => PartialDate::year(year),
    }
}

/// From the start of the start to the end of the end.
pub(super) fn period(node: Node<'_>) -> Option<PartialDate> {
    let side = |name: &'static str, first: &'static str, second: &'static str| {
        let side = node.child(name)?;
        side.child(first).or_else(|| side.child(second)).and_then(point)
    };
    let (start, end) = (side("Start", "From", "To"), side("End", "To", "From"));
    let date = match (start, end) {
        (Some(start), Some(end)) => PartialDate::span(start, end),
        (one, other) => one.or(other)?,
    };
    let approximate = ["Start", "End"]
        .iter()
        .filter_map(|n| node.children().find(|c| c.name() == *n))
        .any(|c| c.attribute("Approximate") == Some("true"));
    Some(if approximate { date.circa() } else { date })
}
