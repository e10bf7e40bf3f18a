//! `interdict ledger show`: entries, one a line.

use std::collections::BTreeSet;
use std::io::Write;

use clap::Args;
use interdict_ledger::entry::Retention;
use interdict_ledger::{Entry, Event, leaf_hash};
use interdict_model::Digest;
use interdict_store::ledger::Log;
use serde::Serialize;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure, print_note};
use crate::record::RetentionArg;
use crate::render::{self, Format, Sink};
use crate::style::{DIM, clean};

/// Entries read at a time, so that memory stays flat.
const CHUNK: u64 = 4096;

/// Which entries.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict ledger show
  interdict ledger show --from 0 --to 20 --format json
  interdict ledger show --kind screening --about customer-17
  interdict ledger show --retention erasable

The class of retention says how long what ties an entry to a person must be kept: ten_years, five_years, erasable.
`interdict ledger erase --expired` erases what need not be kept any more.")]
pub struct ShowArgs {
    /// First entry [default: the last 50]
    #[arg(long, value_name = "NUMBER")]
    from: Option<u64>,
    /// Entry to end before
    #[arg(long, value_name = "NUMBER")]
    to: Option<u64>,
    /// Entries of this kind only: screening, decision, monitoring, basis, list_change …
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
    /// Entries about a person only: your id of it, or its number in the log
    #[arg(long, value_name = "SUBJECT")]
    about: Option<String>,
    /// Entries of this class of retention only
    #[arg(long, value_enum, value_name = "CLASS")]
    retention: Option<RetentionArg>,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Serialize)]
struct Shown<'a> {
    entry: u64,
    leaf: Digest,
    #[serde(flatten)]
    event: &'a Entry,
}

/// Shows.
pub fn run(args: &ShowArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let mut log = place.home()?.ledger().open()?;
    let about: Option<Vec<u64>> = match &args.about {
        None => None,
        Some(subject) => Some(log.ties_of(subject)?.iter().map(|tie| tie.index).collect()),
    };
    let size = log.size();
    let to = args.to.unwrap_or(size).min(size);
    let class = args.retention.map(Retention::from);
    let all = args.kind.is_some() || about.is_some() || class.is_some();
    let from = args.from.unwrap_or(if all { 0 } else { to.saturating_sub(50) });
    let mut out = Sink::open(None, args.format)?;
    let mut shown = 0u64;
    if args.format == Format::Json {
        write!(out, "[")?;
    }
    let mut kinds = BTreeSet::new();
    let mut at = from;
    while at < to {
        let end = at.saturating_add(CHUNK).min(to);
        for (index, bytes) in log.entries_between(at, end)? {
            let entry = Entry::parse(&bytes).map_err(|error| Failure::new(format!("entry {index}: {error}")))?;
            kinds.insert(entry.event.kind());
            let is_wanted = args.kind.as_deref().is_none_or(|kind| kind == entry.event.kind())
                && about.as_ref().is_none_or(|about| about.contains(&index))
                && class.is_none_or(|class| class == entry.retention);
            if is_wanted {
                if args.format == Format::Json {
                    write!(out, "{}", if shown == 0 { "\n" } else { ",\n" })?;
                }
                line(&mut out, args.format, &log, &Shown { entry: index, leaf: leaf_hash(&bytes), event: &entry })?;
                shown = shown.saturating_add(1);
            }
        }
        at = end;
    }
    match args.format {
        Format::Table => writeln!(out, "{DIM}{shown} of {size} entries{DIM:#}")?,
        Format::Json => writeln!(out, "\n]")?,
        Format::Jsonl | Format::Csv => {}
    }
    out.finish()?;
    if let Some(kind) = args.kind.as_ref().filter(|kind| !kinds.contains(kind.as_str())) {
        // A kind that is misspelt must not read as "nothing of the kind happened".
        let there = kinds.into_iter().collect::<Vec<_>>().join(", ");
        print_note(&format!("no entry of the kind `{kind}`\nhint: there are {there}"));
    }
    Ok(Exit::Clear)
}

fn line(out: &mut impl Write, format: Format, log: &Log, shown: &Shown<'_>) -> Result<(), Failure> {
    match format {
        Format::Json => write!(out, "{}", render::json::text(shown, false)?)?,
        Format::Jsonl => writeln!(out, "{}", render::json::text(shown, false)?)?,
        Format::Csv => return Err(Failure::hint("entries have no CSV form", "use table, json or jsonl")),
        Format::Table => {
            let (index, entry) = (shown.entry, shown.event);
            let at = entry.at;
            let what = words(&entry.event);
            let link = match entry.event.subject() {
                Some(_) => match log.tie_of(index)? {
                    Some(tie) if tie.reference.is_empty() => String::new(),
                    Some(tie) => format!("  [{}]", clean(&tie.reference)),
                    None => "  (link erased)".to_owned(),
                },
                None => String::new(),
            };
            let class = entry.retention.word();
            writeln!(out, "{index:>8}  {at:.0}  {class:<10}  {:<14} {what}{link}", entry.event.kind())?;
        }
    }
    Ok(())
}

fn words(event: &Event) -> String {
    let short = |digest: &Option<Digest>| digest.map_or_else(|| "–".to_owned(), |digest| digest.short());
    match event {
        Event::Opened { origin, .. } => clean(origin),
        Event::Basis(basis) => {
            let lists: Vec<&str> = basis.lists.iter().map(|used| used.list.as_str()).collect();
            let policy = basis.policy.as_ref().map_or("no policy", |policy| policy.name.as_str());
            clean(&format!("engine {}, {policy}, {}", basis.engine, lists.join(" ")))
        }
        Event::Screening(answered) | Event::Decision(answered) | Event::Monitoring(answered) => {
            format!("{:<12} {}", clean(&answered.outcome), answered.subject)
        }
        Event::ListChange { list, from, to } => format!("{} {} → {}", clean(list), short(from), short(to)),
        Event::PolicyChange { policy, from, to, .. } => format!("{} {} → {}", clean(policy), short(from), short(to)),
        Event::SignIn { by, method, accepted } => {
            format!("{by} by {}, {}", clean(method), if *accepted { "let in" } else { "refused" })
        }
        Event::Administration { act, by, on, note } => {
            let note = if note.is_empty() { String::new() } else { format!(", {}", clean(note)) };
            format!("{} {} by {}{note}", act.word(), clean(on), clean(by))
        }
        Event::SignOut { by, method } => format!("{by} by {}", clean(method)),
        Event::Erasure { subjects, reason } => format!("{} entries: {}", subjects.len(), clean(reason)),
    }
}
