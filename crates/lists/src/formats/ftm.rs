//! FollowTheMoney entities, one a line or in an array; nested or with their references in other lines.
//!
//! Promises: every entity that can be listed is a listing or a rejection; addresses, sanctions,
//! documents and links in other lines are attached to their subjects; entities whose `target` is
//! false are named, not listed; schemas that are nobody are counted.
//! Memory: the file is read twice. Addresses, sanctions, documents and links are held between,
//! and the captions of the entities that links name: an export with links between all its
//! entities takes about half of its size.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use interdict_model::{ListId, ftm};
use serde_json::Value;

use crate::account::Account;
use crate::json;
use crate::parts;
use crate::{Options, Refusal, Role, SourceFile};

/// Which property of an attached entity names its subject.
const SUBJECTS: [(&str, &[&str]); 10] = [
    ("Sanction", &["entity"]),
    ("Identification", &["holder"]),
    ("Passport", &["holder"]),
    ("Ownership", &["owner", "asset"]),
    ("Directorship", &["director", "organization"]),
    ("Membership", &["member", "organization"]),
    ("Family", &["person", "relative"]),
    ("Associate", &["person", "associate"]),
    ("UnknownLink", &["subject", "object"]),
    ("Address", &[]),
];

#[derive(Default)]
struct Attached {
    /// Entities that say something about others.
    values: Vec<Value>,
    /// Of each subject, which of them.
    by_subject: HashMap<String, Vec<usize>>,
    /// Addresses by their own id: subjects name them.
    addresses: HashMap<String, usize>,
    captions: HashMap<String, String>,
    datasets: BTreeSet<String>,
}

pub(crate) fn read(file: &SourceFile<'_>, options: &Options, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut attached = collect(file)?;
    name_sides(file, &mut attached)?;
    if options.list.is_none()
        && let [dataset] = attached.datasets.iter().collect::<Vec<_>>().as_slice()
    {
        account.list = ListId(list_name(dataset));
    }
    let (mut rows, mut used, mut not_listed) = (0_u64, 0_u64, 0_u64);
    let mut nobody: BTreeMap<String, u64> = BTreeMap::new();
    json::each(file, &mut |place, value| {
        rows += 1;
        let value = match value {
            Ok(value) => value,
            Err(reason) => return account.reject(place, reason, None),
        };
        let found = match ftm::read(&value) {
            Ok(found) => found,
            Err(reason) => return account.reject(place, reason, None),
        };
        if found.kind().is_none() {
            if SUBJECTS.iter().any(|(schema, _)| *schema == found.schema) {
                used += 1;
            } else {
                *nobody.entry(found.schema).or_default() += 1;
            }
            return;
        }
        if found.outer.get("target") == Some(&Value::Bool(false)) {
            not_listed += 1;
            return;
        }
        let id = found.id.clone().unwrap_or_else(|| place.to_owned());
        used += 1;
        listing(found, id, place, &attached, account);
    })?;
    account.role_rows(Role::Main, rows, used);
    if not_listed > 0 {
        account.notes.push(format!("{not_listed} entities are named but not listed: their `target` is false"));
    }
    for (schema, count) in nobody {
        account.notes.push(format!("{count} entities of schema {schema} are nobody that can be listed"));
    }
    Ok(())
}

fn listing(mut found: ftm::FtmEntity, id: String, place: &str, attached: &Attached, account: &mut Account<'_>) {
    let caption = |id: &str| attached.captions.get(id).cloned();
    for at in attached.by_subject.get(&id).into_iter().flatten() {
        let Some(value) = attached.values.get(*at) else { continue };
        let schema = value.get("schema").and_then(Value::as_str).unwrap_or("");
        ftm::attach(&mut found, schema, value, &caption);
    }
    let addresses: Vec<String> = found.references("addressEntity").into_iter().map(str::to_owned).collect();
    for address in addresses {
        if let Some(value) = attached.addresses.get(&address).and_then(|at| attached.values.get(*at)) {
            ftm::attach(&mut found, "addressEntity", value, &caption);
        }
    }
    let mut listing = account.blank(id, place, found.entity.kind);
    // References are resolved above.
    let resolved = |property: &str| matches!(property, "addressEntity" | "sanctions" | "currency");
    for (property, rest) in found.rest.iter().filter(|(property, _)| !resolved(property)) {
        // A property in `rest` that the model holds too is there for its form, not for its value.
        for text in rest.as_array().map_or(std::slice::from_ref(rest), Vec::as_slice).iter().filter_map(Value::as_str) {
            parts::property(&mut found.entity, property, text, property.clone());
        }
    }
    if let Some(caption) = found.outer.get("caption").and_then(Value::as_str)
        && found.entity.names.is_empty()
    {
        let name = interdict_model::Name::new(caption, interdict_model::NameQuality::Primary);
        parts::name(&mut found.entity, name, "caption");
    }
    listing.entity = found.entity;
    listing.designations = found.designations;
    listing.links = found.links;
    account.listing(listing);
}

// First pass: what says something about others.
fn collect(file: &SourceFile<'_>) -> Result<Attached, Refusal> {
    let mut attached = Attached::default();
    json::each(file, &mut |_, value| {
        let Ok(value) = value else { return };
        for dataset in value.get("datasets").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if attached.datasets.len() < 2 {
                attached.datasets.insert(dataset.to_owned());
            }
        }
        let schema = value.get("schema").and_then(Value::as_str).unwrap_or("");
        let Some((_, sides)) = SUBJECTS.iter().find(|(name, _)| *name == schema) else { return };
        let at = attached.values.len();
        if let Some(id) = value.get("id").and_then(Value::as_str).filter(|_| schema == "Address") {
            attached.addresses.insert(id.to_owned(), at);
        }
        for subject in sides.iter().flat_map(|side| ids(&value, side)) {
            attached.by_subject.entry(subject.clone()).or_default().push(at);
            // A link names its other side; its caption is found in the second pass.
            if sides.len() == 2 {
                attached.captions.entry(subject).or_default();
            }
        }
        attached.values.push(value);
    })?;
    Ok(attached)
}

// Second pass over the names of those that links speak of.
fn name_sides(file: &SourceFile<'_>, attached: &mut Attached) -> Result<(), Refusal> {
    if attached.captions.is_empty() {
        return Ok(());
    }
    json::each(file, &mut |_, value| {
        let Ok(value) = value else { return };
        let Some(wanted) = value.get("id").and_then(Value::as_str).and_then(|id| attached.captions.get_mut(id)) else {
            return;
        };
        let name = || value.get("properties")?.get("name")?.get(0)?.as_str();
        if let Some(caption) = value.get("caption").and_then(Value::as_str).or_else(name) {
            caption.clone_into(wanted);
        }
    })?;
    attached.captions.retain(|_, caption| !caption.is_empty());
    Ok(())
}

fn ids(value: &Value, property: &str) -> Vec<String> {
    let values = value.get("properties").and_then(|p| p.get(property));
    let all = values.map_or(&[][..], |v| v.as_array().map_or(std::slice::from_ref(v), Vec::as_slice));
    all.iter().filter_map(|v| v.as_str().or_else(|| v.get("id")?.as_str())).map(str::to_owned).collect()
}

// A list's id has lower-case letters, digits and hyphens.
fn list_name(dataset: &str) -> String {
    dataset.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect()
}
