//! A write that is done once, however often it is sent.

use crate::database::{Column, Value, text_of, whole_of};
use crate::{State, StateError};
use interdict_model::Digest;

/// What is known of an idempotency key when a request with it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Begun {
    /// It is new: do the work, then [`State::finish_once`].
    New,
    /// The same request was answered before.
    Answered {
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
    /// The same request is being worked on, or its worker died.
    UnderWay,
    /// Another request came with this key.
    Other,
}

/// An answer to a write under somebody's idempotency key, to be kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// Whose key it is.
    pub owner: String,
    /// The key.
    pub name: String,
    /// The status.
    pub status: u16,
    /// The body.
    pub body: String,
}

impl Kept {
    /// The values of [`FINISH`].
    pub(crate) fn values(&self) -> [Value; 4] {
        [
            Value::Whole(i64::from(self.status)),
            Value::Text(self.body.clone()),
            Value::Text(self.owner.clone()),
            Value::Text(self.name.clone()),
        ]
    }
}

/// Keeps an answer to a write that is under way.
pub(crate) const FINISH: &str =
    "UPDATE once SET status = $1, body = $2 WHERE owner = $3 AND name = $4 AND status IS NULL";

/// How long an answer is kept, in seconds: a day, as others do.
pub const KEPT_SECONDS: i64 = 24 * 3600;

/// After so many seconds without an answer the worker is taken for dead and the request may be tried again.
const DEAD_AFTER_SECONDS: i64 = 60;

impl State {
    /// Begins a write under somebody's idempotency key.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn begin_once(&self, owner: &str, name: &str, request: Digest, now: i64) -> Result<Begun, StateError> {
        let (owner, name) = (Value::Text(owner.to_owned()), Value::Text(name.to_owned()));
        let old = Value::Whole(now.saturating_sub(KEPT_SECONDS));
        self.run("DELETE FROM once WHERE begun_at < $1", &[old])?;
        let dead = Value::Whole(now.saturating_sub(DEAD_AFTER_SECONDS));
        self.run(
            "DELETE FROM once WHERE owner = $1 AND name = $2 AND status IS NULL AND begun_at < $3",
            &[owner.clone(), name.clone(), dead],
        )?;
        let new = [owner.clone(), name.clone(), Value::Text(request.to_string()), Value::Whole(now)];
        let written = self.run(
            "INSERT INTO once (owner, name, request, begun_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
            &new,
        )?;
        if written == 1 {
            return Ok(Begun::New);
        }
        let found = self.ask(
            "SELECT request, status, body FROM once WHERE owner = $1 AND name = $2",
            &[owner, name],
            &[Column::Text, Column::Whole, Column::Text],
        )?;
        let Some(row) = found.first() else { return Ok(Begun::UnderWay) };
        if text_of(row.first()) != Some(request.to_string()) {
            return Ok(Begun::Other);
        }
        Ok(match whole_of(row.get(1)).and_then(|status| u16::try_from(status).ok()) {
            Some(status) => Begun::Answered { status, body: text_of(row.get(2)).unwrap_or_default() },
            None => Begun::UnderWay,
        })
    }

    /// Keeps the answer to a write.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn finish_once(&self, kept: &Kept) -> Result<(), StateError> {
        self.run(FINISH, &kept.values()).map(drop)
    }

    /// Says that a write is still being worked on, so that it is not taken for dead.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn keep_once(&self, owner: &str, name: &str, request: Digest, now: i64) -> Result<(), StateError> {
        let request = Value::Text(request.to_string());
        let values = [Value::Whole(now), Value::Text(owner.to_owned()), Value::Text(name.to_owned()), request];
        let change = "UPDATE once SET begun_at = $1 WHERE owner = $2 AND name = $3 AND request = $4 AND status IS NULL";
        self.run(change, &values).map(drop)
    }

    /// Forgets a write that failed, so that it can be tried again.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn forget_once(&self, owner: &str, name: &str) -> Result<(), StateError> {
        let values = [Value::Text(owner.to_owned()), Value::Text(name.to_owned())];
        self.run("DELETE FROM once WHERE owner = $1 AND name = $2 AND status IS NULL", &values).map(drop)
    }
}
