//! The command line as a whole, and who answers which command.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Parser, Subcommand};
pub use interdict_engine::LOWEST_THRESHOLD;
use interdict_engine::past::When;
use interdict_engine::{Engine, Policy, Score, Snapshot, starter};
use interdict_model::ListId;
use interdict_store::Home;

use crate::exit::{Exit, Failure, print_note};
use crate::{
    backup, cap, check, completions, evaluate, explain, keys, law, ledger, lists, mcp, monitor, past, policies, replay,
    screen, serve, sessions,
};

/// Screens parties against sanctions lists and explains every answer
#[derive(Parser, Debug)]
#[command(
    name = "interdict",
    version,
    arg_required_else_help = true,
    after_help = "Examples:
  interdict screen \"Kim Jong Un\" --born 1984-01-08 --country kp
  interdict screen examples/counterparties.csv
  interdict lists import consolidated.xml sdn.csv alt.csv add.csv sdn_comments.csv

Exit codes: 0 done and clear, 1 a hit, 2 something could not be done"
)]
pub struct Cli {
    #[command(flatten)]
    place: PlaceArgs,
    #[command(subcommand)]
    command: Command,
}

/// Where lists are kept.
#[derive(Args, Debug)]
pub struct PlaceArgs {
    /// Folder of imported lists [default: the platform's data folder]
    #[arg(long, env = "INTERDICT_HOME", global = true, value_name = "DIR", hide_env_values = true)]
    home: Option<PathBuf>,
}

impl PlaceArgs {
    /// The store.
    pub fn home(&self) -> Result<Home, Failure> {
        Ok(match &self.home {
            Some(root) => Home::at(root),
            None => Home::of_user()?,
        })
    }

    /// The lists in use; says so if they are only the starter list.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, Failure> {
        let snapshot = self.home()?.snapshot()?;
        if snapshot.is_starter() {
            print_note(&format!("{}\nhint: {}", starter::WARNING, starter::HINT));
        }
        Ok(Arc::new(snapshot))
    }
}

/// A time in the past that a question is about.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Look back")]
pub struct WhenArgs {
    /// Compare with the lists as they were in force on a day, from the versions kept
    #[arg(long, value_name = "DATE", value_parser = past::day)]
    as_of: Option<jiff::civil::Date>,
    /// Compare with what had been received by a moment in universal time; a day alone means its end
    #[arg(long, value_name = "TIME", value_parser = past::moment)]
    known_at: Option<jiff::Timestamp>,
}

impl WhenArgs {
    /// The lists of that time, or those in use.
    pub fn snapshot(&self, place: &PlaceArgs) -> Result<Arc<Snapshot>, Failure> {
        let when = When { as_of: self.as_of, known_at: self.known_at };
        if when == When::default() {
            return place.snapshot();
        }
        Ok(Arc::new(place.home()?.snapshot_at(when)?))
    }
}

/// What counts as a hit.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "What counts as a hit")]
pub struct PolicyArgs {
    /// Score from which a listing is a hit, 0.3 to 1 [default: that of the policy]
    #[arg(long, value_name = "SCORE", value_parser = score)]
    threshold: Option<Score>,
    /// Hits shown for a party, best first
    #[arg(long, value_name = "N", value_parser = limit)]
    limit: Option<usize>,
    /// Compare with these lists only
    #[arg(long = "list", value_name = "LIST", value_delimiter = ',')]
    only: Vec<String>,
    /// A built-in policy (see `interdict policies`), or a policy of your own as a .toml or .json file
    #[arg(long, value_name = "NAME|FILE")]
    policy: Option<String>,
    /// Your equivalents and stop words, in place of those of the policy
    #[arg(long, value_name = "FILE")]
    words: Option<PathBuf>,
}

impl PolicyArgs {
    /// As if a policy was named, or nothing was said.
    pub fn named(policy: Option<String>) -> Self {
        Self { threshold: None, limit: None, only: Vec::new(), policy, words: None }
    }

    /// The policy.
    pub fn policy(&self) -> Result<Policy, Failure> {
        let mut policy = match &self.policy {
            None => Policy::default(),
            Some(name) => policies::find(name)?,
        };
        if let Some(path) = &self.words {
            policy.words = Some(policies::words(path)?);
        }
        if let Some(threshold) = self.threshold {
            policy.threshold = threshold;
        }
        if let Some(limit) = self.limit {
            policy.limit = limit;
        }
        Ok(policy)
    }

    /// Whether anything is said of what counts as a hit.
    pub fn is_given(&self) -> bool {
        self.threshold.is_some()
            || self.limit.is_some()
            || self.policy.is_some()
            || self.words.is_some()
            || !self.only.is_empty()
    }

