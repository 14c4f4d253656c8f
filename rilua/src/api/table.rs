//! Handles of tables, and traversal.

use super::call::{collect_if_due, protected};
use super::convert::{Access, FromLua, IntoLua, Prepared, RawValue};
use super::error::Result;
use super::function::Function;
use super::link::{Handle, Lua};
use super::multi::{FromLuaMulti, IntoLuaMulti};
use super::value::Value;
use crate::heap::value::{TableRef, Value as Raw};
use crate::vm::State;
use std::fmt;
use std::marker::PhantomData;

/// A handle of a table (manual §2.5.7).
///
/// [`Table::get`] and [`Table::set`] respect metamethods as Lua code does, the `raw_`
/// methods don't. Positions count from 1.
///
/// ```
/// use rilua::{Lua, Table};
///
/// let lua = Lua::new();
/// let t: Table = lua.load("{10, 20, name = 'x'}").eval()?;
/// assert_eq!(t.get::<i32>(2)?, 20);
/// assert_eq!(t.get::<Option<String>>("missing")?, None);
/// t.push(30)?;
/// let items: Vec<i32> = t.sequence_values().collect::<Result<_, _>>()?;
/// assert_eq!(items, [10, 20, 30]);
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Table(pub(crate) Handle);

/// The metatable of a table or userdata.
pub(crate) fn metatable_of(object: &Handle) -> Result<Option<Table>> {
    let lua = &object.lua;
    lua.enter(|state| {
        let metatable = state.heap.metatable(object.value()).some()?;
        Some(Table(Handle::new(Raw::table(metatable), lua)))
    })
}

impl Table {
    fn raw(&self) -> TableRef {
        self.0.value().as_table().unwrap_or(TableRef::NONE)
    }

    /// Works on the table in its state.
    fn with<T>(&self, work: impl FnOnce(&mut State, &Lua, TableRef) -> Result<T>) -> Result<T> {
        let lua = &self.0.lua;
        lua.try_enter(|state| work(state, lua, self.raw()))
    }

    /// `table[key]`, with metamethod `__index` (manual §2.8).
    ///
    /// # Errors
    /// What the metamethod raises, and if the value doesn't suit `V`.
    pub fn get<V: FromLua>(&self, key: impl IntoLua) -> Result<V> {
        let lua = &self.0.lua;
        let key = Prepared::new(key, lua)?;
        if V::DIRECT {
            return lua.try_enter(|state| {
                let value = self.look_up(state, key)?;
                V::__from_raw(RawValue(value), &mut Access { state, lua })
            });
        }
        let value = lua.try_enter(|state| {
            let value = self.look_up(state, key)?;
            Value::__from_raw(RawValue(value), &mut Access { state, lua })
        })?;
        V::from_lua(value, lua)
    }

    #[inline]
    fn look_up<K: IntoLua>(&self, state: &mut State, key: Prepared<K>) -> Result<Raw> {
        let lua = &self.0.lua;
        let key = key.raw(&mut Access { state, lua })?;
        let t = self.raw();
        let value = state.heap.raw_get(t, key);
        if !value.is_nil() || state.heap.table(t).metatable.is_none() {
            return Ok(value);
        }
        with_kept(state, &[key], |state| {
            protected(state, lua, |state| {
                state.get_index(Raw::table(t), key, None)
            })
        })
    }

