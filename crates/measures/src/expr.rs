//! Conditions: what a rule asks of the facts, and the answer in three values.
//!
//! Promises: an atom over a fact we do not have is unknown; text and parsed form say the same
//! (`Display` writes what the parser reads).
//!
//! The grammar: `a and b`, `a or b`, `not a`, parentheses, and atoms
//! `term` · `term = value` · `!= < <= > >=` · `term in a, b` · `term has a` ·
//! `within 30 days of 2017-08-05` (or of a term) · `goods(HS2017: 03, ex 2709, not 8407; kind: fish)` ·
//! `room in <cap>` · `$name` for a value keyed by date.

mod goods;

use std::fmt;

use jiff::civil::Date;
use jiff::{Span, Unit};

use crate::hs::HsCode;
use crate::truth::Truth;
use crate::value::{Amount, Value};

/// How two values compare.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compare {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Below.
    Lt,
    /// At most.
    Le,
    /// Above.
    Gt,
    /// At least.
    Ge,
}

/// What a term is compared with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Operand<T> {
    /// A value written in the rule.
    Fixed(Value),
    /// A value keyed by date, by its name.
    Named(String),
    /// Another term's value.
    Term(T),
}

/// A day written in the rule, or the value of a term.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Day<T> {
    /// A day.
    Fixed(Date),
    /// A term.
    Term(T),
}

/// One code of a goods predicate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prefix {
    /// The code and everything below it.
    pub code: HsCode,
    /// Only part of it (`ex`): the kind of goods must be known as well.
    pub part: bool,
}

/// Goods by code and by kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Goods<T> {
    /// Edition of the codes, as `hs2017`.
    pub edition: String,
    /// Codes inside.
    pub inside: Vec<Prefix>,
    /// Codes taken out again.
    pub outside: Vec<HsCode>,
    /// Kinds that are these goods whatever their code.
    pub kinds: Vec<String>,
    /// The terms read: code, edition, kind.
    pub terms: [T; 3],
}

/// What a cap asks of the facts; filled in from the cap's page.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Room<T> {
    /// The cap.
    pub cap: String,
    /// Whether one unit that is full closes the cap, or all must be.
    pub lower: bool,
    /// For each unit: limit, stop mark, the term of what was used before, the term of this delivery.
    pub units: Vec<RoomUnit<T>>,
}

/// One unit of a cap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoomUnit<T> {
    /// The limit.
    pub limit: Amount,
    /// Nothing more may move once this much has.
    pub stop: Option<Amount>,
    /// What the period has used before this delivery.
    pub used: T,
    /// This delivery.
    pub this: T,
}

/// A condition over terms: by name in a page, by slot once prepared for deciding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Expr<T> {
    /// All hold; none listed: holds.
    All(Vec<Expr<T>>),
    /// At least one holds.
    Any(Vec<Expr<T>>),
    /// Does not hold.
    Not(Box<Expr<T>>),
    /// A yes-or-no term.
    Is(T),
    /// A comparison.
    Compare(T, Compare, Operand<T>),
    /// The term's word, or one of its words, is among these.
    Among(T, Vec<String>),
    /// The date of the event lies from a day to so many days after it.
    Within(u32, Day<T>, T),
    /// Goods.
    Goods(Goods<T>),
    /// A cap has room for this delivery.
    Room(Room<T>),
}

/// Where conditions find facts and values keyed by date.
pub trait Facts<T> {
    /// The value of a term, if known.
    fn get(&self, term: &T) -> Option<&Value>;
    /// A named value on the day of the event.
    fn named(&self, name: &str) -> Option<&Value>;
}

impl<T> Expr<T> {
    /// The answer.
    pub fn truth<F: Facts<T>>(&self, facts: &F) -> Truth {
        match self {
            Self::All(parts) => {
                let mut whole = Truth::Yes;
                for part in parts {
                    whole = whole.and(part.truth(facts));
                    if whole == Truth::No {
                        break;
                    }
                }
                whole
            }
            Self::Any(parts) => {
                let mut whole = Truth::No;
                for part in parts {
                    whole = whole.or(part.truth(facts));
                    if whole == Truth::Yes {
                        break;
                    }
                }
                whole
            }
            Self::Not(part) => !part.truth(facts),
            Self::Is(_) | Self::Compare(..) | Self::Among(..) | Self::Within(..) | Self::Goods(_) | Self::Room(_) => {
                self.atom(facts)
            }
        }
    }

