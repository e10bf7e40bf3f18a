//! The lists of a time in the past: which of the kept versions stand for it, and the snapshot of them.
//!
//! Promises: of what was in force on a date the newest version published by then is used, and
//! entries that a later version dates by then are added to it; where only later versions are kept,
//! one is reconstructed from dates of listing; what was known at a moment rests on versions received
//! by then alone; what cannot be known is counted, never guessed.
//!
//! Not here: what an answer says of it (`interdict_engine::past`).

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use interdict_engine::past::{Basis, Past, PastList, Then, When};
use interdict_engine::{IndexBytes, Snapshot};
use interdict_model::{Designation, Digest, ListId, Sourced};
use jiff::civil::Date;

use crate::home::{Current, Home};
use crate::stored::{Part, Stored};
use crate::{Content, Standing, StoreError, StoredVersion, index};

/// Indexes of past snapshots that are kept beside the present one, so that the same question is quick.
const KEPT: usize = 4;

/// What helps where the versions that are kept do not say enough.
const KEEP: &str =
    "`interdict lists history` shows what is kept; `interdict lists import --keep` adds what was published before";

/// The versions that stand for a list.
struct Chosen<'a> {
    main: &'a StoredVersion,
    why: Why,
    /// The version published next after the date, where the main one was in force.
    next: Option<&'a StoredVersion>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Why {
    InForce,
    Later,
    NoDate,
    NewestReceived,
}

impl Home {
    /// The lists in use, as they were at a time in the past.
    ///
    /// # Errors
    /// When no version of any list can stand for that time, or stored files are damaged.
    pub fn snapshot_at(&self, when: When) -> Result<Snapshot, StoreError> {
        self.snapshot_among(when, |_| true)
    }

    /// The contents that stand for the lists of an answer about the past, in their order.
    pub(crate) fn contents_of_past(&self, past: &Past) -> Result<Vec<Digest>, StoreError> {
        let versions = self.versions(None)?;
        let of = |row: &PastList| {
            let usable = usable(&versions, &row.list, past.when);
            let found = usable.iter().find(|stored| stored.version().digest == row.version);
            found.map_or(row.version, |stored| stored.manifest.content)
        };
        Ok(past.lists.iter().map(of).collect())
    }

    /// The same from some contents alone, so that an old answer can be given again.
    pub(crate) fn snapshot_among(&self, when: When, among: impl Fn(&Digest) -> bool) -> Result<Snapshot, StoreError> {
        let current = self.current()?;
        let mut versions = self.versions(None)?;
        versions.retain(|stored| among(&stored.manifest.content));
        let mut past = Past { when, lists: Vec::new(), not_received: Vec::new() };
        let mut parts = Vec::new();
        for in_use in &current.lists {
            let usable = usable(&versions, &in_use.list, when);
            match choose(&usable, when) {
                Some(chosen) => take(&chosen, when, &mut parts, &mut past.lists)?,
                None => past.not_received.push(in_use.list.clone()),
            }
        }
        if parts.is_empty() {
            return Err(nothing(&current, when));
        }
        // An empty list would clear everybody, and that nobody was listed then is not known.
        if parts.iter().all(|part| part.count() == 0) {
            return Err(StoreError::NoSuchVersion {
                reason: "no entry of the versions that are kept says that it was listed by then".to_owned(),
                hint: KEEP.to_owned(),
            });
        }
        Ok(self.snapshot_of(parts, &current)?.with_past(past))
    }

    /// A snapshot of parts of versions, its index stored for the next time or held in memory.
    pub(crate) fn snapshot_of(&self, parts: Vec<Part>, current: &Current) -> Result<Snapshot, StoreError> {
        let ids: Vec<(ListId, Digest)> = parts.iter().map(id).collect();
        let digest = Snapshot::digest_of(ids.iter().map(|(list, id)| (list, id)));
        let parts = Arc::new(parts);
        let over = |(bytes, unindexed): (IndexBytes, Vec<(u32, String)>)| {
            let versions = parts.iter().map(Part::version).collect();
            Snapshot::new(digest, versions, bytes, Box::new(Stored::over(Arc::clone(&parts))), unindexed)
        };
        if let Some(Ok(snapshot)) = index::open(self.root(), digest).map(over) {
            return Ok(snapshot);
        }
        let built = index::build(&parts)?;
        self.forget_old_indexes(current);
        // A home that cannot be written still answers, from memory.
        let written = index::write(self.root(), digest, &built).ok().and_then(|()| index::open(self.root(), digest));
        Ok(over(written.unwrap_or_else(|| (IndexBytes::new(built.body), built.unindexed)))?)
    }

