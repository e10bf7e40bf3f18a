//! From a listing to the parties it may concern: the index turned round.
//!
//! The parties stand in the index ([`IndexBuilder::of_parties`](crate::IndexBuilder::of_parties)), a
//! listing asks. Scores are those of a party that asks the lists, so every bound here is one of
//! [`crate::name_score`] with the sides exchanged: the ratio's denominator multiplied out,
//!
//! ```text
//!   score ≥ T  ⇒  Σ g(e) ≥ need,   g = c·(s − T) + T·LISTED·r,   need = T·LISTED·Wr
//! ```
//!
//! with what the party leaves unmatched left out. Words weigh what the lists of the listing say, so
//! the same parties can be asked by any snapshot. A name that stands in two snapshots asks once for
//! both: of what a word can add, as a share of what is needed, the larger one counts.
//!
//! Promises: every party that would score at or above the policy's threshold against the listing is
//! named; some that would not are named too, and the caller scores them.
//!
//! Not here: the score itself (`search`), what changed and what to tell (`engine`).

use std::sync::atomic::{AtomicU64, Ordering};

use interdict_model::{Kind, NameQuality};
use interdict_names::analyse::Class;
use interdict_names::likeness::TokenView;

use crate::edges::Weighted;
use crate::expand::{Marks, Seen};
use crate::hit::Attribute;
use crate::index::{Index, NotDone, Row, View, sort};
use crate::matching::ONE;
use crate::own::Own;
use crate::pass::Kinds;
use crate::policy::{Policy, WeakAliases};
use crate::record::Said;
use crate::tally::Tally;

mod born;
mod bound;
mod joins;
mod query;
mod shift;
mod words;

pub use joins::Letters;
pub use shift::{listings_shifted, parties_shifted};

use query::Ask;
use words::Known;

/// Working memory of one thread.
#[derive(Default)]
pub struct Scratch {
    marks: Marks,
    known: Known,
    heads: Vec<u32>,
    entries: Vec<Entry>,
    touched: Vec<u32>,
    tally: Tally,
    parties: Seen,
    looked: Vec<(u32, Row)>,
    passed: Vec<(u32, [i64; 2])>,
    hashes: Vec<u32>,
    rows: Vec<u32>,
}

/// A term of a party that is like some of the listing's words.
struct Entry {
    at: u8,
    span: u8,
    /// What those words weigh, for each of those that ask.
    weights: [u16; 2],
    share: u16,
    next: u32,
}

/// Lists that ask.
struct Side<'a> {
    lists: View<'a>,
    own: Own,
}

/// Parties, lists and a policy, ready to tell whom a listing concerns.
pub struct Reverse<'a> {
    parties: View<'a>,
    own: Own,
    /// One, or those before a change and those after it.
    sides: Vec<Side<'a>>,
    /// What each word of the parties weighs on each side, if so many are asked that it is worth knowing.
    weights: Vec<Vec<(u16, u16)>>,
    policy: &'a Policy,
    letters: &'a Letters,
    /// Tells what was worked out for one from what was for another.
    id: u64,
}

static MADE: AtomicU64 = AtomicU64::new(1);

/// The listing that asks, as one side has it.
struct Asking<'a> {
    kinds: Kinds,
    said: Said<'a>,
    least: i64,
    counts: [bool; 3],
}

/// Whether a listing is asked before a change, after it, or both.
pub type Asked = [Option<u32>; 2];

impl<'a> Reverse<'a> {
    /// Parties of one index against the lists of another.
    ///
    /// # Errors
    /// When an index cannot be used.
    pub fn new<P: AsRef<[u8]>, L: AsRef<[u8]>>(
        parties: &'a Index<P>,
        lists: &'a Index<L>,
        policy: &'a Policy,
        letters: &'a Letters,
    ) -> Result<Self, NotDone> {
        Self::of(parties.view()?, &[lists.view()?], policy, letters)
    }

    /// Parties of one index against lists before and after a change.
    ///
    /// # Errors
    /// When an index cannot be used.
    pub fn between<P: AsRef<[u8]>, A: AsRef<[u8]>, B: AsRef<[u8]>>(
        parties: &'a Index<P>,
        (before, after): (&'a Index<A>, &'a Index<B>),
        policy: &'a Policy,
        letters: &'a Letters,
    ) -> Result<Self, NotDone> {
        Self::of(parties.view()?, &[before.view()?, after.view()?], policy, letters)
    }

