//! `interdict check`: is this shipment, service, call, account or contract lawful, on which day, under whose law.
//!
//! Not here: the rules (`law/`), deciding (`measures`), comparing names (`engine`).

mod recorded;
pub mod records;
mod screened;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use interdict_engine::model::Digest;
use interdict_engine::{Also, Asked, Decided, Engine, Recorded};
use interdict_measures::input::{Fields, Input};
use interdict_measures::report;
use interdict_measures::{Law, Value, Verdict, decide, term};

use crate::command::{PlaceArgs, WhenArgs};
use crate::exit::{Exit, Failure};
use crate::law::LawArgs;
use crate::past;
use crate::record::{self, Kind, RecordArgs, Recorder};
use crate::render::{self, Format, Sink};
use crate::style;
use screened::Screener;

/// Answers that become durable together where there is a ledger.
const TOGETHER: usize = 512;

/// What to decide.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict check --on 2018-01-05 --law un activity=goods hs=2701 origin=kp from=kp seller=Mine seller_country=kp
  interdict check shipments.csv --on 2018-01-05 --law un,us --format jsonl
  interdict check shipments.csv --also-on 2018-01-05
  interdict check shipments.csv --on 2018-01-05 --as-of 2018-01-05    with the lists of that day, too
  interdict check delivery.json --account refined-2018=reported.csv

Facts are terms of the law (`interdict law terms`), the other names of its fields.tsv, or parties as
`buyer=NAME buyer_country=CODE`. A set is written cn+kp, the empty set `none`, an unknown rest `cn+?`.
A fact that is not given is unknown: it neither forbids nor clears, and the answer names it.
--on is the day of the law, --as-of and --known-at are of the lists that parties are compared with.

Exit codes: 0 permitted, 1 anything else, 2 something could not be read")]
pub struct CheckArgs {
    /// A file of records (.csv .tsv .json .jsonl .parquet), - for standard input, or facts as TERM=VALUE
    #[arg(value_name = "FILE|-|TERM=VALUE")]
    what: Vec<String>,
    /// The day on which it happens, for records that give none
    #[arg(long, value_name = "DAY")]
    on: Option<String>,
    /// Whose law to ask, as un,us [default: whoever's binds by nationality, place, flag and currency]
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    law: Vec<String>,
    /// Facts that hold for every record of a file
    #[arg(long, value_name = "TERM=VALUE")]
    given: Vec<String>,
    /// Decide each record on this day too, and show those that differ
    #[arg(long, value_name = "DAY")]
    also_on: Option<String>,
    /// Take what a cap has used from its reports
    #[arg(long, value_name = "CAP=FILE")]
    account: Vec<String>,
    /// Leave parties unscreened
    #[arg(long, conflicts_with_all = ["as_of", "known_at"])]
    no_screening: bool,
    /// Say also why other rules do not apply
    #[arg(short, long)]
    explain: bool,
    #[command(flatten)]
    folder: LawArgs,
    #[command(flatten)]
    when: WhenArgs,
    #[command(flatten)]
    record: RecordArgs,
    /// Form of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    format: Format,
    /// Write to a file, which appears when it is whole
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    out: Option<PathBuf>,
}

/// Decides.
pub fn run(args: &CheckArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let law = args.folder.law()?;
    let fields = Fields::of(&law).map_err(|problem| Failure::new(problem.to_string()))?;
    let also = args.also_on.as_deref().map(|text| day("--also-on", text)).transpose()?;
    let mut accounts = Vec::new();
    for text in &args.account {
        accounts.push(crate::cap::account_of(&law, text)?);
    }
    let screener = Screener::new(&law, place, &args.when, args.no_screening);
    let mut given = pairs("--given", &args.given)?;
    given.extend(args.on.iter().map(|on| ("date".to_owned(), on.clone())));
    if !args.law.is_empty() {
        if let Some(unknown) = args.law.iter().find(|id| !law.jurisdictions.iter().any(|j| j.id == **id)) {
            let known: Vec<&str> = law.jurisdictions.iter().map(|j| j.id.as_str()).collect();
            return Err(Failure::hint(format!("--law: no jurisdiction `{unknown}`"), known.join(", ")));
        }
        given.push(("law".to_owned(), args.law.join("+")));
    }
    let mut out = Sink::open(args.out.as_deref(), args.format)?;
    let mut exit = Exit::Clear;
    if args.format == Format::Csv {
        writeln!(out, "place,id,verdict,articles,lacking,duties,also_on,also_verdict,problems,record")?;
    }
    let mut recorder = Recorder::open(&place.home()?, &args.record, Kind::Decision)?;
    let accounts_asked = args.account.iter().map(|text| recorded::account(text)).collect::<Result<Vec<_>, _>>()?;
    let mut count = 0_u64;
    let mut waiting = Vec::new();
    for record in records::open(&args.what)? {
        let (place, record) = record?;
        count += 1;
        let run = Run { law: &law, fields: &fields, given: &given, accounts: &accounts, screener: &screener };
        let (exit_of_one, answer) = one(&run, args.explain, also, &place, &record)?;
        exit = exit.max(exit_of_one);
        let answer = Recorded::new(answer)?;
        if recorder.is_none() {
            show(args.format, &mut out, &answer)?;
            continue;
        }
        let asked = Asked {
            place,
            record,
            given: given.clone(),
            also_on: args.also_on.clone(),
            explain: args.explain,
            screened: !args.no_screening,
            accounts: accounts_asked.clone(),
        };
        waiting.push((asked, answer));
        if waiting.len() == TOGETHER {
            show_recorded(args.format, &mut out, &law, &screener, &mut recorder, &mut waiting)?;
        }
    }
    show_recorded(args.format, &mut out, &law, &screener, &mut recorder, &mut waiting)?;
    recorder.map_or(Ok(()), Recorder::finish)?;
    if let (Format::Table, Some(engine)) = (args.format, screener.engine()) {
        past::print(&mut out, engine)?;
    }
    if count == 0 {
        return Err(Failure::hint("nothing to decide", "give a file, - for standard input, or facts as TERM=VALUE"));
    }
    out.finish()?;
    Ok(exit)
}

