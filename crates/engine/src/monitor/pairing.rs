//! Which listing of one snapshot is which of another, and which of them say the same.
//!
//! Promises: each listing of either side is in exactly one pair; one that says the same in both is never among
//! those that changed.
//!
//! Not here: what differs, for people (`lists::change`).

use std::collections::HashMap;
use std::ops::Range;

use interdict_lists::change::identity;
use interdict_model::{Designation, ListId, Listing};

use super::compare::Key;
use crate::{Engine, Snapshot, SnapshotError};

/// The listings of two engines side by side.
#[derive(Default)]
pub struct Paired {
    /// Those that say the same, in every field that a hit shows or a score reads: their places before and after.
    pub same: Vec<(u32, u32)>,
    /// The others: on one side, or saying something else.
    pub changed: Vec<Changed>,
}

/// A listing that was added, removed, or says something else.
pub struct Changed {
    pub before: Option<u32>,
    pub after: Option<u32>,
    pub key: Key,
}

/// Pairs the listings of two engines; lists that `unchanged` knows to be the same are paired by place.
pub fn pair(before: &Engine, after: &Engine, unchanged: &dyn Fn(&ListId) -> bool) -> Result<Paired, SnapshotError> {
    let mut lists: Vec<&ListId> = before.lists().into_iter().chain(after.lists()).map(|v| &v.list).collect();
    lists.sort_unstable();
    lists.dedup();
    let mut paired = Paired::default();
    for list in lists {
        let (old, new) = (before.snapshot().ordinals(list), after.snapshot().ordinals(list));
        let (old, new) = (old.unwrap_or(0..0), new.unwrap_or(0..0));
        if unchanged(list) && old.len() == new.len() {
            paired.same.extend(old.zip(new));
        } else {
            pair_list(list, (before.snapshot(), old), (after.snapshot(), new), &mut paired)?;
        }
    }
    Ok(paired)
}

fn pair_list(
    list: &ListId,
    (before, old): (&Snapshot, Range<u32>),
    (after, new): (&Snapshot, Range<u32>),
    paired: &mut Paired,
) -> Result<(), SnapshotError> {
    let mut known: HashMap<String, Vec<(u32, Listing)>> = HashMap::new();
    for ordinal in old {
        let listing = before.listing(ordinal)?;
        known.entry(identity(&listing)).or_default().push((ordinal, listing));
    }
    let mut unlike = Vec::new();
    for ordinal in new {
        let listing = after.listing(ordinal)?;
        let record = identity(&listing);
        let of_record = known.entry(record.clone()).or_default();
        match of_record.iter().position(|(_, old)| says_the_same(old, &listing)) {
            Some(at) => paired.same.push((of_record.remove(at).0, ordinal)),
            None => unlike.push((ordinal, record)),
        }
    }
    let key = |record| (list.clone(), record);
    for (ordinal, record) in unlike {
        // which of several it was does not matter: both sides are asked
        let old = known.get_mut(&record).and_then(Vec::pop);
        let before = old.map(|(ordinal, _)| ordinal);
        paired.changed.push(Changed { before, after: Some(ordinal), key: key(record) });
    }
    for (record, left) in known {
        let gone = left.into_iter();
        paired.changed.extend(gone.map(|(at, _)| Changed { before: Some(at), after: None, key: key(record.clone()) }));
    }
    Ok(())
}

/// Whether two listings give every party the same hit. Stricter than what people call a change: the
/// order of names can decide between two that are equally alike.
fn says_the_same(a: &Listing, b: &Listing) -> bool {
    let acts = |listing: &Listing| -> Vec<Designation> {
        let acts = listing.designations.iter().map(|act| &act.value);
        acts.cloned().map(|act| Designation { amended_on: Vec::new(), ..act }).collect()
    };
    a.entity == b.entity && a.reference == b.reference && a.record == b.record && acts(a) == acts(b)
}
