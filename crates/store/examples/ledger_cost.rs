//! What the ledger costs a batch: the same parties are screened with and without it, a chunk at a
//! time as `interdict screen` does it.
//!
//! `cargo run --release -p interdict-store --example ledger_cost -- HOME ROWS`; HOME holds imported lists.

use std::ops::Range;
use std::time::{Duration, Instant};

use interdict_engine::{Engine, Outcome, Party, Policy, Recorded, Screening};
use interdict_ledger::entry::Retention;
use interdict_model::{Name, NameQuality, PartialDate, Sourced};
use interdict_store::Home;
use interdict_store::ledger::{Binder, Circumstances, Committer, Kind, Sheaf};
use jiff::Timestamp;

const CHUNK: usize = 2048;

const GIVEN: [&str; 16] = [
    "Anna", "Boris", "Chen", "David", "Elena", "Farid", "Grace", "Hassan", "Irina", "Jorge", "Kim", "Lars", "Maria",
    "Nadia", "Omar", "Pavel",
];
const FAMILY: [&str; 16] = [
    "Abbott",
    "Berger",
    "Castro",
    "Dimitrov",
    "Eriksen",
    "Fernandez",
    "Gupta",
    "Haddad",
    "Ivanov",
    "Jansen",
    "Kowalski",
    "Lindqvist",
    "Moreau",
    "Nakamura",
    "Okafor",
    "Petersen",
];

fn party(number: usize) -> Party {
    let name =
        format!("{} {}{}", GIVEN[number % 16], FAMILY[number / 16 % 16], ["", "a", "son", "ov"][number / 256 % 4]);
    let mut party = Party { place: format!("line {number}"), id: Some(format!("c{number}")), ..Party::default() };
    party.entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "name"));
    party.entity.births.extend(
        PartialDate::parse(&format!("19{:02}-0{}-1{}", 40 + number % 60, 1 + number % 9, number % 10))
            .map(|date| Sourced::new(date, "born")),
    );
    party
}

type Failed = Box<dyn std::error::Error>;

/// An answer, and where its party stands in its bytes.
type Answered = (Recorded<Screening>, Range<usize>);

fn recorded(engine: &Engine, chunk: &[Party]) -> Result<Vec<Answered>, Failed> {
    let mut out = Vec::with_capacity(chunk.len());
    for screening in engine.screen_all(chunk) {
        out.push(Recorded::written(screening?, Screening::write_json)?);
    }
    Ok(out)
}

/// What is shown of answers, in bytes.
fn shown(answers: &[Answered]) -> usize {
    let mut out = Vec::new();
    answers.iter().for_each(|(answer, _)| answer.write(&mut out));
    std::hint::black_box(out).len()
}

fn without(engine: &Engine, parties: &[Party]) -> Result<Duration, Failed> {
    let start = Instant::now();
    let mut bytes = 0;
    for chunk in parties.chunks(CHUNK) {
        bytes += shown(&recorded(engine, chunk)?);
    }
    std::hint::black_box(bytes);
    Ok(start.elapsed())
}

fn bound(chunk: &[Party], answers: &[Answered], of: Circumstances) -> Result<Sheaf, Failed> {
    let mut binder = Binder::new(of)?.with_room(answers.len());
    for (party, (answer, place)) in chunk.iter().zip(answers) {
        let outcome = if answer.value().outcome == Outcome::Hit { "hit" } else { "clear" };
        let input = answer.canonical().get(place.clone()).unwrap_or_default();
        binder.add(input, answer.record(), outcome, party.id.as_deref().unwrap_or_default())?;
    }
    Ok(binder.done())
}

fn with(engine: &Engine, parties: &[Party], home: &Home, ledger: &Home) -> Result<Duration, Failed> {
    let start = Instant::now();
    let at = Timestamp::UNIX_EPOCH;
    let mut log = ledger.ledger().open()?;
    let basis = log.rests_on(home.basis(Some(engine), None)?, at)?;
    let of = Circumstances { kind: Kind::Screening, basis, at, retention: Retention::TenYears };
    let committer = Committer::start(log)?;
    let mut waiting = None;
    let mut bytes = 0;
    let mut show = |waiting: Option<(Vec<_>, interdict_store::ledger::Ticket<_>)>| -> Result<(), Failed> {
        let Some((answers, ticket)) = waiting else { return Ok(()) };
        ticket.wait()?;
        bytes += shown(&answers);
        Ok(())
    };
    for chunk in parties.chunks(CHUNK) {
        let answers = recorded(engine, chunk)?;
        let sent = bound(chunk, &answers, of)?;
        let before = waiting.replace((answers, committer.submit_sheaf(sent)));
        show(before)?;
    }
    show(waiting)?;
    std::hint::black_box(bytes);
    committer.finish()?;
    Ok(start.elapsed())
}

