//! Answers as entries: what `cli`, `server` and the tools for agents put on record in the same way.
//!
//! Promises: the input and the answer's record enter an entry salted, each with a salt of its own.
//!
//! Not here: the form of entries (`ledger`), making them durable (`log`).

use interdict_engine::Engine;
use interdict_ledger::entry::{Answered, Basis, LawUsed, ListUsed, PolicyUsed, Retention};
use interdict_ledger::{AnswerForm, Entry, Event, Salt};
use interdict_model::Digest;
use jiff::Timestamp;

use super::log::{Draft, Tie};
use super::sheaf::Sheaf;
use super::{new_salts, random};
use crate::{Home, StoreError};

/// Which question an answer is to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Is this party listed?
    Screening,
    /// Is this lawful?
    Decision,
    /// What changed for this party?
    Monitoring,
}

/// An answer about to be recorded.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What was asked, as JSON: a party, or a record with all that goes with it.
    pub input: Vec<u8>,
    /// The record of the answer.
    pub record: Digest,
    /// Its outcome in a word.
    pub outcome: &'static str,
    /// The user's own id of the person; empty if there is none.
    pub reference: String,
}

/// What is the same for all answers that are recorded together.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances {
    /// The question.
    pub kind: Kind,
    /// Leaf hash of what they rest on, as [`super::Log::basis`] gives it.
    pub basis: Digest,
    /// When.
    pub at: Timestamp,
    /// How long the link to a person must be kept.
    pub retention: Retention,
}

impl Kind {
    fn event(self, answered: Answered) -> Event {
        match self {
            Self::Screening => Event::Screening(answered),
            Self::Decision => Event::Decision(answered),
            Self::Monitoring => Event::Monitoring(answered),
        }
    }
}

/// Salts asked of the system at once.
const SALTS: usize = 64;

/// Binds the entries of answers together while they are made.
#[derive(Debug)]
pub struct Binder {
    of: Circumstances,
    form: AnswerForm,
    salts: Vec<Salt>,
    sheaf: Sheaf,
}

impl Binder {
    /// Of answers that have these circumstances in common.
    ///
    /// # Errors
    /// When their entries have no form, which none lacks.
    pub fn new(of: Circumstances) -> Result<Self, StoreError> {
        let form = AnswerForm::like(of.at, of.retention, of.basis, |answered| of.kind.event(answered))?;
        Ok(Self { of, form, salts: Vec::new(), sheaf: Sheaf::default() })
    }

    /// Makes room for so many answers.
    #[must_use]
    pub fn with_room(mut self, answers: usize) -> Self {
        self.sheaf.reserve(answers);
        self
    }

    /// Adds an answer under a new salt: what was asked as JSON, the answer's record and its outcome, and the
    /// user's own id of the person.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn add(&mut self, input: &[u8], record: Digest, outcome: &str, reference: &str) -> Result<(), StoreError> {
        let salt = match self.salts.pop() {
            Some(salt) => salt,
            None => {
                self.salts = new_salts(SALTS)?;
                Salt(random()?)
            }
        };
        let (subject, input, answer) = (salt.subject(), salt.input(input), salt.answer(record));
        self.sheaf.write(|out| self.form.write(out, subject, input, answer, outcome))?;
        self.sheaf.tie(self.of.at.as_millisecond(), self.of.retention, &salt, record, reference);
        Ok(())
    }

    /// The entries.
    pub fn done(self) -> Sheaf {
        self.sheaf
    }
}

/// Entries of some answers with new salts, in their order.
///
/// # Errors
/// When the system gives no randomness.
pub fn drafts(answers: &[Answer], of: Circumstances) -> Result<Vec<(Draft, Salt)>, StoreError> {
    let draft = |(answer, salt): (&Answer, Salt)| {
        let answered = Answered {
            subject: salt.subject(),
            input: salt.input(&answer.input),
            answer: salt.answer(answer.record),
            outcome: answer.outcome.to_owned(),
            basis: of.basis,
        };
        let event = of.kind.event(answered);
        let tie = Tie { salt: salt.clone(), record: answer.record, reference: answer.reference.clone() };
        (Draft { entry: Entry { at: of.at, retention: of.retention, event }, tie: Some(tie) }, salt)
    };
    Ok(answers.iter().zip(new_salts(answers.len())?).map(draft).collect())
}

impl Home {
    /// What answers of this engine and law rest on.
    ///
    /// # Errors
    /// When other lists came into use since the engine's were opened.
    pub fn basis(&self, engine: Option<&Engine>, law: Option<LawUsed>) -> Result<Basis, StoreError> {
        let lists = engine.map(|engine| self.lists_of(engine.snapshot())).transpose()?.unwrap_or_default();
        Ok(basis(engine, lists, law))
    }
}

/// What answers of this engine over these lists, and of this law, rest on.
pub(crate) fn basis(engine: Option<&Engine>, lists: Vec<ListUsed>, law: Option<LawUsed>) -> Basis {
    let policy = engine.map(|engine| PolicyUsed {
        name: engine.policy().name.clone(),
        digest: engine.policy_digest(),
        // Plain numbers and texts always have a JSON form.
        settings: serde_json::to_string(engine.policy()).unwrap_or_default(),
        only: engine.only().iter().map(|list| list.0.clone()).collect(),
    });
    let past = engine.and_then(|engine| engine.snapshot().past());
    Basis {
        engine: interdict_engine::VERSION.to_owned(),
        snapshot: engine.map(|engine| engine.snapshot().digest()),
        as_of: past.and_then(|past| past.when.as_of).map(|day| day.to_string()),
        known_at: past.and_then(|past| past.when.known_at).map(|at| at.to_string()),
        lists,
        starter: engine.is_some_and(|engine| engine.snapshot().is_starter()),
        policy,
        law,
    }
}
