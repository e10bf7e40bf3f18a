//! Every format we read, each with a stable name, and the roles of files in a set.

use std::fmt;

/// A publisher's file format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Format {
    /// UN Security Council consolidated list.
    UnConsolidatedXml,
    /// OFAC SDN list as a set of headerless CSV files.
    OfacSdnCsv,
    /// OFAC SDN main table cut to five columns, with a header.
    OfacSdnCsv5,
    /// OFAC consolidated (non-SDN) list as a set of headerless CSV files.
    OfacConsCsv,
    /// OFAC `sdnList` of the SDN list.
    OfacSdnXml,
    /// OFAC `sdnList` of the consolidated (non-SDN) list.
    OfacConsXml,
    /// OFAC advanced sanctions data model.
    OfacAdvancedXml,
    /// OFAC enhanced XML of the Sanctions List Service.
    OfacEnhancedXml,
    /// Digital currency addresses extracted from the SDN list.
    OfacWalletsJson,
    /// US Consolidated Screening List.
    UsCslCsv,
    /// BIS Denied Persons List, separated by tabs.
    UsDplTxt,
    /// EU financial sanctions file, XML 1.1.
    EuFsfXml,
    /// EU financial sanctions file, CSV 1.1, whole or as extracts of its columns.
    EuFsfCsv,
    /// EU consolidated list as published until 2017.
    EuGlobalXml,
    /// UK Sanctions List, XML.
    UkSlXml,
    /// UK Sanctions List, CSV.
    UkSlCsv,
    /// UK Sanctions List as a set of normalised tables.
    UkSlTables,
    /// OFSI consolidated list, 29 or 36 columns.
    UkConlistCsv,
    /// Swiss SECO consolidated list.
    ChSecoXml,
    /// Canada, Special Economic Measures Act.
    CaSemaXml,
    /// Australia, DFAT consolidated list, CSV.
    AuDfatCsv,
    /// Malaysia, Ministry of Home Affairs, a PDF saved as XML.
    MyMohaXml,
    /// A list flattened by a collector to name, alias, nationality, designation, type and source.
    FlatCsv,
    /// FollowTheMoney entities, one a line or in an array.
    FtmJson,
    /// Our own CSV for internal lists, columns by name or mapped.
    OwnCsv,
    /// Our own JSON for internal lists.
    OwnJson,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 26] = [
        Self::UnConsolidatedXml,
        Self::OfacSdnCsv,
        Self::OfacSdnCsv5,
        Self::OfacConsCsv,
        Self::OfacSdnXml,
        Self::OfacConsXml,
        Self::OfacAdvancedXml,
        Self::OfacEnhancedXml,
        Self::OfacWalletsJson,
        Self::UsCslCsv,
        Self::UsDplTxt,
        Self::EuFsfXml,
        Self::EuFsfCsv,
        Self::EuGlobalXml,
        Self::UkSlXml,
        Self::UkSlCsv,
        Self::UkSlTables,
        Self::UkConlistCsv,
        Self::ChSecoXml,
        Self::CaSemaXml,
        Self::AuDfatCsv,
        Self::MyMohaXml,
        Self::FlatCsv,
        Self::FtmJson,
        Self::OwnCsv,
        Self::OwnJson,
    ];

    /// The stable name, as it stands in stored versions and receipts.
    pub fn name(self) -> &'static str {
        match self {
            Self::UnConsolidatedXml => "un-consolidated-xml",
            Self::OfacSdnCsv => "ofac-sdn-csv",
            Self::OfacSdnCsv5 => "ofac-sdn-csv-5",
            Self::OfacConsCsv => "ofac-cons-csv",
            Self::OfacSdnXml => "ofac-sdn-xml",
            Self::OfacConsXml => "ofac-cons-xml",
            Self::OfacAdvancedXml => "ofac-advanced-xml",
            Self::OfacEnhancedXml => "ofac-enhanced-xml",
            Self::OfacWalletsJson => "ofac-wallets-json",
            Self::UsCslCsv => "us-csl-csv",
            Self::UsDplTxt => "us-dpl-txt",
            Self::EuFsfXml => "eu-fsf-xml",
            Self::EuFsfCsv => "eu-fsf-csv",
            Self::EuGlobalXml => "eu-global-xml",
            Self::UkSlXml => "uk-sl-xml",
            Self::UkSlCsv => "uk-sl-csv",
            Self::UkSlTables => "uk-sl-tables",
            Self::UkConlistCsv => "uk-conlist-csv",
            Self::ChSecoXml => "ch-seco-xml",
            Self::CaSemaXml => "ca-sema-xml",
            Self::AuDfatCsv => "au-dfat-csv",
            Self::MyMohaXml => "my-moha-xml",
            Self::FlatCsv => "flat-csv",
            Self::FtmJson => "ftm-json",
            Self::OwnCsv => "own-csv",
            Self::OwnJson => "own-json",
        }
    }

    /// The list a file of this format carries, unless the file or the caller says otherwise.
    pub fn list(self) -> &'static str {
        match self {
            Self::UnConsolidatedXml => "un-sc",
            Self::OfacSdnCsv | Self::OfacSdnCsv5 | Self::OfacSdnXml | Self::OfacAdvancedXml | Self::OfacEnhancedXml => {
                "ofac-sdn"
            }
            Self::OfacConsCsv | Self::OfacConsXml => "ofac-cons",
            Self::OfacWalletsJson => "ofac-wallets",
            Self::UsCslCsv => "us-csl",
            Self::UsDplTxt => "us-dpl",
            Self::EuFsfXml | Self::EuFsfCsv | Self::EuGlobalXml => "eu-fsf",
            Self::UkSlXml | Self::UkSlCsv | Self::UkSlTables => "uk-sl",
            Self::UkConlistCsv => "uk-conlist",
            Self::ChSecoXml => "ch-seco",
            Self::CaSemaXml => "ca-sema",
            Self::AuDfatCsv => "au-dfat",
            Self::MyMohaXml => "my-moha",
            Self::FlatCsv => "flat",
            Self::FtmJson => "ftm",
            Self::OwnCsv | Self::OwnJson => "own",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a file is within its set. A set has one file of a role at most.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Role {
    /// The main table, or the only file.
    Main,
    /// Further names of the main table's records.
    Aliases,
    /// Addresses of the main table's records.
    Addresses,
    /// Remarks of the main table's records that did not fit there.
    Comments,
    /// Dates of birth of the main table's records.
    Births,
    /// Countries and nationalities of the main table's records.
    Countries,
    /// Documents and numbers of the main table's records.
    Identifiers,
}

impl Role {
    /// The word for it in messages.
    pub fn word(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Aliases => "aliases",
            Self::Addresses => "addresses",
            Self::Comments => "comments",
            Self::Births => "births",
            Self::Countries => "countries",
            Self::Identifiers => "identifiers",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
