//! Handles of userdata.

use super::cell::{Holder, UserDataCell, UserDataRef, UserDataRefMut, type_mismatch};
use crate::api::call::protected;
use crate::api::convert::{FromLua, IntoLua};
use crate::api::error::{Error, ErrorKind, Result};
use crate::api::function::Function;
use crate::api::link::Handle;
use crate::api::multi::{FromLuaMulti, IntoLuaMulti};
use crate::api::table::{Table, metatable_of};
use crate::api::value::Value;
use crate::heap::sharing::{MaybeSend, MaybeSync, Shared};
use crate::heap::value::Value as Raw;
use std::fmt;

/// A handle of a userdata (manual §2.2): of a value of Rust, or of an object of the
/// libraries.
///
/// ```
/// use rilua::{ErrorKind, Lua, UserData};
///
/// struct Name(String);
/// impl UserData for Name {}
///
/// let lua = Lua::new();
/// let userdata = lua.create_userdata(Name("first".into()))?;
/// assert_eq!(userdata.borrow::<Name>()?.0, "first");
/// let borrowed = userdata.borrow_mut::<Name>()?;
/// assert_eq!(userdata.borrow::<Name>().err().unwrap().kind(), ErrorKind::UserDataBorrow);
/// drop(borrowed);
/// let name = userdata.take::<Name>()?;
/// assert_eq!(userdata.borrow::<Name>().err().unwrap().kind(), ErrorKind::UserDataDestructed);
/// # Ok::<(), rilua::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct AnyUserData(pub(crate) Handle);

