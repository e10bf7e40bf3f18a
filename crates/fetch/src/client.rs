//! Fetches one file: tries, waits, tries again, and hands on what is whole.
//!
//! Promises: at most so many attempts, bytes and seconds as the limits say; a transfer that was cut
//! goes on where it ended if the server vouches that the file is still the same, and else begins
//! again; what is handed on has the length the server announced and is what was expected.
//!
//! Not here: one request with its redirects (`exchange`), the clock of the day.

use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use url::Url;

use crate::address::Guarded;
use crate::encoding::{Unpacked, fits, unpack};
use crate::error::Cause;
use crate::exchange::{Body, Exchange, Reply};
use crate::settings::{Proxy, Settings, certificates, of_environment};
use crate::{Expected, FetchError, Partial};

/// The longest wait a server may ask for within a fetch; a longer one is told to the user.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What a server gave with a file, to ask next time whether it has changed.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Validators {
    /// `ETag`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// `Last-Modified`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<String>,
}

impl Validators {
    /// Whether there is nothing to ask with.
    pub fn is_empty(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// What to fetch.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The address.
    pub url: &'a Url,
    /// What came with the version at hand.
    pub known: Option<&'a Validators>,
    /// An `Authorization` header; it is sent to the first address and its origin only.
    pub authorization: Option<&'a str>,
    /// What must come.
    pub expected: Expected,
}

/// A file that came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetched {
    /// Its bytes, unpacked.
    pub bytes: Vec<u8>,
    /// What to ask with next time.
    pub validators: Validators,
    /// Where redirects led.
    pub from: Url,
    /// Bytes over the wire in this run.
    pub received: u64,
    /// Bytes that an earlier transfer had brought.
    pub resumed_at: u64,
    /// Attempts it took.
    pub attempts: u32,
    /// The server said how long it is, or how to tell its end. Else a cut would not be seen here.
    pub is_vouched: bool,
}

/// The server's answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It is the version at hand.
    Unchanged,
    /// Another one.
    Fetched(Box<Fetched>),
}

/// What happens meanwhile.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// So much is here, of so much if the server said.
    Progress {
        /// Bytes.
        received: u64,
        /// Of these.
        total: Option<u64>,
    },
    /// An attempt failed, the next comes after a wait.
    Again {
        /// Why.
        reason: &'a FetchError,
        /// How long.
        after: Duration,
    },
}

/// Fetches files.
#[derive(Debug)]
pub struct Client {
    pub(crate) agent: ureq::Agent,
    pub(crate) settings: Settings,
    /// The proxy looks names up, so that we cannot.
    pub(crate) by_proxy: bool,
}

impl Client {
    /// A client with settings.
    ///
    /// # Errors
    /// When the proxy or the certificates cannot be used; the text says why.
    pub fn new(settings: Settings) -> Result<Self, String> {
        let proxy = match &settings.proxy {
            Proxy::Direct => None,
            Proxy::Environment => of_environment()?,
            Proxy::At(text) => Some(ureq::Proxy::new(text).map_err(|_| {
                "the proxy is no address\nhint: write it as http://proxy.example:3128 or socks5://proxy.example:1080"
                    .to_owned()
            })?),
        };
        let resolver = Guarded {
            allow_private: settings.allow_private,
            proxy: proxy.as_ref().map(|proxy| (proxy.host().to_owned(), proxy.port())),
            inner: DefaultResolver::default(),
        };
        let roots = match &settings.authorities {
            None => RootCerts::WebPki,
            Some(pem) => RootCerts::new_with_certs(&certificates(pem)?),
        };
        let by_proxy = proxy.as_ref().is_some_and(|proxy| !proxy.resolve_target());
        let limits = settings.limits;
        let config = ureq::Agent::config_builder()
            .proxy(proxy)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .https_only(!settings.allow_http)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(&settings.user_agent)
            .timeout_resolve(Some(limits.connect))
            .timeout_connect(Some(limits.connect))
            .timeout_per_read(Some(limits.idle))
            .timeout_per_write(Some(limits.idle))
            .build();
        let agent = ureq::Agent::with_parts(config, DefaultConnector::default(), resolver);
        Ok(Self { agent, settings, by_proxy })
    }

