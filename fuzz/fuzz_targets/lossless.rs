//! The index against the plain version that scores every listing, on names out of the fuzzer:
//! any letters of any script, and pieces that collide, join, abbreviate and repeat.

#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use interdict_model::{Country, Entity, Kind, ListId, Listing, Name, NameQuality, PartialDate, Sourced};
use interdict_screening::{Index, IndexBuilder, Policy, Score, Scratch};
use libfuzzer_sys::fuzz_target;

const PIECES: [&str; 40] = [
    "mohammed", "muhammad", "abdul", "abdulaziz", "aziz", "al", "bin", "ibn", "kim", "jong", "un", "jongun", "van", "der",
    "vanderploeg", "Сергей", "Иванов", "Ivanov", "محمد", "علي", "习近平", "xi", "jinping", "金正恩", "김정은", "ナオミ", "naomi",
    "LLC", "Ltd", "GmbH", "trading", "company", "bank", "12", "3", "III", "of", "the", "J", "A.",
];

#[derive(Debug)]
struct Text(String);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let mut text = String::new();
        for _ in 0..u.int_in_range(1..=6)? {
            match u.int_in_range(0..=3)? {
                0 => (0..u.int_in_range(1..=7)?).try_for_each(|_| {
                    text.push(u.arbitrary()?);
                    arbitrary::Result::Ok(())
                })?,
                1 => (0..u.int_in_range(1..=7)?).try_for_each(|_| {
                    text.push(*u.choose(&['a', 'e', 'i', 'k', 'l', 'm', 'n', 'h'])?);
                    arbitrary::Result::Ok(())
                })?,
                _ => text.push_str(u.choose(&PIECES)?),
            }
            if u.ratio(4, 5)? {
                text.push(*u.choose(&[' ', ' ', ' ', '-', '.', '\'', ','])?);
            }
        }
        Ok(Self(text))
    }
}

#[derive(Debug)]
struct Party(Entity);

impl<'a> Arbitrary<'a> for Party {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let kinds = [Kind::Person, Kind::Person, Kind::Organization, Kind::Organization, Kind::Vessel, Kind::Unknown];
        let mut entity = Entity::of(*u.choose(&kinds)?);
        for _ in 0..u.int_in_range(1..=3)? {
            let quality = if u.ratio(1, 4)? { NameQuality::Weak } else { NameQuality::Primary };
            entity.names.push(Sourced::new(Name::new(Text::arbitrary(u)?.0, quality), "name"));
        }
        if u.arbitrary()? {
            let (year, month, day) = (u.int_in_range(1960..=1963)?, u.int_in_range(1..=3)?, u.int_in_range(1..=3)?);
            let date = if u.arbitrary()? { PartialDate::year(year) } else { PartialDate::ymd(year, month, day) };
            entity.births.extend(date.map(|date| Sourced::new(date, "born")));
        }
        if u.arbitrary()? {
            let country = Country::parse(u.choose(&["kp", "ir", "ru"])?);
            entity.nationalities.extend(country.map(|country| Sourced::new(country, "country")));
        }
        Ok(Self(entity))
    }
}

#[derive(Arbitrary, Debug)]
struct Case {
    listed: Vec<Party>,
    parties: Vec<Party>,
    threshold: u16,
}

fuzz_target!(|case: Case| {
    let mut builder = IndexBuilder::default();
    for (i, Party(entity)) in case.listed.into_iter().take(24).enumerate() {
        builder.add(&Listing {
            list: ListId("fuzz".to_owned()),
            record: i.to_string(),
            place: String::new(),
            reference: None,
            entity,
            designations: Vec::new(),
            links: Vec::new(),
        });
    }
    let index = Index::open(builder.finish()).expect("an index just built opens");
    let threshold = Score(4_500 + case.threshold % 5_000);
    let policy = Policy { threshold, limit: usize::MAX, ..Policy::default() };
    let (mut a, mut b) = (Scratch::default(), Scratch::default());
    for Party(party) in case.parties.iter().take(6) {
        let (planned, plain) = (index.screen(party, &policy, &mut a), index.screen_exhaustive(party, &policy, &mut b));
        // what is too large for one way may be within the bounds of the other: it is never clear
        if let (Ok(planned), Ok(plain)) = (planned, plain) {
            assert_eq!(planned, plain, "{:?}", party.names);
        }
    }
});
