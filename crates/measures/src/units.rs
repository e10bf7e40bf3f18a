//! Units and factors: what a reported amount is in the unit of a cap.
//!
//! Promises: an amount in the unit itself is used as it is; then the factor of the product; then the general
//! factor, with the range of all products, because what is not known is not one number.

use crate::Problem;
use crate::law::Law;
use crate::value::Amount;

/// An amount of which we know the bounds, and the figure by the order of conversion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Range {
    /// The least it can be.
    pub low: Amount,
    /// By the order of conversion.
    pub best: Amount,
    /// The most it can be.
    pub high: Amount,
}

impl Range {
    pub(crate) fn exact(amount: Amount) -> Self {
        Self { low: amount, best: amount, high: amount }
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        Self { low: self.low.plus(other.low), best: self.best.plus(other.best), high: self.high.plus(other.high) }
    }

    /// Whether it is one number.
    pub fn is_exact(&self) -> bool {
        self.low == self.high
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_exact() {
            write!(f, "{}", self.best)
        } else {
            write!(f, "{} ({} to {})", self.best, self.low, self.high)
        }
    }
}

/// Conversion factors: from unit, to unit, product, factor.
#[derive(Clone, Debug, Default)]
pub struct Units(Vec<(String, String, String, Amount)>);

impl Units {
    /// Reads `units.tsv` of the law.
    pub fn of(law: &Law) -> Result<Self, Problem> {
        let mut rows = Vec::new();
        for (n, line) in law.tables.get("units.tsv").map_or("", String::as_str).lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let fields: Vec<&str> = line.split('\t').collect();
            match fields[..] {
                [from, to, product, factor, _] if Amount::parse(factor).is_some() => {
                    rows.push((
                        from.to_owned(),
                        to.to_owned(),
                        product.to_owned(),
                        Amount::parse(factor).unwrap_or_default(),
                    ));
                }
                _ => {
                    return Err(Problem::new(
                        format!("units.tsv:{}", n + 1),
                        "a row is: from, to, product, factor, verified or unverified",
                    ));
                }
            }
        }
        Ok(Self(rows))
    }

    /// An amount in another unit, or none if no factor leads there.
    pub fn convert(&self, amount: Amount, from: &str, to: &str, product: Option<&str>) -> Option<Range> {
        if from == to {
            return Some(Range::exact(amount));
        }
        let rows: Vec<_> = self.0.iter().filter(|(f, t, _, _)| f == from && t == to).collect();
        let of =
            |name: &str| rows.iter().find(|(_, _, p, _)| p == name).and_then(|(_, _, _, factor)| amount.times(*factor));
        if let Some(exact) = product.and_then(of) {
            return Some(Range::exact(exact));
        }
        let best = of("*")?;
        let all = rows.iter().filter_map(|(_, _, _, factor)| amount.times(*factor));
        let (low, high) = all.fold((best, best), |(low, high), one| (low.min(one), high.max(one)));
        Some(Range { low, best, high })
    }

    /// Whether a unit is known at all.
    pub fn knows(&self, unit: &str) -> bool {
        self.0.iter().any(|(from, to, _, _)| from == unit || to == unit)
    }
}
