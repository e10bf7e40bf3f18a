//! Sessions of people who signed in with an identity provider, and the secret that this service's state has.
//!
//! Promises: of a session's token only the hash is kept; a session that ended is gone from the
//! database, with the name that it held; the answer to a sign-in is taken once, by one instance.
//!
//! Not here: asking the provider, cookies, what ends a session that nobody uses (`server`).

use interdict_model::Digest;
use serde::Serialize;

use crate::database::{Column, Value, text_of, whole_of};
use crate::{Role, State, StateError, Token, TokenHash, token};

/// How long it is remembered that an answer was taken, in seconds; sign-ins must be shorter.
const TAKEN_KEPT_SECONDS: i64 = 3600;

/// What a new session is to be. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// A number for the person, the same in all sessions, which says nothing to others.
    pub who: String,
    /// Which provider and client vouch for it.
    pub realm: Digest,
    /// What the provider calls the person; may be empty.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// When it ends by itself.
    pub ends_at: i64,
}

/// A session as it is kept: everything but its token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Session {
    /// Its id, which is no secret.
    pub id: String,
    /// A number for the person.
    pub who: String,
    /// Which provider and client vouch for it.
    #[serde(skip)]
    pub realm: Digest,
    /// What the provider calls the person; may be empty.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// When it began, in seconds since 1970.
    pub created_at: i64,
    /// When it ends by itself.
    pub ends_at: i64,
    /// When it was last used, to the minute or so.
    pub used_at: i64,
}

const COLUMNS: &str = "id, who, realm, name, roles, created_at, ends_at, used_at";

const KINDS: [Column; 8] =
    [Column::Text, Column::Text, Column::Text, Column::Text, Column::Text, Column::Whole, Column::Whole, Column::Whole];

fn read(row: &[Value]) -> Result<Session, StateError> {
    let damaged = |reason: String| StateError::Damaged { place: "sessions".to_owned(), reason };
    let text = |at: usize| text_of(row.get(at)).ok_or_else(|| damaged(format!("column {at} holds no text")));
    let number = |at: usize| whole_of(row.get(at)).ok_or_else(|| damaged(format!("column {at} holds no number")));
    let realm = text(2)?.parse().map_err(|_| damaged("the realm is no digest".to_owned()))?;
    let mut roles = Vec::new();
    for word in text(4)?.split(',').filter(|word| !word.is_empty()) {
        roles.push(Role::parse(word).ok_or_else(|| damaged(format!("`{word}` is no role")))?);
    }
    Ok(Session {
        id: text(0)?,
        who: text(1)?,
        realm,
        name: text(3)?,
        roles,
        created_at: number(5)?,
        ends_at: number(6)?,
        used_at: number(7)?,
    })
}

impl State {
    /// Begins a session. Its token is given here and never again. Sessions whose time is over are dropped.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn begin_session(&self, new: &NewSession, now: i64) -> Result<(Session, Token), StateError> {
        self.run("DELETE FROM sessions WHERE ends_at <= $1", &[Value::Whole(now)])?;
        let token = Token::random()?;
        let mut roles = new.roles.clone();
        roles.sort();
        roles.dedup();
        let words: Vec<&str> = roles.iter().map(|role| role.word()).collect();
        let id = token::random_id("session")?;
        self.run(
            "INSERT INTO sessions (hash, id, who, realm, name, roles, created_at, ends_at, used_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                Value::Text(token.hash().text()),
                Value::Text(id.clone()),
                Value::Text(new.who.clone()),
                Value::Text(new.realm.to_string()),
                Value::Text(new.name.clone()),
                Value::Text(words.join(",")),
                Value::Whole(now),
                Value::Whole(new.ends_at),
                Value::Whole(now),
            ],
        )?;
        let NewSession { who, realm, name, ends_at, .. } = new.clone();
        Ok((Session { id, who, realm, name, roles, created_at: now, ends_at, used_at: now }, token))
    }

    /// The session of a token, whether its time is over or not.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn session_of(&self, hash: TokenHash) -> Result<Option<Session>, StateError> {
        let sql = format!("SELECT {COLUMNS} FROM sessions WHERE hash = $1");
        self.ask(&sql, &[Value::Text(hash.text())], &KINDS)?.first().map(|row| read(row)).transpose()
    }

    /// All sessions that were not ended, in the order in which they began.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn sessions(&self) -> Result<Vec<Session>, StateError> {
        let sql = format!("SELECT {COLUMNS} FROM sessions ORDER BY created_at, id");
        self.ask(&sql, &[], &KINDS)?.iter().map(|row| read(row)).collect()
    }

    /// Notes that a session was used.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn session_used(&self, id: &str, now: i64) -> Result<(), StateError> {
        let values = [Value::Whole(now), Value::Text(id.to_owned())];
        self.run("UPDATE sessions SET used_at = $1 WHERE id = $2", &values).map(drop)
    }

    /// Ends a session by its id; false if there is none.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn end_session(&self, id: &str) -> Result<bool, StateError> {
        Ok(self.run("DELETE FROM sessions WHERE id = $1", &[Value::Text(id.to_owned())])? > 0)
    }

    /// Ends all sessions of a person and says how many there were.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn end_sessions_of(&self, who: &str) -> Result<u64, StateError> {
        self.run("DELETE FROM sessions WHERE who = $1", &[Value::Text(who.to_owned())])
    }

    /// Takes the answer to a sign-in: true for the first who comes with it, on any instance.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn take_answer(&self, answer: Digest, now: i64) -> Result<bool, StateError> {
        let old = Value::Whole(now.saturating_sub(TAKEN_KEPT_SECONDS));
        self.run("DELETE FROM answers WHERE taken_at < $1", &[old])?;
        let values = [Value::Text(answer.to_string()), Value::Whole(now)];
        let sql = "INSERT INTO answers (answer, taken_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
        Ok(self.run(sql, &values)? == 1)
    }

    /// A secret of this state, the same for all instances that share it: made when it is first asked for.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn secret(&self, name: &str) -> Result<[u8; 32], StateError> {
        let made = Digest::of(Token::random()?.reveal().as_bytes());
        let values = [Value::Text(name.to_owned()), Value::Text(made.to_string())];
        self.run("INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING", &values)?;
        let sql = "SELECT value FROM secrets WHERE name = $1";
        let found = self.ask(sql, &[Value::Text(name.to_owned())], &[Column::Text])?;
        let found = found.first().and_then(|row| text_of(row.first())).and_then(|text| text.parse::<Digest>().ok());
        let damaged = || StateError::Damaged { place: "secrets".to_owned(), reason: format!("`{name}` is no secret") };
        found.map(|digest| digest.0).ok_or_else(damaged)
    }
}
