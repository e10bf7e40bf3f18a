//! Who is one person: the rule by which another one is told from the same one.
//!
//! Whoever has a secret can use it, so a caller stands for everybody who may have it:
//!
//! | caller | stands for |
//! |---|---|
//! | a session | the person's number, and the name that the provider gives |
//! | a key | itself, its holder, whoever made it over HTTP (who saw its token), and so on for them |
//! | an access token of the provider, nobody by name | nobody: it may be a program of anybody |
//!
//! Two callers are two persons if both stand for somebody with a name (a session, a holder) and nobody stands behind both. Names
//! are compared without case, accents, order and punctuation, so that what may be one person is one. A holder that is the number
//! or the name of a session's person is that person.
//!
//! Promises: unknown is not another; what is doubtful is the same person; rights are those that the state says now.
//!
//! Not here: sessions, keys (`state`), when two persons are needed (`settings`).

use std::collections::BTreeSet;
use std::sync::Arc;

use interdict_names::fold::fold;
use interdict_state::{KeyStanding, Proposal, State, StateError};

use crate::access::{Caller, Right, allows};
use crate::app::{App, now};
use crate::oidc::{self, Oidc, Way};
use crate::problem::Fault;

/// Everybody who may be behind a caller.
#[derive(Debug)]
pub(super) struct Behind {
    caller: Caller,
    marks: BTreeSet<String>,
}

/// A name without what does not tell persons apart.
fn plain(name: &str) -> String {
    let folded = fold(name);
    let mut words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    if words.is_empty() { folded } else { words.join(" ") }
}

fn mark_of(name: &str) -> String {
    format!("is {}", plain(name))
}

/// The mark of a name that a session has or a holder; as a number, since a session's name is kept only as long as the session. It
/// tells a session from a key: two sessions are told apart by the numbers of their persons, whatever these are called.
fn called(oidc: &Oidc, name: &str) -> String {
    oidc.mark_of_name(&plain(name))
}

/// What a mark must be on the other side for both to be of one person.
fn counterpart(mark: &str) -> String {
    match (mark.strip_prefix("called "), mark.strip_prefix("holds ")) {
        (Some(number), _) => format!("holds {number}"),
        (None, Some(number)) => format!("called {number}"),
        (None, None) => mark.to_owned(),
    }
}

/// What a key stands for, and whether anybody in it has a name.
fn behind_key(state: &State, oidc: Option<&Oidc>, id: &str) -> Result<(BTreeSet<String>, bool), StateError> {
    let (mut marks, mut is_known, mut next) = (BTreeSet::new(), false, vec![id.to_owned()]);
    while let Some(id) = next.pop() {
        if !marks.insert(mark_of(&id)) {
            continue;
        }
        is_known |= oidc::is_person(&id);
        let Some(key) = state.key(&id)? else { continue };
        if let Some(holder) = &key.holder {
            is_known = true;
            marks.insert(mark_of(holder));
            marks.extend(oidc.map(|oidc| format!("holds {}", called(oidc, holder))));
        }
        next.extend(key.made_by);
    }
    Ok((marks, is_known))
}

fn unknown(why: &str, verb: &str) -> Fault {
    let hint =
        "sign in, or use a key that was made with a holder: `interdict keys new NAME --role ROLE --holder PERSON`";
    Fault::Forbidden(format!(
        "two persons are needed for this, and {why}, so that nobody knows who {verb}\nhint: {hint}"
    ))
}

/// Everybody who may be behind a caller, if it is known who that is.
pub(super) async fn known(app: &Arc<App>, caller: &Caller, way: &Way, verb: &str) -> Result<Behind, Fault> {
    match way {
        Way::Anonymous => Err(unknown("no key was given", verb)),
        Way::Bearer => Err(unknown("an access token may be that of a program", verb)),
        Way::Session(session, _) => {
            let mut marks = BTreeSet::from([mark_of(&session.who)]);
            if !session.name.trim().is_empty() {
                marks.extend(app.oidc.as_ref().map(|oidc| format!("called {}", called(oidc, &session.name))));
            }
            Ok(Behind { caller: caller.clone(), marks })
        }
        Way::Key => {
            let (own, id, now) = (Arc::clone(app), caller.id.clone(), now());
            let found = app.ask(move |state| {
                let key = state.key(&id)?.filter(|key| key.standing(now) == KeyStanding::Valid);
                key.map(|key| Ok((key, behind_key(state, own.oidc.as_ref(), &id)?))).transpose()
            });
            // The door believes a key for a moment longer than this may.
            let (key, (marks, is_known)) =
                found.await?.ok_or(Fault::Unauthenticated("the key was revoked or has expired"))?;
            if !is_known {
                return Err(unknown("the key has no holder", verb));
            }
            Ok(Behind { caller: Caller { id: key.id, roles: key.roles }, marks })
        }
    }
}

impl Behind {
    /// Whether it has a right now.
    pub(super) fn must(&self, right: Right) -> Result<(), Fault> {
        self.caller.must(right)
    }

    /// As it is kept with a proposal, a mark a line.
    pub(super) fn text(&self) -> String {
        self.marks.iter().map(String::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Whether somebody may be behind both.
    pub(super) fn is_one_with(&self, proposal: &Proposal) -> bool {
        proposal.marks.lines().any(|mark| self.marks.contains(&counterpart(mark)))
            || self.caller.id == proposal.proposer
    }
}

/// Why whoever proposed something may no longer do so. Of a person the state says it: what a person proposed lapses when
/// others sign it out.
pub(super) fn fallen(
    state: &State,
    proposal: &Proposal,
    right: Right,
    now: i64,
) -> Result<Option<&'static str>, StateError> {
    if oidc::is_person(&proposal.proposer) {
        return Ok(None);
    }
    let Some(key) = state.key(&proposal.proposer)? else { return Ok(Some("the key that proposed it is gone")) };
    Ok(match key.standing(now) {
        KeyStanding::Revoked => Some("the key that proposed it was revoked"),
        KeyStanding::Expired => Some("the key that proposed it has expired"),
        KeyStanding::Valid if key.roles.iter().any(|role| allows(*role, right)) => None,
        KeyStanding::Valid => Some("the key that proposed it no longer has the right"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_person_are_one() {
        for (one, other) in [
            ("Dana Quill", "dana  quill"),
            ("Dana Quill", "QUILL, Dana"),
            ("Dána Quíll", "dana-quill"),
            ("oidc-0123456789abcdef", " OIDC-0123456789ABCDEF "),
        ] {
            assert_eq!(plain(one), plain(other), "{one} {other}");
        }
        for (one, other) in [("Dana Quill", "Dana Quills"), ("—", "…"), ("key-1", "key-2")] {
            assert_ne!(plain(one), plain(other), "{one} {other}");
        }
    }
}
