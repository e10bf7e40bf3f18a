//! The EU's consolidated financial sanctions file as CSV 1.1, whole or as extracts of its columns.
//!
//! Promises: the rows of one entity, each with one block filled in, make one listing; rows of an
//! extract that name no entity of the main file are rejections.
//! Memory: the whole file streams. Extracts are held whole, without their empty rows.

use std::collections::{BTreeSet, HashMap};

use interdict_model::{Designation, IdentifierKind, Kind, Listing, Name, NameQuality, Sourced};

use super::eu::{self, Block};
use super::has_width;
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts;
use crate::table::{Encoding, Row, Table};
use crate::{FileSet, Refusal, Role, SourceFile};

/// Columns of each block, by the XML attribute's name; the column is `<block>_<name>`.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("NameAlias", "lastName", "LastName"),
    ("NameAlias", "firstName", "FirstName"),
    ("NameAlias", "middleName", "MiddleName"),
    ("NameAlias", "wholeName", "WholeName"),
    ("NameAlias", "nameLanguage", "NameLanguage"),
    ("NameAlias", "gender", "Gender"),
    ("NameAlias", "title", "Title"),
    ("NameAlias", "function", "Function"),
    ("NameAlias", "strong", "Strong"),
    ("NameAlias", "remark", "Remark"),
    ("Address", "city", "City"),
    ("Address", "street", "Street"),
    ("Address", "poBox", "PoBox"),
    ("Address", "zipCode", "ZipCode"),
    ("Address", "region", "Region"),
    ("Address", "place", "Place"),
    ("Address", "contactInfo", "ContactInfo"),
    ("Address", "countryIso2Code", "CountryIso2Code"),
    ("Address", "countryDescription", "CountryDescription"),
    ("Address", "remark", "Remark"),
    ("BirthDate", "birthdate", "BirthDate"),
    ("BirthDate", "dayOfMonth", "Day"),
    ("BirthDate", "monthOfYear", "Month"),
    ("BirthDate", "year", "Year"),
    ("BirthDate", "yearRangeFrom", "YearRangeFrom"),
    ("BirthDate", "yearRangeTo", "YearRangeTo"),
    ("BirthDate", "circa", "Circa"),
    ("BirthDate", "calendarType", "CalendarType"),
    ("BirthDate", "zipCode", "ZipCode"),
    ("BirthDate", "region", "Region"),
    ("BirthDate", "place", "Place"),
    ("BirthDate", "city", "City"),
    ("BirthDate", "countryIso2Code", "CountryIso2Code"),
    ("BirthDate", "countryDescription", "CountryDescription"),
    ("BirthDate", "remark", "Remark"),
    ("Identification", "number", "Number"),
    ("Identification", "knownExpired", "KnownExpired"),
    ("Identification", "knownFalse", "KnownFalse"),
    ("Identification", "reportedLost", "ReportedLost"),
    ("Identification", "revokedByIssuer", "RevokedByIssuer"),
    ("Identification", "diplomatic", "Diplomatic"),
    ("Identification", "latinNumber", "LatinNumber"),
    ("Identification", "nameOnDocument", "NameOnDocument"),
    ("Identification", "issueDate", "IssuedDate"),
    ("Identification", "validFrom", "ValidFrom"),
    ("Identification", "validTo", "ValidTo"),
    ("Identification", "issuedBy", "IssuedBy"),
    ("Identification", "identificationTypeCode", "TypeCode"),
    ("Identification", "identificationTypeDescription", "TypeDescription"),
    ("Identification", "region", "Region"),
    ("Identification", "countryIso2Code", "CountryIso2Code"),
    ("Identification", "countryDescription", "CountryDescription"),
    ("Identification", "remark", "Remark"),
    ("Citizenship", "region", "Region"),
    ("Citizenship", "countryIso2Code", "CountryIso2Code"),
    ("Citizenship", "countryDescription", "CountryDescription"),
    ("Citizenship", "remark", "Remark"),
    ("Entity_Regulation", "regulationType", "Type"),
    ("Entity_Regulation", "organisationType", "OrganisationType"),
    ("Entity_Regulation", "publicationDate", "PublicationDate"),
    ("Entity_Regulation", "entryIntoForceDate", "EntryIntoForceDate"),
    ("Entity_Regulation", "numberTitle", "NumberTitle"),
    ("Entity_Regulation", "programme", "Programme"),
    ("Entity_Regulation", "publicationUrl", "PublicationUrl"),
    ("Entity", "logicalId", "LogicalId"),
    ("Entity", "reference", "EU_ReferenceNumber"),
    ("Entity", "unitedNationId", "UnitedNationId"),
    ("Entity", "designationDate", "DesignationDate"),
    ("Entity", "designationDetails", "DesignationDetails"),
    ("Entity", "remark", "Remark"),
    ("Entity", "type", "SubjectType"),
    ("Entity", "class", "SubjectType_ClassificationCode"),
];

