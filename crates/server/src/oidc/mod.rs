//! People sign in with their identity provider: OpenID Connect, authorization code with PKCE.
//!
//! Promises: who cannot be told for sure is not let in, and who has no role by the configured mapping gets
//! nothing; the state, the nonce and the verifier of a sign-in are tied to the browser that began it and to this
//! service's secret, and an answer is taken once; no token of the provider is kept; of a session only its
//! hash; whatever is refused says why in the log, without anything of the person.
//!
//! Not here: connections (`fetch`), sessions as they are kept (`state`), what a role may do (`access`).

pub(crate) mod backchannel;
mod claims;
mod cookie;
mod examine;
mod jwk;
mod jws;
pub(crate) mod login;
mod provider;
mod record;
pub(crate) mod session;
pub(crate) mod sessions;
mod settings;
mod table;

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::sync::OnceLock;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use governor::{DefaultDirectRateLimiter, DefaultKeyedRateLimiter, Quota, RateLimiter};
use interdict_model::Digest;
use interdict_state::State;
use ring::hmac;
use url::Url;

use crate::access::Caller;
use crate::app::{App, AppError, now};
use crate::problem::Fault;

pub use examine::{Examined, examine};
pub(crate) use session::{Way, of_cookie};
pub use settings::{ClientAuth, ClientSecret, OidcSettings};
pub use table::{OidcTable, ServeFile, Words};

/// Answers of the provider that are looked at in a second: each asks the provider and may enter the ledger.
const CALLBACKS_A_SECOND: u32 = 20;

/// People whose rate is remembered; beyond it those who rested are forgotten.
const MOST_RATES: usize = 10_000;

/// Why somebody was not let in: said to the caller and in the log, and the same for everybody.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Refused(pub(crate) &'static str);

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        Self::Unauthenticated(refused.0)
    }
}

/// Sign-in, as it was configured.
pub(crate) struct Oidc {
    settings: OidcSettings,
    provider: provider::Provider,
    secret: hmac::Key,
    realm: Digest,
    origin: OnceLock<String>,
    callbacks: DefaultDirectRateLimiter,
    rates: DefaultKeyedRateLimiter<String>,
}

fn wrong(text: &str) -> AppError {
    let (reason, _) = text.split_once("\nhint: ").unwrap_or((text, ""));
    AppError::System {
        place: "sign-in".to_owned(),
        reason: reason.to_owned(),
        hint: "docs/signing-in.md shows every key of `[oidc]`",
    }
}

fn quota(a_second: u32) -> Quota {
    Quota::per_second(NonZeroU32::new(a_second).unwrap_or(NonZeroU32::MIN))
}

impl Oidc {
    pub(crate) fn open(settings: OidcSettings, state: &State, rate: u32) -> Result<Self, AppError> {
        settings.check().map_err(|text| wrong(&text))?;
        let origin = OnceLock::new();
        if let Some(url) = settings.public_url.as_deref().and_then(|text| Url::parse(text).ok()) {
            let _ = origin.set(url.origin().ascii_serialization());
        }
        Ok(Self {
            provider: provider::Provider::new(&settings).map_err(|text| wrong(&text))?,
            secret: hmac::Key::new(hmac::HMAC_SHA256, &state.secret("sign-in")?),
            realm: Digest::of_parts([settings.issuer.as_bytes(), settings.client_id.as_bytes()]),
            origin,
            callbacks: RateLimiter::direct(quota(CALLBACKS_A_SECOND)),
            rates: RateLimiter::keyed(quota(rate)),
            settings,
        })
    }

    /// Says where the service listens, which is where browsers find it unless that was configured.
    pub(crate) fn listens(&self, at: SocketAddr, is_tls: bool) -> Result<(), AppError> {
        if self.origin.get().is_none() && !at.ip().is_loopback() {
            return Err(wrong("public_url: beyond loopback it must be said where browsers find this service"));
        }
        self.origin.get_or_init(|| format!("{}://{at}", if is_tls { "https" } else { "http" }));
        Ok(())
    }

    /// Where browsers find this service.
    fn origin(&self) -> Result<&str, Fault> {
        self.origin
            .get()
            .map(String::as_str)
            .ok_or_else(|| Fault::Unavailable("the service does not listen yet".to_owned()))
    }

    /// Seconds after which a session ends that nobody uses.
    fn idle(&self) -> i64 {
        i64::try_from(self.settings.idle.as_secs()).unwrap_or(i64::MAX)
    }

    fn is_secure(&self) -> bool {
        self.origin.get().is_some_and(|origin| origin.starts_with("https:"))
    }

    /// A number that only this service, or one that shares its state, can compute.
    fn derive(&self, what: &str, of: &[&[u8]]) -> String {
        let parts = std::iter::once(what.as_bytes()).chain(of.iter().copied());
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.secret, &Digest::of_parts(parts).0))
    }

    /// The number of a person: always the same, and nobody's without the secret.
    fn who(&self, subject: &str) -> String {
        let number = self.derive("who", &[self.settings.issuer.as_bytes(), subject.as_bytes()]);
        format!("{PERSON}{}", Digest::of(number.as_bytes()).to_string().chars().take(16).collect::<String>())
    }

    /// A number for a name, to compare names without keeping them.
    pub(crate) fn mark_of_name(&self, name: &str) -> String {
        self.derive("name", &[name.as_bytes()])
    }

    /// The number of a session of the provider, which it calls `sid`.
    fn mark(&self, sid: &str) -> Digest {
        Digest::of(self.derive("sid", &[self.settings.issuer.as_bytes(), sid.as_bytes()]).as_bytes())
    }

    fn within_rate(&self, who: &str) -> Result<(), Fault> {
        if self.rates.len() > MOST_RATES {
            self.rates.retain_recent();
        }
        self.rates.check_key(&who.to_owned()).map_err(|_| Fault::TooManyRequests)
    }
}

/// How the number of a person begins; no id of a key does.
const PERSON: &str = "oidc-";

/// Whether a caller's id is the number of a person.
pub(crate) fn is_person(id: &str) -> bool {
    id.starts_with(PERSON)
}

/// A signed token in the header of a request, where such are taken: our own keys have no dots.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (given.next(), given.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && token.split('.').count() == 3).then_some(token)
}

/// Whoever presents an access token of the provider; none if no such token is presented, or none is taken.
pub(crate) async fn of_bearer(app: &App, headers: &HeaderMap) -> Result<Option<Caller>, Fault> {
    let Some(oidc) = app.oidc.as_ref().filter(|oidc| oidc.settings.audience.is_some()) else { return Ok(None) };
    let Some(token) = bearer(headers) else { return Ok(None) };
    let token = oidc.provider.verified(token).await?;
    let person = claims::of_bearer(&token.said, token.kind.as_deref(), &oidc.settings, now())?;
    let who = oidc.who(&person.subject);
    oidc.within_rate(&who)?;
    Ok(Some(Caller { id: who, roles: person.roles }))
}
