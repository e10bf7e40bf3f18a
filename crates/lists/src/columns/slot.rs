//! Our fields, and the column names that mean them.

use std::collections::HashMap;
use std::sync::LazyLock;

use interdict_model::{IdentifierKind, NamePart, NameQuality};

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Slot {
    Id,
    Reference,
    Kind,
    Name(NameQuality),
    Part(NamePart),
    Born,
    Died,
    BirthPlace,
    BirthCountry,
    Gender,
    Nationality,
    Country,
    Address,
    Street,
    City,
    Region,
    PostalCode,
    Position,
    Identifier(IdentifierKind),
    AnyIdentifier,
    Currency,
    Programme,
    Basis,
    Authority,
    ListedOn,
    Remark,
    DateOrder,
    Ignored,
}

use IdentifierKind as I;
use NamePart as P;
use NameQuality as Q;
use Slot as S;

/// Our fields, each with the column names that mean it, in lower case without punctuation.
pub(super) const FIELDS: [(&str, Slot, &[&str]); 60] = [
    ("id", S::Id, &["recordid", "customerid", "entityid", "partyid", "clientid", "rowid", "uid"]),
    ("reference", S::Reference, &["ref", "referencenumber", "listreference"]),
    ("kind", S::Kind, &["type", "entitytype", "partytype", "subjecttype", "schema", "recordtype", "customertype"]),
    (
        "name",
        S::Name(Q::Primary),
        &[
            "fullname",
            "wholename",
            "entityname",
            "customername",
            "partyname",
            "clientname",
            "companyname",
            "legalname",
            "primaryname",
            "namefull",
            "primarynamefull",
            "primarynameorg",
            "vesselname",
            "shipname",
            "beneficiary",
        ],
    ),
    (
        "alias",
        S::Name(Q::Strong),
        &[
            "aliases",
            "aka",
            "alternatename",
            "alternativenames",
            "othernames",
            "othername",
            "alternatenames",
            "altnames",
            "tradingname",
            "nativename",
            "namenative",
            "nativenamefull",
            "secondarynameorg",
            "originalscript",
            "nameoriginalscript",
        ],
    ),
    ("weak_alias", S::Name(Q::Weak), &["weakaliases", "weakaka", "lowqualityalias", "nickname", "abbreviation"]),
    (
        "former_name",
        S::Name(Q::Former),
        &["formernames", "fka", "previousname", "previousnames", "maidenname", "exname"],
    ),
    (
        "first_name",
        S::Part(P::Given),
        &["firstname", "givenname", "givennames", "forename", "forenames", "namefirst", "primarynamefirst", "vorname"],
    ),
    (
        "middle_name",
        S::Part(P::Middle),
        &["middlename", "middlenames", "secondname", "namemiddle", "primarynamemiddle"],
    ),
    ("patronymic", S::Part(P::Patronymic), &["fathername", "fathersname"]),
    (
        "last_name",
        S::Part(P::Family),
        &["lastname", "surname", "familyname", "namelast", "primarynamelast", "nachname"],
    ),
    ("matronymic", S::Part(P::Matronymic), &["mothername", "secondsurname"]),
    ("name_title", S::Part(P::Title), &["honorific", "salutation", "prefix"]),
    ("suffix", S::Part(P::Suffix), &["namesuffix"]),
    (
        "born",
        S::Born,
        &[
            "dob",
            "dateofbirth",
            "birthdate",
            "birthday",
            "yearofbirth",
            "birthyear",
            "incorporated",
            "dateofincorporation",
            "incorporationdate",
            "founded",
            "built",
            "yearbuilt",
            "builddate",
        ],
    ),
    ("died", S::Died, &["dateofdeath", "deathdate", "dissolved", "dissolutiondate"]),
    ("birth_place", S::BirthPlace, &["placeofbirth", "birthplace", "pob", "townofbirth", "cityofbirth"]),
    ("birth_country", S::BirthCountry, &["countryofbirth", "birthcountry"]),
    ("gender", S::Gender, &["sex"]),
    (
        "nationality",
        S::Nationality,
        &[
            "nationalities",
            "citizenship",
            "citizenships",
            "flag",
            "countryofincorporation",
            "jurisdiction",
            "registrationcountry",
        ],
    ),
    ("country", S::Country, &["countries", "countrycode", "residence", "countryofresidence", "domicile"]),
    ("address", S::Address, &["addresses", "fulladdress", "addressline", "addrfull"]),
    ("street", S::Street, &["streetaddress", "addressline1", "addrline1", "address1"]),
    ("city", S::City, &["town", "addrcity"]),
    ("region", S::Region, &["state", "province", "stateprovince", "addrstate"]),
    ("postal_code", S::PostalCode, &["postalcode", "zip", "zipcode", "postcode", "addrpostalcode"]),
    ("position", S::Position, &["title", "occupation", "role", "function", "designation", "jobtitle"]),
    ("passport", S::Identifier(I::Passport), &["passportnumber", "passportno", "passports"]),
    (
        "national_id",
        S::Identifier(I::NationalId),
        &["nationalid", "nationalidnumber", "idnumber", "identitynumber", "idcard", "ssnnumber", "ssn"],
    ),
    (
        "driving_licence",
        S::Identifier(I::DrivingLicence),
        &["drivinglicence", "driverslicense", "driverslicensenumber", "licenceno"],
    ),
    ("document", S::Identifier(I::OtherDocument), &["documentnumber", "documentno", "iddocument"]),
    ("tax_number", S::Identifier(I::TaxNumber), &["taxid", "tin", "vat", "vatnumber", "taxno", "fiscalcode"]),
    ("inn", S::Identifier(I::Inn), &["inncode"]),
    ("ogrn", S::Identifier(I::Ogrn), &["ogrncode"]),
    (
        "registration",
        S::Identifier(I::Registration),
        &["registrationnumber", "registrationno", "companynumber", "regno", "registernumber"],
    ),
    ("lei", S::Identifier(I::Lei), &["leicode", "legalentityidentifier"]),
    ("bic", S::Identifier(I::Bic), &["swift", "swiftbic", "swiftcode", "biccode", "bicswift"]),
    ("iban", S::Identifier(I::Iban), &["ibannumber"]),
    ("account", S::Identifier(I::Account), &["accountnumber", "accountno", "bankaccount"]),
    ("isin", S::Identifier(I::Isin), &["isincode", "isins"]),
    ("imo", S::Identifier(I::Imo), &["imonumber", "imono", "vesselimo"]),
    ("mmsi", S::Identifier(I::Mmsi), &["mmsinumber"]),
    ("call_sign", S::Identifier(I::CallSign), &["callsign"]),
    ("tail_number", S::Identifier(I::TailNumber), &["tailnumber", "aircraftregistration", "tailno"]),
    ("aircraft_serial", S::Identifier(I::AircraftSerial), &["serialnumber", "msn"]),
    ("wallet", S::Identifier(I::Wallet), &["walletaddress", "cryptowallet", "cryptoaddress", "publickey", "wallets"]),
    ("phone", S::Identifier(I::Phone), &["phones", "phonenumber", "telephone", "mobile"]),
    ("email", S::Identifier(I::Email), &["emails", "emailaddress", "mail"]),
    ("website", S::Identifier(I::Website), &["websites", "url", "web"]),
    ("duns", S::Identifier(I::Duns), &["dunsnumber", "dunscode"]),
    ("identifier", S::AnyIdentifier, &["identifiers", "number", "numbers", "ids"]),
    ("currency", S::Currency, &["walletcurrency"]),
    ("programme", S::Programme, &["program", "programs", "programmes", "regime", "sanctions", "list"]),
    ("basis", S::Basis, &["legalbasis", "reason"]),
    ("authority", S::Authority, &["issuer"]),
    ("listed_on", S::ListedOn, &["listedon", "listingdate", "dateoflisting", "datelisted", "datedesignated"]),
    ("remark", S::Remark, &["remarks", "note", "notes", "comment", "comments", "otherinformation", "description"]),
    ("date_order", S::DateOrder, &[]),
    ("ignored", S::Ignored, &["firstseen", "lastseen", "lastchange"]),
    ("caption", S::Name(Q::Primary), &[]),
];

