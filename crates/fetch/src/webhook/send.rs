//! One event to one receiver: tries, waits, tries again.
//!
//! Promises: only an answer of 200 to 299 counts as delivered; every attempt has the same id and body, and
//! the time and signature of its own; a wait is that of `Retry-After`, or grows and is spread by chance;
//! a redirect is an answer and no way.
//!
//! Not here: many events and what is kept of them (`cli`, `store`).

use std::fmt;
use std::io::Read;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use url::Url;

use super::key::{Message, Secret, signatures};
use crate::client::Client;
use crate::error::{Cause, FetchError, shown};
use crate::exchange::{check, seconds, text, told};
use crate::settings::Limits;

/// Time for one attempt: the standard recommends 15 to 30 s.
const ATTEMPT: Duration = Duration::from_secs(20);

/// Most bytes of an answer that are read, so that the connection can be used again.
const LONGEST_ANSWER: u64 = 64 << 10;

/// Characters of an answer that are told on.
const TOLD: usize = 200;

/// Bounds of a client that sends events.
pub fn limits() -> Limits {
    Limits { total: ATTEMPT, idle: ATTEMPT, connect: Duration::from_secs(10), redirects: 0, ..Limits::default() }
}

/// An event for a receiver.
#[derive(Clone, Copy, Debug)]
pub struct Post<'a> {
    /// Where to.
    pub url: &'a Url,
    /// Its id.
    pub id: &'a str,
    /// Its body, JSON.
    pub body: &'a [u8],
    /// The keys that sign it.
    pub secrets: &'a [Secret],
}

/// How often and how long it is tried.
#[derive(Clone, Copy, Debug)]
pub struct Tries {
    /// Attempts, the first included.
    pub attempts: u32,
    /// Wait before the second; it triples with each.
    pub pause: Duration,
    /// When to stop.
    pub deadline: Instant,
}

/// An event that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Delivered {
    /// The receiver's answer.
    pub status: u16,
    /// Attempts it took.
    pub attempts: u32,
}

/// How far what stood in the way reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// This event: another may be taken.
    Event,
    /// The receiver, for now: try all of them later.
    Receiver,
}

/// Why an event was not taken.
#[derive(Debug)]
pub struct Undelivered {
    error: FetchError,
    /// What the receiver said, if it was text: the first of it.
    answer: String,
    /// Attempts that were made.
    pub attempts: u32,
}

impl Undelivered {
    fn new(url: &Url, cause: Cause) -> Self {
        Self { error: FetchError { address: shown(url), cause }, answer: String::new(), attempts: 0 }
    }

    /// The address, as it may be printed.
    pub fn address(&self) -> &str {
        &self.error.address
    }

    /// Why, without address and remedy.
    pub fn reason(&self) -> String {
        match &self.error.cause {
            Cause::Status { code: 410, .. } => "the receiver answers `410 Gone`: it wants no more".to_owned(),
            Cause::Status { code: 300..=399, .. } => {
                format!("{}; a redirect is not followed", self.error.reason())
            }
            Cause::Time(_) => format!("no answer within {} s", ATTEMPT.as_secs()),
            Cause::Status { .. }
            | Cause::Refused(_)
            | Cause::Redirects(_)
            | Cause::Connection(_)
            | Cause::TooLarge(_)
            | Cause::WrongType(_)
            | Cause::Damaged(_)
            | Cause::Kept(_) => {
                let said = if self.answer.is_empty() { String::new() } else { format!(": {}", self.answer) };
                format!("{}{said}", self.error.reason().replace("the server answers", "the receiver answers"))
            }
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match &self.error.cause {
            Cause::Refused(reason) if reason.contains("http:") => {
                "use https; `allow_http = true` in webhooks.toml, or --allow-http, allows plain http"
            }
            Cause::Refused(reason) if reason.contains("TLS") => "--ca FILE trusts certificates of your own",
            Cause::Refused(_) => {
                "`allow_private = true` in webhooks.toml, or --allow-private, allows receivers in your own network"
            }
            Cause::Status { code: 410, .. } => "take it out of webhooks.toml, or set `off = true`",
            Cause::Status { code: 300..=399, .. } => "put the address that it ends at into webhooks.toml",
            Cause::Status { code: 401 | 403, .. } => "does the receiver have the same secret, and the right time?",
            Cause::Status { .. }
            | Cause::Redirects(_)
            | Cause::Connection(_)
            | Cause::Time(_)
            | Cause::TooLarge(_)
            | Cause::WrongType(_)
            | Cause::Damaged(_)
            | Cause::Kept(_) => "`interdict monitor deliver` tries again what is not delivered",
        }
    }

    /// Whether it speaks of this event or of the receiver.
    pub fn reach(&self) -> Reach {
        match &self.error.cause {
            Cause::Status { code: 400 | 409 | 413 | 415 | 422, .. } => Reach::Event,
            Cause::Status { .. }
            | Cause::Refused(_)
            | Cause::Redirects(_)
            | Cause::Connection(_)
            | Cause::Time(_)
            | Cause::TooLarge(_)
            | Cause::WrongType(_)
            | Cause::Damaged(_)
            | Cause::Kept(_) => Reach::Receiver,
        }
    }

    /// Seconds after which the receiver asked to come back.
    pub fn retry_after_s(&self) -> Option<u64> {
        match &self.error.cause {
            Cause::Status { retry_after, .. } => *retry_after,
            Cause::Refused(_)
            | Cause::Redirects(_)
            | Cause::Connection(_)
            | Cause::Time(_)
            | Cause::TooLarge(_)
            | Cause::WrongType(_)
            | Cause::Damaged(_)
            | Cause::Kept(_) => None,
        }
    }

    fn is_transient(&self) -> bool {
        match &self.error.cause {
            // What a receiver can mend within the hour; any other answer stays what it is.
            Cause::Status { code, .. } => matches!(code, 408 | 425 | 429 | 500..=599),
            Cause::Connection(_) | Cause::Time(_) => true,
            Cause::Refused(_)
            | Cause::Redirects(_)
            | Cause::TooLarge(_)
            | Cause::WrongType(_)
            | Cause::Damaged(_)
            | Cause::Kept(_) => false,
        }
    }
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\nhint: {}", self.address(), self.reason(), self.hint())
    }
}

