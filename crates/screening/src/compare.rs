//! Two entities side by side, without a list: the same score as if one were the only listing.

use interdict_model::{Entity, ListId, Listing};

use crate::hit::Hit;
use crate::index::{Index, IndexBuilder, NotDone};
use crate::policy::Policy;

/// Compares a party with an entity, hit or not. Words weigh what the tables say, as one entity
/// tells nothing of their rarity in lists.
pub fn compare(party: &Entity, listed: &Entity, policy: &Policy) -> Result<Hit, NotDone> {
    let listing = Listing {
        list: ListId("pair".into()),
        record: "1".into(),
        place: String::new(),
        reference: None,
        entity: listed.clone(),
        designations: Vec::new(),
        links: Vec::new(),
    };
    let mut builder = IndexBuilder::default();
    builder.add(&listing);
    if let Some((_, reason)) = builder.left_out().first() {
        return Err(NotDone::TooLarge(reason.clone()));
    }
    Index::open(builder.finish())?.explain(party, 0, policy)
}
