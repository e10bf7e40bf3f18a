//! `interdict monitor webhook`: make a secret, try a receiver, show how it stands, check a signature.
//!
//! Not here: sending events (`deliver`).

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Args, Subcommand};
use interdict_fetch::shown;
use interdict_fetch::webhook::{Message, Post, Secret, TOLERANCE_S, Tries, Verifier};
use interdict_store::monitor::Standing;
use interdict_store::{Home, write_secret};
use jiff::Timestamp;
use serde::Serialize;

use super::{SECRET_ENV, WebhookArgs, configured, wants};
use crate::exit::{Exit, Failure};
use crate::render;
use crate::style::{self, BOLD, CLEAR, DIM, ERROR, clean};

/// Largest body that is checked: events are a few KiB.
const LARGEST: u64 = 64 << 20;

/// What to do about receivers.
#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor webhook secret --out desk.secret
  interdict monitor webhook test --webhook desk
  interdict monitor webhook list
  interdict monitor webhook verify body.json --id evt_… --timestamp 1674087231 --signature 'v1,…' --key desk.secret

Receivers stand in `webhooks.toml` in the home folder:

  [[webhook]]
  name = \"desk\"
  url = \"https://desk.example/hooks/interdict\"
  secret_env = \"DESK_WEBHOOK_SECRET\"      # or secret_file = \"/etc/interdict/desk.secret\"
  events = [\"new\", \"changed\", \"gone\", \"reopened\"]
  alerts_only = true

Events are signed as Standard Webhooks has it: https://www.standardwebhooks.com")]
pub struct WebhookCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    /// Show receivers, and what waits for them
    List(ListArgs),
    /// Make a secret that signs
    Secret(SecretArgs),
    /// Send a test event
    Test(TestArgs),
    /// Check a signature, as a receiver does
    Verify(VerifyArgs),
}

#[derive(Args, Debug)]
struct ListArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:
  interdict monitor webhook secret
  interdict monitor webhook secret --ed25519 --out desk.secret      the public key goes to desk.secret.pub")]
struct SecretArgs {
    /// A key pair: the receiver holds the public half only
    #[arg(long)]
    ed25519: bool,
    /// Write it to a file that others cannot read; nothing may stand there
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 every receiver took it, 2 one did not")]
struct TestArgs {
    #[command(flatten)]
    webhooks: WebhookArgs,
}

#[derive(Args, Debug)]
#[command(after_help = "Exit codes: 0 it fits, 1 it does not, 2 it could not be looked at")]
struct VerifyArgs {
    /// The body as it came, byte for byte; - for standard input
    #[arg(value_name = "FILE|-")]
    body: PathBuf,
    /// The header `webhook-id`
    #[arg(long)]
    id: String,
    /// The header `webhook-timestamp`
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    timestamp: i64,
    /// The header `webhook-signature`
    #[arg(long)]
    signature: String,
    /// A file with the secret or the public key, or a public key [default: the variable INTERDICT_WEBHOOK_SECRET]
    #[arg(long, value_name = "FILE|whpk_…")]
    key: Option<String>,
    /// Whatever its time is; else it may be five minutes off
    #[arg(long)]
    any_time: bool,
}

/// Answers.
pub fn run(command: &WebhookCommand, home: &Home) -> Result<Exit, Failure> {
    match &command.what {
        What::List(args) => list(args, home),
        What::Secret(args) => secret(args),
        What::Test(args) => test(args, home),
        What::Verify(args) => verify(args),
    }
}

#[derive(Serialize)]
struct Row {
    receiver: String,
    address: String,
    events: Vec<String>,
    alerts_only: bool,
    /// Events of runs that were made, which it has not taken; none if it was never sent any.
    waiting: Option<u64>,
    standing: Option<Standing>,
}

fn list(args: &ListArgs, home: &Home) -> Result<Exit, Failure> {
    let monitor = home.monitor();
    let last = monitor.state()?.last.map_or(0, |last| last.run);
    let mut rows = Vec::new();
    for receiver in configured(home)? {
        let standing = monitor.standing(&receiver.name)?;
        let waiting = monitor.count_waiting(&receiver.name, last, &|line| wants(&receiver, line))?;
        let address = shown(&receiver.url);
        let (receiver, events, alerts_only) = (receiver.name, receiver.events, receiver.alerts_only);
        rows.push(Row { receiver, address, events, alerts_only, waiting, standing });
    }
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", render::json::text(&rows, true)?)?;
        return Ok(Exit::Clear);
    }
    let mut lines = vec![["receiver", "address", "waiting", "last taken", "trouble"].map(str::to_owned).to_vec()];
    lines.extend(rows.iter().map(|row| {
        let standing = row.standing.as_ref();
        let taken = standing.and_then(|standing| standing.last_taken);
        vec![
            clean(&row.receiver),
            style::fit(&row.address, 60),
            row.waiting.map_or_else(|| "–".to_owned(), style::grouped),
            taken.map_or_else(|| "never".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
            standing.and_then(|standing| standing.trouble.as_deref()).map_or_else(String::new, |t| style::fit(t, 60)),
        ]
    }));
    for (i, line) in style::aligned(&lines, &[2]).into_iter().enumerate().filter(|_| lines.len() > 1) {
        if i == 0 { writeln!(out, "{BOLD}{line}{BOLD:#}")? } else { writeln!(out, "{line}")? }
    }
    let file = home.root().join("webhooks.toml");
    writeln!(out, "{DIM}{} in {}{DIM:#}", style::count(rows.len() as u64, "receiver", "receivers"), file.display())?;
    Ok(Exit::Clear)
}

fn random() -> Result<[u8; 32], Failure> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|error| Failure::new(format!("no randomness from the system: {error}")))?;
    Ok(bytes)
}