    /// The lists asked for, all of them loaded.
    pub fn only(&self, snapshot: &Snapshot) -> Result<Vec<ListId>, Failure> {
        let loaded: Vec<&str> = snapshot.versions().map(|version| version.list.0.as_str()).collect();
        match self.only.iter().find(|list| !loaded.contains(&list.as_str())) {
            Some(list) => {
                let hint = format!("lists in use: {}", loaded.join(", "));
                Err(Failure::hint(format!("--list: no list `{list}` is loaded"), hint))
            }
            None => Ok(self.only.iter().cloned().map(ListId).collect()),
        }
    }

    /// An engine over a snapshot.
    pub fn engine(&self, snapshot: Arc<Snapshot>) -> Result<Engine, Failure> {
        let only = self.only(&snapshot)?;
        Ok(Engine::new(snapshot, self.policy()?, only))
    }
}

fn score(text: &str) -> Result<Score, String> {
    let share: f64 = text.parse().map_err(|_| "a number from 0.3 to 1, as 0.7".to_owned())?;
    if !(LOWEST_THRESHOLD..=1.0).contains(&share) {
        return Err("a number from 0.3 to 1, as 0.7".to_owned());
    }
    Ok(Score::from_share(share))
}

fn limit(text: &str) -> Result<usize, String> {
    // with no hit to show, a hit would read as clear
    text.parse().ok().filter(|limit| *limit > 0).ok_or_else(|| "a whole number from 1".to_owned())
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Screen one party, or the parties of a file
    Screen(screen::ScreenArgs),
    /// Compare one party with one listing, hit or not
    Explain(explain::ExplainArgs),
    /// Show the policies: what counts as a hit
    Policies(policies::PoliciesArgs),
    /// Import, show and remove lists
    Lists(lists::ListsArgs),
    /// Keep parties, and be told what a change of lists means for them
    Monitor(monitor::MonitorArgs),
    /// Decide whether a shipment, service, call, account or contract is lawful
    Check(check::CheckArgs),
    /// Show, check and compare the law
    Law(law::LawCommand),
    /// Keep the account of a cap
    Cap(cap::CapArgs),
    /// Serve tools for agents: the Model Context Protocol on standard input and output
    Mcp(mcp::McpArgs),
    /// Begin, check, prove, show and erase from the ledger of answers
    Ledger(ledger::LedgerCommand),
    /// Ask the question of a receipt again, of the lists and law of then
    Replay(replay::ReplayArgs),
    /// Serve the API over HTTP
    Serve(serve::ServeArgs),
    /// Make, show and revoke keys of the service
    Keys(keys::KeysArgs),
    /// Show who is signed in to the service, and end that
    Sessions(sessions::SessionsArgs),
    /// Copy the whole home, also while the service runs
    Backup(backup::BackupArgs),
    /// Put a copy in the place of an empty home
    Restore(backup::RestoreArgs),
    /// Measure accuracy and speed on labelled data
    Evaluate(evaluate::EvaluateArgs),
    /// Print the completions of a shell
    Completions(completions::CompletionsArgs),
    /// Print the manual page
    #[command(hide = true)]
    Man,
    /// Print the version and what it rests on
    Version,
}

/// Answers a command.
pub fn run(cli: Cli) -> Result<Exit, Failure> {
    match cli.command {
        Command::Screen(args) => screen::run(&args, &cli.place),
        Command::Explain(args) => explain::run(&args, &cli.place),
        Command::Policies(args) => policies::run(&args),
        Command::Lists(args) => crate::record::after_lists(&cli.place, lists::run(args, &cli.place)),
        Command::Monitor(args) => monitor::run(&args, &cli.place),
        Command::Check(args) => check::run(&args, &cli.place),
        Command::Law(args) => law::run(&args),
        Command::Cap(args) => cap::run(&args),
        Command::Mcp(args) => mcp::run(&args, &cli.place),
        Command::Ledger(args) => ledger::run(&args, &cli.place),
        Command::Replay(args) => replay::run(&args, &cli.place),
        Command::Serve(args) => serve::run(&args, &cli.place),
        Command::Keys(args) => keys::run(&args, &cli.place),
        Command::Sessions(args) => sessions::run(&args, &cli.place),
        Command::Backup(args) => backup::backup(&args, &cli.place),
        Command::Restore(args) => backup::restore(&args, &cli.place),
        Command::Evaluate(args) => evaluate::run(&args, &cli.place),
        Command::Completions(args) => completions::run(&args),
        Command::Man => completions::man(),
        Command::Version => completions::version(&cli.place),
    }
}
