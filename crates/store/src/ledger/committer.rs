//! Group commit: whoever has entries hands them over, and one write makes all of them durable.
//!
//! Promises: a ticket is answered after its entries are durable, or with why they are not; those who
//! wait together share the cost of one sync.
//!
//! Not here: what a commit does (`log`).

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::thread::JoinHandle;

use super::log::{Committed, Draft, Log};
use super::sheaf::Sheaf;
use crate::StoreError;

/// Jobs that may wait. Whoever comes then waits to hand over: memory stays flat.
const WAITING: usize = 1024;

/// Entries of one commit, as long as several wait: beyond it a sync costs little for each.
const GROUP: usize = 8192;

/// Told what became of entries; must not block.
type Done = Box<dyn FnOnce(Result<Committed, StoreError>) + Send>;

enum Job {
    Commit(Result<Sheaf, StoreError>, Done),
    Ask(Box<dyn FnOnce(&mut Log) + Send>),
}

/// A thread that owns a log.
#[derive(Debug)]
pub struct Committer {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<Log>>,
    /// Bytes that are not in tiles, as of the last job.
    unfolded: Arc<AtomicU64>,
}

/// An answer to come.
#[derive(Debug)]
pub struct Ticket<T>(Receiver<T>);

fn ended() -> StoreError {
    StoreError::LedgerStopped {
        reason: "its writer has ended".to_owned(),
        hint: "start again; nothing acknowledged is lost".to_owned(),
    }
}

impl Ticket<Result<Committed, StoreError>> {
    /// Waits until the entries are durable.
    ///
    /// # Errors
    /// When they are not: none of them counts.
    pub fn wait(self) -> Result<Committed, StoreError> {
        self.0.recv().unwrap_or_else(|_| Err(ended()))
    }
}

impl Committer {
    /// Starts the thread.
    ///
    /// # Errors
    /// When the system gives none.
    pub fn start(mut log: Log) -> Result<Self, StoreError> {
        let (jobs, inbox) = mpsc::sync_channel(WAITING);
        let path = log.files().folder().to_owned();
        let unfolded = Arc::new(AtomicU64::new(log.unfolded_bytes()));
        let told = Arc::clone(&unfolded);
        let thread = std::thread::Builder::new().name("ledger".to_owned());
        let thread = thread.spawn(move || {
            serve(&mut log, &inbox, &told);
            log
        });
        Ok(Self { jobs: Some(jobs), thread: Some(thread.map_err(StoreError::io(&path))?), unfolded })
    }

    /// Bytes of entries that are durable and not in tiles yet: [`Log::unfolded_bytes`] after the last commit.
    pub fn unfolded_bytes(&self) -> u64 {
        self.unfolded.load(Ordering::Relaxed)
    }

    /// Hands entries over. They stand in the log one after another.
    pub fn submit(&self, drafts: &[Draft]) -> Ticket<Result<Committed, StoreError>> {
        self.ticket(Sheaf::of(drafts))
    }

    /// Hands entries over that are bound together.
    pub fn submit_sheaf(&self, sheaf: Sheaf) -> Ticket<Result<Committed, StoreError>> {
        self.ticket(Ok(sheaf))
    }

    /// Hands entries over; `done` is called on the writer's thread and must not block. If the writer has ended,
    /// it is dropped.
    pub fn submit_then(&self, sheaf: Sheaf, done: impl FnOnce(Result<Committed, StoreError>) + Send + 'static) {
        self.send(Ok(sheaf), Box::new(done));
    }

    fn ticket(&self, sheaf: Result<Sheaf, StoreError>) -> Ticket<Result<Committed, StoreError>> {
        let (done, ticket) = mpsc::sync_channel(1);
        let tell = move |result| {
            // Whoever asked may have gone.
            let _ = done.send(result);
        };
        self.send(sheaf, Box::new(tell));
        Ticket(ticket)
    }

    fn send(&self, sheaf: Result<Sheaf, StoreError>, done: Done) {
        // If the thread is gone, so is `done`, and the ticket says so.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Job::Commit(sheaf, done));
        }
    }

    /// Does something with the log, after what was handed over before.
    ///
    /// # Errors
    /// When the writer has ended.
    pub fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Log) -> T + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, answer) = mpsc::sync_channel(1);
        let ask = Box::new(move |log: &mut Log| {
            let _ = done.send(question(log));
        });
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(Job::Ask(ask));
        }
        answer.recv().map_err(|_| ended())
    }

    /// Ends the thread when all is done that was handed over, and gives the log back.
    ///
    /// # Errors
    /// When the writer has ended before.
    pub fn finish(mut self) -> Result<Log, StoreError> {
        self.jobs = None;
        self.thread.take().and_then(|thread| thread.join().ok()).ok_or_else(ended)
    }
}

impl Drop for Committer {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // What was handed over is still made durable.
            let _ = thread.join();
        }
    }
}

fn serve(log: &mut Log, inbox: &Receiver<Job>, unfolded: &AtomicU64) {
    let mut next = inbox.recv().ok();
    while let Some(job) = next.take() {
        match job {
            Job::Ask(question) => question(log),
            Job::Commit(Err(error), done) => done(Err(error)),
            Job::Commit(Ok(first), done) => {
                let mut waiting = vec![(first.len(), done)];
                let mut sheaf = std::mem::take(&mut log.spare);
                sheaf.append(first);
                while sheaf.len() < GROUP {
                    match inbox.try_recv() {
                        Ok(Job::Commit(Ok(more), done)) => {
                            waiting.push((more.len(), done));
                            sheaf.append(more);
                        }
                        Ok(Job::Commit(Err(error), done)) => done(Err(error)),
                        Ok(ask @ Job::Ask(_)) => {
                            next = Some(ask);
                            break;
                        }
                        Err(_) => break,
                    }
                }
                answer(log.append(sheaf), waiting);
            }
        }
        unfolded.store(log.unfolded_bytes(), Ordering::Relaxed);
        if next.is_none() {
            next = inbox.recv().ok();
        }
    }
}

fn answer(result: Result<Committed, StoreError>, waiting: Vec<(usize, Done)>) {
    let mut first = result.as_ref().map_or(0, |committed| committed.first);
    for (count, done) in waiting {
        let own = match &result {
            Ok(all) => Ok(Committed { first, ..all.clone() }),
            Err(error) => Err(StoreError::LedgerStopped {
                reason: error.to_string(),
                hint: "nothing of it counts; do it again when the cause is mended".to_owned(),
            }),
        };
        first = first.saturating_add(count as u64);
        done(own);
    }
}
