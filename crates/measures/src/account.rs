//! The account of a cap: what was reported, how much is used, what is left, what one more delivery would do.
//!
//! Promises: the same statements in any order, late ones and corrections included, give the same
//! account; statements that disagree are listed and the highest full view counts; an amount whose
//! product is not known carries the range of what it can be.
//!
//! Not here: reading files (`statement`), drawing (`picture`).

mod views;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::Serialize;

use crate::Problem;
use crate::expr::days_between;
use crate::page::{Cap, Limit, Period};
pub use crate::units::{Range, Units};
use crate::value::Amount;
use views::{Entry, corrected, cover, disagreements, views};

/// What somebody reported: who delivered how much over which days.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Statement {
    /// First day it covers.
    pub from: Date,
    /// Last day it covers.
    pub to: Date,
    /// Who delivered, as `China+Russia`, sorted.
    pub reporters: Vec<String>,
    /// Amounts by unit.
    pub amounts: Vec<(String, Amount)>,
    /// The product, if known.
    pub product: Option<String>,
    /// The day on which it was received or published; a later one replaces an earlier one about the same.
    pub received: Option<Date>,
    /// The day on which the committee received it, where that is what the input says.
    pub reported: Option<Date>,
    /// Where it was said.
    pub source: String,
    /// Remark of the source.
    pub note: String,
    /// Place in the input.
    pub place: String,
}

/// One way to add the statements up: joint figures, or each reporter's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Whose figures were added.
    pub groups: Vec<String>,
    /// The sum.
    pub total: Range,
    /// Days covered, summed over reporters.
    pub days: i64,
    /// Places of the statements that were added.
    pub used: Vec<String>,
}

/// State of a cap in one unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUnit {
    /// The limit.
    pub limit: Limit,
    /// What counts: the highest view among those that cover most.
    pub used: Range,
    /// All views, in order of their groups.
    pub views: Vec<View>,
    /// Last day covered by what counts.
    pub covered_to: Option<Date>,
    /// At this pace, by the end of the period.
    pub projected: Option<Amount>,
    /// At this pace, the day on which deliveries must stop.
    pub stops_on: Option<Date>,
    /// Marks passed, in percent.
    pub passed: Vec<u32>,
}

/// The account of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The cap.
    pub cap: String,
    /// First and last day of the period.
    pub period: (Date, Date),
    /// By unit.
    pub units: Vec<InUnit>,
    /// What does not agree, or was set aside, and why.
    pub remarks: Vec<String>,
}

/// What one more delivery would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// It fits.
    Fits,
    /// It fits if amounts of unknown product were small, and not if they were large.
    Unknown,
    /// It does not fit, or deliveries had to stop before.
    Exceeds,
}

/// The period of a cap that holds a day.
pub fn period_of(cap: &Cap, day: Date) -> Option<(Date, Date)> {
    match cap.period {
        Period::Once(from, to) => (from <= day && day <= to).then_some((from, to)),
        Period::Every(months, first) => {
            if day < first {
                return None;
            }
            let mut count = 0_i32;
            // A period is at least a month and dates end in 2199: at most 3,600 steps.
            loop {
                let start = first.checked_add(Span::new().try_months(count.checked_mul(months)?).ok()?).ok()?;
                let next =
                    first.checked_add(Span::new().try_months(count.checked_add(1)?.checked_mul(months)?).ok()?).ok()?;
                if day < next {
                    return Some((start, next.checked_sub(1.day()).ok()?));
                }
                count = count.checked_add(1)?;
            }
        }
    }
}

/// Draws up the account of the period that holds `on`, from what had been received by `known_by`.
pub fn draw_up(
    cap: &Cap,
    units: &Units,
    statements: &[Statement],
    on: Date,
    known_by: Option<Date>,
) -> Result<Account, Problem> {
    let Some(period) = period_of(cap, on) else {
        return Err(Problem::new(cap.place.clone(), format!("cap {} has no period on {on}", cap.id)));
    };
    let mut remarks = Vec::new();
    let mut mine: Vec<&Statement> = Vec::new();
    for one in statements {
        if one.to < period.0 || one.from > period.1 {
            continue;
        }
        if one.from < period.0 || one.to > period.1 {
            remarks.push(format!("{}: covers {} to {}, more than the period; set aside", one.place, one.from, one.to));
        } else if known_by.is_some_and(|by| one.received.is_some_and(|received| received > by)) {
            remarks.push(format!(
                "{}: received only after {}; set aside",
                one.place,
                known_by.map(|d| d.to_string()).unwrap_or_default()
            ));
        } else {
            remarks.extend(late(cap, one));
            mine.push(one);
        }
    }
    mine.sort();
    let mut in_units = Vec::new();
    for limit in &cap.limits {
        in_units.push(in_unit(cap, limit, units, &mine, period, &mut remarks));
    }
    remarks.sort();
    remarks.dedup();
    Ok(Account { cap: cap.id.clone(), period, units: in_units, remarks })
}

