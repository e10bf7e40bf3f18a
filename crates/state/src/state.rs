//! The state as the service and `interdict keys` see it.
//!
//! Promises: a state of an older layout is brought to this one when it is opened, also while an older instance works on it, and
//! nothing of it is lost; one of a newer layout is refused.
//!
//! Not here: statements of one database (`sqlite`, `postgres`), who may what (`server`).

use std::path::Path;

use crate::database::{Column, Database, LATER, TABLES, Value, whole_of};
use crate::once::{self, Kept};
use crate::postgres::Postgres;
use crate::sqlite::Sqlite;
use crate::{Key, NewKey, StateError, Token, TokenHash, key, token};

/// The layout of the tables that this version reads and writes.
///
/// 1: the first. 2: keys have a holder and a maker, there are proposals.
const LAYOUT: i64 = 2;

/// Keys, the setup token, idempotency, proposals.
pub struct State {
    database: Box<dyn Database>,
    shared: bool,
}

impl State {
    /// The state in a file, which is made if it is not there.
    ///
    /// # Errors
    /// When it cannot be opened or is of another version.
    pub fn sqlite(path: &Path) -> Result<Self, StateError> {
        Self::over(Box::new(Sqlite::open(path)?), false)
    }

    /// Copies the state in a file into a new file, while the service writes to it.
    ///
    /// # Errors
    /// When it cannot be read, or the copy cannot be written.
    pub fn copy_sqlite(from: &Path, to: &Path) -> Result<(), StateError> {
        Sqlite::copy(from, to)
    }

    /// The state in a database that several instances share: `postgresql://USER@HOST/DATABASE`, with `sslmode` and
    /// `sslrootcert` as PostgreSQL's own programs read them.
    ///
    /// # Errors
    /// When it cannot be reached or is of another version.
    pub fn postgres(address: &str) -> Result<Self, StateError> {
        Self::over(Box::new(Postgres::open(address)?), true)
    }

    fn over(database: Box<dyn Database>, shared: bool) -> Result<Self, StateError> {
        let state = Self { database, shared };
        for table in TABLES {
            // Two instances that make a table at the same time: PostgreSQL refuses one of them, which then finds it.
            if state.run(table, &[]).is_err() {
                state.run(table, &[])?;
            }
        }
        if state.layout()?.is_some_and(|found| found > LAYOUT) {
            return state.must_fit().map(|()| state);
        }
        for (table, column) in LATER {
            let is_there =
                || state.ask(&format!("SELECT {column} FROM {table} LIMIT 1"), &[], &[Column::Text]).map(drop);
            if is_there().is_err() {
                // Of two who add it at the same time one is refused, and then finds it.
                let added = state.run(&format!("ALTER TABLE {table} ADD COLUMN {column} TEXT"), &[]);
                is_there().map_err(|error| added.err().unwrap_or(error))?;
            }
        }
        // Last, so that what broke off before is done again.
        state.run("INSERT INTO layout (version) VALUES ($1) ON CONFLICT DO NOTHING", &[Value::Whole(LAYOUT)])?;
        state.must_fit().map(|()| state)
    }

    fn layout(&self) -> Result<Option<i64>, StateError> {
        let found = self.ask("SELECT max(version) FROM layout", &[], &[Column::Whole])?;
        Ok(found.first().and_then(|row| whole_of(row.first())))
    }

    /// Whether the layout is ours.
    fn must_fit(&self) -> Result<(), StateError> {
        match self.layout()? {
            Some(LAYOUT) => Ok(()),
            other => Err(StateError::Damaged {
                place: "layout".to_owned(),
                reason: format!("version {} is not the {LAYOUT} that this version reads", other.unwrap_or(0)),
            }),
        }
    }

    /// Whether other instances see the same state.
    pub fn is_shared(&self) -> bool {
        self.shared
    }

    /// Whether the database answers, and is still of our layout: a newer version may have come to it.
    ///
    /// # Errors
    /// When it is not.
    pub fn ping(&self) -> Result<(), StateError> {
        self.must_fit()
    }

    pub(crate) fn run(&self, sql: &str, values: &[Value]) -> Result<u64, StateError> {
        self.database.run(sql, values)
    }

    pub(crate) fn ask(&self, sql: &str, values: &[Value], columns: &[Column]) -> Result<Vec<Vec<Value>>, StateError> {
        self.database.ask(sql, values, columns)
    }

    /// Makes a key. Its token is given here and never again.
    ///
    /// # Errors
    /// When it has no role or no name, or the database refuses.
    pub fn add_key(&self, new: &NewKey, now: i64) -> Result<(Key, Token), StateError> {
        let (key, token) = Self::draw_key(new, now)?;
        self.keep_key(&key, token.hash(), None)?;
        Ok((key, token))
    }

    /// A key and its token, which open nothing before [`State::keep_key`].
    ///
    /// # Errors
    /// When it has no role or no name, or the system gives no randomness.
    pub fn draw_key(new: &NewKey, now: i64) -> Result<(Key, Token), StateError> {
        new.check(now)?;
        let name = new.name.trim();
        let mut roles = new.roles.clone();
        roles.sort();
        roles.dedup();
        let token = Token::random()?;
        let key = Key {
            id: token::random_id("key")?,
            name: name.to_owned(),
            roles,
            rate: new.rate,
            created_at: now,
            expires_at: new.expires_at,
            revoked_at: None,
            used_at: None,
            holder: new.holder.as_deref().map(str::trim).map(str::to_owned),
            made_by: new.made_by.clone(),
        };
        Ok((key, token))
    }

