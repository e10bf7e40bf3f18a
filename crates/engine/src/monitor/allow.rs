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

use super::event::{Cause, Event, EventKind, Kept, PartyRef};

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
    /// Why it ended, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

impl Allowed {
    /// Why it does not hold on a day, against what both sides say now; none if it holds. A side that
    /// is no more has no digest.
    pub fn why_ended(&self, today: Date, party: Option<Digest>, listing: Option<Digest>) -> Option<String> {
        if today > self.until {
            return Some(format!("it held until {}", self.until));
        }
        let side = |now: Option<Digest>, then: Digest, what: &str| match now {
            None => Some(format!("the {what} is no more")),
            Some(now) if now != then => Some(format!("the {what} changed")),
            Some(_) => None,
        };
        side(party, self.party_digest, "party").or_else(|| side(listing, self.listing_digest, "listing"))
    }
}

/// What a party and a listing say now, by hash; none for one that is no more.
pub type Said = (Option<Digest>, Option<Digest>);

/// Holds back the events of pairs on the allow-list, ends the entries that no longer hold, and opens
/// their hits again. `said` gives what the party and the listing of an entry say now.
pub fn hold_back<E>(
    events: &mut Vec<Event>,
    entries: &mut [Allowed],
    standing: &[Kept],
    today: Date,
    said: &dyn Fn(&Allowed) -> Result<Said, E>,
) -> Result<(), E> {
    for entry in entries.iter_mut().filter(|entry| entry.ended.is_none()) {
        let (party, listing) = said(entry)?;
        let ended = entry.why_ended(today, party, listing);
        let mut told = false;
        for event in events.iter_mut().filter(|e| e.party.id == entry.party && e.listing == entry.listing) {
            told |= event.event != EventKind::Gone;
            event.allowed = Some(entry.clone());
            event.alert = ended.is_some();
            event.reopened.clone_from(&ended);
        }
        let hit = standing.iter().find(|kept| kept.party == entry.party && kept.listing() == entry.listing);
        if let (Some(reason), Some(kept), false) = (&ended, hit, told) {
            events.push(Event {
                event: EventKind::Reopened,
                cause: Cause::Allowance,
                what: Vec::new(),
                alert: true,
                party: PartyRef { id: kept.party.clone(), name: String::new() },
                list: kept.list.clone(),
                listing: kept.listing(),
                reference: kept.reference.clone(),
                caption: kept.caption.clone(),
                before: None,
                after: Some(kept.hit.clone()),
                kept: None,
                allowed: Some(entry.clone()),
                reopened: Some(reason.clone()),
            });
        }
        entry.ended = ended;
    }
    Ok(())
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
