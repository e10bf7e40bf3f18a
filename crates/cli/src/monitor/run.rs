//! `interdict monitor run`: what changed since the last run.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use interdict_engine::monitor::{
    Allowed, Cause, Event, EventKind, Kept, KeptPolicy, Looked, Parties, after, digest_of_listing, digest_of_party,
    hold_back,
};
use interdict_engine::{Engine, Recorded, Snapshot, SnapshotError, VERSION};
use interdict_model::{Digest, ListId};
use interdict_store::Home;
use interdict_store::monitor::{LastRun, ListContent, Monitor, MonitoredParties, State};
use jiff::{Timestamp, Zoned};
use serde::Serialize;

use super::{record, show, webhook};
use crate::command::PolicyArgs;
use crate::exit::{Exit, Failure};
use crate::record::RecordArgs;
use crate::render::{self, Format, Sink};
use crate::style::{self, BOLD, DIM};

/// How to run.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor run
  interdict monitor run --policy onboarding       the first time; later, see `interdict monitor replay`
  interdict monitor run --format jsonl --out events.jsonl
  INTERDICT_WEBHOOK_SECRET=whsec_… interdict monitor run --webhook https://desk.example/hook

The first run screens everybody. Each later one looks at the listings and the words that changed since,
finds the parties they may concern, and tells the same events as screening everybody twice would:
`new`, `changed` (score, evidence, weights, programme, listing), `gone`, and `reopened` for what was on
the allow-list. Events are kept; `interdict monitor events` shows them again.

With `webhooks.toml` in the home folder, or --webhook, each event is also sent to its receivers, signed;
see `interdict monitor webhook --help`. What cannot be delivered waits for `interdict monitor deliver`.

Exit codes: 0 nothing to look at, 1 an event that a person should look at, 2 could not be done, or an
event could not be delivered")]
pub struct RunArgs {
    #[command(flatten)]
    policy: PolicyArgs,
    /// The day by which entries of the allow-list end [default: today]
    #[arg(long, value_name = "DATE", value_parser = crate::past::day)]
    today: Option<jiff::civil::Date>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write to a file, which appears when it is whole
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    webhooks: webhook::WebhookArgs,
    #[command(flatten)]
    record: RecordArgs,
}

/// An event of a run, as it is recorded.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// The run's number.
    pub run: u64,
    /// When the run was made.
    pub at: Timestamp,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// Runs.
pub fn run(args: &RunArgs, home: &Home) -> Result<Exit, Failure> {
    if args.format == Format::Csv {
        return Err(Failure::hint("--format csv: events are not rows", "use jsonl"));
    }
    let start = Instant::now();
    let monitor = home.monitor();
    let targets = args.webhooks.targets(home)?;
    let lock = monitor.lock()?;
    let made = make(home, &args.policy, (&args.record, args.today), &targets)?;
    let mut out = Sink::open(args.out.as_deref(), args.format)?;
    match args.format {
        Format::Table | Format::Csv => {
            show::table(&mut out, made.told.iter().map(|told| &told.value().event))?;
            summary(&mut out, &made, start)?;
            on_record(&mut out, made.entries)?;
        }
        Format::Json => writeln!(out, "{}", render::json::text(&made.told, true)?)?,
        Format::Jsonl => {
            for told in &made.told {
                writeln!(out, "{}", render::json::text(told, false)?)?;
            }
        }
    }
    out.finish()?;
    drop(lock);
    let exit = if made.alerts() == 0 { Exit::Clear } else { Exit::Hit };
    webhook::send(&monitor, &targets, &args.webhooks, made.number, exit)
}

/// A run that was made and is on record.
pub struct Made {
    /// Its number.
    pub number: u64,
    /// What it tells.
    pub told: Vec<Recorded<Told>>,
    /// What was looked at; none for the first run, which looks at everybody.
    pub looked: Option<Looked>,
    /// Parties that are kept.
    pub count: u64,
    /// Where it stands in the ledger.
    pub entries: Option<record::Entries>,
    /// What it was made with.
    pub engine: Engine,
}

impl Made {
    /// Events that a person should look at.
    pub fn alerts(&self) -> usize {
        self.told.iter().filter(|told| told.value().event.alert).count()
    }

    /// How many events of a kind it tells.
    pub fn count_of(&self, kind: EventKind) -> usize {
        self.told.iter().filter(|told| told.value().event.event == kind).count()
    }
}

