//! Writes that were begun, each done to its end.
//!
//! Whoever sent a write may go before it is done, and its connection with it. What was done by then would stand without its entry in
//! the ledger, and under its idempotency key it would be done a second time.
//!
//! Promises: a write that began ends, also when its caller went; the service's own end waits for those under way.
//!
//! Not here: which requests write (`door`), doing one once (`once`).

use std::future::Future;
use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use tokio::sync::watch;

use crate::problem::Fault;

/// The writes under way.
pub(crate) struct Writes(Arc<watch::Sender<usize>>);

impl Default for Writes {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

/// One of them.
struct Turn(Arc<watch::Sender<usize>>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.send_modify(|under_way| *under_way = under_way.saturating_sub(1));
    }
}

impl Writes {
    /// Does a write, whether somebody waits for the answer or not.
    pub(crate) async fn finished(&self, write: impl Future<Output = Response> + Send + 'static) -> Response {
        self.0.send_modify(|under_way| *under_way += 1);
        let turn = Turn(Arc::clone(&self.0));
        let done = tokio::spawn(async move {
            let response = write.await;
            drop(turn);
            response
        });
        done.await.unwrap_or_else(|error| Fault::Internal(format!("a write: {error}")).into_response())
    }

    /// Waits until none is under way.
    pub(crate) async fn none_under_way(&self) {
        // The sender is ours, so that it cannot be gone.
        let _ = self.0.subscribe().wait_for(|under_way| *under_way == 0).await;
    }
}
