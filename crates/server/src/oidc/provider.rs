//! What the provider says of itself, its keys, and the exchange of a code: asked rarely and remembered.
//!
//! Promises: the provider's description must name the very issuer that was configured; keys are read again after
//! [`OidcSettings::keys_fresh`], and when a token names one that is not known, but not more often than
//! [`OidcSettings::keys_again`], so that forged tokens cannot make us ask; if the provider is away, its keys are
//! believed for [`STALE`] and no longer.
//!
//! Not here: connections (`fetch`), what a token must say (`claims`).

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use interdict_fetch::provider::{Ask, Said, limits};
use interdict_fetch::{Client, Proxy, Settings};
use interdict_model::Unique;
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use url::Url;
use url::form_urlencoded::{Serializer, byte_serialize};

use super::jwk::{Algorithm, Keys};
use super::jws::{Jws, LONGEST};
use super::settings::{ClientAuth, ClientSecret, is_loopback};
use super::{OidcSettings, Refused};
use crate::problem::Fault;
use crate::question::short;

/// How long keys are believed while the provider cannot be asked.
const STALE: Duration = Duration::from_secs(3600);

/// How long a provider that did not answer is left alone.
const REST: Duration = Duration::from_secs(2);

/// What the provider says of itself.
pub(super) struct Metadata {
    pub(super) authorize: Url,
    pub(super) token: Url,
    pub(super) keys: Url,
    pub(super) end_session: Option<Url>,
    pub(super) userinfo: Option<Url>,
    /// Whether its answers name it (RFC 9207).
    pub(super) names_itself: bool,
    /// How the client shows its secret, unless that is configured.
    auth: ClientAuth,
    /// Words of its description, for who sets up the service.
    pub(super) said: Map<String, Value>,
}

/// What is known of the provider.
pub(super) struct Known {
    pub(super) meta: Metadata,
    pub(super) keys: Keys,
    read_at: Instant,
}

pub(super) struct Provider {
    pub(super) client: Arc<Client>,
    issuer: String,
    about: Url,
    id: String,
    secret: Option<ClientSecret>,
    auth: Option<ClientAuth>,
    fresh: Duration,
    again: Duration,
    known: RwLock<Option<Arc<Known>>>,
    /// When the provider did not answer the last time. Who holds it asks; the others wait.
    failed_at: Mutex<Option<Instant>>,
}

/// What a code was given for.
pub(super) struct Given {
    /// The token of the person.
    pub(super) person: String,
    /// A token that opens what the provider says of the person, and nothing here.
    pub(super) access: Option<String>,
}

/// A token whose signature fits.
pub(super) struct Verified {
    pub(super) said: Map<String, Value>,
    /// What kind of token it says to be.
    pub(super) kind: Option<String>,
    pub(super) algorithm: Algorithm,
}

pub(super) fn object(said: &Said) -> Result<Map<String, Value>, String> {
    if said.status != 200 {
        return Err(format!("it answers {}", said.status));
    }
    match serde_json::from_slice::<Unique>(&said.body).map(|read| read.0) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err("its answer is no JSON object".to_owned()),
        Err(_) => Err("its answer is no JSON, or has a key twice".to_owned()),
    }
}

/// An error code of the provider, if it has the form of one: the rest of its answer may hold anything.
pub(super) fn code(text: &str) -> &str {
    let fits = text.len() <= 40 && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if fits { text } else { "-" }
}

impl Metadata {
    fn of(said: &Map<String, Value>, issuer: &Url) -> Result<Self, String> {
        let text = |name: &str| said.get(name).and_then(Value::as_str);
        let url = |name: &str| {
            let url =
                text(name).and_then(|text| Url::parse(text).ok()).ok_or(format!("its description has no `{name}`"))?;
            let is_safe = url.scheme() == "https" || (issuer.scheme() == "http" && is_loopback(&url));
            if is_safe { Ok(url) } else { Err(format!("its `{name}` is not protected by https")) }
        };
        let has = |name: &str, word: &str| {
            said.get(name).and_then(Value::as_array).map(|all| all.iter().any(|value| value == word))
        };
        if has("code_challenge_methods_supported", "S256") == Some(false) {
            return Err("it does not know PKCE with S256".to_owned());
        }
        // What is not said is `client_secret_basic`.
        let is_post = has("token_endpoint_auth_methods_supported", "client_secret_basic") == Some(false)
            && has("token_endpoint_auth_methods_supported", "client_secret_post") == Some(true);
        let names_itself = said.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true));
        let maybe = |name: &str| text(name).and_then(|_| url(name).ok());
        Ok(Self {
            authorize: url("authorization_endpoint")?,
            token: url("token_endpoint")?,
            keys: url("jwks_uri")?,
            end_session: maybe("end_session_endpoint"),
            userinfo: maybe("userinfo_endpoint"),
            names_itself,
            auth: if is_post { ClientAuth::Post } else { ClientAuth::Basic },
            said: said.clone(),
        })
    }
}

