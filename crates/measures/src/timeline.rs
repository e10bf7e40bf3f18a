//! The escalation as a picture: what happened above the line, acts and measures below, and what is banned as a curve.
//!
//! Promises: the curve is counted from the rules themselves: rules that forbid, and chapters of goods
//! they touch, on each day; nothing is drawn that no table or page holds.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::civil::Date;

use crate::Problem;
use crate::expr::{Expr, days_between};
use crate::law::{Effect, Force, Law};
use crate::term::day;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// The day where it happened.
    pub day: Date,
    /// The day in the text of the act that answered it, if it differs.
    pub day_in_text: Option<Date>,
    /// `test`, `launch`, `response`, `state`, `mission`.
    pub kind: String,
    /// What.
    pub label: String,
    /// Where it was said.
    pub source: String,
}

/// How much is banned from a day on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Level {
    /// The first day.
    pub day: Date,
    /// Rules in force that forbid or cap.
    pub rules: usize,
    /// Chapters of goods they touch, of 96.
    pub chapters: usize,
}

/// Reads `events.tsv` of the law.
pub fn events(law: &Law) -> Result<Vec<Event>, Problem> {
    let mut out = Vec::new();
    for (n, line) in law.tables.get("events.tsv").map_or("", String::as_str).lines().enumerate() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let wrong = || {
            Problem::new(format!("events.tsv:{}", n + 1), "a row is: day, day in the text or -, kind, label, source")
        };
        let fields: Vec<&str> = line.split('\t').collect();
        let [on, in_text, kind, label, source] = fields[..] else { return Err(wrong()) };
        out.push(Event {
            day: day(on).ok_or_else(wrong)?,
            day_in_text: day(in_text),
            kind: kind.to_owned(),
            label: label.to_owned(),
            source: source.to_owned(),
        });
    }
    out.sort_by_key(|event| event.day);
    Ok(out)
}

/// The curve: one level for each day on which something changes. `only` keeps pages below a path.
pub fn levels(law: &Law, only: &str, regime: &str) -> Vec<Level> {
    let binding = |rule: &&crate::law::Rule| {
        let page = law.page_of(rule);
        rule.id.starts_with(only)
            && page.is_some_and(|p| p.force == Force::Decides && p.regime == regime)
            && matches!(rule.effect, Effect::Prohibit | Effect::Require(_))
    };
    let rules: Vec<_> = law.rules.iter().filter(binding).collect();
    let days: BTreeSet<Date> = rules
        .iter()
        .flat_map(|rule| [rule.days.from, rule.days.until.and_then(|d| d.tomorrow().ok())])
        .flatten()
        .collect();
    let at = |on: Date| {
        let mut chapters = BTreeSet::new();
        let mut count = 0;
        for rule in rules.iter().filter(|rule| rule.days.contain(on)) {
            count += 1;
            for part in rule.when.conjuncts() {
                if let Expr::Goods(goods) = part {
                    chapters.extend(goods.inside.iter().map(|prefix| prefix.code.chapter()));
                }
            }
        }
        Level { day: on, rules: count, chapters: chapters.len() }
    };
    days.into_iter().map(at).collect()
}

/// The regime with most pages.
pub fn main_regime(law: &Law) -> String {
    let pages = |regime: &str| law.pages.iter().filter(|page| page.regime == regime).count();
    law.regimes.keys().max_by_key(|regime| pages(regime)).cloned().unwrap_or_default()
}

/// As text for a terminal: one line a day, with a bar for the chapters banned.
pub fn text(law: &Law, only: &str, regime: &str, from: Date, to: Date) -> Result<String, Problem> {
    let (events, levels) = (events(law)?, levels(law, only, regime));
    let days: BTreeSet<Date> = events
        .iter()
        .map(|e| e.day)
        .chain(levels.iter().map(|l| l.day))
        .filter(|day| from <= *day && *day <= to)
        .collect();
    let mut out = String::from("day         rules  chapters of goods touched\n");
    for day in days {
        let level = levels.iter().rev().find(|level| level.day <= day);
        let (rules, chapters) = level.map_or((0, 0), |level| (level.rules, level.chapters));
        let names: Vec<String> = events
            .iter()
            .filter(|event| event.day == day)
            .map(|event| format!("{} {}", sign(&event.kind), event.label))
            .collect();
        let _ = writeln!(out, "{day}  {rules:>5}  {chapters:>3} {:<48} {}", "█".repeat(chapters / 2), names.join("; "));
    }
    out.push_str("▲ test  △ launch  ■ Council  □ state  ◇ mission\n");
    Ok(out)
}

fn sign(kind: &str) -> &'static str {
    match kind {
        "test" => "▲",
        "launch" => "△",
        "response" => "■",
        "mission" => "◇",
        _ => "□",
    }
}

