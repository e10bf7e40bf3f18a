//! What each tool answers, as JSON on record.
//!
//! Promises: the answer is the façade's own, wrapped in `Recorded`; bounds are those of the command line.
//!
//! Not here: the protocol (`server`), reading a party (`party`), the ledger (`register`).

use std::collections::BTreeMap;
use std::sync::Arc;

use interdict_engine::{
    Asked, Decided, Engine, LOWEST_THRESHOLD, ListedBy, Outcome, Policy, Recorded, Score, Scratch, Snapshot,
};
use interdict_ledger::leaf_hash;
use interdict_measures::input::Fields;
use interdict_measures::report;
use interdict_measures::{Law, decide, term};
use interdict_model::{Digest, Entity, ListId};
use rmcp::schemars;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::party::Party;
use crate::register::{Given, NOT_DONE, Question, Register, Told, compared, entered, not_done, refused, unread};

/// Most pages of law in one answer: more would fill an agent's memory.
const MOST_PAGES: usize = 200;

/// What to screen.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Screen {
    /// The party.
    pub party: Party,
    /// Score from which a listing is a hit, 0.3 to 1; leave out for the policy's own.
    #[serde(default)]
    pub threshold: Option<f64>,
    /// Hits shown, best first, from 1.
    #[serde(default)]
    pub limit: Option<u32>,
    /// Compare with these lists only, as un-sc; leave out for all.
    #[serde(default)]
    pub lists: Vec<String>,
}

/// Which listing to compare a party with.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Explain {
    /// The party.
    pub party: Party,
    /// The list, as un-sc.
    pub list: String,
    /// The reference that people quote, as KPi.001, or the record.
    pub reference: String,
}

/// What to decide.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Facts by name, as text: date, activity, hs, origin, from, to, quantity_t … (tool law, what=terms), or
    /// parties as buyer, buyer_country, seller. A set is written cn+kp, the empty set none, an unknown rest
    /// cn+?. A fact that is left out is unknown: it neither forbids nor clears, and the answer names it.
    pub facts: BTreeMap<String, Fact>,
    /// Whose law to ask, as un or us; leave out for whoever's binds.
    #[serde(default)]
    pub law: Vec<String>,
    /// Say also why other rules do not apply.
    #[serde(default)]
    pub explain: bool,
}

/// A fact: text, number or yes and no.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(untagged)]
pub enum Fact {
    /// Yes or no.
    Is(bool),
    /// A number.
    Number(serde_json::Number),
    /// A text.
    Text(String),
}

/// What of the law to show.
#[derive(Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(deny_unknown_fields)]
pub struct ShowLaw {
    /// page: one page with its rules; pages: the list of pages; terms: the facts that rules ask for.
    pub what: What,
    /// For page its id, as un/2397/5; for pages the path they lie below, as un/2397.
    #[serde(default)]
    pub id: String,
    /// For pages: only those in force on this day, as 2018-01-05.
    #[serde(default)]
    pub on: Option<String>,
}

/// What of the law to show.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// One page.
    Page,
    /// The list of pages.
    Pages,
    /// The facts that rules ask for.
    Terms,
}

/// What a call reaches.
pub struct Call<'a> {
    /// The lists.
    pub snapshot: Arc<Snapshot>,
    /// Where it goes on record.
    pub register: &'a dyn Register,
    /// The party as it was written, so that one that cannot be read is on record.
    pub party: Value,
    /// What a thread that compares keeps.
    pub scratch: &'a mut Scratch,
}

/// The start of what is put on record of a screening.
fn screening<'a>(engine: &'a Engine, input: Vec<u8>, record: Digest, outcome: &'static str) -> Given<'a> {
    Given { question: Question::Screening, input, record, outcome, engine: Some(engine), law: None }
}

/// Why a party gets no answer; `input` is what is put on record of it.
fn no_answer(call: &Call<'_>, engine: &Engine, input: Vec<u8>, reason: String) -> Result<Told, String> {
    let nothing = leaf_hash(b"");
    not_done(call.register, screening(engine, input, nothing, NOT_DONE), reason)
}

