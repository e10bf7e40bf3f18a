//! Reads parties and internal lists from tables and JSON: columns found by name, or mapped.
//!
//! Promises: a column that says nothing to us is kept as a property; a date, country or kind that
//! is not understood is kept as text; `03/04/1965` gives the year alone unless the mapping says
//! which number is the day; a row with neither name nor identifier is an error, never a party.
//!
//! Not here: reading files row by row (`formats::own`), publishers' layouts.

use interdict_model::{Designation, Entity, Link, NamePart, NameQuality, Sourced};

use crate::read::Mapping;

mod json;
mod page;
mod slot;

pub use json::{entity_of_json, party_of_json};
use page::Page;
use slot::{FIELDS, Slot, slot_of};

/// The most columns a table or object may have; the widest real one (OFAC's consolidated export) has 30.
const MOST_COLUMNS: usize = 2_000;

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

use Slot as S;

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
        if headers.len() > MOST_COLUMNS {
            return Err(too_many(headers.len()));
        }
        let headers: Vec<String> = headers.iter().map(|h| trimmed(h.as_ref()).to_owned()).collect();
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
        if !slots.iter().any(|(_, slot)| names(slot)) {
            return Err(nobody(&headers));
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
        let mut page = Page::new(self.order);
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

fn trimmed(header: &str) -> &str {
    header.trim_matches(['\u{feff}', '"', ' '])
}

fn names(slot: &Option<Slot>) -> bool {
    matches!(slot, Some(S::Name(_) | S::Part(_) | S::Identifier(_) | S::AnyIdentifier))
}

fn too_many(columns: usize) -> String {
    format!("{columns} columns, more than {MOST_COLUMNS}")
}

fn nobody(headers: &[impl AsRef<str>]) -> String {
    let headers: Vec<&str> = headers.iter().map(AsRef::as_ref).collect();
    format!("no column holds a name or an identifier: `{}`", headers.join(", "))
}

/// Whether a table's header has a column for names: then it can be an internal list or a file of parties.
pub(crate) fn names_somebody(header: &[String]) -> bool {
    let is_name =
        |header: &String| matches!(slot_of(header), Some(S::Name(NameQuality::Primary) | S::Part(NamePart::Family)));
    header.len() <= MOST_COLUMNS && header.iter().any(is_name)
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

#[cfg(test)]
mod tests {
    use interdict_model::{IdentifierKind as I, Kind};

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
