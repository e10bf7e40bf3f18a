//! Requests that were refused at the door, counted, and put on record as a summary.
//!
//! Promises: however many they are, one entry a minute; nothing of what was presented is kept.
//!
//! Not here: refusing (`door`, `access`), the log (`store`).

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use interdict_ledger::entry::Act;

use crate::app::{App, now};
use crate::problem::Fault;

/// Seconds between two summaries at least.
const EVERY: i64 = 60;

/// The counts since the last summary.
#[derive(Default)]
pub(crate) struct Refusals {
    unauthenticated: AtomicU64,
    forbidden: AtomicU64,
    rated: AtomicU64,
    told_at: AtomicI64,
}

impl Refusals {
    /// Counts one, if it is one.
    pub(crate) fn count(&self, fault: &Fault) {
        let counter = match fault {
            Fault::Unauthenticated(_) => &self.unauthenticated,
            Fault::Forbidden(_) => &self.forbidden,
            Fault::TooManyRequests => &self.rated,
            Fault::BadRequest(_)
            | Fault::NotFound(_)
            | Fault::MethodNotAllowed
            | Fault::TooSlow(_)
            | Fault::Conflict(_)
            | Fault::Doubted(..)
            | Fault::Refused(..)
            | Fault::TooLarge(_)
            | Fault::UnsupportedMedia(_)
            | Fault::NotDone(_)
            | Fault::Internal(_)
            | Fault::Overloaded
            | Fault::TimedOut
            | Fault::Unavailable(_) => return,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }
}

impl App {
    /// Puts the refusals since the last time on record, if it is time or the service ends. Blocks.
    pub(crate) fn tell_refusals(&self, at_once: bool) {
        let Some(register) = &self.register else { return };
        let (refusals, now) = (&self.refusals, now());
        if !at_once && now < refusals.told_at.load(Ordering::Relaxed).saturating_add(EVERY) {
            return;
        }
        let take = |counter: &AtomicU64| counter.swap(0, Ordering::Relaxed);
        let counts = [take(&refusals.unauthenticated), take(&refusals.forbidden), take(&refusals.rated)];
        if counts == [0; 3] {
            return;
        }
        refusals.told_at.store(now, Ordering::Relaxed);
        let [unauthenticated, forbidden, rated] = counts;
        let note = format!("{unauthenticated} unauthenticated, {forbidden} forbidden, {rated} above their rate");
        if let Err(fault) = register.act(Act::RequestsRefused, "anybody", "the service", &note) {
            tracing::error!(reason = fault.to_string(), note, "refusals are not on record");
        }
    }
}
