//! The party as it is written on the command line.

use clap::Args;
use interdict_engine::Party;
use interdict_model::{
    Address, Country, Entity, Gender, Identifier, IdentifierKind, Kind, Name, NameQuality, PartialDate, Place, Sourced,
};

use crate::exit::Failure;

/// What is known of a party besides its name. Whatever is not given stays unknown.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "What is known of the party")]
pub struct PartyArgs {
    /// Another name of the party
    #[arg(long, value_name = "NAME")]
    alias: Vec<String>,
    /// What it is: person, organization, vessel, aircraft, wallet, security
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Date of birth, foundation or build: 1984, 1984-01, 1984-01-08, 1980/1984, ~1984
    #[arg(long, value_name = "DATE")]
    born: Vec<String>,
    /// Nationality, incorporation or flag: a code or a name
    #[arg(long, visible_alias = "nationality", value_name = "COUNTRY")]
    country: Vec<String>,
    /// Another country it has to do with: residence, activity
    #[arg(long, value_name = "COUNTRY")]
    residence: Vec<String>,
    /// Gender: f, m, other
    #[arg(long, value_name = "GENDER")]
    gender: Option<String>,
    /// Place of birth
    #[arg(long, value_name = "PLACE")]
    birth_place: Option<String>,
    /// Address, in one line
    #[arg(long, value_name = "ADDRESS")]
    address: Vec<String>,
    /// An identifier of any kind, as inn=7707083893 or call-sign=HMYZ
    #[arg(long = "id", value_name = "KIND=VALUE")]
    id: Vec<String>,
    /// Passport number
    #[arg(long, value_name = "NUMBER")]
    passport: Vec<String>,
    /// IMO number of a ship or shipping company
    #[arg(long, value_name = "NUMBER")]
    imo: Vec<String>,
    /// Legal Entity Identifier
    #[arg(long, value_name = "LEI")]
    lei: Vec<String>,
    /// Business identifier code (SWIFT)
    #[arg(long, value_name = "BIC")]
    bic: Vec<String>,
    /// Address of a digital-currency wallet
    #[arg(long, value_name = "ADDRESS")]
    wallet: Vec<String>,
}

impl PartyArgs {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        let Self {
            alias,
            kind,
            born,
            country,
            residence,
            gender,
            birth_place,
            address,
            id,
            passport,
            imo,
            lei,
            bic,
            wallet,
        } = self;
        kind.is_none()
            && gender.is_none()
            && birth_place.is_none()
            && [alias, born, country, residence, address, id, passport, imo, lei, bic, wallet]
                .iter()
                .all(|v| v.is_empty())
    }

    /// The party of a name and these arguments.
    pub fn party(&self, name: Option<&str>) -> Result<Party, Failure> {
        let mut entity = Entity::default();
        if let Some(kind) = &self.kind {
            entity.kind = Kind::parse(kind).ok_or_else(|| {
                let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
                Failure::hint(format!("--kind: `{kind}` is no kind of party"), format!("one of {}", words.join(", ")))
            })?;
        }
        if let Some(name) = name.filter(|name| !name.trim().is_empty()) {
            entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "name"));
        }
        entity
            .names
            .extend(self.alias.iter().map(|alias| Sourced::new(Name::new(alias, NameQuality::Strong), "--alias")));
        for born in &self.born {
            let date = PartialDate::parse(born).ok_or_else(|| {
                Failure::hint(format!("--born: `{born}` is no date"), "write 1984, 1984-01, 1984-01-08 or 1980/1984")
            })?;
            entity.births.push(Sourced::new(date, "--born"));
        }
        for text in &self.country {
            entity.nationalities.push(Sourced::new(country("--country", text)?, "--country"));
        }
        for text in &self.residence {
            entity.countries.push(Sourced::new(country("--residence", text)?, "--residence"));
        }
        if let Some(text) = &self.gender {
            let gender = Gender::parse(text)
                .ok_or_else(|| Failure::hint(format!("--gender: `{text}` is not understood"), "one of f, m, other"))?;
            entity.genders.push(Sourced::new(gender, "--gender"));
        }
        if let Some(text) = &self.birth_place {
            let last = text.rsplit(',').next().unwrap_or(text);
            let place = Place { text: text.clone(), country: Country::parse(text).or_else(|| Country::parse(last)) };
            entity.birth_places.push(Sourced::new(place, "--birth-place"));
        }
        for text in &self.address {
            let last = text.rsplit(',').next().unwrap_or(text);
            let address = Address { full: text.clone(), country: Country::parse(last), ..Address::default() };
            entity.addresses.push(Sourced::new(address, "--address"));
        }
        self.identifiers(&mut entity)?;
        Ok(Party { place: String::new(), id: None, entity })
    }

    fn identifiers(&self, entity: &mut Entity) -> Result<(), Failure> {
        use IdentifierKind::{Bic, Imo, Lei, Passport, Wallet};
        let mut add = |kind, value: &str, field: &'static str| {
            entity.identifiers.push(Sourced::new(Identifier::new(kind, value), field));
        };
        for (kind, values, field) in [
            (Passport, &self.passport, "--passport"),
            (Imo, &self.imo, "--imo"),
            (Lei, &self.lei, "--lei"),
            (Bic, &self.bic, "--bic"),
            (Wallet, &self.wallet, "--wallet"),
        ] {
            values.iter().for_each(|value| add(kind, value, field));
        }
        for text in &self.id {
            let Some((kind, value)) = text.split_once('=') else {
                return Err(Failure::hint(
                    format!("--id: `{text}` has no kind"),
                    "write it as KIND=VALUE, as in tax-number=123",
                ));
            };
            add(identifier_kind(kind)?, value, "--id");
        }
        for id in &mut entity.identifiers {
            id.value = id.value.clone().checked_for(entity.kind);
        }
        Ok(())
    }
}

fn country(argument: &str, text: &str) -> Result<Country, Failure> {
    Country::parse(text).ok_or_else(|| {
        Failure::hint(format!("{argument}: `{text}` names no one country"), "give its ISO 3166 code, as in kp or PRK")
    })
}

/// The kind of an identifier by its word, as the JSON output writes it.
fn identifier_kind(text: &str) -> Result<IdentifierKind, Failure> {
    let word = text.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    serde_json::from_value(serde_json::Value::String(word)).map_err(|_| {
        Failure::hint(
            format!("--id: `{text}` is no kind of identifier"),
            "one of passport, national-id, driving-licence, tax-number, inn, ogrn, registration, lei, bic, iban, account, \
             isin, imo, mmsi, call-sign, tail-number, aircraft-serial, wallet, phone, email, website, duns, other",
        )
    })
}
