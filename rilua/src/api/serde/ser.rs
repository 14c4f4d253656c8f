//! From Rust to Lua by `serde`.

use super::{Options, is_array, null};
use crate::api::error::{Error, ErrorKind, Result};
use crate::api::link::Lua;
use crate::api::table::Table;
use crate::api::value::Value;
use crate::api::{IntoLua, LuaString};
use ::serde::ser::{self, Serialize, SerializeMap, SerializeSeq};

/// Tables inside each other that are serialized.
const MOST_LEVELS: usize = 128;

impl ser::Error for Error {
    fn custom<T: core::fmt::Display>(message: T) -> Error {
        Error::new(ErrorKind::Serialize, message.to_string())
    }
}

/// Makes Lua values of what is serialized.
#[derive(Clone, Copy)]
pub(super) struct Serializer<'a> {
    pub(super) lua: &'a Lua,
    pub(super) options: Options,
}

impl<'a> Serializer<'a> {
    fn null_or_nil(self, is_null: bool) -> Result<Value> {
        Ok(if is_null { null() } else { Value::Nil })
    }

    fn sequence(self, length: Option<usize>) -> Result<Sequence<'a>> {
        let table = self
            .lua
            .create_table_with_capacity(length.unwrap_or(0), 0)?;
        if self.options.set_array_metatable {
            table.set_metatable(Some(super::array_metatable(self.lua)?))?;
        }
        Ok(Sequence {
            serializer: self,
            table,
            length: 0,
            variant: None,
        })
    }

    fn map(self, length: Option<usize>) -> Result<Map<'a>> {
        Ok(Map {
            serializer: self,
            table: self
                .lua
                .create_table_with_capacity(0, length.unwrap_or(0))?,
            key: Value::Nil,
            variant: None,
        })
    }

    fn named(self, name: &str, value: Value) -> Result<Value> {
        let table = self.lua.create_table_with_capacity(0, 1)?;
        table.raw_set(name, value)?;
        Ok(Value::Table(table))
    }
}

macro_rules! plain {
    ($($method:ident $type:ty),* $(,)?) => { $(
        fn $method(self, value: $type) -> Result<Value> {
            value.into_lua(self.lua)
        }
    )* };
}

impl<'a> ser::Serializer for Serializer<'a> {
    type Ok = Value;
    type Error = Error;
    type SerializeSeq = Sequence<'a>;
    type SerializeTuple = Sequence<'a>;
    type SerializeTupleStruct = Sequence<'a>;
    type SerializeTupleVariant = Sequence<'a>;
    type SerializeMap = Map<'a>;
    type SerializeStruct = Map<'a>;
    type SerializeStructVariant = Map<'a>;

    plain!(
        serialize_bool bool, serialize_i8 i8, serialize_i16 i16, serialize_i32 i32,
        serialize_i64 i64, serialize_u8 u8, serialize_u16 u16, serialize_u32 u32,
        serialize_u64 u64, serialize_f32 f32, serialize_f64 f64, serialize_char char,
        serialize_str &str,
    );

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Value> {
        self.lua.create_string(bytes).map(Value::String)
    }

    fn serialize_none(self) -> Result<Value> {
        self.null_or_nil(self.options.serialize_none_to_null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Value> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Value> {
        self.null_or_nil(self.options.serialize_unit_to_null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<Value> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Value> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Value> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Value> {
        let value = value.serialize(self)?;
        self.named(variant, value)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Sequence<'a>> {
        self.sequence(length)
    }

    fn serialize_tuple(self, length: usize) -> Result<Sequence<'a>> {
        self.sequence(Some(length))
    }

    fn serialize_tuple_struct(self, _: &'static str, length: usize) -> Result<Sequence<'a>> {
        self.sequence(Some(length))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Sequence<'a>> {
        let mut sequence = self.sequence(Some(length))?;
        sequence.variant = Some(variant);
        Ok(sequence)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Map<'a>> {
        self.map(length)
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Map<'a>> {
        self.map(Some(length))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        length: usize,
    ) -> Result<Map<'a>> {
        let mut map = self.map(Some(length))?;
        map.variant = Some(variant);
        Ok(map)
    }
}

/// A table of items in the making.
pub(super) struct Sequence<'a> {
    serializer: Serializer<'a>,
    table: Table,
    length: usize,
    variant: Option<&'static str>,
}

impl Sequence<'_> {
    fn add<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        self.length += 1;
        let value = value.serialize(self.serializer)?;
        self.table.raw_set(self.length, value)
    }