    /// `table[key] = value`, with metamethod `__newindex` (manual §2.8).
    ///
    /// # Errors
    /// If the key is `nil` or NaN, and what the metamethod raises.
    pub fn set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
        let lua = &self.0.lua;
        let (key, value) = (Prepared::new(key, lua)?, Prepared::new(value, lua)?);
        lua.try_enter(|state| {
            let key = key.raw(&mut Access { state, lua })?;
            let value = value.raw(&mut Access { state, lua })?;
            let t = self.raw();
            if state.heap.table(t).metatable.is_none() && state.heap.raw_set(t, key, value).is_ok()
            {
                return collect_if_due(state, lua);
            }
            with_kept(state, &[key, value], |state| {
                protected(state, lua, |state| {
                    state.set_index(Raw::table(t), key, value, None)
                })
            })
        })
    }

    /// `table[key]` without metamethods (manual §5.1, `rawget`).
    ///
    /// # Errors
    /// If the value doesn't suit `V`.
    pub fn raw_get<V: FromLua>(&self, key: impl IntoLua) -> Result<V> {
        let lua = &self.0.lua;
        let key = Prepared::new(key, lua)?;
        let value = lua.try_enter(|state| {
            let key = key.raw(&mut Access { state, lua })?;
            let value = state.heap.raw_get(self.raw(), key);
            // Nothing can take it from the table in between.
            if V::DIRECT {
                V::__from_raw(RawValue(value), &mut Access { state, lua }).map(Ok)
            } else {
                Value::__from_raw(RawValue(value), &mut Access { state, lua }).map(Err)
            }
        })?;
        match value {
            Ok(value) => Ok(value),
            Err(value) => V::from_lua(value, lua),
        }
    }

    /// `table[key] = value` without metamethods (manual §5.1, `rawset`).
    ///
    /// # Errors
    /// If the key is `nil` or NaN.
    pub fn raw_set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
        let lua = &self.0.lua;
        let (key, value) = (Prepared::new(key, lua)?, Prepared::new(value, lua)?);
        lua.try_enter(|state| {
            let key = key.raw(&mut Access { state, lua })?;
            let value = value.raw(&mut Access { state, lua })?;
            self.store(state, key, value)
        })
    }

    fn store(&self, state: &mut State, key: Raw, value: Raw) -> Result<()> {
        let lua = &self.0.lua;
        let t = self.raw();
        if state.heap.raw_set(t, key, value).is_err() {
            return protected(state, lua, |state| state.set_raw(t, key, value));
        }
        collect_if_due(state, lua)
    }

    /// Is there a value other than `nil` for the key, metamethod `__index` included?
    ///
    /// # Errors
    /// What the metamethod raises.
    pub fn contains_key(&self, key: impl IntoLua) -> Result<bool> {
        Ok(!self.get::<Value>(key)?.is_nil())
    }

    /// The length (manual §2.5.5), with metamethod `__len`, which Lua 5.1 itself
    /// does not look for in tables.
    ///
    /// # Errors
    /// What the metamethod raises.
    pub fn len(&self) -> Result<i64> {
        let handler = match self.metatable() {
            Some(metatable) => metatable.raw_get::<Option<Function>>("__len")?,
            None => None,
        };
        match handler {
            Some(handler) => handler.call(self),
            None => Ok(self.raw_len() as i64),
        }
    }

    /// The length without metamethods: what `#` gives for tables. With holes, any border.
    pub fn raw_len(&self) -> usize {
        self.with(|state, _, t| Ok(state.heap.table(t).length()))
            .unwrap_or_default()
    }

    /// Has the table no pairs at all? Metamethods don't matter.
    pub fn is_empty(&self) -> bool {
        self.with(|state, _, t| Ok(state.heap.table(t).entry_from(0).is_none()))
            .unwrap_or(true)
    }

    /// Puts a value at the end, with metamethods: `table[#table + 1] = value`.
    ///
    /// # Errors
    /// What the metamethods raise.
    pub fn push(&self, value: impl IntoLua) -> Result<()> {
        if self.has_metatable() {
            return self.set(self.len()? + 1, value);
        }
        self.raw_push(value)
    }

    /// Takes the last value off, with metamethods.
    ///
    /// # Errors
    /// What the metamethods raise, and if the value doesn't suit `V`.
    pub fn pop<V: FromLua>(&self) -> Result<V> {
        if self.has_metatable() {
            let length = self.len()?;
            let value = self.get(length)?;
            self.set(length, Value::Nil)?;
            return Ok(value);
        }
        self.raw_pop()
    }

    /// Puts a value at the end, without metamethods.
    ///
    /// # Errors
    /// If the value can't be converted.
    pub fn raw_push(&self, value: impl IntoLua) -> Result<()> {
        let lua = &self.0.lua;
        let value = Prepared::new(value, lua)?;
        lua.try_enter(|state| {
            let value = value.raw(&mut Access { state, lua })?;
            let length = state.heap.table(self.raw()).length();
            self.store(state, Raw::number((length + 1) as f64), value)
        })
    }

    /// Takes the last value off, without metamethods; `nil` if there is none.
    ///
    /// # Errors
    /// If the value doesn't suit `V`.
    pub fn raw_pop<V: FromLua>(&self) -> Result<V> {
        let length = self.raw_len();
        let value = self.raw_get(length)?;
        if length > 0 {
            self.raw_set(length, Value::Nil)?;
        }
        Ok(value)
    }

    /// Puts a value at a position from 1 to `#t + 1`, without metamethods, and moves up
    /// those from there on (manual §5.5, `table.insert`).
    ///
    /// # Errors
    /// If the position is out of range.
    pub fn raw_insert(&self, position: i64, value: impl IntoLua) -> Result<()> {
        let length = self.raw_len() as i64;
        if !(1..=length + 1).contains(&position) {
            return Err(super::Error::runtime("index out of bounds"));
        }
        let value = value.into_lua(&self.0.lua)?;
        for n in (position..=length).rev() {
            self.raw_set(n + 1, self.raw_get::<Value>(n)?)?;
        }
        self.raw_set(position, value)
    }

    /// Takes a key away, without metamethods. From a position of the sequence, those after
    /// it move down (manual §5.5, `table.remove`).
    ///
    /// # Errors
    /// If the key is a whole number outside of 1 to `#t + 1`.
    pub fn raw_remove(&self, key: impl IntoLua) -> Result<()> {
        let key = key.into_lua(&self.0.lua)?;
        let Some(position) = key.as_integer() else {
            return self.raw_set(key, Value::Nil);
        };
        let length = self.raw_len() as i64;
        if !(1..=length + 1).contains(&position) {
            return Err(super::Error::runtime("index out of bounds"));
        }
        for n in position..length {
            self.raw_set(n, self.raw_get::<Value>(n + 1)?)?;
        }
        self.raw_set(length.max(position), Value::Nil)
    }

    /// Same as [`Table::raw_insert`].
    ///
    /// # Errors
    /// If the position is out of range.
    pub fn insert(&self, position: i64, value: impl IntoLua) -> Result<()> {
        self.raw_insert(position, value)
    }

    /// Same as [`Table::raw_remove`].
    ///
    /// # Errors
    /// If the key is a whole number outside of 1 to `#t + 1`.
    pub fn remove(&self, key: impl IntoLua) -> Result<()> {
        self.raw_remove(key)
    }

    /// Takes all pairs away, without metamethods; the metatable stays.
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn clear(&self) -> Result<()> {
        self.with(|state, _, t| {
            let mut position = 0;
            while let Some((key, _, next)) = state.heap.table(t).entry_from(position) {
                // The key is there: only its value changes.
                let _there = state.heap.raw_set(t, key, Raw::NIL);
                position = next;
            }
            Ok(())
        })
    }

    fn has_metatable(&self) -> bool {
        self.with(|state, _, t| Ok(!state.heap.table(t).metatable.is_none()))
            .unwrap_or_default()
    }

    /// The metatable, whatever its `__metatable` says.
    pub fn metatable(&self) -> Option<Table> {
        metatable_of(&self.0).ok().flatten()
    }

    /// Sets or takes away the metatable, whatever the old one's `__metatable` says
    /// (manual §2.8).
    ///
    /// # Errors
    /// If the metatable belongs to another state.
    pub fn set_metatable(&self, metatable: Option<Table>) -> Result<()> {
        self.with(|state, lua, t| {
            let metatable = match &metatable {
                Some(metatable) => metatable.0.value_in(lua)?.as_table(),
                None => None,
            };
            state.set_metatable(Raw::table(t), metatable);
            Ok(())
        })
    }

    /// Are the tables equal as `==` says, metamethod `__eq` included (manual §2.8)?
    ///
    /// # Errors
    /// What the metamethod raises.
    pub fn equals(&self, other: &Table) -> Result<bool> {
        Value::Table(self.clone()).equals(&Value::Table(other.clone()))
    }

    /// A number that is the same for the same table, see [`Value::to_pointer`].
    pub fn to_pointer(&self) -> usize {
        Value::Table(self.clone()).to_pointer()
    }

    /// All pairs, in the order of `next` (manual §5.1), without metamethods.
    ///
    /// Values may be changed and keys removed on the way, but none added.
    pub fn pairs<K: FromLua, V: FromLua>(&self) -> TablePairs<'_, K, V> {
        TablePairs {
            table: self,
            position: Some(0),
            types: PhantomData,
        }
    }

    /// The values at 1, 2, …, to the first `nil`, without metamethods (manual §5.1,
    /// `ipairs`).
    pub fn sequence_values<V: FromLua>(&self) -> TableSequence<'_, V> {
        TableSequence {
            table: self,
            next: Some(1),
            types: PhantomData,
        }
    }

    /// Calls a closure for each pair, see [`Table::pairs`].
    ///
    /// # Errors
    /// What the closure returns, and if a key or value doesn't suit.
    pub fn for_each<K: FromLua, V: FromLua>(
        &self,
        mut work: impl FnMut(K, V) -> Result<()>,
    ) -> Result<()> {
        for pair in self.pairs() {
            let (key, value) = pair?;
            work(key, value)?;
        }
        Ok(())
    }

    /// Calls the table, which has to have the metamethod `__call` (manual §2.8).
    ///
    /// # Errors
    /// What the call raises.
    pub fn call<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R> {
        super::call::call(&self.0, arguments)
    }

    /// Calls the function `table[name]` with these arguments.
    ///
    /// # Errors
    /// If it is not a function, and what the call raises.
    pub fn call_function<R: FromLuaMulti>(
        &self,
        name: &str,
        arguments: impl IntoLuaMulti,
    ) -> Result<R> {
        self.get::<Function>(name)?.call(arguments)
    }

    /// Calls the function `table[name]` with the table and these arguments:
    /// `table:name(…)`.
    ///
    /// # Errors
    /// If it is not a function, and what the call raises.
    pub fn call_method<R: FromLuaMulti>(
        &self,
        name: &str,
        arguments: impl IntoLuaMulti,
    ) -> Result<R> {
        let mut values = arguments.into_lua_multi(&self.0.lua)?;
        values.push_front(Value::Table(self.clone()));
        self.get::<Function>(name)?.call(values)
    }
}

