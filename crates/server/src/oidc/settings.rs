//! What is configured of a provider: the table `[oidc]` of `serve.toml`.
//!
//! Promises: a key that is not known is refused; what would be unsafe is refused with a reason; the
//! client's secret stands in no such file and is shown by nothing.
//!
//! Not here: reading files and the environment (`cli`).

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;
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

/// How people sign in.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The provider, exactly as it calls itself.
    pub issuer: String,
    /// What it calls us.
    pub client_id: String,
    /// What it knows us by; none for a public client, which has PKCE alone.
    pub client_secret: Option<ClientSecret>,
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

/// `serve.toml` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServeFile {
    /// How people sign in.
    pub oidc: Option<OidcTable>,
}

/// `[oidc]` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcTable {
    issuer: String,
    client_id: String,
    /// A file that holds the client's secret.
    pub client_secret_file: Option<PathBuf>,
    public_url: Option<String>,
    after_logout_url: Option<String>,
    scopes: Option<Vec<String>>,
    roles_claim: OneOrMany,
    roles: std::collections::BTreeMap<String, OneOrMany>,
    audience: Option<String>,
    session_minutes: Option<u32>,
    idle_minutes: Option<u32>,
    #[serde(default)]
    allow_private: bool,
    /// A file of certificates.
    pub ca_file: Option<PathBuf>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn all(self) -> Vec<String> {
        match self {
            Self::One(one) => vec![one],
            Self::Many(many) => many,
        }
    }
}

impl ServeFile {
    /// Reads it.
    ///
    /// # Errors
    /// What does not fit, with its place.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            format!("{}\nhint: docs/signing-in.md shows every key of `[oidc]`", error.to_string().trim_end())
        })
    }
}

impl OidcTable {
    /// Checks it, with what was read beside it.
    ///
    /// # Errors
    /// What does not fit, with a hint.
    pub fn settings(self, secret: Option<String>, authorities: Option<Vec<u8>>) -> Result<OidcSettings, String> {
        let secret = secret.map(|secret| secret.trim().to_owned());
        if secret.as_deref() == Some("") {
            return Err("client_secret: it is empty\nhint: leave it out for a public client".to_owned());
        }
        let mut roles = Vec::new();
        for (word, given) in self.roles {
            let given = given.all();
            if word.trim().is_empty() || given.is_empty() {
                return Err(format!("roles: `{word}` gives nothing\nhint: write it as \"group\" = [\"analyst\"]"));
            }
            let role = |text: &String| {
                Role::parse(text).ok_or_else(|| format!("roles: no role `{text}`\nhint: one of {}", Role::words()))
            };
            roles.push((word, given.iter().map(role).collect::<Result<Vec<_>, _>>()?));
        }
        let minutes = |of: Option<u32>, otherwise: u64| Duration::from_secs(60 * of.map_or(otherwise, u64::from));
        let settings = OidcSettings {
            issuer: self.issuer,
            client_id: self.client_id,
            client_secret: secret.map(ClientSecret),
            public_url: self.public_url,
            after_logout_url: self.after_logout_url,
            scopes: self.scopes.unwrap_or_else(|| vec!["openid".to_owned(), "profile".to_owned()]),
            roles_claim: self.roles_claim.all(),
            roles,
            audience: self.audience,
            session: minutes(self.session_minutes, 8 * 60),
            idle: minutes(self.idle_minutes, 30),
            allow_private: self.allow_private,
            authorities,
            keys_fresh: Duration::from_secs(600),
            keys_again: Duration::from_secs(10),
        };
        settings.check()?;
        Ok(settings)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[oidc]\nissuer = \"https://login.example\"\nclient_id = \"i\"\nroles_claim = \"groups\"\n\
                        roles = { \"Sanctions Analysts\" = \"analyst\", audit = [\"auditor\", \"viewer\"] }\n";

    fn read(text: &str) -> Result<OidcSettings, String> {
        ServeFile::parse(text)?.oidc.ok_or("no table")?.settings(Some(" s3cret\n".to_owned()), None)
    }

    #[test]
    fn what_is_unsafe_or_misspelt_is_refused() {
        let good = read(GOOD).unwrap();
        assert_eq!(good.roles.len(), 2);
        assert_eq!(good.client_secret, Some(ClientSecret("s3cret".to_owned())));
        assert!(!format!("{good:?}").contains("s3cret"));
        for (change, says) in [
            ("client_secret = \"x\"\n", "client_secret"),
            ("public_url = \"http://desk.example\"\n", "not protected"),
            ("public_url = \"https://desk.example/app\"\n", "has a path"),
            ("audience = \"i\"\n", "the client's own id"),
            ("audience = \"\"\n", "audience"),
            ("scopes = [\"email\"]\n", "openid"),
            ("session_minutes = 0\n", "session_minutes"),
            ("session_minutes = 1441\n", "a day at most"),
            ("isuer = \"x\"\n", "isuer"),
        ] {
            let error = read(&format!("{GOOD}{change}")).unwrap_err();
            assert!(error.contains(says) && error.contains("hint: "), "{change}: {error}");
        }
        for (from, to, says) in [
            ("https://login", "http://login", "not protected"),
            ("https://login", "ftp://login", "not protected"),
            ("\"analyst\"", "\"king\"", "no role `king`"),
            ("\"groups\"", "[]", "roles_claim"),
            ("\"i\"", "\"\"", "client_id"),
        ] {
            let error = read(&GOOD.replace(from, to)).unwrap_err();
            assert!(error.contains(says) && error.contains("hint: "), "{to}: {error}");
        }
        assert!(read(&GOOD.replace("https://login.example", "http://127.0.0.1:9000")).is_ok());
    }
}
