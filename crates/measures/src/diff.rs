//! What changed in the law between two days.
//!
//! Promises: every rule whose days begin or end between them, and every exception and value keyed by
//! date that does, is listed once, with the day on which it changed.

use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use crate::law::{Days, Exception, Law};

/// One change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// The first day on which it is different.
    pub day: String,
    /// `+` comes, `-` goes, `~` has another value.
    pub sign: char,
    /// `page#rule`, with the exception behind another `#`.
    pub what: String,
    /// Citation or value.
    pub text: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {:<44} {}", self.day, self.sign, self.what, self.text)
    }
}

/// Changes after `from` up to and including `to`; exchanged days give the same changes backwards.
pub fn between(law: &Law, from: Date, to: Date, only: &str) -> Vec<Change> {
    let (early, late, back) = if from <= to { (from, to, false) } else { (to, from, true) };
    let mut out = Vec::new();
    for rule in law.rules.iter().filter(|rule| rule.id.starts_with(only)) {
        let text = law.page_of(rule).map(|page| page.heading.clone()).unwrap_or_default();
        edges(&mut out, &rule.id, &text, rule.days, (early, late));
        for exception in &rule.exceptions {
            of_exception(&mut out, &rule.id, exception, (early, late));
        }
    }
    // A value stands on one page but serves many: it is shown when all pages are.
    for (name, dated) in law.values.iter().filter(|_| only.is_empty()) {
        for pair in dated.windows(2) {
            if let [(_, old, _), (day, new, reference)] = pair
                && early < *day
                && *day <= late
            {
                out.push(Change {
                    day: day.to_string(),
                    sign: '~',
                    what: format!("${name}"),
                    text: format!("{old} becomes {new}: {reference}"),
                });
            }
        }
    }
    if back {
        out.iter_mut().for_each(|change| {
            change.sign = match change.sign {
                '+' => '-',
                '-' => '+',
                other => other,
            }
        });
    }
    out.sort();
    out.dedup();
    out
}

fn of_exception(out: &mut Vec<Change>, rule: &str, exception: &Exception, span: (Date, Date)) {
    let name = if exception.name.contains('#') {
        format!("{rule} <- {}", exception.name)
    } else {
        format!("{rule}#{}", exception.name)
    };
    edges(out, &name, "exception", exception.days, span);
    exception.exceptions.iter().for_each(|inner| of_exception(out, &name, inner, span));
}

fn edges(out: &mut Vec<Change>, what: &str, text: &str, days: Days, (early, late): (Date, Date)) {
    let change = |day: Date, sign| Change { day: day.to_string(), sign, what: what.to_owned(), text: text.to_owned() };
    if let Some(first) = days.from
        && early < first
        && first <= late
    {
        out.push(change(first, '+'));
    }
    let gone = days.until.and_then(|last| last.tomorrow().ok());
    if let Some(gone) = gone
        && early < gone
        && gone <= late
    {
        out.push(change(gone, '-'));
    }
}
