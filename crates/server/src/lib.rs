//! The HTTP interface: one party, many parties, explanations, law, lists; who may ask what.
//!
//! Promises: an answer is recorded before it is shown; a request is answered from one snapshot
//! wholly; whatever could not be done is a problem (RFC 9457) with a stable code and never reads as
//! clear; nobody who is not allowed by name gets anything; what is set to need two persons needs two; no name of a party enters a log or an address.
//!
//! Not here: comparing (`engine`), files (`store`), keys as they are kept (`state`), arguments (`cli`).

pub mod access;
mod agents;
mod app;
mod asks;
mod batch;
mod check;
pub mod compat;
mod curate;
mod describe;
mod doc;
mod door;
mod errands;
mod health;
mod keys;
mod law;
mod listings;
mod lists;
mod metrics;
mod monitor;
mod oidc;
mod once;
mod page;
mod pool;
mod problem;
mod proposals;
mod pulse;
mod question;
mod redact;
mod refusals;
mod register;
mod screen;
mod serve;
mod settings;
mod shape;
mod tls;
mod trace;
mod undone;
mod writes;

pub use app::{App, AppError};
pub use doc::openapi;
pub use errands::{Allowance, Errands, Sides, Undone};
pub use lists::Loaded;
pub use oidc::{ClientAuth, ClientSecret, Examined, OidcSettings, OidcTable, ServeFile, Words, examine};
pub use problem::Fault;
pub use proposals::{FourEyes, FourEyesError};
pub use redact::{Redaction, RedactionError};
pub use serve::{Running, run, start};
pub use settings::{Dialect, Settings, Tls};
pub use trace::{Traces, TracesError};
pub use undone::{Unread, is_unread_for_good, unread_again, unread_forms};
