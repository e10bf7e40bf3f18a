//! The real lists: every file is read with the count its source states, or refused for the reason
//! stated here. Skipped, and said, where the folder of real lists is absent.

mod common;

use std::time::Instant;

use common::{Counted, counts_hold, data, import};

const READ: &[Counted] = &[
    (&["un/2016-02-11_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2016-02-11", 239, 0),
    (&["un/2018-06-07_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2018-06-07", 1098, 0),
    (&["un/2018-06-21_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2018-06-21", 1100, 0),
    (&["un/2018-08-24_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2018-08-24", 1098, 0),
    (&["un/2018-10-29_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2018-10-29", 1093, 0),
    (&["un/2020-03-20_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2020-03-20", 1014, 0),
    (&["un/2025-04-19_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2025-04-19", 877, 0),
    (&["un/2025-09-03_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2025-09-03", 879, 0),
    (&["un/2025-11-15_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2025-11-15", 1000, 0),
    (&["un/2025-11-20_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2025-11-20", 1000, 0),
    (&["un/2026-02-27_un_consolidated.xml"], "un-consolidated-xml", "un-sc", "2026-02-27", 1003, 0),
    (&["ofac/2018-01-26/sdn.csv"], "ofac-sdn-csv", "ofac-sdn", "-", 6068, 0),
    (
        &["ofac/2019-01-15/sdn.csv", "ofac/2019-01-15/alt.csv", "ofac/2019-01-15/add.csv"],
        "ofac-sdn-csv",
        "ofac-sdn",
        "-",
        7379,
        0,
    ),
    (
        &[
            "ofac/2021-07-07/sdn.csv",
            "ofac/2021-07-07/alt.csv",
            "ofac/2021-07-07/add.csv",
            "ofac/2021-07-07/sdn_comments.csv",
        ],
        "ofac-sdn-csv",
        "ofac-sdn",
        "-",
        8976,
        0,
    ),
    // The collector left rows out of the main table and not out of its companions.
    (
        &["ofac/2025-09_sdn_main/sdn_main_5cols.csv", "ofac/2025-09_sdn_main/alt.csv", "ofac/2025-09_sdn_main/add.csv"],
        "ofac-sdn-csv-5",
        "ofac-sdn",
        "-",
        16164,
        1884,
    ),
    (
        &[
            "ofac/2025-09_sdn_main/sdn_main_5cols.csv",
            "ofac/2025-12-24_companions/alt.csv",
            "ofac/2025-12-24_companions/add.csv",
            "ofac/2025-12-24_companions/sdn_comments.csv",
        ],
        "ofac-sdn-csv-5",
        "ofac-sdn",
        "-",
        16164,
        3063,
    ),
    (
        &[
            "ofac/2018-04-06_cons/cons_prim.csv",
            "ofac/2018-04-06_cons/cons_alt.csv",
            "ofac/2018-04-06_cons/cons_add.csv",
        ],
        "ofac-cons-csv",
        "ofac-cons",
        "-",
        639,
        0,
    ),
    (
        &[
            "ofac/2025-12-19_cons/cons_prim.csv",
            "ofac/2025-12-19_cons/cons_alt.csv",
            "ofac/2025-12-19_cons/cons_add.csv",
            "ofac/2025-12-19_cons/cons_comments.csv",
        ],
        "ofac-cons-csv",
        "ofac-cons",
        "-",
        442,
        0,
    ),
    (&["ofac/2018-04-06_cons/consolidated.xml"], "ofac-cons-xml", "ofac-cons", "2018-04-06", 639, 0),
    (&["ofac/2024-05-06_cons/consolidated.xml"], "ofac-cons-xml", "ofac-cons", "2024-05-06", 443, 0),
    (&["ofac/2025-03-28_cons/consolidated.xml"], "ofac-cons-xml", "ofac-cons", "2025-03-28", 443, 0),
    (&["ofac/2024-08-28_enhanced/IRGC_enhanced.xml"], "ofac-enhanced-xml", "ofac-sdn", "2024-08-28", 293, 0),
    (&["ofac/2024-09_enhanced/yemen_enhanced.xml"], "ofac-enhanced-xml", "ofac-sdn", "2024-05-24", 10, 0),
    (&["ofac/sdn_daily/2022-02-23/sdn.csv"], "ofac-sdn-csv", "ofac-sdn", "-", 9108, 0),
    (&["ofac/sdn_daily/2022-02-24/sdn.csv"], "ofac-sdn-csv", "ofac-sdn", "-", 9123, 0),
    (&["ofac/sdn_daily/2022-02-25/sdn.csv"], "ofac-sdn-csv", "ofac-sdn", "-", 9214, 0),
    (&["ofac/sdn_daily/2024-05-01/sdn.csv"], "ofac-sdn-csv", "ofac-sdn", "-", 14966, 0),
    (&["ofac/sdn_daily/2024-05-02/sdn.csv"], "ofac-sdn-csv", "ofac-sdn", "-", 14973, 0),
    (&["ofac/sdn_daily/2024-05-03/sdn.csv"], "ofac-sdn-csv", "ofac-sdn", "-", 14965, 0),
    (&["ofac/csl/2022-05_consolidated_screening_list.csv.gz"], "us-csl-csv", "us-csl", "-", 14160, 0),
    (&["ofac/dpl/dpl_2019-06.txt"], "us-dpl-txt", "us-dpl", "-", 546, 0),
    (&["ofac/dpl/dpl_2022-09.txt"], "us-dpl-txt", "us-dpl", "-", 581, 0),
    // One address stands twice under the same party.
    (&["ofac/crypto/2025-01-01_sanctioned_addresses.json"], "ofac-wallets-json", "ofac-wallets", "2024-12-31", 663, 1),
    (&["ofac/crypto/2025-10-12_sanctioned_addresses.json"], "ofac-wallets-json", "ofac-wallets", "2025-10-09", 665, 1),
    (&["ofac/crypto/2026-08-22_sanctioned_addresses.json"], "ofac-wallets-json", "ofac-wallets", "2026-08-20", 976, 1),
    (&["formats/ofac_sdn_2026-08-07_5records.xml"], "ofac-sdn-xml", "ofac-sdn", "2026-08-07", 5, 0),
    (&["formats/ofac_sdn_advanced_layout_1party.xml"], "ofac-advanced-xml", "ofac-sdn", "2026-05-21", 1, 0),
];

// file, place, reason
const REFUSED: &[(&str, &str, &str)] = &[
    ("un/malformed/2024-10-16_un_consolidated_unescaped_ampersands.xml", "line 39788", "not well-formed XML"),
    ("ofac/2025-12-24_companions/alt.csv", "", "without the main file"),
    ("ofac/2025-12-24_companions/add.csv", "", "without the main file"),
    ("ofac/2025-12-24_companions/sdn_comments.csv", "", "without the main file"),
    ("un/sc-sanctions.xsd", "", "XML of no known list"),
    ("ofac/schema/sdn_advanced.xsd", "", "XML of no known list"),
    ("ofac/2018-04-06_cons/consolidated.xsd", "", "XML of no known list"),
    ("un/DERIVED_un_delta_summary.csv", "line 1", "a table of no known list"),
    ("ofac/sdn_daily/DERIVED_sdn_delta_summary.csv", "line 1", "a table of no known list"),
];

#[test]
fn every_real_file_is_read_with_the_count_of_its_source() {
    counts_hold(READ, |_, _, _| {});
}

#[test]
fn files_that_are_no_lists_are_refused_with_the_reason() {
    let Some(folder) = data() else { return };
    for (name, place, reason) in REFUSED {
        let Ok(bytes) = std::fs::read(folder.join(name)) else {
            println!("skipped: {name} is absent");
            continue;
        };
        let refusal = import(&[(name, &bytes)]).map(|(r, _)| r.records).expect_err(name);
        assert!(refusal.place.starts_with(place) && refusal.reason.contains(reason), "{refusal}");
    }
}

/// All main and companion files of OFAC in one command find each other.
#[test]
fn sets_of_several_dates_do_not_mix() {
    use interdict_lists::{Options, SourceFile, group};
    let Some(folder) = data() else { return };
    let mut loaded = Vec::new();
    for (names, ..) in READ.iter().filter(|(names, ..)| names.len() > 1 && !names[1].contains("2025-12-24")) {
        loaded.extend(names.iter().filter_map(|name| Some((*name, std::fs::read(folder.join(name)).ok()?))));
    }
    let mut files: Vec<SourceFile<'_>> = loaded.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    files.reverse();
    let start = Instant::now();
    let (sets, refusals) = group(&files, &Options::default());
    assert!(refusals.is_empty(), "{refusals:?}");
    for set in &sets {
        let folders: std::collections::BTreeSet<&str> =
            set.files.iter().map(|(_, f)| f.name.rsplit_once('/').unwrap().0).collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
    }
    println!("{} files in {} sets, {:?}", files.len(), sets.len(), start.elapsed());
}
