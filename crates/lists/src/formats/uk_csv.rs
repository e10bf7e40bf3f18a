//! The United Kingdom's two lists as CSV: the UK Sanctions List and OFSI's consolidated list.
//!
//! Promises: the rows of a Unique ID or Group ID, wherever they stand, make one listing; a row of
//! another width than the header is a rejection.
//! Memory: rows of one record may stand anywhere, so the listings are held until the end.

use std::collections::HashMap;

use interdict_model::{Designation, Gender, IdentifierKind, Link, Listing, Sourced};

use super::eu::Block;
use super::has_width;
use super::uk::{self, Joined};
use crate::account::Account;
use crate::dates::{Order, day};
use crate::parts;
use crate::table::{Encoding, Row, Table};
use crate::{Refusal, Role, SourceFile};

/// Columns of both lists, in lower case without punctuation, each with our key.
const KEYS: &[(&str, &str)] = &[
    ("name1", "name1"),
    ("name2", "name2"),
    ("name3", "name3"),
    ("name4", "name4"),
    ("name5", "name5"),
    ("name6", "name6"),
    ("nametype", "nametype"),
    ("aliastype", "nametype"),
    ("aliasstrength", "aliasstrength"),
    ("aliasquality", "aliasstrength"),
    ("title", "title"),
    ("namenonlatinscript", "namenonlatinscript"),
    ("nonlatinscripttype", "nonlatinscripttype"),
    ("nonlatinscriptlanguage", "nonlatinscriptlanguage"),
    ("dob", "dob"),
    ("townofbirth", "townofbirth"),
    ("countryofbirth", "countryofbirth"),
    ("nationality", "nationality"),
    ("nationalityies", "nationality"),
    ("passportnumber", "passportnumber"),
    ("passportdetails", "passportdetails"),
    ("passportadditionalinformation", "passportdetails"),
    ("ninumber", "nidetails"),
    ("nationalidentificationnumber", "ninumber"),
    ("nationalidentifiernumber", "ninumber"),
    ("nidetails", "nidetails"),
    ("nationalidentifieradditionalinformation", "nidetails"),
    ("position", "position"),
    ("gender", "gender"),
    ("address1", "addressline1"),
    ("address2", "addressline2"),
    ("address3", "addressline3"),
    ("address4", "addressline4"),
    ("address5", "addressline5"),
    ("address6", "addressline6"),
    ("addressline1", "addressline1"),
    ("addressline2", "addressline2"),
    ("addressline3", "addressline3"),
    ("addressline4", "addressline4"),
    ("addressline5", "addressline5"),
    ("addressline6", "addressline6"),
    ("postzipcode", "addresspostalcode"),
    ("addresspostalcode", "addresspostalcode"),
    ("country", "addresscountry"),
    ("addresscountry", "addresscountry"),
    ("otherinformation", "otherinformation"),
    ("ukstatementofreasons", "reasons"),
    ("grouptype", "kind"),
    ("designationtype", "kind"),
    ("individualentityship", "kind"),
    ("regime", "regime"),
    ("regimename", "regime"),
    ("listedon", "listedon"),
    ("datedesignated", "listedon"),
    ("uksanctionslistdatedesignated", "designatedon"),
    ("lastupdated", "lastupdated"),
    ("groupid", "groupid"),
    ("ofsigroupid", "groupid"),
    ("uniqueid", "uniqueid"),
    ("unreferencenumber", "unreference"),
    ("designationsource", "source"),
    ("sanctionsimposed", "measures"),
    ("phonenumber", "phone"),
    ("website", "website"),
    ("emailaddress", "email"),
    ("typeofentity", "typeofentity"),
    ("subsidiaries", "subsidiaries"),
    ("parentcompany", "parent"),
    ("businessregistrationnumbers", "registration"),
    ("businessregistrationnumber", "registration"),
    ("imonumber", "imo"),
    ("currentowneroperators", "owner"),
    ("currentowneroperator", "owner"),
    ("previousowneroperators", "previousowner"),
    ("previousowneroperator", "previousowner"),
    ("currentbelievedflagofship", "flag"),
    ("previousflags", "previousflags"),
    ("typeofship", "typeofship"),
    ("tonnageofship", "tonnage"),
    ("lengthofship", "length"),
    ("yearbuilt", "built"),
    ("hullidentificationnumberhin", "hull"),
];

