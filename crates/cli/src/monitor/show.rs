//! `interdict monitor list`, `events` and `status`: what is kept and what was told.

use std::collections::BTreeMap;
use std::io::Write;

use clap::Args;
use interdict_engine::monitor::{Event, Kept};
use interdict_model::Digest;
use interdict_store::Home;
use serde::Serialize;
use serde_json::Value;

use crate::exit::{Exit, Failure};
use crate::render;
use crate::style::{self, BOLD, DIM, HIT, clean};

/// Whom to show.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor list                 parties that are a hit
  interdict monitor list --all
  interdict monitor list C-1001 --json")]
pub struct ListArgs {
    /// Your ids of parties [default: those that are a hit]
    #[arg(value_name = "ID")]
    ids: Vec<String>,
    /// Everybody who is kept
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Print one JSON object a party
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    name: String,
    hits: Vec<&'a Kept>,
}

/// Shows parties.
pub fn list(args: &ListArgs, home: &Home) -> Result<Exit, Failure> {
    let monitor = home.monitor();
    let state = monitor.state()?;
    let Some(parties) = state.parties else {
        return Err(Failure::hint("no party is kept", "add some with `interdict monitor add FILE`"));
    };
    let stored = monitor.stored_parties(parties)?;
    let hits = state.last.as_ref().map(|last| monitor.hits(last.run)).transpose()?.unwrap_or_default();
    let mut of_party: BTreeMap<&str, Vec<&Kept>> = BTreeMap::new();
    hits.iter().for_each(|kept| of_party.entry(kept.party.as_str()).or_default().push(kept));
    let ids: Vec<String> = match (args.all, args.ids.is_empty()) {
        (true, _) => (0..stored.count())
            .map(|number| stored.watched(number).map(|party| party.id).map_err(Failure::new))
            .collect::<Result<_, _>>()?,
        (false, true) => of_party.keys().map(|id| (*id).to_owned()).collect(),
        (false, false) => args.ids.clone(),
    };
    let mut out = anstream::stdout().lock();
    let mut lines = vec![["id", "name", "hits", "best", "listing", ""].map(str::to_owned).to_vec()];
    for id in &ids {
        let Some(party) = stored.find(id).map_err(Failure::new)? else {
            if args.ids.is_empty() {
                // it was removed after the last run
                continue;
            }
            return Err(Failure::hint(format!("`{id}` is not kept"), "`interdict monitor list --all` shows who is"));
        };
        let mut hits = of_party.get(id.as_str()).cloned().unwrap_or_default();
        hits.sort_by_key(|kept| std::cmp::Reverse(kept.hit.score));
        let row = Row { id, name: party.entity.caption().to_owned(), hits };
        if args.json {
            writeln!(out, "{}", render::json::text(&row, false)?)?;
            continue;
        }
        let best = row.hits.first();
        lines.push(vec![
            style::fit(id, 24),
            style::fit(&row.name, 40),
            row.hits.len().to_string(),
            best.map_or_else(|| "–".to_owned(), |kept| kept.hit.score.to_string()),
            best.map_or_else(String::new, |kept| style::fit(&format!("{}:{}", kept.list, kept.reference), 28)),
            best.map_or_else(String::new, |kept| style::fit(&kept.caption, 40)),
        ]);
    }
    if !args.json {
        heads(&mut out, &lines, &[2, 3])?;
        let unscreened = if state.last.is_some() { "" } else { "; not screened yet: `interdict monitor run`" };
        let (kept, shown) = (style::count(stored.count().into(), "party", "parties"), lines.len().saturating_sub(1));
        writeln!(out, "{DIM}{kept} kept, {} shown{unscreened}{DIM:#}", style::grouped(shown as u64))?;
    }
    Ok(Exit::Clear)
}

fn heads(out: &mut impl Write, lines: &[Vec<String>], right: &[usize]) -> Result<(), Failure> {
    if lines.len() > 1 {
        for (i, line) in style::aligned(lines, right).into_iter().enumerate() {
            if i == 0 { writeln!(out, "{BOLD}{line}{BOLD:#}")? } else { writeln!(out, "{line}")? }
        }
    }
    Ok(())
}

/// Most events that a table shows.
const SHOWN: usize = 200;

/// Events as a table, those that a person should look at first.
pub fn table<'a>(out: &mut impl Write, events: impl Iterator<Item = &'a Event>) -> Result<(), Failure> {
    let mut events: Vec<&Event> = events.collect();
    events.sort_by_key(|event| !event.alert);
    let mut lines = vec![["event", "party", "", "listing", "", "before", "after", "why"].map(str::to_owned).to_vec()];
    for event in events.iter().take(SHOWN) {
        let score = |side: &Option<interdict_engine::monitor::Side>| {
            side.as_ref().map_or_else(|| "–".to_owned(), |side| side.score.to_string())
        };
        let what: Vec<&str> = event.what.iter().map(|what| what.word()).collect();
        let mut why = event.cause.word().to_owned();
        if !what.is_empty() {
            why = format!("{why}: {}", what.join(", "));
        }
        match (&event.reopened, &event.allowed) {
            (Some(reason), _) => why = format!("{why}; allowed no longer: {}", clean(reason)),
            (None, Some(allowed)) => why = format!("{why}; allowed by {}", style::fit(&allowed.author, 20)),
            (None, None) => {}
        }
        lines.push(vec![
            event.event.word().to_owned(),
            style::fit(&event.party.id, 20),
            style::fit(&event.party.name, 28),
            style::fit(&format!("{}:{}", event.list, event.reference), 24),
            style::fit(&event.caption, 28),
            score(&event.before),
            score(&event.after),
            why,
        ]);
    }
    for (i, line) in style::aligned(&lines, &[]).into_iter().enumerate().filter(|_| lines.len() > 1) {
        let alert = i.checked_sub(1).and_then(|at| events.get(at)).map(|event| event.alert);
        match alert {
            None => writeln!(out, "{BOLD}{line}{BOLD:#}")?,
            Some(true) => writeln!(out, "{HIT}{line}{HIT:#}")?,
            Some(false) => writeln!(out, "{DIM}{line}{DIM:#}")?,
        }
    }
    if events.len() > SHOWN {
        let more = style::grouped(events.len().saturating_sub(SHOWN) as u64);
        writeln!(out, "{DIM}and {more} more: `interdict monitor events --json`{DIM:#}")?;
    }
    Ok(())
}