    /// The answer of an atom; a compound is unknown to this function.
    pub fn atom<F: Facts<T>>(&self, facts: &F) -> Truth {
        match self {
            Self::Is(term) => match facts.get(term) {
                Some(Value::Bool(known)) => Truth::from(*known),
                _ => Truth::Unknown,
            },
            Self::Compare(term, how, with) => {
                let with = match with {
                    Operand::Fixed(value) => Some(value),
                    Operand::Named(name) => facts.named(name),
                    Operand::Term(other) => facts.get(other),
                };
                match (facts.get(term), with) {
                    (Some(value), Some(with)) => compare(value, *how, with),
                    _ => Truth::Unknown,
                }
            }
            Self::Among(term, words) => match facts.get(term) {
                Some(Value::Word(word)) => Truth::from(words.contains(word)),
                Some(Value::Words(known)) => Truth::from(known.iter().any(|word| words.contains(word))),
                Some(Value::AtLeast(known)) if known.iter().any(|word| words.contains(word)) => Truth::Yes,
                _ => Truth::Unknown,
            },
            Self::Within(days, of, now) => {
                let of = match of {
                    Day::Fixed(day) => Some(*day),
                    Day::Term(term) => date(facts.get(term)),
                };
                match (of, date(facts.get(now))) {
                    (Some(of), Some(now)) => {
                        Truth::from(last_day(of, *days).is_none_or(|last| of <= now && now <= last))
                    }
                    _ => Truth::Unknown,
                }
            }
            Self::Goods(goods) => goods.truth(facts),
            Self::Room(room) => room.truth(facts),
            Self::All(_) | Self::Any(_) | Self::Not(_) => Truth::Unknown,
        }
    }

    /// The terms that leave the answer unknown. Parts that are decided are not asked about.
    pub fn lacking<'a, F: Facts<T>>(&'a self, facts: &F, into: &mut Vec<&'a T>) {
        if self.truth(facts) != Truth::Unknown {
            return;
        }
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.lacking(facts, into)),
            Self::Not(part) => part.lacking(facts, into),
            Self::Goods(goods) => goods.lacking(facts, into),
            Self::Room(room) => room.lacking(facts, into),
            Self::Is(_) | Self::Compare(..) | Self::Among(..) | Self::Within(..) => {
                let mut terms = Vec::new();
                self.terms(&mut terms);
                into.extend(terms.into_iter().filter(|term| matches!(facts.get(term), None | Some(Value::AtLeast(_)))));
            }
        }
    }

    /// Every term that the condition reads.
    pub fn terms<'a>(&'a self, into: &mut Vec<&'a T>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.terms(into)),
            Self::Not(part) => part.terms(into),
            Self::Is(term) | Self::Among(term, _) => into.push(term),
            Self::Compare(term, _, with) => {
                into.push(term);
                if let Operand::Term(other) = with {
                    into.push(other);
                }
            }
            Self::Within(_, of, now) => {
                if let Day::Term(term) = of {
                    into.push(term);
                }
                into.push(now);
            }
            Self::Goods(goods) => into.extend(&goods.terms),
            Self::Room(room) => into.extend(room.units.iter().flat_map(|unit| [&unit.used, &unit.this])),
        }
    }

    /// The same condition over another kind of term; the first term that has no image is the error.
    pub fn map<U, E>(&self, image: &mut impl FnMut(&T) -> Result<U, E>) -> Result<Expr<U>, E> {
        let list =
            |parts: &[Self], image: &mut _| parts.iter().map(|part| part.map(image)).collect::<Result<Vec<_>, E>>();
        Ok(match self {
            Self::All(parts) => Expr::All(list(parts, image)?),
            Self::Any(parts) => Expr::Any(list(parts, image)?),
            Self::Not(part) => Expr::Not(Box::new(part.map(image)?)),
            Self::Is(term) => Expr::Is(image(term)?),
            Self::Compare(term, how, with) => {
                let with = match with {
                    Operand::Fixed(value) => Operand::Fixed(value.clone()),
                    Operand::Named(name) => Operand::Named(name.clone()),
                    Operand::Term(other) => Operand::Term(image(other)?),
                };
                Expr::Compare(image(term)?, *how, with)
            }
            Self::Among(term, words) => Expr::Among(image(term)?, words.clone()),
            Self::Within(days, of, now) => {
                let of = match of {
                    Day::Fixed(day) => Day::Fixed(*day),
                    Day::Term(term) => Day::Term(image(term)?),
                };
                Expr::Within(*days, of, image(now)?)
            }
            Self::Goods(goods) => {
                let [code, edition, kind] = &goods.terms;
                let terms = [image(code)?, image(edition)?, image(kind)?];
                Expr::Goods(Goods {
                    edition: goods.edition.clone(),
                    inside: goods.inside.clone(),
                    outside: goods.outside.clone(),
                    kinds: goods.kinds.clone(),
                    terms,
                })
            }
            Self::Room(room) => {
                let unit = |unit: &RoomUnit<T>, image: &mut dyn FnMut(&T) -> Result<U, E>| {
                    Ok(RoomUnit {
                        limit: unit.limit,
                        stop: unit.stop,
                        used: image(&unit.used)?,
                        this: image(&unit.this)?,
                    })
                };
                let units = room.units.iter().map(|one| unit(one, image)).collect::<Result<_, E>>()?;
                Expr::Room(Room { cap: room.cap.clone(), lower: room.lower, units })
            }
        })
    }

    /// The conditions that must all hold, taken apart as far as `and` goes.
    pub fn conjuncts(&self) -> Vec<&Self> {
        match self {
            Self::All(parts) => parts.iter().flat_map(Self::conjuncts).collect(),
            other => vec![other],
        }
    }
}

