//! What the service has done by the commands, when it is asked over HTTP.
//!
//! Not here: who may ask (`server`), the work itself (`update`).

use interdict_server::Errands;
use interdict_store::Home;
use serde_json::Value;

use crate::exit::Failure;
use crate::update::{WayArgs, all_of};

/// The commands, with what was said of them when the service was started.
#[derive(Debug)]
pub struct Commands {
    /// How to reach the publishers.
    pub way: WayArgs,
}

impl Errands for Commands {
    fn update(&self, home: &Home, lists: &[String]) -> Result<Value, String> {
        all_of(home, lists, &self.way).map_err(words)
    }
}

fn words(failure: Failure) -> String {
    failure.text().to_owned()
}
