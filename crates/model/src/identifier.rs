//! Identifiers: typed, normalised, checked. A checksum that fails is kept and said.
//!
//! Promises: the value stays as published; two writings of one number have one key; a number
//! whose check digits or shape do not fit is kept with [`Check::Failed`].
//!
//! Not here: the arithmetic of check digits (`checksum`), finding listings by key (`screening`).

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::{Country, Kind, checksum};

/// No identifier is longer; of a longer text the rest does not enter the key.
const LONGEST_KEY_CHARS: usize = 200;

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
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize, Default)]
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
    /// Normalises and checks `value`. What the key holds, by kind:
    ///
    /// - IMO, MMSI, D-U-N-S, INN, OGRN: the digits, without the scheme's name before them;
    /// - BIC: upper case; 11 characters ending in `XXX` are the head office, so the key has 8;
    /// - phone: the digits, after `+` if the number is international (`+` or `00`);
    /// - e-mail: lower case; website: the host in lower case without `www.`;
    /// - wallet: case kept, unless the scheme ignores it (hexadecimal, bech32): lower case;
    /// - all others: letters and digits in upper case, leading zeros kept.
    pub fn new(kind: IdentifierKind, value: &str) -> Self {
        let value = value.trim();
        let folded: String = value.nfkc().take(LONGEST_KEY_CHARS).collect();
        let key = key_of(kind, folded.trim());
        let check = check_of(kind, &key);
        Self { kind, value: value.to_owned(), key, country: None, label: None, check }
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

    /// The same, checked for the kind of entity it belongs to: an IMO number of a ship has other
    /// check digits than that of a company, and [`Identifier::new`] accepts both.
    #[must_use]
    pub fn checked_for(mut self, entity: Kind) -> Self {
        if self.kind == IdentifierKind::Imo {
            self.check = match entity {
                Kind::Vessel => passed(checksum::imo_ship(&self.key)),
                Kind::Organization => passed(checksum::imo_company(&self.key)),
                Kind::Person | Kind::Aircraft | Kind::Wallet | Kind::Security | Kind::Unknown => self.check,
            };
        }
        self
    }

    /// Whether two identifiers are the same number: kinds that can be the same, equal keys.
    /// Branches of a bank differ (`ABCDRUMM123` is not `ABCDRUMM`), its head office with and
    /// without `XXX` does not. Who issued it is for the caller to compare: lists name the
    /// issuer of a passport too rarely to require it.
    pub fn agrees_with(&self, other: &Self) -> bool {
        self.kind.can_be(other.kind) && !self.key.is_empty() && self.key == other.key
    }

    /// The kinds a bare number or address of unknown kind can be, the surest first. Empty if the
    /// text looks like no identifier, as most names do.
    pub fn guess(text: &str) -> Vec<IdentifierKind> {
        use IdentifierKind::{
            Bic, Email, Iban, Imo, Inn, Isin, Lei, Mmsi, NationalId, Ogrn, Passport, Phone, Wallet, Website,
        };
        let text = text.trim();
        if text.is_empty() || text.len() > LONGEST_KEY_CHARS {
            return Vec::new();
        }
        let lower = text.to_ascii_lowercase();
        if text.contains('@') {
            return vec![Email];
        }
        if lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("www.") {
            return vec![Website];
        }
        let words = text.split_whitespace().count();
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        let mut kinds = Vec::new();
        let checked = [Lei, Iban, Isin, Wallet, Ogrn, Inn, Imo];
        kinds.extend(checked.into_iter().filter(|kind| Self::new(*kind, text).check == Check::Passed));
        if is_hex_wallet(&lower) {
            kinds.push(Wallet);
        }
        // Words of a name are not codes: a BIC is upper case or has a digit.
        let is_code = !text.bytes().any(|b| b.is_ascii_lowercase()) || digits > 0;
        if words == 1 && is_code && checksum::is_bic(&key_of(Bic, text)) {
            kinds.push(Bic);
        }
        if text.starts_with('+') && digits >= 7 {
            kinds.push(Phone);
        }
        let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-' | '/' | '.'));
        let letters = text.bytes().filter(u8::is_ascii_alphabetic).count();
        if digits == 9 && letters == 0 && plain {
            kinds.push(Mmsi);
        }
        if plain && (5..=16).contains(&digits) && letters <= 4 {
            kinds.extend([Passport, NationalId]);
        }
        kinds
    }
}

