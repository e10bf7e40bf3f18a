//! Two entities against each other, without a list: for labelled pairs and left-out aliases.

use interdict_model::{Entity, ListId, Listing};
use interdict_screening::{Hit, Index, IndexBuilder, NotDone, Policy};

/// Compares two entities; the right one takes the place of the listing.
///
/// # Errors
/// When one of them has nothing to compare, or is too large.
pub fn compare(left: &Entity, right: &Entity, policy: &Policy) -> Result<Hit, NotDone> {
    let listing = Listing {
        list: ListId("pair".to_owned()),
        record: "right".to_owned(),
        place: "pair".to_owned(),
        reference: None,
        entity: right.clone(),
        designations: Vec::new(),
        links: Vec::new(),
    };
    let mut builder = IndexBuilder::default();
    builder.add(&listing);
    Index::open(builder.finish())?.explain(left, 0, policy)
}