struct Layout {
    at: HashMap<&'static str, usize>,
    names: HashMap<&'static str, String>,
    other: Vec<(usize, String)>,
    width: usize,
}

impl Layout {
    fn of(header: &[String]) -> Self {
        let mut layout = Self { at: HashMap::new(), names: HashMap::new(), other: Vec::new(), width: header.len() };
        for (i, column) in header.iter().enumerate() {
            let plain: String =
                column.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
            match KEYS.iter().find(|(name, _)| *name == plain) {
                Some((_, key)) => {
                    layout.at.insert(key, i);
                    layout.names.insert(key, column.clone());
                }
                None => layout.other.push((i, column.clone())),
            }
        }
        layout
    }
}

struct Cells<'r> {
    layout: &'r Layout,
    row: Row<'r>,
}

impl Block for Cells<'_> {
    fn get(&self, key: &'static str) -> &str {
        self.layout.at.get(key).map_or("", |i| self.row.get(*i))
    }

    fn field(&self, key: &'static str) -> String {
        self.layout.names.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }
}

pub(crate) fn read(file: &SourceFile<'_>, record: &'static str, account: &mut Account<'_>) -> Result<(), Refusal> {
    let mut table = Table::open(file, b',', Encoding::Utf8OrCp1252);
    table.read_header()?;
    // A line with the date stands before the header.
    let first = table.header().first().map(|c| c.trim().to_ascii_lowercase()).unwrap_or_default();
    if first == "last updated" && table.header().get(1).is_some_and(|c| day(c, Order::DayFirst).is_some()) {
        account.published = table.header().get(1).and_then(|text| day(text, Order::DayFirst));
        table.read_header()?;
    } else if let Some(date) = first.strip_prefix("report date") {
        account.published = day(date.trim_start_matches([':', ' ']), Order::DayFirst);
        table.read_header()?;
    }
    let layout = Layout::of(table.header());
    for key in [record, "name6", "kind"] {
        if !layout.at.contains_key(key) {
            return Err(table.refuse(format!("no column for `{key}` in the header")));
        }
    }
    let mut joined = Joined::default();
    let (mut rows, mut attached) = (0_u64, 0_u64);
    while let Some(row) = table.next()? {
        rows += 1;
        let place = format!("line {}", row.line);
        if !has_width(file, row, layout.width, &place, account)? {
            continue;
        }
        let cells = Cells { layout: &layout, row };
        let id = cells.get(record);
        if id.is_empty() {
            account.reject(place, format!("no `{}`", cells.field(record)), None);
            continue;
        }
        let Some(kind) = uk::kind(cells.get("kind")) else {
            account.reject(format!("{place}, {id}"), format!("unknown subject `{}`", cells.get("kind")), None);
            continue;
        };
        for (i, column) in &layout.other {
            if !row.get(*i).is_empty() {
                account.unknown(column);
            }
        }
        attached += 1;
        fill(joined.listing(id, || account.blank(id, place, kind)), &cells);
    }
    account.role_rows(Role::Main, rows, attached);
    joined.finish(account);
    Ok(())
}

