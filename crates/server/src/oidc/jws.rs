//! A signed token (RFC 7515, compact): three parts, of which nothing is believed before the signature fits.
//!
//! Promises: the algorithm is one of ours and fits the kind of the key; what a head says about where to find a key is
//! not followed; an extension that must be understood is refused, for we understand none.
//!
//! Not here: what the token says (`claims`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use interdict_model::Unique;
use serde_json::{Map, Value};

use super::Refused;
use super::jwk::{Algorithm, Key};

/// Characters of a token: those with many groups have some thousands.
pub(super) const LONGEST: usize = 16 << 10;

/// A token that was taken apart and not checked.
pub(super) struct Jws<'a> {
    signed: &'a str,
    payload: &'a str,
    signature: Vec<u8>,
    pub(super) algorithm: Algorithm,
    pub(super) key: Option<String>,
    /// What kind of token it says to be.
    pub(super) kind: Option<String>,
}

/// A JSON object, of base64.
fn object(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    match serde_json::from_slice::<Unique>(&bytes).ok()?.0 {
        Value::Object(fields) => Some(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

impl<'a> Jws<'a> {
    /// Takes a token apart.
    pub(super) fn parse(token: &'a str) -> Result<Self, Refused> {
        const BROKEN: Refused = Refused("what was given is no signed token");
        if token.len() > LONGEST {
            return Err(Refused("the token is too long"));
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(BROKEN)?;
        let (head, payload) = signed.split_once('.').filter(|(_, payload)| !payload.contains('.')).ok_or(BROKEN)?;
        let head = object(head).ok_or(BROKEN)?;
        let text = |name: &str| match head.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(BROKEN),
        };
        let algorithm = text("alg")?.as_deref().and_then(Algorithm::of);
        let algorithm = algorithm.ok_or(Refused("the token is not signed with RS256, ES256 or EdDSA"))?;
        if head.contains_key("crit") || head.contains_key("b64") {
            return Err(Refused("the token wants an extension that is not known here"));
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| BROKEN)?;
        Ok(Self { signed, payload, signature, algorithm, key: text("kid")?, kind: text("typ")? })
    }

    /// What it says, once its signature fits.
    pub(super) fn verify(&self, key: &Key) -> Result<Map<String, Value>, Refused> {
        key.verify(self.signed.as_bytes(), &self.signature)?;
        object(self.payload).ok_or(Refused("the token holds no claims"))
    }
}
