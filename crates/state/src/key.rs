//! A key: who may use the service, as what, until when.
//!
//! Not here: what a role may do (`server`), secrets (`token`).

use serde::Serialize;

use crate::database::{Column, Value, text_of, whole_of};
use crate::{Role, StateError};

/// What a new key is to be. Times are seconds since 1970.
#[derive(Clone, Debug, Default)]
pub struct NewKey {
    /// What people call it: the program or person that holds it.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// Requests a second; none means the service's own limit.
    pub rate: Option<u32>,
    /// When it ends by itself.
    pub expires_at: Option<i64>,
    /// The person that holds it, by whatever one name that person has in all keys; none if nobody said.
    pub holder: Option<String>,
    /// The keys or persons that made it over HTTP; none if it was made on the machine itself.
    pub made_by: Vec<String>,
}

/// Whether a text is one line that names somebody.
fn is_name(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control)
}

impl NewKey {
    /// Whether it can be made.
    ///
    /// # Errors
    /// What does not fit.
    pub fn check(&self, now: i64) -> Result<(), StateError> {
        let refused =
            |reason: &str, hint: &str| Err(StateError::Refused { reason: reason.to_owned(), hint: hint.to_owned() });
        if !is_name(&self.name) {
            return refused(
                "a key needs a name of 1 to 200 characters",
                "name the program or person that will hold it",
            );
        }
        if self.holder.as_deref().is_some_and(|holder| !is_name(holder)) {
            return refused("a holder has a name of 1 to 200 characters", "leave it out, or name the person");
        }
        if self.roles.is_empty() {
            return refused("a key without a role opens nothing", &format!("give one of {}", Role::words()));
        }
        if self.rate == Some(0) {
            return refused("a rate of 0 requests a second opens nothing", "leave it out, or give 1 or more");
        }
        if self.expires_at.is_some_and(|end| end <= now) {
            return refused("the key would have expired already", "give a later end");
        }
        Ok(())
    }
}

/// A key as it is kept: everything but its token.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Key {
    /// Its id, which is no secret.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub roles: Vec<Role>,
    /// Requests a second; none means the service's own limit.
    pub rate: Option<u32>,
    /// When it was made, in seconds since 1970.
    pub created_at: i64,
    /// When it ends by itself.
    pub expires_at: Option<i64>,
    /// When it was revoked.
    pub revoked_at: Option<i64>,
    /// When it was last used, to the minute or so.
    pub used_at: Option<i64>,
    /// The person that holds it, if that was said.
    pub holder: Option<String>,
    /// The keys or persons that made it over HTTP; none for one made on the machine itself.
    pub made_by: Vec<String>,
}

/// Whether a key opens anything.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStanding {
    /// It does.
    Valid,
    /// Its time is over.
    Expired,
    /// Somebody took it back.
    Revoked,
}

impl Key {
    /// Whether it opens anything at a time.
    pub fn standing(&self, now: i64) -> KeyStanding {
        match (self.revoked_at, self.expires_at) {
            (Some(_), _) => KeyStanding::Revoked,
            (None, Some(end)) if end <= now => KeyStanding::Expired,
            (None, _) => KeyStanding::Valid,
        }
    }
}

/// The columns of a key, in the order of [`read`].
pub(crate) const COLUMNS: &str = "id, name, roles, rate, created_at, expires_at, revoked_at, used_at, holder, made_by";

/// What kind each of them is.
pub(crate) const KINDS: [Column; 10] = [
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Whole,
    Column::Whole,
    Column::Whole,
    Column::Whole,
    Column::Whole,
    Column::Text,
    Column::Text,
];

/// A key from its columns.
pub(crate) fn read(row: &[Value]) -> Result<Key, StateError> {
    let damaged = |reason: String| StateError::Damaged { place: "keys".to_owned(), reason };
    let text = |at: usize| text_of(row.get(at)).ok_or_else(|| damaged(format!("column {at} holds no text")));
    let mut roles = Vec::new();
    for word in text(2)?.split(',').filter(|word| !word.is_empty()) {
        roles.push(Role::parse(word).ok_or_else(|| damaged(format!("`{word}` is no role")))?);
    }
    let number = |at: usize| whole_of(row.get(at));
    Ok(Key {
        id: text(0)?,
        name: text(1)?,
        roles,
        rate: number(3).and_then(|rate| u32::try_from(rate).ok()),
        created_at: number(4).ok_or_else(|| damaged("no time of creation".to_owned()))?,
        expires_at: number(5),
        revoked_at: number(6),
        used_at: number(7),
        holder: text_of(row.get(8)),
        made_by: text_of(row.get(9)).iter().flat_map(|ids| ids.split_whitespace()).map(str::to_owned).collect(),
    })
}
