//! Reads OFAC's labelled facts: a label, a value, a country and dates become part of the record.
//!
//! Promises: a label that is not known and looks like that of a number becomes a number with the
//! label; any other fact is kept as a property under its label.

use interdict_model::{Country, Gender, Identifier, IdentifierKind, Kind, PartialDate, Sourced};

use super::Draft;
use crate::dates::{Order, partial};
use crate::parts::{self, Field};

/// What a label means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    Birth,
    BirthPlace,
    Nationality,
    Flag,
    FormerFlag,
    Gender,
    Title,
    Number(IdentifierKind),
    /// A ship's registration: an IMO number with or without the word.
    ShipRegistration,
    Wallet,
    Link,
    Measure,
    Property,
}

use IdentifierKind as Id;
use Meaning::{
    Birth, BirthPlace, Flag, FormerFlag, Link, Measure, Nationality, Number, Property, ShipRegistration, Title, Wallet,
};

/// Labels as OFAC writes them, apart from a trailing colon or dash. The longest that fits counts.
const LABELS: &[(&str, Meaning)] = &[
    ("DOB", Birth),
    ("Birthdate", Birth),
    ("Organization Established Date", Birth),
    ("Aircraft Manufacture Date", Birth),
    ("Vessel Year of Build", Birth),
    ("POB", BirthPlace),
    ("Place of Birth", BirthPlace),
    ("nationality", Nationality),
    ("Nationality", Nationality),
    ("Nationality Country", Nationality),
    ("Nationality of Registration", Nationality),
    ("citizen", Nationality),
    ("Citizenship", Nationality),
    ("Citizenship Country", Nationality),
    ("Vessel Flag", Flag),
    ("VESSEL FLAG", Flag),
    ("Former Vessel Flag", FormerFlag),
    ("Other Vessel Flag", FormerFlag),
    ("OTHER VESSEL FLAG", FormerFlag),
    ("Gender", Meaning::Gender),
    ("Title", Title),
    ("Linked To", Link),
    ("Passport", Number(Id::Passport)),
    ("Diplomatic Passport", Number(Id::Passport)),
    ("Stateless Person Passport", Number(Id::Passport)),
    ("Travel Document Number", Number(Id::OtherDocument)),
    ("National ID No.", Number(Id::NationalId)),
    ("National ID Number", Number(Id::NationalId)),
    ("National Foreign ID Number", Number(Id::NationalId)),
    ("Personal ID Card", Number(Id::NationalId)),
    ("Identification Number", Number(Id::NationalId)),
    ("Turkish Identification Number", Number(Id::NationalId)),
    ("Moroccan Personal ID No.", Number(Id::NationalId)),
    ("Bosnian Personal ID No.", Number(Id::NationalId)),
    ("Kenyan ID No.", Number(Id::NationalId)),
    ("Tazkira National ID Card", Number(Id::NationalId)),
    ("Turkish Identificiation Number", Number(Id::NationalId)),
    ("Kuwaiti Civil ID No.", Number(Id::NationalId)),
    ("Cedula No.", Number(Id::NationalId)),
    ("Cedula de Ciudadania No.", Number(Id::NationalId)),
    ("Cedula de Residencia No.", Number(Id::OtherDocument)),
    ("Tarjeta de Identidad No.", Number(Id::NationalId)),
    ("D.N.I.", Number(Id::NationalId)),
    ("C.U.R.P.", Number(Id::NationalId)),
    ("C.U.I.", Number(Id::NationalId)),
    ("C.U.I.P.", Number(Id::NationalId)),
    ("N.I.E.", Number(Id::NationalId)),
    ("NIE", Number(Id::NationalId)),
    ("CNP (Personal Numerical Code)", Number(Id::NationalId)),
    ("SSN", Number(Id::NationalId)),
    ("Citizen's Card Number", Number(Id::NationalId)),
    ("Numero de Identidad", Number(Id::NationalId)),
    ("I.F.E.", Number(Id::OtherDocument)),
    ("Credencial electoral", Number(Id::OtherDocument)),
    ("Electoral Registry No.", Number(Id::OtherDocument)),
    ("Birth Certificate Number", Number(Id::OtherDocument)),
    ("Residency Number", Number(Id::OtherDocument)),
    ("Refugee ID Card", Number(Id::OtherDocument)),
    ("Stateless Person ID Card", Number(Id::OtherDocument)),
    ("British National Overseas Passport", Number(Id::Passport)),
    ("VisaNumberID", Number(Id::OtherDocument)),
    ("Driver's License No.", Number(Id::DrivingLicence)),
    ("Tax ID No.", Number(Id::TaxNumber)),
    ("Italian Fiscal Code", Number(Id::TaxNumber)),
    ("US FEIN", Number(Id::TaxNumber)),
    ("V.A.T. Number", Number(Id::TaxNumber)),
    ("NIT #", Number(Id::TaxNumber)),
    ("NIT", Number(Id::TaxNumber)),
    ("RUC #", Number(Id::TaxNumber)),
    ("RUC", Number(Id::TaxNumber)),
    ("RIF #", Number(Id::TaxNumber)),
    ("R.F.C.", Number(Id::TaxNumber)),
    ("RFC", Number(Id::TaxNumber)),
    ("RTN", Number(Id::TaxNumber)),
    ("R.T.N.", Number(Id::TaxNumber)),
    ("C.U.I.T.", Number(Id::TaxNumber)),
    ("C.I.F.", Number(Id::TaxNumber)),
    ("N.I.F.", Number(Id::TaxNumber)),
    ("C.N.P.J.", Number(Id::TaxNumber)),
    ("CNPJ", Number(Id::TaxNumber)),
    ("Paraguayan tax identification number", Number(Id::TaxNumber)),
    ("Fiscal Code", Number(Id::TaxNumber)),
    ("Registration Number", Number(Id::Registration)),
    ("Registration ID", Number(Id::Registration)),
    ("Business Registration Number", Number(Id::Registration)),
    ("Business Registration Document #", Number(Id::Registration)),
    ("Business Number", Number(Id::Registration)),
    ("Commercial Registry Number", Number(Id::Registration)),
    ("Company Number", Number(Id::Registration)),
    ("UK Company Number", Number(Id::Registration)),
    ("C.R. No.", Number(Id::Registration)),
    ("Public Registration Number", Number(Id::Registration)),
    ("Unified Social Credit Code (USCC)", Number(Id::Registration)),
    ("Folio Mercantil No.", Number(Id::Registration)),
    ("Matricula Mercantil No", Number(Id::Registration)),
    ("Matricula Mercantil No.", Number(Id::Registration)),
    ("Certificate of Incorporation Number", Number(Id::Registration)),
    ("Chamber of Commerce Number", Number(Id::Registration)),
    ("Dubai Chamber of Commerce Membership No.", Number(Id::Registration)),
    ("Istanbul Chamber of Comm. No.", Number(Id::Registration)),
    ("Central Registration System Number", Number(Id::Registration)),
    ("Economic Register Number (CBLS)", Number(Id::Registration)),
    ("Enterprise Number", Number(Id::Registration)),
    ("Trade License No.", Number(Id::Registration)),
    ("Romanian C.R.", Number(Id::Registration)),
    ("Legal Entity Number", Number(Id::Lei)),
    ("SWIFT/BIC", Number(Id::Bic)),
    ("SWIFT", Number(Id::Bic)),
    ("ISIN", Number(Id::Isin)),
    ("D-U-N-S Number", Number(Id::Duns)),
    ("MMSI", Number(Id::Mmsi)),
    ("Vessel Call Sign", Number(Id::CallSign)),
    ("Other Vessel Call Sign", Number(Id::CallSign)),
    ("VESSEL CALL SIGN", Number(Id::CallSign)),
    ("Vessel Registration Identification", ShipRegistration),
    ("Vessel Registration Number", ShipRegistration),
    ("IMO", ShipRegistration),
    ("International Maritime Organization No.", ShipRegistration),
    ("Aircraft Tail Number", Number(Id::TailNumber)),
    ("Previous Aircraft Tail Number", Number(Id::TailNumber)),
    ("Aircraft Manufacturer's Serial Number (MSN)", Number(Id::AircraftSerial)),
    ("Aircraft Manufacturer’s Serial Number (MSN)", Number(Id::AircraftSerial)),
    ("Aircraft Construction Number (also called L/N or S/N or F/N)", Number(Id::AircraftSerial)),
    ("Aircraft Serial Identification", Number(Id::AircraftSerial)),
    ("Phone Number", Number(Id::Phone)),
    ("Phone No.", Number(Id::Phone)),
    ("PHONE", Number(Id::Phone)),
    ("FAX", Number(Id::Phone)),
    ("Telephone", Number(Id::Phone)),
    ("Fax", Number(Id::Phone)),
    ("Email Address", Number(Id::Email)),
    ("Website", Number(Id::Website)),
    ("Digital Currency Address", Wallet),
    ("Aircraft Mode S Transponder Code", Number(Id::Other)),
    ("Chinese Commercial Code", Number(Id::Other)),
    ("BIK (RU)", Number(Id::Other)),
    ("Government Gazette Number", Number(Id::Other)),
    ("Equity Ticker", Number(Id::Other)),
    ("License", Number(Id::Other)),
    ("Aircraft Model", Property),
    ("Aircraft Operator", Property),
    ("Aircraft Type", Property),
    ("Vessel Type", Property),
    ("Other Vessel Type", Property),
    ("Vessel Owner", Property),
    ("Vessel Gross Tonnage", Property),
    ("Vessel Gross Registered Tonnage", Property),
    ("Vessel Tonnage", Property),
    ("Organization Type", Property),
    ("Target Type", Property),
    ("Issuer Name", Property),
    ("For more information, please see", Property),
    ("For more information on directives, please visit the following link", Property),
    ("Additional Sanctions Information", Measure),
    ("Secondary sanctions risk", Measure),
    ("Transactions Prohibited For Persons Owned or Controlled By U.S. Financial Institutions", Measure),
    ("Executive Order", Measure),
    ("CAATSA Section 235 Information", Measure),
    ("IFCA Determination", Measure),
    ("PEESA Information", Measure),
    ("Listing Date", Measure),
    ("Effective Date", Measure),
    ("Purchase/Sales For Divestment Date", Measure),
];

