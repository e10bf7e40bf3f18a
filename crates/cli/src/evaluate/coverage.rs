//! Every listing must be found by each of its own names; what is not is named.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use interdict_engine::{Coverage, Engine, OwnName, coverage};
use interdict_model::ListId;

use super::figures::percent;
use super::report::Table;
use super::{basis, print_table};
use crate::command::{PlaceArgs, PolicyArgs};
use crate::exit::{Exit, Failure};
use crate::style;

/// Names of a list that are printed; a list that fails fails by its first ones.
const SHOWN: usize = 20;

/// Which lists.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict evaluate coverage
  interdict evaluate coverage --list un-sc,ofac-sdn

Each primary, strong and former name of each listing is screened alone and must return its listing.
Names that are too long or have no letters cannot be screened; they are counted and named apart.
The same check stands before every import. Exit code 2 if a name is missed.")]
pub struct CoverageArgs {
    #[command(flatten)]
    policy: PolicyArgs,
}

/// What was measured.
pub struct Measured {
    /// One for each list.
    pub lists: Vec<Coverage>,
    /// Time it took.
    pub took: Duration,
}

impl Measured {
    /// Of the engine's lists.
    pub fn of(engine: &Engine, snapshot: &Arc<interdict_engine::Snapshot>) -> Result<Self, Failure> {
        let start = Instant::now();
        let lists: Vec<ListId> = engine.lists().iter().map(|version| version.list.clone()).collect();
        Ok(Self { lists: coverage(snapshot, engine.policy(), &lists, &|| true)?, took: start.elapsed() })
    }

    /// Whether no name is missed.
    pub fn is_whole(&self) -> bool {
        self.lists.iter().all(Coverage::is_whole)
    }

    /// The counts, and the names behind them.
    pub fn tables(&self) -> Vec<Table> {
        let head = ["list", "listings", "without a name", "names", "found", "missed", "not compared", "coverage"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for list in &self.lists {
            let compared = list.names.saturating_sub(list.not_compared.len() as u64);
            rows.push(vec![
                list.list.0.clone(),
                style::grouped(list.listings),
                style::grouped(list.nameless),
                style::grouped(list.names),
                style::grouped(list.found),
                style::grouped(list.missed.len() as u64),
                style::grouped(list.not_compared.len() as u64),
                percent((compared > 0).then(|| list.found as f64 / compared as f64)),
            ]);
        }
        let mut tables = vec![Table { title: "own names found".to_owned(), rows }];
        for list in &self.lists {
            tables.extend(named(&format!("{}: missed", list.list), &list.missed));
            tables.extend(named(&format!("{}: not compared", list.list), &list.not_compared));
        }
        tables
    }
}

fn named(title: &str, names: &[OwnName]) -> Option<Table> {
    let mut rows = vec![["reference", "place", "name", "reason"].map(str::to_owned).to_vec()];
    rows.extend(names.iter().take(SHOWN).map(|own| {
        vec![style::fit(&own.reference, 30), style::fit(&own.place, 30), style::fit(&own.name, 60), own.reason.clone()]
    }));
    let more = if names.len() > SHOWN { format!(", the first {SHOWN} of {}", names.len()) } else { String::new() };
    (!names.is_empty()).then(|| Table { title: format!("{title}{more}"), rows })
}

/// Looks for every name.
pub fn run(args: &CoverageArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let snapshot = place.snapshot()?;
    let engine = args.policy.engine(Arc::clone(&snapshot))?;
    let measured = Measured::of(&engine, &snapshot)?;
    let mut out = anstream::stdout().lock();
    for (name, value) in basis(&engine) {
        writeln!(out, "{name:<16}{}", style::clean(&value))?;
    }
    writeln!(out, "{:<16}{:.2?} on {} threads", "time", measured.took, rayon::current_num_threads())?;
    for table in measured.tables() {
        print_table(&mut out, &table.title, &table.rows)?;
    }
    Ok(if measured.is_whole() { Exit::Clear } else { Exit::NotDone })
}
