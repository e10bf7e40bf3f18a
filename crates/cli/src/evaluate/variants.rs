//! Synthetic variants of listed names: how often each way of writing a name wrongly still finds it.
//!
//! Promises: the same seed and lists make the same variants, whatever the number of threads; a
//! variant counts as found if the listing it was made from is among the hits.
//!
//! Not here: how a variant is made (`vary`), numbers that look random (`random`).

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use interdict_engine::{Engine, NotDone, Policy, Scratch, Snapshot, SnapshotError};
use interdict_model::{Entity, Kind, Name, NameQuality, Sourced};
use interdict_store::Output;
use rayon::prelude::*;

use super::figures::{score_text, three};
use super::page::{Page, Section, bars};
use super::random::Random;
use super::report::Table;
use super::samples::{Sample, around};
use super::vary::Variation;
use super::{basis, print_table, write_file};
use crate::command::{PlaceArgs, PolicyArgs};
use crate::exit::{Exit, Failure};
use crate::style;

/// Draws after which a name is given up: some draws of some variations leave a name as it is.
const DRAWS: u64 = 4;

/// Which variants.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict evaluate variants
  interdict evaluate variants --list un-sc --kinds person --per-kind 200 --seed 7
  interdict evaluate variants --report variants.html --scores variants.csv

A variant is made of one primary or strong name of a listing and screened alone; it is found if that
listing is among the hits. The same seed and lists make the same variants.")]
pub struct VariantsArgs {
    /// Kinds of listings
    #[arg(long, value_name = "KIND", value_delimiter = ',', default_value = "person,organization", value_parser = kind)]
    kinds: Vec<Kind>,
    /// Variants for each variation and kind of listing
    #[arg(long, value_name = "N", default_value_t = 500)]
    per_kind: usize,
    /// Which of the possible variants
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Where to write the report, a page of HTML
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Where to write the variants and their scores
    #[arg(long, value_name = "FILE")]
    scores: Option<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
}

fn kind(text: &str) -> Result<Kind, String> {
    let known = || Kind::ALL.map(Kind::word).join(", ");
    Kind::parse(text).filter(|_| !text.is_empty()).ok_or_else(|| format!("one of {}", known()))
}

/// What is drawn.
pub struct Drawing<'a> {
    /// Kinds of listings.
    pub kinds: &'a [Kind],
    /// Variants for each variation and kind.
    pub per_kind: usize,
    /// The seed.
    pub seed: u64,
}

/// A variant and what became of it.
struct Tried {
    variation: Variation,
    kind: Kind,
    list: String,
    reference: String,
    listed: String,
    variant: String,
    score: Result<Scored, String>,
}

struct Scored {
    score: u16,
    found: bool,
}

/// All variants of a run.
pub struct Measured {
    tried: Vec<Tried>,
    threshold: u16,
    seed: u64,
}

/// A listing as far as variants are made of it.
struct Source {
    ordinal: u32,
    kind: Kind,
    list: String,
    reference: String,
    names: Vec<String>,
}

fn sources(snapshot: &Snapshot, engine: &Engine, kinds: &[Kind]) -> Result<Vec<Source>, Failure> {
    let one = |ordinal: u32| -> Result<Option<Source>, SnapshotError> {
        if !engine.is_asked_for(ordinal) {
            return Ok(None);
        }
        let listing = snapshot.listing(ordinal)?;
        let strong = |quality| matches!(quality, NameQuality::Primary | NameQuality::Strong);
        let names = listing.entity.names.iter().filter(|name| strong(name.value.quality));
        Ok(kinds.contains(&listing.entity.kind).then(|| Source {
            ordinal,
            kind: listing.entity.kind,
            list: listing.list.0.clone(),
            reference: listing.quoted().to_owned(),
            names: names.map(|name| name.value.full.clone()).collect(),
        }))
    };
    let all: Result<Vec<_>, _> = (0..snapshot.listings()).into_par_iter().map(one).collect();
    Ok(all?.into_iter().flatten().collect())
}