fn secret(args: &SecretArgs) -> Result<Exit, Failure> {
    let secret = if args.ed25519 { Secret::pair(random()?) } else { Secret::shared(random()?) };
    let mut out = anstream::stdout().lock();
    if let Some(path) = &args.out {
        write_secret(path, &format!("{}\n", secret.secret_text()))?;
        writeln!(out, "secret      {}", path.display())?;
        if let Some(public) = secret.public_text() {
            let beside = PathBuf::from(format!("{}.pub", path.display()));
            write_secret(&beside, &format!("{public}\n"))?;
            writeln!(out, "public key  {} {public}", beside.display())?;
        }
        return Ok(Exit::Clear);
    }
    writeln!(out, "{}", secret.secret_text())?;
    if let Some(public) = secret.public_text() {
        writeln!(out, "{public}")?;
    }
    Ok(Exit::Clear)
}

fn test(args: &TestArgs, home: &Home) -> Result<Exit, Failure> {
    let targets = args.webhooks.targets(home)?;
    if targets.is_empty() {
        let hint = "name some in webhooks.toml in the home folder, or give one with --webhook URL";
        return Err(Failure::hint("there is no receiver", hint));
    }
    let mut exit = Exit::Clear;
    let mut out = anstream::stdout().lock();
    for target in &targets {
        let hash = interdict_model::Digest(random()?).to_string();
        let id = format!("evt_test_{}", hash.get(..16).unwrap_or_default());
        let body = serde_json::json!({
            "type": "monitor.test",
            "timestamp": Timestamp::now(),
            "data": { "receiver": target.receiver.name, "text": "a test: nothing happened" },
        });
        let body = serde_json::to_vec(&body)?;
        let post = Post { url: &target.receiver.url, id: &id, body: &body, secrets: &target.secrets };
        let deadline = Instant::now() + Duration::from_secs(args.webhooks.within);
        let tries = Tries { attempts: 1, pause: Duration::ZERO, deadline };
        let (name, start) = (&target.receiver.name, Instant::now());
        match target.client.deliver(&post, &tries, &|_, _| {}) {
            Ok(taken) => writeln!(
                out,
                "{CLEAR}taken{CLEAR:#}: {BOLD}{name}{BOLD:#} answers `{}` to {id} after {:.0?}",
                taken.status,
                start.elapsed()
            )?,
            Err(failed) => {
                exit = Exit::NotDone;
                writeln!(out, "{ERROR}not taken{ERROR:#}: {BOLD}{name}{BOLD:#}")?;
                crate::exit::print_error(&format!("webhook {name}: {failed}"));
            }
        }
    }
    Ok(exit)
}

fn verify(args: &VerifyArgs) -> Result<Exit, Failure> {
    let text = match &args.key {
        Some(key) if key.starts_with("whpk_") => key.clone(),
        Some(path) => crate::file::text(std::path::Path::new(path), 1 << 20)?,
        None => std::env::var(SECRET_ENV).unwrap_or_default(),
    };
    let keys = text.split_whitespace().map(Verifier::parse).collect::<Result<Vec<_>, _>>();
    let keys = keys.map_err(|reason| Failure::new(format!("--key: {reason}")))?;
    if keys.is_empty() {
        let hint = format!("give a file with --key, or the secret in {SECRET_ENV}");
        return Err(Failure::hint("there is no key to check with", hint));
    }
    let place = args.body.display();
    let failed = |error: std::io::Error| Failure::new(format!("{place}: {error}"));
    let mut body = Vec::new();
    if args.body.as_os_str() == "-" {
        std::io::stdin().take(LARGEST).read_to_end(&mut body).map_err(failed)?;
    } else {
        std::fs::File::open(&args.body).and_then(|file| file.take(LARGEST).read_to_end(&mut body)).map_err(failed)?;
    }
    let message = Message { id: &args.id, at: args.timestamp, body: &body };
    let (now, tolerance) =
        if args.any_time { (args.timestamp, 0) } else { (Timestamp::now().as_second(), TOLERANCE_S) };
    let mut reason = String::new();
    let mut out = anstream::stdout().lock();
    for key in &keys {
        match key.check(&message, &args.signature, now, tolerance) {
            Ok(()) => {
                writeln!(out, "{CLEAR}fits{CLEAR:#}: {}", clean(&args.id))?;
                return Ok(Exit::Clear);
            }
            Err(why) => reason = why,
        }
    }
    writeln!(out, "{ERROR}does not fit{ERROR:#}: {reason}")?;
    Ok(Exit::Hit)
}
