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
use rustc_hash::{FxHashMap, FxHashSet};

use super::{is_one_term, seen};
use crate::expand::{Seen, exactly};
use crate::index::{Index, NotDone, Term, View, class};

/// The words that are not the same in two indexes.
#[derive(Default)]
struct Moved {
    /// Terms of the index before that weigh something else after.
    terms: Vec<u32>,
    /// Terms that one of them alone has.
    gone: Vec<u32>,
    new: Vec<u32>,
}

impl Moved {
    /// Pairs the terms of two indexes. Listings mostly stand in the same order, so that a term is mostly followed
    /// by the same one; where it is not, it is looked up.
    fn between(before: &View<'_>, after: &View<'_>) -> Self {
        let mut moved = Self::default();
        let mut met = vec![false; after.terms.len()];
        let mut next = 0_u32;
        for (term, meta) in (0..).zip(before.terms) {
            let mut twin = Some(next).filter(|&next| is_one_term(before, term, after, next));
            if twin.is_none() {
                exactly(after, seen(before, term).text, |other| {
                    twin = twin.or(Some(other).filter(|&other| is_one_term(before, term, after, other)));
                });
            }
            let Some(twin) = twin else {
                moved.gone.push(term);
                continue;
            };
            next = twin + 1;
            if let Some(met) = met.get_mut(twin as usize) {
                *met = true;
            }
            if after.terms.get(twin as usize).is_some_and(|other| other.weight != meta.weight) {
                moved.terms.push(term);
            }
        }
        moved.new = (0..).zip(met).filter(|(_, met)| !met).map(|(term, _)| term).collect();
        moved
    }
}

/// The listings of the index before, in rising order, that carry a word which weighs something else in the index
/// after. One that says the same in both is shifted if it is among them, and only then.
///
/// # Errors
/// When an index cannot be used.
pub fn listings_shifted<A: AsRef<[u8]>, B: AsRef<[u8]>>(
    before: &Index<A>,
    after: &Index<B>,
) -> Result<Vec<u32>, NotDone> {
    let (before, after) = (before.view()?, after.view()?);
    let moved = Moved::between(&before, &after);
    let rows = moved.terms.iter().flat_map(|&term| before.rows_of(term));
    let mut listings: Vec<u32> = rows.map(|&row| before.listing_of_row(row)).collect();
    listings.sort_unstable();
    listings.dedup();
    Ok(listings)
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
    let moved = Moved::between(&before, &after);
    let mut texts: Vec<&str> = Vec::new();
    texts.extend(moved.terms.iter().chain(&moved.gone).map(|&term| seen(&before, term).text));
    texts.extend(moved.new.iter().map(|&term| seen(&after, term).text));
    ambiguous(&before, &mut texts);
    ambiguous(&after, &mut texts);
    let mut looked = FxHashSet::default();
    let mut met = Seen::default();
    met.clear(parties.listings.len());
    let mut found = Vec::new();
    for text in texts.into_iter().filter(|text| looked.insert(*text)) {
        exactly(&parties, text, |own| {
            let Some(meta) = parties.terms.get(own as usize) else { return };
            if class(meta.class) != Class::Name || seen(&parties, own).text != text {
                return;
            }
            if weighs_the_same(&Weighing::of(&before, meta, text), &Weighing::of(&after, meta, text), meta) {
                return;
            }
            let carriers = parties.rows_of(own).iter().map(|&row| parties.listing_of_row(row));
            found.extend(carriers.filter(|&party| met.first(party)));
        });
    }
    found.sort_unstable();
    Ok(found)
}

/// Texts of which an index has several terms of one sort that weigh differently.
fn ambiguous<'a>(lists: &View<'a>, texts: &mut Vec<&'a str>) {
    let mut known: FxHashMap<(u32, u8), u16> = FxHashMap::default();
    for (term, meta) in (0..).zip(lists.terms).filter(|(_, meta)| class(meta.class) == Class::Name) {
        let Some(text) = lists.text_spelling(term) else { continue };
        if lists.terms_spelt(text).len() > 1 && *known.entry((text, meta.sort)).or_insert(meta.weight) != meta.weight {
            texts.push(lists.spelling(text));
        }
    }
}

/// The terms of an index that can say what a word of a party weighs, in the order in which they lie.
struct Weighing<'a> {
    weights: Vec<u16>,
    /// How each is spelt, its text first, and where that spelling lies among all.
    spelt: Vec<(&'a str, u32)>,
}

impl<'a> Weighing<'a> {
    fn of(lists: &View<'a>, term: &Term, text: &str) -> Self {
        let mut all = Self { weights: Vec::new(), spelt: Vec::new() };
        exactly(lists, text, |listed| {
            let fits = lists.terms.get(listed as usize).filter(|o| o.sort == term.sort && o.class == term.class);
            if let Some(other) = fits.filter(|_| seen(lists, listed).text == text) {
                all.weights.push(other.weight);
                all.spelt.extend(lists.spellings_of(listed).iter().map(|&s| (lists.spelling(s), s)));
            }
        });
        all
    }

    fn is_one_weight(&self) -> bool {
        self.weights.windows(2).all(|pair| pair.first() == pair.last())
    }

    /// Whether a screening meets the same terms in the same order: which of several it meets first depends on the
    /// order of their spellings and on nothing else that two indexes can have differently.
    fn is_met_like(&self, other: &Self) -> bool {
        let order = |all: &Self| -> Vec<std::cmp::Ordering> {
            let places = || all.spelt.iter().map(|(_, place)| place);
            places().flat_map(|a| places().map(move |b| a.cmp(b))).collect()
        };
        let texts = |all: &Self| all.spelt.iter().map(|(text, _)| (*text).to_owned()).collect::<Vec<_>>();
        self.weights == other.weights && texts(self) == texts(other) && order(self) == order(other)
    }
}

fn weighs_the_same(before: &Weighing<'_>, after: &Weighing<'_>, term: &Term) -> bool {
    let weight = |of: &Weighing<'_>| of.weights.first().copied().unwrap_or(term.weight);
    before.is_one_weight() && after.is_one_weight() && weight(before) == weight(after) || before.is_met_like(after)
}
