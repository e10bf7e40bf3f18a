//! `interdict lists`: import, show, remove and rebuild.

mod diff;
mod history;
mod quarantine;
mod rollback;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Subcommand};
use interdict_engine::{DoubtKind, starter};
use interdict_model::{ListId, ListVersion, Listing, PartialDate};
use interdict_store::{Content, Home, Import, Imported, Place, Report, stand_back};
use serde::Serialize;
use serde_json::json;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure, print_error};
use crate::render;
use crate::style::{self, BOLD, CLEAR, DIM, ERROR, NOTE, clean};

/// What to do with lists; alone it shows those in use.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists update
  interdict lists import sdn.csv alt.csv add.csv sdn_comments.csv
  interdict lists import downloads/ --json
  interdict lists import blocked.csv --as watch --map Kunde=name
  interdict lists
  interdict lists show un-sc KPi.001
  interdict lists rejections uk-sl
  interdict lists history un-sc
  interdict lists diff un-sc previous current")]
pub struct ListsArgs {
    #[command(subcommand)]
    command: Option<ListsCommand>,
    /// Print JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand, Debug)]
enum ListsCommand {
    /// Read publishers' files and put the lists they hold in use
    Import(ImportArgs),
    /// Show a list's entries, or one of them whole
    Show(ShowArgs),
    /// Show records that could not be loaded, and why
    Rejections {
        /// The list [default: all]
        list: Option<String>,
    },
    /// Take a list out of use; its files stay
    Remove {
        /// The list
        list: String,
    },
    /// Show every version that was imported, and where it stands
    History(history::HistoryArgs),
    /// Show what differs between two versions of a list, field by field
    Diff(diff::DiffArgs),
    /// Show versions that were doubted and are not used, and why
    Quarantine(quarantine::QuarantineArgs),
    /// Put a doubted version in use after all
    Accept(quarantine::AcceptArgs),
    /// Put the version before in use again, or any that is kept
    Rollback(rollback::RollbackArgs),
    /// Fetch the publications, and put what is new in use
    Update(crate::update::UpdateArgs),
    /// Carry lists to where there is no network, in one signed file
    Bundle(crate::bundle::BundleArgs),
    /// Show where lists come from
    Sources(crate::update::SourcesArgs),
    /// Read all lists again from the files that were kept, and build the index
    Rebuild,
}

/// What to import.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict lists import consolidated.xml
  interdict lists import sdn.csv alt.csv add.csv sdn_comments.csv --published 2021-07-07
  interdict lists import blocked.csv --as watch --map Kunde=name --map Geb=born
  interdict lists import 2018-01-26/ --published 2018-01-26 --keep
  interdict lists import consolidated.xml --accept shrunk --reason \"the Iraq programme has ended\"

A file's format is recognised by its content. Files that belong together (OFAC's sdn, alt, add and
comments) are given in one command. An imported version takes the place of the list's present one;
of several versions in one command the newest is used.

A version that is empty, older than the one in use, much shorter, laid out in another way, or that does
not find known names is quarantined: the present one keeps serving, and the exit code is 2.

Where the processors are wanted by others, as by a service on the same machine, it stands back for them.")]
struct ImportArgs {
    /// Files, or folders of files
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    /// Name of the list, for lists of your own
    #[arg(long = "as", value_name = "NAME")]
    list: Option<String>,
    /// A column that holds one of our fields, for lists of your own
    #[arg(long, value_name = "COLUMN=FIELD")]
    map: Vec<String>,
    /// Date of the lists, for files that carry none
    #[arg(long, value_name = "DATE")]
    published: Option<String>,
    /// Keep the versions for `--as-of` and `lists diff`, and use none of them
    #[arg(long)]
    keep: bool,
    /// Use a version although it is doubted: older, shrunk, drift, canaries, names, rolled-back
    #[arg(long, value_name = "DOUBT", value_delimiter = ',', value_parser = quarantine::doubt_kind, conflicts_with = "keep")]
    accept: Vec<DoubtKind>,
    /// Why, for the record
    #[arg(long, value_name = "TEXT", requires = "accept")]
    reason: Option<String>,
}

impl ListsCommand {
    /// Whether lists are read and the index is built.
    fn is_long(&self) -> bool {
        match self {
            Self::Import(_) | Self::Accept(_) | Self::Rollback(_) | Self::Update(_) | Self::Rebuild => true,
            Self::Bundle(_) | Self::Remove { .. } => true,
            Self::Show(_) | Self::Rejections { .. } | Self::History(_) | Self::Diff(_) => false,
            Self::Quarantine(_) | Self::Sources(_) => false,
        }
    }
}

