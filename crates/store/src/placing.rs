//! Versions that were read get their place: in use, kept, or quarantined.
//!
//! Promises: what is doubted is moved to one side before anything is put in use; the index over the
//! lists to be used is durable, and their own names and the canaries were found in it, before
//! `current.json` is replaced.
//!
//! Not here: reading (`import`), what is doubted (`interdict_engine::guard`).

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use interdict_engine::canary::{self, Canary};
use interdict_engine::guard::{self, Guard, Seen};
use interdict_engine::{Coverage, Doubt, DoubtKind, Policy, coverage};
use interdict_model::{ListId, ListVersion, Listing};
use jiff::Timestamp;

use crate::home::{Home, InUse, Indexed};
use crate::import::{Imported, Place, Report};
use crate::quarantine::{Reason, standing_doubts};
use crate::rollback::Freshness;
use crate::{Acceptance, Content, Manifest, StoreError, durable};

/// What was read of one version, still to one side.
pub(crate) struct Stage {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) rows: Vec<(String, u64, u64)>,
    pub(crate) took: Duration,
}

/// Under which terms versions get their place.
pub(crate) struct Terms<'a> {
    /// By which each listing must be found by its own names.
    pub(crate) policy: &'a Policy,
    /// Doubts that the user puts aside.
    pub(crate) accept: &'a [DoubtKind],
    /// Why.
    pub(crate) reason: Option<&'a str>,
    pub(crate) at: Option<Timestamp>,
    /// Keep versions, use none of them.
    pub(crate) keep: bool,
    /// Compare with the version in use.
    pub(crate) guarded: bool,
    pub(crate) freshness: Freshness,
}

/// What is known of a new version while it gets its place.
struct Candidate {
    list: ListId,
    /// Doubts that were put aside.
    accepted: Vec<Doubt>,
    canaries: Vec<Canary>,
}

impl Home {
    pub(crate) fn put_in_use(
        &self,
        stages: Vec<Stage>,
        terms: &Terms<'_>,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        let start = Instant::now();
        let guard = self.guard()?;
        let in_use = self.current()?.lists;
        let mut lists = in_use.clone();
        let before = self.contents()?;
        let newest = newest(&stages);
        let mut candidates = Vec::new();
        for (number, stage) in stages.iter().enumerate() {
            let version = &stage.manifest.version;
            let old = before.iter().find(|old| old.manifest.version.list == version.list);
            let chosen = newest.get(&version.list).copied().unwrap_or(number);
            let place = if terms.keep || chosen != number {
                let behind =
                    if terms.keep { old.map(|old| &old.manifest) } else { stages.get(chosen).map(|s| &s.manifest) };
                self.keep(stage, terms, behind.map(|manifest| manifest.version.clone()))?
            } else {
                let held = lists.iter().find(|held| held.list == version.list);
                self.try_out(stage, terms, &guard, old, held, &mut candidates)?
            };
            if let Place::Current { replaces } = &place {
                let mut new = InUse::of(&stage.manifest);
                if let Some(held) = lists.iter().position(|held| held.list == version.list).map(|at| lists.remove(at)) {
                    // Another reading of the same files is no other version.
                    new.previous = if replaces.is_some() { Some(held.content) } else { held.previous };
                    new.set_aside = held.set_aside;
                    new.set_aside.retain(|aside| aside.version != version.digest);
                }
                lists.push(new);
            }
            let (manifest, rows) = (stage.manifest.clone(), stage.rows.clone());
            report.imported.push(Imported { manifest, rows, place, took: stage.took });
        }
        let indexed = loop {
            let indexed = self.indexed(&lists, terms.freshness)?;
            report.index_took = start.elapsed().saturating_sub(report.own_names_took);
            let Some(indexed) = indexed else { break None };
            if !self.look_for_names(&indexed, &in_use, &mut lists, terms, &guard, &mut candidates, report)? {
                break Some(indexed);
            }
        };
        if let Some(Indexed { snapshot, bytes }) = &indexed {
            (report.listings, report.names, report.index_bytes) = (snapshot.listings(), snapshot.names(), *bytes);
        }
        self.record_acceptance(&candidates, terms, report)?;
        self.use_lists(lists, indexed.as_ref())
    }

    /// Moves a stage to its place among the kept versions, if it is not there yet.
    fn settle(&self, stage: &Stage) -> Result<(), StoreError> {
        let Manifest { version, content, .. } = &stage.manifest;
        let place = self.folder(&version.list, *content);
        if Content::open(&place).is_err() {
            let _ = fs::remove_dir_all(&place);
            durable::sync_folder(&stage.folder)?;
            durable::rename(&stage.folder, &place)?;
        }
        self.leave_quarantine(&version.list, *content);
        Ok(())
    }

