//! Conversions of containers: tables of items, of pairs, of keys.

use super::convert::{FromLua, IntoLua};
use super::error::{Error, Result};
use super::link::Lua;
use super::value::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

impl<T: IntoLua> IntoLua for Vec<T> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        lua.create_sequence_from(self).map(Value::Table)
    }
}

impl<T: IntoLua> IntoLua for Box<[T]> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        lua.create_sequence_from(self.into_vec()).map(Value::Table)
    }
}

impl<T: IntoLua + Clone> IntoLua for &[T] {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        lua.create_sequence_from(self.iter().cloned())
            .map(Value::Table)
    }
}

impl<T: IntoLua, const N: usize> IntoLua for [T; N] {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        lua.create_sequence_from(self).map(Value::Table)
    }
}

impl<T: FromLua> FromLua for Vec<T> {
    fn from_lua(value: Value, _: &Lua) -> Result<Self> {
        match value {
            Value::Table(table) => table.sequence_values().collect(),
            other => Err(wrong(&other, "Vec")),
        }
    }
}

impl<T: FromLua> FromLua for Box<[T]> {
    fn from_lua(value: Value, lua: &Lua) -> Result<Self> {
        Vec::from_lua(value, lua).map(Vec::into_boxed_slice)
    }
}

impl<T: FromLua, const N: usize> FromLua for [T; N] {
    fn from_lua(value: Value, lua: &Lua) -> Result<Self> {
        let items: Vec<T> = match value {
            Value::Table(_) => Vec::from_lua(value, lua)?,
            other => return Err(wrong(&other, "array")),
        };
        items.try_into().map_err(|items: Vec<T>| {
            let reason = format!("expected {N} items, found {}", items.len());
            Error::from_lua_conversion("table", format_args!("array of {N}"), reason)
        })
    }
}

#[cold]
fn wrong(value: &Value, to: &str) -> Error {
    let reason = "expected table".to_owned();
    Error::from_lua_conversion(value.type_name(), to, reason)
}

/// The pairs of a table, collected.
fn pairs<K: FromLua, V: FromLua, C: FromIterator<(K, V)>>(value: Value, to: &str) -> Result<C> {
    match value {
        Value::Table(table) => table.pairs().collect(),
        other => Err(wrong(&other, to)),
    }
}

/// Values of a sequence, or the keys of a table that is none.
fn members<T: FromLua, C: FromIterator<T>>(value: Value, to: &str) -> Result<C> {
    match value {
        Value::Table(table) if table.raw_len() > 0 => table.sequence_values().collect(),
        Value::Table(table) => table
            .pairs::<T, Value>()
            .map(|pair| pair.map(|(key, _)| key))
            .collect(),
        other => Err(wrong(&other, to)),
    }
}

impl<K: IntoLua + Eq + Hash, V: IntoLua, S: BuildHasher> IntoLua for HashMap<K, V, S> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        lua.create_table_from(self).map(Value::Table)
    }
}

impl<K: FromLua + Eq + Hash, V: FromLua, S: BuildHasher + Default> FromLua for HashMap<K, V, S> {
    fn from_lua(value: Value, _: &Lua) -> Result<Self> {
        pairs(value, "HashMap")
    }
}

impl<K: IntoLua + Ord, V: IntoLua> IntoLua for BTreeMap<K, V> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        lua.create_table_from(self).map(Value::Table)
    }
}

impl<K: FromLua + Ord, V: FromLua> FromLua for BTreeMap<K, V> {
    fn from_lua(value: Value, _: &Lua) -> Result<Self> {
        pairs(value, "BTreeMap")
    }
}

impl<T: IntoLua + Eq + Hash, S: BuildHasher> IntoLua for HashSet<T, S> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        let pairs = self.into_iter().map(|key| (key, true));
        lua.create_table_from(pairs).map(Value::Table)
    }
}

impl<T: FromLua + Eq + Hash, S: BuildHasher + Default> FromLua for HashSet<T, S> {
    fn from_lua(value: Value, _: &Lua) -> Result<Self> {
        members(value, "HashSet")
    }
}

impl<T: IntoLua + Ord> IntoLua for BTreeSet<T> {
    fn into_lua(self, lua: &Lua) -> Result<Value> {
        let pairs = self.into_iter().map(|key| (key, true));
        lua.create_table_from(pairs).map(Value::Table)
    }
}

impl<T: FromLua + Ord> FromLua for BTreeSet<T> {
    fn from_lua(value: Value, _: &Lua) -> Result<Self> {
        members(value, "BTreeSet")
    }
}
