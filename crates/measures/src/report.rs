//! A decision written out: articles, facts used and lacking, duties with their days, what was not applied and why.
//!
//! Promises: each line comes from a rule or a fact and names it; a decision that rests on a page
//! nobody checked against its text says so; the version of the law stands in it.
//!
//! Not here: deciding (`eval`).

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::Serialize;

use crate::decision::{Decision, Finding, Verdict};
use crate::expr::{Expr, Facts, last_day};
use crate::facts::FactSet;
use crate::law::{Due, Duty, Effect, Exception, Force, Law, Relief, Rule};
use crate::truth::Truth;
use crate::value::Value;

/// A decision written out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The whole answer.
    pub verdict: Verdict,
    /// The day of the event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    /// Hash of the law that decided.
    pub law: String,
    /// By jurisdiction that binds or may bind.
    pub jurisdictions: Vec<OfJurisdiction>,
    /// Facts missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacking: Vec<Lacking>,
    /// Rules about the same activity that do not apply, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_applied: Vec<NotApplied>,
}

/// What one jurisdiction says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfJurisdiction {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether it binds: `yes` or `unknown`.
    pub binds: Truth,
    /// Its answer.
    pub verdict: Verdict,
    /// What its rules say.
    pub findings: Vec<OfRule>,
}

/// What one rule says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfRule {
    /// `page#rule`.
    pub rule: String,
    /// Act and paragraph.
    pub citation: String,
    /// Its answer.
    pub verdict: Verdict,
    /// `calls-upon` or `recalls` if it does not bind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub force: Option<&'static str>,
    /// The exception that gave the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// Licences, notices, proofs it is conditional on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub on: Vec<Lacking>,
    /// Facts missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lacking: Vec<String>,
    /// Facts it read.
    pub used: BTreeMap<String, String>,
    /// Duties, with their days.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub duties: Vec<OfDuty>,
    /// Licences one may ask for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<String>,
    /// Exceptions that do not help, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions_off: Vec<NotApplied>,
    /// What of the page was not checked against the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unverified: Option<String>,
}

/// A missing fact, with the question that brings it in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Lacking {
    /// The term.
    pub term: String,
    /// The question.
    pub question: String,
    /// How it was given, if it was given in ways that disagree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
}

/// A duty and its day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfDuty {
    /// What to do.
    pub text: String,
    /// By when, if the page gives a day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
}

/// A rule or exception that does not apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NotApplied {
    /// Its name.
    pub rule: String,
    /// Why.
    pub because: String,
}

struct Known<'a>(&'a Law, &'a FactSet);

impl Known<'_> {
    fn day(&self) -> Option<Date> {
        match self.1.get("date") {
            Some(Value::Date(day)) => Some(*day),
            _ => None,
        }
    }
}

impl Facts<String> for Known<'_> {
    fn get(&self, term: &String) -> Option<&Value> {
        self.1.get(term)
    }
    fn named(&self, name: &str) -> Option<&Value> {
        self.0.value_on(name, self.day()?)
    }
}

/// Writes a decision out. `all` adds the rules that do not apply.
pub fn write(law: &Law, facts: &FactSet, decision: &Decision, all: bool) -> Report {
    let known = Known(law, facts);
    let jurisdictions = decision.answers.iter().filter_map(|answer| {
        let declared = law.jurisdictions.get(answer.jurisdiction)?;
        let findings = answer.findings.iter().filter_map(|finding| of_rule(&known, finding)).collect();
        Some(OfJurisdiction {
            id: declared.id.clone(),
            name: declared.name.clone(),
            binds: answer.binds,
            verdict: answer.verdict,
            findings,
        })
    });
    let lacking = decision.lacking().into_iter().map(|term| question(&known, term)).collect();
    Report {
        verdict: decision.verdict,
        date: known.day().map(|day| day.to_string()),
        law: law.version.to_string(),
        jurisdictions: jurisdictions.collect(),
        lacking,
        not_applied: if all { not_applied(&known, decision) } else { Vec::new() },
    }
}

fn question(known: &Known<'_>, term: &str) -> Lacking {
    let question = known.0.terms.get(term).map(|t| t.question.clone()).unwrap_or_default();
    Lacking { term: term.to_owned(), question, conflict: known.1.conflicts().get(term).cloned() }
}