    fn keep(&self, stage: &Stage, terms: &Terms<'_>, behind: Option<ListVersion>) -> Result<Place, StoreError> {
        let version = &stage.manifest.version;
        if version.listings == 0 {
            return self.set_aside(stage, terms, vec![Doubt::Empty { records: version.records }], behind);
        }
        self.settle(stage)?;
        Ok(Place::Kept { behind })
    }

    fn set_aside(
        &self,
        stage: &Stage,
        terms: &Terms<'_>,
        doubts: Vec<Doubt>,
        in_use: Option<ListVersion>,
    ) -> Result<Place, StoreError> {
        let reason = Reason { doubts: doubts.clone(), at: terms.at, in_use: in_use.clone() };
        // One that is kept already, as an older one imported again, stays where it is.
        if Content::open(&self.folder(&stage.manifest.version.list, stage.manifest.content)).is_err() {
            self.quarantine(&stage.folder, &stage.manifest, &reason)?;
        }
        Ok(Place::Quarantined { doubts, in_use })
    }

    /// Compares a version with the one in use, and settles or quarantines it.
    fn try_out(
        &self,
        stage: &Stage,
        terms: &Terms<'_>,
        guard: &Guard,
        old: Option<&Content>,
        held: Option<&InUse>,
        candidates: &mut Vec<Candidate>,
    ) -> Result<Place, StoreError> {
        let version = &stage.manifest.version;
        let mut candidate =
            Candidate { list: version.list.clone(), accepted: Vec::new(), canaries: self.canaries(&version.list)? };
        let other = old.filter(|old| old.manifest.content != stage.manifest.content);
        if let (Some(old), true) = (other, terms.guarded) {
            let new = Content::open(&stage.folder)?;
            let records = new.records()?;
            let mut doubts = guard::doubts(guard, &seen(old, &old.records()?), &seen(&new, &records));
            let aside = held.and_then(|held| held.set_aside.iter().find(|aside| aside.version == version.digest));
            doubts.extend(aside.map(|aside| Doubt::RolledBack { at: aside.at, reason: aside.reason.clone() }));
            if standing_doubts(&doubts, terms.accept) {
                return self.set_aside(stage, terms, doubts, Some(old.manifest.version.clone()));
            }
            candidate.accepted = doubts;
            candidate.canaries.extend(listed_canaries(old, guard, &records)?);
        }
        candidates.push(candidate);
        self.settle(stage)?;
        let replaces = other.map(|old| old.manifest.version.clone()).filter(|old| old.digest != version.digest);
        Ok(Place::Current { replaces })
    }

    /// Looks for each listing of the new versions by its own names, and for the canaries. A version
    /// with a name that does not lead back is quarantined, and the one it would replace stays;
    /// whether any was.
    #[expect(clippy::too_many_arguments, reason = "the state of one import; a struct of it would be used here alone")]
    fn look_for_names(
        &self,
        indexed: &Indexed,
        in_use: &[InUse],
        lists: &mut Vec<InUse>,
        terms: &Terms<'_>,
        guard: &Guard,
        candidates: &mut Vec<Candidate>,
        report: &mut Report,
    ) -> Result<bool, StoreError> {
        let begun = Instant::now();
        let new: Vec<ListId> = candidates.iter().map(|candidate| candidate.list.clone()).collect();
        let coverage = coverage(&indexed.snapshot, terms.policy, &new, &|| begun.elapsed() < OWN_NAMES_WITHIN)?;
        report.not_reached = coverage.iter().map(|list| list.not_reached).sum();
        report.own_names = coverage.iter().map(|list| list.found).sum();
        let not_compared = |list: &Coverage| {
            let names = list.not_compared.iter().cloned();
            names.map(|name| (list.list.clone(), name)).collect::<Vec<_>>()
        };
        report.not_compared = coverage.iter().flat_map(not_compared).collect();
        let mut failed = Vec::new();
        for (candidate, coverage) in candidates.iter_mut().zip(&coverage) {
            let mut doubts: Vec<Doubt> = not_covered(coverage).into_iter().collect();
            if !candidate.canaries.is_empty() {
                let missed =
                    canary::missed(&indexed.snapshot, &Policy::default(), &candidate.list, &candidate.canaries)?;
                doubts.extend(guard::canary_doubt(guard, &candidate.canaries, missed));
            }
            if standing_doubts(&doubts, terms.accept) {
                failed.push((candidate.list.clone(), doubts));
            } else {
                // Looked for again when another list failed: the same doubts once.
                candidate.accepted.retain(|doubt| !doubts.contains(doubt));
                candidate.accepted.extend(doubts);
            }
        }
        report.own_names_took = report.own_names_took.saturating_add(begun.elapsed());
        for (list, doubts) in &failed {
            candidates.retain(|candidate| candidate.list != *list);
            lists.retain(|one| one.list != *list);
            let held = in_use.iter().find(|one| one.list == *list);
            lists.extend(held.cloned());
            let is_new = |one: &&mut Imported| one.manifest.version.list == *list && one.is_current();
            for imported in report.imported.iter_mut().filter(is_new) {
                let manifest = &imported.manifest;
                let serving = match &imported.place {
                    Place::Current { replaces } => replaces.clone(),
                    Place::Kept { .. } | Place::Quarantined { .. } => None,
                };
                if held.is_none_or(|held| held.content != manifest.content) {
                    let reason = Reason { doubts: doubts.clone(), at: terms.at, in_use: serving.clone() };
                    self.quarantine(&self.folder(list, manifest.content), manifest, &reason)?;
                }
                imported.place = Place::Quarantined { doubts: doubts.clone(), in_use: serving };
            }
        }
        Ok(!failed.is_empty())
    }

