//! What differs between two versions of a list: added, removed, changed, field by field.
//!
//! Promises: every listing of either side is in exactly one change or in none; a listing is in none
//! if and only if both versions say the same about it, whatever the order of its values or its
//! place in the file; a date of amendment alone is no change; fields that the model learns later
//! are compared without a word here; the changes come ordered by record.
//!
//! Not here: where versions are kept (`store`), who is affected by a change (`engine`).

use std::collections::{BTreeMap, BTreeSet};

use interdict_model::{ListId, Listing};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One listing that is not the same in two versions of its list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Change {
    /// The list.
    pub list: ListId,
    /// The record in the publisher's numbering, the same on both sides.
    pub record: String,
    /// What became of it.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What became of a listing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ChangeKind {
    /// It is in the later version only.
    Added {
        /// As it is listed.
        after: Box<Listing>,
    },
    /// It is in the earlier version only.
    Removed {
        /// As it was listed.
        before: Box<Listing>,
    },
    /// It is in both, and they differ.
    Changed {
        /// As it was listed.
        before: Box<Listing>,
        /// As it is listed.
        after: Box<Listing>,
        /// What differs: never empty.
        fields: Vec<FieldChange>,
    },
}

/// A field whose values differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field, in our words: `names`, `births`, `identifiers`, `remarks`, `designations` …
    pub field: String,
    /// Values that are no longer there, as text.
    pub gone: Vec<String>,
    /// Values that are new, as text.
    pub new: Vec<String>,
}

impl Change {
    /// The listing as it was, unless it was added.
    pub fn before(&self) -> Option<&Listing> {
        match &self.kind {
            ChangeKind::Added { .. } => None,
            ChangeKind::Removed { before } | ChangeKind::Changed { before, .. } => Some(before),
        }
    }

    /// The listing as it is, unless it was removed.
    pub fn after(&self) -> Option<&Listing> {
        match &self.kind {
            ChangeKind::Removed { .. } => None,
            ChangeKind::Added { after } | ChangeKind::Changed { after, .. } => Some(after),
        }
    }

    /// The fields that differ; none if it was added or removed.
    pub fn fields(&self) -> &[FieldChange] {
        match &self.kind {
            ChangeKind::Added { .. } | ChangeKind::Removed { .. } => &[],
            ChangeKind::Changed { fields, .. } => fields,
        }
    }

    /// The word for what became of it: `added`, `removed`, `changed`.
    pub fn word(&self) -> &'static str {
        match self.kind {
            ChangeKind::Added { .. } => "added",
            ChangeKind::Removed { .. } => "removed",
            ChangeKind::Changed { .. } => "changed",
        }
    }
}

/// The field of designations that publishers touch without changing what they say.
const STAMP: &str = "amended_on";

/// Compares two versions of a list, each with its listings in any order.
pub fn changes(before: impl IntoIterator<Item = Listing>, after: impl IntoIterator<Item = Listing>) -> Vec<Change> {
    let (mut before, mut after) = (by_record(before), by_record(after));
    let records: BTreeSet<(ListId, String)> = before.keys().chain(after.keys()).cloned().collect();
    let mut changes = Vec::new();
    for key in records {
        let (mut old, mut new) = (before.remove(&key).unwrap_or_default(), after.remove(&key).unwrap_or_default());
        // A record that stands twice is paired with its like first; order says nothing.
        if old.len() > 1 || new.len() > 1 {
            old.retain(|one| match new.iter().position(|other| differing(one, other).is_empty()) {
                Some(at) => {
                    new.remove(at);
                    false
                }
                None => true,
            });
        }
        let mut put = |kind| changes.push(Change { list: key.0.clone(), record: key.1.clone(), kind });
        let (mut old, mut new) = (old.into_iter(), new.into_iter());
        loop {
            match (old.next().map(Box::new), new.next().map(Box::new)) {
                (None, None) => break,
                (Some(before), None) => put(ChangeKind::Removed { before }),
                (None, Some(after)) => put(ChangeKind::Added { after }),
                (Some(before), Some(after)) => {
                    let fields = differing(&before, &after);
                    if !fields.is_empty() {
                        put(ChangeKind::Changed { before, after, fields });
                    }
                }
            }
        }
    }
    changes
}

fn by_record(listings: impl IntoIterator<Item = Listing>) -> BTreeMap<(ListId, String), Vec<Listing>> {
    let mut records: BTreeMap<(ListId, String), Vec<Listing>> = BTreeMap::new();
    for listing in listings {
        records.entry((listing.list.clone(), identity(&listing))).or_default().push(listing);
    }
    records
}

/// What a listing is found by in another version: its record, or what it says where the file has no
/// numbering and the record is the place of the row.
pub fn identity(listing: &Listing) -> String {
    if listing.record == listing.place {
        let names: BTreeSet<&str> = listing.entity.names.iter().map(|name| name.value.full.as_str()).collect();
        return names.into_iter().collect::<Vec<_>>().join(" · ");
    }
    listing.record.clone()
}

/// The fields in which two listings differ; none if they say the same.
pub fn differing(before: &Listing, after: &Listing) -> Vec<FieldChange> {
    let same = before.entity == after.entity
        && before.reference == after.reference
        && before.designations == after.designations
        && before.links == after.links;
    if same {
        return Vec::new();
    }
    let (old, new) = (fields(before), fields(after));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let nothing = BTreeSet::new();
    let mut found = Vec::new();
    let mut stamp = None;
    for name in names {
        let (old, new) = (old.get(name).unwrap_or(&nothing), new.get(name).unwrap_or(&nothing));
        let gone: Vec<String> = old.difference(new).cloned().collect();
        let new: Vec<String> = new.difference(old).cloned().collect();
        if !gone.is_empty() || !new.is_empty() {
            let change = FieldChange { field: name.clone(), gone, new };
            if name == STAMP { stamp = Some(change) } else { found.push(change) }
        }
    }
    if !found.is_empty() {
        found.extend(stamp);
    }
    found
}

