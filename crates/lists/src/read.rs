//! Reads one set of files into listings, and says what became of every record.

use std::collections::BTreeMap;

use interdict_model::{Digest, ListId, ListVersion, Listing, Rejection};
use jiff::civil::Date;

use crate::account::{Account, REJECTIONS};
use crate::{FileSet, Format, Refusal, Role, formats};

/// Which column of an internal list holds which of our fields: `name` -> `Customer name`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapping(pub BTreeMap<String, String>);

/// What the caller may say about files beyond their content.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// The list's id, if not the publisher's: required for internal lists that should not be called `own`.
    pub list: Option<ListId>,
    /// Columns of an internal list.
    pub mapping: Mapping,
}

/// Rows of one file of a set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RoleRows {
    /// The file's role.
    pub role: Role,
    /// Rows it has.
    pub rows: u64,
    /// Rows that went into a listing; the others are rejections.
    pub attached: u64,
}

/// What became of a set of files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// The list.
    pub list: ListId,
    /// The format it was read as.
    pub format: Format,
    /// The publisher's date, if the files carry one.
    pub published: Option<Date>,
    /// Hash of the files' bytes as given, in the order of their roles.
    pub digest: Digest,
    /// Records of the main file, and rows of companion files that belong to none of them: always
    /// the sum of listings and rejections.
    pub records: u64,
    /// Records that became listings.
    pub listings: u64,
    /// Records that did not, each with its place and reason.
    pub rejections: Vec<Rejection>,
    /// Elements, attributes and columns that hold something and are not understood, with counts.
    pub unknown_fields: BTreeMap<String, u64>,
    /// Rows by role, where a set has several files.
    pub rows: Vec<RoleRows>,
    /// What a person should know about the files as a whole.
    pub notes: Vec<String>,
}

impl Reading {
    /// The version of the list that was read.
    pub fn version(&self) -> ListVersion {
        ListVersion {
            list: self.list.clone(),
            digest: self.digest,
            published: self.published,
            format: self.format.name().to_owned(),
            records: self.records,
            listings: self.listings,
            rejections: self.rejections.len() as u64,
        }
    }
}

/// Reads a set and hands each listing to `out`, in the order of the file.
///
/// # Errors
/// A refusal means that nothing of the set may be used, the listings already handed out included.
pub fn read(set: &FileSet<'_>, options: &Options, out: &mut dyn FnMut(Listing)) -> Result<Reading, Refusal> {
    let list = options.list.clone().unwrap_or_else(|| ListId(set.format.list().to_owned()));
    let mut account = Account::new(list, out);
    formats::read(set, options, &mut account)?;
    if let (true, Some(first)) = (account.overflowed, account.rejections.first()) {
        let reason = format!("more than {REJECTIONS} records do not fit; the first: {}", first.reason);
        return Err(Refusal::new(set.name(), first.place.clone(), reason));
    }
    let digest = Digest::of_parts(set.files.iter().map(|(_, file)| file.bytes));
    Ok(Reading {
        list: account.list,
        format: set.format,
        published: account.published,
        digest,
        records: account.listings + account.rejections.len() as u64,
        listings: account.listings,
        rejections: account.rejections,
        unknown_fields: account.unknown,
        rows: account.rows,
        notes: account.notes,
    })
}
