//! Webhooks: events as signed POSTs to a receiver that the user names, as Standard Webhooks has them
//! (<https://www.standardwebhooks.com>).
//!
//! Promises: what is signed is what is sent, byte for byte; a receiver is checked as a publisher's address
//! is, and a redirect is never followed, so that an event goes nowhere but where it was meant to go; a
//! secret is never printed.
//!
//! Not here: which events there are and which were delivered (`store`), the clock of a delivery (`cli`).

mod key;
mod send;
mod settings;

pub use key::{Message, Secret, TOLERANCE_S, Verifier, signatures};
pub use send::{Delivered, Post, Reach, Tries, Undelivered, limits};
pub use settings::{Receiver, SecretAt, WebhookError, receivers};
