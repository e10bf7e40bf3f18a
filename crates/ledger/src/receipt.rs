//! A receipt: an entry, what it rests on, and the proof that both are in the log.
//!
//! Promises: a receipt is checked with the log's public key alone; every field of it is covered by
//! a hash that leads to the signed root, or by the salt; what is altered does not check.
//!
//! Not here: making proofs from files (`store`), answering again (`cli`).

use interdict_model::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::checkpoint::Checkpoint;
use crate::entry::{Basis, Entry, Event};
use crate::note::VerifierKey;
use crate::proof::check_inclusion;
use crate::subject::Salt;
use crate::{LedgerError, leaf_hash};

/// The form of receipts that this version writes and reads.
pub const FORMAT: &str = "interdict-receipt/1";

/// An entry with its place in the log.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proven {
    /// The entry.
    pub entry: Entry,
    /// Its number, from 0.
    pub index: u64,
    /// Hashes from its sibling up to the root.
    pub proof: Vec<Digest>,
}

impl Proven {
    fn check(&self, head: &Checkpoint) -> Result<Digest, LedgerError> {
        let leaf = leaf_hash(&self.entry.bytes()?);
        check_inclusion(leaf, self.index, head.size, &self.proof, head.root).map_err(|error| {
            LedgerError::BadReceipt(format!("entry {} is not in the log as it stands here: {error}", self.index))
        })?;
        Ok(leaf)
    }
}

/// What ties the entry to a question and its answer: for whoever may know both.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Opening {
    /// The entry's salt.
    pub salt: Salt,
    /// The party or record that was asked about; whoever leaves it out must bring it to replay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    /// The record of the answer.
    pub record: Digest,
}

/// A receipt.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Receipt {
    /// [`FORMAT`].
    pub format: String,
    /// What was answered.
    pub answer: Proven,
    /// What it rests on.
    pub basis: Proven,
    /// The signed checkpoint that the proofs lead to.
    pub checkpoint: String,
    /// What ties it to the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub opening: Option<Opening>,
}

impl Receipt {
    /// Reads a receipt.
    ///
    /// # Errors
    /// When it is none, or holds something that no receipt of this form has.
    pub fn parse(json: &[u8]) -> Result<Self, LedgerError> {
        let bad = |error: serde_json::Error| {
            let hint = "hint: give a file that `interdict screen --receipt` or `interdict ledger receipt` wrote";
            LedgerError::BadReceipt(format!("{error}\n{hint}"))
        };
        let value: Value = serde_json::from_slice(json).map_err(bad)?;
        let receipt: Self = serde_json::from_value(value.clone()).map_err(bad)?;
        if receipt.format != FORMAT {
            let reason = format!("its form is `{}`, this version reads `{FORMAT}`", receipt.format);
            return Err(LedgerError::BadReceipt(reason));
        }
        if serde_json::to_value(&receipt).map_err(bad)? != value {
            return Err(LedgerError::BadReceipt("it holds fields that receipts do not have".to_owned()));
        }
        Ok(receipt)
    }

    /// Checks signature, proofs, basis and salted digests; gives the checkpoint that they lead to.
    ///
    /// # Errors
    /// The first of them that does not hold.
    pub fn check(&self, key: &VerifierKey) -> Result<Checkpoint, LedgerError> {
        let head = Checkpoint::open(&self.checkpoint, key)?;
        self.answer.check(&head)?;
        let basis = self.basis.check(&head)?;
        let bad = |reason: &str| Err(LedgerError::BadReceipt(reason.to_owned()));
        let Some(answered) = self.answer.entry.event.answered() else {
            return bad("its entry records no answer");
        };
        if answered.basis != basis {
            return bad("the basis is not the one that the entry names");
        }
        if self.basis().is_none() {
            return bad("what stands as its basis is none");
        }
        if let Some(opening) = &self.opening {
            if opening.salt.subject() != answered.subject {
                return bad("the salt is not that of the entry");
            }
            if opening.salt.answer(opening.record) != answered.answer {
                return bad("the record is not that of the answer in the entry");
            }
            if let Some(input) = &opening.input {
                opening.fits(answered.input, input)?;
            }
        }
        Ok(head)
    }

    /// What the answer rests on.
    pub fn basis(&self) -> Option<&Basis> {
        match &self.basis.entry.event {
            Event::Basis(basis) => Some(basis),
            Event::Opened { .. }
            | Event::Screening(_)
            | Event::Decision(_)
            | Event::Monitoring(_)
            | Event::ListChange { .. }
            | Event::PolicyChange { .. }
            | Event::SignIn { .. }
            | Event::Administration { .. }
            | Event::SignOut { .. }
            | Event::Erasure { .. } => None,
        }
    }
}

impl Opening {
    /// Checks that an input is the one an entry was made for.
    ///
    /// # Errors
    /// When it is not.
    pub fn fits(&self, recorded: Digest, input: &Value) -> Result<(), LedgerError> {
        let json = serde_json::to_vec(input).map_err(|error| LedgerError::BadReceipt(error.to_string()))?;
        if self.salt.input(&json) == recorded {
            return Ok(());
        }
        Err(LedgerError::BadReceipt("the input is not the one that was asked about".to_owned()))
    }
}
