//! A small provider of identities over real HTTP, with real keys, that lies where a test tells it to; and a browser.
//!
//! It checks what a provider must check: a code is given for one client, address and challenge, and taken once.

#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops where it cannot go on")]

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use interdict_server::{ClientSecret, OidcSettings};
use interdict_state::Role;
use interdict_testkit::http::{Asked, Server, respond};
use interdict_testkit::webhook::piped;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use ring::{digest, hmac};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

use super::service::{Answer, Service, ask};

/// The client as the provider knows it.
pub const CLIENT: &str = "interdict";
pub const SECRET: &str = "s3cret of the client/+";
/// The audience of access tokens.
pub const API: &str = "https://api.interdict.example";

pub fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A key that signs.
pub enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Pair {
    /// One RSA key for a test binary: they take long to make.
    pub fn rsa() -> Self {
        static MADE: OnceLock<Vec<u8>> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let how = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-outform", "DER"];
            piped("openssl", &how, b"")
        });
        Self::Rsa(RsaKeyPair::from_pkcs8(made).or_else(|_| RsaKeyPair::from_der(made)).unwrap())
    }

    pub fn p256() -> Self {
        let (of, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        let made = EcdsaKeyPair::generate_pkcs8(of, &random).unwrap();
        Self::P256(EcdsaKeyPair::from_pkcs8(of, made.as_ref(), &random).unwrap())
    }

    pub fn ed25519() -> Self {
        let made = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        Self::Ed25519(Ed25519KeyPair::from_pkcs8(made.as_ref()).unwrap())
    }

    pub fn word(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::P256(_) => "ES256",
            Self::Ed25519(_) => "EdDSA",
        }
    }

    /// The public key as a member of a set.
    pub fn public(&self, id: &str) -> Value {
        match self {
            Self::Rsa(pair) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public());
                json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": id, "n": b64(n), "e": b64(e)})
            }
            Self::P256(pair) => {
                let point = pair.public_key().as_ref();
                json!({"kty": "EC", "crv": "P-256", "kid": id, "x": b64(&point[1..33]), "y": b64(&point[33..])})
            }
            Self::Ed25519(pair) => json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": b64(pair.public_key())}),
        }
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, text, &mut signature).unwrap();
                signature
            }
            Self::P256(pair) => pair.sign(&random, text).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(text).as_ref().to_vec(),
        }
    }

    /// A token with a head and claims as given.
    pub fn token(&self, head: &Value, claims: &str) -> String {
        let signed = format!("{}.{}", b64(head.to_string()), b64(claims));
        let signature = match head["alg"].as_str().unwrap() {
            "none" => String::new(),
            // The attack of old: the public key taken for a shared secret.
            "HS256" => {
                let public = self.public("k").to_string();
                b64(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, public.as_bytes()), signed.as_bytes()))
            }
            _ => b64(self.sign(signed.as_bytes())),
        };
        format!("{signed}.{signature}")
    }
}

/// Changes a token before it is signed: its head, its claims.
pub type Twist = Box<dyn Fn(&mut Value, &mut Value) + Send>;

struct Code {
    nonce: Option<String>,
    challenge: String,
    redirect: String,
}

/// What the provider has and how it lies.
pub struct Inner {
    pub pair: Pair,
    issuer: String,
    pub id: String,
    /// Claims of the person.
    pub person: Value,
    pub twist: Option<Twist>,
    /// What it says of the person besides the token.
    pub userinfo: Value,
    /// Changes its description.
    pub about: Value,
    pub is_away: bool,
    codes: HashMap<String, Code>,
    count: usize,
}

pub struct Provider {
    pub server: Server,
    pub inner: Arc<Mutex<Inner>>,
    pub issuer: String,
}

impl Provider {
    pub fn start(pair: Pair) -> Self {
        let person = json!({"sub": "u-4711", "name": "Dana Quillfeather", "groups": ["sanctions", "other"]});
        let inner = Inner {
            pair,
            issuer: String::new(),
            id: "k1".to_owned(),
            person,
            twist: None,
            userinfo: Value::Null,
            about: json!({}),
            is_away: false,
            codes: HashMap::new(),
            count: 0,
        };
        let inner = Arc::new(Mutex::new(inner));
        let own = Arc::clone(&inner);
        let server = Server::start(move |asked, _, stream| {
            let (status, location, body) = own.lock().unwrap().answer(asked);
            let mut headers = vec![("Content-Type", "application/json")];
            headers.extend(location.as_deref().map(|to| ("Location", to)));
            respond(stream, status, &headers, body.to_string().as_bytes());
        });
        let issuer = server.url("");
        inner.lock().unwrap().issuer.clone_from(&issuer);
        Self { server, inner, issuer }
    }