impl Provider {
    pub(super) fn new(of: &OidcSettings) -> Result<Self, String> {
        let issuer = of.issuer_url()?;
        let about = format!("{}/.well-known/openid-configuration", of.issuer.trim_end_matches('/'));
        let is_here = is_loopback(&issuer);
        let client = Client::new(Settings {
            limits: limits(),
            allow_http: issuer.scheme() == "http",
            allow_private: of.allow_private || is_here,
            proxy: if is_here { Proxy::Direct } else { Proxy::Environment },
            authorities: of.authorities.clone(),
            user_agent: format!("interdict/{}", interdict_engine::VERSION),
        })?;
        Ok(Self {
            client: Arc::new(client),
            issuer: of.issuer.clone(),
            about: Url::parse(&about).map_err(|error| format!("issuer: {error}"))?,
            id: of.client_id.clone(),
            secret: of.client_secret.clone(),
            auth: of.client_auth,
            fresh: of.keys_fresh,
            again: of.keys_again,
            known: RwLock::default(),
            failed_at: Mutex::default(),
        })
    }

    /// Reads what it says of itself, whatever is known of it. Blocks.
    pub(super) fn read(&self) -> Result<Known, String> {
        read(&self.client, &self.issuer, &self.about)
    }

    fn held(&self) -> Option<Arc<Known>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is known of the provider; asks if that is too old.
    pub(super) async fn known(&self) -> Result<Arc<Known>, Fault> {
        match self.held() {
            Some(known) if known.read_at.elapsed() < self.fresh => Ok(known),
            seen => self.renew(seen).await,
        }
    }