    /// Keeps a key that was drawn; with the answer to the write that made it, both or none of them. False if that write is
    /// no longer under way, and nothing is kept.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn keep_key(&self, key: &Key, hash: TokenHash, answer: Option<&Kept>) -> Result<bool, StateError> {
        let words: Vec<&str> = key.roles.iter().map(|role| role.word()).collect();
        let makers = Some(key.made_by.join(" ")).filter(|makers| !makers.is_empty());
        let mut values: Vec<Value> = answer.map(Kept::values).into_iter().flatten().collect();
        let split = values.len();
        values.extend([
            Value::Text(key.id.clone()),
            Value::Text(hash.text()),
            Value::Text(key.name.clone()),
            Value::Text(words.join(",")),
            Value::maybe(key.rate.map(i64::from)),
            Value::Whole(key.created_at),
            Value::maybe(key.expires_at),
            Value::maybe_text(key.holder.as_deref()),
            Value::maybe_text(makers.as_deref()),
        ]);
        let [id, hash, name, roles, rate, created, expires, holder, makers] =
            [1, 2, 3, 4, 5, 6, 7, 8, 9usize].map(|at| at.saturating_add(split));
        // What may be absent has no kind of its own.
        let sql = format!(
            "INSERT INTO keys (id, hash, name, roles, rate, created_at, expires_at, holder, made_by) \
             SELECT ${id}, ${hash}, ${name}, ${roles}, CAST(${rate} AS BIGINT), CAST(${created} AS BIGINT), CAST(${expires} AS BIGINT), \
             CAST(${holder} AS TEXT), CAST(${makers} AS TEXT)"
        );
        match answer {
            None => self.run(&sql, &values).map(|made| made == 1),
            Some(_) => self.database.both(once::FINISH, &sql, &values, split),
        }
    }

    /// All keys, also those that are revoked or expired, in the order in which they were made.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn keys(&self) -> Result<Vec<Key>, StateError> {
        let sql = format!("SELECT {} FROM keys ORDER BY created_at, id", key::COLUMNS);
        self.ask(&sql, &[], &key::KINDS)?.iter().map(|row| key::read(row)).collect()
    }

    /// The key of a token, whatever its standing.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn key_of(&self, hash: TokenHash) -> Result<Option<Key>, StateError> {
        let sql = format!("SELECT {} FROM keys WHERE hash = $1", key::COLUMNS);
        self.ask(&sql, &[Value::Text(hash.text())], &key::KINDS)?.first().map(|row| key::read(row)).transpose()
    }

    /// The key of an id, whatever its standing.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn key(&self, id: &str) -> Result<Option<Key>, StateError> {
        let sql = format!("SELECT {} FROM keys WHERE id = $1", key::COLUMNS);
        self.ask(&sql, &[Value::text(id)], &key::KINDS)?.first().map(|row| key::read(row)).transpose()
    }

    /// Takes a key back; false if there is none with this id. Twice is once.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn revoke(&self, id: &str, now: i64) -> Result<bool, StateError> {
        let values = [Value::Whole(now), Value::Text(id.to_owned())];
        Ok(self.run("UPDATE keys SET revoked_at = COALESCE(revoked_at, $1) WHERE id = $2", &values)? > 0)
    }

    /// Notes that a key was used.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn used(&self, id: &str, now: i64) -> Result<(), StateError> {
        self.run("UPDATE keys SET used_at = $1 WHERE id = $2", &[Value::Whole(now), Value::Text(id.to_owned())])
            .map(drop)
    }

    /// A token with which the first key can be made, if there is no key and no such token yet. It
    /// is given here and never again.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn new_setup(&self, now: i64) -> Result<Option<Token>, StateError> {
        let token = Token::random()?;
        let written = self.run(
            "INSERT INTO setup (hash, created_at) SELECT $1, $2
             WHERE NOT EXISTS (SELECT 1 FROM keys) AND NOT EXISTS (SELECT 1 FROM setup)",
            &[Value::Text(token.hash().text()), Value::Whole(now)],
        )?;
        Ok((written == 1).then_some(token))
    }

    /// Whether it is the setup token; it can still be used.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn is_setup(&self, hash: TokenHash) -> Result<bool, StateError> {
        let found = self.ask("SELECT hash FROM setup WHERE hash = $1", &[Value::Text(hash.text())], &[Column::Text])?;
        Ok(!found.is_empty())
    }

    /// Uses the setup token up: true once for the right one.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn take_setup(&self, hash: TokenHash) -> Result<bool, StateError> {
        Ok(self.run("DELETE FROM setup WHERE hash = $1", &[Value::Text(hash.text())])? == 1)
    }

    /// Makes the setup token void, as after a key was made by other means.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn drop_setup(&self) -> Result<(), StateError> {
        self.run("DELETE FROM setup", &[]).map(drop)
    }
}
