//! Times re-screening: invented parties made from a file of names, real lists of which some listings change.
//!
//! ```text
//! cargo run --release -p interdict-engine --example monitor -- PARTIES NAMES.tsv LIST-FILE…
//! ```
//!
//! `NAMES.tsv` has a name, a script and `person` or another kind in its columns. Prints what the index
//! takes, what 500 changes take, and what single designations take.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a measurement stops where it cannot go on")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use interdict_engine::model::{
    Country, Digest, Entity, Kind, ListId, ListVersion, Listing, Name, NameQuality, PartialDate, Sourced,
};
use interdict_engine::monitor::{Parties, PartySource, Watched};
use interdict_engine::{Engine, IndexBuilder, IndexBytes, Policy, Snapshot};
use interdict_lists::{Options, SourceFile, group, read};

/// Words of names, and parties made of them: the same for the same number.
struct Invented {
    given: Vec<String>,
    family: Vec<String>,
    firms: Vec<String>,
}

fn dice(number: u64, salt: u64) -> usize {
    let mut x = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x ^ (x >> 31)) as usize
}

impl Invented {
    fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{path}: {e}"));
        let mut all = Self { given: Vec::new(), family: Vec::new(), firms: Vec::new() };
        for line in text.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            let [name, _, kind, ..] = fields.as_slice() else { continue };
            let words: Vec<&str> = name.split_whitespace().collect();
            match (*kind, words.as_slice()) {
                ("person", [first, .., last]) => {
                    all.given.push((*first).to_owned());
                    all.family.push((*last).to_owned());
                }
                ("person", _) => {}
                (_, [_, _, ..]) => all.firms.push((*name).to_owned()),
                _ => {}
            }
        }
        all
    }

    fn entity(&self, number: u32) -> Entity {
        let number = u64::from(number);
        let one = |of: &[String], salt| of[dice(number, salt) % of.len()].clone();
        let is_firm = dice(number, 1) % 100 < 15 && !self.firms.is_empty();
        let mut entity = Entity::of(if is_firm { Kind::Organization } else { Kind::Person });
        let name = if is_firm {
            let firm = one(&self.firms, 2);
            let other = one(&self.family, 3);
            format!("{other} {}", firm.split_once(' ').map_or(firm.as_str(), |(_, rest)| rest))
        } else if dice(number, 4).is_multiple_of(4) {
            format!("{} {} {}", one(&self.given, 5), one(&self.given, 6), one(&self.family, 7))
        } else {
            format!("{} {}", one(&self.given, 5), one(&self.family, 7))
        };
        entity.names.push(Sourced::new(Name::new(name, NameQuality::Primary), "name"));
        if !is_firm && dice(number, 8) % 10 < 6 {
            let (y, m, d) = (1940 + dice(number, 9) % 66, 1 + dice(number, 10) % 12, 1 + dice(number, 11) % 28);
            let born = PartialDate::ymd(y as i16, m as i8, d as i8);
            entity.births.extend(born.map(|born| Sourced::new(born, "born")));
        }
        if dice(number, 12).is_multiple_of(2) {
            let of = ["de", "us", "fr", "gb", "tr", "ae", "in", "cn", "br", "ru", "ir", "it"];
            let country = Country::parse(of[dice(number, 13) % of.len()]);
            entity.nationalities.extend(country.map(|country| Sourced::new(country, "country")));
        }
        entity
    }
}

impl PartySource for Invented {
    fn party(&self, number: u32) -> Result<Watched, String> {
        Ok(Watched { id: number.to_string(), entity: self.entity(number) })
    }
}

fn listings(paths: &[String]) -> Vec<Listing> {
    let files: Vec<(&String, Vec<u8>)> = paths.iter().map(|path| (path, std::fs::read(path).unwrap())).collect();
    let sources: Vec<SourceFile<'_>> = files.iter().map(|(name, bytes)| SourceFile { name, bytes }).collect();
    let (sets, refused) = group(&sources, &Options::default());
    assert!(refused.is_empty(), "{refused:?}");
    let mut all = Vec::new();
    for set in &sets {
        read(set, &Options::default(), &mut |listing| all.push(listing)).unwrap_or_else(|e| panic!("{e}"));
    }
    all
}

