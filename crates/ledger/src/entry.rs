//! What is on record: an event as canonical JSON, without personal data.
//!
//! Promises: an entry has one form as bytes, and bytes that are not in that form are refused; whom
//! it is about and what was answered stand in it as salted digests only; all that an answer rests on
//! is in the basis that it points to.
//!
//! Not here: the tree over entries (`merkle`, `proof`), where they are kept (`store`).

use interdict_model::Digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::subject::Subject;
use crate::{LedgerError, leaf_hash};

/// How long the link between an entry and a person is kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Retention {
    /// Until someone asks for erasure; nothing obliges to keep it.
    Erasable,
    /// Five years, as Article 77 of Regulation (EU) 2024/1624 asks of obliged entities.
    FiveYears,
    /// Ten years, as 31 CFR 501.601 asks of whoever is subject to US jurisdiction.
    #[default]
    TenYears,
}

impl Retention {
    /// Years for which erasure is refused.
    pub fn years(self) -> i16 {
        match self {
            Self::Erasable => 0,
            Self::FiveYears => 5,
            Self::TenYears => 10,
        }
    }

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Erasable => "erasable",
            Self::FiveYears => "five_years",
            Self::TenYears => "ten_years",
        }
    }

    /// The rule behind it.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Erasable => "nothing obliges to keep it",
            Self::FiveYears => "Article 77 of Regulation (EU) 2024/1624 asks to keep it for five years",
            Self::TenYears => "31 CFR 501.601 asks to keep it for ten years",
        }
    }
}

/// A list as it was compared.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ListUsed {
    /// Its id.
    pub list: String,
    /// Hash of the publisher's bytes.
    pub version: Digest,
    /// Hash of what was read from them; this is what a replay opens.
    pub content: Digest,
    /// The publisher's date.
    pub published: Option<String>,
    /// How many listings.
    pub listings: u64,
}

/// A policy as it was applied.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PolicyUsed {
    /// Its name.
    pub name: String,
    /// Its hash, as in every answer.
    pub digest: Digest,
    /// Its settings as JSON text.
    pub settings: String,
    /// The lists asked for; none means all.
    pub only: Vec<String>,
}

/// The law as it was read.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LawUsed {
    /// Hash of its pages.
    pub digest: Digest,
    /// How many pages.
    pub pages: u64,
}

/// All that an answer rests on besides the question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Basis {
    /// Version of the engine.
    pub engine: String,
    /// Hash of the snapshot; none if nothing was screened.
    pub snapshot: Option<Digest>,
    /// The day as of which lists were compared, if it was a past one.
    pub as_of: Option<String>,
    /// The moment by which lists had been received, if it was a past one.
    pub known_at: Option<String>,
    /// Its lists.
    pub lists: Vec<ListUsed>,
    /// Whether only the built-in starter list was compared.
    pub starter: bool,
    /// The policy; none if nothing was screened.
    pub policy: Option<PolicyUsed>,
    /// The law; none if nothing was decided.
    pub law: Option<LawUsed>,
}

/// A question about a person, a shipment or an account, and its answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answered {
    /// Finds the salt, while it is kept.
    pub subject: Subject,
    /// Salted digest of the party or the record that was asked about.
    pub input: Digest,
    /// Salted digest of the answer's record.
    pub answer: Digest,
    /// Hit, clear, prohibited … or why it was not done.
    pub outcome: String,
    /// Leaf hash of the basis.
    pub basis: Digest,
}

/// What someone did to the service itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// The setup token made the first key.
    SetUp,
    /// A key was made.
    KeyMade,
    /// A key was taken back.
    KeyRevoked,
    /// A session was ended by somebody else than its person.
    SessionEnded,
    /// Files of lists were sent in.
    ListsImported,
    /// Lists were updated from their publishers.
    ListsUpdated,
    /// Another version of a list was put in use.
    ListRolledBack,
    /// A doubted version was used after all.
    ListAccepted,
    /// Something that needs two persons was proposed by one.
    ProposalMade,
    /// Another person approved a proposal, which is then done.
    ProposalApproved,
    /// Another person refused a proposal.
    ProposalRefused,
    /// Its own person took a proposal back.
    ProposalWithdrawn,
    /// A proposal lapsed: whoever made it may no longer do so.
    ProposalLapsed,
    /// Requests were refused: a summary of a time, so that a flood of them floods no log.
    RequestsRefused,
    /// Requests were turned away because too much waited: a summary too.
    RequestsTurnedAway,
}

