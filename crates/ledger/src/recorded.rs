//! A value together with the hash under which it is on record.

use interdict_model::Digest;
use serde::Serialize;

use crate::leaf_hash;

/// A value whose canonical bytes have been taken: the only thing that is shown to anyone.
#[derive(Clone, Debug, Serialize)]
pub struct Recorded<T> {
    /// Leaf hash of the canonical bytes: of the value's JSON, fields in the order of its type, no blanks.
    record: Digest,
    /// The value.
    #[serde(flatten)]
    value: T,
}

impl<T: Serialize> Recorded<T> {
    /// Takes the canonical bytes of a value.
    ///
    /// # Errors
    /// When the value has no JSON form, as a map with keys that are no text.
    pub fn new(value: T) -> Result<Self, serde_json::Error> {
        let record = leaf_hash(&serde_json::to_vec(&value)?);
        Ok(Self { record, value })
    }

    /// The hash.
    pub fn record(&self) -> Digest {
        self.record
    }

    /// The value.
    pub fn value(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_the_hash_of_the_rest() {
        #[derive(Serialize)]
        struct Answer {
            outcome: &'static str,
            score: f64,
        }
        let recorded = Recorded::new(Answer { outcome: "hit", score: 0.91 }).unwrap();
        assert_eq!(recorded.record(), leaf_hash(br#"{"outcome":"hit","score":0.91}"#));
        let shown = serde_json::to_string(&recorded).unwrap();
        assert_eq!(shown, format!(r#"{{"record":"{}","outcome":"hit","score":0.91}}"#, recorded.record()));
        let other = Recorded::new(Answer { outcome: "hit", score: 0.92 }).unwrap();
        assert_ne!(other.record(), recorded.record());
    }
}