#[derive(Args, Debug)]
struct ShowArgs {
    /// The list
    list: String,
    /// Reference or record of an entry
    reference: Option<String>,
}

/// Answers the command.
pub fn run(args: ListsArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let home = place.home()?;
    if args.command.as_ref().is_some_and(ListsCommand::is_long) {
        // A service may answer from this home meanwhile.
        stand_back();
    }
    match args.command {
        None => overview(&home, args.json),
        Some(ListsCommand::Import(import)) => self::import(&home, &import, args.json),
        Some(ListsCommand::Show(show)) => self::show(place, &show, args.json),
        Some(ListsCommand::Rejections { list }) => rejections(&home, place, list.as_deref(), args.json),
        Some(ListsCommand::Remove { list }) => {
            home.remove(&list)?;
            writeln!(anstream::stdout(), "{} is no longer in use", clean(&list))?;
            Ok(Exit::Clear)
        }
        Some(ListsCommand::History(history)) => history::run(&home, &history, args.json),
        Some(ListsCommand::Diff(diff)) => diff::run(&home, &diff, args.json),
        Some(ListsCommand::Quarantine(quarantine)) => quarantine::run(&home, &quarantine, args.json),
        Some(ListsCommand::Accept(accept)) => quarantine::accept(&home, &accept, args.json),
        Some(ListsCommand::Rollback(rollback)) => rollback::run(&home, &rollback, args.json),
        Some(ListsCommand::Update(update)) => crate::update::run(&home, &update, args.json),
        Some(ListsCommand::Bundle(bundle)) => crate::bundle::run(&home, &bundle, args.json),
        Some(ListsCommand::Sources(sources)) => crate::update::sources(&home, &sources, args.json),
        Some(ListsCommand::Rebuild) => report(&home.rebuild()?, args.json),
    }
}

fn import(home: &Home, args: &ImportArgs, json: bool) -> Result<Exit, Failure> {
    let received = Some(jiff::Timestamp::now());
    let mut import = Import { list: args.list.clone().map(ListId), received, ..Import::default() };
    import.mapping = crate::screen::mapping(&args.map)?.0;
    (import.keep, import.accept, import.reason) = (args.keep, args.accept.clone(), args.reason.clone());
    if let Some(text) = &args.published {
        let date = PartialDate::parse(text).filter(PartialDate::is_day);
        let date =
            date.ok_or_else(|| Failure::hint(format!("--published: `{text}` is no day"), "write it as 2021-07-07"))?;
        import.published = Some(date);
    }
    for path in &args.files {
        collect(path, &mut import.files)?;
    }
    if import.files.is_empty() {
        return Err(Failure::hint("no files to import", "the folders given hold none"));
    }
    report(&home.import(&import)?, json)
}

