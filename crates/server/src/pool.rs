//! Threads that compare, and the bounded queue before them.
//!
//! Promises: no more than the set number of requests wait; one whose deadline has passed is not
//! begun; single requests go before parts of a batch, but a batch is never shut out; a panic costs
//! its own request alone.
//!
//! Each thread keeps its own [`Scratch`], in which expansions of words seen before are found again.
//!
//! Not here: what is compared (`screen`, `batch`), the deadline of a request (`app`).

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use interdict_engine::Scratch;
use tokio::sync::oneshot;

/// After so many single requests in a row a part of a batch has its turn.
const SINGLES_IN_A_ROW: u32 = 8;

type Job = Box<dyn FnOnce(&mut Scratch) + Send>;

/// What a job is part of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Lane {
    /// A request by itself; it may be turned away, and is dropped after its deadline.
    Single(Instant),
    /// A part of a batch, which bounds itself.
    Batch,
}

/// The queue is full.
#[derive(Debug)]
pub(crate) struct Full;

#[derive(Default)]
struct Queue {
    singles: VecDeque<(Instant, Job)>,
    parts: VecDeque<Job>,
    in_a_row: u32,
    closed: bool,
}

impl Queue {
    fn next(&mut self) -> Option<Job> {
        let batch_first = self.in_a_row >= SINGLES_IN_A_ROW;
        if batch_first && let Some(part) = self.parts.pop_front() {
            self.in_a_row = 0;
            return Some(part);
        }
        while let Some((deadline, job)) = self.singles.pop_front() {
            if deadline > Instant::now() {
                self.in_a_row = self.in_a_row.saturating_add(1);
                return Some(job);
            }
            // Dropped: whoever waits for it is told that it could not be done.
        }
        self.in_a_row = 0;
        self.parts.pop_front()
    }
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    waiting: AtomicUsize,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Jobs run outside the lock, so that a panic leaves the queue sound.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The threads.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    most: usize,
    threads: Vec<JoinHandle<()>>,
}

impl Pool {
    /// So many threads, before which so many requests may wait.
    pub(crate) fn start(threads: usize, most: usize) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let start = |n: usize| {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("compare-{n}")).spawn(move || work(&shared))
        };
        let threads = (0..threads.max(1)).map(start).collect::<std::io::Result<Vec<_>>>()?;
        Ok(Self { shared, most, threads })
    }

    /// How many requests wait.
    pub(crate) fn waiting(&self) -> usize {
        self.shared.waiting.load(Ordering::Relaxed)
    }

    /// Has a thread do something; the receiver gets nothing if it was dropped or panicked.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&mut Scratch) -> T + Send + 'static,
    ) -> Result<oneshot::Receiver<T>, Full> {
        let (done, answer) = oneshot::channel();
        let job: Job = Box::new(move |scratch| {
            // Nobody waits for it any more if the client has gone.
            if !done.is_closed() {
                let _ = done.send(work(scratch));
            }
        });
        {
            let mut queue = self.shared.queue();
            match lane {
                Lane::Single(_) if queue.singles.len() >= self.most => return Err(Full),
                Lane::Single(deadline) => queue.singles.push_back((deadline, job)),
                Lane::Batch => queue.parts.push_back(job),
            }
            self.shared.waiting.store(queue.singles.len(), Ordering::Relaxed);
        }
        self.shared.wake.notify_one();
        Ok(answer)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.queue().closed = true;
        self.shared.wake.notify_all();
        for thread in self.threads.drain(..) {
            // Panics of jobs are caught; there is nothing to say of a thread that ends.
            let _ = thread.join();
        }
    }
}

fn work(shared: &Shared) {
    let mut scratch = Scratch::default();
    loop {
        let job = {
            let mut queue = shared.queue();
            loop {
                if let Some(job) = queue.next() {
                    shared.waiting.store(queue.singles.len(), Ordering::Relaxed);
                    break job;
                }
                if queue.closed {
                    return;
                }
                queue = shared.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        };
        if catch_unwind(AssertUnwindSafe(|| job(&mut scratch))).is_err() {
            // What the panic left in it is not to be trusted.
            scratch = Scratch::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    fn soon() -> Lane {
        Lane::Single(Instant::now() + Duration::from_secs(60))
    }

    #[test]
    fn the_queue_is_bounded_and_the_late_are_dropped() {
        let pool = Pool::start(1, 2).unwrap();
        let (begun, is_begun) = mpsc::channel();
        let (release, released) = mpsc::channel::<()>();
        let first = pool
            .run(soon(), move |_| {
                begun.send(()).unwrap();
                released.recv().unwrap();
                1
            })
            .unwrap();
        is_begun.recv().unwrap();
        let late = pool.run(Lane::Single(Instant::now()), |_| 2).unwrap();
        let third = pool.run(soon(), |_| 3).unwrap();
        assert!(pool.run(soon(), |_| 4).is_err(), "two wait already");
        assert_eq!(pool.waiting(), 2);
        release.send(()).unwrap();
        assert_eq!(first.blocking_recv(), Ok(1));
        assert!(late.blocking_recv().is_err(), "its deadline had passed");
        assert_eq!(third.blocking_recv(), Ok(3));
    }

    #[test]
    fn a_panic_costs_one_request() {
        let pool = Pool::start(1, 2).unwrap();
        let lost = pool.run(soon(), |_| -> u8 { panic!("on purpose") }).unwrap();
        assert!(lost.blocking_recv().is_err());
        assert_eq!(pool.run(soon(), |_| 5).unwrap().blocking_recv(), Ok(5));
    }

    #[test]
    fn a_batch_is_not_shut_out() {
        let mut queue = Queue::default();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mark = |name: &'static str| -> Job {
            let order = Arc::clone(&order);
            Box::new(move |_| order.lock().unwrap().push(name))
        };
        for _ in 0..20 {
            queue.singles.push_back((Instant::now() + Duration::from_secs(60), mark("single")));
        }
        queue.parts.push_back(mark("part"));
        let mut scratch = Scratch::default();
        while let Some(job) = queue.next() {
            job(&mut scratch);
        }
        let at = order.lock().unwrap().iter().position(|name| *name == "part");
        assert_eq!(at, Some(8));
    }
}
