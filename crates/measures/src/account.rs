//! The account of a cap: what was reported, how much is used, what is left, what one more delivery would do.
//!
//! Promises: the same statements in any order, late ones and corrections included, give the same
//! account; statements that disagree are listed and the highest full view counts; an amount whose
//! product is not known carries the range of what it can be.
//!
//! Not here: reading files (`statement`), drawing (`picture`).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::Serialize;

use crate::Problem;
use crate::expr::days_between;
use crate::law::Law;
use crate::page::{Cap, Limit, Period};
use crate::value::Amount;

/// An amount of which we know the bounds, and the figure by the order of conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Range {
    /// The least it can be.
    pub low: Amount,
    /// By the order of conversion.
    pub best: Amount,
    /// The most it can be.
    pub high: Amount,
}

impl Range {
    fn exact(amount: Amount) -> Self {
        Self { low: amount, best: amount, high: amount }
    }

    fn plus(self, other: Self) -> Self {
        Self { low: self.low.plus(other.low), best: self.best.plus(other.best), high: self.high.plus(other.high) }
    }

    /// Whether it is one number.
    pub fn is_exact(&self) -> bool {
        self.low == self.high
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_exact() {
            write!(f, "{}", self.best)
        } else {
            write!(f, "{} ({} to {})", self.best, self.low, self.high)
        }
    }
}

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
    /// Where it was said.
    pub source: String,
    /// Remark of the source.
    pub note: String,
    /// Place in the input.
    pub place: String,
}

/// Conversion factors: from unit, to unit, product, factor.
#[derive(Clone, Debug, Default)]
pub struct Units(Vec<(String, String, String, Amount)>);

impl Units {
    /// Reads `units.tsv` of the law.
    pub fn of(law: &Law) -> Result<Self, Problem> {
        let mut rows = Vec::new();
        for (n, line) in law.tables.get("units.tsv").map_or("", String::as_str).lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            match fields[..] {
                [from, to, product, factor, _] if Amount::parse(factor).is_some() => {
                    rows.push((
                        from.to_owned(),
                        to.to_owned(),
                        product.to_owned(),
                        Amount::parse(factor).unwrap_or_default(),
                    ));
                }
                _ => {
                    return Err(Problem::new(
                        format!("units.tsv:{}", n + 1),
                        "a row is: from, to, product, factor, verified or unverified",
                    ));
                }
            }
        }
        Ok(Self(rows))
    }

    /// An amount in another unit, or none if no factor leads there.
    pub fn convert(&self, amount: Amount, from: &str, to: &str, product: Option<&str>) -> Option<Range> {
        if from == to {
            return Some(Range::exact(amount));
        }
        let rows: Vec<_> = self.0.iter().filter(|(f, t, _, _)| f == from && t == to).collect();
        let of =
            |name: &str| rows.iter().find(|(_, _, p, _)| p == name).and_then(|(_, _, _, factor)| amount.times(*factor));
        if let Some(exact) = product.and_then(of) {
            return Some(Range::exact(exact));
        }
        let best = of("*")?;
        let all = rows.iter().filter_map(|(_, _, _, factor)| amount.times(*factor));
        let (low, high) = all.fold((best, best), |(low, high), one| (low.min(one), high.max(one)));
        Some(Range { low, best, high })
    }

    /// Whether a unit is known at all.
    pub fn knows(&self, unit: &str) -> bool {
        self.0.iter().any(|(from, to, _, _)| from == unit || to == unit)
    }
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

/// A statement in one unit.
struct Entry<'a> {
    statement: &'a Statement,
    amount: Range,
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

/// Of several statements by the same about the same days, the one received last.
fn corrected<'a>(entries: Vec<Entry<'a>>, remarks: &mut Vec<String>) -> Vec<Entry<'a>> {
    let mut by_span: BTreeMap<(Date, Date), Vec<Entry<'a>>> = BTreeMap::new();
    for entry in entries {
        by_span.entry((entry.statement.from, entry.statement.to)).or_default().push(entry);
    }
    let mut out = Vec::new();
    for (span, mut same) in by_span {
        same.sort_by_key(|entry| {
            (entry.statement.received, entry.amount.high, entry.amount.best, entry.statement.place.clone())
        });
        let Some(last) = same.pop() else { continue };
        for older in same.iter().filter(|older| older.amount != last.amount) {
            let how = if older.statement.received < last.statement.received {
                "corrected by"
            } else {
                "same day, lower than"
            };
            remarks.push(format!(
                "{}: {} for {} to {} is {how} {} at {}",
                older.statement.place, older.amount, span.0, span.1, last.amount, last.statement.place
            ));
        }
        out.push(last);
    }
    out
}

