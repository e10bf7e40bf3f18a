//! Signed notes of c2sp.org/signed-note: a text with Ed25519 signatures below it.
//!
//! Promises: a text is given out only once a known key's signature over it has been checked; keys
//! are written as Go's `note` package writes them, so that its tools read ours.
//!
//! Not here: where keys are kept (`store`), where their randomness comes from (the caller).

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

use crate::LedgerError;

/// The signature type of plain Ed25519.
const ED25519: u8 = 1;

/// More signatures than any note of ours carries; the format asks to accept 16.
const MOST_SIGNATURES: usize = 64;

fn key_id(name: &str, key: &VerifyingKey) -> u32 {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([b'\n', ED25519]);
    hasher.update(key.as_bytes());
    let hash: [u8; 32] = hasher.finalize().into();
    let [a, b, c, d, ..] = hash;
    u32::from_be_bytes([a, b, c, d])
}

/// Whether a text can be the name of a key.
pub fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+' || c.is_control())
}

fn checked_name(name: &str) -> Result<String, LedgerError> {
    if is_key_name(name) {
        return Ok(name.to_owned());
    }
    Err(LedgerError::BadKey(format!("`{name}` cannot be its name: no blanks, no plus, not empty")))
}

/// `NAME+ID+BASE64` into name, id and the 32 bytes of an Ed25519 key.
fn parts(text: &str) -> Result<(&str, u32, [u8; 32]), LedgerError> {
    let bad = |reason: &str| LedgerError::BadKey(reason.to_owned());
    // A base64 text may hold plus signs: the first two are the borders.
    let mut parts = text.trim().splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(bad("it has not the three parts name, id, key"));
    };
    let id = Some(id).filter(|id| id.len() == 8).and_then(|id| u32::from_str_radix(id, 16).ok());
    let bytes = STANDARD.decode(key).map_err(|_| bad("it is no base64"))?;
    let Some((&ED25519, key)) = bytes.split_first() else { return Err(bad("it is no Ed25519 key")) };
    let key = key.try_into().map_err(|_| bad("it has not 32 bytes"))?;
    Ok((name, id.ok_or_else(|| bad("its id is not 8 hexadecimal digits"))?, key))
}

fn text(name: &str, id: u32, key: &[u8; 32]) -> String {
    let mut bytes = vec![ED25519];
    bytes.extend(key);
    format!("{name}+{id:08x}+{}", STANDARD.encode(bytes))
}

/// A public key with the name it signs under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Its name: the log's origin.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&self.name, self.id, self.key.as_bytes()))
    }
}

impl FromStr for VerifierKey {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let (name, id, key) = parts(text)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| LedgerError::BadKey("it is no point".to_owned()))?;
        if key_id(name, &key) != id {
            return Err(LedgerError::BadKey(format!("its id is not {id:08x}: name, id or key was altered")));
        }
        Ok(Self { name: checked_name(name)?, id, key })
    }
}

/// A private key. Its text is given out by [`SignerKey::secret`] only.
pub struct SignerKey {
    public: VerifierKey,
    key: SigningKey,
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({})", self.public)
    }
}

impl SignerKey {
    /// A key of 32 random bytes.
    ///
    /// # Errors
    /// When the name cannot be one.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, LedgerError> {
        let name = checked_name(name)?;
        let key = SigningKey::from_bytes(seed);
        let public = VerifierKey { id: key_id(&name, &key.verifying_key()), name, key: key.verifying_key() };
        Ok(Self { public, key })
    }

    /// The public half.
    pub fn public(&self) -> &VerifierKey {
        &self.public
    }

    /// The text to keep it as: `PRIVATE+KEY+NAME+ID+BASE64`.
    pub fn secret(&self) -> String {
        format!("PRIVATE+KEY+{}", text(&self.public.name, self.public.id, self.key.as_bytes()))
    }

    /// Reads [`SignerKey::secret`].
    ///
    /// # Errors
    /// When it is none; the error does not repeat it.
    pub fn parse(secret: &str) -> Result<Self, LedgerError> {
        let text = secret.trim().strip_prefix("PRIVATE+KEY+");
        let (name, id, seed) = parts(text.ok_or_else(|| LedgerError::BadKey("it is no private key".to_owned()))?)?;
        let key = Self::from_seed(name, &seed)?;
        if key.public.id != id {
            return Err(LedgerError::BadKey(format!("its id is not {id:08x}: name, id or key was altered")));
        }
        Ok(key)
    }

    /// A text, which ends with a line's end, as a signed note.
    pub fn sign(&self, text: &str) -> String {
        let mut bytes = self.public.id.to_be_bytes().to_vec();
        bytes.extend(self.key.sign(text.as_bytes()).to_bytes());
        format!("{text}\n\u{2014} {} {}\n", self.public.name, STANDARD.encode(bytes))
    }
}

/// A note as it stands, its signatures not yet checked.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    text: &'a str,
    signatures: Vec<(&'a str, u32, Vec<u8>)>,
}

impl<'a> Note<'a> {
    /// Takes a note apart.
    ///
    /// # Errors
    /// When it is not written as the format says.
    pub fn parse(note: &'a str) -> Result<Self, LedgerError> {
        let bad = |reason: &str| LedgerError::BadNote(reason.to_owned());
        if note.contains(|c: char| c < ' ' && c != '\n') {
            return Err(bad("it holds control characters"));
        }
        let at = note.rfind("\n\n").ok_or_else(|| bad("no blank line stands before its signatures"))?;
        let (text, rest) = note.split_at(at.saturating_add(1));
        let lines = rest.strip_prefix('\n').unwrap_or(rest);
        let lines = lines.strip_suffix('\n').ok_or_else(|| bad("its last line has no end"))?;
        let mut signatures = Vec::new();
        for line in lines.split('\n') {
            let parts = line.strip_prefix("\u{2014} ").and_then(|line| line.split_once(' '));
            let (name, signature) = parts.ok_or_else(|| bad("a line of its signatures is none"))?;
            let bytes = STANDARD.decode(signature).map_err(|_| bad("a signature is no base64"))?;
            let (id, signature) = bytes.split_first_chunk::<4>().ok_or_else(|| bad("a signature is too short"))?;
            if !is_key_name(name) || signature.is_empty() || signatures.len() == MOST_SIGNATURES {
                return Err(bad("a line of its signatures is none"));
            }
            signatures.push((name, u32::from_be_bytes(*id), signature.to_vec()));
        }
        Ok(Self { text, signatures })
    }

    /// The text, whoever signed it: only to say what is wrong with it.
    pub fn unchecked(&self) -> &'a str {
        self.text
    }

    /// The text, if this key signed it.
    ///
    /// # Errors
    /// When it did not.
    pub fn verify(&self, key: &VerifierKey) -> Result<&'a str, LedgerError> {
        let mut known = self.signatures.iter().filter(|(name, id, _)| *name == key.name && *id == key.id).peekable();
        if known.peek().is_none() {
            let found: Vec<String> = self.signatures.iter().map(|(name, id, _)| format!("`{name}+{id:08x}`")).collect();
            return Err(LedgerError::UnknownSigner {
                found: found.join(", "),
                wanted: format!("{}+{:08x}", key.name, key.id),
            });
        }
        for (_, _, signature) in known {
            let signature = Signature::from_slice(signature).ok();
            let fits =
                signature.is_some_and(|signature| key.key.verify_strict(self.text.as_bytes(), &signature).is_ok());
            if !fits {
                return Err(LedgerError::BadSignature(key.name.clone()));
            }
        }
        Ok(self.text)
    }
}
