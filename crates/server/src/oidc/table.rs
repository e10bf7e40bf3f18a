//! How people sign in, as it is written: the table `[oidc]` of `serve.toml`, and what is said beside it.
//!
//! Promises: a key that is not known is refused; the client's secret stands in no such file.
//!
//! Not here: whether the settings can be used (`settings`), reading files, arguments and the environment (`cli`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use interdict_state::Role;
use serde::Deserialize;

use super::settings::{ClientAuth, ClientSecret, OidcSettings};

/// `serve.toml` as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServeFile {
    /// How people sign in.
    pub oidc: Option<OidcTable>,
}

/// `[oidc]` as it is written. What is left out is said elsewhere, or has a default.
#[derive(Clone, PartialEq, Eq, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OidcTable {
    /// The provider, exactly as it calls itself.
    pub issuer: Option<String>,
    /// What it calls us.
    pub client_id: Option<String>,
    /// A file that holds the client's secret.
    pub client_secret_file: Option<PathBuf>,
    /// How the secret is shown.
    pub client_auth: Option<ClientAuth>,
    /// Where browsers find this service.
    pub public_url: Option<String>,
    /// Where the provider sends browsers after signing out.
    pub after_logout_url: Option<String>,
    /// Scopes to ask for.
    pub scopes: Option<Vec<String>>,
    /// The way to the claim that holds groups or roles.
    pub roles_claim: Option<Words>,
    /// Which value of the claim gives which roles.
    pub roles: Option<BTreeMap<String, Words>>,
    /// The audience of access tokens that are taken as keys are.
    pub audience: Option<String>,
    /// How long a session lasts.
    pub session_minutes: Option<u32>,
    /// How long a session lasts that nobody uses.
    pub idle_minutes: Option<u32>,
    /// Allow a provider within one's own network.
    pub allow_private: Option<bool>,
    /// A file of certificates to trust in place of the common authorities.
    pub ca_file: Option<PathBuf>,
}

/// A word, or several.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(untagged)]
pub enum Words {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Words {
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
    /// What is said here, and where nothing is, what is said below.
    #[must_use]
    pub fn over(self, below: Self) -> Self {
        Self {
            issuer: self.issuer.or(below.issuer),
            client_id: self.client_id.or(below.client_id),
            client_secret_file: self.client_secret_file.or(below.client_secret_file),
            client_auth: self.client_auth.or(below.client_auth),
            public_url: self.public_url.or(below.public_url),
            after_logout_url: self.after_logout_url.or(below.after_logout_url),
            scopes: self.scopes.or(below.scopes),
            roles_claim: self.roles_claim.or(below.roles_claim),
            roles: self.roles.or(below.roles),
            audience: self.audience.or(below.audience),
            session_minutes: self.session_minutes.or(below.session_minutes),
            idle_minutes: self.idle_minutes.or(below.idle_minutes),
            allow_private: self.allow_private.or(below.allow_private),
            ca_file: self.ca_file.or(below.ca_file),
        }
    }

    /// Checks it, with what was read beside it.
    ///
    /// # Errors
    /// What does not fit, with a hint.
    pub fn settings(self, secret: Option<String>, authorities: Option<Vec<u8>>) -> Result<OidcSettings, String> {
        let secret = secret.map(|secret| secret.trim().to_owned());
        if secret.as_deref() == Some("") {
            return Err("client_secret: it is empty\nhint: leave it out for a public client".to_owned());
        }
        let missing = |name: &str, hint: &str| format!("{name}: it is missing\nhint: {hint}");
        let mut roles = Vec::new();
        for (word, given) in self.roles.unwrap_or_default() {
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
        let issuer = "issuer = \"https://…\" in serve.toml, or --oidc-issuer: the provider, as it calls itself";
        let client = "client_id = \"…\" in serve.toml, or --oidc-client-id: the provider gives it";
        let claim = "roles_claim = \"groups\" in serve.toml, or --oidc-roles-claim groups: the claim that holds groups or roles";
        let settings = OidcSettings {
            issuer: self.issuer.ok_or_else(|| missing("issuer", issuer))?,
            client_id: self.client_id.ok_or_else(|| missing("client_id", client))?,
            client_secret: secret.map(ClientSecret),
            client_auth: self.client_auth,
            public_url: self.public_url,
            after_logout_url: self.after_logout_url,
            scopes: self.scopes.unwrap_or_else(|| vec!["openid".to_owned(), "profile".to_owned()]),
            roles_claim: self.roles_claim.ok_or_else(|| missing("roles_claim", claim))?.all(),
            roles,
            audience: self.audience,
            session: minutes(self.session_minutes, 8 * 60),
            idle: minutes(self.idle_minutes, 30),
            allow_private: self.allow_private.unwrap_or(false),
            authorities,
            keys_fresh: Duration::from_secs(600),
            keys_again: Duration::from_secs(10),
        };
        settings.check()?;
        Ok(settings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oidc::ClientSecret;

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
            ("client_auth = \"jwt\"\n", "client_auth"),
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
        for (line, says) in [
            ("issuer = \"https://login.example\"\n", "issuer: it is missing"),
            ("client_id = \"i\"\n", "client_id: it is missing"),
            ("roles_claim = \"groups\"\n", "roles_claim: it is missing"),
        ] {
            let error = read(&GOOD.replace(line, "")).unwrap_err();
            assert!(error.contains(says) && error.contains("hint: "), "{line}: {error}");
        }
        let flags = OidcTable { client_id: Some("other".to_owned()), ..OidcTable::default() };
        let file = ServeFile::parse(GOOD).unwrap().oidc.unwrap();
        let both = flags.over(file).settings(None, None).unwrap();
        assert_eq!((both.client_id.as_str(), both.issuer.as_str()), ("other", "https://login.example"));
        assert!(read(&GOOD.replace("https://login.example", "http://127.0.0.1:9000")).is_ok());
    }
}
