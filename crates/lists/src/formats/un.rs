//! The UN Security Council's consolidated list in XML.
//!
//! Promises: every INDIVIDUAL and ENTITY is a listing or a rejection; DATAID is the record (stable
//! over versions), REFERENCE_NUMBER the reference.

use interdict_model::{Designation, Gender, IdentifierKind, Kind, Listing, NameQuality, PartialDate, Sourced};
use jiff::civil::Date;

use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts::{self, AddressParts};
use crate::xml::{Node, Tree, XmlReader, excerpt};
use crate::{Refusal, SourceFile};

pub(crate) fn read(file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut xml = XmlReader::open(file);
    let mut tree = Tree::default();
    let mut record = 0_u64;
    loop {
        let Some(path) = xml.next()? else { return Ok(()) };
        let kind = match path {
            "/CONSOLIDATED_LIST" => {
                let generated = xml.attribute("dateGenerated").unwrap_or("").get(..10).unwrap_or("");
                account.published = day(generated, Order::DayFirst);
                continue;
            }
            "/CONSOLIDATED_LIST/INDIVIDUALS" | "/CONSOLIDATED_LIST/ENTITIES" => continue,
            "/CONSOLIDATED_LIST/INDIVIDUALS/INDIVIDUAL" => Kind::Person,
            "/CONSOLIDATED_LIST/ENTITIES/ENTITY" => Kind::Organization,
            other => {
                let (path, place) = (other.to_owned(), xml.line());
                if path.matches('/').count() == 3 && path.starts_with("/CONSOLIDATED_LIST/") {
                    account.reject(
                        format!("line {place}"),
                        format!("a record of unknown kind `{}`", excerpt(&path)),
                        None,
                    );
                } else {
                    account.unknown(path.trim_start_matches('/'));
                }
                xml.skip()?;
                continue;
            }
        };
        record += 1;
        xml.subtree(&mut tree)?;
        let node = tree.root();
        let place = format!("record {record}, line {}", node.line());
        let Some(number) = node.some_text("DATAID") else {
            account.reject(place, "no DATAID", None);
            continue;
        };
        let listing = listing(node, account.blank(number, place, kind), account);
        account.listing(listing);
    }
}

