//! What other tools call the publishers' lists: names of datasets as aggregators and peers write them.
//!
//! Promises: a name stands for one list only.
//!
//! Not here: reading the lists (`formats`), which of them are loaded (`store`).

/// A publisher's list under the names of others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dataset {
    /// Our id of the list.
    pub list: &'static str,
    /// Its name in the catalogue of OpenSanctions.
    pub open_sanctions: &'static str,
    /// Its name in Moov Watchman, if it reads the list.
    pub watchman: Option<&'static str>,
    /// Title.
    pub title: &'static str,
    /// Publisher.
    pub publisher: &'static str,
    /// Country of the publisher, if it is one.
    pub country: Option<&'static str>,
}

const fn dataset(
    list: &'static str,
    open_sanctions: &'static str,
    watchman: Option<&'static str>,
    title: &'static str,
    publisher: &'static str,
    country: Option<&'static str>,
) -> Dataset {
    Dataset { list, open_sanctions, watchman, title, publisher, country }
}

/// Every list that has a name elsewhere.
pub const DATASETS: [Dataset; 10] = [
    dataset(
        "un-sc",
        "un_sc_sanctions",
        Some("un_csl"),
        "UN Security Council Consolidated List",
        "United Nations",
        None,
    ),
    dataset(
        "ofac-sdn",
        "us_ofac_sdn",
        Some("us_ofac"),
        "Specially Designated Nationals List",
        "Office of Foreign Assets Control",
        Some("us"),
    ),
    dataset(
        "ofac-cons",
        "us_ofac_cons",
        Some("us_non_sdn"),
        "Consolidated (non-SDN) List",
        "Office of Foreign Assets Control",
        Some("us"),
    ),
    dataset(
        "us-csl",
        "us_trade_csl",
        Some("us_csl"),
        "Consolidated Screening List",
        "International Trade Administration",
        Some("us"),
    ),
    dataset("eu-fsf", "eu_fsf", Some("eu_csl"), "Financial Sanctions Files", "European Union", Some("eu")),
    dataset(
        "uk-sl",
        "gb_fcdo_sanctions",
        None,
        "UK Sanctions List",
        "Foreign, Commonwealth & Development Office",
        Some("gb"),
    ),
    dataset(
        "uk-conlist",
        "gb_hmt_sanctions",
        Some("uk_csl"),
        "OFSI Consolidated List",
        "Office of Financial Sanctions Implementation",
        Some("gb"),
    ),
    dataset(
        "ch-seco",
        "ch_seco_sanctions",
        None,
        "Consolidated List",
        "State Secretariat for Economic Affairs",
        Some("ch"),
    ),
    dataset(
        "ca-sema",
        "ca_dfatd_sema_sanctions",
        None,
        "Consolidated Autonomous Sanctions List",
        "Global Affairs Canada",
        Some("ca"),
    ),
    dataset(
        "au-dfat",
        "au_dfat_sanctions",
        None,
        "Consolidated List",
        "Department of Foreign Affairs and Trade",
        Some("au"),
    ),
];

/// What others call a list of ours.
pub fn dataset_of(list: &str) -> Option<&'static Dataset> {
    DATASETS.iter().find(|dataset| dataset.list == list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_one_list() {
        for names in [
            DATASETS.iter().map(|d| d.list).collect::<Vec<_>>(),
            DATASETS.iter().map(|d| d.open_sanctions).collect(),
            DATASETS.iter().filter_map(|d| d.watchman).collect(),
        ] {
            let mut distinct = names.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), names.len(), "{names:?}");
        }
        assert_eq!(dataset_of("un-sc").map(|d| d.open_sanctions), Some("un_sc_sanctions"));
        assert_eq!(dataset_of("our-own"), None);
    }
}