/// Sums of parts that differ from the whole the same reporters gave for the same days.
fn disagreements(reporters: &[String], entries: &[Entry<'_>], unit: &str, remarks: &mut Vec<String>) {
    for whole in entries {
        let inside: Vec<&Entry<'_>> = entries
            .iter()
            .filter(|part| {
                part.statement.from >= whole.statement.from
                    && part.statement.to <= whole.statement.to
                    && part.statement.place != whole.statement.place
            })
            .collect();
        let Some((sum, days, _, _)) = chain(&inside, whole.statement.from) else { continue };
        if days == days_between(whole.statement.from, whole.statement.to) + 1 && sum.best != whole.amount.best {
            let names = reporters.join("+");
            remarks.push(format!(
                "{}: {names} {} {unit} for {} to {}, but its parts add up to {}",
                whole.statement.place, whole.amount.best, whole.statement.from, whole.statement.to, sum.best
            ));
        }
    }
}

/// Sum, days covered, last day, places of the statements added.
type Cover = (Range, i64, Date, Vec<String>);

/// A cover behind what it is ranked by.
type Candidate = (i64, std::cmp::Reverse<usize>, Amount, Cover);

/// The statements without overlap that cover most days; fewer, longer ones first.
fn cover(entries: &[Entry<'_>]) -> Option<Cover> {
    let refs: Vec<&Entry<'_>> = entries.iter().collect();
    best_cover(&refs)
}

fn chain(entries: &[&Entry<'_>], from: Date) -> Option<Cover> {
    best_cover(entries).filter(|_| entries.iter().any(|entry| entry.statement.from == from))
}

/// Weighted interval scheduling: days covered, then fewer statements, then the higher amount.
fn best_cover(entries: &[&Entry<'_>]) -> Option<Cover> {
    let mut sorted: Vec<&&Entry<'_>> = entries.iter().collect();
    sorted.sort_by_key(|entry| (entry.statement.to, entry.statement.from, entry.statement.place.clone()));
    let mut best: Vec<Option<Candidate>> = vec![None];
    for (at, entry) in sorted.iter().enumerate() {
        let before = sorted.iter().take(at).filter(|other| other.statement.to < entry.statement.from).count();
        let own_days = days_between(entry.statement.from, entry.statement.to) + 1;
        let (range, days, mut places) = match best.get(before).and_then(Option::as_ref) {
            Some((_, _, _, (range, days, _, places))) => (range.plus(entry.amount), days + own_days, places.clone()),
            None => (entry.amount, own_days, Vec::new()),
        };
        places.push(entry.statement.place.clone());
        let taken = (days, std::cmp::Reverse(places.len()), range.high, (range, days, entry.statement.to, places));
        let left = best.last().cloned().flatten();
        let keep = left.as_ref().is_some_and(|left| (left.0, left.1, left.2) >= (taken.0, taken.1, taken.2));
        best.push(if keep { left } else { Some(taken) });
    }
    best.pop().flatten().map(|(_, _, _, cover)| cover)
}

/// All ways to cover the reporters with groups that do not share one; at most six reporters are told apart.
fn views(best: &BTreeMap<Vec<String>, Cover>) -> Vec<View> {
    let groups: Vec<_> = best.iter().take(12).collect();
    let mut out = Vec::new();
    for choice in 1_u32..(1 << groups.len()) {
        let chosen: Vec<_> =
            groups.iter().enumerate().filter(|(at, _)| choice & (1 << at) != 0).map(|(_, group)| *group).collect();
        let names: Vec<&String> = chosen.iter().flat_map(|(names, _)| names.iter()).collect();
        let distinct: BTreeSet<&&String> = names.iter().collect();
        let can_grow = groups.iter().any(|(more, _)| more.iter().all(|name| !names.contains(&name)));
        if distinct.len() < names.len() || can_grow {
            continue;
        }
        let total = chosen.iter().fold(Range::default(), |sum, (_, cover)| sum.plus(cover.0));
        let days = chosen.iter().map(|(names, cover)| cover.1 * i64::try_from(names.len()).unwrap_or(1)).sum();
        let used = chosen.iter().flat_map(|(_, cover)| cover.3.clone()).collect();
        out.push(View { groups: chosen.iter().map(|(names, _)| names.join("+")).collect(), total, days, used });
    }
    out
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
