//! Puts answers on record in the home's ledger before they are shown.
//!
//! Promises: where a home has a ledger, an answer that could not be recorded is not shown; what is
//! recorded says what it rests on; persons stand in it as salted digests only.
//!
//! Not here: the log itself (`store`), what is done with receipts (`ledger`, `replay`).

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use interdict_engine::Engine;
use interdict_engine::model::Digest;
use interdict_ledger::entry::{Basis, LawUsed, Retention};
use interdict_ledger::receipt::Opening;
use interdict_measures::Law;
pub use interdict_store::ledger::{Answer, Kind};
use interdict_store::ledger::{Binder, Circumstances, Committed, Committer, Ticket};
use interdict_store::{Home, Output, StoreError};
use jiff::Timestamp;
use serde::Serialize;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};

/// What becomes of an answer's record.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Ledger")]
pub struct RecordArgs {
    /// Write the receipt of each answer, one JSON object a line; the home must have a ledger
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
    /// Leave out of receipts what was asked: to replay them, bring it
    #[arg(long, requires = "receipt")]
    sealed: bool,
    #[command(flatten)]
    keep: KeepArgs,
}

/// How long the link between entry and person must be kept.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct KeepArgs {
    /// How long the link between an entry of the ledger and a person must be kept
    #[arg(long, value_enum, default_value_t, value_name = "CLASS")]
    retention: RetentionArg,
}

impl KeepArgs {
    /// The class.
    pub fn class(self) -> Retention {
        self.retention.into()
    }
}

/// Classes of retention.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
pub enum RetentionArg {
    /// 31 CFR 501.601
    #[default]
    TenYears,
    /// Regulation (EU) 2024/1624, Article 77
    FiveYears,
    /// Until erasure is asked for
    Erasable,
}

impl RecordArgs {
    /// How long the link must be kept.
    pub fn retention(&self) -> Retention {
        self.keep.class()
    }

    /// To record without receipts.
    pub fn keeping(keep: KeepArgs) -> Self {
        Self { keep, ..Self::default() }
    }

    /// Where receipts go, and whether they leave out what was asked.
    pub fn receipts(&self) -> Option<(&Path, bool)> {
        self.receipt.as_deref().map(|path| (path, self.sealed))
    }
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
        let (retention, is_sealed) = (args.retention(), args.sealed);
        let home = home.clone();
        Ok(Some(Self { committer, home, retention, receipts, is_sealed, kind, basis: None }))
    }

    /// Says what the answers that follow rest on.
    pub fn rests_on(&mut self, engine: Option<&Engine>, law: Option<&Law>) -> Result<(), Failure> {
        let law = law.map(|law| LawUsed { digest: law.version, pages: law.pages.len() as u64 });
        let basis = self.home.basis(engine, law)?;
        if self.basis.as_ref().is_some_and(|(known, _)| *known == basis) {
            return Ok(());
        }
        let (asked, at) = (basis.clone(), Timestamp::now());
        let leaf = self.committer.ask(move |log| log.rests_on(asked, at))??;
        self.basis = Some((basis, leaf));
        Ok(())
    }

    /// Hands answers over; they are durable when [`Recorder::settle`] returns.
    pub fn submit(&self, answers: Vec<Answer>) -> Result<Pending, Failure> {
        let Some((_, basis)) = &self.basis else {
            return Err(Failure::new("ledger: an answer without a basis cannot be recorded"));
        };
        let (kind, retention) = (self.kind, self.retention);
        let mut binder = Binder::new(Circumstances { kind, basis: *basis, at: Timestamp::now(), retention })?;
        for answer in &answers {
            binder.add(&answer.input, answer.record, answer.outcome, &answer.reference)?;
        }
        let sheaf = binder.done();
        let mut openings = Vec::new();
        if self.receipts.is_some() {
            for (answer, tie) in answers.iter().zip(sheaf.ties()) {
                let input = if self.is_sealed { None } else { Some(serde_json::from_slice(&answer.input)?) };
                openings.push(Opening { salt: tie.salt, input, record: answer.record });
            }
        }
        Ok(Pending { ticket: self.committer.submit_sheaf(sheaf), openings })
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

/// Records which lists are in use after a command that may have changed them. Also after a failure:
/// of several lists some may have come into use.
pub fn after_lists(place: &PlaceArgs, done: Result<Exit, Failure>) -> Result<Exit, Failure> {
    let recorded = place.home().and_then(|home| lists_in_use(&home));
    let exit = done?;
    recorded?;
    Ok(exit)
}

fn lists_in_use(home: &Home) -> Result<(), Failure> {
    let place = home.ledger();
    if !place.exists() {
        return Ok(());
    }
    let lists: Vec<(String, Digest)> = home
        .contents()?
        .iter()
        .map(|content| (content.manifest.version.list.0.clone(), content.manifest.content))
        .collect();
    if lists.is_empty() {
        // The next screening says what stands in their place.
        return Ok(());
    }
    Ok(place.open()?.lists_in_use(&lists, Timestamp::now())?)
}