/// The files of a path, those of a folder in the order of their names.
pub(crate) fn collect(path: &Path, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    let failed = |error: io::Error| Failure::new(format!("{}: {error}", path.display()));
    if !std::fs::metadata(path).map_err(failed)?.is_dir() {
        files.push((path.display().to_string(), std::fs::read(path).map_err(failed)?));
        return Ok(());
    }
    let entries = std::fs::read_dir(path).map_err(failed)?;
    let mut entries: Vec<PathBuf> =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>().map_err(failed)?;
    entries.retain(|entry| entry.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
    entries.sort();
    entries.iter().try_for_each(|entry| collect(entry, files))
}

/// Names that cannot be compared that are printed at import.
const NOT_COMPARED_SHOWN: usize = 5;

fn published(version: &ListVersion) -> String {
    version.published.map_or_else(|| "no date".to_owned(), |date| date.to_string())
}

fn report(report: &Report, json: bool) -> Result<Exit, Failure> {
    let is_used = |imported: &Imported| matches!(imported.place, Place::Current { .. });
    let exit = if report.is_whole() { Exit::Clear } else { Exit::NotDone };
    let mut out = anstream::stdout().lock();
    if json {
        writeln!(out, "{}", render::json::text(&report.to_json()?, true)?)?;
        return Ok(exit);
    }
    if !report.imported.is_empty() {
        let head = ["list", "published", "format", "records", "=", "listings", "+", "rejected", "read in", ""];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        rows.extend(report.imported.iter().map(row));
        for (i, line) in style::aligned(&rows, &[3, 5, 7, 8]).into_iter().enumerate() {
            if i == 0 { writeln!(out, "{BOLD}{line}{BOLD:#}")? } else { writeln!(out, "{line}")? }
        }
        for imported in &report.imported {
            notes(&mut out, imported)?;
        }
        excerpts(&mut out, report)?;
    }
    if report.imported.iter().any(is_used) {
        writeln!(
            out,
            "\n{CLEAR}in use{CLEAR:#}: {} with {}; index of {} MB built in {:.1?}",
            style::count(report.listings.into(), "listing", "listings"),
            style::count(report.names.into(), "name", "names"),
            report.index_bytes.div_ceil(1_000_000),
            report.index_took,
        )?;
        let names = style::count(report.own_names, "name of theirs leads", "names of theirs lead");
        writeln!(out, "{DIM}checked: {names} back to the listing, in {:.1?}{DIM:#}", report.own_names_took)?;
        if report.not_reached > 0 {
            let count = style::count(report.not_reached, "listing was", "listings were");
            writeln!(out, "{NOTE}note:{NOTE:#} {count} not checked in time; `interdict evaluate coverage` checks all")?;
        }
        for (list, own) in report.not_compared.iter().take(NOT_COMPARED_SHOWN) {
            let name = style::fit(&own.name, 60);
            writeln!(
                out,
                "{NOTE}note:{NOTE:#} {list} {}: `{name}` is never a hit: {}",
                clean(&own.reference),
                own.reason
            )?;
        }
        if report.not_compared.len() > NOT_COMPARED_SHOWN {
            let count = report.not_compared.len();
            writeln!(out, "{NOTE}note:{NOTE:#} {count} such names; `interdict evaluate coverage` prints more of them")?;
        }
    }
    drop(out);
    quarantine::print_doubts(&report.imported);
    for refusal in &report.refused {
        print_error(&format!("refused, nothing of it is loaded: {refusal}"));
    }
    Ok(exit)
}

/// A newer file with a fraction of an older one's entries is more often an excerpt than a new list.
fn excerpts(out: &mut impl Write, report: &Report) -> Result<(), Failure> {
    let mut largest: BTreeMap<&ListId, (u64, &ListVersion)> = BTreeMap::new();
    for imported in &report.imported {
        if let Place::Kept { behind } = &imported.place {
            let version = &imported.manifest.version;
            let Some(behind) = behind else { continue };
            let most = largest.entry(&version.list).or_insert((0, behind));
            most.0 = most.0.max(version.listings);
        }
    }
    for (list, (most, used)) in largest {
        if used.listings.saturating_mul(2) < most {
            let (now, most) = (style::grouped(used.listings), style::grouped(most));
            writeln!(
                out,
                "{ERROR}note:{ERROR:#} {list}: the newest file has {now} listings, an older one {most}; is it an excerpt? \
                 Import the one you mean alone"
            )?;
        }
    }
    Ok(())
}

fn row(imported: &Imported) -> Vec<String> {
    let version = &imported.manifest.version;
    let place = match &imported.place {
        Place::Current { replaces: None } => "in use".to_owned(),
        Place::Current { replaces: Some(old) } => format!("in use, replaces {} {}", published(old), old.digest.short()),
        Place::Kept { behind: Some(behind) } => {
            format!("kept, not in use: behind {} {}", published(behind), behind.digest.short())
        }
        Place::Kept { behind: None } => "kept, not in use".to_owned(),
        Place::Quarantined { doubts, .. } => {
            let kinds: std::collections::BTreeSet<&str> = doubts.iter().map(|doubt| doubt.kind().word()).collect();
            format!("quarantined: {}", kinds.into_iter().collect::<Vec<_>>().join(", "))
        }
    };
    vec![
        version.list.0.clone(),
        published(version),
        version.format.clone(),
        style::grouped(version.records),
        "=".to_owned(),
        style::grouped(version.listings),
        "+".to_owned(),
        style::grouped(version.rejections),
        milliseconds(imported.took),
        place,
    ]
}

fn milliseconds(took: Duration) -> String {
    format!("{} ms", style::grouped(took.as_millis().try_into().unwrap_or(u64::MAX)))
}

/// What a person should know about a list, beside its counts.
fn notes(out: &mut impl Write, imported: &Imported) -> Result<(), Failure> {
    let manifest = &imported.manifest;
    let list = &manifest.version.list;
    for accepted in manifest.accepted.last().iter().flat_map(|accepted| &accepted.doubts) {
        writeln!(out, "{NOTE}note:{NOTE:#} {list}: used all the same: {}", style::fit(&accepted.to_string(), 200))?;
    }
    for note in &manifest.notes {
        writeln!(out, "{NOTE}note:{NOTE:#} {list}: {}", style::fit(note, 200))?;
    }
    for (role, rows, attached) in &imported.rows {
        if rows != attached {
            let left = rows.saturating_sub(*attached);
            writeln!(out, "{NOTE}note:{NOTE:#} {list}: {left} of {rows} rows of {role} belong to no record")?;
        }
    }
    if !manifest.unknown_fields.is_empty() {
        let names: Vec<&str> = manifest.unknown_fields.keys().take(5).map(String::as_str).collect();
        let count = style::count(manifest.unknown_fields.len() as u64, "field is", "fields are");
        let names = style::fit(&names.join(", "), 120);
        writeln!(out, "{NOTE}note:{NOTE:#} {list}: {count} filled and not understood: {names}")?;
    }
    Ok(())
}

fn overview(home: &Home, json: bool) -> Result<Exit, Failure> {
    let contents = home.contents()?;
    let mut out = anstream::stdout().lock();
    if json {
        let manifests: Vec<_> = contents.iter().map(|content| &content.manifest).collect();
        writeln!(out, "{}", render::json::text(&manifests, true)?)?;
        return Ok(Exit::Clear);
    }
    if contents.is_empty() {
        writeln!(out, "no lists imported; screening uses the {}", starter::WARNING)?;
        writeln!(out, "{}", starter::HINT)?;
        return Ok(Exit::Clear);
    }
    let mut rows =
        vec![["list", "published", "format", "listings", "rejected", "version", "read by"].map(str::to_owned).to_vec()];
    for content in &contents {
        let version = &content.manifest.version;
        rows.push(vec![
            version.list.0.clone(),
            published(version),
            version.format.clone(),
            style::grouped(version.listings),
            style::grouped(version.rejections),
            version.digest.short(),
            content.manifest.reader.clone(),
        ]);
    }
    for (i, line) in style::aligned(&rows, &[3, 4]).into_iter().enumerate() {
        if i == 0 { writeln!(out, "{BOLD}{line}{BOLD:#}")? } else { writeln!(out, "{line}")? }
    }
    writeln!(out, "{DIM}{}{DIM:#}", home.root().display())?;
    if home.has_quarantined() {
        writeln!(out, "{NOTE}note:{NOTE:#} versions were doubted and are not used: `interdict lists quarantine`")?;
    }
    Ok(Exit::Clear)
}

fn show(place: &PlaceArgs, args: &ShowArgs, json: bool) -> Result<Exit, Failure> {
    let snapshot = place.snapshot()?;
    let list = ListId(args.list.clone());
    let mut out = anstream::stdout().lock();
    if let Some(reference) = &args.reference {
        for ordinal in snapshot.find(&list, reference)? {
            let listing = snapshot.listing(ordinal)?;
            if json {
                writeln!(out, "{}", render::json::text(&listing, true)?)?;
            } else {
                entry(&mut out, &listing)?;
            }
        }
        return Ok(Exit::Clear);
    }
    let Some(ordinals) = snapshot.ordinals(&list) else {
        let loaded: Vec<&str> = snapshot.versions().map(|version| version.list.0.as_str()).collect();
        return Err(Failure::hint(
            format!("no list `{list}` is loaded"),
            format!("lists in use: {}", loaded.join(", ")),
        ));
    };
    for ordinal in ordinals {
        let listing = snapshot.listing(ordinal)?;
        if json {
            writeln!(out, "{}", render::json::text(&listing, false)?)?;
        } else {
            let kind = listing.entity.kind.word();
            writeln!(out, "{:<16} {kind:<12} {}", clean(listing.quoted()), style::fit(listing.entity.caption(), 100))?;
        }
    }
    Ok(Exit::Clear)
}

/// One listing whole, each value with the publisher's field it was read from.
fn entry(out: &mut impl Write, listing: &Listing) -> Result<(), Failure> {
    let entity = &listing.entity;
    writeln!(
        out,
        "{BOLD}{}{BOLD:#} · {} · {} {}",
        style::fit(entity.caption(), 120),
        entity.kind.word(),
        listing.list,
        clean(listing.quoted())
    )?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut add = |what: &str, value: String, field: &str| {
        rows.push(vec![what.to_owned(), style::fit(&value, 110), style::fit(field, 50)]);
    };
    add("record", listing.record.clone(), &listing.place);
    for name in &entity.names {
        let label = name.value.label.as_deref().map_or_else(String::new, |label| format!(" ({label})"));
        add(word(&name.value.quality)?.as_str(), format!("{}{label}", name.value.full), &name.field);
    }
    entity.births.iter().for_each(|v| add("born", v.value.to_string(), &v.field));
    entity.deaths.iter().for_each(|v| add("died", v.value.to_string(), &v.field));
    entity.birth_places.iter().for_each(|v| add("birthplace", v.value.text.clone(), &v.field));
    entity.nationalities.iter().for_each(|v| add("nationality", v.value.name().to_owned(), &v.field));
    entity.countries.iter().for_each(|v| add("country", v.value.name().to_owned(), &v.field));
    entity.unread_countries.iter().for_each(|v| add("country?", v.value.clone(), &v.field));
    for id in &entity.identifiers {
        let check = match id.value.check {
            interdict_model::Check::None => "",
            interdict_model::Check::Passed => " (check digits agree)",
            interdict_model::Check::Failed => " (check digits do not agree)",
        };
        add(&word(&id.value.kind)?, format!("{}{check}", id.value.value), &id.field);
    }
    entity.addresses.iter().for_each(|v| add("address", v.value.full.clone(), &v.field));
    for gender in &entity.genders {
        add("gender", word(&gender.value)?, &gender.field);
    }
    entity.titles.iter().for_each(|v| add("title", v.value.clone(), &v.field));
    entity.properties.iter().for_each(|v| add(&v.value.0, v.value.1.clone(), &v.field));
    for act in &listing.designations {
        let act_words = [Some(&act.value.programme), act.value.basis.as_ref(), act.value.authority.as_ref()];
        let words: Vec<&str> = act_words.into_iter().flatten().map(String::as_str).collect();
        let date = act.value.listed_on.map_or_else(String::new, |date| format!(", listed {date}"));
        add("designation", format!("{}{date}", words.join(" · ")), &act.field);
        act.value.measures.iter().for_each(|measure| add("measure", measure.clone(), &act.field));
    }
    listing.links.iter().for_each(|v| add(&v.value.relation, v.value.name.clone(), &v.field));
    entity.remarks.iter().for_each(|v| add("remark", v.value.clone(), &v.field));
    for row in &rows {
        if let [what, value, field] = row.as_slice() {
            writeln!(out, "  {:<14} {value}  {DIM}{field}{DIM:#}", style::fit(what, 14))?;
        }
    }
    Ok(())
}

/// The word that JSON has for a choice.
fn word(value: &impl Serialize) -> Result<String, Failure> {
    let json = serde_json::to_value(value)?;
    Ok(json.as_str().unwrap_or("").replace('_', " "))
}

fn rejections(home: &Home, place: &PlaceArgs, list: Option<&str>, json: bool) -> Result<Exit, Failure> {
    let contents: Vec<Content> = match list {
        Some(list) => vec![home.content(list)?],
        None => home.contents()?,
    };
    let mut out = anstream::stdout().lock();
    let mut count = 0u64;
    for content in &contents {
        let list = &content.manifest.version.list;
        for rejection in content.rejections()? {
            count = count.saturating_add(1);
            if json {
                let value =
                    json!({"list": list, "place": rejection.place, "reason": rejection.reason, "hint": rejection.hint});
                writeln!(out, "{}", render::json::text(&value, false)?)?;
                continue;
            }
            writeln!(
                out,
                "{list} {}: {ERROR}{}{ERROR:#}",
                clean(&rejection.place),
                style::fit(&rejection.reason, 200)
            )?;
            if let Some(hint) = &rejection.hint {
                writeln!(out, "  hint: {}", clean(hint))?;
            }
        }
    }
    if list.is_none() && !contents.is_empty() {
        let snapshot = place.snapshot()?;
        for (ordinal, reason) in snapshot.unindexed() {
            let listing = snapshot.listing(*ordinal)?;
            if json {
                let value = json!({"list": listing.list, "place": listing.place, "name_not_compared": reason});
                writeln!(out, "{}", render::json::text(&value, false)?)?;
            } else {
                let reference = clean(listing.quoted());
                writeln!(out, "{} {reference}: a name is not compared: {}", listing.list, style::fit(reason, 160))?;
            }
        }
    }
    if !json {
        writeln!(out, "{}", style::count(count, "record was not loaded", "records were not loaded"))?;
    }
    Ok(Exit::Clear)
}
