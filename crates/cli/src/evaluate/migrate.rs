//! Past alerts of another engine, row by row: what we would and would not have alerted, and why.
//!
//! Promises: each row of the file is a row of the answer with an outcome; hits that the other engine
//! did not raise follow the party's last row; the score and the reason come from one comparison.
//!
//! Not here: which of the two engines is right: dispositions are the user's.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use interdict_engine::{Engine, Policy, Scratch, Snapshot, SnapshotError, pair};
use interdict_model::{Country, Entity, Kind, Name, NameQuality, PartialDate, Sourced};
use interdict_names::fold::fold;
use interdict_store::Output;
use rayon::prelude::*;

use super::figures::score_text;
use super::{basis, print_table};
use crate::command::{PlaceArgs, PolicyArgs};
use crate::exit::{Exit, Failure};
use crate::render::csv::cell;
use crate::style;

/// Our columns, and the headings that are read as them.
const COLUMNS: [(&str, &[&str]); 9] = [
    ("party", &["party", "party_name", "customer", "customer_name", "name"]),
    ("born", &["born", "date_of_birth", "dob"]),
    ("country", &["country", "nationality"]),
    ("kind", &["kind", "type", "schema"]),
    ("listed", &["listed", "listed_name", "matched_name", "match"]),
    ("list", &["list", "list_name"]),
    ("reference", &["reference", "listing", "listed_id", "entry"]),
    ("score", &["score", "their_score"]),
    ("disposition", &["disposition", "decision", "resolution", "status"]),
];

/// Which alerts.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict evaluate migrate alerts.csv
  interdict evaluate migrate alerts.csv --out compared.csv --list un-sc,ofac-sdn --threshold 0.75
  interdict evaluate migrate alerts.csv --map Kunde=party --map Treffer=listed

One line an alert. Columns: party; born, country, kind if known; listed (the name it was matched with)
or reference, with list if the reference is not enough; score and disposition if there are any.
Outcomes: same (we alert on that listing), other (on other listings only), none (not at all),
not_listed (the listing is not on a list in use, and we do not alert), not_done, and additional (a
row of ours: a hit that no row of that party names).")]
pub struct MigrateArgs {
    /// The alerts, a CSV with a header
    file: PathBuf,
    /// Where to write the comparison
    #[arg(long, value_name = "FILE", default_value = "migration.csv")]
    out: PathBuf,
    /// A column of the file that holds one of ours
    #[arg(long, value_name = "COLUMN=OURS")]
    map: Vec<String>,
    #[command(flatten)]
    policy: PolicyArgs,
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    Same,
    Other,
    None,
    NotListed,
    NotDone,
    Additional,
}

impl Outcome {
    const ALL: [Self; 6] = [Self::Same, Self::Other, Self::None, Self::NotListed, Self::NotDone, Self::Additional];

    fn word(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Other => "other",
            Self::None => "none",
            Self::NotListed => "not_listed",
            Self::NotDone => "not_done",
            Self::Additional => "additional",
        }
    }
}

/// The cells of a row, by our names.
struct Alerts {
    header: Vec<String>,
    columns: HashMap<&'static str, usize>,
    rows: Vec<(u64, Vec<String>)>,
}

impl Alerts {
    fn read(path: &Path, map: &[String]) -> Result<Self, Failure> {
        let failed = |reason: String| Failure::new(format!("{}: {reason}", path.display()));
        let bytes = std::fs::read(path).map_err(|error| failed(error.to_string()))?;
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text);
        let header = reader.headers().map_err(|error| failed(error.to_string()))?;
        let header: Vec<String> = header.iter().map(str::to_owned).collect();
        let mut columns = HashMap::new();
        for (ours, headings) in COLUMNS {
            let is =
                |cell: &String| headings.contains(&cell.trim().to_ascii_lowercase().replace([' ', '-'], "_").as_str());
            columns.extend(header.iter().position(is).map(|at| (ours, at)));
        }
        for (column, ours) in crate::screen::mapping(map)?.0.iter().map(|(ours, column)| (column, ours)) {
            let known = COLUMNS.iter().find(|(name, _)| name == ours).map(|(name, _)| *name);
            let known = known.ok_or_else(|| {
                let names: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
                Failure::hint(format!("--map: `{ours}` is no column of ours"), format!("one of {}", names.join(", ")))
            })?;
            let at = header.iter().position(|cell| cell == column);
            columns.insert(known, at.ok_or_else(|| failed(format!("line 1: no column `{column}`")))?);
        }
        let lacks = |what: &str| Failure::hint(failed_text(path, what), "see `interdict evaluate migrate --help`");
        if !columns.contains_key("party") {
            return Err(lacks("line 1: no column `party`"));
        }
        if !columns.contains_key("listed") && !columns.contains_key("reference") {
            return Err(lacks("line 1: neither a column `listed` nor `reference`"));
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(|error| failed(error.to_string()))?;
            let line = record.position().map_or(0, csv::Position::line);
            let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
            cells.resize(header.len(), String::new());
            rows.push((line, cells));
        }
        Ok(Self { header, columns, rows })
    }

    fn cell<'a>(&self, row: &'a [String], ours: &str) -> &'a str {
        self.columns.get(ours).and_then(|at| row.get(*at)).map_or("", |cell| cell.trim())
    }

    /// What tells the parties of rows apart.
    fn key(&self, row: &[String]) -> [String; 4] {
        ["party", "born", "country", "kind"].map(|ours| self.cell(row, ours).to_owned())
    }
}