    async fn renew(&self, seen: Option<Arc<Known>>) -> Result<Arc<Known>, Fault> {
        let mut failed_at = self.failed_at.lock().await;
        // Somebody else may have asked while we waited.
        let newer = self.held().filter(|held| seen.as_ref().is_none_or(|seen| held.read_at > seen.read_at));
        if let Some(newer) = newer {
            return Ok(newer);
        }
        if failed_at.is_none_or(|at| at.elapsed() >= REST) {
            let (client, issuer, about) = (Arc::clone(&self.client), self.issuer.clone(), self.about.clone());
            let read = tokio::task::spawn_blocking(move || read(&client, &issuer, &about)).await;
            match read.unwrap_or_else(|error| Err(error.to_string())) {
                Ok(known) => {
                    let known = Arc::new(known);
                    *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&known));
                    *failed_at = None;
                    return Ok(known);
                }
                Err(reason) => {
                    tracing::warn!(reason, "the identity provider cannot be used");
                    *failed_at = Some(Instant::now());
                }
            }
        }
        seen.filter(|seen| seen.read_at.elapsed() < STALE).ok_or_else(|| {
            Fault::Unavailable(
                "the identity provider cannot be reached, or is not the configured one\nhint: the log says why; \
                 `allow_private = true` allows one in your own network, `ca_file` trusts its certificate; keys work meanwhile"
                    .to_owned(),
            )
        })
    }

    /// What a token says, once its signature fits.
    pub(super) async fn verified(&self, token: &str) -> Result<Verified, Fault> {
        let jws = Jws::parse(token)?;
        let mut known = self.known().await?;
        if known.keys.find(jws.algorithm, jws.key.as_deref()).is_none() && known.read_at.elapsed() >= self.again {
            known = self.renew(Some(known)).await?;
        }
        let key = known.keys.find(jws.algorithm, jws.key.as_deref());
        let said = jws.verify(key.ok_or(Refused("the token is signed with a key that the provider does not have"))?)?;
        Ok(Verified { said, kind: jws.kind, algorithm: jws.algorithm })
    }

    /// How the client shows its secret.
    pub(super) fn auth(&self, known: &Known) -> ClientAuth {
        self.auth.unwrap_or(known.meta.auth)
    }

    /// The form that gives a code, and the header that goes with it.
    pub(super) fn form(&self, known: &Known, code: &str, verifier: &str, redirect: &str) -> (String, Option<String>) {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect)
            .append_pair("code_verifier", verifier);
        let mut authorization = None;
        match (&self.secret, self.auth(known)) {
            (Some(ClientSecret(secret)), ClientAuth::Basic) => {
                let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
                let both = format!("{}:{}", encoded(&self.id), encoded(secret));
                authorization = Some(format!("Basic {}", STANDARD.encode(both)));
            }
            (Some(ClientSecret(secret)), ClientAuth::Post) => {
                form.append_pair("client_id", &self.id).append_pair("client_secret", secret);
            }
            (None, ClientAuth::Basic | ClientAuth::Post) => {
                form.append_pair("client_id", &self.id);
            }
        }
        (form.finish(), authorization)
    }

    /// Gives a code and gets tokens.
    pub(super) async fn exchange(
        &self,
        known: &Known,
        given: &str,
        verifier: &str,
        redirect: &str,
    ) -> Result<Given, Fault> {
        let (form, authorization) = self.form(known, given, verifier, redirect);
        let (url, client) = (known.meta.token.clone(), Arc::clone(&self.client));
        let asked = tokio::task::spawn_blocking(move || {
            client.ask(&Ask { url: &url, form: Some(&form), authorization: authorization.as_deref() })
        });
        let away = |reason: String| {
            tracing::warn!(reason, "the identity provider did not take the code");
            Fault::Unavailable("the identity provider cannot be reached; sign in again in a moment".to_owned())
        };
        let said = asked.await.map_err(|error| away(error.to_string()))?.map_err(|error| away(error.reason()))?;
        if (400..500).contains(&said.status) {
            let answer = serde_json::from_slice::<Value>(&said.body).unwrap_or_default();
            let code = code(answer.get("error").and_then(Value::as_str).unwrap_or("-"));
            tracing::warn!(status = said.status, code, "the identity provider refuses the code");
            return Err(Refused("the identity provider does not accept the code").into());
        }
        let answer = object(&said).map_err(away)?;
        let token = |name: &str| answer.get(name).and_then(Value::as_str).map(str::to_owned);
        let person = token("id_token").ok_or(Refused("the identity provider gave no token of the person"))?;
        Ok(Given { person, access: token("access_token") })
    }

    /// What the provider says of a person besides its token; none if it says nothing. It is not signed: it counts for the
    /// person of whom the token is, and the connection vouches for it.
    pub(super) async fn userinfo(&self, known: &Known, access: &str) -> Result<Option<Map<String, Value>>, Fault> {
        let Some(url) = known.meta.userinfo.clone() else { return Ok(None) };
        // A token is one word of a header.
        let fits = access.len() <= LONGEST && access.bytes().all(|b| (0x21..=0x7e).contains(&b));
        if !fits {
            return Err(Refused("the identity provider gave a token that is none").into());
        }
        let (bearer, client) = (format!("Bearer {access}"), Arc::clone(&self.client));
        let asked = tokio::task::spawn_blocking(move || {
            client.ask(&Ask { url: &url, form: None, authorization: Some(&bearer) })
        });
        let away = |reason: String| {
            tracing::warn!(reason, "the identity provider does not say more of the person");
            Fault::Unavailable("the identity provider cannot be reached; sign in again in a moment".to_owned())
        };
        let said = asked.await.map_err(|error| away(error.to_string()))?.map_err(|error| away(error.reason()))?;
        match object(&said) {
            Ok(said) => Ok(Some(said)),
            Err(reason) if said.status < 500 => {
                tracing::warn!(reason, "the identity provider does not say more of the person");
                Ok(None)
            }
            Err(reason) => Err(away(reason)),
        }
    }
}

/// Reads what the provider says of itself, and its keys. Blocks.
fn read(client: &Client, issuer: &str, about: &Url) -> Result<Known, String> {
    let read_at = Instant::now();
    let ask = |url: &Url| client.ask(&Ask { url, form: None, authorization: None });
    let told = |error: interdict_fetch::FetchError| format!("{}: {}", error.address, error.reason());
    let said = object(&ask(about).map_err(told)?)?;
    if said.get("issuer").and_then(Value::as_str) != Some(issuer) {
        let named = said.get("issuer").and_then(Value::as_str).unwrap_or_default();
        return Err(format!("its description is that of another issuer, `{}`", short(named)));
    }
    let meta = Metadata::of(&said, &Url::parse(issuer).map_err(|error| error.to_string())?)?;
    let set = object(&ask(&meta.keys).map_err(told)?)?;
    Ok(Known { keys: Keys::of(&set)?, meta, read_at })
}