    /// Fetches a file. Bytes go through `partial`, which may hold the start of an earlier transfer;
    /// when a file has come, they stay there until the caller drops them.
    ///
    /// # Errors
    /// When all attempts fail, a limit is reached, or what came is not what was expected.
    pub fn fetch(
        &self,
        request: &Request<'_>,
        partial: &mut dyn Partial,
        watch: &dyn Fn(Event<'_>),
    ) -> Result<Answer, FetchError> {
        let limits = &self.settings.limits;
        let deadline = Instant::now() + limits.total;
        let mut pause = limits.pause;
        let mut attempt = 1;
        loop {
            let failed = match self.attempt(request, partial, watch, deadline) {
                Ok(Answer::Fetched(mut fetched)) => {
                    fetched.attempts = attempt;
                    return Ok(Answer::Fetched(fetched));
                }
                Ok(Answer::Unchanged) => return Ok(Answer::Unchanged),
                Err(failed) => failed,
            };
            let asked = match &failed.cause {
                Cause::Status { retry_after: Some(seconds), .. } => Some(Duration::from_secs(*seconds)),
                _ => None,
            };
            let wait = asked.unwrap_or(pause);
            let in_time = Instant::now() + wait < deadline && wait <= LONGEST_PAUSE;
            if !failed.is_transient() || attempt >= limits.attempts || !in_time {
                return Err(failed);
            }
            watch(Event::Again { reason: &failed, after: wait });
            thread::sleep(wait);
            attempt += 1;
            pause = pause.saturating_mul(3);
        }
    }

    /// Asks whether another version is there than the one at hand, without fetching it.
    ///
    /// # Errors
    /// As [`Client::fetch`], of one attempt.
    pub fn is_newer(&self, request: &Request<'_>) -> Result<bool, FetchError> {
        let deadline = Instant::now() + self.settings.limits.total;
        let exchange = Exchange { client: self, request, deadline };
        match exchange.ask(None)? {
            Reply::Unchanged => Ok(false),
            // Dropping the body closes the connection.
            Reply::Body(_) => Ok(true),
            Reply::OutOfRange => Err(FetchError::new(request.url, Cause::Status { code: 416, retry_after: None })),
        }
    }

    fn attempt(
        &self,
        request: &Request<'_>,
        partial: &mut dyn Partial,
        watch: &dyn Fn(Event<'_>),
        deadline: Instant,
    ) -> Result<Answer, FetchError> {
        let kept = |error| FetchError::new(request.url, Cause::Kept(error));
        let start = Start::of(partial, request.url);
        let exchange = Exchange { client: self, request, deadline };
        let mut body = match exchange.ask(start.as_ref())? {
            Reply::Unchanged => return Ok(Answer::Unchanged),
            Reply::Body(body) => body,
            Reply::OutOfRange => {
                // What we hold is no start of what is there.
                partial.discard().map_err(kept)?;
                return Err(FetchError::new(request.url, Cause::Status { code: 416, retry_after: None }));
            }
        };
        let resumed_at = if body.begins_at > 0 { partial.length() } else { 0 };
        if body.begins_at == 0 {
            let note = Start { address: request.url.to_string(), ..body.start.clone() };
            partial.begin(&serde_json::to_string(&note).unwrap_or_default()).map_err(kept)?;
        }
        let received = self.receive(request, &mut body, partial, watch)?;
        let bytes = partial.bytes().map_err(kept)?;
        match self.whole(request, &body, bytes) {
            Ok(bytes) => Ok(Answer::Fetched(Box::new(Fetched {
                bytes,
                validators: body.start.validators.clone(),
                from: body.from.clone(),
                received,
                resumed_at,
                attempts: 1,
                is_vouched: body.is_vouched,
            }))),
            Err(cause) => {
                // To go on from it would end the same way.
                partial.discard().map_err(kept)?;
                Err(FetchError::new(&body.from, cause))
            }
        }
    }

    /// Takes the body in, as far as it comes.
    fn receive(
        &self,
        request: &Request<'_>,
        body: &mut Body,
        partial: &mut dyn Partial,
        watch: &dyn Fn(Event<'_>),
    ) -> Result<u64, FetchError> {
        let limit = self.settings.limits.bytes;
        let fail = |body: &Body, cause| FetchError::new(&body.from, cause);
        let too_large = || Cause::TooLarge(format!("more than {limit} bytes come, the limit of one file"));
        if body.total.is_some_and(|total| total > limit) {
            return Err(fail(body, too_large()));
        }
        let plain = body.start.encoding.is_empty() && body.begins_at == 0;
        let mut looked = false;
        let mut received = 0u64;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = body.read(&mut buffer)?;
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            // An error page that never ends is not read to the limit.
            if plain
                && !looked
                && let Some(reason) = wrong_type(request.expected, bytes, body)
            {
                partial.discard().map_err(|error| fail(body, Cause::Kept(error)))?;
                return Err(fail(body, reason));
            }
            looked = true;
            received = received.saturating_add(bytes.len() as u64);
            if partial.length().saturating_add(bytes.len() as u64) > limit {
                partial.discard().map_err(|error| fail(body, Cause::Kept(error)))?;
                return Err(fail(body, too_large()));
            }
            partial.append(bytes).map_err(|error| fail(body, Cause::Kept(error)))?;
            watch(Event::Progress { received: partial.length(), total: body.total });
        }
        match body.total {
            Some(total) if partial.length() < total => {
                let reason = format!("cut after {} of {total} bytes", partial.length());
                Err(fail(body, Cause::Connection(reason)))
            }
            Some(_) | None => Ok(received),
        }
    }

    /// The file, unpacked, if it is what it should be.
    fn whole(&self, request: &Request<'_>, body: &Body, bytes: Vec<u8>) -> Result<Vec<u8>, Cause> {
        let limit = self.settings.limits.bytes;
        if let Some(total) = body.total
            && bytes.len() as u64 != total
        {
            return Err(Cause::Damaged(format!("{} bytes are here, {total} were announced", bytes.len())));
        }
        let told = |unpacked| match unpacked {
            Unpacked::TooLarge => Cause::TooLarge(format!("it unpacks to more than {limit} bytes, the limit")),
            Unpacked::Damaged(reason) => Cause::Damaged(format!("cannot be unpacked: {reason}")),
            Unpacked::Unknown(name) => Cause::Damaged(format!("packed as `{name}`, which was not asked for")),
        };
        let bytes = unpack(bytes, &body.start.encoding, limit).map_err(told)?;
        if let Some(cause) = wrong_type(request.expected, &bytes, body) {
            return Err(cause);
        }
        fits(&bytes, limit).map_err(told)?;
        Ok(bytes)
    }
}

fn wrong_type(expected: Expected, head: &[u8], body: &Body) -> Option<Cause> {
    let reason = expected.refuses(head)?;
    let said = body.content_type.as_ref().map_or_else(String::new, |said| format!(" (`Content-Type: {said}`)"));
    Some(Cause::WrongType(format!("{reason}{said}")))
}

/// What the kept bytes are the start of.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Start {
    /// The address that was asked.
    pub address: String,
    /// What the server gave with them.
    pub validators: Validators,
    /// Their `Content-Encoding`.
    pub encoding: String,
    /// Bytes kept.
    #[serde(skip)]
    pub length: u64,
}

impl Start {
    /// What can be gone on from: bytes of this address, of a version the server can name.
    fn of(partial: &dyn Partial, url: &Url) -> Option<Self> {
        let mut start: Self = serde_json::from_str(&partial.note()?).ok()?;
        start.length = partial.length();
        (start.length > 0 && start.address == url.as_str() && start.if_range().is_some()).then_some(start)
    }

    /// The validator for `If-Range`: a weak tag does not vouch for bytes (RFC 9110, 13.1.5).
    pub fn if_range(&self) -> Option<&str> {
        let strong = self.validators.etag.as_deref().filter(|tag| !tag.starts_with("W/"));
        strong.or(self.validators.last_modified.as_deref())
    }
}
