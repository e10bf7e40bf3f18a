//! Whether every listing is found by its own names: the least that a list version must give.
//!
//! Promises: each primary, strong and former name of each listing is one query, or is counted
//! among those that cannot be compared, with the reason; the answers come from the index as a
//! screening would use it.
//!
//! Not here: how names vary (`cli`, `evaluate variants`), what happens to a version that fails (`store`).

use std::sync::Arc;

use interdict_model::{Entity, ListId, Listing, NameQuality};
use interdict_screening::{NotDone, Policy, Score, Scratch};
use rayon::prelude::*;

use crate::{Engine, Snapshot, SnapshotError};

/// A name of a listing that did not lead back to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnName {
    /// The reference people quote, or the record.
    pub reference: String,
    /// Where in the publisher's file.
    pub place: String,
    /// The name.
    pub name: String,
    /// What became of it, in words.
    pub reason: String,
}

/// How the listings of one list are found by their own names.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// The list.
    pub list: ListId,
    /// Its listings.
    pub listings: u64,
    /// Their different primary, strong and former names.
    pub names: u64,
    /// Names that lead to their listing.
    pub found: u64,
    /// Names that do not.
    pub missed: Vec<OwnName>,
    /// Names that screening cannot take: too long, or without a letter or digit.
    pub not_compared: Vec<OwnName>,
    /// Listings that carry no such name: wallets, and those with weak aliases alone.
    pub nameless: u64,
    /// Listings that were not looked for because time was up.
    pub not_reached: u64,
}

impl Coverage {
    /// Whether every name that can be compared leads to its listing.
    pub fn is_whole(&self) -> bool {
        self.missed.is_empty()
    }
}

/// A stricter threshold that is tried first: what is a hit there is one at any lower threshold, and
/// far fewer listings come near it.
const FIRST_TRY: Score = Score::ONE;

/// Listings that one thread takes at a time: words repeat among them, and its memory keeps their expansions.
const IN_A_ROW: usize = 1_000;

/// Screens every listing of some lists by each of its own names, the name alone, as long as
/// `goes_on` says so; listings not begun then are counted and left: among thousands of almost equal
/// names each query is slow, and only the caller knows a clock.
///
/// # Errors
/// When a listing cannot be read, or the index cannot be used.
pub fn coverage(
    snapshot: &Arc<Snapshot>,
    policy: &Policy,
    lists: &[ListId],
    goes_on: &(dyn Fn() -> bool + Sync),
) -> Result<Vec<Coverage>, SnapshotError> {
    let engine = |threshold: Score| {
        // Every hit counts here, also one that a person would not scroll to.
        Engine::new(Arc::clone(snapshot), Policy { threshold, limit: usize::MAX, ..policy.clone() }, Vec::new())
    };
    let tries = [engine(policy.threshold.max(FIRST_TRY)), engine(policy.threshold)];
    let mut all = Vec::new();
    for list in lists {
        let ordinals: Vec<u32> = snapshot.ordinals(list).into_iter().flatten().collect();
        let listings = ordinals.len() as u64;
        let one = |scratch: &mut Scratch, ordinal: u32| {
            if !goes_on() {
                return Ok(None);
            }
            let listing = snapshot.listing(ordinal)?;
            let answers = own_names(&listing)
                .into_iter()
                .map(|name| Ok((answer(&tries, &listing, ordinal, name, scratch)?, own(&listing, name))));
            answers.collect::<Result<Vec<_>, SnapshotError>>().map(Some)
        };
        let rows = ordinals
            .into_par_iter()
            .with_min_len(IN_A_ROW)
            .map_init(Scratch::default, one)
            .collect::<Result<Vec<_>, _>>()?;
        let mut coverage = Coverage {
            list: list.clone(),
            listings,
            names: 0,
            found: 0,
            missed: Vec::new(),
            not_compared: Vec::new(),
            nameless: rows.iter().flatten().filter(|names| names.is_empty()).count() as u64,
            not_reached: rows.iter().filter(|names| names.is_none()).count() as u64,
        };
        for (answer, name) in rows.into_iter().flatten().flatten() {
            coverage.names = coverage.names.saturating_add(1);
            match answer {
                Answer::Found => coverage.found = coverage.found.saturating_add(1),
                Answer::Missed(reason) => coverage.missed.push(OwnName { reason, ..name }),
                Answer::NotCompared(reason) => coverage.not_compared.push(OwnName { reason, ..name }),
            }
        }
        all.push(coverage);
    }
    Ok(all)
}

enum Answer {
    Found,
    Missed(String),
    NotCompared(String),
}

