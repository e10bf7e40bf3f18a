//! Puts runs, events and the allow-list on record in the home's ledger.
//!
//! Promises: where a home has a ledger, an event is in it before it is shown or sent, exactly once,
//! whatever crashes; persons stand in it as salted digests only.
//!
//! Not here: entries (`ledger`), the log (`store`), what a run is (`run`).

use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;

use interdict_engine::monitor::{Cause, Parties, Watched};
use interdict_engine::{Engine, VERSION};
use interdict_ledger::entry::Retention;
use interdict_ledger::receipt::Opening;
use interdict_ledger::{Entry, Event, leaf_hash};
use interdict_model::{Digest, Entity};
use interdict_store::ledger::{Answer, Circumstances, Draft, Kind, Log, drafts};
use interdict_store::monitor::{LastRun, Monitor, Recording};
use interdict_store::{Home, Output};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::exit::Failure;
use crate::record::RecordArgs;

/// Entries of one commit.
const AT_ONCE: usize = 4096;

/// Entries of the log that a run was given.
#[derive(Clone, Copy, Debug)]
pub struct Entries {
    /// The first.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// A run that will be put on record, and where its receipts go.
pub struct Begun {
    recording: Recording,
    receipts: Option<(Output, bool)>,
}

/// Notes that a run will be put on record; before the run counts.
pub fn begin(
    home: &Home,
    args: &RecordArgs,
    run: u64,
    policy_before: Option<Option<Digest>>,
) -> Result<Option<Begun>, Failure> {
    let place = home.ledger();
    if !place.exists() {
        return match args.receipts() {
            None => Ok(None),
            Some(_) => Err(Failure::hint(
                format!("--receipt: {} has no ledger", home.root().display()),
                "begin one with `interdict ledger init`",
            )),
        };
    }
    let receipts = args.receipts().map(|(path, sealed)| Ok::<_, Failure>((Output::create(path)?, sealed)));
    let receipts = receipts.transpose()?;
    let from = place.open()?.size();
    let recording = Recording { run, from, policy_before, retention: args.retention(), is_done: false };
    home.monitor().write_recording(&recording)?;
    Ok(Some(Begun { recording, receipts }))
}

/// Puts a run that counts on record.
pub fn finish(home: &Home, begun: Option<Begun>, engine: &Engine) -> Result<Option<Entries>, Failure> {
    begun.map(|begun| put(home, begun.recording, engine, begun.receipts)).transpose()
}

/// Puts on record what a crash kept out. Whoever shows or sends events begins with it.
pub fn catch_up(home: &Home) -> Result<(), Failure> {
    let monitor = home.monitor();
    let is_open = || -> Result<Option<(Recording, LastRun)>, Failure> {
        let (recording, last) = (monitor.recording()?, monitor.state()?.last);
        let open = recording.zip(last).filter(|(recording, last)| !recording.is_done && recording.run == last.run);
        Ok(open.filter(|_| home.ledger().exists()))
    };
    if is_open()?.is_none() {
        return Ok(());
    }
    // Whoever holds the lock may be just about to.
    let _lock = monitor.lock()?;
    let Some((recording, last)) = is_open()? else { return Ok(()) };
    let snapshot = Arc::new(home.snapshot_of_contents(&last.lists)?);
    let engine = Engine::new(snapshot, last.policy.policy().map_err(Failure::new)?, last.only.clone());
    if last.engine != VERSION {
        let text = format!("run {} was made by version {}, and is not in the ledger yet", last.run, last.engine);
        return Err(Failure::hint(text, format!("let interdict {} do that: `interdict monitor status`", last.engine)));
    }
    put(home, recording, &engine, None).map(drop)
}

/// An event's line, as far as it is looked at here.
#[derive(Deserialize)]
struct Line {
    record: Digest,
    event: String,
    party: Who,
}

#[derive(Deserialize)]
struct Who {
    id: String,
}

fn word(text: &str) -> &'static str {
    super::webhook::WORDS.into_iter().find(|word| *word == text).unwrap_or("event")
}

/// All that a run tells, as the ledger takes it: the run itself, then its events.
fn answers(monitor: &Monitor, last: &LastRun) -> Result<Vec<Answer>, Failure> {
    let run = serde_json::to_vec(last)?;
    let input = serde_json::to_vec(&json!({ "run": last }))?;
    let mut answers = vec![Answer { input, record: leaf_hash(&run), outcome: "run", reference: String::new() }];
    let stored = monitor.stored_parties(last.parties)?;
    for text in monitor.events(last.run)? {
        let line: Line = serde_json::from_str(&text)?;
        let party = stored.find(&line.party.id).map_err(Failure::new)?.map(|party| party.entity);
        let input = serde_json::to_vec(&json!({ "party": party, "event": text }))?;
        let (outcome, reference) = (word(&line.event), line.party.id);
        answers.push(Answer { input, record: line.record, outcome, reference });
    }
    Ok(answers)
}

