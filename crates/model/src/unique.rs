//! JSON in which no object has a key twice.
//!
//! Readers differ in which of two equal keys they take, so one of them can be made to see another name than the next.
//! Such an object is refused.
//!
//! Not here: what the keys mean.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A JSON value in which no object has a key twice.
#[derive(Clone, PartialEq, Debug)]
pub struct Unique(pub Value);

/// For fields: `#[serde(deserialize_with = "unique")]`.
///
/// # Errors
/// When an object has a key twice, or the JSON is broken.
pub fn unique<'de, D: Deserializer<'de>>(input: D) -> Result<Value, D::Error> {
    Unique::deserialize(input).map(|read| read.0)
}

/// The same where the field is an object.
///
/// # Errors
/// As [`unique`], and when it is no object.
pub fn unique_object<'de, D: Deserializer<'de>>(input: D) -> Result<Map<String, Value>, D::Error> {
    match unique(input)? {
        Value::Object(fields) => Ok(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(D::Error::custom("an object is expected"))
        }
    }
}

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, read: bool) -> Result<Value, E> {
        Ok(Value::Bool(read))
    }

    fn visit_u64<E>(self, read: u64) -> Result<Value, E> {
        Ok(read.into())
    }

    fn visit_i64<E>(self, read: i64) -> Result<Value, E> {
        Ok(read.into())
    }

    fn visit_f64<E>(self, read: f64) -> Result<Value, E> {
        Ok(Number::from_f64(read).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, read: &str) -> Result<Value, E> {
        Ok(Value::String(read.to_owned()))
    }

    fn visit_string<E>(self, read: String) -> Result<Value, E> {
        Ok(Value::String(read))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(Unique(one)) = input.next_element()? {
            read.push(one);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(key) = input.next_key::<String>()? {
            if read.contains_key(&key) {
                let shown: String = key.chars().take(60).collect();
                return Err(A::Error::custom(format!("the key `{shown}` stands twice")));
            }
            let Unique(value) = input.next_value()?;
            read.insert(key, value);
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_as_without_it_but_for_keys_that_stand_twice() {
        for text in [
            "null",
            "[true, -3, 18446744073709551615, 1.5e300, \"\\u0000é\", {}]",
            "{\"b\": {\"a\": [{\"a\": 1}, {\"a\": 2}]}, \"a\": \"x\"}",
        ] {
            let Unique(read) = serde_json::from_str(text).unwrap();
            assert_eq!(read.to_string(), serde_json::from_str::<Value>(text).unwrap().to_string());
        }
        for text in ["{\"a\": 1, \"a\": 1}", "[{\"b\": {\"a\": 1, \"c\": 2, \"\\u0061\": 3}}]"] {
            let error = serde_json::from_str::<Unique>(text).unwrap_err().to_string();
            assert!(error.starts_with("the key `a` stands twice"), "{error}");
        }
        assert!(serde_json::from_str::<Unique>("[1,").unwrap_err().is_eof());
    }
}
