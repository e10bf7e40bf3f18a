//! Check digits of the schemes that have them; every function takes a normalised key.
//!
//! Promises: linear or bounded work, whatever the key; a key of the wrong shape does not pass.

use sha2::{Digest as _, Sha256};

use crate::Country;

fn digits(key: &str) -> Option<Vec<u32>> {
    key.chars().map(|c| c.to_digit(10)).collect()
}

fn weighted(digits: &[u32], weights: &[u32]) -> u32 {
    digits.iter().zip(weights).map(|(d, w)| d * w).sum()
}

/// IMO ship number: the first six digits times 7 to 2 end in the seventh.
pub(crate) fn imo_ship(key: &str) -> bool {
    digits(key).is_some_and(|d| d.len() == 7 && weighted(&d, &[7, 6, 5, 4, 3, 2]) % 10 == d[6])
}

/// IMO number of a company or registered owner: weights 8 6 4 2 9 7, modulo 11.
pub(crate) fn imo_company(key: &str) -> bool {
    digits(key).is_some_and(|d| d.len() == 7 && (11 - weighted(&d, &[8, 6, 4, 2, 9, 7]) % 11) % 10 == d[6])
}

// ISO 7064 MOD 97-10 over letters as two digits (A = 10).
fn mod97(key: impl Iterator<Item = char>) -> Option<u32> {
    let mut rest = 0_u32;
    for c in key {
        let value = c.to_digit(36)?;
        rest = if value < 10 { (rest * 10 + value) % 97 } else { (rest * 100 + value) % 97 };
    }
    Some(rest)
}

/// Legal Entity Identifier.
pub(crate) fn lei(key: &str) -> bool {
    key.len() == 20 && key.is_ascii() && key[18..].bytes().all(|b| b.is_ascii_digit()) && mod97(key.chars()) == Some(1)
}

/// International bank account number; lengths by country are not checked.
pub(crate) fn iban(key: &str) -> bool {
    if !(15..=34).contains(&key.len()) || !key.is_ascii() || Country::parse(&key[..2]).is_none() {
        return false;
    }
    key[2..4].bytes().all(|b| b.is_ascii_digit()) && mod97(key[4..].chars().chain(key[..4].chars())) == Some(1)
}

/// Shape of a business identifier code: party, country, location, optional branch.
pub(crate) fn is_bic(key: &str) -> bool {
    matches!(key.len(), 8 | 11)
        && key.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
        && key[4..6].bytes().all(|b| b.is_ascii_uppercase())
        && Country::parse(&key[4..6]).is_some()
}

/// ISIN: Luhn over letters as two digits.
pub(crate) fn isin(key: &str) -> bool {
    if key.len() != 12 || !key.is_ascii() || !key[..2].bytes().all(|b| b.is_ascii_uppercase()) {
        return false;
    }
    let mut expanded = Vec::new();
    for c in key.chars() {
        let Some(value) = c.to_digit(36) else {
            return false;
        };
        if value >= 10 {
            expanded.push(value / 10);
        }
        expanded.push(value % 10);
    }
    let doubled = |(i, d): (usize, &u32)| {
        if i % 2 == 1 { d * 2 / 10 + d * 2 % 10 } else { *d }
    };
    expanded.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// Russian taxpayer number: ten digits with one check digit, twelve with two.
pub(crate) fn inn(key: &str) -> bool {
    const WEIGHTS: [u32; 11] = [3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8];
    let Some(d) = digits(key) else { return false };
    let agrees = |at: usize, weights: &[u32]| weighted(&d, weights) % 11 % 10 == d[at];
    match d.len() {
        10 => agrees(9, &WEIGHTS[2..]),
        12 => agrees(10, &WEIGHTS[1..]) && agrees(11, &WEIGHTS),
        _ => false,
    }
}

/// Russian registration number: 13 digits modulo 11, 15 digits (sole traders) modulo 13.
pub(crate) fn ogrn(key: &str) -> bool {
    let modulus = match key.len() {
        13 => 11,
        15 => 13,
        _ => return false,
    };
    let (body, check) = key.split_at_checked(key.len() - 1).unwrap_or((key, ""));
    match (body.parse::<u64>(), check.parse::<u64>()) {
        (Ok(body), Ok(check)) => key.bytes().all(|b| b.is_ascii_digit()) && body % modulus % 10 == check,
        _ => false,
    }
}

/// A wallet's check digits: none if the scheme has none that we know.
pub(crate) fn wallet(key: &str) -> Option<bool> {
    if let Some(agrees) = bech32(key) {
        return Some(agrees);
    }
    // Ripple writes base58 with another alphabet, and begins with `r`.
    if key.starts_with('r') {
        return None;
    }
    let looks_like_bitcoin = key.starts_with(['1', '3']) && (26..=35).contains(&key.len());
    match base58(key) {
        // Version, hash of 20 bytes, four check bytes; Zcash's version has two bytes.
        Some(bytes) if matches!(bytes.len(), 25 | 26) => {
            let (body, check) = bytes.split_at(bytes.len() - 4);
            Some(Sha256::digest(Sha256::digest(body))[..4] == *check)
        }
        Some(_) | None => looks_like_bitcoin.then_some(false),
    }
}

fn base58(key: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    // The longest address (Monero, 106) is not checked, and decoding is quadratic.
    if !(20..=60).contains(&key.len()) {
        return None;
    }
    let mut bytes: Vec<u8> = Vec::with_capacity(44);
    for c in key.bytes() {
        let mut carry = ALPHABET.iter().position(|a| *a == c)?;
        for byte in &mut bytes {
            carry += usize::from(*byte) * 58;
            *byte = (carry & 0xff) as u8;
            carry >>= 8;
        }
        while carry > 0 {
            bytes.push((carry & 0xff) as u8);
            carry >>= 8;
        }
    }
    bytes.extend(key.bytes().take_while(|b| *b == b'1').map(|_| 0));
    bytes.reverse();
    Some(bytes)
}

/// Bech32 and bech32m of the chains that lists name; none for other prefixes.
pub(crate) fn bech32(lower: &str) -> Option<bool> {
    const CHARSET: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    const BECH32M: u32 = 0x2bc8_30a3;
    let (prefix, body) = lower.rsplit_once('1')?;
    if !matches!(prefix, "bc" | "tb" | "ltc" | "addr" | "cosmos" | "bnb" | "stake") || !(8..=110).contains(&body.len())
    {
        return None;
    }
    let mut sum = 1_u32;
    let mut step = |value: u32| {
        let top = sum >> 25;
        sum = (sum & 0x01ff_ffff) << 5 ^ value;
        for (i, generator) in GENERATOR.iter().enumerate() {
            if top >> i & 1 == 1 {
                sum ^= generator;
            }
        }
    };
    prefix.bytes().for_each(|b| step(u32::from(b >> 5)));
    step(0);
    prefix.bytes().for_each(|b| step(u32::from(b & 31)));
    for b in body.bytes() {
        match CHARSET.iter().position(|c| *c == b) {
            Some(at) => step(at as u32),
            None => return Some(false),
        }
    }
    Some(matches!(sum, 1 | BECH32M))
}
