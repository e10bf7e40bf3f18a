//! Receivers of events: who they are, with which secret and by which way.
//!
//! Promises: a receiver whose secret is missing is an error before anything is run or sent; secrets come
//! from the environment or a file and are never printed.
//!
//! Not here: sending (`deliver`), signing (`fetch`), what was taken (`store`).

mod deliver;
mod tools;

use std::path::{Path, PathBuf};

use clap::Args;
use interdict_fetch::webhook::{Receiver, Secret, SecretAt, limits, receivers};
use interdict_fetch::{Client, Proxy, Settings};
use interdict_store::Home;
use interdict_store::monitor::Monitor;

use crate::exit::{Exit, Failure};

pub use deliver::{DeliverArgs, Report, run as deliver};
pub use tools::{WebhookCommand, run as tools};

/// Where the secret of a receiver is that is given by its address alone.
const SECRET_ENV: &str = "INTERDICT_WEBHOOK_SECRET";

/// Time for sending in one go.
const WITHIN_SECONDS: u64 = 120;

/// Who is told of events.
#[derive(Args, Debug)]
#[command(next_help_heading = "Webhooks")]
pub struct WebhookArgs {
    /// Send events to a receiver of `webhooks.toml`, or to an address, signed with
    /// `INTERDICT_WEBHOOK_SECRET` [default: all of `webhooks.toml` in the home folder]
    #[arg(long, value_name = "NAME|URL")]
    webhook: Vec<String>,
    /// Seconds for sending; what is left is sent by `interdict monitor deliver`
    #[arg(long, value_name = "SECONDS", default_value_t = WITHIN_SECONDS, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    within: u64,
    #[command(flatten)]
    way: WayArgs,
}

/// How to reach them.
#[derive(Args, Debug)]
#[command(next_help_heading = "Webhooks")]
struct WayArgs {
    /// Proxy: http://, https:// or socks5:// [default: HTTPS_PROXY, ALL_PROXY, NO_PROXY]
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
    /// Use no proxy, whatever the environment says
    #[arg(long, conflicts_with = "proxy")]
    no_proxy: bool,
    /// Certificates (PEM) to trust in place of the common authorities
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Allow `http:`, which anyone on the way can read
    #[arg(long)]
    allow_http: bool,
    /// Allow receivers in your own network
    #[arg(long)]
    allow_private: bool,
}

/// A receiver that can be sent to.
pub struct Target {
    /// Who.
    pub receiver: Receiver,
    /// What signs.
    pub secrets: Vec<Secret>,
    /// What sends.
    pub client: Client,
}

/// The words of events.
pub const WORDS: [&str; 4] = ["new", "changed", "gone", "reopened"];

/// The receivers of a home's `webhooks.toml`.
pub fn configured(home: &Home) -> Result<Vec<Receiver>, Failure> {
    let path = home.root().join("webhooks.toml");
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Failure::new(format!("{}: {error}", path.display()))),
    };
    receivers(&text, &WORDS).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
}

/// The secrets of a receiver.
fn secrets(at: &SecretAt, what: &str) -> Result<Vec<Secret>, Failure> {
    let hint = "make a secret with `interdict monitor webhook secret`, and give it to the receiver too";
    let (place, text) = match at {
        SecretAt::Env(name) => {
            let value = std::env::var(name).unwrap_or_default();
            if value.is_empty() {
                return Err(Failure::hint(format!("webhook {what}: `{name}` is not set in the environment"), hint));
            }
            (name.clone(), value)
        }
        SecretAt::File(path) => {
            let text = std::fs::read_to_string(Path::new(path));
            (path.clone(), text.map_err(|error| Failure::hint(format!("webhook {what}: {path}: {error}"), hint))?)
        }
    };
    Secret::parse_all(&text).map_err(|reason| Failure::hint(format!("webhook {what}: {place}: {reason}"), hint))
}

impl WebhookArgs {
    /// All receivers of the home's `webhooks.toml`, by the way of the environment.
    pub fn of_home() -> Self {
        let way = WayArgs { proxy: None, no_proxy: false, ca: None, allow_http: false, allow_private: false };
        Self { webhook: Vec::new(), within: WITHIN_SECONDS, way }
    }

