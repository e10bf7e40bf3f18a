//! What it costs to write one letter for another, or to leave one out: the table that `similar` adds up.
//!
//! The costs are learned from how official lists themselves write one name in several ways
//! (`examples/learn_edits.rs` makes `data/edit_costs.tsv`); what the lists show too rarely to say
//! keeps a plain cost by kind of letter. The table is read when the crate is compiled: a row that
//! cannot be read is a compile error.
//!
//! Promises: symmetric, 0 only for a letter with itself, the same on every machine.
//!
//! Not here: which pairs of words are compared at all (`similar`), costs between scripts (`phonetic`).

/// One plain edit, in the unit of costs.
pub const EDIT: u32 = 64;

/// Cost of two neighbours that changed places.
pub const SWAP: u32 = EDIT * 3 / 4;

/// Kinds of letters: `a`–`z`, a digit, something else.
const KINDS: usize = 28;

/// Where a letter is left out, which says more about how likely that is than the letter itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Place {
    /// One of two equal letters.
    Doubled,
    /// The `h` of `kh`, `gh`, `th`, `dh`, `sh`, `ch`, `ph`, `rh`: a custom of romanisation.
    Aspirate,
    /// Another `h` within a word.
    Breath,
    /// `c` before `k`, `d` before `j` or `z`, `t` before `c`, `s` or `z`, the `c` of `sch`.
    Affricate,
    /// One of two vowels in a row.
    Diphthong,
    /// The first letter.
    First,
    /// A vowel between consonants or at the end.
    Vowel,
    /// A consonant at the end.
    LastConsonant,
    /// A consonant within the word.
    Consonant,
}

impl Place {
    /// All places, in the order of their numbers.
    pub const ALL: [Place; 9] = [
        Place::Doubled,
        Place::Aspirate,
        Place::Breath,
        Place::Affricate,
        Place::Diphthong,
        Place::First,
        Place::Vowel,
        Place::LastConsonant,
        Place::Consonant,
    ];

    /// Its name in the table.
    pub const fn name(self) -> &'static str {
        match self {
            Place::Doubled => "doubled",
            Place::Aspirate => "aspirate",
            Place::Breath => "breath",
            Place::Affricate => "affricate",
            Place::Diphthong => "diphthong",
            Place::First => "first",
            Place::Vowel => "vowel",
            Place::LastConsonant => "last_consonant",
            Place::Consonant => "consonant",
        }
    }

    /// The place of the letter at `i` of a word.
    pub fn of(word: &[u8], i: usize) -> Place {
        let letter = word[i];
        let before = if i > 0 { word[i - 1] } else { b' ' };
        let after = word.get(i + 1).copied().unwrap_or(b' ');
        if letter == before || (letter == after && i > 0) {
            return Place::Doubled;
        }
        match (before, letter, after) {
            (b'k' | b'g' | b't' | b'd' | b's' | b'c' | b'p' | b'r', b'h', _) => Place::Aspirate,
            (b' ', b'h', _) => Place::First,
            (_, b'h', _) => Place::Breath,
            (_, b'c', b'k') | (_, b'd', b'j' | b'z') | (_, b't', b'c' | b'z' | b's') | (b's', b'c', b'h') => {
                Place::Affricate
            }
            (b' ', _, _) => Place::First,
            _ if is_vowel(letter) && (is_vowel(before) || is_vowel(after)) => Place::Diphthong,
            _ if is_vowel(letter) => Place::Vowel,
            (_, _, b' ') => Place::LastConsonant,
            _ => Place::Consonant,
        }
    }
}

/// The costs, in 1/64 of an edit.
#[derive(Clone, Debug)]
pub struct Costs {
    replace: [[u8; KINDS]; KINDS],
    gap: [u8; Place::ALL.len()],
}

/// The learned costs.
pub static COSTS: Costs = Costs::read(include_bytes!("../data/edit_costs.tsv"));

impl Costs {
    /// Costs of writing another letter for one of this kind, by [`kind`] of the other; what stands
    /// for a letter itself is not in it, as two different digits are of one kind.
    pub fn replacing(&self, kind: u8) -> &[u8; KINDS] {
        &self.replace[usize::from(kind)]
    }

    /// Cost of leaving out the letter at `i` of a word.
    pub fn gap(&self, word: &[u8], i: usize) -> u32 {
        u32::from(self.gap[Place::of(word, i) as usize])
    }

    /// Costs where nothing is learned.
    const fn plain() -> Costs {
        let mut replace = [[0_u8; KINDS]; KINDS];
        let mut i = 0;
        while i < KINDS {
            let mut j = 0;
            while j < KINDS {
                replace[i][j] = by_kind(i, j) as u8;
                j += 1;
            }
            i += 1;
        }
        Costs { replace, gap: [EDIT as u8; Place::ALL.len()] }
    }

