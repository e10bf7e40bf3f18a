//! A party as an agent writes it.
//!
//! Promises: what is not given stays unknown; what cannot be read is an error, never left aside.
//!
//! Not here: parties in files (`lists::columns`).

use interdict_model::{
    Address, Country, Entity, Gender, Identifier, IdentifierKind, Kind, Name, NameQuality, PartialDate, Place, Sourced,
};
use rmcp::schemars;
use schemars::JsonSchema;
use serde::Deserialize;

/// Most values of one field: a list has some hundred aliases at most, and each costs work.
const MOST_VALUES: usize = 500;

/// Whom to screen. Give what is known; leave out what is not.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// The full name, in any script.
    #[serde(default)]
    pub name: Option<String>,
    /// Other names of the same party.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// person, organization, vessel, aircraft, wallet or security; leave out if not known.
    #[serde(default)]
    pub kind: Option<String>,
    /// Dates of birth, foundation or build: 1984, 1984-01, 1984-01-08, 1980/1984, ~1984.
    #[serde(default)]
    pub born: Vec<String>,
    /// Nationality, place of incorporation or flag: ISO 3166 codes or English names.
    #[serde(default)]
    pub countries: Vec<String>,
    /// Other countries it has to do with: residence, activity.
    #[serde(default)]
    pub residence: Vec<String>,
    /// f, m or other.
    #[serde(default)]
    pub gender: Option<String>,
    /// Place of birth.
    #[serde(default)]
    pub birth_place: Option<String>,
    /// Addresses, each in one line.
    #[serde(default)]
    pub addresses: Vec<String>,
    /// Documents, registrations, IMO numbers, BICs, wallets.
    #[serde(default)]
    pub identifiers: Vec<Number>,
}

/// An identifier of the party.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// passport, national_id, driving_licence, tax_number, inn, ogrn, registration, lei, bic, iban, account,
    /// isin, imo, mmsi, call_sign, tail_number, aircraft_serial, wallet, phone, email, website, duns or other.
    pub kind: String,
    /// The number or address as written.
    pub value: String,
}

impl Party {
    /// The party in our own nouns.
    ///
    /// # Errors
    /// What could not be read, and how to write it.
    pub fn entity(&self) -> Result<Entity, String> {
        let mut entity = Entity::default();
        for (field, count) in [
            ("aliases", self.aliases.len()),
            ("born", self.born.len()),
            ("countries", self.countries.len()),
            ("residence", self.residence.len()),
            ("addresses", self.addresses.len()),
            ("identifiers", self.identifiers.len()),
        ] {
            if count > MOST_VALUES {
                return Err(format!("{field}: {count} values, more than {MOST_VALUES}\nhint: leave out repetitions"));
            }
        }
        if let Some(kind) = &self.kind {
            let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
            entity.kind = Kind::parse(kind)
                .ok_or_else(|| format!("kind: `{kind}` is no kind of party\nhint: one of {}", words.join(", ")))?;
        }
        let names = self.name.iter().map(|name| (name, NameQuality::Primary, "name"));
        let aliases = self.aliases.iter().map(|name| (name, NameQuality::Strong, "aliases"));
        for (name, quality, field) in names.chain(aliases).filter(|(name, ..)| !name.trim().is_empty()) {
            entity.names.push(Sourced::new(Name::new(name, quality), field));
        }
        for text in &self.born {
            let date = PartialDate::parse(text).ok_or_else(|| {
                format!("born: `{text}` is no date\nhint: write 1984, 1984-01, 1984-01-08 or 1980/1984")
            })?;
            entity.births.push(Sourced::new(date, "born"));
        }
        for text in &self.countries {
            entity.nationalities.push(Sourced::new(country("countries", text)?, "countries"));
        }
        for text in &self.residence {
            entity.countries.push(Sourced::new(country("residence", text)?, "residence"));
        }
        if let Some(text) = &self.gender {
            let gender = Gender::parse(text)
                .ok_or_else(|| format!("gender: `{text}` is not understood\nhint: one of f, m, other"))?;
            entity.genders.push(Sourced::new(gender, "gender"));
        }
        if let Some(text) = &self.birth_place {
            let place =
                Place { text: text.clone(), country: Country::parse(text).or_else(|| Country::parse(last_part(text))) };
            entity.birth_places.push(Sourced::new(place, "birth_place"));
        }
        for text in &self.addresses {
            let address =
                Address { full: text.clone(), country: Country::parse(last_part(text)), ..Address::default() };
            entity.addresses.push(Sourced::new(address, "addresses"));
        }
        for number in &self.identifiers {
            let id = Identifier::new(identifier_kind(&number.kind)?, &number.value).checked_for(entity.kind);
            entity.identifiers.push(Sourced::new(id, "identifiers"));
        }
        Ok(entity)
    }
}

fn last_part(text: &str) -> &str {
    text.rsplit(',').next().unwrap_or(text)
}

fn country(field: &str, text: &str) -> Result<Country, String> {
    Country::parse(text)
        .ok_or_else(|| format!("{field}: `{text}` names no one country\nhint: give its ISO 3166 code, as in kp or PRK"))
}

fn identifier_kind(text: &str) -> Result<IdentifierKind, String> {
    let word = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    serde_json::from_value(serde_json::Value::String(word)).map_err(|_| {
        format!(
            "identifiers: `{text}` is no kind of identifier\nhint: one of passport, national_id, tax_number, \
             registration, lei, bic, iban, imo, mmsi, wallet, phone, email, other"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_given_and_names_what_it_cannot_read() {
        let read = |text: &str| serde_json::from_str::<Party>(text).unwrap().entity();
        let entity = read(
            r#"{"name": "A B", "kind": "person", "born": ["1984"], "countries": ["KP"],
                "identifiers": [{"kind": "passport", "value": "12 34"}]}"#,
        )
        .unwrap();
        assert_eq!((entity.kind, entity.nationalities[0].value.code()), (Kind::Person, "kp"));
        assert_eq!(entity.identifiers[0].value.kind, IdentifierKind::Passport);
        for (text, wrong) in [
            (r#"{"kind": "robot"}"#, "`robot`"),
            (r#"{"born": ["soon"]}"#, "`soon`"),
            (r#"{"countries": ["Atlantis"]}"#, "`Atlantis`"),
            (r#"{"gender": "q"}"#, "`q`"),
            (r#"{"identifiers": [{"kind": "rune", "value": "1"}]}"#, "`rune`"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(wrong) && error.contains("\nhint: "), "{text}: {error}");
        }
        assert!(serde_json::from_str::<Party>(r#"{"nmae": "A"}"#).is_err());
    }
}
