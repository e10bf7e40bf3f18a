//! Logs with invented entries, for the tests of the ledger.

#![allow(clippy::unwrap_used, reason = "a test's helpers fail as tests do")]
#![allow(dead_code, reason = "each test file uses some of it")]

use std::path::Path;

use interdict_ledger::entry::{Answered, Basis, Retention};
use interdict_ledger::{Entry, Event};
use interdict_model::Digest;
use interdict_store::Home;
use interdict_store::ledger::{Draft, Log, Place, Tie, new_salts};
use jiff::Timestamp;

pub const ORIGIN: &str = "example.org/ledger";

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_900_000_000 + second).unwrap()
}

pub fn begun(home: &Path) -> Place {
    let place = Home::at(home).ledger();
    place.init(ORIGIN, at(0)).unwrap();
    place
}

pub fn basis() -> Basis {
    Basis {
        engine: "0".to_owned(),
        snapshot: None,
        as_of: None,
        known_at: None,
        lists: Vec::new(),
        starter: true,
        policy: None,
        law: None,
    }
}

/// Entries of screenings, each of its own length, so that no two bundles look alike.
pub fn drafts(basis: Digest, label: &str, count: usize) -> Vec<Draft> {
    let salts = new_salts(count).unwrap();
    let numbered = (0..count).zip(salts);
    numbered
        .map(|(n, salt)| {
            let record = Digest::of(format!("{label} {n}").as_bytes());
            let answered = Answered {
                subject: salt.subject(),
                input: salt.input(b"{}"),
                answer: salt.answer(record),
                outcome: format!("{label} {n} {}", "x".repeat(n % 7)),
                basis,
            };
            let entry = Entry { at: at(1), retention: Retention::Erasable, event: Event::Screening(answered) };
            Draft { entry, tie: Some(Tie { salt, record, reference: format!("customer {}", n % 5) }) }
        })
        .collect()
}

/// A log of a size, in tiles.
pub fn log_of(home: &Path, size: usize) -> (Place, Log) {
    let place = begun(home);
    let mut log = place.open().unwrap();
    let basis = log.basis(basis(), at(0)).unwrap();
    log.commit(&drafts(basis, "entry", size - 2)).unwrap();
    log.fold().unwrap();
    assert_eq!(log.size(), size as u64);
    (place, log)
}
