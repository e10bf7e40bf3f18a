//! One party against one listing, hit or not: why it matched, or what was missing.

use std::sync::Arc;

use interdict_model::{Digest, Entity, Listing};
use interdict_screening::Score;
use serde::Serialize;

use crate::past::Past;
use crate::{Engine, Found, Outcome, SnapshotError, VERSION};

/// The full comparison of one party with one listing.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// Hit or clear.
    pub outcome: Outcome,
    /// The policy's threshold.
    pub threshold: Score,
    /// How much the score lacks; 0 for a hit.
    pub lacks: Score,
    /// The party as it was understood.
    pub party: Entity,
    /// The comparison.
    pub hit: Found,
    /// The listing, whole.
    pub listing: Listing,
    /// Hash of the snapshot.
    pub snapshot: Digest,
    /// Hash of the policy.
    pub policy: Digest,
    /// Version of the engine.
    pub engine: &'static str,
    /// The time in the past that was asked about, and what the answer rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub past: Option<Arc<Past>>,
}

impl Engine {
    /// Compares a party with the listing at a position of the snapshot.
    ///
    /// # Errors
    /// When it could not be done.
    pub fn explain(&self, party: &Entity, ordinal: u32) -> Result<Comparison, SnapshotError> {
        let hit = self.snapshot().index.explain(party, ordinal, self.policy())?;
        let threshold = self.policy().threshold;
        let score = hit.score;
        Ok(Comparison {
            outcome: if score >= threshold { Outcome::Hit } else { Outcome::Clear },
            threshold,
            lacks: Score(threshold.0.saturating_sub(score.0)),
            party: party.clone(),
            hit: self.found(hit)?,
            listing: self.snapshot().listing(ordinal)?,
            snapshot: self.snapshot().digest(),
            policy: self.policy_digest(),
            engine: VERSION,
            past: self.snapshot().past().cloned(),
        })
    }
}
