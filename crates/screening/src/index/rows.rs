//! What lies in the index's sections: terms, rows of names, names, attributes; each of a fixed size, read in place.
//!
//! Promises: a number that this version does not know reads as a value that hides nothing.
//!
//! Not here: where they lie (`index`), how they are filed (`keys`).

use std::ops::Range;

use bytemuck::{Pod, Zeroable};
use interdict_model::{Kind, PartialDate};
use interdict_names::analyse::{Class, Form, Sort};
use interdict_names::script::Script;

/// A term: a token in its role.
#[derive(Clone, Copy, Pod, Zeroable, Debug)]
#[repr(C)]
pub struct Term {
    /// Weight after rarity in the lists.
    pub weight: u16,
    /// [`Class`] by number.
    pub class: u8,
    /// [`Script`] by number.
    pub script: u8,
    /// [`Sort`] by number.
    pub sort: u8,
    /// Unused.
    pub pad: [u8; 3],
    /// Bits of the first letters of its Latin spellings, `a` lowest.
    pub initials: u32,
}

/// A row: one form of one name.
#[derive(Clone, Copy, Pod, Zeroable, Debug)]
#[repr(C)]
pub struct Row {
    /// The name it is a form of.
    pub name: u32,
    /// Where its terms begin.
    terms_at: u32,
    /// Sum of its terms' weights; the highest bit says that it is a reading.
    weight: u16,
    /// How many terms it has, and above them two bits of its [`Sort`].
    terms_sort: u8,
    /// Three bits of its listing's [`Kind`], and above them the run-on script, by number plus one.
    kind_run_on: u8,
}

const READING: u16 = 1 << 15;

impl Row {
    pub(super) fn new(name: u32, terms: Range<usize>, sort: Sort, kind: Kind, form: &Form) -> Self {
        let run_on = form.run_on.map_or(0, |script| script as u8 + 1);
        Self {
            name,
            terms_at: terms.start as u32,
            weight: if form.is_reading { READING } else { 0 },
            // at most MAX_TOKENS terms, which fit six bits
            terms_sort: terms.len().min(63) as u8 | (sort as u8) << 6,
            kind_run_on: kind as u8 | run_on << 3,
        }
    }

    pub(super) fn weighing(self, weight: u32) -> Self {
        let weight = u16::try_from(weight).unwrap_or(u16::MAX).min(READING - 1);
        Self { weight: self.weight & READING | weight, ..self }
    }

    /// Sum of its terms' weights.
    #[inline]
    pub fn weight(&self) -> i64 {
        i64::from(self.weight & !READING)
    }

    /// Whether it was romanised from its run-on script.
    pub fn is_reading(&self) -> bool {
        self.weight & READING != 0
    }

    /// [`Sort`] by number.
    #[inline]
    pub fn sort(&self) -> u8 {
        self.terms_sort >> 6
    }

    /// [`Kind`] of its listing, by number.
    #[inline]
    pub fn kind(&self) -> u8 {
        self.kind_run_on & 7
    }

    /// Run-on script its name is written in, by number plus one; 0 if none.
    pub fn run_on(&self) -> u8 {
        self.kind_run_on >> 3
    }

    #[inline]
    pub(super) fn terms(&self) -> Range<usize> {
        let at = self.terms_at as usize;
        at..at + usize::from(self.terms_sort & 63)
    }
}

/// A name of a listing.
#[derive(Clone, Copy, Pod, Zeroable, Debug)]
#[repr(C)]
pub struct NameRow {
    /// Its listing.
    pub listing: u32,
    /// Where its text lies.
    pub text_at: u32,
    /// How long its text is.
    pub text_len: u32,
    /// [`NameQuality`] by number.
    pub quality: u32,
}

/// What is compared of a listing besides names.
#[derive(Clone, Copy, Pod, Zeroable, Debug)]
#[repr(C)]
pub struct ListingRow {
    /// [`Kind`] by number.
    pub kind: u8,
    /// Bits of genders: 1 female, 2 male, 4 other.
    pub genders: u8,
    /// Unused.
    pub pad: [u8; 2],
}

