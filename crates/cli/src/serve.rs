//! `interdict serve`: the API over HTTP.
//!
//! Not here: the service itself (`server`), its keys (`keys`).

use std::io::IsTerminal;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use interdict_server::{AppError, Dialect, FourEyes, Redaction, Running, Settings, Tls, Traces};
use interdict_state::{Role, Token};
use interdict_store::{Home, write_secret};
use tracing_subscriber::EnvFilter;

use crate::command::PlaceArgs;
use crate::errands::Commands;
use crate::exit::{Exit, Failure, print_note, say_in_the_log};
use crate::file;
use crate::record::KeepArgs;
use crate::sign_in::{self, OidcArgs};
use crate::trial;
use crate::update::WayArgs;

/// The variable with the token that `/updatez` asks for.
const UPDATE_TOKEN: &str = "INTERDICT_UPDATE_TOKEN";

/// The most bytes of a file of settings.
const MOST_SET: u64 = 1 << 20;

/// How to serve.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict serve
  TOKEN=$(interdict keys new payments --role machine)
  curl -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\
    -d '{\"party\": {\"name\": \"Kim Jong Un\", \"born\": \"1984-01-08\"}}' http://127.0.0.1:8080/v1/screen
  interdict serve --listen 0.0.0.0:8443 --tls-cert cert.pem --tls-key key.pem
  interdict serve --anonymous machine
  interdict serve --redact redact.toml --retention five-years
  interdict serve --four-eyes acceptances,rollbacks
  interdict serve --otlp http://localhost:4318
  interdict serve --compat yente --anonymous machine --listen 127.0.0.1:8000
  INTERDICT_OIDC_CLIENT_SECRET=… interdict serve --config serve.toml
  interdict serve --oidc-issuer https://login.example --oidc-client-id interdict --oidc-client-secret-file secret \\
    --oidc-roles-claim groups --oidc-role \"Sanctions Analysts=analyst\" --check

It starts without configuration: on loopback, with the lists of the home folder, its state in
state.db there. New lists are taken into use while it runs. At the first start it makes a setup
token, with which the first key is made: a terminal shows it, else the log says which file holds it. /updatez takes the token of --update-token-file or
INTERDICT_UPDATE_TOKEN. Ctrl-C or SIGTERM ends it after what is under way.

People sign in with OpenID Connect where serve.toml has a table [oidc], or --oidc-… says the same
(docs/signing-in.md); an argument or its variable counts before the file. The client's secret is in
the file that client_secret_file names, or in INTERDICT_OIDC_CLIENT_SECRET, never among the
arguments. --check asks the provider and says what would be used.

