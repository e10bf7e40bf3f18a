//! Adds statements up: corrections replace, overlaps count once, joint and separate figures are separate views.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::{Statement, View};
use crate::expr::days_between;
use crate::units::Range;
use crate::value::Amount;

/// A statement in one unit.
pub(super) struct Entry<'a> {
    pub(super) statement: &'a Statement,
    pub(super) amount: Range,
}

/// Of several statements by the same about the same days, the one received last.
pub(super) fn corrected<'a>(entries: Vec<Entry<'a>>, remarks: &mut Vec<String>) -> Vec<Entry<'a>> {
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
pub(super) fn disagreements(reporters: &[String], entries: &[Entry<'_>], unit: &str, remarks: &mut Vec<String>) {
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
pub(super) type Cover = (Range, i64, Date, Vec<String>);

/// A cover behind what it is ranked by.
type Candidate = (i64, std::cmp::Reverse<usize>, Amount, Cover);

/// The statements without overlap that cover most days; fewer, longer ones first.
pub(super) fn cover(entries: &[Entry<'_>]) -> Option<Cover> {
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
pub(super) fn views(best: &BTreeMap<Vec<String>, Cover>) -> Vec<View> {
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