fn failed_text(path: &Path, reason: &str) -> String {
    format!("{}: {reason}", path.display())
}

fn party([name, born, country, kind]: &[String; 4]) -> Result<Entity, String> {
    if name.is_empty() {
        return Err("the party has no name".to_owned());
    }
    let kind = Kind::parse(kind).ok_or_else(|| format!("`{kind}` is no kind of party"))?;
    let mut entity = Entity::of(kind);
    entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "party"));
    if !born.is_empty() {
        let date = PartialDate::parse(born).ok_or_else(|| format!("`{born}` is no date as 1984-01-08"))?;
        entity.births.push(Sourced::new(date, "born"));
    }
    if !country.is_empty() {
        let country = Country::parse(country).ok_or_else(|| format!("`{country}` names no one country"))?;
        entity.nationalities.push(Sourced::new(country, "country"));
    }
    Ok(entity)
}

/// Finds listings by what another engine wrote of them.
#[derive(Default)]
struct Directory {
    names: HashMap<String, Vec<u32>>,
    references: HashMap<String, Vec<u32>>,
}

/// A name whatever its marks, case and order of words.
fn same_name(name: &str) -> String {
    let folded = fold(name);
    let mut words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

impl Directory {
    fn of(snapshot: &Snapshot, engine: &Engine) -> Result<Self, SnapshotError> {
        let mut directory = Self::default();
        for ordinal in (0..snapshot.listings()).filter(|ordinal| engine.is_asked_for(*ordinal)) {
            let listing = snapshot.listing(ordinal)?;
            for name in listing.entity.names.iter().map(|name| same_name(&name.value.full)).collect::<BTreeSet<_>>() {
                directory.names.entry(name).or_default().push(ordinal);
            }
            for reference in BTreeSet::from([listing.quoted(), listing.record.as_str()]) {
                directory.references.entry(reference.to_owned()).or_default().push(ordinal);
            }
        }
        Ok(directory)
    }

    /// The listings that a row names: by reference if it has one that is known, else by name.
    fn find(&self, snapshot: &Snapshot, list: &str, reference: &str, listed: &str) -> Vec<u32> {
        let of_list = |ordinal: &&u32| {
            list.is_empty() || snapshot.version_of(**ordinal).is_none_or(|version| version.list.0 == list)
        };
        let known_list = snapshot.versions().any(|version| version.list.0 == list);
        let by = |found: Option<&Vec<u32>>| -> Vec<u32> {
            // Another engine's own name of a list says nothing to us.
            found.into_iter().flatten().filter(|ordinal| !known_list || of_list(ordinal)).copied().collect()
        };
        let found = by(self.references.get(reference).filter(|_| !reference.is_empty()));
        if found.is_empty() { by(self.names.get(&same_name(listed)).filter(|_| !listed.is_empty())) } else { found }
    }
}

/// The answer to one row.
struct Answer {
    outcome: Outcome,
    score: Option<u16>,
    hit: Option<u32>,
    why: String,
}

impl Answer {
    fn not_done(why: impl Into<String>) -> Self {
        Self {
            outcome: Outcome::NotDone,
            score: None,
            hit: None,
            why: why.into().lines().next().unwrap_or("").to_owned(),
        }
    }
}

/// The hits of each party, best first, or why there are none to speak of.
type Hits = Result<Vec<(u32, u16)>, String>;

struct Comparing<'a> {
    alerts: &'a Alerts,
    engine: &'a Engine,
    directory: &'a Directory,
}

