//! `interdict cap`: the account of a quantity that all may use together.
//!
//! Not here: the arithmetic (`measures::account`), the limits (`law/`).

use std::io::{self, BufReader, Read, Write};
use std::path::PathBuf;

use clap::Args;
use interdict_measures::account::{self, Effect, Statement, Units};
use interdict_measures::page::Cap;
use interdict_measures::{Amount, FactSet, Law, Value, picture, statement, term};
use jiff::civil::Date;

use crate::cut::Cut;
use crate::exit::{Exit, Failure, print_note};
use crate::law::{LawArgs, write};
use crate::style;

/// The most bytes of a file of reports.
const MOST_BYTES: u64 = 64 << 20;

/// Which account.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict cap
  interdict cap refined-2018 reported.csv --on 2019-12-31
  interdict cap refined-2018 reported.csv --on 2018-06-30 --deliver 4000 t --product diesel
  interdict cap coal-2017 coal.csv --on 2017-04-30 --svg coal.svg

Reports are CSV with columns period, reporter, and barrels, metric_tons, usd, or amount and unit; and, if
there, product, received, source, note.

Exit codes: 0 done, 1 the stop mark is passed or the delivery does not fit for sure, 2 a report could not be read")]
pub struct CapArgs {
    /// The cap; without it all are listed
    cap: Option<String>,
    /// Files of reports
    reports: Vec<PathBuf>,
    /// A day of the period [default: the last day that a report covers]
    #[arg(long, value_name = "DAY")]
    on: Option<String>,
    /// Count only what had been received by this day
    #[arg(long, value_name = "DAY")]
    known_by: Option<String>,
    /// What one more delivery would do
    #[arg(long, num_args = 2, value_names = ["AMOUNT", "UNIT"])]
    deliver: Vec<String>,
    /// Its product, as diesel
    #[arg(long, value_name = "PRODUCT")]
    product: Option<String>,
    #[command(flatten)]
    folder: LawArgs,
    /// Write a picture
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// Answers.
pub fn run(args: &CapArgs) -> Result<Exit, Failure> {
    let law = args.folder.law()?;
    let mut out = anstream::AutoStream::auto(io::stdout()).lock();
    let Some(id) = &args.cap else {
        for cap in law.caps.values() {
            let limits: Vec<String> =
                cap.limits.iter().map(|limit| format!("{} {}", limit.amount, limit.unit)).collect();
            let joined = limits.join(if cap.lower { " or, if that runs out first, " } else { " or " });
            writeln!(out, "{:<16} {joined}; {} [{}]", cap.id, cap.text, cap.page)?;
        }
        return Ok(Exit::Clear);
    };
    let cap = find(&law, id)?;
    let units = Units::of(&law).map_err(|problem| Failure::new(problem.to_string()))?;
    let mut statements = Vec::new();
    let mut exit = Exit::Clear;
    for path in &args.reports {
        let (mut read, problems) = load(path, &units)?;
        for problem in problems {
            print_note(&problem.to_string());
            if !problem.why.contains("set aside") {
                exit = Exit::NotDone;
            }
        }
        statements.append(&mut read);
    }
    let on = match (&args.on, statements.iter().map(|one| one.to).max()) {
        (Some(text), _) => day("--on", text)?,
        (None, Some(last)) => last,
        (None, None) => return Err(Failure::hint("no day and no reports", "give --on, or a file of reports")),
    };
    let known_by = args.known_by.as_deref().map(|text| day("--known-by", text)).transpose()?;
    let account = account::draw_up(cap, &units, &statements, on, known_by)
        .map_err(|problem| Failure::new(problem.to_string()))?;
    for line in picture::text(cap, &account).lines() {
        writeln!(out, "{}", style::clean(line))?;
    }
    if account.units.iter().any(|unit| cap.stop.is_some_and(|stop| unit.passed.contains(&stop))) {
        exit = exit.max(Exit::Hit);
    }
    if let [amount, unit] = &args.deliver[..] {
        let amount = Amount::parse(amount)
            .filter(|amount| !amount.is_negative())
            .ok_or_else(|| Failure::new(format!("--deliver: `{amount}` is not an amount")))?;
        let effects = account::one_more(cap, &account, &units, &[(unit.clone(), amount)], args.product.as_deref());
        if effects.is_empty() {
            return Err(Failure::hint(
                format!("--deliver: nothing leads from `{unit}` to the units of {id}"),
                "t, kg, bbl, l or USD",
            ));
        }
        for (unit, effect, after) in effects {
            let word = match effect {
                Effect::Fits => "fits",
                Effect::Unknown => "cannot be told without the product",
                Effect::Exceeds => "does not fit",
            };
            writeln!(out, "  one more: {word}; then {after} {unit}")?;
            if effect != Effect::Fits {
                exit = exit.max(Exit::Hit);
            }
        }
    }
    if let Some(path) = &args.svg {
        write(path, &picture::svg(cap, &account))?;
    }
    Ok(exit)
}

fn find<'a>(law: &'a Law, id: &str) -> Result<&'a Cap, Failure> {
    law.caps.get(id).ok_or_else(|| {
        let known: Vec<&str> = law.caps.keys().map(String::as_str).collect();
        Failure::hint(format!("no cap `{id}`"), known.join(", "))
    })
}

