//! How fast parties are screened against lists of any size: `cargo bench -p interdict-cli --bench scale`.
//!
//! Through the store and the façade, as a user does it: lists are imported, indexed, opened from
//! the stored index, and each answer holds the full evidence of its hits. One thread; rates are
//! of processor time, percentiles of the least of three passes for each query, so that neither
//! counts what other programs do. Nothing is warm in the first pass.
//!
//! Arguments after `--`: `--large` adds 1 and 3 million names, `--quick` is for CI (fewer queries),
//! `--queries N` takes so many of each kind, `--homes DIR` keeps the stores that are made there and
//! uses those it finds, `--export DIR` writes names, queries and rates for
//! `docs/benchmarks/peers.py`. Data: `INTERDICT_DATA`, or `shared/data` beside the checkout.

#![allow(clippy::unwrap_used, reason = "a bench stops where it cannot go on")]

mod hostile;
mod names;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use interdict_engine::{Engine, IndexBuilder, Policy, Scratch};
use interdict_lists::{Columns, Mapping};
use interdict_model::{Country, Entity, Kind, ListId, Name, NameQuality, Sourced};
use interdict_store::{Home, Import};
use interdict_testkit::real_data;

use names::Seeded;

/// Everything drawn at random is drawn from it.
const SEED: u64 = 20_180_105;

/// Seconds after which no other query of the first pass, or no other pass, is begun.
const LONGEST: f64 = 20.0;

/// The newest complete version of every list in the data folder.
const LISTS: [&str; 11] = [
    "un/2026-02-27_un_consolidated.xml",
    "ofac/2025-09_sdn_main/sdn_main_5cols.csv",
    "ofac/2025-12-24_companions",
    "ofac/2025-12-19_cons",
    "eu/2025-09_fsf_columns",
    "uk/2026-05_uksl",
    "other/ca_sema_2025-05.xml",
    "other/au_dfat_2025-05_parsed.csv",
    "other/my_moha_2025.xml",
    "ofac/csl",
    "ofac/dpl/dpl_2022-09.txt",
];