    /// Leaves room for one more index of the past.
    fn forget_old_indexes(&self, current: &Current) {
        let contents = current.lists.iter().map(|one| (&one.list, &one.content));
        let present = index::path(self.root(), Snapshot::digest_of(contents));
        let entries = fs::read_dir(self.root().join("index")).into_iter().flatten().flatten();
        let is_index = |path: &std::path::PathBuf| path.extension().is_some_and(|extension| extension == "idx");
        let mut others: Vec<_> =
            entries.map(|entry| entry.path()).filter(is_index).filter(|path| *path != present).collect();
        others.sort_by_key(|path| fs::metadata(path).and_then(|meta| meta.modified()).ok());
        for old in others.iter().take(others.len().saturating_sub(KEPT.saturating_sub(1))) {
            let _ = fs::remove_file(old);
            let _ = fs::remove_file(old.with_extension("left-out.json"));
        }
    }
}

/// What a part is in the id of a snapshot: the content, or the content and what is taken of it.
fn id(part: &Part) -> (ListId, Digest) {
    let Part { content, only } = part;
    let whole = content.manifest.content;
    let id = match only {
        None => whole,
        Some(only) => {
            let numbers: Vec<u8> = only.iter().flat_map(|number| number.to_be_bytes()).collect();
            Digest::of_parts([whole.0.as_slice(), numbers.as_slice()])
        }
    };
    (content.manifest.version.list.clone(), id)
}

fn nothing(current: &Current, when: When) -> StoreError {
    let (reason, hint) = match (current.lists.is_empty(), when.known_at) {
        (true, _) => (
            "no list is in use, so there is no past to ask about".to_owned(),
            "put one in use: `interdict lists import FILE…`, or `interdict lists rollback LIST VERSION` if it is kept",
        ),
        (false, Some(at)) => (format!("no version of a list in use is known to have been received by {at}"), KEEP),
        (false, None) => ("no version of a list in use can stand for that date".to_owned(), KEEP),
    };
    StoreError::NoSuchVersion { reason, hint: hint.to_owned() }
}

/// The versions of a list that may stand for a time: not in quarantine, not rolled back from, received
/// by the moment of knowledge. Of several readings of the same files the one in use, else the last.
fn usable<'a>(versions: &'a [StoredVersion], list: &ListId, when: When) -> Vec<&'a StoredVersion> {
    let mut best: BTreeMap<Digest, &StoredVersion> = BTreeMap::new();
    for stored in versions.iter().filter(|stored| stored.version().list == *list) {
        let digest = stored.version().digest;
        let in_time = when.known_at.is_none_or(|at| stored.manifest.received.is_some_and(|received| received <= at));
        match stored.standing {
            Standing::Quarantined => continue,
            Standing::Kept if stored.rolled_back => continue,
            Standing::Kept | Standing::InUse => {}
        }
        if in_time && best.get(&digest).is_none_or(|held| held.standing != Standing::InUse) {
            best.insert(digest, stored);
        }
    }
    best.into_values().collect()
}

fn choose<'a>(usable: &[&'a StoredVersion], when: When) -> Option<Chosen<'a>> {
    let published = |stored: &&&StoredVersion| stored.version().published;
    let rank =
        |stored: &&&StoredVersion| (stored.version().published, stored.manifest.received, stored.version().listings);
    let chosen = |main: &&'a StoredVersion, why| Chosen { main, why, next: None };
    let Some(date) = when.as_of else {
        // Where files carry no date, the order in which they came is the only one.
        let undated = usable.iter().any(|stored| stored.version().published.is_none());
        let by_receipt = |stored: &&&StoredVersion| (stored.manifest.received, stored.standing == Standing::InUse);
        let newest = if undated { usable.iter().max_by_key(by_receipt) } else { usable.iter().max_by_key(rank) };
        return newest.map(|main| chosen(main, Why::NewestReceived));
    };
    let by_then = usable.iter().filter(|stored| published(stored).is_some_and(|day| day <= date)).max_by_key(rank);
    let after = usable.iter().filter(|stored| published(stored).is_some_and(|day| day > date)).min_by_key(rank);
    match (by_then, after) {
        (Some(main), next) => Some(Chosen { main, why: Why::InForce, next: next.copied() }),
        (None, Some(later)) => Some(chosen(later, Why::Later)),
        (None, None) => {
            let newest = |stored: &&&StoredVersion| (stored.standing == Standing::InUse, stored.manifest.received);
            usable.iter().max_by_key(newest).map(|main| chosen(main, Why::NoDate))
        }
    }
}