const WIDTH: i64 = 1120;
/// Room to the right for slanting labels.
const VIEW: i64 = 1290;
const HEIGHT: i64 = 770;
const LEFT: i64 = 60;
const MIDDLE: i64 = 300;
const CURVE_TOP: i64 = 530;
const CURVE_HEIGHT: i64 = 180;

/// As an SVG picture.
pub fn svg(law: &Law, only: &str, regime: &str, from: Date, to: Date) -> Result<String, Problem> {
    let span = days_between(from, to).max(1);
    let x = |day: Date| LEFT + days_between(from, day) * (WIDTH - 2 * LEFT) / span;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {VIEW} {HEIGHT}\" font-family=\"sans-serif\" font-size=\"10\">\n<title>Escalation from {from} to {to}</title>\n<rect width=\"{VIEW}\" height=\"{HEIGHT}\" fill=\"#fff\"/>\n<line x1=\"{LEFT}\" x2=\"{}\" y1=\"{MIDDLE}\" y2=\"{MIDDLE}\" stroke=\"#222\"/>\n",
        WIDTH - LEFT
    );
    for year in from.year()..=to.year() {
        if let Ok(first) = Date::new(year, 1, 1)
            && first >= from
        {
            let _ = writeln!(
                out,
                "<line x1=\"{0}\" x2=\"{0}\" y1=\"{1}\" y2=\"{2}\" stroke=\"#ddd\"/><text x=\"{0}\" y=\"{3}\" fill=\"#666\">{year}</text>",
                x(first),
                MIDDLE - 4,
                CURVE_TOP + CURVE_HEIGHT,
                CURVE_TOP + CURVE_HEIGHT + 14
            );
        }
    }
    let mut last = [LEFT - 100; 2];
    for event in events(law)?.iter().filter(|event| from <= event.day && event.day <= to) {
        let above = matches!(event.kind.as_str(), "test" | "launch");
        let colour = match event.kind.as_str() {
            "test" => "#b3261e",
            "launch" => "#d9822b",
            "response" => "#1f4e8c",
            "mission" => "#6b4c9a",
            _ => "#3f7d4e",
        };
        let side = usize::from(above);
        let here = x(event.day);
        // Labels are written upright; where days crowd, the next one moves aside, its stem stays on its day.
        let label = here.max(last.get(side).copied().unwrap_or(0) + 11);
        if let Some(slot) = last.get_mut(side) {
            *slot = label;
        }
        let (stem, turn, anchor) = if above { (MIDDLE - 14, -60, "start") } else { (MIDDLE + 14, -60, "end") };
        let _ = writeln!(
            out,
            "<line x1=\"{here}\" y1=\"{MIDDLE}\" x2=\"{label}\" y2=\"{stem}\" stroke=\"{colour}\"/><circle cx=\"{here}\" cy=\"{MIDDLE}\" r=\"3\" fill=\"{colour}\"><title>{} {}</title></circle><text transform=\"translate({label},{stem}) rotate({turn})\" text-anchor=\"{anchor}\" fill=\"{colour}\">{} {}</text>",
            event.day,
            escape(&event.label),
            escape(&event.label),
            event.day
        );
    }
    curve(&mut out, &levels(law, only, regime), from, to, &x);
    out.push_str("</svg>\n");
    Ok(out)
}

fn curve(out: &mut String, levels: &[Level], from: Date, to: Date, x: &impl Fn(Date) -> i64) {
    let most = levels.iter().map(|l| l.rules.max(l.chapters)).max().unwrap_or(1).max(1);
    let y = |count: usize| {
        let scaled = i64::try_from(count).unwrap_or(0) * CURVE_HEIGHT / i64::try_from(most).unwrap_or(1);
        CURVE_TOP + CURVE_HEIGHT - scaled
    };
    let before = levels.iter().rev().find(|level| level.day <= from);
    for (name, colour, of) in [
        ("rules that forbid or cap", "#1f4e8c", (|l: &Level| l.rules) as fn(&Level) -> usize),
        ("chapters of goods touched", "#b3261e", |l: &Level| l.chapters),
    ] {
        let mut path = format!("M{} {}", x(from), y(before.map_or(0, of)));
        for level in levels.iter().filter(|level| from < level.day && level.day <= to) {
            let _ = write!(path, "H{}V{}", x(level.day), y(of(level)));
        }
        let _ = write!(path, "H{}", x(to));
        let end = levels.iter().rev().find(|level| level.day <= to).map_or(0, of);
        let _ = writeln!(
            out,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/><text x=\"{}\" y=\"{}\" fill=\"{colour}\" text-anchor=\"end\">{name}: {end}</text>",
            WIDTH - LEFT,
            y(end) - 5
        );
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
