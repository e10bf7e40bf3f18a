//! One reader per format. Each takes a set of files, hands listings to the account and names what it rejects.
//!
//! A reader stops with a refusal when the structure is not the one it knows; it rejects a single
//! record that does not fit; it counts every element or column that it does not use.

mod au_dfat;
mod ca_sema;
mod ch_seco;
mod document;
mod eu;
pub(crate) mod eu_csv;
mod eu_global;
mod eu_xml;
mod flat;
mod ftm;
mod my_moha;
pub(crate) mod ofac;
mod own;
mod uk;
mod uk_csv;
pub(crate) mod uk_tables;
mod uk_xml;
pub(crate) mod un;
mod us_csl;
mod us_dpl;

use std::collections::BTreeSet;

use crate::account::Account;
use crate::parts;
use crate::table::{Encoding, Row, Table};
use crate::{FileSet, Format, Options, Refusal, Role, SourceFile};

/// Reads a set with the reader of its format.
pub(crate) fn read(set: &FileSet<'_>, options: &Options, account: &mut Account<'_>) -> Result<(), Refusal> {
    match set.format {
        Format::UnConsolidatedXml => un::read(main(set)?, account),
        Format::OfacSdnCsv | Format::OfacSdnCsv5 | Format::OfacConsCsv => ofac::csv::read(set, account),
        Format::OfacSdnXml | Format::OfacConsXml => ofac::sdn_xml::read(main(set)?, account),
        Format::OfacAdvancedXml => ofac::advanced::read(main(set)?, account),
        Format::OfacEnhancedXml => ofac::enhanced::read(main(set)?, account),
        Format::OfacWalletsJson => ofac::wallets::read(main(set)?, account),
        Format::UsCslCsv => us_csl::read(main(set)?, account),
        Format::UsDplTxt => us_dpl::read(main(set)?, account),
        Format::EuFsfXml => eu_xml::read(main(set)?, account),
        Format::EuFsfCsv => eu_csv::read(set, account),
        Format::EuGlobalXml => eu_global::read(main(set)?, account),
        Format::UkSlXml => uk_xml::read(main(set)?, account),
        Format::UkSlCsv => uk_csv::read(main(set)?, "uniqueid", account),
        Format::UkSlTables => uk_tables::read(set, account),
        Format::UkConlistCsv => uk_csv::read(main(set)?, "groupid", account),
        Format::ChSecoXml => ch_seco::read(main(set)?, account),
        Format::CaSemaXml => ca_sema::read(main(set)?, account),
        Format::AuDfatCsv => au_dfat::read(main(set)?, account),
        Format::MyMohaXml => my_moha::read(main(set)?, account),
        Format::FlatCsv => flat::read(main(set)?, options, account),
        Format::FtmJson => ftm::read(main(set)?, options, account),
        Format::OwnCsv => own::csv(main(set)?, options, account),
        Format::OwnJson => own::json(main(set)?, options, account),
    }
}

/// The main file of a set.
pub(crate) fn main<'s, 'a>(set: &'s FileSet<'a>) -> Result<&'s SourceFile<'a>, Refusal> {
    set.file(Role::Main).ok_or_else(|| Refusal::new(set.name(), "", "the set has no main file"))
}

/// Whether a companion file recognised as `companion` can belong to a main file of format `main`:
/// OFAC's alias, address and comment files look the same for both of its lists.
pub(crate) fn is_companion(main: Format, companion: Format) -> bool {
    let ofac = |format| matches!(format, Format::OfacSdnCsv | Format::OfacSdnCsv5 | Format::OfacConsCsv);
    main == companion || (ofac(main) && ofac(companion))
}

/// The record numbers in the first column of a table: they tell which files belong together.
pub(crate) fn record_numbers(file: &SourceFile<'_>) -> BTreeSet<u32> {
    let mut table = Table::open(file, b',', Encoding::Utf8OrCp1252);
    let mut numbers = BTreeSet::new();
    while let Ok(Some(row)) = table.next() {
        numbers.extend(row.get(0).parse::<u32>().ok());
    }
    numbers
}

/// Whether a row has the header's width: if not it is a rejection.
///
/// # Errors
/// If the file ends inside the row.
pub(crate) fn has_width(
    file: &SourceFile<'_>,
    row: Row<'_>,
    width: usize,
    place: &str,
    account: &mut Account<'_>,
) -> Result<bool, Refusal> {
    if !row.terminated && row.len() < width {
        let reason = "the file ends inside a row: it is cut short";
        return Err(Refusal::new(file.name, place, reason).hint("get the file again from its publisher"));
    }
    if row.len() != width {
        account.reject(place, format!("{} fields, but the header has {width} columns", row.len()), None);
        return Ok(false);
    }
    if !row.terminated {
        account.notes.push(format!("{}: no end of line after the last row, which may be cut short", file.name));
    }
    Ok(true)
}

/// Splits aliases that a publisher writes one after the other with commas or semicolons; a legal
/// form or a suffix after a comma stays with its name: `Air Bagan Holdings, Ltd., Air Bagan`.
pub(crate) fn alias_text(text: &str) -> Vec<String> {
    const TAILS: [&str; 22] = [
        "ltd",
        "limited",
        "inc",
        "incorporated",
        "llc",
        "co",
        "corp",
        "sa",
        "sarl",
        "gmbh",
        "plc",
        "ag",
        "kg",
        "bv",
        "nv",
        "sro",
        "as",
        "spa",
        "jr",
        "sr",
        "pte",
        "company",
    ];
    let separator = if text.contains(['|', ';', '\n']) { &['|', ';', '\n'][..] } else { &[','][..] };
    let mut names: Vec<String> = Vec::new();
    for part in text.split(separator).map(str::trim).filter(|part| !parts::is_nothing(part)) {
        let first: String = part.split(' ').next().unwrap_or("").chars().filter(|c| c.is_alphabetic()).collect();
        let is_tail = TAILS.contains(&first.to_lowercase().as_str()) && part.split(' ').count() <= 3;
        match names.last_mut() {
            Some(name) if is_tail && separator == [','] => {
                name.push_str(", ");
                name.push_str(part);
            }
            Some(_) | None => names.push(part.to_owned()),
        }
    }
    names
}