impl Comparing<'_> {
    fn answer(&self, row: &[String], hits: &Hits) -> Result<Answer, Failure> {
        let hits = match hits {
            Ok(hits) => hits,
            Err(reason) => return Ok(Answer::not_done(reason.as_str())),
        };
        let cell = |ours| self.alerts.cell(row, ours);
        let listed = cell("listed");
        let meant = self.directory.find(self.engine.snapshot(), cell("list"), cell("reference"), listed);
        if let Some((ordinal, score)) = hits.iter().find(|(ordinal, _)| meant.contains(ordinal)) {
            let why = self.explained(row, *ordinal)?.1;
            return Ok(Answer { outcome: Outcome::Same, score: Some(*score), hit: Some(*ordinal), why });
        }
        let best = hits.first();
        let outcome = if best.is_some() { Outcome::Other } else { Outcome::None };
        let compared = meant.iter().map(|ordinal| self.explained(row, *ordinal)).collect::<Result<Vec<_>, _>>()?;
        if let Some((score, why)) = compared.into_iter().max_by_key(|(score, _)| *score) {
            let (hit, score) =
                best.map_or((meant.first().copied(), score), |(ordinal, score)| (Some(*ordinal), *score));
            return Ok(Answer { outcome, score: Some(score), hit, why });
        }
        // Not on our lists: the name alone says whether we would have, had it been.
        let mut why = "the listing is on no list in use".to_owned();
        if let (Ok(party), false) = (party(&self.alerts.key(row)), listed.is_empty()) {
            let mut other = Entity::of(party.kind);
            other.names.push(Sourced::new(Name::new(listed, NameQuality::Primary), "listed"));
            let policy = Policy { threshold: interdict_engine::Score(0), ..self.engine.policy().clone() };
            if let Ok(hit) = pair::compare(&party, &other, &policy) {
                why.push_str(&format!("; the two names score {}: {}", score_text(hit.score.0), hit.evidence.summary));
            }
        }
        let outcome = if best.is_some() { outcome } else { Outcome::NotListed };
        let (hit, score) = best.map_or((None, None), |(ordinal, score)| (Some(*ordinal), Some(*score)));
        Ok(Answer { outcome, score, hit, why })
    }

    /// Score and reason of a party against a listing.
    fn explained(&self, row: &[String], ordinal: u32) -> Result<(u16, String), Failure> {
        let party = party(&self.alerts.key(row)).map_err(Failure::new)?;
        let hit = self.engine.explain(&party, ordinal)?.hit;
        let lacks = self.engine.policy().threshold;
        let why = if hit.score >= lacks {
            hit.evidence.summary
        } else {
            format!(
                "scores {} against {}, below {lacks}: {}",
                score_text(hit.score.0),
                hit.reference,
                hit.evidence.summary
            )
        };
        Ok((hit.score.0, why))
    }
}

