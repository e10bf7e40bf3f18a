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
use super::event::{Cause, Event, EventKind, Kept, PartyRef, Side, What};
use crate::{Engine, SnapshotError};

/// Names a listing across versions: its list, and its record or what it says where there is none.
pub type Key = (ListId, String);

/// Reads the listings of hits.
pub fn standing(engine: &Engine, party: &Watched, hits: Vec<Hit>) -> Result<Vec<Kept>, SnapshotError> {
    let mut all = Vec::with_capacity(hits.len());
    for hit in hits {
        let listing = engine.snapshot().listing(hit.ordinal)?;
        let key = identity(&listing);
        let found = engine.found_in(hit, listing);
        all.push(Kept {
            party: party.id.clone(),
            hit: Side::of(engine, &found),
            key,
            list: found.list,
            record: found.record,
            reference: found.reference,
            caption: found.caption,
            kind: found.kind,
        });
    }
    Ok(all)
}

/// The events between two sets of hits of a party.
pub fn events(party: PartyRef, old: Vec<Kept>, new: Vec<Kept>, cause: &dyn Fn(&Key) -> Cause) -> Vec<Event> {
    // a record that stands twice in a list is paired with its like, best first
    let mut pairs: BTreeMap<Key, (Vec<Kept>, Vec<Kept>)> = BTreeMap::new();
    let key = |hit: &Kept| (hit.list.clone(), hit.key.clone());
    old.into_iter().for_each(|hit| pairs.entry(key(&hit)).or_default().0.push(hit));
    new.into_iter().for_each(|hit| pairs.entry(key(&hit)).or_default().1.push(hit));
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
                party: party.clone(),
                list: shown.list.clone(),
                listing: shown.listing(),
                reference: shown.reference.clone(),
                caption: shown.caption.clone(),
                kept: new.as_ref().or(old.as_ref()).cloned().map(Box::new),
                before: old.map(|kept| kept.hit),
                after: new.map(|kept| kept.hit),
                allowed: None,
                reopened: None,
            });
        }
    }
    events
}

/// What differs in two hits of one party and listing.
fn differing(old: &Kept, new: &Kept) -> Vec<What> {
    let mut what = Vec::new();
    let mut put = |differs: bool, of: What| what.extend(differs.then_some(of));
    let (a, b) = (&old.hit, &new.hit);
    put(a.score != b.score, What::Score);
    let same_words = said(&a.evidence) == said(&b.evidence);
    put(!same_words, What::Evidence);
    put(same_words && a.score == b.score && a.evidence != b.evidence, What::Weights);
    put(acts(&a.designations) != acts(&b.designations), What::Programme);
    let shown = |kept: &Kept| (kept.caption.clone(), kept.kind, kept.reference.clone());
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
