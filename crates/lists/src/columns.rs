//! Reads parties and internal lists from tables and JSON: columns found by name, or mapped.
//!
//! Promises: a column that says nothing to us is kept as a property; a date, country or kind that
//! is not understood is kept as text; `03/04/1965` gives the year alone unless the mapping says
//! which number is the day; a row with neither name nor identifier is an error, never a party.
//!
//! Not here: reading files row by row (`formats::own`), publishers' layouts.

use std::collections::BTreeMap;

use interdict_model::{
    Country, Designation, Entity, Gender, Identifier, IdentifierKind, Kind, Link, Name, NamePart, NameQuality,
    PartialDate, Sourced, ftm,
};
use serde_json::{Map, Value};

use crate::dates::{Order, day, partial};
use crate::parts::{self, AddressParts};
use crate::read::Mapping;

/// The longest field read. The longest real name of a list has 400 characters, the longest remark
/// about 12,000; a longer field is a broken file or an attack.
const LONGEST_FIELD_CHARS: usize = 50_000;

/// The longest name read, for the same reason.
const LONGEST_NAME_CHARS: usize = 2_000;

/// A row or object: whom it is about, and what an internal list says beside.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Party {
    /// The user's own number for it.
    pub id: Option<String>,
    /// The reference people quote.
    pub reference: Option<String>,
    /// Whom it is about.
    pub entity: Entity,
    /// Programme, basis, dates, if the row has any.
    pub designations: Vec<Sourced<Designation>>,
    /// Links to other parties, if it has any.
    pub links: Vec<Sourced<Link>>,
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Slot {
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
const FIELDS: [(&str, Slot, &[&str]); 60] = [
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
        &["firstname", "givenname", "givennames", "forename", "forenames", "namefirst", "vorname"],
    ),
    ("middle_name", S::Part(P::Middle), &["middlename", "middlenames", "secondname", "namemiddle"]),
    ("patronymic", S::Part(P::Patronymic), &["fathername", "fathersname"]),
    ("last_name", S::Part(P::Family), &["lastname", "surname", "familyname", "namelast", "nachname"]),
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

/// The columns of a table, understood once for all its rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Columns {
    slots: Vec<(String, Option<Slot>)>,
    constants: Vec<(String, Slot, String)>,
    order: Option<bool>,
}

impl Columns {
    /// Finds what each column means: by the mapping (our field → column, or `=value` for all
    /// rows; `date_order` is `=dmy` or `=mdy`), else by its name.
    ///
    /// # Errors
    /// If the mapping names a field or column that does not exist, or no column holds a name or identifier.
    pub fn new(headers: &[impl AsRef<str>], mapping: &Mapping) -> Result<Self, String> {
        let headers: Vec<String> =
            headers.iter().map(|h| h.as_ref().trim_matches(['\u{feff}', '"', ' ']).to_owned()).collect();
        let mut slots: Vec<(String, Option<Slot>)> = headers.iter().map(|h| (h.clone(), slot_of(h))).collect();
        let mut constants = Vec::new();
        let mut order = None;
        for (field, column) in &mapping.0 {
            let Some((_, slot, _)) = FIELDS.iter().find(|(name, ..)| *name == field.as_str()) else {
                let known: Vec<&str> = FIELDS.iter().map(|(name, ..)| *name).collect();
                return Err(format!("the mapping names an unknown field `{field}`; fields are {}", known.join(", ")));
            };
            if *slot == S::DateOrder {
                order = match column.trim_start_matches('=') {
                    "dmy" => Some(true),
                    "mdy" => Some(false),
                    other => return Err(format!("date_order is `dmy` or `mdy`, not `{other}`")),
                };
            } else if let Some(value) = column.strip_prefix('=') {
                constants.push((field.clone(), *slot, value.to_owned()));
            } else if let Some(at) = headers.iter().position(|h| h.eq_ignore_ascii_case(column)) {
                // A field that is mapped is no longer found by name in other columns.
                for (i, (_, found)) in slots.iter_mut().enumerate() {
                    if *found == Some(*slot)
                        && i != at
                        && !mapping.0.values().any(|c| c.eq_ignore_ascii_case(&headers[i]))
                    {
                        *found = None;
                    }
                }
                slots[at].1 = Some(*slot);
            } else {
                return Err(format!("no column `{column}` (mapped to `{field}`) among `{}`", headers.join(", ")));
            }
        }
        let names =
            |slot: &Option<Slot>| matches!(slot, Some(S::Name(_) | S::Part(_) | S::Identifier(_) | S::AnyIdentifier));
        if !slots.iter().any(|(_, slot)| names(slot)) {
            return Err(format!("no column holds a name or an identifier: `{}`", headers.join(", ")));
        }
        Ok(Self { slots, constants, order })
    }