fn day(option: &str, text: &str) -> Result<Date, Failure> {
    term::day(text).ok_or_else(|| Failure::hint(format!("{option}: `{text}` is no day"), "write it as 2018-01-05"))
}

fn load(path: &std::path::Path, units: &Units) -> Result<(Vec<Statement>, Vec<interdict_measures::Problem>), Failure> {
    let failed = |reason: String| Failure::new(format!("{}: {reason}", path.display()));
    // Reports of a year are a few kilobytes; the bound keeps a wrong file from filling the memory.
    let file = std::fs::File::open(path).map_err(|error| failed(error.to_string()))?;
    if file.metadata().is_ok_and(|meta| meta.len() > MOST_BYTES) {
        return Err(failed(format!("more than {} MiB", MOST_BYTES >> 20)));
    }
    let mut rows = Cut::new(BufReader::new(file.take(MOST_BYTES)), b',').comment(b'#');
    let header = rows.next().map_or_else(|| Ok(Vec::new()), |row| row.texts()).map_err(failed)?;
    let header: Vec<String> = header.iter().map(|name| name.trim().to_lowercase()).collect();
    let mut read = Vec::new();
    for row in rows {
        let line = row.line;
        let fields = row.texts().map_err(|reason| failed(format!("line {line}: {reason}")))?;
        if fields.len() != header.len() {
            return Err(failed(format!("line {line}: {} fields, the header has {}", fields.len(), header.len())));
        }
        read.push((line, fields));
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(statement::read(&name, &header, read.into_iter(), units))
}

/// The reports of a cap, ready to say what is used on a day.
pub struct Loaded {
    cap: String,
    units: Units,
    statements: Vec<Statement>,
}

/// Reads `CAP=FILE`.
pub fn account_of(law: &Law, text: &str) -> Result<Loaded, Failure> {
    let Some((cap, path)) = text.split_once('=') else {
        return Err(Failure::hint(format!("--account: `{text}` has no `=`"), "write it as CAP=FILE"));
    };
    find(law, cap)?;
    let units = Units::of(law).map_err(|problem| Failure::new(problem.to_string()))?;
    let (statements, problems) = load(std::path::Path::new(path), &units)?;
    if let Some(problem) = problems.iter().find(|problem| !problem.why.contains("set aside")) {
        return Err(Failure::new(format!("--account: {problem}")));
    }
    Ok(Loaded { cap: cap.to_owned(), units, statements })
}

impl Loaded {
    /// Adds what is used on the day of the facts, where the account is one number.
    pub fn fill(&self, law: &Law, facts: &mut FactSet) -> Result<(), Failure> {
        let Some(Value::Date(on)) = facts.get("date").cloned() else { return Ok(()) };
        let cap = find(law, &self.cap)?;
        if account::period_of(cap, on).is_none() {
            return Ok(());
        }
        let before: Vec<Statement> = self.statements.iter().filter(|one| one.to < on).cloned().collect();
        let account = account::draw_up(cap, &self.units, &before, on, None)
            .map_err(|problem| Failure::new(problem.to_string()))?;
        for unit in account.units.iter().filter(|unit| unit.used.is_exact()) {
            facts.put(&cap.used_term(&unit.limit.unit), Value::Number(unit.used.best));
        }
        Ok(())
    }
}
