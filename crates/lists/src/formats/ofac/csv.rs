//! OFAC's tables: main, aliases, addresses and the overflow of remarks; twelve columns or the
//! collector's cut to five.
//!
//! Promises: every row of the main table is a listing or a rejection; every row of the other
//! tables goes into a listing or is a rejection; a file that ends inside a row is refused.

use std::collections::HashMap;

use interdict_model::{IdentifierKind, NameQuality};

use super::{Draft, alias_quality, fact, kind_of, remarks};
use crate::account::Account;
use crate::parts::{self, AddressParts};
use crate::table::{Encoding, Row, Table};
use crate::xml::excerpt;
use crate::{FileSet, Format, Refusal, Role, SourceFile};

/// OFAC's end mark, from the days of CP/M: a row of its own.
const END_MARK: &str = "\u{1a}";

/// The most rows of a companion table that one record may have; the largest real one has 60.
const ROWS_PER_RECORD: usize = 10_000;

/// OFAC's mark for an empty field, or what a cut end of file leaves of it.
fn is_empty_mark(text: &str) -> bool {
    matches!(text, "-0-" | "-0" | "-")
}

/// One row of a companion table, its fields one after the other.
struct Extra {
    text: String,
    ends: [u32; 3],
    line: u64,
}

impl Extra {
    fn new(fields: [&str; 3], line: u64) -> Self {
        let mut text = String::with_capacity(fields.iter().map(|f| f.len()).sum());
        let ends = fields.map(|field| {
            text.push_str(field);
            u32::try_from(text.len()).unwrap_or(u32::MAX)
        });
        Self { text, ends, line }
    }

    fn get(&self, index: usize) -> &str {
        let start = index.checked_sub(1).and_then(|i| self.ends.get(i)).map_or(0, |end| *end as usize);
        let end = self.ends.get(index).map_or(0, |end| *end as usize);
        self.text.get(start..end).unwrap_or("")
    }
}

/// A companion table by record number.
struct Companion {
    role: Role,
    name: String,
    rows: HashMap<u32, Vec<Extra>>,
    count: u64,
    attached: u64,
}

impl Companion {
    fn take(&mut self, number: u32) -> Vec<Extra> {
        let rows = self.rows.remove(&number).unwrap_or_default();
        self.attached += rows.len() as u64;
        rows
    }
}

pub(crate) fn read(set: &FileSet<'_>, account: &mut Account<'_>) -> Result<(), Refusal> {
    let main = crate::formats::main(set)?;
    let mut companions = Vec::new();
    for (role, file) in set.files.iter().filter(|(role, _)| *role != Role::Main) {
        companions.push(companion(*role, file, account)?);
    }
    let five = set.format == Format::OfacSdnCsv5;
    let width = if five { 5 } else { 12 };
    let mut rows = 0;
    let mut table = Rows::open(main, width);
    while let Some(row) = table.next(account)? {
        rows += 1;
        if five && rows == 1 && row.get(0).eq_ignore_ascii_case("ent_num") {
            rows = 0;
            continue;
        }
        let place = format!("line {}", row.line);
        if row.len() != width {
            account.reject(place, format!("{} columns where {width} belong", row.len()), None);
            continue;
        }
        let Ok(number) = row.get(0).parse::<u32>() else {
            account.reject(place, format!("`{}` is no record number", excerpt(row.get(0))), None);
            continue;
        };
        let Some(kind) = kind_of(row.get(2)) else {
            account.reject(place, format!("unknown type `{}`", excerpt(row.get(2))), None);
            continue;
        };
        let mut draft = Draft::new(account.blank(number.to_string(), place, kind));
        let text = |index: usize| Some(row.get(index)).filter(|t| !is_empty_mark(t)).unwrap_or("");
        draft.name(text(1), NameQuality::Primary, "", "SDN_Name");
        let (title, remark) = if five { (3, 4) } else { (4, 11) };
        parts::title(&mut draft.listing.entity, text(title), "Title");
        if !five {
            // `NPWMD] [IFSR`: several programmes in one field.
            text(3).split(['[', ']']).for_each(|p| draft.programme(p));
            let entity = &mut draft.listing.entity;
            parts::identifier(entity, IdentifierKind::CallSign, text(5), "", "", "Call_Sign");
            parts::property(entity, "Vess_type", text(6), "Vess_type");
            parts::property(entity, "Tonnage", text(7), "Tonnage");
            parts::property(entity, "GRT", text(8), "GRT");
            let flag = fact::Fact { label: "Vessel Flag", value: text(9), ..fact::Fact::default() };
            fact::put(&mut draft, Some(fact::Meaning::Flag), flag, "Vess_flag");
            parts::property(&mut draft.listing.entity, "Vess_owner", text(10), "Vess_owner");
        }
        let mut remark = Some(row.raw(remark)).filter(|t| !is_empty_mark(t.trim())).unwrap_or("").to_owned();
        for companion in &mut companions {
            for extra in companion.take(number) {
                match companion.role {
                    Role::Aliases => {
                        let quality = alias_quality(extra.get(0), false);
                        draft.name(extra.get(1), quality, extra.get(0), "Alt_name");
                        parts::remark(&mut draft.listing.entity, extra.get(2), "Alt_remarks");
                    }
                    Role::Addresses => {
                        let address = AddressParts {
                            street: extra.get(0),
                            city: extra.get(1),
                            country: extra.get(2),
                            ..AddressParts::default()
                        };
                        parts::address(&mut draft.listing.entity, address, "Address");
                    }
                    // The overflow goes on where the main table's column was cut, inside a word if need be.
                    Role::Comments => remark.push_str(extra.get(0)),
                    Role::Main | Role::Births | Role::Countries | Role::Identifiers => {}
                }
            }
        }
        remarks::read(&mut draft, &remark);
        account.listing(draft.finish(if five { "" } else { "Program" }));
    }
    if rows == 0 {
        return Err(Refusal::new(main.name, "", "no record in the file"));
    }
    if companions.is_empty() {
        return Ok(());
    }
    account.role_rows(Role::Main, rows, rows);
    for companion in companions {
        account.role_rows(companion.role, companion.count, companion.attached);
        let mut orphans: Vec<(u32, u64)> =
            companion.rows.iter().flat_map(|(number, rows)| rows.iter().map(|row| (*number, row.line))).collect();
        orphans.sort_unstable_by_key(|(_, line)| *line);
        for (number, line) in orphans {
            let reason = format!("{} of record `{number}`, which the main file does not hold", companion.role);
            account.reject(format!("{}, line {line}", companion.name), reason, Some("use files of the same date"));
        }
    }
    Ok(())
}

