//! The index loses nothing: planned search and exhaustive search agree, on random names.

mod common;

use std::sync::Arc;

use common::{entity, index, kind, name, own_words, policy};
use interdict_model::{Entity, Kind, Name, NameQuality, Sourced};
use interdict_names::analyse::{Form, analyse};
use interdict_screening::index::party_sorts;
use interdict_screening::name_score::calibrated;
use interdict_screening::reference::compare_forms;
use interdict_screening::{Policy, Scratch, Words, compare};
use proptest::prelude::*;

/// The score of two forms from their letters, on the scale of the index.
fn name_score_of(party: &Form, listed: &Form, words: Option<&Arc<Words>>) -> i64 {
    calibrated(compare_forms(party, listed, words).score)
}

/// Whether sounds alone are compared, which the index holds at less than the letters say.
fn by_sound(party: &Form, listed: &Form) -> bool {
    party.run_on.is_some() && party.run_on == listed.run_on && (party.is_reading || listed.is_reading)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn planned_search_finds_what_exhaustive_search_finds(
        listed in prop::collection::vec(entity(), 1..40),
        parties in prop::collection::vec(entity(), 1..8),
        policies in prop::collection::vec(policy(), 1..3),
    ) {
        let index = index(&listed);
        // one memory for all policies, as a server has
        let (mut a, mut b) = (Scratch::default(), Scratch::default());
        for (party, policy) in parties.iter().flat_map(|party| policies.iter().map(move |policy| (party, policy))) {
            let planned = index.screen(party, policy, &mut a).expect("small parties are screened");
            let exhaustive = index.screen_exhaustive(party, policy, &mut b).expect("small parties are screened");
            prop_assert_eq!(planned, exhaustive);
        }
    }

    #[test]
    fn the_index_knows_what_the_letters_show(party in name(), listed in name(), kind in kind(), words in own_words()) {
        let entity = |text: &str| {
            let mut entity = Entity::of(kind);
            entity.names.push(Sourced::new(Name::new(text, NameQuality::Primary), "name"));
            entity
        };
        let policy = Policy { words: words.clone(), ..Policy::default() };
        let hit = compare(&entity(&party), &entity(&listed), &policy).expect("short names are compared");
        let mut best = 0;
        for &sort in party_sorts(kind) {
            let forms = |text| analyse(text, sort).expect("short names are analysed");
            let listed = forms(&listed);
            for (a, b) in forms(&party).iter().flat_map(|a| listed.iter().map(move |b| (a, b))) {
                if kind == Kind::Unknown && sort == interdict_names::analyse::Sort::Object {
                    continue; // a listing of unknown kind is filed as a person and an organisation
                }
                prop_assume!(!by_sound(a, b));
                best = best.max(name_score_of(a, b, words.as_ref()));
            }
        }
        let shown = hit.evidence.name.map_or(0, |name| name.score.0);
        prop_assert_eq!(shown, u16::try_from((best * 10_000 + 32_768) / 65_536).unwrap_or(0), "{} {}", party, listed);
    }

    #[test]
    fn every_listing_hits_itself_by_each_strong_name(listed in prop::collection::vec(entity(), 1..30)) {
        let index = index(&listed);
        let mut scratch = Scratch::default();
        for (ordinal, entity) in listed.iter().enumerate() {
            for name in entity.names.iter().filter(|n| n.value.quality != NameQuality::Weak) {
                let mut party = Entity::of(entity.kind);
                party.names.push(name.clone());
                let policy = Policy { limit: usize::MAX, ..Policy::default() };
                let hits = index.screen(&party, &policy, &mut scratch).expect("small parties are screened");
                prop_assert!(hits.iter().any(|h| h.ordinal as usize == ordinal), "{}", name.value.full);
            }
        }
    }
}

/// A party of initials alone is like every name there is: it is answered, or refused with the reason, soon.
#[test]
fn hostile_parties_are_bounded() {
    let letters = ["anna", "boris", "clara", "dmitri", "elena", "farid"];
    let listed: Vec<Entity> = (0..4_000)
        .map(|i| {
            let mut entity = Entity::of(Kind::Person);
            let name = (0..6).map(|j| format!("{}{}", letters[(i + j) % 6], (b'a' + (i * 7 + j) as u8 % 26) as char));
            entity
                .names
                .push(Sourced::new(Name::new(name.collect::<Vec<_>>().join(" "), NameQuality::Primary), "name"));
            entity
        })
        .collect();
    let index = index(&listed);
    let mut scratch = Scratch::default();
    for name in [["A"; 48].join(" "), "a b c d e f g h i j k l m n o p q r s t u v w x y z".to_owned()] {
        let mut party = Entity::of(Kind::Person);
        party.names.push(Sourced::new(Name::new(name.as_str(), NameQuality::Primary), "name"));
        let begun = std::time::Instant::now();
        let answer = index.screen(&party, &Policy::default(), &mut scratch);
        // fifty milliseconds in a release build; a debug build on a busy machine gets far more
        assert!(begun.elapsed().as_secs() < 10, "{name}: {:?}", begun.elapsed());
        if let Err(reason) = answer {
            assert!(reason.to_string().contains("bounded time"), "{reason}");
        }
    }
}
