//! `interdict monitor deliver`: events that receivers have not taken are sent, a few at a time.
//!
//! Promises: every event that was told is sent to every receiver that wants it until it is taken, always
//! under one id; a receiver that is down is left alone, and what waits for it stays.
//!
//! Not here: one event on its way (`fetch`), the books (`store`).

use std::collections::HashSet;
use std::io::Write;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use interdict_fetch::shown;
use interdict_fetch::webhook::{Post, Reach, Tries, Undelivered};
use interdict_store::monitor::{Deliveries, Monitor, Waiting};
use interdict_store::{Home, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Target, WebhookArgs, wants};
use crate::exit::{Exit, Failure, print_note};
use crate::render;
use crate::style::{self, BOLD, CLEAR, DIM, ERROR};

/// Events on their way to one receiver at a time: the wait is its own, and few receivers like more.
const AT_A_TIME: usize = 4;

/// Attempts for one event in one go, over some 20 s; `monitor deliver` goes on later.
const ATTEMPTS: u32 = 4;

/// Wait before the second attempt.
const PAUSE: Duration = Duration::from_secs(1);

/// Events that a receiver may refuse one after another before it is left alone.
const REFUSALS: u32 = 5;

/// What to send.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor deliver
  interdict monitor deliver --webhook desk --since 12
  */10 * * * *  interdict monitor deliver --within 300 || echo 'events are not delivered' | mail desk@example.com

Sends the events that receivers have not taken, each under the id it had before. A receiver that is
new begins with the last run. One that asked to be left alone (`Retry-After`) is, unless --at-once.

Exit codes: 0 all delivered, 2 some not")]
pub struct DeliverArgs {
    #[command(flatten)]
    webhooks: WebhookArgs,
    /// To a receiver that is new: from this run on
    #[arg(long, value_name = "RUN")]
    since: Option<u64>,
    /// Also to receivers that asked to be called later
    #[arg(long)]
    at_once: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What of an event is looked at here.
#[derive(Deserialize)]
pub struct Head {
    /// What became of the pair.
    pub event: String,
    /// When the run was made.
    at: String,
    /// Whether a person should look.
    pub alert: bool,
}

/// What became of a receiver's events.
#[derive(Serialize)]
pub struct Report {
    receiver: String,
    address: String,
    delivered: u64,
    undelivered: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
}

impl Report {
    /// Whether nothing waits any more.
    pub fn is_done(&self) -> bool {
        self.undelivered == 0
    }
}

/// Delivers.
pub fn run(args: &DeliverArgs, home: &Home) -> Result<Exit, Failure> {
    let monitor = home.monitor();
    let targets = args.webhooks.targets(home)?;
    if targets.is_empty() {
        let hint = "name some in webhooks.toml in the home folder, or give one with --webhook URL";
        return Err(Failure::hint("there is no receiver", hint));
    }
    let last = super::super::last_run(&monitor)?.run;
    super::expect(&monitor, &targets, args.since.unwrap_or(last).max(1))?;
    let reports = all(&monitor, &targets, args.webhooks.within, last, args.at_once)?;
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", render::json::text(&reports, true)?)?;
    } else {
        for report in &reports {
            let colour = if report.is_done() { CLEAR } else { ERROR };
            let (name, delivered) = (&report.receiver, style::count(report.delivered, "event", "events"));
            write!(out, "{BOLD}{name}{BOLD:#}: {delivered} delivered")?;
            writeln!(out, ", {colour}{} not{colour:#}", style::grouped(report.undelivered))?;
            writeln!(out, "  {DIM}{}{DIM:#}", style::clean(&report.address))?;
        }
        print_notes(&reports);
    }
    Ok(if reports.iter().all(Report::is_done) { Exit::Clear } else { Exit::NotDone })
}

/// Says on stderr what was not delivered.
pub fn print_notes(reports: &[Report]) {
    for report in reports.iter().filter(|report| !report.is_done()) {
        let until = report.not_before.map_or_else(String::new, |at| format!("; not before {at:.0}"));
        print_note(&format!(
            "webhook {}: {} not delivered: {}: {}{until}\nhint: {}",
            report.receiver,
            style::count(report.undelivered, "event is", "events are"),
            report.address,
            report.reason.as_deref().unwrap_or("not sent"),
            report.hint.as_deref().unwrap_or("`interdict monitor deliver` sends them"),
        ));
    }
}

/// Sends to all receivers, one after another.
pub fn all(
    monitor: &Monitor,
    targets: &[Target],
    within: u64,
    last: u64,
    at_once: bool,
) -> Result<Vec<Report>, Failure> {
    let deadline = Instant::now() + Duration::from_secs(within);
    targets.iter().map(|target| to(monitor, target, last, deadline, at_once)).collect()
}

