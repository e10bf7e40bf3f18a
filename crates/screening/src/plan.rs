//! Which words' lists of rows must be read so that no name at or above a score is missed.
//!
//! A name that agrees only in words whose lists are not read scores at most
//! `A / (A + PARTY·(W − A))` times what substance leaves of it, where `A` is the weight of those
//! words: the best case is a listing that consists of them. Words are left unread, the longest
//! lists first, as long as that bound stays below the score. Of words that are read, likenesses
//! are left out from the weakest up under the same bound.
//!
//! Promises: every row at or above the score shares a term that is read, or is in one of the
//! small tables that are always read (joined words).
//!
//! Not here: reading and scoring rows (`search`).

use crate::name_score::best_case;

/// What is planned about one word of the party.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// Its weight.
    pub weight: i64,
    /// Rows in its lists; none if it has no lists of its own (initials, legal forms).
    pub cost: Option<u64>,
}

/// A plan: for each word the least share that is read; above 1024 nothing is.
pub struct Plan {
    /// Least share read, by word.
    pub least: Vec<u16>,
    /// Whether lists suffice; if not, all rows must be looked at.
    pub suffices: bool,
}

/// Nothing of a word is read.
pub const NOTHING: u16 = u16::MAX;

/// Shares at which reading may stop, from the most to the least that is left out.
const LEVELS: [u16; 6] = [940, 880, 820, 760, 700, 640];

/// Plans the reading for a score in 1/65,536. `cost_above(i, share)` is the rows in the lists of
/// word `i` above a share.
pub fn plan(words: &[Word], score: i64) -> Plan {
    let total: i64 = words.iter().map(|w| w.weight).sum();
    let mut least = vec![0; words.len()];
    let mut unread = 0;
    // words without lists are never read
    for (i, word) in words.iter().enumerate() {
        if word.cost.is_none() {
            unread += word.weight;
            least[i] = NOTHING;
        }
    }
    if best_case(unread * 1024, total - unread) >= score {
        return Plan { least, suffices: false };
    }
    let mut order: Vec<usize> = (0..words.len()).filter(|&i| words[i].cost.is_some()).collect();
    order.sort_by_key(|&i| (std::cmp::Reverse(words[i].cost), i));
    for &i in &order {
        let with = unread + words[i].weight;
        if best_case(with * 1024, total - with) < score {
            unread = with;
            least[i] = NOTHING;
        }
    }
    // weak likenesses of the words that are read
    let mut agreed = unread * 1024;
    let mut covered = unread;
    for &i in order.iter().filter(|&&i| least[i] != NOTHING).collect::<Vec<_>>() {
        let with = covered + words[i].weight;
        for level in LEVELS {
            let more = agreed + words[i].weight * i64::from(level);
            if best_case(more, total - with) < score {
                least[i] = level + 1;
                agreed = more;
                covered = with;
                break;
            }
        }
    }
    Plan { least, suffices: true }
}
