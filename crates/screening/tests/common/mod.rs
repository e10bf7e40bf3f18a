//! Invented entities and policies for properties: few letters and words, so that much collides.

#![allow(dead_code, reason = "each test binary uses its own part")]

use std::sync::Arc;

use interdict_model::{
    Entity, Identifier, IdentifierKind, Kind, ListId, Listing, Name, NameQuality, PartialDate, Sourced,
};
use interdict_screening::{Ignored, Index, IndexBuilder, Policy, Score, WeakAliases, Words};
use proptest::prelude::*;

/// Few letters and few words, so that names collide, join, abbreviate and repeat.
pub fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[aeiklmn]{2,6}",
        2 => prop::sample::select(vec!["mohammed", "muhammad", "abdul", "abdulaziz", "aziz", "al", "bin", "kim", "jong", "un", "jongun"]).prop_map(str::to_owned),
        1 => "[a-e]",
        1 => prop::sample::select(vec!["Сергей", "Иванов", "محمد", "علي", "习近平", "金正恩", "김정은", "ナオミ"]).prop_map(str::to_owned),
        1 => prop::sample::select(vec!["LLC", "Ltd", "trading", "company", "12", "3", "of", "the"]).prop_map(str::to_owned),
    ]
}

/// A name of few words.
pub fn name() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..6).prop_map(|words| words.join(" "))
}

/// A kind.
pub fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![4 => Just(Kind::Person), 3 => Just(Kind::Organization), 1 => Just(Kind::Vessel), 1 => Just(Kind::Unknown)]
}

/// Whom lists hold and users screen.
pub fn entity() -> impl Strategy<Value = Entity> {
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

/// Equivalents and stop words out of the words that names are made of.
pub fn own_words() -> impl Strategy<Value = Option<Arc<Words>>> {
    let kind = prop::sample::select(vec!["spelling", "language", "nickname", "stop"]);
    let line = (kind, prop::collection::vec(word(), 2..5));
    let text = prop::collection::vec(line, 0..6).prop_map(|lines| {
        lines.iter().map(|(kind, words)| format!("{kind}\t{}\n", words.join(" "))).collect::<String>()
    });
    #[expect(clippy::expect_used, reason = "a helper of tests")]
    prop::option::of(text.prop_map(|text| Arc::new(Words::parse(&text).expect("lines of a known kind are read"))))
}

/// Any policy.
pub fn policy() -> impl Strategy<Value = Policy> {
    let weak = prop::sample::select(vec![WeakAliases::Scored, WeakAliases::Supporting, WeakAliases::Ignored]);
    let ignored = prop::sample::select(vec!["born", "country", "gender", "vessel.country", "person.born"]);
    #[expect(clippy::expect_used, reason = "a helper of tests")]
    let ignored = ignored.prop_map(|text| Ignored::parse(text).expect("a known attribute"));
    let ignore = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(ignored, 1..3)];
    (4_500..9_500_u16, weak, ignore, own_words()).prop_map(|(threshold, weak_aliases, ignore, words)| Policy {
        threshold: Score(threshold),
        limit: usize::MAX,
        weak_aliases,
        ignore,
        words,
        ..Policy::default()
    })
}

/// An index over listings.
pub fn index(entities: &[Entity]) -> Index<Vec<u8>> {
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
