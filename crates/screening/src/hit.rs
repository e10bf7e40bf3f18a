//! A hit and the evidence for it. The evidence is the input of the score, not a second calculation.

use std::fmt;

use interdict_model::NameQuality;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A score in ten-thousandths: 0 is no resemblance, 10,000 is certainty. Written as a number 0..1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Score(pub u16);

impl Score {
    /// Certainty.
    pub const ONE: Self = Self(10_000);

    /// From a share 0..1, rounded; outside values are clamped.
    pub fn from_share(share: f64) -> Self {
        // Clamped to 0..=10,000 first, so the cast neither truncates nor wraps; NaN becomes 0.
        Self((share.clamp(0.0, 1.0) * 10_000.0).round() as u16)
    }

    /// As a share 0..1.
    pub fn share(self) -> f64 {
        f64::from(self.0) / 10_000.0
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}", self.share())
    }
}

impl Serialize for Score {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.share())
    }
}

impl<'de> Deserialize<'de> for Score {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::from_share)
    }
}

/// How two tokens of names resemble each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// The same letters.
    Equal,
    /// Another spelling or romanisation of the same name.
    Spelling,
    /// The same name in another language.
    Language,
    /// A nickname.
    Nickname,
    /// A few letters differ.
    Near,
    /// Same consonants, other vowels: usual between Arabic, Hebrew or Persian and Latin.
    Skeleton,
    /// One side is the initial of the other.
    Initial,
    /// Two or three tokens on one side are written as one on the other.
    Joined,
    /// The same legal form in other words.
    LegalForm,
    /// One side is the acronym of the other's words.
    Acronym,
    /// Stands on the party's side only.
    PartyOnly,
    /// Stands on the listing's side only.
    ListedOnly,
}

/// What one token, or one joined group, gave or took.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct TokenEvidence {
    /// The party's token or tokens, as analysed; none if it stands on the listing's side only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub party: Option<String>,
    /// The listing's token or tokens; none if it stands on the party's side only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listed: Option<String>,
    /// How they resemble each other.
    pub relation: Relation,
    /// Similarity 0..1 of the two; 0 for a token that stands alone.
    pub similarity: Score,
    /// How much the token counts: 1 for a rare name, less for common names, titles, legal forms, particles.
    pub weight: Score,
}

/// The best agreement between a name of the party and one of the listing.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct NameEvidence {
    /// The party's name, as given.
    pub party: String,
    /// The listing's name, as published.
    pub listed: String,
    /// The publisher's quality of the listed name.
    pub quality: NameQuality,
    /// Score of the two names alone.
    pub score: Score,
    /// Token by token, the party's order first, then what stands on the listing's side only.
    pub tokens: Vec<TokenEvidence>,
}

/// What besides the name was compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// Date of birth, foundation or build.
    Born,
    /// Nationality, residence, incorporation, flag, address' country.
    Country,
    /// Gender.
    Gender,
    /// Place of birth.
    BirthPlace,
    /// Address.
    Address,
    /// An identifier: document, number, wallet, code.
    Identifier,
    /// Person, organisation, vessel …
    Kind,
    /// Numbers inside the names: `Fund 3`, `Fund 8`.
    Number,
    /// Whose child, inside the names: `Omar bin Abdullah`, `Abdullah bin Omar`.
    Descent,
}

/// What the comparison of an attribute says.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The sides agree.
    Agrees,
    /// They can agree: a year against a day, a near miss.
    Compatible,
    /// They cannot both be true of one entity.
    Contradicts,
    /// One side or both do not say.
    Unknown,
}

/// One attribute's part in the score.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AttributeEvidence {
    /// Which.
    pub attribute: Attribute,
    /// What it says.
    pub verdict: Verdict,
    /// The party's values.
    pub party: Vec<String>,
    /// The listing's values.
    pub listed: Vec<String>,
    /// By how much it moved the score, in score points -1..1; 0 for unknown.
    pub effect: f64,
    /// In words an analyst uses.
    pub words: String,
}

/// Everything the score was computed from.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Evidence {
    /// The best pair of names; none if an identifier alone retrieved the listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<NameEvidence>,
    /// The other attributes.
    pub attributes: Vec<AttributeEvidence>,
    /// Said to the analyst first: one sentence.
    pub summary: String,
}

/// A listing at or above the threshold.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Hit {
    /// Position of the listing in the snapshot.
    pub ordinal: u32,
    /// The score, 0..1.
    pub score: Score,
    /// Why.
    pub evidence: Evidence,
}