/// The body of an event: made of its line alone, so that it is the same in every attempt.
fn body(waiting: &Waiting) -> Result<String, Failure> {
    let head: Head = serde_json::from_str(&waiting.line)?;
    let (kind, at) = (serde_json::to_string(&format!("monitor.hit.{}", head.event))?, serde_json::to_string(&head.at)?);
    Ok(format!(r#"{{"type":{kind},"timestamp":{at},"data":{}}}"#, waiting.line))
}

/// How far it has come with one receiver.
struct Progress<'a> {
    next: std::slice::Iter<'a, Waiting>,
    books: Deliveries,
    taken: HashSet<&'a str>,
    in_a_row: u32,
    trouble: Option<Trouble>,
    failure: Option<Failure>,
    stopped: bool,
}

struct Trouble {
    reason: String,
    hint: String,
    retry_after_s: Option<u64>,
}

impl Trouble {
    fn of(failed: &Undelivered) -> Self {
        let attempts = match failed.attempts {
            0 | 1 => String::new(),
            more => format!(", {more} times"),
        };
        let reason = format!("{}{attempts}", failed.reason());
        Self { reason, hint: failed.hint().to_owned(), retry_after_s: failed.retry_after_s() }
    }
}

fn hold<'a, 'b>(progress: &'b Mutex<Progress<'a>>) -> MutexGuard<'b, Progress<'a>> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

fn to(monitor: &Monitor, target: &Target, last: u64, deadline: Instant, at_once: bool) -> Result<Report, Failure> {
    let (receiver, now) = (&target.receiver, Timestamp::now());
    let books = monitor.deliveries(&receiver.name, last)?;
    let waiting = monitor.waiting(&books, last, &|line| wants(receiver, line))?;
    let mut report = Report {
        receiver: receiver.name.clone(),
        address: shown(&receiver.url),
        delivered: 0,
        undelivered: waiting.len() as u64,
        reason: None,
        hint: None,
        not_before: books.standing.not_before.filter(|until| *until > now && !at_once),
    };
    if report.not_before.is_some() && !waiting.is_empty() {
        report.reason = Some("it asked to be called later".to_owned());
        report.hint = Some("`interdict monitor deliver` later, or with --at-once".to_owned());
        return Ok(report);
    }
    let progress = Mutex::new(Progress {
        next: waiting.iter(),
        books,
        taken: HashSet::new(),
        in_a_row: 0,
        trouble: None,
        failure: None,
        stopped: false,
    });
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME.min(waiting.len()) {
            scope.spawn(|| work(target, &progress, deadline));
        }
    });
    let Progress { books, taken, trouble, failure, .. } = progress.into_inner().unwrap_or_else(PoisonError::into_inner);
    let left = waiting.iter().filter(|event| !taken.contains(event.id.as_str())).map(|event| event.run).min();
    report.delivered = taken.len() as u64;
    report.undelivered = report.undelivered.saturating_sub(report.delivered);
    let now = Timestamp::now();
    let until = trouble.as_ref().and_then(|trouble| trouble.retry_after_s).and_then(|seconds| {
        let wait = SignedDuration::from_secs(i64::try_from(seconds).ok()?);
        now.checked_add(wait).ok()
    });
    let noted = trouble.as_ref().map(|trouble| (trouble.reason.clone(), until));
    books.close(left, last, noted, now)?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if let Some(trouble) = trouble {
        (report.reason, report.hint, report.not_before) = (Some(trouble.reason), Some(trouble.hint), until);
    }
    Ok(report)
}

/// Sends one event after another until there is none, or the receiver is down.
fn work<'a>(target: &Target, progress: &Mutex<Progress<'a>>, deadline: Instant) {
    loop {
        let event: &'a Waiting = {
            let mut progress = hold(progress);
            if progress.stopped {
                return;
            }
            let Some(event) = progress.next.next() else { return };
            if Instant::now() >= deadline {
                let (reason, hint) = ("the time of --within is over", "`interdict monitor deliver` sends the rest");
                let trouble = Trouble { reason: reason.to_owned(), hint: hint.to_owned(), retry_after_s: None };
                progress.trouble.get_or_insert(trouble);
                progress.stopped = true;
                return;
            }
            event
        };
        let sent = body(event).map(|body| {
            let Target { receiver, secrets, client } = target;
            let post = Post { url: &receiver.url, id: &event.id, body: body.as_bytes(), secrets };
            client.deliver(&post, &Tries { attempts: ATTEMPTS, pause: PAUSE, deadline }, &|_, _| {})
        });
        let mut progress = hold(progress);
        match sent {
            Ok(Ok(_)) => {
                let noted: Result<(), StoreError> = progress.books.taken(event, Timestamp::now());
                progress.taken.insert(&event.id);
                progress.in_a_row = 0;
                if let Err(error) = noted {
                    progress.failure = Some(error.into());
                    progress.stopped = true;
                }
            }
            Ok(Err(failed)) => {
                progress.in_a_row = progress.in_a_row.saturating_add(1);
                let is_down = failed.reach() == Reach::Receiver || progress.in_a_row >= REFUSALS;
                // what stops it is told rather than what one event met
                if is_down && !progress.stopped {
                    progress.trouble = Some(Trouble::of(&failed));
                    progress.stopped = true;
                } else {
                    progress.trouble.get_or_insert_with(|| Trouble::of(&failed));
                }
            }
            Err(failure) => {
                progress.failure = Some(failure);
                progress.stopped = true;
            }
        }
    }
}
