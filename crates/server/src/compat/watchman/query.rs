//! The query string of `/v2/search` as a party.
//!
//! Promises: every parameter is read or refused; what cannot be read is refused with its name.
//!
//! Not here: answers (`entity`).

use interdict_model::{
    Address, Country, Entity, Gender, Identifier, IdentifierKind, Kind, Name, NameQuality, PartialDate, Sourced,
};

use crate::compat::params::Params;

/// Results: Watchman's default and bound.
const RESULTS: usize = 10;
const MOST_RESULTS: usize = 100;

/// Kinds of government identifiers: Watchman's word, and ours.
pub(super) const GOVERNMENT: [(&str, IdentifierKind); 17] = [
    ("passport", IdentifierKind::Passport),
    ("drivers-license", IdentifierKind::DrivingLicence),
    ("national-id", IdentifierKind::NationalId),
    ("tax-id", IdentifierKind::TaxNumber),
    ("ssn", IdentifierKind::NationalId),
    ("cedula", IdentifierKind::NationalId),
    ("curp", IdentifierKind::NationalId),
    ("cuit", IdentifierKind::TaxNumber),
    ("electoral", IdentifierKind::OtherDocument),
    ("business-registration", IdentifierKind::Registration),
    ("commercial-registry", IdentifierKind::Registration),
    ("birth-certificate", IdentifierKind::OtherDocument),
    ("refugee-id", IdentifierKind::OtherDocument),
    ("diplomatic-passport", IdentifierKind::Passport),
    ("personal-id", IdentifierKind::NationalId),
    ("citizenship", IdentifierKind::OtherDocument),
    ("nationality", IdentifierKind::OtherDocument),
];

/// Ways of comparing that clients have in their settings: answered by the one there is.
const ALGORITHMS: [&str; 9] = [
    "jaro-winkler",
    "soundex",
    "soft-bidist",
    "soft-bisim",
    "editex",
    "nsim",
    "nsim-3",
    "double-metaphone",
    "beider-morse",
];

/// When a hit is shown with its evidence in full.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Debug {
    /// Never.
    Off,
    /// From this score on.
    From(f64),
}

/// A request.
#[derive(Debug)]
pub(super) struct Asked {
    /// Whom to look for.
    pub(super) entity: Entity,
    /// The type as asked for: `business` and `organization` are one kind of ours.
    pub(super) kind: Option<String>,
    /// One list.
    pub(super) source: Option<String>,
    /// One record.
    pub(super) source_id: Option<String>,
    /// Results.
    pub(super) limit: usize,
    /// Lowest score.
    pub(super) min_match: f64,
    /// Evidence.
    pub(super) debug: Debug,
}

impl Asked {
    /// Reads it.
    pub(super) fn of(params: &Params) -> Result<Self, String> {
        let text = |name: &str| params.one(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let kind = text("type").map(|kind| kind.to_ascii_lowercase());
        let mut entity = Entity::of(match kind.as_deref() {
            None => Kind::Unknown,
            Some("person") => Kind::Person,
            Some("business" | "organization") => Kind::Organization,
            Some("aircraft") => Kind::Aircraft,
            Some("vessel") => Kind::Vessel,
            Some(other) => {
                return Err(format!("type: `{other}` is none of person, business, organization, aircraft, vessel"));
            }
        });
        if let Some(name) = text("name") {
            entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "name"));
        }
        if kind.is_some() {
            of_type(params, &mut entity)?;
        }
        contacts(params, &mut entity)?;
        let limit = match text("limit") {
            None => RESULTS,
            Some(limit) => {
                let limit: usize = limit.parse().map_err(|_| format!("limit: `{limit}` is no whole number"))?;
                if limit == 0 { RESULTS } else { limit.min(MOST_RESULTS) }
            }
        };
        let min_match = match text("minMatch") {
            None => 0.0,
            Some(share) => share
                .parse()
                .ok()
                .filter(|share| (0.0..=1.0).contains(share))
                .ok_or_else(|| format!("minMatch: `{share}` is no number from 0 to 1"))?,
        };
        if let Some(algorithm) = text("algorithm").filter(|name| !ALGORITHMS.contains(&name.as_str())) {
            return Err(format!("algorithm: `{algorithm}` is not known"));
        }
        if let Some(format) = text("format").filter(|format| format != "watchman") {
            return Err(format!("format: `{format}` is not written here, only watchman"));
        }
        text("requestID");
        text("debugSourceIDs");
        let debug = match text("debug").map(|text| text.to_ascii_lowercase()).as_deref() {
            None | Some("false" | "no") => Debug::Off,
            Some("true" | "yes") => Debug::From(0.0),
            Some(share) => match share.parse::<f64>() {
                Ok(1.0) => Debug::From(0.0),
                Ok(share) if share > 0.0 && share < 1.0 => Debug::From(share),
                Ok(_) => Debug::Off,
                Err(_) => return Err(format!("debug: `{share}` is neither yes or no nor a number")),
            },
        };
        let out = Self { entity, kind, source: text("source"), source_id: text("sourceID"), limit, min_match, debug };
        match params.unused()[..] {
            [] => Ok(out),
            ref unused => Err(format!("unused query parameters: {}", unused.join(", "))),
        }
    }
}

