//! Hits with their listings whole, for those who render them in other people's forms.
//!
//! Not here: the forms of others (`server::compat`).

use interdict_model::{Entity, Listing};
use interdict_screening::{Hit, Scratch};

use crate::{Engine, SnapshotError};

/// A hit and the listing it is about.
#[derive(Clone, Debug)]
pub struct Matched {
    /// The score and its evidence.
    pub hit: Hit,
    /// The listing.
    pub listing: Listing,
}

impl Engine {
    /// The best hits of a party up to the policy's limit, best first, and how many there are in all. The
    /// hits are those of [`Engine::screen`].
    ///
    /// # Errors
    /// When it could not be done: nothing to screen, too large, a listing that cannot be read.
    pub fn matched(&self, party: &Entity, scratch: &mut Scratch) -> Result<(Vec<Matched>, usize), SnapshotError> {
        let asked = |ordinal| self.is_asked_for(ordinal);
        let (hits, total) = self.snapshot().index.screen_among(party, self.policy(), scratch, &asked)?;
        let mut found = Vec::with_capacity(hits.len());
        for hit in hits {
            let listing = self.snapshot().listing(hit.ordinal)?;
            found.push(Matched { hit, listing });
        }
        Ok((found, total))
    }
}
