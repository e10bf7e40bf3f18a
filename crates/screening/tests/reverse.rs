//! The index turned round loses nothing: whom a listing concerns is among the parties it names.

mod common;

use common::{entity, index, policy};
use interdict_screening::reverse::{self, Reverse};
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
        // one memory for all policies, as a service has
        let (mut scratch, mut memory) = (Scratch::default(), reverse::Scratch::default());
        for policy in &policies {
            let policy = Policy { limit: usize::MAX, ..policy.clone() };
            let reverse = Reverse::new(&indexed, &lists, &policy).expect("indexes just built can be used");
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
