//! Who is concerned by a change, and what became of their hits.
//!
//! Promises: every pair of party and listing whose hit can differ between the two engines is
//! scored on both; whoever is not looked at has the same hits as before.
//!
//! Not here: keeping parties and events (`store`).

use std::collections::{HashMap, HashSet};

use interdict_model::ListId;
use interdict_screening::reverse::{Asked, Reverse, listings_shifted, parties_shifted};
use interdict_screening::{NotDone, Policy, Scratch};
use rayon::prelude::*;
use serde::Serialize;

use super::compare::{Key, events, standing};
use super::event::{Cause, Event, Kept};
use super::pairing::{Changed, pair};
use super::{Parties, Watched};
use crate::{Engine, SnapshotError};

/// What was looked at.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug, Serialize)]
pub struct Looked {
    /// Parties that are kept.
    pub parties: u64,
    /// Listings that were added, removed or say something else, each side counted.
    pub listings_changed: u64,
    /// Listings with a word whose weight moved.
    pub listings_shifted: u64,
    /// Parties with such a word, screened in full.
    pub parties_shifted: u64,
    /// Parties scored against some listings.
    pub parties_scored: u64,
    /// Pairs of party and listing that were scored.
    pub pairs: u64,
}

/// The events of a change.
#[derive(Clone, Debug)]
pub struct Rescreened {
    /// Ordered by the parties' places, then by list and record.
    pub events: Vec<Event>,
    /// What was looked at.
    pub looked: Looked,
}

/// Listings that one thread takes at a time: their words repeat, and its memory keeps what they mean.
const ASKED_AT_ONCE: usize = 32;

/// From so many listings that ask it is worth knowing what every word of the parties weighs.
const MANY: usize = 48;

/// Which listings a party is scored against, a side each.
#[derive(Default)]
struct Suspects {
    before: Vec<u32>,
    after: Vec<u32>,
}

impl Engine {
    /// What changed for the parties since another engine of the same policy, over another snapshot.
    /// `unchanged` says of which lists both have the same content.
    ///
    /// # Errors
    /// When a listing or party cannot be read, or an index cannot be used.
    pub fn rescreen(
        &self,
        before: &Self,
        parties: &Parties,
        unchanged: &(dyn Fn(&ListId) -> bool + Sync),
    ) -> Result<Rescreened, SnapshotError> {
        let paired = pair(before, self, unchanged)?;
        let changed: HashSet<&Key> = paired.changed.iter().map(|changed| &changed.key).collect();
        let mut looked = Looked { parties: u64::from(parties.count()), ..Looked::default() };
        let (old_index, new_index) = (&before.snapshot().index, &self.snapshot().index);
        let in_full = parties_shifted(&parties.index, old_index, new_index)?;
        looked.parties_shifted = in_full.len() as u64;
        let mut asked: Vec<Asked> = Vec::new();
        for Changed { before, after, .. } in &paired.changed {
            let sides = u64::from(before.is_some()).saturating_add(after.is_some().into());
            looked.listings_changed = looked.listings_changed.saturating_add(sides);
            asked.push([*before, *after]);
        }
        let shifted = listings_shifted(old_index, new_index)?;
        let same = paired.same.iter().filter(|(before, _)| shifted.binary_search(before).is_ok());
        asked.extend(same.map(|(before, after)| [Some(*before), Some(*after)]));
        looked.listings_shifted = asked.len().saturating_sub(paired.changed.len()) as u64;
        let mut suspects = self.suspects(before, parties, &asked)?;
        in_full.iter().for_each(|party| drop(suspects.remove(party)));
        let mut some: Vec<(u32, Suspects)> = suspects.into_iter().collect();
        some.sort_unstable_by_key(|(party, _)| *party);
        for (_, suspects) in &mut some {
            for side in [&mut suspects.before, &mut suspects.after] {
                side.sort_unstable();
                side.dedup();
            }
        }
        looked.parties_scored = some.len() as u64;
        looked.pairs = some.iter().map(|(_, s)| s.before.len().max(s.after.len()) as u64).sum();
        let cause = |key: &Key| if changed.contains(key) { Cause::Listing } else { Cause::Words };
        let scored = some.par_iter().map_init(Memory::default, |memory, (number, suspects)| {
            let party = parties.party(*number)?;
            let old = before.named(&party, &suspects.before, &mut memory.before)?;
            let new = self.named(&party, &suspects.after, &mut memory.after)?;
            Ok((*number, events(party.shown(), old, new, &cause)))
        });
        let whole = in_full.par_iter().map_init(Memory::default, |memory, number| {
            let party = parties.party(*number)?;
            Ok((*number, self.compared(before, &party, &cause, memory)?))
        });
        let mut found = scored.chain(whole).collect::<Result<Vec<_>, SnapshotError>>()?;
        found.sort_by_key(|(number, _)| *number);
        Ok(Rescreened { events: found.into_iter().flat_map(|(_, events)| events).collect(), looked })
    }

