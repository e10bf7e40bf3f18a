//! From a party to its hits.
//!
//! For each form of each name: the terms like its words, a plan of which lists of rows to read,
//! a bound on every row found, an exact layout of those that pass; then for each listing its best
//! name, moved by dates, countries, gender and identifiers.
//!
//! Promises: the same hits and scores as [`Index::screen_exhaustive`], which looks at every row;
//! bounded work, beyond which the answer is an error.
//!
//! Not here: bounds (`plan`, `name_score`), words for the analyst (`words`).

use interdict_model::{Entity, NameQuality};

use crate::hit::{Attribute, Hit, Score, Verdict};
use crate::index::{Index, NotDone, View};
use crate::matching::ONE;
use crate::pass::{Best, Kinds, Listings, Pass, Reach, Scratch};
use crate::policy::{Policy, WeakAliases};
use crate::query::{MAX_NAMES, prepare};
use crate::record::{EVEN, Finding, Record, moved};
use crate::words::{hit, passed_over};

impl<B: AsRef<[u8]>> Index<B> {
    /// Screens one party: all listings at or above the policy's threshold, best first.
    pub fn screen(&self, party: &Entity, policy: &Policy, scratch: &mut Scratch) -> Result<Vec<Hit>, NotDone> {
        Ok(self.run(party, policy, scratch, Reach::Planned, &|_| true, &[])?.0)
    }

    /// The same among the listings asked for, and how many there are beyond the policy's limit too.
    pub fn screen_among(
        &self,
        party: &Entity,
        policy: &Policy,
        scratch: &mut Scratch,
        asked: &dyn Fn(u32) -> bool,
    ) -> Result<(Vec<Hit>, usize), NotDone> {
        self.run(party, policy, scratch, Reach::Planned, asked, &[])
    }

    /// The same by looking at every row of the index: slow, the judge of [`Index::screen`].
    pub fn screen_exhaustive(
        &self,
        party: &Entity,
        policy: &Policy,
        scratch: &mut Scratch,
    ) -> Result<Vec<Hit>, NotDone> {
        Ok(self.run(party, policy, scratch, Reach::Everything, &|_| true, &[])?.0)
    }

    /// The same among a few listings, each compared whatever its names: for pairs that are known to
    /// be worth it. `named` is in rising order.
    pub fn screen_named(
        &self,
        party: &Entity,
        policy: &Policy,
        scratch: &mut Scratch,
        named: &[u32],
    ) -> Result<Vec<Hit>, NotDone> {
        let asked = |listing: u32| named.binary_search(&listing).is_ok();
        Ok(self.run(party, policy, scratch, Reach::Named, &asked, named)?.0)
    }

    /// Compares one party with one listing, hit or not.
    pub fn explain(&self, party: &Entity, ordinal: u32, policy: &Policy) -> Result<Hit, NotDone> {
        let view = self.view()?;
        if ordinal as usize >= view.listings.len() {
            return Err(NotDone::NoListing(ordinal));
        }
        let policy = Policy { threshold: Score(0), ..policy.clone() };
        let (hits, _) = self.run(party, &policy, &mut Scratch::default(), Reach::Listing(ordinal), &|_| true, &[])?;
        hits.into_iter().next().ok_or(NotDone::NoListing(ordinal))
    }

