//! The index: names and attributes of listings in flat arrays, read in place.
//!
//! Spellings are shared by terms, terms by rows: a *spelling* is a string of letters, a *term* a
//! token in its role (a word of a person's name, a legal form), a *row* one form of one name.
//! Whatever is expensive is done per spelling.
//!
//! Promises: the same listings in the same order give the same bytes; bytes are checked when
//! they are opened; nothing is changed afterwards.
//!
//! Not here: searching (`search`), files (`store`).

mod build;
mod keys;
mod rows;
mod view;

use std::sync::atomic::{AtomicU64, Ordering};

pub use build::IndexBuilder;
pub use keys::{Signature, initial_bit, term_year};
pub use rows::{
    CountryRow, DateRow, IdentifierRow, ListingRow, NameRow, Row, Term, class, date_of, party_sorts, sort, sorts,
};

use crate::flat::{Groups, Sections};

/// Why a screening could not be done. Never to be read as clear.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The party carries nothing that can be screened.
    #[error(
        "the party has no name with letters and no identifier\nhint: give a name, or an identifier such as an IMO number or a passport"
    )]
    NothingToScreen,
    /// The party is larger than what we compare in bounded time.
    #[error("the party cannot be screened in bounded time: {0}\nhint: screen its names one by one, or shorten them")]
    TooLarge(String),
    /// The stored index is not one this version reads.
    #[error(
        "the stored index cannot be used: {0}\nhint: it is rebuilt from the imported lists by `interdict lists rebuild`"
    )]
    BadIndex(String),
    /// There is no listing of that number.
    #[error("there is no listing {0} in this snapshot")]
    NoListing(u32),
}

/// The sections, in their order in the bytes.
#[derive(Clone, Copy)]
#[repr(usize)]
enum Part {
    Arena,
    SpellingStarts,
    Signatures,
    SpellingTermStarts,
    SpellingTerms,
    Terms,
    TermSpellingStarts,
    TermSpellings,
    PostingStarts,
    Postings,
    Rows,
    RowInitials,
    RowTerms,
    Names,
    NearStarts,
    Near,
    SoundStarts,
    Sounds,
    JoinedStarts,
    Joined,
    Listings,
    DateStarts,
    Dates,
    CountryStarts,
    Countries,
    IdentifierStarts,
    Identifiers,
    IdentifierBucketStarts,
    IdentifierBuckets,
    YearStarts,
    Years,
    DayYearStarts,
    DayYears,
    DayStarts,
    Days,
    ListingRows,
    TermYearStarts,
    TermYears,
    LongSpans,
    LegalForms,
    Count,
}

/// A read-only index over bytes in memory or mapped from a file.
pub struct Index<B> {
    bytes: B,
    sections: Sections,
    id: u64,
}

/// Tells opened indexes apart, so that what was worked out for one is not used for another.
static OPENED: AtomicU64 = AtomicU64::new(1);

/// All sections, in place.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// Which opened index it is of.
    pub id: u64,
    arena: &'a [u8],
    spelling_starts: &'a [u32],
    signatures: &'a [u32],
    spelling_terms: Groups<'a, u32>,
    /// Terms.
    pub terms: &'a [Term],
    term_spellings: Groups<'a, u32>,
    postings: Groups<'a, u32>,
    /// Rows.
    pub rows: &'a [Row],
    /// The first letters of each row's words.
    pub row_initials: &'a [u32],
    row_terms: &'a [u32],
    /// Names.
    pub names: &'a [NameRow],
    near: Groups<'a, u32>,
    sounds: Groups<'a, u32>,
    joined: Groups<'a, u32>,
    /// Listings.
    pub listings: &'a [ListingRow],
    dates: Groups<'a, DateRow>,
    countries: Groups<'a, CountryRow>,
    identifiers: Groups<'a, IdentifierRow>,
    identifier_buckets: Groups<'a, u32>,
    years: Groups<'a, u32>,
    day_years: Groups<'a, u32>,
    days: Groups<'a, u32>,
    listing_rows: &'a [u32],
    term_years: Groups<'a, u32>,
    /// Listings whose dates span too many years to be filed by word and year.
    pub long_spans: &'a [u32],
    legal_forms: &'a [u32],
}

impl<B: AsRef<[u8]>> Index<B> {
    /// Checks the bytes and opens them.
    pub fn open(bytes: B) -> Result<Self, NotDone> {
        let sections = Sections::open(bytes.as_ref(), Part::Count as usize)?;
        let index = Self { bytes, sections, id: OPENED.fetch_add(1, Ordering::Relaxed) };
        index.view_checked(true)?;
        Ok(index)
    }

    /// The sections in place.
    pub fn view(&self) -> Result<View<'_>, NotDone> {
        self.view_checked(false)
    }

    fn view_checked(&self, check: bool) -> Result<View<'_>, NotDone> {
        let bytes = self.bytes.as_ref();
        let u32s = |part: Part| self.sections.get::<u32>(bytes, part as usize);
        let pair = |starts: Part, items: Part| Groups::new(u32s(starts)?, u32s(items)?, check);
        Ok(View {
            id: self.id,
            arena: self.sections.get(bytes, Part::Arena as usize)?,
            spelling_starts: u32s(Part::SpellingStarts)?,
            signatures: u32s(Part::Signatures)?,
            spelling_terms: pair(Part::SpellingTermStarts, Part::SpellingTerms)?,
            terms: self.sections.get(bytes, Part::Terms as usize)?,
            term_spellings: pair(Part::TermSpellingStarts, Part::TermSpellings)?,
            postings: pair(Part::PostingStarts, Part::Postings)?,
            rows: self.sections.get(bytes, Part::Rows as usize)?,
            row_initials: u32s(Part::RowInitials)?,
            row_terms: u32s(Part::RowTerms)?,
            names: self.sections.get(bytes, Part::Names as usize)?,
            near: pair(Part::NearStarts, Part::Near)?,
            sounds: pair(Part::SoundStarts, Part::Sounds)?,
            joined: pair(Part::JoinedStarts, Part::Joined)?,
            listings: self.sections.get(bytes, Part::Listings as usize)?,
            dates: Groups::new(u32s(Part::DateStarts)?, self.sections.get(bytes, Part::Dates as usize)?, check)?,
            countries: Groups::new(
                u32s(Part::CountryStarts)?,
                self.sections.get(bytes, Part::Countries as usize)?,
                check,
            )?,
            identifiers: Groups::new(
                u32s(Part::IdentifierStarts)?,
                self.sections.get(bytes, Part::Identifiers as usize)?,
                check,
            )?,
            identifier_buckets: pair(Part::IdentifierBucketStarts, Part::IdentifierBuckets)?,
            years: pair(Part::YearStarts, Part::Years)?,
            day_years: pair(Part::DayYearStarts, Part::DayYears)?,
            days: pair(Part::DayStarts, Part::Days)?,
            listing_rows: u32s(Part::ListingRows)?,
            term_years: pair(Part::TermYearStarts, Part::TermYears)?,
            long_spans: u32s(Part::LongSpans)?,
            legal_forms: u32s(Part::LegalForms)?,
        })
    }

    /// How many listings it holds.
    pub fn listings(&self) -> u32 {
        self.view().map_or(0, |v| v.listings.len() as u32)
    }

    /// How many names it holds.
    pub fn names(&self) -> u32 {
        self.view().map_or(0, |v| v.names.len() as u32)
    }
}
