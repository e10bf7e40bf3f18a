//! Puts answers on record in the home's ledger before they are shown.
//!
//! Promises: where a home has a ledger, an answer that could not be recorded is not shown; what is
//! recorded says what it rests on; persons stand in it as salted digests only.
//!
//! Not here: the log itself (`store`), what is done with receipts (`ledger`, `replay`).

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use interdict_engine::Engine;
use interdict_engine::model::Digest;
use interdict_ledger::entry::{Answered, Basis, LawUsed, PolicyUsed, Retention};
use interdict_ledger::receipt::Opening;
use interdict_ledger::{Entry, Event};
use interdict_measures::Law;
use interdict_store::ledger::{Committed, Committer, Draft, Ticket, Tie, new_salts};
use interdict_store::{Home, Output, StoreError};
use jiff::Timestamp;
use serde::Serialize;

use crate::exit::Failure;

/// What becomes of an answer's record.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Ledger")]
pub struct RecordArgs {
    /// Write the receipt of each answer, one JSON object a line; the home must have a ledger
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Leave out of receipts what was asked: to replay them, bring it
    #[arg(long, requires = "receipt")]
    sealed: bool,
    /// How long the link between entry and person must be kept
    #[arg(long, value_enum, default_value_t)]
    retention: RetentionArg,
}

/// Classes of retention.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum RetentionArg {
    /// 31 CFR 501.601
    #[default]
    TenYears,
    /// Regulation (EU) 2024/1624, Article 77
    FiveYears,
    /// Until erasure is asked for
    Erasable,
}

impl From<RetentionArg> for Retention {
    fn from(argument: RetentionArg) -> Self {
        match argument {
            RetentionArg::TenYears => Self::TenYears,
            RetentionArg::FiveYears => Self::FiveYears,
            RetentionArg::Erasable => Self::Erasable,
        }
    }
}

/// Which question an answer is to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Is this party listed?
    Screening,
    /// Is this lawful?
    Decision,
}

/// An answer about to be recorded.
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

/// An open ledger.
pub struct Recorder {
    committer: Committer,
    home: Home,
    retention: Retention,
    receipts: Option<Output>,
    is_sealed: bool,
    kind: Kind,
    basis: Option<(Basis, Digest)>,
}

/// Answers on their way to the disk.
pub struct Pending {
    ticket: Ticket<Result<Committed, StoreError>>,
    openings: Vec<Opening>,
}

/// What answers of this engine and law rest on.
pub fn basis(home: &Home, engine: Option<&Engine>, law: Option<&Law>) -> Result<Basis, Failure> {
    let lists = engine.map(|engine| home.lists_of(engine.snapshot())).transpose()?.unwrap_or_default();
    let policy = |engine: &Engine| -> Result<PolicyUsed, Failure> {
        Ok(PolicyUsed {
            name: engine.policy().name.clone(),
            digest: engine.policy_digest(),
            settings: serde_json::to_string(engine.policy())?,
            only: engine.only().iter().map(|list| list.0.clone()).collect(),
        })
    };
    let past = engine.and_then(|engine| engine.snapshot().past());
    Ok(Basis {
        engine: interdict_engine::VERSION.to_owned(),
        as_of: past.and_then(|past| past.when.as_of).map(|day| day.to_string()),
        known_at: past.and_then(|past| past.when.known_at).map(|at| at.to_string()),
        snapshot: engine.map(|engine| engine.snapshot().digest()),
        lists,
        starter: engine.is_some_and(|engine| engine.snapshot().is_starter()),
        policy: engine.map(policy).transpose()?,
        law: law.map(|law| LawUsed { digest: law.version, pages: law.pages.len() as u64 }),
    })
}

