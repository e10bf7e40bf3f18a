//! Decides quickly: facts in slots, rules found by activity, chapter of goods and kind of goods.
//!
//! Promises: the same findings as `reference`, in the same order; a rule is passed over only if
//! a condition it cannot do without is known to be false.

mod index;

use std::cell::RefCell;
use std::sync::Arc;

use jiff::civil::Date;

use crate::decision::{Answer, Decision, Finding, Verdict};
use crate::expr::{Expr, Facts};
use crate::facts::FactSet;
use crate::law::{Days, Law};
use crate::truth::Truth;
use crate::value::Value;
pub use index::Index;
use index::{Prepared, PreparedEffect, PreparedException};

/// The facts of one case by slot.
struct Slots<'a> {
    law: &'a Law,
    values: Vec<Option<&'a Value>>,
    day: Option<Date>,
    date: usize,
    /// Answers to conditions already asked in this case.
    answers: RefCell<Vec<Option<Truth>>>,
}

impl Slots<'_> {
    /// Whether all of these conditions hold.
    fn all(&self, index: &Index, conditions: &[u32]) -> Truth {
        let mut whole = Truth::Yes;
        for at in conditions {
            whole = whole.and(self.one(index, *at as usize));
            if whole == Truth::No {
                break;
            }
        }
        whole
    }

    fn one(&self, index: &Index, at: usize) -> Truth {
        if let Some(Some(known)) = self.answers.borrow().get(at) {
            return *known;
        }
        let truth = index.conditions.get(at).map_or(Truth::Unknown, |condition| condition.truth(self));
        if let Some(place) = self.answers.borrow_mut().get_mut(at) {
            *place = Some(truth);
        }
        truth
    }

    /// The terms that leave these conditions open.
    fn lacking(&self, index: &Index, conditions: &[u32]) -> Vec<usize> {
        let open = conditions.iter().filter(|at| self.one(index, **at as usize) == Truth::Unknown);
        let open = open.filter_map(|at| index.conditions.get(*at as usize));
        open.flat_map(|condition| lacking(condition, self)).chain(self.day.is_none().then_some(self.date)).collect()
    }
}

impl Facts<usize> for Slots<'_> {
    fn get(&self, term: &usize) -> Option<&Value> {
        self.values.get(*term).copied().flatten()
    }
    fn named(&self, name: &str) -> Option<&Value> {
        self.law.value_on(name, self.day?)
    }
}

enum State {
    Off,
    On,
    OnIf(Vec<usize>),
    Perhaps(Vec<usize>),
}

/// Decides a case.
pub fn decide(law: &Law, facts: &FactSet) -> Decision {
    let index = &law.index;
    let mut slots = Slots {
        law,
        values: vec![None; law.terms.len()],
        day: None,
        date: index.date,
        answers: RefCell::new(vec![None; index.conditions.len()]),
    };
    for (name, value) in facts.iter() {
        if let Some(place) = law.terms.slot(name).and_then(|slot| slots.values.get_mut(slot)) {
            *place = Some(value);
        }
    }
    slots.day = match slots.get(&index.date) {
        Some(Value::Date(day)) => Some(*day),
        _ => None,
    };
    let mut answers: Vec<Option<Answer>> =
        law.jurisdictions.iter().enumerate().map(|(at, _)| binding(index, &slots, law, at)).collect();
    for position in index.candidates(&slots) {
        let Some(rule) = index.rules.get(position as usize) else { continue };
        let Some(Some(answer)) = answers.get_mut(rule.jurisdiction) else { continue };
        let Some(finding) = one(index, &slots, position as usize, rule) else { continue };
        if rule.decides {
            answer.verdict = answer.verdict.max(finding.verdict);
        }
        answer.findings.push(finding);
    }
    Decision::of(answers.into_iter().flatten().collect())
}

fn binding(index: &Index, slots: &Slots<'_>, law: &Law, at: usize) -> Option<Answer> {
    let (binds, lacking) = match (slots.get(&index.law), index.binds.get(at).and_then(Option::as_ref)) {
        (Some(Value::Words(chosen)), _) => {
            (Truth::from(law.jurisdictions.get(at).is_some_and(|j| chosen.contains(&j.id))), Vec::new())
        }
        (_, None) => (Truth::Yes, Vec::new()),
        (_, Some(condition)) => {
            let truth = condition.truth(slots);
            (truth, if truth == Truth::Unknown { index.names(lacking(condition, slots)) } else { Vec::new() })
        }
    };
    (binds != Truth::No).then_some(Answer {
        jurisdiction: at,
        binds,
        verdict: Verdict::Permitted,
        findings: Vec::new(),
        lacking,
    })
}

