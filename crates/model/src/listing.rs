//! An entry on a list, the act behind it, and the version of the list it stands in.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Digest, Entity, Sourced};

/// A list, as `un-sc`, `ofac-sdn`, `ofac-cons`, `eu-fsf`, `uk-sl`, `uk-conlist`, `ch-seco`, `ca-sema`, `us-csl`, `starter`, or a
/// user's own name for an internal list: lower-case letters, digits and hyphens.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ListId(pub String);

impl fmt::Display for ListId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names a listing across versions of its list: `<list>:<record>`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct ListingId(pub String);

impl fmt::Display for ListingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One version of a list: what was read, from which bytes, published when.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListVersion {
    /// The list.
    pub list: ListId,
    /// Hash of the bytes of its files, in the order of their roles.
    pub digest: Digest,
    /// The publisher's own date, if the file carries one.
    pub published: Option<Date>,
    /// The format it was read as, as `un-consolidated-xml`.
    pub format: String,
    /// Records in the files: listings and rejections together.
    pub records: u64,
    /// Records that became listings.
    pub listings: u64,
    /// Records that were rejected.
    pub rejections: u64,
}

/// The legal act that put an entity on a list.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, Default)]
#[serde(default)]
pub struct Designation {
    /// Programme or regime, in the publisher's own code or words: `DPRK3`, `PRK`, `DPRK`.
    pub programme: String,
    /// Legal basis: order, regulation, resolution, paragraph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// Who designated it, where a list carries several authorities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authority: Option<String>,
    /// Measures it is subject to, in the publisher's words: asset freeze, travel ban, …
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub measures: Vec<String>,
    /// Date of listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed_on: Option<Date>,
    /// Dates of amendment, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amended_on: Vec<Date>,
    /// End of the designation, for records kept after a delisting.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_on: Option<Date>,
}

/// A link from one listing to another party, as the publisher states it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct Link {
    /// The publisher's words: `Linked To`, `Owned or Controlled By`, `Family member of`.
    pub relation: String,
    /// The other side's name, as published.
    pub name: String,
    /// Record of the other side in the same list, if the publisher gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
}

/// An entry on a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Listing {
    /// The list it stands on.
    pub list: ListId,
    /// The record in the publisher's own numbering; stable over versions.
    pub record: String,
    /// Where in the file: `record 17`, `line 3`, with the file's role if there are several.
    pub place: String,
    /// The reference that people quote: `KPi.001`, `EU.5467.55`, `PRK0001`. None if the list has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// Whom it is about.
    pub entity: Entity,
    /// The acts behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub designations: Vec<Sourced<Designation>>,
    /// Links to other parties.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Sourced<Link>>,
}

impl Listing {
    /// Its id across versions.
    pub fn id(&self) -> ListingId {
        ListingId(format!("{}:{}", self.list, self.record))
    }

    /// The reference people quote, or the record if the list has none.
    pub fn quoted(&self) -> &str {
        self.reference.as_deref().unwrap_or(&self.record)
    }
}

/// A record that did not become a listing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Rejection {
    /// File, line, record: what a person needs to find it.
    pub place: String,
    /// What does not fit, with the reader's value in backticks.
    pub reason: String,
    /// What to do about it, if we know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