    /// Reads one row.
    ///
    /// # Errors
    /// If it has more fields than there are columns, a field beyond all measure, or neither name nor identifier.
    pub fn read(&self, row: &[impl AsRef<str>]) -> Result<Party, String> {
        if row.len() > self.slots.len() && row[self.slots.len()..].iter().any(|cell| !cell.as_ref().trim().is_empty()) {
            return Err(format!("{} fields, but the header has {} columns", row.len(), self.slots.len()));
        }
        let cells = self.slots.iter().zip(row);
        let cells = cells.map(|((header, slot), cell)| (header.as_str(), *slot, vec![cell.as_ref().to_owned()]));
        self.party(cells)
    }

    fn party<'c>(&'c self, cells: impl Iterator<Item = (&'c str, Option<Slot>, Vec<String>)>) -> Result<Party, String> {
        let mut page = Page { order: self.order, ..Page::default() };
        let constants =
            self.constants.iter().map(|(field, slot, value)| (field.as_str(), Some(*slot), vec![value.clone()]));
        for (header, slot, values) in cells.chain(constants) {
            for value in &values {
                page.put(header, slot, value, values.len() == 1)?;
            }
        }
        page.finish()
    }
}

/// Reads one row of a table as a party; [`Columns`] does the same for many rows.
///
/// # Errors
/// As [`Columns::new`] and [`Columns::read`].
pub fn entity_of_row(
    headers: &[impl AsRef<str>],
    row: &[impl AsRef<str>],
    mapping: &Mapping,
) -> Result<Entity, String> {
    Ok(Columns::new(headers, mapping)?.read(row)?.entity)
}

/// Reads one JSON object as a party: see [`party_of_json`].
///
/// # Errors
/// As [`party_of_json`].
pub fn entity_of_json(value: &Value, mapping: &Mapping) -> Result<Entity, String> {
    Ok(party_of_json(value, mapping)?.entity)
}

/// Reads one JSON object: FollowTheMoney (`schema` and `properties`), our own model (`names` as
/// objects with `value`, or a listing's `entity`), or a flat object whose keys are columns.
///
/// # Errors
/// If it is none of these, or has neither name nor identifier.
pub fn party_of_json(value: &Value, mapping: &Mapping) -> Result<Party, String> {
    let Value::Object(object) = value else { return Err("not a JSON object".to_owned()) };
    let party = if object.contains_key("schema") && object.contains_key("properties") {
        of_ftm(value)?
    } else if object.get("entity").is_some_and(Value::is_object) {
        of_model(object)?
    } else if is_model(object) {
        let entity = serde_json::from_value(value.clone()).map_err(|e| format!("not our model: {e}"))?;
        Party { entity, ..Party::default() }
    } else {
        return of_flat(object, mapping);
    };
    if party.entity.names.is_empty() && party.entity.identifiers.is_empty() {
        return Err("neither a name nor an identifier".to_owned());
    }
    Ok(party)
}

fn is_model(object: &Map<String, Value>) -> bool {
    let sourced = |key: &str| matches!(object.get(key), Some(Value::Array(values)) if values.iter().all(|v| v.get("value").is_some()) && !values.is_empty());
    sourced("names") || sourced("identifiers")
}