fn fill(listing: &mut Listing, cells: &Cells<'_>) {
    use IdentifierKind as I;
    if !cells.get("uniqueid").is_empty() {
        listing.reference = Some(cells.get("uniqueid").to_owned());
    }
    designation(listing, cells);
    let entity = &mut listing.entity;
    uk::name(entity, cells);
    parts::title(entity, cells.get("title"), cells.field("title"));
    parts::title(entity, cells.get("position"), cells.field("position"));
    if let Some(gender) = Gender::parse(cells.get("gender"))
        && !entity.genders.iter().any(|g| g.value == gender)
    {
        entity.genders.push(Sourced::new(gender, cells.field("gender")));
    }
    for piece in uk::pieces(cells.get("dob")) {
        parts::birth(entity, piece, Order::DayFirst, cells.field("dob"));
    }
    parts::birth(entity, cells.get("built"), Order::DayFirst, cells.field("built"));
    uk::birth_places(entity, cells.get("townofbirth"), cells.get("countryofbirth"), &cells.field("townofbirth"));
    uk::nationalities(entity, cells.get("nationality"), &cells.field("nationality"));
    uk::nationalities(entity, cells.get("flag"), &cells.field("flag"));
    for piece in uk::pieces(cells.get("previousflags")) {
        parts::other_country(entity, uk::country_text(piece), cells.field("previousflags"));
    }
    for (kind, number, about) in
        [(I::Passport, "passportnumber", "passportdetails"), (I::NationalId, "ninumber", "nidetails")]
    {
        // The layout of 29 columns has the sentence alone.
        let field = if cells.get(number).is_empty() { about } else { number };
        uk::document(entity, kind, cells.get(number), cells.get(about), &cells.field(field));
    }
    for key in ["passportdetails", "nidetails", "otherinformation", "reasons"] {
        uk::remark_once(entity, cells.get(key), cells.field(key));
    }
    uk::imo_numbers(entity, cells.get("otherinformation"), &cells.field("otherinformation"));
    uk::address(entity, cells);
    for (key, kind) in [
        ("phone", I::Phone),
        ("website", I::Website),
        ("email", I::Email),
        ("imo", I::Imo),
        ("registration", I::Registration),
    ] {
        for piece in uk::pieces(cells.get(key)) {
            uk::document(entity, kind, piece, "", &cells.field(key));
        }
    }
    for key in ["unreference", "groupid", "typeofentity", "typeofship", "tonnage", "length", "hull"] {
        let value = parts::one_line(cells.get(key));
        if !entity.properties.iter().take(parts::COMPARED).any(|p| p.value.1 == value) {
            parts::property(entity, &cells.field(key), &value, cells.field(key));
        }
    }
    for (key, relation) in [
        ("subsidiaries", "Subsidiary"),
        ("parent", "Parent company"),
        ("owner", "Current owner or operator"),
        ("previousowner", "Previous owner or operator"),
    ] {
        for piece in uk::pieces(cells.get(key)) {
            let link = Link { relation: relation.to_owned(), name: piece.to_owned(), record: None };
            if !listing.links.iter().take(parts::COMPARED).any(|l| l.value == link) {
                listing.links.push(Sourced::new(link, cells.field(key)));
            }
        }
    }
    if listing.reference.is_none() {
        listing.reference = reference_in(cells.get("otherinformation"));
    }
}

fn designation(listing: &mut Listing, cells: &Cells<'_>) {
    let programme = cells.get("regime");
    let date = |key| day(cells.get(key), Order::DayFirst);
    let at = match listing.designations.iter().take(parts::COMPARED).position(|d| d.value.programme == programme) {
        Some(at) => at,
        None => {
            let act = Designation {
                programme: programme.to_owned(),
                authority: Some(cells.get("source").to_owned()).filter(|s| !s.is_empty()),
                listed_on: date("listedon").or_else(|| date("designatedon")),
                measures: cells
                    .get("measures")
                    .split('|')
                    .map(|m| m.trim().to_owned())
                    .filter(|m| !m.is_empty())
                    .collect(),
                ..Designation::default()
            };
            listing.designations.push(Sourced::new(act, cells.field("regime")));
            listing.designations.len() - 1
        }
    };
    if let (Some(act), Some(updated)) = (listing.designations.get_mut(at), date("lastupdated"))
        && !act.value.amended_on.contains(&updated)
    {
        act.value.amended_on.push(updated);
        act.value.amended_on.sort_unstable();
    }
}

// OFSI names the UK Sanctions List's reference in the text: `(UK Sanctions List Ref):AQD0183`.
fn reference_in(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("UK Sanctions List Ref")?;
    let rest = rest.trim_start_matches([')', ':', ' ', '.']);
    let reference: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    let shape = reference.len() == 7
        && reference.bytes().take(3).all(|b| b.is_ascii_uppercase())
        && reference.bytes().skip(3).all(|b| b.is_ascii_digit());
    shape.then_some(reference)
}