/// What each name means, without underlines. At hand, because objects of a batch name their columns a row.
static MEANINGS: LazyLock<HashMap<String, Slot>> = LazyLock::new(|| {
    let mut meanings = HashMap::new();
    for (name, slot, others) in FIELDS {
        let plain = name.replace('_', "");
        for name in std::iter::once(plain.as_str()).chain(others.iter().copied()) {
            // The first field that has a name has it.
            meanings.entry(name.to_owned()).or_insert(slot);
        }
    }
    meanings
});

/// What a column's name means, if anything.
pub(super) fn slot_of(header: &str) -> Option<Slot> {
    if header.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return MEANINGS.get(header).copied();
    }
    let plain: String = header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    MEANINGS.get(&plain).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_the_table_says() {
        let before = |plain: &str| {
            let same = |name: &str| name.bytes().filter(|b| *b != b'_').eq(plain.bytes());
            FIELDS.iter().find(|(name, _, others)| same(name) || others.contains(&plain)).map(|(_, slot, _)| *slot)
        };
        for (name, _, others) in FIELDS {
            for name in others.iter().copied().chain([name]) {
                let plain = name.replace('_', "");
                assert!(before(&plain).is_some(), "{name}");
                for written in [name.to_owned(), plain.clone(), name.to_uppercase(), format!(" {name}-")] {
                    assert_eq!(slot_of(&written), before(&plain), "{written}");
                }
            }
        }
        assert_eq!([slot_of(""), slot_of("_"), slot_of("segment"), slot_of("namé")], [None; 4]);
    }
}
