//! The built-in starter list: a few designations, so that a fresh checkout has something to find.
//!
//! Promises: it is read from the binary alone, and whoever uses it is told that it is no
//! substitute for the official lists.

use interdict_model::{
    Country, Designation, Digest, Entity, Gender, Identifier, IdentifierKind, Kind, ListId, ListVersion, Listing, Name,
    NameQuality, PartialDate, Sourced,
};
use serde::Deserialize;

use crate::{Snapshot, SnapshotError};

const STARTER: &str = include_str!("../data/starter.json");

/// What is said with every answer that rests on it.
pub const WARNING: &str = "starter list only: a few designations built in for trying the program, not for production";

/// How to get beyond it.
pub const HINT: &str =
    "load the official lists with `interdict lists update`, or from files with `interdict lists import FILE…`";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "note")]
    _note: String,
    as_of: String,
    designations: Vec<Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    reference: String,
    kind: Kind,
    name: String,
    #[serde(default)]
    aliases: Vec<String>,
    #[serde(default)]
    weak: Vec<String>,
    #[serde(default)]
    born: Vec<PartialDate>,
    #[serde(default)]
    gender: Option<Gender>,
    country: Country,
    #[serde(default)]
    imo: Option<String>,
    #[serde(default)]
    bic: Option<String>,
    authority: String,
    programme: String,
    basis: String,
    listed_on: PartialDate,
}

/// The snapshot of the starter list.
///
/// # Errors
/// Never with the list as it is built in: a test reads it.
pub fn snapshot() -> Result<Snapshot, SnapshotError> {
    let bad = |reason: String| SnapshotError::Unreadable { ordinal: 0, reason };
    let file: File = serde_json::from_str(STARTER).map_err(|error| bad(format!("starter list: {error}")))?;
    let listings: Vec<Listing> =
        file.designations.into_iter().enumerate().map(|(i, row)| listing(row, i.saturating_add(1))).collect();
    let version = ListVersion {
        list: ListId("starter".to_owned()),
        digest: Digest::of(STARTER.as_bytes()),
        published: PartialDate::parse(&file.as_of).map(|date| date.earliest()),
        format: "starter".to_owned(),
        records: listings.len() as u64,
        listings: listings.len() as u64,
        rejections: 0,
    };
    Ok(Snapshot::in_memory(vec![(version, listings)])?.mark_starter())
}

fn listing(row: Row, number: usize) -> Listing {
    let mut entity = Entity::of(row.kind);
    let name = |text: String, quality, field| Sourced::new(Name::new(text, quality), field);
    entity.names.push(name(row.name, NameQuality::Primary, "name"));
    entity.names.extend(row.aliases.into_iter().map(|alias| name(alias, NameQuality::Strong, "aliases")));
    entity.names.extend(row.weak.into_iter().map(|alias| name(alias, NameQuality::Weak, "weak")));
    entity.births.extend(row.born.into_iter().map(|born| Sourced::new(born, "born")));
    entity.genders.extend(row.gender.map(|gender| Sourced::new(gender, "gender")));
    entity.nationalities.push(Sourced::new(row.country, "country"));
    let imo = row.imo.map(|imo| Sourced::new(Identifier::new(IdentifierKind::Imo, &imo), "imo"));
    let bic = row.bic.map(|bic| Sourced::new(Identifier::new(IdentifierKind::Bic, &bic), "bic"));
    entity.identifiers.extend(imo.into_iter().chain(bic));
    let designation = Designation {
        programme: row.programme,
        basis: Some(row.basis),
        authority: Some(row.authority),
        listed_on: Some(row.listed_on.earliest()),
        ..Designation::default()
    };
    Listing {
        list: ListId("starter".to_owned()),
        record: row.reference.clone(),
        place: format!("designation {number}"),
        reference: Some(row.reference),
        entity,
        designations: vec![Sourced::new(designation, "basis")],
        links: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_designation_is_complete() {
        let snapshot = snapshot().unwrap();
        assert!(snapshot.is_starter());
        assert!((55..=70).contains(&snapshot.listings()), "{} listings", snapshot.listings());
        let listings: Vec<Listing> = (0..snapshot.listings()).map(|i| snapshot.listing(i).unwrap()).collect();
        for kind in [Kind::Person, Kind::Organization, Kind::Vessel] {
            assert!(listings.iter().filter(|l| l.entity.kind == kind).count() >= 15, "few of {}", kind.word());
        }
        let mut references: Vec<&str> = listings.iter().map(Listing::quoted).collect();
        references.sort_unstable();
        let count = references.len();
        references.dedup();
        assert_eq!(references.len(), count, "references repeat");
        for listing in &listings {
            let place = listing.quoted();
            assert!(listing.designations.iter().all(|d| d.value.listed_on.is_some()), "{place}");
            if listing.entity.kind == Kind::Vessel {
                assert_eq!(listing.entity.identifiers.len(), 1, "{place} has an IMO number");
                assert_ne!(listing.entity.identifiers[0].value.check, interdict_model::Check::Failed, "{place}");
            }
        }
    }

    #[test]
    fn finds_by_reference() {
        let snapshot = snapshot().unwrap();
        let list = ListId("starter".to_owned());
        let found = snapshot.find(&list, "KPi.001").unwrap();
        assert_eq!(snapshot.listing(found[0]).unwrap().entity.caption(), "Yun Ho-jin");
        assert!(snapshot.find(&list, "KPi.999").is_err());
        assert!(snapshot.find(&ListId("un-sc".to_owned()), "KPi.001").is_err());
    }
}
