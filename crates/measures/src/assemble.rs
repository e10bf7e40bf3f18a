//! Assembles the law from files taken apart: definitions first, then caps and values, then rules.
//!
//! Promises: an unknown field, a missing one, a date that cannot be and a reference to nothing
//! are problems with their place; what follows a problem is still read, so that all show at once.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::Problem;
use crate::expr::Expr;
use crate::law::{Days, Due, Duty, Effect, Exception, Force, Jurisdiction, Law, Page, Relief, Rule, page_id};
use crate::page::{Cap, Field, Limit, Node, Period, Source};
use crate::parse::{Scope, dated_value};
use crate::term::{Term, Type, day};
use crate::value::Amount;

const PAGE_FIELDS: &[&str] = &[
    "regime",
    "act",
    "paragraph",
    "adopted",
    "force",
    "verified",
    "unverified",
    "from",
    "until",
    "ended-by",
    "replaces",
    "note",
];
const RULE_FIELDS: &[&str] = &["when", "from", "until", "ended-by", "needs", "duty", "beside", "note"];
const EXCEPTION_FIELDS: &[&str] = &["when", "from", "until", "ended-by", "provided", "granted", "by", "duty", "note"];
const CAP_FIELDS: &[&str] =
    &["text", "period", "closed", "closed-by", "limit", "combine", "notice", "stop", "report", "note"];

type Definitions = BTreeMap<String, (String, String)>;

/// Exceptions that wait for the page they belong to: target, exception, place.
type Elsewhere = Vec<(String, Exception)>;

/// Fills `law` from `sources`.
pub fn assemble(law: &mut Law, sources: &[Source], problems: &mut Vec<Problem>) {
    let definitions = definitions(law, sources, problems);
    caps_and_values(law, sources, problems);
    binds(law, sources, &definitions, problems);
    let mut elsewhere = Elsewhere::new();
    for source in sources {
        let Some((kind, node)) = &source.block else { continue };
        if kind == "rule" {
            page(law, source, node, &definitions, &mut elsewhere, problems);
        }
    }
    attach(law, elsewhere, problems);
    for source in sources {
        let has_rule = matches!(&source.block, Some((kind, _)) if kind == "rule");
        let page = has_rule.then(|| page_id(source));
        crate::case::read(law, source, page.as_deref(), problems);
    }
}

fn at(source: &Source, line: usize) -> String {
    format!("{}:{line}", source.path)
}

fn definitions(law: &mut Law, sources: &[Source], problems: &mut Vec<Problem>) -> Definitions {
    let mut all = Definitions::new();
    for source in sources {
        let Some((kind, node)) = &source.block else { continue };
        if kind == "rule" {
            continue;
        }
        for field in node.all("define") {
            let place = at(source, field.line);
            let Some((name, text)) = field.text.split_once(':') else {
                problems.push(Problem::new(place, "a definition is written `define name: condition`"));
                continue;
            };
            let name = name.trim().to_owned();
            if let Some(term) = law.terms.get(&name) {
                problems.push(Problem::new(place, format!("`{name}` is already a term at {}", term.place)));
            } else if let Some((first, _)) = all.get(&name) {
                problems.push(Problem::new(place, format!("`{name}` is defined twice: first at {first}")));
            } else {
                all.insert(name, (place, text.trim().to_owned()));
            }
        }
        for field in node.unknown(&["id", "name", "binds", "days", "lists", "define", "note"]) {
            problems
                .push(Problem::new(at(source, field.line), format!("unknown field `{}` in a {kind} block", field.key)));
        }
        let id = node.field("id").map(|f| f.text.clone()).unwrap_or_default();
        if kind == "regime" {
            law.regimes.insert(id, source.heading.clone());
            continue;
        }
        let folder = source.path.split('/').next().unwrap_or("");
        if id != folder {
            problems
                .push(Problem::new(at(source, node.line), format!("jurisdiction `{id}` stands in folder `{folder}`")));
        }
        let days = node.field("days").map_or("", |f| f.text.as_str());
        if !matches!(days, "last included" | "last excluded") {
            problems.push(Problem::new(
                at(source, node.line),
                "a jurisdiction says `days: last included` or `days: last excluded`",
            ));
        }
        law.jurisdictions.push(Jurisdiction {
            id,
            name: node.field("name").map(|f| f.text.clone()).unwrap_or_default(),
            binds: None,
            last_day_counts: days != "last excluded",
            lists: node.field("lists").map(|f| list(&f.text)).unwrap_or_default(),
            place: at(source, node.line),
        });
    }
    all
}