/// Keeps values on the stack while something runs that may collect them.
#[inline]
fn with_kept<T>(state: &mut State, values: &[Raw], work: impl FnOnce(&mut State) -> T) -> T {
    let top = state.heap.thread.top;
    state.ensure_stack(values.len());
    for &value in values {
        state.push(value);
    }
    let result = work(state);
    state.heap.thread.top = top;
    result
}

impl fmt::Debug for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Table({:#x})", self.to_pointer())
    }
}

impl<T: IntoLua> PartialEq<[T]> for Table
where
    T: FromLua + PartialEq,
{
    fn eq(&self, other: &[T]) -> bool {
        let mut items = self.sequence_values::<T>();
        other
            .iter()
            .all(|item| matches!(items.next(), Some(Ok(found)) if found == *item))
            && items.next().is_none()
    }
}

/// Iterator of [`Table::pairs`].
#[derive(Debug)]
pub struct TablePairs<'a, K, V> {
    table: &'a Table,
    position: Option<usize>,
    types: PhantomData<fn() -> (K, V)>,
}

impl<K: FromLua, V: FromLua> Iterator for TablePairs<'_, K, V> {
    type Item = Result<(K, V)>;

    fn next(&mut self) -> Option<Self::Item> {
        let position = self.position?;
        let found = self.table.with(|state, lua, t| {
            let Some((key, value, next)) = state.heap.table(t).entry_from(position) else {
                return Ok(None);
            };
            let access = &mut Access { state, lua };
            let pair = if K::DIRECT && V::DIRECT {
                Ok(K::__from_raw(RawValue(key), access)
                    .and_then(|key| Ok((key, V::__from_raw(RawValue(value), access)?))))
            } else {
                let key = Value::__from_raw(RawValue(key), access)?;
                Err((key, Value::__from_raw(RawValue(value), access)?))
            };
            Ok(Some((pair, next)))
        });
        match found {
            Ok(Some((pair, next))) => {
                self.position = Some(next);
                let lua = &self.table.0.lua;
                Some(match pair {
                    Ok(pair) => pair,
                    Err((key, value)) => {
                        K::from_lua(key, lua).and_then(|key| Ok((key, V::from_lua(value, lua)?)))
                    }
                })
            }
            Ok(None) => {
                self.position = None;
                None
            }
            Err(error) => {
                self.position = None;
                Some(Err(error))
            }
        }
    }
}

/// Iterator of [`Table::sequence_values`].
#[derive(Debug)]
pub struct TableSequence<'a, V> {
    table: &'a Table,
    next: Option<i32>,
    types: PhantomData<fn() -> V>,
}

impl<V: FromLua> Iterator for TableSequence<'_, V> {
    type Item = Result<V>;

    fn next(&mut self) -> Option<Self::Item> {
        let n = self.next?;
        let found = self.table.with(|state, lua, t| {
            let value = state.heap.table(t).get_integer(n);
            if value.is_nil() {
                return Ok(None);
            }
            let access = &mut Access { state, lua };
            if V::DIRECT {
                return Ok(Some(Ok(V::__from_raw(RawValue(value), access))));
            }
            Ok(Some(Err(Value::__from_raw(RawValue(value), access)?)))
        });
        self.next = n.checked_add(1);
        match found {
            Ok(Some(Ok(value))) => Some(value),
            Ok(Some(Err(value))) => Some(V::from_lua(value, &self.table.0.lua)),
            Ok(None) => {
                self.next = None;
                None
            }
            Err(error) => {
                self.next = None;
                Some(Err(error))
            }
        }
    }
}
