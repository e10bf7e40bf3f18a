//! Which property of FollowTheMoney goes to which field of the model.

use crate::{IdentifierKind, Kind, NamePart, NameQuality};

/// Where a property goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Slot {
    Name(NameQuality),
    Part(NamePart),
    Birth,
    Death,
    BirthPlace,
    BirthCountry,
    Nationality,
    Country,
    Gender,
    Title,
    Remark,
    Address,
    Identifier(IdentifierKind),
    Programme,
    Property,
}

use IdentifierKind as I;
use NamePart as P;
use Slot as S;

const PROPERTIES: [(&str, Slot); 70] = [
    ("name", S::Name(NameQuality::Primary)),
    ("alias", S::Name(NameQuality::Strong)),
    ("weakAlias", S::Name(NameQuality::Weak)),
    ("previousName", S::Name(NameQuality::Former)),
    ("abbreviation", S::Name(NameQuality::Weak)),
    ("title", S::Title),
    ("firstName", S::Part(P::Given)),
    ("secondName", S::Part(P::Middle)),
    ("middleName", S::Part(P::Middle)),
    ("fatherName", S::Part(P::Patronymic)),
    ("motherName", S::Part(P::Matronymic)),
    ("lastName", S::Part(P::Family)),
    ("nameSuffix", S::Part(P::Suffix)),
    ("birthDate", S::Birth),
    ("incorporationDate", S::Birth),
    ("buildDate", S::Birth),
    ("deathDate", S::Death),
    ("dissolutionDate", S::Death),
    ("birthPlace", S::BirthPlace),
    ("birthCountry", S::BirthCountry),
    ("nationality", S::Nationality),
    ("citizenship", S::Nationality),
    ("jurisdiction", S::Nationality),
    ("flag", S::Nationality),
    ("country", S::Country),
    ("mainCountry", S::Country),
    ("pastFlags", S::Country),
    ("gender", S::Gender),
    ("position", S::Title),
    ("notes", S::Remark),
    ("description", S::Remark),
    ("summary", S::Remark),
    ("address", S::Address),
    ("idNumber", S::Identifier(I::NationalId)),
    ("passportNumber", S::Identifier(I::Passport)),
    ("socialSecurityNumber", S::Identifier(I::NationalId)),
    ("innCode", S::Identifier(I::Inn)),
    ("ogrnCode", S::Identifier(I::Ogrn)),
    ("leiCode", S::Identifier(I::Lei)),
    ("swiftBic", S::Identifier(I::Bic)),
    ("bikCode", S::Identifier(I::Other)),
    ("registrationNumber", S::Identifier(I::Registration)),
    ("taxNumber", S::Identifier(I::TaxNumber)),
    ("vatCode", S::Identifier(I::TaxNumber)),
    ("kppCode", S::Identifier(I::Other)),
    ("okpoCode", S::Identifier(I::Other)),
    ("uscCode", S::Identifier(I::Registration)),
    ("dunsCode", S::Identifier(I::Duns)),
    ("uniqueEntityId", S::Identifier(I::Other)),
    ("npiCode", S::Identifier(I::Other)),
    ("imoNumber", S::Identifier(I::Imo)),
    ("mmsi", S::Identifier(I::Mmsi)),
    ("callSign", S::Identifier(I::CallSign)),
    ("serialNumber", S::Identifier(I::AircraftSerial)),
    ("isin", S::Identifier(I::Isin)),
    ("isinCode", S::Identifier(I::Isin)),
    ("publicKey", S::Identifier(I::Wallet)),
    ("accountId", S::Identifier(I::Account)),
    ("iban", S::Identifier(I::Iban)),
    ("phone", S::Identifier(I::Phone)),
    ("email", S::Identifier(I::Email)),
    ("website", S::Identifier(I::Website)),
    ("programId", S::Programme),
    ("program", S::Programme),
    ("topics", S::Property),
    ("legalForm", S::Property),
    ("status", S::Property),
    ("type", S::Property),
    ("tonnage", S::Property),
    ("sourceUrl", S::Property),
];

/// The slot of a property and its name in static memory.
pub(super) fn slot(kind: Kind, property: &str) -> Option<(&'static str, Slot)> {
    let (name, slot) = PROPERTIES.iter().copied().find(|(name, _)| *name == property)?;
    // The mark on an aircraft's tail is its registration.
    let slot = match slot {
        S::Identifier(I::Registration) if kind == Kind::Aircraft => S::Identifier(I::TailNumber),
        S::Name(_)
        | S::Part(_)
        | S::Birth
        | S::Death
        | S::BirthPlace
        | S::BirthCountry
        | S::Nationality
        | S::Country
        | S::Gender
        | S::Title
        | S::Remark
        | S::Address
        | S::Identifier(_)
        | S::Programme
        | S::Property => slot,
    };
    Some((name, slot))
}

/// The property that a slot of the model is written to when the value came from elsewhere.
pub(super) fn default_property(kind: Kind, slot: Slot) -> &'static str {
    let person = matches!(kind, Kind::Person);
    match slot {
        S::Name(NameQuality::Primary) => "name",
        S::Name(NameQuality::Strong) => "alias",
        S::Name(NameQuality::Weak) => "weakAlias",
        S::Name(NameQuality::Former) => "previousName",
        S::Part(P::Given) => "firstName",
        S::Part(P::Middle) => "middleName",
        S::Part(P::Patronymic) => "fatherName",
        S::Part(P::Matronymic) => "motherName",
        S::Part(P::Family) => "lastName",
        S::Part(P::Suffix) => "nameSuffix",
        S::Part(P::Title) | S::Title if person => "title",
        S::Part(P::Title) | S::Title => "notes",
        S::Birth => match kind {
            Kind::Person | Kind::Unknown => "birthDate",
            Kind::Vessel | Kind::Aircraft => "buildDate",
            Kind::Organization | Kind::Wallet | Kind::Security => "incorporationDate",
        },
        S::Death if person => "deathDate",
        S::Death => "dissolutionDate",
        S::BirthPlace => "birthPlace",
        S::BirthCountry => "birthCountry",
        S::Nationality => match kind {
            Kind::Person => "nationality",
            Kind::Vessel => "flag",
            Kind::Organization => "jurisdiction",
            Kind::Aircraft | Kind::Wallet | Kind::Security | Kind::Unknown => "country",
        },
        S::Country => "country",
        S::Gender => "gender",
        S::Remark | S::Property => "notes",
        S::Address => "address",
        S::Identifier(id) => identifier_property(id),
        S::Programme => "programId",
    }
}

fn identifier_property(kind: IdentifierKind) -> &'static str {
    match kind {
        I::Passport => "passportNumber",
        I::NationalId | I::DrivingLicence | I::OtherDocument | I::Other => "idNumber",
        I::TaxNumber => "taxNumber",
        I::Inn => "innCode",
        I::Ogrn => "ogrnCode",
        I::Registration | I::TailNumber => "registrationNumber",
        I::Lei => "leiCode",
        I::Bic => "swiftBic",
        I::Iban => "iban",
        I::Account => "accountId",
        I::Isin => "isin",
        I::Imo => "imoNumber",
        I::Mmsi => "mmsi",
        I::CallSign => "callSign",
        I::AircraftSerial => "serialNumber",
        I::Wallet => "publicKey",
        I::Phone => "phone",
        I::Email => "email",
        I::Website => "website",
        I::Duns => "dunsCode",
    }
}
