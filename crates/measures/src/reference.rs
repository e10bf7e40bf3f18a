//! The meaning of the rules, on one page: slow, obvious, and the judge of the real evaluator.
//!
//! A rule applies when its day has come and its condition holds. Each exception is off, on, on
//! once something is shown, or perhaps on; an exception that is on takes the rule away, and what
//! is an exception to it takes it away in turn. What is not known stays not known.

use std::sync::Arc;

use crate::decision::{Answer, Decision, Finding, Verdict};
use crate::expr::{Expr, Facts};
use crate::facts::FactSet;
use crate::law::{Effect, Exception, Force, Law, Relief, Rule};
use crate::truth::Truth;
use crate::value::Value;

struct Known<'a>(&'a Law, &'a FactSet);

impl Facts<String> for Known<'_> {
    fn get(&self, term: &String) -> Option<&Value> {
        self.1.get(term)
    }
    fn named(&self, name: &str) -> Option<&Value> {
        match self.1.get("date") {
            Some(Value::Date(day)) => self.0.value_on(name, *day),
            _ => None,
        }
    }
}

enum State {
    Off,
    On,
    OnIf(Vec<String>),
    Perhaps(Vec<String>),
}

/// Decides by reading every rule of every jurisdiction.
pub fn decide(law: &Law, facts: &FactSet) -> Decision {
    let known = Known(law, facts);
    let mut answers = Vec::new();
    for (jurisdiction, declared) in law.jurisdictions.iter().enumerate() {
        let (binds, lacking) = match (facts.get("law"), &declared.binds) {
            (Some(Value::Words(chosen)), _) => (Truth::from(chosen.contains(&declared.id)), Vec::new()),
            (_, None) => (Truth::Yes, Vec::new()),
            (_, Some(condition)) if condition.truth(&known) == Truth::Unknown => {
                (Truth::Unknown, shared(lacking(condition, &known)))
            }
            (_, Some(condition)) => (condition.truth(&known), Vec::new()),
        };
        if binds == Truth::No {
            continue;
        }
        let rules = law
            .rules
            .iter()
            .enumerate()
            .filter(|(_, rule)| law.pages.get(rule.page).is_some_and(|page| page.jurisdiction == jurisdiction));
        let findings: Vec<Finding> = rules.filter_map(|(position, rule)| one(&known, position, rule)).collect();
        let deciding = findings.iter().filter(|finding| finding.decides);
        let verdict = deciding.map(|f| f.verdict).max().unwrap_or(Verdict::Permitted);
        answers.push(Answer { jurisdiction, binds, verdict, findings, lacking });
    }
    Decision::of(answers)
}

fn one(known: &Known<'_>, position: usize, rule: &Rule) -> Option<Finding> {
    let finding = |verdict, by: Option<String>, on, lacking| {
        let decides = known.0.page_of(rule).is_some_and(|page| page.force == Force::Decides);
        Some(Finding {
            rule: position,
            verdict,
            decides,
            by: by.map(Arc::from),
            on: shared(on),
            lacking: shared(lacking),
        })
    };
    let applies = in_days(known, rule.days).and(rule.when.truth(known));
    if applies == Truth::No {
        return None;
    }
    let (mut conditions, mut perhaps) = (Vec::new(), None);
    for exception in &rule.exceptions {
        match state(known, exception) {
            State::Off => {}
            State::On => return finding(Verdict::Permitted, Some(exception.name.clone()), Vec::new(), Vec::new()),
            State::OnIf(on) => conditions.push((exception.name.clone(), on)),
            State::Perhaps(lack) => perhaps.get_or_insert_with(Vec::new).extend(lack),
        }
    }
    let base = match &rule.effect {
        Effect::Prohibit => (Verdict::Prohibited, Vec::new()),
        Effect::Permit => (Verdict::Permitted, Vec::new()),
        Effect::Oblige => (Verdict::Permitted, Vec::new()),
        Effect::Require(terms) => match shown(known, terms) {
            State::Off | State::Perhaps(_) => (Verdict::Prohibited, Vec::new()),
            State::On => (Verdict::Permitted, Vec::new()),
            State::OnIf(on) => (Verdict::Conditional, on),
        },
    };
    if applies == Truth::Unknown {
        let lack = lacking(&rule.when, known);
        let verdict = if base.0 == Verdict::Permitted { Verdict::Permitted } else { Verdict::Undetermined };
        return finding(verdict, None, Vec::new(), once(lack));
    }
    match (base, conditions.into_iter().next(), perhaps) {
        ((Verdict::Prohibited, _), Some((name, on)), _) => finding(Verdict::Conditional, Some(name), on, Vec::new()),
        ((Verdict::Prohibited | Verdict::Conditional, _), None, Some(lack)) => {
            finding(Verdict::Undetermined, None, Vec::new(), once(lack))
        }
        ((verdict, on), _, _) => finding(verdict, None, on, Vec::new()),
    }
}

fn state(known: &Known<'_>, exception: &Exception) -> State {
    let applies = in_days(known, exception.days).and(exception.when.truth(known));
    if applies == Truth::No {
        return State::Off;
    }
    let mut unsure = (applies == Truth::Unknown).then(|| lacking(&exception.when, known));
    for inner in &exception.exceptions {
        match state(known, inner) {
            State::Off => {}
            State::On => return State::Off,
            State::OnIf(more) | State::Perhaps(more) => unsure.get_or_insert_with(Vec::new).extend(more),
        }
    }
    let shown = match &exception.relief {
        Relief::Itself(terms) => shown(known, terms),
        // A licence counts only when it is known to have been granted.
        Relief::Licence(term, _) if known.get(term) == Some(&Value::Bool(true)) => State::On,
        Relief::Licence(..) => State::Off,
    };
    match (shown, unsure) {
        (State::Off, _) => State::Off,
        (State::On | State::OnIf(_) | State::Perhaps(_), Some(lack)) => State::Perhaps(lack),
        (State::On, None) => State::On,
        (State::OnIf(on) | State::Perhaps(on), None) => State::OnIf(on),
    }
}

fn shown(known: &Known<'_>, terms: &[String]) -> State {
    let value = |term: &&String| known.get(term).cloned();
    if terms.iter().any(|term| value(&term) == Some(Value::Bool(false))) {
        return State::Off;
    }
    let open: Vec<String> = terms.iter().filter(|term| value(term).is_none()).cloned().collect();
    if open.is_empty() { State::On } else { State::OnIf(open) }
}

fn in_days(known: &Known<'_>, days: crate::law::Days) -> Truth {
    match known.1.get("date") {
        Some(Value::Date(day)) => Truth::from(days.contain(*day)),
        _ => Truth::Unknown,
    }
}

fn lacking(condition: &Expr<String>, known: &Known<'_>) -> Vec<String> {
    let mut terms = Vec::new();
    condition.lacking(known, &mut terms);
    let mut names: Vec<String> = terms.into_iter().cloned().collect();
    if known.1.get("date").is_none() {
        names.push("date".to_owned());
    }
    once(names)
}

fn once(mut terms: Vec<String>) -> Vec<String> {
    terms.sort();
    terms.dedup();
    terms
}

fn shared(terms: Vec<String>) -> Vec<Arc<str>> {
    terms.into_iter().map(Arc::from).collect()
}
