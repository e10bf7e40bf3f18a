//! `interdict monitor`: parties that are kept, and what a change of lists means for them.
//!
//! Promises: an event is recorded before it is shown; a party that cannot be screened is refused
//! with its line when it is added, never kept and passed over.
//!
//! Not here: what a change means (`engine`), how parties are kept (`store`).

mod add;
mod allow;
mod asked;
mod record;
mod replay;
mod run;
mod show;
mod webhook;

use clap::{Args, Subcommand};
use interdict_store::Home;
use interdict_store::monitor::{LastRun, Monitor};

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure};

pub use asked::{allow, keep, leave, make};
pub use record::{again, catch_up};

/// What to do with monitored parties.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor add customers.csv fleet.jsonl
  interdict monitor run
  interdict lists update && interdict monitor run --format jsonl >> events.jsonl
  interdict monitor run --webhook https://desk.example/hook
  interdict monitor replay --policy strict
  interdict monitor allow C-1001 un-sc:KPi.001 --reason 'another date of birth' --author jk --until 2027-12-31")]
pub struct MonitorArgs {
    #[command(subcommand)]
    command: MonitorCommand,
}

#[derive(Subcommand, Debug)]
enum MonitorCommand {
    /// Keep the parties of files, each by your own id
    Add(add::AddArgs),
    /// Keep parties no longer
    Remove(add::RemoveArgs),
    /// Show who is kept and who is a hit
    List(show::ListArgs),
    /// Tell what changed since the last run
    Run(run::RunArgs),
    /// Show what runs told
    Events(show::EventsArgs),
    /// Show what the last run rests on
    Status(show::StatusArgs),
    /// Tell what another policy or version would say, before it is switched on
    Replay(replay::ReplayArgs),
    /// Put a false positive on the allow-list, or show the list
    Allow(allow::AllowArgs),
    /// Send the events that receivers of webhooks have not taken
    Deliver(webhook::DeliverArgs),
    /// Make a secret, try a receiver, check a signature
    Webhook(webhook::WebhookCommand),
}

/// Answers.
pub fn run(args: &MonitorArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let home = place.home()?;
    record::catch_up(&home)?;
    match &args.command {
        MonitorCommand::Add(args) => add::add(args, &home),
        MonitorCommand::Remove(args) => add::remove(args, &home),
        MonitorCommand::List(args) => show::list(args, &home),
        MonitorCommand::Run(args) => run::run(args, &home),
        MonitorCommand::Events(args) => show::events(args, &home),
        MonitorCommand::Status(args) => show::status(args, &home),
        MonitorCommand::Replay(args) => replay::run(args, &home),
        MonitorCommand::Allow(args) => allow::run(args, &home),
        MonitorCommand::Deliver(args) => webhook::deliver(args, &home),
        MonitorCommand::Webhook(args) => webhook::tools(args, &home),
    }
}

/// The last run, which there must be.
fn last_run(monitor: &Monitor) -> Result<LastRun, Failure> {
    monitor
        .state()?
        .last
        .ok_or_else(|| Failure::hint("the monitored parties were never screened", "do so with `interdict monitor run`"))
}

/// The snapshot of the lists in use, which there must be: the starter list is no ground for monitoring.
fn lists_in_use(home: &Home) -> Result<Vec<interdict_store::monitor::ListContent>, Failure> {
    let lists = home.contents_in_use()?;
    if lists.is_empty() {
        let hint = "import some with `interdict lists import FILE…`, or fetch them with `interdict lists update`";
        return Err(Failure::hint("no list is in use, so there is nothing to monitor against", hint));
    }
    Ok(lists)
}