/// Shows answers once they are on record.
fn show_recorded(
    format: Format,
    out: &mut Sink,
    law: &Law,
    screener: &Screener<'_>,
    recorder: &mut Option<Recorder>,
    waiting: &mut Vec<(Asked, Recorded<Decided>)>,
) -> Result<(), Failure> {
    let Some(recorder) = recorder.as_mut().filter(|_| !waiting.is_empty()) else { return Ok(()) };
    recorder.rests_on(screener.engine(), Some(law))?;
    let answers = waiting.iter().map(|(asked, answer)| {
        let outcome = answer.value().report.as_ref().map_or("not_done", |report| report.verdict.as_str());
        let (input, reference) = (serde_json::to_vec(asked)?, answer.value().id.clone().unwrap_or_default());
        Ok(record::Answer { input, record: answer.record(), outcome, reference })
    });
    let answers = answers.collect::<Result<Vec<_>, Failure>>()?;
    let pending = recorder.submit(answers)?;
    recorder.settle(pending)?;
    waiting.drain(..).try_for_each(|(_, answer)| show(format, out, &answer))
}

/// What a run takes every record to.
struct Run<'a> {
    law: &'a Law,
    fields: &'a Fields,
    given: &'a [(String, String)],
    accounts: &'a [crate::cap::Loaded],
    screener: &'a Screener<'a>,
}

/// Decides what a receipt says was asked; gives the record of the answer.
pub fn again(
    law: &Law,
    engine: Option<Arc<Engine>>,
    accounts: &[String],
    input: serde_json::Value,
) -> Result<Digest, Failure> {
    let asked: Asked = serde_json::from_value(input)?;
    let brought = accounts.iter().map(|text| recorded::account(text)).collect::<Result<Vec<_>, _>>()?;
    recorded::same_accounts(&asked, &brought)?;
    let loaded = accounts.iter().map(|text| crate::cap::account_of(law, text)).collect::<Result<Vec<_>, _>>()?;
    let fields = Fields::of(law).map_err(|problem| Failure::new(problem.to_string()))?;
    let also = asked.also_on.as_deref().map(|text| day("--also-on", text)).transpose()?;
    let screener = Screener::of_then(law, engine.filter(|_| asked.screened));
    let run = Run { law, fields: &fields, given: &asked.given, accounts: &loaded, screener: &screener };
    let (_, answer) = one(&run, asked.explain, also, &asked.place, &asked.record)?;
    Ok(Recorded::new(answer)?.record())
}

fn day(option: &str, text: &str) -> Result<jiff::civil::Date, Failure> {
    term::day(text).ok_or_else(|| Failure::hint(format!("{option}: `{text}` is no day"), "write it as 2018-01-05"))
}

/// `TERM=VALUE` as pairs.
pub fn pairs(option: &str, texts: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let pair = |text: &String| match text.split_once('=') {
        Some((name, value)) => Ok((name.trim().to_owned(), value.trim().to_owned())),
        // A bare term says yes, as in the cases of the pages.
        None if !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') => {
            Ok((text.clone(), "yes".to_owned()))
        }
        None => Err(Failure::hint(format!("{option}: `{text}` has no `=`"), "write it as TERM=VALUE")),
    };
    texts.iter().map(pair).collect()
}

