//! Parties and listings in Watchman's shape.
//!
//! Promises: values come from the listing; pieces of a score from its evidence.
//!
//! Not here: reading the query (`query`), comparing (`engine`).

use base64::Engine as _;
use interdict_engine::{Attribute, Matched, Verdict};
use interdict_model::{
    Entity, Gender, Identifier, IdentifierKind, Kind, ListVersion, NameQuality, PartialDate, Sourced,
};
use serde_json::{Map, Value, json};

use super::name_of;
use super::query::{Asked, Debug, GOVERNMENT};

/// A hit: the listing with its score.
pub(super) fn found(hit: &Matched, version: Option<&ListVersion>, asked: &Asked) -> Value {
    let listing = &hit.listing;
    let mut out = entity(&listing.entity, asked.kind.as_deref());
    out.insert("sourceList".to_owned(), name_of(&listing.list.0).into());
    out.insert("sourceID".to_owned(), listing.record.clone().into());
    let links = listing.links.iter().map(|link| &link.value);
    let affiliations: Vec<Value> = links
        .map(|link| json!({ "entityName": link.name, "type": link.relation, "details": link.record.clone().unwrap_or_default() }))
        .collect();
    out.insert("affiliations".to_owned(), affiliations.into());
    let designations = || listing.designations.iter().map(|designation| &designation.value);
    let mut programmes: Vec<&str> = designations().map(|designation| designation.programme.as_str()).collect();
    programmes.dedup();
    let bases: Vec<&str> = designations().filter_map(|designation| designation.basis.as_deref()).collect();
    out.insert(
        "sanctionsInfo".to_owned(),
        json!({
            "programs": programmes,
            "secondary": speaks_of_secondary_sanctions(&listing.entity),
            "description": bases.join("; "),
        }),
    );
    out.insert(
        "sourceData".to_owned(),
        json!({
            "list": listing.list, "record": listing.record, "reference": listing.reference, "place": listing.place,
            "version": version.map(|version| version.digest.to_string()),
            "published": version.and_then(|version| version.published).map(|day| day.to_string()),
        }),
    );
    let score = hit.hit.score;
    out.insert("match".to_owned(), json!(score));
    out.insert("details".to_owned(), json!({ "pieces": pieces(hit), "finalScore": score }));
    if let Debug::From(least) = asked.debug
        && score.share() >= least
        && let Ok(evidence) = serde_json::to_vec(&hit.hit.evidence)
    {
        out.insert("debug".to_owned(), base64::engine::general_purpose::STANDARD.encode(evidence).into());
    }
    Value::Object(out)
}

/// The query, as it was understood.
pub(super) fn of_query(asked: &Asked) -> Value {
    let mut out = entity(&asked.entity, asked.kind.as_deref());
    out.insert("sourceList".to_owned(), "api-request".into());
    out.insert("sourceID".to_owned(), asked.source_id.clone().unwrap_or_default().into());
    out.insert("affiliations".to_owned(), Value::Null);
    out.insert("sanctionsInfo".to_owned(), Value::Null);
    out.insert("sourceData".to_owned(), Value::Null);
    Value::Object(out)
}

/// What the publisher or a remark says.
fn speaks_of_secondary_sanctions(entity: &Entity) -> bool {
    let says = |text: &str| text.to_ascii_lowercase().contains("secondary sanctions");
    entity.remarks.iter().any(|remark| says(&remark.value))
        || entity.properties.iter().any(|property| says(&property.value.0) || says(&property.value.1))
}

