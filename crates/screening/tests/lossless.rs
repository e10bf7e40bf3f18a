//! The index loses nothing: planned search and exhaustive search agree, on random names.

use interdict_model::{
    Entity, Identifier, IdentifierKind, Kind, ListId, Listing, Name, NameQuality, PartialDate, Sourced,
};
use interdict_screening::{Index, IndexBuilder, Policy, Score, Scratch};
use proptest::prelude::*;

/// Few letters and few words, so that names collide, join, abbreviate and repeat.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[aeiklmn]{2,6}",
        2 => prop::sample::select(vec!["mohammed", "muhammad", "abdul", "abdulaziz", "aziz", "al", "bin", "kim", "jong", "un", "jongun"]).prop_map(str::to_owned),
        1 => "[a-e]",
        1 => prop::sample::select(vec!["Сергей", "Иванов", "محمد", "علي", "习近平", "金正恩", "김정은", "ナオミ"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["LLC", "Ltd", "trading", "company", "12", "3", "of", "the"]).prop_map(str::to_owned),
    ]
}

fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..6).prop_map(|words| words.join(" "))
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![4 => Just(Kind::Person), 3 => Just(Kind::Organization), 1 => Just(Kind::Vessel), 1 => Just(Kind::Unknown)]
}

fn entity() -> impl Strategy<Value = Entity> {
    let quality = prop_oneof![3 => Just(NameQuality::Primary), 1 => Just(NameQuality::Weak)];
    let names = prop::collection::vec((name(), quality), 1..4);
    let born = prop::option::of((1960..1964_i16, 1..4_i8, 1..4_i8, any::<bool>()));
    let country = prop::option::of(prop::sample::select(vec!["kp", "ir", "ru"]));
    let number = prop::option::of("[1-3]{5}");
    (kind(), names, born, country, number).prop_map(|(kind, names, born, country, number)| {
        let mut entity = Entity::of(kind);
        entity.names = names.into_iter().map(|(n, q)| Sourced::new(Name::new(n, q), "name")).collect();
        entity.births = born
            .and_then(|(y, m, d, year)| if year { PartialDate::year(y) } else { PartialDate::ymd(y, m, d) })
            .map(|date| Sourced::new(date, "born"))
            .into_iter()
            .collect();
        entity.nationalities =
            country.and_then(interdict_model::Country::parse).map(|c| Sourced::new(c, "country")).into_iter().collect();
        entity.identifiers = number
            .map(|n| Sourced::new(Identifier::new(IdentifierKind::Passport, &n), "passport"))
            .into_iter()
            .collect();
        entity
    })
}

fn index(entities: &[Entity]) -> Index<Vec<u8>> {
    let mut builder = IndexBuilder::default();
    for (i, entity) in entities.iter().enumerate() {
        builder.add(&Listing {
            list: ListId("test".into()),
            record: i.to_string(),
            place: String::new(),
            reference: None,
            entity: entity.clone(),
            designations: Vec::new(),
            links: Vec::new(),
        });
    }
    #[expect(clippy::expect_used, reason = "a helper of tests")]
    Index::open(builder.finish()).expect("an index just built opens")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn planned_search_finds_what_exhaustive_search_finds(
        listed in prop::collection::vec(entity(), 1..40),
        parties in prop::collection::vec(entity(), 1..8),
        threshold in 4_500..9_500_u16,
    ) {
        let index = index(&listed);
        let policy = Policy { threshold: Score(threshold), limit: usize::MAX, ..Policy::default() };
        let (mut a, mut b) = (Scratch::default(), Scratch::default());
        for party in &parties {
            let planned = index.screen(party, &policy, &mut a).expect("small parties are screened");
            let exhaustive = index.screen_exhaustive(party, &policy, &mut b).expect("small parties are screened");
            prop_assert_eq!(planned, exhaustive);
        }
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
