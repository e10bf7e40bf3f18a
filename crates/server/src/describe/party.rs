//! The forms of a party: a flat object, our own model, a listing, FollowTheMoney.
//!
//! Not here: reading them (`lists`), the model itself (`model`).

use interdict_model::{Country, IdentifierKind as I, Kind};
use serde_json::{Map, Value, json};

use super::Notes;

/// The longest name (`lists`).
const LONGEST_NAME: usize = 2_000;

/// Something that can be compared: a letter or a digit of the common scripts. Not every reader of patterns knows `\\p{L}`.
const SOMETHING: &str = "[0-9A-Za-z\\u00c0-\\u00d6\\u00d8-\\u00f6\\u00f8-\\u1fff\\u3041-\\ud7a3]";

/// A date as the model writes it: a year, month or day, about it, or from one to another.
const PARTIAL: &str =
    "^(~?(1[89]|20|21)[0-9]{2}(-(0[1-9]|1[0-2])(-(0[1-9]|1[0-9]|2[0-8]))?)?|(18[0-9]{2}|19[0-9]{2})/(20|21)[0-9]{2})$";

/// Fields of a flat party besides its names and numbers, with an example; the README of parties has more, and other
/// columns are kept as they are.
const FIELDS: [(&str, &str); 14] = [
    ("id", "C-1001"),
    ("kind", "person"),
    ("born", "1984-01-08"),
    ("died", "2011-12-17"),
    ("birth_place", "Pyongyang"),
    ("gender", "male"),
    ("nationality", "kp"),
    ("country", "kp"),
    ("address", "1 Sample Street, Sampleton"),
    ("street", "1 Sample Street"),
    ("city", "Sampleton"),
    ("position", "director"),
    ("currency", "XBT"),
    ("remark", "from the old register"),
];

/// Fields that name somebody.
const NAMES: [(&str, &str); 8] = [
    ("name", "Kim Jong Un"),
    ("alias", "Kim Jŏng-ŭn"),
    ("weak_alias", "the Marshal"),
    ("former_name", "Sample Trading"),
    ("first_name", "Jong Un"),
    ("middle_name", "Sample"),
    ("patronymic", "Ivanovich"),
    ("last_name", "Kim"),
];

/// Fields that number somebody: one is enough, whatever the name.
const NUMBERS: [(&str, &str); 14] = [
    ("passport", "PS472310104"),
    ("national_id", "8401081234"),
    ("tax_number", "123456789"),
    ("inn", "7707083893"),
    ("ogrn", "1027700132195"),
    ("registration", "HRB 12345"),
    ("lei", "7LTWFZYICNSX8D621K86"),
    ("bic", "DEUTDEFF"),
    ("iban", "DE89370400440532013000"),
    ("isin", "US0378331005"),
    ("imo", "8133530"),
    ("mmsi", "273310000"),
    ("wallet", "12QtD5BFwRsdNsAZY76UVE1xyCGNTojH9h"),
    ("identifier", "9074729"),
];

/// Schemes of identifiers in our own model.
const SCHEMES: [I; 24] = [
    I::Passport,
    I::NationalId,
    I::DrivingLicence,
    I::OtherDocument,
    I::TaxNumber,
    I::Inn,
    I::Ogrn,
    I::Registration,
    I::Lei,
    I::Bic,
    I::Iban,
    I::Account,
    I::Isin,
    I::Imo,
    I::Mmsi,
    I::CallSign,
    I::TailNumber,
    I::AircraftSerial,
    I::Wallet,
    I::Phone,
    I::Email,
    I::Website,
    I::Duns,
    I::Other,
];

/// One value of a field or several; numbers and yes or no are read as their texts.
fn values() -> Value {
    json!({"anyOf": [
        {"type": ["string", "number", "boolean", "null"]},
        {"type": "array", "maxItems": 100, "items": {"type": ["string", "number", "boolean", "null"]}},
    ]})
}

fn told() -> Value {
    json!({"type": "string", "minLength": 1, "maxLength": LONGEST_NAME, "pattern": SOMETHING})
}

/// A text or several.
fn some_told(example: &str) -> Value {
    json!({"anyOf": [told(), {"type": "array", "minItems": 1, "maxItems": 20, "items": told()}], "examples": [example]})
}

fn flat(required: Value) -> Value {
    let mut properties = Map::new();
    for (name, example) in FIELDS {
        properties.insert(name.to_owned(), json!({"$ref": "#/components/schemas/Values", "examples": [example]}));
    }
    for (name, example) in NAMES.iter().chain(&NUMBERS) {
        properties.insert((*name).to_owned(), some_told(example));
    }
    let mut schema = json!({"type": "object", "properties": properties, "maxProperties": 2_000,
        "additionalProperties": {"$ref": "#/components/schemas/Values"}});
    if let (Some(schema), Value::Object(required)) = (schema.as_object_mut(), required) {
        schema.extend(required);
    }
    schema
}

/// A value with the field it was read from.
fn sourced(value: Value) -> Value {
    json!({"type": "array", "items": {"type": "object", "required": ["value", "field"],
        "properties": {"value": value, "field": {"type": "string"}}}})
}

/// Some of a sourced value, at least one.
fn some(value: Value) -> Value {
    let mut of = sourced(value);
    of["minItems"] = json!(1);
    of
}

