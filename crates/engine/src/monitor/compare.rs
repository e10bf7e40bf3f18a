//! Two sets of hits of one party side by side.
//!
//! Promises: each listing that is a hit on either side gives one event, or none if both sides say
//! the same.
//!
//! Not here: where hits come from (`rescreen`).

use std::collections::BTreeMap;

use interdict_lists::change::identity;
use interdict_model::{Designation, ListId};
use interdict_screening::{Evidence, Hit};

use super::Watched;
use super::event::{Cause, Event, EventKind, PartyRef, Side, What};
use crate::{Engine, Found, SnapshotError};

/// Names a listing across versions: its list, and its record or what it says where there is none.
pub type Key = (ListId, String);

/// A hit, and what it is of.
pub struct Standing {
    key: Key,
    found: Found,
}

/// Reads the listings of hits.
pub fn standing(engine: &Engine, hits: Vec<Hit>) -> Result<Vec<Standing>, SnapshotError> {
    let mut all = Vec::with_capacity(hits.len());
    for hit in hits {
        let listing = engine.snapshot().listing(hit.ordinal)?;
        let key = (listing.list.clone(), identity(&listing));
        all.push(Standing { key, found: engine.found_in(hit, listing) });
    }
    Ok(all)
}

/// The events between two sets of hits of a party.
pub fn events(
    party: &Watched,
    (before, old): (Option<&Engine>, Vec<Standing>),
    (after, new): (Option<&Engine>, Vec<Standing>),
    cause: &dyn Fn(&Key) -> Cause,
) -> Vec<Event> {
    // a record that stands twice in a list is paired with its like, best first
    let mut pairs: BTreeMap<Key, (Vec<Found>, Vec<Found>)> = BTreeMap::new();
    old.into_iter().for_each(|hit| pairs.entry(hit.key).or_default().0.push(hit.found));
    new.into_iter().for_each(|hit| pairs.entry(hit.key).or_default().1.push(hit.found));
    let mut events = Vec::new();
    for (key, (old, new)) in pairs {
        let (mut old, mut new) = (old.into_iter(), new.into_iter());
        loop {
            let (old, new) = (old.next(), new.next());
            let Some(shown) = new.as_ref().or(old.as_ref()) else { break };
            let what = match (&old, &new) {
                (Some(old), Some(new)) => differing(old, new),
                (None, Some(_)) | (Some(_), None) | (None, None) => Vec::new(),
            };
            let kind = match (&old, &new) {
                (None, _) => EventKind::New,
                (Some(_), None) => EventKind::Gone,
                (Some(_), Some(_)) if what.is_empty() => continue,
                (Some(_), Some(_)) => EventKind::Changed,
            };
            let cause = cause(&key);
            let slight = cause == Cause::Words && kind == EventKind::Changed;
            events.push(Event {
                event: kind,
                cause,
                what,
                alert: !slight,
                party: PartyRef { id: party.id.clone(), name: party.entity.caption().to_owned() },
                list: shown.list.clone(),
                listing: format!("{}:{}", shown.list, shown.record),
                reference: shown.reference.clone(),
                caption: shown.caption.clone(),
                before: old.as_ref().zip(before).map(|(found, engine)| Side::of(engine, found)),
                after: new.as_ref().zip(after).map(|(found, engine)| Side::of(engine, found)),
                allowed: None,
                reopened: None,
            });
        }
    }
    events
}

/// What differs in two hits of one party and listing.
fn differing(old: &Found, new: &Found) -> Vec<What> {
    let mut what = Vec::new();
    let mut put = |differs: bool, of: What| what.extend(differs.then_some(of));
    put(old.score != new.score, What::Score);
    let same_words = said(&old.evidence) == said(&new.evidence);
    put(!same_words, What::Evidence);
    put(same_words && old.score == new.score && old.evidence != new.evidence, What::Weights);
    put(acts(&old.designations) != acts(&new.designations), What::Programme);
    let shown = |found: &Found| (found.caption.clone(), found.kind, found.reference.clone());
    put(shown(old) != shown(new), What::Listing);
    what
}

/// Evidence without what words weigh.
fn said(evidence: &Evidence) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(name) = &evidence.name {
        parts.push(format!("{:?} {:?} {:?}", name.party, name.listed, name.quality));
        parts.extend(
            name.tokens.iter().map(|t| format!("{:?} {:?} {:?} {:?}", t.party, t.listed, t.relation, t.similarity)),
        );
    }
    parts.extend(
        evidence.attributes.iter().map(|a| format!("{:?} {:?} {:?} {:?}", a.attribute, a.verdict, a.party, a.listed)),
    );
    parts
}

/// Acts without the dates on which a publisher touched them.
fn acts(designations: &[Designation]) -> Vec<Designation> {
    designations.iter().cloned().map(|act| Designation { amended_on: Vec::new(), ..act }).collect()
}
