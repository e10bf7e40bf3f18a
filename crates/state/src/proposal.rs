//! What one person proposed and another has to approve.
//!
//! Promises: of all who decide about a proposal at the same time, on whatever instances, one has decided; what was taken to be
//! done is never taken again; the right of a key that proposed is asked in the same statement that takes it.
//!
//! Not here: who is another person, what a proposal does (`server`).

use interdict_model::Digest;

use crate::database::{Column, Value, text_of, whole_of};
use crate::{Ending, Session, State, StateError, token};

/// How long a proposal waits, in seconds: a week, so that one that is made on a Friday outlives the weekend.
const WAITS_SECONDS: i64 = 7 * 86_400;

/// How long one that no longer waits is kept, in seconds: a year. The ledger has it for good.
const KEPT_SECONDS: i64 = 365 * 86_400;

/// The most that wait: people read each of them.
const MOST_WAITING: i64 = 1_000;

/// How it stands with a proposal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Nobody has decided yet.
    Waiting,
    /// It was approved, and it is not known yet whether it could be done: it is under way, or the service was stopped then.
    Taken,
    /// It was approved and done.
    Done,
    /// Another person refused it.
    Refused,
    /// Its own person took it back.
    Withdrawn,
    /// Nobody decided in time.
    Expired,
    /// Whoever proposed it may no longer do so.
    Lapsed,
    /// It was approved, and could not be done.
    Failed,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Taken,
        Self::Done,
        Self::Refused,
        Self::Withdrawn,
        Self::Expired,
        Self::Lapsed,
        Self::Failed,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Taken => "taken",
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
            Self::Lapsed => "lapsed",
            Self::Failed => "failed",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.word() == text)
    }
}

/// What a new proposal is to be. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub struct NewProposal {
    /// Its id, from [`State::proposal_id`].
    pub id: String,
    /// What is to be done, in a word.
    pub act: String,
    /// On what, if the address says it.
    pub place: String,
    /// The question as it was sent.
    pub question: String,
    /// What the question meant when it was asked.
    pub pinned: String,
    /// Digest of all of it.
    pub digest: Digest,
    /// The id of the key or the number of the person that proposes.
    pub proposer: String,
    /// Everybody who may be behind it, by marks that are compared.
    pub marks: String,
    /// When it was proposed.
    pub proposed_at: i64,
}

/// A proposal as it is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// What is to be done, in a word.
    pub act: String,
    /// On what, if the address says it.
    pub place: String,
    /// The question as it was sent.
    pub question: String,
    /// What the question meant when it was asked.
    pub pinned: String,
    /// Digest of all of it.
    pub digest: Digest,
    /// The id of the key or the number of the person that proposed it.
    pub proposer: String,
    /// Everybody who may be behind it.
    pub marks: String,
    /// When it was proposed.
    pub proposed_at: i64,
    /// When it can no longer be approved.
    pub ends_at: i64,
    /// How it stands.
    pub stage: Stage,
    /// Who decided.
    pub decider: Option<String>,
    /// When.
    pub decided_at: Option<i64>,
    /// Why, in words.
    pub reason: Option<String>,
}

const COLUMNS: &str = "id, act, place, question, pinned, digest, proposer, marks, proposed_at, ends_at, status, decider, \
                       decided_at, reason";

const KINDS: [Column; 14] = [
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Text,
    Column::Whole,
    Column::Whole,
    Column::Text,
    Column::Text,
    Column::Whole,
    Column::Text,
];

fn read(row: &[Value], now: i64) -> Result<Proposal, StateError> {
    let damaged = |reason: String| StateError::Damaged { place: "proposals".to_owned(), reason };
    let text = |at: usize| text_of(row.get(at)).ok_or_else(|| damaged(format!("column {at} holds no text")));
    let number = |at: usize| whole_of(row.get(at)).ok_or_else(|| damaged(format!("column {at} holds no number")));
    let (word, ends_at) = (text(10)?, number(9)?);
    let stage = match Stage::parse(&word).ok_or_else(|| damaged(format!("`{word}` is no status")))? {
        Stage::Waiting if ends_at <= now => Stage::Expired,
        stage => stage,
    };
    Ok(Proposal {
        id: text(0)?,
        act: text(1)?,
        place: text(2)?,
        question: text(3)?,
        pinned: text(4)?,
        digest: text(5)?.parse().map_err(|_| damaged("the digest is none".to_owned()))?,
        proposer: text(6)?,
        marks: text(7)?,
        proposed_at: number(8)?,
        ends_at,
        stage,
        decider: text_of(row.get(11)),
        decided_at: whole_of(row.get(12)),
        reason: text_of(row.get(13)),
    })
}

