//! The keys with which a provider signs: a JSON Web Key Set (RFC 7517), as far as we take it.
//!
//! Promises: a key is of one kind and checks signatures of that kind only, so that no token can have a key read
//! in another way; secrets, keys that encrypt, small RSA keys and other curves are not taken.
//!
//! Not here: fetching it (`provider`), tokens (`jws`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde_json::{Map, Value};

use super::Refused;

/// Keys of a set that are looked at.
const MOST_KEYS: usize = 100;

/// How a token is signed. There is no `none` and nothing with a shared secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Algorithm {
    /// RSA, PKCS #1 v1.5, SHA-256.
    Rs256,
    /// ECDSA on P-256, SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// Its word.
    fn word(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    /// By the word of a token's head.
    pub(super) fn of(word: &str) -> Option<Self> {
        match word {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            "EdDSA" | "Ed25519" => Some(Self::EdDsa),
            _ => None,
        }
    }
}

/// A public key.
#[derive(Clone)]
enum Public {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Clone)]
pub(super) struct Key {
    id: Option<String>,
    public: Public,
}

impl Key {
    /// A key of a set, if it is one that we take.
    fn of(fields: &Map<String, Value>) -> Option<Self> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let bytes = |name: &str| text(name).and_then(|text| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok());
        if fields.contains_key("d") || text("use").is_some_and(|used| used != "sig") {
            return None;
        }
        if let Some(operations) = fields.get("key_ops") {
            operations.as_array()?.iter().find(|operation| *operation == "verify")?;
        }
        let (public, algorithm) = match (text("kty")?, text("crv")) {
            ("RSA", None) => (Public::Rsa { n: bytes("n")?, e: bytes("e")? }, Algorithm::Rs256),
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes("x")?, bytes("y")?);
                let fits = x.len() == 32 && y.len() == 32;
                (fits.then(|| Public::P256([&[4][..], &x, &y].concat()))?, Algorithm::Es256)
            }
            ("OKP", Some("Ed25519")) => (Public::Ed25519(bytes("x")?), Algorithm::EdDsa),
            _ => return None,
        };
        if text("alg").is_some_and(|word| Algorithm::of(word) != Some(algorithm)) {
            return None;
        }
        Some(Self { id: text("kid").map(str::to_owned), public })
    }

    fn algorithm(&self) -> Algorithm {
        match self.public {
            Public::Rsa { .. } => Algorithm::Rs256,
            Public::P256(_) => Algorithm::Es256,
            Public::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// Checks a signature.
    pub(super) fn verify(&self, signed: &[u8], signature: &[u8]) -> Result<(), Refused> {
        let checked = match &self.public {
            Public::Rsa { n, e } => {
                RsaPublicKeyComponents { n, e }.verify(&RSA_PKCS1_2048_8192_SHA256, signed, signature)
            }
            Public::P256(point) => UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature),
            Public::Ed25519(point) => UnparsedPublicKey::new(&ED25519, point).verify(signed, signature),
        };
        checked.map_err(|_| Refused("the token's signature does not fit"))
    }
}

/// The keys of a provider.
#[derive(Clone, Default)]
pub(super) struct Keys(Vec<Key>);

impl Keys {
    /// Those of a set that we take.
    pub(super) fn of(set: &Map<String, Value>) -> Result<Self, &'static str> {
        let all = set.get("keys").and_then(Value::as_array).ok_or("its key set has no `keys`")?;
        let taken: Vec<Key> = all.iter().take(MOST_KEYS).filter_map(Value::as_object).filter_map(Key::of).collect();
        if taken.is_empty() { Err("its key set has no key for RS256, ES256 or EdDSA") } else { Ok(Self(taken)) }
    }

    /// What they are for, and what they are called.
    pub(super) fn named(&self) -> Vec<String> {
        let name = |key: &Key| format!("{} {}", key.algorithm().word(), key.id.as_deref().unwrap_or("without a name"));
        self.0.iter().map(name).collect()
    }

    /// The key for a token: by its id, or the only one of its kind.
    pub(super) fn find(&self, algorithm: Algorithm, id: Option<&str>) -> Option<&Key> {
        let mut fitting =
            self.0.iter().filter(|key| key.algorithm() == algorithm && (id.is_none() || key.id.as_deref() == id));
        match (fitting.next(), fitting.next()) {
            (Some(key), None) => Some(key),
            (Some(_), Some(_)) | (None, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(json: &str) -> bool {
        Key::of(serde_json::from_str::<Value>(json).unwrap().as_object().unwrap()).is_some()
    }

    #[test]
    fn only_public_keys_that_sign_are_taken() {
        assert!(taken(r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RS256", "use": "sig"}"#));
        assert!(taken(r#"{"kty": "OKP", "crv": "Ed25519", "x": "AQAB", "key_ops": ["verify"]}"#));
        for refused in [
            r#"{"kty": "oct", "k": "AQAB"}"#,
            r#"{"kty": "oct", "k": "AQAB", "alg": "HS256"}"#,
            r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "HS256"}"#,
            r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "alg": "RS512"}"#,
            r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "use": "enc"}"#,
            r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "d": "AQAB"}"#,
            r#"{"kty": "RSA", "n": "AQAB", "e": "AQAB", "key_ops": ["encrypt"]}"#,
            r#"{"kty": "EC", "crv": "P-384", "x": "AQAB", "y": "AQAB"}"#,
            r#"{"kty": "EC", "crv": "P-256", "x": "AQAB", "y": "AQAB"}"#,
            r#"{"kty": "OKP", "crv": "X25519", "x": "AQAB"}"#,
        ] {
            assert!(!taken(refused), "{refused}");
        }
        assert_eq!(["none", "HS256", "RS1", "PS256", "ES384", "rs256", ""].map(Algorithm::of), [None; 7]);
    }
}
