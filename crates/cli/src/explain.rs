//! `interdict explain`: one party against one listing, hit or not.

use std::io::Write;

use clap::Args;
use interdict_engine::{Comparison, Engine, Outcome, Recorded, SnapshotError};
use interdict_model::ListId;

use crate::command::{PlaceArgs, PolicyArgs, WhenArgs};
use crate::exit::{Exit, Failure};
use crate::party::PartyArgs;
use crate::past;
use crate::render::{self, Format, Sink};
use crate::style::{self, BOLD, CLEAR, DIM, HIT, clean};

/// Whom to compare with what.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict explain \"Kim Jong Nam\" --listing starter:KPi.001
  interdict explain \"Yun Ho Chin\" --born 1944 --listing un-sc:KPi.001 --format json
  interdict explain \"Yun Ho Chin\" --listing un-sc:KPi.001 --as-of 2018-01-26

Exit codes: 0 below the threshold, 1 a hit, 2 could not be done")]
pub struct ExplainArgs {
    /// The party's name
    name: Option<String>,
    /// The listing: its list and reference, as un-sc:KPi.001
    #[arg(long, value_name = "LIST:REFERENCE", required = true)]
    listing: Vec<String>,
    #[command(flatten)]
    party: PartyArgs,
    #[command(flatten)]
    policy: PolicyArgs,
    #[command(flatten)]
    when: WhenArgs,
    /// Form of the output
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Compares.
pub fn run(args: &ExplainArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let party = args.party.party(args.name.as_deref())?;
    let engine = args.policy.engine(args.when.snapshot(place)?)?;
    let mut ordinals = Vec::new();
    for listing in &args.listing {
        let Some((list, reference)) = listing.split_once(':') else {
            let hint = "write it as LIST:REFERENCE, as in un-sc:KPi.001";
            return Err(Failure::hint(format!("--listing: `{listing}` names no list"), hint));
        };
        let found = engine.snapshot().find(&ListId(list.to_owned()), reference);
        ordinals.extend(found.map_err(|error| of_then(&engine, error))?);
    }
    let mut out = Sink::open(None, args.format)?;
    let mut exit = Exit::Clear;
    for ordinal in ordinals {
        let recorded = Recorded::new(engine.explain(&party.entity, ordinal)?)?;
        if recorded.value().outcome == Outcome::Hit {
            exit = Exit::Hit;
        }
        match args.format {
            Format::Table => {
                table(&mut out, recorded.value())?;
                past::print(&mut out, &engine)?;
                writeln!(out, "{DIM}record {}{DIM:#}", recorded.record())?;
            }
            Format::Json => writeln!(out, "{}", render::json::text(&recorded, true)?)?,
            Format::Jsonl => writeln!(out, "{}", render::json::text(&recorded, false)?)?,
            Format::Csv => return Err(Failure::hint("a comparison has no CSV form", "use table, json or jsonl")),
        }
    }
    out.finish()?;
    Ok(exit)
}

/// A listing that is not there may only not have been there then.
fn of_then(engine: &Engine, error: SnapshotError) -> Failure {
    let text = error.to_string();
    match (engine.snapshot().past(), text.lines().next()) {
        (Some(_), Some(first)) => {
            let hint = "it was not on the lists of that time, as far as they are kept: `interdict lists history`";
            Failure::hint(first, hint)
        }
        (Some(_) | None, _) => error.into(),
    }
}

fn table(out: &mut impl Write, comparison: &Comparison) -> Result<(), Failure> {
    let hit = &comparison.hit;
    let (score, threshold) = (hit.score, comparison.threshold);
    match comparison.outcome {
        Outcome::Hit => writeln!(out, "{HIT}hit{HIT:#}  score {score}, threshold {threshold}")?,
        Outcome::Clear => {
            let lacks = comparison.lacks;
            writeln!(out, "{CLEAR}no hit{CLEAR:#}  score {score}, threshold {threshold}: {lacks} short of it")?;
        }
    }
    writeln!(out, "  party    {BOLD}{}{BOLD:#}", render::table::party(&comparison.party))?;
    let listed = render::table::party(&comparison.listing.entity);
    writeln!(out, "  listing  {BOLD}{listed}{BOLD:#} · {} {}", clean(&hit.list.0), clean(&hit.reference))?;
    if !hit.evidence.summary.is_empty() {
        writeln!(out, "  {}", clean(&hit.evidence.summary))?;
    }
    if let Some(name) = &hit.evidence.name {
        let quality = render::table::quality(name);
        writeln!(out, "\n  {BOLD}name{BOLD:#}  {} with the {quality} {}", name.score, style::fit(&name.listed, 100))?;
        let mut rows = vec![["party", "listed", "how", "similarity", "counts"].map(str::to_owned).to_vec()];
        for token in &name.tokens {
            let side =
                |side: &Option<String>| side.as_deref().map_or_else(|| "–".to_owned(), |text| style::fit(text, 40));
            rows.push(vec![
                side(&token.party),
                side(&token.listed),
                render::table::relation_word(token.relation).to_owned(),
                token.similarity.to_string(),
                token.weight.to_string(),
            ]);
        }
        write_rows(out, &rows, &[3, 4])?;
        let others = comparison.listing.entity.names.len().saturating_sub(1);
        if others > 0 {
            let others = style::count(others as u64, "other name of the listing does", "other names of the listing do");
            writeln!(out, "    {DIM}{others} not decide{DIM:#}")?;
        }
    }
    writeln!(out, "\n  {BOLD}other evidence{BOLD:#}")?;
    let mut rows = vec![["", "verdict", "party", "listed", "effect", "in words"].map(str::to_owned).to_vec()];
    for attribute in &hit.evidence.attributes {
        let values = |values: &[String]| {
            if values.is_empty() { "–".to_owned() } else { style::fit(&values.join(", "), 40) }
        };
        rows.push(vec![
            render::table::attribute_word(attribute.attribute).to_owned(),
            format!("{:?}", attribute.verdict).to_lowercase(),
            values(&attribute.party),
            values(&attribute.listed),
            render::table::effect(attribute),
            style::fit(&attribute.words, 100),
        ]);
    }
    write_rows(out, &rows, &[4])?;
    if comparison.outcome == Outcome::Clear {
        needed(out, comparison)?;
    }
    writeln!(out)?;
    Ok(())
}

/// What would have made it a hit: said from the evidence alone.
fn needed(out: &mut impl Write, comparison: &Comparison) -> Result<(), Failure> {
    let hit = &comparison.hit;
    writeln!(out, "\n  {BOLD}what is missing to {}{BOLD:#}", comparison.threshold)?;
    if let Some(name) = &hit.evidence.name {
        if name.score >= comparison.threshold {
            writeln!(out, "    the names alone reach {}: other evidence took it below", name.score)?;
        }
        for token in name.tokens.iter().filter(|token| token.similarity.share() < 0.5 && token.weight.share() > 0.2) {
            let text = match (&token.party, &token.listed) {
                (Some(party), None) => {
                    format!("`{}` of the party has nothing like it in the listing's name", clean(party))
                }
                (None, Some(listed)) => {
                    format!("`{}` of the listing's name has nothing like it in the party's", clean(listed))
                }
                (Some(party), Some(listed)) => format!("`{}` and `{}` are too far apart", clean(party), clean(listed)),
                (None, None) => continue,
            };
            writeln!(out, "    {text}")?;
        }
    } else {
        writeln!(out, "    no name of the party resembles any of the listing's")?;
    }
    for attribute in hit.evidence.attributes.iter().filter(|attribute| attribute.effect < 0.0) {
        writeln!(out, "    {} took away {:.2}", render::table::attribute_word(attribute.attribute), -attribute.effect)?;
    }
    Ok(())
}

fn write_rows(out: &mut impl Write, rows: &[Vec<String>], right: &[usize]) -> Result<(), Failure> {
    for (i, line) in style::aligned(rows, right).into_iter().enumerate() {
        if i == 0 { writeln!(out, "    {DIM}{line}{DIM:#}")? } else { writeln!(out, "    {line}")? }
    }
    Ok(())
}