impl Act {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::SetUp => "set_up",
            Self::KeyMade => "key_made",
            Self::KeyRevoked => "key_revoked",
            Self::SessionEnded => "session_ended",
            Self::ListsImported => "lists_imported",
            Self::ListsUpdated => "lists_updated",
            Self::ListRolledBack => "list_rolled_back",
            Self::ListAccepted => "list_accepted",
            Self::ProposalMade => "proposal_made",
            Self::ProposalApproved => "proposal_approved",
            Self::ProposalRefused => "proposal_refused",
            Self::ProposalWithdrawn => "proposal_withdrawn",
            Self::ProposalLapsed => "proposal_lapsed",
            Self::RequestsRefused => "requests_refused",
            Self::RequestsTurnedAway => "requests_turned_away",
        }
    }
}

/// How `by` of an administration begins if a person did it; the salted number of that entry follows.
pub const PERSON: &str = "person ";

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The log was begun.
    Opened {
        /// Its name.
        origin: String,
        /// Its public key.
        key: String,
    },
    /// What the answers that follow rest on.
    Basis(Basis),
    /// A party was screened.
    Screening(Answered),
    /// The law was asked.
    Decision(Answered),
    /// Monitoring ran, told an event, or was told that one is no match.
    Monitoring(Answered),
    /// A list came into use, was replaced or taken out.
    ListChange {
        /// Its id.
        list: String,
        /// Content before.
        from: Option<Digest>,
        /// Content after.
        to: Option<Digest>,
    },
    /// A policy came into use, was replaced or taken out.
    PolicyChange {
        /// Its name.
        policy: String,
        /// Hash before.
        from: Option<Digest>,
        /// Hash after.
        to: Option<Digest>,
        /// Who did it.
        by: Option<Subject>,
    },
    /// Someone signed in, or was refused.
    SignIn {
        /// Who, by a salted number.
        by: Subject,
        /// The way: `key`, `oidc` …
        method: String,
        /// Whether it was let in.
        accepted: bool,
    },
    /// Someone changed what the service works with, or was refused.
    Administration {
        /// What was done.
        act: Act,
        /// Whose key, by which way, or [`PERSON`] and a salted number.
        by: String,
        /// On what: the id of a key, a list and its version.
        on: String,
        /// What more there is to say; never a person's words.
        note: String,
    },
    /// Someone signed out, or was signed out.
    SignOut {
        /// Who, by a salted number.
        by: Subject,
        /// The way it had signed in: `oidc` …
        method: String,
    },
    /// Salts were erased, so that these subjects' entries no longer point to anyone.
    Erasure {
        /// Which.
        subjects: Vec<Subject>,
        /// Why.
        reason: String,
    },
}

impl Event {
    /// The word for its kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "opened",
            Self::Basis(_) => "basis",
            Self::Screening(_) => "screening",
            Self::Decision(_) => "decision",
            Self::Monitoring(_) => "monitoring",
            Self::ListChange { .. } => "list_change",
            Self::PolicyChange { .. } => "policy_change",
            Self::SignIn { .. } => "sign_in",
            Self::Administration { .. } => "administration",
            Self::SignOut { .. } => "sign_out",
            Self::Erasure { .. } => "erasure",
        }
    }

    /// Whom it is about, or who did it, if that is a person with a salted number.
    pub fn subject(&self) -> Option<Subject> {
        match self {
            Self::Screening(answered) | Self::Decision(answered) | Self::Monitoring(answered) => Some(answered.subject),
            Self::SignIn { by, .. } | Self::SignOut { by, .. } => Some(*by),
            Self::PolicyChange { by, .. } => *by,
            Self::Administration { by, .. } => by.strip_prefix(PERSON)?.parse().ok(),
            Self::Opened { .. } | Self::Basis(_) | Self::ListChange { .. } | Self::Erasure { .. } => None,
        }
    }

    /// The answer it records, if it records one.
    pub fn answered(&self) -> Option<&Answered> {
        match self {
            Self::Screening(answered) | Self::Decision(answered) | Self::Monitoring(answered) => Some(answered),
            Self::Opened { .. }
            | Self::Basis(_)
            | Self::ListChange { .. }
            | Self::PolicyChange { .. }
            | Self::SignIn { .. }
            | Self::Administration { .. }
            | Self::SignOut { .. }
            | Self::Erasure { .. } => None,
        }
    }
}

