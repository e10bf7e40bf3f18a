//! What a change of lists does to the weight of words, and whom that concerns.
//!
//! A word weighs less when more listings carry it, so a change of some listings can move the score
//! of others. Weights move in steps of doubling: between two versions few do.
//!
//! Promises: a party with no word named here, and a listing not shifted, score against each other
//! in both snapshots the same.
//!
//! Not here: listings that changed themselves (`engine`).

use interdict_names::analyse::Class;
use rustc_hash::FxHashSet;

use super::seen;
use crate::expand::{Seen, exactly};
use crate::index::{Index, NotDone, Term, View, class};

/// Whether the words of a listing that says the same in two snapshots weigh the same in both.
///
/// # Errors
/// When an index cannot be used.
pub fn is_shifted<A: AsRef<[u8]>, B: AsRef<[u8]>>(
    before: &Index<A>,
    listing_before: u32,
    after: &Index<B>,
    listing_after: u32,
) -> Result<bool, NotDone> {
    let (before, after) = (before.view()?, after.view()?);
    let weights = |view: &View<'_>, listing: u32| {
        let rows = view.rows_of_listing(listing).flat_map(|row| view.terms_of_row(row).iter());
        rows.map(|&term| view.terms.get(term as usize).map_or(0, |t| t.weight)).collect::<Vec<u16>>()
    };
    Ok(weights(&before, listing_before) != weights(&after, listing_after))
}

/// The parties that carry a word which two snapshots weigh differently, by their place in their index.
///
/// # Errors
/// When an index cannot be used.
pub fn parties_shifted<P: AsRef<[u8]>, A: AsRef<[u8]>, B: AsRef<[u8]>>(
    parties: &Index<P>,
    before: &Index<A>,
    after: &Index<B>,
) -> Result<Vec<u32>, NotDone> {
    let (parties, before, after) = (parties.view()?, before.view()?, after.view()?);
    let mut looked = FxHashSet::default();
    let mut met = Seen::default();
    met.clear(parties.listings.len());
    let mut found = Vec::new();
    for lists in [&before, &after] {
        for term in 0..lists.terms.len() as u32 {
            let is_name = lists.terms.get(term as usize).is_some_and(|t| class(t.class) == Class::Name);
            let text = seen(lists, term).text;
            if !is_name || !looked.insert(text) {
                continue;
            }
            exactly(&parties, text, |own| {
                let Some(meta) = parties.terms.get(own as usize) else { return };
                if class(meta.class) != Class::Name || seen(&parties, own).text != text {
                    return;
                }
                let weight = |view| weight_of_party(view, meta, text);
                if weight(&before).is_some_and(|weight| Some(weight) == self::weight_of_party(&after, meta, text)) {
                    return;
                }
                let carriers = parties.rows_of(own).iter().map(|&row| parties.listing_of_row(row));
                found.extend(carriers.filter(|&party| met.first(party)));
            });
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// What a word of a party weighs in lists; none if it may be one of several weights.
fn weight_of_party(lists: &View<'_>, term: &Term, text: &str) -> Option<u16> {
    let mut first = None;
    let mut is_sure = true;
    exactly(lists, text, |listed| {
        let Some(other) = lists.terms.get(listed as usize) else { return };
        let token = seen(lists, listed);
        if other.sort != term.sort || other.class != term.class || token.text != text {
            return;
        }
        let spelt = token.latin().first().copied();
        match first {
            // terms lie in the order in which a screening meets them
            None => first = Some((other.weight, spelt)),
            // one text spelt in two ways: which of them a screening meets first depends on the spelling
            Some((weight, known)) => is_sure &= known == spelt || weight == other.weight,
        }
    });
    is_sure.then(|| first.map_or(term.weight, |(weight, _)| weight))
}
