//! Names that stand for one another: other spellings, other languages, nicknames.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{key, lines};
use crate::phonetic::skeleton;

/// Why two names are taken for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Strength {
    /// A short or pet form: Bill and William.
    Nickname,
    /// The form of another language or region: Ivan and John, Chen and Tan.
    Language,
    /// Another spelling of one form: Mohamed and Muhammad.
    Spelling,
}

impl Strength {
    /// Similarity in thousandths: 750, 800, 950.
    pub fn permille(self) -> u16 {
        match self {
            Self::Nickname => 750,
            Self::Language => 800,
            Self::Spelling => 950,
        }
    }
}

/// A name that stands for the one asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Equivalent {
    /// The other name, folded.
    pub text: &'static str,
    /// How it is the same.
    pub strength: Strength,
}

/// One line of the table.
struct Group {
    full: Vec<&'static str>,
    short: Vec<&'static str>,
}

struct Table {
    groups: Vec<Group>,
    /// the groups a word is in, and whether as a nickname
    of: FxHashMap<String, Vec<(u32, bool)>>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut table = Table { groups: Vec::new(), of: FxHashMap::default() };
        for line in lines(include_str!("../../data/equivalents.tsv")) {
            let mut fields = line.split('\t').skip(1);
            let full: Vec<&str> =
                fields.next().unwrap_or_default().split([' ', '/']).filter(|w| !w.is_empty()).collect();
            let short: Vec<&str> = fields.next().unwrap_or_default().split(' ').filter(|w| !w.is_empty()).collect();
            let id = u32::try_from(table.groups.len()).unwrap_or(u32::MAX);
            for (words, is_short) in [(&full, false), (&short, true)] {
                for word in words {
                    let groups = table.of.entry(key(word)).or_default();
                    if !groups.iter().any(|(g, _)| *g == id) {
                        groups.push((id, is_short));
                    }
                }
            }
            table.groups.push(Group { full, short });
        }
        table
    })
}

/// All names that stand for a folded Latin name, strongest first; empty for most words.
pub fn equivalents(word: &str) -> Vec<Equivalent> {
    let table = table();
    let Some(groups) = table.of.get(word) else { return Vec::new() };
    let mut out: Vec<Equivalent> = Vec::new();
    for (id, is_short) in groups {
        let Some(group) = table.groups.get(*id as usize) else { continue };
        let others = group.full.iter().map(|t| (*t, false)).chain(group.short.iter().map(|t| (*t, true)));
        for (text, other_short) in others.filter(|(t, _)| *t != word) {
            let strength = strength(word, *is_short, text, other_short);
            match out.iter_mut().find(|e| e.text == text) {
                Some(known) => known.strength = known.strength.max(strength),
                None => out.push(Equivalent { text, strength }),
            }
        }
    }
    out.sort_by(|a, b| b.strength.cmp(&a.strength).then_with(|| a.text.cmp(b.text)));
    out
}

/// How two folded Latin names stand for one another, if they do. Says of a pair what `equivalents`
/// lists, without listing.
pub fn equivalence(a: &str, b: &str) -> Option<Strength> {
    if a == b {
        return None;
    }
    let table = table();
    let (of_a, of_b) = (table.of.get(a)?, table.of.get(b)?);
    let mut best: Option<Strength> = None;
    for (id, a_short) in of_a {
        if let Some((_, b_short)) = of_b.iter().find(|(other, _)| other == id) {
            best = best.max(Some(strength(a, *a_short, b, *b_short)));
        }
    }
    best
}

/// Forms that differ in a third of their letters or less are spellings of one form, with equal
/// consonants in less than a half.
fn strength(a: &str, a_short: bool, b: &str, b_short: bool) -> Strength {
    if a_short || b_short {
        return Strength::Nickname;
    }
    let longest = a.len().max(b.len());
    let edits = distance(a.as_bytes(), b.as_bytes());
    let near = a.as_bytes().first() == b.as_bytes().first() && edits * 3 <= longest;
    let sounds_alike = edits * 2 < longest && skeleton(a) == skeleton(b);
    // in three letters one edit makes another name: Ali, Alt
    if (near || sounds_alike) && longest > 3 { Strength::Spelling } else { Strength::Language }
}

fn distance(a: &[u8], b: &[u8]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
        for (j, y) in b.iter().enumerate() {
            let best = (diagonal + usize::from(x != y)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Strength, equivalence, equivalents};

    #[test]
    fn pairs() {
        for (a, b, expected) in [
            ("mohammed", "muhammad", Some(Strength::Spelling)),
            ("william", "bill", Some(Strength::Nickname)),
            ("ivan", "john", Some(Strength::Language)),
            ("aleksandr", "sasha", Some(Strength::Nickname)),
            ("joseph", "yusuf", Some(Strength::Language)),
            ("wong", "huang", Some(Strength::Language)),
            ("ivan", "peter", None),
            ("ivan", "ivan", None),
        ] {
            assert_eq!(equivalence(a, b), expected, "{a} {b}");
            assert_eq!(equivalence(b, a), expected, "{b} {a}");
        }
    }

    #[test]
    fn the_list_and_the_pair_agree() {
        for word in ["alexander", "maria", "kim", "sasha", "mohamed", "chen", "nosuchname"] {
            for other in equivalents(word) {
                assert_eq!(equivalence(word, other.text), Some(other.strength), "{word} {}", other.text);
                assert!(equivalents(other.text).iter().any(|e| e.text == word), "{word} {}", other.text);
            }
        }
    }
}
