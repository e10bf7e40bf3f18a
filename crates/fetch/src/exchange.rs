//! One question to a server, with the redirects it answers with.
//!
//! Promises: each address on the way is checked as the first one was; a secret goes to the origin it
//! was meant for and no further; an answer to a question we did not ask is an error.
//!
//! Not here: trying again, keeping bytes (`client`).

use std::io::{self, Read};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use ureq::BodyReader;
use ureq::http::{HeaderMap, Response};
use url::{Host, Url};

use crate::address::{Refused, not_public};
use crate::client::{Client, Request, Start, Validators};
use crate::error::{Cause, FetchError, shown};

pub(crate) struct Exchange<'a> {
    pub client: &'a Client,
    pub request: &'a Request<'a>,
    pub deadline: Instant,
}

/// What a server said.
pub(crate) enum Reply {
    /// The version at hand is the present one.
    Unchanged,
    /// Here it is, or the rest of it.
    Body(Box<Body>),
    /// There are no bytes where we wanted to go on.
    OutOfRange,
}

pub(crate) struct Body {
    reader: BodyReader<'static>,
    /// What it is, to go on from it.
    pub start: Start,
    /// Byte at which it begins.
    pub begins_at: u64,
    /// Bytes of the whole, as sent.
    pub total: Option<u64>,
    pub content_type: Option<String>,
    /// Its end can be told from a cut.
    pub is_vouched: bool,
    /// The address that answered.
    pub from: Url,
}

impl Body {
    /// The next bytes.
    pub fn read(&mut self, buffer: &mut [u8]) -> Result<usize, FetchError> {
        loop {
            match self.reader.read(buffer) {
                Ok(count) => return Ok(count),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(FetchError::new(&self.from, told(error.into()))),
            }
        }
    }
}

impl Exchange<'_> {
    /// Asks for the file, from `start` on if there is one.
    pub fn ask(&self, start: Option<&Start>) -> Result<Reply, FetchError> {
        let first = self.request.url;
        let mut url = first.clone();
        let mut followed = 0;
        loop {
            check(self.client, &url)?;
            let answer = self.send(&url, start).map_err(|cause| FetchError::new(&url, cause))?;
            if !answer.status().is_redirection() || answer.status() == 304 {
                return self.reply(answer, url, start);
            }
            followed += 1;
            let fail = |reason: String| FetchError::new(&url, Cause::Redirects(reason));
            if followed > self.client.settings.limits.redirects {
                return Err(fail(format!("more than {} redirects", self.client.settings.limits.redirects)));
            }
            let Some(location) = text(answer.headers(), "location") else {
                return Err(fail("a redirect that does not say where to".to_owned()));
            };
            let next = url.join(&location).map_err(|error| fail(format!("a redirect to no address: {error}")))?;
            if next == url {
                return Err(fail("a redirect to itself".to_owned()));
            }
            if url.scheme() == "https" && next.scheme() != "https" {
                return Err(FetchError::new(
                    &url,
                    Cause::Refused(format!("redirected from https to `{}:`, {}", next.scheme(), shown(&next))),
                ));
            }
            url = next;
        }
    }

    fn send(&self, url: &Url, start: Option<&Start>) -> Result<Response<ureq::Body>, Cause> {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(time(self.client.settings.limits.total));
        }
        let mut asked = self
            .client
            .agent
            .get(url.as_str())
            .header("Accept", "*/*")
            .header("Accept-Encoding", "gzip, deflate")
            // Caches on the way ask the publisher again: a list of yesterday is not what is wanted.
            .header("Cache-Control", "no-cache");
        if let Some(secret) = self.request.authorization
            && url.origin() == self.request.url.origin()
        {
            asked = asked.header("Authorization", secret);
        }
        match (start, self.request.known) {
            (Some(start), _) => {
                asked = asked.header("Range", format!("bytes={}-", start.length));
                if let Some(validator) = start.if_range() {
                    asked = asked.header("If-Range", validator);
                }
            }
            (None, Some(known)) => {
                if let Some(tag) = &known.etag {
                    asked = asked.header("If-None-Match", tag);
                }
                if let Some(date) = &known.last_modified {
                    asked = asked.header("If-Modified-Since", date);
                }
            }
            (None, None) => {}
        }
        asked.config().timeout_global(Some(left)).build().call().map_err(told)
    }

    fn reply(&self, answer: Response<ureq::Body>, from: Url, start: Option<&Start>) -> Result<Reply, FetchError> {
        let headers = answer.headers();
        let header = |name: &str| text(headers, name);
        let status = |code: u16| {
            let retry_after = header("retry-after").and_then(|text| seconds(&text, Timestamp::now()));
            FetchError::new(&from, Cause::Status { code, retry_after })
        };
        let code = answer.status().as_u16();
        let asked = start.is_none() && self.request.known.is_some_and(|known| !known.is_empty());
        let length = || header("content-length").and_then(|text| text.trim().parse::<u64>().ok());
        let encoding = header("content-encoding").unwrap_or_default();
        let encoding = if encoding.eq_ignore_ascii_case("identity") { String::new() } else { encoding };
        let (begins_at, total) = match (code, start) {
            (200, _) => (0, length()),
            (206, Some(start)) => {
                let range = header("content-range").as_deref().and_then(range);
                match range {
                    Some((at, total)) if at == start.length && encoding == start.encoding => (at, total),
                    // The rest of something else; the next attempt asks for all of it.
                    Some(_) | None => return Ok(Reply::OutOfRange),
                }
            }
            (304, _) if asked => return Ok(Reply::Unchanged),
            (416, Some(_)) => return Ok(Reply::OutOfRange),
            (code, _) => return Err(status(code)),
        };
        let validators = Validators { etag: header("etag"), last_modified: header("last-modified") };
        let start = match start {
            Some(start) if begins_at > 0 => start.clone(),
            Some(_) | None => Start { address: String::new(), validators, encoding, length: 0 },
        };
        let content_type = header("content-type");
        let is_chunked = header("transfer-encoding").is_some_and(|text| text.to_ascii_lowercase().contains("chunked"));
        let is_vouched = total.is_some() || is_chunked || !start.encoding.is_empty();
        let reader = answer.into_body().into_with_config().limit(u64::MAX).reader();
        Ok(Reply::Body(Box::new(Body { reader, start, begins_at, total, content_type, is_vouched, from })))
    }
}

