//! What OFAC's formats share: one record while it is being read, its names, kinds and programmes.
//!
//! The same labels (`Passport`, `DOB`, `Digital Currency Address - XBT`) stand in the remarks
//! column of the CSV, in `idList` of the XML and in the features of the newer models; `fact` reads
//! them all.

pub(crate) mod advanced;
pub(crate) mod csv;
pub(crate) mod enhanced;
pub(crate) mod fact;
pub(crate) mod remarks;
pub(crate) mod sdn_xml;
pub(crate) mod wallets;

use interdict_model::{Designation, Kind, Link, Listing, Name, NamePart, NameQuality, Sourced};
use jiff::civil::Date;

use crate::parts::{self, COMPARED, Field};
use crate::{Format, Role, SourceFile};

/// Programmes that repeat the record's measures. No record has more than ten; a hostile one costs
/// no more than this.
const PROGRAMMES: usize = 64;

/// A record while it is being read.
pub(crate) struct Draft {
    pub(crate) listing: Listing,
    pub(crate) programmes: Vec<String>,
    pub(crate) measures: Vec<String>,
    pub(crate) bases: Vec<String>,
    pub(crate) listed_on: Option<Date>,
}

impl Draft {
    pub(crate) fn new(listing: Listing) -> Self {
        Self { listing, programmes: Vec::new(), measures: Vec::new(), bases: Vec::new(), listed_on: None }
    }

    /// Adds a name as OFAC writes it: `LAST, First` for persons.
    pub(crate) fn name(&mut self, full: &str, quality: NameQuality, label: &str, field: impl Into<Field>) {
        let name = ofac_name(self.listing.entity.kind, full, quality, label);
        parts::name(&mut self.listing.entity, name, field);
    }

    /// Adds a programme unless it is there.
    pub(crate) fn programme(&mut self, programme: &str) {
        let programme = programme.trim();
        if !parts::is_nothing(programme) && !self.programmes.iter().take(COMPARED).any(|p| p == programme) {
            self.programmes.push(programme.to_owned());
        }
    }

    /// Adds a measure, a tag or a directive, in OFAC's words.
    pub(crate) fn measure(&mut self, text: String) {
        if !self.measures.iter().take(COMPARED).any(|m| *m == text) {
            self.measures.push(text);
        }
    }

    /// Adds a legal basis.
    pub(crate) fn basis(&mut self, text: &str) {
        let text = text.trim();
        if !text.is_empty() && !self.bases.iter().take(COMPARED).any(|b| b == text) {
            self.bases.push(text.to_owned());
        }
    }

    /// Adds a link to another party.
    pub(crate) fn link(&mut self, relation: &str, name: &str, record: Option<&str>, field: impl Into<Field>) {
        let name = parts::one_line(name);
        if !name.is_empty() {
            let link =
                Link { relation: relation.to_owned(), name: name.into_owned(), record: record.map(str::to_owned) };
            self.listing.links.push(Sourced::new(link, field));
        }
    }

    /// The listing, with a designation for each programme.
    pub(crate) fn finish(mut self, field: impl Into<Field>) -> Listing {
        let field = field.into();
        let stated = (!self.bases.is_empty()).then(|| self.bases.join("; "));
        let programmes = if self.programmes.is_empty() { vec![String::new()] } else { self.programmes };
        for (i, programme) in programmes.into_iter().enumerate() {
            let designation = Designation {
                basis: stated.clone().or_else(|| executive_order(&programme)),
                authority: Some("OFAC".to_owned()),
                measures: if i < PROGRAMMES { self.measures.clone() } else { Vec::new() },
                listed_on: self.listed_on,
                programme,
                ..Designation::default()
            };
            self.listing.designations.push(Sourced::new(designation, field.clone()));
        }
        self.listing.reference = Some(self.listing.record.clone());
        self.listing
    }
}

/// `RUSSIA-EO14024` names its order in the programme's own code.
fn executive_order(programme: &str) -> Option<String> {
    let (_, rest) = programme.split_once("EO")?;
    let number = rest.get(..5).filter(|n| n.bytes().all(|b| b.is_ascii_digit()))?;
    Some(format!("Executive Order {number}"))
}

/// A name as OFAC writes it, split into family and given names for persons.
pub(crate) fn ofac_name(kind: Kind, full: &str, quality: NameQuality, label: &str) -> Name {
    let mut name = Name::new(parts::one_line(full).into_owned(), quality);
    name.label = Some(label.to_owned()).filter(|l| !l.is_empty());
    if kind == Kind::Person
        && let Some((family, given)) = name.full.split_once(", ")
    {
        let (given, suffix) = match given.rsplit_once(", ") {
            Some((given, suffix)) if suffix.len() <= 4 => (given, Some(suffix.to_owned())),
            _ => (given, None),
        };
        name.parts = vec![(NamePart::Family, family.to_owned()), (NamePart::Given, given.to_owned())];
        name.parts.extend(suffix.map(|s| (NamePart::Suffix, s)));
    }
    name
}