/// Makes a run; the lock is held.
pub fn make(
    home: &Home,
    policy: &PolicyArgs,
    (to_record, today): (&RecordArgs, Option<jiff::civil::Date>),
    targets: &[webhook::Target],
) -> Result<Made, Failure> {
    let monitor = home.monitor();
    let state = monitor.state()?;
    let Some(parties) = state.parties else {
        return Err(Failure::hint("no party is kept", "add some with `interdict monitor add FILE`"));
    };
    let lists = super::lists_in_use(home)?;
    let snapshot = Arc::new(home.snapshot()?);
    let engine = match &state.last {
        None => policy.engine(Arc::clone(&snapshot))?,
        Some(last) => known(last, policy, &snapshot)?,
    };
    let stored = monitor.stored_parties(parties)?;
    let indexed = monitor.parties(parties)?;
    let hits = state.last.as_ref().map(|last| monitor.hits(last.run)).transpose()?.unwrap_or_default();
    let (events, looked) = match &state.last {
        None => (engine.replay(&indexed, &[], Cause::Party)?, None),
        Some(last) => {
            let change = Change { home, monitor: &monitor, last, lists: &lists, stored: &stored };
            let (events, looked) = change.events(&engine, &indexed)?;
            (events, Some(looked))
        }
    };
    let run = Run { number: state.last.as_ref().map_or(1, |last| last.run.saturating_add(1)), at: Timestamp::now() };
    let today = today.unwrap_or_else(|| Zoned::now().date());
    webhook::expect(&monitor, targets, run.number)?;
    let count = stored.count().into();
    let finished = Finished { parties, count, lists, engine: &engine };
    let (told, entries) = run.finish((home, to_record), state, &finished, (events, hits), (today, &stored))?;
    Ok(Made { number: run.number, told, looked, count, entries, engine })
}

/// The engine of the last run over the lists of today; another policy or version is not switched on
/// by the way.
fn known(last: &LastRun, asked: &PolicyArgs, snapshot: &Arc<Snapshot>) -> Result<Engine, Failure> {
    let replay = "`interdict monitor replay` tells what that changes; with --apply it is switched on";
    if last.engine != VERSION {
        let text = format!("the parties were last screened by version {}, and this is {VERSION}", last.engine);
        return Err(Failure::hint(text, replay));
    }
    let policy = last.policy.policy().map_err(Failure::new)?;
    let engine = Engine::new(Arc::clone(snapshot), policy, last.only.clone());
    if asked.is_given() && asked.engine(Arc::clone(snapshot))?.policy_digest() != engine.policy_digest() {
        let text = format!("the parties are monitored under the policy `{}`", last.policy.name());
        return Err(Failure::hint(text, replay));
    }
    Ok(engine)
}

/// What there is to compare.
struct Change<'a> {
    home: &'a Home,
    monitor: &'a Monitor,
    last: &'a LastRun,
    lists: &'a [ListContent],
    stored: &'a MonitoredParties,
}

impl Change<'_> {
    /// The events since the last run: of parties that are not the same, then of all others.
    fn events(&self, engine: &Engine, parties: &Parties) -> Result<(Vec<Event>, Looked), Failure> {
        let last = self.last;
        let before = if last.lists == self.lists {
            None
        } else {
            let snapshot = Arc::new(self.home.snapshot_of_contents(&last.lists)?);
            Some(Engine::new(snapshot, engine.policy().clone(), last.only.clone()))
        };
        let before = before.as_ref().unwrap_or(engine);
        let others = if self.monitor.state()?.parties == Some(last.parties) {
            Vec::new()
        } else {
            self.monitor.stored_parties(last.parties)?.differing(self.stored).map_err(Failure::new)?
        };
        let mut events = engine.compare_parties(before, &others)?;
        let unchanged = |list: &ListId| {
            let content = |lists: &[ListContent]| lists.iter().find(|one| one.list == *list).map(|one| one.content);
            content(&last.lists).is_some() && content(&last.lists) == content(self.lists)
        };
        let rescreened = engine.rescreen(before, parties, &unchanged)?;
        let told: HashSet<&str> =
            others.iter().filter_map(|(old, new)| new.as_ref().or(old.as_ref())).map(|p| p.id.as_str()).collect();
        events.extend(rescreened.events.into_iter().filter(|event| !told.contains(event.party.id.as_str())));
        Ok((events, rescreened.looked))
    }
}

/// What a run was made with.
pub struct Finished<'a> {
    /// The parties.
    pub parties: Digest,
    /// How many.
    pub count: u64,
    /// The lists.
    pub lists: Vec<ListContent>,
    /// The engine.
    pub engine: &'a Engine,
}

/// A run that ends.
pub struct Run {
    /// Its number.
    pub number: u64,
    /// When it was made.
    pub at: Timestamp,
}