/// Screens a party.
pub fn screen(call: Call<'_>, asked: &Screen) -> Result<Told, String> {
    let engine = engine(Arc::clone(&call.snapshot), asked.threshold, asked.limit, &asked.lists)?;
    let entity = match asked.party.entity() {
        Ok(entity) => entity,
        Err(reason) => return no_answer(&call, &engine, unread(&call.party)?, reason),
    };
    let input = serde_json::to_vec(&entity).map_err(no_json)?;
    let screened = match engine.screen(&entity, call.scratch) {
        Ok(screened) => screened,
        Err(error) => return no_answer(&call, &engine, input, error.to_string()),
    };
    let outcome = match screened.outcome {
        Outcome::Clear => "clear",
        Outcome::Hit => "hit",
    };
    let recorded = Recorded::new(screened).map_err(no_json)?;
    entered(call.register, &screening(&engine, input, recorded.record(), outcome), &recorded)
}

/// What a comparison was asked, for the record: as the service puts it there.
#[derive(Serialize)]
struct Asks<'a> {
    party: &'a Entity,
    list: &'a str,
    reference: &'a str,
}

/// Compares a party with a listing.
pub fn explain(call: Call<'_>, asked: &Explain) -> Result<Told, String> {
    let engine = engine(Arc::clone(&call.snapshot), None, None, &[])?;
    let entity = match asked.party.entity() {
        Ok(entity) => entity,
        Err(reason) => return no_answer(&call, &engine, unread(&call.party)?, reason),
    };
    let list = ListId(asked.list.clone());
    let found = engine.snapshot().find(&list, &asked.reference).map_err(|error| error.to_string())?;
    let asks = Asks { party: &entity, list: &asked.list, reference: &asked.reference };
    let input = serde_json::to_vec(&asks).map_err(no_json)?;
    let mut comparisons = Vec::new();
    for ordinal in found {
        match engine.explain(&entity, ordinal) {
            Ok(comparison) => comparisons.push(Recorded::new(comparison).map_err(no_json)?),
            Err(error) => return no_answer(&call, &engine, input, error.to_string()),
        }
    }
    let record = leaf_hash(&serde_json::to_vec(&comparisons).map_err(no_json)?);
    compared(call.register, &screening(&engine, input, record, "compared"), &comparisons)
}

/// Where the facts of an agent stand.
const PLACE: &str = "facts";