/// Refuses what needs no look-up to be refused.
pub(crate) fn check(client: &Client, url: &Url) -> Result<(), FetchError> {
    let refuse = |reason: String| Err(FetchError::new(url, Cause::Refused(reason)));
    match url.scheme() {
        "https" => {}
        "http" if client.settings.allow_http => {}
        "http" => return refuse("`http:` is not protected on its way".to_owned()),
        other => return refuse(format!("`{other}:` is no way to fetch a file")),
    }
    if client.settings.allow_private {
        return Ok(());
    }
    let address = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        // Behind a proxy the name is looked up there; this one means the proxy itself everywhere.
        Some(Host::Domain(name)) if client.by_proxy && is_local(name) => {
            return refuse(format!("`{name}` is a name of the local machine or network"));
        }
        Some(Host::Domain(_)) => None,
        None => return refuse("an address without a host".to_owned()),
    };
    match address.and_then(|ip| not_public(ip).map(|kind| (ip, kind))) {
        None => Ok(()),
        Some((address, kind)) => {
            let host = url.host_str().unwrap_or_default().to_owned();
            refuse(Refused { host, address, kind }.to_string())
        }
    }
}

fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    !name.contains('.') || [".localhost", ".local", ".internal", ".lan", ".home.arpa"].iter().any(|s| name.ends_with(s))
}

pub(crate) fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(|value| value.trim().to_owned())
}

/// Seconds of a `Retry-After`: a number, or a date from now on.
pub(crate) fn seconds(text: &str, now: Timestamp) -> Option<u64> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(seconds);
    }
    let then = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    Some(u64::try_from(then.as_second().saturating_sub(now.as_second())).unwrap_or(0))
}

/// First byte and whole length of a `Content-Range`.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (span, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = span.split_once('-')?;
    let total = if total == "*" { None } else { Some(total.parse().ok()?) };
    Some((first.trim().parse().ok()?, total))
}

fn time(limit: Duration) -> Cause {
    Cause::Time(format!("not done within {} s, the time for one file", limit.as_secs()))
}

/// What an error of the connection means.
pub(crate) fn told(error: ureq::Error) -> Cause {
    match error {
        ureq::Error::Other(other) => match other.downcast::<Refused>() {
            Ok(refused) => Cause::Refused(refused.to_string()),
            Err(other) => Cause::Connection(other.to_string()),
        },
        ureq::Error::Timeout(ureq::Timeout::Global | ureq::Timeout::PerCall) => {
            Cause::Time("not done within the time for one file".to_owned())
        }
        ureq::Error::Timeout(ureq::Timeout::PerRead) => Cause::Connection("no byte came for too long".to_owned()),
        ureq::Error::Timeout(other) => Cause::Connection(format!("took too long to {other}")),
        ureq::Error::HostNotFound => Cause::Connection("the host is not known".to_owned()),
        ureq::Error::Rustls(error) => Cause::Refused(format!("TLS: {error}")),
        ureq::Error::Tls(error) => Cause::Refused(format!("TLS: {error}")),
        ureq::Error::ConnectProxyFailed(reason) => Cause::Connection(format!("the proxy refuses: {reason}")),
        ureq::Error::RequireHttpsOnly(_) => Cause::Refused("`http:` is not protected on its way".to_owned()),
        ureq::Error::LargeResponseHeader(_, limit) => {
            Cause::TooLarge(format!("its header is larger than {limit} bytes"))
        }
        ureq::Error::Io(error) if error.get_ref().is_some_and(|inner| inner.is::<Refused>()) => {
            Cause::Refused(error.to_string())
        }
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::UnexpectedEof => Cause::Connection("the connection was cut".to_owned()),
            io::ErrorKind::InvalidData => Cause::Refused(format!("TLS: {error}")),
            _ => Cause::Connection(error.to_string()),
        },
        other => Cause::Connection(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_read_strictly() {
        assert_eq!(range("bytes 10-99/100"), Some((10, Some(100))));
        assert_eq!(range("bytes 10-99/*"), Some((10, None)));
        assert_eq!(range("bytes */100"), None);
        assert_eq!(range("items 1-2/3"), None);
        let now: Timestamp = "2026-10-21T07:27:00Z".parse().unwrap();
        let date = "Wed, 21 Oct 2026 07:28:00 GMT";
        assert_eq!((seconds(" 12 ", now), seconds(date, now), seconds("soon", now)), (Some(12), Some(60), None));
    }

    #[test]
    fn names_of_the_local_network_are_known() {
        for name in ["localhost", "a.localhost", "intranet", "metadata.google.internal", "printer.local."] {
            assert!(is_local(name), "{name}");
        }
        assert!(!is_local("scsanctions.un.org"));
    }
}
