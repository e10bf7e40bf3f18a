//! How fast lists are imported and parties screened: `cargo bench`.
//!
//! On the real data where it is (INTERDICT_DATA, or `shared/data` beside the checkout), and on the
//! starter list everywhere. Times are of one core.

#![allow(clippy::unwrap_used, reason = "a bench stops where it cannot go on")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use divan::{Bencher, counter::ItemsCount};
use interdict_engine::{Engine, Policy, Scratch, Snapshot, pair, starter};
use interdict_model::{Entity, Kind, Name, NameQuality, Sourced};
use interdict_store::{Home, Import};
use interdict_testkit::real_data;

fn main() {
    divan::main();
}

fn files(paths: &[PathBuf]) -> Vec<(String, Vec<u8>)> {
    paths.iter().map(|path| (path.display().to_string(), std::fs::read(path).unwrap_or_default())).collect()
}

fn folder(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).map(|entries| entries.flatten().map(|entry| entry.path()).collect());
    let mut entries: Vec<PathBuf> = entries.unwrap_or_default();
    entries.sort();
    entries
}

fn un() -> Option<Vec<PathBuf>> {
    Some(vec![real_data("un/2026-02-27_un_consolidated.xml")?])
}

fn ofac() -> Option<Vec<PathBuf>> {
    Some(folder(&real_data("ofac/2021-07-07")?))
}

/// Recognise, parse, store and index.
fn import(bencher: Bencher<'_, '_>, paths: Option<Vec<PathBuf>>) {
    let Some(paths) = paths else { return };
    let import = Import { files: files(&paths), ..Import::default() };
    bencher
        .with_inputs(|| tempfile::tempdir().unwrap())
        .bench_local_refs(|home| Home::at(home.path()).import(&import).unwrap().listings);
}

#[divan::bench(sample_count = 10)]
fn import_un(bencher: Bencher<'_, '_>) {
    import(bencher, un());
}

#[divan::bench(sample_count = 10)]
fn import_ofac(bencher: Bencher<'_, '_>) {
    import(bencher, ofac());
}

/// Parse alone, without the store.
fn parse(bencher: Bencher<'_, '_>, paths: Option<Vec<PathBuf>>) {
    let Some(paths) = paths else { return };
    let files = files(&paths);
    bencher.bench_local(|| {
        let sources: Vec<_> = files.iter().map(|(name, bytes)| interdict_lists::SourceFile { name, bytes }).collect();
        let options = interdict_lists::Options::default();
        let (sets, _) = interdict_lists::group(&sources, &options);
        let mut count = 0u64;
        for set in &sets {
            let _ = interdict_lists::read(set, &options, &mut |listing| {
                divan::black_box(&listing);
                count += 1;
            });
        }
        count
    });
}

#[divan::bench(sample_count = 20)]
fn parse_un(bencher: Bencher<'_, '_>) {
    parse(bencher, un());
}

#[divan::bench(sample_count = 20)]
fn parse_ofac(bencher: Bencher<'_, '_>) {
    parse(bencher, ofac());
}

fn official() -> Option<Arc<Snapshot>> {
    static SNAPSHOT: OnceLock<Option<(tempfile::TempDir, Arc<Snapshot>)>> = OnceLock::new();
    let made = SNAPSHOT.get_or_init(|| {
        let home = tempfile::tempdir().ok()?;
        let store = Home::at(home.path());
        let eu = folder(&real_data("eu/2025-09_fsf_columns")?);
        let uk = folder(&real_data("uk/2026-05_uksl")?);
        let paths: Vec<PathBuf> = [un()?, ofac()?, eu, uk].concat();
        store.import(&Import { files: files(&paths), ..Import::default() }).ok()?;
        Some((home, Arc::new(store.snapshot().ok()?)))
    });
    made.as_ref().map(|(_, snapshot)| Arc::clone(snapshot))
}

fn person(name: &str) -> Entity {
    let mut entity = Entity::of(Kind::Person);
    entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "name"));
    entity
}

fn clean() -> Vec<Entity> {
    let Some(path) = real_data("labelled/negatives_global.csv") else { return Vec::new() };
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().skip(1).take(5000).filter_map(|line| line.split(',').next()).map(person).collect()
}

/// Unlisted persons against all official lists, names alone.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn screen_official(bencher: Bencher<'_, '_>) {
    let (Some(snapshot), parties) = (official(), clean()) else { return };
    let engine = Engine::new(snapshot, Policy::default(), Vec::new());
    let mut scratch = Scratch::default();
    bencher.counter(ItemsCount::new(parties.len())).bench_local(|| {
        parties.iter().filter(|party| engine.screen(party, &mut scratch).is_ok_and(|s| s.hits_total > 0)).count()
    });
}

/// One listed person against the starter list, with the whole evidence.
#[divan::bench]
fn screen_starter(bencher: Bencher<'_, '_>) {
    let Ok(snapshot) = starter::snapshot() else { return };
    let engine = Engine::new(Arc::new(snapshot), Policy::default(), Vec::new());
    let (party, mut scratch) = (person("Kim Jong Un"), Scratch::default());
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| engine.screen(&party, &mut scratch).map(|s| s.hits_total));
}

/// The starter list from the binary to the first answer.
#[divan::bench]
fn open_starter() -> u32 {
    starter::snapshot().map_or(0, |snapshot| snapshot.listings())
}

/// A stored snapshot of the official lists, opened.
#[divan::bench(sample_count = 20)]
fn open_official(bencher: Bencher<'_, '_>) {
    let Some(paths) = un() else { return };
    let home = tempfile::tempdir().unwrap();
    let store = Home::at(home.path());
    let imported = store.import(&Import { files: files(&paths), ..Import::default() });
    if imported.is_ok() {
        bencher.bench_local(|| store.snapshot().map_or(0, |snapshot| snapshot.listings()));
    }
}

/// Two names, analysis included.
#[divan::bench]
fn compare_pair(bencher: Bencher<'_, '_>) {
    let (left, right, policy) = (person("Orsolya van der Ploeg"), person("VANDERPLOEG, Orsolia"), Policy::default());
    bencher.bench_local(|| pair::compare(&left, &right, &policy).map(|hit| hit.score.0));
}
