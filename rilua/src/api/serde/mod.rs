//! Conversions by `serde` (feature `serde`): any type that it can take apart or put
//! together, to and from Lua values.

mod de;
mod ser;

use super::error::Result;
use super::link::Lua;
use super::table::Table;
use super::value::{LightUserData, Value};
use ::serde::Serialize;
use ::serde::de::DeserializeOwned;
use de::Deserializer;
use ser::Serializer;

/// The registry's name for the metatable of sequences.
const ARRAY: &str = "rilua.array";

/// How [`LuaSerdeExt::to_value_with`] makes Lua values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Options {
    /// Sequences get [`LuaSerdeExt::array_metatable`], so that an empty one stays one.
    pub set_array_metatable: bool,
    /// `None` becomes [`LuaSerdeExt::null`] instead of `nil`, so that it stays in a table.
    pub serialize_none_to_null: bool,
    /// The same for `()`.
    pub serialize_unit_to_null: bool,
}

impl Options {
    /// All on.
    pub const fn new() -> Options {
        Options {
            set_array_metatable: true,
            serialize_none_to_null: true,
            serialize_unit_to_null: true,
        }
    }

    /// Sets [`Options::set_array_metatable`].
    #[must_use]
    pub const fn set_array_metatable(mut self, on: bool) -> Options {
        self.set_array_metatable = on;
        self
    }

    /// Sets [`Options::serialize_none_to_null`].
    #[must_use]
    pub const fn serialize_none_to_null(mut self, on: bool) -> Options {
        self.serialize_none_to_null = on;
        self
    }

    /// Sets [`Options::serialize_unit_to_null`].
    #[must_use]
    pub const fn serialize_unit_to_null(mut self, on: bool) -> Options {
        self.serialize_unit_to_null = on;
        self
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

/// Conversions by `serde`.
///
/// Sequences become tables with items from 1 on, maps and structs tables with pairs. A
/// variant of an enum becomes its name, or a table with its name and its content. The other
/// way, a table that begins with an item at 1, or has
/// [`array_metatable`](LuaSerdeExt::array_metatable), is a sequence, unless the type asks for
/// something else. At most 128 tables may be inside each other.
///
/// ```
/// # #[cfg(feature = "serde")] {
/// use rilua::{Lua, LuaSerdeExt};
/// use std::collections::BTreeMap;
///
/// let lua = Lua::new();
/// let ports = BTreeMap::from([("http", vec![80, 8080]), ("https", vec![443])]);
/// lua.globals().set("ports", lua.to_value(&ports)?)?;
/// assert_eq!(lua.load("ports.http[2]").eval::<i32>()?, 8080);
/// let back: BTreeMap<String, Vec<u16>> = lua.from_value(lua.globals().get("ports")?)?;
/// assert_eq!(back["https"], [443]);
/// # }
/// # Ok::<(), rilua::Error>(())
/// ```
pub trait LuaSerdeExt {
    /// The value that stands for nothing inside tables: it is not `nil`, so that it can be
    /// a table's value, and it is true.
    fn null(&self) -> Value;

    /// The metatable that marks a table as a sequence.
    ///
    /// # Errors
    /// If the state can't be worked on.
    fn array_metatable(&self) -> Result<Table>;

    /// Makes a Lua value.
    ///
    /// # Errors
    /// Of kind [`Serialize`](super::ErrorKind::Serialize), or
    /// [`ToLua`](super::ErrorKind::ToLua) for an integer that no Lua number equals.
    fn to_value<T: Serialize + ?Sized>(&self, value: &T) -> Result<Value>;

    /// The same with options.
    ///
    /// # Errors
    /// As [`LuaSerdeExt::to_value`].
    fn to_value_with<T: Serialize + ?Sized>(&self, value: &T, options: Options) -> Result<Value>;

    /// Makes a value of Rust.
    ///
    /// # Errors
    /// Of kind [`Deserialize`](super::ErrorKind::Deserialize).
    #[expect(clippy::wrong_self_convention, reason = "named as in mlua")]
    fn from_value<T: DeserializeOwned>(&self, value: Value) -> Result<T>;
}

impl LuaSerdeExt for Lua {
    fn null(&self) -> Value {
        null()
    }

    fn array_metatable(&self) -> Result<Table> {
        array_metatable(self)
    }

    fn to_value<T: Serialize + ?Sized>(&self, value: &T) -> Result<Value> {
        self.to_value_with(value, Options::new())
    }

    fn to_value_with<T: Serialize + ?Sized>(&self, value: &T, options: Options) -> Result<Value> {
        value.serialize(Serializer { lua: self, options })
    }

    fn from_value<T: DeserializeOwned>(&self, value: Value) -> Result<T> {
        T::deserialize(Deserializer(value, 0))
    }
}

fn null() -> Value {
    Value::LightUserData(LightUserData(u32::from_le_bytes(*b"null")))
}

fn array_metatable(lua: &Lua) -> Result<Table> {
    let registry = lua.registry_table()?;
    if let Some(found) = registry.raw_get::<Option<Table>>(ARRAY)? {
        return Ok(found);
    }
    let metatable = lua.create_table()?;
    metatable.raw_set("__metatable", false)?;
    registry.raw_set(ARRAY, &metatable)?;
    Ok(metatable)
}

/// Is a table a sequence, as far as one can tell?
fn is_array(table: &Table) -> bool {
    table.raw_len() > 0
        || table
            .metatable()
            .is_some_and(|found| array_metatable(&table.0.lua).is_ok_and(|array| array == found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::ErrorKind;
    use std::collections::BTreeMap;

    #[test]
    fn values_make_the_round_trip() {
        let lua = Lua::new();
        type Nested = BTreeMap<String, (Option<bool>, Vec<Option<f64>>, ())>;
        let value: Nested = BTreeMap::from([
            (
                "full".to_owned(),
                (Some(true), vec![Some(1.5), None, Some(-3.0)], ()),
            ),
            ("empty".to_owned(), (None, Vec::new(), ())),
        ]);
        let there = lua.to_value(&value).unwrap();
        assert_eq!(lua.from_value::<Nested>(there).unwrap(), value);
        let result: core::result::Result<u8, String> = Err("bad".to_owned());
        let there = lua.to_value(&result).unwrap();
        assert_eq!(
            there.as_table().unwrap().get::<String>("Err").unwrap(),
            "bad"
        );
        assert_eq!(
            lua.from_value::<core::result::Result<u8, String>>(there)
                .unwrap(),
            result
        );
    }

    #[test]
    fn what_does_not_suit_is_an_error() {
        let lua = Lua::new();
        let eval = |text: &str| lua.load(text).eval::<Value>().unwrap();
        let error = lua.from_value::<Vec<u8>>(eval("{1, 300}")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deserialize);
        assert!(lua.from_value::<String>(eval("print")).is_err());
        assert!(lua.to_value(&u64::MAX).is_err());
        let cycle = eval("(function() local t = {} t.t = t return t end)()");
        assert!(
            lua.from_value::<::serde::de::IgnoredAny>(cycle.clone())
                .is_err()
        );
        assert_eq!(
            lua.to_value(&cycle).unwrap_err().kind(),
            ErrorKind::Serialize
        );
    }
}