/// The variants of one variation and kind: listings in an order of the seed's, one variant of each,
/// until there are enough.
fn draw(sources: &[Source], variation: Variation, kind: Kind, drawing: &Drawing<'_>) -> Vec<(usize, String, String)> {
    let purpose = variation as u64;
    let drawn = |source: &Source| Random::new(drawing.seed, &[purpose, u64::from(source.ordinal)]);
    let mut order: Vec<(u64, usize)> =
        sources.iter().enumerate().filter(|(_, s)| s.kind == kind).map(|(i, s)| (drawn(s).next(), i)).collect();
    order.sort_unstable();
    let variant = |(_, at): (u64, usize)| {
        let source = sources.get(at)?;
        let mut random = drawn(source);
        (0..DRAWS).find_map(|_| {
            let listed = random.one_of(&source.names)?;
            Some((at, listed.clone(), variation.of(listed, kind, &mut random)?))
        })
    };
    order.into_iter().filter_map(variant).take(drawing.per_kind).collect()
}

impl Measured {
    /// Makes the variants and screens them.
    pub fn of(engine: &Engine, snapshot: &Arc<Snapshot>, drawing: &Drawing<'_>) -> Result<Self, Failure> {
        // The listing may stand behind a hundred others of the same name.
        let policy = Policy { limit: usize::MAX, ..engine.policy().clone() };
        let only = engine.lists().iter().map(|version| version.list.clone()).collect();
        let every = Engine::new(Arc::clone(snapshot), policy, only);
        let sources = sources(snapshot, engine, drawing.kinds)?;
        let mut jobs = Vec::new();
        for variation in Variation::ALL {
            for kind in drawing.kinds {
                jobs.extend(draw(&sources, variation, *kind, drawing).into_iter().map(|made| (variation, made)));
            }
        }
        let one = |scratch: &mut Scratch, (variation, (at, listed, variant)): (Variation, (usize, String, String))| {
            let source = sources.get(at).ok_or_else(|| Failure::new("a listing is gone"))?;
            Ok(Tried {
                variation,
                kind: source.kind,
                list: source.list.clone(),
                reference: source.reference.clone(),
                score: scored(&every, source, &variant, scratch)?,
                listed,
                variant,
            })
        };
        let tried: Result<Vec<Tried>, Failure> = jobs.into_par_iter().map_init(Scratch::default, one).collect();
        Ok(Self { tried: tried?, threshold: engine.policy().threshold.0, seed: drawing.seed })
    }

    /// How many could not be screened.
    pub fn not_done(&self) -> usize {
        self.tried.iter().filter(|tried| tried.score.is_err()).count()
    }

    /// Recall and median score of each variation, and of each kind of listing.
    pub fn table(&self) -> Table {
        let mut kinds: Vec<Kind> = self.tried.iter().map(|tried| tried.kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let mut head = ["variation", "queries", "found", "recall", "median score"].map(str::to_owned).to_vec();
        head.extend(kinds.iter().map(|kind| format!("recall {}", kind.word())));
        let line = |word: &str, tried: &[&Tried]| {
            let queries = style::grouped(tried.len() as u64);
            let mut row = vec![word.to_owned(), queries, style::grouped(found(tried))];
            row.extend([three(recall(tried)), median(tried).map_or_else(|| "–".to_owned(), score_text)]);
            row.extend(kinds.iter().map(|kind| {
                let of_kind: Vec<&Tried> = tried.iter().copied().filter(|tried| tried.kind == *kind).collect();
                three(recall(&of_kind))
            }));
            row
        };
        let mut rows = vec![head];
        rows.extend(self.by_variation().map(|(variation, tried)| line(variation.word(), &tried)));
        rows.push(line("all", &self.tried.iter().collect::<Vec<_>>()));
        let at = f64::from(self.threshold) / 10_000.0;
        Table { title: format!("variants found at {at:.2}, seed {}", self.seed), rows }
    }

    fn by_variation(&self) -> impl Iterator<Item = (Variation, Vec<&Tried>)> {
        let of = |variation| self.tried.iter().filter(|tried| tried.variation == variation).collect::<Vec<_>>();
        Variation::ALL
            .into_iter()
            .map(move |variation| (variation, of(variation)))
            .filter(|(_, tried)| !tried.is_empty())
    }

    /// Its part of a report.
    pub fn section(&self) -> Section {
        let shares: Vec<(&str, f64)> =
            self.by_variation().filter_map(|(variation, tried)| Some((variation.word(), recall(&tried)?))).collect();
        let samples: Vec<Sample> = self.tried.iter().filter_map(Tried::sample).collect();
        let mut tables = vec![self.table()];
        tables.extend(around(&samples, self.threshold));
        Section {
            title: "Variants of listed names".to_owned(),
            text: vec![
                "Each variant is made of one primary or strong name by one change and screened by that name alone. \
                 It is found if the listing it was made from is among the hits."
                    .to_owned(),
            ],
            pictures: vec![(bars(&shares), "Share found, by variation".to_owned())],
            tables,
            ..Section::default()
        }
    }

    /// Writes one line for each variant.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let mut out = csv::Writer::from_writer(Output::create(path)?);
        out.write_record(["variation", "kind", "list", "reference", "listed", "variant", "score", "found"])?;
        for tried in &self.tried {
            let (score, found) = match &tried.score {
                Ok(scored) => (score_text(scored.score), scored.found.to_string()),
                Err(_) => (String::new(), String::new()),
            };
            let (variation, kind) = (tried.variation.word(), tried.kind.word());
            let texts = [&tried.list, &tried.reference, &tried.listed, &tried.variant, &score, &found];
            out.write_record([variation, kind].into_iter().chain(texts.map(String::as_str)))?;
        }
        Ok(out.into_inner().map_err(|error| Failure::new(error.to_string()))?.finish()?)
    }
}