fn binds(law: &mut Law, sources: &[Source], definitions: &Definitions, problems: &mut Vec<Problem>) {
    for source in sources {
        let Some((kind, node)) = &source.block else { continue };
        if kind != "jurisdiction" {
            continue;
        }
        let Some(field) = node.field("binds") else {
            problems.push(Problem::new(
                at(source, node.line),
                "a jurisdiction says whom it `binds:`, or `binds: everyone`",
            ));
            continue;
        };
        if field.text == "everyone" {
            continue;
        }
        let condition = scope(law, definitions, true).condition(&at(source, field.line), &field.text);
        let id = node.field("id").map(|f| f.text.clone()).unwrap_or_default();
        match condition {
            Ok(condition) => {
                law.jurisdictions.iter_mut().filter(|j| j.id == id).for_each(|j| j.binds = Some(condition.clone()))
            }
            Err(problem) => problems.push(problem),
        }
    }
}

fn scope<'a>(law: &'a Law, definitions: &'a Definitions, last_day_counts: bool) -> Scope<'a> {
    Scope { terms: &law.terms, definitions, caps: &law.caps, values: &law.values, last_day_counts }
}

fn caps_and_values(law: &mut Law, sources: &[Source], problems: &mut Vec<Problem>) {
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

fn page(
    law: &mut Law,
    source: &Source,
    node: &Node,
    definitions: &Definitions,
    elsewhere: &mut Elsewhere,
    problems: &mut Vec<Problem>,
) {
    let id = page_id(source);
    let place = at(source, node.line);
    for field in node.unknown(PAGE_FIELDS) {
        problems.push(
            Problem::new(at(source, field.line), format!("unknown field `{}` of a page", field.key))
                .hint(PAGE_FIELDS.join(", ")),
        );
    }
    let folder = id.split('/').next().unwrap_or("");
    let Some(jurisdiction) = law.jurisdictions.iter().position(|j| j.id == folder) else {
        problems.push(Problem::new(place, format!("folder `{folder}` has no jurisdiction.md")));
        return;
    };
    let text = |key: &str| node.field(key).map(|f| f.text.clone());
    let force = match node.field("force").map(|f| f.text.as_str()) {
        Some("decides") => Force::Decides,
        Some("calls-upon") => Force::CallsUpon,
        Some("recalls") => Force::Recalls,
        other => {
            problems.push(
                Problem::new(place.clone(), format!("force is `{}`", other.unwrap_or("missing")))
                    .hint("decides, calls-upon or recalls"),
            );
            Force::Decides
        }
    };
    let regime = text("regime").unwrap_or_default();
    if !law.regimes.contains_key(&regime) {
        problems.push(
            Problem::new(place.clone(), format!("unknown regime `{regime}`"))
                .hint("a regime has a page with a `regime` block under law/regimes"),
        );
    }
    let position = law.pages.len();
    let days = days(source, node, Days::default(), problems);
    let mut reader = Reader {
        law,
        source,
        definitions,
        last_day_counts: law.jurisdictions.get(jurisdiction).is_none_or(|j| j.last_day_counts),
        problems,
        elsewhere,
    };
    let mut rules = Vec::new();
    for child in &node.children {
        match child.keyword.as_str() {
            "prohibit" | "require" | "permit" | "oblige" => rules.extend(reader.rule(&id, position, days, child)),
            "except" | "licence" => reader.elsewhere(&id, days, child),
            _ => {}
        }
    }
    law.rules.append(&mut rules);
    law.pages.push(Page {
        id,
        heading: source.heading.clone(),
        prose: source.prose.clone(),
        links: source.links.clone(),
        jurisdiction,
        regime,
        act: text("act").unwrap_or_default(),
        paragraph: text("paragraph").unwrap_or_default(),
        adopted: date_of(source, node.field("adopted"), problems),
        force,
        verified: text("verified"),
        unverified: text("unverified"),
        replaces: list(&text("replaces").unwrap_or_default()),
    });
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|one| one.trim().to_owned()).filter(|one| !one.is_empty()).collect()
}

