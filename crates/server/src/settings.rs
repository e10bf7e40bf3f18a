//! What the service can be told at its start; all of it has a default that is safe.
//!
//! Not here: arguments and their defaults in words (`cli`).

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use interdict_ledger::entry::Retention;
use interdict_state::Role;
use interdict_store::Home;

use crate::Errands;
use crate::oidc::OidcSettings;
use crate::proposals::FourEyes;
use crate::redact::Redaction;
use crate::trace::Traces;

/// Files of a certificate and its key, in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate with its chain.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

/// The interface of another service, spoken beside our own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dialect {
    /// OpenSanctions yente.
    Yente,
    /// Moov Watchman, version 2.
    Watchman,
}

/// Settings of the service.
#[derive(Clone)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The lists.
    pub home: Home,
    /// Address of a PostgreSQL database for the state; none means a file in the home folder.
    pub database: Option<String>,
    /// Certificate and key; none means plain HTTP.
    pub tls: Option<Tls>,
    /// How people sign in; none means with keys alone.
    pub oidc: Option<OidcSettings>,
    /// What somebody without a key may do; empty means nothing but health and the API's description.
    pub anonymous: Vec<Role>,
    /// Where traces go; none means that there are none.
    pub traces: Option<Traces>,
    /// What each role sees of persons.
    pub redact: Redaction,
    /// What needs two persons. Nothing unless it is said: keys that name no holder could then do none of it, and which list is in use
    /// while nobody can accept another is no safer for that.
    pub four_eyes: FourEyes,
    /// The other interface that is spoken at addresses that ours does not have, for those who may screen.
    pub compat: Option<Dialect>,
    /// What `/updatez` of yente's interface asks for; none means it refuses everyone.
    pub update_token: Option<String>,
    /// How long what ties entries of the ledger to persons must be kept.
    pub retention: Retention,
    /// Names by which agents may call the service at `/mcp`, besides those of loopback.
    pub hosts: Vec<String>,
    /// Threads that compare; the rest of the work is small.
    pub workers: usize,
    /// Requests that may wait for a thread; the next one is told to come again.
    pub queue: usize,
    /// The most bytes of a request's body; a batch has no end, only a longest line.
    pub body_bytes: usize,
    /// The most bytes of files sent in: as for a file that is fetched.
    pub upload_bytes: u64,
    /// Work of commands that can be asked for; none means it cannot.
    pub errands: Option<Arc<dyn Errands>>,
    /// How long a request may wait and be worked on before it is given up, which is never "clear".
    pub deadline: Duration,
    /// Requests a second of a key that has no rate of its own.
    pub rate: u32,
    /// Batches at the same time.
    pub batches: usize,
    /// How long a batch waits for its next piece, and for its answers to be taken, before it is given up.
    pub piece: Duration,
    /// A list published more days ago than this makes the service not ready; none means any age will do.
    pub max_age_days: Option<u32>,
    /// How often the home folder is looked at for new lists.
    pub watch: Duration,
    /// How long requests under way may take when the service is asked to end.
    pub grace: Duration,
}

impl Settings {
    /// The defaults, over a home folder.
    pub fn new(home: Home) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            home,
            database: None,
            tls: None,
            oidc: None,
            anonymous: Vec::new(),
            traces: None,
            redact: Redaction::default(),
            four_eyes: FourEyes::default(),
            compat: None,
            update_token: None,
            retention: Retention::default(),
            hosts: Vec::new(),
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            // At 0.1 ms a screening a thousand wait 50 ms on two cores.
            queue: 1_000,
            body_bytes: 1 << 20,
            upload_bytes: 512 << 20,
            errands: None,
            deadline: Duration::from_secs(2),
            rate: 20_000,
            batches: 16,
            piece: Duration::from_secs(60),
            max_age_days: None,
            watch: Duration::from_millis(250),
            grace: Duration::from_secs(20),
        }
    }
}