/// Rows of one file, without its end mark, header and what follows them.
struct Rows<'a> {
    name: &'a str,
    table: Table<'a>,
    width: usize,
    marked: bool,
    rows: u64,
}

impl<'a> Rows<'a> {
    fn open(file: &SourceFile<'a>, width: usize) -> Self {
        Self { name: file.name, table: Table::open(file, b',', Encoding::Utf8OrCp1252), width, marked: false, rows: 0 }
    }

    fn joined(&self) -> Refusal {
        self.table.refuse("rows after the end mark (0x1A)").hint("two files were joined; give them one by one")
    }

    fn next(&mut self, account: &mut Account<'_>) -> Result<Option<Row<'_>>, Refusal> {
        let cut = || "the file ends inside a row: it is cut short";
        if self.marked {
            if self.table.next()?.is_some() {
                return Err(self.joined());
            }
            return Ok(None);
        }
        let (width, name) = (self.width, self.name);
        let place = self.table.next_line();
        let Some(row) = self.table.next()? else {
            if self.rows > 0 {
                account.notes.push(format!("{name}: no end mark (0x1A); OFAC's editions before 2020 and collectors' copies lack it, and so does a file cut short between rows"));
            }
            return Ok(None);
        };
        if row.len() == 1 && row.get(0) == END_MARK {
            self.marked = true;
            return Ok(None);
        }
        if row.get(0).starts_with(END_MARK) {
            let reason = "rows after the end mark (0x1A)";
            return Err(
                Refusal::new(name, format!("line {place}"), reason).hint("two files were joined; give them one by one")
            );
        }
        // OFAC quotes every text and writes -0- for nothing: an open end shows in the last field.
        let last = row.len().saturating_sub(1);
        // An unquoted `-` can only be the start of -0-: nothing is lost with its rest.
        let whole = row.terminated || (row.len() >= width && (row.is_quoted(last) || is_empty_mark(row.get(last))));
        if !whole {
            return Err(
                Refusal::new(name, format!("line {place}"), cut()).hint("get the file again from its publisher")
            );
        }
        self.rows += 1;
        Ok(Some(row))
    }
}

fn companion(role: Role, file: &SourceFile<'_>, account: &mut Account<'_>) -> Result<Companion, Refusal> {
    let width = match role {
        Role::Aliases => 5,
        Role::Addresses => 6,
        Role::Comments | Role::Main | Role::Births | Role::Countries | Role::Identifiers => 2,
    };
    let mut companion = Companion { role, name: file.name.to_owned(), rows: HashMap::new(), count: 0, attached: 0 };
    let mut table = Rows::open(file, width);
    let mut first = true;
    while let Some(row) = table.next(account)? {
        let is_header = std::mem::take(&mut first) && row.get(0).eq_ignore_ascii_case("ent_num");
        if is_header {
            continue;
        }
        companion.count += 1;
        let place = format!("{}, line {}", file.name, row.line);
        if row.len() != width {
            account.reject(place, format!("{} columns where {width} belong", row.len()), None);
            continue;
        }
        let Ok(number) = row.get(0).parse::<u32>() else {
            account.reject(place, format!("`{}` is no record number", excerpt(row.get(0))), None);
            continue;
        };
        let text = |index: usize| Some(row.get(index)).filter(|t| !is_empty_mark(t)).unwrap_or("");
        let extra = match role {
            Role::Aliases => Extra::new([text(2), text(3), text(4)], row.line),
            Role::Addresses => Extra::new([text(2), text(3), text(4)], row.line),
            Role::Comments | Role::Main | Role::Births | Role::Countries | Role::Identifiers => {
                Extra::new([row.raw(1), "", ""], row.line)
            }
        };
        let rows = companion.rows.entry(number).or_default();
        if rows.len() >= ROWS_PER_RECORD {
            account.reject(place, format!("more than {ROWS_PER_RECORD} {role} of record `{number}`"), None);
            continue;
        }
        rows.push(extra);
    }
    Ok(companion)
}
