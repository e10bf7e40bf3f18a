//! Decides quickly: facts in slots, rules found by activity, chapter of goods and kind of goods.
//!
//! Promises: the same findings as `reference`, in the same order; a rule is passed over only if
//! a condition it cannot do without is known to be false.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use rustc_hash::FxHashMap;

use crate::Problem;
use crate::decision::{Answer, Decision, Finding, Verdict};
use crate::expr::{Compare, Expr, Facts, Operand};
use crate::facts::FactSet;
use crate::law::{Days, Effect, Exception, Force, Law, Relief};
use crate::truth::Truth;
use crate::value::Value;

const CHAPTERS: usize = 100;

/// Rules prepared for deciding.
#[derive(Debug, Default)]
pub struct Index {
    rules: Vec<Prepared>,
    /// Every condition that some rule or exception joins by "and", once: most rules share the first ones.
    conditions: Vec<Expr<usize>>,
    /// Rules that name an activity, by it; those that name none, under the empty word.
    by_activity: BTreeMap<String, Bucket>,
    binds: Vec<Option<Expr<usize>>>,
    names: Vec<Arc<str>>,
    date: usize,
    law: usize,
    activity: usize,
    hs: usize,
    kind: usize,
}

#[derive(Debug, Default)]
struct Bucket {
    all: Vec<u32>,
    general: Vec<u32>,
    by_chapter: Vec<Vec<u32>>,
    by_kind: BTreeMap<String, Vec<u32>>,
}

#[derive(Debug)]
struct Prepared {
    jurisdiction: usize,
    decides: bool,
    effect: PreparedEffect,
    days: Days,
    when: Vec<u32>,
    exceptions: Vec<PreparedException>,
}

#[derive(Debug)]
enum PreparedEffect {
    Prohibit,
    Free,
    Require(Vec<usize>),
}

#[derive(Debug)]
struct PreparedException {
    name: Arc<str>,
    days: Days,
    when: Vec<u32>,
    provided: Vec<usize>,
    granted: Option<usize>,
    exceptions: Vec<PreparedException>,
}

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

impl Index {
    /// Prepares the rules of `law`; a term that is not declared is a problem.
    pub fn of(law: &Law, problems: &mut Vec<Problem>) -> Self {
        let slot = |name: &str| law.terms.slot(name).unwrap_or(usize::MAX);
        let mut index = Self {
            names: law.terms.iter().map(|term| Arc::from(term.name.as_str())).collect(),
            date: slot("date"),
            law: slot("law"),
            activity: slot("activity"),
            hs: slot("hs"),
            kind: slot("goods_kind"),
            ..Self::default()
        };
        let mut image = |place: &str, condition: &Expr<String>| {
            condition.map(&mut |name: &String| {
                law.terms.slot(name).ok_or_else(|| Problem::new(place.to_owned(), format!("unknown term `{name}`")))
            })
        };
        for declared in &law.jurisdictions {
            let binds = declared.binds.as_ref().map(|condition| image(&declared.place, condition)).transpose();
            index.binds.push(binds.unwrap_or_else(|problem| {
                problems.push(problem);
                None
            }));
        }
        let mut shared = Shared::default();
        for (position, rule) in law.rules.iter().enumerate() {
            let exceptions: Result<Vec<_>, Problem> =
                rule.exceptions.iter().map(|e| prepared_exception(e, &slot, &mut image, &mut shared)).collect();
            let page = law.pages.get(rule.page);
            match (image(&rule.place, &rule.when), exceptions) {
                (Ok(when), Ok(exceptions)) => {
                    let effect = match &rule.effect {
                        Effect::Prohibit => PreparedEffect::Prohibit,
                        Effect::Permit | Effect::Oblige => PreparedEffect::Free,
                        Effect::Require(terms) => PreparedEffect::Require(terms.iter().map(|t| slot(t)).collect()),
                    };
                    index.file(u32::try_from(position).unwrap_or(u32::MAX), &when);
                    index.rules.push(Prepared {
                        jurisdiction: page.map_or(0, |p| p.jurisdiction),
                        decides: page.is_some_and(|p| p.force == Force::Decides),
                        effect,
                        days: rule.days,
                        when: shared.take(&when),
                        exceptions,
                    });
                }
                (Err(problem), _) | (_, Err(problem)) => problems.push(problem),
            }
        }
        index.conditions = shared.conditions;
        index
    }

