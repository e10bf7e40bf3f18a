//! What the readers of the EU's, the United Kingdom's and the other lists make of our fixtures, and
//! of the real files.
//!
//! The expected texts are the program's own output, read by a person: `UPDATE=1 cargo test -p
//! interdict-lists --test others` writes them anew, the diff is to be read as carefully as code.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that can not go on has failed")]

mod common;

use std::fmt::Write as _;

use common::{Counted, counts_hold, cut_at_any_byte, data, differs, fixture, import, import_one};
use interdict_lists::{Mapping, Options, Reading, SourceFile, group, read};
use interdict_model::{IdentifierKind, Listing, NameQuality};

const COLUMNS: &[&str] = &[
    "eu/columns/main.csv",
    "eu/columns/names.csv",
    "eu/columns/births.csv",
    "eu/columns/citizens.csv",
    "eu/columns/ids.csv",
    "eu/columns/addresses.csv",
];
const TABLES: &[&str] = &[
    "uk/tables_subjects.csv",
    "uk/tables_names.csv",
    "uk/tables_dobs.csv",
    "uk/tables_countries.csv",
    "uk/tables_identifiers.csv",
];

// expected text, files
const CASES: &[(&str, &[&str])] = &[
    ("eu-fsf-xml", &["eu/fsf.xml"]),
    ("eu-fsf-csv", &["eu/fsf.csv"]),
    ("eu-fsf-columns", COLUMNS),
    ("eu-global-xml", &["eu/global.xml"]),
    ("uk-sl-xml", &["uk/sl.xml"]),
    ("uk-sl-csv", &["uk/sl.csv"]),
    ("uk-sl-tables", TABLES),
    ("uk-conlist-29", &["uk/conlist29.csv"]),
    ("uk-conlist-36", &["uk/conlist36.csv"]),
    ("ch-seco-xml", &["ch/seco.xml"]),
    ("ca-sema-2020", &["ca/sema_2020.xml"]),
    ("ca-sema-2025", &["ca/sema_2025.xml"]),
    ("ca-sema-2026", &["ca/sema_2026.xml"]),
    ("au-dfat-csv", &["au/dfat.csv"]),
    ("flat-csv", &["au/flat.csv"]),
    ("my-moha-xml", &["my/moha.xml"]),
    ("ftm-lines", &["ftm/entities.jsonl"]),
    ("ftm-nested", &["ftm/nested.jsonl"]),
    ("own-csv", &["own/list.csv"]),
    ("own-json", &["own/list.json"]),
];

fn load(names: &[&str]) -> (Reading, Vec<Listing>) {
    let files: Vec<(&str, Vec<u8>)> = names.iter().map(|name| (*name, fixture(name))).collect();
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    import(&files).unwrap_or_else(|refusal| panic!("{names:?}: {refusal}"))
}

/// The listings as lines a person can read: one value a line, its field behind.
fn lines(reading: &Reading, listings: &[Listing]) -> String {
    let mut out = String::new();
    let published = reading.published.map_or("-".to_owned(), |d| d.to_string());
    let counts = (reading.records, reading.listings, reading.rejections.len());
    writeln!(out, "{} {} {published}: {} = {} + {}", reading.format, reading.list, counts.0, counts.1, counts.2)
        .unwrap();
    reading.rows.iter().for_each(|r| writeln!(out, "rows {}: {}, {} attached", r.role, r.rows, r.attached).unwrap());
    reading.rejections.iter().for_each(|r| writeln!(out, "rejected {}: {}", r.place, r.reason).unwrap());
    reading.unknown_fields.iter().for_each(|(field, count)| writeln!(out, "unknown {field} x {count}").unwrap());
    reading.notes.iter().for_each(|note| writeln!(out, "note {note}").unwrap());
    for l in listings {
        let reference = l.reference.as_deref().unwrap_or("-");
        writeln!(out, "\n{} {reference} {} ({})", l.id(), l.entity.kind.word(), l.place).unwrap();
        let value = serde_json::to_value(l).unwrap();
        for (group, values) in value["entity"].as_object().unwrap().iter().filter(|(_, v)| v.is_array()) {
            for v in values.as_array().unwrap() {
                writeln!(out, "  {group}: {}  [{}]", v["value"], v["field"].as_str().unwrap()).unwrap();
            }
        }
        for group in ["designations", "links"] {
            for v in value.get(group).and_then(|v| v.as_array()).into_iter().flatten() {
                writeln!(out, "  {group}: {}  [{}]", v["value"], v["field"].as_str().unwrap()).unwrap();
            }
        }
    }
    out
}

