//! What a batch holds in memory: parts that are being compared, and answers that nobody has taken yet.
//!
//! Promises: no further part is begun while more bytes of answers wait than [`MOST_BYTES`]; those that were begun are a few
//! for each thread, so that a batch of hits whose answers are taken slowly holds megabytes, and not parts without end.
//!
//! Not here: the order of parts (`batch`), rows of a part (`part`).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

/// Bytes of answers that wait, from which on no part is begun: three thousand rows without hits, more than are compared
/// while a disk makes others durable.
const MOST_BYTES: usize = 2 << 20;

/// Parts that wait to be compared or are, for each thread.
const AHEAD: usize = 4;

/// The count of one batch.
#[derive(Debug)]
pub(super) struct Held {
    most_begun: usize,
    begun: AtomicUsize,
    bytes: AtomicUsize,
    /// For the one who begins parts.
    less: Notify,
}

/// A part that was begun, until it is dropped: how much of its answers waits.
#[derive(Debug)]
pub(super) struct Holds {
    of: Arc<Held>,
    /// None as long as it is compared.
    bytes: Option<usize>,
}

impl Held {
    pub(super) fn new(threads: usize) -> Arc<Self> {
        let most_begun = threads.saturating_mul(AHEAD).max(1);
        Arc::new(Self { most_begun, begun: AtomicUsize::new(0), bytes: AtomicUsize::new(0), less: Notify::new() })
    }

    /// Waits until a part may be begun, and counts it. For one task alone.
    pub(super) async fn begin(self: &Arc<Self>) -> Holds {
        while self.begun.load(Ordering::Acquire) >= self.most_begun || self.bytes.load(Ordering::Acquire) >= MOST_BYTES
        {
            // What is told before anybody waits is told when somebody does.
            self.less.notified().await;
        }
        self.begun.fetch_add(1, Ordering::AcqRel);
        Holds { of: Arc::clone(self), bytes: None }
    }
}

impl Holds {
    /// Says that the part is answered.
    pub(super) fn answered(&mut self, bytes: usize) {
        if self.bytes.is_none() {
            self.bytes = Some(bytes);
            self.of.bytes.fetch_add(bytes, Ordering::AcqRel);
            self.of.begun.fetch_sub(1, Ordering::AcqRel);
            self.of.less.notify_one();
        }
    }
}

impl Drop for Holds {
    fn drop(&mut self) {
        match self.bytes {
            Some(bytes) => self.of.bytes.fetch_sub(bytes, Ordering::AcqRel),
            None => self.of.begun.fetch_sub(1, Ordering::AcqRel),
        };
        self.of.less.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a part may be begun at once.
    fn begins(held: &Arc<Held>) -> Option<Holds> {
        let mut begin = Box::pin(held.begin());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match begin.as_mut().poll(&mut context) {
            std::task::Poll::Ready(holds) => Some(holds),
            std::task::Poll::Pending => None,
        }
    }

    #[test]
    fn parts_wait_for_those_compared_and_for_answers_that_are_taken() {
        let held = Held::new(2);
        let mut parts: Vec<Holds> = (0..8).map(|_| begins(&held).unwrap()).collect();
        assert!(begins(&held).is_none(), "four are begun for each thread");
        // One that comes to nothing makes room, and so does one that is answered, as long as not too much waits.
        parts.pop();
        parts.push(begins(&held).unwrap());
        parts[0].answered(MOST_BYTES - 1);
        parts.push(begins(&held).unwrap());
        assert!(begins(&held).is_none());
        parts[1].answered(1);
        parts[1].answered(1);
        assert!(begins(&held).is_none(), "its bytes are too many");
        drop(parts.remove(1));
        assert!(begins(&held).is_some(), "one byte was taken");
        parts.iter_mut().for_each(|part| part.answered(MOST_BYTES));
        assert!(begins(&held).is_none());
        parts.clear();
        assert_eq!((held.begun.load(Ordering::Relaxed), held.bytes.load(Ordering::Relaxed)), (0, 0));
    }
}
