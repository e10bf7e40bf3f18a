//! Work that commands do, and that the service has done when it is asked: whoever starts the service brings it.
//!
//! Promises: the service opens no connection of its own; what is done is what the command would do.
//!
//! Not here: the work itself (`cli`), who may ask for it (`access`).

use std::fmt;
use std::path::PathBuf;

use interdict_lists::Mapping;
use interdict_model::Digest;
use interdict_store::Home;
use jiff::civil::Date;
use serde_json::Value;

/// Why something was not done, in words for people, with their `hint:`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Undone {
    /// What was asked does not fit.
    Asked(String),
    /// A disk, a damaged file.
    Ours(String),
}

/// Both sides of an entry of the allow-list, as they were when somebody looked at them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Sides {
    /// Digest of the party.
    pub party: Digest,
    /// Digest of the listing.
    pub listing: Digest,
}

/// A change of the allow-list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// The user's id of the party.
    pub party: String,
    /// The listing, as `LIST:REFERENCE`.
    pub listing: String,
    /// Why.
    pub reason: String,
    /// Who says so.
    pub author: String,
    /// The last day it holds.
    pub until: Option<Date>,
    /// Whether an entry is to end.
    pub withdraw: bool,
    /// What both sides must be; none takes them as they are.
    pub sides: Option<Sides>,
    /// Whether nothing is to be changed: the entry is told that would be made.
    pub tried: bool,
}

/// What can be had done. Each call blocks until it is done, and gives what the command would print with `--json`.
pub trait Errands: fmt::Debug + Send + Sync {
    /// Fetches what is new of some lists, or of all sources, and puts it in use. `turn` is called once, when all is fetched and
    /// before lists are changed: it waits until nobody else changes them.
    ///
    /// # Errors
    /// When nothing could be done at all.
    fn update(&self, home: &Home, lists: &[String], turn: &mut dyn FnMut()) -> Result<Value, Undone>;

    /// Puts on record what a crash kept out: before events are shown.
    ///
    /// # Errors
    /// When that is not possible; then nothing may be shown.
    fn settle(&self, home: &Home) -> Result<(), Undone>;

    /// Keeps the parties of files, each with the name it is spoken of by; `whole` if nobody else is to be kept.
    ///
    /// # Errors
    /// When none could be kept.
    fn keep(&self, home: &Home, files: &[(String, PathBuf)], map: &Mapping, whole: bool) -> Result<Value, Undone>;

    /// Keeps parties no longer.
    ///
    /// # Errors
    /// When it cannot be written.
    fn leave(&self, home: &Home, ids: &[String]) -> Result<Value, Undone>;

    /// Makes a run of monitoring; the policy counts for the first one.
    ///
    /// # Errors
    /// When there is nothing to run, or another policy stands.
    fn run(&self, home: &Home, policy: Option<String>) -> Result<Value, Undone>;

    /// Changes the allow-list.
    ///
    /// # Errors
    /// When the pair is no hit, or not on the list.
    fn allow(&self, home: &Home, asked: &Allowance) -> Result<Value, Undone>;
}