fn in_unit(
    cap: &Cap,
    limit: &Limit,
    units: &Units,
    mine: &[&Statement],
    period: (Date, Date),
    remarks: &mut Vec<String>,
) -> InUnit {
    let mut groups: BTreeMap<Vec<String>, Vec<Entry<'_>>> = BTreeMap::new();
    for statement in mine {
        let own = statement.amounts.iter().find(|(unit, _)| *unit == limit.unit);
        let amount = match own {
            Some((_, amount)) => Some(Range::exact(*amount)),
            None => statement
                .amounts
                .iter()
                .find_map(|(unit, amount)| units.convert(*amount, unit, &limit.unit, statement.product.as_deref())),
        };
        match amount {
            Some(amount) => groups.entry(statement.reporters.clone()).or_default().push(Entry { statement, amount }),
            // It speaks of the other unit of the cap.
            None if cap.limits.iter().any(|other| {
                other.unit != limit.unit && statement.amounts.iter().any(|(unit, _)| *unit == other.unit)
            }) => {}
            None => remarks.push(format!("{}: nothing leads from its units to {}", statement.place, limit.unit)),
        }
    }
    let mut best: BTreeMap<Vec<String>, (Range, i64, Date, Vec<String>)> = BTreeMap::new();
    for (reporters, entries) in groups {
        let entries = corrected(entries, remarks);
        disagreements(&reporters, &entries, &limit.unit, remarks);
        if let Some(cover) = cover(&entries) {
            best.insert(reporters, cover);
        }
    }
    let views = views(&best);
    let most = views.iter().map(|view| view.days).max().unwrap_or(0);
    // An amount reported in the cap's own unit is used as it is; among such views the highest counts,
    // because a cap is not to be passed by the choice of a figure.
    let counts = views
        .iter()
        .filter(|view| view.days == most)
        .max_by_key(|view| (view.total.is_exact(), view.total.high, view.total.best, view.total.low));
    let used = counts.map(|view| view.total).unwrap_or_default();
    let covered_to = counts.and_then(|view| {
        view.groups
            .iter()
            .filter_map(|g| best.iter().find(|(names, _)| names.join("+") == *g))
            .map(|(_, (_, _, to, _))| *to)
            .max()
    });
    let share = |percent: u32| limit.amount.percent(percent);
    let marks = cap.notices.iter().copied().chain(cap.stop);
    let passed = marks.filter(|percent| share(*percent).is_some_and(|mark| used.best >= mark)).collect();
    let (projected, stops_on) = projection(cap, limit, used.best, period, covered_to);
    InUnit { limit: limit.clone(), used, views, covered_to, projected, stops_on, passed }
}

fn projection(
    cap: &Cap,
    limit: &Limit,
    used: Amount,
    period: (Date, Date),
    covered_to: Option<Date>,
) -> (Option<Amount>, Option<Date>) {
    let Some(to) = covered_to else { return (None, None) };
    let elapsed = Amount::whole(days_between(period.0, to) + 1);
    let whole = Amount::whole(days_between(period.0, period.1) + 1);
    let Some(pace) = used.over(elapsed) else { return (None, None) };
    let stop = cap.stop.and_then(|percent| limit.amount.percent(percent)).unwrap_or(limit.amount);
    let stops_on = stop
        .over(pace)
        .and_then(|days| days.to_string().split('.').next().and_then(|d| d.parse::<i64>().ok()))
        .and_then(|days| {
            let day = period.0.checked_add(Span::new().try_days(days).ok()?).ok()?;
            (day <= period.1).then_some(day)
        });
    (used.times(whole).and_then(|sum| sum.over(elapsed)), stops_on)
}

/// A remark if a report came after the days the cap allows.
fn late(cap: &Cap, one: &Statement) -> Option<String> {
    let (allowed, reported) = (cap.report_days?, one.reported?);
    let days = days_between(one.to, reported);
    (days > i64::from(allowed))
        .then(|| format!("{}: received {days} days after {}, {allowed} are allowed", one.place, one.to))
}

/// What a delivery would do to an account, in the units of the cap.
pub fn one_more(
    cap: &Cap,
    account: &Account,
    units: &Units,
    amounts: &[(String, Amount)],
    product: Option<&str>,
) -> Vec<(String, Effect, Range)> {
    let mut out = Vec::new();
    for in_unit in &account.units {
        let own = amounts.iter().find(|(unit, _)| *unit == in_unit.limit.unit).map(|(_, amount)| Range::exact(*amount));
        let range = own.or_else(|| {
            amounts.iter().find_map(|(unit, amount)| units.convert(*amount, unit, &in_unit.limit.unit, product))
        });
        let Some(delivery) = range else { continue };
        let after = in_unit.used.plus(delivery);
        let stop = cap.stop.and_then(|percent| in_unit.limit.amount.percent(percent));
        let fits = |used: Amount, after: Amount| stop.is_none_or(|stop| used < stop) && after <= in_unit.limit.amount;
        let effect = match (fits(in_unit.used.low, after.low), fits(in_unit.used.high, after.high)) {
            (true, true) => Effect::Fits,
            (false, _) => Effect::Exceeds,
            (true, false) => Effect::Unknown,
        };
        out.push((in_unit.limit.unit.clone(), effect, after));
    }
    out
}
