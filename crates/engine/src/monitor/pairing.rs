//! Which listing of one snapshot is which of another, and which of them say the same.
//!
//! Promises: each listing of either side is in exactly one pair.
//!
//! Not here: what differs, for people (`lists::change`).

use std::collections::HashMap;

use interdict_lists::change::identity;
use interdict_model::{Designation, ListId, Listing};

use super::compare::Key;
use crate::{Engine, Snapshot, SnapshotError};

/// A listing on both sides, or on one.
pub struct Pair {
    pub before: Option<u32>,
    pub after: Option<u32>,
    /// Whether both say the same, in every field that a hit shows or a score reads.
    pub same: bool,
    pub key: Key,
}

/// Pairs the listings of two engines; lists that `unchanged` knows to be the same are paired by place.
pub fn pair(before: &Engine, after: &Engine, unchanged: &dyn Fn(&ListId) -> bool) -> Result<Vec<Pair>, SnapshotError> {
    let mut lists: Vec<&ListId> = before.lists().into_iter().chain(after.lists()).map(|v| &v.list).collect();
    lists.sort_unstable();
    lists.dedup();
    let mut pairs = Vec::new();
    for list in lists {
        let (old, new) = (before.snapshot().ordinals(list), after.snapshot().ordinals(list));
        let (old, new) = (old.unwrap_or(0..0), new.unwrap_or(0..0));
        if unchanged(list) && old.len() == new.len() {
            pairs.extend(old.zip(new).map(|(before, after)| Pair {
                before: Some(before),
                after: Some(after),
                same: true,
                key: (list.clone(), String::new()),
            }));
            continue;
        }
        pair_list(list, before.snapshot(), old, after.snapshot(), new, &mut pairs)?;
    }
    Ok(pairs)
}

fn pair_list(
    list: &ListId,
    before: &Snapshot,
    old: std::ops::Range<u32>,
    after: &Snapshot,
    new: std::ops::Range<u32>,
    pairs: &mut Vec<Pair>,
) -> Result<(), SnapshotError> {
    let mut known: HashMap<String, Vec<(u32, Listing)>> = HashMap::new();
    for ordinal in old {
        let listing = before.listing(ordinal)?;
        known.entry(identity(&listing)).or_default().push((ordinal, listing));
    }
    let pair = |before, after, same, record| Pair { before, after, same, key: (list.clone(), record) };
    for ordinal in new {
        let listing = after.listing(ordinal)?;
        let record = identity(&listing);
        let of_record = known.entry(record.clone()).or_default();
        let like = of_record.iter().position(|(_, old)| says_the_same(old, &listing));
        match like {
            Some(at) => {
                let (before, _) = of_record.remove(at);
                pairs.push(pair(Some(before), Some(ordinal), true, record));
            }
            // which of several it was does not matter: both sides are asked
            None => pairs.push(pair(None, Some(ordinal), false, record)),
        }
    }
    for (record, left) in known {
        pairs.extend(left.into_iter().map(|(ordinal, _)| pair(Some(ordinal), None, false, record.clone())));
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