    pub fn change(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.inner.lock().unwrap());
    }

    pub fn twist(&self, twist: impl Fn(&mut Value, &mut Value) + Send + 'static) {
        self.change(|inner| inner.twist = Some(Box::new(twist)));
    }

    /// How often an address was asked for.
    pub fn asked(&self, path: &str) -> usize {
        self.server.asked().iter().filter(|asked| asked.path.starts_with(path)).count()
    }

    /// Settings for it.
    pub fn settings(&self) -> OidcSettings {
        OidcSettings {
            issuer: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            client_secret: Some(ClientSecret(SECRET.to_owned())),
            client_auth: None,
            public_url: None,
            after_logout_url: None,
            scopes: vec!["openid".to_owned(), "profile".to_owned()],
            roles_claim: vec!["groups".to_owned()],
            roles: vec![
                ("sanctions".to_owned(), vec![Role::Analyst]),
                ("admins".to_owned(), vec![Role::PolicyAdmin]),
                ("payments".to_owned(), vec![Role::Machine]),
            ],
            audience: Some(API.to_owned()),
            session: Duration::from_secs(3600),
            idle: Duration::from_secs(1800),
            allow_private: false,
            authorities: None,
            keys_fresh: Duration::from_secs(600),
            keys_again: Duration::ZERO,
        }
    }

    /// A service whose people sign in here.
    pub fn service(&self, change: impl FnOnce(&mut OidcSettings)) -> Service {
        let mut oidc = self.settings();
        change(&mut oidc);
        Service::with(|settings| settings.oidc = Some(oidc))
    }

    /// A token that says that the person signed out, changed.
    pub fn logout(&self, twist: impl Fn(&mut Value, &mut Value)) -> String {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let inner = self.inner.lock().unwrap();
        let mut head = json!({"alg": inner.pair.word(), "kid": inner.id, "typ": "logout+jwt"});
        let mut claims = json!({"iss": self.issuer, "aud": CLIENT, "sub": "u-4711", "iat": now(), "exp": now() + 120,
            "jti": format!("jti-{}", COUNT.fetch_add(1, Ordering::Relaxed)),
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}}});
        twist(&mut head, &mut claims);
        inner.pair.token(&head, &claims.to_string())
    }

    /// An access token, changed.
    pub fn access(&self, twist: impl Fn(&mut Value, &mut Value)) -> String {
        let inner = self.inner.lock().unwrap();
        let mut head = json!({"alg": inner.pair.word(), "kid": inner.id, "typ": "at+jwt"});
        let mut claims = json!({"iss": self.issuer, "aud": API, "sub": "payments-batch", "iat": now(),
            "exp": now() + 300, "groups": ["payments"]});
        twist(&mut head, &mut claims);
        inner.pair.token(&head, &claims.to_string())
    }
}

impl Inner {
    fn answer(&mut self, asked: &Asked) -> (&'static str, Option<String>, Value) {
        let issuer = self.issuer.clone();
        let url = Url::parse(&issuer).unwrap().join(&asked.path).unwrap();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        match (asked.method.as_str(), url.path()) {
            _ if self.is_away => ("503 Service Unavailable", None, json!({})),
            ("GET", "/.well-known/openid-configuration") => {
                let mut about = json!({
                    "issuer": issuer,
                    "authorization_endpoint": format!("{issuer}/authorize"),
                    "token_endpoint": format!("{issuer}/token"),
                    "jwks_uri": format!("{issuer}/keys"),
                    "end_session_endpoint": format!("{issuer}/end"),
                    "code_challenge_methods_supported": ["S256"],
                });
                for (key, value) in self.about.as_object().unwrap() {
                    about[key] = value.clone();
                }
                ("200 OK", None, about)
            }
            ("GET", "/keys") => ("200 OK", None, json!({"keys": [self.pair.public(&self.id)]})),
            ("GET", "/authorize") => {
                assert_eq!((query["response_type"].as_str(), query["client_id"].as_str()), ("code", CLIENT));
                assert_eq!(query["code_challenge_method"], "S256");
                assert!(query["scope"].split(' ').any(|scope| scope == "openid"));
                self.count += 1;
                let code = format!("code-{}", self.count);
                let redirect = query["redirect_uri"].clone();
                let mut to = Url::parse(&redirect).unwrap();
                to.query_pairs_mut().append_pair("code", &code).append_pair("state", &query["state"]);
                to.query_pairs_mut().append_pair("iss", &issuer);
                let (nonce, challenge) = (query.get("nonce").cloned(), query["code_challenge"].clone());
                self.codes.insert(code, Code { nonce, challenge, redirect });
                ("302 Found", Some(to.to_string()), json!({}))
            }
            ("GET", "/userinfo") if asked.header("authorization") == Some("Bearer opaque") => {
                if self.userinfo.is_null() {
                    return ("403 Forbidden", None, json!({}));
                }
                ("200 OK", None, self.userinfo.clone())
            }
            ("POST", "/token") => self.token(asked, &issuer),
            _ => ("404 Not Found", None, json!({})),
        }
    }

