//! The hits that stand, from run to run.
//!
//! Promises: hits and the events of a run give the hits after it, in an order of their own.
//!
//! Not here: files (`store`).

use std::collections::BTreeMap;

use interdict_model::ListId;

use super::event::{Event, EventKind, Kept};

/// The hits that stand after events.
pub fn after(standing: Vec<Kept>, events: &[Event]) -> Vec<Kept> {
    let mut all: BTreeMap<(String, ListId, String), Vec<Kept>> = BTreeMap::new();
    let key = |kept: &Kept| (kept.party.clone(), kept.list.clone(), kept.key.clone());
    standing.into_iter().for_each(|kept| all.entry(key(&kept)).or_default().push(kept));
    for event in events {
        let Some(kept) = &event.kept else { continue };
        let of_pair = all.entry(key(kept)).or_default();
        // a record that stands twice in its list gives two hits: the one that was is meant
        let was = of_pair.iter().position(|other| Some(&other.hit) == event.before.as_ref()).or(
            // another run gave the same hit other ids
            (!of_pair.is_empty() && event.before.is_some()).then_some(0),
        );
        match (event.event, was) {
            (EventKind::New | EventKind::Changed, Some(at)) => of_pair[at] = (**kept).clone(),
            (EventKind::New | EventKind::Changed, None) => of_pair.push((**kept).clone()),
            (EventKind::Gone, Some(at)) => drop(of_pair.remove(at)),
            (EventKind::Gone, None) | (EventKind::Reopened, _) => {}
        }
    }
    all.into_values().flatten().collect()
}