/// Parameters that are read only with a type.
fn of_type(params: &Params, entity: &mut Entity) -> Result<(), String> {
    for name in filled(params, "altNames") {
        entity.names.push(Sourced::new(Name::new(name, NameQuality::Strong), "altNames"));
    }
    let (births, deaths): (&[&'static str], &[&'static str]) = match entity.kind {
        Kind::Person => (&["birthDate"], &["deathDate"]),
        Kind::Organization => (&["created"], &["dissolved"]),
        Kind::Aircraft | Kind::Vessel => (&["built"], &[]),
        Kind::Wallet | Kind::Security | Kind::Unknown => (&[], &[]),
    };
    for name in births {
        entity.births.extend(date(params, name)?.map(|date| Sourced::new(date, *name)));
    }
    for name in deaths {
        entity.deaths.extend(date(params, name)?.map(|date| Sourced::new(date, *name)));
    }
    let identifiers: &[(&'static str, IdentifierKind)] = match entity.kind {
        Kind::Vessel => &[
            ("imoNumber", IdentifierKind::Imo),
            ("mmsi", IdentifierKind::Mmsi),
            ("callSign", IdentifierKind::CallSign),
        ],
        Kind::Aircraft => &[("serialNumber", IdentifierKind::AircraftSerial), ("icaoCode", IdentifierKind::TailNumber)],
        Kind::Person | Kind::Organization | Kind::Wallet | Kind::Security | Kind::Unknown => &[],
    };
    for (name, kind) in identifiers {
        for value in filled(params, name) {
            let id = Identifier::new(*kind, value).checked_for(entity.kind);
            entity.identifiers.push(Sourced::new(id, *name));
        }
    }
    if entity.kind == Kind::Person {
        for text in filled(params, "gender") {
            let gender = Gender::parse(text).ok_or_else(|| format!("gender: `{text}` is not understood"))?;
            entity.genders.push(Sourced::new(gender, "gender"));
        }
        entity.titles.extend(filled(params, "titles").map(|title| Sourced::new(title.to_owned(), "titles")));
    }
    if matches!(entity.kind, Kind::Vessel | Kind::Aircraft) {
        for text in filled(params, "flag") {
            let country = Country::parse(text).ok_or_else(|| format!("flag: `{text}` names no country"))?;
            entity.nationalities.push(Sourced::new(country, "flag"));
        }
        let known: &[&'static str] = if entity.kind == Kind::Vessel {
            &["vesselType", "model", "owner", "tonnage", "grossRegisteredTonnage"]
        } else {
            &["aircraftType", "model"]
        };
        for name in known {
            for value in filled(params, name) {
                let is_number = name.to_ascii_lowercase().ends_with("tonnage");
                if is_number && value.parse::<i64>().is_err() {
                    return Err(format!("{name}: `{value}` is no whole number"));
                }
                entity.properties.push(Sourced::new(((*name).to_owned(), value.to_owned()), *name));
            }
        }
    }
    if matches!(entity.kind, Kind::Person | Kind::Organization) {
        let given: Vec<String> = params.names().filter(|name| name.starts_with("gov_")).map(str::to_owned).collect();
        for name in given {
            let word = name.trim_start_matches("gov_");
            let Some((word, kind)) = GOVERNMENT.iter().find(|(known, _)| *known == word) else {
                return Err(format!("{name}: no such kind of identifier"));
            };
            for text in filled(params, &name) {
                let (country, value) = text.split_once(':').ok_or_else(|| format!("{name}: write COUNTRY:NUMBER"))?;
                let issuer = Country::parse(country);
                if issuer.is_none() && !country.is_empty() {
                    return Err(format!("{name}: `{country}` names no country"));
                }
                let id = Identifier::new(*kind, value).issued_by(issuer).labelled(*word);
                entity.identifiers.push(Sourced::new(id, format!("gov_{word}")));
            }
        }
    }
    Ok(())
}

/// Contacts, addresses and wallets: read whatever the type.
fn contacts(params: &Params, entity: &mut Entity) -> Result<(), String> {
    use IdentifierKind::{Email, Phone, Website};
    for (names, kind, field) in [
        (&["email", "emailAddress", "emailAddresses"][..], Email, "email"),
        (&["phone", "phoneNumber", "phoneNumbers"][..], Phone, "phone"),
        (&["fax", "faxNumber", "faxNumbers"][..], Phone, "fax"),
        (&["website", "websites"][..], Website, "website"),
    ] {
        for value in names.iter().flat_map(|name| filled(params, name)) {
            entity.identifiers.push(Sourced::new(Identifier::new(kind, value), field));
        }
    }
    for full in ["address", "addresses"].iter().flat_map(|name| filled(params, name)) {
        let last = full.rsplit(',').next().unwrap_or(full);
        let address = Address { full: full.to_owned(), country: Country::parse(last), ..Address::default() };
        entity.addresses.push(Sourced::new(address, "address"));
    }
    for text in ["cryptoAddress", "cryptoAddresses"].iter().flat_map(|name| filled(params, name)) {
        let (currency, address) = text
            .split_once(':')
            .ok_or_else(|| format!("cryptoAddress: `{text}` names no currency; write XBT:ADDRESS"))?;
        let id = Identifier::new(IdentifierKind::Wallet, address).labelled(currency.to_ascii_uppercase());
        entity.identifiers.push(Sourced::new(id, "cryptoAddress"));
    }
    Ok(())
}

fn filled<'a>(params: &'a Params, name: &str) -> impl Iterator<Item = &'a str> {
    params.all(name).into_iter().map(str::trim).filter(|text| !text.is_empty())
}

