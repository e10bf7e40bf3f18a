//! Two entities against each other, without a list: for labelled pairs and left-out aliases.

use interdict_model::Entity;
use interdict_screening::{Hit, NotDone, Policy};

/// Compares two entities; the right one takes the place of the listing.
///
/// # Errors
/// When one of them has nothing to compare, or is too large.
pub fn compare(left: &Entity, right: &Entity, policy: &Policy) -> Result<Hit, NotDone> {
    interdict_screening::compare(left, right, policy)
}
