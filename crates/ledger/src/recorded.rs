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
    /// Those bytes, so that they need not be made again to be shown.
    #[serde(skip)]
    json: Vec<u8>,
}

/// Bytes to begin with: about those of a screening without hits.
const ROOM: usize = 640;

impl<T: Serialize> Recorded<T> {
    /// Takes the canonical bytes of a value.
    ///
    /// # Errors
    /// When the value has no JSON form, as a map with keys that are no text.
    pub fn new(value: T) -> Result<Self, serde_json::Error> {
        let mut json = Vec::with_capacity(ROOM);
        serde_json::to_writer(&mut json, &value)?;
        Ok(Self { record: leaf_hash(&json), value, json })
    }

    /// The same of a value whose bytes its type writes itself, and more with them, as where some part of it stands.
    /// They are those that [`Recorded::new`] takes, or that type has a fault.
    ///
    /// # Errors
    /// As [`Recorded::new`].
    pub fn written<M>(
        value: T,
        write: impl FnOnce(&T, &mut Vec<u8>) -> Result<M, serde_json::Error>,
    ) -> Result<(Self, M), serde_json::Error> {
        let mut json = Vec::with_capacity(ROOM);
        let more = write(&value, &mut json)?;
        debug_assert_eq!(serde_json::to_vec(&value).ok().as_deref(), Some(json.as_slice()), "not the canonical bytes");
        Ok((Self { record: leaf_hash(&json), value, json }, more))
    }

    /// The canonical bytes.
    pub fn canonical(&self) -> &[u8] {
        &self.json
    }

    /// Writes what is shown of it: the JSON of this value, whose type is an object.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(br#"{"record":""#);
        out.extend_from_slice(&self.record.hex());
        out.push(b'"');
        match self.json.get(1..) {
            // An object without fields.
            Some(rest) if rest == b"}" => out.push(b'}'),
            Some(rest) => {
                out.push(b',');
                out.extend_from_slice(rest);
            }
            None => out.push(b'}'),
        }
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
        let mut written = Vec::new();
        recorded.write(&mut written);
        assert_eq!(String::from_utf8(written).unwrap(), shown);
        let other = Recorded::new(Answer { outcome: "hit", score: 0.92 }).unwrap();
        assert_ne!(other.record(), recorded.record());
        #[derive(Serialize)]
        struct Nothing {}
        let (nothing, mut written) = (Recorded::new(Nothing {}).unwrap(), Vec::new());
        nothing.write(&mut written);
        assert_eq!(String::from_utf8(written).unwrap(), serde_json::to_string(&nothing).unwrap());
    }
}