impl Run {
    /// Holds back what is on the allow-list, writes all of it, the state last, and puts it on record.
    pub fn finish(
        &self,
        (home, args): (&Home, &RecordArgs),
        state: State,
        finished: &Finished<'_>,
        (mut events, hits): (Vec<Event>, Vec<Kept>),
        (today, stored): (jiff::civil::Date, &MonitoredParties),
    ) -> Result<(Vec<Recorded<Told>>, Option<record::Entries>), Failure> {
        let monitor = home.monitor();
        let hits = after(hits, &events);
        let mut allowed = monitor.allowed()?;
        let said = |entry: &Allowed| -> Result<(Option<Digest>, Option<Digest>), Failure> {
            let party = stored.find(&entry.party).map_err(Failure::new)?;
            let listing = listing_of(finished.engine.snapshot(), &entry.listing)?;
            Ok((party.map(|party| digest_of_party(&party.entity)), listing))
        };
        hold_back(&mut events, &mut allowed, &hits, today, &said)?;
        for event in events.iter_mut().filter(|event| event.event == EventKind::Reopened) {
            let party = stored.find(&event.party.id).map_err(Failure::new)?;
            event.party.name = party.map(|party| party.entity.caption().to_owned()).unwrap_or_default();
        }
        let told = events.into_iter().map(|event| Recorded::new(Told { run: self.number, at: self.at, event }));
        let told = told.collect::<Result<Vec<_>, _>>()?;
        let lines = told.iter().map(|told| render::json::text(told, false)).collect::<Result<Vec<_>, _>>()?;
        monitor.write_hits(self.number, &hits)?;
        monitor.write_events(self.number, &lines)?;
        let engine = finished.engine;
        let last = LastRun {
            run: self.number,
            at: self.at,
            parties: finished.parties,
            count: finished.count,
            lists: finished.lists.clone(),
            snapshot: engine.snapshot().digest(),
            policy: KeptPolicy::of(engine.policy()),
            only: engine.only().to_vec(),
            policy_digest: engine.policy_digest(),
            engine: VERSION.to_owned(),
            hits: hits.len() as u64,
            events: told.len() as u64,
        };
        let before = state.last.as_ref().map(|last| last.policy_digest);
        let policy_before = (before != Some(engine.policy_digest())).then_some(before);
        let mut state = state;
        state.last = Some(last);
        monitor.write_allowed_of(self.number, &allowed)?;
        let begun = record::begin(home, args, self.number, policy_before)?;
        monitor.write_state(&state)?;
        monitor.settle_allowed()?;
        let entries = record::finish(home, begun, engine)?;
        Ok((told, entries))
    }
}

/// Says where a run stands in the ledger.
pub fn on_record(out: &mut impl Write, entries: Option<record::Entries>) -> Result<(), Failure> {
    match entries {
        Some(record::Entries { first, last }) if first == last => {
            writeln!(out, "{DIM}entry {last} of the ledger{DIM:#}")?
        }
        Some(record::Entries { first, last }) => writeln!(out, "{DIM}entries {first} to {last} of the ledger{DIM:#}")?,
        None => {}
    }
    Ok(())
}

/// What a listing says now, by hash; none if it is no more.
pub fn listing_of(snapshot: &Snapshot, listing: &str) -> Result<Option<Digest>, Failure> {
    let Some((list, record)) = listing.split_once(':') else { return Ok(None) };
    match snapshot.find(&ListId(list.to_owned()), record) {
        Ok(found) => match found.first() {
            Some(ordinal) => Ok(Some(digest_of_listing(&snapshot.listing(*ordinal)?))),
            None => Ok(None),
        },
        Err(SnapshotError::NoSuchListing { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

fn summary(out: &mut impl Write, made: &Made, start: Instant) -> Result<(), Failure> {
    let kinds = [EventKind::New, EventKind::Changed, EventKind::Gone, EventKind::Reopened];
    let counts: Vec<String> =
        kinds.iter().map(|kind| format!("{} {}", style::grouped(made.count_of(*kind) as u64), kind.word())).collect();
    writeln!(
        out,
        "{BOLD}{}{BOLD:#}: {}; {} monitored, in {:.1?}",
        style::count(made.told.len() as u64, "event", "events"),
        counts.join(", "),
        style::count(made.count, "party", "parties"),
        start.elapsed(),
    )?;
    let engine = &made.engine;
    let looked = made.looked.as_ref().map_or_else(
        || "everybody was screened".to_owned(),
        |l| {
            format!(
                "{} changed, {} by words; {} scored, {} screened in full",
                style::count(l.listings_changed, "listing", "listings"),
                style::grouped(l.listings_shifted),
                style::count(l.parties_scored, "party", "parties"),
                style::grouped(l.parties_shifted),
            )
        },
    );
    writeln!(
        out,
        "{DIM}{looked}; policy {} {}, snapshot {}{DIM:#}",
        style::clean(&engine.policy().name),
        engine.policy_digest().short(),
        engine.snapshot().digest().short(),
    )?;
    Ok(())
}