impl std::error::Error for Undelivered {}

impl Client {
    /// Sends an event, again if it must be.
    ///
    /// # Errors
    /// When the receiver has not taken it within the attempts and the time.
    pub fn deliver(
        &self,
        post: &Post<'_>,
        tries: &Tries,
        again: &(dyn Fn(&Undelivered, Duration) + Sync),
    ) -> Result<Delivered, Undelivered> {
        let mut pause = tries.pause;
        let mut attempts = 1;
        loop {
            let mut failed = match self.post(post, tries.deadline) {
                Ok(status) => return Ok(Delivered { status, attempts }),
                Err(failed) => failed,
            };
            failed.attempts = attempts;
            let wait = failed.retry_after_s().map_or_else(|| spread(pause), Duration::from_secs);
            let in_time = Instant::now().checked_add(wait).is_some_and(|then| then < tries.deadline);
            if !failed.is_transient() || attempts >= tries.attempts || !in_time {
                return Err(failed);
            }
            again(&failed, wait);
            thread::sleep(wait);
            attempts = attempts.saturating_add(1);
            pause = pause.saturating_mul(3);
        }
    }

    /// One attempt.
    fn post(&self, post: &Post<'_>, deadline: Instant) -> Result<u16, Undelivered> {
        let Post { url, id, body, secrets } = *post;
        check(self, url).map_err(|error| Undelivered { error, answer: String::new(), attempts: 0 })?;
        let left = deadline.saturating_duration_since(Instant::now()).min(self.settings.limits.total);
        if left.is_zero() {
            return Err(Undelivered::new(url, Cause::Time(String::new())));
        }
        let at = Timestamp::now().as_second();
        let message = Message { id, at, body };
        let asked = self
            .agent
            .post(url.as_str())
            .header("Content-Type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", at.to_string())
            .header("webhook-signature", signatures(secrets, &message));
        let sent = asked.config().timeout_global(Some(left)).build().send(body);
        let mut answer = sent.map_err(|error| Undelivered::new(url, told(error)))?;
        let code = answer.status().as_u16();
        let header = |name: &str| text(answer.headers(), name);
        let retry_after = header("retry-after").and_then(|text| seconds(&text, Timestamp::now()));
        let is_text = header("content-type").is_none_or(|kind| kind.starts_with("text/plain") || kind.contains("json"));
        let mut said = Vec::new();
        // Delivered or not was decided by the status; what cannot be read of the rest is not told.
        let _ = answer.body_mut().as_reader().take(LONGEST_ANSWER).read_to_end(&mut said);
        if (200..300).contains(&code) {
            return Ok(code);
        }
        let mut failed = Undelivered::new(url, Cause::Status { code, retry_after });
        if is_text {
            let said = String::from_utf8_lossy(&said);
            failed.answer = said.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(TOLD).collect();
        }
        Err(failed)
    }
}

/// Half to one and a half of a wait, so that many senders do not come back at once.
fn spread(wait: Duration) -> Duration {
    let mut random = [0; 2];
    // Without randomness the wait is as it is: nothing secret hangs on it.
    let share = match getrandom::fill(&mut random) {
        Ok(()) => f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX),
        Err(_) => 0.5,
    };
    wait.mul_f64(0.5 + share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_spread_around_their_length() {
        let waits: Vec<Duration> = (0..64).map(|_| spread(Duration::from_secs(10))).collect();
        assert!(waits.iter().all(|wait| (5.0..=15.0).contains(&wait.as_secs_f64())), "{waits:?}");
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }
}