/// A fact as published.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Fact<'a> {
    pub(crate) label: &'a str,
    pub(crate) value: &'a str,
    pub(crate) country: &'a str,
    pub(crate) issued: &'a str,
    pub(crate) expires: &'a str,
    /// What else the publisher says: `issued in`, `not valid`.
    pub(crate) note: &'a str,
}

/// The longest label at the start of a clause, and what follows it.
pub(crate) fn split_label(clause: &str) -> Option<(&'static str, Meaning, &str)> {
    let mut best: Option<(&'static str, Meaning, &str)> = None;
    let first = clause.as_bytes().first();
    for (label, meaning) in LABELS {
        if label.as_bytes().first() == first
            && best.is_none_or(|(other, ..)| label.len() > other.len())
            && let Some(rest) = clause.strip_prefix(label)
            && (rest.is_empty() || rest.starts_with([' ', ':', '-', '(']))
        {
            best = Some((label, *meaning, rest));
        }
    }
    best
}

/// The meaning of a label on its own, as the XML formats give it.
pub(crate) fn meaning(label: &str) -> Option<Meaning> {
    let clean = label.trim().trim_end_matches([':', '-', ' ']);
    let (_, meaning, rest) = split_label(clean)?;
    let whole = rest.trim().is_empty() || matches!(meaning, Meaning::Measure | Wallet);
    whole.then_some(meaning)
}

/// Puts a fact into the record.
pub(crate) fn put(draft: &mut Draft, meaning: Option<Meaning>, fact: Fact<'_>, field: impl Into<Field>) {
    let field = field.into();
    let value = fact.value.trim();
    let label = fact.label.trim().trim_end_matches([':', ' ']).trim_end_matches(" -").trim();
    let entity = &mut draft.listing.entity;
    let Some(meaning) = meaning else {
        let kind = if looks_like_number(value) { Some(Id::Other) } else { None };
        match kind {
            Some(kind) => parts::identifier(entity, kind, value, label, fact.country, field),
            None => parts::property(entity, label, value, field),
        }
        return;
    };
    match meaning {
        Birth => parts::birth(entity, value, Order::DayFirst, field),
        BirthPlace => parts::birth_place(entity, value, "", field),
        Nationality | Flag => {
            if !value.eq_ignore_ascii_case("none identified") {
                parts::nationality(entity, value, field);
            }
        }
        FormerFlag => {
            if !value.eq_ignore_ascii_case("none identified") {
                parts::other_country(entity, value, field.clone());
            }
            parts::property(entity, label, value, field);
        }
        Meaning::Gender => match Gender::parse(value) {
            Some(gender) if entity.genders.iter().all(|g| g.value != gender) => {
                entity.genders.push(Sourced::new(gender, field))
            }
            Some(_) => {}
            None => parts::property(entity, label, value, field),
        },
        Title => parts::title(entity, value, field),
        Link => draft.link(label, value, None, field),
        Measure => {
            let text = format!("{} {value}", fact.label.trim());
            draft.measure(parts::one_line(&text).into_owned());
        }
        Property => parts::property(entity, label, value, field),
        Wallet => {
            // `Digital Currency Address - XBT`: the currency stands in the label, or before the address.
            let currency = label.rsplit(['-', ' ']).next().unwrap_or("").trim();
            let identifier = Identifier::new(Id::Wallet, value).labelled(currency);
            parts::push_identifier(entity, identifier, field);
        }
        ShipRegistration => {
            let digits = value.trim_start_matches("IMO").trim_start_matches([' ', ':', '#']);
            let is_imo = digits.len() == 7 && digits.bytes().all(|b| b.is_ascii_digit());
            let (kind, value) = if is_imo { (Id::Imo, digits) } else { (Id::Registration, value) };
            parts::identifier(entity, kind, value, label, fact.country, field);
        }
        Number(kind) => number(draft, kind, label, fact, field),
    }
}

fn number(draft: &mut Draft, kind: IdentifierKind, label: &str, fact: Fact<'_>, field: Field) {
    let entity = &mut draft.listing.entity;
    let mut value = fact.value.trim();
    let mut kind = kind;
    let imo = value.strip_prefix("IMO").map(|rest| rest.trim_start_matches([' ', ':', '#']));
    if let Some(digits) = imo.filter(|d| d.len() == 7 && d.bytes().all(|b| b.is_ascii_digit())) {
        (kind, value) = (Id::Imo, digits);
    }
    let country = Country::parse(fact.country).filter(|_| !fact.country.is_empty());
    let russian = country.is_some_and(|c| c.code() == "ru");
    let digits = value.bytes().all(|b| b.is_ascii_digit());
    kind = match kind {
        Id::TaxNumber if russian && digits && matches!(value.len(), 10 | 12) => Id::Inn,
        Id::Registration if russian && digits && matches!(value.len(), 13 | 15) => Id::Ogrn,
        // OFAC puts other registers' numbers under this label too.
        Id::Lei if value.len() != 20 => Id::Registration,
        // `Identification Number` and `Registration ID` are used for every kind of party.
        Id::NationalId if entity.kind != Kind::Person => Id::Registration,
        other => other,
    };
    if country.is_none() && !parts::is_nothing(fact.country) {
        parts::property(entity, &format!("{label} {value}: issued by"), fact.country, field.clone());
    }
    if parts::is_nothing(value) {
        return;
    }
    let identifier = Identifier::new(kind, value).issued_by(country).labelled(label);
    parts::push_identifier(entity, identifier, field.clone());
    for (word, text) in [("issued", fact.issued), ("expires", fact.expires), ("note", fact.note)] {
        parts::property(entity, &format!("{label} {value}: {word}"), text, field.clone());
    }
}

/// Digits without blanks before them, or a code in capitals with digits: what numbers look like.
pub(crate) fn looks_like_number(value: &str) -> bool {
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    let lower = value.bytes().filter(u8::is_ascii_lowercase).count();
    digits >= 3
        && digits > lower
        && value.len() <= 60
        && partial(value, Order::DayFirst).is_none_or(|d: PartialDate| !d.is_day())
}