/// The role of a file that has one block alone.
const ROLES: [(&str, Role); 5] = [
    ("NameAlias", Role::Aliases),
    ("Address", Role::Addresses),
    ("BirthDate", Role::Births),
    ("Citizenship", Role::Countries),
    ("Identification", Role::Identifiers),
];

/// The several values of one cell in an extract with one row an entity.
const JOINT: &str = ":::";

/// Where each column of a file stands.
struct Layout {
    at: HashMap<(&'static str, &'static str), usize>,
    /// Columns that we do not read.
    other: Vec<(usize, String)>,
    generated: Option<usize>,
}

/// A row being read, or one kept from an extract.
#[derive(Clone, Copy)]
enum Line<'r> {
    Read(Row<'r>),
    Kept(&'r [String]),
}

impl<'r> Line<'r> {
    fn get(self, index: usize) -> &'r str {
        match self {
            Self::Read(row) => row.get(index),
            Self::Kept(fields) => fields.get(index).map_or("", String::as_str),
        }
    }
}

/// One block of a row.
struct Cells<'r> {
    layout: &'r Layout,
    row: Line<'r>,
    block: &'static str,
}

impl Block for Cells<'_> {
    fn get(&self, key: &'static str) -> &str {
        self.layout.at.get(&(self.block, key)).map_or("", |i| self.row.get(*i))
    }

    fn field(&self, key: &'static str) -> String {
        let column =
            COLUMNS.iter().find(|(block, name, _)| *block == self.block && *name == key).map_or(key, |(_, _, c)| c);
        format!("{}_{column}", self.block)
    }
}

impl Layout {
    fn of(header: &[String]) -> Self {
        let mut layout = Self { at: HashMap::new(), other: Vec::new(), generated: None };
        for (i, column) in header.iter().enumerate() {
            let known = COLUMNS.iter().find(|(block, _, name)| {
                column.len() == block.len() + 1 + name.len()
                    && column.get(..block.len()).is_some_and(|head| head.eq_ignore_ascii_case(block))
                    && column.get(block.len() + 1..).is_some_and(|tail| tail.eq_ignore_ascii_case(name))
            });
            match known {
                Some((block, key, _)) => drop(layout.at.insert((block, key), i)),
                None if column.eq_ignore_ascii_case("fileGenerationDate") => layout.generated = Some(i),
                // Ids of blocks, languages of acts and the act behind a single value are the publisher's audit trail.
                None if ["LogicalId", "RegulationLanguage", "AsAtListingTime"]
                    .iter()
                    .any(|end| column.ends_with(end)) => {}
                None if column.contains("_Regulation_") => {}
                None => layout.other.push((i, column.clone())),
            }
        }
        layout
    }

    fn cells<'r>(&'r self, row: Line<'r>, block: &'static str) -> Cells<'r> {
        Cells { layout: self, row, block }
    }

    fn has(&self, block: &'static str) -> bool {
        self.at.keys().any(|(b, _)| *b == block)
    }

    fn filled(&self, row: Line<'_>, block: &'static str) -> bool {
        self.at.iter().any(|((b, _), i)| *b == block && !row.get(*i).is_empty())
    }
}

/// The role of a file by its columns: an extract has one block only.
pub(crate) fn role(header: &[String]) -> Role {
    let layout = Layout::of(header);
    let found: Vec<Role> = ROLES.iter().filter(|(block, _)| layout.has(block)).map(|(_, role)| *role).collect();
    match found.as_slice() {
        [role] => *role,
        _ => Role::Main,
    }
}

