//! Screens the parties of a record and turns what is found into facts for the law.
//!
//! Promises: a strong hit makes the party listed; a weaker one leaves it unknown, with the hit to
//! review; only lists that are loaded can clear a jurisdiction, and the starter list clears none, nor does
//! one of a past day of which it is not known who was on it.
//!
//! Not here: deciding (`measures`), reading records (`cli`, `server`, `mcp`).

use std::fmt;

use interdict_measures::input::{Input, Named};
use interdict_measures::{Law, Value};
use interdict_model::{Entity, Identifier, IdentifierKind, ListId, Name, NameQuality, Sourced};
use interdict_screening::Scratch;
use serde::Serialize;

use crate::past::Then;
use crate::{Engine, Found, SnapshotError};

/// From here a hit counts as the listed party itself; below it a person must look. Our choice: names that
/// differ by no more than spelling conventions score above it.
const SURE_SHARE: f64 = 0.95;

/// A party with what screening found.
#[derive(Clone, Debug, Serialize)]
pub struct ScreenedParty {
    /// Its role in the record, as `buyer`.
    pub role: String,
    /// Its name, or its identifier if it has none.
    pub name: String,
    /// Jurisdictions whose lists hold it.
    pub listed_by: Vec<String>,
    /// Best hit: list, reference, name, score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hit: Option<String>,
    /// Whether a person must look before it counts.
    pub review: bool,
}

impl fmt::Display for ScreenedParty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "screened {} `{}`: ", self.role, self.name)?;
        match (&self.hit, self.review) {
            (None, _) => f.write_str("no hit"),
            (Some(hit), true) => write!(f, "{hit}, to be reviewed"),
            (Some(hit), false) => f.write_str(hit),
        }
    }
}

/// Whose list is whose: from a list to the jurisdiction that designates on it.
#[derive(Clone, Debug)]
pub struct ListedBy {
    lists: Vec<(String, String)>,
}

impl ListedBy {
    /// As the law's pages say.
    pub fn of(law: &Law) -> Self {
        let of = |id: &String, list: &String| (list.clone(), id.clone());
        let lists = law.jurisdictions.iter().flat_map(|j| j.lists.iter().map(|list| of(&j.id, list)));
        Self { lists: lists.collect() }
    }

    /// Whether a record names anyone to screen.
    pub fn has_parties(input: &Input) -> bool {
        input.parties.iter().any(is_named)
    }

    /// Screens the parties of a record; the facts `listed_by` follow unless they are given.
    ///
    /// # Errors
    /// When a party could not be screened.
    pub fn screen(&self, engine: &Engine, input: &mut Input) -> Result<Vec<ScreenedParty>, SnapshotError> {
        if !Self::has_parties(input) {
            return Ok(Vec::new());
        }
        let mut scratch = Scratch::default();
        let mut out = Vec::new();
        for party in input.parties.iter().filter(|party| is_named(party)) {
            out.push(self.one(engine, party, &mut scratch)?);
        }
        // The starter list is a sample: it can find, but it cannot clear.
        let can_clear = |list: &ListId| engine.snapshot().past().is_none_or(|past| past.can_clear(list));
        let is_loaded = |list: &String| {
            !engine.snapshot().is_starter() && engine.lists().iter().any(|v| v.list.0 == *list && can_clear(&v.list))
        };
        let covered: Vec<&String> = self.lists.iter().filter(|(list, _)| is_loaded(list)).map(|(_, id)| id).collect();
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

    fn one(&self, engine: &Engine, party: &Named, scratch: &mut Scratch) -> Result<ScreenedParty, SnapshotError> {
        let mut entity = Entity::default();
        if !party.name.is_empty() {
            entity.names.push(Sourced::new(Name::new(party.name.as_str(), NameQuality::Primary), "name"));
        }
        if let Some(text) = &party.identifier {
            let is_imo = text.bytes().filter(u8::is_ascii_digit).count() == 7;
            let kind = if is_imo { IdentifierKind::Imo } else { IdentifierKind::Bic };
            entity.identifiers.push(Sourced::new(Identifier::new(kind, text), "identifier"));
        }
        let screening = engine.screen(&entity, scratch)?;
        // Of an entry that may have been listed later a person must look.
        let is_sure = |hit: &Found| hit.score.share() >= SURE_SHARE && hit.then != Some(Then::NotKnown);
        let sure = screening.hits.iter().filter(|hit| is_sure(hit));
        let mut listed_by: Vec<String> =
            sure.filter_map(|hit| self.jurisdiction(&hit.list.0, &hit.reference)).collect();
        listed_by.sort();
        listed_by.dedup();
        let best = screening.hits.first();
        Ok(ScreenedParty {
            role: party.role.clone(),
            name: if party.name.is_empty() { party.identifier.clone().unwrap_or_default() } else { party.name.clone() },
            review: !screening.hits.iter().all(is_sure),
            hit: best.map(|hit| format!("{} {} `{}` {:.2}", hit.list, hit.reference, hit.caption, hit.score.share())),
            listed_by,
        })
    }
}

fn is_named(party: &Named) -> bool {
    !party.name.is_empty() || party.identifier.is_some()
}
