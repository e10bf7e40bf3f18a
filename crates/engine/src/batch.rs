//! Screens many parties over all cores; the answers keep the order of the questions.

use interdict_model::Entity;
use interdict_screening::Scratch;
use rayon::prelude::*;

use crate::{Engine, Screening, SnapshotError};

/// A party of a batch and where it came from.
#[derive(Clone, Debug, Default)]
pub struct Party {
    /// Where it stands, as `line 12`.
    pub place: String,
    /// The user's own id of it, if there is one.
    pub id: Option<String>,
    /// Who it is.
    pub entity: Entity,
}

impl Engine {
    /// Screens every party. Memory grows with the parties given: hand over a few thousand at a time.
    pub fn screen_all(&self, parties: &[Party]) -> Vec<Result<Screening, SnapshotError>> {
        parties.par_iter().map_init(Scratch::default, |scratch, party| self.screen(&party.entity, scratch)).collect()
    }
}