fn entity(entity: &Entity, asked: Option<&str>) -> Map<String, Value> {
    let word = match entity.kind {
        Kind::Person => "person",
        Kind::Organization if asked == Some("organization") => "organization",
        Kind::Organization => "business",
        Kind::Vessel => "vessel",
        Kind::Aircraft => "aircraft",
        Kind::Wallet | Kind::Security | Kind::Unknown => "unknown",
    };
    let mut out = Map::new();
    out.insert("name".to_owned(), entity.caption().into());
    out.insert("entityType".to_owned(), word.into());
    for name in ["person", "business", "organization", "aircraft", "vessel"] {
        let value = if name == word { details(entity) } else { Value::Null };
        out.insert(name.to_owned(), value);
    }
    let of = |kind: IdentifierKind, fax: bool| {
        let fits = |id: &&Sourced<Identifier>| id.value.kind == kind && (id.field == "fax") == fax;
        entity.identifiers.iter().filter(fits).map(|id| id.value.value.clone()).collect::<Vec<String>>()
    };
    out.insert(
        "contact".to_owned(),
        json!({
            "emailAddresses": of(IdentifierKind::Email, false),
            "phoneNumbers": of(IdentifierKind::Phone, false),
            "faxNumbers": of(IdentifierKind::Phone, true),
            "websites": of(IdentifierKind::Website, false),
        }),
    );
    let addresses = entity.addresses.iter().map(|address| {
        let address = &address.value;
        json!({
            "line1": address.street.clone().unwrap_or_else(|| address.full.clone()),
            "line2": "",
            "city": address.city.clone().unwrap_or_default(),
            "postalCode": address.postal_code.clone().unwrap_or_default(),
            "state": address.region.clone().unwrap_or_default(),
            "country": address.country.map(|country| country.code().to_ascii_uppercase()).unwrap_or_default(),
            "latitude": 0,
            "longitude": 0,
        })
    });
    out.insert("addresses".to_owned(), addresses.collect::<Vec<_>>().into());
    let wallets = entity.identifiers.iter().filter(|id| id.value.kind == IdentifierKind::Wallet);
    let wallets =
        wallets.map(|id| json!({ "currency": id.value.label.clone().unwrap_or_default(), "address": id.value.value }));
    out.insert("cryptoAddresses".to_owned(), wallets.collect::<Vec<_>>().into());
    let former = entity.names.iter().filter(|name| name.value.quality == NameQuality::Former);
    let former = former.map(|name| json!({ "type": "Former Name", "value": name.value.full }));
    out.insert("historicalInfo".to_owned(), former.collect::<Vec<_>>().into());
    out
}

/// What belongs to the type.
fn details(entity: &Entity) -> Value {
    let mut names = entity.names.iter().map(|name| name.value.full.as_str());
    let caption = entity.caption();
    let others: Vec<&str> = names.by_ref().filter(|name| *name != caption).collect();
    let birth = entity.births.first().map(|date| moment(&date.value));
    let death = entity.deaths.first().map(|date| moment(&date.value));
    let property = |name: &str| {
        let found = entity.properties.iter().find(|property| property.value.0.eq_ignore_ascii_case(name));
        found.map(|property| property.value.1.clone())
    };
    let number = |name: &str| property(name).and_then(|text| text.replace(',', "").parse::<i64>().ok()).unwrap_or(0);
    let id = |kind: IdentifierKind| {
        let found = entity.identifiers.iter().find(|id| id.value.kind == kind);
        found.map(|id| id.value.value.clone()).unwrap_or_default()
    };
    let flag =
        entity.nationalities.first().map(|country| country.value.code().to_ascii_uppercase()).unwrap_or_default();
    match entity.kind {
        Kind::Person => json!({
            "name": caption,
            "altNames": others,
            "gender": entity.genders.first().map_or("unknown", |gender| match gender.value {
                Gender::Female => "female",
                Gender::Male => "male",
                Gender::Other => "unknown",
            }),
            "birthDate": birth,
            "deathDate": death,
            "placeOfBirth": entity.birth_places.first().map(|place| place.value.text.clone()).unwrap_or_default(),
            "titles": entity.titles.iter().map(|title| title.value.clone()).collect::<Vec<_>>(),
            "governmentIDs": government(entity),
        }),
        Kind::Vessel => json!({
            "name": caption,
            "altNames": others,
            "imoNumber": id(IdentifierKind::Imo),
            "type": property("vesselType").or_else(|| property("type")).unwrap_or_default(),
            "flag": flag,
            "built": birth,
            "model": property("model").unwrap_or_default(),
            "tonnage": number("tonnage"),
            "mmsi": id(IdentifierKind::Mmsi),
            "callSign": id(IdentifierKind::CallSign),
            "grossRegisteredTonnage": number("grossRegisteredTonnage"),
            "owner": property("owner").unwrap_or_default(),
        }),
        Kind::Aircraft => json!({
            "name": caption,
            "altNames": others,
            "type": property("aircraftType").or_else(|| property("type")).unwrap_or_default(),
            "flag": flag,
            "built": birth,
            "icaoCode": id(IdentifierKind::TailNumber),
            "model": property("model").unwrap_or_default(),
            "serialNumber": id(IdentifierKind::AircraftSerial),
        }),
        Kind::Organization | Kind::Wallet | Kind::Security | Kind::Unknown => json!({
            "name": caption,
            "altNames": others,
            "created": birth,
            "dissolved": death,
            "governmentIDs": government(entity),
        }),
    }
}

