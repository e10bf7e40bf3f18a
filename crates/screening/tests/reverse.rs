//! The index turned round loses nothing: whom a listing concerns is among the parties it names.

mod common;

use common::{entity, index, policy};
use interdict_screening::reverse::{self, Letters, Reverse};
use interdict_screening::{Index, IndexBuilder, Policy, Scratch};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn every_party_at_the_threshold_is_named(
        listed in prop::collection::vec(entity(), 1..12),
        parties in prop::collection::vec(entity(), 1..40),
        policies in prop::collection::vec(policy(), 1..3),
    ) {
        let lists = index(&listed);
        let mut builder = IndexBuilder::of_parties();
        parties.iter().for_each(|party| builder.add_entity(party));
        let indexed = Index::open(builder.finish()).expect("an index just built opens");
        let letters = Letters::of(&indexed).expect("an index just built can be used");
        // one memory for all policies, as a service has
        let (mut scratch, mut memory) = (Scratch::default(), reverse::Scratch::default());
        for policy in &policies {
            let policy = Policy { limit: usize::MAX, ..policy.clone() };
            let reverse = Reverse::new(&indexed, &lists, &policy, &letters).expect("indexes just built can be used");
            let mut hits = vec![Vec::new(); listed.len()];
            for (number, party) in parties.iter().enumerate() {
                let all = lists.screen_exhaustive(party, &policy, &mut scratch).expect("small parties are screened");
                for hit in &all {
                    let alone = lists.screen_named(party, &policy, &mut scratch, &[hit.ordinal]);
                    prop_assert_eq!(vec![hit.clone()], alone.expect("small parties are screened"));
                    hits[hit.ordinal as usize].push(number as u32);
                }
            }
            for (listing, hits) in hits.iter().enumerate() {
                let named = reverse.parties_like(listing as u32, &mut memory).expect("the listing is there");
                let missed: Vec<_> = hits.iter().filter(|party| named.binary_search(party).is_err()).collect();
                prop_assert!(missed.is_empty(), "{:?} misses {:?}", listed[listing], parties[*missed[0] as usize]);
            }
        }
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn every_party_at_the_threshold_before_or_after_a_change_is_named(
        before in prop::collection::vec(entity(), 2..10),
        added in prop::collection::vec(entity(), 1..6),
        parties in prop::collection::vec(entity(), 1..40),
        policy in policy(),
        weighs_all in any::<bool>(),
    ) {
        // all move up by one, each stands twice so that its words weigh less, and the last says something else
        let mut after = before[1..].to_vec();
        let last = after.len() - 1;
        after[last].names.clone_from(&added[0].names);
        after.extend(before[1..].iter().cloned());
        after.extend(added);
        let lists = [index(&before), index(&after)];
        let mut builder = IndexBuilder::of_parties();
        parties.iter().for_each(|party| builder.add_entity(party));
        let indexed = Index::open(builder.finish()).expect("an index just built opens");
        let letters = Letters::of(&indexed).expect("an index just built can be used");
        let policy = Policy { limit: usize::MAX, ..policy };
        let both = (&lists[0], &lists[1]);
        let mut reverse = Reverse::between(&indexed, both, &policy, &letters).expect("indexes just built can be used");
        if weighs_all {
            reverse.weigh_all();
        }
        let (mut scratch, mut memory) = (Scratch::default(), reverse::Scratch::default());
        let pairs = (0..before.len() as u32).map(|at| [Some(at), at.checked_sub(1)]);
        let new = (last as u32 + 1..after.len() as u32).map(|at| [None, Some(at)]);
        for asked in pairs.chain(new) {
            let named = reverse.parties_like_either(asked, &mut memory).expect("the listing is there");
            for (number, party) in (0..).zip(&parties) {
                for (lists, listing) in lists.iter().zip(asked).filter_map(|(lists, at)| Some((lists, at?))) {
                    let hits = lists.screen_named(party, &policy, &mut scratch, &[listing]);
                    let is_hit = !hits.expect("small parties are screened").is_empty();
                    prop_assert!(!is_hit || named.binary_search(&number).is_ok(), "{:?} misses {:?}", asked, party);
                }
            }
        }
    }
}