    /// The same by screening every party twice: the judge of [`Engine::rescreen`], and the way to
    /// compare two policies.
    ///
    /// # Errors
    /// When a listing or party cannot be read, or an index cannot be used.
    pub fn rescreen_all(
        &self,
        before: &Self,
        parties: &Parties,
        cause: &(dyn Fn(&Key) -> Cause + Sync),
    ) -> Result<Vec<Event>, SnapshotError> {
        let all = (0..parties.count())
            .into_par_iter()
            .map_init(Memory::default, |memory, number| self.compared(before, &parties.party(number)?, cause, memory));
        Ok(all.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    /// What parties that are new, no longer kept, or kept with another record mean: as they were under
    /// the other engine, and as they are under this one.
    ///
    /// # Errors
    /// When a listing cannot be read, or a party cannot be screened.
    pub fn compare_parties(
        &self,
        before: &Self,
        parties: &[(Option<Watched>, Option<Watched>)],
    ) -> Result<Vec<Event>, SnapshotError> {
        let all = parties.par_iter().map_init(Memory::default, |memory, (old, new)| {
            let Some(shown) = new.as_ref().or(old.as_ref()).map(Watched::shown) else { return Ok(Vec::new()) };
            let old = old.as_ref().map(|party| before.every(party, &mut memory.before)).transpose()?;
            let new = new.as_ref().map(|party| self.every(party, &mut memory.after)).transpose()?;
            Ok(events(shown, old.unwrap_or_default(), new.unwrap_or_default(), &|_| Cause::Party))
        });
        Ok(all.collect::<Result<Vec<_>, SnapshotError>>()?.into_iter().flatten().collect())
    }

    /// What this engine says of the parties than the hits that stand: the first run, where none do, or
    /// another policy or version.
    ///
    /// # Errors
    /// When a listing or party cannot be read, or an index cannot be used.
    pub fn replay(&self, parties: &Parties, standing: &[Kept], cause: Cause) -> Result<Vec<Event>, SnapshotError> {
        let mut of_party: HashMap<&str, Vec<Kept>> = HashMap::new();
        standing.iter().for_each(|kept| of_party.entry(kept.party.as_str()).or_default().push(kept.clone()));
        let all = (0..parties.count()).into_par_iter().map_init(Scratch::default, |scratch, number| {
            let party = parties.party(number)?;
            let old = of_party.get(party.id.as_str()).cloned().unwrap_or_default();
            Ok(events(party.shown(), old, self.every(&party, scratch)?, &|_| cause))
        });
        Ok(all.collect::<Result<Vec<_>, SnapshotError>>()?.into_iter().flatten().collect())
    }

    /// The parties that listings may concern, as they were or as they are: a pair is scored on both sides
    /// wherever either suspects it.
    fn suspects(
        &self,
        before: &Self,
        parties: &Parties,
        asked: &[Asked],
    ) -> Result<HashMap<u32, Suspects>, SnapshotError> {
        let both = (&before.snapshot().index, &self.snapshot().index);
        let mut reverse = Reverse::between(&parties.index, both, self.policy(), parties.letters()?)?;
        if asked.len() >= MANY {
            reverse.weigh_all();
        }
        let named = asked.par_chunks(ASKED_AT_ONCE).map(|asked| {
            parties.with_memory(|memory| {
                let named = asked.iter().map(|&asked| Ok((asked, reverse.parties_like_either(asked, memory)?)));
                named.collect::<Result<Vec<_>, SnapshotError>>()
            })
        });
        let mut suspects: HashMap<u32, Suspects> = HashMap::new();
        for ([before, after], named) in named.collect::<Result<Vec<_>, SnapshotError>>()?.into_iter().flatten() {
            for party in named {
                let of_party = suspects.entry(party).or_default();
                of_party.before.extend(before);
                of_party.after.extend(after);
            }
        }
        Ok(suspects)
    }

    fn compared(
        &self,
        before: &Self,
        party: &Watched,
        cause: &dyn Fn(&Key) -> Cause,
        memory: &mut Memory,
    ) -> Result<Vec<Event>, SnapshotError> {
        let old = before.every(party, &mut memory.before)?;
        let new = self.every(party, &mut memory.after)?;
        Ok(events(party.shown(), old, new, cause))
    }

    /// Every hit of a party, beyond the policy's limit too.
    fn every(&self, party: &Watched, scratch: &mut Scratch) -> Result<Vec<Kept>, SnapshotError> {
        let asked = |ordinal: u32| self.is_asked_for(ordinal);
        let (index, policy) = (&self.snapshot().index, self.unlimited());
        let hits = match index.screen_among(&party.entity, &policy, scratch, &asked) {
            // like too many names to be answered at once: nobody waits here, so every name is compared
            Err(NotDone::TooLarge(_)) => {
                let mut hits = index.screen_exhaustive(&party.entity, &policy, scratch)?;
                hits.retain(|hit| asked(hit.ordinal));
                hits
            }
            other => other?.0,
        };
        standing(self, party, hits)
    }

    /// The hits of a party among some listings.
    fn named(&self, party: &Watched, named: &[u32], scratch: &mut Scratch) -> Result<Vec<Kept>, SnapshotError> {
        if named.is_empty() {
            return Ok(Vec::new());
        }
        let mut hits = self.snapshot().index.screen_named(&party.entity, &self.unlimited(), scratch, named)?;
        hits.retain(|hit| self.is_asked_for(hit.ordinal));
        standing(self, party, hits)
    }

    fn unlimited(&self) -> Policy {
        Policy { limit: usize::MAX, ..self.policy().clone() }
    }
}

/// Working memory of one thread: a snapshot each, so that neither forgets its words for the other.
#[derive(Default)]
struct Memory {
    before: Scratch,
    after: Scratch,
}
