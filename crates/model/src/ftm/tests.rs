//! FollowTheMoney as others write it: read, and written back without loss.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::{IdentifierKind, Name, NamePart, NameQuality};

fn read_ok(value: &Value) -> FtmEntity {
    let found = read(value).unwrap();
    assert_eq!(write(&found), *value);
    found
}

#[test]
fn gives_back_what_it_reads() {
    let found = read_ok(&json!({
        "id": "x-1", "caption": "Min Ho PAK", "schema": "Person", "datasets": ["own"], "target": true,
        "properties": {
            "name": ["PAK Min Ho", "Min Ho PAK"], "alias": ["Pak M. H."], "weakAlias": ["Min"],
            "firstName": ["Min Ho"], "lastName": ["PAK"],
            "birthDate": ["1970", "1971-02-03", "about 1970"], "nationality": ["kp", "Atlantis"], "country": "kp",
            "gender": ["male"], "passportNumber": ["0123-45"], "innCode": ["7712345678"],
            "address": ["1 River Street"], "topics": ["sanction"], "programId": ["DPRK"],
            "religion": ["none"], "shoeSize": [43], "name2": null
        }
    }));
    assert_eq!(found.kind(), Some(Kind::Person));
    assert_eq!(found.entity.caption(), "Min Ho PAK");
    assert_eq!(found.entity.names[0].value.part(NamePart::Family), Some("PAK"));
    assert_eq!(found.entity.names[3].value.quality, NameQuality::Weak);
    assert_eq!(found.entity.births.len(), 2);
    assert_eq!(found.entity.nationalities[0].value.code(), "kp");
    assert_eq!(found.entity.unread_countries[0].value, "Atlantis");
    assert_eq!(found.entity.identifiers[0].value.key, "012345");
    // A single string, an unreadable date and what we do not map stay as they came.
    let rest: Vec<&str> = found.rest.keys().map(String::as_str).collect();
    for property in ["birthDate", "country", "religion", "shoeSize"] {
        assert!(rest.contains(&property), "{rest:?}");
    }
}

#[test]
fn reads_nested_entities() {
    let found = read_ok(&json!({
        "id": "v-1", "schema": "Vessel",
        "properties": {
            "name": ["RED STAR"], "imoNumber": ["IMO9074729"], "flag": ["kp"], "buildDate": ["1994"],
            "addressEntity": [{"id": "a", "schema": "Address", "properties": {"city": ["Nampo"], "country": ["kp"]}}],
            "sanctions": [{"id": "s", "schema": "Sanction", "properties": {
                "program": ["P"], "authority": ["Council"], "listingDate": ["2018-03-30"], "reason": ["Act 1"]}}],
            "ownershipAsset": [{"id": "o", "schema": "Ownership", "properties": {
                "owner": [{"id": "c-1", "caption": "Red Star Shipping", "schema": "Company", "properties": {}}],
                "asset": ["v-1"], "role": ["registered owner"]}}]
        }
    }));
    assert_eq!(found.entity.addresses[0].value.full, "Nampo, North Korea");
    assert_eq!(found.designations[0].value.listed_on, "2018-03-30".parse().ok());
    assert_eq!(found.links.len(), 1);
    assert_eq!(found.links[0].value.name, "Red Star Shipping");
    assert_eq!(found.links[0].value.record.as_deref(), Some("c-1"));
    assert_eq!(found.entity.identifiers[0].value.kind, IdentifierKind::Imo);
}

#[test]
fn builds_a_name_from_its_parts() {
    let found = read_ok(&json!({"schema": "Person", "properties": {"firstName": ["Anna"], "lastName": ["Example"]}}));
    assert_eq!(found.entity.caption(), "Anna Example");
    let wallet =
        read_ok(&json!({"schema": "CryptoWallet", "properties": {"publicKey": ["0xABC"], "currency": ["ETH"]}}));
    assert_eq!(wallet.entity.identifiers[0].value.label.as_deref(), Some("ETH"));
}

#[test]
fn writes_entities_of_other_sources() {
    let mut entity = Entity::of(Kind::Vessel);
    entity.names.push(Sourced::new(Name::new("RED STAR", NameQuality::Primary), "vesselName"));
    entity.nationalities.extend(crate::Country::parse("kp").map(|c| Sourced::new(c, "vesselFlag")));
    entity.births.extend(crate::PartialDate::parse("~1980/1984").map(|d| Sourced::new(d, "built")));
    let written = write(&FtmEntity { entity, ..FtmEntity::default() });
    let expected = json!({"schema": "Vessel", "properties": {"name": ["RED STAR"], "flag": ["kp"], "buildDate": ["1980", "1984"]}});
    assert_eq!(written, expected);
}

#[test]
fn says_what_is_wrong() {
    for (value, reason) in [
        (json!([]), "not a JSON object"),
        (json!({"properties": {}}), "no `schema`"),
        (json!({"schema": "Person"}), "no `properties`"),
        (json!({"schema": "Person", "properties": []}), "`properties` is not an object"),
    ] {
        assert_eq!(read(&value), Err(reason.to_owned()));
    }
}

#[test]
fn real_files_come_back_the_same() {
    let root = std::env::var_os("INTERDICT_DATA")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")), PathBuf::from);
    let mut lines = 0;
    for file in [
        "ftm/wd_persons_2024-03-09/entities.ftm.json",
        "ftm/wd_persons_2024-03-09/targets.nested.json",
        "ftm/sa_wiki_peps_v2_2024-03-14/entities.ftm.json",
        "ftm/nomenklatura/donations.ijson",
    ] {
        let Ok(text) = std::fs::read_to_string(root.join(file)) else {
            eprintln!("skipped: {file} is not in the data folder");
            continue;
        };
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            read_ok(&value);
            lines += 1;
        }
    }
    assert!(lines == 0 || lines == 281 + 20 + 1565 + 474, "{lines}");
}
