//! Screens one party against a snapshot and says what the answer rests on.

use std::ops::Range;
use std::sync::Arc;

use interdict_model::{Designation, Digest, Entity, Kind, ListId, ListVersion, Listing};
use interdict_screening::{Evidence, Hit, NotDone, Policy, Score, Scratch};
use serde::Serialize;

use crate::past::{Past, Then};
use crate::{Snapshot, SnapshotError, VERSION};

/// What a screening says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// No listing at or above the threshold.
    Clear,
    /// One or more.
    Hit,
}

/// A hit together with the listing it is about.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// The score, 0..1.
    pub score: Score,
    /// The list.
    pub list: ListId,
    /// The reference that people quote, or the record.
    pub reference: String,
    /// The record in the publisher's numbering.
    pub record: String,
    /// Its primary name.
    pub caption: String,
    /// Person, organisation, vessel …
    pub kind: Kind,
    /// The acts behind it: programme, legal basis, dates.
    pub designations: Vec<Designation>,
    /// Where in the publisher's file.
    pub place: String,
    /// Hash of the version of the list.
    pub version: Digest,
    /// The publisher's date of that version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Whether it was listed on the date asked for, where only a later version says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub then: Option<Then>,
    /// What the score was computed from.
    pub evidence: Evidence,
}

/// The answer to one screening.
#[derive(Clone, Debug, Serialize)]
pub struct Screening {
    /// Hit or clear.
    pub outcome: Outcome,
    /// The party as it was understood.
    pub party: Entity,
    /// All listings at or above the threshold, also those beyond the limit.
    pub hits_total: usize,
    /// The best of them, up to the policy's limit, best first.
    pub hits: Vec<Found>,
    /// Hash of the snapshot.
    pub snapshot: Digest,
    /// Hash of the policy.
    pub policy: Digest,
    /// Version of the engine.
    pub engine: &'static str,
    /// Records of the lists that could not be loaded and were therefore not compared.
    pub left_out: u64,
    /// Whether only the built-in starter list was compared.
    pub starter: bool,
    /// The time in the past that was asked about, and what the answer rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past: Option<Arc<Past>>,
}

/// What stands in the JSON of a screening behind the party.
#[derive(Serialize)]
struct Behind<'a> {
    hits_total: usize,
    hits: &'a [Found],
    snapshot: Digest,
    policy: Digest,
    engine: &'static str,
    left_out: u64,
    starter: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    past: Option<&'a Past>,
}