/// One entry of the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// When, as the caller's clock says.
    pub at: Timestamp,
    /// How long it must be kept.
    pub retention: Retention,
    /// What.
    #[serde(flatten)]
    pub event: Event,
}

impl Entry {
    /// The one form as bytes: JSON, fields in the order of the types, no blanks.
    ///
    /// # Errors
    /// When it has no JSON form, which no entry lacks.
    pub fn bytes(&self) -> Result<Vec<u8>, LedgerError> {
        serde_json::to_vec(self).map_err(|error| LedgerError::BadEntry(error.to_string()))
    }

    /// Reads [`Entry::bytes`].
    ///
    /// # Errors
    /// When the bytes are no entry or are written in another way.
    pub fn parse(bytes: &[u8]) -> Result<Self, LedgerError> {
        let entry: Self = serde_json::from_slice(bytes).map_err(|error| LedgerError::BadEntry(error.to_string()))?;
        if entry.bytes()? != bytes {
            return Err(LedgerError::BadEntry("it is not in the one form that entries have".to_owned()));
        }
        Ok(entry)
    }

    /// The hash of its bytes as a leaf of the tree.
    ///
    /// # Errors
    /// As [`Entry::bytes`].
    pub fn leaf(&self) -> Result<Digest, LedgerError> {
        Ok(leaf_hash(&self.bytes()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Salt;

    #[test]
    fn an_entry_has_one_form() {
        let salt = Salt([3; 32]);
        let entry = Entry {
            at: "2031-05-06T07:08:09.5Z".parse().unwrap(),
            retention: Retention::TenYears,
            event: Event::Screening(Answered {
                subject: salt.subject(),
                input: salt.input(b"{}"),
                answer: salt.answer(Digest::of(b"answer")),
                outcome: "hit".to_owned(),
                basis: Digest::of(b"basis"),
            }),
        };
        let bytes = entry.bytes().unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let start = r#"{"at":"2031-05-06T07:08:09.5Z","retention":"ten_years","kind":"screening","subject":""#;
        assert!(text.starts_with(start), "{text}");
        assert_eq!(Entry::parse(&bytes).unwrap(), entry);
        for other in [
            text.replace("\"at\"", " \"at\""),
            text.replace("09.5Z", "09.50Z"),
            text.replace("\"hit\"", "\"h\\u0069t\""),
            text.replace("\"outcome\"", "\"name\":\"Anna\",\"outcome\""),
            text.replace("ten_years", "twenty_years"),
            text.replace("\"screening\"", "\"other\""),
        ] {
            assert_ne!(other, text);
            assert!(Entry::parse(other.as_bytes()).is_err(), "{other}");
        }
    }

    #[test]
    fn who_did_it_is_a_salted_number_if_it_is_a_person() {
        let subject = Salt([4; 32]).subject();
        let by = |by: &str| {
            let (on, note) = (String::new(), String::new());
            Event::Administration { act: Act::KeyMade, by: by.to_owned(), on, note }.subject()
        };
        assert_eq!(by(&format!("{PERSON}{subject}")), Some(subject));
        assert_eq!([by("key-1"), by("command line"), by("person nobody")], [None; 3]);
        assert_eq!(Event::SignOut { by: subject, method: "oidc".to_owned() }.subject(), Some(subject));
    }
}
