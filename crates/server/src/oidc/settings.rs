//! What is configured of a provider, and whether that can be used.
//!
//! Promises: what would be unsafe is refused with a reason; the client's secret is shown by nothing.
//!
//! Not here: how it is written in a file (`table`), reading files and the environment (`cli`).

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use interdict_state::Role;
use serde::Deserialize;
use url::{Host, Url};

/// A client's secret.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret(pub String);

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(hidden)")
    }
}

/// How the client shows its secret to the provider.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    /// In a header: `client_secret_basic`.
    Basic,
    /// In the form: `client_secret_post`.
    Post,
}

/// How people sign in.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The provider, exactly as it calls itself.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// What it knows us by; none for a public client, which has PKCE alone.
    pub client_secret: Option<ClientSecret>,
    /// How that is shown; none means as the provider says, and in a header if it takes both.
    pub client_auth: Option<ClientAuth>,
    /// Where browsers find this service, as `https://host`; none means where it listens, on loopback.
    pub public_url: Option<String>,
    /// Where the provider sends the browser after it has ended its own session; none means that it stays there.
    pub after_logout_url: Option<String>,
    /// Scopes to ask for.
    pub scopes: Vec<String>,
    /// The way to the claim that holds groups or roles.
    pub roles_claim: Vec<String>,
    /// Which value of the claim gives which roles.
    pub roles: Vec<(String, Vec<Role>)>,
    /// The audience of access tokens that are taken as keys are; none means that none is.
    pub audience: Option<String>,
    /// How long a session lasts.
    pub session: Duration,
    /// How long a session lasts that nobody uses.
    pub idle: Duration,
    /// Allow a provider within one's own network.
    pub allow_private: bool,
    /// Certificates (PEM) to trust in place of the common authorities.
    pub authorities: Option<Vec<u8>>,
    /// How long the provider's keys are believed without asking again.
    pub keys_fresh: Duration,
    /// How long after they were read a token with an unknown key has them read again.
    pub keys_again: Duration,
}

/// Whether an address is of this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// An address that may carry secrets: encrypted, or on this machine.
fn safe(name: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| format!("{name}: `{text}` is no address: {error}\nhint: https://…"))?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match url.scheme() {
        "https" if plain => Ok(url),
        "http" if plain && is_loopback(&url) => Ok(url),
        _ => Err(format!("{name}: `{text}` is not protected, or holds more than an address\nhint: use https://…")),
    }
}

impl OidcSettings {
    /// Whether it can be used.
    ///
    /// # Errors
    /// What does not fit, with a hint.
    pub fn check(&self) -> Result<(), String> {
        safe("issuer", &self.issuer)?;
        if let Some(public) = &self.public_url {
            let url = safe("public_url", public)?;
            if url.path() != "/" {
                return Err(format!(
                    "public_url: `{public}` has a path\nhint: the service answers at the root of a host"
                ));
            }
        }
        if let Some(url) = &self.after_logout_url {
            safe("after_logout_url", url)?;
        }
        if self.client_id.is_empty() {
            return Err("client_id: it is empty\nhint: the provider gives it".to_owned());
        }
        if !self.scopes.iter().any(|scope| scope == "openid") {
            return Err("scopes: without `openid` nobody is signed in\nhint: add it".to_owned());
        }
        if self.roles_claim.is_empty() || self.roles_claim.iter().any(String::is_empty) {
            return Err(
                "roles_claim: it names no claim\nhint: as \"groups\", or [\"realm_access\", \"roles\"]".to_owned()
            );
        }
        if self.roles.is_empty() {
            return Err(
                "roles: no value gives a role, so nobody could do anything\nhint: add \"group\" = [\"analyst\"]"
                    .to_owned(),
            );
        }
        if self.audience.as_deref() == Some(self.client_id.as_str()) {
            return Err("audience: it is the client's own id, so that a token of a sign-in would open the API\n\
                 hint: have the provider give access tokens an audience of their own"
                .to_owned());
        }
        if self.audience.as_deref() == Some("") {
            return Err("audience: it is empty\nhint: leave it out, and no token of the provider is taken".to_owned());
        }
        if self.session.is_zero() || self.idle.is_zero() || self.session > Duration::from_secs(24 * 3600) {
            return Err("session_minutes, idle_minutes: 1 or more, and a day at most\nhint: 480 and 30".to_owned());
        }
        Ok(())
    }

    /// The issuer's address.
    pub(super) fn issuer_url(&self) -> Result<Url, String> {
        safe("issuer", &self.issuer)
    }
}