fn of_rule(known: &Known<'_>, finding: &Finding) -> Option<OfRule> {
    let rule = known.0.rules.get(finding.rule)?;
    let page = known.0.page_of(rule)?;
    let taken = finding.by.as_ref().and_then(|name| rule.exceptions.iter().find(|e| *e.name == **name));
    // An exception that applies brings its own duties; the rule's duties are for those it binds.
    let duties: Vec<&Duty> = match (taken, finding.verdict) {
        (Some(exception), _) => exception.duties.iter().collect(),
        (None, Verdict::Permitted) if matches!(rule.effect, Effect::Prohibit) => Vec::new(),
        (None, _) => rule.duties.iter().collect(),
    };
    let mut terms = Vec::new();
    rule.when.terms(&mut terms);
    if let Some(exception) = taken {
        exception.when.terms(&mut terms);
    }
    let used = terms.into_iter().filter_map(|term| known.1.get(term).map(|value| (term.clone(), value.to_string())));
    let open = finding.verdict >= Verdict::Undetermined;
    let routes = rule.exceptions.iter().filter(|_| open).filter_map(|exception| match &exception.relief {
        Relief::Licence(_, by) if exception.when.truth(known) != Truth::No && lasts(known, exception) => {
            Some(format!("{}: {by}", exception.name))
        }
        Relief::Licence(..) | Relief::Itself(_) => None,
    });
    Some(OfRule {
        rule: rule.id.clone(),
        citation: page.citation(),
        verdict: finding.verdict,
        force: (page.force != Force::Decides).then(|| page.force.as_str()),
        exception: finding.by.as_deref().map(str::to_owned),
        on: finding.on.iter().map(|term| question(known, term)).collect(),
        lacking: finding.lacking.iter().map(ToString::to_string).collect(),
        used: used.collect(),
        duties: duties.into_iter().map(|duty| of_duty(known, duty)).collect(),
        routes: routes.collect(),
        exceptions_off: if finding.verdict == Verdict::Prohibited { exceptions_off(known, rule) } else { Vec::new() },
        unverified: page.unverified.clone(),
    })
}

fn lasts(known: &Known<'_>, exception: &Exception) -> bool {
    known.day().is_none_or(|day| exception.days.contain(day))
}

fn of_duty(known: &Known<'_>, duty: &Duty) -> OfDuty {
    let due = match (duty.due, known.day()) {
        (Due::On(day), _) => Some(day),
        (Due::Days(days), Some(event)) => last_day(event, days),
        (Due::Days(_), None) | (Due::Open, _) => None,
    };
    OfDuty { text: duty.text.clone(), due: due.map(|day| day.to_string()) }
}

fn exceptions_off(known: &Known<'_>, rule: &Rule) -> Vec<NotApplied> {
    let why = |exception: &Exception| {
        if !lasts(known, exception) {
            return Some(days_text(exception.days.from, exception.days.until));
        }
        if let Some(atom) = first_no(&exception.when, known) {
            return Some(atom);
        }
        match &exception.relief {
            Relief::Itself(terms) => terms
                .iter()
                .find(|term| known.1.get(term) == Some(&Value::Bool(false)))
                .map(|term| format!("{term}=no")),
            Relief::Licence(term, _) => {
                Some(format!("{term} is {}", known.1.get(term).map_or("not known".to_owned(), ToString::to_string)))
            }
        }
        .or_else(|| {
            exception
                .exceptions
                .iter()
                .find(|inner| inner.when.truth(known) == Truth::Yes)
                .map(|inner| format!("taken away by {}", inner.name))
        })
    };
    rule.exceptions
        .iter()
        .filter_map(|exception| Some(NotApplied { rule: exception.name.clone(), because: why(exception)? }))
        .collect()
}

fn days_text(from: Option<Date>, until: Option<Date>) -> String {
    match (from, until) {
        (Some(from), Some(until)) => format!("only from {from} to {until}"),
        (Some(from), None) => format!("only from {from}"),
        (None, Some(until)) => format!("only until {until}"),
        (None, None) => String::new(),
    }
}

/// The first part known not to hold, as what holds instead.
fn first_no(condition: &Expr<String>, known: &Known<'_>) -> Option<String> {
    let part = condition.conjuncts().into_iter().find(|part| part.truth(known) == Truth::No)?;
    Some(match part {
        Expr::Not(inner) => inner.to_string(),
        Expr::All(_) | Expr::Any(_) => format!("not ({part})"),
        Expr::Is(_) | Expr::Compare(..) | Expr::Among(..) | Expr::Within(..) | Expr::Goods(_) | Expr::Room(_) => {
            format!("not {part}")
        }
    })
}

