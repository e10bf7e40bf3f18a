//! Draws the account of a cap: how full it is, with its marks and the range of what is not sure.
//!
//! Not here: the numbers (`account`).

use std::fmt::Write as _;

use crate::account::Account;
use crate::page::Cap;
use crate::value::Amount;

const CELLS: usize = 50;

fn cells(part: Amount, whole: Amount) -> usize {
    // Only for drawing: a share of the limit as a number of cells, never more than there is room for.
    ((part.as_f64() / whole.as_f64().max(1.0) * CELLS as f64) as usize).min(CELLS + 10)
}

/// As text for a terminal.
pub fn text(cap: &Cap, account: &Account) -> String {
    let mut out = format!("{}: {}\nperiod {} to {}\n", cap.id, cap.text, account.period.0, account.period.1);
    for unit in &account.units {
        let (low, high) = (cells(unit.used.low, unit.limit.amount), cells(unit.used.high, unit.limit.amount));
        let mut bar: Vec<char> = vec!['·'; CELLS];
        bar.iter_mut().take(high).for_each(|c| *c = '▒');
        bar.iter_mut().take(low).for_each(|c| *c = '█');
        for percent in cap.notices.iter().copied().chain(cap.stop) {
            let at = CELLS * usize::try_from(percent).unwrap_or(0) / 100;
            if let Some(c) = bar.get_mut(at.saturating_sub(1))
                && *c == '·'
            {
                *c = '|';
            }
        }
        let share = unit.used.best.as_f64() / unit.limit.amount.as_f64().max(1.0) * 100.0;
        let _ = writeln!(
            out,
            "  {:<4} [{}] {} of {} {} = {share:.1} %",
            unit.limit.unit,
            bar.iter().collect::<String>(),
            unit.used,
            unit.limit.amount,
            unit.limit.unit
        );
        if !unit.passed.is_empty() {
            let marks: Vec<String> = unit.passed.iter().map(|p| format!("{p} %")).collect();
            let stop =
                if cap.stop.is_some_and(|stop| unit.passed.contains(&stop)) { ": deliveries must stop" } else { "" };
            let _ = writeln!(out, "       passed {}{stop}", marks.join(", "));
        }
        if let (Some(to), Some(projected)) = (unit.covered_to, unit.projected) {
            let stops = unit.stops_on.map(|day| format!(", stop mark on {day}")).unwrap_or_default();
            let _ = writeln!(out, "       reported to {to}; at this pace {projected} by {}{stops}", account.period.1);
        }
        for view in &unit.views {
            let _ = writeln!(out, "       view {}: {}", view.groups.join(" and "), view.total);
        }
    }
    for remark in &account.remarks {
        let _ = writeln!(out, "  note {remark}");
    }
    out
}

/// As an SVG picture.
pub fn svg(cap: &Cap, account: &Account) -> String {
    let height = 60 + 70 * account.units.len();
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 760 {height}\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"760\" height=\"{height}\" fill=\"#fff\"/>\n<text x=\"20\" y=\"24\" font-size=\"14\">{}: {} to {}</text>\n",
        cap.id, account.period.0, account.period.1
    );
    for (n, unit) in account.units.iter().enumerate() {
        let top = 44 + 70 * n;
        let width = |amount: Amount| (amount.as_f64() / unit.limit.amount.as_f64().max(1.0) * 600.0).clamp(0.0, 720.0);
        let _ = writeln!(
            out,
            "<rect x=\"20\" y=\"{top}\" width=\"600\" height=\"24\" fill=\"#eee\"/><rect x=\"20\" y=\"{top}\" width=\"{:.1}\" height=\"24\" fill=\"#9db8d9\"/><rect x=\"20\" y=\"{top}\" width=\"{:.1}\" height=\"24\" fill=\"#1f4e8c\"/>",
            width(unit.used.high),
            width(unit.used.low)
        );
        for percent in cap.notices.iter().copied().chain(cap.stop).chain([100]) {
            let x = 20 + 6 * percent;
            let _ = writeln!(
                out,
                "<line x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\" stroke=\"#b3261e\"/><text x=\"{x}\" y=\"{}\" text-anchor=\"middle\" font-size=\"9\" fill=\"#b3261e\">{percent}</text>",
                top - 3,
                top + 27,
                top - 5
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"20\" y=\"{}\">{} of {} {}</text>",
            top + 42,
            unit.used,
            unit.limit.amount,
            unit.limit.unit
        );
    }
    out.push_str("</svg>\n");
    out
}
