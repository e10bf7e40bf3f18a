//! The reports of caps that a decision rests on, as the ledger takes them.
//!
//! Not here: the question as a whole (`engine`), reading the reports (`cap`).

use std::path::Path;

use interdict_engine::Asked;
use interdict_engine::model::Digest;

use crate::exit::Failure;
use crate::file;

/// The most bytes of the reports of a cap.
const MOST_REPORTED: u64 = 1 << 30;

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
    let bytes = file::bytes(Path::new(path), MOST_REPORTED)?;
    Ok((cap.to_owned(), Digest::of(&bytes)))
}