#[test]
fn fixtures_read_as_expected() {
    let mut wrong = Vec::new();
    for (case, names) in CASES {
        let (reading, listings) = load(names);
        let text = lines(&reading, &listings);
        wrong.extend(differs(case, &text));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One person stands in every list's fixture: what the law gives must come out of each of them.
#[test]
fn every_format_gives_the_same_person() {
    for (case, names) in CASES.iter().filter(|(case, _)| !["my-moha-xml", "ftm-nested", "flat-csv"].contains(case)) {
        let (_, listings) = load(names);
        let full = |l: &Listing| l.entity.names.iter().any(|n| n.value.full.to_lowercase().contains("pak"));
        let person = listings.iter().find(|l| full(l)).unwrap_or_else(|| panic!("{case}: no PAK"));
        let e = &person.entity;
        assert_eq!(e.kind, interdict_model::Kind::Person, "{case}");
        let primary = e.names.iter().filter(|n| n.value.quality == NameQuality::Primary).count();
        assert_eq!(primary, 1, "{case}: primary names");
        assert!(
            e.births.iter().any(|d| d.value.to_string().contains("1965") || d.value.is_circa())
                || ["ca-sema-2020", "uk-sl-tables"].contains(case),
            "{case}: born"
        );
        let undated = ["own-json", "eu-fsf-columns"].contains(case);
        assert!(!person.designations.is_empty() || undated, "{case}: designations");
        let passport = e.identifiers.iter().find(|i| i.value.kind == IdentifierKind::Passport);
        let none = ["ca-sema-2020", "ca-sema-2025", "ca-sema-2026", "au-dfat-csv", "own-json"];
        if !none.contains(case) {
            assert_eq!(passport.map(|i| i.value.key.as_str()), Some("0083612"), "{case}");
        }
        // Every value names the publisher's field.
        assert!(e.names.iter().all(|n| !n.field.is_empty()), "{case}");
    }
}

/// An internal list whose columns have names of their own is read by a mapping, under the user's name for it.
#[test]
fn an_internal_list_is_read_by_its_mapping() {
    let text = "Kunde;Geburtstag;Pass;Art\nAnna Beispiel;03.04.1965;00 12-3;Stammkunde\n;03.04.1965;;\n";
    let pairs =
        [("name", "Kunde"), ("born", "geburtstag"), ("passport", "Pass"), ("kind", "=person"), ("date_order", "=dmy")];
    let mapping = Mapping(pairs.iter().map(|(field, column)| ((*field).to_owned(), (*column).to_owned())).collect());
    let options = Options { list: Some(interdict_model::ListId("hausliste".to_owned())), mapping };
    let file = SourceFile { name: "kunden.csv", bytes: text.as_bytes() };
    assert!(group(&[file], &Options::default()).1[0].reason.contains("no known list"), "without a mapping");
    let (sets, refusals) = group(&[file], &options);
    assert!(refusals.is_empty(), "{refusals:?}");
    let mut listings = Vec::new();
    let reading = read(&sets[0], &options, &mut |listing| listings.push(listing)).unwrap();
    assert_eq!((reading.listings, reading.rejections.len()), (1, 1));
    assert_eq!(reading.rejections[0].place, "line 3");
    let (id, e) = (listings[0].id().to_string(), &listings[0].entity);
    assert_eq!(
        (id.as_str(), e.kind, e.births[0].value.to_string().as_str()),
        ("hausliste:line 2", interdict_model::Kind::Person, "1965-04-03")
    );
    assert_eq!(e.properties[0].value, ("Art".to_owned(), "Stammkunde".to_owned()));
    let wrong = Options { mapping: Mapping([("name".to_owned(), "Klient".to_owned())].into()), ..Options::default() };
    let (sets, _) = group(&[file], &wrong);
    let refusal = read(&sets[0], &wrong, &mut |_| {}).unwrap_err();
    assert!(refusal.reason.contains("no column `Klient`"), "{refusal}");
}

/// The order of rows does not matter where rows of one record may stand anywhere.
#[test]
fn rows_of_a_record_may_stand_anywhere() {
    for name in ["uk/conlist29.csv", "uk/sl.csv"] {
        let whole = fixture(name);
        let lines: Vec<&[u8]> = whole.split_inclusive(|b| *b == b'\n').collect();
        let mut turned = lines[..2].concat();
        lines[2..].iter().rev().for_each(|line| turned.extend_from_slice(line));
        let names = |listings: Vec<Listing>| {
            let mut all: Vec<(String, Vec<String>)> = listings
                .into_iter()
                .map(|l| {
                    let mut names: Vec<String> = l.entity.names.into_iter().map(|n| format!("{:?}", n.value)).collect();
                    names.sort();
                    (l.record, names)
                })
                .collect();
            all.sort();
            all
        };
        assert_eq!(names(import_one(name, &whole).unwrap().1), names(import_one(name, &turned).unwrap().1), "{name}");
    }
}

#[test]
fn xml_cut_at_any_byte_is_refused_or_the_same() {
    let names = [
        "eu/fsf.xml",
        "eu/global.xml",
        "uk/sl.xml",
        "ch/seco.xml",
        "ca/sema_2020.xml",
        "ca/sema_2025.xml",
        "ca/sema_2026.xml",
        "my/moha.xml",
    ];
    names.into_iter().for_each(cut_at_any_byte);
}

/// A table or lines cut between rows look whole; cut inside a row they are refused, or say so.
#[test]
fn tables_cut_at_any_byte_never_change_silently() {
    for (_, names) in CASES.iter().filter(|(_, names)| names.len() == 1 && !names[0].ends_with(".xml")) {
        let name = names[0];
        let whole = fixture(name);
        let (_, expected) = import_one(name, &whole).unwrap();
        for cut in 1..whole.len() {
            let Ok((reading, found)) = import_one(name, &whole[..cut]) else { continue };
            let ended = whole[cut - 1] == b'\n' || whole[cut] == b'\n' || whole[cut..].starts_with(b"\r\n");
            let said = reading.notes.iter().any(|n| n.contains("cut short")) || !reading.rejections.is_empty();
            let listings_known = found.iter().all(|l| expected.iter().any(|e| e.record == l.record));
            assert!(ended || said || (listings_known && found.len() < expected.len()), "{name} cut at byte {cut}");
        }
    }
}

/// One byte of a fixture replaced, at each seventh place: read or refused, never a panic.
#[test]
fn damaged_fixtures_never_panic() {
    for (_, names) in CASES.iter().filter(|(_, names)| names.len() == 1) {
        let whole = fixture(names[0]);
        for (n, at) in (0..whole.len()).step_by(7).enumerate() {
            let mut damaged = whole.clone();
            damaged[at] = [b'"', b'<', b'\n', b',', b'9', 0xff, b'&', b'{'][n % 8];
            // The sum of listings and rejections is checked by `import_one`.
            let _ = import_one(names[0], &damaged);
        }
    }
}

const REAL: &[Counted] = &[
    // The excerpt repeats one of its seven entities.
    (&["eu/sample_fsf_1_1.xml"], "eu-fsf-xml", "eu-fsf", "2020-04-15", 6, 1),
    (&["eu/2016-02-11_eu_global.xml"], "eu-global-xml", "eu-fsf", "2016-02-11", 595, 0),
    (&["eu/2025-05_eu_parsed.csv"], "flat-csv", "eu-flat", "-", 5316, 0),
    (
        &[
            "eu/2025-09_fsf_columns/EU-list_select_cols.csv",
            "eu/2025-09_fsf_columns/eu-list-BirthDate-src.csv",
            "eu/2025-09_fsf_columns/eu-list-Citizen-src.csv",
            "eu/2025-09_fsf_columns/eu-list-IDN-src.csv",
            "eu/2025-09_fsf_columns/eu-list-add-src.csv",
            "eu/2025-09_fsf_columns/output_namealias_english_2.csv",
        ],
        "eu-fsf-csv",
        "eu-fsf",
        "-",
        5540,
        0,
    ),
    (&["uk/2016-02-12_ofsi_conlist.csv"], "uk-conlist-csv", "uk-conlist", "2016-02-12", 463, 0),
    (&["uk/2020-04-27_ofsi_conlist.csv"], "uk-conlist-csv", "uk-conlist", "2020-04-27", 2114, 0),
    (&["uk/2022_format_ofsi_conlist_excerpt.csv"], "uk-conlist-csv", "uk-conlist", "2020-04-27", 6, 0),
    // One row of the collector has no name.
    (&["uk/2025-05_uk_parsed.csv"], "flat-csv", "uk-flat", "-", 2523, 1),
    (
        &[
            "uk/2026-05_uksl/subjects.csv",
            "uk/2026-05_uksl/subject_names.csv",
            "uk/2026-05_uksl/subject_dobs.csv",
            "uk/2026-05_uksl/subject_countries.csv",
            "uk/2026-05_uksl/subject_identifiers.csv",
        ],
        "uk-sl-tables",
        "uk-sl",
        "-",
        6046,
        0,
    ),
    (&["formats/uksl_2026-09-02_2records.xml"], "uk-sl-xml", "uk-sl", "2026-09-02", 2, 0),
    (&["formats/ch_seco_2026-08-27_3records.xml"], "ch-seco-xml", "ch-seco", "2026-08-27", 3, 0),
    (&["formats/ca_sema_2026-09-03_4records.xml"], "ca-sema-xml", "ca-sema", "-", 4, 0),
    (&["other/ca_sema_2020-04.xml"], "ca-sema-xml", "ca-sema", "-", 1369, 0),
    (&["other/ca_sema_2025-05.xml"], "ca-sema-xml", "ca-sema", "-", 4759, 0),
    (&["other/au_dfat_2025-05_parsed.csv"], "flat-csv", "au-dfat", "-", 9983, 0),
    (&["other/my_moha_2025.xml"], "my-moha-xml", "my-moha", "2025-02-04", 101, 0),
    // 281 lines: 100 persons of whom 20 are targets; the rest are family links, positions, occupancies.
    (&["ftm/wd_persons_2024-03-09/entities.ftm.json"], "ftm-json", "wd-persons", "-", 20, 0),
    (&["ftm/wd_persons_2024-03-09/targets.nested.json"], "ftm-json", "wd-persons", "-", 20, 0),
    (&["ftm/wd_persons_2024-03-09/targets.simple.csv"], "own-csv", "ftm", "-", 20, 0),
    // 1,565 lines: 607 persons of whom 423 are targets.
    (&["ftm/sa_wiki_peps_v2_2024-03-14/entities.ftm.json"], "ftm-json", "sa-wiki-peps-v2", "-", 423, 0),
    // 474 lines: 95 donors and parties, 89 addresses attached, 290 payments.
    (&["ftm/nomenklatura/donations.ijson"], "ftm-json", "ftm", "-", 95, 0),
];

// file, reason
const REFUSED: &[(&str, &str)] = &[
    ("ftm/flat/deriv_sanctions_2021-02-26.yml", "a YAML file"),
    ("ftm/wd_persons_2024-03-09/index.json", "an index of data sets"),
    ("ftm/wd_persons_2024-03-09/senzing.json", "Senzing"),
    ("ftm/wd_persons_2024-03-09/names.txt", "a table of no known list"),
    ("ftm/wd_persons_2024-03-09/statements.pack", "a table of no known list"),
    ("eu/2025-09_fsf_columns/eu-list-add-src.csv", "without the main file"),
    ("uk/2026-05_uksl/subject_names.csv", "without the main file"),
];

#[test]
fn every_real_file_is_read_with_the_count_of_its_source() {
    counts_hold(REAL, |names, reading, found| {
        let records: std::collections::BTreeSet<&str> = found.iter().map(|l| l.record.as_str()).collect();
        assert_eq!(records.len(), found.len(), "{names:?}: records are unique");
        assert!(reading.unknown_fields.is_empty(), "{names:?}: {:?}", reading.unknown_fields);
    });
}

#[test]
fn files_that_are_no_lists_are_refused_with_the_reason() {
    let Some(folder) = data() else { return };
    for (name, reason) in REFUSED {
        let Ok(bytes) = std::fs::read(folder.join(name)) else {
            println!("skipped: {name} is absent");
            continue;
        };
        let refusal = import(&[(name, &bytes)]).map(|(r, _)| r.records).expect_err(name);
        assert!(refusal.reason.contains(reason), "{refusal}");
    }
}