fn not_applied(known: &Known<'_>, decision: &Decision) -> Vec<NotApplied> {
    let activity = |rule: &Rule| {
        let about =
            |part: &&Expr<String>| matches!(part, Expr::Compare(term, ..) | Expr::Among(term, _) if term == "activity");
        rule.when.conjuncts().into_iter().filter(about).all(|part| part.truth(known) != Truth::No)
    };
    let found: Vec<usize> = decision.findings().map(|(_, finding)| finding.rule).collect();
    let binding: Vec<usize> = decision.answers.iter().map(|answer| answer.jurisdiction).collect();
    let others = known.0.rules.iter().enumerate().filter(|(at, rule)| {
        !found.contains(at)
            && known.0.page_of(rule).is_some_and(|page| binding.contains(&page.jurisdiction))
            && activity(rule)
    });
    others
        .filter_map(|(_, rule)| {
            let outside =
                known.day().filter(|day| !rule.days.contain(*day)).map(|_| days_text(rule.days.from, rule.days.until));
            let because = outside.or_else(|| first_no(&rule.when, known))?;
            Some(NotApplied { rule: rule.id.clone(), because })
        })
        .collect()
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.date.as_deref().unwrap_or("no day given");
        writeln!(f, "{} ({date})", self.verdict)?;
        for answer in &self.jurisdictions {
            let binds = if answer.binds == Truth::Unknown { ", if it binds" } else { "" };
            writeln!(f, "  {}: {}{binds}", answer.name, answer.verdict)?;
            answer.fmt(f)?;
        }
        // What is forbidden anyway does not turn on what is missing.
        if self.verdict != Verdict::Prohibited {
            for lacking in &self.lacking {
                let conflict = lacking.conflict.as_ref().map(|c| format!(" ({c})")).unwrap_or_default();
                writeln!(f, "  needs {}: {}{conflict}", lacking.term, lacking.question)?;
            }
        }
        for other in &self.not_applied {
            writeln!(f, "  not {}: {}", other.rule, other.because)?;
        }
        write!(f, "  law {}", self.law.get(..12).unwrap_or(&self.law))
    }
}

impl OfJurisdiction {
    /// What gave the verdict in full; what depends on missing facts in a line each, or counted if it changes nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let certain = |finding: &&OfRule| finding.lacking.is_empty() && finding.verdict != Verdict::Undetermined;
        let mut full: Vec<&OfRule> = self.findings.iter().filter(certain).collect();
        full.sort_by_key(|finding| std::cmp::Reverse((finding.force.is_none(), finding.verdict)));
        for finding in full {
            finding.fmt(f)?;
        }
        let open = || self.findings.iter().filter(|finding| !certain(finding));
        let shown = |finding: &&OfRule| {
            self.verdict == Verdict::Undetermined && finding.verdict == Verdict::Undetermined && finding.force.is_none()
        };
        for finding in open().filter(shown) {
            writeln!(
                f,
                "    undetermined  {} [{}] needs {}",
                finding.citation,
                finding.rule,
                finding.lacking.join(", ")
            )?;
        }
        let more = open().filter(|finding| !shown(finding)).count();
        if more > 0 {
            writeln!(f, "    and {more} more that may apply, depending on facts not given")?;
        }
        Ok(())
    }
}

impl OfRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let force = self.force.map(|force| format!(", {force}")).unwrap_or_default();
        let by = self.exception.as_ref().map(|name| format!(", exception {name}")).unwrap_or_default();
        writeln!(f, "    {:<13} {} [{}{force}{by}]", self.verdict.as_str(), self.citation, self.rule)?;
        for on in &self.on {
            writeln!(f, "      if {}: {}", on.term, on.question)?;
        }
        for duty in &self.duties {
            let due = duty
                .due
                .as_ref()
                .filter(|day| !duty.text.contains(day.as_str()))
                .map(|day| format!(" ({day})"))
                .unwrap_or_default();
            writeln!(f, "      duty: {}{due}", duty.text)?;
        }
        for off in &self.exceptions_off {
            writeln!(f, "      no exception {}: {}", off.rule, off.because)?;
        }
        for route in &self.routes {
            writeln!(f, "      may be allowed by {route}")?;
        }
        if let Some(unverified) = &self.unverified {
            writeln!(f, "      unverified: {unverified}")?;
        }
        Ok(())
    }
}