impl IdentifierKind {
    /// Whether a number published as one kind can be what another source calls the other:
    /// a tax number may be an INN, a registration an OGRN, a document of unknown type any document.
    pub fn can_be(self, other: Self) -> bool {
        self == other || self.class() == other.class() || self.class() == Class::Any || other.class() == Class::Any
    }

    fn class(self) -> Class {
        match self {
            Self::Passport | Self::NationalId | Self::DrivingLicence | Self::OtherDocument => Class::Document,
            Self::TaxNumber | Self::Inn | Self::Ogrn | Self::Registration | Self::Duns => Class::Register,
            Self::Lei => Class::Lei,
            Self::Bic => Class::Bic,
            Self::Iban | Self::Account => Class::Account,
            Self::Isin => Class::Isin,
            Self::Imo => Class::Imo,
            Self::Mmsi => Class::Mmsi,
            Self::CallSign => Class::CallSign,
            Self::TailNumber | Self::AircraftSerial => Class::Aircraft,
            Self::Wallet => Class::Wallet,
            Self::Phone => Class::Phone,
            Self::Email => Class::Email,
            Self::Website => Class::Website,
            Self::Other => Class::Any,
        }
    }
}

#[derive(PartialEq, Eq)]
enum Class {
    Document,
    Register,
    Lei,
    Bic,
    Account,
    Isin,
    Imo,
    Mmsi,
    CallSign,
    Aircraft,
    Wallet,
    Phone,
    Email,
    Website,
    Any,
}

fn key_of(kind: IdentifierKind, text: &str) -> String {
    use IdentifierKind as K;
    let plain = || -> String { text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_uppercase).collect() };
    match kind {
        K::Imo => after_word(plain(), &["IMONUMBER", "IMONO", "IMO"]),
        K::Mmsi => after_word(plain(), &["MMSI"]),
        K::Inn => after_word(plain(), &["INN", "ИНН"]),
        K::Ogrn => after_word(plain(), &["OGRN", "ОГРН"]),
        K::Duns => after_word(plain(), &["DUNS"]),
        K::Lei => after_word(plain(), &["LEI"]),
        K::Iban => {
            let key = plain();
            key.strip_prefix("IBAN").map(str::to_owned).unwrap_or(key)
        }
        K::Bic => {
            let mut key = plain();
            if key.len() == 11 && key.ends_with("XXX") {
                key.truncate(8);
            }
            key
        }
        K::Wallet => wallet_key(text),
        K::Phone => {
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            match digits.strip_prefix("00") {
                Some(rest) if !text.starts_with('+') => format!("+{rest}"),
                _ if text.starts_with('+') => format!("+{digits}"),
                _ => digits,
            }
        }
        K::Email => {
            let lower = text.to_lowercase();
            lower.strip_prefix("mailto:").unwrap_or(&lower).trim().to_owned()
        }
        K::Website => host(&text.to_lowercase()),
        K::Passport
        | K::NationalId
        | K::DrivingLicence
        | K::OtherDocument
        | K::TaxNumber
        | K::Registration
        | K::Account
        | K::Isin
        | K::CallSign
        | K::TailNumber
        | K::AircraftSerial
        | K::Other => plain(),
    }
}

// Takes the scheme's own name off, if a digit follows and it is not itself the head of a whole
// LEI of 20 characters.
fn after_word(key: String, words: &[&str]) -> String {
    let rest = words.iter().find_map(|word| key.strip_prefix(word));
    match rest.filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        Some(rest) if key.chars().count() != 20 => rest.to_owned(),
        _ => key,
    }
}

fn is_hex_wallet(lower: &str) -> bool {
    lower
        .strip_prefix("0x")
        .is_some_and(|hex| matches!(hex.len(), 40 | 64) && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}

fn wallet_key(text: &str) -> String {
    let text: String = text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == ':').collect();
    let lower = text.to_ascii_lowercase();
    let one_case = lower == text || text.bytes().all(|b| !b.is_ascii_lowercase());
    if let Some(address) = lower.strip_prefix("bitcoincash:") {
        return address.to_owned();
    }
    if is_hex_wallet(&lower) || (one_case && checksum::bech32(&lower).is_some()) {
        return lower;
    }
    text
}

