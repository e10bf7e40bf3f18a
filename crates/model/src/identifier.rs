//! Identifiers: typed, normalised, checked. A checksum that fails is kept and said.

use serde::{Deserialize, Serialize};

use crate::Country;

/// What an identifier identifies, and under whose scheme.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// Passport number; the issuing country matters.
    Passport,
    /// National identity card or personal number.
    NationalId,
    /// Driving licence.
    DrivingLicence,
    /// Another identity document, its type in `label`.
    OtherDocument,
    /// Tax number, not further known.
    TaxNumber,
    /// Russian taxpayer number, 10 or 12 digits.
    Inn,
    /// Russian state registration number, 13 or 15 digits.
    Ogrn,
    /// Entry in a company or trade register.
    Registration,
    /// Legal Entity Identifier, ISO 17442.
    Lei,
    /// Business identifier code, ISO 9362, 8 or 11 characters; the branch is kept.
    Bic,
    /// International bank account number, ISO 13616.
    Iban,
    /// Another bank account number.
    Account,
    /// International Securities Identification Number, ISO 6166.
    Isin,
    /// IMO ship or company number, seven digits; the two are told apart by the entity's kind.
    Imo,
    /// Maritime Mobile Service Identity, nine digits.
    Mmsi,
    /// Radio call sign.
    CallSign,
    /// Aircraft registration mark (tail number).
    TailNumber,
    /// Manufacturer's serial number of an aircraft.
    AircraftSerial,
    /// Address of a wallet; the currency's code is in `label`.
    Wallet,
    /// Telephone number.
    Phone,
    /// Electronic mail address.
    Email,
    /// Web site, by host name.
    Website,
    /// D-U-N-S number.
    Duns,
    /// Any other number, its type in `label`.
    Other,
}

/// Whether the number agrees with its own check digits.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// The scheme has no check digits, or we know none.
    #[default]
    None,
    /// They agree.
    Passed,
    /// They do not: a slip in the list or in the party, said with every hit.
    Failed,
}

/// One identifier of a party or listing.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Identifier {
    /// The scheme.
    pub kind: IdentifierKind,
    /// As published.
    pub value: String,
    /// Normalised for comparing: see [`Identifier::new`].
    pub key: String,
    /// Who issued it, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<Country>,
    /// The publisher's name for the type, a wallet's currency, an authority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// Result of the checksum.
    #[serde(default, skip_serializing_if = "is_none")]
    pub check: Check,
}

fn is_none(check: &Check) -> bool {
    *check == Check::None
}

impl Identifier {
    /// Normalises and checks `value`. The key holds what carries identity: letters and digits,
    /// upper case (a wallet keeps its case unless its scheme ignores it).
    pub fn new(kind: IdentifierKind, value: &str) -> Self {
        let key = value
            .chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_uppercase)
            .collect();
        Self {
            kind,
            value: value.trim().to_owned(),
            key,
            country: None,
            label: None,
            check: Check::None,
        }
    }

    /// The same, issued by a country.
    #[must_use]
    pub fn issued_by(mut self, country: Option<Country>) -> Self {
        self.country = country;
        self
    }

    /// The same, with the publisher's type or a currency.
    #[must_use]
    pub fn labelled(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }
}
