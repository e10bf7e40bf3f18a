//! What is asked of monitoring over HTTP: the same work as by the commands, with its answer in JSON.
//!
//! Not here: who may ask, the form of requests (`server`).

use std::path::PathBuf;

use interdict_engine::monitor::EventKind;
use interdict_lists::Mapping;
use interdict_server::Allowance;
use interdict_store::Home;
use serde_json::{Value, json};

use super::add;
use super::allow::{Wanted, put};
use super::webhook::{self, WebhookArgs};
use crate::command::PolicyArgs;
use crate::exit::Failure;
use crate::record::RecordArgs;

/// Keeps the parties of files that were sent in.
pub fn keep(home: &Home, files: &[(String, PathBuf)], mapping: &Mapping, whole: bool) -> Result<Value, Failure> {
    let named: Vec<(String, String)> =
        files.iter().map(|(name, path)| (name.clone(), path.display().to_string())).collect();
    let kept = add::keep(home, &named, mapping, whole, &|_| {});
    let kept = kept.map_err(|failure| {
        // Where a file lies here says nothing to whoever sent it.
        let spoken = named.iter().fold(failure.text().to_owned(), |text, (name, path)| text.replace(path, name));
        if failure.is_ours() { failure } else { Failure::new(spoken) }
    })?;
    Ok(serde_json::to_value(kept)?)
}

/// Keeps parties no longer.
pub fn leave(home: &Home, ids: &[String]) -> Result<Value, Failure> {
    Ok(serde_json::to_value(add::leave(home, ids)?)?)
}

/// Makes a run and sends its events to the receivers of `webhooks.toml`.
pub fn make(home: &Home, policy: Option<String>) -> Result<Value, Failure> {
    super::catch_up(home)?;
    let monitor = home.monitor();
    let webhooks = WebhookArgs::of_home();
    let targets = webhooks.targets(home)?;
    let lock = monitor.lock()?;
    let made = super::run::make(home, &PolicyArgs::named(policy), (&RecordArgs::default(), None), &targets)?;
    drop(lock);
    let delivered = webhook::send_all(&monitor, &targets, &webhooks, made.number)?;
    Ok(json!({
        "run": made.number,
        "parties": made.count,
        "events": made.told.len(),
        "alerts": made.alerts(),
        "new": made.count_of(EventKind::New),
        "changed": made.count_of(EventKind::Changed),
        "gone": made.count_of(EventKind::Gone),
        "reopened": made.count_of(EventKind::Reopened),
        "snapshot": made.engine.snapshot().digest(),
        "policy": made.engine.policy_digest(),
        "entries": made.entries.map(|entries| [entries.first, entries.last]),
        "delivered": delivered,
    }))
}

/// Changes the allow-list.
pub fn allow(home: &Home, asked: &Allowance) -> Result<Value, Failure> {
    super::catch_up(home)?;
    let entry = put(
        home,
        &Wanted {
            party: &asked.party,
            listing: &asked.listing,
            reason: asked.reason.clone(),
            author: asked.author.clone(),
            until: asked.until,
            withdraw: asked.withdraw,
            sides: asked.sides,
            tried: asked.tried,
        },
    )?;
    Ok(serde_json::to_value(entry)?)
}