fn model(required: &str) -> Value {
    let text = json!({"type": "string"});
    let maybe = json!({"type": ["string", "null"]});
    let kinds = Kind::ALL.map(Kind::word);
    let schemes = SCHEMES.map(|scheme| json!(scheme));
    let countries: Vec<String> = Country::all().map(|country| country.code().to_owned()).collect();
    let country = json!({"type": "string", "enum": countries});
    let maybe_country = json!({"anyOf": [{"type": "null"}, country]});
    let date = json!({"type": "string", "pattern": PARTIAL});
    let place = json!({"type": "object", "required": ["text"], "properties": {"text": text, "country": maybe_country}});
    let part = json!(["given", "middle", "patronymic", "family", "matronymic", "title", "suffix"]);
    let name = json!({"type": "object", "required": ["full"], "properties": {
        "full": told(),
        "parts": {"type": "array", "items": {"type": "array", "minItems": 2, "maxItems": 2,
            "prefixItems": [{"type": "string", "enum": part}, text], "items": {"type": "string"}}},
        "quality": {"type": "string", "enum": ["primary", "strong", "weak", "former"]},
        "label": maybe,
        "language": maybe,
    }});
    let identifier = json!({"type": "object", "required": ["kind", "value", "key"], "properties": {
        "kind": {"type": "string", "enum": schemes}, "value": told(), "key": told(),
        "country": maybe_country, "label": maybe, "check": {"type": "string", "enum": ["none", "passed", "failed"]}}});
    let address = json!({"type": "object", "required": ["full"], "properties": {"full": text, "street": maybe, "city": maybe,
        "region": maybe, "postal_code": maybe, "country": maybe_country, "note": maybe}});
    let pair = json!({"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [text, text], "items": {"type": "string"}});
    let names = if required == "names" { some(name) } else { sourced(name) };
    let identifiers = if required == "identifiers" { some(identifier) } else { sourced(identifier) };
    json!({"type": "object", "required": [required], "additionalProperties": false, "properties": {
        "kind": {"type": "string", "enum": kinds},
        "names": names,
        "births": sourced(date.clone()),
        "deaths": sourced(date),
        "birth_places": sourced(place),
        "nationalities": sourced(country.clone()),
        "countries": sourced(country),
        "unread_countries": sourced(text.clone()),
        "identifiers": identifiers,
        "addresses": sourced(address),
        "genders": sourced(json!({"type": "string", "enum": ["female", "male", "other"]})),
        "titles": sourced(text.clone()),
        "properties": sourced(pair),
        "remarks": sourced(text),
    }})
}

pub(super) fn add(notes: &mut Notes) {
    notes.component("Values", values());
    let named = "A flat object as a row of a file, by the names of columns, in any case: somebody with a name.";
    let mut by_name = flat(json!({"required": ["name"]}));
    by_name["description"] = json!(named);
    notes.component("NamedParty", by_name);
    let one = |(name, example): &(&str, &str)| json!({"required": [name], "properties": {*name: some_told(example)}});
    let any: Vec<Value> = NUMBERS.iter().map(one).collect();
    let mut by_number = flat(json!({"anyOf": any}));
    by_number["description"] = json!("A flat object without a name, of which a number is known.");
    notes.component("NumberedParty", by_number);
    let by_name = model("names");
    let by_number = model("identifiers");
    let own = json!({"description": "Our own model, as answers show parties; every value with the field it came from.", "anyOf": [by_name, by_number]});
    notes.component("ModelParty", own);
    notes.component(
        "ListingParty",
        json!({"description": "A listing as answers show it; its subject is the party.", "type": "object", "required": ["entity"],
            "properties": {"entity": {"$ref": "#/components/schemas/ModelParty"}, "record": {"type": "string"},
                "id": {"type": "string"}, "reference": {"type": "string"}}, "additionalProperties": false}),
    );
    let texts = json!({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]});
    let schemas = ["Person", "Organization", "Company", "PublicBody", "LegalEntity", "Vessel", "Airplane"];
    notes.component(
        "FtmParty",
        json!({"description": "FollowTheMoney.", "type": "object", "required": ["schema", "properties"],
            "properties": {
                "id": {"type": "string"},
                "schema": {"type": "string", "enum": schemas},
                "caption": {"type": "string"},
                "properties": {"type": "object", "required": ["name"], "additionalProperties": texts,
                    "properties": {"name": {"anyOf": [told(), {"type": "array", "minItems": 1, "items": told()}]},
                        "alias": texts, "birthDate": texts, "nationality": texts, "country": texts, "passportNumber": texts,
                        "imoNumber": texts, "leiCode": texts, "address": texts}}}}),
    );
    let of = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let forms = ["NamedParty", "NumberedParty", "ModelParty", "ListingParty", "FtmParty"].map(of);
    notes.component(
        "Party",
        json!({"description": "Somebody to screen, in one of the forms that are read.", "anyOf": forms}),
    );
}

#[cfg(test)]
mod tests {
    use interdict_lists::{Mapping, party_of_json};

    use super::*;

    #[test]
    fn every_field_of_a_flat_party_means_something() {
        for (name, example) in FIELDS.iter().chain(&NAMES).chain(&NUMBERS) {
            let party = party_of_json(&json!({"name": "Ann Example", *name: example}), &Mapping::default()).unwrap();
            let kept = party.entity.properties.iter().find(|kept| kept.field == *name && *name != "currency");
            assert!(kept.is_none(), "`{name}` is no field: {kept:?}");
        }
        for (name, example) in NUMBERS {
            assert!(party_of_json(&json!({name: example}), &Mapping::default()).is_ok(), "{name} alone");
        }
    }
}