fn listing(node: Node<'_>, mut listing: Listing, account: &mut Account<'_>) -> Listing {
    let entity = &mut listing.entity;
    let mut act = Designation { authority: Some("UN Security Council".to_owned()), ..Designation::default() };
    let mut name = String::new();
    for child in node.children() {
        let text = child.text();
        match child.name() {
            "DATAID" | "VERSIONNUM" | "SORT_KEY" | "SORT_KEY_LAST_MOD" | "LIST_TYPE" => {}
            "FIRST_NAME" | "SECOND_NAME" | "THIRD_NAME" | "FOURTH_NAME" => {
                if !parts::is_nothing(text) {
                    if !name.is_empty() {
                        name.push(' ');
                    }
                    name.push_str(text);
                }
            }
            "NAME_ORIGINAL_SCRIPT" => {
                for part in text.split(';') {
                    parts::alias(entity, part, NameQuality::Strong, "original script", "NAME_ORIGINAL_SCRIPT");
                }
            }
            "UN_LIST_TYPE" => act.programme = text.to_owned(),
            "REFERENCE_NUMBER" => listing.reference = Some(text.to_owned()).filter(|r| !r.is_empty()),
            "LISTED_ON" => act.listed_on = date(text),
            "DELISTED_ON" => act.ended_on = date(text),
            "SUBMITTED_ON" | "SUBMITTED_BY" => parts::property(entity, child.name(), text, child.name().to_owned()),
            "LAST_DAY_UPDATED" => act.amended_on.extend(child.all("VALUE").filter_map(|v| date(v.text()))),
            "GENDER" => entity.genders.extend(Gender::parse(text).map(|g| Sourced::new(g, "GENDER"))),
            "COMMENTS1" => {
                parts::remark(entity, text, "COMMENTS1");
                for number in parts::imo_numbers(text) {
                    parts::identifier(entity, IdentifierKind::Imo, number, "named in comments", "", "COMMENTS1");
                }
            }
            "TITLE" => child.all("VALUE").for_each(|v| parts::title(entity, v.text(), "TITLE/VALUE")),
            "DESIGNATION" => child.all("VALUE").for_each(|v| parts::title(entity, v.text(), "DESIGNATION/VALUE")),
            "NATIONALITY" => child.all("VALUE").for_each(|v| parts::nationality(entity, v.text(), "NATIONALITY/VALUE")),
            "NATIONALITY2" => parts::nationality(entity, text, "NATIONALITY2"),
            "INDIVIDUAL_ALIAS" | "ENTITY_ALIAS" => alias(entity, child),
            "INDIVIDUAL_ADDRESS" | "ENTITY_ADDRESS" => {
                let address = AddressParts {
                    street: child.child_text("STREET"),
                    city: child.child_text("CITY"),
                    region: child.child_text("STATE_PROVINCE"),
                    postal_code: child.child_text("ZIP_CODE"),
                    country: child.child_text("COUNTRY"),
                    note: child.child_text("NOTE"),
                };
                parts::address(entity, address, child.name().to_owned());
            }
            "INDIVIDUAL_DATE_OF_BIRTH" => birth(entity, child),
            "INDIVIDUAL_PLACE_OF_BIRTH" => {
                let texts = ["STREET", "CITY", "STATE_PROVINCE", "COUNTRY"].map(|name| child.child_text(name));
                let place = texts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
                parts::birth_place(entity, &place, child.child_text("COUNTRY"), "INDIVIDUAL_PLACE_OF_BIRTH");
                parts::remark(entity, child.child_text("NOTE"), "INDIVIDUAL_PLACE_OF_BIRTH/NOTE");
            }
            "INDIVIDUAL_DOCUMENT" => document(entity, child),
            other => {
                if !child.is_blank() {
                    account.unknown(other);
                }
            }
        }
    }
    if !name.is_empty() {
        let field = if entity.kind == Kind::Person { "FIRST_NAME..FOURTH_NAME" } else { "FIRST_NAME" };
        let full = parts::one_line(&name).into_owned();
        entity.names.insert(0, Sourced::new(interdict_model::Name::new(full, NameQuality::Primary), field));
    }
    act.amended_on.sort_unstable();
    act.amended_on.dedup();
    listing.designations.push(Sourced::new(act, "UN_LIST_TYPE"));
    listing
}

fn date(text: &str) -> Option<Date> {
    day(text, Order::DayFirst)
}

fn alias(entity: &mut interdict_model::Entity, node: Node<'_>) {
    let label = node.child_text("QUALITY");
    let note = node.child_text("NOTE");
    let lower = note.to_ascii_lowercase();
    let quality = match label.to_ascii_lowercase().as_str() {
        "low" => NameQuality::Weak,
        "f.k.a." => NameQuality::Former,
        _ if lower.starts_with("formerly") || lower.starts_with("previously") => NameQuality::Former,
        _ => NameQuality::Strong,
    };
    // Versions before 2018 hold several names in one element.
    for part in node.child_text("ALIAS_NAME").split(';') {
        parts::alias(entity, part, quality, label, "ALIAS_NAME");
    }
    parts::remark(entity, note, "INDIVIDUAL_ALIAS/NOTE");
    parts::birth(entity, node.child_text("DATE_OF_BIRTH"), Order::DayFirst, "INDIVIDUAL_ALIAS/DATE_OF_BIRTH");
    let (city, country) = (node.child_text("CITY_OF_BIRTH"), node.child_text("COUNTRY_OF_BIRTH"));
    let place = [city, country].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(", ");
    parts::birth_place(entity, &place, country, "INDIVIDUAL_ALIAS/CITY_OF_BIRTH");
}

