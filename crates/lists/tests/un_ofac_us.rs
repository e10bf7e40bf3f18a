//! What the readers of the UN's, OFAC's and the other US lists make of our fixtures.
//!
//! The expected texts are the program's own output, read by a person: `UPDATE=1 cargo test -p
//! interdict-lists` writes them anew, the diff is to be read as carefully as code.

#![allow(clippy::panic, reason = "a test that can not go on has failed")]

mod common;

use std::fmt::Write as _;

use common::{differs, fixture, import};
use interdict_lists::{Options, SourceFile, group};
use interdict_model::{IdentifierKind, Listing, NameQuality};

// expected text, files
const CASES: &[(&str, &[&str])] = &[
    ("un", &["un.xml"]),
    ("ofac-sdn-csv", &["ofac/sdn.csv", "ofac/alt.csv", "ofac/add.csv", "ofac/sdn_comments.csv"]),
    ("ofac-sdn-csv-5", &["ofac/sdn_main_5cols.csv"]),
    ("ofac-sdn-xml", &["ofac/sdn.xml"]),
    ("ofac-advanced-xml", &["ofac/advanced.xml"]),
    ("ofac-enhanced-xml", &["ofac/enhanced.xml"]),
    ("ofac-wallets-json", &["ofac/wallets.json"]),
    ("us-csl-csv", &["us/csl.csv"]),
    ("us-dpl-txt", &["us/dpl.txt"]),
];

