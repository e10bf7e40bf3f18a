//! Codes of the Harmonized System: reading them, and whether a code falls under a prefix.
//!
//! Promises: a code that cannot be one is refused with the reason; a code that is too short to
//! tell, or of another edition where the edition matters, is unknown rather than outside.
//!
//! Not here: descriptions of goods; which codes a measure names (the pages do).

use std::fmt;

use crate::truth::Truth;

/// A code of two to ten digits, dots and spaces removed. Six digits are international, more are national.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct HsCode(String);

/// Editions in the order they took effect; the year is the first of January.
pub const EDITIONS: [&str; 7] = ["hs1992", "hs1996", "hs2002", "hs2007", "hs2012", "hs2017", "hs2022"];

/// Last heading of each chapter, chapter 1 first, in any edition since 2002; 0 where there is no chapter.
/// Chapter 77 is kept free by the WCO. Gaps inside a chapter are not told apart: a code in a gap
/// matches no page that names headings. A test compares the table with the nomenclature files.
const LAST_HEADING: [u8; 97] = [
    6, 10, 9, 10, 11, 4, 14, 14, 10, 8, 9, 14, 2, 4, 22, 5, 4, 6, 5, 9, // 01-20
    6, 9, 9, 4, 30, 21, 16, 53, 42, 6, 5, 15, 7, 7, 7, 6, 7, 27, 26, 17, // 21-40
    15, 6, 4, 21, 4, 2, 7, 23, 11, 7, 13, 12, 11, 8, 16, 9, 5, 11, 11, 6, // 41-60
    17, 17, 10, 6, 7, 3, 4, 15, 14, 20, 18, 29, 26, 19, 8, 16, 0, 6, 7, 7, // 61-80
    13, 15, 11, 87, 49, 9, 16, 7, 8, 33, 14, 9, 7, 6, 8, 20, 6, // 81-97
];

impl HsCode {
    /// Reads `2701`, `2709.00`, `8703 23`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let digits: String = text.trim().chars().filter(|c| !matches!(c, '.' | ' ')).collect();
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return Err(format!("`{}` is no goods code: digits and dots only", text.trim()));
        }
        if digits.len() % 2 == 1 || digits.len() > 10 {
            return Err(format!(
                "`{}` is no goods code: it has {} digits, not 2, 4, 6, 8 or 10",
                text.trim(),
                digits.len()
            ));
        }
        let code = Self(digits);
        let chapter = code.number(0);
        let last = chapter.checked_sub(1).and_then(|i| LAST_HEADING.get(i)).copied().unwrap_or(0);
        if last == 0 {
            return Err(format!("unknown goods code `{}`: there is no chapter {chapter:02}", text.trim()));
        }
        if code.0.len() >= 4 && !(1..=usize::from(last)).contains(&code.number(2)) {
            return Err(format!(
                "unknown goods code `{}`: chapter {chapter:02} ends with heading {chapter:02}{last:02}",
                text.trim()
            ));
        }
        Ok(code)
    }

    fn number(&self, at: usize) -> usize {
        self.0.get(at..at + 2).and_then(|two| two.parse().ok()).unwrap_or(0)
    }

    /// The digits.
    pub fn digits(&self) -> &str {
        &self.0
    }

    /// The chapter, 1 to 97.
    pub fn chapter(&self) -> usize {
        self.number(0)
    }

    /// Whether goods of this code fall under `prefix`. Chapters and headings compare across
    /// editions; below them a difference counts only when both editions are known to be the same.
    pub fn falls_under(&self, prefix: &Self, same_edition: Option<bool>) -> Truth {
        let (code, prefix) = (self.0.as_str(), prefix.0.as_str());
        if code.starts_with(prefix) {
            // The same six digits can mean other goods in another edition.
            return if prefix.len() > 4 && same_edition != Some(true) { Truth::Unknown } else { Truth::Yes };
        }
        if prefix.starts_with(code) {
            return Truth::Unknown;
        }
        let heading = |digits: &str| digits.get(..4).map(str::to_owned);
        match (heading(code), heading(prefix)) {
            (Some(a), Some(b)) if a == b && same_edition != Some(true) => Truth::Unknown,
            _ => Truth::No,
        }
    }
}

impl fmt::Display for HsCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> HsCode {
        HsCode::parse(text).unwrap()
    }

    #[test]
    fn refuses_what_cannot_be_a_code() {
        for (text, part) in [
            ("", "digits"),
            ("27x1", "digits"),
            ("270", "3 digits"),
            ("7701", "chapter 77"),
            ("9801", "chapter 98"),
            ("0000", "chapter 00"),
            ("2799", "2716"),
            ("123456789012", "12 digits"),
        ] {
            assert!(HsCode::parse(text).is_err_and(|e| e.contains(part)), "{text}");
        }
    }

    #[test]
    fn knows_when_it_cannot_tell() {
        assert_eq!(code("2701.12").falls_under(&code("2701"), None), Truth::Yes);
        assert_eq!(code("27").falls_under(&code("2701"), None), Truth::Unknown);
        assert_eq!(code("2702").falls_under(&code("2701"), None), Truth::No);
        assert_eq!(code("261510").falls_under(&code("261590"), Some(true)), Truth::No);
        assert_eq!(code("261510").falls_under(&code("261590"), None), Truth::Unknown);
        assert_eq!(code("261590").falls_under(&code("261590"), Some(false)), Truth::Unknown);
        assert_eq!(code("261590").falls_under(&code("261590"), None), Truth::Unknown);
    }

    #[test]
    fn the_table_covers_the_published_nomenclature() {
        for file in ["hs_nomenclature.csv", "hs_nomenclature_2017.csv"] {
            let path = format!("{}/../../../shared/data/trade/{file}", env!("CARGO_MANIFEST_DIR"));
            let root = std::env::var("INTERDICT_DATA").map_or(path, |root| format!("{root}/trade/{file}"));
            let Ok(text) = std::fs::read_to_string(&root) else {
                eprintln!("skipped: {root} is not there");
                continue;
            };
            let mut seen = [0_u8; 98];
            for line in text.lines().skip(1) {
                let field = line.split(',').nth(1).unwrap_or_default();
                if field.len() == 4 && field.bytes().all(|b| b.is_ascii_digit()) {
                    let (chapter, heading): (usize, u8) = (field[..2].parse().unwrap(), field[2..].parse().unwrap());
                    if chapter <= 97 {
                        seen[chapter] = seen[chapter].max(heading);
                    }
                }
            }
            for chapter in 1..=97 {
                assert!(
                    seen[chapter] <= LAST_HEADING[chapter - 1],
                    "{file}: chapter {chapter} reaches heading {}",
                    seen[chapter]
                );
            }
        }
    }
}
