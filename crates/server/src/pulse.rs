//! Whether the state can be reached, asked all the time: what readiness says, and what spares requests to wait in vain.
//!
//! Promises: a database that is gone is noticed within [`EVERY`] and the time of a question, one that is back within
//! [`EVERY`]; each change is in the log once.
//!
//! Not here: connecting anew (`state`), what readiness looks at besides (`health`).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::App;

/// How often it is asked.
const EVERY: Duration = Duration::from_millis(500);

/// What was found last.
#[derive(Default)]
pub(crate) struct Pulse(Mutex<Option<String>>);

impl Pulse {
    /// Why the state cannot be reached; none if it can.
    pub(crate) fn stopped(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn found(&self, stopped: Option<String>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match (&*held, &stopped) {
            (None, Some(reason)) => tracing::error!(reason, "the state cannot be reached; whoever needs it gets 503"),
            (Some(_), None) => tracing::info!("the state is reached again"),
            (None, None) | (Some(_), Some(_)) => {}
        }
        *held = stopped;
    }
}

/// Asks for as long as the service runs.
pub(crate) async fn feel(app: Arc<App>) {
    loop {
        sleep(EVERY).await;
        let state = Arc::clone(&app.state);
        let stopped = match spawn_blocking(move || state.ping()).await {
            Ok(Ok(())) => None,
            // The hint is for whoever starts the service.
            Ok(Err(error)) => Some(error.to_string().lines().next().unwrap_or_default().to_owned()),
            Err(error) => Some(error.to_string()),
        };
        app.pulse.found(stopped);
    }
}
