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

/// A pair of unlike names conflicts at least this much, however common they are: `Ali` for
/// `Ahmed` is another person too.
pub const UNLIKE_WORD: i64 = UNIT as i64 * 7 / 10;

/// A pair of unlike generic words: `Systems` for `Industries`.
pub const UNLIKE_GENERIC: i64 = UNIT as i64 * 30 / 100;

/// The score of a layout in 1/65,536.
pub fn name_score(layout: &Layout, edges: &[Edge], party: &[Weighted], listed: &[Weighted]) -> i64 {
    let left = Left { party: layout.party_left, listed: layout.listed_left };
    let conflict = left.party.min(left.listed).max(unlike(layout, edges, party, listed));
    let score = bounded(layout.agreed, layout.compared * 1024, left, conflict);
    let score = if descent_differs(layout, edges, party, listed) { score * DESCENT_PERCENT / 100 } else { score };
    match numbers(layout, edges, party, listed) {
        Numbers::Agree => score,
        Numbers::OneSided => score * ONE_SIDED_PERCENT / 100,
        Numbers::Differ => score * DIFFER_PERCENT / 100,
    }
}

/// Points of the curve from a ratio to a score, in 1/65,536: rising, from 0 to 1.
/// Source: chosen so that 0.70 flags about 0.3 % of invented people by name alone against the OFAC
/// and UN lists, and that nine in ten of the labelled pairs at 0.9 are matches; see
/// `docs/benchmarks.md`.
const CURVE: [(i64, i64); 5] = [
    (0, 0),
    (ONE * 50 / 100, ONE * 30 / 100),
    (ONE * 79 / 100, ONE * 70 / 100),
    (ONE * 90 / 100, ONE * 88 / 100),
    (ONE, ONE),
];

/// The score that a ratio stands for.
pub fn calibrated(ratio: i64) -> i64 {
    along(ratio, |point| point)
}

/// The least ratio whose score may reach `score`.
pub fn least_ratio(score: i64) -> i64 {
    // one unit lower on both sides of the division: rounding must not lose a name
    (along(score - 1, |(ratio, score)| (score, ratio)) - 1).max(0)
}

fn along(x: i64, axes: impl Fn((i64, i64)) -> (i64, i64)) -> i64 {
    let x = x.clamp(0, ONE);
    let mut from = axes(CURVE[0]);
    for point in CURVE {
        let to = axes(point);
        if x <= to.0 && to.0 > from.0 {
            return from.1 + (x - from.0) * (to.1 - from.1) / (to.0 - from.0);
        }
        from = to;
    }
    ONE
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
fn bounded(agreed: i64, compared: i64, left: Left, conflict: i64) -> i64 {
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
    let left = Left { party: left.party.max(0), listed: left.listed.max(0) };
    bounded(agreed, agreed, left, left.party.min(left.listed))
}

/// The most that a listing can score which agrees in `agreed` and has nothing else.
pub fn best_case(agreed: i64, party_left: i64) -> i64 {
    at_most(agreed, Left { party: party_left, listed: 0 })
}

/// Two names with little in common beyond common words say less than their ratio: up to three
/// tenths are taken off while less than one and a half rare words agree and anything is left over.
fn substance(agreed: i64, left: Left) -> i64 {
    let unit = i64::from(UNIT);
    let (agreed, enough) = (agreed / 1024, unit * 3 / 2);
    if left.party.max(left.listed) <= unit / 4 || agreed >= enough {
        return ONE;
    }
    ONE * 7 / 10 + ONE * 3 / 10 * agreed / enough
}

/// What words that stand unexplained on both sides weigh as a conflict, in pairs.
fn unlike(layout: &Layout, edges: &[Edge], party: &[Weighted], listed: &[Weighted]) -> i64 {
    let (q, r) = used(layout, edges);
    let open = |side: &[Weighted], used: u64, counts: fn(Class) -> bool| {
        side.iter().enumerate().filter(|(i, t)| counts(t.class) && used & (1 << i) == 0).count()
    };
    let pairs = |counts| i64::try_from(open(party, q, counts).min(open(listed, r, counts))).unwrap_or(0);
    pairs(identifies) * UNLIKE_WORD + pairs(|class| class == Class::Generic) * UNLIKE_GENERIC
}

/// Whether two unlike words of a class speak for two entities.
fn identifies(class: Class) -> bool {
    match class {
        Class::Name | Class::Place | Class::Number | Class::Title => true,
        Class::Initial | Class::Particle | Class::Patronymic | Class::LegalForm | Class::Generic | Class::Acronym => {
            false
        }
    }
}

/// The tokens that the chosen edges explain, a side each.
fn used(layout: &Layout, edges: &[Edge]) -> (u64, u64) {
    let chosen = layout.chosen.iter().filter_map(|&i| edges.get(usize::from(i)));
    chosen.fold((0, 0), |(q, r), edge| (q | edge.party, r | edge.listed))
}

/// What is left of a score when father and child changed places.
pub const DESCENT_PERCENT: i64 = 70;

/// Whether the names on both sides of a `bin` changed places: `Omar bin Abdullah` is the child of
/// `Abdullah bin …`, not the same person.
pub fn descent_differs(layout: &Layout, edges: &[Edge], party: &[Weighted], listed: &[Weighted]) -> bool {
    let places = |side: &[Weighted]| -> Vec<usize> {
        let inner = 1..side.len().saturating_sub(1).max(1);
        inner.filter(|&i| side.get(i).is_some_and(|t| t.class == Class::Patronymic)).collect()
    };
    let (ours, theirs) = (places(party), places(listed));
    let joins = |i: usize, j: usize| {
        let mut chosen = layout.chosen.iter().filter_map(|&e| edges.get(usize::from(e)));
        chosen.any(|edge| edge.party == 1 << i && edge.listed == 1 << j)
    };
    ours.iter().any(|&i| theirs.iter().any(|&j| joins(i - 1, j + 1) && joins(i + 1, j - 1)))
}

/// What the numbers of two names say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Numbers {
    /// None is left over.
    Agree,
    /// One side has a number that the other has not: `Fund II` is seldom `Fund`.
    OneSided,
    /// A number is left over on each side.
    Differ,
}

/// What is left of a score when one side alone has a number. Source: the labelled pairs; a fifth takes
/// an otherwise equal name of a company below 0.7.
pub const ONE_SIDED_PERCENT: i64 = 82;

/// What is left of a score when each side has another number: `Atlas Fund 3` is not `Atlas Fund 8`.
pub const DIFFER_PERCENT: i64 = 70;

/// What the numbers of two names say.
pub fn numbers(layout: &Layout, edges: &[Edge], party: &[Weighted], listed: &[Weighted]) -> Numbers {
    let (q, r) = used(layout, edges);
    let open = |side: &[Weighted], used: u64| {
        side.iter().enumerate().any(|(i, t)| t.class == Class::Number && used & (1 << i) == 0)
    };
    match (open(party, q), open(listed, r)) {
        (false, false) => Numbers::Agree,
        (true, true) => Numbers::Differ,
        (true, false) | (false, true) => Numbers::OneSided,
    }
}
