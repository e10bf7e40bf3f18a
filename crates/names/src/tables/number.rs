//! Numbers in words, as figures of a company or unit: `forty four` is 44.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{key, lines};

/// Words of one number that are read: `nine hundred and ninety nine thousand` has six.
const LONGEST: usize = 8;

fn words() -> &'static FxHashMap<String, u64> {
    static TABLE: OnceLock<FxHashMap<String, u64>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut map = FxHashMap::default();
        for line in lines(include_str!("../../data/numbers.tsv")) {
            let Some((value, words)) = line.split_once('\t') else { continue };
            let Ok(value) = value.parse::<u64>() else { continue };
            for word in words.split(' ').filter(|w| !w.is_empty()) {
                map.entry(key(word)).or_insert(value);
            }
        }
        map
    })
}

/// The number that folded words start with and how many words it takes: digits (`3`, `3rd`),
/// words of several languages, Roman figures of two letters or more. None if it is no number or
/// does not fit.
pub fn number_value<T: AsRef<str>>(tokens: &[T]) -> Option<(usize, u64)> {
    let first = tokens.first()?.as_ref();
    if let Some(value) = digits(first) {
        return Some((1, value));
    }
    let Some(value) = words().get(first).copied() else {
        return roman_value(first).map(|value| (1, value));
    };
    let (mut total, mut current, mut used) = (0_u64, value, 1_usize);
    let mut last = value;
    while let Some(token) = tokens.get(used).filter(|_| used < LONGEST) {
        let token = token.as_ref();
        // `hundred and one`
        let (token, step) = match tokens.get(used + 1) {
            Some(next) if token == "and" && last >= 100 && words().contains_key(next.as_ref()) => (next.as_ref(), 2),
            _ => (token, 1),
        };
        let Some(value) = words().get(token).copied() else { break };
        match value {
            1000 if last < 1000 => {
                total = total.checked_add(current.checked_mul(1000)?)?;
                current = 0;
            }
            100 if last < 10 => current = current.checked_mul(100)?,
            // tens take units, hundreds anything smaller
            1..=9 if (20..100).contains(&last) => current = current.checked_add(value)?,
            1..=99 if last >= 100 => current = current.checked_add(value)?,
            _ => break,
        }
        last = value;
        used += step;
    }
    Some((used, total.checked_add(current)?))
}

fn digits(word: &str) -> Option<u64> {
    let figures = word.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let ending = word.get(figures.len()..)?;
    let ordinal = matches!(ending, "" | "st" | "nd" | "rd" | "th" | "er" | "eme" | "e" | "a" | "o");
    // longer figures are identifiers, not numbers
    (ordinal && !figures.is_empty() && figures.len() <= 9).then(|| figures.parse().ok()).flatten()
}

/// The value of a Roman figure of two letters or more up to 39; single letters are initials.
pub fn roman_value(word: &str) -> Option<u64> {
    if !(2..=6).contains(&word.len()) {
        return None;
    }
    let mut rest = word;
    let mut value = 0;
    while let Some(after) = rest.strip_prefix('x').filter(|_| value < 30) {
        value += 10;
        rest = after;
    }
    value += match rest {
        "" => 0,
        "i" => 1,
        "ii" => 2,
        "iii" => 3,
        "iv" => 4,
        "v" => 5,
        "vi" => 6,
        "vii" => 7,
        "viii" => 8,
        "ix" => 9,
        _ => return None,
    };
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::number_value;

    #[test]
    fn numbers() {
        for (text, expected) in [
            ("forty four", Some((2, 44))),
            ("twenty first century", Some((2, 21))),
            ("one hundred and one dalmatians", Some((4, 101))),
            ("three hundred twenty five", Some((4, 325))),
            ("two thousand and twenty", Some((4, 2020))),
            ("third", Some((1, 3))),
            ("3rd", Some((1, 3))),
            ("007", Some((1, 7))),
            ("xiv", Some((1, 14))),
            ("v", None),
            ("mix", None),
            ("vi", Some((1, 6))),
            ("five six", Some((1, 5))),
            ("vtoroy", Some((1, 2))),
            ("сорок", Some((1, 40))),
            ("1234567890", None),
            ("acme", None),
            ("", None),
        ] {
            let words: Vec<&str> = text.split(' ').collect();
            assert_eq!(number_value(&words), expected, "{text}");
        }
    }
}