    fn file(&mut self, rule: u32, when: &Expr<usize>) {
        let conjuncts = when.conjuncts();
        let activities = conjuncts.iter().find_map(|part| match part {
            Expr::Compare(term, Compare::Eq, Operand::Fixed(Value::Word(word))) if *term == self.activity => {
                Some(vec![word.clone()])
            }
            Expr::Among(term, words) if *term == self.activity => Some(words.clone()),
            _ => None,
        });
        let goods = conjuncts.iter().find_map(|part| if let Expr::Goods(goods) = part { Some(goods) } else { None });
        for activity in activities.unwrap_or_else(|| vec![String::new()]) {
            let bucket = self.by_activity.entry(activity).or_default();
            bucket.all.push(rule);
            bucket.by_chapter.resize(CHAPTERS, Vec::new());
            let Some(goods) = goods else {
                bucket.general.push(rule);
                continue;
            };
            for prefix in &goods.inside {
                let list = bucket.by_chapter.get_mut(prefix.code.chapter());
                list.into_iter().filter(|list| list.last() != Some(&rule)).for_each(|list| list.push(rule));
            }
            for kind in &goods.kinds {
                bucket.by_kind.entry(kind.clone()).or_default().push(rule);
            }
        }
    }

    fn candidates(&self, facts: &Slots<'_>) -> Vec<u32> {
        let mut out = Vec::with_capacity(64);
        let Some(Value::Word(activity)) = facts.get(&self.activity) else {
            return (0..u32::try_from(self.rules.len()).unwrap_or(u32::MAX)).collect();
        };
        for bucket in [activity.as_str(), ""].iter().filter_map(|key| self.by_activity.get(*key)) {
            let Some(Value::Hs(code)) = facts.get(&self.hs) else {
                out.extend(&bucket.all);
                continue;
            };
            out.extend(&bucket.general);
            out.extend(bucket.by_chapter.get(code.chapter()).into_iter().flatten());
            if let Some(Value::Word(kind)) = facts.get(&self.kind) {
                out.extend(bucket.by_kind.get(kind).into_iter().flatten());
            }
        }
        out.sort_unstable();
        out.dedup();
        out
    }

    fn names(&self, mut slots: Vec<usize>) -> Vec<Arc<str>> {
        slots.sort_unstable();
        slots.dedup();
        let mut names: Vec<Arc<str>> = slots.into_iter().filter_map(|slot| self.names.get(slot).cloned()).collect();
        names.sort();
        names
    }
}

/// Conditions met so far, each once.
#[derive(Default)]
struct Shared {
    conditions: Vec<Expr<usize>>,
    by_text: FxHashMap<String, u32>,
}

impl Shared {
    /// The conditions that a condition joins by "and", as positions.
    fn take(&mut self, condition: &Expr<usize>) -> Vec<u32> {
        let mut out = Vec::new();
        for part in condition.conjuncts() {
            // Slots stand for terms, so that equal text means equal conditions.
            let at = *self.by_text.entry(part.to_string()).or_insert_with(|| {
                self.conditions.push(part.clone());
                u32::try_from(self.conditions.len() - 1).unwrap_or(u32::MAX)
            });
            out.push(at);
        }
        out
    }
}

fn prepared_exception(
    exception: &Exception,
    slot: &impl Fn(&str) -> usize,
    image: &mut impl FnMut(&str, &Expr<String>) -> Result<Expr<usize>, Problem>,
    shared: &mut Shared,
) -> Result<PreparedException, Problem> {
    let (provided, granted) = match &exception.relief {
        Relief::Itself(terms) => (terms.iter().map(|t| slot(t)).collect(), None),
        Relief::Licence(term, _) => (Vec::new(), Some(slot(term))),
    };
    let when = shared.take(&image(&exception.place, &exception.when)?);
    let inner = exception.exceptions.iter().map(|inner| prepared_exception(inner, slot, image, shared));
    let exceptions = inner.collect::<Result<_, _>>()?;
    Ok(PreparedException {
        name: Arc::from(exception.name.as_str()),
        days: exception.days,
        when,
        provided,
        granted,
        exceptions,
    })
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
