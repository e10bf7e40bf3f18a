//! Dates as publishers know them: a day, a month, a year, a span, or only "circa".
//!
//! A partial date is the span of days on which it may lie. Comparing two of them says what is
//! known: that they agree, that they can, or that they cannot.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Years either side that "circa" allows when the publisher gives no span.
/// Source: our choice; OFAC and UN entries that give both a circa year and a later exact one
/// differ by two years or less in most cases.
pub const CIRCA_YEARS: i16 = 2;

/// A date known to lie in `earliest..=latest`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PartialDate {
    earliest: Date,
    latest: Date,
    circa: bool,
}

/// What two partial dates say about each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateAgreement {
    /// The same single day.
    SameDay,
    /// The same month of the same year; at least one side knows no day.
    SameMonth,
    /// The same year; at least one side knows no month.
    SameYear,
    /// Spans or circa dates that overlap.
    Overlap,
    /// Day and month exchanged, or one digit apart: a likely slip of the pen.
    NearMiss,
    /// The same year, but another day.
    SameYearOnly,
    /// They cannot be the same date; the years between them.
    Contradict {
        /// Years between the nearest ends of the two spans.
        years: u16,
    },
}

fn month_end(year: i16, month: i8) -> Option<Date> {
    Some(Date::new(year, month, 1).ok()?.last_of_month())
}

impl PartialDate {
    /// A single day.
    pub fn day(date: Date) -> Self {
        Self { earliest: date, latest: date, circa: false }
    }

    /// A day by its numbers, or none if there is no such day.
    pub fn ymd(year: i16, month: i8, day: i8) -> Option<Self> {
        plausible(year)?;
        Some(Self::day(Date::new(year, month, day).ok()?))
    }

    /// A month of a year.
    pub fn month(year: i16, month: i8) -> Option<Self> {
        plausible(year)?;
        let earliest = Date::new(year, month, 1).ok()?;
        Some(Self { earliest, latest: month_end(year, month)?, circa: false })
    }

    /// A year.
    pub fn year(year: i16) -> Option<Self> {
        Self::years(year, year)
    }

    /// From the first day of one year to the last of another.
    pub fn years(from: i16, to: i16) -> Option<Self> {
        plausible(from)?;
        plausible(to)?;
        let (from, to) = (from.min(to), from.max(to));
        Some(Self { earliest: Date::new(from, 1, 1).ok()?, latest: Date::new(to, 12, 31).ok()?, circa: false })
    }

    /// From the start of one date to the end of another, whichever comes first.
    pub fn span(a: Self, b: Self) -> Self {
        Self { earliest: a.earliest.min(b.earliest), latest: a.latest.max(b.latest), circa: a.circa || b.circa }
    }

    /// The same date, known only approximately.
    #[must_use]
    pub fn circa(self) -> Self {
        Self { circa: true, ..self }
    }

    /// The first day it may be.
    pub fn earliest(&self) -> Date {
        self.earliest
    }

    /// The last day it may be.
    pub fn latest(&self) -> Date {
        self.latest
    }

    /// Whether the publisher calls it approximate.
    pub fn is_circa(&self) -> bool {
        self.circa
    }

    /// Whether it is one known day.
    pub fn is_day(&self) -> bool {
        self.earliest == self.latest && !self.circa
    }

    /// The span widened by what "circa" allows.
    pub fn widened(&self) -> (Date, Date) {
        if !self.circa {
            return (self.earliest, self.latest);
        }
        let shift = |date: Date, years: i16| {
            Date::new(date.year().saturating_add(years).clamp(1, 9999), date.month(), date.day().min(28))
                .unwrap_or(date)
        };
        (shift(self.earliest, -CIRCA_YEARS), shift(self.latest, CIRCA_YEARS))
    }

