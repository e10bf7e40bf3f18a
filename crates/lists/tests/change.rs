//! The publishers' own series: what changed between their versions, against what was recorded.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test that can not go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{data, import};
use interdict_lists::{Change, changes};
use interdict_model::Listing;

fn listings(path: &str) -> Option<Vec<Listing>> {
    let bytes = std::fs::read(data()?.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    Some(import(&[(path, &bytes)]).unwrap_or_else(|refusal| panic!("{refusal}")).1)
}

fn records(changes: &[Change], word: &str) -> BTreeSet<String> {
    changes.iter().filter(|change| change.word() == word).map(|change| change.record.clone()).collect()
}

/// The collector's count of each pair, by DATAID: added, removed, changed in text.
#[test]
fn un_pairs_change_as_recorded() {
    let Some(first) = listings("un/2025-04-19_un_consolidated.xml") else { return };
    let mut before = first;
    for (date, added, removed, changed) in
        [("2025-09-03", 9, 7, 7), ("2025-11-15", 123, 2, 3), ("2025-11-20", 0, 0, 0), ("2026-02-27", 4, 1, 2)]
    {
        let after = listings(&format!("un/{date}_un_consolidated.xml")).unwrap();
        let found = changes(before, after.clone());
        assert_eq!((records(&found, "added").len(), records(&found, "removed").len()), (added, removed), "{date}");
        let touched = records(&found, "changed");
        // The collector counts any difference of text, ours are differences of what is said.
        assert!(touched.len() <= changed, "{date}: {touched:?}");
        if date == "2025-11-15" {
            let iran = found.iter().filter(|change| {
                change.before().is_none()
                    && change
                        .after()
                        .is_some_and(|listing| listing.designations.iter().any(|act| act.value.programme == "Iran"))
            });
            assert_eq!(iran.count(), 121);
        }
        before = after;
    }
}

/// Of the 8,862 recorded events those between the stored days.
const SHOWN: usize = 7923;

/// The rows of a main table by record, without blanks at the ends of fields.
fn rows(path: &std::path::Path) -> BTreeMap<String, String> {
    let text = String::from_utf8(std::fs::read(path).unwrap()).unwrap();
    let rows = text.lines().filter_map(|line| line.split_once(','));
    rows.map(|(record, rest)| (record.trim().to_owned(), rest.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect()
}

/// Between two stored days the recorded events, one after another, must lead from one file to the other.
#[test]
fn the_daily_ofac_series_changes_as_recorded() {
    let Some(folder) = data() else { return };
    let text =
        std::fs::read_to_string(folder.join("ofac/sdn_daily/DERIVED_sdn_delta_history_2021-08_2024-05.csv")).unwrap();
    // from, to, ent_num, change: names further right hold commas, these four do not.
    let events: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.splitn(5, ',').collect()).collect();
    assert_eq!(events.len(), 8862);
    let days = ["2022-02-23", "2022-02-24", "2022-02-25", "2024-05-01", "2024-05-02", "2024-05-03"];
    let mut before = listings(&format!("ofac/sdn_daily/{}/sdn.csv", days[0])).unwrap();
    let mut shown = 0;
    for pair in days.windows(2) {
        let after = listings(&format!("ofac/sdn_daily/{}/sdn.csv", pair[1])).unwrap();
        // Each stored file is the first scrape of its day, in UTC, that the events name.
        let within = |event: &&Vec<&str>| {
            &event[1][..10] > pair[0] && &event[1][..10] <= pair[1] || {
                // The second scrape of the day a file was taken on comes after it.
                pair[0] == "2022-02-23" && event[1] == "2022-02-23T18:46:52Z"
            }
        };
        let mut net: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for event in events.iter().filter(within) {
            net.entry(event[2]).or_default().push(event[3]);
            shown += 1;
        }
        let present: BTreeSet<&str> = before.iter().map(|listing| listing.record.as_str()).collect();
        let (mut added, mut removed, mut may_change) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for (record, happened) in &net {
            let exists_after = happened.iter().rev().find(|what| **what != "change").map(|what| *what == "add");
            match (present.contains(record), exists_after) {
                (false, Some(true)) => added.insert((*record).to_owned()),
                (true, Some(false)) => removed.insert((*record).to_owned()),
                (true, _) => may_change.insert((*record).to_owned()),
                (false, _) => false,
            };
        }
        let found = changes(before, after.clone());
        assert_eq!(records(&found, "added"), added, "{pair:?}");
        assert_eq!(records(&found, "removed"), removed, "{pair:?}");
        let changed = records(&found, "changed");
        assert!(changed.is_subset(&may_change), "{pair:?}: {:?}", changed.difference(&may_change));
        // Over two years a record may be changed and changed back: then both files say the same of it.
        let rows = pair.iter().map(|day| rows(&folder.join("ofac/sdn_daily").join(day).join("sdn.csv")));
        let [old, new] = rows.collect::<Vec<_>>().try_into().unwrap();
        let unseen: Vec<&String> =
            may_change.difference(&changed).filter(|record| old[*record] != new[*record]).collect();
        assert!(unseen.is_empty(), "{pair:?}: rows differ and no change is told: {unseen:?}");
        if pair[1] != "2024-05-01" {
            assert_eq!(changed, may_change, "{pair:?}");
        }
        before = after;
    }
    // All that happened from the first stored day to the last; the files cannot show what lies outside.
    assert_eq!(shown, SHOWN);
}
