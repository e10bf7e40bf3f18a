//! Screens the parties of a record and turns what is found into facts.
//!
//! Promises: a strong hit makes the party listed; a weaker one leaves it unknown, with the hit to review;
//! only lists that are loaded can clear a jurisdiction.

use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use interdict_engine::model::{Entity, Identifier, IdentifierKind, Name, NameQuality, Sourced};
use interdict_engine::{Engine, Policy, Scratch, Snapshot};
use interdict_measures::input::{Input, Named};
use interdict_measures::law::Jurisdiction;
use interdict_measures::{Law, Value};
use serde::Serialize;

use crate::command::PlaceArgs;
use crate::exit::Failure;

/// From here a hit counts as the listed party itself; below it a person must look. Our choice: names that
/// differ by no more than spelling conventions score above it.
const SURE_SHARE: f64 = 0.95;

/// A party with what screening found.
#[derive(Clone, Debug, Serialize)]
pub struct Party {
    role: String,
    name: String,
    /// Jurisdictions whose lists hold it.
    listed_by: Vec<String>,
    /// Best hit: list, reference, name, score.
    #[serde(skip_serializing_if = "Option::is_none")]
    hit: Option<String>,
    /// Whether a person must look before it counts.
    review: bool,
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "screened {} `{}`: ", self.role, self.name)?;
        match (&self.hit, self.review) {
            (None, _) => f.write_str("no hit"),
            (Some(hit), true) => write!(f, "{hit}, to be reviewed"),
            (Some(hit), false) => f.write_str(hit),
        }
    }
}

/// Screens against the lists in use, which are opened when the first party asks for them.
pub struct Screener<'a> {
    place: &'a PlaceArgs,
    off: bool,
    opened: OnceCell<(Engine, Vec<String>)>,
    /// List to jurisdiction, from the pages.
    lists: Vec<(String, String)>,
}

impl<'a> Screener<'a> {
    /// Over the lists of a store.
    pub fn new(law: &Law, place: &'a PlaceArgs, off: bool) -> Self {
        let of = |j: &Jurisdiction| j.lists.iter().map(|list| (list.clone(), j.id.clone())).collect::<Vec<_>>();
        Self { place, off, opened: OnceCell::new(), lists: law.jurisdictions.iter().flat_map(of).collect() }
    }

    fn open(&self) -> Result<&(Engine, Vec<String>), Failure> {
        if let Some(opened) = self.opened.get() {
            return Ok(opened);
        }
        let snapshot: Arc<Snapshot> = self.place.snapshot()?;
        // The starter list is a sample: it can find, but it cannot clear.
        let loaded =
            snapshot.versions().filter(|_| !snapshot.is_starter()).map(|version| version.list.0.clone()).collect();
        Ok(self.opened.get_or_init(|| (Engine::new(snapshot, Policy::default(), Vec::new()), loaded)))
    }

    /// Screens the parties of a record; the facts `listed_by` follow unless they are given.
    pub fn screen(&self, input: &mut Input) -> Result<Vec<Party>, Failure> {
        if self.off || input.parties.iter().all(|party| party.name.is_empty() && party.identifier.is_none()) {
            return Ok(Vec::new());
        }
        let (engine, loaded) = self.open()?;
        let mut scratch = Scratch::default();
        let mut out = Vec::new();
        for party in input.parties.iter().filter(|p| !p.name.is_empty() || p.identifier.is_some()) {
            out.push(self.one(engine, party, &mut scratch)?);
        }
        let covered: Vec<&String> =
            self.lists.iter().filter(|(list, _)| loaded.contains(list)).map(|(_, id)| id).collect();
        let all_covered = self.lists.iter().all(|(_, id)| covered.contains(&id));
        let review = out.iter().any(|party| party.review);
        let mut listed: Vec<String> = out.iter().flat_map(|party| party.listed_by.clone()).collect();
        listed.sort();
        listed.dedup();
        let denied = match input.facts.get("listed_by") {
            Some(Value::Words(given)) => !listed.iter().all(|id| given.contains(id)),
            Some(_) => false,
            None => true,
        };
        // Where the record says "not listed" and a list says otherwise, the two disagree and the fact is unknown.
        if denied {
            let value = if all_covered && !review { Value::Words(listed) } else { Value::AtLeast(listed) };
            input.facts.put("listed_by", value);
        }
        Ok(out)
    }

    /// Whose list a hit stands on; an entry `list:prefix` of a page means references that begin so.
    fn jurisdiction(&self, list: &str, reference: &str) -> Option<String> {
        let is = |entry: &str| match entry.split_once(':') {
            Some((name, prefix)) => name == list && reference.starts_with(prefix),
            None => entry == list,
        };
        self.lists.iter().find(|(entry, _)| is(entry)).map(|(_, id)| id.clone())
    }

    fn one(&self, engine: &Engine, party: &Named, scratch: &mut Scratch) -> Result<Party, Failure> {
        let mut entity = Entity::default();
        if !party.name.is_empty() {
            entity.names.push(Sourced::new(Name::new(party.name.as_str(), NameQuality::Primary), "name"));
        }
        if let Some(text) = &party.identifier {
            let kind = if text.bytes().filter(u8::is_ascii_digit).count() == 7 {
                IdentifierKind::Imo
            } else {
                IdentifierKind::Bic
            };
            entity.identifiers.push(Sourced::new(Identifier::new(kind, text), "identifier"));
        }
        let screening = engine.screen(&entity, scratch)?;
        let sure = screening.hits.iter().filter(|hit| hit.score.share() >= SURE_SHARE);
        let mut listed_by: Vec<String> =
            sure.filter_map(|hit| self.jurisdiction(&hit.list.0, &hit.reference)).collect();
        listed_by.sort();
        listed_by.dedup();
        let best = screening.hits.first();
        Ok(Party {
            role: party.role.clone(),
            name: if party.name.is_empty() { party.identifier.clone().unwrap_or_default() } else { party.name.clone() },
            review: screening.hits.iter().any(|hit| hit.score.share() < SURE_SHARE),
            hit: best.map(|hit| format!("{} {} `{}` {:.2}", hit.list, hit.reference, hit.caption, hit.score.share())),
            listed_by,
        })
    }
}