impl AnyUserData {
    fn cell<T: MaybeSend + MaybeSync + 'static>(&self) -> Result<Shared<UserDataCell<T>>> {
        self.0.lua.try_enter(|state| {
            let u = self.0.value().as_userdata();
            let cell = u.and_then(|u| Holder::of(state.heap.userdata(u)).map(Shared::clone));
            cell.ok_or_else(type_mismatch::<T>)
        })
    }

    /// Does it hold a `T` (or did, before it was taken)?
    pub fn is<T: MaybeSend + MaybeSync + 'static>(&self) -> bool {
        self.cell::<T>().is_ok()
    }

    /// Borrows the value.
    ///
    /// # Errors
    /// If it is no `T`, was taken, or is borrowed mutably.
    pub fn borrow<T: MaybeSend + MaybeSync + 'static>(&self) -> Result<UserDataRef<T>> {
        self.cell::<T>()?.share().map(UserDataRef::new)
    }

    /// Borrows the value mutably.
    ///
    /// # Errors
    /// If it is no `T`, was taken, or is borrowed.
    pub fn borrow_mut<T: MaybeSend + MaybeSync + 'static>(&self) -> Result<UserDataRefMut<T>> {
        UserDataCell::lock(&self.cell::<T>()?).map(UserDataRefMut::new)
    }

    /// Borrows the value for a closure.
    ///
    /// # Errors
    /// As [`AnyUserData::borrow`].
    pub fn borrow_scoped<T: MaybeSend + MaybeSync + 'static, R>(
        &self,
        work: impl FnOnce(&T) -> R,
    ) -> Result<R> {
        Ok(work(&*self.borrow::<T>()?))
    }

    /// Borrows the value mutably for a closure.
    ///
    /// # Errors
    /// As [`AnyUserData::borrow_mut`].
    pub fn borrow_mut_scoped<T: MaybeSend + MaybeSync + 'static, R>(
        &self,
        work: impl FnOnce(&mut T) -> R,
    ) -> Result<R> {
        Ok(work(&mut *self.borrow_mut::<T>()?))
    }

    /// Takes the value out; the userdata is of no use afterwards.
    ///
    /// # Errors
    /// As [`AnyUserData::borrow_mut`].
    pub fn take<T: MaybeSend + MaybeSync + 'static>(&self) -> Result<T> {
        self.cell::<T>()?.take()
    }

    /// Drops the value, whatever its type is, once nobody borrows it; the userdata holds no
    /// value afterwards.
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn destroy(&self) -> Result<()> {
        let data = self.0.lua.enter(|state| {
            let u = self.0.value().as_userdata()?;
            state.heap.userdata_mut(u).data.take()
        })?;
        drop(data);
        Ok(())
    }

    /// Keeps a Lua value with the userdata, in its environment table (manual §2.9).
    ///
    /// # Errors
    /// If the value can't be converted.
    pub fn set_user_value(&self, value: impl IntoLua) -> Result<()> {
        self.set_nth_user_value(1, value)
    }

    /// The value that [`AnyUserData::set_user_value`] kept, or `nil`.
    ///
    /// # Errors
    /// If it doesn't suit `V`.
    pub fn user_value<V: FromLua>(&self) -> Result<V> {
        self.nth_user_value(1)
    }

    /// Keeps the `n`-th Lua value with the userdata, from 1.
    ///
    /// # Errors
    /// If `n` is 0 or the value can't be converted.
    pub fn set_nth_user_value(&self, n: usize, value: impl IntoLua) -> Result<()> {
        if n == 0 {
            return Err(Error::runtime("user values count from 1"));
        }
        self.user_values()?.raw_set(n, value)
    }

    /// The `n`-th Lua value that was kept, or `nil`.
    ///
    /// # Errors
    /// If it doesn't suit `V`.
    pub fn nth_user_value<V: FromLua>(&self, n: usize) -> Result<V> {
        match self.own_environment()? {
            Some(values) => values.raw_get(n),
            None => V::from_lua(Value::Nil, &self.0.lua),
        }
    }

    /// Keeps a Lua value with the userdata under a name.
    ///
    /// # Errors
    /// If the value can't be converted.
    pub fn set_named_user_value(&self, name: &str, value: impl IntoLua) -> Result<()> {
        self.user_values()?.raw_set(name, value)
    }

    /// The Lua value that was kept under a name, or `nil`.
    ///
    /// # Errors
    /// If it doesn't suit `V`.
    pub fn named_user_value<V: FromLua>(&self, name: &str) -> Result<V> {
        match self.own_environment()? {
            Some(values) => values.raw_get(name),
            None => V::from_lua(Value::Nil, &self.0.lua),
        }
    }

    /// The environment, unless it is the table of globals, as for a new userdata.
    fn own_environment(&self) -> Result<Option<Table>> {
        let lua = &self.0.lua;
        lua.enter(|state| {
            let u = self.0.value().as_userdata()?;
            let env = state.heap.userdata(u).env;
            let main = state.heap.main_thread;
            let globals = state.heap.thread_ref(main).globals;
            let own = env != globals && env != state.globals() && !env.is_none();
            own.then(|| Table(Handle::new(Raw::table(env), lua)))
        })
    }

    fn user_values(&self) -> Result<Table> {
        if let Some(values) = self.own_environment()? {
            return Ok(values);
        }
        let lua = &self.0.lua;
        let values = lua.create_table()?;
        lua.enter(|state| {
            if let Some(env) = values.0.value().as_table() {
                state.set_environment(self.0.value(), env);
            }
        })?;
        Ok(values)
    }

    /// The metatable.
    ///
    /// # Errors
    /// If there is none.
    pub fn metatable(&self) -> Result<UserDataMetatable> {
        metatable_of(&self.0)?
            .map(UserDataMetatable)
            .ok_or_else(|| {
                Error::new(
                    ErrorKind::UserDataTypeMismatch,
                    "the userdata has no metatable",
                )
            })
    }

    /// `userdata[key]`, with metamethods (manual §2.8).
    ///
    /// # Errors
    /// What `__index` raises, and if the value doesn't suit `V`.
    pub fn get<V: FromLua>(&self, key: impl IntoLua) -> Result<V> {
        let lua = &self.0.lua;
        let key = key.into_lua(lua)?;
        let value = lua.try_enter(|state| {
            let key = (&key)
                .__into_raw(&mut crate::api::convert::Access { state, lua })?
                .0;
            let found = protected(state, lua, |state| {
                state.get_index(self.0.value(), key, None)
            })?;
            Ok(Value::of_raw(found, lua))
        })?;
        V::from_lua(value, lua)
    }

    /// `userdata[key] = value`, with metamethods (manual §2.8).
    ///
    /// # Errors
    /// What `__newindex` raises.
    pub fn set(&self, key: impl IntoLua, value: impl IntoLua) -> Result<()> {
        let lua = &self.0.lua;
        let (key, value) = (key.into_lua(lua)?, value.into_lua(lua)?);
        lua.try_enter(|state| {
            let access = &mut crate::api::convert::Access { state, lua };
            let (key, value) = ((&key).__into_raw(access)?.0, (&value).__into_raw(access)?.0);
            protected(state, lua, |state| {
                state.set_index(self.0.value(), key, value, None)
            })
        })
    }

    /// Calls the userdata, which has to have the metamethod `__call` (manual §2.8).
    ///
    /// # Errors
    /// What the call raises.
    pub fn call<R: FromLuaMulti>(&self, arguments: impl IntoLuaMulti) -> Result<R> {
        crate::api::call::call(&self.0, arguments)
    }

    /// Calls `userdata:name(…)`.
    ///
    /// # Errors
    /// If there is no such method, and what it raises.
    pub fn call_method<R: FromLuaMulti>(
        &self,
        name: &str,
        arguments: impl IntoLuaMulti,
    ) -> Result<R> {
        let mut values = arguments.into_lua_multi(&self.0.lua)?;
        values.push_front(Value::UserData(self.clone()));
        self.get::<Function>(name)?.call(values)
    }

    /// Calls `userdata.name(…)`.
    ///
    /// # Errors
    /// If there is no such function, and what it raises.
    pub fn call_function<R: FromLuaMulti>(
        &self,
        name: &str,
        arguments: impl IntoLuaMulti,
    ) -> Result<R> {
        self.get::<Function>(name)?.call(arguments)
    }

    /// Are the userdata equal as `==` says, metamethod `__eq` included (manual §2.8)?
    ///
    /// # Errors
    /// What the metamethod raises.
    pub fn equals(&self, other: &AnyUserData) -> Result<bool> {
        Value::UserData(self.clone()).equals(&Value::UserData(other.clone()))
    }

    /// The name of the type in the metatable (`__name`), if there is one.
    ///
    /// # Errors
    /// If the state can't be worked on.
    pub fn type_name(&self) -> Result<Option<String>> {
        match self.metatable() {
            Ok(metatable) => metatable.0.raw_get("__name"),
            Err(_) => Ok(None),
        }
    }

    /// A number that is the same for the same userdata, see [`Value::to_pointer`].
    pub fn to_pointer(&self) -> usize {
        Value::UserData(self.clone()).to_pointer()
    }
}

