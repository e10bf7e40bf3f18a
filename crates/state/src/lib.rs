//! What the service keeps: keys, sessions, idempotency, subjects; SQLite or PostgreSQL.
//!
//! Not here yet: arrives with the service.
