//! Re-screening tells exactly what screening every party twice would tell: on invented lists, and on
//! the publishers' own series where they are.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use interdict_engine::model::{
    Country, Designation, Digest, Entity, Identifier, IdentifierKind, Kind, ListId, ListVersion, Listing, Name,
    NameQuality, PartialDate, Sourced,
};
use interdict_engine::monitor::{Cause, Event, EventKind, Parties, Watched, What};
use interdict_engine::{Engine, Policy, Score, Snapshot};
use interdict_lists::{Options, SourceFile, group, read};
use interdict_testkit::real_data;

/// Numbers that look random and are the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % n.max(1)
    }

    fn one<'a, T: ?Sized>(&mut self, of: &[&'a T]) -> &'a T {
        of[self.below(of.len())]
    }
}

const WORDS: [&str; 26] = [
    "Orsolya",
    "Vanderploeg",
    "Van",
    "der",
    "Ploeg",
    "Teodric",
    "Mbekilovic",
    "Quill",
    "Quille",
    "Sergey",
    "Sergei",
    "Ivanovich",
    "al",
    "Rashidi",
    "Rashid",
    "Mohammed",
    "Muhammad",
    "bin",
    "Omar",
    "J",
    "K",
    "Kim",
    "Jong",
    "Jongun",
    "Сергей",
    "محمد",
];
const FIRM: [&str; 12] =
    ["Quill", "Dredging", "Trading", "Company", "LLC", "Ltd", "Bank", "Orient", "Star", "2", "7", "of"];

fn name(dice: &mut Dice, kind: Kind) -> String {
    let of: &[&str] = if kind == Kind::Person { &WORDS } else { &FIRM };
    let count = 1 + dice.below(4);
    (0..count).map(|_| dice.one(of)).collect::<Vec<_>>().join(" ")
}

fn entity(dice: &mut Dice) -> Entity {
    let kind = [Kind::Person, Kind::Person, Kind::Organization, Kind::Vessel, Kind::Unknown][dice.below(5)];
    let mut entity = Entity::of(kind);
    for at in 0..=dice.below(2) {
        let quality =
            if at == 0 { NameQuality::Primary } else { [NameQuality::Strong, NameQuality::Weak][dice.below(2)] };
        entity.names.push(Sourced::new(Name::new(name(dice, kind), quality), "name"));
    }
    if dice.below(3) > 0 {
        let (year, month, day) = (1960 + dice.below(4) as i16, 1 + dice.below(3) as i8, 1 + dice.below(3) as i8);
        let date = match dice.below(3) {
            0 => PartialDate::year(year),
            1 => PartialDate::year(year).map(PartialDate::circa),
            _ => PartialDate::ymd(year, month, day),
        };
        entity.births.extend(date.map(|date| Sourced::new(date, "born")));
    }
    if dice.below(3) == 0 {
        let country = Country::parse(dice.one(&["kp", "ir", "ru"]));
        entity.nationalities.extend(country.map(|country| Sourced::new(country, "country")));
    }
    if dice.below(5) == 0 {
        let number = format!("{}", 10_000 + dice.below(30));
        entity.identifiers.push(Sourced::new(Identifier::new(IdentifierKind::Passport, &number), "passport"));
    }
    entity
}

fn listing(record: usize, entity: Entity, programme: &str) -> Listing {
    let act = Designation { programme: programme.to_owned(), ..Designation::default() };
    Listing {
        list: ListId("own".to_owned()),
        record: record.to_string(),
        place: format!("record {record}"),
        reference: None,
        entity,
        designations: vec![Sourced::new(act, "programme")],
        links: Vec::new(),
    }
}

fn snapshot(listings: &[Listing]) -> Arc<Snapshot> {
    let mut by_list: BTreeMap<ListId, Vec<Listing>> = BTreeMap::new();
    listings.iter().for_each(|one| by_list.entry(one.list.clone()).or_default().push(one.clone()));
    let lists = by_list.into_iter().map(|(list, listings)| {
        let version = ListVersion {
            digest: Digest::of(&serde_json::to_vec(&listings).unwrap()),
            list,
            published: None,
            format: "own".to_owned(),
            records: listings.len() as u64,
            listings: listings.len() as u64,
            rejections: 0,
        };
        (version, listings)
    });
    Arc::new(Snapshot::in_memory(lists.collect()).unwrap())
}

fn lines(events: &[Event]) -> BTreeSet<String> {
    events.iter().map(|event| serde_json::to_string(event).unwrap()).collect()
}