fn put(
    home: &Home,
    mut recording: Recording,
    engine: &Engine,
    mut receipts: Option<(Output, bool)>,
) -> Result<Entries, Failure> {
    let monitor = home.monitor();
    let last = super::last_run(&monitor)?;
    let mut log = home.ledger().open()?;
    let now = Timestamp::now();
    let basis = home.basis_over(engine, &last.lists);
    let in_use = home.contents_in_use()?;
    let basis = if in_use == last.lists { log.rests_on(basis, now)? } else { log.basis(basis, now)? };
    let (known, is_switched) = known(&mut log, &recording, engine)?;
    if let (Some(before), false) = (recording.policy_before, is_switched) {
        let policy = engine.policy().name.clone();
        let event = Event::PolicyChange { policy, from: before, to: Some(engine.policy_digest()), by: None };
        log.commit(&[Draft { entry: Entry { at: now, retention: Retention::TenYears, event }, tie: None }])?;
    }
    let mut answers = answers(&monitor, &last)?;
    answers.retain(|answer| !known.contains(&answer.record));
    let circumstances = Circumstances { kind: Kind::Monitoring, basis, at: now, retention: recording.retention };
    let mut first = None;
    for answers in answers.chunks(AT_ONCE) {
        let made = drafts(answers, circumstances)?;
        let sent: Vec<Draft> = made.iter().map(|(draft, _)| draft.clone()).collect();
        let committed = log.commit(&sent)?;
        first.get_or_insert(committed.first);
        if let Some((out, is_sealed)) = &mut receipts {
            let mut wanted = Vec::with_capacity(made.len());
            for (index, (answer, (_, salt))) in (committed.first..).zip(answers.iter().zip(made)) {
                let input = if *is_sealed { None } else { Some(serde_json::from_slice(&answer.input)?) };
                wanted.push((index, Some(Opening { salt, input, record: answer.record })));
            }
            for receipt in log.receipts(wanted)? {
                serde_json::to_writer(&mut *out, &receipt)?;
                out.write_all(b"\n")?;
            }
        }
    }
    if let Some((out, _)) = receipts {
        out.finish()?;
    }
    let end = log.size().saturating_sub(1);
    recording.is_done = true;
    monitor.write_recording(&recording)?;
    Ok(Entries { first: first.unwrap_or(end), last: end })
}

/// What of a run a crash let into the log: records of its events, and whether the switch of its policy.
fn known(log: &mut Log, recording: &Recording, engine: &Engine) -> Result<(HashSet<Digest>, bool), Failure> {
    let (mut known, mut is_switched) = (HashSet::new(), false);
    for (index, bytes) in log.entries_between(recording.from, log.size())? {
        match Entry::parse(&bytes).map_err(|error| Failure::new(format!("ledger: entry {index}: {error}")))?.event {
            Event::Monitoring(_) => known.extend(log.tie_of(index)?.map(|tie| tie.record)),
            Event::PolicyChange { to, from, .. } => {
                is_switched |= Some(from) == recording.policy_before && to == Some(engine.policy_digest());
            }
            Event::Opened { .. }
            | Event::Basis(_)
            | Event::Screening(_)
            | Event::Decision(_)
            | Event::ListChange { .. }
            | Event::SignIn { .. }
            | Event::Administration { .. }
            | Event::SignOut { .. }
            | Event::Erasure { .. } => {}
        }
    }
    Ok((known, is_switched))
}

/// Puts a change of the allow-list on record, before it counts.
pub fn allowance(
    home: &Home,
    last: &LastRun,
    engine: &Engine,
    outcome: &'static str,
    entry: &interdict_engine::monitor::Allowed,
) -> Result<(), Failure> {
    if !home.ledger().exists() {
        return Ok(());
    }
    let mut log = home.ledger().open()?;
    let now = Timestamp::now();
    let basis = log.basis(home.basis_over(engine, &last.lists), now)?;
    let record = leaf_hash(&serde_json::to_vec(entry)?);
    let input = serde_json::to_vec(&json!({ "allowed": entry }))?;
    let answer = Answer { input, record, outcome, reference: entry.party.clone() };
    let retention = Retention::default();
    let of = Circumstances { kind: Kind::Monitoring, basis, at: now, retention };
    let made = drafts(&[answer], of)?;
    log.commit(&made.into_iter().map(|(draft, _)| draft).collect::<Vec<_>>())?;
    Ok(())
}

/// Asks the question of a recorded event again: whether the party is, against the lists of then, the hit
/// that the event says, to the byte. What it was before is taken as recorded.
pub fn again(engine: Option<&Engine>, outcome: &str, record: Digest, input: &Value) -> Result<Digest, Failure> {
    let (Some(engine), Some(text)) = (engine, input.get("event").and_then(Value::as_str)) else {
        let hint = match outcome {
            "run" => "the receipts of its events can be; `interdict monitor replay` screens everybody",
            _ => "what a person decided is on record, and not computed",
        };
        return Err(Failure::hint(format!("`{outcome}` is nothing that can be asked again"), hint));
    };
    let mut event: Value = serde_json::from_str(text)?;
    let at = |pointer: &str| event.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (id, listing) = (at("/party/id"), at("/listing"));
    let party: Option<Entity> = serde_json::from_value(input.get("party").cloned().unwrap_or_default())?;
    let after = match party {
        None => None,
        Some(entity) => {
            let parties = Parties::in_memory(vec![Watched { id, entity }])?;
            let found = engine.replay(&parties, &[], Cause::Party)?;
            found.into_iter().find(|found| found.listing == listing).and_then(|found| found.after)
        }
    };
    // Through text, as the recorded one came.
    let after: Option<Value> = match after {
        None => None,
        Some(after) => Some(serde_json::from_str(&serde_json::to_string(&after)?)?),
    };
    if event.get("after") == after.as_ref() {
        return Ok(record);
    }
    if let Some(event) = event.as_object_mut() {
        event.shift_remove("record");
        event.insert("after".to_owned(), after.unwrap_or_default());
    }
    Ok(leaf_hash(&serde_json::to_vec(&event)?))
}