struct Settings {
    sizes: Vec<usize>,
    queries: usize,
    passes: usize,
    export: Option<PathBuf>,
    homes: Option<PathBuf>,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo test --all-targets` runs benches too, without saying so
    if !arguments.iter().any(|a| a == "--bench") {
        println!("skipped: measured by `cargo bench -p interdict-cli --bench scale`");
        return;
    }
    let after = |flag: &str| arguments.iter().position(|a| a == flag).and_then(|i| arguments.get(i + 1));
    let quick = arguments.iter().any(|a| a == "--quick");
    let mut sizes = vec![0];
    if arguments.iter().any(|a| a == "--large") {
        sizes.extend([1_000_000, 3_000_000]);
    }
    let queries = after("--queries").and_then(|n| n.parse().ok()).unwrap_or(if quick { 2_000 } else { 50_000 });
    let export = after("--export").map(PathBuf::from);
    let homes = after("--homes").map(PathBuf::from);
    let settings = Settings { sizes, queries, passes: if quick { 1 } else { 3 }, export, homes };
    let Some(lists) = official() else {
        println!("skipped: no lists in the data folder (set INTERDICT_DATA)");
        return;
    };
    println!("{}", machine());
    measure_all(&settings, &lists);
}

/// The files of [`LISTS`].
fn official() -> Option<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for list in LISTS {
        let path = real_data(list)?;
        let mut paths = if path.is_dir() {
            std::fs::read_dir(&path).ok()?.flatten().map(|entry| entry.path()).collect()
        } else {
            vec![path]
        };
        paths.sort();
        files.extend(paths.iter().map(|p| (p.display().to_string(), std::fs::read(p).unwrap_or_default())));
    }
    Some(files)
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(':')).map_or("unknown", |(_, value)| value.trim()).to_owned()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("processor: {}, {} MHz, {cores} cores; one thread is used", field("model name"), field("cpu MHz"))
}

/// Processor time of this thread in nanoseconds; wall time where the system does not tell.
fn thread_nanos(start: Instant) -> u64 {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let spent = stat.and_then(|text| text.split_whitespace().next()?.parse().ok());
    spent.unwrap_or_else(|| start.elapsed().as_nanos() as u64)
}

fn measure_all(settings: &Settings, lists: &[(String, Vec<u8>)]) {
    let clean = clean(settings.queries);
    let mut seen: HashSet<String> = clean.iter().map(|(name, _)| name.caption().to_owned()).collect();
    let listed = listed(lists);
    let resembling = resembling(&listed, settings.queries.min(10_000));
    seen.extend(listed.iter().map(|(name, _)| name.clone()));
    let mut base = listed.clone();
    if settings.sizes.len() > 1 {
        base.extend(names::bulk(&seen));
    }
    for &size in &settings.sizes {
        let home = tempfile::tempdir().unwrap();
        let kept = settings.homes.as_ref().map(|folder| folder.join(size.to_string()));
        let store = Home::at(kept.as_deref().unwrap_or(home.path()));
        let mut added = Vec::new();
        if size > 0 && !store.root().join("current.json").exists() {
            let mut all = base.clone();
            names::grow(&mut all, size, SEED);
            println!("\n{} names, {} different words", all.len(), names::vocabulary(&all));
            added = all.split_off(listed.len());
        }
        let engine = set_up(&store, lists, &added, size);
        println!("{:<34} queries  q/s first  q/s best    p50      p99    p99.9      max µs  hits/query", "");
        let with_dates: Vec<&Entity> = clean.iter().map(|(_, whole)| whole).collect();
        let names_only: Vec<&Entity> = clean.iter().map(|(name, _)| name).collect();
        let like_listed: Vec<&Entity> = resembling.iter().collect();
        let rates = [
            rate("unlisted, name", &engine, &names_only, settings.passes),
            rate("unlisted, name, date, country", &engine, &with_dates, settings.passes),
            rate("listed, changed, name", &engine, &like_listed, settings.passes),
        ];
        hostile(&engine);
        if let (Some(folder), 0) = (&settings.export, size) {
            export(folder, &listed, &names_only, &like_listed, rates[0].0, rates[2].0);
        }
    }
    println!("\nmost memory held: {}", peak());
}

fn peak() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or_else(|| "unknown".to_owned(), |text| text.trim().to_owned())
}

/// Imports, builds and opens; says what each takes.
fn set_up(store: &Home, lists: &[(String, Vec<u8>)], added: &[(String, Kind)], size: usize) -> Engine {
    if store.root().join("current.json").exists() {
        let start = Instant::now();
        let opened = store.snapshot().unwrap();
        println!("\nkept: {} listings, {} names, opened in {:?}", opened.listings(), opened.names(), start.elapsed());
        return Engine::new(Arc::new(opened), Policy::default(), Vec::new());
    }
    let mut report = store.import(&Import { files: lists.to_vec(), ..Import::default() }).unwrap();
    if !added.is_empty() {
        let files = vec![("names.csv".to_owned(), table(added))];
        report = store.import(&Import { files, list: Some(ListId("bulk".to_owned())), ..Import::default() }).unwrap();
    }
    let names = f64::from(report.names);
    // the same again without the store: analysis and sorting alone
    let mut builder = IndexBuilder::default();
    let mut building = 0;
    for content in store.contents().unwrap() {
        for listing in content.listings() {
            let listing = listing.unwrap();
            let start = Instant::now();
            builder.add(&listing);
            building += start.elapsed().as_nanos();
        }
    }
    let start = Instant::now();
    let bytes = builder.finish().len();
    let building = (building + start.elapsed().as_nanos()) as f64 / 1e9;
    let mut opening = f64::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        let opened = store.snapshot().unwrap();
        opening = opening.min(start.elapsed().as_secs_f64() * 1e3);
        assert_eq!(opened.names(), report.names);
    }
    let title = if size == 0 { "all lists" } else { "lists and bulk" };
    println!(
        "\n{title}: {} listings, {} names\nindex: built in {building:.2} s (with reading back and storing {:.2} s), \
         {:.0} bytes a name, opened in {opening:.1} ms",
        report.listings,
        report.names,
        report.index_took.as_secs_f64(),
        bytes as f64 / names,
    );
    Engine::new(Arc::new(store.snapshot().unwrap()), Policy::default(), Vec::new())
}

/// Names as an internal list: seven in ten persons have a date of birth, a third of these the
/// year alone, as in the published lists; all have a country.
fn table(names: &[(String, Kind)]) -> Vec<u8> {
    let mut seeded = Seeded(SEED);
    let countries: Vec<Country> = Country::all().collect();
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["name", "kind", "born", "country"]).unwrap();
    for (name, kind) in names {
        let year = 1935 + seeded.below(65);
        let (month, day) = (1 + seeded.below(12), 1 + seeded.below(28));
        let born = match seeded.below(100) {
            _ if *kind != Kind::Person => String::new(),
            0..45 => format!("{year}-{month:02}-{day:02}"),
            45..70 => year.to_string(),
            _ => String::new(),
        };
        let country = countries[seeded.below(countries.len())];
        out.write_record([name, kind.word(), &born, country.code()]).unwrap();
    }
    out.into_inner().unwrap()
}

/// Every name of the lists.
fn listed(lists: &[(String, Vec<u8>)]) -> Vec<(String, Kind)> {
    let home = tempfile::tempdir().unwrap();
    let store = Home::at(home.path());
    store.import(&Import { files: lists.to_vec(), ..Import::default() }).unwrap();
    let mut names = Vec::new();
    for content in store.contents().unwrap() {
        for listing in content.listings().flatten() {
            let kind = listing.entity.kind;
            names.extend(listing.entity.names.into_iter().map(|name| (name.value.full, kind)));
        }
    }
    names
}

fn named(name: &str, kind: Kind) -> Entity {
    let mut entity = Entity::of(kind);
    entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "name"));
    entity
}

/// Invented people of the labelled negatives: the name alone, and with date and country.
fn clean(most: usize) -> Vec<(Entity, Entity)> {
    let mut out = Vec::new();
    for file in ["labelled/negatives_global.csv", "labelled/negatives_us.csv"] {
        let Some(path) = real_data(file) else { continue };
        let mut rows = csv::Reader::from_path(path).unwrap();
        let header: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
        let columns = Columns::new(&header, &Mapping::default()).unwrap();
        for row in rows.records().flatten().take(most.div_ceil(2)) {
            let Ok(party) = columns.read(&row.iter().collect::<Vec<_>>()) else { continue };
            let all = party.entity;
            let mut whole = named(all.caption(), Kind::Person);
            (whole.births, whole.nationalities) = (all.births, all.nationalities);
            out.push((named(whole.caption(), Kind::Person), whole));
        }
    }
    // a part of them is like the whole
    let mut seeded = Seeded(SEED + 2);
    (1..out.len()).rev().for_each(|i| out.swap(i, seeded.below(i + 1)));
    out
}

/// Listed names, each with one change.
fn resembling(listed: &[(String, Kind)], most: usize) -> Vec<Entity> {
    let mut seeded = Seeded(SEED + 1);
    let mut out = Vec::with_capacity(most);
    while out.len() < most && !listed.is_empty() {
        let (name, kind) = &listed[seeded.below(listed.len())];
        let mut tokens: Vec<String> = name.split_whitespace().map(str::to_owned).collect();
        if !tokens.is_empty() {
            names::perturb(&mut tokens, &mut seeded);
            out.push(named(&tokens.join(" "), *kind));
        }
    }
    out
}

/// Screens the parties in passes; prints a line and gives the best rate and the mean of hits.
fn rate(title: &str, engine: &Engine, parties: &[&Entity], passes: usize) -> (f64, f64) {
    let mut scratch = Scratch::default();
    let mut least = vec![u64::MAX; parties.len()];
    let (mut first, mut best, mut hits, mut errors, mut done) = (0.0, 0.0_f64, 0, 0, parties.len());
    let origin = Instant::now();
    for pass in 0..passes {
        if pass > 0 && origin.elapsed().as_secs_f64() > LONGEST {
            break;
        }
        (hits, errors) = (0, 0);
        let from = thread_nanos(origin);
        for (i, (party, least)) in parties.iter().zip(&mut least).enumerate().take(done) {
            if pass == 0 && origin.elapsed().as_secs_f64() > LONGEST {
                done = i;
                break;
            }
            let start = Instant::now();
            match engine.screen(party, &mut scratch) {
                Ok(screening) => hits += screening.hits_total,
                Err(_) => errors += 1,
            }
            *least = (*least).min(start.elapsed().as_nanos() as u64);
        }
        let spent = (thread_nanos(origin) - from).max(1) as f64 / 1e9;
        let rate = done as f64 / spent;
        if pass == 0 {
            first = rate;
        }
        best = best.max(rate);
    }
    least.truncate(done);
    let mut slowest: Vec<(u64, &str)> = least.iter().zip(parties).map(|(n, party)| (*n, party.caption())).collect();
    slowest.sort_unstable_by(|a, b| b.cmp(a));
    slowest.truncate(3);
    least.sort_unstable();
    let at = |share: f64| least.get((least.len() as f64 * share) as usize).map_or(0.0, |n| *n as f64 / 1e3);
    let mean = hits as f64 / done.max(1) as f64;
    let failed = if errors > 0 { format!("  {errors} could not be done") } else { String::new() };
    println!(
        "{title:<34} {:>7}  {first:>9.0}  {best:>8.0} {:>6.1} {:>8.1} {:>8.1} {:>11.1}  {mean:>10.4}{failed}",
        done,
        at(0.5),
        at(0.99),
        at(0.999),
        least.last().map_or(0.0, |n| *n as f64 / 1e3),
    );
    let slowest = slowest.iter().map(|(n, name)| format!("`{name}` {:.1} ms", *n as f64 / 1e6));
    println!("    slowest: {}", slowest.collect::<Vec<_>>().join(", "));
    (best, mean)
}

/// The slowest of the hostile parties, and each that takes longer than it may.
fn hostile(engine: &Engine) {
    let mut times: Vec<(f64, String, String)> = Vec::new();
    for (what, party) in hostile::parties() {
        let (mut least, mut answer) = (f64::MAX, String::new());
        for _ in 0..3 {
            // a fresh memory: nothing is known of its words
            let mut scratch = Scratch::default();
            let start = Instant::now();
            let screened = engine.screen(&party, &mut scratch);
            least = least.min(start.elapsed().as_secs_f64() * 1e3);
            answer = screened.map_or_else(
                |error| format!("could not be done: {}", error.to_string().lines().next().unwrap_or("")),
                |screening| format!("{} hits", screening.hits_total),
            );
        }
        times.push((least, what, answer));
    }
    times.sort_by(|a, b| b.0.total_cmp(&a.0));
    let over = times.iter().filter(|t| t.0 > hostile::MOST_MILLIS).count();
    println!("hostile parties: {} of {} take more than {} ms; the slowest:", over, times.len(), hostile::MOST_MILLIS);
    for (millis, what, answer) in times.iter().take(over.max(6)) {
        println!("  {millis:>8.2} ms  {what}: {answer}");
    }
}

/// What the peers are timed on.
fn export(
    folder: &Path,
    listed: &[(String, Kind)],
    clean: &[&Entity],
    like: &[&Entity],
    clean_rate: f64,
    like_rate: f64,
) {
    std::fs::create_dir_all(folder).unwrap();
    let lines = |names: &mut dyn Iterator<Item = String>| names.fold(String::new(), |all, name| all + &name + "\n");
    let kind = |kind: Kind| if kind == Kind::Person { "Person" } else { "Organization" };
    let mut names = String::new();
    for (name, its) in listed {
        let _ = writeln!(names, "{}\t{}", name.replace(['\t', '\n', '\r'], " "), kind(*its));
    }
    let row = |party: &&Entity| format!("{}\t{}", party.caption().replace(['\t', '\n', '\r'], " "), kind(party.kind));
    let step = |parties: &[&Entity]| (parties.len() / 500).max(1);
    let clean_rows = lines(&mut clean.iter().step_by(step(clean)).map(row));
    let like_rows = lines(&mut like.iter().step_by(step(like)).map(row));
    let rates = format!("unlisted\t{clean_rate:.0}\nlisted\t{like_rate:.0}\n");
    for (file, text) in
        [("names.tsv", names), ("unlisted.tsv", clean_rows), ("listed.tsv", like_rows), ("rates.tsv", rates)]
    {
        std::fs::write(folder.join(file), text).unwrap();
    }
    println!("written for docs/benchmarks/peers.py");
}