fn host(lower: &str) -> String {
    let rest = lower.split_once("://").map_or(lower, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next().unwrap_or("");
    let rest = rest.rsplit('@').next().unwrap_or(rest);
    let rest = rest.split(':').next().unwrap_or(rest).trim();
    rest.strip_prefix("www.").unwrap_or(rest).trim_end_matches('.').to_owned()
}

fn passed(agrees: bool) -> Check {
    if agrees { Check::Passed } else { Check::Failed }
}

fn check_of(kind: IdentifierKind, key: &str) -> Check {
    use IdentifierKind as K;
    let shape = |fits: bool| if fits { Check::None } else { Check::Failed };
    let digits = |len: usize| key.len() == len && key.bytes().all(|b| b.is_ascii_digit());
    match kind {
        K::Imo => passed(checksum::imo_ship(key) || checksum::imo_company(key)),
        K::Mmsi | K::Duns => shape(digits(9)),
        K::Lei => passed(checksum::lei(key)),
        K::Iban => passed(checksum::iban(key)),
        K::Isin => passed(checksum::isin(key)),
        K::Inn => passed(checksum::inn(key)),
        K::Ogrn => passed(checksum::ogrn(key)),
        K::Bic => shape(checksum::is_bic(key)),
        K::Wallet => match checksum::wallet(key) {
            Some(agrees) => passed(agrees),
            None => Check::None,
        },
        K::Email => shape(key.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'))),
        K::Passport
        | K::NationalId
        | K::DrivingLicence
        | K::OtherDocument
        | K::TaxNumber
        | K::Registration
        | K::Account
        | K::CallSign
        | K::TailNumber
        | K::AircraftSerial
        | K::Phone
        | K::Website
        | K::Other => Check::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Of our own making, except the Bitcoin genesis address and the example of BIP 173.
    const CASES: &str = include_str!("../tests/identifiers.tsv");

    #[test]
    fn normalises_and_checks() {
        for (n, line) in CASES.lines().enumerate().filter(|(_, line)| !line.starts_with('#')) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [kind, value, key, check, why] = fields[..] else {
                panic!("identifiers.tsv:{}: {} fields", n + 1, fields.len())
            };
            let kind: IdentifierKind = serde_json::from_value(kind.into()).unwrap();
            let check: Check = serde_json::from_value(check.into()).unwrap();
            let id = Identifier::new(kind, value);
            assert_eq!((id.key.as_str(), id.check), (key, check), "identifiers.tsv:{}: `{value}`: {why}", n + 1);
            assert_eq!(id.value, value.trim());
        }
    }

    #[test]
    fn ships_and_companies_differ() {
        let ship = Identifier::new(IdentifierKind::Imo, "9074729");
        assert_eq!(ship.clone().checked_for(Kind::Vessel).check, Check::Passed);
        assert_eq!(ship.checked_for(Kind::Organization).check, Check::Failed);
    }

    #[test]
    fn agrees_across_kinds_that_can_be_the_same() {
        use IdentifierKind::{Bic, Imo, Inn, NationalId, Passport, TaxNumber};
        for (a, x, b, y, agree) in [
            (Bic, "ABCDRUMM", Bic, "ABCDRUMMXXX", true),
            (Bic, "ABCDRUMM", Bic, "ABCDRUMM123", false),
            (TaxNumber, "7707083893", Inn, "7707083893", true),
            (Passport, "0012345", NationalId, "0012345", true),
            (Passport, "0012345", Passport, "12345", false),
            (Passport, "9074729", Imo, "IMO 9074729", false),
            (Passport, "", Passport, "-", false),
        ] {
            assert_eq!(Identifier::new(a, x).agrees_with(&Identifier::new(b, y)), agree, "{x} {y}");
        }
    }

    #[test]
    fn guesses_from_the_number_alone() {
        use IdentifierKind::{Bic, Email, Imo, Passport, Wallet};
        for (text, kind) in [
            ("IMO 9074729", Imo),
            ("9074729", Imo),
            ("ABCDRUMM", Bic),
            ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", Wallet),
            ("0x52908400098527886E0F7030069857D2E4169EE7", Wallet),
            ("a.b@example.org", Email),
            ("K 0123456", Passport),
        ] {
            assert!(Identifier::guess(text).contains(&kind), "`{text}`");
        }
        for text in ["", "Kim Jong Un", "Deutsche", "Ivan Petrov", "Atlas Fund 3", "1984", "ПЕТРОВ"] {
            assert_eq!(Identifier::guess(text), [], "`{text}`");
        }
    }
}
