//! The lists in use, opened when the first party asks for them.
//!
//! Not here: what a hit means for the law (`engine`).

use std::cell::OnceCell;

use interdict_engine::{Engine, ListedBy, Policy, ScreenedParty};
use interdict_measures::Law;
use interdict_measures::input::Input;

use crate::command::PlaceArgs;
use crate::exit::Failure;

/// Screens the parties of records against the lists of a store.
pub struct Screener<'a> {
    place: &'a PlaceArgs,
    off: bool,
    opened: OnceCell<Engine>,
    listed_by: ListedBy,
}

impl<'a> Screener<'a> {
    /// Over the lists of a store.
    pub fn new(law: &Law, place: &'a PlaceArgs, off: bool) -> Self {
        Self { place, off, opened: OnceCell::new(), listed_by: ListedBy::of(law) }
    }

    /// Screens the parties of a record; the facts `listed_by` follow unless they are given.
    pub fn screen(&self, input: &mut Input) -> Result<Vec<ScreenedParty>, Failure> {
        if self.off || !ListedBy::has_parties(input) {
            return Ok(Vec::new());
        }
        let engine = match self.opened.get() {
            Some(engine) => engine,
            None => {
                let engine = Engine::new(self.place.snapshot()?, Policy::default(), Vec::new());
                self.opened.get_or_init(|| engine)
            }
        };
        Ok(self.listed_by.screen(engine, input)?)
    }
}
