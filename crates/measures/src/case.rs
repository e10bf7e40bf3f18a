//! Cases: what the law must say about invented facts, written beside the rules they test.
//!
//! A line is `date  facts  → expectation  why`, columns two or more spaces apart. A line
//! `given facts` holds for the lines below it. An expectation is `prohibited`, `conditional`,
//! `undetermined`, `permitted`, `silent` (no rule of the page applies) or `obliged` (only duties
//! follow), and may go on with `by rule`, `except exception`, `on terms`, `needs terms`.
//!
//! Promises: each case is decided by the real evaluator and by the reference, and both must agree.

use std::collections::BTreeMap;

use crate::Problem;
use crate::decision::{Decision, Finding, Verdict};
use crate::facts::FactSet;
use crate::law::{Effect, Law};
use crate::page::{Source, assignments};
use crate::term::day;
use crate::value::Value;

/// What a case expects.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expectation {
    /// The word.
    pub word: String,
    /// Rules that must be among the findings with that verdict.
    pub by: Vec<String>,
    /// The exception that must have given it.
    pub except: Option<String>,
    /// Terms it must be conditional on.
    pub on: Vec<String>,
    /// Terms it must lack.
    pub needs: Vec<String>,
}

/// One case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Case {
    /// Position of its page; none: the whole law decides.
    pub page: Option<usize>,
    /// Where it stands.
    pub place: String,
    /// The facts, date included.
    pub facts: FactSet,
    /// What must come out.
    pub expect: Expectation,
    /// Why.
    pub why: String,
}

/// Reads the cases of a file into the law.
pub fn read(law: &mut Law, source: &Source, page: Option<&str>, problems: &mut Vec<Problem>) {
    let position = page.and_then(|id| law.pages.iter().position(|p| p.id == id));
    if page.is_some() && position.is_none() {
        return;
    }
    let mut given = BTreeMap::new();
    for line in &source.cases {
        let place = format!("{}:{}", source.path, line.line);
        if let Some(rest) = line.text.strip_prefix("given ") {
            given = assignments(rest);
            continue;
        }
        match one(law, &given, position, &place, &line.text) {
            Ok(case) => law.cases.push(case),
            Err(problem) => problems.push(problem),
        }
    }
}

fn one(
    law: &Law,
    given: &BTreeMap<String, Option<String>>,
    page: Option<usize>,
    place: &str,
    text: &str,
) -> Result<Case, Problem> {
    let wrong = |why: String| Problem::new(place.to_owned(), why);
    let spaced = text.replace('\t', "  ");
    let columns: Vec<&str> = spaced.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect();
    let (date, set, arrow, why) = match columns[..] {
        [date, set, arrow, why] => (date, set, arrow, why),
        [date, arrow, why] => (date, "", arrow, why),
        _ => {
            return Err(wrong(format!("{} columns, not date, facts, → expectation, why", columns.len()))
                .hint("columns are two or more spaces apart"));
        }
    };
    let mut all = given.clone();
    all.extend(assignments(set));
    let mut facts = FactSet::default();
    if let Some(page) = page.and_then(|p| law.pages.get(p)) {
        let id = law.jurisdictions.get(page.jurisdiction).map_or("", |j| j.id.as_str());
        facts.put("law", Value::Words(vec![id.to_owned()]));
    }
    match (day(date), date) {
        (Some(day), _) => facts.put("date", Value::Date(day)),
        (None, "?") => {}
        (None, _) => return Err(wrong(format!("`{date}` is no day"))),
    }
    for (name, value) in all {
        let Some(value) = value else { continue };
        // `a==b` gives the fact twice, to test what a disagreement does.
        for one in value.split('&') {
            facts.add(&law.terms, &name, one).map_err(wrong)?;
        }
    }
    let expectation = arrow
        .strip_prefix('→')
        .or_else(|| arrow.strip_prefix("->"))
        .ok_or_else(|| wrong(format!("`{arrow}` does not start with →")))?;
    Ok(Case {
        page,
        place: place.to_owned(),
        facts,
        expect: expected(expectation).map_err(wrong)?,
        why: why.to_owned(),
    })
}