fn of_ftm(value: &Value) -> Result<Party, String> {
    let found = ftm::read(value)?;
    if found.kind().is_none() {
        return Err(format!("schema `{}` is nobody that can be listed or screened", found.schema));
    }
    let mut entity = found.entity;
    for (property, rest) in &found.rest {
        for text in rest.as_array().map_or(std::slice::from_ref(rest), Vec::as_slice).iter().filter_map(Value::as_str) {
            parts::property(&mut entity, property, text, property.clone());
        }
    }
    Ok(Party { id: found.id, reference: None, entity, designations: found.designations, links: found.links })
}

fn of_model(object: &Map<String, Value>) -> Result<Party, String> {
    let text = |key: &str| object.get(key).and_then(Value::as_str).map(str::to_owned);
    let part = |key: &str| object.get(key).cloned().unwrap_or_else(|| Value::Array(Vec::new()));
    let wrong = |e: serde_json::Error| format!("not our model: {e}");
    Ok(Party {
        id: text("record").or_else(|| text("id")),
        reference: text("reference"),
        entity: serde_json::from_value(part("entity")).map_err(wrong)?,
        designations: serde_json::from_value(part("designations")).map_err(wrong)?,
        links: serde_json::from_value(part("links")).map_err(wrong)?,
    })
}

fn of_flat(object: &Map<String, Value>, mapping: &Mapping) -> Result<Party, String> {
    let headers: Vec<&str> = object.keys().map(String::as_str).collect();
    // One object may lack keys that others have: a mapping to an absent key says nothing here.
    let here = |column: &String| column.starts_with('=') || headers.iter().any(|h| h.eq_ignore_ascii_case(column));
    let mapping = Mapping(
        mapping.0.iter().filter(|(_, c)| here(c)).map(|(f, c)| (f.clone(), c.clone())).collect::<BTreeMap<_, _>>(),
    );
    let columns = Columns::new(&headers, &mapping)?;
    let mut cells = Vec::new();
    for ((header, slot), value) in columns.slots.iter().zip(object.values()) {
        let values = texts(value).map_err(|reason| format!("`{header}`: {reason}"))?;
        cells.push((header.as_str(), *slot, values));
    }
    columns.party(cells.into_iter())
}

fn texts(value: &Value) -> Result<Vec<String>, String> {
    Ok(match value {
        Value::Null => Vec::new(),
        Value::Bool(b) => vec![b.to_string()],
        Value::Number(n) => vec![n.to_string()],
        Value::String(text) => vec![text.clone()],
        Value::Array(values) => {
            let mut all = Vec::new();
            for value in values {
                all.extend(texts(value)?);
            }
            all
        }
        Value::Object(object) => match object.get("name").or_else(|| object.get("value")) {
            Some(Value::String(text)) => vec![text.clone()],
            Some(_) | None => return Err("an object where a text is expected".to_owned()),
        },
    })
}

fn slot_of(header: &str) -> Option<Slot> {
    let plain: String = header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let same = |name: &str| name.bytes().filter(|b| *b != b'_').eq(plain.bytes());
    FIELDS.iter().find(|(name, _, others)| same(name) || others.contains(&plain.as_str())).map(|(_, slot, _)| *slot)
}

#[derive(Default)]
struct Page {
    party: Party,
    order: Option<bool>,
    parts: Vec<(NamePart, String, String)>,
    address: BTreeMap<&'static str, String>,
    address_field: String,
    act: Designation,
    act_field: Option<String>,
    birth_country: Option<(String, String)>,
    currency: Option<String>,
}

