//! The reports of caps that a decision rests on, as the ledger takes them.
//!
//! Not here: the question as a whole (`engine`), reading the reports (`cap`).

use std::path::Path;

use interdict_engine::Asked;
use interdict_engine::model::Digest;

use crate::exit::Failure;

/// That the reports brought are those of then.
pub fn same_accounts(asked: &Asked, brought: &[(String, Digest)]) -> Result<(), Failure> {
    if asked.accounts == brought {
        return Ok(());
    }
    let caps: Vec<String> = asked.accounts.iter().map(|(cap, digest)| format!("{cap} {}", digest.short())).collect();
    let caps = if caps.is_empty() { "none".to_owned() } else { caps.join(", ") };
    Err(Failure::hint(
        format!("the decision rests on reports of caps: {caps}"),
        "bring the same files in the same order with --account CAP=FILE",
    ))
}

/// The cap of `CAP=FILE` and the hash of the file.
pub fn account(text: &str) -> Result<(String, Digest), Failure> {
    let Some((cap, path)) = text.split_once('=') else {
        return Err(Failure::hint(format!("--account: `{text}` has no `=`"), "write it as CAP=FILE"));
    };
    let bytes = std::fs::read(Path::new(path)).map_err(|error| Failure::new(format!("{path}: {error}")))?;
    Ok((cap.to_owned(), Digest::of(&bytes)))
}
