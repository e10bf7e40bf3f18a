//! Checks on the law as a whole: citations, dates, replacements, contradictions, missing cases.
//!
//! Promises: two rules of one jurisdiction that cover the same and decide differently without
//! saying how they relate are an error that names both places; so is a boundary (a first or last
//! day, a threshold, an exception, a border of goods) that no case stands on both sides of.
//!
//! Not here: running the cases (`case`).

use jiff::ToSpan;
use jiff::civil::Date;

use crate::Problem;
use crate::case::{Case, findings};
use crate::expr::{Compare, Day, Expr, Facts, Goods, Operand, Prefix, days_between, last_day};
use crate::facts::FactSet;
use crate::law::{Days, Effect, Exception, Force, Law, Page, Rule};
use crate::page::Source;
use crate::truth::Truth;
use crate::value::Value;

/// Runs every check and adds what it finds.
pub fn all(law: &Law, sources: &[Source], problems: &mut Vec<Problem>) {
    for page in &law.pages {
        citations(law, page, problems);
        replacements(law, page, problems);
    }
    for (at, rule) in law.rules.iter().enumerate() {
        references(law, rule, problems);
        for other in law.rules.iter().skip(at + 1) {
            contradiction(law, rule, other, problems);
        }
    }
    for (position, page) in law.pages.iter().enumerate() {
        let cases: Vec<&Case> = law.cases.iter().filter(|case| case.page == Some(position)).collect();
        let place = sources
            .iter()
            .find(|s| s.path.strip_suffix(".md") == Some(&page.id))
            .map_or(page.id.clone(), |s| format!("{}:{}", s.path, s.cases_line.max(1)));
        boundaries(law, position, &cases, &place, problems);
    }
}

fn citations(law: &Law, page: &Page, problems: &mut Vec<Problem>) {
    let place = format!("{}.md:1", page.id);
    let mut need = |there: bool, what: &str| {
        if !there {
            problems.push(Problem::new(place.clone(), format!("missing {what}")));
        }
    };
    need(!page.heading.is_empty(), "heading: the citation");
    need(!page.act.is_empty(), "`act:`");
    need(page.adopted.is_some(), "`adopted:`");
    need(
        page.verified.is_some() || page.unverified.is_some(),
        "`verified:` with the source, or `unverified:` with what was not checked",
    );
    need(!page.links.is_empty(), "link to the text in the paraphrase");
    need(page.prose.split_whitespace().count() >= 12, "paraphrase");
    for rule in law.rules.iter().filter(|rule| law.page_of(rule) == Some(page)) {
        match (rule.days.from, page.adopted) {
            (None, _) => problems.push(
                Problem::new(rule.place.clone(), "a rule without a first day").hint("add `from:` to it or to its page"),
            ),
            (Some(from), Some(adopted)) if from < adopted => problems.push(Problem::new(
                rule.place.clone(),
                format!("applies from {from}, before its adoption on {adopted}"),
            )),
            (Some(_), _) => {}
        }
    }
}

fn replacements(law: &Law, page: &Page, problems: &mut Vec<Problem>) {
    let Some(from) = law.rules.iter().filter(|r| law.page_of(r) == Some(page)).filter_map(|r| r.days.from).min() else {
        return;
    };
    for target in &page.replaces {
        let place = format!("{}.md:1", page.id);
        if !law.knows(target) {
            problems.push(Problem::new(place, format!("replaces `{target}`, which is no page or rule")));
            continue;
        }
        let eve = from.checked_sub(1.day()).ok();
        for old in law.rules.iter().filter(|r| r.id == *target || law.page_of(r).is_some_and(|p| p.id == *target)) {
            // A rule that had already ended by itself needs no other end.
            if old.days.until.is_none_or(|until| Some(until) > eve) {
                let until = old.days.until.map_or("without end".to_owned(), |d| format!("until {d}"));
                problems.push(
                    Problem::new(
                        place.clone(),
                        format!("replaces {target} from {from}, but {} at {} applies {until}", old.id, old.place),
                    )
                    .hint("write its `until:` as the day before, and `ended-by:`"),
                );
            }
        }
    }
}

fn references(law: &Law, rule: &Rule, problems: &mut Vec<Problem>) {
    for other in rule.beside.iter().filter(|other| !law.knows(other)) {
        problems.push(Problem::new(rule.place.clone(), format!("beside `{other}`, which is no page or rule")));
    }
}