fn in_days(slots: &Slots<'_>, days: Days) -> Truth {
    slots.day.map_or(Truth::Unknown, |day| Truth::from(days.contain(day)))
}

fn one(index: &Index, slots: &Slots<'_>, position: usize, rule: &Prepared) -> Option<Finding> {
    let (rule_at, decides) = (position, rule.decides);
    let mut finding =
        Finding { rule: rule_at, verdict: Verdict::Permitted, decides, by: None, on: Vec::new(), lacking: Vec::new() };
    let days = in_days(slots, rule.days);
    if days == Truth::No {
        return None;
    }
    let applies = days.and(slots.all(index, &rule.when));
    if applies == Truth::No {
        return None;
    }
    let mut first_condition = None;
    let mut perhaps: Option<Vec<usize>> = None;
    for exception in &rule.exceptions {
        match state(index, slots, exception) {
            State::Off => {}
            State::On => {
                finding.by = Some(exception.name.clone());
                return Some(finding);
            }
            State::OnIf(on) => first_condition = first_condition.or(Some((exception, on))),
            State::Perhaps(more) => perhaps.get_or_insert_with(Vec::new).extend(more),
        }
    }
    let (verdict, open) = match &rule.effect {
        PreparedEffect::Prohibit => (Verdict::Prohibited, Vec::new()),
        PreparedEffect::Free => (Verdict::Permitted, Vec::new()),
        PreparedEffect::Require(terms) => match shown(slots, terms) {
            None => (Verdict::Prohibited, Vec::new()),
            Some(open) if open.is_empty() => (Verdict::Permitted, open),
            Some(open) => (Verdict::Conditional, open),
        },
    };
    finding.verdict = verdict;
    if applies == Truth::Unknown {
        finding.lacking = index.names(slots.lacking(index, &rule.when));
        if verdict != Verdict::Permitted {
            finding.verdict = Verdict::Undetermined;
        }
        return Some(finding);
    }
    match (verdict, first_condition, perhaps) {
        (Verdict::Prohibited, Some((exception, on)), _) => {
            finding.verdict = Verdict::Conditional;
            finding.by = Some(exception.name.clone());
            finding.on = in_order(index, &on);
        }
        (Verdict::Prohibited | Verdict::Conditional, None, Some(lack)) => {
            finding.verdict = Verdict::Undetermined;
            finding.lacking = index.names(lack);
        }
        (Verdict::Permitted | Verdict::Conditional | Verdict::Undetermined | Verdict::Prohibited, _, _) => {
            finding.on = in_order(index, &open)
        }
    }
    Some(finding)
}

fn in_order(index: &Index, slots: &[usize]) -> Vec<Arc<str>> {
    slots.iter().filter_map(|slot| index.names.get(*slot).cloned()).collect()
}

fn state(index: &Index, slots: &Slots<'_>, exception: &PreparedException) -> State {
    if exception.granted.is_some_and(|term| slots.get(&term) != Some(&Value::Bool(true))) {
        return State::Off;
    }
    let applies = in_days(slots, exception.days).and(slots.all(index, &exception.when));
    let Some(open) = shown(slots, &exception.provided) else { return State::Off };
    if applies == Truth::No {
        return State::Off;
    }
    let mut unsure = (applies == Truth::Unknown).then(|| slots.lacking(index, &exception.when));
    for inner in &exception.exceptions {
        match state(index, slots, inner) {
            State::Off => {}
            State::On => return State::Off,
            State::OnIf(more) | State::Perhaps(more) => unsure.get_or_insert_with(Vec::new).extend(more),
        }
    }
    match (unsure, open.is_empty()) {
        (Some(lack), _) => State::Perhaps(lack),
        (None, true) => State::On,
        (None, false) => State::OnIf(open),
    }
}

/// The terms still to be shown; none if one is known not to be there.
fn shown(slots: &Slots<'_>, terms: &[usize]) -> Option<Vec<usize>> {
    let mut open = Vec::new();
    for term in terms {
        match slots.get(term) {
            Some(Value::Bool(false)) => return None,
            Some(_) => {}
            None => open.push(*term),
        }
    }
    Some(open)
}

fn lacking(condition: &Expr<usize>, slots: &Slots<'_>) -> Vec<usize> {
    let mut terms = Vec::new();
    condition.lacking(slots, &mut terms);
    let mut lack: Vec<usize> = terms.into_iter().copied().collect();
    if slots.day.is_none() {
        lack.push(slots.date);
    }
    lack
}
