//! The members of answers, each with the field it belongs to: in our form, in FollowTheMoney's and in Watchman's.
//!
//! Promises: a member that does not stand here is nobody's, and is masked with the field of which least is seen.
//!
//! Not here: where in an answer they stand (`walk`).

use super::policy::Field;

/// Members that say nothing of a person, in the answer around parties and listings.
pub(super) const PLAIN: [&str; 60] = [
    "record",
    "outcome",
    "hits_total",
    "snapshot",
    "policy",
    "engine",
    "left_out",
    "starter",
    "threshold",
    "lacks",
    "past",
    "lists",
    "recording",
    "ledger",
    "row",
    "place",
    "status",
    "summary",
    "verdict",
    "date",
    "law",
    "also",
    "version",
    "masked",
    "type",
    "title",
    "code",
    "limit",
    "offset",
    "total",
    "facets",
    "score",
    "match",
    "versions",
    "identifierSpace",
    "schemaSpace",
    "defaultTypes",
    "batchSize",
    "view",
    "suggest",
    "preview",
    "meta",
    "role",
    "listed_by",
    "review",
    "content",
    "received",
    "standing",
    "rolled_back",
    "reader",
    "files",
    "bytes",
    "raw_bytes",
    "at",
    "kind",
    "change",
    "author",
    "since",
    "until",
    "ended",
];

/// Members that say nothing of a person, in a listing: public numbers, places in files, versions.
pub(super) const PLAIN_OF_LISTING: [&str; 29] = [
    "score",
    "match",
    "list",
    "reference",
    "record",
    "kind",
    "place",
    "version",
    "published",
    "then",
    "id",
    "schema",
    "type",
    "datasets",
    "referents",
    "target",
    "first_seen",
    "last_seen",
    "last_change",
    "sourceList",
    "sourceID",
    "sourceData",
    "entityType",
    "event",
    "cause",
    "what",
    "alert",
    "listing",
    "key",
];

/// The field of a member of a party or listing; none if nobody has classed it.
pub(super) fn field(member: &str) -> Option<Field> {
    Some(match member {
        "names" | "name" | "caption" | "alias" | "weakAlias" | "previousName" | "firstName" | "secondName"
        | "middleName" | "lastName" | "fatherName" | "motherName" | "abbreviation" | "altNames" | "historicalInfo"
        | "links" | "affiliations" => Field::Names,
        "births" | "deaths" | "birthDate" | "deathDate" | "incorporationDate" | "dissolutionDate" | "buildDate"
        | "created" | "dissolved" | "built" => Field::Dates,
        "passportNumber"
        | "idNumber"
        | "registrationNumber"
        | "taxNumber"
        | "innCode"
        | "ogrnCode"
        | "leiCode"
        | "swiftBic"
        | "imoNumber"
        | "mmsi"
        | "callSign"
        | "publicKey"
        | "isin"
        | "isinCode"
        | "dunsCode"
        | "vatCode"
        | "serialNumber"
        | "socialSecurityNumber"
        | "governmentIDs"
        | "cryptoAddresses" => Field::Documents,
        "addresses" | "address" | "addressEntity" | "birth_places" | "birthPlace" | "placeOfBirth" => Field::Addresses,
        "nationalities" | "countries" | "unread_countries" | "country" | "nationality" | "citizenship"
        | "jurisdiction" | "mainCountry" | "flag" | "birthCountry" => Field::Countries,
        "contact" | "email" | "phone" | "website" => Field::Contacts,
        "genders" | "gender" | "titles" | "remarks" | "notes" | "position" | "topics" | "designations"
        | "sanctionsInfo" | "sanctions" | "programId" | "description" => Field::Other,
        _ => return None,
    })
}

/// The fields that an attribute of evidence compares; none if it is nobody's.
pub(super) fn compared(attribute: &str) -> &'static [Field] {
    match attribute {
        "kind" | "schema_match" => &[],
        "born" | "birth_date_match" | "dob_year_disjoint" | "dob_day_disjoint" => &[Field::Dates],
        "country" | "country_match" | "country_mismatch" => &[Field::Countries],
        "gender" | "gender_match" | "gender_mismatch" => &[Field::Other],
        "birth_place" | "address" | "birth_place_match" | "address_match" => &[Field::Addresses],
        "identifier" | "identifier_match" => &[Field::Documents, Field::Contacts],
        "number" | "descent" | "name_match" | "weak_alias_match" | "number_mismatch" | "descent_mismatch" => {
            &[Field::Names]
        }
        _ => &Field::ALL,
    }
}
