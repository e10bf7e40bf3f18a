//! Questions to the state, which blocks and may hang: bounded in number and in time.
//!
//! Promises: no more than [`AT_ONCE`] threads wait for the database, and no more requests than the queue has for one of
//! them; one that has waited for its deadline is told so. A database that hangs costs no memory.
//!
//! Not here: what is asked (`door`, `once`, `keys`), the bounded queue of comparisons (`pool`).

use std::sync::Arc;
use std::time::Duration;

use interdict_state::{State, StateError};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::problem::Fault;

/// SQLite answers one at a time, PostgreSQL takes this many on one connection; more threads would wait in vain.
const AT_ONCE: usize = 32;

/// Who may ask.
pub(crate) struct Asks {
    waiting: Semaphore,
    asking: Arc<Semaphore>,
}

impl Asks {
    /// So many requests may wait.
    pub(crate) fn new(most: usize) -> Self {
        Self { waiting: Semaphore::new(most.saturating_add(AT_ONCE)), asking: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Has a thread that may block ask the state.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        state: Arc<State>,
        deadline: Duration,
        ask: impl FnOnce(&State) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, Fault> {
        let _waiting = self.waiting.try_acquire().map_err(|_| Fault::Overloaded)?;
        let Ok(Ok(asking)) = timeout(deadline, Arc::clone(&self.asking).acquire_owned()).await else {
            return Err(Fault::Unavailable("the service's state does not answer".to_owned()));
        };
        // The thread holds its place also when whoever asked has gone.
        let asked = spawn_blocking(move || {
            let _asking = asking;
            ask(&state)
        });
        match asked.await {
            Ok(result) => Ok(result?),
            Err(error) => Err(Fault::Internal(format!("state: {error}"))),
        }
    }
}