Exit codes: 0 asked to end, 2 could not start or go on")]
pub struct ServeArgs {
    /// Address to listen on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Certificate with its chain, in PEM; with it the service speaks HTTPS only
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Settings of sign-in with an identity provider [default: serve.toml in the home folder, if it is there]
    #[arg(long, value_name = "FILE", env = "INTERDICT_SERVE_CONFIG")]
    config: Option<PathBuf>,
    /// What somebody without a key may do, on loopback only: roles, as machine or viewer,analyst
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    anonymous: Vec<String>,
    /// Speak the interface of another service beside our own
    #[arg(long, value_enum, value_name = "SERVICE")]
    compat: Option<Other>,
    /// File with the token that /updatez of yente's interface asks for; without one it refuses everyone
    #[arg(long, value_name = "FILE", requires = "compat")]
    update_token_file: Option<PathBuf>,
    /// Collector of traces (OpenTelemetry, OTLP over HTTP), as http://localhost:4318; OTEL_EXPORTER_OTLP_* say the rest
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
    /// What each role sees of persons, in TOML: `[analyst.party]` and below it `documents = "mask"`
    #[arg(long, value_name = "FILE")]
    redact: Option<PathBuf>,
    /// What needs two persons: acceptances, rollbacks, allowances, keys; all, or off
    #[arg(long, value_name = "WHAT", value_delimiter = ',', env = "INTERDICT_FOUR_EYES", default_value = "off")]
    four_eyes: Vec<String>,
    #[command(flatten)]
    keep: KeepArgs,
    /// Name by which agents at /mcp, and whoever shows no key, may call the service, besides those of loopback; may be repeated
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    /// PostgreSQL database that several instances share, as postgresql://USER@HOST/DATABASE?sslmode=verify-full&sslrootcert=FILE
    #[arg(long, value_name = "ADDRESS", env = "INTERDICT_DATABASE", hide_env_values = true)]
    database: Option<String>,
    /// Threads that compare [default: one for each core]
    #[arg(long, value_name = "N", help_heading = "Limits", value_parser = clap::value_parser!(u16).range(1..=1024))]
    workers: Option<u16>,
    /// Requests that may wait; the next ones get 503 and Retry-After
    #[arg(long, value_name = "N", help_heading = "Limits", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..))]
    queue: u32,
    /// Requests a second of a key that has no rate of its own
    #[arg(long, value_name = "N", help_heading = "Limits", default_value_t = 20_000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// Milliseconds after which a request is given up, which is never "clear"
    #[arg(long, value_name = "MS", help_heading = "Limits", default_value_t = 2_000, value_parser = clap::value_parser!(u64).range(1..=600_000))]
    deadline: u64,
    /// Days since publication after which a list makes the service not ready
    #[arg(long, value_name = "DAYS", help_heading = "Limits")]
    max_age: Option<u32>,
    /// The most MiB of files that a list administrator may send in at a time
    #[arg(long, value_name = "N", help_heading = "Limits", default_value_t = 512, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    max_upload_mb: u64,
    /// What is logged to standard error: JSON lines, or text on a terminal
    #[arg(long, value_enum, default_value_t)]
    log: Level,
    /// Try the settings, ask the identity provider, say what would be used, and end
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, require_equals = true, default_missing_value = "table")]
    check: Option<trial::Form>,
    #[command(flatten)]
    oidc: OidcArgs,
    #[command(flatten)]
    way: WayArgs,
}

/// Whose interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Other {
    /// OpenSanctions yente: /match, /search, /entities, /catalog, /reconcile
    Yente,
    /// Moov Watchman: /v2/search, /v2/listinfo
    Watchman,
}

/// How much is logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, ValueEnum)]
enum Level {
    /// Nothing
    Off,
    /// What went wrong
    Error,
    /// And what may
    Warn,
    /// And a line for each request, without anything of its party
    #[default]
    Info,
}

/// Serves.
pub fn run(args: &ServeArgs, place: &PlaceArgs) -> Result<Exit, Failure> {
    let settings = settings(args, place)?;
    if let Some(form) = args.check {
        return trial::run(&settings, form);
    }
    log(args.log);
    let home = settings.home.clone();
    interdict_server::run(settings, |running, setup| say(args, &home, running, setup.as_ref()))?;
    Ok(Exit::Clear)
}

fn settings(args: &ServeArgs, place: &PlaceArgs) -> Result<Settings, Failure> {
    let role = |text: &String| {
        Role::parse(text)
            .ok_or_else(|| Failure::hint(format!("--anonymous: no role `{text}`"), format!("one of {}", Role::words())))
    };
    let anonymous = args.anonymous.iter().map(role).collect::<Result<Vec<_>, _>>()?;
    if !anonymous.is_empty() && !args.listen.ip().is_loopback() {
        let hint = "make keys with `interdict keys new`, or listen on 127.0.0.1 behind a proxy that asks who is there";
        return Err(Failure::hint("--anonymous: not beyond loopback", hint));
    }
    if !args.listen.ip().is_loopback() && args.tls_cert.is_none() {
        print_note(
            "keys and names of parties cross the network unencrypted\nhint: give --tls-cert and --tls-key, or listen on 127.0.0.1 behind a proxy",
        );
    }
    let defaults = Settings::new(place.home()?);
    let oidc = sign_in::settings(&args.oidc, args.config.as_deref(), defaults.home.root())?;
    Ok(Settings {
        listen: args.listen,
        database: args.database.clone(),
        tls: args.tls_cert.clone().zip(args.tls_key.clone()).map(|(cert, key)| Tls { cert, key }),
        oidc,
        anonymous,
        compat: args.compat.map(|other| match other {
            Other::Yente => Dialect::Yente,
            Other::Watchman => Dialect::Watchman,
        }),
        update_token: update_token(args)?,
        traces: Traces::of(args.otlp.as_deref(), |name| std::env::var(name).ok())
            .map_err(|error| Failure::new(error.to_string()))?,
        redact: args.redact.as_deref().map_or_else(|| Ok(defaults.redact.clone()), redaction)?,
        four_eyes: FourEyes::parse(args.four_eyes.iter().map(String::as_str))
            .map_err(|error| Failure::new(format!("--four-eyes: {error}")))?,
        retention: args.keep.class(),
        hosts: args.hosts.clone(),
        workers: args.workers.map_or(defaults.workers, usize::from),
        queue: usize::try_from(args.queue).unwrap_or(defaults.queue),
        rate: args.rate,
        deadline: Duration::from_millis(args.deadline),
        max_age_days: args.max_age,
        upload_bytes: args.max_upload_mb.saturating_mul(1 << 20),
        errands: Some(Arc::new(Commands { way: args.way.clone() })),
        ..defaults
    })
}

