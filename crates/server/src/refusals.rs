//! Requests that were refused at the door or turned away because too much waits, counted, and put on record as a summary.
//!
//! Promises: counting costs an addition and waits for nothing; however many they are, one entry a minute for those refused and
//! one a second for those turned away; nothing of what was presented is kept. A crash loses the counts since the last entry.
//!
//! Not here: refusing (`door`, `access`, `pool`), the log (`store`).

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use interdict_ledger::entry::Act;

use crate::app::{App, now};
use crate::problem::Fault;

/// Seconds between two summaries of refusals at least.
const EVERY: i64 = 60;

/// The same of those turned away: they asked about parties, so that their number is to be known soon.
const EVERY_OVERLOAD: i64 = 1;

/// The counts since the last summary.
#[derive(Default)]
pub(crate) struct Refusals {
    unauthenticated: AtomicU64,
    forbidden: AtomicU64,
    rated: AtomicU64,
    told_at: AtomicI64,
    overloaded: AtomicU64,
    overload_told_at: AtomicI64,
}

impl Refusals {
    /// Counts one, if it is one.
    pub(crate) fn count(&self, fault: &Fault) {
        let counter = match fault {
            Fault::Unauthenticated(_) => &self.unauthenticated,
            Fault::Forbidden(_) => &self.forbidden,
            Fault::TooManyRequests => &self.rated,
            Fault::Overloaded => &self.overloaded,
            Fault::BadRequest(_)
            | Fault::NotFound(_)
            | Fault::MethodNotAllowed
            | Fault::NotAcceptable(_)
            | Fault::TooSlow(_)
            | Fault::Conflict(_)
            | Fault::Doubted(..)
            | Fault::Refused(..)
            | Fault::TooLarge(_)
            | Fault::UnsupportedMedia(_)
            | Fault::NotDone(_)
            | Fault::Internal(_)
            | Fault::TimedOut
            | Fault::Unavailable(_)
            | Fault::OnRecord(..) => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

/// Whether it is time for another summary.
fn is_due(told_at: &AtomicI64, every: i64, now: i64) -> bool {
    now >= told_at.load(Ordering::Relaxed).saturating_add(every)
}

impl App {
    /// Puts the refusals since the last time on record, if it is time or the service ends. Blocks.
    pub(crate) fn tell_refusals(&self, at_once: bool) {
        let (refusals, now) = (&self.refusals, now());
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        if at_once || is_due(&refusals.told_at, EVERY, now) {
            let counts = [take(&refusals.unauthenticated), take(&refusals.forbidden), take(&refusals.rated)];
            let [unauthenticated, forbidden, rated] = counts;
            if counts != [0; 3] {
                refusals.told_at.store(now, Ordering::Relaxed);
                let note =
                    format!("{unauthenticated} unauthenticated, {forbidden} forbidden, {rated} above their rate");
                self.sum_up(Act::RequestsRefused, &note);
            }
        }
        if at_once || is_due(&refusals.overload_told_at, EVERY_OVERLOAD, now) {
            let overloaded = take(&refusals.overloaded);
            if overloaded > 0 {
                refusals.overload_told_at.store(now, Ordering::Relaxed);
                self.sum_up(Act::RequestsTurnedAway, &format!("{overloaded} overloaded, nobody screened"));
            }
        }
    }

    fn sum_up(&self, act: Act, note: &str) {
        let Some(register) = &self.register else { return };
        if let Err(fault) = register.act(act, "anybody", "the service", note) {
            tracing::error!(reason = fault.to_string(), note, "refusals are not on record");
        }
    }
}