fn engine(listings: &[Listing]) -> Engine {
    let mut by_list: BTreeMap<ListId, Vec<Listing>> = BTreeMap::new();
    listings.iter().for_each(|one| by_list.entry(one.list.clone()).or_default().push(one.clone()));
    let lists = by_list.into_iter().map(|(list, listings)| {
        let count = listings.len() as u64;
        let digest = Digest::of(&count.to_be_bytes());
        let version = ListVersion {
            list,
            digest,
            published: None,
            format: String::new(),
            records: count,
            listings: count,
            rejections: 0,
        };
        (version, listings)
    });
    Engine::new(Arc::new(Snapshot::in_memory(lists.collect()).unwrap()), Policy::default(), Vec::new())
}

/// Processor time of this process so far, where the system tells it: what other programs do does not count.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(") ").next().unwrap_or("");
    // user and system time, in hundredths of a second
    let ticks = |at: usize| after_name.split(' ').nth(at).and_then(|n| n.parse::<u64>().ok()).unwrap_or(0);
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}

fn main() {
    let mut args = std::env::args().skip(1);
    let count: u32 = args.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000);
    let names = args.next().unwrap_or_else(|| panic!("give PARTIES NAMES.tsv LIST-FILE…"));
    let all = listings(&args.collect::<Vec<_>>());
    let invented = Invented::read(&names);
    let start = Instant::now();
    let mut builder = IndexBuilder::of_parties();
    let mut text = 0_u64;
    for number in 0..count {
        let entity = invented.entity(number);
        text += entity.names.iter().map(|name| name.value.full.len() as u64).sum::<u64>();
        builder.add_entity(&entity);
    }
    let bytes = builder.finish();
    let beyond = (bytes.len() as f64 - text as f64) / f64::from(count);
    println!("{count} parties: index in {:.1?}, {:.0} bytes a party beyond its text", start.elapsed(), beyond);
    let parties = Parties::new(IndexBytes::new(bytes), Box::new(invented)).unwrap();
    let now = engine(&all);
    println!("{} listings", now.snapshot().listings());

    // 500 changes: half added, a quarter removed, a quarter changed
    let step = (all.len() / 500).max(1);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (at, listing) in all.iter().enumerate() {
        let change = (at % step == 0 && at / step < 500).then_some(at / step % 4);
        match change {
            Some(0 | 1) => after.push(listing.clone()),
            Some(2) => before.push(listing.clone()),
            Some(_) => {
                let mut changed = listing.clone();
                changed.entity.names.truncate(1);
                changed.entity.births.clear();
                changed.entity.addresses.clear();
                before.push(listing.clone());
                after.push(changed);
            }
            None => {
                before.push(listing.clone());
                after.push(listing.clone());
            }
        }
    }
    let (before, after) = (engine(&before), engine(&after));
    for _ in 0..2 {
        let (start, spent) = (Instant::now(), cpu());
        let found = after.rescreen(&before, &parties, &|_| false).unwrap();
        let (wall, spent) = (start.elapsed(), cpu() - spent);
        println!(
            "500 changes: {wall:.2?}, {spent:.2?} of processors, {} events, {:?}",
            found.events.len(),
            found.looked
        );
    }
    let mut times = Vec::new();
    let mut spent = Duration::ZERO;
    for at in (0..20).map(|i| i * all.len() / 20) {
        let mut without = all.clone();
        let added = without.remove(at);
        let before = engine(&without);
        let unchanged = |list: &ListId| *list != added.list;
        let (start, of_cpu) = (Instant::now(), cpu());
        let found = now.rescreen(&before, &parties, &unchanged).unwrap();
        times.push(start.elapsed());
        spent += cpu() - of_cpu;
        println!("one designation: {:.1?}, {} events, {:?}", start.elapsed(), found.events.len(), found.looked);
    }
    let each = spent / 20;
    times.sort();
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    println!("one designation: median {median:.1?}, worst {worst:.1?}, {each:.1?} of processors each");
}
