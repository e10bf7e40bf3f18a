//! Values of facts: yes or no, dates, exact numbers, words, sets of words, goods codes.
//!
//! Promises: a text is read as the type its term declares or refused with the reason; numbers are
//! exact; nothing is rounded.

use std::fmt;

use jiff::civil::Date;

use crate::hs::HsCode;

/// Decimal places an [`Amount`] keeps. Six is what the finest unit in use needs: kilograms as
/// tonnes and litres as barrels with three places to spare.
const PLACES: u32 = 6;
const ONE: i128 = 1_000_000;

/// An exact number with six decimal places: a quantity, a price, a count.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Amount(i128);

impl Amount {
    /// A whole number.
    pub fn whole(n: i64) -> Self {
        Self(i128::from(n) * ONE)
    }

    /// Reads `12`, `12.5`, `1_000_866`, `-3`; none for anything else or more than six places.
    pub fn parse(text: &str) -> Option<Self> {
        let text: String = text.trim().chars().filter(|c| *c != '_').collect();
        let (negative, digits) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.as_str()),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(whole) || !plain(fraction) || whole.len() > 18 || fraction.len() > PLACES as usize {
            return None;
        }
        let whole: i128 = whole.parse().ok()?;
        let padded = format!("{fraction:0<6}");
        let sum = whole.checked_mul(ONE)?.checked_add(padded.parse().ok()?)?;
        Some(Self(if negative { -sum } else { sum }))
    }

    /// The sum; at the ends of the range it stays there, so that a cap is never passed unseen.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The product, rounded half away from zero at the sixth place.
    pub fn times(self, other: Self) -> Option<Self> {
        let product = self.0.checked_mul(other.0)?;
        let half = if product < 0 { -ONE / 2 } else { ONE / 2 };
        Some(Self(product.checked_add(half)? / ONE))
    }

    /// The quotient, rounded half away from zero at the sixth place; none by zero.
    pub fn over(self, other: Self) -> Option<Self> {
        let scaled = self.0.checked_mul(ONE)?;
        let half = other.0.abs() / 2;
        let signed = if (scaled < 0) == (other.0 < 0) { half } else { -half };
        scaled.checked_add(if other.0 < 0 { -signed } else { signed })?.checked_div(other.0).map(Self)
    }

    /// This many hundredths of it.
    pub fn percent(self, percent: u32) -> Option<Self> {
        Some(Self(self.0.checked_mul(i128::from(percent))? / 100))
    }

    /// Whether it is below zero.
    pub fn is_negative(self) -> bool {
        self.0 < 0
    }

    /// For drawing and printing shares only.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / ONE as f64
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, fraction) =
            (self.0.unsigned_abs() / ONE.unsigned_abs(), self.0.unsigned_abs() % ONE.unsigned_abs());
        write!(f, "{sign}{whole}")?;
        if fraction != 0 {
            let digits = format!("{fraction:06}");
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        Ok(())
    }
}

/// The value of a fact.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    /// Yes or no.
    Bool(bool),
    /// A day.
    Date(Date),
    /// An exact number, in the unit its term declares.
    Number(Amount),
    /// A word: lower case, as its term lists them, or a country code.
    Word(String),
    /// Several words, complete: what is not among them is known not to hold.
    Words(Vec<String>),
    /// Several words, and there may be more: what is among them is known to hold, the rest is not known.
    AtLeast(Vec<String>),
    /// A code of the Harmonized System.
    Hs(HsCode),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(true) => f.write_str("yes"),
            Self::Bool(false) => f.write_str("no"),
            Self::Date(date) => write!(f, "{date}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Word(word) => f.write_str(word),
            Self::Words(words) if words.is_empty() => f.write_str("none"),
            Self::Words(words) => f.write_str(&words.join("+")),
            Self::AtLeast(words) if words.is_empty() => f.write_str("?"),
            Self::AtLeast(words) => write!(f, "{}+?", words.join("+")),
            Self::Hs(code) => write!(f, "{code}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_exact_and_refuse_what_they_cannot_hold() {
        for (text, shown) in [("12", "12"), ("12.50", "12.5"), ("1_000_866", "1000866"), ("-0.000001", "-0.000001")] {
            assert_eq!(Amount::parse(text).map(|a| a.to_string()).as_deref(), Some(shown), "{text}");
        }
        for text in ["", "1.0000001", "1,000", "0x10", "1e6", ".", "5.", "9999999999999999999"] {
            assert_eq!(Amount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn products_and_quotients_round_half_away_from_zero() {
        let a = |text: &str| Amount::parse(text).unwrap();
        assert_eq!(a("2.5").times(a("8.33")), Some(a("20.825")));
        assert_eq!(a("1").over(a("3")), Some(a("0.333333")));
        assert_eq!(a("2").over(a("3")), Some(a("0.666667")));
        assert_eq!(a("-2").over(a("3")), Some(a("-0.666667")));
        assert_eq!(a("1").over(a("0")), None);
    }
}
