//! `interdict replay`: the question of a receipt is asked again, of the lists, policy and law of then.
//!
//! Promises: it compares the hash of the whole answer, so that a single byte makes a difference; what
//! cannot be asked again, because a list or the law is gone, is said and is no success.
//!
//! Not here: the proof that the receipt is in the log (`ledger prove`); its signature is checked all the same.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use interdict_engine::model::{Digest, Entity, ListId};
use interdict_engine::policy::Form;
use interdict_engine::{Engine, PolicyFile, Recorded, Scratch};
use interdict_ledger::entry::{Answered, Basis, PolicyUsed};
use interdict_ledger::receipt::Opening;
use interdict_ledger::{Event, Receipt};
use interdict_store::ledger::LogFiles;
use serde::Serialize;
use serde_json::Value;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure, print_note};
use crate::file;
use crate::law::LawArgs;
use crate::ledger::{KeyArgs, receipts};
use crate::render::{self, Format, Sink};
use crate::style::{BOLD, CLEAR, DIM, ERROR, clean};
use crate::{check, policies};

/// The most bytes of a party or an answer that is brought: as a row of parties, with its hits.
const MOST_ASKED: u64 = 64 << 20;

/// What to ask again.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict replay kim.receipt.json
  interdict replay kim.receipt.json --party answer.json
  interdict replay receipts.jsonl --format jsonl

The lists are those that the receipt names, also when others are in use now; `interdict lists history`
shows which are kept.

Exit codes: 0 the same answer to the byte, 1 another one, 2 it could not be asked again")]
pub struct ReplayArgs {
    /// The receipt, or a file with one a line
    #[arg(value_name = "RECEIPT")]
    receipt: PathBuf,
    /// What was asked, where the receipt does not say it: the party or the whole answer as JSON
    #[arg(long, value_name = "FILE")]
    party: Option<PathBuf>,
    /// The words of the policy, if it had some
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
    /// The reports of a cap, if the decision took some
    #[arg(long, value_name = "CAP=FILE")]
    account: Vec<String>,
    #[command(flatten)]
    folder: LawArgs,
    #[command(flatten)]
    key: KeyArgs,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Shown<'a> {
    same: bool,
    entry: u64,
    kind: &'a str,
    outcome: &'a str,
    recorded: Digest,
    replayed: Digest,
    engine_then: &'a str,
    engine_now: &'a str,
}

/// Asks again.
pub fn run(args: &ReplayArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let (key, _) = args.key.key(&LogFiles::at(place.home()?.ledger().public()))?;
    let mut out = Sink::open(None, args.format)?;
    let mut exit = Exit::Clear;
    // Receipts of one run share their basis: its index is opened once.
    let mut opened: Option<(Basis, Arc<Engine>)> = None;
    for receipt in receipts(&args.receipt)? {
        let receipt = receipt?;
        let index = receipt.answer.index;
        let failed = |error: interdict_ledger::LedgerError| Failure::new(format!("receipt of entry {index}: {error}"));
        receipt.check(&key).map_err(failed)?;
        let (Some(basis), Some(answered)) = (receipt.basis(), receipt.answer.entry.event.answered()) else {
            return Err(Failure::new(format!("receipt of entry {index}: it is of no answer")));
        };
        let Some(opening) = &receipt.opening else {
            return Err(Failure::hint(
                format!("receipt of entry {index}: it holds no salt, so nothing ties it to a question"),
                "take the receipt as it was written, or make it again with `interdict ledger receipt`, if the link was not erased",
            ));
        };
        if let Some(why) = without_answer(&answered.outcome) {
            print_note(&format!("entry {index}: {why}, so there is no answer to compare"));
            if exit == Exit::Clear {
                exit = Exit::NotDone;
            }
            continue;
        }
        let input = input(args, opening, answered)?;
        // `null` is what earlier versions put on record of every row that could not be read.
        if input.is_null() || interdict_server::is_unread_for_good(&input) {
            print_note(&format!("entry {index}: its row could not be read then, so there is nothing to ask again"));
            continue;
        }
        let engine = match &opened {
            Some((known, engine)) if known == basis => Some(Arc::clone(engine)),
            Some(_) | None if basis.snapshot.is_some() => {
                let engine = Arc::new(engine(args, place, basis)?);
                opened = Some((basis.clone(), Arc::clone(&engine)));
                Some(engine)
            }
            Some(_) | None => None,
        };
        let replayed = match &receipt.answer.entry.event {
            Event::Screening(answered) if answered.outcome == "compared" => compared(engine.as_deref(), input, false)?,
            Event::Screening(_) => screened(engine.as_deref(), input)?,
            Event::Decision(answered) => match decided(args, basis, engine, input) {
                // A party of it that could not be screened then is on record by its reason.
                Err(failure) if answered.outcome == "not_done" => {
                    interdict_ledger::leaf_hash(failure.text().as_bytes())
                }
                decided => decided?,
            },
            Event::Monitoring(answered) => {
                crate::monitor::again(engine.as_deref(), &answered.outcome, opening.record, &input)?
            }
            Event::Opened { .. }
            | Event::Basis(_)
            | Event::ListChange { .. }
            | Event::PolicyChange { .. }
            | Event::SignIn { .. }
            | Event::Administration { .. }
            | Event::SignOut { .. }
            | Event::Erasure { .. } => {
                return Err(Failure::new(format!("receipt of entry {index}: it is of no answer")));
            }
        };
        if replayed != opening.record {
            exit = Exit::Hit;
        }
        show(&mut out, args.format, &receipt, basis, answered, opening.record, replayed)?;
    }
    out.finish()?;
    Ok(exit)
}

