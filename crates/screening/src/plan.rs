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

use crate::matching::{ONE, PARTY_TENTHS};
use crate::name_score::best_case;

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
}

impl Reading {
    /// Rows in its list.
    fn rows(&self) -> u64 {
        u64::from(self.to.saturating_sub(self.from))
    }
}

/// One word of the party.
#[derive(Clone, Debug, Default)]
pub struct Word {
    /// Its weight.
    pub weight: i64,
    /// What terms like it can add, most first.
    pub readings: Vec<Reading>,
    /// The most that can agree without standing in any list (initials, legal forms): gain, and
    /// agreed weight in 1/1024; zeros for words whose lists hold everything.
    pub unlisted: (i64, i64),
}

/// The scale of gains for one ratio.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    ratio: i64,
    /// Gains that make one step.
    step: i64,
    need: i64,
}

impl Scale {
    /// For a ratio in 1/65,536 and the party's weight.
    pub fn new(ratio: i64, party_weight: i64) -> Self {
        let need = ratio * 1024 * PARTY_TENTHS * party_weight;
        Self { ratio, step: (need / STEPS).max(1), need }
    }

    /// The gain of an edge of a weight, a share in 1/1024 and a cover of the party's weight; not below 0.
    pub fn gain(&self, weight: u16, share: u16, party_cover: u16) -> i64 {
        let agreed = 10 * i64::from(weight) * (i64::from(share) * ONE - self.ratio * 1024);
        (agreed + self.ratio * 1024 * PARTY_TENTHS * i64::from(party_cover)).max(0)
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

/// Cost of one entry of a list that is read, and of one row that is looked at: about nanoseconds.
const READ: u64 = 2;
const LOOK: u64 = 40;

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
        let suffices = best_case(agreed, total - covered) < scale.ratio;
        return Plan { rest: base, bar: 1, suffices };
    }
    // the costliest lists are left unread first
    let cost = |word: &Word| word.readings.iter().map(Reading::rows).sum::<u64>();
    let mut order: Vec<(u64, usize)> = words.iter().enumerate().map(|(i, w)| (cost(w), i)).collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let mut rest = base;
    let mut sum = unlisted;
    let mut best = (u64::MAX, Plan::default());
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
        let guess = guess(words, &rest, scale.need - sum, rows);
        if guess < best.0 {
            best = (guess, Plan { rest: rest.clone(), bar: 1, suffices: true });
        }
    }
    let mut plan = best.1;
    leave_weakest(words, &mut plan.rest, &order, scale.need);
    let sum: i64 = plan.rest.iter().sum();
    // rounded down, as what is added is rounded up
    plan.bar = u8::try_from((scale.need - sum) / scale.step).unwrap_or(u8::MAX).max(1);
    plan
}

/// What reading and looking may cost with these rests.
fn guess(words: &[Word], rest: &[i64], bar: i64, rows: usize) -> u64 {
    let (mut read, mut single) = (0_u64, 0_u64);
    let mut pairs = 0_u64;
    for (word, &rest) in words.iter().zip(rest) {
        let mut of_word = 0;
        for reading in &word.readings {
            if reading.gain <= rest {
                break;
            }
            of_word += reading.rows();
            if reading.gain - rest >= bar {
                single += reading.rows();
            }
        }
        // rows that two lists share by chance
        pairs += read * of_word / (rows as u64).max(1);
        read += of_word;
    }
    READ * read + LOOK * (single + pairs.min(read))
}

/// Leaves out the weakest readings of the words with the longest lists while that changes little:
/// at most a quarter of what a row must still reach.
fn leave_weakest(words: &[Word], rest: &mut [i64], order: &[(u64, usize)], need: i64) {
    let mut slack = (need - 1 - rest.iter().sum::<i64>()) / 4;
    for &(_, i) in order {
        let Some(last) = words[i].readings.last().filter(|r| r.gain > rest[i]) else { continue };
        if last.gain - rest[i] > slack {
            continue;
        }
        let skipped = words[i].readings.iter().rev().take_while(|r| r.gain - rest[i] <= slack);
        let most = skipped.last().map_or(rest[i], |r| r.gain);
        slack -= most - rest[i];
        rest[i] = most;
    }
}
