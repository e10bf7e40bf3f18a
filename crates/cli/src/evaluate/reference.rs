//! The index against the plain version that scores every listing: they must agree.

use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use interdict_engine::{Engine, Party, Scratch};
use interdict_model::Kind;
use rayon::prelude::*;

use super::Fields;
use super::lists::read;
use crate::command::{PlaceArgs, PolicyArgs};
use crate::exit::{Exit, Failure};
use crate::rows::BadRow;
use crate::style::{self, CLEAR, ERROR};

/// Which queries.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict evaluate reference clean.csv --limit-rows 1000
  interdict evaluate reference un.csv clean.csv --fields all --threshold 0.6

Exit codes: 0 they agree, 1 they differ, 2 could not be done")]
pub struct ReferenceArgs {
    /// Files of parties
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What is used of each party
    #[arg(long, value_enum, default_value = "name")]
    fields: Fields,
    /// The first rows of each file only: scoring every listing takes its time
    #[arg(long, value_name = "N")]
    limit_rows: Option<usize>,
    #[command(flatten)]
    policy: PolicyArgs,
}

struct Compared {
    place: String,
    result: Result<Difference, String>,
    index: Duration,
    exhaustive: Duration,
}

#[derive(Default)]
struct Difference {
    hits: u64,
    /// Hits of one side only, or with another score, in words.
    differences: Vec<String>,
}

fn compare(engine: &Engine, party: &Result<Party, BadRow>, scratch: &mut Scratch) -> Compared {
    let party = match party {
        Ok(party) => party,
        Err(bad) => {
            let (place, result) = (bad.place.clone(), Err(bad.reason.clone()));
            return Compared { place, result, index: Duration::ZERO, exhaustive: Duration::ZERO };
        }
    };
    let start = Instant::now();
    let fast = engine.scores(&party.entity, scratch);
    let index = start.elapsed();
    let start = Instant::now();
    let slow = engine.scores_exhaustive(&party.entity, scratch);
    let exhaustive = start.elapsed();
    let result = match (fast, slow) {
        (Ok(fast), Ok(slow)) => Ok(difference(&fast, &slow)),
        (Err(a), Err(b)) if a.to_string() == b.to_string() => Err(a.to_string()),
        (Ok(_), Err(error)) | (Err(error), Ok(_)) | (Err(error), Err(_)) => {
            Ok(Difference { hits: 0, differences: vec![format!("only one side could be done: {error}")] })
        }
    };
    Compared { place: party.place.clone(), result, index, exhaustive }
}

fn difference(fast: &[(u32, u16)], slow: &[(u32, u16)]) -> Difference {
    let sorted = |hits: &[(u32, u16)]| {
        let mut hits = hits.to_vec();
        hits.sort_unstable();
        hits
    };
    let (fast, slow) = (sorted(fast), sorted(slow));
    let mut differences = Vec::new();
    for (ordinal, score) in slow.iter().filter(|hit| !fast.contains(hit)) {
        differences.push(format!("listing {ordinal} scores {score}, and the index does not say so"));
    }
    for (ordinal, score) in fast.iter().filter(|hit| !slow.contains(hit)) {
        differences.push(format!("the index says that listing {ordinal} scores {score}, and it does not"));
    }
    Difference { hits: slow.len() as u64, differences }
}

/// Compares.
pub fn run(args: &ReferenceArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let engine = args.policy.engine(place.snapshot()?)?;
    let (mut queries, mut hits, mut different, mut not_done) = (0u64, 0u64, 0u64, 0u64);
    let (mut index, mut exhaustive) = (Duration::ZERO, Duration::ZERO);
    let mut out = anstream::stdout();
    for file in &args.files {
        let mut parties = read(file, args.fields, Kind::Person)?;
        parties.truncate(args.limit_rows.unwrap_or(usize::MAX));
        let one = |scratch: &mut Scratch, party: &Result<Party, BadRow>| compare(&engine, party, scratch);
        let compared: Vec<Compared> = parties.par_iter().map_init(Scratch::default, one).collect();
        for row in compared {
            queries = queries.saturating_add(1);
            (index, exhaustive) = (index.saturating_add(row.index), exhaustive.saturating_add(row.exhaustive));
            match row.result {
                Ok(difference) => {
                    hits = hits.saturating_add(difference.hits);
                    if !difference.differences.is_empty() {
                        different = different.saturating_add(1);
                        writeln!(out, "{ERROR}differ{ERROR:#}  {}, {}:", file.display(), row.place)?;
                    }
                    for text in difference.differences.iter().take(5) {
                        writeln!(out, "  {text}")?;
                    }
                }
                Err(reason) => {
                    not_done = not_done.saturating_add(1);
                    let reason = reason.lines().next().unwrap_or("");
                    writeln!(out, "not done  {}, {}: {}", file.display(), row.place, style::clean(reason))?;
                }
            }
        }
    }
    let listings = u64::from(engine.snapshot().listings());
    writeln!(out, "queries     {}", style::grouped(queries))?;
    writeln!(out, "listings    {}", style::grouped(listings))?;
    writeln!(out, "pairs       {}", style::grouped(queries.saturating_mul(listings)))?;
    writeln!(out, "hits        {}", style::grouped(hits))?;
    writeln!(out, "not done    {}", style::grouped(not_done))?;
    let style = if different == 0 { CLEAR } else { ERROR };
    writeln!(out, "{style}different   {}{style:#}", style::grouped(different))?;
    writeln!(out, "time        index {index:.2?}, every listing {exhaustive:.2?}")?;
    Ok(match (different, not_done) {
        (0, 0) => Exit::Clear,
        (0, _) => Exit::NotDone,
        (_, _) => Exit::Hit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sees_each_kind_of_difference() {
        assert!(difference(&[(1, 9), (2, 8)], &[(2, 8), (1, 9)]).differences.is_empty());
        assert_eq!(difference(&[(1, 9)], &[(1, 9), (2, 8)]).differences.len(), 1);
        assert_eq!(difference(&[(1, 9), (2, 8)], &[(1, 9)]).differences.len(), 1);
        assert_eq!(difference(&[(1, 9)], &[(1, 8)]).differences.len(), 2);
    }
}
