//! What can go wrong on the way, each with its address, its reason and a remedy.

use std::fmt;
use std::io;

use url::Url;

/// An address as it may be printed: without user, password and the values of its query.
pub fn shown(url: &Url) -> String {
    let mut text = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    if let Some(port) = url.port() {
        text.push_str(&format!(":{port}"));
    }
    text.push_str(url.path());
    for (i, (key, value)) in url.query_pairs().enumerate() {
        text.push(if i == 0 { '?' } else { '&' });
        text.push_str(&key);
        if !value.is_empty() {
            text.push_str("=…");
        }
    }
    text
}

/// Why a file could not be fetched.
#[derive(Debug)]
pub struct FetchError {
    /// The address, as it may be printed.
    pub address: String,
    /// What happened.
    pub cause: Cause,
}

/// What happened.
#[derive(Debug)]
pub enum Cause {
    /// The address may not be used.
    Refused(String),
    /// Redirects that lead nowhere.
    Redirects(String),
    /// The server's answer is no file.
    Status {
        /// Its code.
        code: u16,
        /// Seconds after which it asks to come back.
        retry_after: Option<u64>,
    },
    /// The connection failed or was cut.
    Connection(String),
    /// It took too long.
    Time(String),
    /// More than may be read.
    TooLarge(String),
    /// Not what was expected at this address.
    WrongType(String),
    /// It came, but not whole or not true.
    Damaged(String),
    /// What came could not be kept.
    Kept(io::Error),
}

impl FetchError {
    pub(crate) fn new(url: &Url, cause: Cause) -> Self {
        Self { address: shown(url), cause }
    }

    /// Whether the same request may succeed in a moment.
    pub fn is_transient(&self) -> bool {
        match &self.cause {
            Cause::Connection(_) => true,
            Cause::Status { code, .. } => matches!(code, 408 | 416 | 425 | 429 | 500 | 502..=504),
            Cause::Refused(_)
            | Cause::Redirects(_)
            | Cause::Time(_)
            | Cause::TooLarge(_)
            | Cause::WrongType(_)
            | Cause::Damaged(_)
            | Cause::Kept(_) => false,
        }
    }

    /// The reason alone, without address and remedy.
    pub fn reason(&self) -> String {
        match &self.cause {
            Cause::Status { code, retry_after } => {
                let word = ureq::http::StatusCode::from_u16(*code).ok().and_then(|code| code.canonical_reason());
                let word = word.map_or_else(String::new, |word| format!(" {word}"));
                let after = retry_after.map_or_else(String::new, |s| format!(", asks to come back in {s} s"));
                format!("the server answers `{code}{word}`{after}")
            }
            Cause::Refused(reason)
            | Cause::Redirects(reason)
            | Cause::Connection(reason)
            | Cause::Time(reason)
            | Cause::TooLarge(reason)
            | Cause::WrongType(reason)
            | Cause::Damaged(reason) => reason.clone(),
            Cause::Kept(error) => format!("what came cannot be kept: {error}"),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match &self.cause {
            Cause::Refused(reason) if reason.contains("http:") => "use https; --allow-http allows plain http",
            Cause::Refused(_) => "--allow-private allows addresses of your own network",
            Cause::Redirects(_) => "open the address in a browser and give the one it ends at, with --source",
            Cause::Status { code: 401 | 403, .. } => {
                "the address may have moved, want a token, or not want a program: see the publisher's page"
            }
            Cause::Status { code: 404 | 410, .. } => {
                "the file has moved: see the publisher's page, and put the new address into sources.toml"
            }
            Cause::Status { code: 429, .. } => "wait, or fetch less often",
            Cause::Status { .. } => "try later, or carry the file in by hand: `interdict lists update --from DIR`",
            Cause::Connection(_) => {
                "is there a network, or a proxy to set with HTTPS_PROXY? By hand: `interdict lists update --from DIR`"
            }
            Cause::Time(_) => "try later, or give it longer with --timeout; what came is kept and resumed",
            Cause::TooLarge(_) => "if it is meant to be so large, raise --max-mb",
            Cause::WrongType(_) => "open the address in a browser; the publisher may have moved the file",
            Cause::Damaged(_) => "fetch again; if it stays, report it to the publisher",
            Cause::Kept(_) => "is the disk full?",
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}\nhint: {}", self.address, self.reason(), self.hint())
    }
}

impl std::error::Error for FetchError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_an_address_are_not_printed() {
        let url = Url::parse("https://me:pass@host.example:8443/a/b.xml?token=SECRET&flag").unwrap();
        assert_eq!(shown(&url), "https://host.example:8443/a/b.xml?token=…&flag");
    }

    #[test]
    fn an_error_reads_place_first_with_a_remedy() {
        let url = Url::parse("https://host.example/a").unwrap();
        let error = FetchError::new(&url, Cause::Status { code: 503, retry_after: Some(9) });
        assert!(error.is_transient());
        assert_eq!(
            error.to_string().lines().next(),
            Some("https://host.example/a: the server answers `503 Service Unavailable`, asks to come back in 9 s")
        );
        assert!(!FetchError::new(&url, Cause::Status { code: 404, retry_after: None }).is_transient());
    }
}