/// What a listing says, by field, without where in the file it says it.
fn fields(listing: &Listing) -> BTreeMap<String, BTreeSet<String>> {
    let mut fields: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    // Plain texts and numbers always have a JSON form.
    let whole = serde_json::to_value(listing).unwrap_or_default();
    let Value::Object(whole) = whole else { return fields };
    for (name, value) in whole {
        match (name.as_str(), value) {
            ("list" | "record" | "place", _) => {}
            ("entity", Value::Object(entity)) => {
                entity.into_iter().for_each(|(name, value)| add(&mut fields, name, value))
            }
            (_, value) => add(&mut fields, name, value),
        }
    }
    fields
}

fn add(fields: &mut BTreeMap<String, BTreeSet<String>>, name: String, value: Value) {
    match value {
        Value::Array(values) => {
            for mut value in values {
                let mut value = value.get_mut("value").map(Value::take).unwrap_or(value);
                if let Some(Value::Array(days)) = value.as_object_mut().and_then(|act| act.shift_remove(STAMP)) {
                    fields.entry(STAMP.to_owned()).or_default().extend(days.iter().map(text));
                }
                fields.entry(name.clone()).or_default().insert(text(&value));
            }
        }
        value => {
            fields.entry(name).or_default().insert(text(&value));
        }
    }
}

/// A value in one line; two values that differ are two texts.
fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(": "),
        Value::Object(object) => {
            let parts = object.iter().filter(|(_, value)| !value.is_null());
            let part = |(name, value): (&String, &Value)| match name.as_str() {
                // The value itself needs no word for what it is.
                "full" | "text" | "value" | "programme" | "quality" => text(value),
                name => format!("{} {}", name.replace('_', " "), text(value)),
            };
            parts.map(part).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
        }
    }
}

#[cfg(test)]
mod tests {
    use interdict_model::{Designation, Entity, Kind, Name, NameQuality, Sourced};
    use jiff::civil::date;

    use super::*;

    fn listing(record: &str, names: &[&str]) -> Listing {
        let mut entity = Entity::of(Kind::Person);
        entity.names = names.iter().map(|name| Sourced::new(Name::new(*name, NameQuality::Strong), "NAME")).collect();
        Listing {
            list: ListId("own".to_owned()),
            record: record.to_owned(),
            place: format!("record {record}"),
            reference: None,
            entity,
            designations: vec![Sourced::new(Designation::default(), "ACT")],
            links: Vec::new(),
        }
    }

    fn words(changes: &[Change]) -> Vec<(String, &'static str)> {
        changes.iter().map(|change| (change.record.clone(), change.word())).collect()
    }

    #[test]
    fn tells_added_removed_changed_and_same_apart() {
        let before = vec![listing("1", &["A", "B"]), listing("2", &["C"]), listing("3", &["D"])];
        let mut moved = listing("1", &["B", "A"]);
        moved.place = "record 9".to_owned();
        moved.entity.names[0].field = "ALIAS".into();
        let after = vec![listing("4", &["E"]), listing("3", &["D", "D2"]), moved];
        let found = changes(before.clone(), after.clone());
        let expected = [("2", "removed"), ("3", "changed"), ("4", "added")];
        assert_eq!(words(&found), expected.map(|(record, word)| (record.to_owned(), word)));
        let [field] = found[1].fields() else { panic!("{:?}", found[1].fields()) };
        assert_eq!(
            (field.field.as_str(), field.gone.len(), field.new.as_slice()),
            ("names", 0, &["D2 · strong".to_owned()][..])
        );
        let back = changes(after, before);
        let expected = [("2", "added"), ("3", "changed"), ("4", "removed")];
        assert_eq!(words(&back), expected.map(|(record, word)| (record.to_owned(), word)));
        let json = serde_json::to_string(&found).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Change>>(&json).unwrap(), found);
    }

    #[test]
    fn a_date_of_amendment_alone_is_no_change() {
        let before = listing("1", &["A"]);
        let mut after = before.clone();
        after.designations[0].value.amended_on = vec![date(2025, 11, 20)];
        assert_eq!(changes([before.clone()], [after.clone()]), []);
        after.designations[0].value.programme = "P".to_owned();
        let found = changes([before], [after]);
        let fields: Vec<&str> = found[0].fields().iter().map(|field| field.field.as_str()).collect();
        assert_eq!(fields, ["designations", "amended_on"]);
    }

    #[test]
    fn records_that_stand_twice_and_rows_without_a_number_are_paired_by_what_they_say() {
        let twice = vec![listing("1", &["A"]), listing("1", &["B"])];
        let swapped = vec![listing("1", &["B"]), listing("1", &["A"])];
        assert_eq!(changes(twice.clone(), swapped), []);
        assert_eq!(words(&changes(twice, [listing("1", &["B"])])), [("1".to_owned(), "removed")]);
        let row = |line: &str, name: &str| Listing { place: line.to_owned(), ..listing(line, &[name]) };
        let (before, after) = ([row("line 2", "A"), row("line 3", "B")], [row("line 2", "B")]);
        assert_eq!(words(&changes(before, after)), [("A".to_owned(), "removed")]);
    }
}