impl Recorder {
    /// The home's ledger; none if it has none.
    pub fn open(home: &Home, args: &RecordArgs, kind: Kind) -> Result<Option<Self>, Failure> {
        let place = home.ledger();
        if !place.exists() {
            return match &args.receipt {
                None => Ok(None),
                Some(_) => Err(Failure::hint(
                    format!("--receipt: {} has no ledger", home.root().display()),
                    "begin one with `interdict ledger init`",
                )),
            };
        }
        let committer = Committer::start(place.open()?)?;
        let receipts = args.receipt.as_deref().map(Output::create).transpose()?;
        let (retention, is_sealed) = (args.retention.into(), args.sealed);
        let home = home.clone();
        Ok(Some(Self { committer, home, retention, receipts, is_sealed, kind, basis: None }))
    }

    /// Says what the answers that follow rest on.
    pub fn rests_on(&mut self, engine: Option<&Engine>, law: Option<&Law>) -> Result<(), Failure> {
        let basis = basis(&self.home, engine, law)?;
        if self.basis.as_ref().is_some_and(|(known, _)| *known == basis) {
            return Ok(());
        }
        let at = Timestamp::now();
        let lists: Vec<(String, Digest)> = basis.lists.iter().map(|used| (used.list.clone(), used.content)).collect();
        let is_screened = engine.is_some_and(|engine| engine.snapshot().past().is_none());
        let asked = basis.clone();
        let leaf = self.committer.ask(move |log| {
            if is_screened {
                log.lists_in_use(&lists, at)?;
            }
            log.basis(asked, at)
        })??;
        self.basis = Some((basis, leaf));
        Ok(())
    }

    /// Hands answers over; they are durable when [`Recorder::settle`] returns.
    pub fn submit(&self, answers: Vec<Answer>) -> Result<Pending, Failure> {
        let at = Timestamp::now();
        let Some((_, basis)) = &self.basis else {
            return Err(Failure::new("ledger: an answer without a basis cannot be recorded"));
        };
        let keep = self.receipts.is_some();
        let mut openings = Vec::with_capacity(if keep { answers.len() } else { 0 });
        let mut drafts = Vec::with_capacity(answers.len());
        for (answer, salt) in answers.iter().zip(new_salts(answers.len())?) {
            let answered = Answered {
                subject: salt.subject(),
                input: salt.input(&answer.input),
                answer: salt.answer(answer.record),
                outcome: answer.outcome.to_owned(),
                basis: *basis,
            };
            let event = match self.kind {
                Kind::Screening => Event::Screening(answered),
                Kind::Decision => Event::Decision(answered),
            };
            if keep {
                let input = if self.is_sealed { None } else { Some(serde_json::from_slice(&answer.input)?) };
                openings.push(Opening { salt: salt.clone(), input, record: answer.record });
            }
            let tie = Some(Tie { salt, record: answer.record, reference: answer.reference.clone() });
            drafts.push(Draft { entry: Entry { at, retention: self.retention, event }, tie });
        }
        Ok(Pending { ticket: self.committer.submit(drafts), openings })
    }

    /// Waits until answers are durable, writes their receipts, and gives the number of the first entry.
    pub fn settle(&mut self, pending: Pending) -> Result<u64, Failure> {
        let committed = pending.ticket.wait().map_err(|error| {
            Failure::hint(format!("not recorded, so not shown: {error}"), "mend the cause and run it again")
        })?;
        if let Some(out) = &mut self.receipts {
            let wanted = (committed.first..).zip(pending.openings.into_iter().map(Some)).collect();
            for receipt in self.committer.ask(move |log| log.receipts(wanted))?? {
                serde_json::to_writer(&mut *out, &receipt)?;
                out.write_all(b"\n")?;
            }
        }
        Ok(committed.first)
    }

    /// Ends it: receipts are put in their place.
    pub fn finish(self) -> Result<(), Failure> {
        if let Some(receipts) = self.receipts {
            receipts.finish()?;
        }
        self.committer.finish()?;
        Ok(())
    }
}

/// Where an answer stands in the ledger, as JSON output says it.
#[derive(Clone, Copy, Serialize)]
pub struct Recording {
    /// Number of the entry.
    pub entry: u64,
}