/// Why a question got no answer that could be compared; none if it got one, or a reason.
fn without_answer(outcome: &str) -> Option<&'static str> {
    match outcome {
        "timed_out" => Some("it was given up in time then"),
        "failed" => Some("the service failed at it then"),
        _ => None,
    }
}

/// What was asked: as the receipt has it, or as it is brought.
fn input(args: &ReplayArgs, opening: &Opening, answered: &Answered) -> Result<Value, Failure> {
    let Some(path) = &args.party else {
        return opening.input.clone().ok_or_else(|| {
            Failure::hint(
                "the receipt does not say what was asked",
                "bring it with --party: the party or the answer as JSON",
            )
        });
    };
    let text = file::text(path, MOST_ASKED)?;
    let read = serde_json::from_str::<Value>(&text);
    let mut candidates = Vec::new();
    if let Ok(whole) = &read {
        let parts = ["/party", "/screening/party", "/opening/input", "/asked"];
        candidates.extend(parts.iter().filter_map(|part| whole.pointer(part)).chain([whole]).cloned());
    }
    // What could not be read as a party then, in a request or as a line, need not be JSON.
    let parties = candidates.clone().into_iter().chain([Value::Null]);
    candidates.extend(parties.flat_map(|party| interdict_server::unread_forms(&party, &text)));
    candidates.extend(read.iter().flat_map(interdict_mcp::unread_forms));
    let found = candidates.into_iter().find(|input| opening.fits(answered.input, input).is_ok());
    found.ok_or_else(|| match &read {
        Err(error) => Failure::hint(
            format!("{}: it is not what was asked, and not JSON: {error}", path.display()),
            "bring the party or the whole answer, as `interdict screen --format json` shows it",
        ),
        Ok(_) => not_asked(path),
    })
}

fn not_asked(path: &std::path::Path) -> Failure {
    Failure::hint(
        format!("{}: it is not what was asked", path.display()),
        "it must be the party as `interdict screen --format json` shows it, field by field; one that could not be read as it was sent",
    )
}

/// The engine of then.
fn engine(args: &ReplayArgs, place: &PlaceArgs, basis: &Basis) -> Result<Engine, Failure> {
    let Some(used) = &basis.policy else { return Err(Failure::new("the receipt names lists and no policy")) };
    let snapshot = Arc::new(place.home()?.snapshot_of_basis(basis)?);
    let policy = policy(args, used)?;
    let engine = Engine::new(snapshot, policy, used.only.iter().cloned().map(ListId).collect());
    if engine.policy_digest() != used.digest {
        return Err(Failure::hint(
            format!("policy `{}` cannot be made again: this version reads its settings in another way", used.name),
            format!("use interdict {}", basis.engine),
        ));
    }
    Ok(engine)
}

fn policy(args: &ReplayArgs, used: &PolicyUsed) -> Result<interdict_engine::Policy, Failure> {
    let mut settings: Value = serde_json::from_str(&used.settings)?;
    let mut words = None;
    if let Some(settings) = settings.as_object_mut() {
        words = settings.shift_remove("words");
        // A file may not take the name of a built-in policy; the hash tells whether it is the one.
        settings.insert("name".to_owned(), Value::String("as recorded".to_owned()));
    }
    let read = PolicyFile::parse(&settings.to_string(), Form::Json);
    let mut policy = read.map_err(|bad| Failure::new(format!("policy `{}`: {bad}", used.name)))?.policy;
    policy.name.clone_from(&used.name);
    if let Some(Value::String(digest)) = words {
        let Some(path) = &args.words else {
            return Err(Failure::hint(
                format!("policy `{}` had words of its own, {}", used.name, digest.get(..12).unwrap_or(&digest)),
                "bring the file with --words",
            ));
        };
        let words = policies::words(path)?;
        if words.digest().to_string() != digest {
            return Err(Failure::new(format!("{}: these are not the words of policy `{}`", path.display(), used.name)));
        }
        policy.words = Some(words);
    }
    Ok(policy)
}