/// Re-screens and screens everybody twice; both must say the same.
fn agreed(before: &Engine, after: &Engine, parties: &Parties, what: &str) -> Vec<Event> {
    let found = after.rescreen(before, parties, &|_| false).unwrap();
    // whose change it was is said by the quick way only: both are told the same
    let causes: BTreeMap<(String, String), Cause> =
        found.events.iter().map(|e| ((e.party.id.clone(), e.listing.clone()), e.cause)).collect();
    let mut all = after.rescreen_all(before, parties, &|_| Cause::Listing).unwrap();
    for event in &mut all {
        event.cause = causes.get(&(event.party.id.clone(), event.listing.clone())).copied().unwrap_or(Cause::Policy);
        event.alert = !(event.cause == Cause::Words && event.event == EventKind::Changed);
    }
    let (quick, slow) = (lines(&found.events), lines(&all));
    assert_eq!(quick.len(), found.events.len(), "{what}: no event twice");
    let missed: Vec<&String> = slow.difference(&quick).take(2).collect();
    let too_many: Vec<&String> = quick.difference(&slow).take(2).collect();
    assert!(missed.is_empty() && too_many.is_empty(), "{what}: missed {missed:#?}, too many {too_many:#?}");
    eprintln!("{what}: {} events; {:?}", found.events.len(), found.looked);
    found.events
}

#[test]
fn invented_lists_change_and_every_event_is_told() {
    let mut seen: BTreeMap<(EventKind, Cause), usize> = BTreeMap::new();
    let mut what: BTreeSet<What> = BTreeSet::new();
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let before: Vec<Listing> =
            (0..40).map(|record| listing(record, entity(&mut dice), dice.one(&["A", "B"]))).collect();
        let mut after: Vec<Listing> = before.clone();
        for _ in 0..4 {
            let at = dice.below(after.len());
            match dice.below(5) {
                0 => drop(after.remove(at)),
                1 => after[at].designations[0].value.programme = "C".to_owned(),
                2 => after[at].entity = entity(&mut dice),
                3 => after[at].entity.births.clear(),
                _ => after.insert(at, listing(100 + at, entity(&mut dice), "D")),
            }
        }
        let parties: Vec<Watched> =
            (0..80).map(|id| Watched { id: format!("C-{id}"), entity: entity(&mut dice) }).collect();
        let parties = Parties::in_memory(parties).unwrap();
        let threshold = Score(5_500 + 500 * dice.below(6) as u16);
        // a limit must not hide an event
        let policy = Policy { threshold, limit: 1, ..Policy::default() };
        let engine = |listings: &[Listing]| Engine::new(snapshot(listings), policy.clone(), Vec::new());
        let (before, after) = (engine(&before), engine(&after));
        for event in agreed(&before, &after, &parties, &format!("seed {seed}")) {
            *seen.entry((event.event, event.cause)).or_default() += 1;
            what.extend(event.what);
        }
        assert_eq!(after.rescreen(&after, &parties, &|_| false).unwrap().events, [], "nothing changed");
    }
    for kind in [EventKind::New, EventKind::Changed, EventKind::Gone] {
        assert!(seen.contains_key(&(kind, Cause::Listing)), "{seen:?}");
    }
    assert!(seen.contains_key(&(EventKind::Changed, Cause::Words)), "{seen:?}");
    assert_eq!(what.len(), 5, "{what:?}");
}

#[test]
fn a_date_of_amendment_alone_tells_nothing_and_a_record_that_moved_is_the_same() {
    let mut person = Entity::of(Kind::Person);
    person.names.push(Sourced::new(Name::new("Orsolya Vanderploeg", NameQuality::Primary), "name"));
    let mut other = Entity::of(Kind::Person);
    other.names.push(Sourced::new(Name::new("Teodric Mbekilovic", NameQuality::Primary), "name"));
    let before = [listing(1, person.clone(), "A"), listing(2, other, "A")];
    let mut after = [before[1].clone(), before[0].clone()];
    after[1].designations[0].value.amended_on = vec![jiff::civil::date(2026, 2, 3)];
    after[1].place = "record 9".to_owned();
    let parties = Parties::in_memory(vec![Watched { id: "1".to_owned(), entity: person }]).unwrap();
    let engine = |listings: &[Listing]| Engine::new(snapshot(listings), Policy::default(), Vec::new());
    assert_eq!(agreed(&engine(&before), &engine(&after), &parties, "moved"), []);
    after[1].designations[0].value.programme = "B".to_owned();
    let events = agreed(&engine(&before), &engine(&after), &parties, "programme");
    assert_eq!(
        (events.len(), events[0].event, events[0].what.as_slice()),
        (1, EventKind::Changed, &[What::Programme][..])
    );
}

fn listings_of(paths: &[&str]) -> Option<Vec<Listing>> {
    let mut files = Vec::new();
    for path in paths {
        let path = real_data(path)?;
        files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
    }
    let sources: Vec<SourceFile<'_>> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let (sets, refused) = group(&sources, &Options::default());
    assert!(refused.is_empty(), "{refused:?}");
    let mut listings = Vec::new();
    for set in &sets {
        read(set, &Options::default(), &mut |listing| listings.push(listing)).unwrap_or_else(|e| panic!("{e}"));
    }
    Some(listings)
}