fn date_of(source: &Source, field: Option<&Field>, problems: &mut Vec<Problem>) -> Option<Date> {
    let field = field?;
    let date = day(&field.text);
    if date.is_none() {
        problems.push(
            Problem::new(at(source, field.line), format!("`{}` is no day", field.text)).hint("write it as 2018-01-05"),
        );
    }
    date
}

fn days(source: &Source, node: &Node, outer: Days, problems: &mut Vec<Problem>) -> Days {
    let (from, until) = (node.field("from"), node.field("until"));
    let own = Days { from: date_of(source, from, problems), until: date_of(source, until, problems) };
    if let (Some(first), Some(last), Some(field)) = (own.from.or(outer.from), own.until, until)
        && last < first
    {
        problems.push(Problem::new(at(source, field.line), format!("ends on {last}, before it begins on {first}")));
    }
    if let (Some(field), None) = (until, node.field("ended-by")) {
        problems.push(
            Problem::new(at(source, field.line), "an end without `ended-by:`")
                .hint("name the page or the text that ends it"),
        );
    }
    Days { from: own.from.or(outer.from), until: own.until.or(outer.until) }
}

struct Reader<'a> {
    law: &'a Law,
    source: &'a Source,
    definitions: &'a Definitions,
    last_day_counts: bool,
    problems: &'a mut Vec<Problem>,
    elsewhere: &'a mut Elsewhere,
}