/// The token of `/updatez`: from a file, else from the environment, never from the arguments, which others see.
fn update_token(args: &ServeArgs) -> Result<Option<String>, Failure> {
    let Some(path) = &args.update_token_file else {
        return Ok(std::env::var(UPDATE_TOKEN).ok().filter(|token| !token.is_empty()));
    };
    let text = file::text(path, MOST_SET)?;
    match text.trim() {
        "" => Err(Failure::hint(format!("{}: the file is empty", path.display()), "write the token into it")),
        token => Ok(Some(token.to_owned())),
    }
}

/// What each role sees of persons.
fn redaction(file: &Path) -> Result<Redaction, Failure> {
    let shown = file.display();
    let text = crate::file::text(file, MOST_SET)?;
    Redaction::parse(&text).map_err(|error| Failure::new(format!("--redact {shown}: {error}")))
}

fn log(level: Level) {
    let filter = EnvFilter::new(match level {
        Level::Off => "off",
        Level::Error => "error,notes=info",
        Level::Warn => "warn,notes=info",
        // What libraries say of each connection is not for the log of a service.
        Level::Info => "warn,interdict_server=info,notes=info",
    });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second subscriber in one process cannot be set, and need not be.
    let _ = if std::io::stderr().is_terminal() {
        builder.with_target(false).try_init()
    } else {
        let set = builder.json().flatten_event(true).with_current_span(false).try_init();
        if set.is_ok() && level != Level::Off {
            // A collector reads each line as JSON, so what is said besides must be a line of the log too.
            say_in_the_log();
        }
        set
    };
}

fn say(args: &ServeArgs, home: &Home, running: &Running, setup: Option<&Token>) {
    let scheme = if args.tls_cert.is_some() { "https" } else { "http" };
    let mut address = running.address;
    if let Some(warning) = home.open_to_others() {
        print_note(&warning);
    }
    print_note(&format!("listening on {scheme}://{address}; the API is described at /openapi.json"));
    let Some(token) = setup else { return };
    if address.ip().is_unspecified() {
        // what listens everywhere is reached here
        address.set_ip(if address.is_ipv6() { Ipv6Addr::LOCALHOST.into() } else { Ipv4Addr::LOCALHOST.into() });
    }
    let (said, bearer) = if std::io::stderr().is_terminal() {
        (format!("setup token, shown this once: {}", token.reveal()), token.reveal().to_owned())
    } else {
        // What is no terminal is kept and read by others, as a log is.
        let file = home.setup_token();
        let _ = std::fs::remove_file(&file);
        if let Err(error) = write_secret(&file, token.reveal()) {
            print_note(&format!(
                "the setup token could not be kept: {error}\nhint: make the first key with `interdict keys new`"
            ));
            return;
        }
        let shown = file.display().to_string();
        let quoted = shown.replace('\'', r"'\''");
        (format!("the setup token is in {shown}, for its owner alone"), format!("$(cat '{quoted}')"))
    };
    print_note(&format!(
        "{said}\nhint: make the first key with it: curl -H \"Authorization: Bearer {bearer}\" -H 'Content-Type: application/json' \
         -d '{{\"name\": \"me\", \"roles\": [\"policy_admin\", \"analyst\"]}}' {scheme}://{address}/v1/setup; or run `interdict keys new`"
    ));
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        Self::new(error.to_string())
    }
}
