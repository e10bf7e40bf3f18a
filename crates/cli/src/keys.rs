//! `interdict keys`: keys of the service, made on the machine itself.
//!
//! Promises: a token is printed once and kept nowhere; the service sees a change within two seconds.
//!
//! Not here: the service (`serve`), how keys are kept (`state`).

use std::io::{self, Write};

use clap::{Args, Subcommand, ValueEnum};
use interdict_ledger::entry::Act;
use interdict_state::{Key, KeyStanding, NewKey, Role, State, StateError};
use jiff::Timestamp;
use serde::Serialize;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure, print_note};
use crate::render;
use crate::style::{self, BOLD};

/// Which keys.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict keys new payments --role machine --days 90
  interdict keys new \"Dana Q\" --role analyst --role viewer
  interdict keys new lists-dana --role list_admin --holder \"Dana Quill\"
  interdict keys list
  interdict keys revoke key-0123456789abcdef

Roles: viewer looks; analyst screens, explains, checks; reviewer reviews too; list_admin keeps lists; policy_admin keeps
policies and keys; auditor looks at all records; machine screens, checks, has parties monitored.")]
pub struct KeysArgs {
    /// PostgreSQL database that the service uses [default: state.db in the home folder]
    #[arg(long, value_name = "ADDRESS", env = "INTERDICT_DATABASE", hide_env_values = true, global = true)]
    database: Option<String>,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Make a key and print its token, once
    New {
        /// Who will hold it: a program or a person
        name: String,
        /// What it may do
        #[arg(long = "role", value_name = "ROLE", required = true, value_delimiter = ',')]
        roles: Vec<String>,
        /// Days after which it ends [default: never]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        days: Option<u32>,
        /// Requests a second [default: the service's]
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
        rate: Option<u32>,
        /// The person that holds it, by the same name in all keys of that person: where `serve --four-eyes` asks for two persons,
        /// a key without a holder is nobody
        #[arg(long, value_name = "PERSON")]
        holder: Option<String>,
        /// Form of the output
        #[arg(long, value_enum, default_value_t)]
        format: KeyFormat,
    },
    /// Show all keys, without their tokens
    List {
        /// Form of the output
        #[arg(long, value_enum, default_value_t)]
        format: KeyFormat,
    },
    /// Take a key back
    Revoke {
        /// Its id, as `keys list` shows it
        id: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum KeyFormat {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// A key as it is shown.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    key: Key,
    standing: KeyStanding,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<StateError> for Failure {
    fn from(error: StateError) -> Self {
        Self::new(error.to_string())
    }
}

/// Answers.
pub fn run(args: &KeysArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let state = match &args.database {
        Some(address) => State::postgres(address)?,
        None => State::sqlite(&place.home()?.root().join("state.db"))?,
    };
    let now = Timestamp::now().as_second();
    let mut out = anstream::AutoStream::auto(io::stdout()).lock();
    match &args.what {
        What::New { name, roles, days, rate, holder, format } => {
            let role = |text: &String| {
                Role::parse(text).ok_or_else(|| {
                    Failure::hint(format!("--role: no role `{text}`"), format!("one of {}", Role::words()))
                })
            };
            let roles = roles.iter().map(role).collect::<Result<Vec<_>, _>>()?;
            let expires_at = days.map(|days| now.saturating_add(i64::from(days).saturating_mul(86_400)));
            let (name, rate, holder) = (name.clone(), *rate, holder.clone());
            let new = NewKey { name, roles, rate, expires_at, holder, made_by: Vec::new() };
            let (key, token) = state.add_key(&new, now)?;
            // Whoever can write the state needs no setup token, and nobody else should have one.
            state.drop_setup()?;
            let _ = std::fs::remove_file(place.home()?.setup_token());
            let words: Vec<&str> = key.roles.iter().map(|role| role.word()).collect();
            // One that is not on record is taken back before its token is shown.
            if let Err(failure) = recorded(place, Act::KeyMade, &key.id, &words.join(",")) {
                state.revoke(&key.id, now)?;
                return Err(failure);
            }
            match format {
                KeyFormat::Table => {
                    writeln!(out, "{}", token.reveal())?;
                    print_note(&format!("{} `{}`; its token above is shown this once", key.id, key.name));
                }
                KeyFormat::Json => {
                    let standing = key.standing(now);
                    let shown = Shown { key, standing, token: Some(token.reveal().to_owned()) };
                    writeln!(out, "{}", render::json::text(&shown, true)?)?;
                }
            }
        }
        What::List { format } => {
            let keys: Vec<Shown> =
                state.keys()?.into_iter().map(|key| Shown { standing: key.standing(now), key, token: None }).collect();
            match format {
                KeyFormat::Table => table(&mut out, &keys)?,
                KeyFormat::Json => writeln!(out, "{}", render::json::text(&keys, true)?)?,
            }
        }
        What::Revoke { id } => {
            if !state.revoke(id, now)? {
                return Err(Failure::hint(format!("no key `{id}`"), "`interdict keys list` shows them"));
            }
            recorded(place, Act::KeyRevoked, id, "")?;
            writeln!(out, "revoked {id}")?;
        }
    }
    Ok(Exit::Clear)
}

/// Puts what was done to a key on record, where the home keeps a ledger.
fn recorded(place: &PlaceArgs, act: Act, key: &str, roles: &str) -> Result<(), Failure> {
    let ledger = place.home()?.ledger();
    if ledger.exists() {
        ledger.open()?.act(act, "command line", key, roles, Timestamp::now())?;
    }
    Ok(())
}

fn table(out: &mut impl Write, keys: &[Shown]) -> Result<(), Failure> {
    let time = |at: Option<i64>| {
        at.and_then(|at| Timestamp::from_second(at).ok()).map_or_else(|| "–".to_owned(), |at| at.to_string())
    };
    let mut rows =
        vec![["id", "name", "holder", "roles", "standing", "expires", "last used"].map(str::to_owned).to_vec()];
    for Shown { key, standing, .. } in keys {
        let roles: Vec<&str> = key.roles.iter().map(|role| role.word()).collect();
        let standing = match standing {
            KeyStanding::Valid => "valid",
            KeyStanding::Expired => "expired",
            KeyStanding::Revoked => "revoked",
        };
        rows.push(vec![
            key.id.clone(),
            style::fit(&key.name, 40),
            key.holder.as_deref().map_or_else(|| "–".to_owned(), |holder| style::fit(holder, 40)),
            roles.join(","),
            standing.to_owned(),
            time(key.expires_at),
            time(key.used_at),
        ]);
    }
    style::write_table(out, &rows, &[])?;
    if keys.is_empty() {
        writeln!(out, "{BOLD}no keys{BOLD:#}: make one with `interdict keys new NAME --role ROLE`")?;
    }
    Ok(())
}
