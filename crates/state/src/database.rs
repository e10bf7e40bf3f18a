//! The little that we ask of a database: statements with numbered values, rows of texts and numbers.
//!
//! Both databases understand `$1`, `TEXT`, `BIGINT` and `ON CONFLICT`, so each statement is written
//! once. Values are numbered in the order in which they first appear: SQLite counts them so.

use crate::StateError;

/// A value of a statement or of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number or text that is not there.
    None,
}

impl Value {
    pub(crate) fn maybe(number: Option<i64>) -> Self {
        number.map_or(Self::None, Self::Whole)
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    pub(crate) fn maybe_text(text: Option<&str>) -> Self {
        text.map_or(Self::None, Self::text)
    }
}

pub(crate) fn text_of(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::Text(text)) => Some(text.clone()),
        Some(Value::Whole(_) | Value::None) | None => None,
    }
}

pub(crate) fn whole_of(value: Option<&Value>) -> Option<i64> {
    match value {
        Some(Value::Whole(number)) => Some(*number),
        Some(Value::Text(_) | Value::None) | None => None,
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    /// Text.
    Text,
    /// Whole numbers.
    Whole,
}

/// A database.
pub(crate) trait Database: Send + Sync {
    /// Runs a statement and gives how many rows it changed.
    fn run(&self, sql: &str, values: &[Value]) -> Result<u64, StateError>;

    /// Runs two statements, both or none of them, and the second only if the first changed a row; gives whether it did.
    /// The first takes `split` of the values, the second the others, and numbers them on from there. The second ends where
    /// a `WHERE` may follow.
    fn both(&self, first: &str, second: &str, values: &[Value], split: usize) -> Result<bool, StateError>;

    /// Runs a statement and gives its rows.
    fn ask(&self, sql: &str, values: &[Value], columns: &[Column]) -> Result<Vec<Vec<Value>>, StateError>;
}

/// The tables as layout 1 had them and proposals, which came with layout 2; each statement harmless if they are there.
pub(crate) const TABLES: [&str; 9] = [
    "CREATE TABLE IF NOT EXISTS keys (
        id TEXT PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, roles TEXT NOT NULL, rate BIGINT,
        created_at BIGINT NOT NULL, expires_at BIGINT, revoked_at BIGINT, used_at BIGINT)",
    "CREATE TABLE IF NOT EXISTS setup (hash TEXT PRIMARY KEY, created_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS once (
        owner TEXT NOT NULL, name TEXT NOT NULL, request TEXT NOT NULL, begun_at BIGINT NOT NULL,
        status BIGINT, body TEXT, PRIMARY KEY (owner, name))",
    "CREATE TABLE IF NOT EXISTS sessions (
        hash TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, who TEXT NOT NULL, realm TEXT NOT NULL, name TEXT NOT NULL,
        roles TEXT NOT NULL, created_at BIGINT NOT NULL, ends_at BIGINT NOT NULL, used_at BIGINT NOT NULL)",
    // The provider's own session, for those of ours whose provider named one.
    "CREATE TABLE IF NOT EXISTS session_marks (id TEXT PRIMARY KEY, mark TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS answers (answer TEXT PRIMARY KEY, taken_at BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS proposals (
        id TEXT PRIMARY KEY, act TEXT NOT NULL, place TEXT NOT NULL, question TEXT NOT NULL, pinned TEXT NOT NULL,
        digest TEXT NOT NULL, proposer TEXT NOT NULL, marks TEXT NOT NULL, proposed_at BIGINT NOT NULL,
        ends_at BIGINT NOT NULL, status TEXT NOT NULL, decider TEXT, decided_at BIGINT, reason TEXT)",
    "CREATE TABLE IF NOT EXISTS secrets (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS layout (version BIGINT PRIMARY KEY)",
];

/// Columns that came after layout 1: table, column.
pub(crate) const LATER: [(&str, &str); 2] = [("keys", "made_by"), ("keys", "holder")];
