//! What a state offers: making values, loading chunks, globals.

use super::builder::LuaBuilder;
use super::call::{collect_if_due, protected};
use super::callback::{self, Mutable, Plain};
use super::chunk::{AsChunk, Chunk};
use super::convert::{Access, FromLua, IntoLua};
use super::error::Result;
use super::function::Function;
use super::link::{Handle, Lua};
use super::multi::{FromLuaMulti, IntoLuaMulti};
use super::std_lib::{self, StdLib};
use super::string::LuaString;
use super::table::Table;
use super::thread::{self, Thread};
use super::value::{MultiValue, Value};
use crate::heap::sharing::{MaybeSend, MaybeSync, Shared};
use crate::heap::value::Value as Raw;
use crate::number::str_to_number;
use crate::vm::State;
use std::marker::PhantomData;
use std::panic::Location;

/// Items that a new table is given room for at most, whatever was asked.
const MOST_ROOM: usize = 1 << 24;

impl Lua {
    /// A state with all libraries, in the world of the process.
    ///
    /// No limits are set, and scripts can do what the process can; see [`Lua::builder`]
    /// for others. The function can't fail: without limits, opening the libraries doesn't.
    #[must_use]
    pub fn new() -> Lua {
        match Lua::builder().build() {
            Ok(lua) => lua,
            // Nothing that the libraries do on opening can fail without a limit.
            Err(_) => Lua::own(Box::new(State::new())),
        }
    }

    /// A state with some libraries.
    ///
    /// # Errors
    /// As [`LuaBuilder::build`].
    pub fn new_with(libraries: StdLib) -> Result<Lua> {
        Lua::builder().libraries(libraries).build()
    }

    /// Sets up a state step by step.
    pub fn builder() -> LuaBuilder {
        LuaBuilder::new()
    }

    /// Opens more libraries.
    ///
    /// # Errors
    /// What opening them raises.
    pub fn load_std_libs(&self, libraries: StdLib) -> Result<()> {
        std_lib::open(self, libraries | StdLib::COROUTINE)
    }