    fn run(
        &self,
        party: &Entity,
        policy: &Policy,
        scratch: &mut Scratch,
        reach: Reach,
        asked: &dyn Fn(u32) -> bool,
        named: &[u32],
    ) -> Result<(Vec<Hit>, usize), NotDone> {
        let view = self.view()?;
        if party.names.len() > MAX_NAMES {
            return Err(NotDone::TooLarge(format!("{} names; the most we compare is {MAX_NAMES}", party.names.len())));
        }
        let own = scratch.cache.belong_to(&view, policy.words.as_ref());
        let own = own.as_ref();
        let forms = prepare(&view, own, party, &mut scratch.cache, &mut scratch.marks)
            .map_err(|e| NotDone::TooLarge(e.to_string()))?;
        let record = Record::of(party, policy);
        if forms.is_empty() && record.identifiers().is_empty() {
            return Err(NotDone::NothingToScreen);
        }
        let least = i64::from(policy.threshold.0) * ONE;
        let threshold = i64::from(policy.threshold.0) * ONE / 10_000;
        let listings = Listings { named: named.to_vec(), ..Listings::of(&view, &record) };
        scratch.begin(reach);
        let kinds = Kinds::of(party.kind);
        for (f, form) in forms.iter().enumerate() {
            let pass = Pass {
                view: &view,
                own,
                weak_aliases: policy.weak_aliases,
                form,
                index: f,
                kinds,
                threshold,
                record: &record,
                listings: &listings,
            };
            pass.run(scratch, reach)?;
        }
        let mut found: Vec<Candidate> = Vec::new();
        let mut consider = |listing: u32, best: Option<Best>| {
            let kind = view.listings.get(listing as usize).map_or(u8::MAX, |l| l.kind);
            if !kinds.allow(kind) && !listings.by_identifier.contains(&listing) && !matches!(reach, Reach::Listing(_)) {
                return;
            }
            let most = record.most_without_date() * record.lift_of_date(&view, listing).max(EVEN) / EVEN;
            let by_name = best.is_some_and(|best| moved(best.score, most) * 10_000 >= least);
            if !by_name && reach == Reach::Planned && listings.by_identifier.binary_search(&listing).is_err() {
                return;
            }
            let scored = |best: Option<Best>| record.score(&view, listing, best.map_or(0, |b| b.score));
            let (mut score, mut findings) = scored(best);
            let mut kept = best;
            let mut passed_over = None;
            let needs_support = policy.weak_aliases == WeakAliases::Supporting;
            if needs_support && best.is_some_and(|b| is_weak(&view, b.row)) && !supported(&findings) {
                passed_over = best;
                kept = scratch.best_strong.get(&listing).copied();
                (score, findings) = scored(kept);
            }
            if score * 10_000 >= least {
                found.push(Candidate { listing, score, best: kept, passed_over, findings });
            }
        };
        for (&listing, &best) in &scratch.best {
            consider(listing, Some(best));
        }
        match reach {
            Reach::Listing(listing) if !scratch.best.contains_key(&listing) => consider(listing, None),
            Reach::Planned | Reach::Everything | Reach::Named | Reach::Listing(_) => {
                for &listing in &listings.by_identifier {
                    if !scratch.best.contains_key(&listing) && reach.includes(listing) {
                        consider(listing, None);
                    }
                }
            }
        }
        // before the limit: a hit on another list must not push out one that was asked for
        found.retain(|candidate| asked(candidate.listing));
        let total = found.len();
        found.sort_by(|a, b| b.score.cmp(&a.score).then(a.listing.cmp(&b.listing)));
        found.truncate(policy.limit);
        let hits = found.into_iter().map(|Candidate { listing, score, best, passed_over: passed, findings }| {
            let layout = best.and_then(|best| {
                let form = forms.get(best.form)?;
                let pass = Pass {
                    view: &view,
                    own,
                    weak_aliases: policy.weak_aliases,
                    form,
                    index: best.form,
                    kinds,
                    threshold,
                    record: &record,
                    listings: &listings,
                };
                Some((form, best.row, pass.shown(best.row, scratch), best.score))
            });
            let name = layout.as_ref().map(|(f, r, (l, e), s)| (*f, *r, l, e.as_slice(), *s));
            let mut hit = hit(&view, own, party, listing, score, name, findings);
            if let Some(passed) = passed {
                let alias = view.rows.get(passed.row as usize).and_then(|r| view.names.get(r.name as usize));
                passed_over(&mut hit, alias.map_or("", |name| view.name_text(name)), passed.score);
            }
            hit
        });
        Ok((hits.collect(), total))
    }
}

/// A listing at or above the threshold, before it is put into words.
struct Candidate {
    listing: u32,
    score: i64,
    best: Option<Best>,
    /// A weak alias that is more like the party and found no support.
    passed_over: Option<Best>,
    findings: Vec<Finding>,
}

/// Whether a row is of a weak alias.
fn is_weak(view: &View<'_>, row: u32) -> bool {
    let name = view.rows.get(row as usize).and_then(|r| view.names.get(r.name as usize));
    name.is_some_and(|n| n.quality == NameQuality::Weak as u32)
}

/// Whether something that tells people apart agrees. Half the world shares a gender.
fn supported(findings: &[Finding]) -> bool {
    let tells = |attribute| match attribute {
        Attribute::Born | Attribute::Country | Attribute::Identifier => true,
        Attribute::Gender
        | Attribute::BirthPlace
        | Attribute::Address
        | Attribute::Kind
        | Attribute::Number
        | Attribute::Descent => false,
    };
    findings.iter().any(|f| f.verdict == Verdict::Agrees && tells(f.attribute))
}