/// Processor time of all threads so far, where the system tells: what others run does not count.
fn processor() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let ticks: f64 = fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// Processor time of this thread so far, in nanoseconds.
fn own() -> f64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// What each step costs a row, one thread by itself; the disk's own time is not in it.
fn steps(engine: &Engine, parties: &[Party], home: &Home, ledger: &Home) -> Result<(), Failed> {
    let at = Timestamp::now();
    let mut log = ledger.ledger().open()?;
    log.fold()?;
    let basis = log.rests_on(home.basis(Some(engine), None)?, at)?;
    let of = Circumstances { kind: Kind::Screening, basis, at, retention: Retention::TenYears };
    let mut spent = [0.0; 5];
    let mut last = own();
    let mut next = |step: usize| {
        let now = own();
        spent[step] += now - last;
        last = now;
    };
    let mut bytes = 0;
    for chunk in parties.chunks(CHUNK) {
        let mut scratch = interdict_engine::Scratch::default();
        let mut answers = Vec::with_capacity(chunk.len());
        for party in chunk {
            answers.push(Recorded::written(engine.screen(&party.entity, &mut scratch)?, Screening::write_json)?);
        }
        next(0);
        bytes += shown(&answers);
        next(1);
        let sent = bound(chunk, &answers, of)?;
        next(2);
        log.append(sent)?;
        next(3);
    }
    log.fold()?;
    next(4);
    std::hint::black_box(bytes);
    let names = ["screen, record", "output", "entries", "commit", "last tiles"];
    for (name, spent) in names.iter().zip(spent) {
        println!("{:>6.2} µs a row: {name}", spent / 1e3 / parties.len() as f64);
    }
    Ok(())
}

fn main() -> Result<(), Failed> {
    let mut args = std::env::args().skip(1);
    let home = Home::at(args.next().ok_or("give the home of imported lists")?);
    let rows: usize = args.next().map_or(Ok(200_000), |text| text.parse())?;
    let engine = Engine::new(std::sync::Arc::new(home.snapshot()?), Policy::default(), Vec::new());
    let parties: Vec<Party> = (0..rows).map(party).collect();
    let folder = std::env::temp_dir().join(format!("ledger-cost-{}", std::process::id()));
    let ledger = Home::at(&folder);
    ledger.ledger().init("example.org/cost", Timestamp::UNIX_EPOCH)?;
    println!("{} listings, {rows} rows, {CHUNK} at a time", engine.snapshot().listings());
    let (mut best_without, mut best_with) = (Duration::MAX, Duration::MAX);
    let mut spent = (0.0, 0.0);
    // In turns, so that what else the machine does falls on both; the best of each counts.
    for turn in 1..=5 {
        let start = processor().unwrap_or_default();
        let plain = without(&engine, &parties)?;
        let middle = processor().unwrap_or_default();
        let kept = with(&engine, &parties, &home, &ledger)?;
        let end = processor().unwrap_or_default();
        spent = (spent.0 + middle - start, spent.1 + end - middle);
        println!("turn {turn}: without {plain:.2?}, with {kept:.2?}");
        (best_without, best_with) = (best_without.min(plain), best_with.min(kept));
    }
    let rate = |took: Duration| rows as f64 / took.as_secs_f64();
    let cost = 100.0 * (best_with.as_secs_f64() / best_without.as_secs_f64() - 1.0);
    println!("without {:.0} rows/s, with {:.0} rows/s: {cost:.1} %", rate(best_without), rate(best_with));
    let each = |seconds: f64| seconds * 1e6 / (5 * rows) as f64;
    println!("processor time a row: without {:.1} µs, with {:.1} µs", each(spent.0), each(spent.1));
    steps(&engine, &parties, &home, &ledger)?;
    let mut log = ledger.ledger().open()?;
    log.fold()?;
    let start = Instant::now();
    let verified = interdict_store::ledger::verify(log.files(), log.key(), &[])?;
    println!("verified {} entries in {:.2?}, {} findings", verified.entries, start.elapsed(), verified.findings.len());
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
