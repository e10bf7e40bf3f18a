//! What the service has done by the commands, when it is asked over HTTP.
//!
//! Not here: who may ask (`server`), the work itself (`update`, `monitor`).

use std::path::PathBuf;

use interdict_lists::Mapping;
use interdict_server::{Allowance, Errands, Undone};
use interdict_store::Home;
use serde_json::Value;

use crate::exit::Failure;
use crate::monitor;
use crate::update::{WayArgs, all_of};

/// The commands, with what was said of them when the service was started.
#[derive(Debug)]
pub struct Commands {
    /// How to reach the publishers.
    pub way: WayArgs,
}

impl From<Failure> for Undone {
    fn from(failure: Failure) -> Self {
        let text = failure.text().to_owned();
        if failure.is_ours() { Self::Ours(text) } else { Self::Asked(text) }
    }
}

impl Errands for Commands {
    fn update(&self, home: &Home, lists: &[String], turn: &mut dyn FnMut()) -> Result<Value, Undone> {
        Ok(all_of(home, lists, &self.way, turn)?)
    }

    fn settle(&self, home: &Home) -> Result<(), Undone> {
        Ok(monitor::catch_up(home)?)
    }

    fn keep(&self, home: &Home, files: &[(String, PathBuf)], map: &Mapping, whole: bool) -> Result<Value, Undone> {
        Ok(monitor::keep(home, files, map, whole)?)
    }

    fn leave(&self, home: &Home, ids: &[String]) -> Result<Value, Undone> {
        Ok(monitor::leave(home, ids)?)
    }

    fn run(&self, home: &Home, policy: Option<String>) -> Result<Value, Undone> {
        Ok(monitor::make(home, policy)?)
    }

    fn allow(&self, home: &Home, asked: &Allowance) -> Result<Value, Undone> {
        Ok(monitor::allow(home, asked)?)
    }
}
