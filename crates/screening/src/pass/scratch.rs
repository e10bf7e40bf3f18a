//! Working memory of one thread, the work that is counted in it, and the best names found so far.
//!
//! Promises: what a party leaves in it changes no answer to the next.
//!
//! Not here: what is done with it (`pass`, `row`).

use interdict_names::likeness::Likeness;
use rustc_hash::FxHashMap;

use super::Reach;
use crate::edges::Weighted;
use crate::expand::{Marks, Seen};
use crate::index::{NotDone, View};
use crate::matching::{Edge, Search};
use crate::query::{Cache, QueryForm};
use crate::tally::Tally;

/// Work that one party may need, in about nanoseconds of a quiet core: half of the 50 ms that no
/// party may take, as machines are seldom quiet. Ordinary parties need some ten thousand.
const MOST_WORK: u64 = 25_000_000;

/// Working memory of one thread; reused between parties.
#[derive(Default)]
pub struct Scratch {
    pub(crate) cache: Cache,
    pub(crate) marks: Marks,
    pub(super) heads: Vec<u32>,
    pub(super) entries: Vec<Entry>,
    pub(super) touched: Vec<u32>,
    pub(super) tally: Tally,
    pub(super) rows: Seen,
    pub(super) passed: Vec<u32>,
    pub(super) search: Search,
    pub(super) edges: Vec<Edge>,
    pub(super) listed: Vec<Weighted>,
    pub(crate) best: FxHashMap<u32, Best>,
    /// The best among names that are not weak aliases; kept only where a policy asks for it.
    pub(crate) best_strong: FxHashMap<u32, Best>,
    pub(super) work: Work,
}

/// What was done for the party so far, and the most there may be.
#[derive(Clone, Copy, Default)]
pub(super) struct Work {
    pub(super) done: u64,
    pub(super) most: u64,
}

impl Work {
    pub(super) fn spend(&mut self, work: u64) -> Result<(), NotDone> {
        self.done = self.done.saturating_add(work);
        if self.done > self.most {
            return Err(NotDone::TooLarge("too many names are too like it to tell apart".into()));
        }
        Ok(())
    }
}

/// A term's likeness to some of the party's tokens.
#[derive(Clone, Copy)]
pub(super) struct Entry {
    pub(super) at: u8,
    pub(super) span: u8,
    /// Weight of those tokens together.
    pub(super) weight: u16,
    pub(super) likeness: Likeness,
    pub(super) next: u32,
}

/// The best name of a listing so far.
#[derive(Clone, Copy)]
pub(crate) struct Best {
    pub(crate) score: i64,
    pub(crate) form: usize,
    pub(crate) row: u32,
}

impl Scratch {
    /// Forgets the last party. Looking at everything is asked for by tests and by `explain`, which
    /// take the time it takes.
    pub(crate) fn begin(&mut self, reach: Reach) {
        self.best.clear();
        self.best_strong.clear();
        let most = if reach == Reach::Planned { MOST_WORK } else { u64::MAX };
        self.work = Work { done: 0, most };
    }

    /// Files a form's expansions by term, once.
    pub(super) fn load(&mut self, view: &View<'_>, form: &QueryForm) {
        if !self.touched.is_empty() {
            return;
        }
        if self.heads.len() < view.terms.len() {
            self.heads.resize(view.terms.len(), 0);
        }
        for (i, likes) in form.singles.iter().enumerate() {
            for like in &likes.likes {
                self.file(like.term, i, &form.tokens[i..=i], like.likeness);
            }
        }
        for (i, n, likes) in &form.joined {
            for like in likes {
                self.file(like.term, *i, &form.tokens[*i..i + n], like.likeness);
            }
        }
    }

    fn file(&mut self, term: u32, at: usize, tokens: &[Weighted], likeness: Likeness) {
        if let Some(head) = self.heads.get_mut(term as usize) {
            if *head == 0 {
                self.touched.push(term);
            }
            // at most MAX_TOKENS and MAX_JOINED: they fit a byte
            let weight = tokens.iter().fold(0_u16, |sum, t| sum.saturating_add(t.weight));
            self.entries.push(Entry { at: at as u8, span: tokens.len() as u8, weight, likeness, next: *head });
            *head = self.entries.len() as u32;
        }
    }

    pub(super) fn unload(&mut self) {
        for &term in &self.touched {
            self.heads[term as usize] = 0;
        }
        self.touched.clear();
        self.entries.clear();
    }
}

/// Keeps the better of two names of a listing; of equal ones the first form and row, whatever the
/// order of reading.
pub(super) fn keep(all: &mut FxHashMap<u32, Best>, listing: u32, best: Best) {
    let key = |b: &Best| (std::cmp::Reverse(b.score), b.form, b.row);
    let kept = all.entry(listing).or_insert(best);
    if key(&best) < key(kept) {
        *kept = best;
    }
}
