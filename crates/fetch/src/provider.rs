//! Short questions to a provider of identities: what it says of itself, its keys, a code for a token.
//!
//! Promises: an address is checked as a publisher's is; a redirect is an answer and no way, so that a code
//! or a secret goes nowhere else; an answer is bounded in bytes and time, and asked for once.
//!
//! Not here: what is asked and what an answer means (`server/src/oidc`).

use std::io::Read;
use std::time::Duration;

use url::Url;

use crate::client::Client;
use crate::error::{Cause, FetchError};
use crate::exchange::{check, text, told};
use crate::settings::Limits;

/// Time for one question: somebody waits before a browser.
const WITHIN: Duration = Duration::from_secs(10);

/// Bytes of an answer. The keys of large providers have some 20 KiB.
const LONGEST: u64 = 1 << 20;

/// Bounds of a client that asks a provider.
pub fn limits() -> Limits {
    Limits {
        bytes: LONGEST,
        connect: WITHIN,
        idle: WITHIN,
        total: WITHIN,
        redirects: 0,
        attempts: 1,
        ..Limits::default()
    }
}

/// A question.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// Where to.
    pub url: &'a Url,
    /// Fields of a form to be posted; none asks with `GET`.
    pub form: Option<&'a str>,
    /// An `Authorization` header.
    pub authorization: Option<&'a str>,
}

/// An answer, whatever its status.
#[derive(Clone)]
pub struct Said {
    /// The status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

impl Client {
    /// Asks once.
    ///
    /// # Errors
    /// When the address may not be used, no whole answer came, or it is too large.
    pub fn ask(&self, ask: &Ask<'_>) -> Result<Said, FetchError> {
        let Ask { url, form, authorization } = *ask;
        check(self, url)?;
        let fail = |cause| FetchError::new(url, cause);
        let limits = &self.settings.limits;
        let sent = match form {
            Some(form) => {
                let mut asked = self.agent.post(url.as_str()).header("Accept", "application/json");
                if let Some(secret) = authorization {
                    asked = asked.header("Authorization", secret);
                }
                let asked = asked.header("Content-Type", "application/x-www-form-urlencoded");
                asked.config().timeout_global(Some(limits.total)).build().send(form.as_bytes())
            }
            None => {
                let mut asked = self.agent.get(url.as_str()).header("Accept", "application/json");
                if let Some(secret) = authorization {
                    asked = asked.header("Authorization", secret);
                }
                asked.config().timeout_global(Some(limits.total)).build().call()
            }
        };
        let answer = sent.map_err(|error| fail(told(error)))?;
        let status = answer.status().as_u16();
        let total = text(answer.headers(), "content-length").and_then(|text| text.parse::<u64>().ok());
        let mut body = Vec::new();
        let mut reader =
            answer.into_body().into_with_config().limit(u64::MAX).reader().take(limits.bytes.saturating_add(1));
        reader.read_to_end(&mut body).map_err(|error| fail(told(error.into())))?;
        if body.len() as u64 > limits.bytes {
            return Err(fail(Cause::TooLarge(format!(
                "more than {} bytes come, the limit of an answer",
                limits.bytes
            ))));
        }
        if total.is_some_and(|total| total != body.len() as u64) {
            return Err(fail(Cause::Connection("the connection was cut".to_owned())));
        }
        Ok(Said { status, body })
    }
}
