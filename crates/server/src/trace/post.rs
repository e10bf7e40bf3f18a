//! The thread that sends spans to the collector, some hundred at a time.
//!
//! Promises: it alone waits for the collector; what the collector does not take after a few attempts is counted and let go; the log
//! says once that it does not answer and once that it does again.
//!
//! Not here: the queue before it (`trace`).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::settings::Traces;
use super::{Counts, Span, wire};

/// Spans sent at a time: what OpenTelemetry's own exporters send.
const AT_A_TIME: usize = 512;

/// How long spans wait for others to be sent with.
const GATHERED_FOR: Duration = Duration::from_millis(500);

/// How long others gather unseen: at twenty thousand requests a second the queue is not full by then.
const ASLEEP: Duration = Duration::from_millis(20);

/// How often it is looked whether the service ends.
const LOOKED_EVERY: Duration = Duration::from_millis(100);

/// Pauses between attempts.
const PAUSES: [Duration; 2] = [Duration::from_millis(250), Duration::from_millis(1_000)];

/// Sends.
pub(super) struct Post {
    agent: ureq::Agent,
    to: String,
    headers: Vec<(String, String)>,
    resource: Vec<(String, String)>,
    counts: Arc<Counts>,
    ending: Arc<AtomicBool>,
}

impl Post {
    pub(super) fn new(settings: &Traces, counts: Arc<Counts>, ending: Arc<AtomicBool>) -> Self {
        // The collector is the operator's own, and near: no proxy, no redirects that would carry its key away.
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(settings.timeout))
            .proxy(None)
            .max_redirects(0)
            .http_status_as_error(false)
            .user_agent(format!("interdict/{}", interdict_engine::VERSION));
        Self {
            agent: config.build().new_agent(),
            to: settings.to.to_string(),
            headers: settings.headers.clone(),
            resource: settings.resource.clone(),
            counts,
            ending,
        }
    }

    fn is_ending(&self) -> bool {
        self.ending.load(Ordering::Relaxed)
    }

    /// Sends until the service ends.
    pub(super) fn run(&self, spans: &Receiver<Span>) {
        let mut is_well = true;
        loop {
            let (some, is_last) = self.gather(spans);
            if !some.is_empty() {
                let sent = self.send(&some);
                let (count, word) =
                    if sent.is_ok() { (&self.counts.sent, "sent") } else { (&self.counts.failed, "lost") };
                count.fetch_add(some.len() as u64, Ordering::Relaxed);
                match &sent {
                    Err(reason) if is_well => {
                        tracing::warn!(reason, word, "the collector of traces does not take them")
                    }
                    Ok(()) if !is_well => tracing::info!("the collector of traces takes them again"),
                    Ok(()) | Err(_) => {}
                }
                is_well = sent.is_ok();
            }
            if is_last {
                return;
            }
        }
    }

    /// Some spans, and whether they are the last. The first wakes this thread and the others find it asleep: to wake it for
    /// each would cost a request as much as its comparison.
    fn gather(&self, spans: &Receiver<Span>) -> (Vec<Span>, bool) {
        let mut some = Vec::new();
        match spans.recv_timeout(LOOKED_EVERY) {
            Ok(span) => some.push(span),
            Err(RecvTimeoutError::Timeout) => return (some, self.is_ending()),
            Err(RecvTimeoutError::Disconnected) => return (some, true),
        }
        let until = Instant::now() + GATHERED_FOR;
        loop {
            some.extend(spans.try_iter().take(AT_A_TIME.saturating_sub(some.len())));
            if some.len() >= AT_A_TIME || Instant::now() >= until || self.is_ending() {
                return (some, false);
            }
            std::thread::sleep(ASLEEP);
        }
    }

    fn send(&self, spans: &[Span]) -> Result<(), String> {
        let body = wire::request(&self.resource, spans);
        let mut attempt = self.attempt(&body);
        for pause in PAUSES {
            match &attempt {
                Err((_, true)) if !self.is_ending() => std::thread::sleep(pause),
                Ok(()) | Err(_) => break,
            }
            attempt = self.attempt(&body);
        }
        attempt.map_err(|(reason, _)| reason)
    }

    /// One attempt: why it failed, and whether another may do better.
    fn attempt(&self, body: &[u8]) -> Result<(), (String, bool)> {
        let mut request = self.agent.post(&self.to).header("content-type", "application/x-protobuf");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        match request.send(body) {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                let status = answer.status().as_u16();
                Err((format!("it answers {status}"), [429, 502, 503, 504].contains(&status)))
            }
            // Words of the library name hosts and times, never headers.
            Err(error) => Err((error.to_string(), true)),
        }
    }
}
