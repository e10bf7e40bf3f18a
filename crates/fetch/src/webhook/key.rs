//! Keys of webhooks, signing and checking.
//!
//! Promises: `v1` is HMAC-SHA256 and `v1a` Ed25519 over `id.timestamp.body`; comparison takes the same
//! time whatever differs; keys show nothing of themselves when they are printed.
//!
//! Not here: where keys are kept (`settings`), randomness (the caller).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

/// Shared secrets have 24 to 64 bytes, as the standard says.
const SHARED: std::ops::RangeInclusive<usize> = 24..=64;

/// How far a receiver's clock and the sender's may be apart, in seconds: five minutes, as the standard's
/// own libraries have it.
pub const TOLERANCE_S: u64 = 300;

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// The event's id, the same on every attempt.
    pub id: &'a str,
    /// Unix time of the attempt, in seconds.
    pub at: i64,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

impl Message<'_> {
    fn signed(&self) -> Vec<u8> {
        [format!("{}.{}.", self.id, self.at).as_bytes(), self.body].concat()
    }
}

#[derive(Clone)]
enum Kind {
    Shared(Vec<u8>),
    Pair(Box<SigningKey>),
}

/// A key that signs.
#[derive(Clone)]
pub struct Secret(Kind);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

fn decode(text: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(text).map_err(|_| "what follows the prefix is no base64".to_owned())
}

fn shared(text: &str) -> Result<Vec<u8>, String> {
    let bytes = decode(text)?;
    if SHARED.contains(&bytes.len()) {
        return Ok(bytes);
    }
    Err(format!("a shared secret has {} to {} bytes, this one has {}", SHARED.start(), SHARED.end(), bytes.len()))
}

fn pair(text: &str) -> Result<SigningKey, String> {
    let bytes = decode(text)?;
    if let Ok(seed) = <[u8; 32]>::try_from(bytes.as_slice()) {
        return Ok(SigningKey::from_bytes(&seed));
    }
    let whole = <[u8; 64]>::try_from(bytes.as_slice())
        .map_err(|_| format!("a private key has 32 or 64 bytes, this one has {}", bytes.len()))?;
    SigningKey::from_keypair_bytes(&whole).map_err(|_| "its two halves do not belong together".to_owned())
}

impl Secret {
    /// Reads `whsec_…` (HMAC-SHA256) or `whsk_…` (Ed25519).
    ///
    /// # Errors
    /// When it is neither; the text does not repeat it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(text) = text.strip_prefix("whsec_") {
            return shared(text).map(|bytes| Self(Kind::Shared(bytes)));
        }
        if let Some(text) = text.strip_prefix("whsk_") {
            return pair(text).map(|key| Self(Kind::Pair(Box::new(key))));
        }
        Err("a secret begins with `whsec_` (HMAC-SHA256) or `whsk_` (Ed25519)".to_owned())
    }

    /// Reads several, with blanks or line ends between: while one is changed, both sign.
    ///
    /// # Errors
    /// When there is none, or one of them is no secret.
    pub fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let found = text.split_whitespace().map(Self::parse).collect::<Result<Vec<_>, _>>()?;
        if found.is_empty() { Err("it is empty".to_owned()) } else { Ok(found) }
    }

    /// A shared secret of random bytes.
    pub fn shared(random: [u8; 32]) -> Self {
        Self(Kind::Shared(random.to_vec()))
    }

    /// A key pair of random bytes.
    pub fn pair(random: [u8; 32]) -> Self {
        Self(Kind::Pair(Box::new(SigningKey::from_bytes(&random))))
    }

    /// The secret itself, to be stored: whoever has it can sign.
    pub fn secret_text(&self) -> String {
        match &self.0 {
            Kind::Shared(bytes) => format!("whsec_{}", STANDARD.encode(bytes)),
            Kind::Pair(key) => format!("whsk_{}", STANDARD.encode(key.to_keypair_bytes())),
        }
    }

    /// The public key for the receiver; a shared secret has none.
    pub fn public_text(&self) -> Option<String> {
        match &self.0 {
            Kind::Shared(_) => None,
            Kind::Pair(key) => Some(format!("whpk_{}", STANDARD.encode(key.verifying_key().as_bytes()))),
        }
    }

    /// A signature, as `v1,…` or `v1a,…`.
    pub fn sign(&self, message: &Message<'_>) -> String {
        match &self.0 {
            Kind::Shared(bytes) => format!("v1,{}", STANDARD.encode(mac(bytes, message))),
            Kind::Pair(key) => format!("v1a,{}", STANDARD.encode(key.sign(&message.signed()).to_bytes())),
        }
    }
}

