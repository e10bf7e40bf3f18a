//! `interdict monitor replay`: what another policy or version of the engine would say.

use std::io::Write;
use std::sync::Arc;

use clap::Args;
use interdict_engine::monitor::{Cause, Event, EventKind};
use interdict_engine::{Engine, VERSION};
use interdict_store::Home;
use jiff::{Timestamp, Zoned};

use super::run::{Finished, Run, on_record};
use super::{show, webhook};
use crate::command::PolicyArgs;
use crate::exit::{Exit, Failure};
use crate::record::RecordArgs;
use crate::render::{self, Format, Sink};
use crate::style::{self, BOLD, DIM};

/// What to switch to.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor replay --policy strict
  interdict monitor replay --threshold 0.75 --format jsonl
  interdict monitor replay --policy strict --apply
  interdict monitor replay --apply                  after an update of interdict: the same policy, this engine

Everybody is screened again against the lists of the last run, and compared with the hits that stand.
Nothing changes before --apply.

Exit codes: 0 no difference, 1 some, 2 could not be done")]
pub struct ReplayArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// Switch it on: the events are recorded as a run, and later runs use it
    #[arg(long)]
    apply: bool,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    #[command(flatten)]
    webhooks: webhook::WebhookArgs,
    #[command(flatten)]
    record: RecordArgs,
}

/// Replays.
pub fn run(args: &ReplayArgs, home: &Home) -> Result<Exit, Failure> {
    if args.format == Format::Csv {
        return Err(Failure::hint("--format csv: events are not rows", "use jsonl"));
    }
    let monitor = home.monitor();
    let targets = if args.apply { args.webhooks.targets(home)? } else { Vec::new() };
    let lock = monitor.lock()?;
    let state = monitor.state()?;
    let last = super::last_run(&monitor)?;
    let snapshot = Arc::new(home.snapshot_of_contents(&last.lists)?);
    let engine = if args.policy.is_given() {
        args.policy.engine(Arc::clone(&snapshot))?
    } else {
        Engine::new(Arc::clone(&snapshot), last.policy.policy().map_err(Failure::new)?, last.only.clone())
    };
    let stored = monitor.stored_parties(last.parties)?;
    let hits = monitor.hits(last.run)?;
    let events = engine.replay(&monitor.parties(last.parties)?, &hits, Cause::Policy)?;
    let differs = !events.is_empty();
    let shown = events.clone();
    let applied = if args.apply {
        let run = Run { number: last.run.saturating_add(1), at: Timestamp::now() };
        webhook::expect(&monitor, &targets, run.number)?;
        let lists = last.lists.clone();
        let finished = Finished { parties: last.parties, count: last.count, lists, engine: &engine };
        let to_record = (home, &args.record);
        let (_, entries) = run.finish(to_record, state, &finished, (events, hits), (Zoned::now().date(), &stored))?;
        Some((run.number, entries))
    } else {
        None
    };
    let mut out = Sink::open(None, args.format)?;
    match args.format {
        Format::Table | Format::Csv => {
            show::table(&mut out, shown.iter())?;
            summary(&mut out, &shown, &engine, &last)?;
            if let Some((run, entries)) = applied {
                writeln!(out, "switched on, as run {run}")?;
                on_record(&mut out, entries)?;
            }
        }
        Format::Json => writeln!(out, "{}", render::json::text(&shown, true)?)?,
        Format::Jsonl => {
            for event in &shown {
                writeln!(out, "{}", render::json::text(event, false)?)?;
            }
        }
    }
    out.finish()?;
    drop(lock);
    let exit = if differs { Exit::Hit } else { Exit::Clear };
    if args.apply {
        webhook::send(&monitor, &targets, &args.webhooks, last.run.saturating_add(1), exit)
    } else {
        Ok(exit)
    }
}

fn summary(
    out: &mut impl Write,
    events: &[Event],
    engine: &Engine,
    last: &interdict_store::monitor::LastRun,
) -> Result<(), Failure> {
    let count = |kind: EventKind| style::grouped(events.iter().filter(|event| event.event == kind).count() as u64);
    writeln!(
        out,
        "{BOLD}{}{BOLD:#} in the hits of {}: {} more, {} changed, {} fewer",
        style::count(events.len() as u64, "difference", "differences"),
        style::count(last.count, "party", "parties"),
        count(EventKind::New),
        count(EventKind::Changed),
        count(EventKind::Gone),
    )?;
    writeln!(
        out,
        "{DIM}policy {} {} on engine {} against {} {} on engine {VERSION}{DIM:#}",
        style::clean(last.policy.name()),
        last.policy_digest.short(),
        style::clean(&last.engine),
        style::clean(&engine.policy().name),
        engine.policy_digest().short(),
    )?;
    Ok(())
}
