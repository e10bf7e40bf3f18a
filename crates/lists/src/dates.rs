//! Reads the date layouts of publishers into partial dates.
//!
//! Promises: a text that is not understood as a whole gives none; nothing is guessed. The caller
//! keeps the text.

use interdict_model::PartialDate;
use jiff::civil::Date;

/// Which number comes first in `03/04/1965`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Order {
    /// European: UK, EU, Canada.
    DayFirst,
    /// US.
    MonthFirst,
}

/// Reads any layout that the publishers use: `08 Jan 1984`, `Jan 1984`, `1984`, `circa 1965`,
/// `1960 to 1965`, `1965-1966`, `between 1960 and 1965`, `approximately 1970`, `00/00/1980`,
/// `dd/mm/1945`, `1984-01-08`, `Jan 8, 1984`, `late 1960s`.
pub(crate) fn partial(text: &str, order: Order) -> Option<PartialDate> {
    let text = text.trim().trim_end_matches(['.', ';', ',']).trim();
    if text.is_empty() || text.len() > 80 {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    if let Some(rest) = after_circa(&lower) {
        return partial(rest, order).map(PartialDate::circa);
    }
    if let Some(rest) = lower.strip_prefix("between ") {
        let (a, b) = rest.split_once(" and ").or_else(|| rest.split_once(" to ")).or_else(|| rest.split_once('-'))?;
        return span(a, b, order);
    }
    let lower = lower.strip_prefix("from ").unwrap_or(&lower);
    for word in [" to ", " - ", " – ", " until ", " through "] {
        if let Some((a, b)) = lower.split_once(word) {
            return span(a, b, order);
        }
    }
    one(lower, order)
}

/// Reads a single day in any of the layouts above; none if it is less exact than a day.
pub(crate) fn day(text: &str, order: Order) -> Option<Date> {
    let date = partial(text, order)?;
    date.is_day().then(|| date.earliest())
}

fn after_circa(lower: &str) -> Option<&str> {
    const WORDS: [&str; 14] = [
        "circa",
        "approximately",
        "approx.",
        "approx",
        "about",
        "around",
        "ca.",
        "c.",
        "c ",
        "estimated",
        "possibly",
        "probably",
        "~",
        "ca ",
    ];
    let rest = WORDS.iter().find_map(|word| lower.strip_prefix(word))?;
    Some(rest.trim_start_matches([' ', ':', '.']))
}

fn span(a: &str, b: &str, order: Order) -> Option<PartialDate> {
    let (a, b) = (a.trim(), b.trim());
    let end = after_circa(b).map_or_else(|| one(b, order), |rest| one(rest, order).map(PartialDate::circa));
    let start = after_circa(a).map_or_else(|| one(a, order), |rest| one(rest, order).map(PartialDate::circa));
    match (start, end) {
        (Some(start), Some(end)) => Some(PartialDate::span(start, end)),
        // `Jan to Mar 1965`: the year stands at the end only.
        (None, Some(end)) => {
            let start = one(&format!("{a} {}", end.latest().year()), order)?;
            Some(PartialDate::span(start, end))
        }
        (_, None) => None,
    }
}

/// A date without words around it.
fn one(text: &str, order: Order) -> Option<PartialDate> {
    let text = text.trim();
    let text =
        text.split_once('t').filter(|(date, time)| is_iso(date) && time.contains(':')).map_or(text, |(date, _)| date);
    let text =
        text.split_once(' ').filter(|(date, time)| is_iso(date) && time.contains(':')).map_or(text, |(date, _)| date);
    // An ISO date may carry a time zone: `2012-08-20Z`, `1965-02-03-05:00`, `1965-02-03+02:00`.
    let text = text.get(..10).filter(|date| is_iso(date) && is_zone(text.get(10..).unwrap_or(""))).unwrap_or(text);
    if let Some(date) = PartialDate::parse(text).filter(|_| !text.contains('/') && !text.starts_with('~')) {
        return Some(date);
    }
    if let Some((start, end)) = decade(text) {
        return PartialDate::years(start, end);
    }
    if let Some((a, b)) = text.split_once(['-', '–', '/'])
        && let (Some(a), Some(b)) = (year(a), year(b))
    {
        return PartialDate::years(a, b);
    }
    let parts: Vec<&str> = text.split([' ', ',', '/', '-', '.', '\u{a0}']).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [y] => PartialDate::year(year(y)?),
        [m, y] => {
            let (m, y) = (month_or_zero(m)?, year(y)?);
            if m == 0 { PartialDate::year(y) } else { PartialDate::month(y, m) }
        }
        [a, b, c] => three(a, b, c, order),
        _ => None,
    }
}

