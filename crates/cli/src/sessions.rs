//! `interdict sessions`: who is signed in to the service, and ending that, on the machine itself.
//!
//! Promises: no token is shown, for none is kept; a session that was ended opens nothing at once, also in a service that runs;
//! each end is on record where the home keeps a ledger.
//!
//! Not here: signing in (`server`), how sessions are kept (`state`).

use std::collections::BTreeSet;
use std::io::{self, Write};

use clap::{Args, Subcommand, ValueEnum};
use interdict_ledger::entry::Act;
use interdict_state::{Ending, Session, State};
use jiff::Timestamp;
use serde::Serialize;

use crate::command::PlaceArgs;
use crate::exit::{Exit, Failure, print_note};
use crate::render;
use crate::style::{self, BOLD};

/// Which sessions.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict sessions list
  interdict sessions list --who oidc-0123456789abcdef --format json
  interdict sessions end session-0123456789abcdef
  interdict sessions end --who oidc-0123456789abcdef
  interdict sessions end --all

A session is that of a person who signed in with the identity provider (docs/signing-in.md). One that nobody used for the
service's `idle_minutes` opens nothing and is listed until its time is over.

Exit codes: 0 done, 2 no such session, or it could not be done")]
pub struct SessionsArgs {
    /// PostgreSQL database that the service uses [default: state.db in the home folder]
    #[arg(long, value_name = "ADDRESS", env = "INTERDICT_DATABASE", hide_env_values = true, global = true)]
    database: Option<String>,
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Show who is signed in
    List {
        /// Only the sessions of this person, by its number
        #[arg(long, value_name = "NUMBER")]
        who: Option<String>,
        /// Form of the output
        #[arg(long, value_enum, default_value_t)]
        format: Form,
    },
    /// End sessions, at once and on every instance
    #[command(group = clap::ArgGroup::new("which").required(true).args(["ids", "who", "all"]))]
    End {
        /// Their ids, as `sessions list` shows them
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        /// All sessions of this person, by its number
        #[arg(long, value_name = "NUMBER")]
        who: Option<String>,
        /// Everybody's
        #[arg(long)]
        all: bool,
        /// Form of the output
        #[arg(long, value_enum, default_value_t)]
        format: Form,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Form {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
}

/// Sessions that ended.
#[derive(Serialize)]
struct Ended {
    ended: Vec<Session>,
}

/// Answers.
pub fn run(args: &SessionsArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let state = match &args.database {
        Some(address) => State::postgres(address)?,
        None => State::sqlite(&place.home()?.root().join("state.db"))?,
    };
    let mut out = anstream::AutoStream::auto(io::stdout()).lock();
    match &args.what {
        What::List { who, format } => {
            let now = Timestamp::now().as_second();
            let is_asked =
                |session: &Session| session.ends_at > now && who.as_ref().is_none_or(|who| session.who == *who);
            let sessions: Vec<Session> = state.sessions()?.into_iter().filter(is_asked).collect();
            match format {
                Form::Table => table(&mut out, &sessions)?,
                Form::Json => writeln!(out, "{}", render::json::text(&sessions, true)?)?,
            }
            Ok(Exit::Clear)
        }
        What::End { ids, who, all, format } => {
            let endings: Vec<Ending> = match who {
                _ if *all => vec![Ending::All],
                Some(who) => vec![Ending::Of(who.clone())],
                None => ids.iter().cloned().map(Ending::One).collect(),
            };
            let mut ended = Vec::new();
            for ending in &endings {
                let of_ending = state.end_sessions(ending)?;
                state.shut_out(ending, &of_ending, Timestamp::now().as_second())?;
                ended.extend(of_ending);
            }
            recorded(place, &ended)?;
            let missing: Vec<&String> =
                ids.iter().filter(|id| ended.iter().all(|session| session.id != **id)).collect();
            match format {
                Form::Table => {
                    for session in &ended {
                        writeln!(out, "ended {}", session.id)?;
                    }
                    if ended.is_empty() && missing.is_empty() {
                        print_note("nobody was signed in");
                    }
                }
                Form::Json => writeln!(out, "{}", render::json::text(&Ended { ended }, true)?)?,
            }
            match missing.first() {
                None => Ok(Exit::Clear),
                Some(id) => Err(Failure::hint(format!("no session `{id}`"), "`interdict sessions list` shows them")),
            }
        }
    }
}

/// Puts the ends on record, where the home keeps a ledger.
fn recorded(place: &PlaceArgs, ended: &[Session]) -> Result<(), Failure> {
    let ledger = place.home()?.ledger();
    if ended.is_empty() || !ledger.exists() {
        return Ok(());
    }
    let mut log = ledger.open()?;
    let ids: BTreeSet<&str> = ended.iter().map(|session| session.id.as_str()).collect();
    for id in ids {
        log.act(Act::SessionEnded, "command line", id, "", Timestamp::now())?;
    }
    Ok(())
}

fn table(out: &mut impl Write, sessions: &[Session]) -> Result<(), Failure> {
    let time = |at: i64| Timestamp::from_second(at).map_or_else(|_| "–".to_owned(), |at| at.to_string());
    let mut rows = vec![["id", "person", "name", "roles", "began", "last used", "ends"].map(str::to_owned).to_vec()];
    for session in sessions {
        let roles: Vec<&str> = session.roles.iter().map(|role| role.word()).collect();
        rows.push(vec![
            session.id.clone(),
            session.who.clone(),
            style::fit(&session.name, 30),
            roles.join(","),
            time(session.created_at),
            time(session.used_at),
            time(session.ends_at),
        ]);
    }
    style::write_table(out, &rows, &[])?;
    if sessions.is_empty() {
        writeln!(out, "{BOLD}nobody is signed in{BOLD:#}")?;
    }
    Ok(())
}
