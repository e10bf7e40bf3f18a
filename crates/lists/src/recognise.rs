//! Recognises a file's format and role by its first bytes, never by its name.

use std::collections::BTreeSet;

use crate::read::Mapping;
use crate::table::{Encoding, Table};
use crate::xml::{XmlReader, excerpt};
use crate::{Format, Refusal, Role, SourceFile};

/// Bytes that are looked at. The first rows of every known format fit many times over.
const HEAD: usize = 64 << 10;

/// Elements of an XML file that are looked at.
const ELEMENTS: usize = 200;

/// Rows of a table that are looked at.
const ROWS: usize = 50;

/// Recognises a file.
///
/// # Errors
/// Refuses an empty file, a web page, an archive, and text of no known layout.
pub fn recognise(file: &SourceFile<'_>) -> Result<(Format, Role), Refusal> {
    recognise_with(file, &Mapping::default())
}

/// Recognises a file; a table or JSON of no known layout is an internal list if columns are mapped.
///
/// # Errors
/// As [`recognise`].
pub fn recognise_with(file: &SourceFile<'_>, mapping: &Mapping) -> Result<(Format, Role), Refusal> {
    let refuse = |reason: &str, hint: &str| Err(Refusal::new(file.name, "", reason).hint(hint));
    let again = "get the file again from its publisher";
    if file.bytes.is_empty() {
        return refuse("the file is empty (0 bytes)", again);
    }
    if file.bytes.starts_with(b"PK\x03\x04") {
        return refuse("a zip archive or office document", "unpack it, or take the XML or CSV edition of the list");
    }
    if file.bytes.starts_with(b"%PDF") {
        return refuse("a PDF document", "take the XML or CSV edition of the list");
    }
    if file.bytes.starts_with(b"\xff\xfe") || file.bytes.starts_with(b"\xfe\xff") {
        return refuse("text in UTF-16", "save it as UTF-8");
    }
    let head = match file.head(HEAD) {
        Ok(head) => head,
        Err(error) => return Err(Refusal::new(file.name, "", error.to_string())),
    };
    let text = String::from_utf8_lossy(&head);
    let text = text.trim_start();
    if text.is_empty() {
        return refuse("the file holds nothing but blanks", again);
    }
    let lower: String = text.chars().take(1000).collect::<String>().to_ascii_lowercase();
    if lower.starts_with("<!doctype html") || lower.contains("<html") {
        return refuse(
            "a web page, not a list",
            "the address answers with an error page or asks for consent: fetch the file itself",
        );
    }
    if text.starts_with("---\n") || text.starts_with("---\r\n") || text.starts_with("%YAML") {
        return refuse("a YAML file, which no publisher of a list uses", "convert it to CSV with a column `name`");
    }
    match text.as_bytes().first() {
        Some(b'<') => xml(file),
        Some(b'{' | b'[') => json(file, text, mapping),
        _ => table(file, mapping),
    }
}

fn xml(file: &SourceFile<'_>) -> Result<(Format, Role), Refusal> {
    let mut reader = XmlReader::open(file);
    let Some(root) = reader.next()?.map(|path| path.trim_start_matches('/').to_owned()) else {
        return Err(Refusal::new(file.name, "", "no XML element in the file"));
    };
    let namespace = reader.attribute("xmlns").unwrap_or("").to_owned();
    let mut paths = BTreeSet::new();
    // The programme and id types that tell OFAC's two `sdnList`s apart stand in the first entries.
    for _ in 0..ELEMENTS {
        // A fault further on is for the reader of the format to say; here it only ends the look.
        match reader.next() {
            Ok(Some(path)) => paths.insert(path.get(root.len() + 2..).unwrap_or("").to_owned()),
            Ok(None) | Err(_) => break,
        };
    }
    let has = |path: &str| paths.contains(path);
    let format = match root.as_str() {
        "CONSOLIDATED_LIST" if has("INDIVIDUALS") || has("ENTITIES") => Format::UnConsolidatedXml,
        "sdnList"
            if namespace.contains("tempuri.org/sdnList")
                || namespace.contains("sanctionslistservice.ofac.treas.gov") =>
        {
            crate::formats::ofac::sdn_list(file)
        }
        "Sanctions" if namespace.contains("ADVANCED") || (has("ReferenceValueSets") && has("DateOfIssue")) => {
            Format::OfacAdvancedXml
        }
        "sanctionsData" if namespace.contains("ENHANCED_XML") || has("publicationInfo") => Format::OfacEnhancedXml,
        "export" if namespace.contains("eu.europa.ec/fpi/fsd") => Format::EuFsfXml,
        "WHOLE" if has("ENTITY") => Format::EuGlobalXml,
        "Designations" if has("Designation") || has("DateGenerated") => Format::UkSlXml,
        "swiss-sanctions-list" => Format::ChSecoXml,
        "data-set" if has("record") => Format::CaSemaXml,
        "TaggedPDF-doc" => Format::MyMohaXml,
        _ => {
            let space =
                if namespace.is_empty() { String::new() } else { format!(" in namespace `{}`", excerpt(&namespace)) };
            let first: Vec<&str> = paths.iter().take(3).map(String::as_str).collect();
            return Err(Refusal::new(
                file.name,
                "",
                format!(
                    "XML of no known list: root element `{}`{space}, first elements `{}`",
                    excerpt(&root),
                    excerpt(&first.join(", "))
                ),
            ));
        }
    };
    Ok((format, Role::Main))
}