    fn finish(self) -> Result<Value> {
        let value = Value::Table(self.table);
        match self.variant {
            Some(variant) => self.serializer.named(variant, value),
            None => Ok(value),
        }
    }
}

macro_rules! items_of_sequences {
    ($($kind:ident $method:ident)*) => { $(
        impl ser::$kind for Sequence<'_> {
            type Ok = Value;
            type Error = Error;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.add(value)
            }
            fn end(self) -> Result<Value> {
                self.finish()
            }
        }
    )* };
}
items_of_sequences!(
    SerializeSeq serialize_element
    SerializeTuple serialize_element
    SerializeTupleStruct serialize_field
    SerializeTupleVariant serialize_field
);

/// A table of pairs in the making.
pub(super) struct Map<'a> {
    serializer: Serializer<'a>,
    table: Table,
    key: Value,
    variant: Option<&'static str>,
}

impl Map<'_> {
    fn finish(self) -> Result<Value> {
        let value = Value::Table(self.table);
        match self.variant {
            Some(variant) => self.serializer.named(variant, value),
            None => Ok(value),
        }
    }
}

impl SerializeMap for Map<'_> {
    type Ok = Value;
    type Error = Error;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<()> {
        self.key = key.serialize(self.serializer)?;
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let value = value.serialize(self.serializer)?;
        self.table.raw_set(core::mem::take(&mut self.key), value)
    }
    fn end(self) -> Result<Value> {
        self.finish()
    }
}

macro_rules! fields_of_maps {
    ($($kind:ident)*) => { $(
        impl ser::$kind for Map<'_> {
            type Ok = Value;
            type Error = Error;
            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<()> {
                let value = value.serialize(self.serializer)?;
                self.table.raw_set(name, value)
            }
            fn end(self) -> Result<Value> {
                self.finish()
            }
        }
    )* };
}
fields_of_maps!(SerializeStruct SerializeStructVariant);

/// A value, and how many tables it is in.
struct Nested<'a>(&'a Value, usize);

impl Serialize for Nested<'_> {
    fn serialize<S: ser::Serializer>(
        &self,
        serializer: S,
    ) -> core::result::Result<S::Ok, S::Error> {
        match self.0 {
            Value::Nil => serializer.serialize_unit(),
            value if *value == null() => serializer.serialize_unit(),
            Value::Boolean(b) => serializer.serialize_bool(*b),
            Value::Number(n) => match self.0.as_integer() {
                Some(integer) => serializer.serialize_i64(integer),
                None => serializer.serialize_f64(*n),
            },
            Value::String(s) => s.serialize(serializer),
            Value::Table(t) => table(t, self.1, serializer),
            other => {
                let message = format!("a {} can't be serialized", other.type_name());
                Err(ser::Error::custom(message))
            }
        }
    }
}

fn table<S: ser::Serializer>(
    table: &Table,
    level: usize,
    serializer: S,
) -> core::result::Result<S::Ok, S::Error> {
    if level >= MOST_LEVELS {
        let message = format!("tables inside each other, more than {MOST_LEVELS}");
        return Err(ser::Error::custom(message));
    }
    if is_array(table) {
        let mut sequence = serializer.serialize_seq(Some(table.raw_len()))?;
        for value in table.sequence_values::<Value>() {
            let value = value.map_err(ser::Error::custom)?;
            sequence.serialize_element(&Nested(&value, level + 1))?;
        }
        return sequence.end();
    }
    let mut map = serializer.serialize_map(None)?;
    for pair in table.pairs::<Value, Value>() {
        let (key, value) = pair.map_err(ser::Error::custom)?;
        map.serialize_entry(&Nested(&key, level + 1), &Nested(&value, level + 1))?;
    }
    map.end()
}

/// Tables that begin with an item at 1 are sequences, others are maps; functions,
/// coroutines and userdata are errors, and so is a table that contains itself.
impl Serialize for Value {
    fn serialize<S: ser::Serializer>(
        &self,
        serializer: S,
    ) -> core::result::Result<S::Ok, S::Error> {
        Nested(self, 0).serialize(serializer)
    }
}

impl Serialize for Table {
    fn serialize<S: ser::Serializer>(
        &self,
        serializer: S,
    ) -> core::result::Result<S::Ok, S::Error> {
        table(self, 0, serializer)
    }
}

impl Serialize for LuaString {
    fn serialize<S: ser::Serializer>(
        &self,
        serializer: S,
    ) -> core::result::Result<S::Ok, S::Error> {
        match self.to_str() {
            Ok(text) => serializer.serialize_str(&text),
            Err(_) => serializer.serialize_bytes(&self.as_bytes()),
        }
    }
}