impl Page {
    fn put(&mut self, header: &str, slot: Option<Slot>, text: &str, split: bool) -> Result<(), String> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(());
        }
        let chars = text.chars().count();
        let longest =
            if matches!(slot, Some(S::Name(_) | S::Part(_))) { LONGEST_NAME_CHARS } else { LONGEST_FIELD_CHARS };
        // Several names in one field are each held to the limit below.
        if chars > LONGEST_FIELD_CHARS
            || (chars > longest && !matches!(slot, Some(S::Name(Q::Strong | Q::Weak | Q::Former))))
        {
            return Err(format!("`{header}` has {chars} characters, more than {longest}"));
        }
        let field = header.to_owned();
        let pieces = |split: bool| -> Vec<&str> {
            let parts: Vec<&str> = if split { text.split([';', '|']).map(str::trim).collect() } else { vec![text] };
            parts.into_iter().filter(|part| !part.is_empty()).collect()
        };
        let entity = &mut self.party.entity;
        let Some(slot) = slot else {
            parts::property(entity, header, text, field);
            return Ok(());
        };
        match slot {
            S::Id => self.party.id = Some(text.to_owned()),
            S::Reference => self.party.reference = Some(text.to_owned()),
            S::Kind => match Kind::parse(text) {
                Some(kind) => entity.kind = kind,
                None => parts::property(entity, header, text, field),
            },
            S::Name(Q::Primary) => parts::name(entity, Name::new(text, Q::Primary), field),
            S::Name(quality) => {
                for piece in pieces(split) {
                    if piece.chars().count() > LONGEST_NAME_CHARS {
                        return Err(format!("`{header}` holds a name of more than {LONGEST_NAME_CHARS} characters"));
                    }
                    if !parts::is_nothing(piece) {
                        parts::name(entity, Name::new(piece, quality), field.clone());
                    }
                }
            }
            S::Part(part) => {
                if !parts::is_nothing(text) {
                    self.parts.push((part, text.to_owned(), field));
                }
            }
            S::Born | S::Died => {
                for piece in pieces(split) {
                    match date(piece, self.order) {
                        Some(date) if slot == S::Born => parts::birth_date(entity, date, field.clone()),
                        Some(date) => entity.deaths.push(Sourced::new(date, field.clone())),
                        None => parts::property(entity, "date not understood", piece, field.clone()),
                    }
                }
            }
            S::BirthPlace => parts::birth_place(entity, text, "", field),
            S::BirthCountry => self.birth_country = Some((text.to_owned(), field)),
            S::Gender => match Gender::parse(text) {
                Some(gender) => entity.genders.push(Sourced::new(gender, field)),
                None => parts::property(entity, header, text, field),
            },
            S::Nationality => {
                parts::country_list(text).iter().for_each(|one| parts::nationality(entity, one, field.clone()))
            }
            S::Country => {
                parts::country_list(text).iter().for_each(|one| parts::other_country(entity, one, field.clone()))
            }
            S::Address => {
                for piece in pieces(split) {
                    parts::address(entity, AddressParts { street: piece, ..AddressParts::default() }, field.clone());
                }
            }
            S::Street => self.address_part("street", text, field),
            S::City => self.address_part("city", text, field),
            S::Region => self.address_part("region", text, field),
            S::PostalCode => self.address_part("postal code", text, field),
            S::Position => parts::title(entity, text, field),
            S::Identifier(kind) => {
                for piece in pieces(split) {
                    parts::identifier(entity, kind, piece, header, "", field.clone());
                }
            }
            S::AnyIdentifier => {
                for piece in pieces(split) {
                    let kinds = Identifier::guess(piece);
                    let kind = match kinds.as_slice() {
                        [kind] => *kind,
                        [first, ..] if !matches!(first, I::Passport | I::NationalId | I::Mmsi) => *first,
                        _ => I::Other,
                    };
                    parts::identifier(entity, kind, piece, header, "", field.clone());
                }
            }
            S::Currency => self.currency = Some(text.to_owned()),
            S::Programme => (self.act.programme, self.act_field) = (text.to_owned(), Some(field)),
            S::Basis => (self.act.basis, self.act_field) = (Some(text.to_owned()), Some(field)),
            S::Authority => (self.act.authority, self.act_field) = (Some(text.to_owned()), Some(field)),
            S::ListedOn => match day(text, Order::DayFirst) {
                Some(date) => (self.act.listed_on, self.act_field) = (Some(date), Some(field)),
                None => parts::property(entity, "date not understood", text, field),
            },
            S::Remark => parts::remark(entity, text, field),
            S::DateOrder => parts::property(entity, header, text, field),
            // Book-keeping of exports about themselves.
            S::Ignored => {}
        }
        Ok(())
    }

    fn address_part(&mut self, part: &'static str, text: &str, field: String) {
        self.address.insert(part, text.to_owned());
        if self.address_field.is_empty() {
            self.address_field = field;
        }
    }

    fn finish(mut self) -> Result<Party, String> {
        let entity = &mut self.party.entity;
        // Natural order of writing a name, whatever the order of the columns.
        let rank = |part: NamePart| match part {
            P::Title => 0,
            P::Given => 1,
            P::Middle => 2,
            P::Patronymic => 3,
            P::Family => 4,
            P::Matronymic => 5,
            P::Suffix => 6,
        };
        self.parts.sort_by_key(|(part, ..)| rank(*part));
        if !self.parts.is_empty() {
            let fields: Vec<&str> = self.parts.iter().map(|(_, _, field)| field.as_str()).collect();
            let field = fields.join(" ");
            let parts: Vec<(NamePart, String)> =
                self.parts.iter().map(|(part, text, _)| (*part, text.clone())).collect();
            if let Some(primary) = entity.names.iter_mut().find(|n| n.value.quality == Q::Primary) {
                primary.value.parts = parts;
            } else {
                let full =
                    parts.iter().filter(|(p, _)| *p != P::Title).map(|(_, t)| t.as_str()).collect::<Vec<_>>().join(" ");
                entity.names.insert(0, Sourced::new(Name { parts, ..Name::new(full, Q::Primary) }, field));
            }
        }
        if entity.kind == Kind::Unknown && (!self.parts.is_empty() || !entity.genders.is_empty()) {
            entity.kind = Kind::Person;
        }
        for id in &mut entity.identifiers {
            id.value = id.value.clone().checked_for(entity.kind);
            if let (I::Wallet, Some(currency)) = (id.value.kind, &self.currency) {
                id.value.label = Some(currency.clone());
            }
        }
        if let Some((text, field)) = self.birth_country {
            match entity.birth_places.first_mut() {
                Some(place) => place.value.country = Country::parse(&text).or(place.value.country),
                None => parts::birth_place(entity, &text, &text, field),
            }
        }
        if !self.address.is_empty() {
            let get = |part: &str| self.address.get(part).map_or("", String::as_str);
            let address = AddressParts {
                street: get("street"),
                city: get("city"),
                region: get("region"),
                postal_code: get("postal code"),
                ..AddressParts::default()
            };
            parts::address(entity, address, self.address_field);
        }
        if let Some(field) = self.act_field {
            self.party.designations.push(Sourced::new(self.act, field));
        }
        if self.party.entity.names.is_empty() && self.party.entity.identifiers.is_empty() {
            return Err("neither a name nor an identifier".to_owned());
        }
        Ok(self.party)
    }
}