fn json(file: &SourceFile<'_>, text: &str, mapping: &Mapping) -> Result<(Format, Role), Refusal> {
    let has = |key: &str| text.contains(key);
    let format = match () {
        () if has("\"sdnListDate\"") || (has("\"addresses\"") && has("\"totalAddresses\"")) => Format::OfacWalletsJson,
        () if is_ftm(text) => Format::FtmJson,
        () if has("\"resources\"") && has("\"entity_count\"") => {
            return Err(Refusal::new(file.name, "", "an index of data sets, not a list")
                .hint("take the file of entities that it names"));
        }
        () if has("\"DATA_SOURCE\"") && has("\"RECORD_ID\"") => {
            return Err(Refusal::new(file.name, "", "records in Senzing's JSON, which is not read")
                .hint("take the FollowTheMoney or CSV edition of the same export"));
        }
        () if has("\"name\"") || has("\"names\"") || has("\"full_name\"") || !mapping.0.is_empty() => Format::OwnJson,
        () => {
            return Err(Refusal::new(file.name, "", format!("JSON of no known list: `{}`", excerpt(text.trim())))
                .hint("an internal list needs a `name` in each object, or a mapping"));
        }
    };
    Ok((format, Role::Main))
}

// The first value decides: an internal list may hold some entities of FollowTheMoney.
fn is_ftm(text: &str) -> bool {
    let text = text.trim_start().trim_start_matches('[');
    match serde_json::Deserializer::from_str(text).into_iter::<serde_json::Value>().next() {
        Some(Ok(first)) => first.get("schema").is_some() && first.get("properties").is_some(),
        // The first value is longer than what we look at, or broken: its reader says where.
        Some(Err(_)) | None => {
            text.contains("\"schema\"") && (text.contains("\"properties\"") || text.contains("\"caption\""))
        }
    }
}

fn table(file: &SourceFile<'_>, mapping: &Mapping) -> Result<(Format, Role), Refusal> {
    let head = file.head(HEAD).unwrap_or_default();
    let first_line = head.split(|b| *b == b'\n').next().unwrap_or(&[]);
    // Remarks in quotes hold more semicolons than the row has commas.
    let count = |byte: u8| {
        let mut quoted = false;
        let outside = |b: &&u8| {
            quoted ^= **b == b'"';
            !quoted && **b == byte
        };
        first_line.iter().filter(outside).count()
    };
    let delimiter = [b'\t', b';'].into_iter().find(|d| count(*d) > count(b',')).unwrap_or(b',');
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut table = Table::open(file, delimiter, Encoding::Utf8OrCp1252);
    while rows.len() < ROWS {
        // A fault in the very first row decides; later ones are for the reader of the format.
        match table.next() {
            Ok(Some(row)) => rows.push(row.iter().map(str::to_owned).collect()),
            Ok(None) => break,
            Err(refusal) if rows.is_empty() => return Err(refusal),
            Err(_) => break,
        }
    }
    let Some(first) = rows.first() else {
        return Err(Refusal::new(file.name, "", "no rows in the file"));
    };
    // The United Kingdom's files put a line with the date before the header.
    let dated = |cell: &String| cell == "Last Updated" || cell.to_ascii_lowercase().starts_with("report date");
    let header = if first.first().is_some_and(dated) && rows.len() > 1 { rows.get(1).unwrap_or(first) } else { first };
    let columns: BTreeSet<String> =
        header.iter().map(|cell| cell.trim_matches(['"', '\u{feff}']).trim().to_ascii_lowercase()).collect();
    let has = |names: &[&str]| names.iter().all(|name| columns.contains(*name));
    if let Some(role) = crate::formats::uk_tables::role(&has) {
        return Ok((Format::UkSlTables, role));
    }
    let found = match () {
        () if has(&["_id", "source", "entity_number", "source_list_url"]) => (Format::UsCslCsv, Role::Main),
        () if has(&["source", "entity_number", "programs", "name", "source_list_url"]) => {
            (Format::UsCslCsv, Role::Main)
        }
        () if has(&["name", "street_address", "effective_date", "standard_order"]) => (Format::UsDplTxt, Role::Main),
        () if has(&["ent_num", "sdn_name", "sdn_type", "title", "remarks"]) => (Format::OfacSdnCsv5, Role::Main),
        () if has(&["name 6", "name 1", "group type", "regime"]) => (Format::UkConlistCsv, Role::Main),
        () if has(&["name 6", "unique id", "designation type"]) => (Format::UkSlCsv, Role::Main),
        () if has(&["name", "alias", "nationality", "designation", "sanction type", "source"]) => {
            (Format::FlatCsv, Role::Main)
        }
        () if columns
            .iter()
            .any(|c| c.starts_with("entity_logicalid") || c.starts_with("entity_eureferencenumber")) =>
        {
            (Format::EuFsfCsv, crate::formats::eu_csv::role(header))
        }
        () if has(&["reference", "name of individual or entity", "committees"]) => (Format::AuDfatCsv, Role::Main),
        () if crate::columns::names_somebody(header) || !mapping.0.is_empty() => (Format::OwnCsv, Role::Main),
        () => {
            // OFAC's tables have no header: what has one that we know is not OFAC's, whatever its shape.
            if let Some(found) = crate::formats::ofac::headerless(&rows) {
                return Ok(found);
            }
            return Err(Refusal::new(
                file.name,
                "line 1",
                format!("a table of no known list: columns `{}`", excerpt(&header.join(", "))),
            )
            .hint("an internal list needs a column `name`, or a mapping of its columns"));
        }
    };
    Ok(found)
}
