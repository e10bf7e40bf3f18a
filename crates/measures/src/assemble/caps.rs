//! Caps and values keyed by date, read before the rules that refer to them.

use super::at;
use crate::Problem;
use crate::law::{Law, page_id};
use crate::page::{Cap, Limit, Node, Period, Source};
use crate::parse::dated_value;
use crate::term::{Term, Type, day};
use crate::value::Amount;

const CAP_FIELDS: &[&str] =
    &["text", "period", "closed", "closed-by", "limit", "combine", "notice", "stop", "report", "note"];

pub(super) fn caps_and_values(law: &mut Law, sources: &[Source], problems: &mut Vec<Problem>) {
    for source in sources {
        let Some((_, node)) = &source.block else { continue };
        for child in &node.children {
            match child.keyword.as_str() {
                "cap" => match cap(law, source, child) {
                    Ok(cap) => add_cap(law, cap, problems),
                    Err(mut wrong) => problems.append(&mut wrong),
                },
                "value" => {
                    let mut dated = Vec::new();
                    for field in &child.fields {
                        match (day(&field.key), dated_value(&field.text)) {
                            (Some(from), Some(value)) => dated.push((from, value, field.text.clone())),
                            _ => problems.push(Problem::new(
                                at(source, field.line),
                                format!("`{}: {}` is not a day and a value", field.key, field.text),
                            )),
                        }
                    }
                    dated.sort_by_key(|(from, _, _)| *from);
                    if law.values.insert(child.name.clone(), dated).is_some() {
                        problems.push(Problem::new(
                            at(source, child.line),
                            format!("value `{}` stands on two pages", child.name),
                        ));
                    }
                }
                _ => {}
            }
        }
    }
}

fn add_cap(law: &mut Law, cap: Cap, problems: &mut Vec<Problem>) {
    for limit in &cap.limits {
        let question = format!("how much of cap {} was used in this period before, in {}", cap.id, limit.unit);
        let term = Term {
            name: cap.used_term(&limit.unit),
            of: Type::Number(limit.unit.clone()),
            question,
            place: cap.place.clone(),
        };
        if let Err(problem) = law.terms.add(term) {
            problems.push(problem);
        }
    }
    if let Some(first) = law.caps.get(&cap.id) {
        problems.push(Problem::new(cap.place, format!("cap `{}` stands twice: first at {}", cap.id, first.place)));
        return;
    }
    law.caps.insert(cap.id.clone(), cap);
}

fn cap(law: &Law, source: &Source, node: &Node) -> Result<Cap, Vec<Problem>> {
    let mut wrong: Vec<Problem> = node
        .unknown(CAP_FIELDS)
        .map(|f| Problem::new(at(source, f.line), format!("unknown field `{}` in a cap", f.key)))
        .collect();
    let place = at(source, node.line);
    let text = |key: &str| node.field(key).map_or("", |f| f.text.as_str());
    let period = period(text("period"));
    let mut limits = Vec::new();
    for field in node.all("limit") {
        match field.text.split_whitespace().collect::<Vec<_>>()[..] {
            [amount, unit, "of", term]
                if law.terms.get(term).is_some_and(|t| t.of == Type::Number(unit.to_owned())) =>
            {
                match Amount::parse(amount) {
                    Some(amount) => limits.push(Limit { amount, unit: unit.to_owned(), term: term.to_owned() }),
                    None => wrong.push(Problem::new(at(source, field.line), format!("`{amount}` is not a number"))),
                }
            }
            _ => wrong.push(
                Problem::new(at(source, field.line), format!("`{}` is not a limit", field.text))
                    .hint("write `500000 bbl of quantity_bbl`; the term must be a number in that unit"),
            ),
        }
    }
    let percents = |key: &str| {
        text(key)
            .split(',')
            .map(str::trim)
            .filter(|p| !p.is_empty())
            .map(|p| p.strip_suffix('%').and_then(|n| n.parse::<u32>().ok()).filter(|n| (1..=100).contains(n)).ok_or(p))
            .collect::<Result<Vec<u32>, &str>>()
    };
    let (notices, stop) = (percents("notice"), percents("stop"));
    for bad in [&notices, &stop].into_iter().filter_map(|p| p.as_ref().err()) {
        wrong.push(Problem::new(place.clone(), format!("`{bad}` is not a percentage between 1 % and 100 %")));
    }
    if limits.is_empty() && wrong.is_empty() {
        wrong.push(Problem::new(place.clone(), "a cap needs a `limit:`"));
    }
    let combine = text("combine");
    if limits.len() > 1 && !matches!(combine, "lower" | "either") {
        wrong.push(Problem::new(place.clone(), "a cap with two units says `combine: lower` (the first that runs out) or `combine: either` (two measures of one amount)"));
    }
    let closed = node.field("closed").and_then(|f| day(&f.text));
    match period {
        Some(period) if wrong.is_empty() => Ok(Cap {
            id: node.name.clone(),
            text: text("text").to_owned(),
            period,
            closed,
            limits,
            lower: combine != "either",
            notices: notices.unwrap_or_default(),
            stop: stop.unwrap_or_default().first().copied(),
            report: text("report").to_owned(),
            report_days: text("report").split_whitespace().find_map(|word| word.parse().ok()),
            page: page_id(source),
            place,
        }),
        Some(_) => Err(wrong),
        None => {
            wrong.push(
                Problem::new(place, format!("`{}` is not a period", text("period")))
                    .hint("write `2017-10-01 to 2017-12-31` or `every 12 months from 2018-01-01`"),
            );
            Err(wrong)
        }
    }
}

fn period(text: &str) -> Option<Period> {
    match text.split_whitespace().collect::<Vec<_>>()[..] {
        [from, "to", until] => {
            let (from, until) = (day(from)?, day(until)?);
            (from <= until).then_some(Period::Once(from, until))
        }
        ["every", months, "months", "from", from] => {
            let months = months.parse().ok().filter(|n| (1..=120).contains(n))?;
            Some(Period::Every(months, day(from)?))
        }
        _ => None,
    }
}