    fn of(parties: View<'a>, lists: &[View<'a>], policy: &'a Policy, letters: &'a Letters) -> Result<Self, NotDone> {
        let own = |view: &View<'a>| Own::of(view, policy.words.as_ref());
        let sides = lists.iter().map(|lists| Side { lists: *lists, own: own(lists) }).collect();
        let id = MADE.fetch_add(1, Ordering::Relaxed);
        Ok(Self { own: own(&parties), sides, weights: Vec::new(), policy, letters, parties, id })
    }

    /// The parties, by their place in their index, that may reach the threshold against a listing.
    ///
    /// # Errors
    /// When there is no such listing.
    pub fn parties_like(&self, listing: u32, scratch: &mut Scratch) -> Result<Vec<u32>, NotDone> {
        self.parties_like_either([Some(listing), None], scratch)
    }

    /// The parties that may reach the threshold against a listing as it was, or as it is.
    ///
    /// # Errors
    /// When there is no such listing.
    pub fn parties_like_either(&self, asked: Asked, scratch: &mut Scratch) -> Result<Vec<u32>, NotDone> {
        scratch.known.belong_to(
            self.id,
            self.sides.len(),
            if self.weights.is_empty() { self.parties.terms.len() } else { 0 },
        );
        scratch.parties.clear(self.parties.listings.len());
        let mut found = Vec::new();
        let mut asks: Vec<Ask<'a>> = Vec::new();
        let mut asking: [Option<Asking<'a>>; 2] = [None, None];
        for (side, listing) in asked.into_iter().enumerate() {
            let (Some(listing), Some(of)) = (listing, self.sides.get(side)) else { continue };
            asking[side] = Some(self.asking(&of.lists, listing)?);
            self.by_identifier(&of.lists, listing, scratch, &mut found);
            self.names(side, listing, &mut asks);
        }
        while let Some(first) = asks.pop() {
            // the same name on the other side asks with it
            let twin = asks.iter().position(|other| self.can_ask_together(&first, other));
            let both = twin.map(|at| asks.swap_remove(at));
            let query = self.query(first, both, scratch);
            self.run(&query, &asking, scratch, &mut found);
        }
        found.sort_unstable();
        Ok(found)
    }

    fn asking(&self, lists: &View<'a>, listing: u32) -> Result<Asking<'a>, NotDone> {
        let Some(row) = lists.listings.get(listing as usize) else { return Err(NotDone::NoListing(listing)) };
        let kind = Kind::ALL.get(usize::from(row.kind)).copied().unwrap_or_default();
        let counts = |attribute| {
            let concerns = |of: Option<Kind>| of.is_none_or(|of| of == kind);
            !self.policy.ignore.iter().any(|i| i.attribute == attribute && concerns(i.kind))
        };
        Ok(Asking {
            kinds: Kinds::of(kind),
            said: Said { dates: lists.dates(listing), countries: lists.countries(listing), genders: row.genders },
            least: i64::from(self.policy.threshold.0) * ONE,
            counts: [Attribute::Born, Attribute::Country, Attribute::Gender].map(counts),
        })
    }

    /// The forms of a listing's names, each once.
    fn names(&self, side: usize, listing: u32, asks: &mut Vec<Ask<'a>>) {
        let Some(Side { lists, own }) = self.sides.get(side) else { return };
        let rows = lists.rows_of_listing(listing);
        for at in rows.clone() {
            let terms = lists.terms_of_row(at);
            let Some(meta) = lists.rows.get(at as usize) else { continue };
            let is_twin = |other: u32| {
                lists.rows.get(other as usize).is_some_and(|r| r.sort() == meta.sort())
                    && lists.terms_of_row(other) == terms
            };
            if terms.is_empty() || (rows.start..at).any(is_twin) || self.is_left_out(lists, meta) {
                continue;
            }
            let weighted = |&term| own.weighted(lists, term).unwrap_or(Weighted { class: Class::Name, weight: 0 });
            let tokens: Vec<Weighted> = terms.iter().map(weighted).collect();
            let total = tokens.iter().map(|t| i64::from(t.weight)).sum();
            asks.push(Ask { side, sort: sort(meta.sort()), terms, tokens, total });
        }
    }

    fn is_left_out(&self, lists: &View<'_>, meta: &Row) -> bool {
        let weak = NameQuality::Weak as u32;
        let name = |row: &Row| lists.names.get(row.name as usize);
        self.policy.weak_aliases == WeakAliases::Ignored
            && name(meta).is_some_and(|alias| {
                alias.quality == weak
                    // a twin of better quality is not looked at again
                    && !lists.rows_of_listing(alias.listing).any(|other| {
                        lists.rows.get(other as usize).is_some_and(|row| {
                            row.sort() == meta.sort()
                                && lists.terms_of(row) == lists.terms_of(meta)
                                && name(row).is_some_and(|name| name.quality != weak)
                        })
                    })
            })
    }

    fn by_identifier(&self, lists: &View<'_>, listing: u32, scratch: &mut Scratch, found: &mut Vec<u32>) {
        for row in lists.identifiers(listing) {
            let read = |json: &[u8]| serde_json::from_slice::<interdict_model::Identifier>(json).ok();
            let Some(listed) = read(lists.identifier_json(row)) else { continue };
            for own in self.parties.identifiers_like(&listed.key) {
                let agrees = read(self.parties.identifier_json(own)).is_some_and(|own| own.agrees_with(&listed));
                if agrees && scratch.parties.first(own.listing) {
                    found.push(own.listing);
                }
            }
        }
    }

    /// Whether two forms of names are one name on both sides. Initials are told apart, as no list holds what
    /// agrees with them and each side must be asked whether lists suffice.
    fn can_ask_together(&self, a: &Ask<'_>, b: &Ask<'_>) -> bool {
        let (Some(of_a), Some(of_b)) = (self.sides.get(a.side), self.sides.get(b.side)) else { return false };
        let is_same = |((&x, &y), (p, q)): ((&u32, &u32), (&Weighted, &Weighted))| {
            p.class == q.class && p.class != Class::Initial && is_one_term(&of_a.lists, x, &of_b.lists, y)
        };
        a.side != b.side
            && a.sort == b.sort
            && a.terms.len() == b.terms.len()
            && a.terms.iter().zip(b.terms).zip(a.tokens.iter().zip(&b.tokens)).all(is_same)
    }
}

/// Whether terms of two indexes are the same token in the same role, as an index tells terms apart.
fn is_one_term(a: &View<'_>, x: u32, b: &View<'_>, y: u32) -> bool {
    let (Some(of_x), Some(of_y)) = (a.terms.get(x as usize), b.terms.get(y as usize)) else { return false };
    (of_x.sort, of_x.class, of_x.script) == (of_y.sort, of_y.class, of_y.script) && a.written(x) == b.written(y)
}

/// A term as likeness sees it.
fn seen<'a>(view: &View<'a>, term: u32) -> TokenView<'a> {
    view.token(term)
}