    /// Prepares a chunk: text, precompiled code, or the file at a path. Nothing is read
    /// or compiled yet.
    ///
    /// Unless a name is set it is the place of this call, or the path.
    #[track_caller]
    pub fn load<'a>(&self, chunk: impl AsChunk + 'a) -> Chunk<'a> {
        let place = Location::caller();
        let name = chunk.name().unwrap_or_else(|| place.to_string());
        Chunk::new(self, name, chunk.source())
    }

    /// The table of globals (manual §2.9).
    pub fn globals(&self) -> Table {
        let globals = self.enter(|state| Raw::table(state.globals()));
        Table(Handle::new(globals.unwrap_or_default(), self))
    }

    /// Makes another table the table of globals, for chunks that are loaded from now on.
    ///
    /// # Errors
    /// If the table belongs to another state.
    pub fn set_globals(&self, globals: Table) -> Result<()> {
        let globals = globals.0.value_in(self)?;
        self.enter(|state| {
            if let Some(globals) = globals.as_table() {
                state.heap.thread.globals = globals;
            }
        })
    }

    pub(crate) fn registry_table(&self) -> Result<Table> {
        let registry = self.enter(|state| Raw::table(state.registry()))?;
        Ok(Table(Handle::new(registry, self)))
    }

    /// A new, empty table.
    ///
    /// # Errors
    /// If the state can't be worked on, or a finalizer that runs meanwhile raises an error.
    pub fn create_table(&self) -> Result<Table> {
        self.create_table_with_capacity(0, 0)
    }

    /// A new table with room for `items` items of a sequence and `pairs` other pairs (at
    /// most 2^24 of either).
    ///
    /// # Errors
    /// As [`Lua::create_table`].
    pub fn create_table_with_capacity(&self, items: usize, pairs: usize) -> Result<Table> {
        self.try_enter(|state| {
            let t = state
                .heap
                .new_table(items.min(MOST_ROOM), pairs.min(MOST_ROOM));
            let table = Table(Handle::new(Raw::table(t), self));
            collect_if_due(state, self)?;
            Ok(table)
        })
    }

    /// A table with these pairs.
    ///
    /// # Errors
    /// If a key or value can't be converted, or a key is `nil` or NaN.
    pub fn create_table_from<K: IntoLua, V: IntoLua>(
        &self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<Table> {
        let pairs = pairs.into_iter();
        let table = self.create_table_with_capacity(0, pairs.size_hint().0)?;
        for (key, value) in pairs {
            table.raw_set(key, value)?;
        }
        Ok(table)
    }

    /// A table with these values at 1, 2, ….
    ///
    /// # Errors
    /// If a value can't be converted.
    pub fn create_sequence_from<T: IntoLua>(
        &self,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Table> {
        let values: Vec<T> = values.into_iter().collect();
        let table = self.create_table_with_capacity(values.len(), 0)?;
        if !T::DIRECT {
            for (n, value) in (1_u64..).zip(values) {
                table.raw_set(n, value)?;
            }
            return Ok(table);
        }
        self.try_enter(|state| {
            let Some(t) = table.0.value().as_table() else {
                return Ok(());
            };
            for (n, value) in (1..).zip(values) {
                let value = value.__into_raw(&mut Access { state, lua: self })?.0;
                if state.heap.raw_set_integer(t, n, value).is_err() {
                    protected(state, self, |state| state.set_integer_raw(t, n, value))?;
                }
            }
            collect_if_due(state, self)
        })?;
        Ok(table)
    }

    /// A string with these bytes.
    ///
    /// # Errors
    /// As [`Lua::create_table`].
    pub fn create_string(&self, bytes: impl AsRef<[u8]>) -> Result<LuaString> {
        self.try_enter(|state| {
            let string = state.string(bytes.as_ref());
            let string = LuaString(Handle::new(string, self));
            collect_if_due(state, self)?;
            Ok(string)
        })
    }

    /// A Lua function that calls a closure with its arguments, converted to what the
    /// closure takes; what it returns becomes the results, an error is raised.
    ///
    /// The closure gets a [`Lua`] to work with. It may keep handles and that `Lua`, but
    /// keeping a clone of an owner (such as the one [`Lua::new`] returned) would keep the state
    /// forever. A panic of the closure goes through the Lua code that called it to whoever
    /// called that from Rust, past every `pcall`; the state can be used afterwards.
    ///
    /// With the feature `send`, the closure has to be [`Send`] and [`Sync`].
    ///
    /// ```
    /// use rilua::Lua;
    ///
    /// let lua = Lua::new();
    /// let greet = lua.create_function(|_, (name, times): (String, Option<usize>)| {
    ///     Ok(format!("hello {name} ").repeat(times.unwrap_or(1)))
    /// })?;
    /// lua.globals().set("greet", greet)?;
    /// assert_eq!(lua.load("greet('Lua', 2)").eval::<String>()?, "hello Lua hello Lua ");
    /// # Ok::<(), rilua::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Lua::create_table`].
    pub fn create_function<F, A, R>(&self, function: F) -> Result<Function>
    where
        F: Fn(&Lua, A) -> Result<R> + MaybeSend + MaybeSync + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        self.new_callback(Shared::new(Plain {
            lua: self.unowned(),
            function,
            types: PhantomData,
        }))
    }

    pub(crate) fn new_callback(
        &self,
        callback: Shared<dyn callback::Callback>,
    ) -> Result<Function> {
        self.try_enter(|state| {
            let function = callback::new_function(state, callback);
            let function = Function(Handle::new(function, self));
            collect_if_due(state, self)?;
            Ok(function)
        })
    }

    /// The same for a closure that changes what it holds. Calling it from within itself is an
    /// error of kind [`RecursiveCallback`](super::ErrorKind::RecursiveCallback).
    ///
    /// # Errors
    /// As [`Lua::create_table`].
    pub fn create_function_mut<F, A, R>(&self, function: F) -> Result<Function>
    where
        F: FnMut(&Lua, A) -> Result<R> + MaybeSend + 'static,
        A: FromLuaMulti + 'static,
        R: IntoLuaMulti + 'static,
    {
        let function = Mutable::new(function);
        self.create_function(move |lua, arguments: A| {
            function.with(|function| function(lua, arguments))
        })
    }

    /// A coroutine that will run a function.
    ///
    /// # Errors
    /// If the function belongs to another state, and as [`Lua::create_table`].
    pub fn create_thread(&self, function: Function) -> Result<Thread> {
        let function = function.0.value_in(self)?;
        self.try_enter(|state| {
            let thread = thread::new_thread(state, function);
            let thread = Thread(Handle::new(thread, self));
            collect_if_due(state, self)?;
            Ok(thread)
        })
    }

    /// The coroutine that is running, or the main thread.
    pub fn current_thread(&self) -> Thread {
        let running = self.enter(|state| Raw::thread(state.heap.running));
        Thread(Handle::new(running.unwrap_or_default(), self))
    }

    /// Converts a value to a Lua value.
    ///
    /// # Errors
    /// What the conversion returns.
    pub fn pack(&self, value: impl IntoLua) -> Result<Value> {
        value.into_lua(self)
    }

    /// Converts a Lua value.
    ///
    /// # Errors
    /// What the conversion returns.
    pub fn unpack<T: FromLua>(&self, value: Value) -> Result<T> {
        T::from_lua(value, self)
    }

    /// Converts by way of a Lua value.
    ///
    /// # Errors
    /// What the conversions return.
    pub fn convert<T: FromLua>(&self, value: impl IntoLua) -> Result<T> {
        T::from_lua(value.into_lua(self)?, self)
    }

    /// Converts a list of values to Lua values.
    ///
    /// # Errors
    /// What the conversion returns.
    pub fn pack_multi(&self, values: impl IntoLuaMulti) -> Result<MultiValue> {
        values.into_lua_multi(self)
    }

    /// Converts a list of Lua values.
    ///
    /// # Errors
    /// What the conversion returns.
    pub fn unpack_multi<T: FromLuaMulti>(&self, values: MultiValue) -> Result<T> {
        T::from_lua_multi(values, self)
    }

    /// The value as a string: a string, or a number as text (manual §2.2.1).
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn coerce_string(&self, value: Value) -> Result<Option<LuaString>> {
        match value {
            Value::String(string) => Ok(Some(string)),
            Value::Number(_) => LuaString::from_lua(value, self).map(Some),
            _ => Ok(None),
        }
    }

    /// The value as a number: a number, or a string that reads as one (manual §2.2.1).
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn coerce_number(&self, value: Value) -> Result<Option<f64>> {
        Ok(match value {
            Value::Number(n) => Some(n),
            Value::String(string) => str_to_number(&string.as_bytes()),
            _ => None,
        })
    }

    /// The value as an integer: a number without a fraction, or a string that reads as one.
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn coerce_integer(&self, value: Value) -> Result<Option<i64>> {
        let number = self.coerce_number(value)?;
        Ok(number.and_then(|n| Value::Number(n).as_integer()))
    }
}

impl Default for Lua {
    fn default() -> Lua {
        Lua::new()
    }
}