impl State {
    /// The id of a new proposal.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn proposal_id() -> Result<String, StateError> {
        token::random_id("proposal")
    }

    /// Keeps a proposal; those that were decided long ago are dropped.
    ///
    /// # Errors
    /// When too many wait, or the database refuses.
    pub fn propose(&self, new: &NewProposal) -> Result<Proposal, StateError> {
        let now = new.proposed_at;
        self.run("DELETE FROM proposals WHERE ends_at < $1", &[Value::Whole(now.saturating_sub(KEPT_SECONDS))])?;
        let ends_at = now.saturating_add(WAITS_SECONDS);
        let written = self.run(
            "INSERT INTO proposals (id, act, place, question, pinned, digest, proposer, marks, proposed_at, ends_at, status)
             SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'waiting'
             WHERE (SELECT count(*) FROM proposals WHERE status = 'waiting' AND ends_at > $11) < $12",
            &[
                Value::text(&new.id),
                Value::text(&new.act),
                Value::text(&new.place),
                Value::text(&new.question),
                Value::text(&new.pinned),
                Value::Text(new.digest.to_string()),
                Value::text(&new.proposer),
                Value::text(&new.marks),
                Value::Whole(now),
                Value::Whole(ends_at),
                Value::Whole(now),
                Value::Whole(MOST_WAITING),
            ],
        )?;
        if written == 0 {
            return Err(StateError::Refused {
                reason: format!("{MOST_WAITING} proposals wait already"),
                hint: "have some of them approved, refused or withdrawn: /v1/proposals?status=waiting".to_owned(),
            });
        }
        let NewProposal { id, act, place, question, pinned, digest, proposer, marks, proposed_at } = new.clone();
        let (stage, decider, decided_at, reason) = (Stage::Waiting, None, None, None);
        Ok(Proposal {
            id,
            act,
            place,
            question,
            pinned,
            digest,
            proposer,
            marks,
            proposed_at,
            ends_at,
            stage,
            decider,
            decided_at,
            reason,
        })
    }

    /// A proposal by its id, as it stands at a time.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn proposal(&self, id: &str, now: i64) -> Result<Option<Proposal>, StateError> {
        let sql = format!("SELECT {COLUMNS} FROM proposals WHERE id = $1");
        self.ask(&sql, &[Value::text(id)], &KINDS)?.first().map(|row| read(row, now)).transpose()
    }

    /// All proposals that are kept, as they stand at a time, in the order in which they were made.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn proposals(&self, now: i64) -> Result<Vec<Proposal>, StateError> {
        let sql = format!("SELECT {COLUMNS} FROM proposals ORDER BY proposed_at, id");
        self.ask(&sql, &[], &KINDS)?.iter().map(|row| read(row, now)).collect()
    }

    /// Takes a proposal to do what it says: true for the one who took it. One that does not wait, whose time is over, whose digest
    /// is another, or whose key was taken back meanwhile is taken by nobody.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn take_proposal(&self, id: &str, digest: Digest, by: &str, now: i64) -> Result<bool, StateError> {
        let values = [
            Value::text(by),
            Value::Whole(now),
            Value::text(id),
            Value::Text(digest.to_string()),
            Value::Whole(now),
            Value::Whole(now),
        ];
        let sql = "UPDATE proposals SET status = 'taken', decider = $1, decided_at = $2
                   WHERE id = $3 AND digest = $4 AND status = 'waiting' AND ends_at > $5 AND NOT EXISTS (
                       SELECT 1 FROM keys WHERE keys.id = proposals.proposer
                       AND (keys.revoked_at IS NOT NULL OR keys.expires_at <= $6))";
        Ok(self.run(sql, &values)? == 1)
    }

    /// Says how a proposal that was taken ended: back to waiting, done or failed.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn settle_proposal(&self, id: &str, to: Stage, reason: Option<&str>) -> Result<bool, StateError> {
        let values = [Value::text(to.word()), Value::maybe_text(reason), Value::text(id)];
        let sql = if to == Stage::Waiting {
            "UPDATE proposals SET status = $1, reason = $2, decider = NULL, decided_at = NULL WHERE id = $3 AND status = 'taken'"
        } else {
            "UPDATE proposals SET status = $1, reason = $2 WHERE id = $3 AND status = 'taken'"
        };
        Ok(self.run(sql, &values)? == 1)
    }

    /// Ends a proposal that waits, without doing it; false if it does not wait.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn end_proposal(
        &self,
        id: &str,
        to: Stage,
        by: Option<&str>,
        reason: &str,
        now: i64,
    ) -> Result<bool, StateError> {
        let values = [
            Value::text(to.word()),
            Value::maybe_text(by),
            Value::Whole(now),
            Value::text(reason),
            Value::text(id),
            Value::Whole(now),
        ];
        let sql = "UPDATE proposals SET status = $1, decider = $2, decided_at = $3, reason = $4
                   WHERE id = $5 AND status = 'waiting' AND ends_at > $6";
        Ok(self.run(sql, &values)? == 1)
    }

    /// What persons proposed lapses whose sessions others ended. That a provider ended one session of its own is no more than that
    /// the person signed out there; that it ended all of a person shuts that person out.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn shut_out(&self, ending: &Ending, ended: &[Session], now: i64) -> Result<(), StateError> {
        match ending {
            Ending::All => self.lapse(None, now)?,
            Ending::Of(who) | Ending::Provider { who: Some(who), mark: None, .. } => self.lapse(Some(who), now)?,
            Ending::One(_) => {
                for session in ended {
                    self.lapse(Some(&session.who), now)?;
                }
            }
            Ending::OneOf { .. } | Ending::Provider { .. } => {}
        }
        Ok(())
    }

    /// What a person proposed lapses; none means every person. Keys go by their own standing.
    fn lapse(&self, who: Option<&str>, now: i64) -> Result<(), StateError> {
        let reason = "whoever proposed it was signed out by others";
        let mut values = vec![Value::Whole(now), Value::text(reason)];
        let of = match who {
            Some(who) => {
                values.push(Value::text(who));
                "proposer = $3"
            }
            None => "proposer NOT IN (SELECT id FROM keys)",
        };
        let sql = "UPDATE proposals SET status = 'lapsed', decided_at = $1, reason = $2 WHERE status = 'waiting' AND ";
        self.run(&format!("{sql}{of}"), &values).map(drop)
    }
}