/// Some thousands of parties: labelled people who are not listed, people who are, and names of
/// listings as customers write them: turned round, with a word left out, with a slip.
fn parties(before: &[Listing], after: &[Listing], step: usize) -> Vec<Watched> {
    let mut parties = Vec::new();
    let mut dice = Dice(7);
    for (file, every) in [("negatives_global", 12 * step), ("negatives_us", 25 * step), ("positives_un_treated", 1)] {
        let Some(path) = real_data(&format!("labelled/{file}.csv")) else { return Vec::new() };
        let text = std::fs::read_to_string(path).unwrap();
        for (number, line) in text.lines().enumerate().skip(1).step_by(every) {
            let fields: Vec<&str> = line.trim_start_matches('"').split([',', '"']).collect();
            let Some(full) = fields.first().filter(|full| !full.is_empty()) else { continue };
            let mut entity = Entity::of(if number % 3 == 0 { Kind::Unknown } else { Kind::Person });
            entity.names.push(Sourced::new(Name::new(*full, NameQuality::Primary), "name"));
            let born = fields.iter().find_map(|field| PartialDate::parse(field));
            entity.births.extend(born.map(|born| Sourced::new(born, "born")));
            parties.push(Watched { id: format!("{file}-{number}"), entity });
        }
    }
    let mut known = BTreeSet::new();
    let changed: BTreeSet<String> =
        interdict_lists::changes(before.to_vec(), after.to_vec()).into_iter().map(|change| change.record).collect();
    for listing in before.iter().chain(after) {
        for name in &listing.entity.names {
            let taken = changed.contains(&listing.record) || dice.below(4 * step) == 0;
            if !taken || !known.insert(name.value.full.clone()) {
                continue;
            }
            let mut words: Vec<String> = name.value.full.split_whitespace().map(str::to_owned).collect();
            match dice.below(4) {
                0 => words.reverse(),
                1 if words.len() > 2 => drop(words.remove(dice.below(words.len()))),
                2 => {
                    let at = dice.below(words.len());
                    if words[at].is_ascii() && words[at].len() > 4 {
                        let letter = 1 + dice.below(words[at].len() - 2);
                        words[at].remove(letter);
                    }
                }
                _ => {}
            }
            let mut entity = Entity::of(listing.entity.kind);
            entity.names.push(Sourced::new(Name::new(words.join(" "), NameQuality::Primary), "name"));
            if dice.below(2) == 0 {
                entity.births.clone_from(&listing.entity.births);
            }
            if dice.below(3) == 0 {
                entity.nationalities.clone_from(&listing.entity.nationalities);
            }
            if dice.below(4) == 0 {
                entity.identifiers.clone_from(&listing.entity.identifiers);
            }
            if interdict_engine::monitor::screenable(&entity).is_ok() {
                parties.push(Watched { id: format!("{}-{}", listing.id(), parties.len()), entity });
            }
        }
    }
    parties
}

/// Which of the parties are taken: screening them twice without optimisation takes a millisecond each.
const STEP: usize = if cfg!(debug_assertions) { 5 } else { 1 };

/// Every event of a pair of versions, under two policies.
fn real_pair(before: &[&str], after: &[&str], step: usize) -> Option<Vec<Event>> {
    let what = format!("{before:?} to {after:?}");
    let (before, after) = (listings_of(before)?, listings_of(after)?);
    let all = parties(&before, &after, step);
    assert!(all.len() > 600, "{} parties", all.len());
    let parties = Parties::in_memory(all).unwrap();
    let (before, after) = (snapshot(&before), snapshot(&after));
    let mut events = Vec::new();
    for name in ["standard", "broad"] {
        let engine =
            |snapshot: &Arc<Snapshot>| Engine::new(Arc::clone(snapshot), Policy::named(name).unwrap(), Vec::new());
        events = agreed(&engine(&before), &engine(&after), &parties, &format!("{what}, {name}"));
    }
    Some(events)
}

#[test]
fn the_un_series_is_told_as_if_everybody_were_screened_twice() {
    let un = |date: &str| format!("un/{date}_un_consolidated.xml");
    for (before, after, some) in [
        ("2018-08-24", "2018-10-29", true),
        ("2025-04-19", "2025-09-03", true),
        ("2025-09-03", "2025-11-15", true),
        ("2025-11-15", "2025-11-20", false),
    ] {
        let Some(events) = real_pair(&[&un(before)], &[&un(after)], STEP) else { return };
        assert_eq!(!events.is_empty(), some, "{before} to {after}: {} events", events.len());
    }
}

#[test]
fn an_ofac_day_is_told_as_if_everybody_were_screened_twice() {
    let day = |date: &str| format!("ofac/sdn_daily/{date}/sdn.csv");
    let Some(events) = real_pair(&[&day("2022-02-23")], &[&day("2022-02-24")], 2 * STEP) else { return };
    assert!(!events.is_empty());
}
