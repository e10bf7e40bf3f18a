//! How an entry speaks of a person without naming one: salted digests.
//!
//! Promises: without the salt, an entry says nothing about whom it is about, not even to someone
//! who can guess; with it, exactly one party and one answer fit. Each entry has a salt of its own, so
//! two entries about one person look as unrelated as any other two.
//!
//! Not here: where salts come from and how they are erased (`store`).

use std::fmt;
use std::str::FromStr;

use interdict_model::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::LedgerError;

/// 32 random bytes, kept apart from the log. Erasing them erases what ties an entry to a person.
#[derive(Clone, PartialEq, Eq)]
pub struct Salt(pub [u8; 32]);

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(..)")
    }
}

impl Salt {
    /// What stands in the entry to find its salt by.
    pub fn subject(&self) -> Subject {
        let hash = Digest::of(&joined::<65>(&[b"interdict subject", &self.0]));
        let mut half = [0; 16];
        half.copy_from_slice(&hash.0[..16]);
        Subject(half)
    }

    /// The salted digest of what was asked: the input's JSON.
    pub fn input(&self, json: &[u8]) -> Digest {
        // As `Digest::of_parts` of the three, with all that stands before the third in one piece.
        let mut before = [0; 71];
        before[..63].copy_from_slice(&joined::<63>(&[b"interdict input", &self.0]));
        before[63..].copy_from_slice(&(json.len() as u64).to_be_bytes());
        Digest::of_pieces(&[&before, json])
    }

    /// The salted digest of what was answered: of the answer's record. The record itself would
    /// let anyone who guesses the party compute it.
    pub fn answer(&self, record: Digest) -> Digest {
        Digest::of(&joined::<104>(&[b"interdict answer", &self.0, &record.0]))
    }
}

/// Parts of a known length in all, as [`Digest::of_parts`] hashes them: a few bytes at a time cost more than
/// the hashing.
fn joined<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut out = [0; N];
    let mut rest = out.as_mut_slice();
    for part in parts {
        for bytes in [&(part.len() as u64).to_be_bytes(), *part] {
            let (here, after) = rest.split_at_mut(bytes.len().min(rest.len()));
            here.copy_from_slice(bytes.get(..here.len()).unwrap_or_default());
            rest = after;
        }
    }
    out
}

fn hex(subject: &Subject, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_str(std::str::from_utf8(&subject.hex()).map_err(|_| fmt::Error)?)
}

/// The number of a subject in the log: random to everyone without the salt.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject(pub [u8; 16]);

impl Subject {
    /// Its digits.
    pub fn hex(&self) -> [u8; 32] {
        let mut whole = [0; 32];
        whole[..16].copy_from_slice(&self.0);
        // The first half of a digest's digits.
        let mut half = [0; 32];
        half.copy_from_slice(&Digest(whole).hex()[..32]);
        half
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(self, f)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex(self, f)
    }
}

impl FromStr for Subject {
    type Err = LedgerError;

    fn from_str(text: &str) -> Result<Self, LedgerError> {
        let bad = || LedgerError::BadEntry(format!("`{text}` is no subject: 32 hexadecimal digits"));
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            return Err(bad());
        }
        let mut bytes = [0; 16];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            *byte = std::str::from_utf8(digits).ok().and_then(|d| u8::from_str_radix(d, 16).ok()).ok_or_else(bad)?;
        }
        Ok(Self(bytes))
    }
}

impl Serialize for Subject {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Subject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Serialize for Salt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Digest(self.0).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Digest::deserialize(deserializer).map(|digest| Self(digest.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_salt_fits_one_party_and_hides_it_from_others() {
        let (one, other) = (Salt([1; 32]), Salt([2; 32]));
        assert_ne!(one.input(b"Anna"), other.input(b"Anna"));
        assert_ne!(one.input(b"Anna"), one.input(b"Anne"));
        assert_ne!(one.input(&Digest::of(b"x").0), one.answer(Digest::of(b"x")));
        assert_eq!(one.subject(), one.subject().to_string().parse().unwrap());
        for json in [b"".as_slice(), b"{}", &[b'x'; 300]] {
            assert_eq!(one.input(json), Digest::of_parts([b"interdict input".as_slice(), &[1; 32], json]));
        }
        let record = Digest::of(b"x");
        assert_eq!(one.subject().0, Digest::of_parts([b"interdict subject".as_slice(), &[1; 32]]).0[..16]);
        assert_eq!(one.answer(record), Digest::of_parts([b"interdict answer".as_slice(), &[1; 32], &record.0]));
        assert_eq!(format!("{one:?}"), "Salt(..)");
        for bad in ["", "00", "GG000000000000000000000000000000", "0000000000000000000000000000000é"] {
            assert!(bad.parse::<Subject>().is_err());
        }
    }
}
