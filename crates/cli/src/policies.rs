//! `interdict policies`: what counts as a hit, built in or in a file of one's own.
//!
//! Promises: a policy that cannot be read whole is an error with file and line, never a default in
//! its place; the hash shown is the one in every result.
//!
//! Not here: what the settings do (`screening`).

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use interdict_engine::policy::Form;
use interdict_engine::{Policy, PolicyFile, Words, policy_digest};
use interdict_model::Digest;
use serde::Serialize;

use crate::exit::{Exit, Failure};
use crate::file;
use crate::render::{self, Format, Sink};
use crate::style::{self, BOLD, clean};

/// Largest file of a policy or of words, in bytes: more is not one.
const MAX_BYTES: u64 = 16 << 20;

/// Which policies to show.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict policies
  interdict policies our-payments.toml --format json
  interdict screen \"Kim Jong Un\" --policy payments")]
pub struct PoliciesArgs {
    /// Policies to show, by name or as files [default: those built in]
    #[arg(value_name = "NAME|FILE")]
    which: Vec<String>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: PolicyFormat,
}

/// Forms of a table of policies.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum PolicyFormat {
    /// For people
    #[default]
    Table,
    /// An array
    Json,
}

/// A policy as it is shown.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    policy: Policy,
    /// As in every result that compares with all lists.
    hash: Digest,
    #[serde(skip_serializing_if = "str::is_empty")]
    purpose: &'static str,
}

/// The policy of a name, or in a file.
pub fn find(name: &str) -> Result<Policy, Failure> {
    if let Some(policy) = Policy::named(name) {
        return Ok(policy);
    }
    let path = Path::new(name);
    let extension = path.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
    let form = match extension.as_deref() {
        Some("toml") => Form::Toml,
        Some("json") => Form::Json,
        Some(_) | None => {
            let names: Vec<String> = Policy::built_in().into_iter().map(|(policy, _)| policy.name).collect();
            let hint = format!("built in are {}; a file of your own ends in .toml or .json", names.join(", "));
            return Err(Failure::hint(format!("--policy: no policy `{name}`"), hint));
        }
    };
    let text = file::text(path, MAX_BYTES)?;
    let PolicyFile { mut policy, words: own } = PolicyFile::parse(&text, form).map_err(|bad| {
        Failure::hint(format!("{name}, {bad}"), "the keys of a policy are described in docs/policies.md")
    })?;
    if let Some(own) = own {
        policy.words = Some(words(&path.parent().unwrap_or(Path::new("")).join(own))?);
    }
    Ok(policy)
}

/// A user's words.
pub fn words(path: &Path) -> Result<Arc<Words>, Failure> {
    let words = Words::parse(&file::text(path, MAX_BYTES)?);
    words.map(Arc::new).map_err(|bad| Failure::new(format!("{}, {bad}", path.display())))
}

/// Shows them.
pub fn run(args: &PoliciesArgs) -> Result<Exit, Failure> {
    let policies = if args.which.is_empty() {
        Policy::built_in()
    } else {
        let purpose = |policy: &Policy| {
            Policy::built_in().into_iter().find(|(known, _)| known == policy).map_or("", |(_, purpose)| purpose)
        };
        let found = args.which.iter().map(|name| find(name).map(|policy| (purpose(&policy), policy)));
        found.map(|found| found.map(|(purpose, policy)| (policy, purpose))).collect::<Result<_, _>>()?
    };
    let shown: Vec<Shown> = policies
        .into_iter()
        .map(|(policy, purpose)| Shown { hash: policy_digest(&policy, &[]), policy, purpose })
        .collect();
    let mut out = Sink::open(None, Format::Table)?;
    match args.format {
        PolicyFormat::Table => table(&mut out, &shown)?,
        PolicyFormat::Json => writeln!(out, "{}", render::json::text(&shown, true)?)?,
    }
    out.finish()?;
    Ok(Exit::Clear)
}

fn table(out: &mut impl Write, shown: &[Shown]) -> Result<(), Failure> {
    let heads = ["policy", "version", "threshold", "limit", "weak aliases", "ignores", "words", "hash"];
    let mut rows = vec![heads.map(str::to_owned).to_vec()];
    for Shown { policy, hash, .. } in shown {
        let ignored: Vec<String> = policy.ignore.iter().map(ToString::to_string).collect();
        let dash = |text: String| if text.is_empty() { "–".to_owned() } else { text };
        rows.push(vec![
            style::fit(&policy.name, 40),
            policy.version.to_string(),
            policy.threshold.to_string(),
            policy.limit.to_string(),
            policy.weak_aliases.word().to_owned(),
            dash(ignored.join(", ")),
            dash(policy.words.as_ref().map_or_else(String::new, |words| words.digest().short())),
            hash.short(),
        ]);
    }
    style::write_table(out, &rows, &[1, 2, 3])?;
    if shown.iter().any(|shown| !shown.purpose.is_empty()) {
        writeln!(out)?;
    }
    for Shown { policy, purpose, .. } in shown.iter().filter(|shown| !shown.purpose.is_empty()) {
        writeln!(out, "{BOLD}{}{BOLD:#}: {purpose}", clean(&policy.name))?;
    }
    Ok(())
}
