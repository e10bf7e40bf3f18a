//! The official publications and their addresses.
//!
//! The addresses are those the publishers' own pages link to. Where a publisher offers one list in
//! several formats, the one that carries its own date and comes in one piece is taken.
//!
//! Not here: a user's own sources, which may take the place of these (`source`).

use url::Url;

use crate::{Expected, Source, SourceFile};

struct Row {
    list: &'static str,
    publisher: &'static str,
    expected: Expected,
    by_default: bool,
    /// Names and addresses.
    files: &'static [(&'static str, &'static str)],
}

const ROWS: [Row; 8] = [
    Row {
        list: "un-sc",
        publisher: "UN Security Council, consolidated list",
        expected: Expected::Xml,
        by_default: true,
        files: &[("consolidated.xml", "https://scsanctions.un.org/resources/xml/en/consolidated.xml")],
    },
    Row {
        list: "ofac-sdn",
        publisher: "US Treasury, OFAC: Specially Designated Nationals",
        expected: Expected::Xml,
        by_default: true,
        files: &[("SDN.XML", "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/SDN.XML")],
    },
    Row {
        list: "ofac-cons",
        publisher: "US Treasury, OFAC: consolidated list (non-SDN)",
        expected: Expected::Xml,
        by_default: true,
        files: &[(
            "CONSOLIDATED.XML",
            "https://sanctionslistservice.ofac.treas.gov/api/PublicationPreview/exports/CONSOLIDATED.XML",
        )],
    },
    Row {
        list: "eu-fsf",
        publisher: "European Commission, financial sanctions files",
        expected: Expected::Xml,
        by_default: true,
        // The token is the public one of the Commission's own link.
        files: &[(
            "xmlFullSanctionsList_1_1.xml",
            "https://webgate.ec.europa.eu/fsd/fsf/public/files/xmlFullSanctionsList_1_1/content?token=dG9rZW4tMjAxNw",
        )],
    },
    Row {
        list: "uk-sl",
        publisher: "UK Foreign, Commonwealth & Development Office, UK Sanctions List",
        expected: Expected::Xml,
        by_default: true,
        files: &[("UK-Sanctions-List.xml", "https://sanctionslist.fcdo.gov.uk/docs/UK-Sanctions-List.xml")],
    },
    Row {
        list: "ch-seco",
        publisher: "Switzerland, State Secretariat for Economic Affairs",
        expected: Expected::Xml,
        by_default: true,
        files: &[(
            "consolidated-list.xml",
            "https://www.sesam.search.admin.ch/sesam-search-web/pages/downloadXmlGesamtliste.xhtml?lang=en&action=downloadXmlGesamtlisteAction",
        )],
    },
    Row {
        list: "ca-sema",
        publisher: "Global Affairs Canada, autonomous sanctions",
        expected: Expected::Xml,
        by_default: true,
        files: &[(
            "sema-lmes.xml",
            "https://www.international.gc.ca/world-monde/assets/office_docs/international_relations-relations_internationales/sanctions/sema-lmes.xml",
        )],
    },
    Row {
        list: "us-csl",
        publisher: "US Commerce, Consolidated Screening List",
        expected: Expected::Table,
        // It repeats the OFAC lists; wanted by those who export.
        by_default: false,
        files: &[(
            "consolidated.csv",
            "https://data.trade.gov/downloadable_consolidated_screening_list/v1/consolidated.csv",
        )],
    },
];

/// The official publications, in the order they are fetched.
pub fn official() -> Vec<Source> {
    let source = |row: &Row| {
        // A test holds that every address of the table can be parsed.
        let file = |(name, address): &(&str, &str)| {
            Url::parse(address).ok().map(|url| SourceFile { name: (*name).to_owned(), url })
        };
        Source {
            list: row.list.to_owned(),
            publisher: row.publisher.to_owned(),
            files: row.files.iter().filter_map(file).collect(),
            expected: row.expected,
            by_default: row.by_default,
            official: true,
            catalog: None,
            authorization_env: None,
            map: Vec::new(),
            given: None,
        }
    };
    ROWS.iter().map(source).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_the_table_is_one_and_secure() {
        let sources = official();
        for (row, source) in ROWS.iter().zip(&sources) {
            assert_eq!(row.files.len(), source.files.len(), "{}", row.list);
            for file in &source.files {
                assert_eq!(file.url.scheme(), "https", "{}", file.url);
            }
        }
        let mut lists: Vec<&str> = sources.iter().map(|source| source.list.as_str()).collect();
        lists.dedup();
        assert_eq!(lists.len(), ROWS.len(), "each list once");
    }
}
