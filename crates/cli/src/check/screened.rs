//! The lists in use, opened when the first party asks for them.
//!
//! Not here: what a hit means for the law (`engine`).

use std::cell::OnceCell;
use std::sync::Arc;

use interdict_engine::{Engine, ListedBy, Policy, ScreenedParty};
use interdict_measures::Law;
use interdict_measures::input::Input;

use crate::command::{PlaceArgs, WhenArgs};
use crate::exit::Failure;

/// Screens the parties of records against the lists of a store.
pub struct Screener<'a> {
    /// Where the lists are; none if they were opened already.
    place: Option<(&'a PlaceArgs, &'a WhenArgs)>,
    off: bool,
    opened: OnceCell<Arc<Engine>>,
    listed_by: ListedBy,
}

impl<'a> Screener<'a> {
    /// Over the lists of a store, in use or of a time in the past.
    pub fn new(law: &Law, place: &'a PlaceArgs, when: &'a WhenArgs, off: bool) -> Self {
        Self { place: Some((place, when)), off, opened: OnceCell::new(), listed_by: ListedBy::of(law) }
    }

    /// Over an engine that is open; without one, nothing is screened.
    pub fn of_then(law: &Law, engine: Option<Arc<Engine>>) -> Self {
        let opened = engine.map(OnceCell::from);
        Self { place: None, off: opened.is_none(), opened: opened.unwrap_or_default(), listed_by: ListedBy::of(law) }
    }

    /// The engine, if a party asked for it.
    pub fn engine(&self) -> Option<&Engine> {
        self.opened.get().map(AsRef::as_ref)
    }

    /// Screens the parties of a record; the facts `listed_by` follow unless they are given.
    pub fn screen(&self, input: &mut Input) -> Result<Vec<ScreenedParty>, Failure> {
        if self.off || !ListedBy::has_parties(input) {
            return Ok(Vec::new());
        }
        let engine = match self.opened.get() {
            Some(engine) => engine,
            None => {
                let Some((place, when)) = self.place else { return Err(Failure::new("no lists to screen against")) };
                let engine = Arc::new(Engine::new(when.snapshot(place)?, Policy::default(), Vec::new()));
                self.opened.get_or_init(|| engine)
            }
        };
        Ok(self.listed_by.screen(engine, input)?)
    }
}