fn contradiction(law: &Law, a: &Rule, b: &Rule, problems: &mut Vec<Problem>) {
    let (Some(page_a), Some(page_b)) = (law.page_of(a), law.page_of(b)) else { return };
    let comparable = page_a.jurisdiction == page_b.jurisdiction
        && page_a.regime == page_b.regime
        && page_a.force == Force::Decides
        && page_b.force == Force::Decides;
    let class = |effect: &Effect| match effect {
        Effect::Prohibit => Some(0),
        Effect::Require(_) => Some(1),
        Effect::Permit => Some(2),
        Effect::Oblige => None,
    };
    let differ = matches!((class(&a.effect), class(&b.effect)), (Some(x), Some(y)) if x != y);
    if !comparable || !differ || !a.days.meet(&b.days) || related(a, page_a, b, page_b) || related(b, page_b, a, page_a)
    {
        return;
    }
    let (terms_a, terms_b) = (terms(&a.when), terms(&b.when));
    // A rule that turns on facts the other does not mention, and the other way round, speaks of something else.
    let nested = terms_a.iter().all(|t| terms_b.contains(t)) || terms_b.iter().all(|t| terms_a.contains(t));
    if nested && !disjoint(&a.when, &b.when) {
        problems.push(Problem::new(b.place.clone(), format!("{} and {} at {} cover the same on the same days and decide differently", b.id, a.id, a.place))
            .hint("make one an exception to the other, end one, or write `beside:` if both apply and the stricter decides"));
    }
}

fn related(a: &Rule, page_a: &Page, b: &Rule, page_b: &Page) -> bool {
    a.beside.iter().any(|other| *other == b.id || *other == page_b.id)
        || page_a.replaces.contains(&page_b.id) && page_a.id != page_b.id && !a.days.meet(&b.days)
}

fn terms(condition: &Expr<String>) -> Vec<&String> {
    let mut out = Vec::new();
    condition.terms(&mut out);
    out.sort();
    out.dedup();
    out
}

/// Whether two conditions provably never hold together.
fn disjoint(a: &Expr<String>, b: &Expr<String>) -> bool {
    let (left, right) = (a.conjuncts(), b.conjuncts());
    left.iter().any(|x| right.iter().any(|y| exclude(x, y)))
}

fn exclude(a: &Expr<String>, b: &Expr<String>) -> bool {
    if let (Expr::Not(inner), other) | (other, Expr::Not(inner)) = (a, b)
        && **inner == *other
    {
        return true;
    }
    if let (Expr::Goods(x), Expr::Goods(y)) = (a, b) {
        return goods_apart(x, y);
    }
    match (words(a), words(b)) {
        (Some((term, x)), Some((other, y))) => term == other && x.iter().all(|word| !y.contains(word)),
        _ => false,
    }
}

fn words(atom: &Expr<String>) -> Option<(&str, Vec<&str>)> {
    match atom {
        Expr::Among(term, words) => Some((term, words.iter().map(String::as_str).collect())),
        Expr::Compare(term, Compare::Eq, Operand::Fixed(Value::Word(word))) => Some((term, vec![word])),
        _ => None,
    }
}

fn goods_apart(a: &Goods<String>, b: &Goods<String>) -> bool {
    let under = |x: &str, y: &str| x.starts_with(y) || y.starts_with(x);
    let out = |goods: &Goods<String>, code: &str| goods.outside.iter().any(|o| code.starts_with(o.digits()));
    let kinds = a.kinds.iter().any(|kind| b.kinds.contains(kind));
    let meet = |x: &Prefix, y: &Prefix| {
        // Two parts of one code that have no kind in common are different goods.
        let other_parts = x.part && y.part && !kinds;
        let (x, y) = (x.code.digits(), y.code.digits());
        under(x, y) && !out(a, y) && !out(b, x) && !other_parts
    };
    let codes = a.inside.iter().any(|x| b.inside.iter().any(|y| meet(x, y)));
    !kinds && !codes
}

struct OfCase<'a>(&'a Law, &'a FactSet);

impl Facts<String> for OfCase<'_> {
    fn get(&self, term: &String) -> Option<&Value> {
        self.1.get(term)
    }
    fn named(&self, name: &str) -> Option<&Value> {
        date(self.1).and_then(|day| self.0.value_on(name, day))
    }
}

