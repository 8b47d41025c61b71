//! JSON from strangers: bounded in size and depth, without doubled keys.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Most bytes of an envelope.
pub const MAX_BYTES: usize = 100_000;

/// Most levels of arrays and objects; an envelope has five.
const MAX_DEPTH: usize = 16;

/// Key under which serde_json hands over the digits of a fraction, when any crate of the build asks it to keep them all
/// (its feature `arbitrary_precision`). Written by a stranger, it means the same in every build.
const FRACTION: &str = "$serde_json::private::Number";

/// Parses one document. The order of keys is kept.
///
/// # Errors
/// What is wrong and where: not JSON, a key twice in an object, too deep, a number out of range.
pub fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    let mut input = serde_json::Deserializer::from_slice(text);
    let value = Level(MAX_DEPTH).deserialize(&mut input)?;
    input.end()?;
    Ok(value)
}

/// A value with so many levels below it.
#[derive(Clone, Copy)]
struct Level(usize);

impl Level {
    fn below<E: serde::de::Error>(self) -> Result<Self, E> {
        let below = self.0.checked_sub(1);
        below.map(Self).ok_or_else(|| E::custom(format!("more than {MAX_DEPTH} levels")))
    }
}

impl<'de> DeserializeSeed<'de> for Level {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Value, D::Error> {
        input.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut values = Vec::new();
        while let Some(value) = input.next_element_seed(below)? {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut input: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut map = Map::new();
        while let Some(key) = input.next_key::<String>()? {
            let value = input.next_value_seed(below)?;
            if key == FRACTION {
                return fraction(&value);
            }
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} stands twice in an object")));
            }
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

/// The number with the digits `text`.
fn fraction<E: serde::de::Error>(text: &Value) -> Result<Value, E> {
    let number = text.as_str().and_then(|digits| digits.parse::<f64>().ok());
    let number = number.and_then(serde_json::Number::from_f64);
    number.map(Value::Number).ok_or_else(|| E::custom("number out of range"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order() {
        let text = r#"{"b":1,"a":[true,null,-2,0.5,"x"],"aa":{}}"#;
        assert_eq!(parse(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn hostile_documents_are_refused_with_the_reason() {
        let deep = "[".repeat(50_000);
        let table = [
            (r#"{"a":1,"a":1}"#, "the key \"a\" stands twice in an object"),
            (r#"[{"a":{"b":1,"\u0062":2}}]"#, "the key \"b\" stands twice in an object"),
            (deep.as_str(), "more than 16 levels"),
            ("1e999", "number out of range"),
            (r#"{"$serde_json::private::Number":1}"#, "number out of range"),
            ("{} {}", "trailing characters"),
            (r#""\ud800""#, "unexpected end of hex escape"),
            ("", "EOF"),
        ];
        for (text, reason) in table {
            let error = parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert!(parse(b"\"\xff\"").is_err());
    }
}