fn screened(engine: Option<&Engine>, input: Value) -> Result<Digest, Failure> {
    let Some(engine) = engine else { return Err(Failure::new("the receipt of a screening names no lists")) };
    for read in [interdict_server::unread_again, interdict_mcp::unread_again] {
        if let Some(record) = read(&input).map_err(Failure::new)? {
            return Ok(record);
        }
    }
    if input.get("reference").is_some() {
        return compared(Some(engine), input, true);
    }
    let in_another_interface = interdict_server::compat::again(&engine.shared_snapshot(), engine.only(), &input);
    if let Some(record) = in_another_interface.map_err(Failure::new)? {
        return Ok(record);
    }
    let party: Entity = serde_json::from_value(input)?;
    // What could not be screened then is on record by its reason.
    match engine.screen(&party, &mut Scratch::default()) {
        Ok(screening) => Ok(Recorded::new(screening)?.record()),
        Err(error) => Ok(interdict_ledger::leaf_hash(error.to_string().as_bytes())),
    }
}

/// A comparison of one party with one listing, as `/v1/explain` gives it; or why it could not be made.
fn compared(engine: Option<&Engine>, input: Value, is_not_done: bool) -> Result<Digest, Failure> {
    #[derive(serde::Deserialize)]
    struct Asked {
        party: Entity,
        list: String,
        reference: String,
    }
    let Some(engine) = engine else { return Err(Failure::new("the receipt of a comparison names no lists")) };
    let asked: Asked = serde_json::from_value(input)?;
    let found = engine.snapshot().find(&ListId(asked.list), &asked.reference)?;
    let mut all = Vec::new();
    for ordinal in found {
        match engine.explain(&asked.party, ordinal) {
            Ok(comparison) => all.push(Recorded::new(comparison)?),
            Err(error) if is_not_done => return Ok(interdict_ledger::leaf_hash(error.to_string().as_bytes())),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(interdict_ledger::leaf_hash(&serde_json::to_vec(&all)?))
}

fn decided(args: &ReplayArgs, basis: &Basis, engine: Option<Arc<Engine>>, input: Value) -> Result<Digest, Failure> {
    let law = args.folder.law()?;
    let Some(used) = &basis.law else { return Err(Failure::new("the receipt of a decision names no law")) };
    if law.version != used.digest {
        return Err(Failure::hint(
            format!("the law was {} in {} pages, this is {}", used.digest.short(), used.pages, law.version.short()),
            format!("use interdict {}, or bring those pages with --law-folder", basis.engine),
        ));
    }
    check::again(&law, engine, &args.account, input)
}

fn show(
    out: &mut impl Write,
    format: Format,
    receipt: &Receipt,
    basis: &Basis,
    answered: &Answered,
    recorded: Digest,
    replayed: Digest,
) -> Result<(), Failure> {
    let (entry, kind) = (receipt.answer.index, receipt.answer.entry.event.kind());
    let now = interdict_engine::VERSION;
    let same = recorded == replayed;
    match format {
        Format::Json | Format::Jsonl => {
            let (outcome, engine_then) = (answered.outcome.as_str(), basis.engine.as_str());
            let shown = Shown { same, entry, kind, outcome, recorded, replayed, engine_then, engine_now: now };
            writeln!(out, "{}", render::json::text(&shown, format == Format::Json)?)?;
        }
        Format::Csv => return Err(Failure::hint("a replay has no CSV form", "use table, json or jsonl")),
        Format::Table if same => {
            writeln!(out, "{CLEAR}the same answer, to the byte{CLEAR:#}: {BOLD}{}{BOLD:#}", clean(&answered.outcome))?;
            writeln!(out, "  {DIM}{kind}, entry {entry}, record {recorded}{DIM:#}")?;
        }
        Format::Table => {
            writeln!(out, "{ERROR}another answer{ERROR:#}: recorded was {BOLD}{}{BOLD:#}", clean(&answered.outcome))?;
            writeln!(out, "  recorded {recorded}\n  replayed {replayed}")?;
            if basis.engine != now {
                writeln!(out, "  it was given by interdict {}, this is {now}", clean(&basis.engine))?;
            }
        }
    }
    Ok(())
}
