//! What a party or a listing is about: one entity model for both.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::{Country, Identifier, PartialDate};

/// The kinds of entity that lists hold and users screen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A natural person.
    Person,
    /// A company, organisation, public body, group: anything with a name and no body.
    Organization,
    /// A ship or boat.
    Vessel,
    /// An aircraft.
    Aircraft,
    /// A wallet of a digital currency, by address alone.
    Wallet,
    /// A security, by ISIN.
    Security,
    /// Not known: compared with every kind.
    #[default]
    Unknown,
}

impl Kind {
    /// Every kind, in the order of the enum.
    pub const ALL: [Self; 7] =
        [Self::Person, Self::Organization, Self::Vessel, Self::Aircraft, Self::Wallet, Self::Security, Self::Unknown];

    /// Whether a party of this kind can be a listing of that kind.
    pub fn can_be(self, other: Self) -> bool {
        self == other || self == Self::Unknown || other == Self::Unknown
    }

    /// The word for it, in lower case.
    pub fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Organization => "organization",
            Self::Vessel => "vessel",
            Self::Aircraft => "aircraft",
            Self::Wallet => "wallet",
            Self::Security => "security",
            Self::Unknown => "unknown",
        }
    }

    /// Reads our words and the schemas of FollowTheMoney, in any case. None if the word means nothing to us.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "person" | "individual" | "p" | "i" | "natural person" => Self::Person,
            "organization" | "organisation" | "company" | "entity" | "business" | "publicbody" | "public body"
            | "o" | "e" | "enterprise" | "corporation" | "group" | "bank" => Self::Organization,
            "vessel" | "ship" | "v" => Self::Vessel,
            "aircraft" | "airplane" | "a" => Self::Aircraft,
            "wallet" | "cryptowallet" | "crypto wallet" => Self::Wallet,
            "security" => Self::Security,
            // FollowTheMoney's LegalEntity is a person or an organisation.
            "unknown" | "legalentity" | "legal entity" | "thing" | "" => Self::Unknown,
            _ => return None,
        })
    }
}

/// A value with the field of the record it was read from; the record's list and version are
/// those of the listing that holds it.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Field of the publisher's record, as `INDIVIDUAL_ALIAS/ALIAS_NAME`, a column's name, or `remarks` when cut from text.
    pub field: Cow<'static, str>,
}

impl<T> Sourced<T> {
    /// A value read from a field known when we were compiled.
    pub fn new(value: T, field: impl Into<Cow<'static, str>>) -> Self {
        Self { value, field: field.into() }
    }
}

/// How well the publisher vouches for a name.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum NameQuality {
    /// The primary name of the record.
    #[default]
    Primary,
    /// A good alias: a.k.a., UN "Good", OFAC strong.
    Strong,
    /// A weak alias: UN "Low", OFAC weak, nicknames. The publisher warns that it matches too broadly.
    Weak,
    /// A former name: f.k.a.
    Former,
}

/// What a part of a structured name is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NamePart {
    /// Given name or names.
    Given,
    /// Middle names.
    Middle,
    /// Father's name.
    Patronymic,
    /// Family name or names.
    Family,
    /// Mother's family name.
    Matronymic,
    /// Honorific or office before the name.
    Title,
    /// Jr., III, …
    Suffix,
}

/// A name, whole and, where the publisher says so, in parts.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, Default)]
pub struct Name {
    /// The whole name in the publisher's order.
    pub full: String,
    /// Its parts, where the publisher gives them; empty if not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(NamePart, String)>,
    /// The publisher's quality.
    #[serde(default)]
    pub quality: NameQuality,
    /// The publisher's own word: `a.k.a.`, `f.k.a.`, `Good`, `Primary name variation`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Language or script code if the publisher gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

impl Name {
    /// A name without parts, of a quality.
    pub fn new(full: impl Into<String>, quality: NameQuality) -> Self {
        Self { full: full.into(), quality, ..Self::default() }
    }

    /// The first part of a kind.
    pub fn part(&self, part: NamePart) -> Option<&str> {
        self.parts.iter().find(|(p, _)| *p == part).map(|(_, text)| text.as_str())
    }
}

/// A place of birth or an address' place: text as published, and the country where it could be read.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, Default)]
pub struct Place {
    /// As published, one line.
    pub text: String,
    /// The country, if the text or a field names one we know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
}

/// An address as published, and its country.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, Default)]
pub struct Address {
    /// The whole, one line, as `street, city, region, postal code, country`.
    pub full: String,
    /// Street and number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street: Option<String>,
    /// City or town.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// State, province or region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// The country, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The publisher's note on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Gender as published.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gender {
    /// Female.
    Female,
    /// Male.
    Male,
    /// Said to be another.
    Other,
}

impl Gender {
    /// Reads `f`, `female`, `m`, `male`, `other` in any case; none for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.trim().to_ascii_lowercase().as_str() {
            "f" | "female" | "woman" => Self::Female,
            "m" | "male" | "man" => Self::Male,
            "other" | "x" | "o" => Self::Other,
            _ => return None,
        })
    }
}

/// A party we screen or the subject of a listing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Entity {
    /// What it is.
    pub kind: Kind,
    /// All names, primary first.
    pub names: Vec<Sourced<Name>>,
    /// Dates of birth (persons), of foundation (organisations), of build (ships, aircraft). Several when not certain.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub births: Vec<Sourced<PartialDate>>,
    /// Dates of death or dissolution.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub deaths: Vec<Sourced<PartialDate>>,
    /// Places of birth.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub birth_places: Vec<Sourced<Place>>,
    /// Nationality, citizenship, place of incorporation, flag: the countries it belongs to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nationalities: Vec<Sourced<Country>>,
    /// Other countries it has to do with: residence, former flags, activity.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub countries: Vec<Sourced<Country>>,
    /// Country texts that name no country we know, kept as published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread_countries: Vec<Sourced<String>>,
    /// Identity documents, registrations, numbers, wallets, phones, sites.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Sourced<Identifier>>,
    /// Addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Sourced<Address>>,
    /// Gender, as published.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub genders: Vec<Sourced<Gender>>,
    /// Titles, offices, occupations.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub titles: Vec<Sourced<String>>,
    /// Type of ship or aircraft, tonnage, owner as text and other published properties, by the publisher's name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub properties: Vec<Sourced<(String, String)>>,
    /// Remarks, as published; what was parsed out of them stands in the fields above as well.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<Sourced<String>>,
}

impl Entity {
    /// An entity of a kind, with nothing else known.
    pub fn of(kind: Kind) -> Self {
        Self { kind, ..Self::default() }
    }

    /// The primary name, or the first there is.
    pub fn caption(&self) -> &str {
        let primary = self.names.iter().find(|n| n.value.quality == NameQuality::Primary);
        primary.or(self.names.first()).map_or("", |n| n.value.full.as_str())
    }
}
