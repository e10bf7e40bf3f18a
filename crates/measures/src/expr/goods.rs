//! The answers of the two largest atoms: goods by code and kind, and whether a cap has room.

use super::{Facts, Goods, Room, RoomUnit};
use crate::truth::Truth;
use crate::value::{Amount, Value};

impl<T> Goods<T> {
    fn known_kind<F: Facts<T>>(&self, facts: &F) -> Option<Truth> {
        match facts.get(&self.terms[2]) {
            Some(Value::Word(kind)) => Some(Truth::from(self.kinds.contains(kind))),
            _ => None,
        }
    }

    pub(super) fn truth<F: Facts<T>>(&self, facts: &F) -> Truth {
        let kind = self.known_kind(facts);
        if kind == Some(Truth::Yes) {
            return Truth::Yes;
        }
        let Some(Value::Hs(code)) = facts.get(&self.terms[0]) else {
            // Another kind does not clear without a code: codes and kinds can disagree, and then either forbids.
            return Truth::Unknown;
        };
        let same = match facts.get(&self.terms[1]) {
            Some(Value::Word(edition)) => Some(*edition == self.edition),
            _ => None,
        };
        let mut inside = Truth::No;
        for prefix in &self.inside {
            let under = code.falls_under(&prefix.code, same);
            let whole = if prefix.part { under.and(kind.unwrap_or(Truth::Unknown)) } else { under };
            inside = inside.or(whole);
        }
        self.outside.iter().fold(inside, |inside, out| inside.and(!code.falls_under(out, same)))
    }

    pub(super) fn lacking<'a, F: Facts<T>>(&'a self, facts: &F, into: &mut Vec<&'a T>) {
        let [code, edition, kind] = &self.terms;
        let part = self.inside.iter().any(|prefix| prefix.part);
        match facts.get(code) {
            None => into.push(code),
            Some(_) if part && facts.get(kind).is_none() => into.push(kind),
            Some(Value::Hs(known)) if known.digits().len() < 6 => into.push(code),
            Some(_) => into.push(edition),
        }
    }
}

impl<T> Room<T> {
    fn unit<F: Facts<T>>(unit: &RoomUnit<T>, facts: &F) -> Truth {
        let number = |term: &T| match facts.get(term) {
            Some(Value::Number(n)) => Some(*n),
            _ => None,
        };
        let (used, this) = (number(&unit.used), number(&unit.this));
        let stopped = |used: Amount| unit.stop.is_some_and(|stop| used >= stop);
        match (used, this) {
            (Some(used), _) if stopped(used) || used > unit.limit => Truth::No,
            (_, Some(this)) if this > unit.limit => Truth::No,
            (Some(used), Some(this)) => Truth::from(used.plus(this) <= unit.limit),
            _ => Truth::Unknown,
        }
    }

    pub(super) fn truth<F: Facts<T>>(&self, facts: &F) -> Truth {
        let units = || self.units.iter().map(|unit| Self::unit(unit, facts));
        if self.lower {
            return units().fold(Truth::Yes, Truth::and);
        }
        // Either unit measures the same amount: one known answer is enough, two that differ are none.
        let known: Vec<Truth> = units().filter(|truth| *truth != Truth::Unknown).collect();
        match known.first() {
            Some(first) if known.iter().all(|truth| truth == first) => *first,
            _ => Truth::Unknown,
        }
    }

    pub(super) fn lacking<'a, F: Facts<T>>(&'a self, facts: &F, into: &mut Vec<&'a T>) {
        let open = self.units.iter().filter(|unit| Self::unit(unit, facts) == Truth::Unknown);
        let before = into.len();
        into.extend(open.flat_map(|unit| [&unit.used, &unit.this]).filter(|term| facts.get(term).is_none()));
        // Two measures of one amount that disagree: both are in question.
        if into.len() == before {
            into.extend(self.units.iter().flat_map(|unit| [&unit.used, &unit.this]));
        }
    }
}