fn date(facts: &FactSet) -> Option<Date> {
    match facts.get("date") {
        Some(Value::Date(day)) => Some(*day),
        _ => None,
    }
}

fn boundaries(law: &Law, position: usize, cases: &[&Case], place: &str, problems: &mut Vec<Problem>) {
    let mut missing = |at: &str, what: String| {
        let near = if at == place { String::new() } else { format!(", which {at} asks for") };
        problems.push(Problem::new(place.to_owned(), format!("no case {what}{near}")));
    };
    for rule in law.rules.iter().filter(|rule| rule.page == position) {
        days_tested(law, cases, &rule.when, rule.days, &rule.place, &mut missing);
        atoms_tested(law, cases, &rule.when, &rule.place, &mut missing);
        for exception in rule.exceptions.iter().filter(|e| !e.name.contains('#')) {
            exception_tested(law, cases, exception, true, &mut missing);
        }
    }
    let prefix = law.pages.get(position).map(|p| format!("{}#", p.id)).unwrap_or_default();
    let mut seen: Vec<&str> = Vec::new();
    for exception in law.rules.iter().flat_map(|rule| &rule.exceptions).filter(|e| e.name.starts_with(&prefix)) {
        if !seen.contains(&exception.name.as_str()) {
            seen.push(&exception.name);
            days_tested(law, cases, &exception.when, exception.days, &exception.place, &mut missing);
            exception_tested(law, cases, exception, true, &mut missing);
        }
    }
}

fn exception_tested(
    law: &Law,
    cases: &[&Case],
    exception: &Exception,
    outer: bool,
    missing: &mut impl FnMut(&str, String),
) {
    atoms_tested(law, cases, &exception.when, &exception.place, missing);
    if outer {
        let mut used = false;
        let mut unused = false;
        for case in cases {
            let decision = crate::eval::decide(law, &case.facts);
            let found = findings(law, case, &decision);
            let by = found.iter().any(|f| f.by.as_deref() == Some(&exception.name));
            used |= by;
            unused |= !by && !found.is_empty();
        }
        if !used {
            missing(&exception.place, format!("uses the exception {}", exception.name));
        }
        if !unused {
            missing(&exception.place, format!("falls outside the exception {}", exception.name));
        }
    }
    for inner in &exception.exceptions {
        exception_tested(law, cases, inner, false, missing);
    }
}

fn days_tested(
    law: &Law,
    cases: &[&Case],
    when: &Expr<String>,
    days: Days,
    place: &str,
    missing: &mut impl FnMut(&str, String),
) {
    let on = |day: Date| {
        cases.iter().any(|case| date(&case.facts) == Some(day) && when.truth(&OfCase(law, &case.facts)) != Truth::No)
    };
    let eve = |day: Date| day.checked_sub(1.day()).unwrap_or(day);
    let morrow = |day: Date| day.checked_add(1.day()).unwrap_or(day);
    let pairs = [(days.from, "first day"), (days.until, "last day")];
    for (day, what) in pairs.into_iter().filter_map(|(day, what)| day.map(|d| (d, what))) {
        let beyond = if what == "first day" { eve(day) } else { morrow(day) };
        for (stand, where_) in [(day, "on"), (beyond, "just beyond")] {
            if !on(stand) {
                missing(place, format!("{where_} the {what}: none dated {stand} with what the rule covers"));
            }
        }
    }
}