    fn token(&mut self, asked: &Asked, issuer: &str) -> (&'static str, Option<String>, Value) {
        let form: HashMap<String, String> = form_urlencoded::parse(&asked.body).into_owned().collect();
        let refuse = |error: &str| ("400 Bad Request", None, json!({"error": error}));
        let encoded: String = form_urlencoded::byte_serialize(SECRET.as_bytes()).collect();
        let basic = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{encoded}")));
        let in_form = form.get("client_secret").map(String::as_str) == Some(SECRET);
        if asked.header("authorization") != Some(basic.as_str()) && !in_form {
            return refuse("invalid_client");
        }
        let Some(code) = form.get("code").and_then(|code| self.codes.remove(code)) else {
            return refuse("invalid_grant");
        };
        let Some(verifier) = form.get("code_verifier") else { return refuse("invalid_request") };
        if b64(digest::digest(&digest::SHA256, verifier.as_bytes())) != code.challenge {
            return refuse("invalid_grant");
        }
        if form.get("redirect_uri") != Some(&code.redirect) || form["grant_type"] != "authorization_code" {
            return refuse("invalid_grant");
        }
        let mut head = json!({"alg": self.pair.word(), "kid": self.id, "typ": "JWT"});
        let mut claims = json!({"iss": issuer, "aud": CLIENT, "iat": now(), "exp": now() + 300, "nonce": code.nonce});
        for (key, value) in self.person.as_object().unwrap() {
            claims[key] = value.clone();
        }
        if let Some(twist) = &self.twist {
            twist(&mut head, &mut claims);
        }
        let token = self.pair.token(&head, &claims.to_string());
        ("200 OK", None, json!({"access_token": "opaque", "token_type": "Bearer", "id_token": token}))
    }
}

/// A browser: it keeps cookies of one service, and sends them.
#[derive(Clone, Default)]
pub struct Browser {
    pub cookies: HashMap<String, String>,
}

impl Browser {
    pub fn cookie(&self) -> String {
        self.cookies.iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<_>>().join("; ")
    }

    pub fn ask(&mut self, of: &Service, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let cookie = self.cookie();
        let mut headers = headers.to_vec();
        if !cookie.is_empty() {
            headers.push(("Cookie", &cookie));
        }
        let answer = ask(of.address, method, path, &headers, body);
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/"), "{line}");
            let (key, rest) = line.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            if line.contains("Max-Age=0") {
                self.cookies.remove(key);
            } else {
                self.cookies.insert(key.to_owned(), value.to_owned());
            }
        }
        answer
    }

    pub fn get(&mut self, of: &Service, path: &str) -> Answer {
        self.ask(of, "GET", path, &[], b"")
    }

    /// Begins a sign-in and goes to the provider; where the provider sends it back to, as path and query.
    pub fn away(&mut self, of: &Service, return_to: &str) -> String {
        let answer = self.get(of, &format!("/auth/login{return_to}"));
        assert_eq!(answer.status, 303, "{}", answer.text());
        let to = Url::parse(answer.header("location").unwrap()).unwrap();
        let provider = to.socket_addrs(|| None).unwrap()[0];
        let path = format!("{}?{}", to.path(), to.query().unwrap());
        let back = ask(provider, "GET", &path, &[], b"");
        let back = Url::parse(back.header("location").unwrap()).unwrap();
        assert_eq!(back.port(), Some(of.address.port()), "the provider sends back to the service");
        format!("{}?{}", back.path(), back.query().unwrap())
    }

    /// Signs in.
    pub fn sign_in(&mut self, of: &Service) -> Answer {
        let back = self.away(of, "");
        self.get(of, &back)
    }
}