impl Reader<'_> {
    fn at(&self, line: usize) -> String {
        at(self.source, line)
    }

    fn wrong(&mut self, line: usize, why: impl Into<String>) {
        let place = self.at(line);
        self.problems.push(Problem::new(place, why));
    }

    fn when(&mut self, node: &Node) -> Expr<String> {
        let scope = scope(self.law, self.definitions, self.last_day_counts);
        let mut parts = Vec::new();
        for field in node.all("when") {
            match scope.condition(&at(self.source, field.line), &field.text) {
                Ok(Expr::All(more)) => parts.extend(more),
                Ok(part) => parts.push(part),
                Err(problem) => self.problems.push(problem),
            }
        }
        Expr::All(parts)
    }

    fn bools(&mut self, field: Option<&Field>) -> Vec<String> {
        let Some(field) = field else { return Vec::new() };
        let names = list(&field.text);
        for name in &names {
            match self.law.terms.get(name) {
                Some(term) if term.of == Type::Bool => {}
                Some(_) => self.wrong(field.line, format!("`{name}` is not a yes-or-no term")),
                None => self.wrong(field.line, format!("unknown term `{name}`")),
            }
        }
        names
    }

    fn duties(&mut self, node: &Node) -> Vec<Duty> {
        let mut out = Vec::new();
        for field in node.all("duty") {
            let words: Vec<&str> = field.text.split_whitespace().collect();
            let due = words.windows(3).find_map(|three| match three {
                ["within", days, "days"] => days.parse().ok().map(Due::Days),
                _ => None,
            });
            let on = words.windows(2).find_map(|two| if two[0] == "by" { day(two[1]).map(Due::On) } else { None });
            out.push(Duty { text: field.text.clone(), due: due.or(on).unwrap_or(Due::Open) });
        }
        out
    }

    fn rule(&mut self, page: &str, position: usize, outer: Days, node: &Node) -> Option<Rule> {
        for field in node.unknown(RULE_FIELDS) {
            self.wrong(field.line, format!("unknown field `{}` of a rule", field.key));
        }
        if node.name.is_empty() || node.name.contains(char::is_whitespace) {
            self.wrong(node.line, format!("`{}` needs a name of one word", node.keyword));
        }
        let needs = self.bools(node.field("needs"));
        let effect = match node.keyword.as_str() {
            "require" if needs.is_empty() => {
                self.wrong(node.line, "`require` says what it `needs:`");
                return None;
            }
            "require" => Effect::Require(needs),
            "permit" => Effect::Permit,
            "oblige" => Effect::Oblige,
            _ => Effect::Prohibit,
        };
        let days = days(self.source, node, outer, self.problems);
        let when = self.when(node);
        if when == Expr::All(Vec::new()) {
            self.wrong(node.line, "a rule without `when:` would cover everything");
        }
        let duties = self.duties(node);
        let exceptions = node.children.iter().filter_map(|child| self.exception(child, false)).collect();
        let beside = node.all("beside").flat_map(|f| list(&f.text)).collect();
        Some(Rule {
            id: format!("{page}#{}", node.name),
            page: position,
            place: self.at(node.line),
            effect,
            when,
            days,
            duties,
            exceptions,
            beside,
        })
    }

    fn exception(&mut self, node: &Node, top: bool) -> Option<Exception> {
        for field in node.unknown(EXCEPTION_FIELDS) {
            self.wrong(field.line, format!("unknown field `{}` of an exception", field.key));
        }
        let relief = match node.keyword.as_str() {
            "except" => Relief::Itself(self.bools(node.field("provided"))),
            "licence" => {
                let granted = self.bools(node.field("granted"));
                let by = node.field("by").map(|f| f.text.clone()).unwrap_or_default();
                match &granted[..] {
                    [one] if !by.is_empty() => Relief::Licence(one.clone(), by),
                    _ => {
                        self.wrong(
                            node.line,
                            "a licence says who grants it (`by:`) and the one term that tells it was (`granted:`)",
                        );
                        return None;
                    }
                }
            }
            other => {
                self.wrong(node.line, format!("`{other}` cannot stand inside a rule"));
                return None;
            }
        };
        let name = if top { node.name.split(" to ").next().unwrap_or("").trim().to_owned() } else { node.name.clone() };
        if name.is_empty() || name.contains(char::is_whitespace) {
            self.wrong(node.line, format!("`{}` needs a name of one word", node.keyword));
        }
        let days = days(self.source, node, Days::default(), self.problems);
        let when = self.when(node);
        let duties = self.duties(node);
        let exceptions = node.children.iter().filter_map(|child| self.exception(child, false)).collect();
        Some(Exception { name, place: self.at(node.line), relief, when, days, duties, exceptions })
    }

    fn elsewhere(&mut self, page: &str, outer: Days, node: &Node) {
        let Some((_, targets)) = node.name.split_once(" to ") else {
            self.wrong(
                node.line,
                "an exception at the top of a page names what it is an exception to: `except name to un/1718/8d`",
            );
            return;
        };
        let Some(mut exception) = self.exception(node, true) else { return };
        exception.name = format!("{page}#{}", exception.name);
        exception.days = Days { from: exception.days.from.or(outer.from), until: exception.days.until.or(outer.until) };
        for target in list(targets) {
            self.elsewhere.push((target, exception.clone()));
        }
    }
}

fn attach(law: &mut Law, elsewhere: Elsewhere, problems: &mut Vec<Problem>) {
    for (target, exception) in elsewhere {
        let page = law.pages.iter().position(|p| p.id == target);
        let mut hit = false;
        for rule in law.rules.iter_mut().filter(|rule| rule.id == target || Some(rule.page) == page) {
            rule.exceptions.push(exception.clone());
            hit = true;
        }
        if !hit {
            problems.push(Problem::new(exception.place, format!("exception to `{target}`, which is no rule")));
        }
    }
}