pub(crate) fn read(set: &FileSet<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let file = super::main(set)?;
    let mut table = open(file)?;
    let layout = Layout::of(table.header());
    if !layout.at.contains_key(&("Entity", "logicalId")) {
        return Err(table.refuse("no column `Entity_LogicalId`"));
    }
    let width = table.header().len();
    let mut companions = Companion::all(set)?;
    let beside: Vec<Role> = companions.iter().map(|c| c.role).collect();
    let mut current: Option<Listing> = None;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let (mut rows, mut attached) = (0_u64, 0_u64);
    while let Some(row) = table.next()? {
        rows += 1;
        let place = format!("line {}", row.line);
        if !has_width(file, row, width, &place, account)? {
            continue;
        }
        if let Some(i) = layout.generated
            && account.published.is_none()
        {
            account.published = day(row.get(i), Order::DayFirst);
        }
        let head = layout.cells(Line::Read(row), "Entity");
        let id = head.get("logicalId");
        if id.is_empty() {
            account.reject(place, "no Entity_LogicalId", None);
            continue;
        }
        if current.as_ref().is_none_or(|listing| listing.record != id) {
            if let Some(done) = current.take() {
                close(done, &mut companions, account);
            }
            if seen.contains(id) {
                account.reject(
                    place,
                    format!("entity `{id}` comes again after others"),
                    Some("rows of an entity stand together in the publisher's file"),
                );
                continue;
            }
            let kind = match (eu::kind(head.get("type"), head.get("class")), head.get("type")) {
                (Some(kind), _) => kind,
                (None, "") => Kind::Unknown,
                (None, other) => {
                    account.reject(format!("{place}, {id}"), format!("unknown subject type `{other}`"), None);
                    seen.insert(id.to_owned());
                    continue;
                }
            };
            seen.insert(id.to_owned());
            current = Some(account.blank(id, place, kind));
        }
        if let Some(listing) = &mut current {
            attached += 1;
            fill(listing, &layout, Line::Read(row), &beside);
            for (i, column) in &layout.other {
                if !row.get(*i).is_empty() {
                    account.unknown(column);
                }
            }
        }
    }
    if let Some(done) = current.take() {
        close(done, &mut companions, account);
    }
    account.role_rows(Role::Main, rows, attached);
    for companion in companions {
        companion.finish(account);
    }
    Ok(())
}

fn close(mut listing: Listing, companions: &mut [Companion], account: &mut Account<'_>) {
    for companion in companions {
        companion.attach(&mut listing);
    }
    eu::numbers_in_remarks(&mut listing.entity);
    account.listing(listing);
}

fn open<'a>(file: &SourceFile<'a>) -> Result<Table<'a>, Refusal> {
    // The publisher separates by semicolons, most extracts by commas.
    let head = file.head(4096).unwrap_or_default();
    let line = head.split(|b| *b == b'\n').next().unwrap_or(&[]);
    let count = |byte: u8| line.iter().filter(|b| **b == byte).count();
    let mut table = Table::open(file, if count(b';') > count(b',') { b';' } else { b',' }, Encoding::Utf8);
    table.read_header()?;
    Ok(table)
}

fn fill(listing: &mut Listing, layout: &Layout, row: Line<'_>, beside: &[Role]) {
    let head = layout.cells(row, "Entity");
    if listing.reference.is_none() {
        listing.reference = Some(head.get("reference").to_owned()).filter(|r| !r.is_empty());
        for key in ["unitedNationId", "designationDetails"] {
            parts::property(&mut listing.entity, key, head.get(key), head.field(key));
        }
        parts::remark(&mut listing.entity, head.get("remark"), head.field("remark"));
    }
    if layout.filled(row, "Entity_Regulation") {
        let block = layout.cells(row, "Entity_Regulation");
        let act = eu::regulation(&block, day(head.get("designationDate"), Order::DayFirst));
        if !listing.designations.iter().take(parts::COMPARED).any(|d| d.value == act) {
            parts::property(
                &mut listing.entity,
                "publication",
                block.get("publicationUrl"),
                block.field("publicationUrl"),
            );
            listing.designations.push(Sourced::new(act, "Entity_Regulation"));
        }
    } else if listing.designations.is_empty()
        && let Some(date) = day(head.get("designationDate"), Order::DayFirst)
    {
        let act = Designation { listed_on: Some(date), ..Designation::default() };
        listing.designations.push(Sourced::new(act, "Entity_DesignationDate"));
    }
    let joined = layout.at.get(&("NameAlias", "wholeName")).is_some_and(|i| row.get(*i).contains(JOINT));
    if joined || !layout.at.contains_key(&("NameAlias", "firstName")) && layout.has("NameAlias") {
        return joint(listing, layout, row, beside);
    }
    block(listing, layout, row);
}

fn block(listing: &mut Listing, layout: &Layout, row: Line<'_>) {
    let entity = &mut listing.entity;
    if layout.filled(row, "NameAlias") {
        eu::name(entity, &layout.cells(row, "NameAlias"));
    }
    if layout.filled(row, "Address") {
        eu::address(entity, &layout.cells(row, "Address"));
    }
    if layout.filled(row, "BirthDate") {
        eu::birthdate(entity, &layout.cells(row, "BirthDate"));
    }
    if layout.filled(row, "Identification") {
        eu::identification(entity, &layout.cells(row, "Identification"));
    }
    if layout.filled(row, "Citizenship") {
        eu::citizenship(entity, &layout.cells(row, "Citizenship"));
    }
}

