//! Where calls are worked on: beside the protocol, or in the queue of a service.
//!
//! Promises: work that was turned away or given up has no answer.
//!
//! Not here: the queue of the service (`server`).

use std::pin::Pin;

use interdict_engine::Scratch;

/// Work for a thread that compares.
pub type Job = Box<dyn FnOnce(&mut Scratch) + Send>;

/// Work that is waited for.
pub type Waiting = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Where work is done.
pub trait Hall: Send + Sync + 'static {
    /// Has it done; ends in an error, in words, if it was not.
    fn run(&self, job: Job) -> Waiting;
}

/// Beside the protocol, on threads of the runtime.
pub(crate) struct Alone;

impl Hall for Alone {
    fn run(&self, job: Job) -> Waiting {
        Box::pin(async move {
            let done = tokio::task::spawn_blocking(move || job(&mut Scratch::default())).await;
            done.map_err(|error| format!("could not be done: {error}"))
        })
    }
}