/// The last day of a span of days counted from the day after `from`.
pub fn last_day(from: Date, days: u32) -> Option<Date> {
    from.checked_add(Span::new().try_days(i64::from(days)).ok()?).ok()
}

/// Whole days from one day to another.
pub fn days_between(from: Date, to: Date) -> i64 {
    from.until((Unit::Day, to)).map_or(0, |span| i64::from(span.get_days()))
}

fn date(value: Option<&Value>) -> Option<Date> {
    match value {
        Some(Value::Date(day)) => Some(*day),
        _ => None,
    }
}

fn compare(value: &Value, how: Compare, with: &Value) -> Truth {
    let order = match (value, with) {
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        _ => None,
    };
    match (how, order) {
        (Compare::Eq, _) => Truth::from(value == with),
        (Compare::Ne, _) => Truth::from(value != with),
        (Compare::Lt, Some(order)) => Truth::from(order.is_lt()),
        (Compare::Le, Some(order)) => Truth::from(order.is_le()),
        (Compare::Gt, Some(order)) => Truth::from(order.is_gt()),
        (Compare::Ge, Some(order)) => Truth::from(order.is_ge()),
        (Compare::Lt | Compare::Le | Compare::Gt | Compare::Ge, None) => Truth::Unknown,
    }
}

impl<T: fmt::Display> fmt::Display for Expr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let join = |f: &mut fmt::Formatter<'_>, parts: &[Self], with: &str| {
            for (i, part) in parts.iter().enumerate() {
                f.write_str(if i == 0 { "" } else { with })?;
                match part {
                    Self::Any(_) | Self::All(_) if parts.len() > 1 => write!(f, "({part})")?,
                    _ => write!(f, "{part}")?,
                }
            }
            Ok(())
        };
        match self {
            Self::All(parts) => join(f, parts, " and "),
            Self::Any(parts) => join(f, parts, " or "),
            Self::Not(part) => match **part {
                Self::All(_) | Self::Any(_) => write!(f, "not ({part})"),
                _ => write!(f, "not {part}"),
            },
            Self::Is(term) => write!(f, "{term}"),
            Self::Compare(term, how, with) => {
                let how = match how {
                    Compare::Eq => "=",
                    Compare::Ne => "!=",
                    Compare::Lt => "<",
                    Compare::Le => "<=",
                    Compare::Gt => ">",
                    Compare::Ge => ">=",
                };
                match with {
                    Operand::Fixed(value) => write!(f, "{term} {how} {value}"),
                    Operand::Named(name) => write!(f, "{term} {how} ${name}"),
                    Operand::Term(other) => write!(f, "{term} {how} {other}"),
                }
            }
            Self::Among(term, words) => write!(f, "{term} in {}", words.join(", ")),
            Self::Within(days, Day::Fixed(day), _) => write!(f, "within {days} days of {day}"),
            Self::Within(days, Day::Term(term), _) => write!(f, "within {days} days of {term}"),
            Self::Goods(goods) => {
                write!(f, "goods({}:", goods.edition.to_ascii_uppercase())?;
                let mut first = true;
                for prefix in &goods.inside {
                    write!(
                        f,
                        "{} {}{}",
                        if first { "" } else { "," },
                        if prefix.part { "ex " } else { "" },
                        prefix.code
                    )?;
                    first = false;
                }
                goods.outside.iter().try_for_each(|code| write!(f, ", not {code}"))?;
                if !goods.kinds.is_empty() {
                    write!(f, "; kind: {}", goods.kinds.join(", "))?;
                }
                f.write_str(")")
            }
            Self::Room(room) => write!(f, "room in {}", room.cap),
        }
    }
}