fn scored(
    engine: &Engine,
    source: &Source,
    variant: &str,
    scratch: &mut Scratch,
) -> Result<Result<Scored, String>, Failure> {
    let mut party = Entity::of(source.kind);
    party.names.push(Sourced::new(Name::new(variant, NameQuality::Primary), "name"));
    let hits = match engine.scores(&party, scratch) {
        Ok(hits) => hits,
        Err(error @ (NotDone::NothingToScreen | NotDone::TooLarge(_))) => return Ok(Err(error.to_string())),
        Err(error @ (NotDone::BadIndex(_) | NotDone::NoListing(_))) => return Err(error.into()),
    };
    if let Some((_, score)) = hits.iter().find(|(ordinal, _)| *ordinal == source.ordinal) {
        return Ok(Ok(Scored { score: *score, found: true }));
    }
    let score = engine.explain(&party, source.ordinal)?.hit.score;
    Ok(Ok(Scored { score: score.0, found: false }))
}

impl Tried {
    fn sample(&self) -> Option<Sample> {
        let score = self.score.as_ref().ok()?.score;
        let listed = format!("{} ({} {})", self.listed, self.list, self.reference);
        Some(Sample { score, right: Some(true), party: self.variant.clone(), listed })
    }
}

fn found(tried: &[&Tried]) -> u64 {
    tried.iter().filter(|tried| tried.score.as_ref().is_ok_and(|scored| scored.found)).count() as u64
}

fn recall(tried: &[&Tried]) -> Option<f64> {
    (!tried.is_empty()).then(|| found(tried) as f64 / tried.len() as f64)
}

fn median(tried: &[&Tried]) -> Option<u16> {
    let mut scores: Vec<u16> = tried.iter().filter_map(|tried| Some(tried.score.as_ref().ok()?.score)).collect();
    scores.sort_unstable();
    scores.get(scores.len() / 2).copied()
}

/// Makes and screens variants.
pub fn run(args: &VariantsArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let snapshot = place.snapshot()?;
    let engine = args.policy.engine(Arc::clone(&snapshot))?;
    let drawing = Drawing { kinds: &args.kinds, per_kind: args.per_kind, seed: args.seed };
    let measured = Measured::of(&engine, &snapshot, &drawing)?;
    if measured.tried.is_empty() {
        return Err(Failure::hint("no listing of these kinds is in use", "see `interdict lists`, and --kinds"));
    }
    let mut facts =
        vec![("seed".to_owned(), args.seed.to_string()), ("not screened".to_owned(), measured.not_done().to_string())];
    facts.extend(basis(&engine));
    let mut out = anstream::stdout().lock();
    for (name, value) in &facts {
        writeln!(out, "{name:<16}{}", style::clean(value))?;
    }
    let table = measured.table();
    print_table(&mut out, &table.title, &table.rows)?;
    if let Some(path) = &args.scores {
        measured.write(path)?;
    }
    if let Some(path) = &args.report {
        let title = "Variants of listed names".to_owned();
        write_file(path, Page { title, facts, sections: vec![measured.section()] }.html().as_bytes())?;
    }
    Ok(if measured.not_done() == 0 { Exit::Clear } else { Exit::NotDone })
}