/// The header `webhook-signature`: one signature a key.
pub fn signatures(secrets: &[Secret], message: &Message<'_>) -> String {
    secrets.iter().map(|secret| secret.sign(message)).collect::<Vec<_>>().join(" ")
}

fn mac(key: &[u8], message: &Message<'_>) -> Vec<u8> {
    // HMAC takes keys of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(&message.signed());
    mac.finalize().into_bytes().to_vec()
}

/// A key that checks.
#[derive(Clone)]
pub struct Verifier(Checks);

#[derive(Clone)]
enum Checks {
    Shared(Vec<u8>),
    Public(Box<VerifyingKey>),
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

impl Verifier {
    /// Reads `whsec_…` or `whpk_…`; of `whsk_…` it takes the public half.
    ///
    /// # Errors
    /// When it is none of them; the text does not repeat it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Some(text) = text.strip_prefix("whpk_") {
            let bytes =
                <[u8; 32]>::try_from(decode(text)?.as_slice()).map_err(|_| "a public key has 32 bytes".to_owned())?;
            let key = VerifyingKey::from_bytes(&bytes).map_err(|_| "it is no point of the curve".to_owned())?;
            return Ok(Self(Checks::Public(Box::new(key))));
        }
        let no_key = "a key begins with `whsec_` (HMAC-SHA256) or `whpk_` (Ed25519)";
        Secret::parse(text)
            .map(|secret| Self::of(&secret))
            .map_err(|reason| if text.starts_with("whs") { reason } else { no_key.to_owned() })
    }

    /// The key that checks what a secret signs.
    pub fn of(secret: &Secret) -> Self {
        Self(match &secret.0 {
            Kind::Shared(bytes) => Checks::Shared(bytes.clone()),
            Kind::Pair(key) => Checks::Public(Box::new(key.verifying_key())),
        })
    }

    /// Checks a message against the header `webhook-signature`, and its time against `now`.
    ///
    /// # Errors
    /// Why it is not to be trusted.
    pub fn check(&self, message: &Message<'_>, header: &str, now: i64, tolerance_s: u64) -> Result<(), String> {
        let apart = now.abs_diff(message.at);
        if apart > tolerance_s {
            let side = if message.at < now { "old" } else { "ahead" };
            return Err(format!("it is {apart} s {side}, and {tolerance_s} s are allowed"));
        }
        let fits = |one: &str| match (&self.0, one.split_once(',')) {
            (Checks::Shared(key), Some(("v1", given))) => {
                decode(given).is_ok_and(|given| mac(key, message).ct_eq(&given).into())
            }
            (Checks::Public(key), Some(("v1a", given))) => {
                let signature = decode(given).ok().and_then(|bytes| Signature::from_slice(&bytes).ok());
                signature.is_some_and(|signature| key.verify_strict(&message.signed(), &signature).is_ok())
            }
            (Checks::Shared(_) | Checks::Public(_), _) => false,
        };
        if header.split_whitespace().any(fits) {
            return Ok(());
        }
        let version = match &self.0 {
            Checks::Shared(_) => "v1",
            Checks::Public(_) => "v1a",
        };
        let has = header.split_whitespace().any(|one| one.split_once(',').is_some_and(|(of, _)| of == version));
        Err(if has {
            format!("no `{version}` signature fits the key, the id, the time and the body")
        } else {
            format!("it has no `{version}` signature, which is what this key checks")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example that the standard's libraries test themselves with.
    const SHARED_KEY: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const PUBLISHED: Message<'_> =
        Message { id: "msg_p5jXN8AQM9LWM0D4loKWxJek", at: 1_614_265_330, body: br#"{"test": 2432232314}"# };

    #[test]
    fn the_published_example_is_signed_and_checked() {
        let secret = Secret::parse(SHARED_KEY).unwrap();
        let signature = secret.sign(&PUBLISHED);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
        assert_eq!(secret.secret_text(), SHARED_KEY);
        let check = |message: &Message<'_>, header: &str, now: i64| {
            Verifier::of(&secret).check(message, header, now, TOLERANCE_S)
        };
        assert_eq!(check(&PUBLISHED, &signature, PUBLISHED.at), Ok(()));
        assert_eq!(check(&PUBLISHED, &format!("v1,AAAA v1a,BBBB {signature}"), PUBLISHED.at + 300), Ok(()));
        assert!(check(&PUBLISHED, &signature, PUBLISHED.at + 301).unwrap_err().contains("301 s old"));
        assert!(check(&PUBLISHED, &signature, PUBLISHED.at - 301).unwrap_err().contains("ahead"));
        for other in [
            Message { id: "msg_q5jXN8AQM9LWM0D4loKWxJek", ..PUBLISHED },
            Message { at: PUBLISHED.at + 1, ..PUBLISHED },
            Message { body: br#"{"test": 2432232315}"#, ..PUBLISHED },
        ] {
            assert!(check(&other, &signature, other.at).is_err(), "{other:?}");
        }
        assert!(check(&PUBLISHED, "v1a,AAAA", PUBLISHED.at).unwrap_err().contains("no `v1` signature, which"));
    }

    #[test]
    fn a_pair_signs_and_its_public_half_checks() {
        let secret = Secret::pair([7; 32]);
        let header = signatures(&[Secret::shared([9; 32]), secret.clone()], &PUBLISHED);
        let public = Verifier::parse(&secret.public_text().unwrap()).unwrap();
        assert_eq!(public.check(&PUBLISHED, &header, PUBLISHED.at, 0), Ok(()));
        let other = Verifier::of(&Secret::pair([8; 32]));
        assert!(other.check(&PUBLISHED, &header, PUBLISHED.at, 0).unwrap_err().contains("`v1a` signature fits"));
        let again = Secret::parse(&secret.secret_text()).unwrap();
        assert_eq!(again.sign(&PUBLISHED), secret.sign(&PUBLISHED));
        assert!(Verifier::parse(&secret.secret_text()).is_ok());
    }

    #[test]
    fn what_is_no_key_is_refused_without_repeating_it() {
        for (text, reason) in [
            ("", "begins with"),
            ("hunter2", "begins with"),
            ("whsec_hunter2!", "no base64"),
            ("whsec_aHVudGVyMg==", "24 to 64 bytes"),
            ("whsk_aHVudGVyMg==", "32 or 64 bytes"),
        ] {
            let error = Secret::parse(text).unwrap_err();
            assert!(error.contains(reason) && !error.contains("hunter2"), "{text}: {error}");
            assert!(Verifier::parse(text).is_err(), "{text}");
        }
        let mixed = [Secret::pair([1; 32]).secret_text(), Secret::pair([2; 32]).secret_text()];
        let mut halves = mixed.iter().map(|text| decode(text.strip_prefix("whsk_").unwrap()).unwrap());
        let (one, two) = (halves.next().unwrap(), halves.next().unwrap());
        let text = format!("whsk_{}", STANDARD.encode([&one[..32], &two[32..]].concat()));
        assert!(Secret::parse(&text).unwrap_err().contains("halves"));
        assert!(Secret::parse_all(" \n").is_err());
        assert_eq!(Secret::parse_all(&format!("{SHARED_KEY}\n{}\n", mixed[0])).unwrap().len(), 2);
        assert_eq!(format!("{:?}", Secret::shared([1; 32])), "Secret(..)");
    }
}
