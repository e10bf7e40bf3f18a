//! Which words' lists of rows are read, so that no name at or above a score is missed.
//!
//! For a ratio `T` a layout reaches `T` only if its edges' *gains* reach what is required:
//!
//! ```text
//!   score ≥ T  ⇒  Σ g(e) ≥ need,   g = c·(s − T) + T·PARTY·k,   need = T·PARTY·Wq
//! ```
//!
//! (the ratio's denominator multiplied out; what the listing leaves unmatched and every conflict
//! only lower a score, so they are left out of a bound). Each edge belongs to one word of the
//! party, or to a few that are written as one. Let `r_i` be a *rest* for word `i`: an upper bound of the gain
//! of what is not read for it. A row at or above `T` then has
//!
//! ```text
//!   Σ over what is read and stands in the row of (g − r_i)  ≥  need − Σ r_i
//! ```
//!
//! so rows are tallied in integers while lists are read, and only those that reach the *bar* on the right
//! are looked at. Any rests with `Σ r_i < need` are sound; which of them cost least is a guess
//! that changes the time and nothing else. Where the sum of what cannot be read (initials, legal
//! forms) is no less than `need`, the same is shown by substance: words that weigh too little
//! cannot reach `T` alone ([`best_case`]), and every row that is touched is looked at.
//!
//! Promises: every row at or above the score reaches the bar, or is in one of the small tables
//! that are always read (the listing's joined words).
//!
//! Not here: reading and scoring rows (`pass`).

use std::rc::Rc;

use crate::matching::{LISTED_TENTHS, ONE, PARTY_TENTHS};
use crate::name_score::{Left, at_most, best_case};

/// Steps of the tally that make up `need`: as many as fit a byte twice.
const STEPS: i64 = 120;

/// What a term can add, and what reading it costs.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Gain, in the scale of [`Scale`].
    pub gain: i64,
    /// Where its list lies among all postings.
    pub from: u32,
    /// Where it ends.
    pub to: u32,
    /// Rows in its list and in those before it, with [`LIST`] for each list.
    pub so_far: u32,
}

/// One word of the party.
#[derive(Clone, Debug)]
pub struct Word {
    /// Its weight.
    pub weight: i64,
    /// What terms like it can add, most first.
    pub readings: Rc<[Reading]>,
    /// The most that can agree without standing in any list (initials, legal forms): gain, and
    /// agreed weight in 1/1024; zeros for words whose lists hold everything.
    pub unlisted: (i64, i64),
}

impl Word {
    /// Rows in the lists of what adds more than this, with [`LIST`] for each list.
    fn rows_above(&self, gain: i64) -> u64 {
        let read = self.readings.partition_point(|r| r.gain > gain);
        read.checked_sub(1).map_or(0, |last| u64::from(self.readings[last].so_far))
    }
}

/// The scale of gains for one ratio.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// The ratio.
    pub ratio: i64,
    /// Gains that make one step.
    step: i64,
    need: i64,
    /// What a unit of unmatched weight of the side that asks counts, in tenths.
    tenths: i64,
}

impl Scale {
    /// For a ratio in 1/65,536 and the party's weight.
    pub fn new(ratio: i64, party_weight: i64) -> Self {
        Self::of(ratio, party_weight, PARTY_TENTHS)
    }

    /// The same where a listing asks for parties: what it leaves unmatched is left in, and what the
    /// party leaves unmatched is left out.
    pub fn of_listing(ratio: i64, listed_weight: i64) -> Self {
        Self::of(ratio, listed_weight, LISTED_TENTHS)
    }

    fn of(ratio: i64, weight: i64, tenths: i64) -> Self {
        let need = ratio * 1024 * tenths * weight;
        Self { ratio, step: (need / STEPS).max(1), need, tenths }
    }

    /// The gain of an edge of a weight, a share in 1/1024 and a cover of the asking side's weight; not below 0.
    pub fn gain(&self, weight: u16, share: u16, cover: u16) -> i64 {
        let agreed = 10 * i64::from(weight) * (i64::from(share) * ONE - self.ratio * 1024);
        (agreed + self.ratio * 1024 * self.tenths * i64::from(cover)).max(0)
    }

    /// The most that a name can score which agrees in `agreed` and leaves this much of the asking side.
    pub fn best_case(&self, agreed: i64, left: i64) -> i64 {
        if self.tenths == PARTY_TENTHS {
            best_case(agreed, left)
        } else {
            at_most(agreed, Left { party: 0, listed: left })
        }
    }

    /// What a gain under another scale is under this one, rounded up: the same share of what is needed.
    pub fn of_other(&self, other: &Self, gain: i64) -> i64 {
        if other.need <= 0 || other.need == self.need {
            return gain;
        }
        // products of two needs do not fit 64 bits
        let scaled = (i128::from(gain) * i128::from(self.need) + i128::from(other.need) - 1) / i128::from(other.need);
        i64::try_from(scaled).unwrap_or(i64::MAX / 64)
    }

    /// What all gains must reach.
    pub fn need(&self) -> i64 {
        self.need
    }

    /// A gain in steps, rounded up.
    pub fn steps(&self, gain: i64) -> u8 {
        u8::try_from(gain.max(0).saturating_add(self.step - 1) / self.step).unwrap_or(u8::MAX)
    }
}

/// A plan: what is left unread of each word, and what a row must reach.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// By word: readings of at most this gain are not read.
    pub rest: Vec<i64>,
    /// What a row must reach in steps; at least 1.
    pub bar: u8,
    /// Whether lists suffice; if not, all rows must be looked at.
    pub suffices: bool,
}