impl fmt::Debug for AnyUserData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AnyUserData({:#x})", self.to_pointer())
    }
}

/// The metatable of a userdata; metamethods that keep the state sound can't be changed.
#[derive(Clone, Debug, PartialEq)]
pub struct UserDataMetatable(Table);

impl UserDataMetatable {
    /// A field of the metatable, such as `__index`.
    ///
    /// # Errors
    /// If it is `__gc` or `__metatable`, or doesn't suit `V`.
    pub fn get<V: FromLua>(&self, name: impl AsRef<str>) -> Result<V> {
        self.check(name.as_ref())?;
        self.0.raw_get(name.as_ref())
    }

    /// Sets a field of the metatable.
    ///
    /// # Errors
    /// If it is `__gc` or `__metatable`.
    pub fn set(&self, name: impl AsRef<str>, value: impl IntoLua) -> Result<()> {
        self.check(name.as_ref())?;
        self.0.raw_set(name.as_ref(), value)
    }

    /// Has the metatable such a field?
    ///
    /// # Errors
    /// If it is `__gc` or `__metatable`.
    pub fn contains(&self, name: impl AsRef<str>) -> Result<bool> {
        Ok(!self.get::<Value>(name)?.is_nil())
    }

    fn check(&self, name: &str) -> Result<()> {
        if super::methods::is_restricted(name) {
            let message = format!("metamethod {name} of a userdata is not accessible");
            return Err(Error::new(ErrorKind::MetaMethodRestricted, message));
        }
        Ok(())
    }
}