    /// Writes into the manifests of versions about to be used which doubts were put aside.
    fn record_acceptance(
        &self,
        candidates: &[Candidate],
        terms: &Terms<'_>,
        report: &mut Report,
    ) -> Result<(), StoreError> {
        for candidate in candidates.iter().filter(|candidate| !candidate.accepted.is_empty()) {
            let is_it = |one: &&mut Imported| one.manifest.version.list == candidate.list && one.is_current();
            for imported in report.imported.iter_mut().filter(is_it) {
                let folder = self.folder(&candidate.list, imported.manifest.content);
                let mut manifest = Manifest::read(&folder)?;
                let (doubts, reason) = (candidate.accepted.clone(), terms.reason.map(str::to_owned));
                manifest.accepted.push(Acceptance { doubts, reason, at: terms.at });
                manifest.write(&folder)?;
                imported.manifest = manifest;
            }
        }
        Ok(())
    }
}

/// Of several versions of a list in one command the newest goes into use; of equally new ones
/// the larger, as samples and excerpts carry the date of the whole; of equals, the last.
fn newest(stages: &[Stage]) -> BTreeMap<ListId, usize> {
    let mut newest: BTreeMap<ListId, usize> = BTreeMap::new();
    for (number, stage) in stages.iter().enumerate() {
        let version = &stage.manifest.version;
        let best = newest.entry(version.list.clone()).or_insert(number);
        let rank = |version: &ListVersion| (version.published, version.listings);
        if stages.get(*best).is_some_and(|other| rank(&other.manifest.version) <= rank(version)) {
            *best = number;
        }
    }
    newest
}

fn seen<'a>(content: &'a Content, records: &'a HashSet<String>) -> Seen<'a> {
    let Manifest { version, unknown_fields, filled, .. } = &content.manifest;
    Seen { version, records, unknown: unknown_fields, filled }
}

/// Canaries of the version in use, from listings spread over the file.
fn listed_canaries(old: &Content, guard: &Guard, still: &HashSet<String>) -> Result<Vec<Canary>, StoreError> {
    let (count, exempt_below) = (guard.canaries, guard.exempt_below);
    let all = old.manifest.version.listings;
    if all < exempt_below {
        return Ok(Vec::new());
    }
    let step = all.div_ceil(count.saturating_mul(canary::CANDIDATES).max(1) as u64).max(1);
    let numbers = (0..all).step_by(usize::try_from(step).unwrap_or(usize::MAX));
    let listings: Result<Vec<Listing>, String> = numbers.map(|number| old.listing(number)).collect();
    let listings =
        listings.map_err(|reason| StoreError::damaged(&PathBuf::from(&old.manifest.version.list.0), reason))?;
    Ok(canary::long_standing(listings, count, &|record| still.contains(record)))
}

/// Time for the check at import. All publishers' lists together, 40,000 names, take a tenth of it on
/// two cores; a list of thousands of almost equal names would take hours.
const OWN_NAMES_WITHIN: Duration = Duration::from_secs(30);

/// Names that a doubt quotes: enough to see what they have in common.
const QUOTED: usize = 5;

fn not_covered(list: &Coverage) -> Option<Doubt> {
    if list.is_whole() {
        return None;
    }
    let cut = |name: &str| name.chars().take(80).collect::<String>();
    let quoted = list.missed.iter().take(QUOTED);
    let quoted = quoted.map(|own| format!("{} `{}` ({})", own.reference, cut(&own.name), own.reason)).collect();
    Some(Doubt::Names { missed: list.missed.len() as u64, names: list.names, quoted })
}
