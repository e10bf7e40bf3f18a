//! `interdict serve --check`: what would be used, and whether the provider of identities takes it, without serving.
//!
//! Promises: it listens nowhere, writes nothing and signs nobody in; what is wrong names the setting and ends with 2.
//!
//! Not here: the settings (`serve`, `sign_in`), the questions to the provider (`server`).

use std::io::{self, Write};

use clap::ValueEnum;
use interdict_server::{Examined, Settings, examine};
use serde::Serialize;

use crate::exit::{Exit, Failure, print_error, print_note};
use crate::render;
use crate::style::{self, DIM};

/// Form of the output.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Form {
    /// For people
    Table,
    /// For programs
    Json,
}

/// What would be used.
#[derive(Serialize)]
struct Tried {
    address: String,
    home: String,
    /// Lists in use.
    lists: Vec<String>,
    starter: bool,
    ledger: bool,
    /// What needs two persons.
    four_eyes: Vec<&'static str>,
    /// What was found of the provider; none where none is configured, or it could not be asked.
    sign_in: Option<Examined>,
    /// What should be looked after, though it would serve.
    warnings: Vec<String>,
    errors: Vec<String>,
}

/// Tries it.
pub fn run(settings: &Settings, form: Form) -> Result<Exit, Failure> {
    let snapshot = settings.home.snapshot()?;
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let address = format!("{scheme}://{}", settings.listen);
    let mut errors = Vec::new();
    for path in settings.tls.iter().flat_map(|tls| [&tls.cert, &tls.key]) {
        if let Err(error) = std::fs::metadata(path) {
            errors.push(format!("{}: {error}\nhint: --tls-cert and --tls-key name PEM files", path.display()));
        }
    }
    let sign_in = match &settings.oidc {
        None => None,
        Some(oidc) if oidc.public_url.is_none() && !settings.listen.ip().is_loopback() => {
            let hint = "public_url = \"https://…\", or --oidc-public-url";
            errors.push(format!(
                "public_url: beyond loopback it must be said where browsers find this service\nhint: {hint}"
            ));
            None
        }
        Some(oidc) => examine(oidc, &address).map_err(|error| errors.push(error)).ok(),
    };
    errors.extend(sign_in.iter().flat_map(|found| found.errors.clone()));
    let tried = Tried {
        address,
        home: settings.home.root().display().to_string(),
        lists: snapshot.versions().map(|version| version.list.0.clone()).collect(),
        starter: snapshot.is_starter(),
        ledger: settings.home.ledger().exists(),
        four_eyes: settings.four_eyes.words(),
        sign_in,
        warnings: settings.home.open_to_others().into_iter().collect(),
        errors,
    };
    let mut out = anstream::AutoStream::auto(io::stdout()).lock();
    match form {
        Form::Json => writeln!(out, "{}", render::json::text(&tried, true)?)?,
        Form::Table => table(&mut out, &tried)?,
    }
    for warning in tried.warnings.iter().chain(tried.sign_in.iter().flat_map(|found| &found.warnings)) {
        print_note(warning);
    }
    for error in &tried.errors {
        print_error(error);
    }
    Ok(if tried.errors.is_empty() { Exit::Clear } else { Exit::NotDone })
}

fn table(out: &mut impl Write, tried: &Tried) -> Result<(), Failure> {
    let lists = if tried.starter { "the starter list only".to_owned() } else { tried.lists.join(", ") };
    let ledger = if tried.ledger { "kept" } else { "none; `interdict ledger init` begins one" };
    let mut rows = vec![("listens on", tried.address.clone()), ("home", tried.home.clone())];
    rows.extend([("lists", lists), ("ledger", ledger.to_owned())]);
    let two = if tried.four_eyes.is_empty() { "nothing".to_owned() } else { tried.four_eyes.join(", ") };
    rows.push(("two persons for", two));
    match &tried.sign_in {
        None => {
            rows.push(("sign-in", if tried.errors.is_empty() { "not set up" } else { "cannot be used" }.to_owned()))
        }
        Some(found) => {
            let none = || "none".to_owned();
            rows.push(("sign-in", found.issuer.clone()));
            rows.push(("client", format!("{} (secret: {})", found.client_id, found.client_auth)));
            rows.push(("signs in at", found.authorization_endpoint.clone()));
            rows.push(("gives codes at", found.token_endpoint.clone()));
            rows.push(("says more at", found.userinfo_endpoint.clone().unwrap_or_else(none)));
            rows.push(("signs out at", found.end_session_endpoint.clone().unwrap_or_else(none)));
            rows.push(("keys", found.keys.join(", ")));
            rows.push(("scopes", found.scopes.join(" ")));
            rows.push(("roles from", found.roles_claim.join(" → ")));
            for (value, roles) in &found.roles {
                rows.push(("", format!("{value} → {}", roles.join(", "))));
            }
            let audience = found.audience.as_ref().map_or("none is taken".to_owned(), |of| format!("taken for {of}"));
            rows.push(("access tokens", audience));
            let minutes = format!("{} minutes, {} unused", found.session_minutes, found.idle_minutes);
            rows.push(("a session lasts", minutes));
            rows.push(("tell it", format!("{} (redirect URI)", found.callback)));
            rows.push(("and", format!("{} (back-channel logout URI)", found.backchannel_logout)));
        }
    }
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let cells: Vec<Vec<String>> =
        rows.into_iter().map(|(name, value)| vec![name.to_owned(), style::fit(&value, 160)]).collect();
    for line in style::aligned(&cells, &[]) {
        let (name, value) = line.split_at(width.min(line.len()));
        writeln!(out, "{DIM}{name}{DIM:#}{value}")?;
    }
    Ok(())
}
