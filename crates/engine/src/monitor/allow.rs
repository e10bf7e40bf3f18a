//! The allow-list: false positives that a person confirmed, for one party and one listing.
//!
//! Promises: an entry ends on its day, and at once when either side says something materially
//! else; a date of amendment or another place in the file is not material.
//!
//! Not here: where entries are kept (`store`), today's date (`cli`).

use interdict_lists::change::differing;
use interdict_model::{Digest, Entity, Listing};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Allowed {
    /// The user's id of the party.
    pub party: String,
    /// The listing, as `<list>:<record>`.
    pub listing: String,
    /// Why it is not a match.
    pub reason: String,
    /// Who says so.
    pub author: String,
    /// The day it was said.
    pub since: Date,
    /// The last day it holds.
    pub until: Date,
    /// What the party said then.
    pub party_digest: Digest,
    /// What the listing said then.
    pub listing_digest: Digest,
}

impl Allowed {
    /// Why it does not hold on a day, against what both sides say; none if it holds.
    pub fn ended(&self, today: Date, party: Option<Digest>, listing: Option<Digest>) -> Option<String> {
        if today > self.until {
            return Some(format!("the entry held until {}", self.until));
        }
        match (party, listing) {
            (Some(party), _) if party != self.party_digest => Some("the party changed".to_owned()),
            (_, Some(listing)) if listing != self.listing_digest => Some("the listing changed".to_owned()),
            (Some(_) | None, Some(_) | None) => None,
        }
    }
}

/// What a listing says, by hash; the same for two that differ in a date of amendment alone.
pub fn digest_of_listing(listing: &Listing) -> Digest {
    let said = differing(&Listing { entity: Entity::default(), ..bare(listing) }, listing);
    // plain texts always have a JSON form
    Digest::of(&serde_json::to_vec(&said).unwrap_or_default())
}

fn bare(listing: &Listing) -> Listing {
    Listing {
        list: listing.list.clone(),
        record: listing.record.clone(),
        place: listing.place.clone(),
        reference: None,
        entity: Entity::default(),
        designations: Vec::new(),
        links: Vec::new(),
    }
}

/// What a party says, by hash, whatever the order of its values.
pub fn digest_of_party(party: &Entity) -> Digest {
    let listing = Listing {
        list: interdict_model::ListId(String::new()),
        record: String::new(),
        place: String::new(),
        reference: None,
        entity: party.clone(),
        designations: Vec::new(),
        links: Vec::new(),
    };
    digest_of_listing(&listing)
}