/// Decides whether something is lawful.
pub fn check(call: Call<'_>, law: &Law, asked: &Check) -> Result<Told, String> {
    let fields = Fields::of(law).map_err(|problem| problem.to_string())?;
    if let Some(unknown) = asked.law.iter().find(|id| !law.jurisdictions.iter().any(|j| j.id == **id)) {
        let known: Vec<&str> = law.jurisdictions.iter().map(|j| j.id.as_str()).collect();
        return Err(format!("law: no jurisdiction `{unknown}`\nhint: one of {}", known.join(", ")));
    }
    let text = |fact: &Fact| match fact {
        Fact::Is(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Fact::Number(number) => number.to_string(),
        Fact::Text(text) => text.clone(),
    };
    let record: Vec<(String, String)> = asked.facts.iter().map(|(name, fact)| (name.clone(), text(fact))).collect();
    let given_law = (!asked.law.is_empty()).then(|| ("law".to_owned(), asked.law.join("+")));
    let given: Vec<(String, String)> =
        given_law.into_iter().filter(|(name, _)| !record.iter().any(|(own, _)| own == name)).collect();
    let all = record.iter().chain(&given);
    let mut input = fields.read(law, PLACE, all.map(|(name, text)| (name.as_str(), text.as_str())));
    let question = Asked {
        place: PLACE.to_owned(),
        record,
        given,
        also_on: None,
        explain: asked.explain,
        screened: true,
        accounts: Vec::new(),
    };
    let question = serde_json::to_vec(&question).map_err(no_json)?;
    let decided = |engine, record, outcome| {
        let input = question.clone();
        Given { question: Question::Decision, input, record, outcome, engine, law: Some(law) }
    };
    if !input.problems.is_empty() {
        let problems: Vec<String> = input.problems.iter().map(ToString::to_string).collect();
        let reason = format!("{}\nhint: the tool law with what=terms lists the facts", problems.join("\n"));
        let undecided = Decided { problems, aside: input.aside, ..Decided::at(PLACE) };
        let record = Recorded::new(undecided).map_err(no_json)?.record();
        return refused(call.register, &decided(None, record, NOT_DONE), reason);
    }
    let engine = engine(call.snapshot, None, None, &[])?;
    let screening = match ListedBy::of(law).screen(&engine, &mut input) {
        Ok(screening) => screening,
        Err(error) => {
            return not_done(call.register, decided(Some(&engine), leaf_hash(b""), NOT_DONE), error.to_string());
        }
    };
    let decision = decide(law, &input.facts);
    let report = report::write(law, &input.facts, &decision, asked.explain);
    let engine = (!screening.is_empty()).then_some(&engine);
    let answer = Decided { report: Some(report), screening, aside: input.aside, ..Decided::at(PLACE) };
    let recorded = Recorded::new(answer).map_err(no_json)?;
    entered(call.register, &decided(engine, recorded.record(), decision.verdict.as_str()), &recorded)
}

/// Shows the law.
pub fn law(law: &Law, asked: &ShowLaw) -> Result<Value, String> {
    let on = match &asked.on {
        Some(text) => {
            Some(term::day(text).ok_or_else(|| format!("on: `{text}` is no day\nhint: write it as 2018-01-05"))?)
        }
        None => None,
    };
    match asked.what {
        What::Page => page(law, &asked.id),
        What::Pages => {
            let below = law.pages.iter().filter(|page| page.id.starts_with(&asked.id));
            let in_force = below.filter(|page| {
                on.is_none_or(|on| {
                    let mut rules = law.rules_of(&page.id).peekable();
                    rules.peek().is_none() || rules.any(|rule| rule.days.contain(on))
                })
            });
            let all: Vec<Value> =
                in_force.map(|page| json!({ "id": page.id, "heading": page.heading, "act": page.act })).collect();
            if all.is_empty() {
                return Err(format!("no page below `{}`\nhint: leave id out to see all", asked.id));
            }
            let total = all.len();
            let shown: Vec<Value> = all.into_iter().take(MOST_PAGES).collect();
            Ok(json!({ "law": law.version.to_string(), "total": total, "pages": shown }))
        }
        What::Terms => {
            let terms = law.terms.iter();
            let all: Vec<Value> = terms.map(|term| json!({ "term": term.name, "question": term.question })).collect();
            Ok(json!({ "law": law.version.to_string(), "terms": all }))
        }
    }
}

fn page(law: &Law, id: &str) -> Result<Value, String> {
    let page = law.page(id).ok_or_else(|| format!("no page `{id}`\nhint: what=pages lists them"))?;
    let rules: Vec<Value> = law
        .rules_of(id)
        .map(|rule| {
            let exceptions: Vec<Value> = rule
                .exceptions
                .iter()
                .map(|exception| json!({ "name": exception.name, "when": exception.when.to_string() }))
                .collect();
            json!({
                "id": rule.id,
                "effect": format!("{:?}", rule.effect).to_lowercase(),
                "from": rule.days.from.map(|day| day.to_string()),
                "until": rule.days.until.map(|day| day.to_string()),
                "when": rule.when.to_string(),
                "exceptions": exceptions,
            })
        })
        .collect();
    Ok(json!({
        "law": law.version.to_string(),
        "id": page.id,
        "citation": page.citation(),
        "heading": page.heading,
        "prose": page.prose.trim(),
        "links": page.links,
        "adopted": page.adopted.map(|day| day.to_string()),
        "force": page.force.as_str(),
        "verified": page.verified,
        "unverified": page.unverified,
        "rules": rules,
    }))
}

fn engine(
    snapshot: Arc<Snapshot>,
    threshold: Option<f64>,
    limit: Option<u32>,
    lists: &[String],
) -> Result<Engine, String> {
    let mut policy = Policy::default();
    if let Some(threshold) = threshold {
        if !(LOWEST_THRESHOLD..=1.0).contains(&threshold) {
            return Err(format!(
                "threshold: `{threshold}` is out of range\nhint: a number from {LOWEST_THRESHOLD} to 1"
            ));
        }
        policy.threshold = Score::from_share(threshold);
    }
    if let Some(limit) = limit {
        // with no hit to show, a hit would read as clear
        if limit == 0 {
            return Err("limit: `0` would hide every hit\nhint: a whole number from 1".to_owned());
        }
        policy.limit = usize::try_from(limit).unwrap_or(usize::MAX);
    }
    let loaded: Vec<&str> = snapshot.versions().map(|version| version.list.0.as_str()).collect();
    if let Some(list) = lists.iter().find(|list| !loaded.contains(&list.as_str())) {
        return Err(format!("lists: no list `{list}` is loaded\nhint: lists in use: {}", loaded.join(", ")));
    }
    let only = lists.iter().cloned().map(ListId).collect();
    Ok(Engine::new(snapshot, policy, only))
}

pub(crate) fn no_json(error: serde_json::Error) -> String {
    format!("the answer has no JSON form: {error}")
}