fn government(entity: &Entity) -> Vec<Value> {
    let word = |id: &Identifier| {
        let given = id.label.as_deref();
        let own = GOVERNMENT.iter().find(|(word, kind)| Some(*word) == given && *kind == id.kind);
        own.or_else(|| GOVERNMENT.iter().find(|(_, kind)| *kind == id.kind)).map(|(word, _)| *word).or(match id.kind {
            IdentifierKind::Inn => Some("tax-id"),
            IdentifierKind::Ogrn | IdentifierKind::Lei | IdentifierKind::Duns => Some("business-registration"),
            IdentifierKind::Passport
            | IdentifierKind::NationalId
            | IdentifierKind::DrivingLicence
            | IdentifierKind::OtherDocument
            | IdentifierKind::TaxNumber
            | IdentifierKind::Registration
            | IdentifierKind::Bic
            | IdentifierKind::Iban
            | IdentifierKind::Account
            | IdentifierKind::Isin
            | IdentifierKind::Imo
            | IdentifierKind::Mmsi
            | IdentifierKind::CallSign
            | IdentifierKind::TailNumber
            | IdentifierKind::AircraftSerial
            | IdentifierKind::Wallet
            | IdentifierKind::Phone
            | IdentifierKind::Email
            | IdentifierKind::Website
            | IdentifierKind::Other => None,
        })
    };
    let ids = entity.identifiers.iter().map(|id| &id.value);
    ids.filter_map(|id| {
        Some(json!({
            "name": id.label.clone().unwrap_or_default(),
            "type": word(id)?,
            "country": id.country.map(|country| country.code().to_ascii_uppercase()).unwrap_or_default(),
            "identifier": id.value,
        }))
    })
    .collect()
}

/// Midnight of the first day of a date, as Watchman reads years and months.
fn moment(date: &PartialDate) -> String {
    format!("{}T00:00:00Z", date.earliest())
}

/// What the score was computed from, piece by piece.
fn pieces(hit: &Matched) -> Vec<Value> {
    let piece = |kind: &str, score: f64, weight: f64, matched: bool, required: bool, exact: bool, fields: usize| {
        json!({
            "score": score, "weight": weight, "matched": matched, "required": required, "exact": exact,
            "fieldsCompared": fields, "pieceType": kind,
        })
    };
    let evidence = &hit.hit.evidence;
    let mut out = Vec::new();
    if let Some(name) = &evidence.name {
        let score = name.score.share();
        out.push(piece("name", score, 1.0, score > 0.6, true, name.score == interdict_engine::Score::ONE, 1));
    }
    for attribute in evidence.attributes.iter().filter(|attribute| attribute.verdict != Verdict::Unknown) {
        let kind = match attribute.attribute {
            Attribute::Born => "dates",
            Attribute::Address => "address",
            Attribute::Identifier => "identifiers",
            Attribute::Country
            | Attribute::Gender
            | Attribute::BirthPlace
            | Attribute::Kind
            | Attribute::Number
            | Attribute::Descent => "supporting",
        };
        let agrees = attribute.verdict != Verdict::Contradicts;
        let exact = attribute.verdict == Verdict::Agrees;
        let required = attribute.attribute == Attribute::Identifier;
        let score = if agrees { 1.0 } else { 0.0 };
        let fields = attribute.party.len().max(1);
        out.push(piece(kind, score, attribute.effect.abs(), agrees, required, exact, fields));
    }
    out
}