/// OFAC's word for an alias.
pub(crate) fn alias_quality(kind: &str, weak: bool) -> NameQuality {
    let former = kind.trim().to_ascii_lowercase().starts_with('f');
    match (former, weak) {
        (true, _) => NameQuality::Former,
        (false, true) => NameQuality::Weak,
        (false, false) => NameQuality::Strong,
    }
}

/// OFAC's word for a kind: none if it is one we do not know.
pub(crate) fn kind_of(word: &str) -> Option<Kind> {
    Some(match word.trim().to_ascii_lowercase().as_str() {
        "individual" => Kind::Person,
        "vessel" => Kind::Vessel,
        "aircraft" => Kind::Aircraft,
        "-0-" | "" | "entity" | "enterprise" => Kind::Organization,
        _ => return None,
    })
}

/// Signs that an entry stands on one of the lists besides the SDN list. The layouts of both are
/// the same and neither says which it is; these programmes and remarks stand on one side only in
/// all editions seen (2018 to 2025), apart from a few that were moved.
fn looks_non_sdn(programmes: &str, remarks: &str) -> bool {
    const PROGRAMMES: [&str; 8] =
        ["NS-PLC", "NS-MBS", "CMIC-EO13959", "561", "FSE-", "UKRAINE-EO13662", "CAPTA", "NS-CMIC"];
    const REMARKS: [&str; 4] =
        ["Not on the SDN List", "Directive Determination", "Effective Date (CMIC)", "Directive 2)"];
    PROGRAMMES.iter().any(|p| programmes.contains(p)) || REMARKS.iter().any(|r| remarks.contains(r))
}

/// Recognises OFAC's tables without a header by the width and shape of their first rows.
pub(crate) fn headerless(rows: &[Vec<String>]) -> Option<(Format, Role)> {
    let first = rows.first()?.first()?.to_ascii_lowercase();
    // A collector's edition has a header over the companion tables.
    let rows = if first == "ent_num" { rows.get(1..)? } else { rows };
    let is_number = |text: &String| !text.is_empty() && text.len() <= 10 && text.bytes().all(|b| b.is_ascii_digit());
    let numbered = |row: &Vec<String>| row.first().is_some_and(is_number);
    // The end mark stands in a row of its own.
    let body: Vec<&Vec<String>> =
        rows.iter().filter(|row| row.first().is_none_or(|c| !c.starts_with('\u{1a}'))).collect();
    let width = body.first()?.len();
    let shaped = body.iter().filter(|row| numbered(row) && row.len() == width).count();
    // Single bad rows are for the reader to reject.
    if shaped * 4 < body.len() * 3 || shaped == 0 {
        return None;
    }
    let second = |test: fn(&str) -> bool| {
        body.iter().filter(|row| row.len() == width).all(|row| row.get(1).is_some_and(|cell| test(cell)))
    };
    let digits: fn(&str) -> bool = |cell| !cell.is_empty() && cell.bytes().all(|b| b.is_ascii_digit());
    match width {
        12 => {
            let cell = |row: &&&Vec<String>, i: usize| row.get(i).cloned().unwrap_or_default();
            let other = body.iter().filter(|row| looks_non_sdn(&cell(row, 3), &cell(row, 11))).count();
            let format = if other * 2 > body.len() { Format::OfacConsCsv } else { Format::OfacSdnCsv };
            Some((format, Role::Main))
        }
        6 if second(digits) => Some((Format::OfacSdnCsv, Role::Addresses)),
        5 if second(digits) => Some((Format::OfacSdnCsv, Role::Aliases)),
        2 => Some((Format::OfacSdnCsv, Role::Comments)),
        _ => None,
    }
}

/// Which of OFAC's lists a file in the layout `sdnList` holds.
pub(crate) fn sdn_list(file: &SourceFile<'_>) -> Format {
    const ENTRIES: usize = 50;
    let mut xml = crate::xml::XmlReader::open(file);
    let mut tree = crate::xml::Tree::default();
    let (mut seen, mut other) = (0, 0);
    // A fault is for the reader to report, with its place.
    while let Ok(Some(path)) = xml.next() {
        if path != "/sdnList/sdnEntry" {
            continue;
        }
        if seen >= ENTRIES || xml.subtree(&mut tree).is_err() {
            break;
        }
        let node = tree.root();
        let texts = |list: &'static str, item: &'static str, field: Option<&'static str>| -> String {
            let items = node.child(list).into_iter().flat_map(|l| l.all(item));
            items.map(|i| field.map_or(i.text(), |f| i.child_text(f))).collect::<Vec<_>>().join("; ")
        };
        let types = texts("idList", "id", Some("idType"));
        let numbers = texts("idList", "id", Some("idNumber"));
        seen += 1;
        other += usize::from(looks_non_sdn(&texts("programList", "program", None), &format!("{types}; {numbers}")));
    }
    if other * 2 > seen { Format::OfacConsXml } else { Format::OfacSdnXml }
}
