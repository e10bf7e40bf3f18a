//! What is tested of sign-in, access, two persons and idempotency on SQLite, again on PostgreSQL: the modules are those tests, and
//! their service finds by its place here (`service::Service::over`) that it is to use a database of its own.
//!
//! Skipped, in words, where PostgreSQL is not installed.

#![cfg(unix)]
#![allow(clippy::duplicate_mod, reason = "each of the tests brings the service it starts")]

#[path = "access.rs"]
mod access;
#[path = "four_eyes.rs"]
mod four_eyes;
#[path = "four_eyes_people.rs"]
mod four_eyes_people;
#[path = "four_eyes_races.rs"]
mod four_eyes_races;
#[path = "oidc.rs"]
mod oidc;
#[path = "oidc_attacks.rs"]
mod oidc_attacks;
#[path = "oidc_sessions.rs"]
mod oidc_sessions;
#[path = "once.rs"]
mod once;