fn one(
    run: &Run<'_>,
    explain: bool,
    also: Option<jiff::civil::Date>,
    place: &str,
    record: &[(String, String)],
) -> Result<(Exit, Decided), Failure> {
    let Run { law, fields, given, accounts, screener } = *run;
    // What the record says of itself comes before what holds for all.
    let own: Vec<&str> =
        record.iter().filter(|(_, text)| !text.trim().is_empty()).map(|(name, _)| name.as_str()).collect();
    let rest =
        given.iter().filter(|(name, _)| !own.contains(&name.as_str()) && (name != "date" || !own.contains(&"day")));
    let id = record.iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("id")).map(|(_, text)| text.clone());
    let all = record.iter().chain(rest).map(|(name, text)| (name.as_str(), text.as_str()));
    let all = all.filter(|(name, _)| !name.trim().eq_ignore_ascii_case("id"));
    let mut input: Input = fields.read(law, place, all);
    let mut answer = Decided { id, aside: input.aside.clone(), ..Decided::at(place) };
    if !input.problems.is_empty() {
        answer.problems = input.problems.iter().map(ToString::to_string).collect();
        return Ok((Exit::NotDone, answer));
    }
    answer.screening = screener.screen(&mut input)?;
    if !answer.screening.is_empty() {
        answer.past = screener.engine().and_then(|engine| engine.snapshot().past().cloned());
    }
    for account in accounts {
        account.fill(law, &mut input.facts)?;
    }
    let decision = decide(law, &input.facts);
    answer.report = Some(report::write(law, &input.facts, &decision, explain));
    if let Some(other) = also {
        let mut facts = input.facts.clone();
        facts.replace("date", Value::Date(other));
        let then = decide(law, &facts);
        if then.verdict != decision.verdict {
            let strict = then.findings().filter(|(_, finding)| finding.verdict == then.verdict);
            let by =
                strict.filter_map(|(_, finding)| law.rules.get(finding.rule)).map(|rule| rule.id.clone()).collect();
            answer.also = Some(Also { on: other.to_string(), verdict: then.verdict, by });
        }
    }
    let exit = if decision.verdict == Verdict::Permitted { Exit::Clear } else { Exit::Hit };
    Ok((exit, answer))
}

fn show(format: Format, out: &mut Sink, recorded: &Recorded<Decided>) -> Result<(), Failure> {
    let answer = recorded.value();
    match format {
        Format::Table => {
            let id = answer.id.as_ref().map(|id| format!(" id {id}")).unwrap_or_default();
            writeln!(out, "{}{}", style::clean(&answer.place), style::clean(&id))?;
            for line in answer.problems.iter().flat_map(|p| p.lines()) {
                writeln!(out, "  not done: {}", style::clean(line))?;
            }
            for party in &answer.screening {
                writeln!(out, "  {}", style::clean(&party.to_string()))?;
            }
            if let Some(report) = &answer.report {
                for line in report.to_string().lines() {
                    writeln!(out, "{}", style::clean(line))?;
                }
            }
            if let Some(also) = &answer.also {
                writeln!(out, "  on {}: {} by {}", also.on, also.verdict, also.by.join(", "))?;
            }
            if !answer.aside.is_empty() {
                writeln!(out, "  no facts, left aside: {}", style::clean(&answer.aside.join(", ")))?;
            }
            writeln!(out, "  record {}", recorded.record())?;
        }
        Format::Json | Format::Jsonl => writeln!(out, "{}", render::json::text(recorded, format == Format::Json)?)?,
        Format::Csv => {
            let report = answer.report.as_ref();
            let findings = report.iter().flat_map(|r| r.jurisdictions.iter().flat_map(|j| &j.findings));
            let verdict = report.map(|r| r.verdict);
            let strict: Vec<_> =
                findings.filter(|f| Some(f.verdict) == verdict && verdict != Some(Verdict::Permitted)).collect();
            let articles: Vec<&str> = strict.iter().map(|f| f.citation.as_str()).collect();
            let duties: Vec<&str> = strict.iter().flat_map(|f| f.duties.iter().map(|d| d.text.as_str())).collect();
            let lacking: Vec<&str> = report.iter().flat_map(|r| r.lacking.iter().map(|l| l.term.as_str())).collect();
            let mut line = csv::Writer::from_writer(Vec::new());
            line.write_record([
                style::clean(&answer.place),
                style::clean(answer.id.as_deref().unwrap_or("")),
                verdict.map_or("not done", Verdict::as_str).to_owned(),
                articles.join("; "),
                lacking.join("; "),
                duties.join("; "),
                answer.also.as_ref().map(|a| a.on.clone()).unwrap_or_default(),
                answer.also.as_ref().map(|a| a.verdict.to_string()).unwrap_or_default(),
                style::clean(&answer.problems.join("; ")),
                recorded.record().to_string(),
            ])?;
            let bytes = line.into_inner().map_err(|error| Failure::new(format!("output: {error}")))?;
            out.write_all(&bytes)?;
        }
    }
    Ok(())
}