/// Opens what was chosen and takes what was in force of it.
fn take(chosen: &Chosen<'_>, when: When, parts: &mut Vec<Part>, lists: &mut Vec<PastList>) -> Result<(), StoreError> {
    let content = chosen.main.open()?;
    let (part, basis) = match (chosen.why, when.as_of) {
        (Why::InForce, _) => (Part::whole(content), Basis::InForce),
        (Why::NewestReceived, _) | (_, None) => (Part::whole(content), Basis::NewestReceived),
        (Why::Later, Some(date)) => {
            let (part, left_out, undated) = reconstructed(content, date)?;
            (part, Basis::Reconstructed { left_out, undated })
        }
        (Why::NoDate, Some(date)) => {
            let (part, left_out, undated) = reconstructed(content, date)?;
            (part, Basis::NoDate { left_out, undated })
        }
    };
    let row = |stored: &StoredVersion, part: &Part, basis| PastList {
        list: stored.version().list.clone(),
        version: stored.version().digest,
        published: stored.version().published,
        received: stored.manifest.received,
        listings: part.count(),
        basis,
    };
    lists.push(row(chosen.main, &part, basis));
    let (main, next) = (part, chosen.next);
    if let (Some(next), Some(date)) = (next, when.as_of) {
        let (since, not_known) = listed_since(&main.content, next.open()?, date)?;
        parts.push(main);
        if since.count() > 0 || not_known > 0 {
            lists.push(row(next, &since, Basis::ListedSince { not_known }));
        }
        if since.count() > 0 {
            parts.push(since);
        }
    } else {
        parts.push(main);
    }
    Ok(())
}

fn unreadable(content: &Content) -> impl Fn(String) -> StoreError {
    let place = format!("{} {}", content.manifest.version.list, content.manifest.content.short());
    move |reason| StoreError::damaged(std::path::Path::new(&place), reason)
}

/// A version without what was listed later; with the counts of that and of what bears no date.
fn reconstructed(content: Content, date: Date) -> Result<(Part, u64, u64), StoreError> {
    let (mut only, mut left_out, mut undated) = (Vec::new(), 0u64, 0u64);
    for (number, listing) in (0u64..).zip(content.listings()) {
        match Then::of(&listing.map_err(unreadable(&content))?, date) {
            Then::Listed => only.push(number),
            Then::Later => left_out = left_out.saturating_add(1),
            Then::NotKnown => {
                undated = undated.saturating_add(1);
                only.push(number);
            }
        }
    }
    // Left whole it is the same snapshot as the version itself.
    let only = if left_out == 0 { None } else { Some(only) };
    Ok((Part { content, only }, left_out, undated))
}

/// What a later version has beyond an earlier one and says was listed between that and a date; with
/// the count of what does not say when it came. Entries that come back to a list often bear the date
/// of their first listing, on which nothing is to be built: they were not on the earlier version.
fn listed_since(before: &Content, later: Content, date: Date) -> Result<(Part, u64), StoreError> {
    let known = before.records()?;
    let since = before.manifest.version.published;
    let (mut only, mut not_known) = (Vec::new(), 0u64);
    for (number, listing) in (0u64..).zip(later.listings()) {
        let listing = listing.map_err(unreadable(&later))?;
        if known.contains(&listing.record) {
            continue;
        }
        let listed =
            |act: &Sourced<Designation>| act.value.listed_on.is_some_and(|day| Some(day) > since && day <= date);
        if listing.designations.iter().any(listed) {
            only.push(number);
        } else if Then::of(&listing, date) != Then::Later {
            not_known = not_known.saturating_add(1);
        }
    }
    Ok((Part { content: later, only: Some(only) }, not_known))
}
