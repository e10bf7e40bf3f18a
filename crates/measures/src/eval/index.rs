//! Rules prepared for deciding: terms as slots, conditions shared, rules filed by what they cover.
//!
//! Promises: a rule is left out of the candidates only if its activity, or the chapter and kind of its goods, are
//! known to be others.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::Slots;
use crate::Problem;
use crate::expr::{Compare, Expr, Facts, Operand};
use crate::law::{Days, Effect, Exception, Force, Law, Relief};
use crate::value::Value;

const CHAPTERS: usize = 100;

/// Rules prepared for deciding.
#[derive(Debug, Default)]
pub struct Index {
    pub(super) rules: Vec<Prepared>,
    /// Every condition that some rule or exception joins by "and", once: most rules share the first ones.
    pub(super) conditions: Vec<Expr<usize>>,
    /// Rules that name an activity, by it; those that name none, under the empty word.
    pub(super) by_activity: BTreeMap<String, Bucket>,
    pub(super) binds: Vec<Option<Expr<usize>>>,
    pub(super) names: Vec<Arc<str>>,
    pub(super) date: usize,
    pub(super) law: usize,
    pub(super) activity: usize,
    pub(super) hs: usize,
    pub(super) kind: usize,
}

#[derive(Debug, Default)]
pub(super) struct Bucket {
    all: Vec<u32>,
    general: Vec<u32>,
    by_chapter: Vec<Vec<u32>>,
    by_kind: BTreeMap<String, Vec<u32>>,
}

#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) jurisdiction: usize,
    pub(super) decides: bool,
    pub(super) effect: PreparedEffect,
    pub(super) days: Days,
    pub(super) when: Vec<u32>,
    pub(super) exceptions: Vec<PreparedException>,
}

#[derive(Debug)]
pub(super) enum PreparedEffect {
    Prohibit,
    Free,
    Require(Vec<usize>),
}

#[derive(Debug)]
pub(super) struct PreparedException {
    pub(super) name: Arc<str>,
    pub(super) days: Days,
    pub(super) when: Vec<u32>,
    pub(super) provided: Vec<usize>,
    pub(super) granted: Option<usize>,
    pub(super) exceptions: Vec<PreparedException>,
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

    pub(super) fn candidates(&self, facts: &Slots<'_>) -> Vec<u32> {
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

    pub(super) fn names(&self, mut slots: Vec<usize>) -> Vec<Arc<str>> {
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