fn expected(text: &str) -> Result<Expectation, String> {
    let mut words = text.split_whitespace();
    let word = words.next().unwrap_or("").to_owned();
    if Verdict::parse(&word).is_none() && !matches!(word.as_str(), "silent" | "obliged") {
        return Err(format!(
            "unknown expectation `{word}`: prohibited, conditional, undetermined, permitted, silent or obliged"
        ));
    }
    let mut out = Expectation { word, ..Expectation::default() };
    while let Some(key) = words.next() {
        let list: Vec<String> = words.next().unwrap_or("").split('+').map(str::to_owned).collect();
        match key {
            "by" => out.by = list,
            "except" => out.except = list.into_iter().next(),
            "on" => out.on = list,
            "needs" => out.needs = list,
            other => return Err(format!("unknown word `{other}` in an expectation: by, except, on or needs")),
        }
    }
    Ok(out)
}

/// The findings that count for a case: those of its page and of rules its page makes exceptions to.
pub fn findings<'a>(law: &'a Law, case: &Case, decision: &'a Decision) -> Vec<&'a Finding> {
    let own = |finding: &&Finding| {
        let (Some(page), Some(rule)) = (case.page, law.rules.get(finding.rule)) else { return true };
        let prefix = law.pages.get(page).map(|p| format!("{}#", p.id)).unwrap_or_default();
        rule.page == page || rule.exceptions.iter().any(|e| e.name.starts_with(&prefix))
    };
    decision.findings().map(|(_, finding)| finding).filter(own).collect()
}

/// Decides a case and says what is wrong, if anything is.
pub fn run(law: &Law, case: &Case) -> Result<(), String> {
    let decision = crate::eval::decide(law, &case.facts);
    let judge = crate::reference::decide(law, &case.facts);
    if decision != judge {
        return Err(format!("evaluator and reference disagree: {decision:?} and {judge:?}"));
    }
    let findings = findings(law, case, &decision);
    let verdict = match case.page {
        Some(_) => findings.iter().map(|f| f.verdict).max().unwrap_or(Verdict::Permitted),
        None => decision.verdict,
    };
    let expect = &case.expect;
    let is =
        |finding: &&&Finding, effect: &Effect| law.rules.get(finding.rule).is_some_and(|rule| rule.effect == *effect);
    let obliged = verdict == Verdict::Permitted
        && findings.iter().any(|f| is(&f, &Effect::Oblige) && f.lacking.is_empty() && f.by.is_none());
    let fits = match expect.word.as_str() {
        "silent" => findings.is_empty(),
        "obliged" => obliged,
        word => verdict.as_str() == word,
    };
    let name = |finding: &Finding| law.rules.get(finding.rule).map_or("", |rule| rule.id.as_str());
    let told = || {
        let each: Vec<String> = findings.iter().map(|f| describe(name(f), f)).collect();
        if each.is_empty() { "no rule applies".to_owned() } else { each.join("; ") }
    };
    if !fits {
        return Err(format!("expected {}, got {verdict}: {}", expect.word, told()));
    }
    let same: Vec<&&Finding> = findings.iter().filter(|f| f.verdict == verdict).collect();
    for by in &expect.by {
        if !same.iter().any(|f| {
            name(f) == by
                || name(f).strip_suffix(by.as_str()).is_some_and(|rest| rest.ends_with('#'))
                || name(f).split('#').next() == Some(by)
        }) {
            return Err(format!("expected {} by {by}, got {}", expect.word, told()));
        }
    }
    if let Some(except) = &expect.except
        && !same.iter().any(|f| f.by.as_deref().is_some_and(|by| by == except || by.ends_with(&format!("#{except}"))))
    {
        return Err(format!("expected exception {except}, got {}", told()));
    }
    for (terms, word) in [(&expect.on, "on"), (&expect.needs, "needs")] {
        for term in terms {
            let there = same.iter().any(|f| {
                if word == "on" { f.on.iter().any(|t| **t == **term) } else { f.lacking.iter().any(|t| **t == **term) }
            });
            let there = there || (word == "needs" && decision.lacking().contains(&term.as_str()));
            if !there {
                return Err(format!("expected {} {word} {term}, got {}", expect.word, told()));
            }
        }
    }
    Ok(())
}

fn describe(name: &str, finding: &Finding) -> String {
    let mut text = format!("{name} {}", finding.verdict);
    if let Some(by) = &finding.by {
        text.push_str(&format!(" by exception {by}"));
    }
    if !finding.on.is_empty() {
        text.push_str(&format!(" on {}", finding.on.join("+")));
    }
    if !finding.lacking.is_empty() {
        text.push_str(&format!(" needs {}", finding.lacking.join("+")));
    }
    text
}