fn load(names: &[&'static str]) -> Vec<(&'static str, Vec<u8>)> {
    names.iter().map(|name| (*name, fixture(name))).collect()
}

fn listings(names: &[&'static str]) -> Vec<Listing> {
    let files = load(names);
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
    import(&files).unwrap_or_else(|refusal| panic!("{refusal}")).1
}

#[test]
fn fixtures_read_as_expected() {
    let mut wrong = Vec::new();
    for (case, names) in CASES {
        let files = load(names);
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        let (reading, listings) = import(&files).unwrap_or_else(|refusal| panic!("{case}: {refusal}"));
        let mut text = String::new();
        let published = reading.published.map_or("-".to_owned(), |d| d.to_string());
        writeln!(
            text,
            "{} {} {published}: {} = {} + {}",
            reading.format,
            reading.list,
            reading.records,
            reading.listings,
            reading.rejections.len()
        )
        .unwrap();
        for r in &reading.rejections {
            writeln!(text, "rejected {}: {}", r.place, r.reason).unwrap();
        }
        for (field, count) in &reading.unknown_fields {
            writeln!(text, "unknown {field} x {count}").unwrap();
        }
        for note in &reading.notes {
            writeln!(text, "note {note}").unwrap();
        }
        for listing in &listings {
            writeln!(text, "{}", serde_json::to_string_pretty(listing).unwrap()).unwrap();
        }
        wrong.extend(differs(case, &text));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One person in all of OFAC's formats: what they all give must be the same.
#[test]
fn ofac_formats_agree_about_one_person() {
    for files in [
        &["ofac/sdn.csv", "ofac/alt.csv", "ofac/add.csv", "ofac/sdn_comments.csv"][..],
        &["ofac/sdn.xml"],
        &["ofac/advanced.xml"],
        &["ofac/enhanced.xml"],
    ] {
        let listing = listings(files).into_iter().find(|l| l.record == "90002").unwrap();
        let entity = &listing.entity;
        assert_eq!(entity.caption().to_uppercase(), "INVENTO, JUAN CARLOS", "{files:?}");
        assert_eq!(entity.names[0].value.quality, NameQuality::Primary, "{files:?}");
        assert!(
            entity
                .names
                .iter()
                .any(|n| n.value.quality == NameQuality::Weak && n.value.full.to_uppercase() == "THE INVENTOR"),
            "{files:?}"
        );
        assert!(entity.births.iter().any(|d| d.value.to_string() == "~1965"), "{files:?}: {:?}", entity.births);
        assert_eq!(entity.birth_places[0].value.country.unwrap().code(), "kp", "{files:?}");
        let id = |kind| entity.identifiers.iter().find(|i| i.value.kind == kind).map(|i| i.value.clone()).unwrap();
        assert_eq!(id(IdentifierKind::Passport).value, "A900001", "{files:?}");
        assert_eq!(id(IdentifierKind::Passport).country.unwrap().code(), "ir", "{files:?}");
        assert_eq!(id(IdentifierKind::Wallet).label.as_deref(), Some("XBT"), "{files:?}");
        assert!(
            entity.addresses.iter().any(|a| a.value.full.contains("Street") && a.value.country.unwrap().code() == "ir"),
            "{files:?}"
        );
        assert!(listing.designations.iter().any(|d| d.value.programme == "SDGT"), "{files:?}");
    }
}

#[test]
fn both_namespaces_of_the_classic_xml_read_the_same() {
    let old = String::from_utf8(fixture("ofac/sdn.xml")).unwrap();
    let new = old.replace(
        "http://tempuri.org/sdnList.xsd",
        "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/XML",
    );
    assert_ne!(old, new);
    let (a, b) =
        (common::import_one("old", old.as_bytes()).unwrap(), common::import_one("new", new.as_bytes()).unwrap());
    assert_eq!(a.1, b.1);
}

/// The layouts of OFAC's two lists are the same: programmes and lists named in the file tell.
#[test]
fn the_other_ofac_list_is_told_by_its_content() {
    let text = |name: &str| String::from_utf8(fixture(name)).unwrap();
    let csv = text("ofac/sdn.csv")
        .replace("\"DPRK4\"", "\"CMIC-EO13959\"")
        .replace("\"CUBA\"", "\"NS-PLC\"")
        .replace("\"SDGT] [IFSR\"", "\"NS-PLC\"")
        .replace("RUSSIA-EO14024", "UKRAINE-EO13662");
    let xml = text("ofac/sdn.xml")
        .replace("<program>SDGT<", "<program>NS-PLC<")
        .replace("<program>DPRK4<", "<program>561-Related<");
    let enhanced = text("ofac/enhanced.xml").replace("SDN List", "Non-SDN CMIC List");
    let advanced = text("ofac/advanced.xml").replace("SDN List", "Consolidated List");
    for (name, text) in
        [("ofac/sdn.csv", csv), ("ofac/sdn.xml", xml), ("ofac/enhanced.xml", enhanced), ("ofac/advanced.xml", advanced)]
    {
        let before = common::import_one(name, &fixture(name)).unwrap();
        let after = common::import_one(name, text.as_bytes()).unwrap();
        assert_eq!((before.0.list.0.as_str(), after.0.list.0.as_str()), ("ofac-sdn", "ofac-cons"), "{name}");
        assert!(after.1.iter().all(|l| l.list == after.0.list), "{name}");
    }
}

#[test]
fn a_declared_count_that_is_wrong_is_refused() {
    let text = String::from_utf8(fixture("ofac/sdn.xml")).unwrap().replace(">3</Record_Count>", ">4</Record_Count>");
    let refusal = common::import_one("sdn.xml", text.as_bytes()).unwrap_err();
    assert!(refusal.reason.contains("declares `4` records and holds 3"), "{refusal}");
}

#[test]
fn companions_find_their_main_file() {
    let bytes: Vec<(String, Vec<u8>)> = ["sdn.csv", "alt.csv", "add.csv"]
        .iter()
        .flat_map(|name| ["a", "b"].map(|folder| (format!("{folder}/{name}"), fixture(&format!("ofac/{name}")))))
        .collect();
    let files: Vec<SourceFile<'_>> = bytes.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let (sets, refusals) = group(&files, &Options::default());
    assert!(refusals.is_empty(), "{refusals:?}");
    let folders: Vec<Vec<&str>> = sets.iter().map(|s| s.files.iter().map(|(_, f)| &f.name[..1]).collect()).collect();
    assert_eq!(folders, [["a"; 3], ["b"; 3]]);
    // Without a main file they are refused, with the remedy.
    let (sets, refusals) = group(&files[2..4], &Options::default());
    assert!(sets.is_empty());
    assert_eq!(refusals.len(), 2);
    assert!(refusals[0].hint.as_deref().unwrap().contains("sdn.csv"), "{}", refusals[0]);
}

#[test]
fn gzipped_files_read_the_same() {
    use std::io::Write as _;
    for name in ["un.xml", "us/csl.csv", "ofac/sdn.xml"] {
        let plain = fixture(name);
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(&plain).unwrap();
        let packed = encoder.finish().unwrap();
        let (a, b) = (common::import_one(name, &plain).unwrap(), common::import_one(name, &packed).unwrap());
        assert_eq!(a.1, b.1, "{name}");
        let cut = &packed[..packed.len() - 12];
        assert!(common::import_one(name, cut).is_err(), "{name}: a gzip stream that is cut short");
    }
}