    /// Reads rows `ab<TAB>cost…` and `place<TAB>cost…`; `#` begins a comment.
    const fn read(table: &[u8]) -> Costs {
        let mut costs = Costs::plain();
        let mut at = 0;
        while at < table.len() {
            let start = at;
            let mut tab = 0;
            while at < table.len() && table[at] != b'\n' {
                if table[at] == b'\t' && tab == 0 {
                    tab = at;
                }
                at += 1;
            }
            if at > start && table[start] != b'#' {
                assert!(tab > start, "a row of edit_costs.tsv has no tab");
                let cost = number(table, tab + 1);
                match place_named(table, start, tab) {
                    Some(place) => costs.gap[place] = cost,
                    None => {
                        assert!(tab - start == 2, "a row of edit_costs.tsv names neither two letters nor a place");
                        let (a, b) = (kind(table[start]) as usize, kind(table[start + 1]) as usize);
                        assert!(a < b && b < 26, "letters of edit_costs.tsv are two of a to z in order");
                        costs.replace[a][b] = cost;
                        costs.replace[b][a] = cost;
                    }
                }
            }
            at += 1;
        }
        costs
    }
}

/// What a letter is to [`Costs::replacing`]: `a`–`z`, a digit, or something else.
pub const fn kind(letter: u8) -> u8 {
    match letter {
        b'a'..=b'z' => letter - b'a',
        b'0'..=b'9' => 26,
        _ => 27,
    }
}

/// Whether a letter is a vowel, `y` among them.
pub const fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// Cost between two kinds of letters of which the lists show too little.
const fn by_kind(a: usize, b: usize) -> u32 {
    if a == 26 || b == 26 {
        return EDIT * 2; // numbers identify
    }
    let vowels = (a < 26 && is_vowel(b'a' + a as u8)) as u8 + (b < 26 && is_vowel(b'a' + b as u8)) as u8;
    match vowels {
        2 => EDIT * 5 / 8,
        1 => EDIT * 5 / 4,
        _ => EDIT,
    }
}

/// The number at `at`; a byte above 0.
const fn number(table: &[u8], mut at: usize) -> u8 {
    let mut value = 0_u32;
    while at < table.len() && table[at].is_ascii_digit() {
        value = value * 10 + (table[at] - b'0') as u32;
        at += 1;
    }
    assert!(value > 0 && value < 256, "a cost of edit_costs.tsv is not 1 to 255");
    value as u8
}

const fn place_named(table: &[u8], start: usize, end: usize) -> Option<usize> {
    let mut place = 0;
    while place < Place::ALL.len() {
        let name = Place::ALL[place].name().as_bytes();
        let mut same = 0;
        while same < name.len() && start + same < end && table[start + same] == name[same] {
            same += 1;
        }
        if same == name.len() && end - start == same {
            return Some(place);
        }
        place += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_for_plain_costs() {
        let costs = Costs::read(b"# letters\tcost\niy\t10\t500\nbreath\t30\n");
        let [i, y, e] = [b'i', b'y', b'e'].map(|letter| usize::from(kind(letter)));
        assert_eq!((costs.replace[i][y], costs.replace[y][i]), (10, 10));
        assert_eq!(u32::from(costs.replace[i][e]), EDIT * 5 / 8);
        assert_eq!((costs.gap(b"mahdi", 2), costs.gap(b"mahdi", 3)), (30, EDIT));
    }

    #[test]
    fn the_table_is_symmetric_and_never_free() {
        for (i, row) in COSTS.replace.iter().enumerate() {
            for (j, cost) in row.iter().enumerate() {
                assert!(*cost > 0 && *cost == COSTS.replace[j][i], "{i} {j}");
            }
        }
        assert!(COSTS.gap.iter().all(|cost| *cost > 0));
        // what learning must have found, whatever the figures
        let of = |a: u8, b: u8| COSTS.replace[usize::from(kind(a))][usize::from(kind(b))];
        assert!(of(b'i', b'y') < of(b'a', b'o') && of(b'a', b'o') < of(b'a', b't'));
        assert!(COSTS.gap[Place::Doubled as usize] < COSTS.gap[Place::Consonant as usize]);
    }

    #[test]
    fn places_are_told_apart() {
        let of = |word: &str| (0..word.len()).map(|i| Place::of(word.as_bytes(), i).name()).collect::<Vec<_>>();
        assert_eq!(of("khat"), ["first", "aspirate", "vowel", "last_consonant"]);
        assert_eq!(of("matthew"), ["first", "vowel", "doubled", "doubled", "aspirate", "vowel", "last_consonant"]);
        assert_eq!(of("djuha"), ["affricate", "consonant", "vowel", "breath", "vowel"]);
        assert_eq!(of("youb"), ["first", "diphthong", "diphthong", "last_consonant"]);
    }
}