/// The names that the publisher vouches for, each once.
fn own_names(listing: &Listing) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in &listing.entity.names {
        let vouched = match name.value.quality {
            NameQuality::Primary | NameQuality::Strong | NameQuality::Former => true,
            // A weak alias is supporting evidence: it need not be a hit by itself.
            NameQuality::Weak => false,
        };
        if vouched && !names.contains(&name.value.full.as_str()) {
            names.push(&name.value.full);
        }
    }
    names
}

fn own(listing: &Listing, name: &str) -> OwnName {
    OwnName {
        reference: listing.quoted().to_owned(),
        place: listing.place.clone(),
        name: name.to_owned(),
        reason: String::new(),
    }
}

fn answer(
    tries: &[Engine],
    listing: &Listing,
    ordinal: u32,
    name: &str,
    scratch: &mut Scratch,
) -> Result<Answer, SnapshotError> {
    let mut party = Entity::of(listing.entity.kind);
    party.names.extend(listing.entity.names.iter().find(|own| own.value.full == name).cloned());
    for engine in tries {
        match engine.scores(&party, scratch) {
            Ok(hits) if hits.iter().any(|(hit, _)| *hit == ordinal) => return Ok(Answer::Found),
            Ok(_) => {}
            Err(error @ (NotDone::NothingToScreen | NotDone::TooLarge(_))) => {
                return Ok(Answer::NotCompared(error.to_string().lines().next().unwrap_or("").to_owned()));
            }
            Err(error @ (NotDone::BadIndex(_) | NotDone::NoListing(_))) => return Err(error.into()),
        }
    }
    let Some(engine) = tries.last() else { return Ok(Answer::Missed(String::new())) };
    let score = engine.explain(&party, ordinal)?.hit.score;
    Ok(Answer::Missed(format!("scores {:.4}, and {} is a hit", score.share(), engine.policy().threshold)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Digest, Kind, ListVersion, Name, Sourced};

    fn listing(record: &str, kind: Kind, names: &[(&str, NameQuality)]) -> Listing {
        let mut entity = Entity::of(kind);
        entity.names.extend(names.iter().map(|(name, quality)| Sourced::new(Name::new(*name, *quality), "name")));
        Listing {
            list: ListId("own".to_owned()),
            record: record.to_owned(),
            place: format!("record {record}"),
            reference: None,
            entity,
            designations: Vec::new(),
            links: Vec::new(),
        }
    }

    #[test]
    fn every_name_is_found_or_named() {
        use NameQuality::{Former, Primary, Strong, Weak};
        let long = "Orsolya ".repeat(60);
        let listings = vec![
            listing("1", Kind::Person, &[("Orsolya Vanderploeg", Primary), ("Orsolia van der Ploeg", Strong)]),
            listing("2", Kind::Organization, &[("Quillfeather Dredging", Primary), ("Quillfeather Dredging", Former)]),
            listing("3", Kind::Person, &[("The Tall One", Weak)]),
            listing("4", Kind::Person, &[("Teodric Mbekilovic", Primary), (&long, Strong), ("-", Strong)]),
        ];
        let version = ListVersion {
            list: ListId("own".to_owned()),
            digest: Digest::of(b"own"),
            published: None,
            format: "own".to_owned(),
            records: 4,
            listings: 4,
            rejections: 0,
        };
        let snapshot = Arc::new(Snapshot::in_memory(vec![(version, listings)]).unwrap());
        let all = coverage(&snapshot, &Policy::default(), &[ListId("own".to_owned())], &|| true).unwrap();
        let own = &all[0];
        assert!(own.is_whole(), "{own:?}");
        assert_eq!((own.listings, own.names, own.found, own.nameless), (4, 6, 4, 1));
        let reasons: Vec<&str> = own.not_compared.iter().map(|name| name.reason.as_str()).collect();
        assert!(reasons[0].contains("60 words") && reasons[1].contains("no name with letters"), "{reasons:?}");
        // Nothing reaches beyond certainty: the same names against a threshold that cannot be reached.
        let strict = Policy { threshold: Score(10_001), ..Policy::default() };
        let own = &coverage(&snapshot, &strict, &[ListId("own".to_owned())], &|| true).unwrap()[0];
        assert_eq!((own.found, own.missed.len()), (0, 4));
        assert_eq!((own.missed[0].reference.as_str(), own.missed[0].name.as_str()), ("1", "Orsolya Vanderploeg"));
        // Time that is up leaves listings, and says so.
        let own = &coverage(&snapshot, &strict, &[ListId("own".to_owned())], &|| false).unwrap()[0];
        assert_eq!((own.names, own.not_reached), (0, 4));
    }
}