/// Compares.
pub fn run(args: &MigrateArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let alerts = Alerts::read(&args.file, &args.map)?;
    let snapshot = place.snapshot()?;
    let asked = args.policy.engine(Arc::clone(&snapshot))?;
    // An alert of the other engine may be about a listing far down our order.
    let policy = Policy { limit: usize::MAX, ..asked.policy().clone() };
    let engine = Engine::new(Arc::clone(&snapshot), policy, args.policy.only(&snapshot)?);
    let directory = Directory::of(&snapshot, &engine)?;
    let mut last: BTreeMap<[String; 4], usize> = BTreeMap::new();
    for (number, (_, row)) in alerts.rows.iter().enumerate() {
        last.insert(alerts.key(row), number);
    }
    let screen = |scratch: &mut Scratch, key: &[String; 4]| -> Hits {
        engine.scores(&party(key)?, scratch).map_err(|error| error.to_string())
    };
    let keys: Vec<&[String; 4]> = last.keys().collect();
    let hits: Vec<Hits> = keys.par_iter().map_init(Scratch::default, |scratch, key| screen(scratch, key)).collect();
    let hits: BTreeMap<&[String; 4], Hits> = keys.into_iter().zip(hits).collect();
    let comparing = Comparing { alerts: &alerts, engine: &engine, directory: &directory };
    let mut out = csv::Writer::from_writer(Output::create(&args.out)?);
    let ours = ["outcome", "our_score", "our_list", "our_reference", "our_name", "why"];
    out.write_record(alerts.header.iter().map(String::as_str).chain(ours))?;
    let mut write = |cells: &[String], answer: &Answer| -> Result<(), Failure> {
        let listing = answer.hit.map(|ordinal| snapshot.listing(ordinal)).transpose()?;
        let of = |text: Option<&str>| text.unwrap_or("").to_owned();
        let ours = [
            answer.outcome.word().to_owned(),
            answer.score.map_or_else(String::new, score_text),
            of(listing.as_ref().map(|listing| listing.list.0.as_str())),
            of(listing.as_ref().map(interdict_model::Listing::quoted)),
            of(listing.as_ref().map(|listing| listing.entity.caption())),
            answer.why.clone(),
        ];
        Ok(out.write_record(cells.iter().chain(&ours).map(|text| cell(text)))?)
    };
    let mut counts: BTreeMap<String, BTreeMap<Outcome, u64>> = BTreeMap::new();
    let mut named: BTreeMap<[String; 4], BTreeSet<u32>> = BTreeMap::new();
    let (mut not_done, mut additional) = (0u64, 0u64);
    let nothing: Hits = Err("the party was not screened".to_owned());
    for (number, (line, row)) in alerts.rows.iter().enumerate() {
        let key = alerts.key(row);
        let hits = hits.get(&key).unwrap_or(&nothing);
        let answer = comparing.answer(row, hits)?;
        if answer.outcome == Outcome::NotDone {
            not_done += 1;
            crate::exit::print_note(&format!("{}, line {line}: not compared: {}", args.file.display(), answer.why));
        }
        let disposition = alerts.cell(row, "disposition").to_lowercase();
        *counts.entry(disposition).or_default().entry(answer.outcome).or_default() += 1;
        let of_party = named.entry(key.clone()).or_default();
        let of_row = |ours| alerts.cell(row, ours);
        of_party.extend(directory.find(&snapshot, of_row("list"), of_row("reference"), of_row("listed")));
        write(row, &answer)?;
        if last.get(&key) != Some(&number) {
            continue;
        }
        for (ordinal, score) in hits.iter().flatten().filter(|(ordinal, _)| !of_party.contains(ordinal)) {
            additional += 1;
            let why = comparing.explained(row, *ordinal)?.1;
            let mut cells = vec![String::new(); alerts.header.len()];
            for ours in ["party", "born", "country", "kind"] {
                if let Some((at, given)) = alerts.columns.get(ours).and_then(|at| Some((*at, row.get(*at)?))) {
                    cells[at].clone_from(given);
                }
            }
            write(&cells, &Answer { outcome: Outcome::Additional, score: Some(*score), hit: Some(*ordinal), why })?;
        }
    }
    out.into_inner().map_err(|error| Failure::new(error.to_string()))?.finish()?;
    print(&asked, &alerts, &counts, hits.len(), additional)?;
    Ok(if not_done == 0 { Exit::Clear } else { Exit::NotDone })
}

fn print(
    engine: &Engine,
    alerts: &Alerts,
    counts: &BTreeMap<String, BTreeMap<Outcome, u64>>,
    parties: usize,
    additional: u64,
) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "{:<16}{}", "alerts", style::grouped(alerts.rows.len() as u64))?;
    writeln!(out, "{:<16}{}", "parties", style::grouped(parties as u64))?;
    writeln!(out, "{:<16}{}", "additional hits", style::grouped(additional))?;
    for (name, value) in basis(engine) {
        writeln!(out, "{name:<16}{}", style::clean(&value))?;
    }
    let outcomes: Vec<Outcome> = Outcome::ALL.into_iter().filter(|outcome| *outcome != Outcome::Additional).collect();
    let mut table = vec![vec!["disposition".to_owned(), "alerts".to_owned()]];
    table[0].extend(outcomes.iter().map(|outcome| outcome.word().to_owned()));
    for (disposition, of) in counts {
        let name = if disposition.is_empty() { "(none)".to_owned() } else { style::fit(disposition, 40) };
        let mut row = vec![name, style::grouped(of.values().sum())];
        row.extend(outcomes.iter().map(|outcome| style::grouped(of.get(outcome).copied().unwrap_or(0))));
        table.push(row);
    }
    print_table(&mut out, "what we would have alerted", &table)
}