// A date whose day and month may be exchanged gives the year: which is which would be a guess.
fn date(text: &str, day_first: Option<bool>) -> Option<PartialDate> {
    let read = |first: bool| partial(text, if first { Order::DayFirst } else { Order::MonthFirst });
    match day_first {
        Some(first) => read(first),
        None => match (read(true), read(false)) {
            (Some(a), Some(b)) if a == b => Some(a),
            (Some(a), Some(b)) if a.earliest().year() == b.earliest().year() => PartialDate::year(a.earliest().year()),
            (Some(_), Some(_)) => None,
            (one, other) => one.or(other),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn mapping(pairs: &[(&str, &str)]) -> Mapping {
        Mapping(pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect())
    }

    #[test]
    fn finds_columns_by_name() {
        let headers =
            ["Customer ID", "Full_Name", "First Name", "last_name", "AKA", "DOB", "Nationality", "LEI", "Segment"];
        let row = [
            "17",
            "Anna Maria EXAMPLE",
            "Anna Maria",
            "EXAMPLE",
            "Ania; A. Example",
            "13/02/1970",
            "Korea, North; fr",
            "",
            "retail",
        ];
        let party = Columns::new(&headers, &Mapping::default()).unwrap().read(&row).unwrap();
        assert_eq!(party.id.as_deref(), Some("17"));
        let e = party.entity;
        assert_eq!((e.kind, e.names.len(), e.caption()), (Kind::Person, 3, "Anna Maria EXAMPLE"));
        assert_eq!(e.names[0].value.part(NamePart::Family), Some("EXAMPLE"));
        assert_eq!(e.births[0].value.to_string(), "1970-02-13");
        assert_eq!(e.births[0].field, "DOB");
        assert_eq!(e.nationalities.iter().map(|c| c.value.code()).collect::<Vec<_>>(), ["kp", "fr"]);
        assert_eq!(e.properties[0].value, ("Segment".to_owned(), "retail".to_owned()));
    }

    #[test]
    fn maps_columns() {
        let headers = ["Kunde", "Geb", "Art", "name"];
        let map = mapping(&[("name", "Kunde"), ("born", "geb"), ("kind", "=person"), ("date_order", "=dmy")]);
        let e = entity_of_row(&headers, &["Anna Example", "03/04/1965", "x", "not this"], &map).unwrap();
        assert_eq!((e.kind, e.names.len()), (Kind::Person, 1));
        assert_eq!(e.births[0].value.to_string(), "1965-04-03");
        for (map, reason) in [
            (mapping(&[("nome", "Kunde")]), "unknown field `nome`"),
            (mapping(&[("name", "Kunden")]), "no column `Kunden`"),
            (mapping(&[("date_order", "=ymd")]), "`dmy` or `mdy`"),
        ] {
            assert!(Columns::new(&headers, &map).unwrap_err().contains(reason), "{reason}");
        }
    }

    #[test]
    fn keeps_what_it_does_not_understand() {
        let headers = ["name", "born", "country", "type", "identifier"];
        let e = entity_of_row(&headers, &["Anna", "03/04/1965", "Atlantis", "retail", "9074729"], &Mapping::default())
            .unwrap();
        assert_eq!(e.births[0].value.to_string(), "1965");
        assert_eq!(e.unread_countries[0].value, "Atlantis");
        assert_eq!(e.kind, Kind::Unknown);
        assert_eq!(e.identifiers[0].value.kind, I::Imo);
    }

    #[test]
    fn says_what_is_wrong_with_a_row() {
        let columns = Columns::new(&["name", "born"], &Mapping::default()).unwrap();
        for (row, reason) in [
            (vec!["".to_owned(), "1970".to_owned()], "neither a name nor an identifier"),
            (vec!["a".to_owned(), String::new(), "x".to_owned()], "3 fields, but the header has 2 columns"),
            (vec!["x".repeat(100_000)], "`name` has 100000 characters, more than 2000"),
        ] {
            assert_eq!(columns.read(&row).unwrap_err(), reason);
        }
        assert!(Columns::new(&["a", "b"], &Mapping::default()).is_err());
    }

    #[test]
    fn reads_json_in_three_forms() {
        for value in [
            json!({"name": "RED STAR", "kind": "vessel", "imo": 9074729, "flag": ["kp"]}),
            json!({"schema": "Vessel", "properties": {"name": ["RED STAR"], "imoNumber": ["9074729"], "flag": ["kp"]}}),
            json!({"kind": "vessel", "names": [{"value": {"full": "RED STAR"}, "field": "name"}], "nationalities": [{"value": "kp", "field": "flag"}],
                   "identifiers": [{"value": {"kind": "imo", "value": "9074729", "key": "9074729"}, "field": "imo"}]}),
        ] {
            let e = entity_of_json(&value, &Mapping::default()).unwrap();
            assert_eq!((e.kind, e.caption()), (Kind::Vessel, "RED STAR"), "{value}");
            assert_eq!(e.identifiers[0].value.key, "9074729");
            assert_eq!(e.nationalities[0].value.code(), "kp");
        }
        for value in [
            json!(3),
            json!({}),
            json!({"born": "1970"}),
            json!({"schema": "Address", "properties": {}}),
            json!({"name": {"x": 1}}),
        ] {
            assert!(entity_of_json(&value, &Mapping::default()).is_err(), "{value}");
        }
    }
}
