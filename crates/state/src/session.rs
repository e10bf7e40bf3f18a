//! Sessions of people who signed in with an identity provider, and the secret that this service's state has.
//!
//! Promises: of a session's token only the hash is kept; a session that ended is gone from the
//! database, with the name that it held; the answer to a sign-in is taken once, by one instance.
//! An end that the provider asked for holds also for a sign-in that was under way meanwhile.
//!
//! Not here: asking the provider, cookies, what ends a session that nobody uses (`server`).

use std::collections::HashMap;

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
    /// A number for the provider's own session, if it named one.
    pub mark: Option<Digest>,
}

/// Which sessions end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ending {
    /// The one of an id.
    One(String),
    /// The one of an id, if it is this person's.
    OneOf {
        /// Its id.
        id: String,
        /// The person's number.
        who: String,
    },
    /// All of a person.
    Of(String),
    /// Everybody's.
    All,
    /// Those that a provider means: of a person, of one of its own sessions, or of both.
    Provider {
        /// Which provider and client.
        realm: Digest,
        /// The person's number.
        who: Option<String>,
        /// The number of the provider's own session.
        mark: Option<Digest>,
    },
}

impl Ending {
    /// Whether a session is meant, which has the mark of this provider's session.
    fn means(&self, session: &Session, marked: Option<&str>) -> bool {
        match self {
            Self::One(id) => session.id == *id,
            Self::OneOf { id, who } => session.id == *id && session.who == *who,
            Self::Of(who) => session.who == *who,
            Self::All => true,
            Self::Provider { realm, who, mark } => {
                let fits = match (who, mark, marked) {
                    (_, Some(mark), Some(marked)) => mark.to_string() == marked,
                    // Of the person, and its provider did not say of which of its sessions: it may be the one.
                    (Some(_), Some(_), None) | (Some(_), None, _) => true,
                    (None, Some(_) | None, None) | (None, None, Some(_)) => false,
                };
                session.realm == *realm && who.as_ref().is_none_or(|who| session.who == *who) && fits
            }
        }
    }
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
        self.run("DELETE FROM session_marks WHERE id NOT IN (SELECT id FROM sessions)", &[])?;
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
        // Marks without a session are dropped above, also by others, so the session first; without its mark its token
        // is given to nobody.
        if let Some(mark) = new.mark {
            let values = [Value::Text(id.clone()), Value::Text(mark.to_string())];
            self.run("INSERT INTO session_marks (id, mark) VALUES ($1, $2)", &values)?;
        }
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

    /// Ends sessions and gives those that it ended: of two who end the same one, one has ended it.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn end_sessions(&self, ending: &Ending) -> Result<Vec<Session>, StateError> {
        let marks = self.ask("SELECT id, mark FROM session_marks", &[], &[Column::Text, Column::Text])?;
        let marks: HashMap<String, String> =
            marks.iter().filter_map(|row| Some((text_of(row.first())?, text_of(row.get(1))?))).collect();
        let mut ended = Vec::new();
        for session in self.sessions()? {
            if ending.means(&session, marks.get(&session.id).map(String::as_str))
                && self.run("DELETE FROM sessions WHERE id = $1", &[Value::Text(session.id.clone())])? > 0
            {
                ended.push(session);
            }
        }
        Ok(ended)
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

    /// Whether an answer was taken within the last hour.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn is_answer_taken(&self, answer: Digest) -> Result<bool, StateError> {
        let found = self.ask(
            "SELECT answer FROM answers WHERE answer = $1",
            &[Value::Text(answer.to_string())],
            &[Column::Text],
        );
        Ok(!found?.is_empty())
    }

    /// Gives an answer back that was taken and could not be followed.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn give_answer_back(&self, answer: Digest) -> Result<(), StateError> {
        self.run("DELETE FROM answers WHERE answer = $1", &[Value::Text(answer.to_string())]).map(drop)
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
