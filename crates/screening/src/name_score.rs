//! The score of two names: the best layout, lowered by what speaks against it.
//!
//! Promises: never above the layout's own ratio, so what retrieval bounds is an upper bound of
//! the score.
//!
//! Not here: retrieval (`index`), dates, countries and identifiers (`record`).

use interdict_names::analyse::{Class, UNIT};

use crate::edges::Weighted;
use crate::matching::{Edge, LISTED_TENTHS, Layout, ONE, PARTY_TENTHS};

/// Weight that both sides leave unexplained, in tenths: the mark of another person with a similar
/// name (`… al-Duri`, `… al-Tikriti`). Learned: see `docs/benchmarks.md`.
pub const CONFLICT_TENTHS: i64 = 15;

/// The score of a layout in 1/65,536.
pub fn name_score(layout: &Layout, edges: &[Edge], party: &[Weighted], listed: &[Weighted]) -> i64 {
    let left = Left { party: layout.party_left, listed: layout.listed_left };
    let score = bounded(layout.agreed, layout.compared * 1024, left);
    if numbers_differ(layout, edges, party, listed) { score * 7 / 10 } else { score }
}

/// Weight that no edge explains, a side each.
#[derive(Clone, Copy, Debug)]
pub struct Left {
    /// The party's.
    pub party: i64,
    /// The listing's.
    pub listed: i64,
}

/// A score from sums: `agreed` (Σ c·s) and `compared` (Σ c) in 1/1024 of a weight. Grows with
/// `agreed`, falls with `compared` and with what is left: with an upper bound of the first and
/// lower bounds of the others it is an upper bound of the score.
fn bounded(agreed: i64, compared: i64, left: Left) -> i64 {
    let conflict = left.party.min(left.listed).max(0);
    let loss = PARTY_TENTHS * left.party + LISTED_TENTHS * left.listed + CONFLICT_TENTHS * conflict;
    let den = 10 * compared + 1024 * loss;
    if den <= 0 {
        return 0;
    }
    let score = 10 * agreed * ONE / den;
    score * substance(agreed, left) / ONE
}

/// The most that any listing can score of which at most `agreed` (in 1/1024 of a weight) agrees
/// and at least this much is left. Sound because `A / (A + x)` grows with `A` and `Σc·s ≤ Σc`.
pub fn at_most(agreed: i64, left: Left) -> i64 {
    bounded(agreed, agreed, Left { party: left.party.max(0), listed: left.listed.max(0) })
}

/// The most that a listing can score which agrees in `agreed` and has nothing else.
pub fn best_case(agreed: i64, party_left: i64) -> i64 {
    at_most(agreed, Left { party: party_left, listed: 0 })
}

/// Two names with little in common beyond common words say less than their ratio: up to a
/// quarter is taken off while less than one and a half rare words agree and anything is left over.
fn substance(agreed: i64, left: Left) -> i64 {
    let unit = i64::from(UNIT);
    let (agreed, enough) = (agreed / 1024, unit * 3 / 2);
    if left.party.max(left.listed) <= unit / 4 || agreed >= enough {
        return ONE;
    }
    ONE * 3 / 4 + ONE / 4 * agreed / enough
}

/// Whether both sides carry numbers and one is left over on each.
pub fn numbers_differ(layout: &Layout, edges: &[Edge], party: &[Weighted], listed: &[Weighted]) -> bool {
    let (mut q, mut r) = (0_u64, 0_u64);
    for edge in layout.chosen.iter().filter_map(|&i| edges.get(usize::from(i))) {
        q |= edge.party;
        r |= edge.listed;
    }
    let open = |side: &[Weighted], used: u64| {
        side.iter().enumerate().any(|(i, t)| t.class == Class::Number && used & (1 << i) == 0)
    };
    open(party, q) && open(listed, r)
}
