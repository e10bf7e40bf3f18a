//! What the EU's two layouts share: blocks of named values, as attributes in XML and columns in CSV.
//!
//! Promises: names keep the publisher's strength; the first strong name is the primary one; a
//! date in another calendar than the Gregorian is kept as text.

use interdict_model::{Country, Designation, Entity, Gender, Kind, Name, NamePart, NameQuality, PartialDate, Sourced};
use jiff::civil::Date;

use super::document;
use crate::dates::{Order, day};
use crate::parts::{self, AddressParts};

/// One block: a name, an address, a regulation. Values by the XML attribute's name.
pub(crate) trait Block {
    /// A value, trimmed; empty if absent.
    fn get(&self, key: &'static str) -> &str;
    /// The publisher's name of a value, for provenance.
    fn field(&self, key: &'static str) -> String;
}

/// Reads the subject type: `person`/`P`, `enterprise`/`E`; none if it is something else.
pub(crate) fn kind(code: &str, classification: &str) -> Option<Kind> {
    [code, classification].into_iter().find_map(|text| match text.to_ascii_lowercase().as_str() {
        "p" | "person" => Some(Kind::Person),
        "e" | "enterprise" => Some(Kind::Organization),
        _ => None,
    })
}

pub(crate) fn name(entity: &mut Entity, block: &impl Block) {
    let pieces = [(NamePart::Given, "firstName"), (NamePart::Middle, "middleName"), (NamePart::Family, "lastName")];
    let parts: Vec<(NamePart, String)> = pieces
        .iter()
        .map(|(part, key)| (*part, parts::one_line(block.get(key)).into_owned()))
        .filter(|(_, t)| !t.is_empty())
        .collect();
    let whole = parts::one_line(block.get("wholeName"));
    let full = if whole.is_empty() {
        parts.iter().map(|(_, t)| t.as_str()).collect::<Vec<_>>().join(" ")
    } else {
        whole.into_owned()
    };
    let strong = !block.get("strong").eq_ignore_ascii_case("false");
    let quality = match strong {
        true if entity.names.iter().all(|n| n.value.quality != NameQuality::Primary) => NameQuality::Primary,
        true => NameQuality::Strong,
        false => NameQuality::Weak,
    };
    let known = entity.names.iter_mut().take(parts::COMPARED).find(|n| n.value.full == full);
    let language = Some(block.get("nameLanguage").to_lowercase()).filter(|l| !l.is_empty());
    let label =
        if block.get("strong").is_empty() { None } else { Some(if strong { "strong" } else { "weak" }.to_owned()) };
    match known {
        // The same spelling comes again for another language or act: it keeps the better quality.
        Some(known) => {
            if known.value.parts.is_empty() {
                known.value.parts = parts;
            }
            if known.value.quality == NameQuality::Weak && strong {
                known.value.quality = NameQuality::Strong;
            }
        }
        None => parts::name(entity, Name { full, parts, quality, label, language }, block.field("wholeName")),
    }
    parts::title(entity, block.get("title"), block.field("title"));
    parts::title(entity, block.get("function"), block.field("function"));
    if let Some(gender) = Gender::parse(block.get("gender"))
        && !entity.genders.iter().any(|g| g.value == gender)
    {
        entity.genders.push(Sourced::new(gender, block.field("gender")));
    }
    parts::remark(entity, block.get("remark"), block.field("remark"));
}

/// A country by its code, else by its description; `00` and `UNKNOWN` are none.
fn country(block: &impl Block) -> &str {
    let code = block.get("countryIso2Code");
    if code.is_empty() || code == "00" { block.get("countryDescription") } else { code }
}

/// Its name: the description, else what the code stands for.
fn country_name(block: &impl Block) -> String {
    let (named, code) = (block.get("countryDescription"), block.get("countryIso2Code"));
    if parts::is_nothing(named) {
        return Country::parse(code).map_or(named, |country| country.name()).to_owned();
    }
    named.to_owned()
}

pub(crate) fn citizenship(entity: &mut Entity, block: &impl Block) {
    parts::nationality(entity, country(block), block.field("countryIso2Code"));
    parts::remark(entity, block.get("remark"), block.field("remark"));
    parts::property(entity, "citizenship region", block.get("region"), block.field("region"));
}

pub(crate) fn birthdate(entity: &mut Entity, block: &impl Block) {
    let calendar = block.get("calendarType");
    let number = |key| block.get(key).trim_end_matches(".0").parse::<i16>().ok().filter(|n| *n != 0);
    let (year, month, of_day) = (number("year"), number("monthOfYear"), number("dayOfMonth"));
    let small = |n: i16| i8::try_from(n).ok();
    let whole = block.get("birthdate");
    let date = match (year, month, of_day) {
        _ if !(calendar.is_empty() || calendar.eq_ignore_ascii_case("GREGORIAN")) => None,
        _ if !whole.is_empty() => crate::dates::partial(whole, Order::DayFirst),
        (Some(y), Some(m), Some(d)) => small(m).zip(small(d)).and_then(|(m, d)| PartialDate::ymd(y, m, d)),
        (Some(y), Some(m), None) => small(m).and_then(|m| PartialDate::month(y, m)),
        (Some(y), None, _) => PartialDate::year(y),
        (None, ..) => match (number("yearRangeFrom"), number("yearRangeTo")) {
            (Some(from), Some(to)) => PartialDate::years(from, to),
            (Some(one), None) | (None, Some(one)) => PartialDate::year(one).map(PartialDate::circa),
            (None, None) => None,
        },
    };
    let circa = block.get("circa").eq_ignore_ascii_case("true");
    match date {
        Some(date) => parts::birth_date(entity, if circa { date.circa() } else { date }, block.field("birthdate")),
        None => {
            let keys = ["birthdate", "year", "monthOfYear", "dayOfMonth", "yearRangeFrom", "yearRangeTo"];
            let mut text =
                keys.map(|key| block.get(key)).into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
            if !text.is_empty() && !calendar.is_empty() {
                text = format!("{text} ({calendar})");
            }
            parts::property(entity, "date not understood", &text, block.field("birthdate"));
        }
    }
    let description = country(block);
    let nothing = parts::is_nothing(description);
    let shown = country_name(block);
    let texts = [
        block.get("city"),
        block.get("place"),
        block.get("region"),
        block.get("zipCode"),
        if nothing { "" } else { &shown },
    ];
    let place = texts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    parts::birth_place(entity, &place, description, block.field("city"));
    parts::remark(entity, block.get("remark"), block.field("remark"));
}

pub(crate) fn address(entity: &mut Entity, block: &impl Block) {
    let street: Vec<&str> = [block.get("street"), block.get("poBox")].into_iter().filter(|t| !t.is_empty()).collect();
    let region: Vec<&str> = [block.get("place"), block.get("region")].into_iter().filter(|t| !t.is_empty()).collect();
    let named = country_name(block);
    let note: Vec<&str> =
        [block.get("contactInfo"), block.get("remark")].into_iter().filter(|t| !t.is_empty()).collect();
    let address = AddressParts {
        street: &street.join(", "),
        city: block.get("city"),
        region: &region.join(", "),
        postal_code: block.get("zipCode"),
        country: if parts::is_nothing(&named) { "" } else { &named },
        note: &note.join("; "),
    };
    parts::address(entity, address, block.field("street"));
}

pub(crate) fn identification(entity: &mut Entity, block: &impl Block) {
    let (code, description) = (block.get("identificationTypeCode"), block.get("identificationTypeDescription"));
    let label = if description.is_empty() { code } else { description };
    let whole = if block.get("number").is_empty() { block.get("latinNumber") } else { block.get("number") };
    let number = bare_number(whole, code);
    if number != whole {
        parts::property(entity, "document", whole, block.field("number"));
    }
    let words = format!("{code} {description}");
    let at = country(block);
    parts::identifier(
        entity,
        document::kind(&words),
        number,
        label,
        if at == "00" { "" } else { at },
        block.field("number"),
    );
    let latin = block.get("latinNumber");
    if latin != whole {
        parts::identifier(entity, document::kind(&words), latin, label, at, block.field("latinNumber"));
    }
    let mut said = Vec::new();
    for (key, words) in [
        ("knownExpired", "known to be expired"),
        ("knownFalse", "known to be false"),
        ("reportedLost", "reported lost"),
        ("revokedByIssuer", "revoked by its issuer"),
        ("diplomatic", "diplomatic"),
    ] {
        if block.get(key).eq_ignore_ascii_case("true") {
            said.push(words.to_owned());
        }
    }
    for (key, words) in [
        ("issuedBy", "issued by"),
        ("issueDate", "issued on"),
        ("validFrom", "valid from"),
        ("validTo", "valid to"),
        ("nameOnDocument", "in the name of"),
        ("region", "region"),
    ] {
        if !block.get(key).is_empty() {
            said.push(format!("{words} {}", block.get(key)));
        }
    }
    if !said.is_empty() {
        parts::property(entity, &format!("{label} {number}"), &said.join(", "), block.field("number"));
    }
    parts::remark(entity, block.get("remark"), block.field("remark"));
}

/// The CSV writes a number with its type and notes behind: `123 (fiscalcode-National Fiscal Code) (on 2013-04-28)`.
fn bare_number<'n>(text: &'n str, code: &str) -> &'n str {
    let mark = format!("({code}-");
    match text.find(&mark) {
        Some(at) if !code.is_empty() => text.get(..at).unwrap_or(text).trim(),
        Some(_) | None => text,
    }
}