// One row an entity, the values of a column joined. What belongs together across columns is lost
// (which street in which city): names, dates, numbers and countries stand alone, the rest is text.
fn joint(listing: &mut Listing, layout: &Layout, row: Line<'_>, beside: &[Role]) {
    let entity = &mut listing.entity;
    for ((block, key), i) in ordered(layout) {
        // An extract of the same block has the same values, each row whole.
        if ROLES.iter().any(|(b, role)| *b == block && *b != "NameAlias" && beside.contains(role)) {
            continue;
        }
        let field = layout.cells(row, block).field(key);
        for (n, text) in row.get(i).split(JOINT).map(str::trim).filter(|t| !t.is_empty()).enumerate() {
            match (block, key) {
                ("NameAlias", "wholeName") => {
                    let quality = if n == 0 { NameQuality::Primary } else { NameQuality::Strong };
                    if !entity.names.iter().take(parts::COMPARED).any(|name| name.value.full == text) {
                        parts::name(entity, Name::new(text, quality), field.clone());
                    }
                }
                ("NameAlias", "title" | "function") => parts::title(entity, text, field.clone()),
                ("BirthDate", "birthdate") => parts::birth(entity, text, Order::DayFirst, field.clone()),
                ("BirthDate", "city") => parts::birth_place(entity, text, "", field.clone()),
                ("Identification", "number") => {
                    parts::identifier(entity, IdentifierKind::OtherDocument, text, "", "", field.clone());
                }
                ("Citizenship", "countryDescription") => parts::nationality(entity, text, field.clone()),
                ("Address", "city") => {
                    let address = parts::AddressParts { city: text, ..parts::AddressParts::default() };
                    parts::address(entity, address, field.clone());
                }
                ("Entity" | "Entity_Regulation", _) => {}
                _ => parts::property(entity, &field, text, field.clone()),
            }
        }
    }
}

fn ordered(layout: &Layout) -> Vec<((&'static str, &'static str), usize)> {
    let mut all: Vec<_> = layout.at.iter().map(|(key, i)| (*key, *i)).collect();
    all.sort_unstable_by_key(|(_, i)| *i);
    all
}

/// An extract: its rows that say something, by entity.
struct Companion {
    role: Role,
    layout: Layout,
    rows: u64,
    /// Of each entity: lines, and fields one after the other.
    by_entity: HashMap<String, Vec<(u64, Vec<String>)>>,
    blank_entities: HashMap<String, u64>,
    attached: u64,
}

impl Companion {
    fn all(set: &FileSet<'_>) -> Result<Vec<Self>, Refusal> {
        set.files.iter().filter(|(role, _)| *role != Role::Main).map(|(role, file)| Self::read(*role, file)).collect()
    }

    fn read(role: Role, file: &SourceFile<'_>) -> Result<Self, Refusal> {
        let mut table = open(file)?;
        let layout = Layout::of(table.header());
        let Some(id_at) = layout.at.get(&("Entity", "logicalId")).copied() else {
            return Err(table.refuse("no column `Entity_LogicalId`"));
        };
        let width = table.header().len();
        let mut found =
            Self { role, layout, rows: 0, by_entity: HashMap::new(), blank_entities: HashMap::new(), attached: 0 };
        while let Some(row) = table.next()? {
            found.rows += 1;
            if row.len() != width {
                let fields = row.len();
                return Err(table.refuse(format!("{fields} fields, but the header has {width} columns")));
            }
            let id = row.get(id_at).to_owned();
            if ROLES.iter().any(|(block, _)| found.layout.filled(Line::Read(row), block)) {
                found.by_entity.entry(id).or_default().push((row.line, row.iter().map(str::to_owned).collect()));
            } else {
                *found.blank_entities.entry(id).or_default() += 1;
            }
        }
        Ok(found)
    }

    /// Moves the rows of a listing's entity into it.
    fn attach(&mut self, listing: &mut Listing) {
        self.attached += self.blank_entities.remove(&listing.record).unwrap_or(0);
        let rows = self.by_entity.remove(&listing.record).unwrap_or_default();
        for (_, fields) in &rows {
            let row = Line::Kept(fields);
            block(listing, &self.layout, row);
            let head = self.layout.cells(row, "Entity");
            let remark = head.get("remark");
            if !listing.entity.remarks.iter().take(parts::COMPARED).any(|r| r.value == remark) {
                parts::remark(&mut listing.entity, remark, head.field("remark"));
            }
        }
        self.attached += rows.len() as u64;
    }

    fn finish(self, account: &mut Account<'_>) {
        account.role_rows(self.role, self.rows, self.attached);
        let mut left: Vec<(u64, String)> = self
            .by_entity
            .into_iter()
            .flat_map(|(id, rows)| rows.into_iter().map(move |(line, _)| (line, id.clone())))
            .collect();
        left.sort_unstable();
        for (line, id) in left {
            account.reject(
                format!("{} line {line}", self.role),
                format!("entity `{id}` is not in the main file"),
                None,
            );
        }
        let orphans: u64 = self.blank_entities.values().sum();
        if orphans > 0 {
            account.notes.push(format!(
                "{} rows of {} are empty and name entities that are not in the main file",
                orphans, self.role
            ));
        }
    }
}