fn date(params: &Params, name: &str) -> Result<Option<PartialDate>, String> {
    let Some(text) = filled(params, name).last() else { return Ok(None) };
    let is_plain = matches!(text.len(), 4 | 7 | 10) && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date = PartialDate::parse(text).filter(|_| is_plain);
    date.map(Some).ok_or_else(|| format!("{name}: `{text}` is no date; write YYYY, YYYY-MM or YYYY-MM-DD"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_is_read_or_refused() {
        let read = |text: &str| Asked::of(&Params::of(text));
        let asked = read(
            "type=person&name=A+B&altNames=C&altNames=D&birthDate=1944-01&gender=male&gov_passport=KP:12&email=a@b.c",
        )
        .unwrap();
        assert_eq!((asked.entity.names.len(), asked.entity.births.len(), asked.entity.identifiers.len()), (3, 1, 2));
        // Without a type, what belongs to a type is not read, and so refused.
        assert!(read("name=A&birthDate=1944").unwrap_err().contains("birthDate"));
        for (text, wrong) in [
            ("name=A&shoeSize=44", "shoeSize"),
            ("name=A&type=robot", "robot"),
            ("name=A&minMatch=2", "minMatch"),
            ("name=A&limit=many", "limit"),
            ("name=A&type=person&birthDate=soon", "soon"),
            ("name=A&type=vessel&tonnage=heavy", "heavy"),
            ("name=A&type=person&gov_rune=KP:1", "gov_rune"),
            ("name=A&cryptoAddress=x1", "x1"),
            ("name=A&format=senzing", "senzing"),
            ("name=A&algorithm=dice", "dice"),
        ] {
            assert!(read(text).unwrap_err().contains(wrong), "{text}");
        }
        assert_eq!(read("name=A&limit=0").unwrap().limit, RESULTS);
        assert_eq!(read("name=A&limit=1000").unwrap().limit, MOST_RESULTS);
        assert_eq!(read("name=A&debug=0.8").unwrap().debug, Debug::From(0.8));
    }
}
