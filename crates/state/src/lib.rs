//! What the service keeps between requests: keys with their roles, the setup token, sessions, proposals, answers given
//! under an idempotency key; on SQLite for one machine, on PostgreSQL for several instances.
//!
//! Promises: a token is never stored, only its SHA-256; what is written is durable before it is
//! confirmed; the same statements run on both databases, and the same tests.
//!
//! Not here: what a role may do (`server`), clocks (the time is an argument), list data (`store`).

mod address;
mod database;
mod encryption;
mod key;
mod once;
mod passfile;
mod postgres;
mod proposal;
mod role;
mod session;
mod sqlite;
mod state;
mod token;

pub use address::has_password;
pub use key::{Key, KeyStanding, NewKey};
pub use once::{Begun, Kept};
pub use proposal::{NewProposal, Proposal, Stage};
pub use role::Role;
pub use session::{Ending, NewSession, Session};
pub use state::State;
pub use token::{Token, TokenHash};

/// Why the state could not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StateError {
    /// The database refuses.
    #[error("{place}: {reason}\nhint: {hint}")]
    Database {
        /// Which database.
        place: String,
        /// Its words.
        reason: String,
        /// What to do.
        hint: String,
    },
    /// A stored value is not one that this version writes.
    #[error("{place}: {reason}\nhint: restore the database from a backup, or use the version that wrote it")]
    Damaged {
        /// Which table.
        place: String,
        /// What does not fit.
        reason: String,
    },
    /// Something asked for does not fit.
    #[error("{reason}\nhint: {hint}")]
    Refused {
        /// What.
        reason: String,
        /// What would.
        hint: String,
    },
    /// The system gives no random numbers.
    #[error("the system gives no random numbers: {0}\nhint: check /dev/urandom or its like")]
    NoRandom(String),
}
