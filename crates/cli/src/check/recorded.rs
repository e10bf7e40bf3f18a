//! What was asked, as the ledger takes it: all that an answer depends on besides law and lists.

use std::path::Path;

use interdict_engine::model::Digest;
use serde::{Deserialize, Serialize};

use crate::exit::Failure;

/// A question to the law.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// Where the record stood.
    pub place: String,
    /// Its fields.
    pub record: Vec<(String, String)>,
    /// What holds for every record.
    pub given: Vec<(String, String)>,
    /// The other day.
    pub also_on: Option<String>,
    /// Whether other rules were explained.
    pub explain: bool,
    /// Whether parties were screened.
    pub screened: bool,
    /// Caps and the hashes of their reports.
    pub accounts: Vec<(String, Digest)>,
}

impl Asked {
    /// That the reports brought are those of then.
    pub fn same_accounts(&self, brought: &[(String, Digest)]) -> Result<(), Failure> {
        if self.accounts == brought {
            return Ok(());
        }
        let caps: Vec<String> = self.accounts.iter().map(|(cap, digest)| format!("{cap} {}", digest.short())).collect();
        let caps = if caps.is_empty() { "none".to_owned() } else { caps.join(", ") };
        Err(Failure::hint(
            format!("the decision rests on reports of caps: {caps}"),
            "bring the same files in the same order with --account CAP=FILE",
        ))
    }
}

/// The cap of `CAP=FILE` and the hash of the file.
pub fn account(text: &str) -> Result<(String, Digest), Failure> {
    let Some((cap, path)) = text.split_once('=') else {
        return Err(Failure::hint(format!("--account: `{text}` has no `=`"), "write it as CAP=FILE"));
    };
    let bytes = std::fs::read(Path::new(path)).map_err(|error| Failure::new(format!("{path}: {error}")))?;
    Ok((cap.to_owned(), Digest::of(&bytes)))
}