/// Which events to show.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor events
  interdict monitor events --since 3 --party C-1001 --json
  interdict monitor events --run 7 --alerts")]
pub struct EventsArgs {
    /// Of one run [default: the last]
    #[arg(long, value_name = "N", conflicts_with = "since")]
    run: Option<u64>,
    /// Of a run and those after it
    #[arg(long, value_name = "N")]
    since: Option<u64>,
    /// Of one party
    #[arg(long, value_name = "ID")]
    party: Option<String>,
    /// Only what a person should look at
    #[arg(long)]
    alerts: bool,
    /// Print the events as they were recorded, one JSON object a line
    #[arg(long)]
    json: bool,
}

/// Shows events.
pub fn events(args: &EventsArgs, home: &Home) -> Result<Exit, Failure> {
    let monitor = home.monitor();
    let last = super::last_run(&monitor)?;
    let runs = match (args.run, args.since) {
        (Some(run), _) if run == 0 || run > last.run => {
            return Err(Failure::hint(format!("there is no run {run}"), format!("the last is {}", last.run)));
        }
        (Some(run), _) => run..=run,
        (None, Some(since)) => since.max(1)..=last.run,
        (None, None) => last.run..=last.run,
    };
    let mut out = anstream::stdout().lock();
    let mut lines =
        vec![["run", "event", "party", "", "listing", "", "before", "after", "why"].map(str::to_owned).to_vec()];
    let mut count = 0_u64;
    for run in runs {
        for line in monitor.events(run)? {
            let event: Value = serde_json::from_str(&line)?;
            let text = |at: &str| event.pointer(at).and_then(Value::as_str).unwrap_or("").to_owned();
            let fits = args.party.as_ref().is_none_or(|id| text("/party/id") == *id)
                && (!args.alerts || event.pointer("/alert") == Some(&Value::Bool(true)));
            if !fits {
                continue;
            }
            count = count.saturating_add(1);
            if args.json {
                writeln!(out, "{line}")?;
                continue;
            }
            let score = |at: &str| {
                event.pointer(at).and_then(Value::as_f64).map_or_else(|| "–".to_owned(), |score| format!("{score:.2}"))
            };
            lines.push(vec![
                run.to_string(),
                text("/event"),
                style::fit(&text("/party/id"), 20),
                style::fit(&text("/party/name"), 28),
                style::fit(&format!("{}:{}", text("/list"), text("/reference")), 24),
                style::fit(&text("/caption"), 28),
                score("/before/score"),
                score("/after/score"),
                text("/cause"),
            ]);
        }
    }
    if !args.json {
        heads(&mut out, &lines, &[0])?;
        writeln!(out, "{DIM}{}{DIM:#}", style::count(count, "event", "events"))?;
    }
    Ok(Exit::Clear)
}

/// How to show the last run.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor status
  interdict monitor status --json")]
pub struct StatusArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Status<'a> {
    /// Parties kept now.
    parties: u32,
    parties_digest: Option<Digest>,
    last: Option<&'a interdict_store::monitor::LastRun>,
    /// Whether parties or lists changed since the last run.
    stale: bool,
    allowed: usize,
}

/// Shows the last run.
pub fn status(args: &StatusArgs, home: &Home) -> Result<Exit, Failure> {
    let monitor = home.monitor();
    let state = monitor.state()?;
    let parties = state.parties.map(|parties| monitor.stored_parties(parties)).transpose()?;
    let lists = home.contents_in_use()?;
    let last = state.last.as_ref();
    let status = Status {
        parties: parties.map_or(0, |parties| parties.count()),
        parties_digest: state.parties,
        last,
        stale: last.is_none_or(|last| last.lists != lists || Some(last.parties) != state.parties),
        allowed: monitor.allowed()?.iter().filter(|entry| entry.ended.is_none()).count(),
    };
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", render::json::text(&status, true)?)?;
        return Ok(Exit::Clear);
    }
    writeln!(out, "{BOLD}{}{BOLD:#} kept", style::count(status.parties.into(), "party", "parties"))?;
    match last {
        None => writeln!(out, "not screened yet: `interdict monitor run`")?,
        Some(last) => {
            writeln!(
                out,
                "run {} at {}: {} of {}, {}",
                last.run,
                last.at,
                style::count(last.hits, "hit", "hits"),
                style::count(last.count, "party", "parties"),
                style::count(last.events, "event", "events")
            )?;
            writeln!(
                out,
                "policy {} {}, threshold {}",
                clean(last.policy.name()),
                last.policy_digest.short(),
                last.policy.threshold()
            )?;
            for one in &last.lists {
                writeln!(out, "{DIM}{} {}{DIM:#}", one.list, one.content.short())?;
            }
            writeln!(
                out,
                "{}",
                style::count(status.allowed as u64, "entry on the allow-list", "entries on the allow-list")
            )?;
            if status.stale {
                writeln!(out, "{HIT}parties or lists changed since{HIT:#}: `interdict monitor run`")?;
            }
        }
    }
    Ok(Exit::Clear)
}