fn atoms_tested(law: &Law, cases: &[&Case], when: &Expr<String>, place: &str, missing: &mut impl FnMut(&str, String)) {
    for part in when.conjuncts().into_iter().filter(|part| !is_activity(part)) {
        let truths: Vec<Truth> = cases.iter().map(|case| part.truth(&OfCase(law, &case.facts))).collect();
        for (truth, word) in [(Truth::Yes, "that meets"), (Truth::No, "that fails")] {
            if !truths.contains(&truth) {
                missing(place, format!("{word} `{part}`"));
            }
        }
    }
    let mut atoms = Vec::new();
    leaves(when, &mut atoms);
    for atom in atoms {
        let truths: Vec<Truth> = cases.iter().map(|case| atom.truth(&OfCase(law, &case.facts))).collect();
        match atom {
            Expr::Goods(_) | Expr::Is(_) | Expr::Among(..) => {
                let one_sided = matches!(atom, Expr::Goods(_));
                for (truth, word) in [(Truth::Yes, "inside"), (Truth::No, "outside")] {
                    if one_sided && !truths.contains(&truth) {
                        missing(place, format!("{word} `{atom}`"));
                    }
                }
            }
            Expr::Compare(term, _, with) => threshold(law, cases, (atom, term, with), &truths, place, missing),
            Expr::Within(days, of, _) => {
                let start = |case: &Case| match of {
                    Day::Fixed(day) => Some(*day),
                    Day::Term(term) => match case.facts.get(term) {
                        Some(Value::Date(day)) => Some(*day),
                        _ => None,
                    },
                };
                for (extra, word) in [(0, "on the last day of"), (1, "the day after")] {
                    let wanted = i64::from(*days) + extra;
                    if !cases.iter().any(|case| matches!((start(case), date(&case.facts)), (Some(from), Some(now)) if days_between(from, now) == wanted)) {
                        let day = if let Day::Fixed(from) = of { last_day(*from, days.saturating_add(u32::try_from(extra).unwrap_or(0))).map(|d| format!(" ({d})")) } else { None };
                        missing(place, format!("{word} `{atom}`{}", day.unwrap_or_default()));
                    }
                }
            }
            Expr::Room(room) => {
                for (truth, word) in [(Truth::Yes, "with"), (Truth::No, "without")] {
                    if !truths.contains(&truth) {
                        missing(place, format!("{word} {atom}"));
                    }
                }
                let number = |case: &Case, term: &String| match case.facts.get(term) {
                    Some(Value::Number(n)) => Some(*n),
                    _ => None,
                };
                for unit in &room.units {
                    let full = cases.iter().any(|case| matches!((number(case, &unit.used), number(case, &unit.this)), (Some(used), Some(this)) if used.plus(this) == unit.limit && unit.stop.is_none_or(|stop| used < stop)));
                    if !full {
                        missing(place, format!("that fills {} to exactly {}", room.cap, unit.limit));
                    }
                    if let Some(stop) = unit.stop
                        && !cases.iter().any(|case| number(case, &unit.used) == Some(stop))
                    {
                        missing(place, format!("at the stop mark {stop} of {}", room.cap));
                    }
                }
            }
            Expr::All(_) | Expr::Any(_) | Expr::Not(_) => {}
        }
    }
}

/// What is done is asked first by every rule; the pages about other activities are its other side.
fn is_activity(part: &Expr<String>) -> bool {
    terms(part).iter().all(|term| *term == "activity")
}

type Comparison<'a> = (&'a Expr<String>, &'a String, &'a Operand<String>);

fn threshold(
    law: &Law,
    cases: &[&Case],
    (atom, term, with): Comparison<'_>,
    truths: &[Truth],
    place: &str,
    missing: &mut impl FnMut(&str, String),
) {
    if matches!(
        with,
        Operand::Fixed(Value::Word(_) | Value::Bool(_) | Value::Words(_) | Value::AtLeast(_) | Value::Hs(_))
    ) {
        return;
    }
    let border = |case: &Case| match with {
        Operand::Fixed(value) => Some(value.clone()),
        Operand::Named(name) => date(&case.facts).and_then(|day| law.value_on(name, day).cloned()),
        Operand::Term(other) => case.facts.get(other).cloned(),
    };
    let exact =
        cases.iter().any(|case| case.facts.get(term).is_some() && case.facts.get(term) == border(case).as_ref());
    if !exact {
        missing(place, format!("exactly at the threshold `{atom}`"));
    }
    for (truth, word) in [(Truth::Yes, "that meets"), (Truth::No, "that fails")] {
        if !truths.contains(&truth) {
            missing(place, format!("{word} `{atom}`"));
        }
    }
}

fn leaves<'a>(condition: &'a Expr<String>, into: &mut Vec<&'a Expr<String>>) {
    match condition {
        Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| leaves(part, into)),
        Expr::Not(part) => leaves(part, into),
        Expr::Is(_) | Expr::Compare(..) | Expr::Among(..) | Expr::Within(..) | Expr::Goods(_) | Expr::Room(_) => {
            into.push(condition)
        }
    }
}
