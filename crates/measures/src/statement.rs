//! Reads what was reported to the account of a cap, from CSV text.
//!
//! Promises: each row becomes a statement or a problem with its line; counts add up.
//!
//! Columns by name: `period` (`2018-01`, `2018`, `2018-01..2018-04`, `2018-01-05`, `2018-01-05..2018-02-01`),
//! `reporter` (several joined by `+`), amounts as `barrels`, `metric_tons`, `usd`, or `amount` with `unit`; and,
//! if there, `product`, `received` or `source_date`, `source_url` or `source`, `note`, `cumulative_or_month` (rows
//! of kind `cap` are no reports and are set aside, named).

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::Problem;
use crate::account::{Statement, Units};
use crate::term::day;
use crate::value::Amount;

/// Reads rows of fields that a CSV reader has already split; `header` names the columns.
pub fn read(
    place: &str,
    header: &[String],
    rows: impl Iterator<Item = (u64, Vec<String>)>,
    units: &Units,
) -> (Vec<Statement>, Vec<Problem>) {
    let (mut out, mut problems) = (Vec::new(), Vec::new());
    for (line, fields) in rows {
        let at = format!("{place}:{line}");
        let row: BTreeMap<&str, &str> =
            header.iter().map(String::as_str).zip(fields.iter().map(|field| field.trim())).collect();
        match one(&at, &row, units) {
            Ok(statement) => out.push(statement),
            Err(problem) => problems.push(problem),
        }
    }
    (out, problems)
}

fn one(at: &str, row: &BTreeMap<&str, &str>, units: &Units) -> Result<Statement, Problem> {
    let wrong = |why: String| Problem::new(at.to_owned(), why);
    let text = |names: &[&str]| names.iter().find_map(|name| row.get(name).copied().filter(|text| !text.is_empty()));
    let kind = text(&["cumulative_or_month"]).unwrap_or("");
    if kind == "cap" {
        return Err(wrong("states a limit and no report; set aside".to_owned()));
    }
    let written = text(&["period"]).unwrap_or("");
    let (mut from, to) = span(written)
        .ok_or_else(|| wrong(format!("`{written}` is no period")).hint("2018-01, 2018, 2018-01..2018-04 or days"))?;
    // "Cumulative" with one month named runs from the first of the year.
    if kind == "cumulative" && !written.contains("..") && written.len() > 4 {
        from = Date::new(from.year(), 1, 1).unwrap_or(from);
    }
    let mut amounts = Vec::new();
    for (column, unit) in [("barrels", "bbl"), ("metric_tons", "t"), ("usd", "USD"), ("litres", "l")] {
        if let Some(text) = text(&[column]) {
            amounts.push((unit.to_owned(), amount(text).map_err(wrong)?));
        }
    }
    if let (Some(number), Some(unit)) = (text(&["amount"]), text(&["unit"])) {
        if unit != "USD" && !units.knows(unit) {
            return Err(wrong(format!("unknown unit `{unit}`")));
        }
        amounts.push((unit.to_owned(), amount(number).map_err(wrong)?));
    }
    if amounts.is_empty() {
        return Err(wrong("no amount".to_owned()));
    }
    let mut reporters: Vec<String> = text(&["reporter"])
        .unwrap_or("")
        .split('+')
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .collect();
    if reporters.is_empty() {
        return Err(wrong("nobody is named who delivered".to_owned()));
    }
    reporters.sort();
    reporters.dedup();
    let on = |names: &[&str]| {
        text(names).map(|text| day(text).ok_or_else(|| wrong(format!("`{text}` is no day")))).transpose()
    };
    let reported = on(&["received"])?;
    let received = reported.or(on(&["source_date"])?);
    let owned = |names: &[&str]| text(names).unwrap_or("").to_owned();
    Ok(Statement {
        from,
        to,
        reporters,
        amounts,
        product: text(&["product"]).map(str::to_ascii_lowercase),
        received,
        reported,
        source: owned(&["source", "source_url"]),
        note: owned(&["note"]),
        place: at.to_owned(),
    })
}

fn amount(text: &str) -> Result<Amount, String> {
    match Amount::parse(text) {
        Some(amount) if amount.is_negative() => Err(format!("`{text}` is negative")),
        Some(amount) => Ok(amount),
        None => Err(format!("`{text}` is not a number")),
    }
}

fn span(text: &str) -> Option<(Date, Date)> {
    match text.split_once("..") {
        Some((from, to)) => {
            let (from, to) = (single(from.trim())?, single(to.trim())?);
            (from.0 <= to.1).then_some((from.0, to.1))
        }
        None => single(text),
    }
}

fn single(text: &str) -> Option<(Date, Date)> {
    match text.len() {
        4 => Some((day(&format!("{text}-01-01"))?, day(&format!("{text}-12-31"))?)),
        7 => {
            let first = day(&format!("{text}-01"))?;
            Some((first, first.last_of_month()))
        }
        _ => day(text).map(|day| (day, day)),
    }
}
