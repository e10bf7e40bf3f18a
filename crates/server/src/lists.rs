//! The lists in use: loaded from the home folder, tested, and replaced while requests go on.
//!
//! Promises: a request holds one [`Loaded`] and sees nothing of a replacement; a snapshot that
//! cannot be opened, or that does not find its own names, leaves the one in use; imported lists
//! are never replaced by the starter list because a file is gone.
//!
//! Not here: importing lists (`store`), showing them (`listings`).

use std::collections::BTreeSet;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use interdict_engine::{Engine, Policy, Snapshot, SnapshotError, canary};
use interdict_ledger::entry::Basis;
use interdict_store::{Collections, Home, StoreError, standing_back};
use serde::Serialize;

use crate::redact::published;
use crate::register::ground;

/// Listings of each list that are screened by their own name when a snapshot is loaded. All of them
/// were at import; this finds an index that does not belong to its lists, within a tenth of a second.
const TESTED: u32 = 200;

/// What the self-test found.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct SelfHit {
    /// Listings screened by their own name.
    pub tested: u64,
    /// Those that were not hit.
    pub missed: Vec<String>,
}

/// A snapshot, ready to answer.
pub struct Loaded {
    /// The lists.
    pub snapshot: Arc<Snapshot>,
    /// With the standard policy, for those who ask for nothing else.
    pub engine: Arc<Engine>,
    /// What the self-test found.
    pub self_hit: SelfHit,
    /// What answers rest on; none where no ledger is kept.
    pub(crate) ground: Option<Basis>,
    /// The lists that everybody may read.
    pub(crate) published: Arc<BTreeSet<String>>,
    /// What manifests call lists, for other interfaces.
    pub(crate) collections: Arc<Collections>,
    /// When it was loaded, in seconds since 1970.
    pub loaded_at: i64,
}

impl Loaded {
    fn of(home: &Home, snapshot: Snapshot, now: i64) -> Result<Self, StoreError> {
        let snapshot = Arc::new(snapshot);
        let self_hit = self_hit(&snapshot)?;
        let engine = Arc::new(Engine::new(Arc::clone(&snapshot), Policy::default(), Vec::new()));
        let ground = ground(home, &engine)?;
        let published = Arc::new(published(&snapshot));
        let collections = Arc::new(home.collections()?);
        Ok(Self { snapshot, engine, self_hit, ground, published, collections, loaded_at: now })
    }
}

/// Screens some listings of each list by their own name.
fn self_hit(snapshot: &Arc<Snapshot>) -> Result<SelfHit, SnapshotError> {
    let mut found = SelfHit::default();
    let lists: Vec<_> = snapshot.versions().map(|version| version.list.clone()).collect();
    for list in lists {
        let ordinals = snapshot.ordinals(&list).unwrap_or_default();
        let step = (ordinals.end.saturating_sub(ordinals.start) / TESTED).max(1);
        let some = ordinals.step_by(usize::try_from(step).unwrap_or(usize::MAX));
        let listings = some.map(|ordinal| snapshot.listing(ordinal)).collect::<Result<Vec<_>, _>>()?;
        let canaries = canary::long_standing(listings, usize::MAX, &|_| true);
        found.tested = found.tested.saturating_add(canaries.len() as u64);
        let missed = canary::missed(snapshot, &Policy::default(), &list, &canaries)?;
        found.missed.extend(missed.iter().map(|canary| format!("{list}: {canary}")));
    }
    Ok(found)
}

/// What tells that the files that say which lists are in use, and what they are called, are others.
type Mark = [Option<(SystemTime, u64)>; 2];

/// The lists in use, and those that were.
pub(crate) struct Lists {
    home: Home,
    current: ArcSwap<Loaded>,
    seen: Mutex<Mark>,
    failed: ArcSwap<Option<String>>,
}

impl Lists {
    /// Opens the lists of a home folder.
    pub(crate) fn open(home: Home, now: i64) -> Result<Self, StoreError> {
        let mark = mark(&home);
        let loaded = Loaded::of(&home, home.snapshot()?, now)?;
        Ok(Self {
            home,
            current: ArcSwap::from_pointee(loaded),
            seen: Mutex::new(mark),
            failed: ArcSwap::from_pointee(None),
        })
    }

    /// The lists in use now. Hold them for the whole of a request.
    pub(crate) fn current(&self) -> Arc<Loaded> {
        self.current.load_full()
    }

    /// Why the newest lists are not in use, if they are not.
    pub(crate) fn failed(&self) -> Option<String> {
        self.failed.load().as_ref().clone()
    }

    /// Looks for new lists and takes them into use, after `before` agreed: true if it did.
    pub(crate) fn refresh(&self, now: i64, before: impl Fn(&Loaded) -> Result<(), StoreError>) -> bool {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let mark = mark(&self.home);
        if *seen == mark {
            return false;
        }
        // Reading and testing them takes a while, and nobody waits for it.
        let loaded = standing_back(|| self.load(now));
        match loaded.and_then(|loaded| before(&loaded).map(|()| loaded).map_err(|error| error.to_string())) {
            Ok(loaded) => {
                *seen = mark;
                self.failed.store(Arc::new(None));
                let former = self.current.load();
                let changed = loaded.snapshot.digest() != former.snapshot.digest();
                if !changed && loaded.collections != former.collections {
                    tracing::info!(collections = loaded.collections.collections.len(), "collections replaced");
                    self.current.store(Arc::new(loaded));
                } else if changed {
                    let digest = loaded.snapshot.digest().to_string();
                    tracing::info!(snapshot = digest, listings = loaded.snapshot.listings(), "lists replaced");
                    self.current.store(Arc::new(loaded));
                }
                changed
            }
            Err(reason) => {
                // It is tried again each time, as an import may be half-way.
                if self.failed().as_ref() != Some(&reason) {
                    tracing::error!(reason, "new lists cannot be used; the former ones answer");
                }
                self.failed.store(Arc::new(Some(reason)));
                false
            }
        }
    }

    fn load(&self, now: i64) -> Result<Loaded, String> {
        let snapshot = self.home.snapshot().map_err(|error| error.to_string())?;
        if snapshot.is_starter() && !self.current.load().snapshot.is_starter() {
            return Err("the home folder holds no lists any more".to_owned());
        }
        let loaded = Loaded::of(&self.home, snapshot, now).map_err(|error| error.to_string())?;
        match loaded.self_hit.missed.first() {
            Some(first) => {
                Err(format!("{} listings are not found by their own name, as {first}", loaded.self_hit.missed.len()))
            }
            None => Ok(loaded),
        }
    }
}

fn mark(home: &Home) -> Mark {
    ["current.json", "collections.json"].map(|name| {
        let meta = fs::metadata(home.root().join(name)).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    })
}
