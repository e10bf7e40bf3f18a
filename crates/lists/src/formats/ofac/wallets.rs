//! Digital currency addresses extracted from the SDN list, in a collector's JSON.
//!
//! Promises: every pair of address and listed party is a listing or a rejection.

use std::fmt;

use interdict_model::{Identifier, IdentifierKind, Kind, NameQuality};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};

use super::Draft;
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts;
use crate::{Refusal, SourceFile};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Metadata {
    sdn_list_date: String,
    total_entries: Option<u64>,
}

#[derive(Deserialize)]
struct Wallet {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    entries: Vec<Entry>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    entity: String,
    program: String,
    #[serde(rename = "type")]
    kind: String,
    uid: String,
    address: String,
    akas: Vec<String>,
}

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut json = serde_json::Deserializer::from_reader(std::io::BufReader::new(file.open()));
    let mut metadata = Metadata::default();
    let refuse = |error: serde_json::Error| {
        let text = error.to_string();
        let reason = text.split(" at line").next().unwrap_or(&text);
        let cut = if error.is_eof() { ": the file is cut short" } else { "" };
        Refusal::new(
            file.name,
            format!("line {}", error.line()),
            format!("not the JSON of a list of wallets{cut}: {reason}"),
        )
    };
    let mut cased = false;
    json.deserialize_map(Top { metadata: &mut metadata, cased: &mut cased, account }).map_err(refuse)?;
    json.end().map_err(refuse)?;
    if account.listings > 0 && !cased {
        account.notes.push(
            "all addresses are in lower case: those of currencies that tell case apart can not be compared exactly"
                .to_owned(),
        );
    }
    account.published = day(&metadata.sdn_list_date, Order::MonthFirst);
    let records = account.listings + account.rejections.len() as u64;
    if let Some(declared) = metadata.total_entries.filter(|d| *d != records) {
        account.notes.push(format!("the file declares {declared} entries and holds {records}"));
    }
    Ok(())
}

struct Top<'a, 'b> {
    metadata: &'a mut Metadata,
    cased: &'a mut bool,
    account: &'a mut Account<'b>,
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `metadata` and `addresses`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "metadata" => *self.metadata = map.next_value()?,
                "addresses" => map.next_value_seed(Addresses { account: self.account, cased: self.cased })?,
                other => {
                    self.account.unknown(other);
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Reads one address at a time.
struct Addresses<'a, 'b> {
    cased: &'a mut bool,
    account: &'a mut Account<'b>,
}

impl<'de> DeserializeSeed<'de> for Addresses<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Addresses<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of addresses")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut number = 0_u64;
        while let Some(address) = map.next_key::<String>()? {
            let wallet: Wallet = map.next_value()?;
            number += 1;
            *self.cased |= address.bytes().any(|b| b.is_ascii_uppercase());
            let place = format!("address {number}");
            if wallet.entries.is_empty() {
                self.account.reject(place, format!("`{address}` names no listed party"), None);
                continue;
            }
            for entry in wallet.entries {
                listing(self.account, &place, &address, &wallet.kind, &entry);
            }
        }
        Ok(())
    }
}

fn listing(account: &mut Account<'_>, place: &str, key: &str, kind: &str, entry: &Entry) {
    let label = if entry.kind.is_empty() { kind } else { &entry.kind };
    let Some(currency) = label.strip_prefix("Digital Currency Address - ") else {
        return account.reject(place, format!("`{label}` is no type of a digital currency address"), None);
    };
    // The collector's key is in lower case; the entry holds the address as published.
    let address = if entry.address.eq_ignore_ascii_case(key) { &entry.address } else { key };
    let mut draft = Draft::new(account.blank(format!("{}-{currency}-{address}", entry.uid), place, Kind::Wallet));
    draft.name(&entry.entity, NameQuality::Primary, "", "entity");
    for aka in &entry.akas {
        draft.name(aka, NameQuality::Strong, "aka", "akas");
    }
    let identifier = Identifier::new(IdentifierKind::Wallet, address).labelled(currency);
    parts::push_identifier(&mut draft.listing.entity, identifier, "address");
    entry.program.split(',').for_each(|p| draft.programme(p));
    draft.link("held by", &entry.entity, Some(&entry.uid), "uid");
    let mut listing = draft.finish("program");
    listing.reference = Some(entry.uid.clone()).filter(|uid| !uid.is_empty());
    account.listing(listing);
}