    /// Reads `1984`, `1984-01`, `1984-01-08`, `1980/1984` (a span) and each with a leading `~` (circa).
    /// The form that [`fmt::Display`] writes. Other layouts belong to the readers of their lists.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix('~') {
            return Self::parse(rest).map(Self::circa);
        }
        if let Some((a, b)) = text.split_once('/') {
            if !text.is_ascii() || a.len() < 4 || b.len() < 4 {
                return None;
            }
            return Some(Self::span(Self::parse(a)?, Self::parse(b)?));
        }
        let mut parts = text.split('-');
        let number = |part: Option<&str>, len: usize| -> Option<Option<i16>> {
            let Some(part) = part else { return Some(None) };
            if part.len() != len || !part.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            Some(part.parse().ok())
        };
        let year = number(parts.next(), 4)??;
        let month = number(parts.next(), 2)?;
        let day = number(parts.next(), 2)?;
        if parts.next().is_some() {
            return None;
        }
        match (month, day) {
            (Some(month), Some(day)) => Self::ymd(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?),
            (Some(month), None) => Self::month(year, i8::try_from(month).ok()?),
            (None, _) => Self::year(year),
        }
    }

    /// Compares two dates; symmetric.
    pub fn agreement(&self, other: &Self) -> DateAgreement {
        if self.is_day() && other.is_day() {
            return days(self.earliest, other.earliest);
        }
        let (a, b) = (self.widened(), other.widened());
        if a.0 > b.1 || b.0 > a.1 {
            let (earlier_end, later_start) = if a.0 > b.1 { (b.1, a.0) } else { (a.1, b.0) };
            if later_start.year() == earlier_end.year() {
                return DateAgreement::SameYearOnly;
            }
            return DateAgreement::Contradict { years: later_start.year().abs_diff(earlier_end.year()) };
        }
        let one_year = |d: &Self| !d.circa && d.earliest.year() == d.latest.year();
        let one_month = |d: &Self| one_year(d) && d.earliest.month() == d.latest.month();
        match () {
            () if one_month(self) && one_month(other) => DateAgreement::SameMonth,
            () if one_year(self) && one_year(other) => DateAgreement::SameYear,
            () => DateAgreement::Overlap,
        }
    }
}

fn days(a: Date, b: Date) -> DateAgreement {
    if a == b {
        return DateAgreement::SameDay;
    }
    let swapped = a.year() == b.year() && a.month() == b.day() && a.day() == b.month();
    if swapped || differing_digits(a, b) == 1 {
        return DateAgreement::NearMiss;
    }
    if a.year() == b.year() {
        return DateAgreement::SameYearOnly;
    }
    DateAgreement::Contradict { years: a.year().abs_diff(b.year()) }
}

/// How many digits differ as the days are written in figures.
fn differing_digits(a: Date, b: Date) -> u32 {
    let figure = |d: Date| i32::from(d.year()) * 10_000 + i32::from(d.month()) * 100 + i32::from(d.day());
    let (mut a, mut b) = (figure(a), figure(b));
    let mut differing = 0;
    while a != b {
        differing += u32::from(a % 10 != b % 10);
        (a, b) = (a / 10, b / 10);
    }
    differing
}

// Years a list can mean: nobody listed was born before 1800, and no date of a list is after 2199.
fn plausible(year: i16) -> Option<()> {
    (1800..2200).contains(&year).then_some(())
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (a, b) = (self.earliest, self.latest);
        if self.circa {
            f.write_str("~")?;
        }
        let (jan1, dec31) = ((a.month(), a.day()) == (1, 1), (b.month(), b.day()) == (12, 31));
        let whole_month = a.year() == b.year() && a.month() == b.month() && a.day() == 1 && b == b.last_of_month();
        match () {
            () if a == b => write!(f, "{a}"),
            () if jan1 && dec31 && a.year() == b.year() => write!(f, "{:04}", a.year()),
            () if jan1 && dec31 => write!(f, "{:04}/{:04}", a.year(), b.year()),
            () if whole_month => write!(f, "{:04}-{:02}", a.year(), a.month()),
            () => write!(f, "{a}/{b}"),
        }
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a date like 1984, 1984-01 or 1984-01-08")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> PartialDate {
        PartialDate::parse(text).unwrap_or_else(|| panic!("`{text}`"))
    }

    #[test]
    fn writes_what_it_reads() {
        for text in ["1984", "1984-01", "1984-01-08", "1980/1984", "~1984", "~1980/1984", "1984-01-08/1985-02-03"] {
            assert_eq!(date(text).to_string(), text);
        }
        for text in ["", "84", "1984-13", "1984-02-30", "1984-1-8", "0000-01-01", "1984-01-08T00:00", "8 Jan 1984", "~"]
        {
            assert_eq!(PartialDate::parse(text), None, "`{text}`");
        }
    }

    #[test]
    fn compares_symmetrically() {
        use DateAgreement::*;
        for (a, b, expected) in [
            ("1984-01-08", "1984-01-08", SameDay),
            ("1984-01-08", "1984-01", SameMonth),
            ("1984-01-08", "1984", SameYear),
            ("1984-01-08", "1984-08-01", NearMiss),
            ("1984-01-08", "1985-01-08", NearMiss),
            ("1984-01-08", "1984-11-29", SameYearOnly),
            ("1984-01-08", "1971-03-29", Contradict { years: 13 }),
            ("1984-01-08", "~1983", Overlap),
            ("1984-01-08", "~1981", Contradict { years: 1 }),
            ("1984-01-08", "1980/1990", Overlap),
            ("1984-01", "1984-03", SameYearOnly),
            ("1984", "1985", Contradict { years: 1 }),
        ] {
            assert_eq!(date(a).agreement(&date(b)), expected, "{a} {b}");
            assert_eq!(date(b).agreement(&date(a)), expected, "{b} {a}");
        }
    }
}
