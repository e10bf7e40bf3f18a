//! Tokens: 256 random bits that somebody holds, and the hash that we keep.
//!
//! Promises: a token is shown by [`Token::reveal`] alone, never by `Debug`; the hash is of all its
//! characters. With 256 random bits a plain SHA-256 cannot be guessed backwards: no salt, no stretching.
//!
//! Not here: to whom a token belongs (`key`).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use interdict_model::Digest;

use crate::StateError;

/// What tokens begin with, so that scanners for leaked secrets find them.
const PREFIX: &str = "itd_";

/// A secret.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn random() -> Result<Self, StateError> {
        let mut bytes = [0u8; 32];
        getrandom::fill(&mut bytes).map_err(|error| StateError::NoRandom(error.to_string()))?;
        Ok(Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// One that somebody presents; none if it cannot be one of ours.
    pub fn presented(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let is_ours = rest.len() == 43 && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        is_ours.then(|| Self(text.to_owned()))
    }

    /// Its text, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is kept of it.
    pub fn hash(&self) -> TokenHash {
        TokenHash(Digest::of(self.0.as_bytes()))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(hidden)")
    }
}

/// The SHA-256 of a token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct TokenHash(pub Digest);

impl TokenHash {
    pub(crate) fn text(self) -> String {
        self.0.to_string()
    }
}

/// A new id of a key or a session: 64 random bits, not secret.
pub(crate) fn random_id(of: &str) -> Result<String, StateError> {
    let mut bytes = [0u8; 8];
    getrandom::fill(&mut bytes).map_err(|error| StateError::NoRandom(error.to_string()))?;
    Ok(format!("{of}-{:016x}", u64::from_be_bytes(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_recognised_and_hidden() {
        let token = Token::random().unwrap();
        let again = Token::presented(token.reveal()).unwrap();
        assert_eq!(again.hash(), token.hash());
        assert_ne!(Token::random().unwrap().hash(), token.hash());
        assert_eq!(format!("{token:?}"), "Token(hidden)");
        for bad in ["", "itd_", "itd_short", &token.reveal()[4..], &format!("{}x", token.reveal()), "itd_\u{e9}"] {
            assert!(Token::presented(bad).is_none(), "{bad}");
        }
    }
}