/// A date of birth, foundation or build.
#[derive(Clone, Copy, Pod, Zeroable, Debug, Default)]
#[repr(C)]
pub struct DateRow {
    /// First day as yyyymmdd.
    pub earliest: u32,
    /// Last day as yyyymmdd.
    pub latest: u32,
    /// 1 if circa.
    pub circa: u32,
}

/// An identifier.
#[derive(Clone, Copy, Pod, Zeroable, Debug, Default)]
#[repr(C)]
pub struct IdentifierRow {
    /// Where it lies, as JSON.
    pub at: u32,
    /// How long it is.
    pub len: u32,
    /// Its listing.
    pub listing: u32,
}

/// A country of a listing: its two letters, and whether it belongs there (nationality) or has to do with it.
#[derive(Clone, Copy, Pod, Zeroable, Debug, Default, PartialEq, Eq)]
#[repr(C)]
pub struct CountryRow {
    /// ISO code.
    pub code: [u8; 2],
    /// 1 for nationality, incorporation or flag.
    pub belongs: u8,
    /// Unused.
    pub pad: u8,
}

/// The sorts of name that a kind of entity can carry.
pub fn sorts(kind: Kind) -> &'static [Sort] {
    match kind {
        Kind::Person => &[Sort::Person],
        Kind::Organization | Kind::Security => &[Sort::Organization],
        Kind::Vessel | Kind::Aircraft | Kind::Wallet => &[Sort::Object],
        Kind::Unknown => &[Sort::Person, Sort::Organization],
    }
}

/// Sorts of name under which a party of a kind is compared: all of them if its kind is not known.
pub fn party_sorts(kind: Kind) -> &'static [Sort] {
    match kind {
        Kind::Unknown => &[Sort::Person, Sort::Organization, Sort::Object],
        known @ (Kind::Person | Kind::Organization | Kind::Vessel | Kind::Aircraft | Kind::Wallet | Kind::Security) => {
            sorts(known)
        }
    }
}

pub(super) fn ymd(date: jiff::civil::Date) -> u32 {
    let part = |n: i8| u32::from(n.unsigned_abs());
    u32::from(date.year().unsigned_abs()) * 10_000 + part(date.month()) * 100 + part(date.day())
}

pub(super) fn is_day(date: &DateRow) -> bool {
    date.earliest == date.latest && date.circa == 0
}

/// The years that a date may lie in, circa widened.
pub(super) fn years(date: &DateRow) -> std::ops::RangeInclusive<i16> {
    // a date that cannot be read back lies in no year that a party can have
    let (from, to) = date_of(date).map_or((0, 0), |date| {
        let (from, to) = date.widened();
        (from.year(), to.year())
    });
    from..=to
}

/// A stored date.
pub fn date_of(row: &DateRow) -> Option<PartialDate> {
    let day = |n: u32| PartialDate::ymd((n / 10_000) as i16, (n / 100 % 100) as i8, (n % 100) as i8);
    let span = PartialDate::span(day(row.earliest)?, day(row.latest)?);
    Some(if row.circa == 1 { span.circa() } else { span })
}

/// A class by its number; numbers of another version are names.
pub fn class(number: u8) -> Class {
    const ALL: [Class; 10] = [
        Class::Name,
        Class::Initial,
        Class::Particle,
        Class::Title,
        Class::LegalForm,
        Class::Generic,
        Class::Place,
        Class::Number,
        Class::Acronym,
        Class::Patronymic,
    ];
    ALL.get(usize::from(number)).copied().unwrap_or(Class::Name)
}

/// A sort by its number; numbers of another version are objects.
pub fn sort(number: u8) -> Sort {
    const ALL: [Sort; 3] = [Sort::Person, Sort::Organization, Sort::Object];
    ALL.get(usize::from(number)).copied().unwrap_or(Sort::Object)
}

pub(super) fn script(number: u8) -> Script {
    Script::ALL.get(usize::from(number)).copied().unwrap_or(Script::Common)
}