impl Plan {
    /// What a reading that is read adds to a row, in steps; at least 1.
    pub fn adds(&self, scale: &Scale, word: usize, gain: i64) -> u8 {
        let rest = self.rest.get(word).copied().unwrap_or(0);
        scale.steps(gain - rest).max(1)
    }
}

/// Finding a list in memory costs as much as reading this many of its rows.
pub const LIST: u32 = 6;

/// Cost of one row of a list that is read, and of one row that is looked at: about nanoseconds.
const READ: u64 = 4;
const LOOK: u64 = 90;

/// Words of which it is tried to leave them unread.
const TRIED: usize = 12;

/// Plans the reading for a ratio, over an index of so many rows.
pub fn plan(words: &[Word], scale: &Scale, rows: usize) -> Plan {
    let total: i64 = words.iter().map(|w| w.weight).sum();
    let unlisted: i64 = words.iter().map(|w| w.unlisted.0).sum();
    let agreed: i64 = words.iter().map(|w| w.unlisted.1).sum();
    let covered: i64 = words.iter().filter(|w| w.unlisted.1 > 0).map(|w| w.weight).sum();
    let base: Vec<i64> = words.iter().map(|w| w.unlisted.0).collect();
    if unlisted >= scale.need {
        // by substance: whatever is not touched agrees in the unlisted alone
        let suffices = scale.best_case(agreed, total - covered) < scale.ratio;
        return Plan { rest: base, bar: 1, suffices };
    }
    // the costliest lists are left unread first
    let mut order: Vec<(u64, usize)> = words.iter().enumerate().map(|(i, w)| (w.rows_above(0), i)).collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let mut rest = base;
    let mut sum = unlisted;
    let mut best = (u64::MAX, rest.clone());
    let mut tried = rest.clone();
    for k in 0..=order.len().min(TRIED) {
        if k > 0 {
            let Some(&(_, i)) = order.get(k - 1) else { break };
            let most = words[i].readings.first().map_or(0, |r| r.gain).max(rest[i]);
            if sum - rest[i] + most >= scale.need {
                // a shorter list may still fit
                continue;
            }
            sum += most - rest[i];
            rest[i] = most;
        }
        for eighths in SLACK_EIGHTHS {
            tried.clone_from(&rest);
            leave_weakest(words, &mut tried, &order, (scale.need - 1 - sum) * eighths / 8);
            let guess = guess(words, &tried, scale.need - tried.iter().sum::<i64>(), rows);
            if guess < best.0 {
                best.0 = guess;
                best.1.clone_from(&tried);
            }
        }
    }
    let rest = best.1;
    // rounded down, as what is added is rounded up
    let bar = u8::try_from((scale.need - rest.iter().sum::<i64>()) / scale.step).unwrap_or(u8::MAX).max(1);
    Plan { rest, bar, suffices: true }
}

/// Shares of what a row must reach that weak readings may be left out for.
const SLACK_EIGHTHS: [i64; 4] = [0, 1, 2, 4];

/// What reading and looking may cost with these rests.
fn guess(words: &[Word], rest: &[i64], bar: i64, rows: usize) -> u64 {
    let (mut read, mut single, mut pairs) = (0_u64, 0_u64, 0_u64);
    for (word, &rest) in words.iter().zip(rest) {
        let of_word = word.rows_above(rest);
        single += word.rows_above(rest.saturating_add(bar - 1));
        // rows that two lists share by chance
        pairs += read * of_word / (rows as u64).max(1);
        read += of_word;
    }
    READ * read + LOOK * (single + pairs.min(read))
}

/// Leaves out the weakest readings of the words with the longest lists.
fn leave_weakest(words: &[Word], rest: &mut [i64], order: &[(u64, usize)], mut slack: i64) {
    for &(_, i) in order {
        let kept = words[i].readings.partition_point(|r| r.gain - rest[i] > slack);
        if let Some(most) = words[i].readings.get(kept).filter(|r| r.gain > rest[i]) {
            slack -= most.gain - rest[i];
            rest[i] = most.gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(weight: i64, lists: &[(i64, u32)]) -> Word {
        let mut so_far = 0;
        let readings = lists.iter().map(|&(gain, rows)| {
            so_far += rows;
            Reading { gain, from: so_far - rows, to: so_far, so_far }
        });
        Word { weight, readings: readings.collect(), unlisted: (0, 0) }
    }

    #[test]
    fn what_is_not_read_never_suffices() {
        let scale = Scale::new(ONE * 79 / 100, 512);
        let full = scale.gain(256, 1024, 256);
        for lists in [[10, 10], [10, 100_000], [100_000, 90_000]] {
            let words: Vec<Word> =
                lists.iter().map(|&rows| word(256, &[(full, rows), (full / 3, rows * 20)])).collect();
            let plan = plan(&words, &scale, 1_000_000);
            assert!(plan.suffices && plan.rest.iter().sum::<i64>() < scale.need, "{plan:?}");
            // both words in full reach the bar
            let sum: u32 = (0..2).filter(|&i| full > plan.rest[i]).map(|i| u32::from(plan.adds(&scale, i, full))).sum();
            assert!(sum >= u32::from(plan.bar), "{plan:?}");
        }
    }

    #[test]
    fn a_long_list_is_left_to_a_short_one() {
        let scale = Scale::new(ONE * 79 / 100, 512);
        let full = scale.gain(256, 1024, 256);
        let plan = plan(&[word(256, &[(full, 500_000)]), word(256, &[(full, 3)])], &scale, 1_000_000);
        assert_eq!(plan.rest, [full, 0]);
    }
}