fn birth(entity: &mut interdict_model::Entity, node: Node<'_>) {
    const FIELD: &str = "INDIVIDUAL_DATE_OF_BIRTH";
    let note = node.child_text("NOTE");
    let year = |name| node.child_text(name).parse::<i16>().ok();
    let date = match (node.some_text("DATE"), year("YEAR"), year("FROM_YEAR"), year("TO_YEAR")) {
        (Some(text), ..) => crate::dates::partial(text, Order::DayFirst),
        (None, Some(y), ..) => PartialDate::year(y),
        (None, None, Some(from), Some(to)) => PartialDate::years(from, to),
        (None, None, Some(y), None) | (None, None, None, Some(y)) => PartialDate::year(y).map(PartialDate::circa),
        (None, None, None, None) => None,
    };
    let approximate = node.child_text("TYPE_OF_DATE").to_ascii_lowercase().starts_with("approx");
    match date {
        Some(date) => parts::birth_date(entity, if approximate { date.circa() } else { date }, FIELD),
        None => {
            let texts = ["DATE", "YEAR", "FROM_YEAR", "TO_YEAR"].map(|name| node.child_text(name));
            let text = texts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join(" ");
            parts::property(entity, "date not understood", &text, FIELD);
        }
    }
    parts::remark(entity, note, "INDIVIDUAL_DATE_OF_BIRTH/NOTE");
}

fn document(entity: &mut interdict_model::Entity, node: Node<'_>) {
    const FIELD: &str = "INDIVIDUAL_DOCUMENT/NUMBER";
    let (kind, detail) = (node.child_text("TYPE_OF_DOCUMENT"), node.child_text("TYPE_OF_DOCUMENT2"));
    let label = parts::one_line(if detail.is_empty() { kind } else { detail }).into_owned();
    let lower = format!("{kind} {detail}").to_lowercase();
    let kind = match () {
        () if lower.contains("passport") || lower.contains("passeport") || lower.contains("pasaporte") => {
            IdentifierKind::Passport
        }
        () if lower.contains("driver") || lower.contains("driving") => IdentifierKind::DrivingLicence,
        () if lower.contains("fiscal code") || lower.contains("tax") => IdentifierKind::TaxNumber,
        () if ["birth cert", "ration", "student", "voter", "military", "certificate"]
            .iter()
            .any(|w| lower.contains(w)) =>
        {
            IdentifierKind::OtherDocument
        }
        () if lower.contains("national") || lower.contains("identi") => IdentifierKind::NationalId,
        () => IdentifierKind::OtherDocument,
    };
    let country = node.some_text("ISSUING_COUNTRY").or(node.some_text("COUNTRY_OF_ISSUE")).unwrap_or("");
    let number = node.child_text("NUMBER");
    if !number.is_empty() {
        parts::identifier(entity, kind, number, &label, country, FIELD);
    } else if !detail.is_empty() && detail.bytes().any(|b| b.is_ascii_digit()) {
        // `Afghan national identification card (tazkira) number 44323`: the number stands in the type.
        let number = detail.rsplit(' ').next().unwrap_or(detail);
        parts::identifier(entity, kind, number, &label, country, "INDIVIDUAL_DOCUMENT/TYPE_OF_DOCUMENT2");
    }
    let note = node.child_text("NOTE");
    let issue = [("issued", node.child_text("DATE_OF_ISSUE")), ("in", node.child_text("CITY_OF_ISSUE"))];
    let mut text: Vec<String> =
        issue.iter().filter(|(_, t)| !t.is_empty()).map(|(word, t)| format!("{word} {t}")).collect();
    if !parts::is_nothing(note) {
        text.push(note.to_owned());
    }
    if !text.is_empty() {
        let text = format!("{label} {number}: {}", text.join(" "));
        parts::remark(entity, parts::one_line(&text).as_ref(), "INDIVIDUAL_DOCUMENT");
    }
}