pub(crate) fn regulation(block: &impl Block, listed_on: Option<Date>) -> Designation {
    let (title, kind) = (block.get("numberTitle"), block.get("regulationType"));
    let entry = [block.get("entryIntoForceDate"), block.get("publicationDate")]
        .into_iter()
        .find_map(|t| day(t, Order::DayFirst));
    Designation {
        programme: block.get("programme").to_owned(),
        basis: Some(if kind.is_empty() { title.to_owned() } else { format!("{title}, {kind}") })
            .filter(|_| !title.is_empty()),
        authority: Some(block.get("organisationType").to_owned()).filter(|o| !o.is_empty()),
        listed_on,
        amended_on: if kind == "amendment" { entry.into_iter().collect() } else { Vec::new() },
        ..Designation::default()
    }
}

/// IMO numbers stand in a name's or entity's remark: the schema has no place for them.
pub(crate) fn numbers_in_remarks(entity: &mut Entity) {
    let found: Vec<(String, String)> = entity
        .remarks
        .iter()
        .flat_map(|r| parts::imo_numbers(&r.value).into_iter().map(|n| (n.to_owned(), r.field.to_string())))
        .collect();
    for (number, field) in found {
        parts::identifier(entity, interdict_model::IdentifierKind::Imo, &number, "named in a remark", "", field);
    }
}