impl Screening {
    /// Writes its JSON, and says where that of the party stands in it: who puts both on record need not write a
    /// party twice.
    ///
    /// # Errors
    /// When it has no JSON form, which none lacks.
    pub fn write_json(&self, out: &mut Vec<u8>) -> Result<Range<usize>, serde_json::Error> {
        // All of them by name: a new field asks to be written here.
        let Self { outcome, party, hits_total, hits, snapshot, policy, engine, left_out, starter, past } = self;
        out.extend_from_slice(br#"{"outcome":"#);
        serde_json::to_writer(&mut *out, outcome)?;
        out.extend_from_slice(br#","party":"#);
        let start = out.len();
        serde_json::to_writer(&mut *out, party)?;
        let end = out.len();
        let behind = Behind {
            hits_total: *hits_total,
            hits,
            snapshot: *snapshot,
            policy: *policy,
            engine,
            left_out: *left_out,
            starter: *starter,
            past: past.as_deref(),
        };
        serde_json::to_writer(&mut *out, &behind)?;
        // One object goes on where another would begin.
        if let Some(begins) = out.get_mut(end) {
            *begins = b',';
        }
        Ok(start..end)
    }
}

/// The best listing for a party, whatever its score.
#[derive(Clone, Debug)]
pub struct Best {
    /// Its score.
    pub score: Score,
    /// Its position in the snapshot.
    pub ordinal: u32,
}

/// A snapshot and a policy, ready to answer.
pub struct Engine {
    snapshot: Arc<Snapshot>,
    policy: Policy,
    policy_digest: Digest,
    only: Vec<ListId>,
}

/// The id of a policy: the hash of every setting, of the user's words and of the lists asked for.
pub fn policy_digest(policy: &Policy, only: &[ListId]) -> Digest {
    // plain numbers and texts always have a JSON form
    Digest::of(&serde_json::to_vec(&(policy, only)).unwrap_or_default())
}

impl Engine {
    /// An engine over a snapshot; `only` restricts it to some lists, none means all.
    pub fn new(snapshot: Arc<Snapshot>, policy: Policy, only: Vec<ListId>) -> Self {
        let policy_digest = policy_digest(&policy, &only);
        Self { snapshot, policy, policy_digest, only }
    }

    /// The snapshot.
    pub fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The snapshot, to be held on its own.
    pub fn shared_snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot)
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The versions that are compared: all of the snapshot, or those asked for.
    pub fn lists(&self) -> Vec<&ListVersion> {
        let asked = |version: &&ListVersion| self.only.is_empty() || self.only.contains(&version.list);
        self.snapshot.versions().filter(asked).collect()
    }

    /// The lists asked for; none means all.
    pub fn only(&self) -> &[ListId] {
        &self.only
    }

    /// The policy's hash.
    pub fn policy_digest(&self) -> Digest {
        self.policy_digest
    }

    /// Screens one party.
    ///
    /// # Errors
    /// When it could not be done: nothing to screen, too large, a listing that cannot be read.
    pub fn screen(&self, party: &Entity, scratch: &mut Scratch) -> Result<Screening, SnapshotError> {
        self.screen_own(party.clone(), scratch)
    }

    /// The same of a party that is not needed any more: the answer holds it.
    ///
    /// # Errors
    /// As [`Engine::screen`].
    pub fn screen_own(&self, party: Entity, scratch: &mut Scratch) -> Result<Screening, SnapshotError> {
        let (hits, hits_total) = self.snapshot.index.screen_among(&party, &self.policy, scratch, &self.asked())?;
        let hits = hits.into_iter().map(|hit| self.found(hit)).collect::<Result<Vec<_>, _>>()?;
        Ok(Screening {
            outcome: if hits_total == 0 { Outcome::Clear } else { Outcome::Hit },
            party,
            hits_total,
            hits,
            snapshot: self.snapshot.digest(),
            policy: self.policy_digest,
            engine: VERSION,
            left_out: self.snapshot.left_out(),
            starter: self.snapshot.is_starter(),
            past: self.snapshot.past().cloned(),
        })
    }

    /// The best listing at or above the policy's threshold, without reading it.
    ///
    /// # Errors
    /// When the screening could not be done.
    pub fn best(&self, party: &Entity, scratch: &mut Scratch) -> Result<Option<Best>, NotDone> {
        let hits = self.hits(party, scratch)?;
        Ok(hits.first().map(|hit| Best { score: hit.score, ordinal: hit.ordinal }))
    }

    pub(crate) fn hits(&self, party: &Entity, scratch: &mut Scratch) -> Result<Vec<Hit>, NotDone> {
        Ok(self.snapshot.index.screen_among(party, &self.policy, scratch, &self.asked())?.0)
    }

    fn asked(&self) -> impl Fn(u32) -> bool {
        |ordinal| self.is_asked_for(ordinal)
    }

    /// Position and score of every listing at or above the threshold, as the index finds them.
    ///
    /// # Errors
    /// When the screening could not be done.
    pub fn scores(&self, party: &Entity, scratch: &mut Scratch) -> Result<Vec<(u32, u16)>, NotDone> {
        Ok(self.hits(party, scratch)?.iter().map(|hit| (hit.ordinal, hit.score.0)).collect())
    }

    /// The same, by comparing the party with every listing: the judge of the index.
    ///
    /// # Errors
    /// When a comparison could not be done.
    pub fn scores_exhaustive(&self, party: &Entity, scratch: &mut Scratch) -> Result<Vec<(u32, u16)>, NotDone> {
        let hits = self.snapshot.index.screen_exhaustive(party, &self.policy, scratch)?;
        let asked = hits.iter().filter(|hit| self.is_asked_for(hit.ordinal));
        Ok(asked.map(|hit| (hit.ordinal, hit.score.0)).collect())
    }

    /// Whether a listing's list is one of those asked for.
    pub fn is_asked_for(&self, ordinal: u32) -> bool {
        self.only.is_empty()
            || self.snapshot.version_of(ordinal).is_some_and(|version| self.only.contains(&version.list))
    }

    pub(crate) fn found(&self, hit: Hit) -> Result<Found, SnapshotError> {
        let listing = self.snapshot.listing(hit.ordinal)?;
        Ok(self.found_in(hit, listing))
    }

    /// A hit together with its listing.
    pub(crate) fn found_in(&self, hit: Hit, listing: Listing) -> Found {
        let version = self.snapshot.version_of(hit.ordinal);
        let then = version.and_then(|version| self.snapshot.past()?.then(&version.digest, &listing));
        Found {
            then,
            score: hit.score,
            reference: listing.quoted().to_owned(),
            caption: listing.entity.caption().to_owned(),
            kind: listing.entity.kind,
            designations: listing.designations.into_iter().map(|designation| designation.value).collect(),
            place: listing.place,
            record: listing.record,
            list: listing.list,
            version: version.map_or(Digest::of(&[]), |version| version.digest),
            published: version.and_then(|version| version.published).map(|date| date.to_string()),
            evidence: hit.evidence,
        }
    }
}

#[cfg(test)]
mod tests {
    use interdict_model::{Name, NameQuality, Sourced};

    use super::*;
    use crate::past::When;

    #[test]
    fn what_is_written_is_what_the_type_says() {
        let engine = Engine::new(Arc::new(crate::starter::snapshot().unwrap()), Policy::default(), Vec::new());
        for name in ["Kim Jong Un", "Ola \"Q\" \\ Nordmann\n, \",\"hits_total\":1", "Ünï 漢字"] {
            let mut party = Entity::default();
            party.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "name"));
            let mut screening = engine.screen(&party, &mut Scratch::default()).unwrap();
            for past in [None, Some(Past { when: When::default(), lists: Vec::new(), not_received: Vec::new() })] {
                screening.past = past.map(Arc::new);
                let mut out = b"before".to_vec();
                let place = screening.write_json(&mut out).unwrap();
                assert_eq!(out[6..], serde_json::to_vec(&screening).unwrap());
                assert_eq!(out[place], serde_json::to_vec(&party).unwrap());
            }
        }
    }
}
