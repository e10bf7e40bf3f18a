//! Both sides of each of the guard's thresholds.

use interdict_model::{Digest, ListId};
use jiff::civil::date;

use super::*;

struct Side {
    version: ListVersion,
    records: HashSet<String>,
    unknown: BTreeMap<String, u64>,
    filled: BTreeMap<String, u64>,
}

impl Side {
    /// Records `from..to`, all of them listings with an alias.
    fn of(from: u64, to: u64) -> Self {
        let listings = to - from;
        let version = ListVersion {
            list: ListId("own".to_owned()),
            digest: Digest::of(b"own"),
            published: Some(date(2031, 2, 3)),
            format: "own".to_owned(),
            records: listings,
            listings,
            rejections: 0,
        };
        Self {
            version,
            records: (from..to).map(|n| n.to_string()).collect(),
            unknown: BTreeMap::new(),
            filled: BTreeMap::from([("aliases".to_owned(), listings)]),
        }
    }

    fn seen(&self) -> Seen<'_> {
        Seen { version: &self.version, records: &self.records, unknown: &self.unknown, filled: &self.filled }
    }
}

fn kinds(before: &Side, after: &Side) -> Vec<DoubtKind> {
    doubts(&Guard::default(), &before.seen(), &after.seen()).iter().map(Doubt::kind).collect()
}

#[test]
fn a_version_like_the_last_is_not_doubted() {
    assert_eq!(kinds(&Side::of(0, 100), &Side::of(0, 130)), []);
    assert_eq!(kinds(&Side::of(0, 100), &Side::of(0, 100)), []);
}

#[test]
fn entries_that_go_are_counted_by_record_not_by_number() {
    assert_eq!(kinds(&Side::of(0, 100), &Side::of(10, 100)), [], "ten of a hundred");
    assert_eq!(kinds(&Side::of(0, 100), &Side::of(11, 100)), [DoubtKind::Shrunk]);
    assert_eq!(kinds(&Side::of(0, 100), &Side::of(50, 200)), [DoubtKind::Shrunk], "longer, and half is gone");
    assert_eq!(kinds(&Side::of(0, 19), &Side::of(18, 19)), [], "a short list is exempt");
    assert_eq!(kinds(&Side::of(0, 20), &Side::of(3, 20)), [DoubtKind::Shrunk]);
    let loose = Guard { shrunk_percent: 50, ..Guard::default() };
    assert_eq!(doubts(&loose, &Side::of(0, 100).seen(), &Side::of(50, 100).seen()), []);
}

#[test]
fn an_empty_one_is_doubted_and_cannot_be_accepted() {
    let found = kinds(&Side::of(0, 5), &Side::of(0, 0));
    assert_eq!(found, [DoubtKind::Empty], "short lists too");
    let accepted: Vec<DoubtKind> = DoubtKind::ALL.into_iter().filter(|kind| !kind.may_be_accepted()).collect();
    assert_eq!(accepted, [DoubtKind::Empty]);
}

#[test]
fn an_older_one_is_doubted_whatever_its_length() {
    let mut after = Side::of(0, 5);
    after.version.published = Some(date(2031, 2, 2));
    assert_eq!(kinds(&Side::of(0, 5), &after), [DoubtKind::Older]);
    after.version.published = Some(date(2031, 2, 3));
    assert_eq!(kinds(&Side::of(0, 5), &after), []);
    after.version.published = None;
    assert_eq!(kinds(&Side::of(0, 5), &after), [], "no date says nothing");
}

#[test]
fn fields_that_come_unknown_or_go_are_drift() {
    let before = Side::of(0, 100);
    let mut after = Side::of(0, 100);
    after.unknown = BTreeMap::from([("NEW".to_owned(), 10)]);
    assert_eq!(kinds(&before, &after), [], "in one listing of ten");
    after.unknown = BTreeMap::from([("NEW".to_owned(), 11)]);
    assert_eq!(kinds(&before, &after), [DoubtKind::Drift]);
    let mut known = Side::of(0, 100);
    known.unknown = after.unknown.clone();
    assert_eq!(kinds(&known, &after), [], "it was there before");
    after.version.format = "another".to_owned();
    assert_eq!(kinds(&before, &after), [], "another format has other fields");

    let mut after = Side::of(0, 100);
    after.filled = BTreeMap::from([("aliases".to_owned(), 50), ("births".to_owned(), 1)]);
    assert_eq!(kinds(&before, &after), []);
    after.filled = BTreeMap::from([("aliases".to_owned(), 49), ("births".to_owned(), 1)]);
    assert_eq!(kinds(&before, &after), [DoubtKind::Drift]);
    after.filled = BTreeMap::new();
    assert_eq!(kinds(&before, &after), [DoubtKind::Drift], "all aliases are gone");
}

#[test]
fn rejections_that_jump_are_drift() {
    let before = Side::of(0, 95);
    let mut after = Side::of(0, 95);
    (after.version.records, after.version.rejections) = (100, 5);
    assert_eq!(kinds(&before, &after), []);
    (after.version.records, after.version.rejections) = (101, 6);
    assert_eq!(kinds(&before, &after), [DoubtKind::Drift]);
    let mut before = Side::of(0, 95);
    (before.version.records, before.version.rejections) = (101, 6);
    assert_eq!(kinds(&before, &after), [], "as many as before");
}

#[test]
fn a_canary_of_the_user_weighs_more_than_one_of_the_list() {
    let canary = |n: u64, of: CanaryOf| Canary { name: n.to_string(), kind: Default::default(), of };
    let listed = |n: u64| canary(n, CanaryOf::Listing { record: n.to_string() });
    let mut all: Vec<Canary> = (0..20).map(listed).collect();
    let guard = Guard::default();
    assert_eq!(canary_doubt(&guard, &all, all[..2].to_vec()), None, "two of twenty");
    let Some(Doubt::Canaries { missed, count, of }) = canary_doubt(&guard, &all, all[..8].to_vec()) else {
        panic!("eight of twenty are missed");
    };
    assert_eq!((missed.len(), count, of), (5, 8, 20));
    let own = canary(99, CanaryOf::User);
    all.push(own.clone());
    let doubt = canary_doubt(&guard, &all, vec![own]).unwrap();
    assert_eq!(doubt.to_string(), "1 of 21 names that must be found are not: `99` (yours)");
}