fn three(a: &str, b: &str, c: &str, order: Order) -> Option<PartialDate> {
    let build = |y: i16, m: i8, d: i8| match (m, d) {
        (0, 0) => PartialDate::year(y),
        (m, 0) => PartialDate::month(y, m),
        (0, _) => None,
        (m, d) => PartialDate::ymd(y, m, d),
    };
    // 1965/2/3
    if let Some(y) = year(a) {
        return build(y, month_or_zero(b)?, day_or_zero(c)?);
    }
    let y = year(c)?;
    // 8 Jan 1984 and Jan 8 1984: a month in letters decides.
    if let Some(m) = named_month(b) {
        return build(y, m, day_or_zero(a)?);
    }
    if let Some(m) = named_month(a) {
        return build(y, m, day_or_zero(b)?);
    }
    let (d, m) = match order {
        Order::DayFirst => (a, b),
        Order::MonthFirst => (b, a),
    };
    build(y, month_or_zero(m)?, day_or_zero(d)?)
}

fn is_iso(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() == 10
        && b.get(4) == Some(&b'-')
        && b.get(7) == Some(&b'-')
        && text.chars().filter(char::is_ascii_digit).count() == 8
}

fn is_zone(text: &str) -> bool {
    text == "z" || (text.starts_with(['+', '-']) && text.contains(':') && text.len() == 6)
}

fn year(text: &str) -> Option<i16> {
    let text = text.trim();
    (text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `1960s`, `late 1960s`, `early 1960s`, `mid 1960s`.
fn decade(text: &str) -> Option<(i16, i16)> {
    let (part, rest) = match text.split_once([' ', '-']) {
        Some((part @ ("early" | "mid" | "late"), rest)) => (part, rest.trim()),
        _ => ("", text),
    };
    let start = year(rest.strip_suffix("'s").or_else(|| rest.strip_suffix('s'))?)?;
    (start % 10 == 0).then_some(match part {
        "early" => (start, start + 4),
        "mid" => (start + 3, start + 7),
        "late" => (start + 5, start + 9),
        _ => (start, start + 9),
    })
}

fn named_month(text: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.trim_end_matches('.');
    if text.len() < 3 {
        return None;
    }
    let at = MONTHS.iter().position(|month| month.starts_with(text) || (text == "sept" && *month == "september"))?;
    i8::try_from(at + 1).ok()
}

fn month_or_zero(text: &str) -> Option<i8> {
    if text == "mm" {
        return Some(0);
    }
    named_month(text).or_else(|| number(text).filter(|m| (0..=12).contains(m)))
}

fn day_or_zero(text: &str) -> Option<i8> {
    if text == "dd" {
        return Some(0);
    }
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|s| text.strip_suffix(s)).unwrap_or(text);
    number(digits).filter(|d| (0..=31).contains(d))
}

fn number(text: &str) -> Option<i8> {
    (!text.is_empty() && text.len() <= 2 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    // text → as PartialDate writes it; `-` is none
    const CASES: &[(&str, &str)] = &[
        ("08 Jan 1984", "1984-01-08"),
        ("8 January 1984", "1984-01-08"),
        ("Jan 8, 1984", "1984-01-08"),
        ("Jan 1984", "1984-01"),
        ("1984", "1984"),
        ("circa 1965", "~1965"),
        ("circa Jan 1965", "~1965-01"),
        ("Approximately 1970", "~1970"),
        ("1960 to 1965", "1960/1965"),
        ("circa 1960 to 1965", "~1960/1965"),
        ("1965-1966", "1965/1966"),
        ("1965/1966", "1965/1966"),
        ("Between 1960 and 1965", "1960/1965"),
        ("01 Jan 1960 to 31 Dec 1961", "1960/1961"),
        ("00/00/1980", "1980"),
        ("00/03/1980", "1980-03"),
        ("dd/mm/1945", "1945"),
        ("dd/05/1945", "1945-05"),
        ("05/02/1969", "1969-02-05"),
        ("1969-02-05", "1969-02-05"),
        ("1969-02-05T00:00:00", "1969-02-05"),
        ("2012-08-20-04:00", "2012-08-20"),
        ("2012-08-20Z", "2012-08-20"),
        ("late 1960s", "1965/1969"),
        ("1960s", "1960/1969"),
        ("Sept. 1970", "1970-09"),
        ("31 Feb 1970", "-"),
        ("05/13/1969", "-"),
        ("12/1969", "1969-12"),
        ("unknown", "-"),
        ("", "-"),
        ("19", "-"),
        ("1 2 3 1984", "-"),
        ("Jan to Mar 1965", "1965-01-01/1965-03-31"),
    ];

    #[test]
    fn reads_the_layouts_of_publishers() {
        for (text, expected) in CASES {
            let found = partial(text, Order::DayFirst).map_or("-".to_owned(), |d| d.to_string());
            assert_eq!(&found, expected, "`{text}`");
        }
        assert_eq!(partial("05/13/1969", Order::MonthFirst), PartialDate::ymd(1969, 5, 13));
        assert_eq!(day("Jan 1984", Order::DayFirst), None);
    }
}
