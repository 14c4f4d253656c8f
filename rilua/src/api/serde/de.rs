//! From Lua to Rust by `serde`.

use super::{is_array, null};
use crate::api::error::{Error, ErrorKind, Result};
use crate::api::table::Table;
use crate::api::value::Value;
use ::serde::de::value::{MapDeserializer, SeqDeserializer};
use ::serde::de::{self, IntoDeserializer, Visitor};

/// Tables inside each other that are deserialized.
const MOST_LEVELS: usize = 128;

impl de::Error for Error {
    fn custom<T: core::fmt::Display>(message: T) -> Error {
        Error::new(ErrorKind::Deserialize, message.to_string())
    }
}

/// Reads a Lua value; the number says in how many tables it is.
pub(super) struct Deserializer(pub(super) Value, pub(super) usize);

impl Deserializer {
    fn deeper(&self) -> Result<usize> {
        if self.1 >= MOST_LEVELS {
            let message = format!("tables inside each other, more than {MOST_LEVELS}");
            return Err(de::Error::custom(message));
        }
        Ok(self.1 + 1)
    }

    fn is_none(&self) -> bool {
        self.0.is_nil() || self.0 == null()
    }
}

impl IntoDeserializer<'_, Error> for Deserializer {
    type Deserializer = Deserializer;
    fn into_deserializer(self) -> Deserializer {
        self
    }
}

fn items(table: &Table, level: usize) -> Result<Vec<Deserializer>> {
    let values = table.sequence_values::<Value>();
    values
        .map(|value| value.map(|value| Deserializer(value, level)))
        .collect()
}

fn pairs(table: &Table, level: usize) -> Result<Vec<(Deserializer, Deserializer)>> {
    let pairs = table.pairs::<Value, Value>();
    pairs
        .map(|pair| pair.map(|(k, v)| (Deserializer(k, level), Deserializer(v, level))))
        .collect()
}

fn visit_seq<'de, V: Visitor<'de>>(table: &Table, level: usize, visitor: V) -> Result<V::Value> {
    let mut sequence = SeqDeserializer::new(items(table, level)?.into_iter());
    let value = visitor.visit_seq(&mut sequence)?;
    sequence.end()?;
    Ok(value)
}

fn visit_map<'de, V: Visitor<'de>>(table: &Table, level: usize, visitor: V) -> Result<V::Value> {
    let mut map = MapDeserializer::new(pairs(table, level)?.into_iter());
    let value = visitor.visit_map(&mut map)?;
    map.end()?;
    Ok(value)
}

impl<'de> de::Deserializer<'de> for Deserializer {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.is_none() {
            return visitor.visit_unit();
        }
        match &self.0 {
            Value::Boolean(b) => visitor.visit_bool(*b),
            Value::Number(n) => match self.0.as_integer() {
                Some(integer) => visitor.visit_i64(integer),
                None => visitor.visit_f64(*n),
            },
            Value::String(s) => match s.to_str() {
                Ok(text) => visitor.visit_str(&text),
                Err(_) => visitor.visit_bytes(&s.as_bytes()),
            },
            Value::Table(t) if is_array(t) => visit_seq(t, self.deeper()?, visitor),
            Value::Table(t) => visit_map(t, self.deeper()?, visitor),
            other => {
                let message = format!("a {} can't be deserialized", other.type_name());
                Err(de::Error::custom(message))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.is_none() {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Value::Number(n) => visitor.visit_f64(n),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.0 {
            Value::String(s) => visitor.visit_bytes(&s.as_bytes()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.0 {
            Value::Table(t) => visit_seq(t, self.deeper()?, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match &self.0 {
            Value::Table(t) => visit_map(t, self.deeper()?, visitor),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_map(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        let level = self.deeper()?;
        let (variant, content) = match self.0 {
            Value::Table(t) => {
                let mut pairs = pairs(&t, level)?.into_iter();
                match (pairs.next(), pairs.next()) {
                    (Some((variant, content)), None) => (variant, Some(content)),
                    _ => {
                        let message = "a variant is a string, or a table with one pair";
                        return Err(de::Error::custom(message));
                    }
                }
            }
            variant => (Deserializer(variant, level), None),
        };
        visitor.visit_enum(Variant { variant, content })
    }

    ::serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string unit unit_struct
        identifier ignored_any
    }
}

struct Variant {
    variant: Deserializer,
    content: Option<Deserializer>,
}

impl<'de> de::EnumAccess<'de> for Variant {
    type Error = Error;
    type Variant = Content;

    fn variant_seed<V: de::DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Content)> {
        Ok((seed.deserialize(self.variant)?, Content(self.content)))
    }
}

struct Content(Option<Deserializer>);

impl Content {
    fn some(self) -> Result<Deserializer> {
        let missing = || de::Error::custom("the variant has a content, which is missing");
        self.0.ok_or_else(missing)
    }
}

impl<'de> de::VariantAccess<'de> for Content {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        match self.0 {
            None => Ok(()),
            Some(_) => Err(de::Error::custom("the variant has no content")),
        }
    }

    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.some()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value> {
        de::Deserializer::deserialize_seq(self.some()?, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        de::Deserializer::deserialize_map(self.some()?, visitor)
    }
}