    /// Those who are to be told, each with its secret and its way.
    pub fn targets(&self, home: &Home) -> Result<Vec<Target>, Failure> {
        let known = configured(home)?;
        let chosen = if self.webhook.is_empty() {
            known
        } else {
            self.webhook.iter().map(|asked| one(asked, &known)).collect::<Result<Vec<_>, _>>()?
        };
        chosen.into_iter().map(|receiver| self.way.target(receiver)).collect()
    }
}

fn one(asked: &str, known: &[Receiver]) -> Result<Receiver, Failure> {
    if let Some(receiver) = known.iter().find(|receiver| receiver.name == asked) {
        return Ok(receiver.clone());
    }
    if !asked.contains("://") {
        let names: Vec<&str> = known.iter().map(|receiver| receiver.name.as_str()).collect();
        let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        let hint = format!("in webhooks.toml: {names}; or give a whole address, as https://host.example/hook");
        return Err(Failure::hint(format!("--webhook: there is no receiver `{asked}`"), hint));
    }
    Receiver::at(asked, SecretAt::Env(SECRET_ENV.to_owned()))
        .map_err(|reason| Failure::hint(format!("--webhook: {reason}"), "write it as https://host.example/hook"))
}

impl WayArgs {
    fn target(&self, receiver: Receiver) -> Result<Target, Failure> {
        let secrets = secrets(&receiver.secret, &receiver.name)?;
        let proxy = match &self.proxy {
            Some(proxy) => Proxy::At(proxy.clone()),
            None if self.no_proxy => Proxy::Direct,
            None => Proxy::Environment,
        };
        let read = |path: &PathBuf| {
            std::fs::read(path).map_err(|error| Failure::new(format!("--ca: {}: {error}", path.display())))
        };
        let settings = Settings {
            limits: limits(),
            allow_http: self.allow_http || receiver.allow_http,
            allow_private: self.allow_private || receiver.allow_private,
            proxy,
            authorities: self.ca.as_ref().map(read).transpose()?,
            user_agent: concat!("interdict/", env!("CARGO_PKG_VERSION")).to_owned(),
        };
        let client = Client::new(settings).map_err(Failure::new)?;
        Ok(Target { receiver, secrets, client })
    }
}

/// Puts receivers on the books before the run whose events they shall have, so that a crash after
/// it forgets nobody.
pub fn expect(monitor: &Monitor, targets: &[Target], run: u64) -> Result<(), Failure> {
    for target in targets {
        if monitor.standing(&target.receiver.name)?.is_none() {
            drop(monitor.deliveries(&target.receiver.name, run)?);
        }
    }
    Ok(())
}

/// Sends what is not delivered yet, says what became of it on stderr, and gives the exit code that a
/// run ends with.
pub fn send(monitor: &Monitor, targets: &[Target], args: &WebhookArgs, last: u64, exit: Exit) -> Result<Exit, Failure> {
    let reports = deliver::all(monitor, targets, args.within, last, false)?;
    deliver::print_notes(&reports);
    Ok(if reports.iter().all(deliver::Report::is_done) { exit } else { Exit::NotDone })
}

/// Sends what is not delivered yet, and tells what became of it.
pub fn send_all(monitor: &Monitor, targets: &[Target], args: &WebhookArgs, last: u64) -> Result<Vec<Report>, Failure> {
    deliver::all(monitor, targets, args.within, last, false)
}

/// Whether a receiver wants an event.
fn wants(receiver: &Receiver, line: &str) -> bool {
    let Ok(event) = serde_json::from_str::<deliver::Head>(line) else { return true };
    let kind = receiver.events.is_empty() || receiver.events.contains(&event.event);
    kind && (event.alert || !receiver.alerts_only)
}

#[cfg(test)]
mod tests {
    use super::*;
    use interdict_engine::monitor::EventKind;

    #[test]
    fn the_words_are_those_of_events() {
        let kinds = [EventKind::New, EventKind::Changed, EventKind::Gone, EventKind::Reopened];
        assert_eq!(kinds.map(EventKind::word), WORDS);
    }
}
